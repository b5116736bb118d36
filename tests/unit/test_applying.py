"""What each change does to the small pack, and what it says when it cannot be made."""

from datetime import date

import pytest

from housing_map import provision
from housing_map.changes import (
    AddRoute,
    AddService,
    Change,
    ChangeArrivals,
    ChangeDemand,
    ChangeOccupancy,
    ChangeRoute,
    ChangeStay,
    ChangeTakes,
    CloseService,
    CutRoute,
    EndFunding,
    ExtendFunding,
    MoveService,
    Point,
    Reserve,
    Resize,
    Route,
    SetBudget,
    Weigh,
)
from housing_map.model import Settings
from housing_map.provision import Reservation
from housing_map.scenario import Applied, Scenario, apply
from housing_map.vocabulary import Aim, Answer, CapacityBasis, Goal, Run, Tenure
from tests.drawn import rich_tables
from tests.packs import DISTRICT
from tests.scenarios import GRANT, met, rich_pack, rows, tried
from tests.worlds import small_pack

START = date(2026, 6, 30)
"""Reference date of the small pack."""
NEW = AddService(service_id="new_one", name="New homes", kind="refuge", capacity=6)


def route(start: str, end: str, **cells: object) -> AddRoute:
    return AddRoute(route=Route.model_validate({"from_id": start, "to_id": end, **cells}))


# Why not ----------------------------------------------------------------------------------

NOT: dict[str, tuple[Change, str]] = {
    "a service there is": (
        NEW.model_copy(update={"service_id": "idva"}),
        "there is a service 'idva' already",
    ),
    "takes after nobody": (NEW.model_copy(update={"like": "nobody"}), "no service 'nobody'"),
    "run by nobody": (
        NEW.model_copy(update={"organisation_id": "nobody"}),
        "no organisation 'nobody'",
    ),
    "nothing like it": (
        AddService(service_id="x", name="x", kind="housing_first", capacity=1),
        "'Housing First' is there yet that it could take after",
    ),
    "no places said": (
        AddService(service_id="x", name="x", kind="sanctuary"),
        "say how many places",
    ),
    "safe homes without a limit": (
        AddService(service_id="x", name="x", kind="second_stage", like="refuge_one"),
        "never without a limit",
    ),
    "nothing to count by": (
        AddService(service_id="x", name="x", kind="housing_first", capacity=1, routes=()),
        "say what its capacity counts",
    ),
    "no stay": (
        AddService(
            service_id="x", name="x", kind="dispersed", capacity=1, basis="units", routes=()
        ),
        "say its stay days",
    ),
    "an area there is not": (
        AddService(service_id="x", name="x", kind="idva", areas=("Atlantis",)),
        "there is no area 'Atlantis'",
    ),
    "closing nobody": (CloseService(service_id="nobody"), "no service 'nobody'"),
    "more than there is": (Resize(pool="lettings", by=-31), "31 places cannot be taken from 30"),
    "no figure": (Resize(pool="sanctuary_one", by=1), "among those of 'pool:sanctuary'"),
    "no assumption": (Resize(pool="pool:dispersed", by=1), "no assumption for 'pool:dispersed'"),
    "no pool of that kind": (Resize(pool="nobody", by=1), "no service 'nobody'"),
    "places beside the routes": (
        Resize(pool="perpetrators", by=1),
        "'perpetrators' stands beside the routes",
    ),
    "moving nobody": (MoveService(service_id="nobody", areas=("Alderby",)), "no service"),
    "moving to nowhere": (MoveService(service_id="lettings", areas=("Atlantis",)), "no area"),
    "taking by nobody": (
        ChangeTakes(service_id="nobody", rules=("male",), answer=Answer.YES),
        "no service 'nobody'",
    ),
    "a stay of what has none": (ChangeStay(pool="lettings", times=2), "has no stay days"),
    "occupancy of what has none": (ChangeOccupancy(pool="lettings", share=1), "no occupancy"),
    "a route there is": (route("idva", "refuge_one"), "there is a route"),
    "a route back": (route("refuge_one", "idva"), "paths go forward"),
    "a route into an entry": (route("entry:police", "entry:self"), "paths go forward"),
    "a route out of a home": (route("home:social", "home:stayed"), "paths go forward"),
    "a route to what stands beside": (route("idva", "perpetrators"), "paths go forward"),
    "a route from nobody": (route("nobody", "idva"), "no service 'nobody'"),
    "a route to no home": (route("lettings", "home:castle"), "no home 'castle'"),
    "a route from no entry": (route("entry:moon", "idva"), "no entry 'moon'"),
    "a route to a pool": (route("idva", "pool:refuge"), "no pool 'refuge'"),
    "a route to itself": (route("idva", "idva"), "round in a circle"),
    "cutting no route": (CutRoute(from_id="idva", to_id="lettings"), "there is no route"),
    "changing no route": (ChangeRoute(to_id="idva", from_id="options", accepts=1), "no route"),
    "a need nobody counted": (ChangeDemand(times=2, need="pets"), "nobody has published"),
    "demand of nowhere": (ChangeDemand(times=2, areas=("Atlantis",)), "no area 'Atlantis'"),
    "money nobody gives": (EndFunding(stream="Gold"), "no stream of money called 'Gold'"),
    "money to somebody else": (
        EndFunding(stream=GRANT, service_id="lettings"),
        "called 'Safe accommodation grant' to 'lettings'",
    ),
    "money that ends sooner": (
        EndFunding(stream=GRANT, on=date(2027, 4, 1)),
        "ends on 31 March 2027 already",
    ),
    "no more money": (ExtendFunding(stream="Gold", until=START), "no stream"),
    "money that lasts longer": (
        ExtendFunding(stream=GRANT, until=date(2027, 3, 31)),
        "or for longer, already",
    ),
    "keeping in no pool": (Reserve(pool="nobody", rule="male", units=1), "no pool 'nobody'"),
    "keeping too many": (Reserve(pool="refuge_one", rule="male", units=5), "there are 4"),
}


