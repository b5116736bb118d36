"""Siting from a pack: what is a candidate, what may never be one, and what is said of it."""

from dataclasses import replace
from math import inf
from typing import Any

import numpy as np
import pandas as pd
import pytest

from housing_map import places, siting
from housing_map.errors import UsageError
from housing_map.kinds import CONFIDENTIAL_KINDS, KINDS
from housing_map.pack import Pack, default_folder, load_pack
from housing_map.parameters import Register
from housing_map.siting import Question, Sited, candidates, sentences, site
from housing_map.siting_problem import InfeasibleError, Status
from housing_map.vocabulary import Run, Stage
from tests.packs import DISTRICT, LSOAS, WARDS, Tables, add, base_tables, change
from tests.worlds import serve, small_pack

SOURCE = {"status": "assumed", "source": "made up for tests"}


def asked(tables: Tables | Pack, question: Question, **settings: Any) -> Sited:  # noqa: ANN401
    pack = tables if isinstance(tables, Pack) else small_pack(tables)
    return site(pack, Register(pack["parameters"]), Run.CENTRAL, question, **settings)


def advice(tables: Tables, point: str, lon: float, lat: float, area: str = DISTRICT) -> None:
    """Add a service that people visit, at one place."""
    serve(tables, point, "community_support", None, areas=(area,))
    change(tables, "services", {"service_id": point}, delivery="visit")
    add(
        tables, "delivery_points", point_id=f"{point}_desk", service_id=point, name=f"Desk {point}",
        lon=repr(lon), lat=repr(lat), precision="town", **SOURCE,
    )  # fmt: skip


@pytest.fixture(scope="module")
def kirklees() -> Pack:
    return load_pack(default_folder())


# Candidates --------------------------------------------------------------------------------


def test_no_accommodation_and_nothing_that_comes_to_the_home_can_be_sited() -> None:
    pack = small_pack(base_tables())
    never = {
        kind.code for kind in KINDS.values() if kind.stage is Stage.SAFETY or kind.confidential
    }
    assert never >= CONFIDENTIAL_KINDS
    assert not never & set(siting.SITED)
    for what in (*sorted(never), "social_letting", "housing_first", "helpline", "refuge_services"):
        with pytest.raises(UsageError, match="never for accommodation"):
            candidates(pack, Register(pack["parameters"]), Run.CENTRAL, what)
    with pytest.raises(UsageError, match="no service of 'palace'"):
        candidates(pack, Register(pack["parameters"]), Run.CENTRAL, "palace")


def test_candidates_are_places_of_that_service_and_centres_weighted_by_residents() -> None:
    tables = base_tables()
    advice(tables, "advice", -1.75, 53.63)
    change(tables, "lsoa_facts", {"lsoa_code": LSOAS[0]}, residents="3000")
    pack = small_pack(tables)
    points, minutes = candidates(
        pack, Register(pack["parameters"]), Run.CENTRAL, "community_support"
    )
    assert [point.code for point in points] == ["advice_desk", *WARDS]
    assert [point.existing for point in points] == [True, False, False, False]
    # Three quarters of the ward's people live in its first small area: a quarter of the way off.
    homes = places.centroids(pack)
    metres = homes[LSOAS[0]].distance(homes[LSOAS[1]])
    near, far = minutes[WARDS[0]].to_numpy()[:2]
    assert near / far == pytest.approx(1 / 3)
    register = Register(pack["parameters"])
    pace = 60 * register.at("detour_factor", Run.CENTRAL) / 1000
    assert near + far == pytest.approx(metres * pace / register.at("travel_speed_kmh", Run.CENTRAL))


# Answers -----------------------------------------------------------------------------------


def near_one_ward(tables: Tables) -> None:
    """Make the journey within a ward short and any other long."""
    for row in tables["parameters"]:
        if row["key"] == "travel_threshold_min":
            row["central"] = "5"


def test_the_best_place_is_where_most_are_left_out_and_everybody_adds_up() -> None:
    tables = base_tables()
    near_one_ward(tables)
    for lsoa in LSOAS[4:]:
        change(tables, "lsoa_facts", {"lsoa_code": lsoa}, residents="2500")
    found = asked(tables, Question("community_support", new=1))
    assert found.chosen["code"].tolist() == [WARDS[2]]
    assert found.answer.proof.status is Status.PROVED
    assert found.areas["people"].sum() == 9000
    assert found.areas["after"].sum() == found.answer.proof.reached == 5000
    assert (found.areas["left_out"] == found.areas["people"] - found.areas["after"]).all()
    said = " ".join(sentences(found))
    for ward in found.areas.loc[found.areas["left_out"] > 0, "name"]:
        assert ward in said


