"""An 80 % interval for each figure, from seeded draws of everything that is not certain.

In a draw each figure with a range takes a value between its ends, and each question nobody has
answered takes an answer (:mod:`housing_map.stance`). A draw is a whole run of the model, so it
adds up; the intervals of several figures do not, and no page adds them.

Draws are numbered. The level of a figure in draw *n* depends on the seed, *n* and the figure
alone, so that two settings or packs meet the same luck: a difference between them is not noise.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from housing_map import model
from housing_map.errors import UsageError
from housing_map.jobs import Job, results
from housing_map.stance import Draw
from housing_map.tabulate import FIGURES, SUPPORTED, checked, run_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from housing_map.jobs import Report
    from housing_map.model import Settings
    from housing_map.pack import Pack

DRAWS: Final = 100
"""Draws behind an interval: the 10th and 90th percentile stand on ten draws each."""
SEED: Final = 2026
LOW, HIGH = 0.1, 0.9
"""Ends of an 80 % interval, as shares of the draws below them."""
FEWEST: Final = 10

Grouping = tuple[str, ...]
"""What rows are grouped by, as :func:`housing_map.tabulate.coverage_rows` takes it."""


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Rows of many draws.

    ``frames`` holds for each grouping the rows of all draws: its columns, ``draw`` and the
    figures, in household-episodes a year.
    """

    seed: int
    numbers: tuple[int, ...]
    frames: dict[Grouping, pd.DataFrame]

    def interval(self, by: Sequence[str]) -> pd.DataFrame:
        """Return the columns of ``by``, then each figure as ``FIGURE_p10`` and ``FIGURE_p90``.

        A row that is missing from a draw counts as 0 there. Raises :class:`KeyError` for a
        grouping that was not drawn.
        """
        frame, keys = self.frames[tuple(by)], list(by)
        figures = figures_of(frame)
        rows = frame[keys].drop_duplicates(ignore_index=True) if keys else pd.DataFrame(index=[0])
        row = {key: number for number, key in enumerate(rows.itertuples(index=False, name=None))}
        drawn = {number: place for place, number in enumerate(self.numbers)}
        values = np.zeros((len(rows), len(drawn), len(figures)))
        labels = zip(*(frame[key] for key in keys), strict=True) if keys else [()] * len(frame)
        where = [row[label] for label in labels]
        values[where, frame["draw"].map(drawn)] = frame[figures]
        ends = np.quantile(values, [LOW, HIGH], axis=1)
        columns = {
            f"{name}_p{round(100 * share)}": end[:, number]
            for number, name in enumerate(figures)
            for share, end in zip((LOW, HIGH), ends, strict=True)
        }
        return pd.concat([rows, pd.DataFrame(columns)], axis=1)

    def joined(self, other: Drawn) -> Drawn:
        """Return both sets of draws as one; raises :class:`ValueError` where seeds differ."""
        if other.seed != self.seed or other.frames.keys() != self.frames.keys():
            message = "draws of another seed or grouping cannot be put together"
            raise ValueError(message)
        frames = {
            by: pd.concat([frame, other.frames[by]], ignore_index=True)
            for by, frame in self.frames.items()
        }
        return Drawn(self.seed, (*self.numbers, *other.numbers), frames)


def draw(
    pack: Pack,
    settings: Settings,
    groupings: Iterable[Sequence[str]],
    *,
    numbers: Iterable[int] = range(DRAWS),
    seed: int = SEED,
    progress: Report | None = None,
) -> Drawn:
    """Run the draws with these ``numbers``, and tabulate each by every grouping.

    ``progress`` is told how many draws are done, and of how many; it may raise to stop. Raises
    :class:`UsageError` for fewer than ten draws or an impossible grouping.
    """
    wanted = tuple(numbers)
    if len(wanted) < FEWEST:
        message = f"An interval needs {FEWEST} draws or more, not {len(wanted)}"
        raise UsageError(message)
    asked = [tuple(by) for by in groupings]
    on = settings.on or pack.info.reference_date
    shell = model.Result(pack, settings, on, {})
    names = {by: checked(shell, by) for by in asked}
    rows: dict[Grouping, list[pd.DataFrame]] = {by: [] for by in asked}
    for done, number in enumerate(wanted):
        if progress is not None:
            progress(done, len(wanted))
        one = model.run_one(pack, settings, Draw(seed, number))
        for by in asked:
            frame = run_rows(shell, one, names[by])
            frame.columns = [*by, *frame.columns[len(by) :]]
            rows[by].append(frame.assign(draw=number))
    if progress is not None:
        progress(len(wanted), len(wanted))
    frames = {by: pd.concat(parts, ignore_index=True) for by, parts in rows.items()}
    return Drawn(seed, wanted, frames)


def draw_job(
    report: Report,
    pack: Pack,
    settings: Settings,
    groupings: Sequence[Sequence[str]],
    *,
    numbers: Sequence[int],
    seed: int,
) -> Drawn:
    """Draw in a :class:`housing_map.jobs.Job`; see :func:`draw`."""
    return draw(pack, settings, groupings, numbers=numbers, seed=seed, progress=report)


def draw_in_parallel(
    pack: Pack,
    settings: Settings,
    groupings: Sequence[Sequence[str]],
    *,
    draws: int = DRAWS,
    seed: int = SEED,
    progress: Report | None = None,
) -> Drawn:
    """Draw in as many processes as there are processors; the same draws as :func:`draw`.

    Raises what :func:`draw` raises, and :class:`housing_map.jobs.JobError` when one fails.
    """
    workers = min(os.cpu_count() or 1, draws // FEWEST)
    if workers < 2:  # noqa: PLR2004 - one process is this one
        return draw(pack, settings, groupings, numbers=range(draws), seed=seed, progress=progress)
    parts = [range(draws)[worker::workers] for worker in range(workers)]
    jobs = [Job(draw_job, pack, settings, groupings, numbers=part, seed=seed) for part in parts]
    whole, *rest = results(jobs, draws, progress)
    for part in rest:
        whole = whole.joined(part)
    return whole


def figures_of(frame: pd.DataFrame) -> list[str]:
    """Names of the figures of a frame of rows, in order."""
    return [name for name in (*FIGURES, SUPPORTED, "met_otherwise") if name in frame.columns]
