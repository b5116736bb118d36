"""How answers are printed: as text, CSV or JSON."""

from __future__ import annotations

import csv
import io
import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from housing_map import __version__

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd

    from housing_map.errors import Problem
    from housing_map.pack import Pack

OK: Final = 0
DATA_ERRORS: Final = 1
WRONG_USE: Final = 2
VALIDATE_FORMAT: Final = "housing-map/validate/1.0"
ESTIMATE: Final = (
    "Modelled estimates, an illustration while refuge units, stay and acceptance are assumed."
)


@dataclass(frozen=True)
class Sheet:
    """A table to print: names of columns and rows of cells."""

    names: list[str]
    rows: list[list[object]]

    def records(self) -> list[dict[str, object]]:
        """Return each row as its cells by name, for JSON."""
        return [dict(zip(self.names, row, strict=True)) for row in self.rows]


def sheet_of(frame: pd.DataFrame) -> Sheet:
    """Return a frame as a table to print."""
    return Sheet([str(name) for name in frame.columns], frame.to_numpy(dtype=object).tolist())


def answer(
    options: argparse.Namespace,
    document: Mapping[str, object],
    sheet: Sheet,
    notes: Sequence[str] = (),
) -> int:
    """Print an answer in the format asked for; ``notes`` stand below the text alone."""
    if options.format == "json":
        print(json.dumps(document, indent=2, default=str))
    elif options.format == "csv":
        print(as_csv(sheet), end="")
    else:
        print(as_text(sheet))
        print(*notes, sep="\n", end="\n" if notes else "")
    return OK


def header(kind: str, pack: Pack, settings: Mapping[str, object]) -> dict[str, object]:
    """Say what a JSON document is, which program and data made it, and how it was asked for."""
    return {
        "format": kind,
        "status": ESTIMATE,
        "program": __version__,
        "pack": pack_identity(pack),
        "settings": dict(settings),
    }


def pack_identity(pack: Pack) -> dict[str, str]:
    """Name and hash of a data pack."""
    return {"name": pack.info.name, "sha256": pack.digest}


def progress(what: str) -> Callable[[int, int], None] | None:
    """Return what tells a person at a terminal how far it is; None where nobody looks."""
    if not sys.stderr.isatty():
        return None

    def tell(done: int, of: int) -> None:
        end = "\n" if done == of else ""
        print(f"\r{what}: {done} of {of}", end=end, file=sys.stderr, flush=True)

    return tell


def plural(number: int, word: str) -> str:
    """Return a number with its word."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def print_problems(problems: Sequence[Problem], style: str) -> None:
    """Print problems of a data pack."""
    rows = [problem.as_dict() for problem in problems]
    if style == "json":
        print(json.dumps({"format": VALIDATE_FORMAT, "problems": rows}, indent=2, default=str))
    elif style == "csv":
        names = ["severity", "file", "row", "column", "value", "message", "expected", "mend"]
        print(as_csv(Sheet(names, [[row[name] for name in names] for row in rows])), end="")
    else:
        for problem in problems:
            print(f"{problem.severity.upper()}  {problem}")


def as_csv(sheet: Sheet) -> str:
    """Write CSV with LF line ends; a cell that a spreadsheet would run as a formula is quoted."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(sheet.names)
    writer.writerows([[_safe(cell) for cell in row] for row in sheet.rows])
    return out.getvalue()


def _safe(cell: object) -> object:
    if isinstance(cell, str) and cell[:1] in {"=", "+", "-", "@", "\t", "\r"}:
        return f"'{cell}"
    return "" if cell is None else cell


def _shown(cell: object, *, share: bool) -> str:
    if isinstance(cell, float):
        return f"{cell:.0%}" if share else f"{cell:.1f}"
    return str(cell)


def as_text(sheet: Sheet) -> str:
    """Return a table in columns; figures stand to the right, with one decimal."""
    shares = [name.startswith("share") for name in sheet.names]
    cells = [
        [_shown(cell, share=share) for cell, share in zip(row, shares, strict=True)]
        for row in sheet.rows
    ]
    widths = [
        max([len(name), *(len(row[i]) for row in cells)]) for i, name in enumerate(sheet.names)
    ]
    number = [bool(sheet.rows) and isinstance(sheet.rows[0][i], float) for i in range(len(widths))]

    def line(row: Sequence[str]) -> str:
        return "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, number, strict=True)
        ).rstrip()

    return "\n".join([line(sheet.names), *(line(row) for row in cells)])
