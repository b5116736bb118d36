"""What exists, what is absent and what is unknown: the services of a pack on a date."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from housing_map import eligibility, legal_view
from housing_map.cells import is_empty
from housing_map.kinds import COMPONENT_TENURES, FEWEST, KINDS
from housing_map.provision import open_services
from housing_map.vocabulary import (
    CIRCUMSTANCES,
    Answer,
    Component,
    LegalCategory,
    Run,
    Stage,
    Tenure,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from housing_map.pack import Pack
    from housing_map.provision import Service


_HOMES: Final = frozenset({Stage.SAFETY, Stage.HOUSING})
"""Stages of the services that give a safe or settled home."""


class Presence(StrEnum):
    """Whether a component is there for a tenure."""

    IN_PLACE = "in place"
    PARTIAL = "partial"
    ABSENT = "absent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PresenceCell:
    """One cell of component × tenure: what is there, which services, and why it is so."""

    component: Component
    tenure: Tenure
    presence: Presence | None
    """None where the component is not meant for the tenure."""
    services: tuple[str, ...]
    why: str


def presence(pack: Pack, on: date) -> list[PresenceCell]:
    """Lay out component × tenure from the services that may run on the date, and their answers."""
    running = open_services(pack, on, Run.OPTIMISTIC)
    given = eligibility.answers(pack)
    cells = []
    for component in Component:
        services = [s for s in running if component in s.components]
        for tenure in Tenure:
            if tenure not in COMPONENT_TENURES.get(component, frozenset(Tenure)):
                cells.append(PresenceCell(component, tenure, None, (), "not meant for this tenure"))
                continue
            answer = {s.id: given.get((s.id, f"tenure_{tenure}"), Answer.UNKNOWN) for s in services}
            open_to = tuple(s for s in services if answer[s.id] is not Answer.NO)
            found, why = _presence([(s.certain, answer[s.id]) for s in open_to], len(services))
            cells.append(PresenceCell(component, tenure, found, tuple(s.id for s in open_to), why))
    return cells


def _presence(services: Sequence[tuple[bool, Answer]], of: int) -> tuple[Presence, str]:
    if not services:
        why = "no service was found" if of == 0 else "no service takes this tenure"
        return Presence.ABSENT, why
    if any(certain and answer is Answer.YES for certain, answer in services):
        return Presence.IN_PLACE, "a service runs and takes this tenure"
    if any(certain and answer is Answer.DEPENDS for certain, answer in services):
        return Presence.PARTIAL, "taken case by case"
    if any(certain for certain, _ in services):
        return Presence.UNKNOWN, "a service runs, but nobody has said whether it takes this tenure"
    return Presence.UNKNOWN, "nobody has confirmed that the service still runs"


@dataclass(frozen=True, slots=True)
class Inventory:
    """What exists, what is absent and what is unknown, by kind of service."""

    existing: tuple[tuple[str, int], ...]
    """(kind, number of services known to run) for kinds on a route."""
    absent: tuple[str, ...]
    """Kinds on a route, or legal categories, for which no service was found."""
    uncertain: tuple[str, ...]
    """Services nobody has confirmed to run."""
    capacity_unknown: tuple[str, ...]
    """Services of the safety or housing stages whose capacity nobody has published."""
    rules_unknown: int
    rules_asked: int
    legal_unclear: tuple[str, ...]
    """Services for which it cannot be told whether they are relevant accommodation."""
    not_counted: frozenset[str] = frozenset()
    """Kinds of ``existing`` whose number is for planning alone (:func:`not_counted`)."""


def few(services: Iterable[Service]) -> bool:
    """Whether so few services, or organisations, stand behind a fact that it tells of one."""
    found = list(services)
    return min(len(found), len({one.organisation_id for one in found})) < FEWEST


def not_counted(services: Iterable[Service]) -> frozenset[str]:
    """Return the confidential kinds that so few services share that a count is for planning alone.

    In public they are counted from :data:`housing_map.kinds.FEWEST` services and organisations on.
    """
    by_kind: dict[str, list[Service]] = {}
    for service in services:
        if service.kind.confidential:
            by_kind.setdefault(service.kind.code, []).append(service)
    return frozenset(kind for kind, found in by_kind.items() if few(found))


def inventory(pack: Pack, on: date) -> Inventory:
    """Count what exists, what is absent and what is unknown on the date ``on``."""
    services = open_services(pack, on, Run.OPTIMISTIC)
    counts = {
        kind.code: sum(s.certain and s.kind.code == kind.code for s in services)
        for kind in KINDS.values()
        if kind.stage in _HOMES and kind.code != "out_of_area"
    }
    known = {s.kind.code for s in services}
    asked = [s for s in services if s.kind.stage in _HOMES]
    capacity = pack["capacity"].set_index("service_id")["capacity_central"]
    without = [s.id for s in asked if s.kind.code != "out_of_area" and is_empty(capacity.get(s.id))]
    given = eligibility.answers(pack)
    answered = sum(
        given.get((s.id, c), Answer.UNKNOWN) is not Answer.UNKNOWN
        for s in asked
        for c in CIRCUMSTANCES
    )
    findings = legal_view.findings(pack)
    return Inventory(
        existing=tuple((code, number) for code, number in counts.items() if number),
        absent=tuple(code for code in counts if code not in known),
        uncertain=tuple(s.id for s in services if not s.certain),
        capacity_unknown=tuple(without),
        rules_unknown=len(asked) * len(CIRCUMSTANCES) - answered,
        rules_asked=len(asked) * len(CIRCUMSTANCES),
        legal_unclear=tuple(
            service
            for service, finding in findings.items()
            if finding.answer == "cannot_tell" and finding.category in set(LegalCategory)
        ),
        not_counted=not_counted(s for s in services if s.certain),
    )
