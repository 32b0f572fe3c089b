"""Which flags stand beside a figure."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from indicators.imports.mapping import ImportMapping
from indicators.imports.wizard import guessing
from indicators.imports.wizard.guessing import Guess
from indicators.imports.wizard.questions.asking import Answers, Questions, shown_column
from indicators.imports.wizard.questions.coded import CodedColumn
from indicators.imports.wizard.texts import Translation
from indicators.vocabulary import FLAG_CODES, FLAG_LABELS, Flag, flag_labels, flags_of


class FlagQuestions(Questions):
    """The column of flags, in any letters: each text of it stands for one flag, several, or none."""

    columns = ("flag",)

    def fields(self) -> dict[str, forms.Field]:
        choices: list[Any] = [("", _("Not in the file")), self.file.column_choices()]
        return {"flag": forms.ChoiceField(label=_("Flags"), required=False, choices=choices)}

    def guessed(self, guess: Guess) -> dict[str, Any]:
        return {"flag": shown_column(guess.flag)}

    def stated(self, mapping: ImportMapping) -> dict[str, Any]:
        return {"flag": self.file.shown(mapping.flag)}

    def translations(self) -> list[Translation]:
        found = self._column().translation()
        return [found] if found else []

    def entries(self, answers: Answers) -> dict[str, Any]:
        return {"flag": self._column().entry(answers, states_all=True)} if answers.fields.get("flag") else {}

    def _column(self) -> CodedColumn:
        before = self.file.read.flag if self.file.read else None
        return CodedColumn(
            self.file, "flag", _("Flags"), before, lambda texts: guessing.flags(), self._codes, is_blank_said=False
        )

    def _codes(self) -> list[tuple[str, str]]:
        """Each flag, and those that the file or the definition has together."""
        single = {code: str(FLAG_LABELS[flag]) for code, flag in FLAG_CODES.items() if flag != Flag.MISSING}
        place = self.file.place_of("flag")
        known, read = guessing.flags(), self.file.read.flag if self.file.read else None
        texts = self.file.contents.texts_of(place) if place is not None else []
        together = {known.code_of(text) or "" for text in texts} | set(((read and read.codes) or {}).values())
        several = [(code, ", ".join(flag_labels(flags_of(code) or 0))) for code in sorted(together) if " " in code]
        return [*single.items(), *several]
