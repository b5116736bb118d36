"""Waits that feed back into stays: a refuge place is taken for as long as there is no home.

A household stays in a pool of units for its own stay and then until the next step takes it. The
longer it stays, the fewer households the units take in a year, the fewer ask the next step, and
the shorter is the wait for it. So the stay that follows from a stay falls as that stay grows,
and there is one stay that follows from itself:

    s_r = own_r + Σ_p q_rp W_p,    λ_p = others_p + Σ_r q_rp min(reach_r, L_r / s_r),

with q_rp the share of households in pool r who go on to step p, reach_r those who come to r in a
year, L_r its unit-days, and W_p the mean wait at p: 365 ÷ (capacity_p - λ_p) days where the next
step is so many homes a year (M/M/1), Erlang C where it is units itself.

For next steps of homes a year the solution is unique: if s and t both solve it, then
Σ (s_r - t_r)(f_r(s) - f_r(t)) ≤ 0 as flows f fall with stays, and equals
Σ (W_p(s) - W_p(t))(λ_p(s) - λ_p(t)) ≥ 0 as waits grow with flows; so both are 0.

A wait is cut at the longest stay looked for, two years: no household stands in one queue longer.
Who goes where is held as the allocation has it. The allocation is not asked again on the way: it
would give each home that falls free to somebody else at once, and a queue asked for all it has
never ends. What longer stays mean for coverage is read from one more cascade
(:func:`with_longer_stays`), beside the first and never subtracted from it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import optimize

from housing_map import coverage, queueing
from housing_map.errors import SolverError, UsageError
from housing_map.provision import DAYS_A_YEAR
from housing_map.vocabulary import Goal, Stage, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from housing_map.coverage import Cells
    from housing_map.provision import Pool
    from housing_map.referral import Path

LONGEST_DAYS: Final = 730.0
"""Longest mean stay that is looked for: two years, a planning input.

