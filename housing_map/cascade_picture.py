"""The cascade: bars that step down from the households helped through every loss."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import altair as alt
import pandas as pd

from housing_map.chart_frame import NARROW_PX, finish, require
from housing_map.palette import LOST_COLOURS, MET_COLOURS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MET_PARTS: Final = ("met_as_wanted", "met_other_way", "met_elsewhere")
LOST_PARTS: Final = (
    "not_provided",
    "not_eligible",
    "not_connected",
    "out_of_reach",
    "no_room",
    "not_taken_up",
)
_PART_WORDS: Final[Mapping[str, str]] = {
    "met_as_wanted": "helped as wanted",
    "met_other_way": "helped another way",
    "met_elsewhere": "helped elsewhere",
    "not_provided": "Not provided",
    "not_eligible": "Not eligible",
    "not_connected": "Not connected",
    "out_of_reach": "Out of reach",
    "no_room": "No room",
    "not_taken_up": "Not taken up",
}
_SHORT_MET: Final = {"met_as_wanted": "as wanted", "met_other_way": "another way",
                     "met_elsewhere": "elsewhere"}  # fmt: skip
_LEGEND: Final = {
    "Helped as wanted": MET_COLOURS[4],
    "Another way": MET_COLOURS[3],
    "Elsewhere": MET_COLOURS[2],
    "Not helped": LOST_COLOURS[4],
}
_INSIDE_SHARE: Final = 0.3


def whole(number: float) -> str:
    """Return a whole number in words for charts that are given no other; NaN is unknown."""
    return "not known" if math.isnan(number) else f"{number:,.0f}"


def cascade_chart(
    rows: pd.DataFrame,
    *,
    title: str,
    words: Callable[[float], str] = whole,
    unit: str = "Households a year",
) -> alt.LayerChart:
    """Return bars that step down from the households helped through every loss.

    Each group has its name, a sentence, one blue bar for the households that were helped, and
    below it, further and further to the right, one bar for each reason why others were not. All
    groups share one axis.

    Parameters
    ----------
    rows
        One row a group: ``group`` (its name), ``demand``, the three parts of met and the six
        losses (:data:`MET_PARTS`, :data:`LOST_PARTS`), all in the unit.
    title
        The finding.
    words
        Turns a number of the unit into words, such as "about 120".
    unit
        Heads the axis.

    Raises
    ------
    ValueError
        A column is missing, or a group's parts do not add up to its demand.
    """
    marks, texts, lines = _cascade_marks(rows, words)
    top = float(rows["demand"].max()) or 1.0
    x = alt.X("start:Q", title=unit, scale=alt.Scale(domain=[0, top], nice=False),
              axis=alt.Axis(tickCount=5, orient="bottom", format=",.0f", grid=False,
                            ticks=True, domain=True))  # fmt: skip
    y = alt.Y("top:Q", axis=None, scale=alt.Scale(domain=[lines - 0.7, 0], nice=False, zero=False))
    colour = alt.Color(
        "colour:N",
        scale=alt.Scale(domain=list(_LEGEND), range=list(_LEGEND.values())),
        legend=alt.Legend(
            orient="top", direction="horizontal", symbolType="square", symbolSize=160,
            columns=2, columnPadding=16,
        ),
    )  # fmt: skip
    frame = alt.Chart(pd.DataFrame(marks))
    words_frame = alt.Chart(pd.DataFrame(texts))
    steps = frame.transform_filter("datum.leads").encode(
        x=alt.X("end:Q", title=unit), y=alt.Y("bottom:Q", axis=None), y2="next:Q"
    )
    layers = [
        steps.mark_rule(color="#b1b4b6"),
        frame.mark_bar(stroke="#ffffff", strokeWidth=1).encode(
            x=x, x2="end:Q", y=y, y2="bottom:Q", color=colour,
            tooltip=[alt.Tooltip("said:N", title="Households")],
        ),
    ]  # fmt: skip
    said = alt.ExprRef(f"width < {NARROW_PX} ? datum.short : datum.said")
    for side, shift in (("flush", 0), ("left", 5), ("right", -5)):
        layers.append(
            words_frame.transform_filter(f"datum.align == '{side}' && datum.bold == false")
            .mark_text(
                align="right" if side == "right" else "left",
                dx=shift,
                baseline="middle",
                limit=0,
                text=said,
            )
            .encode(x=alt.X("at:Q"), y=alt.Y("line:Q"))
        )
    layers.append(
        words_frame.transform_filter("datum.bold == true")
        .mark_text(align="left", baseline="middle", fontWeight="bold", fontSize=14)
        .encode(x=alt.X("at:Q"), y=alt.Y("line:Q"), text="said:N")
    )
    return finish(layers, 20 * lines - 14, title, cascade_alt(rows, title=title, words=words))


def _cascade_marks(
    rows: pd.DataFrame, words: Callable[[float], str]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], int]:
    """Return bars, texts and the number of lines they take."""
    require(rows, ("group", "demand", *MET_PARTS, *LOST_PARTS))
    top = float(rows["demand"].max()) or 1.0
    shown = [part for part in LOST_PARTS if (rows[part] > 0).any()]
    marks: list[dict[str, Any]] = []
    texts: list[dict[str, Any]] = []
    line = 0
    for row in rows.to_dict("records"):
        parts = {part: float(row[part]) for part in (*MET_PARTS, *LOST_PARTS)}
        if not math.isclose(sum(parts.values()), float(row["demand"]), rel_tol=1e-6, abs_tol=1e-6):
            msg = f"met and lost do not add up to demand in the group {row['group']!r}"
            raise ValueError(msg)
        long, short = _cascade_sentences(parts, float(row["demand"]), words)
        name = str(row["group"])
        texts += [
            {"line": line + 0.5, "at": 0, "said": name, "short": name, "align": "flush",
             "bold": True},
            {"line": line + 1.5, "at": 0, "said": long, "short": short, "align": "flush",
             "bold": False},
        ]  # fmt: skip
        line += 2
        start = 0.0
        steps = [MET_PARTS, *((part,) for part in shown)]
        for place, step in enumerate(steps):
            for part in step:
                end = start + parts[part]
                said = f"{_PART_WORDS[part]}: {words(parts[part])}"
                mark = {
                    "group": name, "said": said, "colour": _cascade_colour(part),
                    "start": start, "end": end, "top": line + 0.08, "bottom": line + 0.92,
                    "next": line + 1.08, "leads": part == step[-1] and place < len(steps) - 1,
                }  # fmt: skip
                marks.append(mark)
                if part not in MET_PARTS:
                    texts.append({"line": line + 0.5, "said": said, "short": said, "bold": False,
                                  **_beside(start / top, end / top, top)})  # fmt: skip
                start = end
            line += 1
        line += 1
    return marks, texts, line


def _cascade_colour(part: str) -> str:
    names = list(_LEGEND)
    return names[MET_PARTS.index(part)] if part in MET_PARTS else names[-1]


def _beside(start: float, end: float, top: float) -> dict[str, Any]:
    """Place a bar's words where there is room: on a long bar, else on its freer side."""
    if end - start >= _INSIDE_SHARE:
        return (
            {"at": start * top, "align": "left"}
            if start <= 1 - end
            else {"at": end * top, "align": "right"}
        )
    if 1 - end >= start:
        return {"at": end * top, "align": "left"}
    return {"at": start * top, "align": "right"}


def _cascade_sentences(
    parts: Mapping[str, float], demand: float, words: Callable[[float], str]
) -> tuple[str, str]:
    met = sum(parts[part] for part in MET_PARTS)
    short = f"{words(met)} of {words(demand)} helped"
    detail = ", ".join(
        f"{words(parts[part])} {_SHORT_MET[part]}" for part in MET_PARTS if parts[part] > 0
    )
    short = short[0].upper() + short[1:]
    return (f"{short}: {detail}" if detail else short), short


def cascade_alt(rows: pd.DataFrame, *, title: str, words: Callable[[float], str] = whole) -> str:
    """Return the words of :func:`cascade_chart` for people who do not see it."""
    sentences = []
    for row in rows.to_dict("records"):
        parts = {part: float(row[part]) for part in (*MET_PARTS, *LOST_PARTS)}
        long, _ = _cascade_sentences(parts, float(row["demand"]), words)
        lost = ", ".join(
            f"{_PART_WORDS[part].lower()} {words(parts[part])}"
            for part in LOST_PARTS
            if parts[part] > 0
        )
        sentences.append(f"{row['group']}: {long}. Not helped: {lost or 'none'}.")
    return f"Bar chart. {title} {' '.join(sentences)}"
