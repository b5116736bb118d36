"""A spreadsheet before it is written: cover, contents, notes, and one table a sheet.

XLSX (:mod:`~housing_map.assessment.workbook`) and ODS
(:mod:`~housing_map.assessment.open_document`) lay out the same book, so that both have the same
sheets under the same names, the same figures and the same notes.

Source: Government Analysis Function, *Releasing statistics in spreadsheets* (2021, revised 2025):
a cover sheet, contents and notes, one table a sheet from column A, no blank cells, no merged
cells, marks explained, notes by number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from housing_map import __version__
from housing_map.assessment.printed import (
    EMPTY,
    KIND_WORDS,
    decimals,
    heading,
    marks,
    number,
)
from housing_map.disclosure import MARK_NOTES, Mark
from housing_map.documents.blocks import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from housing_map.assessment.edition import Edition
    from housing_map.assessment.sheets import ShownColumn, ShownSheet
    from housing_map.disclosure import Shown

Value = str | int | float
LONGEST_NAME: Final = 31
"""Most letters in the name of a worksheet (Excel)."""
COVER, CONTENTS, NOTES = "Cover", "Contents", "Notes"
_SIGNS: Final = re.compile(r"^[^a-zA-Z0-9]*$")


@dataclass(frozen=True, slots=True)
class Field:
    """A column of a leaf: heading, decimals (None: words), and width in letters."""

    heading: str
    decimals: int | None
    width: int


@dataclass(frozen=True, slots=True)
class Leaf:
    """A worksheet with one table. ``lines`` stand between its title and the table.

    ``references`` to notes stand after the title.
    """

    name: str
    title: str
    lines: tuple[str, ...]
    fields: tuple[Field, ...]
    rows: tuple[tuple[Value, ...], ...]
    references: str = ""

    def depth(self, row: int) -> int:
        """Return how many lines of text a row takes; -1 is the row of headings."""
        cells = [one.heading for one in self.fields] if row < 0 else self.rows[row]
        return max(
            depth(str(cell), field.width) for cell, field in zip(cells, self.fields, strict=True)
        )


def depth(text: str, width: int) -> int:
    """Return how many lines words take, generously: letters of 12 points, broken between words."""
    room, lines, used = width / _LETTER, 1, 0.0
    for word in text.split():
        if used and used + 1 + len(word) > room:
            lines, used = lines + 1, 0.0
        used += len(word) + (1 if used else 0)
        lines += int(used // room) if used > room else 0
    return lines


_LETTER: Final = 1.05
"""Width of a letter in the units of a column, which are digits of 11 points."""


@dataclass(frozen=True, slots=True)
class Book:
    """A workbook: lines of the cover by the headings that gptables sets, and leaves in order."""

    title: str
    intro: tuple[str, ...]
    about: tuple[str, ...]
    contact: tuple[str, ...]
    leaves: tuple[Leaf, ...]

    @property
    def contents(self) -> Leaf:
        """The list of worksheets after it."""
        rows = tuple((leaf.name, leaf.title) for leaf in self.leaves)
        line = "This worksheet contains one table: what each of the others holds."
        fields = (_field("Worksheet", rows, 0), _field("What it holds", rows, 1))
        return Leaf(CONTENTS, "Contents", (line,), fields, rows)


def book(edition: Edition) -> Book:
    """Lay out an edition as a workbook."""
    notes = _Notes()
    lists = _lists(edition)
    names = {one.casefold() for one in (COVER, CONTENTS, NOTES, *(leaf.name for leaf in lists))}
    tables = [_table(sheet, _worksheet(sheet.id, names), notes) for sheet in edition.sheets]
    leaves = (*lists, *tables)
    if notes.numbers:
        leaves = (notes.leaf(), *leaves)
    return Book(plain(edition.title), *_cover(edition), leaves)


class _Notes:
    """Notes of a whole book, numbered by first appearance."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def refer(self, texts: Iterable[str]) -> str:
        """Return references to notes, as " [note 1] [note 2]"."""
        told = [self.numbers.setdefault(plain(text), len(self.numbers) + 1) for text in texts]
        return "".join(f" [note {number}]" for number in told)

    def leaf(self) -> Leaf:
        rows = tuple((f"Note {number}", text) for text, number in self.numbers.items())
        fields = (_field("Note", rows, 0), _field("What it says", rows, 1))
        return Leaf(NOTES, "Notes", ("This worksheet contains one table.",), fields, rows)


