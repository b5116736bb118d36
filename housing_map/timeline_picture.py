"""What ends when, as a picture: one line a service, up to the last day known for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

import altair as alt
import pandas as pd

from housing_map.chart_frame import clear, finish
from housing_map.palette import INK, LOST_COLOURS, MET_COLOURS, QUIET_INK

if TYPE_CHECKING:
    from collections.abc import Sequence

_LINE: Final = 50
"""Height of a line in pixels: its name above, its bar below."""
_HEAD: Final = 0.45
"""Lines that the words of one marked day take above the first."""
_AFTER: Final = timedelta(days=200)
_YEAR: Final = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the picture: ``ends`` is None where nobody knows, and ``said`` the words there.

    ``parts`` are days on which some of several streams of money end.
    """

    name: str
    ends: date | None
    said: str
    parts: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """A day on which something ends: ``said`` in full, and ``label`` beside its line, if any."""

    day: date
    said: str
    label: str = ""


def timeline_chart(
    lines: Sequence[Line], marks: Sequence[Mark], *, on: date, title: str
) -> alt.LayerChart:
    """Return one bar a line from the day ``on`` to its last day; a dashed one where unknown.

    Parameters
    ----------
    lines
        From top to bottom.
    marks
        Those with a label are drawn through all lines; all are read out.
    on
        The day at the left edge.
    title
        The finding.

    Raises
    ------
    ValueError
        There is no line.
    """
    if not lines:
        msg = "a timeline needs at least one line"
        raise ValueError(msg)
    known = [line.ends for line in lines if line.ends is not None] + [mark.day for mark in marks]
    last = max([*known, on + _YEAR]) + _AFTER
    drawn = [mark for mark in marks if mark.label]
    head = _HEAD * len(drawn)
    table = pd.DataFrame(
        {
            "name": [line.name for line in lines],
            "said": [line.said for line in lines],
            "known": [line.ends is not None for line in lines],
            "from": _stamp(on),
            "to": [_stamp(line.ends or last) for line in lines],
            "label": [number + 0.25 for number in range(len(lines))],
            "bar": [number + 0.62 for number in range(len(lines))],
        }
    )
    frame = alt.Chart(table)
    x = alt.X(
        "from:T",
        title=None,
        scale=alt.Scale(domain=[_stamp(on), _stamp(last)]),
        axis=alt.Axis(format="%Y", tickCount="year", orient="bottom", grid=True),
    )
    y = alt.Y(
        "bar:Q", axis=None, scale=alt.Scale(domain=[len(lines), -head], nice=False, zero=False)
    )
    tips = [alt.Tooltip("name:N", title="Service"), alt.Tooltip("said:N", title="Known")]
    layers = [
        frame.transform_filter("datum.known")
        .mark_rule(strokeWidth=12, color=MET_COLOURS[3], clip=True)
        .encode(x=x, x2="to:T", y=y, tooltip=tips),
        frame.transform_filter("!datum.known")
        .mark_rule(strokeWidth=3, strokeDash=[3, 5], color=QUIET_INK, clip=True)
        .encode(x=x, x2="to:T", y=y, tooltip=tips),
        *clear(
            frame.encode(x=x, y=alt.Y("label:Q", axis=None), text="name:N"),
            baseline="middle",
            fontWeight="bold",
            limit=alt.ExprRef("width"),
        ),
        *_ends(table, on, last),
    ]
    parts = [
        {"day": _stamp(day), "bar": number + 0.62}
        for number, line in enumerate(lines)
        for day in line.parts
        if day >= on
    ]
    if parts:
        layers.append(
            alt.Chart(pd.DataFrame(parts))
            .mark_tick(thickness=3, size=20, color=INK)
            .encode(x=alt.X("day:T"), y=alt.Y("bar:Q", axis=None))
        )
    if drawn:
        layers = [*_days(drawn, on + (last - on) / 2), *layers]
    alt_text = timeline_alt(lines, marks, on=on, title=title)
    return finish(layers, round(_LINE * (len(lines) + head)), title, alt_text)


def _days(marks: Sequence[Mark], middle: date) -> list[alt.Chart]:
    """Return a line through the picture for each day, with its words above the first bar."""
    table = pd.DataFrame(
        {
            "day": [_stamp(mark.day) for mark in marks],
            "label": [mark.label for mark in marks],
            "at": [-_HEAD * (number + 0.6) for number in range(len(marks))],
            "late": [mark.day > middle for mark in marks],
        }
    )
    frame = alt.Chart(table)
    x, y = alt.X("day:T", title=None), alt.Y("at:Q", axis=None)
    return [
        frame.mark_rule(strokeWidth=2, color=LOST_COLOURS[4], strokeDash=[6, 3]).encode(x=x),
        frame.transform_filter("!datum.late")
        .mark_text(align="left", baseline="middle", dx=6)
        .encode(x=x, y=y, text="label:N"),
        frame.transform_filter("datum.late")
        .mark_text(align="right", baseline="middle", dx=-6)
        .encode(x=x, y=y, text="label:N"),
    ]


def _ends(table: pd.DataFrame, on: date, last: date) -> list[alt.Chart]:
    """Return the words of each line: at its end where there is room, else before it."""
    middle = _stamp(on + (last - on) / 2)
    early = f"toDate(datum.to) < toDate('{middle}')"
    words = alt.Chart(table).transform_filter("datum.known")
    place: dict[str, Any] = {"x": alt.X("to:T"), "y": alt.Y("bar:Q", axis=None), "text": "said:N"}
    found = [
        words.transform_filter(early)
        .mark_text(align="left", baseline="middle", dx=8)
        .encode(**place),
        words.transform_filter(f"!({early})")
        .mark_text(align="right", baseline="middle", dx=-8, color="#ffffff", fontSize=11)
        .encode(**place),
    ]
    silent = alt.Chart(table).transform_filter("!datum.known")
    silent = silent.encode(x=alt.X("from:T"), y=alt.Y("bar:Q", axis=None), text="said:N")
    return [*found, *clear(silent, baseline="bottom", dy=18, color=QUIET_INK)]


def _stamp(day: date) -> str:
    """Return a day as a moment that is the same day in every time zone of the reader."""
    return f"{day.isoformat()}T12:00:00"


def timeline_alt(lines: Sequence[Line], marks: Sequence[Mark], *, on: date, title: str) -> str:
    """Return the words of :func:`timeline_chart`: each line's last day, and what each day means."""
    said = "; ".join(f"{line.name}: {line.said}" for line in lines)
    days = " ".join(mark.said for mark in marks)
    return f"Timeline from {on.day} {on:%B %Y}. {title.rstrip('.')}. {said}. {days}".rstrip()
