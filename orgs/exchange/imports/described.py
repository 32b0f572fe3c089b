"""Between a mapping and the page on which its columns are picked: what each column means, and what is said for all rows."""

from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from typing import Any

from orgs.exchange.imports.guessing import IDENTIFIER, LEAVE_OUT, SCHEME, columns_of
from orgs.exchange.imports.mapping import ENTRIES, LISTS, STANDARD

OF_VALUES = ("kind", "domains", "service_types", "languages", "marks", "works_as")
"""Whose texts are translated one by one."""
LIST_ROLES = ("domains", "service_types", "languages", "communities", "marks", "works_as", "identifiers", "works_in")


@dataclass
class Described:
    """`roles` and `values` by heading: the role of a column, and what its texts mean."""

    roles: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    plain: dict[str, Any] = field(default_factory=dict)
    """What the page asks for all rows, by the name of its field."""


def described(mapping: MappingOf[str, Any], contents: MappingOf[str, Any], file_format: str) -> Described:
    """As a mapping says it, or as the file seems to be where nobody has said anything."""
    columns = {**STANDARD.get(file_format, {}), **mapping.get("columns", {})}
    found = Described()
    if not mapping:
        guessed = {contents["header"][place]: role for role, place in columns_of(contents["header"]).items()}
        standard = {heading: fact for fact, heading in columns.items() if heading in contents["header"]}
        guessed = {heading: role for heading, role in guessed.items() if role not in standard.values()}
        return Described({**guessed, **standard}, plain={"by": "name", "separator": ";"})
    for fact, given in columns.items():
        said = as_entry(given)
        heading = said.get("column", "")
        if heading and heading not in found.roles:  # Of a second fact in one column, `carry_over` reminds.
            found.roles[heading] = fact
            found.values[heading] = dict(said.get("values", {}))
        plain_of(fact, said, found)
    source, identifier = mapping.get("source", {}), mapping.get("identifier", {})
    if identifier.get("column"):
        found.roles.setdefault(identifier["column"], IDENTIFIER)
    for heading, texts in mapping.get("leave_out", {}).items():
        found.roles.setdefault(heading, LEAVE_OUT)
        found.values.setdefault(heading, {}).update(dict.fromkeys(texts, LEAVE_OUT))
    domain = mapping.get("domain", "")
    found.plain |= {
        "register": identifier.get("scheme", ""),
        "domain": domain.get("always", "") if isinstance(domain, dict) else domain,
        "doubles": mapping.get("doubles") == "add",
        **{f"source_{name}": source.get(name, "") for name in ("name", "licence", "url")},
    }
    return found


def plain_of(fact: str, said: MappingOf[str, Any], found: Described) -> None:
    if said.get("scheme_column"):
        found.roles[said["scheme_column"]] = SCHEME
    if fact == "kind":
        found.plain["kind"] = said.get("otherwise") or said.get("always", "")
    elif fact == "territory":
        found.plain |= {"place": said.get("always", ""), "by": said.get("by", "code")}
    elif fact == "written_in":
        found.plain["language"] = said.get("always", "")
    elif fact == "other_name":
        found.plain["other_language"] = said.get("language", "")
    if fact in ("territory", "works_in") and said.get("scheme"):
        found.plain["scheme"] = said["scheme"]
    if fact in LIST_ROLES and said.get("column"):
        found.plain["separator"] = said.get("separator", ";")


