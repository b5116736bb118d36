"""A scenario: a baseline and an ordered list of typed changes, in a small JSON file.

The same file gives the same answer from the app, the library and the command line. A change that
does not apply is left out and named with the reason; the others still count.

>>> tried = Scenario(name="Nothing changes")
>>> read(written(tried)) == tried
True
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from housing_map.applying import make
from housing_map.changes import Change, SetBudget
from housing_map.draft import DoesNotApplyError, Draft
from housing_map.errors import HousingMapError, Problem, Severity
from housing_map.model import Settings
from housing_map.vocabulary import Goal

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from housing_map.pack import Pack

FORMAT: Final = "housing-map/scenario/1.0"
"""Format of a scenario file. The first number changes when old files stop loading."""
LARGEST: Final = 1_000_000
"""Most bytes of a scenario file."""


class ScenarioError(HousingMapError, ValueError):
    """A scenario file cannot be read; every problem is in :attr:`problems`."""

    def __init__(self, file: str, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__(f"{file} is not a scenario: " + " ".join(map(str, problems)))


class Baseline(BaseModel):
    """The data a scenario was made for: the pack's name, and the SHA-256 of its files."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pack: str
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Scenario(BaseModel):
    """A named list of changes to a baseline.

    ``goal`` and ``on`` (the reference date; None: the pack's) are what it is asked for unless the
    asker says otherwise.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["housing-map/scenario/1.0"] = FORMAT
    name: Annotated[str, Field(min_length=1, max_length=120)]
    description: Annotated[str, Field(max_length=2000)] = ""
    baseline: Baseline | None = None
    goal: Goal = Goal.SAFE
    on: date | None = None
    changes: Annotated[tuple[Change, ...], Field(max_length=200)] = ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """A change that was left out: its place in the list, from 0, and why."""

    number: int
    why: str


@dataclass(frozen=True, slots=True, eq=False)
class Applied:
    """A pack and settings after the changes of a scenario.

    ``made`` are the numbers of the changes that count, ``skipped`` those that do not apply, and
    ``notices`` what a reader should know. Without any change that tells, ``pack`` is the baseline.
    """

    scenario: Scenario
    pack: Pack
    settings: Settings
    made: tuple[int, ...]
    skipped: tuple[Skipped, ...]
    notices: tuple[str, ...]
    budget: SetBudget | None


def settings_for(scenario: Scenario) -> Settings:
    """Return the settings that a scenario asks for."""
    return Settings(goal=scenario.goal, on=scenario.on)


def apply(
    pack: Pack,
    scenario: Scenario,
    settings: Settings | None = None,
    *,
    only: Collection[int] | None = None,
) -> Applied:
    """Make the changes of a scenario, in their order, to a pack and settings.

    ``only`` are the numbers of the changes to make (a coalition; None: all). ``settings`` are those
    of the baseline (None: as the scenario asks). A change that does not apply does nothing, and is
    among ``skipped``.
    """
    draft = Draft(pack, settings or settings_for(scenario), f"Scenario: {scenario.name}")
    made, skipped = [], []
    for number, change in enumerate(scenario.changes):
        if only is not None and number not in only:
            continue
        # A change is made wholly or not at all: tables are replaced, never written into.
        before = dict(draft.tables), draft.settings
        try:
            make(change, draft)
        except DoesNotApplyError as error:
            draft.tables, draft.settings = before
            skipped.append(Skipped(number, str(error)))
        else:
            made.append(number)
    notices = list(draft.notices)
    if scenario.baseline is not None and scenario.baseline.digest != pack.digest:
        notices.insert(0, "The scenario was made for other data than these: read it with care")
    return Applied(
        scenario=scenario,
        pack=draft.finished(),
        settings=draft.settings,
        made=tuple(made),
        skipped=tuple(skipped),
        notices=tuple(dict.fromkeys(notices)),
        budget=draft.budget,
    )


def for_pack(scenario: Scenario, pack: Pack) -> Scenario:
    """Return the scenario with the pack as its baseline."""
    return scenario.model_copy(
        update={"baseline": Baseline(pack=pack.info.name, digest=pack.digest)}
    )


# Files ------------------------------------------------------------------------------------


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a scenario file."""
    schema = Scenario.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": FORMAT, **schema}


def written(scenario: Scenario) -> str:
    """Return a scenario as JSON text: what is as a matter of course is left out."""
    content = scenario.model_dump(mode="json", exclude_defaults=True)
    changes = [
        {"change": change.change, **row}
        for change, row in zip(scenario.changes, content.get("changes", ()), strict=True)
    ]
    whole = {"format": FORMAT, **content} | ({"changes": changes} if changes else {})
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def digest(scenario: Scenario) -> str:
    """Return the SHA-256 of a scenario's content, whatever the layout of its file."""
    content = scenario.model_dump(mode="json")
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def read(text: str | bytes, file: str = "the file") -> Scenario:
    """Read a scenario from JSON; raises :class:`ScenarioError` with every problem."""
    if len(text) > LARGEST:
        raise ScenarioError(file, (_problem(file, "the file is too large to be a scenario"),))
    try:
        return Scenario.model_validate_json(text)
    except ValidationError as failed:
        problems = tuple(
            _problem(
                file,
                error["msg"].removeprefix("Value error, "),
                column=".".join(
                    str(part) for part in error["loc"] if not str(part).startswith("function-")
                ),
                value=None if isinstance(error["input"], dict | list) else str(error["input"])[:80],
            )
            for error in failed.errors()
        )
        raise ScenarioError(file, problems) from failed


def load(path: Path) -> Scenario:
    """Read a scenario file; raises :class:`ScenarioError` when that cannot be done."""
    try:
        content = path.read_bytes()
    except OSError as failed:
        problem = _problem(path.name, f"the file cannot be read: {failed.strerror}")
        raise ScenarioError(path.name, (problem,)) from failed
    return read(content, path.name)


def _problem(
    file: str, message: str, *, column: str | None = None, value: str | None = None
) -> Problem:
    return Problem(Severity.ERROR, file, message, column=column or None, value=value)
