"""Steps 2 to 4 of the allocation: who is helped, when there is not room for everybody, and how.

Among the plans that help as many as possible,

2. share what is left over evenly: minimise Σ u² / d over blocks (u unhelped, d demand), which
   makes *who is helped* unique;
3. least burden: among all plans that help the same households, the one with the least burden;
4. ties split equally: among these, the plan with the smallest Σ x² / d.

Step 3 is a linear programme (HiGHS, through SciPy); 2 and 4 are convex quadratic ones (Clarabel).
Offers are scaled by demand, so every variable lies between 0 and 1, and limits to 1.

The prices of step 1 tell which plans are best in it, those of step 2 which of them share evenly,
and so on (complementary slackness): each step is asked only of columns that can still be used.
Where that does not come off, :func:`in_one_piece` solves whole programmes instead.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import clarabel
import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from housing_map.decomposition import programme
from housing_map.errors import SolverError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from housing_map.decomposition import Optimum, Programme

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Integers = NDArray[np.int64]

KEEP: Final = (1e-10, 1e-9, 1e-8, 1e-7)
"""Slacks by which a later step may fall short of an earlier one, the first that works is taken.

Shares of a block's demand, or of the whole for the total and the burden.
"""
NOTHING: Final = 1e-9
"""An offer below this share of a block's demand is rounding, and counts as none."""
CLEAR: Final = 1e-8
"""Loss on a household, as a share of the most that one can gain, that rules a column out."""
_CLEAR_LATER: Final = 1e-5
"""The same after steps 2 and 3, whose prices are less exact."""
_IDLE: Final = 1e-10
"""Share of a block's demand below which a column is not used, if its price says so as well."""
_SHORT: Final = 1e-8
"""Share of all demand by which rounding may miss the total of step 1."""
_PRECISE: Final = 1e-10
"""How far HiGHS may miss a limit: the finest it takes."""
_TOLERANCES: Final = (1e-13, 1e-11, 1e-10, 1e-9, 1e-8)
"""Tolerances of Clarabel, tried in turn."""


def on_the_face(problem: Programme, limit: Floats, optimum: Optimum) -> Floats:
    """Solve steps 2 to 4 among the plans that are best in step 1; return shares of demand (pairs).

    A plan is best exactly if it leaves out columns that cost more than they gain, offers all
    of a block that gains at these prices, and uses up every limit that has one. Raises
    :class:`SolverError` when a solver does not end well or the total of step 1 is not kept.
    """
    gain = problem.weight * problem.meets
    most = float(gain.max(initial=0.0)) or 1.0
    reduced = (gain - optimum.price @ problem.use)[problem.kind] / most
    plan = _Plan.of(problem, limit)
    reduced[plan.shut] = -1.0
    worth = np.zeros(len(problem.demand))
    np.maximum.at(worth, problem.block, reduced)
    best = np.flatnonzero(reduced >= worth[problem.block] - CLEAR)
    face = plan.only(best)
    tight = optimum.price * limit > CLEAR * most * problem.demand.sum()
    even, useful = _even_share_on(face, worth > CLEAR, tight)
    share = np.zeros(len(problem.block))
    try:
        share[best[useful]] = face.only(useful).lightest(even)
    except SolverError:
        share[best] = face.lightest(even)
    total = float((gain[problem.kind] * share) @ problem.demand[problem.block])
    if total < optimum.best - _SHORT * most * problem.demand.sum():
        message = f"Sharing evenly lost {optimum.best - total:.1e} of {optimum.best:.1f} households"
        raise SolverError(message)
    return share


def most_in_one_piece(problem: Programme, limit: Floats) -> float:
    """Solve step 1 by a whole programme; return the (weighted) households met."""
    return _Plan.of(problem, limit).most_helped(problem.weight[problem.kind])


def in_one_piece(problem: Programme, limit: Floats) -> Floats:
    """Solve all four steps by whole programmes; return shares of demand (pairs)."""
    plan = _Plan.of(problem, limit)
    best = plan.most_helped(problem.weight[problem.kind])
    return plan.lightest(plan.even_share(problem.weight[problem.kind], best))


