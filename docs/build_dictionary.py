"""Write ``docs/data-dictionary.md`` from the program's own schemas and words.

Run it after a change to a schema, a word or a rule::

    python docs/build_dictionary.py

A test holds that the page in the project is what this program writes.
"""  # noqa: INP001 - a script beside the pages, not part of the package

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from housing_map import check_figures, checks, legal_facts, protection, vocabulary
from housing_map.geometry import OVERLAP_TOLERANCE_M2
from housing_map.kinds import (
    COMPONENT_AIMS,
    COMPONENT_TENURES,
    CONFIDENTIAL_KINDS,
    KINDS,
)
from housing_map.location_patterns import LOCATION_WORDS
from housing_map.pack import GroupingInfo, Layer, MissingFigures, PackInfo, TravelInfo
from housing_map.pack_tables import TABLES
from housing_map.schemas import GSS_CODE, IDENTIFIER, SCHEMA_VERSION, Column, Table, Type
from housing_map.vocabulary import CapacityBasis, Component, Delivery, Pathway, Term

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pydantic import BaseModel

PAGE: Final = Path(__file__).resolve().parent / "data-dictionary.md"

_INTRODUCTION: Final = f"""\
# Data dictionary

What a data pack holds: every file, every column, every code. It is for the person who fills a
pack in. How the figures are used is in [Method](method.md).

This page is written by a program, from the same descriptions that check a pack. To write it
again: `python docs/build_dictionary.py`. Format version {SCHEMA_VERSION}.

To check a pack: `housing-map validate --data DIR`. To describe it for other programs:
`housing-map describe --data DIR` writes `datapackage.json`, a Frictionless data package.
"""

_FILE_RULES: Final = """\
## Rules for every file

- **CSV, UTF-8**, commas between cells, a header row. A byte order mark and Windows line ends do
  no harm. Blank rows are passed over.
- Columns may stand in any order. Every column of the table has to be there, even if its cells
  are empty. A column that is not part of the format is an error.
- **An empty cell means that nothing is known.** Never write 0 for "not known".
- **Numbers** are plain digits: `1200`, not `1,200`, `£1200` or `12%`.
- **Shares** run from 0 to 1: 64 per cent is `0.64`.
- **Dates** are year-month-day: `2026-03-31`. **Quarters** are `2025Q4`, by calendar year.
- **Lists** of codes are separated by a semicolon: `owned;private_rent`.
- **Identifiers** are small letters, digits, `-` and `_`.
- **Area codes** are the nine-character codes of the Office for National Statistics.
- **Ranges**: `low`, `central` and `high` rise. `low` and `high` may be empty; then the central
  figure holds in every run.
- **Status** says what a figure rests on. `unknown` needs an empty figure; any other status needs
  a figure. A share that divides a whole (right, risk, aim, entry) always needs a figure.
- **Freshness**: a row last confirmed more than {stale} days before the reference date of the pack
  brings a warning.

The rows of a message count as a spreadsheet counts: the header is row 1.
"""

_PROOF_WORDS: Final = """\
Nearly every table ends with these columns. They say what a row rests on.
"""

_LAYER_RULES: Final = """\
## Boundaries

One layer each for the district and its neighbours (`district`), the wards (`ward`) and the small
areas (`lsoa`), at the paths that `pack.json` gives.

- GeoJSON (RFC 7946) or a GeoPackage with one layer.
- Polygons or multipolygons with two text properties: `code` (nine characters) and `name`.
- Longitude and latitude (EPSG:4326), longitude first, inside the United Kingdom. Another
  reference system is an error: nothing is reprojected in silence. A GeoJSON file that declares
  none is read as longitude and latitude, as RFC 7946 says, with a warning. A GeoPackage has to
  declare it.
- Geometries are valid, and neighbours do not overlap by more than {overlap:g} square metre.
- Each ward of the layer has a row in `groupings.csv`, each small area one in `lsoa_facts.csv`,
  and the other way about.
- The layer of districts holds the district of the pack. Its other areas are drawn as neighbours.
"""

