"""*What is happening?* The quarters that were sent in or published, noise told from change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from housing_map import monitoring, monitoring_picture, words
from housing_map.app import furniture, scenario_choice, scenario_results, state, view
from housing_map.control import FEWEST
from housing_map.errors import HousingMapError
from housing_map.model import Settings, run
from housing_map.returns import OUTCOME_AREAS, period_words
from housing_map.vocabulary import Goal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from housing_map.monitoring import Series
    from housing_map.pack import Pack

_PARTS = (
    ("unable", "Households that could not be supported, by main reason"),
    ("endings", "Households whose support ended, by main reason"),
    ("move_on", "Where households went, by home"),
    ("stays", "How long they had stayed"),
)


def show() -> None:
    """Draw the page."""
    pack = state.the_pack()
    sent = monitoring.measures(pack) if view.is_restricted() else ()
    published = monitoring.published(pack)
    furniture.page("What is happening?", _answer(sent, published))
    if sent:
        furniture.planning_only()
        _charts("What services and the council sent in", sent, key="sent")
        _divisions(pack)
        _outcomes(pack)
        _barriers(pack)
        _plan(pack)
    else:
        _nothing_sent()
    _charts("Published: homelessness and domestic abuse", published, key="published")
    _download(pack)
    furniture.rests_on(
        [
            f"Limits are drawn from {FEWEST} quarters in a row on: the mean, plus and minus 2.66 "
            "times the mean difference from one quarter to the next (a process behaviour, or XmR, "
            "chart).",
            "More than noise: a point outside the limits; seven in a row on one side of the mean; "
            "six in a row that rise or fall; two of three near a limit. Signals as the NHS uses "
            "them (Making Data Count).",
            "A quarter that nobody sent stays missing: it is never nought. A figure whose meaning "
            "changed starts a line of its own.",
            "Where nobody sent a figure for the whole district, those of services are added up: a "
            "household that two services helped then counts twice.",
        ]
    )


def _download(pack: Pack) -> None:
    """Offer all series as a file: those that were sent in are restricted."""
    restricted = view.is_restricted()
    st.download_button(
        "Download all series",
        lambda: monitoring.as_rows(monitoring.everything(pack, restricted=restricted)).to_csv(
            index=False, lineterminator="\n"
        ),
        file_name=f"{pack.info.name}-monitoring{'-restricted' if restricted else ''}.csv",
        mime="text/csv",
        key="monitor_file",
    )


def _answer(sent: Sequence[Series], published: Sequence[Series]) -> list[str]:
    """Say in a sentence or two what moved more than it does from quarter to quarter."""
    if not (sent or published):
        return ["Nobody has sent any figure yet, and none is published in the data."]
    last = max(one.last[0] for one in (*sent, *published) if one.last is not None)
    told = [
        f"{one.label[0].lower()}{one.label[1:]} ({way} than usual in {period_words(one.last[0])})"
        for one in (*sent, *published)
        if one.last is not None and (way := monitoring.moved(one))
    ]
    if not told:
        return [f"Up to {period_words(last)} nothing moved by more than it does from quarter to "
                "quarter, as far as there are figures."]  # fmt: skip
    return [f"This moved by more than noise: {'; '.join(told)}."]


def _nothing_sent() -> None:
    furniture.section("What services and the council would send in")
    if not view.is_restricted():
        furniture.note(
            "Returns of services hold small numbers. They stand in the view for planning."
        )
        return
    furniture.note(
        "Nobody has sent a return yet. Returns show here: people supported (women, men, trans "
        "adults and children), households that could not be supported and why, homes made safer, "
        "stays, where people moved on to, cases heard at the daily meeting (DRAMM) and the "
        "multi-agency conference (MARAC), outcome scores, and barriers that people told of."
    )
    furniture.note(
        "To send figures in, open How do we know?, then Send figures in. It writes a workbook to "
        "fill in, and reads it back."
    )


def _charts(title: str, series: Sequence[Series], *, key: str) -> None:
    if not series:
        return
    furniture.section(title)
    names = {number: one.label for number, one in enumerate(series)}
    chosen = state.pick(st.columns(2)[0], "Show", names, key=f"monitor_{key}")
    one = series[chosen]
    found = one.limits()
    furniture.chart(
        monitoring_picture.process_chart(
            _points(one),
            title=f"{one.label}: {monitoring.changed(one)}",
            unit=one.unit,
            mean=found.mean if found else None,
            ends=(found.lower, found.upper) if found else None,
        )
    )
    odd = "An orange diamond marks a quarter that is more than noise; the rules stand below."
    for said in filter(
        None, (odd if found and any(found.signals) else "", one.note, f"Source: {one.source}.")
    ):
        furniture.note(said)
    if one.missing:
        furniture.note(f"No figure for {words.joined(one.missing)}.")
    if one.services_added:
        furniture.note(
            f"Added up over services in {words.joined(one.services_added)}: a household that two "
            "of them helped counts twice."
        )
    with st.expander("The same numbers as a table"):
        year = "Four quarters to then" if one.adds_up else "Mean of four quarters to then"
        table = pd.DataFrame(
            {
                "Quarter": one.quarters,
                one.unit.capitalize(): [_whole(value) for value in one.counts],
                year: [_whole(value) for value in one.rolling()],
            }
        )
        furniture.table(table.iloc[::-1], one.label, numbers=table.columns[1:])


def _points(one: Series) -> pd.DataFrame:
    """Return the points of a chart: signals stand with the quarters that limits are drawn from."""
    rows = monitoring.as_rows([one])
    return pd.DataFrame(
        {
            "quarter": rows["quarter"],
            "value": rows["count"].astype("float64"),
            "signal": rows["signal"],
        }
    )


def _whole(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"


def _divisions(pack: Pack) -> None:
    for what, title in _PARTS:
        rows = monitoring.divided(pack, what)
        if not rows:
            continue
        last = rows[0].quarters[-1]
        table = pd.DataFrame(
            [
                {
                    "": one.label,
                    f"In {last}": _whole(one.counts[-1]),
                    "Four quarters to then": _whole(one.rolling()[-1]),
                }
                for one in rows
            ]
        )
        furniture.section(title)
        furniture.table(table, f"Households, up to {period_words(last)}", numbers=table.columns[1:])


def _outcomes(pack: Pack) -> None:
    rows = monitoring.distances(pack)
    if not rows:
        return
    furniture.section("How far people travelled")
    furniture.table(
        pd.DataFrame(
            [
                {
                    "Period": one.period,
                    "Tool": one.tool,
                    "Area of life": OUTCOME_AREAS[one.area].label,
                    "People": f"{one.people:,}",
                    "At the start": f"{one.start:.1f}",
                    "At the end": f"{one.end:.1f}",
                    "Distance": f"{one.travelled:+.1f}",
                }
                for one in rows
            ]
        ),
        "Mean scores of the same people at their first and last reading, in points",
        numbers=["People", "At the start", "At the end", "Distance"],
    )


def _barriers(pack: Pack) -> None:
    rows = monitoring.barriers(pack)
    if not rows:
        return
    furniture.section("What people said stood in their way")
    furniture.table(
        pd.DataFrame(
            [
                {
                    "Period": one.period,
                    "Barrier": one.label,
                    "Raised by": f"{one.raised:,}",
                    "Of those asked": f"{one.heard:,}",
                }
                for one in rows
            ]
        ),
        "People with lived experience who raised each theme; one person may raise several",
        numbers=["Raised by", "Of those asked"],
    )


def _plan(pack: Pack) -> None:
    furniture.section("What the model expected, and what came")
    try:
        chosen = scenario_choice.one_or_none(
            st.columns(2)[0], "Expected with", pack, key="monitor_plan", without="The data as it is"
        )
        settings = Settings(goal=Goal.SAFE)
        if chosen is None:
            expected = state.result(Goal.SAFE)
        else:
            applied = scenario_results.applied(pack, chosen, settings)
            expected = run(applied.pack, applied.settings)
    except HousingMapError as error:
        furniture.note(f"This cannot be worked out: {error}")
        return
    rows = monitoring.plan_against_actual(pack, expected)
    furniture.table(
        pd.DataFrame(
            [
                {
                    "": one.label,
                    "Expected a year": f"{one.central:,.0f} ({one.low:,.0f} to {one.high:,.0f})",
                    "Last four quarters": _whole(one.actual),
                }
                for one in rows
            ]
        ),
        "Modelled estimate (cautious to optimistic) beside what was sent in",
        numbers=["Expected a year", "Last four quarters"],
    )
