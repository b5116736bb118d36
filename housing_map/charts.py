"""Charts of results, each with a title for its finding and a text that says the same.

Charts take plain tables and know nothing of the model. Colour never stands alone: every bar,
dot, cell and line has its words beside it. Widths follow the page (``width="container"``), from
a phone to a wide screen. Show them without a further theme (``theme=None``).
"""

from __future__ import annotations

import base64
import json
import math
import re
import textwrap
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import altair as alt
import pandas as pd

from housing_map.escape import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

FONT: Final = "Arial, Helvetica, sans-serif"
INK: Final = "#0b0c0c"
QUIET_INK: Final = "#505a5f"
RULE: Final = "#d9dadb"

MET_COLOURS: Final = ("#D5E6F7", "#A5CBEF", "#6BACE6", "#2073BC", "#12436D")
LOST_COLOURS: Final = ("#FDE8DC", "#FBCBB0", "#F9AD86", "#F78B57", "#F46A25")
NEED_COLOURS: Final = ("#DCE2E9", "#B1BDCA", "#8295A9", "#51677F", "#233B53")

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
_NARROW_PX: Final = 520
_MIDDLE_PX: Final = 800
_TITLE_LETTERS: Final = (36, 56, 88)
_INSIDE_SHARE: Final = 0.3


def households(number: float) -> str:
    """Return a rounded number of households in words, such as ``"about 120"``.

    Parameters
    ----------
    number
        Households; NaN is unknown.

    Examples
    --------
    >>> households(0), households(3.2), households(118.4), households(587)
    ('none', 'fewer than 5', 'about 120', 'about 590')
    """
    if math.isnan(number):
        return "not known"
    if number == 0:
        return "none"
    if number < 5:  # noqa: PLR2004 - the smallest number that is said
        return "fewer than 5"
    step = 5 if number < 100 else 10  # noqa: PLR2004 - two figures that mean something
    return f"about {round(number / step) * step:,}"


def percent(share: float) -> str:
    """Return a share between 0 and 1 as a whole percentage; NaN is unknown."""
    return "not known" if math.isnan(share) else f"{share:.0%}"


# ---------------------------------------------------------------------------------------------
# What all charts have in common


def _title(title: str) -> alt.TitleParams:
    """Return a title that breaks into lines as the chart becomes narrow."""
    narrow, middle, wide = (
        json.dumps(textwrap.wrap(title, letters) or [""]) for letters in _TITLE_LETTERS
    )
    lines = alt.ExprRef(
        f"width < {_NARROW_PX} ? {narrow} : width < {_MIDDLE_PX} ? {middle} : {wide}"
    )
    return alt.TitleParams(
        text=lines, anchor="start", frame="bounds", fontSize=16, lineHeight=20, offset=12,
        limit=4000, color=INK,
    )  # fmt: skip


