"""Blocks: cells that an allocation cannot tell from one another, and the problem they pose.

Cells with the same admissible routes, sub-capacities, wish and marks are one block, and are
handed back in proportion to demand. A **mark** is a rule (a tenure, a risk, a circumstance) that
a weight or a reservation is about.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import sparse
from scipy.stats import rankdata

from housing_map.allocation import Instance
from housing_map.sieve import unique_rows
from housing_map.vocabulary import Aim, Pathway, Sharing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from housing_map.coverage import Setting
    from housing_map.provision import Reservation
    from housing_map.sieve import Sieve, Stages

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

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
    order, tries = _tried(setting, stages.ways)
    wants_stay = np.array([g.aim is Aim.STAY for g in setting.groups], dtype=bool)
    live: Flags = np.asarray(by_pattern.any(axis=1), dtype=bool)[pattern]
    where = pattern[live]
    key = np.hstack(
        [
            by_pattern[where],
            drawn[live] & relevant.T[where],
            _marked(sieve)[live],
            wants_stay[sieve.group[live], None],
            _bits(tries)[where],
        ]
    )
    tries = tries[where]
    first, number = unique_rows(key)
    of_cell = np.full(len(sieve.group), -1, dtype=np.int64)
    of_cell[live] = number
    ends = np.cumsum([len(routes), len(subs), len(setting.marks), 1])
    admitted, draws, marks, wants, _ = np.split(key[first], ends, axis=1)
    block, along = np.nonzero(admitted)
    return Blocks(
        of_cell=of_cell,
        demand=summed(number, sieve.demand[live], len(first)),
        block=block.astype(np.int64),
        route=along.astype(np.int64),
        rank=order[tries[first][block], along],
        drawn=draws,
        wants_stay=wants[:, 0],
        marked=marks,
    )


def _tried(setting: Setting, opened: Flags) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the orders in which routes are tried, and which of them goes with the paths open.

    Orders hold the place of each route (orders × routes); ``opened`` are paths open (U × P), and
    the second answer the number of the order of each row (U). A route is tried where the first of
    its paths *open to the household* is: an earlier one that does not take it does not bring it
    forward. A route without an open path comes last. Where nobody asks, there is one order.
    """
    if setting.sharing is not Sharing.FIRST_COME or not opened.size:
        alike = np.zeros((1, len(setting.routes)), dtype=np.int64)
        return alike, np.zeros(len(opened), dtype=np.int64)
    place = {order: n for n, order in enumerate(sorted({path.order for path in setting.paths}))}
    by_path = np.array([place[path.order] for path in setting.paths], dtype=np.int64)
    found = np.full((len(opened), len(setting.routes)), len(place), dtype=np.int64)
    for number, route in enumerate(setting.routes):
        members = list(route.paths)
        found[:, number] = np.where(opened[:, members], by_path[members], len(place)).min(axis=1)
    # Numbered within each row, so that rows alike in their order are alike.
    ranks = np.asarray(rankdata(found, method="dense", axis=1), dtype=np.int64)
    orders, which = np.unique(ranks, axis=0, return_inverse=True)
    return orders, np.asarray(which, dtype=np.int64).reshape(-1)


def _bits(number: NDArray[np.int64]) -> Flags:
    """Return whole numbers as flags, a row each (U × bits)."""
    width = int(number.max(initial=0)).bit_length()
    places = np.arange(width, dtype=np.int64)
    return np.asarray((number[:, None] >> places & 1) == 1, dtype=bool)


def allocation_problem(setting: Setting, blocks: Blocks) -> Instance:
    """Write the allocation problem of blocks.

    Limits are the pools, then the sub-capacities, then the reservations: what others than those
    a place is kept for may have of a pool (:func:`limits_of`).
    """
    run, routes, pools = setting.run, setting.routes, setting.pools
    subs, block, column = setting.eligibility.subs, blocks.block, blocks.route
    share = np.zeros((len(pools), len(routes)))
    row = {pool.id: number for number, pool in enumerate(pools)}
    for number, route in enumerate(routes):
        for pool_id, used in route.pools:
            share[row[pool_id], number] = used
    loads = share * np.array([p.load(run) for p in pools]).reshape(-1, 1)
    pool_use = loads[:, column]
    sub_rows = np.array([row[sub.pool] for sub in subs], dtype=np.int64)
    sub_use = pool_use[sub_rows] * blocks.drawn.T[:, block]
    kept_use = [
        pool_use[[place]] * _without(blocks, [setting.marks.index(one.rule) for one in kept])[block]
        for place, kept in _kept(setting)
    ]
    moves = np.array([r.pathway is Pathway.MOVE for r in routes], dtype=bool)
    steps = np.array([r.steps for r in routes], dtype=np.float64)
    otherwise = blocks.wants_stay[block] & moves[column]
    return Instance(
        demand=blocks.demand,
        weight=_weights(setting, blocks),
        block=block,
        meets=np.array([r.meets for r in routes])[column] if routes else np.zeros(0),
        burden=otherwise + ROUTES_BURDEN * (steps[column] if routes else np.zeros(0)),
        use=sparse.csr_array(np.vstack([pool_use, sub_use, *kept_use])),
        limit=limits_of(setting, np.array([p.limit(run) for p in pools])),
    )


def _without(blocks: Blocks, marks: Sequence[int]) -> Flags:
    """Whether the households of each block have none of some marks (B)."""
    return np.asarray(~blocks.marked[:, list(marks)].any(axis=1), dtype=bool)


def _weights(setting: Setting, blocks: Blocks) -> Floats:
    """Return the weight of a household of each block (B): the product over its marks."""
    factor = np.array([setting.weights.get(mark, 1.0) for mark in setting.marks])
    return np.asarray(np.where(blocks.marked, factor[None, :], 1.0).prod(axis=1))


def limits_of(setting: Setting, of_pools: Floats) -> Floats:
    """Return every limit of an allocation problem, when pools have ``of_pools`` a year.

    That is: the pools, each sub-capacity's share of its pool, and what the reservations leave to
    others, nothing where more is kept than a run has.
    """
    row = {pool.id: number for number, pool in enumerate(setting.pools)}
    subs = [of_pools[row[sub.pool]] * sub.share for sub in setting.eligibility.subs]
    left = [
        max(of_pools[place] - setting.pools[place].per_unit(setting.run) * _units(kept), 0.0)
        for place, kept in _kept(setting)
    ]
    return np.concatenate([of_pools, np.array([*subs, *left], dtype=np.float64)])


def _units(kept: tuple[Reservation, ...]) -> float:
    return sum(one.units for one in kept)


def _kept(setting: Setting) -> Iterator[tuple[int, tuple[Reservation, ...]]]:
    """Yield each set of reservations in one pool, with the pool's row.

    Whoever has none of the rules of a set may have what all of it leaves. With that said of every
    set, and of no less, the places kept can all be given to those they are kept for (Hall 1935).
    """
    for row, pool in enumerate(setting.pools):
        own = [kept for kept in setting.reserved if kept.pool == pool.id]
        for size in range(1, len(own) + 1):
            for together in combinations(own, size):
                yield row, together


def summed(index: NDArray[np.int64], amount: Floats, length: int) -> Floats:
    """Sum amounts that share an index, from 0 to ``length`` - 1."""
    return np.asarray(np.bincount(index, weights=amount, minlength=length), dtype=np.float64)
