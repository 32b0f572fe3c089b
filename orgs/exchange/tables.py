"""As a table: a row for each organisation, under headings that stay the same in every language."""

import tempfile
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import IO, Any

from django.conf import settings
from openpyxl import Workbook

from orgs.models import Organisation
from orgs.spreadsheets import BYTE_ORDER_MARK, csv_lines, workbook_cell

SEVERAL = "; "


def listed(values: Iterable[Any]) -> str:
    return SEVERAL.join(str(value) for value in values)


COLUMNS: dict[str, Callable[[Organisation], Any]] = {
    "reference": lambda one: one.reference,
    "name": lambda one: one.name,
    "acronym": lambda one: one.acronym,
    "identifiers": lambda one: listed(f"{scheme}:{code}" for scheme, code in sorted(one.identifiers.items())),
    "kind": lambda one: one.kind,
    "sector": lambda one: one.sector,
    "verification": lambda one: one.tier if one.is_verified else "",
    "is_sample": lambda one: "yes" if one.is_sample else "no",
    "territory_scheme": lambda one: one.territory.scheme.code,
    "territory_code": lambda one: one.territory.code,
    "territory": lambda one: one.territory.name,
    "works_in": lambda one: listed(f"{place.scheme.code}:{place.code}" for place in one.works_in.all()),
    "domains": lambda one: listed(domain.code for domain in one.domains.all()),
    "languages": lambda one: listed(one.languages),
    "communities": lambda one: listed(one.communities),
    "marks": lambda one: listed(one.marks),
    "works_as": lambda one: listed(one.works_as),
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
