"""First come, first served, against cases worked out by hand and what must always hold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from housing_map.allocation import Instance, allocate
from housing_map.first_come import RunsOut, first_come
from tests.problems import Column, instances, problem, shuffled

CLOSE = 1e-9


def orders(instance: Instance) -> st.SearchStrategy[list[int]]:
    size = len(instance.block)
    return st.lists(st.integers(0, 2), min_size=size, max_size=size)


def test_a_full_place_turns_away_all_who_come_later() -> None:
    """40 a year, 10 places: full after a quarter of the year."""
    found = first_come(problem([40], [10], [Column(0, (1.0,))]), np.zeros(1))
    assert found.allocation.met == pytest.approx([10])
    assert found.events == (RunsOut(pytest.approx(0.25), 0),)


def test_the_next_column_is_tried_once_the_first_is_full() -> None:
    """30 a year: the first has room for 6 (full at 0.2), the second for 12 (full at 0.6)."""
    columns = [Column(0, (1.0, 0.0)), Column(0, (0.0, 1.0))]
    found = first_come(problem([30], [6, 12], columns), np.array([1, 2]))
    assert found.allocation.offers == pytest.approx([6, 12])
    assert [(e.limit, e.at) for e in found.events] == [
        (0, pytest.approx(0.2)),
        (1, pytest.approx(0.6)),
    ]


def test_those_with_another_way_take_the_place_of_those_without() -> None:
    """Both try the refuge first: it goes in halves, though block 1 has the scheme to itself.

    The best plan would keep the refuge for block 0: that is what coordination could gain.
    """
    columns = [Column(0, (1.0, 0.0)), Column(1, (1.0, 0.0)), Column(1, (0.0, 1.0))]
    instance = problem([10, 10], [10, 10], columns)
    found = first_come(instance, np.array([0, 0, 1])).allocation
    assert found.met == pytest.approx([5, 10])
    assert allocate(instance).met.sum() == pytest.approx(20, abs=1e-6)


def test_columns_alike_in_the_order_are_taken_in_equal_parts() -> None:
    """Halves until the first is full after 2/3 of the year (4 of 6 a year), then the other."""
    columns = [Column(0, (1.0, 0.0)), Column(0, (0.0, 1.0))]
    found = first_come(problem([12], [4, 20], columns), np.zeros(2))
    assert found.allocation.offers == pytest.approx([4, 8])
    assert [event.at for event in found.events] == pytest.approx([2 / 3])


def test_a_way_with_two_services_ends_when_either_is_full() -> None:
    """The support on it has room for 3, so 7 beds stay empty; all come off by 0.8."""
    found = first_come(problem([10], [10, 3], [Column(0, (1.0, 0.8), 0.8)]), np.zeros(1))
    assert found.allocation.offers == pytest.approx([3.75])
    assert found.allocation.met == pytest.approx([3])
    assert found.allocation.used == pytest.approx([3.75, 3])


def test_limits_that_run_out_together_are_both_told() -> None:
    found = first_come(problem([10], [5, 5], [Column(0, (1.0, 1.0))]), np.zeros(1))
    assert [(event.limit, event.at) for event in found.events] == [(0, 0.5), (1, 0.5)]


def test_a_closed_service_is_never_taken_and_is_no_event() -> None:
    columns = [Column(0, (1.0, 0.0)), Column(0, (0.0, 1.0))]
    found = first_come(problem([10], [0, 20], columns), np.array([0, 1]))
    assert found.allocation.offers == pytest.approx([0, 10])
    assert found.events == ()


def test_a_way_that_uses_nothing_is_open_all_year() -> None:
    found = first_come(problem([10, 2], [], [Column(0, ())]), np.zeros(1))
    assert found.allocation.met == pytest.approx([10, 0])


def test_nothing_to_share_out_is_no_failure() -> None:
    found = first_come(problem([5.0], [3.0], []), np.zeros(0))
    assert (found.allocation.met.tolist(), found.events) == ([0], ())


def test_an_order_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="one entry a column"):
        first_come(problem([5], [3], [Column(0, (1.0,))]), np.zeros(2))


@given(instances(), st.data())
@settings(max_examples=100)
def test_it_passes_no_limit_and_no_demand_and_helps_no_more_than_the_best_plan(
    instance: Instance, data: st.DataObject
) -> None:
    found = first_come(instance, np.array(data.draw(orders(instance)))).allocation
    offered = np.bincount(instance.block, weights=found.offers, minlength=len(instance.demand))
    assert np.all(found.offers >= 0)
    assert np.all(offered <= instance.demand * (1 + CLOSE))
    assert np.all(found.used <= instance.limit * (1 + CLOSE))
    assert found.used == pytest.approx(instance.use @ found.offers)
    assert found.met.sum() <= allocate(instance).met.sum() + 1e-6 * instance.demand.sum()


@given(instances(), st.data())
@settings(max_examples=100)
def test_whoever_is_left_over_found_every_way_closed(
    instance: Instance, data: st.DataObject
) -> None:
    """A household without an offer means that each of its columns met a limit used up."""
    result = first_come(instance, np.array(data.draw(orders(instance))))
    found = result.allocation
    offered = np.bincount(instance.block, weights=found.offers, minlength=len(instance.demand))
    shut = (instance.limit == 0) | np.isin(
        np.arange(len(instance.limit)), [event.limit for event in result.events]
    )
    has_open = np.zeros(len(instance.demand), dtype=bool)
    has_open[instance.block[((instance.use > 0).T @ shut.astype(float)) == 0]] = True
    assert offered[has_open] == pytest.approx(instance.demand[has_open])
    assert [event.at for event in result.events] == sorted(event.at for event in result.events)
    assert len({event.limit for event in result.events}) == len(result.events)


@given(instances(), st.data(), st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_it_does_not_depend_on_the_order_of_the_input(
    instance: Instance, data: st.DataObject, random: "st.random.Random"
) -> None:
    order = np.array(data.draw(orders(instance)))
    blocks, limits, columns = (
        list(range(size))
        for size in (len(instance.demand), len(instance.limit), len(instance.block))
    )
    for one in (blocks, limits, columns):
        random.shuffle(one)
    first = first_come(instance, order).allocation
    second = first_come(shuffled(instance, blocks, limits, columns), order[columns]).allocation
    assert second.offers == pytest.approx(first.offers[columns], abs=CLOSE)
    assert second.met == pytest.approx(first.met[blocks], abs=CLOSE)
