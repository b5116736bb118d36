"""The rules: what is small, what dominates, how figures are rounded, which geography may show.

Each :class:`~housing_map.disclosure_tables.Kind` of figure has its own rule, and
:meth:`Policy.rules` says it in words for the notes of a release. :func:`needs` names the cells that
must be hidden for what they say themselves (primary suppression), and what an attacker must be left
with about each.

Sources
-------
- Threshold and rounding: Government Analysis Function, *Guidance for tables produced from
  administrative sources* (GSS/GSR disclosure control, 2014): small counts of people, rows with a
  single filled cell, differencing. Threshold 10 and base 5 are the project's own, stricter choices.
- Dominance, the p % rule, and the protection each asks for: Hundepool et al., *Statistical
  Disclosure Control* (Wiley 2012), 4.2 and table 4.2. The figures 2, 90 % and 10 % are the defaults
  of the ACRO tool of the UK research data services (Green, Ritchie and Smith 2020).
- Three services and three organisations: a rule of this program for confidential accommodation.
"""

from __future__ import annotations

import math
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, model_validator

from housing_map.disclosure_tables import DisclosureError, Fact, Kind, Known

if TYPE_CHECKING:
    from housing_map.disclosure_tables import Cell, System, Table

_PERCENT: Final = 100.0


class Zeros(StrEnum):
    """What is done with a count of nobody, where somebody could have been."""

    SHOWN = "shown"
    TELLING = "telling zeros hidden"
    HIDDEN = "hidden"


