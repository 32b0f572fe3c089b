"""Which cells of a table to hide, so that nobody can work out the figures of a few people from all that is shown.

A table is a list of cells and of *relations*, sums that hold whatever the numbers are: a city is its districts, everyone is women and men,
a year is its months, the European Union is at least its countries (the unnamed rest is a cell that is never shown). Whoever reads a
release knows all relations and every shown cell. What he does not know is open to him exactly as far as the hidden cells can *move*: add to
some and take from others so that every sum stays right and nothing falls below zero.

So the pattern is made of moves. For a cell that needs protection the cheapest move through it is sought: hidden cells cost nothing, shown
ones that must be hidden for it cost more, the larger they are. A move may go up by `u` and down by `d` from the true numbers before one of its
cells reaches zero; it is accepted when every cell in it moves by more than its level. The two ends of an accepted move are two tables
that agree with everything shown, so the bounds of each cell in it are wider than its level: each hidden cell is hidden with its proof.

A best-first search over partial moves finds most of them, and in no time. Where it finds nothing soon, a linear program
(`indicators.releases.programme`) finds the cheapest table in which the cell is far enough from the true one. Some cells in it may have moved by
less than their level; they are hidden too, and wait for a move of their own. The answer is the same for the same cells in the same order.
"""

import heapq
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from indicators.releases.programme import Programme
from indicators.releases.suppression_table import SuppressionTable

UNBOUNDED = 1e12
TOLERANCE = 1e-6
OPEN_SUM = 0.6  # What a sum that is not right yet is thought to cost.
LIMIT = 300  # Partial moves that a search looks at.
WIDE = 24  # Of the hidden cells of a long sum, and of the shown ones, a search tries so many.
DEAR = 8.0  # What a total of some 13,000 people costs: no search hides more.
AMPLE = 3.0  # A remainder of so many times the level has room for any move.
KNOWN = 40.0  # What it costs to hide what the release before has shown.


class _Move(NamedTuple):
    """A partial move. `weights`: by what each cell changes; `nets`: the relations that are not balanced yet, `open_sums` of them without a remainder."""

    cost: float
    weights: dict[int, float]
    nets: dict[int, float]
    open_sums: int
    ups: tuple[float, ...]
    downs: tuple[float, ...]
    needs: tuple[float, ...]


def pattern(table: SuppressionTable, primary: Sequence[int], hidden: Iterable[int] = ()) -> set[int]:
    """The cells to hide: all of `primary` and `hidden` (each of them will be protected), and as few others as it takes.

    Those that are never shown (cost 0) may be primary too; they are part of the answer only as far as they are among `primary`.
    Where the sums leave a cell no choice (one that is both the double of another and equal to it), everything that is tied to it is hidden.
    """
    table.find_remainders()
    hiding = set(primary) | set(hidden)
    protected: set[int] = set()
    programmes: dict[int, Programme] = {}
    waiting = deque([*primary, *sorted(hiding - set(primary))])
    while waiting:
        cell = waiting.popleft()
        if cell in protected:
            continue
        found = _move(table, cell, hiding)
        if found is not None:
            reach = found
            protected |= reach
        else:
            if cell not in programmes:
                programme = Programme(table, sorted(table.connected(cell)))
                programmes |= dict.fromkeys(programme.cells, programme)
            programme = programmes[cell]
            found = programme.move(cell, hiding, protected)
            reach = found if found is not None else set(programme.cells)
            protected |= programme.protected() if found is not None else reach
        added = sorted(other for other in reach - hiding if table.costs[other] > 0)
        hiding.update(added)
        waiting.extend(added)
    return hiding


def _move(table: SuppressionTable, cell: int, hiding: set[int]) -> set[int] | None:
    """The cells of the cheapest move through a cell; None where the search has not found any within its limit."""
    sheets = len(table.levels[cell])
    start = _Move(0.0, {}, {}, 0, (UNBOUNDED,) * sheets, (UNBOUNDED,) * sheets, (0.0,) * sheets)
    queue = [(0.0, 0, start, cell, 1.0)] if _rank(table, start, cell, 1.0, hiding) is not None else []
    made = looked_at = 0
    while queue and looked_at < LIMIT:
        _, _, shorter, cell, weight = heapq.heappop(queue)
        move = _extended(table, shorter, cell, weight, hiding)
        if move.nets:
            looked_at += 1
            move = _with_remainders(table, move, hiding)
        if not move.nets:
            return set(move.weights)
        relation = min(move.nets, key=lambda one: (len(table.relations[one]), one))
        for other, weight, rank in _next_cells(table, move, relation, hiding):
            made += 1
            heapq.heappush(queue, (rank, made, move, other, weight))
    return None