@dataclass(frozen=True, slots=True, eq=False)
class _Plan:
    """The programme in shares of demand y = x / d, with limits scaled to 1.

    ``use`` (K × columns), of the limit by a share of 1; ``limit`` (K) is 1, or 0 where closed.
    ``count`` (columns) is how many columns alike each stands for.
    """

    demand: Floats
    block: Integers
    meets: Floats
    burden: Floats
    count: Floats
    use: sparse.csr_array
    limit: Floats

    @classmethod
    def of(cls, problem: Programme, limit: Floats) -> _Plan:
        """Write the programme of all pairs."""
        is_open = limit > 0
        scaled = sparse.csc_array(problem.use / np.where(is_open, limit, 1.0)[:, None])
        use = scaled[:, problem.kind].multiply(problem.demand[problem.block][None, :])
        return cls(
            demand=problem.demand,
            block=problem.block,
            meets=problem.meets[problem.kind],
            burden=problem.burden[problem.kind],
            count=problem.count,
            use=sparse.csr_array(use),
            limit=is_open.astype(np.float64),
        )

    def only(self, columns: Integers) -> _Plan:
        """Return the plan with some of its columns."""
        return replace(
            self,
            block=self.block[columns],
            meets=self.meets[columns],
            burden=self.burden[columns],
            count=self.count[columns],
            use=sparse.csr_array(self.use[:, columns]),
        )

    @property
    def shut(self) -> Flags:
        """Whether each column uses a closed limit."""
        return np.asarray((self.use.T @ (1.0 - self.limit)) > 0)

    def by_block(self, figures: Floats) -> sparse.csr_array:
        """Return the matrix (blocks × columns) that sums figures of columns by block."""
        columns = len(self.block)
        where = (self.block, np.arange(columns))
        return sparse.csr_array((figures, where), shape=(len(self.demand), columns))

    def ceiling(self) -> tuple[sparse.csr_array, Floats]:
        """Return what always holds: offers within demand, use within limits."""
        offered = self.by_block(np.ones(len(self.block)))
        bound = np.concatenate([np.ones(len(self.demand)), self.limit])
        return _stacked(offered, self.use), bound

    def most_helped(self, weight: Floats) -> float:
        """Step 1: return the largest weighted number of households met."""
        gain = weight * self.meets * self.demand[self.block]
        value, _, _ = _solve_linear(-gain, *self.ceiling(), failure="The allocation has no optimum")
        return -value

    def even_share(self, weight: Floats, best: float) -> Floats:
        """Step 2, keeping the total ``best``: return the share of each block that is met."""
        # Variables: y (columns), v (blocks) with v = 1 - meets @ y; minimise sum d v^2.
        # The objective and the row of step 1 are scaled to 1, which the solver's accuracy needs.
        columns, blocks = len(self.block), len(self.demand)
        ceiling, bound = self.ceiling()
        gain = weight * self.meets * self.demand[self.block] / max(best, NOTHING)
        below = _stacked(ceiling, -sparse.eye_array(columns), -gain[None, :])
        spread = self.demand / self.demand.sum()
        solution, _ = _solve_quadratic(
            np.concatenate([np.zeros(columns), 2 * spread]),
            equal=_beside(self.by_block(self.meets), sparse.eye_array(blocks)),
            equal_right=np.ones(blocks),
            below=_widened(below, blocks),
            below_right=np.concatenate(
                [bound, np.zeros(columns), np.array([KEEP[0] - min(best / NOTHING, 1.0)])]
            ),
        )
        return np.clip(1 - solution[columns:], 0.0, None)

    def lightest(self, met: Floats) -> Floats:
        """Return shares of demand that meet ``met`` of each block: steps 3 and 4."""
        if not len(self.block):
            return np.zeros(0)
        for keep in KEEP:
            try:
                burden, useful = self.least_burden(met, keep)
                share = np.zeros(len(self.block))
                share[useful] = self.only(useful).equal_ties(met, burden, keep)
            except SolverError:
                if keep == KEEP[-1]:
                    raise
            else:
                return self.mended(share)
        raise AssertionError

    def least_burden(self, met: Floats, keep: float) -> tuple[float, Integers]:
        """Step 3: return the least burden, and the columns that plans which have it may use."""
        ceiling, bound = self.ceiling()
        cost = self.burden * self.demand[self.block]
        value, solution, reduced = _solve_linear(
            cost,
            _stacked(ceiling, -self.by_block(self.meets)),
            np.concatenate([bound, keep - met]),
            failure="The least burden was not found",
        )
        dear = (
            reduced
            > _CLEAR_LATER * max(float(self.burden.max()), NOTHING) * self.demand[self.block]
        )
        return value, np.flatnonzero(~dear | (solution > _IDLE))

    def equal_ties(self, met: Floats, burden: float, keep: float) -> Floats:
        """Step 4: return offers as shares of demand, with ties split equally."""
        columns = len(self.block)
        whole = self.demand.sum()
        price = self.burden * self.demand[self.block] / whole
        ceiling, bound = self.ceiling()
        floor = self.by_block(self.meets)
        solution, _ = _solve_quadratic(
            2 * self.demand[self.block] / self.count / whole,
            equal=sparse.csr_array((0, columns)),
            equal_right=np.zeros(0),
            below=_stacked(ceiling, -sparse.eye_array(columns), -floor, price[None, :]),
            below_right=np.concatenate(
                [bound, np.zeros(columns), 2 * keep - met, np.array([burden / whole + keep])]
            ),
        )
        return solution

    def mended(self, share: Floats) -> Floats:
        """Take the last rounding error of the solver out: no offer below 0 or over a limit."""
        share = np.clip(share, 0.0, None)
        share[share < NOTHING] = 0.0
        offered = np.bincount(self.block, weights=share, minlength=len(self.demand))
        share = share / np.maximum(offered, 1.0)[self.block]
        used = np.asarray(self.use @ share)
        over = np.divide(used, self.limit, out=np.ones_like(used), where=self.limit > 0)
        factor = np.ones_like(share)
        for row in np.flatnonzero((over > 1.0) | ((self.limit <= 0) & (used > 0))):
            touched = self.use.indices[self.use.indptr[row] : self.use.indptr[row + 1]]
            cut = 1 / over[row] if self.limit[row] > 0 else 0.0
            factor[touched] = np.minimum(factor[touched], cut)
        return share * factor


