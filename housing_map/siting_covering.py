r"""Where to open so that most demand is within reach: maximal covering (Church and ReVelle 1974).

Symbols: areas ``i`` with demand ``d``, sites ``j``; ``N_i`` the sites that cover area ``i``
(those within the threshold); ``y_j`` is 1 where a site is opened, ``z_i`` 1 where an area is
covered; floors ``f_g`` on the demand ``v_g`` of groups::

    maximise    Σ_i d_i z_i
    subject to  z_i ≤ Σ_{j in N_i} y_j      an area is covered by an open site, once
                Σ_j y_j ≤ most              Σ_j cost_j y_j ≤ budget
                Σ_i v_gi z_i ≥ f_g          nobody is left out to raise the total
                y_j in {0, 1}, 0 ≤ z_i ≤ 1

``z`` need not be whole: for whole ``y`` its best value is. Before it is solved, areas with the
same ``N_i`` are one, areas that a forced site covers are done, and a site is dropped when another
that costs no more covers all it covers; none of these changes the optimum. The *first answer* is
greedy: the site that adds most demand, or most for its cost, comes next (Nemhauser, Wolsey and
Fisher 1978: at least 1 − 1/e of the optimum when only the number is limited; Khuller, Moss and
Naor 1999 for a budget: at least half of that; with floors there is no such promise). The bound
holds for the sites and the coverage given; it says nothing about whether these are right.

R. L. Church, C. ReVelle, The maximal covering location problem, Papers in Regional Science 32
(1974).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from housing_map import siting_problem as base
from housing_map.errors import SolverError, UsageError
from housing_map.siting_problem import SAME, InfeasibleError, Limits, Proof, Shortfall, Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from housing_map.siting_problem import Bounds, Clock, Flags, Floats, Floor, Integers

    Table = sparse.coo_array[Any, Any] | sparse.csr_array[Any, Any] | sparse.csc_array[Any]

_MOST_PAIRS = 50_000_000
"""Pairs of sites met while looking for dominated ones, beyond which that takes too long."""


@dataclass(frozen=True, slots=True, eq=False)
class Covering:
    """A set of sites and whom it covers.

    ``sites`` in rising order; ``covered`` (areas); ``by_group`` the demand covered of each group
    with a floor; ``cost`` in GBP, 0 where no cost was given. ``first`` is the first answer's set,
    None where it found none that keeps the floors.
    """

    sites: tuple[int, ...]
    covered: Flags
    by_group: dict[str, float]
    cost: float
    first: tuple[int, ...] | None
    proof: Proof


def maximal_covering(
    cover: ArrayLike | Table,
    demand: ArrayLike,
    limits: Limits,
    *,
    floors: Sequence[Floor] = (),
    prove: bool = True,
    time_limit: float = base.TIME_LIMIT_S,
) -> Covering:
    """Return the allowed set of sites that covers most demand, by at most ``time_limit`` seconds.

    ``cover`` (areas × sites, true where a site covers an area, dense or sparse), ``demand``
    (areas, from 0 up). With ``prove`` false it is the first answer, with a bound, at once; where
    greedy finds no set that keeps the floors, it is solved all the same. Raises
    :class:`UsageError` for what makes no sense, :class:`InfeasibleError` where no set is allowed,
    and :class:`SolverError` where the time ran out before any set was found.
    """
    clock = base.Clock(time_limit)
    table = _table(cover)
    weight = amounts(demand, table.shape[0], "Demand")
    bounds = limits.checked(table.shape[1])
    for floor in floors:
        amounts(floor.demand, table.shape[0], f"Demand of {floor.group!r}")
    problem = _reduce(table, weight, bounds, floors)
    first, bound = _greedy(problem)
    first_seconds = clock.seconds
    chosen, status = first, Status.FIRST
    if prove or first is None:
        chosen, bound, status = _prove(problem, first, bound, clock)
        if chosen is None and status is Status.PROVED:
            raise _unreachable(table, limits, floors, clock)
    if chosen is None:
        message = f"No set of sites that keeps the floors was found in {time_limit:g} s"
        raise SolverError(message)
    sites = problem.named(chosen)
    covered = np.asarray(table[:, sites].sum(axis=1)).ravel() > 0
    reached = float(weight[covered].sum())
    begun = None if first is None else tuple(problem.named(first).tolist())
    proof = Proof(
        status,
        reached,
        max(bound, reached),
        np.nan if first is None else problem.reached(first),
        clock.seconds,
        first_seconds,
    )
    return Covering(
        tuple(sites.tolist()),
        covered,
        {floor.group: float(floor.demand[covered].sum()) for floor in floors},
        bounds.spent(sites),
        begun,
        proof,
    )


def amounts(values: ArrayLike, areas: int, what: str) -> Floats:
    """Return amounts of areas as an array; raises :class:`UsageError` unless from 0 up."""
    array = np.asarray(values, dtype=np.float64)
    if array.shape != (areas,) or not np.isfinite(array).all() or (array < 0).any():
        message = f"{what} is a number from 0 up for each of {areas} areas"
        raise UsageError(message)
    return array


def _table(cover: ArrayLike | Table) -> sparse.csr_array[Any, Any]:
    """Return coverage as a sparse array of ones; raises :class:`UsageError` for another shape."""
    table = cover if sparse.issparse(cover) else np.asarray(cover, dtype=bool)
    if len(table.shape) != 2 or table.shape[1] == 0:  # noqa: PLR2004 - areas and sites
        message = f"Coverage is a table of areas × sites with at least one site, not {table.shape}"
        raise UsageError(message)
    found = sparse.csr_array(table).astype(bool).astype(np.int32)
    found.eliminate_zeros()
    found.sort_indices()
    return found


# Made smaller --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _Reduced:
    """The question without what is settled: classes of areas × the sites still to choose from.

    ``weight`` (classes); ``need`` what each floor still lacks and ``share`` (floors × classes);
    ``site`` is the number of each site kept; ``base`` is what the forced sites reach.
    """

    cover: sparse.csr_array[Any, Any]
    across: sparse.csc_array[Any]
    weight: Floats
    need: Floats
    share: Floats
    site: Integers
    forced: Integers
    base: float
    bounds: Bounds

    def named(self, chosen: Integers) -> Integers:
        """Return the numbers of chosen sites and the forced ones, in rising order."""
        return np.sort(np.concatenate([self.forced, self.site[chosen]]))

    def met(self, chosen: Integers) -> Flags:
        """Whether each class is covered by chosen sites."""
        return np.asarray(self.across[:, chosen].sum(axis=1)).ravel() > 0

    def reached(self, chosen: Integers) -> float:
        """Demand that chosen sites and the forced ones cover."""
        return self.base + float(self.weight[self.met(chosen)].sum())


def _reduce(
    table: sparse.csr_array[Any, Any], weight: Floats, bounds: Bounds, floors: Sequence[Floor]
) -> _Reduced:
    """Leave out what is settled, merge areas with the same sites, and drop dominated sites."""
    forced = np.flatnonzero(bounds.forced)
    done = np.asarray(table[:, forced].sum(axis=1)).ravel() > 0
    share = np.array([floor.demand for floor in floors]).reshape(len(floors), len(weight))
    need = np.array([floor.least for floor in floors]) - share[:, done].sum(axis=1)
    left = int(bounds.most - len(forced))
    purse = bounds.budget - bounds.spent(forced)
    matters = ~done & ((weight > 0) | (share > 0).any(axis=0))
    site = np.flatnonzero(~bounds.forced & ~bounds.closed & (bounds.cost <= purse + SAME))
    part = table[np.flatnonzero(matters)][:, site].tocsr()
    first, merged = _alike(part)
    part = part[first]
    keep = np.flatnonzero(~_dominated(part, bounds.cost[site]))
    site, part = site[keep], part[:, keep].tocsr()
    full = np.flatnonzero(np.diff(part.indptr) > 0)
    part = part[full].tocsr()
    count = len(first)
    summed = np.bincount(merged, weights=weight[matters], minlength=count).astype(np.float64)
    shares = np.array(
        [np.bincount(merged, weights=row[matters], minlength=count)[full] for row in share]
    ).reshape(len(floors), len(full))
    inner = base.Bounds(
        min(left, len(site)),
        bounds.cost[site],
        max(purse, 0.0),
        np.zeros(len(site), dtype=bool),
        np.zeros(len(site), dtype=bool),
    )
    reached = float(weight[done].sum())
    return _Reduced(part, part.tocsc(), summed[full], need, shares, site, forced, reached, inner)


def _alike(table: sparse.csr_array[Any, Any]) -> tuple[Integers, Integers]:
    """Return the first area of each set of covering sites, and the set of each area."""
    seen: dict[bytes, int] = {}
    first: list[int] = []
    merged = np.empty(table.shape[0], dtype=np.int64)
    indices, ends = table.indices.astype(np.int32), table.indptr
    for area in range(table.shape[0]):
        key = indices[ends[area] : ends[area + 1]].tobytes()
        number = seen.setdefault(key, len(seen))
        if number == len(first):
            first.append(area)
        merged[area] = number
    return np.array(first, dtype=np.int64), merged


def _dominated(table: sparse.csr_array[Any, Any], cost: Floats) -> Flags:
    """Whether another site covers all that a site covers and costs no more."""
    dominated = np.zeros(table.shape[1], dtype=bool)
    each = np.diff(table.indptr).astype(np.float64)
    if float((each**2).sum()) > _MOST_PAIRS:
        return dominated
    own = np.asarray(table.sum(axis=0)).ravel()
    shared = (table.T @ table).tocoo()
    small, large = shared.coords
    inside = (shared.data == own[small]) & (small != large) & (cost[small] >= cost[large])
    small, large = small[inside], large[inside]
    # Of two that are equal in all things the first stays.
    twin = (own[small] == own[large]) & (cost[small] == cost[large])
    dominated[small[~twin | (large < small)]] = True
    dominated[own == 0] = True
    return dominated


# The first answer ----------------------------------------------------------------------------


def _greedy(problem: _Reduced) -> tuple[Integers | None, float]:
    """Return the better of greedy by demand and by demand for the cost, and a bound.

    None where neither keeps the floors. The bound is the least over all steps of what is reached
    plus the most that further sites could add if they shared nobody (submodularity).
    """
    best: Integers | None = None
    most, bound = -np.inf, problem.base + float(problem.weight.sum())
    ways = (False, True) if (problem.bounds.cost > 0).any() else (False,)
    for by_cost in ways:
        chosen, proved = _grow(problem, by_cost=by_cost)
        bound = min(bound, proved)
        reached = problem.reached(chosen)
        if _floors_kept(problem, chosen) == len(problem.need) and reached > most:
            best, most = chosen, reached
    return best, bound


def _grow(problem: _Reduced, *, by_cost: bool) -> tuple[Integers, float]:
    """Add site by site; each area's demand is taken off the gains once, when it is covered."""
    bounds = problem.bounds
    open_ = np.ones(len(problem.weight), dtype=bool)
    gain = problem.cover.T @ problem.weight
    toward = problem.share @ problem.cover  # what a site adds to each floor (floors × sites)
    need = problem.need.copy()
    free = np.ones(len(gain), dtype=bool)
    chosen: list[int] = []
    spent, reached, bound = 0.0, problem.base, np.inf
    while True:
        bound = min(bound, reached + _further(gain, bounds))
        free &= np.asarray(bounds.affords(spent + bounds.cost))
        lacking = need > SAME * np.maximum(1.0, np.abs(problem.need))
        worth = gain
        if lacking.any():
            # Floors first: the share of what they lack that a site brings.
            worth = (np.minimum(toward[lacking], need[lacking, None]) / need[lacking, None]).sum(0)
        if by_cost:
            worth = worth / np.maximum(bounds.cost, SAME)
        worth = np.where(free, worth, 0.0)
        if len(chosen) >= bounds.most or not len(worth) or worth.max() <= 0:
            return np.array(sorted(chosen), dtype=np.int64), bound
        site = int(worth.argmax())
        free[site] = False
        chosen.append(site)
        spent += float(bounds.cost[site])
        areas = problem.across.indices[
            problem.across.indptr[site] : problem.across.indptr[site + 1]
        ]
        areas = areas[open_[areas]]
        open_[areas] = False
        reached += float(problem.weight[areas].sum())
        rows = problem.cover[areas]
        gain = np.maximum(gain - rows.T @ problem.weight[areas], 0.0)
        toward = np.maximum(toward - problem.share[:, areas] @ rows, 0.0)
        need = need - problem.share[:, areas].sum(axis=1)


