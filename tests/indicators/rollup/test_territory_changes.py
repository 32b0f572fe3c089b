"""What becomes of places marks the figures that it touches, whichever page it was done on."""

import datetime
from decimal import Decimal

import pytest

from indicators.models import DirtyMark, Slice
from indicators.rollup import worker
from orgs.models import Territory
from orgs.territories import actions
from tests.factories import UserFactory
from tests.indicators.land import make_land

pytestmark = pytest.mark.django_db


def marked() -> set[tuple[str | None, str]]:
    """(place, period) of the marks that nobody has worked off."""
    return set(DirtyMark.objects.values_list("territory__code", "period__code"))


def test_merge_marks_what_it_touches_and_the_sums_follow():
    land = make_land()
    for place, amount in (("N1", 10), ("N2", 20), ("N3", 40)):
        land.observe(place, "2022", amount)
    land.observe("N1", "2020", 5)
    while worker.roll_up():
        pass
    assert (land.value("D1", "2022"), marked()) == (30, set())
    admin = UserFactory(is_staff=True)
    places = [land.territories["N1"], land.territories["N2"]]
    change = actions.merge_places(places=places, on=datetime.date(2022, 1, 1), code="N12", name="Both", by=admin)
    found = marked()
    assert {("N1", "2022"), ("N2", "2022"), ("D1", "2022"), ("CITY", "2022"), ("N1", "2020"), ("D1", "2020")} <= found
    assert not {place for place, _period in found} & {"N3", "N4", "D2"}
    assert Slice.objects.filter(year__in=[2020, 2022]).exists()
    land.territories["N12"] = change.place
    land.observe("N12", "2022", 33)
    while worker.roll_up():
        pass
    # What was counted of the two in a year in which they are no more no longer counts; what was before does.
    assert land.value("D1", "2022") == Decimal(33)
    assert land.value("D1", "2020") == Decimal(5)
    assert Territory.objects.get(code="N1").valid_to == datetime.date(2021, 12, 31)
