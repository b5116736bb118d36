"""Read the annual tables on support in domestic abuse safe accommodation, through a mapping.

MHCLG publishes data tables each autumn at national, regional and local-authority level. Their
layout could not be read when this was written, so nothing about it is fixed in the program: a
*mapping* says for each figure in which sheets it may stand and which words its heading holds, and
a person who has the file in front of them corrects it. The mapping that ships
(``safe_accommodation.json``) follows the words of the releases of October 2024 and October 2025
and says of itself that it was not checked against a file; a warning repeats that until somebody
sets ``checked_against``. ``docs/importing-published-tables.md`` shows how to edit one.

What is expected of a sheet: one row an area, with its official code, and one column a figure.
"""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from housing_map.errors import Problem, Severity, UsageError
from housing_map.importers import revisions
from housing_map.importers.grids import UnreadableWorkbookError, cell_name, column_name, read_grids
from housing_map.importers.headings import Wording, area_table, read_value, squash
from housing_map.importers.noting import Noting
from housing_map.pack_tables import BY_NAME
from housing_map.published_tables import CATEGORIES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from housing_map.importers.grids import Grid
    from housing_map.importers.headings import AreaTable, Heading

TABLE: Final = BY_NAME["safe_accommodation"]
SHIPPED: Final = Path(__file__).with_suffix(".json")
"""The mapping used where none is given."""
MAPPING_VERSION: Final = 1
"""Version of the format of a mapping; a mapping of another version is refused."""

_YEAR: Final = re.compile(r"(?<!\d)(20\d\d)\s*(?:[-–/]|to)\s*(?:20)?(\d\d)(?!\d)", re.IGNORECASE)
_MONTHS: Final = re.compile(
    r"april\s+(20\d\d)\s*(?:to|-|–)\s*(?:\d+(?:st)?\s+)?march\s+(20\d\d)", re.IGNORECASE
)


class MappedColumn(BaseModel):
    """One figure: what it is, in which sheets it is looked for, and the words of its heading.

    Every entry of ``sheet`` must stand in the name of the sheet or in the lines above its table;
    every entry of ``words``, and none of ``without``, in the headings above the column. Words are
    compared by their letters alone, ``=men`` as a whole word. ``year`` holds where the heading
    names none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    measure: str
    category: str = ""
    sheet: tuple[str, ...] = ()
    words: tuple[str, ...] = Field(min_length=1)
    without: tuple[str, ...] = ("percent", "%")
    year: str = Field(default="", pattern=r"^(20\d\d-\d\d)?$")
    note: str = ""

    @model_validator(mode="after")
    def _known(self) -> MappedColumn:
        if self.measure not in CATEGORIES:
            message = f"there is no measure {self.measure!r}; known are {', '.join(CATEGORIES)}"
            raise ValueError(message)
        if self.category and self.category not in CATEGORIES[self.measure]:
            known = ", ".join(sorted(CATEGORIES[self.measure])) or "no categories"
            message = f"{self.measure} has no category {self.category!r}; it has {known}"
            raise ValueError(message)
        if any(not squash(one) for one in (*self.words, *self.sheet)):
            message = "words need letters: numbers and signs alone are not compared"
            raise ValueError(message)
        return self

    @property
    def label(self) -> str:
        """Measure and category in one."""
        return f"{self.measure}: {self.category}" if self.category else self.measure


class TableMapping(BaseModel):
    """Where the figures of one release stand.

    ``checked_against`` names the file that somebody held the mapping against; empty means nobody
    has, which is said with every reading.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    mapping_version: int
    title: str
    checked_against: str = ""
    note: str = ""
    columns: tuple[MappedColumn, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _fits(self) -> TableMapping:
        if self.mapping_version != MAPPING_VERSION:
            message = f"the mapping is of version {self.mapping_version}, not {MAPPING_VERSION}"
            raise ValueError(message)
        return self


@dataclass(frozen=True, slots=True, eq=False)
class SafeReading:
    """What a release says about the areas asked for.

    ``frame`` has rows of the pack's table ``safe_accommodation``; ``columns`` says for each
    figure of the mapping where it was found.
    """

    file: str
    frame: pd.DataFrame
    problems: tuple[Problem, ...]
    columns: Mapping[str, str]

    def evidence(self) -> dict[tuple[revisions.Key, str], str]:
        """Where each figure was read, by key and column."""
        return {
            (tuple(str(row[name]) for name in TABLE.key), "value"): str(row["source"])
            for row in self.frame.to_dict("records")
        }


@dataclass(slots=True, kw_only=True)
class _Reader(Noting):
    """What is gathered while a file is read."""

    areas: Mapping[str, str]
    year: str
    rows: dict[revisions.Key, dict[str, object]] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)


