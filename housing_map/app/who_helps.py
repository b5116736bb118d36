"""*Who can help?* The routes for a household like this, and every service that cannot help."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from housing_map import enquiry, enquiry_words, places, words
from housing_map.app import furniture, state
from housing_map.errors import UsageError
from housing_map.kinds import KINDS
from housing_map.route_picture import Edge, Node, picture_html, route_alt, route_diagram
from housing_map.vocabulary import (
    AIMS,
    CIRCUMSTANCES,
    ENTRIES,
    GOALS,
    RIGHTS,
    RISKS,
    TENURES,
    Aim,
    Entry,
    Goal,
    Right,
    Risk,
    Stage,
    Tenure,
)

if TYPE_CHECKING:
    from housing_map.enquiry import Enquiry
    from housing_map.pack import Pack

_VERDICTS = {"yes": "Yes", "perhaps": "Perhaps", "no": "No"}


def show() -> None:
    """Draw the page."""
    pack = state.the_pack()
    heading = st.container()
    asked = _questions(pack)
    try:
        answer = enquiry.enquire(pack, asked.household(), goal=asked.goal)
    except UsageError as error:
        with heading:
            furniture.page("Who can help a household like this?", [str(error)])
            furniture.planning_only()
        return
    choice = enquiry_words.choice_items(answer)
    with heading:
        furniture.page(
            "Who can help a household like this?",
            [enquiry_words.verdict_sentence(answer), *(said for _, said in choice[:1])],
        )
        furniture.planning_only()
    if answer.routes:
        _diagram(pack, answer)
        furniture.section("What choice there is, and what is left if a place is full")
        furniture.bullets(f"{name}: {said}" for name, said in choice[1:])
        _routes(answer)
        _step_by_step(answer)
    _refusals(answer)
    furniture.rests_on(
        [
            "Yes: the route holds even if everything nobody knows goes against it.",
            "Perhaps: it holds if what is listed turns out well.",
            "Whether there is room on the day is another question: only the provider can say.",
            "Routes are different where no safe place and no housing service is on both; the same "
            "adviser may lead to both. Choice counts ways that are open, not places that are free.",
            "What you choose here leaves this page nowhere: not in the address, and not in a file.",
        ]
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the reader has chosen."""

    area: str
    tenure: Tenure
    aim: Aim
    right: Right
    risk: Risk
    goal: Goal
    needs: frozenset[str]

    def household(self) -> enquiry.Household:
        """Describe the household; raises :class:`UsageError` for what cannot be together."""
        return enquiry.Household(
            area=self.area,
            tenure=self.tenure,
            aim=self.aim,
            right=self.right,
            risk=self.risk,
            needs=self.needs,
        )


def _questions(pack: Pack) -> _Asked:
    """Ask for the household and the goal."""
    names = {
        key: name
        for key, name in places.area_names(pack).items()
        if key[0] in {"ward", pack.info.default_level}
    }
    options = sorted(names, key=lambda key: (key[0] == "ward", names[key]))
    first, second, third = st.columns(3)
    place = state.pick(first, "Place", {key: names[key] for key in options}, key="who_place")
    tenure = state.pick(
        second, "Home they had", {t: TENURES[t].label for t in Tenure}, key="who_tenure"
    )
    aim = state.pick(third, "Wish", {a: AIMS[a].label for a in Aim}, key="who_aim")
    right = state.pick(
        first,
        "Whose name the home is in",
        {r: RIGHTS[r].label for r in Right},
        key="who_right",
        first=Right.UNKNOWN,
        explain=state.meanings(RIGHTS),
    )
    risk = state.pick(
        second,
        "Risk",
        {r: RISKS[r].label for r in Risk},
        key="who_risk",
        explain=state.meanings(RISKS),
    )
    goal = state.pick(
        third,
        "Goal",
        {g: GOALS[g].label for g in Goal},
        key="who_goal",
        first=Goal.SETTLED,
        explain=state.meanings(GOALS),
    )
    needs = st.multiselect(
        "Circumstances",
        list(CIRCUMSTANCES),
        format_func=lambda c: CIRCUMSTANCES[c].label,
        placeholder="None chosen",
        key="who_needs",
    )
    return _Asked(place[1], tenure, aim, right, risk, goal, frozenset(needs))


