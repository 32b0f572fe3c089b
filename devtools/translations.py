"""The translation catalogues: gathered from code and templates, checked and compiled with Babel.

Django's own makemessages and compilemessages need GNU gettext on the machine; this needs nothing but the environment.
"""

import io
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

SOURCES = ("orgs", "indicators", "partnerships", "integration_portal", "templates")
# Languages that a person may rely on, and so those that are offered (settings.OFFERED_LANGUAGES).
COMPLETE = ("es", "fr", "ar")
KEYWORDS = DEFAULT_KEYWORDS | {
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}


def gather(checkout: Path) -> Catalog:
    """Every message of the code and the templates."""
    template = Catalog(charset="utf-8")
    for path in sorted(source_files(checkout)):
        text = path.read_text()
        if path.suffix != ".py":
            # What is left of a template has no structure of Python's: without indents each line stands for itself.
            text = re.sub(r"^[ \t]+", "", templatize(text, origin=str(path)), flags=re.MULTILINE)
        options = {"encoding": "utf-8"}
        file = io.BytesIO(text.encode())
        for line, message, comments, context in extract(
            "python", file, keywords=KEYWORDS, comment_tags=["Translators:"], options=options, strip_comment_tags=True
        ):
            place = (path.relative_to(checkout).as_posix(), line)
            template.add(message, None, [place], auto_comments=comments, context=context)
    return template


def source_files(checkout: Path) -> Iterator[Path]:
    for folder in SOURCES:
        for path in (checkout / folder).rglob("*"):
            if path.suffix in {".py", ".html", ".txt"} and "migrations" not in path.parts:
                yield path


def update(catalogue: Path, template: Catalog) -> Catalog:
    """Bring one catalogue up to date. A changed text counts as a new one: a guessed translation is worse than none."""
    language = catalogue.parent.parent.name
    current = read(catalogue) if catalogue.exists() else Catalog(locale=language)
    current.update(template, no_fuzzy_matching=True, update_creation_date=False)
    current.fuzzy = False
    current.project, current.version, current.language_team = "integration-portal", "", ""
    current.header_comment = "# Written by translators, kept in step with the code by `make messages`."
    catalogue.parent.mkdir(parents=True, exist_ok=True)
    with catalogue.open("wb") as file:
        # Without line numbers and in the order of the texts, so that an unrelated change of code changes nothing here.
        write_po(file, current, width=120, include_lineno=False, sort_output=True, ignore_obsolete=True)
    return current


def compile_catalogue(catalogue: Path) -> int:
    current = read(catalogue)
    with catalogue.with_suffix(".mo").open("wb") as file:
        write_mo(file, current)
    return sum(bool(message.id) and is_translated(message) for message in current)


def faults(catalogue: Path, template: Catalog) -> Iterator[str]:
    """What keeps a catalogue from being used as it is, in words for the terminal."""
    if not catalogue.exists():
        yield "there is no such catalogue (run `make messages`)"
        return
    current = read(catalogue)
    wanted = {(message.id, message.context) for message in template if message.id}
    present = {(message.id, message.context) for message in current if message.id}
    for text, _context in sorted(wanted - present, key=str):
        yield f"not in the catalogue (run `make messages`): {text!r}"
    for text, _context in sorted(present - wanted, key=str):
        yield f"no longer used (run `make messages`): {text!r}"
    for message in current:
        if not message.id:
            continue
        if message.fuzzy:
            yield f"only guessed (fuzzy): {message.id!r}"
        if not is_translated(message):
            if catalogue.parent.parent.name in COMPLETE:
                yield f"not translated: {message.id!r}"
        else:
            for error in message.check(current):
                yield f"{message.id!r}: {error}"


def read(catalogue: Path) -> Catalog:
    with catalogue.open("rb") as file:
        return read_po(file, locale=catalogue.parent.parent.name, abort_invalid=True)


def is_translated(message: object) -> bool:
    string = getattr(message, "string", None)
    return all(string) if isinstance(string, (list, tuple)) else bool(string)
