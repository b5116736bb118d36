"""What is there, as a picture: a part of the Whole Housing Approach a row, a home a column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from housing_map import charts, words
from housing_map.app import furniture
from housing_map.inventory import Presence
from housing_map.vocabulary import COMPONENTS, TENURES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from housing_map.vocabulary import Component, Tenure

_SHADES: Final = {
    Presence.IN_PLACE: 0.0,
    Presence.PARTIAL: 0.4,
    Presence.ABSENT: 1.0,
    Presence.UNKNOWN: float("nan"),
    None: 0.0,
}
"""How warm a cell is; what nobody knows is grey."""
ROW, COLUMN, SAID = "Component", "Home they had", "said"


def rows(cells: Mapping[tuple[Component, Tenure], Presence | str | None]) -> pd.DataFrame:
    """Return one row a cell, with its words; a text stands for areas that are not alike."""
    return pd.DataFrame(
        [
            {
                ROW: COMPONENTS[component].label,
                COLUMN: TENURES[tenure].label,
                SAID: "–" if state is None else str(state),
                "value": _shade(state),
            }
            for (component, tenure), state in cells.items()
        ]
    )


def _shade(state: Presence | str | None) -> float:
    return _SHADES[state] if state is None or isinstance(state, Presence) else 0.4


def draw(cells: Mapping[tuple[Component, Tenure], Presence | str | None]) -> None:
    """Draw the picture under its finding; whoever draws it sets its table beside it."""
    title = _finding(cells)
    furniture.chart(charts.matrix_chart(rows(cells), ROW, COLUMN, "value", SAID, title=title))


def _finding(cells: Mapping[tuple[Component, Tenure], Presence | str | None]) -> str:
    """Say which parts nobody has, whatever the home."""
    there = {part for (part, _), state in cells.items() if state not in {None, Presence.ABSENT}}
    absent = sorted({COMPONENTS[part].label for part, _ in cells if part not in there})
    if not absent:
        return "Every part of the approach was found"
    return f"Not found for any home: {words.joined(absent)}"
