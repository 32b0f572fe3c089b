"""Figures in sentences: the gap first, then extremes and turns; never across a break, and only of figures that may be judged.

Every sentence is a whole one for translators: languages bend words around numbers. Several sentences stand beside each other, and are
never put together from parts.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from django.utils.translation import gettext as _

from indicators.catalogue.formatting import difference_words, period_in_sentence, period_words, side_shown, value_words
from indicators.dashboards.cells import Point
from indicators.dashboards.gap import Gap
from indicators.dashboards.judgement import Break, Doubt, doubt_between, doubt_of, since_last_break
from indicators.models import Indicator

TURN = 10
"""What stands out by less than this part of the range is no turn of the line."""


def finding(
    indicator: Indicator, points: Sequence[Point], breaks: Sequence[Break], gaps: Sequence[Gap], group: str
) -> str:
    """What a chart shows: of a gap how large it is and how it moved, else how the figures of all moved; and where the line is broken.

    `gaps`: of all periods, in order of time; `group`: whom "migrants" stands for, in words.
    """
    said = gap_sentences(indicator, gaps, breaks, group) or [line_sentence(indicator, points, breaks)]
    return " ".join(sentence for sentence in [*said, break_sentence(points, breaks)] if sentence)


# --- The gap ------------------------------------------------------------------------------------------------------------


def gap_sentences(indicator: Indicator, gaps: Sequence[Gap], breaks: Sequence[Break], group: str) -> list[str]:
    """How large the latest gap is, and how it moved since the first one that may be set against it."""
    known = [gap for gap in gaps if gap.difference is not None]
    if not known:
        return []
    last = known[-1]
    like = [gap for gap in known if gap.group == last.group and not doubt_between(gap.period, last.period, breaks)]
    said = [gap_sentence(indicator, last, group)]
    if like and like[0] is not last:
        said.append(gap_trend_sentence(indicator, like[0], last))
    return said


def gap_sentence(indicator: Indicator, gap: Gap, group: str) -> str:
    """Migrants beside the host population, in one period; "" where one of the two is protected."""
    if gap.migrants is None or gap.host is None or gap.difference is None:
        return ""
    values = {
        "group": group,
        "migrants": value_words(gap.migrants, indicator, names_people=True),
        "host": value_words(gap.host, indicator),
        "amount": difference_words(gap.difference, indicator),
        "period": period_words(gap.period),
    }
    side = side_shown(gap.difference, indicator)
    if side and abs(gap.difference) <= gap.margin:
        return (
            _("%(group)s: %(migrants)s, as near to the host population’s %(host)s as can be told (%(period)s).")
            % values
        )
    if side > 0:
        return _("%(group)s: %(migrants)s, %(amount)s above the host population’s %(host)s (%(period)s).") % values
    if side < 0:
        return _("%(group)s: %(migrants)s, %(amount)s below the host population’s %(host)s (%(period)s).") % values
    return _("%(group)s: %(migrants)s, the same as the host population (%(period)s).") % values


def gap_trend_sentence(indicator: Indicator, before: Gap, now: Gap) -> str:
    """How the gap moved between two periods that may be compared."""
    if before.difference is None or now.difference is None:
        return ""
    was, is_now = side_shown(before.difference, indicator), side_shown(now.difference, indicator)
    values = {"amount": difference_words(before.difference, indicator), "period": period_in_sentence(before.period)}
    if was == 0:
        return _("In %(period)s there was no gap.") % values
    if was == -is_now:
        return _("In %(period)s it was the other way round, by %(amount)s.") % values
    if any(gap.difference is None or abs(gap.difference) <= gap.margin for gap in (before, now)):
        return ""
    moved = side_shown(abs(now.difference) - abs(before.difference), indicator)
    if abs(abs(now.difference) - abs(before.difference)) <= before.margin + now.margin:
        moved = 0
    if moved > 0:
        return _("The gap has grown: it was %(amount)s in %(period)s.") % values
    if moved < 0:
        return _("The gap has become smaller: it was %(amount)s in %(period)s.") % values
    return _("The gap was as large in %(period)s.") % values


# --- The line -----------------------------------------------------------------------------------------------------------


def line_told(indicator: Indicator, points: Sequence[Point], breaks: Sequence[Break]) -> list[Point]:
    """The figures that may be set against each other: since the last break, those of which something may be said."""
    return [point for point in since_last_break(points, breaks) if doubt_of(indicator, point.cell) is None]


def part_moved(indicator: Indicator, first: Point, last: Point) -> Decimal:
    """How far a line has moved from end to end, as it is shown, of the larger of the two: 0 where it is where it was, 1 where one is nothing."""
    before, now = _rounded(first, indicator), _rounded(last, indicator)
    larger = max(abs(before), abs(now))
    return abs(now - before) / larger if larger else Decimal(0)


def line_sentence(indicator: Indicator, points: Sequence[Point], breaks: Sequence[Break]) -> str:
    """How the figures moved since the last break, with the highest and the lowest where the line turned there; "" of less than two."""
    line = line_told(indicator, points, breaks)
    if len(line) < 2:
        return ""
    first, last = line[0], line[-1]
    high, low = _highest(indicator, line), _lowest(indicator, line)
    values = {
        "first": value_words(first.value or Decimal(0), indicator, names_people=True),
        "from": period_words(first.period),
        "last": _value(last, indicator),
        "to": period_words(last.period),
        "high": _value(high, indicator),
        "high_period": period_words(high.period),
        "low": _value(low, indicator),
        "low_period": period_words(low.period),
    }
    if values["high"] == values["low"]:
        return _("It stayed at %(first)s from %(from)s to %(to)s.") % values
    if len(line) == 2:
        return _("From %(first)s (%(from)s) to %(last)s (%(to)s).") % values
    ends = (first, last)
    if high not in ends and low not in ends:
        if high.period.starts_on < low.period.starts_on:
            return (
                _(
                    "From %(first)s (%(from)s) up to %(high)s (%(high_period)s), down to %(low)s (%(low_period)s), then %(last)s (%(to)s)."
                )
                % values
            )
        return (
            _(
                "From %(first)s (%(from)s) down to %(low)s (%(low_period)s), up to %(high)s (%(high_period)s), then %(last)s (%(to)s)."
            )
            % values
        )
    if high not in ends:
        return (
            _("From %(first)s (%(from)s) up to %(high)s, the highest (%(high_period)s), and down to %(last)s (%(to)s).")
            % values
        )
    if low not in ends:
        return (
            _("From %(first)s (%(from)s) down to %(low)s, the lowest (%(low_period)s), and up to %(last)s (%(to)s).")
            % values
        )
    heights = [_rounded(point, indicator) for point in line]
    if heights[-1] == max(heights):
        return _("From %(first)s (%(from)s) up to %(last)s (%(to)s), the highest in that time.") % values
    if heights[-1] == min(heights):
        return _("From %(first)s (%(from)s) down to %(last)s (%(to)s), the lowest in that time.") % values
    return _("From %(first)s (%(from)s) to %(last)s (%(to)s).") % values


def break_sentence(points: Sequence[Point], breaks: Sequence[Break]) -> str:
    """Where the line that is drawn is broken for the last time, and why."""
    within = [one for one in breaks if points and points[0].period.starts_on < one.at <= points[-1].period.starts_on]
    if not within:
        return ""
    last = within[-1]
    period = next((point.period for point in points if point.period.starts_on == last.at), None)
    if period is None:
        return ""
    values = {"period": period_in_sentence(period)}
    if last.doubt == Doubt.DEFINITION:
        return _("The definition changed in %(period)s: earlier figures are not compared.") % values
    if last.doubt == Doubt.OUTLINE:
        return (
            _(
                "The place has had its present boundaries since %(period)s: earlier figures are estimates and are not compared."
            )
            % values
        )
    return _("The series has a break in %(period)s: earlier figures are not compared.") % values


def _highest(indicator: Indicator, line: Sequence[Point]) -> Point:
    """An end of the line, unless something within stands out above both: by more than the rounding, and by a tenth of the whole range."""
    return _outermost(indicator, line, 1)


def _lowest(indicator: Indicator, line: Sequence[Point]) -> Point:
    return _outermost(indicator, line, -1)


def _outermost(indicator: Indicator, line: Sequence[Point], side: int) -> Point:
    def height(point: Point) -> Decimal:
        return side * _rounded(point, indicator)

    last_first = [line[-1], line[0]]
    end = max(last_first, key=height)
    inner = max(line, key=height)
    assert inner.cell is not None
    turn = (height(inner) - min(map(height, line))) / TURN
    return inner if height(inner) - height(end) > max(2 * inner.cell.margin, turn) else end


def _rounded(point: Point, indicator: Indicator) -> Decimal:
    assert point.value is not None
    return point.value.quantize(Decimal(1).scaleb(-indicator.decimals), rounding=ROUND_HALF_UP)


def _value(point: Point, indicator: Indicator) -> str:
    assert point.value is not None
    return value_words(point.value, indicator)
