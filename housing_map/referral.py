"""The referral graph, and the paths that lead through it to safety and a settled home.

A typed directed multigraph (networkx): entry points → coordination → safety → housing options
→ a home. A **path** starts where a household first asks; for the goal *safe* it ends at the
first safe place, for *settled* at a home. Paths that use the same capacity with the same
shares, the same components and the same pathway are one **route** (:func:`merge_routes`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import product
from typing import TYPE_CHECKING, Final

import networkx as nx

from housing_map.cells import is_empty, records
from housing_map.parameters import triad
from housing_map.schemas import split_codes
from housing_map.stance import holds
from housing_map.vocabulary import (
    HOMES,
    SPECIALIST_SUPPORT,
    STAGE_ORDER,
    Aim,
    Answer,
    Component,
    Entry,
    Goal,
    Pathway,
    Right,
    Risk,
    Stage,
    Tenure,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from housing_map.cells import Row
    from housing_map.pack import Pack
    from housing_map.parameters import Worse
    from housing_map.provision import Pool, Service
    from housing_map.stance import Stance

    _Likeness = tuple[
        str, tuple[tuple[str, float], ...], tuple[Component, ...], tuple[str, ...], float, float
    ]

ENTRY_PREFIX: Final = "entry:"
HOME_PREFIX: Final = "home:"
HOME_ELSEWHERE: Final = "home:elsewhere"
HOME_STAYED: Final = "home:stayed"
_LIKELY: Final = 0.5
"""Share from which on an unknown route counts as there in the central run."""
_LAST: Final = 1_000_000
"""Order of a route that no order is given for."""


@dataclass(frozen=True, slots=True)
class Condition:
    """Households for whom a step is open; an empty set means everybody."""

    tenures: frozenset[Tenure] = frozenset()
    rights: frozenset[Right] = frozenset()
    risks: frozenset[Risk] = frozenset()
    aims: frozenset[Aim] = frozenset()

    def admits(self, tenure: Tenure, right: Right, risk: Risk, aim: Aim) -> bool:
        """Whether a household of this description may take the step."""
        return (
            (not self.tenures or tenure in self.tenures)
            and (not self.rights or right in self.rights)
            and (not self.risks or risk in self.risks)
            and (not self.aims or aim in self.aims)
        )

    def both(self, other: Condition) -> Condition | None:
        """Condition that holds where both do; None where no household can meet both."""
        if other in (self, ANYBODY):
            return self
        pairs = (
            (self.tenures, other.tenures),
            (self.rights, other.rights),
            (self.risks, other.risks),
            (self.aims, other.aims),
        )
        if any(mine and theirs and not mine & theirs for mine, theirs in pairs):
            return None
        return Condition(
            (self.tenures & other.tenures) or self.tenures | other.tenures,
            (self.rights & other.rights) or self.rights | other.rights,
            (self.risks & other.risks) or self.risks | other.risks,
            (self.aims & other.aims) or self.aims | other.aims,
        )


ANYBODY: Final = Condition()


@dataclass(frozen=True, slots=True)
class Step:
    """One step from ``source`` to ``target``, as it is in one run.

    ``accepts`` is the share of households who take it when offered, ``succeeds`` the share of
    tries that come off, ``wait_days`` the wait before it (0 where unknown). ``known`` is the
    answer to whether the route exists.
    """

    source: str
    target: str
    condition: Condition
    accepts: float
    succeeds: float
    wait_days: float
    known: Answer
    order: int


@dataclass(frozen=True, slots=True)
class Path:
    """A way through the graph.

    ``services`` are those on the way, in order, each with the one that has to be used beside it
    (a bed *and* support); ``anchor`` the first safe place (or, on a direct move, the housing
    option that leads to the home). ``shares`` gives for each service the share
    of offers that come to use it; ``meets``, ``declined`` and ``failed`` split one offer and sum
    to 1. ``wait_days`` is the wait up to the anchor.
    """

    entry: Entry
    steps: tuple[Step, ...]
    condition: Condition
    services: tuple[str, ...]
    anchor: str
    end: str
    pathway: Pathway | None
    components: frozenset[Component]
    shares: tuple[float, ...]
    meets: float
    declined: float
    failed: float
    wait_days: float
    supports: frozenset[str] = frozenset()
    """Specialist support types given somewhere on the way."""
    order: tuple[int, ...] = ()
    """Place of each step in the order in which its source tries its routes."""

    def admits(self, tenure: Tenure, right: Right, risk: Risk, aim: Aim) -> bool:
        """Whether every step is open to a household of this description."""
        return self.condition.admits(tenure, right, risk, aim)


@dataclass(frozen=True, slots=True)
class Route:
    """Paths that come to the same: same pools and shares, components and pathway."""

    pathway: Pathway | None
    pools: tuple[tuple[str, float], ...]
    components: frozenset[Component]
    meets: float
    declined: float
    failed: float
    steps: int
    supports: frozenset[str]
    paths: tuple[int, ...] = field(compare=False)


def build_graph(
    pack: Pack, services: Sequence[Service], run: Stance, default: float
) -> nx.MultiDiGraph[str]:
    """Build the referral graph of a run.

    Nodes are ``entry:CODE``, service identifiers and ``home:CODE``, with attributes ``stage``
    and ``label``; each edge holds its :class:`Step`. A route that is unknown exists in the
    optimistic run, not in the cautious one, and in the central run when ``default`` is at least
    a half; one that *depends* exists in all but the cautious run.
    """
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    for entry in Entry:
        graph.add_node(f"{ENTRY_PREFIX}{entry}", stage=Stage.ENTRY)
    for service in services:
        graph.add_node(service.id, stage=service.kind.stage, service=service)
    for code in HOMES:
        graph.add_node(f"{HOME_PREFIX}{code}", stage=Stage.HOME)
    for row in records(pack["referral_routes"]):
        known = Answer(row["known"])
        if row["from_id"] not in graph or row["to_id"] not in graph:
            continue
        key = f"route:{row['from_id']}>{row['to_id']}"
        if _exists(known, key, run, default):
            step = _step(row, known, run)
            graph.add_edge(step.source, step.target, step=step)
    return graph


def _exists(known: Answer, key: str, run: Stance, default: float) -> bool:
    if known in {Answer.YES, Answer.NO}:
        return known is Answer.YES
    return holds(run, key, likelier=known is Answer.DEPENDS or default >= _LIKELY)


def _step(row: Row, known: Answer, run: Stance) -> Step:
    name = f"{row['from_id']}>{row['to_id']}"

    def at(prefix: str, worse: Worse, empty: float) -> float:
        figure = triad(row, prefix, worse_when=worse, key=f"{prefix}:{name}")
        return figure.at(run) if figure.known else empty

    return Step(
        source=str(row["from_id"]),
        target=str(row["to_id"]),
        condition=Condition(
            frozenset(Tenure(c) for c in split_codes(row["tenures"])),
            frozenset(Right(c) for c in split_codes(row["rights"])),
            frozenset(Risk(c) for c in split_codes(row["risks"])),
            frozenset(Aim(c) for c in split_codes(row["aims"])),
        ),
        accepts=at("accepts", "low", 1.0),
        succeeds=at("succeeds", "low", 1.0),
        wait_days=at("wait_days", "high", 0.0),
        known=known,
        order=_LAST if is_empty(row["order"]) else int(row["order"]),
    )


def find_paths(graph: nx.MultiDiGraph[str], goal: Goal) -> list[Path]:
    """All paths from an entry point to the goal, forward by stage, in a stable order."""
    onward = {node: _onward(graph, node, goal) for node in graph}
    found = [
        path
        for entry in Entry
        for steps in _walk(onward, f"{ENTRY_PREFIX}{entry}", ())
        for path in _paths(graph, entry, steps)
    ]
    return sorted(found, key=lambda p: (p.entry, len(p.steps), p.services, p.end))


def _onward(graph: nx.MultiDiGraph[str], node: str, goal: Goal) -> tuple[Step, ...] | None:
    """Return the steps that lead on from a node, in the order they are tried; None at an end."""
    stage = graph.nodes[node]["stage"]
    if stage is Stage.HOME or (goal is Goal.SAFE and stage is Stage.SAFETY):
        return None
    steps = [data["step"] for _, _, data in graph.out_edges(node, data=True)]
    ahead = [s for s in steps if STAGE_ORDER[graph.nodes[s.target]["stage"]] >= STAGE_ORDER[stage]]
    return tuple(sorted(ahead, key=lambda step: (step.order, step.target)))


def _walk(
    onward: Mapping[str, tuple[Step, ...] | None], node: str, taken: tuple[Step, ...]
) -> Iterator[tuple[Step, ...]]:
    steps = onward[node]
    if steps is None:
        yield taken
        return
    seen = {step.source for step in taken}
    for step in steps:
        if step.target not in seen:
            yield from _walk(onward, step.target, (*taken, step))


def _paths(graph: nx.MultiDiGraph[str], entry: Entry, steps: tuple[Step, ...]) -> Iterator[Path]:
    """Yield a path for each choice of the services that have to be used beside those on it."""
    path = _path(graph, entry, steps)
    if path is None:
        return
    needing = [s for s in path.services if graph.nodes[s]["service"].used_with]
    choices = [[c for c in graph.nodes[s]["service"].used_with if c in graph] for s in needing]
    for chosen in product(*choices):
        yield _accompanied(graph, path, dict(zip(needing, chosen, strict=True)))


def _accompanied(graph: nx.MultiDiGraph[str], path: Path, beside: Mapping[str, str]) -> Path:
    """Return the path with each service's companion after it, used by as many."""
    if not beside:
        return path
    services, shares = list(path.services), list(path.shares)
    for host, companion in beside.items():
        if companion not in services:
            place = services.index(host)
            services.insert(place + 1, companion)
            shares.insert(place + 1, shares[place])
    used = [graph.nodes[s]["service"] for s in services]
    return replace(
        path,
        services=tuple(services),
        shares=tuple(shares),
        components=frozenset().union(*(s.components for s in used)),
        supports=_supports(used),
    )


