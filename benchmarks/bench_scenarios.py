"""Scenarios: the effect while somebody builds one, and the best set of candidates.

The shipped pack. *Live change* is what the page does when a slider moves: apply the change, run the
model, read the total; beside it the same with nothing kept of what was worked out before. *Best
set* is timed on lists drawn from a recipe and a seed, a third of them new homes and the rest more
places: the first answer (greedy), then the optimum with its proof. Costs are made up for this
benchmark. Beside it stands every set of ten candidates, asked of the model one by one, as a time
for each set. Greedy's share is of what the optimum adds.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Final

import numpy as np
from bench_model import anew
from rows import Reading, Row, best_of, readings_table, table

from housing_map import model
from housing_map.candidates import Ask, Candidate
from housing_map.changes import AddService, ChangeTakes, Resize
from housing_map.choosing import Choosing
from housing_map.pack import default_folder, load_pack
from housing_map.scenario import Scenario, apply
from housing_map.stance import Draw
from housing_map.tabulate import totals
from housing_map.vocabulary import Answer, CapacityBasis, Goal, Run

if TYPE_CHECKING:
    from housing_map.changes import Change
    from housing_map.choosing import Chosen
    from housing_map.model import Settings
    from housing_map.pack import Pack

REPEATS: Final = 5
LIVE_BAR_SECONDS: Final = 0.5
FIRST_BAR_SECONDS: Final = 0.5
PROVED_BAR_SECONDS: Final = 2.0
SIZES: Final = (5, 10, 20, 40)
BUDGETS: Final = (0.2, 0.5)
"""Shares of what all candidates would cost."""
EVERY: Final = 10
"""Candidates of which every set is asked of the model."""
SOME_SETS: Final = 40
SEED: Final = 7
_POOLS: Final = ("refuge", "sanctuary", "social_letting", "private_rented_access", "dispersed")


def candidates(number: int) -> tuple[Candidate, ...]:
    """Draw a list: new dispersed homes, and more places in shared pools, with made-up costs."""
    random = np.random.default_rng(SEED)
    found = []
    for n in range(number):
        size, cost = float(random.integers(2, 12)), float(random.integers(10, 160)) * 1000
        if n % 3 == 0:
            change: Change = AddService(
                service_id=f"homes_{n}",
                name=f"Homes {n}",
                kind="dispersed",
                capacity=size,
                basis=CapacityBasis.UNITS,
                otherwise=Answer.YES,
            )
        else:
            change = Resize(pool=f"pool:{_POOLS[int(random.integers(len(_POOLS)))]}", by=size)
        found.append(Candidate(f"c{n}", f"Candidate {n}", (change,), cost, size))
    return tuple(found)


def live(pack: Pack, settings: Settings) -> list[Row | Reading]:
    """Time a change of places, and one of whom a service takes, beside nothing kept."""
    steps = count(1)
    found: list[Row | Reading] = []
    model.run(pack, settings)

    def places() -> Change:
        return Resize(pool="pool:refuge", by=next(steps) / 100)

    rules = iter(("nrpf", "male", "drugs", "alcohol", "mental_health", "offending", "older") * 9)

    def taking() -> Change:
        return ChangeTakes(
            service_id="pdap_refuges",
            rules=(next(rules),),
            answer=Answer.NO if next(steps) % 2 else Answer.YES,
        )

    def met(base: Pack, change: Change) -> float:
        after = apply(base, Scenario(name=f"Change {next(steps)}", changes=(change,)), settings)
        return float(totals(model.run(after.pack, after.settings))["met"])

    for name, make in (("more places", places), ("whom a service takes", taking)):
        spent, _ = best_of(lambda make=make: met(pack, make()), REPEATS)
        fresh = iter([anew(pack) for _ in range(REPEATS)])
        slow, _ = best_of(lambda make=make, fresh=fresh: met(next(fresh), make()), REPEATS)
        change = make()
        np.testing.assert_allclose(met(pack, change), met(anew(pack), change), atol=1e-6)
        found += [
            Row(f"Live change, {settings.goal}: {name}", "", spent, "nothing kept", slow),
            Reading(f"Live change, {settings.goal}: {name}", "", spent, "s", LIVE_BAR_SECONDS),
        ]
    return found


def best_sets(pack: Pack, settings: Settings) -> list[Row | Reading]:
    """Time the first answer and the proved one by number of candidates and budget."""
    found: list[Row | Reading] = []
    for number in SIZES:
        listed = candidates(number)
        whole = sum(one.cost_gbp_a_year or 0.0 for one in listed)
        for share in BUDGETS:
            ask = Ask(gbp_a_year=share * whole)
            # Each is solved once: what a solver keeps would make the second time quicker.
            written, _ = best_of(lambda o=listed, a=ask: Choosing(pack, settings, o, a), 2)
            anew_each = [Choosing(pack, settings, listed, ask) for _ in range(6)]
            turns = iter(anew_each)
            at_once, first = best_of(lambda t=turns: next(t).greedy(), 3)
            spent, best = best_of(lambda t=turns: next(t).optimum(), 3)
            assert best.proved
            size = f"{number} candidates, {share:.0%} of their cost"
            found += [
                Reading(
                    f"First answer, {settings.goal}", size, at_once, "s", FIRST_BAR_SECONDS,
                    f"{greedy_share(first, best):.1%} of what the optimum adds",
                ),
                Reading(f"Proved best, {settings.goal}", size, spent, "s", PROVED_BAR_SECONDS),
            ]  # fmt: skip
        found.append(
            Reading(f"Writing the programme, {settings.goal}", f"{number} candidates", written, "s")
        )
    return found


def greedy_share(first: Chosen, best: Chosen) -> float:
    """Return what greedy adds as a share of what the optimum adds; all, where nothing helps."""
    return first.further / best.further if best.further > 0 else 1.0


def every_set(pack: Pack, settings: Settings) -> Row:
    """Compare the proved answer with asking the model of every set, timed on some of them."""
    listed = candidates(EVERY)
    turns = iter([Choosing(pack, settings, listed, Ask(floors={})) for _ in range(3)])
    spent, best = best_of(lambda: next(turns).optimum(), 3)
    random = np.random.default_rng(SEED)
    sets = [np.flatnonzero(random.random(EVERY) < 0.5) for _ in range(SOME_SETS)]  # noqa: PLR2004

    def asked() -> float:
        most = 0.0
        for inside in sets:
            changes = tuple(change for n in inside for change in listed[n].changes)
            after = apply(pack, Scenario(name="A set", changes=changes), settings)
            most = max(most, model.most_met(after.pack, after.settings, Run.CENTRAL)[1])
        return most

    slow, most = best_of(asked, 1)
    assert most <= best.met + 1e-6
    return Row(
        f"Proved best, {settings.goal}, against every set",
        f"{EVERY} candidates, {2**EVERY:,} sets",
        spent,
        "the model, set by set",
        slow / SOME_SETS * 2**EVERY,
        note=f"timed on {SOME_SETS} of the sets",
    )


def draw(pack: Pack, settings: Settings) -> Reading:
    """Time the choice in one draw, with floors, of ten candidates."""
    listed, numbers = candidates(EVERY), count()
    whole = sum(one.cost_gbp_a_year or 0.0 for one in listed)
    ask = Ask(gbp_a_year=whole / 2)

    def chosen() -> float:
        return Choosing(pack, settings, listed, ask, Draw(SEED, next(numbers))).optimum().met

    spent, _ = best_of(chosen, REPEATS)
    return Reading("Best set in one draw", f"{EVERY} candidates", spent, "s")


def run() -> list[Row | Reading]:
    """Measure every row; raises :class:`AssertionError` where answers differ."""
    pack = load_pack(default_folder())
    found: list[Row | Reading] = []
    for goal in Goal:
        settings = replace(model.Settings(), goal=goal)
        found += live(pack, settings)
        found += best_sets(pack, settings)
    safe = model.Settings()
    return [*found, every_set(pack, safe), draw(pack, safe)]


if __name__ == "__main__":
    rows = run()
    print(table([row for row in rows if isinstance(row, Row)]))
    print(readings_table([row for row in rows if isinstance(row, Reading)]))
