"""The homelessness tables as published: every layout gives the figures that the pack ships."""

import csv
import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from housing_map.errors import Severity
from housing_map.importers import mhclg, revisions
from housing_map.importers.grids import UnreadableWorkbookError, read_grids
from housing_map.importers.headings import area_table, read_value, squash
from housing_map.importers.revisions import ChangeKind
from housing_map.tables import read_table
from tests import published as p

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "data"
KIRKLEES = ("E08000034", "Kirklees")
REGION = ("E12000003", "Yorkshire and The Humber")
ENGLAND = ("E92000001", "England")
CHOSEN = (ENGLAND, REGION, KIRKLEES)
AREAS = dict(CHOSEN)
Write = Callable[[p.Sheets], bytes]


def shipped(quarter: str) -> dict[str, dict[str, p.Value]]:
    """Rows of the shipped table for a quarter, by area; blanks left out."""
    with (DATA / mhclg.TABLE.path).open(encoding="utf-8", newline="") as lines:
        return {
            row["area_code"]: {
                name: float(cell)
                for name, cell in row.items()
                if cell and name not in {"quarter", "area_code", "area_name"}
            }
            for row in csv.DictReader(lines)
            if row["quarter"] == quarter and row["area_code"] in AREAS
        }


def figures(
    quarter: str, **more: Mapping[str, p.Value]
) -> dict[tuple[str, str], dict[str, p.Value]]:
    rows = shipped(quarter)
    return {area: {**rows[area[0]], **more.get(area[1], {})} for area in CHOSEN}


def existing() -> pd.DataFrame:
    return read_table(DATA, mhclg.TABLE).frame


def kirklees(reading: mhclg.Reading) -> dict[str, float | None]:
    return {f.column: f.value for f in reading.figures if f.area_code == KIRKLEES[0]}


def as_shipped(reading: mhclg.Reading, quarter: str) -> None:
    """Every figure of the shipped rows was read, and nothing else but blanks filled."""
    assert [str(x) for x in reading.problems] == []
    assert reading.quarter == quarter
    for code, row in shipped(quarter).items():
        read = {f.column: f.value for f in reading.figures if f.area_code == code}
        assert {name: read.get(name) for name in row} == row
    revision = mhclg.compare(existing(), [reading])
    assert set(revision.counts) == set(ChangeKind)
    assert revision.of(ChangeKind.REVISED) == ()
    assert revision.of(ChangeKind.GONE) == ()
    assert revision.of(ChangeKind.NEW) == ()


def read(content: bytes, file: str = "tables.ods", quarter: str | None = None) -> mhclg.Reading:
    return mhclg.read_homelessness(content, file, AREAS, quarter=quarter)


@pytest.mark.parametrize("write", [p.ods, p.xlsx])
def test_the_layout_until_2020_gives_the_shipped_rows_and_fills_their_blanks(write: Write) -> None:
    duties = {"owed_prevention": 414.0, "owed_relief": 137.0}
    sheets = p.layout_2019(
        figures("2019Q2", Kirklees=duties), period="April to June 2019", end="30th June 2019"
    )
    reading = read(write(sheets))
    as_shipped(reading, "2019Q2")
    filled = mhclg.compare(existing(), [reading]).of(ChangeKind.FILLED)
    assert {(c.key, c.column, c.after) for c in filled} == {
        (("2019Q2", KIRKLEES[0]), name, value) for name, value in duties.items()
    }


@pytest.mark.parametrize("write", [p.ods, p.xlsx])
def test_the_layout_from_2020_is_read_with_its_misnamed_sheets(write: Write) -> None:
    sheets = p.layout_2020(
        figures("2020Q3"), period="July to September 2020", end="30 September 2020"
    )
    reading = read(write(sheets))
    as_shipped(reading, "2020Q3")
    assert kirklees(reading)[mhclg.DERIVED] == 55


def test_hidden_lines_of_drop_down_lists_are_no_headings_of_their_own() -> None:
    sheets = p.layout_2024(figures("2024Q2"), period="April to June 2024", end="30 June 2024")
    as_shipped(read(p.xlsx(sheets, hidden=p.HIDDEN_2024), "Detailed_LA_202406.xlsx"), "2024Q2")


