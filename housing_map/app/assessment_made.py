"""What an assessment is made from on the page, and what it comes to: worked out once for all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from housing_map.app.assessment_kept import key_of
from housing_map.assessment import answers as forms
from housing_map.assessment import edition
from housing_map.assessment.edition import Inputs
from housing_map.scenario import written

if TYPE_CHECKING:
    from collections.abc import Hashable
    from datetime import date

    from housing_map.assessment.content import Content
    from housing_map.assessment.edition import Edition
    from housing_map.assessment.sheets import View

YEARS: Final = 5
"""Financial years to choose from: the one that holds the reference date, and those before it."""


def periods(on: date) -> tuple[str, ...]:
    """Return the financial years to choose from, newest first.

    >>> from datetime import date
    >>> periods(date(2026, 4, 1))[:2]
    ('2026-27', '2025-26')
    """
    year = on.year if (on.month, on.day) >= (4, 1) else on.year - 1
    return tuple(f"{y}-{(y + 1) % 100:02d}" for y in range(year, year - YEARS, -1))


def key(inputs: Inputs) -> Hashable:
    """Return what tells one set of inputs from every other."""
    return (
        inputs.pack.digest,
        inputs.period,
        forms.written(inputs.answers),
        inputs.settings,
        None if inputs.earlier is None else inputs.earlier.digest,
        key_of([str(one) for one in inputs.gaps]),
        None if inputs.scenario is None else written(inputs.scenario),
        inputs.word_template,
        tuple(one.digest for one in inputs.published),
    )


@st.cache_resource(show_spinner="Making the assessment…", max_entries=16, hash_funcs={Inputs: key})
def content(inputs: Inputs) -> Content:
    """Return the content; raises UsageError for inputs that make no sense."""
    return inputs.content()


@st.cache_resource(show_spinner=False, max_entries=16, hash_funcs={Inputs: key})
def made(inputs: Inputs, view: View) -> Edition:
    """Return the edition of a view; raises DisclosureError where it would give something away."""
    return edition.build(inputs, view, content(inputs))
