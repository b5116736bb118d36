"""The best set of candidates, against every set tried one by one."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given

from housing_map import choosing as module
from housing_map import model
from housing_map.candidates import Ask, Candidate, InfeasibleError, Objective, Stand
from housing_map.changes import AddService, CloseService, Resize
from housing_map.choosing import Choosing, as_scenario, present_shares
from housing_map.errors import UsageError
from housing_map.model import Settings
from housing_map.provision import Reservation
from housing_map.scenario import Scenario, apply
from housing_map.stance import Draw
from housing_map.vocabulary import Answer, CapacityBasis, Run
from tests.choices import (
    SETTLED,
    World,
    closing,
    homes,
    places,
    secured,
    takes_nrpf,
    town,
    worlds,
)
from tests.drawn import examples
from tests.worlds import bare, serve, small_pack

CLOSE = 2e-5
"""Households within which two ways of finding the optimum agree."""
FAIR_CLOSE = 1e-3
"""The same, of the most met at a lowest share that is known to 1e-6."""
EVERY = (
    places(2, 20, one_of="refuge"), places(5, 60, one_of="refuge"), secured(4, 30), homes(3, 45),
    takes_nrpf(15), closing("sanctuary", -25),
)  # fmt: skip
"""Candidates of every sort for the town, with costs."""


def chosen(*candidates: Candidate, ask: Ask | None = None, **asked: object) -> module.Chosen:
    """Return the best set for the town."""
    question = ask or Ask(**asked)  # type: ignore[arg-type]
    return Choosing(town(), SETTLED, candidates, question).optimum()


def check(world: World) -> None:
    """Hold the optimiser against every allowed set of a world."""
    try:
        choosing = Choosing(world.pack, world.settings, world.candidates, world.ask, world.stance)
        # A plan may tell households apart that a candidate is about, in every set.
        apart = replace(world.settings, apart=choosing.found.settings.apart)
        world = replace(world, settings=apart)
        values = world.values()
    except UsageError:
        return
    if not values:
        with pytest.raises(InfeasibleError):
            choosing.optimum()
        return
    found, greedy = choosing.optimum(), choosing.greedy()
    fair = world.ask.objective is Objective.FAIR
    if fair:
        lowest = max(share for _, share in values.values())
        assert found.lowest == pytest.approx(lowest, abs=1e-5)
        best, close = max(world.fair_values(lowest).values()), FAIR_CLOSE
    else:
        best, close = max(met for met, _ in values.values()), CLOSE
        assert not greedy.keeps_floors or greedy.met <= best + close
    assert found.bound is not None
    assert found.bound >= best - close
    assert found.met == pytest.approx(best, abs=close)
    assert found.proved
    assert found.shared >= found.met - close
    assert found.ids in values
    if not fair:
        assert values[found.ids][0] == pytest.approx(best, abs=close)


@given(worlds())
@examples(25)
def test_no_allowed_set_is_better_whatever_the_pack_and_whatever_is_asked(world: World) -> None:
    check(world)


@pytest.mark.parametrize("objective", Objective)
@pytest.mark.parametrize(
    ("floors", "money", "units"),
    [
        (None, 75.0, None),
        ({}, 75.0, None),
        ({("tenure", "owned"): 0.3, ("need", "nrpf"): 0.2}, 75.0, None),
        (None, 0.0, None),
        (None, None, 7.0),
    ],
)
def test_the_best_of_every_sort_of_candidate_is_found_in_a_town_worked_by_hand(
    objective: Objective,
    floors: dict[tuple[str, str], float] | None,
    money: float | None,
    units: float | None,
) -> None:
    ask = Ask(money, units, floors=floors, by=("tenure", "risk", "need"), objective=objective)
    check(World(town(), SETTLED, EVERY, ask))


def test_a_place_helps_one_more_and_the_budget_says_how_many() -> None:
    found = chosen(places(2, 20), secured(4, 30), homes(3, 45), gbp_a_year=50)
    assert found.ids == ("refuge_2", "secured_4")
    assert (found.before, found.met) == pytest.approx((7, 13), abs=CLOSE)
    assert (found.cost_gbp_a_year, found.units) == (50, 6)
    assert found.gap == pytest.approx(0, abs=1e-9)


def test_nothing_to_choose_from_is_what_there_is_proved() -> None:
    found = chosen()
    assert found.ids == ()
    assert (found.met, found.before) == pytest.approx((7, 7), abs=CLOSE)
    assert found.proved
    assert Choosing(town(), SETTLED, (), Ask()).greedy().met == pytest.approx(7, abs=CLOSE)


def test_where_everything_must_be_done_it_is_weighed_and_proved() -> None:
    every = [places(2, 20, stand=Stand.FORCED), secured(4, 30, stand=Stand.FORCED)]
    found = chosen(*every, gbp_a_year=50)
    assert found.ids == ("refuge_2", "secured_4")
    assert found.bound == pytest.approx(13, abs=CLOSE)
    assert found.proved


def test_of_equal_sets_the_cheapest_is_chosen_and_nothing_useless_beside_it() -> None:
    # Twenty wish to stay: beyond 17 more homes made secure nobody is left to be helped.
    found = chosen(secured(17, 90), secured(18, 80))
    assert found.ids == ("secured_18",)
    assert len(chosen(secured(17, 0), secured(18, 0)).ids) == 1


@pytest.mark.parametrize("little", [4e-7, 9e-7, 1e-6, 1.1e-6])
def test_what_makes_no_difference_is_left_away_as_long_as_the_rest_stays_proved(
    little: float,
) -> None:
    found = chosen(places(2, 20), secured(little, 1))
    assert found.proved
    assert found.ids == ("refuge_2",) or little > module.EXACT / 2


def test_existing_services_are_kept_unless_a_candidate_closes_them_and_floors_allow_it() -> None:
    shut = closing("sanctuary", -100)
    assert chosen(shut, gbp_a_year=0).ids == ()
    swap = chosen(shut, places(6, 90), gbp_a_year=0, floors={})
    assert swap.ids == ("close_sanctuary", "refuge_6")
    assert swap.met == pytest.approx(10, abs=CLOSE)
    forced = chosen(closing("sanctuary", -100, stand=Stand.FORCED), floors={})
    assert forced.met == pytest.approx(4, abs=CLOSE)


def test_one_closure_counts_once_though_two_candidates_ask_for_it() -> None:
    again = Candidate("again", "Again", closing("sanctuary").changes, -50.0)
    found = chosen(closing("sanctuary", -40), again, places(6, 45), gbp_a_year=0, floors={})
    assert set(found.ids) == {"again", "refuge_6"}


def test_a_closure_that_breaks_a_reservation_is_not_taken_for_done() -> None:
    """All of the refuge is kept for somebody: it cannot be closed, and no place comes free."""
    pack = town()
    units = float(pack["capacity"].set_index("service_id").loc["refuge", "capacity_central"])
    kept = replace(SETTLED, reserved=(Reservation("refuge", "nrpf", units),))
    one = closing("refuge", -50)
    late = replace(one, changes=(replace_on(one.changes[0]),))
    found = Choosing(pack, kept, (late, secured(4, 30)), Ask(floors={})).optimum()
    alone = Choosing(pack, kept, (secured(4, 30),), Ask(floors={})).optimum()
    assert found.proved
    assert found.met == pytest.approx(alone.met, abs=CLOSE)
    must = replace(late, stand=Stand.FORCED)
    with pytest.raises(InfeasibleError, match="cannot all be done"):
        Choosing(pack, kept, (must,), Ask(floors={})).optimum()


def replace_on(change: object) -> CloseService:
    """Return the closure on a day within the year: what is kept is then looked at."""
    assert isinstance(change, CloseService)
    return change.model_copy(update={"on": date(2026, 12, 31)})


def test_of_the_sizes_of_one_scheme_at_most_one_is_chosen() -> None:
    found = chosen(places(2, 1, one_of="a"), homes(3, 1, one_of="a"), secured(4, 1), gbp_a_year=100)
    assert found.ids == ("homes_3", "secured_4")


def test_schemes_too_small_to_run_are_out_of_the_question_and_more_places_are_not() -> None:
    assert chosen(homes(3, 1), places(2, 1), smallest=4).ids == ("refuge_2",)


@pytest.mark.parametrize(
    ("candidates", "asked", "said"),
    [
        ((places(5, 60, stand=Stand.FORCED),), {"gbp_a_year": 40.0},
         "60 pounds a year, 20 more than the 40"),
        ((places(5, 60),), {"units": 4.0, "forced": frozenset({"refuge_5"})},
         "5 units, 1 more than the 4"),
        ((places(5, 60, stand=Stand.FORCED, one_of="a"),
          homes(3, 1, stand=Stand.FORCED, one_of="a")), {},
         "Only one of these.*5 more places; 3 homes more"),
        ((closing("sanctuary", stand=Stand.FORCED),), {},
         "floors cannot be reached for .*Owned: 1.5 households a year short"),
        ((secured(4, 30),), {"floors": {("tenure", "owned"): 0.9}},
         "Room and routes bind, whatever is spent.*Owned: 12.5 households"),
        ((secured(10, 80),), {"floors": {("tenure", "owned"): 0.4}, "gbp_a_year": 50.0},
         "to keep every group at its floor takes 80 pounds a year, 30 more than the 50"),
        ((secured(10, 80),), {"floors": {("tenure", "owned"): 0.4}, "units": 6.0},
         "to keep every group at its floor takes 10 units, 4 more than the 6"),
        ((secured(10, 80, units=1.0), secured(11, 10, units=9.0)),
         {"floors": {("tenure", "owned"): 0.4}, "gbp_a_year": 60.0, "units": 5.0},
         "two budgets bind together"),
    ],
)  # fmt: skip
def test_what_cannot_be_had_names_what_binds_and_by_how_much(
    candidates: tuple[Candidate, ...], asked: dict[str, object], said: str
) -> None:
    ask = Ask(**{"by": ("tenure",), **asked})  # type: ignore[arg-type]
    with pytest.raises(InfeasibleError, match=said):
        chosen(*candidates, ask=ask)


def test_where_nobody_has_a_route_the_first_answer_is_nothing_as_well() -> None:
    tables = bare(20, move=1)
    serve(tables, "lettings", "social_letting", capacity=10)
    pack = small_pack(tables)
    choosing = Choosing(
        pack, SETTLED, (Candidate("more", "More", (Resize(pool="lettings", by=5),)),), Ask()
    )
    assert (choosing.greedy().met, choosing.optimum().met) == (0.0, 0.0)


def test_a_saving_can_pay_for_what_must_be_done() -> None:
    found = chosen(
        places(5, 60, stand=Stand.FORCED), closing("sanctuary", -30), gbp_a_year=40, floors={}
    )
    assert set(found.ids) == {"refuge_5", "close_sanctuary"}


def test_floors_are_the_present_shares_and_an_empty_mapping_is_none() -> None:
    kept = Choosing(town(), SETTLED, (places(2, 1),), Ask(by=("tenure", "need")))
    shares = present_shares(town(), SETTLED, Run.CENTRAL, ("tenure", "need"))
    for key, demand, least in zip(kept.groups.keys, kept.groups.demand, kept.floors, strict=True):
        assert least == pytest.approx(max(shares[key] * demand - module.SLACK, 0), abs=1e-9)
    assert Choosing(town(), SETTLED, (places(2, 1),), Ask(floors={})).groups.keys == ()


def test_floors_by_a_level_under_another_name_are_those_of_the_level() -> None:
    code = town().info.default_level
    assert present_shares(town(), SETTLED, Run.CENTRAL, ("place",)).values()
    found = present_shares(town(), SETTLED, Run.CENTRAL, (code,))
    assert {what for what, _ in found} == {code}


def test_a_plan_that_keeps_floors_helps_fewer_where_they_bind_and_says_what_that_costs() -> None:
    """Who cannot come back from a lower weight: floors for them take places from others."""
    weighted = Settings(goal=SETTLED.goal, weights=(("tenure_owned", 3.0),))
    even = {("tenure", "owned"): 0.1, ("tenure", "private_rent"): 0.25}
    ask = Ask(gbp_a_year=20, floors=even, by=("tenure",))
    found = Choosing(town(), weighted, (places(2, 20), secured(4, 30)), ask).optimum()
    # Nine places: five have to go to private renters (a quarter of twenty), four to owners.
    assert found.ids == ("refuge_2",)
    assert found.met == pytest.approx(4 * 3 + 5, abs=1e-4)
    assert found.shared == pytest.approx(9 * 3, abs=1e-4)


def test_fairness_raises_the_lowest_share_before_the_total() -> None:
    pair, asked = (secured(4, 30), homes(3, 30)), Ask(gbp_a_year=30, floors={}, fair_by="aim")
    total = chosen(*pair, ask=asked)
    assert total.ids == ("secured_4",)
    assert total.met == pytest.approx(11, abs=CLOSE)
    fair = chosen(*pair, ask=replace(asked, objective=Objective.FAIR))
    # Four of twenty who move could be helped beside seven who stay; with homes it is five of each.
    assert fair.ids == ("homes_3",)
    assert fair.met == pytest.approx(10, abs=FAIR_CLOSE)
    assert fair.lowest == pytest.approx(0.25, abs=1e-5)


def test_weights_count_some_households_more() -> None:
    weighted = Settings(goal=SETTLED.goal, weights=(("nrpf", 5.0),))
    pair = (takes_nrpf(10), places(2, 10))
    plain = Choosing(town(), SETTLED, pair, Ask(gbp_a_year=10)).optimum()
    heavy = Choosing(town(), weighted, pair, Ask(gbp_a_year=10, floors={})).optimum()
    assert (plain.ids, heavy.ids) == (("refuge_2",), ("nrpf",))


def test_the_model_answers_the_set_as_a_scenario_with_the_same_number() -> None:
    found = chosen(*EVERY, gbp_a_year=100)
    scenario = as_scenario(Scenario(name="Base"), EVERY, found.ids, "Best")
    after = apply(town(), scenario, SETTLED)
    _, met = model.most_met(after.pack, after.settings, Run.CENTRAL)
    assert met == pytest.approx(found.shared, abs=CLOSE)
    assert len(scenario.changes) == len(found.ids)


def test_in_a_draw_of_places_alone_the_programme_is_the_model() -> None:
    listed = (places(2, 20), secured(4, 30), homes(3, 45))
    check(World(town(), SETTLED, listed, Ask(gbp_a_year=50), Draw(3, 4)))


def test_budgets_can_be_moved_and_come_back() -> None:
    choosing = Choosing(town(), SETTLED, EVERY, Ask(gbp_a_year=50))
    first = choosing.optimum()
    choosing.limit_to(Ask(gbp_a_year=0.0, floors={}))
    assert choosing.optimum().met < first.met
    choosing.limit_to(Ask(gbp_a_year=50))
    again = choosing.optimum()
    assert again.ids == first.ids
    assert again.met == pytest.approx(first.met, abs=CLOSE)


def test_fairness_cannot_be_asked_of_what_was_written_without_it() -> None:
    choosing = Choosing(town(), SETTLED, EVERY, Ask(floors={}))
    with pytest.raises(UsageError, match="anew"):
        choosing.limit_to(Ask(objective=Objective.FAIR, floors={}))


def test_where_time_runs_out_there_is_an_allowed_set_and_a_bound_that_holds() -> None:
    found = chosen(*EVERY, gbp_a_year=75, time_limit=0.0)
    best = chosen(*EVERY, gbp_a_year=75)
    assert found.status == module.TIME_LIMIT or found.proved
    assert found.met <= best.met + CLOSE
    assert found.bound is not None
    assert found.bound >= best.met - CLOSE
    assert (found.cost_gbp_a_year or 0) <= 75


def test_the_search_tells_how_far_it_is_and_ends_at_the_end() -> None:
    seen: list[tuple[int, int]] = []
    Choosing(town(), SETTLED, EVERY, Ask(gbp_a_year=75)).optimum(
        progress=lambda done, of: seen.append((done, of))
    )
    assert seen[0][0] == 0
    assert seen[-1][0] == seen[-1][1]


def test_the_same_question_has_the_same_answer() -> None:
    first, second = (chosen(*EVERY, gbp_a_year=75) for _ in range(2))
    assert (first.ids, first.met, first.bound) == (second.ids, second.met, second.bound)


def test_a_service_that_leans_on_another_new_one_is_weighed_by_the_model() -> None:
    first = AddService(
        service_id="first", name="First", kind="dispersed", like="refuge", capacity=3,
        basis=CapacityBasis.UNITS, otherwise=Answer.YES,
    )  # fmt: skip
    second = first.model_copy(update={"service_id": "second", "like": "first"})
    listed = (Candidate("a", "A", (first,), 10.0), Candidate("b", "B", (second,), 5.0))
    assert not Choosing(town(), SETTLED, listed, Ask()).exact
    check(World(town(), SETTLED, listed, Ask(gbp_a_year=5.0, floors={})))
