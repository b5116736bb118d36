"""What a brief rests on, and what would change its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from housing_map import vocabulary as voc
from housing_map import words
from housing_map.brief.content import points
from housing_map.brief.phrases import cut, more, span
from housing_map.documents.blocks import Paragraph, Style
from housing_map.questions import THEMES
from housing_map.vocabulary import Run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from housing_map.brief.content import Room
    from housing_map.brief.facts import Facts
    from housing_map.brief.swings import Swing
    from housing_map.documents.blocks import Block

_SURE: Final = 0.9
"""Share of draws from which on a direction counts as sure."""


def rests_on(found: Sequence[Facts], room: Room) -> tuple[Block, ...]:
    """Say what the figures are, which question they answer and what was left out."""
    first = found[0]
    baseline = first.comparison.baseline
    goal = voc.GOALS[baseline.settings.goal]
    of = (
        ""
        if first.publishable
        else (
            f"of {words.households(first.total['demand_before'])} a year who seek help (modelled), "
        )
    )
    question = (
        f"{of}for how many the goal “{goal.label.lower()}” is met "
        f"({goal.meaning.partition(':')[0]}), with places shared so that most are helped."
    )
    lines = [(f"{words.MODELLED}.", words.ILLUSTRATION), ("Question:", question)]
    notes = [notice for one in found for notice in one.applied.notices]
    skipped = [
        f"{_which(one, len(found))}{cut(one.said[left.number], 90)} {left.why}."
        for one in found
        for left in one.applied.skipped
    ]
    if first.publishable:
        notes, skipped = [], ["Some changes do not apply to these data."] if skipped else []
    extra = list(dict.fromkeys([*skipped, *(f"{note}." for note in notes)]))
    lines += [("Note:", cut(text, room.letters)) for text in extra[: max(room.notes, 1)]]
    if (rest := len(extra) - max(room.notes, 1)) > 0:
        lines.append(("Note:", f"{words.counted(rest)} more notes, in the file of results."))
    return points(lines)


def _which(one_of: Facts, of: int) -> str:
    return f"{one_of.number}. " if of > 1 else ""


def would_change(
    found: Sequence[Facts], swings: Sequence[Swing] | None, room: Room
) -> tuple[Block, ...]:
    """Say over which range the answer goes, how sure its direction is, and what moves it most."""
    lines = []
    for one_of in found[: room.scenarios]:
        runs = one_of.changes_by_run
        said = (
            f"{more(runs[Run.CAUTIOUS])} in the cautious run, {more(runs[Run.OPTIMISTIC])} in the "
            "optimistic one."
        )
        said += _sureness(one_of)
        lines.append((f"{_which(one_of, len(found))}Range:", said))
    if swings:
        first = found[0]
        for swing in swings[: room.questions]:
            what = (
                f"{THEMES[swing.question.theme]}"
                if first.publishable
                else f"{swing.question.name}: {swing.question.text}"
            )
            said = f"{cut(what, room.letters)} {_between(swing)}"
            lines.append((f"{_which(first, len(found))}If known:", said))
        return points(lines)
    if swings is not None:
        lines.append(("If known:", "no single open question changes the answer."))
        return points(lines)
    blocks = points(lines)
    note = "Which open questions would change it most has not been asked for this brief."
    return (*blocks, Paragraph(note, Style.NOTE))


def _sureness(one_of: Facts) -> str:
    """Say the 80 % interval and the direction of most draws, where they were drawn."""
    if one_of.paired is None or one_of.interval is None:
        return ""
    rows = one_of.paired.differences()
    row = rows[(rows["number"] == one_of.number) & (rows["figure"] == "met")].iloc[0]
    draws = len(one_of.paired.baseline.numbers)
    low, high = one_of.interval
    above, below = float(row["above"]), float(row["below"])
    side, share = ("more", above) if above >= below else ("fewer", below)
    sure = "" if share >= _SURE else ", so its direction is not sure"
    return (
        f" Of {draws} draws, eight in ten say {span((low, high))}; {side} are helped in "
        f"{share:.0%} of them{sure}."
    )


def _between(swing: Swing) -> str:
    worst, best = swing.worst, swing.best
    return f"({more(worst)} at the worse answer, {more(best)} at the better one)"
