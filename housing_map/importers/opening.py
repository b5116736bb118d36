"""Open a workbook that somebody sends in, and trust nothing in it.

Only plain XLSX is opened: no macros, no links to other files, no embedded objects, no queries,
no password. The archive is looked at before anything is unpacked, every XML part is looked
through for document types (no entity is ever expanded), and no more rows and columns are read
than a return can have. What the file is, is told from its bytes, never from its name.
"""

from __future__ import annotations

import io
import re
import warnings
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import openpyxl
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from housing_map.errors import HousingMapError
from housing_map.importers.sheets import BASE, written

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_BYTES: Final = 5_000_000
"""Largest file opened."""
MOST_UNPACKED: Final = 60_000_000
"""Most bytes that a file may unpack to."""
MOST_PARTS: Final = 200
MOST_RATIO: Final = 200
"""How many times its size a large part may unpack to."""
MOST_ROWS: Final = 2_000
MOST_COLUMNS: Final = 120
MOST_BASE_ROWS: Final = 50_000
"""Rows of the sheet that keeps what the figures were: one a cell."""
MOST_TEXT: Final = 8_000
"""Characters that one cell may hold."""

_LARGE: Final = 1_000_000
_ZIP: Final = b"PK\x03\x04"
_OLD_EXCEL: Final = b"\xd0\xcf\x11\xe0"
_PLAIN_WORKBOOK: Final = (
    b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
)
_ODS: Final = b"application/vnd.oasis.opendocument.spreadsheet"
_REFUSED: Final = (
    (re.compile(r"(?i)vbaproject|macrosheets/|dialogsheets/"), "macros"),
    (re.compile(r"(?i)externallinks/"), "links to other files"),
    (re.compile(r"(?i)connections\.xml|querytables/|pivotcache|xl/model/"), "queries of data"),
    (re.compile(r"(?i)embeddings/|activex|ctrlprops/|oleobject"), "embedded objects"),
)
_OUTSIDE: Final = re.compile(rb"(?i)targetmode\s*=\s*[\"']external")
_DOCTYPE: Final = re.compile(rb"(?i)<!\s*(?:doctype|entity)")
_BROKEN: Final = (
    zipfile.BadZipFile,
    InvalidFileException,
    zlib.error,
    AttributeError,
    EOFError,
    KeyError,
    IndexError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
)
"""What openpyxl and its parser of XML raise for a file that is not what it says it is."""


