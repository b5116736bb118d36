"""What a scenario changes from place to place: rates before and after, and sentences that say so.

Modelled rates, as on every map here. Numbers of households are said for places as large as a Place
Partnership; wards and small areas have rates alone, and nothing is asked by circumstance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pandas as pd

from housing_map.places import find_level
from housing_map.rates import area_rates
from housing_map.words import FEW, about

if TYPE_CHECKING:
    from housing_map.model import Result

RATES_ONLY: Final = frozenset({"ward", "lsoa"})
"""Levels whose modelled figures are shown as rates alone."""
POINTS: Final = "percentage points"
PER_THOUSAND: Final = "per 1,000 households"
_DECIMALS: Final = 1
"""Decimals of points, and of households per thousand, that are shown and drawn."""
_FELT_HOUSEHOLDS: Final = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class PlaceChanges:
    """Three maps and the table beside them, for one measure at one level of area.

    ``before``, ``after`` and ``difference`` are indexed by area code: ``value`` (in ``unit`` for
    the difference; per cent or households per 1,000 otherwise; one decimal; NaN unknown) and
    ``text``, a sentence. ``rows`` has ``area``, ``before``, ``after``, ``change`` and, where
    numbers may be said, ``households``: all in words.
    """

    level: str
    unit: str
    before: pd.DataFrame
    after: pd.DataFrame
    difference: pd.DataFrame
    rows: pd.DataFrame


def place_changes(
    before: Result,
    after: Result,
    measure: str = "met",
    *,
    level: str | None = None,
    tenure: str | None = None,
    component: str | None = None,
) -> PlaceChanges:
    """Return a measure by place before and after a scenario, in the central run.

    Parameters
    ----------
    before, after
        The results of the baseline and of the scenario.
    measure
        ``need`` (households who seek help a year per 1,000 households), or a figure of a row, as a
        share of those who seek help.
    level
        Level of area; the pack's default, a Place Partnership in Kirklees, when None.
    tenure, component
        Restrict to some households, or to a component.

    Raises
    ------
    housing_map.errors.UsageError
        There is no such level.
    """
    level = find_level(before.pack, level or before.pack.info.default_level).code
    old, new = (
        area_rates(result, level, tenure=tenure, component=component) for result in (before, after)
    )
    new = new.reindex(old.index)
    rate = measure == "need"
    times = 1.0 if rate else 100.0
    first, last = old[measure].astype(float) * times, new[measure].astype(float) * times
    # Rounded before anybody divides it into classes: what a sum leaves behind is no pattern.
    change = (last - first).round(_DECIMALS) + 0.0
    said = {
        "before": [_said(value, rate=rate) for value in first],
        "after": [_said(value, rate=rate) for value in last],
        "change": [_moved(value, rate=rate) for value in change],
    }
    rows = pd.DataFrame({"area": old["name"], **said}, index=old.index)
    if level not in RATES_ONLY:
        amounts = [
            frame["demand"] if rate else frame["demand"] * frame[measure].fillna(0.0)
            for frame in (old, new)
        ]
        rows["households"] = [_households(amount) for amount in amounts[1] - amounts[0]]
    sentences = [
        f"{row.area}: {row.before} now, {row.after} with the changes: {row.change}"
        for row in rows.itertuples()
    ]

    def values(column: pd.Series[float], texts: list[str]) -> pd.DataFrame:
        return pd.DataFrame({"value": column, "text": texts}, index=old.index)

    named = old["name"].tolist()
    return PlaceChanges(
        level=level,
        unit=PER_THOUSAND if rate else POINTS,
        before=values(
            first.round(_DECIMALS),
            [f"{n}: {s}" for n, s in zip(named, said["before"], strict=True)],
        ),
        after=values(
            last.round(_DECIMALS), [f"{n}: {s}" for n, s in zip(named, said["after"], strict=True)]
        ),
        difference=values(change, sentences),
        rows=rows,
    )


def _said(value: float, *, rate: bool) -> str:
    if pd.isna(value):
        return "not known"
    return f"{value:.1f} {PER_THOUSAND}" if rate else f"{value:.0f}%"


def _moved(change: float, *, rate: bool) -> str:
    """Say which way a rate moves, and how far.

    >>> _moved(3.24, rate=False), _moved(-0.5, rate=True), _moved(0.0, rate=True)
    ('up 3.2 percentage points', 'down 0.5 per 1,000 households', 'no change')
    """
    if pd.isna(change):
        return "not known"
    if change == 0:
        return "no change"
    return f"{'up' if change > 0 else 'down'} {abs(change):.1f} {PER_THOUSAND if rate else POINTS}"


def _households(change: float) -> str:
    """Say how many households more or fewer a year: modelled, and never a small number.

    >>> _households(12.2), _households(-3.0), _households(0.0)
    ('about 10 more', 'fewer than 5, modelled (down)', 'no change')
    """
    if pd.isna(change):
        return "not known"
    if abs(change) < _FELT_HOUSEHOLDS:
        return "no change"
    if abs(change) < FEW:
        return f"{about(abs(change))}, modelled ({'up' if change > 0 else 'down'})"
    return f"{about(abs(change))} {'more' if change > 0 else 'fewer'}"
