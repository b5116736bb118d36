"""*What do we publish?* The needs assessment: what is ready, sections to read and edit, files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, Final

import streamlit as st

from housing_map.app import (
    assessment_beside,
    assessment_kept,
    assessment_made,
    assessment_ready,
    furniture,
    long_run,
    state,
    view,
)
from housing_map.app.assessment_kept import Held
from housing_map.assessment.answers import Answers
from housing_map.assessment.edition import Inputs
from housing_map.errors import HousingMapError
from housing_map.gap_register import Held as GapHeld
from housing_map.gap_register import as_released, entries
from housing_map.store import StoreError, open_store
from housing_map.words import PLANNING_ONLY

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from housing_map.app.assessment_beside import Beside
    from housing_map.assessment.content import Content
    from housing_map.pack import Pack

TITLE: Final = "What do we publish?"
READY, SECTIONS, MAP, GAPS, FILES = (
    "Ready?", "Sections", "Provision map", "Gap register", "Files",
)  # fmt: skip
TABS: Final = (READY, SECTIONS, MAP, GAPS, FILES)
TAB: Final = "assessment_tab"


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the page is about: inputs, what they come to, and the answers as they are kept."""

    inputs: Inputs
    made: Content
    held: Held | None


def show() -> None:
    """Draw the page: how far the assessment is, then the tab that is open."""
    pack = state.the_pack()
    long_run.page_begins()
    heading = st.container()
    said: list[str] = []
    first, second, third = st.columns(3)
    period = _period(first, pack)
    asked = _asked(pack, period, assessment_beside.ask(second, third, pack, said), said)
    with heading:
        furniture.page(TITLE, assessment_ready.answer(asked.made), label=PLANNING_ONLY)
    for one in [assessment_kept.said(), *said]:
        if one:
            furniture.note(one)
    tabs = st.tabs(TABS, key=TAB, on_change="rerun")
    pairs = list(zip(TABS, tabs, strict=True))
    name, tab = next((pair for pair in pairs if pair[1].open), pairs[0])
    with tab:
        _draw(name, pack, asked)
    furniture.rests_on(
        [
            "Each figure is made once, and stands the same in text, tables, maps and every file.",
            "Files that may be published show counts of people for the district alone; small "
            "numbers are hidden and the rest rounded, with one mask for all tables, which is then "
            "attacked. A release that gives something away is not written.",
            "Texts are generated from the figures until somebody edits them. Nothing here invents "
            "a meeting, a member, a decision or a cost.",
            f"The form is version {asked.made.form_version}: {'; '.join(asked.made.form.sources)}",
        ]
    )
    long_run.page_ends()


def _period(place: DeltaGenerator, pack: Pack) -> str:
    """Ask for the financial year: at first the last one that is over."""
    years = assessment_made.periods(pack.info.reference_date)
    names = {one: f"April {one[:4]} to March {int(one[:4]) + 1}" for one in years}
    return state.pick(place, "Financial year", names, key="assessment_year", first=years[1])


def _asked(pack: Pack, period: str, beside: Beside, said: list[str]) -> _Asked:
    """Make the assessment from the data and what is saved; ``said`` gains what went wrong."""
    try:
        held: Held | None = assessment_kept.held(pack, period)
    except StoreError as error:
        held = None
        said.append(f"Saved work cannot be reached, so no answer is shown: {error}")
    except HousingMapError as error:
        held = Held(Answers(period=period))
        said.append(f"The saved answers cannot be read: {error}")
    answers = Answers(period=period) if held is None else held.answers
    gaps = as_released(_entries())
    alone = Inputs(pack=pack, period=period, answers=answers, gaps=gaps)
    whole = replace(alone, earlier=beside.earlier, scenario=beside.scenario)
    tries = [(whole, "What is set beside it cannot be used")] if beside else []
    for inputs, wrong in [*tries, (alone, "The saved answers cannot be used")]:
        try:
            return _Asked(inputs, assessment_made.content(inputs), held)
        except HousingMapError as error:
            said.append(f"{wrong}: {error}")
    plain = Inputs(pack=pack, period=period, answers=Answers(period=period))
    return _Asked(plain, assessment_made.content(plain), held)


def _entries() -> tuple[GapHeld, ...]:
    """Return the entries of the gap register; none where they cannot be read."""
    try:
        with open_store() as store:
            return entries(store)
    except HousingMapError:
        return ()


def _draw(name: str, pack: Pack, asked: _Asked) -> None:
    """Draw the tab that is open: what is closed is neither worked out nor sent."""
    if name == READY:
        assessment_ready.show(asked.made)
    elif name == MAP:
        import_module("housing_map.app.provision_map_view").show(pack)
    elif name == GAPS:
        import_module("housing_map.app.gap_register_view").show(pack)
    elif name == FILES:
        import_module("housing_map.app.assessment_files").show(asked.inputs)
    else:
        try:
            edition = assessment_made.made(asked.inputs, view.current())
        except HousingMapError as error:
            furniture.note(f"Nothing can be shown that may be published: {error}")
            return
        import_module("housing_map.app.assessment_sections").show(edition, asked.held)
