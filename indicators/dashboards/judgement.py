"""What may be said of figures: the one place that decides whether a figure leads, and whether two are compared (rule 9 of the figures).

A judgement is a change, a tone, a progress, a headline, a sentence, a rank, a colour. It needs figures that are whole (all that should
report did), that rest on a base which one person cannot move by a point, and that are reliable; two of them must lie on one side of
every break in the series, change of definition and change of outline. "Better" and "worse" need a current figure besides. Whoever draws
a figure asks here and decides nothing by itself.
"""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from django.utils import timezone

from indicators.catalogue.formatting import side_shown
from indicators.catalogue.targets import TargetProgress, progress
from indicators.dashboards.cells import MONTHS_OF, Cell, Point, months_later
from indicators.models import Indicator, Period
from indicators.vocabulary import (
    NO_FLAG,
    WITH_BASE,
    Direction,
    Flag,
    Measure,
    Origin,
    PeriodKind,
    are_comparable_beside,
    are_comparable_over_time,
    may_have_tone,
)

SMALL_BASE = 100
"""Below it one person more or less moves a share by more than a point."""

POINTS = 100
"""A point is a hundredth of the whole."""


class Doubt(StrEnum):
    """Why a figure does not lead, or why two are not compared."""

    NO_NUMBER = "no_number"
    TO_COME = "to_come"
    PARTIAL = "partial"
    UNRELIABLE = "unreliable"
    SMALL_BASE = "small_base"
    BREAK = "break"
    DEFINITION = "definition"
    OUTLINE = "outline"
    OLD = "old"


