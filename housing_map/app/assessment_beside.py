"""What an assessment is set beside: a scenario, and the data of the last assessment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from housing_map.app import scenario_choice, state, view
from housing_map.errors import HousingMapError, Severity

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from housing_map.pack import Pack
    from housing_map.scenario import Scenario

_FOLDER: Final = "assessment_earlier"


@dataclass(frozen=True, slots=True)
class Beside:
    """What somebody chose; None where nothing was."""

    scenario: Scenario | None = None
    earlier: Pack | None = None

    def __bool__(self) -> bool:
        """Whether anything was chosen."""
        return self.scenario is not None or self.earlier is not None


def ask(left: DeltaGenerator, right: DeltaGenerator, pack: Pack, said: list[str]) -> Beside:
    """Ask for both; ``said`` gains what cannot be used, and why.

    An app that is locked to the view for the public asks for neither: nobody who looks at it may
    choose among the folders of the computer.
    """
    if view.locked():
        return Beside()
    earlier = _earlier(right, said)
    if earlier is not None and earlier.digest == pack.digest:
        said.append("The data of the last assessment are those in use: nothing can have changed.")
        earlier = None
    return Beside(_scenario(left, pack, said), earlier)


def _scenario(place: DeltaGenerator, pack: Pack, said: list[str]) -> Scenario | None:
    try:
        return scenario_choice.one_or_none(
            place, "Scenario set beside it", pack, key="assessment_scenario", without="None"
        )
    except HousingMapError as error:
        said.append(f"The scenario cannot be used: {error}")
        return None


def _earlier(place: DeltaGenerator, said: list[str]) -> Pack | None:
    state.recall(_FOLDER, "")
    folder = place.text_input(
        "Data of the last assessment (a folder)",
        key=_FOLDER,
        placeholder="not given",
        help="The data pack that the last assessment was made from. Section 12 then says what has "
        "changed since, and why.",
    ).strip()
    state.remember(_FOLDER)
    if not folder:
        return None
    if not Path(folder).expanduser().is_dir():
        said.append(f"The data of the last assessment cannot be read: there is no folder {folder}.")
        return None
    try:
        found, problems = state.pack_in(Path(folder).expanduser())
    except (HousingMapError, OSError) as error:
        said.append(f"The data of the last assessment cannot be read: {error}")
        return None
    if found is None:
        errors = [one for one in problems if one.severity is Severity.ERROR]
        said.append(
            "The data of the last assessment cannot be used yet. "
            f"Errors: {len(errors)}. The first: {errors[0]} "
            "To list them all: housing-map validate --data FOLDER."
        )
    return found
