"""*What do we publish?*: what is ready, sections edited and kept, the map, gaps, and files."""

import io
import json
import shutil
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from housing_map.app import (
    assessment_kept,
    assessment_page,
    assessment_work,
    background,
    file_box,
)
from housing_map.app.assessment_kept import TakenError, joined
from housing_map.app.view import ENVIRONMENT_VARIABLE as VIEW
from housing_map.assessment.answers import Answers
from housing_map.assessment.edition import Inputs
from housing_map.assessment.sheets import View
from housing_map.documents.word import TEMPLATE
from housing_map.errors import UsageError
from housing_map.gap_register import entries
from housing_map.kinds import CONFIDENTIAL_KINDS
from housing_map.pack import ENVIRONMENT_VARIABLE, Pack, load_pack
from housing_map.store import open_store
from tests.browser.hostile import TAG, HostilePack
from tests.integration.test_app_pages import PUBLISH, ROOT, bodies, chosen, html, sound
from tests.packs import base_tables, write_pack
from tests.worlds import set_parameter

READY, SECTIONS, MAP, GAPS, FILES = assessment_page.TABS
SECONDS = 300


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pack(tmp_path_factory.mktemp("small"))


@pytest.fixture(autouse=True)
def saved_work(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Use the small pack, a place of its own for saved work, and long runs in the page."""
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(small))
    monkeypatch.setenv("HOUSING_MAP_STORE", str(tmp_path / "saved"))
    monkeypatch.setenv(background.ENVIRONMENT_VARIABLE, background.HERE)
    monkeypatch.delenv(VIEW, raising=False)


@pytest.fixture
def pack(small: Path) -> Pack:
    return load_pack(small)


def at(tab: str, section: str = "") -> AppTest:
    """Open the page at a tab, and at a section of it."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=SECONDS)
    app.session_state[assessment_page.TAB] = tab
    app._page_hash = calc_hash(PUBLISH)
    sound(app.run())
    return chosen(app, "assessment_section", section) if section else app


def signed(app: AppTest, who: str = "Ann", why: str = "draft") -> AppTest:
    app.text_input(key="assessment_who").set_value(who)
    app.text_input(key="assessment_why").set_value(why)
    return app


def pressed(app: AppTest, key: str) -> AppTest:
    return sound(app.button(key=key).click().run())


def box(app: AppTest, ending: str) -> str:
    """Return the key of the one box whose key ends so."""
    every = [*app.text_input, *app.text_area, *app.selectbox, *app.number_input, *app.multiselect]
    (key,) = [str(one.key) for one in every if str(one.key).endswith(ending)]
    return key


# Ready? -------------------------------------------------------------------------------------


def test_the_page_opens_with_what_is_ready_and_every_point_of_regulation_8() -> None:
    app = at(READY)
    shown = html(app)
    for point in ("8(a)", "8(c)(iii)", "8(d)(ii)", "8(f)"):
        assert f">{point}<" in shown
    assert "Members for:" in shown, "what is missing is named"
    assert "Draft of the next strategy published" in shown
    assert "As at" in shown


def test_another_year_is_another_assessment() -> None:
    app = at(READY)
    first = bodies(app)[0]
    year = app.selectbox(key="assessment_year")
    year.select_index(len(year.options) - 1)
    assert bodies(sound(app.run()))[0] != first


def test_the_last_assessment_and_a_scenario_can_be_set_beside_it(
    small: Path, tmp_path: Path
) -> None:
    tables = base_tables()
    set_parameter(tables, "travel_threshold_min", "31")
    earlier = write_pack(tmp_path / "earlier", tables)
    app = at(SECTIONS)
    place = next(
        n for n, one in enumerate(app.selectbox(key="assessment_section").options)
        if one.startswith("12.")
    )  # fmt: skip
    sound(app.selectbox(key="assessment_section").select_index(place).run())
    asked = "The data pack of the last assessment"
    assert asked in html(app)
    sound(app.text_input(key="assessment_earlier").set_value(str(small)).run())
    assert asked in html(app)
    assert "are those in use" in html(app)
    sound(app.text_input(key="assessment_earlier").set_value(str(earlier)).run())
    assert asked not in html(app)
    assert "cannot be used" not in html(app)
    sound(app.selectbox(key="assessment_section").select_index(place - 1).run())
    before = html(app)
    scenarios = app.selectbox(key="assessment_scenario")
    assert scenarios.options[0] == "None"
    name = scenarios.options[1].partition(": ")[2]
    sound(scenarios.select_index(1).run())
    assert name in html(app)
    assert name not in before


@pytest.mark.parametrize("missing", ["boundaries", "pack.json"])
def test_data_that_cannot_be_set_beside_it_are_refused_in_words_and_the_rest_stands(
    small: Path, tmp_path: Path, missing: str
) -> None:
    other = shutil.copytree(small, tmp_path / "other")
    (other / missing).rename(other / "gone")
    app = at(READY)
    sound(app.text_input(key="assessment_earlier").set_value(str(other)).run())
    assert "The data of the last assessment cannot be used yet" in html(app)
    assert "8(c)(iii)" in html(app)
    sound(app.text_input(key="assessment_earlier").set_value(str(tmp_path / "nowhere")).run())
    assert "there is no folder" in html(app)


def test_an_app_for_the_public_lets_nobody_choose_a_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VIEW, "publishable")
    app = at(READY)
    assert not [one for one in app.text_input if one.key == "assessment_earlier"]
    assert not [one for one in app.selectbox if one.key == "assessment_scenario"]


