"""What holds of every scenario, tried on changes drawn at random."""

import shutil
from datetime import date
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from housing_map import model
from housing_map.changes import (
    AddRoute,
    AddService,
    Change,
    ChangeDemand,
    ChangeOccupancy,
    ChangeRoute,
    ChangeStay,
    ChangeTakes,
    CloseService,
    CutRoute,
    EndFunding,
    ExtendFunding,
    MoveService,
    Reserve,
    Resize,
    Route,
    Weigh,
)
from housing_map.errors import Severity
from housing_map.pack import Pack
from housing_map.provision import open_services, pools
from housing_map.scenario import Scenario, apply, digest, read, written
from housing_map.vocabulary import Answer, CapacityBasis, Goal, Reason, Run, Tenure
from tests.drawn import examples
from tests.packs import LSOAS
from tests.scenarios import (
    END,
    GRANT,
    met,
    reloaded,
    rich_pack,
    rows,
    scenarios,
    temporary_folder,
    tried,
)
from tests.worlds import BALANCE

LOSSES = [str(reason) for reason in Reason]


@given(scenarios(), st.sampled_from(Run))
@examples(60)
def test_demand_is_met_and_lost_in_every_scenario(scenario: Scenario, run: Run) -> None:
    applied = apply(rich_pack(), scenario)
    for by in ((), ("tenure",), ("place",), ("need",)):
        found = rows(applied, *by, run=run)
        whole = found["met"] + found[LOSSES].sum(axis=1)
        assert np.allclose(found["demand"], whole, rtol=0, atol=BALANCE), by
        assert (found >= -BALANCE).to_numpy().all()


@given(scenarios())
@examples(60)
def test_a_scenario_read_from_its_file_gives_the_same_pack_settings_and_rows(
    scenario: Scenario,
) -> None:
    again = read(written(scenario))
    assert again == scenario
    assert digest(again) == digest(scenario)
    first, second = apply(rich_pack(), scenario), apply(rich_pack(), again)
    assert first.pack.digest == second.pack.digest
    assert first.settings == second.settings
    assert (first.made, first.skipped, first.notices) == (
        second.made, second.skipped, second.notices,
    )  # fmt: skip
    fresh = model.run_one(second.pack, second.settings, Run.CENTRAL)
    kept = model.run(first.pack, first.settings)[Run.CENTRAL]
    assert np.allclose(fresh.cells.demand, kept.cells.demand, rtol=0, atol=BALANCE)
    pd.testing.assert_frame_equal(rows(first), rows(second), rtol=0, atol=BALANCE)


@given(scenarios(6))
@examples(80)
def test_every_change_is_made_or_left_out_with_a_reason_and_nothing_half_made(
    scenario: Scenario,
) -> None:
    applied = apply(rich_pack(), scenario)
    left = {skipped.number for skipped in applied.skipped}
    assert left | set(applied.made) == set(range(len(scenario.changes)))
    assert left & set(applied.made) == set()
    assert all(len(skipped.why) > 10 for skipped in applied.skipped)
    only = apply(rich_pack(), scenario, only=applied.made)
    assert only.pack.digest == applied.pack.digest
    assert only.settings == applied.settings
    assert only.notices == applied.notices
    assert only.budget == applied.budget


@given(scenarios(6))
@examples(60)
def test_the_baseline_is_never_written_into(scenario: Scenario) -> None:
    pack = rich_pack()
    before = {name: frame.copy() for name, frame in pack.tables.items()}
    apply(pack, scenario)
    for name, frame in pack.tables.items():
        pd.testing.assert_frame_equal(frame, before[name])


@given(scenarios(4))
@examples(25)
def test_a_pack_after_a_scenario_passes_every_check_of_the_loader(scenario: Scenario) -> None:
    folder = temporary_folder()
    try:
        loaded = reloaded(apply(rich_pack(), scenario).pack, folder / "pack")
    finally:
        shutil.rmtree(folder)
    assert [one for one in loaded.warnings if one.severity is Severity.ERROR] == []


# Order ------------------------------------------------------------------------------------

INDEPENDENT: tuple[Change, ...] = (
    AddService(
        service_id="new_one",
        name="New",
        kind="refuge",
        like="refuge_two",
        capacity=3,
        stay_days=73,
        occupancy=1,
    ),
    AddService(service_id="new_two", name="Newer", kind="sanctuary", capacity=5),
    CloseService(service_id="sanctuary_two"),
    Resize(pool="refuge_one", by=-2),
    Resize(pool="refuge_one", by=3),
    Resize(pool="pool:refuge", by=-2.5),
    ChangeStay(pool="refuge_one", times=1.5),
    ChangeStay(pool="refuge_one", times=0.5),
    ChangeOccupancy(pool="pool:refuge", share=1.0),
    ChangeTakes(service_id="refuge_one", rules=("male",), answer=Answer.YES),
    ChangeTakes(service_id="lettings", rules=("nrpf", "pets"), answer=Answer.YES),
    MoveService(service_id="lettings", areas=("Alderby",)),
    AddRoute(route=Route(from_id="entry:health", to_id="idva")),
    AddRoute(route=Route(from_id="entry:health", to_id="options")),
    CutRoute(from_id="options", to_id="lettings"),
    ChangeRoute(from_id="idva", to_id="refuge_one", accepts=0.5),
    ChangeDemand(times=1.5, tenures=(Tenure.OWNED,)),
    ChangeDemand(times=0.5, areas=(LSOAS[0],)),
    ChangeDemand(times=2.0, need="nrpf"),
    EndFunding(stream=GRANT, on=date(2027, 1, 31)),
    Reserve(pool="lettings", rule="nrpf", units=1),
    Reserve(pool="lettings", rule="male", units=1),
    Weigh(rule="risk_high", weight=2),
)
"""Changes of which none asks what another has done: a service takes after others as they are."""


