"""What is in a release: the indicators as they were when it was made, and how it differs from the one before.

Everything is drawn from released figures, so that no number of a preview is one that the public may not read. The one exception is a
count: how many of the suppressed cells of an indicator are small themselves, which whoever hid them has counted.

Aliases: r: indicators_releasedfigure; where two releases are compared, n those of the new one and o those of the one before.
"""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import Model
from psycopg2.sql import SQL, Identifier

from indicators.models import Dimension, Indicator, Release, ReleasedDimension, ReleasedIndicator, Source
from indicators.releases.tables import Reason
from indicators.vocabulary import Measure

LARGEST, MOST_TERRITORIES = 25, 50
KEPT_OF_SOURCE = ("name", "publisher", "licence", "url", "is_sample")
TEXTS = ("name", "definition", "numerator", "denominator")

# (indicator, figures, suppressed, missing, not applicable, ids of sources).
BY_INDICATOR = """
    SELECT r.indicator_id, count(*), count(*) FILTER (WHERE r.state = 'suppressed'), count(*) FILTER (WHERE r.state = 'missing'),
           count(*) FILTER (WHERE r.state = 'not_applicable'),
           array_agg(DISTINCT r.source_id) FILTER (WHERE r.source_id IS NOT NULL)
    FROM indicators_releasedfigure r WHERE r.release_id = %(release)s GROUP BY 1
"""
# Every cell that reads differently from the release before. `weight` orders them: a change counts for more the larger it is and the
# smaller the figure, as the difference of two counts by its standard deviation.
CHANGES = """
    DROP TABLE IF EXISTS release_change;
    CREATE TEMPORARY TABLE release_change ON COMMIT DROP AS
    SELECT coalesce(n.indicator_id, o.indicator_id) AS indicator_id, coalesce(n.territory_id, o.territory_id) AS territory_id,
           coalesce(n.period_id, o.period_id) AS period_id, coalesce(n.breakdown_id, o.breakdown_id) AS breakdown_id,
           CASE WHEN o.release_id IS NULL THEN 'new' WHEN n.release_id IS NULL THEN 'gone' ELSE 'changed' END AS kind,
           o.state AS before_state, n.state AS after_state, o.value AS before, n.value AS after,
           'reported' IN (o.origin, n.origin) AS is_reported
    FROM (SELECT * FROM indicators_releasedfigure WHERE release_id = %(release)s) AS n
    FULL JOIN (SELECT * FROM indicators_releasedfigure WHERE release_id = %(before)s) AS o
         ON o.territory_id = n.territory_id AND o.indicator_id = n.indicator_id AND o.period_id = n.period_id
         AND o.breakdown_id = n.breakdown_id
    WHERE n.release_id IS NULL OR o.release_id IS NULL
       OR (n.state, n.flags, n.value, n.numerator, n.denominator) IS DISTINCT FROM (o.state, o.flags, o.value, o.numerator, o.denominator);
    ANALYZE release_change;
"""
COUNT_CHANGES = SQL("""
    SELECT {by}, count(*) FILTER (WHERE kind = 'new'), count(*) FILTER (WHERE kind = 'changed'), count(*) FILTER (WHERE kind = 'gone')
    FROM release_change GROUP BY 1 ORDER BY count(*) FILTER (WHERE kind <> 'new') DESC, count(*) DESC, 1 LIMIT %(most)s
""")
# Where something changes at all: (territory, whether a reported figure does).
REACH = "SELECT territory_id, bool_or(coalesce(is_reported, false)) FROM release_change GROUP BY 1 ORDER BY 1"
REACH_OF_FIRST = """
    SELECT territory_id, bool_or(origin = 'reported') FROM indicators_releasedfigure WHERE release_id = %(release)s GROUP BY 1 ORDER BY 1
"""
LARGEST_CHANGES = """
    SELECT indicator_id, territory_id, period_id, breakdown_id, before_state, after_state, before, after
    FROM release_change WHERE kind = 'changed' AND (before IS DISTINCT FROM after OR before_state <> after_state)
    ORDER BY abs(after - before) / sqrt(greatest(abs(before), abs(after), 1)) DESC NULLS LAST, 1, 2, 3, 4 LIMIT %(limit)s
"""


