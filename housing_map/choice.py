"""Choice: how many ways are open to a household, and whether it could fall back on another.

* **Distinct routes**: the largest number of routes no two of which share a safe place or a way
  into housing. Two refuges are two routes although the same adviser leads to both.
* **Backup**: two distinct routes or more.
* **Stay and move**: a way to be safe at home, and a way to be safe somewhere else.
* **Next step**: from some safe place within reach, a way leads on to a settled home.

All of it asks whether a way is open, not whether there is room.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import networkx as nx
import numpy as np
import pandas as pd

from housing_map.cells import records
from housing_map.model import place_classes
from housing_map.parameters import Register
from housing_map.patterns import all_paths, least_paths, patterns, sifted
from housing_map.tabulate import rows_of
from housing_map.vocabulary import Goal, Pathway, Run, Stage

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from housing_map.coverage import Setting
    from housing_map.model import Result, RunResult
    from housing_map.pack import Pack
    from housing_map.patterns import Patterns
    from housing_map.tabulate import Filter

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Places = tuple[str, ...]

BACKUP: Final = 2
"""Distinct routes from which on a household has one to fall back on."""
COLUMNS: Final = ("demand", "no_route", "one_route", "backup", "stay_and_move", "next_step")
"""Figures of a row, in household-episodes a year: see :func:`choice_rows`."""
_SOURCE: Final = "asks"
_SINK: Final = "home"
_CAPACITY: Final = "capacity"


@dataclass(frozen=True, eq=False)
class Choice:
    """What is open to each cell of a run (N, in the order of its cells).

    ``routes`` counts distinct routes; ``stay_and_move`` tells whether both ways are open.
    ``next_step`` is the share of a cell's households who find a way on to a settled home: 0 or
    1, but for cells of which only some areas are reached by what comes next.
    """

    patterns: Patterns
    routes: NDArray[np.int64]
    stay_and_move: Flags
    next_step: Floats

    @property
    def backup(self) -> Flags:
        """Whether another route is left when a service of any one of them is lost (N)."""
        return np.asarray(self.routes >= BACKUP)


def choice(result: Result, run: Run = Run.CENTRAL) -> Choice:
    """Work out what is open to the cells of one run of a result."""
    one = result[run]
    found = patterns(result.pack, one.cells.setting)
    places = _places(one.cells.setting)
    along = [tuple(s.target for s in path.steps if s.target in places) for path in found.paths]
    known: dict[frozenset[Places], int] = {}
    routes = []
    for row in found.open:
        ways = frozenset(along[number] for number in np.flatnonzero(row))
        if ways not in known:
            known[ways] = distinct_routes(ways)
        routes.append(known[ways])
    both = _goes(found, Pathway.STAY) & _goes(found, Pathway.MOVE)
    return Choice(
        patterns=found,
        routes=np.array(routes, dtype=np.int64)[found.of_cell],
        stay_and_move=both[found.of_cell],
        next_step=_next_step(result.pack, one, found),
    )


def _places(setting: Setting) -> frozenset[str]:
    """Safe places and ways into housing: what distinct routes may not share."""
    return frozenset(
        service.id
        for service in setting.services
        if service.kind.stage in {Stage.SAFETY, Stage.HOUSING}
    )


def _goes(found: Patterns, pathway: Pathway) -> Flags:
    """Whether a path of a pathway is open to each pattern (U)."""
    on_it = np.array([path.pathway is pathway for path in found.paths], dtype=bool)
    return np.asarray((found.open & on_it).any(axis=1))


def distinct_routes(ways: Iterable[Places]) -> int:
    """Largest number of ways no two of which share a place, by maximum flow.

    ``ways`` are the places that each path goes through, in order. Every place is a node of
    capacity 1, split in two; entry points, those who coordinate, and homes are without limit.
    Ways that meet at a place can change over there, as paths that are open to one household can:
    each of its steps is open to it. So flow and choice of paths agree (Menger 1927; Ford and
    Fulkerson 1956). What has to be used beside a place is not a place of its own.

    >>> distinct_routes([("refuge", "letting"), ("dispersed", "letting"), ("sanctuary",)])
    2
    """
    graph: nx.DiGraph[tuple[str, str]] = nx.DiGraph()
    source, sink = (_SOURCE, ""), (_SINK, "")
    graph.add_nodes_from([source, sink])
    for places in {tuple(way) for way in ways if way}:
        for place in places:
            graph.add_edge(("into", place), ("out of", place), capacity=1)
        graph.add_edge(source, ("into", places[0]))
        graph.add_edge(("out of", places[-1]), sink)
        for before, after in pairwise(places):
            graph.add_edge(("out of", before), ("into", after))
    return int(nx.maximum_flow_value(graph, source, sink, capacity=_CAPACITY))


def _next_step(pack: Pack, one: RunResult, found: Patterns) -> Floats:
    """Share of each cell's households for whom a way leads on to a settled home (N).

    A path to a settled home starts with one to a safe place, so it is enough that any is open.
    What comes next may reach other areas than what comes first: classes of areas are split
    where it does.
    """
    setting = one.cells.setting
    if setting.goal is Goal.SETTLED:
        return found.routed[found.of_cell].astype(np.float64)
    paths = least_paths(all_paths(pack, setting, Goal.SETTLED))
    finer, origin = _split(pack, one, {service for path in paths for service in path.services})
    onward = sifted(finer, paths)
    reached = onward.routed[onward.of_cell]
    width = len(setting.signatures.share)
    cell = np.asarray(origin, dtype=np.int64)[onward.group] * width + onward.signature
    size = len(setting.groups) * width
    helped = np.bincount(cell, weights=onward.demand * reached, minlength=size)
    whole = np.bincount(cell, weights=onward.demand, minlength=size)
    share = np.divide(helped, whole, out=np.zeros(size), where=whole > 0)
    return np.asarray(share[found.group * width + found.signature])


def _split(pack: Pack, one: RunResult, services: set[str]) -> tuple[Setting, list[int]]:
    """Split groups by which areas further ``services`` serve and reach.

    Returns the setting with finer groups, and the number of the group each comes from.
    """
    setting = one.cells.setting
    wanted = [s for s in setting.services if s.id in services]
    classes, split = place_classes(pack, Register(pack["parameters"]), one.run, wanted,
                                   one.demand)  # fmt: skip
    areas = one.split.merge(split[["lsoa", "tenure", "place_class"]], on=["lsoa", "tenure"],
                            suffixes=("", "_next"))  # fmt: skip
    keys = ["place_class", "tenure", "place_class_next"]
    shares: dict[tuple[int, str], list[tuple[int, float]]] = {}
    for row in records(areas.groupby(keys, as_index=False)[["share"]].sum()):
        pieces = shares.setdefault((row["place_class"], str(row["tenure"])), [])
        pieces.append((row["place_class_next"], row["share"]))
    elsewhere = len(setting.places) - 1
    groups, origin = [], []
    for number, group in enumerate(setting.groups):
        pieces = shares.get((group.place, str(group.tenure)), [])
        if group.place == elsewhere:
            pieces = [(len(classes) - 1, 1.0)]
        for after, share in pieces:
            if share > 0:
                groups.append(replace(group, place=after, demand=group.demand * share))
                origin.append(number)
    return replace(setting, places=classes, groups=tuple(groups)), origin


def choice_rows(
    result: Result,
    by: Sequence[str] = (),
    *,
    run: Run = Run.CENTRAL,
    only: Filter | None = None,
) -> pd.DataFrame:
    """Rows of choice, in household-episodes a year: the columns of ``by`` and those here.

    ``demand`` = ``no_route`` + ``one_route`` + ``backup``; ``stay_and_move`` and ``next_step``
    are parts of demand as well. ``by`` is as in :func:`housing_map.tabulate.coverage_rows`,
    without component. Raises :class:`housing_map.errors.UsageError` for anything else.
    """
    found, one = choice(result, run), result[run]
    demand = one.cells.demand
    flags = (
        np.ones(len(demand)),
        found.routes == 0,
        found.routes == 1,
        found.backup,
        found.stay_and_move,
        found.next_step,
    )
    figures = pd.DataFrame({name: demand * flag for name, flag in zip(COLUMNS, flags, strict=True)})
    return rows_of(result, one, by, figures, only=only)
