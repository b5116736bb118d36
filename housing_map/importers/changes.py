"""Show what a filled-in workbook would change, change it all at once, and take it back.

Three things are compared: what the pack held when the workbook was written, what the workbook
holds, and what the pack holds now. A cell counts only if somebody changed it in the workbook. If
the pack has changed meanwhile as well, the preview says so beside the cell.

The pack as it would become is checked as a whole before anything can be applied.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import housing_map
from housing_map import journal
from housing_map.errors import Severity, UsageError
from housing_map.importers.opening import cell_name
from housing_map.importers.sheets import PROVEN, SHEETS, Row, Sheet, plain
from housing_map.importers.workbook import CellProblem, Filled
from housing_map.pack import PACK_FILE, PackInfo, check_pack, describe_pack, pack_digest
from housing_map.pack_tables import BY_NAME, TABLES
from housing_map.returns import RETURN_TABLES
from housing_map.vocabulary import Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from housing_map.errors import Problem
    from housing_map.pack import Pack

DESCRIPTION: Final = "datapackage.json"

_RETURNS: Final = frozenset(table.name for table in RETURN_TABLES)
_ANSWERS: Final = frozenset({"eligibility", "legal_facts"})
_BOM: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Change:
    """One cell that would change: where in the pack, from what, to what, and who asks for it.

    ``sheet`` and ``cell`` are where it stands in the workbook. ``what`` is *added*, *changed* or
    *removed*, of the row. ``meanwhile`` says that the pack has changed since the workbook was
    written, so that two people have changed the same cell.
    """

    table: str
    key: tuple[str, ...]
    column: str
    before: str
    after: str
    what: str
    sheet: str
    cell: str
    meanwhile: bool = False


@dataclass(frozen=True, slots=True)
class TableChange:
    """How many rows of a table would be added, changed and removed, and how many stay."""

    table: str
    title: str
    added: int
    changed: int
    removed: int
    unchanged: int


@dataclass(frozen=True, slots=True, eq=False)
class Preview:
    """What a workbook would change. Nothing has been changed.

    ``tables`` are those that the workbook holds, in the order of its sheets. ``files`` is the
    new content of each file that would change, ``before`` the digest of each as it is. ``digest``
    is the fingerprint of the pack that was compared.
    """

    name: str
    tables: tuple[TableChange, ...]
    changes: tuple[Change, ...]
    problems: tuple[CellProblem, ...]
    files: Mapping[str, bytes]
    before: Mapping[str, str | None]
    digest: str
    info: PackInfo

    @property
    def can_apply(self) -> bool:
        """Whether there is something to change, and no problem is an error."""
        return bool(self.files) and not any(p.severity is Severity.ERROR for p in self.problems)


@dataclass(frozen=True, slots=True)
class Applied:
    """What was changed: the files, how many rows, and the fingerprint of the pack now."""

    number: int
    files: tuple[str, ...]
    rows: int
    digest: str


def preview(pack: Pack, filled: Filled) -> Preview:
    """Return what the workbook would change in the pack, cell by cell.

    ``problems`` are those of the workbook, and those that the pack would have afterwards and
    has not now.
    """
    tables, changes, problems = [], [], list(filled.problems)
    merged: dict[str, _Merged] = {}
    for name in dict.fromkeys(sheet.table.name for sheet in SHEETS):
        rows = filled.rows.get(name, ())
        cleared = {key: place for (table, key), place in filled.cleared.items() if table == name}
        if not rows and not cleared:
            continue
        file = _Merged(pack.folder, name)
        for row in rows if name not in _ANSWERS else _said(name, rows, filled.base):
            file.take(row, filled.base)
        for key, place in cleared.items():
            file.remove(key, place, filled.base[name, key])
        merged[name] = file
        tables.append(file.counts())
        changes += file.changes
        problems += file.problems
    files = {file.path: file.content() for file in merged.values() if file.changes}
    if files:
        files, found = _check(pack, files, merged)
        there = {(problem.sheet, problem.cell) for problem in problems}
        problems += [problem for problem in found if (problem.sheet, problem.cell) not in there]
    before = {path: _digest(pack.folder / path) for path in files}
    return Preview(
        filled.name,
        tuple(tables),
        tuple(changes),
        tuple(dict.fromkeys(problems)),
        files,
        before,
        pack.digest,
        pack.info,
    )


def apply(preview: Preview, folder: Path) -> Applied:
    """Change the files of the pack in ``folder``: all of them, or none.

    Raises :class:`UsageError` when the preview has errors or nothing to change, when the pack is
    not the one that was compared, when it is the pack that ships with the program, or when the
    folder cannot be written.
    """
    if not preview.can_apply:
        errors = sum(problem.severity is Severity.ERROR for problem in preview.problems)
        message = (
            f"{preview.name} has {errors} problem{'s' if errors != 1 else ''}: nothing is changed"
            if errors
            else f"{preview.name} changes nothing"
        )
        raise UsageError(message)
    if folder.resolve() == shipped_folder():
        message = (
            f"{folder} is the pack that ships with the program, and is public: bring returns "
            "into a copy of your own, and use it with --data DIR"
        )
        raise UsageError(message)
    journal.recover(folder)
    if _pack_digest(folder, preview.info) != preview.digest:
        message = f"the pack in {folder} has changed since the preview: look at a new one first"
        raise UsageError(message)
    done = journal.commit(
        folder, preview.files, f"figures from {preview.name}", before=preview.before
    )
    rows = sum(table.added + table.changed + table.removed for table in preview.tables)
    return Applied(done.number, done.files, rows, _pack_digest(folder, preview.info))


def undo(folder: Path) -> journal.Done:
    """Take back the last import into the pack in ``folder``, byte for byte, and return it.

    Imports are taken back one by one, the last first. Raises :class:`UsageError` when there is
    none, or when one of its files was changed since.
    """
    return journal.undo(folder)


def history(folder: Path) -> tuple[journal.Done, ...]:
    """Return the imports into a pack that can be taken back, the last one first."""
    return journal.history(folder)


def shipped_folder() -> Path:
    """Return the folder of the pack that ships with the program."""
    return Path(housing_map.__file__).resolve().parent.parent / "data"


def own_copy(pack: Pack, folder: Path) -> Path:
    """Copy the files of a pack to a new folder, for figures that are not to be public.

    Raises :class:`UsageError` when the folder is there already and not empty, or cannot be made.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        message = f"{folder} is there already: name a folder that is new or empty"
        raise UsageError(message)
    try:
        _copy(pack, folder)
    except OSError as failed:
        message = f"{folder} cannot be written: {failed.strerror}"
        raise UsageError(message) from failed
    return folder


