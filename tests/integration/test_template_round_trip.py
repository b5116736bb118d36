"""Figures in: template, filled in, previewed, brought in, and taken back."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from housing_map import journal
from housing_map.errors import Severity, UsageError
from housing_map.importers import changes
from housing_map.importers.sheets import BASE, BY_SHEET, INSTRUCTIONS, LISTS, SHEETS
from housing_map.importers.template import template, write_template
from housing_map.importers.workbook import Filled, read_filled, read_filled_bytes
from housing_map.pack import Pack, check_pack, load_pack
from housing_map.pack_tables import BY_NAME
from housing_map.schemas import Type, split_codes
from tests.filling import Lines, cell, fill
from tests.office import saved_by_libreoffice
from tests.packs import base_tables, write_pack

REFUGE = "Refuge [refuge_one]"
SENT = {"Who says so": "Aid, quarterly return", "Sent in on": "2026-06-15"}
CONFIRMED = {"Who says so": "Aid, yearly return", "Confirmed on": "2026-06-15"}
QUARTER = {"Period": "2026Q1"}

EVERYTHING: Mapping[str, Lines] = {
    "Capacity": [
        {"Service": REFUGE, "Capacity low": 5, "Capacity central": 6, "Capacity high": 7,
         "Occupancy central": 0.85, **CONFIRMED},
    ],
    "Who is taken": [{"Service": REFUGE, "Man": "Depends", "Has pets": "No", **CONFIRMED}],
    "Legal facts": [{"Service": REFUGE, "Self-contained": "No", **CONFIRMED}],
    "Funding": [
        {"Service": REFUGE, "Stream": "Safe accommodation grant", "Ends on": "2028-03-31",
         **CONFIRMED},
        {"Service": REFUGE, "Stream": "Lottery", "Funder": "A lottery",
         "Amount a year (GBP)": 40000, "Starts on": "2026-04-01", **CONFIRMED},
    ],
    "Counts": [
        {**QUARTER, "Service": REFUGE, "Women supported": 9, "Men supported": 0,
         "Children supported": 14, "Households supported": 9,
         "Households whose support began": 4, "Households whose support ended": 3,
         "Households unable to be supported": 7, **SENT},
        {**QUARTER, "Service": "Whole district", "DRAMM cases": 120, "DRAMM cases of high risk": 50,
         "DRAMM repeats": 40, "MARAC cases": 55, "MARAC repeats": 20, **SENT},
    ],
    "Not supported": [
        {**QUARTER, "Service": REFUGE, "No space": 4, "Mental health need": 2,
         "Size of the household": 1, **SENT},
    ],
    "Support ended": [{**QUARTER, "Service": REFUGE, "Moved on": 2, "Time limit": 1, **SENT}],
    "Moved on to": [{**QUARTER, "Service": REFUGE, "Council rent": 2, "Private rent": 1, **SENT}],
    "Length of stay": [
        {**QUARTER, "Service": REFUGE, "1 to 3 months": 2, "More than a year": 1, **SENT}
    ],
    "Characteristics": [
        {"Period": "2025-26", "Service": REFUGE, "Whose characteristics": "People supported",
         "At least one of these": 20, "Disabled": 8, "Mental health need": 12, **SENT},
    ],
    "Outcomes": [
        {**QUARTER, "Service": REFUGE, "Tool": "Empowerment Star", "Area": "Safety",
         "How many people": 12, "Mean start": 4.25, "Mean end": 7.5, **SENT},
    ],
    "Barriers": [
        {**QUARTER, "Service": "Whole district", "Full": 6, "Too far, or no transport": 2,
         "How many were asked": 15, **SENT},
    ],
    "Spend": [
        {"Period": "2025-26", "Service": "Whole district", "Objective": "objective_four",
         "Stream": "Duty grant", "Support": "Advocacy", "Planned (GBP)": 90000,
         "Spent (GBP)": 87500.5, **SENT},
    ],
}  # fmt: skip
"""Something in every sheet but that of services."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_pack(tmp_path / "pack")


@pytest.fixture
def pack(folder: Path) -> Pack:
    return load_pack(folder)


def filled(pack: Pack, path: Path, sheets: Mapping[str, Lines]) -> Filled:
    return read_filled(fill(write_template(pack, path), sheets), pack)


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and journal.STORE not in path.parts
    }


def errors(problems: tuple[object, ...]) -> list[str]:
    return [str(p) for p in problems if getattr(p, "severity", None) is Severity.ERROR]


