"""The content of an assessment: what is unknown is never none, and every figure has its kind."""

import re
from dataclasses import replace
from datetime import date
from functools import cache

import pytest

from housing_map import pack as packs
from housing_map.assessment.answers import Answers, digest_of
from housing_map.assessment.content import Content, State, content
from housing_map.assessment.form import SECTIONS, Form, read_form
from housing_map.assessment.sections.parts import Line, Quote
from housing_map.assessment.sections.support import needed
from housing_map.assessment.sheets import View, by_id, kept, shown
from housing_map.changes import Resize
from housing_map.disclosure import Kind, Mark, Mask, Release, audit, protect
from housing_map.errors import UsageError
from housing_map.kinds import CONFIDENTIAL_KINDS
from housing_map.model import Settings, run
from housing_map.pack import Pack, load_pack
from housing_map.returns import PEOPLE_SUPPORTED
from housing_map.scenario import Scenario
from housing_map.tabulate import totals
from housing_map.vocabulary import CIRCUMSTANCES, LEGAL_CATEGORIES, Component, LegalCategory, Tenure
from tests.packs import Tables, base_tables, change
from tests.worlds import answer, base_pack, small_pack

PERIOD = "2025-26"


@cache
def kirklees() -> Pack:
    return load_pack(packs.default_folder())


@cache
def shipped() -> Content:
    return content(kirklees(), PERIOD)


def add(tables: Tables, name: str, /, **cells: str) -> None:
    """Add a row to a table that the small pack may not have yet."""
    tables.setdefault(name, []).append(cells)


def made(**answers: object) -> Content:
    return content(base_pack(), PERIOD, answers=Answers.model_validate(answers))


@cache
def with_returns() -> Content:
    """Return the content of a small pack whose council and refuge have sent their figures in."""
    tables = base_tables()
    sent = {"source": "made up for tests"}
    counted = {
        "women_supported": 52, "men_supported": 3, "trans_adults_supported": 1,
        "children_supported": 61, "households_supported": 56, "households_started": 40,
        "households_stopped": 30, "households_unable": 24, "homes_secured": 12,
        "dramm_cases": 200, "dramm_high_risk": 96, "dramm_repeats": 70, "marac_cases": 96,
        "marac_repeats": 4,
    }  # fmt: skip
    for measure, count in counted.items():
        add(tables, "quarterly_returns", period=PERIOD, measure=measure, count=str(count), **sent)
    for measure in PEOPLE_SUPPORTED[:2]:
        add(tables, "quarterly_returns", period=PERIOD, service_id="refuge_one", measure=measure,
            count="20", **sent)  # fmt: skip
    for reason, count in {"no_space": 15, "nrpf": 2, "declined": 7}.items():
        add(tables, "return_reasons", period=PERIOD, reason=reason, count=str(count), **sent)
    for place, count in {"council_rent": 11, "private_rent": 12, "owned": 1, "abroad": 6}.items():
        add(tables, "move_on", period=PERIOD, destination=place, count=str(count), **sent)
    for name, count in {"disabled": 31, "lgbt": 2, "any": 80}.items():
        add(tables, "return_characteristics", period=PERIOD, counted="supported",
            characteristic=name, count=str(count), **sent)  # fmt: skip
    for objective, service, spent in (("homes", "refuge_one", "90000"), ("homes", "", "10000"),
                                      ("voice", "", "5000")):  # fmt: skip
        add(tables, "spend", period=PERIOD, service_id=service, objective=objective,
            stream="duty grant", spent_gbp=spent, **sent)  # fmt: skip
    return content(small_pack(tables, checked=True), PERIOD)


def published(found: Content) -> tuple[Mask, dict[str, object]]:
    """Return the mask of the publishable sheets, attacked, and these sheets as shown."""
    sheets = kept(found.sheets, View.PUBLISHABLE)
    release = Release(
        tables=tuple(table for sheet in sheets for table in sheet.tables),
        relations=found.relations,
    )
    mask = protect(release)
    assert audit(release, mask).passed
    return mask, dict(by_id([shown(sheet, mask) for sheet in sheets]))


