"""Who gets a place when there is not room for everybody.

Variables are offers to a block of alike households along a route. Four steps, each keeping the
one before:

1. help as many as possible: maximise Σ w·met;
2. share what is left over evenly: minimise Σ u² / d over blocks (u unhelped, d demand), which
   makes *who is helped* unique;
3. least burden: among all plans that help the same households, the one with the least burden;
4. ties split equally: among these, the plan with the smallest Σ x² / d.

Steps 1 and 3 are linear programmes (HiGHS, through SciPy); 2 and 4 are convex quadratic
programmes (Clarabel). Offers are scaled by demand, so every variable lies between 0 and 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import clarabel
import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from housing_map.errors import SolverError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

KEEP: Final = (1e-10, 1e-9, 1e-8, 1e-7)
"""Slacks by which a later step may fall short of an earlier one, the first that works is taken.

Shares of a block's demand, or of the whole for the total and the burden.
"""
NOTHING: Final = 1e-9
"""An offer below this share of a block's demand is rounding, and counts as none."""
_PRECISE: Final = 1e-10
"""How far HiGHS may miss a limit: the finest it takes."""
_TOLERANCES: Final = (1e-11, 1e-10, 1e-9, 1e-8)
"""Tolerances of Clarabel, tried in turn."""


@dataclass(frozen=True, slots=True)
class Instance:
    """An allocation problem with B blocks, J columns (a block on a route) and K limits.

    ``demand`` (B), households a year, all above 0; ``weight`` (B); ``block`` (J), the block of
    each column; ``meets`` (J), share of an offer that ends well; ``burden`` (J) of one offer;
    ``use`` (K × J), what one offer takes of each limit; ``limit`` (K), in the same units.
    Raises :class:`ValueError` when shapes, signs or finiteness are wrong.
    """

    demand: Floats
    weight: Floats
    block: NDArray[np.int64]
    meets: Floats
    burden: Floats
    use: sparse.csr_array
    limit: Floats

    def __post_init__(self) -> None:
        """Refuse impossible instances."""
        columns = len(self.block)
        if not len(self.meets) == len(self.burden) == columns == self.use.shape[1]:
            message = "block, meets, burden and use must have one entry a column"
            raise ValueError(message)
        if len(self.weight) != len(self.demand) or self.use.shape[0] != len(self.limit):
            message = "weight must match demand, and limit the rows of use"
            raise ValueError(message)
        figures = (self.demand, self.weight, self.meets, self.burden, self.use.data, self.limit)
        if not all(np.isfinite(figure).all() for figure in figures):
            message = "every figure must be finite"
            raise ValueError(message)
        if np.any(self.demand <= 0) or np.any(self.limit < 0) or np.any(self.use.data < 0):
            message = "demand must be above 0; limits and uses 0 or more"
            raise ValueError(message)


@dataclass(frozen=True, slots=True)
class Allocation:
    """Offers (J), households met (B), and use of each limit (K), all a year."""

    offers: Floats
    met: Floats
    used: Floats


def allocate(instance: Instance) -> Allocation:
    """Solve the four steps; raises :class:`SolverError` when a solver does not end well."""
    if len(instance.block) == 0:
        return Allocation(
            np.zeros(0), np.zeros(len(instance.demand)), np.zeros(len(instance.limit))
        )
    plan = _Plan(instance)
    best = plan.most_helped()
    even = plan.even_share(best)
    for keep in KEEP:
        try:
            lightest = plan.least_burden(even, keep)
            share = plan.equal_ties(even, lightest, keep)
            break
        except SolverError:
            if keep == KEEP[-1]:
                raise
    offers = share * plan.scale
    met: Floats = np.bincount(
        instance.block, weights=offers * instance.meets, minlength=len(instance.demand)
    ).astype(np.float64)
    return Allocation(offers, met, np.asarray(instance.use @ offers))


