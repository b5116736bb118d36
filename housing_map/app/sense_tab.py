"""*Does it make sense?* Our figures beside published ones, and those that may not be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from housing_map import neighbours, sense
from housing_map.app import furniture, state
from housing_map.comparison import FAR, NEAR, Topic
from housing_map.vocabulary import RUNS, STATUSES, Goal, Run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from housing_map.comparison import Check


def show() -> None:
    """Draw the tab from the result for the goal *safe*."""
    found = sense.checks(state.result(Goal.SAFE))
    compared = [check for check in found if not check.excluded_because]
    furniture.note(
        f"Each figure stands beside a published one that measures nearly the same. Near is between "
        f"{NEAR[0]:g} and {NEAR[1]:g} times the yardstick; well below is under {FAR[0]:g} times, "
        f"well above over {FAR[1]:g} times. It is no grade: a difference may be right, and says "
        "where to look."
    )
    for topic in Topic:
        part = [check for check in compared if check.topic is topic]
        if part:
            furniture.table(
                _comparisons(part), str(topic), numbers=[*_run_columns(), "Yardstick", "Times"]
            )
    if not compared:
        furniture.note("No figure of this pack can be compared with a published one.")
    _neighbours()
    _excluded([check for check in found if check.excluded_because])
    _sources(found)


def _run_columns() -> list[str]:
    return [RUNS[run].label for run in Run]


def _comparisons(part: Sequence[Check]) -> pd.DataFrame:
    """Lay out checks: ours in three runs, the yardstick, the ratio and what to keep in mind."""
    return pd.DataFrame(
        [
            {
                "Our figure": check.what,
                **{
                    RUNS[run].label: check.text(check.ours[run]) if run in check.ours else "–"
                    for run in Run
                },
                "Compared with": f"{check.yardstick.label} ({check.yardstick.period})",
                "Yardstick": check.text(check.yardstick.value),
                "Times": f"{check.ratio():.2f}",
                "Central run": str(check.standing),
                "Keep in mind": " ".join(
                    part
                    for part in (f"Ours: {STATUSES[check.status].label.lower()}.", check.caution)
                    if part
                ),
            }
            for check in part
        ]
    )


def _neighbours() -> None:
    """Show the district beside its neighbours, the region and England."""
    pack = state.the_pack()
    areas = [area for area in neighbours.districts(pack) if area.share is not None]
    if len(areas) < 2:  # noqa: PLR2004 - the district and one other
        return
    quarters = neighbours.latest_quarters(pack)
    rows = [
        {
            "Area": area.name,
            "Owed a duty": f"{area.owed:,.0f}",
            "Victims of domestic abuse": f"{area.victims:,.0f}",
            "Share": f"{area.share:.1%}",
            "Quarters without figures": ", ".join(area.missing) or "none",
        }
        for area in areas
    ]
    furniture.table(
        pd.DataFrame(rows),
        f"Households owed a homelessness duty, {quarters[0]} to {quarters[-1]}, and those of them "
        "who lost their home as victims of domestic abuse",
        numbers=["Owed a duty", "Victims of domestic abuse", "Share"],
    )
    furniture.note(
        "Published by the Ministry of Housing, Communities and Local Government (MHCLG). A share "
        "of those owed a duty, not of all households: how many households other districts have "
        "is not in the data. A low share can mean less abuse, other reasons recorded, or victims "
        "who do not ask the council."
    )


def _excluded(left_out: Sequence[Check]) -> None:
    """List what is not compared, by the reason why."""
    if not left_out:
        return
    furniture.section("Not compared, and why")
    furniture.table(
        pd.DataFrame(
            [
                {
                    "Our figure": check.what,
                    "Published figure": f"{check.yardstick.label}: "
                    f"{check.text(check.yardstick.value)} ({check.yardstick.period})",
                    "Not compared, because": check.excluded_because,
                }
                for check in left_out
            ]
        ),
        f"{len(left_out)} published figures that would be no check",
    )


def _sources(found: Sequence[Check]) -> None:
    """Say how each of our figures is worked out, and where each yardstick was read."""
    furniture.section("How these are worked out, and sources")
    lines = dict.fromkeys(
        f"{check.what}: {check.basis}. Beside it: {check.yardstick.source}." for check in found
    )
    furniture.bullets(lines)
