"""Reach: the nearest place by time and by distance, people within thresholds, known supply."""

from dataclasses import replace
from math import inf, isnan
from typing import Any

import hypothesis
import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import strategies as st

from housing_map import reach, travel
from housing_map.catchment import Zones
from housing_map.errors import UsageError
from housing_map.pack import Pack, load_pack
from housing_map.parameters import Register
from housing_map.reach import Access, Visits, access, nearest, thresholds_table, visits
from housing_map.vocabulary import Run
from tests.drawn import examples
from tests.packs import DISTRICT, LSOAS, WARDS, Tables, add, base_tables, change
from tests.worlds import serve, small_pack

SOURCE = {"status": "assumed", "source": "made up for tests"}
HERE = Run.CENTRAL


def gather(tables: Tables | Pack, **settings: Any) -> tuple[Pack, Visits]:  # noqa: ANN401
    pack = tables if isinstance(tables, Pack) else small_pack(tables)
    return pack, visits(pack, Register(pack["parameters"]), HERE, **settings)


def near(tables: Tables) -> pd.DataFrame:
    return nearest(gather(tables)[1])


def covered(tables: Tables, **settings: Any) -> pd.DataFrame:  # noqa: ANN401
    """Return the rows of a thresholds table about any service, by area."""
    pack, found = gather(tables)
    rows = thresholds_table(pack, found, **settings)
    rows = rows[rows["service"] == reach.ANY]
    return rows.set_index(rows.columns[0])


def give(tables: Tables, origin: str, place: str, minutes: str) -> None:
    add(
        tables, "travel_times", origin=origin, destination=place, mode="bus", minutes=minutes
    )  # fmt: skip


def place(tables: Tables, point: str, service: str, lon: float, lat: float) -> None:
    add(
        tables,
        "delivery_points",
        point_id=point,
        service_id=service,
        name="Somewhere people go",
        lon=repr(lon),
        lat=repr(lat),
        precision="town",
        **SOURCE,
    )


def visited(
    tables: Tables,
    service: str,
    *,
    capacity: float | None = None,
    areas: tuple[str, ...] = (DISTRICT,),
) -> None:
    """Add a service that people have to visit."""
    serve(tables, service, "community_support", capacity, areas=areas)
    change(tables, "services", {"service_id": service}, delivery="visit")


def two_desks() -> Tables:
    """Return the small pack with a second housing options desk in the far corner."""
    tables = base_tables()
    place(tables, "far_desk", "options", -1.75, 53.63)
    return tables


# The nearest place --------------------------------------------------------------------------


def test_without_given_times_the_nearest_by_time_is_the_nearest_by_distance() -> None:
    found = near(two_desks())
    assert (found["by_time"] == found["by_distance"]).all()
    assert not found["disagree"].any()
    assert set(found["by_time"]) == {"options_desk", "far_desk"}
    assert set(found["status"]) == {"estimated"}


def test_a_slow_way_to_the_nearer_place_is_flagged_with_both_times() -> None:
    tables = two_desks()
    give(tables, LSOAS[0], "options_desk", "55")
    give(tables, LSOAS[0], "far_desk", "20")
    row = near(tables).loc[LSOAS[0]]
    assert (row["by_time"], row["by_distance"]) == ("far_desk", "options_desk")
    assert (row["minutes"], row["minutes_there"]) == (20, 55)
    assert row["disagree"]
    assert row["status"] == "given"
    assert near(tables)["disagree"].sum() == 1


def test_two_places_equally_quick_do_not_disagree() -> None:
    tables = two_desks()
    give(tables, LSOAS[0], "options_desk", "20")
    give(tables, LSOAS[0], "far_desk", "20")
    row = near(tables).loc[LSOAS[0]]
    assert (row["by_time"], row["disagree"]) == ("options_desk", False)


def test_a_place_without_a_way_to_it_is_passed_over() -> None:
    tables = two_desks()
    give(tables, LSOAS[0], "options_desk", "")
    row = near(tables).loc[LSOAS[0]]
    assert (row["by_time"], row["by_distance"]) == ("far_desk", "options_desk")
    assert row["minutes_there"] == inf
    assert row["disagree"]
    give(tables, LSOAS[0], "far_desk", "")
    row = near(tables).loc[LSOAS[0]]
    assert (row["minutes"], row["status"]) == (inf, "unreachable")
    assert pd.isna(row["by_time"])


