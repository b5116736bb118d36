"""Office files are zip archives: packed again so that the same content gives the same bytes."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import date

EARLIEST: Final = 1980
"""First year that a zip archive can state."""


def repacked(content: bytes, on: date) -> bytes:
    """Return a zip archive with the same members, each dated ``on``, in the same order.

    Times of day, systems and permissions are left out, since they tell of the computer alone.
    Raises :class:`zipfile.BadZipFile` for what is no archive.
    """
    kept = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as new,
    ):
        for member in old.infolist():
            dated = zipfile.ZipInfo(
                member.filename, (max(on.year, EARLIEST), on.month, on.day, 0, 0, 0)
            )
            dated.compress_type = zipfile.ZIP_DEFLATED
            dated.create_system = 0
            new.writestr(dated, old.read(member))
    return kept.getvalue()
