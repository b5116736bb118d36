"""Schemas of the tables of a data pack: one description, used three ways.

Each :class:`Table` of :mod:`housing_map.pack_tables` lists its columns with meaning, unit and
limits. From it come the parser of each cell, the pandera schema that validates at run time
(:func:`pandera_schema`) and the Frictionless description in ``datapackage.json``
(:func:`frictionless_resource`); so the three cannot drift apart.

Formats: CSV, UTF-8, comma, LF line ends, ISO 8601 dates, shares from 0 to 1, lists separated
by a semicolon, an empty cell where nothing is known.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import pandera.pandas as pa

if TYPE_CHECKING:
    from collections.abc import Iterable

SCHEMA_VERSION: Final = "1.0"
"""Version of the data-pack format. The first number changes when old packs stop loading."""


class Type(StrEnum):
    """Types of cell."""

    TEXT = "string"
    CODE = "code"
    CODES = "codes"
    NUMBER = "number"
    INTEGER = "integer"
    DATE = "date"
    QUARTER = "quarter"


_DTYPES: Final = {
    Type.TEXT: "str",
    Type.CODE: "str",
    Type.CODES: "str",
    Type.NUMBER: "float64",
    Type.INTEGER: "Int64",
    Type.DATE: "datetime64[us]",
    Type.QUARTER: "str",
}

QUARTER: Final = re.compile(r"^\d{4}Q[1-4]$")
IDENTIFIER: Final = r"^[a-z0-9][a-z0-9_\-]*$"
GSS_CODE: Final = r"^[EWSN]\d{8}$"

_EXPECTED_PATTERNS: Final = {
    GSS_CODE: "a nine-character area code such as E05001389",
    IDENTIFIER: "an identifier of small letters, digits, - and _",
}
_EXPECTED_TYPES: Final = {
    Type.DATE: "a date as year-month-day, such as 2026-03-31",
    Type.QUARTER: "a quarter such as 2025Q4",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, type, meaning, unit and limits.

    ``allowed`` is the closed list of codes; ``minimum`` and ``maximum`` are inclusive, in
    ``unit``; ``refers_to`` is ``table.column`` that must hold the value.
    """

    name: str
    type: Type
    meaning: str
    unit: str = ""
    required: bool = False
    unique: bool = False
    allowed: frozenset[str] = frozenset()
    minimum: float | None = None
    maximum: float | None = None
    pattern: str | None = None
    refers_to: str | None = None

    @property
    def is_share(self) -> bool:
        """Whether the column holds shares from 0 to 1."""
        return self.unit == "share"

    def expected(self) -> str:
        """Say in words what a cell should hold, for messages and documentation."""
        if self.allowed:
            many = "any of these, separated by ;" if self.type is Type.CODES else "one of these"
            return f"{many}: {', '.join(sorted(self.allowed))}"
        if self.is_share:
            return "a share from 0 to 1 (64 per cent is 0.64)"
        if self.type in {Type.NUMBER, Type.INTEGER}:
            return self._expected_number()
        if self.pattern is not None:
            return _EXPECTED_PATTERNS.get(self.pattern, "text")
        return _EXPECTED_TYPES.get(self.type, "text")

    def _expected_number(self) -> str:
        words = "a whole number" if self.type is Type.INTEGER else "a number"
        if self.minimum is not None and self.maximum is not None:
            words += f" from {self.minimum:g} to {self.maximum:g}"
        elif self.minimum is not None:
            words += f" of {self.minimum:g} or more"
        return words + (f", in {self.unit}" if self.unit else "")


