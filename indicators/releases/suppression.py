"""Which cells of a table to hide, so that nobody can work out the figures of a few people from all that is shown.

A table is a list of cells and of *relations*, sums that hold whatever the numbers are: a city is its districts, everyone is women and men,
a year is its months, the European Union is at least its countries (the unnamed rest is a cell that is never shown). Whoever reads a
release knows all relations and every shown cell. What he does not know is open to him exactly as far as the hidden cells can *move*: add to
some and take from others so that every sum stays right and nothing falls below zero.

So the pattern is made of moves. For a cell that needs protection the cheapest move through it is sought: hidden cells cost nothing, shown
ones that must be hidden for it cost more, the larger they are. A move may go up by `u` and down by `d` from the true numbers before one of its
cells reaches zero; it is accepted when every cell in it moves by more than its level. The two ends of an accepted move are two tables
that agree with everything shown, so the bounds of each cell in it are wider than its level: each hidden cell is hidden with its proof.

The search is a best-first one over partial moves and always gives the same answer for the same cells in the same order. Where it finds
nothing within its limit, everything that is tied to the cell by sums is hidden.
"""

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from operator import add
from typing import NamedTuple

UNBOUNDED = 1e12
TOLERANCE = 1e-6


class Search(NamedTuple):
    """How a search goes. `open_sum`: what a sum that is not right yet is thought to cost; the more, the straighter the search."""

    open_sum: float
    limit: int  # Partial moves looked at.
    is_upward: bool  # Only moves that reach their level upwards alone. Most blind alleys show at once then.
    dearest: float = UNBOUNDED  # What one more hidden cell may cost: large totals only where nothing else helps.


DEAR = 8.0  # What a total of some 13,000 people costs.
# The first finds the cheapest move for nearly every cell; the next ones, for those that many sums tie, find some move, at first without
# the total of a city. The long ones take a second or two, for one cell in ten thousand: totals, or all that is tied to it, would be hidden otherwise.
SEARCHES = (
    Search(0.6, 300, False, DEAR),
    Search(0.6, 600, True, DEAR),
    Search(4.0, 1500, True, DEAR),
    Search(40.0, 4000, True, DEAR),
    Search(4.0, 30_000, True, DEAR),
    Search(0.6, 300, False),
    Search(0.6, 600, True),
    Search(4.0, 1500, True),
    Search(40.0, 4000, True),
    Search(4.0, 30_000, True),
    Search(40.0, 100_000, True),
)
AMPLE = 3.0  # A remainder of so many times the level has room for any move.
KNOWN = 40.0  # What it costs to hide what the release before has shown.


@dataclass
class SuppressionTable:
    """Cells and their relations. A cell has one amount for each sheet: a count one, a ratio two (numerator and the rest), all of 0 or more.

    `levels[cell]`: by how much each sheet of the cell must be able to move. `costs[cell]`: what hiding it costs; 0 for those never shown.
    `relations[r]`: {cell: coefficient}, whose weighted sum never changes. `ties[cell]`: the relations that it is in.
    `remainders`: as `find_remainders` found them.
    """

    amounts: list[tuple[float, ...]] = field(default_factory=list)
    levels: list[tuple[float, ...]] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)
    relations: list[dict[int, float]] = field(default_factory=list)
    ties: list[list[int]] = field(default_factory=list)
    remainders: dict[int, list[int]] = field(default_factory=dict)
    known: set[frozenset[tuple[int, float]]] = field(default_factory=set)

    def add_cell(self, amounts: tuple[float, ...], levels: tuple[float, ...], cost: float) -> int:
        self.amounts.append(tuple(max(amount, 0.0) for amount in amounts))
        self.levels.append(levels)
        self.costs.append(cost)
        self.ties.append([])
        return len(self.costs) - 1

    def add_relation(self, whole: int, parts: Iterable[int], times: float = 1.0) -> None:
        """`times` × whole = the sum of the parts. The same sum is kept once, however many reasons there are for it."""
        relation = dict.fromkeys(parts, 1.0) | {whole: -times}
        content = frozenset(relation.items())
        if content in self.known:
            return
        self.known.add(content)
        self.relations.append(relation)
        for cell in relation:
            self.ties[cell].append(len(self.relations) - 1)

    def find_remainders(self) -> None:
        """By relation the cells that are never shown and that nothing else ties: what a move leaves over may go there."""
        self.remainders = {}
        for cell, ties in enumerate(self.ties):
            if self.costs[cell] == 0 and len(ties) == 1:
                self.remainders.setdefault(ties[0], []).append(cell)

    def connected(self, cell: int) -> set[int]:
        """All that is tied to a cell by relations, over however many steps."""
        found, waiting = {cell}, [cell]
        while waiting:
            for relation in self.ties[waiting.pop()]:
                for other in self.relations[relation]:
                    if other not in found:
                        found.add(other)
                        waiting.append(other)
        return found


