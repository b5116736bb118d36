"""The best set for a budget: a first answer at once, then the proved one, and whom it leaves."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pandas as pd
import streamlit as st

from housing_map import words
from housing_map.app import (
    best_set_left,
    best_set_list,
    best_set_runs,
    best_set_words,
    best_set_work,
    brief_files,
    furniture,
    scenario_draft,
    scenario_results,
)
from housing_map.app.background import State
from housing_map.app.best_set_work import Query, Refused
from housing_map.app.scenario_words import pounds
from housing_map.brief.optimum import optimum_brief
from housing_map.choosing import Chosen, as_scenario
from housing_map.comparison_picture import outcomes_chart
from housing_map.errors import HousingMapError
from housing_map.escape import escape
from housing_map.scenario import Scenario
from housing_map.vocabulary import Run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlit.delta_generator import DeltaGenerator

    from housing_map.app.background import Look

_CHOOSING: Final = "best_choosing"
_FIRST: Final = "best_first"
_STOPPED: Final = "best_stopped"
BUILD: Final = "Build and see"
"""Tab of the page where a scenario's effect is seen."""


def show(query: Query, begun: Scenario) -> Chosen | None:
    """Draw the answer; return the best set, or None while there is only a first answer."""
    try:
        first = _greedy(query)
    except HousingMapError as error:
        _unusable(query, error)
        return None
    run = best_set_runs.about(best_set_work.best, query)
    look = best_set_runs.outcome(run)
    if look is not None and isinstance(look.result, Refused):
        answer([f"This cannot be had. {_stop(look.result.why)}"])
        return None
    best: Chosen | None = None if look is None or look.state is not State.DONE else look.result
    chosen = best or first
    # What is known at once stands there while what it does is worked out in full.
    said = st.empty()
    with said.container():
        answer(best_set_words.answer(query.ask, chosen, query.names))
    furniture.note(best_set_words.proof(query.ask, first, best))
    _search(run, look)
    if chosen.ids:
        _draw(query, begun, chosen, said)
    return best


def _search(run: best_set_runs.Run, look: Look[object] | None) -> None:
    """Say how far the search for the best set is; it can be stopped, and begun again."""
    if look is None and st.session_state.get(_STOPPED) != run.key:

        def stop() -> None:
            st.session_state[_STOPPED] = run.key

        best_set_runs.wait(run, _looking, stopped=stop)
    elif look is None:
        furniture.note("Stopped: this is the first answer, and a better set may be allowed.")
        if st.button("Look for the best", key="best_look"):
            st.session_state[_STOPPED] = None
            st.rerun()
    elif look.state is State.FAILED:
        best_set_runs.failed(run, look)


def _unusable(query: Query, error: HousingMapError) -> None:
    """Say which candidates stand in the way, and offer to go on without them."""
    dead = best_set_list.unusable(query.pack, query.settings, query.listed)
    if not dead:
        answer([f"This cannot be answered. {_stop(str(error))}"])
        return
    answer(["Some of what is on the list cannot be done, starting from here."])
    furniture.bullets(dead.values())
    if st.button("Go on without these", key="best_without"):
        best_set_list.put_out(dead)
        st.rerun()


def _looking(look: Look[object]) -> str:
    if not look.of:
        return "Looking for the best set there is, and a proof."
    return f"Looking for the best set there is, and a proof: attempt {look.done + 1}."


def _greedy(query: Query) -> Chosen:
    """Return the first answer. The programme is kept while nothing but budgets change."""
    known = st.session_state.get(_FIRST)
    if known is not None and known[0] == query.key:
        first: Chosen = known[1]
        return first
    plain = replace(query, ask=replace(query.ask, gbp_a_year=None, units=None))
    kept = st.session_state.get(_CHOOSING)
    with st.spinner("Putting a first answer together…"):
        if kept is None or kept[0] != plain.key:
            kept = st.session_state[_CHOOSING] = plain.key, plain.choosing()
        choosing = kept[1]
        choosing.limit_to(query.ask)
        found: Chosen = choosing.greedy()
    st.session_state[_FIRST] = query.key, found
    return found


def _draw(query: Query, begun: Scenario, chosen: Chosen, said: DeltaGenerator) -> None:
    """Draw what is in the set, what it does, and whom it leaves out."""
    furniture.table(
        pd.DataFrame(
            [
                {
                    "In the set": one.label,
                    "Places": f"{one.units:,.10g}" if one.units else "–",
                    "£ a year": pounds(one.cost_gbp_a_year),
                }
                for one in query.listed
                if one.id in chosen.ids
            ]
        ),
        "What is in the set",
        numbers=["Places", "£ a year"],
    )
    if st.button("Open this set as a scenario", key="best_open"):
        open_as(query, begun, chosen, f"Best set for {best_set_words.budget(query.ask)}")
    plan = as_scenario(Scenario(name="A set"), query.listed, chosen.ids, "The set")
    compared = scenario_results.compared(query.pack, [plan], query.settings)
    changes = scenario_results.changes_of(compared, "met", Run)[0]
    with said.container():
        answer(best_set_words.answer(query.ask, chosen, query.names, changes))
    furniture.chart(
        outcomes_chart(
            scenario_results.parts(compared, ["With the set"]),
            title=f"Illustration: {best_set_words.does(chosen)}",
            words=words.about,
        )
    )
    frame = scenario_results.table(compared, ranges=True)
    furniture.table(
        frame,
        "The same numbers: households a year, central run, shared out as the model does; modelled",
        numbers=frame.columns[1:],
    )
    best_set_left.show(query.pack, plan, query.settings)
    if chosen.bound is not None:  # searched for, and not the first answer alone
        brief_files.show(
            lambda: optimum_brief(compared, query.listed, query.ask, chosen),
            "brief-of-the-best-set",
            key="best_brief",
        )


def open_as(query: Query, begun: Scenario, chosen: Chosen, name: str) -> None:
    """Open a set as the scenario that is being built, where its effect can be seen."""
    found = as_scenario(begun, query.listed, chosen.ids, name)
    scenario_draft.opened(found, f"open “{name}”")
    scenario_draft.go_to(BUILD)
    st.rerun()


def answer(sentences: Sequence[str]) -> None:
    """Show an answer in sentences."""
    paragraphs = "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences)
    st.html(f'<div class="hm-answer">{paragraphs}</div>')


def _stop(text: str) -> str:
    return text if text.endswith(".") else f"{text}."
