"""Reachable for all (WCAG 2.2 AA): axe, tables beside pictures, 200 % zoom, keys alone."""

import re
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, expect

from housing_map.app.main import PAGES
from tests.browser.driving import (
    PICTURE,
    TITLES,
    areas,
    box,
    choose,
    choose_need,
    map_frame,
    open_everything,
    settled,
    visit,
)
from tests.conftest import PAGE_TIMEOUT_MS, WatchedPage

ADDRESSES = [address for _, _, address in PAGES]
DESK, PHONE = 1280, 390


def faults(page: Page) -> list[str]:
    """Return what axe finds on the page and in its frames, by every rule it has."""
    for frame in page.frames:
        frame.evaluate(AXE_SCRIPT)
    found: dict[str, Any] = page.evaluate(
        "axe.run(document, {resultTypes: ['violations'], iframes: true})"
    )
    return [
        f"{fault['id']} ({fault['impact']}): {node['target']} {node['html'][:200]}"
        for fault in found["violations"]
        for node in fault["nodes"]
    ]


# axe ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [DESK, PHONE])
@pytest.mark.parametrize("address", ADDRESSES)
def test_axe_finds_nothing_on_a_page(
    watched_page: WatchedPage, app_url: str, address: str, width: int
) -> None:
    """Neither as it opens, nor with every part and every tab of it opened."""
    page = watched_page.page
    page.set_viewport_size({"width": width, "height": 900})
    visit(page, app_url, address)
    open_everything(page)
    assert faults(page) == []
    for tab in page.get_by_role("tab").all()[1:]:
        tab.click()
        open_everything(page)
        assert faults(page) == []


def test_axe_finds_nothing_once_a_place_is_chosen(watched_page: WatchedPage, app_url: str) -> None:
    page = watched_page.page
    visit(page, app_url, "map")
    areas(page).first.click()
    expect(page.get_by_text("households (Census 2021)")).to_be_visible()
    settled(page)
    assert faults(page) == []
    choose(page, "Areas", "Small area (LSOA)")
    expect(areas(page)).to_have_count(260)
    settled(page)
    assert faults(page) == []


def test_axe_finds_nothing_in_an_answer_with_refusals(
    watched_page: WatchedPage, app_url: str
) -> None:
    page = watched_page.page
    visit(page, app_url, "who-can-help")
    choose_need(page, "No recourse to public funds")
    expect(page.get_by_text("Services that cannot help")).to_be_visible()
    settled(page)
    assert faults(page) == []


def test_axe_reads_the_frame_of_the_map_as_well(watched_page: WatchedPage, app_url: str) -> None:
    """A fault put into the map is found: the frame is not skipped."""
    page = watched_page.page
    visit(page, app_url, "map")
    map_frame(page).evaluate("document.body.append(document.createElement('button'))")
    assert any("button-name" in fault for fault in faults(page))


# Pictures and their tables ------------------------------------------------------------------

_IN_ORDER = f"""[...document.querySelectorAll('{PICTURE}, table.hm')].map(one => ({{
  picture: !one.matches('table'),
  words: one.matches('table') ?
    [...one.querySelectorAll('caption, th, td')].map(cell => cell.textContent).join(' ') :
    one.getAttribute('aria-label') || one.getAttribute('alt') || one.title || ''}}))"""


