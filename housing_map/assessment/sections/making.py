"""Makers of sheets: columns over common dimensions, each with its kind, status and source."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from housing_map.assessment.sheets import Figures, Words
from housing_map.disclosure import Dimension, Mark, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from housing_map.disclosure import Kind, Providers
    from housing_map.disclosure_tables import Codes
    from housing_map.vocabulary import Status, Term

ALL: Final = "all"
"""Code of the total of a dimension."""


def listed(name: str, codes: Iterable[str]) -> Dimension:
    """Return a dimension of codes that stand beside each other and are not added up."""
    return Dimension(name=name, codes=dict.fromkeys(codes), adds=False)


def summed(name: str, codes: Sequence[str], *, adds: bool = True) -> Dimension:
    """Return a dimension of codes under one total, ``all``; overlapping ones do not add up."""
    return Dimension.flat(name, tuple(codes), total=ALL, adds=adds)


def labels_of(terms: Mapping[str, Term], total: str = "All") -> dict[str, str]:
    """Return labels of codes, with one for the total."""
    return {ALL: total, **{code: term.label for code, term in terms.items()}}


class Head(NamedTuple):
    """What a column of figures is about: its name, label and unit, and what is counted."""

    name: str
    label: str
    unit: str
    measure: str


Values = Mapping["Codes", float] | Mapping["Codes", float | Mark | None]
"""Figures by codes; one that is missing, or None, is *not available*."""


@dataclass(frozen=True)
class Column:
    """A column of figures to be made, over the dimensions of its sheet.

    Fields are those of :class:`~housing_map.disclosure.Table` and
    :class:`~housing_map.assessment.sheets.Figures`. With ``providers`` the figures are about
    confidential accommodation.
    """

    head: Head
    kind: Kind
    values: Values
    status: Status
    source: str
    providers: Mapping[Codes, Providers] | None = None
    more: Mapping[str, Any] = field(default_factory=dict)
    illustration: bool = False
    restricted: bool = False

    def over(self, dimensions: tuple[Dimension, ...]) -> Figures:
        """Return the column over dimensions."""
        places = list(itertools.product(*(one.codes for one in dimensions)))
        values = {}
        for codes in places:
            value = self.values.get(codes)
            values[codes] = Mark.NOT_AVAILABLE if value is None else value
        more = dict(self.more)
        if self.providers is not None:
            more |= {"confidential": True, "providers": dict(self.providers)}
        table = Table(
            name=self.head.label,
            measure=self.head.measure,
            kind=self.kind,
            dimensions=dimensions,
            values=values,
            **more,
        )
        return Figures(
            name=self.head.name,
            label=self.head.label,
            unit=self.head.unit,
            table=table,
            status=self.status,
            source=self.source,
            illustration=self.illustration,
            restricted=self.restricted,
        )


def columns(dimensions: tuple[Dimension, ...], made: Iterable[Column]) -> tuple[Figures, ...]:
    """Return columns over common dimensions."""
    return tuple(column.over(dimensions) for column in made)


def said(name: str, label: str, cells: Mapping[str, str], *, restricted: bool = False) -> Words:
    """Return a column of words over one dimension, by its code."""
    return Words(
        name=name,
        label=label,
        cells={(code,): words for code, words in cells.items()},
        restricted=restricted,
    )


def with_totals(
    values: Mapping[Codes, float], width: int, *, over: Iterable[int] | None = None
) -> dict[Codes, float]:
    """Return figures with their totals over some dimensions (None: all), under the code ``all``.

    >>> with_totals({("a", "x"): 1.0, ("b", "x"): 2.0}, 2, over=[0])[("all", "x")]
    3.0
    """
    found = dict(values)
    for axis in range(width) if over is None else over:
        for codes, value in list(found.items()):
            if codes[axis] != ALL:
                whole = (*codes[:axis], ALL, *codes[axis + 1 :])
                found[whole] = found.get(whole, 0.0) + value
    return found


def lower(words: str) -> str:
    """Return words as they stand inside a sentence; names keep their capital.

    >>> lower("Refuge"), lower("LGBT+"), lower("Housing First")
    ('refuge', 'LGBT+', 'Housing First')
    """
    name = words[1:2].isupper() or words.startswith("Housing First")
    return words if name else words[:1].lower() + words[1:]
