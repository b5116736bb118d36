"""What would change the answer: how much a difference moves with what nobody has told us.

:func:`housing_map.unknowns.rank` says which questions move how many are helped. A decision turns
on something else: on how many *more* are helped. Here each question is moved from its worse answer
to its better one in baseline and scenario alike, and the difference of the two is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from housing_map import model
from housing_map.questions import questions
from housing_map.stance import BEST, WORST, Pinned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from housing_map.jobs import Report
    from housing_map.model import Settings
    from housing_map.pack import Pack
    from housing_map.questions import Question
    from housing_map.scenario import Applied
    from housing_map.stance import Stance

FELT: Final = 0.05
"""Households a year below which a question does not move a difference."""
_DECIMALS: Final = 4


@dataclass(frozen=True, slots=True)
class Swing:
    """A question, and households helped more a year at its worse and at its better answer."""

    question: Question
    worst: float
    best: float

    @property
    def moves(self) -> float:
        """Distance between the two, in households a year."""
        return abs(self.best - self.worst)


def swings(
    pack: Pack,
    settings: Settings,
    applied: Applied,
    asked: Sequence[Question] | None = None,
    *,
    progress: Report | None = None,
) -> tuple[Swing, ...]:
    """Return questions that move the difference a scenario makes, the widest first.

    Each is moved alone, all others central: one-at-a-time ranges, as in a tornado diagram (Howard
    1988). ``asked`` are the questions to try (None: all that are open in the scenario, at four
    quick runs each). ``settings`` are those of the baseline. ``progress`` may raise to stop.
    """
    wanted = questions(applied.pack, applied.settings) if asked is None else tuple(asked)

    def further(stance: Stance) -> float:
        return (
            model.most_met(applied.pack, applied.settings, stance)[1]
            - model.most_met(pack, settings, stance)[1]
        )

    found = []
    for done, question in enumerate(wanted):
        if progress is not None:
            progress(done, len(wanted))
        ends = (further(Pinned(dict.fromkeys(question.keys, level))) for level in (WORST, BEST))
        found.append(Swing(question, *ends))
    if progress is not None:
        progress(len(wanted), len(wanted))
    telling = [one for one in found if one.moves > FELT]
    return tuple(sorted(telling, key=lambda one: (-round(one.moves, _DECIMALS), one.question.id)))
