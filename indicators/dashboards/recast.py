"""Figures of before a territory existed, recast onto it from those that it was made of: a choice of the reader, and an estimate.

A merger takes each of its predecessors whole; a split takes the share that went to it. What is added up are released numbers, so a place
of which any predecessor's figure is protected has a protected figure, and one of which any is missing has none. How far the rounding of
those may have moved it is said by the step of the cell.

Aliases: l: the line · s: orgs_territorysuccession · t: orgs_territory · o: where it comes from · p: indicators_period, or the periods told ·
r: indicators_releasedfigure · b: indicators_breakdown · e: how far its rounding goes.
"""

from collections.abc import Iterable
from typing import Any

from django.db import connection

from indicators.dashboards.cells import Cell, pooled_step, with_digits_of
from indicators.models import Indicator, Period, Release
from indicators.vocabulary import WITH_BASE, Flag, Measure, Origin
from orgs.models import Territory, TerritorySuccession

# `line`: the territory, what it was made of, what those were made of, and the share of each that has come to it.
# Only the periods that lie before the territory; each predecessor counts in those in which it existed.
RECAST = """
    WITH RECURSIVE line AS (
        SELECT %(territory)s::bigint AS id, 1::numeric AS share, 0 AS steps
        UNION ALL
        SELECT s.predecessor_id, l.share * s.share, l.steps + 1
        FROM line l JOIN orgs_territorysuccession s ON s.successor_id = l.id WHERE l.steps < %(steps)s
    ), origin AS (
        SELECT t.id, t.valid_from, t.valid_to, sum(l.share) AS share FROM line l JOIN orgs_territory t ON t.id = l.id
        WHERE l.steps > 0 GROUP BY t.id
    ), told AS (
        SELECT p.id, p.starts_on, count(*) AS origins FROM indicators_period p JOIN origin o ON p.ends_on BETWEEN o.valid_from AND o.valid_to
        WHERE p.ends_on < %(begins)s GROUP BY p.id
    )
    SELECT r.period_id, b.key, bool_or(r.state = 'suppressed'),
           sum(coalesce(r.numerator, r.value * r.denominator / %(factor)s) * o.share), sum(r.denominator * o.share) FILTER (WHERE %(has_base)s),
           sum(e.error * o.share),
           coalesce(sum((CASE WHEN %(has_base)s THEN coalesce(r.denominator, 1) ELSE 1 END + e.error) * r.step / 2 * o.share), 0),
           max(r.value) - min(r.value),
           sum(r.reporters)::integer, sum(r.expected)::integer, min(r.periods_used), max(r.periods_expected), min(r.oldest_input_at),
           bit_or(r.flags)
    FROM told p CROSS JOIN origin o
    JOIN indicators_releasedfigure r ON r.release_id = %(release)s AND r.territory_id = o.id AND r.indicator_id = %(indicator)s
         AND r.period_id = p.id
    JOIN indicators_breakdown b ON b.id = r.breakdown_id
    CROSS JOIN LATERAL (SELECT CASE WHEN r.numerator IS NULL THEN %(rounding)s / 2.0 ELSE 0 END AS error) AS e
    WHERE r.state = 'suppressed' OR r.numerator IS NOT NULL OR %(has_base)s AND r.value IS NOT NULL AND r.denominator IS NOT NULL
    GROUP BY r.period_id, b.key, p.origins
    HAVING count(*) = p.origins AND (bool_or(r.state = 'suppressed') OR NOT %(has_base)s OR count(r.denominator) IN (0, count(*)))
    ORDER BY min(p.starts_on), b.key
"""
MOST_STEPS = 8  # A division that changed every year for eight years.


def recast_cells(indicator: Indicator, territory: Territory, release: Release) -> list[Cell]:
    """One cell, flagged as estimated, for each period and group of before that can be told of the territory."""
    if indicator.measure == Measure.SCORE:
        return []
    values: dict[str, Any] = {
        "territory": territory.pk,
        "begins": territory.valid_from,
        "release": release.pk,
        "indicator": indicator.pk,
        "steps": MOST_STEPS,
        "has_base": indicator.measure in WITH_BASE,
        "factor": indicator.factor,
        "rounding": indicator.rounding,
    }
    with connection.cursor() as cursor:
        cursor.execute(RECAST, values)
        rows = cursor.fetchall()
    periods = Period.objects.in_bulk({row[0] for row in rows})
    return [_cell(indicator, territory, periods[row[0]], row) for row in rows]


def _cell(indicator: Indicator, territory: Territory, period: Period, row: tuple) -> Cell:
    _, key, is_protected, numerator, denominator, base_error, off, spread, *rest = row
    reporters, expected, periods_used, periods_expected, oldest_input_at, flags = rest
    step = None
    if is_protected:
        numerator = denominator = value = None
    elif denominator is None:
        value, step = numerator * indicator.factor, 2 * off or None
    else:
        value, step = numerator * indicator.factor / denominator, pooled_step(denominator, base_error, off, spread)
    return Cell(
        indicator_id=indicator.pk,
        territory_id=territory.pk,
        period=period,
        key=key,
        numerator=numerator,
        denominator=denominator,
        value=with_digits_of(step, value),
        flags=flags | Flag.ESTIMATED,
        origin=Origin.TERRITORIES,
        reporters=reporters,
        expected=expected,
        periods_used=periods_used,
        periods_expected=periods_expected,
        oldest_input_at=oldest_input_at,
        source_id=None,
        state="suppressed" if is_protected else "",
        step=step,
    )


def origins_of(territory: Territory) -> Iterable[TerritorySuccession]:
    """What a territory was made of, with the share of each that came to it."""
    return territory.origins.select_related("predecessor__scheme").order_by("predecessor__name_folded", "pk")


def namesakes_of(territory: Territory) -> Iterable[Territory]:
    """The other places that have had its code or will have it, the oldest first."""
    same = Territory.objects.filter(scheme=territory.scheme, code=territory.code).exclude(pk=territory.pk)
    return same.select_related("scheme").order_by("valid_from")


def successions_of(territory: Territory) -> Iterable[TerritorySuccession]:
    """What became of a territory."""
    return territory.successions.select_related("successor__scheme").order_by("successor__name_folded", "pk")
