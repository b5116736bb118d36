"""*Send figures in*: the template, a file that comes back, what it changes, and taking it back.

Nothing is applied until the reader agrees, and the last import can be taken back. Returns are
restricted: they go into a copy of the pack of one's own, never into the one that ships.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import streamlit as st

from housing_map.app import file_box, furniture, state
from housing_map.errors import HousingMapError
from housing_map.importers import changes, incoming
from housing_map.importers.template import template

if TYPE_CHECKING:
    from housing_map.importers.incoming import Incoming
    from housing_map.pack import Pack

_SORTS: Final = {
    incoming.Sort.RETURN: "A filled-in template",
    incoming.Sort.HOMELESSNESS: "Published: statutory homelessness, detailed tables",
    incoming.Sort.SAFE_ACCOMMODATION: "Published: support in safe accommodation",
}
_SAID: Final = "figures_in_said"
_FILE: Final = "figures_in_file"
_MOST_SHOWN: Final = 200


def show() -> None:
    """Draw the tab."""
    pack = state.the_pack()
    if said := st.session_state.pop(_SAID, ""):
        furniture.note(said)
    furniture.section("Ask for figures")
    _template(pack)
    furniture.section("Bring figures in")
    _upload(pack)
    _history(pack)


def _template(pack: Pack) -> None:
    """Offer the workbook: for all services, or for those of one organisation."""
    rows = pack["organisations"]
    names = {"": "All services"} | dict(
        zip(rows["organisation_id"].astype(str), rows["name"].astype(str), strict=True)
    )
    whose = state.pick(st.columns(2)[0], "For whom", names, key="template_for")
    furniture.note(
        "A workbook with instructions, lists to choose from, and what is held already. What comes "
        "back is restricted: it holds small numbers."
    )
    st.download_button(
        "Download the workbook",
        # Made when it is asked for, so that the page does not wait.
        lambda: template(pack, organisation=whose or None),
        file_name=f"{pack.info.name}-{whose or 'all'}.xlsx",
        mime="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        key="template_file",
    )


def _upload(pack: Pack) -> None:
    sort = state.pick(st.columns(2)[0], "What comes in", _SORTS, key="incoming_sort")
    given = file_box.book_box(f"incoming_{sort}")
    if given is not None:
        st.session_state[_FILE] = (sort, given)
    kept_sort, file = st.session_state.get(_FILE, (None, None))
    if file is None or kept_sort != sort:
        furniture.note("You see first what would change. Nothing is, until you agree.")
        return
    if file.large:
        furniture.note("The file is larger than 32 MB, and was not read.")
        return
    furniture.note(f"Read: {file.name}.")
    found = incoming.look(file.content, file.name, pack, sort)
    _show(found)
    if not found.can_apply or found.errors:
        return
    if pack.folder.resolve() == changes.shipped_folder():
        _make_copy(pack)
    elif st.button("Take these figures over", key="incoming_apply", type="primary"):
        try:
            taken = found.take_over(pack.folder)
        except HousingMapError as error:
            furniture.note(f"Nothing was changed: {error}.")
            return
        del st.session_state[_FILE]
        st.session_state[_SAID] = f"Taken over: {', '.join(taken)}. It can be taken back below."
        st.rerun()


def _show(found: Incoming) -> None:
    """Show every problem at its place, and every cell that would change."""
    if found.errors:
        furniture.note(f"{len(found.errors)} to mend first. Nothing was changed.")
        furniture.bullets(found.errors)
    if found.warnings:
        with st.expander(f"{len(found.warnings)} to look at"):
            furniture.bullets(found.warnings)
    if found.changes.empty:
        furniture.note("It says what the data says already.")
        return
    furniture.table(
        found.changes.head(_MOST_SHOWN),
        f"{len(found.changes)} cells that would change"
        + (f" (the first {_MOST_SHOWN})" if len(found.changes) > _MOST_SHOWN else ""),
        numbers=["Before", "After"],
    )


def _make_copy(pack: Pack) -> None:
    """Say that the shipped pack is public, and make a copy of one's own where wished."""
    furniture.note(
        "The data in use is what ships with the program, and is public. Make a copy of your own "
        "first; then start the app with --data and the name of its folder."
    )
    folder = st.text_input("Folder for the copy, new or empty", key="own_copy_folder")
    if folder and st.button("Make the copy", key="own_copy"):
        try:
            made = changes.own_copy(pack, Path(folder).expanduser())
        except HousingMapError as error:
            furniture.note(f"No copy was made: {error}.")
            return
        furniture.note(f"Made. Start the app with: housing-map app --data {made}")


def _history(pack: Pack) -> None:
    done = changes.history(pack.folder)
    if not done:
        return
    furniture.section("What was brought in")
    furniture.bullets(f"{one.why}: {', '.join(one.files)}" for one in done)
    if st.button("Take the last one back", key="incoming_undo"):
        try:
            back = changes.undo(pack.folder)
        except HousingMapError as error:
            furniture.note(f"Nothing was changed: {error}.")
            return
        st.session_state[_SAID] = f"Taken back: {back.why}."
        st.rerun()
