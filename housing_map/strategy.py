"""The objectives of the strategy, which gaps and money are held against.

Objectives are configuration: the shipped file ``strategy.json`` has the key activities of the
Kirklees Domestic Abuse Strategy 2022-2027; a folder of data with a ``strategy.json`` of its own
replaces them. A district that has neither gets none, rather than those of another.

Sources: Domestic Abuse Act 2021, section 57(3) (giving effect to the strategy); SI 2021/990,
regulation 8(e) and (f) (decisions informed by the strategy, money against its objectives).
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from housing_map.errors import UsageError
from housing_map.free_text import prose

if TYPE_CHECKING:
    from typing import Self

    from housing_map.pack import Pack

FILE: Final = "strategy.json"


class Objective(BaseModel):
    """An objective: its short name, as money is held against it, and its words.

    ``kinds`` are kinds of gap that it is about (:class:`housing_map.gap_finding.GapKind`): a first
    suggestion, which people change.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_\-]*$", max_length=60)]
    priority: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(prose)]
    words: Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(prose)]
    kinds: tuple[str, ...] = ()


class Strategy(BaseModel):
    """A strategy under section 57, or one that covers it, with its objectives in order."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Annotated[str, Field(max_length=200), AfterValidator(prose)] = ""
    district_code: str = ""
    version: str = ""
    source: str = ""
    objectives: tuple[Objective, ...] = ()

    @model_validator(mode="after")
    def _once(self) -> Self:
        names = [one.id for one in self.objectives]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            message = f"there are two objectives called {', '.join(twice)}"
            raise ValueError(message)
        return self

    def find(self, objective: str) -> Objective:
        """Return an objective by its short name; raises :class:`UsageError`."""
        for one in self.objectives:
            if one.id == objective:
                return one
        message = f"The strategy has no objective {objective!r}"
        raise UsageError(message)

    def about(self, kind: str) -> tuple[str, ...]:
        """Return the objectives that a kind of gap is about, by their short names."""
        return tuple(one.id for one in self.objectives if kind in one.kinds)


def objectives(pack: Pack) -> dict[str, str]:
    """Return the words of each objective of a pack's district, by its short name.

    Raises what :func:`read_strategy` raises.
    """
    return {one.id: one.words for one in read_strategy(pack).objectives}


def read_strategy(pack: Pack) -> Strategy:
    """Return the strategy of a pack's district; one without objectives when none is known.

    Raises :class:`UsageError` when the pack's own file is not as it should be.
    """
    own = pack.folder / FILE
    if own.is_file():
        return _read(own.read_text(encoding="utf-8-sig"))
    shipped = _read(files("housing_map").joinpath(FILE).read_text(encoding="utf-8"))
    return shipped if shipped.district_code == pack.info.district_code else Strategy()


def _read(text: str) -> Strategy:
    try:
        return Strategy.model_validate(json.loads(text))
    except (ValidationError, ValueError, RecursionError) as failed:
        problems = failed.errors() if isinstance(failed, ValidationError) else []
        where = "; ".join(
            f"{'.'.join(map(str, one['loc'])) or 'the whole'}: {one['msg']}" for one in problems
        )
        message = f"{FILE} cannot be used: {where or failed}"
        raise UsageError(message) from failed