def _finish(layers: Sequence[alt.Chart], height: int, title: str, alt_text: str) -> alt.LayerChart:
    axis: dict[str, Any] = {
        "labelColor": INK, "titleColor": INK, "labelFontSize": 13, "titleFontSize": 13,
        "titleFontWeight": "normal", "gridColor": RULE, "domain": False, "ticks": False,
        "labelPadding": 6,
    }  # fmt: skip
    chart = alt.LayerChart(
        layer=list(layers),
        title=_title(title),
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


def _require(rows: pd.DataFrame, columns: Iterable[str]) -> None:
    missing = [column for column in columns if column not in rows]
    if missing:
        msg = f"the table has no column {', '.join(missing)}"
        raise ValueError(msg)
    if rows.empty:
        msg = "a chart needs at least one row"
        raise ValueError(msg)


# ---------------------------------------------------------------------------------------------
# Cascade


def cascade_chart(
    rows: pd.DataFrame,
    *,
    title: str,
    words: Callable[[float], str] = households,
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
        Turns a number of the unit into words.
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
    y = alt.Y("top:Q", axis=None, scale=alt.Scale(domain=[lines, 0], nice=False, zero=False))
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
    said = alt.ExprRef(f"width < {_NARROW_PX} ? datum.short : datum.said")
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
    return _finish(layers, 20 * lines, title, cascade_alt(rows, title=title, words=words))


def _cascade_marks(
    rows: pd.DataFrame, words: Callable[[float], str]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], int]:
    """Return bars, texts and the number of lines they take."""
    _require(rows, ("group", "demand", *MET_PARTS, *LOST_PARTS))
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
            {"line": line + 0.5, "at": 0, "said": name, "short": name, "align": "left", "bold": True},
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
    return marks, texts, line - 1


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


def cascade_alt(
    rows: pd.DataFrame, *, title: str, words: Callable[[float], str] = households
) -> str:
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


# ---------------------------------------------------------------------------------------------
# Ranges


def range_chart(
    rows: pd.DataFrame,
    *,
    title: str,
    words: Callable[[float], str] = percent,
    unit: str = "Share of households",
) -> alt.LayerChart:
    """Return one line a group from the cautious to the optimistic run, a dot at the central.

    Parameters
    ----------
    rows
        ``group``, ``cautious``, ``central`` and ``optimistic`` as shares between 0 and 1.
    title
        The finding.
    words
        Turns a share into words.
    unit
        Heads the axis.
    """
    _require(rows, ("group", *_RUNS))
    table = rows[["group", *_RUNS]].copy()
    table["line"] = [place + 0.3 for place in range(len(table))]
    table["below"] = table["line"] + 0.38
    table["none"], table["all"] = 0, 1
    table["said"] = [_range_words(row, words) for row in table.to_dict("records")]
    frame = alt.Chart(table)
    x = alt.X("none:Q", title=unit, scale=alt.Scale(domain=[0, 1]),
              axis=alt.Axis(format=".0%", values=[0, 0.25, 0.5, 0.75, 1], grid=False))  # fmt: skip
    y = alt.Y("below:Q", axis=None, scale=alt.Scale(domain=[len(table), 0], nice=False))
    tips = [alt.Tooltip("group:N", title="Group"), alt.Tooltip("said:N", title="Share")]
    layers = [
        frame.mark_rule(strokeWidth=1, color="#b1b4b6").encode(x=x, x2="all:Q", y=y),
        frame.mark_rule(strokeWidth=6, color=MET_COLOURS[2]).encode(
            x=alt.X("cautious:Q", title=unit), x2="optimistic:Q", y=y
        ),
        frame.mark_point(filled=True, size=150, opacity=1, color=MET_COLOURS[4]).encode(
            x=alt.X("central:Q", title=unit), y=y, tooltip=tips
        ),
        frame.mark_text(align="left", baseline="middle", fontWeight="bold").encode(
            x=alt.X("none:Q", title=unit), y=alt.Y("line:Q", axis=None), text="group:N"
        ),
        frame.mark_text(align="right", baseline="middle").encode(
            x=alt.X("all:Q", title=unit), y=alt.Y("line:Q", axis=None), text="said:N"
        ),
    ]
    alt_text = range_alt(rows, title=title, words=words)
    return _finish(layers, 48 * len(table), title, alt_text)


_RUNS: Final = ("cautious", "central", "optimistic")


def _range_words(row: Mapping[Hashable, Any], words: Callable[[float], str]) -> str:
    low, middle, high = (words(float(row[run])) for run in _RUNS)
    return f"{middle} ({low} to {high})" if low != high else middle


def range_alt(rows: pd.DataFrame, *, title: str, words: Callable[[float], str] = percent) -> str:
    """Return the words of :func:`range_chart`."""
    said = "; ".join(
        f"{row['group']} {_range_words(row, words)}" for row in rows.to_dict("records")
    )
    return f"Chart of ranges, central run with cautious to optimistic. {title} {said}."


# ---------------------------------------------------------------------------------------------
# Matrix


def matrix_chart(
    rows: pd.DataFrame,
    row: str,
    column: str,
    value: str,
    text: str,
    *,
    title: str,
    colours: Sequence[str] = LOST_COLOURS,
    top: float | None = None,
) -> alt.LayerChart:
    """Return a table whose cells are shaded by value and say their text.

    Parameters
    ----------
    rows
        One row a cell.
    row, column
        Columns with the names of rows and columns, shown in the order of first appearance.
    value
        Column with the number that shades the cell; NaN is unknown and shown pale with its text.
    text
        Column with the words in the cell.
    title
        The finding.
    colours
        From least to most.
    top
        Value of the strongest colour, in the unit of the value; the largest when None.
    """
    _require(rows, (row, column, value, text))
    places = {name: place for place, name in enumerate(dict.fromkeys(rows[row]))}
    table = pd.DataFrame(
        {
            "row": rows[row].astype(str).to_numpy(),
            "line": [places[name] for name in rows[row]],
            "column": _headings(rows[column]),
            "value": rows[value].astype(float).to_numpy(),
            "text": rows[text].astype(str).to_numpy(),
        }
    )
    table["top"], table["middle"], table["bottom"] = (
        table["line"] + share for share in (0.42, 0.69, 0.96)
    )
    largest = float(table["value"].max()) if top is None else top
    scaled = table["value"] / largest if largest > 0 else table["value"] * 0
    table["fill"] = [_cell_fill(share, colours) for share in scaled.tolist()]
    table["ink"] = [_ink_on(fill) for fill in table["fill"]]
    small = alt.ExprRef(f"width < {_NARROW_PX} ? 11 : 13")
    frame = alt.Chart(table)
    x = alt.X("column:N", sort=None, title=None, scale=alt.Scale(paddingInner=0.03),
              axis=alt.Axis(orient="top", labelAngle=0, labelExpr="split(datum.label, '\\n')",
                            labelLineHeight=15, labelLimit=0, labelFontSize=small,
                            labelPadding=15 * _lines(table["column"]) - 9))  # fmt: skip
    scale = alt.Scale(domain=[len(places), 0], nice=False, zero=False)
    names = pd.DataFrame(
        {"name": [str(n) for n in places], "at": [p + 0.24 for p in places.values()]}
    )
    layers = [
        frame.mark_rect(stroke=RULE, strokeWidth=1).encode(
            x=x, y=alt.Y("top:Q", axis=None, scale=scale), y2="bottom:Q",
            color=alt.Color("fill:N", scale=None),
        ),
        frame.mark_text(fontSize=small, baseline="middle").encode(
            x=x, y=alt.Y("middle:Q", axis=None), text="text:N",
            color=alt.Color("ink:N", scale=None),
        ),
        alt.Chart(names).mark_text(align="left", baseline="middle", fontWeight="bold").encode(
            x=alt.value(0), y=alt.Y("at:Q", axis=None), text="name:N"
        ),
    ]  # fmt: skip
    alt_text = matrix_alt(rows, row, column, text, title=title)
    return _finish(layers, 54 * len(places), title, alt_text)


_COLUMN_LETTERS: Final = 10
_UNKNOWN_FILL: Final = "#f3f2f1"


def _lines(names: Iterable[str]) -> int:
    return max(name.count("\n") for name in names) + 1


def _headings(names: Iterable[object]) -> list[str]:
    """Break headings into short lines, as many for each, the last at the bottom."""
    broken = ["\n".join(textwrap.wrap(str(name), _COLUMN_LETTERS)) for name in names]
    most = _lines(broken)
    return ["\n" * (most - 1 - name.count("\n")) + name for name in broken]


def _cell_fill(share: float, colours: Sequence[str]) -> str:
    if math.isnan(share):
        return _UNKNOWN_FILL
    if share <= 0:
        return "#ffffff"
    return colours[min(len(colours) - 1, int(share * len(colours)))]


def _ink_on(fill: str) -> str:
    """Return black or white, whichever reads better on a fill (WCAG relative luminance)."""
    red, green, blue = (_linear(int(fill[i : i + 2], 16) / 255) for i in (1, 3, 5))
    light = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return INK if (light + 0.05) / 0.053 >= 1.05 / (light + 0.05) else "#ffffff"


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4  # noqa: PLR2004


def matrix_alt(rows: pd.DataFrame, row: str, column: str, text: str, *, title: str) -> str:
    """Return the words of :func:`matrix_chart`, row by row."""
    sentences = []
    for name, cells in rows.groupby(row, sort=False):
        said = ", ".join(f"{c} {t}" for c, t in zip(cells[column], cells[text], strict=True))
        sentences.append(f"{name}: {said}.")
    return " ".join(["Table of shaded cells.", title, *sentences]).replace("\n", " ")


# ---------------------------------------------------------------------------------------------
# Series

_QUARTER: Final = re.compile(r"^(\d{4})[ -]?Q([1-4])$")
_SERIES_HEIGHT: Final = 280
_LINES: Final = (
    (MET_COLOURS[4], (1, 0)),
    (LOST_COLOURS[4], (6, 3)),
    (MET_COLOURS[3], (2, 2)),
    (QUIET_INK, (8, 3, 2, 3)),
)


def series_chart(
    rows: pd.DataFrame,
    x: str,
    y: str,
    group: str | None = None,
    *,
    title: str,
    unit: str = "Households in a quarter",
) -> alt.LayerChart:
    """Return quarterly lines, each named at its end, with gaps where a quarter is missing.

    Parameters
    ----------
    rows
        One row a quarter and group.
    x
        Column with quarters such as ``"2024 Q3"``.
    y
        Column with numbers, in the unit; NaN or no row is a gap.
    group
        Column with the names of the lines, at most four; one line without a name when None.
    title
        The finding.
    unit
        Heads the axis.

    Raises
    ------
    ValueError
        A quarter cannot be read, stands twice in a group, or there are more than four groups.
    """
    table = _quarters(rows, x, y, group)
    names = list(dict.fromkeys(table["group"]))
    if len(names) > len(_LINES):
        msg = f"a chart of lines shows at most {len(_LINES)}, not {len(names)}"
        raise ValueError(msg)
    last = table.dropna(subset="value").groupby("group", sort=False).tail(1)
    ends = _apart(last, float(table["value"].max()))
    inks = alt.Scale(domain=names, range=[colour for colour, _ in _LINES[: len(names)]])
    dashes = alt.Scale(domain=names, range=[list(dash) for _, dash in _LINES[: len(names)]])
    x_axis = alt.X("start:T", title=None,
                   axis=alt.Axis(format="%Y", tickCount="year", grid=False, labelOverlap=True,
                                 ticks=True, domain=True))  # fmt: skip
    y_axis = alt.Y("value:Q", title=None, scale=alt.Scale(zero=True),
                   axis=alt.Axis(tickCount=5, format=",.0f"))  # fmt: skip
    colour = alt.Color("group:N", scale=inks, legend=None)
    frame = alt.Chart(table).encode(x=x_axis, y=y_axis, color=colour)
    tips = [alt.Tooltip("group:N", title="Line"), alt.Tooltip("quarter:N", title="Quarter"),
            alt.Tooltip("value:Q", title=unit, format=",.0f")]  # fmt: skip
    layers: list[alt.Chart] = [
        frame.mark_line(strokeWidth=2.5, invalid="break-paths-show-domains").encode(
            strokeDash=alt.StrokeDash("group:N", scale=dashes, legend=None), detail="group:N"
        ),
        frame.transform_filter("isValid(datum.value)")
        .mark_point(filled=True, size=28, opacity=1)
        .encode(tooltip=tips),
    ]
    right = 14
    if group is not None:
        right = 14 + 8 * max(len(line) for name in ends["name"] for line in name.split("\n"))
        layers.append(
            alt.Chart(ends)
            .mark_text(align="left", baseline="middle", dx=8, fontWeight="bold", lineBreak="\n",
                       lineHeight=15)
            .encode(x=alt.X("start:T"), y=alt.Y("at:Q"), text="name:N")
        )  # fmt: skip
    alt_text = series_alt(rows, x, y, group, title=title, unit=unit)
    return _finish(layers, _SERIES_HEIGHT, title, alt_text, right=right)


def _quarters(rows: pd.DataFrame, x: str, y: str, group: str | None) -> pd.DataFrame:
    """Return group, quarter, its first day and value, with a row for every quarter."""
    _require(rows, (x, y, *([group] if group else ())))
    found = [_QUARTER.match(str(quarter)) for quarter in rows[x]]
    if not all(found):
        bad = next(q for q, match in zip(rows[x], found, strict=True) if match is None)
        msg = f"not a quarter such as 2024 Q3: {bad!r}"
        raise ValueError(msg)
    ordinals = [4 * int(m[1]) + int(m[2]) - 1 for m in found if m]
    table = pd.DataFrame(
        {
            "group": rows[group].astype(str).to_numpy() if group else "",
            "number": ordinals,
            "value": rows[y].astype(float).to_numpy(),
        }
    )
    if table.duplicated(["group", "number"]).any():
        msg = "a quarter stands twice in one line"
        raise ValueError(msg)
    every = range(min(ordinals), max(ordinals) + 1)
    whole = pd.MultiIndex.from_product(
        [list(dict.fromkeys(table["group"])), every], names=["group", "number"]
    )
    table = table.set_index(["group", "number"]).reindex(whole).reset_index()
    table["quarter"] = [f"{n // 4} Q{n % 4 + 1}" for n in table["number"]]
    table["start"] = [f"{n // 4}-{n % 4 * 3 + 1:02}-01T00:00:00" for n in table["number"]]
    return table


def _apart(last: pd.DataFrame, largest: float) -> pd.DataFrame:
    """Return the names for the ends of lines, moved apart where they would meet."""
    placed = last.sort_values("value")
    names = ["\n".join(textwrap.wrap(name, _COLUMN_LETTERS + 2)) for name in placed["group"]]
    heights: list[float] = []
    for value, name in zip(placed["value"].tolist(), names, strict=True):
        room = largest * 17 * (name.count("\n") + 1) / _SERIES_HEIGHT
        heights.append(max(value, heights[-1] + room) if heights else value)
    return pd.DataFrame({"start": placed["start"].tolist(), "at": heights, "name": names})


def series_alt(
    rows: pd.DataFrame,
    x: str,
    y: str,
    group: str | None = None,
    *,
    title: str,
    unit: str = "Households in a quarter",
) -> str:
    """Return the words of :func:`series_chart`: first, last, least, most and gaps of each line."""
    sentences = []
    table = _quarters(rows, x, y, group)
    for name in dict.fromkeys(table["group"].tolist()):
        line = table[table["group"] == name]
        known = line.dropna(subset="value")
        if known.empty:
            sentences.append(f"{name or 'The line'}: not known.")
            continue
        first, last = known.iloc[0], known.iloc[-1]
        missing = line.loc[line["value"].isna(), "quarter"].tolist()
        gaps = f"; missing: {', '.join(missing)}" if missing else ""
        sentences.append(
            f"{name or 'The line'}: {first['value']:,.0f} in {first['quarter']}, "
            f"{last['value']:,.0f} in {last['quarter']}, between {known['value'].min():,.0f} "
            f"and {known['value'].max():,.0f}{gaps}."
        )
    return f"Line chart, {unit.lower()}. {title} {' '.join(sentences)}"


# ---------------------------------------------------------------------------------------------
# Referral routes

State = Literal["open", "refuses", "unreached"]

STAGES: Final[Mapping[str, str]] = {
    "entry": "Asks for help",
    "coordination": "Assessed and referred",
    "safety": "Safe place",
    "housing": "Housing help",
    "home": "Settled home",
}
_STATE_WORDS: Final[Mapping[State, str]] = {
    "open": "",
    "refuses": "does not take them",
    "unreached": "not reached",
}


@dataclass(frozen=True, slots=True)
class Node:
    """A service, a way in or a home on the picture of routes.

    ``state`` says whether it takes the household (``open``), does not (``refuses``) or lies
    beyond every route (``unreached``).
    """

    id: str
    label: str
    stage: str
    state: State = "open"


@dataclass(frozen=True, slots=True)
class Edge:
    """A referral from one node to another; ``weight`` counts households a year."""

    source: str
    target: str
    weight: float = 1.0
    state: State = "open"


@dataclass(frozen=True, slots=True)
class DeadEnd:
    """Households that come to ``source`` and find no way on, with the reason in words."""

    source: str
    label: str
    weight: float = 1.0


def route_diagram(
    nodes: Sequence[Node],
    edges: Sequence[Edge],
    dead_ends: Sequence[DeadEnd] = (),
    *,
    title: str,
    stages: Mapping[str, str] = STAGES,
) -> str:
    """Return an SVG picture of the referral graph in columns by stage, from left to right.

    Thickness shows households; a dead end is a line that stops at a bar, with its reason.
    Border and words tell what is closed, so that the picture reads without colour. The same
    input always gives the same picture.

    Parameters
    ----------
    nodes
        In the order in which they should stand, where the lines leave a choice.
    edges
        Referrals between nodes. With equal weights all lines are equally thick.
    dead_ends
        Where households find no way on.
    title
        The finding; also what is read out.
    stages
        Code and heading of each column, in order.

    Raises
    ------
    ValueError
        An unknown stage or node, or a node that stands twice.
    """
    return _Routes(nodes, edges, dead_ends, title, stages).svg()


def route_alt(
    nodes: Sequence[Node],
    edges: Sequence[Edge],
    dead_ends: Sequence[DeadEnd] = (),
    *,
    title: str,
) -> str:
    """Return the words of :func:`route_diagram`: where each node leads and where ways end."""
    label = {node.id: node.label for node in nodes}
    sentences = []
    for node in nodes:
        ways = [label[e.target] for e in edges if e.source == node.id and e.state == "open"]
        ends = [end.label for end in dead_ends if end.source == node.id]
        state = f" ({_STATE_WORDS[node.state]})" if node.state != "open" else ""
        parts = [f"leads to {', '.join(ways)}"] if ways else []
        parts += [f"dead end: {end}" for end in ends]
        if parts or state:
            sentences.append(f"{node.label}{state}{': ' if parts else ''}{'; '.join(parts)}.")
    return f"Diagram of referral routes. {title} {' '.join(sentences)}"


def picture_html(svg: str, alt_text: str, *, least_width: int = 760) -> str:
    """Return HTML that shows an SVG as a picture, to scroll sideways on a narrow screen.

    Parameters
    ----------
    svg
        The picture.
    alt_text
        Its words.
    least_width
        Width in pixels below which it scrolls instead of shrinking.
    """
    data = base64.b64encode(svg.encode()).decode()
    return (
        '<div style="overflow-x:auto" tabindex="0" role="region" '
        f'aria-label="Diagram, scrolls sideways"><img alt="{escape(alt_text)}" '
        f'src="data:image/svg+xml;base64,{data}" '
        f'style="display:block;width:100%;min-width:{least_width}px;height:auto"></div>'
    )


_BOX: Final = 146
_GAP: Final = 56
_DEEPEST: Final = 3
_SPACE: Final = 14
_TOP: Final = 44
_LETTERS: Final = 20
_LINE: Final = 16
_THICKEST: Final = 16.0
_THINNEST: Final = 1.5
_UNIFORM: Final = 3.0
_SWEEPS: Final = 6


@dataclass(slots=True)
class _Slot:
    """A place in a column: a node, a bend of a long line, or the end of a dead end."""

    key: str
    column: int
    lines: list[str]
    kind: Literal["node", "bend", "end"]
    state: State = "open"
    order: float = 0.0
    y: float = 0.0
    height: float = 0.0


@dataclass(slots=True)
class _Link:
    """A piece of a line between two slots of neighbouring columns (or of one column)."""

    source: str
    target: str
    thickness: float
    state: State
    dead: bool
    last: bool
    y1: float = 0.0
    y2: float = 0.0


class _Routes:
    """Layout of one picture of routes."""

    def __init__(
        self,
        nodes: Sequence[Node],
        edges: Sequence[Edge],
        dead_ends: Sequence[DeadEnd],
        title: str,
        stages: Mapping[str, str],
    ) -> None:
        _check_graph(nodes, edges, dead_ends, stages)
        self.title = title
        self.alt = route_alt(nodes, edges, dead_ends, title=title)
        columns, self.headings = _columns(nodes, edges, stages)
        self.slots: dict[str, _Slot] = {}
        for node in nodes:
            lines = _wrapped(node.label) + _wrapped(_STATE_WORDS[node.state])
            self.slots[node.id] = _Slot(node.id, columns[node.id], lines, "node", node.state)
        weights = [edge.weight for edge in edges] + [end.weight for end in dead_ends]
        self.heaviest = max(weights, default=0.0)
        self.uniform = len(set(weights)) <= 1
        self.links: list[_Link] = []
        for number, edge in enumerate(edges):
            self._add_edge(number, edge)
        for number, end in enumerate(dead_ends):
            key = f"\0end{number}"
            column = self.slots[end.source].column + 1
            self.slots[key] = _Slot(key, column, _wrapped(end.label), "end")
            self.links.append(
                _Link(end.source, key, self._thickness(end.weight), "open", dead=True, last=True)
            )
        self._arrange()

    def _thickness(self, weight: float) -> float:
        if self.uniform or self.heaviest <= 0:
            return _UNIFORM
        return max(_THINNEST, _THICKEST * weight / self.heaviest)

    def _add_edge(self, number: int, edge: Edge) -> None:
        first, last = self.slots[edge.source].column, self.slots[edge.target].column
        state = edge.state
        thick = self._thickness(edge.weight) if state == "open" else _THINNEST
        before = edge.source
        for column in range(first + 1, last):
            key = f"\0bend{number}.{column}"
            self.slots[key] = _Slot(key, column, [], "bend")
            self.links.append(_Link(before, key, thick, state, dead=False, last=False))
            before = key
        self.links.append(_Link(before, edge.target, thick, state, dead=False, last=True))

    # Layout: order the slots of each column by where their lines come from, then stack them.

    def _arrange(self) -> None:
        count = max((slot.column for slot in self.slots.values()), default=0) + 1
        self.columns: list[list[_Slot]] = [
            [slot for slot in self.slots.values() if slot.column == place]
            for place in range(max(count, 1 + max(self.headings, default=0)))
        ]
        self._renumber()
        for sweep in range(_SWEEPS):
            forward = sweep % 2 == 0
            for column in self.columns if forward else reversed(self.columns):
                around = {slot.key: self._neighbour_order(slot, forward=forward) for slot in column}
                column.sort(key=lambda slot: (around[slot.key], slot.order))
                self._renumber()
        for column in self.columns:
            for slot in column:
                flow = max(self._flow(slot.key, "target"), self._flow(slot.key, "source"))
                words = len(slot.lines) * _LINE + (14 if slot.kind == "node" else 0)
                slot.height = max(words, flow + 6)
        tall = max(sum(s.height + _SPACE for s in column) - _SPACE for column in self.columns)
        self.height = _TOP + max(tall, 0.0) + 2 * _LINE + 12
        for column in self.columns:
            y = _TOP + (tall - (sum(s.height + _SPACE for s in column) - _SPACE)) / 2
            for slot in column:
                slot.y = y
                y += slot.height + _SPACE
        for slot in self.slots.values():
            self._place_ports(slot)

    def _renumber(self) -> None:
        for column in self.columns:
            for place, slot in enumerate(column):
                slot.order = (place + 0.5) / len(column)

    def _neighbour_order(self, slot: _Slot, *, forward: bool) -> float:
        if forward:
            near = [link.source for link in self.links if link.target == slot.key]
        else:
            near = [link.target for link in self.links if link.source == slot.key]
        orders = [self.slots[k].order for k in near if self.slots[k].column != slot.column]
        return sum(orders) / len(orders) if orders else slot.order

    def _flow(self, key: str, side: Literal["source", "target"]) -> float:
        widths = [link.thickness + 3 for link in self.links if getattr(link, side) == key]
        return sum(widths)

    def _place_ports(self, slot: _Slot) -> None:
        middle = slot.y + slot.height / 2
        out = [link for link in self.links if link.source == slot.key]
        into = [link for link in self.links if link.target == slot.key]
        out.sort(key=lambda link: self._middle(link.target))
        into.sort(key=lambda link: self._middle(link.source))
        y = middle - self._flow(slot.key, "source") / 2
        for link in out:
            link.y1 = y + (link.thickness + 3) / 2
            y += link.thickness + 3
        y = middle - self._flow(slot.key, "target") / 2
        for link in into:
            link.y2 = y + (link.thickness + 3) / 2
            y += link.thickness + 3

    def _middle(self, key: str) -> float:
        return self.slots[key].y + self.slots[key].height / 2

    # Drawing

    @staticmethod
    def _left(slot: _Slot) -> float:
        return 8.0 + slot.column * (_BOX + _GAP)

    def svg(self) -> str:
        width = 16 + len(self.columns) * (_BOX + _GAP) - _GAP
        name = f"routes{zlib.crc32(self.alt.encode()):08x}"
        heads = "".join(
            _text(8.0 + place * (_BOX + _GAP), 20, [heading], weight="bold")
            for place, heading in self.headings.items()
        )
        key = "A bar across a line is a dead end."
        if not self.uniform:
            key = f"Thicker lines carry more households. {key}"
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {self.height:.0f}" '
            f'width="{width}" height="{self.height:.0f}" role="img" '
            f'aria-labelledby="{name}t {name}d" font-family="{FONT}" font-size="13">'
            f'<title id="{name}t">{escape(self.title)}</title>'
            f'<desc id="{name}d">{escape(self.alt)}</desc>'
            f"{heads}{''.join(map(self._draw_link, self.links))}"
            f"{''.join(map(self._draw_slot, self.slots.values()))}"
            f"{_text(8, self.height - 10, [key], ink=QUIET_INK)}</svg>"
        )

    def _draw_link(self, link: _Link) -> str:
        source, target = self.slots[link.source], self.slots[link.target]
        x1, x2, y1, y2 = self._left(source) + _BOX, self._left(target), link.y1, link.y2
        tip = 0.0 if target.kind != "node" else 7.0
        if source.column < target.column:
            bend = (x2 - x1) / 2
            path = f"M{x1:.1f} {y1:.1f}C{x1 + bend:.1f} {y1:.1f} {x2 - bend:.1f} {y2:.1f} "
            path += f"{x2 - tip:.1f} {y2:.1f}"
            head = 1.0
        else:
            # Within a column, or back: out and in on the right of the boxes.
            x2 = self._left(target) + _BOX
            far = max(x1, x2) + _GAP * 0.6
            path = f"M{x1:.1f} {y1:.1f}C{far:.1f} {y1:.1f} {far:.1f} {y2:.1f} "
            path += f"{x2 + tip:.1f} {y2:.1f}"
            head = -1.0
        if target.kind == "bend":
            path += f"H{x2 + _BOX:.1f}"
        colour = LOST_COLOURS[4] if link.dead else MET_COLOURS[2]
        dash = ""
        if link.state != "open":
            colour = "#7c8388"
            dash = ' stroke-dasharray="' + ("6 4" if link.state == "refuses" else "2 4") + '"'
        drawn = (
            f'<path d="{path}" fill="none" stroke="{colour}" '
            f'stroke-width="{link.thickness:.1f}"{dash}/>'
        )
        if link.dead or (link.state == "refuses" and link.last):
            half = link.thickness / 2 + 7
            bar = x2 - head * (0 if link.dead else 10)
            drawn += (
                f'<path d="M{bar:.1f} {y2 - half:.1f}V{y2 + half:.1f}" stroke="{INK}" '
                f'stroke-width="4"/>'
            )
        elif target.kind == "node":
            half = link.thickness / 2 + 3.5
            drawn += (
                f'<path d="M{x2:.1f} {y2:.1f}L{x2 - head * 8:.1f} {y2 - half:.1f}'
                f'V{y2 + half:.1f}Z" fill="{INK if link.state == "open" else colour}"/>'
            )
        return drawn

    def _draw_slot(self, slot: _Slot) -> str:
        if slot.kind == "bend":
            return ""
        x, middle = self._left(slot), slot.y + slot.height / 2
        first = middle - (len(slot.lines) - 1) * _LINE / 2 + 4.5
        if slot.kind == "end":
            return _text(x + 10, first, slot.lines)
        border = {
            "open": f'stroke="{INK}" stroke-width="1.5"',
            "refuses": f'stroke="{INK}" stroke-width="1.5" stroke-dasharray="6 4"',
            "unreached": 'stroke="#7c8388" stroke-width="1.5" stroke-dasharray="2 3"',
        }[slot.state]
        ink = QUIET_INK if slot.state == "unreached" else INK
        return (
            f'<rect x="{x:.1f}" y="{slot.y:.1f}" width="{_BOX}" height="{slot.height:.1f}" '
            f'fill="#ffffff" {border}/>' + _text(x + 10, first, slot.lines, ink=ink)
        )


