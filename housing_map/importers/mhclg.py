"""Read the homelessness tables that MHCLG publishes each quarter, in any of their layouts.

The *detailed local authority tables* of statutory homelessness (H-CLIC) come as one ODS or XLSX
file a quarter. Between 2018 and 2026 their layout changed several times:

- until June 2020 the reasons for losing a home stand in one sheet, A2; since July 2020 in A2P
  (owed a prevention duty) and A2R (relief duty); names of sheets now and then end in ``_``;
- headings took three or four lines with merged cells until 2025, with footnote numbers written
  straight after a word, and in some files hidden lines above them that served drop-down lists;
  in 2026 they became one line;
- victims of domestic abuse are told apart from alleged perpetrators since July 2023;
- Barnsley and Sheffield have new codes since April 2025;
- missing figures are ``..`` or ``-`` in old files and ``[x]``, ``[c]``, ``[z]`` in new ones.

So a column is found by what its headings mean (:data:`MEASURES`, :mod:`.headings`), each figure
says which cell it came from, and what is not found is a problem at its place.

Source: https://www.gov.uk/government/statistical-data-sets/live-tables-on-homelessness; how the
layouts were learnt is in ``docs/importing-published-tables.md``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import pandas as pd

from housing_map.errors import Problem, Severity
from housing_map.importers import revisions
from housing_map.importers.grids import UnreadableWorkbookError, cell_name, column_name, read_grids
from housing_map.importers.headings import Heading, Wording, area_table, read_value, squash
from housing_map.importers.noting import Noting
from housing_map.pack_tables import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from housing_map.importers.grids import Grid
    from housing_map.importers.headings import AreaTable

TABLE: Final = BY_NAME["homelessness"]

SPLIT_SINCE: Final = "2020Q3"
"""First quarter in which reasons stand by duty (sheets A2P and A2R)."""
VICTIMS_SINCE: Final = "2023Q3"
"""First quarter in which victims are told apart from alleged perpetrators."""

_RATES: Final = ("per thousand", "percent", "per thousands")
_DA: Final = "domestic abuse"


@dataclass(frozen=True, slots=True)
class Measure:
    """A column of the pack: in which sheet it stands and how its headings have been worded.

    ``wordings`` are tried in order. ``since`` and ``until`` are the first and last quarter that
    have it; outside them it is not looked for.
    """

    column: str
    sheet: str
    wordings: tuple[Wording, ...]
    since: str = ""
    until: str = "9999Q4"


def _worded(*alternatives: tuple[str, ...], without: tuple[str, ...] = ()) -> tuple[Wording, ...]:
    return tuple(Wording(words, (*_RATES, *without)) for words in alternatives)


_REASON: Final = _worded(
    ("total domestic abuse",), (_DA, "total"), (_DA,), without=("victim", "perpetrator")
)
_REASON_VICTIM: Final = _worded((_DA, "victim"), without=("perpetrator", "total"))

MEASURES: Final[tuple[Measure, ...]] = (
    Measure(
        "initial_assessments",
        "A1",
        _worded(
            ("total initial assessments",),
            ("initial assessments total",),
            ("total number of households assessed",),
        ),
    ),
    Measure(
        "owed_any_duty",
        "A1",
        _worded(
            ("total owed a prevention or relief duty",),
            ("owed a prevention or relief duty",),
            ("total households assessed as owed a duty",),
        ),
    ),
    Measure(
        "owed_prevention",
        "A1",
        _worded(("prevention duty owed",), ("owed a prevention duty",), without=("section",)),
    ),
    Measure(
        "owed_relief",
        "A1",
        _worded(("relief duty owed",), ("owed a relief duty",), without=("section",)),
    ),
    Measure("reason_da_any_duty_old", "A2", _REASON, until="2020Q2"),
    Measure("reason_da_prevention", "A2P", _REASON, since=SPLIT_SINCE),
    Measure("reason_da_relief", "A2R", _REASON, since=SPLIT_SINCE),
    Measure("reason_da_prevention_victim", "A2P", _REASON_VICTIM, since=VICTIMS_SINCE),
    Measure("reason_da_relief_victim", "A2R", _REASON_VICTIM, since=VICTIMS_SINCE),
    Measure(
        "support_need_da",
        "A3",
        _worded(
            ("experienced domestic abuse",),
            (_DA,),
            without=("non domestic", "sexual", "perpetrator"),
        ),
    ),
    Measure(
        "households_in_ta",
        "TA1",
        _worded(
            ("total number of households in ta",),
            ("households in ta total",),
            ("total number of households in temporary accommodation",),
            ("households in temporary accommodation total",),
            without=("children", "another", "duty"),
        ),
    ),
    Measure(
        "ta_hostels_incl_refuges",
        "TA1",
        _worded(
            ("hostels", "refuges", "total number of households"),
            ("hostels", "refuges", "total"),
            ("hostels", "refuges"),
            without=("children",),
        ),
    ),
)
"""How each column has been worded from 2018 to 2026."""

DERIVED: Final = "reason_da_all"
"""Reason domestic abuse, whoever did it: any duty until June 2020, since then the two added up."""

PART_OF: Final = (
    ("owed_any_duty", "initial_assessments"),
    ("owed_prevention", "owed_any_duty"),
    ("owed_relief", "owed_any_duty"),
    (DERIVED, "owed_any_duty"),
    ("reason_da_prevention_victim", "reason_da_prevention"),
    ("reason_da_relief_victim", "reason_da_relief"),
    ("support_need_da", "owed_any_duty"),
    ("ta_hostels_incl_refuges", "households_in_ta"),
)
"""A part and its whole: a part that is larger shows that a column was taken for another."""

_ROUNDING: Final = 20
"""How much a part may exceed its whole: region and England are rounded to 10."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure and where it stands; ``value`` is None where a mark stands in its place."""

    quarter: str
    area_code: str
    column: str
    value: float | None
    sheet: str
    cell: str
    heading: str
    mark: str = ""
    meaning: str = ""

    @property
    def place(self) -> str:
        """Where it was read, in words."""
        said = f", {self.mark}: {self.meaning}" if self.mark else ""
        return f"sheet {self.sheet}, cell {self.cell}{said}"


