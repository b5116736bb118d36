"""Maps: classes, legend, hostile words, no outside address, and what travels when."""

import json
import math
import re
import subprocess
import sys
from html.parser import HTMLParser
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import MultiPolygon, Point, Polygon, box
from streamlit_folium import generate_js_hash, generate_leaflet_string

from housing_map import leaflet, maps
from housing_map.escape import escape
from housing_map.maps import Legend, LegendRow, Measure

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "${alert(1)}",
    "a`b`",
    "</script><script>alert(1)</script>",
    r"\u003cimg src=x onerror=alert(1)\u003e",
    "{{ 7*7 }}{% raw %}",
]
SHARE = Measure("route", "Households with a route", "%", "met")


def frame(names: list[str], *, codes: list[str] | None = None) -> gpd.GeoDataFrame:
    """Squares in a row, a tenth of a degree wide."""
    shapes = [box(-2 + i / 10, 53.5, -1.9 + i / 10, 53.6) for i in range(len(names))]
    codes = codes or [f"A{i}" for i in range(len(names))]
    return gpd.GeoDataFrame({"code": codes, "name": names}, geometry=shapes, crs=4326)


def labels(name: str = "Town") -> pd.DataFrame:
    return pd.DataFrame({"name": [name], "lon": [-1.95], "lat": [53.55], "near": [False]})


def neighbours(name: str = "Next door") -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"name": [name]}, geometry=[box(-2.2, 53.4, -2, 53.7)], crs=4326)


def values(amounts: list[float], texts: list[str] | None = None) -> pd.DataFrame:
    texts = texts or [f"Area {i}" for i in range(len(amounts))]
    index = [f"A{i}" for i in range(len(amounts))]
    return pd.DataFrame({"value": amounts, "text": texts}, index=index)


def parts(
    amounts: list[float], *, measure: Measure = SHARE, selected: str | None = None
) -> maps.MapParts:
    areas = frame([f"Area {i}" for i in range(len(amounts))])
    return maps.choropleth(
        areas,
        values(amounts),
        measure,
        outline=areas,
        neighbours=neighbours(),
        labels=labels(),
        selected=selected,
    )


def options(drawn: maps.MapParts) -> dict[str, Any]:
    layer = next(iter(drawn.layer._children.values()))
    assert isinstance(layer, leaflet.AreaLayer)
    return layer.options


# Classes

amounts = st.lists(
    st.one_of(st.floats(0, 1e6), st.just(math.nan), st.integers(0, 100).map(float)), max_size=300
)


@given(amounts, st.integers(1, 5))
def test_classes_rise_are_few_and_none_is_empty(found: list[float], n: int) -> None:
    limits = maps.breaks(found, n)
    assert len(limits) < n or (n == 1 and not limits)
    assert list(limits) == sorted(set(limits))
    known = [v for v in found if v > 0]
    if known:
        classes = np.searchsorted(limits, known, side="right")
        assert set(classes) == set(range(len(limits) + 1))


@pytest.mark.parametrize(
    "found", [[], [0, 0], [math.nan], [4, 4, 4], [math.inf], [4, 4 + 1e-9, 4 - 1e-9, 4 + 2e-9]]
)
def test_without_a_spread_there_is_one_class(found: list[float]) -> None:
    assert maps.breaks(found) == ()


def test_breaks_are_round_numbers() -> None:
    assert maps.breaks([1.23, 8.71, 14.2, 19.9, 26.4, 33.3, 41.8, 58.1], 4) == (15.0, 25.0, 35.0)
    assert maps.breaks([0.011, 0.018, 0.027, 0.034, 0.041], 3) == (0.02, 0.03)


def test_zero_is_white_unknown_hatched_and_the_rest_in_classes() -> None:
    drawn = options(parts([0, math.nan, 5, 95], measure=Measure("x", "X", "%", "lost")))
    fills = [drawn["styles"][style]["fillColor"] for style, _ in drawn["areas"].values()]
    assert fills[0] == "#ffffff"
    assert fills[1] == "url(#housing-map-hatch)"
    assert fills[3] == "#F46A25"
    assert len(set(fills)) == 4


