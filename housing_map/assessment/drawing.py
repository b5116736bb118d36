"""Maps as SVG: outlines of areas in the colours of their class, with a legend in words.

A picture stands alone and reaches for nothing outside itself. No area is told by its colour only:
whoever shows a map sets its table beside it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import shapely

from housing_map.assessment.classes import UNKNOWN, Class, class_of, classes
from housing_map.escape import escape
from housing_map.palette import INK, QUIET_INK

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

WIDTH: Final = 800
"""Width of a map in units of the picture."""
FONT: Final = "Arial, Helvetica, 'Liberation Sans', 'Source Sans Pro', sans-serif"
NAMED: Final = 10
"""Most areas whose names are written on the map; with more they would lie over each other."""
_ROW: Final = 30
HATCH: Final = (
    '<pattern id="hatch" width="8" height="8" patternUnits="userSpaceOnUse" '
    f'patternTransform="rotate(45)"><rect width="8" height="8" fill="{UNKNOWN}"/>'
    '<path d="M0 0V8" stroke="#9a9da0" stroke-width="3"/></pattern>'
)


@dataclass(frozen=True)
class Outlines:
    """Areas as paths on a page ``WIDTH`` wide: by code, with names and where a name fits."""

    paths: Mapping[str, str]
    names: Mapping[str, str]
    spots: Mapping[str, tuple[float, float]]
    height: float


def outlines(areas: gpd.GeoDataFrame) -> Outlines:
    """Return the outlines of areas in EPSG:4326; degrees of longitude are drawn as long as here."""
    west, south, east, north = areas.total_bounds
    narrow = math.cos(math.radians((south + north) / 2))
    scale = WIDTH / ((east - west) * narrow)

    def placed(lon: float, lat: float) -> tuple[float, float]:
        return round((lon - west) * narrow * scale, 1), round((north - lat) * scale, 1)

    paths, spots = {}, {}
    for code, shape in zip(areas["code"], areas.geometry, strict=True):
        rings = [
            ring for part in shapely.get_parts(shape) for ring in (part.exterior, *part.interiors)
        ]
        paths[str(code)] = "".join(
            "M" + "L".join(f"{x:g} {y:g}" for x, y in _steps([placed(*c[:2]) for c in ring.coords]))
            + "Z"
            for ring in rings
        )  # fmt: skip
        point = shape.representative_point()
        spots[str(code)] = placed(point.x, point.y)
    names = dict(zip(map(str, areas["code"]), map(str, areas["name"]), strict=True))
    return Outlines(paths, names, spots, math.ceil((north - south) * scale))


def _steps(corners: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return corners without those that lie on the one before, and without the last, the first."""
    found = [corners[0]]
    found += [there for here, there in pairwise(corners) if there != here]
    return found[:-1] if len(found) > 1 and found[-1] == found[0] else found


def fill(one: Class) -> str:
    """Return how areas of a class are filled."""
    return "url(#hatch)" if one.low is None else one.colour


def map_svg(areas: gpd.GeoDataFrame, values: Mapping[str, float]) -> bytes:
    """Return a map of values (NaN or absent: no figure) by code, with its legend."""
    drawn = outlines(areas)
    by_code = {code: values.get(code, math.nan) for code in drawn.paths}
    found = classes(by_code.values())
    used = {class_of(found, value) for value in by_code.values()}
    shown = [one for place, one in enumerate(found) if place in used]
    shapes = "".join(
        f'<path d="{path}" fill="{fill(found[class_of(found, by_code[code])])}"/>'
        for code, path in drawn.paths.items()
    )
    labels = _labels(drawn) if len(drawn.names) <= NAMED else ""
    height = drawn.height + 16 + _ROW * len(shown)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-4 -4 {WIDTH + 8} {height + 8:g}" '
        f'width="{WIDTH + 8}" height="{height + 8:g}"><defs>{HATCH}</defs>'
        f'<g stroke="{QUIET_INK}" stroke-width="1" stroke-linejoin="round" fill-rule="evenodd">'
        f"{shapes}</g>{labels}{_legend(shown, drawn.height + 16)}</svg>"
    )
    return svg.encode()


def _labels(drawn: Outlines) -> str:
    """Return names on the map, each with a rim of white so that it reads on any colour."""
    lines = "".join(
        f'<text x="{x:g}" y="{y:g}">{escape(drawn.names[code])}</text>'
        for code, (x, y) in drawn.spots.items()
    )
    look = f'font-family="{FONT}" font-size="19" text-anchor="middle"'
    rim = 'stroke="#ffffff" stroke-width="4" stroke-linejoin="round" fill="#ffffff"'
    return f'<g {look} {rim}>{lines}</g><g {look} fill="{INK}">{lines}</g>'


def _legend(shown: list[Class], top: float) -> str:
    rows = "".join(
        f'<rect x="0" y="{top + _ROW * place:g}" width="30" height="18" fill="{fill(one)}" '
        f'stroke="{QUIET_INK}"/><text x="40" y="{top + _ROW * place + 14:g}">'
        f"{escape(one.words)}</text>"
        for place, one in enumerate(shown)
    )
    return f'<g font-family="{FONT}" font-size="20" fill="{INK}">{rows}</g>'
