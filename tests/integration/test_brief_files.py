"""Briefs of the shipped data as files: two pages in Word and PDF, opened by other programs."""

import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

from housing_map.brief.comparing import comparison_brief
from housing_map.cli import main
from housing_map.documents.blocks import Document
from housing_map.documents.pdf import extent, write_pdf
from housing_map.documents.word import write_docx
from housing_map.effects import compare
from housing_map.pack import Pack, load_pack
from housing_map.starts import Start, starts
from tests.office import saved_by_libreoffice

IDS = (
    "grant_ends", "dispersed_homes", "sanctuary_open", "by_and_for", "reciprocals",
    "straight_referral", "more_demand",
)  # fmt: skip
WRITER = "libswlo.so"
"""Part of LibreOffice that reads Word files, which a computer may have without."""


@cache
def kirklees() -> Pack:
    return load_pack(None)


@cache
def start(code: str) -> Start:
    return next(one for one in starts(kirklees()) if one.id == code)


@cache
def brief(*codes: str) -> Document:
    """Return the brief of ready-made scenarios."""
    found = [start(code).scenario for code in codes]
    return comparison_brief(compare(kirklees(), [one for one in found if one is not None]))


def facts_of(pdf: Path) -> dict[str, str]:
    """Return what pdfinfo says of a file."""
    program = shutil.which("pdfinfo")
    if program is None:
        pytest.skip("pdfinfo is not installed: install Debian's poppler-utils")
    done = subprocess.run([program, str(pdf)], capture_output=True, text=True, check=True)
    pairs = (line.partition(":") for line in done.stdout.splitlines())
    return {name.strip(): value.strip() for name, _, value in pairs}


def test_every_start_is_named_here() -> None:
    assert tuple(one.id for one in starts(kirklees())) == IDS


@pytest.mark.parametrize("code", IDS)
def test_each_start_has_a_brief_of_at_most_two_pages(code: str) -> None:
    assert extent(brief(code)) <= 2


def test_a_pdf_is_two_pages_tagged_and_named(tmp_path: Path) -> None:
    file = tmp_path / "brief.pdf"
    file.write_bytes(write_pdf(brief(*IDS)))
    facts = facts_of(file)
    assert facts["Tagged"] == "yes"
    assert int(facts["Pages"]) <= 2
    assert facts["Title"] == "Brief: seven proposals compared"
    assert facts["Page size"].endswith("(A4)")


@pytest.mark.parametrize("codes", [("by_and_for",), IDS], ids=["one", "all"])
def test_word_files_are_two_pages_in_another_program(
    codes: tuple[str, ...], tmp_path: Path
) -> None:
    office = shutil.which("soffice")
    if office is not None and not (Path(office).resolve().parent / WRITER).exists():
        pytest.skip("LibreOffice has no Writer here: install Debian's libreoffice-writer-nogui")
    file = tmp_path / "brief.docx"
    file.write_bytes(write_docx(brief(*codes)))
    printed = saved_by_libreoffice(file, tmp_path / "printed", "pdf")
    assert int(facts_of(printed)["Pages"]) <= 2


def test_the_command_writes_each_format_the_same_each_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = tmp_path / "plan.json"
    assert main(["scenario", "start", "dispersed_homes", "--out", str(plan)]) == 0
    asked = ["scenario", "brief", str(plan), "--out"]
    for ending, start_of in (("pdf", b"%PDF"), ("html", b"<!DOCTYPE"), ("docx", b"PK")):
        file = tmp_path / f"brief.{ending}"
        assert main([*asked, str(file)]) == 0
        assert file.read_bytes().startswith(start_of)
    first = file.read_bytes()
    assert main([*asked, str(file)]) == 0
    assert file.read_bytes() == first
    assert "Written:" in capsys.readouterr().out
    assert not list(tmp_path.glob(".*.part"))


def test_the_command_divides_the_cost_and_leaves_the_town_out_when_published(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan, file = tmp_path / "plan.json", tmp_path / "brief.html"
    assert main(["scenario", "start", "dispersed_homes", "--out", str(plan)]) == 0
    asked = ["scenario", "brief", str(plan), "--out", str(file)]
    assert main([*asked, "--share", "Council=0.6", "--share", "Health=0.4"]) == 0
    page = file.read_text(encoding="utf-8")
    assert "Dewsbury" in page
    assert "Shares of the pooled budget" in page
    assert main([*asked, "--publishable"]) == 0
    assert "homes in Dewsbury" not in file.read_text(encoding="utf-8")
    assert main([*asked, "--share", "Council=0.6"]) == 2
    assert "sum to 1" in capsys.readouterr().err


def test_the_command_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = tmp_path / "plan.json"
    assert main(["scenario", "start", "dispersed_homes", "--out", str(plan)]) == 0
    asked = ["scenario", "brief", str(plan), "--out"]
    assert main([*asked, str(tmp_path / "brief.txt")]) == 2
    assert "not as '.txt'" in capsys.readouterr().err
    assert main([*asked, str(tmp_path / "none" / "brief.pdf")]) == 2
    assert "cannot be written" in capsys.readouterr().err
    other = tmp_path / "brief.pdf"
    assert main([*asked, str(other), "--template", str(plan)]) == 2
    assert "Word files alone" in capsys.readouterr().err
    assert not other.exists()
