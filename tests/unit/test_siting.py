"""Siting: against all sets of sites one by one, by hand, and what is refused with which words."""

from dataclasses import dataclass, field
from itertools import combinations
from math import inf, isnan
from typing import Any

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from scipy import sparse

from housing_map.errors import UsageError
from housing_map.siting_covering import Covering, maximal_covering
from housing_map.siting_median import Median, p_median
from housing_map.siting_problem import (
    Floor,
    InfeasibleError,
    Limits,
    Shortfall,
    Status,
    floors_by_area,
)

Array = np.ndarray[Any, Any]
CLOSE = 1e-6


@dataclass(frozen=True)
class Case:
    """A small question of covering, with floors for groups of areas."""

    cover: Array
    demand: Array
    limits: Limits
    groups: tuple[str, ...] = ()
    least: dict[str, float] = field(default_factory=dict)

    @property
    def floors(self) -> tuple[Floor, ...]:
        return floors_by_area(self.groups, self.demand, self.least) if self.least else ()

    def solve(self, **settings: Any) -> Covering:  # noqa: ANN401
        return maximal_covering(
            self.cover, self.demand, self.limits, floors=self.floors, **settings
        )


def allowed(limits: Limits, sites: int) -> list[tuple[int, ...]]:
    """Return every allowed set of sites."""
    cost = limits.cost or (0.0,) * sites
    return [
        chosen
        for size in range(min(limits.most if limits.most is not None else sites, sites) + 1)
        for chosen in combinations(range(sites), size)
        if set(limits.forced) <= set(chosen)
        if not set(limits.closed) & set(chosen)
        if sum(cost[site] for site in chosen) <= (inf if limits.budget is None else limits.budget)
    ]


def reached(case: Case, chosen: tuple[int, ...]) -> float:
    return float(case.demand[case.cover[:, list(chosen)].any(axis=1)].sum())


def keeps(case: Case, chosen: tuple[int, ...]) -> bool:
    met = case.cover[:, list(chosen)].any(axis=1)
    return all(floor.demand[met].sum() >= floor.least for floor in case.floors)


def brute(case: Case) -> float:
    """Return the most that any allowed set covers; less than nothing where there is none."""
    sets = [chosen for chosen in allowed(case.limits, case.cover.shape[1]) if keeps(case, chosen)]
    return max((reached(case, chosen) for chosen in sets), default=-inf)


@st.composite
def limits_for(draw: st.DrawFn, sites: int) -> Limits:
    order = draw(st.permutations(range(sites)))
    forced, closed = draw(st.integers(0, 2)), draw(st.integers(0, 2))
    cost = tuple(draw(st.sampled_from([0.0, 1.0, 2.5, 4.0])) for _ in range(sites))
    return Limits(
        most=draw(st.none() | st.integers(1, sites)),
        cost=cost,
        budget=draw(st.none() | st.sampled_from([1.0, 4.0, 7.5])),
        forced=tuple(order[:forced]),
        closed=tuple(order[forced : forced + closed]),
    )


@st.composite
def cases(draw: st.DrawFn) -> Case:
    areas, sites = draw(st.integers(1, 9)), draw(st.integers(1, 7))
    flags = st.booleans()
    cover = np.array([[draw(flags) for _ in range(sites)] for _ in range(areas)])
    demand = np.array([draw(st.sampled_from([0.0, 1.0, 2.0, 3.5, 7.0])) for _ in range(areas)])
    groups = tuple(draw(st.sampled_from("ab")) for _ in range(areas))
    least = {
        group: draw(st.sampled_from([0.0, 1.0, 3.5, 8.0]))
        for group in sorted(set(groups))
        if draw(flags)
    }
    return Case(cover, demand, draw(limits_for(sites)), groups, least)


# Maximal covering ----------------------------------------------------------------------------


@hypothesis.given(cases())
@hypothesis.settings(max_examples=400)
def test_no_allowed_set_covers_more(case: Case) -> None:
    best = brute(case)
    if best == -inf:
        with pytest.raises(InfeasibleError) as refused:
            case.solve()
        assert refused.value.shortfalls
        return
    found = case.solve()
    assert found.proof.status is Status.PROVED
    assert found.proof.reached == pytest.approx(best, abs=CLOSE)
    assert found.proof.bound == pytest.approx(best, abs=CLOSE)
    assert found.proof.gap <= CLOSE
    assert found.sites in allowed(case.limits, case.cover.shape[1])
    assert keeps(case, found.sites)
    assert reached(case, found.sites) == pytest.approx(found.proof.reached)
    assert found.covered.tolist() == case.cover[:, list(found.sites)].any(axis=1).tolist()