# Comparing ---------------------------------------------------------------------------------


def _said(
    table: str, rows: Sequence[Row], base: Mapping[tuple[str, tuple[str, ...]], Mapping[str, str]]
) -> Iterator[Row]:
    """Yield the answers that a workbook says something of.

    The answers of a service stand in one line with one place for who says so and since when. These
    are about the answers that were changed; where none was, about all that are given.
    """
    value = _value_column(table)

    def changed(row: Row) -> bool:
        was = base.get((table, row.key)) or {}
        return row.cells.get(value, "") != was.get(value, "")

    services = {row.key[0] for row in rows if changed(row)}
    for row in rows:
        given = row.cells.get(value, "") not in {"", "unknown"}
        if changed(row) or (row.key[0] not in services and given):
            yield row


class _Merged:
    """A file of the pack, and what a workbook makes of it."""

    def __init__(self, folder: Path, table: str) -> None:
        self.table = BY_NAME[table]
        self.path = self.table.path
        self.changes: list[Change] = []
        self.problems: list[CellProblem] = []
        path = folder / self.path
        raw = path.read_bytes() if path.exists() else b""
        self._start = _BOM if raw.startswith(_BOM) else b""
        self._end = "\r\n" if b"\r\n" in raw else "\n"
        lines = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
        self._header = [name.strip() for name in lines[0]] if lines else []
        self._header = self._header or [column.name for column in self.table.columns]
        self._lines: list[list[str] | None] = [list(line) for line in lines[1:]]
        self._by_key = {
            self._key(line): number
            for number, line in enumerate(self._lines)
            if line is not None and any(line)
        }
        self._at: dict[int, Row] = {}
        self._added: set[int] = set()
        self._changed: set[int] = set()
        self._removed = 0

    def _key(self, line: list[str]) -> tuple[str, ...]:
        cells = dict(zip(self._header, line, strict=False))
        return tuple(plain(self.table.column(name), cells.get(name, "")) for name in self.table.key)

    def take(self, row: Row, base: Mapping[tuple[str, tuple[str, ...]], Mapping[str, str]]) -> None:
        """Take over the cells of a row that somebody changed."""
        before = base.get((self.table.name, row.key))
        was = before or {}
        number = self._by_key.get(row.key)
        wanted = {name: text for name, text in row.cells.items() if text != was.get(name, "")}
        if number is None:
            if wanted:
                self._add(row)
            return
        self._at.setdefault(number, row)
        held = self._held(number)
        new = {name: text for name, text in wanted.items() if text != held[name]}
        if not new:
            return
        self._changed.add(number)
        for name, text in new.items():
            # Answers of a service share a place for source and day: that of one is not known.
            shared = self.table.name in _ANSWERS and name in PROVEN
            meanwhile = not shared and held[name] != was.get(name, "")
            self._note(row, name, (held[name], text), "changed", meanwhile=meanwhile)
            self._set(number, name, text)
        self._prove(number, row, new)

    def _add(self, row: Row) -> None:
        number = len(self._lines)
        self._lines.append([""] * len(self._header))
        self._by_key[row.key] = number
        self._added.add(number)
        self._at[number] = row
        for name, text in row.cells.items():
            if text:
                self._set(number, name, text)
                self._note(row, name, ("", text), "added")
        self._prove(number, row, row.cells)

    def _prove(self, number: int, row: Row, new: Mapping[str, str]) -> None:
        """Say what a changed row rests on now, and ask for it where nobody has said it."""
        figures = set(new) - PROVEN
        if "status" in self._header and (figures or "source" in new):
            self._set(number, "status", _status(self.table.name, self._held(number)))
        known = self.table.name in _RETURNS or number in self._added
        if figures and not known and not set(new) & {"source", "last_confirmed"}:
            self.problems.append(
                CellProblem(
                    Severity.ERROR,
                    row.sheet.name,
                    cell_name(*row.at.get("source", next(iter(row.at.values())))),
                    "a figure of the row has changed, but not who says so, nor when",
                    expected="who says so, or the day on which it was confirmed",
                    mend="Write who says so in the same row, and the day",
                )
            )

    def remove(self, key: tuple[str, ...], place: str, was: Mapping[str, str]) -> None:
        """Take out a row whose cells were emptied in the workbook."""
        number = self._by_key.pop(key, None)
        if number is None:
            return
        held = self._held(number)
        meanwhile = any(held.get(name, "") != text for name, text in was.items())
        sheet, _, cell = place.partition(", ")
        column = _value_column(self.table.name)
        self.changes.append(
            Change(
                self.table.name, key, column, held[column], "", "removed", sheet, cell, meanwhile
            )
        )
        self._warn(sheet, cell, column, held[column], meanwhile=meanwhile)
        self._lines[number] = None
        self._removed += 1

    def _held(self, number: int) -> dict[str, str]:
        line = self._lines[number] or []
        cells = dict(zip(self._header, line, strict=False))
        return {c.name: plain(c, cells.get(c.name, "")) for c in self.table.columns}

    def _set(self, number: int, name: str, text: str) -> None:
        line = self._lines[number]
        if line is not None and name in self._header:
            line += [""] * (len(self._header) - len(line))
            line[self._header.index(name)] = text

    def _note(
        self, row: Row, name: str, cells: tuple[str, str], what: str, *, meanwhile: bool = False
    ) -> None:
        before, after = cells
        cell = cell_name(*row.at[name]) if name in row.at else ""
        self.changes.append(
            Change(
                self.table.name, row.key, name, before, after, what, row.sheet.name, cell, meanwhile
            )
        )
        self._warn(row.sheet.name, cell, name, before, meanwhile=meanwhile)

    def _warn(self, sheet: str, cell: str, name: str, held: str, *, meanwhile: bool) -> None:
        if meanwhile:
            self.problems.append(
                CellProblem(
                    Severity.WARNING,
                    sheet,
                    cell,
                    f"the pack has changed {name} since the workbook was written",
                    value=held,
                    mend="Make sure which of the two holds before you go on",
                )
            )

    def counts(self) -> TableChange:
        """Return how many rows change."""
        stay = len(set(self._at) - self._added - self._changed)
        return TableChange(
            self.table.name,
            self.table.title,
            len(self._added),
            len(self._changed),
            self._removed,
            stay,
        )

    def content(self) -> bytes:
        """Return the file as it would be; lines that stay keep their cells as written."""
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator=self._end)
        writer.writerow(self._header)
        writer.writerows(line for line in self._lines if line is not None)
        return self._start + text.getvalue().encode()

    def rows_at(self) -> Iterator[tuple[int, Row]]:
        """Yield the rows of the workbook by the number a spreadsheet shows in the new file."""
        shown = 1
        for number, line in enumerate(self._lines):
            if line is not None:
                shown += 1
                if number in self._at:
                    yield shown, self._at[number]


