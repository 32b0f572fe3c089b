"""From a file to its rows, one after another, whatever the format: each with its texts by heading and the services that belong to it.

What is about persons is not opened: contacts are in no row.
"""

import json
import re
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import IO, Any

from django.core.exceptions import ValidationError

from orgs.exchange.hsds import PORTAL, REFERENCE
from orgs.exchange.imports.hsds_objects import (
    OWN_LISTS,
    codes_in,
    names_in,
    numbers_in,
    objects_in,
    own_words_of_service,
    phones_of,
    said_in,
)
from orgs.exchange.imports.mapping import Mapping
from orgs.readers import sniffing
from orgs.readers.delimited import Text, read_csv
from orgs.readers.layout import FileLayout
from orgs.readers.problems import NO_TEXT, FileRefused, Problem
from orgs.readers.sniffing import READERS
from orgs.readers.tables import MAX_COLUMNS, ZIP, FileTable, unpacked
from orgs.services.hours import CLOCK, clock
from orgs.vocabulary import Weekday

MAX_UNPACKED = 512 << 20
MAX_PARTS = 200
MAX_OBJECT = 8 << 20
"""Of one organisation with its services, in characters."""
CHUNK = 1 << 18
CONTENTS = re.compile(r'"contents"\s*:\s*\[')
ORGANIZATION = "organizations.csv"
SHORT_NAME = 30
"""A longer one is no acronym; nor is one that is said to be a name in another language."""
SERVICE_TEXTS = ("name", "description", "url", "fees", "type", "telephone")


@dataclass
class Row:
    line: int
    texts: dict[str, str]
    own: dict[str, Any] = field(default_factory=dict)
    """What a portal of this kind says beside, by its own lists: as it stands there."""
    services: list[dict[str, Any]] = field(default_factory=list)
    """Each with SERVICE_TEXTS, as far as they are said, and `languages`."""
    fault: Problem | None = None


@dataclass
class Source:
    header: list[str]
    rows: Iterator[Row]


def format_of(file: IO[bytes], name: str) -> str:
    """How the file seems to be. Raises FileRefused."""
    start = unpacked(file).read(CHUNK)
    if start.startswith(ZIP):
        file.seek(0)
        try:
            with zipfile.ZipFile(file) as archive:
                names = {PurePosixPath(one).name for one in archive.namelist()}
        except zipfile.BadZipFile:
            raise FileRefused(Problem("broken_archive")) from None
        return "hsds-1.1" if ORGANIZATION in names else "xlsx"
    return "hsds-3.0" if start.lstrip(b"\xef\xbb\xbf \r\n\t").startswith((b"{", b"[")) else "csv"


@contextmanager
def open_source(file: IO[bytes], mapping: Mapping) -> Iterator[Source]:
    """Raises FileRefused, also midway."""
    if mapping.format == "hsds-1.1":
        with Package(file) as package:
            yield package.source()
    elif mapping.format == "hsds-3.0":
        yield source_of_json(file, is_own=mapping.is_own)
    else:
        yield source_of_table(file, mapping)


# --- Tables -------------------------------------------------------------------------------------------------------------


def source_of_table(file: IO[bytes], mapping: Mapping) -> Source:
    layout = sniffing.layout_of(file)
    if layout.format != mapping.format:
        raise FileRefused(Problem("other_format", value=mapping.format))
    table = READERS[layout.format](file, layout)
    refuse_heading(table)
    return Source(table.header, rows_of(table))


def refuse_heading(table: FileTable) -> None:
    if not any(table.header):
        raise FileRefused(Problem("no_header", line=table.header_line))
    if any(map(NO_TEXT.search, table.header)):
        raise FileRefused(Problem("bad_heading", line=table.header_line))
    if len(table.header) > MAX_COLUMNS:
        raise FileRefused(Problem("not_text", line=table.header_line))
    doubles = sorted({name for name in table.header if name and table.header.count(name) > 1})
    if doubles:
        raise FileRefused(*(Problem("double_header", table.header_line, name, name) for name in doubles))


def rows_of(table: FileTable) -> Iterator[Row]:
    width = len(table.header)
    for line, record in table.records:
        if len(record) != width:
            yield Row(line, {}, fault=Problem("ragged_row", line, "", str(len(record))))
        elif any(text.strip() for text in record):
            yield Row(line, dict(zip(table.header, record, strict=True)))


# --- HSDS 1.1: a package of tables ------------------------------------------------------------------------------------------


