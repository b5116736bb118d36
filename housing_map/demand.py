"""Who seeks help: three layers, kept apart, and household groups by area.

1. *affected*: Crime Survey prevalence on adults, by tenure; context only.
2. *seeking help*: household-episodes a year that seek accommodation-based support. This is the
   demand the cascade uses.
3. *reached services*: local counts, which overlap; bounds only.

The layers measure different things: they are never averaged, and none is a range of another.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import isfinite
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from housing_map.cells import is_empty, records
from housing_map.errors import UsageError
from housing_map.parameters import triad
from housing_map.profiles import drawn_near
from housing_map.vocabulary import CIRCUMSTANCES, Aim, Entry, Right, Risk, Run, Tenure

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from housing_map.cells import Row
    from housing_map.pack import Pack
    from housing_map.parameters import Figure, Register
    from housing_map.stance import Stance

HOUSED: Final = (Tenure.OWNED, Tenure.PRIVATE, Tenure.COUNCIL, Tenure.ASSOCIATION)

LSOA_COLUMNS: Final = {
    Tenure.OWNED: ("owned_outright", "owned_mortgage", "shared_ownership"),
    Tenure.PRIVATE: ("rents_private_landlord", "rents_other_private", "rent_free"),
    Tenure.COUNCIL: ("rents_council",),
    Tenure.ASSOCIATION: ("rents_other_social",),
}
"""Census 2021 TS054 columns that make up each tenure."""

CALIBRATION_GROUP: Final = {
    Tenure.OWNED: "owned",
    Tenure.PRIVATE: "private_rent",
    Tenure.COUNCIL: "social_rent",
    Tenure.ASSOCIATION: "social_rent",
}


@dataclass(frozen=True, slots=True)
class Shares:
    """How seekers divide, by tenure where it matters; every row sums to 1."""

    right: pd.DataFrame
    risk: pd.Series[float]
    aim: pd.DataFrame
    entry: pd.Series[float]
    circumstances: dict[str, float]
    pairs: dict[tuple[str, str], float] = field(default_factory=dict)
    """Share of households with both of two circumstances, where it is known."""


@dataclass(frozen=True, slots=True)
class Factor:
    """So many ``times`` as many households seek help: a change that a scenario makes.

    Residents of some small areas (``lsoas``; empty: of all) and ``tenures`` (empty: all), or
    households with one ``need`` wherever they come from. Raises :class:`UsageError` for less
    than none, and for a need in a part of the district, where nobody knows its share.
    """

    times: float
    lsoas: frozenset[str] = frozenset()
    tenures: frozenset[Tenure] = frozenset()
    need: str | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if not (isfinite(self.times) and self.times >= 0):
            message = f"Demand can be 0 or more times what it is, not {self.times:g}"
            raise UsageError(message)
        if self.need is not None and (self.lsoas or self.tenures):
            message = "Needs are known for the whole district, not for some areas or tenures"
            raise UsageError(message)


@dataclass(frozen=True, slots=True)
class Demand:
    """Demand of one run.

    ``affected`` (LSOA × tenure) are adults in the last year; ``residents`` (LSOA × tenure) and
    ``arrivals`` (tenure) are household-episodes a year that seek help. ``residents`` sums to
    ``total``.
    """

    affected: pd.DataFrame
    residents: pd.DataFrame
    arrivals: pd.Series[float]
    shares: Shares
    total: float


def households_by_tenure(pack: Pack) -> pd.DataFrame:
    """Households of each LSOA by tenure (Census 2021), rows LSOAs, columns tenures."""
    facts = pack["lsoa_facts"].set_index("lsoa_code")
    return pd.DataFrame(
        {
            tenure: facts[list(columns)].sum(axis=1).astype("float64")
            for tenure, columns in LSOA_COLUMNS.items()
        }
    )


def tenure_rates(pack: Pack, register: Register, run: Stance) -> pd.Series[float]:
    """Share of adults affected in a year, by calibration group.

    Ratios between tenures are scaled so that the rate over all adults of England and Wales
    equals the Crime Survey's; then they are applied here. Calibrated on the district they would
    erase its tenure mix. Sources: parameters ``prevalence_adults_last_year``,
    ``tenure_ratio_social_to_owner``, ``tenure_ratio_private_rent_to_owner``.
    """
    table = pack["tenure_calibration"].set_index("tenure")
    adults = table["households"] * table["adults_per_household"]
    ratio = pd.Series(
        {
            "owned": 1.0,
            "private_rent": register.at("tenure_ratio_private_rent_to_owner", run),
            "social_rent": register.at("tenure_ratio_social_to_owner", run),
        }
    )
    prevalence = register.at("prevalence_adults_last_year", run)
    owner_rate = prevalence * adults.sum() / (adults * ratio.reindex(adults.index)).sum()
    return ratio * owner_rate


def affected_adults(pack: Pack, register: Register, run: Stance) -> pd.DataFrame:
    """Adults affected in a year, rows LSOAs, columns tenures. Modelled; context only."""
    rates = tenure_rates(pack, register, run)
    adults = pack["tenure_calibration"].set_index("tenure")["adults_per_household"]
    households = households_by_tenure(pack)
    factor = pd.Series(
        {t: rates[CALIBRATION_GROUP[t]] * adults[CALIBRATION_GROUP[t]] for t in HOUSED}
    )
    return households * factor


def seeking_total(register: Register, run: Stance) -> float:
    """Household-episodes a year that seek help: national total × share of population.

    (households supported + households that could not be supported) × the district's share of
    England's population. Source: MHCLG, Support in domestic abuse safe accommodation 2024-25.
    The second count may repeat households.
    """
    national = register.at("national_households_supported", run) + register.at(
        "national_households_unable_to_be_supported", run
    )
    return national * register.at("district_share_of_england_population", run)


def household_shares(pack: Pack, stance: Stance = Run.CENTRAL) -> Shares:
    """Shares by which household groups divide; see ``household_shares.csv``.

    A row with a tenure replaces the row for every tenure. Shares are central in every run,
    since which end is worse is not known; draws take them from their ranges, and divide by the
    sum what has to be a whole. Shares of circumstances that cannot hold together are drawn nearer
    to the central ones (:func:`housing_map.profiles.drawn_near`).
    """
    rows, pairs = _share_rows(pack), _pairs(pack)

    def by_code(dimension: str, tenure: Tenure | None = None) -> dict[str, float]:
        part = rows.get((dimension, str(tenure))) or rows.get((dimension, ""), {})
        drawn = {code: figure.at(stance) for code, figure in part.items()}
        if isinstance(stance, Run) or dimension == "circumstance":
            return drawn
        whole = sum(drawn.values()) or 1.0
        return {code: share / whole for code, share in drawn.items()}

    circumstances = by_code("circumstance")
    if not isinstance(stance, Run):
        central = {
            code: figure.at(Run.CENTRAL)
            for code, figure in rows.get(("circumstance", ""), {}).items()
        }
        circumstances = drawn_near(central, circumstances, pairs)
    right = pd.DataFrame({t: by_code("right", t) for t in Tenure}).T
    aim = pd.DataFrame({t: by_code("aim", t) for t in Tenure}).T
    return Shares(
        right=right.reindex(columns=list(Right)).fillna(0.0),
        risk=pd.Series(by_code("risk")).reindex(list(Risk)).fillna(0.0),
        aim=aim.reindex(columns=[Aim.STAY, Aim.MOVE, Aim.LEAVE]).fillna(0.0),
        entry=pd.Series(by_code("entry")).reindex(list(Entry)).fillna(0.0),
        circumstances=circumstances,
        pairs=pairs,
    )


def _share_rows(pack: Pack) -> dict[tuple[str, str], dict[str, Figure]]:
    """Known shares by dimension and tenure (empty: every tenure), then by code."""
    found: dict[tuple[str, str], dict[str, Figure]] = {}
    for row in records(pack["household_shares"]):
        tenure = "" if is_empty(row["tenure"]) else str(row["tenure"])
        key = f"share_of:{row['dimension']}:{row['code']}:{tenure}"
        figure = triad(row, "", worse_when=None, key=key, unit="share")
        if figure.known:
            found.setdefault((str(row["dimension"]), tenure), {})[str(row["code"])] = figure
    return found


def _pairs(pack: Pack) -> dict[tuple[str, str], float]:
    """Known shares of households with both of two circumstances: central in every run."""
    table = pack["circumstance_pairs"]
    names = zip(table["circumstance_a"], table["circumstance_b"], strict=True)
    return {
        (str(a), str(b)): float(both)
        for (a, b), both in zip(names, table["central"], strict=True)
        if pd.notna(both)
    }


def temporary_share(pack: Pack, stance: Stance = Run.CENTRAL) -> float:
    """Share of seekers with no home of their own: central in every run.

    Which end is worse for coverage is not known: they cannot stay, but nothing about whose name
    the home is in stands against them.
    """
    figure = _share_rows(pack).get(("tenure", ""), {}).get(Tenure.TEMPORARY)
    return 0.0 if figure is None else figure.at(stance)


def local_risk_index(pack: Pack) -> pd.Series[float]:
    """Violence, stalking and harassment recorded in each LSOA, over the district's mean.

    The mean weighted by residents is 1. An LSOA without figures takes 1.
    """
    facts = pack["lsoa_facts"].set_index("lsoa_code")
    rate = facts["stalking_harassment_per_1000"] + facts["violence_with_injury_per_1000"]
    weight = facts["residents"].astype("float64")
    known = rate.notna()
    mean = np.average(rate[known], weights=weight[known]) if known.any() else 0.0
    return (rate / mean).fillna(1.0) if mean > 0 else rate.mask(rate.notna(), 1.0).fillna(1.0)


def demand(
    pack: Pack,
    register: Register,
    run: Stance,
    *,
    local_risk: bool = False,
    factors: Sequence[Factor] = (),
) -> Demand:
    """Household-episodes a year that seek help, by LSOA and tenure, and arrivals.

    The total comes from :func:`seeking_total`; tenure from :func:`affected_adults`; households
    without a home of their own are spread as the affected are. With ``local_risk`` the spread
    inside each tenure follows :func:`local_risk_index`, the totals by tenure unchanged.
    Arrivals equal ``arrivals_per_leaver`` × leavers, with the tenure mix of England and Wales.
    ``factors`` are applied to residents one after another, before arrivals are reckoned; the
    households of a need grow by the same share in every area and tenure.
    """
    affected = affected_adults(pack, register, run)
    shares = household_shares(pack, run)
    total = seeking_total(register, run)
    spread = _by_local_risk(pack, affected) if local_risk else affected
    by_tenure = affected.sum() / affected.to_numpy().sum()
    homeless = temporary_share(pack, run)
    residents = spread.div(spread.sum().where(spread.sum() > 0, 1.0))
    residents = residents * (by_tenure * total * (1 - homeless))
    everywhere = spread.sum(axis=1) / spread.to_numpy().sum()
    residents[Tenure.TEMPORARY] = everywhere * total * homeless
    for factor in factors:
        residents, shares = _multiplied(residents, shares, factor)
    leavers = (residents.sum() * shares.aim[Aim.LEAVE]).sum()
    arrivals = _arrivals_mix(pack, register, run, by_tenure) * (1 - homeless)
    arrivals[Tenure.TEMPORARY] = homeless
    arrivals *= leavers * register.at("arrivals_per_leaver", run)
    total = float(residents.to_numpy().sum()) if factors else total
    return Demand(affected, residents[list(Tenure)], arrivals[list(Tenure)], shares, total)


def _multiplied(
    residents: pd.DataFrame, shares: Shares, factor: Factor
) -> tuple[pd.DataFrame, Shares]:
    """Return residents and shares after one factor.

    With a need of share s, f times as many: all are 1 − s + s·f times as many, and whatever
    goes together with the need grows with it.
    """
    if factor.need is not None:
        with_need = with_more(shares, factor.need, factor.times)
        share = shares.circumstances.get(factor.need, 0.0)
        return residents * (1 - share + share * factor.times), with_need
    rows = residents.index.isin(list(factor.lsoas)) if factor.lsoas else slice(None)
    columns = list(factor.tenures) or list(Tenure)
    changed = residents.copy()
    changed.loc[rows, columns] *= factor.times
    return changed, shares


def with_more(shares: Shares, need: str, times: float) -> Shares:
    """Return shares when ``times`` as many households have a need.

    A circumstance c of share p, that a share b of all has together with the need, becomes
    (p + (f − 1)·b) ÷ (1 − s + s·f): b is the share of the pair where it is known, 0 for two levels
    of one thing, else p·s. Other pairs are left as they are. A need whose share nobody knows
    changes nothing.
    """
    share = shares.circumstances.get(need)
    whole = 1.0 if share is None else 1 - share + share * times
    if share is None or whole <= 0:
        return shares
    group = CIRCUMSTANCES[need].level_of

    def both(code: str) -> float:
        if code == need:
            return share
        known = shares.pairs.get((code, need), shares.pairs.get((need, code)))
        if known is not None:
            return known
        levels = group is not None and CIRCUMSTANCES[code].level_of == group
        return 0.0 if levels else shares.circumstances[code] * share

    together = {code: both(code) for code in shares.circumstances}
    changed = {
        code: (part + (times - 1) * together[code]) / whole
        for code, part in shares.circumstances.items()
    }
    pairs = {
        (a, b): amount * times / whole if need in {a, b} else amount
        for (a, b), amount in shares.pairs.items()
    }
    return replace(shares, circumstances=changed, pairs=pairs)


def _by_local_risk(pack: Pack, affected: pd.DataFrame) -> pd.DataFrame:
    """Weigh the affected by local risk; a tenure only where none is recorded stays as it is."""
    spread = affected.mul(local_risk_index(pack), axis=0)
    unheard = spread.columns[spread.sum() <= 0]
    spread[unheard] = affected[unheard]
    return spread


def _arrivals_mix(
    pack: Pack, register: Register, run: Stance, here: pd.Series[float]
) -> pd.Series[float]:
    """Tenure mix of the affected in England and Wales; social rent divides as it does here."""
    table = pack["tenure_calibration"].set_index("tenure")
    weight = table["households"] * table["adults_per_household"] * tenure_rates(pack, register, run)
    social = here[Tenure.COUNCIL] + here[Tenure.ASSOCIATION]
    council = here[Tenure.COUNCIL] / social if social > 0 else 1.0
    mix = pd.Series(
        {
            Tenure.OWNED: weight["owned"],
            Tenure.PRIVATE: weight["private_rent"],
            Tenure.COUNCIL: weight["social_rent"] * council,
            Tenure.ASSOCIATION: weight["social_rent"] * (1 - council),
        }
    )
    return mix / mix.sum()


@dataclass(frozen=True, slots=True)
class LocalCount:
    """A published count turned into a yearly rate."""

    key: str
    label: str
    count: float
    per_year: float
    start: date
    end: date
    row: Row


def reached(pack: Pack) -> tuple[list[LocalCount], float, float]:
    """Return the third layer: local counts a year, with the bounds they set.

    Returns the counts marked as households that reached services for accommodation, the largest
    single one and their sum: since they overlap, the truth lies between, if none is missing.
    """
    counts = [c for c in local_counts(pack) if c.row["reached"] == "yes"]
    rates = [c.per_year for c in counts]
    return counts, max(rates, default=0.0), sum(rates)


def local_counts(pack: Pack) -> list[LocalCount]:
    """Every local count with its yearly rate (count ÷ whole months × 12)."""
    found = []
    for row in records(pack["local_counts"]):
        start, end = row["period_start"].date(), row["period_end"].date()
        months = (end.year - start.year) * 12 + end.month - start.month + 1
        rate = float(row["count"]) * 12 / months
        found.append(
            LocalCount(
                str(row["key"]),
                str(row["label"]),
                float(row["count"]),
                rate,
                start,
                end,
                row,
            )
        )
    return found
