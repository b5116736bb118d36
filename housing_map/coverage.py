"""The coverage cascade: the one place where met and lost are computed.

A household group is covered when it has a route. Its candidate routes are filtered stage by
stage, each question asked only of what passed the one before; the reason for a loss is the
stage at which none is left:

provided → eligible → connected → in reach → room → taken up

For every row, ``demand = met + Σ lost``, exactly, with ``met`` = met as wanted + met another
way + met elsewhere. A row about a component has one more term, ``met_otherwise``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from housing_map.allocation import Allocation, Instance, allocate
from housing_map.allocation import most_met as most_met_of
from housing_map.blocks import allocation_problem, drawn_on, merged, summed
from housing_map.decomposition import Columns
from housing_map.eligibility import base_rules
from housing_map.first_come import first_come
from housing_map.kinds import component_suits
from housing_map.sieve import EARLY, Sieve, Stages
from housing_map.vocabulary import (
    SPECIALIST_SUPPORT,
    Aim,
    Component,
    Detail,
    Entry,
    Met,
    Pathway,
    Reason,
    Sharing,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from housing_map.blocks import Blocks
    from housing_map.eligibility import Eligibility
    from housing_map.profiles import Signatures
    from housing_map.provision import Pool, Reservation, Service
    from housing_map.referral import Path, Route
    from housing_map.stance import Stance
    from housing_map.vocabulary import Goal, Right, Risk, Tenure

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

OUTCOMES: Final[tuple[str, ...]] = (*Met, *Reason)
"""Columns of an outcome array: three ways of being met, six reasons for loss."""
METS: Final = len(Met)
_WAYS: Final = tuple(Met)
_COLUMN: Final = {code: number for number, code in enumerate(OUTCOMES)}
FULL_WITHIN: Final = 1e-4
"""Share of its limit that a pool may have free and still count as full."""
_COLUMNS: Final = Columns()
"""Columns of the allocation kept between runs, for all who use this process."""


@dataclass(frozen=True, slots=True)
class Group:
    """Household groups alike in all but circumstances; ``place`` numbers a class of areas."""

    place: int
    tenure: Tenure
    right: Right
    risk: Risk
    aim: Aim
    entry: Entry
    demand: float

    @property
    def rules(self) -> tuple[str, ...]:
        """Rules such households meet, whatever their circumstances."""
        return base_rules(self.tenure, self.right, self.risk, self.aim)


@dataclass(frozen=True, slots=True)
class PlaceClass:
    """Areas served by the same services, within the same reach.

    ``serves`` lists services whose area covers them; ``reaches`` those also within travel.
    """

    serves: frozenset[str]
    reaches: frozenset[str]


@dataclass(frozen=True, slots=True)
class Setting:
    """All that the cascade of one run needs."""

    run: Stance
    goal: Goal
    pathway: Pathway
    services: tuple[Service, ...]
    pools: tuple[Pool, ...]
    eligibility: Eligibility
    paths: tuple[Path, ...]
    ways_in: tuple[Path, ...]
    """Paths to the first safe place, whether or not anything leads on from there."""
    routes: tuple[Route, ...]
    places: tuple[PlaceClass, ...]
    max_wait_days: Mapping[Risk, float]
    signatures: Signatures
    signature_refused: Flags
    """Whether a service refuses a signature's circumstances (signatures × services)."""
    signature_draws: Flags
    """Whether a signature draws on a sub-capacity (signatures × sub-capacities)."""
    groups: tuple[Group, ...]
    sharing: Sharing = Sharing.BEST
    marks: tuple[str, ...] = ()
    """Rules that weights and reservations are about."""
    signature_marks: Flags = field(default_factory=lambda: np.zeros((0, 0), dtype=bool))
    """Whether a signature has a mark (signatures × marks)."""
    weights: Mapping[str, float] = field(default_factory=dict)
    """What a household with a mark counts, in the place of 1."""
    reserved: tuple[Reservation, ...] = ()