def test_a_value_on_a_limit_belongs_to_the_class_above() -> None:
    measure = Measure("x", "X", "%", "met", limits=(10.0, 20.0))
    drawn = options(parts([9.999, 10, 20], measure=measure))
    assert [style for style, _ in drawn["areas"].values()] == [2, 3, 4]


def test_fixed_limits_give_one_scale_whatever_the_values() -> None:
    measure = Measure("x", "X", "%", "met", limits=(10.0, 20.0))
    assert parts([1, 2], measure=measure).legend == parts([50, 90], measure=measure).legend


@pytest.mark.parametrize("limits", [(0.0, 1.0), (2.0, 1.0), (1.0, 1.0), (1.0, 2.0, 3.0, 4.0, 5.0)])
def test_limits_that_make_no_scale_are_refused(limits: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="limits"):
        Measure("x", "X", "%", "met", limits=limits)


def test_more_than_five_classes_are_refused() -> None:
    with pytest.raises(ValueError, match="at most 5"):
        Measure("x", "X", "%", "met", colours=("#000000",) * 6)


# Legend


class Words(HTMLParser):
    """Text and list items of a piece of HTML."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.items = 0
        self.text = ""
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self.tags.add(tag)
        self.items += tag == "li"

    def handle_data(self, data: str) -> None:
        self.text += data


def test_every_class_has_words() -> None:
    legend = parts([0, math.nan, 5, 20, 40, 60, 95]).legend
    labels_ = [row.label for row in legend.rows]
    assert labels_[0] == "0%"
    assert labels_[1].startswith("under ")
    assert labels_[-2].endswith(" or more")
    assert labels_[-1] == "not known"
    assert [row.pattern for row in legend.rows] == [False] * (len(legend.rows) - 1) + [True]
    words = Words(maps.legend_html(legend))
    assert words.items == len(legend.rows)
    assert all(label in words.text for label in labels_)


def test_a_legend_of_amounts_names_its_unit() -> None:
    legend = parts(
        [3, 1200, 4000], measure=Measure("n", "Need", "households a year", "need")
    ).legend
    assert legend.unit == "households a year"
    assert legend.rows[0].label == "none"
    assert any("," in row.label for row in legend.rows)


def test_one_value_gives_a_legend_of_one_class() -> None:
    assert [row.label for row in parts([7, 7]).legend.rows] == ["0%", "above zero", "not known"]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_legend_is_text(text: str) -> None:
    words = Words(maps.legend_html(Legend(text, text, (LegendRow("#fff", text),))))
    assert words.tags == {"div", "p", "strong", "ul", "li", "span"}
    assert words.text.count(text) == 3


# What a page gets


def hostile_parts(text: str) -> maps.MapParts:
    areas = frame([text, "Plain"], codes=[text, "A1"])
    rows = pd.DataFrame({"value": [3.0], "text": [text]}, index=[text])
    points = pd.DataFrame({"name": [text], "text": [text], "lon": [-1.95], "lat": [53.55]})
    return maps.choropleth(
        areas, rows, SHARE, outline=areas, neighbours=neighbours(text), labels=labels(text),
        points=points, selected=text, title=text,
    )  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_never_stand_raw_in_the_map(text: str) -> None:
    page = maps.inline_leaflet(hostile_parts(text).whole(), title=text)
    code = page.replace((leaflet.leaflet_folder() / "leaflet.js").read_text(encoding="utf-8"), "")
    assert text not in code
    assert "onerror=alert(1)>" not in code
    assert page.count("</script>") == 2
    assert json.dumps(escape(text))[1:-1].replace("&", r"\u0026") in code


def test_an_area_without_values_says_that_it_is_not_known() -> None:
    areas = frame(["Known", "Silent <b>"])
    drawn = maps.choropleth(
        areas, values([4]), SHARE, outline=areas, neighbours=neighbours(), labels=labels()
    )
    assert options(drawn)["areas"]["A1"] == [0, escape("Silent <b>: not known")]


def test_no_outside_address_in_a_map() -> None:
    drawn = parts([0, 5, 60])
    page = drawn.whole().get_root().render()
    assert set(re.findall(r"https?://[\w./-]+", page)) <= {"http://www.w3.org/2000/svg"}
    assert re.findall(r"""(?:src|href)=["']([^"']+)""", page) == [
        "../housing_map.leaflet.files/leaflet.js",
        "../housing_map.leaflet.files/leaflet.css",
    ]


