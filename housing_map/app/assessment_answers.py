"""Editing a section: its generated text, further paragraphs, and what only people can answer."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import streamlit as st

from housing_map.app import assessment_boxes, assessment_kept, furniture
from housing_map.app.assessment_fields import entries, fields
from housing_map.assessment.answers import digest_of, written
from housing_map.store import StoreError

if TYPE_CHECKING:
    from housing_map.app.assessment_fields import Entries, Field
    from housing_map.app.assessment_kept import Content, Held
    from housing_map.assessment.edition import Edition
    from housing_map.assessment.sections.parts import Section

_BASE: Final = "assessment_base"
_LONGEST_TEXT: Final = 20_000


def show(edition: Edition, section: Section, held: Held) -> None:
    """Draw the ways to change a section."""
    made = edition.content
    hand = _Hand(edition, section, held)
    furniture.section("Change this section")
    furniture.note(
        "What you write goes into every file, publishable ones too: name no household, address or "
        "place of safety, and quote no figure that the publishable tables leave out."
    )
    hand.who, hand.why = assessment_kept.who_and_why()
    with st.expander("Edit the text"):
        _text(hand)
    singles, lists = fields(made.form, section.id), entries(made.form, section.id)
    if singles or lists:
        with st.expander("What only people can answer"):
            if singles:
                _singles(hand, singles)
            for one in lists:
                _entries(hand, one)
    with st.expander("Who changed what, and the answers as a file"):
        _history(hand)


class _Hand:
    """Whoever changes a section: what they looked at when they began, who, and why."""

    def __init__(self, edition: Edition, section: Section, held: Held) -> None:
        self.edition, self.section, self.held = edition, section, held
        self.who = self.why = ""
        place = edition.pack.digest, edition.content.period, section.id
        kept = st.session_state.get(_BASE)
        if kept is None or kept[0] != place:
            kept = (place, held.content, held.version)
            st.session_state[_BASE] = kept
        self.base: Content = kept[1]
        # Boxes have the version in their names: they start anew from what was saved last.
        self.turn = f"{place[1]}_{section.id}_{kept[2]}"

    def save(self, after: Content, told: str) -> str:
        """Keep what was changed; raises UsageError."""
        made = self.edition.content
        place = self.edition.pack.digest, made.period, self.section.id
        try:
            kept = assessment_kept.amend(
                self.edition.pack, made.period, self.base, after, who=self.who, why=self.why
            )
        except assessment_kept.TakenError:
            # The boxes keep their names, and so what is in them; who saves again has been told.
            st.session_state[_BASE] = (place, self.held.content, st.session_state[_BASE][2])
            raise
        st.session_state[_BASE] = (place, kept.content, kept.version)
        return f"{told} Version {kept.version}."

    def now(self) -> Content:
        """Return a copy of the answers to change."""
        return copy.deepcopy(self.base)


# Text -------------------------------------------------------------------------------------


def _text(hand: _Hand) -> None:
    section = hand.section
    generated = "\n\n".join(section.text)
    text = st.text_area(
        "The text of this section, with an empty line between paragraphs",
        value=section.edited if section.edited is not None else generated,
        height=320,
        max_chars=_LONGEST_TEXT,
        key=f"assessment_text_{hand.turn}",
    ).strip()
    added = st.text_area(
        "Further paragraphs, after the text",
        value=section.added,
        height=120,
        max_chars=_LONGEST_TEXT,
        key=f"assessment_added_{hand.turn}",
    ).strip()

    def work() -> str:
        after = hand.now()
        digest = digest_of(section.text)
        edited = None if text in {"", generated.strip()} else {"text": text, "digest": digest}
        _set(after, f"edited.{section.id}", edited)
        _set(after, f"added.{section.id}", added or None)
        return hand.save(after, "Saved.")

    first, second = st.columns(2)
    if first.button("Save the text", key="assessment_save_text", type="primary"):
        assessment_kept.do(work)
    if section.edited is None:
        return

    def back() -> str:
        after = hand.now()
        _set(after, f"edited.{section.id}", None)
        return hand.save(after, "The generated text stands again.")

    if second.button("Go back to the generated text", key="assessment_generated"):
        assessment_kept.do(back)
    if section.changed:
        furniture.note("To say that your text holds with the figures as they are now, save it.")
        furniture.bullets(section.text)


# Answers ----------------------------------------------------------------------------------


def _singles(hand: _Hand, singles: tuple[Field, ...]) -> None:
    given = {
        one.path: assessment_boxes.ask(
            one, _get(hand.base, one.path), f"assessment_{hand.turn}_{one.path}"
        )
        for one in singles
    }

    def work() -> str:
        after = hand.now()
        for one in singles:
            _set(after, one.path, assessment_boxes.value(one, given[one.path]))
        return hand.save(after, "Saved.")

    if st.button("Save these answers", key="assessment_save_answers", type="primary"):
        assessment_kept.do(work)


def _entries(hand: _Hand, asked: Entries) -> None:
    st.subheader(asked.label, anchor=False)
    there: list[dict[str, Any]] = list(_get(hand.base, asked.path) or [])
    if there:
        rows = [
            {one.label: assessment_boxes.words(one, entry.get(one.path)) for one in asked.fields}
            for entry in there
        ]
        furniture.table(pd.DataFrame(rows), f"{asked.label}: {len(there)}")
    key = f"assessment_{hand.turn}_{asked.path}"
    given = {one.path: assessment_boxes.ask(one, None, f"{key}_{one.path}") for one in asked.fields}

    def add() -> str:
        entry = assessment_boxes.entry_of(asked.fields, given)
        after = hand.now()
        _set(after, asked.path, [*there, entry])
        return hand.save(after, "Added.")

    if st.button(f"Add {asked.one}", key=f"assessment_add_{asked.path}"):
        assessment_kept.do(add)
    if not there:
        return
    first = asked.fields[0], asked.fields[1]
    place = st.selectbox(
        "Which one to take away",
        range(len(there)),
        format_func=lambda n: ", ".join(
            assessment_boxes.words(one, there[n].get(one.path)) for one in first
        ),
        key=f"{key}_gone",
    )

    def remove() -> str:
        after = hand.now()
        _set(after, asked.path, [one for n, one in enumerate(there) if n != place] or None)
        return hand.save(after, "Taken away.")

    if st.button("Take it away", key=f"assessment_remove_{asked.path}"):
        assessment_kept.do(remove)


def _get(content: Content, path: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    found: Any = content
    for part in path.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def _set(content: Content, path: str, value: Any) -> None:  # noqa: ANN401 - as above
    """Put a value at a path; None takes it away, with what is empty then."""
    first, _, rest = path.partition(".")
    if not rest:
        content.pop(first, None)
        if value is not None:
            content[first] = value
        return
    inner = content.setdefault(first, {})
    _set(inner, rest, value)
    if not inner:
        del content[first]


# History ----------------------------------------------------------------------------------


def _history(hand: _Hand) -> None:
    made = hand.edition.content
    name = assessment_kept.named(hand.edition.pack, made.period)
    try:
        versions = assessment_kept.versions(hand.edition.pack, made.period)
    except StoreError as error:
        furniture.note(f"Saved work cannot be reached: {error}")
        return
    if versions:
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
            f"Versions of the answers: {name}",
            numbers=["Version"],
        )
    else:
        furniture.note("Nothing is saved yet.")
    st.download_button(
        "Take the answers along as a file",
        written(hand.held.answers),
        file_name=f"{hand.edition.pack.info.name}-answers-{made.period}.json",
        mime="application/json",
        key="assessment_answers_file",
        on_click="ignore",
    )
    furniture.note(
        "The same file gives the same release on the command line: housing-map assess --answers "
        "FILE."
    )
