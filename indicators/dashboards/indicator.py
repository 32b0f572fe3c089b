"""The indicator page: one indicator in a chosen territory, by every group, and where reported and added-up figures differ.

Aliases: f: indicators_computedplace, and the figure as it was reported · made: one of its cells · c: the computed cells · o: indicators_observation.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import connection
from django.db.models import Case, Exists, IntegerField, OuterRef, Value, When
from django.utils.translation import gettext as _

from indicators.catalogue.addresses import figure_url
from indicators.catalogue.breakdowns import parse_key
from indicators.catalogue.formatting import names_of_groups, period_words
from indicators.catalogue.wording import definition_years
from indicators.dashboards.cards import Card, make_card
from indicators.dashboards.cells import read_released
from indicators.dashboards.compare import MOST, groups_url
from indicators.dashboards.place_figures import LEADING, TOTAL, GroupFigure, share_of
from indicators.dashboards.recast import recast_cells
from indicators.models import Breakdown, Category, Indicator, Period, Release, ReleasedFigure
from indicators.vocabulary import Measure, Unit
from orgs.models import Territory

KINDS_BY_INTEREST = [
    Territory.Kind.MUNICIPALITY,
    Territory.Kind.PROVINCE,
    Territory.Kind.REGION,
    Territory.Kind.COUNTRY,
]
LONGEST_LIST = 12


@dataclass(frozen=True)
class BreakdownTable:
    """The groups of one dimension in the latest period."""

    dimension: str
    groups: list[GroupFigure]
    compare_url: str
    """Where the first few stand side by side; "" where there is but one."""
    whole: Decimal | None = None
    """What a whole bar stands for: everyone of a count, 100 % of a share."""

    @property
    def first(self) -> list[GroupFigure]:
        return self.groups[:LONGEST_LIST]

    @property
    def rest(self) -> list[GroupFigure]:
        return self.groups[LONGEST_LIST:]

    @property
    def full(self) -> Decimal:
        """What a whole bar stands for: the whole where there is one, else the largest of the figures that may be set beside each other."""
        return max(self.whole or Decimal(0), self._highest)

    @property
    def _highest(self) -> Decimal:
        whole = (group.cell.value for group in self.groups if group.cell.value is not None and group.cell.is_whole)
        return max(map(abs, whole), default=Decimal(0))


@dataclass(frozen=True)
class Discrepancy:
    """A cell whose reported figure differs from the sum of its parts."""

    territory: Territory
    period: str
    group: str
    reported: Decimal
    computed: Decimal
    url: str

    @property
    def difference(self) -> Decimal:
        return self.reported - self.computed


@dataclass(frozen=True)
class IndicatorView:
    indicator: Indicator
    territory: Territory | None
    card: Card | None
    tables: list[BreakdownTable] = field(default_factory=list)


def territory_with_figures(indicator: Indicator, release: Release | None) -> Territory | None:
    """The place to show first: a municipality where there is one with figures, else the smallest of the larger areas."""
    if release is None:
        return None
    there = ReleasedFigure.objects.filter(
        release=release, territory=OuterRef("pk"), indicator=indicator, breakdown__key__in=LEADING
    )
    interest = Case(
        *[When(kind=kind, then=Value(place)) for place, kind in enumerate(KINDS_BY_INTEREST)],
        default=Value(len(KINDS_BY_INTEREST)),
        output_field=IntegerField(),
    )
    return (
        Territory.objects.places()
        .filter(Exists(there))
        .select_related("scheme")
        .order_by(interest, "name_folded", "pk")
        .first()
    )


def indicator_view(
    indicator: Indicator,
    territory: Territory | None,
    release: Release | None,
    kinds_below: Mapping[str, int],
    *,
    is_recast: bool = False,
) -> IndicatorView:
    """`is_recast`: with estimates for the time before the territory existed."""
    if territory is None or release is None:
        return IndicatorView(indicator, territory, None)
    cells = read_released(ReleasedFigure.objects.filter(release=release, territory=territory, indicator=indicator))
    if is_recast:
        cells = recast_cells(indicator, territory, release) + cells
    keys = {cell.key for cell in cells}
    categories = list(
        Category.objects.filter(dimension__code__in={dimension for key in keys for dimension in parse_key(key)})
        .select_related("dimension")
        .order_by("dimension__order", "order", "code")
    )
    names = names_of_groups(keys - {TOTAL}, categories)
    changed_in = definition_years([indicator]).get(indicator.pk, ())
    card = make_card(indicator, territory, cells, names, kinds_below, changed_in)
    if card is None:
        return IndicatorView(indicator, territory, None)
    return IndicatorView(indicator, territory, card, list(_tables(card, categories)))


def _tables(card: Card, categories: Iterable[Category]) -> Iterable[BreakdownTable]:
    """One table for the groups that lie side by side: wholes and what they are made of never stand in one list."""
    known = list(categories)
    names = {category.pk: category.name for category in known}
    levels: dict[tuple[str, int | None, bool], list[Category]] = {}
    for category in known:
        levels.setdefault((category.dimension.name, category.parent_id, not category.is_part), []).append(category)
    dimensions = list(dict.fromkeys(dimension for dimension, _parent, _other in levels))
    for level in sorted(levels, key=lambda one: (dimensions.index(one[0]), one[1] is not None, one[2])):
        dimension, parent, is_other = level
        groups = list(_groups(card, levels[level]))
        if not groups:
            continue
        if len(groups) > LONGEST_LIST * 2:  # A long list of countries is read from the largest down.
            groups.sort(key=lambda group: (group.cell.value is None, not group.cell.is_whole, -(group.cell.value or 0)))
        values = {"dimension": dimension, "whole": names.get(parent or 0, "")}
        title = _("%(dimension)s: %(whole)s") % values if values["whole"] else dimension
        if is_other:
            title = _("%(dimension)s: other groups") % {"dimension": title}
        yield BreakdownTable(title, groups, _compare_url(card, groups), _whole_of(card))


def _groups(card: Card, categories: Iterable[Category]) -> Iterable[GroupFigure]:
    for category in categories:
        key = f"{category.dimension.code}={category.code}"
        point = card.at(key, card.latest.period)
        if point is None or point.cell is None:
            continue
        yield GroupFigure(
            key,
            category.name,
            point.cell,
            figure_url(card.indicator, card.territory, card.latest.period, key),
            share_of(card.indicator, point.cell, card.latest.cell),
        )


def _whole_of(card: Card) -> Decimal | None:
    if card.indicator.unit == Unit.PERCENT:
        return Decimal(100)
    return card.latest.value if card.indicator.measure == Measure.COUNT else None


def _compare_url(card: Card, groups: list[GroupFigure]) -> str:
    """The first few, where there are several; of a long list, the largest."""
    keys = [group.key for group in groups[:MOST]]
    return groups_url(card.indicator, card.territory, keys) if len(keys) > 1 else ""


DISCREPANCIES = """
    SELECT c.territory_id, c.period_id, c.breakdown_id, f.value AS reported,
           c.numerator * %(factor)s / coalesce(c.denominator, 1) AS computed
    FROM (
        SELECT f.indicator_id, f.period_id, f.territory_id, made.breakdown_id, made.numerator, made.denominator
        FROM indicators_computedplace f
        CROSS JOIN LATERAL unnest(f.breakdowns, f.numerators, f.denominators, f.overridden) AS made (breakdown_id, numerator, denominator, is_overridden)
        WHERE f.overridden IS NOT NULL AND made.is_overridden
    ) AS c
    JOIN indicators_observation o ON o.status = 'approved' AND o.indicator_id = c.indicator_id AND o.period_id = c.period_id
         AND o.territory_id = c.territory_id AND o.breakdown_id = c.breakdown_id
    CROSS JOIN LATERAL (SELECT coalesce(o.value, o.numerator * %(factor)s / coalesce(o.denominator, 1)) AS value) AS f
    WHERE c.indicator_id = %(indicator)s AND round(f.value, 6) <> round(c.numerator * %(factor)s / coalesce(c.denominator, 1), 6)
      AND c.territory_id IN (SELECT descendant_id FROM orgs_territoryclosure WHERE ancestor_id = %(territory)s)
    ORDER BY abs(f.value - c.numerator * %(factor)s / coalesce(c.denominator, 1)) DESC, 1, 2, 3 LIMIT %(limit)s
"""


def discrepancies(indicator: Indicator, territory: Territory, limit: int = 20) -> list[Discrepancy]:
    """Where a source reported a territory and its parts add up to something else; the largest first. For those who keep figures."""
    with connection.cursor() as cursor:
        cursor.execute(
            DISCREPANCIES,
            {"indicator": indicator.pk, "factor": indicator.factor, "territory": territory.pk, "limit": limit},
        )
        rows = cursor.fetchall()
    territories = Territory.objects.select_related("scheme").in_bulk({row[0] for row in rows})
    periods = Period.objects.in_bulk({row[1] for row in rows})
    keys = dict(Breakdown.objects.filter(pk__in={row[2] for row in rows}).values_list("pk", "key"))
    dimensions = {dimension for key in keys.values() for dimension in parse_key(key)}
    names = names_of_groups(
        keys.values(), Category.objects.filter(dimension__code__in=dimensions).select_related("dimension")
    )
    return [
        Discrepancy(
            territories[territory_id],
            period_words(periods[period_id]),
            names[keys[breakdown_id]],
            reported,
            computed,
            figure_url(indicator, territories[territory_id], periods[period_id], keys[breakdown_id]),
        )
        for territory_id, period_id, breakdown_id, reported, computed in rows
    ]
