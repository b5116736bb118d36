"""Read a workbook that was filled in: every problem at its cell, nothing guessed.

The cells are judged as the files of a pack are, by the same descriptions and checks, and each
problem is brought back to the sheet and cell it stands in. A location in any cell is refused and
never repeated. Cells that stand as the template wrote them are not judged again.
"""

from __future__ import annotations

import csv
import re
import tempfile
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pandas as pd

from housing_map import protection
from housing_map.cells import text as cell_text
from housing_map.check_returns import return_problems
from housing_map.errors import Problem, Severity
from housing_map.importers.opening import (
    MOST_BYTES,
    Page,
    RefusedWorkbookError,
    cell_name,
    open_workbook,
)
from housing_map.importers.sheets import (
    BASE,
    FORMAT,
    HEADER_ROW,
    INSTRUCTIONS,
    LISTS,
    OWN_SHEETS,
    SHEETS,
    Choices,
    Field,
    Row,
    Sheet,
    plain,
    read_key,
    rows,
)
from housing_map.location_patterns import PATTERNS
from housing_map.pack_tables import BY_NAME, TABLES
from housing_map.returns import RETURN_TABLES
from housing_map.schemas import Column, Type
from housing_map.strategy import objectives
from housing_map.tables import ReadTable, read_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from housing_map.pack import Pack

Base = dict[tuple[str, tuple[str, ...]], dict[str, str]]
"""Cells as the template wrote them: by table and key, then by column."""

_HIDDEN: Final = "***"
_FORMULA: Final = re.compile(r"^[=@+\-|%](?![\d\s().+-]*$)")
"""Starts of a text that a spreadsheet would take for a formula; a telephone number is none."""
_AGAIN: Final = "Ask for a new workbook, and copy the figures over"
_PACK: Final = "Data pack"
_VERSION: Final = "Workbook version"


@dataclass(frozen=True, slots=True)
class CellProblem:
    """One thing wrong with a workbook, at its cell, and how to mend it.

    ``sheet`` and ``cell`` are empty where the problem is about the whole workbook or sheet;
    what is wrong with the pack as it would become stands at a file and row of the pack instead.
    """

    severity: Severity
    sheet: str
    cell: str
    message: str
    expected: str = ""
    mend: str = ""
    value: str | None = None

    @property
    def place(self) -> str:
        """Sheet and cell in words."""
        return ", ".join(part for part in (self.sheet, self.cell) if part) or "the workbook"

    def __str__(self) -> str:
        """Return one line: place, what is wrong, value, what was expected, how to mend it."""
        text = f"{self.place}: {self.message}"
        if self.value is not None:
            text += f" (found {self.value!r})"
        if self.expected:
            text += f"; expected {self.expected}"
        return f"{text}. {self.mend}" if self.mend else f"{text}."


@dataclass(frozen=True, eq=False)
class Filled:
    """A workbook as it was read. Nothing of it has been taken over.

    ``rows`` are the rows that each table would get, in the order of the sheets; ``base`` what
    the template wrote; ``cleared`` the keys of rows whose cells were emptied, with the place of
    the cell. ``tables`` are the same rows, typed, for each table of which there are any.
    """

    name: str
    rows: Mapping[str, tuple[Row, ...]]
    base: Base
    cleared: Mapping[tuple[str, tuple[str, ...]], str]
    problems: tuple[CellProblem, ...]
    tables: Mapping[str, pd.DataFrame]

    @property
    def is_sound(self) -> bool:
        """Whether no problem is an error."""
        return all(problem.severity is not Severity.ERROR for problem in self.problems)


def read_filled(path: Path, pack: Pack) -> Filled:
    """Read the workbook at ``path`` for ``pack``; see :func:`read_filled_bytes`."""
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size <= MOST_BYTES else b""
    except OSError as failed:
        return _refused(path.name, f"the file cannot be read: {failed.strerror}")
    if size > MOST_BYTES:
        return _refused(path.name, f"the file is larger than {MOST_BYTES // 1_000_000} MB")
    return read_filled_bytes(content, path.name, pack)


