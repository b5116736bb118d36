"""Taking up a gap: objectives, owner, action, due date, decisions, and progress by quarter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import streamlit as st
from pydantic import ValidationError

from housing_map.app import assessment_boxes, assessment_kept, furniture, state
from housing_map.app.assessment_fields import Field, Sort
from housing_map.assessment.sections.governance import day_words
from housing_map.errors import UsageError
from housing_map.gap_register import (
    Entry,
    Held,
    Line,
    Progress,
    Register,
    Standing,
    change,
    entries,
    fresh,
    take_up,
)
from housing_map.store import ConflictError, NameTakenError, open_store

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from housing_map.pack import Pack
    from housing_map.strategy import Strategy

_BASE: Final = "gap_base"
_QUARTERS: Final = 8
"""Calendar quarters to choose from, up to that of the reference date."""
_DECISION: Final = (
    Field("on", "Day", Sort.DAY, needed=True),
    Field("body", "Body that decided", needed=True),
    Field("what", "What was decided", Sort.PROSE, needed=True),
    Field("reference", "Where it is minuted"),
    Field("by_assessment", "How the needs assessment informed it", Sort.PROSE),
    Field("by_strategy", "How the strategy informed it", Sort.PROSE),
    Field("amount_gbp", "Money committed (£)", Sort.MONEY),
)


def show(pack: Pack, laid: Register, among: Sequence[Line]) -> None:
    """Draw one gap of those ``among``: as it is, and ways to change its entry."""
    furniture.section("Take up a gap")
    if not among:
        furniture.note("There is no gap of this sort.")
        return
    # How a gap stands is said below: a name that changes would bring the box back to the first.
    titles = {line.gap: line.title for line in among}
    lines = {line.gap: line for line in among}
    line = lines[state.pick(st.container(), "Gap", titles, key="gap_one")]
    furniture.bullets([line.title, standing(line)])
    hand = _Hand(pack, laid, line)
    hand.who, hand.why = assessment_kept.who_and_why()
    _what(hand)
    if line.held is None:
        return
    with st.expander("Decisions"):
        _decisions(hand)
    with st.expander("Progress by quarter"):
        _quarters(hand)
    with st.expander("Who changed what"):
        _history(hand)


def standing(line: Line) -> str:
    """Say how a gap stands in the data, since when, and why."""
    since = "" if line.since is None else f" since the data of {day_words(line.since)}"
    said = f"{str(line.standing).capitalize()}{since}"
    return said if line.standing is Standing.NOT_TAKEN_UP else f"{said}. {line.why}"


class _Hand:
    """Whoever changes an entry: what they looked at when they began, who, and why."""

    def __init__(self, pack: Pack, laid: Register, line: Line) -> None:
        self.pack, self.laid, self.line = pack, laid, line
        self.who = self.why = ""
        kept = st.session_state.get(_BASE)
        if kept is None or kept[0] != line.gap:
            kept = (line.gap, line.held, 0 if line.held is None else line.held.version)
            st.session_state[_BASE] = kept
        # A look at the data, which the program notes by itself, is no change of anybody's.
        newest = line.held
        if kept[1] is not None and newest is not None and _same(kept[1].entry, newest.entry):
            kept = (line.gap, newest, kept[2])
            st.session_state[_BASE] = kept
        self.held: Held | None = kept[1]
        self.turn = f"gap_{line.gap}_{kept[2]}"

    @property
    def entry(self) -> Entry:
        """The entry as it was when it was looked at, or a new one."""
        if self.held is not None:
            return self.held.entry
        if self.line.found is not None:
            return fresh(self.line.found, self.laid.strategy)
        message = "This gap is not found any more."
        raise UsageError(message)

    def save(self, changes: dict[str, Any], told: str) -> str:
        """Keep an entry; raises UsageError, also where somebody else was quicker."""
        assessment_kept.check(self.pack, self.who, self.why)
        entry = _entry(self.entry, changes)
        said = {"who": self.who, "why": self.why}
        with open_store() as store:
            try:
                if self.held is None:
                    kept = take_up(store, entry, self.pack, **said)
                else:
                    kept = change(store, self.held, entry, self.pack, **said)
            except (ConflictError, NameTakenError) as error:
                # What was typed stays; who saves again has been told, and read what stands there.
                found = {one.entry.gap: one for one in entries(store)}
                turn = st.session_state[_BASE][2]
                st.session_state[_BASE] = (self.line.gap, found.get(self.line.gap), turn)
                message = f"{error} What you wrote is still here: save again to put it there."
                raise UsageError(message) from error
        st.session_state[_BASE] = (self.line.gap, kept, kept.version)
        return f"{told} Version {kept.version}."


def _same(one: Entry, other: Entry) -> bool:
    """Whether two entries differ in looks at the data alone."""
    return one.model_copy(update={"looks": ()}) == other.model_copy(update={"looks": ()})


def _entry(before: Entry, changes: dict[str, Any]) -> Entry:
    """Return an entry with changes; raises UsageError that says where, and never what."""
    content = {**before.model_dump(mode="json"), **changes}
    try:
        return Entry.model_validate(content)
    except ValidationError as failed:
        told = [
            f"{'.'.join(map(str, one['loc']))}: {one['msg']}"
            for one in failed.errors(include_input=False, include_url=False)
        ]
        raise UsageError("; ".join(told)) from None


def _what(hand: _Hand) -> None:
    entry = hand.entry
    known = _objectives(hand.laid.strategy)
    options = tuple({**known, **{o: o for o in entry.objectives if o not in known}}.items())
    singles = (
        Field("objectives", "Objectives of the strategy", Sort.SEVERAL, options),
        Field("owner", "Owner: a body or a role"),
        Field("officer", "Officer, if they agree to be named"),
        Field("action", "What is to be done", Sort.PROSE),
        Field("due", "By when", Sort.DAY),
    )
    there = entry.model_dump(mode="json")
    given = {
        one.path: assessment_boxes.ask(one, there[one.path], f"{hand.turn}_{one.path}")
        for one in singles
    }

    def work() -> str:
        values = {one.path: assessment_boxes.value(one, given[one.path]) for one in singles}
        changes = {
            path: ([] if path == "objectives" else None if path == "due" else "")
            if value is None else value
            for path, value in values.items()
        }  # fmt: skip
        return hand.save(changes, "Taken up." if hand.held is None else "Saved.")

    label = "Take it up" if hand.held is None else "Save"
    first, second = st.columns(2)
    if first.button(label, key="gap_save", type="primary"):
        assessment_kept.do(work)
    if hand.line.held is not None and second.button("Take it off the register", key="gap_off"):
        assessment_kept.do(lambda: _off(hand))


def _objectives(strategy: Strategy) -> dict[str, str]:
    return {one.id: f"{one.words} ({one.priority})" for one in strategy.objectives}


def _off(hand: _Hand) -> str:
    assessment_kept.check(hand.pack, hand.who, hand.why)
    held = hand.line.held
    if held is None:
        message = "Nobody has taken it up."
        raise UsageError(message)
    with open_store() as store:
        store.remove(held.id, who=hand.who, why=hand.why, expected=held.version)
    st.session_state.pop(_BASE, None)
    return "Taken off. All its versions are kept."


def _decisions(hand: _Hand) -> None:
    there = hand.entry.model_dump(mode="json")["decisions"]
    if there:
        rows = [
            {one.label: assessment_boxes.words(one, decision[one.path] or None)
             for one in _DECISION}
            for decision in there
        ]  # fmt: skip
        furniture.table(pd.DataFrame(rows), f"Decisions on this gap: {len(rows)}")
    given = {
        one.path: assessment_boxes.ask(one, None, f"{hand.turn}_decision_{one.path}")
        for one in _DECISION
    }

    def add() -> str:
        new = assessment_boxes.entry_of(_DECISION, given)
        return hand.save({"decisions": [*there, new]}, "Added.")

    if st.button("Add a decision", key="gap_add_decision"):
        assessment_kept.do(add)
    if there and st.button("Take the last one away", key="gap_drop_decision"):
        assessment_kept.do(lambda: hand.save({"decisions": there[:-1]}, "Taken away."))


def _quarters(hand: _Hand) -> None:
    there = hand.entry.model_dump(mode="json")["quarters"]
    if there:
        furniture.table(
            pd.DataFrame(
                [
                    {
                        "Quarter": one["quarter"],
                        "Action": one["progress"].capitalize(),
                        "Note": one["note"] or "–",
                    }
                    for one in there
                ]
            ),
            "How the action stood at the end of each quarter",
        )
    left, right = st.columns(2)
    quarters = {one: one.replace("Q", ", quarter ") for one in _recent(hand.laid.on)}
    quarter = state.pick(left, "Quarter (of the calendar year)", quarters, key="gap_quarter")
    options = {str(one): str(one).capitalize() for one in Progress}
    progress = state.pick(right, "How the action stands", options, key="gap_progress")
    note = st.text_area("Note", key=f"{hand.turn}_note", max_chars=4000, height=90).strip()

    def work() -> str:
        new = {"quarter": quarter, "progress": progress, "note": note}
        rest = [one for one in there if one["quarter"] != quarter]
        return hand.save({"quarters": [*rest, new]}, "Saved.")

    if st.button("Save for this quarter", key="gap_save_quarter"):
        assessment_kept.do(work)


def _recent(on: date) -> list[str]:
    """Return calendar quarters, newest first, from that of a day."""
    last = on.year * 4 + (on.month - 1) // 3
    return [f"{n // 4}Q{n % 4 + 1}" for n in range(last, last - _QUARTERS, -1)]


def _history(hand: _Hand) -> None:
    held = hand.line.held
    if held is None:
        return
    with open_store() as store:
        versions = store.history(held.id)
    furniture.table(
        pd.DataFrame(
            [
                {
                    "Version": str(one.version),
                    "When": f"{one.when:%-d %B %Y, %H:%M} UTC",
                    "Who": one.who,
                    "Why": one.why,
                }
                for one in versions
            ]
        ),
        "Versions of this entry",
        numbers=["Version"],
    )
    looks = [
        f"Data of {day_words(one.on)}: {'found' if one.found else 'not found'}"
        for one in held.entry.looks
    ]
    if looks:
        furniture.bullets(looks)
    if hand.line.standing is Standing.CLOSED:
        furniture.note(hand.line.why)
