"""What a section is made of: sheets, sentences that quote them, charts of them, and questions.

A sentence never holds a figure of its own: it quotes a cell of a sheet, so that text and tables
agree in every file, and a figure that the mask hides is hidden in the text as well.

>>> Line("Twelve services were found.").words
'Twelve services were found.'
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Final

from housing_map import eligibility, model
from housing_map.assessment.sheets import View, kept, shown
from housing_map.cells import is_empty, records
from housing_map.disclosure import Kind
from housing_map.parameters import Register
from housing_map.places import find_level, grouping_columns
from housing_map.provision import open_services
from housing_map.tabulate import coverage_rows
from housing_map.vocabulary import CIRCUMSTANCES, Answer, LegalCategory, Run, Status
from housing_map.words import ILLUSTRATION

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    import pandas as pd

    from housing_map.assessment.answers import Answers
    from housing_map.assessment.form import Form
    from housing_map.assessment.sheets import Sheet, ShownSheet
    from housing_map.disclosure import Relation, Shown
    from housing_map.disclosure_tables import Codes
    from housing_map.effects import Comparison
    from housing_map.model import Result, Settings
    from housing_map.pack import Pack
    from housing_map.provision import Service


class State(StrEnum):
    """How a section, or a point of the form, stands."""

    READY = "ready"
    MISSING = "missing"
    OUT_OF_DATE = "out of date"


class Shape(StrEnum):
    """How a chart is drawn."""

    BARS = "bars"
    STACKED = "stacked"
    LINES = "lines"
    MAP = "map"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart or map of a sheet: what to draw, never the figures themselves.

    ``by`` is the dimension whose codes are rows (of a map: the level of area, by the name of the
    sheet's ``area``); ``columns`` are names of columns of figures, drawn beside or after each
    other. Where ``across`` names a second dimension, its codes are the series of the one column.
    ``codes`` are the rows of the sheet to draw (empty: all whose cell has a figure). ``alt`` says
    what there is to see, without a figure.
    """

    id: str
    shape: Shape
    title: str
    alt: str
    sheet: str
    by: str
    columns: tuple[str, ...]
    across: str = ""
    codes: tuple[Codes, ...] = ()


@dataclass(frozen=True, slots=True)
class Quote:
    """A figure of a sheet: its column, and the codes of its row; ``bare`` without "about"."""

    sheet: str
    column: str
    codes: Codes
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A generated paragraph.

    ``words`` have ``{0}``, ``{1}``… for ``quotes``. Where one of them may not be shown, or has no
    figure, ``otherwise`` is said, or nothing. ``restricted`` lines are for one's own planning.
    """

    words: str
    quotes: tuple[Quote, ...] = ()
    otherwise: str = ""
    restricted: bool = False

    def said(self, sheets: Mapping[str, ShownSheet]) -> str:
        """Return the paragraph with its figures as the shown sheets have them."""
        told = []
        for quote in self.quotes:
            found = _cell(sheets.get(quote.sheet), quote)
            if found is None:
                return self.otherwise
            told.append(found)
        words = self.words.format(*told) if told else self.words
        return _SENTENCE_STARTS.sub(lambda start: start.group().upper(), words)


_SENTENCE_STARTS: Final = re.compile(r"(?:^|(?<=[.!?] ))[a-z]")


def _cell(sheet: ShownSheet | None, quote: Quote) -> str | None:
    """Return a cell as it reads in a sentence; None where nothing may be said of it."""
    if sheet is None:
        return None
    # A dimension may have the name of a column of figures: only figures are quoted.
    names = [column.name if column.is_figures else "" for column in sheet.columns]
    if quote.column not in names or quote.codes not in sheet.codes:
        return None
    place = names.index(quote.column)
    cell: Shown = sheet.rows[sheet.codes.index(quote.codes)][place]
    if cell.mark is not None:
        return None
    if sheet.columns[place].kind is not Kind.MODELLED or sheet.columns[place].unit in RATES:
        return cell.text
    if cell.value is None:
        return cell.text.removesuffix(", modelled")
    # No part of a household: nobody knows so much.
    return f"{'' if quote.bare else 'about '}{cell.value:,.0f}"


RATES: Final = frozenset({"per cent", "per 1,000 households", "full-time posts"})
"""Units of modelled figures that are read as they stand, without "about"."""


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that is not known: what, and who could give it.

    A section lacks what it needs; what would only make it better is not ``needed``.
    """

    what: str
    who: str
    needed: bool = True

    def __str__(self) -> str:
        """Return one sentence."""
        return f"{self.what}. Ask: {self.who}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What a section's own function returns."""

    lines: tuple[Line, ...]
    sheets: tuple[Sheet, ...] = ()
    pictures: tuple[Chart, ...] = ()
    asks: tuple[Missing, ...] = ()
    relations: tuple[Relation, ...] = ()
    """What can be worked out across tables: for the mask of the release."""


