"""How many figures a file will give, guessed from its start (indicators/file_progress.py says how far the check of it is)."""

from typing import IO

from indicators.imports.mapping import ImportMapping

SAMPLE = 1 << 18
"""In bytes: from so much of its start the number of a file's figures is guessed."""
TEXTS = ("csv", "sdmx-csv", "eurostat-tsv")


def expected_figures(file: IO[bytes], size: int, mapping: ImportMapping) -> int | None:
    """About how many figures COPY will see, by the length of the first lines. None where that says nothing of the rest."""
    start = file.read(SAMPLE)
    lines = start.count(b"\n")
    is_drawn_from_some = (
        mapping.where or mapping.where_not or (mapping.wide is not None and mapping.wide.headings is None)
    )
    if mapping.layout.format not in TEXTS or start.startswith(b"\x1f\x8b") or lines < 2 or is_drawn_from_some:
        return None
    head = start.index(b"\n") + 1
    bytes_of_a_line = (start.rindex(b"\n") + 1 - head) / (lines - 1)
    of_a_line = start[:head].count(b"\t") if mapping.layout.format == "eurostat-tsv" else 1
    if mapping.wide is not None:
        of_a_line = len(mapping.wide.headings or ())
    return max(1, round((size - head) / bytes_of_a_line)) * of_a_line
