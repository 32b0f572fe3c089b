"""What a unit allows: its range, its scale, its currency; and periods that have not ended."""

import datetime
from typing import Any

import pytest

from indicators.imports import actions as imports
from indicators.imports.messages import message_text
from indicators.models import ImportBatch, Observation
from indicators.vocabulary import CURRENCY_OF_UNIT, RANGE_OF_UNIT, Unit
from tests.indicators.land import Land, table
from tests.indicators.stored import published, rules, sentences, store

pytestmark = pytest.mark.django_db
FLAGGED = ("place", "year", "sex", "people", "flag")
FLAG: dict[str, Any] = {"flag": {"column": "flag", "codes": {"p": "provisional", "e": "estimated"}}}


def test_every_unit_has_a_range() -> None:
    assert set(RANGE_OF_UNIT) == set(Unit)
    assert all(len(currency) == 3 for currency in CURRENCY_OF_UNIT.values())


@pytest.mark.parametrize(
    ("indicator", "value", "sentence"),
    [
        ("RATE", "-12.5", "−12.5%, and in this unit (%) a figure cannot be less than 0.0%."),
        ("SCORE", "185", "185.0, and in this unit (index from 0 to 100) a figure cannot be more than 100.0."),
        ("MOOD", "10.4", "10.4, and in this unit (from 0 to 10) a figure cannot be more than 10.0."),
    ],
)
def test_figure_outside_the_range_of_its_unit(land: Land, indicator: str, value: str, sentence: str) -> None:
    batch = published(table(("N1", 2017, "all", value)), indicator)
    assert rules(batch) == ["outside_range"]
    assert sentences(batch) == [f"{indicator}. Everybody in N1 in 2017: {sentence}"]
    edge = published(table(("N2", 2017, "all", "0"), ("N3", 2017, "all", "10")), indicator)
    assert rules(edge) == []


def test_share_over_100_is_told_once(land: Land) -> None:
    assert rules(published(table(("N1", 2017, "all", "185")), "RATE")) == ["share_over_100"]


def test_share_that_looks_like_a_fraction(land: Land) -> None:
    batch = published(table(("N1", 2017, "all", "0.623")), "RATE")
    assert sentences(batch) == ["RATE. Everybody in N1 in 2017: 0.623 looks like a fraction. Is 62.3% meant?"]


def test_fraction_among_shares_is_told_and_a_small_share_is_not(land: Land) -> None:
    rows = [
        ("N1", 2017, "all", "61.0"),
        ("N2", 2017, "all", "0.6"),
        ("N3", 2017, "women", "0.6"),
        ("N4", 2017, "women", "1.1"),
    ]
    batch = published(table(*rows), "RATE")
    assert [finding.territory.code for finding in batch.findings.filter(rule="fraction")] == ["N2"]


@pytest.mark.parametrize(
    ("year", "flag", "found"), [(2035, "", True), (2035, "e", True), (0, "", True), (0, "p", False), (-1, "", False)]
)
def test_period_that_has_not_ended(land: Land, year: int, flag: str, found: bool) -> None:
    if year < 2000:
        year += datetime.date.today().year  # noqa: DTZ011
    batch = store(land, ("N1", year, "all", 50, flag), header=FLAGGED, **FLAG)
    assert ("not_ended" in rules(batch)) == found
    if found:
        assert sentences(batch) == [f"PEOPLE. Everybody in N1 in {year}: 50, though the period has not ended."]


@pytest.fixture
def money(land: Land) -> Land:
    indicator = land.indicators["SCORE"]
    indicator.unit, indicator.direction = Unit.EUROS_PER_MONTH, "down"
    indicator.save()
    return land


RENT = ("place", "year", "sex", "people", "money")
SCORE: dict[str, Any] = {"indicator": {"constant": "SCORE"}}


@pytest.mark.parametrize(
    ("currency", "code", "value"),
    [
        (None, "no_currency", "EUR"),
        ({"constant": "USD"}, "other_currency", "USD → EUR"),
        ({"column": "money"}, "other_currency", "GBP → EUR"),
        ({"column": "money", "codes": {"€": "EUR"}}, "unknown_currency", "GBP"),
    ],
)
def test_money_in_another_currency_is_refused(money: Land, currency: Any, code: str, value: str) -> None:
    content = table(
        ("N1", 2017, "all", 900, "€" if currency and "codes" in currency else "EUR"),
        ("N2", 2017, "all", 800, "GBP"),
        header=RENT,
    )
    batch = money.check(content, **SCORE, **({"currency": currency} if currency else {}))
    assert batch.state == ImportBatch.State.REFUSED
    assert list(batch.messages.values_list("code", "value")) == [(code, value)]
    assert all(message_text(message) for message in batch.messages.all())


def test_money_in_its_own_currency_is_taken(money: Land) -> None:
    content = table(("N1", 2017, "all", 900, "€"), ("N2", 2017, "all", 800, "eur"), header=RENT)
    currency = {"column": "money", "codes": {"€": "EUR", "eur": "eur"}}
    imports.store_import(batch=money.check(content, **SCORE, currency=currency))
    assert Observation.objects.count() == 2


def test_people_have_no_currency(land: Land) -> None:
    assert land.check(table(("N1", 2017, "all", 9))).state == ImportBatch.State.CHECKED
