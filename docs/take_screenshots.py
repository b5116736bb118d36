"""Take the pictures of the pages that the README and the user guide show.

Run with the development packages and Chromium installed: ``python docs/take_screenshots.py``, or
with names of pictures to take those alone: ``python docs/take_screenshots.py scenarios``. It opens
the app on the shipped data, with an empty place for saved work, and writes ``docs/images``.
"""
# ruff: noqa: INP001 - a script of its own

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

ROOT: Final = Path(__file__).resolve().parent.parent
IMAGES: Final = ROOT / "docs" / "images"
CHROMIUM: Final = os.environ.get("CHROMIUM", "/usr/bin/chromium")
WIDTH_PX: Final = 1280
HEIGHTS_PX: Final = {
    "overview": 1320,
    "map": 1080,
    "gaps": 1180,
    "who-can-help": 1240,
    "scenarios": 1000,
    "resilience": 1400,
    "assessment": 1240,
    "data-and-method": 1000,
}
START_SECONDS: Final = 60
READY_MADE: Final = "A by-and-for refuge"
"""The ready-made scenario of the picture: it names no town."""


@contextmanager
def _app() -> Iterator[str]:
    """Run the app on a free port and yield its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}"]
    command += ["--server.address=127.0.0.1", "--server.headless=true"]
    saved = tempfile.TemporaryDirectory()
    server = subprocess.Popen(  # noqa: S603 - ours
        command,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        env=os.environ | {"HOUSING_MAP_STORE": saved.name},
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(START_SECONDS * 5):
            try:
                urllib.request.urlopen(f"{address}/_stcore/health")  # noqa: S310 - this machine
                break
            except OSError:
                time.sleep(0.2)
        yield address
    finally:
        server.terminate()
        server.wait()
        saved.cleanup()


def _settled(page: Page) -> None:
    """Wait until the page has been worked out and nothing moves any more."""
    page.locator(".hm-foot").wait_for(timeout=60_000)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1500)


def _begun(page: Page) -> None:
    """Start from a ready-made scenario, and wait for its answer over three runs."""
    page.get_by_label("Start from").first.click()
    page.get_by_role("option", name=READY_MADE).click()
    page.get_by_role("button", name="Start from this").click()
    page.locator(".hm-answer", has_text="(").wait_for(timeout=60_000)
    _settled(page)


def _mapped(page: Page) -> None:
    """Open the provision map."""
    page.get_by_role("tab", name="Provision map").click()
    _settled(page)


FIRST: Final = {"scenarios": _begun, "assessment": _mapped}
"""What is done on a page before its picture is taken."""


def main(names: list[str]) -> None:
    """Take the pictures named, or every one."""
    if unknown := set(names) - set(HEIGHTS_PX):
        sys.exit(
            f"No such picture: {', '.join(sorted(unknown))}. There are {', '.join(HEIGHTS_PX)}."
        )
    IMAGES.mkdir(exist_ok=True)
    with _app() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for name in names or HEIGHTS_PX:
            height = HEIGHTS_PX[name]
            page = browser.new_page(viewport={"width": WIDTH_PX, "height": height})
            page.goto(address if name == "overview" else f"{address}/{name}")
            _settled(page)
            if name in FIRST:
                FIRST[name](page)
            page.screenshot(path=IMAGES / f"{name}.png")
            page.close()
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
