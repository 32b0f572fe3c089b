"""From a file to the rows of a COPY, by the reader of its format: memory stays flat whatever the size."""

import csv
import io
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from operator import itemgetter
from typing import IO

from indicators.imports.mapping import ImportMapping, Wide
from indicators.imports.readers.json_stat import read_json_stat
from indicators.imports.readers.statistical import read_eurostat_tsv, read_sdmx_csv
from orgs.readers import sniffing
from orgs.readers.layout import FileLayout
from orgs.readers.problems import FileRefused, Problem
from orgs.readers.tables import MAX_COLUMNS, FileTable

CHUNK_ROWS = 2000
READERS: dict[str, Callable[[IO[bytes], FileLayout], FileTable]] = {
    **sniffing.READERS,
    "sdmx-csv": read_sdmx_csv,
    "eurostat-tsv": read_eurostat_tsv,
    "json-stat": read_json_stat,
}


def read_table(file: IO[bytes], layout: FileLayout) -> FileTable:
    """The file's heading and records as the format has them. Raises FileRefused."""
    return READERS[layout.format](file, layout)


@contextmanager
def open_rows(file: IO[bytes], mapping: ImportMapping) -> Iterator["Rows"]:
    """The rows of `file`, which stays open for its owner afterwards."""
    rows = Rows(read_table(file, mapping.layout), mapping)
    try:
        yield rows
    finally:
        rows.close()


class Rows:
    """The rows of a file as bytes for COPY: the line number and the mapped columns, every field quoted.

    A row of a wide table becomes one for each figure in it. Rows that the mapping leaves out are counted and dropped; ragged rows are
    counted as problems. The constructor raises FileRefused where the heading will not do.
    """

    def __init__(self, table: FileTable, mapping: ImportMapping) -> None:
        self.mapping = mapping
        self.read_count = 0
        self.left_out = 0
        self.unused_columns: list[tuple[str, str]] = []
        self.given = 0
        self.ragged: Problem | None = None
        self.refusal: FileRefused | None = None
        self._records = table.records
        self.header = self._checked(table)
        self._chunks = self._encode()
        self._rest = b""

    def close(self) -> None:
        """Lets go of the file."""
        self._chunks.close()
        if hasattr(self._records, "close"):
            self._records.close()

    def _checked(self, table: FileTable) -> list[str]:
        header = table.header
        if len(header) > MAX_COLUMNS:
            raise FileRefused(Problem("not_text", line=table.header_line))
        doubles = sorted({name for name in header if header.count(name) > 1 and name})
        if doubles:
            raise FileRefused(
                *(Problem("double_header", line=table.header_line, column=name, value=name) for name in doubles)
            )
        missing = [name for name in self.mapping.file_columns if name not in header]
        if missing:
            present = ", ".join(header)[:100]
            raise FileRefused(
                *(Problem("missing_column", line=table.header_line, column=name, value=present) for name in missing)
            )
        return header

    def _kept(self) -> Iterator[tuple[int, list[str]]]:
        """The records that are whole and that the mapping does not leave out."""
        where = [(self.header.index(name), kept) for name, kept in self.mapping.where.items()]
        where_not = [(self.header.index(name), dropped) for name, dropped in self.mapping.where_not.items()]
        width = len(self.header)
        unused = self._unused_places()
        for line, record in self._records:
            self.read_count += 1
            if len(record) != width:
                first = self.ragged or Problem("ragged_row", line=line, value=str(len(record)), rows=0)
                self.ragged = Problem(first.code, first.line, first.column, first.value, first.rows + 1)
            elif all(record[place].strip() in kept for place, kept in where) and not (
                where_not and any(record[place].strip() in dropped for place, dropped in where_not)
            ):
                if unused:
                    self.unused_columns = [(self.header[place], record[place].strip()[:80]) for place in unused]
                    unused = []
                yield line, record
            else:
                self.left_out += 1

    def _unused_places(self) -> list[int]:
        """The columns that nothing in the mapping speaks of. With "*" every other column holds figures."""
        wide = self.mapping.wide
        if wide is not None and wide.headings is None:
            return []
        used = set(self.mapping.file_columns)
        return [place for place, name in enumerate(self.header) if name and name not in used]

    def _spread(self, wide: Wide) -> Iterator[tuple[int, list[str]]]:
        """The records of a wide table, one for each figure: what is common to the row, the heading, the figure, what stands beside it."""
        used = set(self.mapping.file_columns)
        headings = wide.headings or {name: None for name in self.header if name and name not in used}
        figures = [
            (name, self.header.index(name), self.header.index(beside) if beside else None)
            for name, beside in headings.items()
        ]
        for line, record in self._kept():
            for name, place, beside in figures:
                made = [name, record[place]]
                if wide.has_beside:
                    made.append("" if beside is None else record[beside])
                yield line, record + made

    def _encode(self) -> Generator[bytes, None, None]:
        wide = self.mapping.wide
        header = self.header + wide.columns if wide else self.header
        places = [header.index(name) for name in self.mapping.columns]
        taken: Callable[[list[str]], tuple[str, ...]]
        taken = itemgetter(*places) if len(places) > 1 else lambda record: (record[places[0]],)
        buffer = io.StringIO()
        writer = csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\n")
        records = self._spread(wide) if wide else self._kept()
        for self.given, (line, record) in enumerate(records, start=1):
            writer.writerow((line, *map(str.strip, taken(record))))
            if self.given % CHUNK_ROWS == 0:
                yield self._encoded(buffer.getvalue())
                buffer.seek(0)
                buffer.truncate()
        yield self._encoded(buffer.getvalue())

    def _encoded(self, chunk: str) -> bytes:
        if "\0" in chunk:
            first = next(int(row[0]) for row in csv.reader(io.StringIO(chunk)) if any("\0" in text for text in row))
            raise FileRefused(Problem("not_text", line=first))
        try:
            return chunk.encode()
        except UnicodeEncodeError:
            for line, *fields in csv.reader(io.StringIO(chunk)):
                for column, text in zip(self.mapping.columns, fields, strict=True):
                    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
                        value = self.mapping.layout.encoding
                        raise FileRefused(Problem("bad_encoding", line=int(line), column=column, value=value)) from None
            raise

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes, b"" at the end: what COPY asks of a file. A refusal ends it too and stands in `refusal`."""
        while not self._rest:
            try:
                chunk = next(self._chunks, None)
            except FileRefused as refusal:
                self.refusal = refusal
                return b""
            if chunk is None:
                return b""
            self._rest = chunk
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken
