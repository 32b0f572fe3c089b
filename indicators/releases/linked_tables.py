"""How the breakdowns of a place are tied to each other: every partition, complement and identity, whether its whole was reported or not.

Whoever reads a release knows the standard list: women and men are everybody, 15 to 24 and 25 to 29 are 15 to 29, the host population of a
place in Spain is its Spanish citizens. So he knows more cells than are published (*derived* ones): a whole of which all parts are there, the
one part that is missing of a whole, the ages between two bands. They tie the published ones together, also across dimensions.

A breakdown is known here by a number, as its row has it, or a negative one where nobody ever reported it.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
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
    """A cell that nobody published: the sum of some less that of others. `is_gap`: the ages between two bands.

    `is_open`: a whole of which only some parts are there, so that nobody can work it out; it ties them to what it is a part of itself.
    """

    breakdown: int
    plus: tuple[int, ...]
    minus: tuple[int, ...]
    is_gap: bool = False
    is_open: bool = False


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

    def depth(self, breakdown: int, dimension: str) -> int:
        """How many wholes lie around a category."""
        code, depth = parse_key(self.keys[breakdown]).get(dimension), 0
        while code is not None:
            code, depth = self.categories[dimension, code][0], depth + 1
        return depth

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
    def banded(self) -> set[str]:
        """The dimensions whose complete set of bands covers everybody, so that the total is the band of all."""
        found = set()
        for dimension, parent in list(self.sets):
            spans = sorted(span for code in self.sets[dimension, parent] if (span := span_of(code)))
            ends = [0, *(last for _, last in spans)]
            is_whole = parent is None and len(spans) == len(self.sets[dimension, parent]) and ends[-1] == inf
            if is_whole and all(first == end for (first, _), end in zip(spans, ends, strict=False)):
                found.add(dimension)
        return found

    def own_category(self, dimension: str, country: str) -> str | None:
        """The category of a country's own people, by the code that its territory bears."""
        return next(
            (code for (name, code), own in self.countries.items() if name == dimension and country in (own, code)), None
        )

    def links(self, present: frozenset[int], not_applicable: frozenset[int], country: str) -> Links:
        """What ties the breakdowns that are there, `not_applicable` being those in which there can be nobody."""
        return _Linking(self, set(present), not_applicable, country).links()


