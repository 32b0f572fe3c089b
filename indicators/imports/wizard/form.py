"""The form that describes a file: it shows what was seen in the file and makes a mapping of what a person says of it.

What it asks is in `questions`, one module for each thing. It knows nothing of its own of mappings: what it makes is read by the one
reader (indicators/imports/mapping.py), whose refusals it shows.
"""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.utils import ErrorDict
from django.utils.translation import gettext as _

from indicators.imports.definition import read_mapping
from indicators.imports.mapping import layout_entries
from indicators.imports.wizard import guessing
from indicators.imports.wizard.described import DescribedFile
from indicators.imports.wizard.questions.asking import Answers, Questions
from indicators.imports.wizard.questions.currency import CurrencyQuestions
from indicators.imports.wizard.questions.figures import FigureQuestions
from indicators.imports.wizard.questions.flag import FlagQuestions
from indicators.imports.wizard.questions.groups import GroupQuestions
from indicators.imports.wizard.questions.indicator import IndicatorQuestions
from indicators.imports.wizard.questions.kept_rows import RowQuestions
from indicators.imports.wizard.questions.period import PeriodQuestions
from indicators.imports.wizard.questions.place import PlaceQuestions
from indicators.imports.wizard.questions.source import SourceQuestions
from indicators.imports.wizard.questions.writing import WritingQuestions
from indicators.imports.wizard.texts import MAX_ROWS, Translation
from orgs.forms import PortalForm
from orgs.numbers import write_number
from orgs.readers.sniffing import FileContents

FIELD_OF = {
    "indicator": "indicator",
    "territory": "territory",
    "period": "period",
    "source": "source_name",
    "decimal": "decimal",
    "thousands": "thousands",
    "not_applicable": "not_applicable",
    "zero": "zero",
    "rows_of_one_cell": "adds_up",
}
"""{what a refusal of the reader names: the field of the form}."""


class MappingForm(PortalForm):
    """Which column of a file says what. `data` may lack what a step adds: the texts of a column that was only just chosen."""

    def __init__(
        self,
        *args: Any,
        contents: FileContents,
        base: dict[str, Any],
        only_shown: bool = False,
        together: Callable[[list[int], str], list[str]] | None = None,
        **kwargs: Any,
    ) -> None:
        """`base`, `together`: as of `DescribedFile`. `only_shown`: nothing is judged yet."""
        super().__init__(*args, **kwargs)
        self.only_shown = only_shown
        given = self.data if self.is_bound else self.initial
        self.file = DescribedFile(contents, base, given, self.is_bound, together)
        self._ask()
        for name, value in self._start().items():
            self.initial.setdefault(name, value)
        for questions in self.questions:
            self.fields |= questions.fields()
        if self.file.differing in self.fields:
            self.fields[self.file.differing].required = False

    def _ask(self) -> None:
        file = self.file
        indicator, place, period = IndicatorQuestions(file), PlaceQuestions(file), PeriodQuestions(file)
        groups, flag = GroupQuestions(file), FlagQuestions(file)
        currency, rows = CurrencyQuestions(file), RowQuestions(file)
        figures = FigureQuestions(file, [indicator, place, period, groups, flag, currency, rows])
        writing, source = WritingQuestions(file, figures), SourceQuestions(file)
        self.questions: list[Questions] = [
            indicator, place, period, figures, flag, currency, writing, rows, source, groups,
        ]  # fmt: skip
        """In the order of the fields."""
        self.about_texts: list[Questions] = [indicator, place, groups, flag, figures, rows]
        """In the order in which the page lists the texts of their columns."""

    def _start(self) -> dict[str, Any]:
        """What the fields say before a person has said anything."""
        mapping = self.file.read
        if mapping is not None:
            starts = [questions.stated(mapping) for questions in self.questions]
        else:
            schemes = [scheme.code for scheme in self.file.schemes]
            guess = guessing.guess(self.file.contents, schemes, self.file.known)
            starts = [questions.guessed(guess) for questions in self.questions]
        return {name: value for start in starts for name, value in start.items()}

    @property
    def says_too_much(self) -> bool:
        """Whether the definition that was to be changed says what no form can."""
        return self.file.has_definition and self.file.read is None

    def group_fields(self) -> list[forms.BoundField]:
        return [self[f"group_{dimension.code}"] for dimension in self.file.dimensions]

    @cached_property
    def _listed(self) -> tuple[list[Translation], list[Translation]]:
        """The translations that one page can list, and those that are too many for it."""
        listed: list[Translation] = []
        too_many: list[Translation] = []
        for questions in self.about_texts:
            for translation in questions.translations():
                rows = sum(len(one.rows) for one in [*listed, translation])
                (listed if rows <= MAX_ROWS else too_many).append(translation)
        return listed, too_many

    @property
    def translations(self) -> list[Translation]:
        """What each text of the chosen columns means; as many columns as one page can list."""
        return self._listed[0]

    def full_clean(self) -> None:
        if not self.only_shown:
            super().full_clean()
            return
        self._errors, self.cleaned_data = ErrorDict(), {}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for questions in self.questions:
            for field, fault in list(questions.faults(cleaned)):
                self.add_error(field, fault)
        for translation in self.translations:
            if fault := translation.fault:
                self.add_error(translation.part, fault)
        for translation in self._listed[1]:
            if translation.are_columns:
                self.add_error(translation.part, _too_many_columns(len(translation.rows)))
        if not self.errors:
            cleaned["definition"] = self.definition()
            self._show_refusal_of(cleaned["definition"])
        return cleaned

    def _show_refusal_of(self, definition: dict[str, Any]) -> None:
        try:
            read_mapping(definition)
        except ValidationError as refusal:
            for error in refusal.error_list:
                named = str((error.params or {}).get("name", ""))
                self.add_error(FIELD_OF.get(named), error)

    def definition(self) -> dict[str, Any]:
        """The mapping as JSON has it (docs/formats.md). What the form does not ask for stays as it was, but for the title: the name says it."""
        answers = Answers(self.cleaned_data, {one.part: one for one in self.translations})
        made = layout_entries(self.file.base)
        for questions in self.questions:
            made |= questions.entries(answers)
        return made


def _too_many_columns(count: int) -> str:
    return _(
        "%(count)s columns side by side are too many to describe here. Split the file, or give its mapping as JSON."
    ) % {"count": write_number(count)}