def _even_share_on(face: _Plan, full: Flags, tight: Flags) -> tuple[Floats, Integers]:
    """Step 2 on the plans that are best in step 1: those with these blocks and limits used up.

    Returns the share of each block that is met, and the columns that plans which share so evenly
    may use. Blocks with the same columns on the face, burden apart, are one.
    """
    scale = face.demand[face.block]
    problem, _ = programme(
        face.demand,
        full.astype(np.float64),
        face.block,
        (face.meets, np.zeros(len(face.block))),
        sparse.csr_array(face.use.multiply(1 / scale[None, :])),
    )
    plan = _Plan.of(problem, face.limit)
    filled = np.zeros(len(problem.demand), dtype=bool)
    filled[problem.block] = problem.weight[problem.kind] > 0
    columns = np.bincount(problem.block, minlength=len(problem.demand))
    # A block that is offered all along one column has nothing left to decide.
    settled = filled & (columns == 1)
    met = np.zeros(len(problem.demand))
    met[problem.block] = plan.meets
    given = np.flatnonzero(settled[plan.block])
    asked = np.flatnonzero(~settled & (columns > 0))
    number = np.full(len(problem.demand), -1)
    number[asked] = np.arange(len(asked))
    rest = np.flatnonzero(number[plan.block] >= 0)
    smaller = replace(
        plan.only(rest),
        demand=problem.demand[asked],
        block=number[plan.block[rest]],
        limit=plan.limit - np.asarray(plan.use[:, given].sum(axis=1)),
    )
    share, met[asked], of_block, of_limit = _least_squares(smaller, filled[asked], tight)
    price = np.zeros(len(problem.demand))
    price[asked] = of_block
    worth = 2 * (1 - met[problem.block]) * plan.meets - price[problem.block]
    worth -= np.asarray(plan.use.T @ of_limit) / problem.demand[problem.block]
    idle = np.zeros(len(problem.block), dtype=bool)
    idle[rest] = share < _IDLE
    useful = ~(idle & (worth < -_CLEAR_LATER))
    return met[problem.merged], np.flatnonzero(useful[problem.pair])


