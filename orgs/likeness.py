"""What may tell that two organisations are one, as the database keeps it in an index: where they are on the web, and their initials."""

from typing import Any

from django.db import models
from django.db.models import Func
from django.db.models.expressions import Combinable

from orgs.folding import APOSTROPHES, HYPHENS, folded_sql

BETWEEN = [
    "de", "la", "el", "els", "les", "lo", "los", "las", "del", "dels", "des", "du", "le", "per", "para", "pour", "the", "of", "and", "y", "i",
    "et", "a", "al", "amb", "con", "en", "l", "d", "s", "und", "der", "die", "das", "&",
]  # fmt: skip
"""The small words of names, as they are folded. An index is made of them: with another one comes a migration that makes it anew."""
_APART = folded_sql(
    f"regexp_replace(%(expressions)s, '[{APOSTROPHES.replace(chr(39), chr(39) * 2)}{HYPHENS}]', ' ', 'g')"
)
_TELLING = rf"regexp_replace(' ' || {_APART} || ' ', '\s+(?:{'|'.join(BETWEEN)})(?=\s)', '', 'g')"


class TextOf(Func):
    output_field = models.TextField()

    def __init__(self, expression: str | Combinable, **extra: Any) -> None:
        super().__init__(expression, **extra)


class HostOf(TextOf):
    """Of an address in the web."""

    template = (
        r"regexp_replace(lower(substring(%(expressions)s from '^[a-zA-Z]+://(?:[^/?#@]*@)?([^/?#:]+)')), '^www\.', '')"
    )


class HouseOf(TextOf):
    """Of an e-mail address what stands behind the @."""

    template = "lower(substring(%(expressions)s from '@([^@]+)$'))"


class MadeInitials(TextOf):
    """The first letters of a name, as people would make an acronym of it; small words have none."""

    template = rf"rtrim(regexp_replace({_TELLING}, '\s+(\S)\S*', '\1', 'g'))"