_PROTECTION_RULES: Final = """\
## Protection

A refuge, and every other service of a confidential kind, is never located: in no file, no field,
for nobody. `validate` refuses a pack that would do so, and shows what it found masked.

Confidential kinds: {confidential}. A service whose kind cannot be read counts as confidential.

For a confidential service a pack may hold no

- address, postcode, part of a postcode, property number, coordinate, grid reference or the like,
  in any cell, not even in a source or a note;
- name of a place, ward or town inside the district, except in the columns {citations};
- row in `delivery_points.csv`;
- area served that is smaller than a district: the code of the district, a region or a country.

In any other row, such a location may not stand beside words like *refuge* or *sanctuary*. A
further column in a file of providers may not be named after a location (`postcode`, `lat`,
`street` and {words} more).

The check reads text, so it cannot find everything. It errs towards refusing: say it another way.

No file holds anything about a person. Counts of people are for the district as a whole.
"""

_INFO: Final[dict[str, str]] = {
    "schema_version": "version of the format the pack was written for",
    "name": "short name for programs: small letters, digits, - and _",
    "title": "name of the district for people",
    "description": "what the pack is about, in a few sentences",
    "district_code": "area code of the district",
    "reference_date": "day on which the figures stand; the program never reads the clock",
    "layers": "boundaries of `lsoa`, `ward` and `district`, each as below",
    "groupings": "words for the groupings of wards, by the name of their column",
    "default_level": "level of area that a page shows first",
    "attribution": "lines that credit the sources, shown on every page",
    "limits": "known limits, shown wherever the figures are",
    "missing": "published figures to be treated as missing, each as below",
    "travel": "what the travel times rest on, as below",
    "licence": "licence of the pack",
}
_LAYER: Final[dict[str, str]] = {
    "path": "path inside the pack",
    "vintage": "which boundaries they are, and of when",
    "source": "where they come from",
    "licence": "their licence",
}
_GROUPING: Final[dict[str, str]] = {
    "label": "name of the grouping for people",
    "note": "how sure it is which wards belong together",
}
_MISSING: Final[dict[str, str]] = {
    "table": "table of the figures",
    "area_code": "area of the row",
    "quarter": "quarter of the row",
    "columns": "columns to be treated as empty",
    "why": "why they are not to be trusted",
}
_TRAVEL: Final[dict[str, str]] = {
    "mode": "the mode of `travel_times.csv` that is used; needed where there are several",
    "source": "what the times were worked out with, for which day and hour",
}

_BASES: Final[dict[CapacityBasis, str]] = {
    CapacityBasis.UNITS: "homes, each for one household; needs a mean stay and an occupancy",
    CapacityBasis.INSTALLATIONS: "homes made secure in a year",
    CapacityBasis.CASELOAD: "households supported in a year",
    CapacityBasis.GRANTS: "grants in a year",
    CapacityBasis.MOVES: "moves in a year",
    CapacityBasis.LETTINGS: "lettings in a year",
    CapacityBasis.PLACEMENTS: "placements in a year",
}
_DELIVERIES: Final[dict[Delivery, str]] = {
    Delivery.ACCOMMODATION: "by living there: travel is not asked",
    Delivery.HOME: "at the household's home: travel is not asked",
    Delivery.REMOTE: "by telephone or online: travel is not asked",
    Delivery.VISIT: "by visiting; travel is asked only where this is the one way",
}

