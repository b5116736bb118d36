"""*Provision map*: component by home and Place, what each cell rests on, and ways to use it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd
import streamlit as st

from housing_map import change_words, places, words
from housing_map.app import (
    assessment_work,
    background,
    best_set_runs,
    furniture,
    presence_chart,
    state,
    view,
)
from housing_map.app.background import State
from housing_map.assessment.sections.governance import day_words
from housing_map.inventory import Presence
from housing_map.kinds import FEWEST
from housing_map.model import Settings
from housing_map.provision_map import directory, provision_map
from housing_map.vocabulary import ANSWERS, COMPONENTS, STATUSES, TENURES, Component, Goal, Tenure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from housing_map.app.background import Look
    from housing_map.openings import Opening, Openings
    from housing_map.pack import Pack
    from housing_map.provision_map import MapCell, ProvisionMap

_SAID: Final = {
    Presence.IN_PLACE: "In place",
    Presence.PARTIAL: "Partial",
    Presence.ABSENT: "Absent",
    Presence.UNKNOWN: "Unknown",
    None: "Not meant for it",
}
_EVERYWHERE: Final = "all"
_MOST: Final = 12
"""Ways that are listed."""


def show(pack: Pack) -> None:
    """Draw the tab."""
    levels = {
        level.code: level.label for level in places.levels(pack)
        if level.code not in {"district", "ward", "lsoa"}
    }  # fmt: skip
    if not levels:
        furniture.note("The data has no areas above wards, so there is no map by area.")
        return
    left, right = st.columns(2)
    first = "place" if "place" in levels else None
    level = state.pick(left, "Areas", levels, key="provision_level", first=first)
    found = _laid(pack, level)
    areas = {_EVERYWHERE: "All of them"} | dict(found.areas)
    area = state.pick(right, levels[level], areas, key="provision_area")
    counts = found.count()
    furniture.note(
        f"Of {sum(counts.values())} combinations of a part of the approach, a home and an area: "
        + words.joined([f"{counts[one] or 'none'} {_SAID[one].lower()}" for one in Presence])
        + ". Safe accommodation serves the whole district and has no Place of its own."
    )
    _matrix(found, area)
    _open(found)
    _directory(pack)
    if view.is_restricted():
        _ways(pack)


@st.cache_resource(max_entries=8, show_spinner="Laying out what there is…")
def _lay(_pack: Pack, digest: str, level: str) -> ProvisionMap:
    del digest
    return provision_map(_pack, level=level)


def _laid(pack: Pack, level: str) -> ProvisionMap:
    return _lay(pack, pack.digest, level)


def _matrix(found: ProvisionMap, area: str) -> None:
    """Draw component by tenure: for one area, or what is the same and different over all."""
    cells: dict[tuple[Component, Tenure], list[MapCell]] = {}
    for cell in found.cells:
        if area in {_EVERYWHERE, cell.area}:
            cells.setdefault((cell.component, cell.tenure), []).append(cell)
    names = dict(found.areas)
    states = {key: {cell.presence for cell in inside} for key, inside in cells.items()}
    alike = {
        key: next(iter(one)) if len(one) == 1 else "differs by area" for key, one in states.items()
    }
    presence_chart.draw(alike)
    frame = pd.DataFrame(
        [
            {
                "Part of the approach": COMPONENTS[component].label,
                **{TENURES[t].label: _told(cells[component, t], names) for t in Tenure},
            }
            for component in Component
        ]
    )
    where = "every area alike, unless an area is named" if area == _EVERYWHERE else names[area]
    furniture.table(frame, f"The Priority Four provision map: {where}")


def _told(cells: Sequence[MapCell], names: dict[str, str]) -> str:
    """Say how cells of several areas stand: in one word where they agree."""
    by: dict[str, list[str]] = {}
    for cell in cells:
        by.setdefault(_SAID[cell.presence], []).append(names[cell.area])
    if len(by) == 1:
        return next(iter(by))
    most = max(by, key=lambda one: len(by[one]))
    others = [
        f"{said.lower()} in {words.joined(areas)}" for said, areas in by.items() if said != most
    ]
    return f"{most}; {'; '.join(others)}"


def _open(found: ProvisionMap) -> None:
    """Open a cell: why it stands as it does, and what it rests on."""
    furniture.section("What a cell rests on")
    first, second, third = st.columns(3)
    component = state.pick(
        first, "Part", {c: COMPONENTS[c].label for c in Component}, key="provision_component"
    )
    tenure = state.pick(
        second, "Home they had", {t: TENURES[t].label for t in Tenure}, key="provision_tenure"
    )
    area = state.pick(third, "Area", dict(found.areas), key="provision_cell_area")
    cell = found.cell(component, tenure, area)
    furniture.bullets(
        [
            f"{COMPONENTS[component].label}: {COMPONENTS[component].meaning}.",
            f"{_SAID[cell.presence]}: {cell.why}.",
        ]
    )
    if not cell.services:
        return
    if not view.is_restricted():
        _in_public(found, cell)
        return
    if cell.stale:
        furniture.note("Nothing that this rests on was confirmed within a year.")
    furniture.table(
        pd.DataFrame([_row(found, cell, number) for number in range(len(cell.services))]),
        f"Who may help: {COMPONENTS[component].label.lower()}, {TENURES[tenure].label.lower()}",
    )


def _in_public(found: ProvisionMap, cell: MapCell) -> None:
    """Name services only where so many share the cell that none is told by it."""
    named = found.named(cell)
    bodies = {found.providers[one].organisation for one in named}
    if len(named) >= FEWEST and len(bodies) >= FEWEST:
        furniture.bullets(found.providers[one].name for one in named)
    else:
        furniture.note(
            "Which service it is stands in the view for planning alone. A helpline can say."
        )


def _row(found: ProvisionMap, cell: MapCell, number: int) -> dict[str, str]:
    provider = found.providers[cell.services[number]]
    rests = cell.evidence[number]
    not_taken = [words.rule_label(rule) for rule in provider.does_not_take]
    last = provider.last_day.day
    return {
        "Service": f"{provider.name} ({provider.organisation})",
        "Runs": "yes" if provider.certain else "nobody has confirmed",
        "Takes this home": ANSWERS[rests.answer].label,
        "Does not take": f"{words.joined(not_taken, 'or') or 'nobody is known to be refused'}; "
        f"rules nobody has answered: {len(provider.unknown)}",
        "Known to be paid for until": "not known" if last is None else day_words(last),
        "How known": f"{STATUSES[rests.status].label}: {rests.source or provider.source}",
        "Last confirmed": (
            "never" if rests.last_confirmed is None else day_words(rests.last_confirmed)
        ) + (", over a year ago" if rests.stale and rests.last_confirmed else ""),
    }  # fmt: skip


def _directory(pack: Pack) -> None:
    part = st.expander("The public directory behind it", key="provision_list", on_change="rerun")
    if not part.open:
        return
    rows = [
        {
            "Service": one.name,
            "Organisation": one.organisation,
            "Kind": one.kind,
            "Helpline": one.helpline or "–",
            "How to ask": one.contact or "–",
            "Last confirmed": "never" if one.last_confirmed is None
            else day_words(one.last_confirmed),
        }
        for one in directory(pack)
    ]  # fmt: skip
    with part:
        furniture.table(pd.DataFrame(rows), f"{len(rows)} lines that anybody may look up")


# Ways to use what there is ---------------------------------------------------------------


def _ways(pack: Pack) -> None:
    furniture.section("Ways to improve access to what there is")
    furniture.note(
        "The strategy asks for ways to improve access to existing services that may meet people's "
        "needs: routes that are missing, and rules that stand in the way, while services have room."
    )
    goals = {Goal.SAFE: "Safe", Goal.SETTLED: "A settled home"}
    goal = state.pick(st.columns(3)[0], "Goal", goals, key="provision_goal")
    settings = Settings(goal=goal)
    best_set_runs.part(
        _run(pack, settings),
        offer="Each missing route and each rule is tried on the model. This takes about a minute.",
        button="Look for ways",
        said=_progress,
        draw=lambda found: _found(pack, found),
    )


def ways_found(pack: Pack, settings: Settings) -> tuple[Openings, Openings] | None:
    """Return the ways that were found, new ones and those to confirm; None if nobody looked."""
    look = best_set_runs.outcome(_run(pack, settings), ask=False)
    return None if look is None else look.result


def _run(pack: Pack, settings: Settings) -> best_set_runs.Run:
    told = background.plain(pack), settings
    return best_set_runs.Run(assessment_work.ways, told, (pack.digest, settings))


def _progress(look: Look[tuple[Openings, Openings]]) -> str:
    if look.state is State.WAITING or not look.of:
        return "Waiting to look for ways…"
    return f"Looking for ways: {look.done} of {look.of} tried…"


def _found(pack: Pack, found: tuple[Openings, Openings]) -> None:
    heads = (
        "New routes, and rules lifted",
        "Routes and rules that only need to be confirmed",
    )
    lead = (
        "Where what nobody has confirmed counts as likely (central run)",
        "Where what nobody has confirmed counts as missing (cautious run)",
    )
    for title, said, one in zip(heads, lead, found, strict=True):
        st.subheader(title, anchor=False)
        furniture.note(
            f"{said}: {one.tried} were tried. By the model, all of them together would help this "
            f"many households a year more: {words.about(one.together)}."
        )
        if one.found:
            furniture.table(
                pd.DataFrame([_way(pack, way) for way in one.found[:_MOST]]),
                f"{title}: the most helpful first",
                numbers=["Helped a year more"],
            )
        else:
            furniture.note("None of them helps anybody, alone or together with others.")
    furniture.note(f"{words.MODELLED}: {words.ILLUSTRATION}")


def _way(pack: Pack, way: Opening) -> dict[str, str]:
    return {
        "What would change": " ".join(change_words.sentences(way.changes, pack)),
        "Helped a year more": words.about(way.further),
    }