class Package:
    """Its tables name each other in any order; those beside the organisations wait on disk, so that memory stays flat."""

    def __init__(self, file: IO[bytes]) -> None:
        file.seek(0)
        try:
            self.archive = zipfile.ZipFile(file)
        except zipfile.BadZipFile:
            raise FileRefused(Problem("broken_archive")) from None
        parts = self.archive.infolist()
        if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
            raise FileRefused(Problem("unpacks_too_large", value=str(MAX_UNPACKED >> 20)))
        self.names = {PurePosixPath(part.filename).name: part.filename for part in parts}
        self.shelf = sqlite3.connect("")  # A file of its own that goes when it is closed.
        self.shelf.execute("CREATE TABLE kept (part TEXT, key TEXT, row TEXT)")

    def __enter__(self) -> "Package":
        return self

    def __exit__(self, *_error: object) -> None:
        self.shelf.close()
        self.archive.close()

    def source(self) -> Source:
        if ORGANIZATION not in self.names:
            raise FileRefused(Problem("no_part", value=ORGANIZATION))
        self.keep("services.csv", "organization_id")
        self.keep("phones.csv", "service_id", unless="contact_id")
        self.keep("phones.csv", "organization_id", unless="contact_id")
        self.keep("languages.csv", "service_id")
        self.keep("regular_schedules.csv", "service_id")
        self.keep("required_documents.csv", "service_id")
        self.keep("physical_addresses.csv", "organization_id")
        self.keep("physical_addresses.csv", "location_id")
        self.keep("locations.csv", "organization_id")
        self.shelf.execute("CREATE INDEX found ON kept (part, key)")
        table = self.table(ORGANIZATION)
        return Source([*table.header, "address", "phone", "city"], map(self.completed, rows_of(table)))

    def table(self, name: str) -> FileTable:
        try:
            file = self.archive.open(self.names[name])
            table = read_csv(file, FileLayout("csv"))
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError):
            raise FileRefused(Problem("broken_archive")) from None
        refuse_heading(table)
        return table

    def keep(self, name: str, key: str, unless: str = "") -> None:
        """By the column `key`; of persons, whom `unless` names, nothing."""
        if name not in self.names:
            return
        table = self.table(name)
        if key not in table.header:
            return
        self.shelf.executemany(
            "INSERT INTO kept VALUES (?, ?, ?)",
            (
                (f"{name}/{key}", as_key(row.texts[key]), json.dumps(row.texts))
                for row in rows_of(table)
                if not row.fault and row.texts[key].strip() and not row.texts.get(unless, "").strip()
            ),
        )

    def kept(self, part: str, key: str) -> list[dict[str, str]]:
        found = self.shelf.execute(
            "SELECT row FROM kept WHERE part = ? AND key = ? ORDER BY rowid", (part, as_key(key))
        )
        return [json.loads(row) for (row,) in found]

    def completed(self, row: Row) -> Row:
        if row.fault:
            return row
        own = row.texts.get("id", "").strip()
        address = next(iter(self.addresses(own)), {})
        phone = next(iter(self.kept("phones.csv/organization_id", own)), {})
        texts = {
            **{heading: text.replace("\\n", "\n") for heading, text in row.texts.items()},
            "address": address_line(address),
            "city": address.get("city", "").strip(),
            "phone": phone.get("number", ""),
        }
        return replace(
            row, texts=texts, services=[self.service(one) for one in self.kept("services.csv/organization_id", own)]
        )

    def addresses(self, own: str) -> list[dict[str, str]]:
        found = self.kept("physical_addresses.csv/organization_id", own)
        for place in self.kept("locations.csv/organization_id", own):
            found += self.kept("physical_addresses.csv/location_id", place.get("id", "").strip())
        return found

    def service(self, texts: dict[str, str]) -> dict[str, Any]:
        own = texts.get("id", "").strip()
        phone = next(iter(self.kept("phones.csv/service_id", own)), {})
        return {
            **{name: texts.get(name, "").replace("\\n", "\n") for name in ("name", "description", "url", "fees")},
            "telephone": phone.get("number", ""),
            "languages": [one.get("language", "") for one in self.kept("languages.csv/service_id", own)],
            "documents": ", ".join(
                filter(
                    None,
                    (one.get("document", "").strip() for one in self.kept("required_documents.csv/service_id", own)),
                )
            ),
            "week": [
                [day_of(one.get("weekday", "")), clock_of(one.get("opens_at", "")), clock_of(one.get("closes_at", ""))]
                for one in self.kept("regular_schedules.csv/service_id", own)
            ],
        }


def day_of(weekday: str) -> str:
    """As iCalendar has it: of "Monday", or of 1 where that is meant."""
    days = dict(zip("1234567", Weekday.values, strict=True))
    return days.get(weekday.strip(), weekday.strip()[:2].upper())


def clock_of(text: str) -> str:
    """Of "9:00am"; as it is where it is no time."""
    found = re.fullmatch(CLOCK, text.strip(), re.IGNORECASE)
    try:
        return f"{clock(text, *found.groups()):%H:%M}" if found else text
    except ValidationError:
        return text


def as_key(text: str) -> str:
    """What is no text in it cannot be kept."""
    return NO_TEXT.sub("\ufffd", text).strip()


def address_line(address: dict[str, Any]) -> str:
    town = " ".join(filter(None, (said_in(address, "postal_code"), said_in(address, "city"))))
    return ", ".join(filter(None, (said_in(address, "address_1"), said_in(address, "address_2"), town)))


# --- HSDS 3.0: a list of organisations with all that belongs to each ------------------------------------------------------------

