"""Maps of areas: one measure, one scale, at most five classes, and a legend in words.

A map has two parts. The *base* (outline, neighbours, names) is the same whatever is shown, so
that a page keeps it; the *layer* carries the values and changes with them. Met is blue, lost is
warm, need is slate; a true zero is white, and what nobody knows is hatched grey, never blank.
"""

from __future__ import annotations

import hashlib
import json
import math
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, Literal

import folium
import numpy as np
import shapely
from shapely import MultiPolygon, Polygon, box

from housing_map.escape import escape
from housing_map.leaflet import (
    ATTRIBUTION,
    AreaLayer,
    Ground,
    OfflineMap,
    inline_leaflet,
    leaflet_folder,
    register,
    serve,
)
from housing_map.palette import INK, LOST_COLOURS, MET_COLOURS, NEED_COLOURS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

__all__ = [
    "ATTRIBUTION",
    "Ground",
    "Legend",
    "LegendRow",
    "MapParts",
    "Measure",
    "OfflineMap",
    "breaks",
    "choropleth",
    "clicked_code",
    "inline_leaflet",
    "lay_ground",
    "leaflet_folder",
    "legend_html",
    "paint",
    "register",
    "serve",
    "shade",
]

Kind = Literal["met", "lost", "need"]

MAX_CLASSES: Final = 5
ZERO_COLOUR: Final = "#ffffff"
UNKNOWN_COLOUR: Final = "url(#housing-map-hatch)"

_RAMPS: Final[Mapping[str, tuple[str, ...]]] = {
    "met": MET_COLOURS,
    "lost": LOST_COLOURS,
    "need": NEED_COLOURS,
}
_SCALE: Final = 100_000  # five decimals of a degree: about one metre
_ONLY_LEVEL: Final = "areas"
_CRACK: Final = 1e-5  # square degrees: about 8 hectares
_NICE_STEPS: Final = (5, 2, 1)
_NAMING_MARGIN: Final = 0.25
_ALIKE: Final = 1e-6
"""Relative distance below which values are alike: what a sum leaves behind is no pattern."""


@dataclass(frozen=True, slots=True)
class Measure:
    """What a map shows.

    Attributes
    ----------
    code
        Short name for programs.
    label
        Name for people, which heads the legend.
    unit
        Unit of the values: ``"%"`` (0 to 100) or words such as ``"households a year"``.
    kind
        Whether more of it is help that arrives (``met``), help that does not (``lost``), or
        need; chooses the colours.
    colours
        Class colours from least to most, at most five; those of the kind when empty.
    limits
        Fixed lower limits of the second and later classes, in the unit, to hold one scale
        over several maps; worked out from the values when None.

    Raises
    ------
    ValueError
        More than five colours, or limits that do not rise or do not fit the colours.
    """

    code: str
    label: str
    unit: str
    kind: Kind
    colours: tuple[str, ...] = ()
    limits: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        """Check colours and limits."""
        if len(self.colours) > MAX_CLASSES:
            msg = f"a map has at most {MAX_CLASSES} classes, not {len(self.colours)}"
            raise ValueError(msg)
        limits = self.limits or ()
        if len(limits) >= len(self.ramp) or any(
            high <= low for low, high in zip((0.0, *limits), limits, strict=False)
        ):
            msg = f"class limits must rise from above 0 and fit {len(self.ramp)} colours: {limits}"
            raise ValueError(msg)

    @property
    def ramp(self) -> tuple[str, ...]:
        """Colours from least to most."""
        return self.colours or _RAMPS[self.kind]


@dataclass(frozen=True, slots=True)
class LegendRow:
    """One class: its colour, its limits in words, and whether it is hatched."""

    colour: str
    label: str
    pattern: bool = False


@dataclass(frozen=True, slots=True)
class Legend:
    """The classes of a map in words."""

    title: str
    unit: str
    rows: tuple[LegendRow, ...]


