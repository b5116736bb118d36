"""The four steps of the allocation, against methods that share no code with it.

Step 1 is held against enumeration, the plain programme and maximum flow; steps 2 and 4 against
the condition that no other plan is better in the direction of their gradient, which for a
convex programme is the same as being its optimum; step 3 against a programme with equalities.
"""

import math
from dataclasses import replace
from itertools import pairwise, product

import networkx as nx
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import linprog

from housing_map.allocation import (
    Allocation,
    Instance,
    allocate,
    binds,
    most_met,
    reserve,
    shadow_price,
    shadow_prices,
)
from tests.problems import LIMITS, Column, instances, networks, problem, shuffled

CLOSE = 1e-6
"""How far two ways of working out the same households may differ, for each household asking."""
OVER = 1e-9
"""Share by which use may pass a limit."""

Floats = NDArray[np.float64]


def rows_of(instance: Instance) -> tuple[Floats, Floats]:
    """Return the plain constraints: offers within demand, and use within limits."""
    blocks = np.arange(len(instance.demand))
    offered = (instance.block[None, :] == blocks[:, None]).astype(float)
    return (
        np.vstack([offered, instance.use.toarray()]),
        np.concatenate([instance.demand, instance.limit]),
    )


def met_by_block(instance: Instance) -> Floats:
    """Return the matrix that turns offers into households met, by block."""
    blocks = np.arange(len(instance.demand))
    return np.asarray((instance.block[None, :] == blocks[:, None]) * instance.meets[None, :])


def least(
    cost: Floats,
    instance: Instance,
    *,
    also: tuple[Floats, Floats] | None = None,
) -> float:
    """Return the least cost of any plan, with further rows ``also`` that it has to keep."""
    below, right = rows_of(instance)
    if also is not None:
        below, right = np.vstack([below, also[0]]), np.concatenate([right, also[1]])
    found = linprog(cost, A_ub=below, b_ub=right, bounds=(0, None), method="highs")
    assert found.status == 0, found.message
    return float(found.fun)


def best_of_all(instance: Instance) -> float:
    """Return the most households that any plan can meet."""
    return -least(-instance.meets * instance.weight[instance.block], instance)


def short(instance: Instance, found: Allocation) -> Floats:
    """Return the share of each block that is not helped."""
    return np.asarray(1 - found.met / instance.demand)


def room(instance: Instance) -> float:
    """Return how far two answers in households may differ, for the size of an instance."""
    return CLOSE * max(1.0, float(instance.demand.sum()))


# Step 1: help as many as possible ---------------------------------------------------------


def enumerated(instance: Instance) -> int:
    """Return the most households met by any plan in whole households, by trying them all."""
    uses, best = instance.use.toarray(), 0
    ways = [
        [None, *np.flatnonzero(instance.block == block)]
        for block, demand in enumerate(instance.demand)
        for _ in range(int(demand))
    ]
    for plan in product(*ways):
        taken = [column for column in plan if column is not None]
        if np.all(uses[:, taken].sum(axis=1) <= instance.limit):
            best = max(best, len(taken))
    return best


@given(networks())
@settings(max_examples=60)
def test_as_many_are_helped_as_the_best_of_all_plans_in_whole_households(
    instance: Instance,
) -> None:
    assert allocate(instance).met.sum() == pytest.approx(enumerated(instance), abs=CLOSE)


@given(instances())
@settings(max_examples=100)
@example(problem([10], [5], [Column(0, (1.0,), 0.5)]))
def test_as_many_are_helped_as_the_plain_programme_helps(instance: Instance) -> None:
    assert allocate(instance).met.sum() == pytest.approx(best_of_all(instance), abs=room(instance))


