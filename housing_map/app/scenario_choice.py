"""Which scenarios a page can be asked about: the one being built, saved ones, ready-made ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from housing_map import scenario
from housing_map.app import scenario_builder, scenario_draft, scenario_shelf, state

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streamlit.delta_generator import DeltaGenerator

    from housing_map.pack import Pack
    from housing_map.scenario import Scenario

DRAFT: Final = "draft"
_NONE: Final = ""

Offered = tuple[str, "Scenario | str"]
"""The label of a scenario, and the scenario or the text of a saved one."""


def offered(pack: Pack) -> Mapping[str, Offered]:
    """Return all that can be chosen, by a code."""
    found: dict[str, Offered] = {}
    draft = scenario_draft.scenario()
    if draft.changes:
        found[DRAFT] = (f"What you are building: {draft.name}", draft)
    for code, (name, content) in scenario_shelf.kept_scenarios().items():
        found[f"kept:{code}"] = (f"Saved: {name}", content)
    for one in scenario_builder.ready_made(pack):
        if one.scenario is not None:
            found[f"start:{one.id}"] = (f"Ready-made: {one.title}", one.scenario)
    return found


def read(found: Offered) -> Scenario:
    """Return the scenario; raises :class:`housing_map.scenario.ScenarioError` for what is none."""
    content = found[1]
    return scenario.read(content, "A saved scenario") if isinstance(content, str) else content


def one_or_none(
    place: DeltaGenerator, label: str, pack: Pack, *, key: str, without: str
) -> Scenario | None:
    """Ask for one scenario, or for none, and remember it; raises what :func:`read` raises."""
    found = offered(pack)
    labels = {_NONE: without} | {code: said for code, (said, _) in found.items()}
    chosen = state.recalled_pick(place, label, labels, key=key)
    return read(found[chosen]) if chosen in found else None