@hypothesis.given(cases())
@hypothesis.settings(max_examples=200)
def test_the_first_answer_is_allowed_and_its_bound_holds(case: Case) -> None:
    best = brute(case)
    hypothesis.assume(best > -inf)
    found = case.solve(prove=False)
    assert keeps(case, found.sites)
    assert found.sites in allowed(case.limits, case.cover.shape[1])
    assert found.proof.reached <= best + CLOSE <= found.proof.bound + 2 * CLOSE
    if found.first is not None:
        assert found.proof.first == pytest.approx(reached(case, found.first))
    else:
        assert isnan(found.proof.first)


@hypothesis.given(cases())
@hypothesis.settings(max_examples=100)
def test_greedy_keeps_its_promise_where_only_the_number_is_limited(case: Case) -> None:
    limits = Limits(most=case.limits.most)
    plain = Case(case.cover, case.demand, limits)
    found = plain.solve(prove=False)
    assert found.proof.reached >= (1 - 1 / np.e) * brute(plain) - CLOSE


@hypothesis.given(cases(), st.randoms(use_true_random=False))
@hypothesis.settings(max_examples=100)
def test_order_and_cutting_of_areas_change_nothing(case: Case, random: Any) -> None:  # noqa: ANN401
    hypothesis.assume(brute(case) > -inf)
    order = random.sample(range(len(case.demand)), len(case.demand))
    halves = [*order, order[0]]
    demand = case.demand[halves].copy()
    demand[[0, -1]] /= 2
    groups = tuple(case.groups[area] for area in halves)
    cut = Case(case.cover[halves], demand, case.limits, groups, case.least)
    assert cut.solve().proof.reached == pytest.approx(case.solve().proof.reached, abs=CLOSE)


def test_coverage_may_be_sparse_with_stored_zeros() -> None:
    cover = np.array([[1, 0], [0, 1], [1, 1]])
    stored = sparse.coo_array(([1, 0, 1, 1, 1], ([0, 0, 1, 2, 2], [0, 1, 1, 0, 1])))
    dense = maximal_covering(cover, [3, 4, 5], Limits(most=1))
    thin = maximal_covering(stored, [3, 4, 5], Limits(most=1))
    assert dense.sites == thin.sites == (1,)
    assert dense.proof.reached == thin.proof.reached == 9


def test_a_floor_keeps_a_group_that_the_total_would_leave_out() -> None:
    cover = np.eye(3, dtype=bool)
    case = Case(cover, np.array([10.0, 9.0, 1.0]), Limits(most=2), ("a", "a", "b"), {"b": 1.0})
    assert maximal_covering(cover, case.demand, case.limits).sites == (0, 1)
    found = case.solve()
    assert found.sites == (0, 2)
    assert found.by_group == {"b": 1.0}


def test_nobody_to_cover_and_nothing_allowed_are_answers_too() -> None:
    nobody = maximal_covering(np.ones((2, 2), dtype=bool), [0, 0], Limits(most=1))
    assert (nobody.sites, nobody.proof.reached, nobody.proof.gap) == ((), 0, 0)
    none = maximal_covering(np.ones((2, 2), dtype=bool), [1, 1], Limits(most=0))
    assert (none.sites, none.proof.bound, none.proof.status) == ((), 0, Status.PROVED)


def test_time_that_runs_out_leaves_the_first_answer_and_a_bound() -> None:
    random = np.random.default_rng(3)
    distance = np.linalg.norm(
        random.random((1500, 1, 2)) * 20 - random.random((1, 250, 2)) * 20, axis=2
    )
    demand = random.integers(1, 3000, 1500)
    found = maximal_covering(distance <= 2, demand, Limits(most=12), time_limit=1e-6)
    assert found.proof.status is Status.STOPPED
    assert found.sites == found.first
    assert found.proof.bound > found.proof.reached
    assert 0 < found.proof.gap < 1


# The p-median --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Trip:
    """A small question of travel."""

    minutes: Array
    demand: Array
    limits: Limits
    beyond: float | None

    def solve(self, **settings: Any) -> Median:  # noqa: ANN401
        return p_median(self.minutes, self.demand, self.limits, beyond=self.beyond, **settings)

    def total(self, chosen: tuple[int, ...]) -> float:
        """Return demand × minutes, written out."""
        least = inf if self.beyond is None else self.beyond
        each = [min([least, *row[list(chosen)]]) for row in self.minutes]
        # An area where nobody lives has no say, wherever it is.
        return float(sum(d * t for d, t in zip(self.demand, each, strict=True) if d))

    def sets(self) -> list[tuple[int, ...]]:
        """Return the allowed sets; one site has to be open where nothing stands in."""
        found = allowed(self.limits, self.minutes.shape[1])
        return [chosen for chosen in found if chosen or self.beyond is not None]


