"""All files of one release say the same, and nothing that may not be said."""

import io
import itertools
import json
import math
import re
import shutil
import sqlite3
import subprocess
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pyogrio
import pytest

from housing_map.assessment import printed, release
from housing_map.assessment.edition import Edition
from housing_map.assessment.sheets import ShownSheet, View
from housing_map.disclosure import Shown
from tests import released
from tests.office import saved_by_libreoffice
from tests.released import HOSTILE, RESTRICTED_NAME, made_edition, whole_text

VIEWS = list(View)
Files = dict[str, bytes]


@pytest.fixture(scope="module", params=VIEWS, ids=str)
def edition(request: pytest.FixtureRequest) -> Edition:
    return made_edition(request.param)


@pytest.fixture(scope="module")
def files(edition: Edition) -> Files:
    return release.files(edition)


def of_kind(files: Files, end: str) -> bytes:
    (found,) = (data for path, data in files.items() if path.endswith(end) and "/" not in path)
    return found


def expected(cell: Shown) -> str | float:
    """Return a cell as a spreadsheet has it: never blank, and never signs alone."""
    value = printed.number(cell)
    if value is not None:
        return value
    return "Text: …" if cell.text == "…" else cell.text or printed.EMPTY


def named(found: dict[str, list[list[Any]]], sheet: ShownSheet) -> list[list[Any]]:
    """Return the worksheet of a sheet: the one with its title."""
    (rows,) = (
        rows
        for rows in found.values()
        if re.sub(r" \[note \d+\]", "", str(rows[0][0])) == sheet.title
    )
    return rows


@pytest.mark.parametrize("end", [".xlsx", ".ods"])
def test_both_workbooks_hold_every_figure(end: str, edition: Edition, files: Files) -> None:
    found = getattr(released, f"read_{end[1:]}")(of_kind(files, end))
    for sheet in edition.sheets:
        rows = named(found, sheet)[-len(sheet.rows) :]
        told = [[_plain(cell) for cell in row] for row in rows]
        assert told == [[expected(cell) for cell in row] for row in sheet.rows]


def test_the_two_workbooks_have_the_same_sheets_and_words(files: Files) -> None:
    xlsx, ods = (
        released.read_xlsx(of_kind(files, ".xlsx")),
        released.read_ods(of_kind(files, ".ods")),
    )
    assert list(xlsx) == list(ods)
    for name, rows in xlsx.items():
        told = [[_plain(cell) for cell in row] for row in rows]
        assert told == [[_plain(cell) for cell in row] for row in ods[name]], name


def _plain(cell: object) -> object:
    """Return a cell without the spaces that keep gptables from reading commands."""
    return cell.replace("] (", "](").replace("$ $", "$$") if isinstance(cell, str) else cell


def test_csv_holds_every_figure_and_says_why_one_is_missing(edition: Edition, files: Files) -> None:
    found = released.read_csv(files)
    assert set(found) == {sheet.id for sheet in edition.sheets}
    for sheet in edition.sheets:
        for codes, column, cell in printed.figures(sheet):
            row = found[sheet.id][sheet.codes.index(codes)]
            value = printed.number(cell)
            assert row[column.name] == ("" if value is None else repr(value))
            assert row[f"{column.name}_marker"] == ("" if value is not None else cell.text)


def test_the_data_package_describes_every_column_of_every_file(files: Files) -> None:
    package = json.loads(files["data/datapackage.json"])
    found = released.read_csv(files)
    assert {one["name"] for one in package["resources"]} == set(found)
    for resource in package["resources"]:
        head = files[f"data/{resource['path']}"].decode().partition("\r\n")[0].split(",")
        assert [field["name"] for field in resource["schema"]["fields"]] == head
        assert set(resource["schema"]["primaryKey"]) <= set(head)


