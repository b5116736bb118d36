"""Shares of an effect: games worked by hand, all orders tried, the axioms, and small packs."""

from collections.abc import Callable
from functools import cache
from itertools import permutations
from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from housing_map import model, shapley
from housing_map.attribution import ATTRIBUTED, Attribution, attribute, attribute_job
from housing_map.changes import (
    AddRoute,
    AddService,
    Change,
    ChangeDemand,
    CloseService,
    Resize,
    Route,
    SetBudget,
)
from housing_map.errors import UsageError
from housing_map.jobs import Job
from housing_map.model import Settings
from housing_map.pack import Pack
from housing_map.scenario import Scenario, apply
from housing_map.tabulate import run_rows
from housing_map.vocabulary import CapacityBasis, Goal, Run
from tests.drawn import examples
from tests.worlds import bare, chain, route, serve, small_pack

SAME = 1e-9
Game = Callable[[frozenset[int]], float]


def by_all_orders(players: int, value: Game) -> list[float]:
    """Shapley's own definition: the mean of what each adds over all orders of joining."""
    total = [0.0] * players
    orders = list(permutations(range(players)))
    for order in orders:
        for place, player in enumerate(order):
            before = frozenset(order[:place])
            total[player] += value(before | {player}) - value(before)
    return [one / len(orders) for one in total]


def table_of(values: list[float]) -> Game:
    return lambda who: values[sum(1 << player for player in who)]


@st.composite
def games(draw: st.DrawFn, *, least: int = 0, most: int = 5) -> tuple[int, list[float]]:
    players = draw(st.integers(least, most))
    figure = st.integers(-1000, 1000).map(float)
    return players, draw(st.lists(figure, min_size=2**players, max_size=2**players))


# Games worked by hand ---------------------------------------------------------------------


def test_a_pair_of_gloves_goes_mostly_to_who_has_the_only_left_one() -> None:
    def gloves(who: frozenset[int]) -> float:
        return float(min(len(who & {0}), len(who & {1, 2})))

    assert shapley.exact(3, gloves) == pytest.approx([2 / 3, 1 / 6, 1 / 6], abs=SAME)


def test_an_airport_runway_is_shared_by_those_who_need_each_stretch() -> None:
    """Littlechild and Owen 1973: runways of 8, 11 and 17 cost 8/3, 8/3 + 3/2, and that + 6."""
    cost = (8.0, 11.0, 17.0)
    shares = shapley.exact(3, lambda who: max((cost[player] for player in who), default=0.0))
    assert shares == pytest.approx([8 / 3, 8 / 3 + 3 / 2, 8 / 3 + 3 / 2 + 6], abs=SAME)


def test_power_in_the_security_council_is_the_published_one() -> None:
    """Shapley and Shubik 1954, for 15 members: five with a veto, nine votes needed."""

    def passes(who: frozenset[int]) -> float:
        return float(set(range(5)) <= who and len(who) >= 9)

    shares = shapley.exact(15, passes)
    assert shares == pytest.approx([421 / 2145] * 5 + [4 / 2145] * 10, abs=SAME)


def test_no_player_has_no_share_and_one_has_the_whole() -> None:
    assert shapley.exact(0, lambda _: 5.0) == ()
    assert shapley.exact(1, lambda who: 3.0 + 4.0 * len(who)) == (4.0,)


# Every order, and the axioms --------------------------------------------------------------


@given(games())
def test_exact_shares_are_the_mean_over_every_order(game: tuple[int, list[float]]) -> None:
    players, values = game
    assert shapley.exact(players, table_of(values)) == pytest.approx(
        by_all_orders(players, table_of(values)), abs=1e-6
    )


@given(games(most=7))
def test_shares_add_up_to_the_whole(game: tuple[int, list[float]]) -> None:
    players, values = game
    shares = shapley.exact(players, table_of(values))
    assert sum(shares) == pytest.approx(values[-1] - values[0], abs=1e-8)


