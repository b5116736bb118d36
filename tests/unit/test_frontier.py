"""Frontier and order, against every set and every order tried one by one."""

from itertools import permutations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from housing_map.candidates import Ask, Candidate, InfeasibleError, Objective, Stand
from housing_map.choosing import Choosing, Chosen
from housing_map.frontier import Frontier, frontier, in_money, order
from tests.choices import (
    SETTLED,
    World,
    closing,
    cost,
    homes,
    places,
    secured,
    takes_nrpf,
    town,
)

CLOSE = 2e-5
LISTED = (places(2, 20), secured(4, 25), homes(3, 45), takes_nrpf(15), secured(9, 30))


def pareto(world: World, *, money: bool) -> list[tuple[float, float]]:
    """Return what is spent and met at every budget at which more can be met, by brute force."""
    named = {one.id: one for one in world.candidates}
    found = sorted(
        (cost(inside) if money else sum(one.units for one in inside), -met)
        for inside, met in (
            ([named[one] for one in ids], met) for ids, (met, _) in world.values().items()
        )
    )
    best: list[tuple[float, float]] = []
    for spent, less in found:
        if not best or -less > best[-1][1] + CLOSE:
            best.append((spent, -less))
    return best


def points(found: Frontier) -> list[tuple[float, float]]:
    return [(one.spent, one.best.met) for one in found.points]


@pytest.mark.parametrize("ask", [Ask(by=("tenure", "need")), Ask(floors={}), Ask(60, floors={})])
def test_the_frontier_is_every_point_that_brute_force_finds_in_pounds(ask: Ask) -> None:
    found = frontier(town(), SETTLED, LISTED, ask)
    expected = pareto(World(town(), SETTLED, LISTED, ask), money=True)
    assert found.complete
    assert found.money
    assert [spent for spent, _ in points(found)] == pytest.approx([s for s, _ in expected])
    assert [met for _, met in points(found)] == pytest.approx([m for _, m in expected], abs=CLOSE)
    assert all(one.best.proved for one in found.points)


def test_no_point_is_missed_where_sets_of_hundreds_of_thousands_differ_by_pence() -> None:
    listed = (places(2, 300_000.0), secured(3, 300_000.02), homes(4, 300_000.05))
    ask = Ask(floors={})
    found = frontier(town(), SETTLED, listed, ask)
    expected = pareto(World(town(), SETTLED, listed, ask), money=True)
    assert points(found) == [pytest.approx(one, abs=CLOSE) for one in expected]
    assert found.complete
    tight = Choosing(town(), SETTLED, listed, Ask(gbp_a_year=600_000.06, floors={})).optimum()
    assert tight.ids == ("refuge_2", "homes_4")


def test_the_frontier_is_in_units_where_a_cost_is_not_known() -> None:
    listed = (places(2), secured(4, 25), homes(3, 45))
    ask = Ask(floors={})
    assert not in_money(listed, ask)
    found = frontier(town(), SETTLED, listed, ask)
    expected = pareto(World(town(), SETTLED, listed, ask), money=False)
    assert points(found) == [pytest.approx(one, abs=CLOSE) for one in expected]
    assert not found.money


def test_a_frontier_cut_short_says_so_and_one_that_cannot_begin_says_why() -> None:
    assert not frontier(town(), SETTLED, LISTED, Ask(floors={}), points=2).complete
    with pytest.raises(InfeasibleError, match="budget binds"):
        frontier(town(), SETTLED, (places(2, 20, stand=Stand.FORCED),), Ask(gbp_a_year=5))


def test_a_frontier_tells_how_far_it_is() -> None:
    seen: list[int] = []
    frontier(
        town(), SETTLED, LISTED[:2], Ask(floors={}), progress=lambda done, _: seen.append(done)
    )
    assert seen == sorted(seen)
    assert len(seen) > 2


def best(*candidates: Candidate, ask: Ask | None = None) -> tuple[Choosing, Chosen]:
    choosing = Choosing(town(), SETTLED, candidates, ask or Ask(floors={}))
    return choosing, choosing.optimum()


@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.sampled_from([places(2, 20), places(7, 30), secured(4, 25), homes(3, 45), homes(5, 5)]),
        min_size=1,
        max_size=4,
        unique_by=lambda one: one.id,
    )
)
def test_no_order_helps_more_summed_over_the_steps(listed: list[Candidate]) -> None:
    choosing, chosen = best(*listed)
    found = order(choosing, chosen)
    number = {one.id: n for n, one in enumerate(choosing.candidates)}
    sums = [
        sum(
            choosing.reached([number[one] for one in way[:place]])
            for place in range(1, len(way) + 1)
        )
        for way in permutations(chosen.ids)
    ]
    assert found.exact
    assert sum(step.met for step in found.steps) == pytest.approx(max(sums), abs=CLOSE)
    assert sorted(step.id for step in found.steps) == sorted(chosen.ids)


def test_an_order_costs_what_the_best_set_for_as_much_would_help_more() -> None:
    listed = (places(2, 20), secured(4, 25), homes(3, 45), secured(9, 30))
    choosing, chosen = best(*listed)
    found = order(choosing, chosen)
    for place, step in enumerate(found.steps, 1):
        done = [one.id for one in found.steps[:place]]
        ask = Ask(gbp_a_year=step.spent, floors={})
        brute = max(met for met, _ in World(town(), SETTLED, listed, ask).values().values())
        assert step.best == pytest.approx(brute, abs=CLOSE)
        assert step.regret == pytest.approx(max(brute - step.met, 0), abs=CLOSE)
        assert step.spent == sum(one.cost_gbp_a_year or 0 for one in listed if one.id in done)
    assert found.steps[-1].met == pytest.approx(chosen.met, abs=CLOSE)


def test_the_order_of_what_must_be_done_can_be_asked_whatever_comes_first() -> None:
    choosing, chosen = best(places(7, 100, stand=Stand.FORCED), secured(4, 5))
    steps = order(choosing, chosen).steps
    assert {step.id for step in steps} == {"refuge_7", "secured_4"}
    assert all(step.regret >= 0 for step in steps)


def test_where_the_model_has_to_be_asked_the_order_is_exact_for_a_few_and_says_so_for_more() -> (
    None
):
    listed = (takes_nrpf(15), places(2, 20), closing("sanctuary", -5, stand=Stand.FORCED))
    choosing, chosen = best(*listed)
    assert not choosing.exact
    assert order(choosing, chosen).exact
    many = [homes(size, 1.0) for size in (1, 1.5, 2, 2.5, 3, 3.5)]
    choosing, chosen = best(takes_nrpf(1, stand=Stand.FORCED), *many)
    assert len(chosen.ids) == 7
    assert not order(choosing, chosen).exact


def test_a_fair_set_has_an_order_and_a_frontier_too() -> None:
    ask = Ask(objective=Objective.FAIR, floors={}, fair_by="aim")
    choosing, chosen = best(*LISTED, ask=ask)
    assert order(choosing, chosen).steps
    lowest = [one.best.lowest or 0 for one in frontier(town(), SETTLED, LISTED, ask).points]
    assert lowest == sorted(lowest)
    assert len(lowest) > 2


def test_the_empty_set_has_an_empty_order() -> None:
    choosing, chosen = best()
    found = order(choosing, chosen)
    assert found.steps == ()
    assert found.before == pytest.approx(7, abs=CLOSE)
