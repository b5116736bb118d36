"""Packs so small that their answer can be worked by hand; the working stands in each test.

Unless a test says otherwise, 20 households a year seek help, all owners at standard risk who
ask the police first, and every service takes everybody. Figures that are not named are 0.
"""

from datetime import timedelta
from itertools import pairwise

import pytest

from housing_map.coverage import Detail
from housing_map.model import Result
from housing_map.parameters import Register
from housing_map.tabulate import SUPPORTED
from housing_map.travel import minutes_to_services
from housing_map.vocabulary import ELSEWHERE, Goal, Pathway, Run
from tests.packs import DISTRICT, LSOAS, WARDS, Tables, add, change
from tests.worlds import (
    BALANCE,
    EXACT,
    answer,
    assume,
    bare,
    base_pack,
    chain,
    details,
    figures,
    one_run,
    only_run,
    route,
    rows_of,
    serve,
    set_parameter,
    set_shares,
    set_tenures,
    small_pack,
    total,
)


def assert_total(result: Result, **expected: float) -> None:
    """Compare every figure of a run: those not named are 0."""
    assert total(result) == pytest.approx(expected, abs=EXACT)


def assert_row(result: Result, by: str, key: str, **expected: float) -> None:
    """Compare every figure of one row: those not named are 0."""
    assert figures(rows_of(result, by).loc[key]) == pytest.approx(expected, abs=EXACT)


def refuge(seeking: float = 20, capacity: float | None = None, **shares: float) -> Tables:
    """Return a pack of movers with one refuge and unlimited lettings to move on to."""
    tables = bare(seeking, move=1, **shares)
    serve(tables, "refuge", "refuge", capacity, basis="units")
    serve(tables, "lettings", "social_letting")
    chain(tables, "entry:police", "refuge", "lettings", "home:social")
    return tables


def set_route(tables: Tables, start: str, end: str, **cells: str) -> None:
    change(tables, "referral_routes", {"from_id": start, "to_id": end}, **cells)


def test_the_packs_of_this_file_are_valid_ones() -> None:
    """The quick way to a pack gives the frames that the program reads and checks itself."""
    tables = refuge(capacity=3.5, nrpf=0.25)
    assume(tables, "sanctuary", "installations", 4)
    serve(tables, "sanctuary", "sanctuary", closes_on="2026-12-31")
    chain(tables, "entry:police", "sanctuary", "home:stayed")
    read, quick = small_pack(tables, checked=True), small_pack(tables)
    for name, frame in read.tables.items():
        # Optional tables that nobody has filled are left out of the quick one.
        assert frame.empty if name not in quick.tables else frame.equals(quick[name]), name


# Capacity ---------------------------------------------------------------------------------


@pytest.mark.parametrize("goal", Goal)
@pytest.mark.parametrize("run", Run)
def test_a_lone_sanctuary_helps_as_many_as_it_has_installations(goal: Goal, run: Run) -> None:
    tables = bare(20, stay=1)
    serve(tables, "sanctuary", "sanctuary", 10, basis="installations")
    chain(tables, "entry:police", "sanctuary", "home:stayed")
    # 20 want to stay and 10 homes can be made safe: 10 are met, for 10 there is no room.
    result = one_run(tables, run, goal=goal)
    assert_total(result, demand=20, met=10, met_as_wanted=10, no_room=10)
    assert details(result) == {Detail.FULL: pytest.approx(20)}


@pytest.mark.parametrize(
    ("occupancy", "stay", "met"),
    [
        ("1", "73", 15),  # 3 × 1.0 × 365 ÷ 73 = 15
        ("0.8", "73", 12),  # 3 × 0.8 × 365 ÷ 73 = 12
        ("0.8", "146", 6),  # 3 × 0.8 × 365 ÷ 146 = 6
    ],
)
def test_units_become_households_by_occupancy_and_stay(
    occupancy: str, stay: str, met: float
) -> None:
    tables = refuge(capacity=3)
    change(
        tables,
        "capacity",
        {"service_id": "refuge"},
        occupancy_central=occupancy,
        stay_days_central=stay,
    )
    result = one_run(tables)
    assert_total(result, demand=20, met=met, met_as_wanted=met, no_room=20 - met)
    (pool,) = only_run(result).cells.setting.pools
    assert pool.households(Run.CENTRAL) == pytest.approx(met)
    # A place is used for the whole stay: met × stay unit-days.
    assert only_run(result).cells.pool_use["refuge"] == pytest.approx(met * float(stay))


def test_the_cautious_run_takes_the_worse_end_of_every_part_of_capacity() -> None:
    tables = refuge(capacity=3)
    change(
        tables,
        "capacity",
        {"service_id": "refuge"},
        capacity_low="2",
        capacity_high="4",
        occupancy_low="0.5",
        occupancy_central="0.8",
        occupancy_high="1",
        stay_days_low="73",
        stay_days_central="146",
        stay_days_high="182.5",
    )
    # cautious 2 × 0.5 × 365 ÷ 182.5 = 2; central 3 × 0.8 × 365 ÷ 146 = 6;
    # optimistic 4 × 1.0 × 365 ÷ 73 = 20.
    met = {run: total(one_run(tables, run))["met"] for run in Run}
    assert met == pytest.approx({"cautious": 2, "central": 6, "optimistic": 20}, abs=EXACT)


