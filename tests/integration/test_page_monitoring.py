"""*What is happening?* with returns: what was sent in, noise told from change, plan and actual."""

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from housing_map.app.view import ENVIRONMENT_VARIABLE as VIEW
from housing_map.pack import ENVIRONMENT_VARIABLE
from tests.integration.test_app_pages import ROOT, html, sound
from tests.packs import add, base_tables, write_pack

HAPPENING = "monitoring"
QUARTERS = [f"{year}Q{quarter}" for year in (2023, 2024, 2025) for quarter in (1, 2, 3, 4)]
PLAN = "Modelled estimate (cautious to optimistic) beside what was sent in"


@pytest.fixture(scope="module")
def returned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the small pack with three years of homes made safer, the last quarter far out."""
    tables = base_tables() | {"quarterly_returns": []}
    for number, quarter in enumerate(QUARTERS):
        count = 60 if quarter == QUARTERS[-1] else 10 + number % 3
        add(tables, "quarterly_returns", period=quarter, measure="homes_secured",
            count=str(count), source="made up")  # fmt: skip
    return write_pack(tmp_path_factory.mktemp("returned"), tables)


@pytest.fixture(autouse=True)
def on_returned(returned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(returned))
    monkeypatch.setenv("HOUSING_MAP_STORE", str(tmp_path / "saved"))
    monkeypatch.delenv(VIEW, raising=False)


def opened() -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300)
    app._page_hash = calc_hash(HAPPENING)
    return sound(app.run())


def planned(app: AppTest) -> dict[str, list[str]]:
    """Return the rows of plan beside actual, by their first cell."""
    (table,) = [part for part in html(app).split("</table>") if PLAN in part]
    rows = re.findall(r"<tr>(.*?)</tr>", table)[1:]
    cells = [[re.sub(r"<[^>]+>", "", one) for one in re.findall(r"<t[dh].*?</t[dh]>", row)]
             for row in rows]  # fmt: skip
    return {row[0]: row[1:] for row in cells}


def test_what_was_sent_in_is_shown_and_change_is_told_from_noise() -> None:
    app = opened()
    shown = html(app)
    assert "This moved by more than noise" in shown
    assert "higher than usual in October to December 2025" in shown
    assert "An orange diamond marks a quarter" in shown
    assert planned(app)["Homes made safer"][1] == str(12 + 10 + 11 + 60)


def test_the_plan_is_that_of_the_scenario_that_is_chosen() -> None:
    app = opened()
    now = planned(app)
    choice = app.selectbox(key="monitor_plan")
    assert choice.options[0] == "The data as it is"
    more = next(n for n, said in enumerate(choice.options) if "Ten per cent more" in said)
    sound(choice.select_index(more).run())
    then = planned(app)
    assert then["Households helped"][0] != now["Households helped"][0]
    assert then["Homes made safer"][1] == now["Homes made safer"][1], "what came is what came"


def test_returns_are_not_shown_to_the_public(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VIEW, "publishable")
    shown = html(opened())
    assert "They stand in the view for planning" in shown
    assert PLAN not in shown
    assert "Homes made safer" not in shown
