"""Which services are open, for how much of the year, and what capacity they hold."""

from dataclasses import replace
from datetime import date, timedelta
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from housing_map.provision import Pool, Service, _left, open_services, pools
from housing_map.stance import Draw, Pinned
from housing_map.vocabulary import SUPPORT_TYPES, CapacityBasis, Run
from tests.packs import Tables, add, base_tables, change
from tests.worlds import assume, bare, serve, small_pack

ON = date(2026, 6, 30)
RUNS = (Run.CAUTIOUS, Run.CENTRAL, Run.OPTIMISTIC)
SOURCE = {"status": "assumed", "source": "made up for tests"}


def opened(tables: Tables, run: Run = Run.CENTRAL) -> dict[str, Service]:
    return {service.id: service for service in open_services(small_pack(tables), ON, run)}


def pooled(tables: Tables, run: Run = Run.CENTRAL) -> dict[str, Pool]:
    pack = small_pack(tables)
    return {pool.id: pool for pool in pools(pack, open_services(pack, ON, run))}


def one(**cells: str) -> Tables:
    """Return a pack with one adviser service for 100 households a year."""
    tables = bare(move=1)
    serve(tables, "only", "idva", 100, **cells)
    return tables


@pytest.mark.parametrize(
    ("cells", "share"),
    [
        ({}, 1),
        ({"closes_on": (ON + timedelta(days=72)).isoformat()}, 73 / 365),
        ({"closes_on": ON.isoformat()}, 1 / 365),
        ({"closes_on": (ON + timedelta(days=363)).isoformat()}, 364 / 365),
        ({"closes_on": (ON + timedelta(days=364)).isoformat()}, 1),
        ({"closes_on": "2040-01-01"}, 1),
        ({"opened_on": ON.isoformat()}, 1),
    ],
)
def test_a_service_counts_for_the_days_it_is_open_with_its_last_day(
    cells: dict[str, str], share: float
) -> None:
    tables = one(**cells)
    assert opened(tables)["only"].year_share == pytest.approx(share)
    assert pooled(tables)["only"].households(Run.CENTRAL) == pytest.approx(100 * share)


@pytest.mark.parametrize(
    "cells",
    [
        {"closes_on": (ON - timedelta(days=1)).isoformat()},
        {"opened_on": (ON + timedelta(days=1)).isoformat()},
        {"operating": "no"},
    ],
)
def test_a_service_that_is_closed_on_the_date_is_left_out(cells: dict[str, str]) -> None:
    tables = bare(move=1)
    serve(tables, "only", "idva", 100)
    change(tables, "services", {"service_id": "only"}, **cells)
    assert not opened(tables, Run.OPTIMISTIC)
    assert not pooled(tables, Run.OPTIMISTIC)


def test_a_service_nobody_knows_to_run_is_closed_in_the_cautious_run_only() -> None:
    tables = one()
    change(tables, "services", {"service_id": "only"}, operating="unknown")
    assert ["only" in opened(tables, run) for run in RUNS] == [False, True, True]
    assert not opened(tables)["only"].certain


def test_units_become_households_by_occupancy_and_stay() -> None:
    """Four units, full, with stays of 73 days: 4 x 1 x 365 / 73 = 20 households."""
    pool = pooled(base_tables())["refuge_one"]
    assert pool.load(Run.CENTRAL) == 73
    assert pool.limit(Run.CENTRAL) == 4 * 365
    assert pool.households(Run.CENTRAL) == pytest.approx(20)


def test_each_run_takes_its_end_of_units_stay_and_occupancy() -> None:
    tables = base_tables()
    change(
        tables,
        "capacity",
        {"service_id": "refuge_one"},
        capacity_low="2",
        capacity_high="6",
        stay_days_low="50",
        stay_days_high="100",
        occupancy_low="0.5",
        occupancy_central="0.8",
        occupancy_high="0.9",
    )
    pool = pooled(tables)["refuge_one"]
    expected = (2 * 0.5 * 365 / 100, 4 * 0.8 * 365 / 73, 6 * 0.9 * 365 / 50)
    assert tuple(pool.households(run) for run in RUNS) == pytest.approx(expected)


