# ruff: noqa: A002 - "id" is what a document has
"""Saved work, shared by several people: documents, every version of them, and who made it.

A document is a JSON object of some kind (a scenario, an entry of the gap register) with a name.
Whatever is done to it adds a version, with who, when and why; no version is changed or destroyed,
and what was removed can be brought back. Two people who start from one version do not overwrite
each other: the second is told, and keeps what they have. :mod:`housing_map.store_tables` says
where it lies and how it is written.

Saved work holds decisions and questions, never people: what describes one household, or an area
together with a household profile, does not belong in a document.

>>> from tempfile import TemporaryDirectory
>>> with TemporaryDirectory() as folder, open_store(folder) as store:
...     made = store.save("scenario", "Six units", {"units": 6}, who="Ann", why="first idea")
...     more = store.save("scenario", "Six units", {"units": 7}, who="Ben", why="one more",
...                       id=made.id, expected=made.version)
...     [(version.version, version.who, version.why) for version in store.history(made.id)]
[(1, 'Ann', 'first idea'), (2, 'Ben', 'one more')]
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING, Any, Final, Self

from sqlalchemy import insert, select, update

from housing_map.errors import UsageError
from housing_map.store_records import (
    Action,
    ConflictError,
    Kept,
    NameTakenError,
    Revision,
    as_file,
    as_text,
    checked_content,
    checked_kind,
    checked_line,
    checked_name,
    checked_reason,
    digest_of,
    from_file,
    name_key,
    numbered,
)
from housing_map.store_tables import Database, StoreError, documents, open_database, revisions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, RowMapping

__all__ = [
    "Action",
    "ConflictError",
    "Kept",
    "NameTakenError",
    "Revision",
    "Store",
    "StoreError",
    "open_store",
]


@dataclass(frozen=True, slots=True)
class _Deed:
    """What somebody does, and why."""

    action: Action
    who: str
    why: str

    def __post_init__(self) -> None:
        """Check the words."""
        object.__setattr__(self, "who", checked_line(self.who, "Who does it"))
        object.__setattr__(self, "why", checked_reason(self.why))


class Store:
    """Documents and their history. Threads and processes may share one place.

    Every method that changes something takes ``who`` and ``why``, and returns when it is on the
    disk. Those with ``expected`` raise :class:`ConflictError` when the newest version is another
    than that number; without it, what is newest counts. All raise
    :class:`~housing_map.errors.UsageError` for what makes no sense (an unknown id, content that
    is not JSON) and :class:`StoreError` when the place cannot be reached.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def place(self) -> str:
        """Where the work lies, for people; never with a password."""
        return self._database.place

    def close(self) -> None:
        """Let go of the place; the store opens it again when it is asked something."""
        self._database.close()

    # Reading --------------------------------------------------------------------------------------

    def get(self, id: str) -> Kept:
        """Return the newest version of a document, also of one that was removed."""
        return self._database.read(lambda connection: _newest(connection, id))

    def at(self, id: str, version: int) -> Kept:
        """Return an older version of a document."""
        return self._database.read(lambda connection: _at(connection, id, version))

    def history(self, id: str) -> tuple[Revision, ...]:
        """Return all versions of a document, oldest first."""
        query = _REVISIONS.where(revisions.c.id == id).order_by(revisions.c.version)
        found = self._database.read(lambda connection: connection.execute(query).mappings().all())
        if not found:
            raise _unknown(id)
        return tuple(map(_revision, found))

    def list(self, kind: str, *, removed: bool = False) -> tuple[Revision, ...]:
        """Return the newest version of each document of a kind, newest first.

        ``removed`` asks for those that were removed, and only for those.
        """
        query = (
            _REVISIONS.where(
                documents.c.kind == kind,
                documents.c.removed.is_(removed),
                revisions.c.version == documents.c.version,
            )
            .order_by(revisions.c.moment.desc(), revisions.c.id)
        )  # fmt: skip
        found = self._database.read(lambda connection: connection.execute(query).mappings().all())
        return tuple(map(_revision, found))

    # Writing --------------------------------------------------------------------------------------

    def save(
        self,
        kind: str,
        name: str,
        content: Mapping[str, object],
        *,
        who: str,
        why: str,
        id: str | None = None,
        expected: int | None = None,
    ) -> Kept:
        """Keep a new document, or with ``id`` a new version of one, also under a new name.

        Raises :class:`NameTakenError` when another document that is not removed has the name.
        """
        kind, name, whole = checked_kind(kind), checked_name(name), checked_content(content)
        if id is None:
            deed = _Deed(Action.MADE, who, why)
            return self._database.write(lambda c: self._begin(c, deed, kind, name, whole))

        def change(_: Connection, newest: Kept) -> Kept:
            if newest.kind != kind:
                message = f"The document with this id is a {newest.kind}, not a {kind}"
                raise UsageError(message)
            return replace(newest, name=name, content=whole, digest=digest_of(whole))

        return self._change(id, _Deed(Action.SAVED, who, why), change, expected)

    def copy(self, id: str, name: str, *, who: str, why: str) -> Kept:
        """Keep a new document with the content of the newest version of another."""
        name, deed = checked_name(name), _Deed(Action.COPIED, who, why)

        def work(connection: Connection) -> Kept:
            source = _newest(connection, id)
            return self._begin(
                connection, deed, source.kind, name, source.content,
                origin=(source.id, source.version),
            )  # fmt: skip

        return self._database.write(work)

    def rename(
        self, id: str, name: str, *, who: str, why: str, expected: int | None = None
    ) -> Kept:
        """Give a document another name; raises :class:`NameTakenError`."""
        name = checked_name(name)
        return self._change(
            id, _Deed(Action.RENAMED, who, why), lambda _, one: replace(one, name=name), expected
        )

    def remove(self, id: str, *, who: str, why: str, expected: int | None = None) -> Kept:
        """Take a document off the list; all its versions stay, and it can be restored."""
        return self._change(
            id, _Deed(Action.REMOVED, who, why), lambda _, one: replace(one, removed=True), expected
        )

    def restore(self, id: str, *, who: str, why: str, name: str | None = None) -> Kept:
        """Put a removed document back on the list, under another name if its own is taken."""
        new = None if name is None else checked_name(name)

        def change(_: Connection, newest: Kept) -> Kept:
            if not newest.removed:
                message = f"“{newest.name}” is not removed"
                raise UsageError(message)
            return replace(newest, removed=False, name=new or newest.name)

        return self._change(id, _Deed(Action.RESTORED, who, why), change, removed_too=True)

    def back_to(
        self, id: str, version: int, *, who: str, why: str, expected: int | None = None
    ) -> Kept:
        """Add a version with the content of an older one; the name stays the present one."""

        def change(connection: Connection, newest: Kept) -> Kept:
            older = _at(connection, id, version)
            return replace(newest, content=older.content, digest=older.digest, origin=(id, version))

        return self._change(id, _Deed(Action.WENT_BACK, who, why), change, expected)

    # To and from elsewhere ------------------------------------------------------------------------

    def export(
        self, kind: str | None = None, *, ids: Iterable[str] | None = None
    ) -> dict[str, Any]:
        """Return documents with their whole history as a JSON object, for :meth:`bring_in`.

        Either all of a kind that are not removed, or those named, removed or not. The history
        says who did what: it is for a copy, or for a move to another place, rather than for
        somebody outside.
        """
        if (kind is None) == (ids is None):
            message = "Say either a kind or ids"
            raise UsageError(message)
        wanted = [one.id for one in self.list(kind)] if kind else list(dict.fromkeys(ids or ()))
        query = (
            select(*_COLUMNS, revisions.c.content)
            .join_from(revisions, documents)
            .where(revisions.c.id.in_(wanted))
            .order_by(revisions.c.version)
        )
        histories: dict[str, list[Kept]] = {one: [] for one in wanted}
        for row in self._database.read(lambda c: c.execute(query).mappings().all()):
            histories[row["id"]].append(_kept(row))
        if missing := [one for one, versions in histories.items() if not versions]:
            raise _unknown(missing[0])
        return as_file(histories.values())

    def bring_in(self, exported: object, *, who: str, why: str) -> tuple[Kept, ...]:
        """Keep the documents of an export with their history, all of them or none.

        Each gets one version more, which says who brought it in: what stands before it was
        written elsewhere, as the file tells it. A document that is here already, with the newest
        version of the file among its own, is left as it is. One that went another way here comes
        in beside it, with a new id; one whose name is taken gets a number after its name.
        Raises UsageError for anything that is not an export, or was changed since.
        """
        deed, incoming = _Deed(Action.BROUGHT_IN, who, why), from_file(exported)
        return self._database.write(
            lambda c: tuple(self._bring(c, deed, versions) for versions in incoming)
        )

    # Inside ---------------------------------------------------------------------------------------

    def _begin(
        self,
        connection: Connection,
        deed: _Deed,
        kind: str,
        name: str,
        content: dict[str, Any],
        *,
        origin: tuple[str, int] | None = None,
    ) -> Kept:
        """Write version 1 of a new document."""
        kept = Kept(
            id=uuid.uuid4().hex, kind=kind, name=name, version=1, action=deed.action,
            who=deed.who, when=self._now(), why=deed.why, removed=False,
            digest=digest_of(content), origin=origin, content=content,
        )  # fmt: skip
        return _written(connection, [kept])

    def _change(
        self,
        id: str,
        deed: _Deed,
        change: Callable[[Connection, Kept], Kept],
        expected: int | None = None,
        *,
        removed_too: bool = False,
    ) -> Kept:
        """Write the version that comes after the newest one."""

        def work(connection: Connection) -> Kept:
            # First the lock, in a query of its own: the next one sees who had it before.
            connection.execute(
                select(documents.c.version).where(documents.c.id == id).with_for_update()
            )
            newest = _newest(connection, id)
            if expected not in {None, newest.version} or (newest.removed and not removed_too):
                raise ConflictError(newest, expected)
            after = change(connection, replace(newest, origin=None))
            kept = replace(
                after, version=newest.version + 1, action=deed.action, who=deed.who,
                why=deed.why, when=self._now(),
            )  # fmt: skip
            return _written(connection, [kept])

        return self._database.write(work)

    def _bring(self, connection: Connection, deed: _Deed, versions: Sequence[Kept]) -> Kept:
        """Write a document from elsewhere, unless it is here already."""
        last = versions[-1]
        here = {
            row.version: row.digest
            for row in connection.execute(
                select(revisions.c.version, revisions.c.digest).where(revisions.c.id == last.id)
            )
        }
        if here.get(last.version) == last.digest:
            return _newest(connection, last.id)
        end = replace(
            last, version=last.version + 1, action=deed.action, who=deed.who, why=deed.why,
            when=self._now(), origin=(last.id, last.version),
            name=last.name if last.removed else _free_name(connection, last.kind, last.name),
        )  # fmt: skip
        new = uuid.uuid4().hex if here else last.id
        return _written(connection, [replace(one, id=new) for one in (*versions, end)])

    def _now(self) -> datetime:
        """Return the moment in UTC."""
        return self._clock().astimezone(UTC)


