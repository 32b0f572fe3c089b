"""Mappings: which column of a file says what. docs/formats.md is the manual; this module reads and checks one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from indicators.vocabulary import NO_FLAG, Flag, flags_of
from orgs.numbers import Writing
from orgs.readers.layout import FileLayout

NUMBERS = ("numerator", "denominator", "value", "base")
# Their standards say so.
WRITTEN_WITH_POINTS = ("sdmx-csv", "eurostat-tsv", "json-stat")
MISSING = {"sdmx-csv": ["", "NaN"], "eurostat-tsv": ["", ":"]}
# In codes and totals: every text that is not named otherwise.
ANY = "*"
# What may stand between flags that are written apart, and how many letters may stand together.
BETWEEN_FLAGS = re.compile(r"[\s,;|/+]+")
MOST_LETTERS = 5


@dataclass(frozen=True)
class Part:
    """Where one part of a cell comes from: a constant, or a column whose values are translated by `codes` where there are any.

    Several columns may say it together, such as a state and a city: then their texts, with `join` between them, are translated.
    """

    column: str | None = None
    within: tuple[str, ...] = ()
    """The columns before it, where there are several."""
    join: str = " / "
    constant: str | None = None
    codes: Mapping[str, str] | None = None
    total: frozenset[str] = frozenset()

    @property
    def columns(self) -> tuple[str, ...]:
        return () if self.column is None else (*self.within, self.column)

    def text_of(self, values: Mapping[str, str]) -> str:
        """What the file says, from {column: text}."""
        return self.join.join(values.get(column, "").strip() for column in self.columns)

    def translate(self, text: str | None) -> str | None:
        """Our code for what the file says; "" for a total; None where the mapping does not know it."""
        if self.constant is not None:
            return self.constant
        text = (text or "").strip()
        if text in self.total:
            return ""
        if self.codes is not None and text in self.codes:
            return self.codes[text]
        if ANY in self.total:
            return ""
        other = ANY if self.codes is None else self.codes.get(ANY)
        return text if other == ANY else other


def read_flags(part: Part, text: str) -> Flag | None:
    """The flags that a text stands for; None where the mapping does not know one of them.

    A text that the mapping names means what it says. Otherwise several may stand in it: apart ("B;U"), or as letters together, as
    Eurostat writes them ("bu"), where the mapping speaks of letters.
    """
    text = text.strip()
    if part.constant is None and not text:
        return NO_FLAG
    named = {*(part.codes or ()), *part.total} - {ANY}
    pieces = [piece for piece in BETWEEN_FLAGS.split(text) if piece]
    if part.constant is None and text not in named:
        are_letters = named and all(len(name) == 1 for name in named)
        if len(pieces) == 1 and are_letters and text.isalpha() and len(text) <= MOST_LETTERS and named & set(text):
            pieces = list(text)
    else:
        pieces = [text]
    flags = NO_FLAG
    for piece in pieces:
        code = part.translate(piece)
        found = None if code is None else flags_of(code)
        if found is None:
            return None
        flags |= found
    return flags


@dataclass(frozen=True)
class Wide:
    """Figures that stand side by side in several columns: each becomes a row of its own (docs/formats.md).

    The row's new columns are called `name` (the heading of the column where the figure stands), `number` (the figure) and, where any of
    them has one, `beside` (the denominator or base that stands in another column of the same row).
    """

    name: str
    headings: Mapping[str, str | None] | None
    """{heading: the heading of its denominator}; None: every column that nothing else in the mapping uses."""

    number = "(figure)"
    beside = "(beside)"

    @property
    def columns(self) -> list[str]:
        return [self.name, self.number, *([self.beside] if self.has_beside else [])]

    @property
    def has_beside(self) -> bool:
        return any((self.headings or {}).values())


FORMATS = tuple(FileLayout.ENTRIES)


def layout_entries(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Those entries of a mapping that say how the file is written."""
    names = {"format"}.union(*FileLayout.ENTRIES.values())
    return {name: value for name, value in definition.items() if name in names}


@dataclass(frozen=True)
class ImportMapping:
    """A mapping that has been read: every name in it is spelt right, but the file has not been looked at yet."""

    source: Mapping[str, str]
    indicator: Part
    territory: Part
    territory_scheme: str
    period: Mapping[str, Part]
    period_kind: str
    breakdowns: Mapping[str, Part]
    territory_by: str
    """Whether the texts are "code"s or "name"s, and of which kind of place ("" for all)."""
    territory_kind: str
    numbers: Mapping[str, str]
    flag: Part | None
    currency: Part | None
    where: Mapping[str, frozenset[str]]
    missing: frozenset[str]
    not_applicable: frozenset[str]
    zero: frozenset[str]
    sums_rows: bool
    layout: FileLayout = field(default_factory=lambda: FileLayout())
    writing: Writing = field(default_factory=Writing)
    is_writing_stated: bool = True
    """Whether the mapping, or the file's format, says which sign is the decimal one. Otherwise 24.512 is asked about."""
    wide: Wide | None = None
    where_not: Mapping[str, frozenset[str]] = field(default_factory=dict)
    title: Mapping[str, str] = field(default_factory=dict)

    @property
    def no_number(self) -> frozenset[str]:
        """The texts that stand in the place of a number that is not there."""
        return self.missing | self.not_applicable

    @property
    def signs(self) -> frozenset[str]:
        """All texts that stand in the place of a number."""
        return self.no_number | self.zero

    @property
    def columns(self) -> list[str]:
        """Every column that is looked at, each once; with those that a wide table is turned into."""
        parts = [self.indicator, self.territory, *self.period.values(), *self.breakdowns.values()]
        parts += [part for part in (self.flag, self.currency) if part]
        named = [column for part in parts for column in part.columns]
        return list(dict.fromkeys([*named, *self.numbers.values(), *(self.wide.columns if self.wide else ())]))

    @property
    def file_columns(self) -> list[str]:
        """Every column that the file must have, each once."""
        made = self.wide.columns if self.wide else []
        spread = (
            [heading for pair in (self.wide.headings or {}).items() for heading in pair if heading] if self.wide else []
        )
        named = [column for column in self.columns if column not in made]
        return list(dict.fromkeys([*named, *spread, *self.where, *self.where_not]))
