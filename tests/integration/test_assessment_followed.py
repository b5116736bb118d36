"""Gaps taken up and years compared reach the sections of the assessment they belong to."""

from dataclasses import replace
from datetime import date

import pytest

from housing_map.assessment import release
from housing_map.assessment.answers import Answers
from housing_map.assessment.content import content
from housing_map.assessment.edition import Inputs, build
from housing_map.assessment.sections.followed import only_in_register
from housing_map.assessment.sheets import View, kept
from housing_map.gap_finding import GapKind
from housing_map.gap_register import Decision, Entry, Progress, Quarter
from housing_map.pack import Pack, load_pack
from tests.released import whole_text

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


def test_decisions_of_the_register_count_for_regulation_8_and_are_quoted_nowhere_in_public(
    pack: Pack, entry: Entry
) -> None:
    """Their words are for planning: they may name a service, and when its money ends."""
    without = {one.ref: one for one in content(pack, PERIOD).regulation8}
    made = content(pack, PERIOD, gaps=[entry])
    found = {one.ref: one for one in made.regulation8}
    assert without["8(e)(i)"].missing
    for ref in ("8(e)(i)", "8(e)(ii)"):
        assert not found[ref].missing
        assert any("Decisions in the gap register: 1." in said for said in found[ref].evidence)
    public = build(Inputs(pack=pack, period=PERIOD, gaps=(entry.model_dump(mode="json"),)),
                   View.PUBLISHABLE)  # fmt: skip
    (decision,) = entry.decisions
    for path, data in release.files(public).items():
        text = whole_text(path, data)
        for words in (decision.what, decision.by_assessment, entry.gap):
            assert words not in text, path


def test_a_decision_that_stands_among_the_answers_as_well_is_not_waiting(entry: Entry) -> None:
    (decision,) = entry.decisions
    assert only_in_register(Answers(), [entry]) == (decision,)
    own = Answers.model_validate(
        {"decisions": [{"on": decision.on.isoformat(), "what": "Agreed", "gap": entry.gap}]}
    )
    assert only_in_register(own, [entry]) == ()


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
