"""The coverage cascade: the one place where met and lost are computed.

A household group is covered when it has a route. Its candidate routes are filtered stage by
stage, each question asked only of what passed the one before; the reason for a loss is the
stage at which none is left:

provided → eligible → connected → in reach → room → taken up

For every row, ``demand = met + Σ lost``, exactly, with ``met`` = met as wanted + met another
way + met elsewhere. A row about a component has one more term, ``met_otherwise``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import sparse

from housing_map.allocation import Allocation, Instance, allocate
from housing_map.eligibility import base_rules
from housing_map.vocabulary import (
    Aim,
    Component,
    Entry,
    Goal,
    Met,
    Pathway,
    Reason,
    Right,
    Risk,
    Run,
    Tenure,
    component_suits,
    suitable_kinds,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from housing_map.eligibility import Eligibility
    from housing_map.profiles import Signatures
    from housing_map.provision import Pool, Service
    from housing_map.referral import Path, Route

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

OUTCOMES: Final[tuple[str, ...]] = (*Met, *Reason)
"""Columns of an outcome array: three ways of being met, six reasons for loss."""
METS: Final = len(Met)
_COLUMN: Final = {code: number for number, code in enumerate(OUTCOMES)}
_EMPTY: Final = 1e-12
ROUTES_BURDEN: Final = 1e-3
"""Burden of one more step, against 1 for being helped otherwise than as wanted."""


class Detail(StrEnum):
    """What lies behind a reason."""

    NONE = ""
    NO_WAY_IN = "no way in"
    NO_WAY_ON = "no way on"
    AREA = "area not served"
    TRAVEL = "too far to travel"
    FULL = "full"
    TOO_SLOW = "too slow for the risk"


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

    run: Run
    goal: Goal
    pathway: Pathway
    services: tuple[Service, ...]
    pools: tuple[Pool, ...]
    eligibility: Eligibility
    paths: tuple[Path, ...]
    routes: tuple[Route, ...]
    places: tuple[PlaceClass, ...]
    max_wait_days: Mapping[Risk, float]
    signatures: Signatures
    signature_refused: Flags
    """Whether a service refuses a signature's circumstances (signatures × services)."""
    signature_draws: Flags
    """Whether a signature draws on a sub-capacity (signatures × sub-capacities)."""
    groups: tuple[Group, ...]


@dataclass(frozen=True, eq=False)
class Cells:
    """Outcomes of every household group × signature of circumstances.

    ``group`` and ``signature`` (N) number the rows of the setting; ``demand`` (N) and
    ``outcomes`` (N × 9, columns :data:`OUTCOMES`) are household-episodes a year; ``detail`` (N)
    says what lies behind the loss; ``met_by`` maps a component to households met on a route
    through it, by way of being met (N × 3).
    """

    setting: Setting
    group: NDArray[np.int64]
    signature: NDArray[np.int64]
    demand: Floats
    outcomes: Floats
    detail: NDArray[np.object_]
    met_by: Mapping[Component, Floats]
    allocation: Allocation
    pool_use: Mapping[str, float]
    stages: Stages

    @cached_property
    def met(self) -> Floats:
        """Households met in any way (N)."""
        return np.asarray(self.outcomes[:, :METS].sum(axis=1))

    def component_outcomes(self, component: Component) -> tuple[Flags, Floats, Floats]:
        """Ask the cascade of one component alone.

        Returns ``suits`` (N), whether the component is meant for the households; ``outcomes``
        (N × 9) with ``met`` on routes through it and the reasons for the rest; and
        ``met_otherwise`` (N). In every row demand = met + met_otherwise + Σ lost.
        """
        stages = self.stages.of_component(component)
        groups = self.setting.groups
        suits_group = np.array(
            [component_suits(component, g.tenure, g.aim) for g in groups], dtype=bool
        )
        suits = suits_group[self.group]
        outcomes = np.zeros_like(self.outcomes)
        through = self.met_by[component]
        outcomes[:, :METS] = through
        lost = self.demand - self.met
        stage = stages.first_failure()
        for number, reason in enumerate(_EARLY):
            outcomes[:, _COLUMN[reason]] = np.where(stage == number, lost, 0.0)
        passed = stage == len(_EARLY)
        for reason in (Reason.NO_ROOM, Reason.NOT_TAKEN_UP):
            column = _COLUMN[reason]
            outcomes[:, column] = np.where(passed, self.outcomes[:, column], 0.0)
        slow = stages.open & ~stages.in_time
        outcomes[:, _COLUMN[Reason.NO_ROOM]] += np.where(slow, lost, 0.0)
        outcomes[~suits] = 0.0
        otherwise = np.where(suits, np.maximum(self.met - through.sum(axis=1), 0.0), 0.0)
        return suits, outcomes, otherwise


