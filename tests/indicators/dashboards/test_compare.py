"""Places and groups side by side: public, in one order, from the released figures."""

import re
from html import unescape

import pytest
from django.urls import reverse

from tests.factories import TerritoryFactory
from tests.factories_indicators import IndicatorFactory, RateFactory, ReleaseFactory, observed, released
from tests.pages import words_of

pytestmark = pytest.mark.django_db


def compare(client, indicator, *places):
    url = reverse("indicators:compare", args=[indicator.code])
    names = [place if isinstance(place, str) else f"{place.scheme.code}:{place.code}" for place in places]
    response = client.get(url, {"territory": names})
    assert response.status_code == 200
    return response


def test_places_stand_by_name_with_shown_zero_protected_and_missing_apart(client):
    release, rate = ReleaseFactory(), RateFactory(name="In work")
    upper, lower = TerritoryFactory(name="Aldea"), TerritoryFactory(name="Burgo", kind="country")
    hidden, empty = TerritoryFactory(name="Cala"), TerritoryFactory(name="Delta")
    released(release, rate, lower, "2025", "80")
    released(release, rate, upper, "2025", "0", reporters=1, expected=2)
    released(release, rate, hidden, "2025", state="suppressed")
    response = compare(client, rate, lower, empty, upper, hidden)
    chart = response.context["comparison"].chart
    assert chart["columns"] == ["Aldea", "Burgo", "Cala", "Delta"]
    assert [(cell["value"], cell["state"]) for cell in chart["rows"][0]["cells"]] == [
        (0, ""),
        (80, ""),
        (None, "suppressed"),
        (None, "missing"),
    ]
    text = words_of(response.content.decode())
    assert "different levels" in text
    assert "1 of 2 organisations asked have answered" in text
    finding = response.context["comparison"].finding.replace("\xa0", " ")
    assert finding == "Burgo: 80.0% (2025)"  # Half of Aldea is not set beside the whole of Burgo.
    assert "Better" not in text


def test_too_many_and_unknown_places_get_a_plain_message(client):
    rate = RateFactory()
    many = compare(client, rate, *[TerritoryFactory() for _ in range(7)])
    assert "Choose at most 6." in words_of(many.content.decode())
    assert many.context["comparison"] is None
    assert "There is no place with the code nowhere:1" in words_of(compare(client, rate, "nowhere:1").content.decode())
    assert client.get("/indicators/NONE/compare/").status_code == 404
    assert compare(client, rate).context["comparison"] is None


@pytest.mark.parametrize(
    "query",
    [
        {"territory_chosen": ["nonsense", "7"]},
        {"territory": [":", "test-land:", ":M", "x" * 3000]},
        {"by": "nonsense", "group": "sex=F"},
        {"by": "groups", "territory_chosen": "nonsense"},
    ],
)
def test_nonsense_in_the_address_is_no_fault(client, query):
    response = client.get(reverse("indicators:compare", args=[RateFactory().code]), query)
    assert response.status_code == 200
    assert response.context["comparison"] is None


def test_six_places_ask_as_few_queries_as_one(client, django_assert_num_queries):
    release, rate = ReleaseFactory(), RateFactory()
    places = [TerritoryFactory() for _ in range(6)]
    for place in places:
        released(release, rate, place, "2025", "50")
    compare(client, rate, places[0])
    with django_assert_num_queries(9) as captured:
        compare(client, rate, places[0])
    with django_assert_num_queries(len(captured)):
        compare(client, rate, *places)


# --- The places are chosen by name ----------------------------------------------------------------------------------------


def test_places_are_found_by_name_and_stand_in_the_address_by_code(client):
    rate = RateFactory()
    aldea, burgo = TerritoryFactory(name="Aldea", code="A"), TerritoryFactory(name="Burgo", code="B")
    url = reverse("indicators:compare", args=[rate.code])
    answer = client.get(url, {"territory": [aldea.label, "burgo", ""]})
    assert (answer.status_code, answer["Location"]) == (302, f"{url}?territory=test-land:A&territory=test-land:B")
    html = client.get(answer["Location"]).content.decode()
    assert html.count('name="territory_chosen"') == 2
    assert html.count(" checked>") == 2
    assert f'data-lookup="{reverse("orgs:lookup_territories")}?ever=1"' in html
    # Without the script: one is unticked, another typed.
    third = TerritoryFactory(name="Cala", code="K")
    answer = client.get(url, {"territory_chosen": ["test-land:B"], "territory": ["Cala"]})
    assert answer["Location"] == f"{url}?territory=test-land:B&territory=test-land:{third.code}"
    assert burgo.label in client.get(answer["Location"]).content.decode()


