"""Circumstances together.

Signatures found one circumstance at a time, against listing every set of circumstances, with the
same answer; the listing is vectorised, and merges at the end. Of thirty services each follows
one of twelve lists of rules, which refuse a fifth of the circumstances. Then the time that
includes the fit of marginals, and that of a fit of known pairs alone.
"""

from __future__ import annotations

from functools import partial
from itertools import combinations
from typing import TYPE_CHECKING, Final

import numpy as np
from rows import Reading, Row, best_of

from housing_map.fitting import Factor, exclude
from housing_map.profiles import factors, mixture, signatures
from housing_map.vocabulary import CIRCUMSTANCES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

SEED: Final = 20261121
SERVICES: Final = 30
RULE_LISTS: Final = 12
COMPARED: Final = (12, 16, 20, 24)
WHOLE: Final = 24
BAR: Final = 50.0
MOST_MS: Final = 40.0
EXACT: Final = 1e-9


def shares_of(number: int) -> dict[str, float]:
    """Return shares of circumstances; those that exclude an earlier one come last."""
    free: list[str] = []
    for code in CIRCUMSTANCES:
        if not any(exclude(code, other) for other in free):
            free.append(code)
    codes = [*free, *(code for code in CIRCUMSTANCES if code not in free)][:number]
    drawn = np.random.default_rng(SEED).uniform(0.01, 0.2, number)
    return dict(zip(codes, drawn.tolist(), strict=True))


def masks_of(codes: list[str]) -> dict[str, int]:
    """Which of the services refuse each circumstance: each service follows one list of rules."""
    rng = np.random.default_rng(SEED + 1)
    lists = rng.random((RULE_LISTS, len(codes))) < 0.2  # noqa: PLR2004 - a fifth of rules refuse
    follows = rng.integers(0, RULE_LISTS, SERVICES)
    return {
        code: sum(1 << service for service in range(SERVICES) if lists[follows[service], place])
        for place, code in enumerate(codes)
    }


def listing(
    parts: Sequence[Factor], masks: dict[str, int]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64], int]:
    """List every set of circumstances that can occur, and merge at the end."""
    mask, share = np.zeros(1, dtype=np.int64), np.ones(1)
    held = np.zeros((1, 0), dtype=bool)
    for part in parts:
        meaning = [_union(masks[code] for code in codes) for codes, _ in part.outcomes]
        before = len(mask)
        mask = np.concatenate([mask | means for means in meaning])
        share = np.concatenate([share * part_share for part_share in part.share])
        added = np.repeat(part.sets, before, axis=0)
        held = np.hstack([np.tile(held, (len(part.sets), 1)), added])
    found, row = np.unique(mask, return_inverse=True)
    joint = [np.bincount(row, share * column, len(found)) for column in held.T]
    return found, np.bincount(row, share), np.array(joint).T, len(mask)


def _union(masks: Iterable[int]) -> int:
    whole = 0
    for mask in masks:
        whole |= mask
    return whole


def run() -> list[Row | Reading]:
    """Compare where listing is possible at all, then measure what is not."""
    rows: list[Row | Reading] = []
    for number in COMPARED:
        shares = shares_of(number)
        masks = masks_of(list(shares))
        parts = factors(shares)
        ours, merged = best_of(partial(signatures, parts, masks), 10)
        theirs, (found, share, joint, sets) = best_of(partial(listing, parts, masks), 3)
        codes = [code for part in parts for code in part.codes]
        order = [codes.index(code) for code in merged.circumstances]
        assert merged.masks == tuple(found.tolist())
        assert np.allclose(merged.share, share, rtol=0, atol=1e-12)
        assert np.allclose(merged.joint, joint[:, order], rtol=0, atol=1e-12)
        size = f"{number} circumstances, {sets:,} sets, {len(found)} signatures"
        bar = BAR if number == max(COMPARED) else None
        rows.append(Row("Signatures", size, ours, "listing every set", theirs, bar))
    return [*rows, *_whole(), _fit()]


def _whole() -> list[Reading]:
    shares = shares_of(WHOLE)
    masks = masks_of(list(shares))
    track = {"s5a": frozenset({"black_minoritised", "lgbt"}), "s5b": frozenset({"drugs"})}
    plain, merged = best_of(lambda: signatures(factors(shares), masks), 5)
    told, _ = best_of(lambda: signatures(factors(shares), masks, track), 5)
    tied, mixed = best_of(lambda: signatures(mixture(shares, 2.0), masks), 5)
    assert np.allclose(mixed.joint.sum(axis=0), [shares[c] for c in mixed.circumstances])
    size = f"{WHOLE} circumstances, {SERVICES} services, {len(merged.masks)} signatures"
    return [
        Reading("Nearly the whole vocabulary, with levels", size, plain * 1000, "ms", MOST_MS),
        Reading("… told apart by two kinds of specialist support", size, told * 1000, "ms"),
        Reading("… with correlated needs", size, tied * 1000, "ms"),
    ]


def _fit() -> Reading:
    """Ten circumstances of which every pair is known, from a table that has them."""
    shares = shares_of(10)
    classes = mixture(shares, 1.5, needs=shares).classes
    rates = [
        (weight, {part.codes[0]: float(part.marginal()[0]) for part in parts})
        for weight, parts in classes
    ]
    pairs = {
        (a, b): sum(weight * rate[a] * rate[b] for weight, rate in rates)
        for a, b in combinations(shares, 2)
    }
    seconds, (part,) = best_of(lambda: factors(shares, pairs), 5)
    for (a, b), share in pairs.items():
        held = part.sets[:, part.codes.index(a)] & part.sets[:, part.codes.index(b)]
        assert abs(part.share @ held - share) < EXACT
    size = f"10 circumstances, {len(pairs)} pairs, {len(part.share):,} sets"
    return Reading("Fit of known pairs", size, seconds * 1000, "ms")


if __name__ == "__main__":
    from rows import readings_table, table

    found = run()
    print(table([row for row in found if isinstance(row, Row)]))
    print(readings_table([row for row in found if isinstance(row, Reading)]))