# The whole --------------------------------------------------------------------------------


def test_the_shipped_pack_without_returns_fills_every_section() -> None:
    found = shipped()
    assert tuple(one.id for one in found.sections) == SECTIONS
    for section in found.sections:
        assert section.text, section.id
        assert all(sheet.section == section.id for sheet in section.sheets)


def test_ids_of_sheets_and_names_of_columns_are_used_once() -> None:
    for found in (shipped(), with_returns()):
        ids = [sheet.id for sheet in found.sheets]
        assert len(ids) == len(set(ids))
        for sheet in found.sheets:
            names = [column.name for column in shown(sheet, None).columns]
            assert len(names) == len(set(names)), sheet.id
            assert all(re.fullmatch("[a-z0-9_]+", name) for name in (*names, sheet.id))


def test_what_nobody_counted_is_not_available_and_never_0() -> None:
    """Without returns no count of people has a figure, and the text says that it is not none."""
    found = shipped()
    counts = [
        value
        for sheet in found.sheets
        for column in sheet.figures
        if column.table.kind is Kind.PEOPLE
        for value in column.table.values.values()
    ]
    assert counts
    assert set(counts) == {Mark.NOT_AVAILABLE}
    assert "It is not none" in " ".join(found.section("use").text)
    assert "It is not none" in " ".join(found.section("unmet").text)


def test_a_circumstance_without_a_share_has_no_number() -> None:
    table = next(s for s in shipped().sheets if s.id == "needs").figures[0].table
    shares = kirklees()["household_shares"].dropna(subset=["central"])
    known = set(shares.loc[shares["dimension"] == "circumstance", "code"])
    for code in CIRCUMSTANCES:
        assert (table.values[code,] is Mark.NOT_AVAILABLE) is (code not in known), code


def test_each_section_that_lacks_something_says_who_could_give_it() -> None:
    for section in shipped().sections:
        assert (section.state is State.MISSING) is any(one.needed for one in section.asks)
        for one in section.asks:
            assert one.what
            assert one.who
            assert str(one) in section.missing


def test_no_figure_of_the_text_stands_outside_a_sheet() -> None:
    """Words of lines hold no number of their own but years, laws and the form's own."""
    allowed = re.compile(
        r"SI 2021/99[01]|20\d\d(?:-\d\d)?|[Ss]ections? \d+(?:\(\d\))?(?:\([a-z]\))?|"
        r"[Rr]egulations? [\d()a-z]+(?: and (?:\d|\([a-z]\)))?|Part 4|\{\d\}"
    )
    telling = {"methodology", "area", "demand", "use", "cross_border", "characteristics",
               "children", "community", "support_types", "joint_area"}  # fmt: skip
    for section in shipped().sections:
        if section.id in telling:
            for line in section.lines:
                if line.quotes:
                    assert not re.search(r"\d", allowed.sub("", line.words)), line.words


def test_demand_is_that_of_the_model() -> None:
    """The headline figure is the central run's demand; its sheet adds up."""
    sheet = next(s for s in shipped().sheets if s.id == "seeking")
    values = sheet.figures[0].table.values
    whole = float(totals(run(kirklees(), Settings()))["demand"])
    assert values["all", "all"] == pytest.approx(whole, abs=1e-9)
    parts = [values[area, t] for area in sheet.dimensions[0].codes if area != "all"
             for t in map(str, Tenure)]  # fmt: skip
    assert sum(parts) == pytest.approx(whole, abs=1e-9)


# What may be published --------------------------------------------------------------------


def test_the_shipped_pack_can_be_published_and_stands_an_attack() -> None:
    _, sheets = published(shipped())
    assert {"seeking", "people", "safe_accommodation", "components", "joint_area"} <= set(sheets)