@given(games(most=4), st.data())
def test_a_player_who_never_tells_gets_nothing_and_takes_nothing(
    game: tuple[int, list[float]], data: st.DataObject
) -> None:
    players, values = game
    dummy = data.draw(st.integers(0, players))

    def with_dummy(who: frozenset[int]) -> float:
        return table_of(values)(frozenset(p - (p > dummy) for p in who if p != dummy))

    shares = list(shapley.exact(players + 1, with_dummy))
    assert shares.pop(dummy) == 0
    assert shares == pytest.approx(shapley.exact(players, table_of(values)), abs=1e-8)


@given(games(least=2), st.data())
def test_players_who_add_alike_share_alike(
    game: tuple[int, list[float]], data: st.DataObject
) -> None:
    players, values = game
    first, second = data.draw(
        st.lists(st.integers(0, players - 1), min_size=2, max_size=2, unique=True)
    )
    swap = {first: second, second: first}

    def symmetric(who: frozenset[int]) -> float:
        other = frozenset(swap.get(player, player) for player in who)
        return table_of(values)(who) + table_of(values)(other)

    shares = shapley.exact(players, symmetric)
    assert shares[first] == pytest.approx(shares[second], abs=1e-8)


@given(games(least=3, most=3), games(least=3, most=3), st.integers(-5, 5))
def test_shares_of_a_sum_of_games_are_sums_of_shares(
    one: tuple[int, list[float]], other: tuple[int, list[float]], times: int
) -> None:
    both = [a + times * b for a, b in zip(one[1], other[1], strict=True)]
    parts = zip(
        shapley.exact(3, table_of(one[1])), shapley.exact(3, table_of(other[1])), strict=True
    )
    assert shapley.exact(3, table_of(both)) == pytest.approx(
        [a + times * b for a, b in parts], abs=1e-8
    )


@pytest.mark.parametrize("players", [-1, shapley.MOST_EXACT + 1])
def test_too_many_players_for_exact_shares_are_refused(players: int) -> None:
    with pytest.raises(ValueError, match="exact shares"):
        shapley.exact(players, lambda _: 0.0)


# Sampled ----------------------------------------------------------------------------------


@given(games(least=1, most=6), st.integers(2, 9), st.integers(0, 2**32 - 1))
def test_sampled_shares_add_up_to_the_whole_as_well(
    game: tuple[int, list[float]], pairs: int, seed: int
) -> None:
    players, values = game
    found = shapley.sampled(players, table_of(values), pairs=pairs, seed=seed)
    assert sum(found.shares) == pytest.approx(values[-1] - values[0], abs=1e-8)
    assert min(found.errors) >= 0


@given(st.integers(2, 7), st.data())
def test_where_players_act_by_twos_a_pair_of_orders_is_exact(
    players: int, data: st.DataObject
) -> None:
    """An order and its reverse put each of two players first once: half of what they do."""
    figure = st.integers(-50, 50)
    alone = data.draw(st.lists(figure, min_size=players, max_size=players))
    flat = data.draw(st.lists(figure, min_size=players**2, max_size=players**2))
    twos = np.triu(np.array(flat, dtype=float).reshape(players, players), 1)

    def value(who: frozenset[int]) -> float:
        inside = sorted(who)
        return float(sum(alone[p] for p in inside) + twos[np.ix_(inside, inside)].sum())

    found = shapley.sampled(players, value, pairs=2, seed=1)
    assert found.shares == pytest.approx(shapley.exact(players, value), abs=1e-8)
    assert max(found.errors) == pytest.approx(0, abs=1e-8)


def threes(who: frozenset[int]) -> float:
    """Return a game that no pair of orders gets right: players act by threes."""
    return 30.0 * ({0, 1, 2} <= who) + 7.0 * ({2, 3, 4} <= who) + 2.0 * len(who)


def test_the_error_says_how_far_off_sampled_shares_are() -> None:
    """Over many seeds the scaled distance from the truth spreads as a standard normal does."""
    truth = np.array(shapley.exact(5, threes))
    off = []
    for seed in range(200):
        found = shapley.sampled(5, threes, pairs=40, seed=seed)
        off.append((np.array(found.shares) - truth) / np.array(found.errors))
    spread = np.array(off)
    assert abs(spread.mean()) < 4 / sqrt(spread.size)
    assert 0.9 < spread.std() < 1.1