def _further(gain: Floats, bounds: Bounds) -> float:
    """Return the most that any allowed set could add, counting shared areas at each site.

    The sites already chosen stand in nobody's way here, so the number and the purse are whole.
    """
    order = np.argsort(-gain)
    by_number = float(gain[order[: bounds.most]].sum())
    if not np.isfinite(bounds.budget):
        return by_number
    rate = np.where(bounds.cost > 0, gain / np.maximum(bounds.cost, SAME), np.inf)
    order = np.argsort(-rate)
    before = np.cumsum(bounds.cost[order]) - bounds.cost[order]
    part = np.clip((bounds.budget - before) / np.maximum(bounds.cost[order], SAME), 0.0, 1.0)
    part[bounds.cost[order] == 0] = 1.0
    return min(by_number, float((part * gain[order]).sum()))


def _floors_kept(problem: _Reduced, chosen: Integers) -> int:
    """Count the floors that chosen sites keep."""
    reached = problem.share[:, problem.met(chosen)].sum(axis=1)
    return int((reached >= problem.need - SAME * np.maximum(1.0, np.abs(problem.need))).sum())


# The proof -----------------------------------------------------------------------------------


def _prove(
    problem: _Reduced, first: Integers | None, bound: float, clock: Clock
) -> tuple[Integers | None, float, Status]:
    """Return the optimum, its bound and status; no set where none keeps the floors."""
    if first is not None and problem.reached(first) >= bound * (1 - SAME):
        return first, problem.reached(first), Status.PROVED
    programme, unit = _programme(problem)
    start = None if first is None else _columns(problem, first)
    solved = base.solve(programme, clock.left, start)
    if solved.infeasible:
        return None, bound, Status.PROVED
    bound = min(bound, problem.base + solved.bound * unit)
    chosen = first
    if solved.columns is not None:
        found = np.flatnonzero(solved.columns[: len(problem.site)] > 0.5)  # noqa: PLR2004
        if first is None or problem.reached(found) > problem.reached(first):
            chosen = found
    return chosen, bound, Status.PROVED if solved.proved else Status.STOPPED