def test_places_beside_and_below_are_offered_before_anybody_types(client):
    rate, city = RateFactory(), TerritoryFactory(name="Rivertown", code="M", kind="municipality")
    for code in ("D1", "D2"):
        TerritoryFactory(name=f"District {code}", code=code, kind="district", parent=city)
    TerritoryFactory(name="Elsewhere", code="E")

    def offered(*places):
        listed = compare(client, rate, *places).content.decode().split("<datalist")[1].split("</datalist>")[0]
        return re.findall(r'value="([A-Za-z0-9 ]+) \(', listed)

    assert offered("test-land:M") == ["District D1", "District D2"]
    assert offered("test-land:D1") == ["District D2", "Rivertown"]
    assert offered() == []


def test_name_of_several_places_is_asked_back(client):
    rate = RateFactory()
    for code in "AB":
        TerritoryFactory(name="Centre", code=code)
    response = client.get(reverse("indicators:compare", args=[rate.code]), {"territory": ["Centre"]})
    text = words_of(response.content.decode())
    assert "Which one did you mean by “Centre”" in text
    assert response.content.decode().count('name="territory_chosen"') == 2
    answer = client.get(
        reverse("indicators:compare", args=[rate.code]), {"territory": ["Centre"], "territory_chosen": ["test-land:B"]}
    )
    assert answer["Location"].endswith("?territory=test-land:B")


def test_place_of_the_groups_is_found_by_name_and_the_groups_stay(client):
    release, rate = ReleaseFactory(), RateFactory()
    aldea = TerritoryFactory(name="Aldea", code="A")
    released(release, rate, aldea, "2025", "60", key="sex=F")
    url = reverse("indicators:compare", args=[rate.code])
    answer = client.get(url, {"by": "groups", "territory": "aldea", "group": ["sex=F", "total"]})
    assert answer["Location"] == f"{url}?by=groups&territory=test-land:A&group=sex%3DF&group=total"
    html = client.get(answer["Location"]).content.decode()
    assert f'value="{aldea.label}"' in html
    assert (
        'value="A place that is not there"'
        in compare_groups(client, rate, place="A place that is not there").content.decode()
    )


# --- Groups -------------------------------------------------------------------------------------------------------------


def compare_groups(client, indicator, *groups, place="test-land:M"):
    query = {"by": "groups", "group": groups, **({"territory": place} if place else {})}
    response = client.get(reverse("indicators:compare", args=[indicator.code]), query)
    assert response.status_code == 200
    return response


@pytest.fixture
def city():
    return TerritoryFactory(name="Rivertown", code="M")


def test_groups_stand_side_by_side_with_shown_zero_protected_and_missing_apart(client, city):
    release, rate = ReleaseFactory(), RateFactory(name="In work")
    released(release, rate, city, "2024", "70", key="sex=F")
    released(release, rate, city, "2025", "0", key="sex=F")
    released(release, rate, city, "2025", state="suppressed", key="sex=M")
    released(release, rate, city, "2025", "55", key="origin=HOST")
    released(release, rate, city, "2025", "60")
    response = compare_groups(client, rate, "origin=FOREIGN", "sex=M", "sex=F", "total")
    chart = response.context["comparison"].chart
    assert chart["columns"] == ["All", "Women", "Men", "Migrants"]
    assert [[(cell["value"], cell["state"]) for cell in row["cells"]] for row in chart["rows"]] == [
        [(None, "missing"), (70, ""), (None, "missing"), (None, "missing")],
        [(60, ""), (0, ""), (None, "suppressed"), (None, "missing")],
    ]
    figure = reverse("indicators:figure_detail", args=[rate.code, "test-land", "M", "2025"])
    assert [cell["url"] for cell in chart["rows"][1]["cells"]] == [
        figure,
        f"{figure}?breakdown=sex=F",
        f"{figure}?breakdown=sex=M",
        "",
    ]
    for cell in chart["rows"][1]["cells"][:3]:
        assert client.get(cell["url"]).status_code == 200
    html = response.content.decode()
    assert "figure-zero" in html
    assert "figure-suppressed" in html
    assert "figure-missing" in html
    text = words_of(html)
    assert "Migrants : nothing is published" in text
    assert "All: 60.0% (2025); Women: 0.0% (2025)" in text
    boxes = dict(re.findall(r'type="checkbox" name="group" value="([^"]+)"\s+id="[^"]+"( checked)?>', html))
    assert {value for value, checked in boxes.items() if checked} == {"total", "sex=F", "sex=M", "origin=FOREIGN"}
    assert boxes["origin=HOST"] == ""


