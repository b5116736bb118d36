"""Which choices survive: the same draws give the same shares, and each is the best of its draw."""

import pytest

from housing_map.candidates import Ask, Candidate, Stand
from housing_map.choosing import Choosing
from housing_map.errors import UsageError
from housing_map.model import Settings
from housing_map.robustness import Survival, survival
from housing_map.stance import Draw
from housing_map.vocabulary import Goal
from tests.choices import drawn_changes
from tests.drawn import rich_tables
from tests.worlds import small_pack

SETTINGS = Settings(goal=Goal.SAFE)
PACK = small_pack(rich_tables())
NAMES = ("new", "secure", "sanctuaries", "nrpf")
LISTED = tuple(Candidate(name, name, drawn_changes()[name], 10.0, 3.0) for name in NAMES)
ASK = Ask(gbp_a_year=20, by=("tenure",))


def found(draws: int = 4, seed: int = 5, ask: Ask = ASK) -> Survival:
    return survival(PACK, SETTINGS, LISTED, ask, draws=draws, seed=seed)


def test_shares_are_those_of_the_best_set_of_each_draw() -> None:
    here = found()
    sets = [Choosing(PACK, SETTINGS, LISTED, ASK, Draw(5, n)).optimum() for n in range(4)]
    for one in NAMES:
        assert here.shares[one] == sum(one in best.ids for best in sets) / 4
    assert here.further == pytest.approx([best.further for best in sets], abs=1e-5)
    assert all(best.proved for best in sets)


def test_the_same_seed_gives_the_same_shares_and_another_seed_other_draws() -> None:
    assert found() == found()
    assert found().further != found(seed=6).further


def test_a_draw_without_an_allowed_set_is_counted_as_choosing_nothing() -> None:
    impossible = found(2, ask=Ask(floors={("tenure", "owned"): 0.999}, by=("tenure",)))
    assert (impossible.failed, set(impossible.shares.values())) == (2, {0.0})
    assert impossible.further == ()


def test_what_is_out_of_the_question_survives_in_no_draw_and_what_must_be_done_in_all() -> None:
    must = Candidate("must", "Must", drawn_changes()["lettings"], 0.0, 0.0, stand=Stand.FORCED)
    out = Candidate("out", "Out", drawn_changes()["idva"], 0.0, 0.0, stand=Stand.OUT)
    here = survival(PACK, SETTINGS, (must, out), Ask(floors={}), draws=2, seed=1)
    assert here.shares == {"must": 1.0, "out": 0.0}


def test_progress_runs_from_the_first_draw_to_the_last_and_no_draws_are_refused() -> None:
    seen: list[tuple[int, int]] = []
    survival(
        PACK, SETTINGS, LISTED[:1], ASK, draws=2, seed=1,
        progress=lambda done, of: seen.append((done, of)),
    )  # fmt: skip
    assert seen == [(0, 2), (1, 2), (2, 2)]
    with pytest.raises(UsageError, match="one draw or more"):
        found(0)