# Sections -----------------------------------------------------------------------------------


def test_every_section_draws_in_both_views() -> None:
    app = at(SECTIONS)
    for _ in View:
        for place in range(len(app.selectbox(key="assessment_section").options)):
            sound(app.selectbox(key="assessment_section").select_index(place).run())
        pressed(app, "switch_view")


def test_an_edited_text_is_kept_with_who_and_why_shown_and_taken_back(pack: Pack) -> None:
    app = signed(at(SECTIONS, "area"))
    text = next(one for one in app.text_area if "_text_" in str(one.key))
    generated = str(text.value).split("\n\n")[0]
    assert generated in html(app)
    text.set_value("Our own words.")
    pressed(app, "assessment_save_text")
    assert "Our own words." in html(app)
    assert "This text was edited." in html(app)
    held = assessment_kept.held(pack, "2025-26")
    assert (held.answers.edited["area"].text, held.who) == ("Our own words.", "Ann")
    other = signed(at(SECTIONS, "area"), why="the old one")
    assert "Our own words." in html(other)
    pressed(other, "assessment_generated")
    assert "This text was edited." not in html(other)
    assert generated in html(other)


@pytest.mark.parametrize(("who", "why"), [("", "draft"), ("Ann", "")])
def test_nothing_is_kept_without_who_and_why(pack: Pack, who: str, why: str) -> None:
    app = signed(at(SECTIONS, "cover"), who, why)
    app.text_input(key=box(app, "_author")).set_value("Head of service")
    pressed(app, "assessment_save_answers")
    assert "Not done." in html(app)
    assert assessment_kept.held(pack, "2025-26").version == 0


def test_answers_of_a_section_make_it_ready(pack: Pack) -> None:
    app = signed(at(SECTIONS, "cover"))
    app.text_input(key=box(app, "_author")).set_value("Head of service")
    app.text_input(key=box(app, "_full_assessment_on")).set_value("1/5/2026")
    pressed(app, "assessment_save_answers")
    held = assessment_kept.held(pack, "2025-26")
    assert held.answers.author == "Head of service"
    assert str(held.answers.full_assessment_on) == "2026-05-01"
    assert "Head of service" in html(app)