def _status(table: str, cells: Mapping[str, str]) -> str:
    """Return what a row that was sent in rests on."""
    if table == "capacity" and not cells["capacity_central"]:
        return str(Status.UNKNOWN)
    if table in _ANSWERS and cells["answer"] == "unknown":
        return str(Status.UNKNOWN)
    return str(Status.LOCAL_RETURN)


def _value_column(table: str) -> str:
    sheet = _sheet(table)
    return sheet.value or sheet.table.key[0]


def _sheet(table: str) -> Sheet:
    return next(sheet for sheet in SHEETS if sheet.table.name == table)


# Checking ----------------------------------------------------------------------------------


def _check(
    pack: Pack, files: Mapping[str, bytes], merged: Mapping[str, _Merged]
) -> tuple[dict[str, bytes], list[CellProblem]]:
    """Check the pack as it would become; return the files with its description, and problems."""
    with tempfile.TemporaryDirectory() as name:
        stage = Path(name) / pack.folder.name
        _copy(pack, stage)
        for path, content in files.items():
            (stage / path).parent.mkdir(parents=True, exist_ok=True)
            (stage / path).write_bytes(content)
        _, problems = check_pack(stage)
        result = dict(files)
        if (pack.folder / DESCRIPTION).exists():
            described = describe_pack(stage, pack.info)
            text = json.dumps(described, indent=2, ensure_ascii=False) + "\n"
            if text.encode() != (pack.folder / DESCRIPTION).read_bytes():
                result[DESCRIPTION] = text.encode()
    had = {_without_row(problem) for problem in pack.warnings}
    places = {(file.path, shown): row for file in merged.values() for shown, row in file.rows_at()}
    found = [
        _at_cell(problem, places.get((problem.file, problem.row or 0)))
        for problem in problems
        if _without_row(problem) not in had
    ]
    return result, found


