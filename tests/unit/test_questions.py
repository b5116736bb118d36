"""Each question is one that somebody could be asked, and all that was guessed is in one of them."""

from collections import Counter

import pytest

from housing_map import model
from housing_map.model import Settings
from housing_map.questions import THEMES, Question, Theme, questions
from housing_map.stance import Listening
from housing_map.vocabulary import Goal
from tests.packs import Tables, add, base_tables, change
from tests.worlds import answer, assume, bare, chain, route, serve, small_pack

SETTLED = Settings(Goal.SETTLED)
SOURCE = {"status": "assumed", "source": "made up for tests"}


def asked(tables: Tables, settings: Settings = SETTLED) -> dict[str, Question]:
    found = questions(small_pack(tables), settings)
    assert len({question.id for question in found}) == len(found)
    return {question.id: question for question in found}


def heard(tables: Tables) -> set[str]:
    listening = Listening()
    model.run_one(small_pack(tables), SETTLED, listening)
    return set(listening.asked)


def sure(**shares: float) -> Tables:
    """Return a refuge, reached through an adviser, about which nothing is unknown to anybody."""
    tables = bare(move=1, **shares)
    serve(tables, "adviser", "idva", 50)
    serve(tables, "beds", "refuge", 5, basis="units")
    serve(tables, "homes", "social_letting", 20, basis="lettings")
    chain(tables, "entry:police", "adviser", "beds", "homes", "home:social")
    return tables


def test_where_everything_is_known_nothing_is_asked() -> None:
    assert not asked(sure())


def test_every_figure_with_a_range_is_a_question_in_words() -> None:
    tables = sure()
    change(
        tables, "capacity", {"service_id": "beds"}, capacity_low="3", stay_days_high="400",
        occupancy_low="0.5",
    )  # fmt: skip
    step = {"from_id": "adviser", "to_id": "beds"}
    change(tables, "referral_routes", step, accepts_low="0.1", accepts_central="0.6")
    change(tables, "referral_routes", step, succeeds_low="0.1", succeeds_central="0.6")
    change(tables, "referral_routes", step, wait_days_central="0", wait_days_high="3")
    change(tables, "parameters", {"key": "elsewhere_success"}, low="0.2")  # no route uses it
    change(tables, "parameters", {"key": "district_share_of_england_population"}, high="2")
    add(tables, "household_shares", dimension="circumstance", code="male", central="0.1",
        high="0.2", **SOURCE)  # fmt: skip
    for service in ("adviser", "beds", "homes"):
        answer(tables, service, "male", "yes")
    found = asked(tables)
    assert {q.id: (str(q.theme), q.asked_of, set(q.keys)) for q in found.values()} == {
        "capacity:beds": ("places", "beds", {"capacity:beds"}),
        "stay_days:beds": ("stays", "beds", {"stay_days:beds"}),
        "occupancy:beds": ("stays", "beds", {"occupancy:beds"}),
        "accepts:beds": ("routes", "beds", {"accepts:adviser>beds"}),
        "succeeds:beds": ("routes", "beds", {"succeeds:adviser>beds"}),
        "wait_days:beds": ("routes", "beds", {"wait_days:adviser>beds"}),
        "district_share_of_england_population:": (
            "demand", "", {"district_share_of_england_population"},
        ),
        "share_of:circumstance:male:": ("demand", "", {"share_of:circumstance:male:"}),
    }  # fmt: skip
    for question in found.values():
        assert question.text.endswith("?")
        assert question.name
        assert ":" not in question.name
        assert "_" not in question.text + question.name


def test_questions_go_by_theme_and_identifier() -> None:
    found = questions(small_pack(base_tables()), SETTLED)
    order = list(Theme)
    places = [(order.index(question.theme), question.id) for question in found]
    assert places == sorted(places)
    assert set(THEMES) == set(Theme)