@dataclass(frozen=True, slots=True)
class Reading:
    """What one file says about the areas asked for; ``quarter`` is None where it is not told."""

    file: str
    quarter: str | None
    areas: Mapping[str, str]
    figures: tuple[Figure, ...]
    problems: tuple[Problem, ...]
    columns: Mapping[str, str]
    """Column of the pack -> where it was found, and under which heading."""

    def frame(self) -> pd.DataFrame:
        """Rows in the pack's schema, one an area that has any figure; blanks are NaN."""
        rows: dict[str, dict[str, object]] = {}
        for figure in self.figures:
            if figure.value is not None:
                row = rows.setdefault(
                    figure.area_code,
                    {
                        "quarter": figure.quarter,
                        "area_code": figure.area_code,
                        "area_name": self.areas[figure.area_code],
                    },
                )
                row[figure.column] = figure.value
        return pd.DataFrame(list(rows.values()), columns=[c.name for c in TABLE.columns])

    def evidence(self) -> dict[tuple[revisions.Key, str], str]:
        """Where each figure was read, by key and column."""
        return {
            ((figure.quarter, figure.area_code), figure.column): f"{self.file}, {figure.place}"
            for figure in self.figures
        }


@dataclass(slots=True, kw_only=True)
class _Reader(Noting):
    """What is gathered while a file is read."""

    areas: Mapping[str, str]
    quarter: str | None
    figures: dict[tuple[str, str], Figure] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)


def areas_of(existing: pd.DataFrame) -> dict[str, str]:
    """Areas of the pack's homelessness table, code to name: those that a file is read for."""
    pairs = existing[["area_code", "area_name"]].drop_duplicates("area_code", keep="last")
    return {str(code): str(name) for code, name in pairs.itertuples(index=False)}


