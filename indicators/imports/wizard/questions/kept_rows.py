"""Which rows of the file are read, and whether those of one cell are added up."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from indicators.imports.mapping import ImportMapping
from indicators.imports.wizard.guessing import KnownCodes
from indicators.imports.wizard.questions.asking import Answers, Questions, shown_column
from indicators.imports.wizard.questions.coded import text_rows
from indicators.imports.wizard.texts import KEEP, LEAVE, Choices, Translation


class RowQuestions(Questions):
    """Up to two columns that mean nothing else, by the texts of which rows are left out."""

    columns = ("filter_1", "filter_2")

    def fields(self) -> dict[str, forms.Field]:
        choices: list[Any] = [("", _("None")), self.file.column_choices()]
        return {
            "filter_1": forms.ChoiceField(
                label=_("Leave rows out by the column"),
                required=False,
                choices=choices,
                help_text=_("Its texts are then listed above, to say which rows are kept."),
            ),
            "filter_2": forms.ChoiceField(label=_("And by the column"), required=False, choices=choices),
            "adds_up": forms.BooleanField(
                label=_("Add up the rows of one cell"),
                required=False,
                help_text=_(
                    "If the file has more detail than you keep. Otherwise a cell that occurs twice is reported."
                ),
            ),
        }

    def stated(self, mapping: ImportMapping) -> dict[str, Any]:
        """Columns by which rows are left out, and which mean nothing else here: as many as there are fields."""
        used, places = set(mapping.columns), self.file.places
        named = [name for name in (*mapping.where, *mapping.where_not) if name in places and name not in used]
        shown = [places[name] for name in dict.fromkeys(named) if self.file.contents.has_all_texts(places[name])]
        filters = {field: shown_column(place) for field, place in zip(self.columns, shown, strict=False)}
        return {**filters, "adds_up": mapping.sums_rows}

    def translations(self) -> list[Translation]:
        found = (self._translation(name) for name in self.columns)
        return [one for one in found if one]

    def _translation(self, name: str) -> Translation | None:
        """The texts of a column by which rows are kept or left out."""
        file, place = self.file, self.file.place_of(name)
        if place is None:
            return None
        column = file.contents.header[place]
        choices = Choices(name, [(KEEP, _("keep the rows"))])
        dropped, kept = file.dropped_of(column), file.read.where.get(column) if file.read else None
        rows, is_new = text_rows(
            file,
            ((f"code-{name}-{place}-{number}", text) for number, text in enumerate(file.contents.texts_of(place))),
            choices,
            KnownCodes(),
            lambda text: LEAVE if text in dropped or (kept is not None and text not in kept) else KEEP,
        )
        for row in rows:
            row.code = row.code or KEEP
        return Translation(name, _("Rows"), column, choices, rows, is_new, not file.contents.has_all_texts(place))

    def entries(self, answers: Answers) -> dict[str, Any]:
        made: dict[str, Any] = {"rows_of_one_cell": "sum" if answers.fields.get("adds_up") else "refuse"}
        if "where" in self.file.base:
            filtered = {
                self.file.contents.header[place]
                for name in self.columns
                if (place := self.file.place_of(name)) is not None
            }
            where = self.file.base["where"]
            made["where"] = {column: kept for column, kept in where.items() if column not in filtered}
        if dropped := self._where_not(answers):
            made["where_not"] = dropped
        return made

    def _where_not(self, answers: Answers) -> dict[str, list[str]]:
        """Rows are left out by the texts of every column, and as the definition has it by those that the page does not list."""
        kept = {column: list(texts) for column, texts in self.file.base.get("where_not", {}).items()}
        for translation in answers.translations.values():
            if not translation.are_columns:
                texts = {row.text for row in translation.rows}
                dropped = [text for text in kept.get(translation.column, []) if text not in texts]
                kept[translation.column] = list(dict.fromkeys([*dropped, *translation.texts_with(LEAVE)]))
        return {column: texts for column, texts in kept.items() if texts}
