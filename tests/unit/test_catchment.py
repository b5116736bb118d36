"""Floating catchments: against PySAL access and by hand, what they conserve, what changes nothing.

The oracle of E2SFCA is ``access.fca.two_stage_fca``; of the balanced method, plain loops over the
published formulas.
"""

import math
from dataclasses import dataclass
from typing import Any

import hypothesis
import numpy as np
import pandas as pd
import pytest
from access import fca, weights
from hypothesis import strategies as st
from scipy import sparse

from housing_map.catchment import (
    LUO_QI,
    LUO_QI_STEEP,
    Decay,
    Gaussian,
    Zones,
    balanced,
    enhanced,
    minutes_between,
    minutes_from_rows,
    minutes_from_table,
)
from housing_map.errors import UsageError

CLOSE = 1e-12
"""How far a figure may be from the oracle's, as a share of it."""
DECAYS: tuple[Decay, ...] = (LUO_QI, LUO_QI_STEEP, Zones((30,), (1,)), Gaussian(12, 30))
decays = pytest.mark.parametrize("decay", DECAYS, ids=["slow", "steep", "plain", "gaussian"])


@dataclass(frozen=True)
class District:
    """Areas with people, sites with supply, and minutes between them (NaN: no way)."""

    people: np.ndarray[Any, Any]
    supply: np.ndarray[Any, Any]
    table: np.ndarray[Any, Any]

    @property
    def minutes(self) -> sparse.coo_array:
        return minutes_from_table(pd.DataFrame(self.table))


@st.composite
def districts(draw: st.DrawFn) -> District:
    areas, sites = draw(st.integers(1, 7)), draw(st.integers(1, 5))
    times = st.sampled_from([0, 4, 10, 10.5, 20, 25.25, 30, 30.001, 90, math.inf, math.nan])
    people, supply = st.sampled_from([0, 1, 310, 1500.5]), st.sampled_from([0, 0.5, 7, 40])
    return District(
        np.array([draw(people) for _ in range(areas)], dtype=float),
        np.array([draw(supply) for _ in range(sites)], dtype=float),
        np.array([[draw(times) for _ in range(sites)] for _ in range(areas)], dtype=float),
    )


def generated(seed: int, areas: int = 300, sites: int = 25) -> District:
    random = np.random.default_rng(seed)
    return District(
        random.integers(1, 3000, areas).astype(float),
        random.integers(1, 60, sites).astype(float),
        random.uniform(0, 70, (areas, sites)),
    )


# Oracles -----------------------------------------------------------------------------------


def by_pysal(district: District, decay: Decay) -> np.ndarray[Any, Any]:
    """Return E2SFCA by PySAL access; an area with no site in its catchment is absent there."""
    areas, sites = np.indices(district.table.shape).reshape(2, -1)
    cost = pd.DataFrame({"origin": areas, "dest": sites, "cost": district.table.ravel()})
    if isinstance(decay, Gaussian):
        function: Any = weights.gaussian(decay.sigma)
    else:
        function = weights.step_fn(dict(zip(decay.limits, decay.weights, strict=True)))
    found = fca.two_stage_fca(
        pd.DataFrame({"demand": district.people}),
        pd.DataFrame({"supply": district.supply}),
        cost,
        max_cost=decay.limit,
        demand_index=True,
        demand_name="demand",
        supply_name="supply",
        weight_fn=function,
    )
    return np.asarray(found.reindex(range(len(district.people))).fillna(0.0))


def weight(minutes: float, decay: Decay) -> float:
    """Return the weight of one time, written out."""
    if math.isnan(minutes) or minutes > decay.limit:
        return 0.0
    if isinstance(decay, Gaussian):
        return math.exp(-(minutes**2) / (2 * decay.sigma**2))
    return next(w for limit, w in zip(decay.limits, decay.weights, strict=True) if minutes <= limit)


def by_loops(district: District, decay: Decay) -> tuple[list[float], list[float], list[float]]:
    """Return level at sites, access and level met by BFCA, by loops over the formulas."""
    areas, sites = range(len(district.people)), range(len(district.supply))
    w = [[weight(district.table[i, j], decay) for j in sites] for i in areas]
    of_area = [sum(w[i]) for i in areas]
    of_site = [sum(w[i][j] for i in areas) for j in sites]
    come = [
        sum(district.people[i] * w[i][j] / of_area[i] for i in areas if of_area[i]) for j in sites
    ]
    level = [district.supply[j] / come[j] if come[j] else 0.0 for j in sites]
    access = [sum(level[j] * w[i][j] / of_site[j] for j in sites if of_site[j]) for i in areas]
    met = [
        sum(level[j] * w[i][j] / of_area[i] for j in sites) if of_area[i] else 0.0 for i in areas
    ]
    return level, access, met


