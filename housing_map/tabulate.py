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
from housing_map.demand import households_by_tenure
from housing_map.errors import UsageError
from housing_map.places import find_level, membership
from housing_map.vocabulary import CIRCUMSTANCES, ELSEWHERE, KINDS, Component, Run, Stage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from housing_map.model import Result, RunResult

GROUP_DIMENSIONS: Final = ("tenure", "right", "risk", "aim", "entry")
OVERLAPPING: Final = ("need", "component")
LOST: Final = OUTCOMES[METS:]
FIGURES: Final = ("demand", "met", *OUTCOMES)
"""Figures of a row, in household-episodes a year."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Restrict rows to some households. Empty means all. ``area`` is (level, code)."""

    tenures: frozenset[str] = frozenset()
    risks: frozenset[str] = frozenset()
    aims: frozenset[str] = frozenset()
    area: tuple[str, str] | None = None


def route_components() -> tuple[Component, ...]:
    """Components that can stand on a route; perpetrator programmes stand beside the routes."""
    on_route = {k.component for k in KINDS.values() if k.stage is not Stage.SUPPORT}
    return tuple(component for component in Component if component in on_route)


def coverage_rows(
    result: Result, by: Sequence[str] = (), *, only: Filter | None = None
) -> pd.DataFrame:
    """Rows of all three runs: the columns of ``by``, ``run`` and the figures.

    ``by`` names levels of area (or ``place``, ``partnership``), and any of tenure, right, risk,
    aim, entry, need, component; at most one area level, and at most one of need and component.
    Raises :class:`UsageError` for anything else. With ``component`` there is a further column,
    ``met_otherwise``.
    """
    names = _checked(result, by)
    frames = []
    for one in result.runs:
        frame = run_rows(result, result[one], names, only=only)
        frame.insert(len(names), "run", str(one))
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def _checked(result: Result, by: Sequence[str]) -> list[str]:
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
    cells = one.cells
    keep = _kept(one, only)
    parts: list[tuple[dict[str, str], NDArray[np.float64], NDArray[np.float64] | None]] = []
    if "need" in names:
        joint = cells.setting.signatures.joint
        share = cells.setting.signatures.share
        for number, code in enumerate(cells.setting.signatures.circumstances):
            having = np.divide(joint[:, number], share, out=np.zeros_like(share), where=share > 0)[
                cells.signature
            ]
            parts.append(
                ({"need": code}, _figures(cells.demand, cells.outcomes) * having[:, None], None)
            )
    elif "component" in names:
        for component in route_components():
            suits, outcomes, otherwise = cells.component_outcomes(component)
            figures = _figures(np.where(suits, cells.demand, 0.0), outcomes)
            parts.append(({"component": str(component)}, figures, otherwise))
    else:
        parts.append(({}, _figures(cells.demand, cells.outcomes), None))
    frames = [
        _grouped(result, one, names, figures, otherwise, keep, label, only)
        for label, figures, otherwise in parts
    ]
    frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
    return _ordered(frame, names)


def _kept(one: RunResult, only: Filter) -> NDArray[np.bool_]:
    groups = one.cells.setting.groups
    keep = np.array(
        [
            (not only.tenures or g.tenure in only.tenures)
            and (not only.risks or g.risk in only.risks)
            and (not only.aims or g.aim in only.aims)
            for g in groups
        ],
        dtype=bool,
    )
    return np.asarray(keep[one.cells.group])


def _figures(demand: NDArray[np.float64], outcomes: NDArray[np.float64]) -> NDArray[np.float64]:
    met = outcomes[:, :METS].sum(axis=1)
    return np.column_stack([demand, met, outcomes])


def _grouped(  # noqa: PLR0917 - the parts of one grouping, each used once
    result: Result,
    one: RunResult,
    names: Sequence[str],
    figures: NDArray[np.float64],
    otherwise: NDArray[np.float64] | None,
    keep: NDArray[np.bool_],
    label: Mapping[str, str],
    only: Filter,
) -> pd.DataFrame:
    columns = list(FIGURES)
    if otherwise is not None:
        figures = np.column_stack([figures, otherwise])
        columns.append("met_otherwise")
    groups = one.cells.setting.groups
    group = one.cells.group[keep]
    dims = [name for name in names if name in GROUP_DIMENSIONS]
    area = next((n for n in names if n not in (*GROUP_DIMENSIONS, *OVERLAPPING)), None)
    frame = pd.DataFrame(figures[keep], columns=columns)
    for name in dims:
        values = np.array([str(getattr(g, name)) for g in groups], dtype=object)
        frame[name] = values[group]
    keys = list(dims)
    if area is not None or only.area is not None:
        frame["place_class"] = np.array([g.place for g in groups], dtype=np.int64)[group]
        if "tenure" not in frame:
            frame["tenure"] = np.array([str(g.tenure) for g in groups], dtype=object)[group]
        summed = frame.groupby(
            [*dict.fromkeys([*keys, "place_class", "tenure"])], as_index=False
        ).sum()
        frame = _spread(result, one, summed, columns, area, only)
        keys = [*keys, area] if area is not None else keys
    if keys:
        frame = frame.groupby(keys, as_index=False)[columns].sum()
    else:
        frame = frame[columns].sum().to_frame().T
    for name, value in label.items():
        frame[name] = value
    return frame[[*names, *columns]]


