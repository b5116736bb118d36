"""The scenario that a reader is building: its changes, undo and redo, in one browser session.

What is here outlives neither the tab nor the session unless it is saved on purpose
(:mod:`housing_map.app.scenario_shelf`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import streamlit as st

from housing_map.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Sequence

    from housing_map.changes import Change
    from housing_map.store import Revision
    from housing_map.vocabulary import Goal

DRAFT: Final = "scenario_draft"
"""Session key of the :class:`Scenario` that is being built."""
BUILD_TAB: Final = "Build and see"
"""Name of the tab that shows what was opened."""
UNNAMED: Final = "My scenario"
MOST_STEPS: Final = 100
"""Steps that can be undone."""

_DOCUMENT: Final = "scenario_document"
_PAST: Final = "scenario_past"
_FUTURE: Final = "scenario_future"
_TURN: Final = "scenario_turn"
_GOAL: Final = "scenario_goal_wanted"
_TAB: Final = "scenario_tab_wanted"
TAB: Final = "scenario_tab"
"""Session key of the tab that is open."""


@dataclass(frozen=True, slots=True)
class Document:
    """Saved work that the draft was opened from: where it is, and which version."""

    id: str
    version: int
    name: str


@dataclass(frozen=True, slots=True)
class _Step:
    """What there was before (or after) a step, and what the step was."""

    scenario: Scenario
    document: Document | None
    what: str


def scenario() -> Scenario:
    """Return the scenario that is being built: without changes at first."""
    found = st.session_state.get(DRAFT)
    if not isinstance(found, Scenario):
        found = st.session_state[DRAFT] = Scenario(name=UNNAMED)
    return found


def document() -> Document | None:
    """Return the saved work that the draft was opened from; None for one that was not."""
    found = st.session_state.get(_DOCUMENT)
    return found if isinstance(found, Document) else None


def turn() -> int:
    """Return how often the list was changed: widgets about one of its lines have it in their key.

    So a widget never shows what was typed for the change that stood in its place before.
    """
    return int(st.session_state.setdefault(_TURN, 0))


def put(changes: Sequence[Change], why: str) -> None:
    """Add changes to the end of the scenario that is being built; ``why`` names the step."""
    now = scenario()
    keep(now.model_copy(update={"changes": (*now.changes, *changes)}), why)


def keep(after: Scenario, what: str) -> None:
    """Take ``after`` as the scenario that is being built: a step that can be undone."""
    if after == scenario():
        return
    _note(what)
    st.session_state[DRAFT] = after
    st.session_state[_TURN] = turn() + 1


def amend(after: Scenario, what: str) -> None:
    """Take ``after`` without ending what the reader types: costs, and the name."""
    if after == scenario():
        return
    _note(what)
    st.session_state[DRAFT] = after


def ask(goal: Goal) -> None:
    """Let the scenario be asked for a goal: a question, and no step of its own."""
    if scenario().goal != goal:
        st.session_state[DRAFT] = scenario().model_copy(update={"goal": goal})


def opened(found: Scenario, what: str, kept: Revision | None = None) -> None:
    """Build on another scenario from here on; its goal is the page's goal, and its tab is shown."""
    _note(what)
    st.session_state[DRAFT] = found
    st.session_state[_DOCUMENT] = None
    if kept is not None:
        saved(kept)
    st.session_state[_TURN] = turn() + 1
    _show(found)


def saved(kept: Revision) -> None:
    """Note what the draft was saved as."""
    st.session_state[_DOCUMENT] = Document(kept.id, kept.version, kept.name)


def undo() -> None:
    """Go a step back."""
    _step(_PAST, _FUTURE)


def redo() -> None:
    """Go a step forward again."""
    _step(_FUTURE, _PAST)


def undoable() -> str:
    """Name the step that can be undone; empty for none."""
    past = _steps(_PAST)
    return past[-1].what if past else ""


def redoable() -> str:
    """Name the step that can be done again; empty for none."""
    future = _steps(_FUTURE)
    return future[-1].what if future else ""


def wanted_goal() -> Goal | None:
    """Return, once, the goal that the page must show before it draws its filters."""
    found: Goal | None = st.session_state.pop(_GOAL, None)
    return found


def wanted_tab() -> str | None:
    """Return, once, the tab that the page must show before it draws its tabs."""
    found: str | None = st.session_state.pop(_TAB, None)
    return found


def go_to(tab: str) -> None:
    """Let the page show a tab when it is drawn next."""
    st.session_state[_TAB] = tab


def without(position: int) -> Scenario:
    """Return the draft without the change at a position, from 0."""
    changes = scenario().changes
    return scenario().model_copy(
        update={"changes": (*changes[:position], *changes[position + 1 :])}
    )


def moved(position: int, by: int) -> Scenario:
    """Return the draft with the change at a position moved ``by`` places, within the list."""
    changes = list(scenario().changes)
    place = min(max(position + by, 0), len(changes) - 1)
    changes.insert(place, changes.pop(position))
    return scenario().model_copy(update={"changes": tuple(changes)})


def changed(position: int, **cells: object) -> Scenario:
    """Return the draft with fields of the change at a position set anew."""
    changes = list(scenario().changes)
    changes[position] = changes[position].model_copy(update=cells)
    return scenario().model_copy(update={"changes": tuple(changes)})


def _steps(which: str) -> list[_Step]:
    found: list[_Step] = st.session_state.setdefault(which, [])
    return found


def _note(what: str) -> None:
    past = _steps(_PAST)
    past.append(_Step(scenario(), document(), what))
    del past[:-MOST_STEPS]
    _steps(_FUTURE).clear()


def _step(source: str, target: str) -> None:
    steps = _steps(source)
    if not steps:
        return
    step = steps.pop()
    _steps(target).append(replace(step, scenario=scenario(), document=document()))
    st.session_state[DRAFT] = step.scenario
    st.session_state[_DOCUMENT] = step.document
    st.session_state[_TURN] = turn() + 1
    _show(step.scenario)


def _show(found: Scenario) -> None:
    st.session_state[_GOAL] = found.goal
