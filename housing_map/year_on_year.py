"""Two years side by side: what changed in need, provision, reach and gaps, and why.

Each pack is asked at its own reference date, with the same questions. Figures that mean the same in
both stand beside each other; those that were redefined, and areas whose boundaries moved, are named
and not compared. The difference in households met is shared out among its causes
(:mod:`housing_map.year_causes`), and every change of an input is told apart: something happened,
became known, or was redefined (:mod:`housing_map.year_inputs`).

Source: SI 2021/990, regulation 5(2): a strategy has regard to how far the need identified before
has changed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from housing_map import model, reach
from housing_map.errors import UsageError
from housing_map.gap_finding import FoundGap, GapKind, find_gaps
from housing_map.inventory import Presence, presence
from housing_map.parameters import Register
from housing_map.places import area_names, levels, membership
from housing_map.tabulate import FIGURES, run_rows
from housing_map.vocabulary import ELSEWHERE, Component, Run, Tenure
from housing_map.year_causes import Cause, Causes, causes
from housing_map.year_inputs import InputChange, Nature, input_changes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from housing_map.jobs import Report
    from housing_map.model import Result, Settings
    from housing_map.pack import Pack

SAME: Final = 0.05
"""Households a year below which a figure has not changed."""
WITHIN_MIN: Final = 30.0
"""Minutes of travel within which people are counted, to services that they visit."""
ALL: Final = ""
"""Key of the row of the whole district."""
_NEED: Final = frozenset({Cause.NEED, Cause.AREAS})
"""Causes of the number of households that seek help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureChange:
    """A figure of both years, in household-episodes a year, by the model.

    ``by`` is what it is grouped by (empty: the district), ``key`` its code and ``label`` its words.
    ``before`` and ``after`` are central, ``ranges`` from cautious to optimistic, of each year.
    ``redefined`` says that an input it rests on means something else than before, so that the
    difference is not one of the world alone.
    """

    figure: str
    by: str
    key: str
    label: str
    before: float
    after: float
    ranges: tuple[tuple[float, float], tuple[float, float]]
    redefined: bool

    @property
    def difference(self) -> float:
        """After less before."""
        return self.after - self.before

    @property
    def within_what_is_unknown(self) -> bool:
        """Whether the ranges of the two years overlap: the difference may be none."""
        (low, high), (least, most) = (sorted(pair) for pair in self.ranges)
        return low <= most and least <= high


@dataclass(frozen=True, slots=True)
class PresenceChange:
    """A component for a tenure in the district that is not as it was; None: not meant for it."""

    component: Component
    tenure: Tenure
    before: Presence | None
    after: Presence | None


@dataclass(frozen=True, slots=True)
class ReachChange:
    """Residents within half an hour of a visited service, of all whose time is known.

    ``before`` and ``after`` are shares, None where no service of the group has a known place.
    ``redefined`` says that the small areas are others, or travel is timed otherwise.
    """

    service: str
    label: str
    before: float | None
    after: float | None
    redefined: bool


@dataclass(frozen=True, slots=True)
class GapChange:
    """A gap found in one of the two years, or whose households changed.

    ``before`` and ``after`` are the gap as found in each; None where it was not.
    """

    id: str
    before: FoundGap | None
    after: FoundGap | None

    @property
    def what(self) -> str:
        """*new*, *closed* or *still there*."""
        if self.before is None:
            return "new"
        return "closed" if self.after is None else "still there"

    @property
    def found(self) -> FoundGap:
        """The gap as last found."""
        gap = self.after or self.before
        if gap is None:
            message = "a gap of neither year"
            raise ValueError(message)
        return gap


