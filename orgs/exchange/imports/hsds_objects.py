"""What stands in an object of HSDS 3.0, which anybody may have written; and what a portal of this kind says there beside the standard."""

from typing import Any

from orgs.exchange.hsds import CONDITIONS, NAMES, PORTAL

OWN_LISTS = {
    "size": "size",
    "budget": "budget",
    "domains": "domain",
    "marks": "mark",
    "works_as": "work",
    "works_in": "works in",
}
"""By the fact, the list of the portal in which an export says it."""


def said_in(given: Any, name: str) -> str:
    """A text of an object that anybody may have written."""
    value = given.get(name) if isinstance(given, dict) else None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value).strip()


def objects_in(given: Any, name: str) -> list[dict[str, Any]]:
    value = given.get(name) if isinstance(given, dict) else None
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def phones_of(given: dict[str, Any]) -> list[dict[str, Any]]:
    """Those of the house; none that belongs to a person."""
    return [phone for phone in objects_in(given, "phones") if phone.get("contact_id") in (None, "")]


def codes_in(given: dict[str, Any]) -> dict[str, list[str]]:
    """By the list, what its attributes say by it."""
    found: dict[str, list[str]] = {}
    for each in objects_in(given, "attributes"):
        term = each.get("taxonomy_term")
        found.setdefault(said_in(term, "taxonomy"), []).append(said_in(term, "code"))
    return found


def names_in(given: dict[str, Any]) -> dict[str, str]:
    """By the language."""
    named = [
        each for each in objects_in(given, "attributes") if said_in(each.get("taxonomy_term"), "taxonomy") == NAMES
    ]
    return {said_in(each["taxonomy_term"], "code"): said_in(each, "value") for each in named}


def numbers_in(given: dict[str, Any]) -> dict[str, str]:
    numbers = objects_in(given, "organization_identifiers")
    return {scheme: said_in(each, "identifier") for each in numbers if (scheme := said_in(each, "identifier_scheme"))}


def own_words_of_service(given: dict[str, Any], house: dict[str, Any]) -> dict[str, Any]:
    """What a portal of this kind says of it: here its e-mail address is nobody's own, and its address no shelter's."""
    codes = codes_in(given)
    conditions = [
        each for each in objects_in(given, "attributes") if said_in(each.get("taxonomy_term"), "taxonomy") == CONDITIONS
    ]
    _seat, *others = objects_in(house, "locations") or [{}]
    given_at = {said_in(each, "location_id") for each in objects_in(given, "service_at_locations")}
    doors = [address for each in others if said_in(each, "id") in given_at for address in objects_in(each, "addresses")]
    pages = "/".join(said_in(house, "uri").split("/")[:3])
    closed = [each for each in objects_in(given, "schedules") if not said_in(each, "freq")]
    return {
        "domain": next(iter(codes.get(f"{PORTAL}/domain", [])), ""),
        "marks": codes.get(f"{PORTAL}/mark", []),
        "delivery": codes.get(f"{PORTAL}/delivery", []),
        "accessibility": codes.get(f"{PORTAL}/accessibility", []),
        "target_groups": codes.get(f"{PORTAL}/for whom", []),
        "conditions": next((said_in(each, "value") for each in conditions), ""),
        "email": said_in(given, "email"),
        "whatsapp": next((said_in(each, "number") for each in phones_of(given) if said_in(each, "type") == "text"), ""),
        "address": next((said_in(each, "address_1") for each in doors), ""),
        "areas": [said_in(each, "extent") for each in objects_in(given, "service_areas")],
        "closed": [[said_in(each, "valid_from"), said_in(each, "valid_to")] for each in closed],
        "is_page_of_portal": bool(pages) and said_in(given, "url").startswith(f"{pages}/"),
    }
