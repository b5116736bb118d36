"""A Word template that somebody brings: styles alone, and nothing that reaches further."""

import io
import zipfile
from datetime import date

import docx
import pytest

from housing_map.documents.blocks import Document, Paragraph
from housing_map.documents.own_template import MOST_BYTES, checked
from housing_map.documents.word import TEMPLATE, check_template, write_docx
from housing_map.errors import UsageError

DEFLATED = zipfile.ZIP_DEFLATED
ATTACHED = (
    '<Relationship Id="r9" TargetMode="External" Target="https://example.org/x.dotm" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate"/>'
)


def with_part(name: str, content: bytes | str) -> bytes:
    """Return the shipped template with one part more, or another content of one."""
    made = io.BytesIO()
    with zipfile.ZipFile(TEMPLATE) as old, zipfile.ZipFile(made, "w", DEFLATED) as new:
        for entry in old.infolist():
            if entry.filename != name:
                new.writestr(entry, old.read(entry))
        new.writestr(name, content)
    return made.getvalue()


def with_text(text: str) -> bytes:
    """Return the shipped template with a paragraph more."""
    word, made = docx.Document(str(TEMPLATE)), io.BytesIO()
    word.add_paragraph(text)
    word.save(made)
    return made.getvalue()


def test_the_shipped_template_can_be_taken_restyled_and_used() -> None:
    word, made = docx.Document(str(TEMPLATE)), io.BytesIO()
    word.styles["Heading 1"].font.name = "Council Sans"
    word.save(made)
    check_template(made.getvalue())
    written = write_docx(Document("A", date(2026, 1, 1), (Paragraph("b"),)), made.getvalue())
    assert docx.Document(io.BytesIO(written)).styles["Heading 1"].font.name == "Council Sans"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"no archive", "no Word file"),
        (b"x" * (MOST_BYTES + 1), "5 MB at most"),
        (with_part("word/vbaProject.bin", b"x"), "macros"),
        (with_part("word/embeddings/sheet.xlsx", b"x"), "embedded"),
        (with_part("word/_rels/settings.xml.rels", f"<Relationships>{ATTACHED}</Relationships>"),
         "leads to another file"),
        (with_part("word/big.xml", b" " * 61_000_000), "unpacks"),
    ],
)  # fmt: skip
def test_what_a_template_must_not_hold_is_refused_in_words(content: bytes, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        checked(content)


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ title.__init__.__globals__ }}",
        "{% for one in ().__class__.__bases__ %}{{ one }}{% endfor %}",
        "{{ unknown }}",
    ],
)
def test_words_of_a_template_reach_nothing_of_the_program(text: str) -> None:
    with pytest.raises(UsageError, match="cannot be filled in"):
        check_template(with_text(text))


def test_a_template_without_the_styles_is_refused_by_their_names() -> None:
    made = io.BytesIO()
    word = docx.Document()
    word.add_paragraph("{{ body }}")
    word.save(made)
    with pytest.raises(UsageError, match="lacks the styles"):
        check_template(made.getvalue())