def test_a_place_counts_only_where_its_service_serves() -> None:
    tables = two_desks()
    change(tables, "areas_served", {"service_id": "options"}, area=WARDS[0])
    found = near(tables)
    assert found.index[found["by_time"].notna()].tolist() == list(LSOAS[:2])
    assert found["km"].notna().sum() == 2


def test_only_services_that_have_to_be_visited_are_asked_about() -> None:
    tables = base_tables()
    change(tables, "services", {"service_id": "options"}, delivery="visit;remote")
    pack, found = gather(tables)
    assert found.services == ()
    assert (nearest(found)["minutes"] == inf).all()
    assert found.groups() == (reach.ANY,)
    assert (thresholds_table(pack, found)["beyond"] == 2000).all()


def test_a_visited_service_without_a_place_is_named_and_one_that_has_closed_is_not() -> None:
    tables = base_tables()
    visited(tables, "somewhere")
    assert gather(tables)[1].placeless == ("perpetrators", "somewhere")
    change(tables, "services", {"service_id": "somewhere"}, operating="no")
    assert gather(tables)[1].placeless == ("perpetrators",)


def test_a_programme_for_perpetrators_is_no_help_that_people_visit() -> None:
    tables = base_tables()
    place(tables, "class", "perpetrators", -1.75, 53.63)
    found = gather(tables)[1]
    assert set(nearest(found)["by_time"]) == {"options_desk"}
    assert "perpetrator_management" in found.groups()
    assert set(nearest(found, found.of("perpetrator_management"))["by_time"]) == {"class"}


def test_a_group_of_services_that_nobody_visits_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match=r"'refuge' is visited .* any, homelessness_route"):
        gather(base_tables())[1].of("refuge")


TIMES = st.sampled_from(["", "0", "7", "15", "15.5", "30", "44"])


@st.composite
def matrices(draw: st.DrawFn) -> Tables:
    """Draw the small pack with up to four places of two services and some given times."""
    tables = base_tables()
    visited(tables, "advice", areas=draw(st.sampled_from([(DISTRICT,), (WARDS[0], WARDS[1])])))
    corners = st.tuples(st.sampled_from([-1.79, -1.76, -1.7]), st.sampled_from([53.6, 53.62, 53.7]))
    for number in range(draw(st.integers(0, 3))):
        service = draw(st.sampled_from(["options", "advice"]))
        place(tables, f"place_{number}", service, *draw(corners))
    pairs = st.tuples(
        st.sampled_from(LSOAS), st.sampled_from([p["point_id"] for p in tables["delivery_points"]])
    )
    for (origin, point), minutes in draw(st.dictionaries(pairs, TIMES, max_size=10)).items():
        give(tables, origin, point, minutes)
    return tables


@examples(12)
@hypothesis.given(matrices())
def test_the_nearest_place_is_that_of_a_search_over_the_graph_of_pairs(tables: Tables) -> None:
    pack, found = gather(tables)
    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(LSOAS)
    for lsoa in LSOAS:
        for point in found.minutes.columns:
            if np.isfinite(found.minutes.at[lsoa, point]):
                graph.add_edge(lsoa, point, minutes=found.minutes.at[lsoa, point])
    ours = nearest(found)
    for lsoa in LSOAS:
        away = {p: d["minutes"] for p, d in graph[lsoa].items()}
        least = min(away.values(), default=inf)
        assert ours.at[lsoa, "minutes"] == least
        chosen = ours.at[lsoa, "by_time"]
        assert pd.isna(chosen) == (not away)
        assert not away or away[chosen] == pytest.approx(least, abs=1e-9)
        km = travel.straight_line_km(pack).loc[lsoa]
        if not pd.isna(by_distance := ours.at[lsoa, "by_distance"]):
            serving = [p for p in found.km.columns if np.isfinite(found.km.at[lsoa, p])]
            assert km[by_distance] == pytest.approx(km[serving].min(), abs=1e-9)
            slower = found.minutes.at[lsoa, by_distance] > least + 1e-9
            assert ours.at[lsoa, "disagree"] == (slower and bool(away))


