"""Figures of before a territory existed, recast onto it."""

import datetime
from decimal import Decimal

import pytest

from indicators.dashboards.recast import recast_cells
from indicators.models import Indicator, Release
from indicators.vocabulary import Flag
from orgs.models import Territory, TerritorySuccession
from tests.factories import TerritoryFactory
from tests.factories_indicators import IndicatorFactory, RateFactory, ReleaseFactory, released

pytestmark = pytest.mark.django_db

Y2020 = datetime.date(2020, 12, 31)
Y2021 = datetime.date(2021, 1, 1)


@pytest.fixture
def release() -> Release:
    return ReleaseFactory()


@pytest.fixture
def merged() -> tuple[Territory, Territory, Territory]:
    """Two places that became a new one at the turn of 2021, the second with a quarter of its people alone."""
    first, second = (TerritoryFactory(name=name, valid_to=Y2020) for name in ("First", "Second"))
    new = TerritoryFactory(name="Newtown", valid_from=Y2021)
    TerritorySuccession.objects.create(predecessor=first, successor=new)
    TerritorySuccession.objects.create(predecessor=second, successor=new, share=Decimal("0.25"))
    return first, second, new


def values(indicator: Indicator, territory: Territory, release: Release) -> dict[tuple[str, str], Decimal | None]:
    return {(cell.period.code, cell.key): cell.value for cell in recast_cells(indicator, territory, release)}


def test_count_is_added_up_by_the_shares(release, merged):
    first, second, new = merged
    people = IndicatorFactory()
    released(release, people, first, "2019", 100)
    released(release, people, second, "2019", 40)
    released(release, people, new, "2021", 120)
    assert values(people, new, release) == {("2019", ""): 110}
    (cell,) = recast_cells(people, new, release)
    assert (cell.flags, cell.state) == (Flag.ESTIMATED, "")


def test_count_is_divided_by_nothing(release, merged):
    """Whatever stands in the column of a release from before the portal kept it empty."""
    first, second, new = merged
    people = IndicatorFactory()
    released(release, people, first, "2019", 105, denominator=5)
    released(release, people, second, "2019", 200)
    assert values(people, new, release) == {("2019", ""): 155}


def test_ratio_is_pooled(release, merged):
    first, second, new = merged
    rate = RateFactory()
    released(release, rate, first, "2019", numerator=10, denominator=100)
    released(release, rate, second, "2019", numerator=40, denominator=80)
    assert values(rate, new, release) == {("2019", ""): Decimal(20) * 100 / Decimal(120)}


def test_protected_ratio_is_pooled_by_value_and_base_and_says_how_far_it_may_be_off(release, merged):
    """True: 287 of 998 and a quarter of 99 of 203; 26.9 % to 28.7 % and 47.3 % to 49.6 % would be published alike."""
    first, second, new = merged
    rate = RateFactory(rounding=5)
    released(release, rate, first, "2019", 29, denominator=1000, step=1)
    released(release, rate, second, "2019", 50, denominator=200, step=5)
    (cell,) = recast_cells(rate, new, release)
    true = Decimal(100) * (287 + Decimal(99) / 4) / (998 + Decimal(203) / 4)
    assert cell.numerator == Decimal("315")
    assert cell.value == 30
    assert 0 < abs(cell.value - true) < cell.margin < 1


def test_ratio_of_which_a_part_has_no_denominator_is_not_told(release, merged):
    first, second, new = merged
    rate = RateFactory()
    released(release, rate, first, "2019", numerator=10, denominator=100)
    released(release, rate, second, "2019", 40, numerator=40)
    assert values(rate, new, release) == {}


def test_what_is_protected_stays_protected_and_what_is_missing_is_missing(release, merged):
    first, second, new = merged
    people = IndicatorFactory()
    released(release, people, first, "2018", 100)
    released(release, people, second, "2018", None, state="suppressed")
    released(release, people, first, "2019", 100)
    assert [(cell.period.code, cell.state, cell.value) for cell in recast_cells(people, new, release)] == [
        ("2018", "suppressed", None)
    ]


def test_division_that_changed_twice_is_followed_back(release, merged):
    first, _, new = merged
    newest = TerritoryFactory(name="Newest", valid_from=datetime.date(2023, 1, 1))
    Territory.objects.filter(pk=new.pk).update(valid_to=datetime.date(2022, 12, 31))
    TerritorySuccession.objects.create(predecessor=new, successor=newest, share=Decimal("0.5"))
    TerritorySuccession.objects.filter(predecessor__name="Second").delete()
    people = IndicatorFactory()
    released(release, people, first, "2019", 100)
    released(release, people, new, "2021", 130)
    assert values(people, newest, release) == {("2019", ""): 50, ("2021", ""): 65}


def test_reader_chooses_estimates_and_is_told_of_them(release, merged, client):
    first, second, new = merged
    people = IndicatorFactory(code="PEOPLE")
    for place, amount in ((first, 100), (second, 40)):
        released(release, people, place, "2019", amount)
    released(release, people, new, "2021", 120)
    address = f"/indicators/PEOPLE/?territory={new.scheme.code}:{new.code}"
    plain = client.get(address).content.decode()
    assert "was made of" in plain
    assert "recast=1" in plain
    assert "2019" not in plain.split("<h2", 1)[1].split("How it is counted")[0]
    recast = client.get(f"{address}&recast=1").content.decode()
    assert "are estimates" in recast
    assert ">110<" in recast
    assert f"/figures/PEOPLE/{new.scheme.code}/{new.code}/2019/" not in recast
    assert "existed until" in client.get(first.get_absolute_url()).content.decode()


def test_one_query_and_one_for_the_periods(release, merged, django_assert_num_queries):
    first, second, new = merged
    people = IndicatorFactory()
    for year in range(2010, 2020):
        released(release, people, first, str(year), 100)
        released(release, people, second, str(year), 40)
    with django_assert_num_queries(2):
        assert len(recast_cells(people, new, release)) == 10