@dataclass(order=True)
class _Move:
    """A partial move. `weights`: by what each cell changes; `nets`: the relations that are not balanced yet."""

    rank: tuple[float, int]
    cost: float = field(compare=False)
    weights: dict[int, float] = field(compare=False)
    nets: dict[int, float] = field(compare=False)
    ups: tuple[float, ...] = field(compare=False)
    downs: tuple[float, ...] = field(compare=False)
    needs: tuple[float, ...] = field(compare=False)


def pattern(table: SuppressionTable, primary: Sequence[int], hidden: Iterable[int] = ()) -> set[int]:
    """The cells to hide: all of `primary` and `hidden` (each of them will be protected), and as few others as it takes.

    Those that are never shown (cost 0) may be primary too; they are part of the answer only as far as they are among `primary`.
    """
    table.find_remainders()
    hiding = set(primary) | set(hidden)
    protected: set[int] = set()
    for cell in [*primary, *sorted(hiding - set(primary))]:
        if cell in protected:
            continue
        move = next(filter(None, (_move(table, cell, hiding, search) for search in SEARCHES)), None)
        reach = set(move) if move is not None else table.connected(cell)
        protected |= reach
        hiding |= {other for other in reach if table.costs[other] > 0}
    return hiding


def _move(table: SuppressionTable, cell: int, hiding: set[int], search: Search) -> dict[int, float] | None:
    sheets = len(table.levels[cell])
    start = _Move((0.0, 0), 0.0, {}, {}, (UNBOUNDED,) * sheets, (UNBOUNDED,) * sheets, (0.0,) * sheets)
    first = _extended(table, start, cell, 1.0, hiding, search, 0)
    queue = [first] if first is not None else []
    made = looked_at = 0
    while queue and looked_at < search.limit:
        move = heapq.heappop(queue)
        if not move.nets:
            return move.weights
        looked_at += 1
        move = _with_remainders(table, move, hiding, search)
        if not move.nets:
            return move.weights
        relation = min(move.nets, key=lambda one: (len(table.relations[one]), one))
        net = move.nets[relation]
        for other, coefficient in table.relations[relation].items():
            if other not in move.weights:
                made += 1
                longer = _extended(table, move, other, -net / coefficient, hiding, search, made)
                if longer is not None:
                    heapq.heappush(queue, longer)
    return None


def _with_remainders(table: SuppressionTable, move: _Move, hiding: set[int], search: Search) -> _Move:
    """The move after all that a never shown remainder has ample room for: it costs nothing and ties nothing, so there is no choice."""
    for relation, net in list(move.nets.items()):
        for other in table.remainders.get(relation, ()):
            weight = -net / table.relations[relation][other]
            has_room = weight > 0 if search.is_upward else False
            ample = AMPLE * max(move.needs) * abs(weight)
            if other not in move.weights and (has_room or min(table.amounts[other]) >= ample):
                move = _extended(table, move, other, weight, hiding, search, move.rank[1]) or move
    return move


def _extended(
    table: SuppressionTable, move: _Move, cell: int, weight: float, hiding: set[int], search: Search, number: int
) -> _Move | None:
    """The move with one more cell in it; None where it could not go far enough any more."""
    if cell not in hiding and search.dearest < table.costs[cell] < KNOWN:
        return None
    size = abs(weight)
    limits = tuple(amount / size for amount in table.amounts[cell])
    ups = move.ups if weight > 0 else tuple(map(min, move.ups, limits))
    downs = move.downs if weight < 0 else tuple(map(min, move.downs, limits))
    needs = tuple(max(need, level / size) for need, level in zip(move.needs, table.levels[cell], strict=True))
    reaches = ups if search.is_upward else tuple(map(add, ups, downs))
    if any(reach <= need + TOLERANCE for reach, need in zip(reaches, needs, strict=True)):
        return None
    cost = move.cost if cell in hiding else move.cost + table.costs[cell]
    nets = dict(move.nets)
    for relation in table.ties[cell]:
        net = nets.get(relation, 0.0) + weight * table.relations[relation][cell]
        if abs(net) < TOLERANCE:
            nets.pop(relation, None)
        else:
            nets[relation] = net
    open_sums = sum(relation not in table.remainders for relation in nets)
    return _Move(
        (cost + search.open_sum * open_sums, number), cost, {**move.weights, cell: weight}, nets, ups, downs, needs
    )
