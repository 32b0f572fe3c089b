"""The reader of texts with columns: CSV in any dialect. Memory stays flat whatever the size."""

import contextlib
import csv
import io
from collections.abc import Iterator
from typing import IO

from orgs.readers.layout import FileLayout
from orgs.readers.problems import FileRefused, Problem
from orgs.readers.tables import MAX_LINE, ZIP, FileTable, unpacked

Records = Iterator[tuple[int, list[str]]]


def read_csv(file: IO[bytes], layout: FileLayout) -> FileTable:
    """Columns named in one line, which is the first unless the layout says another."""
    records = records_of(text_of(file, layout), layout, layout.delimiter)
    line, header = next((found for found in records if found[0] >= layout.header_row), (layout.header_row, []))
    return FileTable([name.strip() for name in header], records, line)


def text_of(file: IO[bytes], layout: FileLayout) -> io.TextIOWrapper:
    file = unpacked(file)
    encoding = "utf-8-sig" if layout.encoding in ("utf-8", "utf8") else layout.encoding
    if hasattr(file, "peek"):
        start = file.peek(4096)[:4096]
    else:
        start = file.read(4096)
        file.seek(0)
    if start.startswith(ZIP) or (b"\0" in start and not encoding.startswith(("utf-16", "utf-32"))):
        raise FileRefused(Problem("not_text", line=1))
    # A byte that is no text becomes a lone surrogate, which cannot be encoded again: then the row is known.
    return Text(file, encoding=encoding, errors="surrogateescape", newline="")


class Text(io.TextIOWrapper):
    """Leaves the file open for its owner when it goes."""

    def __del__(self) -> None:
        with contextlib.suppress(ValueError):
            self.detach()


def records_of(text: io.TextIOWrapper, layout: FileLayout, delimiter: str) -> Records:
    """Each record with the line on which it begins; blank lines are passed over."""
    quoting = {"strict": True} if delimiter != "\t" or layout.format == "csv" else {"quoting": csv.QUOTE_NONE}
    reader = csv.reader(_lines(text), delimiter=delimiter, **quoting)
    line = 1
    while True:
        try:
            record = next(reader)
        except StopIteration:
            return
        except UnicodeError:
            raise FileRefused(Problem("bad_encoding", line=reader.line_num + 1, value=layout.encoding)) from None
        except csv.Error as error:
            if reader.line_num > line or "end of data" in str(
                error
            ):  # Without the mark it would have ended in its line.
                raise FileRefused(Problem("open_quote", line=line)) from None
            raise FileRefused(Problem("broken_row", line=line, value=str(error)[:120])) from None
        if record:
            yield line, record
        line = reader.line_num + 1


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    number = 0
    while line := text.readline(MAX_LINE):
        number += 1
        if len(line) == MAX_LINE:
            raise FileRefused(Problem("endless_line", line=number))
        yield line
