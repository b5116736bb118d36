"""From need to provision: the least there would have to be, for every group to get its share.

The other direction of the question that scenarios answer. New places of each category are opened
that take every household, and a linear programme finds how few of them, beside all that exists,
meet a stated share of need in every group:

    minimise    Σ price · new
    subject to  Σ use · x ≤ limit + per_unit · new          (new ≥ 0, in units a year)
                met of a group ≥ share · demand of the group

Where every price is given, that is the least money. Without prices it is the fewest homes that
somebody has to move into, and then the fewest of everything else: a secured home comes before a
new one. Part of a place is allowed: the answer is an estimate of scale, to be rounded up.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING, Final

import highspy
import numpy as np
import pandas as pd
from scipy import sparse

from housing_map.candidates import COVERED, InfeasibleError, candidate
from housing_map.changes import AddService
from housing_map.decomposition import most_helped
from housing_map.errors import SolverError, UsageError
from housing_map.gates import Groups, areas_and_tenures, gated, group_names, groups_of
from housing_map.kinds import KINDS
from housing_map.vocabulary import (
    SUPPORT_TYPES,
    Answer,
    CapacityBasis,
    Goal,
    Pathway,
    Run,
    Stage,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from housing_map.candidates import Candidate
    from housing_map.gates import Gated
    from housing_map.model import Settings
    from housing_map.pack import Pack
    from housing_map.stance import Stance

    Floats = NDArray[np.float64]

_CLOSE: Final = 1e-7
_SHORT: Final = 1e-6
"""Share of need, or households a year, that are rounding."""
_INF: Final = highspy.kHighsInf
_NEAR_KIND: Final = {
    "specialist_safe": "refuge",
    "second_stage": "dispersed",
    "other_emergency": "refuge",
    "target_hardening": "sanctuary",
}
"""What a category takes after where the pack has none of its own."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the least provision has to do.

    ``share`` of need from 0 to 1, in every group of ``by`` (None: the pack's own areas, tenure,
    risk and need). ``kinds`` may be opened (None: all that the goal asks for). ``prices`` are GBP a
    year for one more place of a kind. With ``as_far`` a group that cannot reach the share has to
    reach what it can; without, that is refused.
    """

    share: float
    by: tuple[str, ...] | None = None
    kinds: tuple[str, ...] | None = None
    prices: Mapping[str, float] = field(default_factory=dict)
    as_far: bool = False

    def __post_init__(self) -> None:
        """Refuse what is no share."""
        if not 0 < self.share <= 1:
            message = f"The share of need must be above 0 and at most 1, not {self.share:g}"
            raise UsageError(message)
        if self.kinds is not None and not self.kinds:
            message = "Say at least one category of which there may be more places"
            raise UsageError(message)
        if any(not (isfinite(price) and price >= 0) for price in self.prices.values()):
            message = "The price of a place must be 0 or more"
            raise UsageError(message)


@dataclass(frozen=True, slots=True, eq=False)
class Provision:
    """The least provision: ``places`` by kind, and for whom.

    ``places`` has columns kind, basis, now, new (units or households a year of that basis).
    ``by_group`` has kind, area, tenure and new: places needed by households from there, not places
    to be built there. ``groups`` has what, which, demand, met_share, best_share (what could be met
    of it alone with any number of places) and ``short`` (whether its share stays below that asked).
    """

    share: float
    places: pd.DataFrame
    by_group: pd.DataFrame
    groups: pd.DataFrame
    met: float
    demand: float


def needed(
    pack: Pack, settings: Settings, wanted: Wanted, stance: Stance = Run.CENTRAL
) -> Provision:
    """Return the least provision that meets the share asked, in every group.

    Raises :class:`InfeasibleError` naming the groups that no number of places can bring so far,
    with the share that can be reached, unless ``as_far`` is set; and :class:`UsageError` for kinds
    that cannot be opened, and where some prices are given and others not.
    """
    kinds = _kinds(pack, settings.goal, wanted.kinds)
    _check_prices(kinds, wanted.prices)
    opened = tuple(_opened(pack, kind) for kind in kinds)
    found = gated(pack, settings, opened, stance)
    level = pack.info.default_level
    groups = groups_of(found, wanted.by or (level, *COVERED))
    names = group_names(found, groups)
    programme = _Least(found, groups)
    best = programme.best_shares()
    short = best < wanted.share - _CLOSE
    if short.any() and not wanted.as_far:
        named = "; ".join(
            f"{name}: at most {share:.0%}"
            for name, share, is_short in zip(names, best, short, strict=True)
            if is_short
        )
        message = (
            f"No number of places meets {wanted.share:.0%} of need in every group, since some "
            "have no route, or not every offer is taken up or comes off: "
            f"{named}. Ask for less, or for as far as can be"
        )
        raise InfeasibleError(message)
    floors = np.minimum(wanted.share, best) * groups.demand
    missing = programme.set_floors(floors)
    if missing.any() and not wanted.as_far:
        named = "; ".join(
            f"{name}: {households:,.1f} households a year short"
            for name, households in zip(names, missing, strict=True)
            if households > 0
        )
        message = (
            f"Each group alone could have {wanted.share:.0%} of its need met, but not all at once, "
            f"since services that are not opened here bind: {named}. Ask for less, or for as far "
            "as can be"
        )
        raise InfeasibleError(message)
    offers, new = programme.least(_objectives(kinds, found, wanted.prices))
    met = np.asarray(programme.met_of @ offers, dtype=np.float64)
    met_share = np.divide(met, groups.demand, out=np.zeros(len(met)), where=groups.demand > 0)
    return Provision(
        share=wanted.share,
        places=_places(kinds, found, new),
        by_group=_by_group(kinds, found, offers, level),
        groups=pd.DataFrame(
            {
                "what": [what for what, _ in groups.keys],
                "which": [which for _, which in groups.keys],
                "demand": groups.demand,
                "met_share": met_share,
                "best_share": best,
                "short": (groups.demand > 0) & (met_share < wanted.share - _SHORT),
            }
        ),
        met=_most_met(found, new),
        demand=float(found.every.prepared.sieve.demand.sum()),
    )


def _most_met(found: Gated, new: Floats) -> float:
    """Return the most household-episodes a year that can be met with the new places, any group's.

    The least places are found by a plan that meets what is asked and no more.
    """
    if not len(found.gain):
        return 0.0
    limit = np.maximum(found.limit + found.added @ new, 0.0)
    return float(most_helped(found.problem, limit)[0].best)


def _check_prices(kinds: Sequence[str], prices: Mapping[str, float]) -> None:
    """Refuse prices of some kinds and not of others: nobody's cost is guessed."""
    missing, strange = set(kinds) - set(prices), set(prices) - set(kinds)
    if prices and (missing or strange):
        said = [f"not given for {', '.join(sorted(missing))}"] if missing else []
        said += [f"{', '.join(sorted(strange))} is not to be opened"] if strange else []
        message = f"Give the price of a place of every category, or of none: {'; '.join(said)}"
        raise UsageError(message)


