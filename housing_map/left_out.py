"""Whom a set of changes leaves out, always named: after the model has run the scenario chosen.

Floors hold for a *plan*: places can be given out so that no group falls below its floor. The model
gives them out by its own rules (as many households as possible, then evenly), and by these a group
may end below: it is named as well, since somebody has to keep the floor by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pandas as pd

from housing_map import model
from housing_map.candidates import COVERED
from housing_map.cells import records
from housing_map.gates import GROUP_LABELS, group_name
from housing_map.places import area_names
from housing_map.scenario import apply
from housing_map.tabulate import checked, run_rows
from housing_map.vocabulary import (
    REASONS,
    Reason,
    Run,
)
from housing_map.words import about

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from housing_map.model import Result, Settings
    from housing_map.pack import Pack
    from housing_map.scenario import Scenario

BELOW: Final = 1e-4
"""Share of need by which a group has to stay below its floor, to be named: less is rounding."""
COLUMNS: Final = ("what", "which", "name", "demand", "left", "share_met", "reason", "reason_left")
_WHAT: Final = {"tenure": "Home before", "risk": "Risk", "need": "Need"}
LABELS: Final = GROUP_LABELS


@dataclass(frozen=True, slots=True, eq=False)
class LeftOut:
    """Who is left out, and who ends below a floor.

    ``rows`` has :data:`COLUMNS`: what the group is (a level of area, tenure, risk, need), which,
    its name, household-episodes a year who ask and who are left, the share of need met, the main
    reason (a code) and how many are left for it; within each *what*, who has the least share met
    comes first. ``below`` has what, which, name, floor, share_met and short (households a year) of
    groups that the model's own sharing leaves below their floor. For the restricted view.
    """

    rows: pd.DataFrame
    below: pd.DataFrame


def left_out(
    pack: Pack,
    scenario: Scenario,
    settings: Settings,
    *,
    by: Sequence[str] | None = None,
    floors: Mapping[tuple[str, str], float] | None = None,
    run: Run = Run.CENTRAL,
) -> LeftOut:
    """Run a scenario and name whom it leaves out, in groups of ``by``.

    None: areas of the pack's own level, tenure, risk and need. ``floors`` are the least shares by
    group, (what, which) → share; None stands for the shares met without the scenario. Raises what
    :func:`housing_map.model.run` raises.
    """
    names = tuple(by) if by is not None else (pack.info.default_level, *COVERED)
    applied = apply(pack, scenario, settings)
    after = _rows(model.run(applied.pack, applied.settings), names, run)
    if floors is None:
        before = _rows(model.run(pack, settings), names, run)
        floors = {(r["what"], r["which"]): float(r["share_met"]) for r in records(before)}
    found = []
    for row in records(after):
        floor = floors.get((row["what"], row["which"]), 0.0)
        short = floor - float(row["share_met"])
        if short > BELOW and row["demand"] > 0:
            kept = {key: row[key] for key in ("what", "which", "name")}
            found.append(
                kept
                | {"floor": floor, "share_met": row["share_met"], "short": short * row["demand"]}
            )
    columns = ["what", "which", "name", "floor", "share_met", "short"]
    return LeftOut(after, pd.DataFrame(found, columns=columns))


def _rows(result: Result, by: Sequence[str], run: Run) -> pd.DataFrame:
    """Return whom each group leaves out, and the main reason."""
    names, frames = area_names(result.pack), []
    for what in by:
        code = checked(result, [what])[0]
        frame = run_rows(result, result[run], [code])
        lost = frame[[str(reason) for reason in Reason]]
        left = lost.sum(axis=1)
        found = pd.DataFrame(
            {
                "what": what,
                "which": frame[code].astype(str),
                "name": [group_name(code, str(which), names) for which in frame[code]],
                "demand": frame["demand"],
                "left": left,
                "share_met": (frame["met"] / frame["demand"].where(frame["demand"] > 0)).fillna(0),
                "reason": lost.idxmax(axis=1).astype(str),
                "reason_left": lost.max(axis=1),
            }
        )
        frames.append(found.sort_values(["share_met", "which"], kind="stable", ignore_index=True))
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=[*COLUMNS])


def shown(found: LeftOut, *, publishable: bool = False) -> pd.DataFrame:
    """Return a table to be read: group, who is left out, and the main reason in words.

    The publishable one rounds modelled households as people say them, has no share of need met
    (it would rest on assumptions) and leaves groups out that nobody asks from.
    """
    rows = []
    for row in records(found.rows):
        if row["demand"] <= 0:
            continue
        said = {
            "Group": _WHAT.get(str(row["what"]), "Area"),
            "Which": row["name"],
            "Left out a year": about(row["left"]) if publishable else float(row["left"]),
            "Mostly because": reason_words(str(row["reason"]), float(row["reason_left"])),
        }
        if not publishable:
            said |= {"Ask a year": float(row["demand"]), "share met": float(row["share_met"])}
        rows.append(said)
    return pd.DataFrame(rows)


def reason_words(reason: str, households: float) -> str:
    """Say a reason; nothing where nobody is left for it.

    >>> reason_words("no_room", 3.0)
    'a route exists, but it is full or too slow'
    """
    return REASONS[reason].meaning if households > 0 else ""
