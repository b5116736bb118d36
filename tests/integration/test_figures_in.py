"""Figures come in by the command and by the page: looked at first, taken over, taken back."""

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from housing_map.cli import main
from housing_map.errors import UsageError
from housing_map.importers import incoming
from housing_map.importers.template import write_template
from housing_map.pack import ENVIRONMENT_VARIABLE, Pack, load_pack
from tests.filling import fill
from tests.packs import base_tables, write_pack

ROOT = Path(__file__).resolve().parent.parent.parent
REFUGE = "Refuge [refuge_one]"
ROOMS = {
    "Capacity": [
        {"Service": REFUGE, "Capacity low": 5, "Capacity central": 6, "Capacity high": 7,
         "Occupancy central": 0.85, "Who says so": "Aid, yearly return",
         "Confirmed on": "2026-06-15"},
    ],
}  # fmt: skip


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    return load_pack(write_pack(tmp_path / "pack", base_tables()))


@pytest.fixture
def filled(pack: Pack, tmp_path: Path) -> Path:
    return fill(write_template(pack, tmp_path / "form.xlsx"), ROOMS)


def content(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*.csv"))}


def test_a_file_is_looked_at_and_nothing_is_changed(
    pack: Pack, filled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = content(pack.folder)
    asked = ["import", str(filled), "--data", str(pack.folder), "--format", "json"]
    assert main(asked) == 0
    document = json.loads(capsys.readouterr().out)
    assert {row["After"] for row in document["changes"]} >= {"5", "6", "7"}
    assert document["applied"] == []
    assert content(pack.folder) == before


def test_a_file_is_taken_over_when_asked_and_taken_back_to_the_byte(
    pack: Pack, filled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = content(pack.folder)
    asked = ["import", str(filled), "--data", str(pack.folder), "--apply", "--format", "json"]
    assert main(asked) == 0
    assert json.loads(capsys.readouterr().out)["applied"]
    rows = load_pack(pack.folder)["capacity"].set_index("service_id")
    assert rows.loc["refuge_one", "capacity_central"] == 6
    assert main(["import", "--undo", "--data", str(pack.folder)]) == 0
    assert content(pack.folder) == before


def test_a_file_with_errors_changes_nothing_even_when_asked_to(
    pack: Pack, filled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = content(pack.folder)
    wrong = {"Capacity": [{"Service": REFUGE, "Capacity central": "many"}]}
    asked = ["import", str(fill(filled, wrong)), "--data", str(pack.folder), "--apply"]
    assert main(asked) == 1
    said = capsys.readouterr().out
    assert "Capacity, " in said, "the problem stands at its cell"
    assert "many" in said
    assert content(pack.folder) == before


def test_no_file_at_all_is_wrong_use(pack: Pack, tmp_path: Path) -> None:
    assert main(["import", "--data", str(pack.folder)]) == 2
    asked = ["import", str(tmp_path / "none.xlsx"), "--data", str(pack.folder)]
    assert main(asked) == 2


def test_the_template_is_written_for_one_organisation_too(pack: Pack, tmp_path: Path) -> None:
    whose = str(pack["organisations"]["organisation_id"].iloc[0])
    out = tmp_path / "one.xlsx"
    asked = ["template", str(out), "--organisation", whose, "--data", str(pack.folder)]
    assert main(asked) == 0
    assert out.read_bytes()[:2] == b"PK"


def test_a_published_table_that_is_none_is_refused_in_words(pack: Pack) -> None:
    for sort in (incoming.Sort.HOMELESSNESS, incoming.Sort.SAFE_ACCOMMODATION):
        found = incoming.look(b"not a workbook", "tables.ods", pack, sort)
        assert found.errors
        assert not found.can_apply
        with pytest.raises(UsageError, match="not taken over"):
            found.take_over(pack.folder)


def test_a_file_compared_with_one_pack_is_not_taken_into_another(
    pack: Pack, filled: Path, tmp_path: Path
) -> None:
    found = incoming.look(filled.read_bytes(), filled.name, pack, incoming.Sort.RETURN)
    other = write_pack(tmp_path / "other", base_tables(), {"title": "Elsewhere"})
    with pytest.raises(UsageError, match="changed since the preview"):
        found.take_over(other)


def test_the_page_offers_the_workbook_and_says_that_nothing_happens_unasked(
    pack: Pack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(pack.folder))
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app._page_hash = calc_hash("data-and-method")
    app.run()
    assert not app.exception
    assert "Send figures in" in [tab.label for tab in app.tabs]
    text = "\n".join(element.proto.body for element in app.get("html"))
    assert "Nothing is, until you agree" in text
