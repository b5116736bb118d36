"""What a scenario does, in sentences: how many more or fewer, in which range, and for whom.

Everything here is text; callers escape it where it goes into HTML or Markdown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from housing_map import words
from housing_map.change_frame import FELT, signed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import ValidationError

NOTHING_YET = (
    "Nothing has changed yet. Choose something to start from, or add a change: this line then "
    "says how many more or fewer households would be helped."
)


def more(change: float) -> str:
    """Say a change of a modelled number of households.

    >>> more(11.0), more(-0.3), more(0.0)
    ('about 10 more', 'up to 5 fewer', 'no change')
    """
    return signed(change, words.about)


def span(changes: Iterable[float]) -> str:
    """Say the range of a change over the runs.

    >>> span([5.1, 11.0, 0.0]), span([-49.6, -5.3]), span([-6.0, 12.0]), span([0.0])
    ('up to 10 more', 'between 5 and 50 fewer', 'between 5 fewer and 10 more', 'no change')
    """
    found = list(changes)
    low, high = min(found), max(found)
    if low > -FELT and high < FELT:
        return "no change"
    if low > -FELT:
        return f"{_amounts(max(low, 0.0), high)} more"
    if high < FELT:
        return f"{_amounts(max(-high, 0.0), -low)} fewer"
    return f"between {_amount(-low)} fewer and {_amount(high)} more"


def _amounts(low: float, high: float) -> str:
    said = words.between(low, high)
    return said.replace("fewer than ", "up to ")


def _amount(amount: float) -> str:
    return words.about(amount).removeprefix("about ").replace("fewer than ", "up to ")


def answer(central: float, runs: Iterable[float] | None = None, *, asking: float = 0.0) -> str:
    """Say what all changes do together; ``runs`` are the changes of the three runs, if known.

    ``asking`` is how many more seek help: without it, more who are helped could be fewer of them.
    """
    whole = "" if runs is None else f" ({span(runs)})"
    seek = "" if abs(asking) < FELT else f", while {more(asking)} would seek help"
    if abs(central) < FELT:
        return f"With these changes as many households a year would be helped as now{whole}{seek}."
    return f"With these changes {more(central)} households a year would be helped{whole}{seek}."


def gains(gained: float, lost: float) -> str:
    """Say who gains and who loses, where both happen; empty where one of them is nobody."""
    if gained < FELT and lost < FELT:
        return ""
    if lost < FELT:
        return "No group of households is helped less often."
    if gained < FELT:
        return "No group of households is helped more often."
    return (
        f"Some gain and some lose: {_amount(gained)} more are helped in some groups, "
        f"and {_amount(lost)} fewer in others."
    )


_PLAIN: Final = {
    "too_short": "choose at least one",
    "missing": "this is needed",
    "date_type": "give a day",
    "date_parsing": "give a day, such as 31/03/2027",
    "date_from_datetime_parsing": "give a day, such as 31/03/2027",
    "string_too_short": "this is needed",
    "float_type": "give a number",
    "float_parsing": "give a number",
}
"""What is wrong in plain words, by the type of error that pydantic names."""


def wrong(error: ValidationError) -> list[str]:
    """Say what is wrong with a change that was filled in; a location is never repeated."""
    said = []
    for one in error.errors():
        message = _PLAIN.get(one["type"], str(one["msg"]).removeprefix("Value error, "))
        place = [str(part) for part in one["loc"] if isinstance(part, str)]
        field = place[-1].replace("_", " ") if place else ""
        said.append(f"{field}: {message}" if field else message)
    return list(dict.fromkeys(text[:1].upper() + text[1:] for text in said))


def pounds(amount: float | None) -> str:
    """Write an amount; one that nobody has given is not known.

    >>> pounds(120000), pounds(-5000), pounds(None), pounds(float("nan"))
    ('£120,000', '−£5,000', 'not given', 'not given')
    """
    if amount is None or amount != amount:  # noqa: PLR0124 - not a number
        return "not given"
    return f"£{amount:,.0f}" if amount >= 0 else f"−£{-amount:,.0f}"
