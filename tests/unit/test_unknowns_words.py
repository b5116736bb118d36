"""What to ask first in words, and its picture: figures rounded, people named, nothing promised."""

import re

import pandas as pd
import pytest

from housing_map import unknowns_words
from housing_map.questions import Question, Theme
from housing_map.unknowns import Ranked, Share, Shares, Unknowns
from housing_map.unknowns_picture import shares_alt, shares_chart

STAYS = Question(
    "stay_days:refuge", Theme.STAYS, "refuge", "The refuge",
    "How many days does a household stay, on average?", frozenset({"stay_days:refuge"}),
)  # fmt: skip
DEMAND = Question(
    "share_of:x", Theme.DEMAND, "", "Whoever keeps the figures", "How many?", frozenset({"x"})
)


def unknowns(*ranked: Ranked, quiet: int = 0) -> Unknowns:
    return Unknowns(163.0, ranked, (DEMAND,) * quiet)


def test_a_question_says_whom_to_ask_what_and_how_many_it_could_change() -> None:
    assert unknowns_words.ask_text(Ranked(STAYS, 330.8, 486.4)) == (
        "Ask The refuge: How many days does a household stay, on average? The answer could change "
        "about 160 households a year (between 330 and 490 helped)."
    )


def test_whom_to_ask_starts_small_where_it_is_no_name() -> None:
    assert unknowns_words.ask_text(Ranked(DEMAND, 1, 4)).startswith(
        "Ask whoever keeps the figures: How many? The answer could change fewer than 5 households"
    )


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (unknowns(), "Nothing that the answer rests on is open."),
        (unknowns(quiet=2), "None of two questions would change the answer alone."),
        (
            unknowns(Ranked(STAYS, 1, 20), quiet=11),
            "One of 12 questions would, asked alone, change how many households are helped "
            "(central run: about 160 a year).",
        ),
        (
            unknowns(Ranked(STAYS, 1, 20), Ranked(DEMAND, 1, 10), quiet=1),
            "Two of three questions would, each asked alone, change how many households are "
            "helped (central run: about 160 a year).",
        ),
    ],
)
def test_the_summary_counts_questions_that_tell_and_those_that_do_not(
    found: Unknowns, said: str
) -> None:
    assert unknowns_words.summary(found) == said


def test_rows_keep_the_order_and_round_as_people_say_it() -> None:
    rows = unknowns_words.ranked_rows(unknowns(Ranked(STAYS, 486.4, 330.8), Ranked(DEMAND, 0, 3)))
    assert [row["Could change"] for row in rows] == ["160", "<5"]
    assert [row["Helped, worse answer"] for row in rows] == ["490", "0"]
    assert rows[0]["About"] == "How long people stay and how full places are"
    assert set(unknowns_words.FIGURES) <= set(rows[0])


SHARES = Shares(
    mean=352.0, deviation=41.0, samples=64, seed=2026,
    themes=(
        Share(Theme.PLACES, -0.02, 0.05, 0.2, 0.04),
        Share(Theme.STAYS, 0.5, 0.1, 0.75, 0.1),
        Share(Theme.TAKES, 0.9, 0.2, 1.1, 0.3),
    ),
)  # fmt: skip


def test_shares_of_the_spread_come_largest_first_and_within_none_and_all() -> None:
    rows = unknowns_words.share_rows(SHARES)
    assert [row["With others"] for row in rows] == ["100% ± 30%", "75% ± 10%", "20% ± 4%"]
    assert [row["Alone"] for row in rows] == ["90% ± 20%", "50% ± 10%", "0% ± 5%"]
    assert "64 pairs of draws (seed 2026)" in unknowns_words.shares_caption(SHARES)


def test_the_sentence_on_shares_names_what_widens_the_answer_most() -> None:
    assert unknowns_words.shares_sentence(SHARES) == (
        "With everything open at once about 350 households a year are helped on average, give or "
        "take about 40 (one standard deviation). What widens this most: whom services take."
    )
    still = Shares(352.0, 0.0, 8, 1, (Share(Theme.PLACES, 0.0, 0.0, 0.0, 0.0),))
    assert "widens" not in unknowns_words.shares_sentence(still)


def drawn() -> pd.DataFrame:
    return pd.DataFrame(
        {"theme": ["Whom services take", "A theme " * 9], "alone": [0.9, 0.0], "total": [1.0, 0.2]}
    )


def test_the_picture_says_in_words_what_its_bars_show() -> None:
    chart = shares_chart(drawn(), title="Where the spread comes from.").to_dict()
    words = chart["description"]
    assert words == shares_alt(drawn(), title="Where the spread comes from.")
    assert "Whom services take: 90% alone, 100% with others" in words
    (data,) = chart["datasets"].values()
    assert [(row["alone"], row["total"]) for row in data] == [(0.9, 1.0), (0.0, 0.2)]
    assert all(len(line) <= 40 for row in data for line in row["name"].split("\n"))
    assert re.search(r"dark alone, pale with others", str(chart)), "colour is explained in words"


def test_a_picture_needs_a_theme() -> None:
    with pytest.raises(ValueError, match="at least one row"):
        shares_chart(drawn()[:0], title="Nothing")