def count(pack: Pack, table: str, **where: str) -> list[float]:
    frame = pack[table]
    for name, value in where.items():
        frame = frame[frame[name].fillna("") == value]
    return [float(value) for value in frame["count"]]


# Untouched --------------------------------------------------------------------------------


def test_a_workbook_nobody_filled_in_changes_nothing(pack: Pack, tmp_path: Path) -> None:
    read = read_filled(write_template(pack, tmp_path / "t.xlsx"), pack)
    shown = changes.preview(pack, read)
    assert read.problems == shown.problems == ()
    assert shown.changes == ()
    assert shown.files == {}
    assert not shown.can_apply
    assert all(table.unchanged and not table.added for table in shown.tables)


def test_what_the_shipped_pack_holds_comes_back_as_it_was(tmp_path: Path) -> None:
    kirklees = load_pack(changes.shipped_folder())
    path = write_template(kirklees, tmp_path / "t.xlsx")
    read = read_filled(path, kirklees)
    assert read.problems == ()
    for name in ("services", "capacity", "funding"):
        held = kirklees[name].drop(columns="status")
        came = read.tables[name][list(held.columns)]
        order = list(BY_SHEET[name.capitalize()].keys)
        both = [frame.sort_values(order, ignore_index=True) for frame in (came, held)]
        for column in BY_NAME[name].columns:
            if column.type is Type.CODES:  # a list has no order
                for frame in both:
                    frame[column.name] = frame[column.name].map(lambda c: set(split_codes(c)))
        pd.testing.assert_frame_equal(*both)
    for name, across in (("eligibility", "rule"), ("legal_facts", "fact")):
        columns = ["service_id", across, "answer"]
        pd.testing.assert_frame_equal(
            read.tables[name][columns].sort_values(columns, ignore_index=True),
            kirklees[name][columns].sort_values(columns, ignore_index=True),
        )


def test_the_same_pack_gives_the_same_bytes(pack: Pack) -> None:
    assert template(pack) == template(pack)


# There and back ---------------------------------------------------------------------------


@pytest.mark.parametrize("saved_by", ["the writer", "LibreOffice"])
def test_what_is_filled_in_is_what_the_pack_then_holds(
    folder: Path, pack: Pack, tmp_path: Path, saved_by: str
) -> None:
    path = fill(write_template(pack, tmp_path / "t.xlsx"), EVERYTHING)
    if saved_by == "LibreOffice":
        path = saved_by_libreoffice(path, tmp_path / "saved")
    before = files(folder)
    shown = changes.preview(pack, read_filled(path, pack))
    assert errors(shown.problems) == []
    assert files(folder) == before, "a preview changes nothing"
    applied = changes.apply(shown, folder)
    assert set(applied.files) == set(shown.files)
    new = load_pack(folder)
    assert new.digest == applied.digest != pack.digest

    capacity = new["capacity"].set_index("service_id").loc["refuge_one"]
    assert (capacity.capacity_low, capacity.capacity_central, capacity.capacity_high) == (5, 6, 7)
    assert capacity.occupancy_central == 0.85
    assert (capacity.stay_days_central, capacity.basis) == (73, "units"), "what was not changed"
    assert capacity.status == "local_return"
    assert capacity.source == "Aid, yearly return"
    answers = new["eligibility"].set_index(["service_id", "rule"]).loc["refuge_one"]
    assert (answers.answer["male"], answers.answer["pets"]) == ("depends", "no")
    funding = new["funding"].set_index("stream")
    assert funding.ends_on["Safe accommodation grant"].date() == date(2028, 3, 31)
    assert funding.amount_gbp_a_year["Lottery"] == 40000

    refuge = {"period": "2026Q1", "service_id": "refuge_one"}
    assert count(new, "quarterly_returns", **refuge, measure="women_supported") == [9]
    assert count(new, "quarterly_returns", **refuge, measure="men_supported") == [0]
    assert count(new, "quarterly_returns", **refuge, measure="trans_adults_supported") == []
    whole = {"period": "2026Q1", "service_id": ""}
    assert count(new, "quarterly_returns", **whole, measure="marac_repeats") == [20]
    assert count(new, "return_reasons", **refuge, reason="mental_health_need") == [2]
    assert count(new, "return_endings", **refuge, reason="moved_on") == [2]
    assert count(new, "move_on", **refuge, destination="council_rent") == [2]
    assert count(new, "return_stays", **refuge, band="d366_plus") == [1]
    assert count(
        new, "return_characteristics", period="2025-26", counted="supported", characteristic="any"
    ) == [20]
    outcome = new["outcomes"].iloc[0]
    assert (outcome.area, outcome.mean_start, outcome.mean_end) == ("safety", 4.25, 7.5)
    assert count(new, "barriers", **whole, theme="full") == [6]
    assert new["spend"].iloc[0].spent_gbp == 87500.5

    # What the pack now holds goes into the next workbook, and says nothing new there.
    again = template(new, periods=("2026Q1", "2025-26"))
    read = read_filled_bytes(again, "again.xlsx", new)
    assert read.problems == ()
    for sheet in SHEETS:
        shape = (len(new[sheet.table.name]), len(read.tables.get(sheet.table.name, ())))
        assert shape[0] == shape[1], sheet.name
    assert changes.preview(new, read).files == {}

    changes.undo(folder)
    assert files(folder) == before
    assert not (folder / journal.STORE).exists()


