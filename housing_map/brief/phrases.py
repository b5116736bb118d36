"""Changes, amounts and cells as people say them, and text cut to the room there is."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING, Final

from housing_map import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FELT: Final = 0.05
"""Households a year below which a change is none."""
_DOZEN: Final = 100


def more(change: float) -> str:
    """Say a change of a modelled number of households.

    >>> more(11.0), more(-0.3), more(0.0)
    ('about 10 more', 'up to 5 fewer', 'no change')
    """
    if abs(change) < FELT:
        return "no change"
    said = words.about(abs(change)).replace("fewer than ", "up to ")
    return f"{said} {'more' if change > 0 else 'fewer'}"


def span(changes: Iterable[float]) -> str:
    """Say the range of a change over several runs.

    >>> span([5.1, 11.0, 0.0]), span([-49.6, -5.3]), span([-6.0, 12.0]), span([0.0])
    ('up to 10 more', 'between 5 and 50 fewer', 'between 5 fewer and 10 more', 'no change')
    """
    found = list(changes)
    low, high = min(found), max(found)
    if low > -FELT and high < FELT:
        return "no change"
    if low > -FELT or high < FELT:
        ends = sorted((max(abs(low), 0.0), max(abs(high), 0.0)))
        if low > -FELT:
            ends = [max(low, 0.0), high]
        said = words.between(*ends).replace("fewer than ", "up to ")
        return f"{said} {'more' if low > -FELT else 'fewer'}"
    return f"between {_plain(-low)} fewer and {_plain(high)} more"


def _plain(amount: float) -> str:
    return words.about(amount).removeprefix("about ").replace("fewer than ", "up to ")


def cell(households: float) -> str:
    """Write a rounded number of households in a table.

    >>> cell(163.2), cell(3.2), cell(0)
    ('160', 'under 5', 'none')
    """
    said = words.about(households if households >= FELT else 0.0)
    return said.removeprefix("about ").replace("fewer than ", "under ")


def change_cell(change: float) -> str:
    """Write a rounded change in a table.

    >>> change_cell(11.0), change_cell(-163.0), change_cell(-2.0), change_cell(0.0)
    ('10 more', '160 fewer', 'under 5 fewer', 'no change')
    """
    if abs(change) < FELT:
        return "no change"
    return f"{cell(abs(change))} {'more' if change > 0 else 'fewer'}"


def pounds(amount: float | None) -> str:
    """Write an amount in GBP; one that nobody has given is not known.

    >>> pounds(120000), pounds(-5000), pounds(None), pounds(float("nan"))
    ('£120,000', '−£5,000', 'not given', 'not given')
    """
    if amount is None or math.isnan(amount):
        return "not given"
    return f"£{amount:,.0f}" if amount >= 0 else f"−£{-amount:,.0f}"


def cut(text: str, letters: int) -> str:
    """Cut a text at a space, to at most so many letters.

    >>> cut("One two three", 9), cut("One", 9), cut("Antidisestablishmentarianism", 9)
    ('One two …', 'One', 'Antidise…')
    """
    if len(text) <= letters:
        return text
    short = textwrap.shorten(text, letters, placeholder=" …")
    return short if short.strip(" …") else f"{text[: letters - 1]}…"


def stop(text: str) -> str:
    """End a sentence with a full stop, unless it ends already or was cut.

    >>> stop("One"), stop("One …"), stop("")
    ('One.', 'One …', '')
    """
    return text if not text or text[-1] in ".…?!" else f"{text}."


def some(items: Sequence[str], most: int, *, letters: int = 80) -> str:
    """Join as many of the items as there is room for, and count the rest.

    >>> some(["a", "b", "c", "d"], 2), some(["a", "b"], 2)
    ('a, b and two more', 'a and b')
    """
    shown = [cut(item, letters) for item in items[:most]]
    if len(items) > most:
        shown.append(f"{words.counted(len(items) - most)} more")
    return words.joined(shown)
