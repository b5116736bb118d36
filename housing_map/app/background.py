"""Long runs that all readers of the app share: one at a time, at low priority.

A reader who opens a page asks for a run and looks at it again every few seconds. The first to ask
starts it; whoever asks for the same later sees the same progress and gets the same result. What
nobody looks at any more makes way for what somebody waits for. So the work follows from looking,
and needs no thread of its own.

Nothing here knows Streamlit: the process that does the work loads this module.
"""

from __future__ import annotations

import os
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeVar

from housing_map import model, uncertainty, unknowns
from housing_map.jobs import Job, JobError
from housing_map.tabulate import coverage_rows
from housing_map.vocabulary import Sharing

if TYPE_CHECKING:
    import pandas as pd

    from housing_map.jobs import Report
    from housing_map.model import Settings
    from housing_map.pack import Pack
    from housing_map.uncertainty import Drawn
    from housing_map.unknowns import Shares, Unknowns

T = TypeVar("T")
Work = Callable[..., T]
"""A function of a module: told how to report, then its own arguments, all picklable."""

ENVIRONMENT_VARIABLE: Final = "HOUSING_MAP_LONG_RUNS"
HERE: Final = "here"
"""Value of the variable that does each long run in the page itself, at once: for tests."""

PATIENCE_SECONDS: Final = 20.0
"""How long after the last look a reader still counts as waiting; pages look every three."""
KEPT: Final = 64
"""Results that are kept, the ones asked for last."""
NICENESS: Final = 10
"""How far a long run stands back behind the pages (0 to 19, POSIX)."""


class State(StrEnum):
    """How far a long run is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Look(Generic[T]):
    """What a reader sees of a long run: its state, its parts done and in all, and how it ended.

    ``result`` is there when it is done, ``message`` when it failed.
    """

    state: State
    done: int = 0
    of: int = 0
    result: T | None = None
    message: str = ""

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self.state in {State.DONE, State.FAILED}


class Started(Protocol):
    """Work that has been started: a :class:`housing_map.jobs.Job`, or what stands for one."""

    @property
    def done(self) -> bool:
        """Whether it has ended."""

    @property
    def progress(self) -> tuple[int, int]:
        """Parts done, and in all."""

    def result(self) -> Any:  # noqa: ANN401 - whatever the work returns
        """Return what it came to; raises :class:`JobError`."""

    def stop(self) -> None:
        """End it."""


@dataclass(slots=True)
class _Order:
    """Work asked for, and when each reader last looked."""

    work: Work[Any]
    arguments: tuple[object, ...]
    seen: dict[str, float] = field(default_factory=dict)


class Desk:
    """Takes orders for long runs, and does them one after another, in the order of asking."""

    def __init__(
        self,
        start: Callable[..., Started] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take what starts work (:class:`housing_map.jobs.Job` by default) and tells the time."""
        self._start = start or _in_another_process
        self._clock = clock
        self._lock = Lock()
        self._waiting: OrderedDict[Hashable, _Order] = OrderedDict()
        self._running: tuple[Hashable, _Order, Started] | None = None
        self._ended: OrderedDict[Hashable, Look[Any]] = OrderedDict()

    def ended(self, key: Hashable) -> Look[Any] | None:
        """Return how a run ended; None for one that has not, or was never asked for."""
        with self._lock:
            self._go_on()
            if key in self._ended:
                self._ended.move_to_end(key)
            return self._ended.get(key)

    def ask(
        self, key: Hashable, reader: str, work: Work[T], *arguments: object
    ) -> Look[T]:  # fmt: skip
        """Look at the run called ``key``; it is put in the queue when nobody has asked before."""
        with self._lock:
            if key not in self._ended:
                known = self._running and self._running[0] == key and self._running[1]
                order = known or self._waiting.setdefault(key, _Order(work, arguments))
                order.seen[reader] = self._clock()
            self._go_on()
            return self._look(key)

    def leave(self, key: Hashable, reader: str) -> None:
        """Stop waiting for a run: it ends when nobody else waits for it."""
        with self._lock:
            if key in self._waiting:
                self._waiting[key].seen.pop(reader, None)
            if self._running is not None and self._running[0] == key:
                _, order, started = self._running
                order.seen.pop(reader, None)
                if not self._wanted(order):
                    started.stop()
                    self._running = None
            self._go_on()

    def forget(self, key: Hashable) -> None:
        """Forget how a run ended, so that asking starts it again."""
        with self._lock:
            self._ended.pop(key, None)

    def _look(self, key: Hashable) -> Look[Any]:
        if key in self._ended:
            return self._ended[key]
        if self._running is not None and self._running[0] == key:
            return Look(State.RUNNING, *self._running[2].progress)
        return Look(State.WAITING)

    def _go_on(self) -> None:
        """Take in what has ended, drop what nobody waits for, and start what is next."""
        self._take_in()
        for key in [key for key, order in self._waiting.items() if not self._wanted(order)]:
            del self._waiting[key]
        if self._running is not None and self._waiting and not self._wanted(self._running[1]):
            self._running[2].stop()
            self._running = None
        while self._running is None and self._waiting:
            key, order = self._waiting.popitem(last=False)
            self._running = key, order, self._start(order.work, *order.arguments)
            self._take_in()

    def _take_in(self) -> None:
        if self._running is None or not self._running[2].done:
            return
        key, _, started = self._running
        self._running = None
        try:
            self._ended[key] = Look(State.DONE, result=started.result())
        except JobError as error:
            self._ended[key] = Look(State.FAILED, message=str(error))
        while len(self._ended) > KEPT:
            self._ended.popitem(last=False)

    def _wanted(self, order: _Order) -> bool:
        now = self._clock()
        return any(now - seen <= PATIENCE_SECONDS for seen in order.seen.values())


