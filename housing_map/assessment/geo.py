"""Maps of a release as data: a GeoPackage that QGIS opens coloured, and GeoJSON.

Each sheet by area is a layer: an area a row, a figure a column, with a marker beside it where one
is missing. Layers of boundaries go with them. Every column of figures has a style of its own in the
GeoPackage, whose classes are those of the app's maps; the first is the one QGIS takes.

Coordinates stay longitude and latitude (EPSG:4326) as the pack has them: to metres and back would
hang on grids that not every computer has, and the same release could come out otherwise.

Sources: OGC 12-128r18 (GeoPackage 1.3) with its schema extension; RFC 7946; QGIS, *Saving and
sharing layer properties* (table ``layer_styles``).
"""

from __future__ import annotations

import io
import itertools
import sqlite3
import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import pyogrio

from housing_map.assessment.printed import heading, keys, number
from housing_map.assessment.qgis import style
from housing_map.places import levels, polygons

if TYPE_CHECKING:
    from collections.abc import Iterator

    from housing_map.assessment.edition import Edition
    from housing_map.assessment.sheets import ShownSheet
    from housing_map.pack import Pack

MARKER: Final = "_marker"
AREA: Final = "area"
"""Name of the dimension of areas, where it is not that of the level."""
_GEOMETRY: Final = "geom"


@dataclass(frozen=True, eq=False)
class Layer:
    """A layer: areas with figures, and words for each column of figures.

    ``frame`` has columns code, name, figures, markers and geometry, in order of code.
    """

    name: str
    title: str
    level: str
    frame: gpd.GeoDataFrame
    titles: dict[str, str]


def geo_files(edition: Edition) -> dict[str, bytes]:
    """Return the GeoPackage and a GeoJSON file of each sheet by area, by path."""
    found = layers(edition)
    if not found:
        return {}
    files = {f"maps/{layer.name}.geojson": write_geojson(layer) for layer in found}
    return {f"{edition.stem}.gpkg": write_geopackage(edition, found), **files}


def layers(edition: Edition) -> tuple[Layer, ...]:
    """Return a layer for each sheet by area."""
    return tuple(
        layer
        for sheet in edition.sheets
        if sheet.area and (layer := _layer(edition.pack, sheet)) is not None
    )


def _layer(pack: Pack, sheet: ShownSheet) -> Layer | None:
    """Return the layer of a sheet; None where no figure is of an area on the map."""
    areas = polygons(pack, sheet.area)
    names = [column.name for column in sheet.columns[: keys(sheet)]]
    place = names.index(sheet.area if sheet.area in names else AREA)
    others = [n for n in range(len(names)) if n != place]
    named: dict[tuple[str, ...], str] = {}
    titles: dict[str, str] = {}
    cells: dict[str, dict[str, int | float | None]] = {}
    markers: dict[str, dict[str, str]] = {}
    on_map = set(areas["code"])
    for codes, row in zip(sheet.codes, sheet.rows, strict=True):
        if codes[place] not in on_map:
            continue
        for column, cell in zip(sheet.columns, row, strict=True):
            if not column.is_figures:
                continue
            name = _name(named, (column.name, *(codes[n] for n in others)))
            words = ", ".join(row[n].text for n in others)
            titles[name] = f"{heading(column)}: {words}" if words else heading(column)
            value = number(cell)
            cells.setdefault(name, {})[codes[place]] = value
            if value is None:
                markers.setdefault(name, {})[codes[place]] = cell.text
    if not cells:
        return None
    frame = areas[["code", "name"]].copy()
    for name, values in cells.items():
        frame[name] = frame["code"].map(values).astype("float64")
        if name in markers:
            frame[f"{name}{MARKER}"] = frame["code"].map(markers[name]).fillna("")
    made = gpd.GeoDataFrame(frame, geometry=areas.geometry.to_numpy(), crs=areas.crs)
    return Layer(sheet.id, sheet.title, sheet.area, made, titles)


def _name(named: dict[tuple[str, ...], str], parts: tuple[str, ...]) -> str:
    """Return the name of a column of a layer, which no other has, and remember it."""
    if parts not in named:
        wanted = "_".join(map(_safe, parts))
        taken = {"fid", "code", "name", _GEOMETRY, *named.values()}
        numbers = itertools.count(2)
        name = wanted
        while name in taken:
            name = f"{wanted}_{next(numbers)}"
        named[parts] = name
    return named[parts]


def _safe(code: str) -> str:
    """Return a code as part of the name of a column: letters, digits and underscores."""
    return "".join(sign if sign.isalnum() else "_" for sign in code).strip("_").lower()


# GeoJSON -----------------------------------------------------------------------------------


