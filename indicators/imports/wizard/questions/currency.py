"""In which currency the figures are, where they are money."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from indicators.imports.mapping import ImportMapping
from indicators.imports.wizard.described import ALWAYS
from indicators.imports.wizard.questions.asking import Answers, Questions
from indicators.vocabulary import CURRENCY_OF_UNIT


class CurrencyQuestions(Questions):
    """A column, or one currency for the whole file; nothing for figures that are no money."""

    columns = ("currency",)

    def fields(self) -> dict[str, forms.Field]:
        always = [(f"{ALWAYS}{code}", code) for code in sorted(set(CURRENCY_OF_UNIT.values()))]
        choices: list[Any] = [("", _("The figures are not money")), self.file.column_choices(), (_("Always"), always)]
        return {
            "currency": forms.ChoiceField(
                label=_("Currency"),
                required=False,
                choices=choices,
                help_text=_("If the figures are money. It must be the currency of the indicator."),
            )
        }

    def stated(self, mapping: ImportMapping) -> dict[str, Any]:
        return {"currency": self.file.shown(mapping.currency)}

    def entries(self, answers: Answers) -> dict[str, Any]:
        """Of the column that the definition has already stays what the definition says of it."""
        chosen = answers.fields.get("currency")
        if not chosen:
            return {}
        if self.file.place_of("currency") is None:
            return {"currency": {"constant": chosen.removeprefix(ALWAYS)}}
        column, kept = self.file.column_of("currency"), self.file.base.get("currency", {})
        return {"currency": kept if kept.get("column", "") == column else {"column": column}}
