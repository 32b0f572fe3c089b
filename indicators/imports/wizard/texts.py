"""The texts of a file's columns and the codes that they stand for, as the form that describes a file lists them."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from indicators.imports.mapping import Part
from indicators.imports.wizard.guessing import TOTAL, KnownCodes

WHOLE, LEAVE, KEEP = ":total", ":leave", ":keep"
MANY_CODES = 60
"""Beyond this many codes one types what one looks for, instead of scrolling through them for every text."""
MAX_SUGGESTED = 3000
MAX_ROWS = 1500
"""Of texts to translate on one page: a request may not have many more fields."""


class Choices:
    """What a text of one part may stand for: (code, name) in `pairs`; `is_long`: typed with suggestions, not chosen from a list."""

    def __init__(
        self, part: str, codes: list[tuple[str, str]], *, are_columns: bool = False, may_leave: bool = True
    ) -> None:
        special = [(LEAVE, _("leave the column out") if are_columns else _("leave the rows out"))]
        if part == "flag":
            special.insert(0, (WHOLE, _("no flag")))
        elif part.startswith("group_"):
            special.insert(0, (WHOLE, _("the total")))
        self.pairs = [*(special if may_leave else ()), *codes]
        self.codes = {code for code, _name in self.pairs}
        self.is_long = len(codes) > MANY_CODES

    @property
    def suggestions(self) -> list[tuple[str, str]]:
        return self.pairs[:MAX_SUGGESTED] if self.is_long else []

    def code_of(self, given: str, known: KnownCodes) -> str:
        if given in self.codes:
            return given
        code = known.code_of(given) if given else None
        return code if code and code in self.codes else ""


@dataclass
class TextRow:
    """A text of the file and what it means; `code` is "" while nobody has said."""

    name: str
    text: str
    code: str
    example: str = ""
    """The first figure beneath, where the text is a heading."""

    @property
    def is_open(self) -> bool:
        return not self.code


@dataclass
class Translation:
    """The texts of the column that was chosen for one part, each with its code; or the headings of columns side by side."""

    part: str
    label: str
    column: str
    choices: Choices
    rows: list[TextRow]
    is_new: bool
    """Whether the person has not seen it yet."""
    has_more: bool = False
    are_columns: bool = False

    @property
    def list_id(self) -> str:
        return f"codes-{self.part}"

    @property
    def open_rows(self) -> list[TextRow]:
        return [row for row in self.rows if row.is_open]

    @property
    def done_rows(self) -> list[TextRow]:
        return [row for row in self.rows if not row.is_open]

    @property
    def codes(self) -> dict[str, str]:
        """{text: code} without those that are left out or stand for the total."""
        return {row.text: row.code for row in self.rows if row.code not in ("", WHOLE, LEAVE, KEEP)}

    def texts_with(self, code: str) -> list[str]:
        return [row.text for row in self.rows if row.code == code]

    @property
    def says_nothing(self) -> bool:
        """Every text is the code that it means already."""
        return not self.has_more and all(row.text == row.code for row in self.rows)

    @property
    def fault(self) -> str:
        """What is left to be said of it; "" where nothing is."""
        return self._fault_of_headings() if self.are_columns else self._fault_of_texts()

    def _fault_of_headings(self) -> str:
        count = len(self.open_rows)
        if count:
            return ngettext(
                "%(count)s column has no meaning yet: %(texts)s. Say below what it stands for, or leave it out.",
                "%(count)s columns have no meaning yet: %(texts)s. Say below what they stand for, or leave them out.",
                count,
            ) % {"count": count, "texts": quoted(self.open_rows)}
        if not self.codes:
            return _("Say below what at least one column stands for.")
        if self.is_new and not self.says_nothing:
            return _("Check below what the columns stand for, and submit again.")
        return ""

    def _fault_of_texts(self) -> str:
        count = len(self.open_rows)
        if count:
            return ngettext(
                "%(count)s text of the column “%(column)s” has no meaning yet: %(texts)s. Say below what it means.",
                "%(count)s texts of the column “%(column)s” have no meaning yet: %(texts)s. Say below what they mean.",
                count,
            ) % {"count": count, "column": self.column, "texts": quoted(self.open_rows)}
        if self.is_new and not self.says_nothing:
            return _("Check below what the texts in the column “%(column)s” mean, and submit again.") % {
                "column": self.column
            }
        return ""


def quoted(rows: list[TextRow]) -> str:
    """The first few texts."""
    return ", ".join(f"“{row.text}”" for row in rows[:5]) + ("…" if len(rows) > 5 else "")


def code_for(text: str, read: Part | None, known: KnownCodes) -> str:
    """As the definition has it, else as the vocabulary has it; "" where neither does."""
    code = read.translate(text) if read is not None else None
    if code is None:
        code = known.code_of(text)
    return "" if code is None else WHOLE if code == TOTAL else code
