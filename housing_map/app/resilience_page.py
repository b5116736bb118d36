"""*What if it ended?* What ends when, what depends on one thing alone, and who could fall back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pandas as pd
import streamlit as st

from housing_map import choice, resilience_words, words
from housing_map.app import furniture, state
from housing_map.cells import records
from housing_map.cuts import cut_sets
from housing_map.pack import Pack
from housing_map.patterns import patterns
from housing_map.places import area_names
from housing_map.resilience import depending_on, losses, with_room
from housing_map.resilience_words import KIND_WORDS, day_words, households_words, stranded_words
from housing_map.timeline import events_of
from housing_map.timeline_picture import Line, Mark, timeline_chart
from housing_map.vocabulary import CIRCUMSTANCES, RUNS, TENURES, Goal, Pathway, Run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from streamlit.delta_generator import DeltaGenerator

    from housing_map.cuts import CutSet
    from housing_map.model import Result
    from housing_map.resilience import Loss
    from housing_map.timeline import Timeline

    Names = Mapping[str, str]

_FELT: Final = 0.005
"""Household-episodes a year from which a loss is shown."""
_SHOWN: Final = 15
_PAIRS: Final = 5
_CHOICE: Final = {
    "demand": "Seek help",
    "no_route": "No route",
    "one_route": "One route only",
    "backup": "Two routes or more",
    "stay_and_move": "Could stay or move",
    "next_step": "A way on to a settled home",
}


@dataclass(frozen=True, slots=True, eq=False)
class _Structure:
    """What needs no second question about room: worked out once, and shared by all readers."""

    timeline: Timeline
    losses: list[Loss]
    services: tuple[CutSet, ...]
    organisations: tuple[CutSet, ...]
    by_tenure: pd.DataFrame
    by_need: pd.DataFrame
    on_route: frozenset[str]


def show() -> None:
    """Draw the page."""
    pack = state.the_pack()
    heading = st.container()
    chosen = state.filters([state.GOAL, state.PATHWAY, state.RUN])
    goal, pathway, run = Goal(chosen["goal"]), Pathway(chosen["pathway"]), Run(chosen["run"])
    found = _structure(pack, goal, pathway, run)
    names = _names(pack, "services", "service_id")
    bodies = _names(pack, "organisations", "organisation_id")
    with heading:
        furniture.page(
            "What if a service or a grant ended?",
            resilience_words.answer(found.timeline, found.losses, names),
            label=f"{words.MODELLED}: {words.ILLUSTRATION}",
        )
    _timeline(found, names)
    _losses(state.result(goal, pathway), run, found, names)
    _alone(found, names, bodies)
    _choice(found, run)
    furniture.rests_on(
        [
            "A route is a way through services that each take the household, serve its area and "
            "are quick enough for its risk. Who has no route left is exact for what the data "
            "say; whether there is room is not asked of it.",
            f"All on this page is the {RUNS[run].label.lower()} run, of services that run on "
            f"{day_words(found.timeline.on)}.",
            "A service is taken to end with the last of its known money. What may come after, "
            "and whatever nobody has published, is unknown: it is listed, and not guessed.",
            "An organisation takes along every service that it runs, houses, lets or supports; a "
            "grant takes along every service that it pays for.",
            "Of several services under one assumption nobody knows which has how many places. "
            "One that ends takes an even part of them in the central run, all in the cautious "
            "and none in the optimistic run.",
            "Safe places outside the district count as one route, and cannot be lost here.",
            "This page names providers and the end dates of their money. Keep it among those who "
            "plan: it is not for publication.",
        ]
    )


@st.cache_resource(
    show_spinner="Working out what depends on what…",
    max_entries=32,
    hash_funcs={Pack: lambda found: found.digest},
)
def _structure(pack: Pack, goal: Goal, pathway: Pathway, run: Run) -> _Structure:
    result = state.result(goal, pathway)
    found = patterns(pack, result[run].cells.setting)
    alone = {service: frozenset({service}) for service in found.losable}
    return _Structure(
        timeline=events_of(result, run),
        losses=losses(result, run),
        services=cut_sets(found, alone, 2),
        organisations=cut_sets(found, depending_on(pack, found.losable), 2),
        by_tenure=choice.choice_rows(result, ["tenure"], run=run),
        by_need=choice.choice_rows(result, ["need"], run=run),
        on_route=frozenset(found.losable),
    )


def _names(pack: Pack, table: str, key: str) -> dict[str, str]:
    """Names of services or of organisations, by identifier: the two may share identifiers."""
    return {str(row[key]): str(row["name"]) for row in records(pack[table])}


def _listed(services: Sequence[str], names: Names) -> str:
    """Name services in a cell of a table."""
    return "; ".join(names.get(service, service) for service in services) or "–"


# What ends when -----------------------------------------------------------------------------


def _timeline(found: _Structure, names: Names) -> None:
    furniture.section("What ends when")
    timeline, events = found.timeline, found.timeline.events
    lines = _lines(found, names)
    if lines:
        last = max(events, key=lambda e: e.stranded.households, default=None)
        title = (
            "No day is known on which anything on a route ends"
            if last is None
            else f"Illustration: by {day_words(last.day)}, "
            f"{households_words(last.stranded.households)} would have no route left, "
            "if nothing came after"
        )
        marks = [
            Mark(
                event.day,
                resilience_words.event_sentence(event, names),
                f"{stranded_words(event.more)} lose their last route"
                if event.more >= _FELT
                else "",
            )
            for event in events
        ]
        furniture.chart(timeline_chart(lines, marks, on=timeline.on, title=title))
    rows = [
        {
            "Last day": day_words(event.day),
            "What ends": "; ".join(event.streams) or "The service itself",
            "No route left by then": stranded_words(event.stranded.households),
            "Services that end with it": _listed(event.ending, names),
            "Services that lose a part": _listed(event.in_part, names),
        }
        for event in events
    ]
    if silent := _silent(found):
        unknown = {"Last day": "Not published", "What ends": "Not known"}
        unknown |= {"No route left by then": "not known", "Services that end with it": silent}
        rows.append(unknown | {"Services that lose a part": "–"})
    if rows:
        furniture.table(
            pd.DataFrame(rows),
            f"What ends from {day_words(timeline.on)}, by its last day, and households a year with "
            "no route left by then, modelled",
            numbers=["No route left by then"],
        )
    _not_placed(timeline, found, names)


def _lines(found: _Structure, names: Names) -> list[Line]:
    """One line for each service with a known end, and one for those on a route without."""
    lines = [
        Line(
            names.get(service, service) + ("" if service in found.on_route else " (on no route)"),
            event.day,
            day_words(event.day),
        )
        for event in found.timeline.events
        for service in event.ending
    ]
    if silent := _silent(found):
        lines.append(Line(silent, None, "nobody has published an end"))
    return lines


def _silent(found: _Structure) -> str:
    """Count the services on a route whose end nobody has published; empty for none."""
    number = sum(last.service in found.on_route for last in found.timeline.unknown)
    services = "service on a route" if number == 1 else "services on a route"
    return f"{words.counted(number).capitalize()} other {services}" if number else ""


def _not_placed(timeline: Timeline, found: _Structure, names: Names) -> None:
    """List services whose end is unknown, and those that run on without known money."""
    if timeline.overdue:
        furniture.bullets(
            f"{names.get(last.service, last.service)} runs, although all money known for it "
            f"ended {day_words(last.day)}."
            for last in timeline.overdue
            if last.day is not None
        )
    if not timeline.unknown:
        return
    furniture.note(resilience_words.unknown_sentence(timeline))
    with st.expander("Services whose end nobody has published"):
        furniture.table(
            pd.DataFrame(
                [
                    {
                        "Service": names.get(last.service, last.service),
                        "Stands on a route": "Yes" if last.service in found.on_route else "No",
                        "Known money": "; ".join(grant.stream for grant in last.grants) or "–",
                        "What is known": resilience_words.end_words(last),
                    }
                    for last in sorted(
                        timeline.unknown, key=lambda one: one.service not in found.on_route
                    )
                ]
            ),
            "Ask these first: when does the money end, and what comes after?",
        )


# One loss at a time -------------------------------------------------------------------------


def _losses(result: Result, run: Run, found: _Structure, names: Names) -> None:
    furniture.section("If one service, organisation or grant were lost")
    kept = _answered()
    key = (result.pack.digest, result.settings, run)
    ranked = kept.get(key, found.losses)
    furniture.note(
        "Two questions, kept apart. Who would have no route left: every way of theirs goes "
        "through what is lost. How many fewer would be helped: the whole model asked again, so "
        "that the places that remain are shared out anew. The second takes a while."
    )
    place = st.empty()
    if key not in kept and place.button("Work out how many fewer would be helped"):
        bar = place.progress(0.0, "Asking the model again, one loss after another")
        kept[key] = ranked = with_room(
            result, found.losses, runs=(run,), progress=lambda done, of: _tell(bar, done, of)
        )
        place.empty()
    felt = [
        loss
        for loss in ranked
        if loss.stranded.households >= _FELT or any(m.fewer >= _FELT for m in loss.met.values())
    ]
    asked = key in kept
    if felt:
        furniture.table(
            pd.DataFrame([_loss_row(loss, run, names, asked=asked) for loss in felt[:_SHOWN]]),
            "Illustration: what one loss would do, households a year, gravest first",
            numbers=["No route left", "Fewer helped"],
        )
    if rest := len(ranked) - len(felt):
        named = f"{words.counted(rest).capitalize()} other" if felt else "All"
        furniture.note(
            f"{named} losses would leave nobody without a route"
            + (" and change nothing for how many are helped." if asked else ".")
        )
    if ranked:
        _open_loss(ranked, result.pack, names)


def _tell(bar: DeltaGenerator, done: int, of: int) -> None:
    """Say how far the questions are."""
    bar.progress(done / of, f"Asking the model again: {done} of {of} losses")


@st.cache_resource
def _answered() -> dict[tuple[object, ...], list[Loss]]:
    """Losses asked about with room, by pack, settings and run: shared by all readers."""
    return {}


def _loss_row(loss: Loss, run: Run, names: Names, *, asked: bool) -> dict[str, str]:
    alone = loss.what.services == (loss.what.id,)
    row = {
        "Lost": loss.what.label,
        "What it is": KIND_WORDS[loss.what.kind],
        "No route left": stranded_words(loss.stranded.households),
    }
    if asked:
        row["Fewer helped"] = stranded_words(max(loss.met[run].fewer, 0.0))
    return row | {"Services that go with it": "–" if alone else _listed(loss.what.services, names)}


def _open_loss(ranked: Sequence[Loss], pack: Pack, names: Names) -> None:
    """Say of one loss, chosen by the reader, who has no route left."""
    st.subheader("Open a loss", anchor=False)
    options = {
        (str(loss.what.kind), loss.what.id): f"{KIND_WORDS[loss.what.kind]}: {loss.what.label}"
        for loss in ranked
    }
    chosen = state.pick(st.columns(2)[0], "What is lost", options, key="open_loss")
    loss = next(one for one in ranked if (str(one.what.kind), one.what.id) == chosen)
    furniture.bullets([resilience_words.loss_sentence(loss, names)])
    level = pack.info.default_level
    labels: dict[str, Names] = {
        "tenure": {code: term.label for code, term in TENURES.items()},
        "need": {code: term.label for code, term in CIRCUMSTANCES.items()},
        level: {code: name for (where, code), name in area_names(pack).items() if where == level},
    }
    heads = {"tenure": "Home they had", "need": "Need", level: "Area"}
    rows = [
        {
            "Who": labels[by].get(code, "From elsewhere" if by == level else code),
            "By": heads[by],
            "No route left": stranded_words(number),
        }
        for by in labels
        for code, number in loss.stranded.who.get(by, {}).items()
    ]
    if rows:
        furniture.table(
            pd.DataFrame(rows),
            "Who would have no route left, households a year, modelled; needs overlap",
            numbers=["No route left"],
        )


# What fails together, and what is left ------------------------------------------------------


def _alone(found: _Structure, services: Names, bodies: Names) -> None:
    furniture.section("What everything hangs on")
    for title, cuts, names in (
        ("Services", found.services, services),
        ("Organisations", found.organisations, bodies),
    ):
        single = [cut for cut in cuts if len(cut.members) == 1 and cut.losing >= _FELT]
        pairs = [cut for cut in cuts if len(cut.members) > 1 and cut.only_together >= _FELT]
        st.subheader(title, anchor=False)
        if not single and not pairs:
            furniture.note("No one or two of them are all that somebody has.")
            continue
        furniture.bullets(resilience_words.cut_sentence(cut, names) for cut in single)
        if pairs:
            furniture.note("Two at once, beyond what either does alone:")
            pairs.sort(key=lambda cut: -cut.only_together)
            furniture.bullets(resilience_words.cut_sentence(cut, names) for cut in pairs[:_PAIRS])


def _choice(found: _Structure, run: Run) -> None:
    furniture.section("Who has something to fall back on")
    rows = found.by_tenure
    total = float(rows["demand"].sum())
    if total <= 0:
        furniture.note("Nobody seeks help in this selection.")
        return
    backup = words.one_in(float(rows["backup"].sum()) / total)
    furniture.note(
        f"{backup[0].upper()}{backup[1:]} of households who seek help have two routes or more "
        "that share no safe place and no way into housing, so that one can fail. "
        f"{words.one_in(float(rows['stay_and_move'].sum()) / total)} could be made safe at home, "
        "and could also move. Whether there is room is not asked."
    )
    for by, frame, head, labels in (
        ("tenure", rows, "Home they had", TENURES),
        ("need", found.by_need, "Need", CIRCUMSTANCES),
    ):
        if frame.empty:
            continue
        table = pd.DataFrame(
            [
                {head: labels[str(row[by])].label}
                | {label: stranded_words(float(row[code])) for code, label in _CHOICE.items()}
                for row in records(frame)
            ]
        )
        caption = f"Households a year by {head.lower()}, {RUNS[run].label.lower()} run, modelled"
        if by == "tenure":
            furniture.table(table, caption, numbers=_CHOICE.values())
        else:
            with st.expander("The same by need"):
                furniture.table(table, f"{caption}; needs overlap", numbers=_CHOICE.values())
