"""What scenarios come to, worked out once for all readers, and as rows that a page can show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import streamlit as st

from housing_map import displacement, effects, scenario, words
from housing_map.app import scenario_words
from housing_map.effects import Comparison, Outcome
from housing_map.model import Settings, run
from housing_map.pack import Pack
from housing_map.scenario import Applied, Scenario
from housing_map.tabulate import SUPPORTED
from housing_map.vocabulary import METS, REASONS, Run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from housing_map.displacement import Moves

FIGURES: Final[Mapping[str, str]] = {
    "demand": "Seek help",
    "met": "Helped",
    **{code: term.label for code, term in METS.items()},
    SUPPORTED: "With all the specialist support they need, or needing none",
    **{code: f"Not helped: {term.label.lower()}" for code, term in REASONS.items()},
}
"""Figures of a household-episode a year that pages show, in order."""
NOW: Final = "Now"
_HASHES: Final[dict[str | type[Any], Callable[[Any], Any]]] = {
    Pack: lambda pack: pack.digest,
    Scenario: scenario.digest,
}


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs=_HASHES)
def applied(pack: Pack, what: Scenario, settings: Settings) -> Applied:
    """Return the pack with the changes of a scenario; raises what that raises."""
    return scenario.apply(pack, what, settings)


def compared(pack: Pack, scenarios: Sequence[Scenario], settings: Settings) -> Comparison:
    """Return scenarios beside the baseline; what was worked out before is found again."""
    baseline = run(pack, settings)
    made = [applied(pack, one, settings) for one in scenarios]
    return Comparison(baseline, tuple(Outcome(one, run(one.pack, one.settings)) for one in made))


def _key(comparison: Comparison) -> str:
    """Return what tells a comparison from others: packs, settings and names, not the order."""
    results = [comparison.baseline, *(one.result for one in comparison.outcomes)]
    parts = [(one.pack.digest, one.settings) for one in results]
    return repr((parts, [one.name for one in comparison.outcomes], comparison.run))


@st.cache_resource(max_entries=128, show_spinner=False, hash_funcs={Comparison: _key})
def totals(comparison: Comparison) -> pd.DataFrame:
    """Return :func:`housing_map.effects.totals`, worked out once."""
    return effects.totals(comparison)


@st.cache_resource(max_entries=128, show_spinner=False, hash_funcs={Comparison: _key})
def by(comparison: Comparison, dimension: str) -> pd.DataFrame:
    """Return :func:`housing_map.effects.by` one dimension, worked out once."""
    return effects.by(comparison, [dimension])


@st.cache_resource(max_entries=128, show_spinner=False, hash_funcs={Comparison: _key})
def moves(comparison: Comparison, number: int) -> Moves:
    """Return :func:`housing_map.displacement.moves`, worked out once."""
    return displacement.moves(comparison, number)


@st.cache_resource(max_entries=128, show_spinner=False, hash_funcs={Comparison: _key})
def choices(comparison: Comparison) -> pd.DataFrame:
    """Return :func:`housing_map.effects.choices`, worked out once."""
    return effects.choices(comparison)


def parts(comparison: Comparison, names: Sequence[str]) -> pd.DataFrame:
    """Return figures of the baseline and of each scenario, a row each, for a picture."""
    frame = totals(comparison)
    rows = [{"label": NOW} | figures(frame.iloc[0], "_before")] if len(frame) else []
    rows += [
        {"label": name} | figures(row, "_after")
        for name, (_, row) in zip(names, frame.iterrows(), strict=True)
    ]
    return pd.DataFrame(rows)


def figures(row: pd.Series[float], ending: str = "") -> dict[str, float]:
    """Return the figures that pages show of a row, from the columns with this ending."""
    return {figure: max(float(row[f"{figure}{ending}"]), 0.0) for figure in FIGURES}


def changes_of(comparison: Comparison, figure: str, runs: Iterable[Run] = Run) -> list[list[float]]:
    """Return the change of a figure in each of the runs, a list a scenario."""
    by_run = [totals(comparison.at(one))[f"{figure}_change"].tolist() for one in runs]
    return [list(one) for one in zip(*by_run, strict=True)]


def table(comparison: Comparison, *, ranges: bool) -> pd.DataFrame:
    """Return figures of the first scenario before and after, with ranges over the three runs."""
    central = totals(comparison).iloc[0]
    spread = [totals(comparison.at(one)).iloc[0] for one in Run] if ranges else []
    rows = []
    for figure, label in FIGURES.items():
        row = {
            "Households a year": label,
            NOW: words.about(float(central[f"{figure}_before"])),
            "Then": words.about(float(central[f"{figure}_after"])),
            "Change": scenario_words.more(float(central[f"{figure}_change"])),
        }
        found = [float(one[f"{figure}_change"]) for one in spread]
        row["Over three runs"] = scenario_words.span(found) if found else "being worked out"
        rows.append(row)
    return pd.DataFrame(rows)
