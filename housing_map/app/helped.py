"""How those who are helped are helped: as wanted or not, with the support they need or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import streamlit as st

from housing_map import words
from housing_map.app import background, furniture, long_run, view
from housing_map.app.background import State
from housing_map.tabulate import SUPPORTED, coverage_rows
from housing_map.uncertainty import HIGH, LOW
from housing_map.vocabulary import (
    METS,
    REASONS,
    RUNS,
    SPECIALIST_SUPPORT,
    SUPPORT_TYPES,
    TENURES,
    Run,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from housing_map.app.background import Look
    from housing_map.model import Result
    from housing_map.uncertainty import Drawn

    Ends = tuple[float, float]

WITHOUT: Final = "met_without_support"
_WAITS: Final = "being worked out"
_LABELS: Final = {
    "demand": "Seek help",
    "met": "Helped",
    "met_as_wanted": "– as they wanted",
    "met_other_way": "– another way: wished to stay, helped to move",
    "met_elsewhere": "– outside the district",
    SUPPORTED: "Of those helped: with the specialist support they need, or needing none",
    WITHOUT: "Of those helped: without it, or not known",
    **{code: f"Not helped: {term.label[0].lower()}{term.label[1:]}" for code, term in
       REASONS.items()},
}  # fmt: skip
"""Rows of the table, in order. The three ways of being helped add up to Helped, as do the two
kinds of support; Helped and Not helped add up to Seek help."""


def show(result: Result) -> None:
    """Draw the section: three whole runs, the interval beside them, and first come."""
    furniture.section("How they would be helped, and whether with the support they need")
    furniture.note(
        f"Specialist support is help that only some households need: {_kinds_of_support()}. "
        "A household counts as having it when its route goes through services known to give "
        "what it needs; where no service has told us, it does not."
    )
    rows = coverage_rows(result).set_index("run")
    drawn = long_run.outcome(background.draws, result)
    ends = intervals(drawn.result) if drawn and drawn.result else {}
    furniture.table(
        helped_table(rows, ends, waiting=not (drawn and drawn.ended)),
        "Households a year, all homes together: modelled estimates, three whole runs",
        numbers=[*(term.label for term in RUNS.values()), INTERVAL],
    )
    if drawn is None:
        ranked = (background.rank,) if view.is_restricted() else ()
        before = (*ranked, background.first_come)
        long_run.wait(background.draws, result, _drawing, after=before)
    elif drawn.state is State.FAILED:
        long_run.failed(background.draws, result, drawn)
    elif drawn.result:
        furniture.note(interval_label(drawn.result))
        _by_home(drawn.result)
    _first_come(result, rows)


def _kinds_of_support() -> str:
    return "; ".join(SUPPORT_TYPES[code].meaning for code in SPECIALIST_SUPPORT)


INTERVAL: Final = "80% interval"


def interval_label(drawn: Drawn) -> str:
    """Say what the intervals are."""
    return (
        f"80% interval from {len(drawn.numbers)} draws (seed {drawn.seed}); intervals do not add "
        "up. In each draw every figure with a range takes a value in it, and every unanswered "
        "question an answer: eight draws in ten fall between the ends. A central figure may lie "
        "outside, since most figures do not stand in the middle of their range."
    )


def _drawing(look: Look[object]) -> str:
    of = f"{look.done} of {look.of} draws done" if look.of else "about to start"
    return f"The 80% interval is being worked out: {of}. The page can be used meanwhile."


def intervals(drawn: Drawn) -> dict[str, Ends]:
    """Return both ends of each row of the table, in household-episodes a year."""
    frame = drawn.frames[()]
    columns = {name: frame[name] for name in _LABELS if name in frame}
    columns[WITHOUT] = frame["met"] - frame[SUPPORTED]
    return {
        name: (float(np.quantile(values, LOW)), float(np.quantile(values, HIGH)))
        for name, values in columns.items()
    }


def helped_table(
    rows: pd.DataFrame, ends: Mapping[str, Ends], *, waiting: bool = False
) -> pd.DataFrame:
    """Lay out the rows of three runs (indexed by run) with the interval beside them.

    A way of not being helped that nobody falls under in any run or draw is left out. Without
    ``ends`` the last column says that they are being worked out, where ``waiting``, or is left
    out.
    """
    figures = rows.assign(**{WITHOUT: rows["met"] - rows[SUPPORTED]})
    out = []
    for name, label in _LABELS.items():
        low, high = ends.get(name, (0.0, 0.0))
        if name in REASONS and max(float(figures[name].max()), high) <= 0:
            continue
        line = {"": label}
        line |= {RUNS[run].label: _bare(float(figures[name][run])) for run in Run}
        if ends:
            line[INTERVAL] = _ends(low, high)
        elif waiting:
            line[INTERVAL] = _WAITS
        out.append(line)
    return pd.DataFrame(out).rename(columns={"": "Households"})


def _bare(value: float) -> str:
    text = words.about(value).removeprefix("about ")
    return {"none": "0", "fewer than 5": "<5"}.get(text, text)


def _ends(low: float, high: float) -> str:
    first, last = _bare(low), _bare(high)
    return first if first == last else f"{first} to {last}"


def _by_home(drawn: Drawn) -> None:
    """Show the interval by the home they had."""
    frame = drawn.interval(["tenure"])
    names = {"demand": "Seek help", "met": "Helped", "met_as_wanted": METS["met_as_wanted"].label}
    table = pd.DataFrame({"Home they had": [TENURES[str(code)].label for code in frame["tenure"]]})
    for name, label in names.items():
        pairs = zip(frame[f"{name}_p10"].tolist(), frame[f"{name}_p90"].tolist(), strict=True)
        table[label] = [_ends(low, high) for low, high in pairs]
    with st.expander("The 80% interval by the home they had"):
        furniture.table(
            table, "80% intervals, households a year: modelled", numbers=list(names.values())
        )


def _first_come(result: Result, best: pd.DataFrame) -> None:
    """Show what the best plan gains over first come, first served, at most."""
    look = long_run.outcome(background.first_come, result)
    with st.expander("What better coordination could gain at most"):
        furniture.note(
            "An assumption, for comparison: first come, first served. Households arrive evenly "
            "through the year and each takes the first route with room, in the order in which "
            "services are tried. The figures above are the best plan instead. The difference is "
            "the most that better coordination could gain; nobody knows how places are shared "
            "out today."
        )
        if look is None:
            long_run.wait(background.first_come, result, _comparing, after=[background.rank])
        elif look.state is State.FAILED:
            long_run.failed(background.first_come, result, look)
        elif look.result is not None:
            furniture.table(
                coordination_table(best, look.result.set_index("run")),
                "Households helped a year: modelled estimates, three whole runs",
                numbers=[term.label for term in RUNS.values()],
            )


def _comparing(_look: Look[object]) -> str:
    return "First come, first served is being worked out."


def coordination_table(best: pd.DataFrame, first: pd.DataFrame) -> pd.DataFrame:
    """Set the best plan beside first come, first served; both are rows indexed by run."""
    lines = {
        "Best plan": best["met"],
        "First come, first served": first["met"],
        "Gain at most": (best["met"] - first["met"]).clip(lower=0.0),
        "Best plan, as they wanted": best["met_as_wanted"],
        "First come, as they wanted": first["met_as_wanted"],
    }
    return pd.DataFrame(
        [
            {"Helped": label, **{RUNS[run].label: _bare(float(met[run])) for run in Run}}
            for label, met in lines.items()
        ]
    )
