"""What pages work out of figures, against plain recomputation."""

import datetime
from decimal import Decimal

import pytest
from django.template.loader import render_to_string
from django.utils import timezone, translation

from indicators.catalogue.formatting import (
    change_words,
    period_in_sentence,
    period_words,
    value_words,
)
from indicators.dashboards.cards import make_card
from indicators.dashboards.cells import period_at, read_released
from indicators.dashboards.indicator import territory_with_figures
from indicators.dashboards.opening import opening_sentences
from indicators.dashboards.parts import indicators_of_parts, territory_parts
from indicators.dashboards.territory import count_kinds, organisations_at_work, territory_dashboard
from indicators.models import Period, Release, ReleasedFigure
from indicators.vocabulary import Direction, Flag, Origin, PeriodKind
from orgs.drawing.icons import icon_shapes
from orgs.models import Territory
from orgs.numbers import write_number
from tests.factories import OrganisationFactory, TerritoryFactory
from tests.factories_indicators import (
    IndicatorFactory,
    RateFactory,
    ReleaseFactory,
    SourceFactory,
    period,
    released,
    standard_groups,
)

pytestmark = pytest.mark.django_db
LAST = timezone.localdate().year - 1
"""The last year that is over: figures of it are current."""
NAMES = {
    "origin=HOST": "Host population",
    "origin=FOREIGN": "Migrants",
    "origin=THIRD": "From a third country",
    "sex=F": "Women",
    "sex=M": "Men",
}


def card_of(indicator, territory, kinds=None):
    cells = read_released(ReleasedFigure.objects.filter(indicator=indicator, territory=territory))
    return make_card(indicator, territory, cells, NAMES, kinds)


@pytest.fixture
def release():
    return ReleaseFactory()


# --- Periods and words --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", PeriodKind.values)
def test_periods_between_are_those_of_the_database(kind):
    for stored in Period.objects.filter(kind=kind, year__in=[1999, 2024]):
        made = period_at(stored.starts_on, kind)
        assert (made.code, made.ends_on, made.year) == (stored.code, stored.ends_on, stored.year)


def test_periods_are_named_in_the_language_of_the_reader():
    assert period_words(period("2017-12")) == "December 2017"
    assert period_words(period("2017-Q4")) == "fourth quarter of 2017"
    assert period_in_sentence(period("2017-Q4")) == "the fourth quarter of 2017"
    assert period_in_sentence(period("2017-S2")) == "the second half of 2017"
    assert period_in_sentence(period("2017-12")) == "December 2017"
    assert period_words(period("2017-S2")) == "second half of 2017"
    assert period_words(period("2017")) == "2017"
    with translation.override("es"):
        assert period_words(period("2017-12")) == "diciembre de 2017"
        assert period_words(period("2017-Q4")) == "cuarto trimestre de 2017"
        assert change_words(Decimal("2.5"), Decimal(9), period("2017-Q4"), RateFactory(), with_share=False) == (
            "Sube 2,5 puntos desde el cuarto trimestre de 2017"
        )


def test_numbers_round_half_up_and_group_their_thousands():
    assert write_number(Decimal("1234.5"), 0) == "1,235"
    assert write_number(Decimal("-0.25"), 1) == "−0.3"
    with translation.override("es"):
        assert write_number(Decimal("1234567.89"), 1) == "1.234.567,9"


def test_a_change_too_small_to_be_seen_is_none():
    rate, count = RateFactory(), IndicatorFactory()

    def words(difference, before, indicator, *, with_share=False):
        return change_words(Decimal(difference), Decimal(before), period("2016"), indicator, with_share=with_share)

    assert words("0.04", 10, rate) == "Unchanged since 2016"
    assert words("-1.25", 10, rate) == "Down 1.3 points since 2016"
    assert words(50, 200, count, with_share=True) == "Up 50 (25.0%) since 2016"
    assert words(50, 0, count) == "Up 50 since 2016"


# --- One indicator in one territory -------------------------------------------------------------------------------------


def test_monthly_figures_are_compared_with_the_year_before_and_the_month_before(release):
    indicator = IndicatorFactory(frequency=PeriodKind.MONTH, direction=Direction.DOWN)
    territory = TerritoryFactory()
    last = LAST
    for code, value in {f"{last - 1}-12": 100, f"{last}-11": 80, f"{last}-12": 90, f"{last}": 95}.items():
        released(release, indicator, territory, code, value)
    card = card_of(indicator, territory)
    assert card.latest.value == 90
    assert card.kind == PeriodKind.MONTH
    assert [(change.difference, change.progress) for change in card.changes] == [(-10, "better"), (10, "worse")]


