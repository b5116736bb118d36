"""Long work about the best set of candidates, each done in a process of its own.

Nothing here knows Streamlit: the process that does the work loads this module. A request that
cannot be met is an answer (:class:`Refused`), not a failure.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from housing_map import frontier as frontiers
from housing_map import robustness
from housing_map.candidates import InfeasibleError
from housing_map.choosing import Choosing
from housing_map.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from housing_map.candidates import Ask, Candidate
    from housing_map.choosing import Chosen
    from housing_map.frontier import Frontier, Order
    from housing_map.jobs import Report
    from housing_map.model import Settings
    from housing_map.pack import Pack
    from housing_map.robustness import Survival

DRAWS: Final = robustness.DRAWS
"""Draws in which the best set is looked for anew."""


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """What is chosen from, and what is asked of it."""

    pack: Pack
    settings: Settings
    listed: tuple[Candidate, ...]
    ask: Ask

    @property
    def key(self) -> Hashable:
        """What tells it from every other."""
        return self.pack.digest, self.settings, list_key(self.listed), ask_key(self.ask)

    @property
    def names(self) -> dict[str, str]:
        """Labels of the candidates, by id."""
        return {one.id: one.label for one in self.listed}

    def choosing(self) -> Choosing:
        """Make it ready to choose from; raises what :class:`Choosing` raises."""
        return Choosing(self.pack, self.settings, self.listed, self.ask)


@dataclass(frozen=True, slots=True)
class Refused:
    """A request that cannot be met, and why, in words."""

    why: str


def best(report: Report, query: Query) -> Chosen | Refused:
    """Find the best set, and prove it: :meth:`housing_map.choosing.Choosing.optimum`."""
    report(0, 0)
    try:
        return query.choosing().optimum(progress=report)
    except (InfeasibleError, UsageError) as error:
        return Refused(str(error))


def frontier(report: Report, query: Query) -> Frontier | Refused:
    """Find the best set of every budget: :func:`housing_map.frontier.frontier`."""
    try:
        return frontiers.frontier(
            query.pack, query.settings, query.listed, query.ask, progress=report
        )
    except (InfeasibleError, UsageError) as error:
        return Refused(str(error))


def order(report: Report, query: Query, chosen: Chosen) -> Order | Refused:
    """Find what of a set to do first: :func:`housing_map.frontier.order`."""
    try:
        return frontiers.order(query.choosing(), chosen, progress=report)
    except (InfeasibleError, UsageError) as error:
        return Refused(str(error))


def survival(report: Report, query: Query) -> Survival | Refused:
    """Choose again in seeded draws: :func:`housing_map.robustness.survival`."""
    try:
        return robustness.survival(
            query.pack, query.settings, query.listed, query.ask, draws=DRAWS, progress=report
        )
    except (InfeasibleError, UsageError) as error:
        return Refused(str(error))


def ask_key(ask: Ask) -> Hashable:
    """Return what tells one request from another."""
    floors = None if ask.floors is None else tuple(sorted(ask.floors.items()))
    plain = replace(ask, floors={})
    return repr(plain), floors


def list_key(candidates: Sequence[Candidate]) -> str:
    """Return what tells one list of candidates from another."""
    content = repr(
        [
            (replace(one, changes=()), [change.model_dump_json() for change in one.changes])
            for one in candidates
        ]
    )
    return hashlib.sha256(content.encode()).hexdigest()
