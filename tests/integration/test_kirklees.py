"""The shipped pack of Kirklees: what it holds, and what the model makes of it.

The snapshots hold the district's and the tenures' rows of every run. A change of the data or of
the model changes them; when it is meant, write them anew and read the difference:
``python tests/integration/test_kirklees.py``.
"""

import json
import shutil
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from housing_map import catalogue, model, pack, places, tabulate
from housing_map.demand import households_by_tenure
from housing_map.tabulate import FIGURES, GROUP_DIMENSIONS, OVERLAPPING
from housing_map.vocabulary import METS, REASONS, Goal, Run, Status, Tenure

HERE = Path(__file__).resolve().parent
DATA = HERE.parent.parent / "data"
SNAPSHOTS = HERE / "snapshots"
BALANCE = 1e-9
"""How far demand may be from what is met and lost, in households."""
SUMS = 1e-6
"""How far rows may be from their total, in households."""
SNAPSHOT = 1e-4
LEVELS = ("district", "place", "place_partnership", "ward", "lsoa")
PARTITIONS = (*LEVELS, *GROUP_DIMENSIONS)


@cache
def kirklees() -> pack.Pack:
    """Return the shipped pack, whatever folder the environment names."""
    return pack.load_pack(DATA)


@cache
def answer(goal: Goal, *, local_risk: bool = False) -> model.Result:
    return model.run(kirklees(), model.Settings(goal=goal, local_risk=local_risk))


@cache
def rows(goal: Goal, *by: str) -> pd.DataFrame:
    return tabulate.coverage_rows(answer(goal), by)


def snapshot(goal: Goal) -> pd.DataFrame:
    """Rows of the district and of the tenures, in households, for the three runs."""
    parts = [
        rows(goal, by).rename(columns={by: "code"}).assign(level=by)
        for by in ("district", "tenure")
    ]
    frame = pd.concat(parts, ignore_index=True)
    return frame[["level", "code", "run", *FIGURES]].astype({"code": str, "run": str})


def snapshot_path(goal: Goal) -> Path:
    return SNAPSHOTS / f"kirklees_{goal}.csv"


def write_snapshots() -> None:
    """Write every snapshot anew from the shipped pack."""
    SNAPSHOTS.mkdir(exist_ok=True)
    for goal in Goal:
        text = snapshot(goal).to_csv(index=False, float_format="%.6f", lineterminator="\n")
        snapshot_path(goal).write_text(text, encoding="utf-8", newline="\n")


# What the pack holds ----------------------------------------------------------------------


def test_the_pack_has_no_errors_and_covers_the_whole_district() -> None:
    shipped = kirklees()
    assert {problem.severity for problem in shipped.warnings} <= {"warning"}
    assert [level.code for level in places.levels(shipped)] == list(LEVELS)
    sizes = places.membership(shipped).nunique().to_dict()
    assert sizes == {
        "district": 1,
        "place": 4,
        "place_partnership": 7,
        "ward": 23,
        "lsoa": 260,
    }


@pytest.mark.parametrize("level", LEVELS)
def test_every_area_has_one_polygon(level: str) -> None:
    codes = places.polygons(kirklees(), level)["code"].tolist()
    assert sorted(codes) == sorted(places.membership(kirklees())[level].unique())


def test_people_and_homes_are_those_of_the_census() -> None:
    # Census 2021: usual residents, and TS054 (tenure of households) of Kirklees, E08000034.
    shipped = kirklees()
    assert shipped.info.district_code == "E08000034"
    facts = shipped["lsoa_facts"]
    assert facts["residents"].sum() == 433_166
    assert facts["households"].sum() == 177_979
    assert households_by_tenure(shipped).sum().to_dict() == {
        Tenure.OWNED: 117_285,
        Tenure.COUNCIL: 19_673,
        Tenure.ASSOCIATION: 6_600,
        Tenure.PRIVATE: 34_421,
    }


def test_no_capacity_of_safe_homes_is_made_up() -> None:
    shipped = kirklees()
    kinds = shipped["services"].set_index("service_id")["kind"]
    capacity = shipped["capacity"]
    safe = capacity[capacity["service_id"].map(kinds).isin({"refuge", "dispersed", "sanctuary"})]
    figures = [
        f"{figure}_{end}"
        for figure in ("capacity", "stay_days", "occupancy")
        for end in ("low", "central", "high")
    ]
    assert len(safe) == 5
    assert safe[figures].isna().all(axis=None)
    assert set(safe["status"]) == {Status.UNKNOWN}


