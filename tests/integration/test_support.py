"""A bed and the support beside it, who is met with the support they need, and first come.

All are worked by hand: so many owners ask the police, everybody at standard risk.
"""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from housing_map import model
from housing_map.model import Result, Settings
from housing_map.tabulate import SUPPORTED
from housing_map.vocabulary import REASONS, Detail, Goal, Run, Sharing
from tests.drawn import Question, examples, questions, rich_tables
from tests.packs import Tables, change
from tests.worlds import (
    EXACT,
    answer,
    assume,
    bare,
    chain,
    details,
    one_run,
    route,
    rows_of,
    serve,
    set_parameter,
    set_shares,
    small_pack,
    total,
)

SAFE = Goal.SAFE
RUNS = (Run.CAUTIOUS, Run.CENTRAL, Run.OPTIMISTIC)


def ask(tables: Tables, settings: Settings, run: Run = Run.CENTRAL) -> Result:
    pack = small_pack(tables)
    found = model.run_one(pack, settings, run)
    return Result(pack, settings, pack.info.reference_date, {run: found})


def about(expected: Mapping[str, float]) -> dict[str, object]:
    return {name: pytest.approx(figure, abs=EXACT) for name, figure in expected.items()}


# A bed and support --------------------------------------------------------------------------------


def beds(seeking: float = 20, *, used_with: str = "support", **shares: float) -> Tables:
    """Return a refuge for 15 a year with support for 100 beside it, which no route leads to."""
    tables = bare(seeking, move=1, **shares)
    serve(tables, "beds", "refuge", 15, basis="units", support_types="s1")
    change(tables, "services", {"service_id": "beds"}, used_with=used_with)
    serve(tables, "support", "wider_support", 100)
    for service in ("beds", "support"):
        for need in ("male", "mental_health"):
            answer(tables, service, need, "yes")
    route(tables, "entry:police", "beds")
    return tables


def met(tables: Tables, run: Run = Run.CENTRAL) -> float:
    return total(one_run(tables, run, goal=SAFE)).get("met", 0.0)


def test_a_bed_whose_support_has_room_is_a_bed() -> None:
    """15 of 20, all of whom use the support as well."""
    result = one_run(beds(), goal=SAFE)
    assert total(result)["met"] == pytest.approx(15, abs=EXACT)
    use = result[Run.CENTRAL].cells.pool_use
    assert use == about({"beds": 15 * 365, "support": 15})


def test_the_support_limits_the_beds_where_it_has_less_room() -> None:
    tables = beds()
    change(tables, "capacity", {"service_id": "support"}, capacity_central="6")
    found = total(one_run(tables, goal=SAFE))
    assert (found["met"], found["no_room"]) == pytest.approx((6, 14), abs=EXACT)


def test_the_support_is_used_by_as_many_as_come_to_the_bed() -> None:
    """Half of those offered a bed take it: 6 places of support go to 12 offers, 6 decline."""
    tables = beds()
    change(tables, "capacity", {"service_id": "support"}, capacity_central="6")
    change(tables, "referral_routes", {"from_id": "entry:police"}, accepts_central="0.5")
    found = total(one_run(tables, goal=SAFE))
    expected = {"met": 6, "not_taken_up": 6, "no_room": 8}
    assert {name: found[name] for name in expected} == about(expected)


@pytest.mark.parametrize("refuses", ["beds", "support"])
def test_a_household_that_the_support_refuses_has_no_bed(refuses: str) -> None:
    """Men are a quarter: of 20, 5. The bed by itself takes them: they get in nowhere."""
    tables = beds(male=0.25)
    answer(tables, refuses, "male", "no")
    result = one_run(tables, goal=SAFE)
    reason = "not_eligible" if refuses == "beds" else "not_connected"
    assert rows_of(result, "need").loc["male", reason] == pytest.approx(5)
    assert total(result)["met"] == pytest.approx(15, abs=EXACT)
    if refuses == "support":
        assert details(result)[Detail.NO_WAY_IN] == pytest.approx(5)
        assert Detail.NO_WAY_ON not in details(result)


def test_support_that_serves_another_area_closes_the_bed_to_all_others() -> None:
    tables = beds()
    for row in tables["areas_served"]:
        if row["service_id"] == "support":
            row["area"] = "Cowden"  # two of six small areas
    found = total(one_run(tables, goal=SAFE))
    assert (found["met"], found["out_of_reach"]) == pytest.approx((20 / 3, 40 / 3), abs=EXACT)


