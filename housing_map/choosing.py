"""The best set of candidates under a budget: greedy at once, then the proved optimum.

The programme of all candidates (:mod:`housing_map.plans`) is solved for the most households met (or
for the highest lowest share, and then for that). Its optimum is a bound on what any allowed set can
come to. The model itself is then asked what the set found comes to, floors kept. Where that is
less, the programme was too hopeful about this one set: it is told so, and solved again, until what
is reached meets the bound.

Floors and fairness hold for a *plan*: somebody has to give places out so that they hold. The model
shares places out by its own rules (as many as possible, then evenly), and what the same set comes
to by these stands beside the plan.

Greedy takes the most households more for each pound (or unit) at every step (Nemhauser, Wolsey and
Fisher 1978); its guarantee does not hold once capacity is shared and costs differ, which is why
the bound is printed beside it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from housing_map import allocation
from housing_map.candidates import COVERED, InfeasibleError, Objective, check
from housing_map.changes import AddService, CloseService, Resize
from housing_map.decomposition import Columns, most_helped
from housing_map.errors import SolverError, UsageError
from housing_map.gates import gated, groups_of
from housing_map.model import Result, posed, run_one
from housing_map.plans import EXACT, Aim, Plans, together
from housing_map.scenario import Scenario, apply
from housing_map.sharing import most_in_one_piece
from housing_map.shortfalls import why_not
from housing_map.tabulate import checked, run_rows
from housing_map.vocabulary import Run

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from housing_map.candidates import Ask, Candidate
    from housing_map.decomposition import Plans as Mix
    from housing_map.gates import Gated, Groups
    from housing_map.jobs import Report
    from housing_map.model import Settings
    from housing_map.pack import Pack
    from housing_map.plans import Plan
    from housing_map.stance import Stance

    Floats = NDArray[np.float64]

SLACK: Final = 1e-6
"""Households a year by which a floor may be missed: rounding of the solver."""
SHARE_SLACK: Final = 1e-7
"""Share of need by which the highest lowest share may be missed: rounding of the solver."""
TIME_LIMIT: Final = "time limit"
OPTIMAL: Final = "optimal"
NOT_FAIREST: Final = "fairest not proved"
_ROUNDS: Final = 60
AT_ONCE: Final = 6
"""Candidates left up to which greedy asks anew at each step what every one of them gains."""
_KEPT: Final = 16
"""Sets whose own programme is kept."""


class _CannotBeMadeError(UsageError):
    """A closure of a set cannot be made, such as one that breaks a reservation."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A set of candidates and what it comes to, in (weighted) household-episodes met a year.

    ``ids`` in the order of the candidates; ``before`` without any; ``met`` by a plan that keeps the
    floors (and, where asked, is fair); ``shared`` by the model's own sharing, which looks at
    neither, and so is never less. Only the central run asks for it: elsewhere it is ``met`` again.
    ``cost_gbp_a_year`` is None where a cost is not known. ``lowest`` is the lowest share met that a
    fair plan reaches, and ``highest`` what it can be at most. ``bound`` is what no allowed set can
    exceed, None where that was not asked; ``status`` says how the search ended and ``seconds`` how
    long it took. ``keeps_floors`` is False where greedy's set cannot keep them.
    """

    ids: tuple[str, ...]
    before: float
    met: float
    cost_gbp_a_year: float | None
    units: float
    bound: float | None = None
    status: str = "greedy"
    seconds: float = 0.0
    shared: float = 0.0
    lowest: float | None = None
    highest: float | None = None
    keeps_floors: bool = True

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
        return self.bound is not None and self.bound - self.met <= EXACT and self.fairest

    @property
    def fairest(self) -> bool:
        """Whether no allowed set has a higher lowest share met, where fairness was asked for."""
        if self.lowest is None or self.highest is None:
            return True
        return self.highest <= self.lowest + EXACT


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
    _shares: Mapping[tuple[str, str], float] = field(init=False, repr=False)
    _plans: Plans = field(init=False, repr=False)
    _columns: Columns = field(init=False, repr=False)
    _reached: dict[frozenset[int], float] = field(init=False, repr=False)
    _true: dict[frozenset[int], Plans] = field(init=False, repr=False)
    _kept: Mix | None = field(init=False, repr=False)
    _lowest: float | None = field(init=False, repr=False, default=None)
    _fair: bool = field(init=False, repr=False, default=False)
    _refused: str = field(init=False, repr=False, default="")

    def __post_init__(self) -> None:
        """Write the programme."""
        self.candidates = check(self.candidates, self.ask)
        self._columns, self._reached, self._true, self._kept = Columns(), {}, {}, None
        self._fair = self.ask.objective is Objective.FAIR
        self._shares = self._floor_shares()
        # Asked now, while what a draw is made of is at hand.
        instance = posed(self.pack, self.settings, self.stance).instance
        self._reached[frozenset()] = allocation.most_met(instance, self._columns)
        self.found = gated(self.pack, self.settings, self.candidates, self.stance)
        if self.stance is Run.CENTRAL and self.found.dead:
            raise UsageError(" ".join(self.found.dead.values()))
        self.groups, self.floors = self._grouped(self.found)
        self._plans = Plans(self.found, self.groups, self.floors, self.ask)

    def _by(self) -> tuple[str, ...]:
        if self.ask.by is not None:
            return self.ask.by
        return (self.pack.info.default_level, *COVERED)

    def _floor_shares(self) -> Mapping[tuple[str, str], float]:
        if self.ask.floors is not None:
            return self.ask.floors
        return present_shares(self.pack, self.settings, self.stance, self._by())

    def _grouped(self, found: Gated) -> tuple[Groups, Floats]:
        """Return groups, and the least households met a year of each (G)."""
        by = [*(self._by() if self._shares else ()), *([self.ask.fair_by] if self._fair else [])]
        groups = groups_of(found, list(dict.fromkeys(by)))
        shares = np.array([self._shares.get(key, 0.0) for key in groups.keys], dtype=np.float64)
        return groups, np.maximum(shares * groups.demand - SLACK, 0.0)

    @property
    def costs(self) -> Floats:
        """Cost of each candidate in GBP a year; 0 where it is not known (C)."""
        return self._plans.costs

    @property
    def units(self) -> Floats:
        """Places that each candidate brings (C)."""
        return self._plans.units

    @property
    def burden(self) -> Floats:
        """What each candidate takes of what is scarce: pounds where all are known, else units."""
        return self._plans.burden

    @property
    def _keeps_floors(self) -> bool:
        return self.ask.floors is None or bool(self.ask.floors)

    def limit_to(self, ask: Ask) -> None:
        """Take other budgets, floors or none, and what to be best at; the rest stays as it was.

        Raises :class:`UsageError` for fairness where it was not asked for at first.
        """
        if ask.objective is Objective.FAIR and not self._fair:
            message = "Nobody asked for fairness when this was written: write it anew"
            raise UsageError(message)
        self.ask = replace(
            self.ask, gbp_a_year=ask.gbp_a_year, units=ask.units, floors=ask.floors,
            objective=ask.objective,
        )  # fmt: skip
        self._plans.limit_to(self.ask, floors=self._keeps_floors)

    # The optimum ----------------------------------------------------------------------------

    def optimum(self, *, progress: Report | None = None) -> Chosen:
        """Return the best allowed set, with the bound that proves it, or the gap that is left.

        Raises :class:`InfeasibleError`, which names what binds and by how much.
        """
        start = time.monotonic()
        self._lowest = None
        highest: float | None = None
        try:
            if self.ask.objective is Objective.FAIR:
                _, self._lowest, highest, _ = self._searched(Aim.LOWEST, start, progress)
                self._plans.forget()
                self._plans.keep_lowest(self._lowest - SHARE_SLACK)
            best, met, bound, status = self._searched(Aim.MET, start, progress)
            if met >= bound - EXACT:
                best, met = self._lightest(best, met, max(bound, met), start)
                status = OPTIMAL
            lowest = self._lowest
            if lowest is not None and highest is not None:
                highest = max(highest, lowest)
                if status == OPTIMAL and highest > lowest + EXACT:
                    status = NOT_FAIREST
        finally:
            self._plans.forget()
            self._lowest = None
        if progress is not None:
            progress(_ROUNDS, _ROUNDS)
        return replace(
            # In a draw nobody opens the set: it is not worked out once more.
            self._as_chosen(best, met, self.reached(best) if self.stance is Run.CENTRAL else met),
            bound=max(bound, met),
            status=status,
            lowest=lowest,
            highest=highest,
            seconds=time.monotonic() - start,
        )

    def _left(self, start: float) -> float:
        return max(self.ask.time_limit - (time.monotonic() - start), 0.0)

    def _searched(
        self, aim: Aim, start: float, progress: Report | None
    ) -> tuple[frozenset[int], float, float, str]:
        """Return the set with the most of what is aimed at, that, a bound, and how it ended."""
        best: frozenset[int] | None = None
        most, bound, status = -np.inf, np.inf, "round limit"
        for turn in range(_ROUNDS):
            if progress is not None:
                progress(turn, _ROUNDS)
            plan = self._plans.best(aim, seconds=self._left(start))
            if plan is None:
                # Every set has been weighed, or none is allowed.
                bound, status = most, OPTIMAL
                break
            bound = min(bound, plan.bound)
            if plan.chosen is None:
                status = TIME_LIMIT
                break
            # A solver may let a budget slip by a hair, which is pounds where pounds are thousands.
            paid = self._allowed([*plan.chosen])
            value = self._value(plan.chosen, aim, plan) if paid else None
            if value is not None and value > most:
                best, most = plan.chosen, value
            if most >= bound - EXACT or not plan.in_time or self._left(start) <= 0:
                status = TIME_LIMIT if most < bound - EXACT else OPTIMAL
                break
            # Less may be paid for where all of it cannot.
            self._plans.no_more_than(plan.chosen, value, aim, alone=not paid)
        if best is None and status == OPTIMAL and self._refused:
            message = f"What must be chosen cannot all be done: {self._refused}"
            raise InfeasibleError(message)
        if best is None and status == OPTIMAL:
            raise InfeasibleError(why_not(self._plans.copy()))
        if best is None:
            best, most = self._at_hand(aim)
            every = [n for n, one in enumerate(self.candidates) if not one.closes]
            bound = min(bound, self.promised(every) if aim is Aim.MET else 1.0)
        return best, most, bound, status

    def _at_hand(self, aim: Aim) -> tuple[frozenset[int], float]:
        """Return an allowed set without a search: greedy's, or what is forced and nothing else."""
        forced = frozenset(np.flatnonzero(self._plans.forced).tolist())
        for chosen in (self._greedy(), forced):
            value = self._value(chosen, aim)
            if value is not None:
                return chosen, value
        message = "Time ran out before any allowed set was found: allow more seconds"
        raise SolverError(message)

    def _lightest(
        self, best: frozenset[int], met: float, bound: float, start: float
    ) -> tuple[frozenset[int], float]:
        """Return the lightest of the sets that the bound proves, and what it meets."""
        # Half of what is allowed is left to the rounding of the solver.
        enough = min(met, bound - EXACT / 2)
        plan = self._plans.lightest(enough, seconds=max(self._left(start), 1.0))
        if plan is None or plan.chosen is None:
            return best, met
        inside, now = list(plan.chosen), list(best)
        lighter = (self.burden[inside].sum(), len(inside)) < (self.burden[now].sum(), len(now))
        if not lighter or not self._allowed(inside):
            return best, met
        value = self._value(plan.chosen, Aim.MET, plan)
        return (plan.chosen, value) if value and value >= bound - EXACT else (best, met)

    # What a set comes to --------------------------------------------------------------------

    def _value(self, chosen: frozenset[int], aim: Aim, plan: Plan | None = None) -> float | None:
        """Return what a set comes to with floors kept, as the model has it; None: not allowed."""
        if self.exact:
            found = plan or self._plans.at(chosen, aim)
            return None if found is None else found.reaches(aim)
        if plan is None and self._plans.at(chosen, aim) is None:
            return None
        try:
            if aim is Aim.MET and not self._keeps_floors and self._lowest is None:
                reached = self.reached(chosen)
                return reached if np.isfinite(reached) else None
            plans = self._true_plans(chosen)
        except _CannotBeMadeError:
            return None
        plans.limit_to(plans.ask, floors=self._keeps_floors)
        if self._lowest is not None:
            plans.keep_lowest(self._lowest - SHARE_SLACK)
        try:
            found = plans.best(aim)
        finally:
            plans.forget()
        return None if found is None else found.reaches(aim)

    def _true_plans(self, chosen: frozenset[int]) -> Plans:
        """Return the programme of one set as the model has it, without candidates."""
        if chosen not in self._true:
            pack, settings = self._after(chosen)
            # Told apart as in the programme, so that no set is less for taking more households.
            apart = replace(settings, apart=self.found.settings.apart)
            found = gated(pack, apart, (), self.stance)
            ask = replace(self.ask, gbp_a_year=None, units=None, forced=frozenset())
            while len(self._true) >= _KEPT:
                self._true.pop(next(iter(self._true)))
            self._true[chosen] = Plans(found, *self._grouped(found), ask)
        return self._true[chosen]

    def _after(self, chosen: Collection[int]) -> tuple[Pack, Settings]:
        changes = tuple(c for n in sorted(chosen) for c in self.candidates[n].changes)
        after = apply(self.pack, Scenario(name="A set", changes=changes), self.settings)
        # What leans on something that is not in the set does nothing; a closure has to be done.
        for one in after.skipped:
            if isinstance(changes[one.number], CloseService):
                self._refused = one.why
                raise _CannotBeMadeError(self._refused)
        return after.pack, after.settings

    @property
    def exact(self) -> bool:
        """Whether the programme says of every set just what the model does: places alone.

        New services must not lean on one another, nor be without a limit, and nothing be reserved.
        """
        pools = {pool.id: pool for pool in self.found.every.setting.pools}
        new = {c.service_id for one in self.candidates for c in one.changes
               if isinstance(c, AddService)}  # fmt: skip
        return not self.settings.reserved and all(
            (
                isinstance(change, Resize)
                and change.pool in pools
                and pools[change.pool].capacity.at(self.stance) > 0
            )
            or (
                isinstance(change, AddService)
                and change.capacity is not None
                and change.service_id in pools
                and not _leans_on(change, new, self.pack)
            )
            for n, one in enumerate(self.candidates)
            for change in one.changes
            if n not in self.found.dead
        )

    def reached(self, chosen: Collection[int]) -> float:
        """Return the (weighted) households met a year with a set, as the model reckons.

        By its own sharing, which looks at no floor. −∞ for a set that cannot be made.
        """
        key = frozenset(chosen)
        if key and self.exact and self.stance is not Run.CENTRAL:
            return self.promised(key)
        if key not in self._reached:
            try:
                instance = posed(*self._after(key), self.stance).instance
                self._reached[key] = allocation.most_met(instance, self._columns)
            except _CannotBeMadeError:
                self._reached[key] = -np.inf
        return self._reached[key]

    def promised(self, chosen: Collection[int]) -> float:
        """Return what a set comes to in the programme, floors or none: quick, never too little."""
        found, inside = self.found, sorted(chosen)
        if not len(found.gain):
            # Nobody has a route, whatever is chosen.
            return 0.0
        limit = np.maximum(found.limit + found.added[:, inside].sum(axis=1), 0.0)
        try:
            optimum, self._kept = most_helped(found.problem, limit, self._kept)
        except SolverError:
            return most_in_one_piece(found.problem, limit)
        return optimum.best

    def _as_chosen(self, chosen: Collection[int], met: float, shared: float) -> Chosen:
        inside = [self.candidates[number] for number in sorted(chosen)]
        costs = [one.cost_gbp_a_year for one in inside]
        known = [cost for cost in costs if cost is not None]
        return Chosen(
            ids=tuple(one.id for one in inside),
            before=self.reached(()),
            met=met,
            cost_gbp_a_year=float(sum(known)) if len(known) == len(costs) else None,
            units=float(sum(one.units for one in inside)),
            shared=shared,
        )

    # Greedy ---------------------------------------------------------------------------------

    def greedy(self) -> Chosen:
        """Take, one after another, what helps most for each pound or unit, while it can be paid.

        It starts from what is forced, keeps to budgets and sizes, and looks at no floor: it closes
        nothing. Where floors or fairness matter, look at the optimum.
        """
        start = time.monotonic()
        chosen = self._greedy()
        met = self._value(chosen, Aim.MET)
        # The model is asked of the optimum; where the programme says the same, this is at once.
        shared = self.promised(chosen) if self.exact else self.reached(chosen)
        if not np.isfinite(shared):
            # Something that must be chosen cannot be done; the optimum says what.
            shared = self.reached(())
        whole = self._as_chosen(chosen, shared if met is None else met, shared)
        return replace(whole, keeps_floors=met is not None, seconds=time.monotonic() - start)

    def _greedy(self) -> frozenset[int]:
        chosen = set(np.flatnonzero(self._plans.forced).tolist())
        left = {n for n, one in enumerate(self.candidates) if not one.closes} - chosen
        now, gains = self.promised(chosen), dict[int, float]()
        while left:
            # What helped most before is asked first, and of a long list often no other: gains
            # seldom rise (Minoux 1978). Before the end all that is left is asked once more.
            fresh = dict[int, float]()
            allowed = [n for n in left if self._allowed([*chosen, n])]
            for n in sorted(allowed, key=lambda n: (-self._worth(n, gains), n)):
                best = max((self._worth(one, fresh) for one in fresh), default=0.0)
                long = len(left) > AT_ONCE and n in gains
                if long and best > 0 and self._worth(n, gains) <= best:
                    break
                fresh[n] = self.promised([*chosen, n]) - now
            gains |= fresh
            fresh = {n: gain for n, gain in fresh.items() if gain > EXACT}
            if not fresh:
                break
            best_one = max(fresh, key=lambda n: (self._worth(n, fresh), fresh[n], -n))
            chosen.add(best_one)
            left.discard(best_one)
            now += fresh[best_one]
        return frozenset(chosen)

    def _worth(self, number: int, gains: Mapping[int, float]) -> float:
        """Return what a candidate gains for each pound or unit; without end where not known."""
        return gains.get(number, np.inf) / self._price(number)

    def _price(self, number: int) -> float:
        return max(float(self.burden[number]), 1e-9)

    def _allowed(self, chosen: Sequence[int]) -> bool:
        inside = list(chosen)
        money, places = float(self.costs[inside].sum()), float(self.units[inside].sum())
        return (
            (self.ask.gbp_a_year is None or money <= self.ask.gbp_a_year + SLACK)
            and (self.ask.units is None or places <= self.ask.units + SLACK)
            and all(len({*inside} & {*few}) <= 1 for few in together(self.candidates))
        )


