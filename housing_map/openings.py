"""Ways to improve access to what exists already: a route or a rule, where a service has room.

Some households are lost although a service that could help them has places left: nobody sends them
there, or it does not take them. Each single change that would mend this is tried on the model by
itself, as a scenario of one change, and ranked by the households it would help.

Source of the question: Kirklees Domestic Abuse Strategy 2022-2027, Priority Four: consider ways to
improve access to existing services that may meet people's needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from housing_map.cells import number, records
from housing_map.changes import AddRoute, ChangeTakes, Route
from housing_map.coverage import FULL_WITHIN
from housing_map.model import most_met, posed, run
from housing_map.scenario import Scenario, apply
from housing_map.schemas import split_codes
from housing_map.vocabulary import Aim, Answer, Entry, Right, Risk, Run, Stage, Tenure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from housing_map.cells import Row
    from housing_map.changes import Change
    from housing_map.jobs import Report
    from housing_map.model import Result, Settings
    from housing_map.pack import Pack
    from housing_map.provision import Service

WORTH: Final = 0.05
"""Households a year below which a change helps nobody that could be told."""
_PLACES: Final = {Stage.SAFETY, Stage.HOUSING}


@dataclass(frozen=True, slots=True)
class Opening:
    """A single change that would let more households use places that there are.

    ``further`` are households met a year more, in the central run; ``service`` has the room.
    """

    change: Change
    service: str
    further: float


def openings(
    pack: Pack, settings: Settings, *, progress: Report | None = None
) -> tuple[Opening, ...]:
    """Try every single route and rule to a service with room; the most helpful first.

    Routes are tried from every coordinating service (and, to a settled home, from every safe
    place) that does not lead there yet; rules are those that a service with room refuses for
    certain, or that nobody has answered and the central run takes for a no. About 0.1 to 0.3 s a
    change.
    """
    result = run(pack, settings)
    tried = [*_routes(pack, result), *_rules(result)]
    _, before = most_met(pack, settings, Run.CENTRAL)
    found = []
    for done, (service, change) in enumerate(tried):
        if progress is not None:
            progress(done, len(tried))
        after = apply(pack, Scenario(name="One way more", changes=(change,)), settings)
        if after.skipped:
            continue
        _, met = most_met(after.pack, after.settings, Run.CENTRAL)
        if met - before > WORTH:
            found.append(Opening(change, service, met - before))
    if progress is not None:
        progress(len(tried), len(tried))
    return tuple(sorted(found, key=lambda one: (-one.further, one.service, str(one.change))))


def with_room(result: Result) -> frozenset[str]:
    """Return the services that give a home or safety and have places left in the central run."""
    cells = result[Run.CENTRAL].cells
    full = set()
    for pool in cells.setting.pools:
        used, limit = cells.pool_use.get(pool.id, 0.0), pool.limit(Run.CENTRAL)
        if used >= limit * (1 - FULL_WITHIN):
            full |= set(pool.members)
    return frozenset(
        service.id
        for service in cells.setting.services
        if service.kind.stage in _PLACES and service.id not in full
    )


def _routes(pack: Pack, result: Result) -> Iterator[tuple[str, Change]]:
    """Yield each route that is missing to a service with room: on the terms of one that is there.

    Of services that share a pool only the first is asked about.
    """
    setting = result[Run.CENTRAL].cells.setting
    services = {service.id: service for service in setting.services}
    rows = list(records(pack["referral_routes"]))
    there = {(str(row["from_id"]), str(row["to_id"])) for row in rows if row["known"] != "no"}
    first = {member: pool.members[0] for pool in setting.pools for member in pool.members}
    for target in sorted(one for one in with_room(result) if first.get(one, one) == one):
        terms = next((row for row in rows if row["to_id"] == target), None)
        for sender in sorted(services):
            if (sender, target) in there or terms is None:
                continue
            if _leads_on(services[sender], services[target]):
                yield target, AddRoute(route=_on_the_terms_of(terms, sender))
    helping = sorted({end for start, end in there if start.startswith("entry:")})
    for entry in Entry:
        for sender in helping:
            if (f"entry:{entry}", sender) not in there:
                terms = next(row for row in rows if row["to_id"] == sender)
                yield sender, AddRoute(route=_on_the_terms_of(terms, f"entry:{entry}"))


def _leads_on(sender: Service, target: Service) -> bool:
    """Whether households go from one to the other as a rule: coordination, safety, then a home."""
    to_a_home = sender.kind.stage is Stage.SAFETY and target.kind.stage is Stage.HOUSING
    return sender.id != target.id and (sender.kind.stage is Stage.COORDINATION or to_a_home)


def _on_the_terms_of(row: Row, sender: str) -> Route:
    """Return a route from somebody else that has the conditions, shares and wait of one there."""
    return Route(
        from_id=sender,
        to_id=str(row["to_id"]),
        tenures=tuple(Tenure(code) for code in split_codes(row["tenures"])),
        rights=tuple(Right(code) for code in split_codes(row["rights"])),
        risks=tuple(Risk(code) for code in split_codes(row["risks"])),
        aims=tuple(Aim(code) for code in split_codes(row["aims"])),
        accepts=number(row["accepts_central"]),
        succeeds=number(row["succeeds_central"]),
        wait_days=number(row["wait_days_central"]),
    )


def _rules(result: Result) -> Iterator[tuple[str, Change]]:
    refused = posed(result.pack, result.settings, Run.CENTRAL).setting.eligibility.refused
    room = with_room(result)
    for service, rule in sorted(refused):
        if service in room:
            yield (
                service,
                ChangeTakes(service_id=service, rules=(rule,), answer=Answer.YES),
            )


def openings_job(report: Report, pack: Pack, settings: Settings) -> tuple[Opening, ...]:
    """Do :func:`openings` in a :class:`housing_map.jobs.Job`."""
    return openings(pack, settings, progress=report)
