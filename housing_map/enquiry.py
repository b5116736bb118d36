"""Who can help a household like this, by which route; who cannot, and why.

For planning, never for deciding a person's case. Every answer has three values: *yes* where a
route holds even if every unknown goes against it (the cautious run), *perhaps* where it holds
only if some unknown turns out well, *no* otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf
from typing import TYPE_CHECKING, Final

from housing_map import eligibility, model, places, provision, referral, travel
from housing_map.errors import UsageError
from housing_map.kinds import suitable_kinds
from housing_map.parameters import Register
from housing_map.vocabulary import (
    CIRCUMSTANCES,
    Aim,
    Answer,
    Detail,
    Entry,
    Goal,
    Pathway,
    Reason,
    Right,
    Risk,
    Run,
    Stage,
    Tenure,
    Verdict,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from housing_map.pack import Pack
    from housing_map.provision import Service
    from housing_map.referral import Path


@dataclass(frozen=True, slots=True)
class Household:
    """A household as an enquiry describes it. ``area`` is a code or name of any level.

    Raises :class:`UsageError` when two circumstances cannot occur together.
    """

    area: str
    tenure: Tenure
    aim: Aim = Aim.STAY
    right: Right = Right.UNKNOWN
    risk: Risk = Risk.HIGH
    needs: frozenset[str] = frozenset()
    entries: frozenset[Entry] = frozenset(Entry)

    def __post_init__(self) -> None:
        """Refuse circumstances that are unknown or exclude each other."""
        for need in sorted(self.needs):
            if need not in CIRCUMSTANCES:
                known = ", ".join(CIRCUMSTANCES)
                message = f"There is no circumstance {need!r}; choose from {known}"
                raise UsageError(message)
            circumstance = CIRCUMSTANCES[need]
            clash = circumstance.impossible_with & self.needs
            clash |= {
                other
                for other in self.needs - {need}
                if circumstance.level_of and CIRCUMSTANCES[other].level_of == circumstance.level_of
            }
            if clash:
                other = CIRCUMSTANCES[min(clash)].label
                message = f"{circumstance.label!r} and {other!r} cannot both hold"
                raise UsageError(message)

    @property
    def rules(self) -> tuple[str, ...]:
        """Every rule such a household meets."""
        base = eligibility.base_rules(self.tenure, self.right, self.risk, self.aim)
        return (*base, *(code for code in CIRCUMSTANCES if code in self.needs))


@dataclass(frozen=True, slots=True)
class WayIn:
    """How a route starts: where the household first asks, and who passes it on.

    ``depends_on`` lists what has to turn out well on the whole route, as codes that
    :func:`housing_map.words.condition_text` puts into words; empty for a *yes*.
    """

    entry: Entry
    through: tuple[str, ...]
    verdict: Verdict
    wait_days: float
    depends_on: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FoundRoute:
    """A route that exists: its safe place and housing options, in order, and its ways in.

    Ways in come best first, one for each place where the household may first ask; the verdict
    is that of the best.
    """

    verdict: Verdict
    pathway: Pathway | None
    services: tuple[str, ...]
    end: str
    ways: tuple[WayIn, ...]

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Where the household may first ask, in the order of the vocabulary."""
        return tuple(sorted((w.entry for w in self.ways), key=list(Entry).index))


@dataclass(frozen=True, slots=True)
class Refusal:
    """A service that cannot help, with the stage at which it falls out and the detail."""

    service: str
    reason: Reason
    detail: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Enquiry:
    """Answer to an enquiry: routes, services that cannot help, and names of services."""

    household: Household
    goal: Goal
    verdict: Verdict
    routes: tuple[FoundRoute, ...]
    refusals: tuple[Refusal, ...]
    names: Mapping[str, str]
    reason: Reason | None
    """Why there is no route at all, even optimistically; None where there is one."""
    detail: Detail
    """What lies behind the reason: *no way on* where only what comes after safety is missing."""


@dataclass(frozen=True, slots=True, eq=False)
class _World:
    """Services, answers and paths of one run."""

    services: tuple[Service, ...]
    takes: eligibility.Eligibility
    paths: tuple[Path, ...]
    ways_in: tuple[Path, ...]
    serves: frozenset[str]
    reaches: frozenset[str]
    max_wait_days: Mapping[Risk, float]


