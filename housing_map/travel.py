"""How far people are from the places where help is given.

Travel matters only for services that people have to visit. Where ``travel_times.csv`` gives the
minutes between a small area and a place, by the mode in use, they are taken as they are, in
every run. For any other pair they are estimated from the straight line between the
population-weighted centroid of the LSOA and the place, times a detour factor, over a
door-to-door speed: both are assumptions of the register.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from housing_map.errors import UsageError
from housing_map.geometry import DISPLAY_CRS, METRIC_CRS
from housing_map.memo import kept_for
from housing_map.places import centroids
from housing_map.schemas import split_codes
from housing_map.vocabulary import Delivery

if TYPE_CHECKING:
    from housing_map.pack import Pack
    from housing_map.parameters import Register
    from housing_map.stance import Stance

METRES_PER_KM: Final = 1000.0
MINUTES_PER_HOUR: Final = 60.0


@dataclass(frozen=True, slots=True, eq=False)
class TravelTimes:
    """Minutes and kilometres from each LSOA (rows) to each place (columns ``point_id``).

    ``minutes`` is infinite where the place cannot be reached, and NaN where nobody can say: an
    LSOA without a centroid, and no time given. ``given`` says which pairs stand in
    ``travel_times.csv``; the rest are estimates. ``km`` is the straight line. ``mode`` is the
    mode in use, empty where the pack has no travel times.
    """

    minutes: pd.DataFrame
    given: pd.DataFrame
    km: pd.DataFrame
    mode: str

    def counts(self) -> dict[str, int]:
        """Count pairs: time given, of which unreachable, estimated, and unknown."""
        given, minutes = self.given.to_numpy(dtype=bool), self.minutes.to_numpy(dtype=np.float64)
        return {
            "given": int(given.sum()),
            "unreachable": int(np.isinf(minutes[given]).sum()),
            "estimated": int((~given & ~np.isnan(minutes)).sum()),
            "unknown": int(np.isnan(minutes).sum()),
        }


def visited_only(services: pd.DataFrame) -> pd.Series[bool]:
    """Whether each service can be had only by visiting it (in the frame's order)."""
    return services["delivery"].map(lambda cell: split_codes(cell) == (Delivery.VISIT,))


def travel_mode(pack: Pack, mode: str | None = None) -> str:
    """Return the mode of travel in use, empty where the pack has no travel times.

    It is ``mode``, else the one chosen in ``pack.json`` under ``travel``, else the only one in
    ``travel_times.csv``. Raises :class:`UsageError` for a mode that has no travel times, and
    where there are several and none is chosen.
    """
    known = sorted(pack["travel_times"]["mode"].dropna().unique())
    chosen = mode or pack.info.travel.mode
    if chosen:
        if chosen not in known:
            has = f"the pack has {', '.join(known)}" if known else "the pack has none at all"
            message = f"There are no travel times by {chosen!r}; {has}"
            raise UsageError(message)
        return chosen
    if len(known) > 1:
        message = f"Travel times are given by several modes: choose one of {', '.join(known)}"
        raise UsageError(message)
    return str(known[0]) if known else ""


def travel_times(
    pack: Pack, register: Register, run: Stance, mode: str | None = None
) -> TravelTimes:
    """Return travel times from each LSOA to each place of delivery, given or estimated.

    Source of an estimate: straight line on EPSG:27700, parameters ``detour_factor`` and
    ``travel_speed_kmh``. A given time has no range, so it is the same in every run. Raises
    :class:`UsageError` as :func:`travel_mode` does.
    """
    used = travel_mode(pack, mode)
    km = straight_line_km(pack)
    pace = MINUTES_PER_HOUR * register.at("detour_factor", run)
    minutes = km * pace / register.at("travel_speed_kmh", run)
    known, given = _given(pack, used)
    return TravelTimes(minutes.where(~given, known), given, km, used)


def minutes_to_points(
    pack: Pack, register: Register, run: Stance, mode: str | None = None
) -> pd.DataFrame:
    """Minutes from each LSOA (rows) to each place of delivery (columns ``point_id``).

    See :class:`TravelTimes` for what infinite and NaN mean.
    """
    return travel_times(pack, register, run, mode).minutes


def minutes_to_services(
    pack: Pack, register: Register, run: Stance, mode: str | None = None
) -> pd.DataFrame:
    """Minutes from each LSOA to the nearest place of each service that people must visit.

    Columns are services given only by visit *and* with a known place; other services are
    absent, since travel is not asked of them.
    """
    to_points = minutes_to_points(pack, register, run, mode)
    columns = {
        service: to_points[points].min(axis=1) for service, points in visited_points(pack).items()
    }
    return pd.DataFrame(columns, index=to_points.index)


def visited_points(pack: Pack) -> dict[str, list[str]]:
    """Places (``point_id``) of each service that people must visit, those with a place only."""
    services = pack["services"]
    must_visit = set(services.loc[visited_only(services), "service_id"])
    return {
        str(service): [str(point) for point in of_service["point_id"]]
        for service, of_service in pack["delivery_points"].groupby("service_id", sort=True)
        if service in must_visit
    }


@kept_for("lsoa_facts", "delivery_points")
def straight_line_km(pack: Pack) -> pd.DataFrame:
    """Kilometres in a straight line from each LSOA (rows) to each place (columns ``point_id``).

    NaN for an LSOA without a centroid. On EPSG:27700. Treat it as read-only.
    """
    points = pack["delivery_points"]
    origins = centroids(pack)
    places = gpd.GeoSeries(
        gpd.points_from_xy(points["lon"], points["lat"], crs=DISPLAY_CRS)
    ).to_crs(METRIC_CRS)
    # A centroid that is not there comes out of the projection as infinite.
    x, y = (np.where(np.isfinite(ends), ends, np.nan) for ends in (origins.x, origins.y))
    metres = np.hypot(
        x[:, None] - places.x.to_numpy()[None, :], y[:, None] - places.y.to_numpy()[None, :]
    )
    columns = pd.Index(points["point_id"])
    return pd.DataFrame(metres / METRES_PER_KM, index=origins.index, columns=columns)


@kept_for("lsoa_facts", "delivery_points", "travel_times")
def _given(pack: Pack, mode: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return minutes as given by ``mode``, infinite where the cell is empty, and which are.

    Both have the rows and columns of :func:`straight_line_km`.
    """
    km = straight_line_km(pack)
    rows = pack["travel_times"]
    rows = rows[rows["mode"] == mode]
    origin = km.index.get_indexer(pd.Index(rows["origin"]))
    place = km.columns.get_indexer(pd.Index(rows["destination"]))
    # The loader refuses codes that are not of the pack; one made by hand may hold others.
    known = (origin >= 0) & (place >= 0)
    minutes = np.full(km.shape, np.nan)
    given = np.zeros(km.shape, dtype=bool)
    minutes[origin[known], place[known]] = rows["minutes"].fillna(np.inf).to_numpy()[known]
    given[origin[known], place[known]] = True
    return (
        pd.DataFrame(minutes, km.index, km.columns),
        pd.DataFrame(given, km.index, km.columns),
    )
