"""What figures from elsewhere would change in a table of the pack: shown first, applied on request.

A published table is revised from one release to the next, and a release may leave blank what an
earlier one held. So each cell is told apart as new, filled, revised, the same or gone; a blank
never takes away a figure that is there: what is gone is listed, for a person to decide.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from housing_map.schemas import Table

Key = tuple[str, ...]
"""The values of a table's key columns in one row."""


class ChangeKind(StrEnum):
    """What becomes of a cell."""

    NEW = "new"
    """A row that the table did not have."""
    FILLED = "filled"
    """Blank before."""
    REVISED = "revised"
    """Another figure than before."""
    SAME = "same"
    GONE = "gone"
    """A figure before, none in the source now; the figure stays unless somebody takes it out."""


@dataclass(frozen=True, slots=True)
class CellChange:
    """One figure: what it was, what the source says, and where the source says it."""

    kind: ChangeKind
    key: Key
    column: str
    before: float | None
    after: float | None
    evidence: str = ""

    def __str__(self) -> str:
        """Return one line for a person."""
        return (
            f"{', '.join(self.key)}: {self.column} {_shown(self.before)} -> "
            f"{_shown(self.after)} ({self.kind}{f'; {self.evidence}' if self.evidence else ''})"
        )


@dataclass(frozen=True, slots=True, eq=False)
class Revision:
    """Every figure of a source beside the table as it is, and the table as it would be."""

    table: Table
    changes: tuple[CellChange, ...]
    merged: pd.DataFrame

    def of(self, kind: ChangeKind) -> tuple[CellChange, ...]:
        """Return the changes of one kind, in order."""
        return tuple(change for change in self.changes if change.kind is kind)

    @property
    def counts(self) -> dict[ChangeKind, int]:
        """Number of cells of each kind, in the order of :class:`ChangeKind`."""
        found = Counter(change.kind for change in self.changes)
        return {kind: found[kind] for kind in ChangeKind}

    @property
    def changes_anything(self) -> bool:
        """Whether the table would be another one."""
        return any(change.kind not in {ChangeKind.SAME, ChangeKind.GONE} for change in self.changes)


def compare(
    table: Table,
    existing: pd.DataFrame,
    incoming: pd.DataFrame,
    evidence: Mapping[tuple[Key, str], str] | None = None,
) -> Revision:
    """Set figures from elsewhere beside a table of the pack.

    ``existing`` is the table as its file has it (:func:`housing_map.tables.read_table`), not as
    a loaded pack hands it out, where figures called missing are blank. Both frames have the
    table's key columns; ``incoming`` may lack other columns, which then stay. ``evidence`` says
    for a key and column where the figure was read. Raises :class:`ValueError` when a key stands
    twice in ``incoming``.
    """
    key = list(table.key)
    if incoming.duplicated(key).any():
        twice = incoming.loc[incoming.duplicated(key), key].iloc[0].tolist()
        message = f"{', '.join(map(str, twice))} stands twice in what is read"
        raise ValueError(message)
    rows = {_place(row, key): row for row in _records(existing)}
    figures = [c.name for c in table.columns if c.name in incoming and c.unit and c.name not in key]
    words = [c.name for c in table.columns if c.name in incoming and c.name not in {*key, *figures}]
    changes: list[CellChange] = []
    for record in _records(incoming):
        place = _place(record, key)
        before = rows.get(place)
        row = rows.setdefault(place, dict(zip(key, place, strict=True)))
        touched = before is None
        for column in figures:
            old, new = _number(row.get(column)), _number(record[column])
            kind = _kind(old, new, new_row=before is None)
            if kind is None and before is None and len(figures) == 1:
                kind = ChangeKind.NEW  # a long table: the row itself tells that it is not shown
            if kind is None:
                continue
            where = (evidence or {}).get((place, column), "")
            changes.append(CellChange(kind, place, column, old, new, where))
            if kind in {ChangeKind.NEW, ChangeKind.FILLED, ChangeKind.REVISED}:
                row[column] = new
                touched = True
        if touched:
            row.update({name: record[name] for name in words if not _blank(record[name])})
    return Revision(table, tuple(changes), _frame(table, rows))


def csv_text(table: Table, frame: pd.DataFrame) -> str:
    """Write a table as the files of a pack are: whole numbers without a point, blanks empty.

    LF line ends, the columns of the schema that the frame has, in their order, rows as they are.
    """
    columns = [column.name for column in table.columns if column.name in frame]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for row in _records(frame[columns]):
        writer.writerow([_shown_in_csv(row[name]) for name in columns])
    return out.getvalue()


def _place(row: Mapping[str, object], key: Sequence[str]) -> Key:
    return tuple("" if _blank(row[name]) else str(row[name]) for name in key)


def _records(frame: pd.DataFrame) -> Iterable[dict[str, object]]:
    return ({str(k): v for k, v in row.items()} for row in frame.to_dict("records"))


def _frame(table: Table, rows: Mapping[Key, Mapping[str, object]]) -> pd.DataFrame:
    """Build the table with rows in the order of area first, then time: as the shipped file."""
    names = [column.name for column in table.columns]
    order = sorted(rows, key=lambda place: (*place[1:2], place[0], *place[2:]))
    columns = {
        name: [None if _blank(rows[place].get(name)) else rows[place][name] for place in order]
        for name in names
    }
    frame = pd.DataFrame(columns)
    for column in table.columns:
        if column.unit:
            frame[column.name] = pd.to_numeric(frame[column.name]).astype("float64")
    return frame


def _kind(old: float | None, new: float | None, *, new_row: bool) -> ChangeKind | None:
    """Tell what becomes of a cell; None when it is blank on both sides."""
    if new is None:
        return None if old is None else ChangeKind.GONE
    if old is None:
        return ChangeKind.NEW if new_row else ChangeKind.FILLED
    return ChangeKind.SAME if old == new else ChangeKind.REVISED


def _blank(value: object) -> bool:
    return value is None or value != value or value is pd.NA or value == ""  # noqa: PLR0124 - NaN


def _number(value: object) -> float | None:
    return None if _blank(value) else float(str(value))


def _shown(value: float | None) -> str:
    return "blank" if value is None else f"{value:,.10g}"


def _shown_in_csv(value: object) -> str:
    if _blank(value):
        return ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value)
