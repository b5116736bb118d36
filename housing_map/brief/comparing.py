"""The brief of a comparison: scenarios beside the baseline, and what hangs on what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from housing_map import words
from housing_map.brief.content import Brief, Room, Section, fitted
from housing_map.brief.facts import costs_of, facts, identity
from housing_map.brief.grounds import rests_on, would_change
from housing_map.brief.phrases import FELT, change_cell, cut, more, some, span, stop
from housing_map.brief.prices import amounts, cost_section, each_costs
from housing_map.brief.whom import helped_bars, whom, whom_each
from housing_map.change_words import cost_words
from housing_map.documents.blocks import Bullets, Paragraph, Span, Style, Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from housing_map.brief.facts import Facts
    from housing_map.brief.swings import Swing
    from housing_map.documents.blocks import Block, Document, Words
    from housing_map.effects import Comparison
    from housing_map.paired import Paired

_DRAWN: Final = 4
"""Least groups of a room that has space for a picture of scenarios beside each other."""


def comparison_brief(
    comparison: Comparison,
    *,
    title: str = "",
    publishable: bool = False,
    level: str | None = None,
    paired: Paired | None = None,
    swings: Sequence[Swing] | None = None,
    pooled: Mapping[str, float] | None = None,
) -> Document:
    """Return a brief of two pages on the scenarios of a comparison.

    ``paired`` are draws of the same scenarios (:mod:`housing_map.paired`), ``swings`` what would
    change the answer of the first (:func:`housing_map.brief.swings.swings`), and ``pooled`` the
    shares of a pooled budget by partner, which sum to 1; what is not given is asked for. The
    ``publishable`` brief holds what may be published alone: no share of need, cost, provider or
    town. Raises :class:`housing_map.errors.UsageError` for what does not belong together, and
    :class:`housing_map.brief.content.TooLongError`.
    """
    found = facts(comparison, level=level, publishable=publishable, paired=paired)
    costs = costs_of(found)

    def build(room: Room) -> Brief:
        shown = found[: room.scenarios]
        writer = several if len(found) > 1 else one
        return writer(found, shown, costs, swings, pooled, room, title)

    return fitted(build)


def one(  # noqa: PLR0917 - one brief, put together from its parts
    found: Sequence[Facts],
    shown: Sequence[Facts],
    costs: pd.DataFrame,
    swings: Sequence[Swing] | None,
    pooled: Mapping[str, float] | None,
    room: Room,
    title: str,
) -> Brief:
    """Return the brief of a single scenario."""
    first = shown[0]
    return Brief(
        title=cut(title or f"Brief: {first.name}", 110),
        answer=answer(first),
        sections=(
            Section("What is proposed", (proposed(first, room),)),
            Section("Whom it helps, and whom it leaves out", whom(first, room)),
            *(() if first.publishable else (cost_section(first, costs, pooled, room),)),
            Section("What it rests on", rests_on(found, room)),
            Section("What would change the answer", would_change(found, swings, room)),
        ),
        on=first.comparison.baseline.on,
        identity=identity(tuple(found)),
        publishable=first.publishable,
    )


def several(  # noqa: PLR0917 - as above
    found: Sequence[Facts],
    shown: Sequence[Facts],
    costs: pd.DataFrame,
    swings: Sequence[Swing] | None,
    pooled: Mapping[str, float] | None,
    room: Room,
    title: str,
) -> Brief:
    """Return the brief of scenarios beside each other."""
    first = shown[0]
    rest = [one.name for one in found[len(shown) :]]
    note = stop(f"For want of room not shown: {some(rest, 3)}") if rest else ""
    sections = [
        Section("What is proposed", (_proposals(shown, room), *_noted(note))),
        Section("What each does", _side_by_side(shown, costs, room)),
        Section("Whom each helps, and whom it leaves out", whom_each(shown, room)),
    ]
    if not first.publishable:
        sections.append(Section("What it costs", each_costs(shown, costs, pooled, room)))
    sections += [
        Section("What it rests on", rests_on(found, room)),
        Section("What would change the answer", would_change(found, swings, room)),
    ]
    return Brief(
        title=cut(title or f"Brief: {words.counted(len(found))} proposals compared", 110),
        answer=_best_of(found),
        sections=tuple(sections),
        on=first.comparison.baseline.on,
        identity=identity(tuple(found)),
        publishable=first.publishable,
    )


# The answer -------------------------------------------------------------------------------


def answer(first: Facts) -> str:
    """Say what a scenario does in a sentence or two."""
    change = first.total["met_change"]
    runs = span(first.changes_by_run.values())
    if abs(change) < FELT:
        said = f"As many households a year would be helped as now ({runs} over the three runs)."
    else:
        text = more(change)
        said = f"{text[0].upper()}{text[1:]} households a year would be helped ({runs} over the "
        said += "cautious, central and optimistic runs)."
    if first.asks_more:
        said += f" {_asking(first)}"
    if not first.publishable:
        asked, left = first.total["demand_after"], first.left
        said += (
            f" Of {words.households(asked)} who seek help, {words.about(left)} would still have "
            "no help."
        )
    return f"{words.MODELLED}, an illustration: {said[0].lower()}{said[1:]}"


def _asking(first: Facts) -> str:
    text = more(first.total["demand_change"])
    return f"{text[0].upper()}{text[1:]} would ask for help."


def _best_of(found: Sequence[Facts]) -> str:
    """Say which of several scenarios helps most, and which least."""
    ranked = sorted(found, key=lambda one: (-one.total["met_change"], one.number))
    best, last = ranked[0], ranked[-1]
    said = f"{words.MODELLED}, an illustration: "
    change = best.total["met_change"]
    if change < FELT:
        said += "none of these would help more households than now."
    else:
        said += (
            f"“{cut(best.name, 60)}” would help most, {more(change)} households a year "
            f"({span(best.changes_by_run.values())} over the three runs)."
        )
    if last.total["met_change"] < -FELT:
        said += (
            f" “{cut(last.name, 60)}” would mean {more(last.total['met_change'])} helped a year."
        )
    if any(one.asks_more for one in found):
        said += " Where more or fewer ask for help, that is part of the change."
    return said


# What is proposed -------------------------------------------------------------------------


def proposed(first: Facts, room: Room) -> Block:
    """List each change in words, with its cost where the view may show it."""
    changes, skipped = first.applied.scenario.changes, _skipped(first)
    if not changes:
        return Paragraph("Nothing changes.")
    items: list[Words] = []
    for number, change in enumerate(changes[: room.changes]):
        parts = [cut(first.said[number], room.letters)]
        if number in skipped:
            parts.append("Left out: it does not apply to these data.")
        elif not first.publishable:
            parts.append(cost_words(change))
            parts.append(cut(change.note, room.letters) if room.notes else "")
        items.append(" ".join(part for part in parts if part))
    if (rest := len(changes) - room.changes) > 0:
        items.append(_rest(rest))
    return Bullets(tuple(items))


def _rest(number: int) -> str:
    if number == 1:
        return "One more change, which the file of the scenario lists."
    return f"{words.counted(number).capitalize()} more changes, listed in the file of the scenario."


def _skipped(first: Facts) -> set[int]:
    return {skipped.number for skipped in first.applied.skipped}


def _proposals(shown: Sequence[Facts], room: Room) -> Block:
    items: list[Words] = []
    most = max(room.changes // len(shown), 1)
    for found in shown:
        said = [cut(text, room.letters) for text in found.said[:most]]
        if rest := len(found.said) - len(said):
            said.append(_rest(rest))
        items.append((Span(f"{cut(found.name, 90)}. ", strong=True), " ".join(said)))
    return Bullets(tuple(items), numbered=True)


def _side_by_side(shown: Sequence[Facts], costs: pd.DataFrame, room: Room) -> tuple[Block, ...]:
    first = shown[0]
    heads = ["Proposal", "Change in households helped", "Over the three runs"]
    heads += [] if first.publishable else ["Helped as they wanted", "Cost a year", "Cost once"]
    rows = []
    for found, (_, cost) in zip(shown, costs.head(len(shown)).iterrows(), strict=True):
        row = [
            f"{found.number}. {cut(found.name, min(room.letters, 60))}",
            change_cell(found.total["met_change"]),
            span(found.changes_by_run.values()),
        ]
        if not first.publishable:
            row += [
                change_cell(found.total["met_as_wanted_change"]),
                *amounts(found, cost),
            ]
        rows.append(tuple(row))
    numeric = frozenset(range(1, len(heads)))
    widths = (3.2, 1.5, 2.0, *((1.4, 1.1, 1.1) if not first.publishable else ()))
    caption = "What each proposal does a year (modelled, rounded)"
    table = Table(caption, tuple(heads), tuple(rows), numeric, widths)
    drawn = not first.publishable and room.groups >= _DRAWN
    return (table, helped_bars(shown)) if drawn else (table,)


def _noted(text: str) -> tuple[Block, ...]:
    return (Paragraph(text, Style.NOTE),) if text else ()
