"""Documents: the same blocks in Word, PDF and HTML, as text that means nothing to any of them."""

import io
import re
import zipfile
import zlib
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from typing import Any

import docx
import pytest
from docx.oxml.ns import qn
from hypothesis import given, settings
from hypothesis import strategies as st

from housing_map.documents.blocks import (
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
    Span,
    Style,
    Table,
    numbered,
    plain,
)
from housing_map.documents.files import as_file
from housing_map.documents.page import write_html
from housing_map.documents.pdf import LayoutError, extent, write_pdf
from housing_map.documents.pixel import pixel
from housing_map.documents.template import COMPACT, REPORT, template_docx
from housing_map.documents.word import COMPACT_TEMPLATE, TEMPLATE, write_docx
from housing_map.errors import UsageError

ON = date(2026, 11, 1)
SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 30">'
    b'<rect width="60" height="20" fill="#12436D"/></svg>'
)
HOSTILE = "<script>alert(1)</script> {{ 7*7 }} {% x %} #panic() $x$ `y` \\ *b* _i_ @a [b] & \x00"
TABLE = Table("Homes", ("Tenure", "Now"), (("Owned", "90"), ("Rent", "5")), frozenset({1}))
BARS = Bars(
    "Helped",
    "Tenure",
    ("Now", "After"),
    (Bar("Owned", (10.0, 20.0), ("10", "20")), Bar("Rent", (5.0, 0.0), ("5", "none"))),
)
PICTURE = Picture(SVG, PictureFormat.SVG, "A blue box", "A box")


def whole(*blocks: Block, **given_: Any) -> Document:  # noqa: ANN401 - whatever a document takes
    every: tuple[Block, ...] = (
        Paragraph("The answer.", Style.LEAD),
        Contents(),
        Heading("First"),
        Paragraph(("Words ", Span("strong", strong=True), Span("there", link="https://a.example"))),
        Bullets(("one", "two")),
        Bullets(("first", "second"), numbered=True),
        Bullets(("first again",), numbered=True),
        Heading("Part", 2),
        TABLE,
        BARS,
        PICTURE,
        PageBreak(),
        Heading("Second"),
        Paragraph("Small print.", Style.NOTE),
    )
    asked = {"title": "A report", "on": ON, "blocks": blocks or every} | given_
    return Document(**asked)


def word(document: Document, template: bytes | None = None) -> Any:  # noqa: ANN401 - python-docx's own
    return docx.Document(io.BytesIO(write_docx(document, template)))


# The same each time -----------------------------------------------------------------------


@pytest.mark.parametrize("ending", [".docx", ".pdf", ".html"])
def test_the_same_document_gives_the_same_bytes(ending: str) -> None:
    document = whole(notice="Restricted: for us. Not for others.", footer="As of today")
    assert as_file(document, ending) == as_file(document, ending)


def test_files_are_dated_by_the_day_they_speak_of_and_not_by_the_clock() -> None:
    content = write_docx(whole())
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {member.date_time for member in archive.infolist()} == {(2026, 11, 1, 0, 0, 0)}
    properties = docx.Document(io.BytesIO(content)).core_properties
    assert properties.created == properties.modified
    assert properties.created is not None
    assert properties.created.date() == ON
    assert b"20261101000000Z" in write_pdf(whole())


def test_shipped_templates_are_what_the_builder_writes() -> None:
    for path, look in ((TEMPLATE, REPORT), (COMPACT_TEMPLATE, COMPACT)):
        assert _members(path.read_bytes()) == _members(template_docx(look)), path.name


