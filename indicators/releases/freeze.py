"""Making a release: the figures as they stand, copied, with small groups protected. Decided once; pages, maps, exports and the API read it.

For an indicator with a threshold t and a rounding base b (docs/decisions/0006-disclosure.md):

1. A count from 1 to t - 1 is small; so is a ratio whose numerator, or what is missing from it to the denominator, is, and a ratio or mean of
   fewer than t people. In a table of three or more dimensions below the municipality t counts double. A small remainder that can be had
   as a difference (the European Union without the countries shown) is small too.
2. `indicators.releases.suppression` hides the small cells and as many others as it takes, so that every hidden one stays uncertain by more than t to
   whoever knows all sums over territories, groups and periods.
3. What the release before hid stays hidden.
4. The counts that are shown are rounded to the nearest multiple of b, each for itself.

A threshold of 0 says that the source has published these very cells: nothing is protected or rounded.

An indicator is worked off period by period, or year by year where its periods add up: memory follows the largest of these, not the archive.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from django.db import connection

from indicators.models import Indicator, Period, Release
from indicators.releases.sql import CELLS, COPY, FREEZE, PERIODS, SUPPRESS, VOID
from indicators.releases.table_cells import Hierarchy, TableCell
from indicators.releases.tables import Reason, hidden_cells
from indicators.vocabulary import CALENDAR, TimeOperator


def freeze(release: Release) -> dict[int, Counter[Reason]]:
    """Copies every figure into the release, protected. Counts what it holds and hides in the release's own row.

    {indicator: how many of its cells are hidden for which reason}. The reason of a single cell is kept nowhere: which of the hidden ones are
    small is what nobody may learn.
    """
    before = Release.objects.exclude(pk=release.pk).current()
    release.suppressed_count = 0
    reasons: dict[int, Counter[Reason]] = defaultdict(Counter)
    with connection.cursor() as cursor:
        cursor.execute(COPY)
        world = Hierarchy.now()
        for indicator, periods in _pieces():
            piece: dict[str, Any] = {
                "before": before.pk if before else None,
                "indicator": indicator.pk,
                "periods": [period.pk for period in periods],
            }
            cursor.execute(CELLS, piece)
            cells = [TableCell(*row) for row in cursor.fetchall()]
            cursor.execute(VOID, piece)
            hidden = hidden_cells(indicator, periods, cells, world, cursor.fetchall())
            if hidden:
                reasons[indicator.pk].update(hidden.values())
                places, times, groups = ([cells[position][part] for position in hidden] for part in range(3))
                cursor.execute(SUPPRESS, {**piece, "places": places, "times": times, "groups": groups})
                release.suppressed_count += cursor.rowcount
        cursor.execute(FREEZE, {"release": release.pk})
        release.figures_count = cursor.rowcount
        cursor.execute("DROP TABLE release_cell")
        cursor.execute("ANALYZE indicators_releasedfigure")
    return reasons


def _pieces() -> Iterator[tuple[Indicator, list[Period]]]:
    """The periods of each protected indicator, one at a time, or those of a year together where they are tied to each other.

    A school year, or several years together, reach over the ends of years: then all the indicator's periods are looked at together.
    """
    with connection.cursor() as cursor:
        cursor.execute(PERIODS)
        pairs = cursor.fetchall()
    indicators = Indicator.objects.in_bulk({indicator for indicator, _ in pairs})
    periods = Period.objects.in_bulk({period for _, period in pairs})
    reaching = {indicator for indicator, period in pairs if periods[period].kind not in CALENDAR}
    pieces: dict[tuple[int, int, int], list[Period]] = defaultdict(list)
    for indicator_id, period_id in sorted(pairs):
        period = periods[period_id]
        is_tied = indicators[indicator_id].time_operator != TimeOperator.NONE or indicator_id in reaching
        year = 0 if indicator_id in reaching else period.year
        pieces[indicator_id, year, 0 if is_tied else period_id].append(period)
    for (indicator_id, _year, _period), together in sorted(pieces.items()):
        if len({period.kind for period in together}) > 1:
            yield indicators[indicator_id], together
        else:
            yield from ((indicators[indicator_id], [period]) for period in together)
