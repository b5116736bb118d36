"""Step 1 of the allocation, decomposed on the capacity rows (Dantzig and Wolfe 1960).

The programme has one row a block of alike households and a few rows of shared limits. Without the
limits every block would decide alone. So a small *master* programme, with one row a limit, mixes
*plans*, each of which says what every block is offered; its prices of the limits tell which plan
would improve it, found by one look at each block's columns (*pricing*). When none would, the
mix is the optimum, and the prices prove it: for any prices π ≥ 0

    Σ w·met ≤ Σ π·limit + Σ d · max(0, max over columns of w·m − π·use)

Blocks are dealt into groups with a row each in the master, so that plans mix group by
group, which takes fewer rounds. A plan is feasible for its blocks whatever the limits are: plans
are kept between runs in which only limits change.

G. B. Dantzig, P. Wolfe, Decomposition principle for linear programs, Operations Research 8 (1960).
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Final

import highspy
import numpy as np
from scipy import sparse

from housing_map.errors import SolverError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

GROUPS: Final = 8
"""Groups of blocks with a row of their own in the master: 8 is quickest for thousands of blocks."""
GAP: Final = 1e-10
"""Largest distance between the plan and the bound that proves it, as a share of the bound."""
_ROUNDS: Final = 1000
_SCALE: Final = 1e3
"""The most that demand could gain, in the master: large against what HiGHS takes for nothing."""
_IMPROVES: Final = 2e-10
"""Gain of a plan, on that scale, that is rounding."""
_FEW_TYPES: Final = 20_000
"""Types of columns below which they are ranked, in 16 bits, to price all blocks at once."""
_STALLED: Final = 10
"""Rounds without gain after which the proof that there is already is good enough."""
_OPTIONS: Final[dict[str, bool | int | float | str]] = {
    "output_flag": False,
    "presolve": "off",
    "threads": 1,
    # New plans leave the old mix feasible, so the primal simplex method goes on from there.
    "simplex_strategy": 4,
    "primal_feasibility_tolerance": 1e-10,
    "dual_feasibility_tolerance": 1e-10,
}
_PLANS: Final = 600
"""Plans that are kept between runs."""


@dataclass(frozen=True, slots=True, eq=False)
class Programme:
    """An allocation problem without its limits, alike columns and alike blocks merged.

    Columns of the same ``meets``, ``weight``, ``burden`` and ``use`` are one of T *types*; blocks
    with the same types are one of B *blocks*. ``demand`` (B); ``meets``, ``weight``, ``burden``
    (T); ``use`` (K × T). Pairs of a block and a type, sorted by block: ``block``, ``kind`` and
    ``count`` (P), how many columns of one block are one pair. ``merged`` is the block of each block
    given, ``pair`` the pair of each column given.
    """

    digest: bytes
    demand: Floats
    meets: Floats
    weight: Floats
    burden: Floats
    use: Floats
    block: Integers
    kind: Integers
    count: Floats
    merged: Integers
    pair: Integers


@dataclass(frozen=True, slots=True, eq=False)
class Plans:
    """Plans of groups of blocks: the ``group`` of each (P), and the type it offers each block.

    ``choice`` (P × most blocks of a group) is T where a block is offered nothing.
    """

    group: Integers
    choice: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Optimum:
    """Step 1: the most (weighted) households met, and the price of each limit (K), at least 0.

    ``bound`` proves ``best``: no plan reaches more. ``rounds`` counts the pricing rounds.
    """

    best: float
    bound: float
    price: Floats
    rounds: int


class Columns:
    """Programmes and plans kept between runs, for the ``size`` problems last used.

    They are found by a digest of everything but the limits, so a stale one is never used. Safe to
    share between threads: what is kept is replaced whole, and never changed.
    """

    def __init__(self, size: int = 32) -> None:
        self._size = size
        self._kept: OrderedDict[bytes, tuple[Programme, Plans | None]] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        """Return how many problems are kept."""
        return len(self._kept)

    def find(self, digest: bytes) -> tuple[Programme, Plans | None] | None:
        """Return what is kept for a problem."""
        with self._lock:
            if digest in self._kept:
                self._kept.move_to_end(digest)
            return self._kept.get(digest)

    def keep(self, programme: Programme, plans: Plans | None) -> None:
        """Keep a programme and its plans, and forget what was used longest ago."""
        with self._lock:
            self._kept[programme.digest] = (programme, plans)
            self._kept.move_to_end(programme.digest)
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)


def digest_of(arrays: Sequence[NDArray[np.generic]]) -> bytes:
    """Return a digest of arrays, their types and shapes."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.digest()


