"""Who asks at a door, worked by hand; and sentences about doors, stays and simulations."""

import math
from dataclasses import replace

import pytest

from housing_map import door_words, doors, queueing
from housing_map.door_picture import DoorLine, door_chart
from housing_map.doors import DoorReading, Played
from housing_map.errors import UsageError
from housing_map.simulation import Estimate, Plan, Simulated
from housing_map.stays import NextStep, StayReading
from housing_map.vocabulary import Goal
from tests.packs import Tables, change
from tests.worlds import EXACT, bare, chain, one_run, only_run, route, serve


def refuge(units: float = 8, seeking: float = 60, sites: int = 1, accepts: str = "1") -> Tables:
    """8 units with stays of 73 days take 40 households a year; the police are asked first."""
    tables = bare(seeking, move=1)
    serve(tables, "refuge", "refuge", units, basis="units")
    change(tables, "capacity", {"service_id": "refuge"}, stay_days_central="73", sites=str(sites))
    route(tables, "entry:police", "refuge", accepts_central=accepts)
    chain(tables, "refuge", "home:social")
    return tables


def reading(tables: Tables) -> DoorReading:
    (found,) = doors.read_doors(only_run(one_run(tables, goal=Goal.SAFE)).cells)
    return found


# Who asks -----------------------------------------------------------------------------------


def test_those_who_are_offered_nothing_ask_beside_those_who_come() -> None:
    """Of 60 who seek help, 40 fit; the other 20 would have come too: 60 × 73 ÷ 365 = 12 places."""
    found = reading(refuge())
    assert found.asking.come == pytest.approx(40, abs=EXACT)
    assert found.asking.without == pytest.approx(20, abs=EXACT)
    assert found.door.load == pytest.approx(12, abs=EXACT)
    assert found.door.by_sites[0].full == pytest.approx(queueing.erlang_b(12, 8), abs=EXACT)
    assert found.fewest.load == pytest.approx(8, abs=EXACT)


def test_those_who_would_not_accept_do_not_reach_the_door() -> None:
    """Offers go to 50, of whom 0.8 come; 10 get no offer, of whom 0.8 would have come."""
    found = reading(refuge(accepts="0.8"))
    assert found.asking.come == pytest.approx(40, abs=EXACT)
    assert found.asking.without == pytest.approx(8, abs=EXACT)


def test_where_there_is_room_nobody_asks_in_vain() -> None:
    found = reading(refuge(units=20))
    assert found.asking.without == 0
    assert found.asking.all == pytest.approx(60, abs=EXACT)


def test_who_could_use_two_pools_asks_at_both_and_who_could_use_neither_at_none() -> None:
    tables = refuge(seeking=100)
    serve(tables, "flats", "dispersed", 4, basis="units")
    change(tables, "capacity", {"service_id": "flats"}, stay_days_central="73")
    route(tables, "entry:police", "flats")
    chain(tables, "flats", "home:social")
    both = doors.read_doors(only_run(one_run(tables, goal=Goal.SAFE)).cells)
    assert [one.asking.without for one in both] == pytest.approx([40, 40], abs=EXACT)
    # A refuge that no route leads to is asked by nobody.
    tables["referral_routes"] = [
        row for row in tables["referral_routes"] if row["to_id"] != "refuge"
    ]
    by_pool = {
        one.door.pool_id: one.asking.all
        for one in doors.read_doors(only_run(one_run(tables, goal=Goal.SAFE)).cells)
    }
    assert by_pool == pytest.approx({"flats": 100, "refuge": 0}, abs=EXACT)


def test_a_pool_without_units_or_with_none_has_no_door() -> None:
    tables = bare(20, move=1)
    serve(tables, "lettings", "social_letting", 10, basis="lettings")
    chain(tables, "entry:police", "lettings", "home:social")
    assert doors.read_doors(only_run(one_run(tables, goal=Goal.SAFE)).cells) == ()
    assert doors.read_doors(only_run(one_run(refuge(units=0), goal=Goal.SAFE)).cells) == ()


