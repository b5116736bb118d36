"""Reading one CSV file: what a cell becomes, what a spreadsheet does to it, and what is said."""

import codecs
import csv
import io
import math
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from housing_map.errors import Problem
from housing_map.schemas import IDENTIFIER, Column, Table, Type
from housing_map.tables import ReadTable, read_table

TABLE = Table(
    "sample",
    "sample.csv",
    "Sample",
    (
        Column("key", Type.CODE, "identifier", required=True, unique=True, pattern=IDENTIFIER),
        Column("label", Type.TEXT, "words"),
        Column("colour", Type.CODE, "colour", allowed=frozenset({"red", "blue", "unknown"})),
        Column("sizes", Type.CODES, "sizes", allowed=frozenset({"s", "m", "l"})),
        Column("amount", Type.NUMBER, "amount", "pounds"),
        Column("share", Type.NUMBER, "share", "share", minimum=0, maximum=1),
        Column("count", Type.INTEGER, "count", "people", minimum=0),
        Column("day", Type.DATE, "day"),
        Column("quarter", Type.QUARTER, "quarter"),
        Column("low", Type.NUMBER, "low end", "as in unit"),
        Column("central", Type.NUMBER, "central figure", "as in unit"),
        Column("high", Type.NUMBER, "high end", "as in unit"),
    ),
    key=("key",),
    triads=("",),
)
NAMES = [column.name for column in TABLE.columns]
HEADER = ",".join(NAMES)


def read_bytes(content: bytes, table: Table = TABLE) -> ReadTable:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / table.path).write_bytes(content)
        return read_table(Path(folder), table)


def read_text(text: str) -> ReadTable:
    return read_bytes(text.encode())


def read_cell(column: str, cell: str) -> ReadTable:
    """Read a table of one row in which ``column`` holds ``cell``."""
    return read_text(as_csv([{"key": "a", column: cell}]))


