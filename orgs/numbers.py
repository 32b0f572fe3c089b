"""The one reader of numbers: how files, spreadsheets and people write them. What can be read as two numbers is not guessed.

A number is at most 18 digits, then perhaps a decimal sign and more digits. The sign for thousands stands before each three digits or
nowhere, and never behind a 0 alone: 0.623 has no thousands. No exponent, no NaN.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.utils import formats

SPACES = " \u00a0\u2009\u202f"
"""Every kind of space that stands between thousands."""
APOSTROPHES = "'’"
DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")
PLACES = 10
"""How many decimals are kept."""


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

    def sql(self, text: str) -> str:
        """SQL for the plain number in what `pattern` allows, from SQL for its text: without signs for thousands, with a decimal point."""
        if self.signs:
            text = f"translate({text}, {_literal(self.signs)}, '')"
        return text if self.decimal == "." else f"replace({text}, {_literal(self.decimal)}, '.')"

    def read(self, text: str) -> Decimal:
        """ValueError where it is no such number."""
        if not re.fullmatch(self.pattern(), text):
            raise ValueError(text)
        for sign in self.signs:
            text = text.replace(sign, "")
        return Decimal(text.replace(self.decimal, "."))


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''").replace("%", "%%") + "'"


def readers_writing() -> Writing:
    """In the language of the page; spaces and apostrophes between thousands are understood in all."""
    decimal, thousands = formats.get_format("DECIMAL_SEPARATOR"), formats.get_format("THOUSAND_SEPARATOR")
    if not thousands.strip():
        thousands = "." if decimal == "," else ","
    return Writing(decimal, thousands + APOSTROPHES + " ")


def read_number(text: str) -> Decimal:
    """A number as people write it in the language of the page: 1,234.5 or 1.234,5. ValueError where it is none, or could be two."""
    return readers_writing().read(text.strip().replace("−", "-").translate(DIGITS))


def number_in_words(number: Decimal, *, is_grouped: bool = True) -> str:
    """As the reader writes it, without needless zeros: `read_number` reads it back."""
    text = f"{number:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    if not is_grouped:
        return text.replace(".", formats.get_format("DECIMAL_SEPARATOR"))
    places = len(text.partition(".")[2])
    return str(formats.number_format(Decimal(text), decimal_pos=places, use_l10n=True, force_grouping=True))


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
