"""The report: sections with text, tables, charts and maps, in Word, as tagged PDF and as HTML.

The three files lay out one document. Text quotes the shown sheets, and every table is one of
them: long or wide ones are left to the workbook, and the report says where they are.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from housing_map import __version__
from housing_map.assessment.drawing import map_svg
from housing_map.assessment.geo import layers
from housing_map.assessment.printed import beside, heading, keys, number
from housing_map.assessment.sections.parts import Shape
from housing_map.documents.blocks import (
    SERIES_COLOURS,
    Bar,
    Bars,
    Block,
    Bullets,
    Contents,
    Document,
    Heading,
    PageBreak,
    Paragraph,
    Picture,
    PictureFormat,
    Style,
    Table,
)
from housing_map.documents.page import write_html
from housing_map.documents.pdf import write_pdf
from housing_map.documents.word import write_docx
from housing_map.places import polygons

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from housing_map.assessment.edition import Edition
    from housing_map.assessment.sections.parts import Chart, Section
    from housing_map.assessment.sheets import ShownSheet
    from housing_map.disclosure import Shown

LONGEST: Final = 40
"""Most rows of a table in the report."""
WIDEST: Final = 6
"""Most columns of a table in the report."""
_ALL: Final = "all"


def word_files(edition: Edition) -> dict[str, bytes]:
    """Return the report as a Word document, in the look of the officers' own template if given."""
    return {f"{edition.stem}.docx": write_docx(document(edition), edition.inputs.word_template)}


def pdf_files(edition: Edition) -> dict[str, bytes]:
    """Return the report as PDF/UA-1."""
    return {f"{edition.stem}.pdf": write_pdf(document(edition))}


def html_files(edition: Edition) -> dict[str, bytes]:
    """Return the report as one HTML page that opens without a network."""
    return {f"{edition.stem}.html": write_html(document(edition)).encode()}


def document(edition: Edition) -> Document:
    """Lay out the report of an edition."""
    made = edition.content
    blocks: list[Block] = [Contents(depth=1)]
    for section in made.sections:
        blocks += _section(edition, section)
    blocks += _points(edition)
    blocks += [
        Heading("How figures are protected"),
        Bullets(edition.rules),
        Heading("Sources and licence"),
        Bullets((*edition.pack.info.attribution, edition.pack.info.licence)),
    ]
    return Document(
        title=edition.title,
        on=edition.on,
        blocks=tuple(blocks),
        description=f"{made.form.title} of {made.district} for {made.period}, {edition.view}",
        notice=edition.notice,
        footer=f"{made.district}, {made.period}. As of {edition.on.day} "
        f"{edition.on:%B %Y}. housing-map {__version__}, data {edition.pack.digest[:12]}.",
    )


def _section(edition: Edition, section: Section) -> Iterator[Block]:
    """Yield a section: text, charts, tables, and what is not known."""
    yield Heading(f"{section.number}. {section.title}")
    yield Paragraph(f"Basis: {section.basis}.", Style.NOTE)
    for words in section.told(edition.view, edition.by_id):
        yield Paragraph(words)
    for chart in section.drawn(edition.by_id):
        drawn = _map(edition, chart) if chart.shape is Shape.MAP else _bars(edition, chart)
        if drawn is not None:
            yield drawn
    for sheet in section.sheets:
        if sheet.id in edition.by_id:
            yield table(edition.by_id[sheet.id])
    if section.missing:
        yield Heading("What is not known", 2)
        yield Bullets(section.missing)


def _points(edition: Edition) -> Iterator[Block]:
    """Yield the points of regulation 8, with what answers each and what is missing."""
    points = edition.content.regulation8
    if not points:
        return
    yield PageBreak()
    yield Heading("Regulation 8 of SI 2021/990, point by point")
    yield Table(
        "What the report under section 59 must contain",
        ("Point", "What it asks", "State", "Evidence and what is missing"),
        tuple(
            (
                one.ref,
                one.words,
                str(one.state).capitalize(),
                " ".join((*one.evidence, *(f"Missing: {what}." for what in one.missing))),
            )
            for one in points
        ),
        widths=(1.2, 3, 1.2, 4.6),
    )


# Tables ------------------------------------------------------------------------------------


def table(sheet: ShownSheet) -> Block:
    """Return a sheet as a table; one of two dimensions and one figure with a column for each code.

    A sheet that is too long or too wide for a page is named with where it is.
    """
    wide = _across(sheet)
    if wide is not None:
        return wide
    if len(sheet.rows) > LONGEST or len(sheet.columns) > WIDEST:
        return Paragraph(
            f"{sheet.title}: {len(sheet.rows):,} rows, in the workbook on the worksheet "
            f"{sheet.id}, and in data/{sheet.id}.csv.",
            Style.NOTE,
        )
    heads = tuple(heading(column) for column in sheet.columns)
    rows = tuple(tuple(cell.text for cell in row) for row in sheet.rows)
    figures = frozenset(n for n, column in enumerate(sheet.columns) if column.is_figures)
    return Table(sheet.title, heads, rows, figures, notes=beside(sheet))


