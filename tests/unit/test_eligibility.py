"""What an answer means in each run, and how the members of a pool average."""

import pytest

from housing_map.eligibility import (
    SUPPORT_NEEDS,
    Eligibility,
    SubCapacity,
    base_rules,
    eligibility,
    taken_share,
    topic,
)
from housing_map.parameters import Figure, Register
from housing_map.provision import open_services, pools
from housing_map.stance import Draw, Pinned
from housing_map.vocabulary import RULES, Aim, Answer, Right, Risk, Run, Status, Tenure
from tests.packs import Tables
from tests.worlds import answer, assume, bare, serve, set_parameter, small_pack

RUNS = (Run.CAUTIOUS, Run.CENTRAL, Run.OPTIMISTIC)
LIKELIER = 0.25
"""A default that no other cell of the table holds."""


def national(low: float | None, central: float, high: float | None) -> Figure:
    return Figure("n", "n", low, central, high, "share", "low", Status.PUBLISHED, "made up")


LESS, MORE = national(0.05, 0.09, 0.2), national(0.4, 0.6, 0.8)
PLAIN = {
    Answer.YES: (1, 1, 1),
    Answer.NO: (0, 0, 0),
    Answer.DEPENDS: (0, 1, 1),
    Answer.UNKNOWN: (0, LIKELIER, 1),
}


def shares(given: Answer, figure: Figure | None, *, pooled: bool) -> tuple[float, ...]:
    return tuple(
        taken_share(given, figure, pooled=pooled, run=run, default=LIKELIER) for run in RUNS
    )


@pytest.mark.parametrize("given", list(Answer))
@pytest.mark.parametrize("pooled", [False, True])
def test_without_a_national_share_the_answer_is_that_of_the_table(
    given: Answer, pooled: bool
) -> None:
    assert shares(given, None, pooled=pooled) == PLAIN[given]


@pytest.mark.parametrize("given", [Answer.YES, Answer.NO, Answer.DEPENDS])
@pytest.mark.parametrize("pooled", [False, True])
@pytest.mark.parametrize("figure", [LESS, MORE])
def test_a_national_share_never_stands_in_for_a_given_answer(
    given: Answer, pooled: bool, figure: Figure
) -> None:
    assert shares(given, figure, pooled=pooled) == PLAIN[given]


@pytest.mark.parametrize(
    ("figure", "pooled", "expected"),
    [
        (LESS, True, (0.05, 0.09, 0.2)),
        (MORE, True, (0.4, 0.6, 0.8)),
        (national(None, 0.09, None), True, (0.09, 0.09, 0.09)),
        (LESS, False, (0, 0, 1)),
        (MORE, False, (0, 1, 1)),
        (national(None, 0.5, None), False, (0, 1, 1)),
    ],
)
def test_an_unknown_rule_takes_the_national_share_in_a_pool_and_its_likelier_answer_alone(
    figure: Figure, pooled: bool, expected: tuple[float, ...]
) -> None:
    assert shares(Answer.UNKNOWN, figure, pooled=pooled) == expected


def three_refuges() -> Tables:
    """Return a pack with three refuges that share a pool: NRPF yes, unknown (0.09) and no."""
    tables = bare(move=1)
    for name in ("one", "two", "three"):
        serve(tables, name, "refuge")
    assume(tables, "refuge", "units", 10, stay_days_central="365", occupancy_central="1")
    answer(tables, "one", "nrpf", "yes")
    answer(tables, "three", "nrpf", "no")
    source = {"status": "published", "source": "made up", "share_of": "vacancies"}
    tables["acceptance_shares"] = [
        {
            "kind": "refuge",
            "rule": "nrpf",
            "low": "0.03",
            "central": "0.09",
            "high": "0.3",
            **source,
        }
    ]
    return tables


def found(tables: Tables, run: Run) -> Eligibility:
    pack = small_pack(tables)
    services = open_services(pack, pack.info.reference_date, run)
    register = Register(pack["parameters"])
    return eligibility(pack, services, pools(pack, services), register, run)


@pytest.mark.parametrize(
    ("run", "share"), [(Run.CAUTIOUS, 0.03), (Run.CENTRAL, 0.09), (Run.OPTIMISTIC, 0.3)]
)
def test_a_sub_capacity_is_the_mean_over_the_members_of_the_pool(run: Run, share: float) -> None:
    result = found(three_refuges(), run)
    subs = [sub for sub in result.subs if sub.rule == "nrpf"]
    assert subs == [SubCapacity("pool:refuge", "nrpf", pytest.approx((1 + share + 0) / 3))]
    assert ("three", "nrpf") in result.refused
    assert not {("one", "nrpf"), ("two", "nrpf")} & result.refused


