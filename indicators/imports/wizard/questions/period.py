"""Of which time the figures are."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from indicators.catalogue.periods import kind_of_texts, period_code
from indicators.imports.mapping import ImportMapping, Part
from indicators.imports.wizard.described import ALWAYS
from indicators.imports.wizard.guessing import Guess
from indicators.imports.wizard.questions.asking import Answers, Fault, Questions, shown_column
from indicators.vocabulary import CALENDAR, PeriodKind


class PeriodQuestions(Questions):
    """Of which kind the periods are; a column, two that say it together, or one period for the whole file."""

    columns = ("period", "period_part")

    def fields(self) -> dict[str, forms.Field]:
        columns = self.file.column_choices()
        return {
            "period_kind": forms.ChoiceField(
                label=_("Kind of period"),
                choices=[("", _("Choose")), *PeriodKind.choices],
                help_text=_("2009-10 may be a month, a school year or a financial year."),
            ),
            "period": forms.ChoiceField(
                label=_("Period"),
                choices=[("", _("Choose")), (ALWAYS, _("Always the one given below")), columns],
            ),
            "period_part": forms.ChoiceField(
                label=_("Month, quarter or half-year in a column of its own"),
                required=False,
                choices=[("", _("Not in the file")), columns],
            ),
            "period_always": forms.CharField(
                label=_("The one period"),
                required=False,
                max_length=20,
                help_text=_("Such as 2020, 2020-Q1 or 2020-03, if the whole file is about one period."),
            ),
        }

    def guessed(self, guess: Guess) -> dict[str, Any]:
        return {
            "period": shown_column(guess.period),
            "period_kind": guess.period_kind,
            "period_part": shown_column(guess.period_part),
        }

    def stated(self, mapping: ImportMapping) -> dict[str, Any]:
        parts = mapping.period
        part = next((kind for kind in ("month", "quarter", "half") if kind in parts), "")
        shown = self.file.shown(parts.get("code") or parts.get("year"))
        is_always = shown.startswith(ALWAYS)
        return {
            "period": ALWAYS if is_always else shown,
            "period_always": shown.removeprefix(ALWAYS) if is_always else "",
            "period_kind": part or mapping.period_kind or self._kind_of(parts),
            "period_part": self.file.shown(parts.get(part)),
        }

    def _kind_of(self, parts: Mapping[str, Part]) -> str:
        """The kind of period of a definition that does not name it; "" where the texts do not tell."""
        if "year" in parts:
            return PeriodKind.YEAR.value
        contents, code = self.file.contents, parts["code"]
        places = [place for place, name in enumerate(contents.header) if name == code.column]
        texts = [code.translate(text) or "" for place in places for text in contents.texts_of(place)]
        return kind_of_texts(texts or [code.constant or ""]) or ""

    def faults(self, fields: Mapping[str, Any]) -> Iterator[Fault]:
        always, kind = {"code": fields.get("period_always", "")}, fields.get("period_kind", "")
        if fields.get("period") == ALWAYS and kind and not period_code(always, kind):
            yield (
                "period_always",
                _("Write 2020, 2020-03, 2020-Q1, 2020-S1 or 2020/21, as the kind of period has it."),
            )
        if fields.get("period_part") and fields.get("period_kind") not in (*CALENDAR[:3], None):
            yield (
                "period_kind",
                _("If the month, quarter or half-year has a column of its own, say which of them it is."),
            )

    def entries(self, answers: Answers) -> dict[str, Any]:
        return {"period": {"kind": answers.fields["period_kind"], **self._where(answers.fields)}}

    def _where(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        if self.file.differing == "period":
            return {}
        if fields["period"] == ALWAYS:
            return {"constant": fields["period_always"]}
        column = {"column": self.file.column_of("period")}
        if not fields.get("period_part"):
            return column
        return {"year": column, fields["period_kind"]: {"column": self.file.column_of("period_part")}}