def _spread(  # noqa: PLR0917 - the parts of one grouping, each used once
    result: Result,
    one: RunResult,
    summed: pd.DataFrame,
    columns: list[str],
    area: str | None,
    only: Filter,
) -> pd.DataFrame:
    """Hand the figures of each class of areas back to its LSOAs, and sum to the level."""
    member = membership(result.pack)
    split = one.split[["place_class", "tenure", "lsoa", "share"]].copy()
    split["tenure"] = split["tenure"].astype(str)
    level = area or "lsoa"
    split["area"] = split["lsoa"].map(member[level])
    if only.area is not None:
        wanted_level, code = only.area
        split = split[split["lsoa"].map(member[wanted_level]) == code]
    shares = split.groupby(["place_class", "tenure", "area"], as_index=False)["share"].sum()
    arrivals = len(one.cells.setting.places) - 1
    if only.area is None:
        elsewhere = pd.DataFrame(
            {
                "place_class": arrivals,
                "tenure": sorted({str(g.tenure) for g in one.cells.setting.groups}),
                "area": ELSEWHERE,
                "share": 1.0,
            }
        )
        shares = pd.concat([shares, elsewhere], ignore_index=True)
    spread = summed.merge(shares, on=["place_class", "tenure"], how="inner")
    spread[columns] = spread[columns].mul(spread["share"], axis=0)
    return spread.rename(columns={"area": level}) if area else spread


def _ordered(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Sort rows in the order of the vocabulary where there is one, else by code."""
    if not names or frame.empty:
        return frame
    from housing_map import vocabulary as words  # noqa: PLC0415 - only the orders are needed

    orders = {
        "tenure": list(words.Tenure),
        "right": list(words.Right),
        "risk": list(words.Risk),
        "aim": list(words.Aim),
        "entry": list(words.Entry),
        "need": list(CIRCUMSTANCES),
        "component": list(Component),
    }

    def position(column: pd.Series[str]) -> pd.Series[object]:
        order = {str(code): f"{i:03d}" for i, code in enumerate(orders.get(str(column.name), []))}
        return column.map(lambda code: order.get(code, f"~{code}" if code == ELSEWHERE else code))

    return frame.sort_values(list(names), key=position, ignore_index=True)


def totals(
    result: Result, run: Run = Run.CENTRAL, *, only: Filter | None = None
) -> pd.Series[float]:
    """One row: the figures of a whole run."""
    return run_rows(result, result[run], [], only=only).iloc[0]


def pattern_shares(result: Result, level: str, measure: str) -> dict[str, float] | None:
    """How much of a map's pattern is tenure mix, reach and local risk (shares that sum to 1).

    Tenure mix is the share of the variance between areas (weighted by demand) that remains when
    every area is given the district's figure for each tenure. What is left over comes from
    local risk where the measure is need, and from reach where it is a share of those who seek
    help. ``measure`` is ``need`` or a figure of a row. None where all areas are alike.
    """
    rows = run_rows(result, result[Run.CENTRAL], [level, "tenure"])
    rows = rows[rows[level] != ELSEWHERE]
    area = rows[level].to_numpy()
    if measure == "need":
        homes = households_by_tenure(result.pack)
        by_area = homes.groupby(membership(result.pack)[level]).sum()
        size = np.array(
            [
                float(by_area.at[a, t]) if t in by_area.columns else np.nan
                for a, t in zip(rows[level], rows["tenure"], strict=True)
            ]
        )
        # Households without a home of their own are spread over every home.
        everyone = by_area.sum(axis=1)
        size = np.where(np.isnan(size), everyone.reindex(area).to_numpy(), size)
        below = everyone
        amount = rows["demand"].to_numpy()
    else:
        size = rows["demand"].to_numpy()
        below = pd.Series(size).groupby(area).sum()
        amount = rows[measure].to_numpy()
    frame = pd.DataFrame(
        {"area": area, "tenure": rows["tenure"].to_numpy(), "size": size, "amount": amount}
    )
    whole = frame.groupby("tenure")[["size", "amount"]].sum()
    rate = whole["amount"] / whole["size"].where(whole["size"] > 0)
    frame["alike"] = frame["size"] * frame["tenure"].map(rate).fillna(0.0)
    by_area_now = frame.groupby("area")[["amount", "alike"]].sum()
    below = below.reindex(by_area_now.index)
    actual = (by_area_now["amount"] / below).to_numpy()
    alike = (by_area_now["alike"] / below).to_numpy()
    weight = below.to_numpy()
    mean = np.average(actual, weights=weight)
    spread = float(np.average((actual - mean) ** 2, weights=weight))
    if spread <= (1e-6 * max(abs(mean), 1e-12)) ** 2:
        return None
    left = float(np.average((actual - alike) ** 2, weights=weight))
    rest = min(max(left / spread, 0.0), 1.0)
    risk = rest if measure == "need" else 0.0
    return {"tenure_mix": 1 - rest, "reach": rest - risk, "local_risk": risk}
