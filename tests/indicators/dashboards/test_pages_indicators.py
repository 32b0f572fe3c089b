"""The catalogue, the page of an indicator and the inputs of a figure."""

import re

import pytest
from django.urls import reverse

from indicators.confidential.actions import open_confidential_figures
from indicators.vocabulary import Flag, Measure, Origin, PeriodKind, TimeOperator
from tests.factories import TerritoryFactory, UserFactory
from tests.factories_indicators import (
    ImportBatchFactory,
    IndicatorFactory,
    RateFactory,
    ReleaseFactory,
    SourceFactory,
    StewardFactory,
    breakdown,
    observed,
    period,
    released,
)
from tests.indicators.kept import keep_figure
from tests.indicators.land import make_land
from tests.pages import words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def land(db):
    """For the tests that ask for it alone: the others make groups of their own."""
    return make_land()


@pytest.fixture
def city():
    return TerritoryFactory(name="Rivertown", code="M")


@pytest.fixture
def steward(city):
    return StewardFactory(organisation__territory=city).user


def text_of(client, url, **query):
    response = client.get(url, query)
    assert response.status_code == 200, url
    return words_of(response.content.decode())


def figure_url(indicator, territory, period_code):
    return reverse(
        "indicators:figure_detail", args=[indicator.code, territory.scheme.code, territory.code, period_code]
    )


# --- The catalogue ------------------------------------------------------------------------------------------------------


def test_catalogue_is_filtered_by_what_stands_in_the_address(client, city):
    release = ReleaseFactory()
    work = RateFactory(name="In work", sdg_targets=["8.5", "10.7.2"], gcm_objectives=[6], order=1)
    home = IndicatorFactory(name="At home", sdg_targets=["1.4.2", "11.1"], gcm_objectives=[16], order=2)
    IndicatorFactory(name="Long gone", retired_on="2020-01-01")
    released(release, home, city, "2017", 5)
    url = reverse("indicators:indicator_list")

    def names(**query):
        text = text_of(client, url, **query)
        return {name for name in ("In work", "At home", "Long gone") if name in text}

    assert names() == {"In work", "At home"}
    assert names(q="work") == {"In work"}
    assert names(q=home.code) == {"At home"}
    assert names(domain=work.domain.slug) == {"In work"}
    assert names(measure=Measure.RATIO) == {"In work"}
    assert names(sdg="8") == {"In work"}
    assert names(sdg="1") == {"At home"}  # neither 10.7.2 nor 11.1 belongs to goal 1
    assert names(gcm="16") == {"At home"}
    assert names(figures="on") == {"At home"}
    assert "No indicator matches" in text_of(client, url, q="zzz")


def test_catalogue_asks_as_few_queries_for_many_as_for_one(client, django_assert_num_queries):
    url = reverse("indicators:indicator_list")
    IndicatorFactory()
    client.get(url)
    with django_assert_num_queries(4) as captured:
        client.get(url)
    for _ in range(20):
        IndicatorFactory()
    with django_assert_num_queries(len(captured)):
        client.get(url)


def test_unknown_indicator_is_not_found(client):
    assert client.get("/indicators/NONE/").status_code == 404
    assert client.get(RateFactory().get_absolute_url(), {"territory": "test-land:NONE"}).status_code == 404


# --- An indicator -------------------------------------------------------------------------------------------------------


def test_indicator_says_how_it_is_counted(client):
    indicator = RateFactory(
        name="In work",
        numerator="People in work",
        denominator="People of that age",
        sdg_targets=["8.5"],
        is_provisional=True,
    )
    text = text_of(client, indicator.get_absolute_url())
    for words in ("People in work", "People of that age", "Higher is better", "Decent work", "Provisional definition"):
        assert words in text
    assert "No figures yet" in text


def test_indicator_opens_on_a_municipality_with_figures(client, city):
    release, rate = ReleaseFactory(), RateFactory()
    country = TerritoryFactory(kind="country", name="Bigland")
    released(release, rate, country, "2017", "11.5")
    assert "11.5 %" in text_of(client, rate.get_absolute_url())
    released(release, rate, city, "2017", "22.5")
    assert "22.5 %" in text_of(client, rate.get_absolute_url())
    other = text_of(client, rate.get_absolute_url(), territory=f"test-land:{country.code}")
    assert "11.5 %" in other
    assert "22.5 %" not in other


def test_indicator_without_figures_in_the_chosen_place(client, city):
    release, rate = ReleaseFactory(), RateFactory()
    released(release, rate, TerritoryFactory(), "2017", "11.5")
    assert "No figures for Rivertown" in text_of(client, rate.get_absolute_url(), territory="test-land:M")