def _without_row(problem: Problem) -> tuple[object, ...]:
    """Return a problem without its row, which moves when a row above it is removed."""
    return (problem.severity, problem.file, problem.message, problem.column, problem.value)


def _at_cell(problem: Problem, row: Row | None) -> CellProblem:
    """Return a problem of the pack at the cell of the workbook that it comes from, if any."""
    sheet, cell = problem.file, ""
    if row is not None:
        at = row.at.get(problem.column or "", next(iter(row.at.values())))
        sheet, cell = row.sheet.name, cell_name(*at)
    elif problem.row is not None:
        cell = f"row {problem.row}" + (f", column {problem.column}" if problem.column else "")
    return CellProblem(
        problem.severity,
        sheet,
        cell,
        problem.message,
        problem.expected,
        problem.mend,
        problem.value,
    )


def _copy(pack: Pack, folder: Path) -> None:
    """Copy the files of a pack that the program reads."""
    paths = [PACK_FILE, DESCRIPTION, *(layer.path for layer in pack.info.layers.values())]
    paths += [table.path for table in TABLES]
    for path in paths:
        if (pack.folder / path).exists():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(pack.folder / path, folder / path)


def _pack_digest(folder: Path, info: PackInfo) -> str:
    try:
        return pack_digest(folder, info)
    except OSError as failed:
        message = f"the pack in {folder} cannot be read: {failed.strerror}"
        raise UsageError(message) from failed


def _digest(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
