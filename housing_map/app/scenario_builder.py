"""Building a scenario: where to start, the list of changes in sentences, and one change more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st
from pydantic import ValidationError

from housing_map import scenario
from housing_map.app import change_forms, furniture, scenario_draft, scenario_words, state
from housing_map.app.scenario_draft import put
from housing_map.change_terms import SORTS
from housing_map.change_words import labels, sentences
from housing_map.changes import COSTED
from housing_map.errors import HousingMapError
from housing_map.escape import escape, markdown_text
from housing_map.pack import Pack
from housing_map.scenario import Scenario
from housing_map.starts import Start, starts

if TYPE_CHECKING:
    from collections.abc import Callable

    from housing_map.changes import Change
    from housing_map.scenario import Applied

__all__ = ["list_of_changes", "one_more", "put", "ready_made", "start_from"]

_EMPTY: Final = "empty"
_REFUSED: Final = "scenario_refused"
_ADDED: Final = "scenario_added"


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
    chosen = state.pick(st.container(), "Start from", options, key="scenario_start")
    if chosen in found:
        one = found[chosen]
        source = f" Rests on: {one.source}." if one.source else ""
        furniture.note(f"{one.why}{source}")
    if st.button("Start from this", key="scenario_begin"):
        begun = found[chosen].scenario if chosen in found else None
        empty = Scenario(name=scenario_draft.UNNAMED, goal=scenario_draft.scenario().goal)
        scenario_draft.opened(begun or empty, f"start from “{options[chosen]}”")
        st.rerun()
    lacking = [one for one in found.values() if one.scenario is None]
    if lacking:
        with st.expander("Not ready for this district"):
            furniture.bullets(f"{one.title}: {one.lacks}." for one in lacking)


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
        with st.expander("What each costs"):
            _costs(changes, labels(changes, pack))
    if changes:
        with st.expander("In words that may be published"):
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
    last = st.session_state.pop("scenario_moved", None)
    chosen = state.pick(st.container(), "Move or remove", options, key=key, first=last)
    up, down, remove = st.columns(3)
    label = named[chosen]
    if up.button("Up", key="scenario_up", disabled=chosen == 0, width="stretch"):
        _moved(chosen, -1, label)
    if down.button("Down", key="scenario_down", disabled=chosen == len(named) - 1, width="stretch"):
        _moved(chosen, 1, label)
    if remove.button("Remove", key="scenario_remove", width="stretch"):
        scenario_draft.keep(scenario_draft.without(chosen), f"remove “{label}”")
        st.rerun()


def _moved(position: int, by: int, label: str) -> None:
    scenario_draft.keep(scenario_draft.moved(position, by), f"move “{label}”")
    st.session_state["scenario_moved"] = position + by
    st.rerun()


def _steps() -> None:
    """Offer to undo the last step, and to do it again."""
    back, again = scenario_draft.undoable(), scenario_draft.redoable()
    if back and st.button(f"Undo: {markdown_text(back)}", key="scenario_undo"):
        scenario_draft.undo()
        st.rerun()
    if again and st.button(f"Do again: {markdown_text(again)}", key="scenario_redo"):
        scenario_draft.redo()
        st.rerun()


def _costs(changes: tuple[Change, ...], named: tuple[str, ...]) -> None:
    """Ask for the cost of each change; an empty box is a cost that nobody has given."""
    furniture.note(
        "In pounds, as far as somebody has said. Leave empty what nobody knows: it is never "
        "taken as nothing. A saving is below 0."
    )
    for number, change in enumerate(changes):
        if not isinstance(change, COSTED):
            continue
        for field, when in (("cost_gbp_a_year", "a year"), ("cost_gbp_once", "once")):
            found = st.number_input(
                f"{number + 1}. {markdown_text(named[number])}: £ {when}",
                value=getattr(change, field),
                step=1000.0,
                format="%.0f",
                placeholder="not given",
                key=f"{field}_{scenario_draft.turn()}_{number}",
            )
            if found != getattr(change, field):
                after = scenario_draft.changed(number, **{field: found})
                scenario_draft.amend(after, f"cost of “{named[number]}”")
                st.rerun()


# One change more --------------------------------------------------------------------------


def one_more(pack: Pack, now: Pack) -> None:
    """Offer a form for one change more; ``now`` is the pack with the changes so far."""
    furniture.section("Add a change")

    @st.fragment
    def fields() -> None:
        _fields(pack, now)

    fields()


def _fields(pack: Pack, now: Pack) -> None:
    options = {code: f"{sort.heading}: {sort.title}" for code, sort in SORTS.items()}
    sort = state.pick(st.container(), "What would change", options, key="scenario_sort")
    furniture.note(SORTS[sort].line)
    key = f"new_{sort}_{st.session_state.get(_ADDED, 0)}"
    make = change_forms.form(sort, change_forms.Names(now), key)
    if make is None:
        furniture.note("The data have nothing that could be changed in this way.")
        return
    note = st.text_input("Why, in your own words (may stay empty)", key=f"{key}_note",
                         max_chars=200)  # fmt: skip
    if st.button("Add this change", key="scenario_add", type="primary"):
        refused = _add(pack, make, note.strip())
        if not refused:
            st.session_state[_ADDED] = st.session_state.get(_ADDED, 0) + 1
            st.rerun()
        furniture.bullets(refused)


def _add(pack: Pack, make: Callable[[], Change], note: str) -> list[str]:
    """Add the change that a form makes; return why not, where it cannot be."""
    try:
        made = make()
        if note:
            made = type(made).model_validate({**made.model_dump(), "note": note})
    except ValidationError as error:
        return scenario_words.wrong(error)
    draft = scenario_draft.scenario()
    tried = draft.model_copy(update={"changes": (*draft.changes, made)})
    try:
        applied = scenario.apply(pack, tried)
    except HousingMapError as error:
        return [str(error)]
    last = len(draft.changes)
    refused = [one.why for one in applied.skipped if one.number == last]
    if refused:
        return [f"This cannot be done: {refused[0]}."]
    put([made], f"add “{labels(tried.changes, pack)[last]}”")
    return []