def test_more_orders_make_the_error_smaller_by_the_root_of_their_number() -> None:
    few, many = (
        np.mean([shapley.sampled(5, threes, pairs=p, seed=s).errors for s in range(20)])
        for p in (25, 400)
    )
    assert few / many == pytest.approx(4, rel=0.1)


def test_the_same_seed_gives_the_same_shares_and_each_coalition_is_asked_once() -> None:
    asked: list[frozenset[int]] = []

    def value(who: frozenset[int]) -> float:
        asked.append(who)
        return threes(who)

    first = shapley.sampled(5, value, pairs=20, seed=3)
    assert len(asked) == len(set(asked))
    assert first == shapley.sampled(5, value, pairs=20, seed=3)
    assert first.shares != shapley.sampled(5, value, pairs=20, seed=4).shares


def test_one_pair_of_orders_has_no_error_and_is_refused() -> None:
    with pytest.raises(ValueError, match="pairs"):
        shapley.sampled(3, threes, pairs=1, seed=0)


# Changes of a scenario --------------------------------------------------------------------

SETTLED = Settings(Goal.SETTLED)
LETTINGS = "social_letting"


@cache
def world() -> Pack:
    """Return 20 owners who move and ask the police, who know only of a letting for 2 a year.

    Beside it stands one for 6, which nobody refers to.
    """
    tables = bare(20, move=1)
    serve(tables, "idva", "idva")
    serve(tables, "lettings", LETTINGS, 2, basis="lettings")
    serve(tables, "hidden", LETTINGS, 6, basis="lettings")
    chain(tables, "entry:police", "idva", "lettings", "home:social")
    route(tables, "hidden", "home:social")
    return small_pack(tables)


def shared(*changes: Change, **asked: object) -> Attribution:
    scenario = Scenario(name="Try", goal=Goal.SETTLED, changes=changes)
    return attribute(world(), scenario, **asked)  # type: ignore[arg-type]


OPEN = AddRoute(route=Route(from_id="idva", to_id="hidden"))
MORE = Resize(pool="hidden", by=4)
LARGER = Resize(pool="lettings", by=3)


def values(found: Attribution) -> list[float]:
    return [share.value for share in found.shares]


def test_a_bed_and_the_way_to_it_share_what_only_both_bring() -> None:
    """The way alone brings 6, the places alone none, both 10: 8 and 2. The other letting, 3."""
    found = shared(OPEN, MORE, LARGER)
    assert (found.total_before, found.total_after) == pytest.approx((2, 15))
    assert values(found) == pytest.approx([8, 2, 3])
    assert [share.alone for share in found.shares] == pytest.approx([6, 0, 3])
    assert [share.last for share in found.shares] == pytest.approx([10, 4, 3])
    assert [share.error for share in found.shares] == [None] * 3
    assert found.exact
    assert found.coalitions == 8


def test_a_change_without_its_object_does_nothing_in_that_coalition() -> None:
    """Five places in a new service are nothing without it; it brings 4 alone, 9 with them."""
    new = AddService(
        service_id="new", name="New", kind=LETTINGS, like="lettings", capacity=4,
        basis=CapacityBasis.LETTINGS,
    )  # fmt: skip
    found = shared(new, Resize(pool="new", by=5))
    assert values(found) == pytest.approx([6.5, 2.5])
    assert [share.alone for share in found.shares] == pytest.approx([4, 0])
    assert found.runs == 3, "the places alone are the baseline"


def test_coalitions_keep_the_order_of_the_list() -> None:
    """A service that closes has no places to add afterwards; before, they close with it."""
    close = CloseService(service_id="lettings")
    for changes in ((close, LARGER), (LARGER, close)):
        found = shared(*changes)
        assert found.total_after == pytest.approx(0)
        of = {type(change): share for change, share in zip(changes, found.shares, strict=True)}
        assert of[CloseService].value == pytest.approx((-2 - 5) / 2)
        assert of[Resize].value == pytest.approx((3 + 0) / 2)


