"""What is followed up: the gap register in a release, and two years set side by side in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from housing_map.assessment.sections.making import listed, said
from housing_map.assessment.sections.parts import Line
from housing_map.assessment.sheets import Sheet, Words
from housing_map.gap_register import Progress, read_entries
from housing_map.strategy import read_strategy
from housing_map.vocabulary import COMPONENTS, TENURES
from housing_map.year_inputs import NATURE_WORDS
from housing_map.year_on_year import year_on_year

if TYPE_CHECKING:
    from collections.abc import Iterable

    from housing_map.assessment.answers import Answers
    from housing_map.assessment.sections.parts import Asked
    from housing_map.gap_register import Decision as Decided
    from housing_map.gap_register import Entry
    from housing_map.inventory import Presence
    from housing_map.pack import Pack

_UNTOLD = "not meant for this home"


def only_in_register(answers: Answers, gaps: Iterable[object]) -> tuple[Decided, ...]:
    """Return commissioning decisions of the gap register that the author's answers do not have.

    Their words are for planning: they may name a service, and when its money ends. A decision that
    is to be published stands in the author's answers.
    """
    known = {(one.on, one.gap) for one in answers.decisions if one.gap}
    return tuple(
        one
        for entry in read_entries(gaps)
        for one in entry.decisions
        if (one.on, entry.gap) not in known
    )


def register_parts(asked: Asked) -> tuple[list[Line], list[Sheet]]:
    """Return the gaps that have been taken up: a sentence for all, the register for planning."""
    entries = read_entries(asked.gaps)
    if not entries:
        return [], []
    done = sum(one.progress is Progress.DONE for one in entries)
    way = sum(one.progress is Progress.UNDER_WAY for one in entries)
    told = f"{len(entries)} gap{'s' if len(entries) != 1 else ''} taken up"
    line = Line(f"The gap register holds {told}: action is under way on {way} and done on {done}.")
    return [line], [_register(asked, {str(n): one for n, one in enumerate(entries, 1)})]


def _register(asked: Asked, rows: dict[str, Entry]) -> Sheet:
    names = {one.id: one.words for one in read_strategy(asked.pack).objectives}
    last = {key: one.looks[-1] for key, one in rows.items() if one.looks}

    def column(name: str, label: str, cells: dict[str, str]) -> Words:
        return said(name, label, cells, restricted=True)

    return Sheet(
        id="gap_register",
        title="The gap register: objective, gap, owner, action, decision and progress",
        section="gaps",
        dimensions=(listed("entry", rows),),
        headings={"entry": "Entry"},
        words=(
            column("gap", "Gap", {key: one.title for key, one in rows.items()}),
            column(
                "objectives",
                "Objective of the strategy",
                {
                    key: "; ".join(names.get(code, code) for code in one.objectives)
                    for key, one in rows.items()
                },
            ),
            column("owner", "Owner", {key: one.owner for key, one in rows.items()}),
            column("action", "Action", {key: one.action for key, one in rows.items()}),
            column(
                "due",
                "Due",
                {key: "" if one.due is None else one.due.isoformat() for key, one in rows.items()},
            ),
            column(
                "decisions",
                "Commissioning decisions",
                {
                    key: "; ".join(f"{d.on.isoformat()}, {d.body}: {d.what}" for d in one.decisions)
                    for key, one in rows.items()
                },
            ),
            column(
                "progress",
                "Progress by quarter",
                {
                    key: "; ".join(f"{q.quarter}: {q.progress}" for q in one.quarters)
                    or str(one.progress)
                    for key, one in rows.items()
                },
            ),
            column(
                "found",
                "In the data",
                {
                    key: ("still found" if look.found else "closed in the data")
                    + f" on {look.on.isoformat()}"
                    for key, look in last.items()
                },
            ),
        ),
        notes=(
            "Each gap leads to the objectives it serves, and each decision to its gap: how effect "
            "is given to the strategy (section 57(3)) and what informed commissioning "
            "(regulation 8(e)).",
        ),
        restricted=True,
    )


def change_parts(asked: Asked, earlier: Pack) -> tuple[list[Line], list[Sheet]]:
    """Set the data of the last assessment beside those of now, in words: what, and of what nature.

    What happened is told from what only became known, and from what was redefined and is not
    compared. Inputs about one service are for planning alone.
    """
    found = year_on_year(earlier, asked.pack, asked.settings, why=False)
    lines = [
        Line(
            f"Since the last assessment {len(found.provision)} parts of the Whole Housing Approach "
            "changed for some home, "
            f"{sum(one.what == 'new' for one in found.gaps)} gaps are new and "
            f"{sum(one.what == 'closed' for one in found.gaps)} closed."
        )
    ]
    if found.redefined:
        lines.append(
            Line(
                f"{len(found.redefined)} inputs mean something else than before: figures that "
                "rest on them are marked, and not compared."
            )
        )
    lines += [Line(words) for words in found.not_compared]
    parts = {str(n): one for n, one in enumerate(found.provision, 1)}
    inputs = {str(n): one for n, one in enumerate(found.inputs, 1)}
    gaps = {str(n): one for n, one in enumerate(found.gaps, 1) if one.what != "still there"}
    sheets = []
    if parts:
        sheets.append(
            Sheet(
                id="provision_then_and_now",
                title="Parts of the Whole Housing Approach that changed since the last assessment",
                section="change",
                dimensions=(listed("part", parts),),
                headings={"part": "Part and home"},
                labels={
                    "part": {
                        key: f"{COMPONENTS[one.component].label}, {TENURES[one.tenure].label}"
                        for key, one in parts.items()
                    }
                },
                words=(
                    said("then", "Then", {k: _presence(one.before) for k, one in parts.items()}),
                    said("now", "Now", {k: _presence(one.after) for k, one in parts.items()}),
                ),
            )
        )
    if gaps:
        sheets.append(
            Sheet(
                id="gaps_then_and_now",
                title="Gaps that are new or closed since the last assessment",
                section="change",
                dimensions=(listed("gap", gaps),),
                headings={"gap": "Gap"},
                labels={"gap": {key: one.found.title for key, one in gaps.items()}},
                words=(said("what", "What", {k: one.what for k, one in gaps.items()}),),
                restricted=True,
            )
        )
    if inputs:
        sheets.append(
            Sheet(
                id="inputs_then_and_now",
                title="What changed in the data since the last assessment, and of what nature",
                section="change",
                dimensions=(listed("input", inputs),),
                headings={"input": "Input"},
                labels={"input": {key: f"{one.title}, {one.words}" for key, one in inputs.items()}},
                words=(
                    said("then", "Then", {k: one.before for k, one in inputs.items()}),
                    said("now", "Now", {k: one.after for k, one in inputs.items()}),
                    said(
                        "nature",
                        "Nature",
                        {k: NATURE_WORDS[one.nature] for k, one in inputs.items()},
                    ),
                ),
                restricted=True,
            )
        )
    return lines, sheets


def _presence(found: Presence | None) -> str:
    return _UNTOLD if found is None else str(found)
