"""*Who can help?* The routes for a household like this, and every service that cannot help."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from housing_map import charts, enquiry, places, words
from housing_map.app import furniture, state
from housing_map.errors import UsageError
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

_SETTLED_FIRST = [Goal.SETTLED, Goal.SAFE]
_VERDICTS = {"yes": "Yes", "perhaps": "Perhaps", "no": "No"}


def show() -> None:
    """Draw the page."""
    pack = state.the_pack()
    heading = st.container()
    household, goal = _questions(pack)
    try:
        answer = enquiry.enquire(pack, household(), goal=goal)
    except UsageError as error:
        with heading:
            furniture.page("Who can help a household like this?", [str(error)])
            furniture.planning_only()
        return
    with heading:
        furniture.page("Who can help a household like this?", [words.verdict_sentence(answer)])
        furniture.planning_only()
    if answer.routes:
        _diagram(pack, answer)
        _routes(answer)
    _refusals(answer)
    furniture.rests_on(
        [
            "Yes: the route holds even if everything nobody knows goes against it. Perhaps: it "
            "holds if what is listed turns out well. Whether there is room on the day is another "
            "question, and only the provider can answer it.",
            "Nothing that you choose here leaves this page: it is not in the address, and not kept.",
        ]
    )


def _questions(pack: Pack):  # type: ignore[no-untyped-def]  # noqa: ANN202 - a factory, see below
    """Ask for the household; return a function that builds it, and the goal."""
    names = {
        (level, code): name
        for (level, code), name in places.area_names(pack).items()
        if level in {"ward", pack.info.default_level}
    }
    first, second, third = st.columns(3)
    options = sorted(names, key=lambda key: (key[0] == "ward", names[key]))
    place = first.selectbox(
        "Place", options, format_func=lambda key: f"{names[key]}", key="who_place"
    )
    tenure = second.selectbox(
        "Home they had", list(Tenure), format_func=lambda c: TENURES[c].label, key="who_tenure"
    )
    aim = third.selectbox("Wish", list(Aim), format_func=lambda c: AIMS[c].label, key="who_aim")
    right = first.selectbox(
        "Whose name the home is in",
        list(Right),
        index=list(Right).index(Right.UNKNOWN),
        format_func=lambda c: f"{RIGHTS[c].label}: {RIGHTS[c].meaning}",
        key="who_right",
    )
    risk = second.selectbox(
        "Risk",
        list(Risk),
        format_func=lambda c: RISKS[c].label,
        help=RISKS["high"].meaning,
        key="who_risk",
    )
    goal = third.selectbox(
        "Goal", _SETTLED_FIRST, format_func=lambda c: GOALS[c].label, key="who_goal"
    )
    needs = st.multiselect(
        "Circumstances",
        list(CIRCUMSTANCES),
        format_func=lambda c: CIRCUMSTANCES[c].label,
        placeholder="None chosen",
        key="who_needs",
    )

    def household() -> enquiry.Household:
        return enquiry.Household(
            area=place[1],
            tenure=Tenure(tenure),
            aim=Aim(aim),
            right=Right(right),
            risk=Risk(risk),
            needs=frozenset(needs),
        )

    return household, Goal(goal)


def _diagram(pack: Pack, answer: Enquiry) -> None:
    nodes, edges = picture(pack, answer)
    title = words.verdict_sentence(answer)
    svg = charts.route_diagram(nodes, edges, (), title=title)
    furniture.section("The routes as a picture")
    st.html(charts.picture_html(svg, charts.route_alt(nodes, edges, (), title=title)))


def picture(pack: Pack, answer: Enquiry) -> tuple[list[charts.Node], list[charts.Edge]]:
    """Return nodes and edges of every route found: the surest way in from each entry."""
    kinds = dict(zip(pack["services"]["service_id"], pack["services"]["kind"], strict=True))
    from housing_map.vocabulary import KINDS  # noqa: PLC0415 - only for the stages

    steps: dict[tuple[str, str], bool] = {}
    for route in answer.routes:
        for way in route.ways:
            chain = [f"entry:{way.entry}", *way.through, *route.services]
            if route.end.startswith("home:"):
                chain.append(route.end)
            for pair in zip(chain, chain[1:], strict=False):
                steps[pair] = steps.get(pair, False) or way.verdict == "yes"
    ids = dict.fromkeys(node for pair in steps for node in pair)

    def stage(node: str) -> str:
        if node.startswith("entry:"):
            return Stage.ENTRY
        if node.startswith("home:"):
            return Stage.HOME
        return KINDS[kinds[node]].stage

    nodes = [charts.Node(node, words.node_label(node, answer.names), stage(node)) for node in ids]
    return nodes, [charts.Edge(a, b) for a, b in steps]


def _routes(answer: Enquiry) -> None:
    furniture.section("The routes in words")
    names = answer.names
    by_verdict: dict[str, list[str]] = {}
    rows = []
    for route in answer.routes:
        best = route.ways[0]
        conditions = [words.condition_text(c, names) for c in best.depends_on]
        entries = words.joined([ENTRIES[e].label for e in route.entries], "or")
        rows.append(
            {
                "Route": words.route_text(route, names),
                "Verdict": _VERDICTS[route.verdict],
                "First asking": "anywhere" if len(route.entries) == len(Entry) else entries,
                "By way of": words.joined([names.get(s, s) for s in best.through]) or "directly",
                "If": "; ".join(conditions) or "–",
            }
        )
        by_verdict.setdefault(route.verdict, []).append(words.route_text(route, names))
    furniture.table(pd.DataFrame(rows), "Each route, surest first")


def _refusals(answer: Enquiry) -> None:
    furniture.section("Services that cannot help, and why")
    if not answer.refusals:
        furniture.note("Every service on record stands on a route for this household.")
        return
    furniture.bullets(words.refusal_text(r, answer.names) for r in answer.refusals)
