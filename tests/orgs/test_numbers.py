"""Numbers as people write them."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from babel.numbers import parse_decimal
from django import forms
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import translation
from psycopg2.sql import SQL

import indicators
import orgs
import partnerships
from orgs.forms import NumberField, PortalForm, PortalModelForm, WholeNumberField
from orgs.numbers import LIKELY, Number, Writing, read_number, write_amount, write_number, writing_of


@pytest.mark.parametrize(
    ("language", "text", "number"),
    [
        ("en", "1234.5", "1234.5"),
        ("en", "1,234.5", "1234.5"),
        ("en", " 12 ", "12"),
        ("en", "0", "0"),
        ("es", "1234,5", "1234.5"),
        ("es", "1.234,5", "1234.5"),
        ("es", "4.800", "4800"),
        ("es", "1 234", "1234"),
        ("fr", "1\u202f234,5", "1234.5"),
        ("ar", "١٢٣", "123"),
        ("en", "−3", "-3"),
        ("ar", "\u200e−1.234,5", "-1234.5"),
        ("en", "\u00a012\t", "12"),
    ],
)
def test_number_is_read_in_the_readers_way(language: str, text: str, number: str) -> None:
    with translation.override(language):
        assert read_number(text) == Decimal(number)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "1,5"),
        ("es", "4.8"),
        ("en", "1,23,4"),
        ("en", "1e5"),
        ("en", "NaN"),
        ("en", "1e308"),
        ("en", ""),
        ("en", "12 people"),
        ("en", "1" * 19),
        ("es", "1,2,3"),
    ],
)
def test_what_could_be_another_number_is_not_guessed(language: str, text: str) -> None:
    with translation.override(language), pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        read_number(text)


def test_number_is_written_as_it_is_read() -> None:
    for language in ("en", "es", "fr", "ar"):
        with translation.override(language):
            for number in ("0", "1234.5", "1234567", "0.001", "-12.25"):
                assert read_number(write_number(Decimal(number))) == Decimal(number)


@pytest.mark.parametrize("language", ["en", "es", "fr"])
@pytest.mark.parametrize(
    "text", ["1234.5", "1,234.5", "1.234,5", "1.234", "1,234", "0.623", "0,623", "12.34", "12,34", "1.23.4"]
)
def test_no_number_is_read_otherwise_than_babel_reads_it(language: str, text: str) -> None:
    with translation.override(language):
        try:
            number = read_number(text)
        except ValueError:
            return
        assert number == parse_decimal(text, locale=language, strict=True)


@pytest.mark.parametrize(
    ("language", "number", "text"),
    [
        ("en", "-1234567.25", "−1,234,567.25"),
        ("es", "-1234567.25", "−1.234.567,25"),
        ("es", "1234", "1.234"),
        ("fr", "1234.5", "1\u202f234,5"),
        ("ar", "-1234.5", "\u200e−1.234,5"),
        ("en", "12.500", "12.5"),
        ("en", "1200", "1,200"),
        ("en", "0.00", "0"),
    ],
)
def test_number_is_written_in_the_readers_way(language: str, number: str, text: str) -> None:
    with translation.override(language):
        assert write_number(Decimal(number)) == text


@pytest.mark.parametrize(
    ("number", "decimals", "text"),
    [
        (Decimal("0.25"), 1, "+0.3"),
        (Decimal("-0.04"), 1, "0.0"),
        (Decimal("0.04"), 1, "0.0"),
        (Decimal("30"), 1, "+30"),
        (2.0, 1, "+2.0"),
        (1234, 0, "+1,234"),
        (0, 0, "0"),
        (Decimal("12.500000"), 2, "+12.50"),
    ],
)
def test_number_is_rounded_half_up_to_no_more_digits_than_it_has(number: Number, decimals: int, text: str) -> None:
    assert write_number(number, decimals, has_plus=True) == text


def test_amount_is_written_with_the_sign_of_its_currency() -> None:
    assert write_amount(Decimal("1234.5"), "EUR") == "€1,234.50"
    with translation.override("es"):
        assert write_amount(Decimal("1234.5"), "EUR") == "1.234,50\u00a0€"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("writing", "text", "number"),
    [
        (Writing(",", "."), "1.234.567,5", "1234567.5"),
        (Writing(",", "."), "0.623", None),
        (Writing(",", "."), "12.34", None),
        (Writing(".", " "), "1\u202f234", "1234"),
        (Writing(".", "'"), "1'234.5", "1234.5"),
        (Writing("."), "24.512", "24.512"),
        (Writing("."), "1e3", None),
        (Writing("."), "1\n", None),
        (Writing(".", ", "), "1,234 567", None),
    ],
)
def test_files_and_the_database_read_a_number_alike(writing: Writing, text: str, number: str | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            SQL("SELECT r.t ~ %(pattern)s, {plain} FROM (SELECT %(text)s::text AS t) AS r").format(
                plain=writing.sql(SQL("r.t"))
            ),
            {"pattern": writing.pattern(), "text": text, **writing.parameters},
        )
        is_number, plain = cursor.fetchone()
    assert is_number == (number is not None)
    if number is None:
        with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
            writing.read(text)
    else:
        assert writing.read(text) == Decimal(plain) == Decimal(number)


@pytest.mark.parametrize(
    ("texts", "writing", "open_sign"),
    [
        (["24.512", "10.430", "987"], Writing("."), "."),
        (["24,512", "987"], Writing(","), ","),
        (["24.512", "10.43"], Writing("."), ""),
        (["0.623", "0.512"], Writing("."), ""),
        (["24.512", "1.234.567"], Writing(",", "."), ""),
        (["24.512,5", "10"], Writing(",", "."), ""),
        (["12 345", "1"], Writing(".", " "), ""),
        (["12", "13"], Writing("."), ""),
        (["12", "many"], None, ""),
    ],
)
def test_writing_of_a_column(texts: list[str], writing: Writing | None, open_sign: str) -> None:
    assert writing_of(texts) == (writing, open_sign)


@pytest.mark.parametrize("writing", LIKELY)
def test_no_writing_reads_a_number_as_a_thousandth_of_another(writing: Writing) -> None:
    """Whatever the signs: a text is one number or none."""
    for text in ("1.234", "1,234", "1 234", "1'234", "12.5", "1.234,5", "1,234.5", "0.5"):
        try:
            number = writing.read(text)
        except ValueError:
            continue
        sign = next(letter for letter in text if not letter.isdigit())
        assert (number == number.to_integral_value()) == (sign == writing.thousands and writing.decimal not in text)


@pytest.mark.parametrize(
    ("language", "text", "number"),
    [("es", "6.500", 6500), ("es", "1.000", 1000), ("en", "1,000", 1000), ("en", "12", 12)],
)
def test_fields_read_in_the_readers_way(language: str, text: str, number: int) -> None:
    with translation.override(language):
        assert NumberField().clean(text) == number
        assert WholeNumberField().clean(text) == number


@pytest.mark.parametrize("text", ["1.000", "1.5", "1e3", "0x10", "NaN", "many"])
def test_whole_number_has_no_fraction(text: str) -> None:
    with pytest.raises(ValidationError, match="not a whole number"):
        WholeNumberField().clean(text)


def test_field_shows_a_number_as_it_reads_it() -> None:
    with translation.override("es"):
        assert NumberField().prepare_value(Decimal("1234.5000")) == "1234,5"
        assert NumberField().clean("1234,5") == Decimal("1234.5")


def forms_of(base: type[forms.Form] | type[forms.ModelForm]) -> Iterator[Any]:
    for form in base.__subclasses__():
        yield form
        yield from forms_of(form)


def test_every_form_reads_numbers_by_the_one_reader() -> None:
    for package in (orgs, indicators, partnerships):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "form" in module.name:
                importlib.import_module(module.name)
    found = 0
    for form in [*forms_of(PortalForm), *forms_of(PortalModelForm)]:
        for name, field in form.base_fields.items():
            if isinstance(field, forms.IntegerField) and not field.widget.is_hidden:
                found += 1
                assert isinstance(field, NumberField | WholeNumberField), (form, name)
    assert found > 10
