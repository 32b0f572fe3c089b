"""The file that is being described: what was seen in it, from which mapping its description starts, and what a person has said so far."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from indicators.imports.definition import read_mapping
from indicators.imports.mapping import ImportMapping, Part, layout_entries
from indicators.imports.wizard import guessing
from indicators.imports.wizard.columns import SIDE_BY_SIDE, Side, fits_form, side_of
from indicators.imports.wizard.guessing import KnownCodes
from indicators.models import Category, Dimension
from orgs.models import TerritoryScheme
from orgs.readers.sniffing import FileContents

ALWAYS = "="
"""What a field says instead of a column; behind it the one code that holds for the whole file."""


@dataclass
class DescribedFile:
    """What all questions about a file have in common."""

    contents: FileContents
    base: dict[str, Any]
    """A mapping to start from, or the entries that say how the file is written."""
    given: Mapping[str, Any]
    """By the fields of the form: what was sent, or what it starts with, which is filled in while the form is made."""
    is_sent: bool
    together: Callable[[list[int], str], list[str]] | None = None
    """From places of columns and a sign to the different texts that they have together, with the sign between them."""

    # --- The definition from which it starts ---------------------------------------------------------------------------

    @property
    def has_definition(self) -> bool:
        return bool(set(self.base) - set(layout_entries(self.base)))

    @cached_property
    def read(self) -> ImportMapping | None:
        """What the definition says; None where it is new, or says more than a form can: columns that differ in two things, for one."""
        if not self.has_definition:
            return None
        try:
            mapping = read_mapping(self.base)
        except ValidationError:
            return None
        return mapping if fits_form(mapping) else None

    @cached_property
    def side(self) -> Side | None:
        return side_of(self.read) if self.read else None

    def shown(self, part: Part | None) -> str:
        """What the field of a part says where the definition has it so."""
        if part is None or (self.side is not None and part is self.side.part):
            return ""
        if part.column is None:
            return f"{ALWAYS}{part.constant}"
        return f"c{self.places[part.column]}" if part.column in self.places else ""

    def dropped_of(self, column: str) -> frozenset[str]:
        """The texts of a column whose rows the definition leaves out."""
        return self.read.where_not.get(column, frozenset()) if self.read else frozenset()

    # --- What a person has said ----------------------------------------------------------------------------------------

    def chosen(self, name: str) -> str:
        return str(self.given.get(name, ""))

    def said_of(self, name: str) -> str | None:
        """What was sent for a text of the file; None where the person has not seen it."""
        return str(self.given[name]).strip() if self.is_sent and name in self.given else None

    def place_of(self, name: str) -> int | None:
        """The place of the column that is chosen in the field."""
        chosen = self.chosen(name)
        if chosen[:1] == "c" and chosen[1:].isascii() and chosen[1:].isdecimal() and len(chosen) < 6:
            place = int(chosen[1:])
            return place if place < len(self.contents.header) else None
        return None

    def column_of(self, name: str) -> str:
        """The heading of the column that is chosen in the field, where one is."""
        place = self.place_of(name)
        assert place is not None
        return self.contents.header[place]

    @property
    def differing(self) -> str:
        """In what the columns of the figures differ; "" where there is one."""
        return self.chosen("across") if self.chosen("number") == SIDE_BY_SIDE else ""

    # --- What may be chosen --------------------------------------------------------------------------------------------

    @cached_property
    def places(self) -> dict[str, int]:
        return {name: place for place, name in enumerate(self.contents.header)}

    def column_choices(self) -> tuple[str, list[tuple[str, str]]]:
        return _("A column of the file"), [
            (f"c{place}", name) for place, name in enumerate(self.contents.header) if name
        ]

    def texts_together(self, places: list[int], join: str) -> list[str]:
        if self.together is not None:
            return self.together(places, join)
        if len(places) == 1:
            return self.contents.some_texts(places[0])
        return list(dict.fromkeys(join.join(row[place].strip() for place in places) for row in self.contents.rows))

    @cached_property
    def known(self) -> dict[str, KnownCodes]:
        """{dimension: how its categories may be called}."""
        return guessing.groups()

    @cached_property
    def dimensions(self) -> list[Dimension]:
        return list(Dimension.objects.all())

    @cached_property
    def schemes(self) -> list[TerritoryScheme]:
        return list(TerritoryScheme.objects.all())

    @cached_property
    def categories(self) -> dict[str, list[tuple[str, str]]]:
        """{dimension: (code, name) of its categories}."""
        found: dict[str, list[tuple[str, str]]] = {}
        for one in Category.objects.select_related("dimension"):
            found.setdefault(one.dimension.code, []).append((one.code, one.name))
        return found