def describe(release: Release, reasons: Mapping[int, Counter[Reason]]) -> None:
    """Writes the release's indicators, and into its own row what is new, changed and gone. The caller saves that row.

    `reasons`: {indicator: how many of its cells are hidden for which reason}, as whoever hid them says.
    """
    parameters = {"release": release.pk, "before": release.follows_id}
    with connection.cursor() as cursor:
        cursor.execute(BY_INDICATOR, parameters)
        counts = {row[0]: row[1:] for row in cursor.fetchall()}
        if release.follows_id is None:
            changes = {pk: (count[0], 0, 0) for pk, count in counts.items()}
            release.changes = {"reach": _reach(cursor, REACH_OF_FIRST, parameters)}
        else:
            cursor.execute(CHANGES, parameters)
            changes = _changes(cursor, "indicator_id")
            release.changes = {
                "territories": _of_territories(cursor),
                "largest": _largest(cursor),
                "reach": _reach(cursor, REACH),
            }
            cursor.execute("DROP TABLE release_change")
    sources = Source.objects.in_bulk({pk for count in counts.values() for pk in count[4] or []})
    ReleasedIndicator.objects.bulk_create(
        _snapshot(release, indicator, place, counts, reasons.get(indicator.pk, Counter()), changes, sources)
        for place, indicator in enumerate(
            Indicator.objects.filter(pk__in=counts.keys() | changes.keys()).select_related("domain")
        )
    )
    ReleasedDimension.objects.bulk_create(dimensions_now(release))
    release.new_count, release.changed_count, release.gone_count = (
        sum(change[place] for change in changes.values()) for place in range(3)
    )


def dimensions_now(release: Release) -> list[ReleasedDimension]:
    """The standard list as a release keeps it, not saved."""
    return [
        ReleasedDimension(
            release=release,
            order=order,
            code=dimension.code,
            texts=_in_languages(dimension, "name"),
            categories={category.code: _in_languages(category, "name") for category in dimension.categories.all()},
        )
        for order, dimension in enumerate(Dimension.objects.prefetch_related("categories"))
    ]


def _in_languages(row: Model, name: str) -> dict[str, str]:
    return {
        language: text for language, _name in settings.LANGUAGES if (text := getattr(row, f"{name}_{language}", None))
    }


def _snapshot(
    release: Release,
    indicator: Indicator,
    order: int,
    counts: dict[int, Any],
    reasons: Counter[Reason],
    changes: dict[int, tuple[int, int, int]],
    sources: dict[int, Source],
) -> ReleasedIndicator:
    figures, suppressed, missing, not_applicable, source_ids = counts.get(indicator.pk, (0, 0, 0, 0, None))
    new, changed, gone = changes.get(indicator.pk, (0, 0, 0))
    kept = ("code", "unit", "factor", "decimals", "measure", "threshold", "rounding", "framework", "is_provisional")
    return ReleasedIndicator(
        release=release,
        indicator=indicator,
        order=order,
        texts={name: _in_languages(indicator, name) for name in TEXTS},
        domain=indicator.domain.code,
        sources=[
            {"id": source.pk, **{name: getattr(source, name) for name in KEPT_OF_SOURCE}}
            for source in sorted((sources[pk] for pk in source_ids or []), key=lambda source: source.name)
        ],
        figures_count=figures,
        suppressed_count=suppressed,
        primary_count=reasons[Reason.PRIMARY],
        carried_over_count=reasons[Reason.CARRIED_OVER],
        missing_count=missing,
        not_applicable_count=not_applicable,
        new_count=new,
        changed_count=changed,
        gone_count=gone,
        **{name: getattr(indicator, name) for name in kept},
    )


def _changes(cursor: CursorWrapper, by: str, most: int | None = None) -> dict[int, tuple[int, int, int]]:
    """{id: (new, changed, gone)}, most altered first, and no more than `most`."""
    cursor.execute(COUNT_CHANGES.format(by=Identifier(by)), {"most": most})
    return {row[0]: row[1:] for row in cursor.fetchall()}


def _reach(cursor: CursorWrapper, query: str, parameters: dict[str, Any] | None = None) -> dict[str, list[int]]:
    cursor.execute(query, parameters)
    found = cursor.fetchall()
    return {
        "reported": [pk for pk, is_reported in found if is_reported],
        "computed": [pk for pk, is_reported in found if not is_reported],
    }


def _of_territories(cursor: CursorWrapper) -> list[dict[str, int]]:
    found = _changes(cursor, "territory_id", MOST_TERRITORIES)
    return [{"id": pk, "new": new, "changed": changed, "gone": gone} for pk, (new, changed, gone) in found.items()]


def _largest(cursor: CursorWrapper) -> list[dict[str, Any]]:
    cursor.execute(LARGEST_CHANGES, {"limit": LARGEST})
    names = ("indicator", "territory", "period", "breakdown", "before_state", "after_state", "before", "after")
    found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    readable: list[dict[str, Any]] = json.loads(json.dumps(found, default=str))
    return readable


def disclosure_rule(indicator: ReleasedIndicator) -> tuple[int, int]:
    """(smallest group shown, base of the rounding); 0 and 1 where nothing is protected or rounded."""
    if indicator.threshold == 0:
        return 0, 1
    rounds = indicator.measure != Measure.SCORE
    return indicator.threshold, indicator.rounding if rounds else 1
