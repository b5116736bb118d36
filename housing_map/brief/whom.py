"""Whom a scenario helps and whom it leaves out: by tenure, place and need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from housing_map import vocabulary as voc
from housing_map import words
from housing_map.brief.content import points
from housing_map.brief.phrases import FELT, cell, change_cell, cut, more, some, stop
from housing_map.change_terms import WHO
from housing_map.documents.blocks import Bar, Bars, Paragraph, Span, Table
from housing_map.equality import WOMEN, Effect
from housing_map.words import joined

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from housing_map.brief.content import Room
    from housing_map.brief.facts import Facts, Group
    from housing_map.displacement import Displaced
    from housing_map.documents.blocks import Block

_HELPED: Final = "#12436D"
_MORE: Final = "#28A197"
_FEWER: Final = "#F46A25"
_LEFT: Final = "#A4AFB9"


def whom(first: Facts, room: Room) -> tuple[Block, ...]:
    """Show whom a scenario helps and whom it leaves out, by tenure, place and need."""
    if first.publishable:
        head = (Paragraph("In words, without shares: these rest on assumed figures."),)
        return (*head, *_changes_table(first), *points(_whom_points(first, room)))
    return (
        _tenure_bars(first),
        *points(_whom_points(first, room)),
        _places_table(first),
    )


def _tenure_bars(first: Facts) -> Bars:
    """Stack, for each tenure: helped before and after, helped in addition or no longer, not."""
    series: list[tuple[str, str, Callable[[Group], float]]] = [
        ("Helped now and after", _HELPED, lambda g: min(g.before, g.after)),
        ("Helped in addition", _MORE, lambda g: max(g.change, 0.0)),
        ("No longer helped", _FEWER, lambda g: max(-g.change, 0.0)),
        ("Not helped", _LEFT, lambda g: max(g.asked - max(g.before, g.after), 0.0)),
    ]
    kept = [
        one
        for place, one in enumerate(series)
        if place in {0, len(series) - 1} or any(one[2](g) >= FELT for g in first.tenures)
    ]
    rows = tuple(
        Bar(
            group.label,
            tuple(amount(group) for _, _, amount in kept),
            tuple(cell(amount(group)) for _, _, amount in kept),
        )
        for group in first.tenures
    )
    return Bars(
        "Households a year who seek help, by the home they had (modelled, rounded)",
        "Home before",
        tuple(name for name, _, _ in kept),
        rows,
        stacked=True,
        colours=tuple(ink for _, ink, _ in kept),
    )


def _places_table(first: Facts) -> Table:
    rows = tuple(
        (group.label, cell(group.asked), cell(group.before), cell(group.after),
         change_cell(group.change), cell(group.left))
        for group in first.places
    )  # fmt: skip
    return Table(
        "Households a year by where they lived (modelled, rounded)",
        ("Where", "Seek help", "Helped now", "Helped after", "Change", "Still without help"),
        rows,
        numeric=frozenset({1, 2, 3, 4, 5}),
        widths=(2.6, 1, 1, 1.1, 1.4, 1.5),
    )


def helped_bars(shown: Sequence[Facts]) -> Bars:
    """Stack, as now and with each scenario: helped as wanted, otherwise, and not."""
    first = shown[0].total
    rows = [_helped("As now", first, "before")]
    rows += [_helped(f"With {one_of.number}", one_of.total, "after") for one_of in shown]
    return Bars(
        "Households a year who seek help (modelled, rounded)",
        "Proposal",
        ("As they wanted", "Otherwise", "Not helped"),
        tuple(rows),
        stacked=True,
        colours=(_HELPED, _MORE, _LEFT),
    )


def _helped(label: str, total: Mapping[str, float], when: str) -> Bar:
    wanted = max(total[f"met_as_wanted_{when}"], 0.0)
    met = total[f"met_{when}"]
    amounts = (wanted, max(met - wanted, 0.0), max(total[f"demand_{when}"] - met, 0.0))
    return Bar(label, amounts, tuple(cell(amount) for amount in amounts))


def _changes_table(first: Facts) -> tuple[Block, ...]:
    """Show changes alone, for a publishable brief: no share can be worked out from them."""
    rows = tuple((group.label, change_cell(group.change)) for group in first.tenures)
    return (
        Table(
            "Change in households helped a year, by the home they had (modelled, rounded)",
            ("Home before", "Change"),
            rows,
            numeric=frozenset({1}),
            widths=(3, 1),
        ),
    )


def _whom_points(first: Facts, room: Room) -> list[tuple[str, str]]:
    """Say who gains, who falls behind, who is not counted, who is left out and why."""
    lines = [("Gain most:", _gainers(first, room)), ("Lose:", _losers(first, room))]
    lines.append(("Fall further behind:", _behind(first, room)))
    unknown = first.needs[~first.needs["known"]]
    labels = list(
        dict.fromkeys(
            WHO.get(str(code), _lower(str(label)))
            for code, label in zip(unknown["code"], unknown["label"], strict=True)
        )
    )
    if labels:
        lines.append(("Number unknown, not none:", f"{some(labels, room.groups)}."))
    if not first.publishable:
        lines.append(("Left out:", _left_out(first, room)))
        lines.append(("Taken from others:", _taken(first, room)))
    return lines


def _lower(label: str) -> str:
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def _needs(first: Facts, wanted: Effect) -> list[tuple[str, float]]:
    """Return needs that a scenario makes better or worse off, most households first."""
    rows = first.needs[first.needs["effect"] == str(wanted)]
    rows = rows.drop_duplicates("code")
    sign = 1 if wanted is Effect.BETTER else -1
    felt = rows[sign * rows["met_change"] >= FELT]
    ranked = felt.assign(size=-sign * felt["met_change"]).sort_values(["size", "label"])
    return [
        (WHO.get(str(code), _lower(str(label))), float(change))
        for code, label, change in ranked[["code", "label", "met_change"]].itertuples(index=False)
        if code != WOMEN
    ]


def _gainers(first: Facts, room: Room) -> str:
    return _named(first, Effect.BETTER, 1, room)


def _losers(first: Facts, room: Room) -> str:
    return _named(first, Effect.WORSE, -1, room)


def _named(first: Facts, effect: Effect, sign: int, room: Room) -> str:
    """Name tenures and needs that gain, or that lose, with how many households."""
    tenures = sorted(
        (group for group in first.tenures if sign * group.change >= FELT),
        key=lambda group: -sign * group.change,
    )
    needs = _needs(first, effect)
    parts = []
    if tenures:
        homes = [f"{_lower(g.label)} ({more(g.change)})" for g in tenures]
        parts.append(f"by the home they had, {some(homes, room.groups)}")
    if needs:
        said = [f"{label} ({more(change)})" for label, change in needs]
        parts.append(f"by need, {some(said, room.groups)}")
    return f"{'; '.join(parts)}. Needs overlap." if needs else f"{'; '.join(parts)}." * bool(parts)


def _behind(first: Facts, room: Room) -> str:
    rows = first.needs[first.needs["falls_behind"].astype(bool)].drop_duplicates("code")
    rows = rows.sort_values(["gap_change", "label"])
    labels = [
        WHO.get(str(code), _lower(str(label)))
        for code, label in zip(rows["code"], rows["label"], strict=True)
    ]
    if not labels:
        return ""
    return (
        f"{some(labels, room.groups)}: helped less often than everybody, by more than now "
        "(due regard, Equality Act 2010 s.149)."
    )


def _left_out(first: Facts, room: Room) -> str:
    left = [group for group in first.tenures if group.left >= words.FEW]
    left.sort(key=lambda group: -group.left)
    homes = [f"{_lower(group.label)} ({words.about(group.left)})" for group in left]
    reasons = sorted(first.reasons.items(), key=lambda pair: -pair[1])
    why = [
        f"{voc.REASONS[reason].meaning} ({words.about(lost)})"
        for reason, lost in reasons
        if lost >= words.FEW
    ]
    if not homes:
        return "nobody who seeks help, in this run."
    said = f"{words.households(first.left)} a year, most of them {some(homes, room.groups)}."
    return f"{said} Why: {some(why, max(room.groups - 1, 1), letters=90)}." if why else said


def _taken(first: Facts, room: Room) -> str:
    found = first.displaced
    if found is None or first.asks_more:
        return ""
    if found.taken < FELT:
        return "nobody: the new places help households whom no other service helps in this run."
    return _falls_in_words(first, room)


def _falls_in_words(first: Facts, room: Room) -> str:
    """Say how many would be helped by others without the new places, and by whom."""
    found = first.displaced
    if found is None or first.asks_more or found.taken < FELT:
        return ""
    others = [f"{label} ({words.about(fall)})" for label, fall in _falls(found)]
    said = (
        f"of {words.households(found.helped)} helped through the new places, "
        f"{words.about(found.taken)} would be helped by others without them"
    )
    return stop(f"{said}: less used would be {some(others, room.groups)}" if others else said)


def whom_each(shown: Sequence[Facts], room: Room) -> tuple[Block, ...]:
    """Show the change for each tenure and place, a column a scenario, and who is left out."""
    first = shown[0]
    heads = ("Households a year", *(str(one.number) for one in shown))
    rows = [
        (group.label, *(change_cell(one.tenures[n].change) for one in shown))
        for n, group in enumerate(first.tenures)
    ]
    if not first.publishable and room.groups > 1:
        by_place = [{group.label: group for group in one.places} for one in shown]
        rows += [
            (label, *(change_cell(of[label].change) if label in of else "none" for of in by_place))
            for label in by_place[0]
        ]
    table = Table(
        "Change in households helped a year, by home before"
        + ("" if first.publishable or room.groups <= 1 else " and by where they lived")
        + " (modelled, rounded); numbers as in the list above",
        heads,
        tuple(rows),
        numeric=frozenset(range(1, len(heads))),
        widths=(1.8, *(1.0 for _ in shown)),
    )
    lines = []
    for one_of in shown:
        helped = [f"{label} ({more(change)})" for label, change in _needs(one_of, Effect.BETTER)]
        said = [
            ("Gain most by need:", stop(some(helped, room.groups))),
            ("Lose:", _named(one_of, Effect.WORSE, -1, room)),
            ("Fall further behind:", _behind(one_of, room)),
            ("Taken from others:", "" if first.publishable else _falls_in_words(one_of, room)),
        ]
        text = " ".join(f"{lead} {text_of}" for lead, text_of in said if text_of)
        if text:
            lines.append((f"{one_of.number}:", cut(text, 3 * room.letters)))
    said_of = points(lines)
    if not first.publishable:
        left = joined([f"{words.about(one_of.left)} with {one_of.number}" for one_of in shown])
        said_of += (Paragraph(("Still without help a year: ", Span(left, strong=True), ".")),)
    return (table, *said_of)


def _falls(found: Displaced) -> list[tuple[str, float]]:
    """Return the services that are used less, with by how many households a year."""
    labels, falls = found.others["label"], found.others["fall"]
    return [(str(label), float(fall)) for label, fall in zip(labels, falls, strict=True)]
