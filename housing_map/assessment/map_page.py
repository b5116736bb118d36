"""All maps of a release as one HTML page that opens without a network and runs no script.

A list of maps stands beside the one that was chosen (``:target``); the first shows at the start,
and all are printed. Outlines stand in the page once. Each map has its table, so that nothing is
told by colour alone, and a policy in the head of the page forbids every request.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from housing_map.assessment.classes import class_of, classes
from housing_map.assessment.drawing import HATCH, NAMED, WIDTH, Outlines, fill, outlines
from housing_map.assessment.geo import MARKER, layers
from housing_map.assessment.printed import beside
from housing_map.escape import escape
from housing_map.palette import FONT, INK, QUIET_INK
from housing_map.places import find_level, polygons

if TYPE_CHECKING:
    from collections.abc import Sequence

    from housing_map.assessment.classes import Class
    from housing_map.assessment.edition import Edition
    from housing_map.assessment.geo import Layer

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'"
_STYLES: Final = f"""
body {{ margin: 0; color: {INK}; background: #fff; font: 1rem/1.5 {FONT}; }}
header, main, footer {{ max-width: 75rem; margin: 0 auto; padding: 1rem; }}
h1 {{ font-size: 1.7rem; line-height: 1.2; margin: .5rem 0; }}
h2 {{ font-size: 1.25rem; margin: 0 0 .6rem; }}
h3 {{ font-size: 1rem; margin: 1rem 0 .2rem; }}
a {{ color: #12436D; }}
a:focus-visible, summary:focus-visible, .wide:focus-visible {{ outline: 3px solid {INK};
  outline-offset: 2px; }}
nav ul {{ margin: 0; padding: 0; list-style: none; }}
nav li {{ margin: 0 0 .25rem; }}
.notice {{ border-left: 4px solid #F46A25; padding-left: .8rem; }}
.note, footer {{ color: {QUIET_INK}; font-size: .875rem; margin: .2rem 0; }}
.map svg {{ width: 100%; height: auto; max-height: 75vh; }}
.legend {{ list-style: none; margin: .5rem 0; padding: 0; display: flex; flex-wrap: wrap;
  gap: .2rem 1.2rem; }}
.legend svg {{ width: 28px; height: 18px; vertical-align: -3px; margin-right: 6px; }}
.wide {{ overflow-x: auto; }}
table {{ border-collapse: collapse; width: 100%; font-size: .9375rem; }}
caption {{ text-align: left; font-weight: bold; padding: .4rem 0; }}
th, td {{ text-align: left; padding: .25rem .6rem .25rem 0; border-bottom: 1px solid #b1b4b6;
  font-weight: normal; }}
thead th {{ font-weight: bold; border-bottom: 2px solid {INK}; }}
td, th:last-child {{ text-align: right; padding-right: 0; }}
@media screen {{
  main {{ display: grid; grid-template-columns: minmax(14rem, 20rem) 1fr; gap: 2rem; }}
  nav {{ max-height: 92vh; overflow-y: auto; position: sticky; top: 0; padding: .3rem; }}
  section {{ display: none; }}
  section:target, div:not(:has(:target)) > section:first-child {{ display: block; }}
}}
@media screen and (max-width: 48rem) {{
  main {{ display: block; }}
  nav {{ position: static; max-height: 40vh; }}
}}
@media print {{ nav {{ display: none; }} section {{ break-after: page; }}
  * {{ print-color-adjust: exact; }} }}
"""


def map_files(edition: Edition) -> dict[str, bytes]:
    """Return the page of maps, by its name; none where no sheet is by area."""
    found = layers(edition)
    if not found:
        return {}
    return {f"{edition.stem}-maps.html": map_page(edition, found).encode()}


def map_page(edition: Edition, found: Sequence[Layer]) -> str:
    """Return the page of maps of layers."""
    drawn = {level: outlines(polygons(edition.pack, level)) for level in _levels(found)}
    shapes = "".join(
        f'<path id="{level}-{place}" d="{path}"/>'
        for level, shape in drawn.items()
        for place, path in enumerate(shape.paths.values())
    )
    title = escape(f"Maps: {edition.title}")
    footer = escape(
        f"Reference date {edition.on.day} {edition.on:%B %Y}. "
        + " ".join((*edition.rules, *edition.pack.info.attribution))
    )
    return (
        '<!DOCTYPE html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{title}</title>\n<style>{_STYLES}</style>\n</head>\n<body>\n"
        f'<header><h1>{title}</h1>\n<p class="notice">{escape(edition.notice)}</p></header>\n'
        f'<svg width="0" height="0" aria-hidden="true" style="position:absolute"><defs>{HATCH}'
        f"{shapes}</defs></svg>\n<main>\n{_menu(found)}\n<div>\n"
        + "\n".join(
            _map(edition, layer, column, drawn[layer.level])
            for layer in found
            for column in layer.titles
        )
        + f"\n</div>\n</main>\n<footer><p>{footer}</p></footer>\n</body>\n</html>\n"
    )


def _levels(found: Sequence[Layer]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(layer.level for layer in found))


def _id(layer: Layer, column: str) -> str:
    """Return the name of a map in the address of the page: letters, digits and dashes."""
    return escape(f"{layer.name}-{list(layer.titles).index(column) + 1}")


def _menu(found: Sequence[Layer]) -> str:
    """Return the list of maps, under the title of each sheet."""
    parts = "".join(
        f"<h3>{escape(layer.title)}</h3><ul>"
        + "".join(
            f'<li><a href="#{_id(layer, column)}">{escape(title)}</a></li>'
            for column, title in layer.titles.items()
        )
        + "</ul>"
        for layer in found
    )
    return f'<nav aria-label="Maps"><h2>Maps</h2>{parts}</nav>'


def _map(edition: Edition, layer: Layer, column: str, drawn: Outlines) -> str:
    """Return one map with its legend and table."""
    frame = layer.frame
    values = dict(zip(frame["code"], frame[column].astype(float), strict=True))
    marker = f"{column}{MARKER}"
    marks = dict(zip(frame["code"], frame[marker], strict=True)) if marker in frame else {}
    found = classes(values.values())
    texts = {code: _text(value, marks.get(code, "")) for code, value in values.items()}
    used = {class_of(found, value) for value in values.values()}
    areas = "".join(
        f'<use href="#{layer.level}-{place}" fill="{fill(found[class_of(found, values[code])])}">'
        f"<title>{escape(drawn.names[code])}: {escape(texts[code])}</title></use>"
        for place, code in enumerate(drawn.paths)
    )
    title = f"{layer.title}: {layer.titles[column]}"
    level = find_level(edition.pack, layer.level).label
    notes = "".join(
        f'<p class="note">{escape(note)}</p>' for note in beside(edition.by_id[layer.name])
    )
    return (
        f'<section id="{_id(layer, column)}" class="map"><h2>{escape(title)}</h2>'
        f'<svg viewBox="-4 -4 {WIDTH + 8} {drawn.height + 8:g}" role="img" '
        f'aria-label="Map by {escape(level)}: {escape(title)}. The table below has the figures.">'
        f'<g stroke="{QUIET_INK}" stroke-linejoin="round" fill-rule="evenodd">{areas}</g>'
        f"{_names(drawn)}</svg>"
        f"{_legend([one for place, one in enumerate(found) if place in used])}{notes}"
        f"{_table(level, layer.titles[column], [(drawn.names[c], t) for c, t in texts.items()])}"
        "</section>"
    )


def _text(value: float, mark: str) -> str:
    """Return a figure in words, as its sheet has it."""
    if math.isnan(value):
        return mark or "no figure"
    return f"{value:,.10g}"


def _names(drawn: Outlines) -> str:
    if len(drawn.names) > NAMED:
        return ""
    lines = "".join(
        f'<text x="{x:g}" y="{y:g}">{escape(drawn.names[code])}</text>'
        for code, (x, y) in drawn.spots.items()
    )
    rim = 'stroke="#fff" stroke-width="4" stroke-linejoin="round" paint-order="stroke"'
    return (
        f'<g font-size="15" text-anchor="middle" fill="{INK}" {rim} aria-hidden="true" '
        f'pointer-events="none">{lines}</g>'
    )


def _legend(used: Sequence[Class]) -> str:
    rows = "".join(
        f'<li><svg viewBox="0 0 28 18" aria-hidden="true"><rect width="28" height="18" '
        f'fill="{fill(one)}" stroke="{QUIET_INK}"/></svg>{escape(one.words)}</li>'
        for one in used
    )
    return f'<ul class="legend" aria-label="Legend">{rows}</ul>'


def _table(level: str, title: str, rows: Sequence[tuple[str, str]]) -> str:
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(text)}</td></tr>'
        for name, text in sorted(rows)
    )
    return (
        f'<div class="wide" role="region" aria-label="Table: {escape(title)}" tabindex="0"><table>'
        f"<caption>{escape(title)}</caption><thead><tr>"
        f'<th scope="col">{escape(level)}</th><th scope="col">Figure</th></tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )
