"""Read a published workbook, ODS or XLSX, into bounded grids of cells, and trust nothing in it.

A file from elsewhere may be huge by accident or by design: an ODS sheet commonly ends in one row
repeated a million times, and a small archive can unpack to gigabytes. So the archive is looked at
before it is opened, XML with a document type is refused (no entity is ever expanded), and no more
than :data:`MOST_ROWS` by :data:`MOST_COLUMNS` cells of a sheet are kept. Macros and links are not
looked at: only values, as last calculated.

ODS is read here as a stream, since the libraries for it load the whole document and the detailed
homelessness tables unpack to tens of megabytes; XLSX by openpyxl.
"""

from __future__ import annotations

import io
import math
import warnings
import zipfile
import zlib
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Final
from xml.etree.ElementTree import ParseError
from xml.parsers import expat

import openpyxl
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from housing_map.errors import HousingMapError

if TYPE_CHECKING:
    from collections.abc import Callable

Cell = str | float | None
"""What a cell holds: text, a number, or nothing."""

MOST_BYTES: Final = 32_000_000
"""Largest file read."""
MOST_UNPACKED: Final = 300_000_000
"""Most bytes a file may unpack to."""
MOST_PARTS: Final = 2_000
"""Most parts in the archive, and most sheets."""
MOST_RATIO: Final = 250
"""How many times its size a large part may unpack to; tables of numbers reach about 60."""
MOST_ROWS: Final = 3_000
MOST_COLUMNS: Final = 400
MOST_TEXT: Final = 4_000
"""Characters kept of one cell."""
_LARGE: Final = 1_000_000
_CHUNK: Final = 1 << 16
_MOST_DIGITS: Final = 8

