"""Intervals are the percentiles of whole runs, each drawn for itself and each to be drawn again."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from housing_map import model
from housing_map.errors import UsageError
from housing_map.model import Settings
from housing_map.pack import Pack
from housing_map.stance import Draw
from housing_map.tabulate import FIGURES, SUPPORTED, run_rows
from housing_map.uncertainty import Drawn, draw
from housing_map.vocabulary import Goal
from tests.packs import Tables, base_tables, change
from tests.worlds import small_pack

SETTLED = Settings(Goal.SETTLED)
DRAWS = range(12)
SEED = 5
TENURE = ("tenure",)
GROUPINGS = ((), TENURE, ("aim", "risk"), ("component",))
SAME = 1e-9


def rangy() -> Tables:
    """Return the small pack with ranges, and standard risk in some draws only."""
    tables = base_tables()
    change(tables, "capacity", {"service_id": "lettings"}, capacity_low="5", capacity_high="60")
    change(tables, "services", {"service_id": "sanctuary_one"}, operating="unknown")
    change(
        tables, "parameters", {"key": "district_share_of_england_population"}, low="0.05",
        high="0.3",
    )  # fmt: skip
    change(
        tables, "household_shares", {"dimension": "risk", "code": "standard"}, low="0", high="0.9"
    )
    return tables


@cache
def pack() -> Pack:
    return small_pack(rangy())


@cache
def drawn() -> Drawn:
    return draw(pack(), SETTLED, GROUPINGS, numbers=DRAWS, seed=SEED)


def rows(number: int, by: tuple[str, ...], seed: int = SEED) -> pd.DataFrame:
    """Rows of one draw, worked out for itself."""
    shell = model.Result(pack(), SETTLED, pack().info.reference_date, {})
    return run_rows(shell, model.run_one(pack(), SETTLED, Draw(seed, number)), by)


@pytest.mark.parametrize("by", GROUPINGS)
def test_the_ends_are_percentiles_of_whole_runs(by: tuple[str, ...]) -> None:
    """Linear between draws, as numpy's: of 12, the tenth percentile lies 1.1 from the lowest."""
    runs = [rows(number, by) for number in DRAWS]
    found = drawn().interval(by)
    assert len(found) == len(runs[0])
    extra = "met_otherwise" if by == ("component",) else SUPPORTED
    assert list(found) == [
        *by, *(f"{name}_{end}" for name in (*FIGURES, extra) for end in ("p10", "p90")),
    ]  # fmt: skip
    for place in range(len(found)):
        for name in (*FIGURES, extra):
            values = [float(run[name].iloc[place]) for run in runs]
            ends = found.loc[place, [f"{name}_p10", f"{name}_p90"]].to_numpy(dtype=float)
            assert ends == pytest.approx(np.percentile(values, [10, 90]), abs=SAME)
    assert found["demand_p10"].lt(found["demand_p90"]).any()


def test_every_draw_adds_up_though_the_ends_of_intervals_do_not() -> None:
    frame = drawn().frames[TENURE]
    total = drawn().frames[()].set_index("draw")["met"]
    by_tenure = frame.groupby("draw")["met"].sum()
    assert (by_tenure - total).abs().max() <= SAME
    ends = drawn().interval(["aim", "risk"])["met_p90"].sum()
    assert abs(ends - drawn().interval([])["met_p90"].iloc[0]) > SAME


def test_a_row_that_a_draw_does_not_have_is_nought_there() -> None:
    """Three of ten draws have the second row: its tenth percentile is 0."""
    frame = pd.DataFrame(
        {
            "tenure": ["owned"] * 10 + ["council_rent"] * 3,
            "demand": [1.0] * 10 + [10.0, 20.0, 30.0],
            "draw": [*range(10), 4, 0, 9],
        }
    )
    found = Drawn(1, tuple(range(10)), {TENURE: frame}).interval(["tenure"])
    assert found["tenure"].tolist() == ["owned", "council_rent"]
    first, second = found[["demand_p10", "demand_p90"]].to_numpy(dtype=float)
    assert first.tolist() == [1, 1]
    assert second == pytest.approx(np.percentile([0] * 7 + [10, 20, 30], [10, 90]))


