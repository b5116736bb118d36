"""Floating catchments against PySAL access.

E2SFCA (Luo and Qi, three zones to 30 minutes) by ``housing_map.catchment`` and by
``access.fca.two_stage_fca`` with the same weights, on areas and sites drawn evenly over a
rectangle the size of England (recipe and seed in the file). Both give the same access to every
area, to 1e-12 of it. *Matrix built*: ours starts from a sparse array, theirs from the long table
it takes. *From a long table*: both start from the same one, and ours includes building its array;
its codes are whole numbers from 0 or, in a row of its own, text, which has to be looked up.
*From coordinates*: ours finds the pairs with a k-d tree, theirs with the spatial index of
GeoPandas (``dwithin``), since access by itself measures every pair, 67 million here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
from access import fca, weights
from rows import Row, best_of, table

from housing_map.catchment import LUO_QI, enhanced, minutes_between, minutes_from_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from scipy import sparse

    Floats = NDArray[np.float64]

BUILT_BAR: Final = 50.0
BUILDING_BAR: Final = 30.0
SAME: Final = 1e-12
MINUTES_PER_KM: Final = 60 * 1.3 / 25
"""A detour of 1.3 at 25 km/h from door to door."""
REPEATS: Final = 9
STEP: Final = weights.step_fn(dict(zip(LUO_QI.limits, LUO_QI.weights, strict=True)))


@dataclass(frozen=True, slots=True)
class Recipe:
    """What an instance is made from: the same recipe always gives the same instance."""

    areas: int
    sites: int
    east_km: float
    north_km: float
    seed: int = 1


ENGLAND: Final = Recipe(33_755, 2_000, 300, 435)
"""As many areas as England has LSOAs, over its 130,000 square kilometres."""
DISTRICT: Final = Recipe(260, 40, 20, 20)


@dataclass(frozen=True, slots=True, eq=False)
class Country:
    """Points in metres, people, supply, and minutes as a sparse array and as a long table."""

    areas: Floats
    sites: Floats
    people: Floats
    supply: Floats
    minutes: sparse.coo_array[Any, Any]
    long: pd.DataFrame

    @property
    def size(self) -> str:
        """Areas, sites and pairs in words."""
        return f"{len(self.areas):,} × {len(self.sites):,} ({len(self.long):,} pairs)"


def country(recipe: Recipe) -> Country:
    """Return the instance of a recipe; its long table is sorted as a travel matrix is written."""
    random = np.random.default_rng(recipe.seed)
    extent = np.array([recipe.east_km, recipe.north_km]) * 1000.0
    areas = random.random((recipe.areas, 2)) * extent
    sites = random.random((recipe.sites, 2)) * extent
    minutes = minutes_between(areas, sites, minutes_per_km=MINUTES_PER_KM, limit=LUO_QI.limit)
    minutes = minutes.tocsr().sorted_indices().tocoo()
    return Country(
        areas,
        sites,
        random.integers(500, 3000, recipe.areas).astype(np.float64),
        random.integers(1, 50, recipe.sites).astype(np.float64),
        minutes,
        pd.DataFrame({"origin": minutes.row, "dest": minutes.col, "cost": minutes.data}),
    )


def theirs(
    long: pd.DataFrame, people: pd.DataFrame, supply: pd.DataFrame
) -> Callable[[], pd.Series[float]]:
    """Return a call of PySAL access on a long table."""
    return lambda: fca.two_stage_fca(
        people,
        supply,
        long,
        max_cost=LUO_QI.limit,
        demand_index=True,
        demand_name="demand",
        supply_name="supply",
        weight_fn=STEP,
    )


def same(ours: Floats, found: pd.Series[float], codes: pd.Index[Any]) -> None:
    """Check that both give each area the same; theirs leaves out an area without a site."""
    other = found.reindex(codes).fillna(0.0).to_numpy()
    np.testing.assert_allclose(ours, other, rtol=SAME, atol=0)


def _compared(
    what: str, instance: Country, *, codes: tuple[pd.Index[Any], pd.Index[Any]], bar: float | None
) -> Row:
    """Compare from a long table whose areas and sites have these codes."""
    areas, sites = codes
    long = instance.long.assign(
        origin=areas[instance.minutes.row], dest=sites[instance.minutes.col]
    )
    people = pd.DataFrame({"demand": instance.people}, index=areas)
    supply = pd.DataFrame({"supply": instance.supply}, index=sites)

    def ours() -> Floats:
        minutes = minutes_from_rows(
            long["origin"], long["dest"], long["cost"], areas=areas, sites=sites
        )
        return enhanced(instance.people, instance.supply, minutes).access

    seconds, access = best_of(ours, REPEATS)
    other_seconds, other = best_of(theirs(long, people, supply), REPEATS)
    same(access, other, areas)
    return Row(what, instance.size, seconds, "PySAL access", other_seconds, bar)


def _built(instance: Country, bar: float | None) -> Row:
    """Compare with the matrix built: a sparse array for us, a long table for them."""
    people = pd.DataFrame({"demand": instance.people})
    supply = pd.DataFrame({"supply": instance.supply})
    seconds, access = best_of(
        lambda: enhanced(instance.people, instance.supply, instance.minutes).access, REPEATS
    )
    other_seconds, other = best_of(theirs(instance.long, people, supply), REPEATS)
    same(access, other, people.index)
    return Row("E2SFCA, matrix built", instance.size, seconds, "PySAL access", other_seconds, bar)


def _from_points(instance: Country) -> Row:
    """Compare from coordinates; the trees and indexes are built anew in each call."""
    people = pd.DataFrame({"demand": instance.people})
    supply = pd.DataFrame({"supply": instance.supply})

    def ours() -> Floats:
        minutes = minutes_between(
            instance.areas, instance.sites, minutes_per_km=MINUTES_PER_KM, limit=LUO_QI.limit
        )
        return enhanced(instance.people, instance.supply, minutes).access

    def other() -> pd.Series[float]:
        here = gpd.GeoSeries(gpd.points_from_xy(*instance.areas.T))
        there = gpd.GeoSeries(gpd.points_from_xy(*instance.sites.T))
        radius = LUO_QI.limit / MINUTES_PER_KM * 1000.0
        site, area = here.sindex.query(there, predicate="dwithin", distance=radius)
        metres = here.iloc[area].distance(there.iloc[site], align=False).to_numpy()
        cost = metres / 1000.0 * MINUTES_PER_KM
        long = pd.DataFrame({"origin": area, "dest": site, "cost": cost})
        return theirs(long, people, supply)()

    seconds, access = best_of(ours, REPEATS)
    other_seconds, found = best_of(other, REPEATS)
    same(access, found, people.index)
    return Row(
        "E2SFCA, from coordinates",
        instance.size,
        seconds,
        "GeoPandas dwithin, then PySAL access",
        other_seconds,
    )


def run() -> list[Row]:
    """Measure every row; raises :class:`AssertionError` where the two answers differ."""
    england, district = country(ENGLAND), country(DISTRICT)
    numbers = (pd.RangeIndex(ENGLAND.areas), pd.RangeIndex(ENGLAND.sites))
    text = (
        pd.Index([f"E01{number:06d}" for number in numbers[0]]),
        pd.Index([f"site_{number}" for number in numbers[1]]),
    )
    return [
        _built(england, BUILT_BAR),
        _compared("E2SFCA, from a long table", england, codes=numbers, bar=BUILDING_BAR),
        _compared("E2SFCA, from a long table with codes of text", england, codes=text, bar=None),
        _from_points(england),
        _built(district, None),
    ]


if __name__ == "__main__":
    print(table(run()))
