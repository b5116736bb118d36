"""A pack in the making: the tables and settings that a scenario's changes are written into.

Tables that no change touches are those of the baseline, the very objects, so that all that was
worked out from them is found again (:mod:`housing_map.memo`). A table that ends as it began *is*
the baseline's, and a draft without changed tables is the baseline, digest and all.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from datetime import timedelta
from math import inf
from threading import Lock
from typing import TYPE_CHECKING, Final

import pandas as pd

from housing_map.cells import records
from housing_map.errors import HousingMapError, UsageError
from housing_map.pack_tables import BY_NAME
from housing_map.places import find_area, membership

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from housing_map.cells import Row
    from housing_map.changes import SetBudget
    from housing_map.demand import Factor
    from housing_map.model import Settings
    from housing_map.pack import Pack

ENDS: Final = ("low", "central", "high")
_BOUNDS: Final = {"capacity": (0.0, None), "occupancy": (None, 1.0)}
"""Least and most of figures of a pool."""
_KEPT_TABLES: Final = 256


class DoesNotApplyError(HousingMapError, ValueError):
    """A change cannot be made to this pack; the message says why."""


class _Tables:
    """Tables by content: the same rows are the same object, so that results are found again."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._held: OrderedDict[str, pd.DataFrame] = OrderedDict()
        self._lock = Lock()

    def same(self, digest: str, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the table held for a digest, which is ``frame`` where there is none yet."""
        with self._lock:
            held = self._held.setdefault(digest, frame)
            self._held.move_to_end(digest)
            while len(self._held) > self._size:
                self._held.popitem(last=False)
            return held


_tables: Final = _Tables(_KEPT_TABLES)


@dataclass
class Draft:
    """A pack under change: ``tables`` are those changed so far, ``settings`` the settings so far.

    ``notices`` say what a reader should know of changes that were made; ``unpaid`` are services
    that were closed with their money.
    """

    pack: Pack
    settings: Settings
    source: str
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    budget: SetBudget | None = None
    notices: list[str] = field(default_factory=list)
    unpaid: set[str] = field(default_factory=set)

    def copy(self) -> Draft:
        """Return a draft that can go on by itself: tables are replaced, never written into."""
        return replace(
            self,
            tables=dict(self.tables),
            notices=list(self.notices),
            unpaid=set(self.unpaid),
        )

    def __getitem__(self, name: str) -> pd.DataFrame:
        """Return a table as it is now. Treat it as read-only."""
        return self.tables.get(name, self.pack.tables[name])

    @property
    def on(self) -> date:
        """The reference date."""
        return self.settings.on or self.pack.info.reference_date

    @property
    def eve(self) -> date:
        """The day before the reference date: what ends then has no part in the year."""
        return self.on - timedelta(days=1)

    def looked_at(self) -> Pack:
        """Return the pack as it is now, to look at; its digest is not its own."""
        now = {name: _bounded(frame) for name, frame in self.tables.items()}
        return replace(self.pack, tables={**self.pack.tables, **now})

    # Rows ---------------------------------------------------------------------------------

    def rows(self, table: str, **cells: str) -> pd.Series[bool]:
        """Tell which rows of a table have these cells."""
        frame = self[table]
        found = pd.Series(data=True, index=frame.index)
        for name, value in cells.items():
            found &= (frame[name] == value).fillna(value=False).astype(bool)
        return found

    def records(self, table: str, **cells: str) -> list[Row]:
        """Return the rows of a table that have these cells."""
        if table in self.tables:
            return list(records(self[table][self.rows(table, **cells)]))
        # Rows of the baseline are read once for all scenarios.
        wanted = cells.items()
        kept = records(self.pack[table])
        return [row for row in kept if all(row[name] == value for name, value in wanted)]

    def add(self, table: str, rows: Iterable[Mapping[str, object]]) -> None:
        """Add rows; a column that a row leaves out is empty."""
        frame, new = self[table], pd.DataFrame(list(rows))
        if new.empty:
            return
        fresh = new.reindex(columns=frame.columns).astype(frame.dtypes.to_dict())
        # Rows of the baseline keep their numbers, so that added ones are known by theirs.
        first = max(len(self.pack[table]), int(frame.index.max()) + 1 if len(frame) else 0)
        fresh.index = pd.RangeIndex(first, first + len(fresh))
        self.tables[table] = pd.concat([frame, fresh])

    def drop(self, table: str, which: pd.Series[bool]) -> None:
        """Take rows out."""
        self.tables[table] = self[table][~which]

    def set(self, table: str, which: pd.Series[bool], cells: Mapping[str, object]) -> None:
        """Write cells into rows."""
        frame = self[table].copy()
        for name, value in cells.items():
            kind = frame[name].dtype
            frame[name] = frame[name].mask(which, value).astype(kind)
        self.tables[table] = frame

    def shift(self, table: str, which: pd.Series[bool], prefix: str, by: float) -> None:
        """Add to the three figures of rows; bounds are kept at the end, by :meth:`finished`."""
        frame = self[table].copy()
        for end in ENDS:
            name = f"{prefix}_{end}"
            frame[name] = frame[name].mask(which, frame[name] + by)
        self.tables[table] = frame

    def scale(self, table: str, which: pd.Series[bool], prefix: str, by: float) -> None:
        """Multiply the three figures of rows; bounds are kept at the end, by :meth:`finished`."""
        frame = self[table].copy()
        for end in ENDS:
            name = f"{prefix}_{end}" if prefix else end
            frame[name] = frame[name].mask(which, frame[name] * by)
        self.tables[table] = frame

    # What there is ------------------------------------------------------------------------

    def service(self, service_id: str) -> Row:
        """Return the row of a service; raises :class:`DoesNotApplyError` when there is none."""
        found = self.records("services", service_id=service_id)
        if not found:
            message = f"there is no service {service_id!r}"
            raise DoesNotApplyError(message)
        return found[0]

    def areas(self, names: Iterable[str]) -> list[str]:
        """Return codes of areas given by code or by name; those of groupings are names.

        Where several levels have a name, the widest is meant. Raises
        :class:`DoesNotApplyError` for an area the pack does not have.
        """
        return [code for _, code in map(self._area, names)]

    def lsoas(self, names: Iterable[str]) -> frozenset[str]:
        """Return the small areas inside some areas."""
        table = membership(self.pack)
        found = [table.index[table[level] == code] for level, code in map(self._area, names)]
        return frozenset(str(lsoa) for inside in found for lsoa in inside)

    def _area(self, name: str) -> tuple[str, str]:
        try:
            return find_area(self.pack, name)
        except UsageError:
            message = f"there is no area {name!r}"
            raise DoesNotApplyError(message) from None

    # The end ------------------------------------------------------------------------------

    def finished(self) -> Pack:
        """Return the pack as it is now, with a digest of its own, or the baseline."""
        changed = {
            name: _in_order(name, frame, len(self.pack[name]))
            for name, frame in self.looked_at().tables.items()
            if name in self.tables and not frame.equals(self.pack[name])
        }
        if not changed:
            return self.pack
        digests = {name: _digest(name, frame) for name, frame in changed.items()}
        whole = hashlib.sha256(self.pack.digest.encode())
        for name in sorted(digests):
            whole.update(f"{name}\0{digests[name]}\0".encode())
        kept = {name: _tables.same(digests[name], frame) for name, frame in changed.items()}
        tables = {**self.pack.tables, **kept}
        return replace(self.pack, tables=tables, digest=whole.hexdigest())


def _bounded(frame: pd.DataFrame) -> pd.DataFrame:
    """Keep figures of pools within their bounds.

    Only at the end: places taken away and given back are then what they were.
    """
    names = {f"{figure}_{end}": both for figure, both in _BOUNDS.items() for end in ENDS}
    there = {
        name: frame[name].clip(*both)
        for name, both in names.items()
        if name in frame and not frame[name].dropna().between(both[0] or 0, both[1] or inf).all()
    }
    return frame.assign(**there) if there else frame


def _in_order(name: str, frame: pd.DataFrame, old: int) -> pd.DataFrame:
    """Put rows that were added in the order of their keys: the order of changes does not show."""
    key = list(BY_NAME[name].key)
    new = frame.index >= old
    added = frame[new].sort_values(key, kind="stable", na_position="first")
    return pd.concat([frame[~new], added], ignore_index=True)


def _digest(name: str, frame: pd.DataFrame) -> str:
    text = frame.to_csv(index=False, lineterminator="\n")
    return hashlib.sha256(f"{name}\0{text}".encode()).hexdigest()


def with_factor(settings: Settings, factor: Factor) -> Settings:
    """Return settings with one factor of demand more; factors stand in an order of their own."""
    factors = sorted(
        (*settings.factors, factor),
        key=lambda one: (one.need or "", sorted(one.tenures), sorted(one.lsoas), one.times),
    )
    return replace(settings, factors=tuple(factors))
