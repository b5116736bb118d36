"""What changed in the inputs between two packs: row by row, and of what sort each change is.

A change in the data is not always a change in the world. A refuge that sends in its places for the
first time has none the more; a count that now leaves out repeats has not fallen. So each change is
marked: something happened, something became known, or a figure was redefined. What was redefined is
never set beside its earlier self.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from housing_map.cells import day, is_empty, records
from housing_map.pack_tables import BY_NAME, TABLES
from housing_map.returns import RETURN_TABLES
from housing_map.year_causes import Cause, cause_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from housing_map.cells import Row
    from housing_map.pack import Pack

_DAYS: Final = 31
"""Days by which periods may differ in length and be compared."""
_KNOWN: Final = frozenset({"published", "local_return"})
_BULK: Final = frozenset(
    {"lsoa_facts", "ward_age_sex", "homelessness", "travel_times", "safe_accommodation"}
    | {table.name for table in RETURN_TABLES}
)
"""Tables of many rows, of which only the number of rows is said."""
_SAID: Final = frozenset(
    {"source", "last_confirmed", "note", "status", "period", "returned_on", "overlaps_with"}
)
"""Columns whose change alone is not one of a figure."""


class Nature(StrEnum):
    """What sort of change it is."""

    HAPPENED = "happened"
    """By the data, something is other than it was."""
    KNOWN = "became known"
    """Somebody told what was not known, or a figure was revised."""
    REDEFINED = "redefined"
    """The figure means something else than before, and is not compared."""


NATURE_WORDS: Final = {
    Nature.HAPPENED: "It changed",
    Nature.KNOWN: "It is known better: no change in itself",
    Nature.REDEFINED: "It was redefined: not compared",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class InputChange:
    """One change of an input.

    ``key`` is that of the row; ``column`` is empty where the whole row is new or gone, and for
    tables of many rows, of which ``words`` say how many differ. ``before`` and ``after`` are as in
    the files. ``cause`` is where its effect is found in the shares, None where no run reads it.
    ``service`` names the service it is about, which makes it one for one's own planning.
    """

    table: str
    title: str
    key: tuple[str, ...]
    column: str
    before: str
    after: str
    nature: Nature
    cause: Cause | None
    words: str
    service: str = ""


def input_changes(earlier: Pack, later: Pack) -> tuple[InputChange, ...]:
    """Return every change of an input between two packs, in the order of the tables."""
    found = [*_of_the_pack(earlier, later)]
    dates = earlier.info.reference_date, later.info.reference_date
    for table in TABLES:
        if table.name in _BULK:
            found += _counted(table.name, earlier, later)
        else:
            found += _rows(table.name, earlier, later, dates)
    return tuple(found)


def _of_the_pack(earlier: Pack, later: Pack) -> Iterator[InputChange]:
    """Yield what changed in the format and the maps."""
    one, other = earlier.info, later.info
    told: list[tuple[str, str, str, str, Cause | None]] = [
        ("schema_version", "Format of the data", one.schema_version, other.schema_version, None)
    ]
    for level in dict.fromkeys([*one.layers, *other.layers]):
        vintages = [p.layers[level].vintage if level in p.layers else "" for p in (one, other)]
        told.append(
            (f"layers.{level}", f"Boundaries: {level}", vintages[0], vintages[1], Cause.AREAS)
        )
    for key, title, before, after, cause in told:
        if before != after:
            yield InputChange(
                table="pack", title=title, key=(key,), column="", before=before, after=after,
                nature=Nature.REDEFINED, cause=cause,
                words=f"{title}: “{before or 'none'}” before, “{after or 'none'}” now.",
            )  # fmt: skip


def _counted(name: str, earlier: Pack, later: Pack) -> Iterator[InputChange]:
    """Yield how many rows of a large table are new, gone and different."""
    table = BY_NAME[name]
    then, now = (_by_key(name, pack) for pack in (earlier, later))
    tally = Counter(
        "new" if key not in then else "gone" if key not in now else "different"
        for key in {*then, *now}
        if then.get(key) != now.get(key)
    )
    if not tally:
        return
    codes = name == "lsoa_facts" and (tally["new"] or tally["gone"])
    words = ", ".join(f"{tally[what]:,} rows {what}" for what in ("new", "gone", "different"))
    yield InputChange(
        table=name, title=table.title, key=(), column="", before=f"{len(then):,} rows",
        after=f"{len(now):,} rows", nature=Nature.REDEFINED if codes else Nature.KNOWN,
        cause=cause_of(name), words=f"{table.title}: {words}.",
    )  # fmt: skip


def _rows(name: str, earlier: Pack, later: Pack, dates: tuple[date, date]) -> Iterator[InputChange]:
    then, now = (_by_key(name, pack) for pack in (earlier, later))
    rows = [{_key(name, row): row for row in _table(pack, name)} for pack in (earlier, later)]
    for key in [*then, *(key for key in now if key not in then)]:
        if then.get(key) == now.get(key):
            continue
        before, after = rows[0].get(key), rows[1].get(key)
        if before is None or after is None:
            yield _whole_row(name, key, before, after, dates)
            continue
        redefined = _redefined(name, before, after)
        for column in sorted({*then[key], *now[key]} - _SAID):
            one, other = then[key].get(column, ""), now[key].get(column, "")
            if one != other:
                yield _cell(name, key, column, before, after, redefined=redefined)


def _table(pack: Pack, name: str) -> Iterator[Row]:
    frame = pack.tables.get(name)
    if frame is not None:
        yield from records(frame)


def _key(name: str, row: Row) -> tuple[str, ...]:
    return tuple(_text(row.get(column)) for column in BY_NAME[name].key)


def _by_key(name: str, pack: Pack) -> dict[tuple[str, ...], dict[str, str]]:
    """Return the cells of a table as text, by key; what only says where a figure is from is out."""
    return {
        _key(name, row): {c: _text(cell) for c, cell in row.items() if c not in _SAID}
        for row in _table(pack, name)
    }


def _text(cell: object) -> str:
    if is_empty(cell):
        return ""
    if (moment := day(cell)) is not None:
        return moment.isoformat()
    return f"{cell:.10g}" if isinstance(cell, float) else str(cell)


def _whole_row(
    name: str,
    key: tuple[str, ...],
    before: Row | None,
    after: Row | None,
    dates: tuple[date, date],
) -> InputChange:
    """Return a row that is new or gone."""
    table, row = BY_NAME[name], after if before is None else before
    nature = _nature_of_row(name, before, after, dates)
    label = _label(name, key, row or {})
    state = "new in the data" if before is None else "no longer in the data"
    if name == "services" and nature is Nature.HAPPENED:
        state = "opened" if before is None else "closed"
    return InputChange(
        table=name, title=table.title, key=key, column="", before="" if before is None else "there",
        after="" if after is None else "there", nature=nature, cause=cause_of(name, key[0]),
        words=f"{table.title}: {label}: {state}.", service=_service(name, row or {}),
    )  # fmt: skip


def _nature_of_row(
    name: str, before: Row | None, after: Row | None, dates: tuple[date, date]
) -> Nature:
    """Tell a service that opened or closed from one that somebody only noticed."""
    if name == "services":
        opened = None if after is None else day(after["opened_on"])
        last = None if before is None else day(before["closes_on"])
        if before is None:
            between = opened is not None and dates[0] < opened <= dates[1]
        else:
            between = last is not None and dates[0] <= last < dates[1]
        return Nature.HAPPENED if between else Nature.KNOWN
    if name == "groupings":
        return Nature.REDEFINED
    row = after if before is None else before
    known = {"eligibility": "answer", "referral_routes": "known", "legal_facts": "answer"}
    if name in known and row is not None and row[known[name]] != "unknown":
        # A row that is not there is an answer nobody has given; of a route, that there is none.
        return Nature.HAPPENED if name == "referral_routes" else Nature.KNOWN
    return Nature.KNOWN


_REDEFINING: Final = {
    "parameters": ("unit", "label", "geography", "worse_when"),
    "local_counts": ("unit", "label", "reached", "repeats", "from_elsewhere"),
    "capacity": ("basis",),
    "pool_assumptions": ("basis",),
    "acceptance_shares": ("share_of",),
    "services": ("kind",),
}
"""Columns whose change makes a row another figure than before."""


def _redefined(name: str, before: Row, after: Row) -> bool:
    columns = _REDEFINING.get(name, ())
    # What was blank was not defined otherwise.
    if any(
        not is_empty(before[c]) and not is_empty(after[c]) and _text(before[c]) != _text(after[c])
        for c in columns
    ):
        return True
    if name != "local_counts":
        return False
    lengths = [_length(row) for row in (before, after)]
    return None not in lengths and abs((lengths[0] or 0) - (lengths[1] or 0)) > _DAYS


def _length(row: Row) -> int | None:
    start, end = day(row["period_start"]), day(row["period_end"])
    return None if start is None or end is None else (end - start).days


def _cell(
    name: str, key: tuple[str, ...], column: str, before: Row, after: Row, *, redefined: bool
) -> InputChange:
    one, other = _text(before.get(column)), _text(after.get(column))
    nature = Nature.REDEFINED if redefined else _nature(name, before, after, one, other)
    table = BY_NAME[name]
    label = _label(name, key, after)
    return InputChange(
        table=name, title=table.title, key=key, column=column, before=one, after=other,
        nature=nature, cause=cause_of(name, key[0], column),
        words=f"{table.title}: {label}: {column.replace('_', ' ')}: "
        f"“{one or 'not known'}” before, “{other or 'not known'}” now.",
        service=_service(name, after),
    )  # fmt: skip


def _nature(name: str, before: Row, after: Row, one: str, other: str) -> Nature:
    """Tell what happened from what became known."""
    unknown = {"", "unknown"}
    if (one in unknown) != (other in unknown):
        return Nature.KNOWN
    statuses = _text(before.get("status")), _text(after.get("status"))
    if (statuses[0] in _KNOWN) != (statuses[1] in _KNOWN):
        return Nature.KNOWN
    assumed = {"pool_assumptions", "household_shares", "circumstance_pairs"}
    if name in assumed and statuses[1] not in _KNOWN:
        return Nature.KNOWN
    if name == "parameters" and _text(before["period"]) == _text(after["period"]):
        # The same figure of the same time: somebody corrected it, or assumes another.
        return Nature.KNOWN
    return Nature.HAPPENED


def _label(name: str, key: tuple[str, ...], row: Mapping[str, object]) -> str:
    for column in ("name", "label"):
        if not is_empty(row.get(column)):
            return str(row[column])
    return " ".join(part for part in key if part).replace("_", " ") or name


def _service(name: str, row: Mapping[str, object]) -> str:
    """Return the service that a row is about."""
    ends = [row.get("service_id"), row.get("to_id") if name == "referral_routes" else None]
    return next((str(one) for one in ends if not is_empty(one) and ":" not in str(one)), "")
