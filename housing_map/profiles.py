"""Circumstances as they occur together, merged by what they mean for services.

Marginal shares, and pairwise shares where known, give a joint distribution by maximum entropy
(:mod:`housing_map.fitting`). Circumstances tied by an exclusion or a known pair are fitted
together, as one factor; factors are independent of each other. Without pairwise shares that
understates multiple need, and the app says so: :data:`INDEPENDENT` has the words,
:func:`mixture` a correlated sensitivity with the same marginals.

Profiles are never listed one by one: factors are taken in turn, and sets that mean the same
for every service are merged at once into a row of :class:`Signatures`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import networkx as nx
import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, logit

from housing_map.errors import UsageError
from housing_map.fitting import Factor, exclude, fit
from housing_map.vocabulary import CIRCUMSTANCES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Words = NDArray[np.uint64]

INDEPENDENT: Final = (
    "How often needs occur together is not known here, so they are treated as independent of "
    "each other: households with several needs at once are probably more than shown."
)
CORRELATED: Final = (
    "A test, not a finding: each need is as common as before, but needs gather in the same "
    "households, with a mean odds ratio of {odds_ratio:g} between two needs."
)

NEEDS: Final = frozenset(
    {
        "mental_health", "drugs", "alcohol", "offending", "nrpf", "destitution", "disability",
        "wheelchair", "limited_mobility", "learning_disability",
    }
)  # fmt: skip
"""Circumstances that the correlated sensitivity ties together.

The needs of the strategy's Priority Three (mental health, substance use, offending, destitution,
disability, learning difficulty, immigration status), and mobility as a part of disability.
Who somebody is, children and pets are no needs in this sense.
"""

MULTIPLE_NEED_SHARE: Final = 0.2
"""Share of households in the class of more need of :func:`mixture`: an assumption."""

CORRELATED_ODDS_RATIO: Final = 3.0
"""Mean odds ratio between two needs in the correlated sensitivity: an assumption."""

STRONGEST_TIE: Final = 30.0
"""Log odds ratio between the classes beyond which nothing changes any more."""

HALVINGS: Final = 10
"""Halvings of the way back from drawn shares that do not fit: to a thousandth of it."""

WORD_BITS: Final = 64


@dataclass(frozen=True, slots=True)
class Mixture:
    """Classes of household inside which factors are independent.

    ``classes`` are pairs of weight and factors; the weights sum to 1. ``tie`` is the natural
    logarithm of the odds ratio of a need between the first class and the second: λ of
    :func:`mixture`.
    """

    classes: tuple[tuple[float, tuple[Factor, ...]], ...]
    tie: float


@dataclass(frozen=True, slots=True, eq=False)
class Signatures:
    """Merged profiles.

    ``masks`` holds, for each signature, the union of the bit masks of its circumstances.
    ``share`` (signatures) sums to 1. ``joint`` (signatures × circumstances) is the share of
    households that have both the signature and the circumstance: each column sums to the
    circumstance's marginal share.

    ``tracked`` names k sets of circumstances. ``touching`` (signatures × 2^k) divides ``share``
    by which of them a household touches, by having a circumstance of it: bit j of a column's
    number stands for the j-th name, so column 0 touches none. ``joint_touching`` (signatures ×
    2^k × circumstances) divides ``joint`` likewise.
    """

    circumstances: tuple[str, ...]
    masks: tuple[int, ...]
    share: Floats
    joint: Floats
    tracked: tuple[str, ...]
    touching: Floats
    joint_touching: Floats

    def having(self, circumstance: str) -> Floats:
        """Return the share of each signature's households that have a circumstance."""
        joint = self.joint[:, self.circumstances.index(circumstance)]
        return np.divide(joint, self.share, out=np.zeros_like(joint), where=self.share > 0)


# Factors -----------------------------------------------------------------------------------


def factors(
    shares: Mapping[str, float], pairs: Mapping[tuple[str, str], float] | None = None
) -> list[Factor]:
    """Split circumstances into independent factors by maximum entropy.

    ``shares`` maps a circumstance to its marginal share, ``pairs`` two circumstances, in either
    order, to the share of households that have both. Total, marginals and pairs are reproduced
    to 1e-9 or better. Raises :class:`UsageError`, naming the numbers, for shares that cannot
    hold together, and for a pair one of whose circumstances has no share.
    """
    known = _known_pairs(shares, pairs or {})
    return [fit(part, shares, known) for part in _tied(shares, known)]