def test_a_file_carries_all_it_needs() -> None:
    page = maps.inline_leaflet(parts([0, 5, 60]).whole(), title="Kirklees", below="<p>Key</p>")
    assert not re.search(r"""(?:src|href)=["']|url\((?!#)|@import""", _without_leaflet(page))
    addresses = set(re.findall(r"https?://[\w./-]+", _without_leaflet(page)))
    assert addresses <= {"http://www.w3.org/2000/svg"}
    assert '<html lang="en">' in page
    assert "<title>Kirklees</title>" in page
    assert "user-scalable" not in page
    assert "sourceMappingURL" not in page
    assert page.index('class="folium-map"') < page.index("<p>Key</p>")


def _without_leaflet(page: str) -> str:
    """Return the page without Leaflet's own code, which names its home page in a comment."""
    return re.sub(r"/\* @preserve.*?</script>", "", page, count=1, flags=re.DOTALL)


def test_the_base_is_the_same_whatever_the_values() -> None:
    first, second = parts([0, 5, 60]), parts([80, math.nan, 1], selected="A1")
    hashes = {generate_js_hash(generate_leaflet_string(p.base), "map") for p in (first, second)}
    assert len(hashes) == 1
    assert options(first) != options(second)


def test_shapes_travel_once_and_values_alone_after() -> None:
    areas = frame([f"Area {i}" for i in range(40)])
    ground = maps.serve(maps.lay_ground(areas, neighbours=neighbours(), labels=labels()))
    drawn = maps.shade(ground, values([float(i) for i in range(40)]), SHARE)
    assert ground.url is not None
    assert (ground.key, ground.url) in drawn.base.default_js
    assert ground.key not in [name for name, _ in leaflet.OfflineMap.default_js]
    assert "housingMapGround[" + json.dumps(ground.key) + "]=" not in drawn.base.script
    assert len(json.dumps(options(drawn))) < 2500
    with pytest.raises(ValueError, match="carry its ground"):
        maps.inline_leaflet(drawn.base)


def test_a_served_file_holds_the_shapes() -> None:
    ground = maps.lay_ground(frame(["A"]), neighbours=neighbours(), labels=labels())
    served = maps.serve(ground)
    assert served.url is not None
    path = leaflet._ground_folder() / served.url.rsplit("/", 1)[1]
    assert path.read_text(encoding="utf-8") == ground.script
    assert maps.serve(ground) == served


def content(ground: maps.Ground) -> dict[str, Any]:
    found = json.loads(ground.script.split("]=", 1)[1].removesuffix(";"))
    assert isinstance(found, dict)
    return found


def test_shapes_keep_five_decimals_and_drop_the_closing_corner() -> None:
    hole = [(0.2, 0.2), (0.4, 0.2), (0.4, 0.4), (0.2, 0.2)]
    shape = Polygon([(0, 0), (1.000004, 0), (1, 1.23456789), (0, 0)], [hole])
    areas = gpd.GeoDataFrame({"code": ["A"], "name": ["A"]}, geometry=[shape], crs=4326)
    ground = maps.lay_ground(areas, neighbours=neighbours(), labels=labels())
    steps = content(ground)["levels"]["areas"]["shapes"]["A"]
    assert steps[0][0] == [0, 0, 100000, 0, 0, 123457]
    assert len(steps[0]) == 2
    assert np.reshape(steps[0][1], (-1, 2)).cumsum(axis=0).tolist()[0] == [20000, 20000]


def test_neighbours_share_corners_after_rounding() -> None:
    ground = maps.lay_ground(frame(["A", "B"]), neighbours=neighbours(), labels=labels())
    shapes = content(ground)["levels"]["areas"]["shapes"]
    corners = [
        set(map(tuple, np.reshape(shapes[code][0][0], (-1, 2)).cumsum(axis=0).tolist()))
        for code in ("A0", "A1")
    ]
    assert len(corners[0] & corners[1]) == 2


