"""Blocks: cells that an allocation cannot tell from one another, and the problem they pose.

Cells with the same admissible routes, sub-capacities, wish and marks are one block, and are
handed back in proportion to demand. A **mark** is a rule (a tenure, a risk, a circumstance) that
a weight or a reservation is about.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import sparse

from housing_map.allocation import Instance
from housing_map.errors import UsageError
from housing_map.sieve import unique_rows
from housing_map.vocabulary import Aim, Entry, Pathway, Sharing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from housing_map.coverage import Setting
    from housing_map.sieve import Sieve, Stages

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

_NEVER: Final = 10_000_000
"""Order of a route that no path of an entry follows."""
ROUTES_BURDEN: Final = 1e-3
"""Burden of one more step, against 1 for being helped otherwise than as wanted."""


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """Cells with the same admissible routes, sub-capacities and wish, merged (B blocks).

    ``of_cell`` (N) is the block of each cell, -1 where it has no route; ``demand`` (B) is in
    household-episodes a year. ``block`` and ``route`` (J) say for each column of the allocation
    problem whose it is and along which route; ``rank`` (J) its place in the order in which routes
    are tried where the first to come is the first served. ``drawn`` (B × sub-capacities) and
    ``wants_stay`` (B) say what sub-capacities it draws on, and what it wishes; ``marked`` (B ×
    marks) which marks of the setting it has.
    """

    of_cell: NDArray[np.int64]
    demand: Floats
    block: NDArray[np.int64]
    route: NDArray[np.int64]
    rank: NDArray[np.int64]
    drawn: Flags
    wants_stay: Flags
    marked: Flags


def drawn_on(sieve: Sieve) -> Flags:
    """Whether each cell draws on each sub-capacity (cells × sub-capacities)."""
    setting, subs = sieve.setting, sieve.setting.eligibility.subs
    by_group = np.array(
        [[sub.rule in g.rules for sub in subs] for g in setting.groups], dtype=bool
    ).reshape(len(setting.groups), len(subs))
    return np.asarray(by_group[sieve.group] | setting.signature_draws[sieve.signature])


def _marked(sieve: Sieve) -> Flags:
    """Whether each cell has each mark of the setting (cells × marks)."""
    setting = sieve.setting
    if not setting.marks:
        return np.zeros((len(sieve.group), 0), dtype=bool)
    by_group = np.array(
        [[mark in g.rules for mark in setting.marks] for g in setting.groups], dtype=bool
    ).reshape(len(setting.groups), len(setting.marks))
    return np.asarray(by_group[sieve.group] | setting.signature_marks[sieve.signature])


def merged(sieve: Sieve, stages: Stages, drawn: Flags) -> Blocks:
    """Merge cells into blocks: those that an allocation cannot tell from one another."""
    setting = sieve.setting
    routes, pools, subs = setting.routes, setting.pools, setting.eligibility.subs
    member = np.zeros((len(setting.paths), len(routes)))
    for column, route in enumerate(routes):
        member[list(route.paths), column] = 1.0
    pattern = stages.pattern
    reached: Floats = stages.ways.astype(np.float64) @ member
    by_pattern: Flags = reached > 0
    uses_pool = {p.id: np.array([p.id in dict(r.pools) for r in routes], bool) for p in pools}
    relevant = np.array(
        [(by_pattern & uses_pool[sub.pool][None, :]).any(axis=1) for sub in subs], dtype=bool
    ).reshape(len(subs), len(by_pattern))
    asks = [e for e in Entry if setting.sharing is Sharing.FIRST_COME]
    of_group = np.array(
        [[g.aim is Aim.STAY, *(g.entry is e for e in asks)] for g in setting.groups], dtype=bool
    ).reshape(len(setting.groups), 1 + len(asks))
    live: Flags = np.asarray(by_pattern.any(axis=1), dtype=bool)[pattern]
    where = pattern[live]
    key = np.hstack(
        [
            by_pattern[where],
            drawn[live] & relevant.T[where],
            _marked(sieve)[live],
            of_group[sieve.group[live]],
        ]
    )
    first, number = unique_rows(key)
    of_cell = np.full(len(sieve.group), -1, dtype=np.int64)
    of_cell[live] = number
    ends = np.cumsum([len(routes), len(subs), len(setting.marks), 1])
    admitted, draws, marks, wants, asked = np.split(key[first], ends, axis=1)
    block, along = np.nonzero(admitted)
    order = _tried(setting, asks)
    return Blocks(
        of_cell=of_cell,
        demand=summed(number, sieve.demand[live], len(first)),
        block=block.astype(np.int64),
        route=along.astype(np.int64),
        rank=order[asked.argmax(axis=1)[block] if asks else 0, along],
        drawn=draws,
        wants_stay=wants[:, 0],
        marked=marks,
    )


def _tried(setting: Setting, asks: Sequence[Entry]) -> NDArray[np.int64]:
    """Return the place of each route in the order of trying, by where a household asks."""
    found = np.zeros((max(len(asks), 1), len(setting.routes)), dtype=np.int64)
    for row, entry in enumerate(asks):
        first = [
            min(
                (setting.paths[n].order for n in way.paths if setting.paths[n].entry is entry),
                default=(_NEVER,),
            )
            for way in setting.routes
        ]
        places = {order: place for place, order in enumerate(sorted(set(first)))}
        found[row] = [places[order] for order in first]
    return found


def allocation_problem(setting: Setting, blocks: Blocks) -> Instance:
    """Write the allocation problem of blocks.

    Limits are the pools, then the sub-capacities, then the reservations: what others than those
    a place is kept for may have of a pool. Raises :class:`UsageError` for a reservation of more
    than there is, or in a pool that there is not.
    """
    run, routes, pools = setting.run, setting.routes, setting.pools
    subs, block, column = setting.eligibility.subs, blocks.block, blocks.route
    share = np.zeros((len(pools), len(routes)))
    row = {pool.id: number for number, pool in enumerate(pools)}
    for number, route in enumerate(routes):
        for pool_id, used in route.pools:
            share[row[pool_id], number] = used
    loads = share * np.array([p.load(run) for p in pools]).reshape(-1, 1)
    limits = np.array([p.limit(run) for p in pools])
    pool_use = loads[:, column]
    sub_rows = np.array([row[sub.pool] for sub in subs], dtype=np.int64)
    sub_use = pool_use[sub_rows] * blocks.drawn.T[:, block]
    sub_limits = limits[sub_rows] * np.array([sub.share for sub in subs])
    kept_use, kept_limits = _reservations(setting, blocks, pool_use, limits)
    moves = np.array([r.pathway is Pathway.MOVE for r in routes], dtype=bool)
    steps = np.array([r.steps for r in routes], dtype=np.float64)
    otherwise = blocks.wants_stay[block] & moves[column]
    return Instance(
        demand=blocks.demand,
        weight=_weights(setting, blocks),
        block=block,
        meets=np.array([r.meets for r in routes])[column] if routes else np.zeros(0),
        burden=otherwise + ROUTES_BURDEN * (steps[column] if routes else np.zeros(0)),
        use=sparse.csr_array(np.vstack([pool_use, sub_use, kept_use])),
        limit=np.concatenate([limits, sub_limits, kept_limits]),
    )


def _weights(setting: Setting, blocks: Blocks) -> Floats:
    """Return the weight of a household of each block (B): the product over its marks."""
    factor = np.array([setting.weights.get(mark, 1.0) for mark in setting.marks])
    return np.asarray(np.where(blocks.marked, factor[None, :], 1.0).prod(axis=1))


def _reservations(
    setting: Setting, blocks: Blocks, pool_use: Floats, limits: Floats
) -> tuple[Floats, Floats]:
    """Return what a reservation leaves to the others: their use (R × J), and its limit (R)."""
    row = {pool.id: number for number, pool in enumerate(setting.pools)}
    use, left = np.zeros((len(setting.reserved), len(blocks.block))), []
    for number, kept in enumerate(setting.reserved):
        if kept.pool not in row:
            known = ", ".join(row)
            message = f"There is no pool {kept.pool!r} to reserve places in; there are {known}"
            raise UsageError(message)
        pool = setting.pools[row[kept.pool]]
        amount = kept.units * pool.per_unit(setting.run)
        rest = limits[row[kept.pool]] - amount
        if rest < 0:
            has = pool.capacity.at(setting.run)
            message = f"{kept.units:g} of {pool.label} cannot be reserved: there are {has:g}"
            raise UsageError(message)
        others = ~blocks.marked[blocks.block, setting.marks.index(kept.rule)]
        use[number] = pool_use[row[kept.pool]] * others
        left.append(rest)
    return use, np.array(left, dtype=np.float64)


def summed(index: NDArray[np.int64], amount: Floats, length: int) -> Floats:
    """Sum amounts that share an index, from 0 to ``length`` - 1."""
    return np.asarray(np.bincount(index, weights=amount, minlength=length), dtype=np.float64)
