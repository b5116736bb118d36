"""Scenarios beside their baseline: what they change, and that it adds up.

The world is worked by hand: 20 households a year who want to move, a refuge of 10 a year (10
units with stays of 365 days) and lettings without limit to move on to.
"""

from datetime import date
from functools import cache
from itertools import permutations

import pandas as pd
import pytest

from housing_map import effects
from housing_map.changes import AddService, ChangeDemand, CloseService, Resize
from housing_map.errors import UsageError
from housing_map.model import Settings
from housing_map.pack import Pack
from housing_map.scenario import Scenario
from housing_map.tabulate import Filter
from housing_map.vocabulary import Goal, Reason, Run
from tests.packs import LSOAS
from tests.worlds import BALANCE, EXACT, bare, base_pack, chain, serve, set_tenures, small_pack

SETTLED = Settings(goal=Goal.SETTLED)
MORE = Scenario(name="Three units more", changes=(Resize(pool="refuge", by=3),))
CLOSED = Scenario(name="The refuge closes", changes=(CloseService(service_id="refuge"),))
BUSIER = Scenario(name="More seek help", changes=(ChangeDemand(times=1.5),))


@cache
def one_refuge() -> Pack:
    tables = bare(20, move=1)
    serve(tables, "refuge", "refuge", 10, basis="units")
    serve(tables, "lettings", "social_letting")
    chain(tables, "entry:police", "refuge", "lettings", "home:social")
    return small_pack(tables)


def row(frame: pd.DataFrame, number: int) -> "pd.Series[float]":
    return frame.set_index("number").loc[number]


def test_a_change_is_what_holds_after_less_what_held_before() -> None:
    found = effects.totals(effects.compare(one_refuge(), [MORE, CLOSED, BUSIER], SETTLED))
    assert list(found["scenario"]) == [MORE.name, CLOSED.name, BUSIER.name]
    expected = {
        # demand, met and no room, before, after and their change
        1: ((20, 20, 0), (10, 13, 3), (10, 7, -3)),
        2: ((20, 20, 0), (10, 0, -10), (10, 0, -10)),
        3: ((20, 30, 10), (10, 10, 0), (10, 20, 10)),
    }
    for number, figures in expected.items():
        for name, triple in zip(("demand", "met", "no_room"), figures, strict=True):
            cells = row(found, number)[[*effects.columns_of(name)]]
            assert list(cells) == pytest.approx(triple, abs=EXACT), (number, name)
    # Without the refuge no route leads to the lettings: another reason, for all twenty.
    assert row(found, 2)["not_connected_change"] == pytest.approx(20, abs=EXACT)


@pytest.mark.parametrize("dimensions", [(), ("tenure",), ("place", "risk"), ("lsoa",), ("need",)])
@pytest.mark.parametrize("run", Run)
def test_every_row_adds_up_before_after_and_in_its_changes(
    dimensions: tuple[str, ...], run: Run
) -> None:
    scenarios = [
        Scenario(
            name="More of both",
            changes=(Resize(pool="refuge_one", by=2), ChangeDemand(times=1.2, tenures=("owned",))),
        ),
        Scenario(name="No sanctuary", changes=(CloseService(service_id="sanctuary_one"),)),
    ]
    found = effects.by(effects.compare(base_pack(), scenarios, SETTLED, run), dimensions)
    assert len(found) > 0
    for which in ("before", "after", "change"):
        lost = sum(found[f"{reason}_{which}"] for reason in Reason)
        assert (found[f"demand_{which}"] - found[f"met_{which}"] - lost).abs().max() < BALANCE
    for figure in ("demand", "met", "no_room", "met_with_support"):
        before, after, change = (found[name] for name in effects.columns_of(figure))
        assert (after - before - change).abs().max() == 0


def test_rows_of_a_partition_sum_to_the_total_change() -> None:
    comparison = effects.compare(base_pack(), [BUSIER], SETTLED)
    (whole,) = effects.totals(comparison)["met_change"]
    for dimension in ("place", "tenure", "risk", "aim", "entry"):
        assert effects.by(comparison, [dimension])["met_change"].sum() == pytest.approx(whole)


