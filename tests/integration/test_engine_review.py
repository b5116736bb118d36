"""Corners of the engine that a second reading found wrong, each on a pack worked by hand."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from housing_map import margins, model, resilience, unknowns
from housing_map.choice import choice_rows
from housing_map.cli import main
from housing_map.errors import UsageError
from housing_map.model import Settings
from housing_map.pack import Pack
from housing_map.profiles import drawn_near, factors
from housing_map.provision import Reservation, open_services, pools
from housing_map.stance import Draw, Pinned, Stance
from housing_map.tabulate import run_rows
from housing_map.vocabulary import Pathway, Run, Sharing
from tests.drawn import examples, rich_tables
from tests.packs import LSOAS, Tables, add, base_tables, change, write_pack
from tests.worlds import (
    EXACT,
    answer,
    assume,
    bare,
    chain,
    route,
    serve,
    set_shares,
    set_tenures,
    small_pack,
)

MADE_UP = {"status": "assumed", "source": "made up for tests"}


def met(pack: Pack, settings: Settings, stance: Stance = Run.CENTRAL) -> dict[str, float]:
    """Households met a year, by risk."""
    result = model.Result(pack, settings, pack.info.reference_date, {})
    rows = run_rows(result, model.run_one(pack, settings, stance), ["risk"])
    return {str(risk): float(n) for risk, n in zip(rows["risk"], rows["met"], strict=True)}


def kept(*units: tuple[str, float], pool: str = "refuge") -> Settings:
    """Places of a pool kept for risks."""
    return Settings(reserved=tuple(Reservation(pool, f"risk_{r}", n) for r, n in units))


# Places kept for some ---------------------------------------------------------------------------


@pytest.fixture
def tables() -> Tables:
    """One refuge with ten places of a year each; of 20 households 2, 2 and 16 by risk."""
    tables = bare(20, move=1)
    set_shares(tables, "risk", high=0.1, medium=0.1, standard=0.8)
    serve(tables, "refuge", "refuge", 10, basis="units")
    chain(tables, "entry:police", "refuge", "home:social")
    return tables


def test_places_kept_for_several_are_kept_beside_each_other(tables: Tables) -> None:
    """Five for each of two leave none of ten for the others, though four of the ten stay free."""
    found = met(small_pack(tables), kept(("high", 5), ("medium", 5)))
    assert found == pytest.approx({"high": 2, "medium": 2, "standard": 0}, abs=EXACT)


def test_whoever_has_both_rules_may_take_the_place_kept_for_either(tables: Tables) -> None:
    both = Settings(
        reserved=(
            Reservation("refuge", "risk_high", 1.0),
            Reservation("refuge", "tenure_owned", 1.0),
        )
    )
    pack = small_pack(tables)
    # All are owners: only what is kept for high risk is out of reach for the others.
    assert sum(met(pack, both).values()) == pytest.approx(10, abs=EXACT)
    assert met(pack, both)["high"] >= 1 - EXACT


def test_no_more_than_there_is_can_be_kept_for_several_together(tables: Tables) -> None:
    with pytest.raises(UsageError, match="12 of refuge cannot be reserved: there are 10"):
        model.run(small_pack(tables), kept(("high", 6), ("medium", 6)))


def test_one_place_more_beside_places_kept_is_open_to_everybody(tables: Tables) -> None:
    cells = model.run_one(small_pack(tables), kept(("high", 5)), Run.CENTRAL).cells
    (margin,) = margins.margins(cells)
    assert margin.one_more == pytest.approx(1, abs=EXACT)


def test_the_loss_of_a_pool_with_places_kept_can_be_asked_about(tables: Tables) -> None:
    found = resilience.n_minus_one(small_pack(tables), kept(("high", 5)))
    (loss,) = [one for one in found if one.what.kind == resilience.Kind.SERVICE]
    assert loss.met[Run.CENTRAL].before == pytest.approx(7, abs=EXACT)
    assert loss.met[Run.CENTRAL].after == 0


def test_a_run_with_fewer_places_than_are_kept_has_none_for_others(tables: Tables) -> None:
    tables["capacity"] = []
    assume(
        tables, "refuge", "units", 10, capacity_low="1", capacity_high="12",
        stay_days_central="365", occupancy_central="1",
    )  # fmt: skip
    pack, settings = small_pack(tables), kept(("high", 2), pool="pool:refuge")
    found = met(pack, settings, Run.CAUTIOUS)
    assert found == pytest.approx({"high": 1, "medium": 0, "standard": 0}, abs=EXACT)
    for number in range(10):
        # Between 1 and 12 places, evenly on both sides of 10: two are kept where there are two.
        drawn = met(pack, settings, Draw(1, number))
        assert drawn["high"] >= 1 - EXACT


# First come, first served -------------------------------------------------------------------------


def test_an_earlier_way_that_does_not_take_a_household_does_not_bring_its_refuge_forward() -> None:
    """Asked in turn are A, who leads to refuge 1, C (refuge 2) and B (refuge 1); A takes no owners.

    So owners come to refuge 2 first, although others come to refuge 1 through A.
    """
    tables = bare(20, move=1)
    for adviser in "abc":
        serve(tables, adviser, "idva")
    serve(tables, "one", "refuge", 40, basis="units")
    serve(tables, "two", "refuge", 40, basis="units")
    answer(tables, "a", "tenure_owned", "no")
    ways = [
        ("entry:police", "a"), ("entry:police", "c"), ("entry:police", "b"),
        ("a", "one"), ("c", "two"), ("b", "one"), ("one", "home:social"), ("two", "home:social"),
    ]  # fmt: skip
    for number, (start, end) in enumerate(ways, 1):
        route(tables, start, end, order=str(number))
    set_tenures(tables, LSOAS[:3], private=400)
    one = model.run_one(small_pack(tables), Settings(sharing=Sharing.FIRST_COME), Run.CENTRAL)
    come = {pool: used / 365 for pool, used in one.cells.pool_use.items()}
    assert come == pytest.approx({"one": 10, "two": 10}, abs=EXACT)


# Shares of circumstances in draws -----------------------------------------------------------------


def test_a_draw_of_levels_that_would_exceed_all_households_is_moved_back() -> None:
    tables = base_tables()
    for code, central in (("children_1_2", 0.4), ("children_3", 0.3), ("children_4_plus", 0.2)):
        ends = {"low": "0", "central": f"{central}", "high": f"{central + 0.3:.1f}"}
        add(tables, "household_shares", dimension="circumstance", code=code, **ends, **MADE_UP)
    pack = small_pack(tables, checked=True)
    for number in range(10):
        one = model.run_one(pack, Settings(), Draw(1, number))
        shares = one.demand.shares.circumstances
        assert sum(share for code, share in shares.items() if "children" in code) <= 1 + 1e-9
        assert one.cells.outcomes.sum() == pytest.approx(one.cells.demand.sum(), abs=1e-9)


def test_a_share_is_not_drawn_below_what_is_known_to_occur_with_another() -> None:
    """0.09 of households have both: neither a draw nor a question about one goes below that."""
    tables = base_tables()
    where = {"dimension": "circumstance", "code": "nrpf"}
    change(tables, "household_shares", where, low="0.02", high="0.3")
    both = {"circumstance_a": "mental_health", "circumstance_b": "nrpf", "central": "0.09"}
    add(tables, "circumstance_pairs", **both, **MADE_UP)
    pack = small_pack(tables, checked=True)
    drawn = [
        model.run_one(pack, Settings(), Draw(1, number)).demand.shares.circumstances["nrpf"]
        for number in range(10)
    ]
    assert min(drawn) >= 0.09
    assert len(set(drawn)) == 10
    assert unknowns.rank(pack, Settings()).ranked


CODES = ("children_1_2", "children_3", "children_4_plus", "pregnant", "male", "nrpf")


@examples(40)
@given(st.fixed_dictionaries(dict.fromkeys(CODES, st.floats(0, 1))))
def test_shares_drawn_near_hold_together_between_the_central_and_the_drawn(
    drawn: dict[str, float],
) -> None:
    central = dict(zip(CODES, (0.4, 0.3, 0.2, 0.1, 0.1, 0.2), strict=True))
    pairs = {("male", "nrpf"): 0.08}
    found = drawn_near(central, drawn, pairs)
    factors(found, pairs)
    for code in CODES:
        ends = sorted((central[code], drawn[code]))
        assert ends[0] - 1e-12 <= found[code] <= ends[1] + 1e-12


def test_shares_that_hold_together_are_left_as_they_are_drawn() -> None:
    drawn = {"children_1_2": 0.5, "children_3": 0.4, "male": 0.9}
    assert drawn_near(dict.fromkeys(drawn, 0.1), drawn) == drawn


# A pool and those who left it ---------------------------------------------------------------------


def test_in_every_draw_the_rest_of_a_pool_and_what_was_reported_are_the_assumed_whole() -> None:
    """Six to nine refuge places are assumed, and one refuge has reported one to eight of them."""
    tables = rich_tables()
    where = {"service_id": "refuge_one"}
    change(tables, "capacity", where, capacity_low="1", capacity_high="8")
    pack = small_pack(tables)
    for number in range(40):
        one = Draw(1, number)
        services = open_services(pack, pack.info.reference_date, Run.OPTIMISTIC)
        there = {pool.id: pool.capacity.at(one) for pool in pools(pack, services)}
        assert there["pool:refuge"] >= 0
        assert there["refuge_one"] + there["pool:refuge"] >= 6
        assert there["refuge_one"] + there["pool:refuge"] <= 9
    central = {pool.id: pool.capacity.at(Pinned()) for pool in pools(pack, services)}
    assert central["pool:refuge"] == 3


# Nobody to ask about ------------------------------------------------------------------------------


def test_choice_may_be_asked_of_nobody() -> None:
    pack = small_pack(bare(20, move=1))
    rows = choice_rows(model.run(pack, Settings(pathway=Pathway.STAY)))
    assert rows.to_numpy().tolist() == [[0.0] * len(rows.columns)]


# What is not for publication ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "asked", [["resilience"], ["resilience", "--show", "timeline"], ["margins"], ["queues"]]
)
@pytest.mark.parametrize("as_json", [True, False])
def test_what_is_said_of_one_provider_says_that_it_is_not_for_publication(
    asked: list[str], *, as_json: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_pack(tmp_path / "pack")
    said = ["--format", "json"] if as_json else []
    assert main([*asked, "--data", str(folder), *said]) == 0
    out = capsys.readouterr().out
    assert "not for publication" in (json.loads(out)["use"] if as_json else out)
