"""What is wrong with a filled-in workbook is said at its cell; what is unsafe is never opened."""
# ruff: noqa: E501 - one case a line

import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import openpyxl
import pytest

from housing_map.errors import Severity
from housing_map.importers import changes
from housing_map.importers.opening import RefusedWorkbookError, open_workbook
from housing_map.importers.sheets import BASE, INSTRUCTIONS
from housing_map.importers.template import template
from housing_map.importers.workbook import CellProblem, Filled, read_filled, read_filled_bytes
from housing_map.location_patterns import PATTERNS
from housing_map.pack import Pack, load_pack
from tests.filling import Entry, Lines, cell, fill
from tests.office import saved_by_libreoffice
from tests.packs import write_pack

REFUGE = "Refuge [refuge_one]"
SENT = {"Who says so": "Aid, quarterly return", "Sent in on": "2026-06-15"}
QUARTER = {"Period": "2026Q1", "Service": REFUGE}


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    return load_pack(write_pack(tmp_path_factory.mktemp("pack")))


@pytest.fixture(scope="module")
def blank(pack: Pack) -> bytes:
    return template(pack)


@pytest.fixture
def path(blank: bytes, tmp_path: Path) -> Path:
    (tmp_path / "t.xlsx").write_bytes(blank)
    return tmp_path / "t.xlsx"


def errors(read: Filled) -> list[CellProblem]:
    return [problem for problem in read.problems if problem.severity is Severity.ERROR]


# Cells ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sheet", "line", "said"),
    [
        ("Counts", {**QUARTER, "Women supported": "about 9"}, ("Women supported", "cannot be read")),
        ("Counts", {**QUARTER, "Women supported": 2.5}, ("Women supported", "cannot be read")),
        ("Counts", {**QUARTER, "Women supported": -1}, ("Women supported", "not allowed")),
        ("Counts", {**QUARTER, "Period": "2026Q5", "Homes secured": 1}, ("Period", "not allowed")),
        ("Counts", {**QUARTER, "Period": "2025-27", "Homes secured": 1}, ("Period", "does not follow")),
        ("Counts", {**QUARTER, "Service": "Refuge nine", "Homes secured": 1}, ("Service", "not in the list")),
        ("Counts", {**QUARTER, "Homes secured": 1, "Sent in on": "15/06/26"}, ("Sent in on", "cannot be read")),
        ("Counts", {**QUARTER, "Homes secured": 1, "Who says so": None}, ("Who says so", "is empty")),
        ("Counts", {**QUARTER, "Service": "Whole district", "MARAC cases": 4, "MARAC repeats": 5}, ("MARAC repeats", "more marac repeats")),
        ("Capacity", {"Service": REFUGE, "Occupancy central": 85}, ("Occupancy central", "not allowed")),
        ("Capacity", {"Service": REFUGE, "Capacity low": 9}, ("Capacity low", "reversed")),
        ("Capacity", {"Service": REFUGE, "Basis": "Beds"}, ("Basis", "not in the list")),
        ("Who is taken", {"Service": REFUGE, "Man": "maybe"}, ("Man", "not in the list")),
        ("Outcomes", {**QUARTER, "Tool": "My Star", "Area": "All areas together", "How many people": 9, "Mean start": 4, "Mean end": 11}, ("Mean end", "not allowed")),
        ("Barriers", {**QUARTER, "Full": 9, "How many were asked": 8}, ("Full", "more people raised it")),
        ("Spend", {**QUARTER, "Objective": "Objective four", "Stream": "Grant", "Spent (GBP)": 1}, ("Objective", "not allowed")),
        ("Spend", {**QUARTER, "Objective": "four", "Stream": "@SUM(1)", "Spent (GBP)": 1}, ("Stream", "like a formula")),
        ("Counts", {**QUARTER, "Women supported": "=1/0"}, ("Women supported", "formula without a result")),
        ("Counts", {**QUARTER, "Women supported": "#REF!"}, ("Women supported", "an error of the spreadsheet")),
    ],
)  # fmt: skip
def test_a_cell_that_cannot_be_taken_is_named_with_what_is_wrong(
    pack: Pack, path: Path, sheet: str, line: Mapping[str, Entry], said: tuple[str, str]
) -> None:
    label, words = said
    proof = {"Who says so": "Aid", "Confirmed on": "2026-06-15"}
    more = proof if sheet in {"Capacity", "Who is taken"} else SENT
    at = cell(path, sheet, line, label)
    (problem,) = errors(read_filled(fill(path, {sheet: [{**more, **line}]}), pack))
    assert (problem.sheet, problem.cell) == (sheet, at)
    assert words in problem.message
    assert problem.mend


