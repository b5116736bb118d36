"""Which choices survive when assumptions vary: the best set in each of many seeded draws.

A draw takes every figure that is not certain from its range (:mod:`housing_map.uncertainty`). A
candidate chosen in nearly all draws is worth doing whatever the truth; one chosen in half of them
hangs on figures that somebody could be asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from housing_map.candidates import InfeasibleError
from housing_map.choosing import Choosing
from housing_map.errors import SolverError, UsageError
from housing_map.stance import Draw

if TYPE_CHECKING:
    from collections.abc import Sequence

    from housing_map.candidates import Ask, Candidate
    from housing_map.jobs import Report
    from housing_map.model import Settings
    from housing_map.pack import Pack

DRAWS: Final = 40
SEED: Final = 2026


@dataclass(frozen=True, slots=True)
class Survival:
    """How often each candidate is chosen.

    ``shares`` maps a candidate's id to the share of ``draws`` whose best set holds it. ``further``
    are the households met more with the best set of each draw. ``failed`` draws had no allowed set,
    and count as choosing nothing.
    """

    shares: dict[str, float]
    draws: int
    failed: int
    further: tuple[float, ...]
    seed: int


def survival(
    pack: Pack,
    settings: Settings,
    candidates: Sequence[Candidate],
    ask: Ask,
    *,
    draws: int = DRAWS,
    seed: int = SEED,
    progress: Report | None = None,
) -> Survival:
    """Choose again in each of ``draws`` seeded draws; raises :class:`UsageError` for none."""
    if draws < 1:
        message = f"Survival needs one draw or more, not {draws}"
        raise UsageError(message)
    counts = dict.fromkeys((one.id for one in candidates), 0)
    further: list[float] = []
    failed = 0
    for number in range(draws):
        if progress is not None:
            progress(number, draws)
        try:
            choosing = Choosing(pack, settings, tuple(candidates), ask, Draw(seed, number))
            best = choosing.optimum()
        except (InfeasibleError, SolverError):
            failed += 1
            continue
        further.append(best.further)
        for one in best.ids:
            counts[one] += 1
    if progress is not None:
        progress(draws, draws)
    shares = {one: count / draws for one, count in counts.items()}
    return Survival(shares, draws, failed, tuple(further), seed)


def survival_job(
    report: Report,
    pack: Pack,
    settings: Settings,
    candidates: Sequence[Candidate],
    ask: Ask,
    *,
    draws: int,
    seed: int,
) -> Survival:
    """Do :func:`survival` in a :class:`housing_map.jobs.Job`."""
    return survival(pack, settings, candidates, ask, draws=draws, seed=seed, progress=report)
