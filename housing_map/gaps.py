"""Gaps and their causes, read from a result: who is lost, why, and what stands behind it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from housing_map import eligibility, legal_view
from housing_map.coverage import METS, OUTCOMES, Detail
from housing_map.tabulate import Filter, run_rows
from housing_map.vocabulary import (
    COMPONENT_TENURES,
    KINDS,
    Answer,
    Component,
    LegalCategory,
    Reason,
    Run,
    Stage,
    Tenure,
    suitable_kinds,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from housing_map.coverage import Cells
    from housing_map.model import Result, RunResult
    from housing_map.pack import Pack

_COLUMN: Final = {code: number for number, code in enumerate(OUTCOMES)}
_FULL_WITHIN: Final = 1e-4
"""Share of its limit that a pool may have free and still count as full."""


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause of a gap: a code, and the households it touches a year.

    Causes of *not eligible* overlap (a household may be refused by two rules); others do not.
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
        (float(central.at[tenure, reason]), Tenure(tenure), reason)
        for tenure in central.index
        for reason in Reason
        if central.at[tenure, reason] > 0
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
    return float(rows.at[tenure, column]) if tenure in rows.index else 0.0


def causes(one: RunResult, reason: Reason, *, only: Filter | None = None) -> list[Cause]:
    """Break one reason's losses down by cause, largest first.

    *not eligible*: the rule that refuses (overlapping); *no room*: the pool that is full, or too
    slow; *not connected* and *out of reach*: what is missing on the way; *not provided*: the
    kinds that would suit.
    """
    cells = one.cells
    only = only or Filter()
    keep = np.array(
        [
            (not only.tenures or g.tenure in only.tenures)
            and (not only.risks or g.risk in only.risks)
            and (not only.aims or g.aim in only.aims)
            for g in cells.setting.groups
        ],
        dtype=bool,
    )[cells.group]
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
    setting = cells.setting
    joint, share = setting.signatures.joint, setting.signatures.share
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
        if rule in setting.signatures.circumstances:
            number = setting.signatures.circumstances.index(rule)
            having = np.divide(joint[:, number], share, out=np.zeros_like(share), where=share > 0)[
                cells.signature
            ]
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
    found = {str(Detail.TOO_SLOW): slow} if slow > 0 else {}
    full = set(full_pools(cells))
    member = np.zeros((len(cells.setting.paths), len(full)), dtype=np.float32)
    pool_of = {m: p.id for p in cells.setting.pools for m in p.members}
    names = sorted(full)
    for number, path in enumerate(cells.setting.paths):
        for service in path.services:
            if pool_of.get(service) in full:
                member[number, names.index(pool_of[service])] = 1.0
    touched = cells.stages.paths.astype(np.float32) @ member > 0
    for number, name in enumerate(names):
        households = float(lost[touched[:, number]].sum())
        if households > 0:
            found[f"pool:{name.removeprefix('pool:')}"] = households
    if not found and lost.sum() > 0:
        found["tries that fail"] = float(lost.sum())
    return found


def full_pools(cells: Cells) -> list[str]:
    """Pools whose capacity is used up in the allocation."""
    run = cells.setting.run
    return [
        pool.id
        for pool in cells.setting.pools
        if cells.pool_use.get(pool.id, 0.0) >= pool.limit(run) * (1 - _FULL_WITHIN)
    ]


class Presence(StrEnum):
    """Whether a component is there for a tenure."""

    IN_PLACE = "in place"
    PARTIAL = "partial"
    ABSENT = "absent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PresenceCell:
    """One cell of component × tenure: what is there, which services, and why it is so."""

    component: Component
    tenure: Tenure
    presence: Presence | None
    """None where the component is not meant for the tenure."""
    services: tuple[str, ...]
    why: str


def presence(result: Result) -> list[PresenceCell]:
    """Lay out component × tenure from the optimistic run's services and their answers."""
    setting = result[Run.OPTIMISTIC].cells.setting
    given = eligibility.answers(result.pack)
    cells = []
    for component in Component:
        services = [s for s in setting.services if component in s.components]
        for tenure in Tenure:
            if tenure not in COMPONENT_TENURES.get(component, frozenset(Tenure)):
                cells.append(PresenceCell(component, tenure, None, (), "not meant for this tenure"))
                continue
            answer = {s.id: given.get((s.id, f"tenure_{tenure}"), Answer.UNKNOWN) for s in services}
            open_to = tuple(s for s in services if answer[s.id] is not Answer.NO)
            found, why = _presence([(s.certain, answer[s.id]) for s in open_to], len(services))
            cells.append(PresenceCell(component, tenure, found, tuple(s.id for s in open_to), why))
    return cells