_EARLY: Final = (
    Reason.NOT_PROVIDED,
    Reason.NOT_ELIGIBLE,
    Reason.NOT_CONNECTED,
    Reason.OUT_OF_REACH,
)


@dataclass(frozen=True, eq=False)
class Stages:
    """Which stage each cell passes (N), and the paths open to it (N × P).

    ``open`` are paths that passed *in reach* for at least one cell; ``in_time`` those also
    quick enough for the risk. ``way_in`` tells whether a safe place can be reached at all.
    """

    provided: Flags
    eligible: Flags
    connected: Flags
    reached: Flags
    open: Flags
    in_time: Flags
    way_in: Flags
    served: Flags
    paths: Flags
    sieve: _Sieve | None = None

    def first_failure(self) -> NDArray[np.int64]:
        """Number of the first of the four early stages that fails; 4 where all pass.

        A cell that is open but not in time is 5: it is lost at *room*.
        """
        passed = np.vstack([self.provided, self.eligible, self.connected, self.reached])
        first = np.where(passed.all(axis=0), len(_EARLY), np.argmin(passed, axis=0))
        return np.asarray(np.where(self.open & ~self.in_time, len(_EARLY) + 1, first))

    def of_component(self, component: Component) -> Stages:
        """Return the same questions asked of one component's services and paths alone."""
        if self.sieve is None:
            message = "stages of a component cannot be narrowed again"
            raise ValueError(message)
        return self.sieve.stages(component)


def cascade(setting: Setting) -> Cells:
    """Run the whole cascade: the candidate stages, then the allocation."""
    sieve = _Sieve(setting)
    stages = sieve.stages(None)
    blocks, instance, routes = _blocks(setting, sieve, stages)
    allocation = allocate(instance)
    return _outcomes(setting, sieve, stages, blocks, instance, routes, allocation)


