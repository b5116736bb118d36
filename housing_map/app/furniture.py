"""The parts every page is made of: title, answer, tables, notes, and the way on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from housing_map import words
from housing_map.escape import escape, markdown_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import altair as alt
    import pandas as pd

STYLE: Final = """
<style>
.stMainBlockContainer { padding-top: 4.6rem; max-width: 76rem; }
.stApp h1 { font-size: 2.1rem; font-weight: 700; padding: 0 0 .4rem; }
.stApp h2 { font-size: 1.4rem; font-weight: 700; padding: 1.4rem 0 .3rem; }
.stApp h3 { font-size: 1.1rem; font-weight: 700; padding: 1rem 0 .2rem; }
.hm-answer { font-size: 1.19rem; line-height: 1.5; max-width: 46rem; margin: 0 0 .5rem; }
.hm-answer p { margin: 0 0 .55rem; }
.hm-note { color: #505a5f; max-width: 46rem; margin: 0 0 .6rem; line-height: 1.45; }
.hm-label { display: inline-block; border-left: 4px solid #12436d; padding: .1rem .6rem;
  margin: .2rem 0 .6rem; max-width: 46rem; line-height: 1.45; }
.hm-scroll { overflow-x: auto; margin: .2rem 0 1rem; }
.hm-scroll:focus-visible { outline: 3px solid #12436d; outline-offset: 2px; }
table.hm { border-collapse: collapse; width: 100%; font-size: .95rem; }
table.hm caption { text-align: left; font-weight: 700; padding: 0 0 .4rem; }
table.hm th, table.hm td { text-align: left; vertical-align: top; padding: .42rem .9rem .42rem 0;
  border: 0; border-bottom: 1px solid #b1b4b6; line-height: 1.35; }
table.hm td:not(.n), table.hm tbody th { min-width: 7.5rem; }
table.hm th { font-weight: 700; }
table.hm tbody th { font-weight: 400; }
table.hm .n { text-align: right; font-variant-numeric: tabular-nums; }
table.hm td.n, table.hm .n span { white-space: nowrap; }
table.hm td.range { white-space: normal; }
.hm-list { max-width: 50rem; line-height: 1.5; padding-left: 1.3rem; margin: 0 0 1rem; }
.hm-list li { margin: 0 0 .45rem; }
.hm-foot { color: #505a5f; font-size: .86rem; border-top: 1px solid #b1b4b6; margin-top: 2.5rem;
  padding-top: .8rem; line-height: 1.5; max-width: 60rem; }
.hm-foot p { margin: 0 0 .35rem; }
.hm-answer, .hm-note, .hm-label, .hm-list, .hm-foot { overflow-wrap: anywhere; }
</style>
"""


def page(title: str, answer: Sequence[str], *, label: str | None = None) -> None:
    """Head a page: its question, the answer in sentences, and what kind of answer it is."""
    st.title(title, anchor=False)
    paragraphs = "".join(f"<p>{escape(sentence)}</p>" for sentence in answer)
    st.html(f'<div class="hm-answer">{paragraphs}</div>')
    if label:
        st.html(f'<p class="hm-label">{escape(label)}</p>')


def section(title: str) -> None:
    """Head a section of a page."""
    st.header(markdown_text(title), anchor=False)


def note(text: str) -> None:
    """Show a quiet paragraph."""
    st.html(f'<p class="hm-note">{escape(text)}</p>')


def bullets(items: Iterable[str], *, ordered: bool = False) -> None:
    """Show a list of sentences."""
    tag = "ol" if ordered else "ul"
    rows = "".join(f"<li>{escape(item)}</li>" for item in items)
    st.html(f'<{tag} class="hm-list">{rows}</{tag}>')


def table(frame: pd.DataFrame, caption: str, *, numbers: Iterable[str] = ()) -> None:
    """Show a table that reads aloud well: caption, column and row headers, escaped text.

    The first column heads its row. ``numbers`` are set to the right.
    """
    st.html(table_html(frame, caption, numbers=numbers))


def table_html(frame: pd.DataFrame, caption: str, *, numbers: Iterable[str] = ()) -> str:
    """Return the HTML of :func:`table`."""
    right = {str(name) for name in numbers}

    def css(name: object) -> str:
        return ' class="n"' if str(name) in right else ""

    def shown(name: object, cell: object) -> str:
        # In a narrow column the range goes under its figure, whole.
        figure, bracket, interval = str(cell).partition(" (")
        if str(name) not in right or not bracket:
            return f"<td{css(name)}>{escape(cell)}</td>"
        parts = f"<span>{escape(figure)}</span> <span>({escape(interval)}</span>"
        return f'<td class="n range">{parts}</td>'

    head = "".join(f'<th scope="col"{css(name)}>{escape(name)}</th>' for name in frame.columns)
    body = []
    for row in frame.astype(object).itertuples(index=False, name=None):
        cells = [f'<th scope="row">{escape(row[0])}</th>']
        cells += map(shown, frame.columns[1:], row[1:])
        body.append(f"<tr>{''.join(cells)}</tr>")
    return (
        f'<div class="hm-scroll" tabindex="0" role="region" aria-label="{escape(caption)}">'
        f'<table class="hm"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table></div>"
    )


def chart(picture: alt.LayerChart) -> None:
    """Show a chart; its description says the same in words to people who hear the page."""
    st.altair_chart(picture, theme=None, width="stretch")


def rests_on(lines: Iterable[str]) -> None:
    """Say what a page rests on, and how sure it is."""
    section("What this rests on")
    bullets(lines)


def planning_only() -> None:
    """Say that the page plans provision and decides nobody's case."""
    st.html(f'<p class="hm-label"><strong>{escape(words.PLANNING_ONLY)}</strong></p>')


def footer(lines: Iterable[str]) -> None:
    """Credit the sources at the foot of every page."""
    rows = "".join(f"<p>{escape(line)}</p>" for line in lines)
    st.html(f'<div class="hm-foot">{rows}</div>')