def _supports(services: Sequence[Service]) -> frozenset[str]:
    """Return the support types that only some households need, as far as the services give them."""
    return frozenset(SPECIALIST_SUPPORT) & frozenset().union(*(s.supports for s in services))


def _path(graph: nx.MultiDiGraph[str], entry: Entry, steps: tuple[Step, ...]) -> Path | None:
    visited = [step.target for step in steps]
    services = [graph.nodes[v]["service"] for v in visited if "service" in graph.nodes[v]]
    anchors = [s for s in services if s.kind.stage is Stage.SAFETY] or [
        s for s in services if s.kind.stage is Stage.HOUSING
    ]
    if not anchors:
        return None
    anchor = anchors[0]
    condition = _common_condition(steps)
    if condition is None:
        return None
    left, declined, failed, wait = 1.0, 0.0, 0.0, 0.0
    shares = []
    wait_to_anchor = 0.0
    for step in steps:
        declined += left * (1 - step.accepts)
        left *= step.accepts
        failed += left * (1 - step.succeeds)
        left *= step.succeeds
        wait += step.wait_days
        if "service" in graph.nodes[step.target]:
            shares.append(left)
        if step.target == anchor.id:
            wait_to_anchor = wait
    return Path(
        entry=entry,
        steps=steps,
        condition=condition,
        services=tuple(s.id for s in services),
        anchor=anchor.id,
        end=visited[-1],
        pathway=_pathway(anchor, visited[-1]),
        components=frozenset().union(*(s.components for s in services)),
        shares=tuple(shares),
        meets=left,
        declined=declined,
        failed=failed,
        wait_days=wait_to_anchor,
        supports=_supports(services),
        order=tuple(step.order for step in steps),
    )


