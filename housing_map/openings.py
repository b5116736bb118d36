"""Ways to improve access to what exists already: a route or a rule, where a service has room.

Some households are lost although a service that could help them has places left: nobody sends them
there, or it does not take them. Each change that would mend this is tried on the model, as a
scenario, and ranked by the households it would help.

Two questions are asked. In the central run, where a route that nobody has confirmed counts as
likely: which *new* route, or rule lifted, would help? In the cautious run, where it counts as
missing: which route or rule, once *confirmed*, would help?

More ways never lower what can be met at most. So when a list of changes made together brings
nothing, none of them does by itself, and one run settles them all: the list is halved until what
helps is found. Where neither half helps, but both together do, the smallest part of them is looked
for of which every change is needed: a way in and a rule, say.

Source of the question: Kirklees Domestic Abuse Strategy 2022-2027, Priority Four: consider ways to
improve access to existing services that may meet people's needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from housing_map import eligibility
from housing_map.cells import number, records
from housing_map.changes import AddRoute, ChangeTakes, Route
from housing_map.coverage import FULL_WITHIN
from housing_map.model import most_met, run
from housing_map.scenario import Scenario, apply
from housing_map.schemas import split_codes
from housing_map.vocabulary import Aim, Answer, Entry, Right, Risk, Run, Stage, Tenure

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from housing_map.cells import Row
    from housing_map.changes import Change
    from housing_map.jobs import Report
    from housing_map.model import Result, Settings
    from housing_map.pack import Pack
    from housing_map.provision import Service

WORTH: Final = 0.05
"""Households a year below which a change helps nobody that could be told."""
_PLACES: Final = {Stage.SAFETY, Stage.HOUSING}
_UNSURE: Final = frozenset({"depends", "unknown"})
_MOST_CHANGES: Final = 200
"""Most changes that one scenario may have."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A change that would let more households use places that there are.

    ``changes`` is one, or several that help only together. ``further`` are households met a year
    more, in the run that was asked; ``service`` is whom the last change is about.
    """

    changes: tuple[Change, ...]
    service: str
    further: float


@dataclass(frozen=True, slots=True)
class Openings:
    """What was found: the most helpful first, in the run ``stance``.

    ``tried`` is how many changes were asked about, ``together`` what all of them at once would
    bring (households a year): where it is about 0, no route or rule among them helps anybody, alone
    or in company. ``met`` is what the run meets without them, and ``runs`` how often it was asked.
    """

    stance: Run
    found: tuple[Opening, ...]
    tried: int
    together: float
    met: float
    runs: int


@dataclass(frozen=True, slots=True)
class _Try:
    """A change, and the service it is about."""

    service: str
    change: Change


def openings(
    pack: Pack,
    settings: Settings,
    *,
    stance: Run = Run.CENTRAL,
    progress: Report | None = None,
) -> Openings:
    """Look for the routes and rules that would help, and rank them.

    In the central (or optimistic) run, routes are tried from every coordinating service (and, to a
    settled home, from every safe place) that does not lead to a service with room yet, and rules
    that such a service refuses. In the cautious run, routes that are not confirmed, and rules that
    nobody has answered, all levels of one question at once. ``progress`` may raise to stop.
    """
    confirming = stance is Run.CAUTIOUS
    result = run(pack, settings)
    if confirming:
        tried = [*_unconfirmed_routes(pack), *_unanswered(result)]
    else:
        tried = [*_routes(pack, result, stance), *_rules(result, stance)]
    tried.sort(key=lambda one: (one.service, str(one.change)))
    search = _Search(pack, settings, stance, len(tried), progress)
    together = search.gain(tried)
    found = search.among(tried)
    search.done(len(tried))
    return Openings(
        stance=stance,
        found=tuple(sorted(found, key=lambda one: (-round(one.further, 6), str(one.changes)))),
        tried=len(tried),
        together=together,
        met=search.met,
        runs=search.runs,
    )


class _Search:
    """The halving of a list of changes, in one run."""

    def __init__(
        self, pack: Pack, settings: Settings, stance: Run, of: int, progress: Report | None
    ) -> None:
        self._asked = pack, settings
        self._stance = stance
        self._of = of
        self._progress = progress
        self._known: dict[tuple[_Try, ...], float] = {}
        self.met = most_met(pack, settings, stance)[1]
        self.runs = 1
        self._settled = 0

    def gain(self, tried: Sequence[_Try]) -> float:
        """Return households met a year more when all of ``tried`` are changed."""
        key = tuple(tried)
        if key not in self._known:
            pack, settings = self._asked
            for part in range(0, len(tried), _MOST_CHANGES):
                changes = tuple(one.change for one in tried[part : part + _MOST_CHANGES])
                after = apply(pack, Scenario(name="More ways", changes=changes), settings)
                pack, settings = after.pack, after.settings
            self._known[key] = most_met(pack, settings, self._stance)[1] - self.met
            self.runs += 1
        return self._known[key]

    def among(self, tried: Sequence[_Try]) -> list[Opening]:
        """Return what helps among ``tried``."""
        self.done(self._settled)
        if not tried or self.gain(tried) <= WORTH:
            self._settled += len(tried)
            return []
        if len(tried) == 1:
            self._settled += 1
            return [self._opening(tried)]
        half = len(tried) // 2
        found = self.among(tried[:half]) + self.among(tried[half:])
        return found or [self._opening(self._smallest(tried))]

    def _smallest(self, tried: Sequence[_Try]) -> list[_Try]:
        """Return a part of ``tried`` that helps, and none of which can be left out.

        Chunks are left out first, then single changes (Zeller and Hildebrandt 2002, *Simplifying
        and isolating failure-inducing input*).
        """
        left, size = list(tried), len(tried) // 2
        while size:
            start = 0
            while start < len(left):
                without = left[:start] + left[start + size :]
                if without and self.gain(without) > WORTH:
                    left = without
                else:
                    start += size
            size //= 2
        return left

    def _opening(self, tried: Sequence[_Try]) -> Opening:
        changes = tuple(one.change for one in tried)
        return Opening(changes, tried[-1].service, self.gain(tried))

    def done(self, settled: int) -> None:
        """Report how many changes are settled."""
        if self._progress is not None:
            self._progress(settled, self._of)


def with_room(result: Result, stance: Run = Run.CENTRAL) -> frozenset[str]:
    """Return the services that give a home or safety and have places left in a run."""
    cells = result[stance].cells
    full = set()
    for pool in cells.setting.pools:
        used, limit = cells.pool_use.get(pool.id, 0.0), pool.limit(stance)
        if used >= limit * (1 - FULL_WITHIN):
            full |= set(pool.members)
    return frozenset(
        service.id
        for service in cells.setting.services
        if service.kind.stage in _PLACES and service.id not in full
    )


def _routes(pack: Pack, result: Result, stance: Run) -> Iterator[_Try]:
    """Yield each route that is missing to a service with room: on the terms of one that is there.

    Of services that share a pool only the first is asked about.
    """
    setting = result[stance].cells.setting
    services = {service.id: service for service in setting.services}
    rows = list(records(pack["referral_routes"]))
    there = {(str(row["from_id"]), str(row["to_id"])) for row in rows if row["known"] != "no"}
    first = {member: pool.members[0] for pool in setting.pools for member in pool.members}
    for target in sorted(one for one in with_room(result, stance) if first.get(one, one) == one):
        terms = next((row for row in rows if row["to_id"] == target), None)
        for sender in sorted(services):
            if (sender, target) in there or terms is None:
                continue
            if _leads_on(services[sender], services[target]):
                yield _Try(target, AddRoute(route=_on_the_terms_of(terms, sender)))
    helping = sorted(
        {end for start, end in there if start.startswith("entry:") and end in services}
    )
    for entry in Entry:
        for sender in helping:
            if (f"entry:{entry}", sender) not in there:
                terms = next(row for row in rows if row["to_id"] == sender)
                yield _Try(sender, AddRoute(route=_on_the_terms_of(terms, f"entry:{entry}")))


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


def _rules(result: Result, stance: Run) -> Iterator[_Try]:
    """Yield each rule that a service with room refuses, or is taken to refuse."""
    refused = result[stance].cells.setting.eligibility.refused
    room = with_room(result, stance)
    for service, rule in sorted(refused):
        if service in room:
            yield _Try(service, _yes(service, (rule,)))


def _unconfirmed_routes(pack: Pack) -> Iterator[_Try]:
    """Yield each route that depends, or that nobody has confirmed, as one that is there.

    Its own shares and waits stay as they are.
    """
    for row in records(pack["referral_routes"]):
        if row["known"] in _UNSURE:
            route = _on_the_terms_of(row, str(row["from_id"]))
            shares = {"accepts": None, "succeeds": None, "wait_days": None}
            yield _Try(str(row["to_id"]), AddRoute(route=route.model_copy(update=shares)))


def _unanswered(result: Result) -> Iterator[_Try]:
    """Yield each question on whom a service takes that nobody has answered with yes or no."""
    given = eligibility.answers(result.pack)
    asked: dict[tuple[str, str], list[str]] = {}
    for service, rule in sorted(result[Run.CAUTIOUS].cells.setting.eligibility.refused):
        if given.get((service, rule), Answer.UNKNOWN) is not Answer.NO:
            asked.setdefault((service, eligibility.topic(rule)), []).append(rule)
    for (service, _), rules in asked.items():
        yield _Try(service, _yes(service, tuple(rules)))


def _yes(service: str, rules: tuple[str, ...]) -> ChangeTakes:
    return ChangeTakes(service_id=service, rules=rules, answer=Answer.YES)


def openings_job(
    report: Report, pack: Pack, settings: Settings, *, stance: Run = Run.CENTRAL
) -> Openings:
    """Do :func:`openings` in a :class:`housing_map.jobs.Job`."""
    return openings(pack, settings, stance=stance, progress=report)
