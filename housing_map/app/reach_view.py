"""Reach on the map: who lives within so many minutes of the nearest place, and who does not."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pandas as pd
import streamlit as st

from housing_map import places, reach, words
from housing_map.app import furniture, state
from housing_map.cells import records
from housing_map.errors import UsageError
from housing_map.pack import Pack
from housing_map.parameters import Register
from housing_map.rates import public_points
from housing_map.vocabulary import RUNS, Run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from housing_map.reach import Access, Visits

MEASURE: Final = "reach"
LABEL: Final = "Within reach of the nearest place"
UNIT: Final = "% of residents"
LIMITS: Final = reach.THRESHOLDS_MIN
CLASSES: Final = (25.0, 50.0, 75.0, 95.0)
"""One scale for every threshold and service, so that maps can be compared."""
_DEFAULT_LIMIT: Final = "30"
_SHOWN: Final = 20
"""Small areas that a list of disagreements names."""
_SEVERAL: Final = 2


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
    """Reach of one group of services at one level, in the central run.

    ``areas`` is the thresholds table by code of the area, and ``outside`` its row for small areas
    in no area; ``placeless`` are services that are visited nobody knows where; ``within`` is the
    district's share within the limit, by run.
    """

    what: str
    limit: str
    found: Visits
    placeless: list[str]
    areas: pd.DataFrame
    outside: pd.DataFrame
    within: Mapping[Run, float]
    nearest: pd.DataFrame
    access: Access

    @property
    def shown(self) -> pd.Series[float]:
        """Share of residents in reach, in per cent; NaN where nobody can be placed."""
        placed = self.areas["residents"] > self.areas["not_placed"]
        return (self.areas[f"share_{self.limit}"] * 100).where(placed)

    @property
    def services(self) -> list[str]:
        """Names of the services asked about."""
        return [service.name for service in self.found.of(self.what)]


def choices(pack: Pack) -> list[state.Choice]:
    """Return what is asked: the nearest place of what, and within how many minutes."""
    groups = _visits(pack, Run.CENTRAL).groups()
    return [
        state.Choice(
            "reach_what",
            "Nearest place of",
            tuple((group, reach.group_label(group)) for group in groups),
            reach.ANY,
        ),
        state.Choice(
            "reach_limit",
            "Within, minutes included",
            tuple((f"{limit:g}", f"{limit:g} minutes") for limit in LIMITS),
            _DEFAULT_LIMIT,
        ),
    ]


@st.cache_resource(
    show_spinner=False, max_entries=16, hash_funcs={Pack: lambda found: found.digest}
)
def _visits(pack: Pack, run: Run) -> Visits:
    return reach.visits(pack, Register(pack["parameters"]), run)


@st.cache_resource(
    show_spinner="Working out who lives within reach…",
    max_entries=64,
    hash_funcs={Pack: lambda found: found.digest},
)
def read(pack: Pack, level: str, what: str, limit: str) -> Reach:
    """Work out reach once, for all readers."""
    found = _visits(pack, Run.CENTRAL)
    table = reach.thresholds_table(pack, found, level=level, minutes=LIMITS)
    table = table[table["service"] == what].set_index(places.find_level(pack, level).code)
    within = {}
    for run in Run:
        whole = reach.thresholds_table(pack, _visits(pack, run), level="district", minutes=LIMITS)
        of_what = whole[whole["service"] == what]
        # A run in which no such service is known to exist reaches nobody.
        within[run] = 0.0 if of_what.empty else float(of_what[f"share_{limit}"].iloc[0])
    return Reach(
        what=what,
        limit=limit,
        found=found,
        placeless=[
            str(row["name"])
            for row in records(pack["services"])
            if row["service_id"] in found.placeless
        ],
        areas=table[table.index != reach.NOWHERE],
        outside=table[table.index == reach.NOWHERE],
        within=within,
        nearest=reach.nearest(found, found.of(what)),
        access=reach.access(pack, found, Run.CENTRAL, what=what),
    )


def points(pack: Pack, asked: Reach) -> pd.DataFrame:
    """Return the places asked about that a map may show."""
    shown = public_points(pack)
    return shown[shown["point_id"].isin(asked.found.places_of(asked.found.of(asked.what)))]


def said(value: float, limit: str) -> str:
    """Say a share of residents in reach."""
    return "not known" if math.isnan(value) else f"{value:.0f}% of residents within {limit} minutes"


def finding(asked: Reach) -> list[str]:
    """Return the answer, with its range and from which area to which."""
    label = reach.group_label(asked.what).lower()
    if not asked.services:
        return [f"No service that people visit at a known place was found: {label}."]
    low, high = (f"{end:.0%}" for end in (min(asked.within.values()), max(asked.within.values())))
    start = (
        f"{_capital(words.one_in(asked.within[Run.CENTRAL]))} of residents live within "
        f"{asked.limit} minutes of the nearest place of: {label}"
    )
    sentences = [f"{start} ({low} to {high} in the other runs)." if low != high else f"{start}."]
    shown = asked.shown.dropna()
    if len(shown) >= _SEVERAL and shown.max() - shown.min() >= 0.5:  # noqa: PLR2004 - rounds apart
        names = asked.areas["name"]
        sentences.append(
            f"From {shown.min():.0f}% in {_where(names, shown == shown.min())} "
            f"to {shown.max():.0f}% in {_where(names, shown == shown.max())}."
        )
    return sentences


def _where(names: pd.Series[str], flags: pd.Series[bool]) -> str:
    """Name the area that is flagged, or say how many are."""
    flagged = [str(name) for name in names[flags.index[flags]]]
    return flagged[0] if len(flagged) == 1 else f"{words.counted(len(flagged))} areas"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def profile(asked: Reach, code: str) -> list[str]:
    """Say of one area who lives within each threshold."""
    row = next(records(asked.areas[asked.areas.index == code]))
    lines = [f"{row['residents']:,.0f} residents (Census 2021)"]
    lines += [
        f"Within {limit:g} minutes: {words.one_in(float(row[f'share_{limit:g}']))}"
        for limit in LIMITS
        if row["residents"] > 0
    ]
    if row["not_placed"] > 0:
        lines.append(f"Not placed: {row['not_placed']:,.0f} residents")
    return [*lines, f"Times: {_times(row)}"]


def _times(row: Mapping[str, float]) -> str:
    """Say whether the times of an area are given or estimated."""
    placed = row["residents"] - row["not_placed"]
    if placed <= 0:
        return "not known"
    estimated = row["estimated"] / placed
    reached = row[f"within_{LIMITS[-1]:g}"] + row["beyond"]
    if row["estimated"] <= 0:
        return "given" if reached > 0 else "not known"
    return "estimated" if estimated >= 1 else f"{estimated:.0%} estimated, others given"


def tables(pack: Pack, asked: Reach) -> None:
    """Draw the thresholds table, and all that a map cannot show."""
    label = reach.group_label(asked.what)
    both = pd.concat([asked.areas, asked.outside])
    frame = pd.DataFrame(
        [
            {
                "Area": row["name"],
                "Residents": f"{row['residents']:,.0f}",
                **{
                    f"Within {limit:g} min": _share(row[f"share_{limit:g}"], row)
                    for limit in LIMITS
                },
                f"Beyond {LIMITS[-1]:g} min": f"{row['beyond']:,.0f}",
                "Not placed": f"{row['not_placed']:,.0f}",
                "Times": _times(row),
            }
            for row in records(both)
        ]
    )
    furniture.table(
        frame,
        f"The same numbers: residents within each threshold, minutes included. {label}, "
        f"{RUNS[Run.CENTRAL].label.lower()} run",
        numbers=list(frame.columns[1:-1]),
    )
    furniture.bullets(notes(asked))
    _disagreements(pack, asked)
    _supply(pack, asked)


def _share(share: float, row: Mapping[str, float]) -> str:
    return "not known" if row["residents"] <= row["not_placed"] else f"{share:.0%}"


def notes(asked: Reach) -> list[str]:
    """Say who is not placed, which services have no place, and what is never asked about."""
    missing = int(asked.areas["not_placed"].sum() + asked.outside["not_placed"].sum())
    lines = [
        f"Not placed: {missing:,} residents live where no time can be given; they count as out of "
        "reach in the shares."
        if missing
        else "Everybody is placed: no small area is without a time, or outside these areas."
    ]
    if asked.services:
        lines.append(f"Asked about: {words.joined(asked.services)}.")
    if asked.placeless:
        lines.append(
            "Visited, but no place is known, so in no figure here: "
            f"{words.joined(asked.placeless)}."
        )
    lines.append(
        "Only services that people have to visit are asked about: never accommodation, and never "
        "help that comes to the home."
    )
    return lines


def _disagreements(pack: Pack, asked: Reach) -> None:
    """List where the place that is nearest by time is not the nearest by distance."""
    near = asked.nearest
    apart = near[near["disagree"]]
    if apart.empty:
        if near["by_time"].notna().any():
            why = (
                ": all times are estimates from the straight line"
                if (near["status"] == "estimated").sum() == near["by_time"].notna().sum()
                else ""
            )
            furniture.note(f"The nearest place by time is also the nearest by distance{why}.")
        return
    names = places.area_names(pack)
    point = pack["delivery_points"].set_index("point_id")["name"].to_dict()
    worst = (apart["minutes_there"] - apart["minutes"]).sort_values(ascending=False).index
    rows = [
        {
            "Small area": names.get(("lsoa", str(code)), str(code)),
            "Nearest by time": point[apart["by_time"][code]],
            "Minutes": f"{apart['minutes'][code]:.0f}",
            "Nearest by distance": point[apart["by_distance"][code]],
            "Straight line": f"{apart['km'][code]:.1f} km",
            "Minutes there": _minutes(float(apart["minutes_there"][code])),
        }
        for code in worst[:_SHOWN]
    ]
    shown = f"the {_SHOWN} with the longest detour" if len(apart) > _SHOWN else "all of them"
    with st.expander(
        f"In {len(apart)} of {len(near)} small areas the nearest place by time is not the nearest "
        "by distance"
    ):
        furniture.table(
            pd.DataFrame(rows),
            f"Where time and distance disagree: {shown}",
            numbers=["Minutes", "Straight line", "Minutes there"],
        )


def _minutes(value: float) -> str:
    return f"{value:.0f}" if value < float("inf") else "cannot be reached"


def _supply(pack: Pack, asked: Reach) -> None:
    """Say how well areas are served where supply is known, and where only reach can be said."""
    furniture.note(asked.access.words)
    if asked.access.sites.empty:
        return
    areas, level = asked.access.areas, asked.areas.index.name
    where = places.membership(pack)[str(level)].reindex(areas.index)
    known = areas.dropna(subset="enhanced")
    weighted = known[["enhanced", "balanced", "met"]].mul(known["people"], axis=0)
    sums = weighted.assign(people=known["people"]).groupby(where).sum()
    sums = sums[sums["people"] > 0]
    frame = pd.DataFrame(
        [
            {
                "Area": str(asked.areas["name"].get(str(code), code)),
                "Stepped (E2SFCA)": f"{row['enhanced'] / row['people']:.2f}",
                "Balanced (BFCA)": f"{row['balanced'] / row['people']:.2f}",
                "Level of service met": f"{row['met'] / row['people']:.2f}",
            }
            for code, row in sums.iterrows()
        ]
    )
    with st.expander("How well each area is served, where supply is known"):
        furniture.table(
            frame,
            "Households a year that can be taken, per 1,000 residents",
            numbers=list(frame.columns[1:]),
        )
        furniture.note(
            "Floating catchment areas: places are shared among those who can come, nearer ones "
            "counting more (enhanced two-step, Luo and Qi 2009); balanced shares people as well as "
            "places (Paez, Higgins and Vivona 2019)."
        )


def rests_on(pack: Pack, asked: Reach) -> list[str]:
    """Say what reach rests on."""
    register = Register(pack["parameters"])
    try:
        estimate = (
            f"Where no time is given it is estimated: straight line × "
            f"{register.at('detour_factor', Run.CENTRAL):g} ÷ "
            f"{register.at('travel_speed_kmh', Run.CENTRAL):g} km/h, from where most people of a "
            "small area live; the other runs take a slower and a faster speed."
        )
    except UsageError as error:
        estimate = f"{error}."
    mode = asked.found.mode
    return [
        f"Times by {mode} are given in the data." if mode else "No travel times are in the data.",
        estimate,
        "Thresholds include the minute itself: 30 minutes is within 30. A place counts for the "
        "areas its service serves.",
        "Residents of Census 2021, counted and not modelled: not people who seek help.",
    ]