def _common_condition(steps: Sequence[Step]) -> Condition | None:
    """Return the condition that holds where every step's does; None where none can."""
    common = ANYBODY
    for step in steps:
        both = common.both(step.condition)
        if both is None:
            return None
        common = both
    return common


def _pathway(anchor: Service, end: str) -> Pathway | None:
    """Return the way a path takes to a safe home; None where it leads out of the district."""
    if anchor.kind.code == "out_of_area" or end == HOME_ELSEWHERE:
        return None
    if anchor.kind.pathway is Pathway.ANY:
        return Pathway.STAY if end == HOME_STAYED else Pathway.MOVE
    return anchor.kind.pathway


def distinct_paths(
    paths: Sequence[Path], telling: frozenset[str], pools: Sequence[Pool]
) -> list[Path]:
    """Drop paths that no household can tell from another one kept.

    ``telling`` are the services that some household cannot use: those that refuse somebody, or
    do not serve or reach every area. Of paths alike in entry, condition, telling services,
    capacity, components and outcome, the one with the shortest wait (then fewest steps) stays,
    with the earliest place in the order of trying.
    """
    pool_of = _pool_of(pools)
    best: dict[tuple[object, ...], Path] = {}
    first: dict[tuple[object, ...], tuple[int, ...]] = {}
    for path in paths:
        key = (
            path.entry,
            path.condition,
            frozenset(path.services) & telling,
            path.anchor,
            path.end,
            path.components,
            path.supports,
            _use(path, pool_of),
            round(path.meets, 12),
            round(path.declined, 12),
        )
        first[key] = min(first.get(key, path.order), path.order)
        kept = best.get(key)
        rank = (path.wait_days, len(path.steps), path.services)
        if kept is None or rank < (kept.wait_days, len(kept.steps), kept.services):
            best[key] = path
    return [
        path if path.order == first[key] else replace(path, order=first[key])
        for key, path in best.items()
    ]