def test_capacity_in_households_needs_no_stay() -> None:
    pool = pooled(base_tables())["lettings"]
    assert pool.basis is CapacityBasis.LETTINGS
    assert (pool.load(Run.CENTRAL), pool.households(Run.CENTRAL)) == (1, 30)


def shared(*reports: float | None, capacity: float = 10) -> Tables:
    """Return a pack with one sanctuary scheme for each report under one assumption."""
    tables = bare(stay=1)
    for number, report in enumerate(reports):
        serve(tables, f"s{number}", "sanctuary", report, basis="installations")
    ends = {"capacity_low": str(capacity / 2), "capacity_high": str(capacity * 2)}
    assume(tables, "sanctuary", "installations", capacity, **ends)
    return tables


def test_services_without_figures_share_the_assumption() -> None:
    found = pooled(shared(None, None))
    assert list(found) == ["pool:sanctuary"]
    pool = found["pool:sanctuary"]
    assert pool.shared
    assert pool.members == ("s0", "s1")
    assert [pool.households(run) for run in RUNS] == [5, 10, 20]


def test_a_service_that_reports_leaves_the_pool_which_keeps_the_rest() -> None:
    """The report has no range: its one figure is taken from every end."""
    found = pooled(shared(3.0, None))
    assert not found["s0"].shared
    assert found["s0"].households(Run.CENTRAL) == 3
    assert found["pool:sanctuary"].members == ("s1",)
    assert [found["pool:sanctuary"].households(run) for run in RUNS] == [2, 7, 17]


def test_the_range_of_a_report_leaves_end_by_end() -> None:
    tables = shared(3.0, None)
    change(tables, "capacity", {"service_id": "s0"}, capacity_low="1", capacity_high="8")
    pool = pooled(tables)["pool:sanctuary"]
    assert [pool.households(run) for run in RUNS] == [4, 7, 12]


def test_a_pool_never_goes_below_nought() -> None:
    pool = pooled(shared(15.0, None))["pool:sanctuary"]
    assert [pool.households(run) for run in RUNS] == [0, 0, 5]


def test_a_pool_whose_members_all_report_is_gone() -> None:
    assert list(pooled(shared(3.0, 4.0))) == ["s0", "s1"]


@pytest.mark.parametrize(
    ("closes", "own"), [(ON - timedelta(days=1), None), (ON + timedelta(days=72), 3 * 73 / 365)]
)
def test_a_service_that_reported_takes_its_places_with_it_when_it_closes(
    closes: date, own: float | None
) -> None:
    """What it no longer offers does not go back to those who have not reported."""
    tables = shared(3.0, None)
    change(tables, "services", {"service_id": "s0"}, closes_on=closes.isoformat())
    found = pooled(tables)
    assert found["pool:sanctuary"].households(Run.CENTRAL) == 7
    if own is None:
        assert "s0" not in found
    else:
        assert found["s0"].households(Run.CENTRAL) == pytest.approx(own)


def test_a_report_on_another_basis_leaves_the_pool_as_it_is() -> None:
    """Placements cannot be taken from units."""
    tables = shared(None, None)
    add(tables, "capacity", service_id="s0", basis="placements", capacity_central="3", **SOURCE)
    found = pooled(tables)
    assert found["s0"].households(Run.CENTRAL) == 3
    assert found["pool:sanctuary"].households(Run.CENTRAL) == 10


def test_a_service_without_figure_or_assumption_has_no_pool() -> None:
    tables = base_tables()
    assert {"options", "elsewhere", "perpetrators"} <= set(opened(tables))
    assert set(pooled(tables)) == {"idva", "refuge_one", "lettings", "pool:sanctuary"}


# A shared pool that loses a member --------------------------------------------------------------


