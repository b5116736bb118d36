"""What services and the council sent in for a year: counts of people, as they sent them.

A row of the district is nobody's sum: households are counted once there, whoever helped them. So a
figure of the district comes from such a row alone. Quarters add up to a year only where all four
are there and the thing counted adds up; otherwise the year is not known. Of households divided by
one main answer (a reason, a destination), an answer that a quarter does not name was given by none
in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from housing_map import returns
from housing_map.assessment.sections.making import Column
from housing_map.cells import is_empty, records, text
from housing_map.disclosure import Kind
from housing_map.vocabulary import Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from housing_map.assessment.sections.making import Head
    from housing_map.disclosure_tables import Codes
    from housing_map.pack import Pack

_FLOWS: Final = frozenset({"return_reasons", "return_endings", "move_on", "return_stays"})
"""Tables whose quarters add up to a year."""


def quarters_of(period: str) -> tuple[str, ...]:
    """Return the four calendar quarters of a financial year.

    >>> quarters_of("2025-26")
    ('2025Q2', '2025Q3', '2025Q4', '2026Q1')
    """
    year = int(period[:4])
    return (*(f"{year}Q{number}" for number in (2, 3, 4)), f"{year + 1}Q1")


def counts(
    pack: Pack, table: str, key: str, period: str, *, only: Mapping[str, str] | None = None
) -> dict[str, float]:
    """Return counts of the district in a year, by the column ``key``; what is not known is absent.

    ``only`` restricts rows by the text of other columns.
    """
    return _yearly(pack, table, key, period, only=only)


def by_service(pack: Pack, table: str, key: str, period: str) -> dict[str, dict[str, float]]:
    """Return counts of each service in a year, by service and then by the column ``key``."""
    services = {
        text(row["service_id"]) for row in records(pack[table]) if not is_empty(row["service_id"])
    }
    found = {one: _yearly(pack, table, key, period, service=one) for one in sorted(services)}
    return {service: values for service, values in found.items() if values}


def _yearly(
    pack: Pack,
    table: str,
    key: str,
    period: str,
    *,
    service: str = "",
    only: Mapping[str, str] | None = None,
) -> dict[str, float]:
    years: dict[str, float] = {}
    quarters: dict[str, dict[str, float]] = {}
    wanted, sent = set(quarters_of(period)), set()
    for row in records(pack[table]):
        if text(row["service_id"]) != service or is_empty(row["count"]):
            continue
        if any(text(row[name]) != code for name, code in (only or {}).items()):
            continue
        code, when = str(row[key]), str(row["period"])
        if when == period:
            years[code] = float(row["count"])
        elif when in wanted:
            sent.add(when)
            quarters.setdefault(code, {})[when] = float(row["count"])
    if years and table in _FLOWS:
        # One main answer for each household: what was sent in for the year is the whole of it.
        return years
    for code, given in quarters.items():
        whole = sent == wanted if table in _FLOWS else set(given) == wanted
        adds = table in _FLOWS or (table == "quarterly_returns" and returns.MEASURES[code].adds_up)
        if code not in years and adds and whole:
            years[code] = sum(given.values())
    return years


def people(
    head: Head, values: Mapping[Codes, float], period: str, *, restricted: bool = False
) -> Column:
    """Return a column of counts of people or households, protected as such."""
    return Column(
        head=head,
        kind=Kind.PEOPLE,
        values=values,
        status=Status.LOCAL_RETURN if values else Status.UNKNOWN,
        source=f"Returns of services and of the council, {period}",
        more={"version": period},
        restricted=restricted,
    )