@given(st.data())
@settings(max_examples=40)
def test_as_many_are_helped_as_flow_through_the_network_of_services(data: st.DataObject) -> None:
    """One group, shares of 1: the answer is the maximum flow from entry to home."""
    layers = [data.draw(st.integers(1, 3)) for _ in range(data.draw(st.integers(1, 3)))]
    nodes = [(layer, place) for layer, size in enumerate(layers) for place in range(size)]
    limits = [float(data.draw(st.integers(0, 9))) for _ in nodes]
    demand = float(data.draw(st.integers(1, 20)))
    graph: nx.DiGraph[object] = nx.DiGraph()
    graph.add_edge("all", "start", capacity=demand)
    graph.add_nodes_from(["start", "home"])
    for node, limit in zip(nodes, limits, strict=True):
        graph.add_edge((node, "in"), (node, "out"), capacity=limit)
        if node[0] == 0:
            graph.add_edge("start", (node, "in"))
        if node[0] == len(layers) - 1:
            graph.add_edge((node, "out"), "home")
        for after in nodes:
            if after[0] == node[0] + 1 and data.draw(st.booleans()):
                graph.add_edge((node, "out"), (after, "in"))
    paths = [
        {step[0] for step in path[1:-1] if isinstance(step, tuple)}
        for path in nx.all_simple_paths(graph, "start", "home")
    ]
    columns = [Column(0, tuple(float(node in path) for node in nodes)) for path in paths]
    flow = nx.maximum_flow_value(graph, "all", "home")
    found = allocate(problem([demand], limits, columns)).met.sum()
    assert found == pytest.approx(flow, abs=CLOSE * demand)


def test_weights_say_who_counts_for_more() -> None:
    """With twice the weight the second block has the place that both could use."""
    columns = [Column(0, (1.0,)), Column(1, (1.0,))]
    instance = problem([10, 10], [10], columns)
    weighted = replace(instance, weight=np.array([1.0, 2.0]))
    assert allocate(weighted).met == pytest.approx([0, 10], abs=CLOSE)


@given(instances(), st.data())
@settings(max_examples=60)
def test_more_room_never_lowers_how_many_are_helped(
    instance: Instance, data: st.DataObject
) -> None:
    more = np.array([data.draw(LIMITS) for _ in instance.limit])
    wider = replace(instance, limit=instance.limit + more)
    assert allocate(wider).met.sum() >= allocate(instance).met.sum() - room(instance)


@given(instances(), st.sampled_from([1e-3, 0.5, 3.0, 1e3]))
@settings(max_examples=40)
def test_demand_and_limits_in_other_units_give_the_answer_in_those(
    instance: Instance, scale: float
) -> None:
    larger = replace(instance, demand=instance.demand * scale, limit=instance.limit * scale)
    assert allocate(larger).met == pytest.approx(
        allocate(instance).met * scale, abs=room(instance) * scale
    )


def test_with_weights_the_weighted_total_is_kept_when_the_rest_is_shared() -> None:
    """Block 1 counts double and gets its 6; the other two share the 4 that are left alike."""
    columns = [Column(block, (1.0,)) for block in range(3)]
    instance = replace(problem([10, 6, 10], [10], columns), weight=np.array([1.0, 2.0, 1.0]))
    found = allocate(instance)
    assert found.met == pytest.approx([2, 6, 2], abs=CLOSE)
    assert most_met(instance) == pytest.approx(16, abs=CLOSE)


# Feasibility ------------------------------------------------------------------------------


@given(instances())
@settings(max_examples=100)
def test_no_limit_and_no_demand_is_passed(instance: Instance) -> None:
    found = allocate(instance)
    below, right = rows_of(instance)
    assert np.all(found.offers >= 0)
    assert np.all(below @ found.offers <= right * (1 + OVER))
    assert found.used == pytest.approx(instance.use @ found.offers, abs=OVER)
    assert found.met == pytest.approx(met_by_block(instance) @ found.offers, abs=OVER)


# Step 2: share what is left over evenly ---------------------------------------------------


@given(instances())
@settings(max_examples=60)
def test_no_plan_that_helps_as_many_shares_what_is_left_more_evenly(instance: Instance) -> None:
    """For the optimum u of Σ u²/d no plan with as many met has a lower Σ (u*/d) u."""
    found = allocate(instance)
    missing = short(instance, found)
    matrix = met_by_block(instance)
    best = best_of_all(instance)
    as_many = (-instance.meets[None, :], np.array([-(best - OVER)]))
    lowest = least(-(missing @ matrix), instance, also=as_many)
    assert -(missing @ found.met) <= lowest + room(instance)


@pytest.mark.parametrize("demand", [[10, 10], [15, 5], [1, 39], [3, 7, 11]])
def test_blocks_that_compete_for_one_full_limit_go_short_alike(demand: list[float]) -> None:
    columns = [Column(block, (1.0,)) for block in range(len(demand))]
    limit = 0.7 * sum(demand)
    instance = problem(demand, [limit], columns)
    assert short(instance, allocate(instance)) == pytest.approx([0.3] * len(demand), abs=CLOSE)


