"""How far people are from the places where help is given.

Travel matters only for services that people have to visit. Minutes are estimated from the
straight line between the population-weighted centroid of an LSOA and the place of delivery,
times a detour factor, over a door-to-door speed: both are assumptions of the register.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from housing_map.geometry import DISPLAY_CRS, METRIC_CRS
from housing_map.places import centroids
from housing_map.schemas import split_codes
from housing_map.vocabulary import Delivery

if TYPE_CHECKING:
    from housing_map.pack import Pack
    from housing_map.parameters import Register
    from housing_map.stance import Stance

METRES_PER_KM: Final = 1000.0
MINUTES_PER_HOUR: Final = 60.0


def visited_only(services: pd.DataFrame) -> pd.Series[bool]:
    """Whether each service can be had only by visiting it (in the frame's order)."""
    return services["delivery"].map(lambda cell: split_codes(cell) == (Delivery.VISIT,))


def minutes_to_points(pack: Pack, register: Register, run: Stance) -> pd.DataFrame:
    """Estimated minutes from each LSOA to each place of delivery.

    Rows are LSOAs, columns ``point_id``. Source: straight line on EPSG:27700, parameters
    ``detour_factor`` and ``travel_speed_kmh``.
    """
    points = pack["delivery_points"]
    origins = centroids(pack)
    if points.empty:
        return pd.DataFrame(index=origins.index)
    places = gpd.GeoSeries(
        gpd.points_from_xy(points["lon"], points["lat"], crs=DISPLAY_CRS)
    ).to_crs(METRIC_CRS)
    east = origins.x.to_numpy()[:, None] - places.x.to_numpy()[None, :]
    north = origins.y.to_numpy()[:, None] - places.y.to_numpy()[None, :]
    km = np.hypot(east, north) / METRES_PER_KM
    pace = MINUTES_PER_HOUR * register.at("detour_factor", run)
    minutes = km * pace / register.at("travel_speed_kmh", run)
    return pd.DataFrame(minutes, index=origins.index, columns=points["point_id"].to_numpy())


def minutes_to_services(pack: Pack, register: Register, run: Stance) -> pd.DataFrame:
    """Minutes from each LSOA to the nearest place of each service that people must visit.

    Columns are services given only by visit *and* with a known place; other services are
    absent, since travel is not asked of them.
    """
    to_points = minutes_to_points(pack, register, run)
    services = pack["services"]
    must_visit = set(services.loc[visited_only(services), "service_id"])
    points = pack["delivery_points"]
    columns = {}
    for service_id, of_service in points.groupby("service_id", sort=True):
        if service_id in must_visit:
            columns[service_id] = to_points[of_service["point_id"].tolist()].min(axis=1)
    return pd.DataFrame(columns, index=to_points.index)