def _cover(edition: Edition) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Return what the cover says: what this is, about the figures, and whom to ask."""
    made, info = edition.content, edition.pack.info
    intro = [
        edition.notice,
        f"District: {made.district}. Financial year: {made.period}. "
        f"Reference date: {edition.on.day} {edition.on:%B %Y}.",
        f"Form {made.form_version}. Made with housing-map {__version__} from the data pack "
        f"{info.name} ({edition.pack.digest[:12]}).",
        f"Sources: {' '.join(info.attribution)} Licence: {info.licence}.",
    ]
    about = [
        *edition.rules,
        "Percentages are worked out from the figures shown.",
        *(f"{mark.value} = {MARK_NOTES[mark]}" for mark in Mark),
    ]
    contact = [made.answers.author] if made.answers.author else []
    return tuple(map(plain, intro)), tuple(map(plain, about)), tuple(map(plain, contact))


def _worksheet(id_: str, taken: set[str]) -> str:
    """Return a name of a worksheet that no other has, whatever the case, and remember it."""
    name, number = id_[:LONGEST_NAME], 1
    while name.casefold() in taken:
        number += 1
        name = f"{id_[: LONGEST_NAME - 3]}_{number}"
    taken.add(name.casefold())
    return name


def _table(sheet: ShownSheet, name: str, notes: _Notes) -> Leaf:
    """Return the leaf of a sheet."""
    cells = [[_cell(cell) for cell in row] for row in sheet.rows]
    rows = tuple(tuple(row) for row in cells)
    common, each = _sources(sheet)
    references = notes.refer((*sheet.notes, *common))
    heads = _unique([
        plain(heading(column)) + notes.refer(each.get(place, ()))
        for place, column in enumerate(sheet.columns)
    ])  # fmt: skip
    fields = tuple(
        Field(
            head,
            max(decimals(row[place]) for row in sheet.rows) if column.is_figures else None,
            _width(head, rows, place),
        )
        for place, (head, column) in enumerate(zip(heads, sheet.columns, strict=True))
    )
    legend = list(marks(sheet))
    if any(EMPTY in row for row in rows) and Mark.NOT_APPLICABLE not in sheet.marks:
        legend.append(f"{EMPTY} = {MARK_NOTES[Mark.NOT_APPLICABLE]}")
    line = "This worksheet contains one table."
    line += f" Notes are on the worksheet {NOTES}." if references or each else ""
    lines = (line, *map(plain, legend))
    return Leaf(name, plain(sheet.title), lines, fields, rows, references)


def _sources(sheet: ShownSheet) -> tuple[tuple[str, ...], dict[int, tuple[str, ...]]]:
    """Return what holds for all columns of figures, or else what holds for each by its place."""
    said = {
        place: _source(column)
        for place, column in enumerate(sheet.columns)
        if column.kind is not None and column.source
    }
    if len(set(said.values())) == 1:
        return tuple(dict.fromkeys(said.values())), {}
    return (), {place: (words,) for place, words in said.items()}


def _source(column: ShownColumn) -> str:
    kind = "" if column.kind is None else KIND_WORDS[column.kind]
    return f"{kind} ({column.status}). Source: {column.source}"


def _cell(cell: Shown) -> Value:
    """Return what a cell holds: a number, or words that are never blank."""
    value = number(cell)
    if value is not None:
        return value
    text = plain(cell.text)
    if not text:
        return EMPTY
    # Readers of a screen pass over signs without a letter, so they get a word.
    return f"Text: {text}" if _SIGNS.match(text) else text


def _lists(edition: Edition) -> tuple[Leaf, ...]:
    """Return what is no table of figures: points of regulation 8, and what is not known."""
    made = edition.content
    points = [
        (one.ref, one.words, str(one.state).capitalize(),
         " ".join(one.evidence) or EMPTY, " ".join(one.missing) or EMPTY)
        for one in made.regulation8
    ]  # fmt: skip
    missing = [
        (f"{section.number}. {section.title}", one.what, one.who)
        for section in made.sections
        for one in section.asks
    ]
    return tuple(
        _list(name, title, heads, rows)
        for name, title, heads, rows in (
            ("regulation_8", "What the report under section 59 must contain (SI 2021/990, "
             "regulation 8), point by point",
             ("Point", "What it asks", "State", "Evidence", "Missing"), points),
            ("not_known", "What is not known, and who could give it",
             ("Section", "What", "Ask"), missing),
        )
        if rows
    )  # fmt: skip


def _list(name: str, title: str, heads: Sequence[str], rows: Sequence[tuple[str, ...]]) -> Leaf:
    """Return a leaf of words."""
    said = tuple(tuple(plain(cell) or EMPTY for cell in row) for row in rows)
    lines = ["This worksheet contains one table."]
    if any(EMPTY in row for row in said):
        lines.append(f"{EMPTY} = {MARK_NOTES[Mark.NOT_APPLICABLE]}")
    fields = tuple(_field(head, said, place) for place, head in enumerate(heads))
    return Leaf(name, title, tuple(lines), fields, said)


def _field(head: str, rows: Sequence[tuple[Value, ...]], place: int) -> Field:
    return Field(head, None, _width(head, rows, place))


_NARROWEST, _WIDEST = 12, 60


def _width(head: str, rows: Sequence[tuple[Value, ...]], place: int) -> int:
    """Return a width in letters: of the longest cell, of half a heading (it wraps), in bounds."""
    longest = max((len(str(row[place])) for row in rows), default=0)
    return max(_NARROWEST, min(_WIDEST, max(longest, len(head) // 2) + 3))


def _unique(names: Sequence[str]) -> list[str]:
    """Return headings with a number where one stands twice: a spreadsheet's table has each once."""
    seen: dict[str, int] = {}
    found = []
    for name in names:
        count = seen[name.casefold()] = seen.get(name.casefold(), 0) + 1
        found.append(name if count == 1 else f"{name} ({count})")
    return found
