"""Names that try to be script, in Chromium: nothing runs, and each is shown as it was written."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from housing_map.app.main import PAGES
from tests.browser.driving import (
    areas,
    box,
    choose,
    choose_need,
    go_on,
    open_everything,
    rows_of,
    settled,
    visit,
)
from tests.browser.hostile import HostilePack
from tests.conftest import RunningApp, WatchedPage, running_app

ADDRESSES = [address for _, _, address in PAGES]

# In every frame, whatever an attack calls leaves its mark on the page.
_WATCH = """
window.top.hacked = window.top.hacked || [];
for (const name of ["alert", "confirm", "prompt"]) {
  window[name] = (said) => { window.top.hacked.push(name + " " + said); };
}
"""


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> HostilePack:
    return HostilePack(tmp_path_factory.mktemp("hostile"))


@pytest.fixture(scope="module")
def app(pack: HostilePack) -> Iterator[RunningApp]:
    with running_app(pack.folder) as started:
        yield started


@pytest.fixture
def page(watched_page: WatchedPage) -> Iterator[Page]:
    """Return a page that notes what runs; in the end nothing may have, nor may a link wait."""
    page = watched_page.page
    page.context.add_init_script(_WATCH)
    opened: list[str] = []
    page.on("dialog", lambda dialog: (opened.append(dialog.message), dialog.dismiss()))
    yield page
    assert opened == []
    assert page.evaluate("window.top.hacked") == []
    assert watched_page.outside_requests == []
    for frame in page.frames:
        found = frame.evaluate(
            """[...document.querySelectorAll("*")].filter(one =>
                ["DETAILS"].includes(one.tagName) && one.hasAttribute("ontoggle")
                || ["onerror", "onload", "onmouseover", "onfocus"].some(a => one.hasAttribute(a))
                || /^(javascript|data:confirm)/.test(one.getAttribute("href") || "")
            ).map(one => one.outerHTML)"""
        )
        assert found == []


def shown(text: str) -> str:
    """Return a text as a browser shows it: white space of any kind is one space."""
    return " ".join(text.split())


def test_the_marks_that_these_tests_look_for_would_be_there(page: Page, app: RunningApp) -> None:
    """An attack that is let into a page does leave its mark: these tests can fail."""
    visit(page, app.url, "map")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=alert(1)>')")
    page.wait_for_function("window.top.hacked.length === 1")
    page.frames[1].evaluate("confirm(2)")
    assert page.evaluate("window.top.hacked") == ["alert 1", "confirm 2"]
    page.evaluate("window.top.hacked = []; document.querySelector('img[onerror]').remove()")


def test_nothing_runs_on_any_page(page: Page, app: RunningApp) -> None:
    visit(page, app.url, ADDRESSES[0])
    for address in ADDRESSES[1:]:
        go_on(page, address)
        open_everything(page)
        for tab in page.get_by_role("tab").all():
            tab.click()
            open_everything(page)


def test_areas_of_the_map_are_named_as_they_were_written(
    page: Page, app: RunningApp, pack: HostilePack
) -> None:
    """In the hover text, the words read out, the table, the box and the heading alike."""
    visit(page, app.url, "map")
    choose(page, "Areas", "Ward")
    expect(areas(page)).to_have_count(3)
    settled(page)
    names = [pack.area(name) for name in ("Alderby East", "Alderby West", "Brockley and Cowden")]
    assert [cells[0] for cells in rows_of(page, "The same numbers")] == names
    for name, area in zip(names, areas(page).all(), strict=True):
        area.hover()
        said = f"{name}: 41.7 per 1,000 households"
        hover = page.frame_locator("iframe").get_by_text(said, exact=True)
        expect(hover.and_(page.frame_locator("iframe").locator(".map-hover"))).to_be_visible()
        area.click()
        expect(page.get_by_role("heading", name=shown(name), exact=True)).to_be_visible()
        expect(box(page, "Profile of")).to_have_value(name)
        settled(page)
    drawn = page.frame_locator("iframe").locator(".map-name").all_text_contents()
    assert set(drawn) >= {*names, pack.area("Alderby"), pack.area("Cowden"), pack.area("Farshire")}


def test_public_points_are_named_as_they_were_written(
    page: Page, app: RunningApp, pack: HostilePack
) -> None:
    visit(page, app.url, "map")
    points = page.frame_locator("iframe").locator(".leaflet-marker-pane path.leaflet-interactive")
    expect(points).to_have_count(4)
    said = points.evaluate_all("all => all.map(point => point.getAttribute('aria-label'))")
    options = pack.text("Housing options")
    assert said == [
        f"{options}: {pack.text(desk)} (about here)"
        for desk in ("Civic centre, Alderby", "Desk 0", "Desk 1", "Desk 2")
    ]


def test_every_level_of_the_map_stands_hostile_labels(
    page: Page, app: RunningApp, pack: HostilePack
) -> None:
    """The label of a grouping is data as well; it is an option of a box, and no more."""
    visit(page, app.url, "map")
    for level, count in ((pack.text("zone"), 1), ("Small area (LSOA)", 6), (pack.text("place"), 2)):
        choose(page, "Areas", level)
        expect(areas(page)).to_have_count(count)
        settled(page)


def test_services_are_named_as_they_were_written_in_the_picture_and_the_lists(
    page: Page, app: RunningApp, pack: HostilePack
) -> None:
    visit(page, app.url, "who-can-help")
    picture = page.get_by_role("img", name="Diagram of referral routes")
    said = picture.get_attribute("alt") or ""
    for name in ("Advisers", "Refuge", "Sanctuary", "Council lettings", "Housing options"):
        assert pack.text(name) in said
    assert picture.evaluate("one => one.complete && one.naturalWidth > 0"), "the drawing is whole"
    routes = rows_of(page, "Each route")
    assert any(pack.text("Sanctuary") in cells[0] for cells in routes)
    choose_need(page, "Man")
    expect(page.locator(".hm-list", has_text="does not take")).to_contain_text(
        f"{shown(pack.text('Refuge'))}: does not take: man"
    )
    settled(page)
