"""The Priority Four provision map: the Whole Housing Approach laid out by component, tenure, Place.

Each cell is in place, partial, absent or unknown, and leads to the services behind it: what they
rest on, whom they do not take, until when they are paid for. Safe accommodation serves the whole
district and has no Place of its own; other services count where they serve.

A map holds everything that is known. What may be told in public of a cell is
:meth:`ProvisionMap.named`; whom a service does not take and until when it is paid for are for one's
own planning alone. :func:`directory` is what anybody may look up.

Source of the layout: Kirklees Domestic Abuse Strategy 2022-2027, Priority Four, first key activity
(map what support there is, and improve access to it); components as the Domestic Abuse Housing
Alliance has them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from housing_map import eligibility
from housing_map.cells import day, records, text
from housing_map.funding import LastDay, last_days
from housing_map.inventory import Presence
from housing_map.kinds import COMPONENT_TENURES, FEWEST, KINDS
from housing_map.model import served, serves_whole
from housing_map.places import area_names, find_level, membership
from housing_map.provision import open_services
from housing_map.vocabulary import RULES, Answer, Component, Run, Status, Tenure

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    import pandas as pd

    from housing_map.pack import Pack
    from housing_map.provision import Service

STALE_DAYS: Final = 365
"""Days after which a row that nobody has confirmed again counts as stale."""
_ELSEWHERE: Final = "out_of_area"
_HELPLINE: Final = KINDS["helpline"].label


@dataclass(frozen=True, slots=True)
class Provider:
    """A service as the map shows it.

    ``certain`` is whether it is known to run; ``does_not_take`` are the rules it refuses, and
    ``unknown`` those nobody has answered. ``last_day`` says until when it is known to be paid for.
    ``stale`` is whether nobody has confirmed it for a year before the reference date.
    """

    id: str
    name: str
    organisation: str
    confidential: bool
    certain: bool
    does_not_take: tuple[str, ...]
    unknown: tuple[str, ...]
    last_day: LastDay
    status: Status
    source: str
    last_confirmed: date | None
    stale: bool
    helpline: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a cell rests on for one service: its answer on the tenure, and where that was read.

    ``last_confirmed`` is the older day of two: when somebody last confirmed the service, and when
    its answer. ``stale`` is whether that is a year or more before the reference date, or unknown.
    """

    service: str
    answer: Answer
    status: Status
    source: str
    last_confirmed: date | None
    stale: bool


@dataclass(frozen=True, slots=True)
class MapCell:
    """One cell: a component for a tenure in an area, ``presence`` None where it is not meant.

    ``evidence`` has one row for each of ``services``, which may help this tenure here.
    """

    component: Component
    tenure: Tenure
    area: str
    presence: Presence | None
    why: str
    services: tuple[str, ...]
    evidence: tuple[Evidence, ...] = ()

    @property
    def stale(self) -> bool:
        """Whether nothing that the cell rests on was confirmed within a year."""
        return bool(self.evidence) and all(one.stale for one in self.evidence)


