"""The brief for the commissioning group, to take along from a comparison or a best set."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import streamlit as st

from housing_map.app import furniture
from housing_map.documents.files import as_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from housing_map.documents.blocks import Document

_SORTS: Final = {
    ".docx": ("Word", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ".pdf": ("PDF", "application/pdf"),
}


def show(content: Callable[[], Document], name: str, *, key: str) -> None:
    """Offer a brief of two pages in Word and PDF; it is made when somebody asks for it."""
    furniture.section("A brief for the commissioning group")
    furniture.note(
        "Two pages: what is proposed, whom it helps and whom it leaves out, what it costs as far "
        "as anybody has said, what it rests on, and what would change the answer. For planning: it "
        "names services."
    )
    for column, (ending, (label, sort)) in zip(st.columns(4), _SORTS.items(), strict=False):
        column.download_button(
            f"Brief in {label}",
            partial(_made, content, ending),
            file_name=f"{name}{ending}",
            mime=sort,
            key=f"{key}{ending}",
        )


def _made(content: Callable[[], Document], ending: str) -> bytes:
    return as_file(content(), ending)
