"""Every page of the app without a browser: it draws, remembers, and shows names as text.

The frame is the real one, ``app.py``. Most tests use the small pack, which costs a tenth of a
second a page; one opens every page on the shipped pack.
"""

import base64
import json
import re
import xml.etree.ElementTree as ET  # what is parsed here was drawn by the program
from html.parser import HTMLParser
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from housing_map import leaflet, model, words
from housing_map.app.main import PAGES
from housing_map.escape import escape, markdown_text
from housing_map.pack import ENVIRONMENT_VARIABLE, load_pack
from housing_map.rates import area_rates
from housing_map.vocabulary import CIRCUMSTANCES, Tenure
from tests.browser.hostile import AREA_TAG, TAG, HostilePack
from tests.packs import base_info, base_tables, change, write_pack

ROOT = Path(__file__).resolve().parent.parent.parent
ADDRESSES = [address for _, _, address in PAGES]
OVERVIEW, WHERE, GAPS, WHO, HELP, WHAT_IF, ENDED, PUBLISH, HAPPENS, HOW = ADDRESSES
TITLES = {
    OVERVIEW: "Who has a route to a safe home?",
    WHERE: "Where do people have a route, and where not?",
    GAPS: "For whom is there no route?",
    WHO: "Who can help a household like this?",
    HELP: "What help is there?",
    WHAT_IF: "What if we changed something?",
    ENDED: "What if a service or a grant ended?",
    PUBLISH: "What do we publish?",
    HAPPENS: "What is happening?",
    HOW: "How do we know?",
}
SECONDS = 120


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the small pack with a further grouping of wards, *hub*."""
    tables = base_tables()
    for row, hub in zip(tables["groupings"], ("North hub", "South hub", "South hub"), strict=True):
        row |= {"hub": hub, "hub_evidence": "made up"}
    groupings = base_info()["groupings"] | {"hub": {"label": "Family hub", "note": "made up"}}
    return write_pack(tmp_path_factory.mktemp("small"), tables, {"groupings": groupings})


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> HostilePack:
    """Return a pack whose every name tries to be markup or a script."""
    return HostilePack(tmp_path_factory.mktemp("hostile"))


@pytest.fixture
def on_small(small: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the small pack the one in use."""
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(small))
    return small


@pytest.fixture
def on_hostile(hostile: HostilePack, monkeypatch: pytest.MonkeyPatch) -> HostilePack:
    """Make the hostile pack the one in use."""
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(hostile.folder))
    return hostile


def opened(address: str) -> AppTest:
    """Open the app at a page."""
    return moved(AppTest.from_file(str(ROOT / "app.py"), default_timeout=SECONDS), address)


def moved(app: AppTest, address: str) -> AppTest:
    """Go on to another page in the same session: ``switch_page`` knows pages in files alone."""
    app._page_hash = calc_hash(address) if address else ""
    return sound(app.run())


def sound(app: AppTest) -> AppTest:
    """Check that the page drew to its end without a failure."""
    assert not app.exception, [failure.value for failure in app.exception]
    assert not app.error
    assert "hm-foot" in bodies(app)[-1], "the footer is drawn last"
    return app


def bodies(app: AppTest) -> list[str]:
    """HTML that the page shows, without the style sheet."""
    found = [element.proto.body for element in app.get("html")]
    return [body for body in found if "<style>" not in body]


def html(app: AppTest) -> str:
    return "\n".join(bodies(app))


def chosen(app: AppTest, key: str, value: object) -> AppTest:
    """Choose in a select box and let the page draw again."""
    return sound(app.selectbox(key=key).select(value).run())


# Every page ---------------------------------------------------------------------------------


