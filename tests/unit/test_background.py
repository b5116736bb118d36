"""The desk for long runs: one at a time, shared, dropped when nobody looks, not in the way."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from housing_map.app import background
from housing_map.app.background import PATIENCE_SECONDS, Desk, State
from housing_map.errors import UsageError
from housing_map.jobs import Job, JobError
from housing_map.model import Settings
from tests.worlds import base_pack

ROOT = Path(__file__).resolve().parents[2]


class Clock:
    """Tells the time that a test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Slow:
    """Work whose end a test decides; all that were started are kept, the latest last."""

    def __init__(self, work: Callable[..., object], *arguments: object) -> None:
        self.work, self.arguments = work, arguments
        self.done, self.stopped = False, False
        self.progress = (0, 0)
        self.fails = ""

    def result(self) -> object:
        if self.fails:
            raise JobError(self.fails)
        return self.work(lambda _done, _of: None, *self.arguments)

    def stop(self) -> None:
        self.stopped = True


def double(_report: object, number: int) -> int:
    return 2 * number


class World:
    """A desk, its clock, and the work it has started."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.started: list[Slow] = []
        self.desk = Desk(self._start, self.clock)

    def _start(self, work: Callable[..., object], *arguments: object) -> Slow:
        self.started.append(Slow(work, *arguments))
        return self.started[-1]

    def ask(self, key: str, reader: str = "a") -> background.Look[Any]:
        return self.desk.ask(key, reader, double, 21)


@pytest.fixture
def world() -> World:
    return World()


def test_what_two_readers_ask_for_is_worked_out_once(world: World) -> None:
    assert world.ask("k", "a").state is State.RUNNING
    assert world.ask("k", "b").state is State.RUNNING
    world.started[0].progress = (3, 10)
    look = world.ask("k", "b")
    assert (look.done, look.of) == (3, 10)
    world.started[0].done = True
    assert (world.ask("k", "a").result, world.ask("k", "c").result) == (42, 42)
    assert len(world.started) == 1


def test_one_run_goes_on_at_a_time_in_the_order_of_asking(world: World) -> None:
    for key in ("first", "second", "third"):
        world.ask(key)
    assert [world.ask(k).state for k in ("first", "second", "third")] == [
        State.RUNNING, State.WAITING, State.WAITING,
    ]  # fmt: skip
    assert len(world.started) == 1
    world.started[0].done = True
    assert world.ask("third").state is State.WAITING
    assert world.ask("second").state is State.RUNNING
    assert len(world.started) == 2


def test_looking_at_an_end_starts_nothing(world: World) -> None:
    assert world.desk.ended("k") is None
    assert world.started == []


def test_a_run_that_fails_says_how_and_is_tried_again_on_request(world: World) -> None:
    world.ask("k")
    world.started[0].fails, world.started[0].done = "no luck", True
    look = world.ask("k")
    assert (look.state, look.message, look.ended) == (State.FAILED, "no luck", True)
    assert len(world.started) == 1, "not again and again"
    world.desk.forget("k")
    assert world.ask("k").state is State.RUNNING


def test_what_nobody_looks_at_makes_way_for_what_somebody_waits_for(world: World) -> None:
    world.ask("left", "a")
    world.ask("also left", "a")
    world.clock.now += PATIENCE_SECONDS + 1
    assert not world.started[0].stopped, "nobody waits for anything else"
    assert world.ask("wanted", "b").state is State.RUNNING
    assert world.started[0].stopped
    assert len(world.started) == 2, "what was queued and left is dropped"


def test_a_run_that_goes_on_unwatched_is_there_for_the_next_reader(world: World) -> None:
    world.ask("k", "a")
    world.clock.now += 100 * PATIENCE_SECONDS
    world.started[0].done = True
    assert world.ask("k", "b").result == 42
    assert not world.started[0].stopped


def test_a_reader_stops_a_run_only_where_nobody_else_waits_for_it(world: World) -> None:
    world.ask("k", "a")
    world.ask("k", "b")
    world.desk.leave("k", "a")
    assert not world.started[0].stopped
    world.desk.leave("k", "b")
    assert world.started[0].stopped
    assert world.desk.ended("k") is None, "a stopped run has not ended, and can be asked for again"
    assert world.ask("k", "a").state is State.RUNNING


def test_the_oldest_results_are_forgotten(world: World) -> None:
    for number in range(background.KEPT + 1):
        world.ask(str(number))
        world.started[-1].done = True
        world.ask(str(number))
    assert world.desk.ended("0") is None
    assert world.desk.ended("1") is not None


# In the page itself -------------------------------------------------------------------------


def broken(_report: object) -> None:
    message = "nothing to work with"
    raise UsageError(message)


def test_a_setting_does_long_runs_at_once_and_shares_them_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(background.ENVIRONMENT_VARIABLE, background.HERE)
    desk = background.desk()
    assert background.works_here()
    assert desk is background.desk()
    assert desk.ask("t: double", "a", double, 4).result == 8
    failed = desk.ask("t: broken", "a", broken)
    assert (failed.state, failed.message) == (State.FAILED, "nothing to work with")
    monkeypatch.delenv(background.ENVIRONMENT_VARIABLE)
    assert background.desk() is not desk


@pytest.mark.parametrize("work", [background.rank, background.draws, background.first_come])
def test_every_run_of_the_overview_can_do_without_boundaries(work: Callable[..., object]) -> None:
    pack = background.plain(base_pack())
    told: list[tuple[int, int]] = []
    assert work(lambda done, of: told.append((done, of)), pack, Settings()) is not None
    assert told, "it says how far it is"


# In another process -------------------------------------------------------------------------


def priority(_report: object) -> int:
    return os.getpriority(os.PRIO_PROCESS, 0)


@pytest.mark.skipif(not hasattr(os, "nice"), reason="priorities are a matter of POSIX")
def test_work_in_another_process_stands_back_behind_the_pages() -> None:
    here = os.getpriority(os.PRIO_PROCESS, 0)
    job = Job(background.quietly, priority)
    try:
        assert job.result(60) == min(here + background.NICENESS, 19)
    finally:
        job.stop()


def test_the_process_of_a_long_run_loads_no_page() -> None:
    """Neither Streamlit nor the file that starts the app draws anything there."""
    script = (
        "import runpy, sys\n"
        "runpy.run_path('app.py', run_name='__mp_main__')\n"
        "import housing_map.app.background\n"
        "print(sorted({'streamlit', 'altair', 'housing_map.app.main'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
