"""Open Referral's Human Services Data Specification 3.0 (https://docs.openreferral.org): organisations with their services, as JSON.

The ids are made of the addresses of the portal, so that the same thing has the same id in every export.
"""

import json
import uuid
from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from orgs.exchange.records import path_of
from orgs.languages import name_for_reader
from orgs.models import Organisation, Service
from orgs.models.services import OpeningTime

TAXONOMY = "Open Eligibility"


def write_hsds(organisations: Iterable[Organisation]) -> Iterator[bytes]:
    """A page of the list that the standard's API gives, with all of them on it."""
    yield b'{"contents": ['
    number = 0
    for number, one in enumerate(organisations, 1):
        yield (b",\n" if number > 1 else b"\n") + json.dumps(organization(one), ensure_ascii=False).encode()
    page = {
        "total_items": number,
        "total_pages": 1,
        "page_number": 1,
        "size": number,
        "first_page": True,
        "last_page": True,
    }
    yield b"\n], " + json.dumps({**page, "empty": number == 0})[1:].encode() + b"\n"


def uid(*parts: Any) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join([settings.PUBLIC_URL, *map(str, parts)])))


def said(**facts: Any) -> dict[str, Any]:
    """Without what nobody said."""
    return {name: value for name, value in facts.items() if value not in (None, "", [])}


def organization(one: Organisation) -> dict[str, Any]:
    own = uid("organisation", one.reference)
    return said(
        id=own,
        name=one.name,
        alternate_name=one.acronym,
        description=one.description or one.name,
        email=one.public_email,
        website=one.website,
        year_incorporated=one.founded_year,
        legal_status=str(one.get_kind_display()),
        uri=f"{settings.PUBLIC_URL}{one.get_absolute_url()}",
        phones=phones(one.public_phone, own),
        locations=[location(one, own)],
        services=[service(each, own) for each in one.public_services],  # type: ignore[attr-defined]
        organization_identifiers=[
            {
                "id": uid("identifier", one.reference),
                "organization_id": own,
                "identifier_type": "reference in this portal",
                "identifier": one.reference,
            },
            *(
                {
                    "id": uid("identifier", one.reference, scheme),
                    "organization_id": own,
                    "identifier_scheme": scheme,
                    "identifier_type": scheme,
                    "identifier": code,
                }
                for scheme, code in sorted(one.identifiers.items())
            ),
        ],
    )


def phones(number: str, of: str, **more: str) -> list[dict[str, Any]]:
    return [{"id": uid("phone", of, number), "number": number, **more}] if number else []


def location(one: Organisation, own: str) -> dict[str, Any]:
    """Its seat: with its address where that is public, else the place alone."""
    path = path_of(one.territory)
    place = uid("location", own)
    city = next((each for each in path if each.kind == "municipality"), path[-1])
    country = next((each.code for each in path if each.kind == "country" and len(each.code) == 2), "")
    address = {
        "id": uid("address", own),
        "location_id": place,
        "address_1": one.public_address,
        "city": city.name,
        "region": one.territory.name,
        "state_province": next((each.name for each in reversed(path) if each.kind in ("province", "region")), ""),
        "postal_code": "",
        "country": country,
        "address_type": "physical",
    }
    return said(
        id=place,
        location_type="physical",
        organization_id=own,
        name=one.territory.name,
        addresses=[address] if one.public_address else [],
    )


def service(each: Service, organization_id: str) -> dict[str, Any]:
    own = uid("service", each.pk)
    return said(
        id=own,
        organization_id=organization_id,
        name=each.title,
        description=each.description,
        url=each.form or f"{settings.PUBLIC_URL}{each.get_absolute_url()}",
        email=each.email,
        status="active",
        interpretation_services=_("Interpreter on request") if each.interpreter_on_request else "",
        application_process=application_of(each),
        fees_description=_("Free") if each.is_free else each.cost,
        eligibility_description=SENTENCES.join(eligibility_of(each)),
        assured_date=each.confirmed_on.isoformat() if each.confirmed_on else "",
        phones=[
            *phones(each.telephone, own, service_id=own, type="voice"),
            *phones(each.whatsapp, own, service_id=own, type="text", description="WhatsApp"),
        ],
        schedules=[schedule(time, own) for time in each.opening_times.all()],
        service_areas=[
            {"id": uid("area", own, place.pk), "service_id": own, "name": place.name}
            for place in each.territories.all()
        ],
        languages=[
            {"id": uid("language", own, code), "service_id": own, "name": str(name_for_reader(code)), "code": code}
            for code in each.languages
        ],
        required_documents=[
            {
                "id": uid("document", own),
                "service_id": own,
                "document": _("none") if each.no_documents_required else each.documents,
            }
        ]
        if each.no_documents_required or each.documents
        else [],
        attributes=attributes(each, own),
    )


SENTENCES = ". "


def application_of(each: Service) -> str:
    ways = [
        (each.walks_in, _("Without an appointment")),
        (each.by_appointment, _("By appointment")),
        (each.by_referral, _("Only through another service")),
    ]
    return SENTENCES.join(words for is_so, words in ways if is_so)


def eligibility_of(each: Service) -> list[str]:
    return [
        *each.target_group_labels,
        *([_("Women only")] if each.women_only else []),
        *([each.conditions] if each.conditions else []),
    ]


def schedule(time: OpeningTime, service_id: str) -> dict[str, Any]:
    return {
        "id": uid("schedule", service_id, time.opens, time.closes),
        "service_id": service_id,
        "freq": "WEEKLY",
        "byday": time.byday,
        "opens_at": f"{time.opens:%H:%M}",
        "closes_at": f"{time.closes:%H:%M}",
    }


def attributes(each: Service, service_id: str) -> list[dict[str, Any]]:
    """What it is, by the portal's own list; where that names a term of Open Eligibility, by that too."""
    if each.type is None:
        return []
    terms = [("portal", each.type.code, str(each.type.name))]
    if each.type.open_eligibility:
        terms.append((TAXONOMY, "", each.type.open_eligibility))
    return [
        {
            "id": uid("attribute", service_id, taxonomy),
            "link_id": service_id,
            "link_type": "taxonomy",
            "link_entity": "service",
            "taxonomy_term_id": uid("term", taxonomy, code or name),
            "taxonomy_term": said(
                id=uid("term", taxonomy, code or name), code=code, name=name, description=name, taxonomy=taxonomy
            ),
        }
        for taxonomy, code, name in terms
    ]
