"""Readers of texts with columns: CSV in any dialect, SDMX-CSV 1.0 and 2.0, Eurostat's bulk TSV. Memory stays flat whatever the size."""

import contextlib
import csv
import io
import re
from collections.abc import Iterator
from typing import IO

from indicators.imports.mapping import FileLayout
from indicators.imports.messages import FileRefused, Problem
from indicators.imports.readers.tables import MAX_LINE, ZIP, FileTable, unpacked

Records = Iterator[tuple[int, list[str]]]
# "geo\TIME_PERIOD": the last part of the packed key, and what the columns beside it are.
PACKED = re.compile(r"^(?P<keys>[^\\]+)\\(?P<across>[^\\]+)$")
# "FREQ: Frequency of observation", and beneath it "A: Annual".
CODE_AND_LABEL = re.compile(r"^([A-Za-z0-9_@$.-]+): .")


def read_csv(file: IO[bytes], layout: FileLayout) -> FileTable:
    """Columns named in one line, which is the first unless the layout says another."""
    records = _records(_text(file, layout), layout, layout.delimiter)
    line, header = next((found for found in records if found[0] >= layout.header_row), (layout.header_row, []))
    return FileTable([name.strip() for name in header], records, line)


def read_sdmx_csv(file: IO[bytes], layout: FileLayout) -> FileTable:
    """SDMX-CSV with codes, with names, or with both: in columns of their own, or in one cell ("F: Females").

    A column is called by the code of its component. Where codes and names stand in one cell, the code is kept.
    """
    table = read_csv(file, layout)
    if not table.header or table.header[0].split("[")[0].split(":")[0] not in ("DATAFLOW", "STRUCTURE"):
        raise FileRefused(Problem("not_sdmx", line=table.header_line, value=", ".join(table.header)[:100]))
    both = [place for place, name in enumerate(table.header) if CODE_AND_LABEL.match(name)]
    header = [name.split(": ", 1)[0].split("[", 1)[0].strip() for name in table.header]
    # The name of a component may be the same as its code; the code comes first.
    for place, name in enumerate(header):
        if place and name == header[place - 1]:
            header[place] = f"{name} (name)"
    records = _codes_only(table.records, [place for place in both if header[place] != "OBS_VALUE"])
    if "ACTION" in header:
        records = _without_deletions(records, header.index("ACTION"))
    return FileTable(header, records, table.header_line)


def _codes_only(records: Records, places: list[int]) -> Records:
    if not places:
        return records

    def shortened() -> Records:
        for line, record in records:
            for place in places:
                if place < len(record):
                    record[place] = record[place].split(": ", 1)[0]
            yield line, record

    return shortened()


def _without_deletions(records: Records, place: int) -> Records:
    """A row that deletes (ACTION D) is no observation, and to pass over it would leave wrong what it takes back."""
    for line, record in records:
        if place < len(record) and record[place].split(": ", 1)[0] == "D":
            raise FileRefused(Problem("deletion", line=line, column="ACTION", value="D"))
        yield line, record


def read_eurostat_tsv(file: IO[bytes], layout: FileLayout) -> FileTable:
    """Eurostat's bulk file: `freq,unit,geo\\TIME_PERIOD` in the first column, then one column for each period.

    Gives the key's parts by name, the period under the name behind the backslash, OBS_VALUE and OBS_FLAG: a record for each cell.
    """
    records = _records(_text(file, layout), layout, "\t")
    line, first = next(records, (1, []))
    packed = PACKED.match(first[0].strip()) if first else None
    if packed is None:
        raise FileRefused(Problem("not_eurostat", line=line, value=(first[0] if first else "")[:100]))
    keys = [name.strip() for name in packed["keys"].split(",")]
    across = [name.strip() for name in first[1:]]

    def cells() -> Records:
        for line, record in records:
            parts = [text.strip() for text in record[0].split(",")]
            if len(record) - 1 != len(across) or len(parts) != len(keys):
                yield line, record
                continue
            for name, cell in zip(across, record[1:], strict=True):
                value, _space, flag = cell.strip().partition(" ")
                yield line, [*parts, name, value, flag.strip()]

    return FileTable([*keys, packed["across"].strip(), "OBS_VALUE", "OBS_FLAG"], cells(), line)


def _text(file: IO[bytes], layout: FileLayout) -> io.TextIOWrapper:
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


def _records(text: io.TextIOWrapper, layout: FileLayout, delimiter: str) -> Records:
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
