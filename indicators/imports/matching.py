"""Which of the saved mappings a file fits: by its kind, its heading, and whether the first rows say what the mapping knows."""

from collections.abc import Iterable
from itertools import islice
from typing import IO

from django.core.exceptions import ValidationError

from indicators.imports.definition import read_mapping
from indicators.imports.mapping import ImportMapping, Part
from indicators.imports.readers.rows import read_table
from indicators.models import SavedMapping as SavedMapping
from orgs.readers.problems import FileRefused

LOOKED_AT = 50


def recognise(file: IO[bytes], saved: Iterable[SavedMapping]) -> SavedMapping | None:
    """The saved mapping that fits `file` best, None where none does: every column is there, and it knows most of the first rows' texts.

    Of those that know as much, the one that looks at more columns.
    """
    fits: list[tuple[float, int, int]] = []
    by_key = {mapping.pk: mapping for mapping in saved}
    for key, candidate in by_key.items():
        try:
            mapping = read_mapping(candidate.definition)
            share = _known_share(file, mapping)
        except (ValidationError, FileRefused):
            continue
        if share:
            fits.append((share, len(mapping.file_columns), -key))
    file.seek(0)
    return by_key[-max(fits)[2]] if fits else None


def _known_share(file: IO[bytes], mapping: ImportMapping) -> float:
    """Of the first rows, the share in which the mapping knows every text; 0 where a column is missing. Raises FileRefused."""
    file.seek(0)
    table = read_table(file, mapping.layout)
    if not set(mapping.file_columns) <= set(table.header):
        return 0
    parts = [mapping.indicator, mapping.territory, *mapping.period.values(), *mapping.breakdowns.values()]
    looked = [
        (part, [table.header.index(column) for column in part.columns]) for part in parts if _is_in(table.header, part)
    ]
    where = [(table.header.index(name), kept) for name, kept in mapping.where.items()]
    where_not = [(table.header.index(name), dropped) for name, dropped in mapping.where_not.items()]
    rows = [record for _line, record in islice(table.records, LOOKED_AT) if len(record) == len(table.header)]
    known = sum(_is_known(record, looked, where, where_not) for record in rows)
    return known / len(rows) if rows else 0


def _is_in(header: list[str], part: Part) -> bool:
    """Not a constant, and not made of figures side by side."""
    return bool(part.columns) and set(part.columns) <= set(header)


Filters = list[tuple[int, frozenset[str]]]


def _is_known(record: list[str], looked: list[tuple[Part, list[int]]], where: Filters, where_not: Filters) -> bool:
    """A row that the mapping leaves out is one that it knows."""
    if any(record[place].strip() not in kept for place, kept in where):
        return True
    if any(record[place].strip() in dropped for place, dropped in where_not):
        return True
    return all(
        part.translate(part.join.join(record[place].strip() for place in places)) is not None for part, places in looked
    )
