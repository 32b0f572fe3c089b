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
        self.cells, self.known = cells, answers
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
            fault = None if typed == self.known.get(cell.key) else typed.fault(cell.indicator)
            if fault:
                self.add_error(f"{fault[0]}-{cell.name}", f"{cell.label}: {fault[1]}")
            elif typed != Typed():
                self.answers[cell.key] = typed
        return cleaned


def number_label(cell: ReportCell) -> str:
    if cell.indicator.measure == Measure.MEAN:
        return _("Mean")
    if cell.indicator.measure == Measure.RATIO:
        return cell.indicator.numerator or _("Numerator")
    return cell.indicator.get_unit_display() if cell.indicator.measure == Measure.SCORE else _("Number")


def base_label(cell: ReportCell) -> str:
    return cell.indicator.denominator or _("Of how many")
