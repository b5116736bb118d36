"""The best set in sentences: what is in it, what it does, how far it is proved.

Everything here is text; callers escape it where it goes into HTML or Markdown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from housing_map import words
from housing_map.app.scenario_words import more, pounds, span
from housing_map.candidates import Objective
from housing_map.change_frame import FELT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from housing_map.candidates import Ask
    from housing_map.choosing import Chosen

LACKING = (
    "To keep to a budget in pounds, say in the table below what each costs a year. Nobody has "
    "given a cost for:"
)
NOTHING_HELPS = "Nothing on the list that is allowed helps anybody more than now."


def budget(ask: Ask) -> str:
    """Say the budget.

    >>> from housing_map.candidates import Ask
    >>> budget(Ask(units=20, gbp_a_year=300000)), budget(Ask())
    ('20 places and £300,000 a year', 'whatever it takes')
    """
    parts = []
    if ask.units is not None:
        parts.append(places(ask.units))
    if ask.gbp_a_year is not None:
        parts.append(f"{pounds(ask.gbp_a_year)} a year")
    return words.joined(parts) if parts else "whatever it takes"


def places(number: float) -> str:
    """Say a number of places.

    >>> places(1), places(20), places(2.5)
    ('1 place', '20 places', '2.5 places')
    """
    return f"{number:,.10g} {'place' if number == 1 else 'places'}"


def answer(
    ask: Ask, chosen: Chosen, names: Mapping[str, str], changes: Sequence[float] = ()
) -> list[str]:
    """Say which set is best and what it does; ``changes`` are those of the three runs."""
    if not chosen.ids:
        return [f"For {budget(ask)}: {NOTHING_HELPS[:1].lower()}{NOTHING_HELPS[1:]}"]
    which = "The best" if chosen.bound is not None else "A first answer"
    inside = "; ".join(names.get(one, one) for one in chosen.ids)
    over = f" ({span(changes)})" if changes else ""
    taken = [places(chosen.units)] if chosen.units else []
    if chosen.cost_gbp_a_year is not None:
        taken.append(f"{pounds(chosen.cost_gbp_a_year)} a year")
    takes = f" It takes {words.joined(taken)}." if taken else ""
    said = does(chosen)
    lines = [
        f"{which} for {budget(ask)}: {inside}.",
        f"{said[:1].upper()}{said[1:]}{over}.{takes}",
    ]
    if not chosen.keeps_floors:
        lines.append("Not every group could then be helped as often as now.")
    elif chosen.shared - chosen.met >= FELT:
        lines.append(
            f"That is with the promises kept. Without them {more(chosen.shared - chosen.before)} "
            "could be helped by the same set, and some groups less often."
        )
    if chosen.lowest is not None:
        lines.append(f"The group worst off would be helped {words.one_in(chosen.lowest)}.")
    return lines


def does(chosen: Chosen) -> str:
    """Say how many more a set helps."""
    return f"{more(chosen.further)} households a year would be helped"


def proof(ask: Ask, first: Chosen, best: Chosen | None) -> str:
    """Say how far the answer is proved, and how near the first answer came."""
    if best is None:
        looked = (
            " It looks at the total, and not yet at who is worst off."
            if ask.objective is Objective.FAIR
            else ""
        )
        return (
            "This was put together step by step, each time what helps most for what it takes."
            f"{looked} Whether something better is allowed is being worked out."
        )
    if best.proved:
        said = (
            "Proved: of all sets that are allowed and raise those worst off as far, none helps "
            "more."
            if ask.objective is Objective.FAIR
            else "Proved: no other allowed set helps more households."
        )
    elif ask.objective is Objective.FAIR and not best.fairest:
        said = (
            "Not proved: a set may exist that raises those worst off further. Look again with "
            "fewer candidates or more time."
        )
    else:
        short = (best.bound or best.met) - best.met
        said = (
            f"Not proved ({best.status}): a better set may exist, but none helps more than "
            f"{words.about(short).removeprefix('about ')} households a year more "
            f"({best.gap or 0.0:.1%} of the most that can be)."
        )
    behind = best.further - first.further
    if ask.objective is Objective.TOTAL and best.further > 0 and behind >= FELT:
        said += (
            f" The first answer, put together step by step, came to "
            f"{max(first.further, 0.0) / best.further:.0%} of what this adds."
        )
    return said
