"""Registers in which organisations have a number, coded as org-id.guide does: "ES-NIF" is the Spanish tax number."""

import gzip
import json
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

LISTED = Path(__file__).parent / "data" / "registers.json.gz"


class Register(NamedTuple):
    code: str
    name: str
    """In English."""
    own_name: str
    """As its country calls it, where that is known."""

    def __str__(self) -> str:
        return f"{self.own_name or self.name} ({self.code})"


@cache
def registers() -> dict[str, Register]:
    return {code: Register(code, name, own) for code, name, own in json.loads(gzip.decompress(LISTED.read_bytes()))}


def normal_number(number: str) -> str:
    """By which two ways to write one number are compared, as the database does: "b-123.456" and "B123456"."""
    return re.sub(r"[\s.\-/]", "", number).upper()


def register_label(code: str) -> str:
    """What a register is called; its code where it is in no list."""
    return str(registers().get(code, code))
