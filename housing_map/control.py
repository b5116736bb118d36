"""Process behaviour (XmR) charts: what in a series is noise, and what is change.

The limits of natural variation are the mean ± 2.66 times the mean moving range: the mean of the
differences between one point and the next (Shewhart; D. J. Wheeler, *Understanding Variation*,
1993). They ask for twelve points or more; fewer say little. Signals are those that the NHS uses
(*Making Data Count*): a point outside the limits, seven or more in a row on one side of the mean,
six or more in a row that rise or fall, and two of three near a limit.

>>> steady = limits([10, 12, 11, 13, 12, 10, 11, 12, 13, 11, 12, 10])
>>> round(steady.mean, 2), round(steady.lower, 2), round(steady.upper, 2)
(11.42, 7.55, 15.29)
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

FEWEST: Final = 12
"""Points below which no limits are drawn: three years of quarters."""
_SPREAD: Final = 2.66
"""3 ÷ 1.128: three standard deviations, from the mean range of two."""
_RUN: Final = 7
_TREND: Final = 6
_NEAR: Final = 2 / 3
_NEAR_OF: Final = 3


class Signal(StrEnum):
    """Why a point is not noise."""

    OUTSIDE = "outside the limits"
    RUN = "seven or more in a row on one side of the mean"
    TREND = "six or more in a row that rise or fall"
    NEAR = "two of three near a limit"


@dataclass(frozen=True, slots=True)
class Limits:
    """Mean and natural limits of a series, in its unit; the lower one never below 0.

    ``signals`` (a tuple a point) say which points are not noise, and why.
    """

    mean: float
    lower: float
    upper: float
    signals: tuple[tuple[Signal, ...], ...]

    @property
    def steady(self) -> bool:
        """Whether there is no signal at all."""
        return not any(self.signals)


def limits(values: Sequence[float], *, floor: float | None = 0.0) -> Limits:
    """Return the limits of a series of twelve points or more, in order of time.

    ``floor`` is the least a value can be; None for none. Raises :class:`ValueError` for fewer
    points, and for one that is no number.
    """
    points = np.asarray(values, dtype=np.float64)
    if len(points) < FEWEST or not np.isfinite(points).all():
        message = f"limits need {FEWEST} points or more, and all of them numbers"
        raise ValueError(message)
    mean = float(points.mean())
    reach = _SPREAD * float(np.abs(np.diff(points)).mean())
    upper, lower = mean + reach, mean - reach
    found: list[list[Signal]] = [[] for _ in points]
    _mark(found, np.abs(points - mean) > reach, 1, Signal.OUTSIDE)
    for side in (1.0, -1.0):
        _mark(found, side * (points - mean) > 0, _RUN, Signal.RUN)
        _mark_trend(found, side * np.diff(points) > 0)
        _mark_near(found, side * (points - mean) > _NEAR * reach)
    kept = lower if floor is None else max(lower, floor)
    return Limits(mean, kept, upper, tuple(tuple(dict.fromkeys(one)) for one in found))


def _mark(found: list[list[Signal]], flags: NDArray[np.bool_], least: int, signal: Signal) -> None:
    """Mark each point of every row of ``least`` flags or more."""
    start = 0
    for place in range(len(flags) + 1):
        if place == len(flags) or not flags[place]:
            if place - start >= least:
                for point in range(start, place):
                    found[point].append(signal)
            start = place + 1


def _mark_trend(found: list[list[Signal]], rising: NDArray[np.bool_]) -> None:
    """Mark the points of every rise of six points or more: five steps in a row."""
    start = 0
    for place in range(len(rising) + 1):
        if place == len(rising) or not rising[place]:
            if place - start >= _TREND - 1:
                for point in range(start, place + 1):
                    found[point].append(Signal.TREND)
            start = place + 1


def _mark_near(found: list[list[Signal]], near: NDArray[np.bool_]) -> None:
    """Mark points near a limit where two of three in a row are."""
    for place in range(len(near) - _NEAR_OF + 1):
        three = near[place : place + _NEAR_OF]
        if three.sum() >= _NEAR_OF - 1:
            for point in range(place, place + _NEAR_OF):
                if near[point]:
                    found[point].append(Signal.NEAR)