def test_a_route_needs_room_in_every_service_on_it() -> None:
    tables = refuge(capacity=10)
    serve(tables, "idva", "idva", 8)
    tables["referral_routes"] = []
    chain(tables, "entry:police", "idva", "refuge", "lettings", "home:social")
    # A bed and the support that goes with it: the smaller of 10 and 8.
    assert_total(one_run(tables), demand=20, met=8, met_as_wanted=8, no_room=12)


@pytest.mark.parametrize("stage", ["coordination", "housing"])
def test_services_with_capacities_of_their_own_add_up_on_routes_otherwise_alike(
    stage: str,
) -> None:
    """Two advisers, or two landlords, of 5 households each are room for 10, not for 5."""
    tables = refuge(capacity=20)
    kind = {"coordination": "idva", "housing": "social_letting"}[stage]
    for name in ("first", "second"):
        serve(tables, name, kind, 5)
    tables["referral_routes"] = []
    for name in ("first", "second"):
        before, after = ([name], ["lettings"]) if stage == "coordination" else ([], [name])
        nodes = ["entry:police", *before, "refuge", *after, "home:social"]
        known = {(r["from_id"], r["to_id"]) for r in tables["referral_routes"]}
        for start, end in set(pairwise(nodes)) - known:
            route(tables, start, end)
    assert_total(one_run(tables), demand=20, met=10, met_as_wanted=10, no_room=10)


def test_a_service_that_closes_counts_for_the_part_of_the_year_it_is_open() -> None:
    tables = bare(20, stay=1)
    on = base_pack().info.reference_date
    # Open on the reference date and 72 days more: 73 ÷ 365 = 0.2 of 10 installations.
    last = on + timedelta(days=72)
    serve(tables, "sanctuary", "sanctuary", 10, basis="installations", closes_on=str(last))
    chain(tables, "entry:police", "sanctuary", "home:stayed")
    assert_total(one_run(tables), demand=20, met=2, met_as_wanted=2, no_room=18)
    # Closed the day before the reference date: as if it were not there.
    change(tables, "services", {}, closes_on=str(on - timedelta(days=1)))
    assert_total(one_run(tables), demand=20, not_provided=20)


# Pools ------------------------------------------------------------------------------------


def sanctuaries(*, reported: str = "") -> Tables:
    """Return a pack of stayers with two sanctuaries under an assumption of 12, one reported."""
    tables = bare(20, stay=1)
    assume(
        tables, "sanctuary", "installations", 12, capacity_low="6", capacity_high="18", sites="3"
    )
    for name in ("one", "two"):
        serve(tables, name, "sanctuary")
        chain(tables, "entry:police", name, "home:stayed")
    if reported:
        evidence = {"status": "local_return", "source": "made up for tests"}
        basis = {"basis": "installations", "sites": "1"}
        add(tables, "capacity", service_id="one", **basis, capacity_central=reported, **evidence)
    return tables


def limits(tables: Tables, run: Run) -> dict[str, float]:
    pools = only_run(one_run(tables, run)).cells.setting.pools
    return {pool.id: pool.limit(run) for pool in pools}


def test_services_of_unknown_capacity_share_one_assumption() -> None:
    tables = sanctuaries()
    assert_total(one_run(tables), demand=20, met=12, met_as_wanted=12, no_room=8)
    assert limits(tables, Run.CAUTIOUS) == {"pool:sanctuary": 6}
    assert limits(tables, Run.OPTIMISTIC) == {"pool:sanctuary": 18}
    (pool,) = only_run(one_run(tables)).cells.setting.pools
    assert (pool.members, pool.sites, pool.shared) == (("one", "two"), 3, True)


def test_a_service_that_reports_leaves_the_pool_which_keeps_the_rest() -> None:
    tables = sanctuaries(reported="5")
    # 12 − 5 = 7 stay with the other service; together they are still 12.
    assert limits(tables, Run.CENTRAL) == {"one": 5, "pool:sanctuary": 7}
    assert limits(tables, Run.CAUTIOUS) == {"one": 5, "pool:sanctuary": 1}
    assert limits(tables, Run.OPTIMISTIC) == {"one": 5, "pool:sanctuary": 13}
    result = one_run(tables)
    assert_total(result, demand=20, met=12, met_as_wanted=12, no_room=8)
    assert {p.id: p.sites for p in only_run(result).cells.setting.pools}["pool:sanctuary"] == 2


def test_a_pool_never_keeps_less_than_nothing() -> None:
    # One service reports 15, more than was assumed for both: the other keeps 0, not −3.
    tables = sanctuaries(reported="15")
    assert limits(tables, Run.CENTRAL) == {"one": 15, "pool:sanctuary": 0}
    assert_total(one_run(tables), demand=20, met=15, met_as_wanted=15, no_room=5)


