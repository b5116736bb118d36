"""Doors and stays in words: full on the day, waiting, stays that grow, and what a simulation says.

Everything here is text; callers escape it where it goes into HTML or Markdown.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final

from housing_map import words
from housing_map.kinds import KINDS

if TYPE_CHECKING:
    from housing_map.doors import DoorReading, Played
    from housing_map.queueing import SiteDoor
    from housing_map.simulation import Estimate, Simulated
    from housing_map.stays import NextStep, StayReading

BESIDE: Final = (
    "The figures of who is helped count a whole year: they ask whether there are enough places, "
    "not whether one is free on the day. What stands here is beside them, and is never taken off "
    "them a second time."
)
EVENLY: Final = (
    "Households are taken to ask at random, not evenly: so a door can be full on the day though "
    "there are places enough in the year. Places are units × occupancy, and a part of one counts."
)
RUNS_APART: Final = (
    "A run in which services take fewer people sends fewer to the door, and one with shorter stays "
    "frees places sooner. Either makes a door less full, so the three runs need not stand in order."
)
OWN_STAYS: Final = (
    "The stays in the data may already hold some waiting: nobody has published how long a stay "
    "would be if a home were there at once. The longer stays are therefore an upper reading."
)
NEXT_HOME: Final = (
    "A place is taken for as long as the household has no home to go on to. The longer the stay, "
    "the fewer come through, the fewer ask for the next home, and the shorter is the wait for it: "
    "there is one stay that follows from itself. Read from the run for the goal settled."
)
_RATIO: Final = re.compile(r"(\d+) in (\d+)")
_LIKELY: Final = 0.995
_ROUNDS_TO_NOTHING: Final = 0.05


def days_in(share: float) -> str:
    """Return a share of time as days.

    >>> days_in(0.25), days_in(0.7), days_in(0.02)
    ('1 day in 4 (25%)', '7 days in 10 (70%)', 'fewer than 1 day in 20 (2%)')
    >>> days_in(0.0), days_in(1.0)
    ('no day (0%)', 'every day (100%)')
    """
    text = words.one_in(share)
    text = text.replace("none", "no day", 1).replace("all", "every day", 1)
    return _RATIO.sub(
        lambda found: f"{found[1]} {'day' if found[1] == '1' else 'days'} in {found[2]}", text
    )


def days(number: float) -> str:
    """Return a number of days; a wait without end in words.

    >>> days(0.01), days(1), days(258.2), days(float("inf"))
    ('under a day', '1 day', '258 days', 'without end')
    """
    if math.isinf(number):
        return "without end"
    if 0 < number < 0.5:  # noqa: PLR2004 - rounds to none
        return "under a day"
    return f"{number:,.0f} {'day' if round(number) == 1 else 'days'}"


def sites(number: int) -> str:
    """Return a number of sites.

    >>> sites(1), sites(3)
    ('1 site', '3 sites')
    """
    return f"{number} {'site' if number == 1 else 'sites'}"


def pool_name(pool_id: str, label: str) -> str:
    """Return the name of a pool in running text: its kind where it stands for several services.

    >>> pool_name("pool:refuge", "Refuge: all whose capacity is unknown")
    'refuge'
    >>> pool_name("first_house", "First House")
    'First House'
    """
    kind = pool_id.removeprefix("pool:")
    return words.kind_label(kind) if kind != pool_id and kind in KINDS else label


def asking_sentence(reading: DoorReading) -> str:
    """Say who asks at a door, and how many places that is."""
    who, door = reading.asking, reading.door
    start = (
        f"{_capital(words.about(who.come))} households a year have a place here in the plan"
        if who.come > 0
        else "Nobody has a place here in the plan"
    )
    more = (
        f"; {words.about(who.without)} more are offered nothing anywhere and could have come here"
        if who.without > 0
        else "; nobody who could have come here is left without an offer"
    )
    return (
        f"{start}{more}. Together they ask for {door.load:,.1f} places at any time, and there are "
        f"{door.places:,.1f}."
    )


def full_sentence(reading: DoorReading) -> str:
    """Say how often a door is full, shared and by the pool's own number of sites."""
    shared, own = reading.door.by_sites[0], reading.door.by_sites[-1]
    text = f"The door would be full {days_in(shared.full)}"
    if own.sites > 1:
        text = (
            f"If all places were shared, the door would be full {days_in(shared.full)}"
            f"; at {sites(own.sites)} of {own.places_each:,.1f} places that share nothing, each "
            f"{days_in(own.full)}, and all of them at once {days_in(own.all_full)}"
        )
    few = reading.fewest.by_sites[-1]
    return (
        f"{text}. If only those asked who have a place in the plan, "
        f"{'each' if own.sites > 1 else 'it'} would still be full {days_in(few.full)}."
    )


def door_title(reading: DoorReading) -> str:
    """Return the finding that heads a chart of one door."""
    shared, own = reading.door.by_sites[0], reading.door.by_sites[-1]
    name = pool_name(reading.door.pool_id, reading.door.label)
    if own.sites == 1:
        return f"Illustration: the door of {name} would be full {shared.full:.0%} of the time"
    return (
        f"Illustration: a {name} site would be full {own.full:.0%} of the time at "
        f"{sites(own.sites)}, {shared.full:.0%} if all places were shared"
    )


