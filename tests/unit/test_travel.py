"""Travel times: given where somebody worked them out, estimated elsewhere, and what is refused."""

from dataclasses import replace
from math import hypot, inf
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyproj
import pytest

from housing_map import travel
from housing_map.errors import Problem, Severity, UsageError
from housing_map.pack import Pack, check_pack
from housing_map.parameters import Register
from housing_map.travel import minutes_to_points, minutes_to_services, travel_times
from housing_map.vocabulary import Run
from tests.packs import LSOAS, Tables, add, base_tables, change, write_pack
from tests.worlds import one_run, small_pack, total

NEAR, FAR = LSOAS[0], LSOAS[5]
DESK = "options_desk"


def register(pack: Pack) -> Register:
    return Register(pack["parameters"])


def minutes(tables: Tables, run: Run = Run.CENTRAL, mode: str | None = None) -> pd.DataFrame:
    pack = small_pack(tables)
    return minutes_to_points(pack, register(pack), run, mode)


def give(tables: Tables, origin: str, cell: str, mode: str = "bus", place: str = DESK) -> int:
    """Add a travel time and return its row as a spreadsheet shows it."""
    return add(tables, "travel_times", origin=origin, destination=place, mode=mode, minutes=cell)


def test_an_estimate_is_the_straight_line_times_detour_over_speed() -> None:
    tables = base_tables()
    to_metres = pyproj.Transformer.from_crs(4326, 27700, always_xy=True)
    row = tables["lsoa_facts"][5]
    east, north = to_metres.transform(float(row["lon"]), float(row["lat"]))
    point = tables["delivery_points"][0]
    x, y = to_metres.transform(float(point["lon"]), float(point["lat"]))
    by_hand = hypot(east - x, north - y) / 1000 * 1.3 / 20 * 60
    assert minutes(tables).at[FAR, DESK] == pytest.approx(by_hand, abs=1e-9)


def test_a_given_time_replaces_the_estimate_of_its_own_pair_alone() -> None:
    tables = base_tables()
    before = minutes(tables)
    give(tables, FAR, "71.5")
    after = minutes(tables)
    assert after.at[FAR, DESK] == 71.5
    pd.testing.assert_frame_equal(after.drop(index=FAR), before.drop(index=FAR))


def test_a_given_time_is_the_same_in_every_run_and_an_estimate_is_not() -> None:
    tables = base_tables()
    change(tables, "parameters", {"key": "travel_speed_kmh"}, low="10", high="40")
    give(tables, FAR, "71.5")
    by_run = {run: minutes(tables, run) for run in Run}
    assert {times.at[FAR, DESK] for times in by_run.values()} == {71.5}
    ahead = LSOAS[2]
    cautious, central, optimistic = (by_run[run].at[ahead, DESK] for run in Run)
    assert (cautious, optimistic) == pytest.approx((central * 2, central / 2))


def test_an_empty_cell_says_that_there_is_no_way() -> None:
    tables = base_tables()
    give(tables, NEAR, "")
    assert minutes(tables).at[NEAR, DESK] == inf
    pack = small_pack(tables)
    assert minutes_to_services(pack, register(pack), Run.CENTRAL).at[NEAR, "options"] == inf


def test_a_place_next_door_is_0_minutes_away() -> None:
    tables = base_tables()
    give(tables, FAR, "0")
    assert minutes(tables).at[FAR, DESK] == 0


def test_pairs_are_counted_by_what_their_time_rests_on() -> None:
    tables = base_tables()
    give(tables, NEAR, "")
    give(tables, FAR, "12")
    pack = small_pack(tables)
    found = travel_times(pack, register(pack), Run.CENTRAL)
    assert found.counts() == {"given": 2, "unreachable": 1, "estimated": 4, "unknown": 0}
    assert found.mode == "bus"
    assert found.given.sum().sum() == 2
    assert travel_times(small_pack(base_tables()), register(pack), Run.CENTRAL).mode == ""


def test_a_small_area_without_a_centroid_has_no_estimate_but_may_be_given_a_time() -> None:
    tables = base_tables()
    change(tables, "lsoa_facts", {"lsoa_code": FAR}, lon="", lat="")
    assert np.isnan(minutes(tables).at[FAR, DESK])
    assert minutes(tables).drop(index=FAR).notna().all().all()
    give(tables, FAR, "12")
    assert minutes(tables).at[FAR, DESK] == 12