def test_no_publishable_sheet_names_or_counts_a_single_confidential_service() -> None:
    found = shipped()
    names = [
        str(row["name"])
        for row in kirklees()["services"].to_dict("records")
        if row["kind"] in CONFIDENTIAL_KINDS
        and str(row["name"]) not in {term.label for term in LEGAL_CATEGORIES.values()}
    ]
    assert len(names) > 3
    mask, sheets = published(found)
    told = [cell.text for sheet in sheets.values() for row in sheet.rows for cell in row]
    told += [text for s in found.sections for text in s.told(View.PUBLISHABLE, sheets)]
    told += [text for section in found.sections for text in section.missing]
    for name in names:
        assert not any(name.casefold() in text.casefold() for text in told), name
    running = next(s for s in found.sheets if s.id == "safe_accommodation").figures[0]
    shown_cells = mask.apply(running.table)
    for category in LegalCategory:
        value = running.table.values[str(category),]
        if value:
            assert shown_cells[str(category),].mark is Mark.HIDDEN


def test_shares_of_households_helped_stay_out_while_refuges_are_assumed() -> None:
    found = shipped()
    _, sheets = published(found)
    assert not {"lost", "cascade_by_tenure", "largest_gaps"} & set(sheets)
    texts = [text for s in found.sections for text in s.told(View.PUBLISHABLE, sheets)]
    assert not any("By the model" in text or "An illustration" in text for text in texts)
    for sheet in found.sheets:
        for column in sheet.figures:
            if "helped" in column.label.lower() or "reach safety" in column.label.lower():
                assert column.illustration or sheet.restricted, (sheet.id, column.name)


def test_once_every_refuge_has_told_its_figures_shares_are_no_illustration() -> None:
    """Units, stay and whom it takes, all of them sent in; one answer less and it is one again."""
    tables = base_tables()
    change(tables, "capacity", {"service_id": "refuge_one"}, status="local_return")
    for code in CIRCUMSTANCES:
        answer(tables, "refuge_one", code, "yes")
    told = content(small_pack(tables, checked=True), PERIOD)
    sheets = {sheet.id: sheet for sheet in kept(told.sheets, View.PUBLISHABLE)}
    assert {"lost", "cascade_by_tenure"} <= set(sheets)
    assert "llustration" not in sheets["lost"].title
    answer(tables, "refuge_one", "pets", "unknown")
    less = content(small_pack(tables, checked=True), PERIOD)
    assert not {"lost", "cascade_by_tenure"} & {s.id for s in kept(less.sheets, View.PUBLISHABLE)}


def test_people_are_counted_for_the_district_and_rates_by_ward_have_no_circumstance() -> None:
    for found in (shipped(), with_returns()):
        for sheet in found.sheets:
            for column in sheet.figures:
                table = column.table
                if table.kind is Kind.PEOPLE:
                    assert table.level == "district", sheet.id
                if table.level in {"ward", "lsoa"}:
                    assert table.rate, sheet.id
                    assert not table.circumstances, sheet.id


def test_text_and_tables_of_a_release_agree() -> None:
    """A sentence has the figure that the masked table has, in every quote."""
    found = with_returns()
    _, sheets = published(found)
    seen = 0
    for section in found.sections:
        for line in section.lines:
            if line.restricted or not line.quotes:
                continue
            words = line.said(sheets)
            for quote in line.quotes:
                sheet = sheets.get(quote.sheet)
                cell = None
                if sheet is not None:
                    place = [c.name if c.is_figures else "" for c in sheet.columns]
                    row = sheet.rows[sheet.codes.index(quote.codes)]
                    cell = row[place.index(quote.column)]
                if cell is None or cell.mark is not None:
                    assert words == line.otherwise
                elif words != line.otherwise:
                    assert cell.text.removesuffix(", modelled") in words
                    seen += 1
    assert seen > 20


def test_a_small_count_is_hidden_in_the_text_too() -> None:
    """Three men and one trans adult are in no sentence, and cannot be worked out from others."""
    found = with_returns()
    _, sheets = published(found)
    texts = found.section("use").told(View.PUBLISHABLE, sheets)
    assert any("may not be shown" in text for text in texts)
    assert "52 women, 3 men" in " ".join(found.section("use").text)
    cells = {row[0].text: row[1] for row in sheets["supported"].rows}
    assert cells["Men supported"].mark is Mark.HIDDEN