def _presence(services: Sequence[tuple[bool, Answer]], of: int) -> tuple[Presence, str]:
    if not services:
        why = "no service was found" if of == 0 else "no service takes this tenure"
        return Presence.ABSENT, why
    if any(certain and answer is Answer.YES for certain, answer in services):
        return Presence.IN_PLACE, "a service runs and takes this tenure"
    if any(certain and answer is Answer.DEPENDS for certain, answer in services):
        return Presence.PARTIAL, "taken case by case"
    if any(certain for certain, _ in services):
        return Presence.UNKNOWN, "a service runs, but nobody has said whether it takes this tenure"
    return Presence.UNKNOWN, "nobody has confirmed that the service still runs"


@dataclass(frozen=True, slots=True)
class Inventory:
    """What exists, what is absent and what is unknown, by kind of service."""

    existing: tuple[tuple[str, int], ...]
    """(kind, number of services known to run) for kinds on a route."""
    absent: tuple[str, ...]
    """Kinds on a route, or legal categories, for which no service was found."""
    uncertain: tuple[str, ...]
    """Services nobody has confirmed to run."""
    capacity_unknown: tuple[str, ...]
    """Services of the safety or housing stages whose capacity nobody has published."""
    rules_unknown: int
    rules_asked: int
    legal_unclear: tuple[str, ...]
    """Services for which it cannot be told whether they are relevant accommodation."""


def inventory(pack: Pack, result: Result) -> Inventory:
    """Count what exists, what is absent and what is unknown on the reference date."""
    services = result[Run.OPTIMISTIC].cells.setting.services
    running = [s for s in services if s.certain]
    on_route = [k for k in KINDS.values() if k.stage in {Stage.SAFETY, Stage.HOUSING}]
    counts = {
        kind.code: sum(s.kind.code == kind.code for s in running)
        for kind in on_route
        if kind.code != "out_of_area"
    }
    known = {s.kind.code for s in services}
    capacity = pack["capacity"].set_index("service_id")["capacity_central"]
    without = [
        s.id
        for s in services
        if s.kind.stage in {Stage.SAFETY, Stage.HOUSING}
        and s.kind.code != "out_of_area"
        and pd.isna(capacity.get(s.id, float("nan")))
    ]
    given = eligibility.answers(pack)
    asked = [s for s in services if s.kind.stage in {Stage.SAFETY, Stage.HOUSING}]
    from housing_map.vocabulary import CIRCUMSTANCES  # noqa: PLC0415 - only the list is needed

    answered = sum(
        given.get((s.id, c), Answer.UNKNOWN) is not Answer.UNKNOWN
        for s in asked
        for c in CIRCUMSTANCES
    )
    findings = legal_view.findings(pack)
    return Inventory(
        existing=tuple((code, number) for code, number in counts.items() if number),
        absent=tuple(code for code in counts if code not in known),
        uncertain=tuple(s.id for s in services if not s.certain),
        capacity_unknown=tuple(without),
        rules_unknown=len(asked) * len(CIRCUMSTANCES) - answered,
        rules_asked=len(asked) * len(CIRCUMSTANCES),
        legal_unclear=tuple(
            service
            for service, finding in findings.items()
            if finding.answer == "cannot_tell" and finding.category in set(LegalCategory)
        ),
    )


def need_matrix(result: Result, run: Run = Run.CENTRAL) -> pd.DataFrame:
    """Tenure × need: the figures of a row for each pair, from one run."""
    return run_rows(result, result[run], ["tenure", "need"])


def component_matrix(result: Result, run: Run = Run.CENTRAL) -> pd.DataFrame:
    """Component × tenure: the figures of a row for each pair, from one run."""
    return run_rows(result, result[run], ["component", "tenure"])


__all__ = [
    "METS",
    "Cause",
    "Gap",
    "Inventory",
    "Presence",
    "PresenceCell",
    "causes",
    "component_matrix",
    "full_pools",
    "inventory",
    "largest_gaps",
    "need_matrix",
    "presence",
]