@pytest.mark.parametrize(
    ("now", "side", "progress", "words"),
    [("17.8", 0, "same", "Unchanged"), ("18.7", 1, "worse", "Up 1"), ("17.3", -1, "better", "Down 1")],
)
def test_arrow_words_and_tone_follow_the_difference_that_is_shown(release, now, side, progress, words):
    indicator = IndicatorFactory(measure="score", unit="index_0_100", decimals=0, direction=Direction.DOWN)
    place = TerritoryFactory()
    released(release, indicator, place, str(LAST - 1), "18.2")
    released(release, indicator, place, str(LAST), now)
    change = card_of(indicator, place).change
    assert (change.side, change.progress) == (side, progress)
    assert change.words.startswith(words)
    html = render_to_string("indicators/_change.html", {"change": change})
    arrows = {name: icon_shapes()[name][1] in html for name in ("arrow-up", "arrow-down")}
    assert arrows == {"arrow-up": side > 0, "arrow-down": side < 0}


def test_people_are_named_once_in_a_sentence_and_only_the_drawn_span_is_spoken_of(release):
    people, place = IndicatorFactory(frequency=PeriodKind.MONTH), TerritoryFactory()
    for year in range(LAST - 6, LAST + 1):
        for month in range(1, 13):
            released(release, people, place, f"{year}-{month:02d}", 1000 * (year - LAST + 10) + month)
    card = card_of(people, place)
    first = str(card.chart["rows"][0]["label"])
    assert first == f"January {LAST - 4}"
    assert card.finding.startswith(f"From 6,001 people ({first}) up to 10,012 (December {LAST})")
    assert [one.text for one in opening_sentences([card])] == [card.finding]


def test_what_a_chart_leaves_out_is_said_beside_it(release):
    rate, place = RateFactory(), TerritoryFactory()
    released(release, rate, place, str(LAST - 2), "29.5", reporters=72, expected=73)
    for year, value in ((LAST - 1, "34.0"), (LAST, "34.4")):
        released(release, rate, place, str(year), value)
    chart = card_of(rate, place).chart
    assert chart["note"] == f"Partial figures are shown in the table only: {LAST - 2}."
    assert chart["note"] in render_to_string("components/chart.html", {"chart": chart})


def test_gaps_in_time_are_points_without_a_figure(release):
    indicator, territory = IndicatorFactory(), TerritoryFactory()
    for code, value in {"2013": 5, "2016": 8}.items():
        released(release, indicator, territory, code, value)
    card = card_of(indicator, territory)
    assert card.total.values == [5, None, None, 8]
    assert [point.state for point in card.total.points] == ["", "missing", "missing", ""]
    assert card.change is None  # nothing is known of the year before


def test_no_comparison_across_a_break_in_the_series(release):
    indicator, territory = RateFactory(), TerritoryFactory()
    released(release, indicator, territory, "2020", "60.0")
    released(release, indicator, territory, "2021", "65.0", flags=Flag.BREAK)
    change = card_of(indicator, territory).change
    assert change.difference is None
    assert "break" in change.words
    assert change.progress == ""


def test_the_latest_known_figure_stands_where_the_newest_is_missing(release):
    indicator, territory = IndicatorFactory(), TerritoryFactory()
    released(release, indicator, territory, "2016", 8)
    released(release, indicator, territory, "2017", state="missing")
    card = card_of(indicator, territory)
    assert (card.latest.value, card.newer_missing) == (8, "2017")


def test_no_card_where_every_figure_is_missing(release):
    indicator, territory = IndicatorFactory(), TerritoryFactory()
    released(release, indicator, territory, "2017", state="missing")
    assert card_of(indicator, territory) is None


def test_groups_without_a_figure_of_all_lead_with_migrants_and_the_gap(release):
    indicator, place = RateFactory(comparator="host", unit="percent", factor=100), TerritoryFactory()
    for key, value in (("origin=HOST", 13), ("origin=FOREIGN", 35)):
        released(release, indicator, place, str(LAST), value, key=key)
    card = card_of(indicator, place)
    assert (card.lead, card.lead_group, card.latest.value) == ("origin=FOREIGN", "Migrants", 35)
    assert card.gap.difference == 22
    assert card.chart["columns"] == ["Migrants", "Host population"]
    assert card.url.endswith("?breakdown=origin=FOREIGN")
    assert territory_with_figures(indicator, release) == place


def test_a_figure_of_women_alone_stands_for_nobody_else(release):
    indicator, place = IndicatorFactory(), TerritoryFactory()
    released(release, indicator, place, str(LAST), 5, key="sex=F")
    assert card_of(indicator, place) is None


