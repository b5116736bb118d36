"""Long runs on a page: asked for once it has painted, looked at until they end, never in its way.

A page calls :func:`page_begins` and :func:`page_ends` around what it draws. In between
:func:`outcome` says how a run ended; where it has not, :func:`wait` keeps its place, asks for it
after the page has painted, says every few seconds how far it is, and draws the page again once
it has ended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar
from uuid import uuid4

import streamlit as st

from housing_map.app import background, furniture
from housing_map.app.background import State

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from housing_map.app.background import Look, Work
    from housing_map.model import Result

T = TypeVar("T")

_EVERY_SECONDS: Final = 3.0
"""Each look costs Streamlit a tenth of a second or two, most of it for clearing its memory."""
_PAINTED: Final = "painted"
_READER: Final = "reader"


def page_begins() -> None:
    """Note that the page is being drawn: nothing long may start."""
    st.session_state[_PAINTED] = False


def page_ends() -> None:
    """Note that the page is drawn: what it waits for may start."""
    st.session_state[_PAINTED] = True


def outcome(work: Work[T], result: Result, *more: Hashable) -> Look[T] | None:
    """Return how the run of ``work`` for a result's pack and settings ended; None if it has not.

    ``more`` are further arguments of the work, which can be pickled: text, for example.
    """
    if background.works_here():
        return _ask(work, result, more)
    return background.desk().ended(_key(work, result, more))


def wait(
    work: Work[Any],
    result: Result,
    said: Callable[[Look[Any]], str],
    *more: Hashable,
    after: Sequence[Work[Any]] = (),
    stopped: Callable[[], None] | None = None,
) -> None:
    """Keep the place of a run that has not ended, and say how far it is (``said``).

    It is asked for once the runs ``after`` which it comes have ended, well or not: so a page
    looks after one run at a time. With ``stopped`` there is a button to stop it, which calls that.
    """
    if not all(background.desk().ended(_key(before, result)) for before in after):
        furniture.note(said(background.Look(State.WAITING)))
        return
    key = _key(work, result, more)
    name = work.__name__

    def look() -> None:
        if not st.session_state.get(_PAINTED):
            furniture.note(said(background.Look(State.WAITING)))
            return
        seen = _ask(work, result, more)
        if seen.ended:
            st.rerun()
        furniture.note(said(seen))
        if stopped is not None and st.button("Stop", key=f"stop_{name}"):
            background.desk().leave(key, _reader())
            stopped()
            st.rerun()

    with st.container():
        st.fragment(look, run_every=_EVERY_SECONDS, key=f"look_{name}")()


def failed(work: Work[Any], result: Result, look: Look[Any], *more: Hashable) -> None:
    """Say in words that a run failed, and offer to try again."""
    furniture.note(
        f"This could not be worked out: {look.message}. Nothing else on the page rests on it."
    )
    if st.button("Try again", key=f"again_{work.__name__}"):
        background.desk().forget(_key(work, result, more))
        st.rerun()


def _ask(work: Work[T], result: Result, more: tuple[Hashable, ...] = ()) -> Look[T]:
    return background.desk().ask(
        _key(work, result, more),
        _reader(),
        work,
        background.plain(result.pack),
        result.settings,
        *more,
    )


def _key(work: Work[Any], result: Result, more: tuple[Hashable, ...] = ()) -> Hashable:
    return background.key_of(work, result.pack, result.settings, *more)


def _reader() -> str:
    """Return what tells this reader from others; it says nothing about them."""
    return str(st.session_state.setdefault(_READER, uuid4().hex))
