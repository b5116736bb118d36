"""Scenarios that are kept: saved with who and why, opened, copied, renamed, removed, brought back.

Several people may do so at once. Whoever saves over somebody else's change is told, and keeps
what they have.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import streamlit as st
from pydantic import ValidationError

from housing_map import scenario, words
from housing_map.app import file_box, furniture, scenario_draft, scenario_words, state
from housing_map.errors import HousingMapError, UsageError
from housing_map.free_text import Text, gives_away, located
from housing_map.scenario import Scenario, ScenarioError
from housing_map.store import Action, ConflictError, NameTakenError, StoreError, open_store
from housing_map.store_records import numbered

if TYPE_CHECKING:
    from collections.abc import Callable

    from housing_map.app.scenario_draft import Document
    from housing_map.pack import Pack
    from housing_map.store import Kept, Revision, Store

KIND: Final = "scenario"
"""Kind of the documents of the store that hold scenarios."""

_WHO: Final = "kept_who"
_SAID: Final = "scenario_said"
_CONFLICT: Final = "scenario_conflict"
_COPIES: Final = 100
_TOO_LARGE: Final = "The file is too large to be a scenario."
_DEEDS: Final = {
    Action.MADE: "Made",
    Action.SAVED: "Changed",
    Action.RENAMED: "Renamed",
    Action.REMOVED: "Removed",
    Action.RESTORED: "Brought back",
    Action.WENT_BACK: "Went back to an earlier version",
    Action.COPIED: "Copied from another",
    Action.BROUGHT_IN: "Brought in from a file",
}


@dataclass(frozen=True, slots=True)
class _Hand:
    """Whoever changes saved work: what for, and what with."""

    store: Store
    pack: Pack
    who: str
    why: str

    def check(self) -> None:
        """Refuse words that would say where safe accommodation is, without repeating them."""
        texts = [text for text in (self.who, self.why) if text]
        told = tuple(Text("why", text) for text in texts)
        if any(gives_away(text) for text in texts) or located(self.pack, told):
            message = (
                "What you wrote may say where safe accommodation is. Leave out addresses, "
                "postcodes and places."
            )
            raise _RefusedError(message)

    @property
    def said(self) -> dict[str, str]:
        """Who and why, as the store asks for them."""
        self.check()
        return {"who": self.who, "why": self.why}


class _RefusedError(Exception):
    """Something cannot be kept; the message says why, in words for the page."""


def show(pack: Pack) -> None:
    """Draw the tab."""
    _said()
    try:
        with open_store() as store:
            _shelf(store, pack)
    except StoreError as error:
        furniture.section("Saved scenarios")
        furniture.note(f"Saved work cannot be reached: {error}")
        furniture.note(
            "You can go on building and comparing here. Take what you build along as a file."
        )
    _files(pack)


def kept_scenarios() -> dict[str, tuple[str, str]]:
    """Return name and content, as JSON, of every scenario that is kept, by id; none unreachable."""
    try:
        with open_store() as store:
            found = [store.get(one.id) for one in store.list(KIND)]
    except StoreError:
        return {}
    return {one.id: (one.name, json.dumps(one.content)) for one in found}


def _said() -> None:
    """Say what the last button did."""
    if message := st.session_state.pop(_SAID, ""):
        furniture.note(message)


def _shelf(store: Store, pack: Pack) -> None:
    furniture.section("Save what you have built")
    left, right = st.columns(2)
    who = _who(left)
    why = right.text_input("Why", key="scenario_why", max_chars=2000).strip()
    furniture.note("Both are kept with every version. Name no household, address or place.")
    hand = _Hand(store, pack, who, why)
    _save(hand)
    _list(hand)
    _removed(hand)
    furniture.note(f"Saved work lies in: {store.place}.")


def _who(column: Any) -> str:  # noqa: ANN401 - a column or the page itself
    """Ask who is doing it, once a session."""

    def keep() -> None:
        st.session_state[_WHO] = st.session_state["scenario_who"]

    column.text_input("Your name", value=st.session_state.get(_WHO, ""), key="scenario_who",
                      max_chars=200, on_change=keep)  # fmt: skip
    return str(st.session_state.get(_WHO, "")).strip()


# Saving -----------------------------------------------------------------------------------


def _save(hand: _Hand) -> None:
    draft, document = scenario_draft.scenario(), scenario_draft.document()
    name = st.text_input(
        "Name of the scenario",
        value=draft.name if document is None else document.name,
        key=f"scenario_name_{scenario_draft.turn()}_{'' if document is None else document.id}",
        max_chars=120,
    ).strip()
    if not draft.changes:
        furniture.note("There is nothing to save yet: build a scenario first.")
        return
    first, second = st.columns(2)
    if document is None:
        if first.button("Save", key="scenario_save", type="primary"):
            _do(lambda: _saved(hand, name))
    else:
        label = f"Save as version {document.version + 1}"
        if first.button(label, key="scenario_save", type="primary"):
            _do(lambda: _saved(hand, name, document))
        if second.button("Save as a copy", key="scenario_save_copy"):
            _do(lambda: _copied(hand, name))
    newest = st.session_state.get(_CONFLICT)
    if document is not None and newest == document.id:
        if st.button("Look at the newest version", key="scenario_newest"):
            st.session_state.pop(_CONFLICT)
            _do(lambda: _opened(hand.store.get(document.id)))
        furniture.note("What you have stays: undo brings it back.")


def _saved(hand: _Hand, name: str, document: Document | None = None) -> str:
    """Keep the draft, as a version more of what it was opened from or anew; return what to say."""
    whole = _named(hand.pack, name)
    content = json.loads(scenario.written(scenario.for_pack(whole, hand.pack)))
    of = {} if document is None else {"id": document.id, "expected": document.version}
    try:
        kept = hand.store.save(KIND, name, content, **hand.said, **of)  # type: ignore[arg-type]
    except ConflictError:
        st.session_state[_CONFLICT] = None if document is None else document.id
        raise
    st.session_state.pop(_CONFLICT, None)
    scenario_draft.amend(whole, f"name it “{whole.name}”")
    scenario_draft.saved(kept)
    return f"Saved: “{kept.name}”, version {kept.version}."


def _copied(hand: _Hand, name: str) -> str:
    """Keep the draft as a document of its own, under a name that is free."""
    for number in range(1, _COPIES):
        try:
            return _saved(hand, numbered(name, number) if number > 1 else name)
        except NameTakenError:
            continue
    message = "Give the copy another name."
    raise _RefusedError(message)


def _named(pack: Pack, name: str) -> Scenario:
    """Return the draft under a name; raises _RefusedError for one that cannot be."""
    draft = scenario_draft.scenario()
    try:
        whole = Scenario.model_validate({**draft.model_dump(), "name": name})
    except ValidationError as error:
        raise _RefusedError(" ".join(f"{one}." for one in scenario_words.wrong(error))) from error
    return _unlocated(whole, pack, "This scenario")


def _unlocated(found: Scenario, pack: Pack, what: str) -> Scenario:
    """Return a scenario; raises :class:`ScenarioError` where it locates safe accommodation."""
    if problems := scenario.location_problems(found, pack):
        raise ScenarioError(what, problems)
    return found


def _do(work: Callable[[], str]) -> None:
    """Do what a button asks; say how it went, and draw the page again."""
    try:
        st.session_state[_SAID] = work()
    except StoreError:
        raise
    except (HousingMapError, _RefusedError) as error:
        st.session_state[_SAID] = f"Not done. {error}"
    st.rerun()


# The list ---------------------------------------------------------------------------------


def _list(hand: _Hand) -> None:
    store = hand.store
    furniture.section("Saved scenarios")
    found = {one.id: one for one in store.list(KIND)}
    if not found:
        furniture.note("Nothing is saved yet.")
        return
    furniture.table(
        pd.DataFrame([_row(one) for one in found.values()]),
        "Saved scenarios, the one changed last first",
        numbers=["Version"],
    )
    document = scenario_draft.document()
    chosen = state.pick(
        st.columns(2)[0],
        "Which one",
        {code: one.name for code, one in found.items()},
        key="scenario_kept",
        first=None if document is None else document.id,
    )
    one = found[chosen]
    first, second, third = st.columns(3)
    if first.button("Open", key="scenario_open", width="stretch"):
        _do(lambda: _opened(store.get(chosen)))
    if second.button("Copy", key="scenario_copy", width="stretch"):
        _do(lambda: _copy(hand, one))
    if third.button("Remove", key="scenario_take_away", width="stretch"):
        _do(lambda: _take_away(hand, one))
    with st.expander("Rename it, or go back to an earlier version"):
        _rename(hand, one)
        _history(hand, one)


def _row(one: Revision) -> dict[str, str]:
    return {
        "Name": one.name,
        "Version": str(one.version),
        "When": _moment(one),
        "Who": one.who,
        "Why": one.why,
    }


def _moment(one: Revision) -> str:
    return f"{one.when:%-d %B %Y, %H:%M} UTC"


def _opened(kept: Kept) -> str:
    """Build on a saved scenario from here on."""
    found = scenario.read(json.dumps(kept.content), "The saved scenario")
    scenario_draft.opened(found, f"open “{kept.name}”", kept)
    scenario_draft.go_to(scenario_draft.BUILD_TAB)
    return f"Opened: “{kept.name}”, version {kept.version}."


def _copy(hand: _Hand, one: Revision) -> str:
    for number in range(2, _COPIES):
        try:
            kept = hand.store.copy(one.id, numbered(one.name, number), **hand.said)
        except NameTakenError:
            continue
        return f"Copied as “{kept.name}”."
    message = "Rename it first: there are many copies of this name."
    raise _RefusedError(message)


def _take_away(hand: _Hand, one: Revision) -> str:
    hand.store.remove(one.id, **hand.said, expected=one.version)
    return f"Removed: “{one.name}”. It can be brought back."


def _rename(hand: _Hand, one: Revision) -> None:
    key = f"scenario_rename_{one.id}_{one.version}"
    name = st.text_input("New name", value=one.name, key=key, max_chars=120).strip()

    def work() -> str:
        _checked_name(hand.pack, hand.store.get(one.id).content, name)
        kept = hand.store.rename(one.id, name, **hand.said, expected=one.version)
        document = scenario_draft.document()
        if document is not None and document.id == kept.id:
            scenario_draft.saved(kept)
        return f"It is called “{kept.name}” now."

    if st.button("Rename", key="scenario_rename"):
        _do(work)


def _checked_name(pack: Pack, content: dict[str, Any], name: str) -> None:
    """Raise for a name that a saved scenario cannot have."""
    try:
        renamed = scenario.read(json.dumps({**content, "name": name}), "The name")
    except ScenarioError as error:
        raise UsageError(" ".join(str(one.message) for one in error.problems)) from error
    _unlocated(renamed, pack, "The name")


def _history(hand: _Hand, one: Revision) -> None:
    store = hand.store
    versions = store.history(one.id)
    furniture.table(
        pd.DataFrame(
            [
                {
                    "Version": str(version.version),
                    "When": _moment(version),
                    "Who": version.who,
                    "What": _DEEDS[version.action],
                    "Why": version.why,
                }
                for version in versions
            ]
        ),
        f"History of “{one.name}”",
    )
    earlier = {v.version: f"Version {v.version}, {_moment(v)}" for v in versions[:-1]}
    if not earlier:
        return
    back = state.pick(st.columns(2)[0], "Earlier version", earlier, key=f"scenario_back_{one.id}")

    def work() -> str:
        kept = store.back_to(one.id, back, **hand.said, expected=one.version)
        return f"“{kept.name}” is again as in version {back}: this is version {kept.version}."

    first, second = st.columns(2)
    if first.button("Go back to it", key="scenario_go_back"):
        _do(work)
    if second.button("Open it without going back", key="scenario_look_back"):
        _do(lambda: _looked_at(store.at(one.id, back)))


def _looked_at(kept: Kept) -> str:
    """Build on an older version, as something new."""
    found = scenario.read(json.dumps(kept.content), "The saved scenario")
    scenario_draft.opened(found, f"open version {kept.version} of “{kept.name}”")
    scenario_draft.go_to(scenario_draft.BUILD_TAB)
    return f"Opened: “{kept.name}” as it was in version {kept.version}."


def _removed(hand: _Hand) -> None:
    store = hand.store
    gone = {one.id: one for one in store.list(KIND, removed=True)}
    if not gone:
        return
    with st.expander(f"Removed: {words.counted(len(gone))}"):
        furniture.table(
            pd.DataFrame([_row(one) for one in gone.values()]),
            "Removed scenarios, which can be brought back",
            numbers=["Version"],
        )
        names = {code: one.name for code, one in gone.items()}
        chosen = state.pick(st.columns(2)[0], "Bring back", names, key="scenario_gone")

        def work() -> str:
            kept = store.restore(chosen, **hand.said)
            return f"Brought back: “{kept.name}”."

        if st.button("Bring it back", key="scenario_restore"):
            _do(work)


# Files ------------------------------------------------------------------------------------


def _files(pack: Pack) -> None:
    furniture.section("As a file")
    draft = scenario_draft.scenario()
    if draft.changes:
        st.download_button(
            "Take what you have built along as a file",
            scenario.written(scenario.for_pack(draft, pack)),
            file_name=f"{_file_name(draft.name)}.json",
            mime="application/json",
            key="scenario_download",
            on_click="ignore",
        )
    furniture.note(
        "The file holds the changes and the data they were made for. The same file gives the same "
        "answer in the app and on the command line: housing-map scenario run FILE."
    )
    given = file_box.file_box(key="scenario_file")
    if given is None:
        return
    if problems := opened_from(pack, given.text) if not given.large else [_TOO_LARGE]:
        furniture.note("The file cannot be opened.")
        furniture.bullets(problems)
        return
    st.rerun()


def opened_from(pack: Pack, text: str) -> list[str]:
    """Build on the scenario of a file from here on; return every problem where it cannot be."""
    try:
        found = _unlocated(scenario.read(text, "The file"), pack, "The file")
    except ScenarioError as error:
        return [str(problem) for problem in error.problems]
    scenario_draft.opened(found, f"open a file with “{found.name}”")
    scenario_draft.go_to(scenario_draft.BUILD_TAB)
    return []


def _file_name(name: str) -> str:
    """Return letters and digits of a name, which any computer takes."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:60]
    return plain or "scenario"
