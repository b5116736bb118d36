"""Siting against spopt, a library that writes the classical models out in full.

Its 0/1 flags of forced sites go wrong in ``PMedian``, and a list of numbers as long as there are
sites is read as flags: here forced sites are a list of numbers that is shorter. Its percentage
covered counts clients, not demand, so objectives are compared.
"""

from typing import Any

import numpy as np
import pulp
import pytest
from spopt.locate import MCLP, PMedian

from housing_map.siting_covering import maximal_covering
from housing_map.siting_median import p_median
from housing_map.siting_problem import Limits, Status

Array = np.ndarray[Any, Any]
SAME = 1e-7

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:pulp")


def district(seed: int, areas: int, sites: int) -> tuple[Array, Array]:
    """Return minutes and demand: areas in clusters, sites anywhere, in a square of 20 km."""
    random = np.random.default_rng(seed)
    towns = random.random((6, 2)) * 20
    homes = towns[random.integers(0, 6, areas)] + random.normal(0, 2.5, (areas, 2))
    places = random.random((sites, 2)) * 20
    km = np.linalg.norm(homes[:, None] - places[None], axis=2)
    return km * 60 * 1.3 / 15, random.integers(1, 900, areas).astype(float)


def solver() -> pulp.LpSolver:
    return pulp.PULP_CBC_CMD(msg=False, threads=1, gapRel=0)


@pytest.mark.parametrize("most", [1, 3, 6])
@pytest.mark.parametrize("seed", range(4))
def test_maximal_covering_reaches_what_spopt_reaches(seed: int, most: int) -> None:
    minutes, demand = district(seed, 140, 30)
    theirs = MCLP.from_cost_matrix(minutes, demand, 15, p_facilities=most).solve(solver())
    ours = maximal_covering(minutes <= 15, demand, Limits(most=most))
    assert ours.proof.status is Status.PROVED
    assert ours.proof.reached == pytest.approx(theirs.problem.objective.value(), rel=SAME)


@pytest.mark.parametrize("most", [1, 3, 6])
@pytest.mark.parametrize("seed", range(4))
def test_the_median_is_as_near_as_spopts(seed: int, most: int) -> None:
    minutes, demand = district(seed, 90, 25)
    theirs = PMedian.from_cost_matrix(minutes, demand, p_facilities=most).solve(solver())
    ours = p_median(minutes, demand, Limits(most=most))
    assert ours.proof.status is Status.PROVED
    assert ours.proof.reached == pytest.approx(theirs.problem.objective.value(), rel=SAME)


def test_forced_sites_count_as_spopt_counts_them() -> None:
    minutes, demand = district(9, 140, 30)
    forced = (2, 17)
    theirs = MCLP.from_cost_matrix(
        minutes, demand, 15, p_facilities=4, predefined_facilities_arr=np.array(forced)
    ).solve(solver())
    ours = maximal_covering(minutes <= 15, demand, Limits(most=4, forced=forced))
    assert set(forced) <= set(ours.sites)
    assert ours.proof.reached == pytest.approx(theirs.problem.objective.value(), rel=SAME)
    median = PMedian.from_cost_matrix(
        minutes, demand, p_facilities=4, predefined_facilities_arr=np.array(forced)
    ).solve(solver())
    near = p_median(minutes, demand, Limits(most=4, forced=forced))
    assert near.proof.reached == pytest.approx(median.problem.objective.value(), rel=SAME)
