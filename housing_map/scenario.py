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
import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from housing_map import personal
from housing_map.applying import make
from housing_map.cells import records
from housing_map.changes import COSTED, AddService, Change, MoveService, SetBudget
from housing_map.draft import DoesNotApplyError, Draft
from housing_map.errors import HousingMapError, Problem, Severity, UsageError
from housing_map.free_text import FILE, LOCATED, Text, gives_away, located, one_line, prose
from housing_map.kinds import CONFIDENTIAL_KINDS
from housing_map.model import Settings
from housing_map.provision import check_reserved, open_services, pools
from housing_map.vocabulary import CapacityBasis, Goal, Run

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from housing_map.pack import Pack

FORMAT: Final = "housing-map/scenario/1.0"
"""Format of a scenario file. The first number changes when old files stop loading."""
LARGEST: Final = 1_000_000
"""Most bytes of a scenario file."""
_MARK: Final = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""Byte order mark that some editors put before a text."""
_PENNY: Final = 0.005
"""GBP, or units, that are rounding."""
_SHOWN: Final = 80
"""Most characters that are shown of a wrong value."""


class ScenarioError(HousingMapError, ValueError):
    """A scenario cannot be read, or says where safe accommodation is: see :attr:`problems`."""

    def __init__(self, file: str, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__(f"{file} cannot be used: " + " ".join(map(str, problems)))


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
    name: Annotated[str, Field(min_length=1, max_length=120), AfterValidator(one_line)]
    description: Annotated[str, Field(max_length=2000), AfterValidator(prose)] = ""
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
    among ``skipped``. Raises :class:`ScenarioError` for a text that would say where safe
    accommodation is (:func:`location_problems`).
    """
    if problems := location_problems(scenario, pack):
        raise ScenarioError(FILE, problems)
    draft = Draft(pack, settings or settings_for(scenario), f"Scenario: {scenario.name}")
    made, skipped = [], []
    for number, change in enumerate(scenario.changes):
        if only is not None and number not in only:
            continue
        # A change is made wholly or not at all: it is written into a copy.
        tried = draft.copy()
        try:
            make(change, tried)
            if tried.settings.reserved:
                check_reserved(tried.looked_at(), tried.on, tried.settings.reserved)
        except (DoesNotApplyError, UsageError) as error:
            skipped.append(Skipped(number, str(error)))
        else:
            draft = tried
            made.append(number)
    notices = [*draft.notices, *_over_budget(draft, [scenario.changes[n] for n in made])]
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


def _over_budget(draft: Draft, made: Sequence[Change]) -> Iterator[str]:
    """Say by how much the changes go beyond the scenario's own budget, or that nobody can say."""
    budget = draft.budget
    if budget is not None and budget.gbp_a_year is not None:
        costs = [change.cost_gbp_a_year for change in made if isinstance(change, COSTED)]
        known = [cost for cost in costs if cost is not None]
        spent = sum(known)
        if len(known) < len(costs):
            yield (
                f"Nobody can say yet whether it keeps to its budget of £{budget.gbp_a_year:,.0f} a "
                "year: not every cost is given"
            )
        elif spent > budget.gbp_a_year + _PENNY:
            yield (
                f"It costs £{spent:,.0f} a year, £{spent - budget.gbp_a_year:,.0f} more than its "
                f"budget of £{budget.gbp_a_year:,.0f}"
            )
    if budget is not None and budget.units is not None:
        more = _units(draft.looked_at(), draft) - _units(draft.pack, draft)
        if more > budget.units + _PENNY:
            yield (
                f"It adds {more:,.6g} units of accommodation, {more - budget.units:,.6g} more than "
                f"its budget of {budget.units:,.6g}"
            )


def _units(pack: Pack, draft: Draft) -> float:
    """Return the units of accommodation that the tables have for the year, as far as known."""
    running = open_services(pack, draft.on, Run.OPTIMISTIC)
    found = (pool for pool in pools(pack, running) if pool.basis is CapacityBasis.UNITS)
    return sum(pool.capacity.central or 0.0 for pool in found)


def for_pack(scenario: Scenario, pack: Pack) -> Scenario:
    """Return the scenario with the pack as its baseline."""
    return scenario.model_copy(
        update={"baseline": Baseline(pack=pack.info.name, digest=pack.digest)}
    )


