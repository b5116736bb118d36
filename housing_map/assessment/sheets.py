"""Sheets: the tables of a release, from their figures to what may be printed of them.

Every file of a release (workbook, report, map, data) prints the same sheets. A :class:`Sheet` holds
true figures, each column with its kind, status and source; :func:`shown` turns it into a
:class:`ShownSheet`, which holds what may be printed, through the one mask of the release. Writers
see shown sheets alone, so that no file can say more, or anything else, than another.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from housing_map.disclosure import Dimension, Kind, Mark, Shown, Table, percentage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from housing_map.disclosure import Mask
    from housing_map.disclosure_tables import Codes
    from housing_map.vocabulary import Status


class View(StrEnum):
    """For whom a release is: for everybody, or for one's own planning."""

    PUBLISHABLE = "publishable"
    RESTRICTED = "restricted"


@dataclass(frozen=True, kw_only=True)
class Figures:
    """A column of figures.

    ``table`` holds them with the kind of figure they are, and over the same dimensions as the
    sheet. ``unit`` in words. ``illustration`` marks a coverage share that rests on assumed units,
    stay or acceptance: it stays out of publishable files. ``restricted`` marks a column that is for
    one's own planning alone.
    """

    name: str
    label: str
    unit: str
    table: Table
    status: Status
    source: str
    illustration: bool = False
    restricted: bool = False


@dataclass(frozen=True, kw_only=True)
class Words:
    """A column of words, by the codes of the row; a row that is missing is empty."""

    name: str
    label: str
    cells: Mapping[Codes, str]
    restricted: bool = False


@dataclass(frozen=True, kw_only=True)
class ShareOf:
    """A column of whole percentages, worked out from what two columns of figures show."""

    name: str
    label: str
    part: str
    whole: str
    illustration: bool = False
    restricted: bool = False


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One table of a release.

    ``id`` is short and stable (it names files and worksheets); ``title`` says what the table shows.
    Rows are every combination of the codes of ``dimensions``, or those in ``rows`` (in that order);
    ``labels`` gives words for codes, by dimension. ``area`` names the dimension that is a
    level of area, for maps. ``notes`` stand beside the table. A ``restricted`` sheet is in no
    publishable file.
    """

    id: str
    title: str
    section: str
    dimensions: tuple[Dimension, ...]
    headings: Mapping[str, str]
    """Heading of the column of each dimension."""
    figures: tuple[Figures, ...] = ()
    shares: tuple[ShareOf, ...] = ()
    words: tuple[Words, ...] = ()
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    rows: tuple[Codes, ...] | None = None
    notes: tuple[str, ...] = ()
    area: str = ""
    restricted: bool = False

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables of its figures, for the mask and the audit."""
        return tuple(column.table for column in self.figures)

    def codes(self) -> tuple[Codes, ...]:
        """Return the codes of each row, in order."""
        if self.rows is not None:
            return self.rows
        found: list[tuple[str, ...]] = [()]
        for dimension in self.dimensions:
            found = [(*before, code) for before in found for code in dimension.codes]
        return tuple(found)

    def label(self, dimension: str, code: str) -> str:
        """Return the words for a code."""
        return self.labels.get(dimension, {}).get(code, code)


@dataclass(frozen=True, kw_only=True)
class ShownColumn:
    """A column as printed: of keys, figures or words."""

    name: str
    label: str
    unit: str = ""
    kind: Kind | None = None
    status: str = ""
    source: str = ""

    @property
    def is_figures(self) -> bool:
        """Whether the column holds figures."""
        return self.kind is not None


@dataclass(frozen=True, kw_only=True)
class ShownSheet:
    """What may be printed of a sheet: columns, and for each row a cell of each.

    A cell of keys and words is text with no value; one of figures as :class:`Shown` has it.
    ``codes`` are those of each row. ``marks`` are the marks that stand in it, to be explained.
    """

    id: str
    title: str
    section: str
    columns: tuple[ShownColumn, ...]
    rows: tuple[tuple[Shown, ...], ...]
    codes: tuple[Codes, ...]
    notes: tuple[str, ...]
    area: str
    marks: frozenset[Mark]


def kept(sheets: Iterable[Sheet], view: View) -> tuple[Sheet, ...]:
    """Return the sheets of a view, each with the columns of that view."""
    if view is View.RESTRICTED:
        return tuple(sheets)
    found = []
    for sheet in sheets:
        figures = tuple(f for f in sheet.figures if not (f.restricted or f.illustration))
        words = tuple(w for w in sheet.words if not w.restricted)
        left = {figure.name for figure in figures}
        shares = tuple(
            share
            for share in sheet.shares
            if not (share.restricted or share.illustration) and {share.part, share.whole} <= left
        )
        if not sheet.restricted and (figures or words):
            found.append(replace(sheet, figures=figures, words=words, shares=shares))
    return tuple(found)


def shown(sheet: Sheet, mask: Mask | None) -> ShownSheet:
    """Return what may be printed of a sheet through a mask; without one, every figure as it is.

    Raises :class:`housing_map.disclosure.DisclosureError` for figures the mask was not made for.
    """
    keys = [
        ShownColumn(name=one.name, label=sheet.headings.get(one.name, one.name))
        for one in sheet.dimensions
    ]
    figures = [
        ShownColumn(
            name=one.name,
            label=one.label,
            unit=one.unit,
            kind=one.table.kind,
            status=str(one.status),
            source=one.source,
        )
        for one in sheet.figures
    ]
    said = [ShownColumn(name=one.name, label=one.label) for one in sheet.words]
    printed = {one.name: _printed(one.table, mask) for one in sheet.figures}
    kinds = {one.name: one.table.kind for one in sheet.figures}
    shares = [
        ShownColumn(name=one.name, label=one.label, unit="per cent", kind=kinds[one.part])
        for one in sheet.shares
    ]
    codes = sheet.codes()
    names = [one.name for one in sheet.dimensions]
    rows = tuple(
        (
            *(_text(sheet.label(name, code)) for name, code in zip(names, row, strict=True)),
            *(column[row] for column in printed.values()),
            *(percentage(printed[one.part][row], printed[one.whole][row]) for one in sheet.shares),
            *(_text(one.cells.get(row, "")) for one in sheet.words),
        )
        for row in codes
    )
    return ShownSheet(
        id=sheet.id,
        title=sheet.title,
        section=sheet.section,
        columns=(*keys, *figures, *shares, *said),
        rows=rows,
        codes=codes,
        notes=sheet.notes,
        area=sheet.area,
        marks=frozenset(cell.mark for row in rows for cell in row if cell.mark is not None),
    )


_WHOLE: Final = 100


def _printed(table: Table, mask: Mask | None) -> Mapping[Codes, Shown]:
    """Return the cells of a column: through the mask, or as they are."""
    if mask is not None:
        return mask.apply(table)
    return {codes: _plain(value) for codes, value in table.values.items()}


def _plain(value: float | Mark) -> Shown:
    if isinstance(value, Mark):
        return Shown(None, value, value.value)
    text = f"{value:,.0f}" if value == round(value) or abs(value) >= _WHOLE else f"{value:,.1f}"
    return Shown(value, None, text)


def _text(words: str) -> Shown:
    return Shown(None, None, words)


def by_id(sheets: Sequence[ShownSheet]) -> dict[str, ShownSheet]:
    """Return sheets by their id; raises :class:`ValueError` for two of one id."""
    found = {sheet.id: sheet for sheet in sheets}
    if len(found) < len(sheets):
        message = "two sheets of a release have the same id"
        raise ValueError(message)
    return found