def as_csv(rows: Sequence[dict[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, NAMES, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def only(result: ReadTable) -> Problem:
    assert len(result.problems) == 1, [str(problem) for problem in result.problems]
    return result.problems[0]


@pytest.mark.parametrize(
    ("column", "cell", "value"),
    [
        ("amount", "12", 12.0),
        ("amount", "-0.5", -0.5),
        ("amount", " 1e3 ", 1000.0),
        ("count", "7", 7),
        ("count", "7.0", 7),
        ("share", "0.64", 0.64),
        ("share", "1", 1.0),
        ("day", "2026-03-31", pd.Timestamp("2026-03-31")),
        ("quarter", "2025Q4", "2025Q4"),
        ("colour", "red", "red"),
        ("sizes", "s; m", "s; m"),
        ("label", "  words  ", "words"),
    ],
)
def test_a_sound_cell_becomes_its_value(column: str, cell: str, value: object) -> None:
    result = read_cell(column, cell)
    assert result.problems == ()
    assert result.frame[column][0] == value


@pytest.mark.parametrize("column", NAMES[1:])
def test_an_empty_cell_is_nothing_known_and_no_problem(column: str) -> None:
    result = read_cell(column, "")
    assert result.problems == ()
    assert pd.isna(result.frame[column][0])


@pytest.mark.parametrize(
    ("column", "cell", "mend"),
    [
        ("amount", "1,200", "Write 1200"),
        ("amount", "£1,200", "Write 1200"),
        ("amount", "twelve", "in digits"),
        ("amount", "nan", "in digits"),
        ("amount", "inf", "in digits"),
        ("amount", "1_000", "in digits"),
        ("amount", "64%", "Write 64 or 0.64"),
        ("share", "64%", "Write 0.64 for 64%"),
        ("share", "64.5 %", "Write 0.645 for 64.5 %"),
        ("count", "1.5", "without decimals"),
        ("count", "1e300", "without decimals"),
        ("amount", "04-Mar", "spreadsheet has turned the number into a date"),
        ("amount", "Mar-04", "spreadsheet has turned the number into a date"),
        ("day", "31/03/2026", "A spreadsheet has changed the date"),
        ("day", "3/31/26", "A spreadsheet has changed the date"),
        ("day", "31.03.2026", "A spreadsheet has changed the date"),
        ("day", "31-Mar-26", "A spreadsheet has changed the date"),
        ("day", "Mar-26", "A spreadsheet has changed the date"),
        ("day", "46112", "A spreadsheet has changed the date"),
        ("day", "2026-03-31 00:00:00", "A spreadsheet has changed the date"),
        ("day", "2026-02-30", "year-month-day"),
        ("day", "soon", "year-month-day"),
        ("quarter", "2025Q5", "the quarter from 1 to 4"),
        ("quarter", "Q4 2025", "the quarter from 1 to 4"),
    ],
)
def test_a_cell_that_cannot_be_read_says_how_to_mend_it(column: str, cell: str, mend: str) -> None:
    """Excel's dates, percentage signs and thousands are met every year: each has its words."""
    result = read_cell(column, cell)
    problem = only(result)
    assert (problem.file, problem.row, problem.column) == ("sample.csv", 2, column)
    assert problem.value == cell
    assert problem.message == "the value cannot be read"
    assert problem.expected == TABLE.column(column).expected()
    assert mend in problem.mend
    assert pd.isna(result.frame[column][0])


@pytest.mark.parametrize(
    ("column", "cell", "mend"),
    [
        ("share", "64", "If 64 is a percentage, write 0.64"),
        ("share", "120", "Mend the figure"),
        ("share", "-0.1", "Mend the figure"),
        ("count", "-3", "Mend the figure"),
        ("colour", "rde", "Mend the spelling"),
        ("sizes", "s;xl", "Mend the spelling"),
        ("key", "Not An Id", "Mend the spelling"),
    ],
)
def test_a_value_outside_its_limits_is_refused(column: str, cell: str, mend: str) -> None:
    problem = only(read_cell(column, cell))
    assert (problem.row, problem.column, problem.value) == (2, column, cell)
    assert problem.message == "the value is not allowed"
    assert problem.expected == TABLE.column(column).expected()
    assert mend in problem.mend


def test_a_required_cell_may_not_be_empty() -> None:
    problem = only(read_text(as_csv([{"key": "a"}, {"label": "no key"}])))
    assert (problem.row, problem.column, problem.message) == (3, "key", "the cell is empty")


def test_a_key_may_not_stand_twice() -> None:
    problem = only(read_text(as_csv([{"key": "a"}, {"key": "b"}, {"key": "a"}])))
    assert (problem.row, problem.column, problem.value) == (4, "key", "a")
    assert problem.message == "the same key already stands in row 2"


@pytest.mark.parametrize(
    ("cells", "column", "value"),
    [
        ({"low": "3", "central": "2"}, "low", "3 > 2"),
        ({"central": "3", "high": "2"}, "central", "3 > 2"),
        ({"low": "3", "high": "2"}, "low", "3 > 2"),
    ],
)
def test_a_range_runs_upwards(cells: dict[str, str], column: str, value: str) -> None:
    problem = only(read_text(as_csv([{"key": "a", **cells}])))
    assert (problem.row, problem.column, problem.value) == (2, column, value)
    assert "the range is reversed" in problem.message


def test_a_byte_order_mark_and_dos_line_ends_change_nothing() -> None:
    """Excel writes both; the first column must not be called by an invisible name."""
    plain = as_csv([{"key": "a", "label": "one, two"}, {"key": "b", "amount": "3"}])
    dos = codecs.BOM_UTF8 + plain.replace("\n", "\r\n").encode()
    assert read_bytes(dos).problems == ()
    pd.testing.assert_frame_equal(read_bytes(dos).frame, read_text(plain).frame)


def test_quoted_commas_quotes_and_line_ends_stay_in_their_cell() -> None:
    words = 'a "quoted" word, a comma\nand a second line'
    result = read_text(as_csv([{"key": "a", "label": words}, {"key": "b"}]))
    assert result.problems == ()
    assert result.frame["label"][0] == words
    assert list(result.frame.index) == [0, 1]


def test_a_comma_without_quotes_is_a_ragged_row() -> None:
    """Cells would slide under the wrong heading in silence."""
    problems = read_text(f"{HEADER}\na,one, two{',' * (len(NAMES) - 2)}\n").problems
    ragged = next(problem for problem in problems if problem.column is None)
    assert ragged.row == 2
    assert ragged.message == f"the row has {len(NAMES) + 1} cells and the header {len(NAMES)}"
    assert "quotation marks" in ragged.mend
    assert only(read_text(f"{HEADER}\na,one\n")).message.startswith("the row has 2 cells")


def test_blank_rows_are_left_out_and_still_counted() -> None:
    """A row number in a message must be the one that the spreadsheet shows."""
    rows = as_csv([{"key": "a"}]) + "\n" + "," * (len(NAMES) - 1) + "\nb,,purple" + "," * 9 + "\n"
    result = read_text(rows)
    problem = only(result)
    assert (problem.row, problem.column, problem.value) == (5, "colour", "purple")
    assert len(result.frame) == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b" \n\r\n", "the file is empty"),
        (codecs.BOM_UTF8, "the file is empty"),
        (as_csv([{"key": "a", "label": "x"}]).encode("utf-16-le"), "NUL character"),
        (as_csv([{"key": "a", "label": "x"}]).encode("utf-16"), "not UTF-8: byte 1"),
        (f"{HEADER}\na,caf\xe9\n".encode("latin-1"), "not UTF-8"),
        (f'{HEADER}\na,"never closed\n'.encode(), "not well-formed CSV"),
        (HEADER.replace(",", ";").encode() + b"\na;x\n", "not separated by commas"),
        (HEADER.replace(",", "\t").encode() + b"\na\tx\n", "not separated by commas"),
    ],
)
def test_a_file_that_holds_no_table_is_one_problem(content: bytes, message: str) -> None:
    """Nothing that would follow, such as a hundred missing references, may bury the cause."""
    result = read_bytes(content)
    problem = only(result)
    assert message in problem.message
    assert problem.expected
    assert problem.mend
    assert not result.readable
    assert list(result.frame.columns) == NAMES
    assert result.frame.empty


