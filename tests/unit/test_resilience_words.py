"""Sentences about losses: numbers as people say them, and nothing claimed that is not known."""

from datetime import date

from housing_map import resilience_words
from housing_map.cuts import CutSet
from housing_map.funding import Grant, LastDay, Why
from housing_map.patterns import Stranded
from housing_map.resilience import Kind, Losable, Loss, Met
from housing_map.timeline import Event, Timeline
from housing_map.vocabulary import Run

NAMES = {"a": "Haven", "b": "Harbour", "c": "Locks"}
ON = date(2026, 6, 30)


def loss(households: float = 120, kind: Kind = Kind.SERVICE, **met: tuple[float, float]) -> Loss:
    what = Losable(kind, "a", "Haven", ("a",))
    return Loss(what, Stranded(households, {}), {Run(run): Met(*two) for run, two in met.items()})


def event(*ending: str, streams: tuple[str, ...] = ("Grant",), households: float = 20) -> Event:
    stranded = Stranded(households, {})
    return Event(date(2027, 3, 31), streams, ending, (), ending, stranded, households)


def test_a_loss_says_what_goes_and_who_has_no_route_left() -> None:
    assert resilience_words.loss_sentence(loss(), NAMES) == (
        "Without Haven, about 120 households a year would have no route left."
    )


def test_a_grant_says_which_services_go_and_which_have_other_money() -> None:
    what = Losable(Kind.FUNDING, "Grant", "Grant", ("a", "b"), ("b",))
    said = resilience_words.loss_sentence(Loss(what, Stranded(0, {})), NAMES)
    assert said == (
        "Without Grant (Haven and Harbour), nobody would have no route left. "
        "Harbour has other money as well, so this is the worst case."
    )


def test_fewer_helped_is_not_said_before_it_is_worked_out_and_never_below_none() -> None:
    assert resilience_words.fewer_words(loss()) == "not worked out"
    assert resilience_words.fewer_words(loss(central=(50, 50.0000001))) == "none"
    assert resilience_words.fewer_words(loss(central=(50, 10))) == "about 40"


def test_fewer_helped_has_its_range_where_more_runs_were_asked() -> None:
    said = resilience_words.fewer_words(loss(cautious=(50, 0), central=(80, 40), optimistic=(9, 9)))
    assert said == "about 40 (up to 50)"


def test_a_pair_says_for_how_many_it_takes_both() -> None:
    assert resilience_words.cut_sentence(CutSet(("a", "b"), 100, 60), NAMES) == (
        "Haven and Harbour: about 100 households a year would have no route left, "
        "about 60 of them only when both go."
    )
    assert resilience_words.cut_sentence(CutSet(("a", "b"), 60, 60), NAMES).endswith(
        "; either alone would leave them one."
    )
    assert "only when all go" in resilience_words.cut_sentence(CutSet(("a", "b", "c"), 9, 7), NAMES)


def test_an_event_names_its_day_its_money_and_what_goes_with_it() -> None:
    assert resilience_words.event_sentence(event("a", "b"), NAMES) == (
        "31 March 2027: Grant ends, and with it the last known of Haven and Harbour. "
        "Without what comes after, about 20 households a year would have no route left."
    )
    assert resilience_words.event_sentence(event("a", streams=()), NAMES).startswith(
        "31 March 2027: Haven closes."
    )


def test_why_no_end_is_known_is_said() -> None:
    grant = Grant("a", "A funder", "Grant", None, None)
    unpublished = LastDay("a", None, Why.UNPUBLISHED, (grant,))
    assert resilience_words.end_words(unpublished) == "paid for; no end published"
    nothing = LastDay("a", None, Why.NO_FUNDING_KNOWN, ())
    assert resilience_words.end_words(nothing) == "nothing known about who pays"
    known = LastDay("a", date(2027, 3, 31), Why.FUNDING, (grant,))
    assert resilience_words.end_words(known) == "until 31 March 2027"


def test_the_answer_names_the_gravest_the_next_end_and_the_unknown() -> None:
    silent = LastDay("c", None, Why.NO_FUNDING_KNOWN, ())
    timeline = Timeline(ON, (event("a"),), (silent,), ())
    said = resilience_words.answer(timeline, [loss(20), loss(30, Kind.ORGANISATION)], NAMES)
    assert said == [
        "Of all services, Haven matters most: without it about 20 households a year would have "
        "no route left.",
        "Of all organisations, Haven matters most: without it about 30 households a year would "
        "have no route left.",
        "The next known end is 31 March 2027: Grant, and with it all known money of one service.",
        "For one service nobody has published when the money ends. Unknown is not the same as "
        "safe.",
    ]


def test_the_answer_does_not_invent_a_danger_or_a_date() -> None:
    said = resilience_words.answer(Timeline(ON, (), (), ()), [loss(0)], NAMES)
    assert said == [
        "Nobody depends on one service or organisation alone for every route.",
        "No day is known on which a service or its money ends.",
        "Every service that runs has a last day that is known.",
    ]
