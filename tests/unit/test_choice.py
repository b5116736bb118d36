"""Choice: distinct routes against every set of routes tried, and rows that add up."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from housing_map import choice
from housing_map.errors import UsageError
from housing_map.patterns import Patterns
from housing_map.vocabulary import Goal, Pathway, Run, Stage
from tests.drawn import Question, examples, questions
from tests.packs import LSOAS, Tables, base_tables, change
from tests.worlds import EXACT, answer, bare, chain, one_run, only_run, serve, set_shares


def packed(sets: set[frozenset[str]]) -> int:
    """Largest number of sets no two of which share a member, by trying all."""
    least = [one for one in sets if not any(other < one for other in sets)]
    for size in range(len(least), 0, -1):
        for some in combinations(least, size):
            if sum(map(len, some)) == len(frozenset().union(*some)):
                return size
    return 0


@st.composite
def closed_ways(draw: st.DrawFn) -> set[tuple[str, ...]]:
    """Draw all ways through a small graph of places, as the steps open to one household make."""
    safe, homes = ["a", "b", "c", "d"], ["x", "y", "z"]
    first = draw(st.sets(st.sampled_from([*safe, *homes])))
    steps = draw(st.sets(st.tuples(st.sampled_from(safe), st.sampled_from([*safe, *homes]))))
    last = draw(st.sets(st.sampled_from([*safe, *homes])))
    steps = {(one, other) for one, other in steps if one < other}
    ways: set[tuple[str, ...]] = set()
    ahead: list[tuple[str, ...]] = [(place,) for place in first]
    while ahead:
        way = ahead.pop()
        if way[-1] in last:
            ways.add(way)
        ahead += [(*way, other) for one, other in steps if one == way[-1]]
    return ways


@given(closed_ways())
@examples(300)
def test_maximum_flow_is_the_largest_set_of_routes_that_share_nothing(
    ways: set[tuple[str, ...]],
) -> None:
    assert choice.distinct_routes(ways) == packed({frozenset(way) for way in ways})


def brute_force(found: Patterns) -> list[int]:
    """Count the distinct routes of each pattern over its own paths, whole and not recombined."""
    places = {s.id for s in found.setting.services if s.kind.stage in {Stage.SAFETY, Stage.HOUSING}}
    return [
        packed({frozenset(found.paths[n].services) & places for n in np.flatnonzero(row)})
        for row in found.open
    ]


@given(questions())
@examples(25)
def test_routes_of_a_pack_are_those_that_brute_force_finds(question: Question) -> None:
    """Waits, conditions and refusals included: what flows is what can be taken."""
    result = question.ask()
    (run,) = result.runs
    got = choice.choice(result, run)
    expected = np.array(brute_force(got.patterns))[got.patterns.of_cell]
    assert got.routes.tolist() == expected.tolist()


@given(questions())
@examples(25)
def test_rows_add_up_and_agree_with_the_cascade(question: Question) -> None:
    result = question.ask()
    (run,) = result.runs
    cells = only_run(result).cells
    whole = choice.choice_rows(result, run=run).iloc[0]
    assert abs(whole["demand"] - cells.demand.sum()) < 1e-9
    assert abs(whole["demand"] - whole[["no_route", "one_route", "backup"]].sum()) < 1e-9
    assert abs(whole["no_route"] - cells.demand[~cells.stages.in_time].sum()) < 1e-9
    assert whole["stay_and_move"] <= whole["backup"] + 1e-9
    assert whole["next_step"] <= whole["demand"] - whole["no_route"] + 1e-9
    for by in ("tenure", "place", "risk"):
        rows = choice.choice_rows(result, [by], run=run)
        assert np.allclose(rows[list(choice.COLUMNS)].sum(), whole[list(choice.COLUMNS)])


@given(questions())
@examples(15)
def test_a_next_step_is_a_route_to_a_settled_home(question: Question) -> None:
    """Asked of safe places, it is as many households as the settled question finds routes for."""
    if question.goal is not Goal.SAFE:
        return
    result = question.ask()
    settled = one_run(question.tables, question.run, goal=Goal.SETTLED, pathway=question.pathway)
    cells = only_run(settled).cells
    expected = cells.demand[cells.stages.in_time].sum()
    whole = choice.choice_rows(result, run=question.run).iloc[0]
    assert abs(whole["next_step"] - expected) < 1e-6


def haven() -> Tables:
    """Ten wish to stay, ten to move; an adviser, a refuge, a sanctuary scheme and lettings."""
    tables = bare(stay=0.5, move=0.5)
    serve(tables, "adviser", "idva")
    serve(tables, "haven", "refuge", 5, basis="units")
    serve(tables, "locks", "sanctuary", 5, basis="installations")
    serve(tables, "lettings", "social_letting", 5, basis="lettings")
    chain(tables, "entry:police", "adviser", "haven", "lettings", "home:social")
    chain(tables, "adviser", "locks", "home:stayed")
    return tables


def totals(
    tables: Tables, goal: Goal = Goal.SAFE, pathway: Pathway = Pathway.ANY
) -> dict[str, float]:
    result = one_run(tables, goal=goal, pathway=pathway)
    row = choice.choice_rows(result).iloc[0]
    return {name: float(row[name]) for name in choice.COLUMNS}


def expect(got: dict[str, float], **figures: float) -> None:
    assert {name: got[name] for name in figures} == pytest.approx(figures, abs=EXACT)


def test_who_wishes_to_stay_can_stay_and_move_and_so_has_a_backup() -> None:
    expect(
        totals(haven()), demand=20, no_route=0, one_route=10, backup=10, stay_and_move=10,
        next_step=20,
    )  # fmt: skip


def test_asked_of_one_pathway_nobody_can_both_stay_and_move() -> None:
    expect(totals(haven(), pathway=Pathway.STAY), demand=10, one_route=10, stay_and_move=0)


def test_two_refuges_with_one_way_on_are_two_ways_to_safety_and_one_to_a_home() -> None:
    tables = haven()
    serve(tables, "harbour", "refuge", 5, basis="units")
    chain(tables, "adviser", "harbour", "lettings")
    expect(totals(tables), one_route=0, backup=20)
    expect(totals(tables, Goal.SETTLED), one_route=10, backup=10)


def test_a_safe_place_whose_way_on_refuses_the_household_is_a_dead_end() -> None:
    tables = haven()
    set_shares(tables, "circumstance", nrpf=0.2)
    answer(tables, "lettings", "nrpf", "no")
    answer(tables, "haven", "nrpf", "yes")
    answer(tables, "adviser", "nrpf", "yes")
    answer(tables, "locks", "nrpf", "yes")
    expect(totals(tables), no_route=0, next_step=18)
    rows = choice.choice_rows(one_run(tables, goal=Goal.SAFE), ["need"]).set_index("need")
    assert rows.loc["nrpf", "demand"] == pytest.approx(4)
    assert rows.loc["nrpf", "next_step"] == pytest.approx(2)


def test_a_next_step_that_serves_half_the_areas_is_one_for_half_the_households() -> None:
    """The same safe place reaches all six small areas, the way on three of them."""
    tables = haven()
    tables["areas_served"] = [r for r in tables["areas_served"] if r["service_id"] != "lettings"]
    for lsoa in LSOAS[:3]:
        tables["areas_served"].append(
            {"service_id": "lettings", "area": lsoa, "status": "assumed", "source": "made up"}
        )
    result = one_run(tables, goal=Goal.SAFE)
    assert len(only_run(result).cells.setting.places) == 2, "one class, and elsewhere"
    expect(totals(tables), no_route=0, next_step=10 + 10 * 0.5)


def test_a_settled_run_counts_whoever_has_a_route_as_having_a_next_step() -> None:
    got = choice.choice(one_run(base_tables(), goal=Goal.SETTLED))
    assert got.next_step.tolist() == (got.routes > 0).astype(float).tolist()


def test_no_service_leaves_no_route() -> None:
    expect(totals(bare(move=1)), demand=20, no_route=20, backup=0, next_step=0)


def test_rows_of_a_component_are_refused() -> None:
    with pytest.raises(UsageError, match="component"):
        choice.choice_rows(one_run(base_tables()), ["component"])


def test_a_cautious_run_has_its_own_choice() -> None:
    tables = haven()
    change(tables, "services", {"service_id": "locks"}, operating="unknown")
    result = one_run(tables, Run.CAUTIOUS, goal=Goal.SAFE)
    assert choice.choice_rows(result, run=Run.CAUTIOUS).iloc[0]["stay_and_move"] == 0
