"""Two maps on one scale, and a map of the difference between them.

A difference has two hues from white in the middle: blue and a warm colour, which people who
confuse red and green tell apart. Both sides have the same limits, so that a strong colour means
as much either way. No difference is white, and what nobody knows is hatched; the sign stands in
the sentence of every area and in the legend.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import pandas as pd

from housing_map.leaflet import ATTRIBUTION
from housing_map.maps import (
    UNKNOWN_COLOUR,
    ZERO_COLOUR,
    Kind,
    Legend,
    LegendRow,
    breaks,
    paint,
)
from housing_map.palette import LOST_COLOURS, MET_COLOURS, NEED_COLOURS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from housing_map.maps import Ground, MapParts, Measure

_EACH_WAY: Final = 2
"""Most classes either way: with no difference in the middle, five in all."""
_MILD, _STRONG = 2, 4
_ALIKE: Final = 1e-6
"""Relative distance below which values are alike."""
_RAMPS: Final[Mapping[Kind, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "met": (LOST_COLOURS, MET_COLOURS),
    "lost": (MET_COLOURS, LOST_COLOURS),
    "need": (LOST_COLOURS, NEED_COLOURS),
}
"""Colours of a fall and of a rise: warm is fewer people helped, blue more; need has a slate."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What a map of differences shows.

    ``label`` heads the legend; ``unit`` is that of the values, such as ``"percentage points"``;
    ``kind`` is that of the measure on the two maps, and chooses the colours. ``limit`` parts small
    differences from large ones, either way, in the unit; worked out from the values when None.
    Raises :class:`ValueError` for a limit that is not above 0.
    """

    label: str
    unit: str
    kind: Kind
    limit: float | None = None

    def __post_init__(self) -> None:
        """Check the limit."""
        if self.limit is not None and not (math.isfinite(self.limit) and self.limit > 0):
            message = f"the limit of a difference must be above 0: {self.limit:g}"
            raise ValueError(message)


def same_scale(measure: Measure, *tables: pd.DataFrame) -> Measure:
    """Return a measure whose classes are a ruler for several tables, so that maps compare.

    Classes are equally wide and round, from the least value to the most; one may be empty on any
    of the maps. ``tables`` have a column ``value``, as :func:`housing_map.maps.shade` asks; zero
    and NaN have classes of their own.
    """
    together = pd.concat([table["value"].astype(float) for table in tables]).dropna()
    return replace(measure, limits=_ruler(together[together > 0].tolist(), len(measure.ramp)))


def _ruler(values: list[float], classes: int) -> tuple[float, ...]:
    """Return multiples of a round step that part values into at most so many classes.

    >>> _ruler([49.5, 54.9], 5), _ruler([3.0, 97.0], 5), _ruler([7.0, 7.0], 5)
    ((50.0, 52.0, 54.0), (20.0, 40.0, 60.0, 80.0), ())
    """
    low, high = min(values, default=0.0), max(values, default=0.0)
    if math.isclose(low, high, rel_tol=_ALIKE):
        return ()
    power = math.floor(math.log10((high - low) / classes))
    for step in (
        factor * 10.0**exponent for exponent in (power, power + 1) for factor in (1, 2, 5)
    ):
        first, last = math.floor(low / step) + 1, math.floor(high / step)
        if last - first < classes - 1:
            break
    places = max(0, 1 - power)
    return tuple(round(number * step, places) for number in range(first, last + 1))


def limit_of(values: Iterable[float]) -> float | None:
    """Return a round size that parts differences into small and large; None where all are alike.

    Half of those that are not 0 are about as large or larger. For several maps of differences on
    one scale, ask it for the values of all.

    >>> limit_of([-8, -2, 0, 3, 9, float("nan")])
    6.0
    """
    found = breaks([abs(value) for value in values if not math.isnan(value)], _EACH_WAY)
    return found[0] if found else None


def shade_difference(
    ground: Ground,
    values: pd.DataFrame,
    difference: Difference,
    *,
    level: str,
    selected: str | None = None,
    attribution: str = ATTRIBUTION,
) -> MapParts:
    """Return a map of differences over ``ground``.

    ``values`` are indexed by area code: ``value`` (after less before, in the unit; NaN is unknown,
    0 no difference) and ``text``, one sentence to show, which says the sign. The rest is as in
    :func:`housing_map.maps.shade`, and so is what is refused with :class:`ValueError`.
    """
    limit = difference.limit or limit_of(values["value"].astype(float).tolist())
    fall, rise = _RAMPS[difference.kind]
    # From the largest fall to the largest rise.
    colours = (fall[_STRONG], fall[_MILD], rise[_MILD], rise[_STRONG])

    def class_of(value: float) -> int:
        large = limit is not None and abs(value) >= limit
        if value < 0:
            return 0 if large else 1
        return 3 if large else 2

    return paint(
        ground,
        values,
        _legend(difference, limit, colours),
        colours,
        class_of,
        level=level,
        selected=selected,
        attribution=attribution,
    )


def _legend(
    difference: Difference, limit: float | None, colours: tuple[str, str, str, str]
) -> Legend:
    largest_fall, fall, rise, largest_rise = colours
    zero = LegendRow(ZERO_COLOUR, "no change")
    unknown = LegendRow(UNKNOWN_COLOUR, "not known", pattern=True)
    if limit is None:
        rows = [LegendRow(fall, "down"), zero, LegendRow(rise, "up"), unknown]
    else:
        size = f"{limit:,.10g}"
        rows = [
            LegendRow(largest_fall, f"down by {size} or more"),
            LegendRow(fall, f"down by under {size}"),
            zero,
            LegendRow(rise, f"up by under {size}"),
            LegendRow(largest_rise, f"up by {size} or more"),
            unknown,
        ]
    return Legend(difference.label, difference.unit, tuple(rows))
