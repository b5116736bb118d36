"""Secondary suppression: least loss, unknown to nobody's folder, and never half done."""

import itertools
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytauargus import _tauargus
from scipy import optimize

from housing_map import suppression
from housing_map.errors import SolverError
from housing_map.suppression import Choice, ImpossibleError, State

INFINITY = float("inf")
THRESHOLD = 4
SUMS = ((0, (1, 2, 3)), (4, (5, 6, 7)), (8, (0, 4)), (9, (1, 5)), (10, (2, 6)), (11, (3, 7)))
"""Two rows of three, their totals, the total of all, and the columns."""


def choices(inner: tuple[int, ...]) -> list[Choice]:
    a, b = inner[:3], inner[3:]
    values = [sum(a), *a, sum(b), *b, sum(inner), *(x + y for x, y in zip(a, b, strict=True))]
    return [
        Choice(v, 10 + round(v), State.HIDDEN, 0.0, INFINITY, 0.0, float(THRESHOLD))
        if 0 < v < THRESHOLD
        else Choice(v, 10 + round(v), State.OPEN, 0.0, INFINITY)
        for v in map(float, values)
    ]


def protects(cells: list[Choice], hidden: set[int]) -> bool:
    """Whether the ends that must stay open can be reached, by SciPy's own programme."""
    matrix = np.zeros((len(SUMS), len(cells)))
    for row, (whole, parts) in enumerate(SUMS):
        matrix[row, whole] = -1
        matrix[row, list(parts)] = 1
    bounds = [
        (0, None) if i in hidden else (cell.value, cell.value) for i, cell in enumerate(cells)
    ]
    for i, cell in enumerate(cells):
        if cell.open_high is None:
            continue
        for end, sign in ((cell.open_low, 1), (cell.open_high, -1)):
            cost = np.zeros(len(cells))
            cost[i] = sign
            found = optimize.linprog(cost, A_eq=matrix, b_eq=np.zeros(len(SUMS)), bounds=bounds)
            if found.status == 0 and sign * (found.x[i] - float(end or 0.0)) > 1e-6:
                return False
    return True


@settings(max_examples=12)
@given(inner=st.tuples(*[st.integers(0, 9)] * 6))
def test_no_cheaper_set_of_cells_protects_as_much(inner: tuple[int, ...]) -> None:
    cells = choices(inner)
    first = {i for i, cell in enumerate(cells) if cell.state is State.HIDDEN}
    found = suppression.secondary(cells, SUMS)
    assert protects(cells, first | found)
    loss = sum(cells[i].loss for i in found)
    rest = [i for i in range(len(cells)) if i not in first]
    for size in range(min(len(rest), 4) + 1):
        for more in itertools.combinations(rest, size):
            if sum(cells[i].loss for i in more) < loss:
                assert not protects(cells, first | set(more))


def test_a_cell_that_what_is_shown_pins_down_is_impossible() -> None:
    cells = [
        Choice(33.0, 1, State.SHOWN, 33.0, 33.0),
        Choice(3.0, 1, State.HIDDEN, 0.0, INFINITY, 0.0, 10.0),
        Choice(30.0, 1, State.SHOWN, 30.0, 30.0),
    ]
    with pytest.raises(ImpossibleError):
        suppression.secondary(cells, [(0, (1, 2))])


def test_time_that_is_up_is_an_error_and_no_pattern() -> None:
    with pytest.raises(SolverError, match="not proved best"):
        suppression.secondary(choices((1, 9, 9, 9, 2, 9)), SUMS, minutes=0)


def test_a_solver_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suppression, "_SCRIPT", "import time; time.sleep(60)")
    monkeypatch.setattr(suppression, "_GRACE_SECONDS", 0.2)
    with pytest.raises(SolverError, match="not proved best"):
        suppression.secondary(choices((1, 9, 9, 9, 2, 9)), SUMS, minutes=0)


def test_a_solver_that_dies_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suppression, "_SCRIPT", "import os; os._exit(9)")
    with pytest.raises(SolverError, match="exit code 9"):
        suppression.secondary(choices((1, 9, 9, 9, 2, 9)), SUMS)


def test_the_solver_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It writes logs where it stands: not in our folder, and its own is gone."""
    monkeypatch.chdir(tmp_path)
    folders = []
    run = subprocess.run

    def watched(*args: object, **kwargs: object) -> object:
        folders.append(Path(str(kwargs["cwd"])))
        return run(*args, **kwargs)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "run", watched)
    assert suppression.secondary(choices((1, 9, 9, 9, 9, 9)), SUMS)
    assert list(tmp_path.iterdir()) == []
    assert folders
    assert not any(folder.exists() for folder in folders)


def test_nothing_to_protect_asks_no_solver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suppression, "_SCRIPT", "import os; os._exit(9)")
    assert suppression.secondary(choices((9, 9, 9, 9, 9, 9)), SUMS) == frozenset()


def test_large_amounts_are_scaled_and_protected_as_well() -> None:
    """Pounds by the ten million: 3 of 40 and 37 million must stay open by 10 %."""
    cells = [
        Choice(4e7, 40, State.OPEN, 0.0, INFINITY),
        Choice(3e6, 30, State.HIDDEN, 0.0, INFINITY, 2.7e6, 3.3e6),
        Choice(3.7e7, 37, State.OPEN, 0.0, INFINITY),
    ]
    assert suppression.secondary(cells, [(0, (1, 2))]) == {2}


def test_the_attacker_of_the_library_agrees_with_the_pattern(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own audit of the hidden cells finds none that is too narrow."""
    monkeypatch.chdir(tmp_path)
    cells = choices((1, 9, 9, 9, 2, 9))
    found = suppression.secondary(cells, SUMS)
    text = suppression.problem(cells, SUMS).splitlines()
    for i in found:
        words = text[2 + i].split()
        words[3] = "m"
        text[2 + i] = " ".join(words)
    Path("cells.jj").write_text("\n".join([*text, ""]), encoding="ascii")
    rows = _tauargus.audit_jj("cells.jj")
    assert {row["cell"] for row in rows} >= found
    assert not any(row["unsafe"] for row in rows)