def programme(
    demand: Floats,
    weight: Floats,
    block: Integers,
    figures: tuple[Floats, Floats],
    use: sparse.csr_array,
    *,
    kept: Columns | None = None,
) -> tuple[Programme, Plans | None]:
    """Merge what is alike, or return what was kept for the same problem.

    ``figures`` are ``meets`` and ``burden``; shapes are those of
    :class:`housing_map.allocation.Instance`.
    """
    meets, burden = figures
    digest = b""
    if kept is not None:
        digest = digest_of(
            [demand, weight, block, meets, burden, use.indptr, use.indices, use.data]
        )
        if found := kept.find(digest):
            return found
    kinds, first = alike_columns([meets, weight[block], burden], use)
    pairs, pair, count = _distinct(block * max(len(first), 1) + kinds)
    block_of = pairs // max(len(first), 1)
    kind = pairs - block_of * len(first)
    start = np.searchsorted(block_of, np.arange(len(demand)))
    merged, keeps = alike_blocks(block_of, kind, count, len(demand))
    stays = (keeps[merged] == np.arange(len(demand)))[block_of]
    own = merged[block_of[stays]]
    # The pairs of a block that went into another are that other's, in the same order.
    moved = np.searchsorted(own, merged) - start
    done = Programme(
        digest=digest,
        demand=np.bincount(merged, weights=demand, minlength=len(keeps)).astype(np.float64),
        meets=meets[first],
        weight=weight[block[first]],
        burden=burden[first],
        use=use[:, first].toarray(),
        block=own,
        kind=kind[stays],
        count=count[stays].astype(np.float64),
        merged=merged,
        pair=(np.arange(len(pairs)) + moved[block_of])[pair],
    )
    if kept is not None:
        kept.keep(done, None)
    return done, None


def alike_blocks(
    block: Integers, label: Integers, count: Integers, blocks: int
) -> tuple[Integers, Integers]:
    """Give blocks a number by what pairs (of a block and a label, with a count) they have.

    Returns the new number of each block, and the first block of each number; blocks with the same
    pairs have the same number. ``block`` is sorted.
    """
    random = np.random.default_rng(0)
    labels = int(label.max(initial=-1)) + 1
    # Two sums of 64 random bits a label: two different sets will not agree in both.
    sums = [
        _summed_whole(
            block, random.integers(1, 2**63, labels, dtype=np.uint64)[label] * one, blocks
        )
        for one in (count.astype(np.uint64), (2 * count + 1).astype(np.uint64))
    ]
    order = np.lexsort(sums)
    new = np.ones(blocks, dtype=bool)
    new[1:] = np.any([one[order][1:] != one[order][:-1] for one in sums], axis=0)
    # The sort is stable: the first of those alike comes first. Numbers follow the order of these.
    first = np.sort(order[new])
    number = np.empty(blocks, dtype=np.int64)
    number[order] = np.searchsorted(first, order[new])[np.cumsum(new) - 1]
    return number, first


def _summed_whole(block: Integers, amount: NDArray[np.uint64], blocks: int) -> NDArray[np.uint64]:
    """Sum whole numbers by sorted block, modulo 2 to the 64."""
    total = np.concatenate([np.zeros(1, np.uint64), np.cumsum(amount, dtype=np.uint64)])
    ends = np.searchsorted(block, np.arange(blocks + 1))
    return np.asarray(total[ends[1:]] - total[ends[:-1]])


def alike_columns(figures: Sequence[Floats], use: sparse.csr_array) -> tuple[Integers, Integers]:
    """Give columns a number by their ``figures`` (J each) and ``use``; return the first of each."""
    random = np.random.default_rng(0)
    # Two sums of use with random weights: two different columns will not agree in both.
    sums = use.T @ random.random((use.shape[0], 2))
    beside = [*figures, sums[:, 0], sums[:, 1]]
    order = np.argsort(sum(random.random() * one for one in beside))
    new = np.ones(len(order), dtype=bool)
    for one in beside:
        new[1:] &= one[order][1:] == one[order][:-1]
    new[1:] = ~new[1:]
    kinds = np.empty(len(order), dtype=np.int64)
    kinds[order] = np.cumsum(new) - 1
    return kinds, order[new]