def test_a_service_that_reports_and_then_closes_does_not_hand_its_places_to_the_pool() -> None:
    """Closing a service takes its capacity away: the others do not grow by it."""
    tables = sanctuaries(reported="5")
    on = base_pack().info.reference_date
    # Open for 73 of 365 days: 5 × 0.2 = 1 is left of it, and 12 − 5 = 7 of the pool.
    last = on + timedelta(days=72)
    change(tables, "services", {"service_id": "one"}, closes_on=str(last))
    assert limits(tables, Run.CENTRAL) == {"one": 1, "pool:sanctuary": 7}


# Shares on the way ------------------------------------------------------------------------


def test_an_offer_that_is_not_taken_up_does_not_use_the_place() -> None:
    tables = refuge(capacity=12)
    set_route(tables, "entry:police", "refuge", accepts_central="0.8")
    # 15 offers fill 12 places: 12 met, 3 not taken up, and for 5 no offer is left.
    result = one_run(tables)
    assert_total(result, demand=20, met=12, met_as_wanted=12, not_taken_up=3, no_room=5)


def test_with_room_for_all_only_take_up_is_lost() -> None:
    tables = refuge(capacity=20)
    set_route(tables, "entry:police", "refuge", accepts_central="0.8")
    assert_total(one_run(tables), demand=20, met=16, met_as_wanted=16, not_taken_up=4)


def test_a_refusal_before_a_service_spares_its_capacity_and_one_after_does_not() -> None:
    tables = refuge(capacity=20)
    serve(tables, "idva", "idva", 5)
    tables["referral_routes"] = []
    chain(tables, "entry:police", "idva", "refuge", "lettings", "home:social")
    set_route(tables, "entry:police", "idva", accepts_central="0.5")
    # Half come to the adviser: 10 offers fill 5 cases, so 5 met and 5 not taken up.
    assert_total(
        one_run(tables), demand=20, met=5, met_as_wanted=5, not_taken_up=5, no_room=10
    )  # fmt: skip
    set_route(tables, "entry:police", "idva", accepts_central="")
    set_route(tables, "idva", "refuge", accepts_central="0.5")
    # All come to the adviser, half go on: 5 offers fill 5 cases.
    assert_total(
        one_run(tables), demand=20, met=2.5, met_as_wanted=2.5, not_taken_up=2.5, no_room=15
    )  # fmt: skip


def test_tries_that_do_not_come_off_are_lost_for_want_of_room() -> None:
    tables = refuge(capacity=20)
    set_route(tables, "entry:police", "refuge", succeeds_central="0.25")
    assert_total(one_run(tables), demand=20, met=5, met_as_wanted=5, no_room=15)


def test_taking_up_and_coming_off_multiply() -> None:
    tables = refuge(capacity=20)
    set_route(tables, "entry:police", "refuge", accepts_central="0.8", succeeds_central="0.5")
    # 20 × 0.2 = 4 decline; 16 try, and 16 × 0.5 = 8 come off.
    assert_total(one_run(tables), demand=20, met=8, met_as_wanted=8, not_taken_up=4, no_room=8)


# Who is taken -----------------------------------------------------------------------------


def test_a_share_of_vacancies_limits_how_many_of_a_kind_are_taken() -> None:
    """9.1 per cent of vacancies take a woman with no recourse to public funds."""
    tables = refuge(nrpf=0.5)
    assume(
        tables, "refuge", "units", 10, stay_days_central="365", occupancy_central="1"
    )  # fmt: skip
    share = {"share_of": "vacancies", "status": "assumed", "source": "made up for tests"}
    add(tables, "acceptance_shares", kind="refuge", rule="nrpf", central="0.091", **share)
    answer(tables, "lettings", "nrpf", "yes")
    for run in Run:  # No range is published, so every run takes 0.091 × 10 = 0.91 of 10 places.
        result = one_run(tables, run)
        assert_row(
            result, "need", "nrpf", demand=10, met=0.91, met_as_wanted=0.91, no_room=9.09
        )  # fmt: skip
        assert_total(result, demand=20, met=10, met_as_wanted=10, no_room=10)


def test_the_share_that_a_pool_takes_is_averaged_over_its_services() -> None:
    tables = sanctuaries()
    set_shares(tables, "circumstance", nrpf=0.5)
    share = {"share_of": "services", "status": "assumed", "source": "made up for tests"}
    add(tables, "acceptance_shares", kind="sanctuary", rule="nrpf", central="0.2", **share)
    # One of the two says no: (0 + 0.2) ÷ 2 = 0.1 of 12 installations.
    answer(tables, "one", "nrpf", "no")
    result = one_run(tables)
    assert_row(result, "need", "nrpf", demand=10, met=1.2, met_as_wanted=1.2, no_room=8.8)
    assert_total(result, demand=20, met=11.2, met_as_wanted=11.2, no_room=8.8)


