"""Gaps and their causes: they are the rows of the cascade, and causes do not invent households."""

from itertools import pairwise

import pytest

from housing_map import gaps
from housing_map.gaps import TRIES_THAT_FAIL, causes, largest_gaps
from housing_map.model import Result, Settings, run
from housing_map.tabulate import Filter, run_rows
from housing_map.vocabulary import Detail, Goal, Pathway, Reason, Run, Tenure
from tests.packs import LSOAS, add, change
from tests.worlds import (
    BALANCE,
    EXACT,
    answer,
    bare,
    base_pack,
    chain,
    one_run,
    only_run,
    route,
    serve,
    set_parameter,
)

OVERLAPPING = {Reason.NOT_ELIGIBLE, Reason.NO_ROOM}
"""Reasons where one household may stand before two closed doors."""


def result(goal: Goal = Goal.SAFE, pathway: Pathway = Pathway.ANY) -> Result:
    return run(base_pack(), Settings(goal=goal, pathway=pathway))


def lost(found: Result, one: Run, reason: Reason, tenure: str | None = None) -> float:
    only = Filter(tenures=frozenset({tenure}) if tenure else frozenset())
    return float(run_rows(found, found[one], [], only=only)[reason].sum())


def codes(found: Result, reason: Reason) -> dict[str, float]:
    return {cause.code: cause.households for cause in causes(only_run(found), reason)}


# Causes -------------------------------------------------------------------------------------


@pytest.mark.parametrize("goal", Goal)
@pytest.mark.parametrize("pathway", Pathway)
@pytest.mark.parametrize("reason", Reason)
def test_causes_stay_within_the_loss_they_explain(
    goal: Goal, pathway: Pathway, reason: Reason
) -> None:
    """No cause touches more than are lost; those that do not overlap do not exceed it together."""
    found = result(goal, pathway)
    for one in Run:
        for tenure in (None, *Tenure):
            only = Filter(tenures=frozenset({tenure}) if tenure else frozenset())
            whole = lost(found, one, reason, tenure)
            parts = [cause.households for cause in causes(found[one], reason, only=only)]
            assert all(0 < part <= whole + BALANCE for part in parts)
            assert parts == sorted(parts, reverse=True)
            if reason not in OVERLAPPING:
                assert sum(parts) <= whole + BALANCE


def test_not_eligible_is_told_by_the_rules_that_refuse_and_they_overlap() -> None:
    """Twenty movers, half of them men and half with a drug use, to each of which it says no.

    A quarter are neither: 15 are lost, 10 of them men and 10 who use drugs.
    """
    tables = bare(20, move=1, male=0.5, drugs=0.5)
    serve(tables, "refuge", "refuge")
    route(tables, "entry:police", "refuge")
    answer(tables, "refuge", "male", "no")
    answer(tables, "refuge", "drugs", "no")
    found = one_run(tables, goal=Goal.SAFE)
    assert lost(found, Run.CENTRAL, Reason.NOT_ELIGIBLE) == pytest.approx(15, abs=EXACT)
    assert codes(found, Reason.NOT_ELIGIBLE) == pytest.approx({"male": 10, "drugs": 10}, abs=EXACT)


def test_not_provided_is_told_by_the_kinds_that_would_suit() -> None:
    found = one_run(bare(20, stay=0.5, leave=0.5), pathway=Pathway.STAY)
    assert codes(found, Reason.NOT_PROVIDED) == pytest.approx(
        {"kinds:sanctuary;target_hardening": 10}, abs=EXACT
    )


def test_not_connected_is_told_by_the_missing_way_in_or_on() -> None:
    """Ten ask the police, from where a way leads in and none on; nobody passes the others in."""
    tables = bare(20, move=1)
    serve(tables, "refuge", "refuge")
    found = one_run(tables)
    assert codes(found, Reason.NOT_CONNECTED) == pytest.approx({Detail.NO_WAY_IN: 20}, abs=EXACT)
    route(tables, "entry:police", "refuge")
    found = one_run(tables)
    assert codes(found, Reason.NOT_CONNECTED) == pytest.approx({Detail.NO_WAY_ON: 20}, abs=EXACT)


