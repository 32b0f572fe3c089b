"""Reading a text file with columns, row by row: memory stays flat whatever its size."""

import csv
import gzip
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from indicators.imports.mapping import Mapping
from indicators.imports.messages import Problem

MAX_COLUMNS = 1000
CHUNK_ROWS = 2000


class FileRefused(Exception):
    """The file cannot be read at all, or not as the mapping says."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(*(problem.code for problem in problems))
        self.problems = list(problems)


@contextmanager
def open_rows(file: IO[bytes], mapping: Mapping) -> Iterator["Rows"]:
    """The rows of `file`, which stays open for its owner afterwards."""
    text = _decoded(file, mapping)
    try:
        yield Rows(text, mapping)
    finally:
        text.detach()


def _decoded(file: IO[bytes], mapping: Mapping) -> io.TextIOWrapper:
    start = file.read(4096)
    file.seek(0)
    if start.startswith(b"\x1f\x8b"):
        file = gzip.GzipFile(fileobj=file)  # type: ignore[assignment]
        start = file.read(4096)
        file.seek(0)
    if not start.strip():
        raise FileRefused(Problem("empty"))
    encoding = mapping.encoding.lower().replace("_", "-")
    if b"\0" in start and not encoding.startswith("utf-16"):
        raise FileRefused(Problem("not_text", line=1))
    # A byte that is no text becomes a lone surrogate, which cannot be encoded again: then the row is known.
    encoding = "utf-8-sig" if encoding in ("utf-8", "utf8") else encoding
    return io.TextIOWrapper(file, encoding=encoding, errors="surrogateescape", newline="")


class Rows:
    """The rows of a file as bytes for COPY: the line number and the mapped columns, every field quoted.

    Rows that the mapping leaves out are counted and dropped; ragged rows are counted as problems. The constructor raises FileRefused
    where the first line will not do.
    """

    def __init__(self, text: io.TextIOWrapper, mapping: Mapping) -> None:
        self.mapping = mapping
        self.read_count = 0
        self.left_out = 0
        self.ragged: Problem | None = None
        self.refusal: FileRefused | None = None
        self._reader = csv.reader(text, delimiter=mapping.delimiter, strict=True)
        self._lines = self._records()
        self.header = self._read_header()
        self._chunks = self._encode()
        self._rest = b""

    def _read_header(self) -> list[str]:
        header = [name.strip() for name in next(self._lines, (1, []))[1]]
        if len(header) > MAX_COLUMNS:
            raise FileRefused(Problem("not_text", line=1))
        doubles = sorted({name for name in header if header.count(name) > 1 and name})
        used = self.mapping.columns
        if doubles:
            raise FileRefused(*(Problem("double_header", line=1, column=name, value=name) for name in doubles))
        missing = [name for name in used if name not in header]
        if missing:
            present = ", ".join(header)[:100]
            raise FileRefused(*(Problem("missing_column", line=1, column=name, value=present) for name in missing))
        return header

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        """Each record with the line on which it begins; blank lines are passed over."""
        line = 1
        while True:
            try:
                record = next(self._reader)
            except StopIteration:
                return
            except UnicodeDecodeError:
                raise FileRefused(
                    Problem("bad_encoding", line=self._reader.line_num + 1, value=self.mapping.encoding)
                ) from None
            except csv.Error as error:
                raise FileRefused(Problem("broken_row", line=self._reader.line_num, value=str(error)[:120])) from None
            if record:
                yield line, record
            line = self._reader.line_num + 1

    def _encode(self) -> Iterator[bytes]:
        places = [self.header.index(name) for name in self.mapping.columns]
        where = [(self.header.index(name), kept) for name, kept in self.mapping.where.items()]
        width = len(self.header)
        buffer = io.StringIO()
        writer = csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\n")
        rows = 0
        for line, record in self._lines:
            self.read_count += 1
            if len(record) != width:
                first = self.ragged or Problem("ragged_row", line=line, value=str(len(record)), rows=0)
                self.ragged = Problem(first.code, first.line, first.column, first.value, first.rows + 1)
                continue
            if not all(record[place].strip() in kept for place, kept in where):
                self.left_out += 1
                continue
            writer.writerow([line, *[record[place].strip() for place in places]])
            rows += 1
            if rows % CHUNK_ROWS == 0:
                yield self._encoded(buffer.getvalue())
                buffer.seek(0)
                buffer.truncate()
        yield self._encoded(buffer.getvalue())

    def _encoded(self, chunk: str) -> bytes:
        try:
            return chunk.encode()
        except UnicodeEncodeError:
            for line, *fields in csv.reader(io.StringIO(chunk)):
                for column, text in zip(self.mapping.columns, fields, strict=True):
                    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
                        value = self.mapping.encoding
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