def test_a_suppressed_figure_is_a_card_without_a_number(release):
    indicator, territory = IndicatorFactory(), TerritoryFactory()
    released(release, indicator, territory, "2016", 8)
    released(release, indicator, territory, "2017", state="suppressed")
    card = card_of(indicator, territory)
    assert (card.latest.state, card.latest.value, card.change) == ("suppressed", None, None)


def test_shares_of_women_and_men_are_of_the_total(release):
    indicator, territory = IndicatorFactory(), TerritoryFactory()
    for key, value in {"": 2000, "sex=F": 1200, "sex=M": 800}.items():
        released(release, indicator, territory, "2017", value, key=key)
    assert [(one.name, one.cell.value, one.share) for one in card_of(indicator, territory).sexes] == [
        ("Women", 1200, 60),
        ("Men", 800, 40),
    ]


# --- The gap ------------------------------------------------------------------------------------------------------------


def test_gap_of_another_year_says_its_year(release):
    rate, place = RateFactory(), TerritoryFactory()
    for key, value in (("", "60.0"), ("origin=HOST", "61.0"), ("origin=FOREIGN", "55.0")):
        released(release, rate, place, str(LAST - 1), value, key=key)
    assert card_of(rate, place).old_gap_period == ""
    released(release, rate, place, str(LAST), "62.0")
    card = card_of(rate, place)
    assert (card.gap.migrants, card.old_gap_period) == (55, str(LAST - 1))
    html = render_to_string("components/gap.html", {"gap": card.gap.difference, "period": card.old_gap_period})
    assert f"({LAST - 1})" in html


def test_of_a_group_that_leads_no_older_figure_is_said_beside_it(release):
    rate, place = RateFactory(), TerritoryFactory()
    for year, key, value in (
        (LAST - 2, "origin=HOST", "66.9"),
        (LAST - 2, "origin=THIRD", "55.2"),
        (LAST - 1, "origin=THIRD", "62.9"),
        (LAST, "origin=THIRD", "63.3"),
    ):
        released(release, rate, place, str(year), value, key=key)
    card = card_of(rate, place)
    assert (card.lead, card.latest.value) == ("origin=THIRD", Decimal("63.3"))
    assert (card.gap, card.gap_words) == (None, "")
    assert "66.9" not in card.finding
    assert len(card.chart["columns"]) == 2


def test_gap_is_migrants_minus_host_in_points_and_as_a_ratio(release):
    rate, territory = RateFactory(), TerritoryFactory()
    released(release, rate, territory, "2017", numerator=700, denominator=1000)
    released(release, rate, territory, "2017", key="origin=FOREIGN", numerator=120, denominator=200)
    released(release, rate, territory, "2017", key="origin=HOST", numerator=580, denominator=800)
    gap = card_of(rate, territory).gap
    assert gap.difference == Decimal(60) - Decimal("72.5")
    assert gap.ratio == Decimal(60) / Decimal("72.5")


def test_gap_pools_the_groups_by_their_parts_and_never_averages_rates(release):
    rate, territory = RateFactory(), TerritoryFactory()
    released(release, rate, territory, "2017", numerator=700, denominator=1000)
    released(release, rate, territory, "2017", key="origin=MOBILE", numerator=10, denominator=100)
    released(release, rate, territory, "2017", key="origin=THIRD", numerator=90, denominator=300)
    released(release, rate, territory, "2017", key="origin=HOST", numerator=500, denominator=1000)
    gap = card_of(rate, territory).gap
    assert gap.migrants == Decimal(100) * 100 / 400  # 25 %, while the mean of 10 % and 30 % is 20 %
    assert gap.difference == Decimal(-25)


def test_gap_of_counts_is_a_difference_of_people(release):
    people, territory = IndicatorFactory(comparator="host"), TerritoryFactory()
    released(release, people, territory, "2017", 1000, denominator=5)
    for key, amount in {"origin=MOBILE": 60, "origin=THIRD": 40, "origin=HOST": 900}.items():
        released(release, people, territory, "2017", amount, key=key, denominator=5)
    gap = card_of(people, territory).gap
    assert (gap.group, gap.migrants, gap.host, gap.difference) == ("origin=FOREIGN", 100, 900, -800)


def test_gap_has_no_more_digits_than_its_rates_and_says_how_far_it_may_be_off(release):
    rate, territory = RateFactory(rounding=5), TerritoryFactory()
    released(release, rate, territory, "2017", "24.6", denominator=5000, step="0.2")
    for key, value, base, step in [
        ("origin=MOBILE", 30, 200, 5),
        ("origin=THIRD", 37, 800, 1),
        ("origin=HOST", "22.4", 4000, "0.2"),
    ]:
        released(release, rate, territory, "2017", value, key=key, denominator=base, step=step)
    gap = card_of(rate, territory).gap
    assert (gap.migrants, gap.host) == (36, Decimal("22.4"))  # 35.6 on average
    assert (gap.difference, round(gap.margin, 2)) == (14, Decimal("1.05"))
    assert str(gap.difference) == "14"


