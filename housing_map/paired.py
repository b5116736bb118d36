"""How sure a difference is: the same draws of a baseline and of each scenario.

In draw *n* a scenario meets the same luck as the baseline (:mod:`housing_map.stance`), so what is
unknown about both cancels out, and the range of a difference says how unsure the *difference* is
(common random numbers: Law, Simulation Modeling and Analysis, 5th ed., 11.2). It is not the
difference of two ranges, which is wider.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from housing_map import model
from housing_map.effects import KEYS, SAME, differences
from housing_map.errors import UsageError
from housing_map.jobs import Job, results
from housing_map.scenario import apply, settings_for
from housing_map.stance import Draw
from housing_map.tabulate import checked, run_rows
from housing_map.uncertainty import DRAWS, FEWEST, HIGH, LOW, SEED, Drawn, figures_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from housing_map.jobs import Report
    from housing_map.model import Result, Settings
    from housing_map.pack import Pack
    from housing_map.scenario import Scenario
    from housing_map.uncertainty import Grouping

    Floats = NDArray[np.float64]

MET_SHARE: Final = "met_share"
"""Share of households who are met, from 0 to 1: beside the figures of the cascade."""


@dataclass(frozen=True, slots=True, eq=False)
class Paired:
    """Draws of a baseline and, under the same numbers, of scenarios in the order given."""

    names: tuple[str, ...]
    baseline: Drawn
    outcomes: tuple[Drawn, ...]

    def differences(self, by: Sequence[str] = ()) -> pd.DataFrame:
        """Return how sure each difference from the baseline is, a row a figure.

        Columns ``number`` (of the scenario, from 1), ``scenario``, those of ``by``, ``figure``
        (those of the cascade in household-episodes a year, and ``met_share``), ``p10``,
        ``median`` and ``p90`` of the difference, and ``above`` and ``below``, the shares of draws
        in which it is above and below 0 by more than :data:`housing_map.effects.SAME`. A row that
        is missing from a draw counts as 0 there. Raises :class:`KeyError` for a grouping that was
        not drawn.
        """
        frames = [
            _spread(self.changes(number, by), by).assign(number=number, scenario=name)
            for number, name in enumerate(self.names, 1)
        ]
        columns = [*KEYS, *by, "figure", "p10", "median", "p90", "above", "below"]
        empty = pd.DataFrame(columns=columns)
        return pd.concat(frames, ignore_index=True)[columns] if frames else empty

    def changes(self, number: int, by: Sequence[str] = ()) -> pd.DataFrame:
        """Return every draw of scenario ``number``, from 1, beside the baseline's.

        Columns are ``by``, ``draw``, and three a figure, as in :mod:`housing_map.effects`; every
        row is there in every draw. Raises :class:`UsageError` where there is no such scenario.
        """
        if not 1 <= number <= len(self.outcomes):
            message = f"There are scenarios 1 to {len(self.outcomes)}, and no {number}"
            raise UsageError(message)
        before, after = (
            _shared(drawn.frames[tuple(by)]) for drawn in (self.baseline, self.outcomes[number - 1])
        )
        keys = [*by, "draw"]
        found = differences(before, after, keys, [*figures_of(before), MET_SHARE])
        numbers = pd.DataFrame({"draw": self.baseline.numbers})
        every = found[list(by)].drop_duplicates().merge(numbers, how="cross") if by else numbers
        return every.merge(found, on=keys, how="left").fillna(0.0)

    def interval(
        self, number: int, figure: str = "met", by: Sequence[str] = (), **row: str
    ) -> tuple[float, float]:
        """Return the 80 % interval of a difference: of the whole, or of the ``row`` with a value.

        Raises :class:`UsageError` where there is no such scenario, figure or row.
        """
        found = self.differences(by)
        asked = {"number": number, "figure": figure, **row}
        for name, value in asked.items():
            found = found[found[name] == value]
        if len(found) != 1:
            message = f"There is no one difference of {asked} in these draws"
            raise UsageError(message)
        return float(found["p10"].iloc[0]), float(found["p90"].iloc[0])

    def joined(self, other: Paired) -> Paired:
        """Return both sets of draws as one; raises :class:`ValueError` where they do not match."""
        if other.names != self.names:
            message = "draws of other scenarios cannot be put together"
            raise ValueError(message)
        pairs = zip(self.outcomes, other.outcomes, strict=True)
        outcomes = tuple(ours.joined(theirs) for ours, theirs in pairs)
        return Paired(self.names, self.baseline.joined(other.baseline), outcomes)


def _shared(frame: pd.DataFrame) -> pd.DataFrame:
    """Add the share of households who are met."""
    asked, met = (frame[name].to_numpy(dtype=np.float64) for name in ("demand", "met"))
    there = asked > SAME
    return frame.assign(**{MET_SHARE: np.divide(met, asked, out=np.zeros(len(frame)), where=there)})


def _spread(changes: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Return how the change of each figure spreads over the draws, a row a figure."""
    names = [name for name in changes if str(name).endswith("_change")]
    figures = [str(name).removesuffix("_change") for name in names]
    draws = changes["draw"].nunique()
    # Every row has its draws together, in one order.
    rows = changes[list(by)].iloc[::draws].reset_index(drop=True)
    count = len(changes) // draws
    values = changes[names].to_numpy(dtype=np.float64).reshape(count, draws, len(names))
    ends: Floats = np.quantile(values, [LOW, 0.5, HIGH], axis=1)
    figures_by_row = pd.DataFrame({"figure": figures})
    wide = rows.merge(figures_by_row, how="cross") if by else figures_by_row
    return wide.assign(
        p10=ends[0].reshape(-1),
        median=ends[1].reshape(-1),
        p90=ends[2].reshape(-1),
        above=(values > SAME).mean(axis=1).reshape(-1),
        below=(values < -SAME).mean(axis=1).reshape(-1),
    )