@decays
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_e2sfca_is_that_of_pysal(decay: Decay, seed: int) -> None:
    district = generated(seed)
    ours = enhanced(district.people, district.supply, district.minutes, decay).access
    np.testing.assert_allclose(ours, by_pysal(district, decay), rtol=CLOSE)


def test_e2sfca_is_that_of_pysal_where_sites_stand_at_the_edge_of_a_zone() -> None:
    times = np.array([[0, 10, 20], [30, 30.000001, 10], [45, 20, np.nan]])
    district = District(np.array([100.0, 250, 70]), np.array([3.0, 8, 5]), times)
    ours = enhanced(district.people, district.supply, district.minutes).access
    np.testing.assert_allclose(ours, by_pysal(district, LUO_QI), rtol=CLOSE)


@decays
def test_bfca_is_that_of_the_published_formulas(decay: Decay) -> None:
    district = generated(4, areas=40, sites=7)
    found = balanced(district.people, district.supply, district.minutes, decay)
    level, access, met = by_loops(district, decay)
    np.testing.assert_allclose(found.level, level, rtol=CLOSE)
    np.testing.assert_allclose(found.access, access, rtol=CLOSE)
    np.testing.assert_allclose(found.met, met, rtol=CLOSE)


def test_two_areas_and_two_sites_by_hand() -> None:
    """Area 0 (100 people) gets to both sites, in 5 and 15 minutes; area 1 (50) to the second."""
    district = District(
        np.array([100.0, 50]), np.array([10.0, 21]), np.array([[5, 15], [99, 10.0]])
    )
    first = enhanced(district.people, district.supply, district.minutes)
    assert first.demand == pytest.approx([100, 100 * 0.68 + 50])
    assert first.access == pytest.approx([10 / 100 + 0.68 * 21 / 118, 21 / 118])
    even = balanced(district.people, district.supply, district.minutes)
    come = [100 / 1.68, 100 * 0.68 / 1.68 + 50]
    assert even.demand == pytest.approx(come)
    level = [10 / come[0], 21 / come[1]]
    assert even.access == pytest.approx([level[0] + level[1] * 0.68 / 1.68, level[1] / 1.68])
    assert even.met == pytest.approx([(level[0] + level[1] * 0.68) / 1.68, level[1]])


def test_on_a_plain_where_everybody_reaches_everything_access_is_supply_over_people() -> None:
    people, supply = np.array([30.0, 50, 20]), np.array([4.0, 6])
    minutes = minutes_from_table(pd.DataFrame(np.full((3, 2), 7.0)))
    assert enhanced(people, supply, minutes).access == pytest.approx([0.1] * 3)
    assert balanced(people, supply, minutes).met == pytest.approx([0.1] * 3)


# What is conserved --------------------------------------------------------------------------


@hypothesis.given(districts(), st.sampled_from(DECAYS))
def test_e2sfca_hands_out_all_the_supply_that_anybody_reaches(
    district: District, decay: Decay
) -> None:
    found = enhanced(district.people, district.supply, district.minutes, decay)
    handed_out = float(district.people @ found.access)
    assert handed_out + found.unused == pytest.approx(district.supply.sum(), rel=CLOSE, abs=CLOSE)


@hypothesis.given(districts(), st.sampled_from(DECAYS))
def test_bfca_counts_each_person_once_and_hands_out_the_supply(
    district: District, decay: Decay
) -> None:
    found = balanced(district.people, district.supply, district.minutes, decay)
    reached = enhanced(np.ones_like(district.people), np.ones_like(district.supply),
                       district.minutes, decay).access > 0  # fmt: skip
    near = {"rel": CLOSE, "abs": CLOSE}
    assert found.demand.sum() == pytest.approx(district.people[reached].sum(), **near)
    assert found.level @ found.demand + found.unused == pytest.approx(district.supply.sum(), **near)
    assert found.access.sum() == pytest.approx(found.level.sum(), **near)
    assert district.people @ found.met + found.unused == pytest.approx(
        district.supply.sum(), **near
    )


def test_e2sfca_counts_a_person_at_each_site_and_bfca_does_not() -> None:
    """The inflation of demand that the balanced method was made against."""
    district = District(np.array([100.0]), np.array([5.0, 5]), np.array([[3.0, 4]]))
    assert enhanced(district.people, district.supply, district.minutes).demand.sum() == 200
    assert balanced(district.people, district.supply, district.minutes).demand.sum() == 100


# What changes nothing ------------------------------------------------------------------------


