"""Returns: periods, words, and the ways between a sheet and its table."""

from datetime import date

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from housing_map.importers.sheets import SHEETS, Choices, Field, Sheet, key_text, lines, read_key
from housing_map.importers.sheets import plain as plainly
from housing_map.importers.sheets import rows as rows_of
from housing_map.importers.template import financial_years, quarters
from housing_map.pack_tables import TABLES
from housing_map.returns import (
    BARRIERS,
    MEASURES,
    PEOPLE_SUPPORTED,
    RETURN_TABLES,
    is_period,
    period_words,
)
from housing_map.schemas import Type
from housing_map.vocabulary import Reason

SPREAD = [sheet for sheet in SHEETS if sheet.across is not None]


@pytest.mark.parametrize("text", ["", "2025", "2025Q", "2025-2026", "2025-6", "20a5-26", "Q12025"])
def test_what_is_no_period_is_none(text: str) -> None:
    assert not is_period(text)
    assert period_words(text) == text


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_periods_asked_for_are_whole_and_over(day: date) -> None:
    quarter, year = quarters(day, 1)[0], financial_years(day, 1)[0]
    assert is_period(quarter)
    assert is_period(year)
    last_month = 3 * int(quarter[5])
    assert (int(quarter[:4]), last_month) < (day.year, day.month)
    assert date(int(year[:4]) + 1, 3, 31) < day
    assert (day - date(int(year[:4]) + 1, 3, 31)).days <= 366


def test_a_part_is_counted_as_its_whole_is() -> None:
    for measure in MEASURES.values():
        if measure.part_of is not None:
            assert measure.unit == MEASURES[measure.part_of].unit
    assert {MEASURES[name].unit for name in PEOPLE_SUPPORTED} == {"people"}
    assert not any(MEASURES[name].adds_up for name in PEOPLE_SUPPORTED)


def test_barriers_speak_of_every_stage_of_the_cascade() -> None:
    assert {theme.reason for theme in BARRIERS.values()} == {*Reason, None}


def test_no_return_has_room_for_a_person() -> None:
    """Figures, codes, days and who sent them in: there is no column for free words but names."""
    words = {
        (table.name, column.name)
        for table in RETURN_TABLES
        for column in table.columns
        if column.type is Type.TEXT
    }
    assert {column for _, column in words} == {"source", "stream"}
    assert all(table.optional and table in TABLES for table in RETURN_TABLES)


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_columns_of_a_sheet_have_names_of_their_own_and_cover_its_table(sheet: Sheet) -> None:
    labels = [field.label.casefold() for field in sheet.fields]
    assert len(set(labels)) == len(labels)
    shown = {field.column.name for field in sheet.fields} | {sheet.across} | sheet.left_out
    assert {column.name for column in sheet.table.columns} <= shown
    left = {c.name for c in sheet.table.columns if c.required} & sheet.left_out
    assert left <= {"status"}, "what has to be there can be written"


@st.composite
def filled(draw: st.DrawFn) -> tuple[Sheet, list[dict[Field, str]]]:
    """Draw lines of a spread sheet, each with keys of its own and something counted."""
    sheet = draw(st.sampled_from(SPREAD))
    keys = [field for field in sheet.fields if field.column.name in sheet.keys]
    codes = [field for field in sheet.fields if field.code is not None]
    others = [field for field in sheet.fields if field not in keys and field not in codes]
    word = st.text("abc", min_size=1, max_size=3)
    there = draw(st.lists(st.tuples(*(word for _ in keys)), unique=True, max_size=4))
    result = []
    for key in there:
        line = dict.fromkeys(sheet.fields, "") | dict(zip(keys, key, strict=True))
        line |= draw(st.dictionaries(st.sampled_from(codes), word, min_size=1))
        line |= {field: draw(word) for field in others}
        result.append(line)
    return sheet, result


@given(filled())
def test_lines_of_a_sheet_come_back_from_the_rows_they_stand_for(
    case: tuple[Sheet, list[dict[Field, str]]],
) -> None:
    sheet, written = case
    found = [row.cells for row in rows_of(sheet, enumerate(written))]
    assert lines(sheet, found) == written


@given(st.lists(st.text(), max_size=4))
def test_a_key_comes_back_from_its_text(key: list[str]) -> None:
    assert read_key(key_text(key)) == tuple(key)


@pytest.mark.parametrize("text", ["", "x", "{}", "[1]", '["a", null]', "[" * 100_000])
def test_what_is_no_key_is_none(text: str) -> None:
    assert read_key(text) is None


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_written_one_way_however_it_was_written(value: float) -> None:
    column = next(s for s in SHEETS if s.name == "Capacity").table.column("capacity_low")
    assert plainly(column, repr(value)) == plainly(column, plainly(column, f" {value!r} "))


def test_what_is_chosen_is_read_by_name_or_identifier_whatever_its_letters() -> None:
    services = pd.DataFrame(
        {"service_id": ["one", "two"], "name": ["A refuge", "A refuge"]}, dtype="str"
    )
    bodies = pd.DataFrame({"organisation_id": ["aid"], "name": ["Aid"]}, dtype="str")
    choices = Choices(services, bodies)
    counts = next(sheet for sheet in SHEETS if sheet.name == "Counts").table
    column = counts.column("service_id")
    for text in ("one", "ONE", "A refuge [one]", "a  refuge [ONE]", "Its old name [one]"):
        assert choices.read(column, text) == "one", text
    assert choices.read(column, "whole district") == ""
    assert choices.read(column, "A refuge") is None, "two have that name"
    assert choices.read(column, "three") is None
