"""Write the workbook that providers and the data lead fill in.

It shows what the pack holds now, so that a provider confirms and mends rather than starts
afresh, and has empty rows for the returns of a quarter or a year. What it held when it was
written is kept in a sheet of its own: on the way back only cells that somebody changed count,
so that an old workbook cannot put old figures over newer ones.

The workbook is accessible: each sheet begins with its title in A1, has one named table, no
merged cells, and says in words what each column means. The same pack gives the same bytes.
"""

# ruff: noqa: E501 - the instructions, one rule a line

from __future__ import annotations

import io
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

import xlsxwriter

from housing_map import returns
from housing_map.cells import day
from housing_map.cells import text as cell_text
from housing_map.errors import UsageError
from housing_map.importers.sheets import (
    BASE,
    FORMAT,
    HEADER_ROW,
    INSTRUCTIONS,
    LISTS,
    SHEETS,
    Choices,
    Field,
    Sheet,
    key_text,
    lines,
    plain,
    rows,
)
from housing_map.kinds import KINDS
from housing_map.schemas import Column, Type
from housing_map.strategy import objectives
from housing_map.vocabulary import Stage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    import pandas as pd
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

    from housing_map.pack import Pack

EMPTY_ROWS: Final = 40
"""Empty rows below what the pack holds."""

_FILL_ROWS: Final = 500
"""Rows that have drop-down lists and limits."""

_QUARTERS_BACK: Final = 16
_YEARS_BACK: Final = 5
_FIRST_QUARTER_OF_YEAR: Final = 4
"""Month in which a financial year begins."""

_LINE_LENGTH: Final = 105
_LINE_HEIGHT: Final = 15
"""Characters of the instructions on a line, and its height in points."""

_LONGEST_TITLE: Final = 32
_LONGEST_MESSAGE: Final = 255
_OFFERS: Final = frozenset({"organisation_id", "accommodation_provider_id", "support_provider_id"})
"""Columns of a service that make it an organisation's own to report on."""

_SMALL: Final = (
    "RESTRICTED: figures of single services, and small numbers. Send it only to the data lead, "
    "by the agreed secure way, and keep no copy longer than you need."
)
_RULES: Final = (
    ("What this is", "Figures for the safe-accommodation needs assessment, the quarterly monitoring of the strategy and the annual report under section 59 of the Domestic Abuse Act 2021."),
    ("Who fills it in", "Providers: Services to Funding for their own services, and the returns from Counts on. The data lead: also the rows for the whole district, Barriers and Spend."),
    ("Never", "No name, case, date of birth, or anything about one person. No address, postcode or place of a refuge or other safe accommodation: a workbook that holds one is refused."),
    ("Small numbers", "Write the true count, however small. Publishing is a later step, and hides small numbers there. That is why this workbook is restricted."),
    ("Empty is not nought", "An empty cell says that nobody knows. Write 0 only where it was counted and was none."),
    ("What is changed", "Cells show what is held now. Only cells that you change are taken over. To withdraw a figure, empty its cell. Rows that you delete stay as they were."),
    ("Periods", "A quarter is one of the calendar year: 2025Q4 is October to December 2025. A financial year is April to March: 2025-26. Return either; the two are never added together."),
    ("Whole district", "A row for the whole district counts each household once, whoever helped it. It is not the sum of the rows of services."),
    ("Supported", "People supported on at least one day of the period are counted in it. So the quarters of a year do not sum to the year; households whose support began do."),
    ("One reason each", "Each household counts under its one main reason. A person may have several characteristics."),
    ("Outcomes", "Means over all who have a first and a last reading, never the scores of one person."),
    ("Barriers", "How many of the people asked raised a theme. What they said stays with whom they told it."),
    ("Who says so", "Wherever you change a figure, write who says so (the organisation, not a person's name) and the day."),
    ("Save as", "Save it as .xlsx, from Excel or LibreOffice, without macros, links or a password."),
)  # fmt: skip


def write_template(
    pack: Pack, path: Path, *, organisation: str | None = None, periods: Sequence[str] = ()
) -> Path:
    """Write the workbook to ``path`` and return it; see :func:`template`.

    Raises :class:`UsageError` when the name does not end in ``.xlsx`` or cannot be written.
    """
    if path.suffix.casefold() != ".xlsx":
        message = f"{path.name}: the name of the workbook has to end in .xlsx"
        raise UsageError(message)
    content = template(pack, organisation=organisation, periods=periods)
    try:
        path.write_bytes(content)
    except OSError as failed:
        message = f"{path} cannot be written: {failed.strerror}"
        raise UsageError(message) from failed
    return path


