"""The territory page and its map, as a visitor meets them."""

import re
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from indicators.dashboards.parts import territory_parts
from indicators.models import Indicator, Release, Target
from indicators.vocabulary import Direction, Flag, Origin
from orgs.models import Territory, TerritoryOutline
from tests.factories import OrganisationFactory, TerritoryFactory
from tests.factories_indicators import (
    IndicatorFactory,
    RateFactory,
    ReleaseFactory,
    SourceFactory,
    breakdown,
    observed,
    period,
    released,
)
from tests.indicators.kept import keep_figure
from tests.pages import words_of

pytestmark = pytest.mark.django_db
LAST = timezone.localdate().year - 1
"""The last year that is over: figures of it are current."""


@pytest.fixture
def city() -> Territory:
    country = TerritoryFactory(kind="country", name="Bigland", code="C")
    return TerritoryFactory(kind="municipality", name="Rivertown", code="M", parent=country)


def districts(city: Territory, count: int) -> list[Territory]:
    return [
        TerritoryFactory(kind="district", name=f"District {n:02}", code=f"D{n:02}", parent=city) for n in range(count)
    ]


def page(client: Client, territory: Territory, **query: str) -> str:
    response = client.get(territory.get_absolute_url(), query)
    assert response.status_code == 200
    return response.content.decode()


def test_page_shows_the_headline_with_all_that_belongs_to_it(client, city):
    release, source = ReleaseFactory(), SourceFactory(url="https://example.org/data")
    rate = RateFactory(name="Employment rate", is_headline=True)
    before, now = str(LAST - 1), str(LAST)
    released(release, rate, city, before, numerator=500, denominator=1000, source=source)
    released(release, rate, city, now, numerator=550, denominator=1000, source=source)
    released(release, rate, city, now, key="origin=FOREIGN", numerator=90, denominator=200, source=source)
    released(release, rate, city, now, key="origin=HOST", numerator=460, denominator=800, source=source)
    html = page(client, city)
    text = words_of(html)
    assert rate.domain.name in text
    assert "55.0 %" in text
    assert f"Better Up 5.0 points since {before}" in text
    assert "−12.5" in text  # 45.0 − 57.5
    assert "0.78 times the host population" in text
    assert "reported by the source" in text
    assert "Sample statistics office , Sample publisher (CC BY 4.0)" in text
    assert 'href="https://example.org/data"' in html
    assert reverse("indicators:figure_detail", args=[rate.code, "test-land", "M", now]) in html
    assert f"Migrants: 45.0%, 12.5 points below the host population’s 57.5% ({now})." in text
    assert '<svg class="sparkline"' in html


def test_chart_is_a_table_without_script(client, city):
    release, count = ReleaseFactory(), IndicatorFactory(name="Residents")
    for year, value in {"2015": 1111, "2016": 2222, "2017": 3333}.items():
        released(release, count, city, year, value)
    html = page(client, city)
    rows = re.findall(r'<th scope="row">(\d{4})</th>\s*<td class="num"\s+data-value="(\d+)', html)
    assert rows == [("2015", "1111"), ("2016", "2222"), ("2017", "3333")]


def test_missing_zero_and_protected_look_different(client, city):
    release = ReleaseFactory()
    zero, hidden, none = IndicatorFactory(), IndicatorFactory(), IndicatorFactory()
    released(release, zero, city, "2017", 0)
    released(release, hidden, city, "2017", state="suppressed")
    released(release, none, city, "2017", state="missing")
    html = page(client, city)
    assert html.count("figure-large figure-zero") == 2  # at a glance, and in the domain's section
    assert "figure-suppressed" in html
    assert "figure-missing" in html
    missing = html.index("Nothing published yet")
    assert none.domain.name in html[missing:]
    assert hidden.domain.name not in html[missing : html.index("</dl>", missing)]


