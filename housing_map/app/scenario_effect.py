"""What the scenario that is being built does: before and after, who gains, what is full."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import streamlit as st

from housing_map import displacement, words
from housing_map.app import furniture, scenario_results, scenario_words
from housing_map.change_frame import FELT
from housing_map.comparison_picture import gains_chart, outcomes_chart
from housing_map.places import area_names, find_level
from housing_map.tabulate import totals
from housing_map.vocabulary import CIRCUMSTANCES, ELSEWHERE, TENURES, Run

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from housing_map.displacement import Moves
    from housing_map.effects import Comparison
    from housing_map.model import Result

NOW: Final = scenario_results.NOW
THEN: Final = "With the changes"


def show(comparison: Comparison) -> DeltaGenerator:
    """Draw what is known of the central run; return the place of the table that waits for more."""
    furniture.section("What they do")
    rows = scenario_results.parts(comparison, [THEN])
    helped = rows["met"].tolist()
    change = helped[1] - helped[0]
    title = (
        "Illustration: as many households a year would be helped as now"
        if abs(change) < FELT
        else f"Illustration: {scenario_words.more(change)} households a year would be helped"
    )
    furniture.chart(outcomes_chart(rows, title=title, words=words.about))
    table = st.empty()
    fill(table, comparison, ranges=False)
    return table


def as_now(result: Result) -> None:
    """Draw how things are, while nothing changes yet."""
    furniture.section("How it is now")
    row = scenario_results.figures(totals(result))
    helped, asking = (words.about(row[name]) for name in ("met", "demand"))
    title = f"Illustration: {helped} of {asking} households a year are helped"
    furniture.chart(
        outcomes_chart(pd.DataFrame([{"label": NOW} | row]), title=title, words=words.about)
    )
    furniture.table(
        pd.DataFrame(
            {
                "Households a year": list(scenario_results.FIGURES.values()),
                NOW: [words.about(row[name]) for name in scenario_results.FIGURES],
            }
        ),
        "The same numbers: households a year, central run, modelled",
        numbers=[NOW],
    )
    furniture.note("What your changes do will stand here, beside this.")


def fill(place: DeltaGenerator, comparison: Comparison, *, ranges: bool) -> None:
    """Write the table of before and after into its place, with or without the ranges."""
    frame = scenario_results.table(comparison, ranges=ranges)
    html = furniture.table_html(
        frame,
        "The same numbers: households a year, central run, modelled",
        numbers=frame.columns[1:-1],
    )
    place.html(html)


def gains(comparison: Comparison) -> Moves:
    """Draw who gains and who loses."""
    found = scenario_results.moves(comparison, 1)
    furniture.section("Who gains and who loses")
    said = scenario_words.gains(found.gained, found.lost)
    rows = _by_tenure(found)
    if rows.empty:
        furniture.note(said or "Nobody is helped more often or less often than now.")
        return found
    if abs(found.from_demand) >= FELT:
        said += (
            " What a change of how many ask makes by itself is left out here: "
            f"{scenario_words.more(found.from_demand)} helped."
        )
    furniture.note(said)
    title = "Illustration: households a year who gain and who lose, by the home they had"
    furniture.chart(gains_chart(rows, title=title, words=words.about))
    furniture.table(
        pd.DataFrame(
            {
                "Home they had": rows["group"],
                "More helped": [_amount(one) for one in rows["gained"]],
                "Fewer helped": [_amount(one) for one in rows["lost"]],
            }
        ),
        "The same numbers: groups of households who gain, and who lose, modelled",
        numbers=["More helped", "Fewer helped"],
    )
    # What is closed is neither worked out nor sent: a change must be answered quickly.
    finer = st.expander("By need, and by place", key="effect_finer", on_change="rerun")
    if finer.open:
        with finer:
            _overlapping(found)
            _by_place(comparison)
    return found


def _amount(households: float) -> str:
    return words.about(households) if households >= FELT else "none"


def _by_tenure(found: Moves) -> pd.DataFrame:
    """Sum gains and losses of groups by tenure: those that gain beside those that lose."""
    sums = found.groups.groupby("tenure", sort=False)[["gained", "lost"]].sum()
    rows = sums[(sums["gained"] >= FELT) | (sums["lost"] >= FELT)].reset_index()
    rows["group"] = [TENURES[str(code)].label for code in rows["tenure"]]
    for name in ("gained", "lost"):
        rows[name] = rows[name].clip(lower=0.0)
    return rows


def _overlapping(found: Moves) -> None:
    rows = [
        {
            "Need": CIRCUMSTANCES[str(row["need"])].label,
            "Change of those helped": scenario_words.more(float(row["met_change"])),
        }
        for _, row in found.needs.iterrows()
        if abs(float(row["met_change"])) >= FELT
    ]
    if rows:
        furniture.table(
            pd.DataFrame(rows),
            "By need: a household with several needs stands in several rows",
            numbers=["Change of those helped"],
        )
    else:
        furniture.note("No change for any need whose number is known.")


def _by_place(comparison: Comparison) -> None:
    level = comparison.baseline.pack.info.default_level
    names = area_names(comparison.baseline.pack)
    rows = []
    for _, row in scenario_results.by(comparison, level).iterrows():
        code = str(row[level])
        name = "From elsewhere" if code == ELSEWHERE else names.get((level, code), code)
        rows.append(
            {
                "Area": name,
                NOW: words.about(float(row["met_before"])),
                "Then": words.about(float(row["met_after"])),
                "Change of those helped": scenario_words.more(float(row["met_change"])),
            }
        )
    label = find_level(comparison.baseline.pack, level).label
    furniture.table(
        pd.DataFrame(rows),
        f"By {label}: households a year who are helped, modelled",
        numbers=[NOW, "Then", "Change of those helped"],
    )


def use(comparison: Comparison) -> None:
    """Draw how full each service is, and what new places take from others. Restricted."""
    furniture.section("How full each service would be")
    taken = displacement.displaced(comparison, 1)
    if taken is not None and taken.helped >= FELT:
        furniture.note(_taken(taken.helped, taken.taken))
    rows = [_use_row(dict(row)) for _, row in displacement.use(comparison).iterrows()]
    if not rows:
        furniture.note("No service on a route has a known or assumed number of places.")
        return
    furniture.table(
        pd.DataFrame(rows),
        "Places over the year, and how many are in use, restricted: not for publication",
        numbers=["Places now", "Places then", "In use now", "In use then"],
    )


def _taken(helped: float, taken: float) -> str:
    more = words.households(helped)
    said = f"The new or larger services help {more} a year more"
    if taken >= FELT:
        return f"{said}; other services would have helped {words.about(taken)} of them anyway."
    if taken <= -FELT:
        others = words.about(-taken)
        return f"{said}, and leave others room to help {others} more."
    return f"{said}, and take nobody from others."


def _use_row(row: dict[Any, Any]) -> dict[str, str]:
    def places(when: str) -> str:
        number = float(row[f"capacity_{when}"])
        return f"{round(number, 1):,g} {row['basis']}" if number > 0 else "none"

    def share(when: str) -> str:
        if float(row[f"capacity_{when}"]) <= 0:
            return "–"
        full = " (full)" if row[f"full_{when}"] else ""
        return f"{min(float(row[f'share_{when}']), 1.0):.0%}{full}"

    return {
        "Provision": str(row["label"]),
        "Places now": places("before"),
        "Places then": places("after"),
        "In use now": share("before"),
        "In use then": share("after"),
    }


def headline(comparison: Comparison, *, ranges: bool) -> str:
    """Say in one sentence what all changes do, with its range where that is worked out."""
    central = scenario_results.totals(comparison).iloc[0]
    runs = scenario_results.changes_of(comparison, "met", Run)[0] if ranges else None
    return scenario_words.answer(
        float(central["met_change"]), runs, asking=float(central["demand_change"])
    )
