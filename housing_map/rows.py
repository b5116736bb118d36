"""Rows of the tables of a pack as they were read, and problems that point into them.

What several checks share. A table that could not be read, or lacks the column in question,
has no rows here: that problem is listed already, and what would follow from it is not known.
"""

from __future__ import annotations

from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from housing_map.errors import Problem, Severity
from housing_map.pack_tables import BY_NAME
from housing_map.tables import spreadsheet_row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pandas as pd

    from housing_map.tables import ReadTable

    Read = Mapping[str, ReadTable]
    Row = dict[str, Any]


def rows_of(read: Read, table: str, *columns: str) -> Iterator[tuple[int, Row]]:
    """Yield spreadsheet row and typed cells of a table that has all of ``columns``.

    An empty cell, or one that could not be read, is None.
    """
    result = read[table]
    if result.readable and set(columns) <= set(result.text.columns):
        yield from _records(result)


@lru_cache(maxsize=64)
def _records(result: ReadTable) -> tuple[tuple[int, Row], ...]:
    """Return the rows of a table for :func:`rows_of`; nobody may change them."""
    frame = result.frame.astype(object)
    return _by_row(frame.where(frame.notna(), None))


@lru_cache(maxsize=64)
def written_rows(result: ReadTable) -> tuple[tuple[int, dict[str, str]], ...]:
    """Return spreadsheet row and cells of a table as they stand in the file, empty ones too.

    Nobody may change them.
    """
    return _by_row(result.text)


def _by_row(frame: pd.DataFrame) -> tuple[tuple[int, Row], ...]:
    """Return spreadsheet row and cells of a frame of objects."""
    names = [str(name) for name in frame.columns]
    return tuple(
        (spreadsheet_row(int(position)), dict(zip(names, cells, strict=True)))
        for position, cells in zip(frame.index, frame.to_numpy(), strict=True)
    )


def values_in(read: Read, table: str, column: str) -> frozenset[str] | None:
    """Return the text in a column, without empty cells; None when it could not be read."""
    result = read[table]
    if not result.readable or column not in result.text.columns:
        return None
    return frozenset(str(cell) for cell in result.text[column] if cell)


def written_in(read: Read, table: str, row: int, column: str) -> str:
    """Return the cell as it stands in the file."""
    text = read[table].text
    return str(text[column][row - 2]) if column in text else ""


def problem_at(
    table: str,
    row: int | None,
    column: str | None,
    message: str,
    *,
    value: object = None,
    expected: str = "",
    mend: str = "",
    severity: Severity = Severity.ERROR,
) -> Problem:
    """Return a problem of a table of the schema."""
    shown = None if value is None else str(value)
    return Problem(severity, BY_NAME[table].path, message, expected, mend, row, column, shown)


def info_problem(
    column: str,
    message: str,
    value: str,
    *,
    expected: str,
    mend: str,
    severity: Severity = Severity.ERROR,
) -> Problem:
    """Return a problem of ``pack.json``."""
    return Problem(severity, "pack.json", message, expected, mend, None, column, value)


def nearest(value: str, known: Iterable[str], otherwise: str) -> str:
    """Name the known word closest to ``value``, or say what to do ``otherwise``."""
    close = get_close_matches(value, sorted(known), n=1, cutoff=0.6)
    return f"Did you mean {close[0]}? {otherwise}" if close else otherwise
