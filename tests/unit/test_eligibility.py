"""What an answer means in each run, and how the members of a pool average."""

import pytest

from housing_map.eligibility import Eligibility, SubCapacity, base_rules, eligibility, taken_share
from housing_map.parameters import Figure, Register
from housing_map.provision import open_services, pools
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
