"""A release: every file of an edition, written in one go or not at all.

The files are made in memory and written into a folder beside the one asked for, which then takes
its name. Whoever opens the folder finds a whole release: the old one, or the new one.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from housing_map.assessment.data_files import data_files
from housing_map.assessment.edition import Edition, Inputs, build
from housing_map.assessment.geo import geo_files
from housing_map.assessment.manifest import MANIFEST, inputs_files, manifest
from housing_map.assessment.map_page import map_files
from housing_map.assessment.open_document import open_document_files
from housing_map.assessment.report import html_files, pdf_files, word_files
from housing_map.assessment.sheets import View
from housing_map.assessment.workbook import workbook_files
from housing_map.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["STEPS", "Edition", "Inputs", "build", "files", "write"]


def _inputs(edition: Edition) -> dict[str, bytes]:
    return inputs_files(edition.inputs) if edition.view is View.RESTRICTED else {}


STEPS: Final[tuple[tuple[str, Callable[[Edition], dict[str, bytes]]], ...]] = (
    ("Workbook (XLSX)", workbook_files),
    ("Workbook (ODS)", open_document_files),
    ("Data files", data_files),
    ("GeoPackage and GeoJSON", geo_files),
    ("Page of maps", map_files),
    ("Report (Word)", word_files),
    ("Report (PDF)", pdf_files),
    ("Report (HTML)", html_files),
    ("Inputs", _inputs),
)
"""What is written, in order: words for the step, and what makes its files, by path."""


def files(
    edition: Edition, progress: Callable[[int, int, str], None] | None = None
) -> dict[str, bytes]:
    """Return every file of an edition by path, the manifest last.

    The same edition gives the same bytes. ``progress`` is told how many steps are done, of how
    many, and which comes next.
    """
    found: dict[str, bytes] = {}
    for done, (what, make) in enumerate(STEPS):
        if progress is not None:
            progress(done, len(STEPS), what)
        found |= make(edition)
    found[MANIFEST] = manifest(edition, found)
    if progress is not None:
        progress(len(STEPS), len(STEPS), "Done")
    return found


def write(
    edition: Edition,
    folder: Path,
    progress: Callable[[int, int, str], None] | None = None,
) -> tuple[Path, ...]:
    """Write an edition into a folder and return the paths of its files.

    The folder is made, or must be empty, or must hold a release, which is then replaced.

    Raises
    ------
    UsageError
        When the folder holds anything else, or cannot be written; nothing is changed then.
    """
    refuse_others(folder)
    made = files(edition, progress)
    try:
        put(made, folder)
    except OSError as failed:
        message = f"{folder} cannot be written: {failed.strerror or failed}"
        raise UsageError(message) from failed
    return tuple(folder / path for path in made)


def refuse_others(folder: Path) -> None:
    """Raise :class:`UsageError` when a folder holds what is not a release."""
    if folder.is_dir():
        there = sorted(path.name for path in folder.iterdir())
        if there and MANIFEST not in there:
            message = f"{folder} holds other files: give a new folder, or that of a release"
            raise UsageError(message)
    elif folder.exists():
        message = f"{folder} is a file, and not a folder"
        raise UsageError(message)


def put(made: Mapping[str, bytes], folder: Path) -> None:
    """Write files into a folder beside, which then takes the place of ``folder``."""
    folder = folder.resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        fresh, old = beside / "new", beside / "old"
        for path, data in made.items():
            target = fresh / path
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        if folder.exists():
            folder.rename(old)
        try:
            fresh.rename(folder)
        except OSError:
            if old.exists():
                old.rename(folder)
            raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)
