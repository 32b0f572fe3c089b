"""The cells of an indicator as an attacker has them before him: those that are published, and those that he can work out of them."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from math import log2
from typing import NamedTuple

from indicators.models import Indicator, Period
from indicators.releases.linked_tables import CategoryLinks, Derived, Links
from indicators.releases.linking import links_between
from indicators.releases.suppression import KNOWN
from indicators.releases.suppression_table import SuppressionTable
from indicators.vocabulary import Measure
from orgs.models import Territory, TerritoryClosure

NUTS_AS_ISO = {"EL": "GR", "UK": "GB"}


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


class TableCells:
    """Of one piece, with their levels."""

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
                known[kind] = links_between(self.world.words, *kind)
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
        if min(amounts) < 0 and not derived.is_gap:  # A discrepancy: no people.
            return
        amounts = tuple(max(amount, 0.0) for amount in amounts)
        threshold = max(self.cells[one].threshold for one in [*plus, *minus] if one is not None)
        is_small = self._is_small(amounts, threshold)
        place = self.table.add_cell(amounts, (threshold if is_small else 0.0,) * len(amounts), 0.0)
        self.cells.append(
            TableCell(territory, period, derived.breakdown, amounts[0], None, threshold, False, False, False)
        )
        self.amounts.append(amounts)
        self.position[territory, period, derived.breakdown] = place
        self.ways[place] = derived
        if is_small:
            self.small.append(place)

    def _is_small(self, amounts: tuple[float, ...], threshold: float) -> bool:
        counts = amounts[:1] if self.indicator.measure == Measure.MEAN or not self.has_rest else amounts
        return any(0 < count < threshold for count in counts)
