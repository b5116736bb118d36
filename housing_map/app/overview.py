"""*Who has a route?* What exists, what is absent, what is unknown; then the cascade."""

from __future__ import annotations

from importlib import import_module

from housing_map import words
from housing_map.app import furniture, state, view
from housing_map.inventory import inventory
from housing_map.vocabulary import Goal, Pathway


def show() -> None:
    """Draw the page: first what needs no solver, so that it paints at once."""
    pack = state.the_pack()
    found = inventory(pack, pack.info.reference_date)
    said = words.inventory_sentences(found, public=not view.is_restricted())
    furniture.page("Who has a route to a safe home?", said)
    chosen = state.filters([state.GOAL, state.PATHWAY])
    result = state.result(Goal(chosen["goal"]), Pathway(chosen["pathway"]))
    import_module("housing_map.app.cascade_view").show(result)
