"""What must hold of every answer, whatever the pack: asked of packs made at random.

Each pack is the small one with changes drawn by Hypothesis: capacities, answers, routes, areas
served, waits, what is known, shares and tenures. It is always one that the program would load.
"""

import copy
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from housing_map.model import Result
from housing_map.tabulate import FIGURES
from housing_map.vocabulary import METS, REASONS, Goal, Pathway, Run
from tests.packs import DISTRICT, LSOAS, WARDS, Tables, add, base_tables, change
from tests.worlds import (
    BALANCE,
    assume,
    chain,
    one_run,
    rows_of,
    serve,
    set_parameter,
    set_shares,
    set_tenures,
    small_pack,
)

SAME = 1e-6
"""How far two answers to the same question may differ, for each household asking."""
NEVER_BELOW = -1e-12

PARTITIONS = (
    ("district",), ("place",), ("ward",), ("lsoa",),
    ("tenure",), ("right",), ("risk",), ("aim",), ("entry",),
    ("ward", "tenure"), ("tenure", "risk", "aim", "entry", "right"),
)  # fmt: skip
OVERLAPS = (
    ("need",), ("component",),
    ("place", "need"), ("place", "component"), ("tenure", "need"), ("tenure", "component"),
)  # fmt: skip

SERVICES = (
    "idva", "options", "refuge_one", "refuge_two", "sanctuary_one", "sanctuary_two",
    "elsewhere", "lettings", "lettings_two",
)  # fmt: skip
RULES = (
    "mental_health", "nrpf", "male", "tenure_owned", "tenure_private_rent", "risk_high",
    "right_joint", "from_elsewhere",
)  # fmt: skip
ROUTES = tuple(
    (row["from_id"], row["to_id"])
    for row in base_tables()["referral_routes"]
    if row["from_id"] != "lettings"
)
MIXES = ((240, 80, 60, 20), (400, 0, 0, 0), (100, 200, 80, 20), (0, 0, 380, 20), (120, 120, 120, 40))
THIRDS = ((0.4, 0.4, 0.2), (0.0, 1.0, 0.0), (0.75, 0.0, 0.25), (0.1, 0.3, 0.6))


@dataclass(frozen=True)
class Question:
    """A pack as its tables, and what is asked of it."""

    tables: Tables
    run: Run
    goal: Goal
    pathway: Pathway

    def ask(self, tables: Tables | None = None) -> Result:
        """Answer the question, of these tables in the place of its own."""
        asked = self.tables if tables is None else tables
        return one_run(asked, self.run, goal=self.goal, pathway=self.pathway)

    def copy(self) -> Tables:
        """Return the tables, to be changed."""
        return copy.deepcopy(self.tables)


def rich_tables() -> Tables:
    """Return the small pack with a second refuge, sanctuary and landlord.

    The second refuge is under an assumption for the district, the others have figures.
    """
    tables = base_tables()
    serve(tables, "refuge_two", "refuge")
    serve(tables, "sanctuary_two", "sanctuary", 4, basis="installations")
    serve(tables, "lettings_two", "social_letting", 10, basis="lettings")
    assume(
        tables, "refuge", "units", 7, capacity_low="6", capacity_high="9",
        stay_days_central="73", occupancy_central="0.9",
    )  # fmt: skip
    chain(tables, "options", "refuge_two", "lettings_two", "home:social")
    chain(tables, "idva", "sanctuary_two", "home:stayed")
    chain(tables, "refuge_one", "lettings_two")
    return tables


@st.composite
def questions(draw: st.DrawFn) -> Question:
    """Draw a pack and what is asked of it."""
    tables = rich_tables()
    for service, capacities in {
        "refuge_one": ["0", "1", "4", "8.5"],
        "sanctuary_two": ["0", "4", "20"],
        "lettings": ["0", "5", "30", "100"],
        "lettings_two": ["0", "10"],
        "idva": ["10", "50", "200"],
    }.items():
        capacity = draw(st.sampled_from(capacities))
        change(tables, "capacity", {"service_id": service}, capacity_central=capacity)
    stay = draw(st.sampled_from(["73", "36.5", "180"]))
    change(tables, "capacity", {"service_id": "refuge_one"}, stay_days_central=stay)
    pairs = st.tuples(st.sampled_from(SERVICES), st.sampled_from(RULES))
    given_answers = st.sampled_from(["yes", "no", "depends", "unknown"])
    for (service, rule), given_answer in draw(
        st.dictionaries(pairs, given_answers, max_size=8)
    ).items():
        tables["eligibility"] = [
            row
            for row in tables["eligibility"]
            if (row["service_id"], row["rule"]) != (service, rule)
        ]
        evidence = {"status": "assumed", "source": "drawn"}
        add(tables, "eligibility", service_id=service, rule=rule, answer=given_answer, **evidence)
    _draw_routes(draw, tables)
    _draw_areas(draw, tables)
    _draw_households(draw, tables)
    return Question(
        tables,
        draw(st.sampled_from(Run)),
        draw(st.sampled_from(Goal)),
        draw(st.sampled_from(Pathway)),
    )


