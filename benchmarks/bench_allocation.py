"""Who gets a place: step 1 against SciPy's HiGHS.

The most households that can be helped, on a generated district (recipe and seed in
``instances.py``): by the decomposition of ``housing_map.decomposition``, and by SciPy's dual
simplex (``highs-ds``) and interior point method (``highs-ipm``) on the same programme in one piece.
*Aggregated*: one block for all households alike. *Flat*: each block cut into a group an area.
*Cold* starts from nothing; *columns kept* has solved the same district and then a third of its
limits changed. Ours includes merging what is alike and the proof of the optimum, and theirs leaves
out writing the matrix. All find the same total, to 1e-8 of it; HiGHS is stopped after some
minutes on the flat programme, and its time is then a lower bound. *All four steps* has nothing
beside it.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import numpy as np
from instances import Recipe, flat, rich, with_changed_room
from rows import Reading, Row, best_of, readings_table, table
from scipy import sparse
from scipy.optimize import linprog

from housing_map.allocation import allocate, most_met
from housing_map.decomposition import Columns

if TYPE_CHECKING:
    from housing_map.allocation import Instance

SAME: Final = 1e-8
AGGREGATED_BAR: Final = 20.0
FLAT_BAR: Final = 1000.0
METHODS: Final = ("highs-ds", "highs-ipm")
AREAS: Final = 20
"""Areas of the flat programme: with the 260 of a real district it would not fit in memory."""
PATIENCE_SECONDS: Final = 240.0
REPEATS: Final = 7
SEEDS: Final = (1, 2)
FOUR_STEPS: Final = (300, 1000, 3500)
"""Blocks of the instances on which all four steps are timed."""


def size_of(instance: Instance) -> str:
    """Blocks, columns and limits in words."""
    blocks, columns = len(instance.demand), len(instance.block)
    return f"{blocks:,} blocks, {columns:,} columns, {len(instance.limit)} limits"


def by_highs(instance: Instance, method: str) -> tuple[float, float | None]:
    """Return the seconds HiGHS takes for step 1, and its total, or None when it was stopped."""
    columns = len(instance.block)
    where = (instance.block, np.arange(columns))
    offered = sparse.csr_array((np.ones(columns), where), shape=(len(instance.demand), columns))
    below = sparse.csr_array(sparse.vstack([offered, instance.use]))
    right = np.concatenate([instance.demand, instance.limit])
    gain = instance.weight[instance.block] * instance.meets
    options = {"time_limit": PATIENCE_SECONDS}
    start = time.perf_counter()
    found = linprog(-gain, A_ub=below, b_ub=right, method=method, options=options)
    seconds = time.perf_counter() - start
    return seconds, -float(found.fun) if found.status == 0 else None


def compared(what: str, instance: Instance, ours: float, total: float, bar: float) -> list[Row]:
    """Compare our seconds with each method of HiGHS; the bar is that of the better one."""
    rows = []
    for method in METHODS:
        seconds, best = by_highs(instance, method)
        if best is not None:
            np.testing.assert_allclose(total, best, rtol=SAME)
        note = "" if best is not None else f"stopped after {PATIENCE_SECONDS:.0f} s: at least"
        rows.append(Row(what, size_of(instance), ours, f"SciPy {method}", seconds, note=note))
    better = min(rows, key=lambda row: row.other_seconds)
    return [
        Row(row.what, row.size, row.ours_seconds, row.other, row.other_seconds, bar, row.note)
        if row is better
        else row
        for row in rows
    ]


def after_a_change(instance: Instance, changed: Instance) -> tuple[float, float]:
    """Return the best seconds of ours on ``changed`` with the columns of ``instance`` kept."""
    best, total = np.inf, 0.0
    for _ in range(REPEATS):
        kept = Columns()
        most_met(instance, kept)
        start = time.perf_counter()
        total = most_met(changed, kept)
        best = min(best, time.perf_counter() - start)
    return best, total


def run() -> list[Row | Reading]:
    """Measure step 1 side by side, and the time of all four steps."""
    rows: list[Row | Reading] = []
    for seed in SEEDS:
        instance = rich(Recipe(seed=seed))
        ours, total = best_of(lambda given=instance: most_met(given), REPEATS)
        rows += compared(f"Aggregated, cold (seed {seed})", instance, ours, total, AGGREGATED_BAR)
        changed = with_changed_room(instance, seed)
        ours, total = after_a_change(instance, changed)
        what = f"Aggregated, columns kept (seed {seed})"
        rows += compared(what, changed, ours, total, AGGREGATED_BAR)
    instance = rich(Recipe())
    cut = flat(instance, AREAS)
    ours, total = best_of(lambda: most_met(instance), REPEATS)
    merging, same = best_of(lambda: most_met(cut), 2)
    np.testing.assert_allclose(total, same, rtol=SAME)
    rows += compared("Flat against its blocks, cold", cut, ours, total, FLAT_BAR)
    rows.append(
        Reading("Step 1 of the flat programme, blocks found by ours", size_of(cut), merging, "s")
    )
    for blocks in FOUR_STEPS:
        instance = rich(Recipe(blocks=blocks))
        seconds, _ = best_of(lambda given=instance: allocate(given), 3)
        rows.append(Reading("All four steps, cold", size_of(instance), seconds, "s"))
    return rows


if __name__ == "__main__":
    measured = run()
    print(table([row for row in measured if isinstance(row, Row)]))
    print(readings_table([row for row in measured if isinstance(row, Reading)]))
