"""Gaps and their causes, read from a result: who is lost, why, and what stands behind it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from housing_map.coverage import FULL_WITHIN, OUTCOMES
from housing_map.kinds import suitable_kinds
from housing_map.tabulate import Filter, run_rows
from housing_map.vocabulary import (
    Detail,
    Reason,
    Run,
    Tenure,
)

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from housing_map.coverage import Cells
    from housing_map.model import Result, RunResult

_COLUMN: Final = {code: number for number, code in enumerate(OUTCOMES)}
TRIES_THAT_FAIL: Final = "tries that fail"
_MATRICES: Final = 12
"""Matrices to keep: a page asks again for the same three runs whatever is chosen on it."""


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause of a gap: a code, and the households it touches a year.

    Causes of *not eligible* and *no room* overlap: a household may be refused by two rules, or
    stand before two full services. Others do not.
    """

    code: str
    households: float


@dataclass(frozen=True, slots=True)
class Gap:
    """Households of one tenure lost for one reason, with the causes, largest first."""

    tenure: Tenure
    reason: Reason
    households: dict[Run, float]
    demand: dict[Run, float]
    causes: tuple[Cause, ...]


def largest_gaps(result: Result, *, most: int = 5) -> list[Gap]:
    """Return the largest gaps of the central run, by tenure and reason."""
    rows = {run: run_rows(result, result[run], ["tenure"]).set_index("tenure") for run in Run}
    central = rows[Run.CENTRAL]
    found = [
        (lost, Tenure(tenure), reason)
        for tenure in central.index
        for reason in Reason
        for lost in [_at(central, tenure, reason)]
        if lost > 0
    ]
    found.sort(key=lambda gap: (-gap[0], gap[1], gap[2]))
    return [
        Gap(
            tenure,
            reason,
            {run: _at(rows[run], tenure, reason) for run in Run},
            {run: _at(rows[run], tenure, "demand") for run in Run},
            tuple(causes(result[Run.CENTRAL], reason, only=Filter(tenures=frozenset({tenure})))),
        )
        for _, tenure, reason in found[:most]
    ]


def _at(rows: pd.DataFrame, tenure: str, column: str) -> float:
    return float(rows[column].get(tenure, 0.0))


def causes(one: RunResult, reason: Reason, *, only: Filter | None = None) -> list[Cause]:
    """Break one reason's losses down by cause, largest first.

    *not eligible*: the rule that refuses (overlapping); *no room*: the pool that is full
    (overlapping), its share for such households that is full, tries that fail, or too slow;
    *not connected* and *out of reach*: what is missing on the way; *not provided*: the kinds
    that would suit.
    """
    cells = one.cells
    only = only or Filter()
    keep = np.array([only.keeps(g) for g in cells.setting.groups], dtype=bool)[cells.group]
    lost = np.where(keep, cells.outcomes[:, _COLUMN[reason]], 0.0)
    if reason is Reason.NOT_ELIGIBLE:
        found = _refusing_rules(cells, lost)
    elif reason is Reason.NOT_PROVIDED:
        found = _missing_kinds(cells, lost)
    elif reason is Reason.NO_ROOM:
        found = _full_pools(cells, lost)
    else:
        found = _by_detail(cells, lost)
    return [
        Cause(code, households)
        for code, households in sorted(found.items(), key=lambda item: (-item[1], item[0]))
        if households > 0
    ]


def _by_detail(cells: Cells, lost: NDArray[np.float64]) -> dict[str, float]:
    return {
        str(detail): float(lost[cells.detail == detail].sum())
        for detail in Detail
        if detail is not Detail.NONE
    }


def _refusing_rules(cells: Cells, lost: NDArray[np.float64]) -> dict[str, float]:
    """Households lost as not eligible, by each rule for which some candidate refuses."""
    setting, signatures = cells.setting, cells.setting.signatures
    found: dict[str, float] = {}
    by_kind = {s.id: s.kind.code for s in setting.services}
    refusing: dict[str, set[str]] = {}
    for service, rule in setting.eligibility.refused:
        if service in by_kind:
            refusing.setdefault(rule, set()).add(by_kind[service])
    for rule, kinds in refusing.items():
        suits = np.array(
            [
                bool(kinds & suitable_kinds(g.tenure, g.aim, setting.pathway))
                for g in setting.groups
            ],
            dtype=bool,
        )[cells.group]
        if rule in signatures.circumstances:
            having = signatures.having(rule)[cells.signature]
        else:
            having = np.array([rule in g.rules for g in setting.groups], dtype=float)[cells.group]
        found[rule] = float((lost * suits * having).sum())
    return found


def _missing_kinds(cells: Cells, lost: NDArray[np.float64]) -> dict[str, float]:
    found: dict[str, float] = {}
    by_group = np.bincount(cells.group, weights=lost, minlength=len(cells.setting.groups))
    for group, households in zip(cells.setting.groups, by_group, strict=True):
        if households > 0:
            kinds = sorted(suitable_kinds(group.tenure, group.aim, cells.setting.pathway))
            code = "kinds:" + ";".join(kinds)
            found[code] = found.get(code, 0.0) + float(households)
    return found


def _full_pools(cells: Cells, lost: NDArray[np.float64]) -> dict[str, float]:
    """Full pools that stand on the routes of the households lost for want of room."""
    slow = float(lost[cells.detail == Detail.TOO_SLOW].sum())
    failed = float((cells.tries_failed * (lost > 0)).sum())
    found = {str(Detail.TOO_SLOW): slow, TRIES_THAT_FAIL: failed}
    lost = np.maximum(lost - cells.tries_failed, 0.0)
    members = {pool.id: set(pool.members) for pool in cells.setting.pools}
    for name in sorted(full_pools(cells)):
        through = [not members[name].isdisjoint(path.services) for path in cells.setting.paths]
        stages = cells.stages
        touching = np.asarray(stages.ways[:, np.array(through, dtype=bool)].any(axis=1))
        touched = touching[stages.pattern]
        households = float(lost[touched].sum())
        if households > 0:
            found[f"pool:{name.removeprefix('pool:')}"] = households
    for number, sub in enumerate(cells.setting.eligibility.subs):
        if cells.sub_full[number]:
            households = float(lost[cells.sub_drawn[:, number]].sum())
            found[f"{sub.pool.removeprefix('pool:')}:{sub.rule}"] = households
    return found


def full_pools(cells: Cells) -> list[str]:
    """Pools whose capacity is used up in the allocation."""
    run = cells.setting.run
    return [
        pool.id
        for pool in cells.setting.pools
        if cells.pool_use.get(pool.id, 0.0) >= pool.limit(run) * (1 - FULL_WITHIN)
    ]


@lru_cache(maxsize=_MATRICES)
def need_matrix(result: Result, run: Run = Run.CENTRAL) -> pd.DataFrame:
    """Tenure × need: the figures of a row for each pair, from one run; nobody may change it."""
    return run_rows(result, result[run], ["tenure", "need"])


@lru_cache(maxsize=_MATRICES)
def component_matrix(result: Result, run: Run = Run.CENTRAL) -> pd.DataFrame:
    """Component × tenure: the figures of a row for each pair, from one run; nobody may change it.

    Each component asks the whole cascade once more, which takes seconds for a large pack.
    """
    return run_rows(result, result[run], ["component", "tenure"])
