"""*What help is there?* By part of the approach and by home, with helplines: for the public."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from housing_map import words
from housing_map.app import furniture, state
from housing_map.inventory import Presence, presence
from housing_map.provision import open_services
from housing_map.vocabulary import COMPONENTS, TENURES, Run, Tenure

_SAID = {
    Presence.IN_PLACE: "Yes",
    Presence.PARTIAL: "In part",
    Presence.ABSENT: "Not found",
    Presence.UNKNOWN: "Nobody has confirmed",
}


def show() -> None:
    """Draw the page: answers by component, never by service, and numbers that anybody may ring."""
    pack = state.the_pack()
    on = pack.info.reference_date
    heading = st.container()
    tenure = Tenure(
        state.pick(
            st.columns(3)[0],
            "Home they have",
            {str(t): TENURES[t].label for t in Tenure},
            key="help_tenure",
        )
    )
    cells = [c for c in presence(pack, on) if c.tenure is tenure and c.presence is not None]
    there = [c for c in cells if c.presence is Presence.IN_PLACE]
    with heading:
        furniture.page(
            "What help is there?",
            [
                f"{words.counted(len(there)).capitalize()} of {len(cells)} parts of the Whole "
                f"Housing Approach are known to be there for people whose home was: "
                f"{TENURES[tenure].label.lower()}.",
                "A helpline can say which service is right, and whether there is room today.",
            ],
        )
        furniture.planning_only()
    lines = [
        {"Helpline": service.name, "Number": service.helpline}
        for service in open_services(pack, on, Run.OPTIMISTIC)
        if service.helpline and not service.kind.confidential
    ]
    furniture.section("Who to ring")
    if lines:
        furniture.table(pd.DataFrame(lines), "Published numbers that anybody may ring")
    furniture.note("Anyone in danger should ring 999.")
    furniture.section("What there is, by part of the approach")
    rows = [
        {
            "Part": COMPONENTS[cell.component].label,
            "What it is": COMPONENTS[cell.component].meaning,
            "Is it there?": _SAID[cell.presence or Presence.UNKNOWN],
            "Why we say so": cell.why,
        }
        for cell in cells
    ]
    furniture.table(pd.DataFrame(rows), f"For: {TENURES[tenure].label.lower()}")
    furniture.rests_on(
        [
            "Which service it is, how full, and whom it refuses stands in the view for planning "
            "only.",
            f"Services on record on {on:%-d %B %Y}; sources on the page How do we know?",
        ]
    )
