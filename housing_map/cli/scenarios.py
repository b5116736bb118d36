"""Commands about scenarios: run and compare them, write a ready-made one, print the format."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Final

from housing_map.cli import output
from housing_map.cli.answers import asked_names, coverage_json
from housing_map.cli.output import ESTIMATE, OK, Sheet, as_text, header, sheet_of
from housing_map.errors import HousingMapError, UsageError
from housing_map.vocabulary import Reason, Run

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from housing_map.attribution import Attribution
    from housing_map.effects import Comparison
    from housing_map.errors import Problem
    from housing_map.model import Settings
    from housing_map.pack import Pack
    from housing_map.paired import Paired
    from housing_map.scenario import Applied, Scenario

RUN_FORMAT: Final = "housing-map/scenario-run/1.0"
STARTS_FORMAT: Final = "housing-map/starts/1.0"
RESTRICTED: Final = (
    "For your own planning: what a scenario does to one service is not for publication."
)
_SHARED_OUT: Final = (
    "Shares of the change in households met, in the central run: what each change adds, over {}."
)
_ORDERS: Final = {
    True: "every order in which they might come",
    False: "orders in which they might come, sampled since there are too many: an estimate",
}
_ENDS: Final = ("p10", "p90")
_INTERVAL: Final = (
    "The 80 % interval of each difference is from {draws} draws (seed {seed}), in which the "
    "scenario meets the same luck as the data as they are; intervals do not add up."
)
_IN_TEXT: Final = ("demand", "met_as_wanted", *(str(reason) for reason in Reason))
"""Figures whose change the text shows, beside what is met before and after."""


# Reading ----------------------------------------------------------------------------------


def read_scenarios(files: Sequence[Path], pack: Pack) -> list[Scenario]:
    """Read scenario files for a pack; raises :class:`ScenarioError` with the problems of all."""
    from dataclasses import replace

    from housing_map.scenario import ScenarioError, load, location_problems

    found: list[Scenario] = []
    problems: list[Problem] = []
    for file in files:
        try:
            scenario = load(file)
        except ScenarioError as error:
            problems += error.problems
        else:
            found.append(scenario)
            problems += [replace(p, file=file.name) for p in location_problems(scenario, pack)]
    if problems:
        raise ScenarioError(", ".join(file.name for file in files), tuple(problems))
    return found


def told(applied: Applied, pack: Pack) -> dict[str, object]:
    """Say what a scenario is, what it changes, and what of it does not count and why."""
    from housing_map.change_words import costs_missing, sentences
    from housing_map.scenario import digest

    scenario = applied.scenario
    said = sentences(scenario.changes, pack)
    return {
        "name": scenario.name,
        "sha256": digest(scenario),
        "made": [{"number": number, "change": said[number]} for number in applied.made],
        "skipped": [
            {"number": one.number, "change": said[one.number], "why": one.why}
            for one in applied.skipped
        ],
        "notices": list(applied.notices),
        # What does not count costs nothing.
        "costs_missing": costs_missing([scenario.changes[n] for n in applied.made], pack),
    }


def lines(number: int, facts: Mapping[str, object]) -> Iterator[str]:
    """Say in lines what :func:`told` says."""
    yield f"{number}. {facts['name']}"
    for change in facts["made"]:  # type: ignore[attr-defined]
        yield f"   {change['change']}"
    yield from _warnings(facts)
    if facts["costs_missing"]:
        yield f"   {facts['costs_missing']}"


def _warnings(facts: Mapping[str, object]) -> Iterator[str]:
    for change in facts["skipped"]:  # type: ignore[attr-defined]
        yield f"   Left out: {change['change']} Why: {change['why']}."
    for notice in facts["notices"]:  # type: ignore[attr-defined]
        yield f"   Note: {notice}."


def warn(facts: Mapping[str, object], style: str) -> None:
    """Say on the error stream what of a scenario does not count, where the answer cannot."""
    if style == "csv":
        for line in _warnings(facts):
            print(f"housing-map:{line[2:]}", file=sys.stderr)


def asked(options: argparse.Namespace, scenario: Scenario) -> Settings:
    """Return the settings asked for: those of the command line, else of the scenario."""
    from dataclasses import replace

    from housing_map.scenario import settings_for

    own = settings_for(scenario)
    return replace(own, goal=options.goal or own.goal, on=options.on or own.on)


# Running ----------------------------------------------------------------------------------


def run(options: argparse.Namespace) -> int:
    """Run scenarios, one by one or beside the data as they are."""
    from housing_map.pack import load_pack

    if options.interval and not options.compare:
        message = "--interval is about differences: add --compare"
        raise UsageError(message)
    pack = load_pack(options.data)
    scenarios = read_scenarios(options.file, pack)
    if options.compare:
        answer = _compared(options, pack, scenarios)
    else:
        answer = _alone(options, pack, scenarios)
    document, sheet, notes = answer
    document["use"] = RESTRICTED
    found: list[dict[str, object]] = document["scenarios"]  # type: ignore[assignment]
    for number, facts in enumerate(found, 1):
        notes += lines(number, facts)
        warn(facts, options.format)
    if options.attribute:
        shares = _attributed(options, pack, scenarios, found)
        if options.format == "csv":
            sheet = shares
        else:
            exact = all(one["shares"]["exact"] for one in found)  # type: ignore[index]
            notes += ["", _SHARED_OUT.format(_ORDERS[exact]), as_text(shares)]
    return output.answer(options, document, sheet, [ESTIMATE, RESTRICTED, *notes])


def _alone(
    options: argparse.Namespace, pack: Pack, scenarios: Sequence[Scenario]
) -> tuple[dict[str, object], Sheet, list[str]]:
    """Answer each scenario's own question."""
    import pandas as pd

    from housing_map import model
    from housing_map.scenario import apply
    from housing_map.tabulate import coverage_rows

    keys, found, frames = list(options.by), [], []
    for number, scenario in enumerate(scenarios, 1):
        applied = apply(pack, scenario, asked(options, scenario))
        result = model.run(applied.pack, applied.settings)
        frame = coverage_rows(result, keys)
        frame.columns = asked_names([str(name) for name in frame.columns], keys)
        rows = coverage_json(result, frame, keys, None)
        how = _settings(applied.settings, pack, keys)
        found.append(told(applied, pack) | {"settings": how, "rows": rows})
        frame.insert(0, "scenario", scenario.name)
        frame.insert(0, "number", number)
        frames.append(frame)
    document = header(RUN_FORMAT, pack, {"by": keys}) | {"scenarios": found}
    document["unit"] = "household-episodes a year"
    return document, sheet_of(pd.concat(frames, ignore_index=True)), []


