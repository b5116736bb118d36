"""The same luck before and after: ranges of differences."""

from functools import cache

import pandas as pd
import pytest

from housing_map.changes import AddService, ChangeDemand, Resize
from housing_map.errors import UsageError
from housing_map.model import Settings
from housing_map.pack import Pack
from housing_map.paired import Paired, draw_pairs, paired_draws
from housing_map.scenario import Scenario, apply
from housing_map.tabulate import FIGURES
from housing_map.uncertainty import draw
from housing_map.vocabulary import Goal
from tests.packs import change
from tests.worlds import BALANCE, answer, bare, chain, serve, small_pack

SETTLED = Settings(goal=Goal.SETTLED)
MORE = Scenario(name="One unit more", changes=(Resize(pool="refuge", by=1),))
FEWER = Scenario(name="Two units fewer", changes=(Resize(pool="refuge", by=-2),))
NOTHING = Scenario(name="Nothing")
NUMBERS = range(20)
GROUPINGS = ((), ("need",))


@cache
def unsure() -> Pack:
    """Return a pack with one refuge of 4 to 16 units, for 20 who ask."""
    tables = bare(20, move=1, male=0.25)
    serve(tables, "refuge", "refuge", 10, basis="units")
    answer(tables, "refuge", "male", "yes")
    ends = {"capacity_low": "4", "capacity_high": "16"}
    change(tables, "capacity", {"service_id": "refuge"}, **ends)
    chain(tables, "entry:police", "refuge", "home:social")
    return small_pack(tables)


@cache
def pairs() -> Paired:
    return draw_pairs(unsure(), [MORE, FEWER, NOTHING], SETTLED, GROUPINGS, numbers=NUMBERS)


def one(found: pd.DataFrame, number: int, figure: str) -> "pd.Series[float]":
    return found[(found["number"] == number) & (found["figure"] == figure)].iloc[0]


def test_what_is_unknown_about_both_sides_cancels_out() -> None:
    """The refuge may have 4 to 16 units; one more is one more household in every draw."""
    found = pairs().differences()
    met = one(found, 1, "met")
    assert (met["p10"], met["median"], met["p90"]) == pytest.approx((1, 1, 1), abs=1e-4)
    assert (met["above"], met["below"]) == (1, 0)
    met = one(found, 2, "met")
    assert (met["p10"], met["p90"]) == pytest.approx((-2, -2), abs=1e-4)
    assert (met["above"], met["below"]) == (0, 1)


def test_the_paired_range_is_narrower_than_that_of_other_luck() -> None:
    applied = apply(unsure(), MORE, SETTLED)
    other = draw(applied.pack, applied.settings, [()], numbers=NUMBERS, seed=1)
    unpaired = Paired((MORE.name,), pairs().baseline, (other,))
    low, high = pairs().interval(1)
    wide_low, wide_high = unpaired.interval(1)
    assert high - low < 0.1 * (wide_high - wide_low)
    assert wide_low < low <= high < wide_high


def test_a_scenario_that_changes_nothing_differs_in_no_draw() -> None:
    found = pairs().differences(("need",))
    same = found[found["number"] == 3]
    assert len(same) > 0
    assert same[["p10", "p90", "above", "below"]].abs().to_numpy().max() == 0


def test_every_draw_adds_up_before_after_and_in_its_change() -> None:
    changes = pairs().changes(2, ("need",))
    assert len(changes) == len(NUMBERS)
    for which in ("before", "after", "change"):
        lost = sum(changes[f"{name}_{which}"] for name in FIGURES[2:])
        assert (changes[f"demand_{which}"] - lost).abs().max() < BALANCE
    share = changes["met_after"] / changes["demand_after"]
    assert (changes["met_share_after"] - share).abs().max() < BALANCE


def test_the_order_of_scenarios_changes_nothing_but_their_numbers() -> None:
    turned = draw_pairs(unsure(), [NOTHING, FEWER, MORE], SETTLED, GROUPINGS, numbers=NUMBERS)
    sort = ["scenario", "figure"]
    ours, theirs = (
        paired.differences().drop(columns="number").sort_values(sort, ignore_index=True)
        for paired in (pairs(), turned)
    )
    pd.testing.assert_frame_equal(ours, theirs)


def test_several_processes_draw_the_same_as_one() -> None:
    told: list[tuple[int, int]] = []
    found = paired_draws(
        unsure(), [MORE, FEWER, NOTHING], SETTLED, GROUPINGS, draws=len(NUMBERS),
        progress=lambda done, of: told.append((done, of)),
    )  # fmt: skip
    for by in GROUPINGS:
        pd.testing.assert_frame_equal(found.differences(by), pairs().differences(by))
    assert told[-1] == (80, 80)


def test_a_row_that_a_scenario_adds_counts_nothing_before() -> None:
    wanted = Scenario(name="Nobody asks", changes=(ChangeDemand(times=0),))
    found = draw_pairs(unsure(), [wanted], SETTLED, [("tenure",)], numbers=range(10))
    changes = found.changes(1, ("tenure",))
    assert changes["demand_before"].sum() == pytest.approx(200)
    assert changes["demand_after"].sum() == 0
    assert one(found.differences(("tenure",)), 1, "met")["below"] == 1


def test_a_figure_of_a_new_service_draws_no_other_figure_anew() -> None:
    """With a service more there are more levels to draw: those of the others stay as they were."""
    second = AddService(
        service_id="second", name="Second", kind="refuge", capacity=1, stay_days=365, occupancy=1
    )
    scenario = Scenario(name="Second", changes=(second,))
    found = draw_pairs(unsure(), [scenario], SETTLED, numbers=NUMBERS)
    low, high = found.interval(1)
    assert (low, high) == pytest.approx((1, 1), abs=1e-4)


def test_an_interval_of_a_row_and_what_there_is_none_of() -> None:
    low, high = pairs().interval(1, "met", ("need",), need="male")
    assert low == pytest.approx(high, abs=1e-4)
    assert low == pytest.approx(0.25, abs=1e-4)
    with pytest.raises(UsageError, match="no one difference"):
        pairs().interval(1, "luck")
    with pytest.raises(UsageError, match="no 9"):
        pairs().changes(9)


def test_a_range_on_a_handful_of_draws_is_refused() -> None:
    with pytest.raises(UsageError, match="10 draws or more"):
        draw_pairs(unsure(), [MORE], SETTLED, numbers=range(5))


def test_draws_of_other_scenarios_are_not_put_together() -> None:
    other = draw_pairs(unsure(), [MORE], SETTLED, GROUPINGS, numbers=range(20, 30))
    with pytest.raises(ValueError, match="other scenarios"):
        pairs().joined(other)
