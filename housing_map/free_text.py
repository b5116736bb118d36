"""What people may write freely in saved work: never where safe accommodation is, nor of a person.

Names, notes and descriptions go into saved work, exports and logs, so what would locate safe
accommodation is refused before it is kept (``design.md`` section 4). Ways of writing a location
are refused wherever they stand; names of places where they would place safe accommodation, which
needs the pack (:func:`located`). What is found is never repeated.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import pandas as pd
from pydantic_core import PydanticCustomError

from housing_map.errors import Problem, Severity
from housing_map.location_patterns import PATTERNS
from housing_map.memo import kept_for
from housing_map.pack_tables import BY_NAME
from housing_map.personal import no_person
from housing_map.places import area_names
from housing_map.protection import find_locations
from housing_map.tables import ReadTable

if TYPE_CHECKING:
    from housing_map.pack import Pack

LOCATED: Final = "located"
"""Type of the error that a text with a location in it raises."""
FILE: Final = "the scenario"
_AREA_TABLES: Final = ("groupings", "lsoa_facts", "homelessness")
_TOWN: Final = re.compile(r"[^\W\d_]+(?:[ '’.-]+[^\W\d_]+){0,4}")
_PART_OF_TOWN: Final = frozenset(
    {"central", "centre", "east", "inner", "lower", "north", "outer", "south", "upper", "west"}
)
_BREAKS: Final = "\n\t"
"""Control characters that a note may have."""


def gives_away(text: str, *, safe: bool = False) -> str | None:
    """Return what kind of location stands in a text; None when none does.

    ``safe`` says that the text is about safe accommodation, where streets and postcode districts
    are locations as well.

    >>> gives_away("12 High Street"), gives_away("six homes, open to all")
    ('an address', None)
    """
    plain = _plain(text)
    for pattern in PATTERNS:
        if (safe or pattern.exact) and pattern.find(plain) is not None:
            return pattern.what
    return None


def _plain(text: str) -> str:
    """Return the text with look-alike characters made plain and invisible ones removed."""
    plain = unicodedata.normalize("NFKC", text)
    return "".join(c for c in plain if unicodedata.category(c) != "Cf")


# Texts as the fields of a model take them, once their length is known to be small -------------


def prose(text: str) -> str:
    """Take a note or description; raises for a location, a person, or a control character."""
    if any(unicodedata.category(c) in {"Cc", "Cs"} and c not in _BREAKS for c in text):
        kind, message = "control_character", "a control character stands here: write plain text"
        raise PydanticCustomError(kind, message)
    what = gives_away(text)
    if what is not None:
        message = "{what} stands here: scenarios never say where safe accommodation is"
        raise PydanticCustomError(LOCATED, message, {"what": what})
    return no_person(text)


def one_line(text: str) -> str:
    """Take a name: prose on one line."""
    return prose(public_name(text))


def public_name(text: str) -> str:
    """Take the name of a public place, which may have an address: one line of plain text."""
    if any(unicodedata.category(c) in {"Cc", "Cs"} for c in text):
        kind, message = "line_break", "a name stands on one line, in plain text"
        raise PydanticCustomError(kind, message)
    return text


def town_name(text: str) -> str:
    """Take the name of a town, or nothing; :func:`located` looks it up."""
    if one_line(text) and not _TOWN.fullmatch(text):
        kind, message = "town", "the name of a town, in letters alone, or nothing"
        raise PydanticCustomError(kind, message)
    return text


# With the pack ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Text:
    """A text of a scenario: where it stands, and whether it is about safe accommodation."""

    place: str
    words: str
    safe: bool = False


@kept_for(*_AREA_TABLES, size=64)
def located(pack: Pack, texts: tuple[Text, ...], towns: tuple[Text, ...] = ()) -> list[Problem]:
    """Find names of places that would say where safe accommodation is.

    In a text about it, any Place, ward or town of the pack; in others, one that stands beside
    words for it. A town may be named as one, a part of it may not. The check is that of the loader
    (:func:`housing_map.protection.find_locations`). The problems have the place as their column,
    and never say what was found.
    """
    found: dict[str, Problem] = {}
    for problem in _as_the_loader(pack, texts):
        where = texts[(problem.row or 2) - 2].place
        found.setdefault(where, replace(problem, file=FILE, row=None, column=where))
    parts = [_town_problem(one.place) for one in towns if _is_part(pack, one.words)]
    return [*found.values(), *parts]


def _as_the_loader(pack: Pack, texts: tuple[Text, ...]) -> list[Problem]:
    """Ask the loader's check of each text as if it were the name of a service."""
    if not texts:
        return []
    rows = [
        {"service_id": f"text_{number}", "kind": "refuge" if text.safe else "helpline",
         "name": text.words}
        for number, text in enumerate(texts)
    ]  # fmt: skip
    read = {**_areas(pack), "services": _read("services", pd.DataFrame(rows))}
    return [finding.problem for finding in find_locations(read)]


@kept_for(*_AREA_TABLES)
def _areas(pack: Pack) -> dict[str, ReadTable]:
    """Return the tables that name areas, with the columns that do."""
    facts = pack["lsoa_facts"].filter(["lsoa_name", "msoa_name", "ward_name"])
    districts = pack["homelessness"].filter(["area_name"]).drop_duplicates()
    named = {"groupings": pack["groupings"], "lsoa_facts": facts, "homelessness": districts}
    return {name: _read(name, frame) for name, frame in named.items()}


def _read(name: str, frame: pd.DataFrame) -> ReadTable:
    """Return a frame as if it had been read from its file."""
    text = frame.astype(object).where(frame.notna(), "").astype(str).reset_index(drop=True)
    return ReadTable(BY_NAME[name], frame, text, ())


def _is_part(pack: Pack, town: str) -> bool:
    """Whether a name is that of a part of a town: *Alderby East* where there is an *Alderby*."""
    words = town.casefold().split()
    rest = [word for word in words if word not in _PART_OF_TOWN]
    if not rest or len(rest) == len(words):
        return False
    names = {name.casefold() for (level, _), name in area_names(pack).items() if level != "lsoa"}
    msoas = {str(name).casefold() for name in pack["lsoa_facts"]["msoa_name"].dropna()}
    return sum(set(rest) <= set(name.split()) for name in names | msoas) > 1


def _town_problem(place: str) -> Problem:
    return Problem(
        Severity.ERROR,
        FILE,
        "a part of a town is smaller than a town: safe accommodation is never located",
        "the name of a town, or nothing",
        column=place,
    )
