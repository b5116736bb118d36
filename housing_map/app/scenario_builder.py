"""Building a scenario: where to start, the list of changes in sentences, and one change more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st
from pydantic import ValidationError

from housing_map.app import (
    change_forms,
    furniture,
    scenario_draft,
    scenario_results,
    scenario_words,
    state,
)
from housing_map.app.scenario_draft import put
from housing_map.change_terms import SORTS
from housing_map.change_words import labels, sentences
from housing_map.changes import COSTED
from housing_map.errors import HousingMapError
from housing_map.escape import escape, markdown_text
from housing_map.model import Settings
from housing_map.pack import Pack
from housing_map.scenario import Scenario
from housing_map.starts import Start, starts

if TYPE_CHECKING:
    from collections.abc import Callable

    from housing_map.changes import Change
    from housing_map.scenario import Applied

__all__ = ["list_of_changes", "one_more", "put", "ready_made", "start_from"]

_EMPTY: Final = "empty"
_START: Final = "scenario_start"
_MOVED: Final = "scenario_moved"
_MAKE: Final = "scenario_make"
_NOTHING: Final = "The data have nothing that could be changed in this way."


# Where to start ---------------------------------------------------------------------------


@st.cache_resource(max_entries=4, show_spinner=False, hash_funcs={Pack: lambda pack: pack.digest})
def ready_made(pack: Pack) -> tuple[Start, ...]:
    """Return the ready-made scenarios of a pack, also those it gives no ground for."""
    return starts(pack)


def start_from(pack: Pack) -> None:
    """Offer the ready-made scenarios, and an empty list."""
    found = {one.id: one for one in ready_made(pack)}
    options = {code: one.title for code, one in found.items() if one.scenario is not None}
    options[_EMPTY] = "An empty list of changes"
    chosen = state.pick(st.container(), "Start from", options, key=_START)
    if chosen in found:
        one = found[chosen]
        source = f" Rests on: {one.source}." if one.source else ""
        furniture.note(f"{one.why}{source}")
    st.button("Start from this", key="scenario_begin", on_click=_begin, args=(pack, options))
    furniture.note("A saved scenario, or one in a file, is opened under Keep.")
    lacking = [one for one in found.values() if one.scenario is None]
    if lacking:
        with st.expander("Not ready for this district"):
            furniture.bullets(f"{one.title}: {one.lacks}." for one in lacking)


def _begin(pack: Pack, titles: dict[str, str]) -> None:
    """Build on what is chosen from here on."""
    chosen = st.session_state[_START]
    found = {one.id: one.scenario for one in ready_made(pack)}
    empty = Scenario(name=scenario_draft.UNNAMED, goal=scenario_draft.scenario().goal)
    scenario_draft.opened(found.get(chosen) or empty, f"start from “{titles[chosen]}”")


# The list ---------------------------------------------------------------------------------


def list_of_changes(pack: Pack, applied: Applied | None) -> None:
    """Show the changes as sentences, those that do not apply with the reason; edit and undo."""
    changes = scenario_draft.scenario().changes
    furniture.section("What changes")
    if changes:
        why = {} if applied is None else {one.number: one.why for one in applied.skipped}
        st.html(_listed(changes, sentences(changes, pack), why))
        if applied is not None:
            for notice in applied.notices:
                furniture.note(f"Note: {notice}.")
        _edit(labels(changes, pack))
    else:
        furniture.note("Nothing yet.")
    _steps()
    if any(isinstance(change, COSTED) for change in changes):
        costs = st.expander("What each costs", key="scenario_costs", on_change="rerun")
        if costs.open:
            with costs:
                _costs(changes, labels(changes, pack))
    if changes:
        words = st.expander("In words that may be published", key="publish", on_change="rerun")
        if words.open:
            with words:
                furniture.note("No provider, town, day or cost of one service is named.")
                furniture.bullets(sentences(changes, pack, publishable=True), ordered=True)


def _listed(changes: tuple[Change, ...], said: tuple[str, ...], why: dict[int, str]) -> str:
    """Return the list as HTML: a change that was left out says so, and why."""
    rows = []
    for number, sentence in enumerate(said):
        parts = [escape(sentence)]
        if note := changes[number].note:
            parts.append(f" {escape(note)}")
        if number in why:
            parts.append(f"<br><strong>Left out: {escape(why[number])}.</strong>")
        rows.append(f"<li>{''.join(parts)}</li>")
    return f'<ol class="hm-list">{"".join(rows)}</ol>'


def _edit(named: tuple[str, ...]) -> None:
    """Offer to move or remove one of the changes."""
    key = f"scenario_edit_{scenario_draft.turn()}"
    options = {number: f"{number + 1}. {label}" for number, label in enumerate(named)}
    last = st.session_state.get(_MOVED)
    chosen = state.pick(st.container(), "Move or remove", options, key=key, first=last)
    up, down, remove = st.columns(3)
    up.button(
        "Up", key="scenario_up", disabled=chosen == 0, width="stretch",
        on_click=_moved, args=(chosen, -1, named[chosen]),
    )  # fmt: skip
    down.button(
        "Down", key="scenario_down", disabled=chosen == len(named) - 1, width="stretch",
        on_click=_moved, args=(chosen, 1, named[chosen]),
    )  # fmt: skip
    remove.button(
        "Remove", key="scenario_remove", width="stretch",
        on_click=_removed, args=(chosen, named[chosen]),
    )  # fmt: skip


def _moved(position: int, by: int, label: str) -> None:
    scenario_draft.keep(scenario_draft.moved(position, by), f"move “{label}”")
    st.session_state[_MOVED] = position + by


def _removed(position: int, label: str) -> None:
    scenario_draft.keep(scenario_draft.without(position), f"remove “{label}”")


def _steps() -> None:
    """Offer to undo the last step, and to do it again."""
    back, again = scenario_draft.undoable(), scenario_draft.redoable()
    if back:
        said = f"Undo: {markdown_text(back)}"
        st.button(said, key="scenario_undo", on_click=scenario_draft.undo)
    if again:
        said = f"Do again: {markdown_text(again)}"
        st.button(said, key="scenario_redo", on_click=scenario_draft.redo)


def _costs(changes: tuple[Change, ...], named: tuple[str, ...]) -> None:
    """Ask for the cost of each change; an empty box is a cost that nobody has given."""
    furniture.note(
        "In pounds, as far as somebody has said. Leave empty what nobody knows: it is never "
        "taken as nothing. A saving is below 0."
    )
    for number, change in enumerate(changes):
        if not isinstance(change, COSTED):
            continue
        furniture.note(f"{number + 1}. {named[number]}")
        for field, when in (("cost_gbp_a_year", "a year"), ("cost_gbp_once", "once")):
            key = f"{field}_{scenario_draft.turn()}_{number}"
            st.number_input(
                f"Change {number + 1}: £ {when}",
                value=getattr(change, field),
                step=1000.0,
                format="%.0f",
                placeholder="not given",
                key=key,
                on_change=_costed,
                args=(number, field, key, named[number]),
            )


def _costed(number: int, field: str, key: str, label: str) -> None:
    """Write the cost that was given into its change."""
    after = scenario_draft.changed(number, **{field: st.session_state[key]})
    scenario_draft.amend(after, f"cost of “{label}”")


# One change more --------------------------------------------------------------------------


def one_more(pack: Pack) -> None:
    """Offer a form for one change more, and add it to the scenario when the reader says so.

    Before anything is worked out on a page: what is added counts at once.
    """
    furniture.section("Add a change")

    @st.fragment
    def fields() -> None:
        st.session_state[_MAKE] = _fields(pack)

    fields()
    if not st.button("Add this change", key="scenario_add", type="primary"):
        return
    make: Callable[[], Change] | None = st.session_state.get(_MAKE)
    if refused := [_NOTHING] if make is None else _add(pack, make):
        furniture.bullets(refused)


def _fields(pack: Pack) -> Callable[[], Change] | None:
    """Draw the form; return what makes the change, None where there is nothing to change."""
    options = {code: f"{sort.heading}: {sort.title}" for code, sort in SORTS.items()}
    sort = state.pick(st.container(), "What would change", options, key="scenario_sort")
    furniture.note(SORTS[sort].line)
    key = f"new_{sort}"
    make = change_forms.form(sort, change_forms.Names(_so_far(pack)), key)
    if make is None:
        furniture.note(_NOTHING)
        return None
    label = "Why, in your own words (may stay empty)"
    note = st.text_input(label, key=f"{key}_note", max_chars=200).strip()

    def noted() -> Change:
        made = make()
        if not note:
            return made
        return type(made).model_validate({**made.model_dump(), "note": note})

    return noted


def _so_far(pack: Pack) -> Pack:
    """Return the pack with the changes so far: a change may be about what another adds."""
    try:
        return _applied(pack, scenario_draft.scenario()).pack
    except HousingMapError:
        return pack


def _applied(pack: Pack, draft: Scenario) -> Applied:
    return scenario_results.applied(pack, draft, Settings(goal=draft.goal, on=draft.on))


def _add(pack: Pack, make: Callable[[], Change]) -> list[str]:
    """Add the change that a form makes; return why not, where it cannot be."""
    draft = scenario_draft.scenario()
    try:
        tried = draft.model_copy(update={"changes": (*draft.changes, make())})
        applied = _applied(pack, tried)
    except ValidationError as error:
        return scenario_words.wrong(error)
    except HousingMapError as error:
        return [str(error)]
    last = len(draft.changes)
    refused = [one.why for one in applied.skipped if one.number == last]
    if refused:
        return [f"This cannot be done: {refused[0]}."]
    put([tried.changes[last]], f"add “{labels(tried.changes, pack)[last]}”")
    return []
