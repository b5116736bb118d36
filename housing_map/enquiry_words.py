"""An enquiry in words: its verdict, its routes step by step, and why others cannot help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from housing_map import vocabulary as voc
from housing_map import words
from housing_map.enquiry import grouped
from housing_map.vocabulary import Detail, Reason, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from housing_map.enquiry import Enquiry, FoundRoute, Refusal


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


def route_text(route: FoundRoute, names: Mapping[str, str]) -> str:
    """Describe a route step by step, in one line."""
    steps = [names.get(s, s) for s in route.services]
    if route.end.startswith("home:"):
        steps.append(node_label(route.end, names).lower())
    return " → ".join(steps)


def route_group_text(group: Sequence[FoundRoute], names: Mapping[str, str]) -> str:
    """Describe routes that share a safe place (see ``enquiry.grouped``) in one line."""
    if len(group) == 1:
        return route_text(group[0], names)
    first = [names.get(s, s) for s in group[0].services[:-1]]
    ends = [
        f"{names.get(r.services[-1], r.services[-1])} ({node_label(r.end, names).lower()})"
        if r.end.startswith("home:")
        else names.get(r.services[-1], r.services[-1])
        for r in group
    ]
    return " → ".join([*first, f"one of: {'; '.join(ends)}"])


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
    if answer.refusals:
        lines += ["", "Services that cannot help"]
        lines += [f"  {refusal_text(r, names)}" for r in answer.refusals]
    return lines