def without(tables: Tables, *gone: str, run: Run = Run.CENTRAL) -> dict[str, Pool]:
    """Pools of a pack without some of its services."""
    pack = small_pack(tables)
    return {pool.id: pool for pool in pools(pack, open_services(pack, ON, run, gone))}


def ended(tables: Tables, *gone: str) -> Tables:
    """Return a pack whose services ended the day before, though they were there at first."""
    for service in gone:
        change(tables, "services", {"service_id": service}, closes_on="2026-12-31")
    return tables


@pytest.mark.parametrize("gone", [("s0",), ("s1", "s2")])
def test_a_shared_pool_loses_between_none_and_all_centrally_an_even_part(
    gone: tuple[str, ...],
) -> None:
    """Of 5, 10 and 20 for four: nothing is left, an even part, or all."""
    even = 10 * (4 - len(gone)) / 4
    for found in (
        without(shared(None, None, None, None), *gone),
        pooled_on(ended(shared(None, None, None, None), *gone), date(2027, 1, 1)),
    ):
        pool = found["pool:sanctuary"]
        assert set(pool.members) == {"s0", "s1", "s2", "s3"} - set(gone)
        assert [pool.households(run) for run in RUNS] == [0, even, 20]


def pooled_on(tables: Tables, on: date) -> dict[str, Pool]:
    pack = small_pack(tables)
    return {pool.id: pool for pool in pools(pack, open_services(pack, on, Run.CENTRAL))}


def test_a_pool_that_has_lost_nothing_has_all_of_it_and_one_that_lost_all_is_gone() -> None:
    assert without(shared(None, None))["pool:sanctuary"].left is None
    assert not without(shared(None, None), "s0", "s1")


def test_a_loss_comes_off_what_those_who_reported_have_left() -> None:
    """Of 10, one reported 4; of three others for the rest one goes: two thirds of 6."""
    pool = without(shared(4.0, None, None, None), "s2")["pool:sanctuary"]
    assert [pool.households(run) for run in RUNS] == [0, pytest.approx(4), 16]


def test_one_that_reported_takes_nothing_from_those_who_did_not_when_it_is_lost() -> None:
    found = without(shared(4.0, None, None), "s0")
    assert list(found) == ["pool:sanctuary"]
    assert found["pool:sanctuary"].households(Run.CENTRAL) == 6


def test_a_service_that_may_never_have_run_takes_nothing_with_it() -> None:
    """Nobody knows that the assumption counted on it: cautiously it does not run at all."""
    tables = shared(None, None)
    change(tables, "services", {"service_id": "s0"}, operating="unknown")
    for run in RUNS:
        assert without(tables, "s0", run=run)["pool:sanctuary"].left is None


def closing(tables: Tables, service: str, days: int) -> Tables:
    last = ON + timedelta(days=days - 1)
    change(tables, "services", {"service_id": service}, closes_on=last.isoformat())
    return tables


def test_one_that_ends_within_the_year_leaves_its_part_for_as_long() -> None:
    """Two of four: one ends after 73 days, a fifth of the year. It may have had all, or none."""
    pool = pooled(closing(shared(None, None), "s0", 73))["pool:sanctuary"]
    assert pool.members == ("s0", "s1")
    expected = [5 * 0.2, 10 * (1 + 0.2) / 2, 20]
    assert [pool.households(run) for run in RUNS] == pytest.approx(expected)


def test_the_only_member_of_a_pool_has_all_of_it_for_as_long_as_it_is_open() -> None:
    """How the places divide is no question where there is one service."""
    pool = pooled(closing(shared(3.0, None), "s1", 73))["pool:sanctuary"]
    expected = [2 * 0.2, 7 * 0.2, 17 * 0.2]
    assert [pool.households(run) for run in RUNS] == pytest.approx(expected)