class Tone(StrEnum):
    """What a change means by the indicator's direction."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "same"
    NONE = ""


# --- One figure ---------------------------------------------------------------------------------------------------------


def has_small_base(indicator: Indicator, cell: Cell) -> bool:
    """A share or a mean of so few that one of them, or the rounding that protects them, moves it by a point.

    A rate that came without its parts is taken as published.
    """
    return _is_small(indicator, [cell.denominator]) or is_coarse(indicator, cell.value, cell.step)


def _is_small(indicator: Indicator, bases: Iterable[Decimal | None]) -> bool:
    known = [base for base in bases if base is not None]
    return indicator.measure in WITH_BASE and bool(known) and sum(known) < SMALL_BASE


def is_coarse(indicator: Indicator, value: Decimal | None, step: Decimal | None) -> bool:
    """Whether a share, or a mean, told in such steps may lie a point from the truth: a hundredth of the whole, or of the mean."""
    if indicator.measure not in WITH_BASE or value is None or not step:
        return False
    whole = Decimal(indicator.factor) if indicator.measure == Measure.RATIO else abs(value)
    return step / 2 * POINTS >= whole


def is_current(period: Period, today: datetime.date) -> bool:
    """A figure is due a year after its period ended; more than another such period without it is late."""
    due = period.ends_on + datetime.timedelta(days=365 + 31 * MONTHS_OF[PeriodKind(period.kind)])
    return due >= today


def has_begun(period: Period) -> bool:
    """A figure of a time that lies ahead is expected, not counted. (Of a year that goes on there may be one: who lived here when it began.)"""
    return period.starts_on <= timezone.localdate()


def doubt_of(indicator: Indicator, cell: Cell | None) -> Doubt | None:
    """Why the figure is no ground for a judgement; None where it is one."""
    if cell is None or cell.value is None or cell.state:
        return Doubt.NO_NUMBER
    if not has_begun(cell.period):
        return Doubt.TO_COME
    if not cell.is_whole:
        return Doubt.PARTIAL
    if not may_have_tone(cell.flags):
        return Doubt.UNRELIABLE
    if has_small_base(indicator, cell):
        return Doubt.SMALL_BASE
    return None


def may_lead(indicator: Indicator, cell: Cell | None) -> bool:
    """Whether a figure may stand for its place or its domain. A protected one may: it is whole, though nobody reads it."""
    if cell is not None and cell.state == "suppressed":
        return cell.is_whole
    return doubt_of(indicator, cell) is None


def leading(points: Sequence[Point]) -> Point | None:
    """The newest point with a whole figure, be it that it is protected; where there is none, the newest of which anything is known.

    What lies ahead leads only where there is nothing else.
    """
    known = [point for point in reversed(points) if point.cell is not None and point.state != "missing"]
    known = [point for point in known if has_begun(point.period)] or known
    return next((point for point in known if point.cell and point.cell.is_whole), known[0] if known else None)


def is_worse(indicator: Indicator, difference: Decimal | None) -> bool:
    """Whether a group stands worse than the one that it is set against, as far as the indicator says what is better."""
    if difference is None:
        return False
    if indicator.direction == Direction.UP:
        return difference < 0
    return indicator.direction == Direction.DOWN and difference > 0


# --- Two figures --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Break:
    """A day across which nothing is compared: the first one of the first period that was counted otherwise."""

    at: datetime.date
    doubt: Doubt


def breaks_of(
    points: Iterable[Point], *, changed_in: Iterable[int] = (), begins_on: datetime.date = datetime.date.min
) -> list[Break]:
    """The breaks in a line of figures, in order of time.

    `changed_in`: the years from which another definition holds; `begins_on`: the first day of the territory's outline, before which
    figures can but be estimates recast onto it.
    """
    found: dict[datetime.date, Doubt] = {}
    before: Point | None = None
    between: list[int] = []
    """The flags of what has no number since then: a break in a year that nobody knows is one."""
    for now in points:
        if now.cell is None:
            continue
        between.append(now.cell.flags)
        if now.value is None:
            continue
        if before is not None and before.cell is not None:
            doubt = _doubt_after(before.cell, between, before.period, now.period, changed_in, begins_on)
            if doubt:
                found[now.period.starts_on] = doubt
        before, between = now, []
    return [Break(at, found[at]) for at in sorted(found)]


def _doubt_after(
    before: Cell,
    after: Sequence[int],
    since: Period,
    until: Period,
    changed_in: Iterable[int],
    begins_on: datetime.date,
) -> Doubt | None:
    """What lies between two neighbours in a line; `after`: the flags of all after the first, up to the second."""
    if not are_comparable_over_time(before.flags, *after):
        return Doubt.DEFINITION if (before.flags ^ after[-1]) & Flag.DEFINITION else Doubt.BREAK
    # A year drawn from months among which the break lies is of both kinds, and like neither of its neighbours.
    if before.origin == Origin.PERIODS and not are_comparable_over_time(NO_FLAG, before.flags & ~Flag.DEFINITION):
        return Doubt.BREAK
    if since.ends_on < begins_on <= until.ends_on:
        return Doubt.OUTLINE
    if any(since.starts_on < datetime.date(year, 1, 1) <= until.starts_on for year in changed_in):
        return Doubt.DEFINITION
    return None


def doubt_between(before: Period, now: Period, breaks: Iterable[Break]) -> Doubt | None:
    """Why two periods are not compared; None where nothing lies between them."""
    return next((one.doubt for one in breaks if before.starts_on < one.at <= now.starts_on), None)


def since_last_break(points: Sequence[Point], breaks: Sequence[Break]) -> list[Point]:
    """The end of a line that may be spoken of as one."""
    at = breaks[-1].at if breaks else datetime.date.min
    return [point for point in points if point.period.starts_on >= at]


@dataclass(frozen=True)
class Verdict:
    """What may be said of two figures: their difference and its tone, or the doubt that forbids it."""

    difference: Decimal | None
    tone: Tone = Tone.NONE
    doubt: Doubt | None = None


def judge(
    indicator: Indicator, before: Point | None, now: Point | None, breaks: Iterable[Break], today: datetime.date
) -> Verdict:
    """Compares two figures of one line, the earlier one first. A difference of figures that are no longer current has no tone."""
    first, last = (before.cell if before else None), (now.cell if now else None)
    doubts = {doubt_of(indicator, first), doubt_of(indicator, last)} - {None}
    doubt: Doubt | None = next((one for one in doubts if one and one != Doubt.UNRELIABLE), None)
    if doubt is None and before and now:
        doubt = doubt_between(before.period, now.period, breaks)
    if doubt is not None or not (first and last and now) or first.value is None or last.value is None:
        return Verdict(None, Tone.NONE, doubt or Doubt.NO_NUMBER)
    difference = last.value - first.value
    if not is_current(now.period, today):
        return Verdict(difference, Tone.NONE, Doubt.OLD)
    if doubts:
        return Verdict(difference, Tone.NONE, Doubt.UNRELIABLE)
    if difference and abs(difference) <= first.margin + last.margin:
        return Verdict(difference)
    return Verdict(difference, tone_of(indicator, first.value, last.value))


def may_be_shared(indicator: Indicator, whole: Decimal) -> bool:
    """Whether a part or a change of a count may be given in per cent: neither a person nor the rounding moves that by a point."""
    step = indicator.rounding if indicator.threshold else 1
    return abs(whole) >= POINTS * step


def tone_of(indicator: Indicator, before: Decimal, now: Decimal) -> Tone:
    """Rule 6: better or worse by the indicator's direction; nothing where it has none."""
    if indicator.direction == Direction.CONTEXT:
        return Tone.NONE
    if not side_shown(now - before, indicator):
        return Tone.SAME
    if indicator.direction == Direction.IDEAL:
        ideal = indicator.ideal_value or Decimal(0)
        return Tone.BETTER if abs(now - ideal) < abs(before - ideal) else Tone.WORSE
    return Tone.BETTER if (now > before) == (indicator.direction == Direction.UP) else Tone.WORSE