def test_a_refusal_is_a_refusal_in_every_run() -> None:
    tables = refuge(capacity=20, male=0.25)
    answer(tables, "refuge", "male", "no")
    answer(tables, "lettings", "male", "yes")
    for run in Run:
        # Men are 5 of 20. A letting of their own would suit, but no route leads there.
        result = one_run(tables, run)
        assert_row(result, "need", "male", demand=5, not_connected=5)
        assert_total(result, demand=20, met=15, met_as_wanted=15, not_connected=5)
    answer(tables, "lettings", "male", "no")
    for run in Run:
        result = one_run(tables, run)
        assert_row(result, "need", "male", demand=5, not_eligible=5)
        assert_total(result, demand=20, met=15, met_as_wanted=15, not_eligible=5)


@pytest.mark.parametrize(
    ("given", "cautious", "central", "optimistic"),
    [
        ("yes", 20, 20, 20),
        ("no", 15, 15, 15),
        ("depends", 15, 20, 20),
        ("unknown", 15, 20, 20),
        ("", 15, 20, 20),  # no row at all is unknown
    ],
)
def test_an_answer_means_what_each_run_makes_of_it(
    given: str, cautious: float, central: float, optimistic: float
) -> None:
    tables = bare(20, stay=1, mental_health=0.25)
    serve(tables, "sanctuary", "sanctuary", 20, basis="installations")
    chain(tables, "entry:police", "sanctuary", "home:stayed")
    if given:
        answer(tables, "sanctuary", "mental_health", given)
    for run, met in zip(Run, (cautious, central, optimistic), strict=True):
        lost = {"not_eligible": 20.0 - met} if met < 20 else {}
        assert_total(one_run(tables, run), demand=20, met=met, met_as_wanted=met, **lost)


@pytest.mark.parametrize(
    ("share", "central"),
    [("0.091", 15), ("0.49", 15), ("0.5", 20), ("0.8", 20)],
)
def test_a_service_with_its_own_capacity_takes_the_likelier_answer(
    share: str, central: float
) -> None:
    tables = bare(20, stay=1, nrpf=0.25)
    serve(tables, "sanctuary", "sanctuary", 20, basis="installations")
    chain(tables, "entry:police", "sanctuary", "home:stayed")
    evidence = {"share_of": "services", "status": "assumed", "source": "made up for tests"}
    add(tables, "acceptance_shares", kind="sanctuary", rule="nrpf", central=share, **evidence)
    for run, met in zip(Run, (15, central, 20), strict=True):
        lost = {"not_eligible": 20.0 - met} if met < 20 else {}
        assert_total(one_run(tables, run), demand=20, met=met, met_as_wanted=met, **lost)


def test_a_service_nobody_knows_to_run_counts_as_absent_only_in_the_cautious_run() -> None:
    tables = bare(20, stay=1)
    serve(tables, "sanctuary", "sanctuary", 20, basis="installations")
    change(tables, "services", {}, operating="unknown")
    chain(tables, "entry:police", "sanctuary", "home:stayed")
    assert_total(one_run(tables, Run.CAUTIOUS), demand=20, not_provided=20)
    assert_total(one_run(tables, Run.CENTRAL), demand=20, met=20, met_as_wanted=20)
    assert_total(one_run(tables, Run.OPTIMISTIC), demand=20, met=20, met_as_wanted=20)
    change(tables, "services", {}, operating="no")
    for run in Run:
        assert_total(one_run(tables, run), demand=20, not_provided=20)


# Routes -----------------------------------------------------------------------------------


@pytest.mark.parametrize("goal", Goal)
def test_without_a_route_to_the_service_there_is_no_way_in(goal: Goal) -> None:
    tables = refuge()
    tables["referral_routes"] = []
    chain(tables, "refuge", "lettings", "home:social")
    result = one_run(tables, goal=goal)
    assert_total(result, demand=20, not_connected=20)
    assert details(result) == {Detail.NO_WAY_IN: pytest.approx(20)}


def test_a_woman_in_a_refuge_with_no_move_on_is_safe_but_not_settled() -> None:
    tables = refuge()
    tables["referral_routes"] = []
    chain(tables, "entry:police", "refuge")
    route(tables, "lettings", "home:social")
    assert_total(one_run(tables, goal=Goal.SAFE), demand=20, met=20, met_as_wanted=20)
    result = one_run(tables, goal=Goal.SETTLED)
    assert_total(result, demand=20, not_connected=20)
    assert details(result) == {Detail.NO_WAY_ON: pytest.approx(20)}


def test_move_on_that_refuses_her_is_no_way_on_either() -> None:
    tables = refuge(nrpf=0.25)
    answer(tables, "refuge", "nrpf", "yes")
    answer(tables, "lettings", "nrpf", "no")
    assert_total(one_run(tables, goal=Goal.SAFE), demand=20, met=20, met_as_wanted=20)
    result = one_run(tables, goal=Goal.SETTLED)
    assert_total(result, demand=20, met=15, met_as_wanted=15, not_connected=5)
    assert details(result) == {
        Detail.FULL: pytest.approx(15),  # what would stand behind a loss: there is none
        Detail.NO_WAY_ON: pytest.approx(5),
    }


