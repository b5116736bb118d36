"""Failures, each with words that help the person who meets it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class HousingMapError(Exception):
    """Anything the program refuses, with a message for people."""


class UsageError(HousingMapError, ValueError):
    """A request that makes no sense: wrong command line, unknown area, unknown code."""


class SolverError(HousingMapError, RuntimeError):
    """An optimisation did not end at its optimum; the message names status and size."""


class Severity(StrEnum):
    """Whether a problem stops a run."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a data pack, where it stands, and how to mend it.

    ``row`` counts as a spreadsheet does: the header is row 1. It is None when the problem is
    about a whole file or column.
    """

    severity: Severity
    file: str
    message: str
    expected: str = ""
    mend: str = ""
    row: int | None = None
    column: str | None = None
    value: str | None = None

    @property
    def place(self) -> str:
        """File, row and column in words."""
        parts = [self.file]
        if self.row is not None:
            parts.append(f"row {self.row}")
        if self.column is not None:
            parts.append(f"column {self.column}")
        return ", ".join(parts)

    def __str__(self) -> str:
        """Return one line: place, what is wrong, value, what was expected, how to mend it."""
        text = f"{self.place}: {self.message}"
        if self.value is not None:
            text += f" (found {self.value!r})"
        if self.expected:
            text += f"; expected {self.expected}"
        return f"{text}. {self.mend}" if self.mend else f"{text}."

    def as_dict(self) -> dict[str, object]:
        """Return a mapping for JSON."""
        return asdict(self)


class PackError(HousingMapError):
    """A data pack has errors; all of them are in :attr:`problems`."""

    def __init__(self, folder: str, problems: Sequence[Problem]) -> None:
        self.folder = folder
        self.problems = tuple(problems)
        errors = [p for p in self.problems if p.severity is Severity.ERROR]
        super().__init__(
            f"{folder}: {len(errors)} error{'s' if len(errors) != 1 else ''} in the data pack. "
            + (f"First: {errors[0]}" if errors else "")
        )
