"""Whether the door is full on the day, against tables, recursions and balance equations."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate

from housing_map import queueing
from housing_map.errors import UsageError
from housing_map.kinds import KINDS
from housing_map.parameters import Figure
from housing_map.provision import Pool
from housing_map.vocabulary import CapacityBasis, Run, Status

loads = st.floats(0.01, 300)
places_ = st.floats(0.1, 400)


def figure(low: float, central: float, high: float, worse: str) -> Figure:
    return Figure("made up", "made up", low, central, high, "", worse, Status.ASSUMED, "made up")  # type: ignore[arg-type]


def pool(
    units: float = 34.0, sites: int = 2, occupancy: float = 1.0, stay_days: float = 132.0
) -> Pool:
    return Pool(
        id="pool:refuge",
        label="Refuges",
        kind=KINDS["refuge"],
        basis=CapacityBasis.UNITS,
        members=("a", "b"),
        sites=sites,
        capacity=figure(units / 2, units, units * 2, "low"),
        stay_days=figure(stay_days / 2, stay_days, stay_days * 2, "high"),
        occupancy=figure(occupancy, occupancy, occupancy, "low"),
        status=Status.ASSUMED,
    )


def recursion(load: float, places: int) -> float:
    """Erlang B by the recursion of every textbook."""
    blocked = 1.0
    for number in range(1, places + 1):
        blocked = load * blocked / (number + load * blocked)
    return blocked


def balanced(load: float, places: int, patience: float) -> tuple[float, float, float]:
    """Chance of waiting, share who leave and mean wait, from the balance equations of M/M/c+M.

    The mean stay is 1; states above the cut-off are so unlikely that they do not count.
    """
    states = np.arange(1, 4000)
    leaving = np.minimum(states, places) + np.maximum(states - places, 0) / patience
    log_weight = np.concatenate([[0.0], np.cumsum(math.log(load) - np.log(leaving))])
    chance = np.exp(log_weight - log_weight.max())
    chance /= chance.sum()
    queue = np.maximum(np.arange(4000) - places, 0)
    wait = float(chance @ queue) / load
    return float(chance[places:].sum()), wait / patience, wait


class TestUnitsAndHouseholds:
    def test_units_become_households_and_households_units(self) -> None:
        households = queueing.households_a_year(34, 0.9, 132)
        assert households == pytest.approx(34 * 0.9 * 365 / 132)
        assert queueing.units_needed(households, 0.9, 132) == pytest.approx(34)

    def test_the_identity_sums_households_of_unlike_stays(self) -> None:
        identity = queueing.unit_days(4, 0.5, [(4, 100), (3, 110)])
        assert identity.available == 730
        assert identity.used == 730
        assert identity.households == 7
        assert identity.sentence == (
            "4.0 households × 100 days + 3.0 households × 110 days = 730 unit-days, of "
            "4.0 units × 0.50 × 365 = 730"
        )

    def test_nobody_using_the_units_is_said_too(self) -> None:
        assert queueing.unit_days(4, 0.5, []).sentence.startswith("No households = 0 unit-days")

    @pytest.mark.parametrize("run", list(Run))
    def test_a_full_pool_uses_what_the_cascade_may_use(self, run: Run) -> None:
        identity = queueing.pool_unit_days(pool(occupancy=0.9), run)
        assert identity.used == pytest.approx(identity.available)
        assert identity.households == pytest.approx(pool(occupancy=0.9).households(run))

    def test_a_pool_in_part_use_keeps_its_stay(self) -> None:
        assert queueing.pool_unit_days(pool(), Run.CENTRAL, 1320).uses == ((10.0, 132.0),)


class TestErlangB:
    @pytest.mark.parametrize(
        ("load", "places", "blocked"),
        [
            # Offered load at 1 in 100 blocked; 15 lines: manual of the Erlang B calculator of
            # Westbay Engineers (erlang.com); the others: traffic tables in general use.
            (8.108, 15, 0.0100),
            (4.461, 10, 0.0100),
            (12.03, 20, 0.0100),
            (20.34, 30, 0.0100),
            (37.90, 50, 0.0100),
            (84.06, 100, 0.0100),
            # 30 lines for 25 Erlangs: documentation of the Wolfram Language, M/M/c/c queue.
            (25.0, 30, 0.0526),
        ],
    )
    def test_published_tables(self, load: float, places: int, blocked: float) -> None:
        assert queueing.erlang_b(load, places) == pytest.approx(blocked, abs=1e-4)

    @given(loads, st.integers(0, 400))
    def test_whole_numbers_agree_with_the_recursion(self, load: float, places: int) -> None:
        assert queueing.erlang_b(load, places) == pytest.approx(
            recursion(load, places), rel=1e-10, abs=1e-280
        )

    @given(st.floats(0.01, 2000), places_)
    def test_fractions_agree_with_the_recursion_from_one_to_the_next(
        self, load: float, places: float
    ) -> None:
        before = queueing.erlang_b(load, places)
        after = load * before / (places + 1 + load * before)
        assert queueing.erlang_b(load, places + 1) == pytest.approx(after, rel=1e-9, abs=1e-280)

    @given(st.floats(0.5, 50), st.floats(0, 60))
    def test_fractions_agree_with_the_defining_integral(self, load: float, places: float) -> None:
        inverse, _ = integrate.quad(
            lambda t: load * math.exp(places * math.log1p(t) - load * t),
            0,
            math.inf,
            epsabs=0,
            epsrel=1e-11,
            limit=500,
        )
        assert queueing.erlang_b(load, places) == pytest.approx(1 / inverse, rel=1e-8)

    @given(loads, places_, st.floats(1.001, 2))
    def test_more_asked_or_fewer_places_is_fuller(
        self, load: float, places: float, more: float
    ) -> None:
        full = queueing.erlang_b(load, places)
        assert queueing.erlang_b(load * more, places) >= full
        assert queueing.erlang_b(load, places * more) <= full

    @given(loads, places_, st.integers(2, 12))
    def test_pooling_never_turns_more_away(self, load: float, places: float, sites: int) -> None:
        apart = queueing.erlang_b(load / sites, places / sites)
        assert queueing.erlang_b(load, places) <= apart * (1 + 1e-9)

    def test_far_more_asked_than_there_is(self) -> None:
        assert queueing.erlang_b(2000, 30.5) == pytest.approx(
            (recursion(2000, 30) + recursion(2000, 31)) / 2, rel=1e-6
        )
        assert queueing.erlang_b(1e5, 10) == pytest.approx(recursion(1e5, 10), rel=1e-10)

    def test_the_ends(self) -> None:
        assert queueing.erlang_b(0, 0) == 1
        assert queueing.erlang_b(5, 0) == 1
        assert queueing.erlang_b(0, 5) == 0
        assert queueing.erlang_b(1e-300, 40) == 0


class TestErlangC:
    def test_one_server_waits_as_often_as_it_is_busy(self) -> None:
        found = queueing.waiting(0.8, 1, 10)
        assert found.chance == pytest.approx(0.8)
        assert found.mean_days == pytest.approx(0.8 * 10 / 0.2)

    def test_two_servers_by_hand(self) -> None:
        """C(2, A) = A² / (2 + A): with A = 1, a third waits."""
        assert queueing.erlang_c(1, 2) == pytest.approx(1 / 3)

    @given(loads, places_)
    def test_waiting_is_at_least_as_likely_as_being_turned_away(
        self, load: float, places: float
    ) -> None:
        chance = queueing.erlang_c(load, places)
        assert queueing.erlang_b(load, places) * (1 - 1e-12) <= chance <= 1

    @pytest.mark.parametrize("load", [30.0, 31.0])
    def test_as_much_asked_as_there_is_means_a_wait_without_end(self, load: float) -> None:
        found = queueing.waiting(load, 30, 132)
        assert found.chance == 1
        assert found.mean_days == math.inf
        assert found.within(0.5) == math.inf

    def test_the_quantile_gives_back_its_share(self) -> None:
        found = queueing.waiting(27, 30.6, 132)
        days = found.within(0.9)
        assert found.chance * math.exp(-days / found.clears_days) == pytest.approx(0.1)
        assert found.within(1 - found.chance) == 0
        assert found.within(0.0) == 0

    @given(st.floats(1, 100), st.floats(0.05, 0.95), st.floats(1, 400))
    def test_the_mean_is_the_area_under_the_quantiles(
        self, places: float, busy: float, stay: float
    ) -> None:
        found = queueing.waiting(busy * places, places, stay)
        area, _ = integrate.quad(lambda days: found.chance * math.exp(-days / found.clears_days),
                                 0, 60 * found.clears_days)  # fmt: skip
        assert found.mean_days == pytest.approx(area, rel=1e-6)


class TestErlangA:
    @pytest.mark.parametrize("load", [0.3, 4.0, 9.5, 10.0, 14.0, 40.0])
    @pytest.mark.parametrize("patience", [0.01, 0.3, 1.0, 5.0])
    def test_whole_numbers_agree_with_the_balance_equations(
        self, load: float, patience: float
    ) -> None:
        chance, gone, wait = balanced(load, 10, patience)
        found = queueing.erlang_a(load, 10, 1, patience)
        assert found.chance == pytest.approx(chance, rel=1e-9)
        assert found.gone == pytest.approx(gone, rel=1e-9)
        assert found.mean_days == pytest.approx(wait, rel=1e-9)

    @given(st.floats(1, 100), places_, st.floats(0.01, 1000))
    def test_it_lies_between_turning_away_and_waiting(
        self, load: float, places: float, patience: float
    ) -> None:
        found = queueing.erlang_a(load, places, 1, patience)
        blocked = queueing.erlang_b(load, places)
        least = max(1 - places / load, 0.0)
        assert blocked * (1 - 1e-9) <= found.chance
        assert found.chance <= queueing.erlang_c(load, places) * (1 + 1e-9)
        assert least * (1 - 1e-9) <= found.gone <= blocked * (1 + 1e-9)

    @pytest.mark.parametrize("load", [3.0, 27.0, 30.0])
    def test_without_end_of_patience_everybody_waits(self, load: float) -> None:
        patient, waits = queueing.erlang_a(load, 30.6, 132, 1e9), queueing.waiting(load, 30.6, 132)
        assert patient.chance == pytest.approx(waits.chance, rel=1e-4)
        assert patient.mean_days == pytest.approx(waits.mean_days, rel=1e-4)

    @pytest.mark.parametrize("load", [3.0, 27.0, 60.0])
    def test_without_patience_nobody_waits(self, load: float) -> None:
        blocked = queueing.erlang_b(load, 30.6)
        none, hardly = (queueing.erlang_a(load, 30.6, 132, days) for days in (0, 1e-6))
        assert none.gone == blocked
        assert hardly.gone == pytest.approx(blocked, rel=1e-6)
        assert none.mean_days == 0

    def test_nobody_asks_or_there_is_nothing(self) -> None:
        assert queueing.erlang_a(0, 5, 132, 7).gone == 0
        assert queueing.erlang_a(2, 0, 132, 7) == queueing.Patience(1.0, 1.0, 7.0)

    def test_leaving_and_arriving_balance(self) -> None:
        """Those who leave are asked at the rate at which people in the queue lose patience."""
        one_by_one = queueing.erlang_a(40, 30.6, 132, 28)
        assert one_by_one.gone * 28 == pytest.approx(one_by_one.mean_days)


class TestHomes:
    def test_the_wait_for_a_home_is_erlang_c_with_one_server_and_its_own_turn(self) -> None:
        found = queueing.waiting(50 / 71, 1, 365 / 71)
        assert queueing.wait_for_home(50, 71) == pytest.approx(found.mean_days + 365 / 71)

    def test_as_many_asking_as_there_are_homes_wait_without_end(self) -> None:
        assert queueing.wait_for_home(71, 71) == math.inf
        assert queueing.wait_for_home(0, 0) == math.inf


class TestDoor:
    def test_one_pool_of_34_turns_away_fewer_than_two_of_17(self) -> None:
        found = queueing.door(pool(), Run.CENTRAL, 80)
        one, two = found.by_sites
        assert (one.sites, two.sites) == (1, 2)
        assert (one.places_each, two.places_each) == (34, 17)
        assert found.load == pytest.approx(80 * 132 / 365)
        assert one.full == pytest.approx(recursion(found.load, 34), rel=1e-9)
        assert two.full == pytest.approx(recursion(found.load / 2, 17), rel=1e-9)
        assert one.turned_away < two.turned_away == pytest.approx(two.full * 80)
        assert two.all_full == pytest.approx(two.full**2)
        assert one.all_full == one.full

    def test_a_place_that_cannot_be_lived_in_all_year_is_a_part_of_a_place(self) -> None:
        found = queueing.door(pool(occupancy=0.9), Run.CENTRAL, 80)
        assert found.places == pytest.approx(30.6)
        assert found.by_sites[0].full == queueing.erlang_b(found.load, 34 * 0.9)

    def test_each_run_asks_of_its_own_figures(self) -> None:
        full = [queueing.door(pool(), run, 80).by_sites[0].full for run in Run]
        cautious, central, optimistic = full
        assert cautious > central > optimistic

    def test_waiting_and_patience_stand_beside(self) -> None:
        found = queueing.door(pool(), Run.CENTRAL, 80, patience_days=28)
        one = found.by_sites[0]
        assert one.waiting == queueing.waiting(found.load, 34, 132)
        assert one.patience == queueing.erlang_a(found.load, 34, 132, 28)
        assert queueing.door(pool(), Run.CENTRAL, 80).by_sites[0].patience is None

    def test_nobody_asks(self) -> None:
        found = queueing.door(pool(), Run.CENTRAL, 0)
        assert [site.turned_away for site in found.by_sites] == [0, 0]

    def test_nothing_there(self) -> None:
        found = queueing.door(pool(units=0), Run.CENTRAL, 80)
        assert found.by_sites[1].turned_away == pytest.approx(80)

    def test_a_pool_without_units_has_no_door(self) -> None:
        lettings = replace(pool(), label="Lettings", stay_days=None, occupancy=None)
        with pytest.raises(UsageError, match="Lettings has no units"):
            queueing.door(lettings, Run.CENTRAL, 80)
        with pytest.raises(UsageError, match="Lettings has no units"):
            queueing.pool_unit_days(lettings, Run.CENTRAL)


class TestRefusals:
    @pytest.mark.parametrize("bad", [-1.0, math.nan, math.inf])
    def test_impossible_figures_are_refused_by_name(self, bad: float) -> None:
        with pytest.raises(UsageError, match="load in Erlangs must be a number at least 0"):
            queueing.erlang_b(bad, 3)
        with pytest.raises(UsageError, match="number of places"):
            queueing.erlang_c(1, bad)
        with pytest.raises(UsageError, match="mean stay in days must be a number above 0"):
            queueing.waiting(1, 3, bad)
        with pytest.raises(UsageError, match="mean patience"):
            queueing.erlang_a(1, 3, 10, bad)
        with pytest.raises(UsageError, match="seek a place"):
            queueing.door(pool(), Run.CENTRAL, bad)
        with pytest.raises(UsageError, match="Homes a year"):
            queueing.wait_for_home(1, bad)
        with pytest.raises(UsageError, match="number of units"):
            queueing.households_a_year(bad, 0.9, 132)
        with pytest.raises(UsageError, match="Unit-days"):
            queueing.pool_unit_days(pool(), Run.CENTRAL, bad)

    @pytest.mark.parametrize("occupancy", [-0.1, 1.1])
    def test_occupancy_is_a_share(self, occupancy: float) -> None:
        with pytest.raises(UsageError, match="Occupancy must be a number at least 0 and at most 1"):
            queueing.unit_days(4, occupancy, [])

    def test_no_stay_can_be_divided_by(self) -> None:
        with pytest.raises(UsageError, match="mean stay"):
            queueing.households_a_year(34, 0.9, 0)
        with pytest.raises(UsageError, match="Occupancy must be a number above 0"):
            queueing.units_needed(10, 0, 132)

    @pytest.mark.parametrize("share", [-0.1, 1.0])
    def test_a_quantile_is_of_a_share_below_one(self, share: float) -> None:
        with pytest.raises(UsageError, match="share of households"):
            queueing.waiting(1, 3, 10).within(share)

    def test_a_pool_has_a_site(self) -> None:
        with pytest.raises(UsageError, match="number of sites must be 1 or more"):
            queueing.site_door(5, 8, 0, stay_days=100)