@dataclass(frozen=True, eq=False)
class Cells:
    """Outcomes of every household group × signature of circumstances.

    ``group`` and ``signature`` (N) number the rows of the setting; ``demand`` (N) and
    ``outcomes`` (N × 9, columns :data:`OUTCOMES`) are household-episodes a year; ``detail`` (N)
    says what lies behind the loss; ``met_by`` maps a component to households met on a route
    through it, by way of being met (N × 3). ``tries_failed`` (N) are those lost for want of room
    because a try on the way did not come off; ``sub_drawn`` (N × sub-capacities) tells who draws
    on each sub-capacity and ``sub_full`` (sub-capacities) whether it is used up.
    """

    setting: Setting
    group: NDArray[np.int64]
    signature: NDArray[np.int64]
    demand: Floats
    outcomes: Floats
    detail: NDArray[np.object_]
    met_by: Mapping[Component, Floats]
    met_by_support: Floats
    """Households met (N × 2^k), by the combination of specialist support types their route is
    known to give; bits as in the signatures' ``touching``."""
    allocation: Allocation
    pool_use: Mapping[str, float]
    tries_failed: Floats
    sub_drawn: Flags
    sub_full: Flags
    prepared: Prepared

    @property
    def stages(self) -> Stages:
        """Which stage each cell passes."""
        return self.prepared.stages

    @property
    def sieve(self) -> Sieve:
        """What each cell is asked."""
        return self.prepared.sieve

    @cached_property
    def met(self) -> Floats:
        """Households met in any way (N)."""
        return np.asarray(self.outcomes[:, :METS].sum(axis=1))

    @cached_property
    def met_with_support(self) -> Floats:
        """Households met with all the specialist support they need, or who need none (N)."""
        signatures = self.setting.signatures
        return self._supported(signatures.touching, signatures.share)

    def supported_having(self, circumstance: str) -> Floats:
        """Those of :attr:`met_with_support` who have a circumstance (N)."""
        signatures = self.setting.signatures
        number = signatures.circumstances.index(circumstance)
        return self._supported(signatures.joint_touching[:, :, number], signatures.share)

    def _supported(self, touching: Floats, share: Floats) -> Floats:
        """Count those met whose needs their route serves, of those that ``touching`` counts.

        ``touching`` (signatures × 2^k) divides households by which support types they need. A
        route serves a combination of needs when it gives all of it.
        """
        combinations = np.arange(touching.shape[1])
        serves = (combinations[:, None] & ~combinations[None, :]) == 0  # needs × given
        whole = np.where(share > 0, share, 1.0)[:, None]
        served = touching @ serves.astype(np.float64) / whole
        return np.asarray((self.met_by_support * served[self.signature]).sum(axis=1))

    def component_outcomes(self, component: Component) -> tuple[Flags, Floats, Floats]:
        """Ask the cascade of one component alone.

        Returns ``suits`` (N), whether the component is meant for the households; ``outcomes``
        (N × 9) with ``met`` on routes through it and the reasons for the rest; and
        ``met_otherwise`` (N). In every row demand = met + met_otherwise + Σ lost.
        """
        stages = self.sieve.stages(component)
        suits = np.array(
            [component_suits(component, g.tenure, g.aim) for g in self.setting.groups], dtype=bool
        )[self.group]
        outcomes = np.zeros_like(self.outcomes)
        through = self.met_by[component]
        outcomes[:, :METS] = through
        lost = self.demand - self.met
        failure = stages.first_failure()
        for number, reason in enumerate(EARLY):
            outcomes[:, _COLUMN[reason]] = np.where(failure == number, lost, 0.0)
        passed = failure == len(EARLY)
        for reason in (Reason.NO_ROOM, Reason.NOT_TAKEN_UP):
            column = _COLUMN[reason]
            outcomes[:, column] = np.where(passed, self.outcomes[:, column], 0.0)
        outcomes[:, _COLUMN[Reason.NO_ROOM]] += np.where(stages.slow, lost, 0.0)
        outcomes[~suits] = 0.0
        otherwise = np.where(suits, np.maximum(self.met - through.sum(axis=1), 0.0), 0.0)
        return suits, outcomes, otherwise


