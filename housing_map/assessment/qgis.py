"""Styles of layers as QGIS keeps them (QML): one rule for each class, with its words.

Source: QGIS 3, the XML of a rule-based renderer (``QgsRuleBasedRenderer::save``).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import quoteattr

from housing_map.assessment.classes import Class, classes

if TYPE_CHECKING:
    from collections.abc import Sequence

_LINE: Final = "80,90,95,255"


def style(column: str, values: Sequence[float]) -> str:
    """Return the style of a layer coloured by a column; an area without a figure is hatched."""
    found = classes(values)
    rules = "".join(
        f'<rule key="{{{_key(place)}}}" filter={quoteattr(_filter(column, one))} '
        f'symbol="{place}" label={quoteattr(one.words)}/>'
        for place, one in enumerate(found)
    )
    symbols = "".join(_symbol(place, one) for place, one in enumerate(found))
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
        '<qgis version="3.28.0" styleCategories="Symbology">'
        '<renderer-v2 type="RuleRenderer" symbollevels="0" enableorderby="0" forceraster="0" '
        f'referencescale="-1"><rules key="{{{_key(len(found))}}}">{rules}</rules>'
        f"<symbols>{symbols}</symbols></renderer-v2>"
        "<blendMode>0</blendMode><featureBlendMode>0</featureBlendMode>"
        "<layerGeometryType>2</layerGeometryType></qgis>"
    )


def _key(place: int) -> str:
    """Return a key of a rule, the same each time: QGIS asks for one that looks like a UUID."""
    return f"00000000-0000-4000-8000-{place:012d}"


def _filter(column: str, one: Class) -> str:
    """Return the condition of a class as an expression of QGIS."""
    name = '"' + column.replace('"', '""') + '"'
    if one.low is None:
        return f"{name} IS NULL"
    if one.high == 0:
        return f"{name} = 0"
    ends = [f"{name} <> 0"]
    if not math.isinf(one.low):
        ends.append(f"{name} >= {one.low:.10g}")
    if not math.isinf(one.high):
        ends.append(f"{name} < {one.high:.10g}")
    return " AND ".join(ends)


def _symbol(place: int, one: Class) -> str:
    red, green, blue = (int(one.colour[n : n + 2], 16) for n in (1, 3, 5))
    fill = {
        "color": f"{red},{green},{blue},255",
        "outline_color": _LINE,
        "outline_style": "solid",
        "outline_width": "0.2",
        "outline_width_unit": "MM",
        "style": "b_diagonal" if one.low is None else "solid",
    }
    options = "".join(
        f'<Option type="QString" name="{name}" value="{value}"/>' for name, value in fill.items()
    )
    return (
        f'<symbol type="fill" name="{place}" alpha="1" clip_to_extent="1" force_rhr="0">'
        '<layer class="SimpleFill" enabled="1" locked="0" pass="0">'
        f'<Option type="Map">{options}</Option></layer></symbol>'
    )
