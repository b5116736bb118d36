"""Made-up sheets for a release, and readers of its files by programs that did not write them."""

import csv
import io
import json
import zipfile
from dataclasses import replace
from functools import lru_cache
from typing import Any
from xml.etree import ElementTree as ET

import docx
import odfdo
import openpyxl
from lxml import html

from housing_map.assessment.edition import Edition, Inputs, build
from housing_map.assessment.sections.making import ALL, summed
from housing_map.assessment.sections.parts import Chart, Line, Quote, Section, Shape, State
from housing_map.assessment.sheets import Figures, ShareOf, Sheet, View, Words
from housing_map.disclosure import Dimension, Kind, Mark, Table
from housing_map.vocabulary import Status
from tests.worlds import base_pack

HOSTILE = "=HYPERLINK('x') <script>alert(1)</script> [a](http://b.example) $$c$$ `${d}`"
RESTRICTED_NAME = "Hidden House of Nobody"
RESTRICTED_FIGURE = 7_654_321.0
PLACES = ("Alderby", "Cowden")
WARDS = ("E05999001", "E05999002", "E05999003")

Printed = dict[str, list[list[str | float]]]
"""Rows of each sheet as a file prints them: figures as numbers, everything else as text."""


def column(
    name: str,
    kind: Kind,
    dimensions: tuple[Dimension, ...],
    values: dict[tuple[str, ...], float | Mark],
    **more: Any,  # noqa: ANN401 - what a table takes
) -> Figures:
    flags = {flag: more.pop(flag) for flag in ("illustration", "restricted") if flag in more}
    unit = more.pop("unit", "people")
    table = Table(name=name, measure=name, kind=kind, dimensions=dimensions, values=values, **more)
    return Figures(
        name=name,
        label=name.capitalize(),
        unit=unit,
        table=table,
        status=Status.LOCAL_RETURN,
        source=f"Made up for tests of {name}",
        **flags,
    )


def made_sheets() -> tuple[Sheet, ...]:
    """Return counts that need hiding, estimates and rates by area, and what is restricted."""
    who = summed("who", ["women", "men", "trans", "children"])
    place = summed("area", PLACES)
    ward = Dimension(name="ward", codes=dict.fromkeys(WARDS), adds=False)
    tenure = summed("tenure", ["owned", "rented"])
    service = Dimension(name="service", codes={"one": None}, adds=False)
    people = {("all",): 143.0, ("women",): 97.0, ("men",): 3.0, ("trans",): 1.0}
    people |= {("children",): 42.0}
    need: dict[tuple[str, ...], float | Mark] = {
        (ALL, ALL): 100.0, (ALL, "owned"): 60.0, (ALL, "rented"): 40.0,
        ("Alderby", ALL): 66.0, ("Alderby", "owned"): 63.7, ("Alderby", "rented"): 2.3,
        ("Cowden", ALL): 34.0, ("Cowden", "owned"): 11.0, ("Cowden", "rented"): 23.0,
    }  # fmt: skip
    covered = {codes: float(value) / 3 for codes, value in need.items()}  # type: ignore[arg-type]
    rates: dict[tuple[str, ...], float | Mark] = {(WARDS[0],): 3.25, (WARDS[1],): 0.0}
    rates |= {(WARDS[2],): Mark.NOT_AVAILABLE}
    return (
        Sheet(
            id="supported",
            title="People supported",
            section="use",
            dimensions=(who,),
            headings={"who": "Who"},
            labels={"who": {ALL: "All", "women": "Women"}},
            figures=(
                column("people", Kind.PEOPLE, (who,), people),  # type: ignore[arg-type]
                column(
                    "cost", Kind.PROVISION, (who,), dict.fromkeys(people, RESTRICTED_FIGURE),
                    restricted=True, unit="£",
                ),
            ),
            shares=(ShareOf(name="share", label="Share", part="people", whole="people"),),
            words=(
                Words(name="remark", label="Remark", cells={("women",): HOSTILE, ("men",): "…"}),
                Words(name="of", label="Of", cells={("women",): RESTRICTED_NAME}, restricted=True),
            ),
            notes=("A note on everybody.",),
        ),
        Sheet(
            id="need",
            title="Households that seek help",
            section="use",
            dimensions=(place, tenure),
            headings={"area": "Place", "tenure": "Tenure"},
            figures=(
                column(
                    "demand", Kind.MODELLED, (place, tenure), need, level="place",
                    unit="households",
                ),
                column(
                    "covered", Kind.MODELLED, (place, tenure), covered, level="place",
                    illustration=True, unit="households",
                ),
            ),
            shares=(
                ShareOf(
                    name="coverage", label="Coverage share", part="covered", whole="demand",
                    illustration=True,
                ),
            ),
            area="place",
        ),
        Sheet(
            id="cover",
            title="Rates",
            section="use",
            dimensions=(ward,),
            headings={"ward": "Ward"},
            figures=(
                column(
                    "rate", Kind.MODELLED, (ward,), rates, level="ward", rate=True, unit="per cent"
                ),
            ),
            area="ward",
        ),
        Sheet(
            id="directory",
            title="Directory of services",
            section="use",
            dimensions=(service,),
            headings={"service": "Service"},
            words=(Words(name="name", label="Name", cells={("one",): RESTRICTED_NAME}),),
            restricted=True,
        ),
    )  # fmt: skip


