"""How far people are from services they have to visit, and how well these serve each area.

Only services given by visiting alone, with a known place, are asked about; accommodation and
help that comes to the home are not. A place counts for the areas its service serves. Thresholds
are inclusive: 30 minutes is within 30. Everybody is counted once in each row: within the longest
threshold + beyond it + not placed = all people, exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from housing_map import catchment, places, provision, travel
from housing_map.errors import UsageError
from housing_map.kinds import KINDS
from housing_map.model import served
from housing_map.vocabulary import COMPONENTS, Component

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from numpy.typing import NDArray

    from housing_map.pack import Pack
    from housing_map.parameters import Register
    from housing_map.provision import Service
    from housing_map.stance import Stance

    Floats = NDArray[np.float64]

ANY: Final = "any"
"""Any service that people visit for help; programmes for perpetrators are not among them."""
COUNTED: Final = ("residents", "households")
THRESHOLDS_MIN: Final = (15.0, 30.0, 45.0, 60.0)
NOWHERE: Final = ""
"""Code of the row that holds small areas which lie in no area of the level asked for."""
PER_THOUSAND: Final = 1000.0
_SAME_MIN: Final = 1e-9
"""Minutes by which two times may differ through rounding and still be the same."""


@dataclass(frozen=True, slots=True, eq=False)
class Visits:
    """What is known of travel to services that people visit, on one date in one run.

    ``minutes`` and ``km`` (LSOA × ``point_id``) are infinite where the place cannot be reached or
    its service does not serve the area, and NaN where nobody can say. ``given`` says which times
    are given rather than estimated. ``points`` lists the places of each service, ``placeless``
    the services whose place nobody has given: they are in no figure.
    """

    services: tuple[Service, ...]
    points: dict[str, list[str]]
    placeless: tuple[str, ...]
    minutes: pd.DataFrame
    km: pd.DataFrame
    given: pd.DataFrame
    mode: str

    def of(self, what: str) -> tuple[Service, ...]:
        """Services of a component or kind, or :data:`ANY`; raises :class:`UsageError`."""
        found = tuple(service for service in self.services if what in _groups(service))
        if not found and what != ANY:
            known = ", ".join(self.groups())
            message = f"No service of {what!r} is visited at a known place; there are {known}"
            raise UsageError(message)
        return found

    def groups(self) -> tuple[str, ...]:
        """Return what can be asked about: :data:`ANY`, then components, then other kinds."""
        present = {group for service in self.services for group in _groups(service)}
        order = [ANY, *map(str, Component), *KINDS]
        return tuple(dict.fromkeys(g for g in order if g in present or g == ANY))

    def places_of(self, services: Iterable[Service]) -> list[str]:
        """Places of services, sorted by ``point_id``."""
        return sorted(point for service in services for point in self.points[service.id])


def _groups(service: Service) -> frozenset[str]:
    """Return what a service is counted under: its components or else its kind, and any."""
    own = {str(component) for component in service.components} or {service.kind.code}
    helps = service.components != {Component.PERPETRATOR}
    return frozenset(own | ({ANY} if helps else set()))


def group_label(group: str) -> str:
    """Return the words for a group of services."""
    if group == ANY:
        return "Any service people visit for help"
    return COMPONENTS[group].label if group in COMPONENTS else KINDS[group].label


def visits(
    pack: Pack, register: Register, run: Stance, *, on: date | None = None, mode: str | None = None
) -> Visits:
    """Gather travel to services that run ``on`` a date and can only be had by a visit.

    ``on`` is by default the pack's reference date, ``mode`` that of the pack. Raises
    :class:`UsageError` for a mode without travel times.
    """
    times = travel.travel_times(pack, register, run, mode)
    known = travel.visited_points(pack)
    rows = pack["services"]
    must = set(rows.loc[travel.visited_only(rows), "service_id"])
    running = provision.open_services(pack, on or pack.info.reference_date, run)
    visited = [service for service in running if service.id in must]
    services = tuple(service for service in visited if service.id in known)
    points = {service.id: known[service.id] for service in services}
    every = sorted(point for of_service in points.values() for point in of_service)
    minutes, km = times.minutes[every].copy(), times.km[every].copy()
    serves = served(pack, [*points])
    for service, of_service in points.items():
        elsewhere = ~serves[service].to_numpy(dtype=bool)
        minutes.loc[elsewhere, of_service] = np.inf
        km.loc[elsewhere, of_service] = np.inf
    return Visits(
        services,
        points,
        tuple(service.id for service in visited if service.id not in known),
        minutes,
        km,
        times.given[every],
        times.mode,
    )


# The nearest place -------------------------------------------------------------------------


def nearest(found: Visits, services: Iterable[Service] | None = None) -> pd.DataFrame:
    """Return the nearest place of ``services`` by time and by straight line, for each LSOA.

    Columns: ``by_time`` (``point_id``, missing where there is none) and its ``minutes`` (infinite
    there, and NaN where nobody can say); ``by_distance`` and its ``km``;
    ``minutes_there``, the time to the place that is nearest by distance; ``disagree``, whether
    that takes longer; ``status``: *given* or *estimated* (the time of ``by_time``), *unreachable*
    or *unknown*. Of places equally quick the nearer wins, of places equally near the quicker,
    then the first ``point_id``, so that the order of the data changes nothing. By default all
    services that :data:`ANY` stands for.
    """
    asked = found.of(ANY) if services is None else services
    points = np.array(found.places_of(asked), dtype=object)
    minutes, km, given = (
        frame[list(points)].to_numpy() for frame in (found.minutes, found.km, found.given)
    )
    index = found.minutes.index
    if not len(points):
        minutes = np.full((len(index), 1), np.inf)
        km, given, points = minutes, np.zeros(minutes.shape, dtype=bool), np.array([None])
    quick, near = _first(minutes, km), _first(km, minutes)
    row = np.arange(len(index))
    best, there = minutes[row, quick], minutes[row, near]
    reached, close = np.isfinite(best), np.isfinite(km[row, near])
    unknown = ~reached & np.isnan(minutes).any(axis=1)
    status = np.where(given[row, quick], "given", "estimated")
    status = np.where(reached, status, np.where(unknown, "unknown", "unreachable"))
    return pd.DataFrame(
        {
            "by_time": _if(reached, points[quick]),
            "minutes": np.where(unknown, np.nan, best),
            "by_distance": _if(close, points[near]),
            "km": np.where(close, km[row, near], np.nan),
            "minutes_there": np.where(close, there, np.nan),
            "disagree": reached & close & (there > best + _SAME_MIN),
            "status": status,
        },
        index=index,
    )


def _if(flags: NDArray[np.bool_], names: NDArray[np.object_]) -> pd.api.extensions.ExtensionArray:
    """Return each name whose flag is set; the others are missing."""
    kept = [name if flag else None for flag, name in zip(flags, names, strict=True)]
    return pd.array(kept, dtype="str")


def _first(lead: Floats, tie: Floats) -> NDArray[np.int64]:
    """Return the column of the least ``lead`` in each row; ties go by ``tie``, then in order."""
    lead, tie = (np.where(np.isnan(values), np.inf, values) for values in (lead, tie))
    tied = lead <= lead.min(axis=1, keepdims=True) + _SAME_MIN
    least = np.where(tied, tie, np.inf).min(axis=1, keepdims=True)
    return np.asarray((tied & (tie <= least + _SAME_MIN)).argmax(axis=1))


# Coverage at thresholds --------------------------------------------------------------------


def thresholds_table(
    pack: Pack,
    found: Visits,
    *,
    level: str = "ward",
    minutes: Sequence[float] = THRESHOLDS_MIN,
    counted: str = "residents",
) -> pd.DataFrame:
    """Return how many people are within each threshold of the nearest place, area by area.

    One row for each area of ``level`` and group of services (``service``, :meth:`Visits.groups`).
    Columns: the level (code), ``name``, ``service``, ``label``; ``counted`` (``residents`` or
    ``households``, Census 2021); for each threshold m ``within_m`` and ``share_m``, of all the
    people; ``beyond`` the longest; ``estimated``, those whose time is an estimate; and last
    ``not_placed``: small areas without a centroid or a time, and, in a row of their own with an
    empty code, those in no area of the level. Raises :class:`UsageError` for an unknown level,
    and thresholds or people that cannot be counted.
    """
    limits = _limits(minutes)
    level = places.find_level(pack, level).code
    people = _people(pack, counted)
    names = places.area_names(pack)
    area = places.membership(pack)[level].astype(object)
    inside = np.array([(level, code) in names for code in area])
    area = area.where(inside, NOWHERE).rename(level)
    frames = []
    for group in found.groups():
        near = nearest(found, found.of(group))
        placed = inside & near["minutes"].notna().to_numpy()
        time = near["minutes"].to_numpy()
        rows = pd.DataFrame({counted: people}, index=people.index)
        for limit in limits:
            rows[f"within_{limit:g}"] = people.where(placed & (time <= limit), 0)
        rows["beyond"] = people.where(placed & ~(time <= limits[-1]), 0)
        rows["estimated"] = people.where(placed & (near["status"] == "estimated"), 0)
        rows["not_placed"] = people.where(~placed, 0)
        table = rows.groupby(area).sum().reset_index()
        table.insert(1, "name", [_name(names, level, code) for code in table[level]])
        table.insert(2, "service", group)
        table.insert(3, "label", group_label(group))
        frames.append(table)
    table = pd.concat(frames, ignore_index=True)
    total = table[counted].where(table[counted] > 0)
    for limit in limits:
        within = table.columns.get_loc(f"within_{limit:g}")
        table.insert(int(str(within)) + 1, f"share_{limit:g}", table[f"within_{limit:g}"] / total)
    # Stable, so that the groups of an area keep their order; in no area comes last.
    last = table[level].eq(NOWHERE)
    order = table.assign(last=last).sort_values(["last", level], kind="stable").index
    return table.loc[order].reset_index(drop=True)


def _limits(minutes: Sequence[float]) -> tuple[float, ...]:
    """Return thresholds in rising order, each once; raises :class:`UsageError`."""
    if not minutes or not all(isfinite(limit) and limit >= 0 for limit in minutes):
        message = f"Thresholds are minutes from 0 up, at least one; got {list(minutes)}"
        raise UsageError(message)
    return tuple(sorted({float(limit) for limit in minutes}))


def _people(pack: Pack, counted: str) -> pd.Series[int]:
    """Return residents or households of each LSOA; raises :class:`UsageError`."""
    if counted not in COUNTED:
        message = f"{counted!r} cannot be counted; the census counts {' and '.join(COUNTED)}"
        raise UsageError(message)
    return pack["lsoa_facts"].set_index("lsoa_code")[counted].astype("int64")


def _name(names: dict[tuple[str, str], str], level: str, code: str) -> str:
    return f"In no area of the level {level}" if code == NOWHERE else names[level, code]


# Supply ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Access:
    """How well areas are served by visited services whose own capacity is known.

    ``areas`` has a row an LSOA: ``people``, ``minutes`` to the nearest of the services asked
    about, and in households a year per 1,000 people ``enhanced`` (E2SFCA), ``balanced`` (BFCA as
    published) and ``met`` (the level of service a person meets); NaN where no supply is known,
    or the area cannot be placed. ``sites`` has a row a service: ``supply`` in households a year,
    ``come`` (people weighed by time) and ``level`` per 1,000 of them. ``unknown`` lists services
    without a figure of their own: plain reach only. ``unused`` is supply nobody reaches,
    ``not_placed`` people of small areas without any time.
    """

    areas: pd.DataFrame
    sites: pd.DataFrame
    unknown: tuple[str, ...]
    unused: float
    not_placed: int

    @property
    def words(self) -> str:
        """What the figures rest on, in a sentence or two."""
        known, unknown = len(self.sites), len(self.unknown)
        if not known:
            return (
                f"Supply unknown: plain reach only. None of the {unknown} services asked about "
                "has a capacity of its own."
            )
        if not unknown:
            return f"All {known} services asked about have a capacity of their own."
        return (
            f"{known} of {known + unknown} services asked about have a capacity of their own; for "
            f"the other {unknown}, supply unknown: plain reach only."
        )


def access(
    pack: Pack,
    found: Visits,
    run: Stance,
    *,
    what: str = ANY,
    counted: str = "residents",
    decay: catchment.Decay = catchment.LUO_QI,
    on: date | None = None,
) -> Access:
    """Return floating-catchment access to visited services of ``what``, where supply is known.

    A service is one site, at its place nearest to each small area, since nobody says how it
    divides its capacity between places. Supply counts households a year whatever its basis;
    ask about one component or kind for services that can stand in for each other. ``on`` is the
    date that ``found`` was gathered for. Raises :class:`UsageError` as :meth:`Visits.of` does.
    """
    asked = found.of(what)
    supply = _own_supply(pack, found, run, on or pack.info.reference_date)
    known = [service for service in asked if service.id in supply]
    people = _people(pack, counted)
    near = nearest(found, asked)
    placed = near["minutes"].notna().to_numpy()
    areas = pd.DataFrame({"people": people, "minutes": near["minutes"]})
    measures = dict.fromkeys(("enhanced", "balanced", "met"), np.nan)
    sites = pd.DataFrame(
        {
            "name": pd.Series([service.name for service in known], dtype="str"),
            "supply": pd.Series([supply[service.id] for service in known], dtype="float64"),
        }
    )
    sites.index = pd.Index([service.id for service in known], name="service_id", dtype="str")
    areas = areas.assign(**measures)
    sites = sites.assign(come=np.nan, level=np.nan)
    unused = 0.0
    if known:
        table = pd.DataFrame(
            {s.id: found.minutes[found.points[s.id]].min(axis=1) for s in known},
        )
        minutes = catchment.minutes_from_table(table)
        stepped = catchment.enhanced(people, sites["supply"], minutes, decay)
        even = catchment.balanced(people, sites["supply"], minutes, decay)
        for name, values in (
            ("enhanced", stepped.access),
            ("balanced", even.access),
            ("met", even.met),
        ):
            areas[name] = np.where(placed, values * PER_THOUSAND, np.nan)
        sites["come"], sites["level"] = stepped.demand, stepped.level * PER_THOUSAND
        unused = stepped.unused
    return Access(
        areas,
        sites,
        tuple(service.id for service in asked if service.id not in supply),
        unused,
        int(people[~placed].sum()),
    )


def _own_supply(pack: Pack, found: Visits, run: Stance, on: date) -> dict[str, float]:
    """Households a year that each visited service can take, of those with a figure of their own.

    A pool shared under one assumption says nothing about where its places are.
    """
    running = provision.open_services(pack, on, run)
    visited = {service.id for service in found.services}
    return {
        pool.id: pool.households(run)
        for pool in provision.pools(pack, running)
        if not pool.shared and pool.id in visited
    }
