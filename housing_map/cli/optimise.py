"""Commands about the best set of candidates for a budget, and the least provision for need."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from housing_map.cli import output
from housing_map.cli.output import ESTIMATE, OK, Sheet, header, sheet_of
from housing_map.cli.scenarios import RESTRICTED, asked, read_scenarios
from housing_map.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from housing_map.candidates import Ask, Candidate
    from housing_map.choosing import Choosing, Chosen
    from housing_map.frontier import Frontier, Order
    from housing_map.left_out import LeftOut
    from housing_map.model import Settings
    from housing_map.pack import Pack
    from housing_map.robustness import Survival
    from housing_map.scenario import Scenario

OPTIMISE_FORMAT: Final = "housing-map/optimise/1.0"
CANDIDATES_FORMAT: Final = "housing-map/candidate-list/1.0"
NEED_FORMAT: Final = "housing-map/need/1.0"
_BY_PLAN: Final = (
    "Floors and fairness hold for a plan: whoever gives places out has to keep to them."
)


# Where it starts --------------------------------------------------------------------------


def _begun(options: argparse.Namespace) -> tuple[Pack, Scenario, Pack, Settings]:
    """Return the data, the scenario to start from, and pack and settings after it."""
    from housing_map.pack import load_pack
    from housing_map.scenario import Scenario, apply

    pack = load_pack(options.data)
    base = Scenario(name="The data as they are")
    if options.base is not None:
        [base] = read_scenarios([options.base], pack)
    settings = asked(options, base)
    applied = apply(pack, base, settings)
    for one in applied.skipped:
        print(f"housing-map: change {one.number + 1} is left out: {one.why}", file=sys.stderr)
    if applied.budget is not None and options.budget is None and options.units is None:
        # What the scenario may spend holds where nobody asks for another budget.
        options.budget, options.units = applied.budget.gbp_a_year, applied.budget.units
    return pack, base, applied.pack, applied.settings


def _listed(options: argparse.Namespace, pack: Pack) -> tuple[tuple[Candidate, ...], list[str]]:
    """Return the candidates, and what the ready list could not hold."""
    from housing_map.candidate_file import load
    from housing_map.ready_candidates import ready

    if options.candidates is not None:
        return load(options.candidates, pack), []
    found = ready(pack)
    return found.candidates, list(found.left_out)


def _question(options: argparse.Namespace, pack: Pack, settings: Settings) -> dict[str, object]:
    on = settings.on or pack.info.reference_date
    return {"goal": settings.goal, "reference_date": on.isoformat()} | {
        name: getattr(options, name)
        for name in ("budget", "units", "must", "smallest", "fair", "no_floors", "share", "by")
        if getattr(options, name, None) is not None
    }


# The best set -----------------------------------------------------------------------------


def optimise(options: argparse.Namespace) -> int:
    """Find the best set of candidates for a budget, and say what was asked about it."""
    from housing_map import choosing_words as words
    from housing_map.candidates import Ask, Objective
    from housing_map.choosing import Choosing, as_scenario
    from housing_map.left_out import left_out

    whole, base, pack, settings = _begun(options)
    listed, unweighed = _listed(options, pack)
    ask = Ask(
        gbp_a_year=options.budget,
        units=options.units,
        smallest=options.smallest,
        floors={} if options.no_floors else None,
        objective=Objective.FAIR if options.fair else Objective.TOTAL,
        fair_by=options.fair or "tenure",
        time_limit=options.time_limit,
        forced=frozenset(options.must),
    )
    choosing = Choosing(pack, settings, listed, ask)
    first, best = choosing.greedy(), choosing.optimum()
    name = f"Best set {words.budget(ask)}"
    scenario = as_scenario(base, listed, best.ids, name)
    plain = scenario.model_copy(update={"changes": scenario.changes[len(base.changes) :]})
    left = left_out(pack, plain, settings, floors=ask.floors)
    document = header(OPTIMISE_FORMAT, whole, _question(options, pack, settings))
    document |= {
        "use": RESTRICTED,
        "unit": ("weighted " if settings.weights else "") + "household-episodes a year",
        "first_answer": _facts(first),
        "best": _facts(best),
        "candidates": _rows(listed, best, None).records(),
        "not_weighed": unweighed,
        "left_out": _records(left),
        "below_floor": sheet_of(left.below).records(),
    }
    weighed = words.weighed(settings)
    notes = ["", *words.answer(ask, best, listed), *([weighed] if weighed else [])]
    notes += words.left_out_lines(left)
    tables = [_rows(listed, best, None)]
    for key, facts, lines, sheet in _more(options, choosing, best):
        document[key] = facts
        notes += ["", *lines]
        tables.append(sheet)
    notes += ["", *unweighed, _BY_PLAN, ESTIMATE, RESTRICTED]
    if options.out is not None:
        _save(scenario, whole, settings, options.out)
    return output.answer(options, document, tables[-1 if options.format == "csv" else 0], notes)


def _more(
    options: argparse.Namespace, choosing: Choosing, best: Chosen
) -> Iterator[tuple[str, object, list[str], Sheet]]:
    """Yield survival, order and frontier as far as asked for: a name, facts, lines and a table."""
    from housing_map import choosing_words as words
    from housing_map import frontier, robustness

    pack, settings = choosing.pack, choosing.settings
    listed, ask = choosing.candidates, choosing.ask
    if options.survival:
        found = robustness.survival(
            pack, settings, listed, ask, draws=options.draws, seed=options.seed,
            progress=output.progress("Draws"),
        )  # fmt: skip
        lines = ["When assumptions vary:", *words.survival_lines(found, listed)]
        yield "survival", _survived(found), lines, _rows(listed, best, found)
    if options.order:
        steps = frontier.order(choosing, best, progress=output.progress("Steps"))
        sheet = _ordered(steps)
        yield "order", sheet.records(), ["What to do first:", *words.order_lines(steps)], sheet
    if options.frontier:
        points = frontier.frontier(
            pack, settings, listed, _whole(ask), progress=output.progress("Budgets")
        )
        sheet, said = _pointed(points), words.frontier_lines(points, listed)
        yield "frontier", sheet.records(), ["The best set of every budget:", *said], sheet


def _whole(ask: Ask) -> Ask:
    """Return what is asked of every budget: of the sort that was given, up to all there could be.

    The largest number stands for a budget without limit, which keeps the sort of budget.
    """
    most = 1e9
    return replace(
        ask,
        gbp_a_year=None if ask.gbp_a_year is None else most,
        units=most if ask.gbp_a_year is None and ask.units is not None else ask.units,
    )


def _facts(chosen: Chosen) -> dict[str, object]:
    return {
        "ids": list(chosen.ids),
        "before": chosen.before,
        "met": chosen.met,
        "further": chosen.further,
        "met_by_the_models_sharing": chosen.shared,
        "lowest_share": chosen.lowest,
        "highest_lowest_share": chosen.highest,
        "cost_gbp_a_year": chosen.cost_gbp_a_year,
        "units": chosen.units,
        "bound": chosen.bound,
        "gap": chosen.gap,
        "proved": chosen.proved,
        "keeps_floors": chosen.keeps_floors,
        "status": chosen.status,
    }


def _rows(listed: Sequence[Candidate], best: Chosen, found: Survival | None) -> Sheet:
    names = ["id", "label", "units", "cost_gbp_a_year", "chosen"]
    rows: list[list[object]] = [
        [
            one.id,
            one.label,
            one.units,
            one.cost_gbp_a_year,
            "yes" if one.id in best.ids else "no",
        ]
        for one in listed
    ]
    if found is not None:
        names.append("share_of_draws")
        rows = [[*row, found.shares.get(str(row[0]), 0.0)] for row in rows]
    return Sheet(names, rows)


def _records(left: LeftOut) -> list[dict[str, object]]:
    return sheet_of(left.rows).records()


def _survived(found: Survival) -> dict[str, object]:
    return {
        "draws": found.draws,
        "seed": found.seed,
        "failed": found.failed,
        "shares": found.shares,
        "further": list(found.further),
    }


def _ordered(found: Order) -> Sheet:
    names = ["step", "id", "label", "spent", "met", "best", "regret"]
    rows: list[list[object]] = [
        [n, one.id, one.label, one.spent, one.met, one.best, one.regret]
        for n, one in enumerate(found.steps, 1)
    ]
    return Sheet(names, rows)


def _pointed(found: Frontier) -> Sheet:
    names = ["spent", "met", "further", "bound", "proved", "ids"]
    rows: list[list[object]] = [
        [
            one.spent,
            one.best.met,
            one.best.further,
            one.best.bound,
            "yes" if one.best.proved else "no",
            ";".join(one.best.ids),
        ]
        for one in found.points
    ]
    return Sheet(names, rows)


def _save(scenario: Scenario, pack: Pack, settings: Settings, out: Path) -> None:
    from housing_map.scenario import for_pack, written

    found = scenario.model_copy(update={"goal": settings.goal, "on": settings.on})
    _write(written(for_pack(found, pack)), out)


def _write(text: str, out: Path) -> None:
    try:
        out.write_text(text, encoding="utf-8", newline="\n")
    except OSError as failed:
        message = f"{out.name} cannot be written: {failed.strerror}"
        raise UsageError(message) from failed


# The ready list ---------------------------------------------------------------------------


def candidates(options: argparse.Namespace) -> int:
    """List what could be done, or write it as a file to edit, or print the format."""
    from housing_map.candidate_file import json_schema, written
    from housing_map.pack import load_pack
    from housing_map.ready_candidates import ready

    if options.schema:
        print(json.dumps(json_schema(), indent=2, ensure_ascii=False))
        return OK
    pack = load_pack(options.data)
    found = ready(pack)
    if options.out is not None:
        _write(written(found.candidates), options.out)
        return OK
    names = ["id", "label", "units", "cost_gbp_a_year", "one_of"]
    rows: list[list[object]] = [
        [one.id, one.label, one.units, one.cost_gbp_a_year, one.one_of] for one in found.candidates
    ]
    sheet = Sheet(names, rows)
    document = header(CANDIDATES_FORMAT, pack, {})
    document |= {"candidates": sheet.records(), "not_weighed": list(found.left_out)}
    if options.format == "table":
        sheet = Sheet(names[:3], [row[:3] for row in rows])
    return output.answer(options, document, sheet, found.left_out)


# Need to provision ------------------------------------------------------------------------


def need(options: argparse.Namespace) -> int:
    """Find the least there would have to be for a share of need in every group."""
    from housing_map import choosing_words as words
    from housing_map.needed import Wanted, needed

    whole, _, pack, settings = _begun(options)
    wanted = Wanted(
        share=options.share,
        by=tuple(options.by) if options.by else None,
        kinds=tuple(options.kinds) if options.kinds else None,
        prices=dict(options.price),
        as_far=options.as_far,
    )
    found = needed(pack, settings, wanted)
    document = header(NEED_FORMAT, whole, _question(options, pack, settings))
    document |= {
        "share": found.share,
        "met": found.met,
        "demand": found.demand,
        "places": sheet_of(found.places).records(),
        "by_group": sheet_of(found.by_group).records(),
        "groups": sheet_of(found.groups).records(),
    }
    sheet = sheet_of(found.by_group if options.format == "csv" else found.places)
    return output.answer(options, document, sheet, [*words.needed_lines(found), ESTIMATE])
