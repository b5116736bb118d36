"""What to ask first, against the same figures moved by hand, and shares of variance by formula."""

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

from housing_map import model
from housing_map.errors import UsageError
from housing_map.model import Settings
from housing_map.pack import Pack
from housing_map.questions import Theme, questions
from housing_map.stance import BEST, WORST, Pinned
from housing_map.tabulate import FIGURES, run_rows
from housing_map.unknowns import Shares, Unknowns, rank, variance_shares
from housing_map.vocabulary import Goal, Run, Sharing
from tests.drawn import rich_tables
from tests.packs import Tables, change
from tests.worlds import bare, chain, serve, small_pack

SETTLED = Settings(Goal.SETTLED)
SAME = 1e-6


def rangy() -> Tables:
    tables = rich_tables()
    change(tables, "capacity", {"service_id": "lettings"}, capacity_low="10", capacity_high="50")
    change(tables, "services", {"service_id": "refuge_two"}, operating="unknown")
    change(tables, "parameters", {"key": "elsewhere_success"}, low="0.2", high="0.8")
    change(tables, "referral_routes", {"from_id": "idva", "to_id": "refuge_one"}, known="unknown")
    return tables


@cache
def pack() -> Pack:
    return small_pack(rangy())


@cache
def ranked() -> Unknowns:
    return rank(pack(), SETTLED)


def met(stance: Run | Pinned) -> float:
    """Households met, by the whole run and its rows, not by its first step alone."""
    shell = model.Result(pack(), SETTLED, pack().info.reference_date, {})
    rows = run_rows(shell, model.run_one(pack(), SETTLED, stance), [])
    return float(rows[FIGURES[1]].iloc[0])


def test_each_question_is_moved_alone_from_its_worse_end_to_its_better() -> None:
    found = ranked()
    assert found.met == pytest.approx(met(Run.CENTRAL), abs=SAME)
    assert found.met == pytest.approx(met(Pinned()), abs=SAME)
    assert len(found.ranked) >= 5
    for one in found.ranked:
        worst, best = (
            met(Pinned(dict.fromkeys(one.question.keys, level))) for level in (WORST, BEST)
        )
        assert [one.worst, one.best] == pytest.approx([worst, best], abs=SAME)
        assert one.moves == pytest.approx(best - worst, abs=2 * SAME)


def test_a_better_answer_never_helps_fewer() -> None:
    for one in ranked().ranked:
        assert one.worst <= ranked().met + SAME
        assert ranked().met <= one.best + SAME


def test_what_widens_the_answer_most_comes_first_and_the_rest_is_quiet() -> None:
    found = ranked()
    moves = [one.moves for one in found.ranked]
    assert moves == pytest.approx(sorted(moves, reverse=True), abs=1e-3)
    assert min(moves) > 0.05
    listed = [one.question for one in found.ranked]
    assert {q.id for q in (*listed, *found.quiet)} == {q.id for q in questions(pack(), SETTLED)}
    assert len(listed) + len(found.quiet) == len(questions(pack(), SETTLED))


def test_questions_that_matter_alike_go_by_identifier() -> None:
    moves = {one.question.id: round(one.moves, 4) for one in ranked().ranked}
    assert list(moves) == sorted(moves, key=lambda name: (-moves[name], name))
    assert len(set(moves.values())) < len(moves)


def test_progress_is_told_question_by_question() -> None:
    tables = additive(1)
    told: list[tuple[int, int]] = []
    rank(small_pack(tables), SETTLED, progress=lambda *parts: told.append(parts))
    assert told == [(0, 2), (1, 2), (2, 2)]


# Shares of variance -------------------------------------------------------------------------------


def additive(spread: float, *, known: str = "yes") -> Tables:
    """Return two ways to a home for 1,000 households, which can never be full together.

    One has from 0 over 50 to 100 places a year; of the other's ``spread`` x 100 some share
    between 0 and 1 is in use.
    """
    tables = bare(1000, move=1)
    serve(tables, "homes", "social_letting", 50, basis="lettings")
    change(tables, "capacity", {"service_id": "homes"}, capacity_low="0", capacity_high="100")
    serve(tables, "other", "social_letting", 100 * spread, basis="units")
    change(
        tables, "capacity", {"service_id": "other"}, occupancy_low="0", occupancy_central="0.5",
        occupancy_high="1",
    )  # fmt: skip
    for name in ("homes", "other"):
        chain(tables, "entry:police", name, "home:social")
    change(tables, "referral_routes", {"from_id": "homes"}, known=known)
    return tables