@pytest.mark.parametrize(
    ("known", "met"),
    [("yes", (20, 20, 20)), ("no", (0, 0, 0)), ("depends", (0, 20, 20)), ("unknown", (0, 20, 20))],
)
def test_a_route_exists_as_its_answer_says_in_each_run(
    known: str, met: tuple[float, float, float]
) -> None:
    tables = refuge()
    set_route(tables, "entry:police", "refuge", known=known)
    for run, households in zip(Run, met, strict=True):
        helped = {"met": households, "met_as_wanted": households} if households else {}
        lost = {} if households else {"not_connected": 20.0}
        assert_total(one_run(tables, run), demand=20, **helped, **lost)


@pytest.mark.parametrize(
    ("column", "value", "met"),
    [
        ("tenures", "owned;council_rent", 20),
        ("tenures", "council_rent", 0),
        ("rights", "sole", 20),
        ("rights", "joint;none", 0),
        ("risks", "standard", 20),
        ("risks", "high", 0),
        ("aims", "move", 20),
        ("aims", "stay", 0),
    ],
)
def test_a_route_is_open_to_those_its_condition_names(column: str, value: str, met: float) -> None:
    tables = refuge()
    set_route(tables, "entry:police", "refuge", **{column: value})
    lost = {} if met else {"not_connected": 20.0}
    helped = {"met": met, "met_as_wanted": met} if met else {}
    assert_total(one_run(tables), demand=20, **helped, **lost)


# Reach ------------------------------------------------------------------------------------


def test_a_service_of_one_ward_is_out_of_reach_for_the_others() -> None:
    tables = bare(24, move=1)
    serve(tables, "council_ta", "temporary_accommodation", areas=(WARDS[0],))
    chain(tables, "entry:police", "council_ta")
    # Two of the six small areas, with 4 of the 24 each, are in the ward.
    result = one_run(tables, goal=Goal.SAFE)
    assert_total(result, demand=24, met=8, met_as_wanted=8, out_of_reach=16)
    assert details(result)[Detail.AREA] == pytest.approx(16)
    assert_row(result, "ward", WARDS[0], demand=8, met=8, met_as_wanted=8)
    assert_row(result, "ward", WARDS[1], demand=8, out_of_reach=8)
    assert_row(result, "place", "Alderby", demand=16, met=8, met_as_wanted=8, out_of_reach=8)
    assert_row(result, "lsoa", LSOAS[0], demand=4, met=4, met_as_wanted=4)


def test_every_service_on_the_way_has_to_serve_the_area() -> None:
    tables = bare(24, move=1)
    serve(tables, "idva", "idva", areas=("Alderby",))
    serve(tables, "council_ta", "temporary_accommodation", areas=(WARDS[1], WARDS[2]))
    chain(tables, "entry:police", "idva", "council_ta")
    # The adviser serves wards 1 and 2, the accommodation wards 2 and 3: both serve ward 2 alone.
    result = one_run(tables, goal=Goal.SAFE)
    assert_total(result, demand=24, met=8, met_as_wanted=8, out_of_reach=16)
    assert_row(result, "ward", WARDS[1], demand=8, met=8, met_as_wanted=8)


def visited(threshold: str, delivery: str = "visit") -> Tables:
    """Return a pack of stayers who are passed on by a desk at the first area's centroid.

    At 60 km/h along the straight line a kilometre takes a minute. Degrees of 0.02 are about
    1.3 km to the east and 2.2 km to the north, so from the areas 1 to 6 the way to the desk
    takes 0, 2.2, 1.3, 2.6, 2.6 and 3.5 minutes.
    """
    tables = bare(24, stay=1)
    serve(tables, "desk", "housing_options")
    change(tables, "services", {"service_id": "desk"}, delivery=delivery)
    serve(tables, "sanctuary", "sanctuary")
    chain(tables, "entry:police", "desk", "sanctuary", "home:stayed")
    place = {"point_id": "desk", "service_id": "desk", "name": "Civic centre", "precision": "town"}
    first = tables["lsoa_facts"][0]
    evidence = {"status": "assumed", "source": "made up for tests"}
    add(tables, "delivery_points", **place, lon=first["lon"], lat=first["lat"], **evidence)
    set_parameter(tables, "detour_factor", 1)
    set_parameter(tables, "travel_speed_kmh", 60)
    set_parameter(tables, "travel_threshold_min", threshold)
    return tables


def test_a_visited_service_beyond_the_threshold_is_too_far() -> None:
    # Within 2 minutes are areas 1 and 3.
    result = one_run(visited("2"))
    assert_total(result, demand=24, met=8, met_as_wanted=8, out_of_reach=16)
    assert details(result)[Detail.TRAVEL] == pytest.approx(16)
    reached = rows_of(result, "lsoa")["met"]
    assert reached.to_dict() == pytest.approx(
        {code: 4.0 if code in {LSOAS[0], LSOAS[2]} else 0.0 for code in LSOAS}, abs=EXACT
    )


