"""The form of the assessment and of the section 59 report, as configuration with a version.

The form of a section 59 report is set by notice of the Secretary of State and may change (SI
2021/990, regulation 7). So its sections, the points of regulation 8, the seats of the partnership
board and the practice dates stand in ``form.json``, which an officer can copy and edit; the program
knows sections by their id, and refuses a form with one that it cannot fill.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from housing_map.errors import UsageError

SECTIONS: Final = (
    "cover", "methodology", "area", "demand", "provision", "use", "unmet", "cross_border",
    "characteristics", "children", "tenure", "gaps", "change", "community", "commissioning",
    "board", "consultation", "support_types", "joint_area",
)  # fmt: skip
"""Sections that the program can fill, by id; a form may leave some out, or order them anew."""

_SHIPPED: Final = Path(__file__).resolve().parent / "form.json"


class _Part(BaseModel):
    """A piece of the form: unknown fields are refused, so that a typing error is seen."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class FormSection(_Part):
    """A section: its number and title on paper, and the law or practice that asks for it.

    ``support`` says which need it is about: of those who reside in safe accommodation, of those
    who do not (the joint assessment under the Victims and Prisoners Act 2024), or both.
    """

    id: str
    number: int = Field(ge=0)
    title: str = Field(min_length=1)
    basis: str
    support: Literal["accommodation", "community", "both"]


class FormPoint(_Part):
    """A point of regulation 8 of SI 2021/990, and the section that holds what it asks for."""

    ref: str
    words: str
    section: str


class Choice(_Part):
    """A code with its words and its basis: a seat of the board, or a matter to have regard to."""

    code: str
    words: str
    basis: str
    may_be_empty: str = ""


class JointArea(_Part):
    """The wider area whose authorities plan together, by area code."""

    name: str
    areas: tuple[str, ...]
    region: str = ""
    country: str = ""


class Practice(_Part):
    """Dates that no law sets: months between refreshes, and when the return is collected."""

    refresh_months: int = Field(ge=1)
    full_months: int = Field(ge=1)
    return_month: int = Field(ge=1, le=12)
    return_day: int = Field(ge=1, le=31)
    note: str = ""


class Form(_Part):
    """The whole form. ``version`` is printed on every release made with it."""

    version: Annotated[str, Field(min_length=1, max_length=40)]
    title: str
    note: str = ""
    sources: tuple[str, ...] = ()
    sections: tuple[FormSection, ...] = Field(min_length=1)
    regulation8: tuple[FormPoint, ...]
    regards: tuple[Choice, ...]
    seats: tuple[Choice, ...]
    joint_area: JointArea
    practice: Practice

    @model_validator(mode="after")
    def _holds_together(self) -> Form:
        """Refuse sections that nobody can fill or that stand twice, and points without one."""
        ids = [one.id for one in self.sections]
        if unknown := sorted(set(ids) - set(SECTIONS)):
            message = f"the program has no section {', '.join(unknown)}"
            raise ValueError(message)
        if len(set(ids)) < len(ids) or len({one.number for one in self.sections}) < len(ids):
            message = "a section stands twice, or two have one number"
            raise ValueError(message)
        if lost := sorted({one.section for one in self.regulation8} - set(ids)):
            message = f"a point of regulation 8 names the section {', '.join(lost)}, left out"
            raise ValueError(message)
        return self

    @cached_property
    def by_id(self) -> dict[str, FormSection]:
        """Sections by id."""
        return {one.id: one for one in self.sections}


def read_form(path: Path | None = None) -> Form:
    """Read a form, or the shipped one; raises :class:`UsageError` when it cannot be used."""
    return _read(path or _SHIPPED)


@lru_cache(maxsize=4)
def _read(path: Path) -> Form:
    try:
        return Form.model_validate_json(path.read_bytes())
    except OSError as error:
        message = f"The form {path} cannot be read: {error.strerror}"
        raise UsageError(message) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        message = f"The form {path} cannot be used: {where}: {first['msg']}"
        raise UsageError(message) from error