@given(st.lists(st.integers(1, 365), min_size=1, max_size=5), st.integers(0, 2))
def test_a_pool_keeps_between_nothing_and_all_whatever_ends_when(
    days: list[int], lost: int
) -> None:
    """Never less than if all places were with those first to end, nor more than with the last."""
    service = _service()
    members = [replace(service, year_share=open_for / 365) for open_for in days]
    left = _left("pool:x", members, lost)
    if left is None:
        assert (min(days), lost) == (365, 0)
        return
    cautious, central, optimistic = (left.at(run) for run in RUNS)
    assert cautious == pytest.approx(0 if lost else min(days) / 365)
    assert central == pytest.approx(sum(days) / 365 / (len(days) + lost))
    assert optimistic == pytest.approx(max(days) / 365)
    assert cautious - 1e-12 <= central <= optimistic + 1e-12


@cache
def _service() -> Service:
    (service,) = opened(one()).values()
    return service


# Without, and beside ------------------------------------------------------------------------------


def test_services_taken_out_are_as_if_they_had_ended() -> None:
    pack = small_pack(base_tables())
    everything = {s.id for s in open_services(pack, ON, Run.CENTRAL)}
    left = {s.id for s in open_services(pack, ON, Run.CENTRAL, {"idva", "nobody"})}
    assert left == everything - {"idva"}


def beds(**cells: str) -> Tables:
    """Return a pack with a refuge, and wider support that may be used beside it."""
    tables = bare(move=1)
    serve(tables, "beds", "refuge", 5, basis="units")
    change(tables, "services", {"service_id": "beds"}, **cells)
    serve(tables, "support", "wider_support", 40)
    return tables


def test_support_has_a_pool_when_it_has_to_be_used_beside_a_bed() -> None:
    assert set(pooled(beds())) == {"beds"}
    found = pooled(beds(used_with="support"))
    assert set(found) == {"beds", "support"}
    assert found["support"].households(Run.CENTRAL) == 40
    assert opened(beds(used_with="support;other"))["beds"].used_with == ("support", "other")


@pytest.mark.parametrize(
    ("service", "cells", "expected"),
    [
        ("beds", {}, [set(), set(), set(SUPPORT_TYPES)]),
        ("beds", {"support_types": "s1;s6"}, [{"s1", "s6"}] * 3),
        ("support", {}, [set()] * 3),
    ],
)
def test_unknown_support_is_counted_on_in_the_optimistic_run_alone(
    service: str, cells: dict[str, str], expected: list[set[str]]
) -> None:
    """And only of places: what an adviser gives is not asked."""
    tables = beds(**cells)
    assert [set(opened(tables, run)[service].supports) for run in RUNS] == expected


# Draws --------------------------------------------------------------------------------------------


def test_each_figure_of_a_pool_has_a_level_of_its_own() -> None:
    tables = base_tables()
    change(
        tables, "capacity", {"service_id": "refuge_one"}, capacity_low="2", capacity_high="6",
        stay_days_low="53", stay_days_high="93", occupancy_low="0.6", occupancy_central="0.8",
        occupancy_high="1",
    )  # fmt: skip
    pool = pooled(tables)["refuge_one"]
    stance = Pinned({"capacity:refuge_one": 0.25, "stay_days:refuge_one": 0.75})
    assert pool.households(stance) == pytest.approx(3 * 0.8 * 365 / 63)
    stance = Pinned({"occupancy:refuge_one": 0.75})
    assert pool.households(stance) == pytest.approx(4 * 0.9 * 365 / 73)
    lost = without(shared(None, None), "s0")["pool:sanctuary"]
    stance = Pinned({"left:pool:sanctuary": 0.75, "capacity:pool:sanctuary": 0.75})
    assert lost.households(stance) == pytest.approx(15 * 0.75)


def test_a_draw_opens_what_nobody_knows_to_run_in_three_of_four() -> None:
    tables = one()
    change(tables, "services", {"service_id": "only"}, operating="unknown")
    pack = small_pack(tables)
    there = sum(bool(open_services(pack, ON, Draw(1, number))) for number in range(400))
    assert binomtest(there, 400, 0.75).pvalue > 1e-6
    assert open_services(pack, ON, Pinned({"operating:only": 0.25}))
    assert not open_services(pack, ON, Pinned({"operating:only": 0.2499}))
