"""A real PostgreSQL server for tests, in a folder of its own, gone afterwards.

It comes from Debian's package ``postgresql`` (or what is on the search path) and listens on a Unix
socket only. It refuses to run as root, so root starts it under the account ``postgres``, or
``nobody``.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psycopg
import pytest

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 30.0
USER = "tests"
ACCOUNTS = ("postgres", "nobody")
REQUIRED = "HOUSING_MAP_REQUIRE_POSTGRES"


@dataclass(kw_only=True)
class Postgres:
    """A server that runs: databases are made in it, and it can be ended as a crash would."""

    folder: Path
    _programs: Path
    _account: dict[str, Any]
    _log: IO[bytes]
    _process: subprocess.Popen[bytes] | None = None

    def url(self, database: str = "postgres", **query: str) -> str:
        """Address of a database."""
        more = "".join(f"&{key}={value}" for key, value in query.items())
        return f"postgresql://{USER}@/{database}?host={self.folder}{more}"

    def database(self, name: str, options: str = "") -> str:
        """Make a database, and return its address."""
        self.run(f'CREATE DATABASE "{name}" {options}')
        return self.url(name)

    def run(self, command: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run a command of SQL, and return its rows."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(command.encode())
            return cursor.fetchall() if cursor.description else []

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        command: list[str | Path] = [self._programs / "postgres", "-D", self.folder / "data"]
        command += ["-k", self.folder]
        # What a process wrote outlives it without fsync, which would outlast the tests.
        for setting in ("listen_addresses=", "shared_buffers=16MB", "fsync=off"):
            command += ["-c", setting]
        self._process = self._popen(command)
        end = time.monotonic() + START_TIMEOUT_S
        while True:
            try:
                self.run("SELECT 1")
            except psycopg.OperationalError:
                if time.monotonic() > end or self._process.poll() is not None:
                    pytest.fail(f"PostgreSQL did not start:\n{self.said}", pytrace=False)
                time.sleep(0.05)
            else:
                return

    def crash(self) -> None:
        """Stop the server at once, with no chance to write anything down."""
        if self._process is not None:
            # https://www.postgresql.org/docs/15/server-shutdown.html
            self._process.send_signal(signal.SIGQUIT)
            try:
                self._process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def make(self) -> None:
        """Make the files of an empty server."""
        command: list[str | Path] = [self._programs / "initdb", "-D", self.folder / "data"]
        command += ["-U", USER, "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
        if self._popen(command).wait():
            pytest.fail(f"initdb failed:\n{self.said}", pytrace=False)

    @property
    def said(self) -> str:
        """End of all that the programs wrote."""
        log = self._log.fileno()
        return os.pread(log, os.fstat(log).st_size, 0).decode(errors="replace")[-4000:]

    def _popen(self, command: Sequence[str | Path]) -> subprocess.Popen[bytes]:
        """Start a program of the server's under its account."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
        return subprocess.Popen(
            command, cwd=self.folder, env=environment, stdin=subprocess.DEVNULL,
            stdout=self._log, stderr=subprocess.STDOUT, **self._account,
        )  # fmt: skip


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Start a server for these tests, or skip them (fail when one is required)."""
    programs = _programs()
    if programs is None:
        message = "PostgreSQL is not installed: install Debian's postgresql"
        if os.environ.get(REQUIRED) == "1":
            pytest.fail(message, pytrace=False)
        pytest.skip(message)
    # In the system's folder for passing things: the path of a socket is at most 107 characters.
    folder = Path(tempfile.mkdtemp(prefix="housing-map-pg-", dir=tempfile.gettempdir()))
    try:
        account: dict[str, Any] = {}
        if os.geteuid() == 0:
            entry = next(e for e in map(_entry, ACCOUNTS) if e is not None)
            account = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
            os.chown(folder, entry.pw_uid, entry.pw_gid)
        with tempfile.TemporaryFile() as log:
            server = Postgres(folder=folder, _programs=programs, _account=account, _log=log)
            server.make()
            try:
                server.start()
                yield server
            finally:
                server.crash()
    finally:
        shutil.rmtree(folder)


def _programs() -> Path | None:
    """Folder of the newest server's programs."""
    found = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(found, key=lambda path: float(path.parts[-3]), default=None)
    named = newest or shutil.which("initdb")
    return Path(named).resolve().parent if named else None


def _entry(account: str) -> pwd.struct_passwd | None:
    """Entry of an account of this computer."""
    try:
        return pwd.getpwnam(account)
    except KeyError:
        return None
