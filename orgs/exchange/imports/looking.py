"""A first look at a file of organisations: its headings, its first rows, and the texts of each column."""

from collections.abc import Iterator
from itertools import islice
from typing import IO, Any

from orgs.exchange.imports.mapping import Mapping
from orgs.exchange.imports.sources import Row, open_source
from orgs.readers.problems import NO_TEXT, FileRefused, Problem

SHOWN_ROWS, SHOWN_TEXTS = 3, 60
LONGEST = 120
LOOKED_AT = 20_000
"""Rows: what stands only in later ones is told with its line when the file is checked."""
MOST_COLUMNS = 60


def look(file: IO[bytes], file_format: str) -> dict[str, Any]:
    """As `OrganisationImport.contents` keeps it: all headings, and what stands in the first columns. Raises FileRefused."""
    file.seek(0)
    with open_source(file, Mapping({}, file_format)) as source:
        header, shown = source.header, source.header[:MOST_COLUMNS]
        rows: list[list[str]] = []
        found: list[dict[str, None] | None] = [{} for _name in shown]
        is_empty = True
        for row in islice(as_far_as_it_goes(source.rows), LOOKED_AT):
            is_empty = False
            texts = [NO_TEXT.sub("", row.texts.get(name, "")).strip() for name in shown]
            if len(rows) < SHOWN_ROWS and any(texts):
                rows.append([text[:LONGEST] for text in texts])
            for place, text in enumerate(texts):
                found[place] = with_text(found[place], text)
    if is_empty:
        raise FileRefused(Problem("no_rows", line=1))
    return {"header": header, "rows": rows, "texts": [None if one is None else list(one) for one in found]}


def as_far_as_it_goes(rows: Iterator[Row]) -> Iterator[Row]:
    """A file that breaks off later is told so when it is checked, with the line."""
    begun = False
    try:
        for row in rows:
            begun = True
            yield row
    except FileRefused:
        if not begun:
            raise


def with_text(known: dict[str, None] | None, text: str) -> dict[str, None] | None:
    """None where a column has too many or too long ones to be listed."""
    if known is None or text in known or not text:
        return known
    if len(known) == SHOWN_TEXTS or len(text) > LONGEST:
        return None
    known[text] = None
    return known