def test_a_day_that_is_none_is_refused_in_words(pack: Pack) -> None:
    app = signed(at(SECTIONS, "cover"))
    app.text_input(key=box(app, "_full_assessment_on")).set_value("31/2/2026")
    pressed(app, "assessment_save_answers")
    assert "give a day such as 31/3/2026" in html(app)
    assert assessment_kept.held(pack, "2025-26").version == 0


def test_a_member_of_the_board_is_added_and_taken_away(pack: Pack) -> None:
    app = signed(at(SECTIONS, "board"))
    app.text_input(key=box(app, "board.seats_body")).set_value("The council")
    pressed(app, "assessment_add_board.seats")
    (seat,) = assessment_kept.held(pack, "2025-26").answers.board.seats
    assert seat.body == "The council"
    assert "Members: 1" in html(app)
    pressed(signed(app), "assessment_remove_board.seats")
    assert assessment_kept.held(pack, "2025-26").answers.board.seats == ()


def test_an_entry_without_what_is_needed_says_so() -> None:
    app = signed(at(SECTIONS, "consultation"))
    pressed(app, "assessment_add_consultation")
    assert "Say as well: Day; Body." in html(app)


def test_what_would_say_where_a_refuge_is_is_refused_and_not_repeated(pack: Pack) -> None:
    app = signed(at(SECTIONS, "cover"), why="refuge at 12 High Street, HD1 2TA")
    app.text_input(key=box(app, "_author")).set_value("Head of service")
    pressed(app, "assessment_save_answers")
    assert "may say where safe accommodation is" in html(app)
    assert assessment_kept.held(pack, "2025-26").version == 0


def test_two_people_who_change_different_things_both_keep_them(pack: Pack) -> None:
    app = signed(at(SECTIONS, "cover"))
    assessment_kept.amend(pack, "2025-26", {}, {"author": "Ben"}, who="Ben", why="first")
    app.text_input(key=box(app, "_document_version")).set_value("draft 2")
    pressed(app, "assessment_save_answers")
    answers = assessment_kept.held(pack, "2025-26").answers
    assert (answers.author, answers.document_version) == ("Ben", "draft 2")


def test_whoever_changes_the_same_is_told_keeps_their_words_and_decides(pack: Pack) -> None:
    app = signed(at(SECTIONS, "cover"))
    assessment_kept.amend(pack, "2025-26", {}, {"author": "Ben's team"}, who="Ben", why="first")
    key = box(app, "_author")
    app.text_input(key=key).set_value("Ann's team")
    pressed(app, "assessment_save_answers")
    assert "Ben has changed the same" in html(app)
    assert app.text_input(key=key).value == "Ann's team"
    assert assessment_kept.held(pack, "2025-26").answers.author == "Ben's team"
    pressed(app, "assessment_save_answers")
    assert assessment_kept.held(pack, "2025-26").answers.author == "Ann's team"


def test_nobody_edits_in_the_view_for_the_public(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VIEW, "publishable")
    app = at(SECTIONS, "cover")
    assert not app.text_area
    assert "assessment_save_text" not in {one.key for one in app.button}


JSON = st.recursive(
    st.integers(0, 3) | st.lists(st.integers(0, 2), max_size=2),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, min_size=1, max_size=3),
    max_leaves=6,
)
CONTENT = st.dictionaries(st.sampled_from("abc"), JSON, max_size=3)


@given(CONTENT, CONTENT)
def test_what_one_person_alone_changes_is_what_comes_out(before: dict, after: dict) -> None:  # type: ignore[type-arg]
    assert joined(before, after, before) == after
    assert joined(before, before, after) == after
    assert joined(before, after, after) == after


def test_a_change_to_what_another_has_changed_is_not_made() -> None:
    with pytest.raises(TakenError, match="Ben has changed the same"):
        joined({"a": {"b": 1}}, {"a": {"b": 2}}, {"a": {"b": 3}}, "Ben")