HEADER = [
    "id", "name", "alternate_name", "description", "email", "website", "year_incorporated", "legal_status", "uri", "phone", "address",
    "place", "city", "reference", "kind", "territory_scheme", "territory_code",
]  # fmt: skip


def source_of_json(file: IO[bytes], *, is_own: bool) -> Source:
    return Source(list(HEADER), (row_of(line, one, is_own=is_own) for line, one in enumerate(objects_of(file), 1)))


def objects_of(file: IO[bytes]) -> Iterator[Any]:
    """The members of `contents`, or of the list that the file is: one at a time in memory."""
    stream = Text(unpacked(file), encoding="utf-8-sig")
    decoder = json.JSONDecoder(parse_constant=_no_number)
    text, at = _chunk(stream), 0
    start = re.match(r"\s*\[", text) or CONTENTS.search(text)
    if start is None:
        raise FileRefused(Problem("no_contents"))
    at = start.end()
    number = 0
    while True:
        text, at = text[at:].lstrip().removeprefix(",").lstrip(), 0
        while not text and (more := _chunk(stream)):
            text = more.lstrip().removeprefix(",").lstrip()
        if text.startswith("]"):
            return
        number += 1
        while True:
            try:
                found, at = decoder.raw_decode(text)
                break
            except (ValueError, RecursionError) as error:
                more = _chunk(stream) if len(text) < MAX_OBJECT else ""
                if not more:
                    raise FileRefused(Problem("broken_object", line=number, value=str(error)[:100])) from None
                text += more
        yield found


def _chunk(stream: IO[str]) -> str:
    try:
        return stream.read(CHUNK)
    except UnicodeDecodeError:
        raise FileRefused(Problem("bad_encoding", value="UTF-8")) from None


def _no_number(name: str) -> float:
    raise ValueError(name)


def row_of(line: int, one: Any, *, is_own: bool) -> Row:
    """Anybody may give a file the look of a portal's: what only a portal may say is read where the mapping `is_own`."""
    if not isinstance(one, dict):
        return Row(line, {}, fault=Problem("not_object", line))
    place = next(iter(objects_in(one, "locations")), {})
    address = next(iter(objects_in(place, "addresses")), {})
    texts = {name: said_in(one, name) for name in HEADER}
    names, codes = names_in(one), codes_in(one)
    if len(texts["alternate_name"]) > SHORT_NAME or texts["alternate_name"] in names.values():
        texts["alternate_name"] = ""
    texts["phone"] = next((said_in(phone, "number") for phone in phones_of(one)), "")
    texts["address"] = said_in(address, "address_1")
    texts["place"], texts["city"] = said_in(place, "name"), said_in(address, "city")
    texts["reference"] = next(
        (
            said_in(each, "identifier")
            for each in objects_in(one, "organization_identifiers")
            if said_in(each, "identifier_type") == REFERENCE
        ),
        "",
    )
    if texts["reference"]:
        texts["kind"] = "".join(codes.get(f"{PORTAL}/kind", [])[:1])
        scheme, _colon, code = "".join(codes.get(f"{PORTAL}/territory", [])[:1]).partition(":")
        texts["territory_scheme"], texts["territory_code"] = scheme, code
    own: dict[str, Any] = {}
    if texts["reference"] and is_own:
        own = {fact: codes.get(f"{PORTAL}/{name}", []) for fact, name in OWN_LISTS.items()}
        own["languages"] = [said_in(each, "code") for each in objects_in(place, "languages")]
        own |= {"names": names, "identifiers": numbers_in(one)}
    if texts["description"] == texts["name"]:  # The standard asks for one where nobody wrote any.
        texts["description"] = ""
    services = [service_of(each) for each in objects_in(one, "services")]
    if own:
        for service, each in zip(services, objects_in(one, "services"), strict=True):
            service["own"] = own_words_of_service(each, one)
    return Row(line, texts, own, services)


def service_of(given: dict[str, Any]) -> dict[str, Any]:
    weekly = [each for each in objects_in(given, "schedules") if is_of_every_week(each)]
    documents = [said_in(each, "document") for each in objects_in(given, "required_documents")]
    return {
        **{name: said_in(given, name) for name in ("name", "description", "url")},
        "fees": said_in(given, "fees_description"),
        "type": next(iter(codes_in(given).get(PORTAL, [])), ""),
        "documents": ", ".join(filter(None, documents)),
        "week": [[said_in(each, name) for name in ("byday", "opens_at", "closes_at")] for each in weekly],
        "telephone": next(
            (said_in(each, "number") for each in phones_of(given) if said_in(each, "type") != "text"), ""
        ),
        "languages": [said_in(each, "code") or said_in(each, "name") for each in objects_in(given, "languages")],
    }


def is_of_every_week(schedule: dict[str, Any]) -> bool:
    is_limited = any(said_in(schedule, name) for name in ("valid_from", "valid_to", "dtstart", "until", "count"))
    return said_in(schedule, "freq") == "WEEKLY" and said_in(schedule, "interval") in ("", "1") and not is_limited