@pytest.mark.parametrize("why", ["ended", "without", "never"])
def test_without_support_there_is_no_bed(why: str) -> None:
    tables = beds(used_with="nobody" if why == "never" else "support")
    without = frozenset({"support"}) if why == "without" else frozenset()
    if why == "ended":
        change(tables, "services", {"service_id": "support"}, operating="no")
    found = total(ask(tables, Settings(SAFE, without=without)))
    assert found["not_connected"] == pytest.approx(20)
    assert "met" not in found


def test_support_that_may_not_run_closes_the_bed_in_the_cautious_run() -> None:
    tables = beds()
    change(tables, "services", {"service_id": "support"}, operating="unknown")
    assert [met(tables, run) for run in RUNS] == pytest.approx([0, 15, 15], abs=EXACT)


def test_several_companions_are_alternatives() -> None:
    """Room for 6 and for 5: eleven beds can be used; men, whom one refuses, use the other."""
    tables = beds(used_with="support;visiting", male=0.25)
    serve(tables, "visiting", "wider_support", 5)
    change(tables, "capacity", {"service_id": "support"}, capacity_central="6")
    answer(tables, "visiting", "male", "yes")
    assert met(tables) == pytest.approx(11, abs=EXACT)
    answer(tables, "support", "male", "no")
    result = one_run(tables, goal=SAFE)
    assert total(result)["met"] == pytest.approx(11, abs=EXACT)
    change(tables, "services", {"service_id": "visiting"}, operating="no")
    result = one_run(tables, goal=SAFE)
    assert total(result)["met"] == pytest.approx(6, abs=EXACT)
    assert rows_of(result, "need").loc["male", "not_connected"] == pytest.approx(5)


def test_a_bed_and_a_home_may_each_need_support_and_the_same_is_used_once() -> None:
    """With the goal settled: 15 beds lead to 40 lettings, the support has room for 8."""
    tables = beds()
    serve(tables, "homes", "social_letting", 40, basis="lettings", used_with="support")
    chain(tables, "beds", "homes", "home:social")
    change(tables, "capacity", {"service_id": "support"}, capacity_central="8")
    result = one_run(tables)
    assert total(result)["met"] == pytest.approx(8, abs=EXACT)
    assert result[Run.CENTRAL].cells.pool_use["support"] == pytest.approx(8, abs=EXACT)


def test_support_met_on_the_way_to_the_bed_is_not_used_twice() -> None:
    tables = beds(used_with="adviser")
    serve(tables, "adviser", "idva", 9)
    tables["referral_routes"] = []
    chain(tables, "entry:police", "adviser", "beds")
    assert met(tables) == pytest.approx(9, abs=EXACT)


# With the support they need -----------------------------------------------------------------------


def two_refuges(seeking: float, **shares: float) -> Tables:
    """Return two refuges with room for all: one gives s5b, of the other nobody has said."""
    tables = bare(seeking, move=1, **shares)
    serve(tables, "able", "refuge", 1000, basis="units", support_types="s1;s5b")
    serve(tables, "unsaid", "refuge", 1000, basis="units")
    for service in ("able", "unsaid"):
        for need in shares:
            answer(tables, service, need, "yes")
    return tables


def with_support(result: Result) -> float:
    return float(rows_of(result)[SUPPORTED].iloc[0])


def supported(result: Result, *by: str) -> dict[object, float]:
    return {key: float(n) for key, n in rows_of(result, *by)[SUPPORTED].items()}


@pytest.mark.parametrize(
    ("refuge", "expected"), [("able", [100, 100, 100]), ("unsaid", [50, 50, 100])]
)
def test_support_nobody_has_told_of_counts_in_the_optimistic_run_alone(
    refuge: str, expected: list[float]
) -> None:
    """Half have a mental health need; the other half need no specialist support."""
    tables = two_refuges(100, mental_health=0.5)
    route(tables, "entry:police", refuge)
    for run, households in zip(RUNS, expected, strict=True):
        result = one_run(tables, run, goal=SAFE)
        assert total(result)["met"] == pytest.approx(100)
        assert with_support(result) == pytest.approx(households)
        by_need = supported(result, "need")["mental_health"]
        assert by_need == pytest.approx(households - 50)


