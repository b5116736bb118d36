"""Documents as Word files, laid out by the styles of a template that officers own.

docxtpl fills in the words in double braces; python-docx then sets the blocks where
``{{ body }}`` stands. Headings, captions, header rows, alternative text and the language are in
place, so that the file can be read aloud; times are those of the reference date.
"""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zipfile import BadZipFile

import jinja2
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Emu, Pt
from docxtpl import DocxTemplate
from jinja2.sandbox import ImmutableSandboxedEnvironment

from housing_map.documents.blocks import (
    Bars,
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
    numbered,
    plain,
    spans,
)
from housing_map.documents.own_template import checked
from housing_map.documents.package import EARLIEST, repacked
from housing_map.documents.pdf import picture_as_png
from housing_map.documents.pixel import pixel
from housing_map.documents.template import CELL, HEAD, LEAD, NOTE, NOTICE, STYLES, TABLE, field
from housing_map.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from docx.document import Document as Word

    from housing_map.documents.blocks import Block, Words

TEMPLATE: Final = Path(__file__).with_name("report.docx")
"""The template of reports."""
COMPACT_TEMPLATE: Final = Path(__file__).with_name("compact.docx")
"""The template of documents that must be short."""
_BODY: Final = "\ue000body\ue000"
_PARAGRAPHS: Final = {
    Style.BODY: "Body Text",
    Style.LEAD: LEAD,
    Style.NOTE: NOTE,
    Style.NOTICE: NOTICE,
}
_BAR_PT: Final = 6.5
_BELOW_TABLE: Final = Pt(5)
_DECORATIVE: Final = (
    '<a:extLst {a}><a:ext uri="{{C183D7F6-B498-43B3-948B-1728B52AA6E4}}">'
    '<adec:decorative xmlns:adec="http://schemas.microsoft.com/office/drawing/2017/decorative" '
    'val="1"/></a:ext></a:extLst>'
).format(a=nsdecls("a"))
"""Marks a picture as decoration, which is not read aloud (Office Open XML extension)."""


def write_docx(document: Document, template: Path | bytes | None = None) -> bytes:
    """Return the document as a Word file; the same input gives the same bytes.

    ``template`` is a Word file with the styles of :data:`STYLES` and a paragraph ``{{ body }}``
    (None: the shipped one). Raises :class:`housing_map.errors.UsageError` for a template that
    cannot be used, and :class:`housing_map.documents.pdf.LayoutError` for a picture that is none.
    """
    if template is None:
        template = COMPACT_TEMPLATE if document.compact else TEMPLATE
    word = _filled(document, template)
    _Writer(word).write(document)
    properties = word.core_properties
    properties.title = plain(document.title)
    properties.subject = plain(document.description)
    properties.author = properties.last_modified_by = plain(document.publisher)
    properties.created = properties.modified = datetime(
        document.on.year, document.on.month, document.on.day, tzinfo=UTC
    ).replace(tzinfo=None)
    properties.language = "en-GB"
    properties.revision = 1
    kept = io.BytesIO()
    word.save(kept)
    return repacked(kept.getvalue(), document.on)


def check_template(template: bytes) -> None:
    """Raise :class:`housing_map.errors.UsageError` for a template that cannot be used."""
    write_docx(Document("A document", date(EARLIEST, 1, 1), (Paragraph("Words"),)), template)


def _filled(document: Document, template: Path | bytes) -> Word:
    """Return the template with its words filled in, as text that means nothing to Word."""
    content = template if isinstance(template, bytes) else _read(template)
    file = io.BytesIO(checked(content))
    notice = plain(document.notice)
    words = {
        "title": plain(document.title),
        "notice": notice,
        "notice_short": notice.partition(". ")[0].rstrip("."),
        "footer": plain(document.footer),
        "description": plain(document.description),
        "publisher": plain(document.publisher),
        "date": f"{document.on.day} {document.on:%B %Y}",
        "body": _BODY,
    }
    # A template fills words in; it can reach nothing of the program.
    environment = ImmutableSandboxedEnvironment(autoescape=True, undefined=jinja2.StrictUndefined)
    try:
        filled = DocxTemplate(file)
        filled.render(words, environment, autoescape=True)
    except jinja2.TemplateError as failed:
        message = f"The Word template cannot be filled in: {failed}"
        raise UsageError(message) from failed
    except (KeyError, OSError, ValueError, BadZipFile) as failed:
        message = f"The template is no Word file that can be read: {failed}"
        raise UsageError(message) from failed
    word: Word = filled.docx
    missing = [name for name in STYLES if name not in {style.name for style in word.styles}]
    if missing:
        message = f"The Word template lacks the styles {', '.join(missing)}"
        raise UsageError(message)
    return word


