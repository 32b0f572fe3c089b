"""What the columns of an unknown file seem to say: by their headings, and by whether the portal knows the texts in them."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django.conf import settings
from modeltranslation.utils import build_localized_fieldname

from indicators.catalogue.periods import FIRST, LAST, kind_of_texts, period_code
from indicators.imports.mapping import Part, read_flags
from indicators.imports.resolvers import codes_by_number
from indicators.models import Category, Indicator
from indicators.vocabulary import FLAG_CODES, Flag, codes_of
from orgs.models import Territory
from orgs.numbers import writing_of
from orgs.readers.sniffing import FileContents

TOTAL = ""
"""The code of what is not broken down."""
ENOUGH = 0.8
"""The share of the texts of a column that must be known before the column is taken for it."""

WORDS_FOR_TOTAL = frozenset(
    "total totals totale t _t _z tot all both everyone overall totales todos todas ambos ambossexos bothsexes ensemble tous toutes "  # noqa: SIM905
    "lesdeux insgesamt gesamt tutti tutte المجموع الكل".split()
)
WORDS_FOR_SEX = {
    "F": "female females f fem femme femmes femminile femmine feminin woman women mujer mujeres femenino dona dones weiblich frau frauen donne",
    "M": "male males m masc homme hommes maschile maschi masculin man men hombre hombres masculino home homes mannlich mann manner uomini",
}
HEADINGS = {
    "number": r"^(obs_?value|number|count|value|values|valor|valores|numero|nombre|anzahl|wert|wer|effectif|persons?|people|poblacion|population|total)$",
    "flag": r"^(obs_?flag|obs_?status|flags?|status)$",
    "territory": r"(territor|geo|^ref_area$|place|lugar|barri|neighbo|munic|distri|region|provinc|area|code)",
    "month": r"^(month|mes|mois|monat|mese)",
    "quarter": r"^(quarter|trimest|quartal)",
    "half": r"^(half|semest|halbjahr)",
}
# SDMX's CL_OBS_STATUS, and Eurostat's flags of before 2025 where they differ: z is m now, "data cannot exist".
FLAG_LETTERS = {
    letter: codes_of(flag)
    for letter, flag in {
        "b": Flag.BREAK,
        "d": Flag.DEFINITION,
        "e": Flag.ESTIMATED,
        "m": Flag.NOT_APPLICABLE,
        "p": Flag.PROVISIONAL,
        "u": Flag.UNRELIABLE,
        "z": Flag.NOT_APPLICABLE,
    }.items()
}
A_NUMBER = re.compile(r"^[+-]?\d[\d.,'\s\u00a0\u202f]*$")
PERIOD_IN_HEADING = re.compile(
    r"(?:[^\W\d]+[\s_.:-]*)*?(\d{4}(?:\s?[-–/_]\s?(?:\d{4}|\d{2})|-?(?:[QS][1-4]|M?\d{2}))?)", re.IGNORECASE
)
AGES = re.compile(r"^(\d{1,3})\D{1,8}?(\d{1,3})$")
OPEN_AGE = re.compile(r"^(?:>=|≥)(\d{1,3})$|^(\d{1,3})(?:\+|andover|andmore|ormore|oder?mehr|ymas|omas|etplus)$")
YOUNGER = re.compile(r"^<(\d{1,3})$")

Codes = Callable[[str], str | None]
"""From a text of the file to a code of the portal; TOTAL for all together; None where nobody knows."""


def folded(text: str) -> str:
    """Without case, accents, blanks and marks: how two spellings of one name are alike."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if letter.isalnum() or letter in "<>=≥+_-")


def age_code(text: str) -> str:
    """The code that a span of ages has in the standard list: "05-9" is Y5-9, ">=95" is Y_GE95; "" where it is none."""
    text = re.sub(r"(years?|anys|anos|ans|jahre|anni|de|ages?)", "", folded(text))
    if found := AGES.match(text):
        return f"Y{int(found[1])}-{int(found[2])}"
    if found := OPEN_AGE.match(text):
        return f"Y_GE{int(found[1] or found[2])}"
    if found := YOUNGER.match(text):
        return f"Y_LT{int(found[1])}"
    return ""


@dataclass
class KnownCodes:
    """The portal's codes of one kind, and the texts by which a file may mean them."""

    codes: set[str] = field(default_factory=set)
    by_text: dict[str, str] = field(default_factory=dict)
    is_age: bool = False

    def code_of(self, text: str) -> str | None:
        if text in self.codes:
            return text
        key = folded(text)
        if key in self.by_text:
            return self.by_text[key]
        if key in WORDS_FOR_TOTAL:
            return TOTAL
        return code if self.is_age and (code := age_code(text)) in self.codes else None


