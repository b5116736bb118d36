"""What a document is made of: plain text, tables and pictures, before anything is laid out.

Content comes first and knows nothing of Word, PDF or HTML; each writer lays out the same blocks.
All text is plain: no sign in it means anything to a writer.

>>> Table("Homes", ("Tenure", "Homes"), (("Owned", "about 90"),), numeric=frozenset({1})).caption
'Homes'
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite
from typing import TYPE_CHECKING, Final

from housing_map.documents.columns import LINE, shared
from housing_map.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

DEEPEST: Final = 3
"""Deepest level of a heading."""
SERIES_COLOURS: Final = ("#12436D", "#F46A25", "#28A197", "#801650", "#3D3D3D", "#A285D1")
"""Colours of bars that stand for different things (Government Analysis Function)."""
PAIR_COLOURS: Final = ("#8295A9", "#12436D")
"""Colours of bars that stand for the same thing twice: before, and after."""
_BESIDE_BARS: Final = LINE * 2 // 3
"""Letters of a line that labels and figures of bars may take, if their words allow it."""
_SHORTEST_BARS: Final = 20.0
"""Letters in whose place bars stand at the least."""
_UNPRINTABLE: Final = re.compile(
    "[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x84\\x86-\\x9f\\ud800-\\udfff\\ufdd0-\\ufdef\\ufffe\\uffff]"
)


def plain(text: str) -> str:
    r"""Return text without characters that no document can hold; line breaks become spaces.

    Control characters, lone surrogates and non-characters are not allowed in XML 1.0 (W3C 2008,
    section 2.2), which Word files are made of.

    >>> plain("a\x00b\nc")
    'a b c'
    """
    return " ".join(_UNPRINTABLE.sub(" ", text).split())


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text; ``strong`` stands out, ``link`` is an address it leads to (https or mail)."""

    text: str
    strong: bool = False
    link: str = ""

    def __post_init__(self) -> None:
        """Refuse links that lead to anything but a page or a mailbox."""
        if self.link and not re.match(r"(?:https?://|mailto:)[^\s<>\"]+$", self.link):
            message = f"A link starts with https:// or mailto:, and has no spaces: {self.link!r}"
            raise UsageError(message)


Words = str | tuple[str | Span, ...]
"""Text, or runs of text one after the other."""


def spans(words: Words) -> tuple[Span, ...]:
    """Return words as runs of printable text, with the spaces between them kept."""
    given = (words,) if isinstance(words, str) else words
    found = [one if isinstance(one, Span) else Span(one) for one in given]
    return tuple(Span(_kept(one.text), one.strong, one.link) for one in found if one.text)


def _kept(text: str) -> str:
    """Return printable text with one space at each end where there was any."""
    inner = plain(text)
    if not inner:
        return " "
    return f"{' ' * text[0].isspace()}{inner}{' ' * text[-1].isspace()}"


class Style(StrEnum):
    """How a paragraph stands out."""

    BODY = "body"
    LEAD = "lead"
    """The answer, in one or two sentences."""
    NOTE = "note"
    """Small print."""
    NOTICE = "notice"
    """Who may read this, or what it must not be used for."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; level 1 is the highest below the title of the document."""

    text: str
    level: int = 1

    def __post_init__(self) -> None:
        """Refuse levels that writers have no style for."""
        if not 1 <= self.level <= DEEPEST:
            message = f"A heading has a level from 1 to {DEEPEST}, not {self.level}"
            raise UsageError(message)


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of words."""

    words: Words
    style: Style = Style.BODY


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list of points; ``numbered`` where their order matters."""

    items: tuple[Words, ...]
    numbered: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a caption, one row of headings, and the first cell of each row as its heading.

    Columns whose places (from 0) are in ``numeric`` are aligned at the right. ``widths`` are
    relative (empty: as the text needs). ``notes`` stand below. Raises :class:`UsageError` for a
    row of the wrong length, a table without rows or columns, and one without a caption.
    """

    caption: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: frozenset[int] = frozenset()
    widths: tuple[float, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what cannot be read aloud as a table."""
        _captioned(self.caption, "table")
        width = len(self.headers)
        if not (width and self.rows and all(len(row) == width for row in self.rows)):
            message = f"Table {self.caption!r} needs rows, each of {width} cells like its headings"
            raise UsageError(message)
        if self.widths and (len(self.widths) != width or min(self.widths) <= 0):
            message = f"Table {self.caption!r} needs a width above 0 for each of {width} columns"
            raise UsageError(message)

    @property
    def columns(self) -> tuple[float, ...]:
        """Relative widths of the columns: those given, or as the text needs."""
        return self.widths or shared(list(zip(self.headers, *self.rows, strict=True)))


