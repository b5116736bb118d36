"""Who gets a place when there is not room for everybody.

Variables are offers to a block of alike households along a route. Four steps, each keeping the
one before:

1. help as many as possible: maximise Σ w·met (:mod:`housing_map.decomposition`);
2. share what is left over evenly: minimise Σ u² / d over blocks (u unhelped, d demand), which
   makes *who is helped* unique;
3. least burden: among all plans that help the same households, the one with the least burden;
4. ties split equally: among these, the plan with the smallest Σ x² / d
   (:mod:`housing_map.sharing`, as are 2 and 3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from housing_map.decomposition import most_helped, programme
from housing_map.errors import SolverError
from housing_map.sharing import in_one_piece, on_the_face

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy import sparse

    from housing_map.decomposition import Columns, Optimum, Plans, Programme

    Floats = NDArray[np.float64]


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


def allocate(instance: Instance, kept: Columns | None = None) -> Allocation:
    """Solve the four steps; raises :class:`SolverError` when a solver does not end well.

    ``kept`` carries columns from one run to the next, which is quicker where only limits change;
    the answer is the same with and without.
    """
    if len(instance.block) == 0:
        return Allocation(
            np.zeros(0), np.zeros(len(instance.demand)), np.zeros(len(instance.limit))
        )
    problem, plans = _programme(instance, kept)
    try:
        optimum = _most_helped(problem, instance.limit, plans, kept)
        share = on_the_face(problem, instance.limit, optimum)
    except SolverError:
        share = in_one_piece(problem, instance.limit)
    offers = (share / problem.count)[problem.pair] * instance.demand[instance.block]
    met = np.bincount(
        instance.block, weights=offers * instance.meets, minlength=len(instance.demand)
    ).astype(np.float64)
    return Allocation(offers, met, np.asarray(instance.use @ offers))


def _programme(instance: Instance, kept: Columns | None) -> tuple[Programme, Plans | None]:
    """Return the instance with what is alike merged, and plans to start from."""
    return programme(
        instance.demand,
        instance.weight,
        instance.block,
        (instance.meets, instance.burden),
        instance.use,
        kept=kept,
    )


def _most_helped(
    problem: Programme, limit: Floats, plans: Plans | None, kept: Columns | None
) -> Optimum:
    """Solve step 1, and keep the plans found on the way."""
    optimum, plans = most_helped(problem, limit, plans)
    if kept is not None:
        kept.keep(problem, plans)
    return optimum
