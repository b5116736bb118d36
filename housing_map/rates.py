"""Rates of areas and of needs, for maps and matrices: modelled, never counts of people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from housing_map import demand, gaps, places
from housing_map.kinds import CONFIDENTIAL_KINDS
from housing_map.tabulate import Filter, run_rows
from housing_map.vocabulary import ELSEWHERE, METS, REASONS, Run

if TYPE_CHECKING:
    from housing_map.model import Result
    from housing_map.pack import Pack

PER_THOUSAND: Final = 1000


def area_rates(
    result: Result, level: str, *, tenure: str | None = None, component: str | None = None
) -> pd.DataFrame:
    """Rates of each area of ``level`` in the central run, indexed by the area's code.

    ``need`` is household-episodes a year per 1,000 households (Census 2021) of the tenure, or of
    all; ``met`` and every outcome are shares of those who seek help. ``name``, ``demand`` and
    ``households`` come along, and ``met_otherwise`` with a component. NaN where there is nobody.
    Raises :class:`housing_map.errors.UsageError` for an unknown level.
    """
    pack = result.pack
    only = Filter(tenures=frozenset({tenure}) if tenure else frozenset())
    by = [level, "component"] if component else [level]
    rows = run_rows(result, result[Run.CENTRAL], by, only=only)
    if component:
        rows = rows[rows["component"] == component]
    rows = rows[rows[level] != ELSEWHERE].set_index(level)
    homes = demand.households_by_tenure(pack)
    if tenure in homes.columns:
        homes = homes[[tenure]]
    households = homes.sum(axis=1).groupby(places.membership(pack)[level]).sum()
    names = places.area_names(pack)
    every = places.polygons(pack, level)["code"]
    rows = rows.reindex(every)
    rates = pd.DataFrame(index=rows.index)
    rates["name"] = [names.get((level, str(code)), str(code)) for code in rows.index]
    rates["demand"] = rows["demand"].fillna(0.0)
    rates["households"] = households.reindex(rows.index)
    rates["need"] = rates["demand"] / rates["households"].where(rates["households"] > 0)
    rates["need"] *= PER_THOUSAND
    somebody = rows["demand"].where(rows["demand"] > 0)
    for code in ("met", *METS, *REASONS, *(["met_otherwise"] if component else [])):
        rates[code] = rows[code] / somebody
    return rates


def need_spread(result: Result) -> pd.DataFrame:
    """Share of households not helped by tenure and need, in each run.

    Columns tenure, need, the figures of the central run's row, and for each run the share of
    those who seek help that is lost (NaN where nobody with the need seeks help).
    """
    lost = {}
    for run in Run:
        rows = gaps.need_matrix(result, run).set_index(["tenure", "need"])
        lost[str(run)] = 1 - rows["met"] / rows["demand"].where(rows["demand"] > 0)
    central = gaps.need_matrix(result, Run.CENTRAL)
    return central.merge(pd.DataFrame(lost).reset_index(), on=["tenure", "need"], how="left")


def public_points(pack: Pack) -> pd.DataFrame:
    """Places that people may visit: name, text, lon and lat (degrees).

    Confidential kinds have no point in any pack, since the loader refuses one; they are left
    out here as well.
    """
    points = pack["delivery_points"].merge(
        pack["services"][["service_id", "name", "kind"]],
        on="service_id",
        suffixes=("", "_service"),
    )
    points = points[~points["kind"].isin(CONFIDENTIAL_KINDS)]
    exact = points["precision"] == "site"
    return pd.DataFrame(
        {
            "name": points["name_service"],
            "text": points["name"].where(exact, points["name"] + " (about here)"),
            "lon": points["lon"],
            "lat": points["lat"],
        }
    )
