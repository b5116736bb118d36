"""Boxes that an author fills in: drawn, read, and said in words."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from housing_map.app.assessment_fields import Sort
from housing_map.assessment.sections.governance import day_words
from housing_map.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from housing_map.app.assessment_fields import Field

_LONGEST_TEXT: Final = 20_000
_LONGEST_LINE: Final = 300
_MOST_GBP: Final = 1e12


def ask(field: Field, given: Any, key: str) -> Any:  # noqa: ANN401, PLR0911 - JSON; one a sort
    """Draw the box of a field and return what is in it."""
    label = field.label + (" (needed)" if field.needed else "")
    match field.sort:
        case Sort.PROSE:
            return st.text_area(
                label, value=given or "", key=key, max_chars=_LONGEST_TEXT, height=90
            )
        case Sort.DAY:
            return st.text_input(
                label, value=_day_in(given), key=key, placeholder="such as 31/3/2026", max_chars=10
            )
        case Sort.DAYS:
            return st.text_input(label, value=", ".join(map(_day_in, given or [])), key=key)
        case Sort.MONEY:
            return st.number_input(
                label, value=given, min_value=0.0, max_value=_MOST_GBP, step=1.0, format="%.2f",
                key=key,
            )  # fmt: skip
        case Sort.CHOICE:
            labels = dict(field.options)
            codes = list(labels)
            return st.selectbox(
                label, codes, index=codes.index(given) if given in labels else 0,
                format_func=labels.__getitem__, key=key,
            )  # fmt: skip
        case Sort.SEVERAL:
            labels = dict(field.options)
            chosen = [one for one in given or [] if one in labels]
            return st.multiselect(
                label, list(labels), default=chosen, format_func=labels.__getitem__, key=key
            )
        case _:
            return st.text_input(label, value=given or "", key=key, max_chars=_LONGEST_LINE)


def value(field: Field, given: Any) -> Any:  # noqa: ANN401 - as above
    """Return what is kept of a box: None where it is empty; raises UsageError for no day."""
    match field.sort:
        case Sort.DAY:
            return _day_out(field, given) if given.strip() else None
        case Sort.DAYS:
            return [_day_out(field, one) for one in given.split(",") if one.strip()] or None
        case Sort.MONEY:
            return given
        case Sort.SEVERAL:
            return list(given) or None
        case Sort.CHOICE:
            return None if given == "unknown" else given
        case _:
            return given.strip() or None


def entry_of(asked: Sequence[Field], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is kept of the boxes of one entry; raises UsageError for what is needed."""
    found = {one.path: value(one, given[one.path]) for one in asked}
    entry = {path: kept for path, kept in found.items() if kept is not None}
    if lacking := [one.label for one in asked if one.needed and one.path not in entry]:
        message = f"Say as well: {'; '.join(lacking)}."
        raise UsageError(message)
    return entry


def words(field: Field, kept: Any) -> str:  # noqa: ANN401 - as above
    """Say what is kept of a box."""
    if kept is None:
        return "–"
    if field.sort is Sort.DAY:
        return day_words(date.fromisoformat(kept))
    if field.sort is Sort.MONEY:
        return f"£{kept:,.0f}"
    return dict(field.options).get(kept, str(kept))


def _day_in(value: str | None) -> str:
    if not value:
        return ""
    day = date.fromisoformat(value)
    return f"{day.day}/{day.month}/{day.year}"


def _day_out(field: Field, given: str) -> str:
    parts = given.strip().replace("-", "/").replace(".", "/").split("/")
    try:
        numbers = [int(part) for part in parts]
        year_first = len(parts[0]) == len("2026")
        day, month, year = reversed(numbers) if year_first else numbers
        return date(year, month, day).isoformat()
    except ValueError as error:
        message = f"{field.label}: give a day such as 31/3/2026."
        raise UsageError(message) from error