def test_the_app_opens_on_the_overview(on_small: Path) -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=SECONDS).run()
    assert sound(app).title[0].value == TITLES[OVERVIEW], on_small


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_page_draws_on_the_shipped_pack(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(ENVIRONMENT_VARIABLE, raising=False)
    app = opened(address)
    assert [title.value for title in app.title] == [TITLES[address]]
    assert "Kirklees" in bodies(app)[-1]


@pytest.mark.usefixtures("on_small")
@pytest.mark.parametrize("address", ADDRESSES)
def test_every_choice_on_a_page_draws(address: str) -> None:
    """Each box is turned through all its options, the others as they were left."""
    app = opened(address)
    keys = [box.key for box in app.selectbox if not (box.key or "").startswith("profile_")]
    # The small pack has no series to choose from.
    assert keys or address == HAPPENS
    for key in keys:
        for place in range(len(app.selectbox(key=key).options)):
            sound(app.selectbox(key=key).select_index(place).run())
        sound(app.selectbox(key=key).select_index(0).run())


@pytest.mark.usefixtures("on_small")
def test_every_page_says_what_it_rests_on_and_has_one_title() -> None:
    for address in ADDRESSES:
        app = opened(address)
        assert [title.value for title in app.title] == [TITLES[address]]
        headings = [heading.value for heading in app.header]
        assert "What this rests on" in headings or address == HOW
        assert "Sources and licence" in headings or address != HOW


@pytest.mark.usefixtures("on_small")
def test_filters_are_remembered_from_page_to_page() -> None:
    app = opened(OVERVIEW)
    chosen(app, "choose_goal", "settled")
    chosen(app, "choose_pathway", "stay")
    moved(app, GAPS)
    assert app.selectbox(key="choose_goal").value == "settled"
    assert app.selectbox(key="choose_pathway").value == "stay"
    chosen(app, "choose_run", "cautious")
    moved(app, WHERE)
    assert app.selectbox(key="choose_pathway").value == "stay"
    chosen(app, "choose_level", "hub")
    chosen(app, "choose_tenure", "owned")
    moved(app, OVERVIEW)
    moved(app, WHERE)
    assert app.selectbox(key="choose_level").value == "hub"
    assert app.selectbox(key="choose_tenure").value == "owned"
    assert app.session_state["kept_run"] == "cautious"


# What must stand on a page ------------------------------------------------------------------


@pytest.mark.usefixtures("on_small")
@pytest.mark.parametrize("address", [OVERVIEW, WHERE, GAPS, ENDED])
def test_pages_with_coverage_shares_say_that_they_are_an_illustration(address: str) -> None:
    assert escape(words.ILLUSTRATION) in html(opened(address))


def test_no_coverage_share_leads_the_overview(on_small: Path) -> None:
    """While capacity is assumed, what exists, is absent and is unknown comes first."""
    answer = bodies(opened(OVERVIEW))[0]
    assert 'class="hm-answer"' in answer, on_small
    assert "%" not in answer
    for start in ("Running now", "Not found", "Not known"):
        assert start in answer


@pytest.mark.usefixtures("on_small")
def test_who_can_help_is_for_planning_and_says_so_whatever_is_asked() -> None:
    app = opened(WHO)
    assert escape(words.PLANNING_ONLY) in html(app)
    app.multiselect(key="who_needs").set_value(["male", "pregnant"])
    sound(app.run())
    assert "cannot both hold" in html(app)
    assert escape(words.PLANNING_ONLY) in html(app)


@pytest.mark.usefixtures("on_small")
def test_who_can_help_answers_for_every_circumstance() -> None:
    app = opened(WHO)
    for need in CIRCUMSTANCES:
        app.multiselect(key="who_needs").set_value([need])
        sound(app.run())
        assert bodies(app)[0].partition("<p>")[2].startswith(("Yes", "Perhaps", "No"))


@pytest.mark.usefixtures("on_small")
def test_who_can_help_tells_what_choice_there_is_and_every_step_of_a_route() -> None:
    app = opened(WHO)
    shown = html(app)
    assert "no safe place and no housing service" in bodies(app)[0]
    for said in ("Staying or moving: Both ways are open", "is full or gone: ", "Next step: "):
        assert said in shown
    routes = app.selectbox(key="who_route").options
    assert len(routes) > 1
    for number, route in enumerate(routes):
        chosen(app, "who_route", number)
        table = next(body for body in bodies(app) if "Each step of the surest way in" in body)
        for step in route.split(" → "):
            assert escape(step.lower()) in table.lower()


@pytest.mark.usefixtures("on_small")
def test_what_if_it_ended_answers_at_once_and_asks_about_room_on_request() -> None:
    """The one grant of the small pack ends in 2027; without the advisers the police have no way."""
    app = opened(ENDED)
    answer = bodies(app)[0]
    assert "Of all services, Advisers matters most" in answer
    assert "31 March 2027: Safe accommodation grant" in answer
    assert "Fewer helped" not in html(app)
    (button,) = [one for one in app.button if one.label.startswith("Work out how many")]
    sound(button.click().run())
    assert "Fewer helped" in html(app)
    assert not [one for one in app.button if one.label == button.label], "asked once"
    chosen(app, "choose_run", "cautious")
    assert "Fewer helped" not in html(app), "each run is asked on its own"


def test_a_service_and_an_organisation_that_share_an_identifier_keep_their_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = base_tables()
    change(tables, "organisations", {"organisation_id": "aid"}, organisation_id="idva")
    for row in tables["services"]:
        row |= {k: "idva" for k in ("organisation_id", "support_provider_id") if row[k] == "aid"}
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(write_pack(tmp_path, tables)))
    shown = html(opened(ENDED))
    assert "<li>Advisers: about" in shown
    assert "<li>Testham Aid: about" in shown


