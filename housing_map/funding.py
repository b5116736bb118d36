"""Who pays for what, and until when: grants and contracts of services, and their last days.

An end that nobody has published is unknown. It is never taken as *no end*, and never as one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from housing_map.cells import day, records

if TYPE_CHECKING:
    from datetime import date

    from housing_map.pack import Pack


@dataclass(frozen=True, slots=True)
class Grant:
    """One stream of money to one service; a day that is None is not known."""

    service: str
    funder: str
    stream: str
    starts: date | None
    ends: date | None

    def over(self, on: date) -> bool:
        """Whether its last day is known to be before ``on``."""
        return self.ends is not None and self.ends < on


class Why(StrEnum):
    """What a service's last day is taken from, or why there is none."""

    CLOSES = "closes"
    FUNDING = "funding"
    UNPUBLISHED = "unpublished"
    NO_FUNDING_KNOWN = "no_funding_known"


@dataclass(frozen=True, slots=True)
class LastDay:
    """The last day of a service: its own, or that of its last known money; None is unknown.

    ``grants`` are all that is known of its money, by last day.
    """

    service: str
    day: date | None
    why: Why
    grants: tuple[Grant, ...]


def grants(pack: Pack) -> tuple[Grant, ...]:
    """All streams of the pack, in the order of service and stream."""
    found = [
        Grant(
            service=str(row["service_id"]),
            funder=str(row["funder"]),
            stream=str(row["stream"]),
            starts=day(row["starts_on"]),
            ends=day(row["ends_on"]),
        )
        for row in records(pack["funding"])
    ]
    return tuple(sorted(found, key=lambda grant: (grant.service, grant.stream)))


def last_days(pack: Pack) -> dict[str, LastDay]:
    """Last day of every service of the pack, by identifier.

    A service ends on the day it is known to close, or with the last of its streams, whichever
    comes first. Where the end of any stream is not published the money has no known end.
    """
    of_service: dict[str, list[Grant]] = {}
    for grant in grants(pack):
        of_service.setdefault(grant.service, []).append(grant)
    found = {}
    for row in records(pack["services"]):
        service = str(row["service_id"])
        money = of_service.get(service, [])
        ends = [grant.ends for grant in money if grant.ends is not None]
        paid = max(ends) if money and len(ends) == len(money) else None
        closes = day(row["closes_on"])
        if closes is not None and (paid is None or closes <= paid):
            last, why = closes, Why.CLOSES
        elif paid is not None:
            last, why = paid, Why.FUNDING
        else:
            last, why = None, Why.UNPUBLISHED if money else Why.NO_FUNDING_KNOWN
        ordered = sorted(money, key=lambda g: (g.ends is None, str(g.ends), g.stream))
        found[service] = LastDay(service, last, why, tuple(ordered))
    return found