def test_one_figure_in_two_tables_has_one_mask() -> None:
    """Households unable to be supported stand in two tables, and are one cell to an attacker."""
    found = with_returns()
    tables = {sheet.id: sheet.figures for sheet in found.sheets}
    whole = tables["unable"][0].table
    parts = tables["unable_by_reason"][0].table
    assert whole.cell((PERIOD,)) == parts.cell(("all",))
    ended = next(c for c in tables["households"] if c.name == "households_stopped").table
    assert ended.cell((PERIOD,)) == tables["moved_on"][0].table.cell(("all",))


def test_what_is_left_over_of_two_counts_is_protected() -> None:
    """56 households supported less 50 whose support ended would leave 6: relations say so."""
    assert {one.rest for one in with_returns().relations} >= {
        "households_supported, not households_started",
        "households_supported, not households_stopped",
    }


def test_those_with_other_characteristics_than_one_are_protected() -> None:
    """Any 42 and Black or minoritised 40 would tell that two are something else alone."""
    tables = base_tables()
    for name, count in {"any": 42, "black_minoritised": 40, "mental_health": 25}.items():
        add(tables, "return_characteristics", period=PERIOD, counted="unable",
            characteristic=name, count=str(count), source="made up for tests")  # fmt: skip
    found = content(small_pack(tables, checked=True), PERIOD)
    _, sheets = published(found)
    cells = {row[0].text: row[1].mark for row in sheets["characteristics_unable"].rows}
    assert Mark.HIDDEN in {cells["At least one of these"], cells["Black and minoritised"]}
    assert cells["Mental health need"] is None


def test_what_lies_between_a_count_and_what_divides_it_is_protected() -> None:
    """100 whose support ended, and 95 with a destination, would tell of five without one."""
    tables = base_tables()
    add(tables, "quarterly_returns", period=PERIOD, measure="households_stopped", count="100",
        source="made up for tests")  # fmt: skip
    for place, count in {"council_rent": 60, "private_rent": 35}.items():
        add(tables, "move_on", period=PERIOD, destination=place, count=str(count),
            source="made up for tests")  # fmt: skip
    _, sheets = published(content(small_pack(tables, checked=True), PERIOD))
    (row,) = sheets["households"].rows
    names = [column.name for column in sheets["households"].columns]
    ended = row[names.index("households_stopped")].mark
    total = next(one[1].mark for one in sheets["moved_on"].rows if one[0].text == "All")
    assert Mark.HIDDEN in {ended, total}


def test_what_services_of_a_category_did_is_for_planning_and_nobody_is_made_up() -> None:
    (sheet,) = [one for one in with_returns().sheets if one.id == "supported_by_category"]
    assert sheet.restricted
    values = sheet.figures[0].table.values
    assert {at: value for at, value in values.items() if not isinstance(value, Mark)} == {
        ("refuge", "women_supported"): 20.0, ("refuge", "men_supported"): 20.0,
        ("all", "women_supported"): 20.0, ("all", "men_supported"): 20.0,
    }  # fmt: skip


def test_what_one_provider_was_paid_is_hidden() -> None:
    found = with_returns()
    spent = next(s for s in found.sheets if s.id == "spend_returned").figures[1].table
    assert spent.kind is Kind.AMOUNT
    assert spent.contributions == {("homes",): (90000.0,)}
    mask, _ = published(found)
    assert mask.apply(spent)["homes",].mark is Mark.HIDDEN
    assert mask.apply(spent)["voice",].text == "5,000"


# Returns ----------------------------------------------------------------------------------


