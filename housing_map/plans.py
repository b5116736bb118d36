"""Plans for a set of candidates: one solver that holds the programme of all of them.

A mixed-integer programme (:mod:`housing_map.gates`) in offers x, choices y ∈ {0, 1} and the lowest
share t of need met in any group that is to be treated fairly:

    Σ over a block's x  ≤  its demand
    Σ use · x  ≤  limit₀ + Σ added · y
    met of a group ≥ its floor,    met of a fair group ≥ t · its demand
    Σ cost · y ≤ budget,  Σ units · y ≤ budget,  Σ y ≤ 1 in each set of sizes

What is made most or least of is said at each solve, and anything added by the way (what a set was
found to come to, a share to be kept) is forgotten again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

import highspy
import numpy as np
from scipy import sparse

from housing_map.candidates import Objective, Stand
from housing_map.changes import CloseService
from housing_map.errors import SolverError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from housing_map.candidates import Ask, Candidate
    from housing_map.gates import Gated, Groups

    Floats = NDArray[np.float64]

EXACT: Final = 1e-6
"""Households a year within which two sets are as good as each other."""
FEW: Final = 1e-3
"""What a candidate more weighs beside pounds or units: of equal sets, the one of fewer things."""
_INF: Final = highspy.kHighsInf
_MIP_GAP: Final = 1e-9
_WHOLE: Final = 1e-9
"""How far a choice may be from yes or no in the solver."""
_HALF: Final = 0.5
_FEASIBLE: Final = 2
"""HiGHS: the solution is a feasible point."""


class Aim(StrEnum):
    """What a plan is to have most of: households met, or the lowest share met in any group."""

    MET = "met"
    LOWEST = "lowest"


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan found: its set, (weighted) households met a year, and the lowest share met.

    ``chosen`` is None where time ran out before any plan was found; ``bound`` is what no plan
    exceeds in what was aimed at; ``in_time`` is False where the search was cut short.
    """

    chosen: frozenset[int] | None
    met: float
    lowest: float
    bound: float
    in_time: bool = True

    def reaches(self, aim: Aim) -> float:
        """Return what it comes to in what was aimed at."""
        return self.met if aim is Aim.MET else self.lowest


