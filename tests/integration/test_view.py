"""Two views: in the one for the public no service can be told from another, on any page."""

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from housing_map.app.main import PAGES, PLANNING
from housing_map.app.view import ENVIRONMENT_VARIABLE as VIEW
from housing_map.kinds import CONFIDENTIAL_KINDS
from housing_map.pack import ENVIRONMENT_VARIABLE, load_pack

ROOT = Path(__file__).resolve().parent.parent.parent
ADDRESSES = {module: address for module, _, address in PAGES}
SECONDS = 180


def opened(address: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=SECONDS)
    app._page_hash = calc_hash(address) if address else ""
    app.run()
    assert not app.exception, [failure.value for failure in app.exception]
    return app


def said(app: AppTest) -> str:
    """Everything a reader could see or choose on a page."""
    parts = [element.proto.body for element in app.get("html")]
    parts += [str(option) for box in app.selectbox for option in box.options]
    parts += [element.value for element in (*app.title, *app.header, *app.markdown)]
    parts += [tab.label for tab in app.tabs]
    return "\n".join(parts)


@pytest.fixture
def shipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENVIRONMENT_VARIABLE, raising=False)
    monkeypatch.delenv(VIEW, raising=False)


@pytest.mark.usefixtures("shipped")
@pytest.mark.parametrize("address", ADDRESSES.values())
def test_no_page_for_the_public_names_a_service_of_safe_accommodation(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VIEW, "publishable")
    services = load_pack()["services"]
    names = services.loc[services["kind"].isin(CONFIDENTIAL_KINDS), "name"]
    assert len(names) >= 5
    text = said(opened(address))
    # "Sanctuary scheme" is the name of one service here, and of a part of the approach.
    assert [name for name in names if name in text and name != "Sanctuary scheme"] == []


@pytest.mark.usefixtures("shipped")
@pytest.mark.parametrize("address", ["", "map"])
def test_no_page_for_the_public_counts_the_few_services_of_safe_accommodation(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two refuges and one dispersed service are too few to be counted; their kinds are named."""
    counts = re.compile(r"(two|one|2|1) (refuge|service with dispersed)|(Refuge|accommodation): \d")
    assert counts.search(said(opened(address))), "for planning they are counted"
    monkeypatch.setenv(VIEW, "publishable")
    text = said(opened(address))
    assert not counts.search(text)
    assert "dispersed accommodation" in text.lower()


@pytest.mark.usefixtures("shipped")
@pytest.mark.parametrize("module", sorted(PLANNING))
def test_pages_for_planning_say_so_in_the_view_for_the_public(
    module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VIEW, "publishable")
    text = said(opened(ADDRESSES[module]))
    assert "is for planning, and is not shown in the view for the public" in text


@pytest.mark.usefixtures("shipped")
def test_ones_own_machine_shows_the_view_for_planning_and_a_switch_to_the_other() -> None:
    app = opened(ADDRESSES["data_and_method"])
    assert "Services and the law" in said(app)
    app.button(key="switch_view").click().run()
    assert not app.exception
    assert "Services and the law" not in said(app)
    app.button(key="switch_view").click().run()
    assert "Services and the law" in said(app)


@pytest.mark.usefixtures("shipped")
def test_a_locked_view_has_no_switch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VIEW, "publishable")
    app = opened(ADDRESSES["help_page"])
    assert "switch_view" not in [button.key for button in app.button]


@pytest.mark.usefixtures("shipped")
def test_the_public_is_given_helplines_and_parts_of_the_approach() -> None:
    text = said(opened(ADDRESSES["help_page"]))
    assert "0808 2000 247" in text
    assert "Who to ring" in text
    assert "Housing First" in text
