"""What there is: services open on a date, and the pools that hold their capacity.

A **pool** is one service with a figure of its own, or all services of a kind in the district
whose figure is unknown, under one district-wide assumption. A service that reports leaves the
pool, which keeps the rest, never below 0. One that ends takes with it between none and all of
what the pool has left, centrally its even part. A service without figure or assumption has no
pool: the model does not limit it, and says so.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from housing_map.cells import day, is_empty, records, text
from housing_map.errors import UsageError
from housing_map.kinds import KINDS, Kind
from housing_map.parameters import Figure, triad
from housing_map.schemas import split_codes
from housing_map.stance import holds
from housing_map.vocabulary import SUPPORT_TYPES, CapacityBasis, Component, Run, Stage, Status

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from housing_map.cells import Row
    from housing_map.pack import Pack
    from housing_map.stance import Stance

DAYS_A_YEAR: Final = 365.0
_PLACES: Final = {Stage.SAFETY, Stage.HOUSING}
_LIMITED: Final = {*_PLACES, Stage.COORDINATION}


@dataclass(frozen=True, slots=True)
class Service:
    """A service as the model sees it.

    ``certain`` is False where nobody knows whether it still runs. ``year_share`` is the share
    of the year after the reference date on which it is open. ``supports`` are the support types
    it gives; ``used_with`` lists services one of which a household has to use beside it.
    """

    id: str
    name: str
    kind: Kind
    organisation_id: str
    components: frozenset[Component]
    certain: bool
    year_share: float
    helpline: str
    supports: frozenset[str] = frozenset()
    used_with: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pool:
    """Capacity shared by its ``members`` (service ids).

    ``capacity`` is in ``basis`` (units, or households a year for every other basis);
    ``stay_days`` and ``occupancy`` are given for units only.
    """

    id: str
    label: str
    kind: Kind
    basis: CapacityBasis
    members: tuple[str, ...]
    sites: int
    capacity: Figure
    stay_days: Figure | None
    occupancy: Figure | None
    status: Status
    left: Figure | None = None
    """Share of the capacity left after some of several members were lost; None: all of it."""

    @property
    def shared(self) -> bool:
        """Whether it stands for several services under one assumption."""
        return self.id.startswith("pool:")

    def load(self, run: Stance) -> float:
        """Use by one household: its stay in unit-days, or 1 household a year."""
        return 1.0 if self.stay_days is None else self.stay_days.at(run)

    def part_left(self, run: Stance) -> float:
        """Return the share of the capacity there is over the year, from 0 to 1."""
        return 1.0 if self.left is None else self.left.at(run)

    def amount(self, run: Stance) -> float:
        """Return the capacity there is over the year, in ``basis``: half of it for half a year."""
        return self.capacity.at(run) * self.part_left(run)

    def limit(self, run: Stance) -> float:
        """Capacity of a year: units × occupancy × 365 unit-days, or households a year."""
        return self.amount(run) * self.per_unit(run)

    def per_unit(self, run: Stance) -> float:
        """Return what one unit more brings: occupancy × 365 unit-days, or 1 household a year."""
        return 1.0 if self.occupancy is None else DAYS_A_YEAR * self.occupancy.at(run)

    def households(self, run: Stance) -> float:
        """Households a year the pool can take: units × occupancy × 365 ÷ mean stay."""
        return self.limit(run) / self.load(run)


@dataclass(frozen=True, slots=True)
class Reservation:
    """``units`` of a pool that are kept for households with ``rule``; others have the rest.

    ``pool`` is the id of a service with a capacity of its own, or ``pool:`` and a kind. Nobody is
    bound to fill what is kept. Several in one pool are kept beside each other. A run or draw with
    fewer places than are kept has none for others.
    """

    pool: str
    rule: str
    units: float


def check_reserved(pack: Pack, on: date, reserved: Collection[Reservation]) -> None:
    """Refuse reservations in a pool that there is not, or of more than it has centrally.

    Asked of all services that run on the date ``on``: what one run takes for closed, or somebody
    takes out to see what its loss would do, is still a pool. Raises :class:`UsageError`.
    """
    if not reserved:
        return
    known = {pool.id: pool for pool in pools(pack, open_services(pack, on, Run.OPTIMISTIC))}
    for name in dict.fromkeys(kept.pool for kept in reserved):
        if name not in known:
            message = (
                f"There is no pool {name!r} to reserve places in; there are {', '.join(known)}"
            )
            raise UsageError(message)
        has = known[name].limit(Run.CENTRAL) / known[name].per_unit(Run.CENTRAL)
        units = sum(kept.units for kept in reserved if kept.pool == name)
        if units > has:
            label = known[name].label
            message = f"{units:g} of {label} cannot be reserved: there are {has:g}"
            raise UsageError(message)


def open_services(
    pack: Pack, on: date, run: Stance, without: Collection[str] = ()
) -> tuple[Service, ...]:
    """Services that run on the date ``on``, sorted by identifier, but those in ``without``.

    One that nobody knows to be running counts as closed in the cautious run and as open in the
    central and optimistic ones; a draw leaves it out at its lower levels.
    """
    found = []
    for row in records(pack["services"]):
        service = _service(row, on)
        if not service.supports and service.kind.stage in _PLACES:
            # Nobody has said what support comes with it: not counted on, but for the best.
            there = holds(run, f"supports:{service.id}", likelier=False)
            service = replace(service, supports=frozenset(SUPPORT_TYPES if there else ()))
        closed = row["operating"] == "no" or service.year_share <= 0 or service.id in without
        if closed or not (service.certain or holds(run, f"operating:{service.id}", likelier=True)):
            continue
        found.append(service)
    return tuple(sorted(found, key=lambda service: service.id))


def _service(row: Row, on: date) -> Service:
    kind = KINDS[str(row["kind"])]
    components = {Component(code) for code in split_codes(row["components"])}
    if kind.component is not None:
        components.add(kind.component)
    return Service(
        id=str(row["service_id"]),
        name=str(row["name"]),
        kind=kind,
        organisation_id=str(row["organisation_id"]),
        components=frozenset(components),
        certain=row["operating"] != "unknown",
        year_share=_year_share(day(row["opened_on"]), day(row["closes_on"]), on),
        helpline=text(row["helpline"]),
        supports=frozenset(split_codes(row["support_types"])),
        used_with=split_codes(row["used_with"]),
    )


def _year_share(opened: date | None, closes: date | None, on: date) -> float:
    """Share of the year from ``on`` in which the service is open; 0 when it is not open yet."""
    if opened is not None and opened > on:
        return 0.0
    if closes is None:
        return 1.0
    end = min(closes + timedelta(days=1), on + timedelta(days=int(DAYS_A_YEAR)))
    return max((end - on).days, 0) / DAYS_A_YEAR


def pools(pack: Pack, services: tuple[Service, ...]) -> tuple[Pool, ...]:
    """Pools that hold the capacity of ``services``, sorted by identifier."""
    own = {
        str(row["service_id"]): row
        for row in records(pack["capacity"])
        if not is_empty(row["capacity_central"])
    }
    assumed = {str(row["kind"]): row for row in records(pack["pool_assumptions"])}
    found: list[Pool] = []
    unknown: dict[str, list[Service]] = {}
    reported = _reported(pack, own)
    beside = {companion for service in services for companion in service.used_with}
    for service in services:
        if service.kind.stage not in _LIMITED and service.id not in beside:
            continue
        row = own.get(service.id)
        if row is not None:
            pool = _own_pool(service, row)
            found.append(replace(pool, capacity=_scaled(pool.capacity, service.year_share)))
        elif service.kind.code in assumed:
            unknown.setdefault(service.kind.code, []).append(service)
    ended = _ended(pack, own, {service.id: service for service in services})
    for kind, members in unknown.items():
        pool = _shared_pool(assumed[kind], members, reported.get(kind, []))
        found.append(replace(pool, left=_left(pool.id, members, ended.get(kind, 0))))
    return tuple(sorted(found, key=lambda pool: pool.id))


def _ended(pack: Pack, own: Mapping[str, Row], running: Mapping[str, Service]) -> dict[str, int]:
    """Count the services that have ended since the pool of their kind was assumed.

    That is: those without a figure, open on the pack's own date, that no longer run.
    """
    gone: dict[str, int] = {}
    for row in records(pack["services"]):
        if row["operating"] == "no" or str(row["service_id"]) in own:
            continue
        then = _service(row, pack.info.reference_date)
        # One that nobody knows to be running may never have been counted on.
        if then.certain and then.year_share > 0 and then.id not in running:
            gone[then.kind.code] = gone.get(then.kind.code, 0) + 1
    return gone


def _left(pool: str, members: Sequence[Service], lost: int) -> Figure | None:
    """Share of a shared pool that is left when ``lost`` others have ended, or end this year.

    What each had is unknown, centrally an even part: all of it may have been with those first to
    end, or with those who stay longest.
    """
    shares = [service.year_share for service in members]
    there, whole = sum(shares), len(members) + lost
    if there >= whole:
        return None
    return Figure(
        key=f"left:{pool}",
        label="Share of the places left after a service ends",
        low=0.0 if lost else min(shares),
        central=there / whole,
        high=max(shares),
        unit="share",
        worse_when="low",
        status=Status.ASSUMED,
        source="Nobody has published how the places divide: an even part each",
    )


def _reported(pack: Pack, own: Mapping[str, Row]) -> dict[str, list[Pool]]:
    """Pools of every service with a figure of its own, by kind, whether or not it is open.

    One that closes takes its places with it: they do not go back to the shared pool.
    """
    found: dict[str, list[Pool]] = {}
    for row in records(pack["services"]):
        figure = own.get(str(row["service_id"]))
        if row["operating"] != "no" and figure is not None:
            service = _service(row, date.min)
            found.setdefault(service.kind.code, []).append(_own_pool(service, figure))
    return found


def _own_pool(service: Service, row: Row) -> Pool:
    """Return the pool of a service with a figure of its own, open for the whole year."""
    capacity = triad(row, "capacity", worse_when="low", key=f"capacity:{service.id}")
    basis = CapacityBasis(row["basis"])
    units = basis is CapacityBasis.UNITS
    return Pool(
        id=service.id,
        label=service.name,
        kind=service.kind,
        basis=basis,
        members=(service.id,),
        sites=_sites(row),
        capacity=capacity,
        stay_days=_stay(row, service.id) if units else None,
        occupancy=_occupancy(row, service.id) if units else None,
        status=Status(row["status"]),
    )


def _shared_pool(row: Row, members: list[Service], known: list[Pool]) -> Pool:
    kind = KINDS[str(row["kind"])]
    basis = CapacityBasis(row["basis"])
    capacity = triad(row, "capacity", worse_when="low", key=f"capacity:pool:{kind.code}")
    sites = _sites(row)
    own = [pool for pool in known if pool.basis is basis]
    if own:
        capacity = _rest(capacity, tuple(pool.capacity for pool in own))
        sites -= sum(pool.sites for pool in own)
    units = basis is CapacityBasis.UNITS
    return Pool(
        id=f"pool:{kind.code}",
        label=f"{kind.label}: all whose capacity is unknown",
        kind=kind,
        basis=basis,
        members=tuple(service.id for service in members),
        sites=max(sites, 1),
        capacity=capacity,
        stay_days=_stay(row, f"pool:{kind.code}") if units else None,
        occupancy=_occupancy(row, f"pool:{kind.code}") if units else None,
        status=Status(row["status"]),
    )


def _sites(row: Row) -> int:
    return 1 if is_empty(row["sites"]) else int(row["sites"])


def _stay(row: Row, key: str) -> Figure:
    return triad(row, "stay_days", worse_when="high", key=f"stay_days:{key}", unit="days")


def _occupancy(row: Row, key: str) -> Figure:
    return triad(row, "occupancy", worse_when="low", key=f"occupancy:{key}", unit="share")


def _scaled(figure: Figure, share: float) -> Figure:
    """Multiply each end of a figure by ``share``."""
    low, central, high = (None if end is None else end * share for end in figure.ends)
    return replace(figure, low=low, central=central, high=high)


@dataclass(frozen=True, slots=True)
class _Rest(Figure):
    """What is left of a ``whole`` once ``taken`` is out of it.

    Its ends are left end by end. In a draw each of the figures stands where it stands, and the
    rest follows from them, so that the whole stays in its range.
    """

    whole: Figure | None = None
    taken: tuple[Figure, ...] = ()

    def at(self, stance: Stance) -> float:
        """Value in a run, or in a draw."""
        if isinstance(stance, Run) or self.whole is None:
            return Figure.at(self, stance)
        return max(self.whole.at(stance) - sum(one.at(stance) for one in self.taken), 0.0)


def _rest(whole: Figure, taken: tuple[Figure, ...]) -> Figure:
    """Take figures from a whole, end by end, never below 0."""

    def left(end: float | None, others: tuple[float | None, ...]) -> float | None:
        found = [one.central if other is None else other
                 for one, other in zip(taken, others, strict=True)]  # fmt: skip
        known = [other for other in found if other is not None]
        return None if end is None or len(known) < len(found) else max(end - sum(known), 0.0)

    ends = zip(*(one.ends for one in taken), strict=True)
    low, central, high = map(left, whole.ends, ends)
    kept = {f.name: getattr(whole, f.name) for f in fields(whole)}
    return _Rest(**kept | {"low": low, "central": central, "high": high}, whole=whole, taken=taken)