def waiting_sentence(site: SiteDoor) -> str:
    """Say what happens when everybody waits for as long as it takes."""
    if math.isinf(site.waiting.mean_days):
        return (
            "If everybody waited as long as it takes, the queue would never end: more places are "
            "asked for than there are."
        )
    return (
        f"If everybody waited as long as it takes, {words.one_in(site.waiting.chance)} would have "
        f"to wait, and the mean wait of all would be {days(site.waiting.mean_days)}."
    )


def stay_sentence(reading: StayReading) -> str:
    """Say how long people stay in a pool once the wait for the next home is counted."""
    name = _capital(pool_name(reading.pool_id, reading.label))
    if not reading.next_steps:
        return (
            f"{name}: {days(reading.own_days)}; nobody goes on from here to a home with a limit, "
            "so nothing lengthens the stay."
        )
    text = (
        f"{name}: {days(reading.own_days)} of its own, then {days(reading.wait_days)} until a home "
        f"is there, together {days(reading.days)}."
    )
    if reading.at_longest:
        text += (
            f" No stay of up to {days(reading.days)} is long enough: the next step has no home to "
            "spare, so the stay was cut there."
        )
    text += f" In a year {_passing(reading.households)} pass through"
    fewer = reading.planned - reading.households
    return text + (
        f", instead of the {_passing(reading.planned)} of the plan."
        if fewer >= _ROUNDS_TO_NOTHING
        else ", as many as in the plan."
    )


def _passing(households: float) -> str:
    """Write households a year to one decimal, as the tables beside do."""
    return f"{households:,.1f} households"


def next_step_sentence(step: NextStep) -> str:
    """Say how a next step makes people wait."""
    share = "All" if step.share >= _LIKELY else f"{step.share:.0%}"
    asked = f"{step.households:,.1f} households ask for {step.capacity:,.1f} homes a year"
    wait = (
        f"the wait has no end, and was cut at {days(step.wait_days)}"
        if step.cut
        else f"the mean wait is {days(step.wait_days)}"
    )
    stated = f"the referral routes state {days(step.stated_days)}"
    return f"{share} go on to {pool_name(step.pool_id, step.label)}: {asked}, {wait}; {stated}."


def refused_sentence(run_label: str, message: str) -> str:
    """Say that the stays were not found in a run, and why."""
    return f"{run_label} run: no stay that follows from itself was found. {message}."


def helped_sentence(before: float, after: float) -> str:
    """Say what longer stays would mean for how many are helped to a settled home."""
    if before - after < _ROUNDS_TO_NOTHING:
        return (
            f"With stays this long as many are helped to a settled home, {words.households(after)} "
            "a year: homes, not places, are the narrowest step. "
        )
    return (
        f"With stays this long {words.households(after)} a year would be helped to a settled home, "
        f"instead of {words.about(before)}. "
    )


def rounding_sentence(places: float, whole: int, number: int) -> str:
    """Say how a simulation rounds the places of one site."""
    each = places / number
    one = "one site" if number > 1 else "all places shared"
    if math.isclose(each, whole):
        return f"Simulated: {one}, {whole} places."
    return (
        f"A simulation knows whole places only: {one}, {each:,.1f} places, is taken as {whole}, "
        "and the formula beside it as well."
    )


def simulated_sentences(asked: Played, found: Simulated) -> list[str]:
    """Say what a simulation found, how it was run, and whether the formula agrees."""
    lost = found.turned_away if asked.patience_days is None else found.gone
    verb = "find it full and leave" if asked.patience_days is None else "leave without a place"
    first = f"{words.one_in(lost.mean)} of those who ask {verb}; 95% interval {interval(lost)}."
    sentences = [first[0].upper() + first[1:]]
    formula = asked.formula()
    if formula is None:
        sentences.append(
            "No formula holds for waiting where stays are not exponential: the simulation is the "
            "answer."
        )
    else:
        where = "inside" if lost.holds(formula) else "outside"
        sentences.append(f"The formula says {formula:.1%}, which lies {where} the interval.")
    if asked.patience_days is not None:
        wait = found.wait_days
        sentences.append(
            f"The mean wait, of those who leave as well, is {wait.mean:,.1f} days "
            f"({wait.low:,.1f} to {wait.high:,.1f})."
        )
    plan = found.plan
    sentences.append(
        f"{found.households:,} households played out: {plan.replications} replications of "
        f"{plan.years:g} years each, after {plan.warm_up_years:g} that are not counted; "
        f"seed {plan.seed}. One interval in twenty misses."
    )
    return sentences


def interval(found: Estimate) -> str:
    """Return a 95 % interval of a share.

    >>> from housing_map.simulation import Estimate
    >>> interval(Estimate(0.1, -0.001, 0.123))
    '0.0% to 12.3%'
    """
    return f"{max(found.low, 0.0):.1%} to {min(found.high, 1.0):.1%}"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