def test_every_problem_is_listed_at_once_in_the_order_of_the_workbook(
    pack: Pack, path: Path
) -> None:
    lines: Mapping[str, Lines] = {
        "Counts": [{**QUARTER, "Women supported": -1, "Men supported": "x", **SENT}],
        "Capacity": [{"Service": REFUGE, "Stay days low": "a week", "Who says so": "Aid"}],
        "Moved on to": [{**QUARTER, "Owned": 1.5, **SENT}],
    }
    found = [(p.sheet, p.message) for p in errors(read_filled(fill(path, lines), pack))]
    assert [sheet for sheet, _ in found] == ["Capacity", "Counts", "Counts", "Moved on to"]


def test_two_lines_about_the_same_are_not_guessed_between(pack: Pack, path: Path) -> None:
    book = openpyxl.load_workbook(path)
    page = book["Outcomes"]
    for row in (5, 6):
        values = ["2026Q1", REFUGE, "My Star", "All areas together", 9, 4, 5, "Aid", None]
        for place, value in enumerate(values, 1):
            page.cell(row, place).value = value
    book.save(path)
    (problem,) = errors(read_filled(path, pack))
    assert problem.cell == "A6"
    assert "row 5 already holds the same Period and Service and Tool and Area" in problem.message


def test_a_division_that_misses_its_total_is_a_warning(pack: Pack, path: Path) -> None:
    lines: Mapping[str, Lines] = {
        "Counts": [{**QUARTER, "Households unable to be supported": 9, **SENT}],
        "Not supported": [{**QUARTER, "No space": 5, **SENT}],
    }
    read = read_filled(fill(path, lines), pack)
    assert read.is_sound
    assert ["sums to 5" in problem.message for problem in read.problems] == [True]


def test_a_new_service_is_known_to_the_other_sheets(pack: Pack, path: Path) -> None:
    lines: Mapping[str, Lines] = {
        "Services": [
            {"Service": "homes_dispersed", "Name": "Dispersed homes", "Kind": "Dispersed accommodation",
             "Organisation": "Testham Homes [homes]", "Delivery": "Accommodation",
             "Operating": "Yes", "Who says so": "Homes", "Confirmed on": "2026-06-01"}
        ],
        "Capacity": [
            {"Service": "homes_dispersed", "Basis": "Units", "Capacity central": 3,
             "Stay days central": 200, "Occupancy central": 0.9, "Who says so": "Homes"}
        ],
    }  # fmt: skip
    read = read_filled(fill(path, lines), pack)
    assert errors(read) == []
    shown = changes.preview(pack, read)
    added = {table.table: table.added for table in shown.tables if table.added}
    assert added == {"services": 1, "capacity": 1}


# Locations --------------------------------------------------------------------------------

_PLACED = ("HD1 2AB", "12 Mill Street", "53.6458, -1.7850", "SE 144 167", "UPRN 100051234567")


@pytest.mark.parametrize("text", _PLACED)
@pytest.mark.parametrize(
    ("sheet", "label"),
    [("Capacity", "Note"), ("Services", "Name"), ("Counts", "Who says so"), ("Spend", "Stream")],
)
def test_a_location_in_any_cell_is_refused_and_never_repeated(
    pack: Pack, path: Path, sheet: str, label: str, text: str
) -> None:
    key = {"Services": {"Service": "refuge_one"}, "Capacity": {"Service": REFUGE}}
    line = {**key.get(sheet, QUARTER), label: f"near {text} now"}
    at = cell(path, sheet, line, label)
    read = read_filled(fill(path, {sheet: [line]}), pack)
    shown = changes.preview(pack, read)
    assert (sheet, at) in {(problem.sheet, problem.cell) for problem in errors(read)}
    assert not shown.can_apply
    for problem in (*read.problems, *shown.problems):
        assert text not in str(problem)
    assert text not in str(shown.changes)


