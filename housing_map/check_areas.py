"""What has to hold of areas: groupings, layers of boundaries, areas served, ``pack.json``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from housing_map.errors import Problem, Severity
from housing_map.location_patterns import WIDE_AREA
from housing_map.pack_tables import BY_NAME
from housing_map.rows import info_problem, nearest, problem_at, rows_of, values_in
from housing_map.schemas import GSS_CODE
from housing_map.vocabulary import ALIASES, BUILT_IN_LEVELS, ELSEWHERE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import geopandas as gpd

    from housing_map.pack import PackInfo
    from housing_map.rows import Read


RESERVED_NAMES: Final = frozenset(
    {
        *(*BUILT_IN_LEVELS, ELSEWHERE, *ALIASES),
        *("aim", "component", "entry", "need", "right", "risk", "tenure"),
    }
)
"""Names that a grouping of wards cannot have, since results are grouped by them already."""

_EVIDENCE: Final = "_evidence"


def area_problems(
    read: Read, layers: Mapping[str, gpd.GeoDataFrame], info: PackInfo | None
) -> Iterator[Problem]:
    """Yield what does not fit between areas in tables, layers and ``pack.json``."""
    yield from _grouping_problems(read)
    if info is not None:
        yield from _info_problems(read, info)
        yield from _layer_problems(read, layers, info)
        yield from _served_problems(read, layers, info)


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
            yield problem_at(
                table,
                None,
                name,
                "the name is taken: results are grouped by it already",
                value=name,
                expected=f"a name other than {', '.join(sorted(RESERVED_NAMES))}",
                mend="Give the grouping another name",
            )
        if f"{name}{_EVIDENCE}" not in present:
            yield problem_at(
                table,
                None,
                name,
                "nothing says how it is known which wards belong together",
                expected=f"a column {name}{_EVIDENCE}",
                mend=f"Add the column {name}{_EVIDENCE}: published, reported, inferred, and where",
                severity=Severity.WARNING,
            )
        for row, cells in rows_of(read, table, name):
            if cells[name] is None:
                yield problem_at(
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
            yield problem_at(
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
            yield info_problem(
                "default_level",
                "there is no such level of area",
                info.default_level,
                expected=f"one of: {', '.join(known)}",
                mend=nearest(info.default_level, known, "Write one of the levels of the pack"),
            )
        for name in info.groupings:
            if name not in groupings:
                yield info_problem(
                    "groupings",
                    f"there is no column {name} in {BY_NAME['groupings'].path}",
                    name,
                    expected=f"one of: {', '.join(groupings)}",
                    mend=nearest(name, groupings, "Remove it, or add the column"),
                )
    for level in BUILT_IN_LEVELS:
        if level not in info.layers:
            yield info_problem(
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
            yield info_problem(
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
            for _, cells in rows_of(read, missing.table, "area_code", "quarter")
        ):
            yield info_problem(
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
        listed = values_in(read, table, column)
        if level not in layers or listed is None:
            continue
        path, drawn = info.layers[level].path, set(layers[level]["code"]) - {""}
        for row, cells in rows_of(read, table, column):
            code = cells[column]
            if code is not None and code not in drawn and re.match(GSS_CODE, code):
                yield problem_at(
                    table,
                    row,
                    column,
                    f"the area is not drawn in {path}",
                    value=code,
                    expected=f"a code of {path}",
                    mend=nearest(code, drawn, "Mend the code, or take boundaries and facts alike"),
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
        yield info_problem(
            "district_code",
            f"the district is not drawn in {info.layers['district'].path}",
            info.district_code,
            expected=f"one of: {', '.join(sorted(layers['district']['code']))}",
            mend="Mend the code, or add the district to the layer",
        )


def _served_problems(
    read: Read, layers: Mapping[str, gpd.GeoDataFrame], info: PackInfo
) -> Iterator[Problem]:
    """Yield areas served that are no area of the pack, nor a district or wider outside it."""
    table = "areas_served"
    wards = values_in(read, "groupings", "ward_code")
    lsoas = values_in(read, "lsoa_facts", "lsoa_code")
    if wards is None or lsoas is None:
        return
    names = {
        str(cell) for name in _grouping_names(read) for cell in read["groupings"].text[name] if cell
    }
    known = {info.district_code, *wards, *lsoas, *names}
    if "district" in layers:
        known |= set(layers["district"]["code"])
    for row, cells in rows_of(read, table, "area"):
        area = cells["area"]
        if area is not None and area not in known and not WIDE_AREA.match(area):
            yield problem_at(
                table,
                row,
                "area",
                f"there is no area {area}",
                value=area,
                expected=(
                    "the code of a district or wider, of a ward or LSOA of the pack, "
                    "or the name of an area in groupings.csv"
                ),
                mend=nearest(area, known, f"Write {info.district_code} for the whole district"),
            )
