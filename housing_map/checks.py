"""What has to hold between the files of a pack, beyond what each file says by itself.

References and dates are checked here, areas, figures and routes in modules of their own. Every
check collects all of its problems and goes on. A table that could not be read, or lacks the
column in question, is passed over: that problem is listed already, and what would follow from
it is not known.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from housing_map.check_areas import area_problems
from housing_map.check_figures import figure_problems
from housing_map.check_returns import return_problems
from housing_map.check_routes import route_problems
from housing_map.check_travel import travel_problems
from housing_map.errors import Problem, Severity
from housing_map.pack_tables import BY_NAME
from housing_map.rows import nearest, problem_at, rows_of, values_in
from housing_map.schemas import split_codes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import geopandas as gpd

    from housing_map.pack import PackInfo
    from housing_map.rows import Read


STALE_AFTER_DAYS: Final = 365
"""Days after which a row that nobody has confirmed again is called stale."""


def cross_problems(
    read: Read, layers: Mapping[str, gpd.GeoDataFrame], info: PackInfo | None
) -> list[Problem]:
    """List what does not fit between tables, layers and ``pack.json``.

    ``read`` maps a table's name to the table as read, ``layers`` a level to its polygons.
    Without ``info``, because ``pack.json`` could not be read, what depends on it is passed over.
    """
    problems = [
        *_reference_problems(read),
        *_overlap_key_problems(read),
        *_derivation_problems(read),
        *_date_order_problems(read),
        *area_problems(read, layers, info),
        *figure_problems(read),
        *route_problems(read),
        *travel_problems(read, info),
        *return_problems(read),
    ]
    if info is not None:
        problems += _confirmed_problems(read, info)
    return problems


# References --------------------------------------------------------------------------------


def _reference_problems(read: Read) -> Iterator[Problem]:
    """Yield cells that refer to a row that is not there."""
    for name, result in read.items():
        for column in result.table.columns:
            if column.refers_to is None:
                continue
            target, _, key = column.refers_to.partition(".")
            known = values_in(read, target, key)
            if known is None:
                continue
            for row, cells in rows_of(read, name, column.name):
                value = cells[column.name]
                unfit = column.pattern and value and not re.match(column.pattern, value)
                if value is None or unfit or value in known:
                    continue
                path = BY_NAME[target].path
                yield problem_at(
                    name,
                    row,
                    column.name,
                    f"there is no {key} {value} in {path}",
                    value=value,
                    expected=f"a {key} that stands in {path}",
                    mend=nearest(value, known, f"Mend the spelling, or add a row to {path}"),
                )


def _overlap_key_problems(read: Read) -> Iterator[Problem]:
    """Yield counts that are said to overlap with a count that is not there, or with itself."""
    known = values_in(read, "local_counts", "key")
    for row, cells in rows_of(read, "local_counts", "key", "overlaps_with"):
        for value in split_codes(cells["overlaps_with"]):
            if known is not None and (value not in known or value == cells["key"]):
                yield problem_at(
                    "local_counts",
                    row,
                    "overlaps_with",
                    "the count is said to overlap with itself"
                    if value == cells["key"]
                    else f"there is no count with the key {value}",
                    value=value,
                    expected="keys of other counts, separated by ;",
                    mend="Take it out"
                    if value == cells["key"]
                    else nearest(value, known, "Mend the spelling, or take it out"),
                )


_DERIVED_KEYS: Final = {
    "parameters": ("key",),
    "pool_assumptions": ("kind",),
    "acceptance_shares": ("kind", "rule"),
}
"""Columns that name a row of a table in ``derivations``, joined by a space."""


def _derivation_problems(read: Read) -> Iterator[Problem]:
    """Yield derivations of a figure that is not there, or of a parameter from itself."""
    for row, cells in rows_of(read, "derivations", "table", "key", "parameter"):
        table, key = cells["table"], cells["key"]
        columns = _DERIVED_KEYS.get(table)
        if columns is None or key is None or not read[table].readable:
            continue
        known = {
            " ".join(str(found[name]) for name in columns)
            for _, found in rows_of(read, table, *columns)
        }
        itself = table == "parameters" and key == cells["parameter"]
        if key not in known or itself:
            yield problem_at(
                "derivations",
                row,
                "key",
                "a figure is said to come from itself"
                if itself
                else f"there is no row {key} in {BY_NAME[table].path}",
                value=key,
                expected=f"{' and '.join(columns)} of a row, with a space between",
                mend="Take the row out" if itself else nearest(key, known, "Mend the spelling"),
            )


# Dates -------------------------------------------------------------------------------------


def _date_order_problems(read: Read) -> Iterator[Problem]:
    """Yield rows that end before they start."""
    for table, first, last, what in (
        ("services", "opened_on", "closes_on", "the service closes before it opens"),
        ("funding", "starts_on", "ends_on", "the funding ends before it starts"),
        ("local_counts", "period_start", "period_end", "the period ends before it starts"),
    ):
        for row, cells in rows_of(read, table, first, last):
            if cells[first] and cells[last] and cells[last] < cells[first]:
                yield problem_at(
                    table,
                    row,
                    last,
                    what,
                    value=f"{cells[last]:%Y-%m-%d}",
                    expected=f"a day on or after {first}, {cells[first]:%Y-%m-%d}",
                    mend="Swap the two dates, or mend the one that is wrong",
                )


def _confirmed_problems(read: Read, info: PackInfo) -> Iterator[Problem]:
    """Yield rows confirmed too long ago, or after the reference date."""
    stale = info.reference_date - timedelta(days=STALE_AFTER_DAYS)
    column = "last_confirmed"
    for name in read:
        for row, cells in rows_of(read, name, column):
            day = cells[column].date() if cells[column] else None
            if day is not None and day > info.reference_date:
                yield problem_at(
                    name,
                    row,
                    column,
                    "the row was confirmed after the reference date of the pack",
                    value=day,
                    expected=f"a day up to {info.reference_date}",
                    mend="Mend the date, or move reference_date in pack.json",
                )
            elif day is not None and day < stale:
                yield problem_at(
                    name,
                    row,
                    column,
                    f"the row is stale: last confirmed {(info.reference_date - day).days} days "
                    "before the reference date",
                    value=day,
                    expected=f"a day within {STALE_AFTER_DAYS} days of {info.reference_date}",
                    mend="Ask again, and write the day on which it was confirmed",
                    severity=Severity.WARNING,
                )