def are_alike(indicator: Indicator, sides: Iterable[Sequence[Cell]]) -> bool:
    """Whether groups, or places, may stand against each other in one period. Each side is one figure, or those that are pooled for it."""
    held = [list(cells) for cells in sides]
    if any(not cell.is_whole or cell.state or not may_have_tone(cell.flags) for cells in held for cell in cells):
        return False
    if any(_is_small(indicator, [cell.denominator for cell in cells]) for cells in held):
        return False
    return are_comparable_beside(*(cell.flags for cells in held for cell in cells))


# --- Targets ------------------------------------------------------------------------------------------------------------


def _is_last_of(period: Period, year: int) -> bool:
    """The year itself, its last month, or the school year that ends in it: the next one ends in another year."""
    step = MONTHS_OF[PeriodKind(period.kind)]
    return period.ends_on.year == year and months_later(period.starts_on, 2 * step) > datetime.date(year + 1, 1, 1)


class Standing(StrEnum):
    """How a target stands."""

    REACHED = "reached"
    MISSED = "missed"
    ON_THE_WAY = "on_the_way"
    BEHIND = "behind"
    NOT_KNOWN = "not_known"


@dataclass(frozen=True)
class TargetVerdict:
    """`period`: of the figure that decides; `progress`: only of a target that is still to come."""

    standing: Standing
    period: Period | None = None
    progress: TargetProgress | None = None
    doubt: Doubt | None = None


def judge_target(
    indicator: Indicator,
    points: Sequence[Point],
    breaks: Iterable[Break],
    *,
    baseline: tuple[int, Decimal],
    target: tuple[int, Decimal],
    today: datetime.date,
) -> TargetVerdict:
    """A target that was due is reached or missed by the figure of its year; one to come is judged by the newest current figure."""
    year = target[0]
    is_due = year < today.year
    point = next((one for one in points if _is_last_of(one.period, year)), None) if is_due else leading(points)
    cell = point.cell if point else None
    doubt = doubt_of(indicator, cell)
    if point is None or cell is None or cell.value is None or doubt:
        return TargetVerdict(Standing.NOT_KNOWN, point.period if point else None, doubt=doubt or Doubt.NO_NUMBER)
    if point.period.year < baseline[0]:
        return TargetVerdict(Standing.NOT_KNOWN, point.period, doubt=Doubt.OLD)
    start = datetime.date(baseline[0], 12, 31)
    between = next((one.doubt for one in breaks if start < one.at <= point.period.starts_on), None)
    if between is None and not is_due and not is_current(point.period, today):
        between = Doubt.OLD
    if between:
        return TargetVerdict(Standing.NOT_KNOWN, point.period, doubt=between)
    gone = progress(
        direction=indicator.direction,
        ideal=indicator.ideal_value,
        baseline=baseline,
        target=target,
        current=(point.period.year, cell.value),
    )
    if gone is None:
        return TargetVerdict(Standing.NOT_KNOWN, point.period)
    if is_due:
        return TargetVerdict(Standing.REACHED if gone.is_reached else Standing.MISSED, point.period)
    if gone.is_reached:
        return TargetVerdict(Standing.REACHED, point.period, gone)
    return TargetVerdict(Standing.ON_THE_WAY if gone.is_on_track else Standing.BEHIND, point.period, gone)
