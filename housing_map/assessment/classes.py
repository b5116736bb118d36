"""Classes of a map: limits, colours and words, the same in every picture of a release."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from housing_map.maps import breaks
from housing_map.palette import NEED_COLOURS

if TYPE_CHECKING:
    from collections.abc import Iterable

NONE: Final = "#ffffff"
UNKNOWN: Final = "#f3f2f1"


@dataclass(frozen=True, slots=True)
class Class:
    """A class of values from ``low`` to under ``high``, its colour and its words.

    ``low`` is None for the class of areas without a figure; zero has a class of its own, from 0 to
    0.
    """

    low: float | None
    high: float
    colour: str
    words: str

    def holds(self, value: float) -> bool:
        """Whether a value (NaN: no figure) is in the class."""
        if math.isnan(value):
            return self.low is None
        if self.low is None:
            return False
        return value == 0 if self.high == 0 else self.low <= value < self.high and value != 0


def classes(values: Iterable[float], colours: tuple[str, ...] = NEED_COLOURS) -> list[Class]:
    """Return the classes that values fall in, from least to most; the last is "no figure"."""
    known = [value for value in values if not math.isnan(value)]
    limits = breaks(known)
    ends = [-math.inf, *limits, math.inf]
    inks = _spread(colours, len(limits) + 1)
    words = (
        [f"under {limits[0]:,.10g}",
         *(f"{low:,.10g} to under {high:,.10g}" for low, high in pairwise(limits)),
         f"{limits[-1]:,.10g} or more"]
        if limits
        else [_alone(known)]
    )  # fmt: skip
    found = [
        Class(low, high, ink, text)
        for (low, high), ink, text in zip(pairwise(ends), inks, words, strict=True)
    ]
    zero = [Class(0.0, 0.0, NONE, "none")] if 0 in known else []
    return [*zero, *found, Class(None, math.nan, UNKNOWN, "no figure")]


def _alone(known: list[float]) -> str:
    """Return words for the only class."""
    above = sorted({value for value in known if value})
    return f"{above[0]:,.10g}" if len(above) == 1 else "above none"


def _spread(ramp: tuple[str, ...], count: int) -> list[str]:
    """Return so many colours of a ramp, the strongest among them."""
    last = len(ramp) - 1
    if count == 1:
        return [ramp[last // 2]]
    return [ramp[round(place * last / (count - 1))] for place in range(count)]


def class_of(found: list[Class], value: float) -> int:
    """Return the place of the class that holds a value."""
    return next(place for place, one in enumerate(found) if one.holds(value))
