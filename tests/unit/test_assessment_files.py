"""What the writers of a release share: figures as printed, notes, classes, outlines, styles."""

import math
from dataclasses import replace
from datetime import date
from xml.etree import ElementTree as ET

import geopandas as gpd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from housing_map.assessment import printed
from housing_map.assessment.book import COVER, LONGEST_NAME, Book, Field, Leaf, book, depth
from housing_map.assessment.classes import class_of, classes
from housing_map.assessment.data_files import quoted, sheet_csv
from housing_map.assessment.drawing import WIDTH, map_svg, outlines
from housing_map.assessment.edition import Edition
from housing_map.assessment.open_document import write_ods
from housing_map.assessment.own_text import doubts
from housing_map.assessment.qgis import style
from housing_map.assessment.sheets import ShownColumn, ShownSheet, View
from housing_map.assessment.workbook import write_xlsx
from housing_map.disclosure import Kind, Mark, Shown
from tests.released import made_edition, read_ods, read_xlsx

ON = date(2026, 6, 30)


def sheet(*cells: Shown, id_: str = "one", **column: object) -> ShownSheet:
    """Return a sheet of one column of figures."""
    codes = tuple((f"code{n}",) for n in range(len(cells)))
    figures = ShownColumn(name="figure", label="Figure", kind=Kind.PEOPLE)
    return ShownSheet(
        id=id_,
        title="One",
        section="use",
        columns=(
            ShownColumn(name="who", label="Who"),
            replace(figures, **column),  # type: ignore[arg-type]
        ),
        rows=tuple(
            (Shown(None, None, code[0]), cell) for code, cell in zip(codes, cells, strict=True)
        ),
        codes=codes,
        notes=(),
        area="",
        marks=frozenset(cell.mark for cell in cells if cell.mark is not None),
    )


# Figures as printed ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "value", "places"),
    [
        (Shown(12_345.0, None, "12,345"), 12345, 0),
        (Shown(3.14159, None, "3.1"), 3.1, 1),
        (Shown(17, None, "17%"), 17, 0),
        (Shown(0.0, None, "0"), 0, 0),
        (Shown(None, Mark.HIDDEN, "[c]"), None, 0),
        (Shown(None, None, "fewer than 5, modelled"), None, 0),
    ],
)
def test_a_figure_is_what_its_text_says(cell: Shown, value: float | None, places: int) -> None:
    assert printed.number(cell) == value
    assert printed.decimals(cell) == places


def test_a_unit_that_the_label_says_is_not_said_twice() -> None:
    column = ShownColumn(name="p", label="People helped", unit="people")
    assert printed.heading(column) == "People helped"
    assert printed.heading(replace(column, unit="a year")) == "People helped (a year)"


def test_sources_name_columns_only_where_they_differ() -> None:
    one = sheet(Shown(1.0, None, "1"), status="published", source="ONS")
    assert printed.sources(one) == ("Counts of people (published). Source: ONS",)
    other = replace(one.columns[1], label="Other", source="MHCLG")
    two = replace(one, columns=(*one.columns, other))
    assert printed.sources(two) == (
        "Figure: Counts of people (published). Source: ONS",
        "Other: Counts of people (published). Source: MHCLG",
    )


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_no_text_of_a_csv_file_is_run_as_a_formula(sign: str) -> None:
    assert quoted(f"{sign}1+1") == f"'{sign}1+1"
    assert quoted(f"1{sign}1") == f"1{sign}1"


def test_csv_has_the_line_ends_of_its_standard() -> None:
    text = sheet_csv(sheet(Shown(1200.0, None, "1,200"), Shown(None, Mark.HIDDEN, "[c]"))).decode()
    assert text == "who,figure,figure_marker\r\ncode0,1200,\r\ncode1,,[c]\r\n"


# The book ----------------------------------------------------------------------------------


def with_sheets(*sheets: ShownSheet) -> Edition:
    return replace(made_edition(View.PUBLISHABLE), sheets=sheets)


def test_worksheets_have_names_of_their_own_that_excel_takes() -> None:
    figure = Shown(1.0, None, "1")
    ids = ["cover", "Notes", "x" * 40, "x" * 40 + "y"]
    made = book(with_sheets(*(sheet(figure, id_=id_) for id_ in ids)))
    names = [COVER, "Contents", *(leaf.name for leaf in made.leaves)]
    assert len({name.casefold() for name in names}) == len(names)
    assert max(map(len, names)) <= LONGEST_NAME


def test_no_cell_of_a_table_is_blank_and_each_mark_is_explained() -> None:
    made = book(made_edition(View.RESTRICTED))
    for leaf in made.leaves:
        assert all(str(cell).strip() for row in leaf.rows for cell in row), leaf.name
        for mark in Mark:
            stands = any(mark.value in row for row in leaf.rows)
            assert not stands or any(line.startswith(mark.value) for line in leaf.lines), leaf.name


