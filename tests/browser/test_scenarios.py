"""*What if?* in a real browser: built by keys alone, axe in each state, little sent a change."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.driving import choose, open_everything, settled, visit
from tests.browser.test_accessibility import DESK, PHONE, faults, tabbed_to
from tests.conftest import RunningApp, WatchedPage, running_app

MOST_BYTES = 50_000
"""Most bytes that a change may send to the page."""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """Run the app on the shipped pack, with a place of its own for saved work."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOUSING_MAP_STORE", str(tmp_path_factory.mktemp("saved")))
        with running_app() as running:
            yield running


def begun(page: Page, url: str) -> None:
    """Open the page and start from six dispersed homes more."""
    visit(page, url, "scenarios")
    choose(page, "Start from", "Six dispersed homes more")
    page.get_by_role("button", name="Start from this").click()
    answered(page)


def answered(page: Page) -> None:
    """Wait until the answer has its range and the page is at rest."""
    expect(page.locator(".hm-answer")).to_contain_text("With these changes")
    expect(page.locator(".hm-answer")).to_contain_text("(")
    settled(page)


def to_tab(page: Page, name: str, told: str) -> None:
    """Open a tab, and wait until what it tells is there."""
    page.get_by_role("tab", name=name).click()
    expect(page.get_by_text(told).first).to_be_visible()
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


@pytest.mark.parametrize("width", [DESK, PHONE])
def test_axe_finds_nothing_in_any_state_of_the_page(
    watched_page: WatchedPage, app: RunningApp, width: int
) -> None:
    page = watched_page.page
    page.set_viewport_size({"width": width, "height": 900})
    begun(page, app.url)
    open_everything(page)
    settled(page)
    assert faults(page) == []
    to_tab(page, "Compare", "The same over three runs")
    expect(page.frame_locator("iframe").nth(2).locator("#map_div")).to_be_visible()
    open_everything(page)
    settled(page)
    assert faults(page) == []
    to_tab(page, "Keep", "Save what you have built")
    page.get_by_label("Your name").fill("Ann")
    page.get_by_label("Why", exact=True).fill(f"seen on {width} pixels")
    page.get_by_label("Name of the scenario").fill(f"Homes {width}")
    page.keyboard.press("Tab")
    settled(page)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved: ", exact=False).first).to_be_visible()
    open_everything(page)
    settled(page)
    assert faults(page) == []
    assert watched_page.outside_requests == []


def test_every_sort_of_change_has_a_form_that_axe_accepts(
    watched_page: WatchedPage, app: RunningApp
) -> None:
    page = watched_page.page
    visit(page, app.url, "scenarios")
    for sort in ("A new service", "A new way to be referred", "More or fewer ask for help",
                 "Money goes on", "A service closes"):  # fmt: skip
        box = page.get_by_role("combobox", name="What would change", exact=True)
        box.click()
        box.fill(sort)
        page.get_by_role("option", name=sort).click()
        settled(page)
        assert faults(page) == [], sort


def test_a_change_sends_little_and_no_place_of_a_new_home_enters_the_address(
    watched_page: WatchedPage, app: RunningApp
) -> None:
    """The answer to one change more, pictures and tables and all, is under 50 kB."""
    page = watched_page.page
    begun(page, app.url)
    watched_page.received_frames.clear()
    page.get_by_role("button", name="Add this change").click()
    expect(page.get_by_text("1 more refuge unit in refuge").first).to_be_visible()
    answered(page)
    page.wait_for_timeout(500)
    sent = len(watched_page.received_bytes)
    assert 0 < sent < MOST_BYTES, sent
    assert page.url == f"{app.url}/scenarios"
    assert "Dewsbury" not in app.said


def test_keys_alone_start_add_and_undo(watched_page: WatchedPage, app: RunningApp) -> None:
    page = watched_page.page
    visit(page, app.url, "scenarios")
    tabbed_to(page, "Start from this", 40)
    page.keyboard.press("Enter")
    answered(page)
    tabbed_to(page, "Add this change", 60)
    page.keyboard.press("Enter")
    undo = page.get_by_role("button", name="Undo: add")
    expect(undo).to_be_visible()
    settled(page)
    undo.focus()
    page.keyboard.press("Enter")
    expect(undo).to_have_count(0)
    expect(page.get_by_role("button", name="Do again: add")).to_be_visible()


def test_a_file_comes_in_and_goes_out_the_same(
    watched_page: WatchedPage, app: RunningApp, tmp_path: Path
) -> None:
    page = watched_page.page
    visit(page, app.url, "scenarios")
    to_tab(page, "Keep", "As a file")
    content = {
        "format": "housing-map/scenario/1.0",
        "name": "Twice the demand",
        "changes": [{"change": "demand", "times": 2.0}],
    }
    file = tmp_path / "scenario.json"
    file.write_text(json.dumps(content))
    page.get_by_label("Open a file of a scenario").set_input_files(file)
    answered(page)
    expect(page.get_by_text("Scenario: Twice the demand.")).to_be_visible()
    to_tab(page, "Keep", "As a file")
    with page.expect_download() as waited:
        page.get_by_role("button", name="Take what you have built along").click()
    taken = json.loads(waited.value.path().read_text())
    assert waited.value.suggested_filename == "twice-the-demand.json"
    assert {key: taken[key] for key in content} == content
