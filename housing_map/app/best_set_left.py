"""Whom the best set leaves out: always named, by the home they had, by need, risk and area."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import streamlit as st

from housing_map import scenario, words
from housing_map.app import furniture
from housing_map.cells import records
from housing_map.change_frame import FELT
from housing_map.left_out import LABELS, LeftOut, left_out, reason_words
from housing_map.pack import Pack
from housing_map.places import area_names
from housing_map.scenario import Scenario
from housing_map.vocabulary import ELSEWHERE

if TYPE_CHECKING:
    from housing_map.model import Settings

_SHOWN: Final = 8
_NAMED: Final = 3
_HASHES: Final[dict[str | type[Any], Any]] = {
    Pack: lambda pack: pack.digest,
    Scenario: scenario.digest,
}


def show(pack: Pack, plan: Scenario, settings: Settings) -> None:
    """Name the groups that are still not helped, those helped least often first."""
    furniture.section("Whom it leaves out")
    found = _left_out(pack, plan, settings)
    rows = _rows(found, _left_out(pack, Scenario(name="Now"), settings))
    least = [str(row["Who"]) for row in rows[:_NAMED]]
    left, demand = _in_all(found)
    said = [
        f"{words.households(left).capitalize()} a year of {words.about(demand)} would still not "
        f"be helped. Helped least often: {words.joined(least)}."
    ]
    if len(found.below):
        said.append(
            "Shared out as the model shares places, by which as many as possible are helped, "
            f"these would be helped less often than now: {words.joined(list(found.below['name']))}."
            " To keep what they have, places have to be kept for them."
        )
    else:
        said.append("No group would be helped less often than now.")
    furniture.bullets(said)
    frame = pd.DataFrame(rows)
    numbers = ["Seek help", "Not helped", "Helped now", "Helped then"]
    caption = "Who would still not be helped, those helped least often first; needs overlap"
    furniture.table(frame[:_SHOWN], f"{caption}; modelled", numbers=numbers)
    if len(frame) > _SHOWN:
        with st.expander("The other groups"):
            furniture.table(frame[_SHOWN:], f"{caption}: the others; modelled", numbers=numbers)


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs=_HASHES)
def _left_out(pack: Pack, plan: Scenario, settings: Settings) -> LeftOut:
    return left_out(pack, plan, settings)


def _in_all(found: LeftOut) -> tuple[float, float]:
    """Return who is left and who asks, in all: tenures part both."""
    rows = found.rows[found.rows["what"] == "tenure"]
    return float(rows["left"].sum()), float(rows["demand"].sum())


def _rows(then: LeftOut, now: LeftOut) -> list[dict[str, Any]]:
    """Return a row for each group, those helped least often first."""
    shares = {(row["what"], row["which"]): float(row["share_met"]) for row in records(now.rows)}
    found = sorted(records(then.rows), key=lambda row: float(row["share_met"]))
    return [
        {
            "Who": row["name"],
            "Seek help": words.about(float(row["demand"])),
            "Not helped": words.about(float(row["left"])),
            "Helped now": f"{shares.get((row['what'], row['which']), 0.0):.0%}",
            "Helped then": f"{float(row['share_met']):.0%}",
            "Most often because": reason_words(str(row["reason"]), float(row["reason_left"])),
        }
        for row in found
        if float(row["demand"]) >= FELT
    ]


def group_name(pack: Pack, what: str, which: str) -> str:
    """Name a group: an area, a tenure, a risk or a need."""
    if what in LABELS:
        return LABELS[what].get(which, which)
    if which == ELSEWHERE:
        return "From elsewhere"
    return area_names(pack).get((what, which), which)
