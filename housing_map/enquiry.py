"""Who can help a household like this, by which route; who cannot, and why.

For planning, never for deciding a person's case. Every answer has three values: *yes* where a
route holds even if every unknown goes against it (the cautious run), *perhaps* where it holds
only if some unknown turns out well, *no* otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf, prod
from typing import TYPE_CHECKING, Final

from housing_map import eligibility, model, places, provision, referral, travel
from housing_map.cells import is_empty, records
from housing_map.choice import distinct_routes
from housing_map.errors import UsageError
from housing_map.kinds import suitable_kinds
from housing_map.parameters import Register, triad
from housing_map.schemas import split_codes
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

    from housing_map.cells import Row
    from housing_map.pack import Pack
    from housing_map.parameters import Figure
    from housing_map.provision import Service
    from housing_map.referral import Path, Step

    Key = tuple[tuple[tuple[str, str, referral.Condition], ...], tuple[str, ...]]


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
class RouteStep:
    """One step of a route, with what is known about it; a figure may be unknown.

    ``known`` says whether this referral route exists. ``wait_days`` is the wait before the step,
    ``accepts`` the share of households offered it who take it, ``succeeds`` the share of tries
    that come off.
    """

    source: str
    target: str
    known: Answer
    wait_days: Figure
    accepts: Figure
    succeeds: Figure


@dataclass(frozen=True, slots=True)
class WayIn:
    """How a route starts: where the household first asks, and who passes it on.

    ``depends_on`` lists what has to turn out well on the whole route, as codes that
    :func:`housing_map.enquiry_words.condition_text` puts into words; empty for a *yes*.
    ``wait_days`` is the wait up to the safe place. ``steps`` is the whole route.
    """

    entry: Entry
    through: tuple[str, ...]
    verdict: Verdict
    wait_days: float
    depends_on: tuple[str, ...]
    steps: tuple[RouteStep, ...] = ()

    @property
    def comes_off(self) -> float:
        """Share of offers that lead to the goal: central figures, 1 for a share nobody knows."""
        shares = (figure.central for step in self.steps for figure in (step.accepts, step.succeeds))
        return prod(1.0 if share is None else share for share in shares)


@dataclass(frozen=True, slots=True)
class FoundRoute:
    """A route that exists: its safe place and housing options, in order, and its ways in.

    Ways in come best first, one for each place where the household may first ask; the verdict
    is that of the best. ``services`` hold also what has to be used beside another service (a bed
    *and* support): ``beside`` pairs each such service, second, with the one it goes with.
    """

    verdict: Verdict
    pathway: Pathway | None
    services: tuple[str, ...]
    end: str
    ways: tuple[WayIn, ...]
    beside: tuple[tuple[str, str], ...] = ()

    @property
    def chain(self) -> tuple[str, ...]:
        """The services one after another, without those beside them."""
        companions = {companion for _, companion in self.beside}
        return tuple(s for s in self.services if s not in companions)

    @property
    def safe_place(self) -> str:
        """The first safe place; on a direct move, the way into housing."""
        return self.chain[0]

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
class Count:
    """A number of routes: ``sure`` whatever the unknowns turn out, ``perhaps`` at the best."""

    sure: int
    perhaps: int

    @property
    def verdict(self) -> Verdict:
        """Whether there is any."""
        if self.sure:
            return Verdict.YES
        return Verdict.PERHAPS if self.perhaps else Verdict.NO


@dataclass(frozen=True, slots=True)
class Options:
    """What choice a household has: see :mod:`housing_map.choice` for the terms.

    ``distinct`` counts routes no two of which share a safe place or a way into housing, wherever
    the household first asks; ``left`` counts them once the first route's safe place
    (``safe_place``, empty where there is no route) is full or gone. ``stay`` and ``move`` say
    whether a way is open to be safe at home, and somewhere else in the district. ``next_steps``
    are the ways from a safe place to a settled home, each with its verdict: a housing option, or
    the home itself where none is needed.
    """

    distinct: Count
    stay: Verdict
    move: Verdict
    safe_place: str
    left: Count
    next_steps: tuple[tuple[str, Verdict], ...]


@dataclass(frozen=True, slots=True)
class Enquiry:
    """Answer to an enquiry: routes, choice, services that cannot help, and names of services."""

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
    options: Options


@dataclass(frozen=True, slots=True, eq=False)
class _World:
    """Services, answers and paths of one run."""

    services: tuple[Service, ...]
    takes: eligibility.Eligibility
    paths: tuple[Path, ...]
    ways_in: tuple[Path, ...]
    onward: tuple[Path, ...]
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
    helped = {service for path in open_in[Run.OPTIMISTIC].values() for service in path.services}
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
        options=_options(worlds, household, open_in, routes),
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
    paths = {g: tuple(referral.find_paths(graph, g)) for g in Goal}
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
        paths[goal],
        paths[Goal.SAFE],
        paths[Goal.SETTLED],
        served,
        served - far,
        {risk: register.at(f"max_wait_days_{risk}", run) for risk in Risk},
    )


def _open_paths(world: _World, household: Household) -> dict[Key, Path]:
    """Return the paths open to the household, each by what tells it from others."""
    h = household
    kinds = suitable_kinds(h.tenure, h.aim)
    kind_of = {s.id: s.kind.code for s in world.services}
    takes = {s.id: not world.takes.refusing_rules(s.id, h.rules) for s in world.services}
    return {
        _key(path): path
        for path in world.paths
        if kind_of[path.anchor] in kinds
        and path.entry in h.entries
        and path.admits(h.tenure, h.right, h.risk, h.aim)
        and all(takes[s] and s in world.reaches for s in path.services)
        and path.wait_days <= world.max_wait_days[h.risk]
    }


def _ways_in(world: _World, household: Household) -> dict[Key, Path]:
    """Return the paths open to the household up to a safe place, whatever comes after."""
    return _open_paths(replace(world, paths=world.ways_in), household)


def _key(path: Path) -> Key:
    """Return what tells a path from others: its steps with their conditions, and its services.

    Two steps between the same services may be for other households, and one bed may go with the
    support of either of two providers.
    """
    return tuple((s.source, s.target, s.condition) for s in path.steps), path.services


_RANK: Final = {Verdict.YES: 0, Verdict.PERHAPS: 1, Verdict.NO: 2}


def _routes(
    pack: Pack,
    household: Household,
    worlds: Mapping[Run, _World],
    open_in: Mapping[Run, Mapping[Key, Path]],
) -> tuple[FoundRoute, ...]:
    """Routes that differ in where they lead; who passes a household on is a way in."""
    given = eligibility.answers(pack)
    widest = worlds[Run.OPTIMISTIC]
    certain = {s.id: s.certain for s in widest.services}
    stage = {s.id: s.kind.stage for s in widest.services}
    cautious = open_in[Run.CAUTIOUS]
    ways: dict[tuple[tuple[str, ...], str], dict[Entry, tuple[WayIn, Path]]] = {}
    found: dict[tuple[tuple[str, ...], str], FoundRoute] = {}
    for key, path in open_in[Run.OPTIMISTIC].items():
        targets = [step.target for step in path.steps]
        through = tuple(s for s in targets if stage.get(s) is Stage.COORDINATION)
        place = (tuple(s for s in path.services if s not in through), path.end)
        sure = key in cautious
        way = WayIn(
            path.entry,
            through,
            Verdict.YES if sure else Verdict.PERHAPS,
            (cautious[key] if sure else path).wait_days,
            () if sure else _conditions(path, household, given, certain),
        )
        found.setdefault(
            place,
            FoundRoute(
                way.verdict, path.pathway, place[0], path.end, (), _beside(path.services, targets)
            ),
        )
        known = ways.setdefault(place, {})
        if path.entry not in known or _order(way) < _order(known[path.entry][0]):
            known[path.entry] = way, path
    figures = _Figures(pack)
    routes = []
    for place, by_entry in ways.items():
        chosen = [replace(way, steps=figures.along(path)) for way, path in by_entry.values()]
        best = tuple(sorted(chosen, key=_order))
        routes.append(replace(found[place], verdict=best[0].verdict, ways=best))
    routes.sort(key=lambda r: (_RANK[r.verdict], len(r.services), r.services, r.end))
    return tuple(routes)


def _beside(services: Sequence[str], targets: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Pair what is used beside a service with it: it comes after it, and no step leads to it."""
    pairs, host = [], ""
    for service in services:
        if service in targets:
            host = service
        else:
            pairs.append((host, service))
    return tuple(pairs)