def mapping_of(said: Described, file_format: str) -> dict[str, Any]:
    """The other way."""
    headings = {role: heading for heading, role in said.roles.items()}
    plain = said.plain
    columns: dict[str, Any] = dict.fromkeys(STANDARD.get(file_format, {}))
    for role, heading in headings.items():
        if role in ENTRIES:
            columns[role] = column_of(role, heading, said)
    if plain["kind"] and "kind" not in headings:
        columns["kind"] = {"always": plain["kind"]}
    if plain["place"]:
        columns["territory"] = {"always": plain["place"]}
    if plain["language"] and "written_in" not in headings:
        columns["written_in"] = {"always": plain["language"]}
    if SCHEME in headings and isinstance(columns.get("territory"), dict) and "territory" in headings:
        columns["territory"] = {**columns["territory"], "scheme_column": headings[SCHEME]}
    left_out = {
        heading: sorted(text for text, meaning in values.items() if meaning == LEAVE_OUT)
        for heading, values in said.values.items()
    }
    found: dict[str, Any] = {
        "format": file_format,
        "source": {name: plain[f"source_{name}"] for name in ("name", "licence", "url") if plain[f"source_{name}"]},
        "columns": columns,
    }
    if IDENTIFIER in headings:
        found["identifier"] = {"scheme": plain["register"], "column": headings[IDENTIFIER]}
    if plain["domain"]:
        found["domain"] = plain["domain"]
    if plain["doubles"]:
        found["doubles"] = "add"
    if left_out := {heading: texts for heading, texts in left_out.items() if texts}:
        found["leave_out"] = left_out
    return found


def carry_over(found: dict[str, Any], before: MappingOf[str, Any], was: Described, now: Described) -> None:
    """Puts into a mapping from the page what the page cannot show of an earlier one: of every column that means the same as before."""
    columns = found["columns"]

    def is_same(heading: str) -> bool:
        return heading in now.roles and now.roles[heading] == was.roles.get(heading)

    for fact, given in {**STANDARD.get(found["format"], {}), **before.get("columns", {})}.items():
        old = as_entry(given)
        new = as_entry(columns.get(fact))
        if not old.get("column"):
            if old and not new and fact in (*LISTS, "service_types"):
                columns[fact] = given
        elif is_same(old["column"]):
            if not new:
                columns[fact] = given
            elif new.get("column") == old["column"]:
                columns[fact] = compact(with_unshown(fact, old, new, was, now))
    identifier = before.get("identifier", {})
    if "identifier" not in found and is_same(identifier.get("column", "")):
        found["identifier"] = identifier


def with_unshown(fact: str, old: dict[str, Any], new: dict[str, Any], was: Described, now: Described) -> dict[str, Any]:
    kept = [] if fact in OF_VALUES else ["values"]
    if now.plain["separator"] == was.plain.get("separator", ";"):
        kept.append("separator")
    if all(now.plain[name] == was.plain.get(name, "") for name in ("by", "scheme")):
        kept += ["by", "scheme"]
    shown = {name: value for name, value in new.items() if name not in kept}
    return {**shown, **{name: old[name] for name in kept if name in old}}


def as_entry(given: Any) -> dict[str, Any]:
    return {"column": given} if isinstance(given, str) else dict(given or {})


def compact(entry: dict[str, Any]) -> Any:
    return entry if len(entry) > 1 else entry["column"]


def column_of(role: str, heading: str, said: Described) -> Any:
    plain = said.plain
    entry: dict[str, Any] = {"column": heading}
    if role in OF_VALUES:
        values = said.values.get(heading, {})
        meant = {text: meaning for text, meaning in values.items() if meaning != LEAVE_OUT}
        # A kind that nobody chose is not said; of a list, an empty meaning says that the text is passed over.
        entry["values"] = {text: meaning for text, meaning in meant.items() if meaning} if role == "kind" else meant
        if not entry["values"]:
            del entry["values"]
    if role == "kind" and plain["kind"]:
        entry["otherwise"] = plain["kind"]
    if role in LIST_ROLES and plain["separator"] != ";":
        entry["separator"] = plain["separator"]
    if role == "other_name" and plain["other_language"]:
        entry["language"] = plain["other_language"]
    if role == "territory":
        entry |= {"by": plain["by"], **({"scheme": plain["scheme"]} if plain["scheme"] else {})}
    if role == "works_in" and plain["scheme"]:
        entry |= {"by": plain["by"], "scheme": plain["scheme"]}
    return compact(entry)