_ODS: Final = "application/vnd.oasis.opendocument.spreadsheet"
_OLD_EXCEL: Final = b"\xd0\xcf\x11\xe0"
_ZIP: Final = b"PK\x03\x04"
_BROKEN: Final = (
    zipfile.BadZipFile,
    InvalidFileException,
    ParseError,
    expat.ExpatError,
    zlib.error,
    AttributeError,
    EOFError,
    KeyError,
    IndexError,
    SyntaxError,  # lxml's own errors of parsing are of this sort
    NotImplementedError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What openpyxl and the parsers raise for a file that is not what it says it is."""


class UnreadableWorkbookError(HousingMapError):
    """A file is no workbook that can be read safely; the message says why."""


@dataclass(frozen=True, slots=True)
class Grid:
    """One sheet: its name and its cells, row by row from cell A1; rows end where they end."""

    name: str
    rows: tuple[tuple[Cell, ...], ...]

    def at(self, row: int, column: int) -> Cell:
        """Return the cell in ``row`` and ``column``, both from 0; None outside the sheet."""
        if row >= len(self.rows) or column >= len(self.rows[row]):
            return None
        return self.rows[row][column]

    def text(self, row: int, column: int) -> str:
        """Return the words of a cell, without blanks around them; a number is no word."""
        cell = self.at(row, column)
        return cell.strip() if isinstance(cell, str) else ""


@dataclass(frozen=True, slots=True)
class Grids:
    """The names of all sheets of a workbook, in order, and the sheets that were asked for."""

    names: tuple[str, ...]
    sheets: tuple[Grid, ...]


def column_name(column: int) -> str:
    """Name a column, counted from 0, as a spreadsheet does: ``AB``."""
    return get_column_letter(column + 1)


def cell_name(row: int, column: int) -> str:
    """Name a cell, both counted from 0, as a spreadsheet does.

    >>> cell_name(0, 0), cell_name(11, 27)
    ('A1', 'AB12')
    """
    return f"{column_name(column)}{row + 1}"


def read_grids(content: bytes, wanted: Callable[[str], bool]) -> Grids:
    """Read the sheets whose name ``wanted`` accepts, from the bytes of an ODS or XLSX file.

    What the file is, is told from its bytes and never from its name. Raises
    :class:`UnreadableWorkbookError` when it is neither, is damaged, or is too large to be safe.
    """
    archive = _open(content)
    names = set(archive.namelist())
    try:
        if "mimetype" in names and archive.read("mimetype").decode("ascii").strip() == _ODS:
            return _read_ods(archive, wanted)
        if "xl/workbook.xml" in names:
            return _read_xlsx(content, wanted)
    except _BROKEN as failed:
        message = f"The workbook is damaged and cannot be read ({type(failed).__name__})"
        raise UnreadableWorkbookError(message) from failed
    message = "The file is neither an ODS nor an XLSX workbook"
    raise UnreadableWorkbookError(message)


def _open(content: bytes) -> zipfile.ZipFile:
    """Open the archive after a look at its size, its parts and what they unpack to."""
    if len(content) > MOST_BYTES:
        message = f"The file is larger than {MOST_BYTES // 1_000_000} MB, the most that is read"
        raise UnreadableWorkbookError(message)
    if content.startswith(_OLD_EXCEL):
        message = "This is an old Excel file (.xls), or a locked one: save it as .xlsx or .ods"
        raise UnreadableWorkbookError(message)
    if not content.startswith(_ZIP):
        message = "The file is neither an ODS nor an XLSX workbook"
        raise UnreadableWorkbookError(message)
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except _BROKEN as failed:
        message = "The file is damaged: its archive cannot be opened"
        raise UnreadableWorkbookError(message) from failed
    parts = archive.infolist()
    bomb = any(
        part.file_size > _LARGE and part.file_size > MOST_RATIO * max(part.compress_size, 1)
        for part in parts
    )
    # Python reads no more of a part than the archive says it holds, so the sizes bind.
    if bomb or len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        message = "The file unpacks to far more than a workbook holds: it is not read"
        raise UnreadableWorkbookError(message)
    if any(part.flag_bits & 1 for part in parts):
        message = "The workbook has a password: save it without one"
        raise UnreadableWorkbookError(message)
    return archive


# XLSX -------------------------------------------------------------------------------------


def _read_xlsx(content: bytes, wanted: Callable[[str], bool]) -> Grids:
    with warnings.catch_warnings():
        # openpyxl warns of parts that it leaves out, such as drop-down lists; none is read.
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(
            io.BytesIO(content), read_only=True, data_only=True, keep_links=False
        )
        try:
            sheets = []
            for page in book.worksheets:
                if wanted(page.title):
                    # Some programs write a size that is wrong; the cells tell it better.
                    page.reset_dimensions()
                    rows = page.iter_rows(max_row=MOST_ROWS, max_col=MOST_COLUMNS, values_only=True)
                    sheets.append(Grid(page.title, _tidy([list(map(_plain, row)) for row in rows])))
            return Grids(tuple(book.sheetnames), tuple(sheets))
        finally:
            book.close()


def _plain(value: object) -> Cell:
    """Return what a cell of openpyxl holds as text, number or nothing."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, datetime | date):
        return value.strftime("%d %B %Y")
    return str(value)[:MOST_TEXT]


def _tidy(rows: list[list[Cell]]) -> tuple[tuple[Cell, ...], ...]:
    """Drop empty cells at the end of rows, and empty rows at the end of the sheet."""
    for row in rows:
        while row and (row[-1] is None or row[-1] == ""):
            row.pop()
    while rows and not rows[-1]:
        rows.pop()
    return tuple(map(tuple, rows))


# ODS --------------------------------------------------------------------------------------

_TABLE_NS: Final = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
_OFFICE_NS: Final = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
_TEXT_NS: Final = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
_TABLE: Final = f"{_TABLE_NS} table"
_ROW: Final = f"{_TABLE_NS} table-row"
_CELLS: Final = (f"{_TABLE_NS} table-cell", f"{_TABLE_NS} covered-table-cell")
_PARAGRAPH: Final = f"{_TEXT_NS} p"
_BLANKS: Final = (f"{_TEXT_NS} s", f"{_TEXT_NS} line-break", f"{_TEXT_NS} tab")
_ANNOTATION: Final = f"{_OFFICE_NS} annotation"
_NUMBERS: Final = ("float", "percentage", "currency")


@dataclass(slots=True)
class _OdsReader:
    """What stands open while ``content.xml`` streams by."""

    wanted: Callable[[str], bool]
    names: list[str] = field(default_factory=list)
    sheets: list[Grid] = field(default_factory=list)
    tables_open: int = 0
    keep: bool = False
    rows: list[list[Cell]] = field(default_factory=list)
    row: list[Cell] = field(default_factory=list)
    rows_repeated: int = 1
    cells_open: int = 0
    cell_repeated: int = 1
    value: float | None = None
    words: list[str] = field(default_factory=list)
    length: int = 0
    paragraphs_open: int = 0
    notes_open: int = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Begin a table, a row, a cell or a paragraph; what stands in a note is skipped."""
        if tag == _TABLE:
            self.tables_open += 1
            if self.tables_open == 1:
                self._start_table(attributes.get(f"{_TABLE_NS} name", ""))
        elif not self.keep or self.tables_open != 1:
            return
        elif tag == _ANNOTATION:
            self.notes_open += 1
        elif self.notes_open:
            return
        elif tag == _ROW:
            self.row, self.rows_repeated = [], _times(attributes, "number-rows-repeated")
        elif tag in _CELLS:
            self._start_cell(attributes)
        elif tag == _PARAGRAPH and self.cells_open:
            self.paragraphs_open += 1
            if self.words:
                self.words.append(" ")
        elif tag in _BLANKS:
            self.text(" ")

    def end(self, tag: str) -> None:
        """Finish what :meth:`start` began."""
        if tag == _TABLE:
            self.tables_open -= 1
            if self.tables_open == 0 and self.keep:
                self.sheets.append(Grid(self.names[-1], _tidy(self.rows)))
                self.rows, self.keep = [], False
        elif not self.keep or self.tables_open != 1:
            return
        elif tag == _ANNOTATION:
            self.notes_open -= 1
        elif self.notes_open:
            return
        elif tag == _ROW:
            times = min(self.rows_repeated, MOST_ROWS - len(self.rows))
            self.rows += [list(self.row) for _ in range(times)]
        elif tag in _CELLS:
            self._end_cell()
        elif tag == _PARAGRAPH and self.paragraphs_open:
            self.paragraphs_open -= 1

    def text(self, words: str) -> None:
        """Take in words of a paragraph, up to :data:`MOST_TEXT` a cell."""
        if self.paragraphs_open and not self.notes_open and self.length < MOST_TEXT:
            self.words.append(words)
            self.length += len(words)

    def _start_table(self, name: str) -> None:
        self.names.append(name)
        if len(self.names) > MOST_PARTS:
            message = "The workbook has more sheets than are read"
            raise UnreadableWorkbookError(message)
        self.keep = self.wanted(name)
        self.rows, self.notes_open, self.cells_open, self.paragraphs_open = [], 0, 0, 0

    def _start_cell(self, attributes: dict[str, str]) -> None:
        self.cells_open += 1
        self.cell_repeated = _times(attributes, "number-columns-repeated")
        self.words, self.length, self.value = [], 0, None
        if attributes.get(f"{_OFFICE_NS} value-type") in _NUMBERS:
            value = float(attributes.get(f"{_OFFICE_NS} value", "nan"))
            self.value = value if math.isfinite(value) else None

    def _end_cell(self) -> None:
        self.cells_open -= 1
        cell: Cell = self.value
        if cell is None:
            cell = "".join(self.words)[:MOST_TEXT] or None
        times = min(self.cell_repeated, MOST_COLUMNS - len(self.row))
        self.row += [cell] * times


def _times(attributes: dict[str, str], name: str) -> int:
    """How often a row or cell is repeated: at least once."""
    written = attributes.get(f"{_TABLE_NS} {name}", "1")
    return max(1, int(written)) if written.isdecimal() and len(written) <= _MOST_DIGITS else 1


def _read_ods(archive: zipfile.ZipFile, wanted: Callable[[str], bool]) -> Grids:
    reader = _OdsReader(wanted)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = _refuse_document_type
    with archive.open("content.xml") as stream:
        while chunk := stream.read(_CHUNK):
            parser.Parse(chunk, False)  # noqa: FBT003 - expat takes no keywords
    parser.Parse(b"", True)  # noqa: FBT003
    return Grids(tuple(reader.names), tuple(reader.sheets))


def _refuse_document_type(*_: object) -> None:
    """Refuse XML that declares entities: no spreadsheet program writes any."""
    message = "The workbook holds XML with a document type, which is not read"
    raise UnreadableWorkbookError(message)
