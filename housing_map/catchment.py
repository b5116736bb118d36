r"""How well areas are served by places to visit whose supply is known: floating catchments.

Symbols: areas ``i`` with demand ``P``, sites ``j`` with supply ``S``, minutes ``t`` between them,
and ``w = f(t)``, which falls with time and is 0 beyond the catchment. *Reached* below means that
some weight is above 0.

Enhanced two-step floating catchment area, **E2SFCA** (Luo and Qi, Health & Place 15(4), 2009)::

    R_j = S_j / Σ_i P_i w_ij            supply for each person who may come
    A_i = Σ_j w_ij R_j                  summed over what an area can get to

    Σ_i P_i A_i = Σ_j S_j               over sites that anybody reaches

Who can get to three sites is counted at all three, so that each looks busier than it can be.
Balanced floating catchment area, **BFCA** (Paez, Higgins and Vivona, PLoS ONE 14(6), 2019),
divides each person among the sites, and each site's level of service among the areas::

    D_j = Σ_i P_i w_ij / Σ_j w_ij       demand at a site     Σ_j D_j = Σ_i P_i over areas reached
    L_j = S_j / D_j                     level of service     Σ_j L_j D_j = Σ_j S_j over sites
    A_i = Σ_j L_j w_ij / Σ_i w_ij       as published         Σ_i A_i = Σ_j L_j     anybody
    M_i = Σ_j L_j w_ij / Σ_j w_ij       met by a person      Σ_i P_i M_i = Σ_j S_j reaches

``A`` of the balanced method counts areas, not people: cut an area in two and every share of a
level falls. Compare it between areas of about one size only. ``M``, the level of service that a
person of the area meets on average, does not change when areas are cut or joined.

Minutes are a sparse array (areas × sites): an entry that is not stored, is infinite or is NaN is
out of the catchment, and a stored 0 is next door. Minutes and metres cannot be told apart here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.spatial import KDTree

from housing_map.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Minutes = sparse.coo_array[Any, Any] | sparse.csr_array[Any, Any] | sparse.csc_array[Any]

_ROUNDING: Final = 1e-9
"""Share by which a radius is widened, so that rounding loses no site at the very edge."""


@dataclass(frozen=True, slots=True)
class Zones:
    """Weights by zone: ``weights[k]`` up to and including ``limits[k]`` minutes, then 0.

    Raises :class:`UsageError` unless limits rise and weights are from 0 up, one for each limit.
    """

    limits: tuple[float, ...]
    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        """Refuse zones that cannot be."""
        rising = all(a < b for a, b in zip(self.limits, self.limits[1:], strict=False))
        fit = len(self.limits) == len(self.weights) > 0 and min(self.weights) >= 0
        if not (rising and fit):
            message = f"Zones need rising limits and a weight from 0 up for each; got {self}"
            raise UsageError(message)

    @property
    def limit(self) -> float:
        """Minutes beyond which the weight is 0."""
        return self.limits[-1]

    def __call__(self, minutes: Floats) -> Floats:
        """Weight of each time."""
        zone = np.zeros(minutes.shape, dtype=np.int8)
        for limit in self.limits:
            zone += ~(minutes <= limit)  # so that NaN falls beyond the last zone
        return np.array([*self.weights, 0.0]).take(zone)


@dataclass(frozen=True, slots=True)
class Gaussian:
    """Weight exp(−t² ÷ 2 sigma²) up to and including ``limit`` minutes, then 0.

    Raises :class:`UsageError` unless both are above 0.
    """

    sigma: float
    limit: float

    def __post_init__(self) -> None:
        """Refuse a curve that cannot be."""
        if not (self.sigma > 0 and self.limit > 0):
            message = f"A Gaussian needs a sigma and a limit above 0; got {self}"
            raise UsageError(message)

    def __call__(self, minutes: Floats) -> Floats:
        """Weight of each time."""
        inside = minutes <= self.limit
        return np.where(
            inside, np.exp(-0.5 * (np.where(inside, minutes, 0.0) / self.sigma) ** 2), 0
        )


Decay = Zones | Gaussian

LUO_QI: Final = Zones((10.0, 20.0, 30.0), (1.0, 0.68, 0.22))
"""Three zones with the slower of the two declines in Luo and Qi (2009)."""
LUO_QI_STEEP: Final = Zones((10.0, 20.0, 30.0), (1.0, 0.42, 0.09))
"""The same zones with their steeper decline."""


@dataclass(frozen=True, slots=True, eq=False)
class Enhanced:
    """E2SFCA: ``access`` (areas) and, at each site, ``level`` and ``demand`` (sites).

    ``access`` is supply per person, 0 where no site is in the catchment; ``level`` is R_j, 0
    where nobody comes; ``demand`` is Σ P w, in people. ``unused`` is the supply of sites that
    nobody reaches, which no area's access holds.
    """

    access: Floats
    level: Floats
    demand: Floats
    unused: float


@dataclass(frozen=True, slots=True, eq=False)
class Balanced:
    """BFCA: ``access`` and ``met`` (areas), ``level`` and ``demand`` (sites), ``unused`` supply.

    ``access`` is as published, ``met`` the level of service a person of the area meets; both
    are 0 where no site is in the catchment. See the module for their sums.
    """

    access: Floats
    met: Floats
    level: Floats
    demand: Floats
    unused: float


def enhanced(
    demand: ArrayLike, supply: ArrayLike, minutes: Minutes, decay: Decay = LUO_QI
) -> Enhanced:
    """Return access by E2SFCA: ``demand`` of areas, ``supply`` of sites, minutes (areas × sites).

    Raises :class:`UsageError` for shapes that do not fit, or amounts below 0 or not finite.
    """
    people, places = _amounts(demand, supply, minutes)
    weight = _weighed(minutes, decay)
    comes = _times(weight.T, people)
    level = _over(places, comes)
    return Enhanced(_times(weight, level), level, comes, float(places[comes <= 0].sum()))


def balanced(
    demand: ArrayLike, supply: ArrayLike, minutes: Minutes, decay: Decay = LUO_QI
) -> Balanced:
    """Return access by BFCA: ``demand`` of areas, ``supply`` of sites, minutes (areas × sites).

    Raises :class:`UsageError` for shapes that do not fit, or amounts below 0 or not finite.
    """
    people, places = _amounts(demand, supply, minutes)
    weight = _weighed(minutes, decay)
    of_area = _times(weight, np.ones(len(places)))
    of_site = _times(weight.T, np.ones(len(people)))
    comes = _times(weight.T, _over(people, of_area))
    level = _over(places, comes)
    return Balanced(
        access=_times(weight, _over(level, of_site)),
        met=_over(_times(weight, level), of_area),
        level=level,
        demand=comes,
        unused=float(places[comes <= 0].sum()),
    )


def _amounts(demand: ArrayLike, supply: ArrayLike, minutes: Minutes) -> tuple[Floats, Floats]:
    """Return demand and supply as arrays that fit ``minutes``; raises :class:`UsageError`."""
    people, places = (np.asarray(amount, dtype=np.float64) for amount in (demand, supply))
    if minutes.shape != (*people.shape, *places.shape):
        message = (
            f"Minutes are {minutes.shape}, areas × sites; demand is {people.shape} and supply "
            f"{places.shape}"
        )
        raise UsageError(message)
    for name, amount in (("Demand", people), ("Supply", places)):
        if not (np.isfinite(amount).all() and (amount >= 0).all()):
            wrong = amount[~(np.isfinite(amount) & (amount >= 0))][0]
            message = f"{name} has to be known and 0 or more everywhere; found {wrong:g}"
            raise UsageError(message)
    return people, places


def _weighed(minutes: Minutes, decay: Decay) -> Minutes:
    """Return the weight of each stored entry, in an array that shares its places."""
    weight = decay(minutes.data)
    if minutes.format == "coo":
        return sparse.coo_array((weight, minutes.coords), shape=minutes.shape)
    kind = sparse.csr_array if minutes.format == "csr" else sparse.csc_array
    return kind((weight, minutes.indices, minutes.indptr), shape=minutes.shape)


def _times(weight: Minutes, amounts: Floats) -> Floats:
    """Multiply; SciPy makes a plain number of a product with one row."""
    return np.asarray(weight @ amounts, dtype=np.float64).reshape(-1)


def _over(above: Floats, below: Floats) -> Floats:
    """Divide, with 0 where there is nothing to divide by."""
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)


# Minutes -----------------------------------------------------------------------------------


def minutes_between(
    areas: ArrayLike, sites: ArrayLike, *, minutes_per_km: float, limit: float
) -> sparse.coo_array[Any, Any]:
    """Return estimated minutes of each pair up to and including ``limit`` minutes.

    ``areas`` and ``sites`` are east and north in metres (n × 2). Straight lines, found with a
    k-d tree, so that far pairs cost nothing. Raises :class:`UsageError` unless ``minutes_per_km``
    is above 0.
    """
    if not minutes_per_km > 0:
        message = f"Minutes per kilometre have to be above 0; got {minutes_per_km:g}"
        raise UsageError(message)
    here, there = (np.asarray(points, dtype=np.float64).reshape(-1, 2) for points in (areas, sites))
    radius = limit / minutes_per_km * 1000.0 * (1 + _ROUNDING)
    near = KDTree(here).sparse_distance_matrix(KDTree(there), radius, output_type="ndarray")
    area, site = near["i"], near["j"]
    metres = np.hypot(here[area, 0] - there[site, 0], here[area, 1] - there[site, 1])
    minutes = metres / 1000.0 * minutes_per_km
    inside = minutes <= limit
    return sparse.coo_array(
        (minutes[inside], (area[inside], site[inside])), shape=(len(here), len(there))
    )


def minutes_from_rows(
    origin: Sequence[Any] | pd.Series[Any],
    destination: Sequence[Any] | pd.Series[Any],
    minutes: ArrayLike,
    *,
    areas: Sequence[Any] | pd.Index[Any],
    sites: Sequence[Any] | pd.Index[Any],
) -> sparse.coo_array[Any, Any]:
    """Return the minutes of a long table, one row a pair, as areas × sites.

    ``areas`` and ``sites`` give the order of rows and columns. Raises :class:`UsageError` for a
    row whose origin or destination is not among them, and for a pair that stands twice.
    """
    rows, columns = pd.Index(areas), pd.Index(sites)
    area = _positions(origin, rows, "area")
    site = _positions(destination, columns, "site")
    pair = area * len(columns) + site
    # Tables mostly come in order, which is quick to see; only others need a search.
    if not (np.diff(pair) > 0).all() and len(pd.unique(pair)) < len(pair):
        twice = int(pair[pd.Series(pair).duplicated()][0])
        first, second = rows[twice // len(columns)], columns[twice % len(columns)]
        message = f"The pair {first} and {second} stands in the table twice"
        raise UsageError(message)
    times = np.asarray(minutes, dtype=np.float64)
    return sparse.coo_array((times, (area, site)), shape=(len(rows), len(columns)))


def _positions(
    codes: Sequence[Any] | pd.Series[Any], known: pd.Index[Any], what: str
) -> NDArray[np.int64]:
    """Return the place of each code among ``known``; raises :class:`UsageError`."""
    cells = pd.Index(codes)
    counted = isinstance(known, pd.RangeIndex) and known.start == 0 and known.step == 1
    if counted and pd.api.types.is_integer_dtype(cells.dtype):
        # Positions already: only those outside have to be found.
        place = cells.to_numpy()
        place = np.where(place < len(known), place, -1)
    elif pd.api.types.is_numeric_dtype(cells.dtype):
        place = known.get_indexer(cells)
    else:
        # Text is slow to look up, and mostly repeats: look up each code once.
        number, different = pd.factorize(cells)
        place = np.append(known.get_indexer(pd.Index(different)), -1)[number]
    if (place < 0).any():
        message = f"There is no {what} {str(cells[place < 0][0])!r}"
        raise UsageError(message)
    return np.asarray(place, dtype=np.int64)


def minutes_from_table(table: pd.DataFrame) -> sparse.coo_array[Any, Any]:
    """Return a whole table of minutes (rows areas, columns sites) without its far pairs.

    Infinite and NaN are left out; 0 stays.
    """
    values = table.to_numpy(dtype=np.float64)
    area, site = np.nonzero(np.isfinite(values))
    return sparse.coo_array((values[area, site], (area, site)), shape=values.shape)
