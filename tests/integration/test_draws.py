"""Draws of packs made at random: each is a whole run, which adds up and is what its levels say."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from housing_map import model
from housing_map.model import Result, RunResult, Settings
from housing_map.pack import Pack
from housing_map.stance import BEST, MIDDLE, WORST, Draw, Listening, Pinned, Stance
from housing_map.tabulate import FIGURES, SUPPORTED, run_rows
from housing_map.vocabulary import METS, REASONS, Goal, Pathway, Run, Sharing
from tests.drawn import Question, examples, questions
from tests.packs import Tables, change
from tests.worlds import BALANCE, bare, chain, serve, small_pack

SAME = 1e-6
LEVEL_OF = {Run.CAUTIOUS: WORST, Run.CENTRAL: MIDDLE, Run.OPTIMISTIC: BEST}


def ranged(question: Question) -> Tables:
    """Return the tables of a question with ranges, all of which have a worse end."""
    tables = question.copy()
    for row in tables["capacity"]:
        if row.get("capacity_central"):
            row["capacity_low"] = str(float(row["capacity_central"]) * 0.5)
            row["capacity_high"] = str(float(row["capacity_central"]) * 1.5 + 1)
    for row in tables["referral_routes"]:
        if row.get("accepts_central"):
            row["accepts_low"] = str(float(row["accepts_central"]) * 0.7)
        if row.get("wait_days_central"):
            row["wait_days_high"] = str(float(row["wait_days_central"]) + 5)
    change(tables, "acceptance_shares", {"kind": "refuge"}, low="0.02", high="0.4")
    change(
        tables, "parameters", {"key": "district_share_of_england_population"}, low="0.05",
        high="0.2",
    )  # fmt: skip
    change(tables, "parameters", {"key": "arrivals_per_leaver"}, low="0", high="2")
    return tables


def figures(pack: Pack, one: RunResult, *by: str) -> pd.DataFrame:
    shell = Result(pack, Settings(), pack.info.reference_date, {})
    rows = run_rows(shell, one, by)
    return rows.set_index([*by]) if by else rows


@given(questions(), st.integers(0, 10_000), st.sampled_from(Sharing))
@examples(10)
def test_every_draw_adds_up(question: Question, number: int, sharing: Sharing) -> None:
    pack = small_pack(ranged(question))
    settings = Settings(question.goal, question.pathway, sharing=sharing)
    one = model.run_one(pack, settings, Draw(7, number))
    total = figures(pack, one).iloc[0]
    for by in ((), ("ward",), ("tenure", "risk", "aim"), ("entry",), ("need",), ("component",)):
        rows = figures(pack, one, *by)
        parts = [*METS, *REASONS, *(["met_otherwise"] if "component" in by else [])]
        apart = rows[parts].to_numpy(dtype=float)
        whole = rows["demand"].to_numpy(dtype=float)
        assert np.abs(whole - apart.sum(axis=1)).max(initial=0) <= BALANCE
        assert apart.min(initial=0) >= -1e-12
        if by not in {("need",), ("component",)}:
            summed = rows[[*FIGURES, SUPPORTED]].sum() - total[[*FIGURES, SUPPORTED]]
            assert summed.abs().max() <= BALANCE
    demand, met = model.most_met(pack, settings, Draw(7, number))
    assert demand == pytest.approx(total["demand"], abs=BALANCE)
    assert met == pytest.approx(total["met"], abs=SAME * max(demand, 1))


@given(questions(), st.sampled_from(Run))
@examples(10)
def test_all_figures_at_the_level_of_a_run_are_the_run(question: Question, run: Run) -> None:
    """Where each range has a worse end; services that may not run and unsure routes included."""
    pack, settings = small_pack(ranged(question)), Settings(question.goal, question.pathway)
    stance = Everything(LEVEL_OF[run])
    whole, pinned = (
        figures(pack, model.run_one(pack, settings, one), "tenure", "risk", "aim")
        for one in (run, stance)
    )
    assert list(whole.index) == list(pinned.index)
    near = SAME * max(float(whole["demand"].sum()), 1)
    assert (whole - pinned).abs().to_numpy().max(initial=0) <= near


class Everything(Pinned):
    """All figures at one level."""

    __slots__ = ("all",)

    def __init__(self, level: float) -> None:
        super().__init__({})
        object.__setattr__(self, "all", level)

    def level(self, key: str) -> float:
        assert key
        return float(self.all)  # type: ignore[attr-defined]


def refuge(seeking: float = 100) -> Tables:
    """Return a refuge for 20 a year, from 0 to 60, which takes or does not take men."""
    tables = bare(seeking, move=1, male=0.25)
    serve(tables, "beds", "refuge", 20, basis="units")
    change(tables, "capacity", {"service_id": "beds"}, capacity_low="0", capacity_high="60")
    chain(tables, "entry:police", "beds", "home:social")
    return tables


def met(pack: Pack, settings: Settings, stance: Stance) -> float:
    return float(figures(pack, model.run_one(pack, settings, stance))["met"].iloc[0])


def test_a_draw_is_the_run_of_its_levels_by_hand() -> None:
    """Between 0 and 20 below the middle, between 20 and 60 above; women alone in one of four."""
    pack, refused = small_pack(refuge(40)), 0
    for number in range(24):
        drawn = Draw(11, number)
        level, men = drawn.level("capacity:beds"), drawn.level("takes:beds:male") >= 0.25
        room = 40 * level if level < 0.5 else 20 + 40 * (2 * level - 1)
        found = met(pack, Settings(Goal.SAFE), drawn)
        assert found == pytest.approx(min(room, 40 if men else 30), abs=1e-4)
        refused += not men
    assert 0 < refused < 24


def test_two_settings_and_two_packs_meet_the_same_luck() -> None:
    """Ten more units in every run are ten more in every draw; other luck is other luck."""
    tables = refuge(1000)
    before = small_pack(tables)
    change(
        tables, "capacity", {"service_id": "beds"}, capacity_low="10", capacity_central="30",
        capacity_high="70",
    )  # fmt: skip
    after = small_pack(tables)
    levels = set()
    for number in range(5):
        safe, settled = (met(before, Settings(goal), Draw(3, number)) for goal in Goal)
        more = met(after, Settings(Goal.SAFE), Draw(3, number))
        assert settled == pytest.approx(safe, abs=1e-4)
        assert more == pytest.approx(safe + 10, abs=1e-3)
        levels.add(round(safe, 3))
    assert len(levels) == 5


def test_what_a_draw_needs_is_heard_by_listening() -> None:
    """Nothing is drawn that could not be asked about."""
    tables = refuge()
    change(tables, "services", {"service_id": "beds"}, operating="unknown")
    pack, listening = small_pack(tables), Listening()
    model.run_one(pack, Settings(), listening)
    levels = dict.fromkeys(listening.asked, MIDDLE)

    class Strict(Pinned):
        def level(self, key: str) -> float:
            return levels[key]

    assert met(pack, Settings(), Strict()) == pytest.approx(
        met(pack, Settings(), Run.CENTRAL), abs=SAME
    )
    assert {"capacity:beds", "operating:beds", "takes:beds:male"} <= set(levels)


def test_shares_of_a_whole_are_a_whole_in_every_draw() -> None:
    tables = refuge()
    tables["household_shares"] = [
        row | {"low": "0.05", "high": "0.9"} if row["dimension"] == "risk" else row
        for row in tables["household_shares"]
    ]
    change(tables, "household_shares", {"dimension": "risk", "code": "standard"}, central="0.4")
    for risk, share in (("high", "0.35"), ("medium", "0.25")):
        tables["household_shares"].append(
            {
                "dimension": "risk", "code": risk, "low": "0.1", "central": share, "high": "0.8",
                "status": "assumed", "source": "made up",
            }
        )  # fmt: skip
    pack = small_pack(tables)
    found = []
    for number in range(6):
        one = model.run_one(pack, Settings(pathway=Pathway.MOVE), Draw(1, number))
        assert one.demand.shares.risk.sum() == pytest.approx(1)
        assert figures(pack, one)["demand"].iloc[0] == pytest.approx(100)
        found.append(one.demand.shares.risk["high"])
    assert max(found) - min(found) > 0.05