def _settings(settings: Settings, pack: Pack, keys: Sequence[str]) -> dict[str, object]:
    on = settings.on or pack.info.reference_date
    return {"goal": settings.goal, "reference_date": on.isoformat(), "by": list(keys)}


# Comparing --------------------------------------------------------------------------------


def _compared(
    options: argparse.Namespace, pack: Pack, scenarios: Sequence[Scenario]
) -> tuple[dict[str, object], Sheet, list[str]]:
    """Ask all scenarios and the data as they are the question of the first."""
    from housing_map.effects import compare
    from housing_map.tabulate import coverage_rows

    keys, settings = list(options.by), asked(options, scenarios[0])
    comparison = compare(pack, scenarios, settings)
    tables = {str(one): _side_by_side(comparison, keys, one) for one in Run}
    paired = _pairs(options, pack, scenarios, settings) if options.interval else None
    before = coverage_rows(comparison.baseline, keys)
    before.columns = asked_names([str(name) for name in before.columns], keys)
    found = []
    for number, outcome in enumerate(comparison.outcomes, 1):
        frame = coverage_rows(outcome.result, keys)
        frame.columns = asked_names([str(name) for name in frame.columns], keys)
        rows = coverage_json(outcome.result, frame, keys, None)
        differences = coverage_json(comparison.baseline, _changes(tables, number, keys), keys, None)
        if paired is not None:
            _add_ends(differences, paired, number, keys)
        found.append(told(outcome.applied, pack) | {"rows": rows, "differences": differences})
    document = header(RUN_FORMAT, pack, _settings(settings, pack, keys))
    document["unit"] = "household-episodes a year"
    document["baseline"] = {"rows": coverage_json(comparison.baseline, before, keys, None)}
    document["scenarios"] = found
    notes = [f"Asked of all: {settings.goal}, from {document['settings']['reference_date']}."]  # type: ignore[index]
    if paired is not None:
        words = {"draws": len(paired.baseline.numbers), "seed": paired.baseline.seed}
        document["interval"] = words
        notes.append(_INTERVAL.format(**words))
    return document, _sheet(options, tables, paired, keys), notes