def test_a_simulation_is_asked_about_whole_places_of_one_site() -> None:
    door = reading(refuge(units=7)).door
    assert [*doors.one_site(door, 1)] == pytest.approx([7, 60], abs=EXACT)
    assert [*doors.one_site(replace(door, places=30.6), 3)] == pytest.approx([10, 20], abs=EXACT)
    assert doors.one_site(replace(door, places=0.4), 1)[0] == 1


def test_a_simulation_stands_beside_the_formula_that_holds_for_it() -> None:
    asked = Played(8, 60, 73)
    assert asked.formula() == pytest.approx(queueing.erlang_b(12, 8))
    assert replace(asked, stay_spread=0).formula() == asked.formula(), "whatever the spread"
    waits = replace(asked, patience_days=28)
    assert waits.formula() == pytest.approx(queueing.erlang_a(12, 8, 73, 28).gone)
    assert replace(waits, stay_spread=0).formula() is None


def test_a_door_is_played_out_with_its_progress_and_seed() -> None:
    told: list[tuple[int, int]] = []
    plan = Plan(replications=3, years=4, warm_up_years=1, seed=7)
    asked = Played(2, 20, 30, stay_spread=0.5, patience_days=10)
    found = doors.play_out(lambda done, of: told.append((done, of)), asked, plan)
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert found.plan == plan
    assert 0 < found.gone.mean < 1
    assert doors.play_out(lambda *_: None, asked, plan) == found
    with pytest.raises(UsageError, match="above 0"):
        doors.play_out(lambda *_: None, replace(asked, stay_days=0), plan)


# Words --------------------------------------------------------------------------------------


def test_a_door_says_who_asks_and_how_often_it_is_full_by_sites() -> None:
    found = reading(refuge(sites=1))
    assert door_words.asking_sentence(found) == (
        "About 40 households a year have a place here in the plan; about 20 more are offered "
        "nothing anywhere and could have come here. Together they ask for 12.0 places at any time, "
        "and there are 8.0."
    )
    one = door_words.full_sentence(found)
    assert one.startswith("The door would be full 2 days in 5 (42%). If only those asked")
    assert "it would still be full 1 day in 4 (24%)" in one
    apart = replace(found, door=_by_two(found.door), fewest=_by_two(found.fewest))
    two = door_words.full_sentence(apart)
    assert two.startswith("If all places were shared, the door would be full 2 days in 5 (42%)")
    assert "at 2 sites of 4.0 places that share nothing, each 1 day in 2 (47%)" in two
    assert door_words.door_title(apart).endswith("42% if all places were shared")
    assert "sites" not in door_words.door_title(found)


def _by_two(door: queueing.Door) -> queueing.Door:
    sites = tuple(
        queueing.site_door(door.load, door.places, n, stay_days=door.stay_days) for n in (1, 2)
    )
    return replace(door, by_sites=sites)


def test_a_door_that_nobody_is_sent_to_says_so() -> None:
    found = reading(refuge())
    nobody = replace(found, asking=doors.Asking(0, 0))
    said = door_words.asking_sentence(nobody)
    assert said.startswith("Nobody has a place here in the plan; nobody who could have come")


def test_an_endless_queue_is_said_and_a_queue_that_ends_has_its_days() -> None:
    endless = queueing.site_door(12, 8, 1, stay_days=73)
    assert "would never end" in door_words.waiting_sentence(endless)
    ends = queueing.site_door(4, 8, 1, stay_days=73)
    assert door_words.days(ends.waiting.mean_days) in door_words.waiting_sentence(ends)
    assert door_words.days(math.inf) == "without end"


STEP = NextStep(
    "pool:social_letting", "Social letting: all", 1, 70, 71, 250,
    cut=False, full=True, stated_days=248,
)  # fmt: skip
STAY = StayReading(
    "pool:refuge", "Refuge: all", 132, 250, 382, 500, 10, 12.5, at_longest=False, next_steps=(STEP,)
)  # fmt: skip