def _read(template: Path) -> bytes:
    try:
        return template.read_bytes()
    except OSError as failed:
        message = f"The template is no Word file that can be read: {failed}"
        raise UsageError(message) from failed


class _Writer:
    """Sets blocks into a Word file."""

    def __init__(self, word: Word) -> None:
        self.word: Any = word
        section: Any = word.sections[-1]
        self.width = int(section.page_width - section.left_margin - section.right_margin)
        self.marks = 0
        self.under_table = False

    def write(self, document: Document) -> None:
        """Set all blocks where the body goes."""
        place = [p for p in self.word.paragraphs if p.text == _BODY]
        if len(place) != 1:
            message = "The Word template needs one paragraph with {{ body }} and nothing else"
            raise UsageError(message)
        body = self.word.element.body
        before = set(body)
        if document.notice:
            self._paragraph(document.notice, NOTICE)
        self.headings = [b for b in document.blocks if isinstance(b, Heading)]
        for block, number in numbered(document):
            last = len(body)
            self._block(block, number)
            # Word sets what follows a table right below it.
            if self.under_table and isinstance(block, Paragraph | Bullets):
                properties = body[last - 1].get_or_add_pPr()
                properties.get_or_add_spacing().before = _BELOW_TABLE
            self.under_table = isinstance(block, Table | Bars) and not block.notes
        for element in [e for e in body if e not in before]:
            place[0]._p.addprevious(element)  # noqa: SLF001 - no other way to set into the middle
        body.remove(place[0]._p)  # noqa: SLF001

    def _block(self, block: Block, number: str) -> None:
        match block:
            case Heading():
                self._heading(block)
            case Paragraph():
                self._paragraph(block.words, _PARAGRAPHS[block.style])
            case Bullets():
                self._bullets(block)
            case Table():
                self._table(block, number)
            case Bars():
                self._bars(block, number)
            case Picture():
                self._picture(block, number)
            case Contents():
                self._contents(block)
            case PageBreak():
                self.word.add_paragraph().add_run().add_break(WD_BREAK.PAGE)

    # Text ----------------------------------------------------------------------------------

    def _paragraph(self, words: Words, style: str) -> Any:  # noqa: ANN401 - python-docx's own
        paragraph = self.word.add_paragraph(style=style)
        self._runs(paragraph, words)
        return paragraph

    def _runs(self, paragraph: Any, words: Words) -> None:  # noqa: ANN401
        for span in spans(words):
            if not span.link:
                paragraph.add_run(span.text).bold = span.strong or None
                continue
            link = OxmlElement("w:hyperlink")
            kind = RELATIONSHIP_TYPE.HYPERLINK
            link.set(qn("r:id"), paragraph.part.relate_to(span.link, kind, is_external=True))
            run = paragraph.add_run(span.text, "Link")
            run.bold = span.strong or None
            link.append(run._r)  # noqa: SLF001
            paragraph._p.append(link)  # noqa: SLF001

    def _heading(self, block: Heading) -> None:
        paragraph = self._paragraph(block.text, f"Heading {block.level}")
        self.marks += 1
        start, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
        for mark in (start, end):
            mark.set(qn("w:id"), str(self.marks))
        start.set(qn("w:name"), f"_Heading{self.marks}")
        paragraph._p.insert(1, start)  # noqa: SLF001
        paragraph._p.append(end)  # noqa: SLF001

    def _bullets(self, block: Bullets) -> None:
        style = "List Number" if block.numbered else "List Bullet"
        own = self._numbers_anew(style) if block.numbered else None
        for item in block.items:
            paragraph = self._paragraph(item, style)
            if own is not None:
                numbering = paragraph._p.get_or_add_pPr().get_or_add_numPr()  # noqa: SLF001
                numbering.get_or_add_numId().val = own
                numbering.get_or_add_ilvl().val = 0

    def _numbers_anew(self, style: str) -> int | None:
        """Return a list of numbers that starts at 1; None where the style has no numbers."""
        of_style = self.word.styles[style].element.pPr
        if of_style is None or of_style.numPr is None or of_style.numPr.numId is None:
            return None
        numbering = self.word.part.numbering_part.element
        old = numbering.num_having_numId(of_style.numPr.numId.val)
        new = numbering.add_num(old.abstractNumId.val)
        new.add_lvlOverride(ilvl=0).add_startOverride(1)
        return int(new.numId)

    def _contents(self, block: Contents) -> None:
        """Set a table of contents as a field, filled with links; Word adds page numbers to it."""
        self._paragraph(block.title, "TOC Heading")
        shown = [
            (place, heading)
            for place, heading in enumerate(self.headings, 1)
            if heading.level <= block.depth
        ]
        for turn, (place, heading) in enumerate(shown):
            paragraph = self.word.add_paragraph(style="Body Text")
            paragraph.paragraph_format.left_indent = Pt(12 * (heading.level - 1))
            if turn == 0:
                self._mark(paragraph, "begin")
                code = OxmlElement("w:instrText")
                code.set(qn("xml:space"), "preserve")
                code.text = f' TOC \\o "1-{block.depth}" \\h \\z \\u '
                paragraph.add_run()._r.append(code)  # noqa: SLF001
                self._mark(paragraph, "separate")
            link = OxmlElement("w:hyperlink")
            link.set(qn("w:anchor"), f"_Heading{place}")
            link.append(paragraph.add_run(plain(heading.text), "Link")._r)  # noqa: SLF001
            paragraph._p.append(link)  # noqa: SLF001
            if turn == len(shown) - 1:
                self._mark(paragraph, "end")

    @staticmethod
    def _mark(paragraph: Any, kind: str) -> None:  # noqa: ANN401
        mark = OxmlElement("w:fldChar")
        mark.set(qn("w:fldCharType"), kind)
        paragraph.add_run()._r.append(mark)  # noqa: SLF001

    def _caption(self, block: Table | Bars | Picture, number: str) -> None:
        sort, _, place = number.partition(" ")
        paragraph = self.word.add_paragraph(style="Caption")
        paragraph.add_run(f"{sort} ")
        field(paragraph, f"SEQ {sort} \\* ARABIC", place)
        paragraph.add_run(f": {plain(block.caption)}")

    # Tables and pictures ---------------------------------------------------------------------

    def _grid(self, caption: str, widths: Sequence[float], rows: int) -> Any:  # noqa: ANN401
        """Add an empty table whose first row repeats on each page; ``widths`` are relative."""
        table = self.word.add_table(rows, len(widths), style=TABLE)
        table.alignment, table.autofit = WD_TABLE_ALIGNMENT.LEFT, False
        properties = table._tbl.tblPr  # noqa: SLF001
        look = properties.find(qn("w:tblLook"))
        if look is not None:
            properties.remove(look)
        flags = 'w:firstRow="1" w:lastRow="0" w:firstColumn="1" w:lastColumn="0"'
        properties.append(
            parse_xml(
                f'<w:tblLook {nsdecls("w")} w:val="04A0" {flags} w:noHBand="1" w:noVBand="1"/>'
            )
        )
        title = OxmlElement("w:tblCaption")
        title.set(qn("w:val"), plain(caption))
        properties.append(title)
        for column, width in zip(table.columns, widths, strict=True):
            column.width = Emu(int(self.width * width / sum(widths)))
        for place, row in enumerate(table.rows):
            for cell, column in zip(row.cells, table.columns, strict=True):
                cell.width = column.width
            of_row = row._tr.get_or_add_trPr()  # noqa: SLF001
            of_row.append(OxmlElement("w:cantSplit"))
            if place == 0:
                of_row.append(OxmlElement("w:tblHeader"))
        return table

    @staticmethod
    def _cell(
        cell: Any,  # noqa: ANN401 - python-docx's own
        text: str,
        *,
        style: str = CELL,
        right: bool = False,
        on: bool = True,
    ) -> Any:  # noqa: ANN401
        """Write a cell; ``on`` keeps it on one page with the next row."""
        paragraph = cell.paragraphs[0]
        paragraph.style = style
        paragraph.add_run(plain(text))
        paragraph.paragraph_format.keep_with_next = on
        if right:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        return paragraph

    def _table(self, block: Table, number: str) -> None:
        self._caption(block, number)
        rows = (block.headers, *block.rows)
        table = self._grid(block.caption, block.columns, len(rows))
        whole = len(rows) <= _SHORT
        for place, (cells, texts) in enumerate(zip(table.rows, rows, strict=True)):
            on = place < len(rows) - 1 and (whole or place == 0)
            for column, (cell, text) in enumerate(zip(cells.cells, texts, strict=True)):
                style = CELL if place else HEAD
                self._cell(cell, text, style=style, right=column in block.numeric, on=on)
        self._notes(block.notes)

    def _bars(self, block: Bars, number: str) -> None:
        self._caption(block, number)
        table = self._grid(block.caption, block.widths, len(block.rows) + 1)
        head = table.rows[0].cells
        first = head[0].merge(head[1])
        self._cell(first, block.what, style=HEAD)
        inks = [pixel(ink) for ink in block.inks]
        for cell, name, ink in zip(head[2:], block.series, inks, strict=True):
            paragraph = self._cell(cell, "", style=HEAD, right=True)
            if len(block.series) > 1:
                self._decoration(paragraph, ink, Pt(6), Pt(6))
            paragraph.add_run(f" {plain(name)}")
        room = int(self.width * block.widths[1] / sum(block.widths)) - int(Pt(8))
        rows = zip(table.rows[1:], block.rows, block.shares(), strict=True)
        for place, (cells, row, shares) in enumerate(rows):
            on = place < len(block.rows) - 1
            self._cell(cells.cells[0], row.label, on=on)
            paragraph = self._cell(cells.cells[1], "", on=on)
            for turn, (share, ink) in enumerate(zip(shares, inks, strict=True)):
                if turn and not block.stacked:
                    paragraph = cells.cells[1].add_paragraph(style=CELL)
                    paragraph.paragraph_format.keep_with_next = on
                if share > 0:
                    self._decoration(paragraph, ink, Emu(max(int(room * share), 1)), Pt(_BAR_PT))
            for cell, text in zip(cells.cells[2:], row.texts, strict=True):
                self._cell(cell, text, right=True, on=on)
        self._notes(block.notes)

    @staticmethod
    def _decoration(paragraph: Any, ink: bytes, width: int, height: int) -> None:  # noqa: ANN401
        shape = paragraph.add_run().add_picture(io.BytesIO(ink), width, height)
        _described(shape, "").append(parse_xml(_DECORATIVE))

    def _picture(self, block: Picture, number: str) -> None:
        self._caption(block, number)
        drawn = block.data if block.format is PictureFormat.PNG else picture_as_png(block)
        paragraph = self.word.add_paragraph(style="Body Text")
        shape = paragraph.add_run().add_picture(
            io.BytesIO(drawn), width=Emu(int(self.width * block.width))
        )
        _described(shape, block.alt)

    def _notes(self, notes: Sequence[str]) -> None:
        for note in notes:
            self._paragraph(note, NOTE)


def _described(shape: Any, alt: str) -> Any:  # noqa: ANN401 - python-docx's own
    """Say what a picture shows, take the space around it away, and return its properties."""
    inline = shape._inline  # noqa: SLF001
    for side in ("distT", "distB", "distL", "distR"):
        inline.set(side, "0")
    inline.docPr.set("descr", plain(alt))
    return inline.docPr


_SHORT: Final = 12
"""Most rows of a table that is kept on one page."""
