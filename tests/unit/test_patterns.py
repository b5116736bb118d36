"""Patterns: every path counts, and none that another makes needless."""

import numpy as np
from hypothesis import given

from housing_map import patterns
from housing_map.model import Result
from housing_map.patterns import Patterns
from housing_map.vocabulary import Goal
from tests.drawn import SERVICES, Question, examples, questions
from tests.packs import add, base_tables, change
from tests.worlds import EXACT, bare, chain, one_run, only_run, serve


def found_in(result: Result) -> Patterns:
    return patterns.patterns(result.pack, only_run(result).cells.setting)


def losing(result: Result, *lost: str) -> float:
    return float(found_in(result).losing(lost).sum())


def without_route(result: Result) -> float:
    cells = only_run(result).cells
    return float(cells.demand[~cells.stages.in_time].sum())


def two_advisers() -> Result:
    """Two advisers lead to the same refuge: for an allocation they are one way."""
    tables = bare(move=1)
    serve(tables, "first", "idva")
    serve(tables, "second", "idva")
    serve(tables, "haven", "refuge", 5, basis="units")
    chain(tables, "entry:police", "first", "haven")
    chain(tables, "entry:police", "second", "haven")
    return one_run(tables, goal=Goal.SAFE)


def test_paths_that_an_allocation_merges_still_stand_in_for_each_other() -> None:
    result = two_advisers()
    assert len(only_run(result).cells.setting.paths) == 1, "the allocation sees one"
    assert len(found_in(result).paths) == 2
    assert losing(result, "first") == 0
    assert losing(result, "second") == 0
    assert abs(losing(result, "first", "second") - 20) < EXACT
    assert abs(losing(result, "haven") - 20) < EXACT


def test_a_detour_that_needs_one_service_more_is_dropped() -> None:
    tables = bare(move=1)
    serve(tables, "first", "idva")
    serve(tables, "meeting", "dramm")
    serve(tables, "haven", "refuge", 5, basis="units")
    chain(tables, "entry:police", "first", "haven")
    chain(tables, "entry:police", "meeting", "first")
    found = found_in(one_run(tables, goal=Goal.SAFE))
    assert [path.services for path in found.paths] == [("first", "haven")]


def test_a_detour_stays_where_it_is_open_to_more_or_quicker() -> None:
    for cells in ({"risks": "high"}, {"wait_days_central": "3"}):
        tables = bare(move=1)
        serve(tables, "first", "idva")
        serve(tables, "meeting", "dramm")
        serve(tables, "haven", "refuge", 5, basis="units")
        chain(tables, "entry:police", "first", "haven")
        chain(tables, "entry:police", "meeting", "first")
        change(tables, "referral_routes", {"from_id": "entry:police", "to_id": "first"}, **cells)
        assert len(found_in(one_run(tables, goal=Goal.SAFE)).paths) == 2, cells


def test_who_has_no_route_now_loses_none() -> None:
    tables = base_tables()
    for name in ("refuge_one", "lettings"):
        add_refusal(tables, name)
    result = one_run(tables, goal=Goal.SAFE)
    assert 0 < losing(result, *SERVICES) < only_run(result).cells.demand.sum()


def add_refusal(tables: dict[str, list[dict[str, str]]], service: str) -> None:
    tables["eligibility"] = [
        row
        for row in tables["eligibility"]
        if (row["service_id"], row["rule"]) != (service, "tenure_owned")
    ]
    evidence = {"status": "assumed", "source": "made up for tests"}
    add(tables, "eligibility", service_id=service, rule="tenure_owned", answer="no", **evidence)


def test_places_elsewhere_and_services_beside_the_routes_cannot_be_lost() -> None:
    found = found_in(one_run(base_tables()))
    assert found.losable == ("idva", "lettings", "options", "refuge_one", "sanctuary_one")


@given(questions())
@examples(25)
def test_cells_stand_in_the_order_of_the_result_and_keep_their_routes(question: Question) -> None:
    """Dropping needless paths takes nobody's last path, and gives nobody one."""
    result = question.ask()
    cells, found = only_run(result).cells, found_in(result)
    assert np.array_equal(found.group, cells.group)
    assert np.array_equal(found.signature, cells.signature)
    assert np.array_equal(found.demand, cells.demand)
    assert np.array_equal(found.routed[found.of_cell], cells.stages.in_time)
    assert np.allclose(found.households.sum(), cells.demand.sum())


@given(questions())
@examples(25)
def test_who_loses_the_last_route_is_who_has_none_once_it_is_closed(question: Question) -> None:
    """The whole model, asked again with services closed, finds as many without a route."""
    result = question.ask()
    for lost in (("refuge_one",), ("idva",), ("options", "sanctuary_one")):
        tables = question.copy()
        for service in lost:
            change(tables, "services", {"service_id": service}, operating="no")
        after = without_route(question.ask(tables))
        assert abs(without_route(result) + losing(result, *lost) - after) < 1e-6


@given(questions())
@examples(15)
def test_least_paths_leave_out_nothing_that_matters(question: Question) -> None:
    """With every path kept, the loss of any service strands the same households."""
    result = question.ask()
    setting = only_run(result).cells.setting
    least = found_in(result)
    whole = patterns.sifted(setting, patterns.all_paths(result.pack, setting, setting.goal))
    assert len(least.paths) <= len(whole.paths)
    for service in least.losable:
        assert np.array_equal(least.losing([service]), whole.losing([service])), service
