"""The equality-impact table: who is better and worse off, and whose number nobody knows."""

from functools import cache

import pandas as pd
import pytest

from housing_map.changes import ChangeDemand, ChangeTakes, Resize
from housing_map.effects import compare
from housing_map.equality import (
    CHARACTERISTICS,
    COLUMNS,
    NEEDS,
    WOMEN,
    Block,
    Effect,
    equality_table,
)
from housing_map.errors import UsageError
from housing_map.model import Settings
from housing_map.pack import Pack
from housing_map.paired import draw_pairs
from housing_map.scenario import Scenario
from housing_map.vocabulary import CIRCUMSTANCES, Answer, Goal, Tenure
from tests.packs import change
from tests.worlds import BALANCE, EXACT, answer, bare, base_pack, chain, serve, small_pack

SETTLED = Settings(goal=Goal.SETTLED)
MORE = Scenario(name="More", changes=(Resize(pool="refuge", by=3),))
OPENED = Scenario(
    name="Men are taken",
    changes=(ChangeTakes(service_id="refuge", rules=("male",), answer=Answer.YES),),
)


@cache
def women_only(capacity: float = 10) -> Pack:
    """Return a pack with a refuge of ten for 16 women and 4 men; men are refused."""
    tables = bare(20, move=1, male=0.2, mental_health=0.5)
    serve(tables, "refuge", "refuge", capacity, basis="units")
    answer(tables, "refuge", "male", "no")
    answer(tables, "refuge", "mental_health", "yes")
    chain(tables, "entry:police", "refuge", "home:social")
    return small_pack(tables)


def table(scenario: Scenario, pack: Pack | None = None) -> pd.DataFrame:
    found = equality_table(compare(pack or women_only(), [scenario], SETTLED), 1)
    assert tuple(found) == COLUMNS
    return found


def rows(found: pd.DataFrame) -> pd.DataFrame:
    return found.drop_duplicates("code").set_index("code")


def test_every_protected_characteristic_of_the_act_has_a_row() -> None:
    found = table(MORE)
    assert set(found.loc[found["block"] == Block.CHARACTERISTIC, "characteristic"]) == {
        "age", "disability", "gender_reassignment", "marriage", "pregnancy", "race", "religion",
        "sex", "sexual_orientation",
    }  # fmt: skip
    assert len(CHARACTERISTICS) == 9


def test_every_circumstance_stands_in_the_table() -> None:
    named = {code for one in CHARACTERISTICS.values() for code in one.codes} | {*NEEDS}
    assert named - {WOMEN} == set(CIRCUMSTANCES)
    assert set(table(MORE)["code"]) >= named


def test_more_places_help_those_who_are_taken_and_leave_others_behind() -> None:
    found = rows(table(MORE))
    # Before, 10 of 16 women and no man; after, 13 of 16 women.
    women, men = found.loc[WOMEN], found.loc["male"]
    assert women["demand_before"] == pytest.approx(16)
    assert [women["share_before"], women["share_after"]] == pytest.approx(
        [10 / 16, 13 / 16], abs=1e-6
    )
    assert women["points"] == pytest.approx(100 * 3 / 16, abs=1e-4)
    assert (women["effect"], men["effect"]) == (Effect.BETTER, Effect.SAME)
    # Everybody: 10 then 13 of 20. Men are never met: 50, then 65 points below everybody.
    assert [men["gap_before"], men["gap_after"]] == pytest.approx([-50, -65], abs=1e-4)
    assert men["falls_behind"]
    assert not women["falls_behind"]


def test_a_door_that_opens_to_men_costs_women_places_that_are_short() -> None:
    found = rows(table(OPENED))
    # Ten places for all twenty alike: 2 of 4 men, 8 of 16 women.
    assert found.loc["male", "met_change"] == pytest.approx(2, abs=EXACT)
    assert found.loc[WOMEN, "met_change"] == pytest.approx(-2, abs=EXACT)
    effects = list(found.loc[["male", WOMEN, "everybody"], "effect"])
    assert effects == [Effect.BETTER, Effect.WORSE, Effect.SAME]


