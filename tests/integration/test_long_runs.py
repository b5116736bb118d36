"""Long runs on the overview: none before it is painted, then how far, how it ended, or why not.

The frame is the real one, ``app.py``, on the small pack.
"""

import re
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from housing_map import unknowns
from housing_map.app import background, long_run
from housing_map.errors import UsageError
from housing_map.escape import escape
from housing_map.pack import ENVIRONMENT_VARIABLE
from tests.browser.hostile import TAG
from tests.integration.test_app_pages import OVERVIEW, bodies, chosen, html, opened, sound
from tests.packs import write_pack


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the small pack."""
    return write_pack(tmp_path_factory.mktemp("small"))


@pytest.fixture
def on_small(small: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the small pack the one in use."""
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(small))
    return small


@pytest.fixture
def long_runs_here(on_small: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Do long runs at once, in the page, with nothing kept from another test."""
    monkeypatch.setenv(background.ENVIRONMENT_VARIABLE, background.HERE)
    background._desk.cache_clear()
    return on_small


@pytest.mark.usefixtures("on_small")
def test_no_long_run_starts_before_the_overview_is_painted(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[object] = []
    desk = background.Desk(lambda *work: started.append(work))  # type: ignore[arg-type]
    monkeypatch.setattr(background, "desk", lambda: desk)
    app = opened(OVERVIEW)
    assert "What to ask first" in [heading.value for heading in app.header]
    assert "being worked out" in html(app)
    assert started == []
    assert app.session_state["painted"]


@pytest.mark.usefixtures("on_small")
def test_a_long_run_says_how_far_it_is_and_can_be_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a page is drawn that has been painted before: only a browser looks again by itself."""
    desk = background.Desk(lambda *_work: going)
    going = SimpleNamespace(done=False, progress=(3, 10), stop=lambda: None)
    monkeypatch.setattr(background, "desk", lambda: desk)
    monkeypatch.setattr(long_run, "page_begins", long_run.page_ends)
    app = opened(OVERVIEW)
    assert "3 of 10 questions tried." in html(app)
    assert "about to start" in html(app), "the interval comes after"
    sound(chosen(app, "choose_goal", "settled"))
    assert "About to start." in html(app), "one run at a time"


@pytest.mark.usefixtures("long_runs_here")
def test_the_overview_says_what_to_ask_first_and_shows_its_intervals(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    few = partial(unknowns.variance_shares, samples=8)
    monkeypatch.setattr(unknowns, "variance_shares", few)
    app = opened(OVERVIEW)
    asked = next(body for body in bodies(app) if "<li>Ask " in body)
    assert 1 <= asked.count("<li>Ask ") <= 5
    assert re.search(r"could change (about|fewer than) \d+ households a year", asked)
    assert "80% interval from 100 draws (seed 2026); intervals do not add up" in html(app)
    table = next(body for body in bodies(app) if "three whole runs" in body)
    assert "being worked out" not in table
    assert "with the specialist support they need" in table
    assert "First come, first served" in html(app)
    sound(app.button(key="work_together").click().run())
    assert "8 pairs of draws (seed 2026)" in html(app)


@pytest.mark.usefixtures("long_runs_here")
def test_a_long_run_that_fails_is_said_in_words_and_tried_again_on_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_args: object, **_kwargs: object) -> None:
        message = f"no luck with {TAG}"
        raise UsageError(message)

    with monkeypatch.context() as failing:
        failing.setattr(unknowns, "rank", broken)
        app = opened(OVERVIEW)
    assert escape(f"This could not be worked out: no luck with {TAG}.") in html(app)
    assert "80% interval from 100 draws" in html(app), "the rest goes on"
    sound(app.button(key="again_rank").click().run())
    assert "could not be worked out" not in html(app)
    assert "<li>Ask " in html(app)
