"""What to ask first: how much each question widens the answer.

The answer is the number of households met in a year. Each question of
:mod:`housing_map.questions` is moved alone from its worse end to its better one, all others
central: one-at-a-time ranges. They leave out how answers act together. So the longer run,
:func:`variance_shares`, draws everything at once and divides the variance by theme.

Sources: one-at-a-time ranges as in a tornado diagram (Howard 1988); first-order and total shares
of variance by groups of inputs (Sobol' 1993; estimators of Saltelli et al. 2010, table 2, and
Jansen 1999).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from housing_map import model
from housing_map.errors import UsageError
from housing_map.questions import Theme, questions
from housing_map.stance import BEST, WORST, Draw, Mixed, Pinned
from housing_map.vocabulary import Run

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from housing_map.jobs import Report
    from housing_map.model import Settings
    from housing_map.pack import Pack
    from housing_map.questions import Question

SEED: Final = 2026
SAMPLES: Final = 64
"""Pairs of draws behind shares of variance; each costs a run, and one more for every theme."""
_RESAMPLES: Final = 400
_DECIMALS: Final = 4
"""Decimals of households beyond which questions matter alike, whatever the solver rounds."""
_NEVER_MIND: Final = 0.05
"""Households a year below which a question does not widen the answer."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A question, and households met a year when its answer is the worse or the better one.

    ``moves`` is the distance between the two; for most questions the central run takes one of
    the ends already.
    """

    question: Question
    worst: float
    best: float

    @property
    def moves(self) -> float:
        """How much the question widens the answer, in households met a year."""
        return abs(self.best - self.worst)


@dataclass(frozen=True, slots=True)
class Unknowns:
    """Questions ranked by how much they widen the answer, and the central answer itself.

    ``quiet`` are questions that alone do not change it: they may in company.
    """

    met: float
    ranked: tuple[Ranked, ...]
    quiet: tuple[Question, ...]


def rank(
    pack: Pack,
    settings: Settings,
    *,
    progress: Report | None = None,
) -> Unknowns:
    """Move each question alone, and rank them; ``progress`` may raise to stop."""
    asked = questions(pack, settings)
    _, central = model.most_met(pack, settings, Run.CENTRAL)
    tried = []
    for done, question in enumerate(asked):
        if progress is not None:
            progress(done, len(asked))
        worst, best = (
            model.most_met(pack, settings, Pinned(dict.fromkeys(question.keys, level)))[1]
            for level in (WORST, BEST)
        )
        tried.append(Ranked(question, worst, best))
    if progress is not None:
        progress(len(asked), len(asked))
    telling = [one for one in tried if one.moves > _NEVER_MIND]
    telling.sort(key=lambda one: (-round(one.moves, _DECIMALS), one.question.id))
    quiet = tuple(one.question for one in tried if one.moves <= _NEVER_MIND)
    return Unknowns(central, tuple(telling), quiet)


@dataclass(frozen=True, slots=True)
class Share:
    """Share of the variance of households met that a theme accounts for.

    ``alone`` is what would go if the theme were settled (first order), ``total`` what would be
    left if all else were (total effect); each with the standard error of its estimate.
    """

    theme: Theme
    alone: float
    alone_error: float
    total: float
    total_error: float


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of variance by theme, with mean and standard deviation of households met."""

    mean: float
    deviation: float
    samples: int
    seed: int
    themes: tuple[Share, ...]


def variance_shares(
    pack: Pack,
    settings: Settings,
    *,
    samples: int = SAMPLES,
    seed: int = SEED,
    progress: Report | None = None,
) -> Shares:
    """Divide the variance of households met by theme, from ``samples`` pairs of draws.

    Needs ``samples`` × (themes + 2) runs. With A and B two draws of everything, and A_B the
    draw A with one theme as in B: first order Σ B(A_B − A) ÷ (n V), total Σ (A − A_B)² ÷ (2 n V),
    V the variance of A and B together. Raises :class:`UsageError` for fewer than eight samples.
    """
    if samples < 8:  # noqa: PLR2004 - below that even the errors are noise
        message = f"Shares of variance need 8 samples or more, not {samples}"
        raise UsageError(message)
    asked = questions(pack, settings)
    themes = [theme for theme in Theme if any(q.theme is theme for q in asked)]
    keys = {t: frozenset().union(*(q.keys for q in asked if q.theme is t)) for t in themes}
    runs = samples * (len(themes) + 2)
    count = 0

    def met(stance: Draw | Mixed) -> float:
        nonlocal count
        if progress is not None:
            progress(count, runs)
        count += 1
        return model.most_met(pack, settings, stance)[1]

    # Two numbers of one seed are two independent draws.
    pairs = [(Draw(seed, 2 * n), Draw(seed, 2 * n + 1)) for n in range(samples)]
    a = np.array([met(first) for first, _ in pairs])
    b = np.array([met(second) for _, second in pairs])
    mixed = {
        theme: np.array([met(Mixed(first, second, keys[theme])) for first, second in pairs])
        for theme in themes
    }
    if progress is not None:
        progress(runs, runs)
    return Shares(
        mean=float(np.concatenate([a, b]).mean()),
        deviation=float(np.concatenate([a, b]).std()),
        samples=samples,
        seed=seed,
        themes=tuple(_share(theme, a, b, mixed[theme], seed) for theme in themes),
    )


def _share(
    theme: Theme,
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    mixed: NDArray[np.float64],
    seed: int,
) -> Share:
    """Estimate the shares of one theme, with bootstrap errors."""

    def estimate(pick: NDArray[np.int64]) -> list[float]:
        x, y, z = a[pick], b[pick], mixed[pick]
        both = np.concatenate([x, y])
        variance = float(both.var())
        if variance <= 0:
            return [0.0, 0.0]
        centred = y - both.mean()
        first = float(np.mean(centred * (z - x))) / variance
        total = float(np.mean((x - z) ** 2)) / (2 * variance)
        return [first, total]

    random = np.random.default_rng(seed)
    again = [estimate(random.integers(0, len(a), len(a))) for _ in range(_RESAMPLES)]
    alone, total = estimate(np.arange(len(a)))
    alone_error, total_error = np.std(again, axis=0)
    return Share(theme, alone, float(alone_error), total, float(total_error))
