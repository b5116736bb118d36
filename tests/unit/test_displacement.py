"""Who gains and who loses, and what a new service takes from others, worked by hand.

Twelve households a year want to move. A refuge can take ten of them (10 units, stays of 365
days); a second one, where a test adds it, five.
"""

import pandas as pd
import pytest

from housing_map.changes import AddService, ChangeDemand, ChangeTakes, CloseService, Resize
from housing_map.displacement import MOVED, Displaced, displaced, moves, use
from housing_map.effects import Comparison, compare, totals
from housing_map.errors import UsageError
from housing_map.model import Settings
from housing_map.pack import Pack
from housing_map.scenario import Scenario
from housing_map.vocabulary import Answer, Goal, Run, Tenure
from tests.worlds import BALANCE, EXACT, bare, base_pack, chain, serve, set_tenures, small_pack

SETTLED = Settings(goal=Goal.SETTLED)
SECOND = AddService(
    service_id="second", name="Second", kind="refuge", capacity=5, stay_days=365, occupancy=1
)
PRIVATE = ChangeDemand(times=1.5, tenures=(Tenure.PRIVATE,))


def one_refuge() -> Pack:
    tables = bare(12, move=1)
    set_tenures(tables, owned=300, private=100)
    serve(tables, "refuge", "refuge", 10, basis="units")
    chain(tables, "entry:police", "refuge", "home:social")
    return small_pack(tables)


def asked(pack: Pack, *changes: object, settings: Settings = SETTLED) -> Comparison:
    scenario = Scenario.model_validate({"name": "What if", "changes": changes})
    comparison = compare(pack, [scenario], settings)
    assert not comparison.outcomes[0].applied.skipped
    return comparison


def found(comparison: Comparison) -> Displaced:
    answer = displaced(comparison, 1)
    assert answer is not None
    return answer


def test_a_new_service_helps_some_whom_others_would_have_helped() -> None:
    comparison = asked(one_refuge(), SECOND)
    answer = found(comparison)
    # All twelve are met, two more than before. They divide evenly as far as five can go: five to
    # the new refuge and seven to the old one, which had ten.
    assert answer.pools == ("second",)
    assert answer.helped == pytest.approx(5, abs=EXACT)
    assert answer.further == pytest.approx(2, abs=EXACT)
    assert answer.taken == pytest.approx(3, abs=EXACT)
    assert list(answer.others["pool_id"]) == ["refuge"]
    assert answer.others["fall"].iloc[0] == pytest.approx(3, abs=EXACT)


def test_more_of_the_same_takes_from_nobody() -> None:
    answer = found(asked(one_refuge(), Resize(pool="refuge", by=1)))
    figures = (answer.helped, answer.further, answer.taken)
    assert figures == pytest.approx((1, 1, 0), abs=EXACT)
    assert answer.others.empty


def test_places_further_on_can_leave_others_room_as_well() -> None:
    """Move-on that is short: more lettings let the refuge help more, on the same routes."""
    tables = bare(12, move=1)
    serve(tables, "refuge", "refuge", 10, basis="units")
    serve(tables, "lettings", "social_letting", 4, basis="lettings")
    chain(tables, "entry:police", "refuge", "lettings", "home:social")
    answer = found(asked(small_pack(tables), Resize(pool="lettings", by=3)))
    assert (answer.helped, answer.further, answer.taken) == pytest.approx((3, 3, 0), abs=EXACT)


def test_helped_is_further_and_taken() -> None:
    answer = found(
        asked(base_pack(), Resize(pool="refuge_one", by=3), Resize(pool="lettings", by=4))
    )
    assert answer.helped == pytest.approx(answer.further + answer.taken, abs=BALANCE)
    assert answer.further > 1


def test_nothing_is_displaced_where_nothing_grows() -> None:
    assert displaced(asked(one_refuge(), CloseService(service_id="refuge")), 1) is None


def test_where_places_go_as_well_nobody_says_what_the_new_ones_take() -> None:
    """What others lose because they shrink was not taken from them by the new places."""
    both = asked(base_pack(), Resize(pool="lettings", by=4), Resize(pool="refuge_one", by=-1))
    assert displaced(both, 1) is None