def _leans_on(change: AddService, new: Collection[str], pack: Pack) -> bool:
    """Whether a new service is there only with another new one: on its route, or its model."""
    ends = {end for route in change.routes or () for end in (route.from_id, route.to_id)}
    others = set(new) - {change.service_id}
    there = {str(kind) for kind in pack["services"]["kind"]}
    nobody = change.like is None and change.routes is None and change.kind not in there
    return bool(others & ends) or change.like in others or nobody


def present_shares(
    pack: Pack, settings: Settings, stance: Stance, by: Sequence[str]
) -> Mapping[tuple[str, str], float]:
    """Return the share of need met now by group: the floors, unless others are given.

    Of the rows of each of ``by``, as in :func:`housing_map.tabulate.coverage_rows`. Raises
    :class:`UsageError` for what nothing can be grouped by.
    """
    one = run_one(pack, settings, stance)
    result = Result(pack, settings, settings.on or pack.info.reference_date, {})
    shares: dict[tuple[str, str], float] = {}
    for name in by:
        code = checked(result, [name])[0]
        frame = run_rows(result, one, [code])
        for label, met, demand in zip(frame[code], frame["met"], frame["demand"], strict=True):
            shares[name, str(label)] = float(met / demand) if demand > 0 else 0.0
    return shares


def as_scenario(
    base: Scenario, candidates: Sequence[Candidate], chosen: Collection[str], name: str
) -> Scenario:
    """Return a scenario with the changes of those chosen after the changes of ``base``."""
    added = [change for one in candidates if one.id in chosen for change in one.changes]
    return base.model_copy(update={"name": name, "changes": (*base.changes, *added)})