def test_where_two_themes_add_up_their_shares_are_those_of_their_variances() -> None:
    """100 U places and 100 spread V by occupancy: variances as 1 to spread squared."""
    spread, samples = 2.0, 32
    found = variance_shares(small_pack(additive(spread)), SETTLED, samples=samples, seed=3)
    assert [one.theme for one in found.themes] == [Theme.PLACES, Theme.STAYS]
    places, stays = found.themes
    expected = 1 / (1 + spread**2)
    for one, share in ((places, expected), (stays, 1 - expected)):
        assert one.alone == pytest.approx(share, abs=3 * one.alone_error)
        assert one.total == pytest.approx(share, abs=3 * one.total_error)
        assert one.total >= one.alone - 3 * (one.alone_error + one.total_error)
        assert 0 < one.alone_error < 0.4
        assert 0 < one.total_error < 0.4
    errors = np.hypot(places.alone_error, stays.alone_error)
    assert places.alone + stays.alone == pytest.approx(1, abs=3 * errors)
    deviation = 100 * np.sqrt((1 + spread**2) / 12)
    assert found.deviation == pytest.approx(deviation, rel=0.3)
    assert found.mean == pytest.approx(50 + 50 * spread, abs=3 * deviation / np.sqrt(2 * samples))


def test_themes_that_act_together_have_more_in_total_than_alone() -> None:
    """Places that count only if anybody refers there: 100 U if the answer is yes."""
    tables = additive(1, known="unknown")
    change(tables, "capacity", {"service_id": "other"}, capacity_central="0")
    found = variance_shares(small_pack(tables), SETTLED, samples=32, seed=3)
    by_theme = {one.theme: one for one in found.themes}
    assert set(by_theme) == {Theme.PLACES, Theme.STAYS, Theme.ROUTES}
    chance, second, square = 0.75, 1 / 3, 1 / 4
    whole = 100**2 * (chance * second - chance**2 * square)
    routes, places = (100**2 * chance * (1 - chance) * square, 100**2 * chance**2 / 12)
    for theme, alone in ((Theme.ROUTES, routes / whole), (Theme.PLACES, places / whole)):
        one = by_theme[theme]
        other = (places if theme is Theme.ROUTES else routes) / whole
        assert one.alone == pytest.approx(alone, abs=3 * one.alone_error)
        assert one.total == pytest.approx(1 - other, abs=3 * one.total_error)
    assert by_theme[Theme.STAYS].total == pytest.approx(0, abs=1e-9)
    assert found.deviation == pytest.approx(np.sqrt(whole), rel=0.3)


def test_shares_of_variance_are_the_same_again_and_of_another_seed_others() -> None:
    tables = small_pack(additive(1))
    one, again, other = (
        variance_shares(tables, SETTLED, samples=8, seed=seed) for seed in (3, 3, 4)
    )
    assert one.themes == again.themes
    assert (one.mean, one.deviation) == (again.mean, again.deviation)
    assert other.mean != one.mean
    assert (one.samples, one.seed) == (8, 3)


def test_where_nothing_varies_no_theme_has_a_share() -> None:
    tables = additive(1)
    change(tables, "capacity", {"service_id": "homes"}, capacity_low="", capacity_high="")
    tables["parameters"] = [
        row | ({"low": "20", "high": "40"} if row["key"] == "travel_threshold_min" else {})
        for row in tables["parameters"]
    ]
    change(tables, "capacity", {"service_id": "other"}, capacity_central="0")
    found = variance_shares(small_pack(tables), SETTLED, samples=8)
    assert found.deviation == pytest.approx(0, abs=1e-9)
    for one in found.themes:
        assert (one.alone, one.total) == (0, 0)


def test_too_few_samples_are_refused() -> None:
    with pytest.raises(UsageError, match="8 samples or more, not 7"):
        variance_shares(pack(), SETTLED, samples=7)


def test_the_runs_of_variance_shares_are_counted_and_may_be_stopped() -> None:
    """Two draws and one more for each of two themes, eight times."""
    told: list[tuple[int, int]] = []
    tables = small_pack(additive(1))
    variance_shares(tables, SETTLED, samples=8, progress=lambda *parts: told.append(parts))
    assert told == [(done, 32) for done in range(33)]


@pytest.mark.parametrize("asks", [rank, variance_shares])
def test_both_answer_for_first_come_first_served_too(asks: Callable[..., object]) -> None:
    """Two ways with room for all: who comes first does not matter to how many are met."""
    tables = small_pack(additive(1))
    extra = {} if asks is rank else {"samples": 8}
    best, first = (
        asks(tables, Settings(Goal.SETTLED, sharing=sharing), **extra) for sharing in Sharing
    )
    if isinstance(best, Unknowns) and isinstance(first, Unknowns):
        assert first.met == pytest.approx(best.met)
    elif isinstance(best, Shares) and isinstance(first, Shares):
        assert first.mean == pytest.approx(best.mean)