def test_answers_that_cannot_be_kept_are_refused(pack: Pack) -> None:
    with pytest.raises(UsageError):
        assessment_kept.amend(pack, "2025-26", {}, {"author": 3}, who="Ann", why="x")


# The provision map --------------------------------------------------------------------------


def test_the_map_has_a_word_in_every_cell_and_opens_its_evidence() -> None:
    app = at(MAP)
    table = next(body for body in bodies(app) if "The Priority Four provision map" in body)
    cells = table.count("<td")
    said = sum(table.count(f">{word}") for word in
               ("In place", "Partial", "Absent", "Unknown", "Not meant for it"))  # fmt: skip
    assert said == cells > 0
    assert any("Known to be paid for until" in body for body in _each(app))


def _each(app: AppTest) -> list[str]:
    """Return what the page shows for each part, one after another."""
    count = len(app.selectbox(key="provision_component").options)
    return [
        html(sound(app.selectbox(key="provision_component").select_index(place).run()))
        for place in range(count)
    ]


def test_the_map_for_the_public_says_nothing_for_planning_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(VIEW, "publishable")
    monkeypatch.delenv(ENVIRONMENT_VARIABLE)
    services = load_pack()["services"]
    names = services.loc[services["kind"].isin(CONFIDENTIAL_KINDS), "name"]
    assert len(names) >= 5
    for shown in _each(at(MAP)):
        assert "paid for" not in shown
        assert "Does not take" not in shown
        # "Sanctuary scheme" is the name of one service, and of a part of the approach.
        assert [name for name in names if name in shown and name != "Sanctuary scheme"] == []


def test_ways_to_use_what_there_is_are_looked_for_when_asked() -> None:
    app = pressed(at(MAP), "do_best_ways")
    assert "were tried" in html(app)
    assert "cautious run" in html(app)


# The gap register ---------------------------------------------------------------------------


def test_a_gap_is_taken_up_decided_on_and_followed_quarter_by_quarter() -> None:
    app = signed(at(GAPS))
    app.text_input(key=box(app, "_owner")).set_value("Housing working group")
    app.text_input(key=box(app, "_due")).set_value("31/3/2027")
    pressed(app, "gap_save")
    assert "Taken up." in html(app)
    app.text_input(key=box(app, "_decision_on")).set_value("1/6/2026")
    app.text_input(key=box(app, "_decision_body")).set_value("Partnership board")
    app.text_area(key=box(app, "_decision_what")).set_value("Ask providers")
    pressed(app, "gap_add_decision")
    app.selectbox(key="gap_progress").select("under way")
    pressed(app, "gap_save_quarter")
    with open_store() as store:
        (held,) = entries(store)
    assert held.entry.owner == "Housing working group"
    assert [one.body for one in held.entry.decisions] == ["Partnership board"]
    assert [str(one.progress) for one in held.entry.quarters] == ["under way"]
    table = next(body for body in bodies(app) if "All gaps:" in body)
    assert "Housing working group" in table
    assert "Under way" in table


def test_a_gap_that_is_not_in_the_data_any_more_says_so(pack: Pack) -> None:
    app = signed(at(GAPS))
    pressed(app, "gap_save")
    with open_store() as store:
        (held,) = entries(store)
        gone = {**store.get(held.id).content, "gap": "absent:sanctuary_nowhere"}
        store.save("gap", "absent:sanctuary_nowhere", gone, who="Ann", why="x")
    app = at(GAPS)
    assert "Closed in the data: 1." in html(app)
    closed = html(chosen(app, "gap_show", "closed"))
    assert "not found in those of" in closed
    assert pack.info.title in closed