def _programme(problem: _Reduced) -> tuple[base.Programme, float]:
    """Return the programme of the module's docstring, and the demand that its unit stands for.

    Columns are the sites, then the classes that several sites cover; a class that one site alone
    covers is part of that site.
    """
    sites, several, single = len(problem.site), *_by_number(problem.cover)
    alone = problem.cover.indices[problem.cover.indptr[single]]
    unit = float(problem.weight.sum()) / 1e3 or 1.0
    gain = np.concatenate(
        [
            np.bincount(alone, weights=problem.weight[single], minlength=sites),
            problem.weight[several],
        ]
    )
    cover = problem.cover[several].astype(np.float64)
    links = sparse.hstack([cover, sparse.csr_array(-sparse.eye_array(len(several)))])
    limits, right = problem.bounds.rows()
    scale = np.maximum(np.abs(problem.need), 1.0)
    toward = np.array(
        [np.bincount(alone, weights=row[single], minlength=sites) for row in problem.share]
    ).reshape(len(problem.need), sites)
    floors = np.hstack([toward, problem.share[:, several]]) / scale[:, None]
    limits = np.hstack([limits, np.zeros((len(limits), len(several)))])
    rows = sparse.vstack([links, sparse.csr_array(limits), sparse.csr_array(floors)])
    low = [np.zeros(len(several)), np.full(len(right), -np.inf), problem.need / scale * (1 - SAME)]
    high = [np.full(len(several), np.inf), right, np.full(len(problem.need), np.inf)]
    columns = sites + len(several)
    return (
        base.Programme(
            gain / unit,
            np.zeros(columns),
            np.ones(columns),
            sites,
            sparse.csr_array(rows),
            np.concatenate(low),
            np.concatenate(high),
        ),
        unit,
    )