def test_one_line_of_headings_run_together_is_read_and_the_name_tells_the_quarter() -> None:
    name = "Statutory_Homelessness_Detailed_Local_Authority_Data_202512.ods"
    as_shipped(read(p.ods(p.layout_2026(figures("2025Q4"))), name), "2025Q4")


def test_each_figure_says_its_sheet_and_cell() -> None:
    sheets = p.layout_2024(figures("2024Q2"), period="April to June 2024", end="30 June 2024")
    reading = read(p.xlsx(sheets))
    place = {f.column: (f.sheet, f.cell) for f in reading.figures if f.area_code == "E08000034"}
    assert place["owed_relief"] == ("A1", "J11")
    assert place["reason_da_relief_victim"] == ("A2R", "N9")
    assert place[mhclg.DERIVED] == ("A2P and A2R", "M9 + M9")
    key = (("2024Q2", "E08000034"), "ta_hostels_incl_refuges")
    assert reading.evidence()[key] == "tables.ods, sheet TA1, cell M7"


MARKED = [("..", "not available"), ("-", "not shown"), ("[c]", "suppressed"), ("[x]", "not avail")]


@pytest.mark.parametrize(("mark", "meaning"), MARKED)
def test_a_mark_is_no_figure_and_never_nought(mark: str, meaning: str) -> None:
    marked = figures("2024Q2", Kirklees={"support_need_da": mark})
    sheets = p.layout_2024(marked, period="April to June 2024", end="30 June 2024")
    reading = read(p.xlsx(sheets))
    assert reading.problems == ()
    found = next(
        f for f in reading.figures if (f.area_code, f.column) == ("E08000034", "support_need_da")
    )
    assert found.value is None
    assert found.meaning.startswith(meaning)
    assert found.place.endswith(f"{mark}: {found.meaning}")
    gone = mhclg.compare(existing(), [reading])
    assert [(c.column, c.before) for c in gone.of(ChangeKind.GONE)] == [("support_need_da", 37)]
    pd.testing.assert_frame_equal(gone.merged, existing(), check_dtype=False)


def test_half_a_sum_is_no_sum() -> None:
    marked = figures("2024Q2", Kirklees={"reason_da_prevention": "[c]"})
    sheets = p.layout_2024(marked, period="April to June 2024", end="30 June 2024")
    assert mhclg.DERIVED not in kirklees(read(p.xlsx(sheets)))


def test_provisional_figures_written_as_text_are_read() -> None:
    marked = figures("2024Q2", England={"households_in_ta": "123,100 [p]"})
    sheets = p.layout_2024(marked, period="April to June 2024", end="30 June 2024")
    reading = read(p.xlsx(sheets))
    as_shipped(reading, "2024Q2")
    assert {f.meaning for f in reading.figures} == {"", "provisional"}


def test_what_is_neither_figure_nor_mark_is_a_problem_at_its_cell() -> None:
    marked = figures("2024Q2", Kirklees={"owed_relief": "about 140", "owed_prevention": 2.5})
    sheets = p.layout_2024(marked, period="April to June 2024", end="30 June 2024")
    reading = read(p.xlsx(sheets))
    assert [(x.place, x.value) for x in reading.problems] == [
        ("tables.ods, sheet A1, row 11, column H", "2.5"),
        ("tables.ods, sheet A1, row 11, column J", "about 140"),
    ]
    assert not {"owed_relief", "owed_prevention"} & set(kirklees(reading))


def test_a_heading_never_seen_leaves_its_column_blank_and_says_so() -> None:
    sheets = p.layout_2026(figures("2025Q4"))
    p.replaced(sheets, "A3", "At risk of or has experienced domestic abuse", "Fleeing violence")
    reading = read(p.ods(sheets), "x_202512.ods")
    assert [x.place for x in reading.problems] == ["x_202512.ods, sheet A3"]
    assert "support_need_da" in reading.problems[0].message
    assert "support_need_da" not in kirklees(reading)
    assert "owed_relief" in kirklees(reading)


