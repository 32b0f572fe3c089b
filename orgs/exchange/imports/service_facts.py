"""What a file of the standard says of a service, each fact in the form in which it is stored."""

import datetime
import re
from collections.abc import Mapping as MappingOf
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from orgs.exchange.imports.facts import week_of
from orgs.languages import LANGUAGES
from orgs.models import Service
from orgs.models.services import INTERNATIONAL
from orgs.naming import web_address
from orgs.readable import without_hidden_signs
from orgs.readers.problems import NO_TEXT
from orgs.vocabulary import Accessibility, Delivery, TargetGroup, Weekday

LONGEST_DESCRIPTION = 20_000
FREE = {"free", "free of charge", "no fee", "no fees", "none", "gratis", "gratuito", "gratuït", "gratuit"}
BY_NAME = {name.lower(): code for code, names in LANGUAGES.items() for name in (code, *names)}
CLOCK = re.compile(r"((?:[01]\d|2[0-3]):[0-5]\d)(?::\d\d)?(?:Z|[+-]\d\d:?\d\d)?")
OWN_MARKS = {
    "interpreter_on_request": "interpreter",
    "women_only": "women_only",
    "has_childcare": "childcare",
    "walks_in": "walks_in",
    "by_appointment": "by_appointment",
    "by_referral": "by_referral",
    "no_documents_required": "no_documents",
    "is_shelter": "shelter",
}
"""By the fact of a service, the mark by which an export says it."""
OWN_WORDS = {"delivery": Delivery, "accessibility": Accessibility, "target_groups": TargetGroup}
PLACE = tuple[str, str, str]
"""(scheme, "code" or "name", what stands there)."""


def service_said(given: dict[str, Any], names: MappingOf[str, str]) -> dict[str, Any] | None:
    """Of a service what a file of the standard says, and nothing of what it does not; `names` of languages as the source has them."""
    title = tidy(given.get("name", ""), longest_of_service("title"))
    if not title:
        return None
    fees = tidy(given.get("fees", ""), longest_of_service("cost"))
    is_free = fees.lower().rstrip(".") in FREE
    url = web_address_of(given.get("url", ""))
    spoken = [names.get(text, text) for text in given.get("languages", ())]
    own = given.get("own", {})
    if own.get("is_page_of_portal"):
        url = ""
    found: dict[str, Any] = {
        "description": without_hidden_signs(NO_TEXT.sub("", given.get("description", ""))).strip()[
            :LONGEST_DESCRIPTION
        ],
        "type": given.get("type", ""),
        "telephone": tidy(given.get("telephone", ""), longest_of_service("telephone")),
        "form": "" if url.startswith(settings.PUBLIC_URL) or len(url) > longest_of_service("form") else url,
        "languages": sorted({BY_NAME[name.lower()] for name in spoken if name.lower() in BY_NAME}),
    }
    found = {fact: value for fact, value in found.items() if value}
    if is_free or "free" in own.get("marks", ()):
        found |= {"is_free": True, "cost": ""}
    elif fees:
        found |= {"is_free": False, "cost": fees}
    return {**facts_said(given, own), **found, "title": title}


def facts_said(given: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """Further facts of a service, where there are any: `own` is what a portal of this kind says beside. No two contradict each other."""
    is_marked = {fact: True for fact, mark in OWN_MARKS.items() if mark in own.get("marks", ())}
    found: dict[str, Any] = {
        "domain": own.get("domain", ""),
        "documents": tidy(given.get("documents", ""), longest_of_service("documents")),
        "week": week_of(filter(None, map(stretch_of, given.get("week", ())))),
        "conditions": tidy(own.get("conditions", ""), longest_of_service("conditions")),
        "address": tidy(own.get("address", ""), longest_of_service("address")),
        "email": own.get("email", "") if is_email(own.get("email", "")) else "",
        "whatsapp": own.get("whatsapp", "") if re.fullmatch(INTERNATIONAL, own.get("whatsapp", "")) else "",
        "closed": sorted(days for days in own.get("closed", ()) if are_days(*days)),
        "areas": list(map(own_place, own.get("areas", ()))),
        **{fact: sorted({*own.get(fact, ())} & {*words.values}) for fact, words in OWN_WORDS.items()},
        **is_marked,
    }
    found = {fact: value for fact, value in found.items() if value}
    if "no_documents_required" in found:
        found["documents"] = ""
    elif "documents" in found:
        found["no_documents_required"] = False
    if "walks_in" in found:
        found["by_referral"] = False
    elif "by_referral" in found:
        found["walks_in"] = False
    return found


def stretch_of(said: list[str]) -> tuple[str, str, str] | None:
    days, *times = said
    is_week = bool(days) and {*days.split(",")} <= {*Weekday.values}
    clocks = [found[1] for text in times if (found := CLOCK.fullmatch(text))]
    return (days, clocks[0], clocks[1]) if is_week and len(clocks) == 2 else None


def are_days(first: str, last: str) -> bool:
    try:
        return datetime.date.fromisoformat(first) <= datetime.date.fromisoformat(last)
    except ValueError:
        return False


def is_email(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return len(text) <= longest_of_service("email")


def own_place(said: str) -> PLACE:
    scheme, _colon, code = NO_TEXT.sub("", said).partition(":")
    return scheme, "code", code


def longest_of_service(fact: str) -> int:
    return getattr(Service._meta.get_field(fact), "max_length", None) or LONGEST_DESCRIPTION


def tidy(text: str, longest: int) -> str:
    text = " ".join(without_hidden_signs(NO_TEXT.sub("", text)).split())
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def web_address_of(text: str) -> str:
    """With the protocol that everybody leaves out; "" where it is no address in the web, or one of a person's mail."""
    if not text:
        return ""
    address = text if re.match(r"https?://", text, re.IGNORECASE) else f"https://{text}"
    try:
        web_address(address)
        return "" if "@" in urlsplit(address).netloc else address
    except (ValidationError, ValueError):
        return ""
