"""Documents as one HTML file that opens without a network and asks nobody for anything.

What it shows stands in the file itself: a policy in its head forbids scripts and every request.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final

from housing_map.documents.blocks import (
    Bars,
    Bullets,
    Contents,
    Heading,
    PageBreak,
    Paragraph,
    Picture,
    PictureFormat,
    Table,
    numbered,
    plain,
    spans,
)
from housing_map.escape import escape
from housing_map.palette import FONT, INK, QUIET_INK

if TYPE_CHECKING:
    from collections.abc import Iterable

    from housing_map.documents.blocks import Block, Document, Words

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_STYLES: Final = f"""
body {{ margin: 0; color: {INK}; background: #fff; font: 1rem/1.5 {FONT}; }}
main {{ max-width: 46rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }}
h1 {{ font-size: 1.9rem; line-height: 1.2; margin: 0 0 1rem; }}
h2 {{ font-size: 1.4rem; margin: 2.2rem 0 .6rem; }}
h3 {{ font-size: 1.15rem; margin: 1.6rem 0 .5rem; }}
h4 {{ font-size: 1rem; margin: 1.2rem 0 .4rem; }}
p, ul, ol {{ margin: 0 0 .8rem; }}
a {{ color: #12436D; }}
.lead {{ font-size: 1.15rem; }}
.note, footer {{ color: {QUIET_INK}; font-size: .875rem; }}
.notice {{ border-left: 4px solid #F46A25; padding-left: .8rem; }}
.wide {{ overflow-x: auto; }}
.wide:focus-visible {{ outline: 3px solid {INK}; }}
table {{ border-collapse: collapse; width: 100%; margin: 0 0 .6rem; font-size: .9375rem; }}
caption, figcaption {{ text-align: left; font-weight: bold; padding: .8rem 0 .4rem; }}
th, td {{ text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0;
  border-bottom: 1px solid #b1b4b6; font-weight: normal; }}
thead th {{ font-weight: bold; border-bottom: 2px solid {INK}; vertical-align: bottom; }}
.figure {{ text-align: right; padding-right: 0; padding-left: .6rem; white-space: nowrap; }}
.bars {{ width: 42%; }}
.bar {{ height: .6rem; margin: .2rem 0; }}
.stack {{ display: flex; }}
.stack .bar {{ height: 1rem; border-right: 1px solid #fff; box-sizing: border-box; }}
.swatch {{ display: inline-block; width: .7rem; height: .7rem; }}
figure {{ margin: 0 0 1rem; }}
img {{ max-width: 100%; height: auto; }}
@media print {{ .break {{ break-before: page; }} body {{ font-size: 10.5pt; }}
  tr, figure {{ break-inside: avoid; }} * {{ print-color-adjust: exact; }} }}
"""


def write_html(document: Document) -> str:
    """Return the document as one HTML page; the same input gives the same text."""
    headings = [block for block in document.blocks if isinstance(block, Heading)]
    places = {id(block): place for place, block in enumerate(headings, 1)}
    body = [
        _block(block, number, places.get(id(block), 0), headings)
        for block, number in numbered(document)
    ]
    notice = f'<p class="notice">{_text(document.notice)}</p>' if document.notice else ""
    footer = f"<footer><p>{_text(document.footer)}</p></footer>" if document.footer else ""
    return (
        '<!DOCTYPE html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f'<meta name="description" content="{_text(document.description)}">\n'
        f'<meta name="dcterms.date" content="{document.on.isoformat()}">\n'
        f"<title>{_text(document.title)}</title>\n<style>{_STYLES}</style>\n</head>\n<body>\n"
        f"<main>\n<h1>{_text(document.title)}</h1>\n{notice}\n"
        + "\n".join(body)
        + f"\n{footer}\n</main>\n</body>\n</html>\n"
    )


def _block(block: Block, number: str, place: int, headings: list[Heading]) -> str:  # noqa: PLR0911 - one a sort of block
    match block:
        case Heading():
            tag = f"h{block.level + 1}"
            return f'<{tag} id="part-{place}">{_text(block.text)}</{tag}>'
        case Paragraph():
            return f'<p class="{block.style}">{_runs(block.words)}</p>'
        case Bullets():
            tag = "ol" if block.numbered else "ul"
            items = "".join(f"<li>{_runs(item)}</li>" for item in block.items)
            return f"<{tag}>{items}</{tag}>"
        case Table():
            return _table(block, number)
        case Bars():
            return _bars(block, number)
        case Picture():
            return _picture(block, number)
        case Contents():
            return _contents(block, headings)
        case PageBreak():
            return '<div class="break"></div>'


def _table(block: Table, number: str) -> str:
    kinds = [' class="figure"' if n in block.numeric else "" for n in range(len(block.headers))]
    head = "".join(
        f'<th scope="col"{kind}>{_text(text)}</th>'
        for text, kind in zip(block.headers, kinds, strict=True)
    )
    rows = [
        f'<th scope="row"{kinds[0]}>{_text(row[0])}</th>'
        + "".join(
            f"<td{kind}>{_text(text)}</td>" for text, kind in zip(row[1:], kinds[1:], strict=True)
        )
        for row in block.rows
    ]
    return _framed(block, number, head, rows)


def _bars(block: Bars, number: str) -> str:
    several = len(block.series) > 1
    head = f'<th scope="col" colspan="2">{_text(block.what)}</th>' + "".join(
        '<th scope="col" class="figure">'
        + (f'<span class="swatch" style="background:{escape(ink)}"></span> ' if several else "")
        + f"{_text(name)}</th>"
        for name, ink in zip(block.series, block.inks, strict=True)
    )
    rows = []
    for row, shares in zip(block.rows, block.shares(), strict=True):
        drawn = "".join(
            f'<div class="bar" style="width:{100 * share:.2f}%;background:{escape(ink)}"></div>'
            for share, ink in zip(shares, block.inks, strict=True)
        )
        drawn = f'<div class="stack">{drawn}</div>' if block.stacked else drawn
        rows.append(
            f'<th scope="row">{_text(row.label)}</th><td class="bars" aria-hidden="true">'
            f"{drawn}</td>" + "".join(f'<td class="figure">{_text(t)}</td>' for t in row.texts)
        )
    return _framed(block, number, head, rows)


def _framed(block: Table | Bars, number: str, head: str, rows: Iterable[str]) -> str:
    """Return a table in a frame that scrolls by itself where the screen is narrow."""
    name = f"{number}: {_text(block.caption)}"
    body = "\n".join(f"<tr>{row}</tr>" for row in rows)
    notes = "".join(f'<p class="note">{_text(note)}</p>' for note in block.notes)
    return (
        f'<div class="wide" role="region" aria-label="{name}" tabindex="0"><table>'
        f"<caption>{name}</caption>\n"
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table></div>{notes}"
    )


def _picture(block: Picture, number: str) -> str:
    kind = "image/svg+xml" if block.format is PictureFormat.SVG else "image/png"
    data = base64.b64encode(block.data).decode("ascii")
    return (
        f"<figure><figcaption>{number}: {_text(block.caption)}</figcaption>"
        f'<img src="data:{kind};base64,{data}" alt="{_text(block.alt)}" '
        f'style="width:{100 * block.width:.0f}%"></figure>'
    )


def _contents(block: Contents, headings: list[Heading]) -> str:
    items = "".join(
        f'<li style="margin-left:{heading.level - 1}rem">'
        f'<a href="#part-{place}">{_text(heading.text)}</a></li>'
        for place, heading in enumerate(headings, 1)
        if heading.level <= block.depth
    )
    title = _text(block.title)
    return f'<nav aria-label="{title}"><h2>{title}</h2><ul>{items}</ul></nav>'


def _runs(words: Words) -> str:
    parts = []
    for span in spans(words):
        text = escape(span.text)
        text = f"<strong>{text}</strong>" if span.strong else text
        parts.append(f'<a href="{escape(span.link)}">{text}</a>' if span.link else text)
    return "".join(parts)


def _text(text: str) -> str:
    return escape(plain(text))
