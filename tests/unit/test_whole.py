"""The allocation in whole households, against trying every plan."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from housing_map.allocation import Instance, allocate
from housing_map.whole import allocate_whole
from tests.problems import Column, networks, problem

CLOSE = 1e-6


@st.composite
def small(draw: st.DrawFn) -> Instance:
    """Draw at most 3 blocks of at most 3, whose routes use any of at most 3 limits."""
    demand = draw(st.lists(st.sampled_from([1.0, 2.0, 3.0]), min_size=1, max_size=3))
    limits = draw(st.lists(st.sampled_from([0.0, 1.0, 2.0, 3.5]), min_size=1, max_size=3))
    columns = [
        Column(
            block,
            tuple(draw(st.sampled_from([0.0, 1.0, 1.0, 1.5])) for _ in limits),
            burden=draw(st.sampled_from([0.002, 0.003, 1.002])),
        )
        for block in range(len(demand))
        for _ in range(draw(st.integers(0, 2)))
    ]
    weight = np.array([draw(st.sampled_from([1.0, 1.0, 2.0])) for _ in demand])
    return replace(problem(demand, limits, columns), weight=weight)


def best_of_every_plan(instance: Instance) -> tuple[float, float, float]:
    """Return the best (weighted total, unevenness, burden) of all plans, in that order."""
    columns = [np.flatnonzero(instance.block == b) for b in range(len(instance.demand))]
    uses, best = instance.use.toarray(), (np.inf, np.inf, np.inf)
    ways = [range(int(instance.demand[block]) + 1) for block in instance.block]
    for plan in product(*ways):
        offers = np.array(plan, dtype=float)
        met = np.array([offers[own].sum() for own in columns])
        if np.any(met > instance.demand) or np.any(uses @ offers > instance.limit + 1e-9):
            continue
        uneven = float(((instance.demand - met) ** 2 / instance.demand).sum())
        found = (-float(instance.weight @ met), uneven, float(instance.burden @ offers))
        best = min(best, tuple(round(figure, 9) for figure in found))
    return best


@given(small())
@settings(max_examples=80)
def test_no_plan_in_whole_households_is_better(instance: Instance) -> None:
    found = allocate_whole(instance)
    assert np.all(found.offers == np.round(found.offers))
    assert np.all(found.used <= instance.limit + CLOSE)
    uneven = float(((instance.demand - found.met) ** 2 / instance.demand).sum())
    reached = (-float(instance.weight @ found.met), uneven, instance.burden @ found.offers)
    assert reached == pytest.approx(best_of_every_plan(instance), abs=CLOSE)


@given(networks())
@settings(max_examples=40)
def test_where_routes_form_a_network_whole_households_lose_nothing(instance: Instance) -> None:
    assert allocate_whole(instance).met.sum() == pytest.approx(
        allocate(instance).met.sum(), abs=CLOSE * max(1.0, instance.demand.sum())
    )


def test_half_a_household_is_not_helped() -> None:
    """Room for two and a half: in shares all of it is used, in whole households two are."""
    instance = problem([5], [2.5], [Column(0, (1.0,))])
    assert allocate_whole(instance).met.tolist() == [2]


def test_what_is_left_over_is_shared_as_evenly_as_whole_households_can_be() -> None:
    instance = problem([10, 20], [15], [Column(0, (1.0,)), Column(1, (1.0,))])
    assert allocate_whole(instance).met.tolist() == [5, 10]


def test_nothing_to_allocate_is_no_failure() -> None:
    assert allocate_whole(problem([5], [3], [])).met.tolist() == [0]


def test_half_a_household_asking_is_refused() -> None:
    with pytest.raises(ValueError, match="whole households"):
        allocate_whole(problem([2.5], [3], [Column(0, (1.0,))]))


def test_offers_that_only_partly_end_well_are_refused() -> None:
    with pytest.raises(ValueError, match="meets must be 1"):
        allocate_whole(problem([2], [3], [Column(0, (1.0,), 0.5)]))
