"""What pages share: the pack, results, and the filters that are remembered between pages.

Filters live in the session of one browser tab alone: no area, tenure or circumstance ever enters
an address, a log or a file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from housing_map import model, pack, places
from housing_map.vocabulary import GOALS, PATHWAYS, TENURES, Goal, Pathway

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from housing_map.errors import Problem
    from housing_map.model import Result
    from housing_map.pack import Pack


def loaded() -> tuple[Pack | None, tuple[Problem, ...]]:
    """Return the pack in use and its problems; read again when a file has changed."""
    folder = pack.default_folder()
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
    return pack.check_pack(folder)


def the_pack() -> Pack:
    """Return the pack in use; :func:`housing_map.app.main.main` has made sure there is one."""
    found, _ = loaded()
    if found is None:
        message = "a page was opened without a data pack"
        raise RuntimeError(message)
    return found


def result(goal: Goal, pathway: Pathway = Pathway.ANY, *, local_risk: bool = False) -> Result:
    """Return the three runs for these settings, worked out once and shared by all users."""
    settings = model.Settings(goal=goal, pathway=pathway, local_risk=local_risk)
    return _result(the_pack(), settings)


@st.cache_resource(
    show_spinner="Working out who has a route…",
    max_entries=32,
    hash_funcs={pack.Pack: lambda found: found.digest},
)
def _result(found: Pack, settings: model.Settings) -> Result:
    return model.run(found, settings)


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice of the filter bar: its key, question, codes with their labels, and default."""

    key: str
    label: str
    options: tuple[tuple[str, str], ...]
    default: str


ALL = "all"

GOAL = Choice("goal", "Goal", tuple((c, t.label) for c, t in GOALS.items()), Goal.SAFE)
PATHWAY = Choice(
    "pathway", "Pathway", tuple((c, t.label) for c, t in PATHWAYS.items()), Pathway.ANY
)
TENURE = Choice(
    "tenure", "Tenure", ((ALL, "All tenures"), *((c, t.label) for c, t in TENURES.items())), ALL
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
        choice.key: _select(choice, column) for choice, column in zip(choices, columns, strict=True)
    }


def _select(choice: Choice, column: Any) -> str:
    """Draw one select box whose value outlives the page."""
    labels = dict(choice.options)
    kept = f"kept_{choice.key}"
    if st.session_state.get(kept) not in labels:
        st.session_state[kept] = choice.default
    codes = list(labels)
    widget = f"choose_{choice.key}"
    column.selectbox(
        choice.label,
        codes,
        index=codes.index(st.session_state[kept]),
        format_func=labels.__getitem__,
        key=widget,
        on_change=_keep(widget, kept),
    )
    return str(st.session_state[kept])


def _keep(widget: str, kept: str) -> Callable[[], None]:
    def keep() -> None:
        st.session_state[kept] = st.session_state[widget]

    return keep
