"""What is there, as a picture: a part of the Whole Housing Approach a row, a home a column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from housing_map import charts, words
from housing_map.app import furniture
from housing_map.inventory import Presence
from housing_map.palette import LOST_COLOURS, MET_COLOURS
from housing_map.vocabulary import COMPONENTS, TENURES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from housing_map.vocabulary import Component, Tenure

_FILLS: Final = {
    Presence.IN_PLACE: MET_COLOURS[2],
    Presence.PARTIAL: MET_COLOURS[0],
    Presence.ABSENT: LOST_COLOURS[4],
    Presence.UNKNOWN: "#e3e3e1",
    None: "#ffffff",
}
"""Blue is there, warm is not; what nobody knows is grey. Every cell has its word as well."""
_DIFFERS: Final = MET_COLOURS[0]
ROW, COLUMN, SAID, _FILL = "Component", "Home they had", "said", "fill"


def rows(cells: Mapping[tuple[Component, Tenure], Presence | str | None]) -> pd.DataFrame:
    """Return one row a cell, with its words; a text stands for areas that are not alike."""
    return pd.DataFrame(
        [
            {
                ROW: COMPONENTS[component].label,
                COLUMN: TENURES[tenure].label,
                SAID: "–" if state is None else str(state),
                _FILL: _fill(state),
                "value": 0.0,
            }
            for (component, tenure), state in cells.items()
        ]
    )


def _fill(state: Presence | str | None) -> str:
    return _FILLS[state] if state is None or isinstance(state, Presence) else _DIFFERS


def draw(cells: Mapping[tuple[Component, Tenure], Presence | str | None]) -> None:
    """Draw the picture under its finding; whoever draws it sets its table beside it."""
    title = _finding(cells)
    furniture.chart(
        charts.matrix_chart(rows(cells), ROW, COLUMN, "value", SAID, title=title, fill=_FILL)
    )


def _finding(cells: Mapping[tuple[Component, Tenure], Presence | str | None]) -> str:
    """Say which parts nobody has, whatever the home."""
    there = {part for (part, _), state in cells.items() if state not in {None, Presence.ABSENT}}
    absent = sorted({COMPONENTS[part].label for part, _ in cells if part not in there})
    if not absent:
        return "Every part of the approach was found"
    return f"Not found for any home: {words.joined(absent)}"
