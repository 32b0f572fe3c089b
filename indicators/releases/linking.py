"""What ties the breakdowns of one place: worked out from those that are there, by all that the standard list says (`linked_tables`)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import pairwise
from math import inf

from indicators.catalogue.breakdowns import key_of, parse_key
from indicators.releases.linked_tables import CategoryLinks, Derived, Links, code_of, span_of


def links_between(words: CategoryLinks, present: frozenset[int], not_applicable: frozenset[int], country: str) -> Links:
    """What ties the breakdowns that are there, `not_applicable` being those in which there can be nobody."""
    return _Linking(words, set(present), not_applicable, country).links()


class _Linking:
    def __init__(self, words: CategoryLinks, there: set[int], not_applicable: frozenset[int], country: str) -> None:
        self.words, self.there, self.not_applicable, self.country = words, there, not_applicable, country
        self.derived: list[Derived] = []
        self.sums: list[tuple[int, tuple[int, ...]]] = []
        self.chained: set[tuple[int, int]] = set()

    def links(self) -> Links:
        while self._derive_from_sets() or self._derive_from_identities():
            pass
        self._tie_bands()
        self._tie_identities()
        return Links(tuple(self.derived), tuple(self.sums), frozenset(self.chained))

    def _derive(self, breakdown: int, plus: Iterable[int], minus: Iterable[int], *, is_gap: bool = False) -> None:
        there = self.there
        added, taken = (tuple(one for one in side if one in there) for side in (plus, minus))
        self.derived.append(Derived(breakdown, added, taken, is_gap))
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
                everybody = (0.0, inf) if self.words.banded.get(dimension) else None
                span = span_of(items[dimension]) if dimension in items else everybody
                if span is not None and dimension in self.words.banded:
                    lines[dimension, rest][span] = breakdown
        for (dimension, rest), bands in sorted(lines.items()):
            if len(bands.keys() - {(0.0, inf)}) > 1:
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
