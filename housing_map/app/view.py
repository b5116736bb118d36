"""Two views of the app: for planning, which is restricted, and for the public.

Until there are roles, whoever runs the program on their own machine sees the restricted view, and
a switch at the foot of each page shows the other. ``HOUSING_MAP_VIEW=publishable`` locks the app
to what may be published, for a screen that others see.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

import streamlit as st

from housing_map.app import furniture
from housing_map.assessment.sheets import View

if TYPE_CHECKING:
    from collections.abc import Callable

ENVIRONMENT_VARIABLE: Final = "HOUSING_MAP_VIEW"
_KEPT: Final = "kept_view"


def locked() -> bool:
    """Whether the app shows only what may be published, whatever the reader would choose."""
    return os.environ.get(ENVIRONMENT_VARIABLE, "").strip().lower() == View.PUBLISHABLE


def current() -> View:
    """Return the view the reader has chosen; the restricted one at first."""
    if locked():
        return View.PUBLISHABLE
    return View(st.session_state.get(_KEPT, View.RESTRICTED))


def is_restricted() -> bool:
    """Whether what is for planning alone may be shown."""
    return current() is View.RESTRICTED


def switch() -> None:
    """Say at the foot of a page which view this is, and offer the other."""
    if locked():
        furniture.note("This is the view for the public: answers by part of the approach.")
        return
    if is_restricted():
        said = "This is the view for planning: it names services and how full they are."
        label, other = "Show what may be published", View.PUBLISHABLE
    else:
        said = "This is the view for the public: answers by part of the approach, and helplines."
        label, other = "Show the view for planning", View.RESTRICTED

    def choose() -> None:
        st.session_state[_KEPT] = other

    furniture.note(said)
    st.button(label, key="switch_view", on_click=choose)


def for_planning(title: str) -> Callable[[], None]:
    """Return a page that says that what stands here is for planning alone."""

    def show() -> None:
        furniture.page(
            title,
            [
                "This page is for planning, and is not shown in the view for the public: where one "
                "service matches, it could tell a perpetrator where somebody went.",
                "What help there is, by part of the approach and by home, stands on the page What "
                "help is there? Anyone in danger should ring 999.",
            ],
        )

    return show
