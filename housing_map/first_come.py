"""First come, first served: what happens when nobody looks further than the next free place.

Beside the best plan of :mod:`housing_map.allocation` stands the other end: every block of alike
households arrives at a constant rate through the year, and each household takes the first of its
columns, in a given order, on which every limit has something left. The difference is the most
that better coordination could gain. That demand is spread evenly over the year, and that the order
is the same for all, are assumptions.

As a fluid the year can be worked out exactly: between two moments at which a limit runs out all
rates are constant, so the next such moment is the least of what is left over the rate at which it
goes. There are at most as many such events as limits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from housing_map.allocation import Allocation

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy import sparse

    from housing_map.allocation import Instance

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class RunsOut:
    """A limit, by its row, that is used up at a moment of the year (0 start, 1 end)."""

    at: float
    limit: int


@dataclass(frozen=True, slots=True)
class FirstCome:
    """Who is helped by first come, first served, and which limits run out when, in that order."""

    allocation: Allocation
    events: tuple[RunsOut, ...]


def first_come(instance: Instance, order: NDArray[np.generic]) -> FirstCome:
    """Work out a year of first come, first served.

    ``order`` (J) says which column of a block is tried first: the lowest. Columns of one block
    with the same place in the order are taken in equal parts. A column that uses a closed limit
    is never taken. Raises :class:`ValueError` when there is not one place in the order a column.
    """
    if np.shape(order) != instance.block.shape:
        message = f"order must have one entry a column: {instance.block.shape}, {np.shape(order)}"
        raise ValueError(message)
    use, left = instance.use, instance.limit.astype(np.float64)
    needs = use.copy()
    needs.eliminate_zeros()
    needs.data = np.ones_like(needs.data)
    offers = np.zeros(len(instance.block))
    events: list[RunsOut] = []
    now, is_open = 0.0, left > 0
    while now < 1:
        rate = _rates(instance, np.asarray(order), needs, is_open)
        going = np.asarray(use @ rate)
        lasts = np.full(len(left), np.inf)
        np.divide(left, going, out=lasts, where=is_open & (going > 0))
        step = min(float(lasts.min(initial=np.inf)), 1 - now)
        offers += step * rate
        ends = lasts <= step
        left = np.where(ends, 0.0, np.maximum(left - step * going, 0.0))
        is_open &= ~ends & (left > 0)
        if not ends.any():
            break
        now += step
        events += [RunsOut(now, int(row)) for row in np.flatnonzero(ends)]
    met = np.bincount(
        instance.block, weights=offers * instance.meets, minlength=len(instance.demand)
    ).astype(np.float64)
    return FirstCome(Allocation(offers, met, np.asarray(use @ offers)), tuple(events))


def _rates(
    instance: Instance, order: NDArray[np.generic], needs: sparse.csr_array, is_open: Flags
) -> Floats:
    """Return offers a year along each column (J) while these limits are open."""
    block, blocks = instance.block, len(instance.demand)
    free = np.flatnonzero(np.asarray(needs.T @ (~is_open).astype(np.float64)) == 0)
    rate = np.zeros(len(block))
    if not len(free):
        return rate
    by_order = free[np.lexsort([order[free], block[free]])]
    starts = np.flatnonzero(np.diff(block[by_order], prepend=-1))
    first = np.empty(blocks, dtype=order.dtype)
    first[block[by_order[starts]]] = order[by_order[starts]]
    taken = by_order[order[by_order] == first[block[by_order]]]
    alike = np.bincount(block[taken], minlength=blocks)
    rate[taken] = (instance.demand / np.maximum(alike, 1))[block[taken]]
    return rate