class Plans:
    """The programme in a solver of its own.

    ``floors`` (G) are the least households met a year of each of ``groups``; budgets, what is
    forced and whether anybody asks for fairness are those of ``ask``.
    """

    def __init__(self, found: Gated, groups: Groups, floors: Floats, ask: Ask) -> None:
        """Write the programme."""
        self.found, self.groups, self.floors, self.ask = found, groups, floors, ask
        self.pairs, self.count = len(found.gain), len(found.candidates)
        self.solver = self._written()
        self._rows, self._columns = self.solver.getNumRow(), self.solver.getNumCol()

    def copy(self) -> Plans:
        """Return the same programme in another solver, with nothing added by the way."""
        return Plans(self.found, self.groups, self.floors, self.ask)

    # What is scarce ------------------------------------------------------------------------

    @property
    def costs(self) -> Floats:
        """Cost of each candidate in GBP a year; 0 where it is not known (C)."""
        known = [one.cost_gbp_a_year or 0.0 for one in self.found.candidates]
        return np.array(known, dtype=np.float64)

    @property
    def units(self) -> Floats:
        """Places that each candidate brings (C)."""
        return np.array([one.units for one in self.found.candidates], dtype=np.float64)

    @property
    def burden(self) -> Floats:
        """What each candidate takes of what is scarce: pounds where all are known, else units."""
        known = all(one.cost_gbp_a_year is not None for one in self.found.candidates)
        money = self.ask.gbp_a_year is not None or (known and self.ask.units is None)
        return self.costs if money else self.units

    @property
    def forced(self) -> NDArray[np.bool_]:
        """Which candidates must be chosen (C)."""
        return np.array([must(one, self.ask) for one in self.found.candidates], dtype=bool)

    # Writing -------------------------------------------------------------------------------

    def _written(self) -> highspy.Highs:
        """Write rows: blocks, limits, floors, fairness, budgets, sizes; columns x, y, t."""
        found, count, pairs = self.found, self.count, self.pairs
        blocks, limits, groups = (
            len(found.problem.demand),
            len(found.limit),
            len(self.groups.keys),
        )
        per_block = sparse.csr_array(
            (np.ones(pairs), (found.problem.block, np.arange(pairs))), shape=(blocks, pairs)
        )
        met = met_by_group(found, self.groups)
        # Only groups of which a fair set is asked have a row for their share.
        even = [
            n
            for n, (name, _) in enumerate(self.groups.keys)
            if self.ask.objective is Objective.FAIR and name == self.ask.fair_by
        ]
        apart = _not_together(found.candidates)
        on_y = np.vstack([self.costs, self.units, apart])
        matrix = sparse.block_array(
            [
                [per_block, None, sparse.csr_array((blocks, 1))],
                [found.use, sparse.csr_array(-found.added), None],
                [met, sparse.csr_array((groups, count)), None],
                [met[even], None, sparse.csr_array(-self.groups.demand[even].reshape(-1, 1))],
                [sparse.csr_array((len(on_y), pairs)), sparse.csr_array(on_y), None],
            ],
            format="csc",
        )
        lower = np.concatenate(
            [np.full(blocks + limits, -_INF), self.floors, np.zeros(len(even)),
             np.full(len(on_y), -_INF)]
        )  # fmt: skip
        upper = np.concatenate(
            [found.problem.demand, found.limit, np.full(groups + len(even), _INF), [_INF, _INF],
             np.ones(len(apart))]
        )  # fmt: skip
        self._floor_row, self._budget_row = blocks + limits, blocks + limits + groups + len(even)
        upper[self._budget_row : self._budget_row + 2] = _budgets(self.ask)
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = pairs + count + 1, len(upper)
        model.col_lower_ = np.concatenate([np.zeros(pairs), self.forced.astype(np.float64), [0.0]])
        model.col_upper_ = np.concatenate([np.full(pairs, _INF), np.ones(count), [1.0]])
        model.col_cost_ = np.zeros(pairs + count + 1)
        model.row_lower_, model.row_upper_ = lower, upper
        model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        model.a_matrix_.start_ = matrix.indptr
        model.a_matrix_.index_ = matrix.indices
        model.a_matrix_.value_ = matrix.data
        model.sense_ = highspy.ObjSense.kMaximize
        whole, part = highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous
        model.integrality_ = [part] * pairs + [whole] * count + [part]
        solver = highspy.Highs()  # type: ignore[no-untyped-call]
        for name, value in {
            "output_flag": False, "threads": 1, "mip_rel_gap": _MIP_GAP, "mip_abs_gap": EXACT / 10,
            "mip_feasibility_tolerance": _WHOLE,
        }.items():  # fmt: skip
            solver.setOptionValue(name, value)
        solver.passModel(model)
        return solver

    def limit_to(self, ask: Ask, *, floors: bool) -> None:
        """Take the budgets of ``ask``, and keep to floors or not."""
        self.ask = ask
        for row, budget in enumerate(_budgets(ask), self._budget_row):
            self.solver.changeRowBounds(row, -_INF, budget)
        for group, least in enumerate(self.floors):
            row = self._floor_row + group
            self.solver.changeRowBounds(row, float(least) if floors else 0.0, _INF)

    # Said by the way -----------------------------------------------------------------------

    def keep_lowest(self, share: float) -> None:
        """Let no fair group have a lower share met."""
        self.solver.changeColBounds(self._columns - 1, min(max(share, 0.0), 1.0), 1.0)

    def no_more_than(
        self, chosen: Collection[int], value: float | None, aim: Aim, *, alone: bool = False
    ) -> None:
        """Say what one set comes to, and nothing of any other; None: it cannot be had at all.

        Where nothing closes, no part of a set comes to more than the whole, which is said as well,
        unless it is of this set ``alone``.
        """
        alone = alone or any(one.closes for one in self.found.candidates)
        inside = len(chosen) if alone else 0
        index = self.pairs + np.arange(self.count, dtype=np.int32)
        sign = np.array([float(alone) if n in chosen else -1.0 for n in range(self.count)])
        if value is None:
            self._add_row(index, sign, inside - 1.0)
            return
        # aim ≤ value + most · (number of candidates in which a set differs, or goes beyond)
        if aim is Aim.LOWEST:
            index, sign = np.append(index, self._columns - 1), np.append(sign, 1.0)
            self._add_row(index, sign, value + inside)
            return
        gain = self.found.gain
        most = float(gain.max(initial=0.0) * self.found.problem.demand.sum()) + 1.0
        index = np.concatenate([np.arange(self.pairs), index])
        self._add_row(index, np.concatenate([gain, most * sign]), value + most * inside)

    def _add_row(self, index: NDArray[np.integer[Any]], value: Floats, most: float) -> None:
        places = np.asarray(index, dtype=np.int32)
        self.solver.addRow(-_INF, most, len(places), places, np.asarray(value, dtype=np.float64))

    def forget(self) -> None:
        """Forget all that was said by the way."""
        extra = np.arange(self._rows, self.solver.getNumRow(), dtype=np.int32)
        if len(extra):
            self.solver.deleteRows(len(extra), extra)
        self.solver.changeColBounds(self._columns - 1, 0.0, 1.0)

    # Solving -------------------------------------------------------------------------------

    def best(self, aim: Aim, *, seconds: float = _INF) -> Plan | None:
        """Return the plan with the most of what is aimed at; None where there is none at all."""
        cost = np.zeros(self._columns)
        if aim is Aim.MET:
            cost[: self.pairs] = self.found.gain
        else:
            cost[-1] = 1.0
        return self._solved(cost, seconds)

    def at(self, chosen: Collection[int], aim: Aim) -> Plan | None:
        """Return the best plan of one set; None where it is not allowed."""
        index = self.pairs + np.arange(self.count, dtype=np.int32)
        fixed = np.array([float(n in chosen) for n in range(self.count)])
        self.solver.changeColsBounds(self.count, index, fixed, fixed)
        try:
            return self.best(aim) if (fixed >= self.forced).all() else None
        finally:
            lower = self.forced.astype(np.float64)
            self.solver.changeColsBounds(self.count, index, lower, np.ones(self.count))

    def lightest(self, enough: float, *, seconds: float = _INF) -> Plan | None:
        """Return the set that takes least of what is scarce, of those that meet ``enough``."""
        self._add_row(np.arange(self.pairs), -self.found.gain, -enough)
        cost = np.zeros(self._columns)
        cost[self.pairs : -1] = -(self.burden + FEW)
        return self._solved(cost, seconds)

    def least_spent(self, price: Floats) -> float:
        """Return the least of Σ price · y of any allowed set; inf where none is allowed."""
        cost = np.zeros(self._columns)
        cost[self.pairs : -1] = -price
        plan = self._solved(cost, self.ask.time_limit)
        if plan is None or plan.chosen is None:
            return float("inf")
        return float(price[sorted(plan.chosen)].sum())

    def shortfalls(self) -> Floats:
        """Return by how much each group stays below its floor, in the least sum (G); adds columns.

        Raises :class:`SolverError` where it is not floors that stand in the way.
        """
        self.solver.changeColsCost(
            self._columns, np.arange(self._columns, dtype=np.int32), np.zeros(self._columns)
        )
        for group in range(len(self.groups.keys)):
            rows = np.array([self._floor_row + group], dtype=np.int32)
            self.solver.addCol(-1.0, 0.0, _INF, 1, rows, np.ones(1))
        self._run(self.ask.time_limit)
        values = np.asarray(self.solver.getSolution().col_value)[self._columns :]
        if len(values) < len(self.groups.keys):
            message = "What keeps the floors from being reached could not be found"
            raise SolverError(message)
        return np.asarray(values)

    def _run(self, seconds: float) -> highspy.HighsModelStatus:
        self.solver.setOptionValue("time_limit", max(float(seconds), 0.0))
        self.solver.run()
        return self.solver.getModelStatus()

    def _solved(self, cost: Floats, seconds: float) -> Plan | None:
        every = np.arange(self._columns, dtype=np.int32)
        self.solver.changeColsCost(self._columns, every, cost)
        status, ended = self._run(seconds), highspy.HighsModelStatus
        if status == ended.kInfeasible:
            return None
        in_time, info = status == ended.kOptimal, self.solver.getInfo()
        if not in_time and status != ended.kTimeLimit:
            message = f"The programme of candidates ended with {status}"
            raise SolverError(message)
        bound = float(info.mip_dual_bound) if self.count else float("inf")
        if not in_time and info.primal_solution_status != _FEASIBLE:
            return Plan(None, 0.0, 0.0, bound, in_time=False)
        values = np.asarray(self.solver.getSolution().col_value)
        y = values[self.pairs : self._columns - 1]
        reached = float(cost @ values[: self._columns])
        if in_time and not np.isfinite(bound):
            bound = reached
        return Plan(
            chosen=frozenset(int(number) for number in np.flatnonzero(y > _HALF)),
            met=float(self.found.gain @ values[: self.pairs]),
            lowest=float(values[self._columns - 1]),
            bound=max(bound, reached),
            in_time=in_time,
        )