def groups() -> dict[str, KnownCodes]:
    """{dimension: its categories by code and by name in every language}."""
    names = [build_localized_fieldname("name", language) for language, _name in settings.LANGUAGES]
    found: dict[str, KnownCodes] = {}
    for dimension, code, *texts in Category.objects.values_list("dimension__code", "code", *names):
        known = found.setdefault(dimension, KnownCodes(is_age=dimension == "age"))
        known.codes.add(code)
        for text in [*(text for text in texts if text), code]:
            known.by_text.setdefault(folded(text), code)
    for code, words in WORDS_FOR_SEX.items():
        if "sex" in found and code in found["sex"].codes:
            found["sex"].by_text |= dict.fromkeys(words.split(), code)
    return found


@dataclass
class Flags(KnownCodes):
    """Several may stand in one text: its code is then that of each, with a space between them."""

    def code_of(self, text: str) -> str | None:
        code = super().code_of(text)
        if code is not None:
            return code
        read = read_flags(Part(codes=FLAG_LETTERS, total=frozenset("a")), text.casefold())
        return codes_of(read) if read else None


def flags() -> Flags:
    codes = {code: code for code, flag in FLAG_CODES.items() if flag != Flag.MISSING}
    return Flags(set(codes), {**codes, **FLAG_LETTERS, "a": TOTAL})


def indicators() -> KnownCodes:
    found = dict(Indicator.objects.active().values_list("code", "name"))
    return KnownCodes(set(found), {folded(name): code for code, name in found.items()})


def places(scheme: str) -> list[KnownCodes]:
    """The ways in which a file may name the territories of a scheme: their codes, their names, or the bare numbers in their codes.

    Names and numbers of one kind of territory at a time, for a district may be called as one of its neighbourhoods.
    """
    rows = list(Territory.objects.filter(scheme__code=scheme).values_list("code", "name", "names", "kind"))
    codes = {code for code, *_rest in rows}
    anywhere = [row for row in rows if row[3] == Territory.Kind.UNALLOCATED]
    ways = [KnownCodes(codes, {folded(code): code for code in codes})]
    for kind in dict.fromkeys(row[3] for row in rows if row not in anywhere):
        names, numbers = KnownCodes(codes), KnownCodes(codes)
        for code, name, others, _kind in [row for row in rows if row[3] == kind] + anywhere:
            for text in (name, *others.values()):
                names.by_text.setdefault(folded(str(text)), code)
            if number := re.fullmatch(r"[A-Za-z]+0*(\d+)", code):
                numbers.by_text.setdefault(number[1], code)
        numbers.by_text |= codes_by_number(row[0] for row in rows if row[3] == kind)
        ways += [names, numbers]
    return ways


def way_of(texts: list[str], ways: list[KnownCodes]) -> tuple[float, KnownCodes]:
    """Of the ways to name territories the one that knows most of the texts, and the share that it knows."""
    shares = [_share(texts, way.code_of) for way in ways]
    best = max(range(len(ways)), key=lambda place: (shares[place], -place))
    return shares[best], ways[best]


@dataclass
class Guess:
    """Places of columns, None where nothing fits. `across`: in what the columns of the figures differ, where there are several."""

    across: str = ""

    indicator: int | None = None
    scheme: str = ""
    territory: int | None = None
    period: int | None = None
    period_kind: str = "year"
    """ "" where the texts may be of several kinds: 2009-10 is a month or a school year."""
    period_part: int | None = None
    groups: dict[str, int] = field(default_factory=dict)
    number: int | None = None
    flag: int | None = None
    decimal: str = ""
    """ "" where no figure has one, or where it may as well stand between thousands."""
    thousands: str = ""


def guess(contents: FileContents, schemes: list[str], known: Mapping[str, KnownCodes]) -> Guess:
    """What each column seems to say. Nobody relies on it: it fills a form that a person looks through."""
    found = Guess()
    free = {place for place, texts in enumerate(contents.texts) if any(texts) and contents.header[place]}
    free -= _guess_side_by_side(found, contents, known)
    found.number = None if found.across else _number_of(contents, free)
    if found.number is not None:
        free.discard(found.number)
        _guess_writing(found, contents.some_texts(found.number))
    # OBS_FLAG has all flags of a cell; OBS_STATUS beside it may have one of them, or something else.
    headed = [place for place in sorted(free) if _is_headed(contents, place, "flag")]
    found.flag = min(headed, key=lambda place: "flag" not in folded(contents.header[place]), default=None)
    free.discard(-1 if found.flag is None else found.flag)
    if found.across != "period":
        _guess_period(found, contents, free)
    _guess_territory(found, contents, free, schemes)
    catalogue = indicators()
    if found.across != "indicator":
        found.indicator = next(
            (place for place in sorted(free) if _share(contents.texts_of(place), catalogue.code_of) == 1), None
        )
    free.discard(-1 if found.indicator is None else found.indicator)
    for dimension, vocabulary in known.items():
        if found.across == f"group_{dimension}":
            continue
        shares = {
            place: _share(contents.texts_of(place), vocabulary.code_of)
            for place in sorted(free)
            if place not in contents.more
        }
        best = max(shares, key=lambda place: (shares[place], -place), default=None)
        if best is not None and shares[best] >= ENOUGH and not _is_nothing_but_total(contents, best, vocabulary):
            found.groups[dimension] = best
            free.discard(best)
    return found