def test_out_of_reach_is_told_by_area_or_by_travel() -> None:
    """One of six small areas is served: five sixths of 18 are lost by area."""
    tables = bare(18, move=1)
    serve(tables, "refuge", "refuge", areas=(LSOAS[0],))
    route(tables, "entry:police", "refuge")
    found = one_run(tables, goal=Goal.SAFE)
    assert codes(found, Reason.OUT_OF_REACH) == pytest.approx({Detail.AREA: 15}, abs=EXACT)
    tables = bare(18, move=1)
    serve(tables, "desk", "housing_options")
    change(tables, "services", {"service_id": "desk"}, delivery="visit")
    serve(tables, "refuge", "refuge")
    add(tables, "delivery_points", point_id="desk", service_id="desk", name="Desk", lon="-1.70",
        lat="53.65", precision="town", status="assumed", source="made up")  # fmt: skip
    chain(tables, "entry:police", "desk", "refuge")
    set_parameter(tables, "travel_threshold_min", 0.01)
    found = one_run(tables, goal=Goal.SAFE)
    assert codes(found, Reason.OUT_OF_REACH) == pytest.approx({Detail.TRAVEL: 18}, abs=EXACT)


def test_no_room_is_told_by_the_pools_that_are_full() -> None:
    """Twenty seek a refuge with room for 8: 12 are lost, and the refuge is what is full."""
    tables = bare(20, move=1)
    serve(tables, "refuge", "refuge", 8, basis="units")
    serve(tables, "adviser", "idva", 100)
    chain(tables, "entry:police", "adviser", "refuge")
    found = one_run(tables, goal=Goal.SAFE)
    assert codes(found, Reason.NO_ROOM) == pytest.approx({"pool:refuge": 12}, abs=EXACT)
    assert gaps.full_pools(only_run(found).cells) == ["refuge"]


def test_no_room_is_told_by_tries_that_fail_and_by_waits() -> None:
    tables = bare(20, move=1)
    serve(tables, "refuge", "refuge")
    route(tables, "entry:police", "refuge", succeeds_central="0.25")
    found = one_run(tables, goal=Goal.SAFE)
    assert codes(found, Reason.NO_ROOM) == pytest.approx({TRIES_THAT_FAIL: 15}, abs=EXACT)
    tables["referral_routes"] = []
    route(tables, "entry:police", "refuge", wait_days_central="100")
    found = one_run(tables, goal=Goal.SAFE)
    assert codes(found, Reason.NO_ROOM) == pytest.approx({Detail.TOO_SLOW: 20}, abs=EXACT)


# Gaps ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("goal", Goal)
def test_the_largest_gaps_are_the_largest_figures_of_the_table(goal: Goal) -> None:
    """By tenure and reason, in falling order, with the figures of all three runs."""
    found = result(goal)
    rows = {one: run_rows(found, found[one], ["tenure"]).set_index("tenure") for one in Run}
    largest = largest_gaps(found, most=100)
    sizes = [gap.households[Run.CENTRAL] for gap in largest]
    assert all(first >= second > 0 for first, second in pairwise(sizes))
    table = {
        (tenure, reason): float(rows[Run.CENTRAL].at[tenure, reason])
        for tenure in rows[Run.CENTRAL].index
        for reason in Reason
    }
    assert {(gap.tenure, gap.reason) for gap in largest} == {k for k, v in table.items() if v > 0}
    for gap in largest:
        for one in Run:
            assert gap.households[one] == rows[one].at[gap.tenure, gap.reason]
            assert gap.demand[one] == rows[one].at[gap.tenure, "demand"]
        only = Filter(tenures=frozenset({gap.tenure}))
        assert list(gap.causes) == causes(found[Run.CENTRAL], gap.reason, only=only)


def test_no_more_gaps_are_named_than_asked_for() -> None:
    found = result()
    assert largest_gaps(found, most=2) == largest_gaps(found)[:2]
    assert len(largest_gaps(found)) <= 5


@pytest.mark.parametrize("one", Run)
def test_matrices_are_rows_of_the_cascade_worked_out_once(one: Run) -> None:
    found = result()
    needs, components = gaps.need_matrix(found, one), gaps.component_matrix(found, one)
    assert needs.equals(run_rows(found, found[one], ["tenure", "need"]))
    assert components.equals(run_rows(found, found[one], ["component", "tenure"]))
    assert gaps.component_matrix(found, one) is components
