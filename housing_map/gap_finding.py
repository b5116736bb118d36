"""The gaps that the program finds in a pack, each with a name that stays the same from run to run.

The name of a gap is made of codes: what sort of gap it is and whom or what it is about
(``absent:mobile_advocacy``, ``lost:safe:private_rent:no_room``). The same gap has the same name in
next year's data, so that somebody can take it up (:mod:`housing_map.gap_register`) and the data can
say when it has closed. Figures are no part of a name.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from housing_map import change_words, eligibility
from housing_map.changes import AddRoute, ChangeTakes
from housing_map.funding import last_days
from housing_map.gaps import largest_gaps
from housing_map.inventory import Presence, inventory
from housing_map.kinds import FEWEST, KINDS
from housing_map.model import unknown_needs
from housing_map.places import levels
from housing_map.provision import open_services
from housing_map.provision_map import provision_map
from housing_map.vocabulary import (
    CIRCUMSTANCES,
    COMPONENTS,
    REASONS,
    TENURES,
    Answer,
    Run,
    Stage,
    Status,
)
from housing_map.words import joined, kind_label, rule_phrase

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from housing_map.changes import Change
    from housing_map.model import Result
    from housing_map.openings import Opening
    from housing_map.provision import Service
    from housing_map.provision_map import MapCell, ProvisionMap
    from housing_map.vocabulary import Component

AT_LEAST: Final = 1.0
"""Households a year, centrally, below which a loss is not taken as a gap of its own."""
SOON_DAYS: Final = 365
"""Days ahead within which money that ends is a gap."""
_EVERY: Final = "any"
_LONGEST: Final = 120
_ELSEWHERE: Final = "out_of_area"
_SAFE: Final = frozenset(kind.component for kind in KINDS.values() if kind.confidential)
"""Components that safe accommodation delivers, whether or not there is any."""


class GapKind(StrEnum):
    """What sort of gap it is."""

    ABSENT = "absent"
    """A component of the Whole Housing Approach is not there."""
    PARTIAL = "partial"
    """It is there in a part, or case by case."""
    UNKNOWN = "unknown"
    """Nobody knows whether it is there."""
    LOST = "lost"
    """Households of a tenure are lost for a reason, by the model."""
    NEED_REFUSED = "need_refused"
    """No safe accommodation takes people with a circumstance."""
    NEED_UNANSWERED = "need_unanswered"
    """Nobody has said whether any does."""
    NUMBER = "number"
    """Nobody has published how many people have a circumstance."""
    FACT = "fact"
    """Something about a service that nobody has told."""
    ENDING = "ending"
    """A service closes, or its last known money ends, within a year, or has ended."""
    WAY = "way"
    """A referral route or rule that stands between households and places there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundGap:
    """A gap in one pack.

    ``title`` may name a service; ``public`` says it without, and is empty where nothing may be
    said in public. ``households`` are a year, by the model, by run (None: not counted):
    ``cautious`` and ``optimistic`` are those of the other two. ``status`` is what it rests on.
    """

    id: str
    kind: GapKind
    title: str
    public: str
    households: float | None = None
    cautious: float | None = None
    optimistic: float | None = None
    status: Status = Status.DERIVED
    safe_accommodation: bool = False
    """Whether it is about safe accommodation, of which no place may be said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """The gaps of one pack, and what was looked for: what was not cannot have closed.

    ``goal`` and ``digest`` are those of the result, ``on`` its reference date.
    """

    gaps: tuple[FoundGap, ...]
    kinds: frozenset[GapKind]
    goal: str
    on: date
    digest: str
    services: frozenset[str]
    """Services that run, or may run."""

    def find(self, gap: str) -> FoundGap | None:
        """Return a gap by its name; None when it is not there."""
        return next((one for one in self.gaps if one.id == gap), None)

    def looked_for(self, gap: str) -> bool:
        """Whether a gap of this name would have been found, were it there."""
        kind, _, rest = gap.partition(":")
        if kind not in self.kinds:
            return False
        asked = rest.partition(":")[0]
        return kind not in {GapKind.LOST, GapKind.WAY} or asked == self.goal


def find_gaps(result: Result, openings: Iterable[Opening] | None = None) -> Findings:
    """Find the gaps of a pack: in its provision, its households, its facts and its routes.

    ``openings`` are ways to use what there is (:func:`housing_map.openings.openings`); None means
    that they were not looked for. The component cells are those of the widest level of area below
    the district.
    """
    pack = result.pack
    running = open_services(pack, result.on, Run.OPTIMISTIC)
    level = next(level.code for level in levels(pack) if level.code != "district")
    found = [
        *_provision(provision_map(pack, result.on, level)),
        *_lost(result),
        *_needs(result, running),
        *_facts(result, running),
        *_ending(result, running),
        *_ways(result, openings or ()),
    ]
    kinds = set(GapKind) - ({GapKind.WAY} if openings is None else set())
    return Findings(
        gaps=tuple(found),
        kinds=frozenset(kinds),
        goal=str(result.settings.goal),
        on=result.on,
        digest=pack.digest,
        services=frozenset(service.id for service in running),
    )


# Provision --------------------------------------------------------------------------------

_SAID: Final = {
    Presence.ABSENT: (GapKind.ABSENT, "Not there: {0}"),
    Presence.PARTIAL: (GapKind.PARTIAL, "There only in a part, or case by case: {0}"),
    Presence.UNKNOWN: (GapKind.UNKNOWN, "Nobody knows whether it is there: {0}"),
}


def _provision(found: ProvisionMap) -> Iterator[FoundGap]:
    """Yield what is absent, partial or unknown: as widely as it holds, then by area or tenure."""
    names = dict(found.areas)
    by_component: dict[Component, list[MapCell]] = {}
    for cell in found.cells:
        if cell.presence is not None:
            by_component.setdefault(cell.component, []).append(cell)
    for component, cells in by_component.items():
        for presence, (kind, words) in _SAID.items():
            for tenure, area in _widest(cells, presence):
                label = component_label(component)
                whom = "" if tenure == _EVERY else f", {TENURES[tenure].label.lower()}"
                where = "" if area == _EVERY else f", in {names[area]}"
                title = words.format(f"{label}{whom}{where}")
                parts = [component, *((tenure, area) if area != _EVERY else ())]
                if area == _EVERY and tenure != _EVERY:
                    parts.append(tenure)
                yield FoundGap(
                    id=_name(kind, *parts),
                    kind=kind,
                    title=title,
                    public=title,
                    safe_accommodation=component in _SAFE,
                )


def component_label(code: str) -> str:
    """Label of a component in running text."""
    label = COMPONENTS[code].label
    return label if label.startswith("Housing First") else f"{label[0].lower()}{label[1:]}"


def _widest(cells: Sequence[MapCell], presence: Presence) -> list[tuple[str, str]]:
    """Return (tenure, area) of cells in a state; *any* stands for all of them."""
    left = {(str(cell.tenure), cell.area) for cell in cells if cell.presence is presence}
    tenures = dict.fromkeys(str(cell.tenure) for cell in cells)
    areas = dict.fromkeys(cell.area for cell in cells)
    if len(left) == len(cells):
        return [(_EVERY, _EVERY)]
    found = []
    for tenure in tenures:
        whole = {(tenure, area) for area in areas}
        if whole <= left:
            found.append((tenure, _EVERY))
            left -= whole
    for area in areas:
        whole = {(tenure, area) for tenure in tenures}
        if whole <= left:
            found.append((_EVERY, area))
            left -= whole
    return found + [key for key in ((t, a) for t in tenures for a in areas) if key in left]


# Households -------------------------------------------------------------------------------


def _lost(result: Result) -> Iterator[FoundGap]:
    for gap in largest_gaps(result, most=len(TENURES) * len(REASONS)):
        central = gap.households[Run.CENTRAL]
        if central < AT_LEAST:
            continue
        reason = REASONS[gap.reason]
        title = f"Households left out, {TENURES[gap.tenure].label.lower()}: {reason.meaning}"
        yield FoundGap(
            id=_name(GapKind.LOST, result.settings.goal, gap.tenure, gap.reason),
            kind=GapKind.LOST,
            title=title,
            public=title,
            households=central,
            cautious=gap.households[Run.CAUTIOUS],
            optimistic=gap.households[Run.OPTIMISTIC],
        )


def _needs(result: Result, running: Sequence[Service]) -> Iterator[FoundGap]:
    """Yield circumstances that no safe accommodation takes, or of which nobody has said."""
    given = eligibility.answers(result.pack)
    safe = [s for s in running if s.kind.stage is Stage.SAFETY and s.kind.code != _ELSEWHERE]
    bodies = {service.organisation_id for service in safe}
    few = len(safe) < FEWEST or len(bodies) < FEWEST
    for code in CIRCUMSTANCES if safe else ():
        answers = {given.get((service.id, code), Answer.UNKNOWN) for service in safe}
        if answers & {Answer.YES, Answer.DEPENDS}:
            continue
        refused = answers == {Answer.NO}
        kind = GapKind.NEED_REFUSED if refused else GapKind.NEED_UNANSWERED
        whom = rule_phrase(code)
        title = (
            f"No safe accommodation takes {whom}"
            if refused
            else f"Nobody has said that any safe accommodation takes {whom}"
        )
        yield FoundGap(
            id=_name(kind, code),
            kind=kind,
            title=title,
            public="" if refused and few else title,
            safe_accommodation=True,
        )
    for code in unknown_needs(result):
        label = CIRCUMSTANCES[code].label
        title = f"Nobody has published how many who seek help: {label[0].lower()}{label[1:]}"
        name = _name(GapKind.NUMBER, code)
        yield FoundGap(id=name, kind=GapKind.NUMBER, title=title, public=title)


# Services ---------------------------------------------------------------------------------

_FACTS: Final = {
    "running": ("Does it still run? {0}", "Does it still run? A service: {0}"),
    "capacity": ("How many places has it? {0}", "How many places? A service: {0}"),
    "legal": (
        "Is it relevant accommodation in law? {0}",
        "Is it relevant accommodation in law? A service: {0}",
    ),
}


def _facts(result: Result, running: Sequence[Service]) -> Iterator[FoundGap]:
    """Yield what nobody has told of a service."""
    known = inventory(result.pack, result.on)
    services = {service.id: service for service in running}
    told = {
        "running": known.uncertain,
        "capacity": known.capacity_unknown,
        "legal": known.legal_unclear,
    }
    for fact, asked in told.items():
        title, public = _FACTS[fact]
        for code in sorted(one for one in asked if one in services):
            service = services[code]
            yield FoundGap(
                id=_name(GapKind.FACT, fact, code),
                kind=GapKind.FACT,
                title=title.format(service.name),
                public=public.format(kind_label(service.kind.code)),
                status=Status.UNKNOWN,
                safe_accommodation=service.kind.confidential,
            )


def _ending(result: Result, running: Sequence[Service]) -> Iterator[FoundGap]:
    """Yield services that are not known to be paid for a year ahead: for one's own planning."""
    ends = last_days(result.pack)
    for service in running:
        last = ends[service.id].day
        if last is not None and (last - result.on).days <= SOON_DAYS:
            yield FoundGap(
                id=_name(GapKind.ENDING, service.id),
                kind=GapKind.ENDING,
                title=f"Its last known day, or that of its money, is less than a year ahead or "
                f"past: {service.name}",
                public="",
                safe_accommodation=service.kind.confidential,
            )