_NOTES: Final[dict[str, str]] = {
    "groupings": (
        "Every further column is a grouping of wards and becomes a level of area. A column of the "
        "same name with `_evidence` at its end says how it is known which wards belong together."
    ),
    "tenure_calibration": "Three rows, one for each tenure.",
    "parameters": (
        "These keys have to be there, each with a central figure: {required}. Any other row is a "
        "figure on record: shown with its source, read by no calculation. `worse_when` says "
        "which end the cautious run takes; without it every run takes the central figure."
    ),
    "pool_assumptions": (
        "One figure for all services of a kind whose own capacity nobody has given. A service "
        "with a figure in `capacity.csv` is taken out of it."
    ),
    "derivations": (
        "A benchmark that a figure was worked out from is not compared with that figure. Leave "
        "the file out where nothing was worked out from a parameter."
    ),
    "acceptance_shares": "Used only where a service's own rule is unknown.",
    "household_shares": (
        "Of `tenure`, only the row `temporary` is read: the other tenures follow from the model. "
        "`right`, `risk`, `aim` and `entry` each sum to 1; `right` and `aim` may differ by tenure. "
        "A circumstance without a row has an unknown number, which is not 0. The low and high "
        "ends are read for `temporary` alone."
    ),
    "circumstance_pairs": (
        "Each pair stands once, in either order; both need a share in `household_shares.csv`. "
        "Pairs without a row follow from the rest as evenly as possible: without any, "
        "circumstances are independent. The low and high ends are not read."
    ),
    "eligibility": "Leave a rule out rather than guess.",
    "capacity": "Empty figures with the status `unknown` are welcome: they say that it was asked.",
    "areas_served": (
        "A service on a route that serves no area reaches nobody. For the whole district write "
        "the district's own code."
    ),
    "referral_routes": (
        "A route leads from `entry:CODE` or a service to a service or `home:CODE`, forward by "
        "stage and never in a circle. Empty `accepts` and `succeeds` mean all, an empty wait "
        "means none, in every run."
    ),
    "travel_times": (
        "From r5py, OpenTripPlanner or a spreadsheet. A row takes the place of the estimate for "
        "its pair and mode, in every run. A pair without a row is estimated from the straight "
        "line; a row with empty minutes says that there is no way, so leave a row out where nobody "
        "has looked. Only places of `delivery_points.csv` can be destinations, so no time leads to "
        "safe accommodation."
    ),
    "funding": "On record; no calculation reads it yet.",
}


def render() -> str:
    """Return the page as text."""
    parts = [
        _INTRODUCTION,
        _contents(),
        _FILE_RULES.format(stale=checks.STALE_AFTER_DAYS),
        _pack_file(),
        _LAYER_RULES.format(overlap=OVERLAP_TOLERANCE_M2),
        _PROTECTION_RULES.format(
            confidential=", ".join(sorted(KINDS[c].label.lower() for c in CONFIDENTIAL_KINDS)),
            citations=_codes(sorted(protection.CITATIONS)),
            words=len(LOCATION_WORDS) - 3,
        ),
        _proof(),
        "## Tables\n",
        *(_table(table) for table in TABLES),
        _vocabulary(),
    ]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def _contents() -> str:
    lines = [
        "## What a pack is\n",
        "A folder with `pack.json`, three layers of boundaries and these tables:\n",
        *_grid(
            ("File", "What it holds"),
            [
                (f"[{table.path}](#{_slug(table.path)})", table.title + _optional(table))
                for table in TABLES
            ],
        ),
    ]
    return "\n".join(lines)


def _optional(table: Table) -> str:
    return " (may be missing)" if table.optional else ""


def _pack_file() -> str:
    parts = ["## pack.json\n", *_members(PackInfo, _INFO)]
    for title, model, words in (
        ("A layer", Layer, _LAYER),
        ("A grouping", GroupingInfo, _GROUPING),
        ("An entry of `missing`", MissingFigures, _MISSING),
        ("`travel`", TravelInfo, _TRAVEL),
    ):
        parts += ["", f"{title}:", "", *_members(model, words)]
    parts += ["", "Any other member is an error."]
    return "\n".join(parts)


