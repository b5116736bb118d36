"""What one place more would do: the shadow price of each pool, by working the model again.

A shadow price is households met a year with one unit more, less those met now: not a dual price,
which holds for the first bit more alone. A pool that is not full has none; where
households are weighted, it is weighted too. A unit brings
occupancy × 365 unit-days; an installation, a letting or a place on a caseload is one household.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from housing_map.allocation import binds, most_met
from housing_map.blocks import allocation_problem, limits_of, summed
from housing_map.decomposition import Columns

if TYPE_CHECKING:
    from housing_map.coverage import Cells
    from housing_map.vocabulary import CapacityBasis


@dataclass(frozen=True, slots=True)
class Margin:
    """What one unit more of a pool would do.

    ``capacity`` is in units of ``basis``, ``used`` the share of it in use. ``one_more`` are
    households met a year with one unit more; ``stands_in_the_way_of`` those a year with a route
    through the pool who are offered nothing, or not enough, while it is full.
    """

    pool_id: str
    label: str
    basis: CapacityBasis
    capacity: float
    used: float
    one_more: float
    stands_in_the_way_of: float


def margins(cells: Cells) -> tuple[Margin, ...]:
    """Return the margin of every pool on a route, the most telling first.

    For the best use of the places. A sub-capacity is a share of what a pool has, and grows with
    it; so does what reservations leave to others.
    """
    setting, blocks = cells.setting, cells.prepared.blocks
    instance = allocation_problem(setting, blocks)
    pools, run = setting.pools, setting.run
    columns = Columns()
    now = most_met(instance, columns)

    def one_more(row: int) -> float:
        of_pools = instance.limit[: len(pools)].copy()
        of_pools[row] += pools[row].per_unit(run)
        limit = limits_of(setting, of_pools)
        return max(most_met(replace(instance, limit=limit), columns) - now, 0.0)

    used = cells.allocation.used
    in_the_way = binds(instance, cells.allocation)
    offered = summed(instance.block, cells.allocation.offers, len(instance.demand))
    left = np.maximum(instance.demand - offered, 0.0)
    found = [
        Margin(
            pool_id=pool.id,
            label=pool.label,
            basis=pool.basis,
            capacity=pool.amount(run),
            used=float(used[row] / instance.limit[row]) if instance.limit[row] > 0 else 1.0,
            one_more=one_more(row),
            stands_in_the_way_of=float(left[in_the_way[:, row]].sum()),
        )
        for row, pool in enumerate(pools)
        if pool.id in cells.pool_use and instance.use[[row]].nnz
    ]
    return tuple(sorted(found, key=lambda one: (-one.one_more, one.pool_id)))
