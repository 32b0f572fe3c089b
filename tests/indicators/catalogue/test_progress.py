"""Progress towards targets: the arithmetic, and the pages where it is set and shown."""

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from indicators.catalogue import target_actions
from indicators.catalogue.targets import TargetProgress, progress
from indicators.models import Target
from indicators.releases import actions as releases
from indicators.rollup import worker
from tests.factories import AuthorityFactory, MembershipFactory, UserFactory
from tests.indicators.land import Land


def gone(
    direction: str, baseline: str, target: str, current: str, *, ideal: str | None = None, year: int = 2025
) -> TargetProgress:
    found = progress(
        direction=direction,
        ideal=None if ideal is None else Decimal(ideal),
        baseline=(2020, Decimal(baseline)),
        target=(2030, Decimal(target)),
        current=(year, Decimal(current)),
    )
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("direction", "baseline", "target", "current", "share", "is_reached", "is_on_track"),
    [
        ("up", "50", "70", "60", "0.5", False, True),
        ("up", "50", "70", "55", "0.25", False, False),
        ("up", "50", "70", "71", "1.05", True, True),
        ("up", "50", "70", "40", "-0.5", False, False),
        # What should fall progresses by falling, and is reached from below.
        ("down", "20", "10", "15", "0.5", False, True),
        ("down", "20", "10", "9", "1.1", True, True),
        ("down", "20", "10", "22", "-0.2", False, False),
    ],
)
def test_progress_follows_the_direction(
    direction: str, baseline: str, target: str, current: str, share: str, is_reached: bool, is_on_track: bool
) -> None:
    found = gone(direction, baseline, target, current)
    assert (found.share, found.is_reached, found.is_on_track) == (Decimal(share), is_reached, is_on_track)


@pytest.mark.parametrize("current", ["0.8", "1.2"])
def test_nearer_to_the_ideal_is_progress_from_either_side(current: str) -> None:
    found = gone("ideal", "0.6", "1.0", current, ideal="1")
    assert (found.share, found.is_reached) == (Decimal("0.5"), False)


@pytest.mark.parametrize(
    ("direction", "baseline", "target", "current", "percent"),
    [
        ("down", "81104", "55000", "63886", 66),  # 65.96 of the way
        ("up", "0", "1000", "997", 99),  # all of it only where the target is reached
        ("up", "0", "1000", "1000", 100),
        ("up", "50", "70", "40", 0),
    ],
)
def test_percent_of_the_way_is_rounded(direction: str, baseline: str, target: str, current: str, percent: int) -> None:
    assert gone(direction, baseline, target, current).percent == percent


def test_context_has_no_progress() -> None:
    at = (2020, Decimal(1))
    assert progress(direction="context", ideal=None, baseline=at, target=(2030, Decimal(2)), current=at) is None


@given(st.integers(0, 100), st.integers(1, 100), st.integers(0, 200))
def test_progress_of_a_rate_and_of_its_complement_are_one(baseline: int, way: int, current: int) -> None:
    """That fewer are out of work and that more are in it is the same progress."""
    up = gone("up", str(baseline), str(baseline + way), str(current))
    down = gone("down", str(-baseline), str(-baseline - way), str(-current))
    assert up == down


# --- Pages --------------------------------------------------------------------------------------------------------


@pytest.fixture
def released(land: Land) -> Land:
    """Unemployment falls from 20 to 15 per cent, pooled from four places and not a mean of their rates."""
    for year, first, second in (("2020", 30, 10), ("2025", 5, 25)):
        for place in ("N1", "N3"):
            land.observe(place, year, first, denominator=150, indicator="RATE")
        for place in ("N2", "N4"):
            land.observe(place, year, second, denominator=50, indicator="RATE")
    worker.roll_up()
    releases.publish_release(note="First")
    return land


def new_target(land: Land, **fields: object) -> Target:
    values = {"baseline_year": 2020, "baseline_value": 20, "year": 2030, "value": 10, "source": "Plan (sample)"}
    return Target(indicator=land.indicators["RATE"], territory=land.territories["CITY"], **(values | fields))