@dataclass(frozen=True, slots=True, eq=False)
class _Answer:
    """An allocation problem, its answer, and the way in which each column is met (J)."""

    instance: Instance
    allocation: Allocation
    way: NDArray[np.int64]

    @property
    def helped(self) -> Floats:
        """Households met by each column (J)."""
        return np.asarray(self.allocation.offers * self.instance.meets)


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """All of a cascade that comes before the question of room.

    It depends on who shares a pool but on no figure of one, so that a change of capacity, stay
    or occupancy needs the allocation alone. ``sub_drawn`` is as in :class:`Cells`.
    """

    sieve: Sieve
    stages: Stages
    blocks: Blocks
    failure: NDArray[np.int64]
    sub_drawn: Flags


def prepare(setting: Setting) -> Prepared:
    """Ask the candidate stages of every cell, and merge cells into blocks."""
    sieve = Sieve(setting)
    stages = sieve.stages()
    drawn = drawn_on(sieve)
    blocks = merged(sieve, stages, drawn)
    return Prepared(sieve, stages, blocks, stages.first_failure(), drawn)


def cascade(setting: Setting, prepared: Prepared | None = None) -> Cells:
    """Run the whole cascade: the candidate stages, then the allocation.

    ``prepared`` may come from a setting that differs in the figures of its pools alone.
    """
    prepared = prepared or prepare(setting)
    sieve, blocks = prepared.sieve, prepared.blocks
    instance = allocation_problem(setting, blocks)
    if setting.sharing is Sharing.FIRST_COME:
        allocation = first_come(instance, blocks.rank).allocation
    else:
        allocation = allocate(instance, _COLUMNS)
    answer = _Answer(instance, allocation, _ways(setting, blocks))
    return Cells(
        setting=setting,
        group=sieve.group,
        signature=sieve.signature,
        demand=sieve.demand,
        outcomes=_outcomes(sieve, blocks, answer, prepared.failure),
        detail=_details(prepared.stages, prepared.failure),
        met_by=_met_by(sieve, blocks, answer),
        met_by_support=_met_by_support(sieve, blocks, answer),
        allocation=allocation,
        pool_use={p.id: float(u) for p, u in zip(setting.pools, allocation.used, strict=False)},
        tries_failed=_tries_failed(sieve, blocks, answer),
        sub_drawn=prepared.sub_drawn,
        sub_full=_used_up(instance, allocation)[len(setting.pools) :],
        prepared=prepared,
    )


def most_met(setting: Setting, prepared: Prepared) -> float:
    """Return the most households a year that can be met: step 1 of the allocation alone."""
    instance = allocation_problem(setting, prepared.blocks)
    if setting.sharing is Sharing.FIRST_COME:
        return float(first_come(instance, prepared.blocks.rank).allocation.met.sum())
    if setting.weights:
        return float(allocate(instance, _COLUMNS).met.sum())
    return most_met_of(instance, _COLUMNS)


def _ways(setting: Setting, blocks: Blocks) -> NDArray[np.int64]:
    """Return the way in which each column's households are met, as its number in ``Met``."""
    routes = setting.routes
    away = np.array([r.pathway is None for r in routes], dtype=bool)[blocks.route]
    moved = np.array([r.pathway is Pathway.MOVE for r in routes], dtype=bool)[blocks.route]
    other_way = moved & blocks.wants_stay[blocks.block]
    return np.select([away, other_way], [_WAYS.index(Met.ELSEWHERE), _WAYS.index(Met.OTHER_WAY)])


def _handed_back(sieve: Sieve, blocks: Blocks, figures: Floats) -> Floats:
    """Hand figures of blocks (B × any) back to their cells in proportion to demand."""
    live = blocks.of_cell >= 0
    per_household = figures / blocks.demand[:, None]
    back = np.zeros((len(sieve.group), figures.shape[1]))
    back[live] = per_household[blocks.of_cell[live]] * sieve.demand[live, None]
    return back


