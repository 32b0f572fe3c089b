"""How the figures are written, and which signs stand where there is none."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from indicators.imports.mapping import MISSING, ImportMapping
from indicators.imports.wizard import guessing
from indicators.imports.wizard.described import DescribedFile
from indicators.imports.wizard.guessing import Guess
from indicators.imports.wizard.questions.asking import Answers, Fault, Questions
from indicators.imports.wizard.questions.figures import FigureQuestions
from orgs.numbers import Writing, write_number, writing_of

THOUSANDS, DECIMAL = "thousands", "decimal"
"""The entries of the mapping that say what a sign stands for."""


class WritingQuestions(Questions):
    """The signs in numbers, what a number means that can be read in two ways, and the signs that stand for no number."""

    def __init__(self, file: DescribedFile, figures: FigureQuestions) -> None:
        super().__init__(file)
        self._figures = figures

    def fields(self) -> dict[str, forms.Field]:
        return {**_signs_in_numbers(), **self._reading(), **_signs_without_number()}

    def _reading(self) -> dict[str, forms.Field]:
        """What 24.512 means, where nothing else in its column tells; the field is there only then."""
        text, sign = self._open_number
        if not sign:
            return {}
        thousands, decimal = Writing("-", sign).read(text), Writing(sign).read(text)
        field = forms.ChoiceField(
            label=_("What does “%(text)s” mean?") % {"text": text},
            help_text=_("Every figure with this sign has three digits after it."),
            error_messages={"required": _("Say what the number means: the file does not show it.")},
            widget=forms.RadioSelect,
            choices=[
                (THOUSANDS, _("%(number)s: the sign separates thousands") % {"number": write_number(thousands)}),
                (DECIMAL, _("%(number)s: the sign is the decimal sign") % {"number": write_number(decimal)}),
            ],
        )
        return {"reading": field}

    @cached_property
    def _open_number(self) -> tuple[str, str]:
        """The first figure that can be read in two ways, and its sign; nothing where a person has said how numbers are written."""
        if self.file.chosen("decimal") or self.file.chosen("thousands"):
            return "", ""
        for place in self._figures.places():
            texts = [text for text in self.file.contents.some_texts(place) if guessing.A_NUMBER.match(text)]
            _writing, sign = writing_of(texts)
            if sign:
                return next(text for text in texts if sign in text), sign
        return "", ""

    def guessed(self, guess: Guess) -> dict[str, Any]:
        return {
            "decimal": guess.decimal,
            "thousands": "space" if guess.thousands == " " else guess.thousands,
            "missing": " ".join(MISSING.get(self.file.base.get("format", ""), [])).strip(),
        }

    def stated(self, mapping: ImportMapping) -> dict[str, Any]:
        writing = mapping.writing
        return {
            "decimal": writing.decimal if mapping.is_writing_stated or writing.decimal != "." else "",
            "thousands": "space" if writing.signs[:1] == " " else writing.thousands,
            "missing": " ".join(sorted(text for text in mapping.missing if text)),
            "not_applicable": " ".join(sorted(mapping.not_applicable)),
            "zero": " ".join(sorted(mapping.zero)),
        }

    def faults(self, fields: Mapping[str, Any]) -> Iterator[Fault]:
        if fields.get("decimal") and fields.get("decimal") == fields.get("thousands"):
            yield "thousands", _("The decimal sign and the thousands separator cannot be the same.")

    def entries(self, answers: Answers) -> dict[str, Any]:
        fields = answers.fields
        made = {**self._writing(fields), "missing": ["", *fields.get("missing", "").split()]}
        return made | {name: fields[name].split() for name in ("not_applicable", "zero") if fields.get(name)}

    def _writing(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """What nobody said is not in the mapping, so that a number that can be read in two ways is asked about."""
        _text, sign = self._open_number
        if sign:
            return {fields["reading"]: sign}
        thousands = " " if fields.get("thousands") == "space" else fields.get("thousands")
        given = {"decimal": fields.get("decimal"), "thousands": thousands}
        return {name: value for name, value in given.items() if value}


def _signs_in_numbers() -> dict[str, forms.Field]:
    return {
        "decimal": forms.ChoiceField(
            label=_("Decimal sign"),
            required=False,
            choices=[("", _("As the figures show")), (".", _("Point: 1234.5")), (",", _("Comma: 1234,5"))],
        ),
        "thousands": forms.ChoiceField(
            label=_("Thousands separator"),
            required=False,
            choices=[
                ("", _("None")),
                (".", _("Point: 1.234")),
                (",", _("Comma: 1,234")),
                ("space", _("Space: 1 234")),
                ("'", _("Apostrophe: 1'234")),
            ],
        ),
    }


def _signs_without_number() -> dict[str, forms.Field]:
    return {
        "missing": forms.CharField(
            label=_("Signs for “no figure”"),
            required=False,
            max_length=120,
            help_text=_("Separated by spaces, such as “: - n/a”. An empty cell always means “no figure”."),
        ),
        "not_applicable": forms.CharField(
            label=_("Signs for “not applicable”"),
            required=False,
            max_length=120,
            help_text=_(
                "If a figure cannot exist, such as “x”. A share of nobody is not applicable even without a sign."
            ),
        ),
        "zero": forms.CharField(
            label=_("Signs for 0"),
            required=False,
            max_length=120,
            help_text=_("If nobody was counted, such as “-”."),
        ),
    }
