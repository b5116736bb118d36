"""Joint shares of circumstances by maximum entropy: marginals and known pairs kept exactly.

Of all the ways in which circumstances can occur together, the one of maximum entropy assumes
nothing beyond the shares that are given (Jaynes, Phys. Rev. 106, 1957). Over the sets z of
circumstances that can occur it is

    p(z) = exp(Σ θ(c) [c in z] + Σ θ(a,b) [a and b in z]) ÷ Z(θ)

with one θ for each marginal share and for each known pair. It is what iterative proportional
fitting tends to (Deming and Stephan 1940; Csiszár, Ann. Probab. 3, 1975). Here θ is found by
Newton's method on the convex dual, log Z(θ) − θ · shares, which reaches the same table in a
few steps where fitting margin by margin would crawl (shares close to what is possible at all).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Final, NoReturn

import numpy as np
from scipy.optimize import linprog

from housing_map.errors import UsageError
from housing_map.vocabulary import CIRCUMSTANCES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Pair = tuple[str, str]

FITTING_TOLERANCE: Final = 1e-12
"""How close a fitted share comes to the one given, if they fit together to the last digit."""

SHARES_TOLERANCE: Final = 1e-9
"""How far a fitted share may be from the one given: shares of a file may sum to a little off."""

FITTING_ROUNDS: Final = 100
LINE_SEARCH_ROUNDS: Final = 40

DUAL_TOLERANCE: Final = 1e-7
"""Duals of a linear programme below this are 0 but for rounding."""

MOST_SETS: Final = 1 << 16
"""Most sets of circumstances that can be fitted together: 16 that all depend on each other."""


@dataclass(frozen=True, slots=True, eq=False)
class Factor:
    """Circumstances fitted together, independent of those of every other factor.

    ``sets`` (sets × codes) says which circumstances each set that can occur holds; ``share``
    (sets) sums to 1, and none is 0.
    """

    codes: tuple[str, ...]
    sets: NDArray[np.bool_]
    share: Floats

    @property
    def outcomes(self) -> tuple[tuple[frozenset[str], float], ...]:
        """Each set that can occur, with its share."""
        return tuple(
            (frozenset(code for code, held in zip(self.codes, row, strict=True) if held), share)
            for row, share in zip(self.sets.tolist(), self.share.tolist(), strict=True)
        )

    def marginal(self) -> Floats:
        """Return the share of households with each circumstance, in the order of ``codes``."""
        return self.share @ self.sets


def exclude(a: str, b: str) -> bool:
    """Whether two different circumstances cannot occur together.

    >>> exclude("pregnant", "male"), exclude("children_3", "children_1_2"), exclude("nrpf", "lgbt")
    (True, True, False)
    """
    one, other = CIRCUMSTANCES[a], CIRCUMSTANCES[b]
    same_group = one.level_of is not None and one.level_of == other.level_of
    return same_group or b in one.impossible_with or a in other.impossible_with


def bounds(a: float, b: float) -> tuple[float, float]:
    """Least and greatest share of households with both of two marginal shares (Fréchet).

    >>> bounds(0.75, 0.5)
    (0.25, 0.5)
    """
    return max(0.0, a + b - 1.0), min(a, b)


def fit(
    groups: Sequence[Sequence[str]], shares: Mapping[str, float], pairs: Mapping[Pair, float]
) -> Factor:
    """Fit the joint shares of some circumstances.

    ``groups`` are the levels of each exclusive group, or single circumstances; ``shares`` the
    marginal share of each; ``pairs`` the share of households with both of two circumstances,
    where it is known. Marginals and pairs are reproduced to ``SHARES_TOLERANCE``. Raises
    :class:`UsageError`, with the numbers in conflict, for shares that cannot hold together, and
    when more than ``MOST_SETS`` sets could occur.
    """
    codes = tuple(code for group in groups for code in group)
    known = {(a, b): share for (a, b), share in pairs.items() if a in codes and b in codes}
    apart = [
        (a, b) for g, h in combinations(groups, 2) for a in g for b in h if exclude(a, b)
    ]  # levels of one group are apart by the way sets are made
    _check_groups([*groups, *apart], shares)
    _check_pairs(known, shares)
    fixed = known | dict.fromkeys(apart, 0.0)
    options = [_options(group, shares) for group in groups]
    sets = _possible_sets(options, codes, _corners(fixed, shares))
    some = [place for place, code in enumerate(codes) if shares[code] > 0]
    features, goal = _features(sets, codes, [codes[place] for place in some], known, shares)
    rest = [1.0 - sum(shares[code] for code in group) for group in groups]
    start = [
        shares[code] / (left if left > FITTING_TOLERANCE else 1.0)
        for group, left in zip(groups, rest, strict=True)
        for code in group
    ]
    theta = np.zeros(features.shape[1])
    theta[: len(some)] = np.log([start[place] for place in some])
    share, miss = _newton(features, goal, theta)
    if miss > SHARES_TOLERANCE:
        _refuse(groups, apart, known, shares, miss)
    kept = share > 0
    return Factor(codes, sets[kept], share[kept])


def _options(group: Sequence[str], shares: Mapping[str, float]) -> list[str | None]:
    """Levels on which somebody stands; None stands for none of them."""
    rest = 1.0 - sum(shares[code] for code in group)
    none: list[str | None] = [None] if rest > FITTING_TOLERANCE else []
    return none + [code for code in group if shares[code] > 0]


def _corners(
    fixed: Mapping[Pair, float], shares: Mapping[str, float]
) -> dict[Pair, NDArray[np.bool_]]:
    """Whether anybody has neither, one, the other, or both of two: [has a][has b].

    A corner that is empty by the numbers leaves its sets out at once: no θ could make them 0.
    """
    return {
        (a, b): np.array([[1 - shares[a] - shares[b] + both, shares[b] - both],
                          [shares[a] - both, both]]) > FITTING_TOLERANCE
        for (a, b), both in fixed.items()
    }  # fmt: skip


def _possible_sets(
    options: Sequence[Sequence[str | None]],
    codes: Sequence[str],
    corners: Mapping[Pair, NDArray[np.bool_]],
) -> NDArray[np.bool_]:
    """List the sets that can occur (sets × codes), group by group."""
    place = {code: number for number, code in enumerate(codes)}
    sets = np.zeros((1, len(codes)), dtype=bool)
    decided: set[str] = set()
    for choices in options:
        if len(sets) * len(choices) > MOST_SETS:
            message = (
                f"{len(codes)} circumstances depend on each other through known pairs, and make "
                f"more than {MOST_SETS:,} sets, too many to fit. Leave out pairs that say least. "
                f"They are: {', '.join(codes)}"
            )
            raise UsageError(message)
        sets = np.repeat(sets, len(choices), axis=0)
        for number, code in enumerate(choices):
            if code is not None:
                sets[number :: len(choices), place[code]] = True
        new = {code for code in choices if code is not None}
        decided |= new
        for (a, b), corner in corners.items():
            if {a, b} <= decided and {a, b} & new:
                sets = sets[corner[sets[:, place[a]].astype(int), sets[:, place[b]].astype(int)]]
    return sets


def _features(
    sets: NDArray[np.bool_],
    codes: Sequence[str],
    marginals: Sequence[str],
    pairs: Mapping[Pair, float],
    shares: Mapping[str, float],
) -> tuple[Floats, Floats]:
    """Return what each set adds to each given share (sets × shares), and the shares given."""
    place = {code: number for number, code in enumerate(codes)}
    columns = [sets[:, place[code]] for code in marginals]
    columns += [sets[:, place[a]] & sets[:, place[b]] for a, b in pairs]
    goal = [*(shares[code] for code in marginals), *pairs.values()]
    return np.array(columns, dtype=float).reshape(len(goal), len(sets)).T, np.array(goal)


def _newton(features: Floats, goal: Floats, theta: Floats) -> tuple[Floats, float]:
    """Minimise log Z(θ) − θ · goal; return the shares, and how far they miss the goal.

    The damping falls with the miss, so that the last steps are quadratic; where only a limit
    of θ fits (a share that can be had in one way alone), each step still takes off a fixed part.
    """
    if not len(features):
        return np.zeros(0), float("inf")
    share, value = _exponential(features, goal, theta)
    gap = share @ features - goal
    for _ in range(FITTING_ROUNDS):
        miss = float(np.abs(gap).max(initial=0.0))
        if miss <= FITTING_TOLERANCE / 10:
            break
        mean = share @ features
        curve = (features * share[:, None]).T @ features - np.outer(mean, mean)
        step = np.linalg.solve(curve + np.eye(len(goal)) * max(1e-3 * miss, 1e-14), gap)
        size = 1.0
        for _ in range(LINE_SEARCH_ROUNDS):
            tried, found = _exponential(features, goal, theta - size * step)
            if found <= value - 1e-4 * size * float(gap @ step) + 1e-14 * max(1.0, abs(value)):
                break
            size /= 2
        theta, share, value = theta - size * step, tried, found
        gap = share @ features - goal
    return share, float(np.abs(gap).max(initial=0.0))


def _exponential(features: Floats, goal: Floats, theta: Floats) -> tuple[Floats, float]:
    """Return the shares that θ stands for, and the dual's value there."""
    power = features @ theta
    top = power.max()
    weight = np.exp(power - top)
    total = weight.sum()
    return weight / total, float(top + np.log(total) - theta @ goal)