def must(one: Candidate, ask: Ask) -> bool:
    """Whether a candidate must be chosen."""
    return one.stand is Stand.FORCED or one.id in ask.forced


def met_by_group(found: Gated, groups: Groups) -> sparse.csr_array:
    """Return the households of each group that one offer meets (G × P)."""
    of_block = groups.of_block / np.maximum(found.problem.demand, 1e-300)
    return sparse.csr_array(of_block[:, found.problem.block] * found.meets[None, :])


def together(candidates: Sequence[Candidate]) -> list[tuple[int, ...]]:
    """Return sets of which at most one can be chosen: sizes of one scheme, one closure twice."""
    kinds: dict[tuple[str, str], list[int]] = {}
    for number, one in enumerate(candidates):
        if one.one_of:
            kinds.setdefault(("one_of", one.one_of), []).append(number)
        for service in sorted({c.service_id for c in one.changes if isinstance(c, CloseService)}):
            kinds.setdefault(("closes", service), []).append(number)
    return [tuple(inside) for inside in kinds.values() if len(inside) > 1]


def _not_together(candidates: Sequence[Candidate]) -> Floats:
    sets = together(candidates)
    member = np.zeros((len(sets), len(candidates)))
    for row, inside in enumerate(sets):
        member[row, list(inside)] = 1.0
    return member


def _budgets(ask: Ask) -> list[float]:
    return [_INF if budget is None else float(budget) for budget in (ask.gbp_a_year, ask.units)]