def test_quarters_make_a_year_only_where_they_add_up_and_are_all_there() -> None:
    tables = base_tables()
    sent = {"source": "made up for tests"}
    for number, quarter in enumerate(("2025Q2", "2025Q3", "2025Q4", "2026Q1"), start=1):
        for measure in ("homes_secured", "households_supported"):
            add(tables, "quarterly_returns", period=quarter, measure=measure, count=str(number),
                **sent)  # fmt: skip
        if number < 4:
            add(tables, "quarterly_returns", period=quarter, measure="households_unable",
                count="5", **sent)  # fmt: skip
    found = content(small_pack(tables, checked=True), PERIOD)
    sheets = {sheet.id: sheet for sheet in found.sheets}
    by_name = {c.name: c.table.values[PERIOD,] for c in sheets["households"].figures}
    assert by_name["homes_secured"] == 10
    assert by_name["households_supported"] is Mark.NOT_AVAILABLE
    assert sheets["unable"].figures[0].table.values[PERIOD,] is Mark.NOT_AVAILABLE


def test_returns_of_another_year_are_not_taken_for_this_one() -> None:
    found = content(with_returns_pack(), "2024-25")
    table = next(s for s in found.sheets if s.id == "supported").figures[0].table
    assert set(table.values.values()) == {Mark.NOT_AVAILABLE}


def with_returns_pack() -> Pack:
    tables = base_tables()
    for measure in PEOPLE_SUPPORTED:
        add(tables, "quarterly_returns", period=PERIOD, measure=measure, count="20",
            source="made up for tests")  # fmt: skip
    return small_pack(tables, checked=True)


# What the author gave ---------------------------------------------------------------------


def test_an_edited_text_says_when_the_figures_under_it_have_changed() -> None:
    generated = made().section("demand").text
    edited = {"demand": {"text": "Our words.\n\nTwo paragraphs.", "digest": digest_of(generated)}}
    fresh = made(edited=edited).section("demand")
    assert not fresh.changed
    assert fresh.state is made().section("demand").state
    assert fresh.told(View.PUBLISHABLE, {}) == ("Our words.", "Two paragraphs.")
    assert fresh.text == generated
    later = content(kirklees(), PERIOD, answers=Answers.model_validate({"edited": edited}))
    stale = later.section("demand")
    assert stale.changed
    assert stale.state is State.OUT_OF_DATE
    item = next(one for one in later.checklist if one.section == "demand")
    assert item.todo[0] == "The figures under your text have changed. Read it again."


def test_added_words_stand_below_the_generated_ones() -> None:
    section = made(added={"area": "One more thing."}).section("area")
    sheets = by_id([shown(sheet, None) for sheet in section.sheets])
    assert section.told(View.RESTRICTED, sheets) == (*section.text, "One more thing.")


def test_need_with_the_data_of_the_last_assessment_stands_beside_that_of_now() -> None:
    parameters = kirklees()["parameters"].copy()
    national = parameters["key"] == "national_households_supported"
    parameters.loc[national, "central"] /= 2
    info = kirklees().info.model_copy(update={"reference_date": date(2025, 11, 1)})
    tables = {**kirklees().tables, "parameters": parameters}
    earlier = replace(kirklees(), info=info, tables=tables, digest="2" * 64)
    found = content(kirklees(), PERIOD, earlier=earlier)
    sheet = next(s for s in found.section("change").sheets if s.id == "then_and_now")
    then, now = (column.table.values["all",] for column in sheet.figures)
    assert then < now
    assert then == pytest.approx(float(totals(run(earlier, Settings()))["demand"]))
    assert now == pytest.approx(float(totals(run(kirklees(), Settings()))["demand"]))
    assert not any("earlier" in one.what for one in found.section("change").asks)


def test_the_last_assessment_of_another_district_is_refused() -> None:
    with pytest.raises(UsageError, match="two districts"):
        content(kirklees(), PERIOD, earlier=base_pack())


def test_answers_for_another_year_or_another_form_are_refused() -> None:
    with pytest.raises(UsageError, match="2024-25"):
        made(period="2024-25")
    with pytest.raises(UsageError, match="weather"):
        made(sections_amended=["weather"])
    ward = str(base_pack()["groupings"]["ward_name"].iloc[0])
    with pytest.raises(UsageError, match=r"added\.gaps") as refused:
        made(added={"gaps": f"The refuge in {ward}."})
    assert ward not in str(refused.value)


