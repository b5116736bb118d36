"""What one place more would help, on *For whom?*: the figures of the model asked again."""

from pathlib import Path

import pytest

from housing_map import model, words
from housing_map.margins import margins
from housing_map.pack import ENVIRONMENT_VARIABLE, load_pack
from housing_map.vocabulary import RUNS, Run
from tests.integration.test_app_pages import GAPS, opened, sound
from tests.integration.test_app_reach_and_doors import row_of
from tests.packs import base_tables, write_pack


@pytest.fixture
def crowded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Use a pack with one place of each kind, so that some are full."""
    tables = base_tables()
    for table in ("pool_assumptions", "capacity"):
        for row in tables[table]:
            if row["status"] == "unknown":
                continue
            row |= {"capacity_low": "", "capacity_central": "1", "capacity_high": ""}
    folder = write_pack(tmp_path, tables)
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(folder))
    return folder


@pytest.mark.parametrize("run", [Run.CENTRAL, Run.OPTIMISTIC])
def test_the_table_holds_the_margins_of_the_run_that_is_shown(crowded: Path, run: Run) -> None:
    app = opened(GAPS)
    if run is not Run.CENTRAL:
        (box,) = [box for box in app.selectbox if box.label == "Run"]
        sound(box.select(RUNS[run].label).run())
    caption = f"Illustration: households a year, {RUNS[run].label.lower()} run, modelled"
    found = margins(model.run(load_pack(crowded))[run].cells)
    assert any(one.one_more > 1 for one in found)
    for one in found:
        helps = f"{one.one_more:.1f}" if one.one_more > 0.05 else "nobody"
        assert row_of(app, caption, one.label) == [
            f"{one.capacity:g} {one.basis}",
            f"{min(one.used, 1.0):.0%}",
            helps,
            words.about(one.stands_in_the_way_of),
        ]
