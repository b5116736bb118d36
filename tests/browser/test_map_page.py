"""The map in Chromium: it draws, repaints, can be clicked and worked by keys, and asks nobody."""

import re

import pytest
from playwright.sync_api import Page, expect

from housing_map.app.main import PAGES
from housing_map.app.where import MEASURES
from tests.browser.driving import (
    areas,
    box,
    choose,
    go_on,
    map_frame,
    rows_of,
    settled,
    visit,
)
from tests.conftest import WatchedPage

ADDRESSES = [address for _, _, address in PAGES]
CAPTION = "The same numbers"
LARGEST_CHANGE_BYTES = 50_000
"""What a change of one filter may send to the browser (design.md, 7)."""


def spoken(page: Page) -> dict[str, str]:
    """Return what each area of the map says of itself, by its name."""
    labels = areas(page).evaluate_all("all => all.map(a => a.getAttribute('aria-label'))")
    return dict(label.split(": ", 1) for label in labels)


def in_table(page: Page, column: int) -> dict[str, str]:
    """Return one column of the table under the map, by the name of the area."""
    return {cells[0]: cells[column] for cells in rows_of(page, CAPTION)}


def profiled(page: Page, name: str) -> None:
    """Check that the place is the one chosen: its heading, and the box beside the map."""
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
    expect(box(page, "Profile of")).to_have_value(name)


# Nobody else is asked -----------------------------------------------------------------------


def test_no_page_asks_another_computer_for_anything(
    watched_page: WatchedPage, app_url: str
) -> None:
    """Neither when opened by its address nor through the navigation; nor does the map."""
    page = watched_page.page
    for address in ADDRESSES:
        visit(page, app_url, address)
    for address in reversed(ADDRESSES):
        go_on(page, address)
    go_on(page, "map")
    areas(page).first.hover()
    choose(page, "Show", "Helped")
    expect(page.locator(".map-legend strong")).to_have_text("Helped")
    assert watched_page.outside_requests == []


# What is shown ------------------------------------------------------------------------------


def test_another_measure_changes_map_legend_and_table_alike(
    watched_page: WatchedPage, app_url: str
) -> None:
    """What an area says when it is touched is what the table says of it."""
    page = watched_page.page
    visit(page, app_url, "map")
    assert len(spoken(page)) == 7
    assert spoken(page) == {
        name: f"{rate} per 1,000 households" for name, rate in in_table(page, 1).items()
    }
    label = MEASURES["no_room"][0]
    choose(page, "Show", label)
    expect(page.locator(".map-legend strong")).to_have_text(label)
    expect(areas(page).first).to_have_attribute("aria-label", _ending("seek help"))
    column = 8
    heading = page.locator("table.hm").last.locator("thead th").nth(column)
    expect(heading).to_have_text("No room")
    assert spoken(page) == {
        name: f"{share} of those who seek help" for name, share in in_table(page, column).items()
    }


def _ending(words: str) -> "re.Pattern[str]":
    return re.compile(f"{re.escape(words)}$")


def test_another_level_redraws_the_map_and_the_table(
    watched_page: WatchedPage, app_url: str
) -> None:
    page = watched_page.page
    visit(page, app_url, "map")
    for level, count in (("Ward", 23), ("Place", 4), ("Place Partnership", 7)):
        choose(page, "Areas", level)
        expect(areas(page)).to_have_count(count)
        settled(page)
        assert spoken(page) == {
            name: f"{rate} per 1,000 households" for name, rate in in_table(page, 1).items()
        }


def test_touching_an_area_shows_its_figure(watched_page: WatchedPage, app_url: str) -> None:
    page = watched_page.page
    visit(page, app_url, "map")
    name, said = next(iter(spoken(page).items()))
    areas(page).first.hover()
    expect(page.frame_locator("iframe").locator(".map-hover")).to_have_text(f"{name}: {said}")


def test_a_change_of_filter_sends_little(watched_page: WatchedPage, app_url: str) -> None:
    """The boundaries stay where they are: only values and the table travel."""
    page = watched_page.page
    visit(page, app_url, "map")
    for label, option, shown in (
        ("Show", "Helped", page.locator(".map-legend strong", has_text="Helped")),
        ("Tenure", "Private rent", page.locator("caption", has_text="private rent")),
        ("Areas", "Ward", page.locator("table.hm tbody th", has_text="Almondbury")),
    ):
        watched_page.received_frames.clear()
        choose(page, label, option)
        expect(shown).to_be_visible()
        settled(page)
        assert 0 < len(watched_page.received_bytes) < LARGEST_CHANGE_BYTES