def _kinds(pack: Pack, goal: Goal, given: tuple[str, ...] | None) -> tuple[str, ...]:
    """Return the kinds that may be opened; raises :class:`UsageError` for one that cannot be."""
    running = pack["services"][pack["services"]["operating"] != "no"]
    there = {str(kind) for kind in running["kind"]}
    known = [k for k in KINDS.values() if (k.code in there or _NEAR_KIND.get(k.code) in there)]
    safe = [k.code for k in known if k.stage is Stage.SAFETY and k.category is not None]
    homes = [k.code for k in known if k.stage is Stage.HOUSING]
    usual = (*safe, *(homes if goal is Goal.SETTLED else ()))
    # Of what has no limit nobody needs more, and nobody could say how much.
    usual = tuple(code for code in usual if _basis(pack, code) is not None)
    if not any(code in there for code in usual) and not given:
        message = (
            "The data have nothing that more places could be like: no service of a kind that the "
            "goal asks for, with a known or assumed number of places"
        )
        raise UsageError(message)
    if given is None:
        # Categories that differ in name alone would share the answer at random.
        return tuple(code for code in usual if code in there)
    strange = [code for code in given if code not in usual]
    if strange:
        message = f"Places of sort {', '.join(strange)} cannot be opened here: {', '.join(usual)}"
        raise UsageError(message)
    return given