def drawn_near(
    central: Mapping[str, float],
    drawn: Mapping[str, float],
    pairs: Mapping[tuple[str, str], float] | None = None,
) -> dict[str, float]:
    """Return drawn shares that can hold together, as near to ``drawn`` as the way there allows.

    Shares drawn one by one may exclude each other (levels of one thing beyond 1 in sum), or leave
    less of two circumstances than is known to have both. Those tied together are then moved back
    towards ``central``, all by the same part, until they fit: shares that fit are a convex set,
    so that the way from one that fits to one that does not leaves it once. Each share stays
    between the central and the drawn one.
    """
    found = dict(drawn)
    try:
        known = _known_pairs(central, pairs or {})
    except UsageError:
        return found  # whatever is wrong with the pairs is said where they are used
    for part in _tied(central, known):
        codes = [code for group in part for code in group]
        if len(codes) == 1 or _fits(part, found, known):
            continue
        near, far = 0.0, 1.0
        for _ in range(HALVINGS):
            middle = (near + far) / 2
            tried = {c: central[c] + middle * (drawn[c] - central[c]) for c in codes}
            near, far = (middle, far) if _fits(part, tried, known) else (near, middle)
        found |= {c: central[c] + near * (drawn[c] - central[c]) for c in codes}
    return found


def _fits(
    part: Sequence[Sequence[str]],
    shares: Mapping[str, float],
    pairs: Mapping[tuple[str, str], float],
) -> bool:
    try:
        fit(part, shares, pairs)
    except UsageError:
        return False
    return True


def _tied(codes: Iterable[str], known: Iterable[tuple[str, str]]) -> list[list[list[str]]]:
    """Divide circumstances into parts that neither a level, an exclusion nor a known pair ties.

    Each part is a list of groups of levels; a circumstance without levels is a group of its own.
    """
    group_of = {code: CIRCUMSTANCES[code].level_of or code for code in codes}
    groups: dict[str, list[str]] = {}
    for code, group in group_of.items():
        groups.setdefault(group, []).append(code)
    together: nx.Graph[str] = nx.Graph()
    together.add_nodes_from(groups)
    together.add_edges_from((group_of[a], group_of[b]) for a, b in known)
    together.add_edges_from(
        (group_of[a], group_of[b])
        for a in group_of
        for b in CIRCUMSTANCES[a].impossible_with & group_of.keys()
    )
    return [
        [groups[name] for name in sorted(part)]
        for part in sorted(nx.connected_components(together), key=min)
    ]


def _known_pairs(
    shares: Mapping[str, float], pairs: Mapping[tuple[str, str], float]
) -> dict[tuple[str, str], float]:
    """Return pairs with their circumstances in order of the alphabet.

    A pair that cannot occur is left out where its share is 0, as nothing follows from it.
    """
    for code, share in shares.items():
        if not 0 <= share <= 1:
            message = f"The share of {code} is {share:g}, and not from 0 to 1"
            raise UsageError(message)
    known: dict[tuple[str, str], float] = {}
    for names, both in pairs.items():
        a, b = sorted(names)
        for code in (a, b):
            if code not in shares:
                message = f"{a} with {b} is given as {both:g}, but {code} has no share"
                raise UsageError(message)
        if a == b or (exclude(a, b) and both > 0):
            why = "is one circumstance" if a == b else "cannot occur together"
            message = f"{a} with {b} is given as {both:g}, but {why}"
            raise UsageError(message)
        if known.get((a, b), both) != both:
            message = f"{a} with {b} is given twice: as {known[a, b]:g} and as {both:g}"
            raise UsageError(message)
        if not exclude(a, b):
            known[a, b] = both
    return known


# Correlated sensitivity --------------------------------------------------------------------


