"""Workbooks laid out as the publisher has laid out its tables, with figures handed in.

The layouts are rebuilt from what others wrote down of the files they read: headings, their lines,
hidden lines for drop-down lists, marks, misnamed sheets (docs/importing-published-tables.md).
"""

import io
from collections.abc import Callable, Mapping, Sequence

import xlsxwriter
from odfdo import Cell, Document, Row, Table

Value = str | float | None
Lines = list[list[Value]]
Sheets = dict[str, Lines]
Areas = Mapping[tuple[str, str], Mapping[str, Value]]
"""(code, name) -> column of the pack -> what its cell holds; also `not_shown` columns."""


def xlsx(sheets: Sheets, *, hidden: Mapping[str, Sequence[int]] | None = None) -> bytes:
    """Write sheets as XLSX; ``hidden`` lines, from 0, by sheet."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        for name, lines in sheets.items():
            page = book.add_worksheet(name)
            for number, line in enumerate(lines):
                for column, value in enumerate(line):
                    if value is not None:
                        page.write(number, column, value)
            for number in (hidden or {}).get(name, ()):
                page.set_row(number, None, None, {"hidden": True})
    return out.getvalue()


def ods(sheets: Sheets, *, empty_rows: int = 1_048_000) -> bytes:
    """Write sheets as ODS, each with a last empty row repeated to the end, as programs do."""
    document = Document("spreadsheet")
    document.body.clear()
    for name, lines in sheets.items():
        table = Table(name)
        for line in lines:
            row = Row()
            for value in line:
                row.append(Cell(value))
            table.append(row)
        last = Row(1_000)
        last.repeated = empty_rows
        table.append(last)
        document.body.append(table)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _columns(**columns: int) -> dict[str, int]:
    return columns


def _body(
    areas: Areas, places: Mapping[str, int], width: int, *, head: int, mark: str = "-"
) -> Lines:
    """Lines of areas: code, name, ``head`` columns in all before the figures, then figures."""
    lines: Lines = []
    for number, ((code, name), figures) in enumerate(areas.items()):
        line: list[Value] = [code, name, *[None] * (head - 2)]
        line += [7000.5 + column if number else 8000.5 + column for column in range(width)]
        for column, place in places.items():
            line[place] = figures.get(column)
        lines.append(line)
        if number == 0:
            rest: list[Value] = [mark, "Rest of England", *[None] * (head - 2)]
            lines.append(rest + [9.0] * width)
    return lines


def _upper(areas: Areas) -> Areas:
    """England stands in capitals in the files of the publisher."""
    return {
        (code, name.upper() if code.startswith("E92") else name): figures
        for (code, name), figures in areas.items()
    }


NOTES: Lines = [
    [],
    ["Notes"],
    ["1. Totals exclude households whose data were not provided, 31 March 2017"],
    ["2. Domestic abuse: see the technical note"],
]


def layout_2019(areas: Areas, *, period: str, end: str) -> Sheets:
    """Until June 2020: one sheet of reasons, A2; headings over three lines, merged."""
    areas = _upper(areas)
    gap: list[Value] = [None] * 4
    a1: Lines = [
        [
            "Table A1 - Number of households by initial assessment of homelessness circumstances "
            f"and needs\nEngland, {period}"
        ],
        [],
        [*gap, "Total initial assessments1,2", None, "Assessed as owed a duty", None, None, None,
         None, "Not homeless nor threatened with homelessness within 56 days - no duty owed", None,
         "Number of households\n in area4 (000s)",
         "Households assessed as threatened with homelessness per (000s)",
         "Households assessed as homeless per (000s)"],
        [*gap, None, None, "Total owed a prevention or relief duty",
         "Threatened with homelessness within 56 days - \nPrevention duty owed", "Of which:",
         "Homeless - \nRelief duty owed4"],
        [*gap, *[None] * 4, "due to service of valid Section 21 Notice3"],
        *_body(areas, _columns(initial_assessments=4, owed_any_duty=6, owed_prevention=7,
                               owed_relief=9), 12, head=4),
        *NOTES,
    ]  # fmt: skip
    a2: Lines = [
        [
            "Table A2 - Number of households owed a homelessness duty by reason for loss, or "
            f"threat of loss, of last settled home\nEngland, {period}"
        ],
        [],
        [*gap, "Total owed a duty1", None, "End of assured shorthold (AST) private rented "
         "tenancy, due to..", None, None, None, "Family or friends no longer willing or able to "
         "accommodate", "Relationship with partner ended (non-violent breakdown)",
         "Domestic abuse", "Other violence or harassment"],
        [*gap, None, None, "Total end of AST", "Rent arrears, due to..", None, "Other"],
        [*gap, None, None, None, "Total", "Reduced benefit"],
        *_body(areas, _columns(reason_da_any_duty_old=12), 10, head=4),
        *NOTES,
    ]  # fmt: skip
    return {
        "Contents": [["Homelessness statistics"]],
        "A1": a1,
        "A2": a2,
        "A3": _needs(areas, period),
        "TA1": _temporary(areas, end),
    }


def _needs(areas: Areas, period: str) -> Lines:
    gap: list[Value] = [None] * 4
    return [
        [
            "Table A3 - Number of households owed a homelessness duty by support needs of "
            f"household\nEngland, {period}"
        ],
        [*gap, "Total households owed a duty", None,
         "Households with one or more support needs owed duty1,2", None, None, None,
         "Total number of support needs", None, "Support need"],
        [*gap, None, None, "Total", 1.0, 2.0, "3+", None, None,
         "History of mental health problems",
         "At risk of / has experienced abuse (non-domestic abuse)",
         "At risk of / has experienced domestic abuse",
         "At risk of / has experienced sexual abuse / exploitation"],
        *_body(areas, _columns(support_need_da=14), 12, head=4),
        *NOTES,
    ]  # fmt: skip


def _temporary(areas: Areas, end: str) -> Lines:
    gap: list[Value] = [None] * 4
    pair: list[Value] = ["Total number of households", "Total with children"]
    return [
        [
            "Table TA1 - Number of households bytype of temporary accommodation provided"
            f"England, {end}"
        ],
        [*gap, "Total number of households in TA1,2,3,4", "Number of households in area5(000s)",
         "Total number of households in TA per (000s)",
         "Total number of households in TA with children", "Total number of children in TA", None,
         "Bed and breakfast hotels (including shared annexes)", None,
         "Hostels (including reception centres, emergency units and refuges)", None,
         "Any other type of temporary accommodation", None,
         "Total number of households in TA in another local authority district"],
        [*gap, *[None] * 6, *pair, *pair, *pair],
        *_body(areas, _columns(households_in_ta=4, ta_hostels_incl_refuges=12), 13, head=4),
        *NOTES,
    ]  # fmt: skip


def layout_2020(areas: Areas, *, period: str, end: str) -> Sheets:
    """From July 2020: A2P and A2R, some sheets misnamed with a line at the end."""
    before = layout_2019(areas, period=period, end=end)
    reasons = [_reasons(areas, duty, period, victims=False) for duty in ("prevention", "relief")]
    return {
        "A1": before["A1"],
        "A2P": reasons[0],
        "A2R_": reasons[1],
        "A3": before["A3"],
        "TA1_": before["TA1"],
    }


def _reasons(areas: Areas, duty: str, period: str, *, victims: bool) -> Lines:
    areas = _upper(areas)
    gap: list[Value] = [None] * 4
    abuse: list[Value] = ["Domestic abuse", None, None] if victims else ["Domestic abuse"]
    parts: list[Value] = (
        ["Total Domestic abuse", "Victim", "Alleged perpetrator"] if victims else [None]
    )
    after = 13 + len(abuse)
    places = {f"reason_da_{duty}": 12}
    if victims:
        places[f"reason_da_{duty}_victim"] = 13
    return [
        [
            f"Table A2{duty[0].upper()} - Number of households owed a {duty} duty by reason for "
            f"loss, or threat of loss, of last settled home, England, {period}"
        ],
        [],
        [*gap, f"Total owed a {duty} duty1", None,
         "End of assured shorthold (AST) private rented tenancy, due to..", None, None, None,
         "Family or friends no longer willing or able to accommodate",
         "Non-violent relationship breakdown with partner", *abuse,
         "Other violence or harrassment", "End of social rented tenancy, due to..", None],
        [*gap, None, None, "Total end  of AST", "Rent arrears, due to..", None, "Other", None,
         None, *parts, None, "Total end of social rented tenancy", "Rent arrears"],
        [*gap, *[None] * 3, "Total", "Reduced benefit"],
        *_body(areas, places, after + 3 - 4, head=4),
        *NOTES,
    ]  # fmt: skip


HIDDEN_2024 = {"A1": (1, 2, 3)}


def layout_2024(areas: Areas, *, period: str, end: str) -> Sheets:
    """2023 and 2024: hidden lines for drop-down lists above the headings, victims told apart."""
    named = _upper(areas)
    gap: list[Value] = [None] * 4
    a1: Lines = [
        [
            "Table A1 - Number of households by initial assessment of homelessness circumstances "
            f"and needs\nEngland, {period}"
        ],
        [*gap, "Total number of households assessed1,2", None,
         "Total households assessed as owed a duty",
         "Threatened with homelessness - Prevention duty owed",
         "     Of which: due to service of valid Section 21 Notice",
         "Homeless - Relief duty owed", None,
         "Not threatened with homelessness within 56 days - no duty owed"],
        [*gap, "Grand Total", None, None, "Threatened with homelessness – Prevention Duty owed",
         "Threatened with homelessness due to service of valid Section 21 Notice – Prevention "
         "Duty owed", "Already homeless – Relief Duty owed", None,
         "Not threatened with homelessness within 56 days"],
        [*gap, *[None] * 7, "Number of households"],
        [*gap, "Total initial assessments1,2,6", None, "Assessed as owed a duty", None, None,
         None, None, "Not homeless nor threatened with homelessness within 56 days - no duty owed",
         None, "Number of households\n in area5 (000s)"],
        [*gap, None, None, "Total owed a prevention or relief duty",
         "Threatened with homelessness within 56 days - \nPrevention duty owed", "Of which:",
         "Homeless - \nRelief duty owed4"],
        [*gap, *[None] * 4, "due to service of valid Section 21 Notice3"],
        *_body(named, _columns(initial_assessments=4, owed_any_duty=6, owed_prevention=7,
                               owed_relief=9), 10, head=4),
        *NOTES,
    ]  # fmt: skip
    before = layout_2019(areas, period=period, end=end)
    return {
        "A1": a1,
        "A2P": _reasons(areas, "prevention", period, victims=True),
        "A2R": _reasons(areas, "relief", period, victims=True),
        "A3": before["A3"],
        "TA1": before["TA1"],
    }


def layout_2026(areas: Areas) -> Sheets:
    """Since 2026: one line of headings whose levels run together, marks in square brackets."""
    named = _upper(areas)
    head: list[Value] = ["Organisation Identification Code", "Area Name"]

    def sheet(headings: Sequence[Value], **places: int) -> Lines:
        body = _body(named, places, len(headings), head=2, mark="[z]")
        return [[*head, *headings], *body]

    reasons: Callable[[str], list[Value]] = lambda duty: [  # noqa: E731
        f"Owed a {duty} dutyTotal",
        "End of private rented tenancy, assured shortholdTotal",
        "Domestic abuseTotal[note 9]",
        "Domestic abuseVictim",
        "Domestic abuseAlleged perpetrator",
        "Other violence or harassment",
    ]
    return {
        "Cover": [["Detailed local authority level tables"]],
        "A1": sheet(
            ["Initial assessmentsTotal[note 2]",
             "Assessed as owed a dutyOwed a prevention or relief dutyTotal",
             "Assessed as owed a dutyThreatened with homelessness within 56 days, Prevention duty "
             "owed",
             "Assessed as owed a dutyThreatened with homelessness due to service of valid section "
             "21 notice[note 3]",
             "Assessed as owed a dutyHomeless, Relief duty owed[note 4]",
             "No duty owedNot threatened with homelessness within 56 days",
             "Households in area(thousands)[note 5]"],
            initial_assessments=2, owed_any_duty=3, owed_prevention=4, owed_relief=6,
        ),
        "A2P": sheet(reasons("prevention"), reason_da_prevention=4, reason_da_prevention_victim=5),
        "A2R": sheet(reasons("relief"), reason_da_relief=4, reason_da_relief_victim=5),
        "A3": sheet(
            ["Households owed a dutyTotal", "Households with support needsTotal",
             "At risk of or has experienced abuse (non-domestic abuse)",
             "At risk of or has experienced domestic abuse"],
            support_need_da=5,
        ),
        "TA1": sheet(
            ["Households in TATotal[note 34]", "Households in area(thousands)[note 5]",
             "Households in TATotal(per thousand)Total", "Households in TA with childrenTotal",
             "Children in TATotal", "Households in B&Bs including shared annexesTotal",
             "Households in hostels including reception centres, emergency units and refugesTotal",
             "Households in hostels including reception centres, emergency units and refugesWith "
             "children"],
            households_in_ta=2, ta_hostels_incl_refuges=8,
        ),
    }  # fmt: skip


def replaced(sheets: Sheets, sheet: str, words: Value, new: Value) -> Sheets:
    """Put ``new`` in place of the one cell of a sheet that holds ``words``."""
    found = [
        (line, column)
        for line in sheets[sheet]
        for column, cell in enumerate(line)
        if cell == words
    ]
    assert len(found) == 1, f"{len(found)} cells hold {words!r}"
    line, column = found[0]
    line[column] = new
    return sheets
