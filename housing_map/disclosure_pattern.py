"""Which cells a release hides: those that must be, and those that protect them.

Sensitive cells are taken a few at a time. For each few the solver of :mod:`housing_map.suppression`
sees the whole linked group, with everything that is hidden already, and proves which further cells
to hide at the least loss. Hiding more never lets an attacker know more, so what one step protects
stays protected. All at once would hide a little less, but can take hours; and a limit in seconds
would make the pattern depend on the machine, when two patterns of one release are a leak.

A cell hidden in one year or scenario is hidden in all.
"""

from __future__ import annotations

import math
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from housing_map import suppression
from housing_map.disclosure_audit import Attacker, audit, belief
from housing_map.disclosure_policy import Zeros, needs
from housing_map.disclosure_tables import DisclosureError, Kind, Known

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from housing_map.disclosure_policy import Need, Policy
    from housing_map.disclosure_tables import Address, Cell, Fact, System


class Hidden(StrEnum):
    """Why a cell is hidden. Never published: it would say which cells are the small ones."""

    PRIMARY = "for what it says"
    SECONDARY = "to protect another"


_FEW: Final = 8
"""Sensitive cells that one problem protects together."""
_ROUNDS: Final = 4
"""Times that a cell which fails the audit is protected again, with more room."""
_LOSS_ZERO: Final = 12
"""Loss of hiding a zero: rarely worth it, since a reader may guess it."""


class _Everything:
    """Stands for a mask that hides all that can be hidden."""

    def __contains__(self, _: object) -> bool:
        return True


def pattern(
    whole: System, policy: Policy, start: Mapping[Address, Hidden], *, minutes: int
) -> dict[Address, Hidden]:
    """Return the addresses to hide and why, such that the audit of the system passes.

    Parameters
    ----------
    whole
        The release, and what is laid beside it.
    policy
        The rules.
    start
        Addresses that are hidden already, and stay so.
    minutes
        Time limit of each problem of the solver.

    Raises
    ------
    DisclosureError
        When no pattern protects a cell; the message names it, and what gives it away.
    SolverError
        When the solver fails or runs out of time.
    """
    needed = needs(whole, policy)
    hidden = dict(start)
    for cell in needed:
        if whole.facts[cell].shown:
            hidden[cell.address] = Hidden.PRIMARY
    everywhere = belief(whole, policy, _Everything())
    asked = {cell: _asked(need, everywhere[cell]) for cell, need in needed.items()}
    groups = whole.groups()
    for group in groups:
        _protect(group, policy, hidden, asked, minutes)
    for _ in range(_ROUNDS):
        found = audit(whole, policy, hidden)
        if found.passed:
            break
        # Whole numbers can leave less open than the solver, which knows none, was told.
        failed = {bound.cell for bound in found.failures}
        for cell in failed:
            asked[cell] = Known(asked[cell].low, asked[cell].high + policy.base)
        for group in groups:
            again = [cell for cell in group.facts if cell in failed]
            for first in range(0, len(again), _FEW):
                _hide(group, policy, hidden, asked, again[first : first + _FEW], minutes=minutes)
    else:
        audit(whole, policy, hidden).refuse()
    return hidden


def _protect(
    group: System,
    policy: Policy,
    hidden: dict[Address, Hidden],
    asked: dict[Cell, Known],
    minutes: int,
) -> None:
    """Hide further cells of a linked group until each sensitive one is protected.

    Nothing leans on rounding here: the attacker is given what is shown to the last person. A cell
    that is protected already, by what is hidden for others, is not asked about.
    """
    exact = policy.model_copy(update={"base": 1})
    needed = needs(group, policy)
    waiting = [cell for cell in group.facts if cell in needed]
    while waiting:
        attacker = Attacker(group, exact, set(hidden), whole=False)
        few: list[Cell] = []
        while waiting and len(few) < _FEW:
            cell = waiting.pop(0)
            if not attacker.bound(cell, needed[cell]).safe:
                few.append(cell)
        if few:
            _hide(group, policy, hidden, asked, few, minutes=minutes)


def _hide(
    group: System,
    policy: Policy,
    hidden: dict[Address, Hidden],
    asked: dict[Cell, Known],
    few: Sequence[Cell],
    *,
    minutes: int,
) -> None:
    """Hide what protects a few sensitive cells at the least loss."""
    cells = list(group.facts)
    place = {cell: number for number, cell in enumerate(cells)}
    sums = [(place[t.whole], tuple(place[part] for part in t.parts)) for t in group.sums]
    known = belief(group, policy, _Everything())

    def solved() -> frozenset[int]:
        room = {cell: asked[cell] for cell in few}
        choices = [
            _choice(group.facts[cell], known[cell], policy, room.get(cell), hidden)
            for cell in cells
        ]
        return suppression.secondary(choices, sums, minutes=minutes)

    try:
        more = solved()
    except suppression.ImpossibleError as error:
        asked.update(_possible(group, policy, few, error))
        more = solved()
    for number in sorted(more):
        hidden.setdefault(cells[number].address, Hidden.SECONDARY)


def _asked(need: Need, possible: tuple[float, float]) -> Known:
    """Return what must stay possible of a cell: its need, placed as low as it may lie."""
    low = need.low
    if need.high - need.low < need.width:
        low = max(possible[0], need.low - need.width)
    return Known(low, max(low + need.width, need.high))


def _possible(
    group: System, policy: Policy, few: Sequence[Cell], error: Exception
) -> dict[Cell, Known]:
    """Return what can stay open about a few cells when everything is hidden that can be.

    Raises :class:`DisclosureError` with names where that is too little.
    """
    found = audit(group, policy, _Everything())
    try:
        found.refuse()
    except DisclosureError as refused:
        raise refused from error
    return {
        bound.cell: _asked(bound.need, (bound.low, bound.high))
        for bound in found.bounds
        if bound.need is not None and bound.cell in few
    }


def _choice(
    fact: Fact,
    known: tuple[float, float],
    policy: Policy,
    room: Known | None,
    hidden: Container[Address],
) -> suppression.Choice:
    """Return a cell as the solver of secondary suppression sees it."""
    shut = fact.structural or fact.kind is Kind.NATIONAL
    people = fact.kind is Kind.PEOPLE and fact.shown
    shut |= people and fact.value == 0 and policy.zeros is Zeros.SHOWN
    if shut:
        state = suppression.State.SHOWN
    elif not fact.shown or fact.cell.address in hidden:
        state = suppression.State.HIDDEN
    else:
        state = suppression.State.OPEN
    loss = _LOSS_ZERO if fact.value == 0 else 10 + math.floor(10 * math.log2(1 + fact.value))
    low, high = (fact.value, fact.value) if shut else known
    if room is None or shut:
        return suppression.Choice(fact.value, loss, state, low, high)
    return suppression.Choice(fact.value, loss, state, low, high, room.low, room.high)
