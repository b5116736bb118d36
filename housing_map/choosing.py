"""The best set of candidates under a budget: greedy at once, then the proved optimum.

One mixed-integer programme (:mod:`housing_map.gates`) in offers x, choices y ∈ {0, 1} and, for a
fair set, the lowest share t:

    maximise    Σ gain · x                          (or t first, and then this)
    subject to  Σ over a block's x  ≤  its demand
                Σ use · x  ≤  limit₀ + Σ added · y
                Σ cost · y ≤ budget,  Σ units · y ≤ budget,  Σ y ≤ 1 in each set of sizes
                met of a group ≥ its floor · demand of the group

Its optimum is a bound on what any allowed set can come to. The model itself is then asked what the
set found comes to. Where that is less, the programme was too hopeful about this one set: it is
told so, and solved again, until what is reached meets the bound.

Greedy takes the most households more for each pound (or unit) at every step (Nemhauser, Wolsey and
Fisher 1978); its guarantee does not hold once capacity is shared and costs differ, which is why
the bound is printed beside it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import highspy
import numpy as np
from scipy import sparse

from housing_map import allocation
from housing_map.candidates import COVERED, InfeasibleError, Objective, Stand, check
from housing_map.changes import AddService, Resize
from housing_map.decomposition import Columns, most_helped
from housing_map.errors import SolverError, UsageError
from housing_map.gates import Groups, gated, groups_of
from housing_map.model import Result, posed, run_one
from housing_map.scenario import Scenario, apply
from housing_map.sharing import most_in_one_piece
from housing_map.tabulate import run_rows
from housing_map.vocabulary import Run

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from housing_map.candidates import Ask, Candidate
    from housing_map.gates import Gated
    from housing_map.jobs import Report
    from housing_map.model import Settings
    from housing_map.pack import Pack
    from housing_map.stance import Stance

    Floats = NDArray[np.float64]

EXACT: Final = 1e-6
"""Households a year within which what is reached meets the bound."""
SLACK: Final = 1e-6
"""Households a year by which a floor may be missed: rounding of the solver."""
_INF: Final = highspy.kHighsInf
_ROUNDS: Final = 60
_MIP_GAP: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Chosen:
    """A set of candidates and what it comes to, in (weighted) household-episodes met a year.

    ``ids`` in the order of the candidates; ``before`` without any; ``met`` as the model reckons;
    ``cost_gbp_a_year`` is None where a cost is not known. ``bound`` is what no allowed set can
    exceed, None where that was not asked; ``status`` says how the search ended and ``seconds`` how
    long it took.
    """

    ids: tuple[str, ...]
    before: float
    met: float
    cost_gbp_a_year: float | None
    units: float
    bound: float | None = None
    status: str = "greedy"
    seconds: float = 0.0

    @property
    def further(self) -> float:
        """Households met more than without any candidate."""
        return self.met - self.before

    @property
    def gap(self) -> float | None:
        """How far the set may be from the best, as a share of the bound; None where unknown."""
        if self.bound is None:
            return None
        return max(self.bound - self.met, 0.0) / self.bound if self.bound > 0 else 0.0

    @property
    def proved(self) -> bool:
        """Whether no allowed set is better."""
        return self.bound is not None and self.bound - self.met <= EXACT


@dataclass(eq=False)
class Choosing:
    """Candidates for a pack and settings, and one run or draw, made ready to choose from.

    Raises :class:`housing_map.errors.UsageError` for candidates that cannot be weighed or whose
    changes do not apply.
    """

    pack: Pack
    settings: Settings
    candidates: tuple[Candidate, ...]
    ask: Ask
    stance: Stance = Run.CENTRAL
    found: Gated = field(init=False)
    groups: Groups = field(init=False)
    floors: Floats = field(init=False)
    _solver: highspy.Highs = field(init=False, repr=False)
    _columns: Columns = field(init=False, repr=False)
    _reached: dict[frozenset[int], float] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Write the programme."""
        self.candidates = check(self.candidates, self.ask)
        self.found = gated(self.pack, self.settings, self.candidates, self.stance)
        if self.stance is Run.CENTRAL and self.found.dead:
            raise UsageError(" ".join(self.found.dead.values()))
        self._columns, self._reached = Columns(), {}
        fair = self.ask.objective is Objective.FAIR
        needs_groups = fair or self.ask.floors is None or bool(self.ask.floors)
        by = [*self._by(), *([self.ask.fair_by] if fair else [])] if needs_groups else []
        self.groups = groups_of(self.found, list(dict.fromkeys(by)))
        self.floors = self._floors()
        self._solver = self._written()

    def _by(self) -> tuple[str, ...]:
        if self.ask.by is not None:
            return self.ask.by
        return (self.pack.info.default_level, *COVERED)

    def _floors(self) -> Floats:
        """Return the least households met a year of each group (G)."""
        given = self.ask.floors
        if given is None:
            given = present_shares(self.pack, self.settings, self.stance, self._by())
        shares = np.array([given.get(key, 0.0) for key in self.groups.keys], dtype=np.float64)
        return np.maximum(shares * self.groups.demand - SLACK, 0.0)

    # The programme -------------------------------------------------------------------------

    @property
    def _pairs(self) -> int:
        return len(self.found.gain)

    @property
    def costs(self) -> Floats:
        """Cost of each candidate in GBP a year; 0 where it is not known (C)."""
        return np.array([one.cost_gbp_a_year or 0.0 for one in self.candidates], dtype=np.float64)

    @property
    def units(self) -> Floats:
        """Places that each candidate brings (C)."""
        return np.array([one.units for one in self.candidates], dtype=np.float64)

    def _written(self) -> highspy.Highs:
        """Write rows: blocks, limits, groups (floors), budgets and sizes; columns x, y, t."""
        found, count, pairs = self.found, len(self.candidates), self._pairs
        blocks, limits = len(found.problem.demand), len(found.limit)
        per_block = sparse.csr_array(
            (np.ones(pairs), (found.problem.block, np.arange(pairs))), shape=(blocks, pairs)
        )
        met = self._met_by_group()
        sizes = sorted({one.one_of for one in self.candidates if one.one_of})
        member = np.array(
            [[one.one_of == size for one in self.candidates] for size in sizes], dtype=np.float64
        ).reshape(len(sizes), count)
        on_y = np.vstack([self.costs, self.units, member])
        wide = sparse.csr_array((len(on_y), pairs))
        groups = len(self.groups.keys)
        # Only groups of which a fair set is asked have a row for their share.
        even = [
            n
            for n, (name, _) in enumerate(self.groups.keys)
            if self.ask.objective is Objective.FAIR and name == self.ask.fair_by
        ]
        fair = -self.groups.demand[even].reshape(-1, 1)
        matrix = sparse.block_array(
            [
                [per_block, sparse.csr_array((blocks, count)), sparse.csr_array((blocks, 1))],
                [found.use, sparse.csr_array(-found.added), sparse.csr_array((limits, 1))],
                [met, sparse.csr_array((groups, count)), sparse.csr_array((groups, 1))],
                [met[even], sparse.csr_array((len(even), count)), sparse.csr_array(fair)],
                [wide, sparse.csr_array(on_y), sparse.csr_array((len(on_y), 1))],
            ],
            format="csc",
        )
        lower = np.concatenate(
            [np.full(blocks + limits, -_INF), self.floors,
             np.zeros(len(even)), np.full(len(on_y), -_INF)]
        )  # fmt: skip
        budgets = [_INF if b is None else b for b in (self.ask.gbp_a_year, self.ask.units)]
        upper = np.concatenate(
            [found.problem.demand, found.limit, np.full(groups + len(even), _INF), budgets,
             np.ones(len(sizes))]
        )  # fmt: skip
        self._budget_row = blocks + limits + groups + len(even)
        self._floor_row = blocks + limits
        forced = np.array(
            [one.stand is Stand.FORCED or one.id in self.ask.forced for one in self.candidates],
            dtype=np.float64,
        )
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = pairs + count + 1, len(upper)
        model.col_lower_ = np.concatenate([np.zeros(pairs), forced, [0.0]])
        model.col_upper_ = np.concatenate([np.full(pairs, _INF), np.ones(count), [1.0]])
        model.col_cost_ = self._gains()
        model.row_lower_, model.row_upper_ = lower, upper
        model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        model.a_matrix_.start_ = matrix.indptr
        model.a_matrix_.index_ = matrix.indices
        model.a_matrix_.value_ = matrix.data
        model.sense_ = highspy.ObjSense.kMaximize
        whole, part = highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous
        model.integrality_ = [part] * pairs + [whole] * count + [part]
        solver = highspy.Highs()  # type: ignore[no-untyped-call]
        for name, value in {
            "output_flag": False, "threads": 1, "mip_rel_gap": _MIP_GAP, "mip_abs_gap": EXACT / 10,
            "time_limit": self.ask.time_limit,
        }.items():  # fmt: skip
            solver.setOptionValue(name, value)
        solver.passModel(model)
        return solver

    def _met_by_group(self) -> sparse.csr_array:
        """Households of each group met by one offer (G × P)."""
        of_block = self.groups.of_block / np.maximum(self.found.problem.demand, 1e-300)
        return sparse.csr_array(of_block[:, self.found.problem.block] * self.found.meets[None, :])

    def _gains(self) -> Floats:
        """Return the objective: (weighted) households met."""
        return np.concatenate([self.found.gain, np.zeros(len(self.candidates) + 1)])

    @property
    def burden(self) -> Floats:
        """What each candidate takes of what is scarce: pounds where all are known, else units."""
        known = all(one.cost_gbp_a_year is not None for one in self.candidates)
        money = self.ask.gbp_a_year is not None or (known and self.ask.units is None)
        return self.costs if money else self.units

    def limit_to(self, ask: Ask) -> None:
        """Take other budgets, and floors or none; the rest of what is asked stays as it was."""
        self.ask = replace(self.ask, gbp_a_year=ask.gbp_a_year, units=ask.units, floors=ask.floors)
        for row, budget in enumerate((ask.gbp_a_year, ask.units), self._budget_row):
            self._solver.changeRowBounds(row, -_INF, _INF if budget is None else budget)
        free = ask.floors is not None and not ask.floors
        for group, least in enumerate(self.floors):
            self._solver.changeRowBounds(
                self._floor_row + group, 0.0 if free else float(least), _INF
            )
        self._solver.changeColBounds(self._solver.getNumCol() - 1, 0.0, 1.0)

    # Solving --------------------------------------------------------------------------------

    def optimum(self, *, progress: Report | None = None) -> Chosen:
        """Return the best allowed set, with the bound that proves it, or the gap that is left.

        Raises :class:`InfeasibleError`, which names what binds and by how much.
        """
        start = time.monotonic()
        best, bound, status = frozenset[int](), np.inf, "optimal"
        cuts = 0
        if self.ask.objective is Objective.FAIR:
            self._raise_the_lowest()
        for turn in range(_ROUNDS):
            if progress is not None:
                progress(turn, _ROUNDS)
            chosen, promised, bound_here, status = self._solved()
            bound = min(bound, bound_here)
            reached = self.reached(chosen)
            if turn == 0 or reached > self.reached(best):
                best = chosen
            late = time.monotonic() - start > self.ask.time_limit
            if self.reached(best) >= bound - EXACT or promised - reached <= EXACT or late:
                break
            self._too_hopeful(chosen, reached)
            cuts += 1
        else:
            status = "round limit"
        if self.reached(best) >= bound - EXACT:
            best, cuts = self._cheapest(best), cuts + 1
        for _ in range(cuts):
            self._solver.deleteRows(1, np.array([self._solver.getNumRow() - 1], dtype=np.int32))
        if progress is not None:
            progress(_ROUNDS, _ROUNDS)
        whole = replace(self._as_chosen(best), bound=max(bound, self.reached(best)))
        return replace(
            whole,
            status="optimal" if whole.proved else status,
            seconds=time.monotonic() - start,
        )

    def _solved(self) -> tuple[frozenset[int], float, float, str]:
        """Solve the programme: the set, what it promises, the bound on all sets, and how it ended.

        Raises :class:`InfeasibleError` or :class:`SolverError`.
        """
        self._solver.run()
        status = self._solver.getModelStatus()
        ended = highspy.HighsModelStatus
        if status == ended.kInfeasible:
            raise InfeasibleError(self._why_not())
        info = self._solver.getInfo()
        if status not in {ended.kOptimal, ended.kTimeLimit} or info.primal_solution_status != 2:  # noqa: PLR2004 - HiGHS: a feasible point
            message = f"The programme of candidates ended with {status}"
            raise SolverError(message)
        values = np.asarray(self._solver.getSolution().col_value)
        y = values[self._pairs : -1]
        chosen = frozenset(int(number) for number in np.flatnonzero(y > 0.5))  # noqa: PLR2004 - rounded
        promised = float(self.found.gain @ values[: self._pairs])
        bound = float(info.mip_dual_bound) if len(y) else promised
        return chosen, promised, bound, "optimal" if status == ended.kOptimal else "time limit"

    def _cheapest(self, best: frozenset[int]) -> frozenset[int]:
        """Return the set that takes least of what is scarce, of those that help as many."""
        enough = self.reached(best) - EXACT
        pairs, columns = self._pairs, self._solver.getNumCol()
        index = np.arange(pairs, dtype=np.int32)
        self._solver.addRow(enough, _INF, pairs, index, self.found.gain)
        cost = np.zeros(columns)
        cost[pairs : pairs + len(self.candidates)] = -self.burden
        every = np.arange(columns, dtype=np.int32)
        self._solver.changeColsCost(columns, every, cost)
        found, _, _, _ = self._solved()
        self._solver.changeColsCost(columns, every, self._gains())
        cheaper = self.burden[list(found)].sum() < self.burden[list(best)].sum()
        return found if cheaper and self.reached(found) >= enough - EXACT else best

    def _too_hopeful(self, chosen: frozenset[int], reached: float) -> None:
        """Tell the programme what one set comes to; it says nothing of any other set."""
        most = float(self.found.gain.max(initial=0.0) * self.found.problem.demand.sum()) + 1.0
        count, pairs = len(self.candidates), self._pairs
        sign = np.array([1.0 if n in chosen else -1.0 for n in range(count)])
        # Σ gain·x ≤ reached + most · (number of candidates in which a set differs)
        index = np.concatenate([np.arange(pairs), pairs + np.arange(count)]).astype(np.int32)
        value = np.concatenate([self.found.gain, most * sign])
        self._solver.addRow(-_INF, reached + most * len(chosen), len(index), index, value)

    def _raise_the_lowest(self) -> None:
        """Solve for the highest lowest share, and keep to it."""
        columns = self._solver.getNumCol()
        cost = np.zeros(columns)
        cost[-1] = 1.0
        every = np.arange(columns, dtype=np.int32)
        self._solver.changeColsCost(columns, every, cost)
        self._solved()
        lowest = float(self._solver.getSolution().col_value[-1])
        self._solver.changeColBounds(columns - 1, max(lowest - EXACT, 0.0), 1.0)
        self._solver.changeColsCost(columns, every, self._gains())

    @property
    def exact(self) -> bool:
        """Whether the programme says of every set just what the model does: places alone."""
        return all(
            isinstance(change, Resize)
            or (isinstance(change, AddService) and change.capacity is not None)
            for one in self.candidates
            for change in one.changes
        )

    def reached(self, chosen: Collection[int]) -> float:
        """Return the (weighted) households met a year with a set, as the model reckons."""
        key = frozenset(chosen)
        if self.exact and self.stance is not Run.CENTRAL:
            return self.promised(key)
        if key not in self._reached:
            changes = [c for n in sorted(key) for c in self.candidates[n].changes]
            after = apply(self.pack, Scenario(name="A set", changes=tuple(changes)), self.settings)
            instance = posed(after.pack, after.settings, self.stance).instance
            self._reached[key] = allocation.most_met(instance, self._columns)
        return self._reached[key]

    def promised(self, chosen: Collection[int]) -> float:
        """Return what a set comes to in the programme: quick, and never too little."""
        found, inside = self.found, sorted(chosen)
        limit = np.maximum(found.limit + found.added[:, inside].sum(axis=1), 0.0)
        return self._met_under(limit)

    def _met_under(self, limit: Floats) -> float:
        try:
            return most_helped(self.found.problem, limit, None)[0].best
        except SolverError:
            return most_in_one_piece(self.found.problem, limit)

    def _as_chosen(self, chosen: Collection[int]) -> Chosen:
        inside = [self.candidates[number] for number in sorted(chosen)]
        costs = [one.cost_gbp_a_year for one in inside]
        known = [cost for cost in costs if cost is not None]
        return Chosen(
            ids=tuple(one.id for one in inside),
            before=self.reached(()),
            met=self.reached(chosen),
            cost_gbp_a_year=float(sum(known)) if len(known) == len(costs) else None,
            units=float(sum(one.units for one in inside)),
        )

    # Greedy ---------------------------------------------------------------------------------

    def greedy(self) -> Chosen:
        """Take, one after another, what helps most for each pound or unit, while it can be paid.

        It starts from what is forced, keeps to budgets and sizes, and looks at no floor: it closes
        nothing. Where floors or fairness matter, look at the optimum.
        """
        start = time.monotonic()
        chosen = {n for n, one in enumerate(self.candidates) if self._must(one)}
        left = {n for n, one in enumerate(self.candidates) if not one.closes} - chosen
        now = self.promised(chosen)
        while left:
            gains = {
                n: self.promised([*chosen, n]) - now for n in left if self._allowed([*chosen, n])
            }
            gains = {n: gain for n, gain in gains.items() if gain > EXACT}
            if not gains:
                break
            best = max(gains, key=lambda n: (gains[n] / self._price(n), gains[n], -n))
            chosen.add(best)
            left.discard(best)
            now += gains[best]
        return replace(self._as_chosen(chosen), seconds=time.monotonic() - start)

    def _must(self, one: Candidate) -> bool:
        return one.stand is Stand.FORCED or one.id in self.ask.forced

    def _price(self, number: int) -> float:
        return max(float(self.burden[number]), 1e-9)

    def _allowed(self, chosen: Sequence[int]) -> bool:
        inside = list(chosen)
        money, places = float(self.costs[inside].sum()), float(self.units[inside].sum())
        sizes = [self.candidates[n].one_of for n in inside if self.candidates[n].one_of]
        return (
            (self.ask.gbp_a_year is None or money <= self.ask.gbp_a_year + SLACK)
            and (self.ask.units is None or places <= self.ask.units + SLACK)
            and len(set(sizes)) == len(sizes)
        )

    # What stands in the way ------------------------------------------------------------------

    def _why_not(self) -> str:
        """Say what binds, and by how much, when no set is allowed."""
        forced = [one for one in self.candidates if self._must(one)]
        for amount, budget, unit in (
            (
                sum(one.cost_gbp_a_year or 0.0 for one in forced),
                self.ask.gbp_a_year,
                "pounds a year",
            ),
            (sum(one.units for one in forced), self.ask.units, "units"),
        ):
            if budget is not None and amount > budget:
                names = "; ".join(one.label for one in forced)
                return (
                    f"The budget binds: what must be done ({names}) takes {amount:,.0f} {unit}, "
                    f"{amount - budget:,.0f} more than the {budget:,.0f} there are"
                )
        sizes = [one.one_of for one in forced if one.one_of]
        if len(set(sizes)) < len(sizes):
            return "Two sizes of one scheme must both be built: only one of them can be"
        return self._short_of_floors()

    def _short_of_floors(self) -> str:
        """Name the groups that cannot reach their floor, first with more money and then without."""
        with_money = self._shortfalls(budget=False)
        if not any(short > EXACT for _, short in with_money):
            needed = self._least_spent()
            return (
                "The budget binds: to keep every group at its floor takes "
                f"{needed[0]:,.0f} {needed[1]}, and there are {needed[2]:,.0f}"
            )
        worst = sorted((short, key) for key, short in with_money if short > EXACT)[::-1]
        named = "; ".join(
            f"{what} {which}: {short:,.1f} households a year short"
            for short, (what, which) in worst
        )
        return f"Room and routes bind, whatever is spent: the floors cannot be reached for {named}"

    def _shortfalls(self, *, budget: bool) -> list[tuple[tuple[str, str], float]]:
        """Return the least total shortfall of floors, by group."""
        solver, groups = self._written(), len(self.groups.keys)
        if not budget:
            for row in (self._budget_row, self._budget_row + 1):
                solver.changeRowBounds(row, -_INF, _INF)
        columns = solver.getNumCol()
        solver.changeColsCost(columns, np.arange(columns, dtype=np.int32), np.zeros(columns))
        for group in range(groups):
            rows = np.array([self._floor_row + group], dtype=np.int32)
            solver.addCol(-1.0, 0.0, _INF, 1, rows, np.ones(1))
        solver.run()
        values = np.asarray(solver.getSolution().col_value)[columns:]
        return list(zip(self.groups.keys, map(float, values), strict=True))

    def _least_spent(self) -> tuple[float, str, float]:
        """Return the least that reaches every floor, its unit, and the budget there is."""
        money = self.ask.gbp_a_year is not None
        solver = self._written()
        for row in (self._budget_row, self._budget_row + 1):
            solver.changeRowBounds(row, -_INF, _INF)
        columns = solver.getNumCol()
        cost = np.zeros(columns)
        cost[self._pairs : -1] = -(self.costs if money else self.units)
        solver.changeColsCost(columns, np.arange(columns, dtype=np.int32), cost)
        solver.run()
        budget = self.ask.gbp_a_year if money else self.ask.units
        unit = "pounds a year" if money else "units"
        return -float(solver.getObjectiveValue()), unit, float(budget or 0.0)


def present_shares(
    pack: Pack, settings: Settings, stance: Stance, by: Sequence[str]
) -> Mapping[tuple[str, str], float]:
    """Return the share of need met now by group: the floors, unless others are given."""
    one = run_one(pack, settings, stance)
    result = Result(pack, settings, settings.on or pack.info.reference_date, {})
    shares: dict[tuple[str, str], float] = {}
    for name in by:
        frame = run_rows(result, one, [name])
        for label, met, demand in zip(frame[name], frame["met"], frame["demand"], strict=True):
            shares[name, str(label)] = float(met / demand) if demand > 0 else 0.0
    return shares


def as_scenario(
    base: Scenario, candidates: Sequence[Candidate], chosen: Collection[str], name: str
) -> Scenario:
    """Return a scenario with the changes of those chosen after the changes of ``base``."""
    added = [change for one in candidates if one.id in chosen for change in one.changes]
    return base.model_copy(update={"name": name, "changes": (*base.changes, *added)})