def read_homelessness(
    content: bytes, file: str, areas: Mapping[str, str], *, quarter: str | None = None
) -> Reading:
    """Read one quarter's detailed tables for ``areas`` (code to name).

    ``content`` are the bytes of an ODS or XLSX file, ``file`` its name for messages; where no
    sheet says which quarter it is about, a name such as ``Detailed_LA_202403.ods`` does, and
    ``quarter`` (``2024Q1``) settles it. Everything that could not be found or read is in
    ``problems``; no figure is made up, and a mark in place of one is no nought. Raises nothing:
    an unreadable file is a problem too.
    """
    reader = _Reader(file=file, areas=areas, quarter=quarter)
    wanted = {measure.sheet for measure in MEASURES}
    try:
        book = read_grids(content, lambda name: _sheet_code(name) in wanted)
    except UnreadableWorkbookError as failed:
        reader.problem(str(failed))
        return Reading(file, quarter, areas, (), tuple(reader.problems), {})
    sheets = _by_code(reader, book.sheets)
    if not sheets:
        reader.problem(
            "none of its sheets is a table of the detailed local authority tables",
            value=", ".join(book.names[:12]),
            mend="Take the file called detailed local authority level tables, of one quarter",
        )
    reader.quarter = quarter or _quarter(reader, sheets)
    if reader.quarter is not None:
        for code, sheet in sheets.items():
            _read_sheet(reader, code, sheet)
        _missing_sheets(reader, set(sheets))
        _derive(reader)
        _check_parts(reader)
    figures = sorted(reader.figures.values(), key=lambda one: (one.area_code, _place(one.column)))
    return Reading(
        file, reader.quarter, areas, tuple(figures), tuple(reader.problems), reader.columns
    )


def compare(existing: pd.DataFrame, readings: Sequence[Reading]) -> revisions.Revision:
    """Set what files say beside the pack's table: new quarters, revised figures, blanks filled.

    ``existing`` is the file's own content (see :func:`.revisions.compare`). Raises
    :class:`ValueError` when two files are about the same quarter.
    """
    frames = [reading.frame() for reading in readings]
    filled = [frame for frame in frames if not frame.empty]
    incoming = pd.concat(filled) if filled else pd.DataFrame(columns=existing.columns)
    evidence = {key: where for reading in readings for key, where in reading.evidence().items()}
    return revisions.compare(TABLE, existing, incoming, evidence)


# Sheets and quarters ----------------------------------------------------------------------


def _sheet_code(name: str) -> str:
    """Reduce the name of a sheet to the table's number: ``A2R_`` and ``Table A2R`` are ``A2R``."""
    return re.sub(r"^TABLE", "", re.sub(r"[^A-Z0-9]", "", name.upper()))


def _by_code(reader: _Reader, sheets: Iterable[Grid]) -> dict[str, Grid]:
    """Sheets by number of table; of two with one number neither is read."""
    found: dict[str, list[Grid]] = {}
    for sheet in sheets:
        found.setdefault(_sheet_code(sheet.name), []).append(sheet)
    for code, same in found.items():
        if len(same) > 1:
            names = ", ".join(sheet.name for sheet in same)
            reader.problem(f"several sheets may be table {code}: none is read", value=names)
    return {code: same[0] for code, same in found.items() if len(same) == 1}


_FIRST_MONTHS: Final = {"jan": 1, "apr": 2, "jul": 3, "oct": 4}
_LAST_MONTHS: Final = {"mar": 1, "jun": 2, "sep": 3, "dec": 4}
_SPAN: Final = re.compile(
    r"\b(jan|apr|jul|oct)[a-z]*\s*(?:to|-|–|and)\s*(mar|jun|sep|dec)[a-z]*\s*,?\s*(?:\(?q\d\)?)?"
    r"\s*(20\d\d)\b",
    re.IGNORECASE,
)
_QUARTER_END: Final = re.compile(
    r"\b(?:31|30)(?:st|th)?\s+(mar|jun|sep|dec)[a-z]*,?\s+(20\d\d)\b", re.IGNORECASE
)
_WHOLE_YEAR: Final = re.compile(
    r"\bapr[a-z]*\W+(?:20\d\d\W+)?(?:to|and|-|–)\W+(?:31(?:st)?\s+)?mar", re.IGNORECASE
)
_IN_NAME: Final = re.compile(r"(?<!\d)(20[12]\d)(03|06|09|12)(?!\d)")
_YEAR: Final = re.compile(
    r"\b(?:financial year\s*)?(20\d\d)\s*[-–/]\s*(?:20)?(\d\d)\b", re.IGNORECASE
)