def enquire(
    pack: Pack,
    household: Household,
    *,
    goal: Goal = Goal.SETTLED,
    settings: model.Settings | None = None,
) -> Enquiry:
    """Find every route for a household, and say why each other service cannot help.

    Room is not asked, since whether there is a place is a matter of the day; a wait that is too
    long for the risk is. An area of several LSOAs counts as served and reached where all of it
    is; in the optimistic run where any of it is. Raises :class:`UsageError` for an unknown area.
    """
    settings = settings or model.Settings()
    lsoas = places.lsoas_of(pack, household.area)
    worlds = {run: _world(pack, household, lsoas, goal, settings, run) for run in Run}
    widest = worlds[Run.OPTIMISTIC]
    open_in = {run: _open_paths(worlds[run], household) for run in Run}
    routes = _routes(pack, household, worlds, open_in)
    helped = {node for nodes in open_in[Run.OPTIMISTIC] for node in nodes}
    refusals = [
        _refusal(service, widest, household)
        for service in widest.services
        if service.id not in helped and service.kind.stage is not Stage.SUPPORT
    ]
    verdict = Verdict.NO
    if routes:
        sure = any(route.verdict is Verdict.YES for route in routes)
        verdict = Verdict.YES if sure else Verdict.PERHAPS
    return Enquiry(
        household=household,
        goal=goal,
        verdict=verdict,
        routes=routes,
        refusals=tuple(refusals),
        names={s.id: s.name for s in widest.services},
        reason=None if routes else _first_failure(widest, household),
        detail=Detail.NO_WAY_ON if not routes and _ways_in(widest, household) else Detail.NONE,
    )


def _world(  # noqa: PLR0917 - what one run of an enquiry needs
    pack: Pack,
    household: Household,
    lsoas: Iterable[str],
    goal: Goal,
    settings: model.Settings,
    run: Run,
) -> _World:
    register = Register(pack["parameters"])
    services = provision.open_services(pack, settings.on or pack.info.reference_date, run)
    pools = provision.pools(pack, services)
    graph = referral.build_graph(
        pack, services, run, default=register.at("unknown_rule_central", run)
    )
    if household.aim is Aim.ARRIVE:
        served = frozenset(s.id for s in services if model.serves_whole(pack, s.id))
        far: frozenset[str] = frozenset()
    else:
        here = list(lsoas)
        serves = model.served(pack, [s.id for s in services]).loc[here]
        minutes = travel.minutes_to_services(pack, register, run).loc[here]
        in_reach = minutes <= register.at("travel_threshold_min", run)
        optimistic = run is Run.OPTIMISTIC
        inside = serves.any() if optimistic else serves.all()
        near = in_reach.any() if optimistic else in_reach.all()
        served = frozenset(str(s) for s in inside.index[inside])
        far = frozenset(str(s) for s in near.index[~near])
    return _World(
        services,
        eligibility.eligibility(pack, services, pools, register, run),
        tuple(referral.find_paths(graph, goal)),
        tuple(referral.find_paths(graph, Goal.SAFE)),
        served,
        served - far,
        {risk: register.at(f"max_wait_days_{risk}", run) for risk in Risk},
    )


def _open_paths(world: _World, household: Household) -> frozenset[tuple[str, ...]]:
    """Return the paths open to the household, each as its nodes."""
    h = household
    kinds = suitable_kinds(h.tenure, h.aim)
    kind_of = {s.id: s.kind.code for s in world.services}
    return frozenset(
        _nodes(path)
        for path in world.paths
        if kind_of[path.anchor] in kinds
        and path.entry in h.entries
        and path.admits(h.tenure, h.right, h.risk, h.aim)
        and not any(world.takes.refusing_rules(s, h.rules) for s in path.services)
        and all(s in world.reaches for s in path.services)
        and path.wait_days <= world.max_wait_days[h.risk]
    )


def _ways_in(world: _World, household: Household) -> frozenset[tuple[str, ...]]:
    """Return the paths open to the household up to a safe place, whatever comes after."""
    return _open_paths(replace(world, paths=world.ways_in), household)


def _nodes(path: Path) -> tuple[str, ...]:
    return (path.steps[0].source, *(step.target for step in path.steps))


_RANK: Final = {Verdict.YES: 0, Verdict.PERHAPS: 1, Verdict.NO: 2}


def _routes(
    pack: Pack,
    household: Household,
    worlds: Mapping[Run, _World],
    open_in: Mapping[Run, frozenset[tuple[str, ...]]],
) -> tuple[FoundRoute, ...]:
    """Routes that differ in where they lead; who passes a household on is a way in."""
    given = eligibility.answers(pack)
    widest = worlds[Run.OPTIMISTIC]
    certain = {s.id: s.certain for s in widest.services}
    stage = {s.id: s.kind.stage for s in widest.services}
    cautious_wait = {_nodes(p): p.wait_days for p in worlds[Run.CAUTIOUS].paths}
    ways: dict[tuple[tuple[str, ...], str], dict[Entry, WayIn]] = {}
    pathways: dict[tuple[tuple[str, ...], str], Pathway | None] = {}
    for path in widest.paths:
        nodes = _nodes(path)
        if nodes not in open_in[Run.OPTIMISTIC]:
            continue
        through = tuple(s for s in path.services if stage[s] is Stage.COORDINATION)
        key = (path.services[len(through) :], path.end)
        sure = nodes in open_in[Run.CAUTIOUS]
        wait = cautious_wait.get(nodes, path.wait_days) if sure else path.wait_days
        way = WayIn(
            path.entry,
            through,
            Verdict.YES if sure else Verdict.PERHAPS,
            wait,
            () if sure else _conditions(path, household, given, certain),
        )
        pathways[key] = path.pathway
        known = ways.setdefault(key, {})
        if path.entry not in known or _order(way) < _order(known[path.entry]):
            known[path.entry] = way
    found = []
    for key, by_entry in ways.items():
        best = tuple(sorted(by_entry.values(), key=_order))
        found.append(FoundRoute(best[0].verdict, pathways[key], key[0], key[1], best))
    found.sort(key=lambda r: (_RANK[r.verdict], len(r.services), r.services, r.end))
    return tuple(found)


