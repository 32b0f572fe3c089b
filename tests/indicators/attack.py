"""An attacker, written from the rules of a release and not from the code that makes it.

He knows every sum that holds between cells, every number that is shown (to within half the rounding, or exactly where he got hold of the
unrounded numbers), and that nothing is below zero. For each hidden cell he works out the smallest and the largest true number that all
of this allows, by linear programming. Two tables that one programme finds tell about all cells at once, so most need no programme of their own.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_matrix

Name = Any  # Whatever names a cell: it only has to be hashable.
FAR = 1e7  # Nobody counts more people than that: what is open has a bound, and the programmes have an end.


@dataclass
class Attack:
    """`shown`: {cell: (lowest, highest)}; `hidden`: the cells that have no number. Sums are {cell: coefficient} with what they come to."""

    shown: Mapping[Name, tuple[float, float]]
    hidden: list[Name]
    equal: list[dict[Name, float]] = field(default_factory=list)
    at_least_zero: list[dict[Name, float]] = field(default_factory=list)

    def knows_sum(self, whole: Name, parts: list[Name], times: float = 1.0) -> None:
        self.equal.append(dict.fromkeys(parts, 1.0) | {whole: -times})

    def knows_that_it_holds(self, whole: Name, parts: list[Name]) -> None:
        self.at_least_zero.append(dict.fromkeys(parts, -1.0) | {whole: 1.0})

    def widths(self, enough: float) -> dict[Name, float]:
        """How uncertain each hidden cell stays: at least this much where it is above `enough`, else exactly this much."""
        if not self.hidden:
            return {}
        return _Programme(self).widths(enough)


class _Programme:
    """The linear programme of an attack. What is known exactly is taken out beforehand."""

    def __init__(self, attack: Attack) -> None:
        self.hidden = attack.hidden
        known = {cell: low for cell, (low, high) in attack.shown.items() if low == high}
        self.column = {cell: place for place, cell in enumerate(attack.hidden)}
        self.bounds: list[tuple[float, float]] = [(0.0, FAR)] * len(attack.hidden)
        for cell, (low, high) in attack.shown.items():
            if cell not in known:
                self.column[cell] = len(self.bounds)
                self.bounds.append((max(low, 0.0), high))
        self.equal = self._matrix(attack.equal, known, 1.0)
        self.at_most = self._matrix(attack.at_least_zero, known, -1.0)

    def _matrix(
        self, sums: list[dict[Name, float]], known: dict[Name, float], sign: float
    ) -> tuple[csr_matrix | None, np.ndarray | None]:
        rows: list[int] = []
        columns: list[int] = []
        values: list[float] = []
        right: list[float] = []
        for one in sums:
            open_cells = [(cell, value) for cell, value in one.items() if cell not in known]
            if not open_cells:
                continue
            for cell, value in open_cells:
                rows.append(len(right))
                columns.append(self.column[cell])
                values.append(sign * value)
            right.append(-sign * sum(value * known[cell] for cell, value in one.items() if cell in known))
        if not right:
            return None, None
        return csr_matrix((values, (rows, columns)), shape=(len(right), len(self.bounds))), np.array(right)

    def _solve(self, objective: np.ndarray) -> np.ndarray:
        answer = linprog(
            objective, A_ub=self.at_most[0], b_ub=self.at_most[1], A_eq=self.equal[0], b_eq=self.equal[1],
            bounds=self.bounds, method="highs",
        )  # fmt: skip
        assert answer.status == 0, answer.message
        return answer.x[: len(self.hidden)]

    def widths(self, enough: float) -> dict[Name, float]:
        count = len(self.hidden)
        low, high = np.full(count, np.inf), np.full(count, -np.inf)
        chance = random.Random(1)
        for turn in range(8):
            left = high - low <= enough + 1e-6
            if not left.any():
                break
            direction = np.zeros(len(self.bounds))
            signs = np.ones(count) if turn < 2 else np.array([chance.choice((-1.0, 1.0)) for _ in range(count)])
            direction[:count] = np.where(left, signs, 0.0)
            for objective in (direction, -direction):
                found = self._solve(objective)
                low, high = np.minimum(low, found), np.maximum(high, found)
        for place in np.flatnonzero(high - low <= enough + 1e-6):
            for sign in (1.0, -1.0):
                direction = np.zeros(len(self.bounds))
                direction[place] = sign
                found = self._solve(direction)
                low, high = np.minimum(low, found), np.maximum(high, found)
        return dict(zip(self.hidden, (high - low).tolist(), strict=True))
