"""A release as files: CSV, XLSX, SDMX-CSV 2.0 and JSON-stat 2.0, each with what one has to know to read it (docs/formats.md)."""

from indicators.downloads.contents import Contents, TooMuchError
from indicators.downloads.formats import FORMATS, Format
from indicators.downloads.jsonstat import write_jsonstat
from indicators.downloads.making import TURNS, made, turn
from indicators.downloads.sdmx import write_sdmx_csv
from indicators.downloads.tables import write_csv, write_xlsx

__all__ = [
    "FORMATS",
    "TURNS",
    "Contents",
    "Format",
    "TooMuchError",
    "made",
    "turn",
    "write_csv",
    "write_jsonstat",
    "write_sdmx_csv",
    "write_xlsx",
]
