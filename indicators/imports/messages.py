"""What can be wrong with a file, in plain words. A problem is stored by its code and told in the reader's language."""

import re
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from indicators.models import ImportMessage
from orgs.numbers import Writing, write_number

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
    "no_rows_kept": _("The mapping leaves out every row of the file. Is it the mapping for this file?"),
    "no_figures": _("The file has no column of figures that the mapping looks at."),
    "not_text": _("This is not a text file with columns. Save the table as CSV and try again."),
    "bad_encoding": _(
        "The text is not written in the encoding that the mapping names (%(value)s). Save the file in that encoding."
    ),
    "markup": _(
        "This is XML or a web page and no table. If it is SDMX-ML, take the same data as SDMX-CSV: the services that give one give the other."
    ),
    "open_quote": _(
        "The quotation mark that opens in line %(line)s is not closed where the field should end. Close it, or take it away where it belongs "
        "to the text."
    ),
    "broken_row": _("The row cannot be read: %(value)s."),
    "double_header": _("Two columns are called “%(value)s”."),
    "missing_column": _("The column “%(column)s” is not in the file. It has: %(value)s."),
    "ragged_row": _("The row has %(value)s columns instead of those of the first line."),
    "too_many_values": _("The column holds more than %(value)s different texts. Is it the right column?"),
    "endless_line": _("The line has more than a million characters. Is it a table with one row in each line?"),
    "broken_archive": _("The compressed file is damaged: it cannot be unpacked to its end. Pack and send it again."),
    "unpacks_too_large": _("Unpacked, the file would be larger than %(value)s MB. Divide it, by year for instance."),
    "not_sdmx": _("This is no SDMX-CSV: its first column would be called DATAFLOW or STRUCTURE. It has: %(value)s."),
    "deletion": _(
        "The row takes a figure back (ACTION D). A file with deletions cannot be imported; undo the import of the figure."
    ),
    "not_eurostat": _(
        "This is no bulk file of Eurostat: its first heading would read like “freq,unit,geo\\TIME_PERIOD”. It reads “%(value)s”."
    ),
    "not_workbook": _(
        "This is no Excel workbook (.xlsx), or it is damaged. Open it, save it again as .xlsx, and try that."
    ),
    "old_workbook": _(
        "This is a workbook of the old kind (.xls), or one with a password. Save it as .xlsx without a password."
    ),
    "packed_workbook": _("A workbook is compressed in itself. Send the .xlsx as it is, without gzip."),
    "no_sheet": _("The workbook has no sheet “%(column)s”. It has: %(value)s."),
    "no_header": _("The sheet has no row of column names."),
    "merged_header": _(
        "The cells %(value)s are merged, so that it is not clear which column the heading names. Give every column a heading of its own in one "
        "row, or say in the mapping which row it is."
    ),
    "formula_without_value": _(
        "The cell holds the formula “%(value)s” and no value. Open the workbook in a spreadsheet program, let it compute, and save it."
    ),
    "json_too_large": _("A JSON-stat file of more than %(value)s MB cannot be read. Take it in parts, or as CSV."),
    "cube_too_large": _("The dataset has more than %(value)s cells. Take it in parts, or as CSV."),
    "not_json": _("This is not valid JSON, at column %(column)s: %(value)s."),
    "not_json_stat": _("This is no JSON-stat dataset but “%(value)s”. Take one dataset, of version 2 or 1."),
    "invalid_json_stat": _("The parts of the JSON-stat dataset contradict each other: %(column)s."),
    "mapping_at_fault": _("The mapping does not fit the portal any more: %(value)s"),
    "work_failed": _("It broke off three times. Tell the administrators of the portal."),
    "findings": _(
        "Some of its figures should be looked at first. Accept them with a reason, or correct them in the source."
    ),
    "elsewhere": _("Some of its figures are not in the territory of %(value)s."),
    "not_allowed": _("Whoever asked for this step may not decide on this import any more."),
    "unknown_indicator": _("“%(value)s” is no indicator of the catalogue."),
    "retired_indicator": _("The indicator “%(value)s” is retired: it takes no new figures."),
    "unknown_territory": _("“%(value)s” is no territory that the mapping or the portal knows."),
    "lost_zeros": _(
        "No territory has this code, but one has the same number: %(value)s. Spreadsheets drop the zeros before a number. Mend the file, or say "
        "in the mapping which code is meant."
    ),
    "several_places": _(
        "“%(value)s” is the name of several places. Say in the mapping of which kind it is or in which place it lies, or give its code."
    ),
    "territory_of_others": _(
        "“%(value)s” is not in the territory of the authority in whose name the file is brought in. Leave these rows out, or ask an administrator."
    ),
    "unknown_period": _("“%(value)s” is no month, quarter, half-year or year."),
    "other_kind": _(
        "“%(value)s” is a period of another kind than the mapping says. Mend the file, or “kind” in the mapping’s entry “period”."
    ),
    "span_of_years": _(
        "“%(value)s” may be a school year, a financial year or a mean over several years, and is no year of the calendar. Say in the mapping "
        "which: “kind” in its entry “period” is “school”, “fiscal”, or “years2” to “years5”. For months it is “month”."
    ),
    "serial_date": _(
        "“%(value)s” is a date that a spreadsheet has made a number. Format the column as text and write 2020, 2020-03, 2020-Q1 or 2020-S1."
    ),
    "day": _(
        "“%(value)s” is a day. Write 2020, 2020-03, 2020-Q1 or 2020-S1, or say in the mapping of which kind of period a day stands for."
    ),
    "figure_and_flag": _("“%(value)s” holds a figure and a sign. Put the sign into a column of its own."),
    "unknown_category": _("“%(value)s” is no group that the mapping or the standard list knows."),
    "unknown_flag": _("“%(value)s” is no flag that the mapping knows."),
    "unknown_currency": _("“%(value)s” is no currency that the mapping knows."),
    "no_currency": _(
        "The figures are money in %(value)s. Say in the mapping which currency the file has: a constant, or a column with its code."
    ),
    "other_currency": _(
        "The figures are in another currency than the indicator (%(value)s). Take them in its currency from the source: the portal changes no money."
    ),
    "not_a_number": _(
        "“%(value)s” is not a number. Write 1234.5, without signs for thousands unless the mapping names them."
    ),
    "too_many_decimals": _(
        "“%(value)s” has more than ten digits after the decimal sign, and no more are kept. Round it in the file."
    ),
    "two_readings": _(
        "“%(value)s” may be %(thousands)s or %(decimal)s: in this column every number with this sign has three digits behind it. Say in the "
        "mapping which it is: “thousands” or “decimal” is “%(sign)s”."
    ),
    "fraction": _("“%(value)s” is not a whole number: people and things are counted one by one."),
    "negative": _("“%(value)s” is below 0: a number of people cannot be."),
    "too_large": _("The figure has more than 20 digits."),
    "no_denominator": _("The denominator is missing or 0."),
    "number_that_is_none": _(
        "There is a number, “%(value)s”, and a sign that says that there is none. Which of the two holds? Mend the file or the mapping."
    ),
    "cannot_be_added": _(
        "Several rows make up this cell, and what they give cannot be added up: only counts can, and rates and means with their base. Keep one "
        "row of each cell, or give the parts."
    ),
    "half_missing": _("Some of the rows that make up this cell have no figure, so they cannot be added up."),
    "duplicate_cell": _("The cell occurs twice: the same indicator, territory, period and group as in line %(value)s."),
    "outside_validity": _("“%(value)s” did not exist in that period."),
}


OF_A_STEP = ("work_failed", "findings", "elsewhere", "not_allowed")
"""Why a worker did not take a step, where nothing is wrong with the file: told to all who see the import, for they name no figure."""


def _readings(problem: Problem) -> dict[str, str]:
    """Of a number that can be read in two ways: both, and the sign that leaves it open."""
    if problem.code != "two_readings":
        return {}
    sign = next(letter for letter in problem.value if letter in ".,")
    thousands, decimal = Writing("-", sign).read(problem.value), Writing(sign).read(problem.value)
    return {"thousands": write_number(thousands), "decimal": write_number(decimal), "sign": sign}


def problem_text(problem: Problem) -> str:
    """The sentence for a problem, with its place and how often it occurs."""
    words = {"value": problem.value, "column": problem.column, "line": problem.line, **_readings(problem)}
    text = str(TEXTS[problem.code]) % words
    if problem.rows > 1:
        more = problem.rows - 1
        text += " " + ngettext("%(more)s more row has this.", "%(more)s more rows have this.", more) % {"more": more}
    return text


def message_text(message: ImportMessage) -> str:
    """The message in the reader's language."""
    return problem_text(Problem(message.code, message.line, message.column, message.value, message.rows))


MAX_FAULTY = 20_000