def test_rules_that_all_members_take_or_all_refuse_limit_nothing() -> None:
    tables = three_refuges()
    for name in ("one", "two", "three"):
        answer(tables, name, "nrpf", "yes")
        answer(tables, name, "male", "no")
    result = found(tables, Run.CENTRAL)
    assert not result.subs
    assert {s for s, rule in result.refused if rule == "male"} == {"one", "two", "three"}


@pytest.mark.parametrize(("default", "refuses"), [(0, True), (1, False)])
def test_the_register_says_what_the_central_run_makes_of_an_unknown_rule(
    default: int, refuses: bool
) -> None:
    tables = three_refuges()
    set_parameter(tables, "unknown_rule_central", default)
    assert (("one", "drugs") in found(tables, Run.CENTRAL).refused) is refuses
    assert ("one", "drugs") in found(tables, Run.CAUTIOUS).refused
    assert ("one", "drugs") not in found(tables, Run.OPTIMISTIC).refused


def test_refusing_rules_keep_the_order_asked() -> None:
    rules = Eligibility(frozenset({("s", "b"), ("s", "a"), ("t", "c")}), ())
    assert rules.refusing_rules("s", ("b", "c", "a")) == ("b", "a")


def test_every_household_meets_its_tenure_right_risk_and_origin() -> None:
    arriving = base_rules(Tenure.OWNED, Right.JOINT, Risk.HIGH, Aim.ARRIVE)
    assert arriving == ("tenure_owned", "right_joint", "risk_high", "from_elsewhere")
    assert base_rules(Tenure.OWNED, Right.JOINT, Risk.HIGH, Aim.LEAVE)[-1] == "from_inside"
    assert set(arriving) <= set(RULES)


def drawn(given: Answer, figure: Figure | None, *, pooled: bool, **levels: float) -> float:
    """Return what an answer means where the question and the share stand at these levels."""
    stance = Pinned(levels)
    return taken_share(given, figure, pooled=pooled, run=stance, default=1, key="asked")


@pytest.mark.parametrize("given", [Answer.DEPENDS, Answer.UNKNOWN])
def test_a_draw_answers_no_at_its_lowest_quarter(given: Answer) -> None:
    found = [drawn(given, None, pooled=False, asked=level) for level in (0, 0.249, 0.25, 1)]
    assert found == [0, 0, 1, 1]
    central = taken_share(given, None, pooled=False, run=Pinned(), default=0.3, key="asked")
    assert central == (1 if given is Answer.DEPENDS else 0.3)  # as in the central run
    stance = Pinned({"asked": 0.74})
    unlikely = taken_share(given, None, pooled=False, run=stance, default=0, key="asked")
    assert unlikely == (given is Answer.DEPENDS)


def test_a_service_of_its_own_answers_yes_as_often_as_the_national_share() -> None:
    """Takes 0.09 nationally: yes above a level of 0.91; 0.6: yes from 0.4 on."""
    for figure, edge in ((LESS, 0.91), (MORE, 0.4)):
        found = [
            drawn(Answer.UNKNOWN, figure, pooled=False, asked=edge + step) for step in (-1e-6, 1e-6)
        ]
        assert found == [0, 1]


def test_a_service_in_a_pool_takes_the_share_that_was_drawn() -> None:
    """From 0.09 halfway to 0.2; the service's own question is not asked."""
    assert drawn(Answer.UNKNOWN, LESS, pooled=True, n=0.75) == pytest.approx(0.145)
    assert drawn(Answer.UNKNOWN, LESS, pooled=True, asked=0.0) == pytest.approx(0.09)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("children_3", "children"),
        ("son_17_plus", "sons"),
        ("wheelchair", "mobility"),
        ("older", "age"),
        ("alcohol", SUPPORT_NEEDS),
        ("nrpf", "nrpf"),
        ("tenure_private_rent", "tenure"),
        ("right_none", "right"),
        ("risk_high", "risk"),
        ("from_elsewhere", "from"),
    ],
)
def test_rules_that_one_call_would_settle_share_a_topic(rule: str, expected: str) -> None:
    assert rule in RULES
    assert topic(rule) == expected


def test_rules_of_one_topic_have_one_answer_in_a_draw_and_services_each_their_own() -> None:
    """Mental health, drugs, alcohol and offending go together; two services do not."""
    pack, seen = small_pack(three_refuges()), set()
    register = Register(pack["parameters"])
    for number in range(40):
        stance = Draw(1, number)
        services = open_services(pack, pack.info.reference_date, stance)
        refused = eligibility(pack, services, pools(pack, services), register, stance).refused
        by_service = []
        for service in ("one", "two"):
            found = {(service, rule) in refused for rule in ("drugs", "alcohol", "offending")}
            assert len(found) == 1
            by_service.append(found.pop())
        seen.add(tuple(by_service))
    assert seen == {(a, b) for a in (True, False) for b in (True, False)}
