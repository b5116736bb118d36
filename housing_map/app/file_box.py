"""A box to open a file from the reader's own computer: the browser's own, with its label.

The file is read in the browser and comes once, as text or as bytes; nothing is kept on the server.
Streamlit's own box marks a part that takes the focus as one that means nothing, which screen
readers trip over.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any, Final

import streamlit as st

LARGEST_BYTES: Final = 1_000_000
"""Most bytes of a text file: a larger one is refused before it is sent."""
LARGEST_BOOK: Final = 32_000_000
"""Most bytes of a spreadsheet."""

# The words stand in the markup and come from nobody's data.
_HTML: Final = """
<label for="file">Open a file of a scenario (JSON, 1 MB at most)</label>
<input id="file" type="file" accept=".json,application/json">
"""
_BOOK_HTML: Final = """
<label for="file">Open a spreadsheet (XLSX or ODS, 32 MB at most)</label>
<input id="file" type="file" accept=".xlsx,.ods">
"""
_WORD_HTML: Final = """
<label for="file">Open a Word template (DOCX, 5 MB at most)</label>
<input id="file" type="file" accept=".docx">
"""
_CSS: Final = """
label { display: block; font: 14px Arial, Helvetica, sans-serif; color: #0b0c0c;
  margin: 0 0 6px; }
input { font: 16px Arial, Helvetica, sans-serif; color: #0b0c0c; max-width: 100%; }
input::file-selector-button { font: 14px Arial, Helvetica, sans-serif; color: #0b0c0c;
  background: #ffffff; border: 1px solid #b1b4b6; border-radius: 8px; padding: 9px 12px;
  margin: 0 10px 0 0; cursor: pointer; }
input:focus-visible { outline: 3px solid #12436d; outline-offset: 2px; }
"""
_JS: Final = """
export default function ({ parentElement, setTriggerValue }) {
  const box = parentElement.querySelector("input");
  box.onchange = async () => {
    const file = box.files[0];
    if (!file) return;
    const large = file.size > LIMIT;
    setTriggerValue("file", { large, text: large ? "" : await file.text() });
    box.value = "";
  };
}
"""
_TEXT_JS: Final = _JS.replace("LIMIT", str(LARGEST_BYTES))
_BOOK_JS: Final = _JS.replace("LIMIT", str(LARGEST_BOOK)).replace(
    'text: large ? "" : await file.text()',
    """name: file.name, text: large ? "" : await new Promise((done) => {
      const reader = new FileReader();
      reader.onload = () => done(String(reader.result).split(",")[1] || "");
      reader.readAsDataURL(file);
    })""",
)


@dataclass(frozen=True, slots=True)
class Given:
    """A file that the reader has chosen: its text, or that it is too large to be read."""

    text: str
    large: bool


@dataclass(frozen=True, slots=True)
class Book:
    """An office file that the reader has chosen: its name and bytes, or that it is too large."""

    name: str
    content: bytes
    large: bool


def book_box(key: str) -> Book | None:
    """Draw a box for spreadsheets; return the file, once, when the reader has chosen one."""
    found: Any = _books()(key=key, on_file_change=lambda: None)
    return read_book(found.file)


def word_box(key: str) -> Book | None:
    """Draw a box for a Word template; return the file, once, when the reader has chosen one."""
    found: Any = _words()(key=key, on_file_change=lambda: None)
    return read_book(found.file)


def read_book(value: object) -> Book | None:
    """Read what the browser sent as bytes; None where it is no file."""
    if not isinstance(value, dict):
        return None
    name, text, large = value.get("name"), value.get("text"), value.get("large")
    if not (isinstance(name, str) and isinstance(text, str) and isinstance(large, bool)):
        return None
    try:
        content = b"" if large else base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    too_large = large or len(content) > LARGEST_BOOK
    # A name is for people alone: nothing is opened by it.
    return Book(name.replace("\\", "/").rpartition("/")[2][:120], content[:LARGEST_BOOK], too_large)


def file_box(key: str) -> Given | None:
    """Draw the box; return the file, once, when the reader has chosen one."""
    found: Any = _box()(key=key, on_file_change=lambda: None)
    return read(found.file)


def read(value: object) -> Given | None:
    """Read what the browser sent, which is not to be trusted: None where it is no file."""
    if not isinstance(value, dict):
        return None
    text, large = value.get("text"), value.get("large")
    if not isinstance(text, str) or not isinstance(large, bool):
        return None
    too_large = large or len(text.encode("utf-8", "replace")) > LARGEST_BYTES
    return Given("" if too_large else text, too_large)


@st.cache_resource
def _box() -> Any:  # noqa: ANN401 - what Streamlit returns
    return st.components.v2.component("housing_map_file_box", html=_HTML, css=_CSS, js=_TEXT_JS)


@st.cache_resource
def _books() -> Any:  # noqa: ANN401 - what Streamlit returns
    return st.components.v2.component(
        "housing_map_book_box", html=_BOOK_HTML, css=_CSS, js=_BOOK_JS
    )


@st.cache_resource
def _words() -> Any:  # noqa: ANN401 - what Streamlit returns
    return st.components.v2.component(
        "housing_map_word_box", html=_WORD_HTML, css=_CSS, js=_BOOK_JS
    )