def test_protected_value_is_written_with_the_digits_it_has(release):
    rate, territory = RateFactory(), TerritoryFactory()
    released(release, rate, territory, "2016", "24.6", denominator=5000, step="0.2")
    released(release, rate, territory, "2017", 30, denominator=200, step=5)
    card = card_of(rate, territory)
    assert [value_words(value, rate) for value in card.total.values] == ["24.6%", "30%"]
    assert (card.cell.step, card.cell.margin) == (5, Decimal("2.5"))


def test_rates_without_parts_are_not_pooled(release):
    rate, territory = RateFactory(), TerritoryFactory()
    released(release, rate, territory, "2017", "60.0")
    for key, value in {"origin=MOBILE": "70.0", "origin=THIRD": "50.0", "origin=HOST": "65.0"}.items():
        released(release, rate, territory, "2017", value, key=key)
    gap = card_of(rate, territory).gap
    assert (gap.group, gap.migrants, gap.difference) == ("origin=THIRD", 50, -15)


@pytest.mark.parametrize("hidden", ["origin=FOREIGN", "origin=HOST"])
def test_gap_with_a_protected_part_is_protected(release, hidden):
    rate, territory = RateFactory(), TerritoryFactory()
    released(release, rate, territory, "2017", "60.0")
    for key in ("origin=FOREIGN", "origin=HOST"):
        if key == hidden:
            released(release, rate, territory, "2017", key=key, state="suppressed")
        else:
            released(release, rate, territory, "2017", "61.0", key=key)
    gap = card_of(rate, territory).gap
    assert gap.is_protected
    assert (gap.difference, gap.ratio) == (None, None)


@pytest.mark.parametrize("nobody", ["origin=FOREIGN", "origin=HOST"])
def test_no_gap_to_those_who_are_not_there(release, nobody):
    rate, territory = RateFactory(), TerritoryFactory()
    released(release, rate, territory, "2017", "60.0")
    for key in ("origin=FOREIGN", "origin=HOST"):
        value, state = (None, "not_applicable") if key == nobody else ("61.0", "shown")
        released(release, rate, territory, "2017", value, key=key, state=state)
    assert card_of(rate, territory).gap is None


def test_no_gap_where_the_indicator_has_no_host_to_compare_with(release):
    count, territory = IndicatorFactory(), TerritoryFactory()
    for key in ("", "origin=FOREIGN", "origin=HOST"):
        released(release, count, territory, "2017", 10, key=key)
    assert card_of(count, territory).gap is None


# --- A territory --------------------------------------------------------------------------------------------------------


@pytest.fixture
def city() -> Territory:
    country = TerritoryFactory(kind="country", name="Country", code="C")
    city = TerritoryFactory(kind="municipality", name="City", code="M", parent=country)
    for number in range(3):
        TerritoryFactory(kind="district", name=f"District {number}", code=f"D{number}", parent=city)
    TerritoryFactory(kind="unallocated", name="Not stated", code="D9", parent=city)
    return city


TODAY = datetime.date(2026, 11, 23)


def test_a_domain_takes_its_headline_before_its_other_indicators(release, city):
    first = IndicatorFactory(order=1)
    headline = IndicatorFactory(order=2, domain=first.domain, is_headline=True)
    for indicator in (first, headline):
        released(release, indicator, city, "2017", 10)
    (view,) = territory_dashboard(city, release, TODAY).domains
    assert view.card.indicator == headline
    assert [other.indicator for other in view.others] == [first]


def test_a_figure_of_the_country_is_borrowed_and_never_ones_own(release, city):
    own, borrowed = IndicatorFactory(), IndicatorFactory()
    released(release, own, city, "2017", 10)
    released(release, own, city.parent, "2017", 999)
    released(release, borrowed, city.parent, "2017", 20)
    dashboard = territory_dashboard(city, release, TODAY)
    views = {view.card.indicator: view for view in dashboard.domains}
    assert (views[own].is_borrowed, views[own].card.latest.value) == (False, 10)
    assert (views[borrowed].is_borrowed, views[borrowed].card.territory) == (True, city.parent)
    assert dashboard.own_count == 1


