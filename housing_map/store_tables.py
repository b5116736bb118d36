"""Where saved work lies: the place, its tables, and whole transactions that outlast a wait.

Two kinds of place are known. A file of SQLite, on one computer, needs nothing else; a database
of PostgreSQL serves a team. :mod:`housing_map.store` says what is kept; here is how it is written:
each transaction is done wholly or not at all, and is on the disk when it ends.
"""

from __future__ import annotations

import os
import random
import sqlite3
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from platformdirs import user_data_path
from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    create_engine,
    event,
    insert,
    inspect,
    make_url,
    select,
    text,
)
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError
from sqlalchemy.pool import NullPool

from housing_map.errors import HousingMapError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import URL, Connection, Dialect, Engine

T = TypeVar("T")

ENVIRONMENT_VARIABLE: Final = "HOUSING_MAP_STORE"
FILE_NAME: Final = "saved-work.sqlite3"
SCHEMA_VERSION: Final = 1
"""Version of the tables below; a program refuses tables of a version it does not know."""

_WRITES: Final = "housing_map_writes"
_FIRST_USE_LOCK: Final = 5_904_217_336_105
"""Number of the lock that PostgreSQL gives to one process at a time that makes the tables."""
_BUSY: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL})
_OUTRUN: Final = frozenset({"40001", "40P01"})
"""What PostgreSQL says to a transaction that it undid for another's sake: do it again."""
_CLASHES: Final = 5
"""How often a transaction that met a row just written by another is done again."""


class StoreError(HousingMapError, RuntimeError):
    """Saved work cannot be reached, read or written; the message says where and why."""


