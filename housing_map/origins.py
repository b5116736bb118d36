"""Which figure was worked out from which parameter: the table ``derivations`` of a pack."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from housing_map.cells import records
from housing_map.vocabulary import Run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from housing_map.pack import Pack
    from housing_map.parameters import Figure

PARAMETERS: Final = "parameters"
POOLS: Final = "pool_assumptions"
ACCEPTANCE: Final = "acceptance_shares"
"""Tables whose figures may have been worked out from a parameter."""


@dataclass(frozen=True)
class Origins:
    """What was worked out from which parameter, by table, row and end of the range."""

    edges: Mapping[tuple[str, str, str], frozenset[str]] = field(repr=False)

    @classmethod
    def of(cls, pack: Pack) -> Origins:
        """Read the table ``derivations``; a pack without one says nothing of the sort."""
        edges: dict[tuple[str, str, str], set[str]] = {}
        table = pack.tables.get("derivations")
        for row in () if table is None else records(table):
            place = (str(row["table"]), str(row["key"]), str(row["end"]))
            edges.setdefault(place, set()).add(str(row["parameter"]))
        return cls({place: frozenset(found) for place, found in edges.items()})

    def behind(self, table: str, key: str, end: str = "central") -> frozenset[str]:
        """Parameters behind one figure, however far back; itself too if it is a parameter."""
        found = {key} if table == PARAMETERS else set()
        todo = list(self.edges.get((table, key, end), ()))
        while todo:
            one = todo.pop()
            if one not in found:
                found.add(one)
                todo += self.edges.get((PARAMETERS, one, "central"), ())
        return frozenset(found)


def end_taken(figure: Figure, run: Run) -> str:
    """Name the end of its range that a parameter takes in a run."""
    if run is Run.CENTRAL or figure.worse_when is None:
        return "central"
    high = (figure.worse_when == "high") == (run is Run.CAUTIOUS)
    return (
        ("central" if figure.high is None else "high")
        if high
        else ("central" if figure.low is None else "low")
    )
