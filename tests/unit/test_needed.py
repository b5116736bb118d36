"""The least provision for a share of need: enough in the model itself, and not more than enough."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from housing_map import model
from housing_map.candidates import Ask, Candidate, InfeasibleError
from housing_map.cells import records
from housing_map.changes import AddService
from housing_map.errors import UsageError
from housing_map.model import Settings
from housing_map.needed import Provision, Wanted, needed
from housing_map.pack import Pack
from housing_map.scenario import Scenario, apply
from housing_map.vocabulary import SUPPORT_TYPES, Answer, CapacityBasis, Goal, Run
from tests.choices import SETTLED, Problem, World, town
from tests.worlds import assume, bare, base_pack, chain, serve, small_pack

CLOSE = 1e-4


def new(found: Provision) -> dict[str, float]:
    """Return new places by kind, without those of which none is needed."""
    rows = zip(found.places["kind"], found.places["new"], strict=True)
    return {str(kind): float(places) for kind, places in rows if places > CLOSE}


def opened(pack: Pack, found: Provision, times: float = 1.0) -> tuple[AddService, ...]:
    """Return the places that were found to be needed, as services that open."""
    services = pack["services"]
    return tuple(
        AddService(
            service_id=f"more_{row['kind']}",
            name="More",
            kind=str(row["kind"]),
            like=str(services.loc[services["kind"] == row["kind"], "service_id"].iloc[0]),
            capacity=float(row["new"]) * times,
            basis=CapacityBasis(row["basis"]),
            otherwise=Answer.YES,
            support_types=tuple(SUPPORT_TYPES),
        )
        for row in records(found.places)
        if row["new"] > CLOSE
    )


def enough(pack: Pack, settings: Settings, found: Provision, share: float, times: float) -> bool:
    """Whether the places suffice: asked of the model's own problem, with the floors as rows."""
    one = Candidate(f"more_{times}", "More", opened(pack, found, times))
    world = World(pack, settings, (one,), Ask(floors=floors_of(found, share)))
    return Problem(world, (one,), floors_of(found, share)).most() is not None


def floors_of(found: Provision, share: float) -> dict[tuple[str, str], float]:
    return {(str(row["what"]), str(row["which"])): share for row in records(found.groups)}


def test_the_fewest_homes_to_move_into_come_first_and_then_the_fewest_of_the_rest() -> None:
    # Seven of forty are helped; thirteen more can be, without anybody's moving who wants to stay.
    assert new(needed(town(), SETTLED, Wanted(0.5, by=("tenure",)))) == pytest.approx(
        {"sanctuary": 13}, abs=CLOSE
    )


def test_each_group_has_its_share_and_the_places_are_those_worked_by_hand() -> None:
    # Of those who stay seven more, three by what there is; of those who move six more beside four.
    found = needed(town(), SETTLED, Wanted(0.5, by=("aim",)))
    assert new(found) == pytest.approx({"refuge": 6, "sanctuary": 7}, abs=CLOSE)
    everybody = needed(town(), SETTLED, Wanted(1.0, by=("aim",)))
    assert new(everybody) == pytest.approx({"refuge": 16, "sanctuary": 17}, abs=CLOSE)
    assert (everybody.met, everybody.demand) == pytest.approx((40, 40), abs=CLOSE)


def test_with_prices_it_is_the_least_money() -> None:
    cheap = {"refuge": 1.0, "sanctuary": 2.0}
    asked = Wanted(0.5, by=("tenure",), prices=cheap)
    assert new(needed(town(), SETTLED, asked))["refuge"] == pytest.approx(13, abs=CLOSE)


def test_no_provision_of_whole_places_by_brute_force_costs_less() -> None:
    prices = {"refuge": 3.0, "sanctuary": 2.0}
    asked = Wanted(0.6, by=("aim", "tenure"), kinds=("refuge", "sanctuary"), prices=prices)
    found = needed(town(), SETTLED, asked)
    least = sum(prices[kind] * places for kind, places in new(found).items())
    floors = floors_of(found, 0.6)
    costs = []
    for refuge, sanctuary in product(range(0, 17, 2), range(0, 18, 3)):
        changes = opened(town(), _places(refuge, sanctuary))
        one = Candidate(f"{refuge}_{sanctuary}", "More", changes)
        world = World(town(), SETTLED, (one,), Ask(floors=floors))
        if Problem(world, (one,), floors).most() is not None:
            costs.append(3.0 * refuge + 2.0 * sanctuary)
    assert costs
    assert least <= min(costs) + CLOSE
    assert least >= min(costs) - 3.0 * 2 - 2.0 * 3


