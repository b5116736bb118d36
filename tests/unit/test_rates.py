"""Rates of areas: figures of the cascade divided, and never a count or a hidden place."""

import math
from dataclasses import replace

import pytest

from housing_map.errors import UsageError
from housing_map.kinds import CONFIDENTIAL_KINDS
from housing_map.model import Settings, run
from housing_map.pack import load_pack
from housing_map.rates import area_rates, need_spread, pattern_shares, public_points
from housing_map.tabulate import Filter, route_components, run_rows
from housing_map.vocabulary import ELSEWHERE, Goal, Met, Reason, Run, Tenure
from tests.packs import LSOAS, base_tables, change
from tests.worlds import base_pack, set_parameter, set_tenures, small_pack, typed

BASE = run(base_pack())


@pytest.mark.parametrize("level", ["place", "ward", "lsoa", "district"])
@pytest.mark.parametrize("tenure", [None, *Tenure])
def test_rates_are_the_rows_of_the_table_divided(level: str, tenure: str | None) -> None:
    only = Filter(tenures=frozenset({tenure}) if tenure else frozenset())
    rows = run_rows(BASE, BASE[Run.CENTRAL], [level], only=only).set_index(level)
    rates = area_rates(BASE, level, tenure=tenure)
    assert ELSEWHERE not in rates.index
    for code, rate in rates.iterrows():
        if code not in rows.index or rows.at[code, "demand"] == 0:
            assert rate["demand"] == 0
            assert all(math.isnan(rate[name]) for name in ("met", *Met, *Reason))
            continue
        demand = rows.at[code, "demand"]
        assert rate["demand"] == demand
        for name in ("met", *Met, *Reason):
            assert rate[name] == pytest.approx(rows.at[code, name] / demand, abs=1e-15)
        parts = sum(rate[name] for name in (*Met, *Reason))
        assert parts == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("component", route_components())
def test_rates_of_a_component_are_its_own_rows(component: str) -> None:
    rows = run_rows(BASE, BASE[Run.CENTRAL], ["ward", "component"])
    rows = rows[rows["component"] == component].set_index("ward")
    rates = area_rates(BASE, "ward", component=component)
    for code, rate in rates.iterrows():
        demand = rows.at[code, "demand"]
        assert rate["demand"] == demand
        if demand > 0:
            assert rate["met_otherwise"] == pytest.approx(rows.at[code, "met_otherwise"] / demand)
            everything = sum(rate[name] for name in (*Met, *Reason, "met_otherwise"))
            assert everything == pytest.approx(1, abs=1e-9)


def test_need_is_per_thousand_households_of_the_tenure_asked_for() -> None:
    """100 of 2,400 households seek help, 41.7 in 1,000; every tenure of this pack alike."""
    for tenure in (None, Tenure.OWNED, Tenure.PRIVATE, Tenure.COUNCIL, Tenure.ASSOCIATION):
        rates = area_rates(BASE, "lsoa", tenure=tenure)
        assert rates["need"].tolist() == pytest.approx([1000 / 24] * len(LSOAS))
    owned = area_rates(BASE, "lsoa", tenure=Tenure.OWNED)
    assert owned["households"].tolist() == [240] * len(LSOAS)
    assert owned["demand"].tolist() == pytest.approx([10] * len(LSOAS))


def test_where_nobody_lives_a_rate_is_not_known() -> None:
    tables = base_tables()
    set_tenures(tables, (LSOAS[0],))
    rates = area_rates(run(small_pack(tables)), "lsoa")
    empty, other = rates.loc[LSOAS[0]], rates.loc[LSOAS[1]]
    assert (empty["demand"], empty["households"]) == (0, 0)
    assert all(math.isnan(empty[name]) for name in ("need", "met", *Met, *Reason))
    assert other["need"] > 0


def test_areas_have_readable_names_in_the_order_of_the_map() -> None:
    rates = area_rates(BASE, "lsoa")
    assert rates.index.tolist() == list(LSOAS)
    assert rates["name"].iloc[0] == "Testham 001A (Alderby Mill)"


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(UsageError, match="county"):
        area_rates(BASE, "county")


