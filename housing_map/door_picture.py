"""How often a door is full, as a picture: one line for each number of sites."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import altair as alt
import pandas as pd

from housing_map.chart_frame import finish
from housing_map.palette import NEED_COLOURS

if TYPE_CHECKING:
    from collections.abc import Sequence

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
            "none": 0,
            "all": 1,
            "line": [place + 0.3 for place in range(len(lines))],
            "below": [place + 0.68 for place in range(len(lines))],
        }
    )
    heading = "Share of time full, fewest asking to all"
    frame = alt.Chart(table)
    axis = alt.Axis(format=".0%", values=[0, 0.25, 0.5, 0.75, 1], grid=False)
    scale = alt.Scale(domain=[0, 1])
    x = alt.X("none:Q", title=None, scale=scale, axis=axis)
    y = alt.Y("below:Q", axis=None, scale=alt.Scale(domain=[len(lines), 0], nice=False))
    above = alt.Y("line:Q", axis=None)
    tips = [alt.Tooltip("name:N", title="Sites"), alt.Tooltip("said:N", title="Full")]
    layers = [
        frame.mark_rule(strokeWidth=1, color="#b1b4b6").encode(x=x, x2="all:Q", y=y),
        frame.mark_rule(strokeWidth=6, color=NEED_COLOURS[2]).encode(
            x=alt.X("fewest:Q", title=None), x2="everybody:Q", y=y
        ),
        frame.mark_point(filled=True, size=150, opacity=1, color=NEED_COLOURS[4]).encode(
            x=alt.X("everybody:Q", title=None), y=y, tooltip=tips
        ),
        frame.mark_text(align="left", baseline="middle", fontWeight="bold").encode(
            x=alt.X("none:Q", title=None), y=above, text="name:N"
        ),
        frame.mark_text(align="right", baseline="middle").encode(
            x=alt.X("all:Q", title=None), y=above, text="said:N"
        ),
    ]
    said = "; ".join(f"{line.name} {line.said}" for line in lines)
    alt_text = f"Chart of ranges, {heading[0].lower()}{heading[1:]}. {title}. {said}."
    return finish(layers, _LINE_PX * len(lines), title, alt_text, subtitle=heading)
