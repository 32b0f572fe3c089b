"""A first look at a file: how it is written, its heading, its first rows, and the texts in each column."""

import codecs
import csv
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from typing import IO, Any

from orgs.readers.delimited import read_csv
from orgs.readers.layout import FileLayout
from orgs.readers.problems import FileRefused, Problem
from orgs.readers.tables import MAX_COLUMNS, ZIP, FileTable, unpacked
from orgs.readers.xlsx import OLD_EXCEL, first_rows, read_xlsx

SHOWN_ROWS = 10
LOOKED_AT = 100_000
MAX_TEXTS = 200
LONGEST_TEXT = 120
# Columns beyond these are offered too, but without the texts in them.
LISTED_COLUMNS = 60
START, LOOKED_FOR_ENCODING = 1 << 16, 8 << 20
HEADING_WITHIN = 40
DELIMITERS = (",", ";", "\t", "|")


@dataclass
class FileContents:
    """What was seen in a file. A column is known by its place, from 0."""

    header: list[str]
    header_line: int = 1
    rows: list[list[str]] = field(default_factory=list)
    """The first rows."""
    texts: list[list[str]] = field(default_factory=list)
    """The different texts of each column, in the order in which they stand in the file; at most MAX_TEXTS."""
    more: list[int] = field(default_factory=list)
    """The columns that have more texts than are listed."""
    rows_seen: int = 0
    is_whole: bool = True
    """Whether the file was looked at to its end."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, given: dict[str, Any]) -> "FileContents":
        return cls(**given)

    def texts_of(self, place: int) -> list[str]:
        return self.texts[place] if place < len(self.texts) else []

    def some_texts(self, place: int) -> list[str]:
        """Those that are listed, or those of the first rows."""
        return self.texts_of(place) or [row[place] for row in self.rows]

    def has_all_texts(self, place: int) -> bool:
        return self.is_whole and place < len(self.texts) and place not in self.more


READERS: dict[str, Callable[[IO[bytes], FileLayout], FileTable]] = {"csv": read_csv, "xlsx": read_xlsx}


def look_at(table: FileTable, layout: FileLayout) -> FileContents:
    """Heading, first rows and texts of a table that was read as `layout` says. At most LOOKED_AT rows are read. Raises FileRefused."""
    seen = FileContents([_clean(name, table.header_line, "", layout) for name in table.header], table.header_line)
    _refuse_heading(seen)
    width = len(seen.header)
    found: list[dict[str, None]] = [{} for _name in seen.header[:LISTED_COLUMNS]]
    open_columns = list(range(len(found)))
    ragged: Problem | None = None
    for line, record in islice(table.records, LOOKED_AT):
        if len(record) != width:
            before = ragged or Problem("ragged_row", line=line, value=str(len(record)), rows=0)
            ragged = replace(before, rows=before.rows + 1)
            continue
        seen.rows_seen += 1
        if len(seen.rows) < SHOWN_ROWS:
            seen.rows.append([_clean(text, line, "", layout)[:LONGEST_TEXT] for text in record])
        for place in list(open_columns):
            text = record[place].strip()
            if text not in found[place]:
                text = _clean(text, line, seen.header[place], layout)
                if len(found[place]) == MAX_TEXTS or len(text) > LONGEST_TEXT:
                    seen.more.append(place)
                    open_columns.remove(place)
                else:
                    found[place][text] = None
    if not seen.rows_seen:
        raise FileRefused(ragged or Problem("no_rows", line=seen.header_line))
    seen.texts = [list(texts) for texts in found]
    seen.is_whole = next(table.records, None) is None
    return seen


def _refuse_heading(seen: FileContents) -> None:
    header = seen.header
    if not any(header):
        raise FileRefused(Problem("no_header", line=seen.header_line))
    if len(header) > MAX_COLUMNS:
        raise FileRefused(Problem("not_text", line=seen.header_line))
    doubles = sorted({name for name in header if name and header.count(name) > 1})
    if doubles:
        raise FileRefused(*(Problem("double_header", seen.header_line, name, name) for name in doubles))


def _clean(text: str, line: int, column: str, layout: FileLayout) -> str:
    """The text as it can be kept: what is no text at all is told."""
    if "\0" in text:
        raise FileRefused(Problem("not_text", line=line))
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise FileRefused(Problem("bad_encoding", line=line, column=column, value=layout.encoding))
    return text.strip()


# --- How a file is written ----------------------------------------------------------------------------------------------


def layout_of(file: IO[bytes], special: Callable[[str, FileLayout], FileLayout | None] | None = None) -> FileLayout:
    """How the file seems to be written. Raises FileRefused where it is empty or damaged.

    `special` knows other formats by how a file begins: it is given the first text, without a mark, and the layout that was found.
    """
    start = unpacked(file).read(START)
    if start.startswith((ZIP, OLD_EXCEL)):
        rows = first_rows(file, FileLayout("xlsx"), HEADING_WITHIN)
        return FileLayout("xlsx", header_row=_heading_row([(line, list(filter(None, row))) for line, row in rows]))
    encoding = _encoding_of(file)
    text = start.decode(encoding, "replace").removeprefix("\ufeff")
    delimiter, rows = _delimited(text.splitlines(keepends=True)[:HEADING_WITHIN])
    layout = FileLayout("csv", delimiter, encoding, header_row=_heading_row(rows))
    return (special(text, layout) if special else None) or layout


def _encoding_of(file: IO[bytes]) -> str:
    """UTF-16 by its mark, UTF-8 where all of it is that, else the encoding of Western Windows or, failing that, Latin-1."""
    stream = unpacked(file)
    chunk = stream.read(START)
    if chunk.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    decoder = codecs.getincrementaldecoder("utf-8")()
    read, start = 0, chunk
    try:
        while chunk and read < LOOKED_FOR_ENCODING:
            decoder.decode(chunk)
            read += len(chunk)
            chunk = stream.read(1 << 20)
    except UnicodeDecodeError:
        try:
            start.decode("cp1252")
        except UnicodeDecodeError:
            return "latin-1"
        return "cp1252"
    return "utf-8"


def _delimited(lines: list[str]) -> tuple[str, list[tuple[int, list[str]]]]:
    """The delimiter by which most lines have the same number of fields, and the lines as it divides them."""
    best: tuple[tuple[int, int], str, list[tuple[int, list[str]]]] = ((0, 0), ",", [])
    for delimiter in DELIMITERS:
        rows = list(_divided(lines, delimiter))
        widths = Counter(len(row) for _line, row in rows if len(row) > 1)
        fields, times = next(iter(widths.most_common(1)), (1, 0))
        if (times, fields) > best[0]:
            best = ((times, fields), delimiter, rows)
    return best[1], best[2] or list(_divided(lines, ","))


def _divided(lines: list[str], delimiter: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(lines, delimiter=delimiter)
    line = 1
    try:
        for record in reader:
            if record:
                yield line, record
            line = reader.line_num + 1
    except csv.Error:
        return


def _heading_row(rows: list[tuple[int, list[str]]]) -> int:
    """The first line that is as wide as most lines and has a text in each field: titles above a table are narrower."""
    widths = Counter(len(row) for _line, row in rows)
    if not widths:
        return 1
    usual = max(widths, key=lambda width: (widths[width], width))
    return next((line for line, row in rows if len(row) >= usual and all(text.strip() for text in row)), rows[0][0])