def test_what_nobody_has_published_is_unknown_and_never_none() -> None:
    found = rows(table(MORE))
    unknown = found[~found["known"]]
    assert {"older", "lgbt", "religion", "marriage", "pets"} <= set(unknown.index)
    figures = [name for name in COLUMNS if name.endswith(("_before", "_after", "_change"))]
    assert unknown[figures].isna().all(axis=None)
    assert set(unknown["effect"]) == {Effect.UNKNOWN}
    assert found.loc[["male", "mental_health"], "known"].all()


def test_women_and_men_make_up_everybody() -> None:
    found = rows(table(MORE, women_only(12)))
    for figure in ("demand_before", "met_before", "met_after", "met_with_support_after"):
        parts = found.loc["male", figure] + found.loc[WOMEN, figure]
        assert parts == pytest.approx(found.loc["everybody", figure], abs=BALANCE)


@pytest.mark.parametrize("block", [Block.TENURE, Block.PLACE])
def test_tenures_and_areas_sum_to_everybody(block: Block) -> None:
    scenario = Scenario(
        name="More", changes=(Resize(pool="refuge_one", by=1), Resize(pool="lettings", by=3))
    )
    found = table(scenario, base_pack())
    part = found[found["block"] == block]
    whole = found.iloc[0]
    for figure in ("demand_before", "demand_after", "met_change"):
        assert part[figure].sum() == pytest.approx(whole[figure], abs=1e-6)
    assert (part["label"] != "").all()


def test_a_tenure_that_nobody_is_in_any_more_has_no_share_to_compare() -> None:
    gone = Scenario(name="No owner", changes=(ChangeDemand(times=0, tenures=(Tenure.OWNED,)),))
    found = rows(table(gone))
    assert pd.isna(found.loc["owned", "share_after"])
    assert found.loc["owned", "effect"] == Effect.SAME
    assert not found.loc["owned", "falls_behind"]


def test_a_difference_that_goes_either_way_is_within_noise() -> None:
    """The refuge may have 4 to 40 units for 20: with 20 or more, opening to men costs nobody."""
    tables = bare(20, move=1, male=0.2)
    serve(tables, "refuge", "refuge", 18, basis="units")
    answer(tables, "refuge", "male", "no")
    ends = {"capacity_low": "4", "capacity_high": "40"}
    change(tables, "capacity", {"service_id": "refuge"}, **ends)
    chain(tables, "entry:police", "refuge", "home:social")
    pack = small_pack(tables)
    comparison = compare(pack, [OPENED], SETTLED)
    without = rows(equality_table(comparison, 1))
    assert (without.loc["male", "effect"], without.loc[WOMEN, "effect"]) == (
        Effect.BETTER,
        Effect.WORSE,
    )
    paired = draw_pairs(pack, [OPENED], SETTLED, [(), ("need",)], numbers=range(20))
    found = rows(equality_table(comparison, 1, paired=paired))
    assert found.loc["male", "effect"] == Effect.BETTER
    assert found.loc[WOMEN, "effect"] == Effect.NOISE
    # Rows that were not drawn keep the answer of the run.
    assert found.loc["owned", "effect"] == without.loc["owned", "effect"]


def test_each_row_says_which_law_it_comes_from() -> None:
    found = table(MORE)
    characteristics = found[found["block"] == Block.CHARACTERISTIC]
    assert characteristics["source"].str.startswith("Equality Act 2010 s").all()
    assert (characteristics[~characteristics["known"]]["effect"] == Effect.UNKNOWN).all()


def test_there_is_no_table_of_a_scenario_or_level_that_is_not_there() -> None:
    comparison = compare(women_only(), [MORE], SETTLED)
    with pytest.raises(UsageError, match="no 2"):
        equality_table(comparison, 2)
    with pytest.raises(UsageError, match="parish"):
        equality_table(comparison, 1, level="parish")
