"""The gap between migrants and the host population (need S1): a figure of its own, worked out after pooling and never pooled itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from indicators.dashboards.cells import Cell, pooled_step, with_digits_of
from indicators.dashboards.judgement import are_alike, is_coarse
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
    step: Decimal | None = None
    """How precise the difference is, as `Cell.step`: what the two may be off together; None where both are exact."""

    @property
    def difference(self) -> Decimal | None:
        """Migrants − host: points of a percentage, otherwise in the indicator's unit. With no more digits than either has."""
        if self.migrants is None or self.host is None:
            return None
        return with_digits_of(self.step, self.migrants - self.host)

    @property
    def margin(self) -> Decimal:
        """How far the true gap may be from this one."""
        return (self.step or Decimal(0)) / 2

    @property
    def ratio(self) -> Decimal | None:
        return self.migrants / self.host if self.migrants is not None and self.host else None

    @property
    def is_protected(self) -> bool:
        return self.difference is None


def gap_of(indicator: Indicator, cells: Mapping[str, Cell]) -> Gap | None:
    """The gap in one period from its cells by group; None where the two groups are not there, or may not be set against each other.

    Foreign citizens are taken as they stand; else the mobile and third-country ones are pooled by their parts; else either alone.
    """
    host = cells.get(HOST)
    if indicator.comparator != Comparator.HOST or host is None or host.has_nothing:
        return None
    found = _migrants(cells, indicator)
    if found is None:
        return None
    group, migrants = found
    (value, step), (of_host, step_of_host) = rate(indicator, migrants), rate(indicator, [host])
    steps = [one for one in (step, step_of_host) if one is not None]
    gap = Gap(host.period, group, value, of_host, sum(steps, Decimal(0)) or None)
    if gap.is_protected:
        return gap
    is_told_finely = not (is_coarse(indicator, value, step) or is_coarse(indicator, of_host, step_of_host))
    return gap if is_told_finely and are_alike(indicator, [migrants, [host]]) else None


def _migrants(cells: Mapping[str, Cell], indicator: Indicator) -> tuple[str, list[Cell]] | None:
    """The group that "migrants" stands for, and the cells that make it up."""
    there = {key: cells[key] for key in (FOREIGN, MOBILE, THIRD) if key in cells and not cells[key].has_nothing}
    if FOREIGN in there:
        return FOREIGN, [there[FOREIGN]]
    if MOBILE in there and THIRD in there:
        both = [there[MOBILE], there[THIRD]]
        if any(cell.state for cell in both) or can_be_pooled(indicator, both):
            return FOREIGN, both
    return next(((key, [there[key]]) for key in (THIRD, MOBILE) if key in there), None)


def can_be_pooled(indicator: Indicator, cells: list[Cell]) -> bool:
    """Counts add up; what has a base is pooled by its parts, where they are there; scores are never combined."""
    if indicator.measure == Measure.COUNT:
        return all(cell.value is not None for cell in cells)
    return indicator.measure in WITH_BASE and all(cell.has_parts for cell in cells)


def rate(indicator: Indicator, cells: list[Cell]) -> tuple[Decimal | None, Decimal | None]:
    """The figure of all the cells together and its step; without a number where one of them has none.

    What has no denominator is divided by none. A protected figure has no numerator: it is taken from value and base, and the step says so.
    """
    if any(cell.state for cell in cells):
        return None, None
    if len(cells) == 1:
        return cells[0].value, cells[0].step
    values = [cell.value or Decimal(0) for cell in cells]
    if indicator.measure == Measure.COUNT:
        return sum(values, Decimal(0)), sum((cell.step or Decimal(0) for cell in cells), Decimal(0)) or None
    bases = [cell.denominator or Decimal(0) for cell in cells]
    errors = [Decimal(indicator.rounding) / 2 if cell.numerator is None else Decimal(0) for cell in cells]
    base, error = sum(bases, Decimal(0)), sum(errors, Decimal(0))
    value = sum((value * base for value, base in zip(values, bases, strict=True)), Decimal(0)) / base
    off = sum(((base + e) * cell.margin for cell, base, e in zip(cells, bases, errors, strict=True)), Decimal(0))
    step = pooled_step(base, error, off, max(values) - min(values))
    return with_digits_of(step, value), step
