"""Scenarios on the shipped pack of Kirklees, beside their baseline."""

from functools import cache

import pytest

from housing_map.changes import AddService, ChangeDemand, ChangeTakes, Resize
from housing_map.costs import cost_rows, places
from housing_map.displacement import displaced, moves, use
from housing_map.effects import KEYS, SAME, Comparison, by, choices, compare, totals
from housing_map.equality import Block, Effect, equality_table
from housing_map.fragility import fragility
from housing_map.model import Settings
from housing_map.paired import Paired, draw_pairs
from housing_map.resilience import Kind
from housing_map.scenario import Scenario
from housing_map.tabulate import FIGURES
from housing_map.vocabulary import Answer, Goal, Run
from tests.integration.test_kirklees import BALANCE, PARTITIONS, SUMS, kirklees

SIX = Scenario(
    name="Six dispersed units",
    changes=(
        AddService(service_id="six_dispersed", name="Six units", kind="dispersed", capacity=6),
    ),
)
OPENED = Scenario(
    name="Sanctuary for private renters and owners",
    changes=(
        ChangeTakes(
            service_id="sanctuary",
            rules=("tenure_private_rent", "tenure_owned"),
            answer=Answer.YES,
        ),
    ),
)
BUSIER = Scenario(name="Ten per cent more", changes=(ChangeDemand(times=1.1),))
SMALLER = Scenario(name="Fewer refuge places", changes=(Resize(pool="pool:refuge", by=-10),))
PLANS = (SIX, OPENED, BUSIER, SMALLER)


@cache
def asked(goal: Goal = Goal.SAFE) -> Comparison:
    comparison = compare(kirklees(), PLANS, Settings(goal=goal))
    assert [one.applied.skipped for one in comparison.outcomes] == [()] * len(PLANS)
    return comparison


@cache
def drawn() -> Paired:
    return draw_pairs(
        kirklees(), [SIX], Settings(goal=Goal.SAFE), [(), ("need",)], numbers=range(10)
    )


@pytest.mark.parametrize("goal", Goal)
@pytest.mark.parametrize("run", Run)
def test_totals_and_their_changes_add_up(goal: Goal, run: Run) -> None:
    found = totals(asked(goal).at(run))
    for which in ("before", "after", "change"):
        parts = sum(found[f"{name}_{which}"] for name in FIGURES[2:])
        assert (found[f"demand_{which}"] - parts).abs().max() < BALANCE


@pytest.mark.parametrize("dimension", PARTITIONS)
def test_changes_of_a_partition_sum_to_the_whole(dimension: str) -> None:
    whole = totals(asked()).set_index([*KEYS])
    rows = by(asked(), [dimension]).groupby([*KEYS], sort=False).sum(numeric_only=True)
    for figure in ("demand", "met", "no_room"):
        name = f"{figure}_change"
        assert (rows[name] - whole[name]).abs().max() < SUMS


def test_more_places_never_help_fewer_and_fewer_never_more() -> None:
    change = totals(asked()).set_index("scenario")["met_change"]
    assert change[SIX.name] > 1
    assert change[SMALLER.name] < -1
    # Step 1 of the allocation: another door open cannot lower the total.
    assert change[OPENED.name] > -1e-5


def test_gains_losses_and_demand_make_up_every_change() -> None:
    change = totals(asked())["met_change"]
    for number, total in enumerate(change, 1):
        found = moves(asked(), number)
        parts = found.gained - found.lost + found.from_demand
        assert parts == pytest.approx(total, abs=BALANCE)
    assert moves(asked(), 4).lost > 1
    assert moves(asked(), 4).gained == pytest.approx(0, abs=1e-5)


def test_the_new_units_and_what_they_take_make_up_their_use() -> None:
    found = displaced(asked(), 1)
    assert found is not None
    assert found.pools == ("six_dispersed",)
    rows = use(asked())
    new = rows[(rows["number"] == 1) & (rows["pool_id"] == "six_dispersed")].iloc[0]
    assert found.helped == pytest.approx(new["used_after"], rel=1e-6)
    assert found.helped == pytest.approx(found.further + found.taken, abs=BALANCE)
    assert (rows[["share_before", "share_after"]] <= 1 + 1e-6).all(axis=None)


def test_the_settled_goal_shows_what_new_units_take_where_move_on_is_short() -> None:
    found = displaced(asked(Goal.SETTLED), 1)
    assert found is not None
    assert found.helped >= found.further - SAME


def test_choice_adds_up_and_a_door_that_opens_closes_none() -> None:
    found = choices(asked(), ["tenure"])
    for which in ("before", "after", "change"):
        parts = sum(found[f"{name}_{which}"] for name in ("no_route", "one_route", "backup"))
        assert (found[f"demand_{which}"] - parts).abs().max() < SUMS
    opened = found[found["scenario"] == OPENED.name]
    assert (opened["no_route_change"] <= SUMS).all()


def test_nobody_has_given_a_cost_so_each_is_asked_for() -> None:
    rows = cost_rows(asked()).set_index("scenario")
    assert "dispersed" in str(rows.loc[SIX.name, "asked_for"])
    assert rows["gbp_per_further"].isna().all()
    found = places(asked(), 1)
    assert found.per_place == pytest.approx(found.further / 6)


@pytest.mark.parametrize("number", range(1, len(PLANS) + 1))
def test_the_equality_table_knows_what_is_published_and_nothing_else(number: int) -> None:
    found = equality_table(asked(), number)
    published = set(asked().baseline[Run.CENTRAL].demand.shares.circumstances)
    about = found[found["block"].isin([Block.CHARACTERISTIC, Block.NEED])]
    assert set(about.loc[about["known"], "code"]) == published | {"not_male"}
    assert set(about.loc[~about["known"], "effect"]) == {Effect.UNKNOWN}
    assert found.loc[found["known"], "share_after"].between(0, 1).all()


def test_the_same_luck_tells_a_difference_from_noise() -> None:
    found = drawn().differences()
    met = found[found["figure"] == "met"].set_index("number")
    assert met.loc[1, "above"] >= 0.8
    spread = drawn().baseline.interval(())
    width = float((spread["met_p90"] - spread["met_p10"]).iloc[0])
    assert met.loc[1, "p90"] - met.loc[1, "p10"] < width / 5
    table = equality_table(asked(), 1, paired=drawn())
    assert table.iloc[0]["effect"] == Effect.BETTER


def test_permuting_scenarios_permutes_outcomes() -> None:
    turned = compare(kirklees(), PLANS[::-1], Settings(goal=Goal.SAFE))
    ours, theirs = (
        by(one, ["tenure", "need"]).set_index(["scenario", "tenure", "need"]).drop(columns="number")
        for one in (asked(), turned)
    )
    assert (ours - theirs.loc[ours.index]).abs().max(axis=None) < 1e-6


def test_the_gravest_loss_is_found_before_and_after() -> None:
    found = fragility(asked(), 1)
    before, after = found.before[Kind.SERVICE], found.after[Kind.SERVICE]
    assert before is not None
    assert after is not None
    assert before.fewer > 1
    assert after.fewer > 1