class _Sieve:
    """The candidate stages, for all cells at once (rows cells, columns paths or services)."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        groups, signatures = setting.groups, setting.signatures
        demand = np.array([g.demand for g in groups])[:, None] * signatures.share[None, :]
        self.group, self.signature = (index for index in np.nonzero(demand > _EMPTY))
        self.demand = demand[self.group, self.signature]
        self.takes = self._takes()
        self.uses = np.array(
            [[s.id in path.services for path in setting.paths] for s in setting.services],
            dtype=np.float32,
        ).reshape(len(setting.services), len(setting.paths))
        self.admitted = self._admitted()

    def _admitted(self) -> Flags:
        """Whether each path starts where a group asks and is open to it (groups × paths)."""
        groups, paths = self.setting.groups, self.setting.paths
        alike = {(g.tenure, g.right, g.risk, g.aim) for g in groups}
        table = {key: np.array([p.admits(*key) for p in paths], dtype=bool) for key in alike}
        entry = {e: np.array([p.entry is e for p in paths], dtype=bool) for e in Entry}
        rows = [table[g.tenure, g.right, g.risk, g.aim] & entry[g.entry] for g in groups]
        return np.array(rows, dtype=bool).reshape(len(groups), len(paths))

    def _takes(self) -> Flags:
        """Whether each service takes the household (cells × services)."""
        services = self.setting.services
        refused = self.setting.eligibility.refused
        kinds = sorted({g.rules for g in self.setting.groups})
        base = np.array(
            [[not any((s.id, r) in refused for r in rules) for s in services] for rules in kinds],
            dtype=bool,
        ).reshape(len(kinds), len(services))
        number = {rules: i for i, rules in enumerate(kinds)}
        of_group = np.array([number[g.rules] for g in self.setting.groups], dtype=np.int64)
        return np.asarray(
            base[of_group[self.group]] & ~self.setting.signature_refused[self.signature]
        )

    def stages(self, component: Component | None) -> Stages:
        """Ask the four early stages, of every service or of one component's alone."""
        setting = self.setting
        groups, services, paths = setting.groups, setting.services, setting.paths
        suits = np.array(
            [
                [s.kind.code in suitable_kinds(g.tenure, g.aim, setting.pathway) for s in services]
                for g in groups
            ],
            dtype=bool,
        ).reshape(len(groups), len(services))
        position = {s.id: i for i, s in enumerate(services)}
        anchors = [position[path.anchor] for path in paths]
        wanted = suits[:, anchors] if paths else np.zeros((len(groups), 0), dtype=bool)
        if component is None:
            candidates = suits
            through = np.ones(len(paths), dtype=bool)
        else:
            own = np.array([component in s.components for s in services], dtype=bool)
            candidates = np.broadcast_to(own, suits.shape)
            through = np.array([component in p.components for p in paths], dtype=bool)
        possible = wanted & through[None, :] & self.admitted
        provided = candidates.any(axis=1)[self.group]
        takes_candidate = self.takes & candidates[self.group]
        eligible = takes_candidate.any(axis=1)
        accepted = (~self.takes).astype(np.float32) @ self.uses == 0
        connected = possible[self.group] & accepted
        reach = self._reach(np.array([g.place for g in groups], dtype=np.int64))
        open_paths = connected & reach["reached"][self.group]
        limits = np.array([setting.max_wait_days[g.risk] for g in groups])
        waits = np.array([p.wait_days for p in paths])
        quick = waits[None, :] <= limits[:, None]
        in_time = open_paths & quick[self.group]
        return Stages(
            provided=provided,
            eligible=provided & eligible,
            connected=connected.any(axis=1),
            reached=open_paths.any(axis=1),
            open=open_paths.any(axis=1),
            in_time=in_time.any(axis=1),
            way_in=self._way_in(possible, takes_candidate),
            served=(connected & reach["served"][self.group]).any(axis=1),
            paths=in_time,
            sieve=self if component is None else None,
        )

    def _way_in(self, possible: Flags, candidates: Flags) -> Flags:
        """Whether an eligible candidate can be got into, though perhaps not out of."""
        paths, services = self.setting.paths, self.setting.services
        position = {s.id: i for i, s in enumerate(services)}
        up_to = np.zeros((len(services), len(paths)), dtype=np.float32)
        for number, path in enumerate(paths):
            for service in path.services[: path.services.index(path.anchor) + 1]:
                up_to[position[service], number] = 1.0
        can_enter = (~self.takes).astype(np.float32) @ up_to == 0
        anchored = np.array([position[p.anchor] for p in paths], dtype=np.int64)
        takes_anchor = candidates[:, anchored] if paths else np.zeros((len(self.group), 0), bool)
        return np.asarray((possible[self.group] & can_enter & takes_anchor).any(axis=1))

    def _reach(self, place: NDArray[np.int64]) -> dict[str, Flags]:
        """Whether every service of a path serves, and is reached from, each group's area."""
        paths = self.setting.paths
        table = {}
        for name in ("serves", "reaches"):
            rows = [
                [all(s in getattr(c, name) for s in path.services) for path in paths]
                for c in self.setting.places
            ]
            table[name] = np.array(rows, dtype=bool).reshape(len(rows), len(paths))[place]
        return {"served": table["serves"], "reached": table["reaches"]}