@st.composite
def trips(draw: st.DrawFn) -> Trip:
    areas, sites = draw(st.integers(1, 9)), draw(st.integers(1, 7))
    beyond = draw(st.none() | st.sampled_from([0.0, 20.0, 60.0]))
    times = [0.0, 5.0, 7.5, 12.0, 30.0, 31.25, 90.0] + ([] if beyond is None else [inf])
    minutes = [[draw(st.sampled_from(times)) for _ in range(sites)] for _ in range(areas)]
    demand = [draw(st.sampled_from([0.0, 1.0, 2.0, 3.5, 7.0])) for _ in range(areas)]
    return Trip(np.array(minutes), np.array(demand), draw(limits_for(sites)), beyond)


@hypothesis.given(trips())
@hypothesis.settings(max_examples=400)
def test_no_allowed_set_is_nearer(trip: Trip) -> None:
    best = min((trip.total(chosen) for chosen in trip.sets()), default=inf)
    if best == inf:
        with pytest.raises(InfeasibleError) as refused:
            trip.solve()
        assert refused.value.shortfalls[0].by > 0
        return
    found = trip.solve()
    assert found.proof.status is Status.PROVED
    assert found.proof.reached == pytest.approx(best, abs=CLOSE)
    assert found.proof.bound == pytest.approx(best, abs=CLOSE)
    assert found.sites in trip.sets()
    assert trip.total(found.sites) == pytest.approx(best, abs=CLOSE)
    first = trip.solve(prove=False)
    assert first.sites in trip.sets()
    assert first.proof.bound <= best + CLOSE <= first.proof.reached + 2 * CLOSE


@hypothesis.given(trips())
@hypothesis.settings(max_examples=100)
def test_each_area_goes_to_the_nearest_open_site(trip: Trip) -> None:
    hypothesis.assume(trip.sets())
    found = trip.solve()
    for area, row in enumerate(trip.minutes):
        open_ = row[list(found.sites)]
        assert found.minutes[area] == min([inf, *open_])
        if found.nearest[area] >= 0:
            assert found.nearest[area] in found.sites
            assert row[found.nearest[area]] == found.minutes[area]
        else:
            assert found.minutes[area] == inf


@pytest.mark.parametrize("seed", range(6))
def test_branching_ends_at_the_optimum_where_the_relaxation_does_not(seed: int) -> None:
    # Times that are no distances leave a wide gap, so that the tree has to branch.
    random = np.random.default_rng(seed)
    minutes = random.choice([1.0, 2.0, 4.0, 9.0], (24, 12))
    demand = random.integers(1, 5, 24).astype(float)
    cost = tuple(random.integers(1, 6, 12).astype(float))
    trip = Trip(minutes, demand, Limits(cost=cost, budget=9.0), None)
    best = min(trip.total(chosen) for chosen in trip.sets())
    assert trip.solve().proof.reached == pytest.approx(best)


def test_median_by_hand() -> None:
    minutes = np.array([[0, 10, 30], [10, 0, 30], [30, 30, 5]])
    found = p_median(minutes, [5, 4, 1], Limits(most=2))
    # Sites 0 and 1 cost 30 for the third area; 0 and 2 cost 40 + 5, 1 and 2 cost 50 + 5.
    assert (found.sites, found.proof.reached, found.mean) == ((0, 1), 30, 3)
    assert found.nearest.tolist() == [0, 1, 0]
    kept = p_median(minutes, [5, 4, 1], Limits(most=2, forced=(2,)))
    assert (kept.sites, kept.proof.reached) == ((0, 2), 45)


def test_median_stopped_by_its_time_limit_says_so() -> None:
    random = np.random.default_rng(1)
    minutes = random.choice([1.0, 2.0, 4.0, 9.0], (60, 20))
    found = p_median(minutes, np.ones(60), Limits(most=4), time_limit=1e-6)
    assert found.proof.status is Status.STOPPED
    assert found.proof.bound < found.proof.reached


# What is refused -----------------------------------------------------------------------------

TWO = np.eye(2, dtype=bool)


def refusal(limits: Limits, cover: Array = TWO, **settings: Any) -> InfeasibleError:  # noqa: ANN401
    with pytest.raises(InfeasibleError) as refused:
        maximal_covering(cover, np.ones(len(cover)), limits, **settings)
    return refused.value


