"""Leaflet without the internet: where its files lie, how they reach a browser, the empty map.

Leaflet comes with the package XStatic-Leaflet. A page fetches ``leaflet.js`` and ``leaflet.css``
from the program itself; a file to pass on carries them inside. Nothing else is loaded: no tiles,
icon fonts or style frameworks.

Boundaries are sent once. They travel as a short script, either inside the map or, on a page,
as a file that the browser keeps, so that a change of values moves only the values.
"""

from __future__ import annotations

import atexit
import re
import shutil
import tempfile
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import folium
from branca.element import Figure, MacroElement
from folium.template import Template
from xstatic.pkg import leaflet as _xstatic

from housing_map.escape import escape

if TYPE_CHECKING:
    from collections.abc import Mapping

FONT: Final = "Arial, Helvetica, sans-serif"
ATTRIBUTION: Final = (
    "Contains OS data © Crown copyright and database right 2025. "
    "Contains National Statistics data © Crown copyright and database right 2025. "
    "Open Government Licence v3.0."
)

_COMPONENT: Final = "files"
_GROUND_COMPONENT: Final = "ground"

# Seen from the frame that streamlit-folium draws in, so that it holds under any base address.
_FILES_URL: Final = f"../{__name__}.{_COMPONENT}/"
_GROUND_URL: Final = f"../{__name__}.{_GROUND_COMPONENT}/"


@dataclass(frozen=True, slots=True)
class Ground:
    """What lies still under a map while its values change.

    Attributes
    ----------
    key
        Fingerprint of the content.
    script
        JavaScript that puts the shapes into the browser window.
    bounds
        West, south, east, north of the district, in degrees (EPSG:4326).
    names
        For each level of area, the name of every area by its code.
    title
        What the map shows, for people who hear the page instead of seeing it.
    url
        Address of a file with the script; None when the script travels inside the map.
    """

    key: str
    script: str
    bounds: tuple[float, float, float, float]
    names: Mapping[str, Mapping[str, str]]
    title: str
    url: str | None = None


def leaflet_folder() -> Path:
    """Return the folder that holds ``leaflet.js``, ``leaflet.css`` and their images."""
    return Path(_xstatic.BASE_DIR)