def load_mapping(path: Path | None = None) -> TableMapping:
    """Read a mapping from JSON or TOML; the shipped one when ``path`` is None.

    Raises :class:`UsageError` with everything that is wrong with it.
    """
    path = path or SHIPPED
    try:
        words = path.read_text(encoding="utf-8-sig")
        raw = tomllib.loads(words) if path.suffix == ".toml" else json.loads(words)
        return TableMapping.model_validate(raw)
    except ValidationError as failed:
        faults = "; ".join(
            f"{'.'.join(map(str, one['loc'])) or 'mapping'}: {one['msg']}"
            for one in failed.errors()
        )
        message = f"{path.name} is no mapping: {faults}"
        raise UsageError(message) from failed
    except (OSError, ValueError, RecursionError) as failed:
        message = f"The mapping {path.name} cannot be read: {failed}"
        raise UsageError(message) from failed


def year_in(words: str) -> str | None:
    """Read the financial year that words name; None where they name none, or no whole one.

    >>> year_in("Individuals supported, 2024 to 2025"), year_in("April 2023 to March 2024")
    ('2024-25', '2023-24')
    >>> year_in("published 2025-10") is None
    True
    """
    months = _MONTHS.search(words)
    if months is not None and int(months[2]) == int(months[1]) + 1:
        return f"{months[1]}-{months[2][2:]}"
    for found in _YEAR.finditer(words):
        if int(found[2]) == (int(found[1]) + 1) % 100:
            return f"{found[1]}-{found[2]}"
    return None


def read_safe_accommodation(
    content: bytes,
    file: str,
    areas: Mapping[str, str],
    mapping: TableMapping | None = None,
    *,
    year: str = "",
) -> SafeReading:
    """Read a release for ``areas`` (code to name) through ``mapping``, by default the shipped one.

    The year of a figure is the one its heading names, else the mapping's, else the one above the
    table, else ``year``. Everything not found, found twice, or not a figure is in ``problems``;
    nothing is made up. Raises :class:`UsageError` when the shipped mapping cannot be read.
    """
    mapping = mapping or load_mapping()
    reader = _Reader(file=file, areas=areas, year=year)
    try:
        book = read_grids(content, lambda _: True)
    except UnreadableWorkbookError as failed:
        reader.problem(str(failed))
        return _reading(reader)
    if not mapping.checked_against:
        reader.problem(
            f"the mapping ({mapping.title}) has not been checked against a file",
            severity=Severity.WARNING,
            mend="Look at each place below in the file, then set checked_against in the mapping",
        )
    tables = [table for sheet in book.sheets if (table := area_table(sheet)) is not None]
    if not tables:
        reader.problem("no sheet has a row with an area code", value=", ".join(book.names[:12]))
    for column in mapping.columns if tables else ():
        _read_column(reader, tables, column)
    return _reading(reader)


