"""Two years side by side: what changed, why, and what is not compared."""

import copy
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given

from housing_map import model
from housing_map.errors import UsageError
from housing_map.inventory import Presence
from housing_map.model import Settings
from housing_map.pack import Pack
from housing_map.vocabulary import Component, Goal, Reason, Run, Tenure
from housing_map.year_causes import CAUSE_WORDS, Cause, Mixing, causes, same_areas
from housing_map.year_inputs import InputChange, Nature, input_changes
from housing_map.year_on_year import YearOnYear, year_on_year
from tests import packs
from tests.drawn import Question, examples, questions, rich_tables
from tests.packs import Tables, base_tables
from tests.worlds import (
    EXACT,
    answer,
    bare,
    base_pack,
    chain,
    route,
    serve,
    set_parameter,
    small_pack,
)

SAFE = Settings(goal=Goal.SAFE)


def dated(tables: Tables, year: int = 2027, **info: object) -> Pack:
    pack = small_pack(tables)
    update = {"reference_date": date(year, 6, 30), **info}
    return replace(
        pack, info=pack.info.model_copy(update=update), digest=f"{pack.digest[:-4]}{year}"
    )


def a_year() -> Tables:
    """Twenty movers and a refuge with room for eight."""
    tables = bare(20, move=1)
    serve(tables, "refuge", "refuge", 8, basis="units")
    route(tables, "entry:police", "refuge")
    return tables


def compared(earlier: Tables, later: Tables, *, why: bool = True) -> YearOnYear:
    return year_on_year(dated(earlier, 2026), dated(later), SAFE, why=why)


def shares(found: YearOnYear) -> dict[Cause, float]:
    assert found.causes is not None
    return {one.cause: one.met for one in found.causes.shares}


def changed(earlier: Tables, later: Tables) -> dict[tuple[str, ...], InputChange]:
    found = input_changes(dated(earlier, 2026), dated(later))
    return {(one.table, *one.key, one.column): one for one in found}


# Nothing --------------------------------------------------------------------------------------


def test_a_year_in_which_nothing_changed_says_so() -> None:
    found = compared(base_tables(), base_tables())
    assert found.inputs == ()
    assert found.not_compared == ()
    assert found.provision == ()
    assert (found.opened(), found.closed()) == ((), ())
    assert all(one.difference == pytest.approx(0, abs=1e-9) for one in found.figures)
    assert {cause: share for cause, share in shares(found).items() if abs(share) > EXACT} == {}


def test_packs_of_two_districts_or_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(UsageError, match="two districts"):
        year_on_year(dated(a_year(), 2026), dated(a_year(), district_code="E08999009"), SAFE)
    with pytest.raises(UsageError, match="swap them"):
        year_on_year(dated(a_year(), 2027), dated(a_year(), 2026), SAFE)


# Figures --------------------------------------------------------------------------------------


def test_more_who_seek_help_and_more_places_each_have_their_share() -> None:
    """Ten more seek help, four more places are there; the refuge was and is full."""
    later = a_year()
    set_parameter(later, "national_households_supported", 30)
    packs.change(later, "capacity", {"service_id": "refuge"}, capacity_central="12")
    found = compared(a_year(), later)
    met, demand = found.figure("met"), found.figure("demand")
    assert (met.before, met.after) == (pytest.approx(8, abs=EXACT), pytest.approx(12, abs=EXACT))
    assert demand.difference == pytest.approx(10, abs=EXACT)
    assert shares(found) == {
        Cause.NEED: pytest.approx(0, abs=EXACT),
        Cause.SERVICES: pytest.approx(0, abs=EXACT),
        Cause.PLACES: pytest.approx(4, abs=EXACT),
    }
    assert found.causes is not None
    of_demand = {one.cause: one.demand for one in found.causes.shares}
    assert of_demand[Cause.NEED] == pytest.approx(10, abs=EXACT)


def test_causes_that_help_only_together_share_alike() -> None:
    """A new route is nothing without places, and places nothing without it: half each."""
    earlier = bare(20, move=1)
    serve(earlier, "refuge", "refuge", 0.0, basis="units")
    later = copy.deepcopy(earlier)
    route(later, "entry:police", "refuge")
    packs.change(later, "capacity", {"service_id": "refuge"}, capacity_central="8")
    found = shares(compared(earlier, later))
    assert found[Cause.PLACES] == pytest.approx(4, abs=EXACT)
    assert found[Cause.ROUTES] == pytest.approx(4, abs=EXACT)


def test_a_new_service_brings_its_places_rules_and_routes_under_one_cause() -> None:
    later = a_year()
    serve(later, "second", "refuge", 5, basis="units", opened_on="2026-09-01")
    route(later, "entry:police", "second")
    found = compared(a_year(), later)
    assert shares(found) == {Cause.SERVICES: pytest.approx(5, abs=EXACT)}
    behind = {(one.table, one.key[0]): one for one in found.behind(Cause.SERVICES)}
    assert behind["services", "second"].nature is Nature.HAPPENED
    assert "opened" in behind["services", "second"].words


def test_a_service_that_closes_with_the_date_is_a_cause_though_no_row_changed() -> None:
    tables = a_year()
    packs.change(tables, "services", {"service_id": "refuge"}, closes_on="2027-03-31")
    found = compared(tables, tables)
    assert found.inputs == ()
    assert found.figure("met").after == pytest.approx(0, abs=EXACT)
    assert set(shares(found)) == {Cause.SERVICES}


def test_figures_whose_ranges_overlap_may_not_have_changed() -> None:
    def with_range(central: str, low: str, high: str) -> Tables:
        tables = a_year()
        packs.change(tables, "capacity", {"service_id": "refuge"}, capacity_low=low,
                     capacity_central=central, capacity_high=high)  # fmt: skip
        return tables

    earlier = with_range("8", "6", "10")
    near = compared(earlier, with_range("9", "7", "11"), why=False).figure("met")
    far = compared(earlier, with_range("14", "12", "16"), why=False).figure("met")
    assert near.within_what_is_unknown
    assert not far.within_what_is_unknown


# Provision and gaps -----------------------------------------------------------------------------


def test_what_opened_shows_in_the_map_and_closes_the_gap() -> None:
    later = a_year()
    serve(later, "advocate", "mobile_advocacy")
    found = compared(a_year(), later, why=False)
    told = {(one.component, one.tenure): (one.before, one.after) for one in found.provision}
    assert told == {
        (Component.MOBILE, tenure): (Presence.ABSENT, Presence.IN_PLACE) for tenure in Tenure
    }
    assert "absent:mobile_advocacy" in {one.id for one in found.closed()}
    assert found.opened() == ()
    (lost,) = [one for one in found.gaps if one.what == "still there"]
    assert lost.found.households == pytest.approx(12, abs=EXACT)


def test_reach_is_compared_where_the_service_has_a_place() -> None:
    def desk(lat: str) -> Tables:
        tables = a_year()
        serve(tables, "desk", "housing_options")
        packs.change(tables, "services", {"service_id": "desk"}, delivery="visit")
        packs.add(tables, "delivery_points", point_id="desk", service_id="desk", name="Desk",
                  lon="-1.78", lat=lat, precision="town", status="assumed",
                  source="made up")  # fmt: skip
        return tables

    found = compared(desk("53.61"), desk("54.61"), why=False)
    (there,) = [one for one in found.reach if one.service == "homelessness_route"]
    assert there.before == pytest.approx(1)
    assert there.after == pytest.approx(0)
    assert not there.redefined
    missing = compared(a_year(), desk("53.61"), why=False)
    (there,) = [one for one in missing.reach if one.service == "homelessness_route"]
    assert (there.before, there.after) == (None, pytest.approx(1))


# What sort of change ----------------------------------------------------------------------------


def test_places_that_are_told_for_the_first_time_are_known_and_not_new() -> None:
    earlier = a_year()
    packs.change(earlier, "capacity", {"service_id": "refuge"}, capacity_central="")
    one = changed(earlier, a_year())["capacity", "refuge", "capacity_central"]
    assert one.nature is Nature.KNOWN
    assert one.service == "refuge"
    more = a_year()
    packs.change(more, "capacity", {"service_id": "refuge"}, capacity_central="10")
    assert changed(a_year(), more)["capacity", "refuge", "capacity_central"].nature is (
        Nature.HAPPENED
    )


