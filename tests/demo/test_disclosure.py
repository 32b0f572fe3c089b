"""The demo's figures under every protection on offer, attacked over all dimensions together.

Asked for by DEMO_PERIODS, since it takes minutes: "newest" takes the newest period of each indicator, "all" every one. `pytest -s` prints what
came out.
"""

import os

import pytest
from django.db import transaction

from indicators.models import Indicator, Period, Release
from indicators.releases import freeze
from indicators.vocabulary import PROTECTIONS, Measure
from tests.indicators.attack_release import attack_period

PERIODS = os.environ.get("DEMO_PERIODS", "")
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("demo"),
    pytest.mark.skipif(not PERIODS, reason="DEMO_PERIODS=newest or all asks for it"),
]


@pytest.mark.parametrize("protection", PROTECTIONS[1:], ids=str)
def test_counts_of_the_demo_stay_uncertain(protection: tuple[int, int]) -> None:
    threshold, rounding = protection
    with transaction.atomic():
        Indicator.objects.filter(threshold__gt=0).update(threshold=threshold, rounding=rounding)
        release = Release.objects.create(state=Release.State.DISCARDED)
        freeze.freeze(release)
        cells = hidden = 0
        narrowest, where = float("inf"), ""
        for indicator in Indicator.objects.filter(threshold__gt=0, measure=Measure.COUNT):
            periods = Period.objects.filter(pk__in=release.figures.filter(indicator=indicator).values("period"))
            for period in periods.order_by("-ends_on", "starts_on")[: None if PERIODS == "all" else 1]:
                outcome = attack_period(release, indicator, period)
                cells, hidden = cells + outcome.cells, hidden + outcome.hidden
                if outcome.narrowest < narrowest:
                    narrowest, where = outcome.narrowest, f"{indicator.code} {period.code}"
        transaction.set_rollback(True)
    print(
        f"\n{threshold} and {rounding}: {cells:,} cells, {hidden:,} hidden ({hidden / cells:.2%}), narrowest {narrowest:.0f} ({where})"
    )
    assert cells
    assert narrowest > threshold