# Refusals ----------------------------------------------------------------------------------


def _check_groups(groups: Iterable[Sequence[str]], shares: Mapping[str, float]) -> None:
    for group in groups:
        if sum(shares[code] for code in group) > 1 + SHARES_TOLERANCE:
            listed = _listed(group, {}, shares)
            message = (
                f"These circumstances exclude each other, but their shares do not fit: {listed}"
            )
            raise UsageError(message)


def _check_pairs(pairs: Mapping[Pair, float], shares: Mapping[str, float]) -> None:
    for (a, b), both in pairs.items():
        least, most = bounds(shares[a], shares[b])
        if not least - SHARES_TOLERANCE <= both <= most + SHARES_TOLERANCE:
            message = (
                f"{a} {shares[a]:g} and {b} {shares[b]:g} can occur together in {least:g} to "
                f"{most:g} of households, but {both:g} is given"
            )
            raise UsageError(message)


def _refuse(
    groups: Sequence[Sequence[str]],
    apart: Sequence[Pair],
    pairs: Mapping[Pair, float],
    shares: Mapping[str, float],
    miss: float,
) -> NoReturn:
    """Name a smallest set of shares that cannot hold together.

    Of those that a first linear programme finds to conflict, shares are left out one by one for
    as long as the rest still does (a deletion filter: Chinneck and Dravnieks, ORSA J. Comput. 3,
    1991).
    """
    codes = tuple(code for group in groups for code in group)
    corners = {pair: np.array([[True, True], [True, False]]) for pair in apart}
    sets = _possible_sets([[None, *group] for group in groups], codes, corners)
    features, goal = _features(sets, codes, codes, pairs, shares)
    names: list[str | Pair] = [*codes, *pairs]
    kept = _conflict(features, goal)
    if not kept:
        listed = _listed(codes, pairs, shares)
        message = (
            f"These shares are so close to conflict that they could not be fitted to "
            f"{SHARES_TOLERANCE:g} (missed by {miss:.1g}): {listed}"
        )
        raise UsageError(message)
    for number in tuple(kept):
        fewer = [other for other in kept if other != number]
        if _conflict(features[:, fewer], goal[fewer]):
            kept = fewer
    left = [names[number] for number in kept]
    listed = _listed(
        [name for name in left if isinstance(name, str)],
        {name: pairs[name] for name in left if not isinstance(name, str)},
        shares,
    )
    message = f"These shares of households cannot all hold: {listed}"
    raise UsageError(message)