def test_two_columns_with_one_meaning_are_not_chosen_between() -> None:
    sheets = p.layout_2026(figures("2025Q4"))
    p.replaced(sheets, "A2R", "Other violence or harassment", "Domestic abuse, total")
    reading = read(p.ods(sheets), "x_202512.ods")
    assert "several columns may be reason_da_relief" in reading.problems[0].message
    assert (reading.problems[0].value or "").startswith("E1 Domestic abuseTotal; H1")
    assert "reason_da_relief" not in kirklees(reading)


def test_a_part_larger_than_its_whole_is_pointed_at() -> None:
    swapped = figures("2024Q2", Kirklees={"reason_da_relief_victim": 297.0})
    sheets = p.layout_2024(swapped, period="April to June 2024", end="30 June 2024")
    problem = read(p.xlsx(sheets)).problems
    assert [x.severity for x in problem] == [Severity.WARNING]
    assert "(297) exceeds reason_da_relief (24)" in problem[0].message


def test_the_shipped_table_has_no_part_larger_than_its_whole() -> None:
    """So the warning is one: it does not cry over figures as they are."""
    frame = existing()
    for part, whole in mhclg.PART_OF:
        assert not (frame[part] > frame[whole] + 20).any(), part


def test_an_area_that_is_not_there_is_told_once_a_sheet_and_never_guessed() -> None:
    rows = {area: row for area, row in figures("2024Q2").items() if area != KIRKLEES}
    sheets = p.layout_2024(rows, period="April to June 2024", end="30 June 2024")
    reading = read(p.xlsx(sheets))
    assert len(reading.problems) == len(sheets)
    assert all("Kirklees (E08000034) is not in the sheet" in x.message for x in reading.problems)
    assert kirklees(reading) == {}


def test_a_code_beside_another_name_is_not_believed() -> None:
    rows = figures("2024Q2")
    rows[("E08000034", "Knowsley")] = rows.pop(KIRKLEES)
    sheets = p.layout_2024(rows, period="April to June 2024", end="30 June 2024")
    reading = read(p.xlsx(sheets))
    assert {x.value for x in reading.problems} == {"Knowsley"}
    assert kirklees(reading) == {}


def test_a_council_is_found_under_the_code_it_has_had_since() -> None:
    rows = figures("2025Q4")
    rows[("E08000038", "Barnsley")] = rows.pop(KIRKLEES)
    areas = {"E92000001": "England", "E08000016": "Barnsley"}
    content = p.ods(p.layout_2026(rows))
    reading = mhclg.read_homelessness(content, "x_202512.ods", areas)
    assert reading.problems == ()
    assert {f.area_code for f in reading.figures} == set(areas)


def test_a_missing_sheet_leaves_its_columns_blank_with_a_warning() -> None:
    sheets = p.layout_2024(figures("2024Q2"), period="April to June 2024", end="30 June 2024")
    del sheets["TA1"]
    reading = read(p.xlsx(sheets))
    assert [(x.severity, x.message) for x in reading.problems] == [
        (
            Severity.WARNING,
            "there is no sheet TA1: households_in_ta, ta_hostels_incl_refuges stay blank",
        )
    ]


def test_sheets_about_different_quarters_are_not_read() -> None:
    sheets = p.layout_2024(figures("2024Q2"), period="April to June 2024", end="30 June 2023")
    reading = read(p.xlsx(sheets))
    assert reading.figures == ()
    assert "different quarters" in reading.problems[0].message


@pytest.mark.parametrize(
    "year", ["2023-24", "April 2023 to March 2024", "1 April 2023 to 31 March 2024"]
)
def test_a_whole_year_is_not_taken_for_a_quarter(year: str) -> None:
    sheets = p.layout_2024(figures("2024Q2"), period=year, end=year)
    reading = read(p.xlsx(sheets), "Detailed_LA_202403.xlsx")
    assert reading.figures == ()
    assert "whole year" in reading.problems[0].message


