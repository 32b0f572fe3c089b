"""What can be wrong with a table that somebody sends, whatever is in it. A problem is stored by its code and told in the reader's language."""

import re
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

NO_TEXT = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True)
class Problem:
    """One kind of fault: the first line and column where it stands, what stands there, and how many rows have it."""

    code: str
    line: int | None = None
    column: str = ""
    value: str = ""
    rows: int = 1

    def __post_init__(self) -> None:
        """What a file holds that is no text cannot be kept: it is shown as a sign that stands for it."""
        for name in ("column", "value"):
            object.__setattr__(self, name, NO_TEXT.sub("\ufffd", getattr(self, name)))


class FileRefused(Exception):
    """The file cannot be read at all, or not as the mapping says."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(*(problem.code for problem in problems))
        self.problems = list(problems)


TEXTS: dict[str, str | Promise] = {
    "empty": _("The file is empty."),
    "no_rows": _("The file has column names but no rows."),
    "not_text": _("This is not a text file with columns. Save the table as CSV and try again."),
    "open_quote": _(
        "The quotation mark that opens in line %(line)s is not closed where the field should end. Close it, or "
        "remove it if it belongs to the text."
    ),
    "broken_row": _("The row cannot be read: %(value)s."),
    "double_header": _("Two columns are called “%(value)s”."),
    "ragged_row": _("The row has %(value)s columns instead of those of the first line."),
    "endless_line": _("The line has more than a million characters. Is it a table with one row in each line?"),
    "broken_archive": _("The compressed file is damaged: it cannot be unpacked to its end. Pack and send it again."),
    "unpacks_too_large": _("Unpacked, the file would be larger than %(value)s MB. Split it, for instance by year."),
    "not_workbook": _(
        "This is not an Excel workbook (.xlsx), or it is damaged. Open it, save it again as .xlsx and try that file."
    ),
    "old_workbook": _(
        "This is a workbook of the old kind (.xls), or one with a password. Save it as .xlsx without a password."
    ),
    "packed_workbook": _("A workbook is already compressed. Send the .xlsx as it is, without gzip."),
    "no_sheet": _("The workbook has no sheet “%(column)s”. It has: %(value)s."),
    "no_header": _("The sheet has no row of column names."),
    "formula_without_value": _(
        "The cell holds the formula “%(value)s” but no value. Open the workbook in a spreadsheet program, "
        "recalculate it and save it."
    ),
    "not_json": _("This is not valid JSON, at column %(column)s: %(value)s."),
}
"""Who reads a file adds what can be wrong with its rows."""