def test_a_figure_in_another_unit_is_redefined_and_marks_what_rests_on_it() -> None:
    later = a_year()
    set_parameter(later, "national_households_supported", 30)
    packs.change(later, "parameters", {"key": "national_households_supported"}, unit="people")
    one = changed(a_year(), later)["parameters", "national_households_supported", "central"]
    assert one.nature is Nature.REDEFINED
    found = compared(a_year(), later, why=False)
    assert found.figure("demand").redefined
    assert found.figure("met").redefined
    assert {one.table for one in found.redefined} == {"parameters"}


def test_places_on_another_basis_are_redefined_and_leave_need_as_it_is() -> None:
    later = a_year()
    packs.change(later, "capacity", {"service_id": "refuge"}, basis="placements",
                 stay_days_central="", occupancy_central="")  # fmt: skip
    found = compared(a_year(), later, why=False)
    assert not found.figure("demand").redefined
    assert found.figure("met").redefined


@pytest.mark.parametrize(
    ("cells", "nature"),
    [
        ({"count": "60"}, Nature.HAPPENED),
        ({"count": "60", "repeats": "no"}, Nature.REDEFINED),
        ({"count": "60", "period_start": "2024-04-01"}, Nature.REDEFINED),
        ({"count": "60", "period_start": "2026-04-01", "period_end": "2027-03-31"},
         Nature.HAPPENED),
    ],
)  # fmt: skip
def test_a_count_is_compared_only_with_one_of_the_same_sort_and_length(
    cells: dict[str, str], nature: Nature
) -> None:
    later = base_tables()
    packs.change(later, "local_counts", {"key": "refuge_referrals"}, **cells)
    found = changed(base_tables(), later)["local_counts", "refuge_referrals", "count"]
    assert found.nature is nature


def test_answers_that_were_unknown_become_known_and_others_happen() -> None:
    earlier, later = a_year(), a_year()
    answer(earlier, "refuge", "male", "unknown")
    answer(later, "refuge", "male", "yes")
    answer(earlier, "refuge", "nrpf", "no")
    answer(later, "refuge", "nrpf", "yes")
    found = changed(earlier, later)
    assert found["eligibility", "refuge", "male", "answer"].nature is Nature.KNOWN
    assert found["eligibility", "refuge", "nrpf", "answer"].nature is Nature.HAPPENED


def test_a_service_without_a_first_day_in_the_year_was_only_noticed() -> None:
    later = a_year()
    serve(later, "old", "mobile_advocacy", opened_on="2019-01-01")
    serve(later, "fresh", "mobile_advocacy", opened_on="2026-12-01")
    found = changed(a_year(), later)
    assert found["services", "old", ""].nature is Nature.KNOWN
    assert found["services", "fresh", ""].nature is Nature.HAPPENED
    gone = changed(later, a_year())["services", "old", ""]
    assert gone.nature is Nature.KNOWN
    packs.change(later, "services", {"service_id": "old"}, closes_on="2026-09-30")
    gone = changed(later, a_year())["services", "old", ""]
    assert gone.nature is Nature.HAPPENED
    assert "closed" in gone.words


def test_a_source_or_a_date_of_confirmation_alone_is_no_change() -> None:
    later = a_year()
    packs.change(later, "services", {"service_id": "refuge"}, last_confirmed="2027-05-01",
                 source="another letter")  # fmt: skip
    assert changed(a_year(), later) == {}


# Areas that moved -------------------------------------------------------------------------------


def moved() -> Tables:
    """Move the last small area from Cowden to Alderby, and give the ward of Cowden a new code."""
    tables = a_year()
    new = "E05999009"
    for row in tables["groupings"]:
        if row["ward_code"] == packs.WARDS[2]:
            row |= {"ward_code": new}
    for table in ("lsoa_facts", "ward_age_sex"):
        for row in tables[table]:
            if row["ward_code"] == packs.WARDS[2]:
                row["ward_code"] = new
    for row in tables["lsoa_facts"]:
        if row["lsoa_code"] == packs.LSOAS[5]:
            row |= {"ward_code": packs.WARDS[0]}
    return tables