@pytest.mark.parametrize("name", NOT)
def test_a_change_that_does_not_apply_says_why_and_does_nothing(name: str) -> None:
    change, why = NOT[name]
    applied = tried(change)
    assert applied.made == ()
    assert why in applied.skipped[0].why
    assert applied.pack is rich_pack()
    assert applied.settings == tried().settings
    assert applied.notices == ()


def test_every_sort_of_change_that_may_fail_is_among_those_that_do() -> None:
    always = {"arrivals", "weight", "budget"}
    sorts = {change.change for change, _ in NOT.values()}
    assert len(sorts | always) == 17
    assert not sorts & always


def test_arrivals_need_the_parameter_they_change() -> None:
    tables = rich_tables()
    tables["parameters"] = [
        row for row in tables["parameters"] if row["key"] != "arrivals_per_leaver"
    ]
    scenario = Scenario(name="x", changes=(ChangeArrivals(times=2),))
    (skipped,) = apply(small_pack(tables), scenario).skipped
    assert "no parameter 'arrivals_per_leaver'" in skipped.why


def test_the_others_still_count_when_one_does_not_apply() -> None:
    applied = tried(CloseService(service_id="nobody"), Resize(pool="lettings", by=5))
    assert applied.made == (1,)
    assert applied.skipped[0].number == 0
    assert _pool(applied, "lettings").capacity.central == 35


def test_a_coalition_makes_its_own_changes_and_one_without_its_object_does_nothing() -> None:
    scenario = Scenario(name="x", changes=(NEW, Resize(pool="new_one", by=2)))
    both = apply(rich_pack(), scenario)
    assert _pool(both, "new_one").capacity.central == 8
    alone = apply(rich_pack(), scenario, only={1})
    assert alone.made == ()
    assert "no service 'new_one'" in alone.skipped[0].why
    assert alone.pack is rich_pack()


# What each does ---------------------------------------------------------------------------


def _pool(applied: Applied, pool: str) -> provision.Pool:
    on = applied.settings.on or applied.pack.info.reference_date
    there = provision.open_services(applied.pack, on, Run.CENTRAL, applied.settings.without)
    return next(one for one in provision.pools(applied.pack, there) if one.id == pool)


def _cells(applied: Applied, table: str, **where: str) -> list[dict[str, object]]:
    frame = applied.pack[table]
    for name, value in where.items():
        frame = frame[frame[name] == value]
    return [dict(row) for row in frame.to_dict("records")]


