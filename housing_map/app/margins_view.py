"""What one place more would help, pool by pool: a part of *For whom?*."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from housing_map import words
from housing_map.app import furniture
from housing_map.margins import margins
from housing_map.vocabulary import RUNS, Sharing

if TYPE_CHECKING:
    from housing_map.margins import Margin
    from housing_map.model import Result
    from housing_map.vocabulary import Run

_NOTHING: Final = 0.05
"""Households a year below which one more helps nobody."""


def show(result: Result, run: Run) -> None:
    """Draw the section for one run of a result."""
    found = margins(result[run].cells) if result.settings.sharing is Sharing.BEST else ()
    if not found:
        return
    furniture.section("What one place more would help")
    furniture.note(
        "The whole model is asked again with one place more. A place helps where the rest of its "
        "kind is full, and where there is a way on from it. For your own planning: it names "
        "kinds of provision by how full they are."
    )
    frame = pd.DataFrame([_row(one) for one in found])
    furniture.table(
        frame,
        f"Illustration: households a year, {RUNS[run].label.lower()} run, modelled",
        numbers=list(frame.columns[1:]),
    )


def _row(one: Margin) -> dict[str, str]:
    helps = f"{one.one_more:.1f}" if one.one_more > _NOTHING else "nobody"
    return {
        "Provision": one.label,
        "There is": f"{one.capacity:g} {one.basis}",
        "In use": f"{min(one.used, 1.0):.0%}",
        "One more helps": helps,
        "Full, and in the way of": words.about(one.stands_in_the_way_of),
    }
