"""The publishable release of the shipped pack, as it was last looked at.

What it says in words stands in the snapshot as it is, and each table by its size and checksum, so
that a change to data or program shows what it does to what is published. To take a new snapshot
once every difference has been looked at: ``HOUSING_MAP_GOLDEN=1 pytest`` on this file.
"""

import hashlib
import os
from pathlib import Path

from housing_map.assessment.data_files import sheet_csv
from housing_map.assessment.edition import Inputs, build
from housing_map.assessment.sheets import View
from housing_map.pack import load_pack

SNAPSHOT = Path(__file__).with_name("snapshots") / "kirklees_release.txt"


def as_text() -> str:
    """Return the release in words: sections with their sentences, and a line for each table."""
    edition = build(Inputs(pack=load_pack(), period="2025-26"), View.PUBLISHABLE)
    lines = []
    for section in edition.content.sections:
        lines += ["", f"# {section.number}. {section.title} ({section.state})"]
        lines += section.told(edition.view, edition.by_id)
        lines += [f"- not known: {one}" for one in section.missing]
    lines.append("")
    for sheet in edition.sheets:
        digest = hashlib.sha256(sheet_csv(sheet)).hexdigest()[:16]
        size = f"{len(sheet.rows)} rows, {len(sheet.columns)} columns"
        lines.append(f"{sheet.id}: {sheet.title}; {size}, {digest}")
    return "\n".join(lines) + "\n"


def test_the_shipped_release_says_what_it_said() -> None:
    found = as_text()
    if os.environ.get("HOUSING_MAP_GOLDEN") == "1":
        SNAPSHOT.write_text(found, encoding="utf-8")
    assert found == SNAPSHOT.read_text(encoding="utf-8")
