"""What a question of siting has in common: limits, floors, refusals, and the solver's proof.

Sites are numbered from 0 in the order of the columns given. A set of sites is *allowed* when it
holds every forced site and no closed one, has at most ``most`` sites, and costs at most
``budget``. A request that no set meets is refused with the limit that binds and by how much
(:class:`InfeasibleError`), never with the bare word.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import highspy
import numpy as np

from housing_map.errors import SolverError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from scipy import sparse

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]
    Flags = NDArray[np.bool_]

GAP: Final = 1e-7
"""Distance from the bound, as a share of it, at which an answer counts as proved."""
SAME: Final = 1e-9
"""Share by which two sums of the same figures may differ through rounding."""
TIME_LIMIT_S: Final = 60.0


class Status(StrEnum):
    """How far an answer is proved."""

    PROVED = "proved"
    FIRST = "first answer"
    STOPPED = "stopped at the time limit"


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A limit that cannot be kept: what was asked of it, what is possible, in its own unit.

    ``limit`` is ``most``, ``budget``, ``reach`` or ``floor``; ``group`` names the floor's group.
    """

    limit: str
    asked: float
    possible: float
    group: str = ""

    @property
    def by(self) -> float:
        """By how much the request misses what is possible, at least 0."""
        return abs(self.asked - self.possible)


class InfeasibleError(UsageError):
    """No set of sites meets the request; :attr:`shortfalls` says what binds and by how much."""

    def __init__(self, message: str, *shortfalls: Shortfall) -> None:
        self.shortfalls = shortfalls
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Limits:
    """Which sets of sites are allowed.

    ``most`` counts all sites of the set, the forced ones too; ``cost`` in GBP, one a site, of the
    whole planning period that ``budget`` is for (an existing site that is paid for already costs
    0). None is no limit. ``forced`` and ``closed`` are numbers of sites; ``names`` are for
    messages.
    """

    most: int | None = None
    cost: tuple[float, ...] | None = None
    budget: float | None = None
    forced: tuple[int, ...] = ()
    closed: tuple[int, ...] = ()
    names: tuple[str, ...] = ()

    def name(self, site: int) -> str:
        """Return the name of a site for people, or its number."""
        return self.names[site] if self.names else f"site {site}"

    def checked(self, sites: int) -> Bounds:
        """Return these limits for a number of sites.

        Raises :class:`UsageError` for limits that make no sense, and :class:`InfeasibleError` where
        the forced sites alone break one.
        """
        numbers = {"forced": self.forced, "closed": self.closed}
        for what, given in numbers.items():
            strange = [site for site in given if not 0 <= site < sites]
            if strange or len(set(given)) != len(given):
                message = f"The {what} sites are numbers from 0 to {sites - 1}, each once; {given}"
                raise UsageError(message)
        if both := sorted(set(self.forced) & set(self.closed)):
            names = ", ".join(self.name(site) for site in both)
            message = f"Both forced and closed: {names}"
            raise UsageError(message)
        if self.names and len(self.names) != sites:
            message = f"There are {len(self.names)} names for {sites} sites"
            raise UsageError(message)
        bounds = self._bounds(sites)
        self._refuse_forced(bounds)
        return bounds

    def _bounds(self, sites: int) -> Bounds:
        cost = np.zeros(sites) if self.cost is None else np.array(self.cost, dtype=np.float64)
        if cost.shape != (sites,) or not np.isfinite(cost).all() or (cost < 0).any():
            message = f"Costs are amounts from 0 up, one for each of the {sites} sites"
            raise UsageError(message)
        if self.budget is not None and self.cost is None:
            message = "A budget needs the cost of every site: ask for them, none is ever assumed"
            raise UsageError(message)
        for what, limit in (("number of sites", self.most), ("budget", self.budget)):
            if limit is not None and not (math.isfinite(limit) and limit >= 0):
                message = f"The {what} must be from 0 up, not {limit}"
                raise UsageError(message)
        forced, closed = np.zeros(sites, dtype=bool), np.zeros(sites, dtype=bool)
        forced[list(self.forced)] = True
        closed[list(self.closed)] = True
        return Bounds(
            sites if self.most is None else min(self.most, sites),
            cost,
            math.inf if self.budget is None else float(self.budget),
            forced,
            closed,
        )

    def _refuse_forced(self, bounds: Bounds) -> None:
        kept, spent = int(bounds.forced.sum()), float(bounds.cost[bounds.forced].sum())
        if kept > bounds.most:
            message = f"{kept} sites are forced, but at most {bounds.most} are allowed"
            raise InfeasibleError(message, Shortfall("most", kept, bounds.most))
        if not bounds.affords(spent):
            over = spent - bounds.budget
            message = (
                f"The forced sites cost £{spent:,.0f}, £{over:,.0f} more than the budget of "
                f"£{bounds.budget:,.0f}"
            )
            raise InfeasibleError(message, Shortfall("budget", spent, bounds.budget))


@dataclass(frozen=True, slots=True, eq=False)
class Bounds:
    """Limits as arrays over sites; ``budget`` is infinite where there is none."""

    most: int
    cost: Floats
    budget: float
    forced: Flags
    closed: Flags

    def affords(self, spent: float | Floats) -> np.bool_ | Flags:
        """Whether an amount, or each of several, is within the budget, but for rounding."""
        return np.less_equal(spent, self.budget + SAME * max(1.0, abs(self.budget)))

    def spent(self, sites: Integers | Sequence[int]) -> float:
        """Cost of a set of sites, in GBP."""
        return float(self.cost[np.asarray(sites, dtype=np.int64)].sum())

    def only(self, keep: Integers) -> Bounds:
        """Return the bounds of some of the sites."""
        return Bounds(
            min(self.most, len(keep)),
            self.cost[keep],
            self.budget,
            self.forced[keep],
            self.closed[keep],
        )

    def upper(self) -> Floats:
        """Return 1 for each site that may be chosen, 0 for a closed one."""
        return (~self.closed).astype(np.float64)

    def rows(self) -> tuple[Floats, Floats]:
        """Return the rows (limits × sites) and right-hand sides of number and budget."""
        rows, right = [np.ones(len(self.cost))], [float(self.most)]
        if math.isfinite(self.budget):
            # Scaled to 1, so that a tolerance of the solver means the same for any currency.
            unit = max(self.budget, float(self.cost.max(initial=0.0)), 1.0)
            rows.append(self.cost / unit)
            right.append(self.budget / unit)
        return np.array(rows), np.array(right)


