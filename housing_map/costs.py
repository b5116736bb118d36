"""What scenarios cost, as far as somebody has said; and by units and people where nobody has.

A cost that nobody has given is unknown, never nothing: a sum that needs it is not made, and the
change is named, so that it can be asked for. Amounts are in GBP, a year and once, and are kept
apart. For the restricted view: what a provider is paid is not published.

>>> divided(1000, {"Council": 0.75, "Health": 0.25})
{'Council': 750.0, 'Health': 250.0}
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isclose, isfinite
from typing import TYPE_CHECKING, Final

import pandas as pd

from housing_map.change_words import labels
from housing_map.changes import COSTED
from housing_map.displacement import use
from housing_map.effects import KEYS, SAME, totals
from housing_map.errors import UsageError
from housing_map.words import joined

if TYPE_CHECKING:
    from collections.abc import Mapping

    from housing_map.effects import Comparison
    from housing_map.pack import Pack
    from housing_map.scenario import Applied

LEAST: Final = 0.1
"""Further households a year below which nothing is divided by them: one in ten years."""


@dataclass(frozen=True, slots=True)
class Line:
    """A change that counts, its place in the list from 0, and its cost; None is *not given*."""

    number: int
    label: str
    gbp_a_year: float | None
    gbp_once: float | None


@dataclass(frozen=True, slots=True)
class Costs:
    """Costs of the changes of a scenario that were made and may have a cost."""

    lines: tuple[Line, ...]

    @property
    def a_year(self) -> float | None:
        """GBP a year of all; None unless every one is given."""
        return _sum([line.gbp_a_year for line in self.lines])

    @property
    def once(self) -> float | None:
        """GBP once of all; None unless every one is given."""
        return _sum([line.gbp_once for line in self.lines])

    @property
    def lacking_a_year(self) -> tuple[str, ...]:
        """Changes of which nobody has given the cost a year, by name."""
        return tuple(line.label for line in self.lines if line.gbp_a_year is None)

    @property
    def lacking_once(self) -> tuple[str, ...]:
        """Changes of which nobody has given the cost that falls once, by name."""
        return tuple(line.label for line in self.lines if line.gbp_once is None)

    @property
    def asked_for(self) -> str:
        """Ask in words for what nobody has given; empty where everything is."""
        neither = [line.label for line in self.lines if _given(line) == (False, False)]
        once = [line.label for line in self.lines if _given(line) == (True, False)]
        yearly = [line.label for line in self.lines if _given(line) == (False, True)]
        asked = (("cost", neither), ("cost a year", yearly), ("cost that falls once", once))
        parts = [f"the {what} of {'; '.join(named)}" for what, named in asked if named]
        if not parts:
            return ""
        said = f"Nobody has given {joined(parts)}"
        return said if said.endswith("…") else f"{said}."


@dataclass(frozen=True, slots=True)
class PerHousehold:
    """GBP a year for each further household met a year, or None and why there is no such figure."""

    gbp: float | None
    why: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Places that a scenario adds, and further households met, for want of money to compare by.

    ``rows`` has a row for each ``basis`` of capacity, with the capacity of all pools ``before``,
    ``after`` and ``added`` (less than 0: taken away). ``per_place`` are further households a year
    for each place added, where only one basis changes and grows; else ``why`` says why not.
    """

    rows: pd.DataFrame
    further: float
    per_place: float | None
    why: str = ""


def costs(pack: Pack, applied: Applied, *, publishable: bool = False) -> Costs:
    """Return the cost of each change of a scenario that counts, with the baseline's names.

    A change that was left out costs nothing; one that cannot have a cost (more demand, a weight)
    has no line. ``publishable`` leaves names of services out.
    """
    changes = applied.scenario.changes
    named = labels(changes, pack, publishable=publishable)
    lines = []
    for number in applied.made:
        change = changes[number]
        if isinstance(change, COSTED):
            amounts = (change.cost_gbp_a_year, change.cost_gbp_once)
            lines.append(Line(number, named[number], *amounts))
    return Costs(tuple(lines))


