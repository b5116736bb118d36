"""The Priority Four provision map: the Whole Housing Approach laid out by component, tenure, Place.

Each cell is in place, partial, absent or unknown, and leads to the services behind it: what they
rest on, whom they do not take, until when they are paid for. Safe accommodation serves the whole
district and has no Place of its own; other services count where they serve.

Source of the layout: Kirklees Domestic Abuse Strategy 2022-2027, Priority Four, first key activity
(map what support there is, and improve access to it); components as the Domestic Abuse Housing
Alliance has them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from housing_map import eligibility
from housing_map.cells import day, records, text
from housing_map.funding import LastDay, last_days
from housing_map.inventory import Presence
from housing_map.kinds import COMPONENT_TENURES
from housing_map.model import served
from housing_map.places import area_names, find_level, membership
from housing_map.provision import open_services
from housing_map.vocabulary import RULES, Answer, Component, Run, Status, Tenure

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from housing_map.pack import Pack
    from housing_map.provision import Service

STALE_DAYS: Final = 365
"""Days after which a row that nobody has confirmed again counts as stale."""
FEWEST: Final = 3
"""Services and organisations that must share a cell for their names to be published."""


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
class MapCell:
    """One cell: a component for a tenure in an area, ``presence`` None where it is not meant."""

    component: Component
    tenure: Tenure
    area: str
    presence: Presence | None
    why: str
    services: tuple[str, ...]


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

    def may_be_named(self, cell: MapCell) -> bool:
        """Whether the services of a cell may be named in public.

        Confidential ones only where at least three services of three organisations share it.
        """
        inside = [self.providers[service] for service in cell.services]
        enough = len(inside) >= FEWEST and len({one.organisation for one in inside}) >= FEWEST
        return enough or not any(one.confidential for one in inside)


def provision_map(pack: Pack, on: date | None = None, level: str = "place") -> ProvisionMap:
    """Lay out component × tenure × area from what runs on a date (None: the pack's own).

    Raises :class:`housing_map.errors.UsageError` for a level that the pack does not have.
    """
    on = on or pack.info.reference_date
    code = find_level(pack, level).code
    running = open_services(pack, on, Run.OPTIMISTIC)
    given = eligibility.answers(pack)
    parts = _parts_served(pack, [service.id for service in running], code)
    names = area_names(pack)
    areas = tuple((area, names[code, area]) for area in parts[0])
    cells = [
        _cell((component, tenure, area), running, given, parts[1])
        for component in Component
        for tenure in Tenure
        for area, _ in areas
    ]
    return ProvisionMap(code, areas, tuple(cells), _providers(pack, running, given, on), on)


def _parts_served(
    pack: Pack, services: Sequence[str], level: str
) -> tuple[list[str], dict[tuple[str, str], float]]:
    """Return the areas of a level, and what part of its small areas each service serves."""
    member = membership(pack)[level]
    shares = served(pack, services).groupby(member).mean()
    areas = [str(area) for area in shares.index]
    table = shares.to_numpy(dtype=np.float64)
    found = {
        (service, area): float(table[row, column])
        for row, area in enumerate(areas)
        for column, service in enumerate(services)
    }
    return areas, found


@dataclass(frozen=True, slots=True)
class _Told:
    """What is known of a service in one cell: its answer, and what part of the area it serves."""

    certain: bool
    answer: Answer
    part: float


def _cell(
    key: tuple[Component, Tenure, str],
    running: Sequence[Service],
    given: dict[tuple[str, str], Answer],
    parts: dict[tuple[str, str], float],
) -> MapCell:
    component, tenure, area = key
    if tenure not in COMPONENT_TENURES.get(component, frozenset(Tenure)):
        return MapCell(*key, None, "not meant for this tenure", ())
    of_component = [service for service in running if component in service.components]
    told = {
        service.id: _Told(
            service.certain,
            given.get((service.id, f"tenure_{tenure}"), Answer.UNKNOWN),
            parts[service.id, area],
        )
        for service in of_component
    }
    here = {service: one for service, one in told.items() if one.part > 0}
    open_to = {service: one for service, one in here.items() if one.answer is not Answer.NO}
    if open_to:
        presence, why = _presence(list(open_to.values()))
    else:
        presence, why = Presence.ABSENT, _absence(anywhere=bool(told), here=bool(here))
    return MapCell(*key, presence, why, tuple(open_to))


def _presence(told: Sequence[_Told]) -> tuple[Presence, str]:
    """Say what services that do not refuse a tenure come to."""
    sure = [one for one in told if one.certain]
    takes = [one for one in sure if one.answer is Answer.YES]
    if any(one.part >= 1 for one in takes):
        found = Presence.IN_PLACE, "a service runs here and takes this tenure"
    elif takes:
        found = Presence.PARTIAL, "a service takes this tenure, in a part of the area"
    elif any(one.answer is Answer.DEPENDS for one in sure):
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
            stale=confirmed is None or (on - confirmed).days > STALE_DAYS,
            helpline=service.helpline,
        )
    return found
