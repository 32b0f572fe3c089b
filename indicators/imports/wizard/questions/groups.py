"""Of whom the figures are: a field for each dimension."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from indicators.imports.mapping import ImportMapping
from indicators.imports.wizard.described import ALWAYS, DescribedFile
from indicators.imports.wizard.guessing import Guess, KnownCodes
from indicators.imports.wizard.questions.asking import Answers, Questions, shown_column
from indicators.imports.wizard.questions.coded import CodedColumn
from indicators.imports.wizard.texts import Translation
from indicators.models import Dimension


class GroupQuestions(Questions):
    """For each dimension a column, one category for the whole file, or nothing: then the figures are of everyone."""

    def __init__(self, file: DescribedFile) -> None:
        super().__init__(file)
        self.columns = tuple(f"group_{dimension.code}" for dimension in file.dimensions)

    def fields(self) -> dict[str, forms.Field]:
        return {f"group_{dimension.code}": self._field(dimension) for dimension in self.file.dimensions}

    def _field(self, dimension: Dimension) -> forms.Field:
        always = [(f"{ALWAYS}{code}", name) for code, name in self.file.categories.get(dimension.code, [])]
        choices: list[Any] = [("", _("Not in the file")), self.file.column_choices(), (_("Always"), always)]
        return forms.ChoiceField(label=dimension.name, required=False, choices=choices)

    def guessed(self, guess: Guess) -> dict[str, Any]:
        return {f"group_{dimension}": shown_column(place) for dimension, place in guess.groups.items()}

    def stated(self, mapping: ImportMapping) -> dict[str, Any]:
        return {f"group_{dimension}": self.file.shown(group) for dimension, group in mapping.breakdowns.items()}

    def translations(self) -> list[Translation]:
        found = (self._column(dimension).translation() for dimension in self.file.dimensions)
        return [one for one in found if one]

    def entries(self, answers: Answers) -> dict[str, Any]:
        said = [one for one in self.file.dimensions if answers.fields.get(f"group_{one.code}")]
        return {"breakdowns": {one.code: self._column(one).entry(answers) for one in said}}

    def _column(self, dimension: Dimension) -> CodedColumn:
        code = dimension.code
        before = self.file.read.breakdowns.get(code) if self.file.read else None
        return CodedColumn(
            self.file,
            f"group_{code}",
            dimension.name,
            before,
            lambda texts: self.file.known.get(code, KnownCodes()),
            lambda: self.file.categories.get(code, []),
        )
