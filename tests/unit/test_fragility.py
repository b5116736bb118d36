"""The gravest single loss: found without asking all, and the same as when all are asked."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from housing_map import model
from housing_map.changes import AddService, Resize, Weigh
from housing_map.effects import compare
from housing_map.errors import UsageError
from housing_map.fragility import fragility, gravest, most_lost
from housing_map.model import Settings
from housing_map.resilience import Kind, losses, n_minus_one
from housing_map.scenario import Scenario, apply
from housing_map.vocabulary import Goal, Run
from tests.worlds import EXACT, bare, base_pack, chain, serve, small_pack

SETTLED = Settings(goal=Goal.SETTLED)
SECOND = AddService(
    service_id="second", name="Second", kind="refuge", capacity=6, stay_days=365, occupancy=1
)


def test_a_second_service_makes_the_loss_of_the_first_less_grave() -> None:
    tables = bare(10, move=1)
    serve(tables, "refuge", "refuge", 8, basis="units")
    chain(tables, "entry:police", "refuge", "home:social")
    scenario = Scenario(name="Second", changes=(SECOND,))
    found = fragility(compare(small_pack(tables), [scenario], SETTLED), 1)
    before, after = found.before[Kind.SERVICE], found.after[Kind.SERVICE]
    assert before is not None
    assert after is not None
    # Without its one refuge nobody of the 8 is helped; of the 10 helped with both, 6 still are.
    assert (before.what.id, after.what.id) == ("refuge", "refuge")
    assert (before.fewer, after.fewer) == pytest.approx((8, 4), abs=EXACT)
    assert found.change() == pytest.approx(-4, abs=EXACT)


def test_where_there_is_nothing_there_is_nothing_to_lose() -> None:
    result = model.run(small_pack(bare(10, move=1)), SETTLED)
    assert gravest(result) == {Kind.SERVICE: None}


@given(
    refuge=st.integers(-3, 6),
    lettings=st.integers(-20, 20),
    weighted=st.booleans(),
    goal=st.sampled_from(Goal),
)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_gravest_loss_is_that_of_asking_all(
    refuge: int, lettings: int, weighted: bool, goal: Goal
) -> None:
    weight = (Weigh(rule="nrpf", weight=3),) if weighted else ()
    places = (Resize(pool="refuge_one", by=refuge), Resize(pool="lettings", by=lettings))
    scenario = Scenario(name="x", changes=(*places, *weight))
    applied = apply(base_pack(), scenario, Settings(goal=goal))
    every = n_minus_one(applied.pack, applied.settings)
    found = gravest(model.run(applied.pack, applied.settings), list(Kind))
    for kind in Kind:
        first = next((loss for loss in every if loss.what.kind is kind), None)
        ours = found[kind]
        assert (ours is None) == (first is None)
        if ours is not None and first is not None:
            assert ours.fewer == pytest.approx(first.fewer, abs=EXACT)


def test_no_loss_costs_more_than_goes_through_it() -> None:
    result = model.run(base_pack(), SETTLED)
    cells = result[Run.CENTRAL].cells
    for loss in n_minus_one(base_pack(), SETTLED):
        assert loss.fewer <= most_lost(cells, loss.what.services) + EXACT


def test_it_says_how_far_it_is_and_can_be_stopped() -> None:
    told: list[tuple[int, int]] = []
    result = model.run(base_pack(), SETTLED)
    gravest(result, progress=lambda done, of: told.append((done, of)))
    count = sum(loss.what.kind is Kind.SERVICE for loss in losses(result))
    assert told == [(number, count) for number in range(count + 1)]

    def stop(done: int, of: int) -> None:
        raise InterruptedError(done, of)

    with pytest.raises(InterruptedError):
        gravest(result, progress=stop)


def test_there_is_no_scenario_beyond_the_last() -> None:
    with pytest.raises(UsageError, match="no 1"):
        fragility(compare(base_pack(), [], SETTLED), 1)
