"""Scenarios side by side: helped and lost, by place, tenure and need, cost, equality, choice."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import streamlit as st

from housing_map import costs, effects, equality, words
from housing_map.app import (
    brief_files,
    furniture,
    scenario_choice,
    scenario_deeper,
    scenario_maps,
    scenario_results,
    scenario_words,
    state,
)
from housing_map.brief.comparing import comparison_brief
from housing_map.change_frame import FELT
from housing_map.comparison_picture import outcomes_chart
from housing_map.equality import CHARACTERISTICS, Block, Effect
from housing_map.errors import HousingMapError
from housing_map.places import area_names, find_level
from housing_map.vocabulary import CIRCUMSTANCES, ELSEWHERE, TENURES, Run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from streamlit.delta_generator import DeltaGenerator

    from housing_map.app.scenario_choice import Offered
    from housing_map.effects import Comparison
    from housing_map.model import Settings
    from housing_map.pack import Pack

NOW: Final = scenario_results.NOW
_CHOSEN: Final = "compare_chosen"
_MOST_NAME: Final = 60
_FELT_POINTS: Final = 0.05
"""Percentage points from which on a gap is said to widen."""
_CHOICES: Final = {
    "no_route": "No route",
    "one_route": "One route only",
    "backup": "Two routes or more",
    "stay_and_move": "Could stay or move",
    "next_step": "A way on to a settled home",
}
_EFFECTS: Final = {
    Effect.BETTER: "Helped more often",
    Effect.WORSE: "Helped less often",
    Effect.SAME: "No change",
    Effect.NOISE: "May be no difference",
    Effect.UNKNOWN: "Number unknown",
}
_BLOCKS: Final = {
    Block.CHARACTERISTIC: "Protected characteristics (Equality Act 2010)",
    Block.NEED: "Other needs",
    Block.TENURE: "The home they had",
    Block.PLACE: "Where they live",
}


def show(pack: Pack, settings: Settings) -> None:
    """Draw the tab."""
    offered = scenario_choice.offered(pack)
    chosen = _picked(offered)
    if not chosen:
        furniture.note("Choose what to compare: ready-made scenarios, saved ones, or your own.")
        return
    names = _names([offered[code][0] for code in chosen])
    try:
        found = [scenario_choice.read(offered[code]) for code in chosen]
        comparison = scenario_results.compared(pack, found, settings)
    except HousingMapError as error:
        furniture.note(f"This cannot be worked out: {error}")
        return
    furniture.note(_finding(comparison, names))
    table = _side_by_side(comparison, names)
    _left_out(comparison, names)
    _groups(comparison, names)
    _costs(comparison, names)
    _choice(comparison, names)
    furniture.section("One of them, more closely")
    number = state.pick(
        st.columns(2)[0], "Which one", dict(enumerate(names, 1)), key="compare_number"
    )
    if number > len(names):
        number = 1
    scenario_maps.show(comparison, number, names[number - 1])
    _equality(comparison, number, names[number - 1])
    scenario_deeper.sure(comparison)
    brief_files.show(lambda: comparison_brief(comparison), "brief-of-scenarios", key="brief")
    _fill(table, comparison, names, ranges=True)


# What is compared -------------------------------------------------------------------------


def _picked(offered: Mapping[str, Offered]) -> list[str]:
    """Ask what to compare, and remember it while other tabs are open."""
    kept = st.session_state.get(_CHOSEN)
    if kept is None:
        kept = [scenario_choice.DRAFT] if scenario_choice.DRAFT in offered else []
    labels = {code: label for code, (label, _) in offered.items()}
    chosen = st.multiselect(
        "Compare with now",
        list(labels),
        default=[code for code in kept if code in labels],
        format_func=labels.__getitem__,
        placeholder="Choose scenarios",
        key="compare_which",
    )
    st.session_state[_CHOSEN] = list(chosen)
    return list(chosen)


def _names(labels: Sequence[str]) -> list[str]:
    """Shorten labels to names, no two of which are the same."""
    found: list[str] = []
    for label in labels:
        name = label.partition(": ")[2] or label
        short = name if len(name) <= _MOST_NAME else f"{name[: _MOST_NAME - 1].rstrip()}…"
        number, one = 1, short
        while one in found:
            number += 1
            one = f"{short} ({number})"
        found.append(one)
    return found


def _finding(comparison: Comparison, names: Sequence[str]) -> str:
    change = scenario_results.totals(comparison)["met_change"].tolist()
    best = max(range(len(change)), key=change.__getitem__)
    if change[best] < FELT:
        return "None of these would help more households than now, in the central run."
    if len(change) == 1:
        return f"{names[0]}: {scenario_words.answer(change[0])}"
    alike = [n for n, one in enumerate(change) if words.about(one) == words.about(change[best])]
    if len(alike) > 1:
        several = words.joined([names[number] for number in alike])
        return (
            f"{several} would help most, each {scenario_words.more(change[best])} households a "
            "year than now, in the central run."
        )
    return (
        f"{names[best]} would help most: {scenario_words.more(change[best])} households a year "
        "than now, in the central run."
    )


# Side by side -----------------------------------------------------------------------------


def _side_by_side(comparison: Comparison, names: Sequence[str]) -> DeltaGenerator:
    rows = scenario_results.parts(comparison, names)
    title = "Illustration: households a year helped and not helped, now and in each scenario"
    furniture.chart(outcomes_chart(rows, title=title, words=words.about))
    place = st.empty()
    _fill(place, comparison, names, ranges=False)
    return place


def _fill(
    place: DeltaGenerator, comparison: Comparison, names: Sequence[str], *, ranges: bool
) -> None:
    """Write the table of all scenarios, with or without the ranges over three runs."""
    rows = scenario_results.parts(comparison, names)
    frame = pd.DataFrame(
        [
            {"Households a year": label}
            | {str(row["label"]): words.about(float(row[figure])) for _, row in rows.iterrows()}
            for figure, label in scenario_results.FIGURES.items()
        ]
    )
    change = scenario_results.totals(comparison)["met_change"].tolist()
    spread = (
        [scenario_words.span(one) for one in scenario_results.changes_of(comparison, "met", Run)]
        if ranges
        else ["being worked out"] * len(names)
    )
    more = [
        {"Households a year": "Change of those helped", NOW: "–"}
        | dict(zip(names, map(scenario_words.more, change), strict=True)),
        {"Households a year": "The same over three runs", NOW: "–"}
        | dict(zip(names, spread, strict=True)),
    ]
    frame = pd.concat([frame, pd.DataFrame(more)], ignore_index=True)
    place.html(
        furniture.table_html(
            frame,
            "The same numbers: households a year, central run, modelled",
            numbers=frame.columns[1:],
        )
    )


def _left_out(comparison: Comparison, names: Sequence[str]) -> None:
    """Say which changes did not apply, and what a reader should know."""
    said = []
    for name, outcome in zip(names, comparison.outcomes, strict=True):
        said += [
            f"{name}: change {one.number + 1} was left out, since {one.why}."
            for one in outcome.applied.skipped
        ]
        said += [f"{name}: {notice}." for notice in outcome.applied.notices]
    if said:
        with st.expander("What to know about these"):
            furniture.bullets(said)


def _groups(comparison: Comparison, names: Sequence[str]) -> None:
    """Draw the change of those helped by group."""
    furniture.section("For whom")
    pack = comparison.baseline.pack
    level = pack.info.default_level
    options = {"tenure": "The home they had", "need": "Need", level: find_level(pack, level).label}
    which = state.pick(st.columns(2)[0], "By", options, key="compare_by")
    rows = scenario_results.by(comparison, which)
    wide = rows.pivot_table(
        index=which, columns="number", values="met_change", sort=False, fill_value=0.0
    )
    places = {code: name for (of, code), name in area_names(pack).items() if of == level}

    def label(code: str) -> str:
        if which == "tenure":
            return TENURES[code].label
        if which == "need":
            return CIRCUMSTANCES[code].label
        return "From elsewhere" if code == ELSEWHERE else places.get(code, code)

    frame = pd.DataFrame(
        [
            {options[which]: label(str(code))}
            | {
                name: scenario_words.more(float(wide.loc[code, number]))
                for number, name in enumerate(names, 1)
            }
            for code in wide.index
        ]
    )
    caption = "Change of households a year who are helped, central run, modelled"
    overlap = "; a household with several needs stands in several rows" if which == "need" else ""
    furniture.table(frame, f"{caption}{overlap}", numbers=names)


# Costs ------------------------------------------------------------------------------------


def _costs(comparison: Comparison, names: Sequence[str]) -> None:
    """Draw what is known of costs, and units and people beside them. Restricted."""
    furniture.section("What they cost, as far as somebody has said")
    intervals = _intervals(comparison)
    rows = costs.cost_rows(comparison, intervals)
    table = []
    for name, (_, row) in zip(names, rows.iterrows(), strict=True):
        number = int(row["number"])
        places = costs.places(comparison, number)
        added = "; ".join(
            f"{float(one['added']):+,.4g} {one['basis']}"
            for _, one in places.rows.iterrows()
            if abs(float(one["added"])) > effects.SAME
        )
        table.append(
            {
                "Scenario": name,
                "A year": scenario_words.pounds(row["gbp_a_year"]),
                "Once": scenario_words.pounds(row["gbp_once"]),
                "For each further household": _each(row),
                "Places": added.replace("-", "−") or "as many",
                "Further households for each place": (
                    f"{places.per_place:.1f}" if places.per_place is not None else places.why
                ),
            }
        )
    furniture.table(
        pd.DataFrame(table),
        "Costs in pounds, and places and people: restricted, not for publication",
    )
    asked = [
        f"{name}: {row['asked_for']}"
        for name, (_, row) in zip(names, rows.iterrows(), strict=True)
        if row["asked_for"]
    ]
    if asked:
        furniture.bullets(asked)
        furniture.note(
            "Until somebody does, scenarios compare by places and people. Write a cost beside its "
            "change, under Build and see."
        )


def _each(row: pd.Series[Any]) -> str:
    """Say the cost of each further household, or why there is none."""
    if isnan(row["gbp_a_year"]):
        return "not known"
    return str(row["why"]) or scenario_words.pounds(row["gbp_per_further"])


def _intervals(comparison: Comparison) -> dict[int, tuple[float, float]]:
    drawn = scenario_deeper.drawn(comparison)
    if drawn is None:
        return {}
    return {number: drawn.interval(number) for number in range(1, len(comparison.outcomes) + 1)}


# Choice and equality ----------------------------------------------------------------------


def _choice(comparison: Comparison, names: Sequence[str]) -> None:
    furniture.section("What there is to fall back on")
    rows = scenario_results.choices(comparison)
    first = rows.iloc[0]
    frame = pd.DataFrame(
        [
            {"Households a year with": label, NOW: words.about(float(first[f"{code}_before"]))}
            | {
                name: words.about(float(row[f"{code}_after"]))
                for name, (_, row) in zip(names, rows.iterrows(), strict=True)
            }
            for code, label in _CHOICES.items()
        ]
    )
    furniture.table(
        frame,
        "Ways that are open, whether or not there is room: households a year, modelled",
        numbers=frame.columns[1:],
    )
    furniture.note("What the loss of one service would do is asked under Build and see.")


def _equality(comparison: Comparison, number: int, name: str) -> None:
    furniture.section("Equality impact")
    frame = equality.equality_table(comparison, number, paired=scenario_deeper.drawn(comparison))
    behind = [
        str(row["label"])
        for _, row in frame.iterrows()
        if row["falls_behind"] and float(row["gap_change"]) <= -_FELT_POINTS
    ]
    furniture.note(
        f"{name}: {words.joined(behind)} would fall further behind everybody than now."
        if behind
        else f"{name}: no group that is helped less often than everybody falls further behind."
    )
    with st.expander("The whole table, by characteristic, need, home and place"):
        for block, title in _BLOCKS.items():
            part = frame[frame["block"].isin([Block.EVERYBODY, block])]
            furniture.table(
                pd.DataFrame([_equality_row(dict(row)) for _, row in part.iterrows()]),
                f"{title}: share of households who are helped, modelled",
                numbers=["Now", "Then", "Beside everybody now", "Beside everybody then"],
            )
        furniture.note(
            "Points are percentage points of those helped. A table like this helps with the public "
            "sector equality duty (Equality Act 2010, section 149); it does not discharge it."
        )


def _equality_row(row: dict[Any, Any]) -> dict[str, str]:
    label = str(row["label"])
    if row["characteristic"]:
        of = CHARACTERISTICS[str(row["characteristic"])].label
        label = label if label == of else f"{of}: {label}"
    if not row["known"]:
        unknown = "not known"
        return {
            "Who": label, "Now": unknown, "Then": unknown, "Beside everybody now": unknown,
            "Beside everybody then": unknown, "With these changes": _EFFECTS[Effect.UNKNOWN],
        }  # fmt: skip
    return {
        "Who": label,
        "Now": _share(row["share_before"]),
        "Then": _share(row["share_after"]),
        "Beside everybody now": _points(row["gap_before"]),
        "Beside everybody then": _points(row["gap_after"]),
        "With these changes": _EFFECTS[Effect(row["effect"])]
        + (", and falls further behind" if row["falls_behind"] else ""),
    }


def _share(share: float) -> str:
    return "nobody" if isnan(share) else f"{share:.1%}"


def _points(points: float) -> str:
    if isnan(points):
        return "–"
    size = f"{abs(points):.1f}"
    if float(size) == 0:
        return "the same"
    return f"{size} points {'above' if points > 0 else 'below'}"