def _side_by_side(comparison: Comparison, keys: Sequence[str], one: Run) -> pd.DataFrame:
    """Return rows before and after in one run, under the names that were asked for."""
    from housing_map.effects import by

    frame = by(comparison.at(one), keys)
    frame.columns = asked_names([str(name) for name in frame.columns], keys)
    frame.insert(len(keys) + 2, "run", str(one))
    return frame


def _changes(tables: Mapping[str, pd.DataFrame], number: int, keys: Sequence[str]) -> pd.DataFrame:
    """Return the differences of a scenario in the layout of the rows of coverage."""
    import pandas as pd

    whole = pd.concat(tables.values(), ignore_index=True)
    whole = whole[whole["number"] == number]
    names = [str(name) for name in whole if str(name).endswith("_change")]
    plain = [name.removesuffix("_change") for name in names]
    return whole[[*keys, "run", *names]].set_axis([*keys, "run", *plain], axis=1)


def _pairs(
    options: argparse.Namespace, pack: Pack, scenarios: Sequence[Scenario], settings: Settings
) -> Paired:
    from housing_map.paired import paired_draws

    return paired_draws(
        pack,
        scenarios,
        settings,
        [tuple(options.by)],
        draws=options.draws,
        seed=options.seed,
        progress=output.progress("Draws"),
    )


def _add_ends(
    rows: list[dict[str, object]], paired: Paired, number: int, keys: Sequence[str]
) -> None:
    """Put the ends of the interval of each difference into its row."""
    from housing_map.cells import records

    known = {tuple(str(row[key]) for key in keys): row for row in rows}
    found = paired.differences(keys)
    for record in records(found[found["number"] == number]):
        row = known.get(tuple(str(record[key]) for key in keys))
        if row is not None:
            for end in _ENDS:
                ends = row.setdefault(end, {})
                ends[str(record["figure"])] = float(record[end])  # type: ignore[index]


def _sheet(
    options: argparse.Namespace,
    tables: Mapping[str, pd.DataFrame],
    paired: Paired | None,
    keys: Sequence[str],
) -> Sheet:
    """Return rows before and after, and the ends of the interval below them."""
    import pandas as pd

    whole = pd.concat(tables.values(), ignore_index=True)
    whole = whole.sort_values("number", kind="stable", ignore_index=True)
    if paired is not None:
        whole = pd.concat([whole, *_end_rows(paired, keys)], ignore_index=True)
    if options.format == "table":
        shown = ["met_before", "met_after", "met_change", *(f"{name}_change" for name in _IN_TEXT)]
        # What rounds to nothing is shown as nothing, and not as a little less.
        whole[shown] = whole[shown].round(1) + 0.0
        whole = whole[["number", "scenario", *keys, "run", *shown]]
    return sheet_of(whole.astype(object).where(whole.notna(), ""))


