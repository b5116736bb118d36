"""Queues played out, household by household (Ciw): the check on the formulas, and their stand-in.

Formulas (:mod:`housing_map.queueing`) answer at once, for parts of a unit, and only where stays
are exponential or nobody waits. A simulation answers for stays of any spread and for households
who block a refuge place while they wait for a home, in whole units only. Both are shown beside
the cascade.

Every figure is a mean over replications, with the 95 % interval of Student's t. A replication
starts empty; its first years, the warm-up, are not counted. Each kind of event draws from a
stream of its own, spawned from one seed, so that two plans meet the same luck (common random
numbers) and a run can be repeated exactly.

Ciw: G. I. Palmer, V. A. Knight, P. R. Harper and A. L. Hawa, *Ciw: an open-source discrete event
simulation library*, Journal of Simulation 13 (2019).
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import ciw  # type: ignore[import-untyped]
import numpy as np
from scipy import stats

from housing_map.errors import UsageError
from housing_map.provision import DAYS_A_YEAR

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Progress = Callable[[int, int], None]

LEVEL: Final = 0.95
_HOUSEHOLDS: Final = "asking for a place"
_OTHERS: Final = "asking for a home alone"
_PLACE, _HOME = 1, 2


@dataclass(frozen=True, slots=True)
class Plan:
    """How a simulation is run: ``years`` counted in each replication, after ``warm_up_years``.

    Raises :class:`UsageError` for a plan that cannot be run: an interval needs two replications.
    """

    replications: int = 20
    years: float = 40.0
    warm_up_years: float = 5.0
    seed: int = 1

    def __post_init__(self) -> None:
        """Refuse impossible plans."""
        if self.replications < 2:  # noqa: PLR2004 - one has no spread
            message = f"An interval needs 2 replications or more; {self.replications} asked for"
            raise UsageError(message)
        if not (0 < self.years < math.inf and 0 <= self.warm_up_years < math.inf):
            message = (
                "A replication needs years above 0 and a warm-up of 0 or more; "
                f"they are {self.years} and {self.warm_up_years}"
            )
            raise UsageError(message)
        if self.seed < 0:
            message = f"The seed must be 0 or more; it is {self.seed}"
            raise UsageError(message)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over replications and its 95 % interval (Student's t)."""

    mean: float
    low: float
    high: float

    def holds(self, value: float) -> bool:
        """Whether a value lies inside the interval."""
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class Simulated:
    """What a simulation found.

    ``turned_away`` is the share of households who found it full and left at once, ``gone`` the
    share who waited and left, ``waited`` the share of those not turned away who had to wait, and
    ``wait_days`` their mean wait, those who did not wait included. ``busy`` is the share of
    unit-days taken. ``stay_days`` is the mean time in a place, waits for a home included;
    ``home_wait_days`` that wait (0 where no home is waited for). ``households`` is the number
    counted in all replications together.
    """

    units: int
    turned_away: Estimate
    gone: Estimate
    waited: Estimate
    wait_days: Estimate
    busy: Estimate
    stay_days: Estimate
    home_wait_days: Estimate
    households: int
    plan: Plan


def simulate_pool(
    units: float,
    *,
    households_a_year: float,
    stay_days: float,
    stay_spread: float = 1.0,
    waits: bool = False,
    patience_days: float | None = None,
    plan: Plan | None = None,
    progress: Progress | None = None,
) -> Simulated:
    """Simulate one pool of units that households ask at random.

    ``stay_spread`` is the standard deviation of stays as a share of their mean: 1 exponential
    (as the formulas have it), 0 all alike, otherwise gamma. Where nobody ``waits``, whoever finds
    it full is turned away (Erlang B); else they wait in order of asking (Erlang C), and leave
    after an exponential patience of mean ``patience_days`` if that is given (Erlang A).
    ``progress`` is called with replications done and asked for. Raises :class:`UsageError` for
    impossible figures, parts of a unit, and a queue that would never end.
    """
    whole = _whole(units)
    plan = plan or Plan()
    _figures(households_a_year, stay_days, stay_spread)
    if patience_days is not None and not 0 < patience_days < math.inf:
        message = f"The mean patience in days must be above 0; it is {patience_days!r}"
        raise UsageError(message)
    waits = waits or patience_days is not None
    load = households_a_year * stay_days / DAYS_A_YEAR
    if waits and patience_days is None and load >= whole:
        message = (
            f"The queue would never end: {load:,.1f} places are asked for, of {whole}. "
            "Say how long households can wait, or turn them away"
        )
        raise UsageError(message)

    def network(streams: Sequence[random.Random]) -> Any:  # noqa: ANN401 - Ciw has no types
        patience = None if patience_days is None else _Drawn(streams[2], patience_days)
        return ciw.create_network(
            arrival_distributions=[_Drawn(streams[0], DAYS_A_YEAR / households_a_year)],
            service_distributions=[_Drawn(streams[1], stay_days, stay_spread)],
            number_of_servers=[whole],
            queue_capacities=[math.inf if waits else 0],
            reneging_time_distributions=[patience],
            routing=ciw.routing.NetworkRouting(routers=[ciw.routing.Leave()]),
        )

    return _replicate(whole, network, plan, progress)


