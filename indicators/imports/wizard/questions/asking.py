"""What every group of questions about a file can do."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms

from indicators.imports.mapping import ImportMapping
from indicators.imports.wizard.described import DescribedFile
from indicators.imports.wizard.guessing import Guess
from indicators.imports.wizard.texts import Translation

Fault = tuple[str, str]
"""The field, and what is wrong with the answer."""


@dataclass(frozen=True)
class Answers:
    """Answers that hold together."""

    fields: Mapping[str, Any]
    translations: Mapping[str, Translation]
    """By the field in which their column is chosen; those that the page shows."""


class Questions(ABC):
    """What is asked of one thing: its fields, where they start, what is wrong with the answers, and which entries of the mapping they make."""

    columns: tuple[str, ...] = ()
    """The fields in which a column is chosen that then says this and nothing else."""

    def __init__(self, file: DescribedFile) -> None:
        self.file = file

    @abstractmethod
    def fields(self) -> dict[str, forms.Field]:
        """By their names, in the order of the form."""

    def guessed(self, guess: Guess) -> dict[str, Any]:
        """Where the fields start by what the file seems to say."""
        return {}

    def stated(self, mapping: ImportMapping) -> dict[str, Any]:
        """Where the fields start by what a definition says."""
        return {}

    def translations(self) -> Iterable[Translation]:
        """What each text of the chosen columns means."""
        return ()

    def faults(self, fields: Mapping[str, Any]) -> Iterable[Fault]:
        """Of answers of which each is right by itself; one that is not is missing."""
        return ()

    @abstractmethod
    def entries(self, answers: Answers) -> dict[str, Any]:
        """Of the mapping (docs/formats.md)."""


def shown_column(place: int | None) -> str:
    """What a field says where that column is chosen."""
    return "" if place is None else f"c{place}"
