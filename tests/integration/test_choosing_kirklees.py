"""The optimiser on the shipped pack, against every set answered by the model itself."""

from functools import cache

import pytest

from housing_map import model
from housing_map.candidates import Ask, Candidate, Objective, candidate
from housing_map.changes import AddService, ChangeDemand, ChangeTakes, CloseService, Resize
from housing_map.choosing import Choosing, as_scenario
from housing_map.frontier import frontier, order
from housing_map.left_out import left_out
from housing_map.model import Settings
from housing_map.needed import Wanted, needed
from housing_map.pack import Pack, default_folder, load_pack
from housing_map.ready_candidates import ready
from housing_map.scenario import Scenario, apply
from housing_map.vocabulary import Answer, CapacityBasis, Goal, Run
from tests.choices import World

CLOSE = 1e-4


@cache
def kirklees() -> Pack:
    return load_pack(default_folder())


def homes(number: int, cost: float) -> Candidate:
    new = AddService(
        service_id=f"homes_{number}",
        name="Dispersed homes",
        kind="dispersed",
        capacity=number,
        basis=CapacityBasis.UNITS,
        otherwise=Answer.YES,
        cost_gbp_a_year=cost,
    )
    return candidate([new], f"{number} dispersed homes", one_of="homes", id=new.service_id)


def more(pool: str, by: float, cost: float) -> Candidate:
    change = Resize(pool=f"pool:{pool}", by=by, cost_gbp_a_year=cost)
    return candidate([change], f"{by:g} more in {pool}", id=pool)


LISTED = (
    homes(4, 80_000),
    homes(10, 170_000),
    more("refuge", 5, 150_000),
    more("sanctuary", 20, 30_000),
    more("social_letting", 10, 5_000),
    candidate(
        [
            ChangeTakes(
                service_id="pdap_refuges", rules=("nrpf",), answer=Answer.YES, cost_gbp_a_year=4e4
            )
        ],
        "Takes people with no recourse",
        id="nrpf",
    ),
    candidate(
        [CloseService(service_id="connect_refuge", cost_gbp_a_year=-1e5)], "Closes", id="close"
    ),
)


@cache
def asked_one_by_one(goal: Goal) -> dict[tuple[str, ...], float]:
    """Return what the model itself says that every set meets, floors or none."""
    world = World(kirklees(), Settings(goal=goal), LISTED, Ask())
    found = {}
    for inside in world.sets():
        changes = tuple(change for one in inside for change in one.changes)
        after = apply(kirklees(), Scenario(name="A set", changes=changes), world.settings)
        found[tuple(one.id for one in inside)] = model.most_met(
            after.pack, after.settings, Run.CENTRAL
        )[1]
    return found


def cost(ids: tuple[str, ...]) -> float:
    return sum(one.cost_gbp_a_year or 0.0 for one in LISTED if one.id in ids)


@pytest.mark.parametrize("goal", Goal)
def test_the_best_set_for_any_budget_is_the_best_of_all_that_the_model_can_be_asked(
    goal: Goal,
) -> None:
    every = asked_one_by_one(goal)
    choosing = Choosing(kirklees(), Settings(goal=goal), LISTED, Ask(floors={}))
    for budget in (0.0, 50_000.0, 100_000.0, 200_000.0, None):
        choosing.limit_to(Ask(gbp_a_year=budget, floors={}))
        best = max(met for ids, met in every.items() if budget is None or cost(ids) <= budget)
        found, greedy = choosing.optimum(), choosing.greedy()
        assert found.proved
        assert found.met == pytest.approx(best, abs=CLOSE)
        assert found.bound == pytest.approx(best, abs=CLOSE)
        assert every[found.ids] == pytest.approx(best, abs=CLOSE)
        assert greedy.met <= best + CLOSE


def test_the_ready_list_is_answered_and_the_scenario_does_what_is_said() -> None:
    listed, settings = ready(kirklees()).candidates, Settings(goal=Goal.SAFE)
    choosing = Choosing(kirklees(), settings, listed, Ask(units=30))
    found = choosing.optimum()
    assert found.proved
    assert found.units <= 30
    scenario = as_scenario(Scenario(name="Base"), listed, found.ids, "Best")
    after = apply(kirklees(), scenario, settings)
    assert not after.skipped
    _, met = model.most_met(after.pack, after.settings, Run.CENTRAL)
    assert met == pytest.approx(found.shared, abs=CLOSE)
    assert found.shared >= found.met - CLOSE
    left = left_out(kirklees(), scenario, settings)
    assert {"tenure", "risk", "need", kirklees().info.default_level} == set(left.rows["what"])
    steps = order(choosing, found).steps
    assert {step.id for step in steps} == set(found.ids)
    assert all(step.regret >= 0 for step in steps)


def test_the_frontier_rises_with_the_budget_and_every_point_is_proved() -> None:
    found = frontier(kirklees(), Settings(), LISTED[:4], Ask())
    spent = [point.spent for point in found.points]
    met = [point.best.met for point in found.points]
    assert found.complete
    assert spent == sorted(spent)
    assert met == sorted(met)
    assert len(met) > 4
    assert all(point.best.proved for point in found.points)


@pytest.mark.parametrize("goal", Goal)
def test_the_least_provision_helps_as_many_as_it_says_when_it_opens(goal: Goal) -> None:
    settings = Settings(goal=goal)
    found = needed(kirklees(), settings, Wanted(0.55, as_far=True))
    services = kirklees()["services"]
    changes = tuple(
        AddService(
            service_id=f"more_{kind}",
            name="More",
            kind=kind,
            like=str(services.loc[services["kind"] == kind, "service_id"].iloc[0]),
            capacity=float(new),
            basis=CapacityBasis(basis),
            otherwise=Answer.YES,
        )
        for kind, basis, new in zip(
            found.places["kind"], found.places["basis"], found.places["new"], strict=True
        )
        if new > CLOSE
    )
    assert changes
    after = apply(kirklees(), Scenario(name="More", changes=changes), settings)
    assert not after.skipped
    _, met = model.most_met(after.pack, after.settings, Run.CENTRAL)
    assert met == pytest.approx(found.met, abs=1e-3)
    summed = found.by_group.groupby("kind")["new"].sum()
    assert summed.sum() == pytest.approx(found.places["new"].sum(), abs=CLOSE)


def test_what_is_met_today_is_met_with_nothing_more_needed() -> None:
    found = needed(kirklees(), Settings(), Wanted(0.3, as_far=True))
    _, met = model.most_met(kirklees(), Settings(), Run.CENTRAL)
    assert found.met >= met - 1e-3


def test_where_nobody_asks_for_help_nothing_is_needed() -> None:
    none = Scenario(name="Nobody", changes=(ChangeDemand(times=0.0),))
    after = apply(kirklees(), none, Settings())
    found = needed(after.pack, after.settings, Wanted(0.6))
    assert (found.met, found.demand) == (0.0, 0.0)
    assert found.places["new"].max() <= CLOSE


def test_fairness_is_proved_in_a_few_rounds_though_much_of_the_list_takes_nothing() -> None:
    # Eight candidates of the ready list cost no unit: 256 sets that do as well as each other.
    seen: list[int] = []
    choosing = Choosing(
        kirklees(),
        Settings(goal=Goal.SETTLED),
        ready(kirklees()).candidates,
        Ask(units=10, objective=Objective.FAIR),
    )
    found = choosing.optimum(progress=lambda done, _: seen.append(done))
    assert found.proved
    assert found.fairest
    assert max(seen[:-1]) <= 12
