"""The rows of a refused file as they stand in it, each with its line and what is wrong with it: to be mended and sent again."""

from collections.abc import Iterator
from typing import IO

from indicators.imports.engine import faulty_lines
from indicators.imports.mapping import ImportMapping
from indicators.imports.messages import MAX_FAULTY, problem_text
from indicators.imports.readers.rows import read_table
from orgs.models import Territory
from orgs.readers.problems import FileRefused, Problem


def refused_rows(
    file: IO[bytes], mapping: ImportMapping, *, within: Territory | None = None
) -> Iterator[tuple[list[str], int, str]]:
    """First the heading (line 0), then at most MAX_FAULTY rows: the row, its line, and the sentences. Closes the file in the end.

    Nothing where the file cannot be read as the mapping says; the messages of the import then say why.
    """
    with file:
        yield from _refused_rows(file, mapping, faulty_lines(file, mapping, within=within))


def _refused_rows(
    file: IO[bytes], mapping: ImportMapping, faults: dict[int, list[Problem]]
) -> Iterator[tuple[list[str], int, str]]:
    try:
        table = read_table(file, mapping.layout)
        width, told = len(table.header), 0
        yield table.header, 0, ""
        for line, record in table.records:
            problems = faults.get(line, [])
            if len(record) != width:
                problems = [Problem("ragged_row", None, "", str(len(record)))]
            if problems:
                yield record, line, " ".join(dict.fromkeys(problem_text(problem) for problem in problems))
                told += 1
            if told == MAX_FAULTY:
                return
    except FileRefused:
        return