def target(
    indicator: Indicator, territory: Territory, year: int, value: str, start: str, *, since: int = LAST - 5
) -> Target:
    return Target.objects.create(
        indicator=indicator, territory=territory, year=year, value=value, baseline_year=since, baseline_value=start
    )


@pytest.mark.parametrize(
    ("direction", "start", "now", "wanted", "words"),
    [
        ("up", "50", "60", "55", "Reached"),
        ("up", "50", "60", "65", "On track"),
        ("up", "50", "60", "90", "Behind"),
        # What should fall is behind where it rose.
        ("down", "50", "60", "40", "Behind"),
        ("down", "70", "60", "65", "Reached"),
    ],
)
def test_card_says_how_far_the_target_is_by_the_direction(client, city, direction, start, now, wanted, words):
    release, rate = ReleaseFactory(), RateFactory(direction=direction)
    released(release, rate, city, str(LAST), now)
    target(rate, city, LAST + 5, wanted, start)
    text = words_of(page(client, city))
    # At a glance, and in the domain's section.
    assert text.count(f"Target for {LAST + 5}: {wanted}.0% {words} Based on the figure for {LAST}.") == 2


def test_card_shows_the_target_that_is_due_next_and_never_one_of_another_place(client, city):
    release, rate, other = ReleaseFactory(), RateFactory(), RateFactory()
    context = IndicatorFactory(direction=Direction.CONTEXT)
    released(release, rate, city, "2017", state="suppressed")
    for indicator in (rate, other, context):
        released(release, indicator, city.parent, "2017", "60")
    released(release, context, city, "2017", "60")
    year = timezone.localdate().year
    for due, wanted in ((year - 2, "51"), (year, "52"), (year + 2, "53")):
        target(rate, city, due, wanted, "50")
    target(other, city, year, "54", "50")
    target(rate, city.parent, year, "55", "50")
    target(context, city, year, "56", "50")
    text = words_of(page(client, city))
    assert text.count(f"Target for {year}: 52.0% Not known No published figure shows the progress.") == 2
    assert text.count("Target for") == 2


def test_figure_of_the_country_is_labelled_and_not_the_citys_own(client, city):
    release, rate = ReleaseFactory(), RateFactory()
    released(release, rate, city.parent, "2017", "61.5")
    text = words_of(page(client, city))
    assert text.count("Figure for Bigland , not for Rivertown") == 2
    assert "61.5 %" in text
    assert "0 of 1" in text  # domains with figures of its own
    assert "Figure for" not in words_of(page(client, city.parent))


def test_partial_figure_says_so_in_words(client, city):
    districts(city, 3)
    release, count = ReleaseFactory(), IndicatorFactory()
    released(release, count, city, "2017", 10, origin=Origin.TERRITORIES, reporters=2, expected=3)
    assert "Partial: 2 of 3 districts reported" in words_of(page(client, city))


def part_of_the_city(release: Release, count: Indicator, city: Territory) -> None:
    """All 73 neighbourhoods in one year, one of them in the next."""
    for year, value, reporters in ((LAST - 1, 78_400, 73), (LAST, 2_900, 1)):
        released(release, count, city, str(year), value, origin=Origin.TERRITORIES, reporters=reporters, expected=73)


def test_partial_figure_is_no_ground_for_a_judgement(client, city):
    release, unemployed = ReleaseFactory(), IndicatorFactory(name="Registered unemployed", direction=Direction.DOWN)
    part_of_the_city(release, unemployed, city)
    target(unemployed, city, LAST, "60000", "114443")
    html = page(client, city)
    text = words_of(html)
    for judgement in ("Better", "Worse", "Down", "96.3", "Reached", "On track", "sparkline"):
        assert judgement not in text
    assert '<svg class="sparkline"' not in html
    assert text.index("78,400") < text.index("2,900")
    assert f"{LAST}: 2,900 Partial: 1 of 73 areas reported" in text
    assert f"Not known The figure for {LAST} is partial." in text
    # Nor is it drawn: the chart's table has it, without a number to draw.
    row = html[html.index(f'<th scope="row">{LAST}</th>') :]
    assert 'data-value=""' in row[: row.index("</tr>")]
    indicator_text = words_of(client.get(f"{unemployed.get_absolute_url()}?territory=test-land:M").content.decode())
    assert "Better" not in indicator_text
    assert "Partial: 1 of 73 areas reported" in indicator_text