def _members(model: type[BaseModel], words: Mapping[str, str]) -> list[str]:
    """Describe the members of a JSON object; every member has to have its words."""
    fields = model.model_fields
    if set(fields) != set(words):
        message = f"{model.__name__}: words are missing or left over: {set(fields) ^ set(words)}"
        raise ValueError(message)
    return _grid(
        ("Member", "Meaning", "Needed"),
        [
            (f"`{name}`", words[name], "yes" if field.is_required() else "")
            for name, field in fields.items()
        ],
    )


# Tables ------------------------------------------------------------------------------------


def _table(table: Table) -> str:
    lines = [f"### {table.path}", "", f"{table.title}{_optional(table)}."]
    if table.name in _NOTES:
        required = _codes(check_figures.REQUIRED_PARAMETERS)
        lines += ["", _NOTES[table.name].format(required=required)]
    if table.key:
        lines += ["", f"Each row has its own {_codes(table.key, 'and')}."]
    lines += ["", *_grid(_HEADER, list(_columns(table)))]
    if proof := _codes([c.name for c in table.columns if c.name in _PROOF], "and"):
        lines += ["", f"And, as in [every table of figures](#proof): {proof}."]
    known = [
        f"{title}: {words}."
        for title, words in (("Source", table.source), ("Vintage", table.vintage))
        if words != "as each row says"
    ]
    return "\n".join([*lines, *(["", " ".join(known)] if known else [])])


_HEADER: Final = ("Column", "Meaning", "What a cell holds", "Unit", "Needed")
_PROOF: Final = ("status", "source", "last_confirmed", "note")
_ENDS: Final = ("low", "central", "high")


def _columns(table: Table) -> Iterator[tuple[str, ...]]:
    """Yield a line for each column, with the three of a range as one and without the proof."""
    starts = {f"{prefix}_" if prefix else "" for prefix in table.triads}
    ends = {f"{start}{end}": start for start in starts for end in _ENDS}
    for column in table.columns:
        if column.name in _PROOF or (column.name in ends and not column.name.endswith("low")):
            continue
        names, meaning = [column.name], column.meaning
        if column.name in ends:
            names = [f"{ends[column.name]}{end}" for end in _ENDS]
            meaning = meaning.removesuffix(": low")
            meaning = f"{meaning}: low, central, high" if "low end" not in meaning else "the range"
        unit = {"share": "", "as in unit": "the row's `unit`"}.get(column.unit, column.unit)
        needed = "yes" if column.required else ""
        yield (_codes(names), meaning, _holds(column), unit, needed)


def _proof() -> str:
    """Describe the columns that say what a row rests on."""
    named: dict[str, Column] = {}
    for table in TABLES:
        for column in table.columns:
            if column.name in _PROOF:
                named.setdefault(column.name, column)
    rows = [
        (f"`{name}`", named[name].meaning, _holds(named[name]), _needed(named[name]))
        for name in _PROOF
    ]
    return "\n".join(
        [
            "## Proof",
            "",
            _PROOF_WORDS,
            *_grid(("Column", "Meaning", "What a cell holds", "Needed"), rows),
        ]
    )


def _needed(column: Column) -> str:
    return "yes" if column.required else ""


def _holds(column: Column) -> str:
    """Say what a cell holds, with a link to the codes or rows it may name."""
    if column.refers_to is not None:
        table, _, name = column.refers_to.partition(".")
        path = next(other.path for other in TABLES if other.name == table)
        return f"one `{name}` of [{path}](#{_slug(path)})"
    if column.allowed:
        many = "any of" if column.type is Type.CODES else "one of"
        titles = [title for title, codes in _lists().items() if column.allowed == codes]
        if titles:
            return f"{many} [{titles[0]}](#{_slug(titles[0])})"
        return f"{many}: {_codes(sorted(column.allowed))}"
    patterns = {IDENTIFIER: "identifier", GSS_CODE: "area code"}
    return patterns.get(column.pattern or "", "") or _plainly(column)


