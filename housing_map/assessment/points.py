"""Regulation 8 of SI 2021/990, point by point: what answers it, and what is missing.

A point is answered by what the author gave, by what was generated, or by a statement of the author
to the point itself. The program says that something is there; whether it is good evidence is for
the people who read it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from housing_map.assessment.dates import DRAFT_AHEAD, FIRST_STRATEGY_BEFORE, DateState
from housing_map.assessment.sections.governance import day_words
from housing_map.assessment.sections.parts import State
from housing_map.vocabulary import Answer
from housing_map.words import counted, joined

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from housing_map.assessment.answers import Answers
    from housing_map.assessment.dates import LegalDate
    from housing_map.assessment.form import Form
    from housing_map.assessment.sections.parts import Section
    from housing_map.gap_register import Decision as Decided


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A point of regulation 8: what answers it, in words, and what is missing.

    ``section`` is where it is answered in full.
    """

    ref: str
    words: str
    section: str
    evidence: tuple[str, ...]
    missing: tuple[str, ...]
    state: State


@dataclass(frozen=True, slots=True)
class _Told:
    """What the points are judged by."""

    form: Form
    answers: Answers
    sections: Mapping[str, Section]
    dates: Mapping[str, LegalDate]
    registered: tuple[Decided, ...]
    """Decisions that stand in the gap register alone: counted here, and not quoted."""


_Found = tuple[list[str], list[str]]
"""Evidence, and what is missing."""


def points(
    form: Form,
    answers: Answers,
    sections: tuple[Section, ...],
    dates: tuple[LegalDate, ...],
    registered: tuple[Decided, ...] = (),
) -> tuple[Point, ...]:
    """Return every point of regulation 8 that the form has, in its order."""
    by_id, by_date = {s.id: s for s in sections}, {d.id: d for d in dates}
    told = _Told(form, answers, by_id, by_date, registered)
    found = []
    for one in form.regulation8:
        evidence, missing = _JUDGES.get(one.ref, _statement_only)(told)
        statement = answers.statements.get(one.ref)
        if statement:
            evidence.append(statement)
        elif one.ref in _NEED_STATEMENT or one.ref not in _JUDGES:
            missing.append("A statement of the council to this point")
        found.append(
            Point(
                ref=one.ref,
                words=one.words,
                section=one.section,
                evidence=tuple(evidence),
                missing=tuple(missing),
                state=State.MISSING if missing else State.READY,
            )
        )
    return tuple(found)


def _statement_only(_: _Told) -> _Found:
    return [], []


def _appointed(told: _Told) -> _Found:
    board = told.answers.board
    if board.appointed is Answer.YES:
        return [f"A partnership board is appointed{f': {board.name}' if board.name else ''}."], []
    if board.appointed is Answer.NO:
        return [], ["The authority says that no board is appointed"]
    return [], ["Whether a partnership board is appointed"]


def _membership(told: _Told) -> _Found:
    board = told.answers.board
    held = {seat.seat for seat in board.seats}
    empty = [s.words for s in told.form.seats if s.code not in held and not s.may_be_empty]
    evidence, missing = [], []
    if held:
        evidence.append(
            f"{counted(len(board.seats)).capitalize()} "
            f"{'member is' if len(board.seats) == 1 else 'members are'} listed by seat."
        )
    if empty:
        missing.append(f"Members for: {joined(empty)}")
    if board.how_often:
        evidence.append(f"It meets: {board.how_often}.")
    elif not board.meetings:
        missing.append("How often the board meets")
    if board.meetings:
        days = joined([day_words(one.on) for one in sorted(board.meetings, key=lambda m: m.on)])
        evidence.append(f"It met on {days}.")
    return evidence, missing


def _carried_out(told: _Told) -> _Found:
    full, amended = told.answers.full_assessment_on, told.answers.amended_on
    if full is None:
        return [], ["The date of the full assessment"]
    evidence = [f"The full assessment is of {day_words(full)}."]
    if amended is not None:
        evidence.append(f"It was amended on {day_words(amended)}.")
    return evidence, []


def _methodology(told: _Told) -> _Found:
    section = told.sections.get("methodology")
    if section is None:
        return [], ["The section on methodology, which the form leaves out"]
    return [f"Section {section.number}, {section.title}."], []


_RESULTS: Final = ("demand", "provision", "use", "unmet", "cross_border", "characteristics",
                   "children", "tenure", "gaps", "support_types")  # fmt: skip
_RETURNS: Final = ("use", "unmet")


