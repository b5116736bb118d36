"""A series quarter by quarter, with its mean, its limits and the points that are not noise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import altair as alt
import pandas as pd

from housing_map.chart_frame import clear, finish, require
from housing_map.palette import INK

if TYPE_CHECKING:
    from collections.abc import Sequence

_LINE: Final = "#12436D"
_SIGNAL: Final = "#F46A25"
_LIMIT: Final = "#505a5f"
_HEIGHT: Final = 260
_MONTHS: Final = 3


def process_chart(
    rows: pd.DataFrame,
    *,
    title: str,
    unit: str,
    mean: float | None = None,
    ends: tuple[float, float] | None = None,
) -> alt.LayerChart:
    """Return a process behaviour chart.

    Parameters
    ----------
    rows
        One row a quarter, in order: ``quarter`` such as ``"2025Q4"``, ``value`` (NaN is a gap) and
        ``signal``, in words, empty where the point is within the limits.
    title
        The finding.
    unit
        Heads a hover.
    mean, ends
        Mean and natural limits, drawn when there are any.

    Raises
    ------
    ValueError
        When a column is missing or there is no row.
    """
    require(rows, ["quarter", "value", "signal"])
    table = rows.assign(start=[_start(quarter) for quarter in rows["quarter"]])
    table["is"] = table["signal"].ne("")
    frame = alt.Chart(table)
    x = alt.X(
        "start:T",
        title=None,
        axis=alt.Axis(format="%Y", tickCount="year", grid=False, ticks=True, domain=True,
                      labelOverlap="greedy", labelFlush=False),
    )  # fmt: skip
    y = alt.Y("value:Q", title=None, scale=alt.Scale(zero=True), axis=alt.Axis(tickCount=5))
    tips = [
        alt.Tooltip("quarter:N", title="Quarter"),
        alt.Tooltip("value:Q", title=unit, format=",.0f"),
        alt.Tooltip("signal:N", title="Why it is more than noise"),
    ]
    layers = [frame.mark_line(color=_LINE, strokeWidth=2).encode(x=x, y=y)]
    layers += [
        frame.transform_filter("datum.is == false")
        .mark_point(filled=True, size=45, opacity=1, color=_LINE)
        .encode(x=x, y=y, tooltip=tips),
        # Shape as well as colour: a diamond is a point that is not noise.
        frame.transform_filter("datum.is == true")
        .mark_point(filled=True, size=130, opacity=1, color=_SIGNAL, shape="diamond",
                    stroke=INK, strokeWidth=1)
        .encode(x=x, y=y, tooltip=tips),
    ]  # fmt: skip
    for level, name, dash in _levels(mean, ends):
        at = alt.Chart(
            pd.DataFrame({"level": [level], "name": [name], "start": [table["start"].iloc[0]]})
        )
        layers.append(
            at.mark_rule(color=_LIMIT, strokeWidth=1, strokeDash=list(dash)).encode(
                y=alt.Y("level:Q", title=None)
            )
        )
        layers += clear(at.encode(x=x, y=alt.Y("level:Q", title=None), text="name:N"), dy=-8, dx=2)
    return finish(layers, _HEIGHT, title, _alt(table, title, unit, mean, ends))


def _levels(
    mean: float | None, ends: tuple[float, float] | None
) -> list[tuple[float, str, Sequence[int]]]:
    found: list[tuple[float, str, Sequence[int]]] = []
    if mean is not None:
        found.append((mean, "Mean", (1, 0)))
    if ends is not None:
        found += [(ends[1], "Upper limit", (6, 4)), (ends[0], "Lower limit", (6, 4))]
    return found


def _start(quarter: str) -> pd.Timestamp:
    return pd.Timestamp(int(quarter[:4]), _MONTHS * (int(quarter[5]) - 1) + 1, 1)


def _alt(
    table: pd.DataFrame, title: str, unit: str, mean: float | None, ends: tuple[float, float] | None
) -> str:
    known = table.dropna(subset="value")
    said = [f"{title}."]
    if len(known):
        first, last = known.iloc[0], known.iloc[-1]
        said.append(
            f"From {first['value']:,.0f} in {first['quarter']} to {last['value']:,.0f} in "
            f"{last['quarter']} ({unit})."
        )
    if mean is not None and ends is not None:
        said.append(f"Mean {mean:,.1f}; limits {ends[0]:,.1f} and {ends[1]:,.1f}.")
    odd = [str(quarter) for quarter in table.loc[table["signal"].ne(""), "quarter"]]
    if odd:
        said.append(f"More than noise: {', '.join(odd)}.")
    return " ".join(said)
