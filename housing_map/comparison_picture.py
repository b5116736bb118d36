"""Scenarios beside each other: outcomes, who gains and who loses, how sure, and what survives.

Every bar and dot has its words beside it; colour never stands alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import altair as alt
import pandas as pd

from housing_map.cascade_picture import LOST_PARTS, MET_PARTS, whole
from housing_map.change_frame import (
    FALL,
    FELT,
    GAIN,
    finish_rows,
    lines,
    signed,
    spread_of,
    tips,
    x_axis,
    y_of,
)
from housing_map.chart_frame import NARROW_PX, require
from housing_map.palette import INK, LOST_COLOURS, MET_COLOURS, QUIET_INK, RULE

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    Words = Callable[[float], str]

_PARTS: Final[Mapping[str, tuple[str, str, str]]] = {
    "met_as_wanted": ("as wanted", MET_COLOURS[4], "#ffffff"),
    "met_other_way": ("another way", MET_COLOURS[3], "#ffffff"),
    "met_elsewhere": ("elsewhere", MET_COLOURS[2], INK),
    "not_provided": ("not provided", LOST_COLOURS[4], INK),
    "not_eligible": ("not eligible", LOST_COLOURS[4], INK),
    "not_connected": ("not connected", LOST_COLOURS[4], INK),
    "out_of_reach": ("out of reach", LOST_COLOURS[4], INK),
    "no_room": ("no room", LOST_COLOURS[4], INK),
    "not_taken_up": ("not taken up", LOST_COLOURS[4], INK),
}
"""Parts of demand: words, colour, and ink on the colour."""
_LETTER_SHARE: Final = 0.011
"""Share of a chart's width that a letter on a bar takes at most, where it is not narrow."""


# Outcomes ---------------------------------------------------------------------------------


def outcomes_chart(
    rows: pd.DataFrame,
    *,
    title: str,
    words: Words = whole,
    unit: str = "Households a year",
) -> alt.LayerChart:
    """Return one bar a scenario: helped in blues, then not helped, parted by reason.

    Parameters
    ----------
    rows
        One row a scenario, the baseline first: ``label``, the three parts of met and the six losses
        (:data:`housing_map.cascade_picture.MET_PARTS`, ``LOST_PARTS``), households a year.
    title
        The finding.
    words
        Turns households into words.
    unit
        Heads the axis.

    Raises
    ------
    ValueError
        A column is missing, there is no row, or a part is below 0.
    """
    require(rows, ("label", *_PARTS))
    if (rows[list(_PARTS)] < -FELT).any(axis=None):
        message = "a part of demand is below 0"
        raise ValueError(message)
    table = lines(rows["label"].tolist(), [_outcome(row, words) for row in _records(rows)])
    top = float(rows[list(_PARTS)].sum(axis=1).max()) or 1.0
    marks: list[dict[str, Any]] = []
    for place, row in zip(table.to_dict("records"), _records(rows), strict=True):
        start = 0.0
        for part, (name, fill, ink) in _PARTS.items():
            size = float(row[part])
            mark = {
                "whole": row["label"], "said": f"{name}: {words(size)}", "start": start,
                "end": start + size, "fill": fill, "ink": ink, "name": name,
                "fits": size / top > _LETTER_SHARE * len(name),
                **{key: place[key] for key in ("top", "middle", "bottom")},
            }  # fmt: skip
            marks.append(mark | {"centre": start + size / 2})
            start += size
    frame = alt.Chart(pd.DataFrame(marks))
    x = x_axis("start", (0.0, top), unit)
    layers = [
        frame.mark_rect(stroke="#ffffff", strokeWidth=1.5).encode(
            x=x, x2="end:Q", y=y_of(table, "top"), y2="bottom:Q",
            color=alt.Color("fill:N", scale=None), tooltip=tips("Scenario"),
        ),
        frame.transform_filter("datum.fits")
        .mark_text(fontSize=11, baseline="middle",
                   opacity=alt.ExprRef(f"width < {NARROW_PX} ? 0 : 1"))
        .encode(x=alt.X("centre:Q", title=unit), y=y_of(table, "middle"), text="name:N",
                color=alt.Color("ink:N", scale=None)),
    ]  # fmt: skip
    text = outcomes_alt(rows, title=title, words=words)
    subtitle = "Blue: helped as wanted, another way, elsewhere. Warm: not helped, by reason"
    return finish_rows(layers, table, title, text, subtitle=subtitle)


