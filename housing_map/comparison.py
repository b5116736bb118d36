"""A comparison of one of our figures with a published one, and where ours stands beside it.

A verdict says how far apart two figures are. It is no grade: a difference may be right.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from housing_map.vocabulary import Run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from housing_map.vocabulary import Status

NEAR: Final = (0.8, 1.25)
"""Ratios of ours to the yardstick, ends included, that count as near."""
FAR: Final = (0.5, 2.0)
"""Ratios outside of which a figure is well below or well above."""


class Topic(StrEnum):
    """What a check is about, as a heading."""

    REFUGE = "Refuge places"
    MIX = "Mix of safe accommodation"
    TURNED_AWAY = "Who is turned away"
    HIGH_RISK = "High risk"
    HOMELESSNESS = "Homelessness"


class Standing(StrEnum):
    """Where a figure stands beside its yardstick, in plain words."""

    WELL_BELOW = "well below"
    BELOW = "below"
    NEAR = "near"
    ABOVE = "above"
    WELL_ABOVE = "well above"


class Unit(StrEnum):
    """What a figure of a check counts; ``ratio`` is a ratio of odds or of shares."""

    SHARE = "share"
    PLACES = "family places"
    CASES = "cases a year"
    RATIO = "ratio"


@dataclass(frozen=True, slots=True)
class Yardstick:
    """A published figure: its value in the check's unit, and the parameters it rests on."""

    label: str
    value: float
    source: str
    period: str
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """One comparison, or the reason why there is none.

    ``ours`` are the runs that may be compared, in ``unit``; a run whose figure was worked out
    from the yardstick is not among them. ``basis`` says how ours is worked out, ``caution``
    what keeps the two from measuring quite the same. ``excluded_because`` is empty where there
    is a comparison of the central run.
    """

    topic: Topic
    what: str
    unit: Unit
    ours: Mapping[Run, float]
    status: Status
    basis: str
    yardstick: Yardstick
    caution: str = ""
    excluded_because: str = ""

    def ratio(self, run: Run = Run.CENTRAL) -> float:
        """Ours over the yardstick; raises :class:`KeyError` for a run not compared."""
        return self.ours[run] / self.yardstick.value

    @property
    def standing(self) -> Standing | None:
        """Where the central run stands; None where it is not compared."""
        return None if self.excluded_because else standing(self.ratio())

    def text(self, value: float) -> str:
        """Write a figure of this check as people read it."""
        if self.unit is Unit.SHARE:
            return f"{value:.1%}"
        return f"{value:.2f}" if self.unit is Unit.RATIO else f"{value:,.0f}"


def standing(ratio: float) -> Standing:
    """Say where a ratio stands, by the stated bands.

    >>> [str(standing(ratio)) for ratio in (0.4, 0.79, 0.8, 1.25, 2.0, 2.1)]
    ['well below', 'below', 'near', 'near', 'above', 'well above']
    """
    if ratio < NEAR[0]:
        return Standing.WELL_BELOW if ratio < FAR[0] else Standing.BELOW
    if ratio > NEAR[1]:
        return Standing.WELL_ABOVE if ratio > FAR[1] else Standing.ABOVE
    return Standing.NEAR