def _opened(pack: Pack, kind: str) -> Candidate:
    """Return one place of a kind that takes every household and gives all specialist support."""
    model = _models(pack, kind)[0]
    change = AddService(
        service_id=f"needed_{kind}",
        name=f"New: {KINDS[kind].label}",
        kind=kind,
        like=model,
        capacity=1.0,
        basis=_basis(pack, kind),
        otherwise=Answer.YES,
        support_types=tuple(SUPPORT_TYPES),
    )
    return candidate([change], KINDS[kind].label, id=kind)


def _models(pack: Pack, kind: str) -> list[str]:
    """Return services that new places take after: running ones, those with a figure first."""
    services, known = pack["services"], _known(pack)
    for code in (kind, _NEAR_KIND.get(kind)):
        there = (services["kind"] == code) & (services["operating"] != "no")
        found = [str(service) for service in services.loc[there, "service_id"]]
        if found:
            return sorted(found, key=lambda service: service not in known)
    return []


def _known(pack: Pack) -> dict[str, str]:
    """Return the basis of each service with a figure of its own."""
    rows = pack["capacity"][pack["capacity"]["capacity_central"].notna()]
    return dict(zip(map(str, rows["service_id"]), map(str, rows["basis"]), strict=True))


def _basis(pack: Pack, kind: str) -> CapacityBasis | None:
    """Return what places of a kind count; None where nothing of the kind has a figure."""
    rows, known = pack["pool_assumptions"], _known(pack)
    for code in (kind, _NEAR_KIND.get(kind)):
        assumed = rows.loc[rows["kind"] == code, "basis"]
        if len(assumed):
            return CapacityBasis(assumed.iloc[0])
    return next((CapacityBasis(known[one]) for one in _models(pack, kind) if one in known), None)


def _objectives(
    kinds: Sequence[str], found: Gated, prices: Mapping[str, float]
) -> tuple[Floats, ...]:
    """Return what is made least, one after another: price a year of a place of each kind."""
    if all(kind in prices for kind in kinds):
        return (np.array([prices[kind] for kind in kinds], dtype=np.float64),)
    moved = np.array([KINDS[kind].pathway is not Pathway.STAY for kind in kinds])
    homes = np.array([_pool_basis(found, kind) == CapacityBasis.UNITS for kind in kinds])
    stages = ((moved & homes), ~(moved & homes))
    return tuple(one.astype(np.float64) for one in stages if one.any())


def _pool_basis(found: Gated, kind: str) -> CapacityBasis:
    return next(p.basis for p in found.every.setting.pools if p.id == f"needed_{kind}")


def _places(kinds: Sequence[str], found: Gated, new: Floats) -> pd.DataFrame:
    setting = found.every.setting
    now = {
        kind: sum(
            pool.amount(setting.run)
            for pool in setting.pools
            if pool.kind.code == kind and not pool.id.startswith("needed_")
        )
        for kind in kinds
    }
    return pd.DataFrame(
        {
            "kind": list(kinds),
            "basis": [str(_pool_basis(found, kind)) for kind in kinds],
            "now": [now[kind] for kind in kinds],
            "new": new,
        }
    )