def test_a_new_service_takes_after_the_first_of_its_kind() -> None:
    applied = tried(NEW)
    there = _pool(applied, "new_one")
    assert (there.capacity.central, there.stay_days.central, there.occupancy.central) == (6, 73, 1)
    assert there.sites == 1
    answers = {
        row["rule"]: row["answer"] for row in _cells(applied, "eligibility", service_id="new_one")
    }
    assert answers == {"male": "no", "mental_health": "yes"}
    into = {row["from_id"] for row in _cells(applied, "referral_routes", to_id="new_one")}
    out = {row["to_id"] for row in _cells(applied, "referral_routes", from_id="new_one")}
    assert into == {"idva", "options"}
    assert out == {"lettings", "lettings_two"}
    (area,) = _cells(applied, "areas_served", service_id="new_one")
    assert area["area"] == DISTRICT
    (service,) = _cells(applied, "services", service_id="new_one")
    assert service["organisation_id"] == "to_be_commissioned"
    assert service["source"] == "Scenario: Tried"
    assert service["status"] == "assumed"


def test_what_is_said_of_a_new_service_replaces_what_it_takes_after() -> None:
    new = AddService(
        service_id="x", name="x", kind="refuge", capacity=2, stay_days=30, occupancy=0.5,
        otherwise=Answer.NO, takes={"male": Answer.YES}, areas=(DISTRICT,), organisation_id="aid",
        support_types=("s3",), routes=(Route(from_id="idva", to_id="x", accepts=0.5),),
    )  # fmt: skip
    applied = tried(new)
    there = _pool(applied, "x")
    assert (there.stay_days.central, there.occupancy.central) == (30, 0.5)
    answers = {row["rule"]: row["answer"] for row in _cells(applied, "eligibility", service_id="x")}
    assert answers.pop("male") == "yes"
    assert set(answers.values()) == {"no"}
    (way_in,) = _cells(applied, "referral_routes", to_id="x")
    assert (way_in["known"], way_in["accepts_central"]) == ("yes", 0.5)
    (service,) = _cells(applied, "services", service_id="x")
    assert (service["organisation_id"], service["support_types"]) == ("aid", "s3")


def test_households_use_the_places_of_a_new_service() -> None:
    # 6 units of 73 days take 30 households a year, of whom 0.8 accept; the refuges were full.
    assert met(tried(NEW, CloseService(service_id="lettings"))) > 0
    before, after = (
        rows(rich_pack(), goal="safe"),
        rows(apply(rich_pack(), Scenario(name="x", goal="safe", changes=(NEW,)))),
    )
    assert after["met"].iloc[0] > before["met"].iloc[0] + 5


def test_a_service_without_a_limit_is_said_to_have_none() -> None:
    new = AddService(
        service_id="x", name="Swaps", kind="managed_reciprocal", otherwise=Answer.YES,
        routes=(Route(from_id="refuge_one", to_id="x"), Route(from_id="x", to_id="home:social")),
    )  # fmt: skip
    assert "Nobody has said how many Swaps can help" in tried(new).notices[0]


def test_a_service_that_opens_later_is_said_to_have_no_part_in_the_year() -> None:
    new = NEW.model_copy(update={"opens_on": date(2026, 9, 1)})
    applied = tried(new)
    assert "opens after 30 June 2026" in applied.notices[0]
    assert met(applied) == pytest.approx(met(rich_pack()))


def test_safe_accommodation_taking_after_another_kind_is_not_visited() -> None:
    new = AddService(
        service_id="x", name="x", kind="sanctuary", like="options", capacity=5,
        basis=CapacityBasis.INSTALLATIONS,
    )  # fmt: skip
    (service,) = _cells(tried(new), "services", service_id="x")
    assert service["delivery"] == "home"


def test_closing_one_that_has_not_reported_takes_its_even_part_of_the_shared_pool() -> None:
    tables = rich_tables()
    for row in tables["capacity"]:
        if row["service_id"] == "refuge_one":
            row |= {"capacity_central": "", "stay_days_central": "", "occupancy_central": ""}
    pack = small_pack(tables)
    before = _pool(tried(pack=pack), "pool:refuge").limit(Run.CENTRAL)
    after = {
        run: _pool(tried(CloseService(service_id="refuge_two"), pack=pack), "pool:refuge").limit(
            run
        )
        for run in Run
    }
    assert after[Run.CENTRAL] == pytest.approx(before / 2)
    assert after[Run.CAUTIOUS] == 0