@given(instances())
@settings(max_examples=60)
def test_blocks_with_the_same_routes_go_short_alike(instance: Instance) -> None:
    """Blocks that could be one, since their columns are the same, have the same u/d."""
    found = short(instance, allocate(instance))
    columns = np.vstack([instance.meets, instance.burden, instance.use.toarray()]).T
    alike: dict[tuple[tuple[float, ...], ...], list[float]] = {}
    for block, missing in enumerate(found):
        key = tuple(sorted(tuple(map(float, c)) for c in columns[instance.block == block]))
        alike.setdefault(key, []).append(float(missing))
    for missing in alike.values():
        assert max(missing) - min(missing) <= 2 * CLOSE


@given(instances(), st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_who_is_helped_does_not_depend_on_the_order_of_the_input(
    instance: Instance, random: "st.random.Random"
) -> None:
    blocks, limits, columns = (
        list(range(size))
        for size in (len(instance.demand), len(instance.limit), len(instance.block))
    )
    for order in (blocks, limits, columns):
        random.shuffle(order)
    other = shuffled(instance, blocks, limits, columns)
    first, second = allocate(instance), allocate(other)
    assert second.met == pytest.approx(first.met[blocks], abs=room(instance))
    assert second.offers == pytest.approx(first.offers[columns], abs=room(instance))


@given(instances(), st.floats(0.1, 0.9))
@settings(max_examples=60)
def test_cutting_a_block_in_two_changes_nothing(instance: Instance, share: float) -> None:
    """One block of households alike is as good as two: it is handed back in proportion."""
    last = len(instance.demand)
    twin = np.flatnonzero(instance.block == 0)
    demand = np.append(instance.demand, instance.demand[0] * share)
    demand[0] *= 1 - share
    cut = Instance(
        demand=demand,
        weight=np.ones(last + 1),
        block=np.append(instance.block, np.full(len(twin), last)),
        meets=np.append(instance.meets, instance.meets[twin]),
        burden=np.append(instance.burden, instance.burden[twin]),
        use=sparse.csr_array(np.hstack([instance.use.toarray(), instance.use.toarray()[:, twin]])),
        limit=instance.limit,
    )
    whole, parts = allocate(instance), allocate(cut)
    assert parts.met[1:-1] == pytest.approx(whole.met[1:], abs=room(instance))
    assert parts.met[-1] == pytest.approx(whole.met[0] * share, abs=room(instance))


# Step 3: least burden ---------------------------------------------------------------------


@given(instances())
@settings(max_examples=60)
def test_no_plan_that_helps_the_same_households_is_a_lighter_burden(instance: Instance) -> None:
    found = allocate(instance)
    same = (-met_by_block(instance), -(found.met - OVER))
    lightest = least(instance.burden, instance, also=same)
    assert instance.burden @ found.offers <= lightest + room(instance)


def test_the_wish_comes_before_the_number_of_steps() -> None:
    """A longer way that is as wished (0.009) is taken before a short one that is not (1.002)."""
    columns = [Column(0, (1.0, 0.0), 1.0, 1.002), Column(0, (0.0, 1.0), 1.0, 0.009)]
    found = allocate(problem([10], [10, 6], columns))
    assert found.offers == pytest.approx([4, 6], abs=1e-5)


# Step 4: ties split equally ---------------------------------------------------------------


@pytest.mark.parametrize("routes", [2, 3, 5])
def test_routes_alike_in_everything_share_offers_equally(routes: int) -> None:
    columns = [Column(0, (), 1.0, 0.003) for _ in range(routes)]
    found = allocate(problem([12], [], columns))
    assert found.offers == pytest.approx([12 / routes] * routes, abs=1e-5)


def test_a_tie_is_split_as_far_as_limits_allow() -> None:
    """12 households, two routes alike but that one has room for 4: it gives 4, the other 8."""
    columns = [Column(0, (1.0,), 1.0, 0.003), Column(0, (0.0,), 1.0, 0.003)]
    assert allocate(problem([12], [4], columns)).offers == pytest.approx([4, 8], abs=1e-5)


@given(instances())
@settings(max_examples=60)
def test_no_plan_as_good_splits_its_ties_more_equally(instance: Instance) -> None:
    """For the optimum x of Σ x²/d no plan as good in steps 1 to 3 has a lower Σ (x*/d) x."""
    found = allocate(instance)
    slope = found.offers / instance.demand[instance.block]
    also = (
        np.vstack([-met_by_block(instance), instance.burden[None, :]]),
        np.concatenate([-(found.met - OVER), [instance.burden @ found.offers + OVER * OVER]]),
    )
    assert slope @ found.offers <= least(slope, instance, also=also) + 10 * room(instance)


# Shadow prices, what binds, reservations ---------------------------------------------------


@given(instances(), st.data())
@settings(max_examples=40)
def test_a_shadow_price_is_what_solving_again_with_more_room_adds(
    instance: Instance, data: st.DataObject
) -> None:
    row = data.draw(st.integers(0, len(instance.limit) - 1))
    limit = instance.limit.copy()
    limit[row] += 2.5
    added = best_of_all(replace(instance, limit=limit)) - best_of_all(instance)
    assert shadow_price(instance, row, 2.5) == pytest.approx(added, abs=room(instance))
    prices = shadow_prices(instance, np.full(len(limit), 2.5))
    assert prices[row] == pytest.approx(added, abs=room(instance))


def test_two_limits_in_line_have_no_price_alone() -> None:
    """A bed and the support it needs, both full: one more of either helps nobody."""
    instance = problem([10], [4, 4], [Column(0, (1.0, 1.0))])
    assert shadow_prices(instance, np.ones(2)) == pytest.approx([0, 0], abs=CLOSE)


def test_a_unit_less_is_a_loss_and_less_than_none_is_refused() -> None:
    instance = problem([10], [4], [Column(0, (1.0,))])
    assert shadow_price(instance, 0, -1.0) == pytest.approx(-1, abs=CLOSE)
    with pytest.raises(ValueError, match="0 or more"):
        shadow_price(instance, 0, -5.0)
    with pytest.raises(ValueError, match="below 0"):
        shadow_prices(instance, np.array([-5.0]))


def test_nothing_to_allocate_has_no_price() -> None:
    assert shadow_prices(problem([5.0], [3.0], []), np.ones(1)).tolist() == [0]
    assert shadow_price(problem([5.0], [3.0], []), 0, 1.0) == 0


def test_what_binds_is_what_is_full_on_the_ways_of_those_left_out() -> None:
    """The refuge is full; the scheme has room, but only the second block may use it."""
    columns = [Column(0, (1.0, 0.0)), Column(1, (1.0, 0.0)), Column(1, (0.0, 1.0))]
    instance = problem([10, 10], [4, 30], columns)
    found = allocate(instance)
    assert binds(instance, found).tolist() == [[True, False], [False, False]]


def test_a_closed_service_binds_those_who_have_no_other() -> None:
    instance = problem([10, 10], [0, 5], [Column(0, (1.0, 0.0)), Column(1, (1.0, 1.0))])
    assert binds(instance, allocate(instance)).tolist() == [[True, False], [True, False]]


@given(instances())
@settings(max_examples=60)
def test_whoever_is_left_without_an_offer_is_told_what_binds(instance: Instance) -> None:
    """In a best plan nobody with a way that has room goes without."""
    found = allocate(instance)
    offered = np.bincount(instance.block, weights=found.offers, minlength=len(instance.demand))
    has_way = np.isin(np.arange(len(instance.demand)), instance.block[instance.meets > 0])
    without = has_way & (offered < instance.demand * 0.99)
    assert binds(instance, found)[without].any(axis=1).all()


def test_units_reserved_for_some_are_one_more_limit_on_the_others() -> None:
    """Of 10 places, 6 are kept for block 1: block 0, of 20, has 4 at most; 1 may use all."""
    columns = [Column(0, (1.0,)), Column(1, (1.0,))]
    instance = problem([20, 20], [10], columns)
    kept = reserve(instance, 0, np.array([False, True]), 6.0)
    assert allocate(instance).met == pytest.approx([5, 5], abs=CLOSE)
    assert allocate(kept).met == pytest.approx([4, 6], abs=CLOSE)
    assert kept.limit.tolist() == [10, 4]


def test_what_is_reserved_and_not_needed_stays_empty() -> None:
    columns = [Column(0, (1.0,)), Column(1, (1.0,))]
    kept = reserve(problem([20, 1], [10], columns), 0, np.array([False, True]), 6.0)
    assert allocate(kept).met == pytest.approx([4, 1], abs=CLOSE)


@pytest.mark.parametrize("amount", [-1.0, 11.0])
def test_no_more_than_there_is_can_be_reserved(amount: float) -> None:
    with pytest.raises(ValueError, match="cannot be reserved"):
        reserve(problem([5], [10], [Column(0, (1.0,))]), 0, np.array([True]), amount)


# Edges ------------------------------------------------------------------------------------


def test_nothing_to_allocate_is_no_failure() -> None:
    empty = allocate(problem([], [3.0], []))
    assert (len(empty.offers), len(empty.met), empty.used.tolist()) == (0, 0, [0])
    nowhere = allocate(problem([5.0], [3.0], []))
    assert nowhere.met.tolist() == [0]


def test_a_limit_of_nothing_closes_the_routes_that_use_it() -> None:
    columns = [Column(0, (1.0, 0.0)), Column(0, (0.0, 1.0)), Column(1, (1.0, 0.0))]
    found = allocate(problem([5, 5], [0, 3], columns))
    assert found.offers == pytest.approx([0, 3, 0], abs=CLOSE)
    assert found.used.tolist() == pytest.approx([0, 3], abs=CLOSE)


def test_all_limits_at_nothing_helps_nobody() -> None:
    assert allocate(problem([5, 2], [0], [Column(0, (1.0,)), Column(1, (0.5,))])).met.sum() == 0


def test_without_limits_everybody_is_helped_to_their_share() -> None:
    found = allocate(problem([5, 2], [], [Column(0, (), 0.64), Column(1, (), 1.0)]))
    assert found.met == pytest.approx([3.2, 2], abs=CLOSE)


@pytest.mark.parametrize("scale", [1e-4, 1e-2, 1e2, 1e4])
def test_the_size_of_the_figures_does_not_matter(scale: float) -> None:
    columns = [Column(0, (1.0,)), Column(1, (1.0,)), Column(1, (0.0,), 0.5)]
    one = allocate(problem([10, 30], [16], columns))
    other = allocate(problem([10 * scale, 30 * scale], [16 * scale], columns))
    assert other.met == pytest.approx(one.met * scale, rel=CLOSE)


def test_blocks_of_very_different_size_are_both_served() -> None:
    """A circumstance of one in ten thousand makes blocks of thousandths of a household."""
    demand = [100.0, 1e-3]
    columns = [Column(0, (1.0, 0.0)), Column(1, (1.0, 1.0))]
    found = allocate(problem(demand, [50, 1], columns))
    assert found.met / demand == pytest.approx([50 / 100.001] * 2, rel=1e-4)


NAN = math.nan


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"meets": np.ones(3)}, "one entry a column"),
        ({"burden": np.ones(1)}, "one entry a column"),
        ({"block": np.array([0], dtype=np.int64)}, "one entry a column"),
        ({"use": sparse.csr_array((1, 5))}, "one entry a column"),
        ({"weight": np.ones(3)}, "weight must match demand"),
        ({"limit": np.ones(2)}, "limit the rows of use"),
        ({"demand": np.array([0.0, 1.0])}, "demand must be above 0"),
        ({"demand": np.array([-1.0, 1.0])}, "demand must be above 0"),
        ({"limit": np.array([-1.0])}, "limits and uses 0 or more"),
        ({"use": sparse.csr_array(np.array([[-1.0, 1.0]]))}, "limits and uses 0 or more"),
        ({"demand": np.array([NAN, 1.0])}, "finite"),
        ({"limit": np.array([math.inf])}, "finite"),
        ({"meets": np.array([NAN, 1.0])}, "finite"),
        ({"burden": np.array([NAN, 1.0])}, "finite"),
        ({"weight": np.array([math.inf, 1.0])}, "finite"),
        ({"use": sparse.csr_array(np.array([[NAN, 1.0]]))}, "finite"),
    ],
)
def test_an_impossible_instance_is_refused_in_words(change: dict[str, object], words: str) -> None:
    instance = problem([5, 5], [3], [Column(0, (1.0,)), Column(1, (1.0,))])
    with pytest.raises(ValueError, match=words):
        replace(instance, **change)


def test_the_layers_of_a_network_are_chained() -> None:
    """The test of flow above draws what it means to: a path goes from layer to layer."""
    graph = nx.DiGraph(pairwise(["start", "a", "b", "home"]))
    assert [*nx.all_simple_paths(graph, "start", "home")] == [["start", "a", "b", "home"]]
