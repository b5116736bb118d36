"""What ends when: services and their money by last day, and who loses the last route.

Reckoned from the reference date. A service is taken to end with its last known stream of money,
or on the day it is known to close; one that loses one of several streams goes on, with less.
Nobody can plan on silence: services whose end nobody has published stand apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from housing_map.funding import last_days
from housing_map.model import Result, Settings, run_one
from housing_map.patterns import patterns, stranded
from housing_map.vocabulary import Run

if TYPE_CHECKING:
    from datetime import date

    from housing_map.funding import LastDay
    from housing_map.pack import Pack
    from housing_map.patterns import Stranded


@dataclass(frozen=True, slots=True)
class Event:
    """What ends on one day, the last on which it is there.

    ``streams`` and the services ``ending`` and losing money ``in_part`` are of that day alone.
    ``gone`` are all services that have ended by then; ``stranded`` says who has lost the last
    route with them, and ``more`` how many household-episodes a year more than the day before.
    """

    day: date
    streams: tuple[str, ...]
    ending: tuple[str, ...]
    in_part: tuple[str, ...]
    gone: tuple[str, ...]
    stranded: Stranded
    more: float


@dataclass(frozen=True, slots=True)
class Timeline:
    """Events from the reference date ``on``, earliest first, and what cannot be placed on it.

    ``unknown`` are services that run and whose last day nobody has published. ``overdue`` run
    still, although all money known for them had ended before the reference date.
    """

    on: date
    events: tuple[Event, ...]
    unknown: tuple[LastDay, ...]
    overdue: tuple[LastDay, ...]


def timeline(pack: Pack, settings: Settings | None = None, run: Run = Run.CENTRAL) -> Timeline:
    """Order what ends by its last day, with who has lost the last route by then.

    Services are those that run on the reference date of ``settings``, in that ``run``; losses
    of a route are exact and ask nothing about room. Raises what :func:`housing_map.model.run`
    raises.
    """
    settings = settings or Settings()
    on = settings.on or pack.info.reference_date
    result = Result(pack, settings, on, {run: run_one(pack, settings, run)})
    return events_of(result, run)


def events_of(result: Result, run: Run = Run.CENTRAL) -> Timeline:
    """Return the timeline of a result that is already there; see :func:`timeline`."""
    on, setting = result.on, result[run].cells.setting
    every = last_days(result.pack)
    running = [every[service.id] for service in setting.services]
    days = {last.day for last in running} | {g.ends for last in running for g in last.grants}
    ahead = sorted(day for day in days if day is not None and day >= on)
    gone = [
        tuple(last.service for last in running if last.day is not None and on <= last.day <= day)
        for day in ahead
    ]
    who = stranded(result, patterns(result.pack, setting), gone, run)
    events = []
    before = 0.0
    for day, ended, found in zip(ahead, gone, who, strict=True):
        streams = {g.stream for last in running for g in last.grants if g.ends == day}
        losing = {g.service for last in running for g in last.grants if g.ends == day}
        ending = tuple(last.service for last in running if last.day == day)
        events.append(
            Event(
                day=day,
                streams=tuple(sorted(streams)),
                ending=ending,
                in_part=tuple(sorted(losing - set(ended))),
                gone=ended,
                stranded=found,
                more=found.households - before,
            )
        )
        before = found.households
    return Timeline(
        on=on,
        events=tuple(events),
        unknown=tuple(last for last in running if last.day is None),
        overdue=tuple(last for last in running if last.day is not None and last.day < on),
    )
