"""A first look at a file that no mapping is known for."""

import re
from itertools import islice
from typing import IO

from indicators.imports.readers.rows import read_table
from indicators.imports.readers.statistical import PACKED
from orgs.readers import sniffing
from orgs.readers.layout import FileLayout
from orgs.readers.sniffing import LOOKED_AT, FileContents

MOST_TOGETHER = 50_000
SDMX = re.compile(r'^"?(DATAFLOW|STRUCTURE)\b')


def look(file: IO[bytes], layout: FileLayout) -> FileContents:
    """Heading, first rows and texts of `file`, read as `layout` says. Raises FileRefused."""
    return sniffing.look_at(read_table(file, layout), layout)


def texts_together(file: IO[bytes], layout: FileLayout, places: list[int], join: str) -> list[str]:
    """The different texts that some columns have together, with `join` between them, in the order in which they stand in the file.

    Of the first LOOKED_AT rows at most, and at most MOST_TOGETHER. Raises FileRefused.
    """
    table = read_table(file, layout)
    width = len(table.header)
    found: dict[str, None] = {}
    for _line, record in islice(table.records, LOOKED_AT):
        if len(record) == width and len(found) < MOST_TOGETHER:
            found[join.join(record[place].strip() for place in places)] = None
    return list(found)


def layout_of(file: IO[bytes]) -> FileLayout:
    """How the file seems to be written. Raises FileRefused where it is empty or damaged."""
    return sniffing.layout_of(file, _statistical)


def _statistical(text: str, layout: FileLayout) -> FileLayout | None:
    """The formats of statistical offices, by how they begin."""
    first = next(iter(text.splitlines()), "")
    if text.lstrip().startswith(("{", "[")):
        return FileLayout("json-stat")
    if "\t" in first and PACKED.match(first.split("\t")[0].strip()):
        return FileLayout("eurostat-tsv", encoding=layout.encoding)
    return FileLayout("sdmx-csv", layout.delimiter, layout.encoding) if SDMX.match(first) else None