def _utc_now() -> datetime:
    """Return the moment, the one reading of the clock in saved work."""
    return datetime.now(UTC)


def open_store(
    url: str | None = None,
    *,
    clock: Callable[[], datetime] = _utc_now,
    wait_seconds: float = 30.0,
) -> Store:
    """Open saved work, and make its place at first use.

    Parameters
    ----------
    url
        A folder, or an address: ``sqlite:///…`` or ``postgresql://…``. None means the variable
        ``HOUSING_MAP_STORE``, else a folder of this program among the person's data.
    clock
        Tells the moment of each version; it must know its time zone.
    wait_seconds
        How long to wait for others who are writing before giving up with :class:`StoreError`.
    """
    return Store(open_database(url, wait_seconds), clock)


# Rows ---------------------------------------------------------------------------------------------

_COLUMNS: Final = (
    documents.c.kind, *(column for column in revisions.c if column is not revisions.c.content),
)  # fmt: skip
_REVISIONS: Final = select(*_COLUMNS).join_from(revisions, documents)


def _revision(row: RowMapping) -> Revision:
    """Return the version that a row holds."""
    origin = (row["origin_id"], row["origin_version"]) if row["origin_id"] else None
    action = Action(row["action"])
    return Revision(
        id=row["id"], kind=row["kind"], name=row["name"], version=row["version"], action=action,
        who=row["who"], when=row["moment"], why=row["why"], removed=row["removed"],
        digest=row["digest"], origin=origin,
    )  # fmt: skip


