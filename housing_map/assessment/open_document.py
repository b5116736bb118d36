"""The workbook as an OpenDocument spreadsheet (ODS), which gptables does not write.

It has the same sheets, names, figures and notes as the one in XLSX. The language is British
English, headings of tables are marked as such, and times inside are the reference date.

Source: OASIS, *Open Document Format for Office Applications 1.3* (ISO/IEC 26300), parts 2 and 3.
"""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from odfdo import (
    Cell,
    Column,
    Document,
    Element,
    HeaderRows,
    Link,
    Paragraph,
    Row,
    Table,
    XmlPart,
)

from housing_map.assessment.book import CONTENTS, COVER, Book, book

if TYPE_CHECKING:
    from datetime import date

    from housing_map.assessment.book import Field, Leaf, Value
    from housing_map.assessment.edition import Edition

_UNUSED: Final = ("Configurations2", "Thumbnails", "manifest.rdf")
_CM: Final = 0.2
"""Centimetres of a unit of column width: a digit of 11 points."""
_COVER_WIDTH: Final = 85
_EARLIEST: Final = 1980
_SPACES: Final = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{space}:1.0"'
    for name, space in (
        ("office", "office"), ("style", "style"), ("fo", "xsl-fo-compatible"), ("text", "text"),
        ("table", "table"), ("number", "datastyle"), ("svg", "svg-compatible"),
    )
)  # fmt: skip


def _figures() -> str:
    """Return styles of figures, by how many decimals they are printed with."""
    return "".join(
        f'<number:number-style style:name="N{places}"><number:number '
        f'number:decimal-places="{places}" number:min-decimal-places="{places}" '
        'number:min-integer-digits="1" number:grouping="true"/></number:number-style>'
        f'<style:style style:name="Figure{places}" style:family="table-cell" '
        f'style:parent-style-name="Figure" style:data-style-name="N{places}"/>'
        for places in range(_MOST_DECIMALS + 1)
    )


_MOST_DECIMALS: Final = 10
_STYLES: Final = f"""<?xml version="1.0" encoding="UTF-8"?>
<office:document-styles {_SPACES} office:version="1.3">
<office:font-face-decls><style:font-face style:name="Arial" svg:font-family="Arial"
 style:font-family-generic="swiss"/></office:font-face-decls>
<office:styles>
<style:default-style style:family="table-cell"><style:text-properties style:font-name="Arial"
 fo:font-size="12pt" fo:language="en" fo:country="GB"/></style:default-style>
<style:style style:name="Default" style:family="table-cell"/>
<style:style style:name="Words" style:family="table-cell" style:parent-style-name="Default">
<style:table-cell-properties fo:wrap-option="wrap" style:vertical-align="top"/>
<style:paragraph-properties fo:text-align="start"/></style:style>
<style:style style:name="Line" style:family="table-cell" style:parent-style-name="Default"/>
<style:style style:name="Figure" style:family="table-cell" style:parent-style-name="Default">
<style:table-cell-properties fo:wrap-option="wrap" style:vertical-align="top"/>
<style:paragraph-properties fo:text-align="end"/></style:style>
<style:style style:name="Head" style:family="table-cell" style:parent-style-name="Words">
<style:table-cell-properties fo:border-bottom="0.75pt solid #0b0c0c"/>
<style:text-properties fo:font-weight="bold"/></style:style>
{_figures()}
<style:style style:name="FigureHead" style:family="table-cell" style:parent-style-name="Figure">
<style:table-cell-properties fo:border-bottom="0.75pt solid #0b0c0c"/>
<style:text-properties fo:font-weight="bold"/></style:style>
<style:style style:name="Title" style:family="table-cell" style:parent-style-name="Default">
<style:text-properties fo:font-size="16pt" fo:font-weight="bold"/></style:style>
<style:style style:name="Part" style:family="table-cell" style:parent-style-name="Default">
<style:text-properties fo:font-size="14pt" fo:font-weight="bold"/></style:style>
</office:styles>
<office:automatic-styles><style:page-layout style:name="wide"><style:page-layout-properties
 fo:page-width="29.7cm" fo:page-height="21cm" style:print-orientation="landscape"
 fo:margin="1.5cm" style:scale-to-X="1" style:scale-to-Y="0"/></style:page-layout>
</office:automatic-styles>
<office:master-styles><style:master-page style:name="Default" style:page-layout-name="wide"/>
</office:master-styles>
</office:document-styles>"""


def open_document_files(edition: Edition) -> dict[str, bytes]:
    """Return the workbook of an edition as ODS, by its name."""
    made = write_ods(book(edition), edition.on, edition.notice)
    return {f"{edition.stem}.ods": made}


def write_ods(content: Book, on: date, notice: str = "") -> bytes:
    """Return a book as ODS, dated ``on``, with ``notice`` as its description."""
    document = Document("spreadsheet")
    for part in document.get_parts():
        if part.startswith(_UNUSED):
            document.del_part(part)
    for path in document.manifest.get_paths():
        if path.startswith(_UNUSED):
            document.manifest.del_full_path(path)
    document.set_part("styles.xml", _STYLES.encode())
    body = document.body
    body.clear()
    looks = _Looks(document)
    body.append(_cover(content, looks))
    ranges = []
    for leaf in (content.contents, *content.leaves):
        body.append(_sheet(leaf, looks))
        ranges.append(_range(leaf))
    body.append(
        Element.from_tag(f"<table:database-ranges>{''.join(ranges)}</table:database-ranges>")
    )
    _describe(document, content, on, notice)
    kept = io.BytesIO()
    document.save(kept)
    return _packed(kept.getvalue(), on)


