"""How a file is written."""

from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class FileLayout:
    """How a file is written: what must be known before anything in it can be seen."""

    format: str = "csv"
    delimiter: str = ","
    encoding: str = "utf-8"
    sheet: str = ""
    """Of a workbook: its name, or its number from 1; "" is the first."""
    header_row: int = 1
    decimal: str = "."
    """With which sign readers write a number that the format holds as a number."""

    ENTRIES: ClassVar[dict[str, tuple[str, ...]]] = {
        "csv": ("delimiter", "encoding", "header_row"),
        "xlsx": ("sheet", "header_row"),
        "sdmx-csv": ("delimiter", "encoding"),
        "eurostat-tsv": ("encoding",),
        "json-stat": (),
    }
    """For each format the entries of a mapping that say how such a file is written."""

    def as_json(self) -> dict[str, Any]:
        """The entries of a mapping that say so."""
        named = {name: getattr(self, name) for name in self.ENTRIES[self.format]}
        return {"format": self.format, **{name: value for name, value in named.items() if value != ""}}