def test_every_figure_has_a_status_and_a_source() -> None:
    entries = catalogue.entries(kirklees())
    expected = {"Capacity", "Acceptance", "Household share", "Local count", "Parameter"}
    assert {entry.group for entry in entries} == expected
    for entry in entries:
        assert entry.status in Status, entry
        assert entry.source.strip(), entry
        known = entry.status is not Status.UNKNOWN
        assert known or entry.central is None, entry


def test_the_description_is_that_of_the_pack() -> None:
    written = json.loads((DATA / "datapackage.json").read_text(encoding="utf-8"))
    described = pack.describe_pack(DATA, kirklees().info)
    assert written == json.loads(json.dumps(described))


def test_the_digest_does_not_depend_on_the_folder_or_on_line_ends(tmp_path: Path) -> None:
    copied = tmp_path / "another"
    shutil.copytree(DATA, copied)
    for path in copied.rglob("*"):
        if path.is_file():
            plain = path.read_bytes().replace(b"\r\n", b"\n")
            path.write_bytes(plain.replace(b"\n", b"\r\n"))
    again = pack.load_pack(copied)
    assert again.digest == kirklees().digest
    assert again.warnings == kirklees().warnings
    facts = copied / "population" / "lsoa_facts.csv"
    facts.write_bytes(facts.read_bytes().replace(b"E01011004,", b"E01011004 ,", 1))
    assert pack.pack_digest(copied, again.info) != kirklees().digest


# What the model makes of it ---------------------------------------------------------------


@pytest.mark.parametrize("goal", Goal)
@pytest.mark.parametrize("by", [*PARTITIONS, *OVERLAPPING])
def test_every_row_adds_up(goal: Goal, by: str) -> None:
    found = rows(goal, by)
    otherwise = found["met_otherwise"] if by == "component" else 0.0
    lost = found[list(REASONS)].sum(axis=1)
    assert (found["demand"] - found["met"] - otherwise - lost).abs().max() <= BALANCE
    assert (found["met"] - found[list(METS)].sum(axis=1)).abs().max() <= BALANCE
    assert (found[list(FIGURES)] >= -BALANCE).all(axis=None)
    assert set(found["run"]) == set(Run)


@pytest.mark.parametrize("goal", Goal)
@pytest.mark.parametrize("by", PARTITIONS)
def test_rows_of_areas_and_groups_sum_to_the_total(goal: Goal, by: str) -> None:
    sums = rows(goal, by).groupby("run")[list(FIGURES)].sum()
    total = rows(goal).set_index("run")[list(FIGURES)]
    assert ((sums - total).abs() <= SUMS).all(axis=None)


@pytest.mark.parametrize("goal", Goal)
def test_better_answers_to_the_unknowns_help_a_greater_share(goal: Goal) -> None:
    district = rows(goal, "district")
    district = district[district["district"] == kirklees().info.district_code]
    for found in (rows(goal), district):
        by_run = dict(zip(found["run"], found["met"] / found["demand"], strict=True))
        shares = [0.0, *(float(by_run[run]) for run in Run), 1.0]  # cautious, central, optimistic
        assert shares == sorted(shares)


@pytest.mark.parametrize("goal", Goal)
def test_local_risk_moves_demand_between_areas_and_keeps_the_totals(goal: Goal) -> None:
    local = answer(goal, local_risk=True)
    for by in ("district", "tenure"):
        found = tabulate.coverage_rows(local, [by])
        assert found["demand"].tolist() == pytest.approx(rows(goal, by)["demand"].tolist())
    wards = tabulate.coverage_rows(local, ["ward"]).set_index(["run", "ward"])["demand"]
    change = (wards / rows(goal, "ward").set_index(["run", "ward"])["demand"] - 1).abs()
    assert (change.groupby("run").max() > 0.05).all()  # some ward moves by a twentieth or more
    assert (change.xs("elsewhere", level="ward") < BALANCE).all()


@pytest.mark.parametrize("goal", Goal)
def test_the_answers_are_those_of_the_snapshot(goal: Goal) -> None:
    written = pd.read_csv(snapshot_path(goal), dtype={"level": str, "code": str, "run": str})
    pd.testing.assert_frame_equal(
        snapshot(goal), written, check_dtype=False, check_exact=False, rtol=0, atol=SNAPSHOT
    )


if __name__ == "__main__":
    write_snapshots()