def test_closing_one_that_has_reported_takes_its_places_and_no_others() -> None:
    applied = tried(CloseService(service_id="refuge_one"))
    assert _pool(applied, "pool:refuge").limit(Run.CENTRAL) == pytest.approx(
        _pool(tried(), "pool:refuge").limit(Run.CENTRAL)
    )
    safe = tried(CloseService(service_id="refuge_one"), goal=Goal.SAFE)
    assert met(safe) < met(tried(goal=Goal.SAFE)) - 5


def test_closing_during_the_year_takes_the_part_of_it_that_is_left() -> None:
    applied = tried(CloseService(service_id="lettings", on=date(2026, 12, 31)))
    assert _pool(applied, "lettings").limit(Run.CENTRAL) == pytest.approx(30 * 185 / 365)


def test_closing_before_the_year_is_as_if_it_had_ended() -> None:
    applied = tried(CloseService(service_id="lettings", on=date(2026, 6, 29)))
    assert applied.settings.without == {"lettings"}
    assert applied.settings == tried(CloseService(service_id="lettings")).settings
    (skipped,) = tried(
        CloseService(service_id="lettings"), CloseService(service_id="lettings")
    ).skipped
    assert "closed already" in skipped.why


def test_closing_after_the_year_is_said_to_lose_nothing_in_it() -> None:
    applied = tried(CloseService(service_id="lettings", on=date(2027, 7, 1)))
    assert "nothing is lost in it" in applied.notices[0]
    assert met(applied) == pytest.approx(met(rich_pack()))


def test_what_closes_sooner_cannot_be_closed_later() -> None:
    early, late = (
        CloseService(service_id="lettings", on=date(2026, month, 30)) for month in (9, 11)
    )
    (skipped,) = tried(early, late).skipped
    assert "closes on 30 September 2026 already" in skipped.why


def test_resizing_moves_all_three_figures_of_a_pool_by_as_much() -> None:
    before, after = (
        _pool(tried(), "pool:refuge"),
        _pool(tried(Resize(pool="pool:refuge", by=2)), "pool:refuge"),
    )
    assert [b - a for a, b in zip(before.capacity.ends, after.capacity.ends, strict=True)] == [
        pytest.approx(end) for end in (2, 2, 2)
    ]
    to = tried(Resize(pool="pool:refuge", to=9))
    assert _pool(to, "pool:refuge").capacity.central == 9


def test_a_pool_whose_places_are_all_reported_cannot_grow_by_assumption() -> None:
    (skipped,) = tried(
        CloseService(service_id="refuge_two"), Resize(pool="pool:refuge", by=2)
    ).skipped
    assert "no service left" in skipped.why


def test_a_service_serves_other_areas() -> None:
    applied = tried(MoveService(service_id="options", areas=("Alderby",)))
    assert [row["area"] for row in _cells(applied, "areas_served", service_id="options")] == [
        "Alderby"
    ]
    lost = rows(applied, "place")["out_of_reach"]
    assert lost["Cowden"] > 0
    assert lost["Alderby"] == 0


def test_a_service_is_visited_elsewhere() -> None:
    point = Point(name="Library", lon=-1.75, lat=53.61)
    applied = tried(MoveService(service_id="options", points=(point,)))
    (there,) = _cells(applied, "delivery_points", service_id="options")
    assert (there["name"], there["lon"], there["lat"]) == ("Library", -1.75, 53.61)


def test_a_service_takes_whom_it_did_not() -> None:
    applied = tried(ChangeTakes(service_id="refuge_one", rules=("male", "pets"), answer=Answer.YES))
    answers = {
        row["rule"]: row["answer"]
        for row in _cells(applied, "eligibility", service_id="refuge_one")
    }
    assert answers == {"male": "yes", "pets": "yes", "mental_health": "yes"}


def test_half_the_stay_lets_twice_as_many_in() -> None:
    for change in (
        ChangeStay(pool="refuge_one", times=0.5),
        ChangeStay(pool="refuge_one", days=36.5),
    ):
        assert _pool(tried(change), "refuge_one").households(Run.CENTRAL) == 40