@dataclass(frozen=True, slots=True, kw_only=True)
class YearOnYear:
    """Everything that changed between two packs of one district.

    ``not_compared`` says in words what cannot be compared, and why. ``causes`` is None where
    nobody asked for them.
    """

    on: tuple[date, date]
    digests: tuple[str, str]
    figures: tuple[FigureChange, ...]
    provision: tuple[PresenceChange, ...]
    reach: tuple[ReachChange, ...]
    gaps: tuple[GapChange, ...]
    inputs: tuple[InputChange, ...]
    causes: Causes | None
    not_compared: tuple[str, ...]

    @property
    def redefined(self) -> tuple[InputChange, ...]:
        """Inputs that mean something else than before."""
        return tuple(one for one in self.inputs if one.nature is Nature.REDEFINED)

    def behind(self, cause: Cause) -> tuple[InputChange, ...]:
        """Return the inputs whose change a cause is made of."""
        causes = {cause}
        if cause is Cause.AREAS and self.causes is not None:
            with_areas = any(one.with_areas for one in self.causes.shares)
            causes |= {Cause.REACH} if with_areas else set()
        return tuple(one for one in self.inputs if one.cause in causes)

    def figure(self, figure: str, by: str = "", key: str = ALL) -> FigureChange:
        """Return a figure of both years; raises :class:`UsageError` when it is not compared."""
        for one in self.figures:
            if (one.figure, one.by, one.key) == (figure, by, key):
                return one
        message = f"{figure} by {by or 'district'} {key} is not compared"
        raise UsageError(message)

    def opened(self) -> tuple[GapChange, ...]:
        """Gaps that were not found before."""
        return tuple(one for one in self.gaps if one.what == "new")

    def closed(self) -> tuple[GapChange, ...]:
        """Gaps that are not found any more."""
        return tuple(one for one in self.gaps if one.what == "closed")


def year_on_year(
    earlier: Pack,
    later: Pack,
    settings: Settings | None = None,
    *,
    why: bool = True,
    progress: Report | None = None,
) -> YearOnYear:
    """Set two packs of one district side by side.

    ``settings`` are those of both runs, but for the date: each pack has its own. ``why`` asks for
    the causes as well, which takes up to 256 runs. ``progress`` may raise to stop. Raises
    :class:`UsageError` for packs of two districts, or in the wrong order.
    """
    if earlier.info.district_code != later.info.district_code:
        message = (
            f"The packs are of two districts, {earlier.info.title} and {later.info.title}: "
            "only years of one can be compared"
        )
        raise UsageError(message)
    if earlier.info.reference_date > later.info.reference_date:
        message = (
            f"The earlier pack is of {earlier.info.reference_date.isoformat()}, after that of "
            f"{later.info.reference_date.isoformat()}: swap them"
        )
        raise UsageError(message)
    settings = replace(settings or model.Settings(), on=None)
    results = model.run(earlier, settings), model.run(later, settings)
    inputs = input_changes(earlier, later)
    alike, not_compared = _comparable(earlier, later)
    found = causes(earlier, later, settings, progress=progress) if why else None
    return YearOnYear(
        on=(earlier.info.reference_date, later.info.reference_date),
        digests=(earlier.digest, later.digest),
        figures=tuple(_figures(results, alike, inputs)),
        provision=tuple(_provision(results)),
        reach=tuple(_reach(results, inputs)),
        gaps=tuple(_gaps(results)),
        inputs=inputs,
        causes=found,
        not_compared=not_compared,
    )


def year_on_year_job(
    report: Report, earlier: Pack, later: Pack, settings: Settings | None = None
) -> YearOnYear:
    """Do :func:`year_on_year` in a :class:`housing_map.jobs.Job`."""
    return year_on_year(earlier, later, settings, progress=report)


# Areas ------------------------------------------------------------------------------------


def _comparable(earlier: Pack, later: Pack) -> tuple[dict[str, list[str]], tuple[str, ...]]:
    """Return the areas of each level that are made of the same small areas, and what is not."""
    inside = [membership(pack) for pack in (earlier, later)]
    names = [area_names(pack) for pack in (earlier, later)]
    known = [{level.code: level.label for level in levels(pack)} for pack in (earlier, later)]
    alike: dict[str, list[str]] = {}
    told = []
    for code, label in known[1].items():
        if code in {"district", "lsoa"}:
            continue
        if code not in known[0]:
            told.append(f"{label}: the earlier data do not have this level of area.")
            continue
        parts = [table.groupby(code).groups for table in inside]
        sets = [{str(a): frozenset(map(str, lsoas)) for a, lsoas in p.items()} for p in parts]
        alike[code] = [area for area, lsoas in sets[1].items() if sets[0].get(area) == lsoas]
        moved = [area for area in sets[1] if area not in alike[code]]
        gone = [area for area in sets[0] if area not in sets[1]]
        said = [
            *(f"{names[1][code, area]} (now)" for area in moved),
            *(f"{names[0][code, area]} (before)" for area in gone),
        ]
        if said:
            told.append(f"{label}: other small areas than before: {', '.join(said)}.")
    told += [
        f"{label}: the later data do not have this level of area."
        for code, label in known[0].items()
        if code not in known[1]
    ]
    return alike, tuple(told)