def test_head_of_the_page_is_the_last_whole_count_of_residents(client, city):
    release, residents = ReleaseFactory(), IndicatorFactory(code="C1", name="Residents")
    part_of_the_city(release, residents, city)
    html = page(client, city)
    head = words_of(html[html.index('<dl class="key-facts">') : html.index("</dl>")])
    assert f"Residents ({LAST - 1}) 78,400" in head
    assert "2,900" not in head


def test_head_of_the_page_is_never_of_a_part(client, city):
    release, residents = ReleaseFactory(), IndicatorFactory(code="C1", name="Residents")
    released(release, residents, city, str(LAST), 2_900, origin=Origin.TERRITORIES, reporters=1, expected=73)
    html = page(client, city)
    assert "2,900" not in html[html.index('<dl class="key-facts">') : html.index("</dl>")]


def test_share_of_few_people_is_no_headline(client, city):
    release, base = ReleaseFactory(), RateFactory(is_headline=True)
    other = RateFactory(domain=base.domain, name="Asked of all")
    for year, reported in ((LAST - 1, 5), (LAST, 9)):
        released(release, base, city, str(year), numerator=reported, denominator=31)
    released(release, other, city, str(LAST), "61.5")
    text = words_of(page(client, city))
    assert "Better" not in text
    assert "Small base: fewer than 50. Too few people to draw conclusions." in text
    assert text.index("61.5") < text.index("29.0")  # What may lead stands at the head of the domain.


def test_target_that_was_due_is_not_judged_by_an_earlier_year(client, city):
    release, unemployed = ReleaseFactory(), IndicatorFactory(direction=Direction.DOWN)
    for year, value in (("2013", 114_443), ("2016", 80_000), ("2017", 74_000)):
        released(release, unemployed, city, year, value)
    target(unemployed, city, 2020, "60000", "114443", since=2013)
    text = words_of(page(client, city))
    assert "Target for 2020: 60,000 Not known No published figure shows the progress." in text
    assert "On track" not in text
    # The age of the figure is its year; when it came in is another matter.
    assert "newer figures are due" in text
    assert "In the portal since" in text
    assert "oldest input" not in text
    assert "Down 6,000 from 2016 to 2017" in text


def test_no_sentence_goes_across_a_break(client, city):
    release, rate = ReleaseFactory(), RateFactory()
    for back, value, flags in ((4, "40", 0), (3, "45", 0), (2, "70", Flag.BREAK), (1, "80", 0), (0, "75", 0)):
        released(release, rate, city, str(LAST - back), value, flags=flags)
    html = page(client, city)
    text = words_of(html)
    assert f"From 70.0% ({LAST - 2}) up to 80.0%, the highest ({LAST - 1}), and down to 75.0% ({LAST})." in text
    assert f"The series has a break in {LAST - 2}: earlier figures are not compared." in text
    assert "40.0% (" not in text
    assert re.findall(r'data-value="([\d.]+)"(?:\s+(data-break))?', html) == [
        ("40.0000000000", ""),
        ("45.0000000000", ""),
        ("70.0000000000", "data-break"),
        ("80.0000000000", ""),
        ("75.0000000000", ""),
    ]


