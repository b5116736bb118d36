"""Waits that feed back into stays: found against hand-worked roots, or refused with words."""

import math
import re
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize

from housing_map import queueing, stays
from housing_map.coverage import Cells
from housing_map.errors import SolverError, UsageError
from housing_map.stays import MoveOn, StayReading, Stays
from housing_map.vocabulary import Goal
from tests.packs import Tables, change
from tests.worlds import bare, chain, one_run, only_run, route, serve, set_shares

HAND_WORKED = (7015 + math.sqrt(5_410_225)) / 60
"""10 units, own stay 100 days, 30 homes a year: s = 100 + 365 ÷ (30 - 3650 ÷ s), that is
30 s² - 7015 s + 365000 = 0."""


def one_refuge(
    own: float = 100, units: float = 10, reaching: float = 50, homes: float = 30, others: float = 0
) -> MoveOn:
    return MoveOn(
        own_days={"refuge": own},
        unit_days={"refuge": units * 365},
        reaching={"refuge": reaching},
        onward={("refuge", "homes"): reaching},
        others={"homes": others},
        capacity={"homes": homes},
        places={},
    )


def settled(moves: MoveOn, longest: float = stays.LONGEST_DAYS) -> Stays:
    return stays.fixed_stays(
        moves.own_days,
        lambda days: stays.stays_with_waits(moves, days, longest=longest),
        longest=longest,
    )


