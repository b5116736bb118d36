"""Which services are open, for how much of the year, and what capacity they hold."""

from datetime import date, timedelta

import pytest

from housing_map.provision import Pool, Service, open_services, pools
from housing_map.vocabulary import CapacityBasis, Run
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