def test_who_says_so_is_about_the_answers_that_were_changed_and_no_others(
    folder: Path, pack: Pack, tmp_path: Path
) -> None:
    """One line holds all answers of a service, and one place for who says so and since when."""
    filled = {"Who is taken": [{"Service": REFUGE, "Has pets": "No", **CONFIRMED}]}
    path = fill(write_template(pack, tmp_path / "t.xlsx"), filled)
    shown = changes.preview(pack, read_filled(path, pack))
    assert shown.problems == ()
    assert {one.key for one in shown.changes if one.table == "eligibility"} == {
        ("refuge_one", "pets")
    }
    before = pack["eligibility"].set_index(["service_id", "rule"])
    changes.apply(shown, folder)
    after = load_pack(folder)["eligibility"].set_index(["service_id", "rule"])
    assert after.loc[("refuge_one", "pets"), "status"] == "local_return"
    rest = before.index.drop([("refuge_one", "pets")], errors="ignore")
    pd.testing.assert_frame_equal(after.loc[rest], before.loc[rest])


def test_a_day_alone_confirms_the_answers_that_are_given_and_none_that_is_not(
    folder: Path, pack: Pack, tmp_path: Path
) -> None:
    filled = {"Who is taken": [{"Service": REFUGE, **CONFIRMED}]}
    path = fill(write_template(pack, tmp_path / "t.xlsx"), filled)
    shown = changes.preview(pack, read_filled(path, pack))
    changes.apply(shown, folder)
    rows = load_pack(folder)["eligibility"]
    ours = rows[rows["service_id"] == "refuge_one"].set_index("rule")
    given = ours["answer"] != "unknown"
    assert given.any()
    assert (ours.loc[given, "source"] == CONFIRMED["Who says so"]).all()
    assert (ours.loc[~given, "source"] != CONFIRMED["Who says so"]).all()


def test_brought_in_twice_nothing_is_doubled(folder: Path, pack: Pack, tmp_path: Path) -> None:
    read = filled(pack, tmp_path / "t.xlsx", EVERYTHING)
    changes.apply(changes.preview(pack, read), folder)
    new = load_pack(folder)
    again = changes.preview(new, read_filled(tmp_path / "t.xlsx", new))
    assert again.files == {}


def test_a_column_moved_and_a_sheet_taken_out_do_no_harm(
    folder: Path, pack: Pack, tmp_path: Path
) -> None:
    path = write_template(pack, tmp_path / "t.xlsx")
    book = openpyxl.load_workbook(path)
    for sheet in book.sheetnames:
        if sheet not in {INSTRUCTIONS, LISTS, BASE, "Capacity"}:
            del book[sheet]
    page = book["Capacity"]
    page.move_range("A4:A60", cols=30)
    book.save(path)
    read = read_filled(
        fill(path, {"Capacity": [{"Service": REFUGE, "Sites": 2, **CONFIRMED}]}), pack
    )
    shown = changes.preview(pack, read)
    assert errors(shown.problems) == []
    assert {(c.column, c.after) for c in shown.changes} >= {("sites", "2")}
    changes.apply(shown, folder)
    assert load_pack(folder)["capacity"].set_index("service_id").sites["refuge_one"] == 2


# Only what somebody changed ---------------------------------------------------------------


