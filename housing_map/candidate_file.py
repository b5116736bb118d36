"""A list of candidates as a small JSON file, with a schema generated from these models.

Changes are those of a scenario file (:mod:`housing_map.changes`), so that what can be written in
one can be copied into the other.

>>> read(written(())) == ()
True
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from housing_map.candidates import Candidate, Stand, candidate
from housing_map.changes import Change, Identifier, Money
from housing_map.errors import Problem, Severity
from housing_map.free_text import one_line
from housing_map.scenario import Scenario, ScenarioError, location_problems

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from housing_map.pack import Pack

FORMAT: Final = "housing-map/candidates/1.0"
LARGEST: Final = 1_000_000
"""Bytes of the largest file that is read."""
_MARK: Final = "\N{ZERO WIDTH NO-BREAK SPACE}".encode()


class ListedCandidate(BaseModel):
    """Something that could be done: its changes are made together or not at all.

    ``cost_gbp_a_year`` and ``units`` need only be said where they are not the sums of those of the
    changes. At most one of the same ``one_of`` can be chosen. ``stand`` says whether it may be
    chosen, must be, or is out of the question.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    id: Identifier
    label: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(one_line)]
    changes: Annotated[tuple[Change, ...], Field(min_length=1, max_length=50)]
    cost_gbp_a_year: Money | None = None
    units: Annotated[float, Field(ge=-1e6, le=1e6)] | None = None
    one_of: Annotated[str, Field(max_length=60, pattern=r"^[a-z0-9_\-]*$")] = ""
    stand: Stand = Stand.OPEN


class CandidateList(BaseModel):
    """The candidates to choose from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["housing-map/candidates/1.0"] = FORMAT
    candidates: Annotated[tuple[ListedCandidate, ...], Field(max_length=200)]


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a file of candidates."""
    schema = CandidateList.model_json_schema()
    for part in schema["$defs"].values():
        if "change" in part.get("properties", {}):
            part["required"] = ["change", *part.get("required", ())]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": FORMAT, **schema}


def read(text: str | bytes, file: str = "the file") -> tuple[Candidate, ...]:
    """Read candidates from JSON; raises :class:`ScenarioError` with every problem.

    And :class:`housing_map.errors.UsageError` for a change that cannot be chosen between.
    """
    content = (text.encode() if isinstance(text, str) else text).removeprefix(_MARK)
    if len(content) > LARGEST:
        raise ScenarioError(file, (_problem(file, "the file is too large for candidates"),))
    try:
        found = CandidateList.model_validate_json(content, strict=True)
    except ValidationError as failed:
        # What was found is not repeated: it may say where safe accommodation is.
        problems = tuple(
            Problem(
                Severity.ERROR,
                file,
                str(error["msg"]).removeprefix("Value error, "),
                column=".".join(map(str, error["loc"])) or None,
            )
            for error in failed.errors()
        )
        raise ScenarioError(file, problems) from failed
    return tuple(map(_candidate, found.candidates))


def _candidate(row: ListedCandidate) -> Candidate:
    plain = candidate(row.changes, row.label, one_of=row.one_of, stand=row.stand, id=row.id)
    return Candidate(
        id=row.id,
        label=row.label,
        changes=row.changes,
        cost_gbp_a_year=plain.cost_gbp_a_year
        if row.cost_gbp_a_year is None
        else row.cost_gbp_a_year,
        units=plain.units if row.units is None else row.units,
        one_of=row.one_of,
        stand=row.stand,
    )


def load(path: Path, pack: Pack) -> tuple[Candidate, ...]:
    """Read a file of candidates for a pack.

    Raises :class:`ScenarioError` when it cannot be read, or when a text of it would say where safe
    accommodation is.
    """
    try:
        content = path.read_bytes()
    except OSError as failed:
        problem = _problem(path.name, f"the file cannot be read: {failed.strerror}")
        raise ScenarioError(path.name, (problem,)) from failed
    found = read(content, path.name)
    check_places(found, pack, path.name)
    return found


def check_places(candidates: Sequence[Candidate], pack: Pack, file: str = "the list") -> None:
    """Refuse a label, name or note that would say where safe accommodation is."""
    problems: list[Problem] = []
    for one in candidates:
        # A label is as much about each service as a note on its change is.
        labelled = [change.model_copy(update={"note": one.label}) for change in one.changes]
        for changes in (tuple(labelled), one.changes):
            problems += location_problems(Scenario(name="Candidate", changes=changes), pack)
    if problems:
        raise ScenarioError(file, tuple(dict.fromkeys(problems)))


def written(candidates: Sequence[Candidate]) -> str:
    """Return candidates as JSON text, with what each costs and brings."""
    rows = [
        ListedCandidate(
            id=one.id,
            label=one.label,
            changes=one.changes,
            cost_gbp_a_year=one.cost_gbp_a_year,
            units=one.units,
            one_of=one.one_of,
            stand=one.stand,
        )
        for one in candidates
    ]
    content = [row.model_dump(mode="json", exclude_defaults=True) for row in rows]
    for row, one in zip(content, rows, strict=True):
        row["changes"] = [
            {"change": change.change, **said}
            for change, said in zip(one.changes, row["changes"], strict=True)
        ]
    whole = {"format": FORMAT, "candidates": content}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _problem(file: str, message: str) -> Problem:
    return Problem(Severity.ERROR, file, message)