def _least_squares(plan: _Plan, full: Flags, tight: Flags) -> tuple[Floats, Floats, Floats, Floats]:
    """Minimise Σ d (1 - met)² with ``full`` blocks offered all and ``tight`` limits used up.

    Returns the share of each column, the share met of each block, and the prices of a share of
    each block and limit.
    """
    columns, blocks = len(plan.block), len(plan.demand)
    if not columns:
        return np.zeros(0), np.zeros(blocks), np.zeros(blocks), np.zeros(len(plan.limit))
    whole = plan.demand.sum()
    ceiling, bound = plan.ceiling()
    held = np.concatenate([full, tight & (np.diff(plan.use.indptr) > 0)])
    free = ~held & (np.diff(ceiling.indptr) > 0)
    equal = _stacked(
        _beside(plan.by_block(plan.meets), sparse.eye_array(blocks)),
        _widened(sparse.csr_array(ceiling[held]), blocks),
    )
    below = _stacked(ceiling[free], -sparse.eye_array(columns))
    solution, prices = _solve_quadratic(
        np.concatenate([np.zeros(columns), 2 * plan.demand / whole]),
        equal=equal,
        equal_right=np.concatenate([np.ones(blocks), bound[held]]),
        below=_widened(below, blocks),
        below_right=np.concatenate([bound[free], np.zeros(columns)]),
    )
    price = np.zeros(len(bound))
    price[held] = prices[blocks : blocks + held.sum()]
    price[free] = prices[blocks + held.sum() : blocks + held.sum() + free.sum()]
    met = np.clip(1 - solution[columns:], 0.0, None)
    of_block, of_limit = price[:blocks] * whole / plan.demand, price[blocks:] * whole
    return solution[:columns], met, of_block, of_limit


def _stacked(*parts: sparse.csr_array | sparse.dia_array | Floats) -> sparse.csr_array:
    """Return matrices of one width, one below the other."""
    return sparse.csr_array(sparse.vstack([sparse.csr_array(part) for part in parts]))


def _beside(left: sparse.csr_array, right: sparse.dia_array) -> sparse.csr_array:
    """Return two matrices of one height, side by side."""
    return sparse.csr_array(sparse.hstack([left, right]))


def _widened(matrix: sparse.csr_array, columns: int) -> sparse.csr_array:
    """Return a matrix with so many empty columns more."""
    rows, width = matrix.shape
    return sparse.csr_array(
        (matrix.data, matrix.indices, matrix.indptr), shape=(rows, width + columns)
    )


def _solve_linear(
    cost: Floats, below: sparse.csr_array, right: Floats, *, failure: str
) -> tuple[float, Floats, Floats]:
    """Minimise cost @ x with below @ x <= right and 0 <= x <= 1 (HiGHS).

    Returns the minimum, where it is, and how much each variable at 0 would add to it.
    """
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
    return float(result.fun), np.asarray(result.x), np.asarray(result.lower.marginals)


def _solve_quadratic(
    diagonal: Floats,
    *,
    equal: sparse.csr_array,
    equal_right: Floats,
    below: sparse.csr_array,
    below_right: Floats,
) -> tuple[Floats, Floats]:
    """Minimise ½ Σ p x² with equal @ x = b and below @ x <= h (Clarabel); p is ``diagonal``.

    Returns x, and the multipliers of all rows.
    """
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
            return np.asarray(solution.x), np.asarray(solution.z)
    message = f"The even share was not found: Clarabel ended with {status}"
    raise SolverError(message)