@dataclass(frozen=True, slots=True)
class MapParts:
    """A map to show once: what stays, what changes, and what the colours mean."""

    base: OfflineMap
    layer: folium.FeatureGroup
    legend: Legend

    def whole(self) -> OfflineMap:
        """Return one map with the layer on it, for a file."""
        self.layer.add_to(self.base)
        return self.base


# ---------------------------------------------------------------------------------------------
# Classes


def breaks(values: Iterable[float], n: int = MAX_CLASSES) -> tuple[float, ...]:
    """Return rounded limits that part positive values into at most ``n`` classes of like size.

    Zero and unknown (NaN) have classes of their own and do not count. Values that are all alike
    to a millionth are one class. A class holds its lower
    limit and stops short of its upper one; no class is empty.

    Parameters
    ----------
    values
        Values in the unit of the measure.
    n
        Largest number of classes.

    Returns
    -------
    tuple of float
        Rising lower limits of the second and later classes, in the unit of the values.

    Examples
    --------
    >>> breaks([1, 4, 11, 19, 22, 31, 38, 44], 4)
    (10.0, 20.0, 35.0)
    """
    known = np.sort(np.array([v for v in values if math.isfinite(v) and v > 0], dtype=np.float64))
    if n < 2 or known.size == 0:  # noqa: PLR2004 - one class has no limit
        return ()
    if math.isclose(known[0], known[-1], rel_tol=_ALIKE):
        return ()
    step = _nice_step(float(known[-1] - known[0]) / (2 * n))
    quantiles = np.quantile(known, np.arange(1, n) / n)
    limits: list[float] = []
    last = 0
    for limit in sorted({_multiple(quantile, step) for quantile in quantiles.tolist()}):
        below = int(np.searchsorted(known, limit, side="left"))
        if last < below < known.size:
            limits.append(limit)
            last = below
    return tuple(limits)


def _nice_step(size: float) -> float:
    """Return the largest of 1, 2, 5 times a power of ten that is not above ``size``."""
    power = 10.0 ** math.floor(math.log10(size))
    factor = next((f for f in _NICE_STEPS if f * power <= size), 1)
    return factor * power


def _multiple(value: float, step: float) -> float:
    """Return the multiple of ``step`` nearest to ``value``, without binary dust."""
    places = max(0, -math.floor(math.log10(step)))
    return round(round(value / step) * step, places)


def _legend(measure: Measure, limits: tuple[float, ...]) -> Legend:
    percent = "%" if measure.unit == "%" else ""

    def number(value: float) -> str:
        return f"{value:,.10g}{percent}"

    colours = _spread(measure.ramp, len(limits) + 1)
    if not limits:
        labels = ["above zero"]
    else:
        labels = [f"under {number(limits[0])}"]
        labels += [f"{number(low)} to under {number(high)}" for low, high in pairwise(limits)]
        labels += [f"{number(limits[-1])} or more"]
    rows = [LegendRow(ZERO_COLOUR, "0%" if percent else "none")]
    rows += [LegendRow(colour, label) for colour, label in zip(colours, labels, strict=True)]
    rows += [LegendRow("#f3f2f1", "not known", pattern=True)]
    return Legend(measure.label, "" if percent else measure.unit, tuple(rows))