def test_who_needs_two_sorts_of_support_needs_both() -> None:
    """Half need mental health support, a fifth support as no recourse, a tenth both.

    The refuge gives the first: met with support are those who need that or nothing, 0.8 of 100.
    By need: mental health 50, of whom the 10 with both are not; no recourse, none.
    """
    tables = two_refuges(100, mental_health=0.5, nrpf=0.2)
    route(tables, "entry:police", "able")
    result = one_run(tables, goal=SAFE)
    assert with_support(result) == pytest.approx(80)
    assert supported(result, "need") == about({"mental_health": 40, "nrpf": 0})
    change(tables, "services", {"service_id": "able"}, support_types="s5a;s5b")
    assert with_support(one_run(tables, goal=SAFE)) == pytest.approx(100)
    change(tables, "services", {"service_id": "able"}, support_types="s5a;s6;s9")
    result = one_run(tables, goal=SAFE)
    assert supported(result, "need") == about({"mental_health": 0, "nrpf": 10})
    assert with_support(result) == pytest.approx(50)


def test_one_need_of_several_that_ask_for_the_same_support_is_enough() -> None:
    """Drugs and mental health, a half each: a quarter needs no support at all."""
    tables = two_refuges(100, mental_health=0.5, drugs=0.5)
    route(tables, "entry:police", "unsaid")
    result = one_run(tables, goal=SAFE)
    assert with_support(result) == pytest.approx(25)
    assert supported(result, "need") == about({"mental_health": 0, "drugs": 0})


def test_those_who_are_not_met_are_not_met_with_support() -> None:
    """Room for 40 of 100 at the one that gives it; a fifth of these need nothing special."""
    tables = two_refuges(100, mental_health=0.8)
    route(tables, "entry:police", "able")
    change(tables, "capacity", {"service_id": "able"}, capacity_central="40")
    result = one_run(tables, goal=SAFE)
    assert supported(result, "need")["mental_health"] == pytest.approx(32, abs=EXACT)
    assert with_support(result) == pytest.approx(40, abs=EXACT)


def test_the_support_may_come_from_anybody_on_the_way_or_beside_it() -> None:
    tables = beds(100, mental_health=0.5)
    change(tables, "capacity", {"service_id": "beds"}, capacity_central="100")
    assert with_support(one_run(tables, goal=SAFE)) == pytest.approx(50)
    change(tables, "services", {"service_id": "support"}, support_types="s5b")
    assert with_support(one_run(tables, goal=SAFE)) == pytest.approx(100)


def test_two_ways_that_differ_in_support_alone_are_both_used_alike() -> None:
    """Equal ways share equally: half of the 60 with the need are met with support, and the 40."""
    tables = two_refuges(100, mental_health=0.6)
    route(tables, "entry:police", "able")
    route(tables, "entry:police", "unsaid")
    result = one_run(tables, goal=SAFE)
    assert supported(result, "need")["mental_health"] == pytest.approx(30, abs=1e-3)
    assert with_support(result) == pytest.approx(70, abs=1e-3)


@given(questions(), st.sampled_from(["", "s1", "s5b", "s5a;s5b"]))
@examples(8)
def test_met_with_support_is_a_part_of_met_in_every_row(question: Question, given: str) -> None:
    tables = question.copy()
    change(tables, "services", {"service_id": "refuge_one"}, support_types=given)
    result = question.ask(tables)
    for by in ((), ("tenure",), ("ward",), ("need",)):
        rows = rows_of(result, *by)
        assert (rows[SUPPORTED] >= -1e-9).all()
        assert (rows[SUPPORTED] <= rows["met"] + 1e-9).all()
    parts = rows_of(result, "tenure")[SUPPORTED].sum()
    assert parts == pytest.approx(rows_of(result)[SUPPORTED].iloc[0], abs=1e-9)


# First come, first served -------------------------------------------------------------------------

FIRST = Settings(SAFE, sharing=Sharing.FIRST_COME)


def two_ways(first: str, second: str) -> Tables:
    """Return 30 men and women, two fifths men; women may use either refuge, men the large one.

    Room for 12 in the small and for 15 in the large.
    """
    tables = bare(30, move=1, male=0.4)
    serve(tables, "small", "refuge", 12, basis="units")
    serve(tables, "large", "refuge", 15, basis="units")
    answer(tables, "small", "male", "no")
    answer(tables, "large", "male", "yes")
    route(tables, "entry:police", "small", order=first)
    route(tables, "entry:police", "large", order=second)
    return tables


