"""One entry to the model: ``run(pack, settings) -> Result``, cached by what went in.

A result holds three whole runs, cautious, central and optimistic. Each is computed on its own
from the pack, and each adds up by itself.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from itertools import compress, product
from threading import Lock
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from housing_map import coverage, demand, eligibility, places, profiles, provision, referral, travel
from housing_map.location_patterns import WIDE_AREA
from housing_map.parameters import Register
from housing_map.vocabulary import (
    CIRCUMSTANCES,
    Aim,
    Entry,
    Goal,
    Pathway,
    Right,
    Risk,
    Run,
    Tenure,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from numpy.typing import NDArray

    from housing_map.pack import Pack

CACHE_SIZE: Final = 32


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run is asked.

    ``on`` is the reference date (None: the pack's). ``local_risk`` spreads demand by recorded
    violence and stalking as well as by tenure.
    """

    goal: Goal = Goal.SAFE
    pathway: Pathway = Pathway.ANY
    local_risk: bool = False
    on: date | None = None

    def __post_init__(self) -> None:
        """Read words as the codes they stand for: the two are equal, and must mean the same."""
        object.__setattr__(self, "goal", Goal(self.goal))
        object.__setattr__(self, "pathway", Pathway(self.pathway))


@dataclass(frozen=True, eq=False)
class RunResult:
    """One run: its cells, its demand, and how each class of areas divides into LSOAs.

    ``split`` has columns place_class, tenure, lsoa, demand and share: within a class of areas
    and a tenure, the shares sum to 1.
    """

    run: Run
    cells: coverage.Cells
    demand: demand.Demand
    split: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Result:
    """Three runs of one pack under one set of settings."""

    pack: Pack
    settings: Settings
    on: date
    runs: Mapping[Run, RunResult] = field(repr=False)

    def __getitem__(self, run: Run) -> RunResult:
        """Return one of the three runs."""
        return self.runs[run]


_cache: OrderedDict[tuple[str, Settings], Result] = OrderedDict()
_lock = Lock()


def run(pack: Pack, settings: Settings | None = None) -> Result:
    """Run the model on ``pack``; a result already worked out is returned at once.

    Raises :class:`housing_map.errors.UsageError` for impossible inputs and
    :class:`housing_map.errors.SolverError` when an optimisation fails.
    """
    settings = settings or Settings()
    key = (pack.digest, settings)
    with _lock:
        if key in _cache:
            _cache.move_to_end(key)
            return _cache[key]
    on = settings.on or pack.info.reference_date
    result = Result(pack, settings, on, {one: run_one(pack, settings, one) for one in Run})
    with _lock:
        _cache[key] = result
        while len(_cache) > CACHE_SIZE:
            _cache.popitem(last=False)
    return result


def run_one(pack: Pack, settings: Settings, one: Run) -> RunResult:
    """Work out a single run from the pack, without the cache."""
    register = Register(pack["parameters"])
    wanted = demand.demand(pack, register, one, local_risk=settings.local_risk)
    setting, split = prepare(pack, settings, one, wanted)
    return RunResult(one, coverage.cascade(setting), wanted, split)


def prepare(
    pack: Pack, settings: Settings, one: Run, wanted: demand.Demand
) -> tuple[coverage.Setting, pd.DataFrame]:
    """Gather what the cascade of one run needs, and the split of its area classes."""
    register = Register(pack["parameters"])
    on = settings.on or pack.info.reference_date
    services = provision.open_services(pack, on, one)
    pools = provision.pools(pack, services)
    takes = eligibility.eligibility(pack, services, pools, register, one)
    graph = referral.build_graph(
        pack, services, one, default=register.at("unknown_rule_central", one)
    )
    paths = referral.find_paths(graph, settings.goal)
    on_paths = {service for path in paths for service in path.services}
    classes, split = place_classes(
        pack, register, one, [s for s in services if s.id in on_paths], wanted
    )
    merged, refused, draws = signatures(wanted.shares.circumstances, takes, services)
    telling = {service for service, _ in takes.refused}
    telling |= {s.id for s in services if any(s.id not in c.reaches for c in classes)}
    paths = referral.distinct_paths(paths, frozenset(telling), pools)
    if settings.goal is Goal.SAFE:
        ways_in = paths
    else:
        ways_in = referral.distinct_paths(
            referral.find_paths(graph, Goal.SAFE), frozenset(telling), pools
        )
    setting = coverage.Setting(
        run=one,
        goal=settings.goal,
        pathway=settings.pathway,
        services=services,
        pools=pools,
        eligibility=takes,
        paths=tuple(paths),
        ways_in=tuple(ways_in),
        routes=tuple(referral.merge_routes(paths, pools)),
        places=classes,
        max_wait_days={risk: register.at(f"max_wait_days_{risk}", one) for risk in Risk},
        signatures=merged,
        signature_refused=refused,
        signature_draws=draws,
        groups=household_groups(wanted, split, settings.pathway, len(classes) - 1),
    )
    return setting, split


