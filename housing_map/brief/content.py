"""What a brief says, before anything is laid out: sections of plain text, tables and bars.

A brief has two pages. What does not fit is cut by rules on content, never by smaller letters: a
:class:`Room` says how much of each thing may be said, and the most ample that fits is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from housing_map.brief.phrases import cut
from housing_map.documents.blocks import Bullets, Document, Heading, Paragraph, Span, Style
from housing_map.documents.pdf import extent
from housing_map.errors import HousingMapError
from housing_map.words import PLANNING_ONLY

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from housing_map.documents.blocks import Block

PAGES: Final = 1.5
"""Pages that a brief may fill when typst sets it: Word's wider letters then end on page two."""
RESTRICTED: Final = (
    "Restricted: for the commissioning group. Not to be published or passed on. " + PLANNING_ONLY
)
PUBLISHABLE: Final = PLANNING_ONLY


@dataclass(frozen=True, slots=True)
class Room:
    """How much may be said: most items of each list, and most letters of what people wrote."""

    changes: int
    scenarios: int
    groups: int
    notes: int
    questions: int
    letters: int


ROOMS: Final = (
    Room(changes=18, scenarios=8, groups=5, notes=4, questions=5, letters=280),
    Room(changes=12, scenarios=7, groups=5, notes=4, questions=4, letters=240),
    Room(changes=7, scenarios=7, groups=4, notes=3, questions=4, letters=220),
    Room(changes=5, scenarios=6, groups=3, notes=2, questions=3, letters=160),
    Room(changes=4, scenarios=5, groups=3, notes=1, questions=2, letters=120),
    Room(changes=3, scenarios=4, groups=2, notes=1, questions=2, letters=90),
    Room(changes=2, scenarios=3, groups=1, notes=0, questions=1, letters=70),
)
"""From the most ample to the tightest."""


class TooLongError(HousingMapError, ValueError):
    """A brief does not fit on two pages even when it says as little as it may."""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands below it."""

    heading: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Brief:
    """A brief: its title, the answer in a sentence or two, and its sections.

    ``on`` is the reference date; ``identity`` says which data and scenario it was made from.
    """

    title: str
    answer: str
    sections: tuple[Section, ...]
    on: date
    identity: str
    publishable: bool

    def document(self) -> Document:
        """Return the brief as a document that can be written as Word, PDF or HTML."""
        blocks: list[Block] = [Paragraph(self.answer, Style.LEAD)]
        for section in self.sections:
            blocks += [Heading(section.heading), *section.blocks]
        return Document(
            title=self.title,
            on=self.on,
            blocks=tuple(blocks),
            description=cut(self.answer, 240),
            notice=PUBLISHABLE if self.publishable else RESTRICTED,
            footer=self.identity,
            compact=True,
        )


def fitted(build: Callable[[Room], Brief]) -> Document:
    """Return the most ample brief that fits on two pages; raises :class:`TooLongError`."""
    for room in ROOMS:
        document = build(room).document()
        if extent(document) <= PAGES:
            return document
    message = "This does not fit on two pages: take fewer scenarios, or fewer changes"
    raise TooLongError(message)


def points(lines: Sequence[tuple[str, str]]) -> tuple[Block, ...]:
    """Return a list of points, each with its first words strong; without text, none."""
    items = tuple((Span(f"{lead} ", strong=True), text) for lead, text in lines if text)
    return (Bullets(items),) if items else ()