def template(pack: Pack, *, organisation: str | None = None, periods: Sequence[str] = ()) -> bytes:
    """Return the workbook for returns as the bytes of an XLSX file.

    With ``organisation``, an identifier of the pack, it holds that organisation's services
    alone, so that no provider reads the figures of another. ``periods`` are the quarters and
    financial years to ask for: without any, the last whole quarter before the reference date.
    Raises :class:`UsageError` for an organisation without services, or for a period that is none.
    """
    for period in periods:
        if not returns.is_period(period):
            message = f"{period} is no period: write a quarter as 2025Q4, a year as 2025-26"
            raise UsageError(message)
    services = _services(pack, organisation)
    asked = tuple(periods) or quarters(pack.info.reference_date, 1)
    choices = Choices(services, pack["organisations"], objectives(pack))
    memory = io.BytesIO()
    book = xlsxwriter.Workbook(memory, {"in_memory": True, "strings_to_formulas": False})
    writer = _Writer(book, choices, pack.info.reference_date)
    writer.instructions(pack, organisation)
    base: list[tuple[str, str, str, str]] = []
    for sheet in SHEETS:
        held = _held(pack, sheet, services, asked, whole=organisation is None)
        shown = lines(sheet, held)
        base += _base(sheet, shown)
        writer.sheet(sheet, [*shown, *_asked(sheet, shown, services, asked, organisation)])
    writer.lists()
    writer.base(base)
    book.close()
    return memory.getvalue()


def quarters(day_: date, number: int) -> tuple[str, ...]:
    """Return the last ``number`` whole quarters before a day, the latest first.

    >>> quarters(date(2026, 11, 1), 2)
    ('2026Q3', '2026Q2')
    """
    index = day_.year * 4 + (day_.month - 1) // 3
    return tuple(f"{i // 4}Q{i % 4 + 1}" for i in range(index - 1, index - 1 - number, -1))


def financial_years(day_: date, number: int) -> tuple[str, ...]:
    """Return the last ``number`` financial years that ended before a day, the latest first.

    >>> financial_years(date(2026, 11, 1), 2)
    ('2025-26', '2024-25')
    """
    last = day_.year - (1 if day_.month >= _FIRST_QUARTER_OF_YEAR else 2)
    return tuple(f"{year}-{(year + 1) % 100:02d}" for year in range(last, last - number, -1))


# What the workbook holds -------------------------------------------------------------------


def _services(pack: Pack, organisation: str | None) -> pd.DataFrame:
    services = pack["services"]
    if organisation is None:
        return services
    own = (services[sorted(_OFFERS)] == organisation).any(axis=1)
    if not own.any():
        message = f"{organisation} offers no service of the pack {pack.info.name}"
        raise UsageError(message)
    return services[own]


def _held(
    pack: Pack, sheet: Sheet, services: pd.DataFrame, periods: Sequence[str], *, whole: bool
) -> list[dict[str, str]]:
    """Return the rows that the pack holds for a sheet, as texts."""
    allowed = {*services["service_id"], ""} if whole else {*services["service_id"]}
    found = []
    for record in pack[sheet.table.name].to_dict("records"):
        cells = {c.name: _as_text(c, record[c.name]) for c in sheet.table.columns}
        if cells["service_id"] in allowed and cells.get("period", periods[0]) in periods:
            found.append(cells)
    return found


def _as_text(column: Column, cell: object) -> str:
    if column.type is Type.DATE:
        held = day(cell)
        return held.isoformat() if held else ""
    return plain(column, cell_text(cell))


def _asked(
    sheet: Sheet,
    shown: Iterable[Mapping[Field, str]],
    services: pd.DataFrame,
    periods: Sequence[str],
    organisation: str | None,
) -> list[dict[Field, str]]:
    """Return lines that ask for what is not there: services without a row, and the periods.

    Counts are asked of every service that runs; reasons and stays of services that keep people
    safe; the rest has empty rows.
    """
    fields = {field.column.name: field for field in sheet.fields if field.code is None}
    there = {
        tuple(line.get(fields[key], "") for key in sheet.keys if key in fields) for line in shown
    }
    wanted: list[tuple[str, ...]] = []
    if sheet.keys == ("service_id",):
        wanted = [(str(code),) for code in services["service_id"]]
    elif sheet.keys == ("period", "service_id") and sheet.name != "Barriers":
        running = services[services["operating"] != "no"]
        safe = {k.code for k in KINDS.values() if k.stage is Stage.SAFETY}
        codes = [
            str(code)
            for code, kind in zip(running["service_id"], running["kind"], strict=True)
            if sheet.name == "Counts" or kind in safe
        ]
        wanted = [(p, c) for p in periods for c in ([""] if organisation is None else []) + codes]
    return [
        {fields[key]: cell for key, cell in zip(sheet.keys, key_cells, strict=True)}
        for key_cells in wanted
        if key_cells not in there
    ]


