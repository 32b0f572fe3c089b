"""The attacker on the figures that a database holds. He reads the standard list and the territories from their tables and not from the engine,
takes all that is shown for known to the last digit, and looks at a period with all dimensions together. Of ratios and means he attacks what
stands above the line.
"""

from collections import defaultdict
from typing import NamedTuple

from indicators.models import Category, Figure, Identity, Indicator, Period, Release, ReleasedFigure
from indicators.releases.linked_tables import span_of
from orgs.models import Territory, TerritoryClosure
from tests.indicators.attack import Attack, Words


class Outcome(NamedTuple):
    cells: int
    hidden: int
    narrowest: float
    """The least that is known of how open a hidden cell stays."""


def words_at(country: str) -> Words:
    """The standard list, as it holds in a country."""
    categories = list(Category.objects.select_related("dimension", "parent"))
    item = {one.pk: (one.dimension.code, one.code) for one in categories}
    own = {(one.dimension_id, one.country_code): item[one.pk] for one in categories if one.country_code}
    same = []
    for identity in Identity.objects.prefetch_related("parts"):
        parts = [item[part.pk] for part in identity.parts.all()]
        if identity.own_country_in_id is not None:
            parts += [own[identity.own_country_in_id, country]] if (identity.own_country_in_id, country) in own else []
        if parts and (not identity.countries or country in identity.countries):
            same.append((item[identity.whole_id], parts))
    spans = {one: span for one in item.values() if one[0] == "age" and (span := span_of(one[1]))}
    return Words(
        {item[one.pk]: one.parent.code if one.parent else None for one in categories},
        {item[one.pk] for one in categories if one.is_part},
        spans,
        same,
    )


def attack_period(release: Release, indicator: Indicator, period: Period) -> Outcome:
    """All places and breakdowns of an indicator in a period, by somebody who knows exactly what is shown."""
    names = "territory_id", "breakdown__key"
    figures = Figure.objects.filter(indicator=indicator, period=period, numerator__isnull=False)
    true = {(place, period.pk, key): float(number) for place, key, number in figures.values_list(*names, "numerator")}
    rows = ReleasedFigure.objects.filter(release=release, indicator=indicator, period=period)
    state = {(place, period.pk, key): state for place, key, state in rows.values_list(*names, "state")}
    hidden = sorted(cell for cell in true if state.get(cell) == "suppressed")
    shown = {cell: (number, number) for cell, number in true.items() if state.get(cell) == "shown"}
    attack = Attack(shown, hidden, {cell: true[cell] for cell in hidden})
    nearest = TerritoryClosure.objects.filter(ancestor__kind="country").values_list("ancestor__code", flat=True).first()
    attack.knows_vocabulary(words_at(nearest or ""))
    parts: dict[int, list[int]] = defaultdict(list)
    incomplete = set(Territory.objects.filter(has_all_parts=False).values_list("pk", flat=True))
    there = {place for place, _, _ in true}
    for place, parent in Territory.objects.active(period.ends_on).values_list("pk", "parent_id"):
        if parent in there and place in there:
            parts[parent].append(place)
    attack.knows_places(parts, complete=set(parts) - incomplete)
    widths = attack.widths(float(indicator.threshold))
    return Outcome(len(true), len(hidden), min(widths.values(), default=float("inf")))
