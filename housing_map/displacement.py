"""Who gains and who loses in a scenario, and what a new service takes from others.

A new service may reach people whom nobody helped, or people whom another service would have
helped. Both are read from two whole answers of the model, before and after.

What is said of single pools is for the restricted view alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from housing_map.coverage import FULL_WITHIN
from housing_map.effects import ENDINGS, KEYS, SAME, by, columns_of, side_by_side

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from housing_map.coverage import Cells
    from housing_map.effects import Comparison
    from housing_map.model import Result

GROUPED: Final = ("tenure", "risk", "aim")
"""What groups that gain or lose differ in, beside the pack's own level of area."""
MOVED: Final = ("gained", "lost", "from_demand")
"""Parts of a change of households met: see :func:`moves`."""
POOL: Final = ("pool_id", "label", "kind", "basis")
USED: Final = ("capacity", "households", "used", "share")
"""Figures of a pool: see :func:`use`."""


@dataclass(frozen=True, slots=True, eq=False)
class Moves:
    """Who gains and who loses: rows by group and by need, in household-episodes a year.

    ``gained``, ``lost`` and ``from_demand`` are sums over ``groups``: the change of households met
    is gained − lost + from_demand, for each row and in sum. ``needs`` overlap and do not sum.
    """

    groups: pd.DataFrame
    needs: pd.DataFrame
    gained: float
    lost: float
    from_demand: float


def moves(comparison: Comparison, number: int, dimensions: Sequence[str] | None = None) -> Moves:
    """Return who gains and who loses in scenario ``number``, from 1.

    A row is a group with d before and d' after, of whom m and m' are met. What the change of its
    demand alone makes is m ÷ d × (d' − d), ``from_demand``; the rest of m' − m is ``gained`` where
    it is above 0 and ``lost`` where it is below. Where demand stays, that is the change of those
    met. A group that nobody was in before (or is in after) moves with its demand alone.

    ``dimensions`` are as in :func:`housing_map.effects.by` (None: the pack's own level of area ×
    tenure × risk × aim). Inside a row gains and losses cancel out: finer rows show more of both.
    Raises :class:`housing_map.errors.UsageError` for no such scenario or dimension.
    """
    outcome = comparison.outcome(number)
    if dimensions is None:
        dimensions = (comparison.baseline.pack.info.default_level, *GROUPED)
    alone = replace(comparison, outcomes=(outcome,))
    groups, needs = (_moved(by(alone, names)) for names in (dimensions, ("need",)))
    gained, lost, from_demand = (float(groups[name].sum()) for name in MOVED)
    return Moves(groups, needs, gained, lost, from_demand)


def _moved(rows: pd.DataFrame) -> pd.DataFrame:
    """Add gained, lost and from_demand to rows before and after."""
    asked, met = (
        [rows[name].to_numpy(dtype=np.float64) for name in columns_of(figure)]
        for figure in ("demand", "met")
    )
    there = (asked[0] > SAME) & (asked[1] > SAME)
    share = np.divide(met[0], asked[0], out=np.zeros(len(rows)), where=there)
    from_demand = np.where(there, share * asked[2], met[2])
    rest = met[2] - from_demand
    figures = [*columns_of("demand"), *columns_of("met")]
    keys = [str(name) for name in rows if not str(name).endswith(ENDINGS) and name not in KEYS]
    return rows[[*keys, *figures]].assign(
        gained=np.maximum(rest, 0.0), lost=np.maximum(-rest, 0.0), from_demand=from_demand
    )


# Services ---------------------------------------------------------------------------------


def use(comparison: Comparison) -> pd.DataFrame:
    """Use of every pool before and after, in the run of the comparison. Restricted.

    ``capacity`` is in units of ``basis``; ``households`` are those a year it can take, and
    ``used`` those who use it; ``share`` is the share of it in use, from 0 to 1. Each is there
    before, after and as the change. ``full_before`` and ``full_after`` tell whether it is used up
    (within :data:`housing_map.coverage.FULL_WITHIN`). A pool that is not there has 0 of all. A
    service without limit has no pool, and no row.
    """
    run = comparison.run

    def rows(result: Result) -> pd.DataFrame:
        cells = result[run].cells
        stance = cells.setting.run
        found = [
            (
                pool.id,
                pool.label,
                pool.kind.label,
                str(pool.basis),
                pool.amount(stance),
                pool.households(stance),
                cells.pool_use[pool.id] / pool.load(stance),
                _share(cells.pool_use[pool.id], pool.limit(stance)),
            )
            for pool in cells.setting.pools
        ]
        return pd.DataFrame(found, columns=[*POOL, *USED])

    frame = side_by_side(comparison, rows, POOL, USED)
    for which in ("before", "after"):
        there = frame[f"households_{which}"] > 0
        frame[f"full_{which}"] = there & (frame[f"share_{which}"] >= 1 - FULL_WITHIN)
    return frame


def _share(used: float, limit: float) -> float:
    return used / limit if limit > 0 else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Displaced:
    """What the ``pools`` that grow in a scenario do, in household-episodes a year. Restricted.

    ``helped`` are households more that are met on routes through them; ``further`` households
    more that are met at all; ``taken`` those that other routes helped before and do not now:
    helped = further + taken. Below 0, ``taken`` are those whom others help in addition, since the
    new places leave them room. ``others`` are the other pools whose use falls, with households
    used before, after and the fall; a route may use several, so falls do not sum to ``taken``.
    """

    pools: tuple[str, ...]
    helped: float
    further: float
    taken: float
    others: pd.DataFrame


def displaced(
    comparison: Comparison, number: int, pools: Collection[str] | None = None
) -> Displaced | None:
    """Return what grown ``pools`` take from others in scenario ``number``, from 1.

    None: all pools that are new or can take more households than before. Where there are none, or
    the scenario takes places away as well, the answer is None. What else it changes, demand above
    all, is in the answer. Raises :class:`housing_map.errors.UsageError` where there is no such
    scenario.
    """
    outcome = comparison.outcome(number)
    rows = use(replace(comparison, outcomes=(outcome,)))
    grows = rows["households_change"] > SAME
    grown = set(rows.loc[grows, "pool_id"]) if pools is None else set(pools)
    # What others lose because they shrink is not taken from them: the two cannot be told apart.
    if not grown or (~rows["pool_id"].isin(grown) & (rows["households_change"] < -SAME)).any():
        return None
    before, after = (one[comparison.run].cells for one in (comparison.baseline, outcome.result))
    helped = helped_through(after, grown) - helped_through(before, grown)
    further = float(after.met.sum() - before.met.sum())
    falls = rows[~rows["pool_id"].isin(grown) & (rows["used_change"] < -SAME)]
    others = falls[[*POOL, "used_before", "used_after"]].assign(fall=-falls["used_change"])
    return Displaced(
        pools=tuple(sorted(grown)),
        helped=helped,
        further=further,
        taken=helped - further,
        others=others.sort_values("fall", ascending=False, ignore_index=True),
    )


def helped_through(cells: Cells, pools: Collection[str]) -> float:
    """Households a year that are met on routes through any of some pools."""
    routes, along = cells.setting.routes, cells.prepared.blocks.route
    meets = np.array(
        [route.meets * any(pool in pools for pool, _ in route.pools) for route in routes],
        dtype=np.float64,
    )
    return float((cells.allocation.offers * meets[along]).sum()) if len(along) else 0.0
