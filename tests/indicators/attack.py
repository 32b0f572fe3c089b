"""An attacker, written from the rules of a release and not from the code that makes it.

He knows every sum that holds between cells (also those that run through cells which nobody reported: they are unknowns like the hidden
ones, and the programmes find out what they tell), every number that is shown (to within half the rounding, or exactly where he got hold of the
unrounded numbers), and that nothing is below zero. For each hidden cell he works out the smallest and the largest true number that all
of this allows, by linear programming. Two tables that one programme finds tell about all cells at once, so most need no programme of their own.
"""

import random
from collections import defaultdict
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf
from typing import Any

import highspy
import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_matrix, hstack, identity

from indicators.catalogue.breakdowns import key_of, parse_key

Name = Any  # Whatever names a cell: it only has to be hashable.
FAR = 1e7  # Nobody counts more people than that: what is open has a bound, and the programmes have an end.


@dataclass
class Attack:
    """`shown`: {cell: (lowest, highest)}; `hidden`: the cells that have no number. Sums are {cell: coefficient} with what they come to."""

    shown: Mapping[Name, tuple[float, float]]
    hidden: list[Name]
    truth: Mapping[Name, float] = field(default_factory=dict)
    """The true numbers of hidden cells, where sums do not hold in what the sources say: by how much they miss is taken as known."""
    equal: list[dict[Name, float]] = field(default_factory=list)
    at_least_zero: list[dict[Name, float]] = field(default_factory=list)

    def knows_sum(self, whole: Name, parts: list[Name], times: float = 1.0) -> None:
        self.equal.append(dict.fromkeys(parts, 1.0) | {whole: -times})

    def knows_that_it_holds(self, whole: Name, parts: list[Name]) -> None:
        self.at_least_zero.append(dict.fromkeys(parts, -1.0) | {whole: 1.0})

    def knows_vocabulary(self, words: "Words") -> None:
        """Cells are named (place, period, key): each line of a dimension, at each place, with all that the standard list says of it."""
        lines: dict[tuple[Name, Name, str, str], set[str]] = defaultdict(set)
        for place, when, key in [*self.shown, *self.hidden]:
            items = parse_key(key)
            for dimension in items:
                rest = key_of({name: code for name, code in items.items() if name != dimension})
                lines[place, when, dimension, rest].add(items[dimension])
        for (place, when, dimension, rest), codes in lines.items():
            self._knows_line(words, place, when, dimension, rest, codes)
        for place, when, _, rest in {(place, when, "", rest) for place, when, _, rest in lines}:
            self._knows_identities(words, place, when, parse_key(rest))

    def _knows_line(self, words: "Words", place: Name, when: Name, dimension: str, rest: str, codes: set[str]) -> None:
        def node(code: str | None) -> Name:
            return (place, when, key_of({**parse_key(rest), dimension: code}) if code else rest)

        reached: set[str | None] = set()
        for code in codes:
            at: str | None = code
            while at is not None:
                reached.add(at)
                at = words.parent[dimension, at]
        for whole in {words.parent[dimension, code] for code in reached if code is not None}:
            members = [code for (name, code), above in words.parent.items() if name == dimension and above == whole]
            parts = [code for code in members if (dimension, code) in words.is_part]
            if words.omits_nobody and (dimension, whole) in words.omits_nobody:
                parts = [code for code in parts if code in reached]
            if any(code in reached for code in parts):
                self.knows_sum(node(whole), [node(code) for code in parts])
            for code in set(members) & reached - set(parts):
                self.knows_that_it_holds(node(whole), [node(code)])
        spans = {code: span for code in codes if (span := words.spans.get((dimension, code)))}
        if spans:
            ends = sorted({0.0, inf} | {end for span in spans.values() for end in span})
            years = {pair: ("between", place, when, dimension, rest, pair) for pair in pairwise(ends)}
            self.knows_sum(node(None), list(years.values()))
            for code, (first, last) in spans.items():
                self.knows_sum(
                    node(code), [name for (start, end), name in years.items() if first <= start and end <= last]
                )

    def _knows_identities(self, words: "Words", place: Name, when: Name, rest: dict[str, str]) -> None:
        for (dimension, code), parts in words.same:
            if dimension not in rest and not any(name in rest for name, _ in parts):
                whole = (place, when, key_of({**rest, dimension: code}))
                self.knows_sum(whole, [(place, when, key_of({**rest, name: part})) for name, part in parts])

    def knows_places(self, parts: Mapping[Name, list[Name]], *, complete: Container[Name] | None = None) -> None:
        """Everything of a place is that of its parts together, for all that is known or asked of either; at least that, if incomplete."""
        used: dict[Name, set[tuple[Name, str]]] = defaultdict(set)
        for name in {name for one in (*self.equal, *self.at_least_zero) for name in one} | {*self.shown, *self.hidden}:
            if len(name) == 3:
                used[name[0]].add(name[1:])
        for whole, members in parts.items():
            for cell in used[whole].union(*(used[member] for member in members)):
                knows = self.knows_sum if complete is None or whole in complete else self.knows_that_it_holds
                knows((whole, *cell), [(member, *cell) for member in members])

    def widths(self, enough: float) -> dict[Name, float]:
        """How uncertain each hidden cell stays: at least this much where it is above `enough`, else exactly this much."""
        if not self.hidden:
            return {}
        return _Programme(self).widths(enough)


