"""Readers of the tables of statistical offices: SDMX-CSV 1.0 and 2.0, Eurostat's bulk TSV."""

import re
from typing import IO

from orgs.readers.delimited import Records, read_csv, records_of, text_of
from orgs.readers.layout import FileLayout
from orgs.readers.problems import FileRefused, Problem
from orgs.readers.tables import FileTable

# "geo\TIME_PERIOD": the last part of the packed key, and what the columns beside it are.
PACKED = re.compile(r"^(?P<keys>[^\\]+)\\(?P<across>[^\\]+)$")
# "FREQ: Frequency of observation", and beneath it "A: Annual".
CODE_AND_LABEL = re.compile(r"^([A-Za-z0-9_@$.-]+): .")


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
    records = records_of(text_of(file, layout), layout, "\t")
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
