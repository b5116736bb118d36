"""What pages share: the pack, results, and the filters that are remembered between pages.

Filters live in the session of one browser tab alone: no area, tenure or circumstance ever enters
an address, a log or a file.
"""

from __future__ import annotations

import gc
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

import streamlit as st

from housing_map import pack, places
from housing_map.vocabulary import GOALS, PATHWAYS, RUNS, TENURES, Goal, Pathway, Run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from streamlit.delta_generator import DeltaGenerator

    from housing_map.errors import Problem
    from housing_map.model import Result
    from housing_map.pack import Pack
    from housing_map.vocabulary import Term


def loaded() -> tuple[Pack | None, tuple[Problem, ...]]:
    """Return the pack in use and its problems; read again when a file has changed."""
    return pack_in(pack.default_folder())


def pack_in(folder: Path) -> tuple[Pack | None, tuple[Problem, ...]]:
    """Return the pack in a folder and its problems; read again when a file has changed.

    Raises what :func:`housing_map.pack.check_pack` raises.
    """
    stamp = tuple(
        (str(path.relative_to(folder)), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    )
    return _load(folder, stamp)


@st.cache_resource(show_spinner="Reading the data…", max_entries=4)
def _load(
    folder: Path, stamp: tuple[tuple[str, int], ...]
) -> tuple[Pack | None, tuple[Problem, ...]]:
    del stamp
    found = pack.check_pack(folder)
    _settle()
    return found


def _settle() -> None:
    """Take what is kept for good out of the collector's way.

    Streamlit collects garbage after every run of a page, which walks through all that is alive:
    tables and results of the model among it, for a tenth of a second at each choice of a filter.
    """
    gc.collect()
    gc.freeze()


def the_pack() -> Pack:
    """Return the pack in use; :func:`housing_map.app.main.main` has made sure there is one."""
    found, _ = loaded()
    if found is None:
        message = "a page was opened without a data pack"
        raise RuntimeError(message)
    return found


def result(goal: Goal, pathway: Pathway = Pathway.ANY, *, local_risk: bool = False) -> Result:
    """Return the three runs for these settings, worked out once and shared by all users."""
    return _result(the_pack(), goal, pathway, local_risk=local_risk)


@st.cache_resource(
    show_spinner="Working out who has a route…",
    max_entries=32,
    hash_funcs={pack.Pack: lambda found: found.digest},
)
def _result(found: Pack, goal: Goal, pathway: Pathway, *, local_risk: bool) -> Result:
    from housing_map import model  # noqa: PLC0415 - solvers load only after the first paint

    settings = model.Settings(goal=goal, pathway=pathway, local_risk=local_risk)
    answer = model.run(found, settings)
    _settle()
    return answer


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice of the filter bar: its key, question, codes with their labels, and default."""

    key: str
    label: str
    options: tuple[tuple[str, str], ...]
    default: str


ALL: Final = "all"

GOAL: Final = Choice("goal", "Goal", tuple((c, t.label) for c, t in GOALS.items()), Goal.SAFE)
PATHWAY: Final = Choice(
    "pathway", "Pathway", tuple((c, t.label) for c, t in PATHWAYS.items()), Pathway.ANY
)
TENURE: Final = Choice(
    "tenure", "Tenure", ((ALL, "All tenures"), *((c, t.label) for c, t in TENURES.items())), ALL
)
RUN: Final = Choice("run", "Run", tuple((c, t.label) for c, t in RUNS.items()), Run.CENTRAL)

WITH_RISK: Final = "risk"
SPREAD: Final = Choice(
    "spread",
    "Need is spread by",
    (("tenure", "Tenure"), (WITH_RISK, "Tenure and recorded violence")),
    "tenure",
)


def level_choice(found: Pack) -> Choice:
    """Return the choice of a level of area, as the pack has them."""
    options = tuple(
        (level.code, level.label) for level in places.levels(found) if level.code != "district"
    )
    return Choice("level", "Areas", options, found.info.default_level)


def filters(choices: Sequence[Choice]) -> dict[str, str]:
    """Draw the filter bar and return the code chosen for each choice."""
    columns = st.columns(len(choices))
    return {
        choice.key: _remembered(choice, column)
        for choice, column in zip(choices, columns, strict=True)
    }


def _remembered(choice: Choice, column: DeltaGenerator) -> str:
    """Draw one select box whose value outlives the page."""
    labels = dict(choice.options)
    kept, widget = f"kept_{choice.key}", f"choose_{choice.key}"
    if st.session_state.get(kept) not in labels:
        st.session_state[kept] = choice.default

    def keep() -> None:
        st.session_state[kept] = st.session_state[widget]

    codes = list(labels)
    column.selectbox(
        choice.label,
        codes,
        index=codes.index(st.session_state[kept]),
        format_func=labels.__getitem__,
        key=widget,
        on_change=keep,
    )
    return str(st.session_state[kept])


T = TypeVar("T")


def recall(key: str, first: object) -> None:
    """Give a box what it held when it was last drawn: Streamlit forgets one that is not drawn.

    Call it before the box is drawn with this ``key`` and no value of its own, and :func:`remember`
    afterwards. ``first`` is what it holds at first.
    """
    if key not in st.session_state:
        st.session_state[key] = st.session_state.get(f"kept_{key}", first)


def remember(key: str) -> None:
    """Keep what a box holds for when it is drawn again."""
    st.session_state[f"kept_{key}"] = st.session_state[key]


def recalled_pick(
    column: DeltaGenerator, label: str, options: Mapping[T, str], *, key: str,
    explain: str | None = None,
) -> T:  # fmt: skip
    """Draw a select box as :func:`pick` does, which remembers its choice between pages."""
    recall(key, next(iter(options)))
    if st.session_state[key] not in options:
        st.session_state[key] = next(iter(options))
    chosen = pick(column, label, options, key=key, explain=explain)
    remember(key)
    return chosen


def pick(
    column: DeltaGenerator,
    label: str,
    options: Mapping[T, str],
    *,
    key: str,
    first: T | None = None,
    explain: str | None = None,
) -> T:
    """Draw a select box of ``options`` (value to label) and return the value chosen."""
    values = list(options)
    index = values.index(first) if first is not None and first in options else 0
    chosen = column.selectbox(
        label, values, index=index, format_func=options.__getitem__, key=key, help=explain
    )
    return values[0] if chosen is None else chosen


def labels(terms: Mapping[str, Term]) -> dict[str, str]:
    """Return the labels of vocabulary terms, by code."""
    return {code: term.label for code, term in terms.items()}


def meanings(terms: Mapping[str, Term]) -> str:
    """Explain vocabulary terms in one line."""
    return "; ".join(f"{term.label}: {term.meaning}" for term in terms.values())
