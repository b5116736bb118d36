"""Shares of the uncertainty by theme as bars: what it widens alone, and with others.

Colour never stands alone: each bar has its words beside it. Show without a further theme
(``theme=None``).
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

import altair as alt

from housing_map.chart_frame import finish, require
from housing_map.palette import MET_COLOURS

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping
    from typing import Any

    import pandas as pd

_THEME_PX: Final = 76
_LETTERS: Final = 40
"""A theme breaks into lines of so many letters, which a phone has room for."""


def shares_chart(rows: pd.DataFrame, *, title: str) -> alt.LayerChart:
    """Return a bar a theme: dark the share it has alone, pale the share it has with others.

    ``rows`` has ``theme`` (its words), ``alone`` and ``total``, shares between 0 and 1, in the
    order to show. Raises :class:`ValueError` for a table without rows or a column.
    """
    require(rows, ("theme", "alone", "total"))
    places = range(len(rows))
    table = rows[["theme", "alone", "total"]].assign(
        name=["\n".join(textwrap.wrap(str(theme), _LETTERS)) for theme in rows["theme"]],
        at=[place + 0.46 for place in places],
        top=[place + 0.52 for place in places],
        bottom=[place + 0.68 for place in places],
        below=[place + 0.82 for place in places],
        none=0,
        said=[_said(row) for row in rows.to_dict("records")],
    )
    frame = alt.Chart(table)
    unit = "Share of the spread: dark alone, pale with others"
    axis = alt.Axis(format=".0%", values=[0, 0.25, 0.5, 0.75, 1], grid=False)
    start = alt.X("none:Q", title=unit, scale=alt.Scale(domain=[0, 1]), axis=axis)
    top = alt.Y("top:Q", axis=None, scale=alt.Scale(domain=[len(table), 0], nice=False))
    tips = [alt.Tooltip("theme:N", title="About"), alt.Tooltip("said:N", title="Share")]
    layers = [
        frame.mark_rect(color=MET_COLOURS[1]).encode(
            x=start, x2="total:Q", y=top, y2="bottom:Q", tooltip=tips
        ),
        frame.mark_rect(color=MET_COLOURS[4]).encode(
            x=start, x2="alone:Q", y=top, y2="bottom:Q", tooltip=tips
        ),
        frame.mark_text(
            align="left", baseline="line-bottom", fontWeight="bold", lineBreak="\n", lineHeight=15
        ).encode(x=start, y=alt.Y("at:Q", axis=None), text="name:N"),
        frame.mark_text(align="left", baseline="middle").encode(
            x=start, y=alt.Y("below:Q", axis=None), text="said:N"
        ),
    ]
    return finish(layers, _THEME_PX * len(table), title, shares_alt(rows, title=title))


def _said(row: Mapping[Hashable, Any]) -> str:
    return f"{float(row['alone']):.0%} alone, {float(row['total']):.0%} with others"


def shares_alt(rows: pd.DataFrame, *, title: str) -> str:
    """Return the words of :func:`shares_chart`."""
    said = "; ".join(f"{row['theme']}: {_said(row)}" for row in rows.to_dict("records"))
    return f"Bar chart, share of the spread by theme. {title} {said}."
