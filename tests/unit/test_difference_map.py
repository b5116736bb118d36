"""Maps on one scale and of a difference: classes either way, sentences, no small numbers."""

import json
import math
from functools import cache
from itertools import pairwise
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import box

from housing_map import leaflet, maps, model
from housing_map.changes import ChangeDemand, Resize
from housing_map.difference_map import Difference, limit_of, same_scale, shade_difference
from housing_map.errors import UsageError
from housing_map.maps import Measure
from housing_map.palette import LOST_COLOURS, MET_COLOURS
from housing_map.place_changes import PlaceChanges, place_changes
from housing_map.places import membership
from housing_map.scenario import Scenario, apply
from tests.packs import base_tables
from tests.worlds import bare, chain, serve, small_pack

POINTS = Difference("Helped", "percentage points", "met")
HOSTILE = "<img src=x onerror=alert(1)> ${1} {{2}}"


def ground(count: int) -> maps.Ground:
    shapes = [box(-2 + i / 10, 53.5, -1.9 + i / 10, 53.6) for i in range(count)]
    codes = [f"A{i}" for i in range(count)]
    areas = gpd.GeoDataFrame({"code": codes, "name": codes}, geometry=shapes, crs=4326)
    around = gpd.GeoDataFrame({"name": ["Next"]}, geometry=[box(-2.2, 53.4, -2, 53.7)], crs=4326)
    labels = pd.DataFrame({"name": ["Town"], "lon": [-1.95], "lat": [53.55]})
    return maps.lay_ground({"place": areas}, neighbours=around, labels=labels)


def values(amounts: list[float], texts: list[str] | None = None) -> pd.DataFrame:
    index = [f"A{i}" for i in range(len(amounts))]
    return pd.DataFrame({"value": amounts, "text": texts or index}, index=index)


def drawn(amounts: list[float], difference: Difference = POINTS) -> tuple[list[str], list[str]]:
    """Fill of every area, and the labels of the legend."""
    parts = shade_difference(ground(len(amounts)), values(amounts), difference, level="place")
    options = options_of(parts)
    fills = [options["styles"][style]["fillColor"] for style, _ in options["areas"].values()]
    return fills, [row.label for row in parts.legend.rows]


def options_of(parts: maps.MapParts) -> dict[str, Any]:
    layer = next(iter(parts.layer._children.values()))
    assert isinstance(layer, leaflet.AreaLayer)
    return layer.options


# Difference -------------------------------------------------------------------------------


def test_falls_are_warm_rises_blue_none_white_and_unknown_hatched() -> None:
    fills, legend = drawn([-9.0, -2.0, 0.0, 3.0, 8.0, math.nan])
    assert fills == [
        LOST_COLOURS[4], LOST_COLOURS[2], "#ffffff", MET_COLOURS[2], MET_COLOURS[4],
        "url(#housing-map-hatch)",
    ]  # fmt: skip
    assert legend == [
        "down by 6 or more", "down by under 6", "no change", "up by under 6", "up by 6 or more",
        "not known",
    ]  # fmt: skip


def test_more_of_a_loss_is_warm_and_less_of_it_blue() -> None:
    fills, _ = drawn([-9.0, 8.0], Difference("Lost", "percentage points", "lost", limit=5))
    assert fills == [MET_COLOURS[4], LOST_COLOURS[4]]


def test_hues_are_told_apart_without_red_and_green() -> None:
    """Under deuteranopia red and green collapse, and blue against yellow remains: that differs."""
    for fall, rise in ((LOST_COLOURS[2], MET_COLOURS[2]), (LOST_COLOURS[4], MET_COLOURS[4])):
        blueness = [
            int(hue[5:7], 16) - (int(hue[1:3], 16) + int(hue[3:5], 16)) / 2 for hue in (fall, rise)
        ]
        assert blueness[1] - blueness[0] > 120


def test_differences_that_are_all_alike_have_one_class_either_way() -> None:
    fills, legend = drawn([-2.0, 2.0, 0.0])
    assert len(set(fills)) == 3
    assert legend == ["down", "no change", "up", "not known"]


@given(st.lists(st.floats(-100, 100).map(lambda v: round(v, 1)), min_size=1, max_size=40))
def test_both_ways_have_the_same_limit_and_no_class_crosses_nothing(found: list[float]) -> None:
    limit = limit_of(found)
    assert limit == limit_of([-value for value in found])
    if limit is not None:
        assert min(abs(v) for v in found if v) < limit <= max(abs(v) for v in found)


def test_what_a_sum_leaves_behind_makes_no_pattern() -> None:
    fills, legend = drawn([5.3, 5.3 + 1e-10, 5.3 - 1e-10, 5.3])
    assert len(set(fills)) == 1
    assert legend == ["down", "no change", "up", "not known"]


def test_a_given_limit_holds_one_scale_over_several_maps() -> None:
    fixed = Difference("Helped", "percentage points", "met", limit=5)
    assert drawn([1.0, -2.0], fixed)[1] == drawn([50.0, 90.0], fixed)[1]


