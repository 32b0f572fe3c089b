"""As a table: a row for each organisation, under headings that stay the same in every language."""

import tempfile
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import IO, Any

from django.conf import settings
from django.utils import timezone
from openpyxl import Workbook

from orgs.exchange.records import parents_of, standing_of
from orgs.models import Affiliation, Organisation
from orgs.spreadsheets import BYTE_ORDER_MARK, csv_lines, workbook_cell

SEVERAL = "; "


def listed(values: Iterable[Any]) -> str:
    return SEVERAL.join(str(value) for value in values)


def band(code: str, unit: str) -> str:
    """With its unit: a spreadsheet takes a bare 1-5 for a day in May."""
    return f"{code.removesuffix('-')}{'+' if code.endswith('-') else ''} {unit}" if code else ""


def source_of(one: Organisation) -> str:
    """Of what nobody of its own people has said."""
    return one.listing.source if standing_of(one) == "unclaimed" else ""


COLUMNS: dict[str, Callable[[Organisation], Any]] = {
    "reference": lambda one: one.reference,
    "name": lambda one: one.name,
    "acronym": lambda one: one.acronym,
    "names": lambda one: listed(f"{language}:{name}" for language, name in sorted(one.names.items())),
    "identifiers": lambda one: listed(f"{scheme}:{code}" for scheme, code in sorted(one.identifiers.items())),
    "kind": lambda one: one.kind,
    "sector": lambda one: one.sector,
    "level_of_government": lambda one: one.level_of_government,
    "legal_form": lambda one: one.legal_form,
    "size": lambda one: band(one.size, "people"),
    "budget": lambda one: band(one.budget, "thousand EUR"),
    "standing": standing_of,
    "verification": lambda one: one.tier if one.is_verified else "",
    "verified_on": lambda one: timezone.localdate(one.verified_at) if one.verified_at else None,
    "source": source_of,
    "is_sample": lambda one: "yes" if one.is_sample else "no",
    "territory_scheme": lambda one: one.territory.scheme.code,
    "territory_code": lambda one: one.territory.code,
    "territory": lambda one: one.territory.name,
    "works_in": lambda one: listed(f"{place.scheme.code}:{place.code}" for place in one.works_in.all()),
    "domains": lambda one: listed(domain.code for domain in one.domains.all()),
    "domains_since": lambda one: listed(
        f"{field.domain.code}:{field.since_year}" for field in one.fields_of_work.all() if field.since_year
    ),
    "languages": lambda one: listed(one.languages),
    "communities": lambda one: listed(one.communities),
    "marks": lambda one: listed(one.marks),
    "works_as": lambda one: listed(one.works_as),
    "branch_of": lambda one: listed(parent.reference for parent in parents_of(one, Affiliation.Kind.BRANCH)),
    "networks": lambda one: listed(network.reference for network in parents_of(one, Affiliation.Kind.MEMBER)),
    "founded_year": lambda one: one.founded_year,
    "description": lambda one: one.description,
    "description_language": lambda one: one.written_in,
    "website": lambda one: one.website,
    "email": lambda one: one.public_email,
    "telephone": lambda one: one.public_phone,
    "address": lambda one: one.public_address,
    "services": lambda one: listed(service.title for service in one.public_services),  # type: ignore[attr-defined]
    "service_types": lambda one: listed(
        dict.fromkeys(service.type.code for service in one.public_services if service.type)  # type: ignore[attr-defined]
    ),
    "page": lambda one: f"{settings.PUBLIC_URL}{one.get_absolute_url()}",
    "updated": lambda one: one.updated_at.date(),
}


def rows(organisations: Iterable[Organisation]) -> Iterator[list[Any]]:
    yield list(COLUMNS)
    for one in organisations:
        yield [value(one) for value in COLUMNS.values()]


def write_csv(organisations: Iterable[Organisation]) -> Iterator[bytes]:
    return chain([BYTE_ORDER_MARK], csv_lines(rows(organisations)))


def write_xlsx(organisations: Iterable[Organisation]) -> Iterator[bytes]:
    """No cell of it is a formula."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("organisations")
    for row in rows(organisations):
        sheet.append([workbook_cell(cell) for cell in row])
    file: IO[bytes]
    with tempfile.TemporaryFile(suffix=".xlsx") as file:
        book.save(file)
        file.seek(0)
        while piece := file.read(1 << 16):
            yield piece
