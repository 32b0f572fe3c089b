"""What the page of a place opens with, and figures in sentences."""

import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from indicators.dashboards.findings import finding, gap_trend_sentence, line_sentence
from indicators.dashboards.gap import Gap
from indicators.dashboards.judgement import breaks_of
from indicators.dashboards.territory import territory_dashboard
from indicators.models import Indicator, Release
from indicators.vocabulary import Direction, Flag
from orgs.models import Territory
from tests.factories import TerritoryFactory
from tests.factories_indicators import IndicatorFactory, RateFactory, ReleaseFactory, SourceFactory, released
from tests.indicators.points import PART, count, indicator, point

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
LAST = TODAY.year - 1


# --- The line -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([50], ""),
        ([50, 55], "From 50.0% (2020) to 55.0% (2021)."),
        ([50, 50, 50], "It stayed at 50.0% from 2020 to 2022."),
        ([50, 52, 55], "From 50.0% (2020) up to 55.0% (2022), the highest in that time."),
        ([55, 52, 50], "From 55.0% (2020) down to 50.0% (2022), the lowest in that time."),
        ([50, 60, 55], "From 50.0% (2020) up to 60.0%, the highest (2021), and down to 55.0% (2022)."),
        ([50, 40, 55], "From 50.0% (2020) down to 40.0%, the lowest (2021), and up to 55.0% (2022)."),
        ([50, 60, 40, 55], "From 50.0% (2020) up to 60.0% (2021), down to 40.0% (2022), then 55.0% (2023)."),
        ([50, 40, 60, 55], "From 50.0% (2020) down to 40.0% (2021), up to 60.0% (2022), then 55.0% (2023)."),
        ([50, None, 55], "From 50.0% (2020) to 55.0% (2022)."),
        ([90, 91, 50], "From 90.0% (2020) down to 50.0% (2022), the lowest in that time."),
        ([90, 91, 50, 52], "From 90.0% (2020) to 52.0% (2023)."),  # Too little beyond the ends to be a turn.
    ],
)
def test_line_is_told_by_its_extremes_and_turns(values: list[int | None], expected: str) -> None:
    points = [
        point(2020 + n, None if value is None else f"{value}.0", state="missing" if value is None else "")
        for n, value in enumerate(values)
    ]
    assert line_sentence(indicator(), points, []) == expected


def test_peak_that_rounding_can_make_is_no_turn() -> None:
    points = [point(2020 + n, value, denominator=None, step=Decimal(5)) for n, value in enumerate([1000, 1005, 1000])]
    assert "highest" not in line_sentence(count(), points, [])


def test_sentence_leaves_out_the_part_and_what_lies_before_the_break() -> None:
    points = [
        point(2019, "90.0"),
        point(2020, "50.0", flags=Flag.BREAK),
        point(2021, "52.0"),
        point(2022, "1.0", **PART),
    ]
    said = finding(indicator(), points, breaks_of(points), [], "")
    assert said == (
        "From 50.0% (2020) to 52.0% (2021). The series has a break in 2020: earlier figures are not compared."
    )


# --- The gap ------------------------------------------------------------------------------------------------------------


def gap(year: int, migrants: str, host: str, step: str | None = None) -> Gap:
    return Gap(
        point(year).period, "origin=FOREIGN", Decimal(migrants), Decimal(host), None if step is None else Decimal(step)
    )


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (("50.0", "60.0"), ("50.0", "62.0"), "The gap has grown: it was 10.0 points in 2023."),
        (("50.0", "60.0"), ("58.0", "60.0"), "The gap has become smaller: it was 10.0 points in 2023."),
        (("50.0", "60.0"), ("51.0", "61.0"), "The gap was as large in 2023."),
        (("50.0", "60.0"), ("62.0", "60.0"), "In 2023 it was the other way round, by 10.0 points."),
        (("60.0", "60.0"), ("62.0", "60.0"), "In 2023 there was no gap."),
    ],
)
def test_gap_says_how_it_moved(before: tuple[str, str], now: tuple[str, str], expected: str) -> None:
    assert gap_trend_sentence(indicator(), gap(2023, *before), gap(2024, *now)) == expected


def test_gap_within_the_rounding_is_none() -> None:
    said = finding(indicator(), [], [], [gap(2024, "61", "60", "4")], "Migrants")
    assert said == "Migrants: 61%, as near to the host population’s 60% as can be told (2024)."


def test_gap_comes_before_the_line_and_is_not_followed_across_a_break() -> None:
    points = [point(2023, "60.0"), point(2024, "61.0", flags=Flag.BREAK)]
    gaps = [gap(2023, "50.0", "62.0"), gap(2024, "52.0", "63.0")]
    said = finding(indicator(), points, breaks_of(points), gaps, "Migrants")
    assert said.startswith("Migrants: 52.0%, 11.0 points below the host population’s 63.0% (2024).")
    assert "12.0" not in said
    assert said.endswith("earlier figures are not compared.")


