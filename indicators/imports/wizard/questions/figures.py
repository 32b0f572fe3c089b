"""Where the figures stand, in one column or in several side by side, and what they are."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from indicators.imports.mapping import ImportMapping, Part
from indicators.imports.wizard import guessing
from indicators.imports.wizard.columns import SIDE_BY_SIDE, columns_entry
from indicators.imports.wizard.described import DescribedFile
from indicators.imports.wizard.guessing import Guess
from indicators.imports.wizard.questions.asking import Answers, Fault, Questions, shown_column
from indicators.imports.wizard.questions.headings import headings_translation
from indicators.imports.wizard.texts import Translation


class FigureQuestions(Questions):
    """A column of numbers or of rates and what they are of, or several columns that differ in one thing."""

    columns = ("number", "beside")

    def __init__(self, file: DescribedFile, others: list[Questions]) -> None:
        """`others`: the questions whose columns hold no figures."""
        super().__init__(file)
        self._others = others

    def fields(self) -> dict[str, forms.Field]:
        columns = self.file.column_choices()
        return {
            "number": forms.ChoiceField(
                label=_("The figure"),
                choices=[("", _("Choose")), (SIDE_BY_SIDE, _("In several columns, side by side")), columns],
            ),
            "across": forms.ChoiceField(
                label=_("What the columns differ in"),
                required=False,
                choices=[("", _("Nothing: there is one column of figures")), *self._differing().items()],
                help_text=_("If figures are side by side: a column for each year, or one for women and one for men."),
            ),
            "number_is": forms.ChoiceField(
                label=_("What the figure is"),
                choices=[
                    ("numerator", _("A number of people or cases")),
                    ("value", _("A rate, a mean or a score")),
                ],
                widget=forms.RadioSelect,
            ),
            "beside": forms.ChoiceField(
                label=_("Of how many"),
                required=False,
                choices=[("", _("Not in the file")), columns],
                help_text=_("The denominator of a share, or the number of people a mean is based on."),
            ),
        }

    def _differing(self) -> dict[str, str]:
        """In what columns of figures may differ."""
        groups = {f"group_{one.code}": one.name for one in self.file.dimensions}
        return {"period": _("Period"), "territory": _("Territory"), "indicator": _("Indicator"), **groups}

    def guessed(self, guess: Guess) -> dict[str, Any]:
        return {
            "number": SIDE_BY_SIDE if guess.across else shown_column(guess.number),
            "across": guess.across,
            "number_is": "numerator",
        }

    def stated(self, mapping: ImportMapping) -> dict[str, Any]:
        side, numbers = self.file.side, mapping.numbers
        number = "numerator" if "numerator" in numbers else "value"
        beside = side.beside if side else numbers.get("denominator") or numbers.get("base")
        return {
            "number": SIDE_BY_SIDE if side else self.file.shown(Part(column=numbers[number])),
            "across": side.across if side else "",
            "number_is": number,
            "beside": self.file.shown(Part(column=beside)) if beside else "",
        }

    def places(self) -> list[int]:
        """Of the columns in which figures stand."""
        if self.file.chosen("number") != SIDE_BY_SIDE:
            return [place for name in ("number", "beside") if (place := self.file.place_of(name)) is not None]
        used, contents = self._used(), self.file.contents
        free = [place for place, name in enumerate(contents.header) if name and place not in used]
        return [place for place in free if guessing.is_of_numbers(contents, place)]

    def _used(self, *, but: str = "") -> set[int | None]:
        """The columns that say something else."""
        names = ["beside", *(name for questions in self._others for name in questions.columns if name != but)]
        return {self.file.place_of(name) for name in names}

    def translations(self) -> list[Translation]:
        """What each heading of the figures side by side stands for."""
        across = self.file.differing
        label = self._differing().get(across)
        if label is None:
            return []
        used, header = self._used(but=across), self.file.contents.header
        places = [place for place, heading in enumerate(header) if heading and place not in used]
        return [headings_translation(self.file, across, label, places)]

    def faults(self, fields: Mapping[str, Any]) -> Iterator[Fault]:
        is_side_by_side, across = fields.get("number") == SIDE_BY_SIDE, fields.get("across", "")
        if is_side_by_side and not across and "across" in fields:
            yield "across", _("Say what the columns of figures differ in.")
        if across and not is_side_by_side and "number" in fields:
            yield "across", _("There is one column of figures, so nothing differs.")
        differing = self.file.differing
        if differing and fields.get(differing):
            yield differing, _("The columns side by side already say this: choose nothing here.")

    def entries(self, answers: Answers) -> dict[str, Any]:
        number, across = answers.fields["number_is"], self.file.differing
        beside = self.file.column_of("beside") if answers.fields.get("beside") else None
        if across:
            rows = answers.translations["across"].rows
            return {number: "columns", "columns": columns_entry(across, rows, beside)}
        made = {number: {"column": self.file.column_of("number")}}
        if beside is not None:
            made["denominator" if number == "numerator" else "base"] = {"column": beside}
        return made
