"""Ready-made scenarios: each rests on the pack, and says so when it cannot."""

import pytest

from housing_map.changes import AddService, EndFunding
from housing_map.scenario import read, written
from housing_map.starts import Start, starts
from tests.drawn import rich_tables
from tests.packs import Tables, base_tables
from tests.scenarios import rich_pack, tried
from tests.worlds import bare, small_pack

IDS = (
    "grant_ends", "dispersed_homes", "sanctuary_open", "by_and_for", "reciprocals",
    "straight_referral", "more_demand",
)  # fmt: skip


def start(code: str, tables: Tables | None = None) -> Start:
    pack = rich_pack() if tables is None else small_pack(tables)
    return next(one for one in starts(pack) if one.id == code)


def test_there_is_a_start_for_each_question_of_the_commissioners() -> None:
    assert tuple(one.id for one in starts(rich_pack())) == IDS


@pytest.mark.parametrize("code", IDS)
def test_a_start_has_a_scenario_of_this_pack_or_says_what_the_pack_lacks(code: str) -> None:
    for pack in (rich_pack(), small_pack(bare(20, move=1))):
        one = next(one for one in starts(pack) if one.id == code)
        assert one.title
        assert one.why
        if one.scenario is None:
            assert one.lacks
            continue
        assert not one.lacks
        assert one.source
        assert one.scenario.baseline is not None
        assert one.scenario.baseline.digest == pack.digest
        assert read(written(one.scenario)) == one.scenario


def test_a_pack_without_services_can_only_be_asked_about_demand() -> None:
    found = {one.id for one in starts(small_pack(bare(20, move=1))) if one.scenario is not None}
    assert found == {"more_demand"}


def test_no_start_has_a_cost_since_nobody_has_given_one() -> None:
    for one in starts(rich_pack()):
        for change in one.scenario.changes if one.scenario else ():
            assert getattr(change, "cost_gbp_a_year", None) is None
            assert getattr(change, "cost_gbp_once", None) is None


def test_the_grant_that_ends_is_one_that_pays_safe_accommodation_still() -> None:
    one = start("grant_ends")
    assert one.scenario is not None
    (change,) = one.scenario.changes
    assert isinstance(change, EndFunding)
    assert (change.stream, change.service_id) == ("Safe accommodation grant", "refuge_one")
    tables = rich_tables()
    tables["funding"][0]["ends_on"] = "2026-03-31"
    assert start("grant_ends", tables).scenario is None


def test_titles_and_names_say_no_town() -> None:
    for one in starts(rich_pack()):
        if one.scenario is not None:
            said = f"{one.title} {one.why} {one.scenario.name} {one.scenario.description}"
            assert "Alderby" not in said
            assert "Dewsbury" not in said


def test_a_town_is_named_only_where_the_pack_has_it() -> None:
    one = start("dispersed_homes", _with_dispersed())
    assert one.scenario is not None
    (change,) = one.scenario.changes
    assert isinstance(change, AddService)
    assert change.town == ""


def test_homes_of_which_nobody_knows_the_stay_are_no_start() -> None:
    one = start("dispersed_homes", base_tables())
    assert one.scenario is None
    assert "how long households stay" in one.lacks
    for made in starts(small_pack(base_tables())):
        if made.scenario is not None:
            applied = tried(*made.scenario.changes, pack=small_pack(base_tables()))
            assert applied.skipped == (), made.id


def _with_dispersed() -> Tables:
    tables = rich_tables()
    evidence = {"status": "assumed", "source": "made up for tests"}
    tables["services"].append(
        next(row for row in tables["services"] if row["service_id"] == "refuge_two")
        | {"service_id": "homes", "kind": "dispersed", "name": "Homes"}
    )
    tables["pool_assumptions"].append(
        {"kind": "dispersed", "basis": "units", "capacity_central": "3", "sites": "1",
         "stay_days_central": "100", "occupancy_central": "0.9", **evidence}
    )  # fmt: skip
    tables["referral_routes"] += [
        {"from_id": "options", "to_id": "homes", "known": "unknown", **evidence},
        {"from_id": "homes", "to_id": "lettings", "known": "yes", **evidence},
    ]
    return tables


def test_every_start_of_the_small_pack_applies_whole() -> None:
    for one in starts(small_pack(_with_dispersed())):
        if one.scenario is not None:
            applied = tried(*one.scenario.changes, pack=small_pack(_with_dispersed()))
            assert applied.skipped == (), one.id