# Needs --------------------------------------------------------------------------------------


def test_the_spread_of_a_need_is_what_is_lost_in_each_run() -> None:
    spread = need_spread(BASE).set_index(["tenure", "need"])
    for one in Run:
        rows = run_rows(BASE, BASE[one], ["tenure", "need"]).set_index(["tenure", "need"])
        lost = 1 - rows["met"] / rows["demand"]
        assert spread[str(one)].to_dict() == pytest.approx(lost.to_dict())
    assert (spread[Run.OPTIMISTIC] <= spread[Run.CAUTIOUS] + 1e-9).all()


# Points -------------------------------------------------------------------------------------


def test_public_points_say_what_they_are_and_how_exact() -> None:
    points = public_points(base_pack())
    assert points.to_dict("records") == [
        {
            "point_id": "options_desk",
            "name": "Housing options",
            "text": "Civic centre, Alderby (about here)",
            "lon": -1.79,
            "lat": 53.61,
        }
    ]


@pytest.mark.parametrize("kind", sorted(CONFIDENTIAL_KINDS))
def test_a_confidential_service_has_no_point_even_if_a_pack_held_one(kind: str) -> None:
    """The loader refuses such a pack; should one get past it, the map still shows nothing."""
    tables = base_tables()
    change(tables, "services", {"service_id": "refuge_one"}, kind=kind)
    desk = tables["delivery_points"][0]
    points = [desk, desk | {"point_id": "hidden", "service_id": "refuge_one", "lon": "-1.75"}]
    pack = base_pack()
    frames = dict(pack.tables) | {
        "services": typed("services", tables["services"]),
        "delivery_points": typed("delivery_points", points),
    }
    assert public_points(replace(pack, tables=frames))["lon"].tolist() == [-1.79]


def test_the_shipped_points_are_of_services_that_people_visit() -> None:
    pack = load_pack()
    points = public_points(pack)
    assert len(points) == len(pack["delivery_points"]) == 7
    names = pack["services"].set_index("name")["kind"]
    assert not set(names[points["name"]]) & CONFIDENTIAL_KINDS


# What a pattern is made of ------------------------------------------------------------------


def test_where_all_areas_are_alike_there_is_no_pattern() -> None:
    assert pattern_shares(BASE, "lsoa", "need") is None
    assert pattern_shares(BASE, "lsoa", "met") is None


def test_where_nobody_seeks_help_there_is_no_pattern() -> None:
    """Nobody in this pack is without a home of their own."""
    nobody = Filter(tenures=frozenset({Tenure.TEMPORARY}))
    for measure in ("need", "met"):
        assert pattern_shares(BASE, "ward", measure, only=nobody) is None


def test_a_pattern_of_need_is_tenure_mix_unless_local_risk_is_asked_for() -> None:
    tables = base_tables()
    set_parameter(tables, "tenure_ratio_social_to_owner", 3)
    set_tenures(tables, LSOAS[:2], council=400)
    change(tables, "lsoa_facts", {"lsoa_code": LSOAS[5]}, violence_with_injury_per_1000="50")
    pack = small_pack(tables)
    shares = pattern_shares(run(pack), "lsoa", "need")
    assert shares == pytest.approx({"tenure_mix": 1, "reach": 0, "local_risk": 0})
    shares = pattern_shares(run(pack, Settings(local_risk=True)), "lsoa", "need")
    assert shares is not None
    assert sum(shares.values()) == pytest.approx(1)
    assert shares["local_risk"] > 0.01


def test_a_pattern_of_help_is_reach_where_tenures_are_alike() -> None:
    tables = base_tables()
    change(tables, "areas_served", {"service_id": "sanctuary_one"}, area=LSOAS[0])
    result = run(small_pack(tables), Settings(goal=Goal.SAFE))
    shares = pattern_shares(result, "lsoa", "met_as_wanted")
    assert shares is not None
    assert shares["reach"] == pytest.approx(1)
