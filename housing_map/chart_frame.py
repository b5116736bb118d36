"""What all charts have in common: the title that breaks into lines, axes, font and width.

Show charts without a further theme (``theme=None``).
"""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING, Any, Final

import altair as alt

from housing_map.palette import FONT, INK, RULE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

NARROW_PX: Final = 520
_MIDDLE_PX: Final = 800
_TITLE_LETTERS: Final = (36, 56, 88)
_SUBTITLE_LETTERS: Final = 52
"""A subtitle cannot follow the width: it breaks as a phone needs it."""


def _title(title: str, subtitle: str) -> alt.TitleParams:
    """Return a title that breaks into lines as the chart becomes narrow."""
    narrow, middle, wide = (
        json.dumps(textwrap.wrap(title, letters) or [""]) for letters in _TITLE_LETTERS
    )
    lines = alt.ExprRef(
        f"width < {NARROW_PX} ? {narrow} : width < {_MIDDLE_PX} ? {middle} : {wide}"
    )
    below = textwrap.wrap(subtitle, _SUBTITLE_LETTERS)
    return alt.TitleParams(
        text=lines, anchor="start", frame="bounds", fontSize=16, lineHeight=20, offset=12,
        limit=4000, color=INK, subtitle=below if len(below) > 1 else subtitle,
        subtitleFontSize=13, subtitleLineHeight=17, subtitleColor=INK, subtitlePadding=4,
    )  # fmt: skip


def finish(
    layers: Sequence[alt.Chart],
    height: int,
    title: str,
    alt_text: str,
    *,
    subtitle: str = "",
    right: int = 14,
) -> alt.LayerChart:
    """Return the layers as one chart: ``height`` and the margin ``right`` are in pixels."""
    axis: dict[str, Any] = {
        "labelColor": INK, "titleColor": INK, "labelFontSize": 13, "titleFontSize": 13,
        "titleFontWeight": "normal", "gridColor": RULE, "domain": False, "ticks": False,
        "labelPadding": 6,
    }  # fmt: skip
    chart = alt.LayerChart(
        layer=list(layers),
        title=_title(title, subtitle),
        width="container",
        height=height,
        description=alt_text,
        autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
        padding={"left": 2, "top": 4, "right": right, "bottom": 4},
    )
    finished: alt.LayerChart = (
        chart.configure(font=FONT, background="transparent")
        .configure_view(stroke=None)
        .configure_axis(**axis)
        .configure_legend(labelFontSize=13, labelColor=INK, symbolStrokeWidth=0, title=None)
        .configure_text(font=FONT, fontSize=13, color=INK)
    )
    return finished


def ranges(
    table: pd.DataFrame,
    name: str,
    ends: tuple[str, str, str],
    *,
    colours: Sequence[str],
    tips: tuple[str, str],
    unit: str | None = None,
) -> list[alt.Chart]:
    """Return the layers of ranges between 0 and 1, one line a row, with a dot on each.

    ``table`` has a column ``name``, one for each of ``ends`` (from, dot, to), and ``said``: the
    range in words. ``colours`` are a scale from light to dark, and ``tips`` head a hover's name
    and words. ``unit`` heads the axis.
    """
    low, dot, high = ends
    rows = len(table)
    table = table.assign(
        none=0,
        all=1,
        line=[row + 0.3 for row in range(rows)],
        below=[row + 0.68 for row in range(rows)],
    )
    frame = alt.Chart(table)
    x = alt.X("none:Q", title=unit, scale=alt.Scale(domain=[0, 1]),
              axis=alt.Axis(format=".0%", values=[0, 0.25, 0.5, 0.75, 1], grid=False))  # fmt: skip
    y = alt.Y("below:Q", axis=None, scale=alt.Scale(domain=[rows, 0], nice=False))
    above = alt.Y("line:Q", axis=None)
    hover = [alt.Tooltip(f"{name}:N", title=tips[0]), alt.Tooltip("said:N", title=tips[1])]
    return [
        frame.mark_rule(strokeWidth=1, color="#b1b4b6").encode(x=x, x2="all:Q", y=y),
        frame.mark_rule(strokeWidth=6, color=colours[2]).encode(
            x=alt.X(f"{low}:Q", title=unit), x2=f"{high}:Q", y=y
        ),
        frame.mark_point(filled=True, size=150, opacity=1, color=colours[4]).encode(
            x=alt.X(f"{dot}:Q", title=unit), y=y, tooltip=hover
        ),
        frame.mark_text(align="left", baseline="middle", fontWeight="bold").encode(
            x=alt.X("none:Q", title=unit), y=above, text=f"{name}:N"
        ),
        frame.mark_text(align="right", baseline="middle").encode(
            x=alt.X("all:Q", title=unit), y=above, text="said:N"
        ),
    ]


def clear(words: alt.Chart, **style: Any) -> list[alt.Chart]:  # noqa: ANN401 - Altair's own
    """Return words twice, below them a white edge, so that no line runs through them."""
    return [
        words.mark_text(align="left", stroke="#ffffff", strokeWidth=5, **style),
        words.mark_text(align="left", **style),
    ]


def require(rows: pd.DataFrame, columns: Iterable[str]) -> None:
    """Raise :class:`ValueError` for a table with a column missing, or without rows."""
    missing = [column for column in columns if column not in rows]
    if missing:
        msg = f"the table has no column {', '.join(missing)}"
        raise ValueError(msg)
    if rows.empty:
        msg = "a chart needs at least one row"
        raise ValueError(msg)