def test_half_the_occupancy_lets_half_as_many_in_and_none_is_above_all() -> None:
    half = tried(ChangeOccupancy(pool="refuge_one", share=0.5))
    assert _pool(half, "refuge_one").households(Run.CENTRAL) == 10
    full = _pool(tried(ChangeOccupancy(pool="pool:refuge", share=1)), "pool:refuge")
    assert full.occupancy.at(Run.OPTIMISTIC) <= 1


def test_a_new_route_lets_those_in_whom_nobody_sent() -> None:
    assert met(tried(CutRoute(from_id="entry:police", to_id="idva"))) < met(rich_pack())
    again = tried(
        CutRoute(from_id="entry:police", to_id="idva"), route("entry:police", "idva", order=1)
    )
    assert met(again) == pytest.approx(met(rich_pack()))


def test_a_route_that_nobody_was_sure_of_becomes_certain() -> None:
    tables = rich_tables()
    for row in tables["referral_routes"]:
        if (row["from_id"], row["to_id"]) == ("idva", "refuge_one"):
            row |= {"known": "unknown", "tenures": "owned;council_rent"}
    change = route("idva", "refuge_one", tenures=["council_rent", "owned"], wait_days=3)
    applied = tried(change, pack=small_pack(tables))
    (found,) = _cells(applied, "referral_routes", from_id="idva", to_id="refuge_one")
    assert (found["known"], found["accepts_central"], found["wait_days_central"]) == ("yes", 0.8, 3)


def test_a_route_of_its_own_conditions_stands_beside_the_one_there_is() -> None:
    applied = tried(route("idva", "refuge_one", aims=["arrive"], accepts=1))
    found = _cells(applied, "referral_routes", from_id="idva", to_id="refuge_one")
    assert [row["aims"] or "" for row in found if isinstance(row["aims"], str)] == [str(Aim.ARRIVE)]
    assert len(found) == 2


def test_routes_are_accepted_and_come_off_as_often_as_said_in_every_run() -> None:
    applied = tried(ChangeRoute(to_id="refuge_one", accepts=0.5, succeeds=0.25, wait_days=7))
    for found in _cells(applied, "referral_routes", to_id="refuge_one"):
        for end in ("low", "central", "high"):
            told = [found[f"{name}_{end}"] for name in ("accepts", "succeeds", "wait_days")]
            assert told == [0.5, 0.25, 7]


def test_more_of_one_tenure_and_place_ask_for_help() -> None:
    change = ChangeDemand(times=2, areas=("Cowden",), tenures=(Tenure.PRIVATE,))
    before, after = (rows(one, "place", "tenure")["demand"] for one in (rich_pack(), tried(change)))
    changed = {key for key in before.index if abs(after[key] - before[key]) > 1e-9}
    assert ("Cowden", "private_rent") in changed
    assert {key for key in changed if key[0] != "elsewhere"} == {("Cowden", "private_rent")}


def test_a_name_that_two_levels_share_is_the_widest_and_a_code_is_exact() -> None:
    change = ChangeDemand(times=0, areas=("alderby",))
    after = rows(tried(change), "place")["demand"]
    assert after.get("Alderby", 0) == 0
    assert after["Cowden"] > 0


def test_arrivals_follow_what_is_said() -> None:
    leavers = float(rows(rich_pack(), "aim")["demand"]["leave"])
    for change, expected in (
        (ChangeArrivals(per_leaver=0.5), leavers / 2),
        (ChangeArrivals(times=3), leavers * 3),
        (ChangeArrivals(times=0), 0.0),
    ):
        arrived = rows(tried(change), "aim")["demand"].get("arrive", 0.0)
        assert arrived == pytest.approx(expected)


# Money ------------------------------------------------------------------------------------


def test_a_service_closes_with_its_last_money() -> None:
    applied = tried(EndFunding(stream=GRANT, on=date(2026, 12, 31)))
    assert _pool(applied, "refuge_one").limit(Run.CENTRAL) == pytest.approx(4 * 185)
    assert applied.settings.without == frozenset()


def test_a_service_with_other_money_goes_on_and_says_so() -> None:
    tables = rich_tables()
    tables["funding"].append(tables["funding"][0] | {"stream": "Gifts", "ends_on": ""})
    applied = tried(EndFunding(stream=GRANT), pack=small_pack(tables))
    assert "has other money" in applied.notices[0]
    assert applied.settings.without == frozenset()


