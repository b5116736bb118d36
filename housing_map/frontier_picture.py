"""Two pictures of a budget that are not to be taken for one another.

*How far a budget goes*: separate dots, each a plan of its own; the next dot need not contain the
one before. *What to do first*: one plan as a staircase, step upon step, and beside each step the
best that the same budget could do.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

import altair as alt
import pandas as pd

from housing_map.cascade_picture import whole
from housing_map.change_frame import (
    FELT,
    GAIN,
    LINK,
    finish_rows,
    lines,
    signed,
    spread_of,
    tips,
    x_axis,
    y_of,
)
from housing_map.chart_frame import finish, require
from housing_map.palette import INK, MET_COLOURS

if TYPE_CHECKING:
    from collections.abc import Callable

_HEIGHT_PX: Final = 340
_FRONTIER: Final = "Each dot is a plan of its own: a larger one need not contain a smaller one"
_ORDER: Final = "One plan, step upon step; a diamond is the best for the same money at that point"


def frontier_chart(
    rows: pd.DataFrame,
    *,
    title: str,
    words: Callable[[float], str] = whole,
    spend: Callable[[float], str] = whole,
    unit: str = "Units",
    met_unit: str = "Households helped a year",
) -> alt.LayerChart:
    """Return one numbered dot a plan: what it spends against whom it helps. Dots are not joined.

    Parameters
    ----------
    rows
        One row a plan: ``spend`` (GBP or units), ``met`` (households a year) and ``label``.
    title
        The finding.
    words, spend
        Turn households and spending into words.
    unit, met_unit
        Head the axes.

    Raises
    ------
    ValueError
        A column is missing, or there is no row.
    """
    require(rows, ("spend", "met", "label"))
    table = _plans(rows, words, spend)
    across = spread_of(table["spend"].tolist(), zero=True)
    up = spread_of(table["met"].tolist(), zero=False)
    note = "" if up[0] == 0 else f"; the axis starts at {up[0]:,.6g}"
    frame = alt.Chart(table).encode(
        x=x_axis("spend", across, unit, grid=True),
        y=alt.Y("met:Q", title=None, scale=alt.Scale(domain=list(up), nice=False, zero=False),
                axis=alt.Axis(tickCount=5, format=",.0f")),
    )  # fmt: skip
    layers = [
        frame.mark_point(
            filled=True, size=420, opacity=1, color=MET_COLOURS[4], stroke="#ffffff"
        ).encode(tooltip=tips("Plan")),
        frame.mark_text(color="#ffffff", fontWeight="bold", baseline="middle").encode(
            text="number:N"
        ),
    ]
    subtitle = f"Up: {met_unit.lower()}{note}. {_FRONTIER}"
    text = frontier_alt(rows, title=title, words=words, spend=spend)
    return finish(layers, _HEIGHT_PX, title, text, subtitle=subtitle, right=24)


def frontier_alt(
    rows: pd.DataFrame,
    *,
    title: str,
    words: Callable[[float], str] = whole,
    spend: Callable[[float], str] = whole,
) -> str:
    """Return the words of :func:`frontier_chart`."""
    table = _plans(rows, words, spend)
    said = "; ".join(f"{row['number']}. {row['said']}" for row in table.to_dict("records"))
    return f"Chart of separate dots. {title} {_FRONTIER}. {said}."


def _plans(
    rows: pd.DataFrame, words: Callable[[float], str], spend: Callable[[float], str]
) -> pd.DataFrame:
    table = rows.sort_values(["spend", "met"], kind="stable").reset_index(drop=True)
    return table.assign(
        number=[str(number) for number in range(1, len(table) + 1)],
        whole=table["label"].astype(str),
        said=[
            f"{row['label']}: {spend(float(row['spend']))} spent, {words(float(row['met']))} helped"
            for row in table.to_dict("records")
        ],
    )


def order_chart(
    rows: pd.DataFrame,
    *,
    before: float,
    title: str,
    words: Callable[[float], str] = whole,
    unit: str = "Households helped a year",
) -> alt.LayerChart:
    """Return one plan as a staircase from top to bottom: after each step, whom it helps.

    Parameters
    ----------
    rows
        One row a step, in their order: ``label``, ``met`` after the step, and ``best``, the most
        that any plan for the same money could help (households a year).
    before
        Households helped before the first step.
    title
        The finding.
    words
        Turns households into words.
    unit
        Heads the axis.

    Raises
    ------
    ValueError
        A column is missing, or there is no row.
    """
    require(rows, ("label", "met", "best"))
    names = _steps(rows)
    table = lines(names, _steps_said(rows, before, words))
    table["met"] = rows["met"].astype(float).to_numpy()
    table["best"] = rows["best"].astype(float).to_numpy()
    table["start"] = [before, *table["met"].tolist()[:-1]]
    domain = spread_of([before, *table["met"], *table["best"]], zero=False)
    heading = unit if domain[0] == 0 else f"{unit}; the axis starts at {domain[0]:,.6g}"
    x = x_axis("start", domain, heading)
    frame = alt.Chart(table)
    risers = pd.DataFrame(
        [
            {"start": one["met"], "from": one["middle"], "to": after["middle"]}
            for one, after in pairwise(table.to_dict("records"))
        ]
    )
    layers = [
        frame.mark_rule(strokeWidth=4, color=GAIN, strokeCap="square").encode(
            x=x, x2="met:Q", y=y_of(table, "middle"), tooltip=tips("Step")
        ),
        frame.mark_point(
            shape="diamond", size=110, filled=True, fill="#ffffff", stroke=INK, opacity=1
        ).encode(x=alt.X("best:Q", title=heading), y=y_of(table, "middle"), tooltip=tips("Step")),
    ]
    # A layer without a mark would be a picture without words to whoever hears the page.
    if (table["best"] - table["met"] >= FELT).any():
        layers.insert(
            1,
            frame.transform_filter(f"datum.best - datum.met >= {FELT}")
            .mark_rule(strokeWidth=1.5, strokeDash=[3, 3], color=INK)
            .encode(x=alt.X("met:Q", title=heading), x2="best:Q", y=y_of(table, "middle")),
        )
    if len(risers):
        layers.insert(
            0,
            alt.Chart(risers)
            .mark_rule(strokeWidth=1.5, color=LINK)
            .encode(x=x, y=y_of(table, "from"), y2="to:Q"),
        )
    text = order_alt(rows, before=before, title=title, words=words)
    return finish_rows(layers, table, title, text, subtitle=_ORDER)


def order_alt(
    rows: pd.DataFrame,
    *,
    before: float,
    title: str,
    words: Callable[[float], str] = whole,
) -> str:
    """Return the words of :func:`order_chart`."""
    said = _steps_said(rows, before, words)
    steps = "; ".join(f"{name}: {one}" for name, one in zip(_steps(rows), said, strict=True))
    return f"Staircase chart. {title} {_ORDER}. Before: {words(before)} helped. {steps}."


def _steps(rows: pd.DataFrame) -> list[str]:
    return [f"{number}. {label}" for number, label in enumerate(rows["label"], 1)]


def _steps_said(rows: pd.DataFrame, before: float, words: Callable[[float], str]) -> list[str]:
    said, last = [], before
    for met, best in zip(rows["met"].astype(float), rows["best"].astype(float), strict=True):
        step = f"{words(met)} helped, {signed(met - last, words)}"
        behind = best - met
        said.append(step if behind < FELT else f"{step}; at best {signed(behind, words)}")
        last = met
    return said