@dataclass(frozen=True, slots=True)
class Table:
    """One CSV file of a pack.

    ``key`` lists the columns that together are unique. ``extra_pattern`` allows further
    columns whose name matches it (groupings of areas are data). ``optional`` files may be
    missing.
    """

    name: str
    path: str
    title: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    extra_pattern: str | None = None
    optional: bool = False
    source: str = "as each row says"
    licence: str = "OGL-UK-3.0"
    vintage: str = "as each row says"
    triads: tuple[str, ...] = ()
    """Prefixes p of column triples p_low, p_central, p_high (or '' for low, central, high)."""

    def column(self, name: str) -> Column:
        """Return the column called ``name``; raises :class:`KeyError` when there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


# Columns of the common sorts --------------------------------------------------------------


def identifier(
    name: str,
    meaning: str,
    *,
    required: bool = True,
    unique: bool = False,
    refers_to: str | None = None,
) -> Column:
    """Describe a column of identifiers."""
    return Column(
        name,
        Type.CODE,
        meaning,
        required=required,
        unique=unique,
        pattern=IDENTIFIER,
        refers_to=refers_to,
    )


def area(name: str, meaning: str, *, unique: bool = False, refers_to: str | None = None) -> Column:
    """Describe a column of official area codes."""
    return Column(
        name,
        Type.CODE,
        meaning,
        required=True,
        unique=unique,
        pattern=GSS_CODE,
        refers_to=refers_to,
    )


def code(name: str, meaning: str, allowed: Iterable[str], *, required: bool = True) -> Column:
    """Describe a column that holds one of the codes ``allowed``."""
    return Column(name, Type.CODE, meaning, required=required, allowed=frozenset(map(str, allowed)))


def codes(name: str, meaning: str, allowed: Iterable[str], *, required: bool = False) -> Column:
    """Describe a column that holds any of the codes ``allowed``."""
    return Column(
        name, Type.CODES, meaning, required=required, allowed=frozenset(map(str, allowed))
    )


def text(name: str, meaning: str, *, required: bool = False) -> Column:
    """Describe a column of free text."""
    return Column(name, Type.TEXT, meaning, required=required)


def day(name: str, meaning: str, *, required: bool = False) -> Column:
    """Describe a column of dates."""
    return Column(name, Type.DATE, meaning, required=required)


def number(
    name: str,
    meaning: str,
    unit: str,
    *,
    required: bool = False,
    minimum: float | None = 0,
    maximum: float | None = None,
) -> Column:
    """Describe a column of numbers in ``unit``, from 0 upwards unless said otherwise."""
    return Column(
        name, Type.NUMBER, meaning, unit, required=required, minimum=minimum, maximum=maximum
    )


def count(name: str, meaning: str, unit: str) -> Column:
    """Describe a column of whole numbers, of which none may be missing."""
    return Column(name, Type.INTEGER, meaning, unit, required=True, minimum=0)


def triad(prefix: str, meaning: str, unit: str) -> tuple[Column, ...]:
    """Describe three columns: the low, central and high end of a figure."""
    start = f"{prefix}_" if prefix else ""
    maximum = 1.0 if unit == "share" else None
    return tuple(
        number(f"{start}{end}", f"{meaning}: {end}", unit, maximum=maximum)
        for end in ("low", "central", "high")
    )


# What others read from a table -----------------------------------------------------------


def pandera_schema(table: Table, columns: Iterable[str]) -> pa.DataFrameSchema:
    """Build the pandera schema of a parsed table.

    ``columns`` are the columns present in the file: a missing one is reported elsewhere, once,
    rather than once a row. Each check carries the column's own words as its error, so that a
    failure can be read by a person.
    """
    present = set(columns)
    built = {
        column.name: pa.Column(
            _DTYPES[column.type],
            checks=_checks(column),
            nullable=True,
            unique=False,
            title=column.name,
            description=column.meaning,
            metadata={"unit": column.unit, "expected": column.expected()},
        )
        for column in table.columns
        if column.name in present
    }
    return pa.DataFrameSchema(built, strict=False, name=table.name)


def _checks(column: Column) -> list[pa.Check]:
    checks: list[pa.Check] = []
    words = column.expected()
    if column.allowed and column.type is Type.CODE:
        checks.append(pa.Check.isin(sorted(column.allowed), error=words))
    if column.allowed and column.type is Type.CODES:
        allowed = column.allowed
        checks.append(
            pa.Check(lambda cell: set(split_codes(cell)) <= allowed, element_wise=True, error=words)
        )
    if column.minimum is not None:
        checks.append(pa.Check.ge(column.minimum, error=words))
    if column.maximum is not None:
        checks.append(pa.Check.le(column.maximum, error=words))
    if column.pattern is not None:
        checks.append(pa.Check.str_matches(column.pattern, error=words))
    if column.type is Type.QUARTER:
        checks.append(pa.Check.str_matches(QUARTER, error=words))
    return checks


def split_codes(cell: object) -> tuple[str, ...]:
    """Split a semicolon list; an empty cell is an empty tuple.

    >>> split_codes("sole; joint")
    ('sole', 'joint')
    """
    if not isinstance(cell, str):
        return ()
    return tuple(part.strip() for part in cell.split(";") if part.strip())


_FRICTIONLESS_TYPES: Final = {
    Type.TEXT: "string",
    Type.CODE: "string",
    Type.CODES: "string",
    Type.NUMBER: "number",
    Type.INTEGER: "integer",
    Type.DATE: "date",
    Type.QUARTER: "string",
}


def frictionless_resource(table: Table, extra: Iterable[str] = ()) -> dict[str, object]:
    """Describe a table as a Frictionless tabular data resource (specs v1).

    ``extra`` are the names of columns beyond the schema, such as groupings.
    """
    schema: dict[str, object] = {
        "fields": [_frictionless_field(column) for column in table.columns]
        + [{"name": name, "type": "string", "description": "grouping of wards"} for name in extra],
        "missingValues": [""],
    }
    required = {column.name for column in table.columns if column.required}
    if table.key and set(table.key) <= required:
        schema["primaryKey"] = list(table.key)
    foreign = [
        {"fields": column.name, "reference": {"resource": resource, "fields": name}}
        for column in table.columns
        if column.refers_to
        for resource, name in [column.refers_to.split(".")]
    ]
    if foreign:
        schema["foreignKeys"] = foreign
    return {
        "name": table.name.replace("_", "-"),
        "path": table.path,
        "title": table.title,
        "profile": "tabular-data-resource",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "dialect": {"delimiter": ",", "lineTerminator": "\n", "header": True},
        "sources": [{"title": table.source}],
        "licenses": [{"name": table.licence}],
        "vintage": table.vintage,
        "schema": schema,
    }


def _frictionless_field(column: Column) -> dict[str, object]:
    described: dict[str, object] = {
        "name": column.name,
        "type": _FRICTIONLESS_TYPES[column.type],
        "description": column.meaning,
    }
    if column.unit:
        described["unit"] = column.unit
    if column.type is Type.DATE:
        described["format"] = "%Y-%m-%d"
    limits = {
        "required": column.required or None,
        "unique": column.unique or None,
        "enum": sorted(column.allowed) if column.type is Type.CODE and column.allowed else None,
        "minimum": column.minimum,
        "maximum": column.maximum,
        "pattern": column.pattern,
    }
    limits = {name: limit for name, limit in limits.items() if limit is not None}
    if limits:
        described["constraints"] = limits
    return described
