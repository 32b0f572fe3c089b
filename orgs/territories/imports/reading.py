"""From a file of places to its entries, each with what is wrong in it by line and column."""

import datetime
import re
from dataclasses import dataclass, field
from typing import IO, Any

from orgs.models import Territory
from orgs.models.territory import NO_CODE
from orgs.readable import BLANK, is_blank, without_hidden_signs
from orgs.readers import sniffing
from orgs.readers.geographic import read_geographic
from orgs.readers.layout import FileLayout
from orgs.readers.problems import NO_TEXT, FileRefused, Problem
from orgs.readers.sniffing import READERS, FileContents
from orgs.readers.tables import FileTable
from orgs.territories.imports.description import (
    CODE,
    KIND,
    LEAVE_OUT,
    NAME,
    NAME_IN,
    PARENT,
    VALID_FROM,
    VALID_TO,
    Description,
)
from orgs.territories.outlines import NoOutline, outline_of

GEOGRAPHIC = "geographic"
MAX_PLACES = 100_000
LONGEST_CODE = Territory._meta.get_field("code").max_length or 0
LONGEST_NAME = Territory._meta.get_field("name").max_length or 0
NOT_IN_CODE = re.compile(NO_CODE)
# 2020, 20200131 · 2020-01-31, 2020/1/31 · 31.1.2020, 31/01/2020: never the month first.
YEAR = re.compile(r"\d{4}")
TOGETHER = re.compile(r"(\d{4})(\d{2})(\d{2})")
ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ]00:00(?::00(?:\.0+)?)?(?:Z|\+00:00)?)?")
DAY_FIRST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")


@dataclass
class Entry:
    """A place as the file has it; what it does not say is empty."""

    line: int
    code: str
    name: str = ""
    names: dict[str, str] = field(default_factory=dict)
    kind: str = ""
    parent: str = ""
    valid_from: datetime.date | None = None
    valid_to: datetime.date | None = None
    outline: dict[str, Any] | None = None


def layout_of(file: IO[bytes]) -> FileLayout:
    """How the file seems to be written. Raises FileRefused."""
    return sniffing.layout_of(file, lambda text, _layout: is_json(text) or None)


def is_json(text: str) -> FileLayout | None:
    return FileLayout(GEOGRAPHIC) if text.lstrip().startswith(("{", "[")) else None


def open_table(file: IO[bytes], layout: FileLayout) -> FileTable:
    """Raises FileRefused."""
    if layout.format == GEOGRAPHIC:
        return read_geographic(file)
    return READERS[layout.format](file, layout)


def look(file: IO[bytes], layout: FileLayout) -> FileContents:
    """Raises FileRefused."""
    return sniffing.look_at(open_table(file, layout), layout)


def read_entries(file: IO[bytes], layout: FileLayout, description: Description) -> tuple[list[Entry], list[Problem]]:
    """Raises FileRefused where it cannot be read at all."""
    table = open_table(file, layout)
    reader = EntryReader(table, description, getattr(table, "geometries", None) or {})
    entries: list[Entry] = []
    for line, record in table.records:
        if len(record) != len(table.header):
            reader.note("ragged_row", line, "", str(len(record)))
        elif any(text.strip() for text in record):
            entry = reader.entry(line, record)
            entries += [] if entry is None else [entry]
        if len(entries) > MAX_PLACES:
            raise FileRefused(Problem("too_many_features", value=str(MAX_PLACES)))
    return entries, reader.problems


class EntryReader:
    def __init__(self, table: FileTable, description: Description, geometries: dict[int, Any]) -> None:
        self.description, self.header, self.geometries = description, table.header, geometries
        self.problems: list[Problem] = []

    def note(self, code: str, line: int, column: str = "", value: str = "") -> None:
        self.problems.append(Problem(code, line, column, value[:100]))

    def column(self, role: str) -> str:
        place = self.description.columns.get(role)
        return self.header[place] if place is not None and place < len(self.header) else ""

    def text(self, role: str, line: int, record: list[str]) -> str:
        """In one line, without signs that nobody sees."""
        place = self.description.columns.get(role)
        if place is None or place >= len(record):
            return ""
        if NO_TEXT.search(record[place]):
            self.note("no_text", line, self.column(role), record[place])
            return ""
        text = " ".join(without_hidden_signs(record[place]).split())
        return "" if is_blank(text) else text.strip("".join(BLANK))

    def entry(self, line: int, record: list[str]) -> Entry | None:
        """None where it is left out, or not even the code can be told."""
        if self.is_left_out(record):
            return None
        code = self.short(CODE, line, record, LONGEST_CODE)
        name = self.short(NAME, line, record, LONGEST_NAME)
        if not name:
            self.note("no_name", line, self.column(NAME))
        names = {
            language: self.short(NAME_IN + language, line, record, LONGEST_NAME)
            for language in self.description.languages
        }
        entry = Entry(
            line,
            code,
            name,
            names,
            self.kind(line, record),
            self.text(PARENT, line, record),
            self.day(VALID_FROM, line, record) or self.description.valid_from,
            self.day(VALID_TO, line, record),
            self.outline(line),
        )
        if entry.valid_from and entry.valid_to and entry.valid_from > entry.valid_to:
            self.note("days_reversed", line, self.column(VALID_TO), entry.valid_to.isoformat())
        if NOT_IN_CODE.search(code):
            self.note("bad_code", line, self.column(CODE), code)
        if not code:
            self.note("no_code", line, self.column(CODE))
            return None
        return entry

    def is_left_out(self, record: list[str]) -> bool:
        place = self.description.columns.get(KIND)
        return place is not None and self.description.kinds.get(record[place].strip()) == LEAVE_OUT

    def short(self, role: str, line: int, record: list[str], longest: int) -> str:
        text = self.text(role, line, record)
        if len(text) > longest:
            self.note("too_long", line, self.column(role), text)
        return text[:longest]

    def kind(self, line: int, record: list[str]) -> str:
        text = self.text(KIND, line, record)
        kind = self.description.kinds.get(text) or ("" if text else self.description.kind)
        if not kind:
            self.note("unknown_kind" if text else "no_kind", line, self.column(KIND), text)
        return kind

    def day(self, role: str, line: int, record: list[str]) -> datetime.date | None:
        text = self.text(role, line, record)
        if not text:
            return None
        day = read_day(text, is_last=role == VALID_TO)
        if day is None:
            self.note("bad_day", line, self.column(role), text)
        return day

    def outline(self, line: int) -> dict[str, Any] | None:
        if line not in self.geometries:
            return None
        try:
            return outline_of(self.geometries[line])
        except NoOutline as fault:
            self.note(fault.code, line, "", fault.value)
            return None


def read_day(text: str, *, is_last: bool = False) -> datetime.date | None:
    """None where it is no day. A year alone is its first day, or its last one."""
    if YEAR.fullmatch(text):
        year, month, day = text, *(("12", "31") if is_last else ("1", "1"))
    elif match := ISO.fullmatch(text) or TOGETHER.fullmatch(text):
        year, month, day = match.groups()
    elif match := DAY_FIRST.fullmatch(text):
        day, month, year = match.groups()
    else:
        return None
    try:
        return datetime.date(int(year), int(month), int(day))
    except ValueError:
        return None
