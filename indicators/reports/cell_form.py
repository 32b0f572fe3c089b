"""The form in which the cells of a report are typed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from indicators.catalogue.formatting import period_words
from indicators.models import Indicator
from indicators.reports.cells import Answers, Key, ReportCell, Typed
from indicators.vocabulary import Measure
from orgs.forms import NumberField, PortalForm


@dataclass(frozen=True)
class CellRow:
    """A cell with its fields and what counted the period before."""

    cell: ReportCell
    number: forms.BoundField
    base: forms.BoundField | None
    missing: forms.BoundField


@dataclass(frozen=True)
class Section:
    """The rows of one indicator in one period."""

    indicator: Indicator
    period: str
    rows: list[CellRow]


class GridForm(PortalForm):
    """The table as a form: for each cell a number (with its base), or the tick "we have no figure"."""

    def __init__(
        self,
        *args: Any,
        cells: list[ReportCell],
        answers: Answers,
        hints: Mapping[Key, str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.cells = cells
        for cell in cells:
            said = answers.get(cell.key, Typed())
            hint = (hints or {}).get(cell.key, "")
            self.fields[f"n-{cell.name}"] = NumberField(
                label=number_label(cell), initial=said.number, help_text=hint, required=False
            )
            if cell.has_base:
                self.fields[f"b-{cell.name}"] = NumberField(label=base_label(cell), initial=said.base, required=False)
            self.fields[f"m-{cell.name}"] = forms.BooleanField(
                label=gettext_lazy("We have no figure"), required=False, initial=said.is_missing
            )

    @property
    def sections(self) -> list[Section]:
        found: dict[tuple[int, int], Section] = {}
        for cell in self.cells:
            place = (cell.indicator.pk, cell.period.pk)
            if place not in found:
                found[place] = Section(cell.indicator, period_words(cell.period), [])
            base = self[f"b-{cell.name}"] if cell.has_base else None
            found[place].rows.append(CellRow(cell, self[f"n-{cell.name}"], base, self[f"m-{cell.name}"]))
        return list(found.values())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self.answers: dict[Key, Typed] = {}
        for cell in self.cells:
            if any(f"{part}-{cell.name}" in self.errors for part in "nb"):
                continue
            typed = Typed(
                cleaned.get(f"n-{cell.name}"), cleaned.get(f"b-{cell.name}"), cleaned.get(f"m-{cell.name}", False)
            )
            fault = fault_of(cell.indicator, typed)
            if fault:
                self.add_error(f"{fault[0]}-{cell.name}", f"{cell.label}: {fault[1]}")
            elif typed != Typed():
                self.answers[cell.key] = typed
        return cleaned


def fault_of(indicator: Indicator, typed: Typed) -> tuple[str, str] | None:
    """What cannot be: the field ("n" or "b") and the sentence. What is only odd is for the quality rules."""
    if typed.is_missing:
        if typed.number is not None or typed.base is not None:
            return "n", _("Give a number, or say that you have none; not both.")
        return None
    if typed.number is None:
        return ("n", _("Enter the number, too.")) if typed.base is not None else None
    if indicator.measure in (Measure.COUNT, Measure.RATIO) and typed.number < 0:
        return "n", _("A number of people cannot be below 0.")
    if indicator.is_whole and typed.number != typed.number.to_integral_value():
        return "n", _("Numbers of people have no decimals.")
    if indicator.measure in (Measure.RATIO, Measure.MEAN):
        if typed.base is None:
            return "b", _("Enter of how many, too.")
        if typed.base < 0 or (typed.base == 0 and typed.number != 0):
            return "b", _("“Of how many” has to be more than 0. If there was nobody, enter 0 of 0.")
    return None


def number_label(cell: ReportCell) -> str:
    if cell.indicator.measure == Measure.MEAN:
        return _("Mean")
    if cell.indicator.measure == Measure.RATIO:
        return cell.indicator.numerator or _("Numerator")
    return cell.indicator.get_unit_display() if cell.indicator.measure == Measure.SCORE else _("Number")


def base_label(cell: ReportCell) -> str:
    return cell.indicator.denominator or _("Of how many")
