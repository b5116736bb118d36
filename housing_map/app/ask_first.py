"""What to ask first: the questions that widen the answer most, and what matters together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd
import streamlit as st

from housing_map import unknowns_picture, unknowns_words, words
from housing_map.app import background, furniture, long_run
from housing_map.app.background import State
from housing_map.questions import THEMES

if TYPE_CHECKING:
    from housing_map.app.background import Look
    from housing_map.model import Result
    from housing_map.unknowns import Shares, Unknowns

TOP: Final = 5
_TOGETHER: Final = "wanted_together"


def show(result: Result) -> None:
    """Draw the section."""
    furniture.section("What to ask first")
    look = long_run.outcome(background.rank, result)
    if look is None:
        furniture.note(
            "Which answers would change most is worked out question by question. It takes a "
            "minute or so the first time, and nothing on this page waits for it."
        )
        long_run.wait(background.rank, result, _asking)
        return
    if look.state is State.FAILED:
        long_run.failed(background.rank, result, look)
        return
    if look.result is not None:
        _questions(look.result)
        _together(result)


def _asking(look: Look[object]) -> str:
    if not look.of:
        return "About to start."
    return f"{look.done} of {look.of} questions tried."


def _questions(found: Unknowns) -> None:
    furniture.note(unknowns_words.summary(found))
    furniture.bullets((unknowns_words.ask_text(one) for one in found.ranked[:TOP]), ordered=True)
    furniture.note(unknowns_words.ONE_AT_A_TIME)
    if found.ranked:
        number = words.counted(len(found.ranked))
        with st.expander("Every question that changes the answer"):
            furniture.table(
                pd.DataFrame(unknowns_words.ranked_rows(found)),
                f"{number.capitalize()} questions, the one that changes most first; "
                "households a year, modelled",
                numbers=unknowns_words.FIGURES,
            )


def _together(result: Result) -> None:
    """Offer the longer run, and show what came of it."""
    look = long_run.outcome(background.shares, result) if _wanted() else None
    if look is None and not _wanted():
        furniture.note(
            "Answers act together: more places help little if stays are long. A longer run, of "
            "some minutes, draws everything at once and shows which questions matter then."
        )
        if st.button("Work out what matters together", key="work_together"):
            st.session_state[_TOGETHER] = True
            st.rerun()
    elif look is None:
        long_run.wait(background.shares, result, _running, stopped=_stopped)
    elif look.state is State.FAILED:
        long_run.failed(background.shares, result, look)
    elif look.result is not None:
        _shares(look.result)


def _wanted() -> bool:
    return bool(st.session_state.get(_TOGETHER))


def _stopped() -> None:
    st.session_state[_TOGETHER] = False


def _running(look: Look[object]) -> str:
    if not look.of:
        return "What matters together: about to start."
    return f"What matters together: {look.done} of {look.of} runs done."


def _shares(shares: Shares) -> None:
    furniture.note(unknowns_words.shares_sentence(shares))
    rows = pd.DataFrame(
        [
            {
                "theme": THEMES[one.theme],
                "alone": unknowns_words.part(one.alone),
                "total": unknowns_words.part(one.total),
            }
            for one in unknowns_words.by_total(shares)
        ]
    )
    if not rows.empty:
        title = "Illustration: what the spread of the answer comes from"
        furniture.chart(unknowns_picture.shares_chart(rows, title=title))
        furniture.table(
            pd.DataFrame(unknowns_words.share_rows(shares)),
            unknowns_words.shares_caption(shares),
            numbers=["Alone", "With others"],
        )
    furniture.note(unknowns_words.TOGETHER)