def compare(existing: pd.DataFrame, readings: Sequence[SafeReading]) -> revisions.Revision:
    """Set releases beside the pack's table (see :func:`.revisions.compare`).

    A later release may repeat years of an earlier one: give one at a time, in their order, or
    :class:`ValueError` is raised.
    """
    frames = [reading.frame for reading in readings if not reading.frame.empty]
    names = [column.name for column in TABLE.columns]
    incoming = pd.concat(frames) if frames else pd.DataFrame(columns=names)
    evidence = {key: where for reading in readings for key, where in reading.evidence().items()}
    return revisions.compare(TABLE, existing, incoming, evidence)


def _reading(reader: _Reader) -> SafeReading:
    names = [column.name for column in TABLE.columns]
    frame = pd.DataFrame([reader.rows[key] for key in sorted(reader.rows)], columns=names)
    return SafeReading(reader.file, frame, tuple(reader.problems), reader.columns)


def _title(table: AreaTable) -> str:
    """Words above a table, without the headings of its figures, and the name of its sheet."""
    sheet = table.sheet
    start = table.headings[0].column if table.headings else len(sheet.rows[table.first_row])
    cells = (sheet.text(row, column) for row in range(table.first_row) for column in range(start))
    return " | ".join([sheet.name, *(cell for cell in cells if cell)])


def _read_column(reader: _Reader, tables: Sequence[AreaTable], column: MappedColumn) -> None:
    """Find a figure in the sheets where it may stand; once for each year, or not at all."""
    wording = Wording(column.words, column.without)
    found: dict[str, list[tuple[AreaTable, Heading]]] = {}
    for table in tables:
        title = _title(table)
        if not all(squash(one) in squash(title) for one in column.sheet):
            continue
        for heading in table.headings:
            if wording.matches(heading):
                own = year_in(" ".join(heading.words))
                year = own or column.year or year_in(title) or reader.year
                if not column.year or column.year == year:
                    found.setdefault(year, []).append((table, heading))
    if not found:
        reader.problem(
            f"no column is headed as the mapping says for {column.label} "
            f"({' + '.join(column.words)}): it is left out",
            severity=Severity.WARNING,
            mend="Open the file, and put the words of its heading into the mapping",
        )
    for year, places in found.items():
        listed = "; ".join(
            f"sheet {table.sheet.name}, {cell_name(heading.row, heading.column)} {heading.shown}"
            for table, heading in places
        )
        if not year:
            reader.problem(
                f"no year is named for {column.label}: it is left out",
                value=listed,
                mend="Say which year the file is about",
            )
        elif len(places) > 1:
            reader.problem(
                f"several columns may be {column.label} in {year}: it is left out",
                value=listed,
                mend="Add words to the mapping that only one of them has",
            )
        else:
            reader.columns[f"{column.label}, {year}"] = listed
            _read_figures(reader, *places[0], column, year)


def _read_figures(
    reader: _Reader, table: AreaTable, heading: Heading, column: MappedColumn, year: str
) -> None:
    sheet: Grid = table.sheet
    missing = []
    for area, name in reader.areas.items():
        row = table.row(area)
        if row is None or squash(table.name(row)) != squash(name):
            missing.append(f"{name} ({area})")
            continue
        value = read_value(sheet.at(row, heading.column))
        letters = column_name(heading.column)
        if value is None:
            reader.problem(
                f"{column.label} of {name} is not a number: it is left out",
                sheet=sheet.name,
                cell=(row + 1, letters),
                value=str(sheet.at(row, heading.column)),
            )
            continue
        key = (year, area, column.measure, column.category)
        reader.rows[key] = {
            **dict(zip(TABLE.key, key, strict=True)),
            "value": value.number,
            "note": "; ".join(
                one for one in (f"{value.mark} {value.meaning}".strip(), column.note) if one
            ),
            # Not HD5: a cell's name may look like a postcode, which no pack takes in.
            "source": f"{reader.file}, sheet {sheet.name}, column {letters}, row {row + 1}",
        }
    if missing:
        reader.problem(
            f"{column.label}: no single row under code and name for {', '.join(missing)}",
            sheet=sheet.name,
            severity=Severity.WARNING,
        )
