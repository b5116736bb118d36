"""Widths of columns: no word is broken or laid over the next column, and no room is wasted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from housing_map.documents.columns import LINE, MARGIN, letters, shared

TABLES = st.integers(2, 5).flatmap(
    lambda width: st.lists(st.lists(st.text("ab -", max_size=30), min_size=3, max_size=3),
                           min_size=width, max_size=width)
)  # fmt: skip


@given(TABLES)
def test_every_word_fits_and_the_line_is_kept_to_where_the_words_allow(
    columns: list[list[str]],
) -> None:
    widths = shared(columns)
    words = [
        max((letters(w) for text in texts for w in text.replace("-", "- ").split()), default=0.0)
        for texts in columns
    ]
    assert all(width >= word + MARGIN for width, word in zip(widths, words, strict=True))
    assert sum(widths) <= max(LINE, sum(words) + MARGIN * len(words)) + 1e-9


def test_what_is_left_goes_to_the_longest_text_and_none_to_a_long_heading() -> None:
    short, heading, long = shared(
        [["A", "x"], ["Households that seek help", "5"], ["Note", "a word " * 20]], line=60
    )
    assert short == letters("A") + MARGIN
    assert heading == pytest.approx(letters("Households") + MARGIN)
    assert long == pytest.approx(60 - short - heading)


def test_an_address_of_a_page_does_not_take_the_whole_line() -> None:
    widths = shared([["Where", "https://" + "a" * 200], ["What", "one two"]])
    assert sum(widths) == pytest.approx(LINE)
