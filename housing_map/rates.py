"""Rates of areas and of needs, for maps and matrices: modelled, never counts of people."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

import pandas as pd

from housing_map import demand, gaps, places
from housing_map.kinds import CONFIDENTIAL_KINDS
from housing_map.tabulate import Filter, run_rows
from housing_map.vocabulary import ELSEWHERE, METS, REASONS, Run, Tenure

if TYPE_CHECKING:
    from housing_map.model import Result
    from housing_map.pack import Pack

PER_THOUSAND: Final = 1000
_KEPT: Final = 128
"""Maps whose rates are kept: a page asks for them anew at each choice of what to show."""
_ALIKE: Final = 1e-6
"""Relative difference below which areas count as alike."""


@lru_cache(maxsize=_KEPT)
def area_rates(
    result: Result, level: str, *, tenure: str | None = None, component: str | None = None
) -> pd.DataFrame:
    """Rates of each area of ``level`` in the central run, by code; nobody may change them.

    ``need`` is household-episodes a year per 1,000 households (Census 2021) of the tenure, or of
    all; ``met`` and every outcome are shares of those who seek help. ``name``, ``demand`` and
    ``households`` come along, and ``met_otherwise`` with a component. NaN where there is nobody.
    Raises :class:`housing_map.errors.UsageError` for an unknown level.
    """
    pack = result.pack
    level = places.find_level(pack, level).code
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
    """Places that people may visit: name, text, lon and lat (degrees), and their point_id.

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
            "point_id": points["point_id"],
            "name": points["name_service"],
            "text": points["name"].where(exact, points["name"] + " (about here)"),
            "lon": points["lon"],
            "lat": points["lat"],
        }
    )


@lru_cache(maxsize=_KEPT)
def pattern_shares(
    result: Result, level: str, measure: str, *, only: Filter | None = None
) -> dict[str, float] | None:
    """How much of a map's pattern is tenure mix, reach and local risk (shares that sum to 1).

    Tenure mix is the share of the variance between areas (weighted by their size) that remains
    when every area is given the district's figure for each tenure. What is left over comes from
    local risk where the measure is ``need``, and from reach where it is a share of those who
    seek help. ``measure`` is ``need`` or a figure of a row. None where all areas are alike, or
    nobody seeks help.
    """
    rows = run_rows(result, result[Run.CENTRAL], [level, "tenure"], only=only)
    rows = rows[rows[level] != ELSEWHERE]
    if rows.empty:
        return None
    frame = pd.DataFrame({"area": rows[level], "tenure": rows["tenure"]})
    if measure == "need":
        homes = demand.households_by_tenure(result.pack)
        homes = homes.groupby(places.membership(result.pack)[level]).sum()
        # Households without a home of their own are spread over every home.
        everyone = homes.sum(axis=1).rename("size")
        frame = frame.merge(_long(homes, everyone), on=["area", "tenure"], how="left")
        frame["amount"] = rows["demand"].to_numpy()
        one_tenure = (frame["tenure"] == frame["tenure"].iloc[0]).all()
        below = frame.groupby("area")["size"].sum() if one_tenure else everyone
    else:
        frame["size"], frame["amount"] = rows["demand"], rows[measure]
        below = frame.groupby("area")["size"].sum()
    whole = frame.groupby("tenure")[["size", "amount"]].sum()
    rate = whole["amount"] / whole["size"].where(whole["size"] > 0)
    frame["alike"] = frame["size"] * frame["tenure"].map(rate).fillna(0.0)
    of_area = frame.groupby("area")[["amount", "alike"]].sum()
    weight = below.reindex(of_area.index)
    weight = weight[weight > 0]
    of_area = of_area.reindex(weight.index)
    actual, alike = of_area["amount"] / weight, of_area["alike"] / weight
    mean = float((actual * weight).sum() / weight.sum())
    spread = float(((actual - mean) ** 2 * weight).sum())
    if spread <= (_ALIKE * max(abs(mean), _ALIKE)) ** 2 * float(weight.sum()):
        return None
    rest = min(float(((actual - alike) ** 2 * weight).sum()) / spread, 1.0)
    if measure != "need":
        return {"tenure_mix": 1 - rest, "reach": rest, "local_risk": 0.0}
    risk = rest if result.settings.local_risk else 0.0
    return {"tenure_mix": 1 - risk, "reach": 0.0, "local_risk": risk}


def _long(homes: pd.DataFrame, everyone: pd.Series[float]) -> pd.DataFrame:
    """Lay homes by area and tenure out as rows; those without a home stand before every home."""
    table = homes.assign(**{str(Tenure.TEMPORARY): everyone}).rename_axis("area").reset_index()
    table.columns = pd.Index([str(name) for name in table.columns])
    return table.melt(id_vars="area", var_name="tenure", value_name="size")
