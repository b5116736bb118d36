"""Levels of figures: the three runs are three of them, and a draw is as random as it says."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from housing_map.parameters import Figure, Worse
from housing_map.stance import (
    BEST,
    LIKELIER,
    MIDDLE,
    WORST,
    Draw,
    Listening,
    Mixed,
    Pinned,
    Traced,
    between,
    holds,
)
from housing_map.vocabulary import Run, Status

LEVEL_OF = {Run.CAUTIOUS: WORST, Run.CENTRAL: MIDDLE, Run.OPTIMISTIC: BEST}
MANY = 20_000
RARE = 1e-6
"""Probability below which chance is no explanation."""

numbers = st.floats(-1e6, 1e6)
levels = st.floats(0, 1)


def at(level: float, key: str = "key") -> Pinned:
    return Pinned({key: level})


# A figure with a range ------------------------------------------------------------------------


@given(numbers, numbers, numbers, st.sampled_from(Run))
def test_the_three_runs_are_exactly_the_ends_and_the_middle(
    worse: float, central: float, better: float, run: Run
) -> None:
    expected = {Run.CAUTIOUS: worse, Run.CENTRAL: central, Run.OPTIMISTIC: better}[run]
    for stance in (run, at(LEVEL_OF[run])):
        assert between(stance, "key", worse=worse, central=central, better=better) == expected


@given(
    st.tuples(numbers, numbers, numbers).map(sorted),
    st.sampled_from(["high", "low"]),
    st.tuples(st.booleans(), st.booleans()),
    st.sampled_from(Run),
)
def test_a_figure_at_the_level_of_a_run_is_that_of_the_run(
    ends: list[float], worse: Worse, given_ends: tuple[bool, bool], run: Run
) -> None:
    """Whichever end is worse, and where an end is not known."""
    low, central, high = ends
    figure = Figure(
        "key", "Label", low if given_ends[0] else None, central, high if given_ends[1] else None,
        "days", worse, Status.ASSUMED, "made up",
    )  # fmt: skip
    assert figure.at(at(LEVEL_OF[run])) == figure.at(run)


@given(st.tuples(numbers, numbers, numbers).map(sorted), levels, levels, st.booleans())
def test_a_better_level_is_never_a_worse_value(
    ends: list[float], one: float, other: float, falls: bool
) -> None:
    worse, central, better = ends[::-1] if falls else ends
    low, high = (
        between(at(level), "key", worse=worse, central=central, better=better)
        for level in sorted((one, other))
    )
    slack = 1e-9 * max(map(abs, ends))
    assert (low >= high - slack) if falls else (low <= high + slack)
    assert ends[0] - slack <= low <= ends[2] + slack


@given(numbers, numbers, numbers, st.sampled_from([0.0, 0.5]), levels)
def test_each_half_of_a_range_is_straight(
    worse: float, central: float, better: float, start: float, share: float
) -> None:
    def value(level: float) -> float:
        return between(at(level), "key", worse=worse, central=central, better=better)

    expected = value(start) * (1 - share) + value(start + 0.5) * share
    near = 1e-9 * max(1.0, abs(worse), abs(central), abs(better))
    assert value(start + share / 2) == pytest.approx(expected, abs=near)


def test_the_halves_need_not_be_alike() -> None:
    """From 0 over 10 to 100: a quarter of the way is 5, three quarters 55."""
    found = [
        between(at(level), "key", worse=0, central=10, better=100) for level in (0.25, 0.5, 0.75)
    ]
    assert found == [5, 10, 55]


# Something nobody knows -----------------------------------------------------------------------


@pytest.mark.parametrize("likelier", [True, False])
@pytest.mark.parametrize("run", Run)
def test_what_nobody_knows_is_no_then_as_likely_then_yes(run: Run, likelier: bool) -> None:
    expected = {Run.CAUTIOUS: False, Run.CENTRAL: likelier, Run.OPTIMISTIC: True}[run]
    assert holds(run, "key", likelier=likelier) is expected
    for chance in (0.5 + 1e-9, LIKELIER, 0.999):
        assert holds(at(LEVEL_OF[run]), "key", likelier=likelier, chance=chance) is expected


@pytest.mark.parametrize("chance", [0.5, LIKELIER, 0.909, 1.0])
@pytest.mark.parametrize("likelier", [True, False])
def test_a_draw_takes_the_likelier_answer_as_often_as_stated(likelier: bool, chance: float) -> None:
    taken = sum(
        holds(Draw(5, number), "key", likelier=likelier, chance=chance) is likelier
        for number in range(MANY)
    )
    assert stats.binomtest(taken, MANY, chance).pvalue > RARE


@given(levels, levels, st.booleans(), st.floats(0.5, 1))
def test_a_better_level_never_turns_a_yes_into_a_no(
    one: float, other: float, likelier: bool, chance: float
) -> None:
    low, high = sorted((one, other))
    worse, better = (
        holds(at(level), "key", likelier=likelier, chance=chance) for level in (low, high)
    )
    assert better or not worse


# Draws ----------------------------------------------------------------------------------------


def test_the_level_of_a_draw_is_the_same_on_every_machine_and_day() -> None:
    """Written down once: intervals that somebody published can be drawn again."""
    found = [Draw(2026, 0).level("capacity:pool:refuge"), Draw(2026, 1).level("takes:a:sons")]
    assert found == [0.3144409382711269, 0.46820321790324526]


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.text(max_size=20), st.lists(st.text()))
def test_a_level_depends_on_seed_number_and_key_alone(
    seed: int, number: int, key: str, asked_before: list[str]
) -> None:
    used = Draw(seed, number)
    for other in asked_before:
        used.level(other)
    assert used.level(key) == Draw(seed, number).level(key)
    assert 0 <= used.level(key) < 1


VARIED: dict[str, Callable[[int], float]] = {
    "seed": lambda n: Draw(n, 3).level("key"),
    "number": lambda n: Draw(3, n).level("key"),
    "key": lambda n: Draw(3, 3).level(f"capacity:service_{n}"),
}


@pytest.mark.parametrize("varied", VARIED)
def test_levels_are_even_between_nought_and_one(varied: str) -> None:
    found = np.array([VARIED[varied](n) for n in range(MANY)])
    assert stats.kstest(found, "uniform").pvalue > RARE


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (lambda n: Draw(3, n).level("one"), lambda n: Draw(3, n).level("two")),
        (lambda n: Draw(3, n).level("one"), lambda n: Draw(3, n + 1).level("one")),
        (lambda n: Draw(3, n).level("one"), lambda n: Draw(4, n).level("one")),
        (lambda n: Draw(1, n).level("1/one"), lambda n: Draw(n, 1).level("1/one")),
    ],
)
def test_levels_of_other_keys_numbers_and_seeds_are_independent(
    first: Callable[[int], float], second: Callable[[int], float]
) -> None:
    one, two = (np.array([work(n) for n in range(MANY)]) for work in (first, second))
    table = np.histogram2d(one, two, bins=8, range=[[0, 1], [0, 1]])[0]
    assert stats.chisquare(table.ravel()).pvalue > RARE


# Stances made of others -----------------------------------------------------------------------


@given(st.frozensets(st.sampled_from("abcdef")))
def test_a_mixed_stance_takes_its_keys_from_the_second_and_all_else_from_the_first(
    keys: frozenset[str],
) -> None:
    first, second = Draw(1, 0), Draw(1, 1)
    mixed = Mixed(first, second, keys)
    for key in "abcdef":
        assert mixed.level(key) == (second if key in keys else first).level(key)


def test_listening_is_central_and_hears_each_key_once_in_the_order_of_asking() -> None:
    listening = Listening()
    assert [listening.level(key) for key in ("b", "a", "b")] == [MIDDLE] * 3
    assert list(listening.asked) == ["b", "a"]
    assert not Listening().asked


@pytest.mark.parametrize("inner", [Draw(1, 2), Pinned({"a": 0.2}), Listening()])
def test_a_traced_stance_answers_as_the_one_inside_it_and_notes_what(
    inner: Draw | Pinned | Listening,
) -> None:
    traced = Traced(inner)
    expected = {key: inner.level(key) for key in ("a", "b")}
    assert {key: traced.level(key) for key in ("a", "b")} == expected
    assert traced.levels == expected
