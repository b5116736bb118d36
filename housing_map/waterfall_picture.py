"""The waterfall: from households helped now, through the share of each change, to all of them."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import altair as alt
import pandas as pd

from housing_map.cascade_picture import whole
from housing_map.change_frame import (
    FALL,
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
from housing_map.palette import INK

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from housing_map.attribution import Attribution, Share

_NINETY_FIVE: Final = 1.96
"""Standard errors either side that hold 95% of a normal distribution."""


def waterfall_chart(
    found: Attribution,
    labels: Sequence[str],
    *,
    title: str,
    words: Callable[[float], str] = whole,
    unit: str = "Households helped a year",
    ends: tuple[str, str] = ("Now", "With all changes"),
) -> alt.LayerChart:
    """Return one bar a change, each starting where the one above ended.

    A gain is blue and points right, a fall is warm and points left. The two totals are marks and
    not bars, since the axis may start above 0; if so, it says where. Sampled shares have a thin
    line of 95% (1.96 standard errors either side), and say that they are sampled.

    Parameters
    ----------
    found
        Shares, in the order of the list.
    labels
        A short name for each change, in the same order.
    title
        The finding.
    words
        Turns a number of the unit into words, such as "about 120".
    unit
        Heads the axis.
    ends
        Names of the first and last row.

    Raises
    ------
    ValueError
        There is not one label for each change.
    """
    said = _said(found, labels, words)
    table = lines([ends[0], *labels, ends[1]], said)
    running = _running(found)
    table["start"] = [running[0], *running[:-1], running[-1]]
    table["end"] = [*running, running[-1]]
    table["total"] = [True, *(False for _ in found.shares), True]
    half = [0.0, *(_half(share) for share in found.shares), 0.0]
    table["least"] = table["end"] - half
    table["most"] = table["end"] + half
    domain = spread_of([*table["least"], *table["most"]], zero=False)
    heading = unit if domain[0] == 0 else f"{unit}; the axis starts at {domain[0]:,.6g}"
    x = x_axis("start", domain, heading)
    frame = alt.Chart(table)
    hover = tips("Change")
    layers = [
        _links(table, x),
        frame.transform_filter("!datum.total").mark_rect().encode(
            x=x, x2="end:Q", y=y_of(table, "top"), y2="bottom:Q", tooltip=hover,
            color=alt.condition("datum.end >= datum.start", alt.value(GAIN), alt.value(FALL)),
        ),
        *_heads(frame, table),
        frame.transform_filter("datum.total").mark_rule(strokeWidth=5, color=INK).encode(
            x=x, y=y_of(table, "top"), y2="bottom:Q", tooltip=hover
        ),
    ]  # fmt: skip
    if not found.exact:
        doubt = frame.transform_filter("datum.most > datum.least")
        layers.append(
            doubt.mark_rule(strokeWidth=1.5, color=INK).encode(
                x=alt.X("least:Q", title=heading), x2="most:Q", y=y_of(table, "middle")
            )
        )
        layers += [
            doubt.mark_tick(thickness=1.5, size=9, color=INK, orient="vertical").encode(
                x=alt.X(f"{end}:Q", title=heading), y=y_of(table, "middle")
            )
            for end in ("least", "most")
        ]
    text = waterfall_alt(found, labels, title=title, words=words, ends=ends)
    return finish_rows(layers, table, title, text, subtitle=_subtitle(found))


def waterfall_alt(
    found: Attribution,
    labels: Sequence[str],
    *,
    title: str,
    words: Callable[[float], str] = whole,
    ends: tuple[str, str] = ("Now", "With all changes"),
) -> str:
    """Return the words of :func:`waterfall_chart`."""
    said = _said(found, labels, words)
    rows = "; ".join(f"{n}: {s}" for n, s in zip([ends[0], *labels, ends[1]], said, strict=True))
    note = _subtitle(found)
    return f"Waterfall chart. {title} {rows}.{f' {note}.' if note else ''}"


def _said(found: Attribution, labels: Sequence[str], words: Callable[[float], str]) -> list[str]:
    if len(labels) != len(found.shares):
        message = f"there are {len(found.shares)} changes and {len(labels)} labels"
        raise ValueError(message)
    return [
        words(found.total_before),
        *(_share_said(share, words) for share in found.shares),
        words(found.total_after),
    ]


def _share_said(share: Share, words: Callable[[float], str]) -> str:
    said = signed(share.value, words)
    if share.error is None:
        return said
    half = _half(share)
    return f"{said} (sampled, ± {half:.1f})" if half >= FELT else f"{said} (sampled)"


def _half(share: Share) -> float:
    """Half the length of a 95% interval; what nobody can see is none."""
    half = _NINETY_FIVE * (share.error or 0.0)
    return half if half >= FELT else 0.0


def _subtitle(found: Attribution) -> str:
    if found.exact:
        return ""
    return f"Shares are sampled from {found.orders:,} orders of the changes; thin lines hold 95%"


def _running(found: Attribution) -> list[float]:
    """Return where each bar starts, and where the last one ends."""
    running = [found.total_before]
    for share in found.shares:
        running.append(running[-1] + share.value)
    if not math.isclose(running[-1], found.total_after, rel_tol=1e-6, abs_tol=1e-6):
        message = "the shares do not add up to the effect"
        raise ValueError(message)
    return running


def _links(table: pd.DataFrame, x: alt.X) -> alt.Chart:
    """Lead from the end of each bar down to the start of the next, behind both."""
    rows = [
        {"start": row["end"], "from": row["middle"], "to": after["middle"]}
        for row, after in pairwise(table.to_dict("records"))
    ]
    drawn: alt.Chart = (
        alt.Chart(pd.DataFrame(rows))
        .mark_rule(color=LINK)
        .encode(x=x, y=y_of(table, "from"), y2="to:Q")
    )
    return drawn


def _heads(frame: alt.Chart, table: pd.DataFrame) -> list[alt.Chart]:
    """Point each bar the way it goes, for those who do not tell the colours apart.

    A layer without marks would be a picture without words to a screen reader: it is left out.
    """
    moved = (table["end"] - table["start"])[~table["total"]]
    shapes = (
        ("right", GAIN, f"datum.end - datum.start >= {FELT}", (moved >= FELT).any()),
        ("left", FALL, f"datum.start - datum.end >= {FELT}", (moved <= -FELT).any()),
    )
    return [
        frame.transform_filter(f"!datum.total && {told}")
        .mark_point(shape=f"triangle-{side}", filled=True, size=190, opacity=1, color=colour,
                    stroke="#ffffff", strokeWidth=1)
        .encode(x=alt.X("end:Q"), y=y_of(table, "middle"))
        for side, colour, told, there in shapes
        if there
    ]  # fmt: skip