@dataclass(frozen=True, kw_only=True)
class Section:
    """A section as it goes into documents.

    ``text`` is the generated text in full; :meth:`told` gives it for a view, as its mask allows, or
    the author's edited text. ``changed`` says that the figures under an edited text are no longer
    those that it was written about. ``support`` says whether the section is about support in safe
    accommodation, in the community, or both.
    """

    id: str
    number: int
    title: str
    basis: str
    support: str
    lines: tuple[Line, ...]
    sheets: tuple[Sheet, ...]
    pictures: tuple[Chart, ...]
    asks: tuple[Missing, ...]
    relations: tuple[Relation, ...]
    edited: str | None
    added: str
    changed: bool
    state: State

    @property
    def missing(self) -> tuple[str, ...]:
        """What is not known and who could give it, a sentence each."""
        return tuple(str(one) for one in self.asks)

    @cached_property
    def text(self) -> tuple[str, ...]:
        """The generated text in full, every figure as it is: for one's own planning."""
        return full_text(self.lines, self.sheets)

    def told(self, view: View, sheets: Mapping[str, ShownSheet]) -> tuple[str, ...]:
        """Return the paragraphs of a view, with figures as ``sheets`` (by id) show them."""
        if self.edited is not None:
            paragraphs = [part.strip() for part in self.edited.split("\n\n")]
        else:
            paragraphs = [
                line.said(sheets)
                for line in self.lines
                if view is View.RESTRICTED or not line.restricted
            ]
        paragraphs += [part.strip() for part in self.added.split("\n\n")]
        return tuple(part for part in paragraphs if part)

    def drawn(self, sheets: Mapping[str, ShownSheet]) -> tuple[Chart, ...]:
        """Return the charts whose sheet and columns are among those shown."""
        found = []
        for chart in self.pictures:
            sheet = sheets.get(chart.sheet)
            names = set() if sheet is None else {column.name for column in sheet.columns}
            if set(chart.columns) <= names:
                found.append(chart)
        return tuple(found)


def full_text(lines: tuple[Line, ...], sheets: tuple[Sheet, ...]) -> tuple[str, ...]:
    """Return lines with every figure as it is."""
    told = {sheet.id: shown(sheet, None) for sheet in kept(sheets, View.RESTRICTED)}
    return tuple(words for line in lines if (words := line.said(told)))


@dataclass(frozen=True, eq=False)
class Asked:
    """What every section is made from."""

    pack: Pack
    period: str
    settings: Settings
    form: Form
    answers: Answers
    earlier: Pack | None = None
    gaps: tuple[object, ...] = ()
    comparison: Comparison | None = None

    @cached_property
    def on(self) -> date:
        """The reference date of all figures."""
        return self.settings.on or self.pack.info.reference_date

    @cached_property
    def result(self) -> Result:
        """What the model answers for the pack."""
        return model.run(self.pack, self.settings)

    def rows(self, *by: str) -> pd.DataFrame:
        """Rows of the cascade in all three runs, worked out once for each way of grouping."""
        if by not in self._rows:
            self._rows[by] = coverage_rows(self.result, by)
        return self._rows[by]

    @cached_property
    def _rows(self) -> dict[tuple[str, ...], pd.DataFrame]:
        return {}

    @cached_property
    def register(self) -> Register:
        """The parameters of the pack."""
        return Register(self.pack["parameters"])

    @cached_property
    def services(self) -> tuple[Service, ...]:
        """Services that run, or may run, on the reference date."""
        return open_services(self.pack, self.on, Run.OPTIMISTIC)

    @cached_property
    def illustration(self) -> bool:
        """Whether shares of households helped rest on assumptions about refuges.

        They do until each refuge has given its units, its mean stay and whom it takes.
        """
        capacity = {str(row["service_id"]): row for row in records(self.pack["capacity"])}
        given = eligibility.answers(self.pack)
        refuges = [one for one in self.services if one.kind.category is LegalCategory.REFUGE]

        def told(service: Service) -> bool:
            row = capacity.get(service.id)
            return (
                row is not None
                and row["status"] in {Status.LOCAL_RETURN, Status.PUBLISHED}
                and not is_empty(row["capacity_central"])
                and not is_empty(row["stay_days_central"])
                and all(
                    given.get((service.id, code), Answer.UNKNOWN) is not Answer.UNKNOWN
                    for code in CIRCUMSTANCES
                )
            )

        return not refuges or not all(map(told, refuges))

    def titled(self, title: str) -> str:
        """Return the title of shares of households helped, called an illustration if they are."""
        if not self.illustration:
            return title
        return f"Illustration: {title[:1].lower()}{title[1:]}"

    @property
    def caution(self) -> str:
        """What stands before a sentence on households helped."""
        return f"{ILLUSTRATION} " if self.illustration else ""

    @cached_property
    def level(self) -> str | None:
        """The grouping of wards by which modelled numbers are shown; None where there is none."""
        groupings = grouping_columns(self.pack["groupings"])
        if self.pack.info.default_level in groupings:
            return self.pack.info.default_level
        return groupings[0] if groupings else None

    @property
    def level_label(self) -> str:
        """What areas of that grouping are called."""
        return "" if self.level is None else find_level(self.pack, self.level).label

    @cached_property
    def area_codes(self) -> tuple[str, ...]:
        """Areas of that grouping, in order; none where there is none."""
        if self.level is None:
            return ()
        return tuple(sorted(map(str, self.pack["groupings"][self.level].unique())))


GROUPING: Final = "partnership"
"""Level of any grouping of wards, as the policy of a release names levels."""