class _Moment(TypeDecorator[datetime]):
    """A moment as text of fixed length in UTC, which any database orders alike."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """Return ISO 8601 in UTC to the microsecond."""
        del dialect
        return value.astimezone(UTC).isoformat(timespec="microseconds") if value else None

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        """Return the moment, aware that it is UTC."""
        del dialect
        return datetime.fromisoformat(value) if value else None


metadata = MetaData()

schema = Table(
    "housing_map_schema", metadata, Column("version", Integer, primary_key=True)
)  # fmt: skip
"""One row: the version of the tables."""

documents = Table(
    "housing_map_documents",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("name_key", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("removed", Boolean, nullable=False),
)
"""A row a document: which of its revisions is the newest. Writers lock it."""

Index(
    "housing_map_live_names",
    documents.c.kind,
    documents.c.name_key,
    unique=True,
    sqlite_where=documents.c.removed.is_(False),
    postgresql_where=documents.c.removed.is_(False),
)

revisions = Table(
    "housing_map_revisions",
    metadata,
    Column("id", String(32), ForeignKey(documents.c.id), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("action", String(20), nullable=False),
    Column("name", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("moment", _Moment, nullable=False),
    Column("why", Text, nullable=False),
    Column("removed", Boolean, nullable=False),
    Column("origin_id", String(32)),
    Column("origin_version", Integer),
    Column("digest", String(64), nullable=False),
    Column("content", Text, nullable=False),
)
"""A row a version of a document, 1, 2, and so on. Rows are added; none is changed or deleted."""


@dataclass(frozen=True, slots=True)
class Database:
    """Tables of saved work that can be used: see :func:`open_database`.

    Attributes
    ----------
    place
        Where it is, for people: a file, or the address of a database without its password.
    wait_seconds
        How long a transaction waits for others before it gives up.
    """

    place: str
    wait_seconds: float
    _engine: Engine

    def read(self, work: Callable[[Connection], T]) -> T:
        """Do work that only reads; raises :class:`StoreError` when that cannot be done."""
        return self._done(work, writes=False)

    def write(self, work: Callable[[Connection], T]) -> T:
        """Do the work in one transaction, and return its result when all of it is on the disk.

        The work is done anew when another process was quicker, so that it sees what that one
        wrote; it must do nothing but read and write. Raises :class:`StoreError` when others keep
        the database for longer than :attr:`wait_seconds`, or when it cannot be written.
        """
        return self._done(work, writes=True)

    def _done(self, work: Callable[[Connection], T], *, writes: bool) -> T:
        """Do the work in one transaction, as often as others undo it."""
        end, clashes, pause = time.monotonic() + self.wait_seconds, 0, 0.001
        while True:
            try:
                opened = self._engine.connect().execution_options(**{_WRITES: writes})
                with opened as connection, connection.begin():
                    return work(connection)
            except IntegrityError as error:
                clashes += 1
                if clashes > _CLASHES:
                    raise _failure(self.place, error) from error
            except DBAPIError as error:
                if not _passes(error) or time.monotonic() > end:
                    raise _failure(self.place, error) from error
            # Unequal pauses, so that two that met do not meet again and again.
            time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - not a secret
            pause = min(2 * pause, 0.1)

    def close(self) -> None:
        """Let go of all connections."""
        self._engine.dispose()


def open_database(where: str | None, wait_seconds: float) -> Database:
    """Return the database at a place, with its tables, which are made at first use.

    ``where`` is a folder or an address (``sqlite:///…``, ``postgresql://…``); None means the
    variable ``HOUSING_MAP_STORE``, else a folder for this program among the person's data.
    Raises :class:`StoreError` when it cannot be used, or was made by a newer program.
    """
    where = where or os.environ.get(ENVIRONMENT_VARIABLE) or None
    url = _url(where)
    if url.get_backend_name() == "sqlite":
        path = _made_file(Path(str(url.database)))
        database = Database(str(path), wait_seconds, _sqlite_engine(path, wait_seconds))
    else:
        place = f"the database {url.database} on {url.host or 'this computer'}"
        database = Database(place, wait_seconds, _postgres_engine(url, wait_seconds))
    try:
        _make_tables(database)
    except BaseException:
        database.close()
        raise
    return database


def _url(where: str | None) -> URL:
    """Return the address of a database; messages never hold what was given, nor a password."""
    if where is None or "://" not in where:
        folder = Path(where).expanduser() if where else user_data_path("housing-map")
        return make_url("sqlite://").set(database=str(folder / FILE_NAME))
    try:
        url = make_url(where)
    except (ArgumentError, ValueError):
        message = f"The address in {ENVIRONMENT_VARIABLE} cannot be read. {_MEND}"
        raise StoreError(message) from None
    if url.drivername in {"postgres", "postgresql", "postgresql+psycopg"}:
        return url.set(drivername="postgresql+psycopg")
    if url.drivername not in {"sqlite", "sqlite+pysqlite"}:
        message = f"Saved work cannot be kept in a database of {url.drivername!r}. {_MEND}"
        raise StoreError(message)
    name = url.database or ""
    if name in {"", ":memory:"} or name.startswith("file:") or url.query:
        message = f"Saved work needs a file of its own, without options. {_MEND}"
        raise StoreError(message)
    return url


_MEND: Final = (
    f"Set {ENVIRONMENT_VARIABLE} to a folder that you may write to, or to an address such as "
    "sqlite:///folder/file.sqlite3 or postgresql://user@server/database"
)


def _made_file(path: Path) -> Path:
    """Make the file and its folder, for this account alone, unless they are there."""
    path = path.absolute()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        message = f"Saved work cannot be kept in {path}: {error.strerror}. {_MEND}"
        raise StoreError(message) from error
    return path


def _sqlite_engine(path: Path, wait_seconds: float) -> Engine:
    """Return an engine that opens the file anew for each transaction.

    So a file that was moved or deleted meanwhile is missed at once, instead of taking work that
    nobody finds again; and the log is written back when the last one closes it, so that at rest
    the one file is a whole copy.
    """

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{path.as_uri()}?mode=rw",  # never make an empty one
            uri=True,
            timeout=wait_seconds,
            isolation_level=None,  # the transactions begin below
            check_same_thread=False,
        )
        try:
            # Readers and a writer do not wait for each other; each commit is on the disk.
            # https://www.sqlite.org/pragma.html#pragma_synchronous
            for setting in ("journal_mode=WAL", "synchronous=FULL", "fullfsync=ON",
                            "checkpoint_fullfsync=ON", "foreign_keys=ON"):  # fmt: skip
                connection.execute(f"PRAGMA {setting}")
        except BaseException:
            connection.close()
            raise
        return connection

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool, hide_parameters=True)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A writer takes the lock before it reads: what it read is still so when it writes.
        writes = connection.get_execution_options().get(_WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgres_engine(url: URL, wait_seconds: float) -> Engine:
    """Return an engine whose transactions are on the server's disk when they end."""
    settings = {"connect_timeout": "10", "client_encoding": "utf8", **url.query}
    engine = create_engine(
        url.set(query=settings),
        isolation_level="READ COMMITTED",
        pool_pre_ping=True,
        hide_parameters=True,
    )
    wait_ms = max(int(1000 * wait_seconds), 1)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if connection.get_execution_options().get(_WRITES):
            connection.execute(
                text(
                    "SELECT set_config('lock_timeout', :wait, true), set_config("
                    "'synchronous_commit', replace(current_setting('synchronous_commit'),"
                    " 'off', 'on'), true)"
                ),
                {"wait": f"{wait_ms}ms"},
            )

    return engine


def _make_tables(database: Database) -> None:
    """Make the tables unless they are there; two processes may do so at once."""
    found = database.read(_version) or database.write(_version_made)
    if found != SCHEMA_VERSION:
        newer = found > SCHEMA_VERSION
        message = (
            f"Saved work in {database.place} has tables of version {found}; this program knows "
            f"version {SCHEMA_VERSION}. "
            + ("Use the newer program." if newer else "Restore it from a copy.")
        )
        raise StoreError(message)


def _version(connection: Connection) -> int:
    """Version of the tables that are there; 0 where there are none."""
    if not inspect(connection).has_table(schema.name):
        return 0
    return connection.scalar(select(schema.c.version)) or 0


def _version_made(connection: Connection) -> int:
    """Make the tables, unless another process did so just now, and return their version."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _FIRST_USE_LOCK})
        encoding = connection.scalar(text("SHOW server_encoding"))
        if encoding != "UTF8":
            message = f"Saved work needs a database with the encoding UTF8, not {encoding}."
            raise StoreError(message)
    if not _version(connection):
        metadata.create_all(connection)
        connection.execute(insert(schema).values(version=SCHEMA_VERSION))
    return _version(connection)


def _passes(error: DBAPIError) -> bool:
    """Whether the transaction was undone only because of others at work."""
    if isinstance(error.orig, sqlite3.Error):
        code = getattr(error.orig, "sqlite_errorcode", None) or 0
        return code & 0xFF in _BUSY
    return getattr(error.orig, "sqlstate", None) in _OUTRUN


def _failure(place: str, error: DBAPIError) -> StoreError:
    """Return what to tell people: what the database said, without any content."""
    said = (str(error.orig).splitlines() or [type(error.orig).__name__])[0]
    if isinstance(error, IntegrityError):
        said = "others write the same at the same time"
    elif _passes(error):
        said = "others are writing; try again"
    after = "Nothing was changed."
    if error.connection_invalidated:
        after = "If you were saving, look whether it was kept before you save again."
    return StoreError(f"Saved work in {place} cannot be reached: {said}. {after}")