def _plainly(column: Column) -> str:
    """Say in few words what a cell without codes holds."""
    words = {
        Type.TEXT: "text",
        Type.CODE: "code",
        Type.CODES: "codes, separated by `;`",
        Type.DATE: "date",
        Type.QUARTER: "quarter",
        Type.NUMBER: "number",
        Type.INTEGER: "whole number",
    }[column.type]
    if column.is_share:
        return "share, 0 to 1"
    if column.minimum is not None and column.maximum is not None:
        return f"{words}, {column.minimum:g} to {column.maximum:g}"
    return f"{words}, {column.minimum:g} or more" if column.minimum is not None else words


# Words -------------------------------------------------------------------------------------


def _lists() -> dict[str, frozenset[str]]:
    """Headings of the vocabulary with the codes below them."""
    return {
        "Tenures": frozenset(vocabulary.TENURES),
        "Rights to occupy": frozenset(vocabulary.RIGHTS),
        "Levels of risk": frozenset(vocabulary.RISKS),
        "Aims": frozenset(vocabulary.AIMS),
        "Kinds of service": frozenset(KINDS),
        "Components": frozenset(vocabulary.COMPONENTS),
        "Support types": frozenset(vocabulary.SUPPORT_TYPES),
        "Kinds of body": frozenset(vocabulary.PROVIDER_TYPES),
        "Legal facts": frozenset(legal_facts.FACTS),
        "Rules": frozenset(vocabulary.RULES),
        "Answers": frozenset(vocabulary.ANSWERS),
        "Statuses": frozenset(vocabulary.STATUSES),
        "Bases of capacity": frozenset(map(str, CapacityBasis)),
        "Ways of delivery": frozenset(map(str, Delivery)),
    }


def _vocabulary() -> str:
    parts = [
        "## Words",
        "",
        "Every code that may stand in a file, with the words that people read.",
        *_terms("Tenures", vocabulary.TENURES),
        *_terms("Rights to occupy", vocabulary.RIGHTS),
        *_terms("Levels of risk", vocabulary.RISKS),
        *_terms("Aims", vocabulary.AIMS),
        *_terms("Entry points", vocabulary.ENTRIES, "In a referral route: `entry:CODE`."),
        *_terms("Homes", vocabulary.HOMES, "In a referral route: `home:CODE`."),
        *_circumstances(),
        *_rules(),
        *_kinds(),
        *_components(),
        *_terms("Legal categories", vocabulary.LEGAL_CATEGORIES),
        *_facts(),
        *_terms("Kinds of body", vocabulary.PROVIDER_TYPES),
        *_terms("Support types", vocabulary.SUPPORT_TYPES),
        *_plain("Bases of capacity", {str(code): words for code, words in _BASES.items()}),
        *_plain("Ways of delivery", {str(code): words for code, words in _DELIVERIES.items()}),
        *_terms("Answers", vocabulary.ANSWERS),
        *_terms("Statuses", vocabulary.STATUSES),
        *_terms("Runs", vocabulary.RUNS),
        *_terms("Goals", vocabulary.GOALS),
        *_terms("Pathways", vocabulary.PATHWAYS),
        *_terms("Ways of being helped", vocabulary.METS),
        *_terms("Reasons for loss", vocabulary.REASONS),
    ]
    return "\n".join(parts)


def _terms(title: str, terms: Mapping[str, Term], note: str = "") -> list[str]:
    sources = dict.fromkeys(term.source for term in terms.values())
    return [
        *_heading(title, note),
        *_grid(
            ("Code", "Label", "Meaning"),
            [(f"`{term.code}`", term.label, term.meaning) for term in terms.values()],
        ),
        "",
        f"Source: {'; '.join(sources)}.",
    ]


