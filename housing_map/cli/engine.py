"""Commands about what lies behind an answer: unknowns, reach, resilience and queues."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from housing_map.cli import output
from housing_map.cli.answers import settings_of
from housing_map.cli.output import ESTIMATE, Sheet, header, sheet_of
from housing_map.vocabulary import Goal, Run

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from housing_map.coverage import Cells
    from housing_map.model import Result
    from housing_map.pack import Pack
    from housing_map.resilience import Loss
    from housing_map.unknowns import Shares, Unknowns

UNKNOWNS_FORMAT: Final = "housing-map/unknowns/1.0"
REACH_FORMAT: Final = "housing-map/reach/1.0"
RESILIENCE_FORMAT: Final = "housing-map/resilience/1.0"
MARGINS_FORMAT: Final = "housing-map/margins/1.0"
QUEUES_FORMAT: Final = "housing-map/queues/1.0"
_ALONE: Final = "Each question is moved alone; the rest stay central."
_RESTRICTED: Final = (
    "For your own planning: what one service has, or what its end would do, is not for publication."
)
_BESIDE: Final = "Full on the day stands beside the yearly figures, and is never taken from them."


def _settings(options: argparse.Namespace, pack: Pack) -> dict[str, object]:
    on = getattr(options, "on", None) or pack.info.reference_date
    goal = {"goal": options.goal} if hasattr(options, "goal") else {}
    return {**goal, "reference_date": on.isoformat()}


# What to ask first -------------------------------------------------------------------------


def unknowns(options: argparse.Namespace) -> int:
    """List what to ask the providers first, and how much each answer could change."""
    from housing_map import unknowns as asking
    from housing_map.pack import load_pack

    pack, settings = load_pack(options.data), settings_of(options)
    found = asking.rank(pack, settings, progress=output.progress("Questions"))
    document = header(UNKNOWNS_FORMAT, pack, _settings(options, pack))
    document |= _ranking(found, options.top)
    notes = [ESTIMATE, f"Central: {found.met:.0f} households met a year. {_ALONE}"]
    notes += [f"{len(found.quiet)} more questions do not change it alone."]
    if options.together:
        shares = asking.variance_shares(
            pack,
            settings,
            samples=options.draws,
            seed=options.seed,
            progress=output.progress("Runs"),
        )
        document["together"] = asdict(shares)
        notes += _together(shares)
    rows: list[list[object]] = [
        [one.moves, one.worst, one.best, one.question.name, one.question.text]
        for one in found.ranked[: options.top]
    ]
    sheet = Sheet(["moves", "met_at_worst", "met_at_best", "ask", "question"], rows)
    return output.answer(options, document, sheet, notes)


def _ranking(found: Unknowns, top: int | None) -> dict[str, object]:
    return {
        "unit": "households met a year",
        "central": found.met,
        "questions": [
            {
                "id": one.question.id,
                "theme": one.question.theme,
                "service": one.question.asked_of,
                "ask": one.question.name,
                "question": one.question.text,
                "moves": one.moves,
                "met_at_worst": one.worst,
                "met_at_best": one.best,
            }
            for one in found.ranked[:top]
        ],
        "no_change_alone": [
            {"id": question.id, "ask": question.name, "question": question.text}
            for question in found.quiet
        ],
    }


def _together(shares: Shares) -> list[str]:
    from housing_map.questions import THEMES

    lines = [
        "",
        f"All at once: {shares.mean:.0f} households met on average, standard deviation "
        f"{shares.deviation:.0f} ({shares.samples} pairs of draws, seed {shares.seed}).",
        "Share of the variance, alone and in all (± standard error):",
    ]
    lines += [
        f"  {one.alone:4.0%} ± {one.alone_error:.0%}  {one.total:4.0%} ± {one.total_error:.0%}  "
        f"{THEMES[one.theme]}"
        for one in sorted(shares.themes, key=lambda one: -one.total)
    ]
    return lines


# Reach -------------------------------------------------------------------------------------


def reach(options: argparse.Namespace) -> int:
    """Say how many people are within each threshold of the nearest place they have to visit."""
    from housing_map import reach as reaching
    from housing_map.cells import records
    from housing_map.pack import load_pack
    from housing_map.parameters import Register

    pack = load_pack(options.data)
    register = Register(pack["parameters"])
    on = options.on or pack.info.reference_date
    found = reaching.visits(pack, register, Run.CENTRAL, on=on, mode=options.mode)
    table = reaching.thresholds_table(
        pack, found, level=options.by, minutes=options.minutes, counted=options.of
    )
    supply = reaching.access(pack, found, Run.CENTRAL, on=on)
    document = header(REACH_FORMAT, pack, _settings(options, pack))
    document |= {
        "rows": list(records(table)),
        "place_unknown": list(found.placeless),
        "supply": supply.words,
    }
    notes = ["Thresholds are inclusive: 30 minutes is within 30.", supply.words]
    if found.placeless:
        notes.append(f"In no figure, since no place is known: {', '.join(found.placeless)}.")
    return output.answer(options, document, sheet_of(table), notes)


# Resilience --------------------------------------------------------------------------------


def resilience(options: argparse.Namespace) -> int:
    """Say what the loss of a service, an organisation or a grant would do."""
    from housing_map import model
    from housing_map.pack import load_pack

    pack = load_pack(options.data)
    result = model.run(pack, settings_of(options))
    document = header(RESILIENCE_FORMAT, pack, _settings(options, pack))
    show = {"losses": _losses, "timeline": _timeline, "cuts": _cuts, "choice": _choice}
    sheet, notes = show[options.show](result, options)
    document |= {
        "show": options.show,
        "use": _RESTRICTED,
        "rows": sheet.records(),
    }
    return output.answer(options, document, sheet, [ESTIMATE, _RESTRICTED, *notes])


def _names(result: Result) -> Mapping[str, str]:
    table = result.pack["services"]
    return dict(zip(table["service_id"], table["name"], strict=True))


def _losses(result: Result, options: argparse.Namespace) -> tuple[Sheet, list[str]]:
    from housing_map import resilience as loss

    found = loss.losses(result)
    names = ["kind", "id", "lost", "losing_last_route"]
    notes = ["losing_last_route: households a year for whom no other route is left."]
    if not options.with_room:
        return Sheet(names, [_loss_row(one) for one in found]), notes
    found = loss.with_room(result, found, progress=output.progress("Losses"))
    names += ["met_before", "met_after", "fewer"]
    rows = [
        [*_loss_row(one), *([met.before, met.after, met.fewer] if met else [None, None, None])]
        for one in found
        for met in [one.met.get(Run.CENTRAL)]
    ]
    return Sheet(names, rows), notes


def _loss_row(loss: Loss) -> list[object]:
    return [str(loss.what.kind), loss.what.id, loss.what.label, loss.stranded.households]


def _timeline(result: Result, options: argparse.Namespace) -> tuple[Sheet, list[str]]:
    from housing_map.timeline import events_of

    del options
    found, names = events_of(result), _names(result)
    rows: list[list[object]] = [
        [
            event.day.isoformat(),
            "; ".join(names[service] for service in event.ending),
            "; ".join(event.streams),
            event.stranded.households,
        ]
        for event in found.events
    ]
    unknown = ", ".join(sorted(names[last.service] for last in found.unknown))
    sheet = Sheet(["last_day", "ending", "money", "without_any_route"], rows)
    return sheet, [f"Nobody has published when these end: {unknown}." if unknown else ""]


def _cuts(result: Result, options: argparse.Namespace) -> tuple[Sheet, list[str]]:
    from housing_map.cuts import cut_sets
    from housing_map.patterns import patterns

    del options
    found, names = patterns(result.pack, result[Run.CENTRAL].cells.setting), _names(result)
    units = {service: frozenset({service}) for service in found.losable}
    rows: list[list[object]] = [
        ["; ".join(names[m] for m in cut.members), cut.losing, cut.only_together]
        for cut in cut_sets(found, units)
    ]
    sheet = Sheet(["all_lost", "without_any_route", "only_when_all_are_lost"], rows)
    return sheet, ["Least sets of one, two or three services."]


def _choice(result: Result, options: argparse.Namespace) -> tuple[Sheet, list[str]]:
    from housing_map.choice import choice_rows

    del options
    return sheet_of(choice_rows(result, ["tenure"])), [
        "backup: two or more routes that share no safe place or housing service."
    ]


# Margins -----------------------------------------------------------------------------------


def margins(options: argparse.Namespace) -> int:
    """Say what one place more in each pool would do: shadow prices, by asking again."""
    from housing_map import model
    from housing_map.margins import margins as asked_again
    from housing_map.pack import load_pack

    pack = load_pack(options.data)
    result = model.run(pack, settings_of(options))
    names = ["run", "pool", "capacity", "basis", "share_used", "one_more", "in_the_way_of"]
    rows: list[list[object]] = [
        [
            str(run),
            one.label,
            one.capacity,
            str(one.basis),
            one.used,
            one.one_more,
            one.stands_in_the_way_of,
        ]
        for run in Run
        for one in asked_again(result[run].cells)
    ]
    document = header(MARGINS_FORMAT, pack, _settings(options, pack))
    document["use"] = _RESTRICTED
    sheet = Sheet(names, rows)
    document["rows"] = sheet.records()
    notes = [
        ESTIMATE,
        _RESTRICTED,
        "one_more: households met a year with one unit more, less those met now.",
        "in_the_way_of: households a year with a route through the pool who are offered nothing, "
        "or not enough, while it is full.",
    ]
    return output.answer(options, document, sheet, notes)


# Queues ------------------------------------------------------------------------------------


def queues(options: argparse.Namespace) -> int:
    """Say whether the door is full on the day, by number of sites; or how stays grow by waits."""
    from housing_map import model
    from housing_map.pack import load_pack

    pack = load_pack(options.data)
    options.goal = Goal.SETTLED if options.stays else Goal.SAFE
    cells = model.run(pack, settings_of(options))[Run.CENTRAL].cells
    sheet = _stays(cells) if options.stays else _doors(cells)
    document = header(QUEUES_FORMAT, pack, _settings(options, pack))
    document["use"] = _RESTRICTED
    document["rows"] = sheet.records()
    return output.answer(options, document, sheet, [ESTIMATE, _RESTRICTED, _BESIDE])


def _doors(cells: Cells) -> Sheet:
    from housing_map.doors import read_doors

    rows: list[list[object]] = []
    for found in read_doors(cells):
        door = found.door
        for site in door.by_sites:
            identity = found.unit_days.sentence
            row = [door.pool_id, site.sites, door.places, door.seeking, door.load, site.full]
            rows.append([*row, site.turned_away, identity])
    names = ["pool", "sites", "places", "households_asking", "load", "share_of_days_full"]
    return Sheet([*names, "turned_away", "identity"], rows)


def _stays(cells: Cells) -> Sheet:
    from housing_map.stays import longer_stays

    rows: list[list[object]] = [
        [one.pool_id, one.own_days, one.wait_days, one.days, one.implied_days, one.at_longest]
        for one in longer_stays(cells)
    ]
    names = ["pool", "own_days", "wait_days", "days", "implied_days", "at_longest"]
    return Sheet(names, rows)