def test_a_byte_that_is_not_utf_8_is_found_at_its_row() -> None:
    problem = only(read_bytes(f"{HEADER}\na,fine\nb,caf\xe9\n".encode("latin-1")))
    assert (problem.row, problem.value) == (3, "e9")
    assert "CSV UTF-8" in problem.mend


def test_a_missing_file_and_a_folder_in_its_place_are_named(tmp_path: Path) -> None:
    missing = read_table(tmp_path, TABLE)
    assert only(missing).message == "the file is missing"
    (tmp_path / TABLE.path).mkdir()
    assert "cannot be read" in only(read_table(tmp_path, TABLE)).message


def test_an_optional_file_may_be_missing(tmp_path: Path) -> None:
    optional = Table("sample", "sample.csv", "Sample", TABLE.columns, optional=True)
    assert read_table(tmp_path, optional).problems == ()


def test_missing_extra_and_double_columns_are_each_named() -> None:
    names = [*NAMES[:-1], "color", "label"]
    result = read_text(",".join(names) + "\n")
    found = {(problem.column, problem.message) for problem in result.problems}
    assert found == {
        ("high", "the column is missing"),
        ("color", "the column is not part of the format"),
        ("label", "the column stands twice"),
    }
    assert list(result.frame.columns)[: len(NAMES)] == NAMES


def test_a_header_alone_is_an_empty_table() -> None:
    result = read_text(HEADER)
    assert result.problems == ()
    assert result.readable
    assert result.frame.empty


# Properties --------------------------------------------------------------------------------

identifiers = st.from_regex(r"[a-z0-9][a-z0-9_\-]{0,8}", fullmatch=True)
# What a CSV cell keeps: no outer blanks (they are trimmed), no NUL, no bare carriage return.
words = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r\ufeff"), max_size=20).map(
    str.strip
)
numbers = st.floats(allow_nan=False, allow_infinity=False)
rows = st.fixed_dictionaries(
    {
        "label": words,
        "colour": st.sampled_from(["red", "blue", "unknown", ""]),
        "sizes": st.sampled_from(["", "s", "s;m", "l"]),
        "amount": st.none() | numbers,
        "share": st.none() | st.floats(0, 1),
        "count": st.none() | st.integers(0, 2**53),
        "day": st.none() | st.dates(),
        "quarter": st.none() | st.sampled_from(["2019Q1", "2025Q4"]),
        "central": st.none() | numbers,
    }
)


@given(st.dictionaries(identifiers, rows, max_size=5))
def test_what_is_written_is_read_again(table: dict[str, dict[str, object]]) -> None:
    """Writing a typed table and reading it back is the identity: no figure changes on the way."""
    result = read_text(
        as_csv(
            [
                {"key": key, **{name: "" if v is None else str(v) for name, v in row.items()}}
                for key, row in table.items()
            ]
        )
    )
    assert result.problems == ()
    assert list(result.frame["key"]) == list(table)
    for position, row in enumerate(table.values()):
        for name, value in row.items():
            found = result.frame[name][position]
            if value is None or value == "":
                assert pd.isna(found)
            elif isinstance(value, date):
                assert found.date() == value
            elif isinstance(value, float):
                assert math.copysign(1, found) == math.copysign(1, value)
                assert found == value
            else:
                assert found == value


@given(st.binary(max_size=200))
def test_any_bytes_give_a_table_and_problems_and_nothing_else(content: bytes) -> None:
    """A hostile or broken file is refused with words, never with a crash."""
    assert_sound(read_bytes(content))


cells = st.text(st.sampled_from('a1.-,;"\n\r %/éQ٣\ufeff\u2028'), max_size=6)


@given(st.lists(st.lists(cells, max_size=14), max_size=5), st.booleans())
def test_any_text_under_the_header_gives_problems_at_its_rows(
    lines: list[list[str]], with_header: bool
) -> None:
    head = f"{HEADER}\n" if with_header else ""
    result = read_text(head + "\n".join(",".join(line) for line in lines))
    assert_sound(result)


def assert_sound(result: ReadTable) -> None:
    """Check that every column is there, typed, and that each problem can be shown."""
    assert list(result.frame.columns)[: len(NAMES)] == NAMES
    assert result.frame["amount"].dtype == "float64"
    assert result.frame["count"].dtype == "Int64"
    assert result.frame["day"].dtype == "datetime64[us]"
    for problem in result.problems:
        str(problem).encode()
        assert problem.mend
        assert problem.row is None or problem.row >= 1
