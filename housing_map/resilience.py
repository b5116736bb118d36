"""N−1: what is left when one service, one organisation or one stream of money goes.

Two questions, kept apart. **Who loses the last route?** is exact: every path of these
households goes through something lost. **How many fewer are helped?** asks the whole model again
without it, so it counts who finds room elsewhere and who is squeezed out there.

A service whose capacity is its own takes all of it along. Of a pool with one assumption for
several, a service takes between none and all: centrally an even part, cautiously all of it,
optimistically none.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from housing_map.cells import is_empty, records
from housing_map.funding import grants
from housing_map.model import Result, Settings, run_one
from housing_map.patterns import COLLECTIVE, all_paths, patterns, stranded
from housing_map.vocabulary import Run

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import date

    from housing_map.coverage import Setting
    from housing_map.pack import Pack
    from housing_map.patterns import Stranded

ROLES: Final = (
    "organisation_id",
    "accommodation_provider_id",
    "landlord_id",
    "support_provider_id",
)
"""Columns of ``services.csv`` with the organisations that a service cannot do without."""


class Kind(StrEnum):
    """What can be lost."""

    SERVICE = "service"
    ORGANISATION = "organisation"
    FUNDING = "funding"


@dataclass(frozen=True, slots=True)
class Losable:
    """Something that can be lost, and the ``services`` that go with it.

    ``in_part`` are those of them that have other money known to go on: for them the loss of a
    stream is the worst case, not a certainty.
    """

    kind: Kind
    id: str
    label: str
    services: tuple[str, ...]
    in_part: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Met:
    """Household-episodes a year that are helped, ``before`` and ``after`` a loss."""

    before: float
    after: float

    @property
    def fewer(self) -> float:
        """How many fewer are helped."""
        return self.before - self.after


@dataclass(frozen=True, slots=True)
class Loss:
    """What a loss does: who loses the last route, and how many fewer are helped, by run.

    ``met`` is empty until the model has been asked again: see :func:`with_room`.
    """

    what: Losable
    stranded: Stranded
    met: Mapping[Run, Met] = field(default_factory=dict)

    @property
    def fewer(self) -> float:
        """How many fewer are helped in the central run; 0 while nobody has asked."""
        return self.met[Run.CENTRAL].fewer if Run.CENTRAL in self.met else 0.0


def losables(pack: Pack, setting: Setting, on: date) -> tuple[Losable, ...]:
    """Every service, organisation and stream that can be lost on the date ``on``.

    Services are those of the setting but for places elsewhere, which stand for every provider
    outside the district. An organisation takes the services that it runs, houses, lets or
    supports. A stream takes all that it pays for; one that is over takes nothing.
    """
    running = {s.id: s for s in setting.services if s.kind.code not in COLLECTIVE}
    found = [Losable(Kind.SERVICE, s.id, s.name, (s.id,)) for s in running.values()]
    names = {
        str(row["organisation_id"]): str(row["name"]) for row in records(pack["organisations"])
    }
    found += [
        Losable(Kind.ORGANISATION, body, names.get(body, body), tuple(sorted(services)))
        for body, services in depending_on(pack, running).items()
    ]
    current = [g for g in grants(pack) if g.service in running and not g.over(on)]
    for stream in sorted({grant.stream for grant in current}):
        paid = sorted({grant.service for grant in current if grant.stream == stream})
        other = {grant.service for grant in current if grant.stream != stream}
        in_part = tuple(service for service in paid if service in other)
        found.append(Losable(Kind.FUNDING, stream, stream, tuple(paid), in_part))
    return tuple(found)


def depending_on(pack: Pack, services: Collection[str]) -> dict[str, frozenset[str]]:
    """Those of ``services`` that each organisation runs, houses, lets or supports, by its id."""
    found: dict[str, set[str]] = {}
    for row in records(pack["services"]):
        for role in ROLES:
            if row["service_id"] in services and not is_empty(row[role]):
                found.setdefault(str(row[role]), set()).add(str(row["service_id"]))
    return {body: frozenset(ids) for body, ids in sorted(found.items())}


def losses(result: Result, run: Run = Run.CENTRAL) -> list[Loss]:
    """Who loses the last route in each loss, in one run of a result; the most first."""
    setting = result[run].cells.setting
    every = losables(result.pack, setting, result.on)
    found = patterns(result.pack, setting)
    who = stranded(result, found, [what.services for what in every], run)
    return ranked([Loss(what, one) for what, one in zip(every, who, strict=True)])


def with_room(
    result: Result,
    found: Sequence[Loss],
    *,
    runs: Sequence[Run] = (Run.CENTRAL,),
    progress: Callable[[int, int], None] | None = None,
) -> list[Loss]:
    """Ask the model again without each loss, and rank by how many fewer are helped.

    ``runs`` are those of ``result`` to ask; ``progress`` is told how many of how many questions
    are answered. Losses of the same services are asked once, and those of services that stand
    on no path and share no pool are known to change nothing.
    """
    questions: dict[tuple[Run, frozenset[str]], Met] = {}
    asked = list(
        dict.fromkeys((run, frozenset(loss.what.services)) for run in runs for loss in found)
    )
    matters = {run: _matters(result, run) for run in runs}
    for number, (run, services) in enumerate(asked, 1):
        before = float(result[run].cells.met.sum())
        after = before
        if services & matters[run]:
            settings = replace(
                result.settings, without=frozenset(result.settings.without | services)
            )
            after = float(run_one(result.pack, settings, run).cells.met.sum())
        questions[run, services] = Met(before, after)
        if progress is not None:
            progress(number, len(asked))
    return ranked(
        [
            replace(loss, met={run: questions[run, frozenset(loss.what.services)] for run in runs})
            for loss in found
        ]
    )


def _matters(result: Result, run: Run) -> frozenset[str]:
    """Services that any path of a run uses, or that share the capacity of some that do."""
    setting = result[run].cells.setting
    on_path = {s for path in all_paths(result.pack, setting, setting.goal) for s in path.services}
    return frozenset(on_path.union(*(pool.members for pool in setting.pools)))


def ranked(found: Sequence[Loss]) -> list[Loss]:
    """Sort losses: most fewer helped first, then most who lose the last route."""

    def gravity(loss: Loss) -> tuple[float, float, str, str]:
        return (-round(loss.fewer, 6), -loss.stranded.households, loss.what.kind, loss.what.id)

    return sorted(found, key=gravity)


def n_minus_one(
    pack: Pack,
    settings: Settings | None = None,
    *,
    runs: Sequence[Run] = (Run.CENTRAL,),
    progress: Callable[[int, int], None] | None = None,
) -> list[Loss]:
    """Return every loss of one service, organisation or stream, the gravest first.

    Raises what :func:`housing_map.model.run` raises.
    """
    settings = settings or Settings()
    on = settings.on or pack.info.reference_date
    asked = tuple(dict.fromkeys((Run.CENTRAL, *runs)))
    result = Result(pack, settings, on, {run: run_one(pack, settings, run) for run in asked})
    return with_room(result, losses(result), runs=asked, progress=progress)
