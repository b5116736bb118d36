r"""Where to open so that people travel least: the p-median (Hakimi 1964; ReVelle and Swain 1970).

Symbols: areas ``i`` with demand ``d``, sites ``j``, minutes ``t_ij``, ``y_j`` 1 where a site is
opened. Each area goes to its nearest open site::

    minimise    Σ_i d_i θ_i                     θ_i = min over open j of t_ij
    subject to  Σ_j y_j ≤ most,  Σ_j cost_j y_j ≤ budget,  y_j in {0, 1}

For any time τ the nearest open site is at least τ minutes away, but for what nearer sites save::

    θ_i ≥ τ − Σ_{j: t_ij < τ} (τ − t_ij) y_j

These inequalities, over all τ among the times of an area, say exactly what the usual model with a
column for each pair says (Cornuéjols, Fisher and Nemhauser, Management Science 23, 1977), and few
matter: the one that is broken most at given ``y`` is found by going through the area's sites from
near to far until one whole site is opened. So the programme has sites + areas columns, and rows
are added where they are broken (Benders decomposition: Duran-Mateluna, Ales and Elloumi, European
Journal of Operational Research 308, 2023). Branch and bound over ``y``, each relaxation starting
where the last one ended, does the rest; a site that would lift the bound above the best known
answer is left out at once (reduced costs). The first answer is greedy with interchange
(:mod:`housing_map.siting_search`).
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import highspy
import numpy as np
from scipy import sparse

from housing_map import siting_problem as base
from housing_map.errors import SolverError, UsageError
from housing_map.siting_covering import amounts
from housing_map.siting_problem import GAP, SAME, InfeasibleError, Limits, Proof, Shortfall, Status
from housing_map.siting_search import Losses, greedy, interchange

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from housing_map.siting_problem import Bounds, Clock, Floats, Integers

_SCALE: Final = 1e3
"""The first answer's total in the programme, so that tolerances mean the same for any demand."""
_WHOLE: Final = 1e-6
"""Distance from a whole number that is rounding."""


@dataclass(frozen=True, slots=True, eq=False)
class Median:
    """A set of sites and how far people are from them.

    ``sites`` in rising order; ``nearest`` (areas) is the number of the nearest of them, −1 where
    none can be reached; ``minutes`` (areas) to it, infinite there; ``mean`` minutes over all
    demand, as counted; ``cost`` in GBP; ``first`` the first answer's set. The unit of ``proof``
    is demand × minutes, where less is better.
    """

    sites: tuple[int, ...]
    nearest: Integers
    minutes: Floats
    mean: float
    cost: float
    first: tuple[int, ...]
    proof: Proof


def p_median(
    minutes: ArrayLike,
    demand: ArrayLike,
    limits: Limits,
    *,
    beyond: float | None = None,
    prove: bool = True,
    time_limit: float = base.TIME_LIMIT_S,
) -> Median:
    """Return the allowed set of sites with the least demand × minutes to the nearest of them.

    ``minutes`` (areas × sites), infinite where there is no way; ``demand`` (areas). ``beyond`` is
    what an area counts that no chosen site reaches in fewer minutes; it is needed where a time is
    infinite. At least one site is opened. With ``prove`` false it is the first answer, at once,
    and its bound is every area at its nearest site of all. Raises :class:`UsageError` for what
    makes no sense, :class:`InfeasibleError` where no set is allowed.
    """
    clock = base.Clock(time_limit)
    table = np.asarray(minutes, dtype=np.float64)
    if table.ndim != 2 or not table.shape[1]:  # noqa: PLR2004 - areas and sites
        message = f"Minutes are a table of areas × sites with at least one site, not {table.shape}"
        raise UsageError(message)
    people = amounts(demand, table.shape[0], "Demand")
    bounds = limits.checked(table.shape[1])
    _refuse_times(table, beyond)
    problem, site = _reduce(table, people, bounds, beyond)
    forced = np.flatnonzero(bounds.forced)

    def named(chosen: Integers) -> Integers:
        return np.sort(np.concatenate([forced, site[chosen]]))

    first = interchange(problem, greedy(problem))
    first_seconds = clock.seconds
    chosen, status = first, Status.FIRST
    bound = float(problem.weight @ problem.loss.min(axis=1, initial=np.inf).clip(max=problem.base))
    if prove:
        chosen, bound, status = _Tree(problem, first, bound, clock).grow()
    sites = named(chosen)
    near = table[:, sites].argmin(axis=1) if len(sites) else np.zeros(len(people), dtype=np.int64)
    there = (
        table[np.arange(len(people)), sites[near]] if len(sites) else np.full(len(people), np.inf)
    )
    total = problem.total(chosen)
    return Median(
        tuple(sites.tolist()),
        np.where(np.isfinite(there), sites[near] if len(sites) else -1, -1),
        there,
        total / float(people.sum()) if people.any() else 0.0,
        bounds.spent(sites),
        tuple(named(first).tolist()),
        Proof(status, total, min(bound, total), problem.total(first), clock.seconds, first_seconds),
    )


