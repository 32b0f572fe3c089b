"""Figures that stand side by side in several columns, as the form that describes a file speaks of them.

The columns differ in one thing, `across`: "period", "territory", "indicator", or a group ("group_sex"). Each heading says which.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from indicators.imports.mapping import ImportMapping, Part
from indicators.imports.wizard.guessing import KnownCodes, period_in
from indicators.imports.wizard.texts import LEAVE, WHOLE, TextRow

YEARS_AROUND = 10
SIDE_BY_SIDE = ":columns"
"""What the form's field for the figure says instead of a column."""


@dataclass(frozen=True)
class Side:
    """What a mapping says of figures side by side, where it is no more than the form can say."""

    across: str
    part: Part
    headings: frozenset[str] | None
    """None: every column that nothing else uses."""
    beside: str | None
    """The column with the denominator of all of them."""

    def code_of(self, heading: str) -> str | None:
        """ "" for the total; None where the heading is not among them."""
        if self.headings is not None and heading not in self.headings:
            return None
        return self.part.translate(heading)


def side_of(mapping: ImportMapping) -> Side | None:
    """None where the mapping has no such figures, or says more of them than the form can."""
    if mapping.wide is None:
        return None
    parts = {"indicator": mapping.indicator, "territory": mapping.territory}
    parts |= {"period" if name == "code" else f"period {name}": part for name, part in mapping.period.items()}
    parts |= {f"group_{name}": part for name, part in mapping.breakdowns.items()}
    across = {name: part for name, part in parts.items() if part.column == mapping.wide.name}
    besides = set((mapping.wide.headings or {"": None}).values())
    if len(across) != 1 or len(besides) != 1 or (mapping.flag and mapping.flag.column == mapping.wide.name):
        return None
    [(name, part)] = across.items()
    if name.startswith("period "):
        return None
    headings = None if mapping.wide.headings is None else frozenset(mapping.wide.headings)
    return Side(name, part, headings, besides.pop())


def fits_form(mapping: ImportMapping) -> bool:
    """Whether the form can show all that the mapping says."""
    parts = [
        mapping.indicator,
        *mapping.period.values(),
        *mapping.breakdowns.values(),
        *([mapping.flag] if mapping.flag else []),
    ]
    if any(part.within for part in parts):
        return False
    place = mapping.territory
    if place.within and (len(place.within) > 1 or place.join != Part.join or mapping.territory_by != "name"):
        return False
    return mapping.wide is None or side_of(mapping) is not None


@dataclass
class PeriodVocabulary(KnownCodes):
    """Periods of one kind, which headings may name in a text of their own: "Year 2019", "2019-Q1"."""

    kind: str = ""

    def code_of(self, text: str) -> str | None:
        code = period_in(text, self.kind)
        return code if code in self.codes else None


def years_near(headings: list[str], kind: str) -> tuple[int, int]:
    """From the first to the last that the headings name, and a few around them for a heading that nobody understands."""
    years = [int(code[:4]) for text in headings if (code := period_in(text, kind))] or [timezone.localdate().year]
    return min(years) - YEARS_AROUND, max(years) + YEARS_AROUND


def columns_entry(across: str, rows: list[TextRow], beside: str | None) -> dict[str, Any]:
    """The mapping's entry `columns`."""
    name = across.removeprefix("group_")
    rest: Mapping[str, str] = {"beside": beside} if beside else {}
    return {
        "headings": {
            row.text: {**({} if row.code == WHOLE else {name: row.code}), **rest} for row in rows if row.code != LEAVE
        }
    }