def test_a_suppressed_figure_is_not_replaced_by_that_of_the_country(release, city):
    indicator = IndicatorFactory()
    released(release, indicator, city, "2017", state="suppressed")
    released(release, indicator, city.parent, "2017", 20)
    (view,) = territory_dashboard(city, release, TODAY).domains
    assert (view.is_borrowed, view.card.latest.state) == (False, "suppressed")


def test_only_the_current_release_is_read(city):
    indicator = IndicatorFactory()
    old = ReleaseFactory(published_at=timezone.now() - datetime.timedelta(days=9))
    new = ReleaseFactory()
    unpublished = ReleaseFactory(state=Release.State.PREVIEW, published_at=None)
    for release, value in ((old, 1), (new, 2), (unpublished, 3)):
        released(release, indicator, city, "2017", value)
    (view,) = territory_dashboard(city, Release.objects.current(), TODAY).domains
    assert view.card.latest.value == 2


def test_coverage_names_the_kind_that_reports_and_says_what_is_missing(release, city):
    whole, partial = IndicatorFactory(), IndicatorFactory()
    released(release, whole, city, "2017", 10, origin=Origin.TERRITORIES, reporters=3, expected=3)
    released(release, partial, city, "2017", 10, origin=Origin.TERRITORIES, reporters=2, expected=3)
    kinds = count_kinds(city, TODAY)
    assert kinds == {"district": 3}
    coverage = card_of(whole, city, kinds).coverage
    assert (coverage.words, coverage.is_partial) == ("3 of 3 districts reported", False)
    coverage = card_of(partial, city, kinds).coverage
    assert (coverage.words, coverage.is_partial) == ("2 of 3 districts reported", True)


def test_sources_of_a_computed_figure_are_those_of_its_own_parts(release, city):
    indicator = IndicatorFactory()
    here, elsewhere = SourceFactory(name="Here"), SourceFactory(name="Elsewhere")
    released(release, indicator, city, "2017", 10, origin=Origin.TERRITORIES)
    released(release, indicator, city.parts.first(), "2017", 10, source=here)
    released(release, indicator, TerritoryFactory(name="Other town"), "2017", 10, source=elsewhere)
    (view,) = territory_dashboard(city, release, TODAY).domains
    assert view.card.sources == [here]


def test_parts_have_their_figures_of_the_latest_period_with_nothing_passed_for_zero(release, city):
    indicator = IndicatorFactory(direction=Direction.UP)
    shown, zero, hidden = city.parts.places().order_by("code")
    before, now = str(LAST - 1), str(LAST)
    for territory, value in ((shown, 80), (zero, 30)):
        released(release, indicator, territory, before, value)
    released(release, indicator, shown, now, 100)
    released(release, indicator, zero, now, 0)
    released(release, indicator, hidden, now, state="suppressed")
    assert indicators_of_parts(release, city) == [indicator]
    parts = territory_parts(city, release, indicator, "district", timezone.localdate())
    assert [(part.territory, part.value, part.state) for part in parts.sorted_by("-value")] == [
        (shown, 100, ""),
        (zero, 0, ""),
        (hidden, None, "suppressed"),
    ]
    assert parts.sorted_by("-value")[0].change.progress == "better"
    assert [part.territory for part in parts.sorted_by("value")] == [zero, shown, hidden]


def test_parts_are_those_of_the_time_of_the_figures(release, city):
    indicator = IndicatorFactory()
    gone = TerritoryFactory(
        kind="district", name="Old district", parent=city, valid_to=datetime.date(2017, 12, 31), code="OLD"
    )
    later = TerritoryFactory(
        kind="district", name="New district", parent=city, valid_from=datetime.date(2018, 1, 1), code="NEW"
    )
    released(release, indicator, gone, "2017", 5)
    there = {part.territory for part in territory_parts(city, release, indicator, "district", TODAY).figures}
    assert gone in there
    assert later not in there


def test_organisations_at_work_are_the_published_ones_here_below_and_above(city):
    district = city.parts.first()
    elsewhere = TerritoryFactory(name="Elsewhere", code="E")
    for places in ([city], [district], [city.parent], [city, district]):
        OrganisationFactory(published=True, territory=elsewhere).works_in.set(places)
    OrganisationFactory(published=True, territory=city)
    OrganisationFactory(published=True, territory=elsewhere)
    OrganisationFactory(territory=city)
    assert organisations_at_work(city) == 5


def test_groups_that_nobody_named_do_not_break_a_card(release):
    standard_groups()
    rate, territory = RateFactory(), TerritoryFactory()
    released(release, rate, territory, "2017", "60.0")
    card = card_of(rate, territory)
    assert (card.gap, card.sexes, card.as_chart.keys) == (None, [], [""])
