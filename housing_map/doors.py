"""Who asks at each pool of units, and whether its door is full on the day: read from a cascade.

The allocation says who *comes*: households a year who reach a pool along a route they are
offered. Whoever is offered nothing anywhere, though a route through the pool was open to them, is
taken to ask there too. A household that could have used several pools asks at each of them, so
that those who ask do not add up over pools.

What is read here stands beside the cascade, and is never subtracted from it
(:mod:`housing_map.queueing`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from housing_map import queueing
from housing_map.blocks import summed
from housing_map.provision import DAYS_A_YEAR

if TYPE_CHECKING:
    from collections.abc import Callable

    from housing_map.coverage import Cells
    from housing_map.simulation import Plan, Simulated
    from housing_map.stance import Stance

_WITHIN: Final = 1e-6
"""Share of a block's households that rounding may leave without an offer."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Households a year at the door of a pool.

    ``come`` along a route that they are offered; ``without`` are offered nothing anywhere, and
    could have come.
    """

    come: float
    without: float

    @property
    def all(self) -> float:
        """All who ask for a place."""
        return self.come + self.without


@dataclass(frozen=True, slots=True)
class DoorReading:
    """The door of one pool of units in one run.

    ``unit_days`` is the identity between units and households who come. ``door`` is what happens
    when all who ask do ask, ``fewest`` when only those do whom the allocation sends.
    """

    run: Stance
    unit_days: queueing.UnitDays
    asking: Asking
    door: queueing.Door
    fewest: queueing.Door


def asking(cells: Cells, pool_id: str) -> Asking:
    """Return who asks at a pool, households a year.

    Those who are offered nothing count with the largest share of them that any of their routes
    would bring as far as the pool.
    """
    setting, blocks = cells.setting, cells.prepared.blocks
    pool = next(one for one in setting.pools if one.id == pool_id)
    share = np.array([dict(route.pools).get(pool_id, 0.0) for route in setting.routes])
    offered = summed(blocks.block, cells.allocation.offers, len(blocks.demand))
    most = np.zeros(len(blocks.demand))
    if len(blocks.block):
        np.maximum.at(most, blocks.block, share[blocks.route])
    nothing = np.where(offered < blocks.demand * (1 - _WITHIN), blocks.demand - offered, 0.0)
    return Asking(cells.pool_use[pool_id] / pool.load(setting.run), float(nothing @ most))


def read_doors(cells: Cells, *, patience_days: float | None = None) -> tuple[DoorReading, ...]:
    """Return the door of every pool of units that has any, in the order of the pools.

    Ask with cells of the goal *safe*: with *settled*, whoever finds no home to go on to is never
    sent to a refuge, and its door looks emptier than it is. ``patience_days``, if given, is how
    long households can wait on average.
    """
    run = cells.setting.run
    found = []
    for pool in cells.setting.pools:
        if pool.stay_days is None or pool.limit(run) <= 0:
            continue
        who = asking(cells, pool.id)
        found.append(
            DoorReading(
                run=run,
                unit_days=queueing.pool_unit_days(pool, run, cells.pool_use[pool.id]),
                asking=who,
                door=queueing.door(pool, run, who.all, patience_days),
                fewest=queueing.door(pool, run, who.come, patience_days),
            )
        )
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Played:
    """What a simulation of one door is asked: whole ``places``, and who asks for them.

    ``stay_spread`` is the standard deviation of stays as a share of their mean;
    ``patience_days`` is None where nobody waits.
    """

    places: int
    households_a_year: float
    stay_days: float
    stay_spread: float = 1.0
    patience_days: float | None = None

    @property
    def load(self) -> float:
        """Places asked for at any time, in Erlangs."""
        return self.households_a_year * self.stay_days / DAYS_A_YEAR

    def formula(self) -> float | None:
        """Share of households who leave without a place, by formula.

        Erlang B where nobody waits, whatever the spread of stays; Erlang A where they do. None
        where no formula holds: waiting, and stays that are not exponential.
        """
        if self.patience_days is None:
            return queueing.erlang_b(self.load, self.places)
        if self.stay_spread != 1.0:
            return None
        return queueing.erlang_a(self.load, self.places, self.stay_days, self.patience_days).gone


def one_site(door: queueing.Door, sites: int) -> tuple[int, float]:
    """Return whole places, at least one, and households a year of one of ``sites`` equal sites.

    A simulation knows whole places only: the nearest number is taken.
    """
    return max(round(door.places / sites), 1), door.seeking / sites


def play_out(report: Callable[[int, int], None], asked: Played, plan: Plan) -> Simulated:
    """Simulate one door (:func:`housing_map.simulation.simulate_pool`).

    A function of a module whose first argument is told how far it is, for
    :class:`housing_map.jobs.Job`. Raises :class:`housing_map.errors.UsageError` for impossible
    figures.
    """
    from housing_map.simulation import simulate_pool  # noqa: PLC0415 - loads Ciw, where it runs

    return simulate_pool(
        asked.places,
        households_a_year=asked.households_a_year,
        stay_days=asked.stay_days,
        stay_spread=asked.stay_spread,
        patience_days=asked.patience_days,
        plan=plan,
        progress=report,
    )
