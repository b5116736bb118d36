"""The Word templates: a page with styles, that officers can restyle without touching a program.

A template says how a document looks: its styles, margins, header and footer, and where the title
(``{{ title }}``), the notice and the blocks (``{{ body }}``) go. Whoever wants another look opens
the template in Word, changes the styles, adds a crest, and keeps the words in double braces.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import docx
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Pt, RGBColor

from housing_map.documents.package import repacked
from housing_map.palette import INK, QUIET_INK

if TYPE_CHECKING:
    from docx.document import Document as Word
    from docx.styles.style import ParagraphStyle

LEAD: Final = "Lead"
NOTE: Final = "Note"
NOTICE: Final = "Notice"
CELL: Final = "Table Text"
HEAD: Final = "Table Heading"
TABLE: Final = "Housing Table"
STYLES: Final = (
    "Title", "Heading 1", "Heading 2", "Heading 3", "Body Text", "List Bullet", "List Number",
    "Caption", "TOC Heading", LEAD, NOTE, NOTICE, CELL, HEAD,
    TABLE, "Link",
)  # fmt: skip
"""Styles that a template must have."""
MADE_ON: Final = date(2026, 11, 1)
"""Date in the files of the shipped templates: theirs, not that of any document."""


@dataclass(frozen=True, slots=True)
class Look:
    """Sizes of a template: letters and spaces in points, margins in centimetres.

    ``line`` is the distance of lines in heights of a letter, ``inset`` the space in a table above
    and below a line.
    """

    text: float
    small: float
    title: float
    headings: tuple[float, float, float]
    after: float
    margin: float
    line: float
    inset: float


REPORT: Final = Look(11, 10, 24, (16, 13, 11), 6, 2.3, 1.08, 2.5)
COMPACT: Final = Look(10, 9, 16, (12, 11, 10), 2, 1.7, 1.0, 1.0)


def template_docx(look: Look, font: str = "Arial") -> bytes:
    """Return a Word template with a look; the same look gives the same bytes."""
    word = docx.Document()
    _styles(word, look, font)
    _page(word, look)
    word.add_paragraph("{{ title }}", "Title")
    word.add_paragraph("{{ body }}", "Body Text")
    properties = word.core_properties
    properties.author = properties.comments = properties.last_modified_by = ""
    properties.title = "{{ title }}"
    properties.language = "en-GB"
    kept = io.BytesIO()
    word.save(kept)
    return repacked(kept.getvalue(), MADE_ON)


def _styles(word: Word, look: Look, font: str) -> None:
    styles: Any = word.styles
    _font(styles["Normal"], font, look.text, INK)
    spacing = styles["Normal"].paragraph_format
    spacing.space_after, spacing.line_spacing = Pt(look.after), look.line
    language = styles.element.find(f".//{qn('w:rPrDefault')}//{qn('w:lang')}")
    language.set(qn("w:val"), "en-GB")
    _font(styles["Title"], font, look.title, INK, bold=True)
    _spaced(styles["Title"], 0, look.after)
    border = styles["Title"].element.find(f".//{qn('w:pBdr')}")
    border.getparent().remove(border)
    for level, size in enumerate(look.headings, 1):
        _font(styles[f"Heading {level}"], font, size, INK, bold=True)
        _spaced(styles[f"Heading {level}"], 3 * look.after, look.after)
    _font(styles["TOC Heading"], font, look.headings[0], INK, bold=True)
    _font(styles["Caption"], font, look.text, INK, bold=True)
    _spaced(styles["Caption"], 2 * look.after, look.after)
    styles["Caption"].paragraph_format.keep_with_next = True
    for name in ("Body Text", "List Bullet", "List Number"):
        _spaced(styles[name], 0, look.after)
    for name, size, ink in (
        (LEAD, look.text + 1, INK),
        (NOTE, look.small, QUIET_INK),
        (NOTICE, look.text, INK),
        (CELL, look.small, INK),
    ):
        style = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = styles["Normal"]
        _font(style, font, size, ink)
    _spaced(styles[CELL], 0, 0)
    styles[CELL].paragraph_format.line_spacing = 1.0
    head = styles.add_style(HEAD, WD_STYLE_TYPE.PARAGRAPH)
    head.base_style, head.font.bold = styles[CELL], True
    notice = styles[NOTICE].element.get_or_add_pPr()
    notice.append(
        parse_xml(
            f'<w:pBdr {nsdecls("w")}><w:left w:val="single" w:sz="24" w:space="8" '
            'w:color="F46A25"/></w:pBdr>'
        )
    )
    styles[NOTICE].paragraph_format.left_indent = Cm(0.3)
    link = styles.add_style("Link", WD_STYLE_TYPE.CHARACTER)
    link.font.underline, link.font.color.rgb = True, RGBColor.from_string("12436D")
    _table_style(styles, look)


def _font(style: ParagraphStyle, font: str, size: float, ink: str, *, bold: bool = False) -> None:
    """Set letters of a style; theme fonts and colours would win over them, and go."""
    style.font.name, style.font.size, style.font.bold = font, Pt(size), bold
    style.font.italic = False
    properties: Any = style.element.get_or_add_rPr()
    fonts = properties.find(qn("w:rFonts"))
    for name in list(fonts.attrib):
        del fonts.attrib[name]
    for script in ("ascii", "hAnsi", "cs", "eastAsia"):
        fonts.set(qn(f"w:{script}"), font)
    for name in ("w:color", "w:spacing", "w:kern"):
        for found in properties.findall(qn(name)):
            properties.remove(found)
    style.font.color.rgb = RGBColor.from_string(ink.removeprefix("#"))


def _spaced(style: ParagraphStyle, before: float, after: float) -> None:
    style.paragraph_format.space_before = Pt(before)
    style.paragraph_format.space_after = Pt(after)


def _table_style(styles: Any, look: Look) -> None:  # noqa: ANN401 - python-docx has no type for it
    """Add the style of tables: rules above, below and between rows, headings strong."""
    inset = round(20 * look.inset)
    styles.element.append(
        parse_xml(
            f'<w:style {nsdecls("w")} w:type="table" w:customStyle="1" w:styleId="HousingTable">'
            f'<w:name w:val="{TABLE}"/><w:basedOn w:val="TableNormal"/><w:uiPriority w:val="59"/>'
            "<w:qFormat/><w:tblPr><w:tblBorders>"
            '<w:top w:val="single" w:sz="8" w:space="0" w:color="0B0C0C"/>'
            '<w:bottom w:val="single" w:sz="4" w:space="0" w:color="B1B4B6"/>'
            '<w:insideH w:val="single" w:sz="4" w:space="0" w:color="B1B4B6"/>'
            f'</w:tblBorders><w:tblCellMar><w:top w:w="{inset}" w:type="dxa"/>'
            f'<w:left w:w="70" w:type="dxa"/><w:bottom w:w="{inset}" w:type="dxa"/>'
            '<w:right w:w="70" w:type="dxa"/></w:tblCellMar></w:tblPr>'
            '<w:tblStylePr w:type="firstRow"><w:tcPr><w:tcBorders>'
            '<w:bottom w:val="single" w:sz="6" w:space="0" w:color="0B0C0C"/>'
            "</w:tcBorders></w:tcPr></w:tblStylePr></w:style>"
        )
    )


def _page(word: Word, look: Look) -> None:
    """Set an A4 page with the notice at its head, and the footer and page numbers at its foot."""
    section = word.sections[0]
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.left_margin = section.right_margin = Cm(look.margin)
    section.top_margin = section.bottom_margin = Cm(look.margin)
    section.header_distance = section.footer_distance = Cm(look.margin / 2)
    head: Any = section.header.paragraphs[0]
    head.text = "{{ notice_short }}"
    head.style = word.styles[NOTE]
    foot: Any = section.footer.paragraphs[0]
    foot.style = word.styles[NOTE]
    width = section.page_width - section.left_margin - section.right_margin
    foot.paragraph_format.tab_stops.add_tab_stop(width, WD_TAB_ALIGNMENT.RIGHT)
    foot.add_run("{{ footer }}\tPage ")
    field(foot, "PAGE", "1")
    foot.add_run(" of ")
    field(foot, "NUMPAGES", "1")


def field(paragraph: Any, code: str, shown: str) -> None:  # noqa: ANN401 - as above
    """Add a field that Word works out, with what it shows until then."""
    simple = OxmlElement("w:fldSimple")
    simple.set(qn("w:instr"), f" {code} ")
    run, text = OxmlElement("w:r"), OxmlElement("w:t")
    text.text = shown
    run.append(text)
    simple.append(run)
    paragraph._p.append(simple)  # noqa: SLF001 - python-docx has no fields
