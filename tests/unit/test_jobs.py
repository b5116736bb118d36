"""Work in another process: its result, its progress, and every way in which it can end badly."""

import importlib
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from housing_map.jobs import Job, JobError

ENOUGH_SECONDS = 60.0
"""A fresh interpreter starts within this even on a busy machine."""

WORK = """
import os, signal, sys, time
from pathlib import Path
from housing_map.errors import UsageError

def product(report, one, *, by):
    for done in range(4):
        report(done, 4)
    return one * by, os.getpid()

def large(report, length):
    return bytes(length)

def refuse(report):
    report(1, 3)
    raise UsageError("There is no area called Nowhere")

def stumble(report):
    raise KeyError("missing")

def killed(report):
    report(2, 5)
    os.kill(os.getpid(), signal.SIGKILL)

def leave(report):
    sys.exit(7)

def unpicklable(report):
    return lambda: None

def chatter(report, until):
    done = 0
    while not Path(until).exists():
        report(done, done)
        done += 1
        time.sleep(0.02)
    return done

def wait(report, until):
    report(1, 2)
    while not Path(until).exists():
        time.sleep(0.02)
    return "done"
"""


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return a module of work that the other process finds where this one does."""
    (tmp_path / "work_for_jobs.py").write_text(WORK, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "work_for_jobs", raising=False)
    return importlib.import_module("work_for_jobs")


def until(said: Callable[[], bool]) -> None:
    """Wait for something to be so."""
    end = time.monotonic() + ENOUGH_SECONDS
    while not said():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_work_is_done_elsewhere_and_its_result_comes_back(work: ModuleType) -> None:
    job: Job[tuple[int, int]] = Job(work.product, 6, by=7)
    result, process = job.result(ENOUGH_SECONDS)
    assert result == 42
    assert process != os.getpid()
    assert job.done
    assert job.progress == (3, 4)  # all that was reported on the way
    assert job.result() == (42, process)
    job.stop()
    assert job.result() == (42, process)


def test_a_result_larger_than_a_pipe_holds_comes_back_whole(work: ModuleType) -> None:
    job: Job[bytes] = Job(work.large, 3_000_000)
    until(lambda: job.done)
    assert job.result() == bytes(3_000_000)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("refuse", "^There is no area called Nowhere$"),
        ("stumble", "^KeyError: 'missing'$"),
        ("killed", r"ended without a result \(exit code -9\)"),
        ("leave", r"ended without a result \(exit code 7\)"),
        ("unpicklable", "(?i)pickle"),
    ],
)
def test_a_failure_is_told_in_words(work: ModuleType, name: str, said: str) -> None:
    job: Job[object] = Job(getattr(work, name))
    for _ in range(2):  # and again, when asked again
        with pytest.raises(JobError, match=said):
            job.result(ENOUGH_SECONDS)
    assert job.done
    assert job.progress == {"refuse": (1, 3), "killed": (2, 5)}.get(name, (0, 0))


def test_progress_is_told_while_the_work_goes_on(work: ModuleType, tmp_path: Path) -> None:
    go_on = tmp_path / "go_on"
    job: Job[str] = Job(work.wait, str(go_on))
    until(lambda: job.done or job.progress == (1, 2))
    assert not job.done
    with pytest.raises(JobError, match="not done yet"):
        job.result(0.05)
    go_on.touch()
    assert job.result(ENOUGH_SECONDS) == "done"


def test_a_late_result_is_late_whatever_is_reported_meanwhile(
    work: ModuleType, tmp_path: Path
) -> None:
    go_on = tmp_path / "go_on"
    job: Job[int] = Job(work.chatter, str(go_on))
    until(lambda: job.done or job.progress[0] > 0)
    with pytest.raises(JobError, match="not done yet"):
        job.result(0.2)
    go_on.touch()
    assert job.result(ENOUGH_SECONDS) > 0


def test_work_that_is_stopped_ends_at_once_and_says_so(work: ModuleType, tmp_path: Path) -> None:
    job: Job[str] = Job(work.wait, str(tmp_path / "never"))
    until(lambda: job.done or job.progress == (1, 2))
    job.stop()
    assert job.done
    assert not job._process.is_alive()
    for _ in range(2):
        with pytest.raises(JobError, match="was stopped"):
            job.result()
        job.stop()  # harmless


def test_work_that_had_ended_before_it_was_stopped_keeps_its_result(
    work: ModuleType, tmp_path: Path
) -> None:
    go_on = tmp_path / "go_on"
    go_on.touch()
    job: Job[str] = Job(work.wait, str(go_on))
    until(lambda: not job._process.is_alive())
    job.stop()
    assert job.result() == "done"


def test_work_that_cannot_be_sent_is_refused_at_once(work: ModuleType) -> None:
    with pytest.raises((AttributeError, TypeError), match=r"(?i)pickle"):
        Job(work.product, lambda: None, by=1)