def made_section() -> Section:
    """Return a section with every sort of thing a section has."""
    return Section(
        id="use",
        number=5,
        title="Use",
        basis="Tests",
        support="both",
        lines=(
            Line("{0} people were supported.", (Quote("supported", "people", (ALL,)),)),
            Line(
                "Of them {0} were men.",
                (Quote("supported", "people", ("men",)),),
                otherwise="How many were men may not be shown.",
            ),
            Line(f"Only here: {RESTRICTED_NAME}.", restricted=True),
        ),
        sheets=made_sheets(),
        pictures=(
            Chart(
                id="people", shape=Shape.BARS, title="People", alt="Bars.", sheet="supported",
                by="who", columns=("people",),
            ),
            Chart(
                id="map", shape=Shape.MAP, title="Rates", alt="A map.", sheet="cover", by="ward",
                columns=("rate",),
            ),
        ),
        relations=(),
        asks=(),
        edited=None,
        added="",
        changed=False,
        state=State.READY,
    )  # fmt: skip


@lru_cache(maxsize=1)
def made_inputs() -> Inputs:
    return Inputs(pack=base_pack(), period="2025-26")


@lru_cache(maxsize=2)
def made_edition(view: View) -> Edition:
    """Return an edition of the made-up sheets alone."""
    inputs = made_inputs()
    return build(inputs, view, replace(inputs.content(), sections=(made_section(),)))


# Readers -----------------------------------------------------------------------------------


def read_csv(files: dict[str, bytes]) -> dict[str, list[dict[str, str]]]:
    """Return the rows of each CSV file by the name of its sheet."""
    return {
        path.removeprefix("data/").removesuffix(".csv"): list(
            csv.DictReader(io.StringIO(data.decode(), newline=""))
        )
        for path, data in files.items()
        if path.startswith("data/") and path.endswith(".csv")
    }


def read_xlsx(data: bytes) -> dict[str, list[list[Any]]]:
    """Return the cells of each worksheet, row by row, without blank ones at the end."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    return {
        sheet.title: [_trimmed(list(row)) for row in sheet.iter_rows(values_only=True)]
        for sheet in book.worksheets
    }


def read_ods(data: bytes) -> dict[str, list[list[Any]]]:
    """Return the cells of each sheet, row by row, without blank ones at the end."""
    document = odfdo.Document(io.BytesIO(data))
    found = {}
    for table in document.body.tables:
        rows = []
        for row in table.rows:
            cells = [cell.value if cell.type != "string" else _words(cell) for cell in row.cells]
            rows.append(_trimmed([float(c) if _is_number(c) else c for c in cells]))
        found[table.name] = rows
    return found


def _is_number(cell: object) -> bool:
    return not isinstance(cell, str | bool) and cell is not None


def _words(cell: odfdo.Cell) -> str:
    return "".join(cell._xml_element.itertext())


def _trimmed(row: list[Any]) -> list[Any]:
    while row and row[-1] in (None, ""):
        row.pop()
    return row


def read_docx(data: bytes) -> tuple[str, list[list[list[str]]]]:
    """Return the text of paragraphs, and the cells of each table."""
    document = docx.Document(io.BytesIO(data))
    tables = [
        [[cell.text for cell in row.cells] for row in table.rows] for table in document.tables
    ]
    return "\n".join(p.text for p in document.paragraphs), tables


def read_html(data: bytes) -> tuple[str, list[list[list[str]]]]:
    """Return all text of a page, and the cells of each table."""
    page = html.fromstring(data.decode())
    tables = [
        [
            [" ".join(cell.text_content().split()) for cell in row.iter("th", "td")]
            for row in table.iter("tr")
        ]
        for table in page.iter("table")
    ]
    return page.text_content(), tables


def read_geojson(data: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(data)
    return found


def whole_text(path: str, data: bytes) -> str:
    """Return all bytes of a file as text, with archives and databases opened."""
    if path.endswith((".xlsx", ".ods", ".docx")):
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            return "\n".join(
                _xml_text(parts.read(name)) + parts.read(name).decode("latin-1")
                for name in parts.namelist()
            )
    return data.decode("utf-8", errors="replace")


def _xml_text(part: bytes) -> str:
    try:
        return "".join(ET.fromstring(part).itertext())  # noqa: S314 - our own file
    except ET.ParseError:
        return ""
