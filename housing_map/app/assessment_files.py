"""*Files*: a release is written in a process of its own, with progress and a way to stop it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

import pandas as pd
import streamlit as st

from housing_map.app import (
    assessment_made,
    assessment_work,
    best_set_runs,
    file_box,
    furniture,
    view,
)
from housing_map.app.background import State
from housing_map.assessment.own_text import doubts
from housing_map.assessment.sheets import View
from housing_map.documents.word import TEMPLATE, check_template
from housing_map.errors import HousingMapError, UsageError

if TYPE_CHECKING:
    from housing_map.app.assessment_work import Written
    from housing_map.app.background import Look
    from housing_map.app.file_box import Book
    from housing_map.assessment.edition import Inputs

_OFFICE: Final = "application/vnd.openxmlformats-officedocument"
_TYPES: Final = {
    ".xlsx": ("Workbook for Excel", f"{_OFFICE}.spreadsheetml.sheet"),
    ".ods": ("Workbook as OpenDocument", "application/vnd.oasis.opendocument.spreadsheet"),
    ".docx": ("Report for Word", f"{_OFFICE}.wordprocessingml.document"),
    ".pdf": ("Report as tagged PDF", "application/pdf"),
    ".html": ("Report that opens in a browser, without a network", "text/html"),
    ".gpkg": ("Maps for QGIS (GeoPackage)", "application/geopackage+sqlite3"),
    ".geojson": ("Map data (GeoJSON)", "application/geo+json"),
    ".csv": ("Table (CSV)", "text/csv"),
    ".json": ("Description", "application/json"),
}
_TEMPLATE: Final = "assessment_template"
_MAPS: Final = "Page of maps that opens in a browser, without a network"
_SAID: Final = {
    View.PUBLISHABLE: "These files may be published: what could tell somebody apart is left out, "
    "and the release is attacked before it is written.",
    View.RESTRICTED: "These files are restricted: every figure stands as it is. Keep them among "
    "those who plan, and change the view at the foot of the page for files to publish.",
}


def show(inputs: Inputs) -> None:
    """Draw the tab."""
    which = view.current()
    furniture.note(_SAID[which])
    look = None if view.locked() else _look()
    if which is View.PUBLISHABLE:
        _read_again(inputs)
    inputs = replace(inputs, word_template=look)
    run = best_set_runs.Run(
        assessment_work.release, (inputs, which), (assessment_made.key(inputs), which)
    )
    best_set_runs.part(
        run,
        offer="A release is a workbook, a report, maps and data that agree with each other, with "
        "a manifest of what they were made from. It takes some seconds.",
        button="Write the files",
        said=_progress,
        draw=_written,
    )


def _read_again(inputs: Inputs) -> None:
    """Point at own words that may tell of a few people: the mask cannot read them."""
    try:
        found = doubts(assessment_made.made(inputs, View.PUBLISHABLE))
    except HousingMapError:
        return  # what cannot be published says so when it is written
    if found:
        furniture.section("Read again before you publish")
        furniture.bullets(found)


def _look() -> bytes | None:
    """Offer the look of the report to be changed; return the reader's own template, if any."""
    kept: Book | None = st.session_state.get(_TEMPLATE)
    part = st.expander("The look of the Word report", key="assessment_look", on_change="rerun")
    if part.open:
        with part:
            furniture.note(
                "The report takes fonts, colours and margins from a Word template. Download it, "
                "change its styles, and open it here."
            )
            st.download_button(
                "Download the template",
                TEMPLATE.read_bytes,
                file_name="report-template.docx",
                mime=_type(".docx")[1],
                key="assessment_shipped_template",
                on_click="ignore",
            )
            if (given := file_box.word_box("assessment_own_template")) is not None:
                kept = _taken(given) or kept
                st.session_state[_TEMPLATE] = kept
            if kept is not None and st.button(
                "Go back to the shipped look", key="assessment_plain"
            ):
                kept = st.session_state[_TEMPLATE] = None
    if kept is None:
        return None
    furniture.note(f"The Word report takes its look from {kept.name}.")
    return kept.content


def _taken(given: Book) -> Book | None:
    """Return a template that can be used; say what is wrong with one that cannot."""
    try:
        check_template(given.content)
    except UsageError as error:
        furniture.note(f"{given.name} cannot be used. {error}.")
        return None
    return given


def _progress(look: Look[Written]) -> str:
    if look.state is State.WAITING or not look.of:
        return "Waiting for the files to be begun…"
    return f"Writing the files: {look.done} of {look.of} steps done…"


def _written(made: Written) -> None:
    """Offer the whole as one file, and each file by itself."""
    st.download_button(
        f"Download all {len(made.files)} files in one ZIP file ({_size(len(made.content))})",
        made.content,
        file_name=made.name,
        mime="application/zip",
        key="assessment_zip",
        type="primary",
        on_click="ignore",
    )
    frame = pd.DataFrame(
        [{"File": path, "What it is": _what(path), "Size": _size(size)}
         for path, size in made.files]
    )  # fmt: skip
    paths = [path for path, _ in made.files]
    chosen = st.columns([2, 1])[0].selectbox(
        "One file", paths, format_func=lambda path: f"{_what(path)}: {PurePosixPath(path).name}",
        key="assessment_file",
    )  # fmt: skip
    if chosen is not None:
        st.download_button(
            "Download this file",
            lambda: made.read(chosen),
            file_name=PurePosixPath(chosen).name,
            mime=_type(chosen)[1],
            key="assessment_one_file",
            on_click="ignore",
        )
    furniture.table(frame, f"The {len(made.files)} files of the release", numbers=["Size"])
    furniture.note(
        "Whoever has the data pack can make the same release again and compare it to the byte: "
        "housing-map assess --verify FOLDER."
    )


def _type(path: str) -> tuple[str, str]:
    return _TYPES.get(PurePosixPath(path).suffix, ("File", "application/octet-stream"))


def _what(path: str) -> str:
    if path.endswith("-maps.html"):
        return _MAPS
    return "Manifest" if path == "manifest.json" else _type(path)[0]


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{max(1, round(count / 1e3))} kB"  # noqa: PLR2004 - a million bytes
