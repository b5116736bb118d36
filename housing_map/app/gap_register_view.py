"""*Gap register*: each gap that is found, who has taken it up, and whether the data close it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd
import streamlit as st

from housing_map import words
from housing_map.app import furniture, gap_entry, provision_map_view, state, view
from housing_map.assessment.sections.governance import day_words
from housing_map.errors import HousingMapError
from housing_map.gap_finding import Findings, GapKind, find_gaps
from housing_map.gap_register import Held, Line, Register, Standing, entries, note_look, register
from housing_map.store import ConflictError, StoreError, open_store
from housing_map.strategy import read_strategy
from housing_map.vocabulary import Goal

if TYPE_CHECKING:
    from housing_map.model import Result
    from housing_map.openings import Opening
    from housing_map.pack import Pack

KINDS: Final = {
    GapKind.ABSENT: "Absent",
    GapKind.PARTIAL: "There in part",
    GapKind.UNKNOWN: "Nobody knows whether it is there",
    GapKind.LOST: "Households left out",
    GapKind.NEED_REFUSED: "A need that is refused",
    GapKind.NEED_UNANSWERED: "A need nobody has answered for",
    GapKind.NUMBER: "A number nobody has published",
    GapKind.FACT: "A fact nobody has told",
    GapKind.ENDING: "Money that ends within a year",
    GapKind.WAY: "A way that is missing",
}
_PROGRAM: Final = "housing-map"
_TAKEN: Final = frozenset({Standing.OPEN, Standing.REOPENED, Standing.NOT_LOOKED_FOR})
_ANY: Final = "all"
_SHOW: Final = {
    _ANY: "All gaps",
    "taken": "Taken up",
    "free": "Not taken up",
    "closed": "Closed in the data",
    "late": "Overdue",
}


def show(pack: Pack) -> None:
    """Draw the tab."""
    try:
        strategy = read_strategy(pack)
        findings = _findings(pack)
    except HousingMapError as error:
        furniture.note(f"The register cannot be made: {error}")
        return
    try:
        held = _held(findings)
    except (StoreError, HousingMapError) as error:
        furniture.note(f"Saved work cannot be reached, so nothing can be taken up: {error}")
        held = ()
    laid = register(findings, held, strategy)
    if not view.is_restricted():
        _in_public(laid)
        return
    _answer(laid)
    gap_entry.show(pack, laid, _list(laid))
    part = st.expander("By objective of the strategy", key="gap_objectives", on_change="rerun")
    if part.open:
        with part:
            _objectives(laid)


def _findings(pack: Pack) -> Findings:
    result = state.result(Goal.SAFE)
    found = provision_map_view.ways_found(pack, result.settings)
    ways = None if found is None else tuple(way for one in found for way in one.found)
    key = "" if ways is None else str([way.changes for way in ways])
    return _find(result, ways, pack.digest, key)


@st.cache_resource(max_entries=8, show_spinner="Looking for gaps…")
def _find(
    _result: Result, _ways: tuple[Opening, ...] | None, digest: str, key: str
) -> Findings:  # fmt: skip
    del digest, key
    return find_gaps(_result, _ways)


def _held(findings: Findings) -> tuple[Held, ...]:
    """Return the entries; what these data say of each is noted in it, for planning alone."""
    with open_store() as store:
        if not view.is_restricted():
            return entries(store)
        try:
            return note_look(store, findings, who=_PROGRAM)
        except ConflictError:
            return entries(store)


def _answer(laid: Register) -> None:
    found = [line for line in laid.lines if line.found is not None]
    taken = [line for line in laid.lines if line.standing in _TAKEN]
    closed, late = laid.of(Standing.CLOSED), laid.overdue()
    furniture.note(
        f"{len(found)} gaps are found in these data. Taken up and not closed: {len(taken)}. "
        f"Closed in the data: {len(closed)}. Overdue: {len(late)}. A gap is closed when the data "
        "no longer have it, whatever anybody says of it."
    )
    if strange := laid.strange_objectives():
        furniture.note(f"Objectives that the strategy does not have: {words.joined(strange)}.")


def _list(laid: Register) -> list[Line]:
    """Draw the gaps of a sort, and return them."""
    left, right = st.columns(2)
    which = state.pick(left, "Show", _SHOW, key="gap_show")
    kinds = {_ANY: "All sorts"} | {
        str(kind): KINDS[kind] for kind in GapKind if any(line.kind is kind for line in laid.lines)
    }
    kind = state.pick(right, "Sort of gap", kinds, key="gap_kind")
    late = {line.gap for line in laid.overdue()}
    chosen = [
        line
        for line in laid.lines
        if kind in {_ANY, line.kind} and _is(line, which, late)
    ]  # fmt: skip
    if not chosen:
        furniture.note("No gap of this sort stands so.")
        return []
    furniture.table(
        pd.DataFrame([_row(line, late) for line in chosen]),
        f"{_SHOW[which]}: {len(chosen)}",
        numbers=["Households a year, modelled"],
    )
    return chosen


def _is(line: Line, which: str, late: set[str]) -> bool:
    return {
        _ANY: True,
        "taken": line.standing in _TAKEN,
        "free": line.standing is Standing.NOT_TAKEN_UP,
        "closed": line.standing is Standing.CLOSED,
        "late": line.gap in late,
    }[which]


def _row(line: Line, late: set[str]) -> dict[str, str]:
    entry = line.entry
    due = "–" if entry is None or entry.due is None else day_words(entry.due)
    households = None if line.found is None else line.found.households
    return {
        "Gap": line.title,
        "Sort": KINDS[line.kind],
        "Households a year, modelled": "–" if households is None else words.about(households),
        "How it stands": gap_entry.standing(line),
        "Owner": "–" if entry is None else entry.owner or "nobody yet",
        "Due": due + (", overdue" if line.gap in late else ""),
        "Action": "–" if entry is None else str(entry.progress).capitalize(),
    }


def _objectives(laid: Register) -> None:
    """Show the link the other way: from each objective to its gaps."""
    if not laid.strategy.objectives:
        furniture.note("No objectives of a strategy are known for this district.")
        return
    furniture.table(
        pd.DataFrame(
            [
                {
                    "Objective": one.words,
                    "Priority": one.priority,
                    "Gaps taken up": "; ".join(line.title for line in lines) or "none yet",
                }
                for one, lines in laid.by_objective()
            ]
        ),
        f"{laid.strategy.title}: what is taken up under each objective",
    )
    furniture.note(f"Source: {laid.strategy.source}.")


def _in_public(laid: Register) -> None:
    """Show gaps in words that name no service, and no more of an entry than that there is one."""
    lines = [line for line in laid.lines if line.public]
    furniture.note(
        f"{len(lines)} gaps can be told in public. Who has taken up which, and what was decided, "
        "stands in the view for planning."
    )
    rows = dict.fromkeys(
        (line.public, KINDS[line.kind], str(line.standing).capitalize()) for line in lines
    )
    furniture.table(
        pd.DataFrame(list(rows), columns=["Gap", "Sort", "How it stands"]),
        "Gaps that are found in the data, or were taken up",
    )