def _members(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


# What people wrote stays text -------------------------------------------------------------


def hostile(text: str) -> Document:
    return whole(
        Heading(text),
        Paragraph((text, Span(text, strong=True))),
        Bullets((text,)),
        Table(f"T {text}", (f"H {text}", "n"), ((text, text),), notes=(text,)),
        Bars(f"B {text}", text, (text,), (Bar(text, (1.0,), (text,)),)),
        replace(PICTURE, alt=f"A {text}", caption=f"P {text}"),
        title=f"Title {text}",
        notice=f"{text}. More {text}",
        footer=text,
        description=text,
        publisher=text,
    )


class _Reader(HTMLParser):
    """Collects the words and tags of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def read(page: str) -> _Reader:
    reader = _Reader()
    reader.feed(page)
    return reader


def test_markup_of_any_writer_in_words_is_shown_as_it_was_written() -> None:
    document = hostile(HOSTILE)
    made = word(document)
    said = plain(HOSTILE)
    cells = [cell.text for table in made.tables for row in table.rows for cell in row.cells]
    paragraphs = [paragraph.text for paragraph in made.paragraphs]
    assert f"Title {said}" in paragraphs
    assert f"{said} {said}" in " ".join(paragraphs) or f"{said}{said}" in " ".join(paragraphs)
    assert cells.count(said) >= 4
    assert said in made.sections[0].footer.paragraphs[0].text
    assert made.core_properties.title == f"Title {said}"
    page = read(write_html(document))
    assert page.words.count(said) >= 4
    assert not page.tags & {"script", "b", "i"}
    assert write_pdf(document).startswith(b"%PDF")


@settings(max_examples=15)
@given(st.text(min_size=1).filter(plain))
def test_any_text_can_be_written(text: str) -> None:
    document = hostile(text)
    made = word(document)
    assert made.core_properties.title == plain(f"Title {text}")
    assert plain(f"Title {text}") in [plain(part) for part in read(write_html(document)).words]
    assert write_pdf(document).startswith(b"%PDF")


def test_a_link_leads_to_a_page_or_a_mailbox_and_nowhere_else() -> None:
    for address in ("javascript:alert(1)", "file:///etc/passwd", 'https://a"b', "data:text/html,a"):
        with pytest.raises(UsageError, match="A link starts with"):
            Span("here", link=address)


# HTML -------------------------------------------------------------------------------------


def test_a_page_asks_nobody_for_anything() -> None:
    page = write_html(whole())
    found = read(page).attributes
    sources = [value for name, value in found if name in {"src", "data", "action", "srcset"}]
    assert sources
    assert all(value.startswith("data:image/") for value in sources)
    assert "default-src 'none'" in page
    assert "url(" not in page
    assert not read(page).tags & {"script", "link", "iframe"}


def test_tables_of_a_page_have_headings_for_rows_and_columns() -> None:
    page = write_html(whole(TABLE, BARS))
    assert page.count('scope="col"') == 2 + 3
    assert page.count('scope="row"') == 4
    assert page.count('aria-hidden="true"') == 2
    assert "<caption>Table 1: Homes</caption>" in page
    assert "<caption>Figure 1: Helped</caption>" in page


# Word -------------------------------------------------------------------------------------


def test_a_word_file_has_styles_captions_and_header_rows() -> None:
    made = word(whole(footer="As of today", notice="Restricted: for us. More."))
    styles = {paragraph.text: paragraph.style.name for paragraph in made.paragraphs}
    assert styles["A report"] == "Title"
    assert styles["Second"] == "Heading 1"
    assert styles["Part"] == "Heading 2"
    assert styles["Restricted: for us. More."] == "Notice"
    captions = [p for p in made.paragraphs if p.style.name == "Caption"]
    text = ["".join(t.text or "" for t in c._p.iter(qn("w:t"))) for c in captions]
    assert text == ["Table 1: Homes", "Figure 1: Helped", "Figure 2: A box"]
    for table in made.tables:
        first = table.rows[0]._tr.trPr
        assert first is not None
        assert first.find(qn("w:tblHeader")) is not None
    assert made.sections[0].header.paragraphs[0].text == "Restricted: for us"
    assert "As of today" in made.sections[0].footer.paragraphs[0].text
    assert made.core_properties.language == "en-GB"
    assert "{{" not in made.element.xml


def test_each_picture_has_words_and_bars_are_marked_as_decoration() -> None:
    made = word(whole(BARS, PICTURE))
    found = list(made.element.body.iter(qn("wp:docPr")))
    described = [one.get("descr") for one in found if one.get("descr")]
    assert described == ["A blue box"]
    decorative = [
        one for one in found if "decorative" in docx.oxml.xmlchemy.serialize_for_reading(one)
    ]
    # Two swatches in the header, and three bars above 0.
    assert len(decorative) == len(found) - 1 == 5
    assert len({one.get("id") for one in found}) == len(found)


def test_each_numbered_list_starts_at_one() -> None:
    made = word(whole())
    numbers = {
        paragraph.text: paragraph._p.pPr.numPr.numId.val
        for paragraph in made.paragraphs
        if paragraph.style.name == "List Number"
    }
    assert numbers["first"] == numbers["second"] != numbers["first again"]


def test_officers_own_template_keeps_its_look() -> None:
    own = docx.Document(io.BytesIO(template_docx(REPORT, font="Georgia")))
    own.paragraphs[0].insert_paragraph_before("Kirklees Council, {{ date }}")
    own.add_paragraph("The end matter of the council")
    kept = io.BytesIO()
    own.save(kept)
    made = word(whole(), kept.getvalue())
    text = [paragraph.text for paragraph in made.paragraphs]
    assert text[0] == "Kirklees Council, 1 November 2026"
    assert text[-1] == "The end matter of the council"
    assert text.index("Second") < len(text) - 1
    assert made.styles["Normal"].font.name == "Georgia"


def _changed(**styles: str) -> bytes:
    own = docx.Document(io.BytesIO(template_docx(REPORT)))
    for old, new in styles.items():
        own.styles[old].name = new
    kept = io.BytesIO()
    own.save(kept)
    return kept.getvalue()


def test_a_template_that_cannot_be_used_is_refused_with_what_it_lacks() -> None:
    with pytest.raises(UsageError, match="lacks the styles Notice"):
        write_docx(whole(), _changed(Notice="Mine"))
    with pytest.raises(UsageError, match="no Word file"):
        write_docx(whole(), b"not a file")
    empty = docx.Document(io.BytesIO(template_docx(REPORT)))
    body = empty.paragraphs[-1]
    body.text = "no place"
    kept = io.BytesIO()
    empty.save(kept)
    with pytest.raises(UsageError, match="one paragraph with"):
        write_docx(whole(), kept.getvalue())
    body.text = "{{ unknown }}"
    kept = io.BytesIO()
    empty.save(kept)
    with pytest.raises(UsageError, match="unknown"):
        write_docx(whole(), kept.getvalue())


# PDF --------------------------------------------------------------------------------------


def test_a_pdf_is_tagged_for_readers_and_says_what_it_is() -> None:
    content = write_pdf(whole(description="What it is"))
    assert b"/MarkInfo" in content
    assert b"pdfuaid" in content
    assert re.search(rb"/Lang ?\(en-(?:GB|gb)\)", content)
    assert re.search(rb"<pdfuaid:part>1</pdfuaid:part>", content)


def test_extent_counts_pages_and_the_part_of_the_last() -> None:
    short, longer = whole(Paragraph("One.")), whole(*[Paragraph("Line. " * 60)] * 8)
    assert 0 < extent(short) < extent(longer) < 1
    assert 1 < extent(whole(Paragraph("One."), PageBreak(), Paragraph("Two."))) < 1.5


def test_signs_without_a_letter_in_the_fonts_do_not_stop_a_pdf() -> None:
    assert write_pdf(whole(Paragraph("A name 漢字 \u0380 😀 مرحبا in a note"))).startswith(b"%PDF")


def test_a_picture_that_is_none_is_refused() -> None:
    broken = whole(replace(PICTURE, data=b"no picture"))
    with pytest.raises(LayoutError, match="cannot be laid out"):
        write_pdf(broken)
    with pytest.raises(LayoutError, match="cannot be drawn"):
        write_docx(broken)


# Blocks -----------------------------------------------------------------------------------


def test_what_cannot_be_read_aloud_is_refused() -> None:
    with pytest.raises(UsageError, match="skips a level"):
        whole(Heading("One"), Heading("Three", 3))
    with pytest.raises(UsageError, match="level from 1 to 3"):
        Heading("Deep", 4)
    with pytest.raises(UsageError, match="each of 2 cells"):
        Table("T", ("a", "b"), (("one",),))
    with pytest.raises(UsageError, match="needs a caption"):
        Table(" ", ("a",), (("one",),))
    with pytest.raises(UsageError, match="do not see it"):
        replace(PICTURE, alt=" ")
    with pytest.raises(UsageError, match="needs 1 values of 0 or more"):
        Bars("B", "what", ("s",), (Bar("a", (-1.0,), ("x",)),))
    with pytest.raises(UsageError, match="needs a title"):
        whole(title="\x00")


def test_bars_are_as_long_as_their_values() -> None:
    assert BARS.shares() == ((0.5, 1.0), (0.25, 0.0))
    assert replace(BARS, longest=40.0).shares() == ((0.25, 0.5), (0.125, 0.0))
    assert replace(BARS, stacked=True).shares() == ((10 / 30, 20 / 30), (5 / 30, 0.0))
    nothing = Bars("B", "what", ("s",), (Bar("a", (0.0,), ("none",)),))
    assert nothing.shares() == ((0.0,),)
    assert write_pdf(whole(nothing)).startswith(b"%PDF")
    assert word(whole(nothing)).tables


def test_tables_and_figures_are_numbered_each_from_one() -> None:
    numbers = [number for _, number in numbered(whole(TABLE, BARS, TABLE, PICTURE)) if number]
    assert numbers == ["Table 1", "Figure 1", "Table 2", "Figure 2"]


def test_a_pixel_is_a_picture_of_its_colour() -> None:
    content = pixel("#F46A25")
    start = content.index(b"IDAT") + 4
    assert zlib.decompress(content[start:-16])[1:] == bytes.fromhex("F46A25")


def test_other_endings_and_templates_that_do_nothing_are_refused() -> None:
    with pytest.raises(UsageError, match=r"not as '\.txt'"):
        as_file(whole(), ".txt")
    with pytest.raises(UsageError, match="for Word files alone"):
        as_file(whole(), ".pdf", TEMPLATE)