@examples(12)
@hypothesis.given(matrices(), st.randoms(use_true_random=False))
def test_the_order_of_places_and_services_changes_nothing(tables: Tables, random: Any) -> None:  # noqa: ANN401
    pack, found = gather(tables)
    before, table = nearest(found), thresholds_table(pack, found)
    for name in ("delivery_points", "services", "areas_served", "travel_times", "lsoa_facts"):
        random.shuffle(tables[name])
    pack, found = gather(tables)
    pd.testing.assert_frame_equal(nearest(found).loc[before.index], before)
    pd.testing.assert_frame_equal(thresholds_table(pack, found), table)


# Thresholds ---------------------------------------------------------------------------------


def test_each_ward_has_its_people_at_each_threshold() -> None:
    """Alderby East: one small area 12 minutes away, one 30; the rest nowhere near."""
    tables = base_tables()
    for lsoa, minutes in zip(LSOAS, ["12", "30", "30.1", "", "50", "60"], strict=True):
        give(tables, lsoa, "options_desk", minutes)
    table = covered(tables, minutes=(15, 30, 60))
    assert table["residents"].tolist() == [2000, 2000, 2000]
    assert table["within_15"].tolist() == [1000, 0, 0]
    assert table["within_30"].tolist() == [2000, 0, 0]
    assert table["within_60"].tolist() == [2000, 1000, 2000]
    assert table["share_60"].tolist() == [1, 0.5, 1]
    assert table["beyond"].tolist() == [0, 1000, 0]
    assert table["estimated"].tolist() == [0, 0, 0]
    assert table["not_placed"].tolist() == [0, 0, 0]
    assert table.columns[-1] == "not_placed"
    assert table["name"].tolist() == ["Alderby East", "Alderby West", "Brockley and Cowden"]


@pytest.mark.parametrize(("limit", "inside"), [(29.9, 0), (30, 1000), (30.1, 1000)])
def test_the_last_minute_of_a_threshold_is_within_it(limit: float, inside: int) -> None:
    tables = base_tables()
    for lsoa in LSOAS:
        give(tables, lsoa, "options_desk", "30" if lsoa == LSOAS[0] else "")
    table = covered(tables, level="district", minutes=(limit,))
    assert table[f"within_{limit:g}"].tolist() == [inside]


def test_households_may_be_counted_and_levels_are_those_of_the_pack() -> None:
    table = covered(base_tables(), level="place", counted="households", minutes=(1000,))
    assert table["within_1000"].to_dict() == {"Alderby": 1600, "Cowden": 800}


def test_every_group_of_services_has_a_row_in_every_area_any_first() -> None:
    tables = base_tables()
    visited(tables, "advice")
    place(tables, "advice_desk", "advice", -1.75, 53.63)
    pack, found = gather(tables)
    table = thresholds_table(pack, found)
    groups = ["any", "homelessness_route", "community_support"]
    assert table["service"].tolist() == groups * 3
    assert table["ward"].tolist() == sorted([*WARDS] * 3)
    assert table["label"].tolist()[:3] == [
        "Any service people visit for help",
        "Homelessness and housing options",
        "Community-based support",
    ]
    wide = table.pivot_table(index="ward", columns="service", values="within_15")
    assert (wide["any"] >= wide[groups].max(axis=1)).all()


def test_thresholds_are_told_in_order_and_once() -> None:
    table = covered(base_tables(), minutes=(45, 7.5, 45.0))
    assert [c for c in table.columns if c.startswith("within")] == ["within_7.5", "within_45"]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"minutes": ()}, "at least one"),
        ({"minutes": (-5,)}, "minutes from 0 up"),
        ({"minutes": (float("nan"),)}, "minutes from 0 up"),
        ({"counted": "cats"}, "'cats' cannot be counted; the census counts residents and"),
        ({"level": "parish"}, "no level of area called 'parish'"),
    ],
)
def test_what_cannot_be_counted_is_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        covered(base_tables(), **settings)


