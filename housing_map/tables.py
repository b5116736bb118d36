"""Read one CSV file of a pack: every problem at its cell, nothing guessed.

Cells are read as text and parsed by the column's type; then the table's pandera schema checks
codes and limits. Both steps collect all problems and go on.
"""

from __future__ import annotations

import codecs
import csv
import io
import math
import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import pandera.errors

from housing_map.errors import Problem, Severity
from housing_map.schemas import QUARTER, Column, Table, Type, pandera_schema

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pandera.pandas import DataFrameSchema

_EXCEL_DATES: Final = (
    re.compile(r"^\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}$"),
    re.compile(r"^\d{1,2}-[A-Za-z]{3}(-\d{2,4})?$"),
    re.compile(r"^[A-Za-z]{3}-\d{2,4}$"),
    re.compile(r"^\d{5}(\.\d+)?$"),
    re.compile(r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}"),
)
_EXCEL_MEND: Final = (
    "A spreadsheet has changed the date: format the column as text and write it as "
    "year-month-day, such as 2026-03-31"
)
_ENCODING_MEND: Final = "Save the file again as CSV UTF-8, with commas between cells"
_MOST_WHOLE: Final = 2**53
"""Largest whole number read: beyond it a spreadsheet, and a float, lose the last digit."""


@dataclass(frozen=True, slots=True, eq=False)
class ReadTable:
    """A file as it was read.

    ``frame`` is typed, ``text`` the cells as they stood (only the columns of the file); both
    have for index the position of the row in the file, from 0, so that
    :func:`spreadsheet_row` finds it again. ``readable`` is False when no table could be had
    from the file at all: what else would be wrong with it is not known.
    """

    table: Table
    frame: pd.DataFrame
    text: pd.DataFrame
    problems: tuple[Problem, ...]
    readable: bool = True


def read_table(folder: Path, table: Table) -> ReadTable:
    """Read and check one table of the pack in ``folder``.

    The frame has every column of the schema, in its order, then any further columns the table
    allows; a column missing from the file is all empty. Cells that could not be read are empty
    in the frame and listed in the problems.
    """
    path = folder / table.path
    problems: list[Problem] = []
    try:
        rows = _read_rows(path, table)
    except _UnreadableFileError as failed:
        rows = []
        problems += [failed.problem] if failed.problem else []
    text = _as_text(rows, table, problems)
    frame = pd.DataFrame(index=text.index)
    for column in table.columns:
        frame[column.name] = _parse_column(text, table, column, problems)
    for name in text.columns:
        if name not in frame:
            frame[name] = text[name].where(text[name] != "", None)
    problems += _required_problems(frame, text, table)
    problems += _schema_problems(frame, text, table)
    problems += _key_problems(text, table)
    problems += _triad_problems(frame, text, table)
    return ReadTable(table, frame, text, tuple(problems), readable=bool(rows))


def spreadsheet_row(position: int) -> int:
    """Row number a spreadsheet shows for data row ``position`` (from 0)."""
    return position + 2


def _error(
    table: Table,
    message: str,
    *,
    expected: str = "",
    mend: str = "",
    row: int | None = None,
    column: str | None = None,
    value: str | None = None,
) -> Problem:
    return Problem(Severity.ERROR, table.path, message, expected, mend, row, column, value)


class _UnreadableFileError(Exception):
    """No table can be had from a file; ``problem`` says why, None if nothing is wrong."""

    def __init__(self, problem: Problem | None) -> None:
        self.problem = problem
        super().__init__(str(problem))


def _read_rows(path: Path, table: Table) -> list[list[str]]:
    """Cells of the file, header first: at least one row.

    Raises :class:`_UnreadableFileError`.
    """
    text = _decode(_read_bytes(path, table), table)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        message = f"the file is not well-formed CSV: {error}"
        raise _UnreadableFileError(
            _error(table, message, expected=_header(table), mend=_ENCODING_MEND)
        ) from error
    if _is_apart(rows[0], table):
        message = "the cells of the header are not separated by commas"
        raise _UnreadableFileError(
            _error(table, message, row=1, expected=_header(table), mend=_ENCODING_MEND)
        )
    return rows