def read_filled_bytes(content: bytes, name: str, pack: Pack) -> Filled:
    """Read a workbook from its bytes; ``name`` is what the file is called.

    Every problem is listed, none is raised: a file that cannot be opened safely, a workbook of
    another pack or version, sheets and columns that are not the template's, and each cell that
    cannot be taken over.
    """
    if not name.casefold().endswith(".xlsx"):
        return _refused(name, "the name of the file does not end in .xlsx")
    try:
        pages = open_workbook(content)
    except RefusedWorkbookError as failed:
        return _refused(name, str(failed))
    return _Reader(name, pages, pack).read()


def _refused(name: str, message: str) -> Filled:
    problem = CellProblem(
        Severity.ERROR, "", "", message, mend="Fill in the template, and save it as .xlsx"
    )
    return Filled(name, {}, {}, {}, (problem,), {})


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a sheet: its number from 0, and its cells as texts of the table."""

    number: int
    cells: Mapping[Field, str]


class _Reader:
    """Reads one workbook. ``bad`` are the cells that have a problem already."""

    def __init__(self, name: str, pages: Mapping[str, Page], pack: Pack) -> None:
        self._name = name
        self._pages = pages
        self._pack = pack
        self._problems: list[CellProblem] = []
        self._bad: set[tuple[str, int, int]] = set()
        self._places: dict[str, dict[Field, int]] = {}

    def read(self) -> Filled:
        self._check_workbook()
        base = self._base()
        choices = Choices(self._services(), self._pack["organisations"], objectives(self._pack))
        self._look_for_locations(choices)
        found: dict[str, list[Row]] = defaultdict(list)
        cleared: dict[tuple[str, tuple[str, ...]], str] = {}
        for sheet in SHEETS:
            lines = self._lines(sheet, choices)
            places = self._places.get(sheet.name, {})
            kept = list(rows(sheet, ((line.number, line.cells) for line in lines), places))
            self._repeated(sheet, kept)
            found[sheet.table.name] += kept
            cleared |= self._cleared(sheet, lines, kept, base)
        frames = self._judge(found, base)
        order = {name: number for number, name in enumerate(self._pages)}
        problems = sorted(
            dict.fromkeys(self._problems),
            key=lambda p: (p.severity, order.get(p.sheet, -1), _by_row(p.cell), p.message),
        )
        return Filled(
            self._name,
            {
                name: tuple(row for row in kept if set(row.sheet.keys) <= set(row.cells))
                for name, kept in found.items()
                if kept
            },
            base,
            cleared,
            tuple(problems),
            frames,
        )

    # The workbook and its sheets -----------------------------------------------------------

    def _say(
        self,
        sheet: str,
        at: tuple[int, int] | None,
        message: str,
        *,
        expected: str = "",
        mend: str = "",
        value: str | None = None,
        severity: Severity = Severity.ERROR,
    ) -> None:
        """List a problem, unless its cell has one."""
        cell = ""
        if at is not None:
            if (sheet, *at) in self._bad:
                return
            if severity is Severity.ERROR:
                self._bad.add((sheet, *at))
            cell = cell_name(*at)
        self._problems.append(CellProblem(severity, sheet, cell, message, expected, mend, value))

    def _check_workbook(self) -> None:
        """Find out whether the workbook is the template of this pack, and has its sheets."""
        first = self._pages.get(INSTRUCTIONS)
        about = {row[0]: row[1] for row in first.cells if len(row) > 1} if first else {}
        for head, wanted in ((_PACK, self._pack.info.name), (_VERSION, FORMAT)):
            if about.get(head) != wanted:
                self._say(
                    INSTRUCTIONS,
                    None,
                    f"the workbook was not made for this {head.casefold()}",
                    expected=wanted,
                    mend=_AGAIN,
                    value=about.get(head),
                )
        known = OWN_SHEETS | {sheet.name for sheet in SHEETS}
        for name, page in self._pages.items():
            if page.beyond:
                self._say(name, None, "the sheet holds more rows or columns than are read")
            if name not in known and page.cells:
                self._say(
                    name,
                    None,
                    "the sheet is not part of the template, and is not read",
                    severity=Severity.WARNING,
                )
            if name not in {LISTS, BASE}:
                for (row, column), what in page.odd.items():
                    mend = "Write the figure itself, or nothing"
                    self._say(name, (row, column), what, mend=mend)

    def _base(self) -> Base:
        """Return what the template wrote; nothing, if that sheet was taken out."""
        found: Base = {}
        page = self._pages.get(BASE)
        for cells in page.cells[HEADER_ROW:] if page else ():
            table, key, column, value = (*cells, "", "", "", "")[:4]
            parts = read_key(key)
            if table in BY_NAME and parts is not None:
                found.setdefault((table, parts), {})[column] = value
        return found

    def _services(self) -> pd.DataFrame:
        """Return names of services by identifier: those of the pack, and new ones of the sheet."""
        held = self._pack["services"][["service_id", "name"]]
        page = self._pages.get("Services")
        lines = page.cells[HEADER_ROW:] if page else ()
        named = {row[0]: row[1] for row in lines if len(row) > 1 and row[0] and row[1]}
        known = {str(code) for code in held["service_id"]}
        new = {code: name for code, name in named.items() if code not in known}
        added = pd.DataFrame({"service_id": list(new), "name": list(new.values())}, dtype="str")
        return pd.concat([held, added], ignore_index=True)

    def _columns(self, sheet: Sheet, page: Page) -> dict[int, Field]:
        """Return the fields by column; what is missing or unknown is a problem."""
        row = HEADER_ROW - 1
        header = page.cells[row] if len(page.cells) > row else ()
        labels = {_label(field.label): field for field in sheet.fields}
        found: dict[int, Field] = {}
        for place, text in enumerate(header):
            field = labels.get(_label(text))
            if field is not None and field not in found.values():
                found[place] = field
            elif text:
                self._say(
                    sheet.name,
                    (row, place),
                    "the column is not one of the template, or stands twice",
                    value=text,
                    mend="Put the names of the columns back as they were",
                )
        for field in sheet.fields:
            if field not in found.values():
                self._say(
                    sheet.name,
                    None,
                    f"the column {field.label} is missing from row {HEADER_ROW}",
                    mend="Put the names of the columns back as they were",
                )
        for number, cells in enumerate(page.cells[HEADER_ROW:], HEADER_ROW):
            for place, text in enumerate(cells):
                if text and place not in found and place >= len(header):
                    self._say(
                        sheet.name,
                        (number, place),
                        "something stands beside the table",
                        value=None,
                        mend="Take it out: only what stands in the table is read",
                    )
        self._places[sheet.name] = {field: place for place, field in found.items()}
        return found

    def _lines(self, sheet: Sheet, choices: Choices) -> list[_Line]:
        """Return the lines of a sheet that hold anything."""
        page = self._pages.get(sheet.name)
        if page is None:
            return []
        columns = self._columns(sheet, page)
        if len(columns) < len(sheet.fields):
            return []  # that is said, and who knows what the other columns hold
        lines = []
        for number in range(HEADER_ROW, len(page.cells)):
            # A cell that cannot be read is left out: it is not the same as an empty one.
            cells = {
                field: text
                for place, field in columns.items()
                if (text := self._cell(sheet.name, (number, place), field.column, page, choices))
                is not None
            }
            if any(page.at(number, place) for place in columns):
                lines.append(_Line(number, cells))
        return lines

    def _cell(
        self, sheet: str, at: tuple[int, int], column: Column, page: Page, choices: Choices
    ) -> str | None:
        """Return a cell as a text of the table; None where it has a problem."""
        text = page.at(*at)
        if (sheet, *at) in self._bad:
            return None
        if not text:
            return ""
        if column.type is Type.TEXT and _FORMULA.match(text):
            mend = "Begin with a letter or a digit"
            self._say(sheet, at, "the text begins like a formula", value=text, mend=mend)
            return None
        if any(unicodedata.category(sign) == "Cc" and sign not in "\r\n\t" for sign in text):
            self._say(sheet, at, "the cell holds a sign that cannot be shown")
            return None
        chosen = choices.read(column, text)
        if chosen is None:
            labels = [label for code, label in choices.of(column).items() if code]
            self._say(
                sheet,
                at,
                "the value is not in the list",
                value=text,
                expected=f"one of the list: {', '.join(labels)}"
                if column.allowed
                else "a name of the list, or its identifier",
                mend="Choose from the list",
            )
            return None
        return plain(column, chosen)

    def _repeated(self, sheet: Sheet, kept: Sequence[Row]) -> None:
        """List lines that are about what an earlier line is about."""
        first: dict[tuple[str, ...], int] = {}
        for row in kept:
            key = tuple(row.cells.get(name, "") for name in sheet.keys)
            number, place = row.at[sheet.keys[0]]
            if first.setdefault(key, number) != number:
                names = [f.label for f in sheet.fields if f.column.name in sheet.keys]
                self._say(
                    sheet.name,
                    (number, place),
                    f"row {first[key] + 1} already holds the same {' and '.join(names)}",
                    mend="Put the two rows together, or change one of them",
                )

    def _cleared(
        self, sheet: Sheet, lines: Iterable[_Line], kept: Iterable[Row], base: Base
    ) -> dict[tuple[str, tuple[str, ...]], str]:
        """Return the rows that the template showed and whose cells were emptied.

        A row whose line was deleted stays: nobody said that it holds no longer.
        """
        key = sheet.table.key
        there = {row.key for row in kept}
        by_code = {field.code: field for field in sheet.fields if field.code is not None}
        found: dict[tuple[str, tuple[str, ...]], str] = {}
        numbers = {}
        for line in lines:
            cells = {f.column.name: t for f, t in line.cells.items() if f.code is None}
            numbers[tuple(cells.get(name, "") for name in sheet.keys)] = line.number
        for table, parts in base:
            if table != sheet.table.name or parts in there or len(parts) != len(key):
                continue
            named = dict(zip(key, parts, strict=True))
            number = numbers.get(tuple(named[name] for name in sheet.keys))
            field = by_code.get(named[sheet.across]) if sheet.across else sheet.fields[0]
            place = None if field is None else self._places.get(sheet.name, {}).get(field)
            if number is None or place is None or (sheet.name, number, place) in self._bad:
                continue
            found[table, parts] = f"{sheet.name}, {cell_name(number, place)}"
        return found

    # Locations -----------------------------------------------------------------------------

    def _look_for_locations(self, choices: Choices) -> None:
        """Refuse locations in every cell of every sheet, but for what stands in the pack.

        What the pack holds has passed its checks where it stands: a public service may have an
        address. Judged again is only what the rows hold, by the same rules.
        """
        held = set()
        for sheet in SHEETS:
            frame = self._pack[sheet.table.name]
            for column in sheet.table.columns:
                if column.type in {Type.TEXT, Type.CODE, Type.CODES}:
                    held |= {plain(column, cell_text(cell)) for cell in frame[column.name]}
                held |= set(choices.of(column).values())
        for name, page in self._pages.items():
            if name == BASE:
                continue
            for number, cells in enumerate(page.cells):
                for place, text in enumerate(cells):
                    shown = " ".join(text.split())
                    if not shown or shown in held:
                        continue
                    if what := _location(shown):
                        self._say(
                            name,
                            (number, place),
                            f"{what} stands here; {protection.WHY}",
                            value=_HIDDEN,
                            expected="words that name nothing smaller than the district",
                            mend="Take it out",
                        )

    # Judging -------------------------------------------------------------------------------

    def _judge(self, found: Mapping[str, Sequence[Row]], base: Base) -> dict[str, pd.DataFrame]:
        """Check the rows as files of a pack are checked; return them, typed."""
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            read = {table: self._read(folder, table, kept) for table, kept in found.items()}
            read |= {
                table.name: read_table(folder, table)
                for table in RETURN_TABLES
                if table.name not in read
            }
            problems = [problem for result in read.values() for problem in result.problems]
            problems += return_problems(read)
            located = protection.find_locations(self._with_pack(folder, found, read))
            problems = protection.mask(
                [*problems, *(finding.problem for finding in located)], located
            )
        for problem in problems:
            self._bring_back(problem, found, base)
        return {table: result.frame for table, result in read.items() if len(result.frame)}

    def _read(self, folder: Path, table: str, kept: Sequence[Row]) -> ReadTable:
        """Read rows as a file of the pack would be read; rows of one line may share a key."""
        full = BY_NAME[table]
        shown = {c for row in kept for c in row.cells} or {c.name for c in full.columns}
        columns = tuple(replace(c, unique=False) for c in full.columns if c.name in shown)
        whole = replace(full, columns=columns, key=(), extra_pattern=None)
        _write(folder / full.path, [c.name for c in columns], [row.cells for row in kept])
        return read_table(folder, whole)

    def _with_pack(
        self, folder: Path, found: Mapping[str, Sequence[Row]], read: Mapping[str, ReadTable]
    ) -> dict[str, ReadTable]:
        """Return the rows with what says where places are, and what kind each service is of.

        Services of the sheet come first, so that their rows keep their numbers.
        """
        result = dict(read)
        for table in ("groupings", "lsoa_facts", "homelessness"):
            result[table] = read_table(self._pack.folder, BY_NAME[table])
        services = BY_NAME["services"]
        sent = [dict(row.cells) for row in found.get("services", ())]
        ids = {row["service_id"] for row in sent}
        held = read_table(self._pack.folder, services).text
        rest = [
            {str(name): str(cell) for name, cell in row.items()}
            for row in held.to_dict("records")
            if row["service_id"] not in ids
        ]
        _write(folder / "all" / services.path, [c.name for c in services.columns], [*sent, *rest])
        result["services"] = read_table(folder / "all", services)
        return result

    def _bring_back(self, problem: Problem, found: Mapping[str, Sequence[Row]], base: Base) -> None:
        """List a problem of a table at the cell of the sheet, if somebody wrote that row."""
        table = next((t.name for t in TABLES if t.path == problem.file), None)
        kept = found.get(table or "", ())
        if problem.row is None or not 0 <= problem.row - 2 < len(kept):
            return
        row = kept[problem.row - 2]
        if not touched(row, base):
            return
        self._say(
            row.sheet.name,
            row.at.get(problem.column or "", next(iter(row.at.values()))),
            problem.message,
            expected=problem.expected,
            mend=problem.mend,
            value=problem.value,
            severity=problem.severity,
        )


def touched(row: Row, base: Base) -> bool:
    """Whether somebody wrote or changed any cell of a row."""
    before = base.get((row.sheet.table.name, row.key), {})
    return any(text != before.get(name, "") for name, text in row.cells.items())


def _location(text: str) -> str | None:
    """Say what kind of location a text holds, if any; only kinds that are sure."""
    words = "".join(
        sign for sign in unicodedata.normalize("NFKC", text) if unicodedata.category(sign) != "Cf"
    )
    for pattern in PATTERNS:
        if pattern.exact and pattern.find(words) is not None:
            return pattern.what
    return None


def _label(text: str) -> str:
    return " ".join(text.split()).casefold()


def _by_row(cell: str) -> tuple[int, int, str]:
    """Sort cells by row, then by column."""
    found = re.fullmatch(r"([A-Z]+)(\d+)", cell)
    return (int(found[2]), len(found[1]), found[1]) if found else (0, 0, cell)


def _write(path: Path, header: Sequence[str], lines: Iterable[Mapping[str, str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([[line.get(name, "") for name in header] for line in lines])