@dataclass(frozen=True, slots=True)
class ProvisionMap:
    """Cells by component, tenure and area of a ``level``, and the directory behind them."""

    level: str
    areas: tuple[tuple[str, str], ...]
    """Code and name of each area, in order."""
    cells: tuple[MapCell, ...]
    providers: dict[str, Provider]
    on: date

    def cell(self, component: Component, tenure: Tenure, area: str) -> MapCell:
        """Return one cell; raises :class:`KeyError` when there is none."""
        for one in self.cells:
            if (one.component, one.tenure, one.area) == (component, tenure, area):
                return one
        raise KeyError((component, tenure, area))

    def named(self, cell: MapCell) -> tuple[str, ...]:
        """Return the services of a cell that may be named in public.

        Confidential ones only where at least three of them, of three organisations, share it.
        """
        hidden = [one for one in cell.services if self.providers[one].confidential]
        organisations = {self.providers[one].organisation for one in hidden}
        if len(hidden) >= FEWEST and len(organisations) >= FEWEST:
            return cell.services
        return tuple(one for one in cell.services if one not in hidden)

    def count(self, component: Component | None = None) -> dict[Presence, int]:
        """Count cells by presence, of one component or of all; those not meant are left out."""
        found = Counter(cell.presence for cell in self.cells if component in {None, cell.component})
        return {presence: found[presence] for presence in Presence}


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of the public directory: what is offered, by whom, and how to ask."""

    name: str
    organisation: str
    kind: str
    helpline: str
    contact: str
    components: tuple[Component, ...]
    everywhere: bool
    """Whether it serves the whole district."""
    last_confirmed: date | None
    stale: bool


def provision_map(pack: Pack, on: date | None = None, level: str = "place") -> ProvisionMap:
    """Lay out component × tenure × area from what runs on a date (None: the pack's own).

    Raises :class:`housing_map.errors.UsageError` for a level that the pack does not have.
    """
    on = on or pack.info.reference_date
    code = find_level(pack, level).code
    running = open_services(pack, on, Run.OPTIMISTIC)
    given = eligibility.answers(pack)
    serves = served(pack, [service.id for service in running])
    inside = {str(area): rows for area, rows in serves.groupby(membership(pack)[code])}
    names = area_names(pack)
    areas = tuple((area, names[code, area]) for area in inside)
    cells = [
        _cell((component, tenure, area), running, given, inside[area])
        for component in Component
        for tenure in Tenure
        for area, _ in areas
    ]
    providers = _providers(pack, running, given, on)
    told = _evidence(pack, providers, on)
    shown = tuple(
        replace(cell, evidence=tuple(told(service, cell.tenure) for service in cell.services))
        for cell in cells
    )
    return ProvisionMap(code, areas, shown, providers, on)


def directory(pack: Pack, on: date | None = None) -> tuple[Listed, ...]:
    """Return what anybody may look up on a date: public services, and every helpline.

    Safe accommodation is not listed; where it publishes a helpline of its own, that stands under
    the name of its organisation. Services that nobody knows to be running are left out.
    """
    on = on or pack.info.reference_date
    running = open_services(pack, on, Run.CAUTIOUS)
    told = _providers(pack, running, eligibility.answers(pack), on)
    contacts = {
        str(row["name"]): text(row["public_contact"]) for row in records(pack["organisations"])
    }
    found = set()
    for service in running:
        one, hidden = told[service.id], service.kind.confidential
        if service.kind.code == _ELSEWHERE or (hidden and not service.helpline):
            continue
        found.add(
            Listed(
                name=one.organisation if hidden else one.name,
                organisation=one.organisation,
                kind=_HELPLINE if hidden else service.kind.label,
                helpline=service.helpline,
                contact=contacts.get(one.organisation, ""),
                components=() if hidden else tuple(sorted(service.components)),
                everywhere=serves_whole(pack, service.id),
                last_confirmed=None if hidden else one.last_confirmed,
                stale=hidden or one.stale,
            )
        )
    return tuple(sorted(found, key=lambda one: (not one.helpline, one.name, one.kind)))


def _cell(
    key: tuple[Component, Tenure, str],
    running: Sequence[Service],
    given: dict[tuple[str, str], Answer],
    serves: pd.DataFrame,
) -> MapCell:
    """Work out one cell; ``serves`` is whether each service serves each small area of its area."""
    component, tenure, _ = key
    if tenure not in COMPONENT_TENURES.get(component, frozenset(Tenure)):
        return MapCell(*key, None, "not meant for this tenure", ())
    of_component = [service for service in running if component in service.components]
    here = [service for service in of_component if serves[service.id].any()]
    answer = {one.id: given.get((one.id, f"tenure_{tenure}"), Answer.UNKNOWN) for one in here}
    open_to = [service for service in here if answer[service.id] is not Answer.NO]
    if open_to:
        presence, why = _presence(open_to, answer, serves)
    else:
        presence, why = Presence.ABSENT, _absence(anywhere=bool(of_component), here=bool(here))
    return MapCell(*key, presence, why, tuple(service.id for service in open_to))


def _presence(
    open_to: Sequence[Service], answer: dict[str, Answer], serves: pd.DataFrame
) -> tuple[Presence, str]:
    """Say what services that do not refuse a tenure come to."""
    sure = [service.id for service in open_to if service.certain]
    takes = [service for service in sure if answer[service] is Answer.YES]
    if takes and serves[takes].any(axis=1).all():
        found = Presence.IN_PLACE, "a service runs here and takes this tenure"
    elif takes:
        found = Presence.PARTIAL, "a service takes this tenure, in a part of the area"
    elif any(answer[service] is Answer.DEPENDS for service in sure):
        found = Presence.PARTIAL, "taken case by case"
    elif sure:
        why = "a service runs, but nobody has said whether it takes this tenure"
        found = Presence.UNKNOWN, why
    else:
        found = Presence.UNKNOWN, "nobody has confirmed that the service still runs"
    return found


def _absence(*, anywhere: bool, here: bool) -> str:
    if here:
        return "no service takes this tenure"
    return "no service of this sort serves the area" if anywhere else "no service was found"


def _stale(confirmed: date | None, on: date) -> bool:
    return confirmed is None or (on - confirmed).days > STALE_DAYS


def _evidence(
    pack: Pack, providers: dict[str, Provider], on: date
) -> Callable[[str, Tenure], Evidence]:
    """Return what says, of a service and a tenure, what the answer rests on."""
    rows = {(str(row["service_id"]), str(row["rule"])): row for row in records(pack["eligibility"])}

    def told(service: str, tenure: Tenure) -> Evidence:
        row, runs = rows.get((service, f"tenure_{tenure}")), providers[service]
        answer = Answer.UNKNOWN if row is None else Answer(str(row["answer"]))
        days = [runs.last_confirmed, None if row is None else day(row["last_confirmed"])]
        confirmed = min((one for one in days if one is not None), default=None)
        return Evidence(
            service=service,
            answer=answer,
            status=Status.UNKNOWN if row is None else Status(str(row["status"])),
            source="" if row is None else text(row["source"]),
            last_confirmed=confirmed,
            stale=_stale(confirmed, on),
        )

    return told


def _providers(
    pack: Pack, running: Sequence[Service], given: dict[tuple[str, str], Answer], on: date
) -> dict[str, Provider]:
    rows = {str(row["service_id"]): row for row in records(pack["services"])}
    named = {
        str(row["organisation_id"]): str(row["name"]) for row in records(pack["organisations"])
    }
    ends = last_days(pack)
    found = {}
    for service in running:
        row = rows[service.id]
        confirmed = day(row["last_confirmed"])
        answers = {rule: given.get((service.id, rule), Answer.UNKNOWN) for rule in RULES}
        found[service.id] = Provider(
            id=service.id,
            name=service.name,
            organisation=named.get(service.organisation_id, service.organisation_id),
            confidential=service.kind.confidential,
            certain=service.certain,
            does_not_take=tuple(rule for rule, one in answers.items() if one is Answer.NO),
            unknown=tuple(rule for rule, one in answers.items() if one is Answer.UNKNOWN),
            last_day=ends[service.id],
            status=Status(str(row["status"])),
            source=text(row["source"]),
            last_confirmed=confirmed,
            stale=_stale(confirmed, on),
            helpline=service.helpline,
        )
    return found
