"""The attacker: how closely each hidden cell can be worked out from all that is published.

An attacker who knows the policy writes down every sum among the cells (inside tables, across tables
that share a margin, across years, across areas that overlap), and for each cell what can be read of
it: a figure rounded to 5 stands for five numbers at most, a hidden one for any from 0 up, a
national statistic for itself. The least and the greatest value that each hidden cell can take are
then two linear programmes; their distance is what the attacker cannot know.

People are whole numbers, and an attacker knows that too. Where the optimum is not whole, the same
question is asked in whole numbers. When that cannot be settled in time, only what was found counts:
the interval is then too narrow rather than too wide.

Source: Hundepool et al., *Statistical Disclosure Control* (Wiley 2012), 4.3.1 and 5: the attacker's
problem, and the audit of a suppression pattern by the feasibility interval of each cell.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import highspy
import numpy as np
from scipy import optimize, sparse

from housing_map.disclosure_policy import needs, readable
from housing_map.disclosure_tables import DisclosureError, Kind
from housing_map.errors import SolverError

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from numpy.typing import NDArray

    from housing_map.disclosure_policy import Need, Policy
    from housing_map.disclosure_tables import Address, Cell, Known, System

_WHOLE: Final = 1e-6
"""Distance from a whole number that is put down to the solver."""
_SECONDS: Final = 10.0
"""Time for one question in whole numbers."""
_NAMED: Final = 5
"""Cells that a message names, and figures that unlock each."""


class Bound(NamedTuple):
    """What an attacker can work out about a hidden cell.

    ``need`` is None for a cell hidden only to protect others. ``unlocked_by`` names the published
    cells that the end nearest to the truth leans on; it is worked out for cells that fail.
    """

    cell: Cell
    low: float
    high: float
    need: Need | None
    unlocked_by: tuple[Cell, ...] = ()

    @property
    def safe(self) -> bool:
        """Whether enough stays open about the cell."""
        return self.need is None or self.need.met(self.low, self.high)


@dataclass(frozen=True)
class Audit:
    """The attacker's intervals. They are nearly as telling as the figures: never publish them."""

    bounds: tuple[Bound, ...]

    @property
    def failures(self) -> tuple[Bound, ...]:
        """Cells about which too much can be worked out."""
        return tuple(bound for bound in self.bounds if not bound.safe)

    @property
    def passed(self) -> bool:
        """Whether the release may be written."""
        return not self.failures

    def refuse(self) -> None:
        """Raise :class:`DisclosureError` naming the cells that fail, and what unlocks them."""
        failures = self.failures
        if not failures:
            return
        said = []
        for bound in failures[:_NAMED]:
            by = "; ".join(str(cell) for cell in bound.unlocked_by[:_NAMED])
            said.append(f"{bound.cell}" + (f" [unlocked by: {by}]" if by else ""))
        more = len(failures) - len(said)
        message = (
            f"The release was not written: {len(failures)} hidden "
            f"{'figure' if len(failures) == 1 else 'figures'} could be worked out too closely: "
            + " / ".join(said)
            + (f" / and {more} more" if more > 0 else "")
        )
        raise DisclosureError(message)


def audit(system: System, policy: Policy, hidden: Container[Address]) -> Audit:
    """Work out the tightest interval of each cell that is hidden, or sensitive and not printed.

    Parameters
    ----------
    system
        Cells and sums of the release and of everything laid beside it.
    policy
        The rules, which the attacker knows.
    hidden
        Addresses that the release shows as ``[c]``.
    """
    bounds = []
    for group in system.groups():
        needed = needs(group, policy)
        attacker: Attacker | None = None
        for cell, fact in group.facts.items():
            to_guess = fact.shown and cell.address in hidden and not fact.structural
            if to_guess or cell in needed:
                attacker = attacker or Attacker(group, policy, hidden)
                bounds.append(attacker.bound(cell, needed.get(cell)))
    return Audit(tuple(bounds))


def belief(
    system: System, policy: Policy, hidden: Container[Address]
) -> dict[Cell, tuple[float, float]]:
    """Return for each cell what can be read of it, in this release or before, without any sums."""
    found = {}
    for cell, fact in system.facts.items():
        low, high = readable(fact, policy, hidden=cell.address in hidden)
        if cell in system.known:
            low, high = _narrowed(cell, (low, high), fact.value, system.known[cell])
        found[cell] = (low, high)
    return found


def _narrowed(
    cell: Cell, read: tuple[float, float], value: float, known: Known
) -> tuple[float, float]:
    """Return what both this release and an earlier one leave open."""
    if not known.low - _WHOLE <= value <= known.high + _WHOLE:
        message = f"{cell} was published before with another figure; a revised figure is not known"
        raise DisclosureError(message)
    return max(read[0], known.low), min(read[1], known.high)


