"""Step 1 decomposed, and columns kept between runs: the same answer, by another way."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import linprog

from benchmarks.instances import Recipe, flat, rich, with_changed_room
from housing_map import allocation, decomposition
from housing_map.allocation import Instance, allocate, most_met
from housing_map.decomposition import Columns, Optimum, Plans, Programme, most_helped, programme
from housing_map.errors import SolverError
from tests.problems import LIMITS, Column, instances, problem

EXACT = 1e-9

SMALL = Recipe(blocks=60, pools=8, routes=14, demand=100.0)


def merged(instance: Instance, kept: Columns | None = None) -> tuple[Programme, Plans | None]:
    return programme(
        instance.demand,
        instance.weight,
        instance.block,
        (instance.meets, instance.burden),
        instance.use,
        kept=kept,
    )


def solved(instance: Instance, limit: NDArray[np.float64] | None = None) -> Optimum:
    return most_helped(merged(instance)[0], instance.limit if limit is None else limit)[0]


def by_highs(instance: Instance) -> float:
    """Return the most (weighted) households met, by the whole programme in one piece."""
    columns = np.arange(len(instance.block))
    offered = sparse.csr_array((np.ones(len(columns)), (instance.block, columns)))
    found = linprog(
        -instance.weight[instance.block] * instance.meets,
        A_ub=sparse.vstack([offered, instance.use]),
        b_ub=np.concatenate([instance.demand[: offered.shape[0]], instance.limit]),
        method="highs",
    )
    assert found.status == 0, found.message
    return -float(found.fun)


# The optimum, and its proof ----------------------------------------------------------------


@pytest.mark.parametrize("seed", range(1, 7))
def test_the_decomposed_programme_has_the_optimum_of_the_whole(seed: int) -> None:
    instance = rich(replace(SMALL, seed=seed))
    assert solved(instance).best == pytest.approx(by_highs(instance), rel=EXACT)


@given(instances())
@settings(max_examples=100)
def test_the_bound_proves_the_optimum(instance: Instance) -> None:
    """For any prices the bound holds; at these it is reached."""
    found = solved(instance)
    assert np.all(found.price >= 0)
    shut = ((instance.use > 0).T @ (instance.limit == 0).astype(float)) > 0
    gain = instance.meets * instance.weight[instance.block] - found.price @ instance.use
    worth = np.zeros(len(instance.demand))
    np.maximum.at(worth, instance.block[~shut], gain[~shut])
    bound = found.price @ instance.limit + worth @ instance.demand
    assert found.best == pytest.approx(bound, abs=EXACT * max(1.0, instance.demand.sum()))
    assert found.bound == pytest.approx(bound, abs=EXACT * max(1.0, instance.demand.sum()))


def test_a_limit_that_leaves_room_has_no_price() -> None:
    columns = [Column(0, (1.0, 0.0)), Column(1, (0.0, 1.0))]
    found = solved(problem([10, 10], [4, 30], columns))
    assert found.price == pytest.approx([1, 0])


@pytest.mark.parametrize("seed", [1, 2])
def test_stays_that_all_differ_are_priced_as_well(seed: int) -> None:
    """With a type of its own for each column there are too many types to rank."""
    instance = rich(replace(SMALL, seed=seed))
    random = np.random.default_rng(seed)
    stays = random.uniform(0.7, 1.4, len(instance.block))
    own = replace(instance, use=sparse.csr_array(instance.use.multiply(stays[None, :])))
    assert solved(own).best == pytest.approx(by_highs(own), rel=EXACT)


@given(instances())
@settings(max_examples=60)
def test_both_ways_of_pricing_find_the_same_optimum(instance: Instance) -> None:
    few = solved(instance)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decomposition, "_FEW_TYPES", 0)
        many = solved(instance)
    assert many.best == pytest.approx(few.best, abs=EXACT * max(1.0, instance.demand.sum()))


def test_an_optimum_that_is_not_proved_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decomposition, "_ROUNDS", 2)
    with pytest.raises(SolverError, match="No proved optimum after 2 rounds"):
        solved(rich(SMALL))


def test_the_solver_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    allocate(rich(SMALL))
    assert capfd.readouterr() == ("", "")


# What is alike is merged --------------------------------------------------------------------


def test_a_block_in_many_areas_is_one_block() -> None:
    """The flat programme, with a group an area, comes down to the aggregated one."""
    instance = rich(SMALL)
    whole, cut = merged(instance)[0], merged(flat(instance, 9))[0]
    assert len(cut.demand) == len(whole.demand) == SMALL.blocks
    assert len(cut.block) == len(whole.block)
    assert sorted(cut.demand) == pytest.approx(sorted(whole.demand))
    assert solved(flat(instance, 9)).best == pytest.approx(solved(instance).best, rel=EXACT)


def test_each_area_has_its_part_of_the_answer_in_proportion() -> None:
    instance, areas = rich(SMALL), 4
    parts, whole = flat(instance, areas), allocate(instance)
    found = allocate(parts).met / parts.demand
    assert found == pytest.approx(np.repeat(whole.met / instance.demand, areas), abs=1e-6)


@pytest.mark.parametrize(
    "change",
    [
        {"weight": np.array([1.0, 2.0])},
        {"burden": np.array([1.0, 2.0])},
        {"meets": np.array([1, 0.5])},
    ],
)
def test_what_differs_is_not_merged(change: dict[str, NDArray[np.float64]]) -> None:
    twins = problem([5, 5], [3], [Column(0, (1.0,)), Column(1, (1.0,))])
    assert len(merged(twins)[0].demand) == 1
    assert len(merged(replace(twins, **change))[0].demand) == 2


def test_the_same_column_twice_is_not_the_same_block_as_once() -> None:
    """A tie of two halves is split otherwise than one of three thirds."""
    twice = problem([5, 5], [3], [Column(0, (1.0,)), Column(0, (1.0,)), Column(1, (1.0,))])
    assert len(merged(twice)[0].demand) == 2


# Columns kept between runs ------------------------------------------------------------------


def room(instance: Instance) -> float:
    return EXACT * max(1.0, float(instance.demand.sum()))


@given(instances(), st.data())
@settings(max_examples=60)
def test_answers_do_not_depend_on_columns_kept(instance: Instance, data: st.DataObject) -> None:
    """Limits change, some to nothing and back: whatever ran before, the answer is the same."""
    kept = Columns()
    for _ in range(3):
        limit = np.array([data.draw(LIMITS) for _ in instance.limit])
        changed = replace(instance, limit=limit)
        with_kept, without = allocate(changed, kept), allocate(changed)
        assert with_kept.met == pytest.approx(without.met, abs=room(instance))
        assert most_met(changed, kept) == pytest.approx(most_met(changed), abs=room(instance))


@pytest.mark.parametrize("seed", range(1, 5))
def test_kept_columns_give_the_same_answer_on_a_rich_instance(seed: int) -> None:
    instance = rich(replace(SMALL, seed=seed))
    kept = Columns()
    allocate(instance, kept)
    changed = with_changed_room(instance, seed)
    with_kept, without = allocate(changed, kept), allocate(changed)
    assert with_kept.met.sum() == pytest.approx(without.met.sum(), rel=EXACT)
    assert with_kept.met == pytest.approx(without.met, abs=room(instance))
    assert with_kept.offers == pytest.approx(without.offers, abs=1e-6)


def test_where_only_limits_change_fewer_rounds_are_needed() -> None:
    instance = rich(Recipe(blocks=400))
    problem_, _ = merged(instance)
    first, plans = most_helped(problem_, instance.limit)
    changed = with_changed_room(instance).limit
    again, _ = most_helped(problem_, changed, plans)
    cold, _ = most_helped(problem_, changed)
    assert again.rounds < cold.rounds
    assert again.best == pytest.approx(cold.best, rel=EXACT)
    assert again.best != pytest.approx(first.best, rel=1e-4)


def test_a_closed_service_is_left_out_of_plans_kept() -> None:
    instance = rich(SMALL)
    kept = Columns()
    allocate(instance, kept)
    limit = instance.limit.copy()
    limit[0] = 0
    closed = replace(instance, limit=limit)
    assert allocate(closed, kept).used[0] == 0
    assert most_met(closed, kept) == pytest.approx(by_highs(closed), rel=EXACT)


def test_columns_of_another_problem_are_not_used() -> None:
    one = problem([5, 5], [3], [Column(0, (1.0,)), Column(1, (1.0,))])
    kept = Columns()
    allocate(one, kept)
    for other in (
        replace(one, demand=np.array([1.0, 1.0])),
        replace(one, weight=np.array([1.0, 3.0])),
        replace(one, meets=np.array([0.5, 0.5])),
        replace(one, use=sparse.csr_array(np.array([[2.0, 1.0]]))),
        replace(one, block=np.array([1, 1])),
    ):
        assert merged(other, kept)[1] is None
        assert allocate(other, kept).met == pytest.approx(allocate(other).met, abs=EXACT)
    one.demand[0] = 1.0
    assert allocate(one, kept).met == pytest.approx(allocate(one).met, abs=EXACT)


def test_the_problem_used_longest_ago_is_forgotten() -> None:
    kept = Columns(size=2)
    first, second, third = (problem([n], [3], [Column(0, (1.0,))]) for n in (5, 6, 7))
    allocate(first, kept)
    allocate(second, kept)
    allocate(first, kept)
    allocate(third, kept)
    assert len(kept) == 2
    assert [merged(one, kept)[1] is None for one in (first, second)] == [False, True]


def test_users_may_share_columns_at_the_same_time() -> None:
    instance, kept = rich(SMALL), Columns()
    rooms = [replace(instance, limit=instance.limit * (1 + n / 10)) for n in range(8)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda one: allocate(one, kept).met.sum(), rooms * 2))
    assert found == pytest.approx([allocate(one).met.sum() for one in rooms] * 2, rel=EXACT)


# The plain way, where the quick one fails -----------------------------------------------------


@pytest.mark.parametrize("step", ["most_helped", "on_the_face"])
def test_where_the_quick_way_fails_the_plain_one_answers(
    step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = rich(SMALL)
    quick = allocate(instance)
    most = most_met(instance)

    def fails(*_: object) -> None:
        message = "did not converge"
        raise SolverError(message)

    monkeypatch.setattr(allocation, step, fails)
    plain = allocate(instance)
    assert plain.met.sum() == pytest.approx(quick.met.sum(), rel=1e-6)
    assert plain.met / instance.demand == pytest.approx(quick.met / instance.demand, abs=1e-5)
    assert most_met(instance) == pytest.approx(most, rel=EXACT)