def test_a_location_outside_the_tables_is_refused_too(pack: Pack, path: Path) -> None:
    book = openpyxl.load_workbook(path)
    book[INSTRUCTIONS]["D9"] = "HD1 2AB"
    book["Counts"]["AD300"] = "HD1 2AC"
    book.create_sheet("Mine")["B2"] = "HD1 2AD"
    book.save(path)
    found = {(problem.sheet, problem.cell) for problem in errors(read_filled(path, pack))}
    assert found == {(INSTRUCTIONS, "D9"), ("Counts", "AD300"), ("Mine", "B2")}


def test_the_name_of_a_place_beside_a_refuge_is_refused(pack: Pack, path: Path) -> None:
    lines: Mapping[str, Lines] = {
        "Capacity": [{"Service": REFUGE, "Note": "Two of the homes are in Alderby"}]
    }
    (problem,) = errors(read_filled(fill(path, lines), pack))
    assert problem.sheet == "Capacity"
    assert "never located" in problem.message
    assert "Alderby" not in str(problem)


def test_a_tampered_record_of_what_was_there_lets_no_location_in(pack: Pack, path: Path) -> None:
    fill(path, {"Capacity": [{"Service": REFUGE, "Note": "HD1 2AB"}]})
    book = openpyxl.load_workbook(path)
    book[BASE].append(["capacity", '["refuge_one"]', "note", "HD1 2AB"])
    book.save(path)
    read = read_filled(path, pack)
    assert [problem.sheet for problem in errors(read)] == ["Capacity"]
    assert not changes.preview(pack, read).can_apply


def test_the_template_itself_holds_no_location(blank: bytes) -> None:
    for page in open_workbook(blank).values():
        for row in page.cells:
            for text in row:
                assert not [p.what for p in PATTERNS if p.exact and p.find(text)], text


# Workbooks --------------------------------------------------------------------------------


def test_a_workbook_of_another_pack_is_not_read_into_this_one(blank: bytes, tmp_path: Path) -> None:
    other = load_pack(write_pack(tmp_path / "other", info={"name": "otherham"}))
    (problem,) = errors(read_filled_bytes(blank, "t.xlsx", other))
    assert problem.sheet == INSTRUCTIONS
    assert (problem.value, problem.expected) == ("testham", "otherham")


def test_a_header_that_was_changed_is_said_where_it_stands(pack: Pack, path: Path) -> None:
    book = openpyxl.load_workbook(path)
    book["Capacity"]["C4"] = "Beds"
    book.save(path)
    found = errors(read_filled(path, pack))
    assert ("Capacity", "C4") in {(problem.sheet, problem.cell) for problem in found}
    assert any("Capacity low is missing" in problem.message for problem in found)


def test_without_the_record_of_what_was_there_an_empty_cell_removes_nothing(
    pack: Pack, path: Path
) -> None:
    book = openpyxl.load_workbook(path)
    del book[BASE]
    book["Capacity"]["D5"] = None
    book.save(path)
    shown = changes.preview(pack, read_filled(path, pack))
    assert shown.changes == ()


