"""What more money would buy, and in which order to do things: two questions, kept apart.

The **frontier** holds for each budget the best set; sets of neighbouring points need not hold one
another. The **order** takes one set and says what to do first, second and so on; each step keeps
the ones before. What an order costs is read step by step: how many fewer are helped by then than
the best set of the same budget would help.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Final

from housing_map.candidates import Ask, InfeasibleError, Objective, Stand
from housing_map.choosing import Choosing, Chosen
from housing_map.plans import EXACT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from housing_map.candidates import Candidate
    from housing_map.jobs import Report
    from housing_map.model import Settings
    from housing_map.pack import Pack

MOST_POINTS: Final = 40
LARGEST_EXACT: Final = 10
"""Most candidates of a set whose best order is looked for among all orders."""
LARGEST_WEIGHED: Final = 6
"""The same, where the model has to be asked what each set comes to."""
_STEP: Final = 0.01
"""Least by which a budget is lowered from one point to the next: a penny, or a hundredth unit."""


@dataclass(frozen=True, slots=True)
class Point:
    """A point of the frontier: what the best set takes of the budget, and what it comes to."""

    spent: float
    best: Chosen


@dataclass(frozen=True, slots=True)
class Frontier:
    """Points from nothing spent to all that helps; ``money`` says whether in pounds or units.

    ``complete`` is False where the search stopped at the number of points it was allowed.
    """

    points: tuple[Point, ...]
    money: bool
    complete: bool


@dataclass(frozen=True, slots=True)
class Step:
    """A step of an order: what is done, and where that leaves households and money.

    ``met`` households a year after it; ``best`` what the best set for the same money comes to;
    ``spent`` pounds a year (or units) by then.
    """

    id: str
    label: str
    spent: float
    met: float
    best: float

    @property
    def regret(self) -> float:
        """Households a year fewer than the best set for the same money."""
        return max(self.best - self.met, 0.0)


@dataclass(frozen=True, slots=True)
class Order:
    """Steps in order; ``exact`` says whether no other order helps more, summed over the steps."""

    steps: tuple[Step, ...]
    before: float
    money: bool
    exact: bool


def _asked(ask: Ask, *, money: bool, budget: float | None) -> Ask:
    return replace(ask, gbp_a_year=budget) if money else replace(ask, units=budget)


def in_money(candidates: Sequence[Candidate], ask: Ask) -> bool:
    """Whether budgets are reckoned in pounds: where asked so, or where all costs are known."""
    known = all(one.cost_gbp_a_year is not None for one in candidates)
    return ask.gbp_a_year is not None or (known and ask.units is None)


def frontier(
    pack: Pack,
    settings: Settings,
    candidates: Sequence[Candidate],
    ask: Ask,
    *,
    points: int = MOST_POINTS,
    progress: Report | None = None,
) -> Frontier:
    """Return the best set for every budget at which it changes, each the cheapest of its kind.

    From the largest budget down: the next is just below what the last set takes (the ε-constraint
    method; Haimes, Lasdon and Wismer 1971), so that no point is missed. Raises
    :class:`InfeasibleError` when not even the largest budget allows what is asked.
    """
    money = in_money(candidates, ask)
    budget = ask.gbp_a_year if money else ask.units
    choosing = Choosing(pack, settings, tuple(candidates), ask)
    found: list[Point] = []
    complete = False
    for turn in range(points):
        if progress is not None:
            progress(turn, points)
        if found:
            budget = found[-1].spent - _STEP
        choosing.limit_to(_asked(ask, money=money, budget=budget))
        try:
            best = choosing.optimum()
        except InfeasibleError:
            if not found:
                raise
            complete = True
            break
        spent = float((best.cost_gbp_a_year or 0.0) if money else best.units)
        found.append(Point(spent, best))
        if spent <= 0 or not best.ids:
            complete = True
            break
    if progress is not None:
        progress(points, points)
    choosing.limit_to(ask)
    better: list[Point] = []
    for point in reversed(found):
        if not better or _better(point.best, better[-1].best):
            better.append(point)
    return Frontier(tuple(better), money, complete)


def _better(one: Chosen, than: Chosen) -> bool:
    """Whether a set of a larger budget is worth its own point: more are met, or more fairly."""
    fairer = one.lowest is not None and one.lowest > (than.lowest or 0.0) + EXACT
    return fairer or one.met > than.met + EXACT


def order(choosing: Choosing, chosen: Chosen, *, progress: Report | None = None) -> Order:
    """Return the best order in which to do what was chosen, and what it costs at each step.

    The best has the most households helped, summed over the steps: found among all orders (by
    dynamic programming over subsets; Held and Karp 1962) for up to ten, or six where each set has
    to be asked of the model; step by step, each time what helps most, beyond. It looks at how many
    are helped and at nothing else: at no floor, at no fairness, and not at what must be done.
    """
    total = replace(choosing.ask, floors={}, objective=Objective.TOTAL, forced=frozenset())
    open_ = tuple(replace(one, stand=Stand.OPEN) for one in choosing.candidates)
    free = Choosing(choosing.pack, choosing.settings, open_, total, choosing.stance)
    number = {one.id: n for n, one in enumerate(open_)}
    inside = [number[one] for one in chosen.ids]
    exact = len(inside) <= (LARGEST_EXACT if free.exact else LARGEST_WEIGHED)
    comes_to = free.promised if free.exact or not exact else free.reached
    sequence = _best_order(comes_to, inside) if exact else _greedy_order(comes_to, inside)
    money = in_money(open_, choosing.ask)
    steps: list[Step] = []
    for place in range(1, len(sequence) + 1):
        if progress is not None:
            progress(place, len(sequence))
        done = sequence[:place]
        spent = float((free.costs if money else free.units)[done].sum())
        met = free.reached(done)
        free.limit_to(_asked(total, money=money, budget=max(spent, 0.0)))
        best = max(free.optimum().met, met)
        one = open_[done[-1]]
        steps.append(Step(one.id, one.label, spent, met, best))
    return Order(tuple(steps), free.reached(()), money, exact)


def _best_order(comes_to: Callable[[Sequence[int]], float], inside: Sequence[int]) -> list[int]:
    """Return the order with the largest sum of households met after each step."""
    best: dict[frozenset[int], tuple[float, tuple[int, ...]]] = {frozenset(): (0.0, ())}
    for size in range(1, len(inside) + 1):
        for subset in combinations(inside, size):
            done = frozenset(subset)
            met = comes_to(subset)
            before, way = max(
                ((best[done - {last}][0], (*best[done - {last}][1], last)) for last in subset),
                key=lambda one: (one[0], [-n for n in one[1]]),
            )
            best[done] = (before + met, way)
    return list(best[frozenset(inside)][1])


def _greedy_order(comes_to: Callable[[Sequence[int]], float], inside: Sequence[int]) -> list[int]:
    left, done = list(inside), list[int]()
    while left:
        last = max(left, key=lambda n: (comes_to([*done, n]), -n))
        done.append(last)
        left.remove(last)
    return done
