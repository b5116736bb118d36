"""Sheets as CSV with their description: a Frictionless data package.

Each sheet is a file of its own (RFC 4180, UTF-8, CRLF). A dimension is a column of codes, and one
of labels where they differ. A figure is a column of numbers, empty where there is none, and one
that says why: a mark, or "fewer than 5, modelled". So numbers are numbers for every program.

Source of the description: Frictionless Data, *Data Package* and *Table Schema* (v1).
"""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any, Final

from housing_map import __version__
from housing_map.assessment.printed import KIND_WORDS, beside, heading, keys, number
from housing_map.disclosure import MARK_NOTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from housing_map.assessment.edition import Edition
    from housing_map.assessment.sheets import ShownColumn, ShownSheet
    from housing_map.disclosure import Shown

MARKER: Final = "_marker"
"""End of the name of a column that says why a figure is missing."""
LABEL: Final = "_label"
"""End of the name of a column with words for codes."""
FOLDER: Final = "data"
_RISKY: Final = ("=", "+", "-", "@", "\t", "\r")


def data_files(edition: Edition) -> dict[str, bytes]:
    """Return every sheet as CSV, and ``datapackage.json`` which describes them, by path."""
    found = {f"{FOLDER}/{sheet.id}.csv": sheet_csv(sheet) for sheet in edition.sheets}
    text = json.dumps(_package(edition), indent=2, ensure_ascii=False) + "\n"
    return {**found, f"{FOLDER}/datapackage.json": text.encode()}


def sheet_csv(sheet: ShownSheet) -> bytes:
    """Return a sheet as CSV; words that a spreadsheet would run as a formula begin with ``'``."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([field["name"] for field in _fields(sheet)])
    for codes, row in zip(sheet.codes, sheet.rows, strict=True):
        writer.writerow(list(_cells(sheet, codes, row)))
    return out.getvalue().encode()


def quoted(text: str) -> str:
    """Return text that a spreadsheet takes for text (OWASP, *CSV Injection*)."""
    return f"'{text}" if text.startswith(_RISKY) else text


def _cells(sheet: ShownSheet, codes: tuple[str, ...], row: tuple[Shown, ...]) -> Iterator[str]:
    labelled = _labelled(sheet)
    for place, (column, cell) in enumerate(zip(sheet.columns, row, strict=True)):
        if place < len(codes):
            yield quoted(codes[place])
            if labelled[place]:
                yield quoted(cell.text)
        elif column.is_figures:
            value = number(cell)
            yield "" if value is None else repr(value)
            yield cell.text if value is None else ""
        else:
            yield quoted(cell.text)


def _labelled(sheet: ShownSheet) -> list[bool]:
    """Return for each dimension whether its labels are others than its codes."""
    return [
        any(codes[place] != row[place].text
            for codes, row in zip(sheet.codes, sheet.rows, strict=True))
        for place in range(keys(sheet))
    ]  # fmt: skip


def _fields(sheet: ShownSheet) -> list[dict[str, Any]]:
    """Return the fields of a sheet as a table schema names them, in order."""
    labelled = _labelled(sheet)
    found: list[dict[str, Any]] = []
    for place, column in enumerate(sheet.columns):
        plain = {"name": column.name, "title": column.label, "type": "string"}
        if place < len(labelled):
            found.append({**plain, "constraints": {"required": True}})
            if labelled[place]:
                words = f"{column.label}, in words"
                found.append({**plain, "name": f"{column.name}{LABEL}", "title": words})
        elif column.is_figures:
            found.append(_figure_field(column))
            found.append(
                {**plain, "name": f"{column.name}{MARKER}",
                 "title": f"Why {column.label} has no number"}
            )  # fmt: skip
        else:
            found.append(plain)
    return found


def _figure_field(column: ShownColumn) -> dict[str, Any]:
    kind = KIND_WORDS[column.kind] if column.kind is not None else ""
    told = f"{kind}: {column.status}. {column.source}" if column.source else kind
    return {
        "name": column.name,
        "title": heading(column),
        "type": "number",
        "unit": column.unit,
        "description": told,
    }


def _package(edition: Edition) -> dict[str, Any]:
    """Return the description of all files."""
    info = edition.pack.info
    return {
        "profile": "tabular-data-package",
        "name": edition.stem,
        "title": edition.title,
        "description": " ".join([edition.notice, *edition.rules]),
        "version": __version__,
        "created": f"{edition.on.isoformat()}T00:00:00Z",
        "view": str(edition.view),
        "period": edition.content.period,
        "marks": {mark.value: words for mark, words in MARK_NOTES.items()},
        "licenses": [{"name": info.licence}],
        "contributors": [{"title": line, "role": "attribution"} for line in info.attribution],
        "resources": [
            {
                "profile": "tabular-data-resource",
                "name": sheet.id,
                "path": f"{sheet.id}.csv",
                "title": sheet.title,
                "description": " ".join(beside(sheet)),
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "dialect": {"lineTerminator": "\r\n", "delimiter": ","},
                "schema": {
                    "fields": _fields(sheet),
                    "primaryKey": [column.name for column in sheet.columns[: keys(sheet)]],
                    "missingValues": [""],
                },
            }
            for sheet in edition.sheets
        ],
    }
