"""*Best choice*: the best set for a budget, what it would take, and where to open a service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from housing_map.app import (
    best_set_answer,
    best_set_ask,
    best_set_list,
    best_set_more,
    best_set_need,
    best_set_site,
    best_set_words,
    furniture,
    scenario_draft,
    scenario_results,
)
from housing_map.app.best_set_work import Query
from housing_map.candidates import Stand
from housing_map.escape import markdown_text
from housing_map.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Sequence

    from housing_map.candidates import Candidate
    from housing_map.model import Settings
    from housing_map.pack import Pack

_FROM: Final = "best_from"
BUDGET, NEED, SITE = "budget", "need", "site"
_QUESTIONS: Final = {
    BUDGET: "The best set for a budget",
    NEED: "What it would take to help a share of everybody",
    SITE: "Where to open a service that people visit",
}


def show(pack: Pack, settings: Settings, base: Scenario) -> None:
    """Draw the tab; ``base`` is the scenario that is being built."""
    asked = st.radio(
        "What do you want to find?",
        list(_QUESTIONS),
        format_func=_QUESTIONS.__getitem__,
        key="best_question",
        horizontal=True,
    )
    if asked == SITE:
        best_set_site.show(pack, settings)
        return
    start = _start(base)
    if start is None:
        now, asks, begun = pack, settings, Scenario(name=scenario_draft.UNNAMED, goal=settings.goal)
    else:
        applied = scenario_results.applied(pack, start, settings)
        now, asks, begun = applied.pack, applied.settings, start
    if asked == NEED:
        best_set_need.show(now, asks, begun)
    else:
        _budget(pack, now, asks, begun)


def _start(base: Scenario) -> Scenario | None:
    """Return what the search starts from; None for what there is now."""
    kept: Scenario | None = st.session_state.get(_FROM)
    if kept is None:
        said = "It starts from what there is now."
    else:
        said = f"It starts from a scenario: {kept.name}, {len(kept.changes)} changes."
    furniture.note(said)
    if kept is not None and st.button("Start from what there is now", key="best_from_now"):
        st.session_state[_FROM] = None
        st.rerun()
    if base.changes and (kept is None or kept.changes != base.changes):
        name = markdown_text(base.name)
        if st.button(f"Start from the scenario being built: {name}", key="best_from_draft"):
            st.session_state[_FROM] = base
            st.rerun()
    return kept


def _budget(baseline: Pack, pack: Pack, settings: Settings, begun: Scenario) -> None:
    question, answer = st.container(), st.container()
    # The list is about the district, whatever the search starts from: what was written stays.
    best_set_list.show(baseline, settings)
    everything = best_set_list.candidates(baseline)
    listed = tuple(one for one in everything if one.stand is not Stand.OUT)
    with question:
        ask = best_set_ask.show(pack)
    query = Query(pack, settings, listed, ask)
    with answer:
        if ask.gbp_a_year is not None and any(one.cost_gbp_a_year is None for one in listed):
            _costs_wanted(listed)
            return
        best = best_set_answer.show(query, begun)
    best_set_more.show(query, begun, best)


def _costs_wanted(listed: Sequence[Candidate]) -> None:
    """Ask by name for the costs that a budget in pounds needs."""
    lacking = [one for one in listed if one.cost_gbp_a_year is None]
    best_set_answer.answer([best_set_words.LACKING])
    furniture.bullets(one.label for one in lacking)
    if len(lacking) < len(listed) and st.button("Leave these out for now", key="best_lacking"):
        best_set_list.put_out({one.id for one in lacking})
        st.rerun()
