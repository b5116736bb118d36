"""The author's answers as they are kept: one document a district and year, with who and why.

Several people may write at once. What two of them changed in different places is joined; where both
changed the same, the later one is told, keeps what they wrote, and decides.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from housing_map.assessment import answers as forms
from housing_map.assessment.answers import Answers
from housing_map.errors import HousingMapError, UsageError
from housing_map.free_text import Text, gives_away, located
from housing_map.store import ConflictError, open_store

if TYPE_CHECKING:
    from collections.abc import Callable

    from housing_map.pack import Pack
    from housing_map.store import Kept, Revision, Store

_WHO: Final = "kept_who"
_WHY: Final = "assessment_why"
_SAID: Final = "assessment_said"
_TRIES: Final = 5
_MISSING: Final = object()

Content = dict[str, Any]
"""Answers as JSON has them: what nobody answered is left out."""


class TakenError(UsageError):
    """Somebody else changed the same since; the message says who, and where."""


@dataclass(frozen=True, slots=True)
class Held:
    """Answers as they are kept: version 0 where nobody has saved any."""

    answers: Answers
    version: int = 0
    who: str = ""

    @property
    def content(self) -> Content:
        """The answers as JSON has them."""
        return dict(forms.as_content(self.answers))


def named(pack: Pack, period: str) -> str:
    """Return the name under which the answers of a district and year are kept."""
    return f"{pack.info.title}, {period}"


def held(pack: Pack, period: str) -> Held:
    """Return the newest answers; raises StoreError, or UsageError for what cannot be read."""
    with open_store() as store:
        found = _newest(store, pack, period)
    if found is None:
        return Held(Answers(period=period))
    return Held(forms.from_content(found.content), found.version, found.who)


def _newest(store: Store, pack: Pack, period: str) -> Kept | None:
    name = named(pack, period)
    one = next((one for one in store.list(forms.KIND) if one.name == name), None)
    return None if one is None else store.get(one.id)


def versions(pack: Pack, period: str) -> tuple[Revision, ...]:
    """Return all versions of the answers, oldest first; raises StoreError."""
    with open_store() as store:
        found = _newest(store, pack, period)
        return () if found is None else store.history(found.id)


def amend(pack: Pack, period: str, before: Content, after: Content, *, who: str, why: str) -> Held:
    """Keep what changed from ``before`` to ``after``, on top of what others have saved since.

    Raises
    ------
    TakenError
        When somebody else has changed the same to something else; nothing is saved.
    UsageError
        When the answers, who or why cannot be kept.
    """
    check(pack, who, why)
    for _ in range(_TRIES):
        with open_store() as store:
            newest = _newest(store, pack, period)
            there = {} if newest is None else newest.content
            whole = {**joined(before, after, there, _by(newest)), "period": period}
            told = forms.from_content(whole)
            if problems := forms.location_problems(told, pack):
                raise UsageError(" ".join(map(str, problems)))
            of = {} if newest is None else {"id": newest.id, "expected": newest.version}
            try:
                kept = store.save(
                    forms.KIND, named(pack, period), forms.as_content(told),
                    who=who, why=why, **of,  # type: ignore[arg-type]
                )  # fmt: skip
            except ConflictError:
                continue
        return Held(told, kept.version, kept.who)
    message = "Others are saving at the same time. Try again."
    raise UsageError(message)


def joined(before: Content, after: Content, there: Content, by: str = "somebody else") -> Content:
    """Return ``there`` with what changed from ``before`` to ``after``; lists are one thing.

    >>> joined({"a": 1}, {"a": 2}, {"a": 1, "b": 3})
    {'a': 2, 'b': 3}
    """
    found = dict(there)
    for key in dict.fromkeys((*before, *after)):
        old, new = before.get(key, _MISSING), after.get(key, _MISSING)
        if old == new:
            continue
        now = there.get(key, _MISSING)
        if all(one is _MISSING or isinstance(one, dict) for one in (old, new, now)):
            found[key] = joined(_inner(old), _inner(new), _inner(now), by)
            if not found[key]:
                del found[key]
        elif now not in (old, new):
            message = (
                f"{by} has changed the same in the meantime. Nothing is lost: what you wrote is "
                "still here. Read what stands there now; if you save again, yours takes its place."
            )
            raise TakenError(message)
        elif new is _MISSING:
            found.pop(key, None)
        else:
            found[key] = new
    return found


def _inner(value: object) -> Content:
    return value if isinstance(value, dict) else {}


def _by(newest: Kept | None) -> str:
    return "Somebody else" if newest is None else newest.who


def check(pack: Pack, who: str, why: str) -> None:
    """Refuse words that would say where safe accommodation is, without repeating them."""
    texts = [text for text in (who, why) if text]
    if any(map(gives_away, texts)) or located(pack, tuple(Text("why", one) for one in texts)):
        message = (
            "What you wrote may say where safe accommodation is. Leave out addresses, postcodes "
            "and places."
        )
        raise UsageError(message)


# On the page ------------------------------------------------------------------------------


def who_and_why() -> tuple[str, str]:
    """Ask who is doing it, once a session, and why."""

    def keep() -> None:
        st.session_state[_WHO] = st.session_state["assessment_who"]

    left, right = st.columns(2)
    left.text_input(
        "Your name", value=st.session_state.get(_WHO, ""), key="assessment_who",
        max_chars=200, on_change=keep,
    )  # fmt: skip
    why = right.text_input("Why", key=_WHY, max_chars=2000)
    return str(st.session_state.get(_WHO, "")).strip(), str(why).strip()


def do(work: Callable[[], str]) -> None:
    """Do what a button asks; say how it went, and draw the page again."""
    try:
        st.session_state[_SAID] = work()
    except HousingMapError as error:
        st.session_state[_SAID] = f"Not done. {error}"
    st.rerun()


def said() -> str:
    """Return, once, what the last button did."""
    return str(st.session_state.pop(_SAID, ""))


def key_of(content: object) -> str:
    """Return what tells one content from another."""
    return json.dumps(content, sort_keys=True, default=str)
