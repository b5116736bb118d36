"""Fixtures shared by all tests, and the mark that each test takes from its folder.

Tests in ``tests/unit``, ``tests/integration`` and ``tests/browser`` are marked ``unit``,
``integration`` and ``browser``. Browser tests need Chromium: without it they are skipped, or
fail when the environment variable ``HOUSING_MAP_REQUIRE_BROWSER`` is ``1``.
"""

import http.client
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import hypothesis
import pytest
from playwright.sync_api import Browser, Page, WebSocket, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
KINDS = ("unit", "integration", "browser")
LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost"})
NO_HOST_SCHEMES = frozenset({"about", "blob", "data", "file"})
PAGE_TIMEOUT_MS = 30_000
START_TIMEOUT_S = 90.0
STOP_TIMEOUT_S = 10.0
CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)

# The same examples on every run and no limit per example: a slow machine is not a failure.
hypothesis.settings.register_profile("repeatable", deadline=None, derandomize=True)
hypothesis.settings.load_profile("repeatable")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test with the kind that its folder names, and run the quick kinds first.

    Browser tests come last also because Playwright keeps an event loop open in the process,
    where ``asyncio.run`` then fails.
    """
    order = {kind: place for place, kind in enumerate(KINDS)}
    for item in items:
        if (kind := _kind_of(item)) in order:
            item.add_marker(kind)
    items.sort(key=lambda item: order.get(_kind_of(item), 0))


def _kind_of(item: pytest.Item) -> str:
    """Name of the folder in ``tests`` that holds the test."""
    tests = ROOT / "tests"
    return item.path.relative_to(tests).parts[0] if item.path.is_relative_to(tests) else ""


@dataclass(kw_only=True)
class WatchedPage:
    """A browser page with a record of what it asked for and what the app sent to it.

    Attributes
    ----------
    page
        The Playwright page.
    outside_requests
        Address of each request or websocket whose host is not this computer, in order.
    received_frames
        Content of each websocket frame that the page received, in order.
    """

    page: Page
    outside_requests: list[str] = field(default_factory=list)
    received_frames: list[str | bytes] = field(default_factory=list)

    @property
    def received_bytes(self) -> bytes:
        """All received frames end to end, with text as UTF-8."""
        return b"\n".join(
            frame.encode() if isinstance(frame, str) else frame for frame in self.received_frames
        )

    def _note_address(self, address: str) -> None:
        """Record an address that is not on this computer."""
        parts = urlsplit(address)
        if parts.scheme not in NO_HOST_SCHEMES and parts.hostname not in LOCAL_HOSTS:
            self.outside_requests.append(address)

    def _note_websocket(self, websocket: WebSocket) -> None:
        """Record where a websocket leads and, from now on, each frame it brings."""
        self._note_address(websocket.url)
        websocket.on("framereceived", self._note_frame)

    def _note_frame(self, frame: str | bytes) -> None:
        """Record a frame; Playwright calls no built-in method, so not the list's own append."""
        self.received_frames.append(frame)


@pytest.fixture(scope="session")
def chromium_path() -> Path:
    """Where Chromium is: the variable ``CHROMIUM``, Debian's place, or the search path."""
    named = os.environ.get("CHROMIUM")
    candidates = [named] if named else ["/usr/bin/chromium", shutil.which("chromium")]
    for candidate in candidates:
        if candidate and os.access(candidate, os.X_OK):
            return Path(candidate)
    message = (
        f"CHROMIUM is {named!r}, which cannot be run"
        if named
        else "Chromium is not installed: install Debian's chromium, or set CHROMIUM to its path"
    )
    if os.environ.get("HOUSING_MAP_REQUIRE_BROWSER") == "1":
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


@pytest.fixture(scope="session")
def browser(chromium_path: Path) -> Iterator[Browser]:
    """Chromium without a window, kept open for all tests of the session."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=chromium_path, args=list(CHROMIUM_ARGUMENTS)
        )
        yield chromium
        chromium.close()


@pytest.fixture
def watched_page(browser: Browser) -> Iterator[WatchedPage]:
    """Open an empty page that records outside requests and the websocket frames it receives."""
    context = browser.new_context(
        viewport={"width": 1366, "height": 768}, locale="en-GB", timezone_id="Europe/London"
    )
    context.set_default_timeout(PAGE_TIMEOUT_MS)
    watched = WatchedPage(page=context.new_page())
    # The context also sees requests from frames, workers and windows that the page opens.
    context.on("request", lambda request: watched._note_address(request.url))
    watched.page.on("websocket", watched._note_websocket)
    yield watched
    context.close()


@dataclass(frozen=True, kw_only=True)
class RunningApp:
    """The app in a process of its own: its address, and what it has said so far."""

    url: str
    _log: IO[bytes]

    @property
    def said(self) -> str:
        """All that the process wrote to its output and error streams."""
        # Both processes share one position in the file: read without moving it.
        log = self._log.fileno()
        return os.pread(log, os.fstat(log).st_size, 0).decode(errors="replace")


@pytest.fixture(scope="session")
def app_url() -> Iterator[str]:
    """Address of the app, started for this session from the project's own folder."""
    with running_app() as app:
        yield app.url


@contextmanager
def running_app(data: Path | None = None) -> Iterator[RunningApp]:
    """Start the app on the pack in ``data``, or on the shipped one, and stop it at the end."""
    port = _free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app.py"]
    command += ["--server.port", str(port), "--server.address", "127.0.0.1"]
    command += ["--server.headless", "true"]
    environment = {k: v for k, v in os.environ.items() if k != "HOUSING_MAP_DATA"}
    if data is not None:
        environment["HOUSING_MAP_DATA"] = str(data)
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            _wait_until_healthy(process, port, log)
            yield RunningApp(url=f"http://127.0.0.1:{port}", _log=log)
        finally:
            process.terminate()
            try:
                process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _free_port() -> int:
    """Return a TCP port that nothing on this computer listens to at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_healthy(process: subprocess.Popen[bytes], port: int, log: IO[bytes]) -> None:
    """Wait for the app to say that it is ready; fail with its own words when it does not."""
    end = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < end and process.poll() is None:
        if _is_healthy(port):
            return
        time.sleep(0.1)
    log.seek(0)
    said = log.read().decode(errors="replace")[-4000:]
    code = process.poll()
    how = f"did not answer in {START_TIMEOUT_S:g} s" if code is None else f"stopped with {code}"
    pytest.fail(f"the app {how}:\n{said}", pytrace=False)


def _is_healthy(port: int) -> bool:
    """Ask the app's health address directly, whatever proxy the environment names."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/_stcore/health")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