def mixture(
    shares: Mapping[str, float],
    odds_ratio: float = CORRELATED_ODDS_RATIO,
    pairs: Mapping[tuple[str, str], float] | None = None,
    *,
    weight: float = MULTIPLE_NEED_SHARE,
    needs: Collection[str] = NEEDS,
) -> Mixture:
    """Tie needs together: two classes of household, one of which has more of every need.

    Let P(z) be the share of set z in a factor, n(z) the needs in z, w the ``weight`` of the
    class of more need. A household of set z is in that class with probability

        h(z) = 1 ÷ (1 + exp(−a − λ n(z))),   a such that Σ P(z) h(z) = w in each factor,

    so the class has P(z) h(z) ÷ w and the rest P(z) (1 − h(z)) ÷ (1 − w). Their sum is P(z):
    marginals, exclusions and known pairs stay as they are, whatever λ. The odds of a need that
    stands alone in its factor differ by exp(λ) between the classes. λ is found such that
    ``odds_ratio`` is the geometric mean of the odds ratios of all pairs of needs of different
    factors, over the whole population (:func:`mean_odds_ratio`). 1 is independence.

    A latent class model (Lazarsfeld and Henry 1968) with two classes. Raises
    :class:`UsageError` for an odds ratio below 1 or beyond what the shares allow, for a weight
    not between 0 and 1, and as :func:`factors` does.
    """
    if not odds_ratio >= 1 or not 0 < weight < 1:
        message = (
            f"An odds ratio of 1 or more and a weight between 0 and 1 are needed, "
            f"not {odds_ratio:g} and {weight:g}"
        )
        raise UsageError(message)
    parts = factors(shares, pairs)

    def tied(tie: float) -> Mixture:
        halves = [_halves(part, needs, weight, tie) for part in parts]
        classes = zip((weight, 1 - weight), zip(*halves, strict=True), strict=True)
        return Mixture(tuple(classes), tie)

    def excess(tie: float) -> float:
        return float(np.log(mean_odds_ratio(tied(tie), needs)) - np.log(odds_ratio))

    if odds_ratio == 1 or not parts:
        return Mixture(((1.0, tuple(parts)),), 0.0)
    if excess(STRONGEST_TIE) < 0:
        most = mean_odds_ratio(tied(STRONGEST_TIE), needs)
        message = (
            f"Needs cannot be tied to a mean odds ratio of {odds_ratio:g}: with these shares and "
            f"a class of {weight:g} of households it is {most:.3g} at most"
        )
        raise UsageError(message)
    return tied(float(brentq(excess, 0.0, STRONGEST_TIE, xtol=1e-10)))


def _halves(
    part: Factor, needs: Collection[str], weight: float, tie: float
) -> tuple[Factor, Factor]:
    """Divide a factor between the class of more need and the rest."""
    power = tie * part.sets[:, [code in needs for code in part.codes]].sum(axis=1)
    if np.ptp(power) == 0:
        return part, part
    alone = float(logit(weight))
    base = float(
        brentq(
            lambda alpha: float(part.share @ expit(alpha + power)) - weight,
            alone - power.max(),
            alone - power.min(),
            xtol=1e-14,
        )
    )
    more = part.share * expit(base + power)
    less = part.share * expit(-base - power)
    return (
        Factor(part.codes, part.sets, more / more.sum()),
        Factor(part.codes, part.sets, less / less.sum()),
    )


def mean_odds_ratio(mixed: Mixture, needs: Collection[str] = NEEDS) -> float:
    """Geometric mean of the odds ratios of pairs of needs of different factors.

    Over the whole population; needs that nobody or everybody has are left out. 1 where no two
    needs are left.
    """
    weight = np.array([part for part, _ in mixed.classes])
    having = np.array([np.concatenate([f.marginal() for f in fs]) for _, fs in mixed.classes])
    first = mixed.classes[0][1]
    codes = [code for part in first for code in part.codes]
    of = np.repeat(np.arange(len(first)), [len(part.codes) for part in first])
    overall = weight @ having
    use = np.array([code in needs for code in codes]) & (overall > 0) & (overall < 1)
    having, of, lacking = having[:, use], of[use], 1.0 - having[:, use]
    a, b = np.nonzero(np.triu(of[:, None] != of[None, :]))
    if not len(a):
        return 1.0
    both, neither = weight @ (having[:, a] * having[:, b]), weight @ (lacking[:, a] * lacking[:, b])
    one, other = weight @ (having[:, a] * lacking[:, b]), weight @ (lacking[:, a] * having[:, b])
    logs = np.log(both) + np.log(neither) - np.log(one) - np.log(other)
    return float(np.exp(logs.mean()))


# Signatures --------------------------------------------------------------------------------


