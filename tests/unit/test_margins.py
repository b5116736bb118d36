"""What one place more would do: the same as asking the whole model with one place more."""

import pytest

from housing_map import model
from housing_map.margins import Margin, margins
from housing_map.vocabulary import Goal, Run
from tests.packs import Tables, base_tables
from tests.worlds import EXACT, small_pack


def found(tables: Tables, goal: Goal = Goal.SAFE) -> dict[str, Margin]:
    cells = model.run_one(small_pack(tables), model.Settings(goal=goal), Run.CENTRAL).cells
    return {one.pool_id: one for one in margins(cells)}


def met(tables: Tables) -> float:
    return model.most_met(small_pack(tables), model.Settings(), Run.CENTRAL)[1]


def test_one_more_is_what_the_whole_model_says_with_one_unit_more() -> None:
    tables = base_tables()
    before, now = found(tables), met(tables)
    asked = 0
    for table, key in (("pool_assumptions", "kind"), ("capacity", "service_id")):
        for row in tables[table]:
            pool = f"pool:{row[key]}" if table == "pool_assumptions" else row[key]
            if pool not in before or not row["capacity_central"]:
                continue
            kept = row["capacity_central"]
            row["capacity_central"] = str(float(kept) + 1)
            row["capacity_high"] = row["capacity_low"] = ""
            assert before[pool].one_more == pytest.approx(met(tables) - now, abs=EXACT)
            row["capacity_central"] = kept
            asked += 1
    assert asked >= 2


def test_a_pool_with_places_left_has_no_shadow_price_and_stands_in_nobodys_way() -> None:
    tables = base_tables()
    for table in ("pool_assumptions", "capacity"):
        for row in tables[table]:
            row |= {"capacity_low": "", "capacity_central": "100000", "capacity_high": ""}
    for one in found(tables).values():
        assert one.used < 1
        assert one.one_more == pytest.approx(0, abs=EXACT)
        assert one.stands_in_the_way_of == 0


def test_margins_come_with_the_most_telling_first_and_none_below_nothing() -> None:
    listed = [one.one_more for one in found(base_tables()).values()]
    assert listed == sorted(listed, reverse=True)
    assert min(listed) >= 0


def test_a_unit_of_accommodation_brings_its_occupied_days_and_anything_else_one_household() -> None:
    pools = model.run_one(
        small_pack(base_tables()), model.Settings(), Run.CENTRAL
    ).cells.setting.pools
    for pool in pools:
        days = pool.stay_days is not None and pool.occupancy is not None
        expected = 365 * pool.occupancy.at(Run.CENTRAL) if days and pool.occupancy else 1.0
        assert pool.per_unit(Run.CENTRAL) == expected