def _distinct(codes: Integers) -> tuple[Integers, Integers, Integers]:
    """Return sorted distinct codes, the place of each code among them, and how many of each."""
    order = np.argsort(codes)
    ranked = codes[order]
    new = np.ones(len(codes), dtype=bool)
    new[1:] = ranked[1:] != ranked[:-1]
    place = np.empty(len(codes), dtype=np.int64)
    place[order] = np.cumsum(new) - 1
    first = np.flatnonzero(new)
    return ranked[first], place, np.diff(np.append(first, len(codes)))


def most_helped(
    problem: Programme, limit: Floats, plans: Plans | None = None
) -> tuple[Optimum, Plans]:
    """Solve step 1, from ``plans`` if there are any; return the optimum and plans to start from.

    ``limit`` (K) in the units of use. Raises :class:`SolverError` when the optimum is not proved
    to within :data:`GAP`.
    """
    search = _Search(problem, limit)
    if plans is not None:
        search.start_from(plans)
    for rounds in range(1, _ROUNDS + 1):
        if not search.improve():
            return search.optimum(rounds), search.plans()
    message = f"No proved optimum after {_ROUNDS} rounds of pricing"
    raise SolverError(message)


class _Search:
    """The master programme and the prices it sets: limits are scaled to 1, all gain to _SCALE."""

    def __init__(self, problem: Programme, limit: Floats) -> None:
        self.problem, self.limit = problem, limit
        self.open = limit > 0
        self.shut = np.append((problem.use[~self.open] > 0).any(axis=0), True)
        gain = np.append(problem.weight * problem.meets, 0.0)
        self.unit = float(problem.demand.sum() * gain.max(initial=0.0)) / _SCALE or 1.0
        # A shut type gains nothing; the last row is no offer at all.
        self.gain = np.where(self.shut, 0.0, gain) / self.unit
        use = problem.use[self.open] / limit[self.open, None]
        self.use = np.where(self.shut, 0.0, np.hstack([use, np.zeros((len(use), 1))]))
        self.table = np.ascontiguousarray(np.vstack([self.use, self.gain]).T)
        blocks = len(problem.demand)
        self.starts = np.unique(np.linspace(0, blocks, GROUPS + 1).astype(np.int64))[:-1]
        self.sizes = np.diff(np.append(self.starts, blocks))
        self.live, self.first = np.unique(problem.block, return_index=True)
        self.each = np.diff(np.append(self.first, len(problem.block)))
        self.rank = np.empty(min(len(gain), _FEW_TYPES), dtype=np.int16)
        self.master = _Master(len(use), len(self.starts))
        self.reached, self.bound, self.stalled = 0.0, np.inf, 0
        self.widest = np.arange(int(self.sizes.max(initial=0)))
        self.group = [np.zeros(0, dtype=np.int64)]
        self.choice = [np.zeros((0, len(self.widest)), dtype=np.int32)]

    def start_from(self, plans: Plans) -> None:
        """Put plans of an earlier run into the master."""
        none = len(self.shut) - 1
        self._add(plans.group, np.where(self.shut[plans.choice], none, plans.choice))
        self.reached = self.master.solve()

    def improve(self) -> bool:
        """Look for better plans at the master's prices; return whether there were any."""
        problem, master = self.problem, self.master
        reduced = self.gain - master.price @ self.use
        reduced[self.shut] = 0.0
        best = self._best_types(reduced)
        worth = np.add.reduceat(problem.demand * reduced[best], self.starts)
        self.bound = min(self.bound, float(master.price.sum() + worth.sum()))
        better = np.flatnonzero(worth > master.share + _IMPROVES)
        if not len(better) or (self.stalled > _STALLED and self.gap <= GAP):
            return False
        choice = np.full((len(self.starts), len(self.widest)), len(reduced) - 1)
        choice[self.widest < self.sizes[:, None]] = best
        self._add(better, choice[better])
        before, self.reached = self.reached, master.solve()
        self.stalled = 0 if self.reached > before + _IMPROVES else self.stalled + 1
        return True

    def _best_types(self, reduced: Floats) -> Integers:
        """Return the type of largest reduced gain of each block (B), T where none gains."""
        none = len(reduced) - 1
        chosen = np.full(len(self.problem.demand), none)
        if len(self.live) and none < _FEW_TYPES:
            # Small ranks in place of figures: the least of each block is found fastest so.
            order = np.argsort(-reduced)
            self.rank[order] = np.arange(len(order))
            ranks = np.minimum.reduceat(self.rank.take(self.problem.kind), self.first)
            chosen[self.live] = order[np.minimum(ranks, self.rank[none])]
        elif len(self.live):
            offers = reduced[self.problem.kind]
            best = np.maximum.reduceat(offers, self.first)
            place = np.flatnonzero(offers == np.repeat(best, self.each))
            first = place[np.searchsorted(place, self.first)]
            chosen[self.live] = np.where(best > 0, self.problem.kind[first], none)
        return chosen

    @property
    def gap(self) -> float:
        """Distance between what is reached and what could be, as a share of the latter."""
        return (self.bound - self.reached) / max(self.bound, _IMPROVES)

    def _add(self, group: Integers, choice: Integers) -> None:
        """Put plans into the master."""
        within = self.widest < self.sizes[group, None]
        blocks = (self.starts[group, None] + self.widest)[within]
        ends = np.concatenate([[0], np.cumsum(self.sizes[group])])
        offers = sparse.csr_array(
            (self.problem.demand[blocks], choice[within], ends), shape=(len(group), len(self.gain))
        )
        self.master.add(group, offers @ self.table)
        self.group.append(group)
        self.choice.append(choice.astype(np.int32))

    def optimum(self, rounds: int) -> Optimum:
        """Return the optimum in households and its prices in households a unit of each limit."""
        if self.gap > GAP:
            message = f"The optimum is proved to {self.gap:.1e} only"
            raise SolverError(message)
        price = np.zeros(len(self.limit))
        price[self.open] = self.master.price * self.unit / self.limit[self.open]
        return Optimum(self.reached * self.unit, self.bound * self.unit, price, rounds)

    def plans(self) -> Plans:
        """Return the plans of this run, the newest where there are many."""
        group, choice = np.concatenate(self.group), np.concatenate(self.choice)
        return Plans(group[-_PLANS:], choice[-_PLANS:])