def outcomes_alt(rows: pd.DataFrame, *, title: str, words: Words = whole) -> str:
    """Return the words of :func:`outcomes_chart`, every part with its number."""
    said = []
    for row in _records(rows):
        met, lost = (
            ", ".join(
                f"{_PARTS[part][0]} {words(float(row[part]))}"
                for part in parts
                if float(row[part]) >= FELT
            )
            for parts in (MET_PARTS, LOST_PARTS)
        )
        said.append(f"{row['label']}: helped {met or 'none'}; not helped {lost or 'none'}.")
    return f"Bar chart. {title} {' '.join(said)}"


def _outcome(row: Mapping[Hashable, Any], words: Words) -> str:
    met = sum(float(row[part]) for part in MET_PARTS)
    lost = sum(float(row[part]) for part in LOST_PARTS)
    return f"{words(met)} helped, {words(lost)} not"


# Gains and losses -------------------------------------------------------------------------


def gains_chart(
    rows: pd.DataFrame,
    *,
    title: str,
    words: Words = whole,
    unit: str = "Households a year: fewer helped | more helped",
) -> alt.LayerChart:
    """Return one row a group: those who gain to the right in blue, who lose to the left in warm.

    Parameters
    ----------
    rows
        One row a group: ``group``, ``gained`` and ``lost``, both 0 or more (households a year).
    title
        The finding.
    words
        Turns households into words.
    unit
        Heads the axis.

    Raises
    ------
    ValueError
        A column is missing, there is no row, or an amount is below 0.
    """
    require(rows, ("group", "gained", "lost"))
    if (rows[["gained", "lost"]] < 0).any(axis=None):
        message = "gains and losses are amounts of 0 or more"
        raise ValueError(message)
    table = lines(rows["group"].tolist(), [_gain(row, words) for row in _records(rows)])
    table["right"] = rows["gained"].astype(float).to_numpy()
    table["left"] = -rows["lost"].astype(float).to_numpy()
    table["none"] = 0
    domain = spread_of([*table["left"], *table["right"]], zero=True)
    x = x_axis("none", domain, unit, labelExpr="format(abs(datum.value), ',.0f')")
    frame, hover = alt.Chart(table), tips("Group")
    layers = [
        _zero_line(table, x),
        *(
            frame.mark_rect(color=colour).encode(
                x=x, x2=f"{side}:Q", y=y_of(table, "top"), y2="bottom:Q", tooltip=hover
            )
            for side, colour in (("left", FALL), ("right", GAIN))
        ),
    ]
    return finish_rows(layers, table, title, gains_alt(rows, title=title, words=words))


def gains_alt(rows: pd.DataFrame, *, title: str, words: Words = whole) -> str:
    """Return the words of :func:`gains_chart`."""
    said = "; ".join(f"{row['group']}: {_gain(row, words)}" for row in _records(rows))
    return f"Bar chart, more helped to the right and fewer to the left. {title} {said}."


def _gain(row: Mapping[Hashable, Any], words: Words) -> str:
    parts = [
        signed(amount, words)
        for amount in (float(row["gained"]), -float(row["lost"]))
        if abs(amount) >= FELT
    ]
    return ", ".join(parts) or "no change"


# How sure a difference is -----------------------------------------------------------------


