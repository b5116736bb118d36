"""What a benchmark hands back, and the tables that are written from it.

A benchmark module has a function ``run() -> list[Row | Reading]``. A :class:`Row` compares two
ways of getting the same answer, measured side by side in one process: its ratio carries over to
other machines. A :class:`Reading` is one measurement that has nothing beside it.

Benchmarks are scripts: import this module as ``from rows import Row, best_of``.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Row:
    """Two ways of getting the same answer, in seconds of the same machine and process.

    ``size`` says how large the instance is; ``bar`` is the least ratio asked for, if any.
    """

    what: str
    size: str
    ours_seconds: float
    other: str
    other_seconds: float
    bar: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float:
        """How many times as fast ours is as the other."""
        return self.other_seconds / self.ours_seconds

    @property
    def passes(self) -> bool | None:
        """Whether the bar is reached; None where there is no bar."""
        return None if self.bar is None else self.ratio >= self.bar


@dataclass(frozen=True, slots=True)
class Reading:
    """One measurement in ``unit`` (``s``, ``kB``, ``MB``); ``bar`` is the most allowed.

    ``value`` is None where nothing could be measured; ``size`` or ``note`` says why.
    """

    what: str
    size: str
    value: float | None
    unit: str
    bar: float | None = None
    note: str = ""

    @property
    def passes(self) -> bool | None:
        """Whether the measurement stays within the bar; None where there is no bar."""
        return None if self.bar is None else self.value is not None and self.value <= self.bar


def best_of(call: Callable[[], T], repeats: int = 5) -> tuple[float, T]:
    """Seconds of the fastest of ``repeats`` calls, and the answer of the last one.

    The fastest, since whatever else the machine does can only make a call slower.
    """
    best, answer = _timed(call)
    for _ in range(repeats - 1):
        seconds, answer = _timed(call)
        best = min(best, seconds)
    return best, answer


def _timed(call: Callable[[], T]) -> tuple[float, T]:
    start = time.perf_counter()
    answer = call()
    return time.perf_counter() - start, answer


def table(rows: Iterable[Row]) -> str:
    """Write comparisons as a Markdown table."""
    head = ("What", "Size", "Ours", "Compared with", "Theirs", "Ratio", "Bar", "Reached")
    return _markdown(
        head,
        [
            (
                _noted(row.what, row.note),
                row.size,
                seconds(row.ours_seconds),
                row.other,
                seconds(row.other_seconds),
                f"{figure(row.ratio)} ×",
                "" if row.bar is None else f"at least {row.bar:g} ×",
                _reached(passes=row.passes),
            )
            for row in rows
        ],
    )


def readings_table(readings: Iterable[Reading]) -> str:
    """Write single measurements as a Markdown table."""
    head = ("What", "Size", "Measured", "Bar", "Reached")
    return _markdown(
        head,
        [
            (
                _noted(one.what, one.note),
                one.size,
                _measured(one),
                "" if one.bar is None else f"at most {one.bar:g} {one.unit}",
                _reached(passes=one.passes),
            )
            for one in readings
        ],
    )


def _measured(one: Reading) -> str:
    if one.value is None:
        return "–"
    return seconds(one.value) if one.unit == "s" else f"{figure(one.value)} {one.unit}"


def seconds(value: float) -> str:
    """Write a time in the unit that reads best: ``0.00012`` is ``0.12 ms``."""
    return f"{figure(value)} s" if value >= 1 else f"{figure(value * 1000)} ms"


def figure(value: float) -> str:
    """Write a measurement to two significant figures below 100, and whole from there on."""
    plain = f"{value:,.0f}" if abs(value) >= 99.5 else f"{value:#.2g}"  # noqa: PLR2004
    return plain.removesuffix(".")


def _noted(what: str, note: str) -> str:
    return f"{what}<br>{note}" if note else what


def _reached(*, passes: bool | None) -> str:
    return {None: "", True: "yes", False: "**no**"}[passes]


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    plain = [[cell.replace("|", "\\|") for cell in cells] for cells in rows]
    lines = [head, ["---"] * len(head), *plain]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"