def test_without_a_place_to_visit_there_is_nothing_to_travel_to() -> None:
    tables = base_tables()
    tables["delivery_points"] = []
    pack = small_pack(tables)
    assert minutes(tables).shape == (6, 0)
    assert minutes_to_services(pack, register(pack), Run.CENTRAL).shape == (6, 0)


def test_a_service_is_as_near_as_its_nearest_place() -> None:
    tables = base_tables()
    point = {**tables["delivery_points"][0], "point_id": "options_far", "lon": "-1.745"}
    tables["delivery_points"].append(point)
    pack = small_pack(tables)
    to_points = minutes_to_points(pack, register(pack), Run.CENTRAL)
    nearest = minutes_to_services(pack, register(pack), Run.CENTRAL)["options"]
    assert (nearest == to_points.min(axis=1)).all()
    assert (to_points.idxmin(axis=1) == "options_far").any()


# Modes -------------------------------------------------------------------------------------


def by_two_modes() -> Tables:
    tables = base_tables()
    give(tables, FAR, "71", "bus")
    give(tables, FAR, "19", "car")
    return tables


def test_the_only_mode_is_used_and_of_several_the_one_asked_for() -> None:
    tables = by_two_modes()
    assert minutes(tables, mode="car").at[FAR, DESK] == 19
    assert minutes(tables, mode="bus").at[FAR, DESK] == 71
    tables["travel_times"] = tables["travel_times"][:1]
    assert minutes(tables).at[FAR, DESK] == 71


def test_the_pack_may_choose_the_mode() -> None:
    pack = small_pack(by_two_modes())
    info = pack.info.model_copy(update={"travel": pack.info.travel.model_copy(
        update={"mode": "car"})})  # fmt: skip
    chosen = replace(pack, info=info)
    assert minutes_to_points(chosen, register(pack), Run.CENTRAL).at[FAR, DESK] == 19
    assert travel.travel_mode(chosen, "bus") == "bus"


def test_several_modes_and_none_chosen_is_refused_with_their_names() -> None:
    with pytest.raises(UsageError, match="choose one of bus, car"):
        minutes(by_two_modes())


def test_a_mode_without_travel_times_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match=r"by 'tram'; the pack has bus, car$"):
        minutes(by_two_modes(), mode="tram")
    with pytest.raises(UsageError, match="the pack has none at all"):
        minutes(base_tables(), mode="tram")


# What is refused when a pack is read ---------------------------------------------------------


def whole(tables: Tables) -> Tables:
    """Give every pair of small area and visited place a time by bus."""
    for lsoa in LSOAS:
        give(tables, lsoa, "25")
    return tables


def told(folder: Path, tables: Tables, travel_info: dict[str, str] | None = None) -> list[Problem]:
    """Return the problems of a pack that are about travel."""
    info: dict[str, Any] = {"travel": {"source": "made up for tests"} | (travel_info or {})}
    _, problems = check_pack(write_pack(folder, tables, info))
    return [p for p in problems if "travel" in f"{p.file} {p.column}"]


def test_a_whole_matrix_with_a_source_is_taken_without_a_word(tmp_path: Path) -> None:
    assert told(tmp_path, whole(base_tables())) == []


def test_no_file_at_all_is_taken_without_a_word(tmp_path: Path) -> None:
    folder = write_pack(tmp_path, {"travel_times": None})
    pack, problems = check_pack(folder)
    assert pack is not None
    assert pack["travel_times"].empty
    assert not [p for p in problems if "travel" in f"{p.file} {p.column}"]


@pytest.mark.parametrize(
    ("cells", "column", "words"),
    [
        ({"origin": "E01999009"}, "origin", "there is no lsoa_code E01999009"),
        ({"destination": "options_desc"}, "destination", "there is no point_id options_desc"),
        ({"minutes": "-4"}, "minutes", "not allowed"),
        ({"minutes": "1800"}, "minutes", "not allowed"),
        ({"minutes": "unreachable"}, "minutes", "cannot be read"),
        ({"mode": "by bus"}, "mode", "not allowed"),
        ({"mode": ""}, "mode", "the cell is empty"),
        ({"origin": LSOAS[1]}, "origin", "the same origin and destination and mode"),
    ],
    ids=["origin", "destination", "negative", "seconds", "word", "mode", "no_mode", "twice"],
)
def test_a_row_that_cannot_be_is_an_error_at_its_cell(
    tmp_path: Path, cells: dict[str, str], column: str, words: str
) -> None:
    tables = whole(base_tables())
    tables["travel_times"][0] |= cells
    errors = [p for p in told(tmp_path, tables) if p.severity is Severity.ERROR]
    # Which of two alike is the wrong one cannot be told: the later is named.
    row = 3 if cells.get("origin") == LSOAS[1] else 2
    assert [(p.row, p.column) for p in errors if words in p.message] == [(row, column)]


