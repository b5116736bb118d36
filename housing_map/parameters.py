"""The parameter register: each figure with its range, status and source, read run by run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from housing_map.cells import number, records, text
from housing_map.errors import UsageError
from housing_map.stance import between
from housing_map.vocabulary import Run, Status

if TYPE_CHECKING:
    import pandas as pd

    from housing_map.cells import Row
    from housing_map.stance import Stance

Worse = Literal["high", "low"] | None


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with its range. ``worse_when`` says which end is worse for coverage.

    ``low``, ``central`` and ``high`` are in ``unit``; None where nobody knows.
    """

    key: str
    label: str
    low: float | None
    central: float | None
    high: float | None
    unit: str
    worse_when: Worse
    status: Status
    source: str
    note: str = ""

    def at(self, stance: Stance) -> float:
        """Value the figure takes in a run, or in a draw (:mod:`housing_map.stance`).

        The cautious run takes the end that is worse for coverage, the optimistic run the other;
        an end that is not given falls back on the central figure. Where nobody knows which end
        is worse all three runs take the central figure, and draws go from the low to the high
        one. Raises :class:`UsageError` when there is no figure at all.
        """
        if self.central is None:
            if isinstance(stance, Run) and stance is not Run.CENTRAL and self.worse_when:
                end = self._directed()[stance is Run.OPTIMISTIC]
                if end is not None:
                    return end
            message = f"The figure {self.key!r} is unknown; give it in parameters.csv to use it"
            raise UsageError(message)
        worse, better = (self.central if end is None else end for end in self._directed())
        if worse == better == self.central or (isinstance(stance, Run) and not self.worse_when):
            return self.central
        return between(stance, self.key, worse=worse, central=self.central, better=better)

    def _directed(self) -> tuple[float | None, float | None]:
        """Worse and better end; low and high where nobody knows which is worse."""
        return (self.high, self.low) if self.worse_when == "high" else (self.low, self.high)

    @property
    def known(self) -> bool:
        """Whether there is a central figure."""
        return self.central is not None

    @property
    def ends(self) -> tuple[float | None, float | None, float | None]:
        """The low, central and high figure."""
        return self.low, self.central, self.high


def triad(row: Row, prefix: str, *, worse_when: Worse, key: str, unit: str = "") -> Figure:
    """Read the columns ``prefix_low``, ``prefix_central`` and ``prefix_high`` of a row."""
    start = f"{prefix}_" if prefix else ""
    return Figure(
        key=key,
        label=key,
        low=number(row[f"{start}low"]),
        central=number(row[f"{start}central"]),
        high=number(row[f"{start}high"]),
        unit=unit,
        worse_when=worse_when,
        status=Status(row["status"]),
        source=str(row["source"]),
        note=text(row["note"]),
    )


@dataclass(frozen=True)
class Register:
    """The parameter register of a pack, by key."""

    frame: pd.DataFrame

    @cached_property
    def figures(self) -> dict[str, Figure]:
        """Every figure, by key, in file order."""
        return {str(row["key"]): _figure(row) for row in records(self.frame)}

    def __getitem__(self, key: str) -> Figure:
        """Return the figure called ``key``; raises :class:`UsageError` when there is none."""
        try:
            return self.figures[key]
        except KeyError:
            message = f"There is no parameter {key!r} in parameters.csv"
            raise UsageError(message) from None

    def at(self, key: str, stance: Stance) -> float:
        """Value of ``key`` in a run or draw; raises :class:`UsageError` when unknown."""
        return self[key].at(stance)


def _figure(row: Row) -> Figure:
    worse = row["worse_when"] if row["worse_when"] in {"high", "low"} else None
    figure = triad(row, "", worse_when=worse, key=str(row["key"]), unit=str(row["unit"]))
    return replace(figure, label=str(row["label"]))
