"""Cells of a table as plain values: a number, a day, a text, or nothing."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, SupportsFloat
from weakref import finalize

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    Row = dict[str, Any]


_read: dict[int, list[Row]] = {}
"""Rows of frames that are still in use, by identity: frames are never changed once read."""


def records(frame: pd.DataFrame) -> Iterator[Row]:
    """Yield the rows of a table, each as its cells by name of column: read-only, as the frame."""
    rows = _read.get(id(frame))
    if rows is None:
        rows = [{str(name): cell for name, cell in row.items()} for row in frame.to_dict("records")]
        _read[id(frame)] = rows
        finalize(frame, _read.pop, id(frame), None)
    yield from rows


def is_empty(cell: object) -> bool:
    """Whether nothing stands in a cell, whatever the type of its column."""
    return bool(pd.isna(cell))  # type: ignore[call-overload] # its stub leaves ``object`` out


def number(cell: object) -> float | None:
    """Return a cell as a float, or None where it is empty.

    Raises :class:`TypeError` for a cell that holds something else.
    """
    if is_empty(cell):
        return None
    if not isinstance(cell, SupportsFloat):
        message = f"{cell!r} is not a number"
        raise TypeError(message)
    return float(cell)


def day(cell: object) -> date | None:
    """Return a cell as a date, or None where it holds none."""
    return cell.date() if isinstance(cell, datetime) and not is_empty(cell) else None


def text(cell: object) -> str:
    """Return a cell as text, which is empty where the cell is."""
    return "" if is_empty(cell) else str(cell)
