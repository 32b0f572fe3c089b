"""What can be wrong with a file of places, in plain words. A problem is stored by its code and told in the reader's language."""

import datetime
from collections.abc import Iterable
from typing import Any

from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orgs.languages import name_for_reader
from orgs.models import Territory, TerritoryImport
from orgs.models.territory import BEGINNING, END
from orgs.readers.problems import TEXTS as READING
from orgs.readers.problems import Problem

TEXTS: dict[str, str | Promise] = {
    **READING,
    "bad_encoding": gettext_lazy("The text is not written as %(value)s. Save the file as UTF-8 and try again."),
    "markup": gettext_lazy("This is XML or a web page, not a table. Save the table as CSV and try again."),
    "merged_header": gettext_lazy(
        "The cells %(value)s are merged, so that it is not clear which column the heading names. Give every column a heading of its own."
    ),
    "geography_too_large": gettext_lazy(
        "GeoJSON and TopoJSON files of more than %(value)s MB cannot be read. Simplify the boundaries, or split the file by level."
    ),
    "not_geographic": gettext_lazy("This is “%(value)s”, not a collection of features in GeoJSON or TopoJSON."),
    "broken_geography": gettext_lazy("The parts of the file contradict each other: %(value)s."),
    "no_features": gettext_lazy("The file has no features."),
    "too_many_features": gettext_lazy("The file has more than %(value)s places. Split it."),
    "too_many_points": gettext_lazy("The boundaries have more than %(value)s points. Simplify them and try again."),
    "other_reference": gettext_lazy(
        "The coordinates are in %(value)s. Save the file with degrees of longitude and latitude (WGS 84, EPSG:4326)."
    ),
    "no_text": gettext_lazy("The cell holds something that is no text."),
    "no_code": gettext_lazy("The code is missing."),
    "bad_code": gettext_lazy("A code stands in an address: it has no /, \\, ? or #, and does not end in a date."),
    "no_name": gettext_lazy("The name is missing."),
    "no_kind": gettext_lazy("The kind of place is missing."),
    "too_long": gettext_lazy("“%(value)s” is too long."),
    "unknown_kind": gettext_lazy("“%(value)s” is not a kind of place. Say what it means, or correct the file."),
    "bad_day": gettext_lazy("“%(value)s” is not a date. Write 2026-01-31, 31/01/2026 or 2026."),
    "days_reversed": gettext_lazy("The place ends before it begins."),
    "twice_at_one_time": gettext_lazy(
        "Two places have the code “%(value)s” at one time. Remove one of them, or give them dates that follow each other."
    ),
    "unknown_parent": gettext_lazy(
        "No place has the code “%(value)s”. Correct it, or say in which classification the places lie."
    ),
    "within_itself": gettext_lazy("“%(value)s” would lie within itself."),
    "too_deep": gettext_lazy("“%(value)s” would lie too deep: there are at most twelve levels."),
    "parent_ends": gettext_lazy(
        "The place in which it lies ends earlier than it does: %(value)s. Give it an end too, or another place to lie in."
    ),
    "not_polygon": gettext_lazy("The boundary is not an area (Polygon or MultiPolygon): “%(value)s”."),
    "not_one_area": gettext_lazy("The file has several places, and not exactly one of them has the code “%(value)s”."),
    "off_globe": gettext_lazy(
        "The point %(value)s is not on the globe: longitude lies between -180 and 180, latitude between -90 and 90."
    ),
    "no_area": gettext_lazy("The boundary encloses nothing."),
}


def problem_text(problem: Problem) -> str:
    """The sentence for a problem, without its place."""
    return str(TEXTS[problem.code]) % {"value": problem.value, "column": problem.column, "line": problem.line}


def problems_of(batch: TerritoryImport, most: int | None = None) -> list[tuple[Problem, str]]:
    found = [Problem(code, line, column, value) for code, line, column, value in batch.problems[:most]]
    return [(problem, problem_text(problem)) for problem in found]


def fact_label(name: str) -> str:
    return {
        "name": _("name"),
        "names": _("names in other languages"),
        "kind": _("kind"),
        "parent": _("lies in"),
        "valid_from": _("valid from"),
        "valid_to": _("valid until"),
        "outline": _("boundary"),
        "new": _("new place"),
    }[name]


def day_text(value: str | None) -> str:
    """ "" for a day that is open."""
    day = datetime.date.fromisoformat(value) if value else None
    return "" if day is None or day in (BEGINNING, END) else formats.date_format(day, "SHORT_DATE_FORMAT")


def fact_text(name: str, value: Any) -> str:
    """A fact of a place as a reader takes it; "" for nothing."""
    if name == "kind":
        return str(Territory.Kind(value).label) if value in Territory.Kind.values else ""
    if name in ("valid_from", "valid_to", "new"):
        return day_text(value)
    if name == "names":
        return " · ".join(f"{name_for_reader(language)}: {text}" for language, text in sorted((value or {}).items()))
    return str(value or "")


def changes_of(batch: TerritoryImport) -> list[dict[str, str]]:
    return [
        {
            "code": code,
            "place": place,
            "what": fact_label(name),
            "before": fact_text(name, before),
            "after": fact_text(name, after),
        }
        for code, place, name, before, after in batch.changes
    ]


def all_texts(problems: Iterable[Problem]) -> list[str]:
    return [problem_text(problem) for problem in problems]
