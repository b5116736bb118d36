"""*Keep* on *What if?*: saved with who and why, shared, brought back, and as files."""

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from housing_map import scenario
from housing_map.app import file_box
from housing_map.escape import escape
from housing_map.pack import ENVIRONMENT_VARIABLE
from housing_map.scenario import Scenario
from housing_map.store import open_store
from tests.browser.hostile import TAG
from tests.integration.test_app_pages import WHAT_IF, bodies, html, opened, sound
from tests.integration.test_page_scenarios import BUILD, KEEP, at_tab, begun, draft, pressed
from tests.packs import write_pack


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the small pack."""
    return write_pack(tmp_path_factory.mktemp("small"))


@pytest.fixture(autouse=True)
def saved_work(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Use the small pack, and a place of its own for saved work."""
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(small))
    monkeypatch.setenv("HOUSING_MAP_STORE", str(tmp_path / "saved"))


def signed(app: AppTest, who: str = "Ann", why: str = "first idea") -> AppTest:
    """Fill in who and why."""
    app.text_input(key="scenario_who").set_value(who)
    app.text_input(key="scenario_why").set_value(why)
    return sound(app.run())


def kept() -> AppTest:
    """Open the page with a scenario that was built and saved."""
    app = at_tab(begun("more_demand"), KEEP)
    return pressed(signed(app), "scenario_save")


def test_a_scenario_is_saved_with_who_and_why_and_found_again() -> None:
    app = kept()
    assert "Saved: “Ten per cent more ask for help”, version 1." in html(app)
    other = at_tab(opened(WHAT_IF), KEEP)
    table = next(body for body in bodies(other) if "Saved scenarios, the one" in body)
    assert "Ann" in table
    assert "first idea" in table
    pressed(other, "scenario_open")
    assert draft(other).changes == draft(app).changes
    assert draft(other).baseline is not None
    assert "With these changes" in bodies(other)[0], "what was opened is shown at once"


@pytest.mark.parametrize(("who", "why"), [("", "first idea"), ("Ann", "")])
def test_nothing_is_saved_without_who_and_why(who: str, why: str) -> None:
    app = at_tab(begun("more_demand"), KEEP)
    pressed(signed(app, who, why), "scenario_save")
    assert "Not done." in html(app)
    assert "is needed" in html(app)
    assert "Nothing is saved yet." in html(app)


def test_who_is_asked_once_a_session() -> None:
    app = kept()
    at_tab(app, BUILD)
    at_tab(app, KEEP)
    assert app.text_input(key="scenario_who").value == "Ann"


def test_whoever_saves_over_somebody_elses_change_is_told_and_loses_nothing() -> None:
    app = kept()
    with open_store() as store:
        (one,) = store.list("scenario")
        content = store.get(one.id).content
        theirs = {**content, "description": "Ben was here"}
        store.save("scenario", one.name, theirs, who="Ben", why="a better one", id=one.id)
    pressed(signed(app, why="mine"), "scenario_save")
    shown = html(app)
    assert "was changed by Ben on" in shown
    assert "Nothing is lost" in shown
    with open_store() as store:
        assert store.get(one.id).who == "Ben", "nobody was overwritten"
    mine = draft(app)
    pressed(app, "scenario_save_copy")
    with open_store() as store:
        names = {found.name: found.who for found in store.list("scenario")}
    assert names == {one.name: "Ben", f"{one.name} (2)": "Ann"}
    assert draft(app).changes == mine.changes


def test_the_newest_version_can_be_looked_at_and_one_s_own_comes_back_by_undo() -> None:
    app = kept()
    with open_store() as store:
        (one,) = store.list("scenario")
        theirs = {**store.get(one.id).content, "changes": []}
        store.save("scenario", one.name, theirs, who="Ben", why="empty", id=one.id)
    mine = draft(app)
    pressed(signed(app, why="mine"), "scenario_save")
    pressed(app, "scenario_newest")
    assert draft(app).changes == ()
    pressed(app, "scenario_undo")
    assert draft(app).changes == mine.changes


def test_a_scenario_is_copied_renamed_removed_and_brought_back() -> None:
    app = kept()
    pressed(app, "scenario_copy")
    with open_store() as store:
        assert len(store.list("scenario")) == 2
        first = next(one for one in store.list("scenario") if not one.name.endswith("(2)"))
    app.selectbox(key="scenario_kept").select(first.id)
    sound(app.run())
    name = next(one for one in app.text_input if str(one.key).startswith("scenario_rename_"))
    name.set_value("More demand")
    pressed(app, "scenario_rename")
    assert "It is called “More demand” now." in html(app)
    pressed(app, "scenario_take_away")
    with open_store() as store:
        assert [one.name for one in store.list("scenario", removed=True)] == ["More demand"]
    pressed(app, "scenario_restore")
    assert "Brought back: “More demand”." in html(app)
    with open_store() as store:
        done = [version.action.value for version in store.history(first.id)]
    assert done == ["made", "renamed", "removed", "restored"]