def test_a_preview_shows_each_cell_before_and_after(pack: Pack, tmp_path: Path) -> None:
    line = {"Service": REFUGE, "Capacity central": 6, **CONFIRMED}
    path = fill(write_template(pack, tmp_path / "t.xlsx"), {"Capacity": [line]})
    shown = changes.preview(pack, read_filled(path, pack))
    found = {c.column: (c.before, c.after, c.what, c.sheet, c.cell) for c in shown.changes}
    at = cell(path, "Capacity", {"Service": REFUGE}, "Capacity central")
    assert found["capacity_central"] == ("4", "6", "changed", "Capacity", at)
    assert found["last_confirmed"][:2] == ("2026-03-31", "2026-06-15")
    capacity = next(table for table in shown.tables if table.table == "capacity")
    assert (capacity.added, capacity.changed, capacity.removed) == (0, 1, 0)
    assert capacity.unchanged == len(pack["capacity"]) - 1
    assert set(shown.files) == {"providers/capacity.csv"}


def test_an_old_workbook_does_not_put_old_figures_over_newer_ones(
    folder: Path, tmp_path: Path
) -> None:
    old = load_pack(folder)
    path = write_template(old, tmp_path / "old.xlsx")
    first = {"Capacity": [{"Service": REFUGE, "Capacity central": 6, **CONFIRMED}]}
    changes.apply(changes.preview(old, filled(old, tmp_path / "a.xlsx", first)), folder)
    now = load_pack(folder)
    second = {"Who is taken": [{"Service": REFUGE, "Man": "No", **CONFIRMED}]}
    shown = changes.preview(now, read_filled(fill(path, second), now))
    assert {change.table for change in shown.changes} == {"eligibility"}
    changes.apply(shown, folder)
    assert load_pack(folder)["capacity"].set_index("service_id").capacity_central["refuge_one"] == 6


def test_a_cell_changed_on_both_sides_is_pointed_at(folder: Path, tmp_path: Path) -> None:
    old = load_pack(folder)
    path = write_template(old, tmp_path / "old.xlsx")
    line = {"Service": REFUGE, "Capacity central": 6, **CONFIRMED}
    changes.apply(
        changes.preview(old, filled(old, tmp_path / "a.xlsx", {"Capacity": [line]})), folder
    )
    now = load_pack(folder)
    line = {"Service": REFUGE, "Capacity central": 9, "Confirmed on": "2026-06-20"}
    shown = changes.preview(now, read_filled(fill(path, {"Capacity": [line]}), now))
    at = cell(path, "Capacity", {"Service": REFUGE}, "Capacity central")
    both = [change for change in shown.changes if change.meanwhile]
    assert ("6", "9", at) in {(change.before, change.after, change.cell) for change in both}
    assert any(p.severity is Severity.WARNING and p.cell == at for p in shown.problems)


def test_an_emptied_cell_withdraws_its_figure_and_a_deleted_row_does_not(
    folder: Path, pack: Pack, tmp_path: Path
) -> None:
    changes.apply(changes.preview(pack, filled(pack, tmp_path / "a.xlsx", EVERYTHING)), folder)
    now = load_pack(folder)
    path = write_template(now, tmp_path / "b.xlsx", periods=("2026Q1",))
    emptied = {"Counts": [{**QUARTER, "Service": REFUGE, "Women supported": None}]}
    fill(path, emptied)
    book = openpyxl.load_workbook(path)
    page = book["Counts"]
    for row in range(5, page.max_row + 1):
        if page.cell(row, 2).value == "Whole district":
            page.delete_rows(row)
            break
    book.save(path)
    shown = changes.preview(now, read_filled(path, now))
    assert [(c.what, c.table, c.key, c.before) for c in shown.changes] == [
        ("removed", "quarterly_returns", ("2026Q1", "refuge_one", "women_supported"), "9")
    ]
    changes.apply(shown, folder)
    after = load_pack(folder)
    assert len(after["quarterly_returns"]) == len(now["quarterly_returns"]) - 1


def test_a_changed_figure_without_who_says_so_is_refused_at_its_cell(
    pack: Pack, tmp_path: Path
) -> None:
    line = {"Service": REFUGE, "Capacity central": 6}
    path = fill(write_template(pack, tmp_path / "t.xlsx"), {"Capacity": [line]})
    shown = changes.preview(pack, read_filled(path, pack))
    assert [(p.sheet, p.cell) for p in shown.problems] == [
        ("Capacity", cell(path, "Capacity", {"Service": REFUGE}, "Who says so"))
    ]
    assert not shown.can_apply


# What may not happen ----------------------------------------------------------------------