def _draw_routes(draw: st.DrawFn, tables: Tables) -> None:
    for start, end in draw(st.sets(st.sampled_from(ROUTES), max_size=2)):
        tables["referral_routes"] = [
            row
            for row in tables["referral_routes"]
            if (row["from_id"], row["to_id"]) != (start, end)
        ]
    cells = st.fixed_dictionaries(
        {},
        optional={
            "known": st.sampled_from(["depends", "unknown", "no"]),
            "accepts_central": st.sampled_from(["0.5", "0.64", "1", "0"]),
            "succeeds_central": st.sampled_from(["0.2", "0.5", "1"]),
            "wait_days_central": st.sampled_from(["0", "1", "8", "30"]),
            "tenures": st.sampled_from(["owned", "private_rent;council_rent"]),
            "risks": st.sampled_from(["high", "medium;standard"]),
        },
    )
    numbers = st.integers(0, len(tables["referral_routes"]) - 1)
    for number, changed in draw(st.dictionaries(numbers, cells, max_size=4)).items():
        tables["referral_routes"][number] |= changed


def _draw_areas(draw: st.DrawFn, tables: Tables) -> None:
    areas = st.sampled_from([DISTRICT, "Alderby", WARDS[0], WARDS[2], LSOAS[3]])
    for service, area in draw(
        st.dictionaries(st.sampled_from(SERVICES), areas, max_size=3)
    ).items():
        change(tables, "areas_served", {"service_id": service}, area=area)
    for service in draw(st.sets(st.sampled_from(SERVICES), max_size=1)):
        change(tables, "services", {"service_id": service}, operating="unknown")
    for service in draw(st.sets(st.sampled_from(SERVICES), max_size=1)):
        change(tables, "services", {"service_id": service}, closes_on="2026-12-31")
    set_parameter(tables, "travel_threshold_min", draw(st.sampled_from(["5", "9", "30"])))
    set_parameter(tables, "unknown_rule_central", draw(st.sampled_from(["0", "0.5", "1", "1"])))


def _draw_households(draw: st.DrawFn, tables: Tables) -> None:
    for lsoa in LSOAS:
        owned, private, council, association = draw(st.sampled_from(MIXES))
        set_tenures(
            tables, (lsoa,), owned=owned, private=private, council=council, association=association
        )
    stay, move, leave = draw(st.sampled_from(THIRDS))
    set_shares(tables, "aim", stay=stay, move=move, leave=leave)
    high, medium, standard = draw(st.sampled_from(THIRDS))
    set_shares(tables, "risk", high=high, medium=medium, standard=standard)
    police = draw(st.sampled_from([0.0, 0.3, 0.5, 1.0]))
    set_shares(tables, "entry", police=police, housing_options=1 - police)
    sole = draw(st.sampled_from([1.0, 0.25]))
    set_shares(tables, "right", sole=sole, joint=1 - sole)
    shares = st.sampled_from([0.0, 0.1, 0.5, 0.95])
    set_shares(tables, "circumstance", mental_health=draw(shares), nrpf=draw(shares), male=0.1)
    set_parameter(tables, "arrivals_per_leaver", draw(st.sampled_from(["0", "0.5", "1"])))
    homeless = draw(st.sampled_from(["0", "0.2"]))
    change(tables, "household_shares", {"dimension": "tenure"}, central=homeless)


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
@settings(max_examples=6)
def test_the_packs_drawn_here_are_packs_that_the_program_loads(question: Question) -> None:
    """Read from files and checked they give the same tables, so that the rest may skip that."""
    read, quick = small_pack(question.tables, checked=True), small_pack(question.tables)
    for name, frame in read.tables.items():
        pd.testing.assert_frame_equal(frame, quick[name], obj=name)