def _pool_of(pools: Sequence[Pool]) -> dict[str, str]:
    """Return the pool that each service belongs to, by service; one without has none."""
    return {member: pool.id for pool in pools for member in pool.members}


def _use(path: Path, pool_of: Mapping[str, str]) -> tuple[tuple[str, float], ...]:
    """Return the pools that a path uses, each with the share of offers that come to use it."""
    used: dict[str, float] = {}
    for service, share in zip(path.services, path.shares, strict=True):
        if service in pool_of:
            pool = pool_of[service]
            used[pool] = used.get(pool, 0.0) + round(share, 12)
    return tuple(sorted(used.items()))


def merge_routes(paths: Sequence[Path], pools: Sequence[Pool]) -> list[Route]:
    """Merge paths that come to the same for an allocation.

    Steps without capacity collapse: what counts is which pools a path uses and with what share
    of offers, which components it goes through, and how one offer ends.
    """
    pool_of = {member: pool.id for pool in pools for member in pool.members}
    alike: dict[_Likeness, list[int]] = {}
    for number, path in enumerate(paths):
        key = (
            "" if path.pathway is None else str(path.pathway),
            _use(path, pool_of),
            tuple(sorted(path.components)),
            tuple(sorted(path.supports)),
            round(path.meets, 12),
            round(path.declined, 12),
        )
        alike.setdefault(key, []).append(number)
    routes = []
    for key, members in sorted(alike.items()):
        first = paths[members[0]]
        routes.append(
            Route(
                pathway=first.pathway,
                pools=key[1],
                components=first.components,
                meets=first.meets,
                declined=first.declined,
                failed=first.failed,
                supports=first.supports,
                steps=min(len(paths[number].steps) for number in members),
                paths=tuple(members),
            )
        )
    return routes