def test_forced_sites_dearer_than_the_budget_are_refused_with_the_shortfall() -> None:
    found = refusal(Limits(cost=(60_000, 50_000), budget=100_000, forced=(0, 1)))
    assert found.shortfalls == (Shortfall("budget", 110_000, 100_000),)
    assert found.shortfalls[0].by == 10_000
    assert "£110,000, £10,000 more than the budget of £100,000" in str(found)


def test_more_forced_sites_than_are_allowed_are_refused() -> None:
    found = refusal(Limits(most=1, forced=(0, 1)))
    assert found.shortfalls == (Shortfall("most", 2, 1),)


def test_a_floor_that_no_set_reaches_is_named_with_the_best_that_one_does() -> None:
    floor = Floor("private rent", np.array([4.0, 3.0]), 6.0)
    found = refusal(Limits(most=1), floors=[floor])
    assert found.shortfalls == (Shortfall("floor", 6, 4, "private rent"),)
    assert "private rent: 6.0 asked for, 4.0 can be reached, 2.0 short" in str(found)


def test_floors_that_only_conflict_are_named_together() -> None:
    floors = [Floor("a", np.array([1.0, 0]), 1.0), Floor("b", np.array([0, 5.0]), 5.0)]
    found = refusal(Limits(most=1), floors=floors)
    assert len(found.shortfalls) == 1
    assert found.shortfalls[0].possible == 0
    assert "Each floor can be kept alone" in str(found)


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Limits(forced=(0,), closed=(0,), names=("Batley", "Holmfirth")), "closed: Batley"),
        (Limits(forced=(2,)), "numbers from 0 to 1"),
        (Limits(closed=(1, 1)), "each once"),
        (Limits(budget=5), "ask for them"),
        (Limits(cost=(1, -1)), "from 0 up"),
        (Limits(cost=(1,)), "one for each"),
        (Limits(most=-1), "number of sites"),
        (Limits(cost=(1, 1), budget=inf), "budget must"),
        (Limits(names=("one",)), "1 names for 2 sites"),
    ],
)
def test_limits_that_make_no_sense_are_refused(limits: Limits, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        maximal_covering(TWO, [1, 1], limits)


@pytest.mark.parametrize(
    ("cover", "demand", "words"),
    [
        (TWO, [1], "for each of 2 areas"),
        (TWO, [1, -1], "from 0 up"),
        (TWO, [1, np.nan], "from 0 up"),
        (np.ones(2), [1, 1], "areas × sites"),
        (np.ones((2, 0)), [1, 1], "at least one site"),
    ],
)
def test_tables_that_do_not_fit_are_refused(cover: Array, demand: Any, words: str) -> None:  # noqa: ANN401
    with pytest.raises(UsageError, match=words):
        maximal_covering(cover, demand, Limits(most=1))


def test_a_floor_for_a_group_of_no_area_and_a_time_limit_of_nothing_are_refused() -> None:
    with pytest.raises(UsageError, match="No area is in the group 'x'"):
        floors_by_area(("a",), np.ones(1), {"x": 1})
    with pytest.raises(UsageError, match="time limit"):
        maximal_covering(TWO, [1, 1], Limits(most=1), time_limit=0)


@pytest.mark.parametrize(
    ("limits", "limit", "words"),
    [
        (Limits(most=0), "most", "No site may be opened"),
        (Limits(closed=(0, 1)), "reach", "Every site is closed"),
        (Limits(cost=(9, 8), budget=5), "budget", "cheapest site costs £8, £3 more"),
    ],
)
def test_a_median_without_any_site_is_refused(limits: Limits, limit: str, words: str) -> None:
    with pytest.raises(InfeasibleError, match=words) as refused:
        p_median([[1, 2]], [1], limits)
    assert refused.value.shortfalls[0].limit == limit


@pytest.mark.parametrize(
    ("minutes", "beyond", "words"),
    [
        ([[1, np.nan]], None, "named"),
        ([[1, -1]], None, "from 0 up"),
        ([[1, inf]], None, "1 pairs of an area and a site have no way"),
        ([[1, inf]], inf, "beyond reach"),
        ([1, 2], None, "table of areas × sites"),
    ],
)
def test_minutes_that_make_no_sense_are_refused(
    minutes: list[Any],
    beyond: float | None,
    words: str,
) -> None:
    with pytest.raises(UsageError, match=words):
        p_median(minutes, [1], Limits(most=1), beyond=beyond)
