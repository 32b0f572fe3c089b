"""What a heading or a text in a file of organisations probably means, in the languages in which such files are written."""

from collections.abc import Sequence
from typing import Any

from orgs.exchange.imports.mapping import KINDS
from orgs.exchange.imports.service_facts import BY_NAME
from orgs.models import Domain, ServiceType, ServiceTypeWord
from orgs.territories.imports.guessing import columns_called
from orgs.territories.imports.guessing import plain as plain_words
from orgs.vocabulary import Kind, Mark, Work

SCHEME, IDENTIFIER, LEAVE_OUT = "territory_scheme", "identifier", "leave_out"

PHRASES = {
    "name": [
        "name", "nombre", "nom", "organisation", "organization", "organisation name", "organization name", "name of the organisation", "entity",
        "nombre de la entidad", "nombre entidad", "nombre de la organizacion", "entidad", "organizacion", "asociacion", "denominacion",
        "razon social", "charity name", "organisme", "entitat", "denominaci", "denominacio", "nom del centre", "nom de l entitat", "equipament", "title",
    ],
    "acronym": ["acronym", "short name", "abbreviation", "siglas", "sigla", "acronimo", "nombre corto", "acronim", "sigles"],
    "other_name": [
        "other name", "alternate name", "alternative name", "also known as", "trading name", "otro nombre", "nombre alternativo",
        "nombre comercial", "altre nom",
    ],
    IDENTIFIER: [
        "identifier", "registration number", "register number", "reg number", "charity number", "organisation number", "company number", "number",
        "org id", "id", "cif", "nif", "numero de registro", "no registro",
        "no de registro", "num registro", "numero registro", "numero", "identificador", "codi equipament",
        "codigo", "code",
    ],
    "kind": [
        "kind", "type", "legal form", "organisation type", "organization type", "legal status", "tipo", "tipo de entidad", "tipo de organizacion",
        "forma juridica", "naturaleza juridica", "clase", "tipus", "tipologia", "forma legal",
    ],
    "territory": [
        "municipality", "city", "town", "territory", "territory code", "place", "district", "municipio", "ciudad", "localidad", "poblacion",
        "territorio", "codigo de municipio", "codigo municipio", "codigo ine", "municipi", "poblaci", "poblacio", "localitat", "ciutat", "barrio",
    ],
    SCHEME: ["territory scheme", "classification"],
    "description": [
        "description", "about", "activities", "mission", "purpose", "descripcion", "actividades", "fines", "objeto", "objetivos", "finalidad", "descripcio",
        "activitats",
    ],
    "written_in": ["description language", "language of description", "idioma de la descripcion"],
    "website": [
        "website", "web", "url", "web site", "web page", "homepage", "pagina web", "sitio web", "direccion web", "pagina", "lloc web",
    ],
    "public_email": ["public email", "public e mail", "correo publico", "email publico"],
    # Nobody can tell by the heading whose address it is: one that is not said to be public is shown to nobody.
    "notice_email": [
        "email", "e mail", "mail", "contact email", "email address", "correo", "correo electronico", "direccion de correo", "correu",
        "correu electronic", "correu electr nic", "adreca electronica",
    ],
    "public_phone": [
        "telephone", "phone", "tel", "phone number", "public phone", "telefono", "numero de telefono", "tfno", "tlf", "telefon", "tel fon",
    ],
    "address": ["address", "street", "street address", "direccion", "domicilio", "domicilio social", "calle", "adreca", "adre a"],
    "founded_year": [
        "founded", "founded year", "year founded", "since", "year", "date registered", "fundacion", "ano de fundacion", "ano", "fecha de constitucion",
        "fecha de inscripcion", "any de fundacio",
    ],
    "works_in": ["works in", "area of operation", "areas served", "area served", "ambito", "ambito territorial", "ambito de actuacion", "trabaja en"],
    "domains": ["domains", "domain", "field", "fields of work", "sector", "ambito de trabajo", "ambitos", "area de trabajo", "areas",
        "sectores", "classification code",
    ],
    "service_types": ["service", "services", "service type", "service types", "servicio", "servicios", "tipo de servicio", "serveis"],
    "languages": ["languages", "language", "languages spoken", "idiomas", "idioma", "lenguas", "llengues"],
    "communities": ["communities", "countries", "countries of origin", "comunidades", "paises de origen"],
    "marks": ["marks"],
    "works_as": ["works as", "roles"],
    "identifiers": ["identifiers", "other identifiers"],
}  # fmt: skip
"""Headings, folded and without signs, the surest first."""
KIND_WORDS = {
    Kind.ASSOCIATION: "association asociacion associacio associacions associacions/grup charity ong ngo club verein associations asociaciones society",
    Kind.FOUNDATION: "foundation fundacion fundacio trust stiftung fundaciones foundations",
    Kind.INFORMAL_GROUP: "group grupo grup collective colectivo collectiu plataforma platform grups",
    Kind.FAITH_BASED: "church parish religious iglesia parroquia confesional religiosa caritas esglesia faith",
    Kind.NETWORK: "network federation confederation red federacion confederacion coordinadora xarxa federacio union",
    Kind.PUBLIC_AGENCY: "agency agencia public publica publico organismo",
    Kind.COOPERATIVE: "cooperative cooperativa coop",
    Kind.ENTERPRISE: "company enterprise empresa sociedad limited ltd sl sa",
    Kind.TRADE_UNION: "union sindicato sindicat",
    Kind.EDUCATION: "university school universidad escuela instituto colegio universitat escola centre",
    Kind.MEDIA: "media radio newspaper periodico medio",
}


def columns_of(header: Sequence[str]) -> dict[str, int]:
    """{what a column probably means: its place}."""
    return columns_called([plain_words(name) for name in header], PHRASES)


def kind_of(text: str) -> str:
    """ "" where it is not known."""
    words = plain_words(text)
    for kind in Kind:
        if kind.value in KINDS and words in (kind.value.replace("_", " "), plain_words(str(kind.label))):
            return kind.value
    said = set(words.split())
    for kind, known in KIND_WORDS.items():
        if said & set(plain_words(known).split()):
            return kind.value
    return ""


class Meanings:
    """What the texts of a column may mean, by what the column is: {text as people type it: code}."""

    def __init__(self) -> None:
        self._known: dict[str, dict[str, str]] = {}

    def of(self, role: str, text: str) -> str:
        if role == "kind":
            return kind_of(text)
        if role == "languages":
            return BY_NAME.get(text.lower(), "")
        return self.known(role).get(plain_words(text), "")

    def known(self, role: str) -> dict[str, str]:
        if role not in self._known:
            self._known[role] = self._read(role)
        return self._known[role]

    def _read(self, role: str) -> dict[str, str]:
        pairs: list[tuple[Any, str]] = []
        if role == "domains":
            pairs = [(text, one.code) for one in Domain.objects.all() for text in (one.name, one.code)]
        elif role == "service_types":
            words = ServiceTypeWord.objects.filter(type__retired_on=None)
            pairs = [
                *words.order_by("-type__order").values_list("text", "type__code"),
                *((text, one.code) for one in ServiceType.objects.offered() for text in (one.name, one.code)),
            ]
        elif role in ("marks", "works_as"):
            listed: Any = Mark if role == "marks" else Work
            pairs = [(text, word.value) for word in listed for text in (word.label, word.value)]
        return {plain_words(str(text)): code for text, code in pairs}
