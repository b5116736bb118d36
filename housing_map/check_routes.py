"""What has to hold of referral routes, and of the services that stand on them."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

import networkx as nx

from housing_map.errors import Problem, Severity
from housing_map.kinds import KINDS, Kind
from housing_map.pack_tables import BY_NAME
from housing_map.rows import nearest, problem_at, rows_of, values_in
from housing_map.schemas import split_codes
from housing_map.vocabulary import ENTRIES, HOMES, STAGE_ORDER, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from housing_map.rows import Read


_ENTRY_PREFIX: Final = "entry:"
_HOME_PREFIX: Final = "home:"
_LIMITED_KINDS: Final = frozenset(
    kind.code
    for kind in KINDS.values()
    if kind.stage in {Stage.SAFETY, Stage.HOUSING} and kind.code != "out_of_area"
)
"""Kinds whose capacity in the district limits how many it can help."""


def route_problems(read: Read) -> Iterator[Problem]:
    """Yield routes that cannot be, services beside them, and kinds that nothing limits."""
    yield from _route_problems(read)
    yield from _companion_problems(read)
    yield from _service_warnings(read)
    yield from _pool_warnings(read)


def _kinds_by_service(read: Read) -> dict[str, Kind] | None:
    """Kind of each service that has one; None when the services could not be read."""
    if (
        values_in(read, "services", "service_id") is None
        or values_in(read, "services", "kind") is None
    ):
        return None
    return {
        str(cells["service_id"]): KINDS[cells["kind"]]
        for _, cells in rows_of(read, "services", "service_id", "kind")
        if cells["kind"] in KINDS
    }


def _companion_problems(read: Read) -> Iterator[Problem]:
    """Yield services that have to be used with one that does not exist, or with themselves."""
    services = values_in(read, "services", "service_id")
    if services is None or values_in(read, "services", "used_with") is None:
        return
    for row, cells in rows_of(read, "services", "service_id", "used_with"):
        for code in split_codes(cells["used_with"]):
            own = code == cells["service_id"]
            if code not in services or own:
                yield problem_at(
                    "services",
                    row,
                    "used_with",
                    "a service cannot be used with itself" if own else "there is no such service",
                    value=code,
                    expected="service_id of another service",
                    mend=nearest(
                        code, services, "Give the service_id of a service in services.csv"
                    ),
                )


def _route_problems(read: Read) -> Iterator[Problem]:
    """Yield routes between ends that do not exist, that go back, or that go round in circles."""
    services = values_in(read, "services", "service_id")
    kinds = _kinds_by_service(read)
    if services is None or kinds is None:
        return
    forward: nx.DiGraph[str] = nx.DiGraph()
    for row, cells in rows_of(read, "referral_routes", "from_id", "to_id"):
        ends = {name: cells[name] for name in ("from_id", "to_id")}
        if None in ends.values():
            continue
        found = [
            problem
            for name, end in ends.items()
            for problem in _end_problems(row, name, str(end), services, kinds)
        ]
        yield from found
        before, after = (_stage(str(end), kinds) for end in ends.values())
        if found or before is None or after is None:
            continue
        if STAGE_ORDER[after] < STAGE_ORDER[before]:
            yield problem_at(
                "referral_routes",
                row,
                "to_id",
                f"the route goes back, from the stage {before} to {after}",
                value=ends["to_id"],
                expected="a service of the same stage or a later one: " + ", ".join(STAGE_ORDER),
                mend="Swap the two ends, or remove the route",
            )
        elif not forward.has_edge(ends["from_id"], ends["to_id"]):
            forward.add_edge(ends["from_id"], ends["to_id"], row=row)
    yield from _cycle_problems(forward)


def _end_problems(
    row: int, column: str, end: str, services: frozenset[str], kinds: Mapping[str, Kind]
) -> Iterator[Problem]:
    """Yield what is wrong with one end of a route."""
    start = column == "from_id"
    prefix, words = (_ENTRY_PREFIX, ENTRIES) if start else (_HOME_PREFIX, HOMES)
    known = {*services, *(f"{prefix}{code}" for code in words)}
    wrong_way = end.startswith(_HOME_PREFIX if start else _ENTRY_PREFIX)
    if end not in known:
        path = BY_NAME["services"].path
        yield problem_at(
            "referral_routes",
            row,
            column,
            ("a route leads out of a home" if start else "a route leads into an entry point")
            if wrong_way
            else f"there is no service or {'entry point' if start else 'home'} {end}",
            value=end,
            expected=f"a service_id of {path}, or one of: "
            + ", ".join(sorted(f"{prefix}{code}" for code in words)),
            mend="Swap the two ends, or remove the route"
            if wrong_way
            else nearest(end, known, f"Mend the spelling, or add the service to {path}"),
        )
    elif end in kinds and kinds[end].stage is Stage.SUPPORT:
        yield problem_at(
            "referral_routes",
            row,
            column,
            f"a {kinds[end].label.lower()} stands beside the routes, not on them",
            value=end,
            expected="a service of another kind",
            mend="Remove the route, or mend the kind of the service",
        )


def _stage(end: str, kinds: Mapping[str, Kind]) -> Stage | None:
    if end.startswith(_ENTRY_PREFIX):
        return Stage.ENTRY
    if end.startswith(_HOME_PREFIX):
        return Stage.HOME
    return kinds[end].stage if end in kinds else None


def _cycle_problems(graph: nx.DiGraph[str]) -> Iterator[Problem]:
    """Yield one circle for each set of services that send households round to each other."""
    for members in nx.strongly_connected_components(graph):
        part = graph.subgraph(members)
        if not part.edges:
            continue
        circle = [edge[0] for edge in nx.find_cycle(part, min(members))]
        least = circle.index(min(circle))
        circle = [*circle[least:], *circle[:least], circle[least]]
        row = max(graph.edges[edge]["row"] for edge in pairwise(circle))
        yield problem_at(
            "referral_routes",
            row,
            "to_id",
            f"the routes go round in a circle: {' → '.join(circle)}",
            value=circle[1],
            expected="routes that never come back to a service",
            mend="Remove one of these routes",
        )


def _service_warnings(read: Read) -> Iterator[Problem]:
    """Yield services on a route that serve no area, and services that no route leads to."""
    ends = [values_in(read, "referral_routes", name) for name in ("from_id", "to_id")]
    served = values_in(read, "areas_served", "service_id")
    on_route = None if ends[0] is None or ends[1] is None else ends[0] | ends[1]
    for row, cells in rows_of(read, "services", "service_id", "kind", "operating"):
        service, kind = cells["service_id"], KINDS.get(cells["kind"])
        if kind is None or cells["operating"] == "no" or on_route is None:
            continue
        if service not in on_route and kind.stage is not Stage.SUPPORT:
            yield problem_at(
                "services",
                row,
                "service_id",
                "no referral route leads to the service or from it",
                value=service,
                expected=f"a row in {BY_NAME['referral_routes'].path}",
                mend="Add the routes, with known set to unknown if need be",
                severity=Severity.WARNING,
            )
        if service in on_route and served is not None and service not in served:
            yield problem_at(
                "services",
                row,
                "service_id",
                "the service stands on a route but serves no area, so it reaches nobody",
                value=service,
                expected=f"a row in {BY_NAME['areas_served'].path}",
                mend="Add the area it serves, such as the code of the district",
                severity=Severity.WARNING,
            )


def _pool_warnings(read: Read) -> Iterator[Problem]:
    """Yield kinds of service whose capacity nothing limits: no figure and no assumption."""
    tables = ("services", "capacity", "pool_assumptions")
    if not all(read[name].readable for name in tables):
        return
    own = {
        cells["service_id"]
        for _, cells in rows_of(read, "capacity", "service_id", "capacity_central")
        if cells["capacity_central"] is not None
    }
    assumed = {
        cells["kind"]
        for _, cells in rows_of(read, "pool_assumptions", "kind", "capacity_central")
        if cells["capacity_central"] is not None
    }
    unlimited: dict[str, list[str]] = {}
    for _, cells in rows_of(read, "services", "service_id", "kind", "operating"):
        kind = KINDS.get(cells["kind"])
        if kind is None or cells["operating"] == "no" or kind.code not in _LIMITED_KINDS:
            continue
        if kind.code not in assumed and cells["service_id"] not in own:
            unlimited.setdefault(kind.code, []).append(str(cells["service_id"]))
    for kind_code, services in unlimited.items():
        yield problem_at(
            "pool_assumptions",
            None,
            "kind",
            f"nobody knows the capacity of {', '.join(services)}, and there is no assumption for "
            "the kind: the model does not limit it",
            value=kind_code,
            expected="a row with a capacity for the whole district",
            mend="Add an assumption, or the service's own figure to capacity.csv",
            severity=Severity.WARNING,
        )