def test_an_amount_nobody_gave_is_not_nothing() -> None:
    found = made(spend=[{"objective": "Safe homes", "stream": "Grant", "planned_gbp": 100}])
    planned, spent = next(s for s in found.sheets if s.id == "spend").figures
    assert planned.table.values["0",] == 100
    assert spent.table.values["0",] is Mark.NOT_AVAILABLE
    point = next(one for one in found.regulation8 if one.ref == "8(f)")
    assert point.missing == ("What was spent on: Safe homes",)


# Regulation 8 -----------------------------------------------------------------------------

FULL = {
    "full_assessment_on": "2024-10-01",
    "strategy": {
        "title": "Strategy", "first_published_on": "2022-01-04",
        "draft_published_on": "2021-10-26", "published_on": "2022-01-04",
        "reviewed_on": ["2024-12-01"], "regards": {"housing": "Read beside it."},
    },
    "board": {
        "appointed": "yes", "how_often": "every quarter",
        "seats": [{"seat": seat, "body": "A body"} for seat in
                  ("authority", "victims", "children", "voluntary", "health", "justice")],
    },
    "consultation": [{"on": "2021-11-01", "whom": "board", "body": "The board"}],
    "spend": [{"objective": "Safe homes", "stream": "Grant", "spent_gbp": 1}],
    "decisions": [{"on": "2025-06-01", "what": "Two posts", "by_assessment": "Section 6",
                   "by_strategy": "Objective 4"}],
    "statements": {"8(d)(i)": "Reviewed each quarter.", "8(d)(iii)": "Advocates help."},
}  # fmt: skip


def test_without_answers_every_point_says_what_is_missing() -> None:
    points = {one.ref: one for one in shipped().regulation8}
    assert len(points) == 11
    ready = {ref for ref, one in points.items() if one.state is State.READY}
    assert ready == {"8(c)(ii)"}
    assert all(one.missing for ref, one in points.items() if ref not in ready)


def test_with_full_answers_only_what_services_owe_is_missing() -> None:
    points = {one.ref: one for one in made(**FULL).regulation8}
    missing = {ref for ref, one in points.items() if one.state is State.MISSING}
    assert missing == {"8(c)(iii)"}
    assert "figures that nobody sent in" in points["8(c)(iii)"].missing[0]
    assert points["8(a)"].evidence[0].startswith("A partnership board is appointed")


@pytest.mark.parametrize(
    ("path", "value", "ref"),
    [
        (("board", "appointed"), "no", "8(a)"),
        (("board", "seats"), [{"seat": "victims", "body": "Forum"}], "8(b)"),
        (("board", "how_often"), "", "8(b)"),
        (("full_assessment_on",), None, "8(c)(i)"),
        (("strategy", "draft_published_on"), "2021-10-27", "8(d)(ii)"),
        (("strategy", "first_published_on"), "2022-01-05", "8(d)(ii)"),
        (("strategy", "reviewed_on"), [], "8(d)(ii)"),
        (("strategy", "regards"), {}, "8(d)(ii)"),
        (("consultation",), [], "8(d)(ii)"),
        (("strategy", "published_on"), None, "8(d)(i)"),
        (("statements",), {}, "8(d)(iii)"),
        (("decisions",), [{"on": "2025-06-01", "what": "x", "by_strategy": "y"}], "8(e)(i)"),
        (("decisions",), [{"on": "2025-06-01", "what": "x", "by_assessment": "y"}], "8(e)(ii)"),
        (("spend",), [], "8(f)"),
    ],
)  # fmt: skip
def test_each_answer_that_is_taken_away_opens_its_point(
    path: tuple[str, ...], value: object, ref: str
) -> None:
    answers = {key: dict(part) if isinstance(part, dict) else part for key, part in FULL.items()}
    inside = answers
    for key in path[:-1]:
        inside = inside[key]  # type: ignore[assignment]
    inside[path[-1]] = value  # type: ignore[assignment]
    points = {one.ref: one for one in made(**answers).regulation8}
    assert points[ref].state is State.MISSING