class _Master:
    """Mix plans: maximise gain, with use of each limit, and the mix of each group, at most 1."""

    def __init__(self, limits: int, groups: int) -> None:
        self.limits, rows = limits, limits + groups
        self.rows = np.arange(rows, dtype=np.int32)
        self.price, self.share = np.zeros(limits), np.zeros(groups)
        self.solver = highspy.Highs()  # type: ignore[no-untyped-call]
        for option, value in _OPTIONS.items():
            self.solver.setOptionValue(option, value)
        nothing = np.zeros(0, np.int32)
        starts = np.zeros(rows, np.int32)
        lower, upper = np.full(rows, -highspy.kHighsInf), np.ones(rows)
        self.solver.addRows(rows, lower, upper, 0, starts, nothing, np.zeros(0))
        self.solver.changeObjectiveSense(highspy.ObjSense.kMaximize)

    def add(self, group: Integers, plans: Floats) -> None:
        """Add plans: for each its ``group``, and its use of the limits and its gain in a row."""
        count, rows = len(group), len(self.rows)
        entries = np.zeros((count, rows))
        entries[:, : self.limits] = plans[:, :-1]
        entries[np.arange(count), self.limits + group] = 1.0
        self.solver.addCols(
            count,
            np.ascontiguousarray(plans[:, -1]),
            np.zeros(count),
            np.full(count, highspy.kHighsInf),
            count * rows,
            np.arange(0, count * rows, rows, dtype=np.int32),
            np.tile(self.rows, count),
            entries.ravel(),
        )

    def solve(self) -> float:
        """Return the gain of the best mix, and set the prices of limits and groups."""
        self.solver.run()
        if self.solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            message = f"The master programme ended with {self.solver.getModelStatus()}"
            raise SolverError(message)
        dual = np.maximum(np.asarray(self.solver.getSolution().row_dual), 0.0)
        self.price, self.share = dual[: self.limits], dual[self.limits :]
        return float(self.solver.getObjectiveValue())
