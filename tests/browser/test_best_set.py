"""The tab *Best choice* in a real browser: axe, keys, a phone's width, and a proof that comes."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.driving import open_everything, settled
from tests.browser.test_accessibility import DESK, PHONE, faults
from tests.conftest import WatchedPage

LONG_MS = 240_000
"""For what is worked out in a process of its own on a busy computer."""

KEY_MS = 80
"""Between two keys of a quick hand: 150 words a minute."""


def at_best(page: Page, url: str) -> None:
    """Open the tab, and wait until its answer is there."""
    page.goto(f"{url}/scenarios")
    page.get_by_role("tab", name="Best choice").click()
    expect(page.get_by_text(re.compile("^(A first answer|The best) for 20 places"))).to_be_visible(
        timeout=LONG_MS
    )
    settled(page)


def ask(page: Page, question: str, then: str) -> None:
    """Choose one of the three questions, and wait for a heading of its answer."""
    page.get_by_text(question, exact=True).click()
    expect(page.get_by_role("heading", name=then)).to_be_visible(timeout=LONG_MS)
    settled(page)


def sideways(page: Page) -> int:
    """Return by how many pixels the page is wider than its window."""
    found: int = page.evaluate(
        "(one => one.scrollWidth - one.clientWidth)(document.querySelector('[data-testid=stMain]'))"
    )
    return found


@pytest.mark.parametrize("width", [DESK, PHONE])
def test_axe_finds_nothing_on_any_question_and_the_page_scrolls_one_way(
    watched_page: WatchedPage, app_url: str, width: int
) -> None:
    page = watched_page.page
    page.set_viewport_size({"width": width, "height": 900})
    at_best(page, app_url)
    expect(page.get_by_text("Proved: no other allowed set")).to_be_visible(timeout=LONG_MS)
    settled(page)
    open_everything(page)
    assert faults(page) == []
    assert sideways(page) <= 1
    ask(page, "What it would take to help a share of everybody", "Who needs these places")
    open_everything(page)
    assert faults(page) == []
    assert sideways(page) <= 1
    ask(page, "Where to open a service that people visit", "How many would be enough?")
    assert faults(page) == []
    assert sideways(page) <= 1
    assert watched_page.outside_requests == []


def test_a_cost_is_written_into_the_table_with_keys_alone(
    watched_page: WatchedPage, app_url: str
) -> None:
    """With a budget in pounds the answer asks by name; a cost that is written is asked no more."""
    page = watched_page.page
    at_best(page, app_url)
    page.get_by_role("combobox", name="Budget in").focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("Pounds a year")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    asked = page.get_by_role("listitem").filter(has_text=re.compile("^4 dispersed homes$"))
    expect(asked).to_be_visible(timeout=LONG_MS)
    settled(page)
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "CANVAS":
            break
    for column in range(2):
        expect(page.locator(f"#glide-cell-{column}-0")).to_be_focused()
        page.keyboard.press("ArrowRight")
    expect(page.locator("#glide-cell-2-0")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("input:focus")).to_be_visible()
    # The table takes a figure over in the frame after its last digit: no hand is faster than that.
    page.keyboard.type("120000", delay=KEY_MS)
    page.wait_for_timeout(KEY_MS)
    page.keyboard.press("Enter")
    expect(asked).not_to_be_visible(timeout=LONG_MS)
    others = page.get_by_role("listitem").filter(has_text=re.compile("^6 dispersed homes$"))
    expect(others).to_be_visible()


def test_plans_of_a_budget_are_found_while_the_page_stays_alive_and_can_be_stopped(
    watched_page: WatchedPage, app_url: str
) -> None:
    page = watched_page.page
    at_best(page, app_url)
    page.get_by_role("button", name="Work out how far a budget goes").click()
    stop = page.locator(".st-key-stop_best_frontier").get_by_role("button", name="Stop")
    expect(stop).to_be_visible(timeout=LONG_MS)
    stop.click()
    expect(page.get_by_role("button", name="Work out how far a budget goes")).to_be_visible(
        timeout=LONG_MS
    )
