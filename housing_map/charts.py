"""Ranges, matrices and series, each with a title for its finding and a text that says the same.

Charts take plain tables and know nothing of the model. Colour never stands alone: every bar,
dot, cell and line has its words beside it. Widths follow the page (``width="container"``), from
a phone to a wide screen. Show them without a further theme (``theme=None``).
"""

from __future__ import annotations

import math
import re
import textwrap
from typing import TYPE_CHECKING, Any, Final

import altair as alt
import pandas as pd

from housing_map.chart_frame import NARROW_PX, finish, ranges, require
from housing_map.palette import INK, LOST_COLOURS, MET_COLOURS, QUIET_INK, RULE

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence


def percent(share: float) -> str:
    """Return a share between 0 and 1 as a whole percentage; NaN is unknown."""
    return "not known" if math.isnan(share) else f"{share:.0%}"


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
    require(rows, ("group", *_RUNS))
    table = rows[["group", *_RUNS]].copy()
    table["said"] = [_range_words(row, words) for row in table.to_dict("records")]
    layers = ranges(table, "group", _RUNS, colours=MET_COLOURS, tips=("Group", "Share"), unit=unit)
    alt_text = range_alt(rows, title=title, words=words)
    return finish(layers, 48 * len(table), title, alt_text)


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
    top: float | None = None,
    fill: str | None = None,
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
    top
        Value of the strongest colour, in the unit of the value; the largest when None.
    fill
        Column with the colour of each cell, in the place of one by its value.
    """
    require(rows, (row, column, value, text, *([fill] if fill else [])))
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
    by_value = [_cell_fill(share, LOST_COLOURS) for share in scaled.tolist()]
    table["fill"] = by_value if fill is None else rows[fill].astype(str).to_numpy()
    table["ink"] = [_ink_on(fill) for fill in table["fill"]]
    small = alt.ExprRef(f"width < {NARROW_PX} ? 11 : 13")
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
    return finish(layers, 54 * len(places), title, alt_text)


_COLUMN_LETTERS: Final = 11
_UNKNOWN_FILL: Final = "#f3f2f1"


def _lines(names: Iterable[str]) -> int:
    return max(name.count("\n") for name in names) + 1


def _headings(names: Iterable[object]) -> list[str]:
    """Break headings into short lines, as many for each, the last at the bottom."""
    broken = [
        "\n".join(textwrap.wrap(str(name), _COLUMN_LETTERS, break_long_words=False))
        for name in names
    ]
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
                   axis=alt.Axis(format="%Y", tickCount="year", grid=False, ticks=True, domain=True,
                                 labelOverlap="greedy", labelFlush=False))  # fmt: skip
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
        right = 14 + 8 * max(
            (len(line) for name in ends["name"] for line in name.split("\n")), default=0
        )
        layers.append(
            alt.Chart(ends)
            .mark_text(align="left", baseline="middle", dx=8, fontWeight="bold", lineBreak="\n",
                       lineHeight=15)
            .encode(x=alt.X("start:T"), y=alt.Y("at:Q"), text="name:N")
        )  # fmt: skip
    alt_text = series_alt(rows, x, y, group, title=title, unit=unit)
    return finish(layers, _SERIES_HEIGHT, title, alt_text, subtitle=unit, right=right)


def _quarters(rows: pd.DataFrame, x: str, y: str, group: str | None) -> pd.DataFrame:
    """Return group, quarter, its first day and value, with a row for every quarter."""
    require(rows, (x, y, *([group] if group else ())))
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
    names = [
        "\n".join(textwrap.wrap(name, _COLUMN_LETTERS, break_long_words=False))
        for name in placed["group"]
    ]
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
