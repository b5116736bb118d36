"""The app's frame: navigation, what is common to all pages, and a pack that has errors."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

import numpy as np
import streamlit as st
from PIL import Image

from housing_map import __version__
from housing_map.app import furniture, state, view
from housing_map.errors import Severity, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlit.navigation.page import StreamlitPage

_BLUE: Final = (18, 67, 109)

PAGES: Final = (
    ("overview", "Who has a route?", ""),
    ("where", "Where?", "map"),
    ("gaps_page", "For whom?", "gaps"),
    ("who_helps", "Who can help?", "who-can-help"),
    ("help_page", "What help is there?", "help"),
    ("scenarios_page", "What if?", "scenarios"),
    ("resilience_page", "What if it ended?", "resilience"),
    ("assessment_page", "What do we publish?", "assessment"),
    ("monitoring_page", "What is happening?", "monitoring"),
    ("data_and_method", "How do we know?", "data-and-method"),
)
"""Module, title and address of each page, in the order of the navigation."""
PLANNING: Final = frozenset({"who_helps", "scenarios_page", "resilience_page"})
"""Pages about single services: shown in the view for planning alone (design, section 4)."""


def main() -> None:
    """Draw the page the reader has chosen."""
    st.set_page_config(
        page_title="Whole Housing provision map",
        page_icon=_icon(),
        layout="wide",
        initial_sidebar_state="auto",
    )
    st.html(furniture.STYLE)
    try:
        pack, problems = state.loaded()
    except UsageError as error:
        furniture.page("The data cannot be used yet", [str(error)])
        return
    if pack is None:
        _broken_pack([str(p) for p in problems if p.severity is Severity.ERROR])
        return
    chosen = st.navigation(_pages(), position="top")
    chosen.run()
    view.switch()
    furniture.footer(
        [
            f"Data pack: {pack.info.title}, figures as at {pack.info.reference_date:%-d %B %Y}. "
            f"Program version {__version__}. Nothing on this page is sent anywhere.",
            *pack.info.attribution,
        ]
    )


def _pages() -> list[StreamlitPage]:
    """Return the pages of the view: those for planning say so in the view for the public."""
    public = not view.is_restricted()
    return [
        st.Page(
            view.for_planning(title) if public and module in PLANNING else _page(module),
            title=title,
            url_path=path,
            default=not path,
            visibility="hidden" if public and module in PLANNING else "visible",
        )
        for module, title, path in PAGES
    ]


def _page(module: str) -> Callable[[], None]:
    """Return what draws a page.

    Its module loads when it is opened, so that the first page paints before the solvers and maps
    of the others are read in.
    """

    def show() -> None:
        import_module(f"housing_map.app.{module}").show()

    show.__name__ = module
    return show


def _icon() -> Image.Image:
    """Draw the tab's icon here: a named icon would be fetched from somebody else's server."""
    picture = np.full((32, 32, 3), 255, dtype=np.uint8)
    picture[14:28, 6:26] = picture[20:28, 14:18] = _BLUE
    picture[20:28, 14:18] = 255
    for row in range(11):
        picture[4 + row, 16 - row : 16 + row] = _BLUE
    return Image.fromarray(picture)


def _broken_pack(lines: list[str]) -> None:
    furniture.page(
        "The data cannot be used yet",
        [
            f"There {'is' if len(lines) == 1 else 'are'} {len(lines)} "
            f"problem{'' if len(lines) == 1 else 's'} to mend. Nothing was changed.",
        ],
    )
    furniture.bullets(lines)
    furniture.note("The same list comes from the command: housing-map validate")