def _refuse_times(table: Floats, beyond: float | None) -> None:
    if np.isnan(table).any() or (table < 0).any():
        message = "Minutes are from 0 up, infinite where there is no way; an area without any time "
        message += "has to be left out, and named"
        raise UsageError(message)
    if beyond is None and not np.isfinite(table).all():
        count = int((~np.isfinite(table)).sum())
        message = (
            f"{count} pairs of an area and a site have no way between them: say how many minutes "
            "an area counts that no chosen site reaches (beyond)"
        )
        raise UsageError(message)
    if beyond is not None and not (np.isfinite(beyond) and beyond >= 0):
        message = f"Minutes beyond reach are from 0 up, not {beyond}"
        raise UsageError(message)


def _reduce(
    table: Floats, people: Floats, bounds: Bounds, beyond: float | None
) -> tuple[Losses, Integers]:
    """Settle the forced sites; return the problem of the others, and their numbers."""
    forced = np.flatnonzero(bounds.forced)
    purse = bounds.budget - bounds.spent(forced)
    left = int(bounds.most - len(forced))
    must = not len(forced) and beyond is None
    site = np.flatnonzero(~bounds.forced & ~bounds.closed & (bounds.cost <= purse + SAME))
    if must and not (len(site) and left):
        raise _nothing_opens(bounds)
    matters = people > 0
    loss = table[np.ix_(matters, site)]
    start = np.full(int(matters.sum()), np.inf if beyond is None else beyond)
    start = np.minimum(start, table[np.ix_(matters, forced)].min(axis=1, initial=np.inf))
    if must:
        start = loss.max(axis=1)
    inner = base.Bounds(
        min(left, len(site)),
        bounds.cost[site],
        max(purse, 0.0),
        np.zeros(len(site), dtype=bool),
        np.zeros(len(site), dtype=bool),
    )
    return Losses(np.minimum(loss, start[:, None]), people[matters], start, inner, must), site


def _nothing_opens(bounds: Bounds) -> InfeasibleError:
    usable = np.flatnonzero(~bounds.closed)
    if not len(usable):
        return InfeasibleError("Every site is closed", Shortfall("reach", 1, 0))
    if bounds.most < 1:
        return InfeasibleError("No site may be opened", Shortfall("most", 1, bounds.most))
    least = float(bounds.cost[usable].min())
    message = (
        f"The cheapest site costs £{least:,.0f}, £{least - bounds.budget:,.0f} more than the "
        f"budget of £{bounds.budget:,.0f}"
    )
    return InfeasibleError(message, Shortfall("budget", least, bounds.budget))


