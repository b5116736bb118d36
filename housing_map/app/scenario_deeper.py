"""Longer questions about a scenario: how sure it is, what each change is worth, what hangs on one.

Each is asked for by a button, worked out in a process of its own, and can be stopped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import streamlit as st

from housing_map import scenario, words
from housing_map.app import furniture, long_run, scenario_runs, scenario_words
from housing_map.app.background import State
from housing_map.change_frame import FELT
from housing_map.change_words import labels
from housing_map.comparison_picture import differences_chart
from housing_map.resilience import Kind
from housing_map.resilience_words import KIND_WORDS
from housing_map.vocabulary import Run
from housing_map.waterfall_picture import waterfall_chart

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from housing_map.app.background import Look, Work
    from housing_map.attribution import Attribution
    from housing_map.effects import Comparison
    from housing_map.fragility import Fragility
    from housing_map.paired import Paired
    from housing_map.resilience import Loss

_WANTED: Final = "scenario_wanted_runs"
_FEWEST: Final = 2
"""Changes from which on it makes sense to ask what each is worth."""


def show(comparison: Comparison) -> None:
    """Draw the three questions about the one scenario of a comparison."""
    furniture.section("Ask more")
    sure(comparison)
    _worth(comparison)
    _gravest(comparison)


def text_of(comparison: Comparison) -> tuple[str, ...]:
    """Return the scenarios as the text of their files."""
    return tuple(scenario.written(one.applied.scenario) for one in comparison.outcomes)


# How sure ---------------------------------------------------------------------------------


def sure(comparison: Comparison) -> None:
    """Draw how sure each difference is, over paired draws."""
    level = comparison.baseline.pack.info.default_level
    found = _asked(
        comparison,
        scenario_runs.paired_draws,
        (level, *text_of(comparison)),
        ("How sure is the difference?", "Work out how sure it is"),
        "Everything nobody knows is drawn a hundred times, for now and for the changes alike, "
        "so that a difference is no chance. It takes a minute or two.",
    )
    if found is not None:
        _differences(found)


def drawn(comparison: Comparison) -> Paired | None:
    """Return the paired draws of a comparison, where they were asked for and are done."""
    level = comparison.baseline.pack.info.default_level
    more = (level, *text_of(comparison))
    if not _wanted(scenario_runs.paired_draws, comparison, more):
        return None
    look = long_run.outcome(scenario_runs.paired_draws, comparison.baseline, *more)
    return None if look is None else look.result


def _differences(found: Paired) -> None:
    frame = found.differences()
    rows = frame[frame["figure"] == "met"].assign(label=lambda rows: rows["scenario"])
    one_sided = (rows["p10"] >= FELT) | (rows["p90"] <= -FELT)
    title = (
        "Illustration: eight draws in ten agree on which way it goes"
        if one_sided.all()
        else "Illustration: some differences may be none at all"
    )
    furniture.chart(differences_chart(rows, title=title, words=words.about))
    furniture.table(
        pd.DataFrame(
            {
                "Scenario": rows["scenario"],
                "Middle": [scenario_words.more(one) for one in rows["median"]],
                "Eight draws in ten": [
                    scenario_words.span(ends) for ends in zip(rows["p10"], rows["p90"], strict=True)
                ],
                "Draws with more helped": [f"{share:.0%}" for share in rows["above"]],
                "Draws with fewer": [f"{share:.0%}" for share in rows["below"]],
            }
        ),
        f"How sure the change of households helped is: {len(found.baseline.numbers)} paired "
        f"draws (seed {found.baseline.seed}), modelled",
        numbers=["Middle", "Eight draws in ten", "Draws with more helped", "Draws with fewer"],
    )


# What each change is worth ----------------------------------------------------------------


def _worth(comparison: Comparison) -> None:
    changes = comparison.outcomes[0].applied.scenario.changes
    if len(changes) < _FEWEST:
        return
    found = _asked(
        comparison,
        scenario_runs.shares,
        text_of(comparison),
        ("What is each change worth?", "Work out what each is worth"),
        "What a change adds depends on which others are there, so each has the mean of what it "
        "adds over every order in which they could come (Shapley values).",
    )
    if found is not None:
        _waterfall(found, labels(changes, comparison.baseline.pack))


def _waterfall(found: Attribution, named: Sequence[str]) -> None:
    best = max(found.shares, key=lambda share: abs(share.value))
    title = (
        "Illustration: no change makes a difference"
        if abs(best.value) < FELT
        else f"Illustration: {named[best.number]} makes most of the difference, "
        f"{scenario_words.more(best.value)}"
    )
    furniture.chart(waterfall_chart(found, named, title=title, words=words.about))
    rows = [
        {
            "Change": named[share.number],
            "Its share": scenario_words.more(share.value)
            + ("" if share.error is None else f" (sampled, ± {1.96 * share.error:.1f})"),
            "By itself": scenario_words.more(share.alone),
            "When all others are there": scenario_words.more(share.last),
        }
        for share in found.shares
    ]
    ends = ((NOW_ROW, found.total_before), (THEN_ROW, found.total_after))
    first, last = (
        {
            "Change": name,
            "Its share": words.about(value),
            "By itself": "–",
            "When all others are there": "–",
        }
        for name, value in ends
    )
    furniture.table(
        pd.DataFrame([first, *rows, last]),
        "The share of each change in households helped a year, central run, modelled",
        numbers=["Its share", "By itself", "When all others are there"],
    )


NOW_ROW: Final = "Now"
THEN_ROW: Final = "With all changes"


# What hangs on one ------------------------------------------------------------------------


def _gravest(comparison: Comparison) -> None:
    found = _asked(
        comparison,
        scenario_runs.gravest,
        text_of(comparison),
        ("What would one loss do then?", "Work out the gravest loss"),
        "The gravest loss of a single service, organisation or grant, now and with the changes. "
        "It takes up to a minute.",
    )
    if found is not None:
        _losses(found)


def _losses(found: Fragility) -> None:
    rows = [
        {
            "Loss of one": KIND_WORDS[kind],
            "Gravest now": _loss(found.before[kind]),
            "Gravest with the changes": _loss(found.after[kind]),
            "Change": scenario_words.more(found.change(kind))
            .replace("more", "more lost")
            .replace("fewer", "fewer lost"),
        }
        for kind in Kind
    ]
    furniture.table(
        pd.DataFrame(rows),
        "The gravest single loss, households a year fewer helped, central run, modelled. "
        "Restricted: not for publication",
    )


def _loss(loss: Loss | None) -> str:
    if loss is None or loss.met[Run.CENTRAL].fewer < FELT:
        return "no loss costs anybody help"
    return f"{loss.what.label}: {words.about(loss.met[Run.CENTRAL].fewer)}"


# Asking -----------------------------------------------------------------------------------


def _asked(
    comparison: Comparison,
    work: Work[Any],
    more: tuple[str, ...],
    question: tuple[str, str],
    why: str,
) -> Any:  # noqa: ANN401 - whatever the work returns
    """Offer a longer run; return what came of it, once it was asked for and is done.

    ``question`` heads it, and says what its button does; ``why`` stands beside that.
    """
    st.subheader(question[0], anchor=False)
    name, baseline = work.__name__, comparison.baseline
    if not _wanted(work, comparison, more):
        furniture.note(why)
        key = _key(work, comparison, more)
        st.button(question[1], key=f"ask_{name}", on_click=_wishes().add, args=(key,))
        return None
    look = long_run.outcome(work, baseline, *more)
    if look is None:
        long_run.wait(
            work,
            baseline,
            _how_far,
            *more,
            stopped=lambda: _wishes().discard(_key(work, comparison, more)),
        )
        return None
    if look.state is State.FAILED:
        long_run.failed(work, baseline, look, *more)
    return look.result


def _how_far(look: Look[Any]) -> str:
    if not look.of:
        return "About to start."
    return f"{look.done} of {look.of} parts done."


def _wishes() -> set[Hashable]:
    found: set[Hashable] = st.session_state.setdefault(_WANTED, set())
    return found


def _key(work: Work[Any], comparison: Comparison, more: tuple[str, ...]) -> Hashable:
    return work.__name__, comparison.baseline.pack.digest, comparison.baseline.settings, more


def _wanted(work: Work[Any], comparison: Comparison, more: tuple[str, ...]) -> bool:
    return _key(work, comparison, more) in _wishes()
