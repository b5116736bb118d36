"""What each change is worth, in words: the finding, the table, and how the shares were made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from housing_map.words import FEW, about, households, joined

if TYPE_CHECKING:
    from collections.abc import Sequence

    from housing_map.attribution import Attribution, Share

FELT: Final = 0.05
"""Households a year below which a change is none."""
_NINETY_FIVE: Final = 1.96
_DEPENDS: Final = 1.0
"""Households a year from which what a change adds depends on the others."""
_MOST: Final = 0.75
"""Share of the effect that the changes named in the finding bring, at least."""
_NAMED: Final = 3


def more_or_fewer(change: float) -> str:
    """Say a change in the number of households, modelled.

    >>> more_or_fewer(12), more_or_fewer(-3), more_or_fewer(0)
    ('about 10 more', 'up to 5 fewer', 'no change')
    """
    if abs(change) < FELT:
        return "no change"
    said = f"up to {FEW}" if abs(change) < FEW else about(abs(change))
    return f"{said} {'more' if change > 0 else 'fewer'}"


def finding(found: Attribution, labels: Sequence[str]) -> str:
    """Say what the changes do together, and which of them bring most of it.

    For shares of ``met``; ``labels`` are short names of the changes, in the order of the list.
    """
    effect = found.total_after - found.total_before
    if abs(effect) < FELT:
        moved = [one for one in found.shares if abs(one.value) >= FELT]
        if moved:
            return "Together the changes help as many households as now: their shares cancel out."
        return "The changes help as many households as now, together and one by one."
    way = "more" if effect > 0 else "fewer"
    amount = f"fewer than {FEW} households" if abs(effect) < FEW else households(abs(effect))
    pulling = sorted(
        (one for one in found.shares if one.value * effect > 0 and abs(one.value) >= FELT),
        key=lambda one: (-abs(one.value), one.number),
    )
    named: list[str] = []
    brought = 0.0
    for one in pulling[:_NAMED]:
        named.append(f"“{labels[one.number]}”")
        brought += abs(one.value)
        if brought >= _MOST * abs(effect):
            break
    against = [
        f"“{labels[one.number]}”"
        for one in found.shares
        if one.value * effect < 0 and abs(one.value) >= FELT
    ]
    most = "all" if len(named) == len(pulling) and not against else "most"
    work = "works" if len(against) == 1 else "work"
    other = f"; {joined(against)} {work} against it" if against else ""
    sampled = " (sampled)" if not found.exact else ""
    said = f"{amount} a year {way} helped: {most} of it from {joined(named)}{other}{sampled}."
    return f"{said[0].upper()}{said[1:]}"


def share_rows(found: Attribution, labels: Sequence[str]) -> list[dict[str, str]]:
    """Return one row a change: its share, what it does by itself, and on top of all others.

    Where shares are sampled, each row says how far off its own may be (95%).
    """
    rows = []
    for one, label in zip(found.shares, labels, strict=True):
        row = {"Change": label, "Share": more_or_fewer(one.value)}
        if not found.exact:
            row["Give or take"] = _doubt(one)
        row["By itself"] = more_or_fewer(one.alone)
        row["On top of the others"] = more_or_fewer(one.last)
        rows.append(row)
    return rows


def depends(found: Attribution, labels: Sequence[str]) -> list[str]:
    """Name the changes that are worth another amount with the others than without."""
    said = []
    for one, label in zip(found.shares, labels, strict=True):
        if one.last - one.alone >= _DEPENDS:
            said.append(f"“{label}” is worth more with the other changes than by itself.")
        elif one.alone - one.last >= _DEPENDS:
            said.append(f"“{label}” is worth less with the other changes than by itself.")
    return said


def how(found: Attribution) -> str:
    """Say how the shares were made."""
    rule = (
        "A change's share is the mean of what it adds over every order in which the changes "
        "could come (Shapley value); the shares add up to the whole effect, before rounding."
    )
    if found.exact:
        return f"{rule} Exact: all {found.coalitions:,} sets of changes were worked out."
    return (
        f"{rule} Sampled: {found.orders:,} orders, {found.coalitions:,} sets of changes; "
        "each share has a range that holds the exact one in 95 of 100 samples."
    )


def _doubt(share: Share) -> str:
    half = _NINETY_FIVE * (share.error or 0.0)
    return f"± {half:.1f}" if half >= FELT else "± less than 0.1"