class _Plan:
    """The programme in scaled variables y = x / d, with limits scaled to 1."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        columns, blocks = len(instance.block), len(instance.demand)
        self.scale = instance.demand[instance.block]
        ones = np.ones(columns)
        where = (instance.block, np.arange(columns))
        self.offered = sparse.csr_array((ones, where), shape=(blocks, columns))
        self.meets = sparse.csr_array((instance.meets, where), shape=(blocks, columns))
        open_limits = instance.limit > 0
        divisor = np.where(open_limits, instance.limit, 1.0)
        scaled = instance.use.multiply(self.scale[None, :]).multiply(1 / divisor[:, None])
        self.use = sparse.csr_array(scaled)
        self.limit = open_limits.astype(np.float64)
        self.gain = instance.weight[instance.block] * instance.meets * self.scale
        self.ceiling = _stacked(self.offered, self.use)
        self.bound = np.concatenate([np.ones(blocks), self.limit])

    def most_helped(self) -> float:
        """Step 1: return the largest weighted number of households met."""
        return -_solve_linear(
            -self.gain, self.ceiling, self.bound, failure="The allocation has no optimum"
        )

    def even_share(self, best: float) -> Floats:
        """Step 2: return the share of each block's demand that is met, unique."""
        instance = self.instance
        columns, blocks = len(instance.block), len(instance.demand)
        # Variables: y (columns), v (blocks) with v = 1 - meets @ y; minimise sum d v^2.
        # The objective and the row of step 1 are scaled to 1, which the solver's accuracy needs.
        gain = self.gain / max(best, NOTHING)
        below = _stacked(self.ceiling, -sparse.eye_array(columns), -gain[None, :])
        weight = instance.demand / instance.demand.sum()
        solution = _solve_quadratic(
            np.concatenate([np.zeros(columns), 2 * weight]),
            equal=sparse.csr_array(sparse.hstack([self.meets, sparse.eye_array(blocks)])),
            equal_right=np.ones(blocks),
            below=_widened(below, blocks),
            below_right=np.concatenate(
                [self.bound, np.zeros(columns), np.array([KEEP[0] - min(best / NOTHING, 1.0)])]
            ),
        )
        return np.clip(1 - solution[columns:], 0.0, None)

    def least_burden(self, met: Floats, keep: float) -> float:
        """Step 3: return the least burden among plans that meet every block as step 2 does."""
        return _solve_linear(
            self.instance.burden * self.scale,
            _stacked(self.ceiling, -self.meets),
            np.concatenate([self.bound, keep - met]),
            failure="The least burden was not found",
        )

    def equal_ties(self, met: Floats, burden: float, keep: float) -> Floats:
        """Step 4: return offers as shares of demand, with ties split equally."""
        columns = len(self.instance.block)
        whole = self.instance.demand.sum()
        price = self.instance.burden * self.scale / whole
        most = np.array([burden / whole + keep])
        solution = _solve_quadratic(
            2 * self.scale / whole,
            equal=sparse.csr_array((0, columns)),
            equal_right=np.zeros(0),
            below=_stacked(self.ceiling, -sparse.eye_array(columns), -self.meets, price[None, :]),
            below_right=np.concatenate([self.bound, np.zeros(columns), 2 * keep - met, most]),
        )
        return self._mended(solution)

    def _mended(self, share: Floats) -> Floats:
        """Take the last rounding error of the solver out: no offer below 0 or over a limit."""
        share = np.clip(share, 0.0, None)
        share[share < NOTHING] = 0.0
        offered = np.asarray(self.offered @ share)
        share = share / np.maximum(offered, 1.0)[self.instance.block]
        used = np.asarray(self.use @ share)
        over = np.divide(used, self.limit, out=np.ones_like(used), where=self.limit > 0)
        factor = np.ones_like(share)
        for row in np.flatnonzero((over > 1.0) | ((self.limit <= 0) & (used > 0))):
            touched = self.use.indices[self.use.indptr[row] : self.use.indptr[row + 1]]
            cut = 1 / over[row] if self.limit[row] > 0 else 0.0
            factor[touched] = np.minimum(factor[touched], cut)
        return share * factor


def _stacked(*parts: sparse.csr_array | sparse.dia_array | Floats) -> sparse.csr_array:
    """Return matrices of one width, one below the other."""
    return sparse.csr_array(sparse.vstack([sparse.csr_array(part) for part in parts]))


def _widened(matrix: sparse.csr_array, columns: int) -> sparse.csr_array:
    """Return a matrix with so many empty columns more."""
    rows, width = matrix.shape
    return sparse.csr_array(
        (matrix.data, matrix.indices, matrix.indptr), shape=(rows, width + columns)
    )


def _solve_linear(cost: Floats, below: sparse.csr_array, right: Floats, *, failure: str) -> float:
    """Return the minimum of cost @ x with below @ x <= right and 0 <= x <= 1 (HiGHS)."""
    # The stubs do not know that HiGHS takes a sparse matrix.
    result = linprog(  # type: ignore[call-overload]
        cost,
        A_ub=below,
        b_ub=right,
        bounds=(0, 1),
        method="highs",
        options={
            "primal_feasibility_tolerance": _PRECISE,
            "dual_feasibility_tolerance": _PRECISE,
        },
    )
    if result.status != 0:
        message = f"{failure}: {result.message}"
        raise SolverError(message)
    return float(result.fun)


def _solve_quadratic(
    diagonal: Floats,
    *,
    equal: sparse.csr_array,
    equal_right: Floats,
    below: sparse.csr_array,
    below_right: Floats,
) -> Floats:
    """Minimise ½ Σ p x² with equal @ x = b and below @ x <= h (Clarabel); p is ``diagonal``."""
    quadratic = sparse.csc_matrix(sparse.diags_array(diagonal))
    quadratic.eliminate_zeros()
    cones = [clarabel.ZeroConeT(len(equal_right)), clarabel.NonnegativeConeT(len(below_right))]
    status = ""
    # A tiny programme can be too easy for the finest tolerance: rounding stops it one step short.
    for tolerance in _TOLERANCES:
        settings = clarabel.DefaultSettings()
        settings.verbose = False
        settings.max_threads = 1
        settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = tolerance
        solver = clarabel.DefaultSolver(
            quadratic,
            np.zeros(len(diagonal)),
            sparse.csc_matrix(_stacked(equal, below)),
            np.concatenate([equal_right, below_right]),
            cones,
            settings,
        )
        solution = solver.solve()
        status = str(solution.status)
        if status == "Solved":
            return np.asarray(solution.x)
    message = f"The even share was not found: Clarabel ended with {status}"
    raise SolverError(message)