class _Figures:
    """Finds the figures of a step: the graph of a run holds one value of each range alone."""

    def __init__(self, pack: Pack) -> None:
        self._rows: dict[tuple[str, str], list[Row]] = {}
        for row in records(pack["referral_routes"]):
            self._rows.setdefault((str(row["from_id"]), str(row["to_id"])), []).append(row)

    def along(self, path: Path) -> tuple[RouteStep, ...]:
        """Return every step of a path with its figures."""
        return tuple(self._of(step) for step in path.steps)

    def _of(self, step: Step) -> RouteStep:
        asked = step.condition
        row = next(
            row
            for row in self._rows[step.source, step.target]
            if row["known"] == step.known
            and (is_empty(row["order"]) or int(row["order"]) == step.order)
            and frozenset(split_codes(row["tenures"])) == asked.tenures
            and frozenset(split_codes(row["rights"])) == asked.rights
            and frozenset(split_codes(row["risks"])) == asked.risks
            and frozenset(split_codes(row["aims"])) == asked.aims
        )
        name = f"{step.source}>{step.target}"
        return RouteStep(
            step.source,
            step.target,
            step.known,
            triad(row, "wait_days", worse_when="high", key=f"wait_days:{name}", unit="days"),
            triad(row, "accepts", worse_when="low", key=f"accepts:{name}", unit="share"),
            triad(row, "succeeds", worse_when="low", key=f"succeeds:{name}", unit="share"),
        )


