"""What a pattern is sought in: cells, and the sums that tie them."""

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass
class SuppressionTable:
    """Cells and their relations. A cell has one amount for each sheet: a count one, a ratio two (numerator and the rest), all of 0 or more.

    `levels[cell]`: by how much each sheet of the cell must be able to move. `costs[cell]`: what hiding it costs; 0 for those never shown.
    `relations[r]`: {cell: coefficient}, whose weighted sum never changes. `ties[cell]`: the relations that it is in.
    `remainders`: as `find_remainders` found them. `ordered`: what `by_cost` has put in order.
    """

    amounts: list[tuple[float, ...]] = field(default_factory=list)
    levels: list[tuple[float, ...]] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)
    relations: list[dict[int, float]] = field(default_factory=list)
    ties: list[list[int]] = field(default_factory=list)
    remainders: dict[int, list[int]] = field(default_factory=dict)
    known: set[frozenset[tuple[int, float]]] = field(default_factory=set)
    ordered: dict[int, list[int]] = field(default_factory=dict)

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

    def by_cost(self, relation: int) -> list[int]:
        """The cells of a relation, the cheapest first."""
        if relation not in self.ordered:
            self.ordered[relation] = sorted(self.relations[relation], key=lambda cell: (self.costs[cell], cell))
        return self.ordered[relation]

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
