"""How the breakdowns of a place are tied to each other: every partition, complement and identity, whether its whole was reported or not.

Whoever reads a release knows the standard list: women and men are everybody, 15 to 24 and 25 to 29 are 15 to 29, the host population of a
place in Spain is its Spanish citizens. So he knows more cells than are published (*derived* ones): a whole of which all parts are there, the
one part that is missing of a whole, the ages between two bands. They tie the published ones together, also across dimensions.

A breakdown is known here by a number, as its row has it, or a negative one where nobody ever reported it.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import inf
from typing import NamedTuple

from indicators.catalogue.breakdowns import key_of, parse_key
from indicators.models import Breakdown, Category, Identity

# Codes of bands as SDMX has them (CL_AGE): Y15-24, Y_LT15, Y_GE65; of lengths of residence likewise, LT1 and GE10.
BAND = re.compile(r"^Y?_?(?:(?P<below>LT)|(?P<from>GE)|)(?P<first>\d+)(?:-(?P<last>\d+))?$")

Item = tuple[str, str]
"""Dimension and category."""


class CategoryGroup(NamedTuple):
    """Categories that are told apart within one: `size` of them are the whole; None where they may overlap or are just some."""

    whole: int
    name: str
    size: int | None
    is_beside: bool = False
    """Added to the set where it is there, and not missed where it is not."""


class Same(NamedTuple):
    """One category is made of others: of `parts`, and of the country's own category in a dimension. In `countries`, or everywhere."""

    whole: Item
    parts: tuple[Item, ...]
    own_country_in: str | None
    countries: frozenset[str]


class Derived(NamedTuple):
    """A cell that nobody published: the sum of some less that of others. `is_gap`: the ages between two bands."""

    breakdown: int
    plus: tuple[int, ...]
    minus: tuple[int, ...]
    is_gap: bool = False


class Links(NamedTuple):
    """What ties the cells of a place. `derived` in the order in which they can be worked out. `sums`: (whole, its parts)."""

    derived: tuple[Derived, ...]
    sums: tuple[tuple[int, tuple[int, ...]], ...]
    chained: frozenset[tuple[int, int]]
    """(whole, part) of bands that are tied by `sums` already."""


def span_of(code: str) -> tuple[float, float] | None:
    """Y15-24 is from 15 to below 25."""
    found = BAND.match(code)
    if found is None:
        return None
    first = int(found["first"])
    if found["below"]:
        return (0, first)
    if found["from"]:
        return (first, inf)
    return (first, int(found["last"] or first) + 1)


def code_of(first: float, last: float) -> str:
    """The way back: from 15 to below 25 is Y15-24."""
    return f"Y_GE{int(first)}" if last == inf else f"Y{int(first)}-{int(last) - 1}"


@dataclass
class CategoryLinks:
    """The standard list. `categories`: {(dimension, code): (parent, whether it is one of a complete set)}; `ids`: {key: number}."""

    categories: dict[Item, tuple[str | None, bool]]
    ids: dict[str, int]
    same: list[Same] = field(default_factory=list)
    countries: dict[Item, str] = field(default_factory=dict)
    """The country that a category stands for, by the code of its territory."""
    sensitive: set[Item] = field(default_factory=set)
    beside: set[Item] = field(default_factory=set)
    """What belongs to a complete set where it is reported."""

    @classmethod
    def now(cls) -> "CategoryLinks":
        categories = list(Category.objects.select_related("dimension", "parent"))
        item = {category.pk: (category.dimension.code, category.code) for category in categories}
        identities = Identity.objects.select_related("own_country_in").prefetch_related("parts")
        return cls(
            {item[one.pk]: (one.parent.code if one.parent else None, one.is_part) for one in categories},
            dict(Breakdown.objects.values_list("key", "pk")),
            [
                Same(
                    item[one.whole_id],
                    tuple(item[part.pk] for part in one.parts.all()),
                    one.own_country_in.code if one.own_country_in else None,
                    frozenset(one.countries),
                )
                for one in identities
            ],
            {item[one.pk]: one.country_code for one in categories if one.country_code},
            {item[one.pk] for one in categories if one.is_sensitive or one.dimension.is_sensitive},
            {item[one.pk] for one in categories if one.is_beside},
        )

    def __post_init__(self) -> None:
        self.keys = {number: key for key, number in self.ids.items()}
        self.sets: dict[tuple[str, str | None], list[str]] = defaultdict(list)
        for (dimension, code), (parent, is_part) in self.categories.items():
            if is_part:
                self.sets[dimension, parent].append(code)
        self._groups: dict[int, list[CategoryGroup]] = {}

    def number(self, key: str) -> int:
        if key not in self.ids:
            self.ids[key] = -1 - len(self.ids)
            self.keys[self.ids[key]] = key
        return self.ids[key]

    def groups(self, breakdown: int) -> list[CategoryGroup]:
        """The wholes of a breakdown, one for each of its dimensions."""
        if breakdown not in self._groups:
            items = parse_key(self.keys[breakdown])
            self._groups[breakdown] = [
                self._group(items, dimension, code)
                for dimension, code in items.items()
                if (dimension, code) in self.categories
            ]
        return self._groups[breakdown]

    def _group(self, items: Mapping[str, str], dimension: str, code: str) -> CategoryGroup:
        parent, is_part = self.categories[dimension, code]
        rest = {name: value for name, value in items.items() if name != dimension}
        if parent is not None:
            rest[dimension] = parent
        is_beside = (dimension, code) in self.beside
        size = len(self.sets.get((dimension, parent), ())) if is_part or is_beside else None
        return CategoryGroup(self.number(key_of(rest)), dimension, size or None, is_beside)

    def parts(self, whole: int, dimension: str) -> list[int]:
        """The complete set that makes up a breakdown along a dimension, reported or not."""
        items = parse_key(self.keys[whole])
        return [self.number(key_of({**items, dimension: code})) for code in self.sets[dimension, items.get(dimension)]]

    def parts_beside(self, whole: int, dimension: str) -> list[int]:
        """What is added to that set where it is reported."""
        items = parse_key(self.keys[whole])
        codes = [code for name, code in self.beside if name == dimension]
        return [
            self.number(key_of({**items, dimension: code}))
            for code in sorted(codes)
            if self.categories[dimension, code][0] == items.get(dimension)
        ]

    def is_sensitive(self, breakdown: int, dimension: str) -> bool:
        return (dimension, parse_key(self.keys[breakdown])[dimension]) in self.sensitive

    @cached_property
    def banded(self) -> dict[str, bool]:
        """The dimensions whose set of bands covers all ages, and whether that is everybody, so that the total is the band of all."""
        found = {}
        for dimension, parent in list(self.sets):
            if parent is not None:
                continue
            spans = sorted(span for code in self.sets[dimension, None] if (span := span_of(code)))
            ends = [0, *(last for _, last in spans)]
            if ends[-1] == inf and all(first == end for (first, _), end in zip(spans, ends, strict=False)):
                beside = [code for name, code in self.beside if name == dimension]
                found[dimension] = all(span_of(code) for code in [*self.sets[dimension, None], *beside])
        return found

    def own_category(self, dimension: str, country: str) -> str | None:
        """The category of a country's own people, by the code that its territory bears."""
        return next(
            (code for (name, code), own in self.countries.items() if name == dimension and country in (own, code)), None
        )
