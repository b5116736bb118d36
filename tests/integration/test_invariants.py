"""What must hold of every answer, whatever the pack: asked of packs made at random."""

import random
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from housing_map.model import Result
from housing_map.tabulate import FIGURES
from housing_map.vocabulary import METS, REASONS, Run
from tests.drawn import SERVICES, Question, examples, questions
from tests.packs import LSOAS, WARDS, Tables, change
from tests.worlds import BALANCE, one_run, rows_of, set_parameter, small_pack

SAME = 1e-6
"""How far two answers to the same question may differ, for each household asking."""
NEVER_BELOW = -1e-12


PARTITIONS = (
    ("district",), ("place",), ("ward",), ("lsoa",),
    ("tenure",), ("right",), ("risk",), ("aim",), ("entry",),
    ("ward", "tenure"), ("tenure", "risk", "aim", "entry", "right"),
)  # fmt: skip
OVERLAPS = (
    ("need",), ("component",), ("place", "need"), ("tenure", "component"),
)  # fmt: skip


def demand_of(result: Result) -> float:
    return float(rows_of(result)["demand"].iloc[0])


def met_of(result: Result) -> float:
    return float(rows_of(result)["met"].iloc[0])


def assert_same(first: pd.DataFrame, second: pd.DataFrame, near: float) -> None:
    """Compare two sets of rows with the same keys, in whatever order."""
    assert sorted(first.index) == sorted(second.index)
    second = second.loc[first.index]
    difference = (first[list(FIGURES)] - second[list(FIGURES)]).abs().to_numpy()
    assert difference.max(initial=0.0) <= near, difference.max()


@given(questions())
@examples(2)
def test_the_packs_drawn_here_are_packs_that_the_program_loads(question: Question) -> None:
    """Read from files and checked they give the same tables, so that the rest may skip that."""
    read, quick = small_pack(question.tables, checked=True), small_pack(question.tables)
    for name, frame in read.tables.items():
        pd.testing.assert_frame_equal(frame, quick[name], obj=name)


@given(questions())
@examples(24)
def test_every_row_adds_up_and_rows_add_up_to_the_total(question: Question) -> None:
    """Demand is what is met and what is lost; areas, tenures and the like partition it."""
    result = question.ask()
    total = rows_of(result).iloc[0]
    for by in ((), *PARTITIONS, *OVERLAPS):
        rows = rows_of(result, *by)
        parts = [*METS, *REASONS]
        if "component" in by:
            parts.append("met_otherwise")
        whole = rows["demand"].to_numpy(dtype=float)
        apart = rows[parts].to_numpy(dtype=float)
        assert np.all(apart >= NEVER_BELOW), by
        assert np.all(whole >= NEVER_BELOW), by
        assert np.abs(whole - apart.sum(axis=1)).max(initial=0.0) <= BALANCE, by
        met = rows[list(METS)].to_numpy(dtype=float).sum(axis=1)
        assert np.abs(rows["met"].to_numpy(dtype=float) - met).max(initial=0.0) <= BALANCE, by
        if by in PARTITIONS:
            summed = rows[list(FIGURES)].sum()
            assert (summed - total[list(FIGURES)]).abs().max() <= BALANCE, by
    tenures = rows_of(result, "tenure")["demand"]
    needs = rows_of(result, "tenure", "need")["demand"]
    for row in question.tables["household_shares"]:
        if row["dimension"] == "circumstance" and float(row["central"]) > 0:
            for tenure, households in tenures.items():
                expected = households * float(row["central"])
                assert needs[tenure, row["code"]] == pytest.approx(expected, abs=BALANCE)
    aims = rows_of(result, "aim")["demand"].drop("leave", errors="ignore")
    refuge = rows_of(result, "component")["demand"]["refuge_services"]
    assert refuge == pytest.approx(aims.sum(), abs=BALANCE)


@given(questions(), st.sampled_from(["refuge_one", "lettings", "lettings_two", "idva"]))
@examples(14)
def test_more_capacity_never_helps_fewer(question: Question, service: str) -> None:
    """A landlord's or adviser's figure is its own; a refuge's comes with the assumption."""
    tables = question.copy()
    more = next(row for row in tables["capacity"] if row["service_id"] == service)
    extra = float(more["capacity_central"]) * 1.5 + 1
    change(tables, "capacity", {"service_id": service}, capacity_central=str(extra))
    if service == "refuge_one":  # as much more for the district as for this one service
        assumed = next(row for row in tables["pool_assumptions"] if row["kind"] == "refuge")
        wider = extra - float(more["capacity_central"])
        for end in ("low", "central", "high"):
            assumed[f"capacity_{end}"] = str(float(assumed[f"capacity_{end}"]) + wider)
    before, after = question.ask(), question.ask(tables)
    assert met_of(after) >= met_of(before) - SAME * demand_of(before)


@given(questions(), st.integers(0, 2**32))
@examples(14)
def test_who_is_helped_never_depends_on_the_order_of_the_input(
    question: Question, seed: int
) -> None:
    tables = question.copy()
    shuffle = random.Random(seed).shuffle  # noqa: S311 - no secret
    for rows in tables.values():
        shuffle(rows)
    before, after = question.ask(), question.ask(tables)
    near = SAME * demand_of(before)
    for by in (("lsoa", "tenure"), ("need",), ("component",), ("risk", "aim", "entry")):
        assert_same(rows_of(before, *by), rows_of(after, *by), near)


