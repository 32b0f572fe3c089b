"""The cheapest move as a linear programme, for cells that the search does not help: those that many sums tie.

A move is an amount for each cell, added or taken, by which every sum stays as it is and nothing falls below zero. The programme, solved by HiGHS,
finds the one of least cost in which a cell rises by more than its level. (Kelly, Golden and Assad, Cell suppression: disclosure
protection for sensitive tabular data, Networks 22, 1992; Fischetti and Salazar González, Solving the cell suppression problem on tabular
data with linear constraints, Management Science 47, 2001.)
"""

import highspy
import numpy as np

from indicators.releases.suppression_table import SuppressionTable

NEGLIGIBLE = 1e-6
FREE = 1e-4  # What a hidden cell costs: of two moves that hide as much, the shorter one.
BONUS = 0.01  # What it is worth that another hidden cell rises as well. No cell is hidden for it: the cheapest costs 1.
LEAST_ROOM = 0.05


class Programme:
    """Of the cells that sums tie together. Everything that it has found is a table that agrees with what is shown, so whatever lies between the
    lowest and the highest amount that a cell has in any of them is open to whoever reads a release."""

    def __init__(self, table: SuppressionTable, cells: list[int]) -> None:
        self.table, self.cells = table, cells
        self.amounts = np.array([table.amounts[cell] for cell in cells])
        self.levels = np.array([table.levels[cell] for cell in cells])
        self.costs = np.array([table.costs[cell] for cell in cells])
        self.place = {cell: place for place, cell in enumerate(cells)}
        self.low = np.zeros_like(self.amounts)
        self.high = np.zeros_like(self.amounts)
        self.model = self._model()

    def _model(self) -> highspy.Highs:
        """A row for each sum, and three columns for each cell: what is added, what is added for the bonus, and what is taken."""
        model, count = highspy.Highs(), len(self.cells)
        model.setOptionValue("output_flag", False)
        model.addVars(3 * count, np.zeros(3 * count), np.full(3 * count, highspy.kHighsInf))
        starts: list[int] = []
        columns: list[int] = []
        values: list[float] = []
        for relation in sorted({relation for cell in self.cells for relation in self.table.ties[cell]}):
            starts.append(len(columns))
            for cell, coefficient in self.table.relations[relation].items():
                columns += [self.place[cell], count + self.place[cell], 2 * count + self.place[cell]]
                values += [coefficient, coefficient, -coefficient]
        zeros = np.zeros(len(starts))
        model.addRows(len(starts), zeros, zeros, len(columns), np.array(starts), np.array(columns), np.array(values))
        return model

    def move(self, cell: int, hiding: set[int], protected: set[int]) -> set[int] | None:
        """The cells of the cheapest move by which this one rises; None where the sums do not let it rise.

        Other cells of `hiding` that are not `protected` rise as well where hidden cells alone allow it.
        """
        place, count = self.place[cell], len(self.cells)
        # All sheets move alike, each in multiples of what the cell needs of it.
        sheets = np.flatnonzero(self.levels[place])
        needs = self.levels[place, sheets]
        room = (self.amounts[:, sheets] / needs).min(axis=1)
        enough = 1 + 1 / needs[0]
        is_hidden = np.fromiter((one in hiding for one in self.cells), bool, count)
        is_waiting = is_hidden & np.fromiter((one not in protected for one in self.cells), bool, count)
        is_waiting[place] = False
        costs = np.where(is_hidden | (self.costs == 0), FREE, self.costs)
        lower, upper = np.zeros((3, count)), np.array([np.full(count, np.inf), np.where(is_waiting, enough, 0.0), room])
        lower[0, place], upper[2, place] = enough, 0.0
        # A cell that can fall by a part of the level alone is of little help, and needs help itself when it is hidden.
        objective = np.concatenate([costs, np.full(count, -BONUS), costs / np.clip(room, LEAST_ROOM, 1.0)])
        columns = np.arange(3 * count, dtype=np.int32)
        self.model.changeColsBounds(3 * count, columns, lower.ravel(), upper.ravel())
        self.model.changeColsCost(3 * count, columns, objective)
        if not self._is_solved():
            return None
        added, more, taken = np.array(self.model.getSolution().col_value).reshape(3, count)
        net = added + more - taken
        moved = np.zeros_like(self.amounts)
        moved[:, sheets] = net[:, None] * needs
        self.low, self.high = np.minimum(self.low, moved), np.maximum(self.high, moved)
        return {self.cells[one] for one in np.flatnonzero(np.abs(net) > NEGLIGIBLE)}

    def _is_solved(self) -> bool:
        """From where the last solution ended, and if that fails, from scratch."""
        for start_again in (False, True):
            if start_again:
                self.model.clearSolver()
            self.model.run()
            if self.model.getModelStatus() == highspy.HighsModelStatus.kOptimal:
                return True
        return False

    def protected(self) -> set[int]:
        """The cells that are open by more than their level."""
        is_open = (self.high - self.low > self.levels + NEGLIGIBLE) | (self.levels == 0)
        return {self.cells[one] for one in np.flatnonzero(is_open.all(axis=1))}