@dataclass(frozen=True, slots=True, eq=False)
class Floor:
    """A group that must not be left out: at least ``least`` of its ``demand`` (areas) covered."""

    group: str
    demand: Floats
    least: float


def floors_by_area(
    groups: Sequence[str], demand: Floats, least: Mapping[str, float]
) -> tuple[Floor, ...]:
    """Return floors for groups of areas: ``groups`` names the one that each area is in.

    ``least`` is in the units of ``demand`` (areas). Raises :class:`UsageError` for a group that
    has no area.
    """
    labels = np.asarray(groups, dtype=object)
    if unknown := [group for group in least if not (labels == group).any()]:
        message = f"No area is in the group {unknown[0]!r}"
        raise UsageError(message)
    return tuple(
        Floor(group, np.where(labels == group, demand, 0.0), amount)
        for group, amount in least.items()
    )


@dataclass(frozen=True, slots=True)
class Proof:
    """How good an answer is: ``reached`` and the ``bound`` that no set of sites can pass.

    Both in the unit of the question (demand covered, or demand × minutes); ``first`` is the first
    answer's, NaN where it found none. ``seconds`` are of the clock: all, and of the first answer.
    Nothing random goes in, so the same question gives the same answer, unless time ran out.
    """

    status: Status
    reached: float
    bound: float
    first: float
    seconds: float
    first_seconds: float

    @property
    def gap(self) -> float:
        """Distance between what is reached and the bound, as a share of the bound."""
        distance = abs(self.bound - self.reached)
        return 0.0 if distance <= SAME * abs(self.bound) else distance / max(abs(self.bound), SAME)


class Clock:
    """Seconds since a question was asked, and what is left of its time limit."""

    def __init__(self, limit: float) -> None:
        if not limit > 0:
            message = f"The time limit is in seconds above 0, not {limit}"
            raise UsageError(message)
        self._start, self._limit = time.perf_counter(), limit

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self._start

    @property
    def left(self) -> float:
        """Seconds left, at least 0."""
        return max(self._limit - self.seconds, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Programme:
    """A mixed integer programme: maximise ``gain`` · x, ``low`` ≤ ``rows`` x ≤ ``high``.

    Columns lie between ``lower`` and ``upper``; the first ``whole`` of them are whole numbers.
    """

    gain: Floats
    lower: Floats
    upper: Floats
    whole: int
    rows: sparse.csr_array
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """What HiGHS found: ``columns`` None where there is no answer; ``bound`` proves ``gain``."""

    columns: Floats | None
    gain: float
    bound: float
    proved: bool
    infeasible: bool


def load(programme: Programme, seconds: float) -> highspy.Highs:
    """Return a solver that holds a programme; its whole columns are not marked yet."""
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    for option, value in {
        "output_flag": False,
        "threads": 1,
        "time_limit": max(seconds, 1e-3),
        "mip_rel_gap": GAP / 10,
        "mip_abs_gap": 0.0,
        "mip_feasibility_tolerance": 1e-9,
        "primal_feasibility_tolerance": 1e-9,
    }.items():
        solver.setOptionValue(option, value)
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(programme.gain), programme.rows.shape[0]
    model.col_cost_ = programme.gain
    model.col_lower_, model.col_upper_ = programme.lower, programme.upper
    model.row_lower_, model.row_upper_ = programme.low, programme.high
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = programme.rows.indptr.astype(np.int32)
    model.a_matrix_.index_ = programme.rows.indices.astype(np.int32)
    model.a_matrix_.value_ = programme.rows.data.astype(np.float64)
    model.sense_ = highspy.ObjSense.kMaximize
    solver.passModel(model)
    return solver


def solve(programme: Programme, seconds: float, start: Floats | None = None) -> Solved:
    """Solve a programme from ``start``, if any; raises :class:`SolverError` on a strange end."""
    solver = load(programme, seconds)
    whole = np.arange(programme.whole, dtype=np.int32)
    marks = np.full(programme.whole, highspy.HighsVarType.kInteger.value, dtype=np.uint8)
    solver.changeColsIntegrality(programme.whole, whole, marks)
    if start is not None:
        solution = highspy.HighsSolution()
        solution.col_value = start.tolist()
        solver.setSolution(solution)
    solver.run()
    status, statuses = solver.getModelStatus(), highspy.HighsModelStatus
    if status in {statuses.kInfeasible, statuses.kUnboundedOrInfeasible}:
        return Solved(None, -math.inf, -math.inf, proved=True, infeasible=True)
    if status not in {statuses.kOptimal, statuses.kTimeLimit, statuses.kModelEmpty}:
        message = f"The search for the best sites ended with {status}"
        raise SolverError(message)
    info = solver.getInfo()
    found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    return Solved(
        np.asarray(solver.getSolution().col_value) if found else None,
        float(info.objective_function_value) if found else -math.inf,
        float(info.mip_dual_bound) if programme.whole else float(info.objective_function_value),
        proved=status != statuses.kTimeLimit,
        infeasible=False,
    )
