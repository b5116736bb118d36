"""What the overview works out in the background, in Chromium: it arrives by itself, reachably."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.driving import open_everything, rows_of, settled, visit
from tests.browser.test_accessibility import DESK, PHONE, faults
from tests.conftest import RunningApp, WatchedPage, running_app
from tests.packs import write_pack

LONG_MS = 180_000
"""For a hundred draws of the small pack on a busy computer."""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    with running_app(write_pack(tmp_path_factory.mktemp("small"))) as started:
        yield started


def test_questions_and_intervals_arrive_by_themselves_and_for_the_next_reader_at_once(
    watched_page: WatchedPage, app: RunningApp
) -> None:
    page = watched_page.page
    visit(page, app.url, "")
    expect(page.get_by_role("button", name="Work out what matters together")).to_be_visible(
        timeout=LONG_MS
    )
    expect(page.get_by_text("80% interval from 100 draws (seed 2026)")).to_be_visible(
        timeout=LONG_MS
    )
    settled(page)
    assert rows_of(page, "Households a year, all homes together")[0][-1] not in {"", "0"}
    first = page.locator(".hm-list li", has_text="could change").all_text_contents()
    assert 1 <= len(first) <= 5
    page.reload()
    settled(page)
    assert page.locator(".hm-list li", has_text="could change").all_text_contents() == first
    assert watched_page.outside_requests == []
    for width in (DESK, PHONE):
        page.set_viewport_size({"width": width, "height": 900})
        open_everything(page)
        assert faults(page) == []


def test_what_matters_together_can_be_stopped_and_asked_for_again(
    watched_page: WatchedPage, app: RunningApp
) -> None:
    page = watched_page.page
    visit(page, app.url, "")
    button = page.get_by_role("button", name="Work out what matters together")
    expect(button).to_be_visible(timeout=LONG_MS)
    button.click()
    stop = page.get_by_role("button", name="Stop")
    expect(stop).to_be_visible(timeout=LONG_MS)
    assert faults(page) == []
    stop.click()
    expect(button).to_be_visible()
    button.click()
    expect(page.get_by_text("64 pairs of draws (seed 2026)")).to_be_visible(timeout=LONG_MS)
    settled(page)
    assert faults(page) == []
