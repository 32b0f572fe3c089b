"""What the columns of a file of places mean, as an administrator says it."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

CODE, NAME, KIND, PARENT, VALID_FROM, VALID_TO = "code", "name", "kind", "parent", "valid_from", "valid_to"
LEAVE_OUT = ":leave"
"""Among the kinds: the rows are left out, as a file may have layers that are no places."""
NAME_IN = "name:"
"""And the code of a language."""


@dataclass(frozen=True)
class Description:
    columns: Mapping[str, int]
    """{what it means: the place of the column, from 0}."""
    kind: str = ""
    """Of all places of the file, where no column says it."""
    kinds: Mapping[str, str] = field(default_factory=dict)
    """{text of the file: kind}."""
    parent: int | None = None
    """The place in which all lie of which the file does not say where."""
    parent_scheme: int | None = None
    """Another classification whose codes may stand in the column of parents."""
    by_prefix: bool = False
    """A place lies in the one with whose code its own begins."""
    valid_from: datetime.date | None = None
    """The first day of all places of the file, where no column says it."""
    corrects_days: bool = False
    """Another first day is a correction: the place stays the same one."""
    ends_missing: datetime.date | None = None
    """The last day of the places that the file does not have."""

    @property
    def languages(self) -> dict[str, int]:
        return {role.removeprefix(NAME_IN): place for role, place in self.columns.items() if role.startswith(NAME_IN)}

    def as_json(self) -> dict[str, Any]:
        return {
            "columns": dict(self.columns),
            "kind": self.kind,
            "kinds": dict(self.kinds),
            "parent": self.parent,
            "parent_scheme": self.parent_scheme,
            "by_prefix": self.by_prefix,
            "valid_from": self.valid_from and self.valid_from.isoformat(),
            "corrects_days": self.corrects_days,
            "ends_missing": self.ends_missing and self.ends_missing.isoformat(),
        }

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> "Description":
        days = {
            name: datetime.date.fromisoformat(given[name]) if given.get(name) else None
            for name in ("valid_from", "ends_missing")
        }
        return cls(**{**given, **days})
