"""The allocation in whole households, on request.

The allocation of :mod:`housing_map.allocation` may offer half a place, since it speaks of rates a
year. Where a number of households is asked for, here is the best plan in whole ones: steps 1 to 3
as integer programmes (HiGHS, through SciPy), without the fourth, since a tie cannot be split.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from housing_map.allocation import Allocation
from housing_map.errors import SolverError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from housing_map.allocation import Instance

    Floats = NDArray[np.float64]

_ROUNDING: Final = 1e-6
"""How far a whole number may be from one: the tolerance of HiGHS for integers."""


def allocate_whole(instance: Instance) -> Allocation:
    """Return the best plan in whole households: most helped, then most even, then least burden.

    With h of d households of a block helped, the even share minimises Σ (d − h)² / d. Helping the
    i-th household of a block lowers that by (2 (d − i) + 1) / d, less for each one more, so
    that one variable a household makes the step linear, and exact.

    Raises :class:`ValueError` when demand is not in whole households, and when a column's
    ``meets`` is not 1: if only a share of offers ends well, whole offers do not help whole
    households. Limits and uses may be anything, since a stay is not a whole number. Raises
    :class:`SolverError` when the solver does not end well. Plans that are equally good in all
    three steps remain; which of them is returned may depend on the order of the input.
    """
    columns, blocks = len(instance.block), len(instance.demand)
    if np.any(instance.demand != np.round(instance.demand)):
        message = "demand must be in whole households"
        raise ValueError(message)
    if np.any(instance.meets != 1):
        message = "every column's meets must be 1: shares of offers do not help whole households"
        raise ValueError(message)
    if not columns:
        return Allocation(np.zeros(0), np.zeros(blocks), np.zeros(len(instance.limit)))
    where = (instance.block, np.arange(columns))
    helped = sparse.csr_array((np.ones(columns), where), shape=(blocks, columns))
    fits = [_Rows(helped, instance.demand), _Rows(instance.use, instance.limit)]
    upper = instance.demand[instance.block]
    gain = instance.weight[instance.block]
    best = float(gain @ _solved(-gain, fits, upper, columns))
    # Weighted totals are sums of weights: below this no better one is told from rounding.
    as_many = np.array([_ROUNDING * max(1.0, abs(best)) - best])
    fits.append(_Rows(sparse.csr_array(-gain[None, :]), as_many))
    met = np.asarray(helped @ _most_even(instance, helped, fits))
    same = [_Rows(helped, met), _Rows(-helped, -met)]
    offers = _solved(instance.burden, [*fits, *same], upper, columns)
    return Allocation(offers, met, np.asarray(instance.use @ offers))


@dataclass(frozen=True, slots=True)
class _Rows:
    """Constraints: matrix @ x at most ``most``."""

    matrix: sparse.csr_array
    most: Floats


def _most_even(instance: Instance, helped: sparse.csr_array, fits: list[_Rows]) -> Floats:
    """Return offers (J) that share most evenly what is left over, among plans that fit."""
    columns = len(instance.block)
    each = instance.demand.astype(np.int64)
    of_block = np.repeat(np.arange(len(each)), each)
    number = np.arange(len(of_block)) - np.repeat(np.cumsum(each) - each, each) + 1
    lowers = (2 * (each[of_block] - number) + 1) / instance.demand[of_block]
    households = sparse.csr_array(
        (np.ones(len(of_block)), (of_block, np.arange(len(of_block)))),
        shape=(len(each), len(of_block)),
    )
    nothing = np.zeros(len(each))
    wider = [_Rows(_widened(one.matrix, len(of_block)), one.most) for one in fits]
    # A household counts as helped only where there is an offer; fewer would be no gain.
    wider.append(_Rows(sparse.csr_array(sparse.hstack([-helped, households])), nothing))
    return _solved(
        np.concatenate([np.zeros(columns), -lowers]),
        wider,
        np.concatenate([instance.demand[instance.block], np.ones(len(of_block))]),
        columns,
    )[:columns]


def _widened(matrix: sparse.csr_array, columns: int) -> sparse.csr_array:
    """Return a matrix with so many empty columns more."""
    rows, width = matrix.shape
    return sparse.csr_array(
        (matrix.data, matrix.indices, matrix.indptr), shape=(rows, width + columns)
    )


def _solved(cost: Floats, rows: list[_Rows], upper: Floats, whole: int) -> Floats:
    """Minimise cost, the first ``whole`` variables being whole numbers; return these rounded."""
    found = milp(
        cost,
        constraints=[LinearConstraint(one.matrix, -np.inf, one.most) for one in rows],
        bounds=Bounds(0, upper),
        integrality=(np.arange(len(cost)) < whole).astype(np.int64),
        options={"mip_rel_gap": 0.0},
    )
    if found.status != 0:
        message = f"No plan in whole households was found: {found.message}"
        raise SolverError(message)
    return np.concatenate([np.round(found.x[:whole]), found.x[whole:]])
