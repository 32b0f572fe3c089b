"""Open Referral's Human Services Data Specification 3.0 (https://docs.openreferral.org): organisations with their services, as JSON.

The ids are made of the addresses of the portal, so that the same thing has the same id in every export.
"""

import json
import uuid
from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from orgs.exchange.records import parents_of, path_of, standing_of
from orgs.languages import name_for_reader
from orgs.models import Affiliation, ClosedDays, Organisation, Service, Territory
from orgs.models.services import OpeningTime
from orgs.templatetags.registry import standing_badge
from orgs.vocabulary import Accessibility, Delivery, TargetGroup

OPEN_ELIGIBILITY = "Open Eligibility"
PORTAL = "portal"
"""The list of types of service that the portal has; its other lists are named like this one, with a word behind."""
CONDITIONS = f"{PORTAL}/conditions"
REFERENCE = "reference in this portal"
NAMES = "BCP 47"
"""Of a name in another language, which one that is."""
INACTIVE = ("unclaimed", "lapsed")
"""Standings of which nobody says that what the organisation offers is still there."""


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
    parent = next(iter(parents_of(one, Affiliation.Kind.BRANCH)), None)
    return said(
        id=own,
        name=one.name,
        alternate_name=one.acronym or next(iter(one.names.values()), ""),
        description=one.description or one.name,
        email=one.public_email,
        website=one.website,
        year_incorporated=one.founded_year,
        legal_status=str(one.get_kind_display()),
        uri=f"{settings.PUBLIC_URL}{one.get_absolute_url()}",
        parent_organization_id=uid("organisation", parent.reference) if parent else "",
        phones=phones(one.public_phone, own, organization_id=own),
        locations=locations(one, own),
        services=[service(each, one, own) for each in public_services(one)],
        attributes=facts_of(one, own),
        organization_identifiers=[
            {
                "id": uid("identifier", one.reference),
                "organization_id": own,
                "identifier_type": REFERENCE,
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


def public_services(one: Organisation) -> list[Service]:
    """As `records` brought them."""
    return one.public_services  # type: ignore[attr-defined]


def facts_of(one: Organisation, own: str) -> list[dict[str, Any]]:
    """What the standard has no field for: where it stands, its names in other languages, and what the portal's lists say of it."""
    facts = [
        (f"{PORTAL}/territory", code_of(one.territory), one.territory.name),
        *((f"{PORTAL}/works in", code_of(place), place.name) for place in one.works_in.all()),
        (f"{PORTAL}/standing", standing_of(one), str(standing_badge(one).label)),
        (f"{PORTAL}/sample", "sample" if one.is_sample else "", _("sample")),
        (f"{PORTAL}/kind", one.kind, str(one.get_kind_display())),
        (f"{PORTAL}/level of government", one.level_of_government, str(one.get_level_of_government_display())),
        (f"{PORTAL}/size", one.size, str(one.get_size_display())),
        (f"{PORTAL}/budget", one.budget, str(one.get_budget_display())),
        *((f"{PORTAL}/domain", domain.code, str(domain)) for domain in one.domains.all()),
        *((f"{PORTAL}/mark", mark, str(label)) for mark, label in zip(one.marks, one.mark_labels, strict=True)),
        *((f"{PORTAL}/work", work, str(label)) for work, label in zip(one.works_as, one.work_labels, strict=True)),
    ]
    names = [
        {**attribute(own, "organization", NAMES, code, name_for_reader(code)), "value": name}
        for code, name in sorted(one.names.items())
    ]
    return [attribute(own, "organization", *fact) for fact in facts if fact[1]] + names


def code_of(place: Territory) -> str:
    return f"{place.scheme.code}:{place.code}"


def locations(one: Organisation, own: str) -> list[dict[str, Any]]:
    """Its seat, and where else its services are given. Of a shelter there is nothing but the seat of its organisation, without an address."""
    elsewhere = [
        {**door(place, each), "organization_id": own}
        for each in public_services(one)
        for place in places_of(each, own)
        if place != seat_of(own)
    ]
    return [location(one, own), *elsewhere]


def seat_of(own: str) -> str:
    return uid("location", own)


def places_of(each: Service, organization_id: str) -> list[str]:
    """The ids of the locations at which a service is given."""
    own, found = uid("service", each.pk), []
    if each.public_address:
        found.append(uid("location", own) if each.address else seat_of(organization_id))
    if Delivery.ONLINE in each.delivery:
        found.append(uid("location", own, Delivery.ONLINE.value))
    return found


def door(place: str, each: Service) -> dict[str, Any]:
    """A location that is of one service alone. In which town its address lies, it says itself."""
    if place != uid("location", uid("service", each.pk)):
        return {"id": place, "location_type": "virtual", "url": page_of(each)}
    address = postal(place, each.address)
    return said(id=place, location_type="physical", addresses=[address], accessibility=accessibility(place, [each]))


def postal(place: str, line: str, **known: str) -> dict[str, Any]:
    """The standard asks for all parts of an address; those that nobody knows are empty."""
    unknown = dict.fromkeys(("city", "state_province", "postal_code", "country"), "")
    return {
        **unknown,
        "id": uid("address", place),
        "location_id": place,
        "address_1": line,
        "address_type": "physical",
        **known,
    }


def accessibility(place: str, services: Iterable[Service]) -> list[dict[str, Any]]:
    """What some service that is given there says of it."""
    marks = {mark for each in services for mark in each.accessibility}
    return [
        {"id": uid("accessibility", place, mark), "location_id": place, "description": str(Accessibility(mark).label)}
        for mark in sorted(marks)
    ]


def location(one: Organisation, own: str) -> dict[str, Any]:
    """Its seat: with its address where that is public, else the place alone."""
    path = path_of(one.territory)
    place = seat_of(own)
    city = next((each for each in path if each.kind == "municipality"), path[-1])
    country = next((each.code for each in path if each.kind == "country" and len(each.code) == 2), "")
    address = postal(
        place,
        one.public_address,
        city=city.name,
        region=one.territory.name,
        state_province=next((each.name for each in reversed(path) if each.kind in ("province", "region")), ""),
        country=country,
    )
    given_there = [each for each in public_services(one) if place in places_of(each, own)]
    return said(
        id=place,
        location_type="physical",
        organization_id=own,
        name=one.territory.name,
        languages=languages(one.languages, place, location_id=place),
        addresses=[address] if one.public_address else [],
        accessibility=accessibility(place, given_there),
    )


def languages(codes: Iterable[str], of: str, **link: str) -> list[dict[str, Any]]:
    return [
        {"id": uid("language", of, code), **link, "name": str(name_for_reader(code)), "code": code} for code in codes
    ]


def page_of(each: Service) -> str:
    return each.form or f"{settings.PUBLIC_URL}{each.get_absolute_url()}"


def service(each: Service, one: Organisation, organization_id: str) -> dict[str, Any]:
    """Where it names no languages, and no places whose people it is for, those of its organisation are meant."""
    own = uid("service", each.pk)
    standing = standing_of(one)
    return said(
        id=own,
        organization_id=organization_id,
        name=each.title,
        description=each.description,
        url=page_of(each),
        email=each.email,
        status="inactive" if standing in INACTIVE else "active",
        alert="" if standing == "verified" else str(standing_badge(one).label),
        interpretation_services=_("Interpreter on request") if each.interpreter_on_request else "",
        application_process=application_of(each),
        fees_description=_("Free") if each.is_free else each.cost,
        eligibility_description=SENTENCES.join(eligibility_of(each)),
        assured_date=each.confirmed_on.isoformat() if each.confirmed_on else "",
        phones=[
            *phones(each.telephone, own, service_id=own, type="voice"),
            *phones(each.whatsapp, own, service_id=own, type="text", description="WhatsApp"),
        ],
        schedules=[
            *(schedule(time, own) for time in each.opening_times.all()),
            *(closing(days, own) for days in each.closed_days.all() if days.last >= timezone.localdate()),
        ],
        service_areas=[
            {
                "id": uid("area", own, place.pk),
                "service_id": own,
                "name": place.name,
                "extent": code_of(place),
                "extent_type": "text",
            }
            for place in each.territories.all() or one.works_in.all()
        ],
        service_at_locations=[
            {"id": uid("service at location", own, place), "service_id": own, "location_id": place}
            for place in places_of(each, organization_id)
        ],
        languages=languages(each.languages or one.languages, own, service_id=own),
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


def closing(days: ClosedDays, service_id: str) -> dict[str, Any]:
    """An exception from its week: on these days it does not open."""
    return {
        "id": uid("closed", service_id, days.first, days.last),
        "service_id": service_id,
        "valid_from": days.first.isoformat(),
        "valid_to": days.last.isoformat(),
        "description": pgettext("on these days", "Closed"),
    }


def attributes(each: Service, service_id: str) -> list[dict[str, Any]]:
    """What it is, by the portal's own list; where that names a term of Open Eligibility, by that too. Then how it is given, and for whom."""
    terms = []
    if each.type is not None:
        terms.append((PORTAL, each.type.code, str(each.type.name)))
    if each.type is not None and each.type.open_eligibility:
        terms.append((OPEN_ELIGIBILITY, "", each.type.open_eligibility))
    terms.append((f"{PORTAL}/domain", each.domain.code, str(each.domain)))
    terms += [(f"{PORTAL}/delivery", way, str(Delivery(way).label)) for way in each.delivery]
    terms += [(f"{PORTAL}/accessibility", mark, str(Accessibility(mark).label)) for mark in each.accessibility]
    terms += [(f"{PORTAL}/for whom", group, str(TargetGroup(group).label)) for group in each.target_groups]
    marks = (
        (each.has_childcare, "childcare", _("Childcare")),
        (each.women_only, "women_only", _("Women only")),
        (each.interpreter_on_request, "interpreter", _("Interpreter on request")),
        (each.walks_in, "walks_in", _("Without an appointment")),
        (each.by_appointment, "by_appointment", _("By appointment")),
        (each.by_referral, "by_referral", _("Only through another service")),
        (each.is_free, "free", _("Free")),
        (each.no_documents_required, "no_documents", _("No documents required")),
        (each.is_shelter, "shelter", _("Shelter: the address is not shown")),
        (each.is_unconfirmed, "unconfirmed", _("Not confirmed for a year")),
    )
    terms += [(f"{PORTAL}/mark", code, words) for is_so, code, words in marks if is_so]
    found = [attribute(service_id, "service", *term) for term in terms]
    if each.conditions:
        found.append({**attribute(service_id, "service", CONDITIONS, "", _("conditions")), "value": each.conditions})
    return found


def attribute(link_id: str, entity: str, taxonomy: str, code: str, name: str) -> dict[str, Any]:
    term = uid("term", taxonomy, code or name)
    return {
        "id": uid("attribute", link_id, taxonomy, code or name),
        "link_id": link_id,
        "link_type": "taxonomy",
        "link_entity": entity,
        "taxonomy_term_id": term,
        "taxonomy_term": said(id=term, code=code, name=name, description=name, taxonomy=taxonomy),
    }