def draw_pairs(
    pack: Pack,
    scenarios: Sequence[Scenario],
    settings: Settings | None = None,
    groupings: Iterable[Sequence[str]] = ((),),
    *,
    numbers: Iterable[int] = range(DRAWS),
    seed: int = SEED,
    progress: Report | None = None,
) -> Paired:
    """Draw a baseline and scenarios under the same ``numbers``, in this process.

    ``settings`` are those of the baseline (None: as the first scenario asks); ``groupings`` are
    what rows are wanted by. ``progress`` is told how many runs are done, and of how many; it may
    raise to stop. Raises :class:`UsageError` for fewer than ten draws or an impossible grouping.
    """
    wanted, asked = tuple(numbers), [tuple(by) for by in groupings]
    if len(wanted) < FEWEST:
        message = f"The range of a difference needs {FEWEST} draws or more, not {len(wanted)}"
        raise UsageError(message)
    if settings is None:
        settings = settings_for(scenarios[0]) if scenarios else model.Settings()
    worlds = [(pack, settings)]
    worlds += [(one.pack, one.settings) for one in (apply(pack, s, settings) for s in scenarios)]
    shells = [
        model.Result(pack, settings, settings.on or pack.info.reference_date, {})
        for pack, settings in worlds
    ]
    names = {by: checked(shells[0], by) for by in asked}
    parts: list[dict[Grouping, list[pd.DataFrame]]] = [{by: [] for by in asked} for _ in worlds]
    of = len(wanted) * len(worlds)
    for turn, number in enumerate(wanted):
        for place, shell in enumerate(shells):
            if progress is not None:
                progress(turn * len(worlds) + place, of)
            for by, frame in _rows(shell, Draw(seed, number), names).items():
                parts[place][by].append(frame.assign(draw=number))
    if progress is not None:
        progress(of, of)
    drawn = [
        Drawn(
            seed, wanted, {by: pd.concat(frames, ignore_index=True) for by, frames in one.items()}
        )
        for one in parts
    ]
    return Paired(tuple(s.name for s in scenarios), drawn[0], tuple(drawn[1:]))


def _rows(
    shell: Result, draw: Draw, names: dict[Grouping, list[str]]
) -> dict[Grouping, pd.DataFrame]:
    """Run one draw, and tabulate it by every grouping under the names that were asked for."""
    one = model.run_one(shell.pack, shell.settings, draw)
    found = {}
    for by, levels in names.items():
        frame = run_rows(shell, one, levels)
        found[by] = frame.set_axis([*by, *frame.columns[len(by) :]], axis=1)
    return found


def pairs_job(
    report: Report,
    pack: Pack,
    scenarios: Sequence[Scenario],
    settings: Settings | None,
    groupings: Sequence[Sequence[str]],
    *,
    numbers: Sequence[int],
    seed: int,
) -> Paired:
    """Draw in a :class:`housing_map.jobs.Job`; see :func:`draw_pairs`."""
    return draw_pairs(
        pack, scenarios, settings, groupings, numbers=numbers, seed=seed, progress=report
    )


def paired_draws(
    pack: Pack,
    scenarios: Sequence[Scenario],
    settings: Settings | None = None,
    groupings: Sequence[Sequence[str]] = ((),),
    *,
    draws: int = DRAWS,
    seed: int = SEED,
    progress: Report | None = None,
) -> Paired:
    """Draw in as many processes as there are processors; the same draws as :func:`draw_pairs`.

    Raises what that raises, and :class:`housing_map.jobs.JobError` when a process fails.
    """
    workers = min(os.cpu_count() or 1, draws // FEWEST)
    if workers < 2:  # noqa: PLR2004 - one process is this one
        return draw_pairs(
            pack, scenarios, settings, groupings, numbers=range(draws), seed=seed, progress=progress
        )
    parts = [range(draws)[worker::workers] for worker in range(workers)]
    jobs = [
        Job(pairs_job, pack, scenarios, settings, groupings, numbers=part, seed=seed)
        for part in parts
    ]
    of = draws * (len(scenarios) + 1)
    whole, *rest = results(jobs, of, progress)
    for part in rest:
        whole = whole.joined(part)
    return whole