def test_a_budget_has_no_share_and_does_not_count_towards_eight() -> None:
    found = shared(SetBudget(units=5), LARGER, exact_up_to=1)
    assert values(found) == pytest.approx([0, 3])
    assert found.exact
    assert found.coalitions == 2


def test_a_scenario_without_a_change_has_nothing_to_share() -> None:
    found = shared()
    assert found.shares == ()
    assert found.total_after == found.total_before == pytest.approx(2)


def test_beyond_the_limit_shares_are_sampled_have_an_error_and_still_add_up() -> None:
    exact = shared(OPEN, MORE, LARGER)
    found = shared(OPEN, MORE, LARGER, exact_up_to=2, samples=9)
    assert not found.exact
    assert found.orders == 10
    assert all(share.error is not None for share in found.shares)
    assert sum(values(found)) == pytest.approx(13)
    assert values(found) == pytest.approx(values(exact))
    assert [s.alone for s in found.shares] == pytest.approx([s.alone for s in exact.shares])
    assert [s.last for s in found.shares] == pytest.approx([s.last for s in exact.shares])


@pytest.mark.parametrize("figure", ATTRIBUTED)
def test_any_figure_can_be_shared_out_and_adds_up_to_its_change(figure: str) -> None:
    changes = (OPEN, MORE, ChangeDemand(times=1.1))
    found = shared(*changes, figure=figure)
    applied = apply(world(), Scenario(name="Try", goal=Goal.SETTLED, changes=changes))
    ends = []
    for pack in (world(), applied.pack):
        settings = applied.settings if pack is applied.pack else SETTLED
        shell = model.Result(pack, settings, pack.info.reference_date, {})
        rows = run_rows(shell, model.run_one(pack, settings, Run.CENTRAL), [])
        ends.append(float(rows[figure].iloc[0]))
    assert [found.total_before, found.total_after] == pytest.approx(ends, abs=1e-6)
    assert sum(values(found)) == pytest.approx(ends[1] - ends[0], abs=1e-6)


def test_shares_of_the_parts_of_met_add_up_to_those_of_met() -> None:
    """Additivity, over whole runs: what is met is met as wanted, another way or elsewhere."""
    parts = [
        values(shared(OPEN, MORE, figure=figure))
        for figure in ("met_as_wanted", "met_other_way", "met_elsewhere")
    ]
    assert np.sum(parts, axis=0) == pytest.approx(values(shared(OPEN, MORE)), abs=1e-6)


@examples(8)
@given(st.permutations([OPEN, MORE, LARGER, ChangeDemand(times=0.5)]))
def test_the_order_of_independent_changes_does_not_move_their_shares(order: list[Change]) -> None:
    told: dict[Change, int] = {OPEN: 0, MORE: 1, LARGER: 2}
    found = {told.get(c, 3): s.value for c, s in zip(order, shared(*order).shares, strict=True)}
    base = shared(OPEN, MORE, LARGER, ChangeDemand(times=0.5))
    assert [found[n] for n in range(4)] == pytest.approx(values(base), abs=1e-6)


# Long runs --------------------------------------------------------------------------------


def test_progress_is_told_coalition_by_coalition_and_may_stop_it() -> None:
    told: list[tuple[int, int]] = []
    shared(OPEN, MORE, progress=lambda *parts: told.append(parts))
    assert told == [(done, 4) for done in range(5)]

    def stop(done: int, of: int) -> None:
        if done == 2:
            raise InterruptedError(of)

    with pytest.raises(InterruptedError):
        shared(OPEN, MORE, progress=stop)


def test_another_process_gives_the_same_shares() -> None:
    scenario = Scenario(name="Try", goal=Goal.SETTLED, changes=(OPEN, MORE))
    job = Job(attribute_job, world(), scenario)
    assert job.result(timeout=60) == attribute(world(), scenario)
    assert job.progress == (4, 4)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"figure": "happy"}, "no figure 'happy'"),
        ({"exact_up_to": 40}, "at most 16"),
        ({"samples": 2}, "3 orders"),
    ],
)
def test_what_makes_no_sense_is_refused(asked: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        shared(OPEN, **asked)
