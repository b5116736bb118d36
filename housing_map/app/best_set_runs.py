"""Long runs about the best set: asked for, looked at until they end, stopped, tried again.

As :mod:`housing_map.app.long_run`, for work that is told more than a pack and its settings.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import streamlit as st

from housing_map.app import background, furniture
from housing_map.app.background import State
from housing_map.app.best_set_work import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from housing_map.app.background import Look, Work
    from housing_map.app.best_set_work import Query

_EVERY_SECONDS: Final = 2.0
_READER: Final = "reader"
_ASKED: Final = "best_asked"


@dataclass(frozen=True, slots=True)
class Run:
    """A long run: the work, what it is told, and what tells it from others."""

    work: Work[Any]
    told: tuple[object, ...]
    apart: Hashable

    @property
    def name(self) -> str:
        """What it is called on the page."""
        return f"best_{self.work.__name__}"

    @property
    def key(self) -> Hashable:
        """What tells it from every other run."""
        return self.name, self.apart


def about(work: Work[Any], query: Query, *further: object, apart: Hashable = ()) -> Run:
    """Return a run about a query; ``apart`` tells ``further`` things it is told from others."""
    plain = replace(query, pack=background.plain(query.pack))
    return Run(work, (plain, *further), (query.key, apart))


def part(
    run: Run,
    *,
    offer: str,
    button: str,
    said: Callable[[Look[Any]], str],
    draw: Callable[[Any], None],
) -> None:
    """Draw a part of the page that is worked out on request alone, and drawn once it is there."""
    wanted = f"wanted_{run.name}"
    asked = st.session_state.get(wanted) == run.key
    look = outcome(run, ask=asked)
    if look is None and not asked:
        furniture.note(offer)
        if st.button(button, key=f"do_{run.name}"):
            st.session_state[wanted] = run.key
            st.rerun()
    elif look is None:
        wait(run, said, stopped=lambda: st.session_state.pop(wanted, None))
    elif look.state is State.FAILED:
        failed(run, look)
    elif isinstance(look.result, Refused):
        furniture.note(f"This cannot be had. {look.result.why}")
    else:
        draw(look.result)


def outcome(run: Run, *, ask: bool = True) -> Look[Any] | None:
    """Return how a run ended; None if it has not. Without ``ask`` it is not done for this."""
    if ask and background.works_here():
        return _ask(run)
    _leave_the_last(run)
    return background.desk().ended(run.key)


def wait(
    run: Run, said: Callable[[Look[Any]], str], *, stopped: Callable[[], object] | None = None
) -> None:
    """Keep the place of a run that has not ended: say how far it is, and draw again at its end.

    With ``stopped`` there is a button to stop it, which calls that.
    """

    def look() -> None:
        if not st.session_state.get("painted", True):
            furniture.note(said(background.Look(State.WAITING)))
            return
        seen = _ask(run)
        if seen.ended:
            st.rerun()
        furniture.note(said(seen))
        if stopped is not None and st.button("Stop", key=f"stop_{run.name}"):
            background.desk().leave(run.key, _reader())
            stopped()
            st.rerun()

    with st.container():
        st.fragment(look, run_every=_EVERY_SECONDS, key=f"look_{run.name}")()


def failed(run: Run, look: Look[Any]) -> None:
    """Say in words that a run failed, and offer to try again."""
    furniture.note(
        f"This could not be worked out: {look.message}. Nothing else on the page rests on it."
    )
    if st.button("Try again", key=f"again_{run.name}"):
        background.desk().forget(run.key)
        st.rerun()


def _ask(run: Run) -> Look[Any]:
    return background.desk().ask(run.key, _reader(), run.work, *run.told)


def _leave_the_last(run: Run) -> None:
    """Stop waiting for what was asked under this name before the question changed."""
    asked: dict[str, Hashable] = st.session_state.setdefault(_ASKED, {})
    before = asked.get(run.name)
    if before is not None and before != run.key:
        background.desk().leave(before, _reader())
    asked[run.name] = run.key


def _reader() -> str:
    """Return what tells this reader from others; it says nothing about them."""
    return str(st.session_state.setdefault(_READER, uuid4().hex))
