"""What could be lost, in sentences: losses, what fails together, and what ends when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from housing_map.funding import Why
from housing_map.resilience import Kind
from housing_map.vocabulary import Run
from housing_map.words import about, between, counted, joined

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from housing_map.cuts import CutSet
    from housing_map.funding import LastDay
    from housing_map.resilience import Loss
    from housing_map.timeline import Event, Timeline

KIND_WORDS: Final = {
    Kind.SERVICE: "Service",
    Kind.ORGANISATION: "Organisation",
    Kind.FUNDING: "Grant or contract",
}
_ROUNDS_TO_NOTHING: Final = 0.005
"""Household-episodes a year that are said as none."""


def day_words(day: date) -> str:
    """Say a day.

    >>> from datetime import date
    >>> day_words(date(2029, 3, 31))
    '31 March 2029'
    """
    return f"{day.day} {day:%B %Y}"


def stranded_words(households: float) -> str:
    """Say how many a year lose their last route, as a number alone.

    >>> stranded_words(185.4), stranded_words(3), stranded_words(0.001)
    ('about 190', 'fewer than 5', 'none')
    """
    return "none" if households < _ROUNDS_TO_NOTHING else about(households)


def households_words(households: float) -> str:
    """Say how many households a year, to stand within a sentence.

    >>> households_words(185.4), households_words(0)
    ('about 190 households a year', 'nobody')
    """
    said = stranded_words(households)
    return "nobody" if said == "none" else f"{said} households a year"


def fewer_words(loss: Loss) -> str:
    """Say how many fewer a year are helped, with the range where more runs were asked."""
    fewer = {run: max(met.fewer, 0.0) for run, met in loss.met.items()}
    if not fewer:
        return "not worked out"
    said = stranded_words(fewer.get(Run.CENTRAL, max(fewer.values())))
    if len(fewer) == 1:
        return said
    spread = between(min(fewer.values()), max(fewer.values()))
    return said if spread == said else f"{said} ({spread})"


def loss_sentence(loss: Loss, names: Mapping[str, str]) -> str:
    """Say what goes with a loss, who loses the last route, and for whom it is the worst case."""
    services = [names.get(s, s) for s in loss.what.services]
    takes = f" ({joined(services)})" if services not in ([loss.what.label], []) else ""
    losing = households_words(loss.stranded.households)
    text = f"Without {loss.what.label}{takes}, {losing} would have no route left."
    if loss.what.in_part:
        kept = joined([names.get(s, s) for s in loss.what.in_part])
        verb = "has" if len(loss.what.in_part) == 1 else "have"
        text += f" {kept} {verb} other money as well, so this is the worst case."
    return text


def cut_sentence(cut: CutSet, names: Mapping[str, str]) -> str:
    """Say who has no route left when all of a cut set goes."""
    members = [names.get(member, member) for member in cut.members]
    losing = households_words(cut.losing)
    if len(members) == 1:
        return f"{members[0]}: {losing} would have no route left."
    pair = len(members) == 2  # noqa: PLR2004 - two are a pair
    text = f"{joined(members)}: {losing} would have no route left"
    if cut.losing - cut.only_together < _ROUNDS_TO_NOTHING:
        return f"{text}; {'either' if pair else 'fewer of them'} alone would leave them one."
    both = "both" if pair else "all"
    return f"{text}, {stranded_words(cut.only_together)} of them only when {both} go."


def event_sentence(event: Event, names: Mapping[str, str]) -> str:
    """Say what ends on a day, and who has lost the last route by then."""
    ending = joined([names.get(s, s) for s in event.ending])
    if event.streams:
        verb = "ends" if len(event.streams) == 1 else "end"
        what = f"{joined(event.streams)} {verb}"
        what += f", and with it the last known of {ending}" if ending else ""
    else:
        what = f"{ending} {'closes' if len(event.ending) == 1 else 'close'}"
    losing = households_words(event.stranded.households)
    tail = f"Without what comes after, {losing} would have no route left."
    return f"{day_words(event.day)}: {what}. {tail}"


def end_words(last: LastDay) -> str:
    """Say why nobody can tell when a service ends, or when it does."""
    if last.day is not None:
        return f"until {day_words(last.day)}"
    return {
        Why.UNPUBLISHED: "paid for; no end published",
        Why.NO_FUNDING_KNOWN: "nothing known about who pays",
    }.get(last.why, "not known")


def unknown_sentence(found: Timeline) -> str:
    """Say for how many services nobody knows an end."""
    number = len(found.unknown)
    if not number:
        return "Every service that runs has a last day that is known."
    services = "service" if number == 1 else "services"
    return (
        f"For {counted(number)} {services} nobody has published when the money ends. "
        "Unknown is not the same as safe."
    )


def answer(found: Timeline, losses: Sequence[Loss], names: Mapping[str, str]) -> list[str]:
    """Answer the page: the gravest service and organisation, the next end, what is unknown."""
    worst = [
        (max(of_kind, key=lambda loss: loss.stranded.households), word)
        for kind, word in ((Kind.SERVICE, "services"), (Kind.ORGANISATION, "organisations"))
        if (of_kind := [loss for loss in losses if loss.what.kind is kind])
    ]
    said = [
        f"Of all {word}, {loss.what.label} matters most: without it "
        f"{households_words(loss.stranded.households)} would have no route left."
        for loss, word in worst
        if loss.stranded.households >= _ROUNDS_TO_NOTHING
    ]
    if not said:
        said = ["Nobody depends on one service or organisation alone for every route."]
    if found.events:
        event = found.events[0]
        what = joined(event.streams or [names.get(s, s) for s in event.ending])
        gone = f", and with it all known money of {counted(len(event.ending))} " + (
            "service" if len(event.ending) == 1 else "services"
        )
        ends = f"The next known end is {day_words(event.day)}: {what}"
        second = f"{ends}{gone if event.streams and event.ending else ''}."
    else:
        second = "No day is known on which a service or its money ends."
    return [*said, second, unknown_sentence(found)]