def test_people_without_a_centroid_are_reported_and_not_dropped() -> None:
    tables = base_tables()
    change(tables, "lsoa_facts", {"lsoa_code": LSOAS[5]}, lon="", lat="")
    table = covered(tables, minutes=(15, 1000))
    assert table["not_placed"].tolist() == [0, 0, 1000]
    assert table["within_1000"].tolist() == [2000, 2000, 1000]
    assert table["residents"].sum() == 6000
    row = near(tables).loc[LSOAS[5]]
    assert row["status"] == "unknown"
    assert isnan(row["minutes"])
    assert pd.isna(row["by_time"])


def test_people_in_no_ward_have_a_row_of_their_own_at_the_end() -> None:
    tables = base_tables()
    change(tables, "lsoa_facts", {"lsoa_code": LSOAS[0]}, ward_code="")
    change(tables, "lsoa_facts", {"lsoa_code": LSOAS[2]}, ward_code="E05888888")
    table = covered(tables, minutes=(1000,))
    assert table.index.tolist() == [*WARDS, reach.NOWHERE]
    last = table.loc[reach.NOWHERE]
    assert last[["residents", "within_1000", "beyond", "not_placed"]].tolist() == [2000, 0, 0, 2000]
    assert last["name"] == "In no area of the level ward"
    assert table["residents"].sum() == 6000


def counts(table: pd.DataFrame) -> pd.DataFrame:
    return table[[c for c in table.columns if c.startswith("within")]]


@examples(12)
@hypothesis.given(matrices(), st.sampled_from([None, *LSOAS]))
def test_everybody_is_counted_once_and_a_higher_threshold_never_reaches_fewer(
    tables: Tables, lost: str | None
) -> None:
    if lost is not None:
        change(tables, "lsoa_facts", {"lsoa_code": lost}, lon="", lat="")
    pack, found = gather(tables)
    for level in ("ward", "district", "lsoa"):
        table = thresholds_table(pack, found, level=level, minutes=(0, 7, 15, 30, 44, 1000))
        whole = table["within_1000"] + table["beyond"] + table["not_placed"]
        pd.testing.assert_series_equal(whole, table["residents"], check_names=False)
        assert (counts(table).diff(axis=1).iloc[:, 1:] >= 0).all(axis=None)
        assert (table["estimated"] <= table["residents"] - table["not_placed"]).all()
        assert table.groupby("service")["residents"].sum().eq(6000).all()


@examples(8)
@hypothesis.given(matrices(), st.sampled_from(LSOAS))
def test_a_small_area_cut_into_two_halves_changes_no_ward(tables: Tables, cut: str) -> None:
    pack, found = gather(tables)
    before = thresholds_table(pack, found)
    (row,) = [r for r in tables["lsoa_facts"] if r["lsoa_code"] == cut]
    row["residents"] = "500"
    tables["lsoa_facts"].append(row | {"lsoa_code": "E01999009"})
    for given in [r for r in tables["travel_times"] if r["origin"] == cut]:
        tables["travel_times"].append(given | {"origin": "E01999009"})
    pack, found = gather(tables)
    pd.testing.assert_frame_equal(thresholds_table(pack, found), before)


# Supply -------------------------------------------------------------------------------------


def supplied(**capacity: float | None) -> Tables:
    """Return the small pack with visited services of these capacities, each at its own place."""
    tables = base_tables()
    tables["delivery_points"] = []
    for number, (service, amount) in enumerate(capacity.items()):
        visited(tables, service, capacity=amount)
        place(tables, f"{service}_desk", service, -1.79 + number * 0.02, 53.61)
    return tables


def asked(tables: Tables, **settings: Any) -> Access:  # noqa: ANN401
    pack, found = gather(tables)
    return access(pack, found, HERE, **settings)


def test_where_no_supply_is_known_only_plain_reach_is_told() -> None:
    answer = asked(supplied(first=None, second=None))
    assert answer.words.startswith("Supply unknown: plain reach only. None of the 2 services")
    assert answer.unknown == ("first", "second")
    assert answer.areas["enhanced"].isna().all()
    assert answer.areas["minutes"].notna().all()
    assert answer.sites.empty


