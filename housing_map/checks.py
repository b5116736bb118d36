"""What has to hold between the files of a pack, beyond what each file says by itself.

Every check collects all of its problems and goes on. A table that could not be read, or lacks
the column in question, is passed over: that problem is listed already, and what would follow
from it is not known.
"""

from __future__ import annotations

import re
from datetime import timedelta
from difflib import get_close_matches
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Any, Final

import networkx as nx
import pandas as pd

from housing_map.errors import Problem, Severity
from housing_map.protection import WIDE_AREA
from housing_map.schemas import BY_NAME, GSS_CODE, split_codes
from housing_map.tables import spreadsheet_row
from housing_map.vocabulary import (
    BUILT_IN_LEVELS,
    CIRCUMSTANCES,
    ELSEWHERE,
    ENTRIES,
    HOMES,
    KINDS,
    RIGHTS,
    RISKS,
    STAGE_ORDER,
    TENURES,
    Aim,
    CapacityBasis,
    Kind,
    Stage,
    Status,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import geopandas as gpd

    from housing_map.pack import PackInfo
    from housing_map.tables import ReadTable

    Read = Mapping[str, ReadTable]
    Row = dict[str, Any]

REQUIRED_PARAMETERS: Final = (
    "arrivals_per_leaver",
    "detour_factor",
    "elsewhere_success",
    "kirklees_share_of_england_population",
    "max_wait_days_high",
    "max_wait_days_medium",
    "max_wait_days_standard",
    "national_households_supported",
    "national_households_unable_to_be_supported",
    "prevalence_adults_last_year",
    "tenure_ratio_private_rent_to_owner",
    "tenure_ratio_social_to_owner",
    "travel_speed_kmh",
    "travel_threshold_min",
    "unknown_rule_central",
)
"""Parameters without which the model cannot run; each needs a central figure."""

STALE_AFTER_DAYS: Final = 365
"""Days after which a row that nobody has confirmed again is called stale."""

SHARES_TOLERANCE: Final = 1e-9
"""How far shares that divide a whole may be from 1 in sum."""

TENURE_NOISE_HOUSEHOLDS: Final = 3
"""Households by which the tenures of a small area may miss its total: the census adds noise."""

RESERVED_NAMES: Final = frozenset(
    {*BUILT_IN_LEVELS, ELSEWHERE, "component", "need", "risk", "tenure"}
)
"""Names that a grouping of wards cannot have, since results are grouped by them already."""

_PACK_FILE: Final = "pack.json"
_EVIDENCE: Final = "_evidence"
_ENTRY_PREFIX: Final = "entry:"
_HOME_PREFIX: Final = "home:"
_RESIDENT_AIMS: Final = (Aim.STAY, Aim.MOVE, Aim.LEAVE)
_LIMITED_KINDS: Final = frozenset(
    kind.code
    for kind in KINDS.values()
    if kind.stage in {Stage.SAFETY, Stage.HOUSING} and kind.code != "out_of_area"
)
"""Kinds whose capacity in the district limits how many it can help."""


_DIMENSION_CODES: Final = {
    "tenure": frozenset(TENURES),
    "right": frozenset(RIGHTS),
    "risk": frozenset(RISKS),
    "aim": frozenset(map(str, _RESIDENT_AIMS)),
    "entry": frozenset(ENTRIES),
    "circumstance": frozenset(CIRCUMSTANCES),
}
"""Codes that each dimension of ``household_shares`` divides by.

Arrivals are no aim here: they have a parameter of their own.
"""

_BY_TENURE: Final = frozenset({"right", "aim"})
_PARTITIONS: Final = ("risk", "entry", "right", "aim")

_FIGURES: Final = {
    "parameters": "",
    "acceptance_shares": "",
    "household_shares": "",
    "capacity": "capacity_",
    "pool_assumptions": "capacity_",
}
"""Tables whose status is about one figure, and the start of the names of its columns."""


def cross_problems(
    read: Read, layers: Mapping[str, gpd.GeoDataFrame], info: PackInfo | None
) -> list[Problem]:
    """List what does not fit between tables, layers and ``pack.json``.

    ``read`` maps a table's name to the table as read, ``layers`` a level to its polygons.
    Without ``info``, because ``pack.json`` could not be read, what depends on it is passed over.
    """
    problems = [
        *_reference_problems(read),
        *_date_order_problems(read),
        *_grouping_problems(read),
        *_tenure_count_problems(read),
        *_calibration_problems(read),
        *_parameter_problems(read),
        *_status_problems(read),
        *_unit_problems(read),
        *_share_code_problems(read),
        *_partition_problems(read),
        *_exclusion_problems(read),
        *_overlap_key_problems(read),
        *_route_problems(read),
        *_service_warnings(read),
        *_pool_warnings(read),
    ]
    if info is not None:
        problems += [
            *_info_problems(read, info),
            *_layer_problems(read, layers, info),
            *_area_problems(read, layers, info),
            *_confirmed_problems(read, info),
        ]
    return problems


# Helpers -----------------------------------------------------------------------------------


def _rows(read: Read, table: str, *columns: str) -> Iterator[tuple[int, Row]]:
    """Yield spreadsheet row and typed cells of a table that has all of ``columns``."""
    result = read[table]
    if result.readable and set(columns) <= set(result.text.columns):
        for position, row in zip(result.frame.index, result.frame.to_dict("records"), strict=True):
            yield (
                spreadsheet_row(int(position)),
                {str(name): None if pd.isna(cell) else cell for name, cell in row.items()},
            )


def _values(read: Read, table: str, column: str) -> frozenset[str] | None:
    """Return the text in a column, without empty cells; None when it could not be read."""
    result = read[table]
    if not result.readable or column not in result.text.columns:
        return None
    return frozenset(str(cell) for cell in result.text[column] if cell)


def _written(read: Read, table: str, row: int, column: str) -> str:
    """Return the cell as it stands in the file."""
    text = read[table].text
    return str(text[column][row - 2]) if column in text else ""


def _at(
    table: str,
    row: int | None,
    column: str | None,
    message: str,
    *,
    value: object = None,
    expected: str = "",
    mend: str = "",
    severity: Severity = Severity.ERROR,
) -> Problem:
    """Return a problem of a table of the schema."""
    shown = None if value is None else str(value)
    return Problem(severity, BY_NAME[table].path, message, expected, mend, row, column, shown)


def _about_info(
    column: str,
    message: str,
    value: str,
    *,
    expected: str,
    mend: str,
    severity: Severity = Severity.ERROR,
) -> Problem:
    """Return a problem of ``pack.json``."""
    return Problem(severity, _PACK_FILE, message, expected, mend, None, column, value)


def _like(value: str, known: Iterable[str], otherwise: str) -> str:
    """Name the known word closest to ``value``, or say what to do ``otherwise``."""
    close = get_close_matches(value, sorted(known), n=1, cutoff=0.6)
    return f"Did you mean {close[0]}? {otherwise}" if close else otherwise


# References --------------------------------------------------------------------------------


def _reference_problems(read: Read) -> Iterator[Problem]:
    """Yield cells that refer to a row that is not there."""
    for name, result in read.items():
        for column in result.table.columns:
            if column.refers_to is None:
                continue
            target, _, key = column.refers_to.partition(".")
            known = _values(read, target, key)
            if known is None:
                continue
            for row, cells in _rows(read, name, column.name):
                value = cells[column.name]
                unfit = column.pattern and value and not re.match(column.pattern, value)
                if value is None or unfit or value in known:
                    continue
                path = BY_NAME[target].path
                yield _at(
                    name,
                    row,
                    column.name,
                    f"there is no {key} {value} in {path}",
                    value=value,
                    expected=f"a {key} that stands in {path}",
                    mend=_like(value, known, f"Mend the spelling, or add a row to {path}"),
                )


def _overlap_key_problems(read: Read) -> Iterator[Problem]:
    """Yield counts that are said to overlap with a count that is not there, or with itself."""
    known = _values(read, "local_counts", "key")
    for row, cells in _rows(read, "local_counts", "key", "overlaps_with"):
        for value in split_codes(cells["overlaps_with"]):
            if known is not None and (value not in known or value == cells["key"]):
                yield _at(
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
                    else _like(value, known, "Mend the spelling, or take it out"),
                )


# Dates -------------------------------------------------------------------------------------


def _date_order_problems(read: Read) -> Iterator[Problem]:
    """Yield rows that end before they start."""
    for table, first, last, what in (
        ("services", "opened_on", "closes_on", "the service closes before it opens"),
        ("funding", "starts_on", "ends_on", "the funding ends before it starts"),
        ("local_counts", "period_start", "period_end", "the period ends before it starts"),
    ):
        for row, cells in _rows(read, table, first, last):
            if cells[first] and cells[last] and cells[last] < cells[first]:
                yield _at(
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
        for row, cells in _rows(read, name, column):
            day = cells[column].date() if cells[column] else None
            if day is not None and day > info.reference_date:
                yield _at(
                    name,
                    row,
                    column,
                    "the row was confirmed after the reference date of the pack",
                    value=day,
                    expected=f"a day up to {info.reference_date}",
                    mend="Mend the date, or move reference_date in pack.json",
                )
            elif day is not None and day < stale:
                yield _at(
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


# Areas -------------------------------------------------------------------------------------


def _grouping_names(read: Read) -> list[str]:
    """Return the columns of ``groupings`` that group wards."""
    fixed = {column.name for column in BY_NAME["groupings"].columns}
    columns = map(str, read["groupings"].text.columns)
    return [name for name in columns if name not in fixed and not name.endswith(_EVIDENCE)]


def _grouping_problems(read: Read) -> Iterator[Problem]:
    """Yield groupings with a reserved name, without evidence, or with a ward left out."""
    table = "groupings"
    names = _grouping_names(read)
    present = list(map(str, read[table].text.columns))
    for name in names:
        if name in RESERVED_NAMES:
            yield _at(
                table,
                None,
                name,
                "the name is taken: results are grouped by it already",
                value=name,
                expected=f"a name other than {', '.join(sorted(RESERVED_NAMES))}",
                mend="Give the grouping another name",
            )
        if f"{name}{_EVIDENCE}" not in present:
            yield _at(
                table,
                None,
                name,
                "nothing says how it is known which wards belong together",
                expected=f"a column {name}{_EVIDENCE}",
                mend=f"Add the column {name}{_EVIDENCE}: published, reported, inferred, and where",
                severity=Severity.WARNING,
            )
        for row, cells in _rows(read, table, name):
            if cells[name] is None:
                yield _at(
                    table,
                    row,
                    name,
                    "the ward belongs to no area of this grouping",
                    value="",
                    expected="the name of an area",
                    mend="Write one; a ward that belongs nowhere may have an area of its own",
                )
    for column in present:
        if column.endswith(_EVIDENCE) and column.removesuffix(_EVIDENCE) not in names:
            yield _at(
                table,
                None,
                column,
                "there is no grouping that this is the evidence of",
                expected=f"a column {column.removesuffix(_EVIDENCE)}",
                mend="Remove the column, or add the grouping",
                severity=Severity.WARNING,
            )


def _info_problems(read: Read, info: PackInfo) -> Iterator[Problem]:
    """Yield names in ``pack.json`` that nothing stands behind."""
    groupings = _grouping_names(read) if read["groupings"].readable else None
    if groupings is not None:
        known = [*BUILT_IN_LEVELS, *groupings]
        if info.default_level not in known:
            yield _about_info(
                "default_level",
                "there is no such level of area",
                info.default_level,
                expected=f"one of: {', '.join(known)}",
                mend=_like(info.default_level, known, "Write one of the levels of the pack"),
            )
        for name in info.groupings:
            if name not in groupings:
                yield _about_info(
                    "groupings",
                    f"there is no column {name} in {BY_NAME['groupings'].path}",
                    name,
                    expected=f"one of: {', '.join(groupings)}",
                    mend=_like(name, groupings, "Remove it, or add the column"),
                )
    for level in BUILT_IN_LEVELS:
        if level not in info.layers:
            yield _about_info(
                "layers",
                f"there is no layer for the level {level}",
                ", ".join(info.layers),
                expected=f"layers for {', '.join(BUILT_IN_LEVELS)}",
                mend=f"Add the boundaries of the {level} level",
            )
    for missing in info.missing:
        table = BY_NAME.get(missing.table)
        columns = {column.name for column in table.columns} if table else set()
        unknown = sorted({"area_code", "quarter", *missing.columns} - columns)
        if table is None or unknown:
            yield _about_info(
                "missing",
                "there is no such table"
                if table is None
                else f"{missing.table} has no column {', '.join(unknown)}",
                missing.table if table is None else ", ".join(unknown),
                expected="a table with area_code and quarter, and columns of it",
                mend="Mend the name",
            )
        elif not any(
            cells["area_code"] == missing.area_code and cells["quarter"] == missing.quarter
            for _, cells in _rows(read, missing.table, "area_code", "quarter")
        ):
            yield _about_info(
                "missing",
                f"{missing.table} has no row for it",
                f"{missing.area_code} {missing.quarter}",
                expected="the area and quarter of a row",
                mend="Mend the two, or remove the entry",
                severity=Severity.WARNING,
            )


def _layer_problems(
    read: Read, layers: Mapping[str, gpd.GeoDataFrame], info: PackInfo
) -> Iterator[Problem]:
    """Yield areas that stand in a table or in a layer, but not in both."""
    for level, table, column in (
        ("lsoa", "lsoa_facts", "lsoa_code"),
        ("ward", "groupings", "ward_code"),
    ):
        listed = _values(read, table, column)
        if level not in layers or listed is None:
            continue
        path, drawn = info.layers[level].path, set(layers[level]["code"]) - {""}
        for row, cells in _rows(read, table, column):
            code = cells[column]
            if code is not None and code not in drawn and re.match(GSS_CODE, code):
                yield _at(
                    table,
                    row,
                    column,
                    f"the area is not drawn in {path}",
                    value=code,
                    expected=f"a code of {path}",
                    mend=_like(code, drawn, "Mend the code, or take boundaries and facts alike"),
                )
        for code in sorted(drawn - listed):
            yield Problem(
                Severity.ERROR,
                path,
                f"the area has no row in {BY_NAME[table].path}",
                f"a row in {BY_NAME[table].path} for each area",
                "Add the row, or take boundaries and facts of one vintage",
                column="code",
                value=code,
            )
    if "district" in layers and info.district_code not in set(layers["district"]["code"]):
        yield _about_info(
            "district_code",
            f"the district is not drawn in {info.layers['district'].path}",
            info.district_code,
            expected=f"one of: {', '.join(sorted(layers['district']['code']))}",
            mend="Mend the code, or add the district to the layer",
        )


def _area_problems(
    read: Read, layers: Mapping[str, gpd.GeoDataFrame], info: PackInfo
) -> Iterator[Problem]:
    """Yield areas served that are no area of the pack, nor a district or wider outside it."""
    table = "areas_served"
    wards = _values(read, "groupings", "ward_code")
    lsoas = _values(read, "lsoa_facts", "lsoa_code")
    if wards is None or lsoas is None:
        return
    names = {
        str(cell) for name in _grouping_names(read) for cell in read["groupings"].text[name] if cell
    }
    known = {info.district_code, *wards, *lsoas, *names}
    if "district" in layers:
        known |= set(layers["district"]["code"])
    for row, cells in _rows(read, table, "area"):
        area = cells["area"]
        if area is not None and area not in known and not WIDE_AREA.match(area):
            yield _at(
                table,
                row,
                "area",
                f"there is no area {area}",
                value=area,
                expected=(
                    "the code of a district or wider, of a ward or LSOA of the pack, "
                    "or the name of an area in groupings.csv"
                ),
                mend=_like(area, known, f"Write {info.district_code} for the whole district"),
            )


# Figures -----------------------------------------------------------------------------------


def _tenure_count_problems(read: Read) -> Iterator[Problem]:
    """Yield small areas whose tenures do not sum to their households."""
    tenures = (
        "owned_outright",
        "owned_mortgage",
        "shared_ownership",
        "rents_council",
        "rents_other_social",
        "rents_private_landlord",
        "rents_other_private",
        "rent_free",
    )
    for row, cells in _rows(read, "lsoa_facts", "households", *tenures):
        counts = [cells[name] for name in tenures]
        if cells["households"] is None or None in counts:
            continue
        total = sum(counts)
        if abs(total - cells["households"]) > TENURE_NOISE_HOUSEHOLDS:
            yield _at(
                "lsoa_facts",
                row,
                "households",
                f"the tenures sum to {total}, not to the households",
                value=cells["households"],
                expected=f"{total}, give or take {TENURE_NOISE_HOUSEHOLDS}",
                mend="Take both from one census table (TS054)",
                severity=Severity.WARNING,
            )


def _calibration_problems(read: Read) -> Iterator[Problem]:
    """Yield tenures that have no row to calibrate their rate by."""
    table = "tenure_calibration"
    known = _values(read, table, "tenure")
    if known is not None:
        for tenure in sorted(BY_NAME[table].column("tenure").allowed - known):
            yield _at(
                table,
                None,
                "tenure",
                f"there is no row for {tenure}",
                value=tenure,
                expected="one row for each tenure",
                mend="Add the row",
            )


def _parameter_problems(read: Read) -> Iterator[Problem]:
    """Yield required parameters that are absent or unknown."""
    table = "parameters"
    known = _values(read, table, "key")
    if known is None:
        return
    for key in REQUIRED_PARAMETERS:
        if key not in known:
            yield _at(
                table,
                None,
                "key",
                f"the parameter {key} is missing",
                value=key,
                expected="a row with a central figure",
                mend="Add the row; the shipped pack has one to copy",
            )
    for row, cells in _rows(read, table, "key", "central", "status"):
        if cells["key"] in REQUIRED_PARAMETERS and cells["status"] == Status.UNKNOWN:
            yield _at(
                table,
                row,
                "central",
                f"the model cannot run without {cells['key']}",
                value=_written(read, table, row, "central"),
                expected="a central figure, if only an assumption",
                mend="Write a figure, and assumed as its status",
            )


def _status_problems(read: Read) -> Iterator[Problem]:
    """Yield figures whose status says that there is none, and the other way about."""
    for table, start in _FIGURES.items():
        central = f"{start}central"
        for row, cells in _rows(read, table, "status", central):
            status, written = cells["status"], _written(read, table, row, central)
            if status not in set(Status):
                continue
            # Shares that divide a whole need a figure even where it says that nobody knows.
            whole = cells.get("dimension") in _PARTITIONS
            if status == Status.UNKNOWN and written and not whole:
                yield _at(
                    table,
                    row,
                    central,
                    "the status is unknown, but a figure is given",
                    value=written,
                    expected="an empty cell where the status is unknown",
                    mend="Empty the cell, or write what the figure rests on as status",
                )
            elif not written and (status != Status.UNKNOWN or whole):
                yield _at(
                    table,
                    row,
                    central,
                    f"the status is {status}, but there is no central figure"
                    if not whole
                    else "a share of the whole has no central figure",
                    value="",
                    expected=BY_NAME[table].column(central).expected(),
                    mend="Write the figure" + ("" if whole else ", or unknown as its status"),
                )


def _unit_problems(read: Read) -> Iterator[Problem]:
    """Yield units without stay or occupancy, and stays of no days."""
    for table in ("capacity", "pool_assumptions"):
        needed = ("stay_days_central", "occupancy_central")
        for row, cells in _rows(read, table, "basis", "capacity_central", *needed):
            in_units = cells["basis"] == CapacityBasis.UNITS
            for name in needed:
                empty = not _written(read, table, row, name)
                if in_units and cells["capacity_central"] is not None and empty:
                    yield _at(
                        table,
                        row,
                        name,
                        "a capacity in units is given without it",
                        value="",
                        expected=BY_NAME[table].column(name).expected(),
                        mend="Write it; households a year are units × occupancy × 365 ÷ mean stay",
                    )
            for name in ("stay_days_low", "stay_days_central", "stay_days_high"):
                if cells[name] == 0:
                    yield _at(
                        table,
                        row,
                        name,
                        "a mean stay of no days would make the capacity endless",
                        value=_written(read, table, row, name),
                        expected="a number of more than 0, in days",
                        mend="Write the days, or leave the cell empty",
                    )


# Household shares --------------------------------------------------------------------------


_SHARES: Final = "household_shares"


def _share_code_problems(read: Read) -> Iterator[Problem]:
    """Yield codes that their dimension does not have, and tenures where none divides it."""
    for row, cells in _rows(read, _SHARES, "dimension", "code", "tenure"):
        dimension, code = cells["dimension"], cells["code"]
        allowed = _DIMENSION_CODES.get(dimension)
        if allowed is not None and code is not None and code not in allowed:
            yield _at(
                _SHARES,
                row,
                "code",
                f"the dimension {dimension} has no such code",
                value=code,
                expected=f"one of these: {', '.join(sorted(allowed))}",
                mend=_like(code, allowed, "Mend the spelling, or the dimension"),
            )
        if allowed is not None and cells["tenure"] is not None and dimension not in _BY_TENURE:
            yield _at(
                _SHARES,
                row,
                "tenure",
                f"the dimension {dimension} is not divided by tenure",
                value=cells["tenure"],
                expected="an empty cell",
                mend=f"Empty it; only {' and '.join(sorted(_BY_TENURE))} may differ by tenure",
            )


def _partition_problems(read: Read) -> Iterator[Problem]:
    """Yield divisions of the whole whose shares do not sum to 1, or that are absent."""
    table = read[_SHARES]
    if not table.readable or not {"dimension", "code", "tenure", "central"} <= set(table.text):
        return
    parts: dict[tuple[str, str | None], list[tuple[int, Row]]] = {}
    for row, cells in _rows(read, _SHARES):
        parts.setdefault((str(cells["dimension"]), cells["tenure"]), []).append((row, cells))
    for dimension in _PARTITIONS:
        tenures = sorted(TENURES) if dimension in _BY_TENURE else []
        if (dimension, None) not in parts:
            absent = [tenure for tenure in tenures if (dimension, tenure) not in parts]
            if absent or not tenures:
                yield _at(
                    _SHARES,
                    None,
                    "dimension",
                    f"nothing says how households divide by {dimension}"
                    + (f" for the tenures {', '.join(absent)}" if absent else ""),
                    value=dimension,
                    expected="shares that sum to 1",
                    mend="Add the rows; an empty tenure holds for all that have no rows",
                )
        for tenure in (None, *tenures):
            found = parts.get((dimension, tenure), [])
            if any(cells["central"] is None for _, cells in found):
                continue  # said elsewhere: a cell that cannot be read, or has no figure
            total = sum(cells["central"] for _, cells in found)
            if found and abs(total - 1) > SHARES_TOLERANCE:
                yield _at(
                    _SHARES,
                    found[0][0],
                    "central",
                    f"the {len(found)} shares of {dimension}"
                    + (f" for {tenure}" if tenure else "")
                    + f" sum to {total:.12g}, not to 1",
                    value=_written(read, _SHARES, found[0][0], "central"),
                    expected="shares that sum to 1",
                    mend=f"Mend the rows {', '.join(str(row) for row, _ in found)}",
                )


def _exclusion_problems(read: Read) -> Iterator[Problem]:
    """Yield circumstances that exclude each other and have more than the whole together."""
    shares: dict[str, tuple[int, float]] = {}
    for row, cells in _rows(read, _SHARES, "dimension", "code", "central"):
        if cells["dimension"] == "circumstance" and cells["central"] is not None:
            shares.setdefault(str(cells["code"]), (row, cells["central"]))
    groups: dict[str, list[str]] = {}
    for code, circumstance in CIRCUMSTANCES.items():
        if code in shares and circumstance.level_of is not None:
            groups.setdefault(circumstance.level_of, []).append(code)
    pairs = [
        [a, b]
        for a, b in combinations(sorted(shares), 2)
        if a in CIRCUMSTANCES and b in CIRCUMSTANCES[a].impossible_with
    ]
    for codes in [*groups.values(), *pairs]:
        total = sum(shares[code][1] for code in codes)
        if total > 1 + SHARES_TOLERANCE:
            row = max(shares[code][0] for code in codes)
            yield _at(
                _SHARES,
                row,
                "central",
                f"{', '.join(codes)} exclude each other, and sum to {total:.12g}",
                value=_written(read, _SHARES, row, "central"),
                expected="shares that sum to 1 at most",
                mend=f"Mend the rows {', '.join(str(shares[code][0]) for code in codes)}",
            )


# Services and routes -----------------------------------------------------------------------


def _kinds_by_service(read: Read) -> dict[str, Kind] | None:
    """Kind of each service that has one; None when the services could not be read."""
    if _values(read, "services", "service_id") is None or _values(read, "services", "kind") is None:
        return None
    return {
        str(cells["service_id"]): KINDS[cells["kind"]]
        for _, cells in _rows(read, "services", "service_id", "kind")
        if cells["kind"] in KINDS
    }


def _route_problems(read: Read) -> Iterator[Problem]:
    """Yield routes between ends that do not exist, that go back, or that go round in circles."""
    services = _values(read, "services", "service_id")
    kinds = _kinds_by_service(read)
    if services is None or kinds is None:
        return
    forward: nx.DiGraph[str] = nx.DiGraph()
    for row, cells in _rows(read, "referral_routes", "from_id", "to_id"):
        ends = {name: cells[name] for name in ("from_id", "to_id")}
        if None in ends.values():
            continue
        found = [
            problem
            for name, end in ends.items()
            for problem in _end_problems(row, name, str(end), services, kinds)
        ]
        yield from found
        before, after = (_stage(str(end), kinds) for end in ends.values())
        if found or before is None or after is None:
            continue
        if STAGE_ORDER[after] < STAGE_ORDER[before]:
            yield _at(
                "referral_routes",
                row,
                "to_id",
                f"the route goes back, from the stage {before} to {after}",
                value=ends["to_id"],
                expected="a service of the same stage or a later one: " + ", ".join(STAGE_ORDER),
                mend="Swap the two ends, or remove the route",
            )
        elif not forward.has_edge(ends["from_id"], ends["to_id"]):
            forward.add_edge(ends["from_id"], ends["to_id"], row=row)
    yield from _cycle_problems(forward)


def _end_problems(
    row: int, column: str, end: str, services: frozenset[str], kinds: Mapping[str, Kind]
) -> Iterator[Problem]:
    """Yield what is wrong with one end of a route."""
    start = column == "from_id"
    prefix, words = (_ENTRY_PREFIX, ENTRIES) if start else (_HOME_PREFIX, HOMES)
    known = {*services, *(f"{prefix}{code}" for code in words)}
    wrong_way = end.startswith(_HOME_PREFIX if start else _ENTRY_PREFIX)
    if end not in known:
        path = BY_NAME["services"].path
        yield _at(
            "referral_routes",
            row,
            column,
            ("a route leads out of a home" if start else "a route leads into an entry point")
            if wrong_way
            else f"there is no service or {'entry point' if start else 'home'} {end}",
            value=end,
            expected=f"a service_id of {path}, or one of: "
            + ", ".join(sorted(f"{prefix}{code}" for code in words)),
            mend="Swap the two ends, or remove the route"
            if wrong_way
            else _like(end, known, f"Mend the spelling, or add the service to {path}"),
        )
    elif end in kinds and kinds[end].stage is Stage.SUPPORT:
        yield _at(
            "referral_routes",
            row,
            column,
            f"a {kinds[end].label.lower()} stands beside the routes, not on them",
            value=end,
            expected="a service of another kind",
            mend="Remove the route, or mend the kind of the service",
        )


def _stage(end: str, kinds: Mapping[str, Kind]) -> Stage | None:
    if end.startswith(_ENTRY_PREFIX):
        return Stage.ENTRY
    if end.startswith(_HOME_PREFIX):
        return Stage.HOME
    return kinds[end].stage if end in kinds else None


def _cycle_problems(graph: nx.DiGraph[str]) -> Iterator[Problem]:
    """Yield one circle for each set of services that send households round to each other."""
    for members in nx.strongly_connected_components(graph):
        part = graph.subgraph(members)
        if not part.edges:
            continue
        circle = [edge[0] for edge in nx.find_cycle(part, min(members))]
        least = circle.index(min(circle))
        circle = [*circle[least:], *circle[:least], circle[least]]
        row = max(graph.edges[edge]["row"] for edge in pairwise(circle))
        yield _at(
            "referral_routes",
            row,
            "to_id",
            f"the routes go round in a circle: {' → '.join(circle)}",
            value=circle[1],
            expected="routes that never come back to a service",
            mend="Remove one of these routes",
        )


def _service_warnings(read: Read) -> Iterator[Problem]:
    """Yield services on a route that serve no area, and services that no route leads to."""
    ends = [_values(read, "referral_routes", name) for name in ("from_id", "to_id")]
    served = _values(read, "areas_served", "service_id")
    on_route = None if ends[0] is None or ends[1] is None else ends[0] | ends[1]
    for row, cells in _rows(read, "services", "service_id", "kind", "operating"):
        service, kind = cells["service_id"], KINDS.get(cells["kind"])
        if kind is None or cells["operating"] == "no" or on_route is None:
            continue
        if service not in on_route and kind.stage is not Stage.SUPPORT:
            yield _at(
                "services",
                row,
                "service_id",
                "no referral route leads to the service or from it",
                value=service,
                expected=f"a row in {BY_NAME['referral_routes'].path}",
                mend="Add the routes, with known set to unknown if need be",
                severity=Severity.WARNING,
            )
        if service in on_route and served is not None and service not in served:
            yield _at(
                "services",
                row,
                "service_id",
                "the service stands on a route but serves no area, so it reaches nobody",
                value=service,
                expected=f"a row in {BY_NAME['areas_served'].path}",
                mend="Add the area it serves, such as the code of the district",
                severity=Severity.WARNING,
            )


def _pool_warnings(read: Read) -> Iterator[Problem]:
    """Yield kinds of service whose capacity nothing limits: no figure and no assumption."""
    tables = ("services", "capacity", "pool_assumptions")
    if not all(read[name].readable for name in tables):
        return
    own = {
        cells["service_id"]
        for _, cells in _rows(read, "capacity", "service_id", "capacity_central")
        if cells["capacity_central"] is not None
    }
    assumed = {
        cells["kind"]
        for _, cells in _rows(read, "pool_assumptions", "kind", "capacity_central")
        if cells["capacity_central"] is not None
    }
    unlimited: dict[str, list[str]] = {}
    for _, cells in _rows(read, "services", "service_id", "kind", "operating"):
        kind = KINDS.get(cells["kind"])
        if kind is None or cells["operating"] == "no" or kind.code not in _LIMITED_KINDS:
            continue
        if kind.code not in assumed and cells["service_id"] not in own:
            unlimited.setdefault(kind.code, []).append(str(cells["service_id"]))
    for kind_code, services in unlimited.items():
        yield _at(
            "pool_assumptions",
            None,
            "kind",
            f"nobody knows the capacity of {', '.join(services)}, and there is no assumption for "
            "the kind: the model does not limit it",
            value=kind_code,
            expected="a row with a capacity for the whole district",
            mend="Add an assumption, or the service's own figure to capacity.csv",
            severity=Severity.WARNING,
        )