def _guess_side_by_side(found: Guess, contents: FileContents, known: Mapping[str, KnownCodes]) -> set[int]:
    """The columns of figures whose headings are periods, indicators or groups of one kind, where there are at least two of them."""
    numeric = [place for place, name in enumerate(contents.header) if name and is_of_numbers(contents, place)]
    ways: dict[str, Codes] = {"period": _names_period, "indicator": indicators().code_of}
    ways |= {f"group_{dimension}": vocabulary.code_of for dimension, vocabulary in known.items()}
    best: list[int] = []
    for across, code_of in ways.items():
        places = [place for place in numeric if code_of(contents.header[place])]
        if len(places) >= max(2, len(best) + 1):
            found.across, best = across, places
    if not best:
        return set()
    if found.across == "period":
        found.period_kind = kind_of_texts(period_text(contents.header[place]) for place in best) or ""
    else:  # A total beside the groups has a heading of another kind: "Total".
        best += [place for place in numeric if ways[found.across](contents.header[place]) == TOTAL]
    _guess_writing(found, [text for place in best for text in contents.some_texts(place)])
    return set(best)


def is_of_numbers(contents: FileContents, place: int) -> bool:
    """By the texts in the column, or the first rows where they are not listed."""
    return _share(contents.some_texts(place), lambda text: text if A_NUMBER.match(text) else None) > 0.5


def period_text(heading: str) -> str:
    """What in a heading is a period, if anything: "2019" of "pop_2019"."""
    match = PERIOD_IN_HEADING.fullmatch(heading.strip())
    return match[1] if match else ""


def period_in(heading: str, kind: str = "") -> str | None:
    """The code of the period (of that kind) that a heading names: "2019", "Year 2019", "2019-Q1", "pop_2019"."""
    code = period_code({"code": period_text(heading)}, kind)
    return code if code and FIRST <= int(code[:4]) <= LAST else None


def _names_period(heading: str) -> str | None:
    return None if kind_of_texts([period_text(heading)]) is None else heading


def _guess_period(found: Guess, contents: FileContents, free: set[int]) -> None:
    for place in sorted(free):
        texts = [text for text in contents.texts_of(place) if text]
        kind = kind_of_texts(texts)
        if kind is not None:
            found.period, found.period_kind = place, kind
            break
    if found.period is None:
        return
    free.discard(found.period)
    for kind in ("month", "quarter", "half"):
        for place in sorted(free):
            texts = contents.texts_of(place)
            if (
                found.period_kind == "year"
                and _is_headed(contents, place, kind)
                and all(text.isdecimal() and len(text) < 3 for text in texts)
            ):
                found.period_part, found.period_kind = place, kind
                free.discard(place)


def _guess_territory(found: Guess, contents: FileContents, free: set[int], schemes: list[str]) -> None:
    """The column with the most places of which the portal knows nearly all, so that of districts and neighbourhoods the latter are taken."""
    best: tuple[int, bool, float] = (0, False, 0)
    for scheme in schemes:
        ways = places(scheme)
        for place in sorted(free):
            share, way = way_of(contents.texts_of(place), ways)
            weight = (len(contents.texts_of(place)), way in ways[::2], share)
            if share >= ENOUGH and (weight > best):
                best, found.scheme, found.territory = weight, scheme, place
    free.discard(-1 if found.territory is None else found.territory)


def _number_of(contents: FileContents, free: set[int]) -> int | None:
    """A column of numbers by its heading, else the last one that has many and is not made of years."""
    numeric = [
        place
        for place in sorted(free)
        if _share(contents.texts_of(place), lambda t: t if A_NUMBER.match(t) else None) > 0.5
    ]
    headed = [place for place in numeric if _is_headed(contents, place, "number")]
    others = [place for place in numeric if kind_of_texts(contents.texts_of(place)) is None]
    return next(reversed(headed or others), None)


def _is_headed(contents: FileContents, place: int, what: str) -> bool:
    return re.search(HEADINGS[what], folded(contents.header[place])) is not None


def _guess_writing(found: Guess, texts: list[str]) -> None:
    """By the numbers among the texts; nothing where they can be read in two ways."""
    writing, is_open = writing_of(text for text in texts if A_NUMBER.match(text))
    if writing and not is_open:
        signs = "".join(texts)
        found.decimal = writing.decimal if writing.decimal in signs or writing.thousands else ""
        found.thousands = writing.thousands


def _is_nothing_but_total(contents: FileContents, place: int, vocabulary: KnownCodes) -> bool:
    return all(vocabulary.code_of(text) == TOTAL for text in contents.texts_of(place))


def _share(texts: list[str], codes: Codes) -> float:
    given = [text for text in texts if text]
    return sum(codes(text) is not None for text in given) / len(given) if given else 0