def quarter_in(words: str) -> str | None:
    """Read the calendar quarter that a title is about; None where it names none.

    >>> quarter_in("England, January to March 2024")
    '2024Q1'
    >>> quarter_in("England, 31st December 2019")
    '2019Q4'
    >>> [quarter_in(f"1 April 2024 {word} 31 March 2025") for word in ("to", "and")]
    [None, None]
    """
    span = _SPAN.search(words)
    if span is not None:
        first = _FIRST_MONTHS[span[1].lower()]
        return f"{span[3]}Q{first}" if _LAST_MONTHS[span[2].lower()] == first else None
    end = None if _WHOLE_YEAR.search(words) else _QUARTER_END.search(words)
    return f"{end[2]}Q{_LAST_MONTHS[end[1].lower()]}" if end else None


def _quarter(reader: _Reader, sheets: Mapping[str, Grid]) -> str | None:
    """Quarter of the file: what its sheets say, else its name."""
    said = {code: _said(sheet) for code, sheet in sheets.items()}
    told = {quarter for quarter in said.values() if quarter is not None}
    named = _IN_NAME.search(reader.file)
    from_name = f"{named[1]}Q{int(named[2]) // 3}" if named else None
    if len(told) > 1:
        listed = ", ".join(f"{code}: {one}" for code, one in sorted(said.items()) if one)
        reader.problem("its sheets are about different quarters: nothing is read", value=listed)
        return None
    if told:
        quarter = told.pop()
        if from_name not in {None, quarter}:
            reader.problem(
                f"its sheets are about {quarter} and its name about {from_name}",
                severity=Severity.WARNING,
                mend="The sheets are believed; check that it is the file you meant",
            )
        return quarter
    titles = [_title(sheet) for sheet in sheets.values()]
    whole_year = any(_YEAR.search(one) or _WHOLE_YEAR.search(one) for one in titles)
    if from_name is None or whole_year:
        why = "it is about a whole year, not a quarter" if whole_year else "no quarter is named"
        reader.problem(
            f"{why}: nothing is read",
            mend="Take the tables of one quarter, or say which quarter it is",
        )
        return None
    return from_name


def _title(sheet: Grid) -> str:
    """Words above the table, in reading order, without the headings of columns of figures."""
    table = area_table(sheet)
    last = table.first_row if table else min(len(sheet.rows), 10)
    cells = (sheet.text(row, column) for row in range(last) for column in range(4))
    return " | ".join(cell for cell in cells if cell)


def _said(sheet: Grid) -> str | None:
    """Quarter that the first cell with one names, in the lines above the table."""
    return next((found for part in _title(sheet).split(" | ") if (found := quarter_in(part))), None)


# Columns and figures ----------------------------------------------------------------------


def _asked(measure: Measure, quarter: str) -> bool:
    return measure.since <= quarter <= measure.until


def _missing_sheets(reader: _Reader, present: set[str]) -> None:
    """Tell of a table without its sheet: all its columns stay blank."""
    quarter = reader.quarter or ""
    needed = {measure.sheet for measure in MEASURES if _asked(measure, quarter)}
    for code in sorted(needed - present):
        columns = [m.column for m in MEASURES if m.sheet == code and _asked(m, quarter)]
        reader.problem(
            f"there is no sheet {code}: {', '.join(columns)} stay blank",
            severity=Severity.WARNING,
        )


def _read_sheet(reader: _Reader, code: str, sheet: Grid) -> None:
    measures = [m for m in MEASURES if m.sheet == code and _asked(m, reader.quarter or "")]
    if not measures:
        return
    table = area_table(sheet)
    if table is None:
        reader.problem("no area code stands in it", sheet=sheet.name)
        return
    places = {area: _row(reader, table, area) for area in reader.areas}
    taken: dict[int, str] = {}
    for measure in measures:
        heading = _heading(reader, table, measure)
        if heading is None:
            continue
        if heading.column in taken:
            reader.problem(
                f"{measure.column} and {taken[heading.column]} would be one column: not read",
                sheet=sheet.name,
                cell=(heading.row + 1, column_name(heading.column)),
                value=heading.shown,
            )
            continue
        taken[heading.column] = measure.column
        reader.columns[measure.column] = (
            f"sheet {sheet.name}, column {column_name(heading.column)}: {heading.shown}"
        )
        for area, row in places.items():
            if row is not None:
                _read_figure(reader, table, measure.column, heading, (area, row))


