"""A box to open a text file from the reader's own computer: the browser's own, with its label.

The file is read in the browser and comes as text, once; nothing is kept on the server. Streamlit's
own box marks a part that takes the focus as one that means nothing, which screen readers trip over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import streamlit as st

LARGEST_BYTES: Final = 1_000_000
"""Most bytes of a file: a larger one is refused before it is sent."""

# The words stand in the markup and come from nobody's data.
_HTML: Final = """
<label for="file">Open a file of a scenario (JSON, 1 MB at most)</label>
<input id="file" type="file" accept=".json,application/json">
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
""".replace("LIMIT", str(LARGEST_BYTES))


@dataclass(frozen=True, slots=True)
class Given:
    """A file that the reader has chosen: its text, or that it is too large to be read."""

    text: str
    large: bool


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
    return st.components.v2.component("housing_map_file_box", html=_HTML, css=_CSS, js=_JS)
