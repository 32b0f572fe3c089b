"""What an organisation is as far as a file may say it: as plain values, so that they can be compared, kept and put back."""

from collections.abc import Iterable
from itertools import chain
from typing import Any

from orgs.models import Organisation, Service
from orgs.vocabulary import Weekday

PLAIN = (
    "name", "acronym", "names", "kind", "description", "written_in", "website", "public_email", "public_phone", "address", "founded_year",
    "languages", "communities", "marks", "works_as", "size", "budget",
)  # fmt: skip
LISTS = ("languages", "communities", "marks", "works_as")
LISTS_OF_SERVICE = ("languages", "target_groups", "delivery", "accessibility")
OF_SERVICE = (
    "title", "description", "telephone", "whatsapp", "email", "form", "is_free", "cost", "interpreter_on_request", "women_only", "conditions",
    "address", "is_shelter", "has_childcare", "walks_in", "by_appointment", "by_referral", "no_documents_required", "documents",
    *LISTS_OF_SERVICE,
)  # fmt: skip


def facts_of(organisation: Organisation) -> dict[str, Any]:
    """With its domains, services and the places in which it works as they were read with it."""
    facts = {name: getattr(organisation, name) for name in PLAIN}
    return {
        **facts,
        **{name: sorted(facts[name]) for name in LISTS},
        "territory": organisation.territory_id,
        "identifiers": dict(organisation.identifiers),
        "works_in": sorted(place.pk for place in organisation.works_in.all()),
        "domains": sorted(field.domain.code for field in organisation.fields_of_work.all()),
        "services": services_of(organisation.services.all()),
    }


def services_of(services: Iterable[Service]) -> list[dict[str, Any]]:
    return sorted(map(facts_of_service, services), key=lambda one: one["title"])


def facts_of_service(service: Service) -> dict[str, Any]:
    facts = {name: getattr(service, name) for name in OF_SERVICE}
    return {
        **facts,
        **{name: sorted(facts[name]) for name in LISTS_OF_SERVICE},
        "week": week_of(
            (each.byday, f"{each.opens:%H:%M}", f"{each.closes:%H:%M}") for each in service.opening_times.all()
        ),
        "closed": sorted([str(days.first), str(days.last)] for days in service.closed_days.all()),
        "territories": sorted(place.pk for place in service.territories.all()),
        "type": service.type.code if service.type else "",
        "domain": service.domain.code,
    }


def week_of(times: Iterable[tuple[str, str, str]]) -> list[list[str]]:
    """One entry for all days on which it opens and closes alike: days, opens, closes."""
    alike: dict[tuple[str, str], set[str]] = {}
    for days, opens, closes in times:
        alike.setdefault((opens, closes), set()).update(days.split(","))
    return [[",".join(day for day in Weekday.values if day in days), *time] for time, days in sorted(alike.items())]


def changes_of(standing: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """{fact: as it shall be}, of those that are another now.

    Numbers of other registers stay, and so do other names and services that the file does not have.
    """
    wanted = {**wanted, "identifiers": {**standing["identifiers"], **wanted.get("identifiers", {})}}
    if "names" in wanted:
        wanted["names"] = {**standing["names"], **wanted["names"]}
    if "services" in wanted:
        wanted["services"] = with_services(standing["services"], wanted["services"])
    return {name: value for name, value in wanted.items() if standing[name] != value}


def is_as_said(standing: dict[str, Any], fact: str, said: Any) -> bool:
    """Of services those facts count that were kept: earlier versions kept fewer."""
    if fact != "services":
        return bool(standing[fact] == said)
    there = standing[fact]
    return len(there) == len(said) and all(then.items() <= now.items() for then, now in zip(said, there, strict=True))


def with_services(standing: list[dict[str, Any]], wanted: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A service is known by its title, one of which a table says the type alone by its type where there is any of it.

    Of each stays what the file says nothing of, and what shelters once is not taken for another.
    """
    types = {one["type"] for one in standing}
    by_type: dict[str, dict[str, Any]] = {}
    by_title: dict[str, list[dict[str, Any]]] = {}
    for one in wanted:
        if one.get("is_plain") and one["type"] in types:
            by_type[one["type"]] = one
        else:
            by_title.setdefault(one["title"], []).append(one)
    merged = []
    for one in standing:
        alike = by_title.get(one["title"])
        merged.append(with_said(one, by_type.get(one["type"]) or (alike.pop() if alike else {})))
    return sorted([*merged, *chain.from_iterable(by_title.values())], key=lambda one: one["title"])


def with_said(service: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    """It keeps its title, and one of a type the domain of that type."""
    kept = {"title", "domain"} if service["type"] and "type" not in said else {"title"}
    found = {**service, **{fact: value for fact, value in said.items() if fact in service and fact not in kept}}
    return {**found, "address": "" if found["is_shelter"] else found["address"]}