class TestFixedStays:
    def test_one_pool_by_hand(self) -> None:
        found = settled(one_refuge())
        assert found.days["refuge"] == pytest.approx(HAND_WORKED, abs=1e-6)
        assert found.gap < stays.TOLERANCE_DAYS

    @given(
        st.floats(10, 300),
        st.floats(1, 60),
        st.floats(1, 300),
        st.floats(0.5, 200),
        st.floats(0, 2),
    )
    def test_one_pool_agrees_with_a_bracketed_root(
        self, own: float, units: float, reaching: float, homes: float, others: float
    ) -> None:
        moves = one_refuge(own, units, reaching, homes, others * homes)

        def excess(days: float) -> float:
            through = min(reaching, units * 365 / days)
            spare = homes - others * homes - through
            return own + min(365 / spare if spare > 0 else math.inf, 730.0) - days

        expected = 730.0 if excess(730) >= 0 else optimize.brentq(excess, own, 730, xtol=1e-11)
        assert settled(moves).days["refuge"] == pytest.approx(expected, abs=1e-5)

    def test_two_pools_in_one_queue_agree_with_the_root_in_the_wait(self) -> None:
        moves = MoveOn(
            own_days={"refuge": 120, "dispersed": 200},
            unit_days={"refuge": 30 * 365, "dispersed": 12 * 365},
            reaching={"refuge": 80, "dispersed": 20},
            onward={("refuge", "homes"): 60, ("dispersed", "homes"): 20},
            others={"homes": 15},
            capacity={"homes": 70},
            places={},
        )

        def excess(wait: float) -> float:
            refuge = min(80, 30 * 365 / (120 + 0.75 * wait))
            dispersed = min(20, 12 * 365 / (200 + wait))
            spare = 70 - 15 - 0.75 * refuge - dispersed
            return (365 / spare if spare > 0 else 1e9) - wait

        wait = optimize.brentq(excess, 0, 700, xtol=1e-12)
        found = settled(moves)
        assert found.days["refuge"] == pytest.approx(120 + 0.75 * wait, abs=1e-5)
        assert found.days["dispersed"] == pytest.approx(200 + wait, abs=1e-5)
        assert wait > 10

    def test_pools_that_pull_at_one_another_are_moved_together(self) -> None:
        """Round a ring, a day more in one pool is 1.5 days less in the one before.

        One after the other they swing ever wider; 200 days for all follow from themselves.
        """
        ring = {"a": "b", "b": "c", "c": "a"}

        def longer(days: Mapping[str, float]) -> dict[str, float]:
            return {pool: 500 - 1.5 * days[after] for pool, after in ring.items()}

        found = stays.fixed_stays({"a": 0, "b": 10, "c": 20}, longer)
        assert found.days == pytest.approx(dict.fromkeys("abc", 200.0), abs=1e-5)

    @given(st.data())
    def test_many_pools_and_next_steps_settle_whatever_the_figures(
        self, data: st.DataObject
    ) -> None:
        pools = [f"pool {n}" for n in range(data.draw(st.integers(1, 4)))]
        steps = [f"step {n}" for n in range(data.draw(st.integers(1, 3)))]

        def drawn(names: list[str], low: float, high: float) -> dict[str, float]:
            return {name: data.draw(st.floats(low, high)) for name in names}

        own, units, reaching = drawn(pools, 20, 300), drawn(pools, 1, 50), drawn(pools, 1, 100)
        onward = {(p, s): reaching[p] * data.draw(st.floats(0, 1)) / len(steps)
                  for p in pools for s in steps}  # fmt: skip
        planned = {s: sum(flow for (_, to), flow in onward.items() if to == s) for s in steps}
        others, spare = drawn(steps, 0, 100), drawn(steps, -2, 20)
        moves = MoveOn(
            own_days=own,
            unit_days={pool: 365 * count for pool, count in units.items()},
            reaching=reaching,
            onward=onward,
            others=others,
            capacity={s: max(planned[s] + others[s] + spare[s], 0) for s in steps},
            places={},
        )
        found = settled(moves).days
        after = stays.stays_with_waits(moves, found, longest=stays.LONGEST_DAYS)
        for pool in pools:
            assert own[pool] <= found[pool] <= stays.LONGEST_DAYS
            assert found[pool] == pytest.approx(min(after[pool], stays.LONGEST_DAYS), abs=1e-5)

    def test_what_already_follows_from_itself_takes_no_round(self) -> None:
        found = stays.fixed_stays({"a": 90.0}, lambda _: {"a": 90.0})
        assert found == Stays({"a": 90.0}, 0, 0.0)

    def test_no_pool_no_stay(self) -> None:
        assert stays.fixed_stays({}, lambda _: {}) == Stays({}, 0, 0.0)

    def test_a_stay_ends_at_the_longest_and_never_below_its_own(self) -> None:
        found = stays.fixed_stays(
            {"long": 90, "short": 90}, lambda _: {"long": math.inf, "short": -5.0}
        )
        assert found.days == {"long": 730.0, "short": 90}

    def test_a_jump_is_refused_with_the_pool_and_the_days(self) -> None:
        def longer(days: Mapping[str, float]) -> dict[str, float]:
            return {"calm": 100.0, "refuge": 300.0 if days["refuge"] < 200 else 100.0}

        words = r"within 7 rounds: that of refuge lies between ([\d.]+) and ([\d.]+) days"
        with pytest.raises(SolverError, match=words) as refused:
            stays.fixed_stays({"calm": 50, "refuge": 60}, longer, rounds=7)
        found = re.search(words, str(refused.value))
        assert found is not None
        low, high = map(float, found.groups())
        assert low <= 200 <= high

    def test_a_stay_that_is_no_number_is_refused(self) -> None:
        with pytest.raises(SolverError, match="No stay follows for refuge"):
            stays.fixed_stays({"refuge": 60}, lambda _: {"refuge": math.nan})

    @pytest.mark.parametrize("own", [-1.0, 731.0, math.nan])
    def test_an_impossible_stay_of_its_own_is_refused(self, own: float) -> None:
        with pytest.raises(UsageError, match="stay of refuge must lie between 0 and 730 days"):
            stays.fixed_stays({"refuge": own}, lambda days: days)


