"""How far a budget goes, what to do first, and which choices survive: three questions, apart."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import streamlit as st

from housing_map import words
from housing_map.app import (
    best_set_answer,
    best_set_runs,
    best_set_words,
    best_set_work,
    furniture,
    state,
)
from housing_map.app.scenario_words import more, pounds
from housing_map.change_frame import FELT
from housing_map.comparison_picture import survival_chart
from housing_map.frontier_picture import frontier_chart, order_chart

if TYPE_CHECKING:
    from collections.abc import Callable

    from housing_map.app.background import Look
    from housing_map.app.best_set_work import Query
    from housing_map.choosing import Chosen
    from housing_map.frontier import Frontier, Order, Point
    from housing_map.robustness import Survival
    from housing_map.scenario import Scenario

_UNIT: Final = "More households helped a year than now"
_UP_TO: Final = {1.0: "The budget above", 2.0: "Twice the budget above", 0.0: "All that helps"}


def show(query: Query, begun: Scenario, best: Chosen | None) -> None:
    """Draw the three parts; ``best`` is the best set, once it is found."""
    _how_far(query, begun)
    if best is not None and best.ids:
        _first(query, best)
        _survives(query, best)


def _more(households: float) -> str:
    return more(households) if abs(households) >= FELT else "none more"


def _spend(*, money: bool) -> Callable[[float], str]:
    return (lambda amount: f"{pounds(amount)} a year") if money else best_set_words.places


def _counted(look: Look[object], what: str) -> str:
    return f"{look.done} of at most {look.of} {what}." if look.of else "About to start."


# How far a budget goes --------------------------------------------------------------------


def _how_far(query: Query, begun: Scenario) -> None:
    furniture.section("How far would more or less go?")
    ask, limit = query.ask, 0.0
    if ask.units is not None or ask.gbp_a_year is not None:
        limit = state.pick(st.columns(3)[0], "Up to", _UP_TO, key="best_up_to", first=2.0)

    def times(amount: float | None) -> float | None:
        return None if amount is None or limit == 0 else amount * limit

    # Without any limit left, a budget in pounds is still one in pounds.
    far = replace(ask, gbp_a_year=times(ask.gbp_a_year), units=times(ask.units))
    if limit == 0 and ask.gbp_a_year is not None:
        far = replace(far, gbp_a_year=_all_of_it(query))
    elif limit == 0 and ask.units is not None:
        far = replace(far, units=sum(max(one.units, 0.0) for one in query.listed))
    wide = replace(query, ask=far)
    best_set_runs.part(
        best_set_runs.about(best_set_work.frontier, wide),
        offer="The best set of every budget up to that, each found and proved by itself. It "
        "takes half a minute or so.",
        button="Work out how far a budget goes",
        said=lambda look: f"How far a budget goes: {_counted(look, 'plans')}",
        draw=lambda found: _frontier(wide, begun, found),
    )


def _all_of_it(query: Query) -> float:
    return sum(max(one.cost_gbp_a_year or 0.0, 0.0) for one in query.listed)


def _frontier(query: Query, begun: Scenario, found: Frontier) -> None:
    points = found.points
    spend = _spend(money=found.money)
    rows = pd.DataFrame(
        {
            "spend": [point.spent for point in points],
            "met": [point.best.further for point in points],
            "label": [_inside(query, point) for point in points],
        }
    )
    last = points[-1]
    title = (
        "Illustration: nothing on the list helps more than now"
        if last.best.further < FELT
        else f"Illustration: {spend(last.spent)} can help {_more(last.best.further)} households "
        "a year"
    )
    unit = "Pounds a year" if found.money else "Places"
    furniture.chart(
        frontier_chart(rows, title=title, words=_more, spend=spend, unit=unit, met_unit=_UNIT)
    )
    furniture.table(
        pd.DataFrame(
            {
                "Plan": [f"{number}" for number in range(1, len(points) + 1)],
                "What is in it": rows["label"],
                unit: [spend(point.spent) for point in points],
                "More helped than now": [_more(point.best.further) for point in points],
            }
        ),
        "The same numbers: each plan is the best for what it takes, modelled",
        numbers=[unit, "More helped than now"],
    )
    if not found.complete:
        furniture.note("The search stopped at the number of plans it may look for: smaller "
                       "budgets are not shown.")  # fmt: skip
    inside = {number: point for number, point in enumerate(points, 1) if point.best.ids}
    if not inside:
        return
    options = {
        number: f"{number}. {spend(point.spent)}: {_more(point.best.further)}"
        for number, point in inside.items()
    }
    chosen = state.pick(st.columns(2)[0], "Plan", options, key="best_plan", first=max(options))
    if st.button("Open this plan as a scenario", key="best_plan_open"):
        point = inside[chosen]
        name = f"Best plan for {spend(point.spent)}"
        best_set_answer.open_as(query, begun, point.best, name)


def _inside(query: Query, point: Point) -> str:
    return "; ".join(query.names[one] for one in point.best.ids) or "Nothing"


# What to do first -------------------------------------------------------------------------


def _first(query: Query, best: Chosen) -> None:
    furniture.section("What to do first?")
    best_set_runs.part(
        best_set_runs.about(best_set_work.order, query, best, apart=best.ids),
        offer="Not all of it can be done at once. This finds the order in which most households "
        "are helped on the way, and what the order costs at each step against the best for the "
        "same money or places.",
        button="Work out what to do first",
        said=lambda look: f"What to do first: {_counted(look, 'steps')}",
        draw=_order,
    )


def _order(found: Order) -> None:
    spend, before = _spend(money=found.money), found.before
    steps = found.steps
    rows = pd.DataFrame(
        {
            "label": [step.label for step in steps],
            "met": [step.met - before for step in steps],
            "best": [step.best - before for step in steps],
        }
    )
    title = f"Illustration: first {steps[0].label}, then step upon step"
    furniture.chart(order_chart(rows, before=0.0, title=title, words=words.about, unit=_UNIT))
    unit = "Pounds a year by then" if found.money else "Places by then"
    furniture.table(
        pd.DataFrame(
            {
                "Step": [f"{number}" for number in range(1, len(steps) + 1)],
                "Do": rows["label"],
                unit: [spend(step.spent) for step in steps],
                "More helped by then": [_more(one) for one in rows["met"]],
                "This step adds": [
                    _more(one) for one in np.diff(rows["met"].to_numpy(), prepend=0.0)
                ],
                "Behind the best for the same": [
                    "nothing" if step.regret < FELT else words.households(step.regret)
                    for step in steps
                ],
            }
        ),
        "The same numbers: one plan, step upon step; households a year, modelled",
        numbers=[unit, "More helped by then", "This step adds", "Behind the best for the same"],
    )
    furniture.note(
        "No other order helps more households, summed over the steps. The promise that no group "
        "falls below what it has now is for the whole set, not for each step."
        if found.exact
        else "Put together step by step, each time what helps most: with so many steps another "
        "order may do better."
    )


# Which choices survive --------------------------------------------------------------------


def _survives(query: Query, best: Chosen) -> None:
    furniture.section("Which choices stand if we are wrong?")
    best_set_runs.part(
        best_set_runs.about(best_set_work.survival, query),
        offer="Most figures here are assumed. This draws all of them anew from their ranges, "
        f"{best_set_work.DRAWS} times, and finds the best set each time. It takes some minutes.",
        button="Work out which choices stand",
        said=lambda look: f"Which choices stand: {_counted(look, 'draws')}",
        draw=lambda found: _survival(query, best, found),
    )


def _survival(query: Query, best: Chosen, found: Survival) -> None:
    listed = sorted(query.listed, key=lambda one: -found.shares.get(one.id, 0.0))
    rows = pd.DataFrame(
        {
            "label": [one.label for one in listed],
            "share": [found.shares.get(one.id, 0.0) for one in listed],
            "chosen": [one.id in best.ids for one in listed],
        }
    )
    firm = int(((rows["share"] >= 0.9) & rows["chosen"]).sum())  # noqa: PLR2004 - nine in ten
    inside = int(rows["chosen"].sum())
    title = (
        f"Illustration: {words.counted(firm)} of the {words.counted(inside)} choices "
        f"{'stands' if firm == 1 else 'stand'} in nine draws of ten"
    )
    furniture.chart(survival_chart(rows, title=title))
    furniture.table(
        pd.DataFrame(
            {
                "What could be done": rows["label"],
                "In this set": ["Yes" if one else "No" for one in rows["chosen"]],
                "Chosen in": [f"{share:.0%} of draws" for share in rows["share"]],
            }
        ),
        f"The same numbers: how often each is in the best set of {found.draws} draws",
        numbers=["Chosen in"],
    )
    notes = []
    if found.further:
        low, high = np.quantile(found.further, (0.1, 0.9))
        notes.append(
            f"In eight draws of ten the best set helps {words.between(low, high)} households a "
            "year more than now."
        )
    if found.failed:
        notes.append(
            f"In {words.counted(found.failed)} of {found.draws} draws no set was allowed; they "
            "count as choosing nothing."
        )
    notes.append(f"Draws are the same for every set (seed {found.seed}).")
    furniture.note(" ".join(notes))