def _options(
    worlds: Mapping[Run, _World],
    household: Household,
    open_in: Mapping[Run, Mapping[Key, Path]],
    routes: Sequence[FoundRoute],
) -> Options:
    """Say what choice there is; see :class:`Options`."""
    ends = (Run.CAUTIOUS, Run.OPTIMISTIC)
    stage = {s.id: s.kind.stage for s in worlds[Run.OPTIMISTIC].services}
    sure, best = (tuple(open_in[run].values()) for run in ends)

    def count(lost: str = "") -> Count:
        return Count(*(_distinct(paths, stage, lost) for paths in (sure, best)))

    def goes(pathway: Pathway) -> Verdict:
        along = ([p for p in paths if p.pathway is pathway] for paths in (sure, best))
        return Count(*map(len, along)).verdict

    first = routes[0].safe_place if routes else ""
    steps: dict[str, Verdict] = {}
    for run, verdict in zip(ends, (Verdict.YES, Verdict.PERHAPS), strict=True):
        onward = _open_paths(replace(worlds[run], paths=worlds[run].onward), household)
        for node in sorted({_last(path, stage) for path in onward.values()}):
            steps.setdefault(node, verdict)
    return Options(
        distinct=count(),
        stay=goes(Pathway.STAY),
        move=goes(Pathway.MOVE),
        safe_place=first,
        left=count(first),
        next_steps=tuple(steps.items()),
    )


def _distinct(paths: Iterable[Path], stage: Mapping[str, Stage], lost: str) -> int:
    """Count distinct routes among paths that do without ``lost``."""
    return distinct_routes(
        tuple(s.target for s in path.steps if stage.get(s.target) in _PLACES)
        for path in paths
        if lost not in path.services
    )


_PLACES: Final = frozenset({Stage.SAFETY, Stage.HOUSING})


def _last(path: Path, stage: Mapping[str, Stage]) -> str:
    """Return the last housing option of a path; the home where it needs none."""
    last = path.steps[-1].source
    return last if stage.get(last) is Stage.HOUSING else path.end


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
        kept = route.chain[:-1]
        beside = tuple(pair for pair in route.beside if pair[0] in kept)
        groups.setdefault((kept, beside, route.verdict, ways), []).append(route)
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
    if any(service.id in path.services for path in _open_paths(slow, household).values()):
        return Refusal(service.id, Reason.NO_ROOM, (Detail.TOO_SLOW,))
    on = any(service.id in path.services for path in _ways_in(world, household).values())
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