def test_layers_and_geojson_hold_the_figures_of_their_sheets(
    edition: Edition, files: Files, tmp_path: Path
) -> None:
    package = tmp_path / "release.gpkg"
    package.write_bytes(of_kind(files, ".gpkg"))
    by_area = [sheet for sheet in edition.sheets if sheet.area]
    assert by_area
    for sheet in by_area:
        frame = pyogrio.read_dataframe(package, layer=sheet.id).set_index("code")
        rows = released.read_geojson(files[f"maps/{sheet.id}.geojson"])["features"]
        features = {row["properties"]["code"]: row["properties"] for row in rows}
        assert set(features) == set(frame.index)
        names = [column.name for column in sheet.columns]
        place = names.index("area" if "area" in names else sheet.area)
        for codes, column, cell in printed.figures(sheet):
            if codes[place] not in features:
                continue
            others = [code.lower() for n, code in enumerate(codes) if n != place]
            name = "_".join([column.name, *others])
            value = printed.number(cell)
            told = frame.loc[codes[place], name]
            if value is None:
                assert math.isnan(told)
                assert features[codes[place]][name] is None
                assert frame.loc[codes[place], f"{name}_marker"] == cell.text
                assert features[codes[place]][f"{name}_marker"] == cell.text
            else:
                assert told == features[codes[place]][name] == value


def test_reports_hold_every_figure_of_every_table(edition: Edition, files: Files) -> None:
    for tables in (
        released.read_docx(of_kind(files, ".docx"))[1],
        released.read_html(of_kind(files, f"{edition.view}.html"))[1],
    ):
        texts = [[text for row in table for text in row] for table in tables]
        for sheet in edition.sheets:
            wanted = [cell.text for _, _, cell in printed.figures(sheet)]
            assert any(
                all(table.count(text) >= wanted.count(text) for text in wanted) for table in texts
            ), sheet.id


def test_the_page_of_maps_has_the_figures_in_its_tables(edition: Edition, files: Files) -> None:
    text, tables = released.read_html(of_kind(files, "-maps.html"))
    assert "Rate" in text
    told = {tuple(row) for table in tables for row in table}
    sheet = edition.by_id["cover"]
    names = {"E05999001": "Alderby East", "E05999002": "Alderby West"}
    for codes, _, cell in printed.figures(sheet):
        if codes[0] in names:
            assert (names[codes[0]], cell.text) in told
    assert ("Brockley and Cowden", "[x]") in told


def test_the_pdf_holds_every_figure(edition: Edition, files: Files, tmp_path: Path) -> None:
    program = shutil.which("pdftotext")
    if program is None:
        pytest.skip("pdftotext is not installed: install Debian's poppler-utils")
    path = tmp_path / "report.pdf"
    path.write_bytes(of_kind(files, ".pdf"))
    done = subprocess.run(
        [program, "-layout", str(path), "-"], capture_output=True, check=True, text=True
    )
    words = done.stdout.split()
    for sheet in edition.sheets:
        for _, _, cell in printed.figures(sheet):
            assert set(cell.text.split()) <= set(words)


def test_sentences_say_what_tables_say(edition: Edition, files: Files) -> None:
    total = edition.by_id["supported"].rows[0][1].text
    for text in (
        released.read_docx(of_kind(files, ".docx"))[0],
        released.read_html(of_kind(files, f"{edition.view}.html"))[0],
    ):
        assert f"{total} people were supported." in text
        hidden = edition.view is View.PUBLISHABLE
        assert ("How many were men may not be shown." in text) is hidden


def pdf_text(data: bytes, folder: Path) -> str:
    program = shutil.which("pdftotext")
    if program is None:
        return ""
    path = folder / "any.pdf"
    path.write_bytes(data)
    done = subprocess.run([program, str(path), "-"], capture_output=True, check=True, text=True)
    return done.stdout


def test_nothing_restricted_is_in_any_byte_of_a_publishable_release(tmp_path: Path) -> None:
    """Columns, words and sheets that are restricted, and shares that rest on assumptions."""
    files = release.files(made_edition(View.PUBLISHABLE))
    for path, data in files.items():
        text = pdf_text(data, tmp_path) if path.endswith(".pdf") else whole_text(path, data)
        for secret in (
            RESTRICTED_NAME,
            "7654321",
            "7,654,321",
            "Coverage share",
            "covered",
            "directory",
        ):
            assert secret not in text, (path, secret)


def test_a_restricted_release_holds_them_and_says_so_in_each_document() -> None:
    files = release.files(made_edition(View.RESTRICTED))
    for end in (".xlsx", ".ods", ".docx", "restricted.html"):
        text = whole_text(end, of_kind(files, end))
        assert RESTRICTED_NAME in text, end
        assert "not to be published" in text, end
    assert all(
        "restricted" in path for path in files if "/" not in path and path != "manifest.json"
    )


