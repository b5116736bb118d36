"""The programme of all candidates: never too little for any set, and exact for places alone."""

from dataclasses import replace
from datetime import date
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given

from housing_map import tabulate
from housing_map.candidates import Ask, Candidate
from housing_map.changes import ChangeTakes, CloseService, Resize
from housing_map.choosing import Choosing
from housing_map.errors import UsageError
from housing_map.gates import areas_and_tenures, gated, groups_of
from housing_map.model import Result, Settings, run_one
from housing_map.provision import Reservation
from housing_map.stance import Draw
from housing_map.vocabulary import Answer, Run
from tests.choices import (
    SETTLED,
    World,
    closing,
    homes,
    places,
    secured,
    takes_nrpf,
    town,
    worlds,
)
from tests.drawn import examples, rich_tables
from tests.packs import change
from tests.worlds import small_pack

CLOSE = 1e-5


def hopeful(choosing: Choosing) -> list[float]:
    """Return by how much the programme promises more than the model reaches, for every set."""
    numbers = range(len(choosing.candidates))
    return [
        choosing.promised(inside) - choosing.reached(inside)
        for size in range(len(choosing.candidates) + 1)
        for inside in combinations(numbers, size)
    ]


@given(worlds())
@examples(12)
def test_the_programme_never_promises_less_than_the_model_reaches(world: World) -> None:
    try:
        choosing = Choosing(
            world.pack, world.settings, world.candidates, replace(world.ask, floors={}),
            world.stance,
        )  # fmt: skip
    except UsageError:
        return
    over = hopeful(choosing)
    assert min(over) >= -CLOSE
    if choosing.exact:
        assert max(over) <= CLOSE


@pytest.mark.parametrize("stance", [*Run, Draw(1, 2), Draw(7, 7)])
def test_places_alone_are_promised_as_they_are_reached(stance: Run | Draw) -> None:
    listed = (places(2), secured(4), homes(3), places(5))
    choosing = Choosing(town(), SETTLED, listed, Ask(floors={}), stance)
    assert choosing.exact
    world = World(town(), SETTLED, listed, Ask(floors={}), stance)
    for ids, (met, _) in world.values().items():
        inside = [n for n, one in enumerate(listed) if one.id in ids]
        assert choosing.promised(inside) == pytest.approx(met, abs=CLOSE)


def refuges(*more: Candidate, settings: Settings = SETTLED, stance: Run = Run.CENTRAL) -> Choosing:
    """Return a choice about a shared pool of two refuges, one of which refuses two rules."""
    tables = rich_tables()
    tables["capacity"] = [row for row in tables["capacity"] if row["service_id"] != "refuge_one"]
    for rule in ("nrpf", "male"):
        tables["eligibility"] = [
            row for row in tables["eligibility"]
            if (row["service_id"], row["rule"]) != ("refuge_two", rule)
        ]  # fmt: skip
        tables["eligibility"].append(
            {"service_id": "refuge_two", "rule": rule, "answer": "no", "status": "assumed",
             "source": "made up for tests"}
        )  # fmt: skip
    change(tables, "household_shares", {"dimension": "circumstance", "code": "nrpf"}, central="0.6")
    return Choosing(small_pack(tables), settings, more, Ask(floors={}), stance)


MORE = Candidate("more", "More", (Resize(pool="pool:refuge", by=8),))
TAKES = Candidate(
    "takes", "Takes", (ChangeTakes(service_id="refuge_two", rules=("nrpf",), answer=Answer.YES),)
)
SHUT = tuple(closing(one) for one in ("refuge_one", "refuge_two"))


