"""What the columns of a file of organisations mean: a JSON that one can write by hand, and use again for the next edition of the file."""

import re
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from orgs.languages import LANGUAGES
from orgs.models import AUTHORITY_KINDS
from orgs.models.identifier import REGISTER
from orgs.readers.problems import NO_TEXT
from orgs.vocabulary import Kind, Mark, Work

FORMATS = ("csv", "xlsx", "hsds-1.1", "hsds-3.0")
OWN_REGISTER = "XP-REFERENCE"
"""The references of a portal of this kind: here they are looked up among the portal's own first."""
TEXTS = (
    "name",
    "acronym",
    "description",
    "website",
    "public_email",
    "notice_email",
    "public_phone",
    "address",
    "founded_year",
)
LISTS = ("languages", "communities", "marks", "works_as", "domains", "identifiers")
OWN_LISTS = (*LISTS, "works_in")
"""Those that a table has which a portal of this kind wrote."""
ENTRIES = {
    **dict.fromkeys(TEXTS, ("column",)),
    **dict.fromkeys((*LISTS, "service_types"), ("column", "values", "separator", "always")),
    "other_name": ("column", "language"),
    "written_in": ("column", "always"),
    "kind": ("column", "values", "otherwise", "always"),
    "territory": ("column", "scheme", "scheme_column", "by", "always"),
    "works_in": ("column", "separator", "scheme", "by"),
}
"""For each fact of an organisation what may be said of it."""
KINDS = {str(kind) for kind in Kind} - {str(kind) for kind in AUTHORITY_KINDS}
"""An authority is not brought in from a list: rights rest on it."""
WORDS = {"marks": set(Mark.values), "works_as": set(Work.values)}


@dataclass(frozen=True)
class Column:
    """Where a fact is read, and what its texts mean."""

    column: str = ""
    values: MappingOf[str, str] = field(default_factory=dict)
    otherwise: str = ""
    """For a text that `values` does not have."""
    always: str = ""
    """For all rows, in place of a column."""
    separator: str = ";"
    scheme: str = ""
    scheme_column: str = ""
    by: str = "code"
    language: str = ""


@dataclass(frozen=True)
class Mapping:
    columns: MappingOf[str, Column]
    format: str = ""
    """As the file seems to be, where it is not said."""
    source: MappingOf[str, str] = field(default_factory=dict)
    identifier_scheme: str = ""
    """"" where the column holds whole codes, such as GB-CHC-1000003."""
    identifier_column: str = ""
    domain: str = ""
    """Of services whose type is not known; without it they are left out."""
    adds_doubles: bool = False
    leave_out: MappingOf[str, list[str]] = field(default_factory=dict)

    @property
    def is_own(self) -> bool:
        """For a file that a portal of this kind wrote, as whoever chose it says."""
        return self.identifier_scheme == OWN_REGISTER

    @property
    def headings(self) -> dict[str, str]:
        """{what it is for: heading that the file must have}."""
        found = {fact: one.column for fact, one in self.columns.items() if one.column}
        found |= {f"{fact}, scheme": one.scheme_column for fact, one in self.columns.items() if one.scheme_column}
        found |= {"identifier": self.identifier_column} if self.identifier_column else {}
        return found | {f"leave_out, {name}": name for name in self.leave_out}


def of_own_file() -> dict[str, Any]:
    """For the table that this portal exports, or another one of its kind."""
    return {
        "identifier": {"scheme": OWN_REGISTER, "column": "reference"},
        "columns": {
            "name": "name",
            "acronym": "acronym",
            "kind": {"column": "kind", "values": {kind: kind for kind in KINDS}},
            "territory": {"column": "territory_code", "scheme_column": "territory_scheme"},
            "description": "description",
            "written_in": "description_language",
            "website": "website",
            "public_email": "email",
            "public_phone": "telephone",
            "address": "address",
            "founded_year": "founded_year",
            **{name: name for name in OWN_LISTS},
        },
    }


def of_own_standard_file() -> dict[str, Any]:
    """The same for its HSDS 3.0; of services without a type nobody says a domain."""
    own = of_own_file()
    columns = {name: own["columns"][name] for name in ("kind", "territory")}
    return {"identifier": own["identifier"], "columns": columns}


STANDARD = {
    "hsds-1.1": {
        "name": "name",
        "description": "description",
        "website": "url",
        "public_email": "email",
        "founded_year": "year_incorporated",
        "address": "address",
        "public_phone": "phone",
    },
    "hsds-3.0": {
        "name": "name",
        "acronym": "alternate_name",
        "description": "description",
        "website": "website",
        "public_email": "email",
        "founded_year": "year_incorporated",
        "address": "address",
        "public_phone": "phone",
    },
}
"""What the columns of the standard's files mean, where a mapping does not say otherwise."""


def read_mapping(given: Any) -> Mapping:
    """Raises ValidationError that names what cannot be understood."""
    if bad := without_text(given):
        raise ValidationError(
            {"mapping": [_("“%(text)s” of the mapping holds something that is no text.") % {"text": bad}]}
        )
    reader = MappingReader()
    found = reader.mapping(given)
    if reader.faults:
        raise ValidationError({"mapping": reader.faults})
    return found