def test_groups_and_parts_stand_in_tables(client, city):
    release, count = ReleaseFactory(), IndicatorFactory()
    part = TerritoryFactory(kind="district", name="Riverside", parent=city)
    for key, value in {"": 2000, "sex=F": 1200, "sex=M": 800}.items():
        released(release, count, city, "2017", value, key=key)
    released(release, count, part, "2017", 44)
    text = text_of(client, count.get_absolute_url())
    assert "Women 1,200 60.0%" in text
    assert "Men 800 40.0%" in text
    assert "Riverside 44" in text


def test_wholes_and_what_they_are_made_of_stand_in_lists_of_their_own(client, land):
    release, count = ReleaseFactory(), land.indicators["PEOPLE"]
    people = {"": 1000, "age=CHILD": 300, "age=ADULT": 700, "age=BABY": 100, "age=PUPIL": 200, "age=Y15-29": 250}
    for key, value in people.items():
        released(release, count, land.territories["CITY"], "2017", value, key=key)
    tables = client.get(count.get_absolute_url()).context["view"].tables
    assert {table.dimension: [group.name for group in table.groups] for table in tables} == {
        "Age": ["Children", "Adults"],
        "Age: other groups": ["15 to 29"],
        "Age: Children": ["Babies", "Pupils"],
    }


def test_bars_of_shares_run_to_a_hundred_and_those_of_people_to_everyone(client, city):
    release, rate, count = ReleaseFactory(), RateFactory(), IndicatorFactory()
    for key, value in {"": "20", "sex=F": "30", "sex=M": "10"}.items():
        released(release, rate, city, "2017", value, key=key)
        released(release, count, city, "2017", int(value) * 10, key=key)
    html = client.get(rate.get_absolute_url()).content.decode()
    assert re.findall(r'cell-bar-fill" width="([\d.]+)"', html) == ["30.0", "10.0"]
    html = client.get(count.get_absolute_url()).content.decode()
    assert re.findall(r'cell-bar-fill" width="([\d.]+)"', html) == ["100.0", "33.3"]  # 300 and 100 beside the larger


def test_one_value_is_no_chart(client, city):
    release, count = ReleaseFactory(), IndicatorFactory()
    released(release, count, city, "2017", 100)
    assert "data-chart=" not in client.get(count.get_absolute_url()).content.decode()
    assert "data-chart=" not in client.get(city.get_absolute_url()).content.decode()
    released(release, count, city, "2016", 90)
    assert "data-chart=" in client.get(count.get_absolute_url()).content.decode()
    assert "data-chart=" in client.get(city.get_absolute_url()).content.decode()


def test_map_shows_rates_first_and_amounts_as_circles(client, city):
    release = ReleaseFactory()
    count, rate = IndicatorFactory(name="Residents", is_headline=True), RateFactory(name="Employment")
    part = TerritoryFactory(kind="district", name="Riverside", parent=city)
    for place in (city, part):
        released(release, count, place, "2017", 44)
        released(release, rate, place, "2017", "20")
    html = client.get(city.get_absolute_url()).content.decode()
    assert "Employment, 2017" in html
    assert "data-circles" not in html
    html = client.get(city.get_absolute_url(), {"indicator": count.code}).content.decode()
    assert "Residents, 2017" in html
    assert "data-circles" in html


def test_discrepancies_are_for_those_who_keep_figures(client, city, steward):
    release, count = ReleaseFactory(), IndicatorFactory()
    released(release, count, city, "2017", 100)
    observed(count, city, "2017", 100)
    keep_figure(count, city, period("2017"), breakdown(), 93, is_overridden=True)
    assert "Reported and added up" not in text_of(client, count.get_absolute_url())
    client.force_login(steward)
    assert "93" not in text_of(client, count.get_absolute_url())
    open_confidential_figures(territory=city, indicator=count, reason="Checked for the council", by=steward)
    text = text_of(client, count.get_absolute_url())
    assert "Rivertown 2017 All 100 93 +7" in text
    text = text_of(client, figure_url(count, city, "2017"))
    assert "The parts add up to 93; the difference is 7." in text


# --- A figure -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "is_said"),
    [({}, True), ({"flags": Flag.ESTIMATED}, False), ({"reporters": 1, "expected": 2}, False)],
)
def test_how_far_the_confidential_figure_may_be_is_said_where_it_is_known(client, city, fields, is_said):
    count = IndicatorFactory(threshold=5, rounding=5)
    released(ReleaseFactory(), count, city, "2017", 100, step="5.000", **fields)
    text = text_of(client, figure_url(count, city, "2017"))
    assert ("the exact figure differs by at most 2.5" in text) == is_said
    assert ("exact figure" in text) == is_said


