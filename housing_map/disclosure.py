"""Disclosure control of a release: one mask, and the audit that lets it go.

A release is protected in four steps. What is small or dominated by one provider is hidden
(:func:`housing_map.disclosure_policy.needs`). Further cells are hidden so that sums give nothing
away (:mod:`housing_map.suppression`). A cell hidden in one year or scenario is hidden in all: the
:class:`Mask` is one for the release, its maps and its charts. An attacker then tries
(:mod:`housing_map.disclosure_audit`); what fails is protected further, or refused.

Modelled estimates are not counts of people: they are rounded, and read "fewer than 5, modelled"
when small. They do not pass through the mask.

>>> tenure = Dimension.flat("tenure", ["owned", "private", "social"])
>>> supported = Table(name="People supported", measure="people supported", kind=Kind.PEOPLE,
...     dimensions=(tenure,),
...     values={("all",): 60, ("owned",): 3, ("private",): 30, ("social",): 27})
>>> mask = protect(Release(tables=(supported,)))
>>> {codes[0]: shown.text for codes, shown in mask.apply(supported).items()}
{'all': '60', 'owned': '[c]', 'private': '30', 'social': '[c]'}
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from housing_map import disclosure_audit, suppression
from housing_map.disclosure_audit import Audit, Bound
from housing_map.disclosure_pattern import Hidden, pattern
from housing_map.disclosure_policy import Policy, Zeros, readable, rounded
from housing_map.disclosure_tables import (
    MARK_NOTES,
    Address,
    Cell,
    Dimension,
    DisclosureError,
    Kind,
    Known,
    Mark,
    Providers,
    Relation,
    Release,
    Table,
    system,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from housing_map.disclosure_tables import Codes

__all__ = [
    "MARK_NOTES",
    "Address",
    "Audit",
    "Bound",
    "Cell",
    "Dimension",
    "DisclosureError",
    "Hidden",
    "Kind",
    "Known",
    "Mark",
    "Mask",
    "Policy",
    "Providers",
    "Relation",
    "Release",
    "Shown",
    "Table",
    "Zeros",
    "audit",
    "percentage",
    "protect",
]


class Shown(NamedTuple):
    """What a release prints in a cell: ``text`` always, ``value`` where it is a number."""

    value: float | None
    mark: Mark | None
    text: str


@dataclass(frozen=True)
class Mask:
    """Which cells are hidden, in every table, map, chart, year and scenario of a release.

    ``covered`` are the cells it was made for; it shows no other. ``values`` are their true figures,
    in memory only, to refuse a table that has changed since.
    """

    policy: Policy
    hidden: Mapping[Address, Hidden]
    covered: frozenset[Cell]
    values: Mapping[Cell, float] = field(default_factory=dict, repr=False, compare=False)

    def apply(self, table: Table) -> dict[Codes, Shown]:
        """Return what may be printed of a table, cell by cell.

        Raises :class:`DisclosureError` when the table shows a geography it must not, or has cells
        or figures that the mask was not made for: extend it first.
        """
        self.policy.check(table)
        return {codes: self._shown(table, codes) for codes in table.values}

    def _shown(self, table: Table, codes: Codes) -> Shown:
        value = table.values[codes]
        if isinstance(value, Mark):
            return Shown(None, value, value.value)
        if table.kind is Kind.MODELLED:
            return _modelled(value, table, codes, self.policy)
        if table.kind is Kind.NATIONAL:
            return _figure(value)
        cell = table.cell(codes)
        if cell not in self.covered or self.values.get(cell, value) != value:
            message = f"table {table.name}: the mask was not made for {cell} as it now stands"
            raise DisclosureError(message)
        zeros = table.kind is Kind.PEOPLE and self.policy.zeros is Zeros.SHOWN
        always = codes in table.structural or (zeros and value == 0)
        if cell.address in self.hidden and not always:
            return Shown(None, Mark.HIDDEN, Mark.HIDDEN.value)
        base = {Kind.PEOPLE: self.policy.base, Kind.AMOUNT: self.policy.amount_base}
        return _figure(rounded(value, base[table.kind]) if table.kind in base else value)

    def known(self, *tables: Table) -> dict[Cell, Known]:
        """Return what everybody can read in these tables once published, for a later release."""
        found: dict[Cell, Known] = {}
        for cell, fact in system(Release(tables=tables)).facts.items():
            if fact.shown and cell in self.covered:
                read = readable(fact, self.policy, hidden=cell.address in self.hidden)
                found[cell] = read
        return found

    def extended(self, release: Release, *, minutes: int = suppression.MINUTES) -> Mask:
        """Return a mask that covers more tables, years or scenarios as well.

        What is hidden stays hidden. Protecting the new tables may hide more, in the old ones too:
        where those are out already, say so by ``release.known`` and ``release.background``.
        """
        return protect(release, self.policy, start=self, minutes=minutes)

    @property
    def digest(self) -> str:
        """SHA-256 of the policy and of which cells are hidden, as a manifest may print it."""
        content = {
            "policy": self.policy.model_dump(mode="json"),
            "hidden": sorted([a.measure, [list(p) for p in a.at]] for a in self.hidden),
        }
        text = json.dumps(content, sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def as_dict(self) -> dict[str, Any]:
        """Return the mask for the store, without true figures. It says why: never publish it."""
        return {
            "policy": self.policy.model_dump(mode="json"),
            "hidden": [[a.measure, [*map(list, a.at)], self.hidden[a].value] for a in self.hidden],
            "covered": [[c.measure, c.version, [*map(list, c.at)]] for c in sorted(self.covered)],
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Mask:
        """Return a mask from the store; raises :class:`DisclosureError` when it cannot be read."""
        try:
            return cls(
                Policy.model_validate(content["policy"]),
                {Address(m, _places(at)): Hidden(why) for m, at, why in content["hidden"]},
                frozenset(Cell(m, version, _places(at)) for m, version, at in content["covered"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            message = "the mask of the earlier release cannot be read"
            raise DisclosureError(message) from error


def _places(at: Iterable[Sequence[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((str(dimension), str(code)) for dimension, code in at)


def protect(
    release: Release,
    policy: Policy | None = None,
    *,
    start: Mask | None = None,
    minutes: int = suppression.MINUTES,
) -> Mask:
    """Return the mask of a release, audited.

    Parameters
    ----------
    release
        All tables that are published together, and what others can lay beside them.
    policy
        The rules; the default ones when None.
    start
        A mask whose hidden cells stay hidden, and whose cells stay covered.
    minutes
        Time limit of the solver of secondary suppression.

    Raises
    ------
    DisclosureError
        When tables contradict each other, show an area they must not, or cannot be protected.
    SolverError
        When the solver fails or runs out of time; nothing half protected is returned.
    """
    policy = policy if policy is not None else Policy()
    for table in release.tables:
        policy.check(table)
    whole = system(release)
    hidden = pattern(whole, policy, start.hidden if start is not None else {}, minutes=minutes)
    covered = frozenset(cell for cell, fact in whole.facts.items() if fact.shown)
    values = {cell: whole.facts[cell].value for cell in covered}
    if start is not None:
        covered |= start.covered
        values = {**start.values, **values}
    return Mask(policy, hidden, covered, values)


def audit(release: Release, mask: Mask) -> Audit:
    """Attack a release as masked: by its sums, what is laid beside it, and what is known."""
    return disclosure_audit.audit(system(release), mask.policy, mask.hidden)


def percentage(part: Shown, whole: Shown) -> Shown:
    """Return a whole percentage, worked out from what is shown and so telling nothing more."""
    for shown in (part, whole):
        if shown.mark is not None:
            return Shown(None, shown.mark, shown.mark.value)
    if part.value is None or not whole.value:
        return Shown(None, Mark.NOT_APPLICABLE, Mark.NOT_APPLICABLE.value)
    share = math.floor(100 * part.value / whole.value + 0.5)
    return Shown(share, None, f"{share}%")


def _figure(value: float) -> Shown:
    text = f"{value:,.0f}" if value == round(value) else f"{value:,.10g}"
    return Shown(value, None, text)


def _modelled(value: float, table: Table, codes: Codes, policy: Policy) -> Shown:
    """Return an estimate, rounded; a rate stands as it is."""
    if table.rate or codes in table.structural:
        return _figure(value)
    if value < policy.modelled_threshold:
        return Shown(None, None, policy.modelled_small)
    return _figure(rounded(value, policy.modelled_base))