def test_first_come_follows_the_order_of_the_routes() -> None:
    """18 women and 12 men. Small first: full at 2/3 of the year, 12 women; by then 8 men.

    Of the 7 places left in the large, women then take 18/30: full after 7/30 of a year, at 0.9.
    """
    result = ask(two_ways("1", "2"), FIRST)
    men = rows_of(result, "need").loc["male", "met"]
    assert men == pytest.approx(12 * 0.9, abs=EXACT)
    assert total(result)["met"] == pytest.approx(27, abs=EXACT)
    assert total(result)["no_room"] == pytest.approx(3, abs=EXACT)


def test_first_come_the_other_way_round_shuts_out_those_who_have_no_other_way() -> None:
    """Large first: full at half a year, with 9 women and 6 men. Then 9 women find the small."""
    result = ask(two_ways("2", "1"), FIRST)
    assert rows_of(result, "need").loc["male", "met"] == pytest.approx(6, abs=EXACT)
    assert total(result)["met"] == pytest.approx(6 + 18, abs=EXACT)
    best = ask(two_ways("2", "1"), Settings(SAFE))
    assert total(best)["met"] == pytest.approx(27, abs=EXACT)


def test_routes_without_an_order_are_tried_last_and_alike() -> None:
    result = ask(two_ways("", "1"), FIRST)
    assert rows_of(result, "need").loc["male", "met"] == pytest.approx(6, abs=EXACT)
    alike = ask(two_ways("", ""), FIRST)
    # Women halve: 21 a year at the large, full at 15/21; 9 x 15/21 women had the small by then,
    # and 18 x 6/21 after.
    assert rows_of(alike, "need").loc["male", "met"] == pytest.approx(12 * 15 / 21, abs=EXACT)
    women = min(12, 9 * 15 / 21 + 18 * 6 / 21) + 9 * 15 / 21
    assert total(alike)["met"] == pytest.approx(women + 12 * 15 / 21, abs=EXACT)


def test_each_door_tries_its_own_order() -> None:
    """Half ask the police (small first), half housing options (large first)."""
    tables = two_ways("1", "2")
    set_shares(tables, "circumstance", male=0)
    set_shares(tables, "entry", police=0.5, housing_options=0.5)
    route(tables, "entry:housing_options", "small", order="2")
    route(tables, "entry:housing_options", "large", order="1")
    result = ask(tables, FIRST)
    # 15 a year at each: the small is full at 0.8 with 12, then all 30 a year try the large, which
    # had 12 by then and has 3 left: until 0.9.
    by_entry = rows_of(result, "entry")["met"]
    assert by_entry["police"] == pytest.approx(15 * 0.9, abs=EXACT)
    assert by_entry["housing_options"] == pytest.approx(15 * 0.9, abs=EXACT)
    tables["household_shares"] = [
        r for r in tables["household_shares"] if r["dimension"] != "entry"
    ]
    set_shares(tables, "entry", police=0.2, housing_options=0.8)
    by_entry = rows_of(ask(tables, FIRST), "entry")["met"]
    # 6 and 24 a year: the large full at 0.625, then 30 a year try the small with 12 - 3.75 left:
    # full at 0.625 + 8.25 / 30 = 0.9.
    assert by_entry["police"] == pytest.approx(6 * 0.9, abs=EXACT)
    assert by_entry["housing_options"] == pytest.approx(24 * 0.9, abs=EXACT)


def test_an_earlier_route_that_is_not_open_to_a_household_does_not_bring_another_forward() -> None:
    """Ten at standard risk: the small refuge is first for high risk, and after the large for them.

    So all ten are in the large, which has room for 15.
    """
    tables = two_ways("3", "2")
    set_parameter(tables, "national_households_supported", 10)
    route(tables, "entry:police", "small", order="1", risks="high")
    use = ask(tables, FIRST)[Run.CENTRAL].cells.pool_use
    assert use == about({"large": 10 * 365, "small": 0})


