"""Keep safe accommodation unlocated: find what would place it, and refuse the pack.

A refuge, or a dispersed, second-stage, sanctuary or other service of a confidential kind, has
no address, postcode, UPRN, coordinate or Place in any file or field: it serves the district or
wider. The checks look at the text of cells, so they cannot find everything; they err towards
refusing, since a word can be put another way and a published location cannot be taken back.

What is found is never repeated: the problem shows it masked, and :func:`mask` takes it out of
what other checks say about the same cell.

Not looked at: what is not tied to safe accommodation (public services may have an address),
place names in citations (a newspaper is called after its town), and boundaries.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from housing_map.errors import Problem, Severity
from housing_map.kinds import CONFIDENTIAL_KINDS, KINDS
from housing_map.location_patterns import (
    END,
    LAND_WORDS,
    LOCATION_PARTS,
    LOCATION_WORDS,
    ORDINARY_WORDS,
    PATTERNS,
    POSTCODE,
    SAFE_PLACES,
    START,
)
from housing_map.pack_tables import BY_NAME
from housing_map.rows import written_rows
from housing_map.schemas import split_codes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from housing_map.tables import ReadTable


WHY: Final = "safe accommodation is never located: design rule"
"""The rule in words, part of every message of this module."""

CITATIONS: Final = frozenset({"source", "funder"})
"""Columns that cite somebody: place names may stand there, locations may not."""

_SHORTEST_TOWN: Final = 3
_SHORTEST_SECRET: Final = 3
_HIDDEN: Final = "***"
_PLACE: Final = "a Place, ward or town"
_MEND: Final = "Take it out: name the district, or nothing smaller"


@dataclass(frozen=True, slots=True)
class Finding:
    """A location found, and the problem that tells of it without repeating it.

    ``secrets`` are texts to keep out of other problems of the same row, ``identifier`` one to
    keep out of every problem, since other files repeat it. ``whole_row`` and ``header`` say that
    no cell of the row, or not even the column's name, may be shown.
    """

    problem: Problem
    secrets: frozenset[str] = field(repr=False, default=frozenset())
    identifier: str | None = field(repr=False, default=None)
    whole_row: bool = False
    header: str | None = field(repr=False, default=None)


def location_problems(read: Mapping[str, ReadTable]) -> list[Problem]:
    """Every way in which the tables would locate safe accommodation, as problems."""
    return [finding.problem for finding in find_locations(read)]


def find_locations(read: Mapping[str, ReadTable]) -> tuple[Finding, ...]:
    """Find every way in which the tables would locate safe accommodation.

    ``read`` maps a table's name to the table as read. What is protected is every row about a
    service of a confidential kind, or of a kind that cannot be told, and about such a kind.
    """
    places = _places(read)
    kinds = _kinds(read)
    found: list[Finding] = []
    for result in read.values():
        found += _header_findings(result, places)
        found += _row_findings(result, kinds, places)
    return tuple(found)


def mask(problems: Iterable[Problem], findings: Sequence[Finding]) -> list[Problem]:
    """Take what ``findings`` hold out of the other ``problems``, which stay in order.

    A problem at a cell where a location was found loses its value. The location itself, and
    identifiers that hold one, are blanked wherever a problem of the row, or of any row, repeats
    them.
    """
    own = {finding.problem for finding in findings}
    cells = {(f.problem.file, f.problem.row, f.problem.column) for f in findings}
    rows = {(f.problem.file, f.problem.row) for f in findings if f.whole_row}
    headers = {(f.problem.file, f.header) for f in findings if f.header is not None}
    everywhere = [f.identifier for f in findings if f.identifier is not None]
    by_row: dict[tuple[str, int | None], list[str]] = {}
    for f in findings:
        by_row.setdefault((f.problem.file, f.problem.row), []).extend(f.secrets)
    masked = []
    for problem in problems:
        if problem in own:
            masked.append(problem)
            continue
        changed = problem
        place = (problem.file, problem.row)
        if place in rows or (*place, problem.column) in cells:
            changed = replace(changed, value=None)
        if (problem.file, problem.column) in headers:
            changed = replace(changed, column=_HIDDEN, value=None)
        masked.append(_without(changed, [*by_row.get(place, []), *everywhere]))
    return masked


def _without(problem: Problem, secrets: Iterable[str]) -> Problem:
    """Return the problem with each secret blanked in all its words."""
    long = sorted({s for s in secrets if len(s) >= _SHORTEST_SECRET}, key=len, reverse=True)
    if not long:
        return problem
    regex = re.compile("|".join(re.escape(secret) for secret in long), re.IGNORECASE)
    return replace(
        problem,
        message=regex.sub(_HIDDEN, problem.message),
        expected=regex.sub(_HIDDEN, problem.expected),
        mend=regex.sub(_HIDDEN, problem.mend),
        value=None if problem.value is None else regex.sub(_HIDDEN, problem.value),
    )


# What is protected -------------------------------------------------------------------------


_SAFE: Final = "safe accommodation"
_UNTOLD: Final = "a service whose kind is not known, which may be safe accommodation"

_SUBJECTS: Final = ("service_id", "from_id", "to_id")
_PUBLIC_TABLES: Final = frozenset(
    {"groupings", "lsoa_facts", "ward_age_sex", "tenure_calibration", "homelessness"}
)


def _kinds(read: Mapping[str, ReadTable]) -> dict[str, str] | None:
    """Return the kind written for each service; None when the services could not be read."""
    text = read["services"].text if "services" in read else None
    if text is None or not read["services"].readable:
        return None
    if not {"service_id", "kind"} <= set(text.columns):
        return None
    return dict(zip(map(str, text["service_id"]), map(str, text["kind"]), strict=True))


def _standing(row: Mapping[str, str], kinds: Mapping[str, str] | None) -> str | None:
    """Return in words what a row is about when that has to be protected, else None.

    A service that is not in the table of services, or is there with a kind that does not
    exist, is protected until somebody mends it: it may be a refuge.
    """
    if row.get("kind") in CONFIDENTIAL_KINDS:
        return _SAFE
    untold = False
    for name in _SUBJECTS:
        subject = row.get(name, "")
        if not subject or kinds is None or ":" in subject:
            continue
        kind = kinds.get(subject)
        if kind in CONFIDENTIAL_KINDS:
            return _SAFE
        untold |= kind not in KINDS
    return _UNTOLD if untold else None


@dataclass(frozen=True, slots=True)
class _Places:
    """Names smaller than the district: ``named`` finds one, ``beside`` one next to a refuge.

    ``names`` are the names themselves, in small letters.
    """

    names: frozenset[str]
    named: re.Pattern[str]
    beside: re.Pattern[str]


def _places(read: Mapping[str, ReadTable]) -> _Places:
    """Names of wards, groupings, MSOAs and LSOAs, and the town words they are made of."""
    names, wide = _area_names(read)
    phrases: set[str] = set()
    for name in names:
        # A part of a name, "Upper Valley" in "Upper Valley and Moor", is a name as well; a word
        # of it is one unless it is a direction or the like, or the district's own name.
        for part in {name, *re.split(r"\s*(?:,|&|\band\b)\s*", name)}:
            words = _words(part)
            if len(words) > 1 and not ORDINARY_WORDS.issuperset(words):
                phrases.add(r"[\W_]+".join(map(_spelt, words)))
            phrases |= {
                _spelt(word)
                for word in words
                if word not in LAND_WORDS | ORDINARY_WORDS | wide
                and len(word) >= _SHORTEST_TOWN
                and not any(character.isdigit() for character in word)
            }
    if not phrases:
        never = re.compile(r"(?!)")
        return _Places(frozenset(), never, never)
    any_place = "|".join(sorted(phrases, key=lambda phrase: (-len(phrase), phrase)))
    gap = r"[\W_]+(?:[\w'’]+[\W_]+)"
    return _Places(
        frozenset(name.casefold() for name in names),
        re.compile(rf"(?i){START}(?:{any_place}){END}"),
        re.compile(
            rf"(?i){START}(?:{any_place})(?:['’]s)?{gap}?(?:{SAFE_PLACES}){END}|"
            rf"{START}(?:{SAFE_PLACES}){gap}{{0,3}}?(?:in|at|near|inside|around)[\W_]+"
            rf"(?:the[\W_]+)?(?:{any_place}){END}"
        ),
    )


def _area_names(read: Mapping[str, ReadTable]) -> tuple[set[str], frozenset[str]]:
    """Names of areas inside the district, and the words of districts, which are no secret."""
    names: set[str] = set()
    wide: set[str] = set()
    for table, result in read.items():
        text = result.text
        if table == "groupings":
            columns = [c for c in text if c != "ward_code" and not str(c).endswith("_evidence")]
            names |= {str(cell) for column in columns for cell in text[column]}
        if table == "lsoa_facts":
            for column in {"msoa_name", "ward_name"} & set(text.columns):
                names |= {str(cell) for cell in text[column]}
            for cell in text.get("lsoa_name", ()):
                # "Kirklees 040A" is the area 040A of Kirklees, inside the MSOA "Kirklees 040".
                if numbered := re.fullmatch(r"(?P<district>.+) (?P<number>\d{3})[A-Z]", cell):
                    wide |= set(_words(numbered["district"]))
                    names |= {cell, f"{numbered['district']} {numbered['number']}"}
                else:
                    names.add(cell)
        if table == "homelessness" and "area_name" in text:
            wide |= {word for cell in text["area_name"] for word in _words(cell)}
    return names - {""}, frozenset(wide)


def _words(name: str) -> list[str]:
    return re.findall(r"[^\W_]+(?:['’][^\W_]+)*", name.casefold())


def _spelt(word: str) -> str:
    """Return a regular expression for a word, with or without its apostrophe."""
    return re.escape(word).replace("'", "['’]?").replace("’", "['’]?")


# Looking -----------------------------------------------------------------------------------


def _plain(cell: str) -> str:
    """Return the cell with look-alike characters made plain and invisible ones removed."""
    plain = unicodedata.normalize("NFKC", cell)
    return "".join(c for c in plain if unicodedata.category(c) != "Cf")


def _header_findings(result: ReadTable, places: _Places) -> Iterator[Finding]:
    """Yield columns beyond the format that locate something, by their name."""
    if not result.table.path.startswith("providers/"):
        return
    known = {column.name for column in result.table.columns}
    for name in map(str, result.text.columns):
        if name in known:
            continue
        parts = re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+", name)
        if located := next(_all(_plain(name), places, cited=False), None):
            what, secret = located
            yield Finding(
                Problem(
                    Severity.ERROR,
                    result.table.path,
                    f"{what} stands where the name of a column should; {WHY}",
                    "a header row with the names of the columns",
                    "Write the header row above the first row of data",
                    row=1,
                    value=_masked(what, secret),
                ),
                frozenset({secret, name}),
                header=name,
            )
        elif {part.casefold() for part in parts} & LOCATION_WORDS or LOCATION_PARTS.search(
            "".join(parts).casefold()
        ):
            yield Finding(
                Problem(
                    Severity.ERROR,
                    result.table.path,
                    f"the column would locate services; {WHY}",
                    "no column for an address, postcode, property number or coordinate",
                    "Remove the column; places that people visit go into delivery_points.csv",
                    column=name,
                )
            )


def _row_findings(
    result: ReadTable, kinds: Mapping[str, str] | None, places: _Places
) -> Iterator[Finding]:
    """Yield what the rows of one table would give away."""
    if result.table.name in _PUBLIC_TABLES:
        return
    for number, cells in written_rows(result):
        standing = _standing(cells, kinds)
        if standing is None:
            yield from _mentions(result, number, cells, places)
        elif result.table.name == "delivery_points":
            yield _point(result, number, cells, standing)
        else:
            yield from _cell_findings(result, number, cells, places, standing)


def _point(result: ReadTable, number: int, cells: Mapping[str, str], standing: str) -> Finding:
    return Finding(
        Problem(
            Severity.ERROR,
            result.table.path,
            f"a point is given for {standing}; {WHY}",
            "points of services that people visit, of no confidential kind",
            "Remove the row",
            row=number,
            column="service_id",
        ),
        frozenset(cell for name, cell in cells.items() if name != "service_id"),
        whole_row=True,
    )


def _cell_findings(
    result: ReadTable, number: int, cells: Mapping[str, str], places: _Places, standing: str
) -> Iterator[Finding]:
    """Yield locations in the cells of a row about safe accommodation."""
    for name, cell in cells.items():
        if not cell or _is_code(result, name, cell):
            continue
        area = result.table.name == "areas_served" and name == "area"
        located = list(
            _all(
                _plain(cell),
                places,
                cited=name in CITATIONS,
                named=not _is_organisation(result, name),
            )
        )
        if area and not located and cell.casefold() in places.names:
            located = [(_PLACE, cell)]
        for what, secret in located:
            yield Finding(
                _area_problem(result, number, what, secret, standing)
                if area
                else Problem(
                    Severity.ERROR,
                    result.table.path,
                    f"{what} of {standing} stands here; {WHY}",
                    "words that name nothing smaller than the district",
                    _MEND,
                    row=number,
                    column=name,
                    value=_masked(what, secret),
                ),
                frozenset({secret, cell}),
                identifier=cell if name in _SUBJECTS else None,
            )


def _area_problem(result: ReadTable, number: int, what: str, secret: str, standing: str) -> Problem:
    return Problem(
        Severity.ERROR,
        result.table.path,
        f"{standing} serves the district or wider, not {what}; {WHY}",
        "the code of a district, a region or a country",
        "Write the code of the district",
        row=number,
        column="area",
        value=_masked(what, secret),
    )


def _mentions(
    result: ReadTable, number: int, cells: Mapping[str, str], places: _Places
) -> Iterator[Finding]:
    """Yield locations beside the words refuge, sanctuary and the like in any other row."""
    for name, cell in cells.items():
        plain = _plain(cell)
        if name in CITATIONS or not re.search(rf"(?i){START}(?:{SAFE_PLACES}){END}", plain):
            continue
        located = [
            (pattern.what, secret)
            for pattern in PATTERNS
            if pattern.exact and (secret := pattern.find(plain)) is not None
        ]
        if beside := places.beside.search(plain):
            located.append((_PLACE, beside.group()))
        for what, secret in located[:1]:
            yield Finding(
                Problem(
                    Severity.ERROR,
                    result.table.path,
                    f"{what} stands beside words for safe accommodation; {WHY}",
                    "words that do not say where safe accommodation is",
                    "Take one of the two out, or put it another way",
                    row=number,
                    column=name,
                    value=_masked(what, secret),
                ),
                frozenset({secret, cell}),
            )


def _all(
    text: str, places: _Places, *, cited: bool, named: bool = True
) -> Iterator[tuple[str, str]]:
    """Yield what a text gives away, once a kind: the kind and the words themselves."""
    seen: set[str] = set()
    for pattern in PATTERNS:
        if pattern.what not in seen and (pattern.cited or not cited):
            secret = pattern.find(text)
            if secret is not None and not any(secret in earlier for earlier in seen):
                seen |= {pattern.what, secret}
                yield pattern.what, secret
    if not cited and named and (match := places.named.search(text)):
        yield _PLACE, match.group()


def _is_code(result: ReadTable, name: str, cell: str) -> bool:
    """Whether a cell holds codes of the vocabulary and nothing else."""
    column = next((c for c in result.table.columns if c.name == name), None)
    return column is not None and bool(column.allowed) and set(split_codes(cell)) <= column.allowed


def _is_organisation(result: ReadTable, name: str) -> bool:
    """Whether a column refers to organisations, which are public and may be named by place."""
    column = next((c for c in result.table.columns if c.name == name), None)
    return column is not None and (column.refers_to or "").startswith(
        f"{BY_NAME['organisations'].name}."
    )


def _masked(what: str, secret: str) -> str:
    """Show that something was found, and not what.

    A postcode keeps its first letter; the name of a Place keeps nothing, since there are few.
    """
    if what == _PLACE:
        return _HIDDEN
    return f"{secret[0]}{_HIDDEN} {_HIDDEN}" if what == POSTCODE else f"{secret[0]}{_HIDDEN}"