def test_sample_figures_are_marked_wherever_they_stand(client, city):
    release = ReleaseFactory()
    made_up, real = SourceFactory(name="Made up", is_sample=True), SourceFactory()
    sample, other = IndicatorFactory(), IndicatorFactory()
    for year in (LAST - 1, LAST):
        released(release, sample, city, str(year), 1000, source=made_up)
        released(release, other, city, str(year), 1000, source=real)
    pages = [
        page(client, city),
        client.get(f"{sample.get_absolute_url()}?territory=test-land:M").content.decode(),
        client.get(
            reverse("indicators:figure_detail", args=[sample.code, "test-land", "M", str(LAST)])
        ).content.decode(),
    ]
    for html in pages:
        assert "Sample: this figure is made up" in html
        assert "sample, made up" in html
    assert "Sample: these figures are made up" in pages[0]
    html = client.get(f"{other.get_absolute_url()}?territory=test-land:M").content.decode()
    assert "made up" not in html


def test_nothing_unreleased_or_protected_is_ever_on_a_public_page(client, city):
    """The confidential figures are there for the taking; no public page takes them."""
    (district,) = districts(city, 1)
    release, count = ReleaseFactory(), IndicatorFactory()
    released(release, count, city, "2016", 500)
    released(release, count, city, "2017", state="suppressed")
    released(release, count, district, "2017", state="suppressed")
    future = ReleaseFactory(state=Release.State.PREVIEW, published_at=None)
    released(future, count, city, "2017", 777001)
    observed(count, city, "2018", 777002)
    observed(count, district, "2017", 777003)
    keep_figure(count, city, period("2017"), breakdown(), 777004)
    urls = [
        city.get_absolute_url(),
        district.get_absolute_url(),
        count.get_absolute_url(),
        f"{count.get_absolute_url()}?territory=test-land:{district.code}",
        *(
            reverse("indicators:figure_detail", args=[count.code, "test-land", place.code, "2017"])
            for place in (city, district)
        ),
    ]
    for url in urls:
        response = client.get(url)
        assert response.status_code == 200, url
        html = re.sub(r"<svg.*?</svg>", "", response.content.decode(), flags=re.DOTALL)
        assert not re.search(r"777\D?00[1-4]", html), url
    assert (
        client.get(reverse("indicators:figure_detail", args=[count.code, "test-land", "M", "2018"])).status_code == 404
    )


def test_page_without_any_release_says_so(client, city):
    IndicatorFactory()
    districts(city, 2)
    text = words_of(page(client, city))
    assert "No figures are published yet" in text
    assert "District 01" in text


def test_page_without_any_domain_or_part(client, city):
    assert "Rivertown" in page(client, city)


@pytest.mark.parametrize("path", ["nowhere/M", "test-land/NONE"])
def test_unknown_territory_is_not_found(client, city, path):
    assert client.get(f"/territories/{path}/").status_code == 404
    assert client.get(f"/territories/{path}/parts.geojson").status_code == 404


def test_parts_stand_in_the_order_that_is_asked_for(client, city):
    release, count = ReleaseFactory(), IndicatorFactory(name="Residents")
    for district, value in zip(districts(city, 3), (20, 30, 10), strict=True):
        released(release, count, district, "2017", value)

    def order(**query):
        return re.findall(r'data-code="(D\d\d)"', page(client, city, **query))

    assert order() == ["D01", "D00", "D02"]
    assert order(sort="value") == ["D02", "D00", "D01"]
    assert order(sort="name") == ["D00", "D01", "D02"]
    assert order(sort="-name") == ["D02", "D01", "D00"]
    assert order(sort="nonsense", level="nonsense", indicator="nonsense") == ["D01", "D00", "D02"]


def test_queries_are_as_many_for_seventy_three_parts_as_for_three(client, city):
    release = ReleaseFactory()
    counts = [IndicatorFactory(direction=Direction.UP) for _ in range(3)]
    parts = districts(city, 3)

    def fill(territories):
        for count in counts:
            for territory in territories:
                for year in ("2016", "2017"):
                    released(release, count, territory, year, 10)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            page(client, city)
        return len(captured)

    fill([city, *parts])
    target(counts[0], city, 2024, "12", "9")
    page(client, city)  # what is asked once and kept
    few = queries()
    more = [TerritoryFactory(kind="district", name=f"More {n}", parent=city) for n in range(70)]
    fill(more)
    for count in counts[1:]:
        target(count, city, 2024, "12", "9")
    assert queries() == few
    assert few <= 30


