"""What the browser tests share: opening pages, choosing, the map, and what was received."""

import base64
import io
import re
from collections.abc import Iterable, Iterator

import pyarrow as pa
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, Message
from playwright.sync_api import Frame, Locator, Page, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from housing_map.app.main import PAGES

TITLES = {address: title for _, title, address in PAGES}
"""Words of the navigation, by the address of the page."""
HEADINGS = {
    "": "Who has a route to a safe home?",
    "map": "Where do people have a route, and where not?",
    "gaps": "For whom is there no route?",
    "who-can-help": "Who can help a household like this?",
    "help": "What help is there?",
    "scenarios": "What if we changed something?",
    "resilience": "What if a service or a grant ended?",
    "assessment": "What do we publish?",
    "monitoring": "What is happening?",
    "data-and-method": "How do we know?",
}
PICTURE = "[data-testid=stVegaLiteChart], iframe, .stHtml img"
"""Charts, maps and diagrams, in the order of the page."""
PICTURES = {
    "": 2, "map": 1, "gaps": 2, "who-can-help": 1, "help": 0, "scenarios": 0, "resilience": 1,
    "assessment": 0, "monitoring": 0, "data-and-method": 0,
}  # fmt: skip
"""How many of them a page opens with: they come a moment after the words."""
PATIENCE_MS = 30_000
"""For a page whose results are worked out for the first time on a busy computer."""

expect.set_options(timeout=PATIENCE_MS)


def visit(page: Page, url: str, address: str) -> None:
    """Open a page by its address in a new session, and wait until it is drawn."""
    page.goto(f"{url}/{address}")
    _drawn(page, address)


def go_on(page: Page, address: str) -> None:
    """Open a page through the navigation, in the same session."""
    link = page.get_by_role("link", name=TITLES[address], exact=True)
    link.click()
    _drawn(page, address)


def _drawn(page: Page, address: str) -> None:
    """Wait until the page that was asked for is there, with its pictures."""
    expect(page.get_by_role("heading", level=1)).to_have_text(HEADINGS[address])
    if count := PICTURES[address]:
        expect(page.locator(PICTURE).nth(count - 1)).to_be_visible()
    settled(page)


def settled(page: Page) -> None:
    """Wait until the page is drawn to its foot and the app is at rest."""
    expect(page.locator(".hm-foot")).to_be_visible()
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    # What is being drawn anew is pale for a moment.
    expect(page.locator("[data-stale='true']")).to_have_count(0)
    if page.locator("iframe").count():
        expect(areas(page).first).to_be_attached()


def box(page: Page, label: str) -> Locator:
    """Return the select box with this label."""
    return page.get_by_role("combobox", name=label, exact=True)


def choose(page: Page, label: str, option: str) -> None:
    """Choose an option of a select box; wait for what it changes with ``expect``."""
    box(page, label).click()
    box(page, label).fill(option)  # of a long list, only a part is there at a time
    page.get_by_role("option", name=option, exact=True).click()
    expect(box(page, label)).to_have_value(option)


def choose_need(page: Page, need: str) -> None:
    """Choose a circumstance in the box that takes several, and close its list again."""
    several = page.get_by_test_id("stMultiSelect")
    several.get_by_role("combobox").click()
    several.get_by_role("combobox").fill(need)
    page.get_by_role("option", name=need, exact=True).click()
    expect(several).to_contain_text(need)
    page.keyboard.press("Escape")


def open_everything(page: Page) -> None:
    """Open each part that can be seen and is closed at first."""
    for part in page.get_by_test_id("stExpander").locator("details:not([open]) summary").all():
        if part.is_visible():
            part.click()
    settled(page)


def areas(page: Page) -> Locator:
    """Return the areas of the map that a click chooses, without the points."""
    return page.frame_locator("iframe").first.locator(
        ".leaflet-overlay-pane path.leaflet-interactive"
    )


def map_frame(page: Page) -> Frame:
    """Return the frame that the map is drawn in."""
    (frame,) = page.frames[1:]
    return frame


def rows_of(page: Page, caption: str) -> list[list[str]]:
    """Return the cells of each row of the table whose caption starts with these words."""
    table = page.locator("table.hm", has=page.locator("caption", has_text=caption)).last
    rows: list[list[str]] = table.locator("tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
    )
    return rows


# What was received --------------------------------------------------------------------------


def messages(frames: Iterable[str | bytes]) -> Iterator[ForwardMsg]:
    """Read websocket frames as what they are: Streamlit's messages to the page."""
    for frame in frames:
        try:
            yield ForwardMsg.FromString(frame if isinstance(frame, bytes) else frame.encode())
        except DecodeError:
            continue


def texts(message: Message) -> Iterator[str]:
    """Yield all that a message says, tables and drawings in it read as well."""
    for field, value in message.ListFields():
        for one in value if field.is_repeated else (value,):
            if field.type == FieldDescriptor.TYPE_MESSAGE:
                yield from texts(one) if isinstance(one, Message) else [str(one)]
            elif isinstance(one, bytes):
                yield _table(one)
            else:
                yield str(one)
                yield from _drawings(str(one))


def _table(content: bytes) -> str:
    """Read bytes as an Arrow table where they are one."""
    try:
        return str(pa.ipc.open_stream(io.BytesIO(content)).read_all().to_pydict())
    except pa.ArrowInvalid:
        return content.decode("latin-1")


def _drawings(text: str) -> Iterator[str]:
    for data in re.findall(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)", text):
        yield base64.b64decode(data).decode()