def test_whoever_changes_a_gap_at_the_same_time_is_told_and_keeps_their_words() -> None:
    app = signed(at(GAPS))
    pressed(app, "gap_save")
    with open_store() as store:
        (held,) = entries(store)
        theirs = {**store.get(held.id).content, "owner": "Ben's team"}
        store.save("gap", held.entry.gap, theirs, who="Ben", why="y", id=held.id)
    key = box(app, "_owner")
    app.text_input(key=key).set_value("Ann's team")
    pressed(app, "gap_save")
    assert "Not done." in html(app)
    assert app.text_input(key=key).value == "Ann's team"
    with open_store() as store:
        assert entries(store)[0].entry.owner == "Ben's team"
    pressed(app, "gap_save")
    with open_store() as store:
        assert entries(store)[0].entry.owner == "Ann's team"


def test_the_public_sees_gaps_and_nobody_who_owns_them(monkeypatch: pytest.MonkeyPatch) -> None:
    app = signed(at(GAPS))
    app.text_input(key=box(app, "_owner")).set_value("Housing working group")
    pressed(app, "gap_save")
    monkeypatch.setenv(VIEW, "publishable")
    shown = html(at(GAPS))
    assert "can be told in public" in shown
    assert "Housing working group" not in shown


# Files --------------------------------------------------------------------------------------


def test_the_word_report_takes_the_look_of_a_template_that_can_be_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files = [file_box.Book("ours.docx", TEMPLATE.read_bytes(), large=False),
             file_box.Book("bad.docx", b"no archive", large=False)]  # fmt: skip
    monkeypatch.setattr(file_box, "word_box", lambda _key: files.pop() if files else None)
    app = at(FILES)
    app.session_state["assessment_look"] = True
    sound(app.run())
    assert "bad.docx cannot be used" in html(app)
    assert "takes its look from" not in html(app)
    sound(app.run())
    assert "takes its look from ours.docx" in html(app)
    pressed(app, "assessment_plain")
    assert "takes its look from" not in html(app)


@pytest.fixture(scope="module")
def written(small: Path) -> assessment_work.Written:
    inputs = Inputs(pack=load_pack(small), period="2025-26", answers=Answers(period="2025-26"))
    made = assessment_work.release(lambda _done, _of: None, inputs, View.PUBLISHABLE)
    assert isinstance(made, assessment_work.Written)
    return made


def test_one_file_holds_every_file_of_a_release_as_its_manifest_says(
    written: assessment_work.Written,
) -> None:
    with zipfile.ZipFile(io.BytesIO(written.content)) as archive:
        assert archive.testzip() is None
        assert {one.filename for one in archive.infolist()} == {path for path, _ in written.files}
        told = json.loads(archive.read("manifest.json"))
    sizes = dict(written.files)
    assert told["view"] == "publishable"
    assert {one["path"] for one in told["files"]} == set(sizes) - {"manifest.json"}
    assert all(sizes[one["path"]] == one["bytes"] for one in told["files"])
    assert len(written.read("manifest.json")) == sizes["manifest.json"]


def test_progress_ends_when_the_release_does(small: Path) -> None:
    inputs = Inputs(pack=load_pack(small), period="2025-26")
    told: list[tuple[int, int]] = []
    assessment_work.release(lambda done, of: told.append((done, of)), inputs, View.RESTRICTED)
    assert told == sorted(told)
    assert told[-1][0] == told[-1][1]


def test_files_are_written_on_request_for_the_view_and_offered() -> None:
    app = at(FILES)
    assert not app.get("download_button")
    pressed(app, "do_best_release")
    assert len(app.get("download_button")) == 2
    assert "restricted" in html(app)
    assert "manifest.json" in html(app)


# Whatever it is called ----------------------------------------------------------------------


@pytest.mark.parametrize("tab", [READY, SECTIONS, MAP, GAPS])
def test_hostile_names_are_text_on_every_tab(
    tab: str, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    hostile = HostilePack(tmp_path_factory.mktemp("hostile"))
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(hostile.folder))
    app = at(tab)
    assert TAG not in html(app)