@pytest.mark.parametrize("stance", Run)
@pytest.mark.parametrize(
    "listed",
    [
        (MORE, TAKES),
        (SHUT[0], MORE, TAKES),
        (SHUT[1], MORE, TAKES),
        SHUT,
        (*SHUT, TAKES),
        (*SHUT, MORE),
        (Candidate("late", "Late", (CloseService(service_id="refuge_two", on=date(2026, 9, 30)),)),
         MORE),
    ],
    ids=lambda listed: "-".join(one.id for one in listed),
)  # fmt: skip
def test_members_of_a_shared_pool_can_close_grow_and_take_more_together(
    listed: tuple[Candidate, ...], stance: Run
) -> None:
    """Each of two and of half a pool, in runs in which the first to close has all or nothing."""
    assert min(hopeful(refuges(*listed, stance=stance))) >= -CLOSE


def test_taking_more_is_worth_what_the_model_says_with_and_without_more_places() -> None:
    assert max(map(abs, hopeful(refuges(MORE, TAKES)))) <= CLOSE
    # One of two closes: what is left takes them as it did.
    assert max(map(abs, hopeful(refuges(SHUT[1])))) <= CLOSE


def test_places_reserved_beyond_what_a_run_has_do_not_make_growth_too_small() -> None:
    kept = Settings(goal=SETTLED.goal, reserved=(Reservation("pool:refuge", "nrpf", 7.0),))
    grow = [Candidate(f"more_{n}", "More", (Resize(pool="pool:refuge", by=n),)) for n in (1, 2, 3)]
    for stance in Run:
        assert min(hopeful(refuges(*grow, settings=kept, stance=stance))) >= -CLOSE


def test_groups_sum_to_what_the_cascade_says_of_them() -> None:
    found = gated(town(), SETTLED, (places(2), takes_nrpf()), Run.CENTRAL)
    one = run_one(town(), SETTLED, Run.CENTRAL)
    result = Result(town(), SETTLED, town().info.reference_date, {})
    for by in ("place", "lsoa", "tenure", "risk", "aim", "need"):
        groups = groups_of(found, [by])
        frame = tabulate.run_rows(result, one, [by])
        rows = dict(zip(frame[by], frame["demand"], strict=True))
        for (what, which), demand in zip(groups.keys, groups.demand, strict=True):
            assert what == by
            assert demand == pytest.approx(rows[which], abs=CLOSE)
    together = areas_and_tenures(found, "place")
    assert together.demand.sum() == pytest.approx(40, abs=CLOSE)
    assert (together.of_block <= together.demand[:, None] + CLOSE).all()


def test_a_group_without_a_route_counts_in_demand_and_in_no_block() -> None:
    found = gated(town(), SETTLED, (), Run.CENTRAL)
    [nrpf] = [n for n, key in enumerate(groups_of(found, ["need"]).keys) if key[1] == "nrpf"]
    groups = groups_of(found, ["need"])
    # Of ten, the five who wish to stay can; the refuge takes none of the others.
    assert groups.demand[nrpf] == pytest.approx(10, abs=CLOSE)
    assert groups.of_block[nrpf].sum() == pytest.approx(5, abs=CLOSE)


def test_what_has_no_limit_or_does_not_run_is_named_and_brings_nothing_in_other_runs() -> None:
    strange = Candidate("strange", "Strange", (Resize(pool="pool:refuge", by=2),))
    with pytest.raises(UsageError, match="Strange: there is no pool 'pool:refuge'"):
        Choosing(town(), SETTLED, (strange,), Ask())
    open_ = ChangeTakes(service_id="lettings", rules=("nrpf",), answer=Answer.YES)
    with pytest.raises(UsageError, match="'lettings' does not run, or has no limit"):
        Choosing(town(), SETTLED, (Candidate("open", "Open", (open_,)),), Ask())
    found = gated(town(), SETTLED, (strange,), Run.CAUTIOUS)
    assert set(found.dead) == {0}
    assert np.all(found.added == 0)


def test_a_change_that_does_not_apply_is_refused_with_its_reason() -> None:
    [new] = homes(3).changes
    twice = new.model_copy(update={"service_id": "refuge"})
    with pytest.raises(UsageError, match="there is a service 'refuge' already"):
        Choosing(town(), SETTLED, (Candidate("twice", "Twice", (twice,)),), Ask())
