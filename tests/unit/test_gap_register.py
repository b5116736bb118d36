"""The gap register: stable names, taking up, decisions, and what the data say of each gap."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from housing_map.errors import UsageError
from housing_map.gap_finding import AT_LEAST, Findings, FoundGap, GapKind, find_gaps
from housing_map.gap_register import (
    Decision,
    Entry,
    Held,
    Progress,
    Quarter,
    Standing,
    as_released,
    change,
    entries,
    fresh,
    note_look,
    read_entries,
    register,
    take_up,
)
from housing_map.model import Settings, run
from housing_map.openings import openings
from housing_map.pack import Pack, default_folder, load_pack
from housing_map.store import ConflictError, NameTakenError, Store, open_store
from housing_map.strategy import Objective, Strategy, read_strategy
from housing_map.vocabulary import Goal
from tests import packs
from tests.packs import DISTRICT, Tables
from tests.worlds import answer, bare, base_pack, route, serve, small_pack

WHO = {"who": "Ann", "why": "the working group asked"}
SAFE = Settings(goal=Goal.SAFE)
STRATEGY = Strategy(
    title="A strategy",
    objectives=(
        Objective(id="access", priority="Four", words="Improve access", kinds=("absent", "lost")),
        Objective(id="workforce", priority="Four", words="Support the workforce"),
    ),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    moments = iter(range(10_000))
    start = datetime(2026, 7, 1, tzinfo=UTC)
    with open_store(
        str(tmp_path / "work"), clock=lambda: start + timedelta(seconds=next(moments))
    ) as opened:
        yield opened


def findings(tables: Tables, settings: Settings = SAFE) -> Findings:
    return find_gaps(run(small_pack(tables), settings))


def names(found: Findings, kind: GapKind) -> set[str]:
    return {gap.id.partition(":")[2] for gap in found.gaps if gap.kind is kind}


def a_world(**capacity: float) -> Tables:
    """Twenty movers, a refuge with room for eight, and an advocate in Alderby."""
    tables = bare(20, move=1)
    serve(tables, "refuge", "refuge", capacity.get("refuge", 8), basis="units")
    serve(tables, "advocate", "mobile_advocacy", areas=("Alderby",))
    route(tables, "entry:police", "refuge")
    return tables


# Finding ----------------------------------------------------------------------------------------


def test_what_is_absent_is_said_as_widely_as_it_holds() -> None:
    found = names(findings(a_world()), GapKind.ABSENT)
    assert "housing_first" in found
    assert "mobile_advocacy:any:Cowden" in found
    assert not any(name.startswith("refuge_services") for name in found)


def test_a_tenure_that_no_service_takes_is_a_gap_of_its_own() -> None:
    tables = a_world()
    answer(tables, "refuge", "tenure_owned", "no")
    assert "refuge_services:owned" in names(findings(tables), GapKind.ABSENT)


def test_losses_are_named_by_goal_tenure_and_reason_and_carry_all_three_runs() -> None:
    found = findings(a_world())
    (gap,) = [one for one in found.gaps if one.kind is GapKind.LOST]
    assert gap.id == "lost:safe:owned:no_room"
    assert gap.households == pytest.approx(12)
    assert gap.cautious is not None
    assert gap.optimistic is not None


def test_a_loss_of_less_than_a_household_a_year_is_no_gap() -> None:
    assert names(findings(a_world(refuge=20 - AT_LEAST / 2)), GapKind.LOST) == set()


def test_a_need_that_every_service_refuses_differs_from_one_nobody_has_spoken_of() -> None:
    tables = a_world()
    answer(tables, "refuge", "male", "no")
    answer(tables, "refuge", "drugs", "yes")
    found = findings(tables)
    assert "male" in names(found, GapKind.NEED_REFUSED)
    assert "nrpf" in names(found, GapKind.NEED_UNANSWERED)
    told = names(found, GapKind.NEED_REFUSED) | names(found, GapKind.NEED_UNANSWERED)
    assert "drugs" not in told


def test_a_refusal_of_few_services_is_not_said_in_public() -> None:
    """With one refuge, that nobody takes men says that this refuge does not."""
    tables = a_world()
    answer(tables, "refuge", "male", "no")
    gap = findings(tables).find("need_refused:male")
    assert gap is not None
    assert gap.public == ""


def test_facts_and_endings_name_their_service_in_the_restricted_words_alone() -> None:
    tables = a_world()
    packs.change(tables, "services", {"service_id": "refuge"}, operating="unknown",
                 name="The quiet house", closes_on="2026-12-31")  # fmt: skip
    found = findings(tables)
    for name in ("fact:running:refuge", "ending:refuge"):
        gap = found.find(name)
        assert gap is not None
        assert "quiet house" in gap.title
        assert "quiet" not in gap.public
        assert gap.safe_accommodation


def test_money_that_ends_later_than_a_year_ahead_is_no_gap_yet() -> None:
    tables = a_world()
    for closes, ending in (("2027-06-30", True), ("2027-07-01", False)):
        packs.change(tables, "services", {"service_id": "refuge"}, closes_on=closes)
        assert ("refuge" in names(findings(tables), GapKind.ENDING)) is ending


def test_ways_are_gaps_only_where_they_were_looked_for() -> None:
    tables = bare(20, move=1, male=0.5)
    serve(tables, "refuge", "refuge", 30, basis="units")
    route(tables, "entry:police", "refuge")
    answer(tables, "refuge", "male", "no")
    pack = small_pack(tables)
    result = run(pack, SAFE)
    found = find_gaps(result, openings(pack, SAFE).found)
    (name,) = names(found, GapKind.WAY)
    assert name == "safe:refuge=male"
    assert found.looked_for("way:safe:other")
    assert not find_gaps(result).looked_for("way:safe:other")


def test_names_are_the_same_whatever_the_figures_and_the_order_of_rows() -> None:
    tables = a_world()
    once = [gap.id for gap in findings(tables).gaps]
    for name in ("services", "eligibility", "areas_served"):
        tables[name] = tables[name][::-1]
    packs.change(tables, "capacity", {"service_id": "refuge"}, capacity_central="5")
    assert sorted(gap.id for gap in findings(tables).gaps) == sorted(once)


def test_every_gap_of_the_shipped_pack_has_a_name_of_its_own_and_can_be_taken_up() -> None:
    pack = load_pack(default_folder())
    found, strategy = find_gaps(run(pack, SAFE)), read_strategy(pack)
    assert len({gap.id for gap in found.gaps}) == len(found.gaps) > 20
    for gap in found.gaps:
        entry = fresh(gap, strategy)
        assert entry.gap == gap.id
        assert set(entry.objectives) <= {one.id for one in strategy.objectives}
        assert found.looked_for(gap.id)


# Taking up --------------------------------------------------------------------------------------


def taken(store: Store, name: str = "absent:housing_first", **cells: object) -> Held:
    gap = findings(a_world()).find(name)
    assert gap is not None
    entry = Entry.model_validate(fresh(gap, STRATEGY).model_dump() | cells)
    return take_up(store, entry, base_pack(), **WHO)


def test_an_entry_comes_back_as_it_was_kept_and_as_a_release_has_it(store: Store) -> None:
    held = taken(
        store, owner="Housing working group", officer="A. Officer", action="Ask two landlords",
        due="2026-12-31", quarters=[{"quarter": "2026Q3", "progress": "under way"}],
        decisions=[{"on": "2026-09-15", "body": "Commissioning group", "what": "Pilot agreed"}],
    )  # fmt: skip
    assert entries(store) == (held,)
    assert held.entry.objectives == ("access",)
    assert held.entry.decisions[0].amount_gbp is None
    released = json.loads(json.dumps(as_released((held,))))
    assert read_entries(released) == (held.entry,)
    assert "Ann" not in json.dumps(released)


def test_a_gap_is_taken_up_once(store: Store) -> None:
    taken(store)
    with pytest.raises(NameTakenError):
        taken(store)


def test_two_people_who_change_one_entry_do_not_overwrite_each_other(store: Store) -> None:
    held = taken(store)
    first = held.entry.model_copy(update={"owner": "Landlords"})
    change(store, held, first, base_pack(), who="Ben", why="agreed")
    with pytest.raises(ConflictError, match="Ben"):
        change(store, held, held.entry, base_pack(), **WHO)
    (now,) = entries(store)
    assert now.entry.owner == "Landlords"


def test_an_entry_stays_with_its_gap(store: Store) -> None:
    held = taken(store)
    other = held.entry.model_copy(update={"gap": "absent:flexible_funding"})
    with pytest.raises(UsageError, match="and not about"):
        change(store, held, other, base_pack(), **WHO)


@pytest.mark.parametrize(
    "words",
    [
        "ring 01484 221000",
        "ask jo@example.org",
        "born on 3 May 1990",
        "the house at 12 High Street",
        "NI number AB 12 34 56 C",
    ],
)
def test_nothing_about_a_person_or_a_house_is_taken_and_it_is_not_repeated(words: str) -> None:
    with pytest.raises(ValidationError) as failed:
        Entry(gap="absent:refuge_services", kind=GapKind.ABSENT, title="Not there", action=words)
    assert all(words not in error["msg"] for error in failed.value.errors())


def test_words_about_safe_accommodation_name_no_place(store: Store) -> None:
    tables = a_world()
    answer(tables, "refuge", "tenure_owned", "no")
    found = findings(tables)
    for name in ("absent:refuge_services:owned", "absent:sanctuary_scheme", "need_unanswered:nrpf"):
        gap = found.find(name)
        assert gap is not None
        entry = fresh(gap, STRATEGY).model_copy(update={"action": "Ask the one in Cowden"})
        with pytest.raises(UsageError, match="action") as failed:
            take_up(store, entry, base_pack(), **WHO)
        assert "Cowden" not in str(failed.value)
    assert entries(store) == ()


def test_words_about_other_help_may_name_a_place(store: Store) -> None:
    assert taken(store, action="Find an adviser for Cowden").entry.action.endswith("Cowden")


def test_an_amount_that_is_not_given_is_not_nothing() -> None:
    given = {"on": date(2026, 9, 15), "body": "Group", "what": "Agreed"}
    assert Decision.model_validate(given).amount_gbp is None
    assert Decision.model_validate(given | {"amount_gbp": 0}).amount_gbp == 0
    with pytest.raises(ValidationError):
        Decision.model_validate(given | {"amount_gbp": -1})


def test_quarters_stand_in_order_and_the_last_told_holds_until_the_next() -> None:
    early, late = (
        Quarter(quarter="2026Q1", progress=Progress.NOT_STARTED),
        Quarter(quarter="2026Q3", progress=Progress.UNDER_WAY),
    )
    entry = Entry(gap="x", kind=GapKind.FACT, title="x", quarters=(late, early))
    assert [entry.at(quarter) for quarter in ("2025Q4", "2026Q1", "2026Q2", "2026Q4")] == [
        None, early, early, late,
    ]  # fmt: skip
    assert entry.progress is Progress.UNDER_WAY
    with pytest.raises(ValidationError, match="twice"):
        Entry(gap="x", kind=GapKind.FACT, title="x", quarters=(early, early))


# What the data say ------------------------------------------------------------------------------


def of_year(year: int, gaps: tuple[FoundGap, ...], *kinds: GapKind) -> Findings:
    return Findings(
        gaps=gaps,
        kinds=frozenset(kinds or GapKind),
        goal="safe",
        on=date(year, 6, 30),
        digest=f"{year:064d}",
        services=frozenset(),
    )


HERE = FoundGap(id="absent:housing_first", kind=GapKind.ABSENT, title="Not there", public="")


def stands(store: Store, now: Findings) -> tuple[Standing, date | None, str]:
    lines = register(now, note_look(store, now, who="Ann"), STRATEGY).lines
    (line,) = [one for one in lines if one.gap == HERE.id]
    return line.standing, line.since, line.why


def test_a_gap_closes_and_opens_again_with_the_data(store: Store) -> None:
    first, gone, back = of_year(2026, (HERE,)), of_year(2027, ()), of_year(2028, (HERE,))
    lines = register(first, entries(store), STRATEGY).lines
    assert [line.standing for line in lines] == [Standing.NOT_TAKEN_UP]
    take_up(store, fresh(HERE, STRATEGY), base_pack(), **WHO)
    assert stands(store, first)[:2] == (Standing.OPEN, date(2026, 6, 30))
    standing, since, why = stands(store, gone)
    assert (standing, since) == (Standing.CLOSED, date(2027, 6, 30))
    assert "2026-06-30" in why
    assert "2027-06-30" in why
    assert stands(store, of_year(2028, ()))[1] == date(2027, 6, 30)
    standing, since, why = stands(store, back)
    assert (standing, since) == (Standing.REOPENED, date(2028, 6, 30))
    assert "2028-06-30" in why


def test_a_gap_that_was_not_looked_for_has_not_closed(store: Store) -> None:
    take_up(store, fresh(HERE, STRATEGY), base_pack(), **WHO)
    assert stands(store, of_year(2026, (HERE,)))[0] is Standing.OPEN
    assert stands(store, of_year(2027, (), GapKind.LOST))[0] is Standing.NOT_LOOKED_FOR
    (held,) = entries(store)
    assert [look.on.year for look in held.entry.looks] == [2026]


def test_a_loss_of_one_goal_is_not_closed_by_the_other() -> None:
    found = of_year(2026, ())
    assert found.looked_for("lost:safe:owned:no_room")
    assert not found.looked_for("lost:settled:owned:no_room")


def test_looking_twice_at_the_same_data_adds_no_version(store: Store) -> None:
    take_up(store, fresh(HERE, STRATEGY), base_pack(), **WHO)
    note_look(store, of_year(2026, (HERE,)), who="Ann")
    (once,) = note_look(store, of_year(2026, (HERE,)), who="Ben")
    assert once.version == 2
    assert once.who == "Ann"


def test_a_question_about_a_service_that_has_closed_is_not_called_answered(store: Store) -> None:
    gap = FoundGap(id="fact:capacity:refuge", kind=GapKind.FACT, title="How many?", public="")
    take_up(store, fresh(gap, STRATEGY), base_pack(), **WHO)
    now = of_year(2027, ())
    (line,) = register(now, note_look(store, now, who="Ann"), STRATEGY).lines
    assert line.standing is Standing.CLOSED
    assert "Nobody has answered it" in line.why


# Linked both ways -------------------------------------------------------------------------------


def test_objectives_lead_to_gaps_and_decisions_and_those_without_any_are_shown(
    store: Store,
) -> None:
    decided = {"on": "2026-09-15", "body": "Commissioning group", "what": "Pilot agreed"}
    taken(store, decisions=[decided, {**decided, "on": "2026-03-15"}], due="2026-05-31")
    found = register(findings(a_world()), entries(store), STRATEGY)
    by_objective = {one.id: [line.gap for line in lines] for one, lines in found.by_objective()}
    assert by_objective == {"access": ["absent:housing_first"], "workforce": []}
    assert [decision.on.month for _, decision in found.decisions()] == [3, 9]
    assert [line.gap for line in found.overdue()] == ["absent:housing_first"]
    assert found.strange_objectives() == ()


def test_an_objective_that_the_strategy_no_longer_has_is_named(store: Store) -> None:
    taken(store, objectives=["old_one"])
    found = register(findings(a_world()), entries(store), STRATEGY)
    assert found.strange_objectives() == ("old_one",)


def test_the_public_name_of_a_gap_names_no_service() -> None:
    tables = a_world()
    packs.change(tables, "services", {"service_id": "refuge"}, operating="unknown")
    lines = register(findings(tables), (), STRATEGY).lines
    (line,) = [one for one in lines if one.gap == "fact:running:refuge"]
    assert line.public_name == "fact"
    (line,) = [one for one in lines if one.gap == "absent:housing_first"]
    assert line.public_name == line.gap


# The strategy -----------------------------------------------------------------------------------


def test_the_shipped_objectives_are_those_of_the_shipped_district_alone() -> None:
    kirklees = load_pack(default_folder())
    found = read_strategy(kirklees)
    assert found.district_code == kirklees.info.district_code
    assert len([one for one in found.objectives if one.id.startswith("p4_")]) == 4
    assert {kind for one in found.objectives for kind in one.kinds} <= set(GapKind)
    assert read_strategy(base_pack()) == Strategy()


def test_a_folder_of_data_brings_its_own_objectives(tmp_path: Path) -> None:
    folder = packs.write_pack(tmp_path / "pack", packs.base_tables())
    own = {"title": "Ours", "objectives": [{"id": "a", "priority": "One", "words": "Do it"}]}
    (folder / "strategy.json").write_text(json.dumps(own), encoding="utf-8")
    loaded: Pack = load_pack(folder)
    assert loaded.info.district_code == DISTRICT
    assert read_strategy(loaded).title == "Ours"
    with pytest.raises(UsageError, match="no objective"):
        read_strategy(loaded).find("b")


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        '{"objectives": [{"id": "a"}]}',
        '{"objectives": [{"id": "a", "priority": "x", "words": "y"},'
        ' {"id": "a", "priority": "x", "words": "y"}]}',
    ],
)
def test_objectives_that_cannot_be_read_are_refused(tmp_path: Path, text: str) -> None:
    folder = packs.write_pack(tmp_path / "pack", packs.base_tables())
    (folder / "strategy.json").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"strategy\.json cannot be used"):
        read_strategy(load_pack(folder))
