"""The app's frame: navigation, what is common to all pages, and a pack that has errors."""

from __future__ import annotations

import streamlit as st

from housing_map import __version__
from housing_map.app import data_and_method, furniture, gaps_page, overview, state, where, who_helps
from housing_map.errors import Severity


def main() -> None:
    """Draw the page the reader has chosen."""
    st.set_page_config(
        page_title="Whole Housing provision map",
        page_icon=":material/home:",
        layout="wide",
        initial_sidebar_state="auto",
    )
    st.html(furniture.STYLE)
    pack, problems = state.loaded()
    if pack is None:
        _broken_pack([str(p) for p in problems if p.severity is Severity.ERROR])
        return
    pages = [
        st.Page(overview.show, title="Who has a route?", url_path="overview", default=True),
        st.Page(where.show, title="Where?", url_path="map"),
        st.Page(gaps_page.show, title="For whom?", url_path="gaps"),
        st.Page(who_helps.show, title="Who can help?", url_path="who-can-help"),
        st.Page(data_and_method.show, title="How do we know?", url_path="data-and-method"),
    ]
    chosen = st.navigation({f"{pack.info.title}: homes and safety": pages})
    chosen.run()
    furniture.footer(
        [
            f"Data pack: {pack.info.title}, figures as at {pack.info.reference_date:%-d %B %Y}. "
            f"Program version {__version__}. Nothing on this page is sent anywhere.",
            *pack.info.attribution,
        ]
    )


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
