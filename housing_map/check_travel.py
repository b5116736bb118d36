"""What has to hold of travel times beyond what each row says by itself.

That origins and destinations exist, that minutes are from 0 to a day, and that no pair stands
twice for one mode is in the schema of the table.
"""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt
from typing import TYPE_CHECKING, Final

from housing_map.errors import Problem, Severity
from housing_map.pack_tables import BY_NAME
from housing_map.rows import info_problem, nearest, problem_at, rows_of, values_in
from housing_map.schemas import split_codes
from housing_map.vocabulary import Delivery

if TYPE_CHECKING:
    from collections.abc import Iterator

    from housing_map.pack import PackInfo
    from housing_map.rows import Read

    Point = tuple[float, float]

TABLE: Final = "travel_times"
FASTEST_KMH: Final = 150.0
"""Straight-line speed above which a travel time is not credible: faster than any road or rail."""
SLACK_MIN: Final = 5.0
"""Minutes by which a time may be too short before its speed is looked at: centroids are coarse."""
_EARTH_KM: Final = 6371.0
_MINUTES_PER_HOUR: Final = 60.0


def travel_problems(read: Read, info: PackInfo | None) -> Iterator[Problem]:
    """Yield modes that cannot be told, places nobody visits, gaps, and times too short."""
    modes = values_in(read, TABLE, "mode") or frozenset()
    if info is not None:
        yield from _mode_problems(modes, info)
        if modes and not info.travel.source:
            yield info_problem(
                "travel.source",
                "nothing says where the travel times come from",
                "",
                expected="what they were worked out with, for which day and hour",
                mend="Write it, such as the program, its version and the timetable's date",
                severity=Severity.WARNING,
            )
    yield from _unused_problems(read)
    yield from _gap_problems(read, modes)
    yield from _speed_problems(read)


def _mode_problems(modes: frozenset[str], info: PackInfo) -> Iterator[Problem]:
    chosen, path = info.travel.mode, BY_NAME[TABLE].path
    listed = ", ".join(sorted(modes))
    if chosen and chosen not in modes:
        yield info_problem(
            "travel.mode",
            f"no row of {path} is by this mode",
            chosen,
            expected=f"one of: {listed}" if modes else f"a row by {chosen} in {path}",
            mend=nearest(chosen, modes, f"Take the mode out, or add its rows to {path}"),
        )
    elif not chosen and len(modes) > 1:
        yield info_problem(
            "travel.mode",
            f"{path} gives times by several modes, and none is chosen",
            "",
            expected=f"one of: {listed}",
            mend="Choose the mode by which most people without a car of their own travel",
        )


def _service_of(read: Read) -> dict[str, str]:
    """Return the service that each place belongs to."""
    rows = rows_of(read, "delivery_points", "point_id", "service_id")
    return {str(cells["point_id"]): str(cells["service_id"]) for _, cells in rows}


def _visited(read: Read) -> frozenset[str] | None:
    """Places of services that people must visit; None where the services cannot be read."""
    if values_in(read, "services", "delivery") is None:
        return None
    must = {
        str(cells["service_id"])
        for _, cells in rows_of(read, "services", "service_id", "delivery")
        if split_codes(cells["delivery"]) == (Delivery.VISIT,)
    }
    return frozenset(point for point, service in _service_of(read).items() if service in must)


def _unused_problems(read: Read) -> Iterator[Problem]:
    """Yield each place with travel times whose service can be had without a visit."""
    visited, known = _visited(read), values_in(read, "delivery_points", "point_id")
    if visited is None or known is None:
        return
    first: dict[str, int] = {}
    for row, cells in rows_of(read, TABLE, "destination"):
        place = str(cells["destination"])
        if place in known and place not in visited:
            first.setdefault(place, row)
    for place, row in first.items():
        yield problem_at(
            TABLE,
            row,
            "destination",
            "the service can be had without a visit, so that no travel time to it is read",
            value=place,
            expected="a place of a service whose delivery is visit and nothing else",
            mend="Remove its rows, or mend the delivery in services.csv",
            severity=Severity.WARNING,
        )


def _gap_problems(read: Read, modes: frozenset[str]) -> Iterator[Problem]:
    """Yield each mode that leaves out some pair of small area and visited place."""
    lsoas, visited = values_in(read, "lsoa_facts", "lsoa_code"), _visited(read)
    if lsoas is None or not visited:
        return
    for mode in sorted(modes):
        pairs = {
            (cells["origin"], cells["destination"])
            for _, cells in rows_of(read, TABLE, "origin", "destination", "mode")
            if cells["mode"] == mode
            and cells["origin"] in lsoas
            and cells["destination"] in visited
        }
        every = len(lsoas) * len(visited)
        if len(pairs) < every:
            yield problem_at(
                TABLE,
                None,
                "mode",
                f"{every - len(pairs)} of {every} pairs of small area and visited place have no "
                "travel time by this mode and are estimated",
                value=mode,
                expected="a row for each pair, with empty minutes where there is no way",
                mend="Add the rows; a nearest place may otherwise be told by an estimate",
                severity=Severity.WARNING,
            )


def _speed_problems(read: Read) -> Iterator[Problem]:
    """Yield one problem for each mode with times that no vehicle could keep."""
    homes = _points(read, "lsoa_facts", "lsoa_code")
    places = _points(read, "delivery_points", "point_id")
    found: dict[str, list[tuple[int, float, float]]] = {}
    for row, cells in rows_of(read, TABLE, "origin", "destination", "mode", "minutes"):
        start, end = homes.get(str(cells["origin"])), places.get(str(cells["destination"]))
        if cells["minutes"] is None or start is None or end is None:
            continue
        km = _km(start, end)
        least = km / FASTEST_KMH * _MINUTES_PER_HOUR
        if cells["minutes"] < least - SLACK_MIN:
            found.setdefault(str(cells["mode"]), []).append((row, float(cells["minutes"]), km))
    for mode, rows in found.items():
        row, minutes, km = rows[0]
        yield problem_at(
            TABLE,
            row,
            "minutes",
            f"{km:.0f} km in a straight line in {minutes:g} minutes is too fast "
            f"({len(rows)} such {'row' if len(rows) == 1 else 'rows'} by {mode})",
            value=f"{minutes:g}",
            expected=f"at least {km / FASTEST_KMH * _MINUTES_PER_HOUR:.0f} minutes",
            mend="Check that the times are in minutes, not hours, and the pairs the right ones",
            severity=Severity.WARNING,
        )


def _points(read: Read, table: str, key: str) -> dict[str, Point]:
    """Longitude and latitude in degrees, by code, of rows that have both."""
    return {
        str(cells[key]): (float(cells["lon"]), float(cells["lat"]))
        for _, cells in rows_of(read, table, key, "lon", "lat")
        if cells["lon"] is not None and cells["lat"] is not None
    }


def _km(start: Point, end: Point) -> float:
    """Great-circle distance (haversine formula): near enough to judge a speed by."""
    (west, south), (east, north) = (tuple(map(radians, point)) for point in (start, end))
    bulge = sin((north - south) / 2) ** 2
    bulge += cos(south) * cos(north) * sin((east - west) / 2) ** 2
    return 2 * _EARTH_KM * asin(min(sqrt(bulge), 1.0))