def test_groups_made_of_two_dimensions_are_compared(client, city):
    release, rate = ReleaseFactory(), RateFactory()
    for key, value in {"origin=HOST&sex=F": 10, "origin=HOST&sex=M": 20}.items():
        released(release, rate, city, "2025", value, key=key)
    # The dimensions may stand in any order.
    response = compare_groups(client, rate, "sex=F&origin=HOST", "origin=HOST&sex=M")
    chart = response.context["comparison"].chart
    assert chart["columns"] == ["Host population, Women", "Host population, Men"]
    assert client.get(chart["rows"][0]["cells"][0]["url"]).status_code == 200


def test_groups_open_where_there_are_figures(client, city):
    release, rate = ReleaseFactory(), RateFactory()
    released(release, rate, city, "2025", "60")
    released(release, rate, city, "2025", "55", key="sex=F")
    html = compare_groups(client, rate, place="").content.decode()
    assert "Groups in Rivertown" in words_of(html)
    assert 'value="sex=F"' in html
    other = compare_groups(client, rate, place=f"test-land:{TerritoryFactory(name='Elsewhere').code}")
    assert "No figures by group are published here" in words_of(other.content.decode())


def test_only_released_figures_of_groups_are_read(client, city):
    release, count = ReleaseFactory(), IndicatorFactory()
    released(release, count, city, "2024", 500, key="sex=F")
    released(release, count, city, "2025", state="suppressed", key="sex=F")
    released(ReleaseFactory(state="preview", published_at=None), count, city, "2025", 777001, key="sex=F")
    observed(count, city, "2025", 777002, key="sex=F")
    observed(count, city, "2025", 777003, key="sex=M")
    html = compare_groups(client, count, "sex=F", "sex=M").content.decode()
    assert "777" not in re.sub(r"<svg.*?</svg>", "", html, flags=re.DOTALL)


@pytest.mark.parametrize(
    ("groups", "place", "message"),
    [
        ([f"sex={number}" for number in range(7)], "test-land:M", "You chose 7 groups. Choose at most 6."),
        (["sex=X"], "test-land:M", "There is no group with the code sex=X."),
        (["nonsense"], "test-land:M", "There is no group with the code nonsense."),
        (["=", "&", "sex=", "sex=F&"], "test-land:M", "There is no group with the code"),
        (["sex=F"], "test-land:NONE", "There is no place with the code test-land:NONE."),
        (["sex=F"], ["test-land:M", "test-land:C"], "Choose at most 1."),
    ],
)
def test_bad_groups_get_a_plain_message(client, city, groups, place, message):
    release, rate = ReleaseFactory(), RateFactory()
    TerritoryFactory(code="C")
    released(release, rate, city, "2025", "60", key="sex=F")
    assert message in words_of(compare_groups(client, rate, *groups, place=place).content.decode())


def test_six_groups_ask_as_few_queries_as_one(client, city, django_assert_num_queries):
    release, rate = ReleaseFactory(), RateFactory()
    keys = ["sex=F", "sex=M", "origin=HOST", "origin=FOREIGN", "origin=MOBILE", "origin=THIRD"]
    for key in keys:
        released(release, rate, city, "2025", "50", key=key)
    compare_groups(client, rate, "sex=F")
    with django_assert_num_queries(10) as captured:
        compare_groups(client, rate, "sex=F")
    with django_assert_num_queries(len(captured)):
        compare_groups(client, rate, *keys)


def test_tables_of_groups_lead_to_their_comparison(client, city):
    release, rate = ReleaseFactory(), RateFactory()
    for key in ("", "sex=F", "sex=M", "origin=HOST"):
        released(release, rate, city, "2025", "50", key=key)
    html = client.get(rate.get_absolute_url(), {"territory": "test-land:M"}).content.decode()
    address = (
        f"/indicators/{rate.code}/compare/?by=groups&amp;territory=test-land:M&amp;group=sex%3DF&amp;group=sex%3DM"
    )
    assert html.count(f'href="{address}"') == 1
    assert html.count("by=groups") == 1  # The only group of its dimension has nothing beside it.
    chart = client.get(unescape(address)).context["comparison"].chart
    assert chart["columns"] == ["Women", "Men"]