def test_supply_is_shared_among_the_people_who_can_come() -> None:
    """All 6,000 are within ten minutes of both: 30 and 60 households a year, 15 per 1,000."""
    tables = supplied(first=30, second=60)
    for lsoa in LSOAS:
        for service in ("first", "second"):
            give(tables, lsoa, f"{service}_desk", "10")
    answer = asked(tables)
    assert answer.areas["enhanced"].tolist() == pytest.approx([15.0] * 6)
    assert answer.areas["met"].tolist() == pytest.approx([15.0] * 6)
    assert answer.sites["supply"].to_dict() == {"first": 30, "second": 60}
    assert answer.sites["come"].tolist() == [6000, 6000]
    assert answer.words == "All 2 services asked about have a capacity of their own."


def test_a_service_without_a_figure_is_named_and_left_out_of_the_supply() -> None:
    tables = supplied(first=30, second=None)
    answer = asked(tables)
    assert answer.unknown == ("second",)
    assert answer.sites.index.tolist() == ["first"]
    assert "for the other 1, supply unknown: plain reach only" in answer.words


def test_a_capacity_assumed_for_the_district_is_not_the_services_own() -> None:
    tables = supplied(first=None)
    pool = {"kind": "community_support", "basis": "caseload", "sites": "1", **SOURCE}
    add(tables, "pool_assumptions", capacity_central="100", **pool)
    assert asked(tables).unknown == ("first",)


def test_people_per_supply_add_up_to_the_supply() -> None:
    tables = supplied(first=30, second=60)
    give(tables, LSOAS[0], "first_desk", "")
    change(tables, "lsoa_facts", {"lsoa_code": LSOAS[5]}, lon="", lat="")
    answer = asked(tables)
    handed_out = (answer.areas["people"] * answer.areas["enhanced"] / 1000).sum()
    assert handed_out + answer.unused == pytest.approx(90)
    assert answer.not_placed == 1000
    assert isnan(answer.areas.at[LSOAS[5], "enhanced"])


def test_a_service_of_two_places_is_one_supply_at_the_nearer() -> None:
    tables = supplied(first=30)
    place(tables, "second_desk", "first", -1.75, 53.63)
    pack, found = gather(tables)
    answer = access(pack, found, HERE, decay=Zones((1000,), (1,)))
    assert len(answer.sites) == 1
    assert answer.areas["enhanced"].tolist() == pytest.approx([30 / 6] * 6)
    assert answer.areas["minutes"].tolist() == found.minutes.min(axis=1).tolist()


def test_an_area_that_a_service_does_not_serve_has_no_access_to_it() -> None:
    tables = supplied(first=30)
    change(tables, "areas_served", {"service_id": "first"}, area=WARDS[0])
    answer = asked(tables, decay=Zones((1000,), (1,)), counted="households")
    assert answer.areas["enhanced"].tolist() == pytest.approx([30 / 0.8] * 2 + [0] * 4)


# Kirklees -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def kirklees() -> tuple[Pack, Visits]:
    return gather(load_pack())


def test_kirklees_is_told_to_be_estimated_with_supply_unknown(
    kirklees: tuple[Pack, Visits],
) -> None:
    pack, found = kirklees
    assert found.mode == ""
    table = thresholds_table(pack, found, level="district")
    (row,) = table[table["service"] == reach.ANY].to_dict("records")
    assert row["residents"] == pack["lsoa_facts"]["residents"].sum()
    assert row["estimated"] == row["residents"]
    assert row["not_placed"] == 0
    assert access(pack, found, HERE).words.startswith("Supply unknown")


def test_wards_of_kirklees_sum_to_the_district(kirklees: tuple[Pack, Visits]) -> None:
    pack, found = kirklees
    wards = thresholds_table(pack, found).groupby("service")
    whole = thresholds_table(pack, found, level="district").set_index("service")
    for column in ("residents", "within_15", "within_60", "beyond", "not_placed"):
        assert wards[column].sum().to_dict() == whole[column].to_dict()


def test_a_later_date_asks_about_the_services_that_then_run(kirklees: tuple[Pack, Visits]) -> None:
    pack, found = kirklees
    services = pack["services"].copy()
    services["closes_on"] = pd.Timestamp("2026-12-31")
    closing = replace(pack, tables={**pack.tables, "services": services})
    later = gather(closing, on=pd.Timestamp("2027-01-01").date())[1]
    assert gather(closing)[1].services != ()
    assert later.services == ()
    assert found.services != ()
