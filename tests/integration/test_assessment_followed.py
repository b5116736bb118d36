"""Gaps taken up and years compared reach the sections of the assessment they belong to."""

from dataclasses import replace
from datetime import date

import pytest

from housing_map.assessment.answers import Answers
from housing_map.assessment.content import content
from housing_map.assessment.sections.followed import with_register
from housing_map.assessment.sheets import View, kept
from housing_map.gap_finding import GapKind
from housing_map.gap_register import Decision, Entry, Progress, Quarter
from housing_map.pack import Pack, load_pack

PERIOD = "2025-26"


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack()


@pytest.fixture(scope="module")
def entry() -> Entry:
    return Entry(
        gap="absent:flexible_funding",
        kind=next(iter(GapKind)),
        title="No flexible funding was found",
        owner="Housing working group",
        action="Apply to the fund",
        due=date(2026, 12, 31),
        decisions=(
            Decision(
                on=date(2026, 3, 2),
                body="Commissioning group",
                what="Apply for flexible funding",
                by_assessment="The assessment found none",
                by_strategy="Priority Four",
            ),
        ),
        quarters=(Quarter(quarter="2026Q1", progress=Progress.UNDER_WAY),),
    )


def test_the_register_is_a_table_for_planning_and_a_sentence_for_all(
    pack: Pack, entry: Entry
) -> None:
    made = content(pack, PERIOD, gaps=[entry])
    section = made.section("gaps")
    (sheet,) = [one for one in section.sheets if one.id == "gap_register"]
    cells = {column.name: column.cells.get(("1",), "") for column in sheet.words}
    assert cells["gap"] == "No flexible funding was found"
    assert cells["decisions"] == "2026-03-02, Commissioning group: Apply for flexible funding"
    assert cells["progress"] == "2026Q1: under way"
    assert any("1 gap taken up" in said for said in section.text)
    assert "gap_register" not in {one.id for one in kept(section.sheets, View.PUBLISHABLE)}


def test_decisions_of_the_register_show_what_informed_them(pack: Pack, entry: Entry) -> None:
    """Regulation 8(e)(i) and (ii)."""
    without = {one.ref: one for one in content(pack, PERIOD).regulation8}
    found = {one.ref: one for one in content(pack, PERIOD, gaps=[entry]).regulation8}
    assert without["8(e)(i)"].missing
    assert not found["8(e)(i)"].missing
    assert any("The assessment found none" in said for said in found["8(e)(i)"].evidence)
    assert any("Priority Four" in said for said in found["8(e)(ii)"].evidence)


def test_a_decision_that_stands_in_both_places_counts_once(entry: Entry) -> None:
    once = with_register(Answers(), [entry])
    assert len(once.decisions) == 1
    assert with_register(once, [entry]).decisions == once.decisions


def test_two_years_are_set_side_by_side_in_words(pack: Pack) -> None:
    services = pack["services"].copy()
    gone = services["service_id"] == "private_rented_access"
    services.loc[gone, "operating"] = "no"
    info = pack.info.model_copy(update={"reference_date": date(2025, 11, 1)})
    earlier = replace(
        pack, info=info, tables={**pack.tables, "services": services}, digest="1" * 64
    )
    section = content(pack, PERIOD, earlier=earlier).section("change")
    sheets = {one.id: one for one in section.sheets}
    parts = sheets["provision_then_and_now"]
    labels = parts.labels["part"]
    (private,) = [key for key, label in labels.items() if label == "Private rented sector, Owned"]
    cells = {column.name: column.cells[private,] for column in parts.words}
    assert cells == {"then": "absent", "now": "in place"}
    assert "inputs_then_and_now" in sheets
    shown = {one.id for one in kept(section.sheets, View.PUBLISHABLE)}
    assert "provision_then_and_now" in shown
    assert not {"gaps_then_and_now", "inputs_then_and_now"} & shown
    assert any("parts of the Whole Housing Approach changed" in said for said in section.text)