@pytest.mark.parametrize("limit", [0.0, -1.0, math.inf, math.nan])
def test_a_limit_that_parts_nothing_is_refused(limit: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        Difference("Helped", "points", "met", limit=limit)


def test_a_value_without_limit_or_for_a_stranger_is_refused() -> None:
    with pytest.raises(ValueError, match="without limit"):
        drawn([-math.inf])
    with pytest.raises(ValueError, match="has the code A1"):
        shade_difference(ground(1), values([1.0, 2.0]), POINTS, level="place")


def test_words_from_data_reach_the_map_as_text() -> None:
    parts = shade_difference(ground(1), values([1.0], [HOSTILE]), POINTS, level="place")
    page = leaflet.inline_leaflet(parts.whole(), below=maps.legend_html(parts.legend))
    assert "onerror=alert(1)>" not in page
    assert "&#60;img" in json.dumps(options_of(parts))


# One scale --------------------------------------------------------------------------------


def test_two_maps_on_one_scale_have_one_legend_and_like_values_like_colours() -> None:
    before, after = values([10, 30, 0]), values([30, 95, math.nan])
    measure = same_scale(Measure("met", "Helped", "%", "met"), before, after)
    first, second = (
        maps.shade(ground(3), table, measure, level="place") for table in (before, after)
    )
    assert first.legend == second.legend
    fills = [
        [o["styles"][style]["fillColor"] for style, _ in o["areas"].values()]
        for o in (options_of(first), options_of(second))
    ]
    assert fills[0][1] == fills[1][0]
    assert fills[1][1] != fills[0][1]


amounts = st.lists(
    st.one_of(st.floats(0, 1e4).map(lambda v: round(v, 1)), st.just(math.nan)), max_size=30
)


@given(amounts, amounts)
def test_one_scale_is_a_ruler_that_parts_whatever_differs(
    before: list[float], after: list[float]
) -> None:
    measure = same_scale(Measure("x", "X", "%", "met"), values(before), values(after))
    assert measure.limits is not None
    assert len(measure.limits) <= 4
    known = [v for v in (*before, *after) if v > 0]
    if known and max(known) > min(known) * (1 + 1e-5):
        assert min(known) < measure.limits[0]
        assert measure.limits[-1] <= max(known)
    gaps = {round(b - a, 6) for a, b in pairwise(measure.limits)}
    assert len(gaps) <= 1


def test_everywhere_five_points_more_is_another_colour_on_the_same_scale() -> None:
    before, after = values([49.5, 49.5]), values([54.9, 54.9])
    measure = same_scale(Measure("met", "Helped", "%", "met"), before, after)
    first, second = (
        options_of(maps.shade(ground(2), table, measure, level="place"))["areas"]["A0"][0]
        for table in (before, after)
    )
    assert first != second


# From results -----------------------------------------------------------------------------


@cache
def changed(measure: str = "met", level: str | None = None, times: float = 1.0) -> PlaceChanges:
    """20 owners a year want help; lettings for 10 become 16, and so many times as many ask."""
    tables = bare(20, move=1)
    serve(tables, "idva", "idva")
    serve(tables, "lettings", "social_letting", 10, basis="lettings")
    chain(tables, "entry:police", "idva", "lettings", "home:social")
    pack, settings = small_pack(tables), model.Settings(goal="settled")  # type: ignore[arg-type]
    changes = [Resize(pool="lettings", by=6)]
    if times != 1:
        changes.append(ChangeDemand(times=times))  # type: ignore[arg-type]
    applied = apply(pack, Scenario(name="More", changes=tuple(changes)), settings)
    return place_changes(
        model.run(pack, settings), model.run(applied.pack, applied.settings), measure, level=level
    )


def test_each_place_says_before_after_and_which_way() -> None:
    """Half of all are helped, then 16 in 20: 30 points more everywhere."""
    found = changed()
    assert found.before["value"].tolist() == pytest.approx([50] * len(found.before))
    assert found.after["value"].tolist() == pytest.approx([80] * len(found.after))
    assert found.difference["value"].tolist() == pytest.approx([30] * len(found.difference))
    for text, name in zip(found.difference["text"], found.rows["area"], strict=True):
        assert text == f"{name}: 50% now, 80% with the changes: up 30.0 percentage points"


def test_a_loss_that_shrinks_goes_down() -> None:
    found = changed("no_room")
    assert set(found.rows["change"]) == {"down 30.0 percentage points"}


def test_need_is_a_rate_and_what_does_not_move_is_exactly_nothing() -> None:
    assert changed("need").difference["value"].tolist() == [0.0] * len(changed("need").rows)
    more = changed("need", None, 1.5)
    assert (more.difference["value"] > 0).all()
    assert more.unit == "per 1,000 households"
    assert all(said.endswith("per 1,000 households") for said in more.rows["change"])


def test_households_are_said_by_partnership_and_never_a_small_number() -> None:
    found = changed()
    said = set(found.rows["households"])
    assert said <= {"fewer than 5, modelled (up)", "about 5 more"}
    assert "fewer than 5, modelled (up)" in said


@pytest.mark.parametrize("level", ["ward", "lsoa"])
def test_wards_and_small_areas_have_rates_alone(level: str) -> None:
    found = changed(level=level)
    assert "households" not in found.rows
    assert set(found.rows["change"]) == {"up 30.0 percentage points"}


def test_every_area_of_the_level_is_there_once() -> None:
    found = changed(level="lsoa")
    assert sorted(found.rows.index) == sorted(membership(small_pack(base_tables())).index)
    for table in (found.before, found.after, found.difference):
        assert list(table.index) == list(found.rows.index)


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(UsageError, match="parish"):
        changed(level="parish")