class RefusedWorkbookError(HousingMapError):
    """A file is no workbook that is opened; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Page:
    """One sheet as it was found: its cells as text, row by row from A1.

    ``odd`` says of single cells, by row and column from 0, why they cannot be taken as they
    are: an error, a formula without a result, a text that is too long. ``beyond`` says that the
    sheet holds more rows or columns than are read.
    """

    cells: tuple[tuple[str, ...], ...]
    odd: Mapping[tuple[int, int], str]
    beyond: bool

    def at(self, row: int, column: int) -> str:
        """Return the cell in ``row`` and ``column``, from 0; empty outside the sheet."""
        if row >= len(self.cells) or column >= len(self.cells[row]):
            return ""
        return self.cells[row][column]


def cell_name(row: int, column: int) -> str:
    """Name a cell, both counted from 0, as a spreadsheet does.

    >>> cell_name(6, 3)
    'D7'
    """
    return f"{get_column_letter(column + 1)}{row + 1}"


def open_workbook(content: bytes) -> dict[str, Page]:
    """Return the sheets of a workbook by name, in their order.

    Raises :class:`RefusedWorkbookError` when the bytes are no plain XLSX workbook, or more than
    is safe to open.
    """
    _look_at(content)
    try:
        results, formulas = _load(content, data_only=True), _load(content, data_only=False)
    except _BROKEN as failed:
        message = f"The workbook is damaged and cannot be read ({type(failed).__name__})"
        raise RefusedWorkbookError(message) from failed
    return {name: _page(rows, formulas[name], _most_rows(name)) for name, rows in results.items()}


def _most_rows(name: str) -> int:
    return MOST_BASE_ROWS if name == BASE else MOST_ROWS


def _look_at(content: bytes) -> None:
    """Refuse what is no plain workbook, from the archive and its parts."""
    if len(content) > MOST_BYTES:
        message = f"The file is larger than {MOST_BYTES // 1_000_000} MB, the most that is read"
        raise RefusedWorkbookError(message)
    if content.startswith(_OLD_EXCEL):
        message = "This is an old Excel file (.xls), or has a password: save it as plain .xlsx"
        raise RefusedWorkbookError(message)
    if not content.startswith(_ZIP):
        message = "The file is no workbook: fill in the template, and save it as .xlsx"
        raise RefusedWorkbookError(message)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _look_into(archive)
    except _BROKEN as failed:
        message = "The file is damaged: its archive cannot be opened"
        raise RefusedWorkbookError(message) from failed


def _look_into(archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    names = [part.filename for part in parts]
    bomb = any(
        part.file_size > _LARGE and part.file_size > MOST_RATIO * max(part.compress_size, 1)
        for part in parts
    )
    # Python reads no more of a part than the archive says it holds, so the sizes bind.
    if bomb or len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        message = "The file unpacks to far more than a workbook holds: it is not opened"
        raise RefusedWorkbookError(message)
    if len(set(names)) < len(names):
        message = "The file holds two parts of one name: it is not opened"
        raise RefusedWorkbookError(message)
    if any(part.flag_bits & 1 for part in parts):
        message = "The workbook has a password: save it without one"
        raise RefusedWorkbookError(message)
    if "mimetype" in names and archive.read("mimetype").startswith(_ODS):
        message = "This is an ODS workbook: save it as Excel 2007-365 (.xlsx)"
        raise RefusedWorkbookError(message)
    for pattern, what in _REFUSED:
        if any(pattern.search(name) for name in names):
            message = f"The workbook holds {what}, which are not accepted: save it without them"
            raise RefusedWorkbookError(message)
    if "[Content_Types].xml" not in names or "xl/workbook.xml" not in names:
        message = "The file is no Excel workbook (.xlsx)"
        raise RefusedWorkbookError(message)
    for name in names:
        _look_at_part(name, archive.read(name))


def _look_at_part(name: str, part: bytes) -> None:
    if not name.casefold().endswith((".xml", ".rels", ".vml")):
        return
    # XML in UTF-16 would hide its words from a search for bytes; no program writes it so.
    if b"\0" in part or _DOCTYPE.search(part):
        message = "The workbook holds XML that spreadsheet programs do not write: not opened"
        raise RefusedWorkbookError(message)
    if name.casefold().endswith(".rels") and _OUTSIDE.search(part):
        message = "The workbook holds links to other files or pages: take them out first"
        raise RefusedWorkbookError(message)
    if name == "[Content_Types].xml" and _PLAIN_WORKBOOK not in part:
        message = (
            "The file is no plain workbook: save it as .xlsx, not as a template or with macros"
        )
        raise RefusedWorkbookError(message)


_Cells = list[list[tuple[object, str]]]


def _load(content: bytes, *, data_only: bool) -> dict[str, _Cells]:
    """Return value and type of each cell, by sheet; one row and column more than is read."""
    with warnings.catch_warnings():
        # openpyxl warns of parts that it leaves out, such as drop-down lists; none is read.
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(
            io.BytesIO(content), read_only=True, data_only=data_only, keep_links=False
        )
        try:
            found: dict[str, _Cells] = {}
            for page in book.worksheets:
                # Some programs write a size that is wrong; the cells tell it better.
                page.reset_dimensions()
                rows = page.iter_rows(max_row=_most_rows(page.title) + 1, max_col=MOST_COLUMNS + 1)
                found[page.title] = [
                    [(cell.value, str(cell.data_type)) for cell in row] for row in rows
                ]
            return found
        finally:
            book.close()


def _page(results: _Cells, formulas: _Cells, most_rows: int) -> Page:
    odd: dict[tuple[int, int], str] = {}
    cells: list[tuple[str, ...]] = []
    beyond = False
    for number, (row, shadow) in enumerate(zip(results, formulas, strict=True)):
        texts = []
        for place, ((value, kind), (_, source)) in enumerate(zip(row, shadow, strict=True)):
            text = written(value)
            beyond |= bool(text) and (number >= most_rows or place >= MOST_COLUMNS)
            if source == "f" and value is None:
                odd[number, place] = "the cell holds a formula without a result"
            elif kind == "e":
                odd[number, place] = "the cell holds an error of the spreadsheet"
            elif len(text) > MOST_TEXT:
                odd[number, place] = f"the cell holds more than {MOST_TEXT} characters"
                text = ""
            texts.append(text)
        while texts and not texts[-1] and (number, len(texts) - 1) not in odd:
            texts.pop()
        cells.append(tuple(texts[:MOST_COLUMNS]))
    cells = cells[:most_rows]
    while cells and not cells[-1]:
        cells.pop()
    return Page(tuple(cells), odd, beyond)