@dataclass(frozen=True)
class Words:
    """The standard list as an attacker reads it. `same`: (category, those that it is made of), here. `omits_nobody`: (dimension, whole) of
    sets of which the source leaves out those with nobody."""

    parent: dict[tuple[str, str], str | None]
    is_part: set[tuple[str, str]]
    spans: dict[tuple[str, str], tuple[float, float]] = field(default_factory=dict)
    same: list[tuple[tuple[str, str], list[tuple[str, str]]]] = field(default_factory=list)
    omits_nobody: set[tuple[str, str | None]] = field(default_factory=set)


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
        for one in (*attack.equal, *attack.at_least_zero):
            for cell in one:
                if cell not in known and cell not in self.column:
                    self.column[cell] = len(self.bounds)
                    self.bounds.append((0.0, FAR))
        self.equal = self._matrix(attack.equal, known, 1.0)
        self.at_most = self._matrix(attack.at_least_zero, known, -1.0)
        if attack.truth:
            self._take_differences_as_known(attack.truth)

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

    def _take_differences_as_known(self, truth: Mapping[Name, float]) -> None:
        """Moves each sum by what it misses in the true numbers: the least in all by which they and some numbers of the cells that nobody
        reported fit together.
        """
        bounds = list(self.bounds)
        for cell in self.hidden:
            bounds[self.column[cell]] = (truth[cell], truth[cell])
        (equal, sums), (at_most, limits) = self.equal, self.at_most
        sums_count, limits_count = 0 if sums is None else len(sums), 0 if limits is None else len(limits)
        free, slack = len(bounds), 2 * sums_count + limits_count
        answer = linprog(
            np.concatenate([np.zeros(free), np.ones(slack)]),
            A_eq=None if equal is None else hstack([equal, identity(sums_count), -identity(sums_count), csr_matrix((sums_count, limits_count))]),
            b_eq=sums,
            A_ub=None if at_most is None else hstack([at_most, csr_matrix((limits_count, 2 * sums_count)), -identity(limits_count)]),
            b_ub=limits,
            bounds=bounds + [(0.0, None)] * slack,
            method="highs",
        )  # fmt: skip
        assert answer.status == 0, answer.message
        missed = answer.x[free:]
        if sums is not None:
            self.equal = equal, sums - missed[:sums_count] + missed[sums_count : 2 * sums_count]
        if limits is not None:
            self.at_most = at_most, limits + missed[2 * sums_count :] + 1e-6

    def _model(self) -> highspy.Highs:
        """Of all that is known. One objective after the other is asked of it, each from where the one before has ended."""
        model = highspy.Highs()
        model.setOptionValue("output_flag", False)
        lower, upper = map(np.array, zip(*self.bounds, strict=True))
        model.addVars(len(self.bounds), lower, upper)
        for (matrix, right), is_equal in ((self.equal, True), (self.at_most, False)):
            if matrix is not None and right is not None:
                floor = right if is_equal else np.full(len(right), -highspy.kHighsInf)
                model.addRows(len(right), floor, right, matrix.nnz, matrix.indptr[:-1], matrix.indices, matrix.data)
        return model

    def _solve(self, model: highspy.Highs, objective: np.ndarray) -> np.ndarray:
        columns = np.arange(len(self.bounds), dtype=np.int32)
        model.changeColsCost(len(columns), columns, objective)
        model.run()
        assert model.getModelStatus() == highspy.HighsModelStatus.kOptimal, model.getModelStatus()
        return np.array(model.getSolution().col_value[: len(self.hidden)])

    def widths(self, enough: float) -> dict[Name, float]:
        count, model = len(self.hidden), self._model()
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
                found = self._solve(model, objective)
                low, high = np.minimum(low, found), np.maximum(high, found)
        for place in np.flatnonzero(high - low <= enough + 1e-6):
            for sign in (1.0, -1.0):
                direction = np.zeros(len(self.bounds))
                direction[place] = sign
                found = self._solve(model, direction)
                low, high = np.minimum(low, found), np.maximum(high, found)
        return dict(zip(self.hidden, (high - low).tolist(), strict=True))