def _base(sheet: Sheet, shown: Iterable[Mapping[Field, str]]) -> list[tuple[str, str, str, str]]:
    """Return each cell that is shown, as the table it comes from knows it."""
    return [
        (sheet.table.name, key_text(row.key), name, text)
        for row in rows(sheet, enumerate(shown))
        for name, text in row.cells.items()
        if text
    ]


# How it looks ------------------------------------------------------------------------------

_NUMBER_FORMATS: Final = {
    Type.DATE: "yyyy-mm-dd",
    Type.INTEGER: "0",
    Type.NUMBER: "General",
}


class _Writer:
    """Writes sheets into one workbook."""

    def __init__(self, book: Workbook, choices: Choices, today: date) -> None:
        self._book = book
        self._choices = choices
        self._today = today
        self._lists: dict[tuple[str, ...], tuple[str, str]] = {}
        self._title = book.add_format({"bold": True, "font_size": 16})
        self._bold = book.add_format({"bold": True, "valign": "top"})
        self._wrap = book.add_format({"text_wrap": True, "valign": "top"})
        self._warning = book.add_format({"bold": True, "font_color": "#9C0006"})
        self._locked = book.add_format({"locked": True})
        self._header = book.add_format(
            {"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#1F3864",
             "font_color": "#FFFFFF", "border": 1, "locked": True}
        )  # fmt: skip
        self._cells: dict[str, Format] = {}
        book.set_properties(
            {
                "title": "Return for the Whole Housing Approach provision map",
                "subject": "Restricted: small numbers",
                "created": datetime(today.year, today.month, today.day),  # noqa: DTZ001 - a day
            }
        )

    def instructions(self, pack: Pack, organisation: str | None) -> None:
        """Write the first sheet: what to do, and what this workbook is for."""
        page = self._book.add_worksheet(INSTRUCTIONS)
        names = dict(
            zip(
                pack["organisations"]["organisation_id"], pack["organisations"]["name"], strict=True
            )
        )
        about = (
            ("Data pack", pack.info.name),
            ("District", pack.info.title),
            ("Workbook version", FORMAT),
            ("For", str(names.get(organisation, organisation)) if organisation else "everybody"),
            ("Figures as on", pack.info.reference_date.isoformat()),
        )
        page.set_column(0, 0, 24)
        page.set_column(1, 1, 110)
        page.write_string(0, 0, f"Return of figures: {pack.info.title}", self._title)
        page.write_string(1, 0, _SMALL, self._warning)
        row = 3
        for head, words in (*about, *_RULES):
            page.write_string(row, 0, head, self._bold)
            page.write_string(row, 1, words, self._wrap)
            # LibreOffice does not make a row higher for text that runs over two lines.
            page.set_row(row, _LINE_HEIGHT * (1 + len(words) // _LINE_LENGTH))
            row += 1
        row += 1
        page.write_string(row, 0, "Sheet", self._bold)
        page.write_string(row, 1, "What it holds", self._bold)
        for sheet in SHEETS:
            row += 1
            page.write_url(row, 0, f"internal:'{sheet.name}'!A1", string=sheet.name)
            page.write_string(row, 1, sheet.purpose, self._wrap)
        self._furnish(page)

    def sheet(self, sheet: Sheet, shown: Sequence[Mapping[Field, str]]) -> None:
        """Write one sheet of figures: title, explanation, named table, lists and limits."""
        page = self._book.add_worksheet(sheet.name)
        page.write_string(0, 0, sheet.name, self._title)
        page.write_string(1, 0, sheet.purpose, self._locked)
        page.write_string(2, 0, _SMALL, self._warning)
        for row in range(HEADER_ROW - 1):
            page.set_row(row, None, self._locked)
        page.set_row(HEADER_ROW - 1, 48, self._locked)
        first, last = HEADER_ROW, HEADER_ROW + len(shown) + EMPTY_ROWS - 1
        for place, field in enumerate(sheet.fields):
            page.set_column(place, place, _width(field), self._cell(field.column))
            self._limit(page, field, place, first)
        headers = [{"header": field.label, "header_format": self._header} for field in sheet.fields]
        page.add_table(
            HEADER_ROW - 1, 0, last, len(headers) - 1,
            {"name": "Table_" + sheet.name.replace(" ", "_"), "columns": headers,
             "autofilter": False, "style": "Table Style Light 1"},
        )  # fmt: skip
        for number, line in enumerate(shown, first):
            for place, field in enumerate(sheet.fields):
                self._write(page, number, place, field, line.get(field, ""))
        page.print_area(0, 0, last, len(headers) - 1)
        page.freeze_panes(HEADER_ROW, len(sheet.keys))
        page.protect("", {"format_columns": True, "format_rows": True, "sort": True})
        self._furnish(page)
        page.repeat_rows(HEADER_ROW - 1)

    def lists(self) -> None:
        """Write the drop-down lists, each in a column with its heading."""
        page = self._book.add_worksheet(LISTS)
        page.write_string(0, 0, "What may be chosen", self._title)
        for place, (items, (name, heading)) in enumerate(self._lists.items()):
            page.set_column(place, place, 36)
            page.write_string(2, place, heading, self._bold)
            for row, item in enumerate(items, 3):
                page.write_string(row, place, item)
            column = xlsxwriter.utility.xl_col_to_name(place)
            area = f"='{LISTS}'!${column}$4:${column}${3 + len(items)}"
            self._book.define_name(name, area)
        page.protect("")
        self._furnish(page)

    def base(self, cells: Iterable[tuple[str, str, str, str]]) -> None:
        """Write what the figures were, out of the way of who fills the workbook in."""
        page = self._book.add_worksheet(BASE)
        page.write_string(0, 0, "What the pack held when this workbook was written")
        for place, head in enumerate(("table", "key", "column", "value")):
            page.write_string(HEADER_ROW - 1, place, head)
        for row, line in enumerate(cells, HEADER_ROW):
            for place, text in enumerate(line):
                page.write_string(row, place, text)
        page.protect("")
        page.hide()

    def _write(self, page: Worksheet, row: int, place: int, field: Field, text: str) -> None:
        column = field.column
        if not text and self._choices.of(column).get("") is None:
            return
        cell = self._cell(column)
        if column.type in {Type.NUMBER, Type.INTEGER}:
            page.write_number(row, place, float(text), cell)
        elif column.type is Type.DATE:
            page.write_datetime(row, place, datetime.fromisoformat(text), cell)
        else:
            page.write_string(row, place, self._choices.show(column, text), cell)

    def _limit(self, page: Worksheet, field: Field, place: int, first: int) -> None:
        """Give a column its list or limits, and words that show when a cell is chosen."""
        column = field.column
        labels = tuple(self._choices.of(column).values()) if column.type is not Type.CODES else ()
        if column.name == "period":
            labels = (
                *quarters(self._today, _QUARTERS_BACK),
                *financial_years(self._today, _YEARS_BACK),
            )
        rule: dict[str, object] = {"validate": "any"}
        if labels:
            # Others than those listed may be meant: a service that is new, an older period.
            known = column.allowed != frozenset()
            rule = {
                "validate": "list",
                "source": f"={self._list(labels, field)}",
                "error_type": "stop" if known else "warning",
            }
        elif column.type in {Type.NUMBER, Type.INTEGER}:
            lowest = column.minimum if column.minimum is not None else -1e12
            highest = column.maximum if column.maximum is not None else 1e12
            if column.is_share:
                highest = 1
            kind = "integer" if column.type is Type.INTEGER else "decimal"
            rule = {
                "validate": kind, "criteria": "between", "minimum": lowest, "maximum": highest,
            }  # fmt: skip
        elif column.type is Type.DATE:
            rule = {
                "validate": "date", "criteria": "between",
                "minimum": date(1990, 1, 1), "maximum": date(2099, 12, 31),
            }  # fmt: skip
        words = f"{field.meaning}. {self._holds(column)}"
        rule |= {
            "input_title": field.label[:_LONGEST_TITLE],
            "input_message": words[:_LONGEST_MESSAGE],
            "error_title": "Not accepted",
            "error_message": f"Expected: {self._holds(column)}"[:_LONGEST_MESSAGE],
        }
        page.data_validation(first, place, first + _FILL_ROWS, place, rule)

    def _holds(self, column: Column) -> str:
        if self._choices.of(column):
            return (
                "several of the list, with ; between"
                if column.type is Type.CODES
                else ("one of the list")
            )
        return column.expected()

    def _list(self, labels: tuple[str, ...], field: Field) -> str:
        """Return the name of the list with these labels; equal lists stand once."""
        if labels not in self._lists:
            heading = "Answer" if field.code is not None else field.label
            self._lists[labels] = (f"List_{len(self._lists) + 1}", heading)
        return self._lists[labels][0]

    def _cell(self, column: Column) -> Format:
        shown = _NUMBER_FORMATS.get(column.type, "@")
        if column.is_share:
            shown = "0.0%"
        elif column.unit.startswith("GBP"):
            shown = "#,##0"
        if shown not in self._cells:
            self._cells[shown] = self._book.add_format({"num_format": shown, "locked": False})
        return self._cells[shown]

    def _furnish(self, page: Worksheet) -> None:
        """Set how a sheet prints: sideways, one page wide, and marked."""
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)
        page.set_header("&L&A&RRESTRICTED: small numbers")
        page.set_footer("&LNot for publication&RPage &P of &N")


def _width(field: Field) -> float:
    if field.column.type in {Type.TEXT, Type.CODES}:
        return 32
    if field.column.refers_to:
        return 40
    return 18 if field.code is None else 13
