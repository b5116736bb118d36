"""Figures that come in, whichever way: looked at first, then taken over, then perhaps taken back.

Three sorts of file: a workbook that services and the council filled in, the published tables of
statutory homelessness, and those of support in safe accommodation. The page and the command ask
the same three things of each: what is wrong, what would change, and whether it may.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import pandas as pd

from housing_map import journal
from housing_map.errors import Severity, UsageError
from housing_map.importers import changes, mhclg, safe_accommodation
from housing_map.importers.revisions import ChangeKind, csv_text
from housing_map.importers.workbook import read_filled_bytes
from housing_map.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from housing_map.errors import Problem
    from housing_map.importers.revisions import Revision
    from housing_map.importers.workbook import CellProblem
    from housing_map.pack import Pack
    from housing_map.schemas import Table

COLUMNS = ("Where", "Figure", "Before", "After", "What")
"""Columns of :attr:`Incoming.changes`."""


class Sort(StrEnum):
    """What sort of file comes in."""

    RETURN = "return"
    HOMELESSNESS = "homelessness"
    SAFE_ACCOMMODATION = "safe-accommodation"


@dataclass(frozen=True, eq=False)
class Incoming:
    """A file that was read and compared. Nothing has been changed.

    ``errors`` and ``warnings`` are sentences, each with its place. ``changes`` has a row for each
    cell that would change (:data:`COLUMNS`).
    """

    name: str
    sort: Sort
    errors: tuple[str, ...]
    warnings: tuple[str, ...]
    changes: pd.DataFrame
    can_apply: bool
    _take: Callable[[Path], tuple[str, ...]]

    def take_over(self, folder: Path) -> tuple[str, ...]:
        """Change the files of the pack in ``folder``, all or none, and return their names.

        Raises :class:`UsageError` when it may not be done, with the reason.
        """
        if not self.can_apply:
            why = f"it has {len(self.errors)} errors" if self.errors else "it changes nothing"
            message = f"{self.name} is not taken over: {why}"
            raise UsageError(message)
        return self._take(folder)


def look(content: bytes, name: str, pack: Pack, sort: Sort) -> Incoming:
    """Read a file from its bytes and compare it with a pack; nothing is raised, all is listed."""
    if sort is Sort.RETURN:
        return _returned(content, name, pack)
    areas = mhclg.areas_of(read_table(pack.folder, mhclg.TABLE).frame)
    if sort is Sort.HOMELESSNESS:
        table = mhclg.TABLE
        reading = mhclg.read_homelessness(content, name, areas)
        revision = mhclg.compare(_existing(pack, table), [reading])
        return _published(name, pack, table, revision, sort=sort, problems=reading.problems)
    table = safe_accommodation.TABLE
    release = safe_accommodation.read_safe_accommodation(content, name, areas)
    revision = safe_accommodation.compare(_existing(pack, table), [release])
    return _published(name, pack, table, revision, sort=sort, problems=release.problems)


def _existing(pack: Pack, table: Table) -> pd.DataFrame:
    """Return a table as its file has it: a loaded pack blanks figures that it calls missing."""
    return read_table(pack.folder, table).frame


def _returned(content: bytes, name: str, pack: Pack) -> Incoming:
    filled = read_filled_bytes(content, name, pack)
    found = changes.preview(pack, filled)
    rows = [
        (f"{one.sheet}, {one.cell}" + (" (changed meanwhile)" if one.meanwhile else ""),
         f"{', '.join(filter(None, one.key))}: {one.column}", one.before, one.after, one.what)
        for one in found.changes
    ]  # fmt: skip
    errors, warnings = _told(found.problems)
    return Incoming(
        name=name,
        sort=Sort.RETURN,
        errors=errors,
        warnings=warnings,
        changes=pd.DataFrame(rows, columns=list(COLUMNS)),
        can_apply=found.can_apply,
        _take=lambda folder: changes.apply(found, folder).files,
    )


def _published(
    name: str,
    pack: Pack,
    table: Table,
    revision: Revision,
    *,
    sort: Sort,
    problems: Sequence[Problem],
) -> Incoming:
    rows = [
        (one.evidence, f"{', '.join(one.key)}: {one.column}", _figure(one.before),
         _figure(one.after), str(one.kind))
        for one in revision.changes
        if one.kind is not ChangeKind.SAME
    ]  # fmt: skip
    errors, warnings = _told(problems)
    text = csv_text(table, revision.merged).encode()

    def take(folder: Path) -> tuple[str, ...]:
        if folder.resolve() != pack.folder.resolve():
            message = f"the file was compared with {pack.folder.name}, not with {folder.name}"
            raise UsageError(message)
        return journal.commit(folder, {table.path: text}, f"published figures from {name}").files

    return Incoming(
        name=name,
        sort=sort,
        errors=errors,
        warnings=warnings,
        changes=pd.DataFrame(rows, columns=list(COLUMNS)),
        can_apply=revision.changes_anything,
        _take=take,
    )


def _told(problems: Sequence[Problem | CellProblem]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return errors and warnings as sentences."""
    errors = tuple(str(one) for one in problems if one.severity is Severity.ERROR)
    warnings = tuple(str(one) for one in problems if one.severity is not Severity.ERROR)
    return errors, warnings


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:g}"
