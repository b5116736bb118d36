"""A whole run of Kirklees.

The shipped pack, central run. *Nothing kept* hands the model tables it has not seen before, so
that nothing worked out for an earlier run is used. *Only capacities change* is what a slider
does: a pack that differs from one already run in its capacities alone. Its answer is checked
against the same pack with nothing kept.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Final

import numpy as np
from rows import Reading, Row, best_of

from housing_map import model, tabulate
from housing_map.pack import default_folder, load_pack
from housing_map.vocabulary import Goal, Run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from housing_map.pack import Pack

REPEATS: Final = 7
RUN_BAR_SECONDS: Final = 0.5
CHANGE_BAR_SECONDS: Final = 0.15
_CAPACITIES: Final = ("capacity_low", "capacity_central", "capacity_high")
_number = count()


def run() -> list[Row | Reading]:
    """Time a central run with nothing kept, and with only capacities changed, for both goals."""
    kirklees = load_pack(default_folder())
    readings: list[Row | Reading] = []
    for goal in Goal:
        settings = model.Settings(goal=goal)
        fresh = iter([anew(kirklees) for _ in range(REPEATS + 1)])
        central(next(fresh), settings)  # solvers are loaded once, and are no part of a run
        seconds, found = best_of(lambda s=settings, f=fresh: central(next(f), s), REPEATS)
        size = sizes(found)
        readings.append(
            Reading(f"Central run, {goal}, nothing kept", size, seconds, "s", RUN_BAR_SECONDS)
        )
        central(kirklees, settings)
        changed = changes(kirklees)
        seconds, found = best_of(lambda s=settings, c=changed: central(next(c)[0], s), REPEATS)
        pack, _ = next(changed)
        same_answer(pack, settings)
        readings.append(
            Reading(
                f"Central run, {goal}, only capacities change",
                size,
                seconds,
                "s",
                CHANGE_BAR_SECONDS,
            )
        )
    fresh = iter([anew(kirklees) for _ in range(REPEATS)])

    def three() -> model.Result:
        found = model.run(next(fresh))
        for run in Run:
            _ = found[run]  # worked out when it is first looked at
        return found

    seconds, result = best_of(three, REPEATS)
    readings.append(Reading("Three whole runs, safe, nothing kept", "", seconds, "s"))
    for by in (["ward", "tenure"], ["need"], ["component", "tenure"]):
        seconds, _ = best_of(lambda by=by: tabulate.coverage_rows(result, by), 3)
        readings.append(Reading(f"Rows by {' and '.join(by)}, three runs", "", seconds, "s"))
    return readings


def central(pack: Pack, settings: model.Settings) -> model.RunResult:
    """Work out the central run."""
    return model.run_one(pack, settings, Run.CENTRAL)


def sizes(found: model.RunResult) -> str:
    """Say how large a run is."""
    setting = found.cells.setting
    return (
        f"{len(found.split):,} areas × tenures, {len(found.cells.demand):,} cells, "
        f"{len(setting.routes)} routes, {len(setting.pools)} pools"
    )


def anew(pack: Pack) -> Pack:
    """Return the pack with tables that are equal, but have not been seen before."""
    tables = {name: table.copy() for name, table in pack.tables.items()}
    return replace(pack, tables=tables, digest=_digest())


def changes(pack: Pack) -> Iterator[tuple[Pack, float]]:
    """Yield the pack with all assumed capacities made a little larger, each time by more."""
    for step in count(1):
        factor = 1 + step / 100
        table = pack["pool_assumptions"].copy()
        table[list(_CAPACITIES)] *= factor
        yield (
            replace(pack, tables={**pack.tables, "pool_assumptions": table}, digest=_digest()),
            factor,
        )


def same_answer(pack: Pack, settings: model.Settings) -> None:
    """Check that what is kept changes no answer: the pack, run as it is and with nothing kept."""
    kept, whole = central(pack, settings).cells, central(anew(pack), settings).cells
    assert np.allclose(kept.outcomes, whole.outcomes, atol=1e-6)


def _digest() -> str:
    return hashlib.sha256(f"benchmark {next(_number)}".encode()).hexdigest()
