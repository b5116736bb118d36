"""Dates that follow from the law are reckoned as it is written, and from no clock."""

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from housing_map.assessment.answers import Answers, Strategy
from housing_map.assessment.dates import (
    DateState,
    LegalDate,
    legal_dates,
    months_after,
    review_periods,
    year_of,
)
from housing_map.assessment.form import read_form
from housing_map.errors import UsageError

ON = date(2026, 11, 1)


def dates(on: date = ON, period: str = "2025-26", **answers: object) -> dict[str, LegalDate]:
    found = legal_dates(period, on, Answers.model_validate(answers), read_form())
    assert len({one.id for one in found}) == len(found)
    return {one.id: one for one in found}


def test_the_report_is_due_from_the_first_of_april_and_no_last_day_is_claimed() -> None:
    """Section 59: as soon as reasonably practicable after the end of the financial year."""
    found = dates()["report"]
    assert (found.when, found.state) == (date(2026, 4, 1), DateState.PAST)
    assert "no last day" in found.rule
    assert dates(on=date(2026, 3, 31))["report"].state is DateState.AHEAD
    sent = dates(report_sent_on="2026-09-01")["report"]
    assert (sent.done, sent.state) == (date(2026, 9, 1), DateState.DONE)


def test_the_end_of_june_is_called_practice_and_not_law() -> None:
    found = dates()["return"]
    assert (found.when, found.law, found.basis) == (date(2026, 6, 30), False, "practice")
    late = dates(report_sent_on="2026-07-01")["return"]
    assert late.state is DateState.LATE


def test_a_draft_stands_ten_weeks_before_the_strategy() -> None:
    """Regulation 6: at least ten weeks, that is seventy days, before."""
    strategy = {"next_published_on": "2027-01-04"}
    assert dates(strategy=strategy)["draft"].when == date(2026, 10, 26)
    assert dates(strategy=strategy)["draft"].state is DateState.PAST
    done = strategy | {"next_draft_on": "2026-10-26"}
    assert dates(strategy=done)["draft"].state is DateState.DONE
    late = strategy | {"next_draft_on": "2026-10-27"}
    assert dates(strategy=late)["draft"].state is DateState.LATE


def test_three_years_begin_with_the_day_of_publication() -> None:
    """Regulation 4(1): a period beginning with a day ends on the eve of its anniversary."""
    periods = review_periods(date(2022, 1, 4), ON)
    assert periods == (
        (date(2022, 1, 4), date(2025, 1, 3)),
        (date(2025, 1, 4), date(2028, 1, 3)),
    )


def test_a_review_counts_for_the_period_in_which_it_was_done() -> None:
    strategy = {"first_published_on": "2022-01-04", "reviewed_on": ["2025-01-03"]}
    found = dates(strategy=strategy)
    assert found["review_1"].state is DateState.DONE
    assert (found["review_2"].when, found["review_2"].state) == (date(2028, 1, 3), DateState.AHEAD)
    strategy["reviewed_on"] = ["2025-01-04"]
    found = dates(strategy=strategy)
    assert found["review_1"].state is DateState.PAST
    assert found["review_2"].state is DateState.DONE


def test_what_nobody_said_stays_unknown() -> None:
    found = dates()
    assert {id_ for id_, one in found.items() if one.state is DateState.UNKNOWN} == {
        "first_strategy", "review", "draft", "refresh", "full",
    }  # fmt: skip
    assert all(found[id_].when is None for id_ in ("review", "draft", "refresh", "full"))


def test_a_first_strategy_after_the_day_is_late() -> None:
    assert dates(strategy={"first_published_on": "2022-01-04"})["first_strategy"].state is (
        DateState.DONE
    )
    late = dates(strategy={"first_published_on": "2022-01-05"})["first_strategy"]
    assert (late.when, late.state) == (date(2022, 1, 4), DateState.LATE)


def test_refreshes_follow_the_form_unless_the_author_says_otherwise() -> None:
    found = dates(full_assessment_on="2024-02-29", amended_on="2025-10-31")
    assert found["refresh"].when == date(2026, 10, 31)
    assert found["full"].when == date(2027, 2, 28)
    said = dates(full_assessment_on="2024-02-29", next_full_on="2026-12-01")
    assert said["full"].when == date(2026, 12, 1)
    assert said["refresh"].when == date(2025, 2, 28)


def test_what_is_done_after_the_reference_date_is_not_done_yet() -> None:
    assert dates(report_sent_on="2026-12-01")["report"].state is DateState.PAST


@pytest.mark.parametrize("period", ["2025Q4", "2025-27", "2025", ""])
def test_only_financial_years_have_a_report(period: str) -> None:
    with pytest.raises(UsageError, match="financial year"):
        year_of(period)


@given(
    first=st.dates(date(2021, 10, 1), date(2022, 1, 4)),
    on=st.dates(date(2021, 10, 1), date(2060, 1, 1)),
)
def test_review_periods_follow_each_other_without_a_gap_up_to_the_day(
    first: date, on: date
) -> None:
    periods = review_periods(first, on)
    assert periods[0][0] == first
    assert all(end + timedelta(1) == start for (_, end), (start, _) in itertools.pairwise(periods))
    assert periods[-1][0] <= max(on, first) <= periods[-1][1]
    assert all(months_after(start, 36) == end + timedelta(1) for start, end in periods)


def test_a_draft_later_than_its_strategy_is_refused() -> None:
    with pytest.raises(ValueError, match="later than"):
        Answers(
            strategy=Strategy(draft_published_on=date(2024, 2, 1), published_on=date(2024, 1, 1))
        )
