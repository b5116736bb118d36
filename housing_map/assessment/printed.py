"""What is printed of a sheet, the same in every file: figures, headings, and what stands beside.

A figure is what its text says, rounding included, so that no file holds more digits than another.

>>> number(Shown(1234.0, None, "1,234")), number(Shown(None, Mark.HIDDEN, "[c]"))
(1234, None)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from housing_map.disclosure import MARK_NOTES, Kind, Mark, Shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from housing_map.assessment.sheets import ShownColumn, ShownSheet

KIND_WORDS: Final = {
    Kind.PEOPLE: "Counts of people",
    Kind.AMOUNT: "Amounts",
    Kind.MODELLED: "Modelled estimates, not counts of people",
    Kind.NATIONAL: "Published statistics",
    Kind.PROVISION: "Facts about provision",
}
"""What a column of a kind holds, in words."""

EMPTY: Final = Mark.NOT_APPLICABLE.value
"""What a spreadsheet says where a row has no words: no cell of it is left blank."""


def number(cell: Shown) -> int | float | None:
    """Return a figure as its text has it; None for a mark, for words and for "fewer than"."""
    if cell.value is None:
        return None
    value = float(cell.text.replace(",", "").removesuffix("%"))
    return int(value) if value.is_integer() else value


def decimals(cell: Shown) -> int:
    """Return how many decimals a figure is printed with."""
    return len(cell.text.partition(".")[2]) if cell.value is not None else 0


def heading(column: ShownColumn) -> str:
    """Return what heads a column: its label, and its unit where the label does not say it."""
    said = column.unit and column.unit.casefold() not in column.label.casefold()
    return f"{column.label} ({column.unit})" if said else column.label


def keys(sheet: ShownSheet) -> int:
    """Return how many columns, from the left, say what a row is about."""
    return len(sheet.codes[0]) if sheet.codes else 0


def marks(sheet: ShownSheet) -> tuple[str, ...]:
    """Return a sentence for each mark that stands in a sheet."""
    return tuple(f"{mark.value} = {MARK_NOTES[mark]}" for mark in Mark if mark in sheet.marks)


def sources(sheet: ShownSheet) -> tuple[str, ...]:
    """Return what sort of figures a sheet has, how each is known, and where it comes from.

    Columns of one sort and source are named together; where all are, none is named.
    """
    groups: dict[tuple[str, str, str], list[str]] = {}
    for column in sheet.columns:
        if column.kind is not None and column.source:
            sort = (KIND_WORDS[column.kind], column.status, column.source)
            groups.setdefault(sort, []).append(column.label)
    return tuple(
        f"{'' if len(groups) == 1 else ', '.join(labels) + ': '}{kind} ({status}). Source: {source}"
        for (kind, status, source), labels in groups.items()
    )


def beside(sheet: ShownSheet) -> tuple[str, ...]:
    """Return everything that stands beside a sheet: its marks, its own notes and its sources."""
    return (*marks(sheet), *sheet.notes, *sources(sheet))


def figures(sheet: ShownSheet) -> Iterator[tuple[tuple[str, ...], ShownColumn, Shown]]:
    """Yield each figure of a sheet with the codes of its row and its column."""
    for codes, row in zip(sheet.codes, sheet.rows, strict=True):
        for column, cell in zip(sheet.columns, row, strict=True):
            if column.is_figures:
                yield codes, column, cell