def test_the_outline_has_no_cracks_but_keeps_an_enclave() -> None:
    crack = [(0.5, 0.2), (0.500001, 0.2), (0.500001, 0.4), (0.5, 0.2)]
    enclave = [(0.7, 0.2), (0.9, 0.2), (0.9, 0.4), (0.7, 0.2)]
    shape = Polygon([(0, 0), (1, 0), (1, 1), (0, 1)], [crack, enclave])
    areas = gpd.GeoDataFrame({"code": ["A"], "name": ["A"]}, geometry=[shape], crs=4326)
    ground = maps.lay_ground(areas, neighbours=neighbours(), labels=labels())
    assert len(content(ground)["levels"]["areas"]["outline"][0]) == 2


def test_a_neighbour_is_named_where_the_view_shows_it() -> None:
    areas = frame(["A"])
    far = gpd.GeoDataFrame({"name": ["Far"]}, geometry=[box(5, 50, 6, 51)], crs=4326)
    wide = gpd.GeoDataFrame(
        {"name": ["Wide"]},
        geometry=[MultiPolygon([box(-5, 50, -2, 56), box(8, 1, 9, 2)])],
        crs=4326,
    )
    near = maps.lay_ground(areas, neighbours=wide, labels=labels())
    spot = next(x for x in content(near)["labels"] if x["kind"] == "neighbour")
    west, south, east, north = near.bounds
    assert box(west - 0.1, south - 0.1, east, north + 0.1).contains(Point(spot["at"]))
    none = maps.lay_ground(areas, neighbours=far, labels=labels())
    assert [x["kind"] for x in content(none)["labels"]] == ["place"]


def test_levels_share_one_ground() -> None:
    levels = {"ward": frame(["A", "B"]), "small": frame(["C", "D", "E"])}
    ground = maps.lay_ground(levels, neighbours=neighbours(), labels=labels())
    drawn = maps.shade(ground, values([1, 2, 3]), SHARE, level="small")
    assert options(drawn)["level"] == "small"
    assert len(options(drawn)["areas"]) == 3


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (values([1, 2, 3]), "no area"),
        (pd.concat([values([1]), values([2])]), "two values"),
        (values([-1.0]), "below zero"),
        (values([math.inf]), "without limit"),
    ],
)
def test_values_that_do_not_fit_are_refused(rows: pd.DataFrame, message: str) -> None:
    ground = maps.lay_ground(frame(["A", "B"]), neighbours=neighbours(), labels=labels())
    with pytest.raises(ValueError, match=message):
        maps.shade(ground, rows, SHARE)


def test_a_ground_needs_levels_and_codes_of_their_own() -> None:
    with pytest.raises(ValueError, match="twice"):
        maps.lay_ground(
            frame(["A", "B"], codes=["X", "X"]), neighbours=neighbours(), labels=labels()
        )
    with pytest.raises(ValueError, match="at least one level"):
        maps.lay_ground({}, neighbours=neighbours(), labels=labels())


def drawing(properties: object) -> dict[str, Any]:
    return {"last_active_drawing": {"type": "Feature", "geometry": None, "properties": properties}}


@pytest.mark.parametrize(
    ("result", "click"),
    [
        (None, None),
        ({}, None),
        ({"last_active_drawing": None}, None),
        (drawing(None), None),
        (drawing({"at": 5}), None),
        (drawing({"code": "B", "at": 5}), None),
        (drawing({"code": "A", "at": "5"}), None),
        (drawing({"code": ["A"], "at": 5}), None),
        (drawing({"code": "A", "at": 5}), ("A", 5)),
        (drawing({"code": escape("Birstall & <x>"), "at": 5}), ("Birstall & <x>", 5)),
    ],
)
def test_a_click_counts_when_it_names_an_area(
    result: dict[str, Any] | None, click: tuple[str, int] | None
) -> None:
    assert maps.clicked_code(result, ["A", "Birstall & <x>"]) == click


def test_leaflet_lies_in_its_folder() -> None:
    assert {"leaflet.js", "leaflet.css"} <= {p.name for p in maps.leaflet_folder().iterdir()}


def test_importing_maps_does_not_start_streamlit() -> None:
    code = "import sys, housing_map.maps; sys.exit('streamlit' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