@hypothesis.given(districts(), st.data())
def test_the_order_of_areas_and_sites_changes_nothing(
    district: District, data: st.DataObject
) -> None:
    rows = data.draw(st.permutations(range(len(district.people))))
    columns = data.draw(st.permutations(range(len(district.supply))))
    mixed = District(
        district.people[rows], district.supply[columns], district.table[rows][:, columns]
    )
    for method in (enhanced, balanced):
        before = method(district.people, district.supply, district.minutes)
        after = method(mixed.people, mixed.supply, mixed.minutes)
        np.testing.assert_allclose(after.access, before.access[rows], rtol=CLOSE, atol=CLOSE)
        np.testing.assert_allclose(after.level, before.level[columns], rtol=CLOSE, atol=CLOSE)


@hypothesis.given(districts(), st.data())
def test_an_area_cut_into_two_halves_changes_nothing_for_anybody(
    district: District, data: st.DataObject
) -> None:
    """But for BFCA access as published, which counts areas: shown in the test below."""
    cut = data.draw(st.integers(0, len(district.people) - 1))
    halves = district.people.copy()
    halves[cut] /= 2
    split = District(
        np.append(halves, halves[cut]),
        district.supply,
        np.vstack([district.table, district.table[cut]]),
    )
    before = enhanced(district.people, district.supply, district.minutes)
    after = enhanced(split.people, split.supply, split.minutes)
    expected = np.append(before.access, before.access[cut])
    np.testing.assert_allclose(after.access, expected, rtol=CLOSE, atol=CLOSE)
    even = balanced(district.people, district.supply, district.minutes)
    evened = balanced(split.people, split.supply, split.minutes)
    np.testing.assert_allclose(evened.level, even.level, rtol=CLOSE, atol=CLOSE)
    np.testing.assert_allclose(
        evened.met, np.append(even.met, even.met[cut]), rtol=CLOSE, atol=CLOSE
    )


def test_bfca_as_published_falls_when_an_area_is_cut_in_two() -> None:
    one = balanced([100], [10], minutes_from_table(pd.DataFrame([[5.0]])))
    two = balanced([50, 50], [10], minutes_from_table(pd.DataFrame([[5.0], [5.0]])))
    assert one.access == pytest.approx([0.1])
    assert two.access == pytest.approx([0.05, 0.05])
    assert two.met == pytest.approx([0.1, 0.1])


@hypothesis.given(districts(), st.sampled_from([0.25, 3, 1000]))
def test_twice_the_supply_is_twice_the_access_and_twice_the_people_is_half(
    district: District, factor: float
) -> None:
    for method in (enhanced, balanced):
        once = method(district.people, district.supply, district.minutes).access
        more = method(district.people, district.supply * factor, district.minutes).access
        crowd = method(district.people * factor, district.supply, district.minutes).access
        np.testing.assert_allclose(more, once * factor, rtol=CLOSE, atol=CLOSE)
        np.testing.assert_allclose(crowd, once / factor, rtol=CLOSE, atol=CLOSE)


@hypothesis.given(districts(), st.data())
def test_more_supply_at_a_site_lowers_nobodys_access(
    district: District, data: st.DataObject
) -> None:
    site = data.draw(st.integers(0, len(district.supply) - 1))
    more = district.supply.copy()
    more[site] += 5
    for method in (enhanced, balanced):
        before = method(district.people, district.supply, district.minutes).access
        after = method(district.people, more, district.minutes).access
        assert (after >= before - CLOSE).all()


# Weights, and what is refused ----------------------------------------------------------------


@decays
def test_the_last_minute_of_a_catchment_is_inside_it(decay: Decay) -> None:
    times = np.array([0.0, decay.limit, np.nextafter(decay.limit, np.inf), np.inf, np.nan])
    assert decay(times) == pytest.approx([1.0, weight(decay.limit, decay), 0, 0, 0])
    assert decay(times)[1] > 0


def test_a_zone_ends_with_its_limit() -> None:
    assert LUO_QI(np.array([10, 10.01, 20, 20.01, 30])) == pytest.approx(
        [1, 0.68, 0.68, 0.22, 0.22]
    )


def test_an_area_out_of_every_catchment_has_none_and_a_site_nobody_reaches_is_unused() -> None:
    minutes = minutes_from_table(pd.DataFrame([[5, np.inf], [np.nan, 31]]))
    found = enhanced([100, 70], [10, 8], minutes)
    assert found.access == pytest.approx([0.1, 0])
    assert found.unused == 8
    assert balanced([100, 70], [10, 8], minutes).unused == 8


@pytest.mark.parametrize(
    ("people", "supply", "words"),
    [
        ([1, 2, 3], [1], r"Minutes are \(2, 1\), areas × sites; demand is \(3,\)"),
        ([1, -2], [1], "Demand has to be known and 0 or more everywhere; found -2"),
        ([1, 2], [math.nan], "Supply has to be known .* found nan"),
    ],
)
def test_amounts_that_cannot_be_are_refused(
    people: list[float], supply: list[float], words: str
) -> None:
    minutes = minutes_from_table(pd.DataFrame([[5.0], [6.0]]))
    for method in (enhanced, balanced):
        with pytest.raises(UsageError, match=words):
            method(people, supply, minutes)


