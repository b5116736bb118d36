"""What is found wrong while a published table is read, each with its sheet and cell."""

from __future__ import annotations

from dataclasses import dataclass, field

from housing_map.errors import Problem, Severity


@dataclass(slots=True, kw_only=True)
class Noting:
    """A reader of ``file`` that goes on after a problem, so that all are told at once."""

    file: str
    problems: list[Problem] = field(default_factory=list)

    def problem(
        self,
        message: str,
        *,
        sheet: str = "",
        severity: Severity = Severity.ERROR,
        cell: tuple[int | None, str | None] = (None, None),
        value: str | None = None,
        mend: str = "",
    ) -> None:
        """Note a problem; ``cell`` is its row as a spreadsheet counts, and its column."""
        file = f"{self.file}, sheet {sheet}" if sheet else self.file
        row, column = cell
        self.problems.append(
            Problem(severity, file, message, mend=mend, row=row, column=column, value=value)
        )
