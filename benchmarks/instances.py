"""Generated districts for benchmarks: a recipe and a seed, never a file of data.

The *rich* instance is the size of a district whose circumstances are told apart in full: thousands
of blocks of alike households, tens of pools, tens of routes. A route goes through one to three
pools, each of which some of those who came so far reach (shares multiply, as in the referral
graph). Stays differ by what households need, so that a place is taken for longer by some. Blocks
are of very different sizes, as products of shares are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import sparse

from housing_map.allocation import Instance

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHARES: Final = (1.0, 0.9, 0.8, 0.64, 0.5)
"""Shares of households that go on from one step of a route to the next."""
STAYS: Final = (0.7, 1.0, 1.4)
"""How long households of each need stay, against the mean of a pool."""
MEAN_STAY_DAYS: Final = (28.0, 200.0)
SPREAD: Final = 1.5
"""Standard deviation of the logarithm of a block's demand."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What an instance is made from: the same recipe always gives the same instance.

    ``admits`` is the range of the share of routes open to a block; ``room`` the limits' total as
    a share of what would be used if all demand spread evenly over its routes; ``demand`` is
    household-episodes a year in all.
    """

    seed: int = 1
    blocks: int = 3500
    pools: int = 30
    routes: int = 60
    admits: tuple[float, float] = (0.2, 0.7)
    room: float = 0.6
    demand: float = 820.0


def rich(recipe: Recipe | None = None) -> Instance:
    """Return the aggregated instance of a recipe: one block for all households alike."""
    recipe = recipe or Recipe()
    random = np.random.default_rng(recipe.seed)
    share = np.zeros((recipe.pools, recipe.routes))
    meets = np.ones(recipe.routes)
    for route in range(recipe.routes):
        for pool in random.choice(recipe.pools, random.integers(1, 4), replace=False):
            share[pool, route] = meets[route]
            meets[route] *= random.choice(SHARES)
    days = random.uniform(*MEAN_STAY_DAYS, recipe.pools)
    demand = random.lognormal(0.0, SPREAD, recipe.blocks)
    demand *= recipe.demand / demand.sum()
    stay = random.choice(STAYS, recipe.blocks)
    chance = random.uniform(*recipe.admits, recipe.blocks)
    admits = random.random((recipe.blocks, recipe.routes)) < chance[:, None]
    admits[np.arange(recipe.blocks), random.integers(0, recipe.routes, recipe.blocks)] = True
    block, route = np.nonzero(admits)
    use = share[:, route] * days[:, None] * stay[block]
    evenly = use @ (demand / admits.sum(axis=1))[block]
    return Instance(
        demand=demand,
        weight=np.ones(recipe.blocks),
        block=block.astype(np.int64),
        meets=meets[route],
        burden=random.integers(2, 6, recipe.routes)[route] * 1e-3,
        use=sparse.csr_array(use),
        limit=evenly * recipe.room * random.uniform(0.4, 1.6, recipe.pools),
    )


def flat(instance: Instance, areas: int, seed: int = 1) -> Instance:
    """Return the instance with each block cut into one group an area, of uneven size."""
    random = np.random.default_rng(seed)
    cut = random.dirichlet(np.full(areas, 4.0), len(instance.demand))
    columns = np.repeat(np.arange(len(instance.block)), areas)
    area = np.tile(np.arange(areas), len(instance.block))
    return Instance(
        demand=(instance.demand[:, None] * cut).ravel(),
        weight=np.repeat(instance.weight, areas),
        block=instance.block[columns] * areas + area,
        meets=instance.meets[columns],
        burden=instance.burden[columns],
        use=sparse.csr_array(sparse.csc_array(instance.use)[:, columns]),
        limit=instance.limit,
    )


def with_changed_room(instance: Instance, seed: int = 2) -> Instance:
    """Return the instance with a third of its limits a fifth larger or smaller."""
    random = np.random.default_rng(seed)
    changed: NDArray[np.bool_] = random.random(len(instance.limit)) < 1 / 3
    factor = np.where(changed, random.choice((0.8, 1.2), len(instance.limit)), 1.0)
    return replace(instance, limit=instance.limit * factor)
