"""Find columns of a published table by what their headings mean, and read figures with marks.

Published tables move: a column is inserted, a heading gains a footnote number, one line of
headings becomes three with merged cells. A reader that counts columns goes wrong silently, so
here a column is found by its *heading path*, the words above it from top to bottom, of which a
wording must match exactly one. What matches none or several is a problem for a person, never a
guess.

Words are compared by their letters alone (:func:`squash`): footnote numbers, line breaks, dashes
and blanks do not count, since the publisher's own files differ in them from quarter to quarter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from housing_map.importers.grids import Cell, Grid

AREA_CODE: Final = re.compile(r"^[EWSNK]\d{8}$")
_LOOKED_FOR_CODES: Final = 6
"""Columns from the left in which area codes are looked for."""
_LOOKED_FOR_FIGURES: Final = 12
"""Area rows in which the first column of figures is looked for."""
SAME_AREA: Final[Mapping[str, str]] = {"E08000016": "E08000038", "E08000019": "E08000039"}
"""Codes of one council before and after a change of boundary: Barnsley, Sheffield (April 2025)."""

_NOTE: Final = re.compile(r"\[\s*notes?\b[^\]]*\]", re.IGNORECASE)
_WORD_STARTS: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_LETTERS: Final = re.compile(r"[^a-z|]+")

MARKS: Final[Mapping[str, str]] = {
    "": "empty",
    "..": "not available: the authority sent no data, or incomplete data",
    ":": "not available",
    "-": "not shown: too few to show, or not applicable, as the notes of that quarter say",
    "–": "not shown: too few to show, or not applicable, as the notes of that quarter say",
    "*": "too few to show",
    "[c]": "suppressed, so that nobody can be known from it",
    "[x]": "not available",
    "[z]": "not applicable",
    "[n]": "not available",
    "[w]": "not available",
    "[u]": "of low reliability",
    "[low]": "less than half the rounding unit",
    "n/a": "not applicable",
    "na": "not applicable",
}
"""Marks that stand in place of a figure. They are *no figure*, and never nought.

