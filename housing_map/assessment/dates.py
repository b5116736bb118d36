"""Dates that follow from the law, and the few that follow from practice.

Reckoned from what the author knows (when the strategy was first published, when the next one is
planned) and from the reference date of the figures: nothing reads the clock. A date that nobody
gave stays unknown, with the question to ask.

Sources: Domestic Abuse Act 2021 section 59(1); SI 2021/990 regulations 3, 4 and 6.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from housing_map.errors import UsageError
from housing_map.returns import is_period

if TYPE_CHECKING:
    from housing_map.assessment.answers import Answers
    from housing_map.assessment.form import Form

FIRST_STRATEGY_BEFORE: Final = date(2022, 1, 5)
"""SI 2021/990 regulation 3."""
DRAFT_AHEAD: Final = timedelta(weeks=10)
"""SI 2021/990 regulation 6."""
REVIEW_YEARS: Final = 3
"""SI 2021/990 regulation 4(1)."""


class DateState(StrEnum):
    """How a date stands on the reference date."""

    DONE = "done"
    AHEAD = "ahead"
    PAST = "past"
    """The day is over, and nobody has said that it was done."""
    LATE = "late"
    """It was done, after the day."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalDate:
    """A day by which, or from which, something is to be done.

    ``when`` is None where it cannot be told yet; ``rule`` says how it is reckoned, ``basis`` where
    it is written, and ``law`` is False for practice. ``done`` is the day it was done.
    """

    id: str
    what: str
    when: date | None
    rule: str
    basis: str
    state: DateState
    law: bool = True
    done: date | None = None


def year_of(period: str) -> tuple[date, date]:
    """Return first and last day of a financial year; raises :class:`UsageError` for another period.

    >>> year_of("2025-26")
    (datetime.date(2025, 4, 1), datetime.date(2026, 3, 31))
    """
    if not is_period(period) or "Q" in period:
        message = f"An assessment is for a financial year such as 2025-26, not {period!r}"
        raise UsageError(message)
    year = int(period[:4])
    return date(year, 4, 1), date(year + 1, 3, 31)


def months_after(day: date, months: int) -> date:
    """Return the same day of the month so many months later, or the last one there is.

    >>> months_after(date(2024, 2, 29), 12)
    datetime.date(2025, 2, 28)
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def review_periods(first: date, on: date) -> tuple[tuple[date, date], ...]:
    """Return three-year periods since first publication, up to the one that holds ``on``.

    A period *beginning with* a day ends on the eve of its third anniversary.

    >>> review_periods(date(2022, 1, 4), date(2026, 11, 1))[-1][1]
    datetime.date(2028, 1, 3)
    """
    found = []
    start, number = first, 0
    while start <= max(on, first):
        number += 1
        following = months_after(first, 12 * REVIEW_YEARS * number)
        found.append((start, following - timedelta(days=1)))
        start = following
    return tuple(found)


def legal_dates(period: str, on: date, answers: Answers, form: Form) -> tuple[LegalDate, ...]:
    """Return the dates of an assessment, in the order in which they are usually met.

    Raises :class:`UsageError` when the period is not a financial year.
    """
    _, last = year_of(period)
    return (
        *_report(last, on, answers, form),
        *_strategy(on, answers),
        *_refreshes(on, answers, form),
    )


def _report(last: date, on: date, answers: Answers, form: Form) -> tuple[LegalDate, ...]:
    start, practice = last + timedelta(days=1), form.practice
    month, year = practice.return_month, start.year
    end = date(year, month, min(practice.return_day, monthrange(year, month)[1]))
    done = answers.report_sent_on
    return (
        LegalDate(
            id="report",
            what="Section 59 report to the Secretary of State",
            when=start,
            rule="as soon as reasonably practicable after the end of the financial year; the law "
            "sets no last day",
            basis="Domestic Abuse Act 2021 section 59(1)",
            state=_open_ended(done, start, on),
            done=done,
        ),
        LegalDate(
            id="return",
            what="Annual return collected by the department",
            when=end,
            rule=practice.note,
            basis="practice",
            state=_by(done, end, on),
            law=False,
            done=done,
        ),
    )


def _strategy(on: date, answers: Answers) -> tuple[LegalDate, ...]:
    strategy = answers.strategy
    first = strategy.first_published_on
    found = [
        LegalDate(
            id="first_strategy",
            what="First strategy published",
            when=FIRST_STRATEGY_BEFORE - timedelta(days=1),
            rule="before 5 January 2022",
            basis="SI 2021/990 regulation 3",
            state=DateState.UNKNOWN if first is None
            else _by(first, FIRST_STRATEGY_BEFORE - timedelta(days=1), on),
            done=first,
        )
    ]  # fmt: skip
    if first is None:
        found.append(
            LegalDate(
                id="review",
                what="Review of the strategy, and of its effect on other local authority support",
                when=None,
                rule="within three years beginning with first publication, and within each "
                "three-year period after that",
                basis="SI 2021/990 regulation 4",
                state=DateState.UNKNOWN,
            )
        )
    else:
        for number, (start, end) in enumerate(review_periods(first, on), start=1):
            done = max((day for day in strategy.reviewed_on if start <= day <= end), default=None)
            found.append(
                LegalDate(
                    id=f"review_{number}",
                    what=f"Review {number} of the strategy, and of its effect on other local "
                    "authority support",
                    when=end,
                    rule=f"within the three years from {_words(start)}",
                    basis="SI 2021/990 regulation 4",
                    state=_by(done, end, on),
                    done=done,
                )
            )
    planned = strategy.next_published_on
    draft = None if planned is None else planned - DRAFT_AHEAD
    found.append(
        LegalDate(
            id="draft",
            what="Draft of the next strategy published",
            when=draft,
            rule="at least ten weeks before the day on which the strategy is to be published",
            basis="SI 2021/990 regulation 6",
            state=DateState.UNKNOWN if draft is None else _by(strategy.next_draft_on, draft, on),
            done=strategy.next_draft_on,
        )
    )
    return tuple(found)


def _refreshes(on: date, answers: Answers, form: Form) -> tuple[LegalDate, ...]:
    practice, full = form.practice, answers.full_assessment_on
    latest = max((day for day in (full, answers.amended_on) if day is not None), default=None)
    given = (
        ("refresh", "Next refresh of the assessment", answers.next_refresh_on, latest,
         practice.refresh_months),
        ("full", "Next full assessment", answers.next_full_on, full, practice.full_months),
    )  # fmt: skip
    found = []
    for id_, what, said, start, months in given:
        when = said or (None if start is None else months_after(start, months))
        rule = "as the author says" if said else f"{months} months after the last one"
        found.append(
            LegalDate(
                id=id_,
                what=what,
                when=when,
                rule=rule,
                basis="practice",
                state=DateState.UNKNOWN if when is None else _by(None, when, on),
                law=False,
            )
        )
    return tuple(found)


def _by(done: date | None, end: date, on: date) -> DateState:
    """Return how a last day stands; what is done after the reference date is not done yet."""
    if done is not None and done <= on:
        return DateState.DONE if done <= end else DateState.LATE
    return DateState.AHEAD if on <= end else DateState.PAST


def _open_ended(done: date | None, start: date, on: date) -> DateState:
    """Return how a day stands from which something is to be done, with no last one."""
    if done is not None and done <= on:
        return DateState.DONE
    return DateState.AHEAD if on < start else DateState.PAST


def _words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
