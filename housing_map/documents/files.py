"""Documents as files, in the format that the name of a file asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from housing_map.documents.page import write_html
from housing_map.documents.pdf import write_pdf
from housing_map.documents.word import write_docx
from housing_map.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from housing_map.documents.blocks import Document

FORMATS: Final = (".docx", ".pdf", ".html")
"""Endings of the files that a document can be written as."""


def check_format(ending: str, template: Path | bytes | None = None) -> str:
    """Return the ending of a file in small letters; ``template`` is for Word alone.

    Raises :class:`UsageError` for another ending, or for a template where there is none.
    """
    wanted = ending.lower()
    if wanted not in FORMATS:
        message = f"A document is written as {', '.join(FORMATS)}, not as {ending or 'nothing'!r}"
        raise UsageError(message)
    if template is not None and wanted != ".docx":
        message = "A template is for Word files alone"
        raise UsageError(message)
    return wanted


def as_file(document: Document, ending: str, template: Path | bytes | None = None) -> bytes:
    """Return the content of a file; raises what :func:`check_format` and the writers raise."""
    wanted = check_format(ending, template)
    if wanted == ".docx":
        return write_docx(document, template)
    return write_pdf(document) if wanted == ".pdf" else write_html(document).encode()