class Attacker:
    """The sums and bounds as a linear programme, asked one cell at a time with a warm start.

    Without ``whole`` the attacker does not use that people are whole numbers.
    """

    def __init__(
        self, system: System, policy: Policy, hidden: Container[Address], *, whole: bool = True
    ) -> None:
        self.cells = list(system.facts)
        self.place = {cell: number for number, cell in enumerate(self.cells)}
        read = belief(system, policy, hidden)
        self.low = np.array([read[cell][0] for cell in self.cells], dtype=float)
        self.high = np.array([read[cell][1] for cell in self.cells], dtype=float)
        people = [system.facts[cell].kind is Kind.PEOPLE for cell in self.cells]
        self.people = np.array(people, dtype=bool)
        self.whole = self.people & whole
        # Decimals do not add up to the last digit: leave room for that, but not for people.
        self.low[~self.people] -= _WHOLE
        self.high[~self.people] += _WHOLE
        self.matrix = _matrix(system, self.place)
        self.solver = self._load()

    def bound(self, cell: Cell, need: Need | None) -> Bound:
        """Return the interval of one cell; for one that fails, with what unlocks it."""
        column = self.place[cell]
        low, leans_low = self._end(column, 1.0)
        high, leans_high = self._end(column, -1.0)
        if self.whole[column]:
            low, high = (
                math.ceil(low - _WHOLE),
                high if math.isinf(high) else math.floor(high + _WHOLE),
            )
        bound = Bound(cell, float(low), float(high), need)
        if not bound.safe:
            names = dict.fromkeys([*leans_low, *leans_high])
            bound = bound._replace(unlocked_by=tuple(names))
        return bound

    def _end(self, column: int, sign: float) -> tuple[float, tuple[Cell, ...]]:
        """Return the least (sign 1) or greatest (−1) value of a cell, and what it leans on."""
        self.solver.changeColCost(column, sign)
        self.solver.run()
        status = self.solver.getModelStatus()
        solution = self.solver.getSolution()
        self.solver.changeColCost(column, 0.0)
        if status in (
            highspy.HighsModelStatus.kUnbounded,
            highspy.HighsModelStatus.kUnboundedOrInfeasible,
        ):
            return -sign * math.inf, ()
        if status != highspy.HighsModelStatus.kOptimal:
            message = f"the audit of {self.cells[column]} ended with {status.name}"
            raise SolverError(message)
        values = np.asarray(solution.col_value)
        leans = np.flatnonzero(np.abs(np.asarray(solution.col_dual)) > _WHOLE)
        named = tuple(self.cells[i] for i in leans if i != column)
        people = values[self.whole]
        if self.whole[column] and np.abs(people - np.round(people)).max(initial=0.0) > _WHOLE:
            return self._whole_end(column, sign, float(values[column])), named
        return float(values[column]), named

    def _whole_end(self, column: int, sign: float, relaxed: float) -> float:
        """Return the end in whole numbers of people; the best that was found where time is up."""
        cost = np.zeros(len(self.cells))
        cost[column] = sign
        found = optimize.milp(
            cost,
            integrality=self.whole.astype(int),
            bounds=optimize.Bounds(self.low, self.high),
            constraints=optimize.LinearConstraint(self.matrix, 0.0, 0.0),
            options={"time_limit": _SECONDS, "mip_rel_gap": 0.0},
        )
        if found.x is None:
            message = f"the audit of {self.cells[column]} in whole numbers ended with nothing"
            raise SolverError(message)
        inner = float(found.x[column])
        return max(inner, relaxed) if sign > 0 else min(inner, relaxed)

    def _load(self) -> highspy.Highs:
        """Return the solver with all sums and bounds, and no cell asked yet."""
        solver = highspy.Highs()  # type: ignore[no-untyped-call]
        solver.setOptionValue("output_flag", False)  # noqa: FBT003 - the solver's own signature
        solver.setOptionValue("threads", 1)
        rows, columns = self.matrix.shape
        model = highspy.HighsLp()
        model.num_row_, model.num_col_ = rows, columns
        model.col_cost_ = np.zeros(columns)
        model.col_lower_, model.col_upper_ = self.low, self.high
        model.row_lower_, model.row_upper_ = np.zeros(rows), np.zeros(rows)
        by_row: sparse.csr_matrix = self.matrix
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_ = by_row.indptr
        model.a_matrix_.index_ = by_row.indices
        model.a_matrix_.value_ = by_row.data
        solver.passModel(model)
        return solver


def _matrix(system: System, place: Mapping[Cell, int]) -> sparse.csr_matrix:
    """Return the sums as rows: −1 for the whole, 1 for each part."""
    rows: list[int] = []
    columns: list[int] = []
    values: list[float] = []
    for row, total in enumerate(system.sums):
        rows += [row] * (len(total.parts) + 1)
        columns += [place[total.whole], *(place[part] for part in total.parts)]
        values += [-1.0, *[1.0] * len(total.parts)]
    entries: NDArray[np.float64] = np.array(values, dtype=float)
    shape = (len(system.sums), len(place))
    return sparse.csr_matrix((entries, (rows, columns)), shape=shape)
