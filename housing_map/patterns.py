"""Patterns: which of all viable paths are open to whom, before paths that come to the same merge.

An allocation may treat two advisers who lead to the same bed as one. Whoever asks what is left
when one of them goes may not. So every path counts here, and households to whom the same paths
are open are one **pattern**. Patterns are few where household groups are many.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from housing_map.parameters import Register
from housing_map.referral import build_graph, find_paths
from housing_map.sieve import Sieve, unique_rows
from housing_map.tabulate import rows_of
from housing_map.vocabulary import Run

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from housing_map.coverage import Setting
    from housing_map.model import Result
    from housing_map.pack import Pack
    from housing_map.referral import Path
    from housing_map.vocabulary import Goal

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Numbers = NDArray[np.int64]

NOBODY: Final = 1e-9
"""Household-episodes a year below which a row has nobody in it."""
COLLECTIVE: Final = frozenset({"out_of_area"})
"""Kinds that stand for every provider elsewhere: nothing that ends here takes them all away."""


@dataclass(frozen=True, eq=False)
class Patterns:
    """Households by the paths open to them.

    ``paths`` (P) are the least paths of a setting; ``open`` (U × P) tells which of them are open
    to a pattern; ``group``, ``signature``, ``demand`` and ``of_cell`` (N) are the cells in the
    order of :class:`housing_map.coverage.Cells`, each with its household-episodes a year and the
    number of its pattern.
    """

    setting: Setting
    paths: tuple[Path, ...]
    open: Flags
    of_cell: Numbers
    group: Numbers
    signature: Numbers
    demand: Floats

    @cached_property
    def households(self) -> Floats:
        """Household-episodes a year of each pattern (U)."""
        return np.asarray(
            np.bincount(self.of_cell, weights=self.demand, minlength=len(self.open)), dtype=float
        )

    @cached_property
    def routed(self) -> Flags:
        """Whether any path is open to a pattern (U)."""
        return np.asarray(self.open.any(axis=1))

    @cached_property
    def _uses(self) -> Mapping[str, Flags]:
        """Whether each path goes through a service (P), by service."""
        names = {service for path in self.paths for service in path.services}
        return {
            name: np.array([name in path.services for path in self.paths], dtype=bool)
            for name in names
        }

    @cached_property
    def losable(self) -> tuple[str, ...]:
        """Services on the paths that can be lost, by identifier; entries and homes cannot."""
        kinds = {service.id: service.kind.code for service in self.setting.services}
        return tuple(sorted(name for name in self._uses if kinds[name] not in COLLECTIVE))

    def stranded(self, lost: Collection[str]) -> Flags:
        """Whether a pattern has a path now, and none without the services ``lost`` (U)."""
        broken = np.zeros(len(self.paths), dtype=bool)
        for service in lost:
            if service in self._uses:
                broken |= self._uses[service]
        return np.asarray(self.routed & ~(self.open & ~broken).any(axis=1))

    def losing(self, lost: Collection[str]) -> Floats:
        """Household-episodes a year of each cell that lose their last route (N)."""
        return np.where(self.stranded(lost)[self.of_cell], self.demand, 0.0)


def patterns(pack: Pack, setting: Setting) -> Patterns:
    """Sift all paths of a setting, and gather the cells with the same open paths."""
    paths = least_paths(all_paths(pack, setting, setting.goal))
    return sifted(setting, paths)


@dataclass(frozen=True, slots=True)
class Stranded:
    """Who loses the last route in a loss, in household-episodes a year.

    ``who`` maps ``tenure``, ``need`` and the pack's own level of area to households by code, of
    those that there are any of. Tenures and areas sum to ``households``; needs overlap.
    """

    households: float
    who: Mapping[str, Mapping[str, float]]


def stranded(
    result: Result, found: Patterns, losses: Sequence[Collection[str]], run: Run = Run.CENTRAL
) -> list[Stranded]:
    """Who loses the last route when the services of each of ``losses`` are lost, one by one.

    ``found`` are the patterns of that ``run`` of the result.
    """
    if not losses:
        return []
    losing = np.column_stack([found.losing(lost) for lost in losses])
    figures = pd.DataFrame(losing, columns=[str(number) for number in range(len(losses))])
    tables = {
        by: rows_of(result, result[run], [by], figures).set_index(by)
        for by in ("tenure", "need", result.pack.info.default_level)
    }
    return [
        Stranded(
            float(losing[:, number].sum()),
            {
                by: {str(code): float(n) for code, n in table[str(number)].items() if n > NOBODY}
                for by, table in tables.items()
            },
        )
        for number in range(len(losses))
    ]


def sifted(setting: Setting, paths: Sequence[Path]) -> Patterns:
    """Gather the cells of a setting by which of ``paths`` are open to them."""
    asked = replace(setting, paths=tuple(paths), ways_in=(), routes=())
    sieve = Sieve(asked)
    stages = sieve.stages()
    first, number = unique_rows(stages.ways)
    table, of_cell = stages.ways[first], number[stages.pattern]
    return Patterns(
        setting, tuple(paths), table, of_cell, sieve.group, sieve.signature, sieve.demand
    )


def all_paths(pack: Pack, setting: Setting, goal: Goal) -> list[Path]:
    """Every path of a setting's services to a goal, those that come to the same included."""
    default = Register(pack["parameters"]).at("unknown_rule_central", setting.run)
    graph = build_graph(pack, setting.services, setting.run, default)
    return find_paths(graph, goal)


def least_paths(paths: Sequence[Path]) -> list[Path]:
    """Drop each path that another makes needless, whoever asks and whatever is lost.

    A path is needless beside one with the same entry, safe place and pathway that is open to
    everybody it is open to, is as quick, and uses no service that it does not use itself.
    """
    alike: dict[tuple[str, str, str], list[Path]] = {}
    for path in sorted(paths, key=_rank):
        key = (str(path.entry), path.anchor, str(path.pathway))
        kept = alike.setdefault(key, [])
        if not any(_spares(other, path) for other in kept):
            kept.append(path)
    return [path for kept in alike.values() for path in kept]


def _rank(path: Path) -> tuple[int, float, int, tuple[str, ...], str]:
    """Order in which no path is made needless by a later one of other services."""
    services = frozenset(path.services)
    return (len(services), path.wait_days, len(path.steps), path.services, path.end)


def _spares(other: Path, path: Path) -> bool:
    """Whether ``other`` does all that ``path`` does, with no service that it lacks."""
    return (
        frozenset(other.services) <= frozenset(path.services)
        and other.wait_days <= path.wait_days
        and path.condition.both(other.condition) == path.condition
    )