# Need, community, other packs -------------------------------------------------------------


def test_need_by_support_and_category_follows_what_suits_whom() -> None:
    """Sanctuary suits those who wish to stay; every type of support sums to no more than all."""
    from housing_map.assessment.sections.parts import Asked  # noqa: PLC0415

    asked = Asked(pack=kirklees(), period=PERIOD, settings=Settings(), form=read_form(),
                  answers=Answers())  # fmt: skip
    found = needed(asked)
    rows = asked.rows("aim")
    central = rows[rows["run"] == "central"].set_index("aim")["demand"]
    sanctuary = str(LegalCategory.SANCTUARY)
    assert found["all", sanctuary] == pytest.approx(central["stay"], abs=1e-6)
    here = central[["stay", "move", "arrive"]].sum()
    assert found["all", str(LegalCategory.REFUGE)] == pytest.approx(here, abs=1e-6)
    assert not any(category == LegalCategory.SECOND_STAGE for _, category in found)
    for (support, category), households in found.items():
        assert households <= found["all", category] + 1e-9
        assert support in {"s5a", "s5b", "s6", "all"} or households == found["all", category]


def test_community_support_is_told_apart_and_can_be_taken_alone() -> None:
    found = shipped()
    assert [one.id for one in found.about("community")] == ["community"]
    ids = {sheet.id for one in found.about("community") for sheet in one.sheets}
    assert ids == {"community_need", "community_counts", "community_services"}
    women = kirklees()["ward_age_sex"].query("sex == 'females'")["aged_18_plus"].sum()
    table = next(s for s in found.sheets if s.id == "community_need").figures[0].table
    assert table.values["highest_risk",] == pytest.approx(women * 40 / 10_000)


def test_the_wider_area_needs_neighbours() -> None:
    assert [s.id for s in shipped().section("joint_area").sheets] == ["joint_area"]
    section = made().section("joint_area")
    assert section.sheets == ()
    assert section.state is State.MISSING


def test_a_form_without_sections_leaves_them_out() -> None:
    form = read_form()
    short = Form.model_validate(
        form.model_dump()
        | {
            "version": "short",
            "sections": [s.model_dump() for s in form.sections if s.id in {"area", "demand"}],
            "regulation8": [p.model_dump() for p in form.regulation8 if p.section == "demand"],
        }
    )
    found = content(base_pack(), PERIOD, form=short)
    assert [one.id for one in found.sections] == ["area", "demand"]
    assert found.form_version == "short"
    assert [one.ref for one in found.regulation8] == ["8(c)(iii)"]


def test_a_scenario_is_shown_for_planning_alone() -> None:
    scenario = Scenario(name="More", changes=(Resize(pool="pool:refuge", by=6),))
    found = content(kirklees(), PERIOD, scenario=scenario)
    sheet = next(s for s in found.sheets if s.id == "scenario")
    before, after = (column.table.values["all",] for column in sheet.figures)
    assert after > before
    assert sheet.restricted
    assert found.scenario == "More"


def test_the_provision_map_has_every_component_that_is_meant_for_a_tenure() -> None:
    sheet = next(s for s in shipped().sheets if s.id == "provision_map")
    assert {codes[1] for codes in sheet.codes()} == {str(one) for one in Component}
    assert all(sheet.words[0].cells[codes] for codes in sheet.codes())


def test_the_same_pack_gives_the_same_content() -> None:
    again = content(kirklees(), PERIOD)
    assert [s.text for s in again.sections] == [s.text for s in shipped().sections]
    assert again.checklist == shipped().checklist


def test_a_line_without_its_figure_says_something_else_or_nothing() -> None:
    line = Line("{0} people.", (Quote("none", "none", ("all",)),))
    assert line.said({}) == ""
    assert replace(line, otherwise="Not known.").said({}) == "Not known."
