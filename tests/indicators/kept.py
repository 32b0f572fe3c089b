"""Computed figures as a test makes, spoils or removes them, past the rollup."""

from typing import Any

from django.db import connection
from django.utils import timezone

from indicators.models import Breakdown, ComputedFigure, ComputedPlace, Indicator, Period
from indicators.vocabulary import Origin
from orgs.models import Territory


def keep_figure(
    indicator: Indicator,
    territory: Territory,
    period: Period,
    breakdown: Breakdown,
    numerator: int,
    *,
    origin: str = Origin.TERRITORIES,
    is_overridden: bool = False,
) -> ComputedPlace:
    """One cell, as the rollup would have made it."""
    now = timezone.now()
    return ComputedPlace.objects.create(
        indicator=indicator,
        period=period,
        territory=territory,
        origin=origin,
        breakdowns=[breakdown.pk],
        numerators=[numerator],
        overridden=[True] if is_overridden else None,
        reporters=[1],
        expected=1,
        oldest_inputs_at=[now],
        computed_at=now,
    )


def spoil_figure(numerator: int, **cell: Any) -> None:
    """Puts another number in the place of one that the rollup keeps. `cell`: look-ups of a single ComputedFigure."""
    _change(cell, "numerators[array_position(breakdowns, %(breakdown)s)] = %(numerator)s", numerator)


def lose_figure(**cell: Any) -> None:
    """Takes one cell out of the arrays of its place."""
    columns = (
        "breakdowns",
        "numerators",
        "denominators",
        "overridden",
        "reporters",
        "periods_used",
        "periods_expected",
        "flags",
        "oldest_inputs_at",
    )
    at = "array_position(breakdowns, %(breakdown)s)"
    _change(cell, ", ".join(f"{name} = {name}[:{at} - 1] || {name}[{at} + 1:]" for name in columns))


def _change(cell: dict[str, Any], what: str, numerator: int | None = None) -> None:
    found = ComputedFigure.objects.get(**cell)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE indicators_computedplace SET {what}
            WHERE indicator_id = %(indicator)s AND period_id = %(period)s AND territory_id = %(territory)s AND origin = %(origin)s
            """,
            {
                "indicator": found.indicator_id,
                "period": found.period_id,
                "territory": found.territory_id,
                "breakdown": found.breakdown_id,
                "origin": found.origin,
                "numerator": numerator,
            },
        )
        assert cursor.rowcount == 1