def _check_graph(
    nodes: Sequence[Node],
    edges: Sequence[Edge],
    dead_ends: Sequence[DeadEnd],
    stages: Mapping[str, str],
) -> None:
    known = [node.id for node in nodes]
    if len(set(known)) < len(known):
        msg = "a node stands twice"
        raise ValueError(msg)
    if strange := sorted({node.stage for node in nodes} - set(stages)):
        msg = f"a node with an unknown stage: {', '.join(strange)}"
        raise ValueError(msg)
    named = {i for edge in edges for i in (edge.source, edge.target)}
    if strange := sorted((named | {end.source for end in dead_ends}) - set(known)):
        msg = f"a line to a node that is not there: {', '.join(strange)}"
        raise ValueError(msg)


def _columns(
    nodes: Sequence[Node], edges: Sequence[Edge], stages: Mapping[str, str]
) -> tuple[dict[str, int], dict[int, str]]:
    """Return the column of each node, and the heading over the first column of each stage.

    A stage takes as many columns as its longest chain of referrals within it.
    """
    stage = {node.id: node.stage for node in nodes}
    inside = [e for e in edges if stage[e.source] == stage[e.target] and e.source != e.target]
    depth = dict.fromkeys(stage, 0)
    for _ in range(_DEEPEST):  # a circle of referrals stops here
        for edge in inside:
            depth[edge.target] = min(_DEEPEST, max(depth[edge.target], depth[edge.source] + 1))
    columns: dict[str, int] = {}
    headings: dict[int, str] = {}
    first = 0
    for code, heading in stages.items():
        members = [i for i in stage if stage[i] == code]
        levels = sorted({depth[i] for i in members})
        columns.update((i, first + levels.index(depth[i])) for i in members)
        headings[first] = heading
        first += max(1, len(levels))
    return columns, headings


def _wrapped(words: str) -> list[str]:
    return textwrap.wrap(words, _LETTERS)


def _text(x: float, y: float, lines: Iterable[str], *, weight: str = "", ink: str = INK) -> str:
    bold = f' font-weight="{weight}"' if weight else ""
    return "".join(
        f'<text x="{x:.1f}" y="{y + place * _LINE:.1f}" fill="{ink}"{bold}>{escape(line)}</text>'
        for place, line in enumerate(lines)
    )