def test_a_misspelt_place_is_told_with_the_one_that_was_meant(tmp_path: Path) -> None:
    tables = whole(base_tables())
    tables["travel_times"][0]["destination"] = "options_dusk"
    assert any("Did you mean options_desk?" in p.mend for p in told(tmp_path, tables))


def test_pairs_without_a_time_are_counted_in_a_warning(tmp_path: Path) -> None:
    tables = base_tables()
    give(tables, NEAR, "3")
    give(tables, FAR, "")
    (problem,) = told(tmp_path, tables)
    assert problem.severity is Severity.WARNING
    assert problem.message.startswith("4 of 6 pairs")
    assert problem.value == "bus"


def test_a_place_nobody_has_to_visit_is_told(tmp_path: Path) -> None:
    tables = whole(base_tables())
    advice = {**tables["delivery_points"][0], "point_id": "idva_desk", "service_id": "idva"}
    tables["delivery_points"].append(advice)
    row = give(tables, NEAR, "25", place="idva_desk")
    (problem,) = told(tmp_path, tables)
    assert (problem.severity, problem.row, problem.value) == (Severity.WARNING, row, "idva_desk")


def test_times_that_are_hours_are_told_by_their_speed(tmp_path: Path) -> None:
    tables = whole(base_tables())
    # The small district is 2.6 km across: made wide enough for a speed to be looked at.
    change(tables, "delivery_points", {"point_id": DESK}, lon="-2.9", lat="53.6")
    for row in tables["travel_times"]:
        row["minutes"] = "1.5"
    (problem,) = [p for p in told(tmp_path, tables) if p.column == "minutes"]
    assert problem.severity is Severity.WARNING
    assert "too fast (6 such rows by bus)" in problem.message


def test_where_times_come_from_has_to_be_said(tmp_path: Path) -> None:
    (problem,) = told(tmp_path, whole(base_tables()), {"source": ""})
    assert (problem.severity, problem.column) == (Severity.WARNING, "travel.source")


@pytest.mark.parametrize(
    ("mode", "words"),
    [("", "several modes, and none is chosen"), ("tram", "no row of travel/travel_times.csv")],
)
def test_a_pack_has_to_choose_a_mode_that_it_has(tmp_path: Path, mode: str, words: str) -> None:
    tables = whole(base_tables())
    for lsoa in LSOAS:
        give(tables, lsoa, "12", "car")
    (problem,) = told(tmp_path, tables, {"mode": mode})
    assert (problem.severity, problem.column) == (Severity.ERROR, "travel.mode")
    assert words in problem.message
    assert problem.expected == "one of: bus, car"


def test_a_travel_time_cannot_lead_to_safe_accommodation(tmp_path: Path) -> None:
    """Times from many areas would give a place away; only places people visit have an id."""
    tables = whole(base_tables())
    give(tables, NEAR, "7", place="refuge_one")
    errors = [p for p in told(tmp_path, tables) if p.severity is Severity.ERROR]
    assert any("there is no point_id refuge_one" in p.message for p in errors)


# What the cascade makes of them ----------------------------------------------------------------


@pytest.mark.parametrize(("cell", "reached"), [("30", True), ("30.5", False), ("", False)])
def test_a_given_time_decides_who_is_out_of_reach_the_threshold_included(
    cell: str, *, reached: bool
) -> None:
    tables = base_tables()
    change(tables, "parameters", {"key": "travel_speed_kmh"}, central="4")
    far_off = total(one_run(tables)).get("out_of_reach", 0.0)
    assert far_off > 0
    for lsoa in LSOAS:
        give(tables, lsoa, cell)
    lost = total(one_run(tables)).get("out_of_reach", 0.0)
    assert lost == 0 if reached else lost > far_off