@pytest.mark.parametrize(
    ("title", "quarter"),
    [
        ("England, April to June 2018 P", "2018Q2"),
        ("England, April to June (Q2) 2019 R", "2019Q2"),
        ("Jan-Mar 2021", "2021Q1"),
        ("1 October to 31 December 2022", "2022Q4"),
        ("England, as at 30th September 2023", "2023Q3"),
        ("January to June 2024", None),
        ("April to September 2024", None),
        ("published 22 July 2025", None),
    ],
)
def test_titles_name_quarters_in_many_ways(title: str, quarter: str | None) -> None:
    assert mhclg.quarter_in(title) == quarter


def test_the_quarter_can_be_said_where_nothing_tells_it() -> None:
    content = p.ods(p.layout_2026(figures("2025Q4")))
    assert "no quarter is named" in read(content).problems[0].message
    as_shipped(read(content, quarter="2025Q4"), "2025Q4")


def test_a_new_quarter_adds_rows_in_their_place_and_the_rest_stays() -> None:
    content = p.ods(p.layout_2026(figures("2025Q4", Kirklees={"owed_relief": 230.0})))
    reading = read(content, quarter="2026Q1")
    before = existing()
    revision = mhclg.compare(before, [reading])
    counts = revision.counts
    assert counts[ChangeKind.NEW] == len([f for f in reading.figures if f.value is not None])
    assert sum(counts.values()) == counts[ChangeKind.NEW]
    merged = revision.merged
    assert len(merged) == len(before) + 3
    row = merged[(merged["quarter"] == "2026Q1") & (merged["area_code"] == "E08000034")].iloc[0]
    assert (row["area_name"], row["owed_relief"]) == ("Kirklees", 230)
    assert list(zip(merged["area_code"], merged["quarter"], strict=True)) == sorted(
        zip(merged["area_code"], merged["quarter"], strict=True)
    )
    kept = merged[merged["quarter"] != "2026Q1"].reset_index(drop=True)
    pd.testing.assert_frame_equal(kept, before, check_dtype=False)


def test_a_revised_figure_is_shown_with_what_it_was_and_where_it_is_now() -> None:
    sheets = p.layout_2024(
        figures("2024Q2", Kirklees={"owed_relief": 150.0}),
        period="April to June 2024",
        end="30 June 2024",
    )
    revision = mhclg.compare(existing(), [read(p.xlsx(sheets), "new.xlsx")])
    (change,) = revision.of(ChangeKind.REVISED)
    assert str(change) == (
        "2024Q2, E08000034: owed_relief 142 -> 150 (revised; new.xlsx, sheet A1, cell J11)"
    )
    assert revision.changes_anything


def test_two_files_about_one_quarter_are_refused() -> None:
    sheets = p.layout_2024(figures("2024Q2"), period="April to June 2024", end="30 June 2024")
    reading = read(p.xlsx(sheets))
    with pytest.raises(ValueError, match="stands twice"):
        mhclg.compare(existing(), [reading, reading])


def test_the_table_is_written_as_it_is_shipped_byte_for_byte() -> None:
    path = DATA / mhclg.TABLE.path
    text = revisions.csv_text(mhclg.TABLE, mhclg.compare(existing(), []).merged)
    assert text.encode() == path.read_bytes()


def test_the_areas_read_are_those_of_the_pack() -> None:
    areas = mhclg.areas_of(existing())
    assert areas["E08000034"] == "Kirklees"
    assert len(areas) == 11


# Files that are not what they should be -----------------------------------------------------


def test_another_workbook_says_what_to_take_instead() -> None:
    reading = read(p.xlsx({"Sheet1": [["a"]]}))
    assert reading.problems[0].value == "Sheet1"
    assert "detailed local authority level tables" in reading.problems[0].mend


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "neither an ODS nor an XLSX"),
        (b"quarter,area_code\n", "neither an ODS nor an XLSX"),
        (b"\xd0\xcf\x11\xe0 old", "old Excel file"),
        (b"PK\x03\x04 cut off", "damaged"),
    ],
)
def test_a_file_that_is_no_workbook_is_a_problem_not_a_crash(content: bytes, words: str) -> None:
    reading = read(content)
    assert words in reading.problems[0].message
    assert reading.figures == ()