def test_a_provider_is_shown_its_own_services_and_nobody_elses(pack: Pack, tmp_path: Path) -> None:
    path = write_template(pack, tmp_path / "t.xlsx", organisation="council")
    content = path.read_bytes()
    own = pack["services"]
    mine = ["organisation_id", "accommodation_provider_id", "support_provider_id"]
    offered = own[(own[mine] == "council").any(axis=1)]
    others = set(own["service_id"]) - set(offered["service_id"])
    assert others
    read = read_filled_bytes(content, "t.xlsx", pack)
    assert set(read.tables["services"]["service_id"]) == set(offered["service_id"])
    words = {
        str(value)
        for page in openpyxl.load_workbook(path).worksheets
        for row in page.iter_rows(values_only=True)
        for value in row
    }
    assert not [word for word in words for code in others if word == code or f"[{code}]" in word]
    with pytest.raises(UsageError, match="offers no service"):
        template(pack, organisation="nobody")


def test_nothing_with_an_error_is_applied(folder: Path, pack: Pack, tmp_path: Path) -> None:
    line = {**QUARTER, "Service": REFUGE, "Women supported": -1, **SENT}
    before = files(folder)
    shown = changes.preview(pack, filled(pack, tmp_path / "t.xlsx", {"Counts": [line]}))
    with pytest.raises(UsageError, match="1 problem: nothing is changed"):
        changes.apply(shown, folder)
    assert files(folder) == before


def test_a_pack_changed_since_the_preview_is_looked_at_again(
    folder: Path, pack: Pack, tmp_path: Path
) -> None:
    shown = changes.preview(pack, filled(pack, tmp_path / "t.xlsx", EVERYTHING))
    path = folder / "providers/services.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",Refuge,", ",Refuges,"), "utf-8")
    before = files(folder)
    with pytest.raises(UsageError, match="has changed since the preview"):
        changes.apply(shown, folder)
    assert files(folder) == before


def test_returns_never_go_into_the_public_pack(tmp_path: Path) -> None:
    kirklees = load_pack(changes.shipped_folder())
    service = next(iter(kirklees["services"]["service_id"]))
    lines = {"Counts": [{**QUARTER, "Service": service, "Homes secured": 3, **SENT}]}
    shown = changes.preview(kirklees, filled(kirklees, tmp_path / "t.xlsx", lines))
    assert shown.can_apply
    before = files(changes.shipped_folder())
    with pytest.raises(UsageError, match="is public"):
        changes.apply(shown, changes.shipped_folder())
    assert files(changes.shipped_folder()) == before
    own = changes.own_copy(kirklees, tmp_path / "own")
    assert load_pack(own).digest == kirklees.digest
    changes.apply(shown, own)
    assert count(load_pack(own), "quarterly_returns", measure="homes_secured") == [3]
    assert "activity/quarterly_returns.csv" in (own / "datapackage.json").read_text("utf-8")
    with pytest.raises(UsageError, match="is there already"):
        changes.own_copy(kirklees, own)


def test_killed_while_applying_the_pack_is_whole_after_all(
    folder: Path, pack: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The steps at which a process can die are tried one by one in the tests of the journal."""
    shown = changes.preview(pack, filled(pack, tmp_path / "t.xlsx", EVERYTHING))

    def cut_short(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(journal, "_finish", cut_short)
        with pytest.raises(KeyboardInterrupt):
            changes.apply(shown, folder)
    # Whoever reads the pack next finishes the change, which was decided.
    after, problems = check_pack(folder)
    assert errors(problems) == []
    assert after is not None
    assert len(after["quarterly_returns"]) > 0
    assert not journal.recover(folder)
    changes.undo(folder)
    assert load_pack(folder).digest == pack.digest


def test_a_pack_with_windows_line_ends_keeps_them(tmp_path: Path) -> None:
    folder = write_pack(tmp_path / "pack")
    path = folder / "providers/capacity.csv"
    raw = b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n")
    path.write_bytes(raw)
    pack = load_pack(folder)
    lines = {"Capacity": [{"Service": REFUGE, "Sites": 2, **CONFIRMED}]}
    changes.apply(changes.preview(pack, filled(pack, tmp_path / "t.xlsx", lines)), folder)
    new = path.read_bytes()
    assert new.startswith(b"\xef\xbb\xbf")
    assert new.count(b"\r\n") == new.count(b"\n") == raw.count(b"\n")
    same = [a == b for a, b in zip(raw.splitlines(), new.splitlines(), strict=True)]
    assert same.count(False) == 1


assert set(EVERYTHING) == {sheet.name for sheet in SHEETS} - {"Services"}
assert base_tables()["services"]