class TestWaits:
    def test_a_step_asked_for_all_it_has_waits_without_end_unless_cut(self) -> None:
        moves = one_refuge(reaching=30, homes=30)
        assert stays.move_on_waits(moves, {"refuge": 100}) == {"homes": math.inf}
        assert stays.move_on_waits(moves, {"refuge": 100}, longest=730) == {"homes": 730}

    def test_a_longer_stay_sends_fewer_on_once_the_units_are_full(self) -> None:
        moves = one_refuge(reaching=30)
        assert stays.arrivals(moves, {"refuge": 100})["homes"] == 30
        assert stays.arrivals(moves, {"refuge": 365})["homes"] == pytest.approx(10)

    def test_a_wait_weighs_by_the_share_who_go_on_to_it(self) -> None:
        moves = replace(one_refuge(reaching=20, units=100), onward={("refuge", "homes"): 5.0})
        found = stays.stays_with_waits(moves, {"refuge": 100})
        assert found["refuge"] == pytest.approx(100 + 0.25 * 365 / (30 - 5))

    def test_a_next_step_of_units_waits_by_erlang_c_and_its_own_stay(self) -> None:
        moves = MoveOn(
            own_days={"refuge": 100, "second": 300},
            unit_days={"refuge": 36500, "second": 9 * 365},
            reaching={"refuge": 10, "second": 10},
            onward={("refuge", "second"): 10},
            others={"second": 0},
            capacity={"second": 9 * 365 / 300},
            places={"second": 9},
        )
        wait = stays.move_on_waits(moves, {"refuge": 100, "second": 320})["second"]
        assert wait == queueing.waiting(10 * 320 / 365, 9, 320).mean_days
        assert settled(moves).days["refuge"] == pytest.approx(
            100 + queueing.waiting(10 * 300 / 365, 9, 300).mean_days
        )

    @given(st.floats(1, 200), st.floats(1.01, 3))
    def test_more_homes_never_lengthen_a_stay(self, homes: float, more: float) -> None:
        few, many = (settled(one_refuge(homes=h)).days["refuge"] for h in (homes, homes * more))
        assert many <= few + 1e-6

    def test_the_stay_that_a_full_move_on_implies(self) -> None:
        assert stays.implied_stay(34 * 0.9 * 365, 40) == pytest.approx(279.225)
        assert stays.implied_stay(100, 0) == math.inf
        with pytest.raises(UsageError, match="must be 0 or more"):
            stays.implied_stay(100, -1)

    def test_with_room_in_the_refuge_the_stay_grows_to_what_the_move_on_implies_and_a_little_more(
        self,
    ) -> None:
        """Until the units are full, a longer stay turns nobody away and shortens no queue."""
        moves = one_refuge(own=60, units=20, reaching=40, homes=40)
        implied = stays.implied_stay(20 * 365, 40)
        days = settled(moves).days["refuge"]
        assert implied < days < implied + 100


def refuge_and_lettings(units: float = 8, lettings: float = 30, seeking: float = 40) -> Tables:
    """8 units with stays of 73 days take 40 households a year; 30 lettings follow."""
    tables = bare(seeking, move=1)
    serve(tables, "refuge", "refuge", units, basis="units")
    change(tables, "capacity", {"service_id": "refuge"}, stay_days_central="73")
    serve(tables, "lettings", "social_letting", lettings, basis="lettings")
    chain(tables, "entry:police", "refuge", "lettings", "home:social")
    return tables


def cells_of(tables: Tables, goal: Goal = Goal.SETTLED) -> Cells:
    return only_run(one_run(tables, goal=goal)).cells


def only_reading(cells: Cells) -> StayReading:
    (reading,) = stays.longer_stays(cells)
    return reading


