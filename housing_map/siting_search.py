"""A first answer for the p-median: greedy, then interchange until no swap helps.

``loss`` (areas × sites) is what an area loses, in minutes, when a site is its nearest; ``base``
(areas) what it loses with no site chosen, at least every loss. Interchange tries every swap of a
chosen site for another at once and takes the best, until none gains (Teitz and Bart, Operations
Research 16, 1968); what a swap gains is worked out from the nearest and second-nearest chosen
site of each area (Whitaker, INFOR 21, 1983; Resende and Werneck, European Journal of Operational
Research 174, 2007), in time areas × sites for all swaps together. Nothing promises that the end
is the optimum; the proof comes from elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from housing_map.siting_problem import SAME

if TYPE_CHECKING:
    from housing_map.siting_problem import Bounds, Floats, Integers


@dataclass(frozen=True, slots=True, eq=False)
class Losses:
    """A p-median without its forced sites: see the module for ``loss`` and ``base``.

    ``weight`` (areas) is the demand; ``bounds`` are of the sites that are still free; ``must``
    says that at least one has to be chosen, since no site is forced and nothing stands in.
    """

    loss: Floats
    weight: Floats
    base: Floats
    bounds: Bounds
    must: bool

    def total(self, chosen: Integers) -> float:
        """Demand × minutes with these sites chosen."""
        return float(self.weight @ self.lost(chosen))

    def lost(self, chosen: Integers) -> Floats:
        """Minutes of each area with these sites chosen."""
        near: Floats = self.loss[:, chosen].min(axis=1, initial=np.inf)
        return np.minimum(self.base, near)


def greedy(problem: Losses) -> Integers:
    """Return the better of two: most taken off at each step, or most for its cost."""
    ways = (False, True) if (problem.bounds.cost > 0).any() else (False,)
    found = [_grow(problem, by_cost=by_cost) for by_cost in ways]
    return min(found, key=problem.total)


def _grow(problem: Losses, *, by_cost: bool) -> Integers:
    bounds = problem.bounds
    now = problem.base
    chosen: list[int] = []
    free = ~bounds.closed
    while len(chosen) < bounds.most:
        spent = bounds.spent(chosen)
        free = free & np.asarray(bounds.affords(spent + bounds.cost))
        gain = problem.weight @ np.maximum(now[:, None] - problem.loss, 0.0)
        worth = gain / np.maximum(bounds.cost, SAME) if by_cost else gain
        worth = np.where(free, worth, -1.0)
        site = int(worth.argmax())
        if worth[site] < 0 or (worth[site] == 0 and (chosen or not problem.must)):
            break
        chosen.append(site)
        free[site] = False
        now = np.minimum(now, problem.loss[:, site])
    return np.array(sorted(chosen), dtype=np.int64)


def interchange(problem: Losses, chosen: Integers) -> Integers:
    """Return chosen sites after the best swap, or addition, again and again until none gains."""
    bounds = problem.bounds
    while True:
        total = problem.total(chosen)
        spent = bounds.spent(chosen)
        enter, leave, gain = _best_swap(problem, chosen, spent)
        if len(chosen) < bounds.most:
            site, more = _best_addition(problem, chosen, spent)
            if more > gain:
                enter, leave, gain = site, None, more
        if gain <= SAME * max(total, SAME):
            return np.sort(chosen)
        kept = chosen if leave is None else np.delete(chosen, leave)
        chosen = np.append(kept, enter)


def _best_addition(problem: Losses, chosen: Integers, spent: float) -> tuple[int, float]:
    bounds = problem.bounds
    now = problem.lost(chosen)
    gain = problem.weight @ np.maximum(now[:, None] - problem.loss, 0.0)
    gain[bounds.closed | ~np.asarray(bounds.affords(spent + bounds.cost))] = -np.inf
    gain[chosen] = -np.inf
    site = int(gain.argmax())
    return site, float(gain[site])


def _best_swap(problem: Losses, chosen: Integers, spent: float) -> tuple[int, int | None, float]:
    """Return the site that comes, the place among ``chosen`` of the one that goes, the gain."""
    if not len(chosen):
        return 0, None, -np.inf
    loss, weight, bounds = problem.loss, problem.weight, problem.bounds
    row = np.arange(len(weight))
    near = loss[:, chosen].copy()
    nearest = near.argmin(axis=1)
    first = np.minimum(near[row, nearest], problem.base)
    near[row, nearest] = np.inf
    second = np.minimum(near.min(axis=1), problem.base)
    gain = weight @ np.maximum(first[:, None] - loss, 0.0)
    without = np.bincount(nearest, weights=weight * (second - first), minlength=len(chosen))
    # An area whose own site goes falls back on the one that comes, if that is nearer than its
    # second: what counting the two apart misses.
    back = weight[:, None] * np.maximum(second[:, None] - np.maximum(loss, first[:, None]), 0.0)
    own = sparse.csr_array((np.ones(len(row)), (nearest, row)), shape=(len(chosen), len(row)))
    worth = gain[:, None] - without[None, :] + (own @ back).T
    after = spent + bounds.cost[:, None] - bounds.cost[chosen][None, :]
    worth[~np.asarray(bounds.affords(after))] = -np.inf
    worth[bounds.closed] = -np.inf
    worth[chosen] = -np.inf
    enter, leave = np.unravel_index(worth.argmax(), worth.shape)
    return int(enter), int(leave), float(worth[enter, leave])