@pytest.mark.parametrize(
    ("limits", "weights_"), [((10, 10), (1, 0.5)), ((10, 20), (1,)), ((10,), (-1,)), ((), ())]
)
def test_zones_that_cannot_be_are_refused(
    limits: tuple[float, ...], weights_: tuple[float, ...]
) -> None:
    with pytest.raises(UsageError, match="Zones need rising limits"):
        Zones(limits, weights_)


@pytest.mark.parametrize(("sigma", "limit"), [(0, 30), (10, 0), (math.nan, 30)])
def test_a_gaussian_that_cannot_be_is_refused(sigma: float, limit: float) -> None:
    with pytest.raises(UsageError, match="sigma and a limit above 0"):
        Gaussian(sigma, limit)


# Minutes -------------------------------------------------------------------------------------


def test_a_tree_finds_the_pairs_that_brute_force_finds() -> None:
    random = np.random.default_rng(5)
    areas, sites = random.uniform(0, 40_000, (200, 2)), random.uniform(0, 40_000, (30, 2))
    sites[0] = areas[0]
    pace = 60 * 1.3 / 25
    found = minutes_between(areas, sites, minutes_per_km=pace, limit=30).toarray()
    every = np.hypot(*(areas[:, None, :] - sites[None, :, :]).transpose(2, 0, 1)) / 1000 * pace
    np.testing.assert_array_equal(found, np.where(every <= 30, every, 0))


def test_a_tree_keeps_a_site_next_door_and_one_at_the_very_edge() -> None:
    found = minutes_between([[0, 0]], [[0, 0], [3000, 4000], [3000, 4001]],
                            minutes_per_km=6, limit=30)  # fmt: skip
    assert sorted(zip(found.col.tolist(), found.data.tolist(), strict=True)) == [(0, 0), (1, 30)]
    with pytest.raises(UsageError, match="above 0; got 0"):
        minutes_between([[0, 0]], [[0, 0]], minutes_per_km=0, limit=30)


@pytest.mark.parametrize("kind", ["text", "number", "position"])
def test_a_long_table_gives_what_a_wide_one_gives(kind: str) -> None:
    district = generated(6, areas=12, sites=5)
    rows, columns = np.indices(district.table.shape).reshape(2, -1)
    mixed = np.random.default_rng(7).permutation(rows.size)
    rows, columns = rows[mixed], columns[mixed]
    areas: list[Any] = [f"E0{i}" if kind == "text" else 7 * i for i in range(12)]
    sites: list[Any] = [f"s{j}" if kind == "text" else 7 * j for j in range(5)]
    if kind == "position":
        areas, sites = list(range(12)), list(range(5))
    long = minutes_from_rows(
        [areas[i] for i in rows],
        [sites[j] for j in columns],
        district.table[rows, columns],
        areas=pd.RangeIndex(12) if kind == "position" else areas,
        sites=pd.RangeIndex(5) if kind == "position" else sites,
    )
    np.testing.assert_array_equal(long.toarray(), district.table)


@pytest.mark.parametrize(
    ("origin", "destination", "words"),
    [
        (["a", "x"], ["s", "s"], "There is no area 'x'"),
        (["a", None], ["s", "s"], "There is no area"),
        (["a", "b"], ["s", "t"], "There is no site 't'"),
        (["b", "a", "b"], ["s", "s", "s"], "The pair b and s stands in the table twice"),
        ([0, 1], ["s", "s"], "There is no area '0'"),
    ],
)
def test_a_long_table_with_unknown_codes_or_a_pair_twice_is_refused(
    origin: list[Any], destination: list[str], words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        minutes_from_rows(origin, destination, range(len(origin)), areas=["a", "b"], sites=["s"])


@pytest.mark.parametrize("outside", [-1, 3])
def test_a_position_outside_the_areas_is_refused(outside: int) -> None:
    places = {"areas": pd.RangeIndex(3), "sites": pd.RangeIndex(1)}
    with pytest.raises(UsageError, match=f"There is no area '{outside}'"):
        minutes_from_rows([0, outside], [0, 0], [1, 2], **places)


def test_a_stored_0_is_next_door_and_an_entry_that_is_not_stored_is_out() -> None:
    minutes = minutes_from_table(pd.DataFrame([[0.0, np.nan], [np.inf, 12]]))
    assert minutes.nnz == 2
    assert enhanced([100, 50], [10, 10], minutes).level == pytest.approx([0.1, 10 / (50 * 0.68)])
    for kind in ("csr", "csc"):
        other = getattr(minutes, f"to{kind}")()
        assert enhanced([100, 50], [10, 10], other).access == pytest.approx([0.1, 0.2])