@given(questions(), st.sampled_from(LSOAS))
@examples(12)
def test_cutting_a_small_area_in_two_like_halves_changes_nothing_above_it(
    question: Question, lsoa: str
) -> None:
    tables = question.copy()
    twin = lsoa[:-1] + "9"
    (row,) = (row for row in tables["lsoa_facts"] if row["lsoa_code"] == lsoa)
    counts = [key for key, cell in row.items() if cell.isdigit()]
    half = row | {key: str(int(row[key]) // 2) for key in counts if not key.endswith("_1000")}
    assert all(int(half[key]) * 2 == int(row[key]) for key in ("residents", "owned_outright"))
    row |= half
    tables["lsoa_facts"].append(half | {"lsoa_code": twin})
    tables["areas_served"] += [
        served | {"area": twin} for served in tables["areas_served"] if served["area"] == lsoa
    ]
    before, after = question.ask(), question.ask(tables)
    near = SAME * demand_of(before)
    for by in (("ward", "tenure"), ("place",), ("component",)):
        assert_same(rows_of(before, *by), rows_of(after, *by), near)
    whole, parts = rows_of(before, "lsoa"), rows_of(after, "lsoa")
    assert (lsoa in whole.index) == (lsoa in parts.index) == (twin in parts.index)
    if lsoa in whole.index:  # nobody asks the stay cascade where nobody wants to stay
        for part in (lsoa, twin):
            difference = parts.loc[part, list(FIGURES)] * 2 - whole.loc[lsoa, list(FIGURES)]
            assert difference.abs().max() <= near


@given(questions(), st.sampled_from([0.01, 0.5, 3, 1000]))
@examples(10)
def test_so_many_times_the_households_and_the_capacity_is_as_many_times_the_answer(
    question: Question, times: float
) -> None:
    tables = question.copy()
    for key in ("national_households_supported", "national_households_unable_to_be_supported"):
        (row,) = (row for row in tables["parameters"] if row["key"] == key)
        set_parameter(tables, key, repr(float(row["central"]) * times))
    for name in ("capacity", "pool_assumptions"):
        for row in tables[name]:
            for end in ("low", "central", "high"):
                if row.get(f"capacity_{end}"):
                    row[f"capacity_{end}"] = repr(float(row[f"capacity_{end}"]) * times)
    before, after = question.ask(), question.ask(tables)
    for by in (("lsoa", "tenure"), ("component",)):
        scaled = rows_of(before, *by) * times
        assert_same(scaled, rows_of(after, *by), SAME * times * demand_of(before))


NAMES = frozenset(
    {"service_id", "organisation_id", "support_provider_id", "from_id", "to_id"}
    | {"area", "ward_code", "lsoa_code", "place"}
)
"""Columns that hold what things are called."""


def renamed(tables: Tables, names: Mapping[str, str]) -> Tables:
    """Return the tables with other names for services, bodies and areas."""
    return {
        table: [
            {key: names.get(cell, cell) if key in NAMES else cell for key, cell in row.items()}
            for row in rows
        ]
        for table, rows in tables.items()
    }


@given(questions())
@examples(10)
def test_what_things_are_called_changes_nothing(question: Question) -> None:
    """Identifiers in the reverse order of the alphabet give the same answer under new names."""
    services = {name: f"s{99 - n:02d}" for n, name in enumerate(SERVICES)}
    areas = {code: f"{code[:5]}{9999 - n:04d}" for n, code in enumerate([*WARDS, *LSOAS])}
    areas |= {"Alderby": "Zeal"}
    names = services | areas | {"aid": "z_aid", "council": "a_council"}
    before = question.ask()
    after = question.ask(renamed(question.copy(), names))
    near = SAME * demand_of(before)
    for by in (("lsoa",), ("ward",), ("place",)):
        rows = rows_of(before, *by)
        rows.index = pd.Index([areas.get(str(code), str(code)) for code in rows.index])
        assert_same(rows, rows_of(after, *by), near)
    for by in (("tenure", "risk"), ("component",), ("need",)):
        assert_same(rows_of(before, *by), rows_of(after, *by), near)


@given(questions())
@examples(10)
def test_with_the_same_demand_each_run_helps_at_least_as_many_as_a_more_cautious_one(
    question: Question,
) -> None:
    """Every unknown counts against coverage, centrally as is likelier, or for coverage.

    It holds where demand is the same in each run, and where no service that may not run has a
    figure that its pool would get back.
    """
    tables = question.copy()
    change(tables, "services", {"service_id": "sanctuary_two"}, operating="yes")
    change(tables, "services", {"service_id": "refuge_one"}, operating="yes")
    asked = [one_run(tables, run, goal=question.goal, pathway=question.pathway) for run in Run]
    demand = [demand_of(result) for result in asked]
    assert demand == pytest.approx([demand[0]] * 3)
    cautious, central, optimistic = (met_of(result) for result in asked)
    assert cautious <= central + SAME * demand[0]
    assert central <= optimistic + SAME * demand[0]


@given(questions(), st.sampled_from(SERVICES))
@examples(12)
def test_taking_a_service_away_never_helps_more(question: Question, service: str) -> None:
    """A service with no part in an assumption: its places go with it, and nobody gains."""
    tables = question.copy()
    change(tables, "services", {"service_id": service}, operating="no")
    if service in {"refuge_one", "sanctuary_two"}:  # the assumption is for one service less
        for row in tables["capacity"]:
            if row["service_id"] == service:
                row |= {"capacity_central": "", "status": "unknown"}
    before, after = question.ask(), question.ask(tables)
    assert met_of(after) <= met_of(before) + SAME * demand_of(before)
