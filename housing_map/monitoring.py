"""Monitoring quarter by quarter: what was counted, how it moves, and what the plan said.

Series come from what services and the council send in (:mod:`housing_map.returns`) and from
published homelessness statistics. A quarter that nobody sent stays missing: it is never nought. A
figure whose meaning changed begins a series of its own, and the two are not joined.

A row about the whole district counts each household once; where there is none, rows of services
are added up, and the series says that a household may stand in it twice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import pandas as pd

from housing_map import control
from housing_map.returns import (
    BARRIERS,
    DESTINATIONS,
    END_REASONS,
    MEASURES,
    OUTCOME_TOOLS,
    STAY_BANDS,
    UNABLE_REASONS,
)
from housing_map.tabulate import run_rows
from housing_map.vocabulary import Run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from housing_map.control import Limits
    from housing_map.model import Result
    from housing_map.pack import Pack
    from housing_map.vocabulary import Term

YEAR: Final = 4
"""Quarters of a year."""


class Sort(StrEnum):
    """Where a series comes from."""

    RETURN = "return"
    PUBLISHED = "published"


@dataclass(frozen=True, slots=True)
class Series:
    """One thing counted, quarter by quarter.

    ``counts`` has a figure or None for each of ``quarters``, which follow each other without a
    hole. ``adds_up`` says whether four quarters sum to the year; else a year is their mean.
    ``services_added`` are quarters in which rows of services were added up.
    """

    id: str
    label: str
    unit: str
    sort: Sort
    quarters: tuple[str, ...]
    counts: tuple[float | None, ...]
    adds_up: bool
    source: str
    services_added: tuple[str, ...] = ()
    note: str = ""

    @property
    def last(self) -> tuple[str, float] | None:
        """Return the last quarter with a figure, and the figure."""
        for quarter, value in zip(reversed(self.quarters), reversed(self.counts), strict=True):
            if value is not None:
                return quarter, value
        return None

    @property
    def missing(self) -> tuple[str, ...]:
        """Quarters nobody has a figure for."""
        pairs = zip(self.quarters, self.counts, strict=True)
        return tuple(quarter for quarter, value in pairs if value is None)

    def rolling(self) -> tuple[float | None, ...]:
        """Return the sum (or mean) of each four quarters up to one; None where one is missing."""
        found: list[float | None] = []
        for place in range(len(self.counts)):
            four = [v for v in self.counts[max(place - YEAR + 1, 0) : place + 1] if v is not None]
            total = sum(four) if self.adds_up else sum(four) / YEAR
            found.append(total if len(four) == YEAR else None)
        return tuple(found)

    def limits(self) -> Limits | None:
        """Return control limits of the last quarters in a row, None before there are twelve."""
        tail = self.unbroken()
        return control.limits(tail) if len(tail) >= control.FEWEST else None

    def unbroken(self) -> list[float]:
        """Return the figures of the last quarters that follow each other without a hole."""
        found: list[float] = []
        for value in reversed(self.counts):
            if value is None:
                if found:
                    break
                continue
            found.append(value)
        return found[::-1]


def following(quarter: str) -> str:
    """Return the quarter after one.

    >>> following("2025Q4"), following("2025Q1")
    ('2026Q1', '2025Q2')
    """
    year, number = int(quarter[:4]), int(quarter[5])
    return f"{year + number // YEAR}Q{number % YEAR + 1}"


def between(first: str, last: str) -> tuple[str, ...]:
    """Return every quarter from one to another, both included."""
    found = [first]
    while found[-1] < last:
        found.append(following(found[-1]))
    return tuple(found)


def quarters_of(year: str) -> tuple[str, ...]:
    """Return the quarters of a financial year.

    >>> quarters_of("2025-26")
    ('2025Q2', '2025Q3', '2025Q4', '2026Q1')
    """
    return between(f"{year[:4]}Q2", f"{int(year[:4]) + 1}Q1")


def _is_quarter(period: object) -> bool:
    return isinstance(period, str) and period[4:5] == "Q"


# What was sent in -------------------------------------------------------------------------


def _by_quarter(frame: pd.DataFrame, column: str = "count") -> tuple[dict[str, float], set[str]]:
    """Return the figure of each quarter, and quarters in which services were added up."""
    found: dict[str, float] = {}
    added: set[str] = set()
    for period, part in frame[frame["period"].map(_is_quarter).astype(bool)].groupby("period"):
        whole = part[part["service_id"].isna()]
        found[str(period)] = float((whole if len(whole) else part)[column].sum())
        if not len(whole) and len(part) > 1:
            added.add(str(period))
    return found, added


def _series(
    key: str,
    term: Term,
    unit: str,
    frame: pd.DataFrame,
    *,
    adds_up: bool = True,
    span: Sequence[str] | None = None,
) -> Series | None:
    counted, added = _by_quarter(frame)
    if not counted:
        return None
    quarters = tuple(span) if span else between(min(counted), max(counted))
    return Series(
        id=key,
        label=term.label,
        unit=unit,
        sort=Sort.RETURN,
        quarters=quarters,
        counts=tuple(counted.get(quarter) for quarter in quarters),
        adds_up=adds_up,
        source="Returns of services and of the council",
        services_added=tuple(sorted(added)),
        note=term.meaning,
    )


def measures(pack: Pack) -> tuple[Series, ...]:
    """Return a series for each measure that somebody sent in: people, households, homes, cases."""
    frame = pack.tables.get("quarterly_returns")
    if frame is None:
        return ()
    found = [
        _series(code, term, term.unit, frame[frame["measure"] == code], adds_up=term.adds_up)
        for code, term in MEASURES.items()
    ]
    return tuple(one for one in found if one is not None)


_DIVIDED: Final[dict[str, tuple[str, str, Mapping[str, Term]]]] = {
    "unable": ("return_reasons", "reason", UNABLE_REASONS),
    "endings": ("return_endings", "reason", END_REASONS),
    "move_on": ("move_on", "destination", DESTINATIONS),
    "stays": ("return_stays", "band", STAY_BANDS),
}
"""What households are divided by: table, column, and the words of its codes."""


def divided(pack: Pack, what: str) -> tuple[Series, ...]:
    """Return a series for each reason, destination or band: ``unable``, ``endings``, ``move_on``.

    ``stays`` are bands of length. A code that a sent quarter leaves out counts 0 in it. Raises
    :class:`KeyError` for anything else.
    """
    table, column, terms = _DIVIDED[what]
    frame = pack.tables.get(table)
    if frame is None:
        return ()
    sent = sorted({str(p) for p in frame["period"] if _is_quarter(p)})
    if not sent:
        return ()
    found = []
    for code, term in terms.items():
        one = _series(
            f"{what}:{code}",
            term,
            "households",
            frame[frame[column] == code],
            span=between(sent[0], sent[-1]),
        )
        if one is not None:
            counts = tuple(
                0.0 if value is None and quarter in sent else value
                for quarter, value in zip(one.quarters, one.counts, strict=True)
            )
            found.append(replace(one, counts=counts))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Distance:
    """Distance travelled on a tool: mean end − mean start over the same ``people``, in points."""

    period: str
    tool: str
    area: str
    people: int
    start: float
    end: float

    @property
    def travelled(self) -> float:
        """Points further on at the end than at the start."""
        return self.end - self.start


def distances(pack: Pack) -> tuple[Distance, ...]:
    """Return outcome scores by period, tool and area: means over people, weighted by them."""
    frame = pack.tables.get("outcomes")
    if frame is None:
        return ()
    found = []
    for (period, tool, area), part in frame.groupby(["period", "tool", "area"], sort=True):
        whole = part[part["service_id"].isna()]
        rows = whole if len(whole) else part
        people = rows["count"].astype("float64")
        if people.sum() <= 0:
            continue
        found.append(
            Distance(
                str(period),
                OUTCOME_TOOLS[str(tool)].label,
                str(area),
                int(people.sum()),
                float((rows["mean_start"] * people).sum() / people.sum()),
                float((rows["mean_end"] * people).sum() / people.sum()),
            )
        )
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Barrier:
    """A theme that people with lived experience raised: ``raised`` of ``heard`` in a period."""

    period: str
    theme: str
    label: str
    raised: int
    heard: int


def barriers(pack: Pack) -> tuple[Barrier, ...]:
    """Return barriers by period and theme, the most often raised first. Themes overlap."""
    frame = pack.tables.get("barriers")
    if frame is None:
        return ()
    found = []
    for (period, theme), part in frame.groupby(["period", "theme"]):
        whole = part[part["service_id"].isna()]
        rows = whole if len(whole) else part
        label = BARRIERS[str(theme)].label
        counts = int(rows["count"].sum()), int(rows["heard"].sum())
        found.append(Barrier(str(period), str(theme), label, *counts))
    return tuple(sorted(found, key=lambda one: (one.period, -one.raised, one.theme)))


# What is published ------------------------------------------------------------------------

_PUBLISHED: Final = (
    ("owed_any_duty", "Households owed a duty as homeless, or at risk of it", ("owed_any_duty",),
     ""),
    ("reason_da_all", "Homeless because of domestic abuse", ("reason_da_all",),
     "Includes people made homeless as alleged perpetrators."),
    ("reason_da_victims", "Homeless because of domestic abuse, victims",
     ("reason_da_prevention_victim", "reason_da_relief_victim"),
     "Victims are told apart from the third quarter of 2023."),
    ("support_need_da", "Owed a duty, with a support need because of domestic abuse",
     ("support_need_da",), ""),
)  # fmt: skip
"""Published series: id, label, columns that are added up, and what a reader should know."""


def published(pack: Pack) -> tuple[Series, ...]:
    """Return the published homelessness series of the district, from their first figure on."""
    table = pack["homelessness"]
    here = table[table["area_code"] == pack.info.district_code].set_index("quarter").sort_index()
    found = []
    for key, label, columns, note in _PUBLISHED:
        values = here[list(columns)].sum(axis=1, min_count=len(columns)).dropna()
        if values.empty:
            continue
        quarters = between(str(values.index.min()), str(values.index.max()))
        known = {str(quarter): float(value) for quarter, value in values.items()}
        found.append(
            Series(
                id=key,
                label=label,
                unit="households",
                sort=Sort.PUBLISHED,
                quarters=quarters,
                counts=tuple(known.get(quarter) for quarter in quarters),
                adds_up=True,
                source="MHCLG, statutory homelessness, detailed local authority tables",
                note=note,
            )
        )
    return tuple(found)


# Plan and actual --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Planned:
    """What a scenario expects of a year beside what the last four quarters came to.

    ``low``, ``central`` and ``high`` are of the three runs; ``actual`` is None where nobody sent
    four quarters in a row.
    """

    label: str
    unit: str
    low: float
    central: float
    high: float
    actual: float | None
    until: str

    @property
    def inside(self) -> bool | None:
        """Whether what came lies within what was expected; None where nothing came."""
        return None if self.actual is None else self.low <= self.actual <= self.high


def plan_against_actual(pack: Pack, result: Result) -> tuple[Planned, ...]:
    """Lay what a scenario's result expects beside the last four quarters of the returns.

    Households helped stand beside households whose support began, and homes made safer beside what
    the scheme's pool is used for: the model's *met* counts people helped elsewhere as well, so the
    first is a comparison of size, not of like with like.
    """
    rows = {run: run_rows(result, result[run], []).iloc[0] for run in Run}
    counted = {one.id: one for one in measures(pack)}
    found = []
    for key, label, expected in (
        ("households_started", "Households helped", {run: float(rows[run]["met"]) for run in Run}),
        ("homes_secured", "Homes made safer", {run: _secured(result, run) for run in Run}),
    ):
        ends = sorted(expected.values())
        series = counted.get(key)
        four = series.rolling()[-1] if series is not None else None
        found.append(
            Planned(
                label=label,
                unit=MEASURES[key].unit,
                low=ends[0],
                central=expected[Run.CENTRAL],
                high=ends[-1],
                actual=four,
                until=series.quarters[-1] if series is not None else "",
            )
        )
    return tuple(found)


def _secured(result: Result, run: Run) -> float:
    """Return the installations a year that the sanctuary pools of a run are used for."""
    cells = result[run].cells
    return sum(
        cells.pool_use.get(pool.id, 0.0) / pool.load(run)
        for pool in cells.setting.pools
        if pool.kind.code in {"sanctuary", "target_hardening"}
    )


# Changes ------------------------------------------------------------------------------------


def changed(series: Series) -> str:
    """Say in words whether the last quarter is noise or change.

    Only the last unbroken quarters count, and only from twelve on.
    """
    found = series.limits()
    if found is None:
        have = len(series.unbroken())
        return f"{have} of {control.FEWEST} quarters in a row: too few to tell change from noise"
    if not found.signals[-1]:
        return "within what varies from quarter to quarter"
    return f"{moved(series)} than noise explains"


def moved(series: Series) -> str:
    """Say which way the last quarter lies from the mean: ``higher``, ``lower``, or nothing.

    Nothing where it is within the limits, or where there are too few quarters to tell.
    """
    found = series.limits()
    if found is None or not found.signals[-1]:
        return ""
    return "higher" if series.unbroken()[-1] > found.mean else "lower"


def as_rows(series: Sequence[Series]) -> pd.DataFrame:
    """Return series as one long table: a row a series and quarter.

    Columns series, label, unit, sort, quarter, count, four_quarters, mean, lower, upper, signal and
    source. A missing quarter has an empty count; limits stand with the quarters they come from.
    """
    rows = []
    for one in series:
        found = one.limits()
        rolling = one.rolling()
        first = _first_of_tail(one)
        for place, quarter in enumerate(one.quarters):
            inside = found is not None and first <= place < first + len(found.signals)
            rows.append(
                {
                    "series": one.id,
                    "label": one.label,
                    "unit": one.unit,
                    "sort": str(one.sort),
                    "quarter": quarter,
                    "count": one.counts[place],
                    "four_quarters": rolling[place],
                    "mean": found.mean if found and inside else None,
                    "lower": found.lower if found and inside else None,
                    "upper": found.upper if found and inside else None,
                    "signal": "; ".join(found.signals[place - first]) if found and inside else "",
                    "source": one.source,
                }
            )
    return pd.DataFrame(rows)


def _first_of_tail(one: Series) -> int:
    """Return where the last unbroken quarters begin."""
    last = max((n for n, value in enumerate(one.counts) if value is not None), default=-1)
    return last - len(one.unbroken()) + 1


def everything(pack: Pack, *, restricted: bool) -> tuple[Series, ...]:
    """Return every series; those of returns, which hold small numbers, only where restricted."""
    sent = (
        (*measures(pack), *(one for what in _DIVIDED for one in divided(pack, what)))
        if restricted
        else ()
    )
    return (*sent, *published(pack))
