"""The picture of routes: its columns, its lines, its words, and text that stays text."""

import itertools
import re
import xml.etree.ElementTree as ET  # the text parsed here was written by the function under test

import pytest

from housing_map.route_picture import DeadEnd, Edge, Node, picture_html, route_diagram

SVG = "{http://www.w3.org/2000/svg}"

NODES = [
    Node("police", "Police", "entry"),
    Node("school", "School", "entry"),
    Node("meeting", "Daily risk assessment management meeting", "coordination"),
    Node("adviser", "Independent adviser", "coordination"),
    Node("refuge", "Refuge", "safety", "refuses"),
    Node("sanctuary", "Sanctuary scheme", "safety"),
    Node("rent", "Help into private renting", "housing", "unreached"),
    Node("stayed", "Stayed in their own home", "home"),
]
EDGES = [
    Edge("police", "meeting", 40),
    Edge("school", "adviser", 10),
    Edge("meeting", "adviser", 30),
    Edge("adviser", "refuge", 1, "refuses"),
    Edge("adviser", "sanctuary", 25),
    Edge("sanctuary", "stayed", 25),
    Edge("sanctuary", "rent", 1, "unreached"),
]
ENDS = [DeadEnd("meeting", "no adviser", 10), DeadEnd("adviser", "not eligible", 15)]


def picture(
    nodes: list[Node] = NODES, edges: list[Edge] = EDGES, dead_ends: list[DeadEnd] = ENDS
) -> ET.Element:
    svg = route_diagram(nodes, edges, dead_ends, title="Half go no further")
    return ET.fromstring(svg)  # noqa: S314 - written by this program


def test_the_picture_of_routes_is_named_and_described() -> None:
    svg = picture()
    title, description = svg.find(f"{SVG}title"), svg.find(f"{SVG}desc")
    assert title is not None
    assert description is not None
    assert svg.get("role") == "img"
    assert svg.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert title.text == "Half go no further"
    assert "Refuge (does not take them)." in (description.text or "")
    assert "leads to Independent adviser; dead end: no adviser." in (description.text or "")


def test_the_same_input_gives_the_same_picture() -> None:
    first = route_diagram(NODES, EDGES, ENDS, title="T")
    assert route_diagram(list(NODES), list(EDGES), list(ENDS), title="T") == first


def boxes(svg: ET.Element) -> list[tuple[float, float, float, float]]:
    names = ("x", "y", "width", "height")
    found = [tuple(float(r.get(n) or 0) for n in names) for r in svg.iter(f"{SVG}rect")]
    return [(x, y, w, h) for x, y, w, h in found]


def test_boxes_stand_in_columns_without_touching() -> None:
    found = boxes(picture())
    assert len(found) == len(NODES)
    for (x, y, w, h), (x2, y2, w2, h2) in itertools.combinations(found, 2):
        assert x + w < x2 or x2 + w2 < x or y + h < y2 or y2 + h2 < y


def test_stages_stand_from_left_to_right_and_a_chain_within_one_takes_columns() -> None:
    lefts = dict(zip([n.id for n in NODES], [b[0] for b in boxes(picture())], strict=True))
    chain = ["police", "meeting", "adviser", "sanctuary", "rent", "stayed"]
    assert [lefts[i] for i in chain] == sorted(lefts[i] for i in chain)
    assert len({lefts[i] for i in chain}) == len(chain)


def test_closed_ways_show_without_colour() -> None:
    svg = picture()
    dashed = [r for r in svg.iter(f"{SVG}rect") if r.get("stroke-dasharray")]
    assert len(dashed) == 2
    words = [t.text for t in svg.iter(f"{SVG}text")]
    assert "does not take them" in words
    assert "not reached" in words
    bars = [p for p in svg.iter(f"{SVG}path") if p.get("stroke-width") == "4"]
    assert len(bars) == len(ENDS) + 1


def thicknesses(svg: ET.Element) -> set[str | None]:
    return {p.get("stroke-width") for p in svg.iter(f"{SVG}path") if "C" in (p.get("d") or "")}


def test_thickness_follows_households_or_is_the_same_for_all() -> None:
    assert len(thicknesses(picture())) > 3
    plain = [Edge(e.source, e.target) for e in EDGES]
    assert thicknesses(picture(edges=plain, dead_ends=[])) == {"3.0"}


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "a & b", "${x}`y`", "\"quoted' \\u003c", "{{ 7*7 }}"]
)
def test_hostile_labels_are_text(text: str) -> None:
    nodes = [Node("a", text, "entry"), Node("b", text, "home")]
    svg = route_diagram(nodes, [Edge("a", "b")], [DeadEnd("a", text)], title=text)
    root = ET.fromstring(svg)  # noqa: S314 - written by this program
    allowed = {"svg", "title", "desc", "path", "rect", "text"}
    assert {element.tag.removeprefix(SVG) for element in root.iter()} == allowed
    shown = "".join(t.text or "" for t in root.iter(f"{SVG}text"))
    assert shown.replace(" ", "").count(text.replace(" ", "")) == 3
    assert not re.search(r"https?://(?!www\.w3\.org)", svg)


@pytest.mark.parametrize(
    ("nodes", "edges", "message"),
    [
        ([NODES[0], NODES[0]], [], "twice"),
        ([Node("x", "X", "nowhere")], [], "unknown stage"),
        ([NODES[0]], [Edge("police", "missing")], "missing"),
    ],
)
def test_a_graph_that_hangs_together_badly_is_refused(
    nodes: list[Node], edges: list[Edge], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        route_diagram(nodes, edges, title="T")


def test_circles_and_ways_back_can_be_drawn() -> None:
    extra = [
        Edge("adviser", "meeting", 2),
        Edge("stayed", "police", 1),
        Edge("police", "police", 1),
    ]
    assert len(boxes(picture(edges=[*EDGES, *extra]))) == len(NODES)


def test_nothing_at_all_can_be_drawn() -> None:
    assert boxes(picture(nodes=[], edges=[], dead_ends=[])) == []


def test_the_picture_in_a_page_has_words_and_asks_nobody() -> None:
    html = picture_html(route_diagram(NODES, EDGES, ENDS, title="T"), 'A "b" <c>')
    assert 'alt="A &#34;b&#34; &#60;c&#62;"' in html
    assert 'src="data:image/svg+xml;base64,' in html
