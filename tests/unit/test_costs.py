"""Costs: what is given is added up, what is not is asked for, and nothing is divided by noise."""

from functools import cache

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from housing_map.changes import AddService, ChangeDemand, CloseService, Resize
from housing_map.costs import (
    Costs,
    Line,
    cost_rows,
    costs,
    divided,
    per_household,
    places,
)
from housing_map.effects import Comparison, compare
from housing_map.errors import UsageError
from housing_map.model import Settings
from housing_map.pack import Pack
from housing_map.scenario import Scenario
from housing_map.vocabulary import Goal
from tests.worlds import EXACT, bare, chain, serve, small_pack

SETTLED = Settings(goal=Goal.SETTLED)
REFUGE = AddService(
    service_id="second",
    name="A second refuge",
    kind="refuge",
    capacity=2,
    stay_days=365,
    occupancy=1,
    cost_gbp_a_year=60_000,
    cost_gbp_once=15_000,
)
FREE = REFUGE.model_copy(update={"cost_gbp_a_year": None, "cost_gbp_once": None})


@cache
def one_refuge() -> Pack:
    tables = bare(20, move=1)
    serve(tables, "refuge", "refuge", 10, basis="units")
    chain(tables, "entry:police", "refuge", "home:social")
    return small_pack(tables)


def asked(*scenarios: tuple[object, ...]) -> Comparison:
    made = [
        Scenario.model_validate({"name": f"Plan {number}", "changes": changes})
        for number, changes in enumerate(scenarios, 1)
    ]
    return compare(one_refuge(), made, SETTLED)


def cost_of(comparison: Comparison, number: int = 1) -> Costs:
    return costs(one_refuge(), comparison.outcome(number).applied)


def test_costs_of_all_changes_are_added_up_a_year_and_once() -> None:
    saved = Resize(pool="refuge", by=-1, cost_gbp_a_year=-20_000, cost_gbp_once=0)
    found = cost_of(asked((REFUGE, saved)))
    assert (found.a_year, found.once) == (40_000, 15_000)
    assert found.asked_for == ""


def test_a_cost_that_nobody_has_given_is_asked_for_by_name_and_never_nothing() -> None:
    found = cost_of(asked((FREE, Resize(pool="refuge", by=1, cost_gbp_a_year=5_000))))
    assert found.a_year is None
    assert found.once is None
    assert len(found.lacking_a_year) == 1
    assert "+2 refuge units" in found.lacking_a_year[0]
    assert len(found.lacking_once) == 2
    assert found.asked_for.startswith("Nobody has given the cost of ")
    assert "the cost that falls once of" in found.asked_for


def test_a_change_that_was_left_out_costs_nothing() -> None:
    gone = CloseService(service_id="nowhere", cost_gbp_a_year=-99)
    found = cost_of(asked((gone, REFUGE)))
    assert [line.number for line in found.lines] == [1]
    assert found.a_year == 60_000


def test_more_demand_is_not_a_thing_to_pay_for() -> None:
    found = cost_of(asked((ChangeDemand(times=1.1),)))
    assert (found.lines, found.a_year, found.asked_for) == ((), 0, "")


def test_cost_of_each_further_household() -> None:
    found = per_household(cost_of(asked((REFUGE,))), 2.0)
    assert (found.gbp, found.why) == (30_000, "")


@pytest.mark.parametrize(
    ("further", "interval", "why"),
    [
        (0.0, None, "no further household is met"),
        (1e-9, None, "no further household is met"),
        (-1e-9, None, "no further household is met"),
        (0.05, None, "fewer than 0.1 further households a year are met"),
        (-3.0, None, "fewer households are met"),
        (3.0, (-1.0, 6.0), "the range of further households includes none"),
        (3.0, (0.0, 6.0), "the range of further households includes none"),
    ],
)
def test_nothing_is_divided_by_noise(
    further: float, interval: tuple[float, float] | None, why: str
) -> None:
    found = per_household(Costs((Line(0, "x", 10.0, 0.0),)), further, interval=interval)
    assert (found.gbp, found.why) == (None, why)


def test_what_more_demand_brings_is_not_put_down_to_the_money() -> None:
    comparison = asked((REFUGE, ChangeDemand(times=1.5)), (ChangeDemand(times=1.5),))
    rows = cost_rows(comparison)
    assert rows["gbp_per_further"].isna().all()
    assert set(rows["why"]) == {"the scenario changes demand as well"}
    nothing = per_household(Costs(()), 3.0)
    assert (nothing.gbp, nothing.why) == (None, "nothing in the scenario has a cost")


def test_a_cost_of_each_household_needs_every_cost() -> None:
    found = per_household(cost_of(asked((FREE,))), 2.0)
    assert found.gbp is None
    assert "+2 refuge units" in found.why


def test_without_costs_scenarios_compare_by_units_and_people() -> None:
    comparison = asked((FREE,), (FREE, Resize(pool="refuge", by=-3)), (ChangeDemand(times=2),))
    found = places(comparison, 1)
    row = found.rows.set_index("basis").loc["units"]
    assert list(row[["before", "after", "added"]]) == pytest.approx([10, 12, 2])
    # Each unit takes one household a year.
    assert found.further == pytest.approx(2, abs=EXACT)
    assert found.per_place == pytest.approx(1, abs=EXACT)
    assert places(comparison, 2).why == "places are taken away"
    assert places(comparison, 3).why == "no capacity changes"


def test_units_and_lettings_are_not_added_together() -> None:
    tables = bare(20, move=1)
    serve(tables, "refuge", "refuge", 10, basis="units")
    serve(tables, "lettings", "social_letting", 10, basis="lettings")
    chain(tables, "entry:police", "refuge", "lettings", "home:social")
    both = Scenario(
        name="Both", changes=(Resize(pool="refuge", by=1), Resize(pool="lettings", by=1))
    )
    found = places(compare(small_pack(tables), [both], SETTLED), 1)
    assert sorted(found.rows["basis"]) == ["lettings", "units"]
    assert (found.per_place, found.why) == (None, "capacity of several sorts changes")


def test_rows_show_each_scenario_and_what_is_lacking() -> None:
    comparison = asked((REFUGE,), (FREE,))
    rows = cost_rows(comparison).set_index("number")
    assert rows.loc[1, "gbp_per_further"] == pytest.approx(30_000, rel=1e-5)
    assert pd.isna(rows.loc[2, "gbp_a_year"])
    assert pd.isna(rows.loc[2, "gbp_per_further"])
    assert "+2 refuge units" in str(rows.loc[2, "asked_for"])
    noisy = cost_rows(comparison, {1: (-1.0, 4.0)}).set_index("number")
    assert pd.isna(noisy.loc[1, "gbp_per_further"])


@given(
    amount=st.floats(-1e9, 1e9),
    parts=st.lists(st.integers(1, 100), min_size=1, max_size=6),
)
def test_shares_of_a_pooled_budget_add_up_to_the_whole(amount: float, parts: list[int]) -> None:
    shares = {f"partner {n}": part / sum(parts) for n, part in enumerate(parts)}
    paid = divided(amount, shares)
    assert sum(one for one in paid.values() if one is not None) == pytest.approx(amount)


@pytest.mark.parametrize(
    "shares", [{"Council": 0.6, "Health": 0.3}, {}, {"Council": 1.2, "Health": -0.2}]
)
def test_shares_that_do_not_make_a_whole_are_refused(shares: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="pooled budget"):
        divided(100, shares)


def test_shares_of_an_unknown_cost_are_unknown() -> None:
    assert divided(None, {"Council": 0.6, "Health": 0.4}) == {"Council": None, "Health": None}
