"""*Ready?* What is ready, missing or out of date: sections, points of regulation 8, dates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from housing_map.app import furniture
from housing_map.assessment.dates import DateState
from housing_map.assessment.sections.governance import day_words
from housing_map.assessment.sections.parts import State

if TYPE_CHECKING:
    from housing_map.assessment.content import Content
    from housing_map.assessment.sections.parts import Section

SAID: Final = {State.READY: "Ready", State.MISSING: "Missing", State.OUT_OF_DATE: "Out of date"}
_DATES: Final = {
    DateState.DONE: "Done",
    DateState.AHEAD: "To come",
    DateState.PAST: "Past: nobody has said it was done",
    DateState.LATE: "Done, after the day",
    DateState.UNKNOWN: "Cannot be told yet",
}


def answer(made: Content) -> list[str]:
    """Return how far the assessment is, in sentences."""
    sections = [one for one in made.sections if one.state is State.READY]
    points = [one for one in made.regulation8 if one.state is State.READY]
    said = [
        f"Of the {len(made.sections)} sections for {made.period}, {len(sections)} "
        f"{'is' if len(sections) == 1 else 'are'} ready; of the {len(made.regulation8)} points of "
        f"regulation 8, {len(points)}."
    ]
    if any(one.state is State.OUT_OF_DATE for one in made.sections):
        said.append("Some texts were written about figures that have changed since.")
    if len(sections) < len(made.sections):
        said.append(
            "The rest needs figures that services send in, or answers that only people can give. "
            "It can be published before: what is missing is then listed as missing."
        )
    return said


def show(made: Content) -> None:
    """Draw the tab."""
    furniture.section("Sections")
    furniture.table(
        pd.DataFrame(
            [
                {
                    "Section": f"{one.number}. {one.title}",
                    "State": SAID[one.state],
                    "What is missing, and who could give it": _todo(one),
                }
                for one in made.sections
            ]
        ),
        f"The {len(made.sections)} sections of form {made.form_version}",
    )
    furniture.section("The section 59 report")
    furniture.table(
        pd.DataFrame(
            [
                {
                    "Point": one.ref,
                    "What it asks": one.words,
                    "State": SAID[one.state],
                    "Answered by": " ".join(one.evidence) or "–",
                    "Missing": " ".join(f"{what}." for what in one.missing) or "–",
                }
                for one in made.regulation8
            ]
        ),
        "Regulation 8 of SI 2021/990, point by point",
    )
    furniture.section("Dates")
    furniture.table(
        pd.DataFrame(
            [
                {
                    "What": one.what,
                    "When": "–" if one.when is None else day_words(one.when),
                    "State": _DATES[one.state],
                    "How it is reckoned": one.rule,
                    "Basis": one.basis,
                }
                for one in made.dates
            ]
        ),
        f"As at {day_words(made.on)}, from the law and from practice",
    )


def _todo(section: Section) -> str:
    """Say what there is to do before a section is ready."""
    first = ["The figures under the text have changed. Read it again."] if section.changed else []
    by: dict[str, list[str]] = {}
    for one in section.asks:
        if one.needed:
            by.setdefault(one.who, []).append(one.what)
    asked = [f"{'; '.join(what)}. Ask: {who}." for who, what in by.items()]
    return " ".join([*first, *asked]) or "–"
