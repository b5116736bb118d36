"""*What do we publish?* in a real browser: axe on every tab, files written and downloaded."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.driving import choose, open_everything, settled, visit
from tests.browser.test_accessibility import DESK, PHONE, faults, tabbed_to
from tests.conftest import RunningApp, WatchedPage, running_app

TABS = {
    "Ready?": "Regulation 8 of SI 2021/990, point by point",
    "Sections": "What is not known",
    "Provision map": "The Priority Four provision map",
    "Gap register": "gaps are found in these data",
    "Files": "A release is a workbook",
}
"""Each tab, and words that stand on it once it is drawn."""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """Run the app on the shipped pack, with a place of its own for saved work."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOUSING_MAP_STORE", str(tmp_path_factory.mktemp("saved")))
        with running_app() as running:
            yield running


def to_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()
    expect(page.get_by_text(TABS[name]).first).to_be_visible()
    settled(page)


@pytest.mark.parametrize("width", [DESK, PHONE])
def test_axe_finds_nothing_on_any_tab(
    watched_page: WatchedPage, app: RunningApp, width: int
) -> None:
    page = watched_page.page
    page.set_viewport_size({"width": width, "height": 900})
    visit(page, app.url, "assessment")
    for name in TABS:
        to_tab(page, name)
        open_everything(page)
        settled(page)
        assert faults(page) == [], name
    assert watched_page.outside_requests == []


def test_a_section_with_bars_and_one_with_a_map_are_readable_without_seeing_them(
    watched_page: WatchedPage, app: RunningApp
) -> None:
    page = watched_page.page
    visit(page, app.url, "assessment")
    to_tab(page, "Sections")
    choose(page, "Section", "11. Gaps and geography (missing)")
    picture = page.locator("figure img")
    expect(picture).to_be_visible()
    assert picture.get_attribute("alt")
    assert faults(page) == []
    choose(page, "Section", "3. Prevalence and demand (missing)")
    expect(page.locator("td.hm-bars").first).to_be_visible()
    assert faults(page) == []


def test_the_whole_release_is_written_and_comes_as_one_file(
    watched_page: WatchedPage, app: RunningApp, tmp_path: Path
) -> None:
    page = watched_page.page
    visit(page, app.url, "assessment")
    page.get_by_role("button", name="Show what may be published").click()
    settled(page)
    to_tab(page, "Files")
    page.get_by_role("button", name="Write the files").click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    whole = page.get_by_role("button", name="Download all")
    expect(whole).to_be_visible(timeout=120_000)
    with page.expect_download() as waiting:
        whole.click()
    target = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(target)
    assert target.name == "kirklees-needs-assessment-2025-26-publishable.zip"
    with zipfile.ZipFile(target) as archive:
        names = archive.namelist()
        archive.extractall(tmp_path)
    assert {Path(name).suffix for name in names} >= {
        ".xlsx", ".ods", ".docx", ".pdf", ".html", ".gpkg", ".csv", ".json",
    }  # fmt: skip
    assert not [name for name in names if "restricted" in name]
    for file in sorted(tmp_path.glob("*.html")):
        for width in (DESK, PHONE):
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(file.as_uri())
            assert page.title()
            assert faults(page) == [], (file.name, width)
    assert len(list(tmp_path.glob("*.html"))) == 2
    assert watched_page.outside_requests == []


def test_writing_can_be_stopped(watched_page: WatchedPage, app: RunningApp) -> None:
    page = watched_page.page
    visit(page, app.url, "assessment")
    choose(page, "Financial year", "April 2023 to March 2024")
    to_tab(page, "Files")
    page.get_by_role("button", name="Write the files").click()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Write the files")).to_be_visible()


def test_keys_alone_reach_and_open_a_tab(watched_page: WatchedPage, app: RunningApp) -> None:
    page = watched_page.page
    visit(page, app.url, "assessment")
    tabbed_to(page, "Ready?")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Change this section")).to_be_visible()