def test_a_place_that_may_close_does_so_only_if_no_area_falls_below_its_reach() -> None:
    tables = base_tables()
    near_one_ward(tables)
    pack = small_pack(tables)
    centre = places.centroids(pack).to_crs(4326)[LSOAS[0]]
    advice(tables, "advice", centre.x, centre.y)
    for lsoa in LSOAS[4:]:
        change(tables, "lsoa_facts", {"lsoa_code": lsoa}, residents="2500")
    question = Question("community_support", new=0)
    kept = asked(tables, question)
    assert kept.chosen["code"].tolist() == ["advice_desk"]
    # One place in all: the third ward has more people, but the first may not lose what it has.
    moved = asked(tables, replace(question, closable=("advice_desk",)))
    before = moved.areas.set_index("code")["before"]
    after = moved.areas.set_index("code")["after"]
    assert before[WARDS[0]] == 1000
    assert moved.chosen["code"].tolist() == [WARDS[0]]
    assert [point.code for point in moved.closing] == ["advice_desk"]
    assert (after >= before).all()


def test_a_budget_asks_for_every_cost_and_keeps_to_it() -> None:
    tables = base_tables()
    near_one_ward(tables)
    question = Question("community_support", budget=50_000, cost={WARDS[0]: 40_000})
    with pytest.raises(UsageError, match="none is assumed: Alderby West, Brockley and Cowden"):
        asked(tables, question)
    cost = {WARDS[0]: 40_000.0, WARDS[1]: 30_000.0, WARDS[2]: 20_000.0}
    found = asked(tables, replace(question, cost=cost))
    assert found.answer.cost <= 50_000
    assert found.chosen["code"].tolist() == list(WARDS[1:])
    with pytest.raises(InfeasibleError, match="more than the budget"):
        asked(tables, replace(question, cost=cost, forced=(WARDS[0], WARDS[1])))


def test_unknown_codes_and_a_place_that_cannot_close_are_refused() -> None:
    with pytest.raises(UsageError, match="no candidate place 'nowhere'"):
        asked(base_tables(), Question("community_support", forced=("nowhere",)))
    with pytest.raises(UsageError, match="is not there yet"):
        asked(base_tables(), Question("community_support", closable=(WARDS[0],)))
    with pytest.raises(UsageError, match="no demand for 6 small areas"):
        asked(base_tables(), Question("idva", new=1), demand=pd.Series(dtype=float))


def test_people_without_a_known_time_are_counted_apart() -> None:
    tables = base_tables()
    for column in ("lon", "lat"):
        change(tables, "lsoa_facts", {"lsoa_code": LSOAS[0]}, **{column: ""})
    found = asked(tables, Question("community_support", new=1))
    assert found.not_placed == 1000
    assert found.areas["people"].sum() == 5000
    assert any("Where no time is known: 1,000 residents" in one for one in sentences(found))


def test_least_travel_goes_beside_a_service_that_serves_one_ward_alone() -> None:
    tables = base_tables()
    advice(tables, "advice", -1.75, 53.63, WARDS[0])
    found = asked(tables, Question("community_support", aim="minutes", new=0))
    assert found.chosen["existing"].all()
    assert np.isinf(found.answer.minutes).sum() == 4  # type: ignore[union-attr]
    assert found.beyond > 0
    assert any("An area that no place serves counts" in one for one in sentences(found))
    more = asked(tables, Question("community_support", aim="minutes", new=2))
    assert len(more.chosen) == 3
    assert more.answer.mean < found.answer.mean == pytest.approx(found.mean_before)  # type: ignore[union-attr]


def test_without_any_place_now_the_mean_journey_is_not_made_up() -> None:
    found = asked(base_tables(), Question("community_support", aim="minutes", new=1))
    assert found.mean_before == inf
    assert any("nobody has a place to go to now" in one for one in sentences(found))


def test_modelled_households_are_rounded_and_by_area_only_shares_are_said() -> None:
    tables = base_tables()
    near_one_ward(tables)
    demand = pd.Series(3.0, index=pd.Index(LSOAS))
    found = asked(tables, Question("community_support", new=1), demand=demand, unit="households")
    said = sentences(found)
    assert "Of about 20 households, about 5 are within 5 minutes; none are now." in said
    left = next(one for one in said if one.startswith("Left out"))
    assert "100%" in left
    assert "6" not in left


def test_first_answer_says_how_much_better_the_best_could_be(kirklees: Pack) -> None:
    first = asked(kirklees, Question("any", new=2), prove=False)
    assert any(
        one.startswith("The first answer: the best choice is at most") for one in sentences(first)
    )


def test_kirklees_two_more_places_leave_the_rural_wards_out_and_say_so(kirklees: Pack) -> None:
    found = asked(kirklees, Question("any", new=2))
    assert found.answer.proof.gap == 0
    assert found.areas["before"].sum() == 332_744  # as docs/method/reach.md has it
    said = " ".join(sentences(found))
    assert found.areas["people"].sum() - found.areas["left_out"].sum() == found.answer.proof.reached
    for one in found.areas.loc[found.areas["left_out"] > 0, "name"]:
        assert one in said