def _next_cells(
    table: SuppressionTable, move: _Move, relation: int, hiding: set[int]
) -> Iterator[tuple[int, float, float]]:
    """The cells that could balance a relation, with their weight and the rank of the move. Of a long one those that balance another as well,
    and some: the largest hidden and the cheapest shown ones."""
    members = table.relations[relation]
    choices: list[tuple[Iterable[int], int]] = [(members, len(members))]
    if len(members) > 2 * WIDE:
        balancing = {
            cell for other in move.nets if other != relation for cell in members.keys() & table.relations[other].keys()
        }
        rest = [cell for cell in table.by_cost(relation) if cell not in balancing]
        choices = [
            (sorted(balancing), len(members)),
            ([cell for cell in reversed(rest) if cell in hiding], WIDE),
            ([cell for cell in rest if cell not in hiding], WIDE),
        ]
    for cells, limit in choices:
        found = 0
        for cell in cells:
            if cell in move.weights:
                continue
            weight = -move.nets[relation] / members[cell]
            rank = _rank(table, move, cell, weight, hiding)
            if rank is not None:
                yield cell, weight, rank
                found += 1
                if found == limit:
                    break


def _with_remainders(table: SuppressionTable, move: _Move, hiding: set[int]) -> _Move:
    """The move after all that a never shown remainder has ample room for: it costs nothing and ties nothing, so there is no choice."""
    for relation, net in list(move.nets.items()):
        for other in table.remainders.get(relation, ()):
            weight = -net / table.relations[relation][other]
            has_room = min(table.amounts[other]) >= AMPLE * max(move.needs) * abs(weight)
            if other not in move.weights and has_room and _rank(table, move, other, weight, hiding) is not None:
                move = _extended(table, move, other, weight, hiding)
    return move


def _rank(table: SuppressionTable, move: _Move, cell: int, weight: float, hiding: set[int]) -> float | None:
    """What the move is thought to cost with one more cell in it; None where it could not go far enough any more."""
    cost = move.cost + OPEN_SUM * move.open_sums
    if cell not in hiding:
        if DEAR < table.costs[cell] < KNOWN:
            return None
        cost += table.costs[cell]
    size = abs(weight)
    sheets = zip(table.amounts[cell], table.levels[cell], move.ups, move.downs, move.needs, strict=True)
    for amount, level, up, down, need in sheets:
        reach = up + min(down, amount / size) if weight > 0 else min(up, amount / size) + down
        if reach <= max(need, level / size) + TOLERANCE:
            return None
    for relation in table.ties[cell]:
        if relation not in table.remainders:
            net = move.nets.get(relation)
            if net is None:
                cost += OPEN_SUM
            elif abs(net + weight * table.relations[relation][cell]) < TOLERANCE:
                cost -= OPEN_SUM
    return cost


def _extended(table: SuppressionTable, move: _Move, cell: int, weight: float, hiding: set[int]) -> _Move:
    size = abs(weight)
    limits = tuple(amount / size for amount in table.amounts[cell])
    nets = dict(move.nets)
    for relation in table.ties[cell]:
        net = nets.get(relation, 0.0) + weight * table.relations[relation][cell]
        if abs(net) < TOLERANCE:
            nets.pop(relation, None)
        else:
            nets[relation] = net
    return _Move(
        cost=move.cost if cell in hiding else move.cost + table.costs[cell],
        weights={**move.weights, cell: weight},
        nets=nets,
        open_sums=sum(relation not in table.remainders for relation in nets),
        ups=move.ups if weight > 0 else tuple(map(min, move.ups, limits)),
        downs=move.downs if weight < 0 else tuple(map(min, move.downs, limits)),
        needs=tuple(max(need, level / size) for need, level in zip(move.needs, table.levels[cell], strict=True)),
    )