def test_hidden_counts_are_in_no_publishable_file() -> None:
    """Three men and one trans person: neither figure stands beside them in the data."""
    rows = released.read_csv(release.files(made_edition(View.PUBLISHABLE)))["supported"]
    told = {row["who"]: (row["people"], row["people_marker"]) for row in rows}
    assert told["men"] == told["trans"] == ("", "[c]")
    assert told["all"] == ("145", "")


def test_hostile_words_stay_words(edition: Edition, files: Files) -> None:
    del edition
    (row,) = (row for row in released.read_csv(files)["supported"] if row["who"] == "women")
    assert row["remark"] == f"'{HOSTILE}"
    with zipfile.ZipFile(io.BytesIO(of_kind(files, ".xlsx"))) as parts:
        sheets = [parts.read(name).decode() for name in parts.namelist() if "worksheets/" in name]
    assert not any("<f>" in sheet or "b.example" in sheet for sheet in sheets)
    for path, data in files.items():
        if path.endswith(".html"):
            assert b"<script" not in data, path


def test_qgis_finds_a_style_for_every_column_of_figures(
    edition: Edition, files: Files, tmp_path: Path
) -> None:
    del edition
    package = tmp_path / "release.gpkg"
    package.write_bytes(of_kind(files, ".gpkg"))
    with sqlite3.connect(package) as database:
        styles = database.execute(
            "SELECT f_table_name, styleName, styleQML, useAsDefault FROM layer_styles"
        ).fetchall()
        dates = {row[0] for row in database.execute("SELECT last_change FROM gpkg_contents")}
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()
    assert dates == {"2026-06-30T00:00:00.000Z"}
    assert {(table, default) for table, _, _, default in styles if default} == {
        ("need", 1),
        ("cover", 1),
    }
    for table, column, qml, _ in styles:
        rules = ET.fromstring(qml.partition("\n")[2]).findall(".//rule[@filter]")  # noqa: S314
        values = pyogrio.read_dataframe(package, layer=table)[column]
        assert any("IS NULL" in rule.attrib["filter"] for rule in rules)
        # Every area is in exactly one class, by the conditions themselves.
        for value in values:
            assert sum(_holds(rule.attrib["filter"], column, value) for rule in rules) == 1


def _holds(condition: str, column: str, value: float) -> bool:
    with sqlite3.connect(":memory:") as database:
        database.execute(f'CREATE TABLE areas ("{column}" REAL)')
        database.execute("INSERT INTO areas VALUES (?)", [None if math.isnan(value) else value])
        found = database.execute(f"SELECT {condition} FROM areas").fetchone()[0]  # noqa: S608
    database.close()
    return bool(found)


def test_geojson_follows_its_standard(files: Files) -> None:
    """RFC 7946: longitude before latitude, no member ``crs``, outer rings counter-clockwise."""
    for path, data in files.items():
        if not path.endswith(".geojson"):
            continue
        found = released.read_geojson(data)
        assert "crs" not in found
        for feature in found["features"]:
            geometry = feature["geometry"]
            polygons = (
                [geometry["coordinates"]]
                if geometry["type"] == "Polygon"
                else geometry["coordinates"]
            )
            for outer, *_ in polygons:
                assert outer[0] == outer[-1]
                area = sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in itertools.pairwise(outer))
                assert area > 0
                assert all(-10 < lon < 3 and 49 < lat < 61 for lon, lat in outer)


@pytest.mark.parametrize("end", [".xlsx", ".ods"])
def test_libreoffice_opens_the_workbook_with_its_figures(end: str, tmp_path: Path) -> None:
    edition = made_edition(View.PUBLISHABLE)
    path = tmp_path / f"book{end}"
    path.write_bytes(of_kind(release.files(edition), end))
    saved = saved_by_libreoffice(path, tmp_path / "saved", "xlsx")
    again = released.read_xlsx(saved.read_bytes())
    once = getattr(released, f"read_{end[1:]}")(path.read_bytes())
    assert list(again) == list(once)
    for sheet in edition.sheets:
        assert named(again, sheet)[-len(sheet.rows) :] == named(once, sheet)[-len(sheet.rows) :]
