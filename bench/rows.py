from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Row:
    """One measured figure, what it is measured against, and where its limit lies (None: shown for reference)."""

    name: str
    value: float
    unit: str
    against: str
    limit: float | None = None
    sense: Literal["at most", "at least"] = "at most"

    @property
    def is_met(self) -> bool:
        if self.limit is None:
            return True
        return self.value <= self.limit if self.sense == "at most" else self.value >= self.limit