def signatures(
    parts: Sequence[Factor] | Mixture,
    masks: Mapping[str, int],
    track: Mapping[str, Collection[str]] | None = None,
) -> Signatures:
    """Merge profiles that mean the same for every service.

    ``masks`` gives each circumstance a bit mask of what it means (services that refuse it,
    sub-capacities it draws on); a circumstance without a mask means nothing to any service.
    ``track`` names sets of circumstances: see ``touching`` of :class:`Signatures`. Of a
    :class:`Mixture`, the classes are added up by their weights.

    The work grows with the number of different meanings, not with the number of profiles.
    """
    classes = parts.classes if isinstance(parts, Mixture) else ((1.0, tuple(parts)),)
    meanings = _Meanings(masks, track or {}, (c for f in classes[0][1] for c in f.codes))
    grown = [(weight, *_grow(part, meanings)) for weight, part in classes]
    keys, held = _merge(
        np.concatenate([keys for _, keys, _ in grown]),
        np.concatenate([weight * held for weight, _, held in grown]),
    )
    codes = [code for part in classes[0][1] for code in part.codes]
    order = sorted(range(len(codes)), key=codes.__getitem__)
    joint = held[:, :, 1:][:, :, order]
    return Signatures(
        circumstances=tuple(codes[place] for place in order),
        masks=tuple(_as_number(words) for words in keys.tolist()),
        share=held[:, :, 0].sum(axis=1),
        joint=joint.sum(axis=1),
        tracked=tuple(track or {}),
        touching=held[:, :, 0],
        joint_touching=joint,
    )


class _Meanings:
    """What each circumstance means, as 64-bit words: the sets it touches, then its mask."""

    def __init__(
        self,
        masks: Mapping[str, int],
        track: Mapping[str, Collection[str]],
        codes: Iterable[str],
    ) -> None:
        self.combinations = 1 << len(track)
        self.words = max(
            1, -(-max((m.bit_length() for m in masks.values()), default=0) // WORD_BITS)
        )
        self.of = {
            code: [
                sum(1 << place for place, held in enumerate(track.values()) if code in held),
                *_as_words(masks.get(code, 0), self.words),
            ]
            for code in codes
        }


def _as_words(number: int, words: int) -> list[int]:
    """Write a number as 64-bit words, the most significant first."""
    full = (1 << WORD_BITS) - 1
    return [number >> WORD_BITS * place & full for place in reversed(range(words))]


def _as_number(words: Iterable[int]) -> int:
    number = 0
    for word in words:
        number = number << WORD_BITS | word
    return number


def _merge(keys: Words, values: Floats) -> tuple[Words, Floats]:
    """Add up the values of equal keys; keys (rows × words) come back in ascending order."""
    order = np.lexsort(keys.T[::-1])
    keys = keys[order]
    new = np.append(True, np.any(keys[1:] != keys[:-1], axis=1))
    starts = np.flatnonzero(new)
    return keys[starts], np.add.reduceat(values[order], starts, axis=0)


def _grow(parts: Sequence[Factor], meanings: _Meanings) -> tuple[Words, Floats]:
    """Take factors in turn; return keys (states × words) and what each state holds.

    What it holds (states × combinations touched × (1 + circumstances seen)) is the share of
    households, and their share with each circumstance.
    """
    keys = np.zeros((1, meanings.words), dtype=np.uint64)
    held = np.zeros((1, meanings.combinations, 1))
    held[0, 0, 0] = 1.0
    for part in parts:
        pieces, piece_held = _pieces(part, meanings)
        grown = np.concatenate(
            [_with_piece(held, int(p[0]), h) for p, h in zip(pieces, piece_held, strict=True)]
        )
        joined = np.concatenate([keys | piece[1:] for piece in pieces])
        keys, held = _merge(joined, grown) if len(pieces) > 1 else (joined, grown)
    return keys, held


def _pieces(part: Factor, meanings: _Meanings) -> tuple[Words, Floats]:
    """Merge the sets of a factor that mean and touch the same.

    Returns their meanings (pieces × words), and share and share with each circumstance
    (pieces × (1 + circumstances of the factor)).
    """
    meaning = np.array([meanings.of[code] for code in part.codes], dtype=np.uint64)
    words = np.zeros((len(part.sets), meanings.words + 1), dtype=np.uint64)
    for column, means in zip(part.sets.T, meaning, strict=True):
        words[column] |= means
    values = np.column_stack([part.share, part.sets * part.share[:, None]])
    return _merge(words, values)


def _with_piece(held: Floats, touched: int, piece: Floats) -> Floats:
    """Return what states hold once they are joined with one piece of a factor."""
    joined = np.concatenate([held * piece[0], held[:, :, :1] * piece[1:]], axis=2)
    if not touched:
        return joined
    moved = np.zeros_like(joined)
    for before in range(joined.shape[1]):
        moved[:, before | touched] += joined[:, before]
    return moved