def write_geojson(layer: Layer) -> bytes:
    """Return a layer as GeoJSON (RFC 7946): six decimals, outer rings counter-clockwise."""
    kept = io.BytesIO()
    pyogrio.write_dataframe(
        layer.frame,
        kept,
        driver="GeoJSON",
        layer=layer.name,
        RFC7946="YES",
        WRITE_BBOX="YES",
        COORDINATE_PRECISION=6,
        DESCRIPTION=layer.title,
    )
    return kept.getvalue()


# GeoPackage --------------------------------------------------------------------------------


def write_geopackage(edition: Edition, found: tuple[Layer, ...]) -> bytes:
    """Return layers and boundaries as a GeoPackage with styles, dated the reference date."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "release.gpkg"
        for layer in (*found, *_boundaries(edition.pack)):
            pyogrio.write_dataframe(
                layer.frame,
                path,
                driver="GPKG",
                layer=layer.name,
                promote_to_multi=True,
                dataset_options={"VERSION": "1.3", "ADD_GPKG_OGR_CONTENTS": "NO"},
                layer_options={
                    "IDENTIFIER": layer.name,
                    "DESCRIPTION": layer.title,
                    "GEOMETRY_NAME": _GEOMETRY,
                    "SPATIAL_INDEX": "NO",
                },
            )
        with closing(sqlite3.connect(path, isolation_level=None)) as database:
            database.execute("PRAGMA synchronous = OFF")  # the file is read back and thrown away
            database.execute("BEGIN")
            _name_columns(database, found)
            _add_styles(database, found, f"{edition.on.isoformat()}T00:00:00.000Z")
            database.execute("COMMIT")
            database.execute("VACUUM")
        return _counted_from_one(path.read_bytes())


def _counted_from_one(data: bytes) -> bytes:
    """Return a database whose counter of changes stands at 1 (SQLite file format, 1.3.7).

    GDAL makes one change more when a second passes while it writes.
    """
    one = (1).to_bytes(4, "big")
    counter, valid_for = 24, 92
    return b"".join((
        data[:counter], one, data[counter + 4 : valid_for], one, data[valid_for + 4 :]
    ))  # fmt: skip


def _boundaries(pack: Pack) -> Iterator[Layer]:
    """Yield the areas of every level alone."""
    for level in levels(pack):
        areas = polygons(pack, level.code)
        title = f"Boundaries: {level.label}"
        yield Layer(f"boundaries_{level.code}", title, level.code, areas, {})


def _name_columns(database: sqlite3.Connection, found: tuple[Layer, ...]) -> None:
    """Give columns their titles (GeoPackage schema extension), which QGIS shows."""
    database.execute(
        "CREATE TABLE gpkg_data_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL, "
        "name TEXT, title TEXT, description TEXT, mime_type TEXT, constraint_name TEXT, "
        "CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name), "
        "CONSTRAINT gdc_tn UNIQUE (table_name, name))"
    )
    database.execute(
        "CREATE TABLE gpkg_data_column_constraints (constraint_name TEXT NOT NULL, "
        "constraint_type TEXT NOT NULL, value TEXT, min NUMERIC, min_is_inclusive BOOLEAN, "
        "max NUMERIC, max_is_inclusive BOOLEAN, description TEXT, "
        "CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value))"
    )
    database.execute(
        "CREATE TABLE IF NOT EXISTS gpkg_extensions (table_name TEXT, column_name TEXT, "
        "extension_name TEXT NOT NULL, definition TEXT NOT NULL, scope TEXT NOT NULL, "
        "CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name))"
    )
    database.executemany(
        "INSERT INTO gpkg_extensions VALUES (?, NULL, 'gpkg_schema', ?, 'read-write')",
        [
            (name, "http://www.geopackage.org/spec121/#extension_schema")
            for name in ("gpkg_data_columns", "gpkg_data_column_constraints")
        ],
    )
    database.executemany(
        "INSERT INTO gpkg_data_columns (table_name, column_name, name, title) VALUES (?, ?, ?, ?)",
        [
            (layer.name, column, column, title)
            for layer in found
            for column, title in layer.titles.items()
        ],
    )


def _add_styles(database: sqlite3.Connection, found: tuple[Layer, ...], when: str) -> None:
    """Add the table of styles as QGIS makes it, and date everything ``when``."""
    database.execute(
        "CREATE TABLE layer_styles (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, "
        "f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256), "
        "f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT, "
        "useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30), "
        "update_time DATETIME)"
    )
    database.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change) "
        "VALUES ('layer_styles', 'attributes', 'layer_styles', '', ?)",
        [when],
    )
    for layer in found:
        for number_, (column, title) in enumerate(layer.titles.items()):
            values = [float(value) for value in layer.frame[column]]
            database.execute(
                "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, "
                "f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, "
                "owner, update_time) VALUES ('', '', ?, ?, ?, ?, '', ?, ?, '', ?)",
                [
                    layer.name,
                    _GEOMETRY,
                    column,
                    style(column, values),
                    number_ == 0,
                    title,
                    when,
                ],
            )
    database.execute("UPDATE gpkg_contents SET last_change = ?", [when])