def _end_rows(paired: Paired, keys: Sequence[str]) -> Iterator[pd.DataFrame]:
    found = paired.differences(keys)
    found = found[found["figure"] != "met_share"]
    index = ["number", "scenario", *keys]
    for end in _ENDS:
        wide = found.pivot_table(index=index, columns="figure", values=end, sort=False)
        wide.columns = [f"{name}_change" for name in wide.columns]
        yield wide.reset_index().assign(run=end)


# Sharing out ------------------------------------------------------------------------------


def _attributed(
    options: argparse.Namespace,
    pack: Pack,
    scenarios: Sequence[Scenario],
    found: Sequence[dict[str, object]],
) -> Sheet:
    """Share out what each scenario does among its changes, into ``found`` and a table."""
    from housing_map.attribution import attribute
    from housing_map.change_words import labels

    rows: list[list[object]] = []
    question = asked(options, scenarios[0])
    for number, (scenario, facts) in enumerate(zip(scenarios, found, strict=True), 1):
        settings = question if options.compare else asked(options, scenario)
        shares = attribute(pack, scenario, settings, progress=output.progress("Coalitions"))
        named = labels(scenario.changes, pack)
        facts["shares"] = _shares(shares, named)
        for one in shares.shares:
            error = "" if one.error is None else one.error
            figures = [one.value, error, one.alone, one.last]
            rows.append([number, scenario.name, named[one.number], *figures])
        change = shares.total_after - shares.total_before
        rows.append([number, scenario.name, "All of it", change, "", change, change])
    names = ["number", "scenario", "change", "households", "standard_error", "alone", "as_the_last"]
    return Sheet(names, rows)


def _shares(found: Attribution, named: Sequence[str]) -> dict[str, object]:
    return {
        "figure": found.figure,
        "run": str(Run.CENTRAL),
        "before": found.total_before,
        "after": found.total_after,
        "exact": found.exact,
        "orders": found.orders,
        "changes": [
            {
                "number": one.number,
                "label": named[one.number],
                "value": one.value,
                "error": one.error,
                "alone": one.alone,
                "last": one.last,
            }
            for one in found.shares
        ],
    }


# Starting ---------------------------------------------------------------------------------


def start(options: argparse.Namespace) -> int:
    """List ready-made scenarios, or write one."""
    from housing_map.pack import load_pack
    from housing_map.scenario import written
    from housing_map.starts import starts

    pack = load_pack(options.data)
    found = starts(pack)
    if options.id is None:
        names = ["id", "title", "changes", "why", "source", "lacks"]
        rows: list[list[object]] = [
            [
                one.id,
                one.title,
                len(one.scenario.changes) if one.scenario else 0,
                one.why,
                one.source,
                one.lacks,
            ]
            for one in found
        ]
        sheet = Sheet(names, rows)
        document = header(STARTS_FORMAT, pack, {}) | {"starts": sheet.records()}
        if options.format == "table":
            sheet = Sheet(names[:3], [row[:3] for row in rows])
        lacking = [f"{one.title}: cannot be made, since {one.lacks}." for one in found if one.lacks]
        return output.answer(options, document, sheet, lacking)
    chosen = next((one for one in found if one.id == options.id), None)
    if chosen is None:
        message = f"There is no start {options.id!r}; choose from {', '.join(s.id for s in found)}"
        raise UsageError(message)
    if chosen.scenario is None:
        message = f"{chosen.title} cannot be made from this pack: {chosen.lacks}"
        raise HousingMapError(message)
    _write(written(chosen.scenario), options.out)
    return OK


def _write(text: str, out: Path | None) -> None:
    if out is None:
        print(text, end="")
        return
    try:
        out.write_text(text, encoding="utf-8", newline="\n")
    except OSError as failed:
        message = f"{out.name} cannot be written: {failed.strerror}"
        raise UsageError(message) from failed


def schema(options: argparse.Namespace) -> int:  # noqa: ARG001 - as every command
    """Print the JSON Schema of a scenario file."""
    from housing_map.scenario import json_schema

    print(json.dumps(json_schema(), indent=2, ensure_ascii=False))
    return OK
