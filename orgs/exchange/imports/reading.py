"""From the rows of a file to what they say of organisations, each fact in the form in which it is stored; with what is wrong by line and column."""

import re
from collections.abc import Iterable
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from orgs.exchange.imports.mapping import OWN_REGISTER, WORDS, Column, Mapping
from orgs.exchange.imports.service_facts import (
    BY_NAME,
    LONGEST_DESCRIPTION,
    PLACE,
    longest_of_service,
    own_place,
    service_said,
    tidy,
    web_address_of,
)
from orgs.exchange.imports.sources import Row
from orgs.languages import COUNTRIES, LANGUAGES
from orgs.models import AUTHORITY_KINDS, Organisation
from orgs.models.identifier import REGISTER
from orgs.readable import is_blank, without_hidden_signs
from orgs.readers.problems import NO_TEXT, FileRefused, Problem
from orgs.registers import normal_number
from orgs.spreadsheets import FORMULA_SIGNS
from orgs.vocabulary import BudgetBand, SizeBand

LONGEST_CODE = 100
WHOLE_CODE = re.compile(r"([A-Z]{2}-[A-Z0-9]+)[-:](\S+)")
"""GB-CHC-1000003: register and number."""
CODE = re.compile(rf"\S{{1,{LONGEST_CODE}}}")


def is_code(text: str) -> bool:
    return CODE.fullmatch(text) is not None and not NO_TEXT.search(text) and bool(normal_number(text))


class Unusable(Exception):
    """The row is left out; its problem is noted."""


@dataclass
class Candidate:
    """An organisation as a row has it; what the row does not say is in no fact."""

    line: int
    facts: dict[str, Any]
    place: PLACE
    identifiers: dict[str, str] = field(default_factory=dict)
    services: list[dict[str, Any]] | None = None
    domains: list[str] = field(default_factory=list)
    works_in: list[PLACE] = field(default_factory=list)
    own_places: list[PLACE] = field(default_factory=list)
    """Where it works as a portal of this kind says: those that this one has."""
    notice_email: str = ""
    """Where its people are told of their entry; no fact of the organisation."""


def longest(fact: str) -> int:
    fact = {"notice_email": "public_email", "other_name": "name"}.get(fact, fact)
    return getattr(Organisation._meta.get_field(fact), "max_length", None) or LONGEST_DESCRIPTION