def test_exactly_on_the_threshold_is_inside() -> None:
    pack = small_pack(visited("9"))
    table = minutes_to_services(pack, Register(pack["parameters"]), Run.CENTRAL)["desk"]
    assert table.to_numpy() == pytest.approx([0, 2.2, 1.3, 2.6, 2.6, 3.5], abs=0.05)
    exactly = float(table[LSOAS[1]])
    assert total(one_run(visited(repr(exactly))))["met"] == pytest.approx(12, abs=EXACT)
    just_less = repr(exactly * (1 - 1e-12))
    assert total(one_run(visited(just_less)))["met"] == pytest.approx(8, abs=EXACT)


@pytest.mark.parametrize("delivery", ["home", "remote;visit", "home;visit"])
def test_travel_is_not_asked_of_help_that_need_not_be_visited(delivery: str) -> None:
    assert_total(one_run(visited("2", delivery)), demand=24, met=24, met_as_wanted=24)


# Time -------------------------------------------------------------------------------------


def test_a_wait_over_the_limit_of_the_risk_is_too_slow() -> None:
    tables = refuge(capacity=20)
    set_shares(tables, "risk", high=0.2, medium=0.3, standard=0.5)
    set_route(tables, "entry:police", "refuge", wait_days_central="2")
    # Limits are 1, 7 and 28 days: 4 of the 20 are at high risk and cannot wait 2 days.
    result = one_run(tables)
    assert_total(result, demand=20, met=16, met_as_wanted=16, no_room=4)
    assert_row(result, "risk", "high", demand=4, no_room=4)
    assert details(result)[Detail.TOO_SLOW] == pytest.approx(4)


def test_a_wait_as_long_as_the_limit_is_in_time_and_waits_add_up_to_the_safe_place() -> None:
    tables = refuge(capacity=20)
    set_shares(tables, "risk", high=1)
    set_route(tables, "entry:police", "refuge", wait_days_central="1")
    # The wait for a letting comes after she is safe, and does not count.
    set_route(tables, "refuge", "lettings", wait_days_central="300")
    assert_total(one_run(tables), demand=20, met=20, met_as_wanted=20)
    serve(tables, "idva", "idva")
    change(tables, "referral_routes", {"from_id": "entry:police"}, from_id="idva")
    route(tables, "entry:police", "idva", wait_days_central="0.5")
    assert_total(one_run(tables), demand=20, no_room=20)


# Who is helped ----------------------------------------------------------------------------


def two_tenures(owned: int, private: int) -> Tables:
    """Return a pack of movers in two tenures, with a refuge that takes both."""
    tables = refuge()
    set_tenures(tables, owned=owned, private=private)
    return tables


@pytest.mark.parametrize(("owned", "private"), [(200, 200), (300, 100)])
def test_what_is_left_over_is_shared_evenly_between_tenures(owned: int, private: int) -> None:
    tables = two_tenures(owned, private)
    evidence = {"status": "assumed", "source": "made up for tests"}
    units = {"basis": "units", "stay_days_central": "365", "occupancy_central": "1"}
    add(tables, "capacity", service_id="refuge", capacity_central="19", **units, **evidence)
    # One place short for 20: each tenure goes short by 1 ÷ 20 of its demand.
    result = one_run(tables)
    for tenure, households in (("owned", owned / 20), ("private_rent", private / 20)):
        met = households * 0.95
        assert_row(
            result, "tenure", tenure,
            demand=households, met=met, met_as_wanted=met, no_room=households * 0.05,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("extra", "owned_met", "private_met"),
    [
        (4, 6, 6),  # 8 + 4 = 12 places for 10 and 10: 6 each, 2 private renters in the refuge
        (8, 8, 8),  # 16 places: owners can only have the 8 of the refuge
        (9, 8, 9),  # 17 places: the ninth cannot go to owners
    ],
)
def test_a_service_for_one_tenure_frees_the_shared_one_for_the_other(
    extra: float, owned_met: float, private_met: float
) -> None:
    tables = two_tenures(200, 200)
    evidence = {"status": "assumed", "source": "made up for tests"}
    units = {"basis": "units", "stay_days_central": "365", "occupancy_central": "1"}
    add(tables, "capacity", service_id="refuge", capacity_central="8", **units, **evidence)
    serve(tables, "dispersed", "dispersed", extra, basis="units")
    answer(tables, "dispersed", "tenure_owned", "no")
    chain(tables, "entry:police", "dispersed", "lettings")
    rows = rows_of(one_run(tables), "tenure")["met"]
    assert rows["owned"] == pytest.approx(owned_met, abs=EXACT)
    assert rows["private_rent"] == pytest.approx(private_met, abs=EXACT)