class TestLongerStays:
    def test_a_refuge_before_lettings_by_hand(self) -> None:
        """30 s² - (2920 + 2190 + 365) s + 73 × 2920 = 0."""
        found = only_reading(cells_of(refuge_and_lettings()))
        expected = (5475 + math.sqrt(5475**2 - 120 * 213_160)) / 60
        assert found.own_days == 73
        assert found.days == pytest.approx(expected, abs=1e-3)
        assert found.wait_days == pytest.approx(expected - 73, abs=1e-3)
        assert found.planned == pytest.approx(30)
        assert found.implied_days == pytest.approx(2920 / 30)
        assert found.households == pytest.approx(2920 / expected, abs=1e-4)
        assert not found.at_longest
        (step,) = found.next_steps
        assert (step.pool_id, step.full, step.cut) == ("lettings", True, False)
        assert step.share == pytest.approx(1)
        assert step.wait_days == pytest.approx(365 / (30 - step.households), abs=1e-3)
        assert step.capacity == 30

    def test_the_cascade_with_longer_stays_helps_as_many_as_still_pass_through(self) -> None:
        cells = cells_of(refuge_and_lettings())
        found = only_reading(cells)
        with_waits = stays.with_longer_stays(cells, [found])
        assert cells.met.sum() == pytest.approx(30, abs=1e-4)
        assert with_waits.met.sum() == pytest.approx(found.households, abs=1e-4)
        assert with_waits.demand.sum() == pytest.approx(with_waits.outcomes.sum(), abs=1e-9)

    def test_homes_to_spare_leave_only_the_time_until_one_comes_up(self) -> None:
        found = only_reading(cells_of(refuge_and_lettings(lettings=3650)))
        assert found.wait_days == pytest.approx(365 / 3610, abs=1e-4)
        assert not found.next_steps[0].full

    def test_units_that_are_never_full_leave_the_stay_at_the_longest(self) -> None:
        """At two years 100 units still let through more than the 30 lettings take."""
        found = only_reading(cells_of(refuge_and_lettings(units=100)))
        assert found.at_longest
        assert found.days == stays.LONGEST_DAYS
        assert found.next_steps[0].cut

    def test_those_who_come_from_elsewhere_stand_in_the_same_queue(self) -> None:
        """A quarter of the households go direct, and take lettings from those in the refuge."""
        tables = refuge_and_lettings(seeking=60)
        set_shares(tables, "entry", police=0.75, health=0.25)
        chain(tables, "entry:health", "lettings")
        cells = cells_of(tables)
        moves = stays.move_on(cells)
        assert moves.others["lettings"] > 0
        assert moves.others["lettings"] + moves.reaching["refuge"] == pytest.approx(30)
        alone = stays.move_on_waits(replace(moves, others={"lettings": 0}), {"refuge": 73})
        assert alone["lettings"] < math.inf

    def test_the_wait_that_the_routes_state_stands_beside(self) -> None:
        tables = refuge_and_lettings()
        change(
            tables,
            "referral_routes",
            {"from_id": "refuge", "to_id": "lettings"},
            wait_days_central="248",
        )
        assert only_reading(cells_of(tables)).next_steps[0].stated_days == pytest.approx(248)

    def test_two_next_steps_are_each_named(self) -> None:
        tables = refuge_and_lettings(lettings=20)
        serve(tables, "renting", "private_rented_access", 10, basis="moves")
        route(tables, "refuge", "renting", accepts_central="0.9")
        chain(tables, "renting", "home:private")
        found = only_reading(cells_of(tables))
        assert [step.pool_id for step in found.next_steps] == ["lettings", "renting"]
        waited = sum(step.share * step.wait_days for step in found.next_steps)
        assert found.days == pytest.approx(73 + waited, abs=1e-5)

    def test_a_step_without_a_limit_is_no_wait(self) -> None:
        tables = bare(20, move=1)
        serve(tables, "refuge", "refuge", 8, basis="units")
        serve(tables, "lettings", "social_letting")
        chain(tables, "entry:police", "refuge", "lettings", "home:social")
        found = only_reading(cells_of(tables))
        assert (found.wait_days, found.next_steps) == (0, ())

    def test_no_units_no_reading(self) -> None:
        tables = bare(20, move=1)
        serve(tables, "lettings", "social_letting", 10, basis="lettings")
        chain(tables, "entry:police", "lettings", "home:social")
        assert stays.longer_stays(cells_of(tables)) == ()

    def test_the_goal_safe_asks_for_no_next_step(self) -> None:
        with pytest.raises(UsageError, match="ask with the goal 'settled'"):
            stays.longer_stays(cells_of(refuge_and_lettings(), Goal.SAFE))
