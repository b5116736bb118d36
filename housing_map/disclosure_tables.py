"""Tables that a release shows, and what an attacker can add up from them.

A :class:`Table` has named dimensions whose codes may form a tree, with or without a total. A
:class:`Cell` is named by what it counts and by the codes it stands at, totals left out; so the
margin of one table and the inside of another are one cell, and linked tables need no list of links.

:func:`system` lays all tables of a release out as one set of sums, ``whole = Σ parts``. Where parts
overlap (needs, protected characteristics), or where two areas or two periods overlap, what is left
over is a cell as well, though nobody prints it: *total less those with the need* tells as much.

Source of the approach: Hundepool, Domingo-Ferrer, Franconi, Giessing, Schulte Nordholt, Spicer and
de Wolf, *Statistical Disclosure Control* (Wiley 2012), chapters 4 and 5: linked and hierarchical
tables as one system of linear constraints.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from scipy import sparse

from housing_map.errors import HousingMapError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Codes = tuple[str, ...]
"""One code of each dimension of a table, in the order of its dimensions."""

_TOLERANCE: Final = 1e-6
"""Share of a total by which amounts of money may miss it, from adding up decimals."""


class DisclosureError(HousingMapError):
    """Something may not be published as it stands; the message names cells, never their values."""


class Kind(StrEnum):
    """What sort of figure a table holds; each has its own rule, in ``disclosure_policy``."""

    PEOPLE = "count of people"
    AMOUNT = "amount by provider"
    MODELLED = "modelled estimate"
    NATIONAL = "published national statistic"
    PROVISION = "provision fact"


class Mark(StrEnum):
    """What stands in a cell instead of a figure.

    Source: Government Analysis Function, *Using symbols in tables: definitions and help* (2021,
    for the Government Statistical Service): square brackets, each mark explained beside the table.
    """

    HIDDEN = "[c]"
    NOT_AVAILABLE = "[x]"
    NOT_APPLICABLE = "[z]"


MARK_NOTES: Final[dict[Mark, str]] = {
    Mark.HIDDEN: "confidential: hidden to protect people, itself or so that another cannot be "
    "worked out",
    Mark.NOT_AVAILABLE: "not available",
    Mark.NOT_APPLICABLE: "not applicable",
}
"""A sentence for the notes beside a table."""


class Address(NamedTuple):
    """What a cell counts and where it stands, whatever the year or scenario."""

    measure: str
    at: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        """Return words for a message."""
        return f"{self.measure}, " + (" and ".join(f"{d} {c}" for d, c in self.at) or "in all")


class Cell(NamedTuple):
    """One figure: what it counts, in which year, quarter or scenario, and where it stands."""

    measure: str
    version: str
    at: tuple[tuple[str, str], ...]

    @property
    def address(self) -> Address:
        """The place of the cell in the mask, which is one for all versions."""
        return Address(self.measure, self.at)

    def __str__(self) -> str:
        """Return words for a message."""
        return f"{self.address}" + (f" ({self.version})" if self.version else "")


@dataclass(frozen=True, kw_only=True)
class Dimension:
    """A way of dividing people: its codes, and for each the code it is part of.

    ``codes`` maps a code to its parent, or to None at the top. With ``adds`` the children of a code
    sum to it; without, they overlap (needs), and each is only a part of it.
    """

    name: str
    codes: Mapping[str, str | None]
    adds: bool = True

    @classmethod
    def flat(
        cls, name: str, parts: Sequence[str], *, total: str = "all", adds: bool = True
    ) -> Dimension:
        """Return a dimension of one level under one total."""
        return cls(name=name, codes={total: None, **dict.fromkeys(parts, total)}, adds=adds)

    def __post_init__(self) -> None:
        """Refuse a tree with a parent that is not there, or that bites its tail."""
        for code in self.codes:
            seen, at = {code}, self.codes[code]
            while at is not None:
                if at not in self.codes or at in seen:
                    message = f"dimension {self.name}: {code} stands under {at}, which cannot be"
                    raise DisclosureError(message)
                seen.add(at)
                at = self.codes[at]

    @property
    def total(self) -> str | None:
        """The one code at the top, or None where several stand there and are not added up."""
        tops = [code for code, parent in self.codes.items() if parent is None]
        return tops[0] if len(tops) == 1 else None

    def parts(self) -> dict[str, tuple[str, ...]]:
        """Return each code that has parts, with them."""
        found: dict[str, list[str]] = {}
        for code, parent in self.codes.items():
            if parent is not None:
                found.setdefault(parent, []).append(code)
        return {parent: tuple(codes) for parent, codes in found.items()}


class Providers(NamedTuple):
    """How many services and organisations share a cell about confidential accommodation."""

    services: int
    organisations: int


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table of a release, with its true figures.

    Attributes
    ----------
    name
        Name in messages.
    measure
        What is counted, over whom and over which time: two tables of one measure must agree.
    kind
        Which rule applies.
    dimensions
        Ways of dividing, in the order of the codes in ``values``.
    values
        A figure, or a mark, for every combination of codes, totals included. Counts are whole.
    version
        Year, quarter or scenario. The mask is one for all versions.
    level
        Geography of the smallest area in the table: ``district``, ``partnership``, ``ward`` …
    circumstances
        Whether the table is about a need or circumstance of people.
    rate
        Whether the figures are rates or shares, not numbers.
    structural
        Combinations that cannot be, as the rules of the data say: their zeros tell nobody anything.
    contributions
        Amounts by provider, in each cell, for the rules of dominance (kind ``AMOUNT``).
    confidential
        Whether the facts are about confidential accommodation (kind ``PROVISION``); then each
        cell needs ``providers``, and one without is taken to have none.
    """

    name: str
    measure: str
    kind: Kind
    dimensions: tuple[Dimension, ...]
    values: Mapping[Codes, float | Mark]
    version: str = ""
    level: str = "district"
    circumstances: bool = False
    rate: bool = False
    structural: frozenset[Codes] = frozenset()
    contributions: Mapping[Codes, tuple[float, ...]] = field(default_factory=dict)
    confidential: bool = False
    providers: Mapping[Codes, Providers] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a table with cells missing, or with figures that cannot be counts."""
        places = set(itertools.product(*(dimension.codes for dimension in self.dimensions)))
        if places != set(self.values):
            odd = min(places ^ set(self.values))
            message = f"table {self.name}: the cell {' × '.join(odd)} is missing, or not expected"
            raise DisclosureError(message)
        if self.rate and self.kind not in (Kind.MODELLED, Kind.NATIONAL):
            message = f"table {self.name}: rates are derived from what is shown (see `percentage`)"
            raise DisclosureError(message)
        for codes, value in self.values.items():
            if isinstance(value, Mark):
                wrong = value is Mark.HIDDEN
            else:
                wrong = not math.isfinite(value) or value < 0
                wrong |= self.kind is Kind.PEOPLE and not float(value).is_integer()
                wrong |= codes in self.structural and value != 0
            if wrong:
                message = (
                    f"table {self.name}: {' × '.join(codes) or 'its figure'} must be a number "
                    "from 0 up, whole for people, 0 where it cannot be; or not available or not "
                    "applicable"
                )
                raise DisclosureError(message)

    def cell(self, codes: Codes) -> Cell:
        """Return the name of the cell at these codes."""
        at = (
            (dimension.name, code)
            for dimension, code in zip(self.dimensions, codes, strict=True)
            if code != dimension.total
        )
        return Cell(self.measure, self.version, tuple(sorted(at)))


@dataclass(frozen=True, kw_only=True)
class Relation:
    """A whole and parts of it that stand in no common table, and what is left over.

    Two uses: areas that overlap (a police force area and the districts in it), and times that do
    (four quarters and the year). With a ``rest``, whole − Σ parts is a cell of that name, protected
    as the others are; without, the parts must add up.
    """

    whole: Cell
    parts: tuple[Cell, ...]
    rest: str = ""


class Known(NamedTuple):
    """What everybody can read already about a cell: no less than ``low``, no more than ``high``."""

    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Release:
    """What is published together, and what an attacker lays beside it.

    Attributes
    ----------
    tables
        Tables of this release.
    background
        Tables that are not in it, but that others hold in part (an earlier release, the quarters
        behind a year): their cells are protected too, and cannot be hidden any more.
    relations
        Sums across tables, versions and areas.
    known
        What was published before, from :meth:`housing_map.disclosure.Mask.known`.
    """

    tables: tuple[Table, ...]
    background: tuple[Table, ...] = ()
    relations: tuple[Relation, ...] = ()
    known: Mapping[Cell, Known] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fact:
    """One cell with its true figure and all that decides how it is protected.

    ``shown`` says whether the release prints the cell, or its mark.
    """

    cell: Cell
    value: float
    kind: Kind
    shown: bool
    structural: bool = False
    contributions: tuple[float, ...] | None = None
    providers: Providers | None = None


class Sum(NamedTuple):
    """``whole = Σ parts``, and which table or relation says so."""

    whole: Cell
    parts: tuple[Cell, ...]
    source: str


@dataclass(frozen=True)
class System:
    """All cells of a release with their true figures, and every sum among them."""

    facts: Mapping[Cell, Fact]
    sums: tuple[Sum, ...]
    known: Mapping[Cell, Known]

    def groups(self) -> list[System]:
        """Return the parts that no sum joins, each a system of its own, in order."""
        place = {cell: number for number, cell in enumerate(self.facts)}
        rows = np.array([place[t.whole] for t in self.sums for _ in t.parts], dtype=np.int64)
        columns = np.array([place[part] for t in self.sums for part in t.parts], dtype=np.int64)
        ones = np.ones(len(rows))
        graph = sparse.coo_matrix((ones, (rows, columns)), shape=(len(place), len(place)))
        count, labels = sparse.csgraph.connected_components(graph, directed=False)
        facts: list[dict[Cell, Fact]] = [{} for _ in range(count)]
        sums: list[list[Sum]] = [[] for _ in range(count)]
        for cell, fact in self.facts.items():
            facts[labels[place[cell]]][cell] = fact
        for total in self.sums:
            sums[labels[place[total.whole]]].append(total)
        return [System(f, tuple(s), self.known) for f, s in zip(facts, sums, strict=True)]


PROTECTED: Final = frozenset({Kind.PEOPLE, Kind.AMOUNT, Kind.NATIONAL, Kind.PROVISION})
"""Kinds that add up to something true; a modelled estimate is a statement about no one."""


def system(release: Release) -> System:
    """Lay out a release as cells and sums.

    Raises :class:`DisclosureError` when two tables give one cell different figures, when parts do
    not add up to their total, or when a relation names a cell that no table has.
    """
    facts: dict[Cell, Fact] = {}
    for shown, tables in ((True, release.tables), (False, release.background)):
        for table in tables:
            if table.kind in PROTECTED and not table.rate:
                for fact in _facts(table, shown=shown):
                    facts[fact.cell] = _merged(facts.get(fact.cell), fact, table.name)
    sums: dict[tuple[Cell, frozenset[Cell]], Sum] = {}
    for table in (*release.tables, *release.background):
        if table.kind in PROTECTED and not table.rate:
            for total in _table_sums(table, facts):
                sums.setdefault((total.whole, frozenset(total.parts)), total)
    for relation in release.relations:
        total = _relation_sum(relation, facts)
        sums.setdefault((total.whole, frozenset(total.parts)), total)
    for total in sums.values():
        whole = facts[total.whole].value
        if abs(whole - sum(facts[part].value for part in total.parts)) > _slack(whole):
            message = f"{total.source}: the parts of {total.whole} do not add up to it"
            raise DisclosureError(message)
    return System(facts, tuple(sums.values()), dict(release.known))


def _slack(whole: float) -> float:
    return _TOLERANCE * max(1.0, whole)


def _facts(table: Table, *, shown: bool) -> Iterator[Fact]:
    """Yield the cells of a table that have a figure; what is not applicable is a zero."""
    for codes, value in table.values.items():
        if value is Mark.NOT_AVAILABLE:
            continue
        impossible = value is Mark.NOT_APPLICABLE or codes in table.structural
        yield Fact(
            table.cell(codes),
            0.0 if isinstance(value, Mark) else float(value),
            table.kind,
            shown,
            structural=impossible,
            contributions=_contributions(table, codes),
            providers=table.providers.get(codes, Providers(0, 0)) if table.confidential else None,
        )


def _contributions(table: Table, codes: Codes) -> tuple[float, ...] | None:
    """Return the amounts of providers in a cell, largest first; None where they are not known."""
    given = table.contributions.get(codes)
    if given is None:
        return None
    value = table.values[codes]
    if isinstance(value, Mark) or sum(given) > value + _slack(value):
        message = f"table {table.name}: providers at {' × '.join(codes)} add to more than the cell"
        raise DisclosureError(message)
    return tuple(sorted(given, reverse=True))


def _merged(old: Fact | None, new: Fact, table: str) -> Fact:
    """Return one fact for a cell that two tables hold; the stricter statement stays."""
    if old is None:
        return new
    if abs(old.value - new.value) > _slack(old.value):
        message = f"table {table}: {new.cell} differs from the figure in another table"
        raise DisclosureError(message)
    kinds = {old.kind, new.kind}
    if len(kinds) > 1 and Kind.NATIONAL not in kinds:
        message = f"table {table}: {new.cell} is called a {new.kind} and a {old.kind}"
        raise DisclosureError(message)
    return Fact(
        old.cell,
        old.value,
        Kind.NATIONAL if Kind.NATIONAL in kinds else old.kind,
        old.shown or new.shown,
        structural=old.structural or new.structural,
        contributions=old.contributions if old.contributions is not None else new.contributions,
        providers=min((p for p in (old.providers, new.providers) if p is not None), default=None),
    )


def _table_sums(table: Table, facts: dict[Cell, Fact]) -> Iterator[Sum]:
    """Yield the sums inside a table, and add the cells that nobody prints to ``facts``."""
    for axis, dimension in enumerate(table.dimensions):
        others = [d.codes for number, d in enumerate(table.dimensions) if number != axis]
        for parent, children in dimension.parts().items():
            for rest in itertools.product(*others):
                whole = table.cell((*rest[:axis], parent, *rest[axis:]))
                cells = [table.cell((*rest[:axis], c, *rest[axis:])) for c in children]
                if whole not in facts:
                    continue
                if not dimension.adds:
                    for cell, code in zip(cells, children, strict=True):
                        if cell in facts and table.kind is not Kind.NATIONAL:
                            left = (dimension.name, f"other than {code}")
                            yield _with_rest(whole, (cell,), left, facts, table.name)
                    continue
                held = tuple(cell for cell in cells if cell in facts)
                if len(held) == len(cells):
                    yield Sum(whole, held, f"table {table.name}")
                else:
                    left = (dimension.name, f"not available of {parent}")
                    yield _with_rest(whole, held, left, facts, table.name)


def _with_rest(
    whole: Cell, parts: tuple[Cell, ...], left: tuple[str, str], facts: dict[Cell, Fact], name: str
) -> Sum:
    """Return a sum whose last part is what is left over, a cell that nobody prints."""
    rest = Cell(whole.measure, whole.version, tuple(sorted((*whole.at, left))))
    _left_over(rest, whole, parts, facts, f"table {name}")
    return Sum(whole, (*parts, rest), f"table {name}")


def _left_over(
    rest: Cell, whole: Cell, parts: tuple[Cell, ...], facts: dict[Cell, Fact], source: str
) -> None:
    """Add what is left of a whole after its parts to ``facts``."""
    value = facts[whole].value - sum(facts[part].value for part in parts)
    if value < -_slack(facts[whole].value):
        message = f"{source}: the parts of {whole} come to more than it"
        raise DisclosureError(message)
    facts[rest] = Fact(rest, max(value, 0.0), facts[whole].kind, shown=False)


def _relation_sum(relation: Relation, facts: dict[Cell, Fact]) -> Sum:
    """Return a relation as a sum, with its rest as a cell of its own."""
    for cell in (relation.whole, *relation.parts):
        if cell not in facts:
            message = f"a relation names {cell}, which no table has"
            raise DisclosureError(message)
    if not relation.rest:
        return Sum(relation.whole, relation.parts, "a relation")
    rest = Cell(relation.rest, relation.whole.version, relation.whole.at)
    _left_over(rest, relation.whole, relation.parts, facts, relation.rest)
    if {facts[cell].kind for cell in (relation.whole, *relation.parts)} == {Kind.NATIONAL}:
        return Sum(relation.whole, (*relation.parts, rest), relation.rest)
    inner = {facts[cell].kind for cell in (relation.whole, *relation.parts)} - {Kind.NATIONAL}
    fact = facts[rest]
    facts[rest] = Fact(rest, fact.value, min(inner), shown=False)
    return Sum(relation.whole, (*relation.parts, rest), relation.rest)
