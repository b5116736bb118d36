"""The sheets of the workbook for returns: which there are, and how their cells stand for rows.

A *plain* sheet has one row for each row of its table. A *spread* sheet has one row for each
service, or each service and period, and a column for each code of one column of its table: it
is easier to fill in than the long table it stands for. Template and reader use the same
description, so that what is written is what is read.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date, datetime
from textwrap import shorten
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from housing_map import returns, vocabulary
from housing_map.kinds import KINDS
from housing_map.legal_facts import FACTS
from housing_map.pack_tables import BY_NAME
from housing_map.schemas import Column, Table, Type, split_codes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import pandas as pd

FORMAT: Final = "1"
"""Version of the workbook; a workbook of another version is refused."""

INSTRUCTIONS: Final = "Instructions"
LISTS: Final = "Lists"
BASE: Final = "Base"
OWN_SHEETS: Final = frozenset({INSTRUCTIONS, LISTS, BASE})
"""Sheets of the workbook that hold no figures."""

HEADER_ROW: Final = 4
"""Row of the column names: above it stand the title and two lines of explanation."""

WHOLE_DISTRICT: Final = "Whole district"
PROVEN: Final = frozenset({"source", "last_confirmed", "returned_on", "note"})
"""Columns that say what a row rests on, rather than what holds."""

_LABELS: Final = {
    "service_id": "Service",
    "organisation_id": "Organisation",
    "accommodation_provider_id": "Accommodation provider",
    "landlord_id": "Landlord",
    "support_provider_id": "Support provider",
    "amount_gbp_a_year": "Amount a year (GBP)",
    "planned_gbp": "Planned (GBP)",
    "spent_gbp": "Spent (GBP)",
    "last_confirmed": "Confirmed on",
    "returned_on": "Sent in on",
    "source": "Who says so",
    "counted": "Whose characteristics",
    "count": "How many people",
    "heard": "How many were asked",
}
"""Names of columns for people, where the name in the table will not do."""


@dataclass(frozen=True, slots=True)
class Field:
    """A column of a sheet: ``code`` is the code it stands for in a spread sheet."""

    label: str
    column: Column
    meaning: str
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet that holds figures, and the table whose rows it stands for.

    ``keys`` tell its rows apart. In a spread sheet ``across`` is the column of the table whose
    codes are columns here, ``value`` the column whose cells stand below them. ``left_out`` are
    columns of the table that the sheet does not show.
    """

    name: str
    table: Table
    purpose: str
    keys: tuple[str, ...]
    across: str | None = None
    value: str | None = None
    terms: tuple[tuple[str, str, str], ...] = ()
    left_out: frozenset[str] = frozenset()

    @property
    def fields(self) -> tuple[Field, ...]:
        """The columns of the sheet: keys, figures, and what they rest on."""
        shown = [
            column
            for column in self.table.columns
            if column.name not in {self.across, self.value} | self.left_out
        ]
        first = [column for column in shown if column.name in self.keys]
        last = [column for column in shown if column.name in PROVEN]
        middle = [column for column in shown if column not in first and column not in last]
        spread = [
            Field(label, self.table.column(str(self.value)), meaning, code)
            for code, label, meaning in self.terms
        ]
        return (
            *(_field(column) for column in first),
            *spread,
            *(_field(column) for column in (*middle, *last)),
        )


def _field(column: Column) -> Field:
    label = _LABELS.get(column.name) or column.name.replace("_", " ").capitalize()
    return Field(label, column, column.meaning)


def _spread(
    name: str,
    table: str,
    purpose: str,
    across: str,
    terms: Iterable[tuple[str, str, str]],
    *,
    value: str = "count",
    keys: tuple[str, ...] = ("period", "service_id"),
    left_out: frozenset[str] = frozenset(),
) -> Sheet:
    return Sheet(name, BY_NAME[table], purpose, keys, across, value, tuple(terms), left_out)


def _plain(name: str, table: str, purpose: str) -> Sheet:
    return Sheet(name, BY_NAME[table], purpose, BY_NAME[table].key, left_out=frozenset({"status"}))


def _words(terms: Mapping[str, vocabulary.Term]) -> list[tuple[str, str, str]]:
    return [(term.code, term.label, term.meaning) for term in terms.values()]


def _rules() -> list[tuple[str, str, str]]:
    """Rules with labels that tell a tenure from a right to occupy and a level of risk."""
    starts = {"tenure": "Tenure", "right": "Right", "risk": "Risk"}
    found = []
    for term in vocabulary.RULES.values():
        start = starts.get(term.code.partition("_")[0])
        found.append((term.code, f"{start}: {term.label}" if start else term.label, term.meaning))
    return found


