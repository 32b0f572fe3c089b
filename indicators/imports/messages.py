"""What can be wrong with a file, in plain words. A problem is stored by its code and told in the reader's language."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext


@dataclass(frozen=True)
class Problem:
    """One kind of fault: the first line and column where it stands, what stands there, and how many rows have it."""

    code: str
    line: int | None = None
    column: str = ""
    value: str = ""
    rows: int = 1


TEXTS: dict[str, str | Promise] = {
    "empty": _("The file is empty."),
    "no_rows": _("The file has column names but no rows."),
    "no_rows_kept": _("The mapping leaves out every row of the file. Is it the mapping for this file?"),
    "not_text": _("This is not a text file with columns. Save the table as CSV and try again."),
    "bad_encoding": _(
        "The text is not written in the encoding that the mapping names (%(value)s). Save the file in that encoding."
    ),
    "broken_row": _("The row cannot be read: %(value)s."),
    "double_header": _("Two columns are called “%(value)s”."),
    "missing_column": _("The column “%(column)s” is not in the file. It has: %(value)s."),
    "ragged_row": _("The row has %(value)s columns instead of those of the first line."),
    "too_many_values": _("The column holds more than %(value)s different texts. Is it the right column?"),
    "unknown_indicator": _("“%(value)s” is no indicator of the catalogue."),
    "retired_indicator": _("The indicator “%(value)s” is retired: it takes no new figures."),
    "unknown_territory": _("“%(value)s” is no territory that the mapping or the portal knows."),
    "unknown_period": _("“%(value)s” is no month, quarter, half-year or year."),
    "unknown_category": _("“%(value)s” is no group that the mapping or the standard list knows."),
    "unknown_flag": _("“%(value)s” is no flag that the mapping knows."),
    "not_a_number": _(
        "“%(value)s” is not a number. Write 1234.5, without signs for thousands unless the mapping names them."
    ),
    "negative": _("“%(value)s” is below 0: a number of people cannot be."),
    "no_denominator": _("The denominator is missing or 0."),
    "half_missing": _("Some of the rows that make up this cell have no figure, so they cannot be added up."),
    "duplicate_cell": _("The cell occurs twice: the same indicator, territory, period and group as in line %(value)s."),
    "outside_validity": _("“%(value)s” did not exist in that period."),
}


def problem_text(problem: Problem) -> str:
    """The sentence for a problem, with its place and how often it occurs."""
    text = str(TEXTS[problem.code]) % {"value": problem.value, "column": problem.column}
    if problem.rows > 1:
        more = problem.rows - 1
        text += " " + ngettext("%(more)s more row has this.", "%(more)s more rows have this.", more) % {"more": more}
    return text
