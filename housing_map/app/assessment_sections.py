"""*Sections*: each as the report will print it, its text and answers edited where they stand."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

import streamlit as st

from housing_map.app import assessment_answers, assessment_blocks, furniture, state, view
from housing_map.app.assessment_ready import SAID
from housing_map.assessment.printed import beside, heading
from housing_map.assessment.report import LONGEST, WIDEST, document
from housing_map.documents.blocks import Heading, Table
from housing_map.escape import markdown_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from housing_map.app.assessment_kept import Held
    from housing_map.assessment.edition import Edition
    from housing_map.assessment.sections.parts import Section
    from housing_map.assessment.sheets import ShownSheet
    from housing_map.documents.blocks import Block


def show(edition: Edition, held: Held | None) -> None:
    """Draw the tab; ``held`` are the saved answers, None where they cannot be reached."""
    made = edition.content
    names = {
        one.id: f"{one.number}. {one.title} ({SAID[one.state].lower()})" for one in made.sections
    }
    chosen = state.pick(st.columns([2, 1])[0], "Section", names, key="assessment_section")
    section = made.section(chosen)
    if section.edited is not None:
        said = "This text was edited."
        if section.changed:
            said += " The figures under it have changed since: read it again."
        furniture.note(said)
    if not edition.sheets or edition.mask is not None:
        furniture.note("Small numbers and services are protected here as in the files.")
    assessment_blocks.show(blocks(edition, section))
    _long(edition, section)
    if view.is_restricted() and held is not None:
        assessment_answers.show(edition, section, held)


def blocks(edition: Edition, section: Section) -> Iterator[Block]:
    """Yield the blocks of a section in the report."""
    title = f"{section.number}. {section.title}"
    rest = iter(document(edition).blocks)
    for block in rest:
        if isinstance(block, Heading) and block.text == title:
            yield block
            break
    yield from takewhile(lambda one: not (isinstance(one, Heading) and one.level == 1), rest)


def _long(edition: Edition, section: Section) -> None:
    """Offer tables that are too long or wide for the report, one at a time."""
    long = {
        sheet.id: sheet
        for one in section.sheets
        if (sheet := edition.by_id.get(one.id)) is not None
        and (len(sheet.rows) > LONGEST or len(sheet.columns) > WIDEST)
    }
    for sheet in long.values():
        part = st.expander(
            f"Whole table: {markdown_text(sheet.title)}",
            key=f"assessment_sheet_{sheet.id}",
            on_change="rerun",
        )
        if part.open:
            with part:
                assessment_blocks.table(whole(sheet))


def whole(sheet: ShownSheet) -> Table:
    """Return every row of a sheet as a table."""
    return Table(
        sheet.title,
        tuple(heading(column) for column in sheet.columns),
        tuple(tuple(cell.text or "–" for cell in row) for row in sheet.rows),
        frozenset(n for n, column in enumerate(sheet.columns) if column.is_figures),
        notes=beside(sheet),
    )
