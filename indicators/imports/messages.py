"""What can be wrong with a file, in plain words. A problem is stored by its code and told in the reader's language."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from indicators.models import ImportMessage
from orgs.numbers import Writing, write_number
from orgs.readers.problems import TEXTS as READING
from orgs.readers.problems import Problem

TEXTS: dict[str, str | Promise] = {
    **READING,
    "no_rows_kept": _("The mapping leaves out every row of the file. Is it the mapping for this file?"),
    "no_figures": _("The file has none of the columns of figures that the mapping names."),
    "bad_encoding": _(
        "The text is not written in the encoding that the mapping names (%(value)s). Save the file in that encoding."
    ),
    "markup": _(
        "This is XML or a web page, not a table. If it is SDMX-ML, get the same data as SDMX-CSV: services that "
        "offer one usually offer the other."
    ),
    "missing_column": _("The column “%(column)s” is not in the file. It has: %(value)s."),
    "too_many_values": _("The column holds more than %(value)s different texts. Is it the right column?"),
    "not_sdmx": _("This is not SDMX-CSV: its first column should be DATAFLOW or STRUCTURE. It has: %(value)s."),
    "deletion": _(
        "The row deletes a figure (ACTION D). Files with deletions cannot be imported: undo the import that brought the figure."
    ),
    "not_eurostat": _(
        "This is not a Eurostat bulk file: its first heading should look like “freq,unit,geo\\TIME_PERIOD”. It is “%(value)s”."
    ),
    "merged_header": _(
        "The cells %(value)s are merged, so that it is not clear which column the heading names. Give every column a heading of its own in one "
        "row, or say in the mapping which row it is."
    ),
    "json_too_large": _("JSON-stat files of more than %(value)s MB cannot be read. Split the file, or use CSV."),
    "cube_too_large": _("The dataset has more than %(value)s cells. Split it, or use CSV."),
    "not_json_stat": _("This is “%(value)s”, not a JSON-stat dataset. Use a single dataset of version 2 or 1."),
    "invalid_json_stat": _("The parts of the JSON-stat dataset contradict each other: %(column)s."),
    "mapping_at_fault": _("The mapping no longer fits the portal: %(value)s"),
    "work_failed": _("It failed three times. Tell the administrators of the portal."),
    "findings": _("Some of its figures need checking first. Correct them in the source, or accept them with a reason."),
    "elsewhere": _("Some of its figures are not in the territory of %(value)s."),
    "same_file": _(
        "This file has been imported before: import %(value)s, which is to be approved. Nothing was stored twice."
    ),
    "not_allowed": _("The person who asked for this step may no longer decide on this import."),
    "unknown_indicator": _("“%(value)s” is not an indicator in the catalogue."),
    "retired_indicator": _("The indicator “%(value)s” is retired: it takes no new figures."),
    "unknown_territory": _("“%(value)s” is not a territory in the mapping or the portal."),
    "lost_zeros": _(
        "No territory has this code, but one has the same number: %(value)s. Spreadsheets drop leading zeros. "
        "Correct the file, or say in the mapping which code is meant."
    ),
    "several_places": _(
        "“%(value)s” is the name of several places. Say in the mapping what kind of place it is or where it lies, or "
        "give its code."
    ),
    "territory_of_others": _(
        "“%(value)s” is not in the territory of the authority for which the file is imported. Leave these rows out, "
        "or ask an administrator."
    ),
    "unknown_period": _("“%(value)s” is not a month, quarter, half-year or year."),
    "other_kind": _(
        "“%(value)s” is not the kind of period that the mapping says. Correct the file, or “kind” in the mapping’s "
        "entry “period”."
    ),
    "span_of_years": _(
        "“%(value)s” is not a calendar year: it could be a school year, a financial year or a mean over several "
        "years. Say in the mapping which: “kind” in its entry “period” is “school”, “fiscal”, or “years2” to "
        "“years5”. For months it is “month”."
    ),
    "serial_date": _(
        "“%(value)s” is a date that a spreadsheet has turned into a number. Format the column as text and write "
        "2020, 2020-03, 2020-Q1 or 2020-S1."
    ),
    "day": _(
        "“%(value)s” is a day. Write 2020, 2020-03, 2020-Q1 or 2020-S1, or say in the mapping which kind of period a "
        "day stands for."
    ),
    "figure_and_flag": _("“%(value)s” holds a figure and a flag. Put the flag in a column of its own."),
    "unknown_category": _("“%(value)s” is not a group in the mapping or the standard list."),
    "unknown_flag": _("“%(value)s” is not a flag in the mapping."),
    "unknown_currency": _("“%(value)s” is not a currency in the mapping."),
    "no_currency": _(
        "The indicator is in %(value)s. Say in the mapping which currency the file uses: a constant, or a column with its code."
    ),
    "other_currency": _(
        "The figures are not in the currency of the indicator (%(value)s). Get them from the source in that "
        "currency: the portal does not convert money."
    ),
    "not_a_number": _(
        "“%(value)s” is not a number. Write 1234.5, without thousands separators unless the mapping names them."
    ),
    "too_many_decimals": _("“%(value)s” has more than ten decimals, the most that are kept. Round it in the file."),
    "two_readings": _(
        "“%(value)s” could mean %(thousands)s or %(decimal)s: in this column, every number with this sign has three "
        "digits after it. Say in the mapping which it is: “thousands” or “decimal” is “%(sign)s”."
    ),
    "fraction": _("“%(value)s” is not a whole number. Counts have no decimals."),
    "negative": _("“%(value)s” is below 0. A number of people cannot be negative."),
    "too_large": _("The figure has more than 20 digits."),
    "no_denominator": _("The denominator is missing or 0."),
    "number_that_is_none": _(
        "The row has a number, “%(value)s”, and a flag that says there is none. Correct the file or the mapping."
    ),
    "cannot_be_added": _(
        "Several rows belong to this cell and cannot be added up. Only counts, and rates and means with their base, "
        "can be added. Keep one row for each cell, or give the parts."
    ),
    "half_missing": _("Some of the rows that make up this cell have no figure, so they cannot be added up."),
    "duplicate_cell": _("The cell occurs twice: the same indicator, territory, period and group as in line %(value)s."),
    "outside_validity": _("“%(value)s” did not exist in that period."),
}


OF_A_STEP = ("work_failed", "findings", "elsewhere", "same_file", "not_allowed")
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