def _conflict(features: Floats, goal: Floats) -> list[int]:
    """Return some of the shares that cannot hold together; none if all can.

    The least sum of misses is found by linear programming. Where it is not 0, the shares whose
    dual is not 0 conflict by themselves (Farkas' lemma).
    """
    distinct = np.unique(features, axis=0)
    rows, columns = distinct.T.shape
    total = np.append(np.ones(columns), np.zeros(2 * rows))
    answer = linprog(
        np.append(np.zeros(columns), np.ones(2 * rows)),
        A_eq=np.vstack([np.hstack([distinct.T, np.eye(rows), -np.eye(rows)]), total]),
        b_eq=np.append(goal, 1.0),
        method="highs",
    )
    if answer.fun is None or answer.fun <= SHARES_TOLERANCE:
        return []
    return [
        int(row) for row in np.flatnonzero(np.abs(answer.eqlin.marginals[:-1]) > DUAL_TOLERANCE)
    ]


def _listed(codes: Iterable[str], pairs: Mapping[Pair, float], shares: Mapping[str, float]) -> str:
    """Write shares and pairs out: ``drugs 0.4, drugs with alcohol 0.3``."""
    return ", ".join(
        [
            *(f"{code} {shares[code]:g}" for code in codes),
            *(f"{a} with {b} {both:g}" for (a, b), both in pairs.items()),
        ]
    )
