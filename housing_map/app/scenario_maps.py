"""A scenario on the map: now, with the changes, and the difference, on one scale."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import streamlit as st
from streamlit_folium import st_folium

from housing_map import maps
from housing_map.app import furniture, state, where
from housing_map.difference_map import Difference, same_scale, shade_difference
from housing_map.place_changes import place_changes

if TYPE_CHECKING:
    from housing_map.effects import Comparison
    from housing_map.maps import MapParts

_HEIGHT_PX: Final = 330
_MEASURES: Final = ("met", "met_as_wanted", "no_room", "not_eligible", "not_connected", "need")


def show(comparison: Comparison, number: int, name: str) -> None:
    """Draw three maps of scenario ``number`` beside its baseline, and their table."""
    pack = comparison.baseline.pack
    left, right = st.columns(2)
    labels = {code: where.MEASURES[code][0] for code in _MEASURES}
    code = state.pick(left, "Show on the maps", labels, key="compare_measure")
    levels = dict(state.level_choice(pack).options)
    level = state.pick(right, "Areas", levels, key="compare_level", first=pack.info.default_level)
    found = place_changes(comparison.baseline, comparison.outcome(number).result, code, level=level)
    label, unit, kind = where.MEASURES[code]
    measure = same_scale(maps.Measure(code, label, unit, kind), found.before, found.after)
    maps.register()
    ground = maps.serve(where.the_ground(pack, pack.digest))
    attribution = "".join(pack.info.attribution[:1])  # the others stand at the foot of the page
    titles = ("Now", "With the changes", "The difference")
    now, then, between = (replace(ground, title=f"{ground.title}: {name}: {one}") for one in titles)
    shaded = [
        maps.shade(under, values, measure, level=level, attribution=attribution)
        for under, values in ((now, found.before), (then, found.after))
    ]
    difference = shade_difference(
        between,
        found.difference,
        Difference(f"Change: {label.lower()}", found.unit, kind),
        level=level,
        attribution=attribution,
    )
    for column, title, parts in zip(st.columns(3), titles, [*shaded, difference], strict=True):
        with column:
            furniture.note(title)
            _draw(parts, f"compare_map_{titles.index(title)}")
    furniture.note("The first two maps have one scale, and the third has its own.")
    rows = found.rows.rename(
        columns={
            "area": "Area", "before": "Now", "after": "Then", "change": "Change",
            "households": "Households a year",
        }
    )  # fmt: skip
    furniture.table(
        rows, f"The same numbers by area: {label.lower()}, central run, modelled",
        numbers=list(rows.columns[1:]),
    )  # fmt: skip


def _draw(parts: MapParts, key: str) -> None:
    st_folium(
        parts.base,
        feature_group_to_add=parts.layer,
        returned_objects=[],
        use_container_width=True,
        height=_HEIGHT_PX,
        key=key,
    )
    st.html(maps.legend_html(parts.legend))
