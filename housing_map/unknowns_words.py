"""What to ask first, in words: questions ranked, and shares of the uncertainty by theme."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from housing_map import words
from housing_map.questions import THEMES

if TYPE_CHECKING:
    from housing_map.unknowns import Ranked, Share, Shares, Unknowns

ONE_AT_A_TIME: Final = (
    "Each question is tried alone, from its worse answer to its better one, while everything else "
    "stays at its central figure. What two answers do together is left out."
)
TOGETHER: Final = (
    "Everything is drawn at once, many times over, so that what answers do together counts. "
    "“Alone” is how much of the spread would go if this were known and nothing else; “with "
    "others” is how much would be left if everything else were known. The parts do not add up "
    "to the whole."
)


def summary(found: Unknowns) -> str:
    """Say how many questions there are, and how many would change the answer alone."""
    asked = len(found.ranked) + len(found.quiet)
    if not asked:
        return "Nothing that the answer rests on is open."
    if not found.ranked:
        return f"None of {words.counted(asked)} questions would change the answer alone."
    one = len(found.ranked) == 1
    return (
        f"{words.counted(len(found.ranked)).capitalize()} of {words.counted(asked)} questions "
        f"would{', asked alone,' if one else ', each asked alone,'} change how many households are "
        f"helped (central run: {words.about(found.met)} a year)."
    )


def ask_text(one: Ranked) -> str:
    """Say whom to ask, what, and how many households the answer could change."""
    question = one.question
    return (
        f"Ask {_whom(question.name)}: {question.text} The answer could change "
        f"{words.households(one.moves)} a year ({words.between(one.worst, one.best)} helped)."
    )


def _whom(name: str) -> str:
    """Put whom to ask into a sentence: what is not a name starts small."""
    starts = ("Whoever ", "Each ")
    return name[0].lower() + name[1:] if name.startswith(starts) else name


def ranked_rows(found: Unknowns) -> list[dict[str, str]]:
    """Return every question that moves the answer as cells of a row, by their headings."""
    return [
        {
            "Question": one.question.text,
            "Whom to ask": one.question.name,
            "Could change": _bare(one.moves),
            "Helped, worse answer": _bare(one.worst),
            "Helped, better answer": _bare(one.best),
            "About": THEMES[one.question.theme],
        }
        for one in found.ranked
    ]


FIGURES: Final = ("Could change", "Helped, worse answer", "Helped, better answer")
"""Headings of :func:`ranked_rows` that stand over numbers."""


def _bare(households: float) -> str:
    text = words.about(households).removeprefix("about ")
    return {"none": "0", "fewer than 5": "<5"}.get(text, text)


def shares_sentence(shares: Shares) -> str:
    """Say how wide the answer is when everything is drawn at once, and what widens it most."""
    spread = (
        f"With everything open at once {words.households(shares.mean)} a year are helped on "
        f"average, give or take {words.about(shares.deviation)} (one standard deviation)."
    )
    first = by_total(shares)[0] if shares.themes else None
    if first is None or first.total <= 0:
        return spread
    label = THEMES[first.theme]
    return f"{spread} What widens this most: {label[0].lower()}{label[1:]}."


def by_total(shares: Shares) -> list[Share]:
    """Return the themes, the one with the largest total share first."""
    return sorted(shares.themes, key=lambda one: (-one.total, one.theme))


def part(share: float) -> float:
    """Return a share of variance as it is shown: an estimate can fall just outside 0 to 1."""
    return min(max(share, 0.0), 1.0)


def share_rows(shares: Shares) -> list[dict[str, str]]:
    """Return each theme as cells of a row, the largest total first; ± is one standard error."""
    return [
        {
            "What the questions are about": THEMES[one.theme],
            "Alone": f"{part(one.alone):.0%} ± {one.alone_error:.0%}",
            "With others": f"{part(one.total):.0%} ± {one.total_error:.0%}",
        }
        for one in by_total(shares)
    ]


def shares_caption(shares: Shares) -> str:
    """Head the table of :func:`share_rows`."""
    return (
        f"Share of the spread by theme, from {shares.samples} pairs of draws (seed "
        f"{shares.seed}); ± is one standard error"
    )