@cache
def _ground_folder() -> Path:
    """Return this process's own folder for the boundary files of pages."""
    folder = Path(tempfile.mkdtemp(prefix="housing-map-ground-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def register() -> None:
    """Let the running Streamlit app serve Leaflet's files and the boundary files.

    Call it on every run of a page that shows a map; repeating it costs next to nothing.
    """
    from streamlit.components.v1 import declare_component  # noqa: PLC0415 - only inside the app

    declare_component(_COMPONENT, path=leaflet_folder())
    declare_component(_GROUND_COMPONENT, path=_ground_folder())


def serve(ground: Ground) -> Ground:
    """Put the boundaries into a file that browsers fetch once, and return the ground with its URL.

    Keep the ground from :func:`lay_ground` and call this on every run: the file is written only
    when it is not there. Anyone who can reach the app can read it: boundaries and names of
    areas only.
    """
    path = _ground_folder() / f"{ground.key}.js"
    if not path.exists():
        draft = path.with_suffix(".part")
        draft.write_text(ground.script, encoding="utf-8")
        draft.replace(path)
    return replace(ground, url=f"{_GROUND_URL}{path.name}")


# What the browser does. All text arrives with its special signs as entities (see ``escape``).
_SCRIPT: Final = r"""
window.housingMap = window.housingMap || (function () {
  "use strict";
  const svg = "http://www.w3.org/2000/svg";
  const make = (name, attributes, parent) => {
    const element = document.createElementNS(svg, name);
    Object.entries(attributes).forEach(([key, value]) => element.setAttribute(key, value));
    return parent.appendChild(element);
  };
  const hatch = () => {
    if (document.getElementById("housing-map-hatch")) { return; }
    const holder = make("svg", {width: 0, height: 0, style: "position:absolute",
      "aria-hidden": "true"}, document.body);
    const pattern = make("pattern", {id: "housing-map-hatch", width: 6, height: 6,
      patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)"}, make("defs", {}, holder));
    make("rect", {width: 6, height: 6, fill: "#f3f2f1"}, pattern);
    make("rect", {width: 1.5, height: 6, fill: "#9a9da0"}, pattern);
  };
  const plain = (escaped) => {
    const holder = document.createElement("span");
    holder.innerHTML = escaped;
    return holder;
  };
  // Corners come as whole hundred-thousandths of a degree, each as a step from the one before.
  const geometry = (polygons) => ({type: "MultiPolygon", coordinates: polygons.map(
    (rings) => rings.map((steps) => {
      const ring = [];
      let x = 0, y = 0;
      for (let i = 0; i < steps.length; i += 2) {
        x += steps[i];
        y += steps[i + 1];
        ring.push([x / 1e5, y / 1e5]);
      }
      return ring;
    }))});
  const feature = (polygons, properties) =>
    ({type: "Feature", geometry: geometry(polygons), properties: properties});
  const pane = (map, name, order) => {
    const element = map.createPane(name);
    element.style.zIndex = order;
    element.style.pointerEvents = "none";
    return name;
  };

  const names = (map, labels, home) => {
    const place = pane(map, "names", 610);
    const marks = labels.map((label) => {
      const holder = document.createElement("div");
      holder.appendChild(plain(label.name));
      const icon = L.divIcon({className: "map-name map-name-" + label.kind, html: holder,
        iconSize: [0, 0]});
      const mark = L.marker([label.at[1], label.at[0]],
        {icon: icon, interactive: false, keyboard: false, pane: place}).addTo(map);
      return {kind: label.kind, at: mark.getLatLng(), element: mark.getElement().firstChild};
    });
    const swaps = marks.some((mark) => mark.kind === "near");
    // A name shows where it is wanted, whole, and clear of those before it.
    const tidy = () => {
      const hidden = map.getZoom() >= home() + 1 ? "place" : "near";
      const size = map.getSize();
      const taken = [];
      marks.forEach((mark) => {
        const middle = map.latLngToContainerPoint(mark.at);
        const half = L.point(mark.element.offsetWidth / 2 + 2, mark.element.offsetHeight / 2 + 1);
        const room = L.bounds(middle.subtract(half), middle.add(half));
        const free = !(swaps && mark.kind === hidden) &&
          room.min.x >= 0 && room.min.y >= 0 && room.max.x <= size.x && room.max.y <= size.y &&
          !taken.some((other) => other.overlaps(room));
        mark.element.style.visibility = free ? "visible" : "hidden";
        if (free) { taken.push(room); }
      });
    };
    map.on("zoomend moveend resize", tidy);
    tidy();
  };

  const ground = (map, key, options) => {
    const shapes = window.housingMapGround[key];
    const container = map.getContainer();
    container.setAttribute("role", "region");
    container.setAttribute("aria-label", plain(options.title).textContent);
    // Leaflet takes the focus at every press: the page must not scroll away under the pointer.
    container.focus = () => HTMLElement.prototype.focus.call(container, {preventScroll: true});
    hatch();
    map.attributionControl.setPrefix(false).addAttribution(options.attribution);
    L.geoJson(shapes.neighbours.map((polygons) => feature(polygons, {})), {interactive: false,
      pane: pane(map, "neighbours", 350), style: {fillColor: "#ececeb", fillOpacity: 1,
        color: "#ffffff", weight: 1.5, opacity: 1}}).addTo(map);
    pane(map, "outline", 450);

    const [west, south, east, north] = options.bounds;
    const bounds = L.latLngBounds([south, west], [north, east]);
    let home = 0, touched = false, fitting = false;
    const fit = () => {
      if (touched) { return; }
      fitting = true;
      map.fitBounds(bounds, {paddingTopLeft: [10, 10], paddingBottomRight: [10, 30],
        animate: false});
      home = map.getZoom();
      fitting = false;
    };
    map.on("zoomstart dragstart", () => { touched = touched || !fitting; });
    map.on("resize", fit);
    fit();
    map.setMaxBounds(bounds.pad(0.75));
    names(map, shapes.labels, () => home);
  };

  const areas = (map, group, key, options) => {
    // streamlit-folium remembers every group it ever drew; keep only those still on the map.
    if (window.feature_group) {
      window.feature_group = window.feature_group.filter((old) => map.hasLayer(old));
    }
    const {shapes, outline} = window.housingMapGround[key].levels[options.level];
    L.geoJson(feature(outline, {}), {interactive: false, pane: "outline",
      style: {fill: false, color: "#0b0c0c", weight: 2, opacity: 1}}).addTo(group);
    const chosen = (one) => one.properties.code === options.selected;
    // What is drawn later lies on top: areas of value zero with their grey line come last.
    const rank = (one) => options.styles[one.properties.style].raised ? 1 : 0;
    const features = Object.entries(options.areas).map(([code, [style, text]]) =>
      feature(shapes[code], {code: code, style: style, text: text}));
    features.sort((one, other) => rank(one) - rank(other));
    const few = features.length <= 40;
    // A dark line on a white one stands out on every colour.
    const frame = (path) => L.layerGroup([["#ffffff", 6], ["#0b0c0c", 3]].map(([color, weight]) =>
      L.polygon(path.getLatLngs(), {color: color, weight: weight, fill: false, opacity: 1,
        interactive: false, pane: "outline"})));
    let lit = null;
    L.geoJson(features, {
      style: (one) => options.styles[one.properties.style],
      onEachFeature: (one, path) => {
        path.bindTooltip(one.properties.text, {sticky: true, className: "map-hover", opacity: 1});
        const unmark = () => { if (lit) { group.removeLayer(lit); lit = null; } };
        const mark = () => { unmark(); lit = frame(path).addTo(group); };
        if (chosen(one)) { frame(path).addTo(group); }
        path.on({
          mouseover: mark,
          mouseout: unmark,
          // With few areas the tab key goes from one to the next; many would only be in its way.
          add: () => {
            const element = path.getElement();
            element.setAttribute("tabindex", few ? 0 : -1);
            if (!few) { return; }
            element.setAttribute("role", "button");
            element.setAttribute("aria-label", plain(one.properties.text).textContent);
            // The page redraws the areas after a choice: the keyboard stays where it was.
            if (window.housingMapFocus === one.properties.code) {
              window.housingMapFocus = null;
              setTimeout(() => element.focus(), 0);
            }
            element.addEventListener("focus", mark);
            element.addEventListener("blur", unmark);
            element.addEventListener("keydown", (event) => {
              if (event.key === "Enter" || event.key === " ") {
                event.preventDefault();
                window.housingMapFocus = one.properties.code;
                path.fire("click", {latlng: path.getBounds().getCenter()}, true);
              }
            });
          },
        });
        // A click tells the code, and the time so that a second click is news too.
        path.toGeoJSON = () => ({type: "Feature", geometry: null,
          properties: {code: one.properties.code, at: Date.now()}});
      },
    }).addTo(group);
    const points = {type: "FeatureCollection", features: options.points.map(([at, text]) => ({
      type: "Feature", geometry: {type: "Point", coordinates: at}, properties: {text: text}}))};
    L.geoJson(points, {
      pointToLayer: (one, at) => L.circleMarker(at, {pane: "markerPane", radius: 6, weight: 2,
        color: "#ffffff", fillColor: "#0b0c0c", fillOpacity: 1}),
      onEachFeature: (one, mark) => {
        mark.bindTooltip(one.properties.text, {className: "map-hover", opacity: 1});
        mark.on("add", () => {
          const element = mark.getElement();
          element.setAttribute("tabindex", 0);
          element.setAttribute("role", "img");
          element.setAttribute("aria-label", plain(one.properties.text).textContent);
        });
        mark.toGeoJSON = () => ({type: "Feature", geometry: null, properties: {at: Date.now()}});
      },
    }).addTo(group);
  };

  return {ground: ground, areas: areas};
})();
"""

_STYLE: Final = f"""
body {{ margin: 0; }}
.leaflet-container {{ background: #ececeb; font: 14px/1.35 {FONT}; }}
.leaflet-container .leaflet-control-attribution {{
  font-size: 11px; line-height: 1.3; color: #383f43; padding: 2px 6px; }}
.leaflet-bar a, .leaflet-bar a:hover {{ color: #0b0c0c; }}
.leaflet-container :focus-visible, .leaflet-container:focus-visible {{
  outline: 3px solid #0b0c0c; outline-offset: -3px; }}
.leaflet-container path.leaflet-interactive:focus {{ outline: none; }}
.leaflet-container .map-hover {{
  font: 14px/1.35 {FONT}; color: #0b0c0c; padding: 6px 8px; border: 1px solid #b1b4b6;
  border-radius: 0; box-shadow: none; white-space: normal; width: max-content;
  max-width: 240px; }}
.map-name > div {{
  position: absolute; transform: translate(-50%, -50%); white-space: nowrap;
  font: 700 14px/1.1 {FONT}; color: #0b0c0c;
  -webkit-text-stroke: 3px rgba(255, 255, 255, 0.85); paint-order: stroke fill; }}
.map-name-near > div {{ font-weight: 400; font-size: 13px; }}
.map-name-neighbour > div {{ font-weight: 400; font-size: 13px; color: #505a5f; }}
"""


class OfflineMap(folium.Map):
    """A map of one district that asks nobody else's server for anything.

    Parameters
    ----------
    ground
        District outline, neighbours, areas and labels.
    attribution
        Plain line at the foot of the map.
    """

    default_js = [("leaflet", f"{_FILES_URL}leaflet.js")]  # noqa: RUF012 - as folium has it
    default_css = [("leaflet_css", f"{_FILES_URL}leaflet.css")]  # noqa: RUF012 - as folium has it

    _template = Template(
        """
        {% macro header(this, kwargs) %}<style>{{ this.style }}</style>{% endmacro %}
        {% macro html(this, kwargs) %}
        <div class="folium-map" id={{ this.get_name()|tojson }} ></div>
        {% endmacro %}
        {% macro script(this, kwargs) %}
        {{ this.script }}
        var {{ this.get_name() }} = L.map({{ this.get_name()|tojson }}, {
            center: {{ this.location|tojson }}, zoom: 10, minZoom: 7, maxZoom: 16,
            zoomSnap: 0.25, scrollWheelZoom: false, dragging: !L.Browser.mobile});
        housingMap.ground({{ this.get_name() }}, {{ this.ground_key|tojson }},
            {{ this.ground_options|tojson }});
        {% endmacro %}
        """
    )

    def __init__(self, ground: Ground, attribution: str = ATTRIBUTION) -> None:
        west, south, east, north = ground.bounds
        super().__init__(location=[(south + north) / 2, (west + east) / 2], tiles=None)
        self.style = _STYLE
        self.script = _SCRIPT
        if ground.url is None:
            self.script += ground.script
        else:
            self.default_js = [*type(self).default_js, (ground.key, ground.url)]
        self.title = ground.title
        self.ground_key = ground.key
        self.ground_options: dict[str, Any] = {
            "bounds": ground.bounds,
            "title": escape(ground.title),
            "attribution": escape(attribution),
        }


class AreaLayer(MacroElement):
    """The areas of one level with a style and a sentence each, and points above them.

    Parameters
    ----------
    ground_key
        Fingerprint of the ground that holds the shapes.
    options
        ``level``, ``styles``, ``areas`` (code to style number and sentence), ``selected`` and
        ``points`` (longitude and latitude, sentence); every sentence escaped.
    """

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        housingMap.areas({{ this._parent._parent.get_name() }}, {{ this._parent.get_name() }},
            {{ this.ground_key|tojson }}, {{ this.options|tojson }});
        {% endmacro %}
        """
    )

    def __init__(self, ground_key: str, options: Mapping[str, Any]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "AreaLayer"
        self.ground_key = ground_key
        self.options = dict(options)


def inline_leaflet(offline_map: OfflineMap, *, title: str = "", below: str = "") -> str:
    """Return the map as one HTML file that needs no other file and no network.

    Parameters
    ----------
    offline_map
        A map whose ground travels inside it (``ground.url`` is None).
    title
        Title and heading of the page, as plain text.
    below
        HTML to stand under the map, such as its legend and table; already escaped.

    Raises
    ------
    ValueError
        The map expects to fetch its ground from a server.
    """
    if len(offline_map.default_js) != len(OfflineMap.default_js):
        msg = "a map for a file must carry its ground: use the ground before it was served"
        raise ValueError(msg)
    figure = offline_map.get_root()
    if not isinstance(figure, Figure):
        msg = "the map stands inside something else than a page"
        raise TypeError(msg)
    figure.render()
    folder = leaflet_folder()
    css = (folder / "leaflet.css").read_text(encoding="utf-8")
    script = (folder / "leaflet.js").read_text(encoding="utf-8")
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    css = re.sub(r"[^;{}]*url\(images/[^;{}]*;", "", css)  # the pictures are of controls not used
    script = script.replace("//# sourceMappingURL=leaflet.js.map", "")
    heading = f"<h1>{escape(title)}</h1>" if title else ""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title or offline_map.title)}</title>\n"
        f"<style>{css}</style>\n<style>{_STYLE}\n"
        f"body {{ margin: 16px; color: #0b0c0c; font: 16px/1.5 {FONT}; }}\n"
        "h1 { font-size: 24px; line-height: 1.25; }\n"
        ".folium-map { width: 100%; height: 75vh; min-height: 320px; }</style>\n"
        f"<script>{script}</script>\n</head>\n<body>\n<main>\n{heading}\n"
        f"{figure.html.render()}\n{below}\n</main>\n"
        f"<script>{figure.script.render()}</script>\n</body>\n</html>\n"
    )