# --- The opening --------------------------------------------------------------------------------------------------------


@pytest.fixture
def city() -> Territory:
    return TerritoryFactory(kind="municipality", name="Rivertown", code="M", parent=TerritoryFactory(kind="country"))


def with_gap(release: Release, place: Territory, migrants: int, year: int = LAST, **fields: Any) -> Indicator:
    rate = RateFactory()
    for key, value in {"": 60, "origin=FOREIGN": migrants, "origin=HOST": 64}.items():
        released(release, rate, place, str(year), f"{value}.0", key=key, **fields)
    return rate


def with_change(release: Release, place: Territory, *values: int, **fields: Any) -> Indicator:
    one = IndicatorFactory(direction=Direction.DOWN)
    for years_ago, value in enumerate(reversed(values)):
        released(release, one, place, str(LAST - years_ago), value, **fields)
    return one


def test_page_opens_with_gaps_and_then_with_what_changed_most(city: Territory) -> None:
    release, sample = ReleaseFactory(), SourceFactory(name="Made up", is_sample=True)
    narrow, wide = with_gap(release, city, 60), with_gap(release, city, 32)
    with_gap(release, city.parent or city, 10)  # of the country
    with_gap(release, city, 11, year=LAST - 9)  # of long ago
    with_gap(release, city, 12, source=sample)
    with_gap(release, city, 13, reporters=1, expected=73)
    with_change(release, city, 1000, 1200)
    most = with_change(release, city, 2000, 1000)
    with_change(release, city, 1000, 9000, reporters=1, expected=73)
    dashboard = territory_dashboard(city, release, TODAY)
    assert [sentence.card.indicator for sentence in dashboard.sentences] == [wide, narrow, most]
    assert dashboard.sentences[0].text == (f"Migrants: 32.0%, 32.0 points below the host population’s 64.0% ({LAST}).")
    assert dashboard.sentences[2].text == f"From 2,000 people ({LAST - 1}) to 1,000 ({LAST})."
    assert [card.indicator for card, _gap in dashboard.gaps] == [wide, narrow]


def test_figure_that_is_where_it_was_does_not_stand_out_beside_one_that_changed(city: Territory) -> None:
    """Whatever it did in the last year, and whichever way is better; what cannot be told apart as it is shown is unchanged."""
    release = ReleaseFactory()
    separation = IndicatorFactory(unit="index_0_100", measure="score", decimals=1, direction=Direction.DOWN)
    for years_ago, value in ((9, "17.99"), (4, "18.73"), (1, "18.33"), (0, "18.04")):
        released(release, separation, city, str(LAST - years_ago), value)
    slow = with_change(release, city, 1000, 1100, 1150, 1160)
    share = RateFactory(direction=Direction.CONTEXT)
    for years_ago, value in ((9, "16.0"), (1, "26.0"), (0, "26.4")):
        released(release, share, city, str(LAST - years_ago), value)
    said = territory_dashboard(city, release, TODAY).sentences
    assert [one.card.indicator for one in said] == [share, slow]
    assert said[0].text == f"From 16.0% ({LAST - 9}) up to 26.4% ({LAST}), the highest in that time."


def test_what_changed_before_a_break_is_no_change(city: Territory) -> None:
    release = ReleaseFactory()
    broken = with_change(release, city, 1000, 5000, 5010)
    broken.versions.create(number=2, valid_from_year=LAST - 1, name="Renewed", definition="Counted anew.")
    small = with_change(release, city, 1000, 1100)
    assert [one.card.indicator for one in territory_dashboard(city, release, TODAY).sentences] == [small, broken]


def test_nothing_is_said_where_nothing_may_be(city: Territory) -> None:
    release = ReleaseFactory()
    with_gap(release, city, 32, year=LAST - 9)
    dashboard = territory_dashboard(city, release, TODAY)
    assert (dashboard.sentences, dashboard.gaps) == ([], [])


def test_one_domain_has_one_sentence(city: Territory) -> None:
    release = ReleaseFactory()
    first = with_gap(release, city, 32)
    second = with_gap(release, city, 40)
    Indicator.objects.filter(pk=second.pk).update(domain=first.domain)
    assert [one.card.indicator for one in territory_dashboard(city, release, TODAY).sentences] == [first]


def test_definition_that_changed_parts_the_line(city: Territory) -> None:
    release, rate = ReleaseFactory(), RateFactory()
    for year, value in ((LAST - 1, "50.0"), (LAST, "60.0")):
        released(release, rate, city, str(year), value)
    rate.versions.create(number=2, valid_from_year=LAST, name="Renewed", definition="Counted anew.")
    (view,) = territory_dashboard(city, release, TODAY).domains
    assert view.card is not None
    assert view.card.change is not None
    assert view.card.change.words == f"Cannot be compared with {LAST - 1}: the definition has changed"
    assert view.card.spark == []
    assert datetime.date(LAST, 1, 1) in {one.at for one in view.card.breaks}
