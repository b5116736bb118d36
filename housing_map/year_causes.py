"""Why the answer changed between two packs: each cause's share of the difference.

A cause is a set of inputs that change together: services that opened or closed, places, rules,
routes, and so on. A pack in between has the inputs of some causes from the later pack and all
others from the earlier one; what the model meets in each of them gives every cause its share, the
mean over every order in which the causes might have come (Shapley 1953,
:mod:`housing_map.shapley`). Shares add up to the difference exactly.

Rows about a service that only one pack has come and go with the service, whatever table they stand
in; a route to a service that is not there leads nowhere. Where the two packs have other areas, the
areas that services serve change with the map, since neither can be read with the other.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import pandas as pd

from housing_map import model, shapley
from housing_map.cells import records
from housing_map.pack_tables import BY_NAME
from housing_map.places import grouping_columns
from housing_map.vocabulary import Risk, Run

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from housing_map.cells import Row
    from housing_map.jobs import Report
    from housing_map.model import Settings
    from housing_map.pack import Pack, PackInfo
    from housing_map.stance import Stance

EXACT_UP_TO: Final = 8
"""Most causes whose shares are exact: 256 packs in between."""
SEED: Final = 2026
PAIRS: Final = 16
"""Pairs of random orders that sampled shares are means of."""


class Cause(StrEnum):
    """A set of inputs that change together."""

    NEED = "need"
    AREAS = "areas"
    SERVICES = "services"
    OFFERS = "offers"
    PLACES = "places"
    TAKES = "takes"
    ROUTES = "routes"
    REACH = "reach"


CAUSE_WORDS: Final = {
    Cause.NEED: "Who seeks help: how many, and what they need",
    Cause.AREAS: "People, homes and the map of areas",
    Cause.SERVICES: "Services that opened, closed or were confirmed, and the date",
    Cause.OFFERS: "What services that stayed are and give",
    Cause.PLACES: "How many places there are, and how long people stay",
    Cause.TAKES: "Whom services take",
    Cause.ROUTES: "Referral routes and waits",
    Cause.REACH: "Areas served, places visited and travel",
}

_PARAMETERS: Final = {
    **dict.fromkeys(
        (
            "national_households_supported",
            "national_households_unable_to_be_supported",
            "district_share_of_england_population",
            "arrivals_per_leaver",
            "tenure_ratio_private_rent_to_owner",
            "tenure_ratio_social_to_owner",
            "prevalence_adults_last_year",
        ),
        Cause.NEED,
    ),
    **dict.fromkeys(("detour_factor", "travel_speed_kmh", "travel_threshold_min"), Cause.REACH),
    "unknown_rule_central": Cause.TAKES,
    **{f"max_wait_days_{risk}": Cause.ROUTES for risk in Risk},
}
"""Parameters that a run reads, by cause; others are written down for people."""
_WHOLE: Final = {
    "household_shares": Cause.NEED,
    "circumstance_pairs": Cause.NEED,
    "tenure_calibration": Cause.NEED,
    "lsoa_facts": Cause.AREAS,
    "groupings": Cause.AREAS,
    "ward_age_sex": Cause.AREAS,
    "pool_assumptions": Cause.PLACES,
    "acceptance_shares": Cause.TAKES,
}
"""Tables that change as a whole."""
_OF_SERVICES: Final = {
    "eligibility": Cause.TAKES,
    "capacity": Cause.PLACES,
    "areas_served": Cause.REACH,
    "delivery_points": Cause.REACH,
}
"""Tables of rows about a service each."""
_LIFE: Final = ("operating", "opened_on", "closes_on")
_SAID: Final = frozenset(
    {"name", "status", "source", "last_confirmed", "note", "period", "geography", "label",
     "accreditation", "helpline"}
)  # fmt: skip
"""Columns that say what a figure rests on, and change no answer."""


def cause_of(table: str, key: str = "", column: str = "") -> Cause | None:
    """Return the cause that an input belongs to; None where no run reads it.

    ``key`` is that of a parameter, ``column`` that of a service.
    """
    if column in _SAID:
        return None
    if table == "parameters":
        return _PARAMETERS.get(key)
    if table == "services":
        return Cause.SERVICES if column in {"", *_LIFE} else Cause.OFFERS
    if table == "travel_times":
        return Cause.REACH
    return {"referral_routes": Cause.ROUTES, **_WHOLE, **_OF_SERVICES}.get(table)


@dataclass(frozen=True, slots=True)
class CauseShare:
    """What a cause accounts for, in households a year: of those met, and of those who seek help.

    ``error`` is the standard error of ``met`` where shares are sampled, else None. ``with_areas``
    says that areas served changed with the map.
    """

    cause: Cause
    words: str
    met: float
    demand: float
    error: float | None = None
    with_areas: bool = False


@dataclass(frozen=True, slots=True)
class Causes:
    """The difference between two packs shared out; shares add up to after − before.

    ``exact`` says that every pack in between was asked, ``runs`` how many were.
    """

    before_met: float
    after_met: float
    before_demand: float
    after_demand: float
    shares: tuple[CauseShare, ...]
    exact: bool
    runs: int


def same_areas(earlier: Pack, later: Pack) -> bool:
    """Whether both packs have the same small areas in the same wards and groupings."""
    return _membership(earlier) == _membership(later)


def _membership(pack: Pack) -> tuple[object, ...]:
    wards, facts = pack["groupings"], pack["lsoa_facts"]
    columns = ["ward_code", *grouping_columns(wards)]
    rows = wards[columns].sort_values("ward_code").itertuples(index=False, name=None)
    inside = facts[["lsoa_code", "ward_code"]].sort_values("lsoa_code")
    return (*columns, *rows, *inside.itertuples(index=False, name=None))


def causes(
    earlier: Pack,
    later: Pack,
    settings: Settings,
    *,
    stance: Stance = Run.CENTRAL,
    exact_up_to: int = EXACT_UP_TO,
    progress: Report | None = None,
) -> Causes:
    """Share the difference in households met, and in those who seek help, out among its causes.

    Each pack is asked at its own reference date. Causes whose inputs did not change have no share.
    Beyond ``exact_up_to`` causes, shares are sampled, and have an error. ``progress`` may raise to
    stop. Raises :class:`housing_map.errors.UsageError` as a run does.
    """
    mixing = Mixing(earlier, later)
    players = mixing.telling()
    asked = replace(settings, on=None)
    known: dict[frozenset[int], tuple[float, float]] = {}
    exact = len(players) <= exact_up_to
    of = 1 << len(players) if exact else 2 * PAIRS * len(players)

    def both(coalition: frozenset[int]) -> tuple[float, float]:
        if coalition not in known:
            if progress is not None:
                progress(min(len(known), of - 1), of)
            pack = mixing.pack(frozenset(players[one] for one in coalition))
            known[coalition] = model.most_met(pack, asked, stance)
        return known[coalition]

    def met(coalition: frozenset[int]) -> float:
        return both(coalition)[1]

    def demand(coalition: frozenset[int]) -> float:
        return both(coalition)[0]

    count, everyone = len(players), frozenset(range(len(players)))
    errors: tuple[float | None, ...] = (None,) * count
    if exact:
        of_met, of_demand = shapley.exact(count, met), shapley.exact(count, demand)
    else:
        sampled = shapley.sampled(count, met, pairs=PAIRS, seed=SEED)
        of_met, errors = sampled.shares, sampled.errors
        of_demand = shapley.sampled(count, demand, pairs=PAIRS, seed=SEED).shares
    before, after = both(frozenset()), both(everyone)
    if progress is not None:
        progress(of, of)
    return Causes(
        before_met=before[1],
        after_met=after[1],
        before_demand=before[0],
        after_demand=after[0],
        shares=tuple(
            CauseShare(
                cause=cause,
                words=CAUSE_WORDS[cause],
                met=of_met[number],
                demand=of_demand[number],
                error=errors[number],
                with_areas=cause is Cause.AREAS and mixing.joined,
            )
            for number, cause in enumerate(players)
        ),
        exact=exact,
        runs=len(known),
    )


class Mixing:
    """Packs in between two packs: some causes as in the later one, the rest as in the earlier."""

    def __init__(self, earlier: Pack, later: Pack) -> None:
        self._packs = earlier, later
        self.joined = not same_areas(earlier, later)
        codes = [{str(row["service_id"]) for row in records(p["services"])} for p in self._packs]
        self._both = codes[0] & codes[1]
        self._tables: dict[tuple[object, ...], pd.DataFrame] = {}
        self._infos: dict[tuple[bool, ...], PackInfo] = {}

    def telling(self) -> tuple[Cause, ...]:
        """Return the causes whose inputs differ, in order."""
        none = self.pack(frozenset())
        return tuple(
            cause
            for cause in Cause
            if not (cause is Cause.REACH and self.joined)
            and self._differ(none, self.pack(frozenset({cause})))
        )

    def pack(self, later: Collection[Cause]) -> Pack:
        """Return the pack with the inputs of these causes from the later one."""
        chosen = frozenset(later)
        if self.joined and Cause.AREAS in chosen:
            chosen |= {Cause.REACH}
        elif self.joined:
            chosen -= {Cause.REACH}
        takes = {cause: cause in chosen for cause in Cause}
        if all(takes.values()) or not any(takes.values()):
            return self._packs[all(takes.values())]
        base = self._packs[takes[Cause.SERVICES]]
        tables = {name: base.tables[name] for name in base.tables}
        for name, cause in _WHOLE.items():
            tables[name] = self._packs[takes[cause]][name]
        for name, cause in _OF_SERVICES.items():
            tables[name] = self._of_services(name, takes[cause], takes[Cause.SERVICES])
        tables["services"] = self._services(takes[Cause.OFFERS], takes[Cause.SERVICES])
        tables["referral_routes"] = self._routes(takes[Cause.ROUTES], takes[Cause.SERVICES])
        tables["parameters"] = self._parameters(takes)
        tables["travel_times"] = self._travel(takes[Cause.REACH], takes[Cause.SERVICES])
        digest = hashlib.sha256()
        for part in (*(pack.digest for pack in self._packs), *sorted(chosen)):
            digest.update(f"{part}\0".encode())
        return replace(
            base,
            info=self._info(takes),
            tables=tables,
            layers=self._packs[takes[Cause.AREAS]].layers,
            digest=digest.hexdigest(),
        )

    def _differ(self, one: Pack, other: Pack) -> bool:
        """Whether two packs could answer differently."""
        dates = one.info.reference_date != other.info.reference_date
        read = {"services", "referral_routes", "parameters", "travel_times"}
        travel = one.info.travel.mode != other.info.travel.mode
        return (
            dates
            or travel
            or any(
                _telling(name, one.tables[name]) != _telling(name, other.tables[name])
                for name in {*read, *_WHOLE, *_OF_SERVICES} - {"ward_age_sex"}
            )
        )

    def _info(self, takes: Mapping[Cause, bool]) -> PackInfo:
        """Return ``pack.json``: the date goes with services, the map with areas."""
        sides = takes[Cause.SERVICES], takes[Cause.AREAS], takes[Cause.REACH]
        if sides not in self._infos:
            date, areas, reach = (self._packs[side].info for side in sides)
            self._infos[sides] = areas.model_copy(
                update={"reference_date": date.reference_date, "travel": reach.travel}
            )
        return self._infos[sides]

    def _kept(self, key: tuple[object, ...], rows: list[Row]) -> pd.DataFrame:
        """Return the table of these rows, the same object for the same key."""
        if key not in self._tables:
            frames = [pack.tables[str(key[0])] for pack in self._packs]
            columns = list(dict.fromkeys([*frames[0].columns, *frames[1].columns]))
            frame = pd.DataFrame(rows, columns=columns)
            types = {**frames[1].dtypes.to_dict(), **frames[0].dtypes.to_dict()}
            self._tables[key] = frame.astype(types)
        return self._tables[key]

    def _own(self, service: object) -> bool:
        """Whether only one pack has a service; an end that is none counts as of both."""
        return not (str(service) in self._both or ":" in str(service))

    def _rows(self, name: str, side: bool, services: bool, *ends: str) -> list[Row]:  # noqa: FBT001 - which pack
        """Return rows about services of both packs, and those about one pack's own."""
        both = [
            row
            for row in records(self._packs[side][name])
            if not any(self._own(row[end]) for end in ends)
        ]
        own = [
            row
            for row in records(self._packs[services][name])
            if any(self._own(row[end]) for end in ends)
        ]
        return both + own

    def _of_services(self, name: str, side: bool, services: bool) -> pd.DataFrame:  # noqa: FBT001 - which pack
        key = (name, side, services)
        if key in self._tables:
            return self._tables[key]
        return self._kept(key, self._rows(name, side, services, "service_id"))

    def _routes(self, side: bool, services: bool) -> pd.DataFrame:  # noqa: FBT001 - which pack
        key = ("referral_routes", side, services)
        if key in self._tables:
            return self._tables[key]
        return self._kept(key, self._rows("referral_routes", side, services, "from_id", "to_id"))

    def _services(self, side: bool, services: bool) -> pd.DataFrame:  # noqa: FBT001 - which pack
        """Return services: whether they run from one pack, what they are from the other."""
        key = ("services", side, services)
        if key in self._tables:
            return self._tables[key]
        life = {str(row["service_id"]): row for row in records(self._packs[services]["services"])}
        rows = [
            {**row, **{name: life[str(row["service_id"])][name] for name in _LIFE}}
            for row in self._rows("services", side, services, "service_id")
        ]
        return self._kept(key, rows)

    def _parameters(self, takes: Mapping[Cause, bool]) -> pd.DataFrame:
        sides = tuple(takes[cause] for cause in dict.fromkeys(_PARAMETERS.values()))
        key = ("parameters", *sides, takes[Cause.SERVICES])
        if key in self._tables:
            return self._tables[key]
        found: dict[str, Row] = {}
        for later, pack in enumerate(self._packs):
            for row in records(pack["parameters"]):
                cause = _PARAMETERS.get(str(row["key"]), Cause.SERVICES)
                if takes[cause] == bool(later):
                    found[str(row["key"])] = row
        return self._kept(key, list(found.values()))

    def _travel(self, side: bool, services: bool) -> pd.DataFrame:  # noqa: FBT001 - which pack
        """Return travel times to the places of :meth:`_of_services`."""
        key = ("travel_times", side, services)
        if key in self._tables:
            return self._tables[key]
        found: list[Row] = []
        for which in (False, True):
            here = {
                str(row["point_id"])
                for row in records(self._packs[which]["delivery_points"])
                if which == (services if self._own(row["service_id"]) else side)
            }
            found += [
                row
                for row in records(self._packs[which].tables["travel_times"])
                if str(row["destination"]) in here
            ]
        return self._kept(key, found)


def _telling(name: str, frame: pd.DataFrame) -> list[tuple[str, ...]]:
    """Return what a run reads of a table, in an order of its own."""
    rows = list(records(frame))
    if name == "parameters":
        rows = [row for row in rows if row["key"] in _PARAMETERS]
    known = {column.name for column in BY_NAME[name].columns}
    columns = sorted(c for c in map(str, frame.columns) if c not in _SAID or c not in known)
    return sorted(tuple(str(row[column]) for column in columns) for row in rows)