def _diagram(pack: Pack, answer: Enquiry) -> None:
    nodes, edges = picture(pack, answer)
    title = enquiry_words.verdict_sentence(answer)
    svg = route_diagram(nodes, edges, (), title=title)
    furniture.section("The routes as a picture")
    st.html(picture_html(svg, route_alt(nodes, edges, (), title=title), least_width=1000))


def picture(pack: Pack, answer: Enquiry) -> tuple[list[Node], list[Edge]]:
    """Return nodes and edges of every route found: the surest way in from each entry."""
    kinds = dict(zip(pack["services"]["service_id"], pack["services"]["kind"], strict=True))
    steps: dict[tuple[str, str], None] = {}
    labels: dict[str, str] = {}
    for route in answer.routes:
        for way in route.ways:
            chain = [f"entry:{way.entry}", *way.through, *route.chain]
            if route.end.startswith("home:"):
                chain.append(route.end)
            for pair in pairwise(chain):
                steps[pair] = None
        for service in route.chain:
            labels[service] = enquiry_words.service_text(service, route, answer.names)
    ids = dict.fromkeys(node for pair in steps for node in pair)

    def stage(node: str) -> str:
        if node.startswith("entry:"):
            return Stage.ENTRY
        if node.startswith("home:"):
            return Stage.HOME
        return KINDS[kinds[node]].stage

    nodes = [
        Node(node, labels.get(node) or enquiry_words.node_label(node, answer.names), stage(node))
        for node in ids
    ]
    return nodes, [Edge(a, b) for a, b in steps]


def _routes(answer: Enquiry) -> None:
    furniture.section("The routes in words")
    rows = []
    for group in enquiry.grouped(answer.routes):
        best = group[0].ways[0]
        names = answer.names
        conditions = [enquiry_words.condition_text(c, names) for c in best.depends_on]
        entries = words.joined([ENTRIES[e].label for e in group[0].entries], "or")
        rows.append(
            {
                "Route": enquiry_words.route_group_text(group, names),
                "Verdict": _VERDICTS[group[0].verdict],
                "First asking": "anywhere" if len(group[0].entries) == len(Entry) else entries,
                "By way of, for example": words.joined([names.get(s, s) for s in best.through])
                or "directly",
                "If": "; ".join(conditions) or "–",
            }
        )
    furniture.table(pd.DataFrame(rows), "Each route, surest first")


def _step_by_step(answer: Enquiry) -> None:
    """Show what is known of each step of one route."""
    furniture.section("A route step by step")
    routes = {
        number: enquiry_words.route_text(route, answer.names)
        for number, route in enumerate(answer.routes)
    }
    chosen = state.pick(st.container(), "Route", routes, key="who_route")
    route = answer.routes[chosen]
    rows = [enquiry_words.step_cells(step, answer.names) for step in route.ways[0].steps]
    furniture.table(
        pd.DataFrame(rows),
        "Each step of the surest way in: waits and shares with their range",
        numbers=enquiry_words.STEP_FIGURES,
    )
    furniture.note(
        f"{enquiry_words.comes_off_sentence(route)} A wait nobody knows is counted as none, and "
        "a share nobody knows as everybody, so a route may be slower and come off less often."
    )


def _refusals(answer: Enquiry) -> None:
    furniture.section("Services that cannot help, and why")
    if not answer.refusals:
        furniture.note("Every service on record stands on a route for this household.")
        return
    furniture.bullets(enquiry_words.refusal_text(r, answer.names) for r in answer.refusals)
