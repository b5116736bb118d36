"""Circumstances as they occur together, merged by what they mean for services.

Marginal shares give a joint distribution by maximum entropy. Circumstances that exclude each
other (levels of one group, impossible pairs) are fitted together by iterative proportional
fitting on their small joint table; without pairwise shares everything else is independent,
which understates multiple need, and the app says so.

Profiles are never listed one by one: circumstances are taken in turn, and sets that mean the
same for every service are merged at once into a :class:`Signatures` row.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, product
from typing import TYPE_CHECKING, Final, NoReturn

import networkx as nx
import numpy as np

from housing_map.errors import UsageError
from housing_map.vocabulary import CIRCUMSTANCES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

FITTING_TOLERANCE: Final = 1e-12
FITTING_ROUNDS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Factor:
    """Circumstances fitted together: sets that can occur, with their shares (sum 1)."""

    outcomes: tuple[tuple[frozenset[str], float], ...]


@dataclass(frozen=True, slots=True)
class Signatures:
    """Merged profiles.

    ``masks`` holds, for each signature, the union of the bit masks of its circumstances.
    ``share`` (signatures) sums to 1. ``joint`` (signatures × circumstances) is the share of
    households that have both the signature and the circumstance: each column sums to the
    circumstance's marginal share.
    """

    circumstances: tuple[str, ...]
    masks: tuple[int, ...]
    share: NDArray[np.float64]
    joint: NDArray[np.float64]

    def having(self, circumstance: str) -> NDArray[np.float64]:
        """Return the share of each signature's households that have a circumstance."""
        joint = self.joint[:, self.circumstances.index(circumstance)]
        return np.divide(joint, self.share, out=np.zeros_like(joint), where=self.share > 0)


def factors(shares: Mapping[str, float]) -> list[Factor]:
    """Split circumstances into independent factors by maximum entropy from their marginals.

    ``shares`` maps a circumstance to its marginal share. Raises :class:`UsageError` when
    circumstances that exclude each other have shares of more than 1 together.
    """
    groups: dict[str, list[str]] = {}
    for code in shares:
        groups.setdefault(CIRCUMSTANCES[code].level_of or code, []).append(code)
    together: nx.Graph[str] = nx.Graph()
    together.add_nodes_from(groups)
    for name, codes in groups.items():
        for other, others in groups.items():
            if any(CIRCUMSTANCES[a].impossible_with & set(others) for a in codes):
                together.add_edge(name, other)
    return [
        _fit([groups[name] for name in sorted(part)], shares)
        for part in sorted(nx.connected_components(together), key=min)
    ]


def _fit(groups: Sequence[Sequence[str]], shares: Mapping[str, float]) -> Factor:
    """Fit the joint shares of a few exclusive groups by iterative proportional fitting.

    Groups no two of which can occur together are one exclusive group: there is nothing to fit.
    """
    if len(groups) > 1 and all(
        _impossible(frozenset(p)) for a, b in combinations(groups, 2) for p in product(a, b)
    ):
        groups = [[code for codes in groups for code in codes]]
    levels: list[list[str | None]] = [[None, *codes] for codes in groups]
    margins = []
    for codes in groups:
        rest = 1.0 - sum(shares[code] for code in codes)
        if rest < -FITTING_TOLERANCE:
            _refuse(codes, shares)
        margins.append([max(rest, 0.0), *(shares[code] for code in codes)])
    sets = [frozenset(c for c in combo if c is not None) for combo in product(*levels)]
    table = np.array([0.0 if _impossible(s) else 1.0 for s in sets])
    table = table.reshape([len(codes) for codes in levels])
    for axis, margin in enumerate(margins):
        shape = [1] * table.ndim
        shape[axis] = -1
        table = table * np.reshape(margin, shape)
    for _ in range(FITTING_ROUNDS):
        worst = 0.0
        for axis, margin in enumerate(margins):
            other = tuple(a for a in range(table.ndim) if a != axis)
            now = table.sum(axis=other)
            goal = np.asarray(margin)
            if np.any((now <= 0) & (goal > FITTING_TOLERANCE)):
                _refuse([c for codes in groups for c in codes], shares)
            ratio = np.divide(goal, now, out=np.zeros_like(goal), where=now > 0)
            worst = max(worst, float(np.abs(now - goal).max()))
            shape = [1] * table.ndim
            shape[axis] = -1
            table = table * ratio.reshape(shape)
        if worst < FITTING_TOLERANCE:
            break
    else:
        _refuse([c for codes in groups for c in codes], shares)
    flat = table.reshape(-1)
    return Factor(tuple((s, float(v)) for s, v in zip(sets, flat, strict=True) if v > 0))


def _impossible(circumstances: frozenset[str]) -> bool:
    return any(CIRCUMSTANCES[c].impossible_with & circumstances for c in circumstances)


def _refuse(codes: Sequence[str], shares: Mapping[str, float]) -> NoReturn:
    listed = ", ".join(f"{code} {shares[code]:g}" for code in codes)
    message = f"These circumstances exclude each other, but their shares do not fit: {listed}"
    raise UsageError(message)


def signatures(parts: Sequence[Factor], masks: Mapping[str, int]) -> Signatures:
    """Merge profiles that mean the same for every service.

    ``masks`` gives each circumstance a bit mask of what it means (services that refuse it,
    sub-capacities it draws on); a circumstance without a mask means nothing to any service.
    The work grows with the number of different meanings, not with the number of profiles.
    """
    codes = tuple(sorted({c for part in parts for outcome, _ in part.outcomes for c in outcome}))
    position = {code: i for i, code in enumerate(codes)}
    # Each state holds (share, joint share with each circumstance) of the households seen so far.
    states: dict[int, NDArray[np.float64]] = {0: np.zeros(1 + len(codes))}
    states[0][0] = 1.0
    for part in parts:
        grown: dict[int, NDArray[np.float64]] = {}
        for mask, held in states.items():
            for outcome, share in part.outcomes:
                key, new = mask, held * share
                for code in outcome:
                    key |= masks.get(code, 0)
                    new[1 + position[code]] = new[0]
                if key in grown:
                    grown[key] += new
                else:
                    grown[key] = new
        states = grown
    ordered = sorted(states)
    held = np.array([states[key] for key in ordered])
    return Signatures(codes, tuple(ordered), held[:, 0], held[:, 1:])
