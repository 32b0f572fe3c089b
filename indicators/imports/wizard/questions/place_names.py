"""Places that stand in a file by their names, perhaps with the state or province in a column beside them."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from indicators.imports.mapping import ANY, Part
from indicators.imports.resolvers import NamedPlaces
from indicators.imports.wizard.described import DescribedFile
from indicators.imports.wizard.guessing import KnownCodes
from indicators.imports.wizard.questions.asking import Answers
from indicators.imports.wizard.questions.coded import text_rows
from indicators.imports.wizard.questions.places import territory_choices
from indicators.imports.wizard.texts import LEAVE, MAX_ROWS, Choices, Translation
from orgs.models import TerritoryScheme


def names_translation(file: DescribedFile, place: int) -> Translation:
    """Of the names of places those alone that the division does not know, or that it knows twice."""
    places = _columns(file, place)
    column = ", ".join(file.contents.header[one] for one in places)
    choices = Choices("territory", territory_choices(file.chosen("scheme")), may_leave=len(places) == 1)
    given, dropped = _given(file, places), file.dropped_of(column)
    texts = enumerate(file.texts_together(places, Part.join))
    known = _known_names(file, has_above=len(places) > 1)
    field = f"code-territory-{'-'.join(map(str, places))}"
    rows, is_new = text_rows(
        file,
        (
            (f"{field}-{number}", text)
            for number, text in texts
            if text in given or not (text in choices.codes or known(text))
        ),
        choices,
        KnownCodes(),
        lambda text: LEAVE if text in dropped else given.get(text, ""),
    )
    return Translation("territory", _("Territory"), column, choices, rows[:MAX_ROWS], is_new)


def names_entry(file: DescribedFile, place: int, answers: Answers) -> dict[str, Any]:
    """Names as they stand, but for those that are given a meaning."""
    columns = [file.contents.header[one] for one in _columns(file, place)]
    part: dict[str, Any] = {"column": columns[0]} if len(columns) == 1 else {"columns": columns}
    translation = answers.translations.get("territory")
    codes = translation.codes if translation else {}
    return part | ({"codes": {**codes, ANY: ANY}} if codes else {})


def _columns(file: DescribedFile, place: int) -> list[int]:
    """With what lies above before the place itself."""
    within = file.place_of("territory_within")
    return [place] if within is None else [within, place]


def _given(file: DescribedFile, places: list[int]) -> Mapping[str, str]:
    """What the definition says of names in these very columns."""
    before = file.read.territory if file.read else None
    headings = tuple(file.contents.header[one] for one in places)
    return (before.codes or {}) if before and before.columns == headings else {}


def _known_names(file: DescribedFile, *, has_above: bool) -> Callable[[str], bool]:
    """Whether a text names one place, and one alone, of the division."""
    scheme = TerritoryScheme.objects.filter(code=file.chosen("scheme")).first()
    if scheme is None:
        return lambda text: False
    names = NamedPlaces(scheme, file.chosen("territory_kind"))

    def is_known(text: str) -> bool:
        above = [text.partition(Part.join)[0]] if has_above else []
        return len(names.codes(text, above, Part.join)) == 1

    return is_known
