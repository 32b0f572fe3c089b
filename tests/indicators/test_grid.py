"""Numbers as people write them."""

from decimal import Decimal

import pytest
from django.utils import translation

from indicators.grid import plain, read_number


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
    with translation.override(language), pytest.raises(ValueError, match=r"^[^ ]*$"):
        read_number(text)


def test_number_is_written_as_it_is_read() -> None:
    for language in ("en", "es", "fr", "ar"):
        with translation.override(language):
            for number in ("0", "1234.5", "1234567", "0.001", "-12.25"):
                assert read_number(plain(Decimal(number))) == Decimal(number)