def test_reach_is_drawn_as_its_table_says_and_sends_little(
    watched_page: WatchedPage, app_url: str
) -> None:
    page = watched_page.page
    visit(page, app_url, "map")
    label = MEASURES["reach"][0]
    for box_label, option, count in (
        ("Show", label, 7),
        ("Areas", "Ward", 23),
        ("Within, minutes included", "15 minutes", 23),
        ("Nearest place of", "Independent domestic violence adviser", 23),
    ):
        watched_page.received_frames.clear()
        choose(page, box_label, option)
        expect(page.locator(".map-legend strong", has_text=label)).to_be_visible()
        expect(areas(page)).to_have_count(count)
        settled(page)
        assert 0 < len(watched_page.received_bytes) < LARGEST_CHANGE_BYTES, option
    assert spoken(page) == {
        name: f"{share} of residents within 15 minutes" for name, share in in_table(page, 2).items()
    }


def test_filters_are_remembered_when_the_reader_comes_back(
    watched_page: WatchedPage, app_url: str
) -> None:
    page = watched_page.page
    visit(page, app_url, "map")
    choose(page, "Areas", "Place")
    expect(areas(page)).to_have_count(4)
    go_on(page, "gaps")
    go_on(page, "map")
    expect(box(page, "Areas")).to_have_value("Place")
    expect(areas(page)).to_have_count(4)


# Click and keys -----------------------------------------------------------------------------


def test_the_first_click_chooses_a_place_and_the_page_stays_where_it_is(
    watched_page: WatchedPage, app_url: str
) -> None:
    """Also while part of the map lies below the window, as it does on a laptop.

    Leaflet takes the focus when the mouse goes down. Had the page scrolled to show the whole
    map, the mouse would come up over another area, and the click would choose nothing.
    """
    page = watched_page.page
    visit(page, app_url, "map")
    frame = page.locator("iframe").bounding_box()
    window = page.viewport_size
    assert frame is not None
    assert window is not None
    assert frame["y"] + frame["height"] > window["height"], "the map is cut off below"
    name = next(iter(spoken(page)))
    areas(page).first.click()
    profiled(page, name)
    assert page.locator("iframe").bounding_box() == frame
    other = list(spoken(page))[1]
    areas(page).nth(1).click()
    profiled(page, other)


def test_a_place_chosen_in_the_box_is_framed_on_the_map(
    watched_page: WatchedPage, app_url: str
) -> None:
    """And the box keeps the keyboard, though the page draws itself twice."""
    page = watched_page.page
    visit(page, app_url, "map")
    frames = page.frame_locator("iframe").locator(".leaflet-outline-pane path")
    before = frames.count()
    name = list(spoken(page))[2]
    choose(page, "Profile of", name)
    profiled(page, name)
    expect(frames).to_have_count(before + 2)
    settled(page)
    expect(box(page, "Profile of")).to_be_focused()


def test_keys_alone_choose_a_place_and_zoom_the_map(
    watched_page: WatchedPage, app_url: str
) -> None:
    page = watched_page.page
    visit(page, app_url, "map")
    names = list(spoken(page))
    box(page, "Need is spread by").focus()
    reached = tabbed_to(page, names[1])
    page.keyboard.press("Enter")
    profiled(page, names[1])
    # The areas are drawn anew with the place framed; the keyboard goes on from where it was.
    map_frame(page).wait_for_function(f"label => {FOCUSED} === label", arg=reached)
    tabbed_to(page, "Zoom in")
    size = "Math.max(...[...document.querySelectorAll('path[role=button]')].map(SIZE))".replace(
        "SIZE", "area => area.getBBox().width"
    )
    width = map_frame(page).evaluate(size)
    page.keyboard.press("Enter")
    map_frame(page).wait_for_function(f"width => {size} > 1.5 * width", arg=width)
    tabbed_to(page, "Zoom out")
    page.keyboard.press("Enter")
    map_frame(page).wait_for_function(f"width => {size} < 1.1 * width", arg=width)


FOCUSED = "document.activeElement.getAttribute('aria-label')"


def tabbed_to(page: Page, name: str, most: int = 40) -> str:
    """Press the tab key until the thing of this name has the focus; all on the way have a name."""
    for _ in range(most):
        page.keyboard.press("Tab")
        reached = map_frame(page).evaluate(FOCUSED)
        assert reached, "a thing without a name takes the focus"
        if str(reached).startswith(name):
            return str(reached)
    pytest.fail(f"{name} cannot be reached with the tab key")


def test_many_small_areas_are_no_tab_stops_but_can_be_chosen_in_the_box(
    watched_page: WatchedPage, app_url: str
) -> None:
    page = watched_page.page
    visit(page, app_url, "map")
    choose(page, "Areas", "Small area (LSOA)")
    expect(areas(page)).to_have_count(260)
    assert areas(page).evaluate_all("all => all.every(a => a.tabIndex === -1)")
    settled(page)
    name = rows_of(page, CAPTION)[0][0]
    choose(page, "Profile of", name)
    profiled(page, name)
