"""*Is the door full?* Pools of units on the day, stays that grow, and a simulation beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import uuid4

import pandas as pd
import streamlit as st

from housing_map import door_words, doors, queueing, stays, words
from housing_map.app import background, furniture, state
from housing_map.door_picture import DoorLine, door_chart
from housing_map.errors import SolverError
from housing_map.pack import Pack
from housing_map.vocabulary import RUNS, Goal, Risk, Run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from housing_map.doors import DoorReading, Played
    from housing_map.stays import StayReading

    Readings = Mapping[Run, DoorReading]

_POLL_SECONDS: Final = 1.0
_ASKED: Final = "door_asked"
"""Where the session keeps what its reader wants to see played out."""
_SPREADS: Final[dict[float, str]] = {
    1.0: "As the formula has it (exponential)",
    0.0: "All alike",
    2.0: "Twice as widely",
}
_AS_LONG: Final = "As long as it takes"


def show() -> None:
    """Draw the tab from the result for the goal *safe*, and stays from that for *settled*."""
    pack = state.the_pack()
    furniture.section("Is the door full on the day?")
    furniture.note(door_words.BESIDE)
    found = _doors(pack)
    if not found:
        furniture.note("No service of this pack has units with a stay, so no door can be full.")
        return
    _identities(found)
    names = {pool: next(iter(of_pool.values())).door.label for pool, of_pool in found.items()}
    largest = max(found, key=lambda pool: max(one.door.places for one in found[pool].values()))
    pool = state.pick(st.columns(2)[0], "The door of", names, key="door_pool", first=largest)
    readings = found[pool]
    if Run.CENTRAL in readings:
        _door(readings)
        _waiting(readings[Run.CENTRAL])
        _simulation(readings[Run.CENTRAL])
    else:
        furniture.note("It has no places in the central run.")
    _stays(pack)
    furniture.bullets([door_words.EVENLY, words.ILLUSTRATION])


@st.cache_resource(
    show_spinner="Asking whether the door is full…",
    max_entries=8,
    hash_funcs={Pack: lambda found: found.digest},
)
def _doors(pack: Pack) -> dict[str, dict[Run, DoorReading]]:
    """Read the door of each pool of units, by run; the pools in their order."""
    del pack
    result = state.result(Goal.SAFE)
    found: dict[str, dict[Run, DoorReading]] = {}
    for run in (Run.CENTRAL, *Run):
        for reading in doors.read_doors(result[run].cells):
            found.setdefault(reading.door.pool_id, {})[run] = reading
    return found


def _identities(found: Mapping[str, Readings]) -> None:
    """Print the identity between units and households beside every pool."""
    rows = [
        {
            "Pool and run": f"{readings[run].door.label}, {RUNS[run].label.lower()} run",
            "Households × stay, of units × occupancy × 365": readings[run].unit_days.sentence,
        }
        for readings in found.values()
        for run in Run
        if run in readings
    ]
    furniture.table(
        pd.DataFrame(rows), "Unit-days in use and to be had in a year, modelled (goal: safe)"
    )


# The door -----------------------------------------------------------------------------------


def _door(readings: Readings) -> None:
    central = readings[Run.CENTRAL]
    furniture.bullets([door_words.asking_sentence(central), door_words.full_sentence(central)])
    every = [run for run in Run if run in readings]
    fewest = min(len(readings[run].door.by_sites) for run in every)
    full = {
        number: {run: readings[run].door.by_sites[number - 1].full for run in every}
        for number in range(1, fewest + 1)
    }
    both = list(zip(central.door.by_sites, central.fewest.by_sites, strict=True))
    lines = [DoorLine(door_words.sites(site.sites), few.full, site.full) for site, few in both]
    furniture.chart(door_chart(lines, title=door_words.door_title(central)))
    rows = [
        {
            "Sites": door_words.sites(site.sites),
            "Places at each": f"{site.places_each:,.1f}",
            **{
                f"Full, {RUNS[run].label.lower()}": (
                    f"{full[site.sites][run]:.0%}" if site.sites in full else "–"
                )
                for run in every
            },
            "All full at once": f"{site.all_full:.0%}",
            "Turned away": words.about(site.turned_away),
            "Full, fewest asking": f"{few.full:.0%}",
        }
        for site, few in both
    ]
    table = pd.DataFrame(rows)
    furniture.table(
        table,
        f"{central.door.label}: share of the time a site is full, modelled. Last three columns "
        f"central run: {central.door.load:,.1f} places asked for, {central.door.places:,.1f} "
        "there; turned away in households a year; fewest asking are those with a place in the plan",
        numbers=table.columns[1:],
    )
    furniture.note(door_words.RUNS_APART)


def _waiting(reading: DoorReading) -> None:
    """Say what waiting, and losing patience, would mean."""
    own = reading.door.by_sites[-1]
    with st.expander("What if people could wait for a place?"):
        furniture.bullets([door_words.waiting_sentence(own)])
        rows = [
            {
                "How long they can wait, on average": "Nobody waits",
                "Find it full": f"{own.full:.0%}",
                "Leave without a place": f"{own.full:.0%}",
                "Mean wait": door_words.days(0),
            }
        ]
        for limit, label in _patience().items():
            found = queueing.site_door(
                reading.door.load,
                reading.door.places,
                own.sites,
                stay_days=reading.door.stay_days,
                patience_days=limit,
            ).patience
            if found is not None:
                rows.append(
                    {
                        "How long they can wait, on average": label,
                        "Find it full": f"{found.chance:.0%}",
                        "Leave without a place": f"{found.gone:.0%}",
                        "Mean wait": door_words.days(found.mean_days),
                    }
                )
        endless = own.waiting
        rows.append(
            {
                "How long they can wait, on average": _AS_LONG,
                "Find it full": f"{endless.chance:.0%}",
                "Leave without a place": "0%",
                "Mean wait": door_words.days(endless.mean_days),
            }
        )
        furniture.table(
            pd.DataFrame(rows),
            f"{reading.door.label}, {door_words.sites(own.sites)}, central run, all who ask",
            numbers=list(rows[0])[1:],
        )
        furniture.note(
            "The days are the longest waits that the model allows for each risk, planning inputs; "
            "nobody has measured how long people can wait. Formulas: Erlang B where nobody waits, "
            "A where they lose patience, C where they wait as long as it takes."
        )


def _patience() -> dict[float, str]:
    """List the waits that the model allows, in days, shortest first, with their words."""
    limits = state.result(Goal.SAFE)[Run.CENTRAL].cells.setting.max_wait_days
    risks: dict[float, list[str]] = {}
    for risk in Risk:
        if limits[risk] > 0:
            risks.setdefault(limits[risk], []).append(str(risk))
    return {
        limit: f"{door_words.days(limit)} (the limit at {words.joined(names)} risk)"
        for limit, names in sorted(risks.items())
    }


# The simulation -----------------------------------------------------------------------------


def _simulation(reading: DoorReading) -> None:
    st.subheader("Check by simulation", anchor=False)
    furniture.note(
        "The same door played out, household by household (Ciw, an open-source simulation). It "
        "takes some seconds, in a process of its own: nobody else has to wait."
    )
    left, middle, right = st.columns(3)
    most = reading.door.by_sites[-1].sites
    sites = state.pick(
        left,
        "Places",
        {
            number: "All shared" if number == 1 else f"One of {door_words.sites(number)}"
            for number in range(1, most + 1)
        },
        key="door_sites",
        first=most,
    )
    patience = state.pick(
        middle,
        "Who finds it full",
        {0.0: "Leaves at once"}
        | {limit: f"Waits {door_words.days(limit)} on average" for limit in _patience()},
        key="door_patience",
    )
    spread = state.pick(right, "Stays vary", _SPREADS, key="door_spread")
    whole, households = doors.one_site(reading.door, sites)
    if households <= 0:
        furniture.note("Nobody asks for a place here, so there is nothing to play out.")
        return
    asked = doors.Played(
        whole, households, reading.door.stay_days, spread, patience if patience > 0 else None
    )
    furniture.note(door_words.rounding_sentence(reading.door.places, whole, sites))
    waits = st.session_state.get(_ASKED) == asked and background.desk().ended(_key(asked)) is None
    st.fragment(_answer, run_every=_POLL_SECONDS if waits else None)(asked, waits=waits)


def _key(asked: Played) -> tuple[str, Played]:
    """Name a simulation: the same door is played out once for all readers."""
    return doors.play_out.__name__, asked


def _answer(asked: Played, *, waits: bool) -> None:
    """Show the button, how far the simulation is, or what it found."""
    desk, key = background.desk(), _key(asked)
    look = desk.ended(key)
    if look is None and waits:
        from housing_map.simulation import Plan  # noqa: PLC0415 - loads Ciw, once it is asked for

        reader = st.session_state.setdefault("door_reader", uuid4().hex)
        look = desk.ask(key, reader, doors.play_out, asked, Plan())
    if look is not None and look.ended and waits:
        st.rerun()
    if look is None or look.result is None:
        if look is not None and not look.ended:
            st.progress(look.done / look.of if look.of else 0.0, _how_far(look.done, look.of))
            return
        if look is not None:
            furniture.note(f"It was not played out to the end: {look.message}.")
        if st.button("Check by simulation"):
            desk.forget(key)
            st.session_state[_ASKED] = asked
            st.rerun()
        return
    furniture.bullets(door_words.simulated_sentences(asked, look.result))


def _how_far(done: int, of: int) -> str:
    return f"Playing out: {done} of {of} replications" if of else "Waiting for its turn"


# Stays --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Longer:
    """Longer stays of a run, or why there are none; and households settled before and after."""

    readings: Sequence[StayReading]
    refused: str
    before: float
    after: float


@st.cache_resource(
    show_spinner="Asking how long people stay…",
    max_entries=8,
    hash_funcs={Pack: lambda found: found.digest},
)
def _longer(pack: Pack) -> dict[Run, _Longer]:
    del pack
    result = state.result(Goal.SETTLED)
    found = {}
    for run in Run:
        cells = result[run].cells
        before = float(cells.met.sum())
        try:
            readings = stays.longer_stays(cells)
        except SolverError as error:
            found[run] = _Longer((), str(error), before, before)
            continue
        after = float(stays.with_longer_stays(cells, readings).met.sum()) if readings else before
        found[run] = _Longer(readings, "", before, after)
    return found


def _stays(pack: Pack) -> None:
    furniture.section("How long people stay when the next home is slow")
    furniture.note(door_words.NEXT_HOME)
    found = _longer(pack)
    for run, longer in found.items():
        if longer.refused:
            furniture.note(door_words.refused_sentence(RUNS[run].label, longer.refused))
    central = found[Run.CENTRAL]
    furniture.bullets(door_words.stay_sentence(reading) for reading in central.readings)
    if any(reading.next_steps for reading in central.readings):
        furniture.note(
            door_words.helped_sentence(central.before, central.after)
            + "That is a second run beside the first, not a figure to take off it."
        )
    furniture.note(door_words.OWN_STAYS)
    rows = [
        {
            "Pool": reading.label,
            "Run": RUNS[run].label,
            "Own stay": door_words.days(reading.own_days),
            "Wait for a home": door_words.days(reading.wait_days),
            "Together": door_words.days(reading.days)
            + (" (the longest looked for)" if reading.at_longest else ""),
            "Pass through": f"{reading.households:,.1f}",
            "In the plan": f"{reading.planned:,.1f}",
        }
        for run, longer in found.items()
        for reading in longer.readings
    ]
    if not rows:
        return
    furniture.table(
        pd.DataFrame(rows),
        "Stays with the wait for the next home, and households a year, modelled (goal: settled)",
        numbers=list(rows[0])[2:],
    )
    with st.expander("Who waits for which home, central run"):
        furniture.bullets(
            f"{reading.label}. {door_words.next_step_sentence(step)}"
            for reading in central.readings
            for step in reading.next_steps
        )