def repacked(content: bytes, change: Callable[[dict[str, bytes]], object]) -> bytes:
    """Return a workbook with other parts in its archive."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return memory.getvalue()


def _sub(name: str, old: bytes, new: bytes) -> Callable[[dict[str, bytes]], object]:
    def change(parts: dict[str, bytes]) -> None:
        assert old in parts[name]
        parts[name] = parts[name].replace(old, new)

    return change


_LINK = (
    b'<Relationship Id="rId99" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
    b'relationships/hyperlink" Target="http://example.org/" TargetMode="External"/></Relationships>'
)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda parts: parts.update({"xl/vbaProject.bin": b"x"}), "macros"),
        (lambda parts: parts.update({"xl/macrosheets/sheet1.xml": b"<x/>"}), "macros"),
        (lambda parts: parts.update({"xl/externalLinks/externalLink1.xml": b"<x/>"}), "links"),
        (lambda parts: parts.update({"xl/connections.xml": b"<x/>"}), "queries"),
        (lambda parts: parts.update({"xl/embeddings/oleObject1.bin": b"x"}), "embedded"),
        (_sub("xl/_rels/workbook.xml.rels", b"</Relationships>", _LINK), "links"),
        (_sub("xl/workbook.xml", b"<workbook ", b"<!DOCTYPE a [<!ENTITY b 'c'>]><workbook "), "XML"),
        (lambda parts: parts.update({"xl/x.xml": "<x/>".encode("utf-16")}), "XML"),
        (_sub("[Content_Types].xml", b"sheet.main+xml", b"template.main+xml"), "no plain workbook"),
        (lambda parts: parts.update({"xl/media/a.bin": bytes(50_000_000)}), "unpacks to far more"),
        (lambda parts: parts.update({f"xl/{n}.bin": b"" for n in range(300)}), "unpacks to far more"),
        (lambda parts: parts.pop("xl/workbook.xml"), "no Excel workbook"),
        (lambda parts: parts.update({"xl/styles.xml": b"<cut"}), "damaged"),
    ],
)  # fmt: skip
def test_a_hostile_or_broken_workbook_is_refused_with_words(
    pack: Pack, blank: bytes, change: Callable[[dict[str, bytes]], object], words: str
) -> None:
    (problem,) = read_filled_bytes(repacked(blank, change), "t.xlsx", pack).problems
    assert words in problem.message
    assert problem.severity is Severity.ERROR


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "t.xlsx", "old Excel file"),
        (b"service_id,women\nrefuge_one,9\n", "t.xlsx", "no workbook"),
        (b"PK\x03\x04" + bytes(40), "t.xlsx", "damaged"),
        (b"", "t.xlsx", "no workbook"),
        (bytes(6_000_000), "t.xlsx", "larger than"),
        (b"PK\x03\x04", "t.xlsm", "does not end in .xlsx"),
    ],
)
def test_what_is_no_workbook_is_told_from_its_bytes(
    pack: Pack, content: bytes, name: str, words: str
) -> None:
    (problem,) = read_filled_bytes(content, name, pack).problems
    assert words in problem.message


def test_a_workbook_saved_in_another_format_is_said_to_be_one(
    pack: Pack, path: Path, tmp_path: Path
) -> None:
    ods = saved_by_libreoffice(path, tmp_path / "saved", "ods")
    (problem,) = read_filled_bytes(ods.read_bytes(), "t.xlsx", pack).problems
    assert "ODS workbook" in problem.message
    old = saved_by_libreoffice(path, tmp_path / "saved", "xls")
    (problem,) = read_filled_bytes(old.read_bytes(), "t.xlsx", pack).problems
    assert "old Excel file" in problem.message


def test_a_file_that_is_not_there_is_a_problem_and_no_crash(pack: Pack, tmp_path: Path) -> None:
    (problem,) = read_filled(tmp_path / "none.xlsx", pack).problems
    assert "cannot be read" in problem.message


def test_a_sheet_without_end_is_cut_and_said_to_be(pack: Pack, path: Path) -> None:
    book = openpyxl.load_workbook(path)
    book["Counts"]["A60000"] = "2026Q1"
    book.save(path)
    assert open_workbook(path.read_bytes())["Counts"].beyond is False, "far below what is read"
    book["Counts"]["A2001"] = "2026Q1"
    book.save(path)
    found = errors(read_filled(path, pack))
    assert any("more rows or columns than are read" in problem.message for problem in found)


def test_bytes_that_are_nearly_a_workbook_raise_nothing_else(blank: bytes) -> None:
    for cut in range(0, len(blank), max(1, len(blank) // 40)):
        with pytest.raises(RefusedWorkbookError):
            open_workbook(blank[:cut])