@dataclass(frozen=True, slots=True)
class Bar:
    """A row of a bar chart: its label, and a value and its words for each series."""

    label: str
    values: tuple[float, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bars:
    """Horizontal bars with their figures beside them, which writers set as a table.

    Bars are decoration: label and figure of each stand as text, so a reader who sees no bar loses
    nothing. ``series`` names the figures of each row; their bars stand under one another, or one
    after the other where they are ``stacked``. ``what`` heads the column of labels. ``longest`` is
    the value of a full-width bar (None: the longest there is). Raises :class:`UsageError` for
    values below 0, or as many values as no row can have.
    """

    caption: str
    what: str
    series: tuple[str, ...]
    rows: tuple[Bar, ...]
    stacked: bool = False
    longest: float | None = None
    colours: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn."""
        _captioned(self.caption, "bar chart")
        width = len(self.series)
        if not self.rows or not 1 <= width <= len(SERIES_COLOURS):
            message = f"{self.caption!r} needs rows, and from 1 to {len(SERIES_COLOURS)} series"
            raise UsageError(message)
        if self.colours and len(self.colours) != width:
            message = f"{self.caption!r} needs a colour for each of {width} series"
            raise UsageError(message)
        for row in self.rows:
            fits = len(row.values) == len(row.texts) == width
            if not fits or not all(isfinite(value) and value >= 0 for value in row.values):
                message = f"{self.caption!r}: {row.label!r} needs {width} values of 0 or more"
                raise UsageError(message)

    @property
    def widths(self) -> tuple[float, ...]:
        """Relative widths of the columns: labels, bars, and each series of figures."""
        figures = zip(*(row.texts for row in self.rows), strict=True)
        series = [(name, *texts) for name, texts in zip(self.series, figures, strict=True)]
        labels, *beside = shared(
            [[self.what, *(row.label for row in self.rows)], *series], _BESIDE_BARS
        )
        return (labels, max(LINE - labels - sum(beside), _SHORTEST_BARS), *beside)

    @property
    def inks(self) -> tuple[str, ...]:
        """The colour of each series."""
        if self.colours:
            return self.colours
        pair = len(self.series) == len(PAIR_COLOURS) and not self.stacked
        return PAIR_COLOURS if pair else SERIES_COLOURS[: len(self.series)]

    def shares(self) -> tuple[tuple[float, ...], ...]:
        """Return the length of each bar as a share, from 0 to 1, of the width there is."""
        ends = [sum(row.values) if self.stacked else max(row.values) for row in self.rows]
        longest = max([*ends, self.longest or 0.0])
        return tuple(
            tuple(value / longest if longest > 0 else 0.0 for value in row.values)
            for row in self.rows
        )


class PictureFormat(StrEnum):
    """Formats of pictures."""

    SVG = "svg"
    PNG = "png"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture with its words: ``alt`` says what it shows to those who do not see it.

    ``width`` is a share of the width of the text. An SVG picture brings its own letters as
    outlines or names fonts that are everywhere, and reaches for nothing outside itself.
    """

    data: bytes
    format: PictureFormat
    alt: str
    caption: str
    width: float = 1.0

    def __post_init__(self) -> None:
        """Refuse a picture without words."""
        _captioned(self.caption, "picture")
        if not self.alt.strip():
            message = f"Picture {self.caption!r} needs words for those who do not see it"
            raise UsageError(message)
        if not 0 < self.width <= 1:
            message = f"Picture {self.caption!r} has a width above 0 and up to 1"
            raise UsageError(message)


@dataclass(frozen=True, slots=True)
class Contents:
    """A table of contents: headings of the document down to level ``depth``."""

    title: str = "Contents"
    depth: int = 2


@dataclass(frozen=True, slots=True)
class PageBreak:
    """What follows starts on a new page."""


Block = Heading | Paragraph | Bullets | Table | Bars | Picture | Contents | PageBreak
"""One piece of a document."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document: its title, the day it speaks of, and its blocks in order.

    ``on`` is the reference date; no writer reads the clock. ``notice`` says who may read it: it
    stands at the head of the text and of every page. ``footer`` stands at the foot of every page,
    beside its number. ``description`` says in a sentence what the document is, for catalogues.
    ``compact`` asks for narrow margins and letters of 10 points instead of 11.
    """

    title: str
    on: date
    blocks: tuple[Block, ...]
    description: str = ""
    publisher: str = ""
    notice: str = ""
    footer: str = ""
    compact: bool = False

    def __post_init__(self) -> None:
        """Refuse a document that could not be found in a list."""
        if not plain(self.title):
            message = "A document needs a title"
            raise UsageError(message)
        level = 0
        for block in self.blocks:
            if isinstance(block, Heading):
                if block.level > level + 1:
                    message = f"Heading {block.text!r} skips a level: it may be {level + 1} at most"
                    raise UsageError(message)
                level = block.level


def numbered(document: Document) -> Iterator[tuple[Block, str]]:
    """Yield each block with its number in words, as "Table 2"; empty for blocks without one."""
    tables = figures = 0
    for block in document.blocks:
        if isinstance(block, Table):
            tables += 1
            yield block, f"Table {tables}"
        elif isinstance(block, Bars | Picture):
            figures += 1
            yield block, f"Figure {figures}"
        else:
            yield block, ""


def _captioned(caption: str, what: str) -> None:
    if not plain(caption):
        message = f"A {what} needs a caption"
        raise UsageError(message)
