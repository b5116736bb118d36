"""The annual safe-accommodation tables: found through a mapping that people edit.

The figures for England are those of the releases of October 2024 and October 2025; the layout is
made up, since the real one could not be read.
"""

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd
import pytest

from housing_map import returns
from housing_map.errors import Severity, UsageError
from housing_map.importers import revisions
from housing_map.importers import safe_accommodation as safe
from housing_map.importers.revisions import ChangeKind
from housing_map.pack import check_pack
from housing_map.published_tables import CATEGORIES
from housing_map.tables import read_table
from tests import published as p

DATA = Path(__file__).resolve().parents[2] / "data"
AREAS = {"E92000001": "England", "E08000034": "Kirklees"}
NOTHING = pd.DataFrame(columns=[column.name for column in safe.TABLE.columns])


def sheets() -> p.Sheets:
    return {
        "Cover": [["Support in domestic abuse safe accommodation"]],
        "Table 1": [
            ["Table 1: Individuals supported in safe accommodation, April 2023 to March 2024"],
            ["Code", "Area", "Individuals supported", None, None, None, None],
            [None, None, "Total individuals supported", "Women", "Men", "Trans adults", "Children"],
            ["E92000001", "England", 63_950, 36_870, 1_830, 320, 24_940],
            ["E08000034", "Kirklees", 400, "[c]", 12, "[c]", "150 [p]"],
        ],
        "Table 2": [
            ["Table 2: Households unable to be supported"],
            ["Code", "Area", "Households unable to be supported", None, None],
            [None, None, "Total 2023-24", "Total 2024-25", "Per cent"],
            ["E92000001", "England", 26_870, 28_190, 5],
            ["E08000034", "Kirklees", 90, 110, 22],
        ],
    }


def mapping(*columns: Mapping[str, object], **more: object) -> safe.TableMapping:
    raw = {"mapping_version": 1, "title": "test", "checked_against": "tables.ods", **more}
    return safe.TableMapping.model_validate({**raw, "columns": columns})


PEOPLE = [
    {"measure": "individuals_supported", "words": ["total individuals supported"]},
    {"measure": "women_supported", "words": ["=women"]},
    {"measure": "men_supported", "words": ["=men"]},
    {"measure": "trans_adults_supported", "words": ["trans"]},
    {"measure": "children_supported", "words": ["children"]},
]
UNABLE = {"measure": "households_unable", "words": ["total"], "sheet": ["unable"]}
CHECKED = mapping(*PEOPLE, UNABLE)


def values(reading: safe.SafeReading, area: str) -> dict[tuple[str, str], float]:
    rows = reading.frame[(reading.frame["area_code"] == area) & reading.frame["value"].notna()]
    return {(row["year"], row["measure"]): row["value"] for row in rows.to_dict("records")}


@pytest.mark.parametrize("write", [p.ods, p.xlsx])
def test_figures_are_found_by_words_and_their_year_by_heading_or_title(
    write: Callable[[p.Sheets], bytes],
) -> None:
    content = write(sheets())
    reading = safe.read_safe_accommodation(content, "tables.ods", AREAS, CHECKED)
    assert [str(x) for x in reading.problems] == []
    assert values(reading, "E92000001") == {
        ("2023-24", "individuals_supported"): 63_950,
        ("2023-24", "women_supported"): 36_870,
        ("2023-24", "men_supported"): 1_830,
        ("2023-24", "trans_adults_supported"): 320,
        ("2023-24", "children_supported"): 24_940,
        ("2023-24", "households_unable"): 26_870,
        ("2024-25", "households_unable"): 28_190,
    }


