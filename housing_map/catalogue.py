"""Every figure the model reads, with its range, unit, status, source and date: one list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from housing_map import words
from housing_map.cells import day, number, records, text
from housing_map.demand import local_counts
from housing_map.kinds import KINDS
from housing_map.vocabulary import Status

if TYPE_CHECKING:
    from housing_map.cells import Row
    from housing_map.pack import Pack

THOUSAND = 1000


@dataclass(frozen=True, slots=True)
class Entry:
    """One figure. ``low``, ``central`` and ``high`` are in ``unit``; None where unknown."""

    group: str
    name: str
    low: float | None
    central: float | None
    high: float | None
    unit: str
    status: Status
    source: str
    when: str
    note: str

    @property
    def value(self) -> str:
        """The figure in words, with its range and unit."""
        if self.central is None and self.low is None and self.high is None:
            return f"unknown ({self.unit})"
        central = "unknown" if self.central is None else figure(self.central)
        ends = [figure(end) for end in (self.low, self.high) if end is not None]
        spread = f" ({' to '.join(ends)})" if len(ends) > 1 else ""
        return f"{central}{spread} {self.unit}"


def figure(value: float) -> str:
    """Write a number as people read it.

    >>> figure(48300), figure(0.64), figure(34)
    ('48,300', '0.64', '34')
    """
    return f"{value:,.0f}" if abs(value) >= THOUSAND else f"{value:g}"


def entries(pack: Pack, *, public: bool = False) -> list[Entry]:
    """List every figure of the pack, capacity first; ``public`` leaves out that of one service."""
    names = {str(r["service_id"]): str(r["name"]) for r in records(pack["services"])}
    found: list[Entry] = []
    for row in records(pack["pool_assumptions"]):
        label = KINDS[str(row["kind"])].label
        found += _capacity(row, f"{label}, where no provider has reported", "")
    for row in () if public else records(pack["capacity"]):
        confirmed = day(row["last_confirmed"])
        when = "" if confirmed is None else confirmed.isoformat()
        found += _capacity(row, names[str(row["service_id"])], when)
    for row in records(pack["acceptance_shares"]):
        label = f"{KINDS[row['kind']].label}: takes {words.rule_phrase(row['rule'])}"
        unit = f"share of {row['share_of']}"
        found.append(_entry(row, "", "Acceptance", label, unit, text(row["period"])))
    for row in records(pack["household_shares"]):
        tenure = text(row["tenure"])
        of = f", {words.tenure(tenure)}" if tenure else ""
        label = f"{str(row['dimension']).capitalize()}: {str(row['code']).replace('_', ' ')}{of}"
        found.append(_entry(row, "", "Household share", label, "share of households", ""))
    for count in local_counts(pack):
        row = count.row | {"low": None, "central": count.count, "high": None}
        when = f"{count.start:%b %Y} to {count.end:%b %Y}"
        found.append(_entry(row, "", "Local count", count.label, str(row["unit"]), when))
    for row in records(pack["parameters"]):
        found.append(
            _entry(row, "", "Parameter", str(row["label"]), str(row["unit"]), text(row["period"]))
        )
    return found


def _capacity(row: Row, name: str, when: str) -> list[Entry]:
    """Capacity of a service or a pool; units come with their stay and occupancy."""
    group = "Capacity"
    found = [_entry(row, "capacity", group, f"{name}: capacity", str(row["basis"]), when)]
    if row["basis"] == "units" and number(row["stay_days_central"]) is not None:
        found.append(_entry(row, "stay_days", group, f"{name}: mean stay", "days", when))
        found.append(_entry(row, "occupancy", group, f"{name}: occupancy", "share", when))
    return found


def _entry(  # noqa: PLR0917 - the parts of one line, each used once
    row: Row, prefix: str, group: str, name: str, unit: str, when: str
) -> Entry:
    start = f"{prefix}_" if prefix else ""
    return Entry(
        group=group,
        name=name,
        low=number(row[f"{start}low"]),
        central=number(row[f"{start}central"]),
        high=number(row[f"{start}high"]),
        unit=unit,
        status=Status(row["status"]),
        source=text(row["source"]),
        when=when,
        note=text(row["note"]),
    )