def test_draws_that_have_no_row_at_all_give_no_interval() -> None:
    empty = pd.DataFrame({"tenure": [], "demand": [], "draw": []}).astype({"demand": float})
    found = Drawn(1, tuple(range(10)), {TENURE: empty}).interval(["tenure"])
    assert found.empty


def test_the_same_seed_and_numbers_give_the_same_draws_and_others_do_not() -> None:
    again = draw(pack(), SETTLED, GROUPINGS[:2], numbers=DRAWS, seed=SEED)
    for by in GROUPINGS[:2]:
        pd.testing.assert_frame_equal(again.frames[by], drawn().frames[by], rtol=0, atol=SAME)
    other = draw(pack(), SETTLED, [()], numbers=DRAWS, seed=SEED + 1).frames[()]
    assert (other["demand"] - drawn().frames[()]["demand"]).abs().min() > SAME


def test_draws_in_two_parts_are_the_draws_in_one() -> None:
    """In whatever order: processes take turns."""
    parts = [range(1, 21, 2), range(0, 20, 2)]
    odd, even = (draw(pack(), SETTLED, [("tenure",)], numbers=n, seed=SEED) for n in parts)
    whole = draw(pack(), SETTLED, [TENURE], numbers=range(20), seed=SEED)
    expected = whole.interval(["tenure"])
    for joined in (odd.joined(even), even.joined(odd)):
        assert sorted(joined.numbers) == list(range(20))
        found = joined.interval(["tenure"]).set_index("tenure")
        pd.testing.assert_frame_equal(
            found.loc[expected["tenure"]], expected.set_index("tenure"), rtol=0, atol=SAME
        )


def test_draws_of_another_seed_or_grouping_are_not_put_together() -> None:
    frames = drawn().frames
    for other in (Drawn(SEED + 1, (1,), frames), Drawn(SEED, (1,), {(): frames[()]})):
        with pytest.raises(ValueError, match="cannot be put together"):
            drawn().joined(other)


def test_a_grouping_that_was_not_drawn_has_no_interval() -> None:
    with pytest.raises(KeyError):
        drawn().interval(["entry"])


def test_too_few_draws_and_impossible_groupings_are_refused() -> None:
    with pytest.raises(UsageError, match="10 draws or more, not 9"):
        draw(pack(), SETTLED, [()], numbers=range(9))
    with pytest.raises(UsageError, match="by need or by component"):
        draw(pack(), SETTLED, [("need", "component")])


def test_progress_is_told_before_each_draw_and_at_the_end_and_may_stop() -> None:
    told: list[tuple[int, int]] = []
    draw(pack(), SETTLED, [()], numbers=range(10), progress=lambda *parts: told.append(parts))
    assert told == [(done, 10) for done in range(11)]

    class EnoughError(Exception):
        pass

    def stop(done: int, of: int) -> None:
        assert of == 10
        if done == 2:
            raise EnoughError

    with pytest.raises(EnoughError):
        draw(pack(), SETTLED, [()], numbers=range(10), progress=stop)


def test_two_settings_and_two_packs_meet_the_same_luck_in_the_draw_of_a_number() -> None:
    """Demand is the same draw by draw; more room for lettings helps as many or more in each."""
    tables = rangy()
    change(tables, "capacity", {"service_id": "lettings"}, capacity_low="20", capacity_high="80")
    scenario, here = small_pack(tables), drawn().frames[()]
    more = draw(scenario, SETTLED, [()], numbers=DRAWS, seed=SEED).frames[()]
    safe = draw(pack(), Settings(Goal.SAFE), [()], numbers=DRAWS, seed=SEED).frames[()]
    for other in (more, safe):
        pd.testing.assert_series_equal(other["demand"], here["demand"], rtol=0, atol=SAME)
    assert (more["met"] >= here["met"] - 1e-6).all()
    assert (more["met"] > here["met"] + 1e-3).any()
