"""Processes that save without end, to be killed in the middle, and what they were told was kept."""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from sqlalchemy import event

from housing_map.store import ConflictError, Store, open_store

WAIT_SECONDS = 60.0
FILLING = "x" * 20_000
"""Makes a version span several pages of a file."""

# A server that has loaded all modules forks each process in no time; a fork of the test's own
# process would copy its threads. https://docs.python.org/3/library/multiprocessing.html
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload([__name__])


class Saver:
    """A process at work; :attr:`told` is what it heard was kept, as far as it could say so."""

    def __init__(self, work: Callable[..., None], *args: object) -> None:
        self._ours, theirs = _PROCESSES.Pipe(duplex=False)
        self._process = _PROCESSES.Process(target=work, args=(theirs, *args), daemon=True)
        self._process.start()
        theirs.close()
        self.told: list[Any] = []

    def wait_for(self, number: int) -> None:
        """Listen until the process has told as much."""
        while len(self.told) < number:
            assert self._ours.poll(WAIT_SECONDS), "the process says nothing"
            self.told.append(self._ours.recv())

    def kill(self) -> None:
        """Kill the process at once, and hear what it had said before."""
        assert self._process.pid is not None
        os.kill(self._process.pid, signal.SIGKILL)
        self.listen()

    def listen(self) -> int:
        """Hear the process out; returns its exit code."""
        try:
            while self._ours.poll(WAIT_SECONDS):
                self.told.append(self._ours.recv())
        except EOFError:
            pass  # it ended
        self._process.join(WAIT_SECONDS)
        code = self._process.exitcode
        assert code is not None, "the process does not end"
        self._process.close()
        self._ours.close()
        return code


def save_without_end(pipe: Connection, place: str, shared: str, name: str) -> None:
    """Add to a shared document and to new ones by turns; tell each version that was kept."""
    with open_store(place) as store:
        pipe.send(("ready", 0, ""))
        turn = 0
        while True:
            turn += 1
            new = f"{name} {turn}"
            kept = store.save("scenario", new, {"by": new, "fill": FILLING}, who=name, why="new")
            pipe.send((kept.id, kept.version, new))
            kept = store.save("scenario", new, {"by": f"{new}b"}, who=name, why="2", id=kept.id)
            pipe.send((kept.id, kept.version, f"{new}b"))
            pipe.send(_added(store, shared, name, turn))


def count_up(pipe: Connection, place: str, shared: str, name: str, times: int) -> None:
    """Add to a shared document so many times, and tell each version that was kept."""
    with open_store(place) as store:
        pipe.send(("ready", 0, ""))
        for turn in range(times):
            pipe.send(_added(store, shared, name, turn))


def save_until_statement(pipe: Connection, place: str, work: str, statement: int) -> None:
    """Do one piece of work, and die after so many statements to the database; 0 is never."""
    store = open_store(place)
    done = 0

    def die(*_: object) -> None:
        nonlocal done
        done += 1
        if done == statement:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(store._database._engine, "after_cursor_execute", die)
    PIECES[work](store)
    pipe.send(done)


def _first(store: Store) -> str:
    return next(e.id for e in store.list("scenario") if e.name == "Before")


PIECES: dict[str, Callable[[Store], object]] = {
    "make": lambda s: s.save("scenario", "New", {"fill": FILLING}, who="Ann", why="a"),
    "save": lambda s: s.save(
        "scenario", "Renamed", {"fill": FILLING}, who="Ann", why="a", id=_first(s)
    ),
    "remove": lambda s: s.remove(_first(s), who="Ann", why="a"),
    "bring in": lambda s: s.bring_in(
        s.export("scenario") | {"documents": _renumbered(s.export("scenario")["documents"])},
        who="Ann", why="a",
    ),
}  # fmt: skip
"""What can be interrupted: each is one transaction, in a place that :func:`prepared` made."""


def prepared(place: str) -> None:
    """Make a place with two documents."""
    with open_store(place) as store:
        store.save("scenario", "Other", {"units": 1}, who="Ann", why="a")
        kept = store.save("scenario", "Before", {"units": 2}, who="Ann", why="a")
        store.save("scenario", "Before", {"units": 3}, who="Ann", why="a", id=kept.id)


def _renumbered(documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the documents as others, of another place."""
    return [one | {"id": one["id"][::-1]} for one in documents]


def _added(store: Store, shared: str, name: str, turn: int) -> tuple[str, int, str]:
    """Append a line to the shared document, however often others come first."""
    line = f"{name} {turn}"
    end = time.monotonic() + WAIT_SECONDS
    while True:
        now = store.get(shared)
        lines = [*now.content["lines"], line]
        try:
            kept = store.save(
                "scenario", "Shared", {"lines": lines}, who=name, why=line, id=shared,
                expected=now.version,
            )  # fmt: skip
        except ConflictError:
            assert time.monotonic() < end, "never the first"
        else:
            return kept.id, kept.version, line