def per_household(
    cost: Costs, further: float, *, interval: tuple[float, float] | None = None
) -> PerHousehold:
    """Return the cost a year of each of the ``further`` households met a year.

    None where nothing has a cost or a cost a year is not given, where fewer than :data:`LEAST` more
    are met, or where the 80 % ``interval`` of the difference (:mod:`housing_map.paired`) does not
    lie above 0: then a division would say more than is known. Below 0, the change saves money and
    helps more. Costs that fall once are not in it.
    """
    if not cost.lines:
        return PerHousehold(None, "nothing in the scenario has a cost")
    if cost.a_year is None:
        asked = "; ".join(cost.lacking_a_year)
        return PerHousehold(None, f"nobody has given the cost a year of {asked}")
    if further < LEAST:
        what = "no further household is met" if further > -SAME else "fewer households are met"
        if further >= SAME:
            what = f"fewer than {LEAST:g} further households a year are met"
        return PerHousehold(None, what)
    if interval is not None and interval[0] <= 0:
        return PerHousehold(None, "the range of further households includes none")
    return PerHousehold(cost.a_year / further)


def places(comparison: Comparison, number: int) -> Places:
    """Return the places that scenario ``number``, from 1, adds, and what each brings.

    Raises :class:`UsageError` where there is no such scenario.
    """
    comparison.outcome(number)
    pools = use(comparison)
    sums = pools[pools["number"] == number].groupby("basis", as_index=False, sort=True)[
        ["capacity_before", "capacity_after", "capacity_change"]
    ]
    rows = sums.sum().set_axis(["basis", "before", "after", "added"], axis=1)
    met = totals(comparison).set_index("number")["met_change"]
    further = float(met[number])
    changed = rows[rows["added"].abs() > SAME]
    if len(changed) != 1:
        why = "no capacity changes" if changed.empty else "capacity of several sorts changes"
        return Places(rows, further, None, why)
    added = float(changed["added"].iloc[0])
    if added < 0:
        return Places(rows, further, None, "places are taken away")
    return Places(rows, further, further / added)


def cost_rows(
    comparison: Comparison, intervals: Mapping[int, tuple[float, float]] | None = None
) -> pd.DataFrame:
    """One row a scenario: costs, further households, cost of each, and what is asked for.

    Columns ``number``, ``scenario``, ``gbp_a_year``, ``gbp_once`` (empty: not all given),
    ``further`` households a year, ``gbp_per_further``, ``why`` there is none, and ``asked_for``.
    Where the scenario changes demand as well, further households are not the money's alone, and
    nothing is divided. ``intervals`` are 80 % intervals of ``further``, by number of scenario.
    """
    known = intervals or {}
    changes = totals(comparison).set_index("number")
    rows = []
    for number, outcome in enumerate(comparison.outcomes, 1):
        cost = costs(comparison.baseline.pack, outcome.applied)
        further = float(changes["met_change"][number])
        if abs(float(changes["demand_change"][number])) > SAME:
            each = PerHousehold(None, "the scenario changes demand as well")
        else:
            each = per_household(cost, further, interval=known.get(number))
        money = (cost.a_year, cost.once, further, each.gbp)
        rows.append((number, outcome.name, *money, each.why, cost.asked_for))
    amounts = ("gbp_a_year", "gbp_once", "further", "gbp_per_further")
    frame = pd.DataFrame(rows, columns=[*KEYS, *amounts, "why", "asked_for"])
    return frame.astype(dict.fromkeys(amounts, "float64"))


def divided(amount: float | None, shares: Mapping[str, float]) -> dict[str, float | None]:
    """Divide an amount between the partners of a pooled budget, by shares that sum to 1.

    An amount that is not known is known for none of them. Raises :class:`UsageError` for a share
    outside 0 to 1, and for shares that do not sum to 1.
    """
    wrong = [name for name, share in shares.items() if not (isfinite(share) and 0 <= share <= 1)]
    if wrong:
        message = f"A share of a pooled budget is between 0 and 1: look at {joined(wrong)}"
        raise UsageError(message)
    whole = sum(shares.values())
    if not isclose(whole, 1, abs_tol=SAME):
        message = f"Shares of a pooled budget must sum to 1: these sum to {whole:g}"
        raise UsageError(message)
    return {
        name: None if amount is None else amount * share / whole for name, share in shares.items()
    }


def _sum(amounts: list[float | None]) -> float | None:
    given = [amount for amount in amounts if amount is not None]
    return float(sum(given)) if len(given) == len(amounts) else None


def _given(line: Line) -> tuple[bool, bool]:
    return line.gbp_a_year is not None, line.gbp_once is not None