# Figures ----------------------------------------------------------------------------------


def _figures(
    results: tuple[Result, Result], alike: dict[str, list[str]], inputs: tuple[InputChange, ...]
) -> Iterator[FigureChange]:
    """Yield the figures of the district, by tenure and by comparable area, of both years."""
    redefined = {one.cause for one in inputs if one.nature is Nature.REDEFINED} - {None}
    names = area_names(results[1].pack)
    marks = {"demand": bool(redefined & _NEED)}
    asked = [ALL, "tenure", *(level for level, areas in alike.items() if areas and level != "ward")]
    for by in asked:
        rows = [
            {run: run_rows(result, result[run], [by] if by else []) for run in Run}
            for result in results
        ]
        for tables in rows:
            for run in Run:
                tables[run].index = tables[run][by].astype(str) if by else [ALL]
        for key in rows[1][Run.CENTRAL].index:
            known = all(key in tables[run].index for tables in rows for run in Run)
            if not known or (by in alike and key not in {*alike[by], ELSEWHERE}):
                continue
            for figure in FIGURES:
                values = [
                    {run: float(tables[run].loc[key, figure]) for run in Run} for tables in rows
                ]
                yield FigureChange(
                    figure=figure,
                    by=by,
                    key=str(key),
                    label=names.get((by, str(key)), str(key)),
                    before=values[0][Run.CENTRAL],
                    after=values[1][Run.CENTRAL],
                    ranges=(
                        (values[0][Run.CAUTIOUS], values[0][Run.OPTIMISTIC]),
                        (values[1][Run.CAUTIOUS], values[1][Run.OPTIMISTIC]),
                    ),
                    redefined=marks.get(figure, bool(redefined)),
                )


def _provision(results: tuple[Result, Result]) -> Iterator[PresenceChange]:
    """Yield the components that are not as they were in the district."""
    cells = [
        {(c.component, c.tenure): c.presence for c in presence(result.pack, result.on)}
        for result in results
    ]
    for (component, tenure), after in cells[1].items():
        before = cells[0][component, tenure]
        if before is not after:
            yield PresenceChange(component, tenure, before, after)


def _reach(
    results: tuple[Result, Result], inputs: tuple[InputChange, ...]
) -> Iterator[ReachChange]:
    """Yield the share of residents near the services that people visit, in both years."""
    shares: list[dict[str, float | None]] = []
    for result in results:
        found = reach.visits(
            result.pack, Register(result.pack["parameters"]), Run.CENTRAL, on=result.on
        )
        table = reach.thresholds_table(
            result.pack, found, level="district", minutes=(WITHIN_MIN,)
        ).set_index("service")
        known = table["residents"] - table["not_placed"]
        shares.append(
            {
                str(group): float(table.loc[str(group), f"within_{WITHIN_MIN:g}"] / total)
                for group, total in known.items()
                if total > 0 and found.of(str(group))
            }
        )
    timed = {"detour_factor", "travel_speed_kmh", "travel_threshold_min"}
    redefined = any(
        (one.nature is Nature.REDEFINED and one.cause in {Cause.AREAS, Cause.REACH})
        or (one.table == "parameters" and one.key[0] in timed)
        for one in inputs
    )
    for group in dict.fromkeys([*shares[0], *shares[1]]):
        before, after = (one.get(group) for one in shares)
        yield ReachChange(group, reach.group_label(group), before, after, redefined)


def _gaps(results: tuple[Result, Result]) -> Iterator[GapChange]:
    """Yield gaps that are new or closed, and losses of both years."""
    then, now = (find_gaps(result) for result in results)
    names = dict.fromkeys([one.id for one in now.gaps] + [one.id for one in then.gaps])
    for name in names:
        before, after = then.find(name), now.find(name)
        if before is None or after is None or after.kind is GapKind.LOST:
            yield GapChange(name, before, after)