@pytest.mark.usefixtures("on_small")
@pytest.mark.parametrize("level", ["ward", "lsoa"])
def test_wards_and_small_areas_show_rates_and_never_a_count(level: str) -> None:
    app = opened(WHERE)
    chosen(app, "choose_level", level)
    box = next(box for box in app.selectbox if box.key.startswith("profile_"))
    sound(box.select_index(1).run())
    seek = next(body for body in bodies(app) if "Seek help:" in body)
    line = seek.partition("Seek help:")[2].partition("</li>")[0]
    assert "per 1,000 households" in line
    assert not re.search(r"about \d|fewer than", line)


def test_how_we_know_lists_what_may_not_be_compared_apart_from_what_may(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On the shipped pack the refuge's own origin stands in the second list alone."""
    monkeypatch.delenv(ENVIRONMENT_VARIABLE, raising=False)
    shown = bodies(opened(HOW))
    origin = escape("England's refuge bedspaces, at the district's share of people")
    (apart,) = [body for body in shown if "would be no check</caption>" in body]
    assert origin in apart
    assert not [body for body in shown if origin in body and body != apart and "<table" in body]
    beside = next(body for body in shown if "lost their home as victims" in body)
    for name in ("Kirklees", "Calderdale", "Wakefield", "England", "2025Q1 to 2025Q4"):
        assert name in beside


# Other packs --------------------------------------------------------------------------------


def test_a_further_grouping_of_wards_is_a_level_of_the_map(on_small: Path) -> None:
    """The example of the design: a grouping is a column of data and shows everywhere."""
    app = opened(WHERE)
    assert "Family hub" in app.selectbox(key="choose_level").options
    chosen(app, "choose_level", "hub")
    rates = area_rates(model.run(load_pack(on_small)), "hub")
    table = next(body for body in bodies(app) if "North hub" in body and "<table" in body)
    for _, row in rates.iterrows():
        assert f'<th scope="row">{row["name"]}</th><td class="n">{row["need"]:.1f}</td>' in table
    assert set(rates["name"]) == {"North hub", "South hub"}


def test_a_pack_with_faults_shows_every_problem_and_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = base_tables()
    change(tables, "services", {"service_id": "idva"}, kind=TAG)
    change(tables, "capacity", {"service_id": "lettings"}, capacity_central="many")
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(write_pack(tmp_path, tables)))
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=SECONDS).run()
    assert not app.exception
    assert [title.value for title in app.title] == ["The data cannot be used yet"]
    shown = html(app)
    assert "providers/services.csv" in shown
    assert "providers/capacity.csv" in shown
    assert "many" in shown
    assert TAG not in shown
    assert "Traceback" not in shown
    assert not app.selectbox, "no page can be opened"


def test_a_folder_that_is_not_there_is_said_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(tmp_path / "gone"))
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=SECONDS).run()
    assert not app.exception
    assert "is not a folder" in html(app)


def test_a_pack_without_safe_accommodation_draws_on_every_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing exists: an answer, and the first one that a new district's pack would give."""
    tables = base_tables()
    for name in ("legal_facts", "eligibility", "capacity", "areas_served", "delivery_points",
                 "referral_routes", "funding", "services", "pool_assumptions",
                 "acceptance_shares"):  # fmt: skip
        tables[name] = []
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(write_pack(tmp_path, tables)))
    for address in ADDRESSES:
        assert opened(address).title[0].value == TITLES[address]
    app = opened(WHO)
    for tenure in Tenure:
        chosen(app, "who_tenure", tenure)
        assert "no service of a suitable kind exists" in bodies(app)[0]


