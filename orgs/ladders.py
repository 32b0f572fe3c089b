"""Ladders: levels that hold only when all their criteria, and those of every level below, are met.

Verification tiers and engagement levels are both derived so; nobody picks them.
"""

from collections.abc import Collection, Sequence
from typing import NamedTuple


class Rung(NamedTuple):
    level: str
    criteria: Sequence[str]


class Standing(NamedTuple):
    level: str | None
    """The highest level that holds, None when not even the lowest does."""
    missing: list[str]
    """The unmet criteria of the next level: what caps it. Empty at the top."""


def standing(ladder: Sequence[Rung], met: Collection[str]) -> Standing:
    """How far up `ladder` (lowest rung first) the `met` criteria carry."""
    held: str | None = None
    for rung in ladder:
        missing = [criterion for criterion in rung.criteria if criterion not in met]
        if missing:
            return Standing(held, missing)
        held = rung.level
    return Standing(held, [])
