"""Of which place the figures are."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from indicators.imports.mapping import ImportMapping, Part
from indicators.imports.wizard.described import ALWAYS
from indicators.imports.wizard.guessing import Guess
from indicators.imports.wizard.questions.asking import Answers, Fault, Questions, shown_column
from indicators.imports.wizard.questions.coded import CodedColumn
from indicators.imports.wizard.questions.place_names import names_entry, names_translation
from indicators.imports.wizard.questions.places import territory_choices, way_of_places
from indicators.imports.wizard.texts import Translation
from orgs.models import Territory


class PlaceQuestions(Questions):
    """A column of codes or of names, or one place for the whole file, within one division of the land."""

    columns = ("territory", "territory_within")

    def fields(self) -> dict[str, forms.Field]:
        return {**self._which(), **self._by_which_name()}

    def _which(self) -> dict[str, forms.Field]:
        places: list[Any] = [
            ("", _("Choose")),
            (ALWAYS, _("Always the one given below")),
            self.file.column_choices(),
        ]
        return {
            "territory": forms.ChoiceField(label=_("Territory"), choices=places),
            "scheme": forms.ChoiceField(
                label=_("Geographic classification"),
                help_text=_("The list of territories to which the codes of the places belong."),
                choices=[("", _("Choose")), *((one.code, one.name) for one in self.file.schemes)],
            ),
            "territory_always": forms.CharField(
                label=_("The one territory"),
                required=False,
                max_length=40,
                help_text=_("Its code, if the whole file is about one place."),
            ),
        }

    def _by_which_name(self) -> dict[str, forms.Field]:
        return {
            "territory_by_name": forms.BooleanField(
                label=_("The file gives the names of the places"),
                required=False,
                help_text=_(
                    "As the classification has them, in any of its languages. Only unknown names are then listed below."
                ),
            ),
            "territory_within": forms.ChoiceField(
                label=_("Column with the state or province"),
                required=False,
                help_text=_("If several places have the same name."),
                choices=[("", _("Not in the file")), self.file.column_choices()],
            ),
            "territory_kind": forms.ChoiceField(
                label=_("Kind of place"),
                required=False,
                choices=[("", _("Any")), *Territory.Kind.choices],
                help_text=_("If a city has the same name as its province."),
            ),
        }

    def guessed(self, guess: Guess) -> dict[str, Any]:
        schemes = self.file.schemes
        return {
            "territory": shown_column(guess.territory),
            "scheme": guess.scheme or (schemes[0].code if len(schemes) == 1 else ""),
            "territory_by_name": guess.territory in self.file.contents.more,
        }

    def stated(self, mapping: ImportMapping) -> dict[str, Any]:
        place = mapping.territory
        shown = self.file.shown(place)
        return {
            "scheme": mapping.territory_scheme,
            "territory": shown[:1] if place.column is None else shown,
            "territory_always": place.constant or "",
            "territory_by_name": mapping.territory_by == "name",
            "territory_within": self.file.shown(Part(place.within[0])) if place.within else "",
            "territory_kind": mapping.territory_kind,
        }

    @property
    def _are_named(self) -> bool:
        return self.file.chosen("territory_by_name") not in ("", "False")

    def translations(self) -> list[Translation]:
        place = self.file.place_of("territory")
        if place is None:
            return []
        if self._are_named:
            return [names_translation(self.file, place)]
        if place in self.file.contents.more:
            return []  # Thousands of places: the file has to name them by their codes, or all by their names.
        found = self._column().translation()
        return [found] if found else []

    def faults(self, fields: Mapping[str, Any]) -> Iterator[Fault]:
        if fields.get("territory") == ALWAYS:
            code, scheme = fields.get("territory_always", ""), fields.get("scheme", "")
            if not Territory.objects.filter(scheme__code=scheme, code=code).exists():
                yield "territory_always", _("Give the code of a territory in this classification.")

    def entries(self, answers: Answers) -> dict[str, Any]:
        said: dict[str, Any] = {"scheme": answers.fields["scheme"]}
        place = self.file.place_of("territory")
        is_named = self._are_named and place is not None
        if is_named:
            said["by"] = "name"
            if kind := answers.fields.get("territory_kind"):
                said["kind"] = kind
        if self.file.differing == "territory":
            return {"territory": said}
        if place is None:
            said["constant"] = answers.fields.get("territory_always") or answers.fields["territory"].removeprefix(
                ALWAYS
            )
        else:
            said |= names_entry(self.file, place, answers) if is_named else self._column().entry(answers)
        return {"territory": said}

    def _column(self) -> CodedColumn:
        before = self.file.read.territory if self.file.read else None
        scheme = self.file.chosen("scheme")
        return CodedColumn(
            self.file,
            "territory",
            _("Territory"),
            before,
            lambda texts: way_of_places(texts, scheme),
            lambda: territory_choices(scheme),
        )