def test_who_works_here_is_counted(client, city):
    OrganisationFactory(published=True, territory=city)
    OrganisationFactory(territory=city)
    html = page(client, city)
    assert "1 verified organisation works in Rivertown." in words_of(html)
    asked = urlencode({"territory": city.name, "territory_chosen": city.pk, "tier": "contact"}).replace("&", "&amp;")
    assert f"{reverse('orgs:organisation_list')}?{asked}" in html, "the same organisations as are counted"


def test_outlines_of_the_parts_are_sent_once(client, city):
    first, second = districts(city, 2)
    square = {"type": "Polygon", "coordinates": [[[0, 0], [0, 1], [1, 1], [0, 0]]]}
    TerritoryOutline.objects.create(territory=first, geometry=square)
    url = reverse("indicators:territory_outlines", args=["test-land", "M"])
    response = client.get(url, {"level": "district"})
    assert response["Content-Type"] == "application/geo+json"
    assert response.json()["features"] == [
        {"type": "Feature", "properties": {"code": "D00", "name": "District 00"}, "geometry": square}
    ]
    again = client.get(url, {"level": "district"}, headers={"if-none-match": response["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    TerritoryOutline.objects.create(territory=second, geometry=square)
    changed = client.get(url, {"level": "district"}, headers={"if-none-match": response["ETag"]})
    assert len(changed.json()["features"]) == 2
    assert client.get(url).json() == changed.json()
    assert client.get(url, {"on": "2017-02-30"}).status_code == 404


def test_places_are_found_by_name_whatever_the_accents(client, city):
    TerritoryFactory(kind="neighbourhood", name="el Poble-sec", parent=city, code="N1")
    TerritoryFactory(kind="unallocated", name="Poble not stated", parent=city, code="N99")
    url = reverse("indicators:territory_list")
    text = words_of(client.get(url, {"q": "POBLE"}).content.decode())
    assert "el Poble-sec" in text
    assert "Rivertown" in text  # where it lies
    assert "not stated" not in text
    assert "No place has this name" in words_of(client.get(url, {"q": "zzz"}).content.decode())


def test_places_are_listed_from_the_top_down(client, city):
    districts(city, 1)
    html = client.get(reverse("indicators:territory_list")).content.decode()
    assert html.index("Bigland") < html.index("Rivertown")
    assert "District 00" not in html


def test_period_that_has_not_come_does_not_lead(client, city):
    release = ReleaseFactory()
    rate = RateFactory(name="Employment rate", is_headline=True)
    part = TerritoryFactory(parent=city, scheme=city.scheme, kind=Territory.Kind.DISTRICT)
    for place in (city, part):
        released(release, rate, place, str(LAST - 1), numerator=500, denominator=1000)
        released(release, rate, place, str(LAST), numerator=600, denominator=1000)
        released(release, rate, place, "2035", numerator=770, denominator=1000)
    address = f"{rate.get_absolute_url()}?territory={city.scheme.code}:{city.code}"
    for html in (page(client, city), client.get(address).content.decode()):
        first = re.search(r'class="figure-value[^>]*><span\s+dir="ltr">([^<]+)', html)
        assert first
        assert first[1] == "60.0"
        words = words_of(html)
        assert f"From 50.0% ({LAST - 1}) to 60.0% ({LAST})." in words
        assert f"Up 10.0 points since {LAST - 1}" in words
    parts = territory_parts(city, release, rate, Territory.Kind.DISTRICT, timezone.localdate())
    assert parts.period is not None
    assert parts.period.code == str(LAST)