def _places(refuge: float, sanctuary: float) -> Provision:
    places = pd.DataFrame(
        {
            "kind": ["refuge", "sanctuary"],
            "basis": ["units", "installations"],
            "new": [float(refuge), float(sanctuary)],
        }
    )
    return Provision(0.6, places, places, places, 0.0, 0.0)


@pytest.mark.parametrize("goal", Goal)
def test_what_is_found_is_enough_in_the_model_and_a_little_less_is_not(goal: Goal) -> None:
    settings, by = Settings(goal=goal), ("tenure", "risk", "need")
    found = needed(base_pack(), settings, Wanted(0.6, by=by))
    assert new(found)
    assert enough(base_pack(), settings, found, 0.6 - 1e-6, 1.0)
    assert not enough(base_pack(), settings, found, 0.6, 0.98)
    after = apply(base_pack(), Scenario(name="More", changes=opened(base_pack(), found)), settings)
    _, met = model.most_met(after.pack, after.settings, Run.CENTRAL)
    assert met >= found.met - CLOSE


def test_groups_that_no_number_of_places_brings_so_far_are_named_with_what_they_can_have() -> None:
    # Of those offered a place in the refuge 0.8 accept.
    settings = Settings(goal=Goal.SETTLED)
    with pytest.raises(InfeasibleError, match=r" Owned: at most \d+%"):
        needed(base_pack(), settings, Wanted(0.99, by=("tenure",)))
    found = needed(base_pack(), settings, Wanted(0.99, by=("tenure",), as_far=True))
    rows = found.groups.set_index("which")
    assert rows["short"].all()
    assert np.allclose(rows["met_share"], rows["best_share"], atol=1e-5)


def test_groups_that_cannot_all_have_their_share_at_once_are_named_as_well() -> None:
    """Everybody goes through one adviser, who has time for ten of forty: half of either aim."""
    tables = bare(40, stay=0.5, move=0.5)
    serve(tables, "idva", "idva", 10)
    serve(tables, "refuge", "refuge", 2, basis="units")
    serve(tables, "sanctuary", "sanctuary", 2, basis="installations")
    chain(tables, "entry:police", "idva", "refuge", "home:social")
    chain(tables, "idva", "sanctuary", "home:stayed")
    pack, settings = small_pack(tables), Settings(goal=Goal.SAFE)
    with pytest.raises(InfeasibleError, match=r"not all at once.*6\.0 households a year short"):
        needed(pack, settings, Wanted(0.4, by=("aim",)))
    found = needed(pack, settings, Wanted(0.4, by=("aim",), as_far=True))
    assert found.met == pytest.approx(10, abs=CLOSE)
    assert sum(new(found).values()) == pytest.approx(6, abs=CLOSE)
    assert found.groups["short"].any()
    plain = needed(pack, settings, Wanted(0.25, by=("aim",)))
    assert not plain.groups["short"].any()


def test_places_by_group_sum_to_the_places() -> None:
    found = needed(base_pack(), SETTLED, Wanted(0.6))
    summed = found.by_group.groupby("kind")["new"].sum()
    for kind, places in zip(found.places["kind"], found.places["new"], strict=True):
        assert summed[kind] == pytest.approx(places, abs=CLOSE)


def test_nothing_more_is_needed_for_what_there_is_already() -> None:
    assert new(needed(town(), SETTLED, Wanted(0.05, by=("tenure",)))) == {}


def test_what_the_data_have_nothing_like_cannot_be_opened() -> None:
    with pytest.raises(UsageError, match="nothing that more places could be like"):
        needed(small_pack(bare(20, move=1)), SETTLED, Wanted(0.5, as_far=True))


def test_a_group_without_a_route_can_have_none_of_its_need_met_and_not_less() -> None:
    tables = bare(20, move=1)
    serve(tables, "lettings", "social_letting")
    assume(tables, "social_letting", "lettings", 10)
    with pytest.raises(InfeasibleError, match=r"some have no route.* Owned: at most 0%"):
        needed(small_pack(tables), SETTLED, Wanted(0.5, by=("tenure",)))


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"share": 0.0}, "above 0"),
        ({"share": 1.2}, "at most 1"),
        ({"share": 0.5, "kinds": ()}, "at least one"),
        ({"share": 0.5, "kinds": ("idva",)}, "cannot be opened"),
        ({"share": 0.5, "prices": {"refuge": -1.0}}, "0 or more"),
        ({"share": 0.5, "prices": {"refuge": 1.0}}, "not given for sanctuary"),
        ({"share": 0.5, "kinds": ("refuge",), "prices": {"refuge": 1.0, "sanctuary": 1.0}},
         "sanctuary is not to be opened"),
    ],
)  # fmt: skip
def test_impossible_requests_are_refused(wanted: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        needed(town(), SETTLED, Wanted(**wanted))  # type: ignore[arg-type]