def differences_chart(
    rows: pd.DataFrame,
    *,
    title: str,
    words: Words = whole,
    unit: str = "Households a year: fewer helped | more helped",
) -> alt.LayerChart:
    """Return one line a scenario from p10 to p90 of its difference, and a line at no difference.

    The dot is filled where the whole line lies on one side, and hollow where it does not.

    Parameters
    ----------
    rows
        One row a scenario or group: ``label``, and ``p10``, ``median`` and ``p90`` of the
        difference from the baseline over paired draws (households a year).
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
    require(rows, ("label", "p10", "median", "p90"))
    table = lines(rows["label"].tolist(), [_difference(row, words) for row in _records(rows)])
    for name in ("p10", "median", "p90"):
        table[name] = rows[name].astype(float).to_numpy()
    table["none"] = 0
    table["sure"] = [_one_sided(row) for row in _records(rows)]
    domain = spread_of([*table["p10"], *table["p90"]], zero=True)
    x = x_axis("p10", domain, unit, labelExpr="format(abs(datum.value), ',.0f')")
    frame, hover = alt.Chart(table), tips("Scenario")
    layers = [
        _zero_line(table, x_axis("none", domain, unit)),
        frame.mark_rule(strokeWidth=6, color=MET_COLOURS[2]).encode(
            x=x, x2="p90:Q", y=y_of(table, "middle"), tooltip=hover
        ),
        frame.mark_point(size=140, filled=True, opacity=1, stroke=MET_COLOURS[4], strokeWidth=2)
        .encode(
            x=alt.X("median:Q", title=unit), y=y_of(table, "middle"), tooltip=hover,
            fill=alt.condition("datum.sure", alt.value(MET_COLOURS[4]), alt.value("#ffffff")),
        ),
    ]  # fmt: skip
    text = differences_alt(rows, title=title, words=words)
    subtitle = "Eight draws in ten lie on the line; a hollow dot: it may be no difference at all"
    return finish_rows(layers, table, title, text, subtitle=subtitle)


def differences_alt(rows: pd.DataFrame, *, title: str, words: Words = whole) -> str:
    """Return the words of :func:`differences_chart`."""
    said = "; ".join(f"{row['label']}: {_difference(row, words)}" for row in _records(rows))
    return f"Chart of ranges of a difference, 8 draws in 10. {title} {said}."


def _difference(row: Mapping[Hashable, Any], words: Words) -> str:
    low, middle, high = (signed(float(row[name]), words) for name in ("p10", "median", "p90"))
    if low == high:
        return middle
    doubt = "" if _one_sided(row) else "; may be no difference"
    return f"{middle} ({low} to {high}){doubt}"


def _one_sided(row: Mapping[Hashable, Any]) -> bool:
    return float(row["p10"]) >= FELT or float(row["p90"]) <= -FELT


# What survives ----------------------------------------------------------------------------


def survival_chart(rows: pd.DataFrame, *, title: str) -> alt.LayerChart:
    """Return one bar a candidate: the share of draws in which it is among the best.

    Dark bars are in the plan, pale ones are not, and the words say so.

    Parameters
    ----------
    rows
        One row a candidate: ``label``, ``share`` (0 to 1), and ``chosen``, whether the plan has it.
    title
        The finding.

    Raises
    ------
    ValueError
        A column is missing, or there is no row.
    """
    require(rows, ("label", "share", "chosen"))
    table = lines(rows["label"].tolist(), [_survival(row) for row in _records(rows)])
    table["share"] = rows["share"].astype(float).to_numpy()
    table["chosen"] = rows["chosen"].astype(bool).to_numpy()
    table = table.assign(none=0, all=1)
    unit = "Share of draws in which it is chosen"
    x = x_axis("none", (0.0, 1.0), unit, ".0%")
    frame, hover = alt.Chart(table), tips("Candidate")
    layers = [
        frame.mark_rect(color="#ffffff", stroke=RULE).encode(
            x=x, x2="all:Q", y=y_of(table, "top"), y2="bottom:Q"
        ),
        frame.mark_rect().encode(
            x=x, x2="share:Q", y=y_of(table, "top"), y2="bottom:Q", tooltip=hover,
            color=alt.condition(
                "datum.chosen", alt.value(MET_COLOURS[4]), alt.value(MET_COLOURS[1])
            ),
        ),
    ]  # fmt: skip
    return finish_rows(layers, table, title, survival_alt(rows, title=title))


def survival_alt(rows: pd.DataFrame, *, title: str) -> str:
    """Return the words of :func:`survival_chart`."""
    said = "; ".join(f"{row['label']}: {_survival(row)}" for row in _records(rows))
    return f"Bar chart, share of draws in which each is chosen. {title} {said}."


def _survival(row: Mapping[Hashable, Any]) -> str:
    plan = "in this plan" if row["chosen"] else "not in this plan"
    return f"chosen in {float(row['share']):.0%} of draws; {plan}"


# Parts ------------------------------------------------------------------------------------


def _records(rows: pd.DataFrame) -> list[dict[Hashable, Any]]:
    return rows.to_dict("records")


def _zero_line(table: pd.DataFrame, x: alt.X) -> alt.Chart:
    """Draw the line of no difference through every row's bar."""
    line: alt.Chart = alt.Chart(table.assign(none=0)).mark_rule(strokeWidth=1.5, color=QUIET_INK)
    return line.encode(x=x, y=y_of(table, "at"), y2="below:Q")