def _blocks(
    setting: Setting, sieve: _Sieve, stages: Stages
) -> tuple[NDArray[np.int64], Instance, NDArray[np.int64]]:
    """Merge cells with the same admissible routes, sub-capacities and wish into blocks.

    Returns the block of each cell (-1 where it has no route), the allocation problem, and the
    route of each of its columns.
    """
    routes, pools = setting.routes, setting.pools
    member = np.zeros((len(setting.paths), len(routes)), dtype=np.float32)
    for number, route in enumerate(routes):
        member[list(route.paths), number] = 1.0
    admissible = stages.paths.astype(np.float32) @ member > 0
    subs = setting.eligibility.subs
    drawn = _drawn(setting, sieve)
    uses_pool = {p.id: np.array([p.id in dict(r.pools) for r in routes]) for p in pools}
    relevant = np.array(
        [(admissible & uses_pool[sub.pool][None, :]).any(axis=1) for sub in subs], dtype=bool
    ).reshape(len(subs), len(sieve.group))
    stay = np.array([g.aim is Aim.STAY for g in setting.groups], dtype=bool)[sieve.group]
    key = np.hstack([admissible, drawn & relevant.T, stay[:, None]])
    live = admissible.any(axis=1)
    block = np.full(len(sieve.group), -1, dtype=np.int64)
    if not live.any():
        none = np.zeros((0, key.shape[1]), dtype=bool)
        return block, _instance(setting, np.zeros(0), none), np.zeros(0, dtype=np.int64)
    packed = np.packbits(key[live], axis=1)
    _, first, inverse = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    block[live] = inverse.reshape(-1)
    keys = key[live][first]
    demand = np.bincount(block[live], weights=sieve.demand[live], minlength=len(first))
    instance = _instance(setting, demand, keys)
    _, columns = np.nonzero(keys[:, : len(routes)])
    return block, instance, columns


def _drawn(setting: Setting, sieve: _Sieve) -> Flags:
    """Whether each cell draws on each sub-capacity (cells × sub-capacities)."""
    subs = setting.eligibility.subs
    by_group = np.array(
        [[sub.rule in g.rules for sub in subs] for g in setting.groups], dtype=bool
    ).reshape(len(setting.groups), len(subs))
    return np.asarray(by_group[sieve.group] | setting.signature_draws[sieve.signature])


def _instance(setting: Setting, demand: Floats, keys: Flags) -> Instance:
    """Write the allocation problem of the blocks whose keys are given."""
    run, routes, pools = setting.run, setting.routes, setting.pools
    subs = setting.eligibility.subs
    block, column = np.nonzero(keys[:, : len(routes)])
    drawn = keys[:, len(routes) : len(routes) + len(subs)]
    wants_stay = keys[:, -1] if keys.shape[1] else np.zeros(len(demand), dtype=bool)
    share = np.zeros((len(pools), len(routes)))
    row = {pool.id: number for number, pool in enumerate(pools)}
    for number, route in enumerate(routes):
        for pool_id, used in route.pools:
            share[row[pool_id], number] = used
    loads = share * np.array([p.load(run) for p in pools]).reshape(-1, 1)
    limits = np.array([p.limit(run) for p in pools])
    pool_use = loads[:, column]
    sub_rows = np.array([row[sub.pool] for sub in subs], dtype=np.int64)
    sub_use = pool_use[sub_rows] * drawn.T[:, block]
    sub_limits = limits[sub_rows] * np.array([sub.share for sub in subs])
    moves = np.array([r.pathway is Pathway.MOVE for r in routes], dtype=bool)
    steps = np.array([r.steps for r in routes], dtype=np.float64)
    otherwise = wants_stay[block] & moves[column]
    return Instance(
        demand=demand,
        weight=np.ones(len(demand)),
        block=block.astype(np.int64),
        meets=np.array([r.meets for r in routes])[column] if routes else np.zeros(0),
        burden=otherwise + ROUTES_BURDEN * (steps[column] if routes else np.zeros(0)),
        use=sparse.csr_array(np.vstack([pool_use, sub_use])),
        limit=np.concatenate([limits, sub_limits]),
    )