The square brackets are those of the Government Analysis Function's guidance on symbols in tables;
``..`` and ``-`` stand in the homelessness tables of 2018 to 2025.
"""

FLAGS: Final[Mapping[str, str]] = {
    "p": "provisional",
    "r": "revised",
    "e": "estimated",
    "b": "break in the series",
    "u": "of low reliability",
}
"""Marks that stand beside a figure."""

_FIGURE: Final = re.compile(
    r"^(?P<whole>\d{1,3}(?:[,\u00a0 ]\d{3})+|\d+)(?P<part>\.\d+)?"
    r"\s*(?:\[?(?P<flag>[a-z])\]?|\[note[^\]]*\])?$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Heading:
    """The words above a column from top to bottom, and where the lowest of its own stands."""

    column: int
    words: tuple[str, ...]
    row: int

    @property
    def path(self) -> str:
        """The words for comparing: letters alone, levels apart by a bar."""
        return "|".join(map(squash, self.words))

    def says(self, words: str) -> bool:
        """Whether the headings hold ``words``; after ``=``, as whole words."""
        if words.startswith("="):
            spaced = " ".join(_WORD_STARTS.sub(" ", one) for one in self.words)
            return f" {_spaced(words)} " in f" {_spaced(spaced)} "
        return squash(words) in self.path

    @property
    def shown(self) -> str:
        """The words for people."""
        return " > ".join(" ".join(_NOTE.sub("", one).split()) for one in self.words)


@dataclass(frozen=True, slots=True)
class Wording:
    """One way in which a heading may say something: all of ``words``, none of ``without``.

    ``=men`` stands for the whole word, so that neither *women* nor *assessment* holds it.
    """

    words: tuple[str, ...]
    without: tuple[str, ...] = ()

    def matches(self, heading: Heading) -> bool:
        """Whether a heading says this."""
        return all(heading.says(one) for one in self.words) and not any(
            heading.says(one) for one in self.without
        )


@dataclass(frozen=True, slots=True)
class AreaTable:
    """A sheet with one row an area: where the rows are, and what the columns are called."""

    sheet: Grid
    code_column: int
    first_row: int
    rows: Mapping[str, tuple[int, ...]]
    headings: tuple[Heading, ...]

    def find(self, wordings: Sequence[Wording]) -> tuple[Heading, ...]:
        """Columns that match the first wording which matches any; more than one is ambiguous."""
        for wording in wordings:
            found = tuple(one for one in self.headings if wording.matches(one))
            if found:
                return found
        return ()

    def name(self, row: int) -> str:
        """Name of the area in a row: the words right of its code."""
        return self.sheet.text(row, self.code_column + 1)

    def row(self, code: str) -> int | None:
        """Row of an area: by its code, or by the code its council had before or has now.

        None when the area is not there, or stands there more than once.
        """
        codes = [code, *(new for old, new in SAME_AREA.items() if old == code)]
        codes += [old for old, new in SAME_AREA.items() if new == code]
        rows = [row for one in codes for row in self.rows.get(one, ())]
        return rows[0] if len(rows) == 1 else None


@dataclass(frozen=True, slots=True)
class Value:
    """What a cell says: a figure or None, and what a mark in it means."""

    number: float | None
    mark: str = ""
    meaning: str = ""


def squash(words: str) -> str:
    r"""Reduce words to what is compared: small letters, without numbers of footnotes.

    >>> squash("Total number of\nhouseholds in TA1,2,3,4")
    'totalnumberofhouseholdsinta'
    >>> squash("Households in TA per (000s)[note 5]")
    'householdsintaperthousands'
    """
    plain = _NOTE.sub(" ", words).lower()
    plain = plain.replace("000s", "thousands").replace("%", " percent ").replace("&", " and ")
    return _LETTERS.sub("", plain)


def _spaced(words: str) -> str:
    return " ".join(re.findall(r"[a-z]+", words.lower()))


def read_value(cell: Cell) -> Value | None:
    """Read a cell of figures; None when it is neither a figure nor a known mark.

    >>> read_value("1,230 [r]")
    Value(number=1230.0, mark='r', meaning='revised')
    >>> read_value("..").number is None
    True
    """
    if isinstance(cell, float | int):
        return Value(float(cell))
    plain = (cell or "").strip()
    if plain.lower() in MARKS:
        return Value(None, plain, MARKS[plain.lower()])
    found = _FIGURE.match(plain)
    if found is None:
        return None
    flag = (found["flag"] or "").lower()
    if flag and flag not in FLAGS:
        return None
    number = float(re.sub(r"[^\d]", "", found["whole"]) + (found["part"] or ""))
    return Value(number, flag, FLAGS.get(flag, ""))


def area_table(sheet: Grid) -> AreaTable | None:
    """Find the table of areas in a sheet; None when no area code stands in it."""
    for column in range(_LOOKED_FOR_CODES):
        rows: dict[str, tuple[int, ...]] = {}
        for row in range(len(sheet.rows)):
            code = sheet.text(row, column)
            if AREA_CODE.match(code):
                rows[code] = (*rows.get(code, ()), row)
        if rows:
            first = min(places[0] for places in rows.values())
            return AreaTable(sheet, column, first, rows, _headings(sheet, column, rows))
    return None


def _headings(
    sheet: Grid, code_column: int, rows: Mapping[str, tuple[int, ...]]
) -> tuple[Heading, ...]:
    """Heading path of each column of figures.

    A heading above several columns stands in the first of them alone, merged or not, so a column
    takes the words to its left on the same line, unless a line above starts anew in between.
    Columns left of the first figure (codes, names, the title) hand nothing on.
    """
    places = sorted(place for rows_of in rows.values() for place in rows_of)
    first_row, width = places[0], max(map(len, sheet.rows))
    start = next(
        (
            column
            for column in range(code_column + 1, width)
            if any(
                (value := read_value(sheet.at(row, column))) and value.number is not None
                for row in places[:_LOOKED_FOR_FIGURES]
            )
        ),
        width,
    )
    headings = []
    latest: list[str] = [""] * first_row
    for column in range(start, width):
        own = [sheet.text(row, column) for row in range(first_row)]
        filled = [row for row, words in enumerate(own) if words]
        if not filled:
            continue
        for row in range(first_row):
            if own[row] or row > filled[0]:
                # A new heading on a line above ends what stood to the left on this line.
                latest[row] = own[row]
        words = tuple(one for one in latest[: filled[-1] + 1] if one)
        headings.append(Heading(column, words, filled[-1]))
    return tuple(headings)
