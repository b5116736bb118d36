"""The brief of an optimum: which options are proposed, which are not, and how sure that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from housing_map import words
from housing_map.brief.comparing import answer
from housing_map.brief.content import Brief, Room, Section, fitted, points
from housing_map.brief.facts import costs_of, facts, identity
from housing_map.brief.grounds import rests_on, would_change
from housing_map.brief.phrases import cut, more, pounds, some, stop
from housing_map.brief.prices import cost_section
from housing_map.brief.whom import whom
from housing_map.candidates import Objective
from housing_map.change_words import sentences
from housing_map.documents.blocks import Bullets, Paragraph, Span, Table
from housing_map.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from housing_map.brief.facts import Facts
    from housing_map.brief.swings import Swing
    from housing_map.candidates import Ask, Candidate
    from housing_map.choosing import Chosen
    from housing_map.documents.blocks import Block, Document
    from housing_map.effects import Comparison
    from housing_map.frontier import Order
    from housing_map.paired import Paired
    from housing_map.robustness import Survival

_OFTEN, _SELDOM = 0.9, 0.5
"""Shares of draws from which on a choice survives, and below which it hangs on few of them."""
_FELT: Final = 0.5
"""Households a year between the search and the model that are worth a word."""


def optimum_brief(  # noqa: PLR0913 - each is a question of its own
    comparison: Comparison,
    candidates: Sequence[Candidate],
    ask: Ask,
    chosen: Chosen,
    *,
    title: str = "",
    publishable: bool = False,
    level: str | None = None,
    survival: Survival | None = None,
    order: Order | None = None,
    paired: Paired | None = None,
    swings: Sequence[Swing] | None = None,
    pooled: Mapping[str, float] | None = None,
) -> Document:
    """Return a brief of two pages on the best set of candidates under a budget.

    ``comparison`` holds one scenario, with the changes of those chosen
    (:func:`housing_map.choosing.as_scenario`); ``candidates``, ``ask`` and ``chosen`` are as in
    :mod:`housing_map.choosing`. ``survival`` says how often each is chosen when assumptions vary,
    ``order`` in which order to do them. The rest is as in
    :func:`housing_map.brief.comparing.comparison_brief`. Raises
    :class:`housing_map.errors.UsageError` for what does not belong together, and
    :class:`housing_map.brief.content.TooLongError`.
    """
    found = facts(comparison, level=level, publishable=publishable, paired=paired)
    strange = set(chosen.ids) - {candidate.id for candidate in candidates}
    if len(found) != 1 or strange:
        message = "A brief of an optimum needs one scenario, made of the candidates that it names"
        raise UsageError(message)
    first, costs = found[0], costs_of(found)

    def build(room: Room) -> Brief:
        options = _Options(first, candidates, chosen, survival)
        return Brief(
            title=cut(title or f"Brief: {_title(ask, publishable=publishable)}", 110),
            answer=answer(first),
            sections=(
                Section(
                    "What is proposed",
                    (options.table(room), *_proof(first, ask, chosen), *_order(first, order, room)),
                ),
                Section("Whom it helps, and whom it leaves out", whom(first, room)),
                *(() if publishable else (cost_section(first, costs, pooled, room),)),
                Section("What it rests on", rests_on(found, room)),
                Section(
                    "What would change the answer",
                    (*options.survive(room), *would_change(found, swings, room)),
                ),
            ),
            on=comparison.baseline.on,
            identity=identity(found),
            publishable=publishable,
        )

    return fitted(build)


def _title(ask: Ask, *, publishable: bool) -> str:
    if publishable:
        return "the best set of options"
    return f"the best set of options{_within(ask)}"


def _within(ask: Ask) -> str:
    parts = [] if ask.gbp_a_year is None else [f"{pounds(ask.gbp_a_year)} a year"]
    parts += [] if ask.units is None else [f"{ask.units:g} places"]
    return f" within {words.joined(parts)}" if parts else ""


class _Options:
    """Candidates in words, those that are proposed first."""

    def __init__(
        self,
        first: Facts,
        candidates: Sequence[Candidate],
        chosen: Chosen,
        survival: Survival | None,
    ) -> None:
        inside = set(chosen.ids)
        self.first, self.survival = first, survival
        self.proposed = [one for one in candidates if one.id in inside]
        self.others = [one for one in candidates if one.id not in inside]
        self.number = {one.id: n for n, one in enumerate([*self.proposed, *self.others], 1)}

    def label(self, one: Candidate, letters: int) -> str:
        """Name an option; in a publishable brief by what it changes, without names."""
        if not self.first.publishable:
            return cut(one.label, letters)
        said = sentences(one.changes, self.first.pack, publishable=True)
        return cut(f"Option {self.number[one.id]}: {' '.join(said)}", letters)

    def table(self, room: Room) -> Table:
        """List options that are proposed, and those that are not, as far as there is room."""
        shown = [
            *((one, "yes") for one in self.proposed[: room.changes]),
            *((one, "no") for one in self.others[: max(room.changes // 2, 2)]),
        ]
        # Places of one provider's service are not published, nor is what it is paid.
        heads = ["Option", "Proposed"]
        heads += [] if self.first.publishable else ["Places", "Cost a year"]
        heads += [] if self.survival is None else ["Chosen in draws"]
        rows = []
        for one, yes in shown:
            row = [self.label(one, room.letters), yes]
            if not self.first.publishable:
                row.append(f"{one.units:g}" if one.units else "none")
                row.append(pounds(one.cost_gbp_a_year))
            if self.survival is not None:
                share = self.survival.shares.get(one.id)
                row.append("not tried" if share is None else f"{share:.0%}")
            rows.append(tuple(row))
        hidden = len(self.number) - len(shown)
        notes = (f"{words.counted(hidden).capitalize()} more not shown.",) if hidden else ()
        width = len(heads)
        if not rows:
            rows = [("No option", "no", *("none" for _ in range(width - 2)))]
        return Table(
            "Options, proposed and not",
            tuple(heads),
            tuple(rows),
            numeric=frozenset(range(2, width)),
            widths=(4.5, *(1.1 for _ in range(width - 1))),
            notes=notes,
        )

    def survive(self, room: Room) -> tuple[Block, ...]:
        """Say which choices survive when assumptions vary, and which hang on few draws."""
        found = self.survival
        if found is None:
            return (Paragraph("How the choice survives other assumptions has not been asked."),)
        shares = found.shares
        sure = [self.label(one, 70) for one in self.proposed if shares.get(one.id, 0) >= _OFTEN]
        weak = [self.label(one, 70) for one in self.proposed if shares.get(one.id, 0) < _SELDOM]
        rivals = [self.label(one, 70) for one in self.others if shares.get(one.id, 0) >= _SELDOM]
        lines = [
            (f"Chosen in nearly all of {found.draws} draws:", sure),
            ("Proposed, yet chosen in fewer than half:", weak),
            ("Not proposed, yet chosen in half or more:", rivals),
        ]
        said = points([(lead, stop(some(names, room.groups))) for lead, names in lines if names])
        if found.failed:
            note = f"In {found.failed} of {found.draws} draws no allowed set was found."
            said = (*said, Paragraph(note))
        return said or (Paragraph(f"No choice stands out in {found.draws} draws."),)


def _proof(first: Facts, ask: Ask, chosen: Chosen) -> tuple[Block, ...]:
    """Say how good the set is against the best there can be, and what it had to keep to."""
    if chosen.bound is None:
        text = "found step by step; whether a better set exists was not asked."
    elif chosen.proved:
        text = "no other set of these options that keeps to what was asked helps more."
    else:
        most = max(chosen.bound - chosen.met, 0.0)
        fairer = "" if chosen.fairest else " It is not proved to be the fairest."
        text = (
            f"the best found; a better set could help at most {words.about(most)} more a year "
            f"(gap {chosen.gap or 0.0:.1%}). The search ended: {chosen.status}.{fairer}"
        )
    lines = [("Proof:", text)]
    kept = (
        "no group may be helped less often than now"
        if ask.floors is None
        else ("floors for groups as set" if ask.floors else "no floors for groups")
    )
    aim = (
        "as many households as possible"
        if ask.objective is Objective.TOTAL
        else f"the least helped by {ask.fair_by} first, then as many as possible"
    )
    within = "" if first.publishable else _within(ask)
    lines.append(("Asked for:", f"{aim}{within}; {kept}."))
    if not first.publishable and abs(chosen.further - first.total["met_change"]) >= _FELT:
        lines.append(
            (
                "Two figures:",
                f"with all that was asked kept, {more(chosen.further)}; the figures below share "
                f"places so that most are helped, {more(first.total['met_change'])}.",
            )
        )
    return points(lines)


def _order(first: Facts, order: Order | None, room: Room) -> tuple[Block, ...]:
    """Say in which order to do what is proposed, and what the order costs on the way."""
    if order is None or first.publishable or len(order.steps) < 2:  # noqa: PLR2004 - no order
        return ()
    head = "Best order" if order.exact else "A good order, not proved to be the best"
    items = tuple(
        (
            Span(f"{cut(step.label, 70)}: ", strong=True),
            f"{more(step.met - order.before)} helped a year by then"
            + (f", {words.about(step.regret)} fewer than the best set for the same"
               if step.regret >= _FELT else "")
            + ".",
        )
        for step in order.steps[: room.changes]
    )  # fmt: skip
    return (Paragraph((Span(f"{head}:", strong=True),)), Bullets(items, numbered=True))