def steward_of(land: Land, place: str):
    authority = AuthorityFactory(territory=land.territories[place])
    return MembershipFactory(organisation=authority, role="steward").user


def indicator_page(client: Client) -> str:
    return client.get("/indicators/RATE/", {"territory": "test-land:CITY"}).content.decode()


def test_falling_unemployment_is_progress_for_all_to_read(released: Land, client: Client) -> None:
    target_actions.set_target(target=new_target(released), by=steward_of(released, "CITY"))
    html = indicator_page(client)
    assert "Target: <strong>10.0%</strong> by 2030 (from 20.0% in 2020)" in html
    assert "50% of the way" in html
    assert "On track" in html
    assert "Plan (sample)" in html
    assert "Withdraw this target" not in html


def test_target_of_a_place_without_published_figures_says_so(land: Land, client: Client) -> None:
    target_actions.set_target(target=new_target(land), by=UserFactory(is_staff=True))
    assert "No published figure shows the progress." in indicator_page(client)


def test_steward_sets_a_target_and_takes_it_back(released: Land, client: Client) -> None:
    client.force_login(steward_of(released, "CITY"))
    page = reverse("indicators:target_add", args=["RATE", "test-land", "CITY"])
    fields = {"baseline_year": 2020, "baseline_value": "20", "year": 2030, "value": "12.5", "source": ""}
    assert client.post(page, fields).status_code == 302
    target = Target.objects.get()
    assert (target.value, target.territory.code) == (Decimal("12.5"), "CITY")
    again = client.post(page, fields).content.decode()
    assert "There is a target for this year already" in again
    client.post(reverse("indicators:target_delete", args=["RATE", "test-land", "CITY", target.pk]))
    assert not Target.objects.exists()


def test_target_is_read_in_the_language_of_the_page(released: Land, client: Client) -> None:
    client.force_login(steward_of(released, "CITY"))
    client.cookies["django_language"] = "es"
    released.indicators["PEOPLE"].direction = "up"
    released.indicators["PEOPLE"].save()
    page = reverse("indicators:target_add", args=["PEOPLE", "test-land", "CITY"])
    fields = {"baseline_year": "2020", "baseline_value": "5.000", "year": "2030", "value": "6.500", "source": ""}
    client.post(page, fields)
    assert [(target.baseline_value, target.value) for target in Target.objects.all()] == [(5000, 6500)]
    client.post(page, fields | {"year": "2031", "value": "6500,5"})
    assert Target.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"value": "25"}, "no better than the start"),
        ({"year": 2019}, "lies before the year of the target"),
        ({"value": "much"}, "“much” is not a number"),
    ],
)
def test_target_that_cannot_be_is_refused_in_words(released: Land, client: Client, changes: dict, message: str) -> None:
    client.force_login(steward_of(released, "CITY"))
    page = reverse("indicators:target_add", args=["RATE", "test-land", "CITY"])
    fields = {"baseline_year": 2020, "baseline_value": "20", "year": 2030, "value": "10", "source": ""} | changes
    assert message in client.post(page, fields).content.decode()
    assert not Target.objects.exists()


def test_steward_of_a_part_sets_no_target_for_the_whole(released: Land, client: Client) -> None:
    client.force_login(steward_of(released, "D1"))
    assert client.get(reverse("indicators:target_add", args=["RATE", "test-land", "CITY"])).status_code == 403
    assert client.get(reverse("indicators:target_add", args=["RATE", "test-land", "D1"])).status_code == 200


def test_yearly_total_after_a_correction_counts_each_month_once(land: Land) -> None:
    """A running total never counts the corrected month twice, and may fall."""
    for month in (1, 2, 3):
        land.observe("N1", f"2020-{month:02d}", 10, indicator="EVENTS")
    worker.roll_up()
    land.observe("N1", "2020-02", 4, indicator="EVENTS")
    worker.roll_up()
    assert land.value("CITY", "2020", indicator="EVENTS") == 24
