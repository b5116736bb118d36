"""The content of the needs assessment and of the section 59 report, before any file is made.

:func:`content` turns a pack, a financial year and an author's answers into sections, the points of
regulation 8, the dates that follow from the law, and a checklist. It holds true figures: what may
be shown of them is for the mask of a release (:mod:`housing_map.assessment.sheets`). Text quotes
cells of sheets, so that it says no more than they do (:mod:`~.sections.parts`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from housing_map import effects, model
from housing_map.assessment.answers import Answers, digest_of, form_problems
from housing_map.assessment.answers import location_problems as answers_problems
from housing_map.assessment.dates import DateState, LegalDate, legal_dates
from housing_map.assessment.form import read_form
from housing_map.assessment.points import Point, points
from housing_map.assessment.sections import community, governance, people, routes
from housing_map.assessment.sections import gaps as gaps_section
from housing_map.assessment.sections.area import area
from housing_map.assessment.sections.demand import demand
from housing_map.assessment.sections.followed import only_in_register
from housing_map.assessment.sections.parts import (
    Asked,
    Chart,
    Line,
    Made,
    Missing,
    Quote,
    Section,
    Shape,
    State,
    full_text,
)
from housing_map.assessment.sections.provision import provision
from housing_map.assessment.sections.support import support_types
from housing_map.assessment.sections.use import unmet, use
from housing_map.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

    from housing_map.assessment.form import Form, FormSection
    from housing_map.assessment.sheets import Sheet
    from housing_map.disclosure import Relation
    from housing_map.model import Settings
    from housing_map.pack import Pack
    from housing_map.scenario import Scenario

__all__ = [
    "Chart", "Content", "Item", "Line", "Made", "Missing", "Point", "Quote", "Section", "Shape",
    "State", "content",
]  # fmt: skip

_MAKERS: Final[dict[str, Callable[[Asked], Made]]] = {
    "cover": governance.cover,
    "methodology": governance.methodology,
    "area": area,
    "demand": demand,
    "provision": provision,
    "use": use,
    "unmet": unmet,
    "cross_border": routes.cross_border,
    "characteristics": people.characteristics,
    "children": people.children,
    "tenure": routes.tenure,
    "gaps": gaps_section.gaps,
    "change": gaps_section.change,
    "community": community.community,
    "commissioning": governance.commissioning,
    "board": governance.board,
    "consultation": governance.consultation,
    "support_types": support_types,
    "joint_area": community.joint_area,
}
"""What makes each section of :data:`~housing_map.assessment.form.SECTIONS`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A line of the checklist: what it is about, how it stands, and what to do."""

    what: str
    state: State
    section: str
    todo: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Content:
    """Everything an assessment says, as true figures and plain text.

    ``period`` is a financial year, ``on`` the reference date of all figures. ``scenario`` is the
    name of the scenario it was made with, empty for the data as they are.
    """

    form: Form
    period: str
    on: date
    district: str
    settings: Settings
    answers: Answers
    sections: tuple[Section, ...]
    regulation8: tuple[Point, ...]
    dates: tuple[LegalDate, ...]
    checklist: tuple[Item, ...]
    scenario: str = ""

    @property
    def form_version(self) -> str:
        """Version of the form it follows."""
        return self.form.version

    @property
    def title(self) -> str:
        """Title of the whole."""
        return f"{self.form.title}, {self.district}, {self.period}"

    @property
    def sheets(self) -> tuple[Sheet, ...]:
        """Every sheet, in the order of sections."""
        return tuple(sheet for section in self.sections for sheet in section.sheets)

    @property
    def relations(self) -> tuple[Relation, ...]:
        """What can be worked out across its tables, for the mask of the release."""
        return tuple(one for section in self.sections for one in section.relations)

    def section(self, id_: str) -> Section:
        """Return a section by its id; raises :class:`UsageError` when the form has none."""
        for one in self.sections:
            if one.id == id_:
                return one
        message = f"There is no section {id_!r}; there are {', '.join(s.id for s in self.sections)}"
        raise UsageError(message)

    def about(self, support: str) -> tuple[Section, ...]:
        """Return the sections on support of one kind, ``accommodation`` or ``community``.

        Those on community-based support are what the joint assessment under sections 13 to 15 of
        the Victims and Prisoners Act 2024 can use.
        """
        return tuple(one for one in self.sections if one.support == support)


def content(
    pack: Pack,
    period: str,
    *,
    answers: Answers | None = None,
    settings: Settings | None = None,
    earlier: Pack | None = None,
    gaps: Iterable[object] = (),
    scenario: Scenario | None = None,
    form: Form | None = None,
) -> Content:
    """Make the content of an assessment.

    Parameters
    ----------
    pack
        The data, with any returns that were sent in.
    period
        The financial year it reports on, such as ``2025-26``.
    answers
        What only a person can answer; None leaves all of it open.
    settings
        What the model is asked; by default whether households reach safety (the Part 4 question).
    earlier
        The data of the last assessment, to say what has changed.
    gaps
        Entries of the gap register.
    scenario
        A scenario whose effect is set beside the data as they are.
    form
        The form to follow; the shipped one when None.

    Raises
    ------
    UsageError
        When the period is not a financial year, or an answer names what the form does not have, or
        would say where safe accommodation is.
    """
    form, answers = form or read_form(), answers or Answers()
    settings = settings or model.Settings()
    taken_up = tuple(gaps)
    asked = Asked(
        pack=pack,
        period=period,
        settings=settings,
        form=form,
        answers=answers,
        earlier=earlier,
        gaps=taken_up,
        comparison=None if scenario is None else effects.compare(pack, [scenario], settings),
    )
    dates = legal_dates(period, asked.on, answers, form)
    if answers.period not in {None, period}:
        message = f"The answers are for {answers.period}, and not for {period}"
        raise UsageError(message)
    problems = (*form_problems(answers, form), *answers_problems(answers, pack))
    if problems:
        raise UsageError(" ".join(map(str, problems)))
    sections = tuple(_section(one, _MAKERS[one.id](asked), answers) for one in form.sections)
    judged = points(form, answers, sections, dates, only_in_register(answers, taken_up))
    return Content(
        form=form,
        period=period,
        on=asked.on,
        district=pack.info.title,
        settings=settings,
        answers=answers,
        sections=sections,
        regulation8=judged,
        dates=dates,
        checklist=_checklist(sections, judged, dates),
        scenario="" if scenario is None else scenario.name,
    )


def _section(form: FormSection, made: Made, answers: Answers) -> Section:
    """Join what was generated with what the author wrote."""
    edited = answers.edited.get(form.id)
    digest = digest_of(full_text(made.lines, made.sheets))
    changed = edited is not None and edited.digest != digest
    state = State.MISSING if any(one.needed for one in made.asks) else State.READY
    return Section(
        id=form.id,
        number=form.number,
        title=form.title,
        basis=form.basis,
        support=form.support,
        lines=made.lines,
        sheets=made.sheets,
        pictures=made.pictures,
        asks=made.asks,
        relations=made.relations,
        edited=None if edited is None else edited.text,
        added=answers.added.get(form.id, ""),
        changed=changed,
        state=State.OUT_OF_DATE if changed else state,
    )


def _checklist(
    sections: tuple[Section, ...], judged: tuple[Point, ...], dates: tuple[LegalDate, ...]
) -> tuple[Item, ...]:
    """List sections, points and dates with how they stand."""
    found = [
        Item(
            what=f"{one.number}. {one.title}",
            state=one.state,
            section=one.id,
            todo=(
                *(("The figures under your text have changed. Read it again.",) * one.changed),
                *one.missing,
            ),
        )
        for one in sections
    ]
    found += [
        Item(
            what=f"Regulation {one.ref}: {one.words}",
            state=one.state,
            section=one.section,
            todo=one.missing,
        )
        for one in judged
    ]
    found += [
        Item(what=one.what, state=_DATE_STATES[one.state], section="cover", todo=(one.rule,))
        for one in dates
    ]
    return tuple(found)


_DATE_STATES: Final = {
    DateState.DONE: State.READY,
    DateState.AHEAD: State.READY,
    DateState.LATE: State.READY,
    DateState.PAST: State.OUT_OF_DATE,
    DateState.UNKNOWN: State.MISSING,
}
