"""An enquiry in words: its verdict, its routes step by step, and why others cannot help.

:func:`enquiry_lines` writes it as plain text, :func:`enquiry_document` as what goes into JSON.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from housing_map import vocabulary as voc
from housing_map import words
from housing_map.enquiry import grouped
from housing_map.vocabulary import Aim, Answer, Detail, Reason, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from housing_map.enquiry import Count, Enquiry, FoundRoute, Refusal, RouteStep
    from housing_map.parameters import Figure


def condition_text(code: str, names: Mapping[str, str]) -> str:
    """Say in words what has to turn out well for a route (see ``enquiry._conditions``)."""
    kind, first, second = code.split(":", 2)
    if kind == "operating":
        return f"{names.get(first, first)} still runs"
    if kind == "route":
        start, _, end = code.removeprefix("route:").rpartition(":")
        if end in voc.HOMES and start.endswith(":home"):
            start, end = start.removesuffix(":home"), f"home:{end}"
        return f"a referral route leads from {node_label(start, names)} to {node_label(end, names)}"
    name = names.get(first, first)
    verb = "takes" if kind == "unknown" else "agrees, in each case, to take"
    return f"{name} {verb} {words.rule_phrase(second)}"


def node_label(node: str, names: Mapping[str, str]) -> str:
    """Readable name of a node of the referral graph."""
    prefix, _, code = node.partition(":")
    if prefix == "entry" and code in voc.ENTRIES:
        return voc.ENTRIES[code].label
    if prefix == "home" and code in voc.HOMES:
        return voc.HOMES[code].label
    return names.get(node, node)


def service_text(service: str, route: FoundRoute, names: Mapping[str, str]) -> str:
    """Name a service of a route, with what has to be used beside it."""
    beside = [names.get(c, c) for host, c in route.beside if host == service]
    name = names.get(service, service)
    return f"{name} (with {words.joined(beside)} beside it)" if beside else name


def route_text(route: FoundRoute, names: Mapping[str, str]) -> str:
    """Describe a route step by step, in one line."""
    steps = [service_text(s, route, names) for s in route.chain]
    if route.end.startswith("home:"):
        steps.append(node_label(route.end, names).lower())
    return " → ".join(steps)


def route_group_text(group: Sequence[FoundRoute], names: Mapping[str, str]) -> str:
    """Describe routes that share a safe place (see ``enquiry.grouped``) in one line."""
    if len(group) == 1:
        return route_text(group[0], names)
    first = [service_text(s, group[0], names) for s in group[0].chain[:-1]]
    ends = [
        f"{service_text(r.chain[-1], r, names)} ({node_label(r.end, names).lower()})"
        if r.end.startswith("home:")
        else service_text(r.chain[-1], r, names)
        for r in group
    ]
    return " → ".join([*first, f"one of: {'; '.join(ends)}"])


# Steps --------------------------------------------------------------------------------------

NOT_KNOWN: Final = "not known"


def days_text(wait: Figure) -> str:
    """Say how long a step waits: days with their range.

    A wait that nobody knows counts as none in the model, and is never said to be none.
    """
    return _ranged(wait, lambda days: f"{days:g}", " day", " days")


def share_text(share: Figure) -> str:
    """Say a share of a step as a percentage, with its range."""
    return _ranged(share, lambda part: f"{part:.0%}", "", "")


def _ranged(figure: Figure, said: Callable[[float], str], one: str, many: str) -> str:
    low, central, high = figure.ends
    if central is None:
        return NOT_KNOWN
    unit = one if central == 1 else many
    text = f"{said(central)}{unit}"
    ends = [said(central if end is None else end) for end in (low, high)]
    return text if ends[0] == ends[1] == said(central) else f"{text} ({ends[0]} to {ends[1]})"


_KNOWN: Final = {
    Answer.YES: "yes",
    Answer.NO: "no",
    Answer.DEPENDS: "decided each time",
    Answer.UNKNOWN: NOT_KNOWN,
}


def step_cells(step: RouteStep, names: Mapping[str, str]) -> dict[str, str]:
    """Return a step as the cells of a row, by the headings of its columns."""
    return {
        "Step": f"{node_label(step.source, names)} → {node_label(step.target, names)}",
        "Is there such a referral?": _KNOWN[step.known],
        "Wait before it": days_text(step.wait_days),
        "Of those offered it, take it": share_text(step.accepts),
        "Of tries, come off": share_text(step.succeeds),
    }


STEP_FIGURES: Final = ("Wait before it", "Of those offered it, take it", "Of tries, come off")
"""Headings of :func:`step_cells` that stand over numbers."""


def step_text(step: RouteStep, names: Mapping[str, str]) -> str:
    """Describe a step in one line; what nobody knows about it is listed last."""
    said = {
        "wait": days_text(step.wait_days),
        "take it": share_text(step.accepts),
        "come off": share_text(step.succeeds),
    }
    parts = [f"{what} {text}" for what, text in said.items() if text != NOT_KNOWN]
    unknown = [what for what, text in said.items() if text == NOT_KNOWN]
    if unknown:
        parts.append(f"{NOT_KNOWN}: {', '.join(unknown)}")
    cells = step_cells(step, names)
    return f"{cells['Step']}: {'; '.join(parts)}"


def comes_off_sentence(route: FoundRoute) -> str:
    """Say how many of a hundred offers of a route lead to its goal, its surest way in."""
    way = route.ways[0]
    known = [f for step in way.steps for f in (step.accepts, step.succeeds) if f.known]
    number = round(100 * way.comes_off)
    if not known:
        return "Nobody has told how many offers of this route come off, at any step."
    most = "at most " if len(known) < 2 * len(way.steps) else ""
    return (
        f"Of 100 households offered this route, {most}about {number} get to its end: what is "
        "known of taking it and of coming off, step by step"
        f"{', all else taken as certain' if most else ''}."
    )


# Choice -------------------------------------------------------------------------------------


def choice_items(answer: Enquiry) -> list[tuple[str, str]]:
    """Say what choice there is: pairs of a heading and a sentence."""
    if not answer.routes:
        return []
    names, options = answer.names, answer.options
    place = names.get(options.safe_place, options.safe_place)
    items = [
        ("Different routes", _distinct_sentence(options.distinct)),
        ("Staying or moving", _both_sentence(answer)),
        (f"If {place} is full or gone", _left_sentence(options.left)),
    ]
    steps = [
        f"{node_label(node, names)}{'' if verdict is Verdict.YES else ' (perhaps)'}"
        for node, verdict in options.next_steps
    ]
    nowhere = "No way leads on to a settled home."
    items.append(("Next step", f"{'; '.join(steps)}." if steps else nowhere))
    return items


def _distinct_sentence(count: Count) -> str:
    """Say how many routes share nothing that could be full for both."""
    if count.perhaps == 1:
        only = "One: every route has a safe place or a housing service in common."
        return only if count.sure else f"Perhaps one. {only.removeprefix('One: ').capitalize()}"
    number = words.counted(count.perhaps).capitalize()
    if count.sure == count.perhaps:
        return f"{number} routes that share no safe place and no housing service."
    sure = words.counted(count.sure) if count.sure else "none"
    return (
        f"{number} routes that share no safe place and no housing service, if what nobody knows "
        f"turns out well; {sure} for sure."
    )


def _both_sentence(answer: Enquiry) -> str:
    said = {Verdict.YES: "yes", Verdict.PERHAPS: "perhaps", Verdict.NO: "no"}
    stay, move = answer.options.stay, answer.options.move
    aim = answer.household.aim
    if aim is Aim.STAY:
        both = "Both ways are open" if Verdict.NO not in {stay, move} else "One way only"
        return f"{both}. Staying safely at home: {said[stay]}; moving instead: {said[move]}."
    if aim is Aim.LEAVE:
        return "The household has to leave the district, so only routes out of it are looked at."
    return "The household does not wish to stay, so only routes to another home are looked at."


def _left_sentence(count: Count) -> str:
    """Say what is left without the safe place of the first route."""
    if not count.perhaps:
        return "No route is left: there is no backup."
    noun = "route is" if count.perhaps == 1 else "routes are"
    number = words.counted(count.perhaps)
    if count.sure == count.perhaps:
        return f"{number.capitalize()} different {noun} left."
    sure = words.counted(count.sure) if count.sure else "none"
    return f"Perhaps {number} different {noun} left; {sure} for sure."


# Refusals -----------------------------------------------------------------------------------


def refusal_text(refusal: Refusal, names: Mapping[str, str]) -> str:
    """Say in words why a service cannot help."""
    name = names.get(refusal.service, refusal.service)
    if refusal.reason is Reason.NOT_ELIGIBLE:
        rules = words.joined([words.rule_label(rule) for rule in refusal.detail])
        return f"{name}: does not take: {rules}"
    if refusal.reason is Reason.NOT_PROVIDED:
        return f"{name}: not a kind of help that suits this tenure and wish"
    if refusal.reason is Reason.OUT_OF_REACH:
        return f"{name}: {refusal.detail[0]}"
    if refusal.reason is Reason.NO_ROOM:
        return f"{name}: {refusal.detail[0]}"
    if refusal.detail == (Detail.NO_WAY_ON,):
        return f"{name}: takes them, but no route leads on to a settled home"
    return f"{name}: no referral route leads through it for this household"


def verdict_sentence(answer: Enquiry) -> str:
    """Answer an enquiry in a sentence."""
    goal = "a settled home" if answer.goal == "settled" else "safety with support"
    sure = sum(route.verdict is Verdict.YES for route in answer.routes)
    if answer.verdict is Verdict.YES:
        return (
            f"Yes: {words.counted(sure)} {'route leads' if sure == 1 else 'routes lead'} to {goal}."
        )
    if answer.verdict is Verdict.PERHAPS:
        number = len(answer.routes)
        way = "route leads" if number == 1 else "routes lead"
        count = words.counted(number)
        return f"Perhaps: {count} {way} to {goal}, if what nobody knows turns out well."
    if answer.detail is Detail.NO_WAY_ON:
        return "No: a safe place takes them, but no route leads on to a settled home."
    reason = voc.REASONS[answer.reason].meaning if answer.reason else "no route was found"
    return f"No: {reason}."


def enquiry_lines(answer: Enquiry) -> list[str]:
    """Write an enquiry as lines of plain text."""
    names = answer.names
    lines = [words.PLANNING_ONLY, "", verdict_sentence(answer), ""]
    if answer.routes:
        lines.append("Routes that exist")
        for group in grouped(answer.routes):
            best = group[0].ways[0]
            entries = words.joined([voc.ENTRIES[e].label for e in group[0].entries], "or")
            everywhere = len(group[0].entries) == len(voc.ENTRIES)
            lines.append(f"  [{group[0].verdict}] {route_group_text(group, names)}")
            lines.append(f"      first asking: {'anywhere' if everywhere else entries}")
            if best.through:
                passed = " → ".join(names.get(s, s) for s in best.through)
                lines.append(f"      by way of: {passed}")
            lines += [f"      if {condition_text(c, names)}" for c in best.depends_on]
            lines += [f"      step {step_text(step, names)}" for step in _telling_steps(group)]
        lines += ["", "What choice there is"]
        lines += [f"  {heading}: {sentence}" for heading, sentence in choice_items(answer)]
    if answer.refusals:
        lines += ["", "Services that cannot help"]
        lines += [f"  {refusal_text(r, names)}" for r in answer.refusals]
    return lines


def _telling_steps(group: Sequence[FoundRoute]) -> list[RouteStep]:
    """Return the steps, of the surest ways of some routes, of which anything is known, once."""
    steps = dict.fromkeys(step for route in group for step in route.ways[0].steps)
    return [s for s in steps if s.wait_days.known or s.accepts.known or s.succeeds.known]


ELSEWHERE: Final = "elsewhere"
"""Pathway of a route that leads out of the district, in a document."""


def enquiry_document(answer: Enquiry) -> dict[str, object]:
    """Return an enquiry as plain values for JSON; a figure nobody knows is null."""
    options = answer.options
    return {
        "use": words.PLANNING_ONLY,
        "goal": answer.goal,
        "verdict": answer.verdict,
        "reason": answer.reason,
        "choice": {
            "distinct_routes": _counted(options.distinct),
            "stay": options.stay,
            "move": options.move,
            "without_first_safe_place": {
                "service": options.safe_place or None,
                "distinct_routes": _counted(options.left),
            },
            "next_steps": [{"to": to, "verdict": verdict} for to, verdict in options.next_steps],
        },
        "routes": [
            {
                "verdict": route.verdict,
                "pathway": route.pathway or ELSEWHERE,
                "entries": route.entries,
                "services": route.services,
                "beside": [{"service": one, "with": host} for host, one in route.beside],
                "end": route.end,
                "ways_in": [
                    {
                        "entry": way.entry,
                        "through": way.through,
                        "verdict": way.verdict,
                        "wait_days": way.wait_days,
                        "depends_on": way.depends_on,
                        "comes_off": way.comes_off,
                        "steps": [_step_values(step) for step in way.steps],
                    }
                    for way in route.ways
                ],
            }
            for route in answer.routes
        ],
        "cannot_help": [
            {"service": r.service, "reason": r.reason, "detail": r.detail} for r in answer.refusals
        ],
        "names": dict(answer.names),
    }


def _counted(count: Count) -> dict[str, int]:
    return {"sure": count.sure, "perhaps": count.perhaps}


def _step_values(step: RouteStep) -> dict[str, object]:
    figures = {"wait_days": step.wait_days, "accepts": step.accepts, "succeeds": step.succeeds}
    return {
        "from": step.source,
        "to": step.target,
        "known": step.known,
        **{
            name: dict(zip(("low", "central", "high"), figure.ends, strict=True))
            for name, figure in figures.items()
        },
    }
