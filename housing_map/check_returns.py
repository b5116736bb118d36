"""What has to hold of returns: periods that exist, parts within wholes, scores within bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from housing_map.errors import Problem, Severity
from housing_map.returns import MEASURES, RETURN_TABLES, is_period
from housing_map.rows import problem_at, rows_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from housing_map.rows import Read

_WHOLES: Final = {
    "return_reasons": "households_unable",
    "return_endings": "households_stopped",
    "move_on": "households_stopped",
    "return_stays": "households_stopped",
}
"""Tables that divide the households of a measure, each household once."""

_Place = tuple[Any, Any]


def return_problems(read: Read) -> Iterator[Problem]:
    """Yield figures of returns that cannot hold together.

    Parts that exceed their whole are errors; a division that sums to less or more than the
    households it divides is a warning, since the rest may not have been recorded.
    """
    yield from _period_problems(read)
    counts = _counts(read)
    yield from _part_problems(counts)
    for table, measure in _WHOLES.items():
        yield from _division_problems(read, table, measure, counts)
    yield from _heard_problems(read)
    yield from _outcome_problems(read)


def _period_problems(read: Read) -> Iterator[Problem]:
    for table in RETURN_TABLES:
        for row, cells in rows_of(read, table.name, "period"):
            period = cells["period"]
            if period is not None and len(period) == len("2025-26") and not is_period(period):
                yield problem_at(
                    table.name,
                    row,
                    "period",
                    "the second year does not follow the first",
                    value=period,
                    expected="a financial year such as 2025-26",
                    mend="Mend the year",
                )


_Counts = dict[_Place, dict[str, tuple[int, int]]]


def _counts(read: Read) -> _Counts:
    """Return row and count of each measure, by period and service."""
    found: _Counts = {}
    for row, cells in rows_of(read, "quarterly_returns", "period", "service_id", "measure"):
        if cells["measure"] in MEASURES and cells["count"] is not None:
            place = (cells["period"], cells["service_id"])
            found.setdefault(place, {})[cells["measure"]] = (row, int(cells["count"]))
    return found


def _part_problems(counts: _Counts) -> Iterator[Problem]:
    for held in counts.values():
        for name, (row, count) in held.items():
            whole = MEASURES[name].part_of
            if whole in held and count > held[whole][1]:
                yield problem_at(
                    "quarterly_returns",
                    row,
                    "count",
                    f"more {MEASURES[name].label.lower()} than {MEASURES[whole].label.lower()}",
                    value=count,
                    expected=f"at most {held[whole][1]}",
                    mend="Mend the one that is wrong",
                )


def _division_problems(read: Read, table: str, measure: str, counts: _Counts) -> Iterator[Problem]:
    sums: dict[_Place, tuple[int, int]] = {}
    for row, cells in rows_of(read, table, "period", "service_id", "count"):
        place = (cells["period"], cells["service_id"])
        first, total = sums.get(place, (row, 0))
        sums[place] = (first, total + int(cells["count"] or 0))
    for place, (row, total) in sums.items():
        whole = counts.get(place, {}).get(measure)
        if whole is not None and total != whole[1]:
            yield problem_at(
                table,
                row,
                "count",
                f"the row sums to {total}, and {MEASURES[measure].label.lower()} are {whole[1]}",
                value=total,
                expected=f"{whole[1]} households in all, each once",
                mend="Mend one of the two; where nobody wrote it down, use not recorded",
                severity=Severity.WARNING,
            )


def _heard_problems(read: Read) -> Iterator[Problem]:
    for row, cells in rows_of(read, "barriers", "count", "heard"):
        if cells["count"] is not None and cells["heard"] is not None:
            count, heard = int(cells["count"]), int(cells["heard"])
            if count > heard:
                yield problem_at(
                    "barriers",
                    row,
                    "count",
                    "more people raised it than were asked",
                    value=count,
                    expected=f"at most {heard}",
                    mend="Mend one of the two",
                )


def _outcome_problems(read: Read) -> Iterator[Problem]:
    """Yield means that rest on nobody."""
    for row, cells in rows_of(read, "outcomes", "count", "mean_start", "mean_end"):
        if cells["count"] == 0:
            yield problem_at(
                "outcomes",
                row,
                "count",
                "a mean over nobody",
                value=0,
                expected="how many people have a first and a last reading",
                mend="Write how many there are, or remove the row",
            )
