"""What was published before: whoever reads a new release lays the earlier ones beside it.

A corrected release, or one with a scenario, repeats most figures of the first. Where it hides or
rounds one differently, the two together may tell what neither does. So the figures that an earlier
release prints are known to the attacker who tries the new one.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from housing_map.assessment.data_files import FOLDER
from housing_map.assessment.manifest import MANIFEST, digest, read
from housing_map.assessment.sheets import View
from housing_map.disclosure import Kind
from housing_map.disclosure_tables import Known
from housing_map.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from housing_map.assessment.sheets import Figures, Sheet
    from housing_map.disclosure import Policy
    from housing_map.disclosure_tables import Cell, Table

_MOST_BYTES: Final = 20_000_000


@dataclass(frozen=True, eq=False)
class Published:
    """An earlier release as its readers have it: rows of its CSV files, by sheet.

    ``digest`` is the SHA-256 of its manifest.
    """

    digest: str
    period: str
    policy: Policy
    rows: Mapping[str, tuple[Mapping[str, str], ...]]

    def known(self, sheets: Iterable[Sheet]) -> dict[Cell, Known]:
        """Return what it tells of the cells of these sheets: bounds of each figure it prints."""
        return dict(
            pair
            for sheet in sheets
            for figures in sheet.figures
            for pair in self._told(sheet, figures)
        )

    def _told(self, sheet: Sheet, figures: Figures) -> Iterator[tuple[Cell, Known]]:
        table = figures.table
        half = self._half(table)
        if half is None:
            return
        names = [dimension.name for dimension in table.dimensions]
        for row in self.rows.get(sheet.id, ()):
            codes = tuple(row.get(name, "").removeprefix("'") for name in names)
            printed = row.get(figures.name) or ""
            known = zip(table.dimensions, codes, strict=True)
            if printed and all(code in dimension.codes for dimension, code in known):
                cell = table.cell(codes)
                version = self.period if table.version else ""
                value = float(printed)
                yield cell._replace(version=version), Known(max(value - half, 0.0), value + half)

    def _half(self, table: Table) -> float | None:
        """Return by how much a figure may be from the true one; None where it is no true figure."""
        # People are whole: of those rounded to 5, two more or fewer read the same.
        halves = {
            Kind.PEOPLE: (self.policy.base - 1) / 2,
            Kind.AMOUNT: self.policy.amount_base / 2,
            Kind.PROVISION: 0.0,
        }
        return halves.get(table.kind)


def read_published(folder: Path) -> Published:
    """Read an earlier publishable release from its folder.

    Raises :class:`housing_map.errors.UsageError` when there is none, or when it is restricted: that
    was not published.
    """
    found = read(folder)
    if found.view is not View.PUBLISHABLE:
        message = f"The release in {folder} is restricted: it was not published"
        raise UsageError(message)
    try:
        rows = {
            path.stem: tuple(csv.DictReader(io.StringIO(_text(path))))
            for path in sorted((folder / FOLDER).glob("*.csv"))
        }
        return Published(digest(_text(folder / MANIFEST)), found.period, found.policy, rows)
    except (OSError, UnicodeDecodeError, csv.Error) as failed:
        message = f"The release in {folder} cannot be read: {failed}"
        raise UsageError(message) from failed


def _text(path: Path) -> str:
    if path.stat().st_size > _MOST_BYTES:
        message = f"{path} is too large to be a file of a release"
        raise UsageError(message)
    return path.read_bytes().decode()
