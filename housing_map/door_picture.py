"""How often a door is full, as a picture: one line for each number of sites."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pandas as pd

from housing_map.chart_frame import finish, ranges
from housing_map.palette import NEED_COLOURS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import altair as alt

_LINE_PX: Final = 48


@dataclass(frozen=True, slots=True)
class DoorLine:
    """A line of the picture: shares of time full, between the fewest and all who may ask."""

    name: str
    fewest: float
    everybody: float

    @property
    def said(self) -> str:
        """The two shares in words."""
        low, high = f"{self.fewest:.0%}", f"{self.everybody:.0%}"
        return high if low == high else f"{low} to {high}"


def door_chart(lines: Sequence[DoorLine], *, title: str) -> alt.LayerChart:
    """Return one line a number of sites, from the fewest who may ask to everybody who may.

    Parameters
    ----------
    lines
        From top to bottom; shares of time between 0 and 1.
    title
        The finding.

    Raises
    ------
    ValueError
        There is no line.
    """
    if not lines:
        msg = "a picture of doors needs at least one line"
        raise ValueError(msg)
    table = pd.DataFrame(
        {
            "name": [line.name for line in lines],
            "fewest": [line.fewest for line in lines],
            "everybody": [line.everybody for line in lines],
            "said": [line.said for line in lines],
        }
    )
    heading = "Share of time full, fewest asking to all"
    ends = ("fewest", "everybody", "everybody")
    layers = ranges(table, "name", ends, colours=NEED_COLOURS, tips=("Sites", "Full"))
    said = "; ".join(f"{line.name} {line.said}" for line in lines)
    alt_text = f"Chart of ranges, {heading[0].lower()}{heading[1:]}. {title}. {said}."
    return finish(layers, _LINE_PX * len(lines), title, alt_text, subtitle=heading)
