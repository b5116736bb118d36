"""Reach on the map, doors and longer stays, and needs that gather: pages without a browser."""

import math
import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from housing_map import door_words, model, profiles, stays, words
from housing_map.app import background, door_view, reach_view
from housing_map.errors import SolverError
from housing_map.escape import escape
from housing_map.model import Settings
from housing_map.pack import ENVIRONMENT_VARIABLE, load_pack
from housing_map.places import area_names
from housing_map.vocabulary import Run
from tests.integration.test_app_pages import GAPS, HOW, WHERE, bodies, chosen, html, opened, sound
from tests.packs import LSOAS, WARDS, add, base_tables, change, write_pack
from tests.worlds import small_pack


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the small pack."""
    return write_pack(tmp_path_factory.mktemp("small"))


@pytest.fixture
def on_small(small: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the small pack the one in use."""
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(small))
    return small


@pytest.fixture
def on_reached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Use a pack with two desks, of which the nearer is the slower for one small area."""
    tables = base_tables()
    desk = tables["delivery_points"][0]
    far = {"point_id": "branch", "name": "Branch, Cowden", "lon": "-1.745"}
    tables["delivery_points"].append(desk | far)
    for place, minutes in (("options_desk", "50"), ("branch", "30")):
        add(tables, "travel_times", origin=LSOAS[0], destination=place, minutes=minutes,
            mode="bus")  # fmt: skip
    add(tables, "capacity", service_id="options", basis="caseload", capacity_central="600",
        status="local_return", source="made up", last_confirmed="2026-03-31")  # fmt: skip
    folder = write_pack(tmp_path, tables, {"travel": {"source": "made up"}})
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(folder))
    return folder


def row_of(app: AppTest, caption: str, name: str) -> list[str]:
    """Cells after the first in a row of the table whose caption starts with these words."""
    (table,) = [body for body in bodies(app) if f"<caption>{escape(caption)}" in body]
    row = table.partition(f'<th scope="row">{escape(name)}</th>')[2].partition("</tr>")[0]
    return re.findall(r"<td[^>]*>(.*?)</td>", row)


def test_reach_takes_the_minute_of_the_threshold_in_and_flags_estimates(on_reached: Path) -> None:
    """Half of the east ward have a given time of 30 minutes; 30 is within 30."""
    app = opened(WHERE)
    chosen(app, "choose_measure", "reach")
    chosen(app, "choose_level", "ward")
    caption = "The same numbers: residents within each threshold"
    east = row_of(app, caption, "Alderby East")
    assert east == ["2,000", "50%", "100%", "100%", "100%", "0", "0", "50% estimated, others given"]
    assert row_of(app, caption, "Brockley and Cowden")[-1] == "estimated", on_reached
    assert "Everybody is placed" in html(app)
    assert "no place is known, so in no figure here: Change programme" in html(app)
    chosen(app, "choose_reach_limit", "15")
    assert "within 15 minutes" in bodies(app)[0]


def test_people_that_cannot_be_placed_are_reported_and_not_dropped() -> None:
    """A pack made by a program may hold a small area without a centroid."""
    tables = base_tables()
    change(tables, "lsoa_facts", {"lsoa_code": LSOAS[5]}, lon="", lat="")
    pack = small_pack(tables)
    asked = reach_view.read(pack, "ward", "any", "30")
    assert "Not placed: 1,000 residents" in reach_view.profile(asked, WARDS[2])
    assert any("1,000 residents live where no time" in note for note in reach_view.notes(asked))
    one = reach_view.read(pack, "lsoa", "any", "30")
    assert math.isnan(one.shown[LSOAS[5]]), "hatched on the map, not white"
    assert reach_view.said(one.shown[LSOAS[5]], "30") == "not known"


def test_reach_says_where_time_and_distance_disagree_and_how_well_known_supply_serves(
    on_reached: Path,
) -> None:
    app = opened(WHERE)
    chosen(app, "choose_measure", "reach")
    (name,) = [one.label for one in app.expander if "not the nearest by distance" in one.label]
    assert name.startswith("In 1 of 6 small areas"), on_reached
    row = row_of(app, "Where time and distance disagree", area_names(load_pack())["lsoa", LSOAS[0]])
    assert row[:3] == ["Branch, Cowden", "30", "Civic centre, Alderby"]
    assert row[-1] == "50"
    assert "All 1 services asked about have a capacity of their own." in html(app)
    served = row_of(app, "Households a year that can be taken", "Alderby")
    assert len(served) == 3
    assert all(float(cell) > 0 for cell in served)


@pytest.mark.usefixtures("on_small")
def test_reach_leaves_the_other_filters_as_they_were() -> None:
    app = opened(WHERE)
    chosen(app, "choose_tenure", "owned")
    chosen(app, "choose_measure", "reach")
    assert not [box for box in app.selectbox if box.key == "choose_tenure"]
    assert escape(words.ILLUSTRATION) not in html(app), "counted residents are no illustration"
    chosen(app, "choose_measure", "need")
    assert app.selectbox(key="choose_tenure").value == "owned"


@pytest.mark.usefixtures("on_small")
def test_a_door_stands_beside_the_cascade_with_its_identity_and_is_played_out_on_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """4 units × 365 ÷ 73 days: 20 households come, and more would have."""
    monkeypatch.setenv(background.ENVIRONMENT_VARIABLE, background.HERE)
    app = opened(HOW)
    shown = html(app)
    assert escape(door_words.BESIDE) in shown
    identity = "20.0 households × 73 days = 1,460 unit-days, of 4.0 units × 1.00 × 365 = 1,460"
    assert identity in shown
    assert escape(door_words.OWN_STAYS) in shown
    assert "95% interval" not in shown
    (button,) = [one for one in app.button if one.label == "Check by simulation"]
    sound(button.click().run())
    assert "95% interval" in html(app)
    assert "20 replications of 40 years each" in html(app)
    chosen(app, "door_patience", 28.0)
    assert "95% interval" not in html(app), "another question is asked on its own"


@pytest.mark.usefixtures("on_small")
def test_stays_that_are_refused_are_said_with_the_message(monkeypatch: pytest.MonkeyPatch) -> None:
    why = "The stays do not settle"

    def refuse(_: object) -> None:
        raise SolverError(why)

    monkeypatch.setattr(stays, "longer_stays", refuse)
    door_view._longer.clear()
    said = door_words.refused_sentence("Central", why)
    assert escape(said) in html(opened(HOW))
    door_view._longer.clear()


def test_needs_are_said_to_be_independent_and_what_gathering_would_change_is_shown_on_request(
    on_small: Path,
) -> None:
    app = opened(GAPS)
    assert escape(profiles.INDEPENDENT) in html(app)
    assert escape(profiles.CORRELATED.format(odds_ratio=3)) in html(app)
    assert "Gathered" not in html(app)
    sound(app.checkbox(key="needs_gather").check().run())
    caption = "Central run: needs independent, and gathered with an odds ratio of 3"
    pack = load_pack(on_small)
    shares = []
    for ratio in (1.0, 3.0):
        cells = model.run_one(pack, Settings(needs_odds_ratio=ratio), Run.CENTRAL).cells
        shares.append(f"{cells.met_with_support.sum() / cells.demand.sum():.1%}")
    supported = "Helped, with all the specialist support they need or needing none"
    assert row_of(app, caption, supported) == shares
    assert shares[0] != shares[1]


def test_known_pairs_of_needs_are_counted_where_independence_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = base_tables()
    add(tables, "circumstance_pairs", circumstance_a="mental_health",
        circumstance_b="nrpf", central="0.08",
        status="assumed", source="made up")  # fmt: skip
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(write_pack(tmp_path, tables)))
    app = opened(GAPS)
    assert escape(profiles.INDEPENDENT) not in html(app)
    assert "How often one pair of needs occur together is in the data." in html(app)