def test_arrivals_compete_for_places_and_have_a_row_of_their_own() -> None:
    tables = refuge(capacity=10)
    set_shares(tables, "aim", stay=0, move=0.5, leave=0.5)
    set_parameter(tables, "arrivals_per_leaver", 1)
    # 10 move within the district, 10 leave it and 10 arrive. 10 places for 10 movers and 10
    # arrivals: 5 each. Nothing is there for those who leave.
    result = one_run(tables)
    assert_total(result, demand=30, met=10, met_as_wanted=10, not_provided=10, no_room=10)
    assert_row(
        result, "district", DISTRICT,
        demand=20, met=5, met_as_wanted=5, not_provided=10, no_room=5,
    )  # fmt: skip
    for level in ("district", "place", "ward", "lsoa"):
        assert_row(result, level, ELSEWHERE, demand=10, met=5, met_as_wanted=5, no_room=5)
    assert_row(result, "aim", "arrive", demand=10, met=5, met_as_wanted=5, no_room=5)


def test_arrivals_follow_their_share_of_leavers() -> None:
    tables = refuge()
    set_shares(tables, "aim", stay=0, move=0.5, leave=0.5)
    set_parameter(tables, "arrivals_per_leaver", 0.6)
    # 10 leave, so 6 arrive.
    result = one_run(tables)
    assert_row(result, "aim", "arrive", demand=6, met=6, met_as_wanted=6)


def test_arrivals_can_use_what_serves_the_whole_district_only_and_no_travel_is_asked() -> None:
    tables = bare(20, move=0.5, leave=0.5, arrivals_per_leaver=1)
    serve(tables, "lettings", "social_letting", areas=WARDS)  # every ward, not the district as such
    chain(tables, "entry:police", "lettings", "home:social")
    result = one_run(tables)
    assert_row(result, "aim", "move", demand=10, met=10, met_as_wanted=10)
    assert_row(result, "aim", "arrive", demand=10, out_of_reach=10)
    assert_row(result, "ward", ELSEWHERE, demand=10, out_of_reach=10)


def test_leavers_are_met_elsewhere_with_the_share_of_tries_that_succeed() -> None:
    tables = bare(20, leave=1)
    serve(tables, "away", "out_of_area")
    chain(tables, "entry:police", "away", "home:elsewhere")
    set_route(
        tables, "entry:police", "away",
        succeeds_low="0.4", succeeds_central="0.6", succeeds_high="0.9",
    )  # fmt: skip
    for goal in Goal:
        for run, met in zip(Run, (8, 12, 18), strict=True):
            assert_total(
                one_run(tables, run, goal=goal),
                demand=20, met=met, met_elsewhere=met, no_room=20 - met,
            )  # fmt: skip


def test_a_refuge_here_does_not_help_those_who_have_to_leave() -> None:
    tables = refuge(capacity=20)
    set_shares(tables, "aim", stay=0, move=0, leave=1)
    assert_total(one_run(tables), demand=20, not_provided=20)


# Wishes and pathways ----------------------------------------------------------------------


def both_ways(sanctuary: float, refuge_places: float, *, stay: float, move: float) -> Tables:
    tables = refuge(capacity=refuge_places)
    set_shares(tables, "aim", stay=stay, move=move, leave=0)
    serve(tables, "sanctuary", "sanctuary", sanctuary, basis="installations")
    chain(tables, "entry:police", "sanctuary", "home:stayed")
    return tables


def test_stayers_who_are_helped_to_move_are_met_another_way() -> None:
    # 6 of the 20 can stay, 10 are helped to move, for 4 there is no room.
    result = one_run(both_ways(6, 10, stay=1, move=0))
    assert_total(result, demand=20, met=16, met_as_wanted=6, met_other_way=10, no_room=4)


def test_nobody_is_moved_who_can_stay() -> None:
    result = one_run(both_ways(20, 20, stay=1, move=0))
    assert_total(result, demand=20, met=20, met_as_wanted=20)


def test_movers_are_never_told_to_stay() -> None:
    tables = both_ways(20, 0, stay=0, move=1)
    assert_total(one_run(tables), demand=20, no_room=20)
    tables["services"] = [row for row in tables["services"] if row["service_id"] == "sanctuary"]
    assert_total(one_run(tables), demand=20, not_provided=20)


def test_the_cascades_of_staying_moving_and_both() -> None:
    tables = both_ways(4, 12, stay=0.5, move=0.5)
    # 10 stayers, 10 movers; 4 installations for stayers, 12 places for both. Evenly shared, 8
    # of each are met: 4 stayers stay and 4 move, 8 movers move.
    assert_total(
        one_run(tables), demand=20, met=16, met_as_wanted=12, met_other_way=4, no_room=4
    )  # fmt: skip
    # Staying alone asks the 10 who want to stay.
    assert_total(
        one_run(tables, pathway=Pathway.STAY), demand=10, met=4, met_as_wanted=4, no_room=6
    )  # fmt: skip
    # Moving alone asks all 20, of whom 12 find a place, 6 of each.
    assert_total(
        one_run(tables, pathway=Pathway.MOVE),
        demand=20, met=12, met_as_wanted=6, met_other_way=6, no_room=8,
    )  # fmt: skip