class RowReader:
    """`problems` grows as rows are read: whoever reads takes them from it."""

    def __init__(
        self, mapping: Mapping, header: list[str], domains: Iterable[str], types: MappingOf[str, str] | None = None
    ) -> None:
        self.mapping = mapping
        self.types = types or {}
        """{code of a type of service: its name}."""
        self.known = {
            "languages": BY_NAME,
            "communities": {code.lower(): code for code in COUNTRIES},
            "domains": {code.lower(): code for code in domains},
            "service_types": {code.lower(): code for code in self.types},
            **{fact: {word: word for word in words} for fact, words in WORDS.items()},
        }
        self.problems: list[Problem] = []
        missing = [name for name in mapping.headings.values() if name not in header]
        if missing:
            raise FileRefused(*(Problem("no_column", column=name, value=name) for name in dict.fromkeys(missing)))

    def refuse(self, code: str, line: int, column: str = "", value: str = "") -> Unusable:
        is_secret = bool(column) and column == self.of("notice_email").column
        self.problems.append(Problem(code, line, column, "…" if is_secret else value[:100]))
        return Unusable()

    def is_left_out(self, row: Row) -> bool:
        return any(row.texts.get(name, "").strip() in values for name, values in self.mapping.leave_out.items())

    def entry(self, row: Row) -> Candidate | None:
        """None where something is wrong with it: of each row the first fault."""
        try:
            if row.fault is not None:
                raise self.refuse(row.fault.code, row.line, row.fault.column, row.fault.value)
            return self._entry(row)
        except Unusable:
            return None

    def _entry(self, row: Row) -> Candidate:
        facts: dict[str, Any] = {"name": self.text("name", row)}
        if not facts["name"]:
            raise self.refuse("no_name", row.line, self.mapping.columns["name"].column)
        facts["kind"] = self.kind(row)
        for fact in ("acronym", "public_phone", "address"):
            facts[fact] = self.text(fact, row)
        facts["description"] = self.text("description", row, lines=True)
        facts["written_in"] = self.language_of_text(row)
        facts["website"] = self.website(row)
        facts["public_email"] = self.email("public_email", row)
        facts["names"] = self.other_names(row, facts["name"])
        facts["founded_year"] = self.year(row)
        for fact in ("languages", "communities", *WORDS):
            facts[fact] = self.codes(fact, row)
        own = self.said_by_a_portal(row)
        domains, places, numbers = own.pop("domains", []), own.pop("works_in", []), own.pop("identifiers", {})
        return Candidate(
            row.line,
            {**own, **{fact: value for fact, value in facts.items() if value not in ("", None, [], {})}},
            self.place(row),
            {**numbers, **self.identifiers(row)},
            self.services(row),
            self.codes("domains", row) or domains,
            self.works_in(row),
            places,
            self.email("notice_email", row),
        )

    def said_by_a_portal(self, row: Row) -> dict[str, Any]:
        """Of a file that a portal of this kind wrote what its lists say, as far as this one has the same."""
        if not row.own:
            return {}
        found: dict[str, Any] = {
            "names": {
                code: name
                for code, said in row.own["names"].items()
                if code in LANGUAGES and (name := tidy(said, longest("name")))
            },
            "identifiers": {
                scheme: number
                for scheme, number in row.own["identifiers"].items()
                if scheme != OWN_REGISTER and re.match(REGISTER, scheme) and len(scheme) <= 40 and is_code(number)
            },
            "works_in": list(map(own_place, row.own["works_in"])),
        }
        for fact in ("languages", "domains", *WORDS):
            found[fact] = sorted(
                {self.known[fact][code.lower()] for code in row.own[fact] if code.lower() in self.known[fact]}
            )
        for fact, words in (("size", SizeBand), ("budget", BudgetBand)):
            found[fact] = next((code for code in row.own[fact] if code in words.values), "")
        return {fact: value for fact, value in found.items() if value}

    # --- Cells --------------------------------------------------------------------------------------------------------

    def cell(self, name: str, row: Row) -> str:
        """What is seen of it, without the sign before a formula in files that a portal of this kind wrote."""
        text = row.texts.get(name, "")
        if NO_TEXT.search(text):
            raise self.refuse("no_text", row.line, name, text)
        text = without_hidden_signs(text).strip()
        if self.mapping.is_own and text[:1] == "'" and text[1:2] in FORMULA_SIGNS:
            text = text[1:]
        return "" if is_blank(text) else text

    def of(self, fact: str) -> Column:
        return self.mapping.columns.get(fact) or Column()

    def text(self, fact: str, row: Row, *, lines: bool = False) -> str:
        column = self.of(fact).column
        text = self.cell(column, row) if column else ""
        text = text.replace("\r\n", "\n") if lines else " ".join(text.split())
        if len(text) > longest(fact):
            raise self.refuse("too_long", row.line, column, text)
        return text

    def parts(self, fact: str, row: Row) -> list[str]:
        """Of a cell with several, each as `values` translates it."""
        one = self.of(fact)
        said = one.always or (self.cell(one.column, row) if one.column else "")
        found = [text.strip() for text in said.split(one.separator) if text.strip()]
        return list(dict.fromkeys(one.values.get(text, text) for text in found if one.values.get(text, text)))

    def codes(self, fact: str, row: Row) -> list[str]:
        """With `values` in the mapping, what it does not name is passed over."""
        one, known = self.of(fact), self.known[fact]
        found = set()
        for text in self.parts(fact, row):
            if text.lower() in known:
                found.add(known[text.lower()])
            elif not one.values:
                raise self.refuse("unknown_word", row.line, one.column, text)
        return sorted(found)

    # --- Facts --------------------------------------------------------------------------------------------------------

    def kind(self, row: Row) -> str:
        one = self.of("kind")
        if one.always:
            return one.always
        text = self.cell(one.column, row)
        kind = one.values.get(text) or one.otherwise
        if text in AUTHORITY_KINDS and not kind:
            raise self.refuse("authority", row.line, one.column, text)
        if not kind:
            raise self.refuse("unknown_kind" if text else "no_kind", row.line, one.column, text)
        return kind

    def language_of_text(self, row: Row) -> str:
        text = self.of("written_in").always or self.text("written_in", row)
        if text and text not in LANGUAGES:
            raise self.refuse("unknown_word", row.line, self.of("written_in").column, text)
        return text

    def website(self, row: Row) -> str:
        column = self.of("website").column
        text = self.cell(column, row) if column else ""
        address = web_address_of(text)
        if text and (not address or len(address) > longest("website")):
            raise self.refuse("bad_website", row.line, column, text)
        return address

    def other_names(self, row: Row, name: str) -> dict[str, str]:
        text = self.text("other_name", row)
        return {self.of("other_name").language or settings.LANGUAGE_CODE: text} if text and text != name else {}

    def email(self, fact: str, row: Row) -> str:
        text = self.text(fact, row)
        try:
            if text:
                validate_email(text)
        except ValidationError:
            raise self.refuse("bad_email", row.line, self.of(fact).column, text) from None
        return text

    def year(self, row: Row) -> int | None:
        """A year, or the year of a day written with it first."""
        column = self.of("founded_year").column
        text = self.cell(column, row) if column else ""
        if not text:
            return None
        match = re.fullmatch(r"(\d{4})(?:\.0|-\d\d-\d\d.*)?", text)
        if match is None or not 1200 <= int(match[1]) <= 2100:
            raise self.refuse("bad_year", row.line, column, text)
        return int(match[1])

    def place(self, row: Row) -> PLACE:
        one = self.of("territory")
        if one.always:
            scheme, _colon, code = one.always.partition(":")
            return scheme, "code", code
        scheme = one.scheme or self.cell(one.scheme_column, row)
        text = " ".join(self.cell(one.column, row).split())
        if not text or not scheme:
            raise self.refuse("no_place", row.line, one.column)
        return scheme, one.by, text

    def works_in(self, row: Row) -> list[PLACE]:
        """SCHEME:CODE where no classification is said for all of them."""
        one = self.of("works_in")
        found = []
        for text in self.parts("works_in", row):
            scheme, _colon, code = (one.scheme, ":", text) if one.scheme else text.partition(":")
            if not scheme or not code:
                raise self.refuse("unknown_place", row.line, one.column, text)
            found.append((scheme.strip(), one.by, code.strip()))
        return found

    def identifiers(self, row: Row) -> dict[str, str]:
        column = self.mapping.identifier_column
        found = dict(
            self.whole_code(text, row, self.of("identifiers").column) for text in self.parts("identifiers", row)
        )
        if not column:
            return found
        text = self.cell(column, row)
        if not text:
            raise self.refuse("no_identifier", row.line, column)
        scheme = self.mapping.identifier_scheme
        own = [self.whole_code(text, row, column)] if not scheme else [(scheme, text)]
        if not is_code(own[0][1]):
            raise self.refuse("bad_identifier", row.line, column, text)
        return {**dict(own), **{scheme: code for scheme, code in found.items() if scheme != own[0][0]}}

    def whole_code(self, text: str, row: Row, column: str) -> tuple[str, str]:
        match = WHOLE_CODE.fullmatch(text)
        if match is None or not re.match(REGISTER, match[1]) or len(match[1]) > 40 or not is_code(match[2]):
            raise self.refuse("bad_identifier", row.line, column, text)
        return match[1], match[2]

    # --- Services -----------------------------------------------------------------------------------------------------

    def services(self, row: Row) -> list[dict[str, Any]] | None:
        """None where the file has none. By title, which tells one from another."""
        if not self.mapping.format.startswith("hsds"):
            types = self.codes("service_types", row)
            return [self.plain_service(code) for code in types] if "service_types" in self.mapping.columns else None
        found = {
            one["title"]: one for given in row.services if (one := service_said(given, self.of("languages").values))
        }
        return [found[title] for title in sorted(found)]

    def plain_service(self, code: str) -> dict[str, Any]:
        """Of which a table says the type and no more."""
        return {"title": tidy(self.types[code], longest_of_service("title")), "type": code, "is_plain": True}
