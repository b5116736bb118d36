"""What pictures of changes have in common: one row a line, its name above, its words below.

A gain is blue and points right, a fall is warm and points left, and each says which it is in
words. Show them without a further theme (``theme=None``).
"""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING, Any, Final

import altair as alt
import pandas as pd

from housing_map.chart_frame import clear, finish
from housing_map.palette import LOST_COLOURS, MET_COLOURS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Words = Callable[[float], str]

GAIN: Final = MET_COLOURS[3]
FALL: Final = LOST_COLOURS[4]
LINK: Final = "#b1b4b6"
FELT: Final = 0.05
"""Households a year below which a change is none: it reads as nothing in any unit used here."""
_ROW_PX, _TALL_ROW_PX = 74, 92
"""Height of a row in pixels, and of one whose words may take two lines."""
_NAME_LETTERS, _SAID_LETTERS = 44, 54
"""Names and words break into two lines of so many letters, which a phone has room for."""

_PARTS: Final = {"at": 0.40, "top": 0.47, "middle": 0.57, "bottom": 0.67, "below": 0.74}
_TALL_PARTS: Final = {"at": 0.34, "top": 0.40, "middle": 0.48, "bottom": 0.56, "below": 0.62}
"""Where the name ends, the bar lies and the words begin, as shares of a row from its top."""


def signed(amount: float, words: Words) -> str:
    """Say a change: how many more or fewer; NaN is unknown.

    ``words`` turns an amount above 0 into words.

    >>> signed(12.3, "about {:.0f}".format), signed(-40, "about {:.0f}".format)
    ('about 12 more', 'about 40 fewer')
    >>> signed(-3, lambda amount: "fewer than 5"), signed(0.01, str)
    ('up to 5 fewer', 'no change')
    """
    if math.isnan(amount):
        return "not known"
    if abs(amount) < FELT:
        return "no change"
    said = words(abs(amount)).replace("fewer than ", "up to ")
    return f"{said} {'more' if amount > 0 else 'fewer'}"


def lines(names: Sequence[str], said: Sequence[str]) -> pd.DataFrame:
    """Return a table of rows: ``name``, ``said``, and where each part stands from top to bottom."""
    shown = [_broken(one, _SAID_LETTERS) for one in said]
    # Where words take two lines, all above them moves up.
    parts = _TALL_PARTS if any("\n" in one for one in shown) else _PARTS
    return pd.DataFrame(
        {
            "name": [_broken(str(name), _NAME_LETTERS) for name in names],
            "whole": [str(name) for name in names],
            "said": list(said),
            "shown": shown,
            **{part: [row + share for row in range(len(shown))] for part, share in parts.items()},
        }
    )


def _broken(text: str, letters: int) -> str:
    return "\n".join(textwrap.wrap(text, letters, max_lines=2, placeholder=" …"))


def x_axis(
    field: str, domain: tuple[float, float], unit: str, form: str = ",.0f", **axis: object
) -> alt.X:
    """Return the axis along which all rows lie; ``unit`` heads it."""
    kept: dict[str, Any] = {"tickCount": 5, "orient": "bottom", "format": form, "grid": False,
                            "ticks": True, "domain": True, **axis}  # fmt: skip
    return alt.X(
        f"{field}:Q",
        title=unit,
        scale=alt.Scale(domain=list(domain), nice=False, zero=False),
        axis=alt.Axis(**kept),
    )


def y_of(table: pd.DataFrame, field: str) -> alt.Y:
    """Return the place of a mark in its row."""
    scale = alt.Scale(domain=[len(table), 0], nice=False, zero=False)
    return alt.Y(f"{field}:Q", axis=None, scale=scale)


def tips(heading: str) -> list[alt.Tooltip]:
    """Return what a hover says: the whole name, and the words."""
    return [alt.Tooltip("whole:N", title=heading), alt.Tooltip("said:N", title="Says")]


def texts(table: pd.DataFrame) -> list[alt.Chart]:
    """Return the layers of names and words, at the left edge of every row."""
    frame = alt.Chart(table)
    name = frame.encode(x=alt.value(0), y=y_of(table, "at"), text="name:N")
    said = frame.encode(x=alt.value(0), y=y_of(table, "below"), text="shown:N")
    broken = {"lineBreak": "\n", "lineHeight": 15}
    return [
        *clear(name, baseline="line-bottom", fontWeight="bold", **broken),
        *clear(said, baseline="line-top", **broken),
    ]


def finish_rows(
    layers: Sequence[alt.Chart],
    table: pd.DataFrame,
    title: str,
    alt_text: str,
    *,
    subtitle: str = "",
) -> alt.LayerChart:
    """Return the layers, and the texts of ``table`` above them, as one chart."""
    tall = bool(table["shown"].str.contains("\n").any())
    height = (_TALL_ROW_PX if tall else _ROW_PX) * len(table)
    return finish([*layers, *texts(table)], height, title, alt_text, subtitle=subtitle)


def spread_of(amounts: Sequence[float], *, zero: bool) -> tuple[float, float]:
    """Return the ends of an axis that holds all amounts with a little room; rounded.

    With ``zero`` it is on the axis. Without, the axis starts at 0 only where that costs less than
    half of its length: what is read from it must be differences alone.
    """
    known = [amount for amount in amounts if math.isfinite(amount)] or [0.0]
    low, high = min(known), max(known)
    if zero or 0 <= low <= high - low:
        low, high = min(low, 0.0), max(high, 0.0)
    if high - low < FELT:
        low, high = low - 1, high + 1
    power = 10 ** math.floor(math.log10((high - low) / 10))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= (high - low) / 10)
    room = (high - low) * 0.03
    start = math.floor((low - (0 if low == 0 else room)) / step) * step
    end = math.ceil((high + (0 if high == 0 else room)) / step) * step
    return start, end