def _order(way: WayIn) -> tuple[int, int, int, tuple[str, ...], int]:
    """Rank of a way in: surest, then fewest conditions, shortest, and by name."""
    return (
        _RANK[way.verdict],
        len(way.depends_on),
        len(way.through),
        way.through,
        list(Entry).index(way.entry),
    )


def grouped(routes: Sequence[FoundRoute]) -> list[tuple[FoundRoute, ...]]:
    """Put routes together that differ only in their last housing option and home.

    They share the safe place, the verdict and the ways in, so a reader needs them said once.
    """
    groups: dict[tuple[object, ...], list[FoundRoute]] = {}
    for route in routes:
        ways = tuple((w.entry, w.through, w.verdict, w.depends_on) for w in route.ways)
        groups.setdefault((route.services[:-1], route.verdict, ways), []).append(route)
    return [tuple(members) for members in groups.values()]


def _conditions(
    path: Path,
    household: Household,
    given: Mapping[tuple[str, str], Answer],
    certain: Mapping[str, bool],
) -> tuple[str, ...]:
    """List what nobody knows, or is decided each time, along a path: ``kind:service:rule``."""
    found = [f"operating:{s}:" for s in path.services if not certain[s]]
    found += [
        f"route:{step.source}:{step.target}" for step in path.steps if step.known is not Answer.YES
    ]
    for service in path.services:
        for rule in household.rules:
            answer = given.get((service, rule), Answer.UNKNOWN)
            if answer in {Answer.UNKNOWN, Answer.DEPENDS}:
                found.append(f"{answer}:{service}:{rule}")
    return tuple(found)


def _refusal(service: Service, world: _World, household: Household) -> Refusal:
    """Say at which stage a service falls out for this household."""
    h = household
    safety = service.kind.stage is Stage.SAFETY
    if safety and service.kind.code not in suitable_kinds(h.tenure, h.aim):
        return Refusal(service.id, Reason.NOT_PROVIDED, ("not of a kind that suits",))
    rules = world.takes.refusing_rules(service.id, h.rules)
    if rules:
        return Refusal(service.id, Reason.NOT_ELIGIBLE, rules)
    if service.id not in world.reaches:
        why = Detail.TRAVEL if service.id in world.serves else Detail.AREA
        return Refusal(service.id, Reason.OUT_OF_REACH, (why,))
    return _unconnected(service, world, h)


def _unconnected(service: Service, world: _World, household: Household) -> Refusal:
    """Say why no route of the household leads through a service that takes it."""
    slow = replace(world, max_wait_days=dict.fromkeys(Risk, inf))
    if any(service.id in nodes for nodes in _open_paths(slow, household)):
        return Refusal(service.id, Reason.NO_ROOM, (Detail.TOO_SLOW,))
    on = any(service.id in nodes for nodes in _ways_in(world, household))
    detail = Detail.NO_WAY_ON if on else Detail.NO_WAY_IN
    return Refusal(service.id, Reason.NOT_CONNECTED, (detail,))


def _first_failure(world: _World, household: Household) -> Reason:
    """Stage at which the last candidate is lost, in the order of the cascade."""
    h = household
    kinds = suitable_kinds(h.tenure, h.aim)
    candidates = [s for s in world.services if s.kind.code in kinds]
    if not candidates:
        return Reason.NOT_PROVIDED
    taking = [s for s in candidates if not world.takes.refusing_rules(s.id, h.rules)]
    if not taking:
        return Reason.NOT_ELIGIBLE
    in_no_hurry = replace(world, max_wait_days=dict.fromkeys(Risk, inf))
    if _open_paths(in_no_hurry, h):
        return Reason.NO_ROOM
    everywhere = frozenset(s.id for s in world.services)
    anywhere = replace(in_no_hurry, serves=everywhere, reaches=everywhere)
    return Reason.OUT_OF_REACH if _open_paths(anywhere, h) else Reason.NOT_CONNECTED