def _result(told: _Told) -> _Found:
    here = [told.sections[one] for one in _RESULTS if one in told.sections]
    evidence = [f"Sections {joined([str(one.number) for one in here])}."] if here else []
    missing = [
        f"Section {one.number}, {one.title}: {len(one.asks)} figures that nobody sent in"
        for one in here
        if one.id in _RETURNS and one.asks
    ]
    return evidence, missing


def _in_place(told: _Told) -> _Found:
    strategy = told.answers.strategy
    if strategy.published_on is None:
        return [], ["When the strategy in force was published"]
    name = f" “{strategy.title}”" if strategy.title else ""
    return [f"The strategy{name} was published on {day_words(strategy.published_on)}."], []


def _published_rightly(told: _Told) -> _Found:
    strategy = told.answers.strategy
    evidence, missing = [], []
    first, draft, whole = (
        strategy.first_published_on, strategy.draft_published_on, strategy.published_on,
    )  # fmt: skip
    if first is None:
        missing.append("When a strategy was first published")
    elif first < FIRST_STRATEGY_BEFORE:
        evidence.append(f"First published on {day_words(first)}, before 5 January 2022.")
    else:
        missing.append(f"First published on {day_words(first)}: not before 5 January 2022")
    if draft is None or whole is None:
        missing.append("When the draft of the strategy in force and the strategy were published")
    elif whole - draft >= DRAFT_AHEAD:
        weeks = (whole - draft).days // 7
        evidence.append(
            f"The draft was published on {day_words(draft)}, {weeks} weeks before the strategy."
        )
    else:
        missing.append("The draft was published less than ten weeks before the strategy")
    for date in told.dates.values():
        if date.id.startswith("review_") and date.when is not None:
            if date.done is not None and date.state in {DateState.DONE, DateState.LATE}:
                evidence.append(f"{date.what}: {day_words(date.done)}.")
            elif date.state is DateState.PAST:
                missing.append(f"{date.what}, due by {day_words(date.when)}")
    if not told.answers.strategy.regards:
        missing.append("How the strategy had regard to the matters of regulation 5")
    if not told.answers.consultation:
        missing.append("Who was consulted (section 57(4))")
    return evidence, missing


def _access(told: _Told) -> _Found:
    section = told.sections.get("tenure")
    if section is None:
        return [], []
    return [f"What there is, by component, tenure and Place: section {section.number}."], []


def _decided(attribute: str, what: str) -> Callable[[_Told], _Found]:
    """Return a judge of whether decisions say what informed them."""

    def judge(told: _Told) -> _Found:
        decisions = told.answers.decisions
        if not decisions and not told.registered:
            return [], ["Commissioning decisions of the year"]
        silent = [one for one in decisions if not getattr(one, attribute)]
        evidence = [
            f"{day_words(one.on)}: {getattr(one, attribute)}"
            for one in decisions
            if one not in silent
        ]
        missing = [f"How {what} informed the decision of {day_words(one.on)}" for one in silent]
        if told.registered:
            said = sum(bool(getattr(one, attribute)) for one in told.registered)
            evidence.append(
                f"Decisions in the gap register: {len(told.registered)}. For {said} of them it is "
                f"said how {what} informed it."
            )
            if said < len(told.registered):
                missing.append(f"How {what} informed every decision of the gap register")
        return evidence, missing

    return judge


def _spend(told: _Told) -> _Found:
    section = told.sections.get("commissioning")
    sheets = set() if section is None else {sheet.id for sheet in section.sheets}
    if section is not None and sheets & {"spend", "spend_returned"}:
        lacking = [one.objective for one in told.answers.spend if one.spent_gbp is None]
        missing = [f"What was spent on: {joined(lacking)}"] if lacking else []
        return [f"Money by objective: section {section.number}."], missing
    return [], ["Money planned and spent against each objective of the strategy"]


_JUDGES: Final[dict[str, Callable[[_Told], _Found]]] = {
    "8(a)": _appointed,
    "8(b)": _membership,
    "8(c)(i)": _carried_out,
    "8(c)(ii)": _methodology,
    "8(c)(iii)": _result,
    "8(d)(i)": _in_place,
    "8(d)(ii)": _published_rightly,
    "8(d)(iii)": _access,
    "8(e)(i)": _decided("by_assessment", "the assessment"),
    "8(e)(ii)": _decided("by_strategy", "the strategy"),
    "8(f)": _spend,
}
_NEED_STATEMENT: Final = frozenset({"8(d)(i)", "8(d)(iii)"})
"""Points on how well something works, which only the council can speak to."""
