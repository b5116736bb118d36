"""Documents as PDF: tagged, so that it can be read aloud, and the same to the byte each time.

Typst lays the blocks out (:file:`document.typ`) in Source Sans Pro (SIL Open Font License 1.1),
which is installed with the program, so that no font of the computer changes a line. It checks them
against PDF/UA-1 (ISO 14289-1): a document that breaks it is not written. Nothing is asked of any
network.
"""

from __future__ import annotations

import json
import re
import tempfile
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typst

from housing_map.documents.blocks import (
    Bars,
    Bullets,
    Contents,
    Heading,
    PageBreak,
    Paragraph,
    Picture,
    Table,
    numbered,
    plain,
    spans,
)
from housing_map.errors import HousingMapError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from housing_map.documents.blocks import Block, Document, Words

LAYOUT: Final = Path(__file__).with_name("document.typ")
FONTS: Final = str(files("font_source_sans_pro") / "files")
_WORDS: Final = "document.json"
_STANDARD: Final = "ua-1"
_BOX: Final = "\N{WHITE SQUARE}"
_UNSHOWN: Final = re.compile(r'the text `"(.*?)"` could not be displayed')
_CODE: Final = re.compile(r"\\u\{([0-9a-f]+)\}")


class LayoutError(HousingMapError, ValueError):
    """A document cannot be laid out; the message says what typst says."""


def write_pdf(document: Document) -> bytes:
    """Return the document as PDF/UA-1 on A4; the same input gives the same bytes.

    A sign that the fonts do not have becomes an empty box, since PDF/UA allows none that cannot be
    read out. Raises :class:`LayoutError` for a document that cannot be laid out, such as one with a
    picture that is none.
    """
    day = document.on
    with _laid_out(document) as file:
        words = file.with_name(_WORDS)
        while True:
            try:
                return typst.compile(
                    str(file),
                    root=str(file.parent),
                    ignore_system_fonts=True,
                    font_paths=[FONTS],
                    pdf_standards=[_STANDARD],
                    timestamp=datetime(day.year, day.month, day.day, tzinfo=UTC),
                )
            except typst.TypstError as failed:
                before = words.read_text(encoding="utf-8")
                after = before.translate(dict.fromkeys(map(ord, _unknown_signs(failed)), _BOX))
                if after == before:
                    raise
                words.write_text(after, encoding="utf-8")


def _unknown_signs(failed: typst.TypstError) -> set[str]:
    """Return the signs that typst says no font has: it names them as Rust writes text."""
    signs = set()
    for text in _UNSHOWN.findall(failed.diagnostic):
        signs |= set(_CODE.sub(lambda found: chr(int(found.group(1), 16)), text))
    return {sign for sign in signs if sign not in _BOX and not sign.isascii()}


def extent(document: Document) -> float:
    """Return how many pages the document takes, the last one in part: 1.5 is a page and a half.

    Raises :class:`LayoutError` as :func:`write_pdf` does.
    """
    with _laid_out(document) as file:
        found = typst.query(
            str(file),
            "<extent>",
            field="value",
            one=True,
            root=str(file.parent),
            ignore_system_fonts=True,
            font_paths=[FONTS],
        )
    return float(json.loads(found))


@contextmanager
def _laid_out(document: Document) -> Iterator[Path]:
    """Write what typst reads into a folder that goes when it is done; yield the layout."""
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / LAYOUT.name
        content = _content(document, file.parent)
        written = json.dumps(content, ensure_ascii=False)
        file.with_name(_WORDS).write_text(written, encoding="utf-8")
        file.write_bytes(LAYOUT.read_bytes())
        try:
            yield file
        except typst.TypstError as failed:
            message = f"The document cannot be laid out: {failed.message}"
            raise LayoutError(message) from failed


def picture_as_png(picture: Picture, *, ppi: float = 200.0) -> bytes:
    """Return a picture as PNG, ``ppi`` pixels an inch on a page of A4's text width.

    Raises :class:`LayoutError` for a picture that is none.
    """
    source = (
        f"#set page(width: 16.4cm, height: auto, margin: 0pt, fill: white)\n"
        f'#image("picture.{picture.format}", width: 100%)\n'
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / f"picture.{picture.format}").write_bytes(picture.data)
        (folder / "page.typ").write_text(source, encoding="utf-8")
        try:
            return typst.compile(
                str(folder / "page.typ"),
                root=str(folder),
                ignore_system_fonts=True,
                font_paths=[FONTS],
                format="png",
                ppi=ppi,
            )
        except typst.TypstError as failed:
            message = f"Picture {picture.caption!r} cannot be drawn: {failed.message}"
            raise LayoutError(message) from failed


def _content(document: Document, folder: Path) -> dict[str, Any]:
    """Return the document as the layout reads it; its pictures go into ``folder``."""
    return {
        "title": plain(document.title),
        "description": plain(document.description) or plain(document.title),
        "publisher": plain(document.publisher),
        "notice": plain(document.notice),
        "notice_short": plain(document.notice).partition(". ")[0].rstrip("."),
        "notice_words": _runs(document.notice),
        "footer": plain(document.footer),
        "compact": document.compact,
        "year": document.on.year,
        "month": document.on.month,
        "day": document.on.day,
        "blocks": [
            _block(block, number, place, folder)
            for place, (block, number) in enumerate(numbered(document))
        ],
    }


def _block(block: Block, number: str, place: int, folder: Path) -> dict[str, Any]:  # noqa: PLR0911 - one a sort of block
    """Return a block as the layout reads it."""
    match block:
        case Heading():
            return {"sort": "heading", "level": block.level, "text": plain(block.text)}
        case Paragraph():
            return {"sort": "paragraph", "style": block.style, "words": _runs(block.words)}
        case Bullets():
            items = [_runs(item) for item in block.items]
            return {"sort": "bullets", "items": items, "numbered": block.numbered}
        case Table():
            return _captioned(block, number) | {
                "sort": "table",
                "kind": "table",
                "headers": [plain(text) for text in block.headers],
                "rows": [[plain(text) for text in row] for row in block.rows],
                "numeric": sorted(block.numeric),
                "widths": block.columns,
                "notes": [plain(text) for text in block.notes],
            }
        case Bars():
            return _captioned(block, number) | _bars(block)
        case Picture():
            file = f"picture-{place}.{block.format}"
            (folder / file).write_bytes(block.data)
            return _captioned(block, number) | {
                "sort": "picture",
                "kind": "image",
                "file": file,
                "alt": plain(block.alt),
                "width": block.width,
            }
        case Contents():
            return {"sort": "contents", "title": plain(block.title), "depth": block.depth}
        case PageBreak():
            return {"sort": "break"}


def _captioned(block: Table | Bars | Picture, number: str) -> dict[str, Any]:
    return {"number": number, "caption": plain(block.caption)}


def _bars(block: Bars) -> dict[str, Any]:
    rows = [
        {
            "label": plain(row.label),
            "shares": shares,
            "texts": [plain(text) for text in row.texts],
        }
        for row, shares in zip(block.rows, block.shares(), strict=True)
    ]
    return {
        "sort": "bars",
        "kind": "table",
        "what": plain(block.what),
        "series": [plain(text) for text in block.series],
        "inks": block.inks,
        "rows": rows,
        "stacked": block.stacked,
        "widths": block.widths,
        "numeric": list(range(2, 2 + len(block.series))),
        "notes": [plain(text) for text in block.notes],
    }


def _runs(words: Words) -> list[dict[str, Any]]:
    return [{"text": s.text, "strong": s.strong, "link": s.link} for s in spans(words)]