SHEETS: Final[tuple[Sheet, ...]] = (
    _plain(
        "Services",
        "services",
        "One row a service: what it is, who offers it, and whether it runs.",
    ),
    _plain(
        "Capacity",
        "capacity",
        "One row a service: how much there is in a year, how long people stay, and how full it is.",
    ),
    _spread(
        "Who is taken",
        "eligibility",
        "One row a service: whom it takes. Leave a cell empty where nobody has said.",
        "rule",
        _rules(),
        value="answer",
        keys=("service_id",),
        left_out=frozenset({"status", "note"}),
    ),
    _spread(
        "Legal facts",
        "legal_facts",
        "One row a service: facts that decide whether it is relevant accommodation in law.",
        "fact",
        [(fact.code, fact.label, fact.question) for fact in FACTS.values()],
        value="answer",
        keys=("service_id",),
        left_out=frozenset({"status", "note"}),
    ),
    _plain("Funding", "funding", "One row for each grant or contract of a service, with its end."),
    _spread(
        "Counts",
        "quarterly_returns",
        "One row a service and period: people and households. Write 0 only where it was none.",
        "measure",
        _words(returns.MEASURES),
    ),
    _spread(
        "Not supported",
        "return_reasons",
        "Households that could not be supported, each under its one main reason.",
        "reason",
        _words(returns.UNABLE_REASONS),
    ),
    _spread(
        "Support ended",
        "return_endings",
        "Households that stopped being supported, each under its one main reason.",
        "reason",
        _words(returns.END_REASONS),
    ),
    _spread(
        "Moved on to",
        "move_on",
        "Households that stopped being supported, by where they went.",
        "destination",
        _words(returns.DESTINATIONS),
    ),
    _spread(
        "Length of stay",
        "return_stays",
        "Households that stopped being supported, by how long they had stayed.",
        "band",
        _words(returns.STAY_BANDS),
    ),
    _spread(
        "Characteristics",
        "return_characteristics",
        "People with each characteristic. One person may count in several columns.",
        "characteristic",
        _words(returns.CHARACTERISTICS),
        keys=("period", "service_id", "counted"),
    ),
    _plain(
        "Outcomes",
        "outcomes",
        "Means over people who have a first and a last reading. Never the scores of one person.",
    ),
    _spread(
        "Barriers",
        "barriers",
        "How many of the people asked raised each theme. No quotations, no names.",
        "theme",
        _words(returns.BARRIERS),
    ),
    _plain("Spend", "spend", "Money planned and spent against the objectives of the strategy."),
)
"""Every sheet with figures, in the order of the workbook."""

BY_SHEET: Final = {sheet.name: sheet for sheet in SHEETS}


# Choices -----------------------------------------------------------------------------------

_TERMS: Final[tuple[Mapping[str, object], ...]] = (
    KINDS,
    vocabulary.SUPPORT_TYPES,
    vocabulary.COMPONENTS,
    vocabulary.ANSWERS,
    returns.COUNTED,
    returns.OUTCOME_TOOLS,
    returns.OUTCOME_AREAS,
)
_UNTOLD: Final = "unknown"


_MOST_WORDS: Final = 90
"""Most letters of an objective in a list."""


class Choices:
    """What may be chosen in a column: labels for people, codes for the table.

    Services and organisations are named as in the pack, with the identifier behind the name, and so
    are the ``objectives`` of the strategy (words by short name), where the district has any.
    """

    def __init__(
        self,
        services: pd.DataFrame,
        organisations: pd.DataFrame,
        objectives: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._objectives = {
            code: f"{shorten(words, _MOST_WORDS, placeholder='…')} [{code}]"
            for code, words in objectives.items()
        }
        self._names = {
            "services.service_id": _named(services, "service_id"),
            "organisations.organisation_id": _named(organisations, "organisation_id"),
        }

    def of(self, column: Column) -> dict[str, str]:
        """Labels by code, in the order of the list; empty where anything may be written."""
        if column.refers_to in self._names:
            named = self._names[column.refers_to]
            whole = column.name == "service_id" and not column.required
            return {"": WHOLE_DISTRICT, **named} if whole else dict(named)
        if column.name == "objective":
            return dict(self._objectives)
        if not column.allowed:
            return {}
        for terms in _TERMS:
            if column.allowed == frozenset(terms):
                return {key: str(getattr(term, "label", key)) for key, term in terms.items()}
        return {
            key: "Not known" if key == _UNTOLD else key.replace("_", " ").capitalize()
            for key in sorted(column.allowed, key=lambda key: (key == _UNTOLD, key != "yes", key))
        }

    def read(self, column: Column, text: str) -> str | None:
        """Return the code, or codes, that a cell means; None where it means none of them.

        Labels and codes are both read, whatever the case of their letters.
        """
        known = self.of(column)
        if not known:
            return text
        means = {code.casefold(): code for code in known if code}
        means |= {label.casefold(): code for code, label in known.items()}
        if column.type is not Type.CODES:
            text = " ".join(text.split())
            # The name may have changed since the workbook was written; the identifier has not.
            named = re.search(r"\[([^\[\]]+)\]$", text)
            return means.get(text.casefold(), means.get(named[1].casefold()) if named else None)
        codes = [means.get(part.casefold()) for part in split_codes(text)]
        return ";".join(sorted(code for code in codes if code)) if all(codes) else None

    def show(self, column: Column, text: str) -> str:
        """Return what stands in a cell for a code, or for several."""
        known = self.of(column)
        if column.type is Type.CODES:
            return "; ".join(known.get(code, code) for code in split_codes(text))
        return known.get(text, text)


def _named(frame: pd.DataFrame, key: str) -> dict[str, str]:
    """Names by identifier, in order of name."""
    pairs = sorted(
        (str(name), str(code)) for code, name in zip(frame[key], frame["name"], strict=True)
    )
    return {code: f"{name} [{code}]" for name, code in pairs}


# Cells -------------------------------------------------------------------------------------


def plain(column: Column, text: str) -> str:
    """Return a cell in the one way of writing it, so that equal cells are equal texts.

    What cannot be read stays as it is.

    >>> plain(BY_NAME["capacity"].column("capacity_low"), "4.0")
    '4'
    """
    text = text.strip()
    if column.type in {Type.NUMBER, Type.INTEGER}:
        try:
            value = float(text)
        except ValueError:
            return text
        return written(value)
    if column.type is Type.CODES:
        return ";".join(sorted(split_codes(text)))
    return " ".join(text.split())


def written(cell: object) -> str:
    """Return a cell of a workbook as the text that stands in a CSV file for it.

    Whole numbers lose their decimals; a date without a time of day is year-month-day.

    >>> written(4.0), written(0.85), written(datetime(2026, 3, 31)), written(None)
    ('4', '0.85', '2026-03-31', '')
    """
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        # Fifteen digits are what a spreadsheet keeps: 0.1 + 0.2 is written 0.3.
        short = f"{cell:.15g}"
        return short if "e" not in short else repr(cell)
    if isinstance(cell, datetime):
        midnight = cell.time().isoformat() == "00:00:00"
        return cell.date().isoformat() if midnight else cell.isoformat(" ")
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell).strip()