def _row(reader: _Reader, table: AreaTable, area: str) -> int | None:
    """Row of an area, where its name stands beside its code as it should."""
    row, name = table.row(area), reader.areas[area]
    if row is None:
        reader.problem(
            f"{name} ({area}) is not in the sheet, or not once: not read",
            sheet=table.sheet.name,
            severity=Severity.WARNING,
        )
        return None
    written = table.name(row)
    if squash(written) != squash(name):
        reader.problem(
            f"the code of {name} stands beside another name: not read",
            sheet=table.sheet.name,
            cell=(row + 1, column_name(table.code_column + 1)),
            value=written,
        )
        return None
    return row


def _heading(reader: _Reader, table: AreaTable, measure: Measure) -> Heading | None:
    """Find the one column that a measure stands in; none or several is a problem."""
    found = table.find(measure.wordings)
    if len(found) == 1:
        return found[0]
    if not found:
        known = "; or ".join(" + ".join(one.words) for one in measure.wordings)
        reader.problem(
            f"no column is headed as {measure.column} has been so far ({known}): it stays blank",
            sheet=table.sheet.name,
            mend="If the column is there under a new name, its wording must be added",
        )
        return None
    listed = "; ".join(f"{cell_name(one.row, one.column)} {one.shown}" for one in found)
    reader.problem(
        f"several columns may be {measure.column}: it stays blank",
        sheet=table.sheet.name,
        value=listed,
    )
    return None


def _read_figure(
    reader: _Reader, table: AreaTable, column: str, heading: Heading, place: tuple[str, int]
) -> None:
    area, row = place
    cell = table.sheet.at(row, heading.column)
    value = read_value(cell)
    name = cell_name(row, heading.column)
    if value is None or (value.number is not None and not float(value.number).is_integer()):
        reader.problem(
            f"{column} of {reader.areas[area]} is not a count of households: it stays blank",
            sheet=table.sheet.name,
            cell=(row + 1, column_name(heading.column)),
            value=str(cell),
        )
        return
    reader.figures[area, column] = Figure(
        reader.quarter or "",
        area,
        column,
        value.number,
        table.sheet.name,
        name,
        heading.shown,
        value.mark,
        value.meaning,
    )


def _derive(reader: _Reader) -> None:
    """Add up prevention and relief; one duty alone gives no sum."""
    for area in reader.areas:
        old = reader.figures.get((area, "reason_da_any_duty_old"))
        parts = [
            reader.figures.get((area, name))
            for name in ("reason_da_prevention", "reason_da_relief")
        ]
        known = [one for one in ([old] if old else parts) if one is not None]
        numbers = [one.value for one in known if one.value is not None]
        if known and len(numbers) == (1 if old else len(parts)):
            reader.figures[area, DERIVED] = Figure(
                known[0].quarter,
                area,
                DERIVED,
                sum(numbers),
                " and ".join(one.sheet for one in known),
                " + ".join(one.cell for one in known),
                "worked out" if len(known) > 1 else known[0].heading,
            )


def _check_parts(reader: _Reader) -> None:
    """Warn where a part exceeds its whole: a sign that the source or the reader errs."""
    for area, name in reader.areas.items():
        for part, whole in PART_OF:
            small, large = (reader.figures.get((area, one)) for one in (part, whole))
            if small is None or large is None or small.value is None or large.value is None:
                continue
            if small.value > large.value + _ROUNDING:
                reader.problem(
                    f"{part} of {name} ({small.value:,.0f}) exceeds {whole} ({large.value:,.0f})",
                    sheet=small.sheet,
                    severity=Severity.WARNING,
                    value=small.cell,
                    mend="Look at both columns in the source before you take the figures",
                )


def _place(column: str) -> int:
    return [one.name for one in TABLE.columns].index(column)
