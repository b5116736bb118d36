"""Rows of the cascade, by place, tenure, risk, need or component: what every page reads.

Area, tenure and risk partition demand: their rows sum to the total. Needs and components
overlap: the identity holds inside each row, and rows do not sum.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from housing_map.coverage import METS, OUTCOMES
from housing_map.errors import UsageError
from housing_map.kinds import ON_ROUTE
from housing_map.places import find_level, membership
from housing_map.vocabulary import (
    CIRCUMSTANCES,
    ELSEWHERE,
    Aim,
    Component,
    Entry,
    Right,
    Risk,
    Run,
    Tenure,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from housing_map.coverage import Group, Setting
    from housing_map.model import Result, RunResult
    from housing_map.pack import Pack

    Floats = NDArray[np.float64]

GROUP_DIMENSIONS: Final = ("tenure", "right", "risk", "aim", "entry")
OVERLAPPING: Final = ("need", "component")
FIGURES: Final = ("demand", "met", *OUTCOMES)
"""Figures of a row, in household-episodes a year."""
SUPPORTED: Final = "met_with_support"
"""Of those met, how many on a route known to give the specialist support they need, or who need
none. It stands beside the cascade: rows about a component do not have it."""
_ORDERS: Final = {
    "tenure": tuple(Tenure),
    "right": tuple(Right),
    "risk": tuple(Risk),
    "aim": tuple(Aim),
    "entry": tuple(Entry),
    "need": tuple(CIRCUMSTANCES),
    "component": tuple(Component),
}
"""Order of the rows, by what they are grouped by; areas go by code."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Restrict rows to some households. Empty means all. ``area`` is (level, code)."""

    tenures: frozenset[str] = frozenset()
    risks: frozenset[str] = frozenset()
    aims: frozenset[str] = frozenset()
    area: tuple[str, str] | None = None

    def keeps(self, group: Group) -> bool:
        """Whether a household group is asked for; its area is not looked at."""
        return (
            (not self.tenures or group.tenure in self.tenures)
            and (not self.risks or group.risk in self.risks)
            and (not self.aims or group.aim in self.aims)
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """Figures of every cell for one need or component, or for all (cells × columns)."""

    label: dict[str, str]
    figures: Floats
    columns: tuple[str, ...] = FIGURES


def route_components() -> tuple[Component, ...]:
    """Components that can stand on a route; perpetrator programmes stand beside the routes."""
    return tuple(component for component in Component if component in ON_ROUTE)


def coverage_rows(
    result: Result, by: Sequence[str] = (), *, only: Filter | None = None
) -> pd.DataFrame:
    """Rows of all three runs: the columns of ``by``, ``run`` and the figures.

    ``by`` names levels of area (or ``place``, ``partnership``), and any of tenure, right, risk,
    aim, entry, need, component; at most one area level, and at most one of need and component.
    Raises :class:`UsageError` for anything else. The last column is ``met_with_support``
    (:data:`SUPPORTED`), or with ``component`` ``met_otherwise``.
    """
    names = checked(result, by)
    frames = []
    for one in result.runs:
        frame = run_rows(result, result[one], names, only=only)
        frame.insert(len(names), "run", str(one))
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def checked(result: Result, by: Sequence[str]) -> list[str]:
    """Return what to group by with aliases resolved; see :func:`coverage_rows`."""
    names = []
    for name in by:
        known = (*GROUP_DIMENSIONS, *OVERLAPPING)
        names.append(name if name in known else find_level(result.pack, name).code)
    areas = [n for n in names if n not in (*GROUP_DIMENSIONS, *OVERLAPPING)]
    if len(areas) > 1 or len(set(names)) < len(names):
        message = f"Group by one level of area at most, and by nothing twice: got {', '.join(by)}"
        raise UsageError(message)
    if all(name in names for name in OVERLAPPING):
        message = "Group by need or by component, not by both"
        raise UsageError(message)
    return names


def run_rows(
    result: Result, one: RunResult, names: Sequence[str], *, only: Filter | None = None
) -> pd.DataFrame:
    """Rows of one run; see :func:`coverage_rows`."""
    only = only or Filter()
    frames = [_grouped(result, one, names, part, only) for part in _parts(one, names)]
    if not frames:
        return pd.DataFrame(columns=[*names, *FIGURES, SUPPORTED])
    return _ordered(pd.concat(frames, ignore_index=True), names)


def rows_of(
    result: Result,
    one: RunResult,
    by: Sequence[str],
    figures: pd.DataFrame,
    *,
    only: Filter | None = None,
) -> pd.DataFrame:
    """Rows of any other figures of a run, grouped and weighed as those of the cascade are.

    ``figures`` has a row for each cell of ``one`` and a column for each figure, in
    household-episodes a year; ``by`` is as in :func:`coverage_rows`, without component. Raises
    :class:`UsageError` for anything else.
    """
    names = checked(result, by)
    if "component" in names:
        message = "These figures have no row about a component"
        raise UsageError(message)
    values, columns = figures.to_numpy(dtype=np.float64), tuple(map(str, figures.columns))
    parts = [_Part({}, values, columns)]
    if "need" in names:
        signatures, signature = one.cells.setting.signatures, one.cells.signature
        parts = [
            _Part({"need": code}, values * signatures.having(code)[signature][:, None], columns)
            for code in signatures.circumstances
        ]
    frames = [_grouped(result, one, names, part, only or Filter()) for part in parts]
    if not frames:
        return pd.DataFrame(columns=[*names, *columns])
    return _ordered(pd.concat(frames, ignore_index=True), names)


def _parts(one: RunResult, names: Sequence[str]) -> Iterator[_Part]:
    """Yield the figures of each need or component asked for, or of all households at once."""
    cells = one.cells
    if "need" in names:
        figures = _figures(cells.demand, cells.outcomes)
        signatures = cells.setting.signatures
        for code in signatures.circumstances:
            having = signatures.having(code)[cells.signature]
            supported = cells.supported_having(code)
            yield _Part(
                {"need": code},
                np.column_stack([figures * having[:, None], supported]),
                (*FIGURES, SUPPORTED),
            )
    elif "component" in names:
        for component in route_components():
            suits, outcomes, otherwise = cells.component_outcomes(component)
            figures = _figures(np.where(suits, cells.demand, 0.0), outcomes)
            yield _Part(
                {"component": str(component)},
                np.column_stack([figures, otherwise]),
                (*FIGURES, "met_otherwise"),
            )
    else:
        figures = _figures(cells.demand, cells.outcomes)
        yield _Part({}, np.column_stack([figures, cells.met_with_support]), (*FIGURES, SUPPORTED))


def _figures(demand: Floats, outcomes: Floats) -> Floats:
    return np.column_stack([demand, outcomes[:, :METS].sum(axis=1), outcomes])


def _grouped(
    result: Result, one: RunResult, names: Sequence[str], part: _Part, only: Filter
) -> pd.DataFrame:
    """Sum the figures of a part by ``names``."""
    groups, columns = one.cells.setting.groups, list(part.columns)
    keep = np.array([only.keeps(g) for g in groups], dtype=bool)[one.cells.group]
    group = one.cells.group[keep]
    frame = pd.DataFrame(part.figures[keep], columns=columns)
    keys = [name for name in names if name in GROUP_DIMENSIONS]
    area = next((n for n in names if n not in (*GROUP_DIMENSIONS, *OVERLAPPING)), None)
    by_area = area is not None or only.area is not None
    for name in dict.fromkeys([*keys, "tenure"] if by_area else keys):
        values = np.array([str(getattr(g, name)) for g in groups], dtype=object)
        frame[name] = values[group]
    if by_area:
        frame["place_class"] = np.array([g.place for g in groups], dtype=np.int64)[group]
        alike = list(dict.fromkeys([*keys, "place_class", "tenure"]))
        frame = frame.groupby(alike, as_index=False).sum()
        shares = area_shares(result.pack, one.cells.setting, one.split, area or "lsoa", only.area)
        frame = frame.merge(shares, on=["place_class", "tenure"], how="inner")
        frame[columns] = frame[columns].mul(frame["share"], axis=0)
    if area is not None:
        keys.append(area)
    if keys:
        frame = frame.groupby(keys, as_index=False)[columns].sum()
    else:
        frame = frame[columns].sum().to_frame().T
    return frame.assign(**part.label)[[*names, *columns]]


def area_shares(
    pack: Pack,
    setting: Setting,
    split: pd.DataFrame,
    level: str,
    only: tuple[str, str] | None = None,
) -> pd.DataFrame:
    """Return how households of each class of areas and tenure divide into areas of a level.

    ``split`` is that of a run; ``only`` restricts it to one area (level, code). Columns
    place_class, tenure, the level and share. Arrivals have an area of their own, unless one area
    alone is asked for.
    """
    member = membership(pack)
    if only is not None:
        wanted, code = only
        split = split[split["lsoa"].map(member[wanted]) == code]
    table = pd.DataFrame(
        {
            "place_class": split["place_class"],
            "tenure": split["tenure"].astype(str),
            level: split["lsoa"].map(member[level]),
            "share": split["share"],
        }
    )
    shares = table.groupby(["place_class", "tenure", level], as_index=False)[["share"]].sum()
    if only is not None:
        return shares
    elsewhere = pd.DataFrame(
        {
            "place_class": len(setting.places) - 1,
            "tenure": sorted({str(g.tenure) for g in setting.groups}),
            level: ELSEWHERE,
            "share": 1.0,
        }
    )
    return pd.concat([shares, elsewhere], ignore_index=True)


def _ordered(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Sort rows in the order of the vocabulary where there is one, else by code."""
    if not names or frame.empty:
        return frame

    def position(column: pd.Series[str]) -> pd.Series[str]:
        order = {str(code): f"{i:03d}" for i, code in enumerate(_ORDERS.get(str(column.name), ()))}
        order[ELSEWHERE] = f"~{ELSEWHERE}"
        return column.map(lambda code: order.get(code, code))

    return frame.sort_values(list(names), key=position, ignore_index=True)


def totals(
    result: Result, run: Run = Run.CENTRAL, *, only: Filter | None = None
) -> pd.Series[float]:
    """One row: the figures of a whole run."""
    return run_rows(result, result[run], [], only=only).iloc[0]
