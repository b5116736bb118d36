"""A Word template that somebody brings: looked at before it is filled in.

It styles the report and nothing else: no macros, no embedded objects, nothing that Word would fetch
from elsewhere when the report is opened, and no more than a template unpacks to.
"""

from __future__ import annotations

import io
import re
import zipfile
from typing import Final

from housing_map.errors import UsageError

MOST_BYTES: Final = 5_000_000
"""Largest template."""
MOST_UNPACKED: Final = 60_000_000
"""Most bytes that it may unpack to."""
_REFUSED: Final = re.compile(r"(?i)vbaproject|activex|embeddings/|oleobject")
_OUTSIDE: Final = re.compile(r"(?is)<Relationship\b[^>]*TargetMode\s*=\s*[\"']External[\"'][^>]*>")
_HYPERLINK: Final = re.compile(r"(?i)/hyperlink[\"']")


def checked(content: bytes) -> bytes:
    """Return the bytes of a template that may be used.

    Raises :class:`housing_map.errors.UsageError` for a file that is too large, no Word file, or
    holds what a template must not.
    """
    if len(content) > MOST_BYTES:
        message = f"A Word template has {MOST_BYTES // 1_000_000} MB at most"
        raise UsageError(message)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            unpacked = sum(entry.file_size for entry in entries)
            if unpacked > MOST_UNPACKED:
                message = "The Word template unpacks to more than a template holds"
                raise UsageError(message)
            links = [archive.read(one).decode("utf-8", "replace")
                     for one in entries if one.filename.endswith(".rels")]  # fmt: skip
    except (zipfile.BadZipFile, EOFError, NotImplementedError, OSError, RuntimeError) as failed:
        message = "The template is no Word file (.docx)"
        raise UsageError(message) from failed
    if any(_REFUSED.search(entry.filename) for entry in entries):
        message = "The Word template holds macros or embedded objects: save it as plain .docx"
        raise UsageError(message)
    outside = [one for text in links for one in _OUTSIDE.findall(text)]
    if any(not _HYPERLINK.search(one) for one in outside):
        message = (
            "The Word template leads to another file, such as a template it is attached to: take "
            "the link out"
        )
        raise UsageError(message)
    return content
