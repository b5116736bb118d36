"""Read one layer of boundaries: every problem at its feature, nothing reprojected in silence.

A layer is a GeoJSON file (RFC 7946) or a GeoPackage of polygons with the properties ``code``
and ``name``, in longitude and latitude (EPSG:4326). In the problems of a layer, ``row`` is the
number of the feature, from 1, as it stands in the file.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pyogrio
import pyproj
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from housing_map.errors import Problem, Severity
from housing_map.schemas import GSS_CODE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

DISPLAY_CRS: Final = "EPSG:4326"
METRIC_CRS: Final = "EPSG:27700"

OVERLAP_TOLERANCE_M2: Final = 1.0
"""Largest overlap of two neighbours, in square metres on EPSG:27700, that is let pass.

Neighbours that share their edges vertex by vertex overlap by nothing; a vertex of one that
lies between two vertices of the other can leave a sliver when rounded to six decimals.
"""

UK_LONGITUDE: Final = (-9.0, 3.0)
"""West and east ends of the United Kingdom, in degrees."""

UK_LATITUDE: Final = (49.0, 61.0)
"""South and north ends of the United Kingdom, in degrees."""

_NATIONAL_GRID_M: Final = (700_000.0, 1_300_000.0)
_MOST_DEGREES: Final = 180.0
_RING_POSITIONS: Final = 4
_LONGEST_SHOWN: Final = 100
_LONGITUDE_FIRST: Final = re.compile(r"(?i)^(urn:ogc:def:crs:)?(OGC:(1\.3:)?CRS84|EPSG:+4326)$")
_REPROJECT: Final = (
    "Reproject the layer to EPSG:4326 (longitude and latitude), in QGIS by Save Features As, "
    "or: ogr2ogr -t_srs EPSG:4326 new.geojson old.geojson"
)
_NATIONAL_GRID: Final = (
    "the coordinates look like British National Grid eastings and northings: reproject to EPSG:4326"
)
_EXPECTED_FILE: Final = "a GeoJSON feature collection of polygons with the properties code and name"


@dataclass(frozen=True, slots=True)
class _Feature:
    """One feature; ``refused`` says why there is no geometry when ``geometry`` is None."""

    number: int
    properties: dict[str, Any]
    geometry: BaseGeometry | None
    refused: str = ""


class _Refused(Exception):  # noqa: N818 - not a failure of the program: a file it cannot use
    def __init__(self, message: str, mend: str = "", row: int | None = None) -> None:
        self.message, self.mend, self.row = message, mend, row
        super().__init__(message)


def read_layer(
    folder: Path, level: str, path: str
) -> tuple[gpd.GeoDataFrame | None, list[Problem]]:
    """Read the layer of ``level`` at ``path`` inside ``folder``.

    The frame has columns code, name and geometry in EPSG:4326, in file order; it is None when
    no features could be had. With errors among the problems it is good for comparing codes
    only. Overlaps are measured in EPSG:27700 against :data:`OVERLAP_TOLERANCE_M2`.
    """
    problems: list[Problem] = []
    try:
        crs_problems, features = _read_features(folder, path)
    except _Refused as refused:
        problems.append(
            Problem(
                Severity.ERROR,
                path,
                refused.message,
                _EXPECTED_FILE,
                refused.mend or f"Save the {level} boundaries again as GeoJSON",
                refused.row,
            )
        )
        return None, problems
    problems += crs_problems
    problems += _property_problems(path, features)
    problems += _geometry_problems(path, features)
    if not any(problem.severity is Severity.ERROR for problem in crs_problems):
        misplaced = list(_position_problems(path, features))
        problems += misplaced
        if not misplaced:
            problems += _overlap_problems(path, features)
    frame = gpd.GeoDataFrame(
        {
            "code": [_text(feature, "code") for feature in features],
            "name": [_text(feature, "name") for feature in features],
        },
        geometry=[feature.geometry for feature in features],
        crs=DISPLAY_CRS,
    )
    return frame, problems


def _error(path: str, message: str, feature: _Feature, column: str, **more: str) -> Problem:
    return Problem(Severity.ERROR, path, message, row=feature.number, column=column, **more)


def _text(feature: _Feature, name: str) -> str:
    value = feature.properties.get(name)
    return _shown(value).strip() if isinstance(value, str) else ""


def _shown(value: object) -> str:
    """Text of a value that any file or screen can take, of reasonable length."""
    return str(value)[:_LONGEST_SHOWN].encode(errors="replace").decode()


def _named(feature: _Feature) -> str:
    return _text(feature, "code") or f"feature {feature.number}"


# Reading -----------------------------------------------------------------------------------


def _read_features(folder: Path, path: str) -> tuple[list[Problem], list[_Feature]]:
    """Problems with the reference system, and the features; raises :class:`_Refused`."""
    file = folder / path
    if not file.resolve().is_relative_to(folder.resolve()):
        message = "the file is not inside the pack"
        raise _Refused(message, "Copy it into the pack and mend the path in pack.json")
    if file.suffix.lower() == ".gpkg":
        return _read_geopackage(file, path)
    return _read_geojson(file, path)


def _read_geojson(file: Path, path: str) -> tuple[list[Problem], list[_Feature]]:
    try:
        raw = json.loads(_read_text(file), parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        message = f"the file is not JSON: {error.msg}, line {error.lineno}"
        raise _Refused(message) from error
    except (RecursionError, ValueError) as error:
        message = "the file is not GeoJSON: it is nested too deeply, or holds too long a number"
        raise _Refused(message) from error
    if not isinstance(raw, dict) or raw.get("type") != "FeatureCollection":
        message = "the file is not a GeoJSON feature collection"
        raise _Refused(message)
    entries = raw.get("features")
    if not isinstance(entries, list) or not entries:
        message = "the layer has no features"
        raise _Refused(message)
    return _declared_problems(raw, path), [_feature(n, entry) for n, entry in enumerate(entries, 1)]


def _read_text(file: Path) -> str:
    try:
        raw = file.read_bytes()
    except FileNotFoundError as error:
        message = "the file is missing"
        mend = "Add the file, or mend its path under layers in pack.json"
        raise _Refused(message, mend) from error
    except OSError as error:
        message = f"the file cannot be read: {error.strerror}"
        raise _Refused(message) from error
    if not raw.strip():
        message = "the file is empty"
        raise _Refused(message)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"the file is not UTF-8: byte {error.start + 1} cannot be read"
        mend = "Save the file again as UTF-8"
        raise _Refused(message, mend, raw[: error.start].count(b"\n") + 1) from error


def _refuse_constant(name: str) -> float:
    message = f"the file is not JSON: {name} is not a number"
    raise _Refused(message)


def _declared_problems(raw: dict[str, Any], path: str) -> list[Problem]:
    """Whether a ``crs`` member, which old programs write, names longitude and latitude."""
    declared = raw.get("crs")
    if declared is None:
        return [
            Problem(
                Severity.WARNING,
                path,
                "no coordinate reference system is declared; read as WGS 84, as RFC 7946 says",
                "longitude and latitude on WGS 84",
                "Nothing to do if the coordinates are longitude and latitude",
                column="crs",
            )
        ]
    properties = declared.get("properties") if isinstance(declared, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    if isinstance(name, str) and _LONGITUDE_FIRST.match(name.strip()):
        return []
    return [_wrong_crs(path, name if name is not None else declared)]


def _wrong_crs(path: str, name: object) -> Problem:
    return Problem(
        Severity.ERROR,
        path,
        "the layer is in another coordinate reference system",
        "EPSG:4326, or OGC:CRS84, which is the same with longitude first",
        _REPROJECT,
        column="crs",
        value=_shown(name),
    )


def _feature(number: int, entry: object) -> _Feature:
    if not isinstance(entry, dict):
        return _Feature(number, {}, None, "the feature is not a GeoJSON feature")
    properties = entry.get("properties")
    properties = properties if isinstance(properties, dict) else {}
    try:
        return _Feature(number, properties, _polygon(entry.get("geometry")))
    except _Refused as refused:
        return _Feature(number, properties, None, refused.message)
    except (TypeError, ValueError, LookupError, OverflowError, shapely.errors.ShapelyError):
        return _Feature(number, properties, None, "the geometry cannot be read")


def _polygon(geometry: object) -> BaseGeometry:
    """Build a polygon or multipolygon from GeoJSON; heights are dropped."""
    if geometry is None:
        message = "the feature has no geometry"
        raise _Refused(message)
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if not isinstance(geometry, dict) or kind not in {"Polygon", "MultiPolygon"}:
        message = f"the geometry is not a polygon but {_shown(kind)}"
        raise _Refused(message)
    parts = geometry.get("coordinates")
    if not parts:
        message = "the geometry is empty"
        raise _Refused(message)
    if kind == "Polygon":
        return _part(parts)
    return shapely.MultiPolygon([_part(part) for part in parts])


def _part(rings: Sequence[Any]) -> shapely.Polygon:
    outer, *holes = [_ring(ring) for ring in rings]
    return shapely.Polygon(outer, holes)


def _ring(positions: Sequence[Any]) -> NDArray[np.float64]:
    if len(positions) < _RING_POSITIONS:
        message = "the geometry has a ring of fewer than four positions"
        raise _Refused(message)
    ring = [(_coordinate(p[0]), _coordinate(p[1])) for p in positions]
    return np.array(ring, dtype=np.float64)


def _coordinate(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(value)
    return float(value)


def _read_geopackage(file: Path, path: str) -> tuple[list[Problem], list[_Feature]]:
    if not file.is_file():
        message = "the file is missing"
        mend = "Add the file, or mend its path under layers in pack.json"
        raise _Refused(message, mend)
    if not file.stat().st_size:
        message = "the file is empty"
        raise _Refused(message)
    try:
        layers = pyogrio.list_layers(file)
        if len(layers) != 1:
            message = f"the GeoPackage holds {len(layers)} layers"
            raise _Refused(message, "Keep one layer of boundaries in it")
        frame = gpd.read_file(file, engine="pyogrio")
    except (DataSourceError, DataLayerError, shapely.errors.ShapelyError) as error:
        message = "the file cannot be read as a GeoPackage"
        raise _Refused(message) from error
    if not isinstance(frame, gpd.GeoDataFrame) or frame.empty:
        message = "the layer has no features"
        raise _Refused(message)
    problems = []
    if frame.crs is None:
        problems = [
            Problem(
                Severity.ERROR,
                path,
                "the layer has no coordinate reference system",
                "EPSG:4326",
                "Set the layer's reference system to the one it was drawn in, then: " + _REPROJECT,
                column="crs",
            )
        ]
    elif frame.crs != pyproj.CRS(DISPLAY_CRS):
        problems = [_wrong_crs(path, frame.crs.to_string())]
    shapes = shapely.force_2d(frame.geometry.to_numpy())
    records = frame.drop(columns=frame.geometry.name).to_dict("records")
    return problems, [
        _stored(number, record, shape)
        for number, (record, shape) in enumerate(zip(records, shapes, strict=True), 1)
    ]


def _stored(number: int, record: dict[Any, Any], shape: BaseGeometry | None) -> _Feature:
    properties = {str(name): value for name, value in record.items()}
    if shape is None:
        return _Feature(number, properties, None, "the feature has no geometry")
    if shape.geom_type not in {"Polygon", "MultiPolygon"}:
        refused = f"the geometry is not a polygon but {shape.geom_type}"
        return _Feature(number, properties, None, refused)
    if shape.is_empty:
        return _Feature(number, properties, None, "the geometry is empty")
    return _Feature(number, properties, shape)


# Checking ----------------------------------------------------------------------------------


def _property_problems(path: str, features: Sequence[_Feature]) -> Iterator[Problem]:
    """Missing or unfit codes and names, and codes that stand twice."""
    first: dict[str, int] = {}
    for feature in features:
        for name in ("code", "name"):
            if name not in feature.properties:
                yield _error(
                    path,
                    f"the feature has no property {name}",
                    feature,
                    name,
                    expected="the properties code and name",
                    mend=f"Add the {name} of the area to the feature's properties",
                )
            elif not _text(feature, name):
                yield _error(
                    path,
                    f"the property {name} is not text",
                    feature,
                    name,
                    value=_shown(feature.properties[name]),
                    expected="text in quotation marks",
                    mend=f"Write the {name} of the area",
                )
        code = _text(feature, "code")
        if code and not re.match(GSS_CODE, code):
            yield _error(
                path,
                "the code is not an area code",
                feature,
                "code",
                value=code,
                expected="a nine-character area code such as E05001389",
                mend="Write the code that the Office for National Statistics gives the area",
            )
        if code and first.setdefault(code, feature.number) != feature.number:
            yield _error(
                path,
                f"the same code already stands in feature {first[code]}",
                feature,
                "code",
                value=code,
                expected="each code once",
                mend="Remove one of the two, or join them into one multipolygon",
            )


def _geometry_problems(path: str, features: Sequence[_Feature]) -> Iterator[Problem]:
    """Yield a problem for each feature without a polygon, or with an invalid one."""
    for feature in features:
        if feature.geometry is None:
            yield _error(
                path,
                feature.refused,
                feature,
                "geometry",
                value=_named(feature),
                expected="a Polygon or MultiPolygon",
                mend="Draw the area, or remove the feature",
            )
        elif not feature.geometry.is_valid:
            yield _error(
                path,
                f"the geometry is not valid: {shapely.is_valid_reason(feature.geometry)}",
                feature,
                "geometry",
                value=_named(feature),
                expected="rings that do not cross or touch themselves",
                mend="Mend it in QGIS with Fix Geometries, or by hand at the place named",
            )


def _position_problems(path: str, features: Sequence[_Feature]) -> Iterator[Problem]:
    """Yield one problem for each way in which coordinates miss the United Kingdom."""
    found: dict[tuple[str, str], list[tuple[_Feature, float, float]]] = {}
    for feature in features:
        if feature.geometry is not None:
            west, south, east, north = feature.geometry.bounds
            wrong = _position((west, south, east, north))
            if wrong is not None:
                found.setdefault(wrong, []).append((feature, west, south))
    for (message, mend), misplaced in found.items():
        feature, west, south = misplaced[0]
        yield _error(
            path,
            f"{message} ({len(misplaced)} of {len(features)} features)",
            feature,
            "geometry",
            value=f"{west:g}, {south:g}",
            expected=f"longitudes from {UK_LONGITUDE[0]:g} to {UK_LONGITUDE[1]:g} and latitudes "
            f"from {UK_LATITUDE[0]:g} to {UK_LATITUDE[1]:g}",
            mend=mend,
        )


def _position(bounds: tuple[float, float, float, float]) -> tuple[str, str] | None:
    """Return what is wrong with ``bounds`` (west, south, east, north) and how to mend it."""
    xs, ys = bounds[0::2], bounds[1::2]
    if _within(xs, UK_LONGITUDE) and _within(ys, UK_LATITUDE):
        return None
    if _within(ys, UK_LONGITUDE) and _within(xs, UK_LATITUDE):
        return (
            "the coordinates look like latitude and longitude, in this order",
            "Swap them: GeoJSON puts longitude first",
        )
    grid = _within(xs, (0.0, _NATIONAL_GRID_M[0])) and _within(ys, (0.0, _NATIONAL_GRID_M[1]))
    if grid and max(*xs, *ys) > _MOST_DEGREES:
        return _NATIONAL_GRID, _REPROJECT
    return "the coordinates are not in the United Kingdom", _REPROJECT


def _within(values: Sequence[float], limits: tuple[float, float]) -> bool:
    return all(limits[0] <= value <= limits[1] for value in values)


@lru_cache(maxsize=1)
def _to_metres() -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(DISPLAY_CRS, METRIC_CRS, always_xy=True)


def _overlap_problems(path: str, features: Sequence[_Feature]) -> Iterator[Problem]:
    """Yield each pair of features that overlap by more than the tolerance."""
    sound = [f for f in features if f.geometry is not None and f.geometry.is_valid]
    if not sound:
        return
    to_metres = _to_metres()
    shapes = shapely.transform(
        np.array([feature.geometry for feature in sound], dtype=object),
        lambda degrees: np.column_stack(to_metres.transform(degrees[:, 0], degrees[:, 1])),
    )
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    once = first < second
    pairs = np.column_stack([first[once], second[once]])
    areas = shapely.area(shapely.intersection(shapes[pairs[:, 0]], shapes[pairs[:, 1]]))
    for (left, right), area in zip(pairs, areas, strict=True):
        if area > OVERLAP_TOLERANCE_M2:
            earlier, later = sound[left], sound[right]
            yield _error(
                path,
                f"{_named(later)} overlaps {_named(earlier)} (feature {earlier.number}) by "
                f"{area:,.0f} square metres",
                later,
                "geometry",
                value=_named(later),
                expected=f"areas that overlap by {OVERLAP_TOLERANCE_M2:g} square metre at most",
                mend="Mend the common boundary, or take both areas from one source",
            )
