"""One entry to the model: ``run(pack, settings) -> Result``, cached by what went in.

A result holds three whole runs, cautious, central and optimistic. Each is computed on its own
from the pack, and each adds up by itself.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import compress, product
from math import isfinite
from threading import Lock
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from housing_map import coverage, demand, eligibility, places, profiles, provision, referral, travel
from housing_map.blocks import allocation_problem
from housing_map.errors import UsageError
from housing_map.kinds import ON_ROUTE
from housing_map.location_patterns import WIDE_AREA
from housing_map.memo import kept_by_level, kept_for
from housing_map.parameters import Register
from housing_map.vocabulary import (
    CIRCUMSTANCES,
    RULES,
    SPECIALIST_SUPPORT,
    Aim,
    Entry,
    Goal,
    Pathway,
    Right,
    Risk,
    Run,
    Sharing,
    Stage,
    Tenure,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from numpy.typing import NDArray

    from housing_map.allocation import Instance
    from housing_map.fitting import Factor
    from housing_map.pack import Pack
    from housing_map.stance import Stance

CACHE_SIZE: Final = 32


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run is asked.

    ``on`` is the reference date (None: the pack's). ``local_risk`` spreads demand by recorded
    violence and stalking as well as by tenure. ``without`` are services taken out, as if they
    had ended. ``sharing`` says who gets a place when there is not room for everybody, and
    ``needs_odds_ratio`` how strongly needs gather in the same households: 1 is independence.
    ``weights`` are pairs of a rule and what a household with it counts in the place of 1;
    ``reserved`` places are kept for some. ``factors`` make demand larger or smaller. Rules in
    ``apart`` change no answer: households with them are kept in blocks of their own, for those who
    write further limits. Raises :class:`UsageError` for an unknown rule, and a
    weight or reservation that is not above 0.
    """

    goal: Goal = Goal.SAFE
    pathway: Pathway = Pathway.ANY
    local_risk: bool = False
    on: date | None = None
    without: frozenset[str] = frozenset()
    sharing: Sharing = Sharing.BEST
    needs_odds_ratio: float = 1.0
    weights: tuple[tuple[str, float], ...] = ()
    reserved: tuple[provision.Reservation, ...] = ()
    factors: tuple[demand.Factor, ...] = ()
    apart: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Read words as the codes they stand for: the two are equal, and must mean the same."""
        object.__setattr__(self, "goal", Goal(self.goal))
        object.__setattr__(self, "pathway", Pathway(self.pathway))
        object.__setattr__(self, "sharing", Sharing(self.sharing))
        object.__setattr__(self, "without", frozenset(self.without))
        for rule in self.marks:
            if rule not in RULES:
                message = f"There is no rule {rule!r}; choose from {', '.join(RULES)}"
                raise UsageError(message)
        for what, amount in (*self.weights, *((r.pool, r.units) for r in self.reserved)):
            if not (isfinite(amount) and amount > 0):
                message = f"A weight or a reservation must be above 0: {what} has {amount:g}"
                raise UsageError(message)

    @property
    def marks(self) -> tuple[str, ...]:
        """Rules that weights, reservations and further limits are about, each once."""
        named = [rule for rule, _ in self.weights] + [kept.rule for kept in self.reserved]
        return tuple(sorted({*named, *self.apart}))


@dataclass(frozen=True, eq=False)
class RunResult:
    """One run or draw: its cells, its demand, and how each class of areas divides into LSOAs.

    ``split`` has columns place_class, tenure, lsoa, demand and share: within a class of areas
    and a tenure, the shares sum to 1.
    """

    run: Stance
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


class _Runs(Mapping[Run, RunResult]):
    """The three runs, each worked out when somebody first looks at it, and kept."""

    def __init__(self, pack: Pack, settings: Settings) -> None:
        self._asked = pack, settings
        self._found: dict[Run, RunResult] = {}
        self._locks = {run: Lock() for run in Run}

    def __getitem__(self, run: Run) -> RunResult:
        # Two users of the app who ask at once share one answer.
        with self._locks[run]:
            if run not in self._found:
                self._found[run] = run_one(*self._asked, run)
        return self._found[run]

    def __iter__(self) -> Iterator[Run]:
        return iter(Run)

    def __len__(self) -> int:
        return len(Run)


_cache: OrderedDict[tuple[str, Settings], Result] = OrderedDict()
_lock = Lock()


def run(pack: Pack, settings: Settings | None = None) -> Result:
    """Run the model on ``pack``; a result already worked out is returned at once.

    The central run is worked out first, the others when somebody looks at them. Raises
    :class:`housing_map.errors.UsageError` for impossible inputs and
    :class:`housing_map.errors.SolverError` when an optimisation fails.
    """
    settings = settings or Settings()
    key = (pack.digest, settings)
    with _lock:
        if key in _cache:
            _cache.move_to_end(key)
            return _cache[key]
    on = settings.on or pack.info.reference_date
    result = Result(pack, settings, on, _Runs(pack, settings))
    _ = result[Run.CENTRAL]  # what fails is not kept
    with _lock:
        result = _cache.setdefault(key, result)
        while len(_cache) > CACHE_SIZE:
            _cache.popitem(last=False)
    return result


def run_one(pack: Pack, settings: Settings, one: Stance) -> RunResult:
    """Work out a single run or draw from the pack, without the cache of results.

    What comes before the question of room is kept (:func:`_structure`), so that a change of
    capacities alone asks the allocation only.
    """
    setting, kept = _prepared(pack, settings, one)
    return RunResult(one, coverage.cascade(setting, kept.prepared), kept.demand, kept.split)


def _prepared(pack: Pack, settings: Settings, one: Stance) -> tuple[coverage.Setting, _Structure]:
    """Return the setting of a run with the pools as they are, and what it is made of."""
    on = settings.on or pack.info.reference_date
    provision.check_reserved(pack, on, settings.reserved)
    services = provision.open_services(pack, on, one, settings.without)
    pools = provision.pools(pack, services)
    if isinstance(one, Run):
        shared_by = tuple((pool.id, pool.members) for pool in pools)
        kept = _kept_structure(pack, settings, one, shared_by)
    else:
        kept = _drawn_structure(pack, settings, one)
    return replace(kept.setting, run=one, pools=pools), kept


@dataclass(frozen=True, eq=False)
class Posed:
    """The allocation problem of a run before it is solved, and what it was written from.

    ``split`` is as in :class:`RunResult`.
    """

    setting: coverage.Setting
    prepared: coverage.Prepared
    split: pd.DataFrame
    instance: Instance


def posed(pack: Pack, settings: Settings, one: Stance) -> Posed:
    """Return the allocation problem of a run or draw, for those who ask more of it."""
    setting, kept = _prepared(pack, settings, one)
    instance = allocation_problem(setting, kept.prepared.blocks)
    return Posed(setting, kept.prepared, kept.split, instance)


def most_met(pack: Pack, settings: Settings, one: Stance) -> tuple[float, float]:
    """Return demand, and the most households that can be met: steps 2 to 4 do not change it.

    The same figures as the rows of :func:`run_one`, without asking who is helped; for
    many draws in a row. Households a year.
    """
    setting, kept = _prepared(pack, settings, one)
    return float(kept.prepared.sieve.demand.sum()), coverage.most_met(setting, kept.prepared)


@dataclass(frozen=True, eq=False)
class _Structure:
    """What a run is made of before anybody asks whether there is room."""

    setting: coverage.Setting
    prepared: coverage.Prepared
    demand: demand.Demand
    split: pd.DataFrame


def _structure(pack: Pack, settings: Settings, one: Stance) -> _Structure:
    """Work out all that does not depend on the figures of a pool, but on who shares one."""
    setting, wanted, split = prepare(pack, settings, one)
    return _Structure(setting, coverage.prepare(setting), wanted, split)


# One is enough: a draw is looked at once, and what it is made of is large.
_drawn_structure = kept_by_level(_structure, size=1)


@kept_for(
    "info",
    "services",
    "areas_served",
    "delivery_points",
    "travel_times",
    "eligibility",
    "acceptance_shares",
    "referral_routes",
    "lsoa_facts",
    "groupings",
    "tenure_calibration",
    "household_shares",
    "circumstance_pairs",
    "parameters",
    size=8,
)
def _kept_structure(
    pack: Pack,
    settings: Settings,
    run: Run,
    shared_by: tuple[tuple[str, tuple[str, ...]], ...],  # noqa: ARG001 - a part of the key
) -> _Structure:
    """Keep what runs are made of while the tables it comes from live."""
    return _structure(pack, settings, run)


@kept_by_level
def _wanted(pack: Pack, settings: Settings, one: Stance) -> demand.Demand:
    """Who seeks help."""
    register = Register(pack["parameters"])
    return demand.demand(
        pack, register, one, local_risk=settings.local_risk, factors=settings.factors
    )


@kept_by_level
def _running(
    pack: Pack, settings: Settings, one: Stance
) -> tuple[tuple[provision.Service, ...], list[referral.Path], list[referral.Path]]:
    """Return services that run, paths to the goal, and paths to the first safe place."""
    register = Register(pack["parameters"])
    on = settings.on or pack.info.reference_date
    services = provision.open_services(pack, on, one, settings.without)
    default = register.at("unknown_rule_central", one)
    graph = referral.build_graph(pack, services, one, default=default)
    paths = referral.find_paths(graph, settings.goal)
    safe = settings.goal is Goal.SAFE
    return services, paths, paths if safe else referral.find_paths(graph, Goal.SAFE)


@kept_by_level
def _divided(
    pack: Pack, settings: Settings, one: Stance
) -> tuple[tuple[coverage.PlaceClass, ...], pd.DataFrame, tuple[coverage.Group, ...]]:
    """Return classes of areas that the same services serve and reach, and household groups."""
    services, paths, _ = _running(pack, settings, one)
    on_paths = {service for path in paths for service in path.services}
    standing = [service for service in services if service.id in on_paths]
    register = Register(pack["parameters"])
    wanted = _wanted(pack, settings, one)
    classes, split = place_classes(pack, register, one, standing, wanted)
    return classes, split, household_groups(wanted, split, settings.pathway, len(classes) - 1)


def prepare(
    pack: Pack, settings: Settings, one: Stance
) -> tuple[coverage.Setting, demand.Demand, pd.DataFrame]:
    """Gather what the cascade of one run needs, who seeks help, and the split of area classes."""
    register = Register(pack["parameters"])
    wanted = _wanted(pack, settings, one)
    services, paths, ways_in = _running(pack, settings, one)
    classes, split, groups = _divided(pack, settings, one)
    pools = provision.pools(pack, services)
    takes = eligibility.eligibility(pack, services, pools, register, one)
    merged, refused, draws, marked = signatures(wanted.shares, takes, services, settings)
    telling = {service for service, _ in takes.refused}
    telling |= {s.id for s in services if any(s.id not in c.reaches for c in classes)}
    paths = referral.distinct_paths(paths, frozenset(telling), pools)
    ways_in = referral.distinct_paths(ways_in, frozenset(telling), pools)
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
        groups=groups,
        sharing=settings.sharing,
        marks=settings.marks,
        signature_marks=marked,
        weights=dict(settings.weights),
        reserved=settings.reserved,
    )
    return setting, wanted, split


def signatures(
    shares: demand.Shares,
    takes: eligibility.Eligibility,
    services: Sequence[provision.Service],
    settings: Settings,
) -> tuple[profiles.Signatures, NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Merge circumstances by what they mean for the services of a run.

    Services beside the routes that deliver no component of a route are asked nothing. Returns
    the signatures, which services refuse each (signatures × services), which sub-capacities each
    draws on (signatures × sub-capacities), and which marks it has (signatures × marks). An odds
    ratio above 1 makes needs gather in the same households.
    """
    masks = {}
    asked = {s.id for s in services if s.kind.stage is not Stage.SUPPORT or s.components & ON_ROUTE}
    asked |= {companion for s in services for companion in s.used_with}
    for code in shares.circumstances:
        refused = [s.id in asked and (s.id, code) in takes.refused for s in services]
        draws = [sub.rule == code for sub in takes.subs]
        bits = [*refused, *draws, *(mark == code for mark in settings.marks)]
        masks[code] = sum(1 << place for place, bit in enumerate(bits) if bit)
    if settings.needs_odds_ratio == 1:
        together: list[Factor] | profiles.Mixture = profiles.factors(
            shares.circumstances, shares.pairs
        )
    else:
        together = profiles.mixture(shares.circumstances, settings.needs_odds_ratio, shares.pairs)
    merged = profiles.signatures(together, masks, SPECIALIST_SUPPORT)
    ends = np.cumsum([len(services), len(takes.subs), len(settings.marks)])
    table = np.array(
        [[mask >> place & 1 for place in range(ends[-1])] for mask in merged.masks], dtype=bool
    ).reshape(len(merged.masks), ends[-1])
    refused_by, drawn_on, marked, _ = np.split(table, ends, axis=1)
    return merged, refused_by, drawn_on, marked


def place_classes(
    pack: Pack,
    register: Register,
    one: Stance,
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
    return _served(pack).reindex(columns=list(services), fill_value=False)


@kept_for("info", "areas_served", "lsoa_facts", "groupings")
def _served(pack: Pack) -> pd.DataFrame:
    """Whether each service that serves any area serves each LSOA."""
    member = places.membership(pack)
    rows = pack["areas_served"]
    named = {str(area) for area in rows["area"]}
    inside = {
        str(area): (member[level] == area).to_numpy()
        for level in member.columns
        for area in member[level].unique()
        if str(area) in named
    }
    nowhere, everywhere = np.zeros(len(member), dtype=bool), np.ones(len(member), dtype=bool)
    columns: dict[str, NDArray[np.bool_]] = {}
    for service, area in zip(rows["service_id"], rows["area"], strict=True):
        here = everywhere if _is_wider(pack, str(area)) else inside.get(str(area), nowhere)
        columns[str(service)] = columns.get(str(service), nowhere) | here
    return pd.DataFrame(columns, index=member.index)


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
