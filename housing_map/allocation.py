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

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import sparse

from housing_map.decomposition import most_helped, programme
from housing_map.errors import SolverError
from housing_map.sharing import in_one_piece, most_in_one_piece, on_the_face

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from housing_map.decomposition import Columns, Optimum, Plans, Programme

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

WITHIN: Final = 1e-6
"""Share of a limit that may be left when it is used up, or of a block that may be left over."""


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


def _most(problem: Programme, limit: Floats, plans: Plans | None) -> tuple[float, Plans | None]:
    """Return the total of step 1, in one piece where it cannot be decomposed, and plans."""
    try:
        optimum, found = most_helped(problem, limit, plans)
    except SolverError:
        return most_in_one_piece(problem, limit), plans
    return optimum.best, found


def most_met(instance: Instance, kept: Columns | None = None) -> float:
    """Return the (weighted) households met by step 1 alone, a year.

    Raises :class:`SolverError` when the solver does not end well.
    """
    if len(instance.block) == 0:
        return 0.0
    problem, plans = _programme(instance, kept)
    best, plans = _most(problem, instance.limit, plans)
    if kept is not None:
        kept.keep(problem, plans)
    return best


def shadow_price(instance: Instance, row: int, amount: float, kept: Columns | None = None) -> float:
    """Return how many more (weighted) households a year ``amount`` more of a limit would help.

    By solving again: a dual price is only that of the first bit more, where it is unique at
    all. ``row`` (0 to K - 1) is the limit, ``amount`` in its units: for a unit of
    accommodation occupancy × 365 unit-days. A negative amount gives the (negative) loss. Raises
    :class:`ValueError` when less than nothing would be left.
    """
    limit = instance.limit.copy()
    limit[row] += amount
    return most_met(replace(instance, limit=limit), kept) - most_met(instance, kept)


def shadow_prices(instance: Instance, amounts: Floats, kept: Columns | None = None) -> Floats:
    """Return the shadow price of each limit (K), ``amounts`` (K) more of one at a time."""
    if len(instance.block) == 0:
        return np.zeros(len(amounts))
    problem, plans = _programme(instance, kept)
    before, plans = _most(problem, instance.limit, plans)
    if kept is not None:
        kept.keep(problem, plans)
    prices = np.zeros(len(amounts))
    for row, amount in enumerate(amounts):
        limit = instance.limit.copy()
        limit[row] += amount
        if limit[row] < 0:
            message = f"limit {row} would be {limit[row]:g}, below 0"
            raise ValueError(message)
        prices[row] = _most(problem, limit, plans)[0] - before
    return prices


def binds(instance: Instance, found: Allocation) -> Flags:
    """Return which limits stand in the way of each block (B × K).

    Of a block that is not offered all its demand: the limits that are used up, and that one of
    its columns uses. None for a block that is offered all.
    """
    blocks, columns = len(instance.demand), len(instance.block)
    offered = np.bincount(instance.block, weights=found.offers, minlength=blocks)
    wants = offered < instance.demand * (1 - WITHIN)
    used_up = found.used >= instance.limit * (1 - WITHIN)
    where = (instance.block, np.arange(columns))
    member = sparse.csr_array((np.ones(columns), where), shape=(blocks, columns))
    touches = (member @ (instance.use > 0).astype(np.float64).T).toarray() > 0
    return np.asarray(touches & wants[:, None] & used_up[None, :])


def reserve(instance: Instance, row: int, blocks: Flags, amount: float) -> Instance:
    """Return the instance with ``amount`` of a limit reserved for some blocks (B flags).

    A reservation is one limit more: all other blocks together have the rest of it. It binds
    nobody to fill the reserved part. Raises :class:`ValueError` unless 0 ≤ amount ≤ limit.
    """
    rest = float(instance.limit[row]) - amount
    if amount < 0 or rest < 0:
        message = f"of limit {row}, {instance.limit[row]:g}, {amount:g} cannot be reserved"
        raise ValueError(message)
    others = instance.use[[row]].multiply(~blocks[instance.block][None, :])
    return replace(
        instance,
        use=sparse.csr_array(sparse.vstack([instance.use, others])),
        limit=np.append(instance.limit, rest),
    )
