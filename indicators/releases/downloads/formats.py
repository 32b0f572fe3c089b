"""The formats of the files, and how much of each is made while somebody waits for it."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _

from indicators.releases.downloads.contents import Contents
from indicators.releases.downloads.json_stat import write_jsonstat
from indicators.releases.downloads.sdmx import write_sdmx_csv
from indicators.releases.downloads.tables import write_csv, write_xlsx


class Format(NamedTuple):
    ending: str
    name: Any
    content_type: str
    write: Callable[[Contents], Any]
    hint: Any
    at_once: int
    """The most cells that are written while the reader waits: some three seconds of one core. What is more, a worker makes."""
    is_text: bool = True


FORMATS = {
    one.ending: one
    for one in (
        Format(
            "csv",
            "CSV",
            "text/csv; charset=utf-8",
            write_csv,
            _("for any program; names beside the codes"),
            at_once=100_000,
        ),
        Format(
            "xlsx",
            "XLSX",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            write_xlsx,
            _("for spreadsheets; at most a million rows"),
            at_once=10_000,
            is_text=False,
        ),
        Format(
            "sdmx.csv",
            "SDMX-CSV 2.0",
            "application/vnd.sdmx.data+csv; version=2.0.0; charset=utf-8",
            write_sdmx_csv,
            _("for statistical systems; codes only"),
            at_once=100_000,
        ),
        Format(
            "json",
            "JSON-stat 2.0",
            "application/json",
            write_jsonstat,
            _("for programs; at most a million cells"),
            at_once=100_000,
        ),
    )
}
"""By the ending of their files."""