def test_use_of_each_service_before_and_after() -> None:
    rows = use(asked(one_refuge(), SECOND)).set_index("pool_id")
    assert list(rows.loc["refuge", ["households_before", "used_before", "used_after"]]) == (
        pytest.approx([10, 10, 7], abs=EXACT)
    )
    assert list(rows.loc["refuge", ["full_before", "full_after"]]) == [True, False]
    new = rows.loc["second"]
    assert list(new[["capacity_before", "capacity_after", "capacity_change"]]) == [0, 5, 5]
    assert new["share_after"] == pytest.approx(1, abs=EXACT)
    assert not new["full_before"]
    assert new["full_after"]


def test_a_service_that_closes_has_nothing_after() -> None:
    row = use(asked(one_refuge(), CloseService(service_id="refuge"))).iloc[0]
    assert (row["used_after"], row["share_after"], row["full_after"]) == (0, 0, False)
    assert row["used_change"] == pytest.approx(-10, abs=EXACT)


@pytest.mark.parametrize("run", Run)
def test_gains_losses_and_demand_make_up_the_change(run: Run) -> None:
    comparison = asked(base_pack(), Resize(pool="lettings", by=-5), PRIVATE).at(run)
    answer = moves(comparison, 1)
    (change,) = totals(comparison)["met_change"]
    whole = answer.gained - answer.lost + answer.from_demand
    assert whole == pytest.approx(change, abs=BALANCE)
    for rows in (answer.groups, answer.needs):
        parts = rows["gained"] - rows["lost"] + rows["from_demand"]
        assert (parts - rows["met_change"]).abs().max() < BALANCE


def test_who_gains_and_who_loses_when_others_ask_for_more() -> None:
    """Twelve ask for ten places: five in six are met. Three more private renters ask."""
    tables = bare(12, move=1)
    set_tenures(tables, owned=200, private=200)
    serve(tables, "refuge", "refuge", 10, basis="units")
    chain(tables, "entry:police", "refuge", "home:social")
    answer = moves(asked(small_pack(tables), PRIVATE), 1, ["tenure"])
    rows = answer.groups.set_index("tenure")
    # Six owners, nine private renters: two in three are met. Owners lose 5 − 4 = 1; renters are
    # 6, not the 7.5 that five in six of nine would be.
    assert list(rows.loc["owned", [*MOVED]]) == pytest.approx([0, 1, 0], abs=EXACT)
    assert list(rows.loc["private_rent", [*MOVED]]) == pytest.approx([0, 1.5, 2.5], abs=EXACT)
    assert (answer.gained, answer.lost, answer.from_demand) == pytest.approx(
        (0, 2.5, 2.5), abs=EXACT
    )


def test_opening_a_door_to_some_can_close_it_to_others() -> None:
    tables = bare(12, move=1)
    set_tenures(tables, owned=200, private=200)
    serve(tables, "refuge", "refuge", 5, basis="units")
    for row in tables["eligibility"]:
        if row["rule"] == "tenure_private_rent":
            row["answer"] = "no"
    chain(tables, "entry:police", "refuge", "home:social")
    takes = ChangeTakes(service_id="refuge", rules=("tenure_private_rent",), answer=Answer.YES)
    answer = moves(asked(small_pack(tables), takes), 1, ["tenure"])
    # Five places were for six owners; now they are for twelve households, half of them owners.
    assert (answer.gained, answer.lost) == pytest.approx((2.5, 2.5), abs=EXACT)
    rows = answer.groups.set_index("tenure")
    assert rows.loc["private_rent", "gained"] == pytest.approx(2.5, abs=EXACT)
    assert rows.loc["owned", "lost"] == pytest.approx(2.5, abs=EXACT)


def test_a_group_that_nobody_was_in_moves_with_its_demand() -> None:
    answer = moves(asked(one_refuge(), ChangeDemand(times=0)), 1)
    assert (answer.gained, answer.lost) == (0, 0)
    assert answer.from_demand == pytest.approx(-10, abs=EXACT)


def test_finer_groups_show_at_least_as_much_movement() -> None:
    comparison = asked(base_pack(), Resize(pool="lettings", by=-5), PRIVATE)
    coarse, fine = moves(comparison, 1, ["place"]), moves(comparison, 1)
    assert fine.lost >= coarse.lost - BALANCE
    assert isinstance(fine.groups, pd.DataFrame)
    assert {"place", "tenure", "risk", "aim"} <= set(fine.groups)


def test_there_is_no_scenario_beyond_the_last() -> None:
    comparison = asked(one_refuge(), SECOND)
    for read in (moves, displaced):
        with pytest.raises(UsageError, match="no 2"):
            read(comparison, 2)
