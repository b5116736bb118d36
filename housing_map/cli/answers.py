"""Commands about people: ``coverage`` (who is covered, who is lost) and ``routes``."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from housing_map import __version__
from housing_map.cli import output
from housing_map.cli.output import ESTIMATE, OK, Sheet, as_csv, pack_identity
from housing_map.vocabulary import (
    ALIASES,
    Aim,
    Entry,
    Goal,
    Pathway,
    Right,
    Risk,
    Run,
    Sharing,
    Tenure,
)

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    import pandas as pd

    from housing_map.enquiry import Enquiry
    from housing_map.model import Result, Settings
    from housing_map.pack import Pack
    from housing_map.scenario import Applied
    from housing_map.uncertainty import Drawn

COVERAGE_FORMAT: Final = "housing-map/coverage/1.1"
ROUTES_FORMAT: Final = "housing-map/routes/1.1"
_ELSEWHERE: Final = "elsewhere"
"""Pathway of a route that leads out of the district."""
_ENDS: Final = ("p10", "p90")
_INTERVAL: Final = "The 80 % interval is from {draws} draws (seed {seed}); intervals do not add up."


def settings_of(options: argparse.Namespace) -> Settings:
    """Return the settings of the model that the options ask for."""
    from housing_map import model
    from housing_map.provision import Reservation

    return model.Settings(
        goal=Goal(options.goal),
        pathway=Pathway(getattr(options, "pathway", Pathway.ANY)),
        local_risk=getattr(options, "local_risk", False),
        on=options.on,
        sharing=Sharing.FIRST_COME if getattr(options, "first_come", False) else Sharing.BEST,
        needs_odds_ratio=getattr(options, "needs_odds_ratio", 1.0),
        weights=tuple(getattr(options, "weight", ())),
        reserved=tuple(Reservation(*kept) for kept in getattr(options, "reserve", ())),
    )


def coverage(options: argparse.Namespace) -> int:
    """Say who is covered and who is lost, by reason."""
    from housing_map import model
    from housing_map.cli import scenarios
    from housing_map.pack import load_pack
    from housing_map.tabulate import coverage_rows

    pack, keys = load_pack(options.data), list(options.by)
    applied = None if options.scenario is None else _applied(options, pack)
    if applied is None:
        options.goal = options.goal or Goal.SAFE
        result = model.run(pack, settings_of(options))
    else:
        result = model.run(applied.pack, applied.settings)
    frame = coverage_rows(result, keys)
    drawn = _drawn(options, result, keys) if options.interval else None
    names = asked_names([str(name) for name in frame.columns], keys)
    frame.columns = names
    unknown = list(model.unknown_needs(result)) if "need" in keys else []
    document = _coverage_document(result, pack, keys)
    document |= {"rows": coverage_json(result, frame, keys, drawn), "number_unknown": unknown}
    notes = [ESTIMATE]
    if drawn is not None:
        frame = _with_ends(frame, drawn, keys)
        words = {"draws": len(drawn.numbers), "seed": drawn.seed}
        document["interval"] = words
        notes.append(_INTERVAL.format(**words))
    if unknown:
        notes.append(f"Number unknown, not 0: {', '.join(unknown)}")
    if applied is not None:
        facts = scenarios.told(applied, pack)
        document["scenario"] = facts
        notes += [scenarios.RESTRICTED, *scenarios.lines(1, facts)]
        scenarios.warn(facts, options.format)
    return output.answer(options, document, output.sheet_of(frame), notes)


def _applied(options: argparse.Namespace, pack: Pack) -> Applied:
    """Apply the scenario that is asked about; it says the goal and date unless the options do."""
    from housing_map.cli.scenarios import read_scenarios
    from housing_map.scenario import apply

    (scenario,) = read_scenarios([options.scenario], pack)
    options.goal, options.on = options.goal or scenario.goal, options.on or scenario.on
    return apply(pack, scenario, settings_of(options))


def _drawn(options: argparse.Namespace, result: Result, keys: Sequence[str]) -> Drawn:
    from housing_map import uncertainty

    return uncertainty.draw_in_parallel(
        result.pack,
        result.settings,
        [keys],
        draws=options.draws,
        seed=options.seed,
        progress=output.progress("Draws"),
    )


def _with_ends(frame: pd.DataFrame, drawn: Drawn, keys: Sequence[str]) -> pd.DataFrame:
    """Put the ends of the interval below the three runs, row by row."""
    import pandas as pd

    ends = drawn.interval(keys)
    figures = [str(name) for name in frame.columns[len(keys) + 1 :]]
    parts = [frame]
    for end in _ENDS:
        part = ends[[*keys, *(f"{name}_{end}" for name in figures)]]
        part = part.set_axis([*keys, *figures], axis=1)
        part.insert(len(keys), "run", end)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def asked_names(columns: Sequence[str], keys: Sequence[str]) -> list[str]:
    """Give area columns back the name the user asked by, such as ``partnership``."""
    names = {ALIASES.get(key, key): key for key in keys}
    return [names.get(column, column) for column in columns]


def _coverage_document(result: Result, pack: Pack, keys: Sequence[str]) -> dict[str, object]:
    """Say what the rows of a JSON document are about."""
    settings = result.settings
    return {
        "format": COVERAGE_FORMAT,
        "status": ESTIMATE,
        "program": __version__,
        "pack": pack_identity(pack),
        "settings": {
            "goal": settings.goal,
            "pathway": settings.pathway,
            "local_risk": settings.local_risk,
            "reference_date": result.on.isoformat(),
            "by": keys,
            "sharing": settings.sharing,
            "needs_odds_ratio": settings.needs_odds_ratio,
            "weights": dict(settings.weights),
            "reserved": [asdict(kept) for kept in settings.reserved],
        },
        "unit": "household-episodes a year",
    }


def coverage_json(
    result: Result, frame: pd.DataFrame, keys: Sequence[str], drawn: Drawn | None
) -> list[dict[str, object]]:
    """Put the three runs of each row together; a run without it has figures of 0.

    Figures of a run add up: demand is met and lost. What stands beside the cascade, and the ends
    of the interval, have places of their own.
    """
    from housing_map.cells import records
    from housing_map.places import area_names
    from housing_map.tabulate import SUPPORTED

    names = area_names(result.pack)
    figures = [str(name) for name in frame.columns[len(keys) + 1 :]]
    adding = [name for name in figures if name != SUPPORTED]
    rows: dict[tuple[str, ...], dict[str, object]] = {}
    for record in records(frame):
        row = rows.setdefault(
            tuple(str(record[key]) for key in keys), {key: record[key] for key in keys}
        )
        for key in keys:
            area = (ALIASES.get(key, key), record[key])
            if area in names:
                row["name"] = names[area]
        row[record["run"]] = {name: float(record[name]) for name in adding}
        if SUPPORTED in figures:
            beside = row.setdefault(SUPPORTED, {})
            beside[record["run"]] = float(record[SUPPORTED])  # type: ignore[index]
    for row in rows.values():
        for run in Run:
            row.setdefault(str(run), dict.fromkeys(adding, 0.0))
    if drawn is not None:
        for record in records(drawn.interval(keys)):
            known = rows.get(tuple(str(record[key]) for key in keys))
            if known is not None:
                known |= {
                    end: {name: float(record[f"{name}_{end}"]) for name in figures} for end in _ENDS
                }
    return list(rows.values())


def routes(options: argparse.Namespace) -> int:
    """Say who can help a household like this, by which route; who cannot, and why."""
    from housing_map import enquiry, enquiry_words, model
    from housing_map.pack import load_pack

    pack = load_pack(options.data)
    household = enquiry.Household(
        area=options.area,
        tenure=Tenure(options.tenure),
        aim=Aim(options.aim),
        right=Right(options.right),
        risk=Risk(options.risk),
        needs=frozenset(options.need),
        entries=frozenset(Entry(e) for e in options.entry),
    )
    answer = enquiry.enquire(
        pack, household, goal=Goal(options.goal), settings=model.Settings(on=options.on)
    )
    if options.format == "json":
        print(json.dumps(_routes_document(answer, pack), indent=2))
    elif options.format == "csv":
        print(as_csv(_routes_sheet(answer)), end="")
    else:
        print("\n".join(enquiry_words.enquiry_lines(answer)))
    return OK


def _routes_document(answer: Enquiry, pack: Pack) -> dict[str, object]:
    from housing_map.enquiry_words import enquiry_document

    return {"format": ROUTES_FORMAT, "pack": pack_identity(pack)} | enquiry_document(answer)


def _routes_sheet(answer: Enquiry) -> Sheet:
    names = ["outcome", "services", "pathway_or_reason", "entries_or_detail", "depends_on"]
    rows: list[list[object]] = [
        [
            route.verdict,
            ";".join(route.services),
            route.pathway or _ELSEWHERE,
            ";".join(route.entries),
            ";".join(route.ways[0].depends_on),
        ]
        for route in answer.routes
    ]
    rows += [["no", r.service, r.reason, ";".join(r.detail), ""] for r in answer.refusals]
    return Sheet(names, rows)