def location_problems(scenario: Scenario, pack: Pack) -> tuple[Problem, ...]:
    """Find texts of a scenario that would say where safe accommodation is, by names of places.

    Postcodes, addresses and coordinates are refused when a scenario is made or read; names of
    places need the pack. The town of a new service is for the restricted view, and stands in
    ``town`` alone.
    """
    kinds = {str(row["service_id"]): str(row["kind"]) for row in records(pack["services"])}
    kinds |= {new.service_id: new.kind for new in scenario.changes if isinstance(new, AddService)}
    kinds |= {f"pool:{kind}": kind for kind in CONFIDENTIAL_KINDS}
    safe = {code for code, kind in kinds.items() if kind in CONFIDENTIAL_KINDS}
    texts = [Text("name", scenario.name), Text("description", scenario.description)]
    towns = []
    for number, change in enumerate(scenario.changes):
        place = f"changes.{number}"
        about = bool(safe & _subjects(change))
        texts.append(Text(f"{place}.note", change.note, about))
        if isinstance(change, AddService):
            texts += [
                Text(f"{place}.name", change.name, about),
                Text(f"{place}.service_id", change.service_id, about),
                *(Text(f"{place}.points", point.name) for point in change.points),
            ]
            towns.append(Text(f"{place}.town", change.town))
        elif isinstance(change, MoveService):
            texts += [Text(f"{place}.points", point.name) for point in change.points or ()]
    told = tuple(text for text in texts if text.words)
    return tuple(located(pack, told, tuple(town for town in towns if town.words)))


def _subjects(change: Change) -> set[str]:
    """Return the services that a change is about."""
    route = getattr(change, "route", None)
    ends = change if route is None else route
    names = ("service_id", "pool", "from_id", "to_id")
    found = {getattr(one, name, None) for one in (change, ends) for name in names}
    return {code for code in found if isinstance(code, str)}


# Files ------------------------------------------------------------------------------------


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a scenario file."""
    schema = Scenario.model_json_schema()
    for part in schema["$defs"].values():
        if "change" in part.get("properties", {}):
            # Which sort of change it is goes without saying in the library, not in a file.
            part["required"] = ["change", *part.get("required", ())]
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
    text = text.removeprefix(_MARK) if isinstance(text, str) else text.removeprefix(_MARK.encode())
    if len(text) > LARGEST:
        raise ScenarioError(file, (_problem(file, "the file is too large to be a scenario"),))
    try:
        found = Scenario.model_validate_json(text, strict=True)
        json.loads(text, object_pairs_hook=_once)
    except ValidationError as failed:
        problems = tuple(_in_words(file, dict(error)) for error in failed.errors())
        raise ScenarioError(file, problems) from failed
    except _TwiceError as failed:
        raise ScenarioError(file, (_problem(file, str(failed)),)) from failed
    return found


_SAID: Final = {
    "missing": "something has to stand here, and nothing does",
    "extra_forbidden": "nothing of this name belongs here",
    "union_tag_not_found": "say which sort of change it is, by 'change'",
    "union_tag_invalid": "there is no such sort of change",
    "string_type": "this is no text",
}
"""What is wrong, by the type of error that pydantic names."""


def _in_words(file: str, error: Mapping[str, Any]) -> Problem:
    """Say where an error stands, what is wrong, what was found, and what was expected."""
    message = str(error["msg"]).removeprefix("Value error, ")
    _, should, expected = message.partition(" should ")
    sort = error["type"]
    if sort == "union_tag_invalid":
        should, expected = "be", str(error["ctx"]["expected_tags"])
    expected = re.sub(r"^(?:be|have) (?:an? )?", "", expected)
    if sort in _SAID or should:
        message = _SAID.get(sort, "this is not as it should be")
    place = [str(part) for part in error["loc"] if not str(part).startswith("function-")]
    hidden = sort in {LOCATED, personal.SORT} or not place
    return Problem(
        Severity.ERROR,
        file,
        message,
        expected if should else "",
        column=".".join(place) or None,
        value=None if hidden else _shown(error["input"]),
    )


class _TwiceError(ValueError):
    """A name stands twice in one object, so that nobody can say which counts."""


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    names = [name for name, _ in pairs]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        message = f"{', '.join(twice)} is given twice in one place: leave one"
        raise _TwiceError(message)
    return dict(pairs)


def _shown(value: object) -> str | None:
    """Return a value to show beside what is wrong with it; never one that locates something."""
    if isinstance(value, dict | list | tuple | bytes):
        return None
    text = str(value)[: 2 * _SHOWN]
    return None if gives_away(text, safe=True) else text[:_SHOWN]


def load(path: Path) -> Scenario:
    """Read a scenario file; raises :class:`ScenarioError` when that cannot be done."""
    try:
        content = path.read_bytes()
    except OSError as failed:
        problem = _problem(path.name, f"the file cannot be read: {failed.strerror}")
        raise ScenarioError(path.name, (problem,)) from failed
    return read(content, path.name)


def _problem(file: str, message: str) -> Problem:
    return Problem(Severity.ERROR, file, message)