class _Looks:
    """Widths of columns, each a style of its own, made once."""

    def __init__(self, document: Document) -> None:
        styles = _found(document, "content.xml", "//office:automatic-styles")
        styles.clear()
        self.styles = styles
        self.widths: dict[int, str] = {}
        styles.append(Element.from_tag(
            '<style:style style:name="page" style:family="table" '
            'style:master-page-name="Default"><style:table-properties table:display="true"/>'
            "</style:style>"
        ))  # fmt: skip
        styles.append(Element.from_tag(
            '<style:style style:name="row" style:family="table-row">'
            '<style:table-row-properties style:use-optimal-row-height="true"/></style:style>'
        ))  # fmt: skip

    def column(self, width: int, cells: str) -> Column:
        """Return a column so many units wide."""
        if width not in self.widths:
            self.widths[width] = name = f"width{width}"
            self.styles.append(Element.from_tag(
                f'<style:style style:name="{name}" style:family="table-column">'
                f'<style:table-column-properties style:column-width="{width * _CM:.2f}cm"/>'
                "</style:style>"
            ))  # fmt: skip
        return Column(style=self.widths[width], default_cell_style=cells)


def _found(document: Document, part: str, path: str) -> Element:
    """Return an element that every document of odfdo has."""
    xml = document.get_part(part)
    element = xml.get_element(path) if isinstance(xml, XmlPart) else None
    if element is None:
        message = f"odfdo made a document without {path}"
        raise RuntimeError(message)
    return element


def _cover(content: Book, looks: _Looks) -> Table:
    """Return the cover: headings and lines, one a row."""
    table = Table(COVER, style="page")
    table.append(looks.column(_COVER_WIDTH, "Words"))
    table.append(_row([Cell(content.title, style="Title")]))
    parts = (
        ("Introductory information", content.intro),
        ("About these data", content.about),
        ("Contact", content.contact),
    )
    for heading, lines in parts:
        if lines:
            table.append(_row([Cell(heading, style="Part")]))
            for line in lines:
                table.append(_row([Cell(line, style="Words")]))
    return table


def _sheet(leaf: Leaf, looks: _Looks) -> Table:
    """Return a leaf: title, lines, the row of headings marked as such, and the rows."""
    table = Table(leaf.name, style="page")
    for field in leaf.fields:
        table.append(looks.column(field.width, _style(field)))
    table.append(_row([Cell(leaf.title + leaf.references, style="Title")]))
    for line in leaf.lines:
        table.append(_row([Cell(line, style="Line")]))
    heads = HeaderRows()
    heads.append(_row([
        Cell(field.heading, style="Head" if field.decimals is None else "FigureHead")
        for field in leaf.fields
    ]))  # fmt: skip
    table.append(heads)
    for row in leaf.rows:
        cells = [_cell(value, field) for value, field in zip(row, leaf.fields, strict=True)]
        if leaf.name == CONTENTS:
            cells[0] = _linked(str(row[0]))
        table.append(_row(cells))
    return table


def _row(cells: list[Cell]) -> Row:
    row = Row(style="row")
    for cell in cells:
        row.append(cell)
    return row


def _cell(value: Value, field: Field) -> Cell:
    """Return a cell; a figure reads as it does in every other file."""
    if isinstance(value, str):
        return Cell(value, style=_style(field))
    return Cell(value, text=f"{value:,.{field.decimals or 0}f}", style=_style(field))


def _linked(name: str) -> Cell:
    """Return a cell that leads to the sheet it names."""
    cell = Cell(style="Words", cell_type="string")
    cell.set_attribute("office:value-type", "string")
    paragraph = Paragraph()
    paragraph.append(Link(f"#'{name}'.A1", text=name))
    cell.append(paragraph)
    return cell


def _style(field: Field) -> str:
    return "Words" if field.decimals is None else f"Figure{field.decimals}"


def _range(leaf: Leaf) -> str:
    """Return a database range: what tells a program that these rows are one table with headings."""
    first, last = 2 + len(leaf.lines), 2 + len(leaf.lines) + len(leaf.rows)
    end = _letters(len(leaf.fields))
    return (
        f'<table:database-range table:name="table_{leaf.name}" table:contains-header="true" '
        f"table:target-range-address=\"'{leaf.name}'.A{first}:'{leaf.name}'.{end}{last}\"/>"
    )


def _letters(column: int) -> str:
    """Return the letters of a column, counted from 1.

    >>> _letters(28)
    'AB'
    """
    found = ""
    while column:
        column, place = divmod(column - 1, 26)
        found = chr(ord("A") + place) + found
    return found


def _describe(document: Document, content: Book, on: date, notice: str) -> None:
    """State title, language and date, and nothing of the computer or of the template."""
    day = datetime(on.year, on.month, on.day, tzinfo=UTC).replace(tzinfo=None)
    meta = document.meta
    meta.clear_user_defined_metadata()
    meta.set_title(content.title)
    meta.set_description(notice)
    meta.set_language("en-GB")
    meta.set_creation_date(day)
    meta.set_modification_date(day)
    meta.set_editing_cycles(1)
    _found(document, "settings.xml", "//office:settings").clear()


def _packed(content: bytes, on: date) -> bytes:
    """Pack the parts again, dated ``on``; the type of the file comes first and stands as it is."""
    when = (max(on.year, _EARLIEST), on.month, on.day, 0, 0, 0)
    kept = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(kept, "w") as new:
        names = sorted(old.namelist(), key=lambda name: (name != "mimetype", name))
        for name in names:
            member = zipfile.ZipInfo(name, when)
            first = name == "mimetype"
            member.compress_type = zipfile.ZIP_STORED if first else zipfile.ZIP_DEFLATED
            member.create_system = 0
            new.writestr(member, old.read(name))
    return kept.getvalue()