@given(questions())
@settings(max_examples=50)
def test_demand_is_what_is_met_and_what_is_lost_in_every_row(question: Question) -> None:
    result = question.ask()
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


@given(questions())
@settings(max_examples=30)
def test_area_tenure_right_risk_aim_and_entry_sum_to_the_total(question: Question) -> None:
    result = question.ask()
    total = rows_of(result).iloc[0]
    for by in PARTITIONS:
        summed = rows_of(result, *by).sum()
        for figure in FIGURES:
            assert summed[figure] == pytest.approx(total[figure], abs=BALANCE), (by, figure)


@given(questions())
@settings(max_examples=30)
def test_a_need_has_its_share_of_every_group_and_a_component_the_households_it_suits(
    question: Question,
) -> None:
    result = question.ask()
    tenures = rows_of(result, "tenure")["demand"]
    needs = rows_of(result, "tenure", "need")["demand"]
    for row in question.tables["household_shares"]:
        if row["dimension"] == "circumstance":
            of_need = needs.xs(row["code"], level="need") if len(needs) else needs
            expected = tenures * float(row["central"])
            assert of_need.to_numpy() == pytest.approx(expected[of_need.index], abs=BALANCE)
    aims = rows_of(result, "aim")["demand"]
    refuge = rows_of(result, "component")["demand"]["refuge_services"]
    assert refuge == pytest.approx(aims.drop("leave", errors="ignore").sum(), abs=BALANCE)


@given(questions(), st.sampled_from(["refuge_one", "lettings", "lettings_two", "idva"]))
@settings(max_examples=40)
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
@settings(max_examples=40)
def test_who_is_helped_never_depends_on_the_order_of_the_input(
    question: Question, seed: int
) -> None:
    tables = question.copy()
    shuffle = random.Random(seed).shuffle
    for rows in tables.values():
        shuffle(rows)
    before, after = question.ask(), question.ask(tables)
    near = SAME * demand_of(before)
    for by in (("lsoa", "tenure"), ("need",), ("component",), ("risk", "aim", "entry")):
        assert_same(rows_of(before, *by), rows_of(after, *by), near)


@given(questions(), st.sampled_from(LSOAS))
@settings(max_examples=30)
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
    whole = rows_of(before, "lsoa").loc[lsoa]
    for part in (lsoa, twin):
        found = rows_of(after, "lsoa").loc[part]
        assert found[list(FIGURES)].to_numpy() == pytest.approx(
            whole[list(FIGURES)].to_numpy(dtype=float) / 2, abs=near
        )


@given(questions(), st.sampled_from([0.01, 0.5, 3, 1000]))
@settings(max_examples=30)
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


def renamed(tables: Tables, names: Mapping[str, str]) -> Tables:
    """Return the tables with every cell that is one of ``names`` changed."""
    return {
        table: [{key: names.get(cell, cell) for key, cell in row.items()} for row in rows]
        for table, rows in tables.items()
    }


@given(questions())
@settings(max_examples=30)
def test_what_things_are_called_changes_nothing(question: Question) -> None:
    """Identifiers in the reverse order of the alphabet give the same answer under new names."""
    services = {name: f"s{99 - n:02d}" for n, name in enumerate(SERVICES)}
    areas = {code: f"{code[:5]}{9999 - n:04d}" for n, code in enumerate([*WARDS, *LSOAS])}
    names = services | areas | {"Alderby": "Zeal", "aid": "z_aid", "council": "a_council"}
    before = question.ask()
    after = question.ask(renamed(question.copy(), names))
    near = SAME * demand_of(before)
    for by in (("lsoa",), ("ward",), ("place",)):
        rows = rows_of(before, *by)
        rows.index = pd.Index([names.get(str(code), str(code)) for code in rows.index])
        assert_same(rows, rows_of(after, *by), near)
    for by in (("tenure", "risk"), ("component",), ("need",)):
        assert_same(rows_of(before, *by), rows_of(after, *by), near)


@given(questions())
@settings(max_examples=25)
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
    asked = [
        one_run(tables, run, goal=question.goal, pathway=question.pathway) for run in Run
    ]
    demand = [demand_of(result) for result in asked]
    assert demand == pytest.approx([demand[0]] * 3)
    cautious, central, optimistic = (met_of(result) for result in asked)
    assert cautious <= central + SAME * demand[0]
    assert central <= optimistic + SAME * demand[0]


Change = Callable[[Tables], None]


@given(questions(), st.sampled_from(SERVICES))
@settings(max_examples=25)
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
