"""What each change of a scenario is worth: its share of the whole effect.

Changes act together: a bed helps nobody whom no route leads to it, and two services may help the
same households. What a change adds depends on which others are there already, so its share is the
mean over every order in which the changes might come: the Shapley value
(:mod:`housing_map.shapley`). A coalition of changes applies them in the order of the list, and one
whose object is missing does nothing. Shares add up to the effect of the scenario.

Up to eight changes the shares are exact; beyond, they are sampled, and each has a standard error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from housing_map import model, shapley
from housing_map.changes import ChangeOccupancy, ChangeStay, Resize, SetBudget
from housing_map.errors import UsageError
from housing_map.scenario import apply, settings_for
from housing_map.tabulate import FIGURES, SUPPORTED, run_rows
from housing_map.vocabulary import Run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from housing_map.jobs import Report
    from housing_map.model import Settings
    from housing_map.pack import Pack
    from housing_map.scenario import Scenario
    from housing_map.stance import Stance

EXACT_UP_TO: Final = 8
"""Most changes whose shares are exact: 256 coalitions."""
SEED: Final = 2026
ATTRIBUTED: Final = (*FIGURES, SUPPORTED)
"""Figures whose change can be shared out, in household-episodes a year."""
_RUNS: Final = 1000
"""About how many coalitions sampled shares ask, unless told otherwise."""
_FEWEST_PAIRS, _MOST_PAIRS = 8, 64
_QUICK: Final = (Resize, ChangeStay, ChangeOccupancy)
"""Changes of figures of a pool alone, which ask the allocation and nothing before it."""
_STEP_ONE: Final = frozenset({"demand", "met"})
"""Figures that the first step of the allocation gives."""


@dataclass(frozen=True, slots=True)
class Share:
    """What a change is worth, in the figure's unit; ``number`` is its place in the list, from 0.

    ``value`` is its share of the whole effect, and ``error`` the standard error of it where it is
    sampled. ``alone`` is what the change does by itself, and ``last`` what it adds when all others
    are there already: the further apart, the more it depends on them.
    """

    number: int
    value: float
    error: float | None
    alone: float
    last: float


@dataclass(frozen=True, slots=True)
class Attribution:
    """The effect of a scenario on one figure, shared out among its changes.

    ``shares`` stand in the order of the list and add up to ``total_after`` − ``total_before``
    (household-episodes a year). ``exact`` says that every coalition was asked; otherwise the shares
    are means over ``orders`` random orders. ``coalitions`` is how many different ones were asked,
    and ``runs`` how many of those came to different packs or settings.
    """

    figure: str
    total_before: float
    total_after: float
    shares: tuple[Share, ...]
    exact: bool
    orders: int
    coalitions: int
    runs: int


class _Coalitions:
    """The value of each coalition of changes; the same pack and settings are asked once."""

    def __init__(
        self,
        pack: Pack,
        scenario: Scenario,
        settings: Settings,
        players: tuple[int, ...],
        answer: Callable[[Pack, Settings], float],
    ) -> None:
        self._asked = pack, scenario, settings
        self._players = players
        self._answer = answer
        self.values: dict[frozenset[int], float] = {}
        self.runs: dict[tuple[str, Settings], float] = {}

    def __call__(self, coalition: frozenset[int]) -> float:
        if coalition not in self.values:
            pack, scenario, settings = self._asked
            only = {self._players[player] for player in coalition}
            applied = apply(pack, scenario, settings, only=only)
            key = applied.pack.digest, applied.settings
            if key not in self.runs:
                self.runs[key] = self._answer(applied.pack, applied.settings)
            self.values[coalition] = self.runs[key]
        return self.values[coalition]


def attribute(  # noqa: PLR0913 - what is asked, and how long it may take
    pack: Pack,
    scenario: Scenario,
    settings: Settings | None = None,
    *,
    figure: str = "met",
    stance: Stance = Run.CENTRAL,
    exact_up_to: int = EXACT_UP_TO,
    samples: int | None = None,
    seed: int = SEED,
    progress: Report | None = None,
) -> Attribution:
    """Share the effect of a scenario on a figure out among its changes.

    Parameters
    ----------
    pack, scenario, settings
        The baseline, and what is changed; settings of the baseline (None: as the scenario asks).
    figure
        One of :data:`ATTRIBUTED`. ``met`` and ``demand`` ask the first step of the allocation
        alone, others a whole run for each coalition.
    stance
        The run, or draw, in which it is worked out.
    exact_up_to
        Most changes whose shares are exact. A budget changes no figure, and does not count.
    samples
        Random orders beyond that; each is taken with its reverse, so an odd number is rounded up.
        None: so many that about a thousand coalitions are asked, and 16 at least.
    seed
        Of the random orders.
    progress
        Told how many coalitions are worked out, and of how many; it may raise to stop.

    Raises
    ------
    UsageError
        A figure that cannot be shared out, or a number of changes or orders that makes no sense.
    """
    if figure not in ATTRIBUTED:
        message = f"There is no figure {figure!r}; choose from {', '.join(ATTRIBUTED)}"
        raise UsageError(message)
    if not 0 <= exact_up_to <= shapley.MOST_EXACT:
        message = f"Exact shares are for at most {shapley.MOST_EXACT} changes, not {exact_up_to}"
        raise UsageError(message)
    pairs = None if samples is None else (samples + 1) // 2
    if pairs is not None and pairs < shapley.LEAST_PAIRS:
        message = f"Sampled shares need 3 orders or more, not {samples}"
        raise UsageError(message)

    def answer(changed: Pack, asked: Settings) -> float:
        return _figure(changed, asked, figure, stance)

    players = _players(scenario)
    n, everyone = len(players), frozenset(range(len(players)))
    exact = n <= exact_up_to
    pairs = pairs or max(_FEWEST_PAIRS, min(_MOST_PAIRS, _RUNS // max(2 * n, 1)))
    wanted = list(shapley.coalitions(n) if exact else _along_orders(n, pairs, seed))
    value = _Coalitions(pack, scenario, settings or settings_for(scenario), players, answer)
    for done, coalition in enumerate(wanted):
        if progress is not None:
            progress(done, len(wanted))
        value(coalition)
    errors: tuple[float | None, ...]
    if exact:
        values, errors = shapley.exact(n, value), (None,) * n
    else:
        found = shapley.sampled(n, value, pairs=pairs, seed=seed)
        values, errors = found.shares, found.errors
    before, after = value(frozenset()), value(everyone)
    shares = {number: Share(number, 0.0, None, 0.0, 0.0) for number in range(len(scenario.changes))}
    for player, number in enumerate(players):
        shares[number] = Share(
            number=number,
            value=values[player],
            error=errors[player],
            alone=value(frozenset({player})) - before,
            last=after - value(everyone - {player}),
        )
    if progress is not None:
        progress(len(wanted), len(wanted))
    return Attribution(
        figure=figure,
        total_before=before,
        total_after=after,
        shares=tuple(shares[number] for number in sorted(shares)),
        exact=exact,
        orders=0 if exact else 2 * pairs,
        coalitions=len(value.values),
        runs=len(value.runs),
    )


def attribute_job(
    report: Report,
    pack: Pack,
    scenario: Scenario,
    settings: Settings | None = None,
    *,
    figure: str = "met",
    samples: int | None = None,
    seed: int = SEED,
) -> Attribution:
    """Share out an effect in a :class:`housing_map.jobs.Job`; see :func:`attribute`."""
    return attribute(
        pack, scenario, settings, figure=figure, samples=samples, seed=seed, progress=report
    )


def _players(scenario: Scenario) -> tuple[int, ...]:
    """Numbers of the changes that can tell; what is cheapest to change again comes first.

    Coalitions that follow each other differ most often in the first players: where those change
    capacities alone, the next run finds what it is made of kept from the last.
    """
    telling = [n for n, one in enumerate(scenario.changes) if not isinstance(one, SetBudget)]
    return tuple(sorted(telling, key=lambda n: (not isinstance(scenario.changes[n], _QUICK), n)))


def _along_orders(n: int, pairs: int, seed: int) -> Iterable[frozenset[int]]:
    """Return the coalitions of sampled orders, each change alone, and all but each."""
    everyone = frozenset(range(n))
    edges = {one for player in everyone for one in (frozenset({player}), everyone - {player})}
    return shapley.in_order(edges | shapley.along(shapley.random_orders(n, pairs=pairs, seed=seed)))


def _figure(pack: Pack, settings: Settings, figure: str, stance: Stance) -> float:
    """Return a figure of the whole district in one run."""
    if figure in _STEP_ONE:
        demand, met = model.most_met(pack, settings, stance)
        return demand if figure == "demand" else met
    on = settings.on or pack.info.reference_date
    shell = model.Result(pack, settings, on, {})
    rows = run_rows(shell, model.run_one(pack, settings, stance), [])
    return float(rows[figure].iloc[0])