def archive(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name.replace("__", "."), content)
    return out.getvalue()


ODS = b"application/vnd.oasis.opendocument.spreadsheet"
TABLE_XML = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">'
    '<table:table table:name="A1">{}</table:table></office:document-content>'
)


def test_an_archive_that_unpacks_to_very_much_is_not_opened() -> None:
    with pytest.raises(UnreadableWorkbookError, match="unpacks to far more"):
        read_grids(archive(mimetype=ODS, content__xml=b" " * 5_000_000), lambda _: True)


def test_xml_that_declares_entities_is_refused() -> None:
    xml = '<!DOCTYPE x [<!ENTITY a "aaaa">]>' + TABLE_XML.format("")
    with pytest.raises(UnreadableWorkbookError, match="document type"):
        read_grids(archive(mimetype=ODS, content__xml=xml.encode()), lambda _: True)


def test_rows_and_cells_repeated_without_end_are_cut_off() -> None:
    rows = (
        '<table:table-row table:number-rows-repeated="1048576"><table:table-cell '
        'table:number-columns-repeated="16384" office:value-type="float" office:value="1"/>'
        "</table:table-row>"
    )
    xml = TABLE_XML.format(rows).encode()
    (sheet,) = read_grids(archive(mimetype=ODS, content__xml=xml), lambda _: True).sheets
    assert (len(sheet.rows), len(sheet.rows[0])) == (3000, 400)


def test_notes_on_cells_are_no_part_of_their_words() -> None:
    rows = (
        "<table:table-row><table:table-cell><office:annotation><text:p>look here</text:p>"
        "</office:annotation><text:p>Domestic<text:s/>abuse<text:span>1,2</text:span></text:p>"
        "<text:p>Victim</text:p></table:table-cell></table:table-row>"
    )
    xml = TABLE_XML.format(rows).encode()
    (sheet,) = read_grids(archive(mimetype=ODS, content__xml=xml), lambda _: True).sheets
    assert sheet.at(0, 0) == "Domestic abuse1,2 Victim"


# Cells and headings ---------------------------------------------------------------------------


@given(st.integers(0, 10**9), st.sampled_from(["", " [p]", "r", " [r]", " [note 3]"]))
def test_a_count_is_read_however_it_is_written(number: int, flag: str) -> None:
    for written in (f"{number}{flag}", f"{number:,}{flag}", f" {number:,}{flag} "):
        value = read_value(written)
        assert value is not None
        assert value.number == number
    plain = read_value(float(number))
    assert plain is not None
    assert plain.number == number


@pytest.mark.parametrize("cell", ["1,23", "12 34", "12%", "£5", "1e3", "-4", "5-10", "<5", "five"])
def test_what_may_be_something_else_is_not_taken_for_a_count(cell: str) -> None:
    assert read_value(cell) is None


@given(st.text(max_size=40))
def test_any_text_is_a_figure_a_mark_or_nothing(cell: str) -> None:
    value = read_value(cell)
    assert value is None or value.number is None or value.number >= 0


def test_words_are_the_same_whatever_footnotes_and_lines_they_have() -> None:
    wordings = ["Relief duty owed4", "Relief duty\nowed", "Relief  Duty owed [note 4]"]
    assert len({squash(words) for words in wordings}) == 1


def test_a_heading_over_several_columns_ends_where_the_next_begins() -> None:
    sheet = read_grids(
        p.xlsx(
            {
                "A": [
                    ["Title, owed a relief duty"],
                    [None, None, "Abuse", None, "Other", None],
                    [None, None, "Total", "Victim", None, "Late"],
                    ["E08000034", "Kirklees", 1, 2, 3, 4],
                ]
            }
        ),
        lambda _: True,
    ).sheets[0]
    table = area_table(sheet)
    assert table is not None
    assert [heading.words for heading in table.headings] == [
        ("Abuse", "Total"),
        ("Abuse", "Victim"),
        ("Other",),
        ("Other", "Late"),
    ]