@given(questions())
@examples(10)
def test_first_come_never_helps_more_than_the_best_plan_and_adds_up(question: Question) -> None:
    best = question.ask()
    settings = Settings(question.goal, question.pathway, sharing=Sharing.FIRST_COME)
    first = ask(question.tables, settings, question.run)
    for by in ((), ("ward", "tenure"), ("entry",), ("need",), ("component",)):
        rows = rows_of(first, *by)
        lost = rows[list(REASONS)].sum(axis=1)
        otherwise = rows["met_otherwise"] if "component" in by else 0.0
        assert ((rows["demand"] - rows["met"] - otherwise - lost).abs() <= 1e-9).all()
        assert (rows >= -1e-9).all(axis=None)
    demand = total(best).get("demand", 0.0)
    assert total(first).get("met", 0) <= total(best).get("met", 0) + 1e-6 * demand
    for reason in ("not_provided", "not_eligible", "not_connected", "out_of_reach"):
        assert total(first).get(reason, 0) == pytest.approx(total(best).get(reason, 0), abs=1e-5)


# Needs that gather --------------------------------------------------------------------------------


@pytest.mark.parametrize("odds_ratio", [1.0, 2.0, 4.0])
def test_needs_that_gather_are_as_common_as_before(odds_ratio: float) -> None:
    tables = rich_tables()
    set_shares(
        tables, "circumstance", mental_health=0.4, drugs=0.2, nrpf=0.1, destitution=0.3, male=0.1
    )
    plain = one_run(tables, goal=SAFE)
    tied = ask(tables, Settings(SAFE, needs_odds_ratio=odds_ratio))
    for by in (("need",), ("tenure", "need"), ("tenure",), ("ward", "risk"), ()):
        before, after = rows_of(plain, *by)["demand"], rows_of(tied, *by)["demand"]
        assert after.sort_index().to_numpy() == pytest.approx(
            before.sort_index().to_numpy(), abs=1e-6
        )


def test_needs_that_gather_leave_more_households_without_any() -> None:
    """A refuge that takes neither need helps those with neither: 0.36, or more if they gather."""
    tables = bare(100, move=1, mental_health=0.4, drugs=0.4)
    serve(tables, "beds", "refuge", 1000, basis="units")
    for need in ("mental_health", "drugs"):
        answer(tables, "beds", need, "no")
    route(tables, "entry:police", "beds")
    found = [
        total(ask(tables, Settings(SAFE, needs_odds_ratio=ratio)))["met"] for ratio in (1, 2, 4)
    ]
    assert found[0] == pytest.approx(36)
    # Two needs of 0.4 each: with neither = x has odds ratio x (x - 0.2) / (0.6 - x)^2.
    ratios = [(x / 100) * (x / 100 - 0.2) / (0.6 - x / 100) ** 2 for x in found]
    assert ratios == pytest.approx([1, 2, 4], rel=1e-6)


# Services taken out -------------------------------------------------------------------------------


@given(
    questions(), st.sampled_from(["idva", "refuge_two", "lettings", "sanctuary_two", "elsewhere"])
)
@examples(6)
def test_a_service_taken_out_is_as_one_that_has_ended(question: Question, service: str) -> None:
    settings = Settings(question.goal, question.pathway, without=frozenset({service}))
    taken_out = ask(question.tables, settings, question.run)
    tables = question.copy()
    change(tables, "services", {"service_id": service}, closes_on="2026-06-29", opened_on="")
    ended = one_run(tables, question.run, goal=question.goal, pathway=question.pathway)
    pools = [
        {p.id: p.limit(question.run) for p in result[question.run].cells.setting.pools}
        for result in (taken_out, ended)
    ]
    # One that had ended on the pack's own date was never counted on in a shared pool.
    if not any("pool:" in p and service.startswith("refuge") for p in pools[0]):
        assert pools[0] == pytest.approx(pools[1])
        assert total(taken_out).get("met", 0) == pytest.approx(total(ended).get("met", 0), abs=1e-4)
    assert service not in {s.id for s in taken_out[question.run].cells.setting.services}


def test_taking_out_a_member_of_a_shared_pool_takes_none_an_even_part_or_all() -> None:
    """Two refuges of 10 together, 8 to 16: none is left, 5, or 16."""
    tables = bare(100, move=1)
    for name in ("one", "two"):
        serve(tables, name, "refuge")
        route(tables, "entry:police", name)
    assume(
        tables, "refuge", "units", 10, stay_days_central="365", occupancy_central="1",
        capacity_low="8", capacity_high="16",
    )  # fmt: skip
    whole, rest = (
        [
            total(ask(tables, Settings(SAFE, without=frozenset(gone)), run)).get("met", 0)
            for run in RUNS
        ]
        for gone in ([], ["two"])
    )
    assert whole == pytest.approx([8, 10, 16], abs=EXACT)
    assert rest == pytest.approx([0, 5, 16], abs=EXACT)
