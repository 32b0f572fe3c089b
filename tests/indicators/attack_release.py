"""The attacker on whatever figures a database holds, such as those of the demo, under every protection on offer. Nothing is kept.

    .venv/bin/python -m integration_portal.embedded .venv/bin/python -m tests.indicators.attack_release

He reads the standard list and the territories from their tables and not from the engine, takes all that is shown for known to the last
digit, and looks at each period with all dimensions together. Of ratios and means he attacks what stands above the line.
"""

import os
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "integration_portal.settings")
    django.setup()

from django.db import transaction

from indicators import release as disclosure
from indicators.links import span_of
from indicators.models import Category, Figure, Identity, Indicator, Period, Release, ReleasedFigure
from indicators.vocabulary import PROTECTIONS
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
    attack = Attack({cell: (number, number) for cell, number in true.items() if state.get(cell) == "shown"}, hidden)
    nearest = TerritoryClosure.objects.filter(ancestor__kind="country").values_list("ancestor__code", flat=True).first()
    attack.knows_vocabulary(words_at(nearest or ""))
    parts: dict[int, list[int]] = defaultdict(list)
    incomplete = set(Territory.objects.filter(has_all_parts=False).values_list("pk", flat=True))
    there = {place for place, _, _ in true}
    for place, parent in Territory.objects.active(period.ends_on).values_list("pk", "parent_id"):
        if parent in there and place in there:
            parts[parent].append(place)
    attack.knows_places(parts, complete=set(parts) - incomplete)
    level = float(indicator.threshold) if indicator.measure == "count" else 0.0
    widths = attack.widths(level)
    return Outcome(len(true), len(hidden), min(widths.values(), default=float("inf")))


def attack_all(release: Release) -> Iterator[tuple[Indicator, Period, Outcome]]:
    protected = release.figures.filter(indicator__threshold__gt=0).values_list("indicator", "period").distinct()
    for indicator, period in protected:
        yield (
            (one := Indicator.objects.get(pk=indicator)),
            (when := Period.objects.get(pk=period)),
            attack_period(release, one, when),
        )


def main() -> None:
    for threshold, rounding in PROTECTIONS[1:]:
        with transaction.atomic():
            Indicator.objects.filter(threshold__gt=0).update(threshold=threshold, rounding=rounding)
            release = Release.objects.exclude(state__in=["draft", "preview"]).first() and Release.objects.create()
            assert release is not None
            disclosure.freeze(release)
            cells = hidden = 0
            narrowest, where = float("inf"), ""
            open_cells = []
            for indicator, period, outcome in attack_all(release):
                cells, hidden = cells + outcome.cells, hidden + outcome.hidden
                if indicator.measure == "count" and outcome.narrowest <= threshold:
                    open_cells.append(f"{indicator.code} {period.code}: {outcome.narrowest:.1f}")
                if indicator.measure == "count" and outcome.narrowest < narrowest:
                    narrowest, where = outcome.narrowest, f"{indicator.code} {period.code}"
            transaction.set_rollback(True)
        print(
            f"{threshold} and {rounding}: {cells:,} cells, {hidden:,} hidden ({hidden / cells:.2%}), narrowest {narrowest:.0f} ({where})"
        )
        print("\n".join(open_cells))


if __name__ == "__main__":
    main()
