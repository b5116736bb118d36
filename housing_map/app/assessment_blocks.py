"""Blocks of a document on a page: the preview of a section is what the report will print."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final

import streamlit as st

from housing_map.app import furniture
from housing_map.documents.blocks import (
    Bars,
    Bullets,
    Heading,
    Paragraph,
    Picture,
    PictureFormat,
    Style,
    Table,
    spans,
)
from housing_map.escape import escape, markdown_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from housing_map.documents.blocks import Block, Words

_STYLE: Final = """
<style>
.hm-prose { max-width: 46rem; line-height: 1.5; margin: 0 0 .7rem; overflow-wrap: anywhere; }
.hm-bar { height: .6rem; margin: .2rem 0; }
.hm-stack { display: flex; }
.hm-stack .hm-bar { height: 1rem; border-right: 1px solid #fff; box-sizing: border-box; }
.hm-swatch { display: inline-block; width: .7rem; height: .7rem; }
table.hm td.hm-bars { width: 34%; min-width: 9rem; }
.hm-figure { margin: .2rem 0 1rem; max-width: 40rem; }
.hm-figure img { max-width: 100%; height: auto; }
.hm-figure figcaption { font-weight: 700; padding: 0 0 .4rem; }
</style>
"""


def show(blocks: Iterable[Block]) -> None:
    """Draw blocks one under another."""
    st.html(_STYLE)
    for block in blocks:
        match block:
            case Heading(level=1):
                furniture.section(block.text)
            case Heading():
                st.subheader(markdown_text(block.text), anchor=False)
            case Paragraph(style=Style.NOTE):
                st.html(f'<p class="hm-note">{_runs(block.words)}</p>')
            case Paragraph():
                st.html(f'<p class="hm-prose">{_runs(block.words)}</p>')
            case Bullets():
                furniture.bullets("".join(s.text for s in spans(one)) for one in block.items)
            case Table():
                table(block)
            case Bars():
                _bars(block)
            case Picture():
                _picture(block)


def table(block: Table) -> None:
    """Draw a table with its notes."""
    head = [(name, n in block.numeric) for n, name in enumerate(block.headers)]
    rows = [
        f'<th scope="row">{escape(row[0])}</th>'
        + "".join(
            f"<td{_right(n in block.numeric)}>{escape(cell)}</td>"
            for n, cell in enumerate(row[1:], start=1)
        )
        for row in block.rows
    ]
    heads = "".join(f'<th scope="col"{_right(right)}>{escape(name)}</th>' for name, right in head)
    _framed(block.caption, heads, rows)
    _notes(block.notes)


def _bars(block: Bars) -> None:
    several = len(block.series) > 1
    head = f'<th scope="col">{escape(block.what)}</th><td></td>' + "".join(
        '<th scope="col" class="n">'
        + (f'<span class="hm-swatch" style="background:{escape(ink)}"></span> ' if several else "")
        + f"{escape(name)}</th>"
        for name, ink in zip(block.series, block.inks, strict=True)
    )
    rows = []
    for row, shares in zip(block.rows, block.shares(), strict=True):
        drawn = "".join(
            f'<div class="hm-bar" style="width:{100 * share:.2f}%;background:{escape(ink)}"></div>'
            for share, ink in zip(shares, block.inks, strict=True)
        )
        drawn = f'<div class="hm-stack">{drawn}</div>' if block.stacked else drawn
        rows.append(
            f'<th scope="row">{escape(row.label)}</th>'
            f'<td class="hm-bars" aria-hidden="true">{drawn}</td>'
            + "".join(f'<td class="n">{escape(text)}</td>' for text in row.texts)
        )
    _framed(block.caption, head, rows)
    _notes(block.notes)


def _picture(block: Picture) -> None:
    kind = "image/svg+xml" if block.format is PictureFormat.SVG else "image/png"
    data = base64.b64encode(block.data).decode("ascii")
    st.html(
        f'<figure class="hm-figure"><figcaption>{escape(block.caption)}</figcaption>'
        f'<img src="data:{kind};base64,{data}" alt="{escape(block.alt)}"></figure>'
    )


def _framed(caption: str, head: str, rows: Sequence[str]) -> None:
    """Set a table in a frame that scrolls by itself where the screen is narrow."""
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    st.html(
        f'<div class="hm-scroll" tabindex="0" role="region" aria-label="{escape(caption)}">'
        f'<table class="hm"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _notes(notes: Iterable[str]) -> None:
    for note in notes:
        furniture.note(note)


def _right(right: bool) -> str:  # noqa: FBT001 - of one cell
    return ' class="n"' if right else ""


def _runs(words: Words) -> str:
    return "".join(
        f"<strong>{escape(span.text)}</strong>" if span.strong else escape(span.text)
        for span in spans(words)
    )