def test_the_order_of_scenarios_is_the_order_of_the_rows_and_nothing_else() -> None:
    scenarios = [MORE, CLOSED, BUSIER]
    frames = []
    for order in permutations(scenarios):
        found = effects.by(effects.compare(one_refuge(), order, SETTLED), ["place"])
        assert list(dict.fromkeys(found["scenario"])) == [one.name for one in order]
        by_name = found.drop(columns="number").sort_values(["scenario", "place"])
        frames.append(by_name.reset_index(drop=True))
    for frame in frames[1:]:
        pd.testing.assert_frame_equal(frame, frames[0], atol=EXACT)


def test_a_row_that_only_one_side_has_counts_nothing_in_the_other() -> None:
    tables = bare(20, move=1)
    set_tenures(tables, LSOAS[:3], owned=200, private=200)
    serve(tables, "refuge", "refuge", 10, basis="units")
    chain(tables, "entry:police", "refuge", "home:social")
    gone = Scenario(
        name="No private renter", changes=(ChangeDemand(times=0, tenures=("private_rent",)),)
    )
    found = effects.by(effects.compare(small_pack(tables), [gone], SETTLED), ["tenure"])
    rows = found.set_index("tenure")
    assert rows.loc["private_rent", "demand_before"] > 1
    assert rows.loc["private_rent", "demand_after"] == 0
    assert rows.loc["owned", "demand_change"] == pytest.approx(0, abs=EXACT)


def test_what_only_the_scenario_has_is_a_row_with_nothing_before() -> None:
    before = pd.DataFrame({"place": ["a", "b"], "met": [1.0, 2.0]})
    after = pd.DataFrame({"place": ["c", "a"], "met": [5.0, 4.0]})
    found = effects.differences(before, after, ["place"], ["met"])
    assert found.to_numpy().tolist() == [["a", 1, 4, 3], ["b", 2, 0, -2], ["c", 0, 5, 5]]


def test_every_scenario_is_asked_the_question_of_the_first_unless_somebody_asks() -> None:
    first = MORE.model_copy(update={"goal": Goal.SETTLED, "on": date(2026, 9, 1)})
    comparison = effects.compare(one_refuge(), [first, CLOSED])
    asked = [comparison.baseline, *(one.result for one in comparison.outcomes)]
    assert {(one.settings.goal, one.on) for one in asked} == {(Goal.SETTLED, date(2026, 9, 1))}
    other = effects.compare(one_refuge(), [first, CLOSED], Settings(goal=Goal.SAFE))
    assert {one.result.settings.goal for one in other.outcomes} == {Goal.SAFE}


def test_without_a_scenario_there_is_a_baseline_and_no_row() -> None:
    comparison = effects.compare(one_refuge(), [])
    assert effects.totals(comparison).empty
    assert "met_change" in effects.totals(comparison)
    with pytest.raises(UsageError, match="no 1"):
        comparison.outcome(1)


def test_a_filter_keeps_only_the_households_asked_for() -> None:
    comparison = effects.compare(base_pack(), [BUSIER], SETTLED)
    whole = effects.by(comparison, ["tenure"]).set_index("tenure")
    owners = effects.totals(comparison, only=Filter(tenures=frozenset({"owned"})))
    assert owners["met_change"].iloc[0] == pytest.approx(whole.loc["owned", "met_change"])


def test_a_second_way_turns_households_with_one_route_into_households_with_a_backup() -> None:
    second = AddService(service_id="second", name="Second", kind="refuge", capacity=1)
    tables = bare(20, move=1)
    serve(tables, "refuge", "refuge", 10, basis="units")
    serve(tables, "lettings", "social_letting")
    chain(tables, "entry:police", "refuge", "lettings", "home:social")
    scenario = Scenario(name="A second refuge", changes=(second,))
    asked = effects.compare(small_pack(tables), [scenario], Settings(goal=Goal.SAFE))
    found = effects.choices(asked).iloc[0]
    # Two refuges that lead to safety by themselves are two routes.
    assert found["one_route_change"] == pytest.approx(-20)
    assert found["backup_change"] == pytest.approx(20)
    for which in ("before", "after", "change"):
        parts = sum(found[f"{name}_{which}"] for name in ("no_route", "one_route", "backup"))
        assert found[f"demand_{which}"] == pytest.approx(parts)