class _Linking:
    def __init__(self, words: CategoryLinks, there: set[int], not_applicable: frozenset[int], country: str) -> None:
        self.words, self.there, self.not_applicable, self.country = words, there, not_applicable, country
        self.reported = set(there)
        self.derived: list[Derived] = []
        self.sums: list[tuple[int, tuple[int, ...]]] = []
        self.chained: set[tuple[int, int]] = set()

    def links(self) -> Links:
        while self._derive_from_sets() or self._derive_from_identities():
            pass
        while self._derive_open_whole():
            pass
        self._tie_bands()
        self._tie_identities()
        return Links(tuple(self.derived), tuple(self.sums), frozenset(self.chained))

    def _derive(self, breakdown: int, plus: Iterable[int], minus: Iterable[int], **kind: bool) -> None:
        there = self.there
        added, taken = (tuple(one for one in side if one in there) for side in (plus, minus))
        self.derived.append(Derived(breakdown, added, taken, **kind))
        there.add(breakdown)

    # --- Sets -------------------------------------------------------------------------------------------------------

    def _derive_from_sets(self) -> bool:
        """Wholes of which all parts are there, and the one part that is missing of a whole."""
        before = len(self.derived)
        wholes = {
            (group.whole, group.name)
            for breakdown in self.there | self.not_applicable
            for group in self.words.groups(breakdown)
            if group.size is not None
        }
        for whole, dimension in sorted(wholes):
            parts = self.words.parts(whole, dimension)
            missing = [part for part in parts if part not in self.there and part not in self.not_applicable]
            if whole in self.not_applicable:
                continue
            if whole not in self.there and not missing and any(part in self.there for part in parts):
                self._derive(whole, [*parts, *self.words.parts_beside(whole, dimension)], ())
            elif whole in self.there and len(missing) == 1 and len(parts) > 1:
                others = [*parts, *self.words.parts_beside(whole, dimension)]
                self._derive(missing[0], [whole], [part for part in others if part != missing[0]])
        return len(self.derived) > before

    def _derive_open_whole(self) -> bool:
        """The lowest whole that is not there between parts that were reported and a larger whole that is: Africa, of Algeria and Mali, in all."""
        wholes: dict[int, set[int]] = defaultdict(set)
        depths: dict[int, int] = {}
        for part in self.there & self.reported:
            for group in self.words.groups(part):
                is_known = group.whole in self.there or group.whole in self.not_applicable
                if not is_known and group.name not in self.words.banded and self._is_in_another(group):
                    wholes[group.whole].add(part)
                    depths[group.whole] = self.words.depth(group.whole, group.name)
        for whole in sorted(wholes, key=lambda one: (-depths[one], one))[:1]:
            self._derive(whole, sorted(wholes[whole]), (), is_open=True)
            self.reported.add(whole)
        return bool(wholes)

    def _is_in_another(self, group: CategoryGroup) -> bool:
        """Whether something around the group's whole is there."""
        around = [above.whole for above in self.words.groups(group.whole) if above.name == group.name]
        return any(
            whole in self.there or self._is_in_another(CategoryGroup(whole, group.name, None)) for whole in around
        )

    # --- Identities -------------------------------------------------------------------------------------------------

    def _identities(self) -> Iterable[tuple[int, tuple[int, ...]]]:
        """(whole, parts) as breakdowns, for each combination with other dimensions that occurs."""
        for whole, parts, own_country_in, countries in self.words.same:
            if countries and self.country not in countries:
                continue
            made_of = list(parts)
            if own_country_in is not None:
                own = self.words.own_category(own_country_in, self.country)
                if own is None:
                    continue
                made_of.append((own_country_in, own))
            sides = [[whole], made_of]
            dimensions = {dimension for side in sides for dimension, _ in side}
            rests = {
                key_of(
                    {
                        name: code
                        for name, code in parse_key(self.words.keys[breakdown]).items()
                        if name not in dimensions
                    }
                )
                for breakdown in self.there
                if any(item in made_of or item == whole for item in parse_key(self.words.keys[breakdown]).items())
            }
            for rest in sorted(rests):
                others = parse_key(rest)
                left, right = (
                    [self.words.number(key_of({**others, dimension: code})) for dimension, code in side]
                    for side in sides
                )
                yield left[0], tuple(right)

    def _derive_from_identities(self) -> bool:
        before = len(self.derived)
        for whole, parts in list(self._identities()):
            missing = [part for part in parts if part not in self.there and part not in self.not_applicable]
            if whole not in self.there and not missing and whole not in self.not_applicable:
                self._derive(whole, parts, ())
            elif whole in self.there and len(missing) == 1:
                self._derive(missing[0], [whole], [part for part in parts if part != missing[0]])
        return len(self.derived) > before

    def _tie_identities(self) -> None:
        for whole, parts in list(self._identities()):
            there = tuple(part for part in parts if part in self.there)
            if (
                whole in self.there
                and there
                and all(part in self.there or part in self.not_applicable for part in parts)
            ):
                self.sums.append((whole, there))

    # --- Bands ------------------------------------------------------------------------------------------------------

    def _tie_bands(self) -> None:
        """Each band is the sum of the stretches between the ends of all bands that hang together; those nobody published are derived."""
        lines: dict[tuple[str, str], dict[tuple[float, float], int]] = defaultdict(dict)
        for breakdown in sorted(self.there):
            items = parse_key(self.words.keys[breakdown])
            for dimension in {*items, *self.words.banded}:
                rest = key_of({name: code for name, code in items.items() if name != dimension})
                span = span_of(items[dimension]) if dimension in items else (0.0, inf)
                if span is not None and dimension in self.words.banded:
                    lines[dimension, rest][span] = breakdown
        for (dimension, rest), bands in sorted(lines.items()):
            if len(bands) > 2:
                self._tie_line(dimension, rest, bands)

    def _tie_line(self, dimension: str, rest: str, bands: dict[tuple[float, float], int]) -> None:
        # What lies below an age: (bands to add, bands to take away), from the lowest age that hangs together with it.
        below: dict[float, tuple[list[int], list[int]]] = {}
        hanging: dict[float, float] = {}
        nearby: dict[float, list[tuple[float, int, bool]]] = defaultdict(list)
        for (first, last), band in sorted(bands.items(), key=lambda item: item[0][1] - item[0][0]):
            nearby[first].append((last, band, True))
            nearby[last].append((first, band, False))
        for start in sorted(nearby):
            if start in below:
                continue
            below[start], hanging[start], waiting = ([], []), start, [start]
            while waiting:
                here = waiting.pop(0)
                plus, minus = below[here]
                for there, band, is_up in nearby[here]:
                    if there not in below:
                        below[there] = ([*plus, band], minus) if is_up else (plus, [*minus, band])
                        hanging[there] = start
                        waiting.append(there)
        ends: dict[float, list[float]] = defaultdict(list)
        for end in sorted(below):
            ends[hanging[end]].append(end)
        others = parse_key(rest)
        lines: list[tuple[list[float], dict[tuple[float, float], int]]] = []
        for line in ends.values():
            stretches: dict[tuple[float, float], int] = {}
            lines.append((line, stretches))
            for first, last in pairwise(line):
                found = bands.get((first, last))
                if found is None:
                    found = self.words.number(key_of({**others, dimension: code_of(first, last)}))
                    if found not in self.there:
                        plus, minus = below[last][0] + below[first][1], below[last][1] + below[first][0]
                        common = set(plus) & set(minus)
                        self._derive(
                            found,
                            [one for one in plus if one not in common],
                            [one for one in minus if one not in common],
                            is_gap=True,
                        )
                stretches[first, last] = found
            for (first, last), band in bands.items():
                if first in line and band not in stretches.values():
                    inside = tuple(one for (start, end), one in stretches.items() if first <= start and end <= last)
                    self.sums.append((band, inside))
            self.chained |= {
                (whole, part)
                for (first, last), whole in bands.items()
                for (start, end), part in bands.items()
                if whole != part and first in line and start in line and first <= start and end <= last
            }
        for (first, last), band in bands.items():
            for line, stretches in lines:
                if first not in line:
                    self._tie_within(dimension, others, (first, last), band, stretches)

    def _tie_within(
        self,
        dimension: str,
        others: Mapping[str, str],
        span: tuple[float, float],
        band: int,
        stretches: Mapping[tuple[float, float], int],
    ) -> None:
        """A band among others with which it has no end in common, 25 to 54 in 16 to 64: no sum, but no more than those around it."""
        around = [one for one in sorted(stretches) if one[0] < span[1] and span[0] < one[1]]
        if not around or around[0][0] > span[0] or around[-1][1] < span[1]:
            return
        parts = tuple(stretches[one] for one in around)
        hull, code = parts[0], code_of(around[0][0], around[-1][1])
        if len(parts) > 1:
            hull = self.words.number(key_of({**others, dimension: code}))
            if hull not in self.there:
                self._derive(hull, parts, ())
                self.sums.append((hull, parts))
        left = self.words.number(key_of({**others, dimension: f"{code} without {code_of(*span)}"}))
        if left not in self.there:
            self._derive(left, [hull], [band], is_gap=True)
            self.sums.append((hull, (band, left)))