def test_areas_that_moved_are_named_and_not_compared() -> None:
    found = compared(a_year(), moved(), why=False)
    assert not same_areas(dated(a_year(), 2026), dated(moved()))
    by_area = {one.key for one in found.figures if one.by not in {"", "tenure"}}
    assert "Alderby" not in by_area
    assert "Cowden" not in by_area
    (place,) = [words for words in found.not_compared if words.startswith("Place")]
    assert "Alderby (now)" in place
    assert any(words.startswith("Ward") and "(before)" in words for words in found.not_compared)
    with pytest.raises(UsageError, match="is not compared"):
        found.figure("met", "place", "Alderby")
    assert found.figure("met").difference == pytest.approx(0, abs=EXACT)


def test_areas_that_stayed_are_compared() -> None:
    later = a_year()
    packs.change(later, "capacity", {"service_id": "refuge"}, capacity_central="12")
    found = compared(a_year(), later, why=False)
    parts = [found.figure("met", "place", place).difference for place in ("Alderby", "Cowden")]
    assert sum(parts) == pytest.approx(4, abs=EXACT)


def test_with_another_map_areas_served_change_with_it() -> None:
    """A service of a ward that only the later map has would serve nowhere on the earlier one."""
    earlier, later = a_year(), moved()
    for tables, ward in ((earlier, packs.WARDS[2]), (later, "E05999009")):
        serve(tables, "second", "housing_options", areas=(ward,))
    found = causes(dated(earlier, 2026), dated(later), SAFE)
    (areas,) = [one for one in found.shares if one.cause is Cause.AREAS]
    assert areas.with_areas
    assert Cause.REACH not in {one.cause for one in found.shares}


# Whatever changed -------------------------------------------------------------------------------


@examples(4)
@given(questions())
def test_shares_add_up_and_the_ends_are_the_two_packs(question: Question) -> None:
    earlier, later = dated(rich_tables(), 2026), dated(question.tables)
    found = causes(earlier, later, SAFE, exact_up_to=4)
    for pack, met, demand in (
        (earlier, found.before_met, found.before_demand),
        (later, found.after_met, found.after_demand),
    ):
        asked = model.most_met(pack, SAFE, Run.CENTRAL)
        assert (demand, met) == (pytest.approx(asked[0]), pytest.approx(asked[1]))
    total = sum(one.met for one in found.shares)
    assert total == pytest.approx(found.after_met - found.before_met, abs=1e-6)
    total = sum(one.demand for one in found.shares)
    assert total == pytest.approx(found.after_demand - found.before_demand, abs=1e-6)
    assert all((one.error is None) is found.exact for one in found.shares)


@examples(6)
@given(questions())
def test_every_pack_in_between_can_be_asked_and_all_causes_together_are_the_later_one(
    question: Question,
) -> None:
    tables = question.tables
    serve(tables, "third", "refuge", 3, basis="units")
    chain(tables, "idva", "third", "lettings")
    mixing = Mixing(dated(rich_tables(), 2026), dated(tables))
    for cause in Cause:
        for chosen in (frozenset({cause}), frozenset(Cause) - {cause}):
            demand, met = model.most_met(mixing.pack(chosen), SAFE, Run.CENTRAL)
            assert -1e-9 <= met <= demand + 1e-9
    assert mixing.pack(frozenset(Cause)).digest == dated(tables).digest
    assert mixing.pack(frozenset()).digest == dated(rich_tables(), 2026).digest


def test_the_same_tables_in_between_are_the_same_objects() -> None:
    """So that what was worked out of them is found again."""
    mixing = Mixing(dated(base_tables(), 2026), dated(rich_tables()))
    one = mixing.pack(frozenset({Cause.PLACES, Cause.NEED}))
    other = mixing.pack(frozenset({Cause.PLACES, Cause.NEED, Cause.TAKES}))
    assert one["capacity"] is other["capacity"]
    assert one["referral_routes"] is other["referral_routes"]
    assert one["eligibility"] is not other["eligibility"]


def test_progress_rises_to_the_end() -> None:
    later = a_year()
    packs.change(later, "capacity", {"service_id": "refuge"}, capacity_central="12")
    steps: list[tuple[int, int]] = []
    causes(dated(a_year(), 2026), dated(later), SAFE, progress=lambda *step: steps.append(step))
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)
    assert steps[-1][0] == steps[-1][1]


def test_every_cause_has_words_and_losses_are_among_the_figures() -> None:
    assert set(CAUSE_WORDS) == set(Cause)
    found = year_on_year(base_pack(), base_pack(), SAFE, why=False)
    assert {str(reason) for reason in Reason} <= {one.figure for one in found.figures}
