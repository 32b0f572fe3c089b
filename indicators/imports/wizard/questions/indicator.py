"""Which indicator the figures are of."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from indicators.imports.mapping import ImportMapping
from indicators.imports.wizard import guessing
from indicators.imports.wizard.described import ALWAYS
from indicators.imports.wizard.guessing import Guess
from indicators.imports.wizard.questions.asking import Answers, Questions, shown_column
from indicators.imports.wizard.questions.coded import CodedColumn
from indicators.imports.wizard.texts import Translation
from indicators.models import Indicator


def indicator_choices() -> list[tuple[str, str]]:
    return [(one.code, f"{one.code} {one.name}") for one in Indicator.objects.active()]


class IndicatorQuestions(Questions):
    """Whether a column names it, or it is one for the whole file."""

    columns = ("indicator",)

    def fields(self) -> dict[str, forms.Field]:
        always = [(f"{ALWAYS}{code}", name) for code, name in indicator_choices()]
        choices: list[Any] = [("", _("Choose")), self.file.column_choices(), (_("Always"), always)]
        return {"indicator": forms.ChoiceField(label=_("Indicator"), choices=choices)}

    def guessed(self, guess: Guess) -> dict[str, Any]:
        return {"indicator": shown_column(guess.indicator)}

    def stated(self, mapping: ImportMapping) -> dict[str, Any]:
        return {"indicator": self.file.shown(mapping.indicator)}

    def translations(self) -> list[Translation]:
        found = self._column().translation()
        return [found] if found else []

    def entries(self, answers: Answers) -> dict[str, Any]:
        return {} if self.file.differing == "indicator" else {"indicator": self._column().entry(answers)}

    def _column(self) -> CodedColumn:
        before = self.file.read.indicator if self.file.read else None
        return CodedColumn(
            self.file, "indicator", _("Indicator"), before, lambda texts: guessing.indicators(), indicator_choices
        )
