"""Secondary suppression by pytauargus: which further cells to hide at the least loss.

The whole release is one problem: every cell once, every sum among cells once, whatever tables they
come from. So linked tables, hierarchies, years and overlapping areas need no carrying to and fro.
The solver of Fischetti and Salazar González proves its answer best, or it is not used.

It keeps state in its process, and writes log files where it stands. So each problem goes to a
process of its own, in a folder of its own, which is gone afterwards. Its status is read from the
process: 0 is proved best; 1 is a time limit, with a pattern that only looks finished; anything else
is a failure. All but 0 raise.

Source: Fischetti and Salazar González, *Solving the cell suppression problem on tabular data with
linear constraints*, Management Science 47 (2001), 1008–1027; Hundepool et al., *Statistical
Disclosure Control* (Wiley 2012), 4.4. File format: the JJ format of tau-Argus.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

from housing_map.errors import SolverError

if TYPE_CHECKING:
    from collections.abc import Sequence

MINUTES: Final = 2
"""Time limit of the solver; a release of fifteen linked tables takes it about a second."""

_SCRIPT: Final = """\
import sys
from pytauargus import HiTaSCtrl
limit = int(sys.argv[1])
code = HiTaSCtrl().full_jj(in_file_jj="cells.jj", out_file="hidden.txt", max_time=limit)
print("status", code)
"""
_GRACE_SECONDS: Final = 30
_PROVED: Final = 0
_TIME_LIMIT: Final = 1
_LARGEST: Final = 1e6
"""Figures above are scaled down: the solver counts in single steps of about a ten-millionth."""


class State(StrEnum):
    """Whether a cell may be hidden; the letters are those of the file format."""

    OPEN = "s"
    SHOWN = "z"
    HIDDEN = "u"


@dataclass(frozen=True, slots=True)
class Choice:
    """A cell as the solver sees it.

    ``low`` and ``high`` are what an attacker knows without the release. About a hidden cell all
    from ``open_low`` to ``open_high`` must stay possible; both None where nothing must.
    """

    value: float
    loss: int
    state: State
    low: float
    high: float
    open_low: float | None = None
    open_high: float | None = None

    @property
    def below(self) -> float:
        """How far below its value the cell must be able to lie."""
        return 0.0 if self.open_low is None else self.value - self.open_low

    @property
    def above(self) -> float:
        """How far above its value the cell must be able to lie."""
        return 0.0 if self.open_high is None else self.open_high - self.value


class ImpossibleError(SolverError):
    """No pattern protects the cells: what must be shown gives one of them away."""


def secondary(
    cells: Sequence[Choice],
    sums: Sequence[tuple[int, tuple[int, ...]]],
    *,
    minutes: int = MINUTES,
) -> frozenset[int]:
    """Return the positions of open cells to hide as well, at the least total loss.

    Parameters
    ----------
    cells
        Every cell once.
    sums
        Position of a whole, and of the parts that sum to it.
    minutes
        Time limit of the solver; 0 stops it at once.

    Raises
    ------
    ImpossibleError
        When the solver finds no pattern at all.
    SolverError
        When it stops before its answer is proved best, or fails.
    """
    if not sums or not any(cell.below + cell.above > 0 for cell in cells):
        return frozenset()
    with tempfile.TemporaryDirectory(prefix="housing-map-") as folder:
        Path(folder, "cells.jj").write_text(problem(cells, sums), encoding="ascii")
        code = _run(folder, minutes)
        if code == _TIME_LIMIT:
            message = f"hiding {len(cells)} cells was not proved best in {minutes} minutes"
            raise SolverError(message)
        out = Path(folder, "hidden.txt")
        if code != _PROVED or not out.is_file():
            message = f"hiding {len(cells)} cells failed with status {code}"
            raise ImpossibleError(message)
        found = {int(line) for line in out.read_text(encoding="ascii").split()}
    return frozenset(i for i in found if cells[i].state is State.OPEN)


def _run(folder: str, minutes: int) -> int:
    """Run the solver in a process of its own that stands in ``folder``; return its status."""
    command = [sys.executable, "-P", "-c", _SCRIPT, str(minutes)]
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter, a script of this module
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=60 * minutes + _GRACE_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return _TIME_LIMIT
    said = [line for line in done.stdout.splitlines() if line.startswith("status ")]
    if done.returncode != 0 or not said:
        message = f"the solver ended with exit code {done.returncode} and no answer"
        raise SolverError(message)
    return int(said[-1].removeprefix("status "))


def problem(cells: Sequence[Choice], sums: Sequence[tuple[int, tuple[int, ...]]]) -> str:
    """Return a problem in the JJ format.

    One line a cell: position, value, loss, state, bounds known without the release, how far below
    and above the value must stay open, and 0. The last is for protection that slides, which this
    solver reads and does not give: asked for 10 in all and 1 above, it leaves 4 open. One line a
    sum.
    """
    largest = max(cell.value + cell.above for cell in cells)
    scale = min(1.0, _LARGEST / largest) if largest > 0 else 1.0
    # An attacker held to know this much is stronger than one who knows no upper bound at all.
    top = 5 * largest
    lines = ["0", str(len(cells))]
    for i, cell in enumerate(cells):
        numbers = (cell.low, min(cell.high, top), cell.below, cell.above)
        scaled = " ".join(f"{scale * number:.9g}" for number in numbers)
        lines.append(f"{i} {scale * cell.value:.9g} {round(cell.loss)} {cell.state} {scaled} 0")
    lines.append(str(len(sums)))
    for whole, parts in sums:
        terms = " ".join(f"{part} (1)" for part in parts)
        lines.append(f"0 {len(parts) + 1} : {whole} (-1) {terms} ")
    return "\n".join([*lines, ""])
