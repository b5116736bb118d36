"""Which end of a range each run takes, and what happens where nobody gave an end."""

import pytest

from housing_map.errors import UsageError
from housing_map.parameters import Figure, Register, Worse
from housing_map.stance import Listening, Pinned
from housing_map.vocabulary import Run, Status
from tests.packs import base_tables, change
from tests.worlds import small_pack

RUNS = (Run.CAUTIOUS, Run.CENTRAL, Run.OPTIMISTIC)


def figure(low: float | None, central: float | None, high: float | None, worse: Worse) -> Figure:
    return Figure("key", "Label", low, central, high, "days", worse, Status.ASSUMED, "made up")


@pytest.mark.parametrize(
    ("ends", "worse", "expected"),
    [
        ((1, 2, 3), "high", (3, 2, 1)),
        ((1, 2, 3), "low", (1, 2, 3)),
        ((1, 2, 3), None, (2, 2, 2)),
        ((None, 2, 3), "high", (3, 2, 2)),
        ((1, 2, None), "high", (2, 2, 1)),
        ((None, 2, 3), "low", (2, 2, 3)),
        ((1, 2, None), "low", (1, 2, 2)),
        ((None, 2, None), "high", (2, 2, 2)),
        ((0, 2, 3), "low", (0, 2, 3)),
    ],
)
def test_each_run_takes_its_end_and_falls_back_on_the_central_figure(
    ends: tuple[float | None, float, float | None], worse: Worse, expected: tuple[float, ...]
) -> None:
    """The last case: an end of 0 is a figure, not a missing one."""
    found = figure(*ends, worse)
    assert tuple(found.at(run) for run in RUNS) == expected


@pytest.mark.parametrize("run", RUNS)
def test_an_unknown_figure_refuses_by_name(run: Run) -> None:
    unknown = figure(None, None, None, "high")
    assert not unknown.known
    with pytest.raises(UsageError, match="'key' is unknown"):
        unknown.at(run)


def test_the_register_reads_the_direction_of_each_row() -> None:
    tables = base_tables()
    change(tables, "parameters", {"key": "detour_factor"}, low="1.1", high="1.6")
    change(tables, "parameters", {"key": "elsewhere_success"}, low="0.2", high="0.9")
    register = Register(small_pack(tables)["parameters"])
    assert [register.at("detour_factor", run) for run in RUNS] == [1.6, 1.3, 1.1]
    assert [register.at("elsewhere_success", run) for run in RUNS] == [0.2, 0.5, 0.9]
    assert register["detour_factor"].label == "Detour factor"


def test_the_register_names_a_parameter_it_does_not_have() -> None:
    register = Register(small_pack(base_tables())["parameters"])
    with pytest.raises(UsageError, match="no parameter 'nonsense'"):
        register["nonsense"]


@pytest.mark.parametrize(
    ("worse", "expected"),
    [("high", (3, 2.5, 2, 1.5, 1)), ("low", (1, 1.5, 2, 2.5, 3)), (None, (1, 1.5, 2, 2.5, 3))],
)
def test_draws_go_over_the_whole_range_whichever_end_is_worse(
    worse: Worse, expected: tuple[float, ...]
) -> None:
    """Where nobody knows which it is, the runs stay central and draws go from low to high."""
    ranged = figure(1, 2, 3, worse)
    levels = (0.0, 0.25, 0.5, 0.75, 1.0)
    assert tuple(ranged.at(Pinned({"key": level})) for level in levels) == expected
    assert ranged.at(Pinned({"other": 0.0})) == 2


@pytest.mark.parametrize(
    ("ends", "expected"), [((None, 2, 3), (2, 2, 3)), ((1, 2, None), (1, 2, 2))]
)
def test_a_draw_falls_back_on_the_central_figure_too(
    ends: tuple[float | None, float, float | None], expected: tuple[float, ...]
) -> None:
    ranged = figure(*ends, "low")
    assert tuple(ranged.at(Pinned({"key": level})) for level in (0.0, 0.5, 1.0)) == expected


def test_a_figure_without_a_range_is_never_asked_for_a_level() -> None:
    listening = Listening()
    assert figure(None, 2, None, "low").at(listening) == 2
    assert figure(2, 2, 2, None).at(listening) == 2
    assert not listening.asked
    assert figure(None, 2, 3, None).at(listening) == 2
    assert list(listening.asked) == ["key"]


def test_a_figure_of_which_the_ends_alone_are_known_has_no_draw() -> None:
    ends = figure(1, None, 3, "high")
    assert [ends.at(run) for run in (Run.CAUTIOUS, Run.OPTIMISTIC)] == [3, 1]
    for stance in (Run.CENTRAL, Pinned(), Pinned({"key": 1.0})):
        with pytest.raises(UsageError, match="'key' is unknown"):
            ends.at(stance)
