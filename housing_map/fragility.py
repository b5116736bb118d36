"""The single loss that costs most, before and after a scenario.

Of all losses of one service, one organisation or one stream of money
(:mod:`housing_map.resilience`) only the gravest is looked for. What goes through a service bounds
what its loss can cost, since the rest of the present plan still stands without it. So losses are
asked in the order of that bound, and no further once none left can be graver: the answer is that
of asking all of them.

For the restricted view alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from housing_map import model
from housing_map.effects import SAME
from housing_map.resilience import Kind, Met, losses
from housing_map.vocabulary import Run, Sharing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from housing_map.coverage import Cells
    from housing_map.effects import Comparison
    from housing_map.jobs import Report
    from housing_map.model import Result
    from housing_map.resilience import Loss

KINDS: Final = (Kind.SERVICE,)


@dataclass(frozen=True, slots=True)
class Fragility:
    """The gravest loss of each kind before and after; None where nothing can be lost.

    ``change`` is how many households a year more (below 0: fewer) the gravest loss costs.
    """

    before: Mapping[Kind, Loss | None]
    after: Mapping[Kind, Loss | None]

    def change(self, kind: Kind = Kind.SERVICE) -> float:
        """How many households a year more the gravest loss of a kind costs after than before."""
        return _fewer(self.after[kind]) - _fewer(self.before[kind])


def fragility(
    comparison: Comparison,
    number: int,
    kinds: Sequence[Kind] = KINDS,
    *,
    progress: Report | None = None,
) -> Fragility:
    """Return the gravest loss before and after scenario ``number``, from 1, in its central run.

    Raises :class:`housing_map.errors.UsageError` where there is no such scenario.
    """
    outcome = comparison.outcome(number)
    return Fragility(
        before=gravest(comparison.baseline, kinds, progress=progress),
        after=gravest(outcome.result, kinds, progress=progress),
    )


def gravest(
    result: Result, kinds: Sequence[Kind] = KINDS, *, progress: Report | None = None
) -> dict[Kind, Loss | None]:
    """Return, of each kind, the loss that leaves most households a year without help.

    Of the central run, with ``met`` before and after filled in. ``progress`` is told how many of
    how many losses are settled; it may raise to stop.
    """
    every = [loss for loss in losses(result) if loss.what.kind in kinds]
    cells = result[Run.CENTRAL].cells
    asked: dict[frozenset[str], float] = {}
    found: dict[Kind, Loss | None] = dict.fromkeys(kinds)
    bound = {id(loss): most_lost(cells, loss.what.services) for loss in every}
    ordered = sorted(every, key=lambda loss: -bound[id(loss)])
    for number, loss in enumerate(ordered):
        if progress is not None:
            progress(number, len(ordered))
        best = found[loss.what.kind]
        if best is not None and bound[id(loss)] <= best.fewer + SAME:
            continue
        services = frozenset(loss.what.services)
        if services not in asked:
            settings = replace(result.settings, without=result.settings.without | services)
            asked[services] = model.most_met(result.pack, settings, Run.CENTRAL)[1]
        met = Met(float(cells.met.sum()), asked[services])
        if best is None or met.fewer > best.fewer + SAME:
            found[loss.what.kind] = replace(loss, met={Run.CENTRAL: met})
    if progress is not None:
        progress(len(ordered), len(ordered))
    return found


def most_lost(cells: Cells, services: Sequence[str]) -> float:
    """Return the most households a year that the loss of ``services`` can leave without help.

    Those met on routes that may go through one of them, or use a pool it has a part in: all others
    can be helped as before. Everybody who is met, where households are weighted or come first,
    since the answer is then not the plan that helps most.
    """
    setting = cells.setting
    if setting.weights or setting.sharing is not Sharing.BEST:
        return float(cells.met.sum())
    lost = frozenset(services)
    pools = {pool.id for pool in setting.pools if lost.intersection(pool.members)}
    touched = np.array(
        [
            any(pool in pools for pool, _ in route.pools)
            or any(lost.intersection(setting.paths[path].services) for path in route.paths)
            for route in setting.routes
        ],
        dtype=bool,
    )
    meets = np.array([route.meets for route in setting.routes], dtype=np.float64)
    along = cells.prepared.blocks.route
    return float((cells.allocation.offers * (meets * touched)[along]).sum()) if len(along) else 0.0


def _fewer(loss: Loss | None) -> float:
    return 0.0 if loss is None else loss.fewer