def test_a_stay_says_its_wait_and_how_many_fewer_pass_through() -> None:
    assert door_words.stay_sentence(STAY) == (
        "Refuge: 132 days of its own, then 250 days until a home is there, together 382 days. "
        "In a year 10.0 households pass through, instead of the 12.5 households of the plan."
    )
    same = replace(STAY, households=12.5)
    assert door_words.stay_sentence(same).endswith("pass through, as many as in the plan.")
    assert "nothing lengthens the stay" in door_words.stay_sentence(replace(STAY, next_steps=()))


def test_a_stay_that_was_cut_says_so_and_a_refusal_keeps_its_message() -> None:
    assert "No stay of up to 382 days is long enough" in door_words.stay_sentence(
        replace(STAY, at_longest=True)
    )
    cut = replace(STEP, cut=True, wait_days=730)
    assert "the wait has no end, and was cut at 730 days" in door_words.next_step_sentence(cut)
    said = door_words.refused_sentence("Central", "The stays do not settle")
    assert said == (
        "Central run: no stay that follows from itself was found. The stays do not settle."
    )


def test_a_next_step_says_who_asks_for_how_many_homes() -> None:
    assert door_words.next_step_sentence(STEP) == (
        "All go on to social letting: 70.0 households ask for 71.0 homes a year, the mean wait is "
        "250 days; the referral routes state 248 days."
    )
    half = replace(STEP, share=0.5, pool_id="lets", label="Haven Lets")
    assert door_words.next_step_sentence(half).startswith("50% go on to Haven Lets:")


def simulated(**estimates: Estimate) -> Simulated:
    none = Estimate(0, 0, 0)
    names = (
        "turned_away", "gone", "waited", "wait_days", "busy", "stay_days", "home_wait_days",
    )  # fmt: skip
    plan = Plan(seed=3)
    return Simulated(
        units=8, households=1234, plan=plan, **{n: estimates.get(n, none) for n in names}
    )


def test_a_simulation_says_its_interval_replications_seed_and_whether_the_formula_agrees() -> None:
    asked = Played(8, 60, 73)
    formula = asked.formula()
    assert formula is not None
    near = simulated(turned_away=Estimate(formula, formula - 0.01, formula + 0.01))
    said = door_words.simulated_sentences(asked, near)
    assert said[0] == (
        "2 in 5 (42%) of those who ask find it full and leave; 95% interval "
        f"{formula - 0.01:.1%} to {formula + 0.01:.1%}."
    )
    assert said[1] == f"The formula says {formula:.1%}, which lies inside the interval."
    assert said[-1].startswith("1,234 households played out: 20 replications of 40 years each")
    assert "seed 3" in said[-1]
    far = simulated(turned_away=Estimate(0.9, 0.8, 1.0))
    assert "outside the interval" in door_words.simulated_sentences(asked, far)[1]


def test_a_simulation_that_no_formula_answers_is_the_answer() -> None:
    asked = Played(8, 60, 73, stay_spread=0, patience_days=28)
    said = door_words.simulated_sentences(asked, simulated(gone=Estimate(0.25, 0.2, 0.3)))
    assert said[0].startswith("1 in 4 (25%) of those who ask leave without a place")
    assert "the simulation is the answer" in said[1]
    assert said[2].startswith("The mean wait")


def test_rounding_to_whole_places_is_said_only_where_it_happens() -> None:
    assert door_words.rounding_sentence(30.6, 10, 3).startswith(
        "A simulation knows whole places only: one site, 10.2 places, is taken as 10"
    )
    assert door_words.rounding_sentence(8.0, 8, 1) == "Simulated: all places shared, 8 places."


def test_the_picture_of_a_door_says_every_share_in_words() -> None:
    lines = [DoorLine("1 site", 0.13, 0.69), DoorLine("2 sites", 0.2, 0.2)]
    drawn = door_chart(lines, title="Full").to_dict()
    assert drawn["description"].endswith("Full. 1 site 13% to 69%; 2 sites 20%.")
    with pytest.raises(ValueError, match="at least one line"):
        door_chart([], title="Full")