@given(st.data())
@examples(80)
def test_the_order_of_independent_changes_does_not_matter(data: st.DataObject) -> None:
    places = st.lists(st.integers(0, len(INDEPENDENT) - 1), min_size=2, max_size=6, unique=True)
    chosen = data.draw(places)
    mixed = data.draw(st.permutations(chosen))
    one = tried(*(INDEPENDENT[number] for number in chosen))
    other = tried(*(INDEPENDENT[number] for number in mixed))
    assert one.skipped == other.skipped == ()
    assert one.settings == other.settings
    assert one.pack.digest == other.pack.digest


def test_all_independent_changes_apply_together_in_any_rotation() -> None:
    turns = [INDEPENDENT[n:] + INDEPENDENT[:n] for n in range(0, len(INDEPENDENT), 5)]
    digests = {tried(*turn).pack.digest for turn in turns}
    assert len(digests) == 1


# There and back ---------------------------------------------------------------------------

_ROUTE = Route(from_id="entry:health", to_id="idva")
EXACT_INVERSES: dict[str, tuple[Change, ...]] = {
    "resized": (Resize(pool="lettings", by=-8), Resize(pool="lettings", by=8)),
    "resized below the low figure": (
        Resize(pool="pool:refuge", by=-2.5),
        Resize(pool="pool:refuge", by=2.5),
    ),
    "stay": (ChangeStay(pool="refuge_one", times=2), ChangeStay(pool="refuge_one", times=0.5)),
    "occupancy": (
        ChangeOccupancy(pool="pool:refuge", share=1),
        ChangeOccupancy(pool="pool:refuge", share=0.9),
    ),
    "route": (AddRoute(route=_ROUTE), CutRoute(from_id="entry:health", to_id="idva")),
    "money": (
        EndFunding(stream=GRANT, on=date(2026, 12, 31)),
        ExtendFunding(stream=GRANT, until=END),
    ),
    "money that ends as it is known to": (
        EndFunding(stream=GRANT, on=END),
        ExtendFunding(stream=GRANT, until=END),
    ),
    "money before the year": (EndFunding(stream=GRANT), ExtendFunding(stream=GRANT, until=END)),
    "weight": (Weigh(rule="male", weight=3), Weigh(rule="male", weight=1)),
    "capacity to": (Resize(pool="refuge_one", to=9), Resize(pool="refuge_one", to=4)),
}  # fmt: skip
EQUAL_INVERSES: dict[str, tuple[Change, ...]] = {
    "demand": (ChangeDemand(times=1.1), ChangeDemand(times=1 / 1.1)),
    "demand of a tenure": (
        ChangeDemand(times=3, tenures=(Tenure.PRIVATE,)),
        ChangeDemand(times=1 / 3, tenures=(Tenure.PRIVATE,)),
    ),
    "demand of an area": (
        ChangeDemand(times=0.7, areas=("Cowden",)),
        ChangeDemand(times=1 / 0.7, areas=("Cowden",)),
    ),
    "demand of a need": (
        ChangeDemand(times=1.7, need="nrpf"),
        ChangeDemand(times=1 / 1.7, need="nrpf"),
    ),
    "fractions of a place": (Resize(pool="refuge_one", by=0.3), Resize(pool="refuge_one", by=-0.3)),
    "thirds of a stay": (
        ChangeStay(pool="pool:refuge", times=3.3),
        ChangeStay(pool="pool:refuge", times=1 / 3.3),
    ),
    "refuge": (
        AddService(service_id="new_one", name="New", kind="refuge", capacity=3),
        CloseService(service_id="new_one"),
    ),
    "sanctuary": (
        AddService(service_id="new_one", name="New", kind="sanctuary", capacity=3),
        CloseService(service_id="new_one"),
    ),
    "adviser": (
        AddService(service_id="new_one", name="New", kind="idva", capacity=90),
        CloseService(service_id="new_one"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EXACT_INVERSES)
def test_a_change_and_its_inverse_are_the_baseline_itself(name: str) -> None:
    applied = tried(*EXACT_INVERSES[name])
    assert applied.skipped == ()
    assert applied.pack is rich_pack()
    assert applied.settings == tried().settings
    first = tried(EXACT_INVERSES[name][0])
    assert first.pack is not rich_pack() or first.settings != tried().settings


@pytest.mark.parametrize("run", Run)
@pytest.mark.parametrize("name", EQUAL_INVERSES)
def test_a_change_and_its_inverse_give_the_rows_of_the_baseline(name: str, run: Run) -> None:
    applied = tried(*EQUAL_INVERSES[name])
    assert applied.skipped == ()
    for by in ((), ("tenure",), ("place",)):
        pd.testing.assert_frame_equal(
            rows(applied, *by, run=run), rows(rich_pack(), *by, run=run), rtol=0, atol=1e-6
        )


# More -------------------------------------------------------------------------------------


@given(
    st.sampled_from(["refuge_one", "pool:refuge", "lettings", "sanctuary_two", "idva"]),
    st.floats(0, 50, allow_subnormal=False),
    st.sampled_from(Run),
    scenarios(3),
)
@examples(50)
def test_more_places_never_lower_the_total(
    pool: str, more: float, run: Run, scenario: Scenario
) -> None:
    before = apply(rich_pack(), scenario)
    wider = scenario.model_copy(update={"changes": (*scenario.changes, Resize(pool=pool, by=more))})
    after = apply(rich_pack(), wider)
    assume(len(scenario.changes) in after.made)
    weights = dict(before.settings.weights)
    assume(not weights)
    assert met(after, run) >= met(before, run) - 1e-6


@given(
    st.sampled_from(["refuge", "sanctuary", "dispersed", "social_letting"]),
    st.floats(0.5, 60),
    st.sampled_from(Run),
)
@examples(40)
def test_a_new_service_takes_no_place_of_a_shared_pool(kind: str, places: float, run: Run) -> None:
    like = {"dispersed": "refuge_one"}.get(kind)
    new = AddService(service_id="new_one", name="New", kind=kind, capacity=places, like=like,
                     basis=CapacityBasis.UNITS if kind == "dispersed" else None)  # fmt: skip
    applied = tried(new)
    assert applied.skipped == ()
    before, after = _limits(rich_pack(), run), _limits(applied.pack, run)
    assert set(after) - set(before) == {"new_one"}
    for pool, limit in before.items():
        assert after[pool] == pytest.approx(limit, abs=1e-9), pool


def _limits(pack: Pack, run: Run) -> dict[str, float]:
    there = open_services(pack, pack.info.reference_date, run)
    return {pool.id: pool.limit(run) for pool in pools(pack, there)}


@given(st.sampled_from([0.0, 0.25, 0.9, 1.5, 4.0]), st.sampled_from(Run))
@examples(15)
def test_scaled_demand_scales(times: float, run: Run) -> None:
    after, before = (
        rows(tried(ChangeDemand(times=times)), "tenure", run=run),
        rows(rich_pack(), "tenure", run=run),
    )
    # Arrivals are as many as leave, so they grow with the residents.
    assert np.allclose(after["demand"], before["demand"].reindex(after.index) * times, atol=1e-9)


@given(st.sampled_from([0.0, 0.5, 3.0]), st.sampled_from(list(Tenure)), st.sampled_from(LSOAS))
@examples(20)
def test_demand_of_one_area_and_tenure_scales_there_alone(
    times: float, tenure: Tenure, lsoa: str
) -> None:
    asked = tried(ChangeDemand(times=times, areas=(lsoa,), tenures=(tenure,)))
    after, before = rows(asked, "lsoa", "tenure"), rows(rich_pack(), "lsoa", "tenure")
    for key in before.index:
        if key[0] != "elsewhere":
            factor = times if key == (lsoa, tenure) else 1.0
            there = float(after["demand"].get(key, 0.0))
            assert there == pytest.approx(before["demand"][key] * factor, abs=1e-9)


@pytest.mark.parametrize("run", Run)
@pytest.mark.parametrize("by", [-3.0, 5.0])
def test_a_service_that_grows_or_shrinks_leaves_the_others_of_its_kind_what_they_have(
    by: float, run: Run
) -> None:
    before = _limits(rich_pack(), run)
    after = _limits(tried(Resize(pool="refuge_one", by=by)).pack, run)
    assert after["refuge_one"] == pytest.approx(before["refuge_one"] + 365 * by)
    assert after["pool:refuge"] == pytest.approx(before["pool:refuge"])


def test_every_order_of_three_additions_to_one_pool_is_the_same() -> None:
    new = [
        AddService(service_id=code, name=code, kind="refuge", capacity=number)
        for number, code in enumerate(("new_b", "new_a", "new_c"), 1)
    ]
    assert len({tried(*order).pack.digest for order in permutations(new)}) == 1


def test_goal_and_date_of_a_scenario_are_what_it_is_asked_for() -> None:
    asked = Scenario(name="Asked", goal=Goal.SAFE, on=END)
    applied = apply(rich_pack(), asked)
    assert (applied.settings.goal, applied.settings.on) == (Goal.SAFE, END)
