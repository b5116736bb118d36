"""*For whom?* Tenure × need and component × tenure, each cell opening its causes and services."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from housing_map import charts, eligibility, gaps, model, profiles, tabulate, words
from housing_map.app import furniture, margins_view, presence_chart, state, view
from housing_map.cells import records
from housing_map.errors import HousingMapError
from housing_map.inventory import PresenceCell, presence
from housing_map.pack import Pack
from housing_map.rates import need_spread
from housing_map.tabulate import Filter
from housing_map.vocabulary import (
    ANSWERS,
    CIRCUMSTANCES,
    COMPONENTS,
    REASONS,
    RUNS,
    STATUSES,
    TENURES,
    Answer,
    Component,
    Goal,
    Pathway,
    Reason,
    Run,
    Stage,
    Status,
    Tenure,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

    from housing_map.model import Result, RunResult, Settings


def show() -> None:
    """Draw the page."""
    heading = st.container()
    chosen = state.filters([state.GOAL, state.PATHWAY, state.RUN])
    result = state.result(Goal(chosen["goal"]), Pathway(chosen["pathway"]))
    run = Run(chosen["run"])
    matrix = _named(need_spread(result))
    with heading:
        furniture.page(
            "For whom is there no route?",
            [_finding(matrix)],
            label=f"{words.MODELLED}: {words.ILLUSTRATION}",
        )
    _needs(result, matrix, run)
    _unknown(result)
    _components(result)
    if view.is_restricted():
        margins_view.show(result, run)
        furniture.note(
            "Whether a full place is full on the day somebody asks is another question: How do we "
            "know?, under Is the door full?"
        )
    furniture.rests_on(
        [
            "A household with several needs stands in several rows: rows do not add up.",
            (
                "Unknown rules count as no in the cautious run, as the likelier answer in the "
                "central run and as yes in the optimistic run: the range beside each share is "
                "that spread."
            ),
        ]
    )


def _named(matrix: pd.DataFrame) -> pd.DataFrame:
    """Add the labels that rows and columns of the matrix show."""
    return matrix.assign(
        **{
            "Home they had": matrix["tenure"].map(state.labels(TENURES)),
            "Need": matrix["need"].map(state.labels(CIRCUMSTANCES)),
        }
    )


def _finding(matrix: pd.DataFrame) -> str:
    if matrix.empty:
        return "Nobody seeks help in this selection."
    by_need = matrix.groupby("need")[["demand", "met"]].sum()
    lost = 1 - by_need["met"] / by_need["demand"]
    spread = (matrix[Run.CAUTIOUS] - matrix[Run.OPTIMISTIC]).groupby(matrix["need"]).mean()
    widest = spread.sort_values(ascending=False).index[:3]
    named = words.joined([words.rule_label(code) for code in widest])
    low, high = f"{lost.min():.0%}", f"{lost.max():.0%}"
    share = f"About {high}" if low == high else f"Between {low} and {high}"
    return (
        f"{share} of households with a known need are not "
        f"helped in the central run. The answer is least sure for {named}, because nobody has "
        "said whom services take."
    )


def _needs(result: Result, matrix: pd.DataFrame, run: Run) -> None:
    furniture.section("By home and need")
    matrix["said"] = [f"{share:.0%}" for share in matrix[run]]
    title = (
        "Illustration: share of households who seek help and are not helped, "
        f"{RUNS[run].label.lower()} run"
    )
    furniture.chart(
        charts.matrix_chart(matrix, "Need", "Home they had", run, "said", title=title, top=1.0)
    )
    wide = matrix.assign(
        cell=[
            f"{c:.0%} ({o:.0%}–{w:.0%})"
            for c, o, w in zip(
                matrix[Run.CENTRAL], matrix[Run.OPTIMISTIC], matrix[Run.CAUTIOUS], strict=True
            )
        ]
    ).pivot_table(index="Need", columns="Home they had", values="cell", aggfunc="first", sort=False)
    with st.expander("The same numbers as a table, with ranges"):
        furniture.table(
            wide.reset_index(),
            "Share not helped, central run (optimistic to cautious)",
            numbers=wide.columns,
        )
    _together(result)
    st.subheader("Open a cell", anchor=False)
    left, right = st.columns(2)
    needs = list(dict.fromkeys(matrix["need"]))
    tenures = list(dict.fromkeys(matrix["tenure"]))
    need = state.pick(
        left, "Need", {str(c): CIRCUMSTANCES[c].label for c in needs}, key="cell_need"
    )
    tenure = state.pick(
        right, "Home they had", {str(c): TENURES[c].label for c in tenures}, key="cell_tenure"
    )
    _open_need(result, matrix, need, tenure)


def _together(result: Result) -> None:
    """Say how needs are taken to occur together, and what it would mean if they gather."""
    known = len(result.pack["circumstance_pairs"])
    furniture.note(
        f"How often {words.counted(known)} {'pair' if known == 1 else 'pairs'} of needs occur "
        "together is in the data. All others are treated as independent of each other: households "
        "with several needs at once are probably more than shown."
        if known
        else profiles.INDEPENDENT
    )
    with st.expander("What if needs gather in the same households?"):
        ratio = profiles.CORRELATED_ODDS_RATIO
        furniture.note(profiles.CORRELATED.format(odds_ratio=ratio))
        if not st.checkbox("Show what would change", key="needs_gather"):
            return
        try:
            gathered = _gathered(result.pack, result.settings)
        except HousingMapError as error:
            furniture.note(f"It cannot be worked out: {error}.")
            return
        furniture.table(
            _beside(result, gathered),
            f"Central run: needs independent, and gathered with an odds ratio of {ratio:g}",
            numbers=["Independent", "Gathered"],
        )
        furniture.note(
            "Not a forecast, and no range around it. Where the two columns are close, treating "
            "needs as independent matters little for that figure."
        )


@st.cache_resource(
    show_spinner="Asking again, with needs that gather…",
    max_entries=8,
    hash_funcs={Pack: lambda found: found.digest},
)
def _gathered(pack: Pack, settings: Settings) -> RunResult:
    """Work out the central run with correlated needs, once for all readers."""
    tied = replace(settings, needs_odds_ratio=profiles.CORRELATED_ODDS_RATIO)
    return model.run_one(pack, tied, Run.CENTRAL)


def _beside(result: Result, gathered: RunResult) -> pd.DataFrame:
    """Lay central figures with independent and with gathered needs side by side."""
    both = (result[Run.CENTRAL], gathered)
    rows = [
        {"Of all households": "Seek help, a year"}
        | _columns(words.about(float(one.cells.demand.sum())) for one in both),
        {"Of all households": "Helped"}
        | _columns(f"{_share(one.cells.met, one):.1%}" for one in both),
        {"Of all households": "Helped, with all the specialist support they need or needing none"}
        | _columns(f"{_share(one.cells.met_with_support, one):.1%}" for one in both),
    ]
    tables = [
        tabulate.run_rows(result, one, ["need"]).set_index("need")[["demand", "met"]]
        for one in both
    ]
    for need in tables[0].index:
        if not all(table["demand"].get(need, 0.0) > 0 for table in tables):
            continue
        lost = (1 - float(t["met"][need]) / float(t["demand"][need]) for t in tables)
        rows.append(
            {"Of all households": f"Not helped, of those with: {words.rule_label(str(need))}"}
            | _columns(f"{share:.1%}" for share in lost)
        )
    return pd.DataFrame(rows)


def _columns(texts: Iterable[str]) -> dict[str, str]:
    return dict(zip(("Independent", "Gathered"), texts, strict=True))


def _share(households: NDArray[np.float64], one: RunResult) -> float:
    """Share of all who seek help."""
    return float(households.sum() / one.cells.demand.sum())


def _open_need(result: Result, matrix: pd.DataFrame, need: str, tenure: str) -> None:
    row = matrix[(matrix["need"] == need) & (matrix["tenure"] == tenure)].iloc[0]
    helped = words.one_in(row["met"] / row["demand"])
    seek = words.households(row["demand"]).capitalize()
    lines = [f"{seek} a year seek help; {helped} are helped, modelled."]
    for reason in Reason:
        if row[reason] >= row["demand"] * 0.005:
            found = gaps.causes(
                result[Run.CENTRAL], reason, only=Filter(tenures=frozenset({tenure}))
            )
            causes = words.joined([words.cause_text(c) for c in found[:3]])
            lines.append(
                f"{REASONS[reason].label}: {row[reason] / row['demand']:.0%}"
                + (f" ({causes})" if causes else "")
            )
    furniture.bullets(lines)
    if view.is_restricted():
        furniture.table(
            takers(result, need),
            f"Which services take: {words.rule_label(need)}",
        )


def takers(result: Result, need: str) -> pd.DataFrame:
    """Answer of every safe place and housing option to one rule, with status and source."""
    services = [
        s
        for s in result[Run.OPTIMISTIC].cells.setting.services
        if s.kind.stage in {Stage.SAFETY, Stage.HOUSING}
    ]
    table = result.pack["eligibility"]
    rows = {str(r["service_id"]): r for r in records(table[table["rule"] == need])}
    unasked = {"answer": Answer.UNKNOWN, "status": Status.UNKNOWN, "source": "ask the provider"}
    found = [(s.name, rows.get(s.id, unasked)) for s in services]
    return pd.DataFrame(
        [
            {
                "Service": name,
                "Answer": ANSWERS[row["answer"]].label,
                "Status": STATUSES[row["status"]].label,
                "Source": row["source"],
            }
            for name, row in found
        ]
    )


def _unknown(result: Result) -> None:
    unknown = model.unknown_needs(result)
    if not unknown:
        return
    furniture.section("Needs whose number nobody has published")
    furniture.note(
        "Number unknown, not none. What can be said is who takes such households; a figure in "
        "household_shares.csv brings them into the matrix above."
    )
    services = [
        s
        for s in result[Run.OPTIMISTIC].cells.setting.services
        if s.kind.stage in {Stage.SAFETY, Stage.HOUSING}
    ]
    given = eligibility.answers(result.pack)
    rows = []
    for code in unknown:
        by = dict.fromkeys(Answer, 0)
        for service in services:
            by[given.get((service.id, code), Answer.UNKNOWN)] += 1
        rows.append(
            {
                "Need": CIRCUMSTANCES[code].label,
                "How many": "Number unknown",
                **{ANSWERS[a].label: str(by[a]) for a in Answer},
            }
        )
    furniture.table(
        pd.DataFrame(rows),
        f"How many of {len(services)} services take them",
        numbers=[ANSWERS[a].label for a in Answer],
    )


def _components(result: Result) -> None:
    furniture.section("By part of the Whole Housing Approach and home")
    cells = presence(result.pack, result.on)
    states = {(c.component, c.tenure): c.presence for c in cells}
    presence_chart.draw(states)
    wide = presence_chart.rows(states).pivot_table(
        index=presence_chart.ROW, columns=presence_chart.COLUMN, values=presence_chart.SAID,
        aggfunc="first", sort=False,
    )  # fmt: skip
    with st.expander("The same as a table"):
        furniture.table(wide.reset_index(), "Whether each part is there, by home")
    st.subheader("Open a part", anchor=False)
    left, right = st.columns(2)
    component = state.pick(
        left, "Part", {c: COMPONENTS[c].label for c in Component}, key="cell_component"
    )
    tenure = state.pick(
        right, "Home they had", {t: TENURES[t].label for t in Tenure}, key="cell_part_tenure"
    )
    _open_component(result, cells, component, tenure)


def _open_component(
    result: Result, cells: list[PresenceCell], component: Component, tenure: Tenure
) -> None:
    cell = next(c for c in cells if c.component is component and c.tenure is tenure)
    names = {s.id: s.name for s in result[Run.OPTIMISTIC].cells.setting.services}
    meaning = COMPONENTS[component].meaning
    state_word = "Not meant for this home" if cell.presence is None else cell.presence.capitalize()
    lines = [f"{COMPONENTS[component].label}: {meaning}.", f"{state_word}: {cell.why}."]
    if view.is_restricted():
        lines += [f"Service: {names[s]}" for s in cell.services]
    furniture.bullets(lines)
    rows = {run: gaps.component_matrix(result, run) for run in Run}
    central = rows[Run.CENTRAL]
    if component not in set(central["component"]):
        furniture.note("It stands beside the routes, so the cascade does not count it.")
        return
    figures = []
    for run, frame in rows.items():
        match = frame[(frame["component"] == component) & (frame["tenure"] == tenure)]
        if match.empty or match.iloc[0]["demand"] <= 0:
            continue
        row = match.iloc[0]
        figures.append(
            {
                "Run": RUNS[run].label,
                "It would suit": words.about(row["demand"]),
                "Helped through it": words.about(row["met"]),
                "Helped otherwise": words.about(row["met_otherwise"]),
                **{REASONS[r].label: words.about(row[r]) for r in Reason},
            }
        )
    if figures:
        furniture.table(
            pd.DataFrame(figures),
            "Households a year whom this part would suit, modelled",
            numbers=["It would suit", "Helped through it", "Helped otherwise"]
            + [REASONS[r].label for r in Reason],
        )
