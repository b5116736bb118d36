"""Stated weights and reserved places: whom an allocation puts first, and what it costs others."""

from pathlib import Path

import pytest

from housing_map import model
from housing_map.cli import main
from housing_map.errors import UsageError
from housing_map.pack import Pack
from housing_map.provision import Reservation
from housing_map.tabulate import run_rows
from housing_map.vocabulary import Run
from tests.packs import base_tables, write_pack
from tests.worlds import EXACT, small_pack


@pytest.fixture(scope="module")
def pack() -> Pack:
    """Return a small pack that is short of places."""
    tables = base_tables()
    for table in ("pool_assumptions", "capacity"):
        for row in tables[table]:
            row |= {"capacity_low": "", "capacity_central": "1", "capacity_high": ""}
    return small_pack(tables)


def met(pack: Pack, by: str, **settings: object) -> dict[str, float]:
    """Households met a year, centrally, by some dimension."""
    wanted = model.Settings(**settings)  # type: ignore[arg-type]
    result = model.Result(pack, wanted, pack.info.reference_date, {})
    rows = run_rows(result, model.run_one(pack, wanted, Run.CENTRAL), [by])
    return dict(zip(rows[by], rows["met"], strict=True))


def test_equal_weights_change_nothing(pack: Pack) -> None:
    plain = met(pack, "risk")
    equal = met(pack, "risk", weights=(("risk_high", 1.0), ("risk_medium", 1.0)))
    assert equal == pytest.approx(plain, abs=EXACT)


def test_those_who_count_for_more_are_helped_first_and_the_total_is_not_raised(pack: Pack) -> None:
    plain = met(pack, "risk")
    weighted = met(pack, "risk", weights=(("risk_standard", 5.0),))
    assert weighted["standard"] > plain["standard"] + 1
    assert sum(weighted.values()) <= sum(plain.values()) + EXACT


def test_a_weight_may_be_about_a_circumstance(pack: Pack) -> None:
    plain, weighted = (
        met(pack, "need", **settings) for settings in ({}, {"weights": (("mental_health", 5.0),)})
    )
    assert weighted["mental_health"] > plain["mental_health"] + 1


def test_places_kept_for_some_are_taken_from_the_others_alone(pack: Pack) -> None:
    pool = max(
        (p for p in model.run_one(pack, model.Settings(), Run.CENTRAL).cells.setting.pools),
        key=lambda p: p.households(Run.CENTRAL),
    )
    kept = Reservation(pool.id, "risk_standard", 1.0)
    wanted = model.Settings(reserved=(kept,))
    cells = model.run_one(pack, wanted, Run.CENTRAL).cells
    instance_limit = pool.limit(Run.CENTRAL)
    assert kept.units * pool.per_unit(Run.CENTRAL) == pytest.approx(instance_limit)
    plain, reserved = met(pack, "risk"), met(pack, "risk", reserved=(kept,))
    assert reserved["high"] + reserved["medium"] < plain["high"] + plain["medium"]
    assert reserved["standard"] >= plain["standard"] - EXACT
    assert cells.outcomes.sum() == pytest.approx(cells.demand.sum(), abs=1e-9)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"weights": (("height", 2.0),)}, "There is no rule 'height'"),
        ({"weights": (("risk_high", 0.0),)}, "must be above 0: risk_high has 0"),
        ({"reserved": (Reservation("pool:refuge", "nrpf", -1.0),)}, "pool:refuge has -1"),
    ],
)
def test_what_cannot_be_is_refused_in_words(settings: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        model.Settings(**settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("reserve", "words"),
    [
        ("pool:castle/nrpf=1", "There is no pool 'pool:castle'"),
        ("refuge_one/nrpf=100000", "cannot be reserved: there are"),
        ("refuge_one", "is not a pool, a rule and a number"),
    ],
)
def test_the_command_line_says_what_is_wrong_with_a_reservation(
    reserve: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_pack(tmp_path / "pack", base_tables())
    try:
        status = main(["coverage", "--reserve", reserve, "--data", str(folder)])
    except SystemExit as left:
        status = int(left.code or 0)
    assert status == 2
    assert words in capsys.readouterr().err
