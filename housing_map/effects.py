"""What scenarios do: each beside one baseline, asked the same question.

A change is what holds after less what held before. demand = met + Σ lost holds before, after and
for the changes of every row. Figures are in household-episodes a year.

>>> columns_of("met")
('met_before', 'met_after', 'met_change')
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from housing_map import model
from housing_map.choice import COLUMNS as CHOICES
from housing_map.choice import choice_rows
from housing_map.errors import UsageError
from housing_map.scenario import apply, settings_for
from housing_map.tabulate import checked, run_rows
from housing_map.uncertainty import figures_of
from housing_map.vocabulary import Run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from housing_map.model import Result, Settings
    from housing_map.pack import Pack
    from housing_map.scenario import Applied, Scenario
    from housing_map.tabulate import Filter

SAME: Final = 1e-6
"""Household-episodes a year, or share of households, within which two figures are the same."""
KEYS: Final = ("number", "scenario")
"""First columns of every table here: the number of a scenario, from 1, and its name."""
ENDINGS: Final = ("_before", "_after", "_change")
"""Endings of the three columns that each figure has."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """A scenario, applied, and what the model answers for it."""

    applied: Applied
    result: Result

    @property
    def name(self) -> str:
        """The scenario's name."""
        return self.applied.scenario.name


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """A baseline and the outcomes of scenarios, in the order given.

    ``run`` is the run that tables show unless another is asked for; each is worked out when
    somebody first looks at it.
    """

    baseline: Result
    outcomes: tuple[Outcome, ...]
    run: Run = Run.CENTRAL

    def at(self, run: Run) -> Comparison:
        """Return the same comparison, shown in another run."""
        return replace(self, run=Run(run))

    def outcome(self, number: int) -> Outcome:
        """Return the outcome of scenario ``number``, from 1; raises :class:`UsageError`."""
        if not 1 <= number <= len(self.outcomes):
            message = f"There are scenarios 1 to {len(self.outcomes)}, and no {number}"
            raise UsageError(message)
        return self.outcomes[number - 1]


def compare(
    pack: Pack,
    scenarios: Sequence[Scenario],
    settings: Settings | None = None,
    run: Run = Run.CENTRAL,
) -> Comparison:
    """Run a baseline and scenarios, all asked what ``settings`` say.

    None: what the first scenario asks (without one, the default of the model); goals and dates of
    the others are not looked at, since answers to other questions cannot be compared. Raises what
    :func:`housing_map.model.run` raises.
    """
    if settings is None and scenarios:
        settings = settings_for(scenarios[0])
    asked = settings or model.Settings()
    made = [apply(pack, scenario, asked) for scenario in scenarios]
    outcomes = [Outcome(one, model.run(one.pack, one.settings)) for one in made]
    return Comparison(model.run(pack, asked), tuple(outcomes), Run(run))


def columns_of(figure: str) -> tuple[str, str, str]:
    """Names of the columns of a figure: before, after, and change."""
    before, after, change = ENDINGS
    return figure + before, figure + after, figure + change


# Tables -----------------------------------------------------------------------------------


def totals(comparison: Comparison, *, only: Filter | None = None) -> pd.DataFrame:
    """One row a scenario: see :func:`by`."""
    return by(comparison, (), only=only)


def by(
    comparison: Comparison, dimensions: Sequence[str], *, only: Filter | None = None
) -> pd.DataFrame:
    """Rows of the cascade before and after: ``number``, ``scenario``, ``dimensions``, figures.

    Each figure of :func:`housing_map.tabulate.coverage_rows` is there as ``FIGURE_before``,
    ``FIGURE_after`` and ``FIGURE_change``. A row that only one of the two has counts 0 in the
    other. ``dimensions`` are as there; raises :class:`UsageError` for anything else.
    """
    run, names = comparison.run, checked(comparison.baseline, dimensions)

    def rows(result: Result) -> pd.DataFrame:
        return run_rows(result, result[run], names, only=only)

    return side_by_side(comparison, rows, names)


def choices(
    comparison: Comparison, dimensions: Sequence[str] = (), *, only: Filter | None = None
) -> pd.DataFrame:
    """Households by how many distinct routes are open to them, before and after.

    ``demand`` = ``no_route`` + ``one_route`` + ``backup``; ``stay_and_move`` and ``next_step`` are
    parts of demand as well: see :func:`housing_map.choice.choice_rows`. Columns are as in
    :func:`by`. Asks whether a way is open, not whether there is room.
    """
    run, names = comparison.run, checked(comparison.baseline, dimensions)

    def rows(result: Result) -> pd.DataFrame:
        return choice_rows(result, names, run=run, only=only)

    return side_by_side(comparison, rows, names, CHOICES)


def side_by_side(
    comparison: Comparison,
    rows: Callable[[Result], pd.DataFrame],
    keys: Sequence[str],
    figures: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Put rows of the baseline beside those of each scenario.

    ``rows`` makes a table of a result, with columns ``keys`` and ``figures`` (None: those of the
    cascade that it has). Columns are ``number``, ``scenario``, ``keys``, and three a figure.
    """
    before = rows(comparison.baseline)
    named = list(figures_of(before) if figures is None else figures)
    columns = [*KEYS, *keys, *(name for figure in named for name in columns_of(figure))]
    frames = []
    for number, outcome in enumerate(comparison.outcomes, 1):
        frame = differences(before, rows(outcome.result), keys, named)
        frames.append(frame.assign(number=number, scenario=outcome.name)[columns])
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)


def differences(
    before: pd.DataFrame, after: pd.DataFrame, keys: Sequence[str], figures: Sequence[str]
) -> pd.DataFrame:
    """Return ``keys`` and, of each figure, before, after and change; an absent row counts 0.

    Rows stand in the order of ``before``; those that only ``after`` has follow in its order.
    """
    names, width = list(keys), len(before)
    labels = pd.concat([before[names], after[names]], ignore_index=True)
    # Without keys, each table is one row about the same: all households.
    row = labels.groupby(names, sort=False).ngroup() if names else pd.Series(0, labels.index)
    found = labels[~row.duplicated()].reset_index(drop=True)
    values = np.zeros((2, len(found), len(figures)))
    values[0, row[:width]] = before[list(figures)]
    values[1, row[width:]] = after[list(figures)]
    triples = np.stack([*values, values[1] - values[0]], axis=2)
    wide = pd.DataFrame(
        triples.reshape(len(found), 3 * len(figures)),
        columns=[name for figure in figures for name in columns_of(figure)],
    )
    return pd.concat([found, wide], axis=1)