def simulate_move_on(
    units: float,
    *,
    households_a_year: float,
    stay_days: float,
    homes_a_year: float,
    other_households_a_year: float = 0.0,
    stay_spread: float = 1.0,
    plan: Plan | None = None,
    progress: Progress | None = None,
) -> Simulated:
    """Simulate a refuge whose households keep their place until they have a home to go to.

    Households ask at random, are turned away when every unit is taken, stay ``stay_days`` (with
    ``stay_spread`` as in :func:`simulate_pool`), and then wait, in the unit and in order, for one
    of ``homes_a_year`` that come up at random; ``other_households_a_year`` stand in the same
    queue for homes without a unit. ``progress`` is called with replications done and asked for.
    Raises :class:`UsageError` for impossible figures, parts of a unit, and where the others alone
    ask for all the homes there are.
    """
    whole = _whole(units)
    plan = plan or Plan()
    _figures(households_a_year, stay_days, stay_spread)
    if not 0 <= other_households_a_year < homes_a_year < math.inf:
        message = (
            "Homes a year must be above 0 and above the other households who ask for them; they "
            f"are {homes_a_year!r} and {other_households_a_year!r}"
        )
        raise UsageError(message)

    def turned_away(_: int, Q: Any, **__: object) -> float:  # noqa: ANN401, N803 - Ciw's words
        taken = sum(
            person.customer_class == _HOUSEHOLDS
            for node in Q.transitive_nodes
            for person in node.all_individuals
        )
        return float(taken >= whole)

    def network(streams: Sequence[random.Random]) -> Any:  # noqa: ANN401 - Ciw has no types
        others = None
        if other_households_a_year > 0:
            others = _Drawn(streams[2], DAYS_A_YEAR / other_households_a_year)
        home = _Drawn(streams[3], DAYS_A_YEAR / homes_a_year)
        onward = [ciw.routing.Direct(to=_HOME), ciw.routing.Leave()]
        arriving = _Drawn(streams[0], DAYS_A_YEAR / households_a_year)
        staying = _Drawn(streams[1], stay_days, stay_spread)
        return ciw.create_network(
            arrival_distributions={_HOUSEHOLDS: [arriving, None], _OTHERS: [None, others]},
            service_distributions={_HOUSEHOLDS: [staying, home], _OTHERS: [staying, home]},
            number_of_servers=[whole, 1],
            baulking_functions={_HOUSEHOLDS: [turned_away, None], _OTHERS: [None, None]},
            routing={
                kind: ciw.routing.NetworkRouting(routers=onward) for kind in (_HOUSEHOLDS, _OTHERS)
            },
        )

    return _replicate(whole, network, plan, progress)


class _Drawn(ciw.dists.Distribution):  # type: ignore[misc]
    """Gamma times of a mean and spread, from a stream of their own; spread 1 is exponential."""

    def __init__(self, stream: random.Random, mean: float, spread: float = 1.0) -> None:
        self.stream = stream
        self.mean_days = mean
        self.shape = 1 / spread**2 if spread > 0 else math.inf

    def sample(self, t: float | None = None, ind: object = None) -> float:  # noqa: ARG002
        if math.isinf(self.shape):
            return self.mean_days
        return self.stream.gammavariate(self.shape, self.mean_days / self.shape)


