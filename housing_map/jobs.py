"""Long runs in another process, with progress, and a way to stop them.

A page or command that waits for a minute of work must stay alive, and so must everybody else's.
Work is a function of a module, whose first argument is told how far it is; its other arguments
and its result go from process to process, so they must be picklable.
"""

from __future__ import annotations

import multiprocessing
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Concatenate, Final, Generic, ParamSpec, TypeVar

from housing_map.errors import HousingMapError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.connection import Connection

P = ParamSpec("P")
T = TypeVar("T")
Report = Callable[[int, int], None]
"""Told how many parts are done, and of how many."""

_GRACE_SECONDS: Final = 5.0
_GLANCE_SECONDS: Final = 0.2


class JobError(HousingMapError, RuntimeError):
    """A run in another process failed or was stopped; the message says how."""


@dataclass(frozen=True, slots=True)
class _Failed:
    """What went wrong: in words for people, and with every step for the log."""

    message: str
    trace: str


class Job(Generic[T]):
    """Work going on in another process. Threads may share a job, one at a time."""

    def __init__(
        self, work: Callable[Concatenate[Report, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> None:
        """Start the work."""
        # A fresh interpreter: a fork would copy the threads of a server in mid-step.
        context = multiprocessing.get_context("spawn")
        self._ours, theirs = context.Pipe(duplex=False)
        self._process = context.Process(
            target=_worked, args=(theirs, work, args, kwargs), daemon=True
        )
        self._process.start()
        theirs.close()
        self.progress: tuple[int, int] = (0, 0)
        self._end: tuple[T] | _Failed | None = None

    @property
    def done(self) -> bool:
        """Whether the work has ended, well or not; reads what it has reported."""
        self._listen(0.0)
        return self._end is not None

    def result(self, timeout: float | None = None) -> T:
        """Wait for the result; raises :class:`JobError` when it failed, stopped or is late."""
        self._listen(timeout)
        if self._end is None:
            message = "The work is not done yet"
            raise JobError(message)
        if isinstance(self._end, _Failed):
            raise JobError(self._end.message)
        return self._end[0]

    def stop(self) -> None:
        """End the work at once; harmless when it has ended."""
        self._listen(0.0)
        if self._process.is_alive():
            self._process.terminate()
            self._process.join(_GRACE_SECONDS)
        if self._end is None:
            self._end = _Failed("The work was stopped", "")

    def _listen(self, timeout: float | None) -> None:
        """Take in what the process sends: all there is, or until its end where no timeout is."""
        end = None if timeout is None else time.monotonic() + timeout
        while self._end is None:
            if not self._ours.poll(None if end is None else max(end - time.monotonic(), 0.0)):
                return
            try:
                said = self._ours.recv()
            except EOFError:
                self._process.join(_GRACE_SECONDS)
                code = self._process.exitcode
                self._end = _Failed(f"The work ended without a result (exit code {code})", "")
                return
            kind, content = said
            if kind == "progress":
                self.progress = content
            else:
                self._end = content
                self._process.join(_GRACE_SECONDS)


def results(jobs: Sequence[Job[T]], of: int, progress: Report | None = None) -> list[T]:
    """Wait for jobs that share ``of`` parts of work, and return what each came to.

    ``progress`` is told how many parts all of them have done; it may raise to stop them. Whatever
    happens, none goes on afterwards. Raises :class:`JobError` when one of them failed.
    """
    try:
        while sum(job.done for job in jobs) < len(jobs):
            if progress is not None:
                progress(sum(job.progress[0] for job in jobs), of)
            time.sleep(_GLANCE_SECONDS)
        found = [job.result() for job in jobs]
    finally:
        for job in jobs:
            job.stop()
    if progress is not None:
        progress(of, of)
    return found


def _worked(
    pipe: Connection,
    work: Callable[..., object],
    args: tuple[object, ...],
    kwargs: dict[str, object],
) -> None:
    """Do the work and send its end; runs in the other process."""

    def report(done: int, of: int) -> None:
        pipe.send(("progress", (done, of)))

    try:
        end: object = (work(report, *args, **kwargs),)
    except HousingMapError as error:
        end = _Failed(str(error), traceback.format_exc())
    except Exception as error:  # noqa: BLE001 - whatever it is, the other side must hear of it
        end = _failed(error)
    try:
        pipe.send(("end", end))
    except Exception as error:  # noqa: BLE001 - a result that cannot be pickled is a failure too
        pipe.send(("end", _failed(error)))
    pipe.close()


def _failed(error: Exception) -> _Failed:
    return _Failed(f"{type(error).__name__}: {error}", traceback.format_exc())