def test_an_earlier_version_is_gone_back_to_and_the_history_says_so() -> None:
    app = kept()
    before = draft(app)
    at_tab(app, BUILD)
    pressed(app, "scenario_add")
    at_tab(app, KEEP)
    pressed(signed(app, why="one more"), "scenario_save")
    assert "version 2." in html(app)
    pressed(signed(app, why="too much"), "scenario_go_back")
    table = next(body for body in bodies(app) if "History of" in body)
    for part in ("first idea", "one more", "too much", "Went back to an earlier version"):
        assert part in table
    pressed(app, "scenario_open")
    assert draft(app).changes == before.changes


def test_a_location_is_not_kept_in_a_name_or_a_reason() -> None:
    app = at_tab(begun("more_demand"), KEEP)
    pressed(signed(app, why="beside 12 High Street"), "scenario_save")
    assert "may say where safe accommodation is" in html(app)
    name = next(one for one in app.text_input if str(one.key).startswith("scenario_name_"))
    name.set_value("The refuge in Alderby")
    pressed(signed(app), "scenario_save")
    assert "Not done." in html(app)
    with open_store() as store:
        assert store.list("scenario") == ()


def test_a_place_that_cannot_be_opened_is_said_and_the_page_works_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    file.write_text("not a folder")
    monkeypatch.setenv("HOUSING_MAP_STORE", str(file / "below"))
    app = at_tab(begun("more_demand"), KEEP)
    assert "Saved work cannot be reached" in html(app)
    assert "Take what you build along as a file" in html(app)
    at_tab(app, "Compare")
    assert "The same over three runs" in html(app)


def test_a_hostile_name_of_a_saved_scenario_renders_as_text() -> None:
    with open_store() as store:
        content = json.loads(scenario.written(Scenario(name=TAG, description=TAG)))
        store.save("scenario", TAG, content, who=TAG, why=TAG)
    app = at_tab(opened(WHAT_IF), KEEP)
    assert TAG not in html(app)
    assert escape(TAG) in html(app)
    pressed(app, "scenario_open")
    assert TAG not in html(app)
    assert all("<img" not in button.label for button in app.button)


# Files --------------------------------------------------------------------------------------


def given(app: AppTest, monkeypatch: pytest.MonkeyPatch, text: str, *, large: bool = False) -> None:
    """Let the browser hand over a file, once."""
    files = [file_box.Given(text, large)]
    monkeypatch.setattr(file_box, "file_box", lambda key: files.pop() if key and files else None)
    sound(app.run())


def test_a_file_is_opened_and_can_be_undone(monkeypatch: pytest.MonkeyPatch) -> None:
    app = at_tab(begun("more_demand"), KEEP)
    first = draft(app)
    assert app.get("download_button"), "what is built can be taken along"
    changes = [{"change": "arrivals", "times": 1.5}]
    text = json.dumps({"format": scenario.FORMAT, "name": "From a file", "changes": changes})
    given(app, monkeypatch, text)
    assert draft(app).name == "From a file"
    assert "Scenario: From a file." in bodies(app)[0]
    pressed(app, "scenario_undo")
    assert draft(app) == first


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "The file cannot be opened."),
        ('{"format": "housing-map/scenario/1.0"}', "something has to stand here"),
        ('{"format": "housing-map/scenario/1.0", "name": "In HD1 2AB"}', "stands here"),
        ('{"format": "housing-map/scenario/1.0", "name": "The refuge in Alderby"}', "<li>"),
    ],
)
def test_a_file_that_cannot_be_opened_says_why_and_repeats_no_location(
    text: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = at_tab(opened(WHAT_IF), KEEP)
    given(app, monkeypatch, text)
    assert "The file cannot be opened." in html(app)
    assert said in html(app)
    assert "HD1" not in html(app)
    assert "Alderby" not in html(app)
    assert draft(app).changes == ()


def test_a_file_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    app = at_tab(opened(WHAT_IF), KEEP)
    given(app, monkeypatch, "", large=True)
    assert "too large" in html(app)


@pytest.mark.parametrize("value", [None, "text", {"text": 1, "large": False}, {"text": "x"}, []])
def test_what_is_no_file_is_not_read(value: object) -> None:
    assert file_box.read(value) is None


def test_a_file_that_lies_about_its_size_is_refused() -> None:
    long = "x" * (file_box.LARGEST_BYTES + 1)
    assert file_box.read({"text": long, "large": False}) == file_box.Given("", large=True)
