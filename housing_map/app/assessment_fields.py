"""Which answers of an author belong to which section, and how each is asked on the page."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from housing_map.vocabulary import ANSWERS, Answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from housing_map.assessment.form import Form


class Sort(StrEnum):
    """How an answer is given."""

    LINE = "line"
    PROSE = "prose"
    DAY = "day"
    DAYS = "days"
    MONEY = "money"
    CHOICE = "choice"
    SEVERAL = "several"


@dataclass(frozen=True, slots=True)
class Field:
    """One answer: where it stands (keys joined by dots), what is asked, and how."""

    path: str
    label: str
    sort: Sort = Sort.LINE
    options: tuple[tuple[str, str], ...] = ()
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Entries:
    """A list of entries: where it stands, what it is called, and the fields of one entry."""

    path: str
    label: str
    one: str
    fields: tuple[Field, ...]


_DAY: Final = Field("on", "Day", Sort.DAY, needed=True)
_CONFIRMED: Final = tuple(
    (str(one), ANSWERS[one].label) for one in (Answer.UNKNOWN, Answer.YES, Answer.NO)
)


def fields(form: Form, section: str) -> tuple[Field, ...]:
    """Return the single answers that belong to a section."""
    sections = tuple((one.id, f"{one.number}. {one.title}") for one in form.sections)
    known: Mapping[str, tuple[Field, ...]] = {
        "cover": (
            Field("author", "Author: a role or a body"),
            Field("document_version", "Version of the document"),
            Field("full_assessment_on", "Full assessment carried out on", Sort.DAY),
            Field("amended_on", "Last amended on", Sort.DAY),
            Field("sections_amended", "Sections amended", Sort.SEVERAL, sections),
            Field("next_refresh_on", "Next refresh", Sort.DAY),
            Field("next_full_on", "Next full assessment", Sort.DAY),
            Field("report_sent_on", "Section 59 report sent on", Sort.DAY),
        ),
        "commissioning": (
            Field("strategy.title", "Title of the strategy"),
            Field("strategy.first_published_on", "A strategy was first published on", Sort.DAY),
            Field("strategy.draft_published_on", "Draft of the one in force", Sort.DAY),
            Field("strategy.published_on", "The one in force was published on", Sort.DAY),
            Field("strategy.reviewed_on", "Reviewed on (days, with commas between)", Sort.DAYS),
            Field("strategy.next_draft_on", "Draft of the next one", Sort.DAY),
            Field("strategy.next_published_on", "The next one is to be published on", Sort.DAY),
            *(
                Field(f"strategy.regards.{one.code}", f"Had regard to: {one.words}", Sort.PROSE)
                for one in form.regards
            ),
        ),
        "board": (
            Field("board.appointed", "Is a partnership board appointed?", Sort.CHOICE, _CONFIRMED),
            Field("board.name", "Its name, or the body that acts as it"),
            Field("board.how_often", "How often it meets"),
            Field("board.signed_off_on", "It signed this assessment off on", Sort.DAY),
        ),
    }
    statements = tuple(
        Field(f"statements.{one.ref}", f"Statement to {one.ref}: {one.words}", Sort.PROSE)
        for one in form.regulation8
        if one.section == section
    )
    return (*known.get(section, ()), *statements)


def entries(form: Form, section: str) -> tuple[Entries, ...]:
    """Return the lists of entries that belong to a section."""
    seats = tuple((one.code, one.words) for one in form.seats)
    whom = (("board", "The partnership board"), ("local_authority", "A local authority"),
            ("other", "Others"))  # fmt: skip
    known: Mapping[str, tuple[Entries, ...]] = {
        "methodology": (
            Entries(
                "lived_experience",
                "How people with lived experience took part",
                "a way of taking part",
                (
                    _DAY,
                    Field("how", "How", needed=True),
                    Field("themes", "Themes, never quotations or cases", Sort.PROSE),
                    Field("done", "What was changed because of it", Sort.PROSE),
                ),
            ),
        ),
        "commissioning": (
            Entries(
                "decisions",
                "Commissioning decisions",
                "a decision",
                (
                    _DAY,
                    Field("what", "What was decided", Sort.PROSE, needed=True),
                    Field("by_assessment", "How the assessment informed it", Sort.PROSE),
                    Field("by_strategy", "How the strategy informed it", Sort.PROSE),
                    Field("gap", "Entry of the gap register"),
                ),
            ),
            Entries(
                "spend",
                "Money against objectives of the strategy",
                "money",
                (
                    Field("objective", "Objective", needed=True),
                    Field("stream", "Where the money comes from", needed=True),
                    Field("planned_gbp", "Planned (£)", Sort.MONEY),
                    Field("spent_gbp", "Spent (£)", Sort.MONEY),
                ),
            ),
        ),
        "board": (
            Entries(
                "board.seats",
                "Members",
                "a member",
                (
                    Field("seat", "Whom they stand for", Sort.CHOICE, seats, needed=True),
                    Field("body", "Body", needed=True),
                    Field("role", "Role"),
                ),
            ),
            Entries(
                "board.meetings",
                "Meetings",
                "a meeting",
                (_DAY, Field("about", "About")),
            ),
        ),
        "consultation": (
            Entries(
                "consultation",
                "Consultation log",
                "a consultation",
                (
                    _DAY,
                    Field("whom", "Who was consulted", Sort.CHOICE, whom, needed=True),
                    Field("body", "Body", needed=True),
                    Field("how", "How"),
                    Field("said", "What they said", Sort.PROSE),
                    Field("done", "What was changed, or why nothing was", Sort.PROSE),
                ),
            ),
        ),
    }
    return known.get(section, ())