@pytest.mark.parametrize(
    ("address", "count"),
    [
        ("", 2),
        ("map", 1),
        ("gaps", 2),
        ("who-can-help", 1),
        ("scenarios", 0),
        ("resilience", 1),
        ("data-and-method", 2),
    ],
)
def test_every_picture_has_words_and_is_followed_by_its_numbers_in_a_table(
    watched_page: WatchedPage, app_url: str, address: str, count: int
) -> None:
    """What a picture says in words, number by number, stands in the tables that come next."""
    page = watched_page.page
    visit(page, app_url, address)
    if address == "data-and-method":
        for tab in ("Is the door full?", "Trends"):  # a chart is drawn once it can be seen
            page.get_by_role("tab", name=tab).click()
            seen = page.get_by_test_id("stVegaLiteChart").filter(visible=True)
            expect(seen).to_have_attribute("aria-label", re.compile("."))
    expect(page.locator(PICTURE)).to_have_count(count)
    for chart in page.get_by_test_id("stVegaLiteChart").all():
        expect(chart).to_have_attribute("aria-label", re.compile("."))
    things = page.evaluate(_IN_ORDER)
    pictures = [number for number, thing in enumerate(things) if thing["picture"]]
    for number in pictures:
        words = things[number]["words"]
        assert words, "a picture has no words"
        after = things[number + 1 :]
        while after and after[0]["picture"]:
            after = after[1:]
        tables = ""
        for thing in after:
            if thing["picture"]:
                break
            tables += thing["words"]
        assert tables, "no table follows"
        assert _numbers(words) <= _numbers(tables), words


def _numbers(text: str) -> set[str]:
    return set(re.findall(r"\d(?:[\d,]*\d)?%?", text))


# Room ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "scale"), [(640, 2), (320, 4)], ids=["200%", "400%"])
def test_a_page_enlarged_scrolls_in_one_direction_only(
    browser: Browser, app_url: str, width: int, scale: int
) -> None:
    """A window of 1,280 pixels at 200 and at 400 per cent; wide tables scroll by themselves."""
    context = browser.new_context(
        viewport={"width": width, "height": 450}, device_scale_factor=scale, locale="en-GB"
    )
    context.set_default_timeout(PAGE_TIMEOUT_MS)
    page = context.new_page()
    for address in ADDRESSES:
        visit(page, app_url, address)
        open_everything(page)
        assert _too_wide(page) == [], address
        for tab in page.get_by_role("tab").all()[1:]:
            tab.click()
            assert _too_wide(page) == [], address
    context.close()


def _too_wide(page: Page) -> list[str]:
    """Return the boxes that scroll sideways, but for those that are made to."""
    found: list[str] = page.evaluate(
        """[...document.querySelectorAll(
            'html, body, .stApp, [data-testid=stAppViewContainer], [data-testid=stMain]')]
          .filter(one => one.scrollWidth > one.clientWidth + 1)
          .map(one => `${one.tagName} ${one.className} ${one.scrollWidth}>${one.clientWidth}`)"""
    )
    return found


# Keys ---------------------------------------------------------------------------------------


def test_keys_alone_open_a_page_and_change_a_filter(
    watched_page: WatchedPage, app_url: str
) -> None:
    page = watched_page.page
    visit(page, app_url, "")
    tabbed_to(page, TITLES["map"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Where do people")
    settled(page)
    tabbed_to(page, "Show")
    page.keyboard.press("Control+a")
    page.keyboard.type("Not connected")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".map-legend strong")).to_have_text("Lost: not connected")
    expect(box(page, "Show")).to_be_focused()


def test_keys_alone_reach_wide_tables_and_pictures_to_scroll_them(
    watched_page: WatchedPage, app_url: str
) -> None:
    """What scrolls sideways has a name and takes the focus."""
    page = watched_page.page
    page.set_viewport_size({"width": PHONE, "height": 800})
    visit(page, app_url, "who-can-help")
    region = page.get_by_role("region", name="Diagram, scrolls sideways")
    region.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.activeElement.scrollLeft > 0")
    expect(page.get_by_role("region", name="Each route")).to_have_attribute("tabindex", "0")


def tabbed_to(page: Page, name: str, most: int = 30) -> None:
    """Press the tab key until the thing of this name has the focus, which can be seen."""
    for _ in range(most):
        page.keyboard.press("Tab")
        reached = page.evaluate(
            "(one => one.getAttribute('aria-label') || one.textContent)(document.activeElement)"
        )
        if reached == name:
            return
    pytest.fail(f"{name} cannot be reached with the tab key")