def test_marks_stay_beside_their_figures_and_hidden_ones_are_no_nought() -> None:
    reading = safe.read_safe_accommodation(p.xlsx(sheets()), "t.xlsx", AREAS, CHECKED)
    rows = reading.frame.set_index(["area_code", "measure", "year"])
    hidden = rows.loc[("E08000034", "women_supported", "2023-24")]
    assert pd.isna(hidden["value"])
    assert hidden["note"].startswith("[c] suppressed")
    shown = rows.loc[("E08000034", "children_supported", "2023-24")]
    assert (shown["value"], shown["note"]) == (150, "p provisional")
    assert shown["source"] == "t.xlsx, sheet Table 1, column G, row 5"


def test_a_whole_word_is_not_found_inside_another() -> None:
    changed = p.replaced(sheets(), "Table 1", "Men", "Assessments")
    reading = safe.read_safe_accommodation(p.ods(changed), "t.ods", AREAS, CHECKED)
    assert ("2023-24", "men_supported") not in values(reading, "E92000001")
    assert "men_supported" in reading.problems[0].message


def test_what_the_mapping_does_not_find_is_said_and_the_rest_read() -> None:
    wrong = mapping(UNABLE, {"measure": "households_stopped", "words": ["stopped"]})
    reading = safe.read_safe_accommodation(p.ods(sheets()), "t.ods", AREAS, wrong)
    assert [x.severity for x in reading.problems] == [Severity.WARNING]
    assert "headed as the mapping says for households_stopped (stopped)" in str(reading.problems[0])
    assert len(values(reading, "E08000034")) == 2


def test_two_columns_of_one_year_are_not_chosen_between() -> None:
    changed = p.replaced(sheets(), "Table 2", "Total 2024-25", "Total, adults 2023-24")
    reading = safe.read_safe_accommodation(p.ods(changed), "t.ods", AREAS, mapping(UNABLE))
    assert reading.frame.empty
    assert "several columns may be households_unable in 2023-24" in reading.problems[0].message
    assert "C3" in (reading.problems[0].value or "")


def test_a_figure_without_a_year_is_left_out_until_somebody_says_it() -> None:
    changed = p.replaced(sheets(), "Table 2", "Total 2024-25", "Before")
    p.replaced(changed, "Table 2", "Total 2023-24", "Total")
    content = p.ods(changed)
    reading = safe.read_safe_accommodation(content, "t.ods", AREAS, mapping(UNABLE))
    assert reading.frame.empty
    assert "no year is named" in reading.problems[0].message
    said = safe.read_safe_accommodation(content, "t.ods", AREAS, mapping(UNABLE), year="2024-25")
    assert values(said, "E08000034") == {("2024-25", "households_unable"): 90}


def test_a_cell_that_is_no_number_is_a_problem_at_its_place() -> None:
    changed = p.replaced(sheets(), "Table 1", "150 [p]", "about 150")
    reading = safe.read_safe_accommodation(p.ods(changed), "t.ods", AREAS, CHECKED)
    assert [(x.place, x.value) for x in reading.problems] == [
        ("t.ods, sheet Table 1, row 5, column G", "about 150")
    ]


def test_an_area_under_another_name_is_not_read() -> None:
    changed = p.replaced(sheets(), "Table 2", "Kirklees", "Knowsley")
    reading = safe.read_safe_accommodation(p.ods(changed), "t.ods", AREAS, mapping(UNABLE))
    assert values(reading, "E08000034") == {}
    assert "Kirklees (E08000034)" in reading.problems[0].message


def test_a_file_that_is_no_workbook_is_a_problem_not_a_crash() -> None:
    reading = safe.read_safe_accommodation(b"%PDF-1.7", "t.pdf", AREAS, CHECKED)
    assert reading.frame.empty
    assert "neither an ODS nor an XLSX" in reading.problems[0].message


# The mapping ----------------------------------------------------------------------------------


def test_the_shipped_mapping_is_valid_and_owns_that_nobody_checked_it() -> None:
    shipped = safe.load_mapping()
    assert shipped.checked_against == ""
    reading = safe.read_safe_accommodation(p.ods(sheets()), "t.ods", AREAS)
    assert "has not been checked against a file" in reading.problems[0].message
    assert values(reading, "E92000001")["2023-24", "men_supported"] == 1_830