def _outcomes(sieve: Sieve, blocks: Blocks, answer: _Answer, failure: NDArray[np.int64]) -> Floats:
    """Return how each cell's demand ends (N × 9): met, not taken up, or lost at a stage."""
    instance, way, helped = answer.instance, answer.way, answer.helped
    length = len(instance.demand)
    ends = np.zeros((length, len(OUTCOMES)))
    for number, met in enumerate(Met):
        ends[:, _COLUMN[met]] = summed(instance.block, helped * (way == number), length)
    declined = np.array([r.declined for r in sieve.setting.routes], dtype=np.float64)
    ends[:, _COLUMN[Reason.NOT_TAKEN_UP]] = summed(
        instance.block, answer.allocation.offers * declined[blocks.route], length
    )
    ends[:, _COLUMN[Reason.NO_ROOM]] = np.maximum(instance.demand - ends.sum(axis=1), 0.0)
    outcomes = _handed_back(sieve, blocks, ends)
    for number, reason in enumerate(EARLY):
        lost = failure == number
        outcomes[lost, _COLUMN[reason]] = sieve.demand[lost]
    slow = failure > len(EARLY)
    outcomes[slow, _COLUMN[Reason.NO_ROOM]] = sieve.demand[slow]
    return outcomes


def _met_by(sieve: Sieve, blocks: Blocks, answer: _Answer) -> dict[Component, Floats]:
    """Return households met on a route through each component, by way of being met (N × 3)."""
    instance, way, helped = answer.instance, answer.way, answer.helped
    met_by = {}
    for component in Component:
        routes = sieve.setting.routes
        through = np.array([component in r.components for r in routes], dtype=bool)[blocks.route]
        by_way = [
            summed(instance.block, helped * through * (way == number), len(instance.demand))
            for number in range(METS)
        ]
        met_by[component] = _handed_back(sieve, blocks, np.column_stack(by_way))
    return met_by


def _met_by_support(sieve: Sieve, blocks: Blocks, answer: _Answer) -> Floats:
    """Return those met by the specialist support that their route gives (N × 2^k)."""
    bits = {code: 1 << place for place, code in enumerate(SPECIALIST_SUPPORT)}
    given = np.array(
        [sum(bits[code] for code in route.supports) for route in sieve.setting.routes],
        dtype=np.int64,
    )[blocks.route]
    length = len(blocks.demand)
    by_given = [
        summed(blocks.block, answer.helped * (given == combination), length)
        for combination in range(1 << len(bits))
    ]
    return _handed_back(sieve, blocks, np.column_stack(by_given))


def _tries_failed(sieve: Sieve, blocks: Blocks, answer: _Answer) -> Floats:
    """Return each cell's households for whom a try on the way did not come off (N)."""
    instance, allocation = answer.instance, answer.allocation
    failed = np.array([r.failed for r in sieve.setting.routes], dtype=np.float64)[blocks.route]
    by_block = summed(instance.block, allocation.offers * failed, len(instance.demand))
    return np.asarray(_handed_back(sieve, blocks, by_block[:, None])[:, 0])


def _used_up(instance: Instance, allocation: Allocation) -> Flags:
    """Return whether each limit is used up in the allocation (K)."""
    return np.asarray(allocation.used >= instance.limit * (1 - FULL_WITHIN))


def _details(stages: Stages, failure: NDArray[np.int64]) -> NDArray[np.object_]:
    """Say what lies behind each cell's loss."""
    detail = np.full(len(failure), Detail.NONE, dtype=object)
    unconnected = failure == EARLY.index(Reason.NOT_CONNECTED)
    detail[unconnected & stages.way_in] = Detail.NO_WAY_ON
    detail[unconnected & ~stages.way_in] = Detail.NO_WAY_IN
    unreached = failure == EARLY.index(Reason.OUT_OF_REACH)
    detail[unreached & stages.served] = Detail.TRAVEL
    detail[unreached & ~stages.served] = Detail.AREA
    detail[failure == len(EARLY)] = Detail.FULL
    detail[failure > len(EARLY)] = Detail.TOO_SLOW
    return detail
