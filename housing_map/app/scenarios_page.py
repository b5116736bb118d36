"""*What if?* Build a scenario, see at once what it does, compare it, keep it."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

import streamlit as st

from housing_map import words
from housing_map.app import (
    furniture,
    long_run,
    scenario_builder,
    scenario_draft,
    scenario_effect,
    scenario_results,
    scenario_words,
    state,
)
from housing_map.errors import HousingMapError
from housing_map.model import Settings
from housing_map.vocabulary import Goal

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from housing_map.effects import Comparison
    from housing_map.pack import Pack
    from housing_map.scenario import Scenario

TITLE: Final = "What if we changed something?"
BUILD, COMPARE, BEST, KEEP = "Build and see", "Compare", "Best choice", "Keep and share"
_BEST_SET: Final = "housing_map.app.best_set"


def show() -> None:
    """Draw the page: the answer first, then the tab that is open."""
    pack = state.the_pack()
    long_run.page_begins()
    if (goal := scenario_draft.wanted_goal()) is not None:
        st.session_state[f"kept_{state.GOAL.key}"] = str(goal)
        st.session_state[f"choose_{state.GOAL.key}"] = str(goal)
    heading = st.empty()
    with st.columns([1, 2])[0]:
        asked = Goal(state.filters([state.GOAL])[state.GOAL.key])
    scenario_draft.ask(asked)
    draft = scenario_draft.scenario()
    settings = Settings(goal=asked, on=draft.on)
    comparison, failed = _answered(pack, draft, settings)
    _head(heading, draft, comparison, failed, ranges=False)
    _tabs(pack, settings, heading, comparison, failed)
    furniture.rests_on(
        [
            "Each scenario is worked out in full, by the same model as every other page, from the "
            "same data with the changes written in. Nothing in the data itself is changed.",
            "The range is from the cautious to the optimistic run: three whole answers, in which "
            "everything nobody knows goes against, or for, those who seek help.",
            "What nobody has given is not made up: a change without a cost has none that is known.",
            "This page names providers, how full they are and when their money ends. Keep it among "
            "those who plan: it is not for publication.",
        ]
    )
    long_run.page_ends()


def _answered(pack: Pack, draft: Scenario, settings: Settings) -> tuple[Comparison | None, str]:
    """Return what the changes come to, or why that cannot be worked out."""
    if not draft.changes:
        return None, ""
    try:
        return scenario_results.compared(pack, [draft], settings), ""
    except HousingMapError as error:
        return None, str(error)


def _head(
    place: DeltaGenerator,
    draft: Scenario,
    comparison: Comparison | None,
    failed: str,
    *,
    ranges: bool,
) -> None:
    """Write the question, the answer and what kind of answer it is."""
    if failed:
        answer = f"This cannot be worked out: {failed}"
    elif comparison is None:
        answer = scenario_words.NOTHING_YET
    else:
        answer = scenario_effect.headline(comparison, ranges=ranges)
    said = [answer]
    if draft.name != scenario_draft.UNNAMED:
        said.append(f"Scenario: {draft.name}.")
    with place.container():
        label = f"{words.MODELLED}: {words.ILLUSTRATION} {words.PLANNING_ONLY}"
        furniture.page(TITLE, said, label=label)


def _tabs(
    pack: Pack,
    settings: Settings,
    heading: DeltaGenerator,
    comparison: Comparison | None,
    failed: str,
) -> None:
    named = [BUILD, COMPARE, *([BEST] if find_spec(_BEST_SET) else []), KEEP]
    if (wanted := scenario_draft.wanted_tab()) in named:
        st.session_state[scenario_draft.TAB] = wanted
    tabs = dict(zip(named, st.tabs(named, key=scenario_draft.TAB, on_change="rerun"), strict=True))
    open_tab = next((name for name, tab in tabs.items() if tab.open), BUILD)
    with tabs[open_tab]:
        if open_tab == BUILD:
            _build(pack, heading, comparison, failed)
        elif open_tab == COMPARE:
            import_module("housing_map.app.scenario_compare").show(pack, settings)
        elif open_tab == BEST:
            import_module(_BEST_SET).show(pack, settings, scenario_draft.scenario())
        else:
            import_module("housing_map.app.scenario_shelf").show(pack)
    if open_tab != BUILD and comparison is not None:
        _head(heading, scenario_draft.scenario(), comparison, failed, ranges=True)


def _build(pack: Pack, heading: DeltaGenerator, comparison: Comparison | None, failed: str) -> None:
    left, right = st.columns([2, 3], gap="large")
    applied = None if comparison is None else comparison.outcomes[0].applied
    with left:
        if comparison is None and not failed:
            furniture.section("Where to start")
            scenario_builder.start_from(pack)
        scenario_builder.list_of_changes(pack, applied)
        scenario_builder.one_more(pack, pack if applied is None else applied.pack)
        if comparison is not None or failed:
            with st.expander("Start again from something else"):
                scenario_builder.start_from(pack)
    if comparison is None:
        return
    with right:
        table = scenario_effect.show(comparison)
        # What takes longer comes after what the reader looks at first.
        rest = st.container()
    with rest:
        scenario_effect.gains(comparison)
        scenario_effect.use(comparison)
        import_module("housing_map.app.scenario_deeper").show(comparison)
    scenario_effect.fill(table, comparison, ranges=True)
    _head(heading, scenario_draft.scenario(), comparison, failed, ranges=True)