class Policy(BaseModel):
    """The rules of a release, kept with it as JSON.

    Attributes
    ----------
    version
        Version of this form.
    threshold
        Counts of people from 1 to one less are hidden; so wide, at least, must be what an attacker
        can work out about each.
    base
        Counts shown are rounded to the nearest multiple.
    zeros
        A zero *tells* where everybody of a row or column stands in one cell: then it says of each
        of them what they are. Zeros that cannot be otherwise are always shown.
    dominance_providers, dominance_percent
        An amount is hidden when this many providers make up more than this share of it.
    p_percent
        And when the second largest provider could work out the largest to within this share.
    providers
        Fewest services, organisations or contributors that share a cell.
    amount_base
        Amounts are rounded to this many pounds.
    modelled_base, modelled_threshold
        The same for estimates; under the threshold they read "fewer than 5, modelled".
    people_levels, modelled_levels, rate_levels
        Geographies for counts of people, modelled numbers, and modelled rates without a
        circumstance.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    threshold: int = Field(10, ge=2)
    base: int = Field(5, ge=1)
    zeros: Zeros = Zeros.TELLING
    dominance_providers: int = Field(2, ge=1)
    dominance_percent: float = Field(90.0, gt=0, lt=100)
    p_percent: float = Field(10.0, gt=0, lt=100)
    providers: int = Field(3, ge=1)
    amount_base: int = Field(1, ge=1)
    modelled_base: int = Field(5, ge=1)
    modelled_threshold: int = Field(5, ge=1)
    people_levels: tuple[str, ...] = ("district", "region", "nation")
    modelled_levels: tuple[str, ...] = ("district", "region", "nation", "place", "partnership")
    rate_levels: tuple[str, ...] = ("ward", "lsoa")

    @model_validator(mode="after")
    def _rounding_hides_nothing(self) -> Policy:
        """Refuse rounding by which somebody could be shown as a zero."""
        if self.base > self.threshold or self.modelled_base > 2 * self.modelled_threshold:
            message = "the rounding base must not be larger than the threshold"
            raise ValueError(message)
        return self

    def rules(self) -> dict[Kind, str]:
        """Return one sentence or two for each kind of figure, for the notes of a release."""
        return {
            Kind.PEOPLE: f"Counts of people: from 1 to {self.threshold - 1} hidden, and others so "
            f"that those cannot be worked out; the rest rounded to the nearest {self.base}. "
            "Totals are rounded by themselves, so parts may not sum to them.",
            Kind.AMOUNT: "Amounts by provider: hidden where fewer than "
            f"{self.providers} providers share one, where {self.dominance_providers} make up more "
            f"than {self.dominance_percent:g} %, or where one could be worked out to within "
            f"{self.p_percent:g} %; the rest to the nearest £{self.amount_base:,}.",
            Kind.MODELLED: "Modelled estimates are not counts of people: rounded to the nearest "
            f"{self.modelled_base}; under {self.modelled_threshold} they read “"
            f"{self.modelled_small}”. Parts may not sum to totals.",
            Kind.NATIONAL: "National statistics stand as they were published.",
            Kind.PROVISION: "Facts about provision stand as they are; about confidential "
            f"accommodation only where at least {self.providers} services and {self.providers} "
            "organisations share the figure.",
        }

    @property
    def modelled_small(self) -> str:
        """What a small estimate reads."""
        return f"fewer than {self.modelled_threshold}, modelled"

    def check(self, table: Table) -> None:
        """Raise :class:`DisclosureError` when a table shows a smaller area than its kind may."""
        problem = ""
        if table.kind is Kind.PEOPLE and table.level not in self.people_levels:
            problem = f"counts of people by {table.level} are not published"
        elif table.kind is Kind.MODELLED and table.level not in self.modelled_levels:
            if not table.rate or table.level not in self.rate_levels:
                problem = f"modelled numbers by {table.level} are not published, only rates by ward"
            elif table.circumstances:
                problem = f"rates by {table.level} are not published for a need or circumstance"
        if table.confidential and table.level not in self.people_levels:
            problem = f"facts on confidential accommodation by {table.level} are not published"
        if problem:
            message = f"table {table.name}: {problem}"
            raise DisclosureError(message)


class Need(NamedTuple):
    """What an attacker must be left with: an interval so wide, and holding ``low`` to ``high``."""

    width: float
    low: float
    high: float
    why: str

    def met(self, low: float, high: float) -> bool:
        """Whether an interval is wide enough; a millionth is put down to the solver."""
        slack = 1e-6 * max(1.0, self.high)
        return (
            high - low >= self.width - slack
            and low <= self.low + slack
            and high >= self.high - slack
        )


def rounded(value: float, base: int) -> int:
    """Return the nearest multiple of ``base``, halves up."""
    return base * math.floor(value / base + 0.5)


def readable(fact: Fact, policy: Policy, *, hidden: bool) -> Known:
    """Return what the release itself says of a cell, to somebody who knows the policy.

    A count shown as 10 is 10, 11 or 12 under the default policy: 8 and 9 would be hidden. A count
    hidden may be anything from 0 up, from 1 where the policy shows every zero.
    """
    exact = Known(fact.value, fact.value)
    zeros = fact.shown and fact.kind is Kind.PEOPLE and policy.zeros is Zeros.SHOWN
    if fact.structural or fact.kind is Kind.NATIONAL or (zeros and fact.value == 0):
        return exact
    if hidden or not fact.shown:
        return Known(1.0 if zeros else 0.0, math.inf)
    if fact.kind is Kind.PEOPLE and fact.value > 0:
        middle = rounded(fact.value, policy.base)
        lowest = math.ceil(middle - policy.base / 2)
        highest = math.ceil(middle + policy.base / 2) - 1
        return Known(float(max(lowest, policy.threshold)), float(highest))
    if fact.kind is Kind.AMOUNT:
        middle = rounded(fact.value, policy.amount_base)
        half = policy.amount_base / 2
        return Known(max(middle - half, 0.0), middle + half)
    return exact


def needs(system: System, policy: Policy) -> dict[Cell, Need]:
    """Return the cells that are sensitive in themselves, and what must stay open about each."""
    telling = _telling(system) if policy.zeros is Zeros.TELLING else frozenset()
    found: dict[Cell, Need] = {}
    for cell, fact in system.facts.items():
        if fact.structural:
            continue
        need: Need | None = None
        if fact.kind is Kind.PEOPLE:
            need = _people(fact, policy, telling=cell in telling)
        elif fact.kind is Kind.AMOUNT and fact.contributions is not None:
            need = _amount(fact, fact.contributions, policy)
        elif fact.kind is Kind.PROVISION and fact.providers is not None:
            need = _confidential(fact, policy)
        if need is not None:
            found[cell] = need
    return found


def _telling(system: System) -> frozenset[Cell]:
    """Return the zeros that say of everybody in a row that they stand in one other cell."""
    found = set()
    for total in system.sums:
        parts = [f for part in total.parts if not (f := system.facts[part]).structural]
        filled = [part for part in parts if part.value > 0]
        if len(filled) == 1 and len(parts) > 1:
            found |= {part.cell for part in parts if part.value == 0}
    return frozenset(found)


def _people(fact: Fact, policy: Policy, *, telling: bool) -> Need | None:
    """Return the need of a count: an interval from which it could as well be shown."""
    small = 0 < fact.value < policy.threshold
    zero = fact.value == 0 and (telling or (policy.zeros is Zeros.HIDDEN and fact.shown))
    if not small and not zero:
        return None
    why = f"fewer than {policy.threshold} people" if small else "a zero that tells"
    return Need(float(policy.threshold), fact.value, fact.value, why)


def _amount(fact: Fact, parts: tuple[float, ...], policy: Policy) -> Need | None:
    """Return the need of an amount by provider: the protection that the broken rules ask for."""
    if fact.value <= 0:
        return None
    margins: list[float] = []
    share = policy.p_percent / _PERCENT
    if len([part for part in parts if part > 0]) < policy.providers:
        margins.append(share * fact.value)
    top = sum(parts[: policy.dominance_providers])
    limit = policy.dominance_percent / _PERCENT
    if top > limit * fact.value:
        margins.append(top / limit - fact.value)
    largest = parts[0] if parts else fact.value
    others = max(fact.value - sum(parts[:2]), 0.0)
    if others < share * largest:
        margins.append(share * largest - others)
    if not margins:
        return None
    margin = max(margins)
    low, high = max(fact.value - margin, 0.0), fact.value + margin
    return Need(high - low, low, high, "few or dominant providers")


def _confidential(fact: Fact, policy: Policy) -> Need | None:
    """Return the need of a fact that fewer services or organisations share than the policy asks."""
    if fact.value == 0 or fact.providers is None or min(fact.providers) >= policy.providers:
        return None
    why = f"fewer than {policy.providers} services or organisations"
    return Need(float(policy.base), fact.value, fact.value, why)