def test_public_sees_the_released_parts_of_a_sum(client, city):
    release, count, source = ReleaseFactory(), IndicatorFactory(threshold=5, rounding=5), SourceFactory()
    shown, hidden = (TerritoryFactory(kind="district", name=f"District {n}", parent=city) for n in "AB")
    released(release, count, city, "2017", 100, origin=Origin.TERRITORIES, reporters=2, expected=2)
    released(release, count, shown, "2017", 95, source=source)
    released(release, count, hidden, "2017", state="suppressed", source=source)
    text = text_of(client, figure_url(count, city, "2017"))
    assert "Added up from the parts of the place" in text
    assert "District A 95" in text
    assert "District B protected" in text
    assert "Sample statistics office" in text
    assert "The figure itself" not in text


def test_figure_of_groups_and_of_shorter_periods_shows_them(client, city):
    release = ReleaseFactory()
    count = IndicatorFactory(frequency=PeriodKind.MONTH, time_operator=TimeOperator.MEAN)
    released(release, count, city, "2017", 15, origin=Origin.PERIODS, periods_used=2, periods_expected=12)
    released(release, count, city, "2017-01", 10, origin=Origin.CATEGORIES)
    released(release, count, city, "2017-02", 20)
    for key, value in {"sex=F": 4, "sex=M": 6}.items():
        released(release, count, city, "2017-01", value, key=key)
    text = text_of(client, figure_url(count, city, "2017"))
    assert "January 2017 10" in text
    assert "February 2017 20" in text
    assert "2 of 12 periods" in text
    text = text_of(client, figure_url(count, city, "2017-01"))
    assert "Women 4" in text
    assert "Men 6" in text
    assert "Women" in text_of(client, figure_url(count, city, "2017-01"), breakdown="sex=F")


def test_keepers_see_the_confidential_figure_and_who_approved_it(client, city, steward):
    release, count = ReleaseFactory(), IndicatorFactory()
    batch = ImportBatchFactory(authority=steward.memberships.get().organisation, file_name="people-2017.csv")
    approver = UserFactory(name="Sample approver")
    observed(count, city, "2017", 3, batch=batch, approved_by=approver)
    observed(count, city, "2017", 2, status="superseded", approved_by=approver)
    released(release, count, city, "2017", state="suppressed")
    url = figure_url(count, city, "2017")
    text = text_of(client, url)
    assert "protected" in text
    assert "Sample approver" not in text
    client.force_login(steward)
    assert "3 people" not in text_of(client, url)
    open_confidential_figures(territory=city, indicator=count, reason="Checked for the council", by=steward)
    text = text_of(client, url)
    assert "protected" in text
    assert "3 people" in text
    assert "Sample approver" in text
    assert "people-2017.csv" in text
    assert "superseded" in text


@pytest.mark.parametrize("role", ["officer", "viewer", None])
def test_others_see_what_the_public_sees(client, city, role):
    release, count = ReleaseFactory(), IndicatorFactory()
    observed(count, city, "2017", 777)
    released(release, count, city, "2017", state="suppressed")
    person = StewardFactory(organisation__territory=city, role=role).user if role else UserFactory()
    client.force_login(person)
    assert "777" not in text_of(client, figure_url(count, city, "2017"))


def test_stewards_of_another_city_see_what_the_public_sees(client, city):
    release, count = ReleaseFactory(), IndicatorFactory()
    observed(count, city, "2017", 777)
    released(release, count, city, "2017", state="suppressed")
    client.force_login(StewardFactory(organisation__territory=TerritoryFactory()).user)
    assert "777" not in text_of(client, figure_url(count, city, "2017"))
    manager = StewardFactory(organisation__territory=city, role="manager").user
    client.force_login(manager)
    open_confidential_figures(territory=city, indicator=count, reason="Checked for the council", by=manager)
    assert "777" in text_of(client, figure_url(count, city, "2017"))


def test_figures_that_are_not_there_are_not_found(client, city, steward):
    release, count = ReleaseFactory(), IndicatorFactory()
    released(release, count, city, "2017", 5)
    for url in (
        figure_url(count, city, "2016"),
        figure_url(count, city, "2017") + "?breakdown=sex=F",
        f"/figures/{count.code}/test-land/M/2017-99/",
        "/figures/NONE/test-land/M/2017/",
        f"/figures/{count.code}/test-land/NONE/2017/",
    ):
        assert client.get(url).status_code == 404, url
    client.force_login(steward)
    assert client.get(figure_url(count, city, "2016")).status_code == 404
