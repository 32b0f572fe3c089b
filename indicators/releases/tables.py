"""The figures of an indicator as linked tables, with every sum that readers know."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any

from indicators.models import Indicator, Period
from indicators.releases.linked_tables import CategoryGroup
from indicators.releases.suppression import pattern
from indicators.releases.table_cells import Hierarchy, TableCell, TableCells
from indicators.vocabulary import CALENDAR, Measure, TimeOperator


class Reason(StrEnum):
    """Why a cell is hidden."""

    PRIMARY = "primary"
    CARRIED_OVER = "carried over"
    """It was hidden in the release before."""
    SECONDARY = "secondary"
    """Otherwise a difference would give another one away."""


def hidden_cells(
    indicator: Indicator,
    periods: list[Period],
    cells: list[TableCell],
    world: Hierarchy,
    not_applicable: Sequence[tuple[int, int, int]] = (),
) -> dict[int, Reason]:
    """The positions of the cells to hide, in order, and why. `not_applicable`: (territory, period, breakdown) of those that are not applicable."""
    return LinkedTables(indicator, periods, cells, world, not_applicable).hidden()


class LinkedTables(TableCells):
    """The table of one piece: its cells, and every sum that ties them."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
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
            own = [part for part in parts if part < self.published]
            if own and min(remainder) < 0 <= min(self._remainder(whole, own)):
                # Added up from the parts that reported: what can be worked out of the others is not in it.
                parts, remainder = own, self._remainder(whole, own)
            present = {self.cells[part].territory for part in parts} | void_places[cell.period, cell.breakdown]
            is_whole = self.world.has_all_parts(cell.territory, self.periods[cell.period].ends_on, present)
            # A difference to a complete set of parts is a discrepancy: no people, and as good as known.
            self._tie(whole, parts, is_open=not is_whole and min(remainder) >= 0 and max(remainder) > 0)

    def _follows_from_others(self, whole: int, parts: list[int]) -> bool:
        """All derived in the same way, so that they are tied as those are of which they were derived. One more sum would only hamper moves."""
        way = self.ways.get(whole)
        return way is not None and all(self.ways.get(part) == way for part in parts)

    def _wholes(self, cell: TableCell) -> Iterator[tuple[int, CategoryGroup, tuple[int, ...]]]:
        """What lies around a cell, by dimension: the nearest whole that is there, the group that is told apart in it, and what lies between.

        Algeria is told apart in Africa. Where Africa was not reported, it is one of all countries: their set is that of the continents.
        """
        for nearest in self.world.words.groups(cell.breakdown):
            group, between = nearest, []
            while (whole := self.position.get((cell.territory, cell.period, group.whole))) is None:
                around = [one for one in self.world.words.groups(group.whole) if one.name == group.name]
                if not around:
                    break
                between.append(group.whole)
                group = around[0]
            if whole is not None:
                yield whole, group, tuple(between)

    def _tie_groups(self) -> None:
        sets: dict[tuple[int, str, int | None], list[int]] = defaultdict(list)
        counts: Counter[tuple[int, str, int | None]] = Counter()
        between_of: dict[tuple[int, str], tuple[int, ...]] = {}
        instead: list[tuple[int, tuple[int, str, int | None]]] = []
        for place, cell in enumerate(self.cells):
            chained = self.links[cell.territory, cell.period].chained
            for whole, group, between in self._wholes(cell):
                sizes = self._sizes(cell.breakdown, group.name, between)
                if (group.whole, cell.breakdown) in chained and (between or group.size is None):
                    continue
                between_of[place, group.name] = between
                if between and sizes[0] is None and None not in sizes[1:]:
                    instead.append((place, (whole, group.name, sizes[-1])))
                    continue
                one_of = whole, group.name, None if None in sizes else sizes[-1]
                sets[one_of].append(place)
                counts[one_of] += not between and not group.is_beside
        for territory, period, breakdown in self.not_applicable:
            for group in self.world.words.groups(breakdown):
                around = self.position.get((territory, period, group.whole))
                if around is not None and not group.is_beside:
                    counts[around, group.name, group.size] += 1
        overlapping = {
            (self.cells[whole].period, self.cells[whole].breakdown, name)
            for (whole, name, size), parts in sets.items()
            if size is None and min(self._remainder(whole, parts)) < 0
        }
        for (whole, name, size), parts in sorted(
            sets.items(), key=lambda item: (item[0][0], item[0][1], item[0][2] or 0)
        ):
            if size is not None:
                remainder = self._remainder(whole, parts)
                is_complete = counts[whole, name, size] >= size
                # Nothing left: the source leaves out those of whom there is nobody, and everybody knows that.
                self._tie(whole, parts, is_open=not is_complete and min(remainder) >= 0 and max(remainder) > 0)
            elif (self.cells[whole].period, self.cells[whole].breakdown, name) not in overlapping:
                self._tie(whole, parts, is_open=True)
            else:
                for part in parts:
                    if min(self._remainder(whole, [part])) >= 0:
                        self._tie(whole, [part], is_open=True)
        for place, (whole, name, size) in instead:
            # Europe was not reported: it is the countries that were, and no less than the European Union.
            missing = between_of[place, name][0]
            others = [part for part in sets[whole, name, size] if missing not in between_of[part, name]]
            if min(self._remainder(whole, [place, *others])) >= 0:
                self._tie(whole, [place, *others], is_open=True)

    def _sizes(self, breakdown: int, name: str, between: tuple[int, ...]) -> list[int | None]:
        """Of a breakdown and what lies between it and a whole: the size of the complete set that each is one of, if any."""
        words = self.world.words
        return [group.size for one in (breakdown, *between) for group in words.groups(one) if group.name == name]

    def _protect_groups(self) -> None:
        """Group disclosure: whoever knows that somebody is in the whole knows what he is, where all but a few are the same.

        For counts, in a dimension that is sensitive. (What is not in a ratio is always looked at.)
        """
        if self.indicator.measure != Measure.COUNT:
            return
        words = self.world.words
        for place, cell in enumerate(self.cells):
            for whole, group, _ in self._wholes(cell):
                if not words.is_sensitive(cell.breakdown, group.name):
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


def is_within(short: Period, long: Period) -> bool:
    return long.starts_on <= short.starts_on and short.ends_on <= long.ends_on