def _kept(row: RowMapping) -> Kept:
    """Return the version that a row holds, with its content."""
    one = _revision(row)
    said = {field.name: getattr(one, field.name) for field in fields(one)}
    return Kept(**said, content=json.loads(row["content"]))


def _newest(connection: Connection, id: str) -> Kept:
    """Return the newest version of a document; raises UsageError when there is none."""
    return _one(connection, id, revisions.c.version == documents.c.version, "")


def _at(connection: Connection, id: str, version: int) -> Kept:
    """Return a version of a document; raises UsageError when there is none."""
    return _one(connection, id, revisions.c.version == version, f" with a version {version}")


def _one(connection: Connection, id: str, which: ColumnElement[bool], described: str) -> Kept:
    """Return a version of a document; raises UsageError when there is none."""
    query = (
        select(*_COLUMNS, revisions.c.content)
        .join_from(revisions, documents)
        .where(revisions.c.id == id, which)
    )
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise _unknown(id, described)
    return _kept(row)


def _unknown(id: str, described: str = "") -> UsageError:
    """Return what to say of a document that is not there."""
    return UsageError(f"There is no saved document {id!r}{described}")


def _is_taken(connection: Connection, kind: str, name: str, by_others_than: str = "") -> bool:
    """Whether a document that is not removed has the name."""
    found = connection.execute(
        select(documents.c.id).where(
            documents.c.kind == kind,
            documents.c.name_key == name_key(name),
            documents.c.removed.is_(False),
            documents.c.id != by_others_than,
        )
    ).first()
    return found is not None