def _outcomes(  # noqa: PLR0917 - the parts of one computation, each used once
    setting: Setting,
    sieve: _Sieve,
    stages: Stages,
    block: NDArray[np.int64],
    instance: Instance,
    route: NDArray[np.int64],
    allocation: Allocation,
) -> Cells:
    """Hand each block's outcome back to its cells in proportion to demand."""
    routes, blocks = setting.routes, len(instance.demand)
    live = block >= 0
    stay = np.zeros(blocks, dtype=bool)
    stay[block[live]] = np.array([g.aim is Aim.STAY for g in setting.groups])[sieve.group[live]]
    helped = allocation.offers * instance.meets
    moved = np.array([r.pathway is Pathway.MOVE for r in routes], dtype=bool)[route]
    away = np.array([r.pathway is None for r in routes], dtype=bool)[route]
    other_way = ~away & moved & stay[instance.block]
    ends = np.zeros((blocks, len(OUTCOMES)))

    def add(outcome: str, amount: Floats) -> None:
        ends[:, _COLUMN[outcome]] += np.bincount(instance.block, weights=amount, minlength=blocks)

    # Columns of a household met: which of the three ways, in the order of Met.
    way = np.select([away, other_way], [2, 1], default=0)
    for number, met in enumerate(Met):
        add(met, helped * (way == number))
    declined = np.array([r.declined for r in routes], dtype=np.float64)[route]
    add(Reason.NOT_TAKEN_UP, allocation.offers * declined)
    settled = ends.sum(axis=1)
    ends[:, _COLUMN[Reason.NO_ROOM]] = np.maximum(instance.demand - settled, 0.0)
    per_household = np.divide(ends, instance.demand[:, None])
    outcomes = np.zeros((len(sieve.group), len(OUTCOMES)))
    outcomes[live] = per_household[block[live]] * sieve.demand[live, None]
    failure = stages.first_failure()
    for number, reason in enumerate(_EARLY):
        lost = failure == number
        outcomes[lost, _COLUMN[reason]] = sieve.demand[lost]
    slow = failure > len(_EARLY)
    outcomes[slow, _COLUMN[Reason.NO_ROOM]] = sieve.demand[slow]
    met_by = {}
    for component in Component:
        through = np.array([component in r.components for r in routes], dtype=bool)[route]
        by_block = np.column_stack(
            [
                np.bincount(
                    instance.block, weights=helped * through * (way == number), minlength=blocks
                )
                for number in range(METS)
            ]
        )
        met_by[component] = np.zeros((len(sieve.group), METS))
        met_by[component][live] = (by_block / instance.demand[:, None])[block[live]] * sieve.demand[
            live, None
        ]
    return Cells(
        setting=setting,
        group=sieve.group,
        signature=sieve.signature,
        demand=sieve.demand,
        outcomes=outcomes,
        detail=_details(stages, failure),
        met_by=met_by,
        allocation=allocation,
        pool_use={p.id: float(u) for p, u in zip(setting.pools, allocation.used, strict=False)},
        stages=stages,
    )


def _details(stages: Stages, failure: NDArray[np.int64]) -> NDArray[np.object_]:
    """What lies behind each cell's loss."""
    detail = np.full(len(failure), Detail.NONE, dtype=object)
    unconnected = failure == _EARLY.index(Reason.NOT_CONNECTED)
    detail[unconnected & stages.way_in] = Detail.NO_WAY_ON
    detail[unconnected & ~stages.way_in] = Detail.NO_WAY_IN
    unreached = failure == _EARLY.index(Reason.OUT_OF_REACH)
    detail[unreached & stages.served] = Detail.TRAVEL
    detail[unreached & ~stages.served] = Detail.AREA
    detail[failure == len(_EARLY)] = Detail.FULL
    detail[failure > len(_EARLY)] = Detail.TOO_SLOW
    return detail


def routes_open_to(cells: Cells, rows: Sequence[int]) -> list[Route]:
    """Routes admissible for any of the cells ``rows``, in a stable order."""
    open_paths = set(np.flatnonzero(cells.stages.paths[list(rows)].any(axis=0)).tolist())
    return [r for r in cells.setting.routes if open_paths & set(r.paths)]
