"""Addresses of organisations, references that people read out over the telephone, and addresses in the web."""

import re
import secrets
import unicodedata
from collections.abc import Iterator
from typing import Any

from anyascii import anyascii
from django.core.validators import URLValidator
from django.db.models import Model, Q
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

# Only these may be stored or shown: a browser that follows `javascript:` runs it.
web_address = URLValidator(
    schemes=["http", "https"], message=_("Enter a web address that begins with https:// or http://.")
)
WEB_ADDRESS = r"^https?://[^[:space:]]+$"
NOT_OF_THE_WEB = _("A web address begins with https:// or http://.")

# Without 0 and O, 1, I and L, 5 and S, 8 and B, 2 and Z: what is read over a telephone.
REFERENCE_ALPHABET = "34679ACDEFGHJKMNPQRTUVWXY"
REFERENCE_LENGTH = 6
REFERENCE_ATTEMPTS = 50

# Addresses that belong to pages, or that would be taken for one.
RESERVED_SLUGS = {"register", "mine", "new", "add", "edit", "members", "services", "page", "search", "export"}

# anyascii leaves alef out, and a name without it is hard to recognise.
ALEF = str.maketrans("اأإ", "aai")


def blank_or_of_the_web(column: str) -> Q:
    """The condition of the constraint that every column with an address has."""
    return Q((column, "")) | Q((f"{column}__iregex", WEB_ADDRESS))


def of_the_web(address: object) -> str:
    """The address where it may be shown as a link, else ""."""
    text = str(address or "")
    return text if re.match(r"https?://", text, re.IGNORECASE) else ""


def new_reference(prefix: str, *bearers: type[Model]) -> str:
    """Such as "ORG-7K3M9P", which none of `bearers` has: one of 244 million, so that nobody meets another's by trying."""
    for _attempt in range(REFERENCE_ATTEMPTS):
        reference = drawn(prefix)
        if not any(model._default_manager.filter(reference=reference).exists() for model in bearers):
            return reference
    raise RuntimeError("no reference is free")


def new_references(prefix: str, count: int, *bearers: type[Model]) -> list[str]:
    """Several at once, in as many queries as one."""
    found: set[str] = set()
    for _attempt in range(REFERENCE_ATTEMPTS):
        more = {drawn(prefix) for _reference in range(count - len(found))}
        for model in bearers:
            more -= set(model._default_manager.filter(reference__in=more).values_list("reference", flat=True))
        found |= more
        if len(found) == count:
            return list(found)
    raise RuntimeError("no references are free")


def drawn(prefix: str) -> str:
    return f"{prefix}-" + "".join(secrets.choice(REFERENCE_ALPHABET) for _letter in range(REFERENCE_LENGTH))


def slug_for(name: str, otherwise: str) -> str:
    """The name as an address, in Latin letters whatever its script; `otherwise` where nothing of it is left."""
    # An apostrophe divides words (d'Àfrica), except where anyascii makes one of a letter (ь, ع).
    roman = re.sub(
        "['`]", "", anyascii(re.sub("['’`]", " ", unicodedata.normalize("NFC", name)).translate(ALEF))
    ).lower()
    slug = re.sub(r"[^a-z0-9]+", "-", roman).strip("-")[:70].strip("-")
    return otherwise.lower() if len(slug) < 2 or slug in RESERVED_SLUGS else slug


def slugs_for(name: str, otherwise: str) -> Iterator[str]:
    """Ever further addresses to try: "red-cross", "red-cross-2", "red-cross-3"."""
    slug = slug_for(name, otherwise)
    yield slug
    number = 2
    while True:
        yield f"{slug}-{number}"
        number += 1


def address_upstairs(name: str, *args: Any) -> str:
    """Of a page that belongs to an upper app, by its name; empty where the portal runs without that app."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""
