"""The workbook in XLSX, by gptables: laid out as government statisticians agreed, for everybody.

The same book gives the same bytes: times stated inside are the reference date.
"""

from __future__ import annotations

import io
import re
import warnings
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import pandas as pd

from housing_map.assessment.book import CONTENTS, COVER, Book, book, depth
from housing_map.documents.package import repacked

with warnings.catch_warnings():
    # gptables 2.0 leaves a file of its own open at import, for Python to close.
    warnings.simplefilter("ignore", ResourceWarning)
    from gptables import Cover, GPTable
    from gptables.core.wrappers import GPWorkbook, GPWorksheet

if TYPE_CHECKING:
    from datetime import date

    from housing_map.assessment.book import Field, Leaf
    from housing_map.assessment.edition import Edition

_PAPER_A4: Final = 9
_COVER_WIDTH: Final = 85
_LINE: Final = 15.75
"""Points of a line of text."""
_COMMANDS: Final = re.compile(r"(\])(\()|(\$)(?=\$)")


def workbook_files(edition: Edition) -> dict[str, bytes]:
    """Return the workbook of an edition, by its name."""
    made = write_xlsx(book(edition), edition.on, edition.notice)
    return {f"{edition.stem}.xlsx": made}


def write_xlsx(content: Book, on: date, notice: str = "") -> bytes:
    """Return a book as XLSX, dated ``on``; ``notice`` stands at the foot of each printed page.

    Text is written as text: nothing in it is a formula, a link or a note of gptables.
    """
    kept = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    workbook = GPWorkbook(kept, options)
    day = datetime(on.year, on.month, on.day, tzinfo=UTC).replace(tzinfo=None)
    workbook.set_properties({"title": content.title, "comments": notice, "created": day})
    cover = workbook.add_worksheet(COVER)
    cover.write_cover(
        Cover(
            _text(content.title),
            intro=[_text(line) for line in content.intro],
            about=[_text(line) for line in content.about],
            contact=[_text(line) for line in content.contact] or None,
            cover_label=COVER,
            width=_COVER_WIDTH,
        )
    )
    for leaf in (content.contents, *content.leaves):
        sheet = workbook.add_worksheet(leaf.name)
        _write(sheet, _table(leaf))
        _set_sizes(sheet, leaf)
        sheet.repeat_rows(1 + len(leaf.lines))
    for row, line in enumerate(_cover_lines(content)):
        cover.set_row(row, _LINE * depth(line, _COVER_WIDTH))
    for sheet in workbook.worksheets():
        sheet.set_landscape()
        sheet.set_paper(_PAPER_A4)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer(f"&L{_footer(notice)}&R&P / &N")
    workbook.close()
    return repacked(kept.getvalue(), on)


def _set_sizes(sheet: GPWorksheet, leaf: Leaf) -> None:
    """Give columns their width and rows their height: not every program works heights out."""
    for place, field in enumerate(leaf.fields):
        sheet.set_column(place, place, field.width)
    head = 1 + len(leaf.lines)
    for row in range(-1, len(leaf.rows)):
        if (lines := leaf.depth(row)) > 1:
            sheet.set_row(head + 1 + row, _LINE * lines)


def _cover_lines(content: Book) -> list[str]:
    """Return the lines of the cover as gptables sets them, headings in larger letters."""
    found = [f"{content.title} {content.title[: len(content.title) // 2]}"]
    for part in (content.intro, content.about, content.contact):
        found += ["", *part] if part else []
    return found


def _write(sheet: GPWorksheet, table: GPTable) -> None:
    """Write a table; gptables 2.0 uses what pandas 3.1 will do away with, and no reader need know.

    What pandas warns of here is of gptables alone, and stops mattering with its next version.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", category=DeprecationWarning)
        sheet.write_gptable(table, auto_width=False)


def _table(leaf: Leaf) -> GPTable:
    """Return a leaf as gptables takes it."""
    rows: list[list[object]] = [
        [_text(cell) if isinstance(cell, str) else cell for cell in row] for row in leaf.rows
    ]
    if leaf.name == CONTENTS:
        rows = [[{row[0]: f"internal:'{row[0]}'!A1"}, *row[1:]] for row in rows]
    frame = pd.DataFrame(rows, columns=[_text(one.heading) for one in leaf.fields], dtype=object)
    return GPTable(
        frame,
        table_name=f"table_{leaf.name}",
        title=_text(leaf.title + leaf.references),
        instructions=_text(leaf.lines[0]),
        legend=[_text(line) for line in leaf.lines[1:]],
        index_columns={2: 0},
        additional_formatting=[
            {"column": {"columns": [place], "format": _format(field), "include_names": False}}
            for place, field in enumerate(leaf.fields)
        ],
    )


def _format(field: Field) -> dict[str, str]:
    """Return how the cells of a column are set."""
    if field.decimals is None:
        return {"valign": "top"}
    digits = "." + "0" * field.decimals if field.decimals else ""
    return {"num_format": f"#,##0{digits}", "align": "right", "valign": "top"}


def _text(words: str) -> str:
    """Return words in which gptables finds no link and no reference to a note."""
    return _COMMANDS.sub(lambda found: f"{found[1] or found[3]} {found[2] or ''}", words)


def _footer(notice: str) -> str:
    """Return words for the foot of a page, where ``&`` begins a command of Excel."""
    return notice.replace("&", "&&")
