"""Cut sets: the fewest services or organisations whose loss together leaves nobody a way.

A household group keeps a route as long as one of its paths is whole. A set of things that can be
lost *cuts* the group when every one of its paths goes through some member, and it is a **minimal
cut set** when no smaller part of it does so already (Birnbaum, Esary and Saunders, Technometrics
1961). Those of size one are the single points of failure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from housing_map.patterns import Patterns

    Units = frozenset[str]

LARGEST: Final = 3
"""Members of the largest cut set looked for."""


@dataclass(frozen=True, slots=True)
class CutSet:
    """Things whose loss together leaves households without any route.

    In household-episodes a year: ``losing`` lose their last route when all ``members`` are lost;
    ``only_together`` are those of them who would still have one if any member stayed.
    """

    members: tuple[str, ...]
    losing: float
    only_together: float


def cut_sets(
    found: Patterns, units: Mapping[str, Units], largest: int = LARGEST
) -> tuple[CutSet, ...]:
    """Minimal cut sets of up to ``largest`` of the ``units``, over all patterns of households.

    ``units`` maps what can be lost (a service, an organisation) to the services that go with it.
    Single points of failure come first, then pairs, each by the households they cut off.
    """
    holding: dict[str, set[str]] = {}
    for unit, services in units.items():
        for service in services:
            holding.setdefault(service, set()).add(unit)
    breaking = [
        frozenset(unit for service in path.services for unit in holding.get(service, ()))
        for path in found.paths
    ]
    together: dict[Units, float] = {}
    for row, households in zip(found.open, found.households, strict=True):
        family = {breaking[number] for number in np.flatnonzero(row)}
        for members in hitting_sets(family, largest):
            together[members] = together.get(members, 0.0) + float(households)
    cuts = [
        CutSet(tuple(sorted(members)), _cut_off(found, units, members), only)
        for members, only in together.items()
    ]
    return tuple(sorted(cuts, key=lambda c: (len(c.members), -c.losing, c.members)))


def _cut_off(found: Patterns, units: Mapping[str, Units], members: Units) -> float:
    lost = frozenset().union(*(units[unit] for unit in members))
    return float(found.households[found.stranded(lost)].sum())


def hitting_sets(family: Iterable[Units], largest: int = LARGEST) -> frozenset[Units]:
    """All minimal sets of up to ``largest`` members that share one with every set of a family.

    Branches on the smallest set not yet hit: at most d ** ``largest`` branches, d being the size
    of the largest set of the family. There are none for an empty family, nor where the family
    holds the empty set.
    """
    sets = least_sets(family)
    if not sets:
        return frozenset()
    hitting: set[Units] = set()
    branches: set[Units] = {frozenset()}
    for _ in range(largest + 1):
        ahead: set[Units] = set()
        for members in branches:
            missed = next((one for one in sets if not one & members), None)
            if missed is None:
                hitting.add(members)
            elif len(members) < largest:
                ahead |= {members | {unit} for unit in missed}
        branches = ahead
    return frozenset(
        members
        for members in hitting
        if not any(all(one & (members - {unit}) for one in sets) for unit in members)
    )


def least_sets(family: Iterable[Units]) -> list[Units]:
    """Drop sets that hold another one of a family: what hits the rest, smallest first, hits all."""
    least: list[Units] = []
    for one in sorted(set(family), key=lambda one: (len(one), sorted(one))):
        if not any(other <= one for other in least):
            least.append(one)
    return least