def without_text(given: Any) -> str:
    """The first text of a mapping, or name in it, that cannot be kept; shown with a sign for what is no text."""
    if isinstance(given, str):
        return NO_TEXT.sub("\ufffd", given)[:60] if NO_TEXT.search(given) else ""
    inner = [*given, *given.values()] if isinstance(given, dict) else given if isinstance(given, list) else []
    return next(filter(None, map(without_text, inner)), "")


class MappingReader:
    def __init__(self) -> None:
        self.faults: list[str] = []

    def known(self, where: str, given: Any, *names: str) -> dict[str, Any]:
        """`given` without what nobody knows here."""
        if not isinstance(given, dict):
            self.faults.append(_("“%(where)s” of the mapping is not an object.") % {"where": where})
            return {}
        for name in given:
            if name not in names:
                values = {"name": str(name)[:60], "where": where, "known": ", ".join(names)}
                self.faults.append(
                    _("The mapping says “%(name)s” in “%(where)s”, where only these can be said: %(known)s.") % values
                )
        return {name: given[name] for name in names if name in given}

    def refuse(self, where: str, value: Any) -> None:
        self.faults.append(
            _("“%(where)s” of the mapping cannot be “%(value)s”.") % {"where": where, "value": str(value)[:60]}
        )

    def mapping(self, given: Any) -> Mapping:
        said = self.known(
            "mapping", given, "format", "source", "identifier", "columns", "domain", "doubles", "leave_out"
        )
        file_format = self.one_of("format", said.get("format", ""), ("", *FORMATS))
        source = self.texts("source", said.get("source", {}), "name", "licence", "url")
        identifier = self.texts("identifier", said.get("identifier", {}), "scheme", "column")
        scheme = identifier.get("scheme", "")
        if scheme and not re.match(REGISTER, scheme):
            self.refuse("identifier: scheme", scheme)
        columns = {**STANDARD.get(file_format, {}), **self.known("columns", said.get("columns", {}), *ENTRIES)}
        found = {fact: self.column(fact, one) for fact, one in columns.items() if one is not None}
        for fact in ("name", "kind", "territory"):
            if fact not in found:
                self.faults.append(_("The mapping does not say where “%(fact)s” is read.") % {"fact": fact})
        domain = said.get("domain", {})
        return Mapping(
            found,
            file_format,
            source,
            scheme,
            identifier.get("column", ""),
            self.texts("domain", {"always": domain} if isinstance(domain, str) else domain, "always").get("always", ""),
            self.one_of("doubles", said.get("doubles", "leave"), ("leave", "add")) == "add",
            self.left_out(said.get("leave_out", {})),
        )

    def one_of(self, where: str, value: Any, allowed: tuple[str, ...]) -> str:
        if value in allowed:
            return str(value)
        self.refuse(where, value)
        return allowed[0]

    def texts(self, where: str, given: Any, *names: str) -> dict[str, str]:
        said = self.known(where, given, *names)
        for name, value in said.items():
            if not isinstance(value, str):
                self.refuse(f"{where}: {name}", value)
        return {name: value for name, value in said.items() if isinstance(value, str)}

    def column(self, fact: str, given: Any) -> Column:
        if isinstance(given, str):
            given = {"column": given}
        said = self.known(fact, given, *ENTRIES[fact])
        values = said.pop("values", {})
        plain = self.texts(fact, said, *ENTRIES[fact])
        meaning = self.texts(f"{fact}: values", values, *(values if isinstance(values, dict) else ()))
        one = Column(**plain, values={text.strip(): value for text, value in meaning.items()})
        has_words_only = (
            fact in ("service_types", *LISTS) and bool(one.values) and not one.column
        )  # For services, which have columns of their own.
        if bool(one.column) == bool(one.always) and not has_words_only:
            self.faults.append(_("Say for “%(fact)s” either a column or “always”.") % {"fact": fact})
        self.check(fact, one)
        return one

    def check(self, fact: str, one: Column) -> None:
        if fact == "kind":
            for value in (*one.values.values(), one.otherwise, one.always):
                if value and value not in KINDS:
                    self.refuse("kind", value)
        for language in filter(None, (one.language, one.always if fact == "written_in" else "")):
            if language not in LANGUAGES:
                self.refuse(f"{fact}: language", language)
        if one.by not in ("code", "name") or (one.by == "name" and fact == "works_in" and not one.scheme):
            self.refuse(f"{fact}: by", one.by)
        if fact == "territory":
            if one.column and not (one.scheme or one.scheme_column):
                self.faults.append(
                    _("The mapping does not say where “%(fact)s” is read.") % {"fact": "territory: scheme"}
                )
            if one.always and ":" not in one.always:
                self.refuse("territory: always", one.always)
        if not one.separator:
            self.refuse(f"{fact}: separator", "")

    def left_out(self, given: Any) -> dict[str, list[str]]:
        said = self.known("leave_out", given, *given) if isinstance(given, dict) else self.known("leave_out", given)
        for name, values in said.items():
            if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
                self.refuse(f"leave_out: {name}", values)
                return {}
        return said