def _read_bytes(path: Path, table: Table) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        mend = "Add the file, with its header row at least; see docs/data-dictionary.md"
        problem = _error(table, "the file is missing", expected=_header(table), mend=mend)
        raise _UnreadableFileError(None if table.optional else problem) from error
    except OSError as error:
        message = f"the file cannot be read: {error.strerror}"
        mend = "Check that it is a file, and that it may be read"
        raise _UnreadableFileError(
            _error(table, message, expected=_header(table), mend=mend)
        ) from error


def _decode(raw: bytes, table: Table) -> str:
    if not raw.removeprefix(codecs.BOM_UTF8).strip():
        mend = "Write the header row; rows may follow it or not"
        raise _UnreadableFileError(
            _error(table, "the file is empty", expected=_header(table), mend=mend)
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problem = _error(
            table,
            f"the file is not UTF-8: byte {error.start + 1} cannot be read",
            row=raw[: error.start].count(b"\n") + 1,
            value=raw[error.start : error.start + 1].hex(),
            expected="UTF-8 text",
            mend=_ENCODING_MEND,
        )
        raise _UnreadableFileError(problem) from error
    if "\x00" in text:
        mend = "It may be UTF-16 or a spreadsheet file. " + _ENCODING_MEND
        raise _UnreadableFileError(
            _error(table, "the file holds a NUL character", expected="plain text", mend=mend)
        )
    return text


def _header(table: Table) -> str:
    return f"a header row: {','.join(column.name for column in table.columns)}"


def _is_apart(header: list[str], table: Table) -> bool:
    """Whether a spreadsheet has written semicolons or tabs where commas should stand."""
    names = re.split(r"[;\t|]", header[0]) if len(header) == 1 else []
    known = {column.name for column in table.columns}
    return len(names) > 1 and bool(known & {name.strip() for name in names})


def _as_text(rows: list[list[str]], table: Table, problems: list[Problem]) -> pd.DataFrame:
    if not rows:
        return pd.DataFrame(columns=[c.name for c in table.columns], dtype=object)
    header = [name.strip() for name in rows[0]]
    _header_problems(header, table, problems)
    body: list[list[str]] = []
    # A blank row is left out, but it still counts: row numbers are those a spreadsheet shows.
    kept: list[int] = []
    for position, cells in enumerate(rows[1:]):
        if not any(cell.strip() for cell in cells):
            continue
        kept.append(position)
        if len(cells) != len(header):
            problems.append(
                _error(
                    table,
                    f"the row has {len(cells)} cells and the header {len(header)}",
                    row=spreadsheet_row(position),
                    expected=f"{len(header)} cells",
                    mend="Put a cell that holds a comma in quotation marks, or add what is missing",
                )
            )
        padded = (cells + [""] * len(header))[: len(header)]
        body.append([cell.strip() for cell in padded])
    text = pd.DataFrame(body, columns=header, dtype=object)
    text.index = pd.Index(kept, dtype="int64")
    return text.loc[:, ~text.columns.duplicated()]


def _header_problems(header: list[str], table: Table, problems: list[Problem]) -> None:
    known = [column.name for column in table.columns]
    for name in known:
        if name not in header:
            column = table.column(name)
            problems.append(
                _error(
                    table,
                    "the column is missing",
                    column=name,
                    expected=column.expected(),
                    mend=f"Add it ({column.meaning}); its cells may be empty"
                    if not column.required
                    else f"Add it: {column.meaning}",
                )
            )
    allowed = re.compile(table.extra_pattern) if table.extra_pattern else None
    for name in dict.fromkeys(header):
        if header.count(name) > 1:
            mend = "Remove one of the two, or give one its right name"
            problems.append(_error(table, "the column stands twice", column=name, mend=mend))
        if name not in known and not (allowed and allowed.match(name)):
            problems.append(
                _error(
                    table,
                    "the column is not part of the format",
                    column=name or "(no name)",
                    expected=f"one of: {', '.join(known)}",
                    mend="Remove it, or mend its spelling",
                )
            )


def _parse_column(
    text: pd.DataFrame, table: Table, column: Column, problems: list[Problem]
) -> pd.Series[Any]:
    parse, dtype = _PARSERS[column.type]
    values: list[object] = []
    cells = text[column.name] if column.name in text else [""] * len(text)
    for position, cell in zip(text.index, cells, strict=True):
        if cell == "":
            values.append(None)
            continue
        try:
            values.append(parse(cell))
        except ValueError:
            values.append(None)
            problems.append(_unreadable(table, column, int(position), str(cell)))
    return pd.Series(values, index=text.index, dtype=dtype)


def _unreadable(table: Table, column: Column, position: int, cell: str) -> Problem:
    return _error(
        table,
        "the value cannot be read",
        row=spreadsheet_row(position),
        column=column.name,
        value=cell,
        expected=column.expected(),
        mend=_reading_mend(column, cell),
    )


def _reading_mend(column: Column, cell: str) -> str:
    """How to mend a cell that its parser refused: most come from a spreadsheet."""
    if column.type is Type.DATE:
        mangled = any(shape.match(cell) for shape in _EXCEL_DATES)
        return _EXCEL_MEND if mangled else "Write the day as year-month-day, or leave it empty"
    if column.type is Type.QUARTER:
        return "Write the year, Q and the quarter from 1 to 4"
    return _number_mend(column, cell)


def _number_mend(column: Column, cell: str) -> str:
    bare = cell.replace(",", "").replace("£", "").replace("%", "").strip()
    if not _is_number(bare):
        if any(shape.match(cell) for shape in _EXCEL_DATES[1:3]):
            return "A spreadsheet has turned the number into a date; type it again as text"
        empty = "" if column.required else ", or leave the cell empty where it is unknown"
        return f"Write the figure in digits{empty}"
    if cell.endswith("%"):
        share = f"{float(bare) / 100:g}"
        return f"Write {share} for {cell}" if column.is_share else f"Write {bare} or {share}"
    if _is_number(cell):
        return "Write it without decimals"
    return f"Write {bare}: a number without commas or signs"


def _is_number(cell: str) -> bool:
    try:
        _parse_number(cell)
    except ValueError:
        return False
    return True


def _parse_number(cell: str) -> float:
    value = float(cell)
    if not math.isfinite(value) or "_" in cell:
        raise ValueError(cell)
    return value


def _parse_integer(cell: str) -> int:
    value = _parse_number(cell)
    if value != int(value) or abs(value) > _MOST_WHOLE:
        raise ValueError(cell)
    return int(value)


def _parse_date(cell: str) -> datetime:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", cell):
        raise ValueError(cell)
    day = date.fromisoformat(cell)
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a calendar day has no zone


def _parse_quarter(cell: str) -> str:
    if not QUARTER.match(cell):
        raise ValueError(cell)
    return cell


_PARSERS: Final[dict[Type, tuple[Callable[[str], object], str]]] = {
    Type.TEXT: (str, "str"),
    Type.CODE: (str, "str"),
    Type.CODES: (str, "str"),
    Type.NUMBER: (_parse_number, "float64"),
    Type.INTEGER: (_parse_integer, "Int64"),
    Type.DATE: (_parse_date, "datetime64[us]"),
    Type.QUARTER: (_parse_quarter, "str"),
}


def _required_problems(frame: pd.DataFrame, text: pd.DataFrame, table: Table) -> list[Problem]:
    return [
        _error(
            table,
            "the cell is empty",
            row=spreadsheet_row(int(position)),
            column=column.name,
            expected=column.expected(),
            mend="Fill it in; write unknown where nobody knows"
            if "unknown" in column.allowed
            else "Fill it in, or remove the row",
        )
        for column in table.columns
        if column.required and column.name in text
        for position in frame.index[text[column.name] == ""]
    ]


def _schema_problems(frame: pd.DataFrame, text: pd.DataFrame, table: Table) -> list[Problem]:
    schema = _schema(table, tuple(map(str, text.columns)))
    try:
        schema.validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as failed:
        problems = []
        for case in failed.failure_cases.to_dict("records"):
            name, index = str(case["column"]), case["index"]
            column = table.column(name)
            cell = None if index is None else str(text.at[int(index), name])
            problems.append(
                _error(
                    table,
                    "the value is not allowed",
                    row=None if index is None else spreadsheet_row(int(index)),
                    column=name,
                    value=cell,
                    expected=column.expected(),
                    mend=_limit_mend(column, cell),
                )
            )
        return problems
    return []


@lru_cache(maxsize=64)
def _schema(table: Table, columns: tuple[str, ...]) -> DataFrameSchema:
    """Return the pandera schema of a table, built once for each set of columns."""
    return pandera_schema(table, columns)


def _limit_mend(column: Column, cell: str | None) -> str:
    if column.is_share and cell is not None and _is_number(cell) and 1 < float(cell) <= 100:  # noqa: PLR2004
        return f"If {cell} is a percentage, write {float(cell) / 100:g}"
    if column.allowed:
        return "Mend the spelling, or choose another code; the vocabulary explains each"
    if column.minimum is not None or column.maximum is not None:
        return "Mend the figure" + ("" if column.required else ", or leave the cell empty")
    return "Mend the spelling"


def _key_problems(text: pd.DataFrame, table: Table) -> list[Problem]:
    keys = [list(table.key)] if table.key else []
    keys += [[c.name] for c in table.columns if c.unique and (c.name,) != table.key]
    required = {column.name for column in table.columns if column.required}
    problems = []
    for key in keys:
        if any(name not in text for name in key):
            continue
        first: dict[tuple[str, ...], int] = {}
        for position, cells in zip(text.index, text[key].itertuples(index=False), strict=True):
            values = tuple(str(cell) for cell in cells)
            if any(
                value == "" for name, value in zip(key, values, strict=True) if name in required
            ):
                continue  # an empty cell is a problem of its own
            if first.setdefault(values, int(position)) != position:
                problems.append(
                    _error(
                        table,
                        f"the same {' and '.join(key)} already stands in row "
                        f"{spreadsheet_row(first[values])}",
                        row=spreadsheet_row(int(position)),
                        column=key[0],
                        value=" / ".join(values),
                        expected=f"{' and '.join(key)} only once",
                        mend="Remove one of the two rows, or change one of them",
                    )
                )
    return problems


def _triad_problems(frame: pd.DataFrame, text: pd.DataFrame, table: Table) -> list[Problem]:
    problems = []
    for prefix in table.triads:
        start = f"{prefix}_" if prefix else ""
        names = [f"{start}{end}" for end in ("low", "central", "high")]
        for left, right in ((names[0], names[1]), (names[1], names[2]), (names[0], names[2])):
            wrong = frame[left] > frame[right]
            if left == names[0] and right == names[2]:
                wrong &= frame[names[1]].isna()
            problems += [
                _error(
                    table,
                    f"the range is reversed: {left} is more than {right}",
                    row=spreadsheet_row(int(position)),
                    column=left,
                    value=f"{text[left][position]!s} > {text[right][position]!s}",
                    expected="low, central and high in rising order",
                    mend="Swap the two, or mend the one that is wrong",
                )
                for position in frame.index[wrong.fillna(value=False)]
            ]
    return problems
