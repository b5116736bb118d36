"""The page *What if?* without a browser: building, undoing, what it says, comparing."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from housing_map import scenario, words
from housing_map.app import background, scenario_words
from housing_map.change_terms import SORTS
from housing_map.escape import escape
from housing_map.pack import ENVIRONMENT_VARIABLE
from tests.browser.hostile import TAG, HostilePack
from tests.integration.test_app_pages import (
    OVERVIEW,
    WHAT_IF,
    Reader,
    bodies,
    chosen,
    html,
    moved,
    opened,
    sound,
)
from tests.packs import write_pack

BUILD, COMPARE, KEEP = "Build and see", "Compare", "Keep"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the small pack."""
    return write_pack(tmp_path_factory.mktemp("small"))


@pytest.fixture(autouse=True)
def on_small(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Use the small pack, and a place of its own for saved work."""
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(small))
    monkeypatch.setenv("HOUSING_MAP_STORE", str(tmp_path / "saved"))
    yield
    background._desk.cache_clear()


def pressed(app: AppTest, key: str) -> AppTest:
    """Press a button."""
    return sound(app.button(key=key).click().run())


def answer(app: AppTest) -> str:
    """Return the first lines of the page."""
    return bodies(app)[0]


def begun(start: str) -> AppTest:
    """Open the page and start from a ready-made scenario."""
    app = opened(WHAT_IF)
    chosen(app, "scenario_start", start)
    return pressed(app, "scenario_begin")


def at_tab(app: AppTest, name: str) -> AppTest:
    """Open a tab of the page."""
    app.session_state["scenario_tab"] = name
    return sound(app.run())


def draft(app: AppTest) -> scenario.Scenario:
    """Return the scenario that is being built."""
    found = app.session_state["scenario_draft"]
    assert isinstance(found, scenario.Scenario)
    return found


# Building -----------------------------------------------------------------------------------


def test_the_page_opens_with_nothing_changed_and_says_so() -> None:
    app = opened(WHAT_IF)
    assert escape(scenario_words.NOTHING_YET) in answer(app)
    assert escape(words.PLANNING_ONLY) in html(app)
    assert "What they do" not in [heading.value for heading in app.header]


def test_a_ready_made_start_is_answered_with_its_range() -> None:
    """Ten per cent more ask, and there is no more room: the first line says what follows."""
    app = begun("more_demand")
    assert re.search(r"With these changes .* households a year would be helped \(", answer(app))
    assert "<li>10% more households ask for help.</li>" in html(app)
    table = next(body for body in bodies(app) if "The same numbers: households a year" in body)
    assert "being worked out" not in table
    for label in ("Seek help", "Helped", "Not helped: no room", "specialist support"):
        assert label in table


def test_undo_and_redo_go_through_every_step() -> None:
    app = begun("more_demand")
    first = answer(app)
    chosen(app, "scenario_sort", "arrivals")
    pressed(app, "scenario_add")
    assert len(draft(app).changes) == 2
    assert "Arrivals" not in first
    pressed(app, "scenario_undo")
    assert (len(draft(app).changes), answer(app)) == (1, first)
    pressed(app, "scenario_redo")
    assert len(draft(app).changes) == 2
    pressed(app, "scenario_undo")
    pressed(app, "scenario_undo")
    assert draft(app).changes == ()
    assert escape(scenario_words.NOTHING_YET) in answer(app)


def test_changes_are_moved_and_removed_one_at_a_time() -> None:
    app = begun("more_demand")
    chosen(app, "scenario_sort", "arrivals")
    pressed(app, "scenario_add")
    sorts = [change.change for change in draft(app).changes]
    assert sorts == ["demand", "arrivals"]
    pressed(app, "scenario_down")
    assert [change.change for change in draft(app).changes] == ["arrivals", "demand"]
    box = next(box for box in app.selectbox if str(box.key).startswith("scenario_edit_"))
    assert box.value == 1, "the one that was moved stays chosen"
    pressed(app, "scenario_up")
    assert [change.change for change in draft(app).changes] == sorts
    pressed(app, "scenario_remove")
    assert [change.change for change in draft(app).changes] == ["arrivals"]


@pytest.mark.parametrize("sort", sorted(SORTS))
def test_every_sort_of_change_has_a_form_that_adds_it_or_says_why_not(sort: str) -> None:
    """As the form opens, with nothing filled in."""
    app = opened(WHAT_IF)
    chosen(app, "scenario_sort", sort)
    lists = html(app).count('<ul class="hm-list">')
    pressed(app, "scenario_add")
    if draft(app).changes:
        assert [change.change for change in draft(app).changes] == [sort]
    else:
        assert html(app).count('<ul class="hm-list">') == lists + 1, "it says why not"


def test_a_change_that_cannot_be_made_is_refused_with_the_reason() -> None:
    app = opened(WHAT_IF)
    chosen(app, "scenario_sort", "close_service")
    pressed(app, "scenario_add")
    assert len(draft(app).changes) == 1
    box = next(box for box in app.selectbox if str(box.key).endswith("_service"))
    first = draft(app).changes[0].service_id  # type: ignore[union-attr]
    sound(box.select(first).run())
    pressed(app, "scenario_add")
    assert "closed already" in html(app)
    assert len(draft(app).changes) == 1


def test_a_change_that_no_longer_applies_is_named_with_the_reason() -> None:
    app = opened(WHAT_IF)
    app.session_state["scenario_draft"] = scenario.read(
        json.dumps(
            {
                "format": scenario.FORMAT,
                "name": "From another pack",
                "changes": [{"change": "close_service", "service_id": "gone"}],
            }
        )
    )
    sound(app.run())
    assert "Left out: there is no service" in html(app)
    assert "as many households a year would be helped as now" in answer(app)


def test_a_location_in_a_note_is_refused_and_not_repeated() -> None:
    app = opened(WHAT_IF)
    chosen(app, "scenario_sort", "demand")
    note = next(one for one in app.text_input if str(one.key).endswith("_note"))
    note.set_value("near HD1 2AB")
    pressed(app, "scenario_add")
    assert draft(app).changes == ()
    assert "HD1 2AB" not in html(app)
    assert "never say where safe accommodation is" in html(app)


def test_a_town_is_for_the_restricted_list_and_not_for_the_words_to_publish() -> None:
    app = opened(WHAT_IF)
    chosen(app, "scenario_sort", "add_service")
    kind = next(box for box in app.selectbox if str(box.key).endswith("_kind"))
    sound(kind.select("refuge").run())
    next(one for one in app.number_input if str(one.key).endswith("_capacity")).set_value(4.0)
    next(one for one in app.text_input if str(one.key).endswith("_town")).set_value("Alderby")
    pressed(app, "scenario_add")
    assert [change.change for change in draft(app).changes] == ["add_service"]
    app.session_state["publish"] = True
    sound(app.run())
    lists = [body for body in bodies(app) if body.startswith('<ol class="hm-list">')]
    assert len(lists) == 2
    assert "Alderby" in lists[0]
    assert "Alderby" not in lists[1]


def test_a_cost_is_asked_for_and_never_made_up() -> None:
    app = opened(WHAT_IF)
    chosen(app, "scenario_sort", "close_service")
    pressed(app, "scenario_add")
    app.session_state["scenario_costs"] = True
    sound(app.run())
    box = next(box for box in app.number_input if str(box.key).startswith("cost_gbp_a_year"))
    assert box.value is None
    at_tab(app, COMPARE)
    assert "Nobody has given the cost of Closes" in html(app)
    app.session_state["scenario_costs"] = True
    at_tab(app, BUILD)
    box = next(box for box in app.number_input if str(box.key).startswith("cost_gbp_a_year"))
    sound(box.set_value(-120_000.0).run())
    assert draft(app).changes[0].cost_gbp_a_year == -120_000.0  # type: ignore[union-attr]
    at_tab(app, COMPARE)
    assert "−£120,000" in html(app)
    assert "the cost that falls once of Closes" in html(app)


def test_the_goal_of_a_start_becomes_that_of_the_page() -> None:
    app = begun("more_demand")
    assert app.selectbox(key="choose_goal").value == "safe"
    chosen(app, "choose_goal", "settled")
    assert draft(app).goal == "settled"
    pressed(app, "scenario_undo")
    assert draft(app).goal == app.selectbox(key="choose_goal").value


def test_what_is_built_is_there_again_after_another_page() -> None:
    app = begun("more_demand")
    said = answer(app)
    moved(app, OVERVIEW)
    moved(app, WHAT_IF)
    assert answer(app) == said


# Longer questions ---------------------------------------------------------------------------


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do long runs at once, in the page."""
    monkeypatch.setenv(background.ENVIRONMENT_VARIABLE, background.HERE)
    background._desk.cache_clear()


@pytest.mark.usefixtures("here")
def test_longer_questions_are_answered_when_they_are_asked() -> None:
    app = begun("more_demand")
    chosen(app, "scenario_sort", "arrivals")
    pressed(app, "scenario_add")
    assert "paired draws" not in html(app)
    pressed(app, "ask_paired_draws")
    assert "100 paired draws (seed 2026)" in html(app)
    pressed(app, "ask_shares")
    table = next(body for body in bodies(app) if "The share of each change" in body)
    assert "With all changes" in table
    pressed(app, "ask_gravest")
    assert "The gravest single loss" in html(app)
    assert "could not be worked out" not in html(app)


def test_a_longer_question_says_how_far_it_is_and_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    stopped: list[bool] = []

    class Going:
        done, progress = False, (7, 200)

        def __init__(self, *_work: object) -> None:
            """Start, and never end."""

        def result(self) -> None:
            """Return nothing: it has not ended."""

        def stop(self) -> None:
            stopped.append(True)

    desk = background.Desk(Going)
    monkeypatch.setattr(background, "desk", lambda: desk)
    monkeypatch.setattr("housing_map.app.long_run.page_begins", lambda: None)
    app = begun("more_demand")
    app.session_state["painted"] = True
    pressed(app, "ask_paired_draws")
    assert "7 of 200 parts done." in html(app)
    pressed(app, "stop_paired_draws")
    assert stopped == [True]
    assert [one for one in app.button if one.key == "ask_paired_draws"], "it can be asked again"


# Comparing ----------------------------------------------------------------------------------


def test_scenarios_are_compared_side_by_side() -> None:
    app = begun("more_demand")
    at_tab(app, COMPARE)
    several = app.multiselect(key="compare_which")
    assert several.value == ["draft"]
    starts = [code for code in several.options if code.startswith("Ready-made")]
    assert starts
    both = ["draft", "start:more_demand"]
    sound(several.set_value(both).run())
    table = next(body for body in bodies(app) if "The same over three runs" in body)
    assert table.count("10% more") == 0, "names, not changes"
    assert "Ten per cent more ask for help (2)" in table
    assert "being worked out" not in table
    shown = html(app)
    for part in (
        "Change of households a year who are helped",
        "Costs in pounds",
        "Ways that are open",
        "Protected characteristics",
        "The same numbers by area",
    ):
        assert part in shown, part
    for by in ("need", "tenure"):
        chosen(app, "compare_by", by)
    assert "Number unknown" in html(app), "an unknown number is never none"
    at_tab(app, BUILD)
    at_tab(app, COMPARE)
    assert app.multiselect(key="compare_which").value == both, "remembered"


# Hostile names ------------------------------------------------------------------------------


def test_hostile_names_render_as_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hostile = HostilePack(tmp_path / "hostile")
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(hostile.folder))
    app = opened(WHAT_IF)
    for sort in ("close_service", "cut_route", "end_funding"):
        chosen(app, "scenario_sort", sort)
        pressed(app, "scenario_add")
    assert len(draft(app).changes) == 3
    at_tab(app, COMPARE)
    at_tab(app, BUILD)
    shown = html(app)
    assert TAG not in shown
    found = Reader(shown)
    assert not found.elements & {"img", "script", "details", "iframe"}
    assert not [name for name in found.attributes if name.startswith("on")]
    for element in (*app.button, *app.number_input):
        assert "<img" not in element.label