def desk() -> Desk:
    """Return the desk that all readers of this process share."""
    return _desk(os.environ.get(ENVIRONMENT_VARIABLE, ""))


@cache
def _desk(how: str) -> Desk:
    return Desk(_Here if how == HERE else None)


def works_here() -> bool:
    """Whether long runs are done in the page itself."""
    return os.environ.get(ENVIRONMENT_VARIABLE) == HERE


class _Here:
    """Work done at once, by whoever starts it."""

    def __init__(self, work: Work[Any], *arguments: object) -> None:
        self.done = True
        self.progress = (1, 1)
        self._failed: Exception | None = None
        try:
            self._result = work(lambda _done, _of: None, *arguments)
        except Exception as error:  # noqa: BLE001 - as it would be in another process
            self._failed = error

    def result(self) -> Any:  # noqa: ANN401 - whatever the work returns
        if self._failed is not None:
            raise JobError(str(self._failed))
        return self._result

    def stop(self) -> None:
        """Do nothing: it has ended."""


def _in_another_process(work: Work[Any], *arguments: object) -> Started:
    return Job(quietly, work, *arguments)


def quietly(report: Report, work: Work[T], *arguments: object) -> T:
    """Do the work at low priority, so that pages of other readers come first."""
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    return work(report, *arguments)


# The runs ---------------------------------------------------------------------------------

GROUPINGS: Final[tuple[tuple[str, ...], ...]] = ((), ("tenure",))
"""What the intervals of the overview are grouped by."""


def key_of(work: Work[Any], pack: Pack, settings: Settings, *more: Hashable) -> Hashable:
    """Return what tells a run from others: what is worked out, from which pack, under what.

    ``more`` are further arguments of the work.
    """
    return work.__name__, pack.digest, settings, *more


def plain(pack: Pack) -> Pack:
    """Return the pack without its boundaries, which no run reads: less to send."""
    return replace(pack, layers={})


def rank(report: Report, pack: Pack, settings: Settings) -> Unknowns:
    """Rank the questions: :func:`housing_map.unknowns.rank`."""
    return unknowns.rank(pack, settings, progress=report)


def shares(report: Report, pack: Pack, settings: Settings) -> Shares:
    """Divide the variance: :func:`housing_map.unknowns.variance_shares`."""
    return unknowns.variance_shares(pack, settings, progress=report)


def draws(report: Report, pack: Pack, settings: Settings) -> Drawn:
    """Draw the interval of the overview: :func:`housing_map.uncertainty.draw`."""
    return uncertainty.draw(pack, settings, GROUPINGS, progress=report)


def first_come(report: Report, pack: Pack, settings: Settings) -> pd.DataFrame:
    """Return the rows of the three whole runs under first come, first served."""
    report(0, 1)
    result = model.run(pack, replace(settings, sharing=Sharing.FIRST_COME))
    return coverage_rows(result)
