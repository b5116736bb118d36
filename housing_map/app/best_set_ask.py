"""What is asked of the best set: budget, aim, what nobody may lose, and the least size."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

import streamlit as st

from housing_map.app import state
from housing_map.candidates import Ask, Objective

if TYPE_CHECKING:
    from collections.abc import Mapping

    from housing_map.pack import Pack


class Budget(StrEnum):
    """In what the budget is."""

    PLACES = "places"
    POUNDS = "pounds"
    BOTH = "both"
    NONE = "none"


_BUDGETS: Final[Mapping[str, str]] = {
    Budget.PLACES: "Places",
    Budget.POUNDS: "Pounds a year",
    Budget.BOTH: "Places and pounds",
    Budget.NONE: "No limit",
}
_FOR: Final = {
    "total": "Most households helped",
    "tenure": "The home they had, worst off first",
    "need": "Needs, worst off first",
    "area": "Areas, worst off first",
}
_FLOORS: Final = {
    "now": "No group below what it has now",
    "none": "No such promise",
}
_EXPLAIN: Final = (
    "Worst off first: the lowest share helped among these groups is raised as far as it goes, and "
    "then the total."
)
_PLACES_AT_FIRST: Final = 20.0
_POUNDS_AT_FIRST: Final = 300_000.0


def show(pack: Pack) -> Ask:
    """Draw the questions and return what is asked."""
    first, second, third, fourth = st.columns(4)
    budget = Budget(state.recalled_pick(first, "Budget in", dict(_BUDGETS), key="best_budget"))
    places = pounds = None
    if budget in {Budget.PLACES, Budget.BOTH}:
        state.recall("best_places", _PLACES_AT_FIRST)
        found = first.number_input(
            "Places there may be", min_value=0.0, max_value=1e6, step=1.0,
            format="%g", key="best_places",
            help="A home, a secured home, a move, a letting: each counts as one place.",
        )  # fmt: skip
        state.remember("best_places")
        places = float(found)
    if budget in {Budget.POUNDS, Budget.BOTH}:
        state.recall("best_pounds", _POUNDS_AT_FIRST)
        found = first.number_input(
            "Pounds a year there may be", min_value=0.0, max_value=1e10,
            step=10_000.0, format="%.0f", key="best_pounds",
        )  # fmt: skip
        state.remember("best_pounds")
        pounds = float(found)
    aim = state.recalled_pick(second, "Best for", _FOR, key="best_for", explain=_EXPLAIN)
    floors = state.recalled_pick(third, "And", _FLOORS, key="best_floors", explain=_floors_of(pack))
    state.recall("best_smallest", 0.0)
    smallest = fourth.number_input(
        "Smallest new scheme, in places", min_value=0.0, max_value=1e6, step=1.0,
        format="%g", key="best_smallest",
        help="A scheme smaller than can be run is out of the question.",
    )  # fmt: skip
    state.remember("best_smallest")
    return Ask(
        gbp_a_year=pounds,
        units=places,
        smallest=float(smallest),
        floors=None if floors == "now" else {},
        objective=Objective.TOTAL if aim == "total" else Objective.FAIR,
        fair_by=pack.info.default_level if aim == "area" else "need" if aim == "need" else "tenure",
    )


def _floors_of(pack: Pack) -> str:
    level = pack.info.groupings.get(pack.info.default_level)
    area = "area" if level is None else level.label
    return (
        f"Every {area}, tenure, risk and need keeps at least the share helped that it has now, so "
        "that nobody is left out to raise the total."
    )
