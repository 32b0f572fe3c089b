"""The gap between migrants and the host population (need S1): a figure of its own, worked out after pooling and never pooled itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from indicators.dashboards.cells import Cell
from indicators.models import Indicator, Period
from indicators.vocabulary import WITH_BASE, Comparator, Measure

HOST = "origin=HOST"
FOREIGN = "origin=FOREIGN"
MOBILE = "origin=MOBILE"
THIRD = "origin=THIRD"
GAP_KEYS = (HOST, FOREIGN, MOBILE, THIRD)


@dataclass(frozen=True)
class Gap:
    """Migrants against the host population in one period. Without a number one of the two is protected."""

    period: Period
    group: str
    """Whom "migrants" stands for: the key of a group of origin."""
    migrants: Decimal | None
    host: Decimal | None

    @property
    def difference(self) -> Decimal | None:
        """Migrants − host: points of a percentage, otherwise in the indicator's unit."""
        return None if self.migrants is None or self.host is None else self.migrants - self.host

    @property
    def ratio(self) -> Decimal | None:
        return self.migrants / self.host if self.migrants is not None and self.host else None

    @property
    def is_protected(self) -> bool:
        return self.difference is None


def gap_of(indicator: Indicator, cells: Mapping[str, Cell]) -> Gap | None:
    """The gap in one period from its cells by group; None where the two groups are not there.

    Foreign citizens are taken as they stand; else the mobile and third-country ones are pooled by their parts; else either alone.
    """
    host = cells.get(HOST)
    if indicator.comparator != Comparator.HOST or host is None or host.has_nothing:
        return None
    found = _migrants(indicator, cells)
    if found is None:
        return None
    group, migrants = found
    return Gap(host.period, group, migrants, rate(indicator, [host]))


def _migrants(indicator: Indicator, cells: Mapping[str, Cell]) -> tuple[str, Decimal | None] | None:
    there = {key: cells[key] for key in (FOREIGN, MOBILE, THIRD) if key in cells and not cells[key].has_nothing}
    if FOREIGN in there:
        return FOREIGN, rate(indicator, [there[FOREIGN]])
    if MOBILE in there and THIRD in there:
        both = [there[MOBILE], there[THIRD]]
        if any(cell.state for cell in both) or can_be_pooled(indicator, both):
            return FOREIGN, rate(indicator, both)
    for key in (THIRD, MOBILE):
        if key in there:
            return key, rate(indicator, [there[key]])
    return None


def can_be_pooled(indicator: Indicator, cells: list[Cell]) -> bool:
    """Counts add up; what has a base is pooled by its parts, where they are there; scores are never combined."""
    if indicator.measure == Measure.COUNT:
        return all(cell.value is not None for cell in cells)
    return indicator.measure in WITH_BASE and all(cell.has_parts for cell in cells)


def rate(indicator: Indicator, cells: list[Cell]) -> Decimal | None:
    """The figure of all the cells together; None where one of them has no number. What has no denominator is divided by none."""
    if any(cell.state for cell in cells):
        return None
    if len(cells) == 1:
        return cells[0].value
    if indicator.measure == Measure.COUNT:
        return sum((cell.value or Decimal(0) for cell in cells), Decimal(0))
    numerator = sum((cell.numerator or Decimal(0) for cell in cells), Decimal(0))
    denominator = sum((cell.denominator or Decimal(0) for cell in cells), Decimal(0))
    return numerator * indicator.factor / denominator
