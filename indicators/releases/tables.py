"""The figures of an indicator as linked tables, with every sum that readers know."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from math import log2
from typing import NamedTuple

from indicators.models import Indicator, Period
from indicators.releases.linked_tables import CategoryLinks, Derived, Links
from indicators.releases.suppression import KNOWN, SuppressionTable, pattern
from indicators.vocabulary import CALENDAR, Measure, TimeOperator
from orgs.models import Territory, TerritoryClosure


class Reason(StrEnum):
    """Why a cell is hidden."""

    PRIMARY = "primary"
    CARRIED_OVER = "carried over"
    """It was hidden in the release before."""
    SECONDARY = "secondary"
    """Otherwise a difference would give another one away."""


class TableCell(NamedTuple):
    """One figure with its numbers."""

    territory: int
    period: int
    breakdown: int
    numerator: float
    denominator: float | None
    threshold: float
    is_narrow: bool
    """What would be published of it leaves too few numbers open: its base is too small for a rate."""
    was_hidden: bool
    is_known: bool


@dataclass
class Hierarchy:
    """The tree of territories and the standard list, as they are when a release is made. `countries`: the code of the one that holds a place."""

    parents: dict[int, int]
    parts: dict[int, list[int]]
    valid: dict[int, tuple[date, date]]
    kinds: dict[int, str]
    incomplete: set[int]
    words: CategoryLinks
    countries: dict[int, str]

    @classmethod
    def now(cls) -> "Hierarchy":
        world = cls({}, defaultdict(list), {}, {}, set(), CategoryLinks.now(), {})
        rows = Territory.objects.values_list("pk", "parent_id", "kind", "valid_from", "valid_to", "has_all_parts")
        for place, parent, kind, first, last, has_all_parts in rows.order_by("pk"):
            world.kinds[place], world.valid[place] = kind, (first, last)
            if parent is not None:
                world.parents[place] = parent
                world.parts[parent].append(place)
            if not has_all_parts:
                world.incomplete.add(place)
        country = Territory.Kind.COUNTRY
        links = TerritoryClosure.objects.filter(ancestor__kind=country).order_by(
            "-depth"
        )  # The nearest one has the last word.
        codes = links.values_list("descendant_id", "ancestor__code")
        world.countries = {place: NUTS_AS_ISO.get(code, code) for place, code in codes}
        return world

    def exists(self, place: int, on: date) -> bool:
        first, last = self.valid[place]
        return first <= on <= last

    def above(self, place: int, on: date) -> Iterator[int]:
        """The territories around one on that day, from the nearest up."""
        while self.exists(place, on) and place in self.parents:
            place = self.parents[place]
            yield place

    def has_all_parts(self, place: int, on: date, present: set[int]) -> bool:
        """Whether those present are all that make up a territory, apart from what is "not stated"."""
        return place not in self.incomplete and all(
            part in present or self.kinds[part] == Territory.Kind.UNALLOCATED or not self.exists(part, on)
            for part in self.parts[place]
        )


def hidden_cells(
    indicator: Indicator,
    periods: list[Period],
    cells: list[TableCell],
    world: Hierarchy,
    not_applicable: Sequence[tuple[int, int, int]] = (),
) -> dict[int, Reason]:
    """The positions of the cells to hide, in order, and why. `not_applicable`: (territory, period, breakdown) of those that are not applicable."""
    return LinkedTables(indicator, periods, cells, world, not_applicable).hidden()


class LinkedTables:
    """The table of one piece: its cells with their levels, and every sum that ties them."""

    def __init__(
        self,
        indicator: Indicator,
        periods: list[Period],
        cells: list[TableCell],
        world: Hierarchy,
        not_applicable: Sequence[tuple[int, int, int]],
    ) -> None:
        self.indicator, self.world, self.not_applicable = indicator, world, not_applicable
        self.cells = list(cells)
        self.published = len(cells)
        """The cells after these are derived: never shown, and known to whoever can add up."""
        self.periods = {period.pk: period for period in periods}
        self.table = SuppressionTable()
        self.position = {(cell.territory, cell.period, cell.breakdown): place for place, cell in enumerate(cells)}
        self.small: list[int] = []
        self.has_rest = indicator.measure == Measure.RATIO and all(
            cell.denominator is not None and cell.numerator <= cell.denominator for cell in cells
        )
        self.amounts = [self._amounts(cell) for cell in cells]
        for place, cell in enumerate(cells):
            self._add(place, cell)
        self.links: dict[tuple[int, int], Links] = {}
        self.ways: dict[int, Derived] = {}
        """By derived cell, how it was."""
        self._derive()
        self.height = [0] * len(self.cells)

    def hidden(self) -> dict[int, Reason]:
        self._tie_territories()
        self._tie_groups()
        self._tie_links()
        self._protect_groups()
        if len(self.periods) > 1:
            self._tie_periods()
        # From the top down: what a large territory needs below it serves its parts as well.
        size = self.published
        primary = sorted(set(self.small), key=lambda cell: (-self.height[cell] if cell < len(self.height) else 0, cell))
        kept = [place for place, cell in enumerate(self.cells[:size]) if cell.was_hidden]
        reasons = dict.fromkeys(kept, Reason.CARRIED_OVER) | dict.fromkeys(self.small, Reason.PRIMARY)
        hiding = sorted(cell for cell in pattern(self.table, primary, kept) if cell < size)
        return {cell: reasons.get(cell, Reason.SECONDARY) for cell in hiding}

    # --- Cells ------------------------------------------------------------------------------------------------------

    def _amounts(self, cell: TableCell) -> tuple[float, ...]:
        """By sheet: a count; the two parts of a ratio; the people of a mean and the sum of their values."""
        if cell.denominator is None:
            return (cell.numerator,)
        if self.indicator.measure == Measure.MEAN:
            return (cell.denominator, cell.numerator)
        return (cell.numerator, cell.denominator - cell.numerator if self.has_rest else cell.denominator)

    def _levels(self, cell: TableCell, threshold: float) -> tuple[float, ...]:
        if self.indicator.measure == Measure.MEAN and cell.denominator is not None:
            return (threshold, threshold * abs(cell.numerator) / max(cell.denominator, 1.0))
        return (threshold,) * len(self._amounts(cell))

    def _add(self, place: int, cell: TableCell) -> None:
        threshold = cell.threshold
        amounts = self.amounts[place]
        # People first; a few large cells are worse to lose than a few small ones, and a zero moves nothing.
        cost = (
            1.0
            + log2(1 + max(amounts[0], 0.0) / 100)
            + (KNOWN if cell.is_known else 0.0)
            + (0.0 if amounts[0] > 0 else 2.0)
        )
        self.table.add_cell(amounts, self._levels(cell, threshold), cost)
        has_few = cell.denominator is not None and cell.denominator < threshold
        if cell.is_narrow or has_few or self._is_small(amounts, threshold):
            self.small.append(place)

    def _derive(self) -> None:
        """Adds the cells that nobody publishes and everybody can work out from the true ones, place by place."""
        there: dict[tuple[int, int], set[int]] = defaultdict(set)
        for cell in self.cells:
            there[cell.territory, cell.period].add(cell.breakdown)
        not_applicable: dict[tuple[int, int], set[int]] = defaultdict(set)
        for territory, period, breakdown in self.not_applicable:
            not_applicable[territory, period].add(breakdown)
        if not there:
            return
        elsewhere = self._largest_country()
        known: dict[tuple[frozenset[int], frozenset[int], str], Links] = {}
        for (territory, period), breakdowns in there.items():
            country = self.world.countries.get(territory, elsewhere)
            kind = frozenset(breakdowns), frozenset(not_applicable[territory, period]), country
            if kind not in known:
                known[kind] = self.world.words.links(*kind)
            self.links[territory, period] = known[kind]
            for derived in known[kind].derived:
                self._add_derived(territory, period, derived)

    def _largest_country(self) -> str:
        """Where no country is above a place: that of which most people are citizens there."""
        words, most, country = self.world.words, 0.0, ""
        own = {words.number(f"{dimension}={code}"): name for (dimension, code), name in words.countries.items()}
        for cell, amounts in zip(self.cells, self.amounts, strict=True):
            if cell.breakdown in own and amounts[0] > most:
                most, country = amounts[0], own[cell.breakdown]
        return country

    def _add_derived(self, territory: int, period: int, derived: Derived) -> None:
        plus, minus = (
            [self.position.get((territory, period, one)) for one in side] for side in (derived.plus, derived.minus)
        )
        if None in plus or None in minus:
            return
        sheets = range(len(self.amounts[0]))
        amounts = tuple(
            sum(self.amounts[one][sheet] for one in plus if one is not None)
            - sum(self.amounts[one][sheet] for one in minus if one is not None)
            for sheet in sheets
        )
        if derived.is_open:
            amounts = self._least(territory, period, derived)
        if min(amounts) < 0 and not derived.is_gap:  # A discrepancy: no people.
            return
        amounts = tuple(max(amount, 0.0) for amount in amounts)
        threshold = max(self.cells[one].threshold for one in [*plus, *minus] if one is not None)
        is_small = not derived.is_open and self._is_small(amounts, threshold)
        place = self.table.add_cell(amounts, (threshold if is_small else 0.0,) * len(amounts), 0.0)
        self.cells.append(
            TableCell(territory, period, derived.breakdown, amounts[0], None, threshold, False, False, False)
        )
        self.amounts.append(amounts)
        self.position[territory, period, derived.breakdown] = place
        self.ways[place] = derived
        if is_small:
            self.small.append(place)

    def _least(self, territory: int, period: int, derived: Derived) -> tuple[float, ...]:
        """Of an open whole: its parts together, or the largest that is not one of a set."""
        in_a_set: list[tuple[float, ...]] = []
        alone: list[tuple[float, ...]] = []
        for one in derived.plus:
            sizes = [group.size for group in self.world.words.groups(one) if group.whole == derived.breakdown]
            (alone if None in sizes else in_a_set).append(self.amounts[self.position[territory, period, one]])
        together = [sum(sheet) for sheet in zip(*in_a_set, strict=True)] or [0.0] * len(self.amounts[0])
        return tuple(max(sheet) for sheet in zip(together, *alone, strict=True))

    def _is_small(self, amounts: tuple[float, ...], threshold: float) -> bool:
        counts = amounts[:1] if self.indicator.measure == Measure.MEAN or not self.has_rest else amounts
        return any(0 < count < threshold for count in counts)

    # --- Sums -------------------------------------------------------------------------------------------------------

    def _remainder(self, whole: int, parts: list[int]) -> tuple[float, ...]:
        return tuple(
            self.amounts[whole][sheet] - sum(self.amounts[part][sheet] for part in parts)
            for sheet in range(len(self.amounts[whole]))
        )

    def _tie(self, whole: int, parts: list[int], *, is_open: bool, times: float = 1.0) -> None:
        """The whole is the sum of its parts; where it is open, of these and a remainder that nobody is shown."""
        self.height[whole] = max(self.height[whole], 1 + max(self.height[part] for part in parts))
        members = list(parts)
        if is_open:
            remainder = self._remainder(whole, parts)
            threshold = self.cells[parts[0]].threshold
            is_small = self._is_small(remainder, threshold)
            levels = (threshold if is_small else 0.0,) * len(remainder)
            members.append(self.table.add_cell(remainder, levels, 0.0))
            if is_small:
                self.small.append(members[-1])
        self.table.add_relation(whole, members, times)

    def _tie_territories(self) -> None:
        parts_of: dict[int, list[int]] = defaultdict(list)
        for place, cell in enumerate(self.cells):
            for around in self.world.above(cell.territory, self.periods[cell.period].ends_on):
                whole = self.position.get((around, cell.period, cell.breakdown))
                if whole is not None:
                    parts_of[whole].append(place)
                    break
        void_places: dict[tuple[int, int], set[int]] = defaultdict(set)
        for territory, period, breakdown in self.not_applicable:
            void_places[period, breakdown].add(territory)
        for whole in sorted(parts_of):
            parts, cell = parts_of[whole], self.cells[whole]
            if self._follows_from_others(whole, parts):
                continue
            remainder = self._remainder(whole, parts)
            present = {self.cells[part].territory for part in parts} | void_places[cell.period, cell.breakdown]
            is_whole = self.world.has_all_parts(cell.territory, self.periods[cell.period].ends_on, present)
            # A difference to a complete set of parts is a discrepancy: no people, and as good as known.
            self._tie(whole, parts, is_open=not is_whole and min(remainder) >= 0 and max(remainder) > 0)

    def _follows_from_others(self, whole: int, parts: list[int]) -> bool:
        """All derived in the same way, so that they are tied as those are of which they were derived. One more sum would only hamper moves."""
        way = self.ways.get(whole)
        return way is not None and not way.is_open and all(self.ways.get(part) == way for part in parts)

    def _tie_groups(self) -> None:
        sets: dict[tuple[int, str, int | None], list[int]] = defaultdict(list)
        besides: Counter[tuple[int, str, int | None]] = Counter()
        for place, cell in enumerate(self.cells):
            chained = self.links[cell.territory, cell.period].chained
            for group in self.world.words.groups(cell.breakdown):
                whole = self.position.get((cell.territory, cell.period, group.whole))
                if whole is not None and (group.size is not None or (group.whole, cell.breakdown) not in chained):
                    sets[whole, group.name, group.size].append(place)
                    besides[whole, group.name, group.size] += group.is_beside
        void_groups = Counter(
            (whole, group.name, group.size)
            for territory, period, breakdown in self.not_applicable
            for group in self.world.words.groups(breakdown)
            if not group.is_beside and (whole := self.position.get((territory, period, group.whole))) is not None
        )
        overlapping = {
            (self.cells[whole].period, self.cells[whole].breakdown, name)
            for (whole, name, size), parts in sets.items()
            if size is None and min(self._remainder(whole, parts)) < 0
        }
        for (whole, name, size), parts in sorted(
            sets.items(), key=lambda item: (item[0][0], item[0][1], item[0][2] or 0)
        ):
            if size is not None:
                count = len(parts) - besides[whole, name, size] + void_groups[whole, name, size]
                remainder = self._remainder(whole, parts)
                # Nothing left: the source leaves out those of whom there is nobody, and everybody knows that.
                is_left = max(remainder) > 0 or self._is_open(whole)
                self._tie(whole, parts, is_open=count < size and min(remainder) >= 0 and is_left)
            elif (self.cells[whole].period, self.cells[whole].breakdown, name) not in overlapping:
                self._tie(whole, parts, is_open=True)
            else:
                for part in parts:
                    if min(self._remainder(whole, [part])) >= 0:
                        self._tie(whole, [part], is_open=True)

    def _is_open(self, whole: int) -> bool:
        return whole in self.ways and self.ways[whole].is_open

    def _protect_groups(self) -> None:
        """Group disclosure: whoever knows that somebody is in the whole knows what he is, where all but a few are the same.

        For counts, in a dimension that is sensitive. (What is not in a ratio is always looked at.)
        """
        if self.indicator.measure != Measure.COUNT:
            return
        words = self.world.words
        for place, cell in enumerate(self.cells):
            for group in words.groups(cell.breakdown):
                whole = self.position.get((cell.territory, cell.period, group.whole))
                if whole is None or not words.is_sensitive(cell.breakdown, group.name):
                    continue
                others = self.amounts[whole][0] - self.amounts[place][0]
                if self.amounts[place][0] > 0 and others < cell.threshold:
                    # Not only he, but also that there is hardly anybody else must stay open: shown zeros would tell.
                    rest = self.table.add_cell((others,), (cell.threshold,), 0.0)
                    self.table.add_relation(whole, [place, rest])
                    self.table.levels[place] = (cell.threshold,)
                    self.small += [place, rest]

    def _tie_links(self) -> None:
        """Identities, and bands that make up others."""
        for (territory, period), links in self.links.items():
            for whole, parts in links.sums:
                places = [self.position.get((territory, period, one)) for one in (whole, *parts)]
                found = [place for place in places if place is not None]
                if len(found) == len(places):
                    self.table.add_relation(found[0], found[1:])

    def _tie_periods(self) -> None:
        """A longer period and the shorter ones reported in it, as far as the numbers agree with the indicator's operator."""
        short = {pk: period for pk, period in self.periods.items() if period.kind == self.indicator.frequency}
        within = {
            long.pk: sorted((p.starts_on, pk) for pk, p in short.items() if is_within(p, long))
            for long in self.periods.values()
            if long.kind != self.indicator.frequency and long.kind in CALENDAR
        }
        for whole, cell in enumerate(self.cells):
            places = [self.position.get((cell.territory, pk, cell.breakdown)) for _, pk in within.get(cell.period, [])]
            parts = [place for place in places if place is not None]
            if not parts or self._follows_from_others(whole, parts):
                continue
            match self.indicator.time_operator:
                case TimeOperator.LAST:
                    parts, times = parts[-1:], 1.0
                case TimeOperator.MEAN:
                    times = float(len(parts))
                case _:
                    times = 1.0
            differences = [
                abs(times * amount - sum(self.amounts[part][sheet] for part in parts))
                for sheet, amount in enumerate(self.amounts[whole])
            ]
            if max(differences) < 1e-3 or self.indicator.time_operator in (TimeOperator.SUM, TimeOperator.POOLED):
                self._tie(whole, parts, is_open=False, times=times)
        self._tie_periods_beside()

    def _tie_periods_beside(self) -> None:
        """A school year, or several years together, and what of the calendar makes it up, where it is its sum or its mean."""
        made_of = {
            (long.pk, kind): [p.pk for p in self.periods.values() if p.kind == kind and is_within(p, long)]
            for long in self.periods.values()
            if long.kind not in CALENDAR
            for kind in CALENDAR
        }
        for (whole_period, _kind), parts_of in made_of.items():
            long = self.periods[whole_period]
            days = sum((self.periods[pk].ends_on - self.periods[pk].starts_on).days + 1 for pk in parts_of)
            if days != (long.ends_on - long.starts_on).days + 1:
                continue
            for whole, cell in enumerate(self.cells):
                if cell.period != whole_period:
                    continue
                found = [self.position.get((cell.territory, pk, cell.breakdown)) for pk in parts_of]
                parts = [place for place in found if place is not None]
                if len(parts) < len(found):
                    continue
                for times in (1.0, float(len(parts))):
                    amounts = enumerate(self.amounts[whole])
                    if all(abs(times * one - sum(self.amounts[p][n] for p in parts)) < 1e-3 for n, one in amounts):
                        self._tie(whole, parts, is_open=False, times=times)
                        break


NUTS_AS_ISO = {"EL": "GR", "UK": "GB"}


def is_within(short: Period, long: Period) -> bool:
    return long.starts_on <= short.starts_on and short.ends_on <= long.ends_on