def test_a_mapping_may_be_toml_with_remarks(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        'mapping_version = 1\ntitle = "mine"  # a remark\nchecked_against = "t.ods"\n'
        '[[columns]]\nmeasure = "households_unable"\ncategory = "no_space"\nwords = ["capacity"]\n',
        encoding="utf-8",
    )
    (column,) = safe.load_mapping(path).columns
    assert column.label == "households_unable: no_space"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"mapping_version": 2}, "version 2, not 1"),
        ({"columns": [{"measure": "beds", "words": ["x"]}]}, "no measure 'beds'"),
        (
            {"columns": [{"measure": "households_unable", "category": "x", "words": ["x"]}]},
            "households_unable has no category 'x'",
        ),
        ({"columns": [{"measure": "men_supported", "words": ["2024"]}]}, "words need letters"),
        ({"columns": []}, "columns"),
        ({"sheets": 3}, "sheets"),
    ],
)
def test_a_mapping_that_says_something_unknown_is_refused(
    change: dict[str, object], words: str, tmp_path: Path
) -> None:
    raw = json.loads(safe.SHIPPED.read_text(encoding="utf-8"))
    path = tmp_path / "mine.json"
    path.write_text(json.dumps({**raw, **change}), encoding="utf-8")
    with pytest.raises(UsageError, match=words):
        safe.load_mapping(path)


def test_a_mapping_that_is_no_mapping_is_refused_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text("{", encoding="utf-8")
    with pytest.raises(UsageError, match=r"mine\.json cannot be read"):
        safe.load_mapping(path)


def test_published_figures_and_local_returns_share_their_words() -> None:
    own = {"individuals_supported", "characteristics_supported", "households_moved_on"}
    own.add("units_commissioned")
    assert set(CATEGORIES) - own <= set(returns.MEASURES)


# In the pack ----------------------------------------------------------------------------------


def test_what_is_read_makes_a_table_that_the_pack_takes_in(tmp_path: Path) -> None:
    """Its places and marks pass the checks, the one that nothing locates a refuge among them."""
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder)
    reading = safe.read_safe_accommodation(p.ods(sheets()), "tables.ods", AREAS, CHECKED)
    revision = safe.compare(NOTHING, [reading])
    (folder / safe.TABLE.path).write_text(
        revisions.csv_text(safe.TABLE, revision.merged), encoding="utf-8", newline="\n"
    )
    pack, problems = check_pack(folder)
    assert pack is not None, [str(x) for x in problems]
    assert len(pack["safe_accommodation"]) == len(reading.frame)
    again = safe.compare(read_table(folder, safe.TABLE).frame, [reading])
    assert not again.changes_anything
    assert again.counts[ChangeKind.SAME] == len(values(reading, "E92000001")) + 5


def test_a_later_release_revises_and_adds_and_takes_nothing_away() -> None:
    first = safe.read_safe_accommodation(p.ods(sheets()), "a.ods", AREAS, CHECKED)
    before = safe.compare(NOTHING, [first]).merged
    changed = p.replaced(sheets(), "Table 2", 26_870, 26_900)
    p.replaced(changed, "Table 1", 12, "[c]")
    later = safe.read_safe_accommodation(p.ods(changed), "b.ods", AREAS, CHECKED)
    revision = safe.compare(before, [later])
    assert [(c.key[1:3], c.before, c.after) for c in revision.of(ChangeKind.REVISED)] == [
        (("E92000001", "households_unable"), 26_870, 26_900)
    ]
    assert [(c.key[2], c.before) for c in revision.of(ChangeKind.GONE)] == [("men_supported", 12)]
    merged = revision.merged.set_index(["year", "area_code", "measure"])
    assert merged.loc[("2023-24", "E08000034", "men_supported"), "value"] == 12
    assert "b.ods" in merged.loc[("2023-24", "E92000001", "households_unable"), "source"]