class _Tree:
    """Branch and bound; ``best`` the best sites known, ``bound`` what no set can go below.

    The programme's columns are the sites, then the minutes of each area.
    """

    def __init__(self, problem: Losses, first: Integers, bound: float, clock: Clock) -> None:
        self.problem, self.best, self.bound, self.clock = problem, first, bound, clock
        self.total = problem.total(first)
        self.unit = self.total / _SCALE or 1.0
        self.weight = problem.weight / self.unit
        self.order = np.argsort(problem.loss, axis=1, kind="stable")
        self.times = np.take_along_axis(problem.loss, self.order, axis=1)
        areas, sites = problem.loss.shape
        self.lower, self.upper = np.zeros(sites), np.ones(sites)
        rows, right = problem.bounds.rows()
        low = np.full(len(right), -np.inf)
        if problem.must:
            rows, right = np.vstack([rows, np.ones(sites)]), np.append(right, np.inf)
            low = np.append(low, 1.0)
        near = self.times[:, 0] if sites else problem.base
        self.solver = base.load(
            base.Programme(
                np.concatenate([np.zeros(sites), -self.weight]),
                np.concatenate([self.lower, near]),
                np.concatenate([self.upper, np.full(areas, np.inf)]),
                0,
                sparse.csr_array(np.hstack([rows, np.zeros((len(rows), areas))])),
                low,
                right,
            ),
            clock.left,
        )
        self.solver.setOptionValue("presolve", "off")  # rows are added: start where it ended

    def grow(self) -> tuple[Integers, float, Status]:
        """Return the best sites, the bound, and whether it is proved."""
        sites = len(self.lower)
        if not sites or self.total <= self.bound * (1 + SAME):
            return self.best, self.total, Status.PROVED
        opened = np.zeros(sites)
        opened[self.best] = 1.0
        self._cut(opened, np.full(len(self.weight), -1.0))
        # Each node: its bound, a number so that no two are equal, and bounds of the sites.
        nodes = [(self.bound / self.unit, 0, self.lower, self.upper)]
        count, passed = 0, self.total / self.unit
        while nodes and nodes[0][0] * self.unit < self.total * (1 - GAP):
            bound, _, lower, upper = heapq.heappop(nodes)
            self.bound = bound * self.unit
            found = self._relax(lower, upper, root=count == 0)
            if found is None:
                return self.best, self.bound, Status.STOPPED
            bound, opened = max(bound, found[0]), found[1]
            if bound * self.unit >= self.total * (1 - GAP):
                passed = min(passed, bound)
                continue
            split = int(np.abs(opened - 0.5).argmin())
            for end in (0.0, 1.0):
                low, high = np.maximum(lower, self.lower), np.minimum(upper, self.upper)
                low[split] = high[split] = end
                count += 1
                heapq.heappush(nodes, (bound, count, low, high))
        left = min(passed, nodes[0][0]) if nodes else passed
        self.bound = min(left * self.unit, self.total)
        return self.best, self.bound, Status.PROVED

    def _relax(self, lower: Floats, upper: Floats, *, root: bool) -> tuple[float, Floats] | None:
        """Return the bound of a node and its opened sites, None when the time ran out.

        Ends when no inequality is broken or the node can hold nothing better; a whole answer on
        the way is kept, and the bound of an empty node is infinite.
        """
        sites = len(self.lower)
        columns = np.arange(sites, dtype=np.int32)
        self.solver.changeColsBounds(sites, columns, lower, upper)
        while True:
            self.solver.setOptionValue("time_limit", self.solver.getRunTime() + self.clock.left)
            if self.clock.left <= 0:
                return None
            self.solver.run()
            status = self.solver.getModelStatus()
            if status == highspy.HighsModelStatus.kInfeasible:
                return np.inf, lower
            if status == highspy.HighsModelStatus.kTimeLimit:
                return None
            if status != highspy.HighsModelStatus.kOptimal:
                message = f"The search for the best sites ended with {status}"
                raise SolverError(message)
            solution = self.solver.getSolution()
            values = np.asarray(solution.col_value)
            opened = values[:sites]
            bound = -float(self.solver.getInfo().objective_function_value)
            if (np.minimum(opened, 1 - opened) < _WHOLE).all():
                self._keep(np.flatnonzero(opened > 0.5))  # noqa: PLR2004
            if bound * self.unit >= self.total * (1 - GAP) or not self._cut(opened, values[sites:]):
                break
        if root:
            self._round(opened)
            self._fix(bound, opened, -np.asarray(solution.col_dual)[:sites])
        return bound, opened

    def _cut(self, opened: Floats, minutes: Floats) -> int:
        """Add the inequality of each area that is broken most; return how many."""
        reached = np.cumsum(opened[self.order], axis=1) >= 1 - SAME
        row = np.arange(len(self.weight))
        time = np.where(
            reached.any(axis=1), self.times[row, reached.argmax(axis=1)], self.problem.base
        )
        saved = np.maximum(time[:, None] - self.problem.loss, 0.0)
        broken = (time - saved @ opened - minutes) * self.weight
        areas = np.flatnonzero(broken > GAP / 10 * _SCALE / len(self.weight))
        if not len(areas):
            return 0
        left = sparse.csr_array(saved[areas])
        own = sparse.csr_array(
            (np.ones(len(areas)), (np.arange(len(areas)), areas)),
            shape=(len(areas), len(self.weight)),
        )
        rows = sparse.csr_array(sparse.hstack([left, own]))
        self.solver.addRows(
            len(areas),
            time[areas],
            np.full(len(areas), np.inf),
            rows.nnz,
            rows.indptr[:-1].astype(np.int32),
            rows.indices.astype(np.int32),
            rows.data,
        )
        return len(areas)

    def _keep(self, chosen: Integers) -> None:
        """Keep a set that is allowed and better than the best."""
        bounds = self.problem.bounds
        allowed = len(chosen) <= bounds.most and bounds.affords(bounds.spent(chosen))
        total = self.problem.total(chosen)
        if allowed and (len(chosen) or not self.problem.must) and total < self.total:
            self.best, self.total = chosen, total

    def _round(self, opened: Floats) -> None:
        """Try the sites opened most, as many as are allowed, after interchange."""
        bounds = self.problem.bounds
        chosen: list[int] = []
        for site in np.argsort(-opened, kind="stable"):
            within = bounds.affords(bounds.spent([*chosen, int(site)]))
            if len(chosen) < bounds.most and opened[site] > _WHOLE and within:
                chosen.append(int(site))
        if chosen:
            self._keep(interchange(self.problem, np.array(chosen, dtype=np.int64)))

    def _fix(self, bound: float, opened: Floats, price: Floats) -> None:
        """Settle sites for good whose other choice would lift the bound above the best total."""
        most = self.total / self.unit * (1 + SAME)
        self.upper[(opened < _WHOLE) & (bound + price > most)] = 0.0
        self.lower[(opened > 1 - _WHOLE) & (bound - price > most)] = 1.0