def test_one_call_settles_all_levels_of_one_sort_of_need() -> None:
    needs = {"drugs": 0.1, "alcohol": 0.2, "children_1_2": 0.3, "children_3": 0.1, "male": 0.1}
    tables = sure(**needs)
    for service in ("adviser", "homes"):
        for need in needs:
            answer(tables, service, need, "yes")
    answer(tables, "beds", "alcohol", "depends")
    found = asked(tables)
    assert set(found) == {"takes:beds:support_needs", "takes:beds:children", "takes:beds:male"}
    assert found["takes:beds:support_needs"].keys == {"takes:beds:support_needs"}
    for need in needs:
        answer(tables, "beds", need, "no")
    assert not asked(tables)


def test_the_door_is_asked_once_whoever_refers() -> None:
    tables = sure()
    serve(tables, "second", "idva", 50)
    chain(tables, "entry:police", "second")
    route(tables, "second", "beds", wait_days_central="0", wait_days_high="3")
    change(
        tables, "referral_routes", {"from_id": "adviser", "to_id": "beds"},
        wait_days_central="0", wait_days_high="3",
    )  # fmt: skip
    found = asked(tables)
    assert set(found) == {"wait_days:beds"}
    assert found["wait_days:beds"].keys == {"wait_days:adviser>beds", "wait_days:second>beds"}


def test_the_way_home_is_asked_of_each_service_that_leads_there() -> None:
    """No home has a telephone."""
    tables = sure()
    serve(tables, "other_homes", "social_letting", 20, basis="lettings")
    route(tables, "beds", "other_homes")
    ends = {"accepts_low": "0.2", "accepts_central": "0.5"}
    route(tables, "other_homes", "home:social", **ends)
    change(tables, "referral_routes", {"from_id": "homes"}, **ends)
    found = asked(tables)
    assert {(q.asked_of, q.name, q.keys) for q in found.values()} == {
        ("homes", "homes", frozenset({"accepts:homes>home:social"})),
        ("other_homes", "other_homes", frozenset({"accepts:other_homes>home:social"})),
    }
    for question in found.values():
        assert "home:" not in question.text


def test_a_route_that_nobody_is_sure_of_is_asked_of_who_would_refer() -> None:
    tables = sure()
    change(tables, "referral_routes", {"from_id": "adviser"}, known="unknown")
    change(tables, "referral_routes", {"from_id": "entry:police"}, known="depends")
    found = asked(tables)
    assert {q.id: (q.asked_of, q.name) for q in found.values()} == {
        "route:adviser>beds": ("adviser", "adviser"),
        "route:entry:police>adviser": ("entry:police", "Police"),
    }


def test_a_pool_is_asked_of_all_its_members_and_one_of_one() -> None:
    tables = sure()
    serve(tables, "more_beds", "refuge")
    chain(tables, "adviser", "more_beds", "homes")
    assume(
        tables, "refuge", "units", 9, stay_days_central="365", occupancy_central="1",
        capacity_low="7",
    )  # fmt: skip
    (question,) = asked(tables).values()
    assert (question.asked_of, question.name) == ("more_beds", "more_beds")
    change(tables, "capacity", {"service_id": "beds"}, capacity_central="")
    (question,) = asked(tables).values()
    assert (question.asked_of, question.name) == ("", "beds and more_beds")
    assert question.keys == {"capacity:pool:refuge"}


def test_a_pool_that_lost_a_member_asks_how_its_places_divide() -> None:
    tables = sure()
    change(tables, "capacity", {"service_id": "beds"}, capacity_central="")
    serve(tables, "more_beds", "refuge")
    assume(tables, "refuge", "units", 9, stay_days_central="365", occupancy_central="1")
    found = asked(tables, Settings(Goal.SETTLED, without=frozenset({"more_beds"})))
    assert {q.id: q.theme for q in found.values()} == {"left:pool:refuge": Theme.PLACES}


# What is not asked --------------------------------------------------------------------------------


