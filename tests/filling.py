"""Fill in the workbook for returns as a person would: by sheet, row and name of column."""

import warnings
from collections.abc import Mapping
from pathlib import Path

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from housing_map.importers.sheets import BY_SHEET, HEADER_ROW

Entry = str | float | None
Lines = list[Mapping[str, Entry]]


def fill(path: Path, sheets: Mapping[str, Lines], to: Path | None = None) -> Path:
    """Write lines into sheets of a workbook and save it.

    Each line goes into the row that has the same keys, or into the first row that has none.
    A cell of None is emptied.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(path)
        for name, lines in sheets.items():
            page = book[name]
            columns = {str(c.value): c.column for c in page[HEADER_ROW] if c.value is not None}
            for line in lines:
                row = _row(page, columns, name, line)
                for label, value in line.items():
                    page.cell(row, columns[label]).value = value
        book.save(to or path)
    return to or path


def _row(page: Worksheet, columns: Mapping[str, int], name: str, line: Mapping[str, Entry]) -> int:
    sheet = BY_SHEET[name]
    keys = [field.label for field in sheet.fields if field.column.name in sheet.keys]
    keys = [label for label in keys if label in line]
    for row in range(HEADER_ROW + 1, page.max_row + 2):
        held = [page.cell(row, columns[label]).value for label in keys]
        if held == [line[label] for label in keys] or not any(
            page.cell(row, place).value for place in columns.values()
        ):
            return row
    message = f"{name} has no row left"
    raise ValueError(message)


def cell(path: Path, name: str, line: Mapping[str, Entry], label: str) -> str:
    """Return the name of the cell where a line of a sheet has a column."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        page = openpyxl.load_workbook(path)[name]
    columns = {str(c.value): c.column for c in page[HEADER_ROW] if c.value is not None}
    return str(page.cell(_row(page, columns, name, line), columns[label]).coordinate)
