"""*What if?* Build a scenario, see at once what it does, compare it, keep it."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, Self

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
from housing_map.model import Settings, run
from housing_map.vocabulary import Goal

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from housing_map.effects import Comparison
    from housing_map.pack import Pack
    from housing_map.scenario import Scenario

TITLE: Final = "What if we changed something?"
BUILD: Final = scenario_draft.BUILD_TAB
COMPARE, BEST, KEEP = "Compare", "Best choice", "Keep"
_BEST_SET: Final = "housing_map.app.best_set"


def show() -> None:
    """Draw the page: the answer first, then the tab that is open.

    What the reader adds is taken in before anything is worked out, so that one run of the page
    answers it.
    """
    pack = state.the_pack()
    long_run.page_begins()
    if (goal := scenario_draft.wanted_goal()) is not None:
        st.session_state[f"kept_{state.GOAL.key}"] = str(goal)
        st.session_state[f"choose_{state.GOAL.key}"] = str(goal)
    heading = st.empty()
    with st.columns([1, 2])[0]:
        asked = Goal(state.filters([state.GOAL])[state.GOAL.key])
    scenario_draft.ask(asked)
    open_tab, tab = _tab()
    with tab:
        places = _Places.lay(pack) if open_tab == BUILD else None
    draft = scenario_draft.scenario()
    settings = Settings(goal=asked, on=draft.on)
    comparison, failed = _answered(pack, draft, settings)
    _head(heading, draft, comparison, failed, ranges=False)
    with tab:
        if places is not None:
            places.fill(pack, comparison, failed, settings)
        elif open_tab == COMPARE:
            import_module("housing_map.app.scenario_compare").show(pack, settings)
        elif open_tab == BEST:
            import_module(_BEST_SET).show(pack, settings, draft)
        else:
            import_module("housing_map.app.scenario_shelf").show(pack)
    if comparison is not None:
        _head(heading, draft, comparison, failed, ranges=True)
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


def _tab() -> tuple[str, DeltaGenerator]:
    """Draw the tabs; return the name of the open one, and its place."""
    named = [BUILD, COMPARE, *([BEST] if find_spec(_BEST_SET) else []), KEEP]
    if (wanted := scenario_draft.wanted_tab()) in named:
        st.session_state[scenario_draft.TAB] = wanted
    tabs = st.tabs(named, key=scenario_draft.TAB, on_change="rerun")
    pairs = zip(named, tabs, strict=True)
    return next(((name, tab) for name, tab in pairs if tab.open), (named[0], tabs[0]))


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


@dataclass(frozen=True, slots=True)
class _Places:
    """Where the parts of *Build and see* stand: drawn in another order than they are read."""

    start: DeltaGenerator
    changes: DeltaGenerator
    again: DeltaGenerator
    effect: DeltaGenerator

    @classmethod
    def lay(cls, pack: Pack) -> Self:
        """Lay the places, and take in one change more."""
        left, right = st.columns([2, 3], gap="large")
        with left:
            start, changes = st.container(), st.container()
            scenario_builder.one_more(pack)
            again = st.container()
        return cls(start, changes, again, right)

    def fill(
        self, pack: Pack, comparison: Comparison | None, failed: str, settings: Settings
    ) -> None:
        """Draw the changes, and what they do: first what the reader looks at first."""
        applied = None if comparison is None else comparison.outcomes[0].applied
        with self.changes:
            scenario_builder.list_of_changes(pack, applied)
        if comparison is None and not failed:
            with self.start:
                furniture.section("Where to start")
                scenario_builder.start_from(pack)
            with self.effect:
                scenario_effect.as_now(run(pack, settings))
            return
        with self.again:
            other = st.expander(
                "Start again from something else", key="scenario_again", on_change="rerun"
            )
            if other.open:
                with other:
                    scenario_builder.start_from(pack)
        if comparison is None:
            return
        with self.effect:
            table = scenario_effect.show(comparison)
            scenario_effect.gains(comparison)
            scenario_effect.use(comparison)
            import_module("housing_map.app.scenario_deeper").show(comparison)
        scenario_effect.fill(table, comparison, ranges=True)
