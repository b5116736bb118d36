"""What a brief is written from: the figures of each scenario of a comparison, read once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

from housing_map.brief.phrases import FELT
from housing_map.change_words import sentences
from housing_map.costs import cost_rows
from housing_map.displacement import displaced, moves
from housing_map.effects import by, totals
from housing_map.equality import equality_table
from housing_map.errors import UsageError
from housing_map.places import area_names, find_level
from housing_map.scenario import digest
from housing_map.vocabulary import ELSEWHERE, TENURES, Reason, Run

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from housing_map.displacement import Displaced, Moves
    from housing_map.effects import Comparison
    from housing_map.pack import Pack
    from housing_map.paired import Paired
    from housing_map.scenario import Applied

_WIDE: Final = "place"
"""Level of area whose few rows a brief has room for, where the pack has it."""


@dataclass(frozen=True, slots=True)
class Group:
    """Households of a tenure or area, a year: who ask, and who are helped, before and after."""

    label: str
    asked_before: float
    asked: float
    before: float
    after: float

    @property
    def change(self) -> float:
        """Helped after less helped before."""
        return self.after - self.before

    @property
    def left(self) -> float:
        """Still without help after."""
        return max(self.asked - self.after, 0.0)


@dataclass(frozen=True, eq=False)
class Facts:
    """Figures of scenario ``number`` of a comparison, in household-episodes a year."""

    comparison: Comparison
    number: int
    level: str
    publishable: bool
    paired: Paired | None

    @property
    def pack(self) -> Pack:
        """The pack of the baseline."""
        return self.comparison.baseline.pack

    @property
    def applied(self) -> Applied:
        """The scenario, applied."""
        return self.comparison.outcome(self.number).applied

    @property
    def name(self) -> str:
        """Name of the scenario; a number where names of people's own are not published."""
        return f"Proposal {self.number}" if self.publishable else self.applied.scenario.name

    @property
    def alone(self) -> Comparison:
        """The comparison of the baseline with this scenario."""
        return replace(self.comparison, outcomes=(self.comparison.outcome(self.number),))

    @cached_property
    def total(self) -> Mapping[str, float]:
        """Figures of everybody, before, after and change."""
        row = totals(self.alone).iloc[0]
        return {str(k): float(v) for k, v in row.items() if k not in {"number", "scenario"}}

    @cached_property
    def changes_by_run(self) -> dict[Run, float]:
        """Change of households helped in each of the three runs."""
        return {run: float(totals(self.alone.at(run))["met_change"].iloc[0]) for run in Run}

    @cached_property
    def tenures(self) -> tuple[Group, ...]:
        """Households by the home they had."""
        return self._groups("tenure", {code: term.label for code, term in TENURES.items()})

    @cached_property
    def places(self) -> tuple[Group, ...]:
        """Households by area, and those from elsewhere."""
        names = {code: name for (level, code), name in area_names(self.pack).items()
                 if level == self.level}  # fmt: skip
        return self._groups(self.level, names | {ELSEWHERE: "From elsewhere"})

    def _groups(self, dimension: str, names: Mapping[str, str]) -> tuple[Group, ...]:
        rows = by(self.alone, [dimension])
        figures = ("demand_before", "demand_after", "met_before", "met_after")
        return tuple(
            Group(names.get(str(code), str(code)), *(float(value) for value in values))
            for code, *values in rows[[dimension, *figures]].itertuples(index=False)
        )

    @cached_property
    def needs(self) -> pd.DataFrame:
        """Rows of the equality-impact table about needs and protected characteristics."""
        drawn = self.paired
        if drawn is not None and not {(), ("need",)} <= set(drawn.baseline.frames):
            drawn = None
        table = equality_table(self.comparison, self.number, level=self.level, paired=drawn)
        return table[table["block"].isin(["characteristic", "need"])]

    @cached_property
    def displaced(self) -> Displaced | None:
        """What pools that grow take from others."""
        return displaced(self.comparison, self.number)

    @cached_property
    def moves(self) -> Moves:
        """Who gains and who loses."""
        return moves(self.comparison, self.number)

    @cached_property
    def said(self) -> tuple[str, ...]:
        """Each change in a sentence."""
        return sentences(self.applied.scenario.changes, self.pack, publishable=self.publishable)

    @property
    def reasons(self) -> dict[Reason, float]:
        """Households without help after, by reason."""
        return {reason: self.total[f"{reason}_after"] for reason in Reason}

    @property
    def interval(self) -> tuple[float, float] | None:
        """80 % interval of the change of households helped, where it was drawn."""
        if self.paired is None or () not in self.paired.baseline.frames:
            return None
        return self.paired.interval(self.number)

    @property
    def left(self) -> float:
        """Households who seek help and have none after."""
        return max(self.total["demand_after"] - self.total["met_after"], 0.0)

    @property
    def asks_more(self) -> bool:
        """Whether the scenario changes how many ask for help."""
        return abs(self.total["demand_change"]) >= FELT


def facts(
    comparison: Comparison,
    *,
    level: str | None = None,
    publishable: bool = False,
    paired: Paired | None = None,
) -> tuple[Facts, ...]:
    """Return the figures of each scenario; areas are of ``level`` (None: the few widest).

    Raises :class:`UsageError` without a scenario, for a level there is not, and for draws of other
    scenarios.
    """
    if not comparison.outcomes:
        message = "A brief needs one scenario or more"
        raise UsageError(message)
    names = tuple(outcome.name for outcome in comparison.outcomes)
    if paired is not None and paired.names != names:
        message = "These draws are of other scenarios than the comparison"
        raise UsageError(message)
    pack = comparison.baseline.pack
    if level is None:
        wide = any(code == _WIDE for code, _ in area_names(pack))
        level = _WIDE if wide else pack.info.default_level
    found = find_level(pack, level).code
    return tuple(
        Facts(comparison, number, found, publishable, paired) for number in range(1, len(names) + 1)
    )


def costs_of(found: tuple[Facts, ...]) -> pd.DataFrame:
    """Return costs of each scenario: see :func:`housing_map.costs.cost_rows`."""
    intervals = {one.number: one.interval for one in found if one.interval is not None}
    return cost_rows(found[0].comparison, intervals)


def identity(found: tuple[Facts, ...]) -> str:
    """Say which day, data and scenarios a brief was made from, for its footer."""
    baseline = found[0].comparison.baseline
    codes = " ".join(digest(one.applied.scenario)[:6] for one in found)
    return (
        f"As of {baseline.on.day} {baseline.on:%B %Y}. Data {baseline.pack.info.name} "
        f"{baseline.pack.digest[:12]}. Scenario{'s' if len(found) > 1 else ''} {codes}"
    )