def _by_group(kinds: Sequence[str], found: Gated, offers: Floats, level: str) -> pd.DataFrame:
    """Return the new places by the area and tenure of the households who need them."""
    together = areas_and_tenures(found, level)
    of_block = together.of_block / np.maximum(found.problem.demand, 1e-300)
    pools = {pool.id: number for number, pool in enumerate(found.every.setting.pools)}
    frames = []
    for number, kind in enumerate(kinds):
        row = pools[f"needed_{kind}"]
        used = np.asarray(found.use[[row]].toarray())[0] * offers
        by_block = np.bincount(
            found.problem.block, weights=used, minlength=len(found.problem.demand)
        )
        places = np.asarray(of_block @ by_block) / found.added[row, number]
        frames.append(
            pd.DataFrame(
                {
                    "kind": kind,
                    "area": [area for area, _ in together.keys],
                    "tenure": [tenure for _, tenure in together.keys],
                    "new": places,
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


class _Least:
    """The linear programme in one solver: offers (P), new places (C), and what floors lack (G)."""

    def __init__(self, found: Gated, groups: Groups) -> None:
        self.found, self.groups = found, groups
        pairs, kinds = len(found.gain), found.added.shape[1]
        of_block = groups.of_block / np.maximum(found.problem.demand, 1e-300)
        self.met_of = sparse.csr_array(of_block[:, found.problem.block] * found.meets[None, :])
        blocks = len(found.problem.demand)
        per_block = sparse.csr_array(
            (np.ones(pairs), (found.problem.block, np.arange(pairs))), shape=(blocks, pairs)
        )
        matrix = sparse.block_array(
            [
                [per_block, sparse.csr_array((blocks, kinds)), None],
                [found.use, sparse.csr_array(-found.added), None],
                [self.met_of, None, sparse.eye_array(len(groups.keys), format="csr")],
            ],
            format="csc",
        )
        self.first_group, self.first_lack = blocks + len(found.limit), pairs + kinds
        model = highspy.HighsLp()
        columns = matrix.shape[1]
        model.num_col_, model.num_row_ = columns, matrix.shape[0]
        model.col_lower_, model.col_upper_ = np.zeros(columns), np.full(columns, _INF)
        model.col_cost_ = np.zeros(columns)
        model.row_lower_ = np.full(matrix.shape[0], -_INF)
        model.row_upper_ = np.concatenate(
            [found.problem.demand, found.limit, np.full(len(groups.keys), _INF)]
        )
        model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        model.a_matrix_.start_ = matrix.indptr
        model.a_matrix_.index_ = matrix.indices
        model.a_matrix_.value_ = matrix.data
        self.solver = highspy.Highs()  # type: ignore[no-untyped-call]
        self.solver.setOptionValue("output_flag", False)  # noqa: FBT003 - HiGHS has no keyword
        self.solver.setOptionValue("threads", 1)
        self.solver.passModel(model)
        self.every = np.arange(columns, dtype=np.int32)

    def best_shares(self) -> Floats:
        """Return the largest share of each group's need that any number of places can meet."""
        rows = self.met_of.toarray()
        best = np.zeros(len(rows))
        for number, row in enumerate(rows):
            best[number] = max(-self._solved(-row), 0.0) + 0.0
        demand = self.groups.demand
        return np.divide(best, demand, out=np.ones_like(best), where=demand > 0)

    def set_floors(self, floors: Floats) -> Floats:
        """Keep to the floors; return what each lacks (G) where they cannot all be had at once.

        The least sum of what is lacking, in households a year; from here on each lacks no more.
        """
        for number, floor in enumerate(floors):
            least = max(float(floor) - _CLOSE, 0.0)
            self.solver.changeRowBounds(self.first_group + number, least, _INF)
        lack = np.zeros(len(self.every))
        lack[self.first_lack :] = 1.0
        self._solved(lack)
        missing = np.asarray(self.solver.getSolution().col_value)[self.first_lack :]
        missing = np.where(missing > _SHORT, missing, 0.0)
        for number, households in enumerate(missing):
            most = float(households) + (_CLOSE if households else 0.0)
            self.solver.changeColBounds(self.first_lack + number, 0.0, most)
        return np.asarray(missing, dtype=np.float64)

    def least(self, objectives: Sequence[Floats]) -> tuple[Floats, Floats]:
        """Return offers (P) and new places (C) with the least of each objective, in turn."""
        pairs, ends = len(self.found.gain), self.first_lack
        for prices in objectives:
            cost = np.zeros(len(self.every))
            cost[pairs:ends] = prices
            reached = self._solved(cost)
            index = np.flatnonzero(cost).astype(np.int32)
            self.solver.addRow(-_INF, reached + _CLOSE, len(index), index, cost[index])
        values = np.asarray(self.solver.getSolution().col_value)
        return values[:pairs], np.maximum(values[pairs:ends], 0.0)

    def _solved(self, cost: Floats) -> float:
        """Make Σ cost · column least, and return it; columns not named cost nothing."""
        whole = np.zeros(len(self.every))
        whole[: len(cost)] = cost
        self.solver.changeColsCost(len(self.every), self.every, whole)
        self.solver.run()
        status = self.solver.getModelStatus()
        if status != highspy.HighsModelStatus.kOptimal:
            message = f"The least provision could not be found: the solver ended with {status}"
            raise SolverError(message)
        return float(self.solver.getObjectiveValue())
