"""What an organisation is as far as a file may say it: as plain values, so that they can be compared, kept and put back."""

from collections.abc import Iterable
from typing import Any

from orgs.models import Organisation, Service

PLAIN = (
    "name", "acronym", "kind", "description", "written_in", "website", "public_email", "public_phone", "address", "founded_year",
    "languages", "communities", "marks", "works_as",
)  # fmt: skip
LISTS = ("languages", "communities", "marks", "works_as")
OF_SERVICE = ("title", "description", "telephone", "form", "languages", "is_free", "cost")


def facts_of(organisation: Organisation) -> dict[str, Any]:
    """With its domains and services as they were read with it."""
    facts = {name: getattr(organisation, name) for name in PLAIN}
    return {
        **facts,
        **{name: sorted(facts[name]) for name in LISTS},
        "territory": organisation.territory_id,
        "identifiers": dict(organisation.identifiers),
        "domains": sorted(field.domain.code for field in organisation.fields_of_work.all()),
        "services": services_of(organisation.services.all()),
    }


def services_of(services: Iterable[Service]) -> list[dict[str, Any]]:
    return sorted(
        (
            {
                **{name: getattr(one, name) for name in OF_SERVICE},
                "languages": sorted(one.languages),
                "type": one.type.code if one.type else "",
                "domain": one.domain.code,
            }
            for one in services
        ),
        key=lambda one: one["title"],
    )


def changes_of(standing: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """{fact: as it shall be}, of those that are another now. Numbers of other registers stay."""
    wanted = {**wanted, "identifiers": {**standing["identifiers"], **wanted.get("identifiers", {})}}
    return {name: value for name, value in wanted.items() if standing[name] != value}