def _replicate(
    units: int,
    network: Callable[[Sequence[random.Random]], Any],
    plan: Plan,
    progress: Progress | None,
) -> Simulated:
    """Run the replications of a plan and put them together."""
    start = plan.warm_up_years * DAYS_A_YEAR
    end = start + plan.years * DAYS_A_YEAR
    counts = []
    for number, seeds in enumerate(np.random.SeedSequence(plan.seed).spawn(plan.replications)):
        streams = [random.Random(int(s)) for s in seeds.generate_state(4, np.uint64)]  # noqa: S311
        simulation = ciw.Simulation(network(streams))
        simulation.simulate_until_max_time(end)
        counts.append(
            _count(simulation.get_all_records(include_incomplete=True), units, start, end)
        )
        if progress is not None:
            progress(number + 1, plan.replications)
    return Simulated(
        units=units,
        turned_away=_estimate([c.turned_away for c in counts], [c.asked for c in counts]),
        gone=_estimate([c.gone for c in counts], [c.asked for c in counts]),
        waited=_estimate([c.waited for c in counts], [c.queued for c in counts]),
        wait_days=_estimate([c.wait_days for c in counts], [c.queued for c in counts]),
        busy=_estimate([c.unit_days for c in counts], [units * (end - start)] * len(counts)),
        stay_days=_estimate([c.unit_days for c in counts], [c.started for c in counts]),
        home_wait_days=_estimate([c.home_days for c in counts], [c.homes for c in counts]),
        households=sum(c.asked for c in counts),
        plan=plan,
    )


@dataclass(slots=True)
class _Count:
    """What happened between warm-up and end of one replication: events, and days in a place."""

    turned_away: int = 0
    gone: int = 0
    started: int = 0
    waited: int = 0
    wait_days: float = 0.0
    unit_days: float = 0.0
    homes: int = 0
    home_days: float = 0.0

    @property
    def queued(self) -> int:
        """Households not turned away whose wait, if any, ended."""
        return self.started + self.gone

    @property
    def asked(self) -> int:
        """Households whose asking came to an end, well or not."""
        return self.queued + self.turned_away


def _count(records: Sequence[Any], units: int, start: float, end: float) -> _Count:
    """Count the events after ``start``, each at its own time, so that no long wait is missed.

    Somebody waiting for a home has kept the place: those days are unit-days.
    """
    found = _Count()
    for record in records:
        if record.customer_class != _OTHERS and record.node in {_PLACE, _HOME}:
            _add(found, record, start, end)
    found.unit_days = min(found.unit_days, units * (end - start))
    return found


def _add(found: _Count, record: Any, start: float, end: float) -> None:  # noqa: ANN401
    """Add one record of a household to the count."""
    counted = isinstance(record.exit_date, float) and record.exit_date >= start
    if record.record_type in {"rejection", "baulk"}:
        found.turned_away += counted
    elif record.record_type == "renege":
        found.gone += counted
        found.waited += counted
        found.wait_days += record.waiting_time if counted else 0.0
    elif record.node == _HOME:
        found.unit_days += _overlap(record.arrival_date, record.exit_date, start, end)
        found.homes += counted
        found.home_days += record.exit_date - record.arrival_date if counted else 0.0
    elif record.service_start_date is not None:
        found.unit_days += _overlap(record.service_start_date, record.exit_date, start, end)
        if record.service_start_date >= start:
            found.started += 1
            found.waited += record.waiting_time > 0
            found.wait_days += record.waiting_time


def _overlap(begins: float, ends: float | None, start: float, end: float) -> float:
    """Days of a time in a place that fall in the years counted; None is: still there."""
    last = end if ends is None or math.isnan(ends) else min(ends, end)
    return max(last - max(begins, start), 0.0)


def _estimate(amounts: Sequence[float], sizes: Sequence[float]) -> Estimate:
    """Return the ratio of amounts to sizes, replication by replication, and its interval."""
    ratios = np.array([a / s if s else 0.0 for a, s in zip(amounts, sizes, strict=True)])
    mean = float(ratios.mean())
    spread = float(ratios.std(ddof=1)) / math.sqrt(len(ratios))
    half = float(stats.t.ppf((1 + LEVEL) / 2, len(ratios) - 1)) * spread
    return Estimate(mean, mean - half, mean + half)


def _whole(units: float) -> int:
    """Return a number of units as a whole number."""
    if not (units >= 1 and float(units).is_integer()):
        message = (
            f"A simulation needs whole units, 1 or more; {units!r} were asked for. "
            "The formulas take parts of a unit"
        )
        raise UsageError(message)
    return int(units)


def _figures(households: float, stay_days: float, spread: float) -> None:
    """Refuse figures that no simulation can be run on."""
    if not 0 < households < math.inf:
        message = f"Households a year must be a number above 0; they are {households!r}"
        raise UsageError(message)
    if not 0 < stay_days < math.inf:
        message = f"The mean stay in days must be a number above 0; it is {stay_days!r}"
        raise UsageError(message)
    if not 0 <= spread <= _WIDEST:
        message = f"The spread of stays must lie between 0 and {_WIDEST:g}; it is {spread!r}"
        raise UsageError(message)


_WIDEST: Final = 10.0
"""Largest standard deviation of stays, as a multiple of their mean."""
