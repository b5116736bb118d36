"""Noise is told from change: limits and signals of process behaviour charts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from housing_map.control import FEWEST, Signal, limits

STEADY = [10.0, 12.0, 11.0, 13.0, 12.0, 10.0, 11.0, 12.0, 13.0, 11.0, 12.0, 10.0]


def test_limits_are_the_mean_and_2_66_mean_moving_ranges_by_hand() -> None:
    """Wheeler 1993: ranges 2 1 2 1 2 1 1 1 2 1 2 have the mean 16 / 11."""
    found = limits(STEADY)
    assert found.mean == pytest.approx(137 / 12)
    assert found.upper - found.mean == pytest.approx(2.66 * 16 / 11)
    assert found.mean - found.lower == pytest.approx(2.66 * 16 / 11)
    assert found.steady


@pytest.mark.parametrize("count", [0, 1, FEWEST - 1])
def test_fewer_than_twelve_points_have_no_limits(count: int) -> None:
    with pytest.raises(ValueError, match="12 points"):
        limits([5.0] * count)


def test_a_hole_is_refused_and_never_read_as_nought() -> None:
    with pytest.raises(ValueError, match="numbers"):
        limits([*STEADY, float("nan")])


def test_one_point_far_off_is_a_signal_and_its_neighbours_are_not() -> None:
    found = limits([*STEADY, 40.0, *STEADY])
    assert Signal.OUTSIDE in found.signals[12]
    assert [place for place, said in enumerate(found.signals) if Signal.OUTSIDE in said] == [12]


@pytest.mark.parametrize(("row", "signal"), [(6, False), (7, True)])
def test_seven_in_a_row_on_one_side_are_a_signal_and_six_are_not(row: int, *, signal: bool) -> None:
    alternating = [11.0, 9.0] * 8
    found = limits([*alternating, *[10.5 + 0.1 * (n % 2) for n in range(row)], 9.0, 11.0])
    assert any(Signal.RUN in said for said in found.signals) is signal


@pytest.mark.parametrize(("row", "signal"), [(5, False), (6, True)])
def test_six_that_rise_are_a_trend_and_five_are_not(row: int, *, signal: bool) -> None:
    rising = [8.0 + n for n in range(row)]
    found = limits([10.0, 12.0, 10.0, 12.0, 10.0, 12.0, *rising, 6.0, 12.0, 10.0, 12.0])
    assert any(Signal.TREND in said for said in found.signals) is signal


def test_two_of_three_near_a_limit_are_a_signal() -> None:
    base = [10.0, 12.0] * 12
    found = limits([*base, 16.0, 11.0, 16.0, 11.0])
    near = [place for place, said in enumerate(found.signals) if Signal.NEAR in said]
    assert near == [24, 26]


def test_a_count_has_no_limit_below_nought() -> None:
    found = limits([0.0, 3.0] * 6)
    assert found.lower == 0.0
    assert limits([0.0, 3.0] * 6, floor=None).lower < 0


@given(st.lists(st.floats(0, 1000), min_size=12, max_size=40), st.floats(1, 50))
def test_moving_a_series_moves_its_limits_and_changes_no_signal(
    values: list[float], by: float
) -> None:
    rounded = [float(round(value)) for value in values]
    before = limits(rounded, floor=None)
    after = limits([value + round(by) for value in rounded], floor=None)
    assert after.mean == pytest.approx(before.mean + round(by))
    assert after.upper - after.mean == pytest.approx(before.upper - before.mean)


def test_a_flat_series_is_steady() -> None:
    assert limits([4.0] * 20).steady
