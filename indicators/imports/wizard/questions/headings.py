"""What the headings of figures that stand side by side stand for."""

from django.utils.translation import gettext as _

from indicators.catalogue.formatting import period_words
from indicators.imports.wizard import guessing
from indicators.imports.wizard.columns import PeriodVocabulary, years_near
from indicators.imports.wizard.described import DescribedFile
from indicators.imports.wizard.guessing import KnownCodes
from indicators.imports.wizard.questions.coded import text_rows
from indicators.imports.wizard.questions.indicator import indicator_choices
from indicators.imports.wizard.questions.places import territory_choices, way_of_places
from indicators.imports.wizard.texts import LEAVE, WHOLE, Choices, Translation, code_for
from indicators.models import Period
from indicators.vocabulary import CALENDAR

Meanings = tuple[KnownCodes, list[tuple[str, str]]]
"""How headings are understood, and (code, name) of all that they may stand for."""


def headings_translation(file: DescribedFile, across: str, label: str, places: list[int]) -> Translation:
    """Of the columns in `places`, which differ in `across`: what each stands for, with its first figure."""
    known, codes = _meanings(file, across)
    choices = Choices(across, codes, are_columns=True)
    contents = file.contents
    place_of = {contents.header[place]: place for place in places}
    rows, is_new = text_rows(
        file,
        ((f"code-columns-{across}-{place}", heading) for heading, place in place_of.items()),
        choices,
        known,
        lambda heading: _first_code(file, across, place_of[heading], known),
    )
    for row in rows:
        place = place_of[row.text]
        row.example = next((record[place] for record in contents.rows if record[place]), "")
    return Translation("across", _("Columns side by side"), label, choices, rows, is_new, are_columns=True)


def _first_code(file: DescribedFile, across: str, place: int, known: KnownCodes) -> str:
    heading = file.contents.header[place]
    if file.side is not None and file.side.across == across:
        code = file.side.code_of(heading)
        return LEAVE if code is None else code or WHOLE
    if not guessing.is_of_numbers(file.contents, place):
        return LEAVE
    return code_for(heading, None, known)


def _meanings(file: DescribedFile, across: str) -> Meanings:
    headings = file.contents.header
    if across == "period":
        return _periods(headings, file.chosen("period_kind"))
    if across == "territory":
        scheme = file.chosen("scheme")
        return way_of_places(headings, scheme), territory_choices(scheme)
    if across == "indicator":
        return guessing.indicators(), indicator_choices()
    dimension = across.removeprefix("group_")
    return file.known.get(dimension, KnownCodes()), file.categories.get(dimension, [])


def _periods(headings: list[str], kind: str) -> Meanings:
    near = years_near(headings, kind)
    periods = Period.objects.filter(kind=kind, year__range=near).order_by("-starts_on")
    names = [(one.code, period_words(one) if one.kind not in CALENDAR else one.code) for one in periods]
    return PeriodVocabulary({code for code, _name in names}, kind=kind), names