# Hostile names ------------------------------------------------------------------------------

_ELEMENTS = frozenset(
    {"caption", "div", "img", "li", "ol", "p", "span", "strong", "table", "tbody", "td", "th",
     "thead", "tr", "ul"}
)  # fmt: skip
_ATTRIBUTES = frozenset(
    {"alt", "aria-hidden", "aria-label", "class", "role", "scope", "src", "style", "tabindex"}
)
_DRAWING = frozenset({"desc", "path", "rect", "svg", "text", "title", "tspan"})


class Reader(HTMLParser):
    """Reads HTML as a browser would: its elements, attributes, text and embedded drawings."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.drawings: list[str] = []
        self.feed(content)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        for name, value in attrs:
            self.attributes.add(name)
            if name in {"src", "href"}:
                start, _, data = (value or "").partition(",")
                assert start == "data:image/svg+xml;base64"
                self.drawings.append(base64.b64decode(data).decode())

    def handle_data(self, data: str) -> None:
        self.text += data


def read(app: AppTest) -> Reader:
    """Read what a page shows, and check that it is made of the program's own elements."""
    reader = Reader(html(app))
    assert reader.elements <= _ELEMENTS
    assert reader.attributes <= _ATTRIBUTES
    for drawing in reader.drawings:
        elements = {node.tag.partition("}")[2] for node in ET.fromstring(drawing).iter()}  # noqa: S314
        assert elements <= _DRAWING
    return reader


@pytest.mark.parametrize("address", ADDRESSES)
def test_hostile_names_are_text_on_every_page(address: str, on_hostile: HostilePack) -> None:
    app = opened(address)
    assert on_hostile.text("Testham") in read(app).text, "the title of the pack, in the footer"
    for tag in (TAG, AREA_TAG, "<script", "<svg/onload"):
        assert tag not in html(app)


def test_hostile_names_of_services_are_shown_as_they_were_written(on_hostile: HostilePack) -> None:
    app = opened(WHO)
    reader = read(app)
    for service in ("Advisers", "Refuge", "Sanctuary", "Council lettings", "Housing options"):
        name = on_hostile.text(service)
        assert name in reader.text or " ".join(name.split()) in reader.text
    (drawing,) = reader.drawings
    said = "".join(ET.fromstring(drawing).itertext())  # noqa: S314
    assert " ".join(on_hostile.text("Advisers").split()) in " ".join(said.split())


def test_hostile_names_of_areas_do_nothing_on_the_map(on_hostile: HostilePack) -> None:
    """The place chosen heads its profile: Markdown must not read emphasis or links in it."""
    app = opened(WHERE)
    for level, areas in (
        ("place", ("Alderby", "Cowden")),
        ("zone", ("Zone",)),
        ("ward", ("Alderby East", "Alderby West", "Brockley and Cowden")),
    ):
        chosen(app, "choose_level", level)
        for area in areas:
            name = on_hostile.area(area)
            box = next(box for box in app.selectbox if box.key.startswith("profile_"))
            assert name in box.options
            sound(box.select_index(box.options.index(name)).run())
            assert markdown_text(name) in [heading.value for heading in app.header]
            assert name in read(app).text
            payload = app.get("component_instance")[0].proto.json_args
            _is_inert(" ".join(map(str, json.loads(payload).values())))


def test_the_boundary_file_of_a_hostile_pack_is_inert(on_hostile: HostilePack) -> None:
    opened(WHERE)
    title = escape(on_hostile.area("Alderby"))
    scripts = [path.read_text() for path in leaflet._ground_folder().glob("*.js")]
    (ground,) = [script for script in scripts if json.dumps(title)[1:-1] in script]
    _is_inert(ground)


def _is_inert(script: str) -> None:
    """No attack stands in a script of a map as it was written."""
    for attack in (TAG, AREA_TAG, "</script><script>", "${confirm", "${alert", "`-alert", "`-conf"):
        assert attack not in script