def test_money_that_ended_before_is_no_other_money() -> None:
    tables = rich_tables()
    tables["funding"].append(tables["funding"][0] | {"stream": "Old", "ends_on": "2026-03-31"})
    applied = tried(EndFunding(stream=GRANT), pack=small_pack(tables))
    assert applied.settings.without == {"refuge_one"}


def test_more_money_does_not_open_what_was_closed_for_another_reason() -> None:
    applied = tried(
        CloseService(service_id="refuge_one"),
        EndFunding(stream=GRANT),
        ExtendFunding(stream=GRANT, until=date(2029, 3, 31)),
    )
    assert applied.skipped == ()
    assert applied.settings.without == {"refuge_one"}
    sooner = tried(
        CloseService(service_id="refuge_one", on=date(2026, 9, 30)),
        EndFunding(stream=GRANT, on=date(2026, 12, 31)),
        ExtendFunding(stream=GRANT, until=date(2029, 3, 31)),
    )
    (service,) = _cells(sooner, "services", service_id="refuge_one")
    assert f"{service['closes_on']:%Y-%m-%d}" == "2026-09-30"


def test_what_closes_with_its_money_lasts_as_long_as_the_money() -> None:
    tables = rich_tables()
    for row in tables["services"]:
        if row["service_id"] == "refuge_one":
            row["closes_on"] = "2027-03-31"
    longer = ExtendFunding(stream=GRANT, until=date(2027, 5, 31))
    applied = tried(longer, pack=small_pack(tables))
    (service,) = _cells(applied, "services", service_id="refuge_one")
    assert f"{service['closes_on']:%Y-%m-%d}" == "2027-05-31"
    assert "would end again on 31 May 2027" in applied.notices[0]


# Settings ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("budget", "costs", "said"),
    [
        ({"gbp_a_year": 100}, (60, 40), ()),
        ({"gbp_a_year": 90}, (60, 40), ("£10 more than its budget of £90",)),
        ({"gbp_a_year": 90}, (60, None), ("not every cost is given",)),
        ({"units": 5}, (60, None), ()),
        ({"units": 4}, (60, 40), ("adds 5 units of accommodation, 1 more than its budget of 4",)),
        ({"gbp_a_year": 90, "units": 4}, (60, 40), ("£10 more", "1 more than its budget of 4")),
    ],
)
def test_what_goes_beyond_the_own_budget_is_said(
    budget: dict[str, float], costs: tuple[float | None, ...], said: tuple[str, ...]
) -> None:
    changes = (
        Resize(pool="refuge_one", by=3, cost_gbp_a_year=costs[0]),
        Resize(pool="pool:refuge", by=2, cost_gbp_a_year=costs[1]),
        Resize(pool="lettings", by=7, cost_gbp_a_year=0),
        CloseService(service_id="nobody", cost_gbp_a_year=1000),
        SetBudget(**budget),
    )
    notices = tried(*changes).notices
    assert len(notices) == len(said)
    assert all(words in notice for words, notice in zip(said, notices, strict=True))


def test_places_are_kept_weights_set_and_a_budget_remembered() -> None:
    budget = SetBudget(gbp_a_year=100_000, units=6)
    applied = tried(
        Reserve(pool="refuge_one", rule="nrpf", units=1), Weigh(rule="risk_high", weight=2), budget
    )
    assert applied.settings.reserved == (Reservation("refuge_one", "nrpf", 1),)
    assert applied.settings.weights == (("risk_high", 2.0),)
    assert applied.budget == budget
    assert applied.pack is rich_pack()


def test_a_change_that_would_leave_fewer_places_than_are_kept_is_left_out() -> None:
    applied = tried(
        Reserve(pool="refuge_one", rule="nrpf", units=3), Resize(pool="refuge_one", to=2)
    )
    assert applied.made == (0,)
    assert "cannot be reserved" in applied.skipped[0].why
    assert met(applied) > 0


def test_the_settings_of_whoever_asks_stand_beside_those_of_the_scenario() -> None:
    asked = Settings(without=frozenset({"lettings_two"}), weights=(("male", 2.0),))
    scenario = Scenario(name="x", changes=(Weigh(rule="nrpf", weight=3),))
    applied = apply(rich_pack(), scenario, asked)
    assert applied.settings.without == {"lettings_two"}
    assert applied.settings.weights == (("male", 2.0), ("nrpf", 3.0))