def aside(tables: Tables) -> None:
    """Add services on no route of which nothing is known for sure."""
    serve(tables, "alone", "idva", 10)
    change(tables, "services", {"service_id": "alone"}, operating="unknown")
    change(tables, "capacity", {"service_id": "alone"}, capacity_low="2")
    serve(tables, "other_refuge", "refuge")
    tables["eligibility"] = [row for row in tables["eligibility"] if row["service_id"] != "alone"]
    assume(
        tables, "refuge", "units", 9, stay_days_central="365", occupancy_central="1",
        stay_days_high="500",
    )  # fmt: skip


def test_services_on_no_route_are_not_asked() -> None:
    tables = sure(male=0.1)
    for service in ("adviser", "beds", "homes"):
        answer(tables, service, "male", "yes")
    aside(tables)
    assert {"operating:alone", "capacity:alone", "takes:alone:male"} <= heard(tables)
    assert "stay_days:pool:refuge" in heard(tables)
    assert not asked(tables)


def test_support_beside_a_bed_is_asked_though_no_route_leads_to_it() -> None:
    tables = sure(male=0.1)
    for service in ("adviser", "beds", "homes"):
        answer(tables, service, "male", "yes")
    serve(tables, "support", "wider_support", 10)
    change(tables, "services", {"service_id": "support"}, operating="unknown")
    change(tables, "capacity", {"service_id": "support"}, capacity_low="2")
    assert not asked(tables)
    change(tables, "services", {"service_id": "beds"}, used_with="support")
    assert set(asked(tables)) == {"operating:support", "capacity:support", "takes:support:male"}


def test_needs_whose_number_is_unknown_are_not_asked() -> None:
    """Nobody is counted with a need for a wheelchair, or with pets."""
    tables = sure()
    change(tables, "capacity", {"service_id": "beds"}, capacity_central="")
    assume(tables, "refuge", "units", 5, stay_days_central="365", occupancy_central="1")
    body = {"share_of": "vacancies", **SOURCE}
    tables["acceptance_shares"] = [
        {"kind": "refuge", "rule": rule, "low": "0.1", "central": "0.2", "high": "0.3", **body}
        for rule in ("wheelchair", "nrpf")
    ]
    assert {"share:refuge:wheelchair", "takes:beds:pets"} <= heard(tables)
    assert not asked(tables)
    add(tables, "household_shares", dimension="circumstance", code="nrpf", central="0.1", **SOURCE)
    for service in ("adviser", "homes"):
        answer(tables, service, "nrpf", "yes")
    found = asked(tables)
    assert set(found) == {"share:refuge:nrpf"}
    assert (found["share:refuge:nrpf"].name, found["share:refuge:nrpf"].asked_of) == (
        "each refuge", "",
    )  # fmt: skip


@pytest.mark.parametrize("goal", Goal)
def test_every_key_is_in_one_question_or_in_none(goal: Goal) -> None:
    """In the small pack, and none of them is left out but for support, and who is on no route."""
    tables = base_tables()
    change(tables, "services", {"service_id": "idva"}, operating="unknown")
    change(tables, "parameters", {"key": "travel_threshold_min"}, low="20")
    change(tables, "referral_routes", {"from_id": "idva", "to_id": "refuge_one"}, known="unknown")
    settings = Settings(goal)
    pack = small_pack(tables)
    listening = Listening()
    model.run_one(pack, settings, listening)
    held = Counter(key for question in questions(pack, settings) for key in question.keys)
    assert set(held.values()) == {1}
    assert set(held) <= set(listening.asked)
    counted = {"support_needs", "nrpf", "male", "tenure", "right", "risk", "from"}
    left_out = {
        key
        for key in listening.asked
        if key.startswith("supports:")
        or key == "takes:refuge_one:support_needs"  # takes mental health: the only such need here
        or key.split(":")[1:2] == ["perpetrators"]
        or (key.startswith("takes:") and key.split(":")[2] not in counted)
    }
    assert set(listening.asked) - set(held) == left_out