def _plain(title: str, words: Mapping[str, str]) -> list[str]:
    rows = [(f"`{code}`", meaning) for code, meaning in words.items()]
    return [*_heading(title), *_grid(("Code", "Meaning"), rows)]


def _heading(title: str, note: str = "") -> list[str]:
    return ["", f"### {title}", "", *([note, ""] if note else [])]


def _circumstances() -> list[str]:
    rows = [
        (f"`{c.code}`", c.label, c.meaning, c.level_of or "", _codes(sorted(c.impossible_with)))
        for c in vocabulary.CIRCUMSTANCES.values()
    ]
    note = "A household stands on one level of a group at most."
    header = ("Code", "Label", "Meaning", "Level of", "Never with")
    return [*_heading("Circumstances", note), *_grid(header, rows)]


def _rules() -> list[str]:
    extra = [
        (f"`{term.code}`", term.label, term.meaning)
        for term in vocabulary.RULES.values()
        if term.code.startswith("from_")
    ]
    prefixed = [
        ("`tenure_CODE`", "a tenure", "takes people who had such a home"),
        ("`right_CODE`", "a right to occupy", "takes people with such a right to their home"),
        ("`risk_CODE`", "a level of risk", "takes people at this level of risk"),
    ]
    note = "Whom a service takes. Every circumstance above is a rule, and these are:"
    return [*_heading("Rules", note), *_grid(("Code", "Label", "Meaning"), [*prefixed, *extra])]


def _kinds() -> list[str]:
    ways = {Pathway.STAY: "stay", Pathway.MOVE: "move", Pathway.ANY: "both", None: ""}
    rows = [
        (
            f"`{kind.code}`",
            kind.label,
            str(kind.stage),
            ways[kind.pathway],
            f"`{kind.component}`" if kind.component else "",
            f"`{kind.category}`" if kind.category else "",
            "yes" if kind.confidential else "",
        )
        for kind in KINDS.values()
    ]
    header = ("Code", "Label", "Stage", "Pathway", "Component", "Legal category", "Confidential")
    return [*_heading("Kinds of service"), *_grid(header, rows)]


def _components() -> list[str]:
    everybody, anyhow = "all", "stay, move, arrive"
    rows = []
    for component in Component:
        term = vocabulary.COMPONENTS[component]
        tenures = COMPONENT_TENURES.get(component)
        aims = COMPONENT_AIMS.get(component)
        rows.append(
            (
                f"`{term.code}`",
                term.label,
                term.meaning,
                everybody if tenures is None else ", ".join(sorted(tenures)),
                anyhow if aims is None else ", ".join(a for a in vocabulary.AIMS if a in aims),
            )
        )
    header = ("Code", "Label", "Meaning", "Meant for tenures", "Meant for aims")
    source = vocabulary.COMPONENTS[Component.REFUGE].source
    return [*_heading("Components"), *_grid(header, rows), "", f"Source: {source}."]


def _facts() -> list[str]:
    rows = [(f"`{f.code}`", f.question, f.source) for f in legal_facts.FACTS.values()]
    note = "Answers to these, and the kind of body, decide whether a service is safe "
    note += "accommodation in law (*relevant accommodation*)."
    return [*_heading("Legal facts", note), *_grid(("Code", "Question", "Source"), rows)]


# Text --------------------------------------------------------------------------------------


def _grid(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [_row(header), _row(["---"] * len(header))]
    return [*lines, *(_row(row) for row in rows)]


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _codes(codes: Iterable[str], last: str = "") -> str:
    """Set codes as code, in a list."""
    quoted = [f"`{code}`" for code in codes]
    if last and len(quoted) > 1:
        return f"{', '.join(quoted[:-1])} {last} {quoted[-1]}"
    return ", ".join(quoted)


def _slug(title: str) -> str:
    """Return the anchor that a page of this heading has."""
    kept = "".join(c for c in title.lower() if c.isalnum() or c in "-_ ")
    return kept.replace(" ", "-")


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8", newline="\n")
