"""Parts of a cell that a file may say in texts of its own, each of which stands for a code."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from indicators.imports.mapping import Part
from indicators.imports.wizard.described import ALWAYS, DescribedFile
from indicators.imports.wizard.guessing import KnownCodes
from indicators.imports.wizard.questions.asking import Answers
from indicators.imports.wizard.texts import LEAVE, WHOLE, Choices, TextRow, Translation, code_for


def text_rows(
    file: DescribedFile,
    named: Iterable[tuple[str, str]],
    choices: Choices,
    known: KnownCodes,
    first: Callable[[str], str],
) -> tuple[list[TextRow], bool]:
    """Rows for (name of the field, text), and whether the person has not seen one of them: those start with what `first` says."""
    is_new = False
    rows = []
    for name, text in named:
        said = file.said_of(name)
        if said is None:
            is_new = is_new or file.is_sent
            code = first(text)
            code = code if code in choices.codes else ""
        else:
            code = choices.code_of(said, known)
        rows.append(TextRow(name, text, code))
    return rows, is_new


@dataclass(frozen=True)
class CodedColumn:
    """A part that is drawn from the column chosen in the field `name`, or is the same for the whole file."""

    file: DescribedFile
    name: str
    label: str
    before: Part | None
    """As the definition has it from which the form starts."""
    known: Callable[[list[str]], KnownCodes]
    """How the portal understands the texts of the column."""
    codes: Callable[[], list[tuple[str, str]]]
    """(code, name) of all that the texts may stand for."""
    is_blank_said: bool = True
    """Whether an empty cell is a text too."""

    def translation(self) -> Translation | None:
        place = self.file.place_of(self.name)
        if place is None:
            return None
        contents = self.file.contents
        column = contents.header[place]
        texts = [text for text in contents.texts_of(place) if text or self.is_blank_said]
        known, read, dropped = self.known(texts), self._read(column), self.file.dropped_of(column)
        choices = Choices(self.name, self.codes())
        rows, is_new = text_rows(
            self.file,
            ((f"code-{self.name}-{place}-{number}", text) for number, text in enumerate(texts)),
            choices,
            known,
            lambda text: LEAVE if text in dropped else code_for(text, read, known),
        )
        return Translation(self.name, self.label, column, choices, rows, is_new, not contents.has_all_texts(place))

    def entry(self, answers: Answers, *, states_all: bool = False) -> dict[str, Any]:
        """What the mapping says of the part. `states_all`: also the codes that are as the texts."""
        if self.file.place_of(self.name) is None:
            return {"constant": answers.fields[self.name].removeprefix(ALWAYS)}
        column = self.file.column_of(self.name)
        translation = answers.translations.get(self.name)
        if translation is None:
            return {"column": column}
        before, shown = self._read(column), {row.text for row in translation.rows}
        codes = {text: code for text, code in ((before and before.codes) or {}).items() if text not in shown}
        codes |= translation.codes
        total = sorted((before.total if before else frozenset()) - shown) + translation.texts_with(WHOLE)
        part: dict[str, Any] = {"column": column}
        if any(text != code for text, code in codes.items()) or (states_all and codes):
            part["codes"] = codes
        if total:
            part["total"] = total
        return part

    def _read(self, column: str) -> Part | None:
        """As the definition has it, where it draws the part from this column."""
        return self.before if self.before is not None and self.before.column == column else None