def _spread(ramp: Sequence[str], n: int) -> list[str]:
    """Return ``n`` colours spread over a ramp, the strongest among them."""
    last = len(ramp) - 1
    if n == 1:
        return [ramp[last // 2]]
    return [ramp[round(place * last / (n - 1))] for place in range(n)]


def legend_html(legend: Legend) -> str:
    """Return the legend as a list with words for every class, never colour alone."""
    hatch = "repeating-linear-gradient(135deg,#f3f2f1 0 4px,#9a9da0 4px 5.5px)"
    unit = f", {escape(legend.unit)}" if legend.unit else ""
    rows = "".join(
        '<li style="display:flex;align-items:center;gap:8px;margin:0">'
        '<span aria-hidden="true" style="display:inline-block;flex:none;width:28px;height:18px;'
        f"border:1px solid #b1b4b6;background:{hatch if row.pattern else escape(row.colour)}"
        f'"></span>{escape(row.label)}</li>'
        for row in legend.rows
    )
    return (
        f'<div class="map-legend" style="color:{INK}">'
        f'<p style="margin:0 0 4px"><strong>{escape(legend.title)}</strong>{unit}</p>'
        '<ul style="display:flex;flex-wrap:wrap;gap:4px 20px;list-style:none;margin:0;padding:0">'
        f"{rows}</ul></div>"
    )


# ---------------------------------------------------------------------------------------------
# Ground


def lay_ground(
    areas: gpd.GeoDataFrame | Mapping[str, gpd.GeoDataFrame],
    *,
    outline: gpd.GeoDataFrame | None = None,
    neighbours: gpd.GeoDataFrame,
    labels: pd.DataFrame,
    title: str = "Map",
) -> Ground:
    """Return what lies still under a map: shapes, outline, neighbours and names.

    Make it once and keep it; :func:`shade` then needs only the values.

    Parameters
    ----------
    areas
        Areas of one level, or of several by the name of the level: ``code``, ``name`` and
        polygons in EPSG:4326.
    outline
        The district, polygons in EPSG:4326. The areas of each level together when None, which
        fits them better than a boundary drawn at another scale.
    neighbours
        Districts around it: ``name`` and polygons in EPSG:4326.
    labels
        ``name``, ``lon`` and ``lat`` (degrees) of places to name; where the column ``near`` is
        true the name shows only when the map is drawn closer, instead of the others.
    title
        What the map is of, in words.

    Raises
    ------
    ValueError
        There is no level, or an area code stands twice in one.
    """
    levels = areas if isinstance(areas, Mapping) else {_ONLY_LEVEL: areas}
    if not levels:
        msg = "a map needs at least one level of areas"
        raise ValueError(msg)
    names: dict[str, dict[str, str]] = {}
    drawn: dict[str, Any] = {}
    for level, frame in levels.items():
        codes = [str(code) for code in frame["code"]]
        if len(set(codes)) < len(codes):
            msg = f"an area code stands twice in the level {level!r}"
            raise ValueError(msg)
        names[level] = dict(zip(codes, map(str, frame["name"]), strict=True))
        steps = [_steps(shape) for shape in frame.geometry]
        district = (frame if outline is None else outline).geometry.union_all()
        drawn[escape(level)] = {
            "outline": _steps(_without_cracks(district)),
            "shapes": dict(zip(map(escape, codes), steps, strict=True)),
        }
    west, south, east, north = (float(side) for side in district.bounds)
    content = {
        "neighbours": [_steps(shape) for shape in neighbours.geometry],
        "labels": [*_labels(labels), *_neighbour_labels(neighbours, district)],
        "levels": drawn,
    }
    text = json.dumps(content, separators=(",", ":"))
    key = hashlib.sha256(text.encode()).hexdigest()[:16]
    script = (
        "window.housingMapGround=window.housingMapGround||{};"
        f"window.housingMapGround[{json.dumps(key)}]={text};"
    )
    return Ground(key, script, (west, south, east, north), names, title)


def _steps(shape: Polygon | MultiPolygon) -> list[list[list[int]]]:
    """Return the rings of a shape as whole steps of a hundred-thousandth of a degree."""
    polygons = shape.geoms if isinstance(shape, MultiPolygon) else [shape]
    return [
        [_ring_steps(shapely.get_coordinates(ring)) for ring in (p.exterior, *p.interiors)]
        for p in polygons
    ]


def _without_cracks(shape: Polygon | MultiPolygon) -> Polygon | MultiPolygon:
    """Drop holes too thin to be anything but two borders that do not quite meet."""
    polygons = shape.geoms if isinstance(shape, MultiPolygon) else [shape]
    whole = [
        Polygon(p.exterior, [hole for hole in p.interiors if Polygon(hole).area > _CRACK])
        for p in polygons
    ]
    return MultiPolygon(whole)


def _ring_steps(corners: NDArray[np.float64]) -> list[int]:
    whole = np.rint(corners[:-1] * _SCALE).astype(np.int64)
    steps = np.diff(whole, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
    moved = np.any(steps != 0, axis=1)
    moved[0] = True
    flat: list[int] = steps[moved].ravel().tolist()
    return flat


def _label(name: object, lon: float, lat: float, kind: str) -> dict[str, Any]:
    return {"name": escape(name), "at": [round(float(lon), 5), round(float(lat), 5)], "kind": kind}


def _labels(labels: pd.DataFrame) -> list[dict[str, Any]]:
    near = labels["near"] if "near" in labels else [False] * len(labels)
    rows = zip(labels["name"], labels["lon"], labels["lat"], near, strict=True)
    return [_label(name, lon, lat, "near" if n else "place") for name, lon, lat, n in rows]


def _neighbour_labels(
    neighbours: gpd.GeoDataFrame, district: Polygon | MultiPolygon
) -> list[dict[str, Any]]:
    """Name each neighbour in the roomiest spot that a view of the district shows."""
    west, south, east, north = district.bounds
    margin_x, margin_y = (east - west) * _NAMING_MARGIN, (north - south) * _NAMING_MARGIN
    view = box(west - margin_x, south - margin_y / 10, east + margin_x, north + margin_y / 10)
    found = []
    for name, shape in zip(neighbours["name"], neighbours.geometry, strict=True):
        seen = shape.intersection(view)
        if seen.is_empty:
            continue
        spot = shapely.maximum_inscribed_circle(seen)
        lon, lat = shapely.get_coordinates(spot)[0]
        found.append(_label(name, lon, lat, "neighbour"))
    return found


# ---------------------------------------------------------------------------------------------
# Values


def shade(
    ground: Ground,
    values: pd.DataFrame,
    measure: Measure,
    *,
    level: str = _ONLY_LEVEL,
    points: pd.DataFrame | None = None,
    selected: str | None = None,
    attribution: str = ATTRIBUTION,
) -> MapParts:
    """Return a map of ``values`` over ``ground``.

    Parameters
    ----------
    ground
        From :func:`lay_ground`, and on a page through :func:`serve`.
    values
        Indexed by area code: ``value`` in the unit of the measure (NaN is unknown, 0 is none)
        and ``text``, one sentence to show for the area. An area without a row is unknown.
    measure
        What the values are.
    level
        Which areas of the ground to shade.
    points
        ``name``, ``text``, ``lon`` and ``lat`` (degrees) of services that may be shown.
    selected
        Code of the area to frame.
    attribution
        Plain line at the foot of the map.

    Raises
    ------
    ValueError
        Values for a code that is not on the map, twice for one code, or below zero.
    """
    if (values["value"] < 0).any():
        msg = "a map of amounts cannot show a value below zero"
        raise ValueError(msg)
    limits = measure.limits if measure.limits is not None else breaks(values["value"].astype(float))
    return paint(
        ground,
        values,
        _legend(measure, limits),
        _spread(measure.ramp, len(limits) + 1),
        lambda value: bisect_right(limits, value),
        level=level,
        points=points,
        selected=selected,
        attribution=attribution,
    )


def paint(  # noqa: PLR0913 - the parts of one picture
    ground: Ground,
    values: pd.DataFrame,
    legend: Legend,
    colours: Sequence[str],
    class_of: Callable[[float], int],
    *,
    level: str = _ONLY_LEVEL,
    points: pd.DataFrame | None = None,
    selected: str | None = None,
    attribution: str = ATTRIBUTION,
) -> MapParts:
    """Return a map whose areas have the colour of their class: ``colours[class_of(value)]``.

    Zero is white and unknown is hatched, whatever the classes. Everything else is as in
    :func:`shade`, but for values below zero, which may be.

    Raises
    ------
    ValueError
        Values for a code that is not on the map, twice for one code, or without limit.
    """
    names = ground.names[level]
    _check(values, names, level)
    amounts = dict(zip(values.index, values["value"].astype(float), strict=True))
    sentences = dict(zip(values.index, values["text"], strict=True))
    styles = [
        _style(UNKNOWN_COLOUR),
        _style(ZERO_COLOUR, line="#b1b4b6", raised=True),
        *(_style(colour) for colour in colours),
    ]

    def style_of(value: float) -> int:
        if math.isnan(value):
            return 0
        return 1 if value == 0 else 2 + class_of(value)

    areas = {
        escape(code): [
            style_of(amounts.get(code, math.nan)),
            escape(sentences.get(code, f"{name}: not known")),
        ]
        for code, name in names.items()
    }
    options = {
        "level": escape(level),
        "styles": styles,
        "areas": areas,
        "selected": None if selected is None else escape(selected),
        "points": [] if points is None else _points(points),
    }
    layer = folium.FeatureGroup(name="values", control=False)
    AreaLayer(ground.key, options).add_to(layer)
    return MapParts(OfflineMap(ground, attribution), layer, legend)


def choropleth(  # noqa: PLR0913 - the parts of one picture
    areas: gpd.GeoDataFrame,
    values: pd.DataFrame,
    measure: Measure,
    *,
    outline: gpd.GeoDataFrame,
    neighbours: gpd.GeoDataFrame,
    labels: pd.DataFrame,
    points: pd.DataFrame | None = None,
    selected: str | None = None,
    title: str = "Map",
) -> MapParts:
    """Return a map of ``values`` in one call: :func:`lay_ground`, then :func:`shade`."""
    ground = lay_ground(areas, outline=outline, neighbours=neighbours, labels=labels, title=title)
    return shade(ground, values, measure, points=points, selected=selected)


def _check(values: pd.DataFrame, names: Mapping[str, str], level: str) -> None:
    strangers = sorted({str(code) for code in values.index if code not in names})
    if strangers:
        msg = f"no area of level {level!r} has the code {', '.join(strangers[:5])}"
        raise ValueError(msg)
    if values.index.has_duplicates:
        msg = "an area has two values"
        raise ValueError(msg)
    if np.isinf(values["value"].astype(float)).any():
        msg = "a map cannot show a value without limit"
        raise ValueError(msg)


def _style(fill: str, *, line: str = "#ffffff", raised: bool = False) -> dict[str, Any]:
    return {"fillColor": fill, "fillOpacity": 1, "color": line, "weight": 0.8, "raised": raised}


def _points(points: pd.DataFrame) -> list[list[Any]]:
    rows = zip(points["name"], points["text"], points["lon"], points["lat"], strict=True)
    return [
        [[round(float(lon), 5), round(float(lat), 5)], f"{escape(name)}: {escape(text)}"]
        for name, text, lon, lat in rows
    ]


def clicked_code(result: Mapping[str, Any] | None, codes: Iterable[str]) -> tuple[str, int] | None:
    """Return the area that was clicked last, and when, from what ``st_folium`` gave back.

    Ask for it with ``returned_objects=["last_active_drawing"]``. The browser is not to be
    trusted: a code that is not among ``codes`` is no click.

    Parameters
    ----------
    result
        Return value of ``st_folium``.
    codes
        Codes of the areas on the map.

    Returns
    -------
    tuple of str and int, or None
        The code, and the browser's clock in milliseconds: compare it with the one acted on last,
        since the value stays the same until the next click.
    """
    drawing = (result or {}).get("last_active_drawing")
    properties = drawing.get("properties") if isinstance(drawing, Mapping) else None
    if not isinstance(properties, Mapping):
        return None
    code, at = properties.get("code"), properties.get("at")
    known = {escape(code): code for code in codes}
    if isinstance(code, str) and isinstance(at, int) and code in known:
        return known[code], at
    return None
