"""Shapley values: a fair share of the whole for each of several players, in any order of joining.

A game gives every coalition (set of players) a value. The share of player i is the mean, over all
orders in which the players may join, of what the coalition gains when i joins:

    φᵢ = Σ over S without i of  |S|! (n − |S| − 1)! ÷ n!  ×  (v(S with i) − v(S))

It is the only division that adds up to v(all) − v(none), treats like players alike, gives nothing
to a player who never changes anything, and adds up over games (Shapley 1953, *A value for
n-person games*). Exactly it asks 2ⁿ values; sampled, a mean over random orders (Castro, Gómez and
Tejada 2009, *Polynomial calculation of the Shapley value based on sampling*), each taken with its
reverse: what is large for a player who comes early is often small late, so that the two together
vary less than two independent orders (antithetic sampling, as Mitchell and others 2022 test for
Shapley values).

>>> glove = lambda who: float(min(len(who & {0}), len(who & {1, 2})))
>>> [round(share, 3) for share in exact(3, glove)]
[0.667, 0.167, 0.167]
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import factorial
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Game = Callable[[frozenset[int]], float]
"""Value of a coalition: a set of players, who are numbered from 0."""

MOST_EXACT: Final = 16
"""Most players whose shares are worked out exactly: 65,536 values."""
LEAST_PAIRS: Final = 2
"""Fewest pairs of orders: one alone has no spread to tell an error by."""


@dataclass(frozen=True, slots=True)
class Sampled:
    """Estimated shares by player, and the standard error of each, from ``pairs`` of orders."""

    shares: tuple[float, ...]
    errors: tuple[float, ...]
    pairs: int


def coalitions(players: int) -> Iterator[frozenset[int]]:
    """Yield every coalition once: of neighbours in the list, most differ in low numbers."""
    for mask in range(1 << players):
        yield frozenset(player for player in range(players) if mask >> player & 1)


def exact(players: int, value: Game) -> tuple[float, ...]:
    """Return the share of each of ``players`` in a game, in its unit.

    Asks each of the 2ⁿ coalitions once, in the order of :func:`coalitions`. Raises
    :class:`ValueError` for fewer than none or more than :data:`MOST_EXACT` players.
    """
    if not 0 <= players <= MOST_EXACT:
        message = f"exact shares are for 0 to {MOST_EXACT} players, not {players}"
        raise ValueError(message)
    values = np.array([value(coalition) for coalition in coalitions(players)], dtype=np.float64)
    masks = np.arange(1 << players)
    sizes = np.array([mask.bit_count() for mask in range(1 << players)])
    weights = np.array(
        [factorial(s) * factorial(players - s - 1) / factorial(players) for s in range(players)]
    )
    shares = []
    for player in range(players):
        without = masks[masks >> player & 1 == 0]
        gains = values[without | 1 << player] - values[without]
        shares.append(float(weights[sizes[without]] @ gains))
    return tuple(shares)


def sampled(players: int, value: Game, *, pairs: int, seed: int) -> Sampled:
    """Return estimated shares from random orders, each with its reverse.

    The shares of one order add up to the whole, so theirs do as well. The error is that of a mean
    of ``pairs`` independent pairs. Each coalition is asked once, in the order of
    :func:`coalitions`. Raises :class:`ValueError` for fewer than :data:`LEAST_PAIRS` pairs.
    """
    orders = random_orders(players, pairs=pairs, seed=seed)
    values = {coalition: value(coalition) for coalition in in_order(along(orders))}
    found = np.zeros((pairs, players))
    for number, order in enumerate(orders):
        joined: frozenset[int] = frozenset()
        for player in order:
            more = joined | {player}
            found[number // 2, player] += (values[more] - values[joined]) / 2
            joined = more
    errors = found.std(axis=0, ddof=1) / np.sqrt(pairs)
    return Sampled(tuple(found.mean(axis=0).tolist()), tuple(errors.tolist()), pairs)


def random_orders(players: int, *, pairs: int, seed: int) -> list[tuple[int, ...]]:
    """Return random orders of joining, each followed by its reverse.

    Raises :class:`ValueError` for fewer than :data:`LEAST_PAIRS` pairs.
    """
    if pairs < LEAST_PAIRS:
        message = f"sampled shares need {LEAST_PAIRS} pairs of orders or more, not {pairs}"
        raise ValueError(message)
    lots = np.random.default_rng(seed)
    first = [tuple(lots.permutation(players).tolist()) for _ in range(pairs)]
    return [order for one in first for order in (one, one[::-1])]


def along(orders: Iterable[Sequence[int]]) -> set[frozenset[int]]:
    """Return the coalitions that players form who join in these orders."""
    return {frozenset(order[:joined]) for order in orders for joined in range(len(order) + 1)}


def in_order(found: Iterable[frozenset[int]]) -> list[frozenset[int]]:
    """Return coalitions in the order in which :func:`coalitions` has them."""
    return sorted(found, key=lambda coalition: sum(1 << player for player in coalition))