def _by_number(cover: sparse.csr_array[Any, Any]) -> tuple[Integers, Integers]:
    """Return classes that several sites cover, and those that one covers."""
    each = np.diff(cover.indptr)
    return np.flatnonzero(each > 1), np.flatnonzero(each == 1)


def _columns(problem: _Reduced, chosen: Integers) -> Floats:
    """Return the columns of the programme that chosen sites are."""
    opened = np.zeros(len(problem.site))
    opened[chosen] = 1.0
    several, _ = _by_number(problem.cover)
    met: NDArray[np.float64] = problem.met(chosen)[several].astype(np.float64)
    return np.concatenate([opened, met])


# What cannot be ------------------------------------------------------------------------------


def _unreachable(
    table: sparse.csr_array[Any, Any], limits: Limits, floors: Sequence[Floor], clock: Clock
) -> InfeasibleError:
    """Say which floors cannot be kept: each alone first, then together."""
    found = []
    for floor in floors:
        alone = maximal_covering(table, floor.demand, limits, time_limit=max(clock.left, 1.0))
        best = alone.proof.bound
        if best < floor.least * (1 - SAME):
            found.append(Shortfall("floor", floor.least, alone.proof.reached, floor.group))
    if found:
        words = "; ".join(
            f"{one.group}: {one.asked:,.1f} asked for, {one.possible:,.1f} can be reached, "
            f"{one.by:,.1f} short"
            for one in found
        )
        message = f"No allowed set of sites reaches the floor of {words}"
        return InfeasibleError(message, *found)
    found = _together(table, limits, floors, clock)
    words = "; ".join(
        f"{one.group}: {one.asked:,.1f} asked for, {one.possible:,.1f} reached" for one in found
    )
    message = (
        "Each floor can be kept alone, but not all together under these limits; the sets that "
        f"come nearest miss {words}"
    )
    return InfeasibleError(message, *found)