def _free_name(connection: Connection, kind: str, name: str) -> str:
    """Return the name, with a number after it when it is taken."""
    names = (numbered(name, number) if number > 1 else name for number in count(1))
    return next(one for one in names if not _is_taken(connection, kind, one))


def _written(connection: Connection, versions: Sequence[Kept]) -> Kept:
    """Write versions of one document, the last of which is its newest, and return that."""
    last = versions[-1]
    if not last.removed and _is_taken(connection, last.kind, last.name, last.id):
        kind = last.kind.replace("_", " ")
        message = f"There is a {kind} called “{last.name}” already. Give this one another name"
        raise NameTakenError(message)
    head = {
        "kind": last.kind, "name_key": name_key(last.name), "version": last.version,
        "removed": last.removed,
    }  # fmt: skip
    if versions[0].version == 1:
        connection.execute(insert(documents).values(id=last.id, **head))
    else:
        connection.execute(update(documents).where(documents.c.id == last.id).values(**head))
    connection.execute(
        insert(revisions),
        [
            {
                "id": one.id, "version": one.version, "action": one.action.value,
                "name": one.name, "who": one.who, "moment": one.when, "why": one.why,
                "removed": one.removed, "digest": one.digest, "content": as_text(one.content),
                "origin_id": one.origin and one.origin[0],
                "origin_version": one.origin and one.origin[1],
            }
            for one in versions
        ],
    )  # fmt: skip
    return last
