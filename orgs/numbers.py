"""The one reader of numbers, as files, spreadsheets and people write them, and the one writer, as the reader's language does.

What can be read as two numbers is not guessed. The signs of each language come from the Unicode locale data (Babel).

A number is at most 18 digits, then perhaps a decimal sign and more digits. The sign for thousands stands before each three digits or
nowhere, and never behind a 0 alone: 0.623 has no thousands. No exponent, no NaN.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

from babel import Locale
from babel.numbers import (
    NumberPattern,
    format_currency,
    format_decimal,
    get_decimal_symbol,
    get_group_symbol,
    get_minus_sign_symbol,
    get_plus_sign_symbol,
    parse_pattern,
)
from psycopg2.sql import SQL, Composable

from orgs.languages import readers_locale

Number = int | float | Decimal

SPACES = " \u00a0\u2009\u202f"
"""Every kind of space that stands between thousands."""
APOSTROPHES = "'’"
DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")
MARKS = "\u200e\u200f\u061c"
"""They stand beside the minus in languages that are written from the right, and are not seen."""
MINUS = "−"
"""A hyphen before a number could be taken for a dash."""
PLACES = 10
"""How many decimals are kept."""
REGIONS = {"ar": "MA"}
"""Whose signs a language has where its countries differ: Morocco and Spain write 1.234,5 alike."""


@dataclass(frozen=True)
class Writing:
    """How numbers are written: the decimal sign, and the signs that may stand between thousands (one kind in a number)."""

    decimal: str = "."
    thousands: str = ""
    """Each letter is one sign; a space stands for every kind of space."""

    @property
    def signs(self) -> str:
        return SPACES + self.thousands.strip() if set(self.thousands) & set(SPACES) else self.thousands

    def pattern(self, places: int = PLACES) -> str:
        """A regular expression of all such numbers, for Python and for PostgreSQL; zeros behind the last place say nothing."""
        whole = "[0-9]{1,18}"
        if self.signs:
            # Each kind of sign by itself: 1 234.567 has two.
            kinds = [f"[{SPACES}]"] if set(self.signs) & set(SPACES) else []
            kinds += [re.escape(sign) for sign in self.signs if sign not in SPACES]
            whole = "|".join([whole, *(f"[1-9][0-9]{{0,2}}({kind}[0-9]{{3}}){{1,5}}" for kind in kinds)])
        return f"^[+-]?({whole})({re.escape(self.decimal)}[0-9]{{1,{places}}}0{{0,20}})?$"

    def sql(self, text: Composable) -> Composable:
        """SQL for the plain number in what `pattern` allows, from SQL for its text: without signs for thousands, with a decimal point.

        The statement takes `parameters`.
        """
        if self.signs:
            text = SQL("translate({text}, %(thousands)s, '')").format(text=text)
        return text if self.decimal == "." else SQL("replace({text}, %(decimal)s, '.')").format(text=text)

    @property
    def parameters(self) -> dict[str, str]:
        return {"thousands": self.signs, "decimal": self.decimal}

    def read(self, text: str) -> Decimal:
        """ValueError where it is no such number."""
        if not re.fullmatch(self.pattern(), text):
            raise ValueError(text)
        for sign in self.signs:
            text = text.replace(sign, "")
        return Decimal(text.replace(self.decimal, "."))


def has_fraction(number: Decimal) -> bool:
    return number % 1 != 0


# --- As the reader writes them ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Signs:
    """Of a language. Where it is written from the right, an invisible mark keeps the minus and the plus on their side."""

    decimal: str
    thousands: str
    minus: str
    plus: str


@cache
def _number_locale(locale: Locale) -> Locale:
    return Locale(locale.language, REGIONS[locale.language]) if locale.language in REGIONS else locale


@cache
def _signs(locale: Locale) -> Signs:
    return Signs(
        get_decimal_symbol(locale),
        get_group_symbol(locale),
        get_minus_sign_symbol(locale).replace("-", MINUS),
        get_plus_sign_symbol(locale),
    )


@cache
def _pattern(least: int, most: int, is_grouped: bool) -> NumberPattern:
    return parse_pattern(f"{'#,##0' if is_grouped else '0'}.{'0' * least}{'#' * (most - least)}".rstrip("."))


def readers_signs() -> Signs:
    """In the language of the page."""
    return _signs(_number_locale(readers_locale()))


def read_number(text: str) -> Decimal:
    """A number as people write it in the language of the page: 1,234.5 or 1.234,5. ValueError where it is none, or could be two."""
    signs = readers_signs()
    writing = Writing(signs.decimal, signs.thousands + APOSTROPHES + " ")
    return writing.read(text.strip(f"{MARKS}{SPACES}\t\r\n").replace(MINUS, "-").translate(DIGITS))


def digits_shown(number: Number, decimals: int) -> int:
    """How many digits after the point: no more than the number has. One that is known to 5 points is 30 %, and not 30.0 %."""
    exponent = number.as_tuple().exponent if isinstance(number, Decimal) else None
    return min(decimals, max(-exponent, 0)) if isinstance(exponent, int) else decimals


def write_number(
    number: Number,
    decimals: int | None = None,
    *,
    at_most: int = PLACES,
    is_grouped: bool = True,
    has_plus: bool = False,
) -> str:
    """As the reader writes it: with so many decimals, as far as it has them; else with those it has, without needless zeros."""
    value = number if isinstance(number, Decimal) else Decimal(str(number))
    most = digits_shown(value, at_most) if decimals is None else digits_shown(number, decimals)
    least = 0 if decimals is None else most
    value = value.quantize(Decimal(1).scaleb(-most), rounding=ROUND_HALF_UP)
    locale = _number_locale(readers_locale())
    text: str = format_decimal(abs(value), format=_pattern(least, most, is_grouped), locale=locale)
    if value < 0:
        return f"{_signs(locale).minus}{text}"
    return f"{_signs(locale).plus}{text}" if has_plus and value > 0 else text


def write_amount(amount: Decimal, currency: str) -> str:
    """Money, with the sign of its currency: €1,234.50 or 1.234,50 €."""
    return str(format_currency(amount, currency, locale=_number_locale(readers_locale())))


# --- Which writing a column of a file has ----------------------------------------------------------------------------------

LIKELY = (
    Writing("."), Writing(","), Writing(".", ","), Writing(",", "."), Writing(".", " "), Writing(",", " "), Writing(".", "'"), Writing(",", "'"),
)  # fmt: skip
# 24.512 and 24,512; nothing else in a column tells whether the sign stands between thousands.
TWO_READINGS = r"^[+-]?[1-9][0-9]{0,2}%s[0-9]{3}$"


def two_readings(sign: str) -> str:
    """A regular expression of the numbers that `sign`, a point or a comma, leaves open."""
    return TWO_READINGS % re.escape(sign)


def writing_of(texts: Iterable[str]) -> tuple[Writing | None, str]:
    """The simplest writing by which all the texts are numbers, None where there is none; and the sign that leaves it open, or "".

    >>> writing_of(["24.512", "987"])  # 24512 or 24.512?
    (Writing(decimal='.', thousands=''), '.')
    """
    given = [text for text in texts if text]
    writing = next((one for one in LIKELY if all(re.fullmatch(one.pattern(30), text) for text in given)), None)
    for sign in ".,":
        signed = [text for text in given if sign in text]
        if (
            writing
            and signed
            and writing.decimal == sign
            and all(re.match(two_readings(sign), text) for text in signed)
        ):
            return writing, sign
    return writing, ""