def test_every_note_that_is_referred_to_stands_once_on_the_sheet_of_notes() -> None:
    made = book(made_edition(View.RESTRICTED))
    (notes,) = (leaf for leaf in made.leaves if leaf.name == "Notes")
    numbers = [row[0] for row in notes.rows]
    assert numbers == [f"Note {n}" for n in range(1, len(numbers) + 1)]
    assert len({row[1] for row in notes.rows}) == len(notes.rows)
    said = " ".join(
        text
        for leaf in made.leaves
        for text in (leaf.references, *(f.heading for f in leaf.fields))
    )
    for number in range(1, len(numbers) + 1):
        assert f"[note {number}]" in said


WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp", "Zs", "Co", "Cn")),
    min_size=1,
    max_size=12,
)


@settings(max_examples=30)
@given(WORDS)
def test_both_workbooks_keep_any_words_as_words(words: str) -> None:
    leaf = Leaf("one", f"T {words}", ("Line.",), (Field("Head", None, 20),), ((f"x {words}",),))
    content = Book("Title", ("Intro.",), ("About.",), (), (leaf,))
    kept = words.replace("](", "] (")
    for _ in range(words.count("$")):
        kept = kept.replace("$$", "$ $")
    assert read_xlsx(write_xlsx(content, ON))["one"][-1] == [f"x {kept}"]
    assert read_ods(write_ods(content, ON))["one"][-1] == [f"x {words}"]


def test_a_line_breaks_between_words() -> None:
    assert depth("a few words", 40) == 1
    assert depth("word " * 20, 40) == 3
    assert depth("", 40) == 1


def test_a_book_dated_before_archives_can_state_a_year_is_written() -> None:
    leaf = Leaf("one", "One", ("Line.",), (Field("Head", 0, 20),), ((1,),))
    content = Book("Title", ("Intro.",), ("About.",), (), (leaf,))
    old = date(1970, 1, 1)
    assert read_ods(write_ods(content, old)).keys() == read_xlsx(write_xlsx(content, old)).keys()


# Maps --------------------------------------------------------------------------------------


@given(st.lists(st.floats(0, 1e6) | st.just(math.nan) | st.just(0.0), max_size=30))
def test_every_value_is_in_one_class_and_it_has_words(values: list[float]) -> None:
    found = classes(values)
    for value in values:
        assert sum(one.holds(value) for one in found) == 1
        assert found[class_of(found, value)].words


def test_zero_and_unknown_are_never_of_one_colour_with_a_figure() -> None:
    found = classes([0.0, 1.0, 5.0, 9.0, math.nan])
    colours = [one.colour for one in found]
    assert len(set(colours)) == len(colours)
    assert (found[0].words, found[-1].words) == ("none", "no figure")


def squares() -> gpd.GeoDataFrame:
    """Return two areas side by side, the second in two parts with a hole."""
    hole = shapely.box(0.5, 53, 1, 53.5).difference(shapely.box(0.6, 53.1, 0.7, 53.2))
    second = shapely.MultiPolygon([hole, shapely.box(1.2, 53, 1.3, 53.1)])
    return gpd.GeoDataFrame(
        {"code": ["A", "B"], "name": ["<One>", "Two"]},
        geometry=[shapely.box(0, 53, 0.5, 53.5), second],
        crs="EPSG:4326",
    )


def test_outlines_fill_the_page_and_keep_parts_and_holes() -> None:
    drawn = outlines(squares())
    assert drawn.paths["A"].count("M") == 1
    assert drawn.paths["B"].count("M") == 3
    numbers = [
        float(pair.split()[0])
        for path in drawn.paths.values()
        for pair in path.replace("Z", "").replace("M", "L").split("L")
        if pair
    ]
    assert (min(numbers), max(numbers)) == (0.0, float(WIDTH))


def test_a_map_is_a_picture_with_words_for_what_is_drawn() -> None:
    svg = map_svg(squares(), {"A": 4.0})
    page = ET.fromstring(svg)  # noqa: S314 - our own
    text = " ".join(page.itertext())
    assert "<One>" in text
    assert "no figure" in text
    assert b"url(#hatch)" in svg
    assert b"http" not in svg.replace(b"http://www.w3.org/2000/svg", b"")


def test_a_style_names_its_column_whatever_is_in_the_name() -> None:
    rules = ET.fromstring(style('a "b" <c>', [1.0, 2.0]).partition("\n")[2]).iter("rule")  # noqa: S314
    filters = [rule.attrib["filter"] for rule in rules if "filter" in rule.attrib]
    assert filters
    assert all(one.startswith('"a ""b"" <c>" ') for one in filters)


# What a person wrote -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "doubted"),
    [
        ("Of them 3 were men.", True),
        ("We met 145 people.", False),
        ("Two women with no recourse were refused.", True),
        ("Support was extended for 7 single men.", True),
        ("12 of the women; two boards; 7 decisions.", False),
        ("Rule 3.1 and 13 of B3.", False),
        ("", False),
    ],
)
def test_own_text_that_states_a_hidden_figure_is_doubted(text: str, doubted: bool) -> None:
    made = made_edition(View.PUBLISHABLE)
    (section,) = made.content.sections
    told = replace(made.content, sections=(replace(section, added=text),))
    assert bool(doubts(replace(made, content=told))) is doubted