def _together(
    table: sparse.csr_array[Any, Any], limits: Limits, floors: Sequence[Floor], clock: Clock
) -> list[Shortfall]:
    """Return the floors missed by the set that misses least of them, in shares of each floor."""
    nobody = np.zeros(table.shape[0])
    problem = _reduce(table, nobody, limits.checked(table.shape[1]), floors)
    programme, _ = _programme(problem)
    scale = np.maximum(np.abs(problem.need), 1.0)
    count, floor_count = len(programme.gain), len(floors)
    lacks = np.zeros((programme.rows.shape[0], floor_count))
    lacks[len(lacks) - floor_count :] = np.diag(1.0 / scale)
    elastic = base.Programme(
        np.concatenate([np.zeros(count), -1.0 / np.array([max(f.least, SAME) for f in floors])]),
        np.zeros(count + floor_count),
        np.concatenate([programme.upper, np.full(floor_count, np.inf)]),
        programme.whole,
        sparse.csr_array(sparse.hstack([programme.rows, sparse.csr_array(lacks)])),
        programme.low,
        programme.high,
    )
    solved = base.solve(elastic, max(clock.left, 1.0))
    if solved.columns is None:
        return [Shortfall("floor", floor.least, np.nan, floor.group) for floor in floors]
    chosen = np.flatnonzero(solved.columns[: len(problem.site)] > 0.5)  # noqa: PLR2004
    sites = problem.named(chosen)
    covered = np.asarray(table[:, sites].sum(axis=1)).ravel() > 0
    reached = [float(floor.demand[covered].sum()) for floor in floors]
    return [
        Shortfall("floor", floor.least, possible, floor.group)
        for floor, possible in zip(floors, reached, strict=True)
        if possible < floor.least * (1 - SAME)
    ]