Where a next step has no home to spare at any stay, the stay ends here, and says so.
"""
TOLERANCE_DAYS: Final = 1e-6
ROUNDS: Final = 50
_PLACES: Final = frozenset({Stage.SAFETY, Stage.HOUSING})


@dataclass(frozen=True, slots=True)
class Stays:
    """Mean stays in ``days`` that follow from themselves, to ``gap`` days, after ``rounds``."""

    days: Mapping[str, float]
    rounds: int
    gap: float


@dataclass(frozen=True, slots=True)
class MoveOn:
    """Who goes on from pools of units to which next step, households a year.

    ``own_days`` is the mean stay of each pool of units without a wait and ``unit_days`` what it
    has in a year; ``reaching`` households come to it, of whom ``onward`` (pool, next step) reach
    the next step; ``others`` reach the next step from elsewhere. ``capacity`` is what a next step
    takes in a year where it has no units, and ``places`` its units × occupancy where it has;
    then its own stay counts too.
    """

    own_days: Mapping[str, float]
    unit_days: Mapping[str, float]
    reaching: Mapping[str, float]
    onward: Mapping[tuple[str, str], float]
    others: Mapping[str, float]
    capacity: Mapping[str, float]
    places: Mapping[str, float]

    def share(self, pool: str, step: str) -> float:
        """Share of households in ``pool`` who go on to ``step``."""
        onward = self.onward.get((pool, step), 0.0)
        return min(onward / self.reaching[pool], 1.0) if onward > 0 else 0.0


@dataclass(frozen=True, slots=True)
class NextStep:
    """A step that follows a pool of units: ``share`` of its households go on to it.

    ``households`` a year reach it from anywhere once stays have grown, of ``capacity`` that it
    can take; ``wait_days`` is the mean wait for it, and ``cut`` that it was cut at the longest
    stay looked for. ``full`` says that the allocation gives away all it has, so that the wait
    would have no end if stays did not grow. ``stated_days`` is the wait that the referral routes
    state, for comparison.
    """

    pool_id: str
    label: str
    share: float
    households: float
    capacity: float
    wait_days: float
    cut: bool
    full: bool
    stated_days: float


@dataclass(frozen=True, slots=True)
class StayReading:
    """The mean stay in a pool of units, with the wait for the next step.

    ``days`` = ``own_days`` + ``wait_days``. ``implied_days`` is the stay at which the units are
    full with the households that the allocation sends on: what a full move-on implies.
    ``households`` a year pass through once stays have grown, ``planned`` in the allocation.
    ``at_longest``: no stay up to the longest one is long enough, and ``days`` is that longest.
    """

    pool_id: str
    label: str
    own_days: float
    wait_days: float
    days: float
    implied_days: float
    households: float
    planned: float
    at_longest: bool
    next_steps: tuple[NextStep, ...]


def fixed_stays(
    base: Mapping[str, float],
    longer: Callable[[Mapping[str, float]], Mapping[str, float]],
    *,
    longest: float = LONGEST_DAYS,
    rounds: int = ROUNDS,
) -> Stays:
    """Find stays that follow from themselves: ``longer(stays) == stays`` to a millionth of a day.

    ``base`` are the shortest stays by pool, in days; ``longer`` gives the stays that follow from
    stays, falling in each pool's own stay, and is cut at ``base`` and at ``longest``. In each
    round, pool by pool, the stay that follows from itself with all others held is bracketed and
    found (Brent 1973); then all are moved together by damped steps (Powell's hybrid method,
    MINPACK), which is kept where it comes nearer. Raises :class:`SolverError`, naming the pool
    and the days between which its stay lies, when that does not settle within ``rounds``, and
    :class:`UsageError` for impossible stays.
    """
    for pool, days in base.items():
        if not 0 <= days <= longest:
            message = f"The stay of {pool} must lie between 0 and {longest:g} days; it is {days!r}"
            raise UsageError(message)

    def follows(stays: Mapping[str, float]) -> dict[str, float]:
        found = longer(stays)
        if unknown := [pool for pool in base if math.isnan(found[pool])]:
            message = f"No stay follows for {', '.join(unknown)}"
            raise SolverError(message)
        return {pool: min(max(found[pool], base[pool]), longest) for pool in base}

    stays = dict(base)
    for number in range(rounds + 1):
        after = follows(stays)
        if _gap(stays, after) < TOLERANCE_DAYS:
            return Stays(stays, number, _gap(stays, after))
        for pool in base:
            stays[pool] = _own_root(pool, stays, follows, base[pool], longest)
        together = _together(stays, follows, base, longest)
        if _gap(together, follows(together)) < _gap(stays, follows(stays)):
            stays = together
    after = follows(stays)
    worst = max(base, key=lambda pool: abs(after[pool] - stays[pool]))
    low, high = sorted((stays[worst], after[worst]))
    message = (
        f"The stays do not settle within {rounds} rounds: "
        f"that of {worst} lies between {low:,.1f} and {high:,.1f} days"
    )
    raise SolverError(message)


def _gap(stays: Mapping[str, float], after: Mapping[str, float]) -> float:
    """Return the largest difference in days between stays and those that follow from them."""
    return max((abs(after[pool] - stays[pool]) for pool in stays), default=0.0)


def _together(
    stays: Mapping[str, float],
    follows: Callable[[Mapping[str, float]], Mapping[str, float]],
    base: Mapping[str, float],
    longest: float,
) -> dict[str, float]:
    """Move all stays at once towards those that follow from themselves, and keep them in bounds."""

    def bounded(days: NDArray[np.float64]) -> dict[str, float]:
        return {
            pool: min(max(float(one), base[pool]), longest)
            for pool, one in zip(base, days, strict=True)
        }

    def excess(days: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(days - list(follows(bounded(days)).values()), dtype=np.float64)

    start = np.array([stays[pool] for pool in base])
    return bounded(optimize.root(excess, start, method="hybr", tol=1e-12).x)


def _own_root(
    pool: str,
    stays: Mapping[str, float],
    follows: Callable[[Mapping[str, float]], Mapping[str, float]],
    low: float,
    high: float,
) -> float:
    """Return the stay of one pool that follows from itself, with all others held."""

    def excess(days: float) -> float:
        return follows({**stays, pool: days})[pool] - days

    if excess(low) <= 0:
        return low
    if excess(high) >= 0:
        return high
    return float(optimize.brentq(excess, low, high, xtol=1e-12, rtol=1e-14))


def implied_stay(unit_days: float, households: float) -> float:
    """Mean stay in days at which so many households a year fill so many unit-days of a year.

    Infinite where nobody comes. Raises :class:`UsageError` for figures below 0.
    """
    if not (unit_days >= 0 and households >= 0):
        message = f"Unit-days and households must be 0 or more; they are {unit_days}, {households}"
        raise UsageError(message)
    return unit_days / households if households > 0 else math.inf


def through(moves: MoveOn, stays: Mapping[str, float]) -> dict[str, float]:
    """Households a year through each pool of units: all who come, or as many as it can take."""
    return {
        pool: min(reaching, moves.unit_days[pool] / stays[pool]) if reaching > 0 else 0.0
        for pool, reaching in moves.reaching.items()
    }


def arrivals(moves: MoveOn, stays: Mapping[str, float]) -> dict[str, float]:
    """Households a year that reach each next step when stays are as given."""
    flows = through(moves, stays)
    found = dict(moves.others)
    for pool, step in moves.onward:
        found[step] = found.get(step, 0.0) + moves.share(pool, step) * flows[pool]
    return found


def move_on_waits(
    moves: MoveOn, stays: Mapping[str, float], *, longest: float = math.inf
) -> dict[str, float]:
    """Mean wait in days for each next step, no longer than ``longest``.

    A step that is asked for all it has, or more, has a wait without end.
    """
    waits = {}
    for step, reaching in arrivals(moves, stays).items():
        if step in moves.places:
            load = reaching * stays[step] / DAYS_A_YEAR
            waits[step] = queueing.waiting(load, moves.places[step], stays[step]).mean_days
        else:
            waits[step] = queueing.wait_for_home(reaching, moves.capacity[step])
    return {step: min(days, longest) for step, days in waits.items()}


def stays_with_waits(
    moves: MoveOn, stays: Mapping[str, float], *, longest: float = math.inf
) -> dict[str, float]:
    """Stays that follow from stays: each pool's own, and the mean wait of its households.

    Nobody is taken to wait for one step longer than ``longest`` days.
    """
    waits = move_on_waits(moves, stays, longest=longest)
    found = dict(moves.own_days)
    for (pool, step), onward in moves.onward.items():
        if onward > 0:
            found[pool] += moves.share(pool, step) * waits[step]
    return found


def move_on(cells: Cells) -> MoveOn:
    """Read from a cascade who goes on from pools of units to which next step.

    The next step is the first safe or settled place further on the route that has a limit.
    """
    setting = cells.setting
    run = setting.run
    by_id = {pool.id: pool for pool in setting.pools}
    units = {
        pool.id: pool
        for pool in setting.pools
        if pool.stay_days is not None and pool.kind.stage in _PLACES
    }
    reaching: dict[str, float] = defaultdict(float)
    onward: dict[tuple[str, str], float] = defaultdict(float)
    for path, offers in _offers(cells):
        for pool, share, step, share_on, _ in _hops(path, setting.pools, cells):
            reaching[pool] += offers * share
            if step is not None:
                onward[pool, step] += offers * share_on
    others = {}
    for step in {step for _, step in onward}:
        all_of_them = cells.pool_use[step] / by_id[step].load(run)
        from_units = math.fsum(flow for (_, to), flow in onward.items() if to == step)
        others[step] = max(all_of_them - from_units, 0.0)
    return MoveOn(
        own_days={pool.id: pool.load(run) for pool in units.values()},
        unit_days={pool.id: pool.limit(run) for pool in units.values()},
        reaching={pool: reaching.get(pool, 0.0) for pool in units},
        onward=dict(onward),
        others=others,
        capacity={step: by_id[step].households(run) for step in others},
        places={step: units[step].limit(run) / DAYS_A_YEAR for step in others if step in units},
    )


def longer_stays(cells: Cells, *, longest: float = LONGEST_DAYS) -> tuple[StayReading, ...]:
    """Mean stays in the pools of units with the waits for the next step, by pool.

    ``cells`` are those of a run with the goal *settled*; ``longest`` is the longest stay looked
    for, in days. Raises :class:`UsageError` for another goal, where no next step is asked for,
    and :class:`SolverError` when the stays do not settle.
    """
    setting = cells.setting
    if setting.goal is not Goal.SETTLED:
        message = "Stays grow by the wait for the next step: ask with the goal 'settled'"
        raise UsageError(message)
    moves = move_on(cells)
    stays = fixed_stays(
        moves.own_days,
        lambda days: stays_with_waits(moves, days, longest=longest),
        longest=max([longest, *moves.own_days.values()]),
    ).days
    waits, reach = move_on_waits(moves, stays, longest=longest), arrivals(moves, stays)
    flows = through(moves, stays)
    kept = arrivals(moves, moves.own_days)
    stated = _stated(cells)
    label = {pool.id: pool.label for pool in setting.pools}

    def step_of(pool: str, step: str) -> NextStep:
        capacity = moves.capacity[step]
        return NextStep(
            pool_id=step,
            label=label[step],
            share=moves.share(pool, step),
            households=reach[step],
            capacity=capacity,
            wait_days=waits[step],
            cut=waits[step] >= longest,
            full=kept[step] >= capacity * (1 - coverage.FULL_WITHIN),
            stated_days=stated[pool, step],
        )

    return tuple(
        StayReading(
            pool_id=pool,
            label=label[pool],
            own_days=own,
            wait_days=stays[pool] - own,
            days=stays[pool],
            implied_days=implied_stay(moves.unit_days[pool], moves.reaching[pool]),
            households=flows[pool],
            planned=moves.reaching[pool],
            at_longest=stays[pool] >= longest > own,
            next_steps=tuple(
                step_of(pool, step)
                for start, step in sorted(moves.onward)
                if start == pool and moves.onward[start, step] > 0
            ),
        )
        for pool, own in sorted(moves.own_days.items())
    )


def with_longer_stays(cells: Cells, readings: Sequence[StayReading]) -> Cells:
    """Run the cascade once more with the stays of ``readings`` in the place of the pools' own.

    What it shows stands beside the first cascade, and is not subtracted from it.
    """
    days = {reading.pool_id: reading.days for reading in readings}
    pools = tuple(
        _staying(pool, days[pool.id]) if pool.id in days else pool for pool in cells.setting.pools
    )
    return coverage.cascade(replace(cells.setting, pools=pools), cells.prepared)


def _staying(pool: Pool, days: float) -> Pool:
    """Return a pool whose mean stay is ``days`` in every run."""
    if pool.stay_days is None:
        message = f"{pool.label} has no units, and so no stay"
        raise UsageError(message)
    stay = replace(pool.stay_days, low=days, central=days, high=days, status=Status.DERIVED)
    return replace(pool, stay_days=stay)


def _offers(cells: Cells) -> Iterator[tuple[Path, float]]:
    """Yield each path that is offered, with offers a year; paths of one route share equally."""
    by_route: dict[int, float] = defaultdict(float)
    for route, offers in zip(cells.prepared.blocks.route, cells.allocation.offers, strict=True):
        by_route[int(route)] += float(offers)
    for number, offers in sorted(by_route.items()):
        members = cells.setting.routes[number].paths
        for member in members:
            if offers > 0:
                yield cells.setting.paths[member], offers / len(members)


def _hops(
    path: Path, pools: Sequence[Pool], cells: Cells
) -> Iterator[tuple[str, float, str | None, float, float]]:
    """Yield each pool of units on a path and what follows it.

    That is: the pool, the share of offers that come to use it, the pool of the next step (None
    where nothing further on has a limit) with its share, and the stated wait between the two.
    """
    stage = {service.id: service.kind.stage for service in cells.setting.services}
    pool_of = {member: pool for pool in pools for member in pool.members}
    share = dict(zip(path.services, path.shares, strict=True))
    held: tuple[str, float] | None = None
    waited = 0.0
    for step in path.steps:
        waited += step.wait_days
        pool = pool_of.get(step.target)
        if pool is None or stage[step.target] not in _PLACES:
            continue
        if held is not None and held[0] != pool.id:
            yield (*held, pool.id, share[step.target], waited)
            held = None
        if held is None and pool.stay_days is not None:
            held, waited = (pool.id, share[step.target]), 0.0
    if held is not None:
        yield (*held, None, 0.0, 0.0)


def _stated(cells: Cells) -> dict[tuple[str, str], float]:
    """Mean wait in days that the referral routes state from a pool of units to a next step."""
    days: dict[tuple[str, str], float] = defaultdict(float)
    weight: dict[tuple[str, str], float] = defaultdict(float)
    for path, offers in _offers(cells):
        for pool, _, step, share, waited in _hops(path, cells.setting.pools, cells):
            if step is not None:
                days[pool, step] += offers * share * waited
                weight[pool, step] += offers * share
    return {pair: days[pair] / weight[pair] if weight[pair] > 0 else 0.0 for pair in days}
