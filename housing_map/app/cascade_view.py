"""The cascade, the largest gaps and the three layers of demand, below the head of *overview*."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from housing_map import cascade_picture, charts, demand, gaps, model, profiles, words
from housing_map.app import ask_first, furniture, helped, long_run, state, view
from housing_map.parameters import Register
from housing_map.tabulate import coverage_rows
from housing_map.vocabulary import GOALS, METS, PATHWAYS, REASONS, RUNS, TENURES, Run

if TYPE_CHECKING:
    from housing_map.model import Result


_SHARE: Final = "Share met as wanted"


def show(result: Result) -> None:
    """Draw everything below the filters; long runs start once it is drawn."""
    long_run.page_begins()
    _cascade(result)
    helped.show(result)
    _gaps(result)
    if view.is_restricted():
        ask_first.show(result)
    _layers()
    _rests(result)
    long_run.page_ends()


def _cascade(result: Result) -> None:
    settings = result.settings
    furniture.section("Who would reach a safe or settled home, by the home they had")
    furniture.note(
        f"{words.ILLUSTRATION} Goal: {GOALS[settings.goal].meaning}. "
        f"Pathway: {PATHWAYS[settings.pathway].meaning}. "
        "Central run; the range beside it is from the cautious to the optimistic run."
    )
    rows = coverage_rows(result, ["tenure"])
    rows["group"] = rows["tenure"].map(lambda code: TENURES[code].label)
    central = rows[rows["run"] == Run.CENTRAL]
    title = "Illustration: households a year who seek help, helped and not helped"
    furniture.chart(cascade_picture.cascade_chart(central, title=title, words=words.about))
    spread = _spread(rows)
    title = "Illustration: share helped as they wanted, cautious to optimistic"
    furniture.chart(charts.range_chart(spread, title=title))
    table = cascade_table(rows)
    shares = {
        row["group"]: f"{row[Run.CENTRAL]:.0%} ({row[Run.CAUTIOUS]:.0%}–{row[Run.OPTIMISTIC]:.0%})"
        for row in spread.to_dict("records")
    }
    table[_SHARE] = table["Home they had"].map(shares)
    furniture.table(
        table,
        "Households a year by the home they had: modelled estimates, central run "
        "(cautious to optimistic in brackets)",
        numbers=[
            "Seek help",
            "Helped",
            *(t.label for t in (*METS.values(), *REASONS.values())),
            _SHARE,
        ],
    )
    furniture.note(
        "Each row adds up before rounding: those who seek help are those helped and those lost, "
        "with one reason for each household."
    )


def _spread(rows: pd.DataFrame) -> pd.DataFrame:
    """Share met as wanted, by group and run."""
    share = rows.assign(share=rows["met_as_wanted"] / rows["demand"].where(rows["demand"] > 0))
    wide = share.pivot_table(index="group", columns="run", values="share", sort=False)
    return wide.reindex(columns=list(Run)).fillna(0.0).reset_index()


def cascade_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Lay rows of three runs out as one row a group, with central figure and range."""
    out = []
    for group, part in rows.groupby("group", sort=False):
        by_run = part.set_index("run")
        line: dict[str, str] = {"Home they had": str(group)}
        columns = {"demand": "Seek help", "met": "Helped"}
        columns |= {code: term.label for code, term in (METS | REASONS).items()}
        for code, label in columns.items():
            ends = {str(run): float(value) for run, value in by_run[code].items()}
            central = ends[Run.CENTRAL]
            line[label] = (
                f"{_figure(central)} ({_figure(min(ends.values()))}–{_figure(max(ends.values()))})"
            )
        out.append(line)
    return pd.DataFrame(out)


def _figure(value: float) -> str:
    return (
        words.about(value).removeprefix("about ").replace("fewer than 5", "<5").replace("none", "0")
    )


def _gaps(result: Result) -> None:
    furniture.section("The five largest gaps, and why")
    furniture.bullets((words.gap_sentence(gap) for gap in gaps.largest_gaps(result)), ordered=True)
    furniture.note(
        "Modelled estimates. Households can be refused for more than one reason, so causes of "
        "refusal overlap. The reasons are explained on the page How do we know?"
    )


def _layers() -> None:
    pack = state.the_pack()
    register = Register(pack["parameters"])
    affected = demand.affected_adults(pack, register, Run.CENTRAL).to_numpy().sum()
    seeking = demand.seeking_total(register, Run.CENTRAL)
    counts, largest, total = demand.reached(pack)
    furniture.section("How many people this is about")
    table = pd.DataFrame(
        [
            {
                "Layer": "Affected",
                "About how many": f"{round(affected, -3):,.0f} adults a year",
                "What it is": "Crime Survey rates on adults by tenure; nearly all never seek "
                "accommodation. Context only.",
            },
            {
                "Layer": "Seeking help",
                "About how many": f"{round(seeking, -1):,.0f} household-episodes a year",
                "What it is": "National figures at the district's share of population. "
                "This is what the page counts.",
            },
            {
                "Layer": "Reached services",
                "About how many": f"{round(largest):,} to {round(total):,} a year",
                "What it is": "Local counts that overlap ("
                + "; ".join(f"{c.label}, {round(c.per_year):,} a year" for c in counts)
                + "): from the largest alone to all together.",
            },
        ]
    )
    furniture.table(table, "Three layers, which measure different things and are never averaged")


def _rests(result: Result) -> None:
    arrivals = result[Run.CENTRAL].demand.arrivals.sum()
    shares = result[Run.CENTRAL].demand.shares.circumstances
    unknown = model.unknown_needs(result)
    assumed = words.joined([RUNS[run].label.lower() for run in Run])
    furniture.rests_on(
        [
            "No capacity of a refuge, dispersed home or sanctuary scheme is known. One assumption "
            f"for the district carries each kind: {assumed}.",
            f"People who come from elsewhere ({words.about(arrivals)} households a year) count in "
            "their own right; as many are assumed to leave as arrive.",
            f"Circumstances are known for {len(shares)} kinds of need and unknown for "
            f"{len(unknown)}. {profiles.INDEPENDENT}",
            "Who is helped when there is not room for all is worked out to help as many as "
            "possible, then as evenly as possible. Real systems do less well.",
        ]
    )