def test_nobody_without_a_home_can_stay_in_it() -> None:
    tables = both_ways(20, 6, stay=0.5, move=0.5)
    change(tables, "household_shares", {"dimension": "tenure"}, central="0.5")
    # Half of the 20 have no home: 8 move and 2 leave, as the small pack says. Of the owners 5
    # stay and 5 move. 6 places for 8 + 5 movers.
    result = one_run(tables)
    rows = rows_of(result, "tenure", "aim")
    assert rows.loc[("temporary", "move"), "demand"] == pytest.approx(8)
    assert rows.loc[("owned", "stay"), "met_as_wanted"] == pytest.approx(5, abs=EXACT)
    assert rows["met"].sum() == pytest.approx(11, abs=EXACT)
    assert rows.loc[("temporary", "move"), "met"] == pytest.approx(8 * 6 / 13, abs=EXACT)
    stay = one_run(tables, pathway=Pathway.STAY)
    assert_total(stay, demand=5, met=5, met_as_wanted=5)


# Components and needs ---------------------------------------------------------------------


def test_a_component_answers_for_itself_and_says_who_is_met_otherwise() -> None:
    tables = both_ways(4, 6, stay=0.5, move=0.5)
    # 10 places and installations for 20, 5 met of each wish: of the stayers 4 stay and 1 moves.
    result = one_run(tables)
    assert_total(
        result, demand=20, met=10, met_as_wanted=9, met_other_way=1, no_room=10
    )  # fmt: skip
    expected = {
        # All but leavers may use a refuge: 6 do, 4 are met by the sanctuary, 10 not at all.
        "refuge_services": {
            "demand": 20, "met": 6, "met_as_wanted": 5, "met_other_way": 1,
            "met_otherwise": 4, "no_room": 10,
        },
        # The way on from the refuge is a letting.
        "social_housing": {
            "demand": 20, "met": 6, "met_as_wanted": 5, "met_other_way": 1,
            "met_otherwise": 4, "no_room": 10,
        },
        # A sanctuary is for the 10 who want to stay.
        "sanctuary_scheme": {
            "demand": 10, "met": 4, "met_as_wanted": 4, "met_otherwise": 1, "no_room": 5,
        },
        # There is no such service: those who are met are met otherwise.
        "housing_first": {"demand": 20, "met_otherwise": 10, "not_provided": 10},
        # For owners who want to stay.
        "privately_owned": {"demand": 10, "met_otherwise": 5, "not_provided": 5},
    }  # fmt: skip
    for component, row in expected.items():
        assert_row(result, "component", component, **row)
    # A managed reciprocal is for social tenants, and there are none.
    assert_row(result, "component", "managed_reciprocals")


def test_a_component_gives_its_own_reason_for_those_it_could_have_helped() -> None:
    tables = both_ways(4, 6, stay=0.5, move=0.5)
    # Housing First is there but no route leads to it; mobile advocacy refuses owners; help into
    # private renting serves ward 1 alone, and helps nobody since it has no room.
    serve(tables, "first", "housing_first")
    serve(tables, "mobile", "mobile_advocacy")
    answer(tables, "mobile", "tenure_owned", "no")
    serve(tables, "renting", "private_rented_access", 0, basis="moves", areas=(WARDS[0],))
    chain(tables, "entry:police", "renting", "home:private")
    result = one_run(tables)
    assert_row(
        result, "component", "housing_first", demand=20, met_otherwise=10, not_connected=10
    )  # fmt: skip
    assert_row(
        result, "component", "mobile_advocacy", demand=20, met_otherwise=10, not_eligible=10
    )  # fmt: skip
    # A third of the 10 who are lost live in ward 1, where there is no room.
    assert_row(
        result, "component", "private_rented",
        demand=20, met_otherwise=10, out_of_reach=20 / 3, no_room=10 / 3,
    )  # fmt: skip


def test_rows_of_needs_overlap_and_each_adds_up() -> None:
    tables = refuge(capacity=20, mental_health=0.5, nrpf=0.2)
    for service in ("refuge", "lettings"):
        answer(tables, service, "mental_health", "yes")
        answer(tables, service, "nrpf", "no")
    result = one_run(tables)
    # Needs are independent: of 10 with a mental health need 2 have no recourse as well.
    assert_row(
        result, "need", "mental_health", demand=10, met=8, met_as_wanted=8, not_eligible=2
    )  # fmt: skip
    assert_row(result, "need", "nrpf", demand=4, not_eligible=4)
    assert_total(result, demand=20, met=16, met_as_wanted=16, not_eligible=4)


def test_every_answer_of_this_file_adds_up_to_the_last_digit() -> None:
    tables = both_ways(4, 6, stay=0.5, move=0.5)
    set_shares(tables, "circumstance", mental_health=0.5)
    for by in ("lsoa", "tenure", "need", "component"):
        rows = rows_of(one_run(tables), by)
        beside = [name for name in ("demand", "met", SUPPORTED) if name in rows.columns]
        parts = rows.drop(columns=beside).select_dtypes("number").sum(axis=1)
        assert (rows["demand"] - parts).abs().max() < BALANCE