def _ways(result: Result, openings: Iterable[Opening]) -> Iterator[FoundGap]:
    """Yield routes and rules that stand in the way."""
    kinds = {service.id: service.kind for service in open_services(
        result.pack, result.on, Run.OPTIMISTIC)}  # fmt: skip
    for one in openings:
        said, public = (
            joined([s.rstrip(".") for s in change_words.sentences(
                one.changes, result.pack, publishable=publishable)])
            for publishable in (False, True)
        )  # fmt: skip
        name = "+".join(sorted(map(_change_name, one.changes)))
        yield FoundGap(
            id=_name(GapKind.WAY, result.settings.goal, name),
            kind=GapKind.WAY,
            title=f"It would help more households: {said}",
            public=f"It would help more households: {public}",
            households=one.further,
            safe_accommodation=one.service in kinds and kinds[one.service].confidential,
        )


def _change_name(change: Change) -> str:
    """Return what a way is about, without its shares and waits."""
    if isinstance(change, AddRoute):
        return f"{change.route.from_id}>{change.route.to_id}"
    if isinstance(change, ChangeTakes):
        topics = dict.fromkeys(eligibility.topic(rule) for rule in change.rules)
        return f"{change.service_id}={','.join(topics)}"
    message = f"{change.change} is no way to use what there is"
    raise TypeError(message)


def _name(kind: GapKind, *parts: str) -> str:
    """Return the name of a gap, short enough to be that of a document."""
    name = ":".join([kind, *map(str, parts)])
    if len(name) <= _LONGEST:
        return name
    return f"{name[: _LONGEST - 13]}~{hashlib.sha256(name.encode()).hexdigest()[:12]}"
