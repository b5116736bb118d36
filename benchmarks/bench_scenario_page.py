"""The page of scenarios in a browser: from a click to the answer.

As in `bench_app`, the app runs on the shipped pack in a process of its own, and Chromium on
the same computer. A change is timed from the click on *Add this change* to the page that says it:
the answer comes before the list of changes, so the answer is there when the list is. *With ranges*
is when all is drawn, the cautious and the optimistic run among it. Every change is new: nothing of
it was worked out before.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
import time
from typing import TYPE_CHECKING, Final

from bench_app import PATIENCE_MS, chromium, drawn, running_app
from playwright.async_api import async_playwright
from rows import Reading, Row

if TYPE_CHECKING:
    from playwright.async_api import Page

CHANGES: Final = 6
ANSWER_BAR_SECONDS: Final = 0.5
CHANGE_BAR_KB: Final = 50
SORTS: Final = {
    "places alone": "Services: More or fewer places",
    "who asks": "Who asks: More or fewer ask for help",
}
"""Sorts of change that are added, by what is worked out anew."""


def run() -> list[Row | Reading]:
    """Time the answer to a change, and what it sends."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HOUSING_MAP_STORE"] = folder
        with running_app() as url:
            return asyncio.run(_measured(url))


async def _measured(url: str) -> list[Row | Reading]:
    found: list[Row | Reading] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        for what, sort in SORTS.items():
            context = await browser.new_context(viewport={"width": 1280, "height": 900})
            context.set_default_timeout(PATIENCE_MS)
            page = await context.new_page()
            answers, wholes, sent = await _changes(page, url, sort)
            size = f"{len(answers)} changes of {what}"
            found += [
                Reading("Scenario answered, median", size, statistics.median(answers), "s",
                        ANSWER_BAR_SECONDS),
                Reading("Scenario answered, the slowest", size, max(answers), "s"),
                Reading("All drawn, with ranges, median", size, statistics.median(wholes), "s"),
                Reading("Sent for a change, the most", size, max(sent), "kB", CHANGE_BAR_KB),
            ]  # fmt: skip
            await context.close()
        await browser.close()
    return found


async def _changes(page: Page, url: str, sort: str) -> tuple[list[float], list[float], list[float]]:
    """Add changes of a sort: seconds to the answer, to the whole page, and kB received."""
    received = [0]

    def count(frame: str | bytes) -> None:
        received[0] += len(frame)

    page.on("websocket", lambda socket: socket.on("framereceived", count))
    await page.goto(f"{url}/scenarios")
    await drawn(page)
    box = page.get_by_role("combobox", name="What would change", exact=True)
    if await box.input_value() != sort:
        await box.click()
        await box.fill(sort)
        await page.get_by_role("option", name=sort, exact=True).click()
        await page.get_by_label("Per cent more, below 0 fewer").wait_for()
        await drawn(page)
    answers: list[float] = []
    wholes: list[float] = []
    sent: list[float] = []
    # The first change also draws what the page opens without: it is not timed.
    for number in range(1, CHANGES + 2):
        received[0] = 0
        start = time.perf_counter()
        await page.get_by_role("button", name="Add this change").click()
        await page.wait_for_function(
            "n => document.querySelector('ol.hm-list')?.children.length === n", arg=number
        )
        answered = time.perf_counter() - start
        await drawn(page)
        whole = time.perf_counter() - start
        await page.wait_for_timeout(300)
        if number > 1:
            answers.append(answered)
            wholes.append(whole)
            sent.append(received[0] / 1000)
    return answers, wholes, sent