def signatures(
    shares: Mapping[str, float],
    takes: eligibility.Eligibility,
    services: Sequence[provision.Service],
) -> tuple[profiles.Signatures, NDArray[np.bool_], NDArray[np.bool_]]:
    """Merge circumstances by what they mean for the services of a run.

    Returns the signatures, which services refuse each (signatures × services), and which
    sub-capacities each draws on (signatures × sub-capacities).
    """
    masks = {}
    for code in shares:
        refused = [(service.id, code) in takes.refused for service in services]
        draws = [sub.rule == code for sub in takes.subs]
        masks[code] = sum(1 << place for place, bit in enumerate([*refused, *draws]) if bit)
    merged = profiles.signatures(profiles.factors(shares), masks)
    width = len(services) + len(takes.subs)
    bits = np.array(
        [[mask >> place & 1 for place in range(width)] for mask in merged.masks], dtype=bool
    ).reshape(len(merged.masks), width)
    return merged, bits[:, : len(services)], bits[:, len(services) :]


def place_classes(
    pack: Pack,
    register: Register,
    one: Run,
    services: Sequence[provision.Service],
    wanted: demand.Demand,
) -> tuple[tuple[coverage.PlaceClass, ...], pd.DataFrame]:
    """Group LSOAs that the same services serve and reach; the last class is *from elsewhere*.

    Arrivals can use whatever serves the district as a whole; travel is not asked of them.
    """
    serves = served(pack, [s.id for s in services])
    minutes = travel.minutes_to_services(pack, register, one)
    limit = register.at("travel_threshold_min", one)
    reaches = serves.copy()
    for service in minutes.columns.intersection(reaches.columns):
        reaches[service] &= (minutes[service] <= limit).reindex(reaches.index)
    alike: dict[coverage.PlaceClass, list[str]] = {}
    flags = (serves.to_numpy(dtype=bool), reaches.to_numpy(dtype=bool))
    for lsoa, serving, reaching in zip(serves.index, *flags, strict=True):
        one_class = coverage.PlaceClass(
            frozenset(compress(serves.columns, serving)),
            frozenset(compress(reaches.columns, reaching)),
        )
        alike.setdefault(one_class, []).append(str(lsoa))
    classes = sorted(alike, key=lambda c: min(alike[c]))
    place = {lsoa: number for number, c in enumerate(classes) for lsoa in alike[c]}
    whole = frozenset(
        str(service) for service in serves.columns if serves_whole(pack, str(service))
    )
    classes.append(coverage.PlaceClass(whole, whole))
    split = wanted.residents.rename_axis("lsoa").melt(
        var_name="tenure", value_name="demand", ignore_index=False
    )
    split = split.reset_index()
    split["place_class"] = split["lsoa"].map(place)
    total = split.groupby(["place_class", "tenure"])["demand"].transform("sum")
    split["share"] = np.where(total > 0, split["demand"] / total.where(total > 0, 1.0), 0.0)
    return tuple(classes), split[["place_class", "tenure", "lsoa", "demand", "share"]]


def serves_whole(pack: Pack, service: str) -> bool:
    """Whether a service serves the whole district, as it must for people from elsewhere."""
    rows = pack["areas_served"]
    areas = rows.loc[rows["service_id"] == service, "area"]
    return any(_is_wider(pack, str(area)) for area in areas)


def _is_wider(pack: Pack, area: str) -> bool:
    """Whether an area is the whole district, or a region or country around it."""
    return area == pack.info.district_code or bool(WIDE_AREA.match(area))


def served(pack: Pack, services: Sequence[str]) -> pd.DataFrame:
    """Whether each service serves each LSOA: rows LSOAs, columns services."""
    member = places.membership(pack)
    table = pd.DataFrame(False, index=member.index, columns=list(services))  # noqa: FBT003
    lookup = {
        str(area): member.index[member[level] == area]
        for level in member.columns
        for area in member[level].unique()
    }
    wanted = set(services)
    for row in pack["areas_served"].itertuples(index=False):
        if row.service_id in wanted:
            inside = lookup.get(str(row.area), member.index[:0])
            whole = _is_wider(pack, str(row.area))
            table.loc[member.index if whole else inside, row.service_id] = True
    return table


def household_groups(
    wanted: demand.Demand, split: pd.DataFrame, pathway: Pathway, classes: int
) -> tuple[coverage.Group, ...]:
    """Household groups: class of areas × tenure × right × risk × aim × entry.

    The *stay* cascade asks only of households that want to stay; the *move* cascade asks of
    all: the two overlap and are not summed.
    """
    shares = wanted.shares
    by_place = split.groupby(["place_class", "tenure"])["demand"].sum()
    rows = [
        (place, tenure, aim, by_place[place, tenure] * shares.aim[aim][tenure])
        for place in range(classes)
        for tenure in sorted(Tenure)
        for aim in (Aim.STAY, Aim.MOVE, Aim.LEAVE)
    ]
    rows += [(classes, tenure, Aim.ARRIVE, wanted.arrivals[tenure]) for tenure in Tenure]
    if pathway is Pathway.STAY:
        rows = [row for row in rows if row[2] is Aim.STAY]
    rights = {t: [(right, shares.right[right][t]) for right in Right] for t in Tenure}
    risks = [(risk, shares.risk[risk]) for risk in Risk]
    entries = [(entry, shares.entry[entry]) for entry in Entry]
    groups = (
        coverage.Group(place, tenure, right, risk, aim, entry, float(amount * a * b * c))
        for place, tenure, aim, amount in rows
        for (right, a), (risk, b), (entry, c) in product(rights[tenure], risks, entries)
    )
    return tuple(group for group in groups if group.demand > 0)


def unknown_needs(result: Result) -> tuple[str, ...]:
    """Circumstances whose share nobody has published: their number is unknown, never 0."""
    known = result[Run.CENTRAL].demand.shares.circumstances
    return tuple(code for code in CIRCUMSTANCES if code not in known)