def _across(sheet: ShownSheet) -> Table | None:
    """Return a sheet of two dimensions as rows by columns; None where that is no help.

    With several columns it is done for a sheet too long to be set as it is, with the first alone.
    """
    dimensions = 2
    more = sheet.columns[dimensions + 1 :]
    if keys(sheet) != dimensions or (more and len(sheet.rows) <= LONGEST):
        return None
    cells = {codes: row[dimensions] for codes, row in zip(sheet.codes, sheet.rows, strict=True)}
    down = dict.fromkeys(codes[0] for codes in sheet.codes)
    along = dict.fromkeys(codes[1] for codes in sheet.codes)
    fits = len(along) < WIDEST + 1 and len(down) <= LONGEST
    short = all(len(cell.text) <= _SHORT for cell in cells.values())
    if not (fits and short) or len(cells) != len(down) * len(along):
        return None
    labels = [_labels(sheet, place) for place in range(dimensions)]
    column = sheet.columns[dimensions]
    figures = frozenset(range(1, len(along) + 1)) if column.is_figures else frozenset()
    title = f"{sheet.title}: {heading(column).casefold()}" if figures else sheet.title
    heads = (sheet.columns[0].label, *(labels[1][code] for code in along))
    rows = tuple((labels[0][code], *(cells[code, other].text for other in along)) for code in down)
    notes = beside(sheet)
    if more:
        left = ", ".join(heading(one) for one in more)
        notes = (*notes, f"In the workbook, on the worksheet {sheet.id}, as well: {left}.")
    return Table(title, heads, rows, figures, notes=notes)


_SHORT: Final = 30
"""Most letters of a cell in a table by rows and columns."""


def _labels(sheet: ShownSheet, place: int) -> dict[str, str]:
    """Return the words for codes of a dimension."""
    return {
        codes[place]: row[place].text for codes, row in zip(sheet.codes, sheet.rows, strict=True)
    }


# Charts and maps ---------------------------------------------------------------------------


def _bars(edition: Edition, chart: Chart) -> Bars | None:
    """Return a chart as bars with their figures; None where there is nothing to draw."""
    sheet = edition.by_id[chart.sheet]
    names = [column.name for column in sheet.columns]
    by = names.index(chart.by)
    rows = _chosen(sheet, chart, by)
    series: dict[str, str] = {}
    found: dict[str, dict[str, Shown]] = {}
    for codes, row in rows:
        if chart.across:
            place = names.index(chart.across)
            series[codes[place]] = row[place].text
            cells = {codes[place]: row[names.index(chart.columns[0])]}
        else:
            series = {name: sheet.columns[names.index(name)].label for name in chart.columns}
            cells = {name: row[names.index(name)] for name in chart.columns}
        found.setdefault(row[by].text, {}).update(cells)
    if not found or len(series) > len(SERIES_COLOURS):
        return None
    if any(set(cells) != set(series) for cells in found.values()):
        return None
    return Bars(
        chart.title,
        sheet.columns[by].label,
        tuple(series.values()),
        tuple(
            Bar(
                label,
                tuple(float(number(cells[name]) or 0) for name in series),
                tuple(cells[name].text for name in series),
            )
            for label, cells in found.items()
        ),
        stacked=chart.shape is Shape.STACKED,
    )


def _chosen(
    sheet: ShownSheet, chart: Chart, by: int
) -> Sequence[tuple[tuple[str, ...], tuple[Shown, ...]]]:
    """Return the rows to draw: those that are named, or all with a figure but totals."""
    pairs = list(zip(sheet.codes, sheet.rows, strict=True))
    if chart.codes:
        wanted = set(chart.codes)
        return [pair for pair in pairs if pair[0] in wanted]
    names = [column.name for column in sheet.columns]
    columns = [names.index(name) for name in chart.columns]
    return [
        (codes, row)
        for codes, row in pairs
        if codes[by] != _ALL and all(number(row[place]) is not None for place in columns)
    ]


def _map(edition: Edition, chart: Chart) -> Picture | None:
    """Return a map of a column of a sheet by area; None where no area has a figure."""
    found = {layer.name: layer for layer in layers(edition)}
    layer = found.get(chart.sheet)
    if layer is None:
        return None
    column = next((name for name in layer.titles if name.startswith(chart.columns[0])), None)
    if column is None:
        return None
    values = dict(zip(layer.frame["code"], layer.frame[column].astype(float), strict=True))
    if all(math.isnan(value) for value in values.values()):
        return None
    svg = map_svg(polygons(edition.pack, layer.level), values)
    return Picture(svg, PictureFormat.SVG, chart.alt, f"{chart.title}: {layer.titles[column]}", 0.7)
