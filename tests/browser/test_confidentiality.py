"""What the browser receives: no place of safe accommodation, and no trace of who was asked about.

Everything that reaches the browser is collected on all pages, HTTP bodies and websocket frames,
tables and drawings in them decoded, and searched.
"""

import contextlib
import csv
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Request, expect
from playwright.sync_api import Error as PlaywrightError

from housing_map.app.main import PAGES
from housing_map.kinds import CONFIDENTIAL_KINDS
from tests.browser.driving import (
    choose,
    choose_need,
    go_on,
    map_frame,
    messages,
    settled,
    texts,
    visit,
)
from tests.conftest import ROOT, RunningApp, WatchedPage, running_app
from tests.packs import Tables, add, base_tables, write_pack

ADDRESSES = [address for _, _, address in PAGES]

CONFIDENTIAL = {
    "refuge_one": ("refuge", "Marigold House"),
    "dispersed_one": ("dispersed", "Periwinkle homes"),
    "stage_two": ("second_stage", "Foxglove homes"),
    "sanctuary_one": ("sanctuary", "Bluebell locks"),
}
POINTS = {"options_desk": (-1.78733, 53.62177), "advice_desk": (-1.75911, 53.60839)}
"""Places that people visit: the only coordinates of services there are."""
CENTRES = [(-1.79137 + 0.02 * (n // 2), 53.61279 + 0.02 * (n % 2)) for n in range(6)]
"""Where the homes of each small area lie on average: the model's own business."""


class Received:
    """Everything that the pages of a browser context received."""

    def __init__(self, context: BrowserContext, watched: WatchedPage) -> None:
        self.bodies: dict[str, str] = {}
        self.addresses: list[str] = []
        self._watched = watched
        context.on("request", lambda request: self.addresses.append(request.url))
        context.on("requestfinished", self._keep)

    def _keep(self, request: Request) -> None:
        """Keep an answer as soon as it is there: the browser forgets it with the page."""
        # An answer that comes while the page is closing has told the reader nothing.
        with contextlib.suppress(PlaywrightError):
            if answer := request.response():
                self.bodies[request.url] = answer.body().decode("latin-1")

    @property
    def told(self) -> list[str]:
        """All that the app said through the websocket, piece by piece."""
        return [
            text for message in messages(self._watched.received_frames) for text in texts(message)
        ]

    @property
    def maps(self) -> list[dict[str, Any]]:
        """What each drawing of the map was made from."""
        components = [
            json.loads(message.delta.new_element.component_instance.json_args)
            for message in messages(self._watched.received_frames)
            if message.delta.new_element.component_instance.json_args
        ]
        return [component for component in components if "feature_group" in component]

    @property
    def ground(self) -> str:
        """The boundaries, which the map fetches as a file."""
        (found,) = {body for url, body in self.bodies.items() if ".leaflet.ground/" in url}
        return found

    @property
    def everything(self) -> str:
        """All of it but the programs of Streamlit and Leaflet themselves."""
        ours = [
            body
            for url, body in self.bodies.items()
            if "/static/" not in url and ".leaflet.files/" not in url
        ]
        return "\n".join([*self.told, *ours])


@pytest.fixture
def received(watched_page: WatchedPage) -> Received:
    return Received(watched_page.page.context, watched_page)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """Start the app on a pack with four confidential services and two public desks."""
    with running_app(write_pack(tmp_path_factory.mktemp("pack"), _tables())) as started:
        yield started


def _tables() -> Tables:
    tables = base_tables()
    refuge = next(row for row in tables["services"] if row["service_id"] == "refuge_one")
    for service, (kind, name) in CONFIDENTIAL.items():
        known = [row for row in tables["services"] if row["service_id"] == service]
        if known:
            known[0]["name"] = name
            continue
        tables["services"].append(
            refuge | {"service_id": service, "kind": kind, "name": name, "operating": "yes"}
        )
        add(tables, "areas_served", service_id=service, area="E08999001", status="assumed",
            source="made up for tests")  # fmt: skip
    desk = tables["delivery_points"][0]
    tables["delivery_points"] = [
        desk | {"point_id": point, "name": point, "lon": str(lon), "lat": str(lat)}
        for point, (lon, lat) in POINTS.items()
    ]
    for row, (lon, lat) in zip(tables["lsoa_facts"], CENTRES, strict=True):
        row |= {"lon": f"{lon:.5f}", "lat": f"{lat:.5f}"}
    return tables


def points_in(drawn: dict[str, Any]) -> list[tuple[float, float]]:
    """Return every point that a map is given."""
    (written,) = re.findall(r'"points": (\[.*?\])\s*[,}]\s*(?="selected"|\)|\})', _layer(drawn))
    return [(lon, lat) for (lon, lat), _ in json.loads(written)]


def _layer(drawn: dict[str, Any]) -> str:
    return str(drawn["feature_group"])


def pairs_in(text: str) -> set[tuple[float, float]]:
    """Return everything in a text that looks like a longitude and a latitude."""
    number = r"(-?\d{1,3}\.\d+)"
    found = re.findall(rf"\[\s*{number}\s*,\s*{number}\s*\]", text)
    return {(float(first), float(second)) for first, second in found}


# Places -------------------------------------------------------------------------------------


def test_only_places_that_people_visit_have_a_point(
    watched_page: WatchedPage, received: Received, app: RunningApp
) -> None:
    """On every level of the map, every pair of coordinates belongs to a public desk."""
    page = watched_page.page
    visit(page, app.url, "map")
    for level in ("Ward", "Small area (LSOA)"):
        choose(page, "Areas", level)
        expect(page.locator("table.hm tbody tr")).to_have_count(3 if level == "Ward" else 6)
        settled(page)
    assert len({_layer(drawn) for drawn in received.maps}) == 3
    for drawn in received.maps:
        assert set(points_in(drawn)) == set(POINTS.values())
        assert pairs_in(_layer(drawn)) == set(POINTS.values())
        (centre,) = pairs_in(drawn["script"].replace(_bounds(drawn["script"]), ""))
        assert centre == pytest.approx((53.62, -1.77)), "the middle of the district"


def _bounds(script: str) -> str:
    (found,) = re.findall(r'"bounds": \[[^\]]*\]', script)
    return str(found)


def test_the_boundary_file_names_areas_and_no_service(
    watched_page: WatchedPage, received: Received, app: RunningApp
) -> None:
    visit(watched_page.page, app.url, "map")
    content = json.loads(received.ground.partition("]=")[2].rstrip(";"))
    assert set(content) == {"neighbours", "labels", "levels"}
    assert {label["name"] for label in content["labels"]} == {
        "Alderby", "Cowden", "Alderby East", "Alderby West", "Brockley and Cowden", "Farshire",
    }  # fmt: skip


def test_the_map_says_nothing_of_a_confidential_service(
    watched_page: WatchedPage, received: Received, app: RunningApp
) -> None:
    """Neither its name nor its kind comes into the frame of the map; the page counts them."""
    page = watched_page.page
    visit(page, app.url, "map")
    frame = map_frame(page).content()
    for text in (json.dumps(received.maps), received.ground, frame):
        assert "Housing options" in text or text is received.ground, "what is public is there"
        for service, (_, name) in CONFIDENTIAL.items():
            assert service not in text
            assert name not in text
    counts = page.get_by_text("Services counted:")
    expect(counts).to_contain_text("Refuge: 1")
    expect(counts).to_contain_text("Sanctuary scheme: 1")
    for _, name in CONFIDENTIAL.values():
        expect(page.get_by_text(name)).to_have_count(0)


def test_no_page_receives_the_middle_of_a_small_area(
    watched_page: WatchedPage, received: Received, app: RunningApp
) -> None:
    """Centres of population are read by the model and go no further, on any page."""
    visit(watched_page.page, app.url, ADDRESSES[0])
    for address in ADDRESSES[1:]:
        go_on(watched_page.page, address)
    everything = received.everything
    assert "Marigold House" in everything, "what is searched holds what pages show"
    assert "-1.78733" in everything
    for lon, lat in CENTRES:
        for number in (lon, lat):
            digits = f"{number:.5f}".lstrip("-").replace(".", "")
            assert f"{number:.5f}" not in everything
            assert f"{number:.4f}" not in everything
            assert digits not in everything


def test_the_shipped_map_has_no_points_but_the_published_ones(
    watched_page: WatchedPage, received: Received, app_url: str
) -> None:
    with (ROOT / "data/providers/delivery_points.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    with (ROOT / "data/providers/services.csv").open(encoding="utf-8") as file:
        kinds = {row["service_id"]: (row["kind"], row["name"]) for row in csv.DictReader(file)}
    assert len(rows) == 7
    assert not {kinds[row["service_id"]][0] for row in rows} & CONFIDENTIAL_KINDS
    visit(watched_page.page, app_url, "map")
    for drawn in received.maps:
        assert sorted(points_in(drawn)) == sorted((float(r["lon"]), float(r["lat"])) for r in rows)
        assert pairs_in(_layer(drawn)) == set(points_in(drawn))
    for kind, name in kinds.values():
        if kind in CONFIDENTIAL_KINDS:
            assert name not in json.dumps(received.maps)
            assert name not in received.ground


# People -------------------------------------------------------------------------------------


ASKED = {
    "place": ("Brockley and Cowden", "E05999003"),
    "tenure": ("Private rent", "private_rent"),
    "wish": ("Move within the district",),
    "circumstances": ("Drug use", "drugs", "No recourse", "nrpf"),
}


def test_who_was_asked_about_leaves_no_trace(
    watched_page: WatchedPage, received: Received, app: RunningApp
) -> None:
    """Not in an address, the browser's store, a file or the log of the program."""
    page = watched_page.page
    websockets: list[str] = []
    page.on("websocket", lambda websocket: websockets.append(websocket.url))
    visit(page, app.url, "who-can-help")
    before = app.said
    choose(page, "Place", "Brockley and Cowden")
    choose(page, "Home they had", "Private rent")
    choose(page, "Wish", "Move within the district")
    for need in ("Drug use", "No recourse to public funds"):
        choose_need(page, need)
    expect(page.locator(".hm-list", has_text="does not take")).to_contain_text(
        "does not take: no recourse"
    )
    settled(page)
    go_on(page, "map")
    go_on(page, "who-can-help")
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, history.state])")
    cookies = json.dumps([dict(cookie) for cookie in page.context.cookies()])
    assert page.url == f"{app.url}/who-can-help"
    traces = [*received.addresses, *websockets, page.url, page.title(), kept, cookies]
    log = app.said
    assert log.startswith(before)
    for words in ASKED.values():
        for word in words:
            plain = re.compile(re.escape(word).replace(r"\ ", r"(\s|%20|\+)"), re.IGNORECASE)
            assert not any(plain.search(trace) for trace in traces), word
            assert not plain.search(log), word


def test_the_pack_of_these_tests_holds_no_place_of_a_confidential_service() -> None:
    """A point beside a refuge is refused by the loader: only public desks have one here."""
    tables = _tables()
    kinds = {row["service_id"]: row["kind"] for row in tables["services"]}
    assert {kinds[row["service_id"]] for row in tables["delivery_points"]}.isdisjoint(
        CONFIDENTIAL_KINDS
    )
    assert {kind for kind, _ in CONFIDENTIAL.values()} <= set(kinds.values())
