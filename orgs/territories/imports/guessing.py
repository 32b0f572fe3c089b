"""What a heading or a text in a file of places probably means, in the languages in which such files are written."""

import re
from collections.abc import Mapping, Sequence
from functools import cache

from babel import Locale

from orgs.folding import folded_words
from orgs.languages import LANGUAGES
from orgs.models import Territory
from orgs.territories.imports.description import CODE, KIND, NAME, NAME_IN, PARENT, VALID_FROM, VALID_TO, Description

Kind = Territory.Kind

PHRASES = {
    CODE: [
        "code", "codigo", "codi", "kode", "schluessel", "schlussel", "key", "nuts id", "nuts code", "lau code", "cod ine", "codigo ine", "ine code",
        "municipal code", "cod", "codigo municipio", "code insee", "insee", "ref", "id",
    ],
    PARENT: [
        "parent", "parent code", "code parent", "parent id", "padre", "codigo padre", "codigo superior", "superior", "upper", "within", "lies in",
        "belongs to", "pertenece a", "codi pare", "ubergeordnet", "uebergeordnet",
    ],
    VALID_FROM: [
        "valid from", "from", "since", "begin", "begins", "start", "start date", "valido desde", "vigente desde", "desde", "fecha alta",
        "fecha de alta", "valable depuis", "depuis", "gultig ab", "gueltig ab", "data inici",
    ],
    VALID_TO: [
        "valid to", "valid until", "to", "until", "end", "ends", "end date", "valido hasta", "vigente hasta", "hasta", "fecha baja", "fecha de baja",
        "jusqu au", "gultig bis", "gueltig bis", "data fi",
    ],
    KIND: ["kind", "level", "type", "tipo", "nivel", "niveau", "tipus", "nivell", "levl code", "ebene", "art", "clase", "layer"],
    NAME: [
        "name", "nombre", "nom", "nome", "bezeichnung", "denominacion", "denominacio", "nuts name", "lau name", "local name", "nombre local",
        "label", "libelle", "name latn", "txt", "municipio", "municipi", "commune", "gemeinde",
    ],
}  # fmt: skip
"""Headings, folded and without signs, the surest first."""
NAME_OF_LANGUAGE = re.compile(r"^(?:name|nombre|nom|label|bezeichnung) (?:in |en |auf )?([a-z]+)$|^([a-z]+) name$")
HEADINGS_IN = ("en", "es", "fr", "ca", "de")

KINDS = {
    Kind.COUNTRY: "country state pais estado pays etat land staat nation dawla",
    Kind.REGION: "region comunidad autonoma comunitat autonoma ccaa comunidad bundesland land region autonome",
    Kind.PROVINCE: "province provincia departement department kreis landkreis county canton kanton",
    Kind.MUNICIPALITY: "municipality municipio municipi commune gemeinde comune city town ciudad ciutat ayuntamiento stadt ville lau",
    Kind.DISTRICT: "district distrito districte bezirk arrondissement borough distretto",
    Kind.NEIGHBOURHOOD: "neighbourhood neighborhood barrio barri quartier quarter ortsteil stadtteil quartiere wohnviertel vecindario",
    Kind.AREA: "area zona zone section seccion seccio planungsraum prognoseraum bezirksregion wohnbezirk sector",
}


def plain(text: str) -> str:
    """Folded, signs taken for spaces."""
    return " ".join(re.sub(r"[\W_]+", " ", " ".join(folded_words(text))).split())


def columns_called(headings: Sequence[str], phrases: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """{what a column means: its place}, where its plain heading is one of the phrases for that: the surest that there is, and a column once."""
    found: dict[str, int] = {}
    for role, known in phrases.items():
        for phrase in known:
            place = next((at for at, text in enumerate(headings) if text == phrase and at not in found.values()), None)
            if place is not None:
                found[role] = place
                break
    return found


def columns_of(header: Sequence[str]) -> dict[str, int]:
    """{what a column probably means: its place}."""
    headings = [plain(name) for name in header]
    found = columns_called(headings, PHRASES)
    for place, text in enumerate(headings):
        match = NAME_OF_LANGUAGE.match(text)
        language = languages_by_word().get(match[1] or match[2]) if match else None
        if language and place not in found.values():
            found.setdefault(NAME_IN + language, place)
    if NAME not in found and (first := next((role for role in found if role.startswith(NAME_IN)), None)):
        found[NAME] = found.pop(first)
    return found


@cache
def languages_by_word() -> dict[str, str]:
    """{a code or a folded name: code}, as headings in several languages say it."""
    known = {code: code for code in LANGUAGES}
    for locale in map(Locale.parse, HEADINGS_IN):
        known = {plain(locale.languages.get(code, code)): code for code in LANGUAGES} | known
    return known | {"castellano": "es", "castella": "es", "castillan": "es"}


def kind_of(text: str) -> str:
    """ "" where it is not known."""
    words = plain(text)
    if words in Kind.values:
        return words
    for kind in Kind:
        if words in (plain(str(kind.label)), plain(str(kind.label)) + "s"):
            return kind.value
    singular = words.removesuffix("s")
    for kind, known in KINDS.items():
        if singular in known.split() or words in known.split():
            return kind.value
    return ""


def description_of(header: Sequence[str], texts: Sequence[str]) -> Description:
    """Of a file as it seems; `texts` are those of the column that says the kind."""
    columns = columns_of(header)
    kinds = {text: kind_of(text) for text in texts}
    return Description(columns, kinds={text: kind for text, kind in kinds.items() if kind})
