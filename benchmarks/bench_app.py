"""The app in a browser.

The app runs on the shipped pack in a process of its own, Chromium on the same computer, so the
two share its cores. A change is timed from the click on an option of *Show* to the map in its
new colours with its new legend; what is sent is the content of the websocket frames that the
page received until then. Five users make changes at the same time, each in a session of its
own. Results of the model are worked out before the clock starts, as one user's are shared by
all, but for *first visitor*.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from playwright.async_api import async_playwright
from rows import Reading, Row

from housing_map.vocabulary import REASONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.async_api import Browser, Page

ROOT: Final = Path(__file__).resolve().parent.parent
USERS: Final = 5
OPENINGS: Final = 5
CHANGE_BAR_SECONDS: Final = 0.4
CHANGE_BAR_KB: Final = 50
PAINT_BAR_SECONDS: Final = 4
USERS_BAR_SECONDS: Final = 1.6
START_SECONDS: Final = 90
PATIENCE_MS: Final = 60_000
LABELS: Final = (
    "Helped",
    "Helped as they wanted",
    *(f"Lost: {REASONS[code].label.lower()}" for code in ("no_room", "not_taken_up")),
    "Households who seek help",
) * 2
"""Options of *Show* in the order of choice: each repaints the map in other colours."""

_PAINTED: Final = """([legend, before]) => {
  const frame = document.querySelector('iframe');
  const title = document.querySelector('.map-legend strong');
  const areas = frame?.contentDocument?.querySelectorAll(
    '.leaflet-overlay-pane path.leaflet-interactive');
  if (!title || title.textContent !== legend || !areas?.length) return false;
  return [...areas].map(a => a.getAttribute('aria-label')).join('|') !== before;
}"""
"""Whether the map is drawn with a legend, and its areas no longer say what they said."""
_SPOKEN: Final = """() => [...document.querySelector('iframe').contentDocument.querySelectorAll(
  '.leaflet-overlay-pane path.leaflet-interactive')].map(
  a => a.getAttribute('aria-label')).join('|')"""


@dataclass
class Session:
    """One user's browser page, and how many bytes its websocket has received."""

    page: Page
    received: int = 0
    times: list[float] = field(default_factory=list)
    sent_kb: list[float] = field(default_factory=list)


def run() -> list[Row | Reading]:
    """Time first paint, changes of one user and of five, and what a change sends."""
    with running_app() as url:
        return asyncio.run(_measured(url))


async def _measured(url: str) -> list[Row | Reading]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        first = await _opened(browser, url, "")
        paints = {
            page: [await _opened(browser, url, page) for _ in range(OPENINGS)]
            for page in ("", "map")
        }
        session = await _session(browser, url)
        await _changes(session)
        users = [await _session(browser, url) for _ in range(USERS)]
        await asyncio.gather(*(_changes(one) for one in users))
        await browser.close()
    together = sorted(seconds for one in users for seconds in one.times)
    changes = f"{len(session.times)} changes"
    return [
        Reading("First visitor: Overview drawn", "results worked out first", first, "s"),
        *(
            Reading(
                f"First paint of {'Overview' if not page else 'Map'}, the slowest",
                f"{OPENINGS} new sessions",
                max(times),
                "s",
                PAINT_BAR_SECONDS,
            )
            for page, times in paints.items()
        ),
        Reading(
            "Map repainted, median", changes, statistics.median(session.times), "s",
            CHANGE_BAR_SECONDS,
        ),
        Reading("Map repainted, the slowest", changes, max(session.times), "s"),
        Reading("Sent for a change, the most", changes, max(session.sent_kb), "kB", CHANGE_BAR_KB),
        Reading(
            "Five users at once, 95th percentile",
            f"{len(together)} changes",
            statistics.quantiles(together, n=20)[-1],
            "s",
            USERS_BAR_SECONDS,
        ),
        Reading(
            "Five users at once, median", f"{len(together)} changes",
            statistics.median(together), "s",
        ),
    ]  # fmt: skip


async def _opened(browser: Browser, url: str, address: str) -> float:
    """Open a page in a session of its own; seconds until it is drawn to its foot."""
    context = await browser.new_context(viewport={"width": 1366, "height": 768})
    context.set_default_timeout(PATIENCE_MS)
    page = await context.new_page()
    start = time.perf_counter()
    await page.goto(f"{url}/{address}")
    await drawn(page)
    seconds = time.perf_counter() - start
    await context.close()
    return seconds


async def drawn(page: Page) -> None:
    """Wait until a page is drawn to its foot and the app is at rest."""
    await page.locator(".hm-foot").wait_for()
    await page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()


async def _session(browser: Browser, url: str) -> Session:
    """Open the map in a session of its own, with its areas drawn."""
    context = await browser.new_context(viewport={"width": 1366, "height": 768})
    context.set_default_timeout(PATIENCE_MS)
    session = Session(await context.new_page())

    def received(frame: str | bytes) -> None:
        session.received += len(frame)

    session.page.on("websocket", lambda socket: socket.on("framereceived", received))
    await session.page.goto(f"{url}/map")
    await drawn(session.page)
    await (
        session.page.frame_locator("iframe")
        .locator(".leaflet-overlay-pane path.leaflet-interactive")
        .first.wait_for(state="attached")
    )
    return session


async def _changes(session: Session) -> None:
    """Choose one measure of the map after another, and time each until it is painted."""
    page = session.page
    box = page.get_by_role("combobox", name="Show", exact=True)
    for label in LABELS:
        before = await page.evaluate(_SPOKEN)
        await box.click()
        option = page.get_by_role("option", name=label, exact=True)
        await option.wait_for()
        session.received = 0
        start = time.perf_counter()
        await option.click()
        await page.wait_for_function(_PAINTED, arg=[label, before])
        session.times.append(time.perf_counter() - start)
        await drawn(page)
        session.sent_kb.append(session.received / 1000)


@contextmanager
def running_app() -> Iterator[str]:
    """Start the app on the shipped pack, yield its address, and stop it at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
    command += ["--server.port", str(port), "--server.address", "127.0.0.1"]
    environment = {k: v for k, v in os.environ.items() if k != "HOUSING_MAP_DATA"}
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(  # noqa: S603 - the app of this project
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        end = time.monotonic() + START_SECONDS
        while not _healthy(url):
            if time.monotonic() > end or process.poll() is not None:
                message = "the app did not start"
                raise RuntimeError(message)
            time.sleep(0.2)
        yield url
    finally:
        process.terminate()
        process.wait(10)


def _healthy(url: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{url}/_stcore/health", timeout=5):
            return True
    except (urllib.error.URLError, OSError):
        return False


def chromium() -> str:
    """Return the path of Chromium: ``CHROMIUM`` if it is set, else the one installed."""
    found = (
        os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    )
    if found is None:
        message = "Chromium is not installed: install it, or set CHROMIUM to its path"
        raise RuntimeError(message)
    return found