# Rows --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table as a sheet gives it: cells by column, and where each stands.

    ``at`` gives row and column of each cell in the sheet, both from 0.
    """

    sheet: Sheet
    cells: Mapping[str, str]
    at: Mapping[str, tuple[int, int]]

    @property
    def key(self) -> tuple[str, ...]:
        """Key of the row in its table."""
        return tuple(self.cells.get(name, "") for name in self.sheet.table.key)


def rows(
    sheet: Sheet,
    lines: Iterable[tuple[int, Mapping[Field, str]]],
    places: Mapping[Field, int] | None = None,
) -> Iterator[Row]:
    """Yield the rows of the table that the lines of a sheet stand for.

    ``lines`` give the number of a line and its cells as texts of the table (codes, not labels),
    ``places`` the column of each field where it is not the template's. A line with nothing but
    keys, or keys and who says so, stands for no row.
    """
    if places is None:
        places = {field: place for place, field in enumerate(sheet.fields)}
    for number, line in lines:
        cells = {f.column.name: text for f, text in line.items() if f.code is None}
        at = {f.column.name: (number, place) for f, place in places.items() if f.code is None}
        if sheet.across is None or sheet.value is None:
            if any(text for name, text in cells.items() if name not in {*sheet.keys} | PROVEN):
                yield Row(sheet, cells, at)
            continue
        for field, text in line.items():
            if field.code is not None and text:
                here = (number, places[field])
                yield Row(
                    sheet,
                    {**cells, sheet.across: field.code, sheet.value: text},
                    {**at, sheet.across: here, sheet.value: here},
                )


def lines(sheet: Sheet, table: Sequence[Mapping[str, str]]) -> list[dict[Field, str]]:
    """Return the lines of a sheet that stand for rows of its table: the way back of :func:`rows`.

    In a spread sheet, what rows rest on is shown only where the whole line rests on the same.
    """
    fields = sheet.fields
    if sheet.across is None or sheet.value is None:
        return [{field: row.get(field.column.name, "") for field in fields} for row in table]
    found: dict[tuple[str, ...], list[Mapping[str, str]]] = {}
    for row in table:
        found.setdefault(tuple(row.get(name, "") for name in sheet.keys), []).append(row)
    result = []
    for group in found.values():
        by_code = {row[sheet.across]: row[sheet.value] for row in group}
        line = {}
        for field in fields:
            shared = {row.get(field.column.name, "") for row in group}
            if field.code is not None:
                line[field] = by_code.get(field.code, "")
            else:
                line[field] = next(iter(shared)) if len(shared) == 1 else ""
        result.append(line)
    return result


def key_text(key: Sequence[str]) -> str:
    """Return a key as one text, for :func:`read_key`."""
    return json.dumps(list(key), ensure_ascii=False)


def read_key(text: str) -> tuple[str, ...] | None:
    """Return the key that :func:`key_text` wrote; None where the text is none."""
    try:
        key = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(key, list) or not all(isinstance(part, str) for part in key):
        return None
    return tuple(key)
