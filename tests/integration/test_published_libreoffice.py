"""Published tables saved again by LibreOffice, as councils do before they pass them on."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from housing_map.importers import mhclg
from tests import published as p

AREAS = {"E92000001": "England", "E08000034": "Kirklees"}
ROWS: p.Areas = {
    ("E92000001", "England"): {"owed_any_duty": 83_240.0, "reason_da_relief_victim": "[x]"},
    ("E08000034", "Kirklees"): {"owed_any_duty": 443.0, "reason_da_relief_victim": 23.0},
}


def saved_again(content: bytes, folder: Path, suffix: str) -> bytes:
    office = shutil.which("soffice")
    if office is None:
        if os.environ.get("HOUSING_MAP_REQUIRE_LIBREOFFICE") == "1":
            pytest.fail("LibreOffice is not installed: install Debian's libreoffice-calc")
        pytest.skip("LibreOffice is not installed: install Debian's libreoffice-calc")
    source = folder / "tables.in"
    source.write_bytes(content)
    profile = (folder / "profile").as_uri()
    subprocess.run(
        [
            *(office, f"-env:UserInstallation={profile}", "--headless"),
            *("--convert-to", suffix, "--outdir", str(folder), str(source)),
        ],
        check=True,
        capture_output=True,
        timeout=180,
    )
    return (folder / f"tables.{suffix}").read_bytes()


@pytest.mark.parametrize("suffix", ["ods", "xlsx"])
def test_saving_again_in_another_format_changes_no_figure(suffix: str, tmp_path: Path) -> None:
    sheets = p.layout_2024(ROWS, period="April to June 2024", end="30 June 2024")
    content = p.xlsx(sheets, hidden=p.HIDDEN_2024) if suffix == "ods" else p.ods(sheets)
    before = mhclg.read_homelessness(content, "tables", AREAS)
    after = mhclg.read_homelessness(saved_again(content, tmp_path, suffix), "tables", AREAS)
    read = {(f.area_code, f.column): (f.value, f.mark) for f in before.figures}
    assert read["E08000034", "owed_any_duty"] == (443, "")
    assert read["E92000001", "reason_da_relief_victim"] == (None, "[x]")
    assert after.figures == before.figures
    assert after.problems == before.problems
