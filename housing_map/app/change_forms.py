"""A small form for each sort of change, with the pack's own names: what the reader fills in.

A form draws its fields and returns what makes the change of them; nothing is written before the
reader asks for it. A field that is left empty stays unsaid.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import streamlit as st

from housing_map import changes as ch
from housing_map.app import state
from housing_map.cells import is_empty, records
from housing_map.change_terms import COUNTS, WHO
from housing_map.kinds import KINDS
from housing_map.places import area_names, levels
from housing_map.vocabulary import (
    ANSWERS,
    CIRCUMSTANCES,
    ENTRIES,
    HOMES,
    TENURES,
    Answer,
    CapacityBasis,
    Pathway,
    Stage,
    Tenure,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

    from housing_map.changes import Change
    from housing_map.pack import Pack

    Make = Callable[[], Change]

_PLACES: Final = (Stage.SAFETY, Stage.HOUSING)
_ANY: Final = "any"
_ANYBODY: Final = "Any"
_NONE: Final = ""


@dataclass(frozen=True)
class Names:
    """What a form offers: the names of a pack, as it is with the changes so far."""

    pack: Pack

    @property
    def services(self) -> dict[str, str]:
        """Names of services that are not closed, by id."""
        rows = records(self.pack["services"])
        return {str(r["service_id"]): str(r["name"]) for r in rows if r["operating"] != "no"}

    def kinds(self) -> dict[str, str]:
        """Kind of each of those services, by id."""
        rows = records(self.pack["services"])
        return {str(r["service_id"]): str(r["kind"]) for r in rows if r["operating"] != "no"}

    def pools(self, *, units: bool = False) -> dict[str, str]:
        """Names of all that has a number of places, known or assumed; with ``units`` homes only."""
        found: dict[str, str] = {}
        names = self.services
        wanted = CapacityBasis.UNITS if units else None
        for row in records(self.pack["pool_assumptions"]):
            kind = str(row["kind"])
            if not is_empty(row["capacity_central"]) and wanted in {None, row["basis"]}:
                found[f"pool:{kind}"] = f"{KINDS[kind].label}: all whose number is not known"
        for row in records(self.pack["capacity"]):
            service = str(row["service_id"])
            known = service in names and not is_empty(row["capacity_central"])
            if known and wanted in {None, row["basis"]}:
                found[service] = names[service]
        return found

    def streams(self) -> dict[str, str]:
        """Names of streams of money."""
        return {str(row["stream"]): str(row["stream"]) for row in records(self.pack["funding"])}

    def paid_by(self, stream: str) -> dict[str, str]:
        """Names of the services that a stream pays for, by id."""
        names = self.services
        rows = [row for row in records(self.pack["funding"]) if row["stream"] == stream]
        return {str(r["service_id"]): names.get(str(r["service_id"]), "?") for r in rows}

    def starts(self) -> dict[str, str]:
        """Where a route may start, by node."""
        entries = {f"entry:{code}": f"First asked: {term.label}" for code, term in ENTRIES.items()}
        return {**self._on_routes(), **entries}

    def ends(self) -> dict[str, str]:
        """Where a route may end, by node."""
        return {**self._on_routes(), **{f"home:{c}": term.label for c, term in HOMES.items()}}

    def _on_routes(self) -> dict[str, str]:
        names, kinds = self.services, self.kinds()
        return {code: names[code] for code in names if KINDS[kinds[code]].stage != Stage.SUPPORT}

    def routes(self) -> dict[tuple[str, str], str]:
        """Routes that are there, by their two ends."""
        nodes = {**self.starts(), **self.ends()}
        found: dict[tuple[str, str], str] = {}
        for row in records(self.pack["referral_routes"]):
            start, end = str(row["from_id"]), str(row["to_id"])
            found[start, end] = f"{nodes.get(start, start)} → {nodes.get(end, end)}"
        return found

    def areas(self) -> dict[str, str]:
        """Names of areas down to wards, by code, each with its level."""
        labels = {level.code: level.label for level in levels(self.pack)}
        return {
            code: name if level == "district" else f"{name} ({labels[level].lower()})"
            for (level, code), name in area_names(self.pack).items()
            if level != "lsoa"
        }


def form(sort: str, names: Names, key: str) -> Make | None:
    """Draw the fields of a sort of change; None where the pack has nothing to change so.

    What is returned makes the change; it raises :class:`pydantic.ValidationError` for what cannot
    be together. ``key`` tells the fields of one form from those of the next.
    """
    return _FORMS[sort](names, key)


# Fields -----------------------------------------------------------------------------------


def _several(label: str, options: dict[str, str], key: str, *, none: str) -> tuple[str, ...]:
    """Draw a box that takes several; ``none`` says what it means to choose none."""
    chosen = st.multiselect(
        label, list(options), format_func=options.__getitem__, placeholder=none, key=key
    )
    return tuple(chosen)


def _whom(label: str, key: str, *, none: str) -> tuple[str, ...]:
    names = {code: words[:1].upper() + words[1:] for code, words in WHO.items()}
    return _several(label, names, key, none=none)


def _number(label: str, key: str, value: float | None = None, **kwargs: object) -> float | None:
    """Draw a box for a number; one that is left empty is None."""
    found = st.number_input(label, value=value, key=key, format="%g", **kwargs)  # type: ignore[call-overload]
    return None if found is None else float(found)


def _percent(label: str, key: str, value: float | None = None) -> float | None:
    """Draw a box for a percentage from 0 to 100, and return the share."""
    found = _number(label, key, value, min_value=0.0, max_value=100.0, step=1.0)
    return None if found is None else found / 100


def _times(label: str, key: str, value: float = 10.0) -> float:
    """Draw a box for per cent more (or, below 0, fewer), and return how many times as many."""
    found = _number(label, key, value, min_value=-100.0, max_value=900.0, step=5.0)
    return 1 + (found or 0.0) / 100


def _code(options: dict[str, str], label: str, key: str, explain: str | None = None) -> str:
    return state.pick(st.container(), label, options, key=key, explain=explain)


def _day(label: str, key: str) -> date | None:
    found: date | None = st.date_input(label, value=None, key=key, format="DD/MM/YYYY")
    return found


# Services ---------------------------------------------------------------------------------


def _resize(names: Names, key: str) -> Make | None:
    pools = names.pools()
    if not pools:
        return None
    pool = _code(pools, "Of what", f"{key}_pool")
    how = {"more": "So many more", "fewer": "So many fewer", "to": "So many in all"}
    way = _code(how, "How", f"{key}_way")
    amount = _number("How many", f"{key}_amount", 1.0, min_value=0.0, step=1.0) or 0.0
    if way == "to":
        return lambda: ch.Resize(pool=pool, to=amount)
    return lambda: ch.Resize(pool=pool, by=amount if way == "more" else -amount)


def _add_service(names: Names, key: str) -> Make:
    kinds = {c: k.label for c, k in KINDS.items() if k.stage is not Stage.SUPPORT}
    kind = _code(kinds, "Kind", f"{key}_kind", "A refuge, homes of their own, a way into a home…")
    there = names.kinds()
    alike = {code: names.services[code] for code, of in there.items() if of == kind}
    name = st.text_input("Name", kinds[kind], key=f"{key}_name_{kind}", max_chars=120)
    capacity = _number("How many places", f"{key}_capacity", min_value=0.0, step=1.0)
    bases = {_NONE: "As others of its kind", **{str(b): more for b, (_, more) in COUNTS.items()}}
    basis = _code(bases, "Counted in", f"{key}_basis")
    like = ""
    if alike:
        said = "Stays, rules and referral routes are as there unless you say otherwise."
        like = _code(alike, "Takes after", f"{key}_like_{kind}", said)
    answers = {
        _NONE: "As the service it takes after" if alike else "Not known",
        Answer.YES: "Every household",
        Answer.NO: "Nobody but those below",
    }
    otherwise = _code(answers, "Takes", f"{key}_otherwise_{bool(alike)}")
    label = "But does take" if otherwise == Answer.NO else "But does not take"
    rules = _whom(label, f"{key}_rules", none="No exception")
    routes = None if alike else _routes_of_new(names, kind, key)
    town = ""
    if KINDS[kind].confidential:
        town = st.text_input(
            "Town, for the restricted view alone", key=f"{key}_town", max_chars=60,
            help="Only the name of a town. It changes nothing, and is never published.",
        )  # fmt: skip
    taken = frozenset(there)
    answer = Answer.YES if otherwise == Answer.NO else Answer.NO

    def make() -> Change:
        code = _identifier(kind, taken)
        return ch.AddService(
            service_id=code,
            name=name.strip() or kinds[kind],
            kind=kind,
            like=like or None,
            capacity=capacity or None,
            basis=CapacityBasis(basis) if basis else None,
            takes=dict.fromkeys(rules, answer),
            otherwise=Answer(otherwise) if otherwise else None,
            routes=None if routes is None else tuple(route(code) for route in routes),
            town=town.strip(),
        )

    return make


def _routes_of_new(names: Names, kind: str, key: str) -> list[Callable[[str], ch.Route]] | None:
    """Ask who refers to a service of a kind that is not there yet, and where it leads."""
    senders = _several("Who refers to it", names.starts(), f"{key}_senders", none="Nobody yet")
    onward = names.ends()
    if KINDS[kind].pathway is Pathway.STAY:
        onward = {code: name for code, name in onward.items() if code.startswith("home:")}
    leads = _several("Where it leads", onward, f"{key}_leads", none="Nowhere further")
    found: list[Callable[[str], ch.Route]] = []
    found += [lambda code, one=one: ch.Route(from_id=one, to_id=code) for one in senders]  # type: ignore[misc]
    found += [lambda code, one=one: ch.Route(from_id=code, to_id=one) for one in leads]  # type: ignore[misc]
    return found


def _identifier(kind: str, taken: Iterable[str]) -> str:
    """Return an identifier for a new service of a kind that nothing has yet."""
    used, number = set(taken), 1
    while (code := f"new_{kind}" if number == 1 else f"new_{kind}_{number}") in used:
        number += 1
    return code


def _close(names: Names, key: str) -> Make | None:
    if not names.services:
        return None
    service = _code(names.services, "Which service", f"{key}_service")
    on = _day("Its last day (empty: before the year begins)", f"{key}_on")
    return lambda: ch.CloseService(service_id=service, on=on)


def _takes(names: Names, key: str) -> Make | None:
    kinds = names.kinds()
    offered = {c: n for c, n in names.services.items() if KINDS[kinds[c]].stage in _PLACES}
    if not offered:
        return None
    service = _code(offered, "Which service", f"{key}_service")
    answer = _code(state.labels(ANSWERS), "Does it take them", f"{key}_answer")
    rules = _whom("Whom", f"{key}_rules", none="Choose some")
    return lambda: ch.ChangeTakes(service_id=service, rules=rules, answer=Answer(answer))


def _stay(names: Names, key: str) -> Make | None:
    pools = names.pools(units=True)
    if not pools:
        return None
    pool = _code(pools, "Where", f"{key}_pool")
    way = _code({"times": "Per cent longer, below 0 shorter", "days": "So many days on average"},
                "How", f"{key}_way")  # fmt: skip
    if way == "days":
        days = _number("Days", f"{key}_days", 90.0, min_value=1.0, step=1.0)
        return lambda: ch.ChangeStay(pool=pool, days=days)
    times = _times("Per cent", f"{key}_times", -10.0)
    return lambda: ch.ChangeStay(pool=pool, times=times)


def _occupancy(names: Names, key: str) -> Make | None:
    pools = names.pools(units=True)
    if not pools:
        return None
    pool = _code(pools, "Where", f"{key}_pool")
    share = _percent("Lived in on so many per cent of days", f"{key}_share", 90.0)
    return lambda: ch.ChangeOccupancy(pool=pool, share=share or 0.0)


def _move(names: Names, key: str) -> Make | None:
    kinds = names.kinds()
    offered = {c: n for c, n in names.services.items() if not KINDS[kinds[c]].confidential}
    if not offered:
        return None
    service = _code(offered, "Which service", f"{key}_service")
    areas = _several("The areas it serves", names.areas(), f"{key}_areas", none="Choose some")
    return lambda: ch.MoveService(service_id=service, areas=areas)


# Referral ---------------------------------------------------------------------------------


def _shares(key: str) -> tuple[float | None, float | None, float | None]:
    accepts = _percent("Per cent who accept (empty: as it is)", f"{key}_accepts")
    succeeds = _percent("Per cent that come off (empty: as it is)", f"{key}_succeeds")
    wait = _number("Days to wait (empty: as it is)", f"{key}_wait", min_value=0.0, step=1.0)
    return accepts, succeeds, wait


def _add_route(names: Names, key: str) -> Make:
    start = _code(names.starts(), "Who refers", f"{key}_from")
    end = _code(names.ends(), "To", f"{key}_to")
    labels = state.labels(TENURES)
    tenures = _several("People whose home was", labels, f"{key}_tenures", none="Any home")
    accepts, succeeds, wait = _shares(key)
    return lambda: ch.AddRoute(
        route=ch.Route(
            from_id=start,
            to_id=end,
            tenures=tuple(Tenure(one) for one in tenures),
            accepts=accepts,
            succeeds=succeeds,
            wait_days=wait,
        )
    )


def _cut_route(names: Names, key: str) -> Make | None:
    routes = names.routes()
    if not routes:
        return None
    ends = state.pick(st.container(), "Which route", routes, key=f"{key}_route")
    return lambda: ch.CutRoute(from_id=ends[0], to_id=ends[1])


def _change_route(names: Names, key: str) -> Make:
    start = _code({_ANY: _ANYBODY, **names.starts()}, "Who refers", f"{key}_from")
    end = _code({_ANY: _ANYBODY, **names.ends()}, "To", f"{key}_to")
    accepts, succeeds, wait = _shares(key)
    return lambda: ch.ChangeRoute(
        from_id=None if start == _ANY else start,
        to_id=None if end == _ANY else end,
        accepts=accepts,
        succeeds=succeeds,
        wait_days=wait,
    )


# Who asks ---------------------------------------------------------------------------------


def _demand(names: Names, key: str) -> Make:
    times = _times("Per cent more, below 0 fewer", f"{key}_times")
    who = {"all": "Everybody", "areas": "Some areas", "tenures": "Some homes", "need": "One need"}
    which = _code(who, "Who", f"{key}_who")
    areas: tuple[str, ...] = ()
    tenures: tuple[str, ...] = ()
    need: str | None = None
    if which == "areas":
        areas = _several("Areas of one level", names.areas(), f"{key}_areas", none="Choose some")
    elif which == "tenures":
        labels = state.labels(TENURES)
        tenures = _several("People whose home was", labels, f"{key}_tenures", none="Choose some")
    elif which == "need":
        need = _code({c: term.label for c, term in CIRCUMSTANCES.items()}, "Need", f"{key}_need")
    return lambda: ch.ChangeDemand(
        times=times, areas=areas, tenures=tuple(Tenure(one) for one in tenures), need=need
    )


def _arrivals(names: Names, key: str) -> Make:
    del names
    times = _times("Per cent more, below 0 fewer", f"{key}_times")
    return lambda: ch.ChangeArrivals(times=times)


# Money and rules --------------------------------------------------------------------------


def _stream(names: Names, key: str) -> tuple[str, str | None] | None:
    streams = names.streams()
    if not streams:
        return None
    stream = _code(streams, "Which money", f"{key}_stream")
    paid = {_NONE: "All that it pays for", **names.paid_by(stream)}
    number = list(streams).index(stream)
    return stream, _code(paid, "For which service", f"{key}_for_{number}") or None


def _end_funding(names: Names, key: str) -> Make | None:
    which = _stream(names, key)
    if which is None:
        return None
    on = _day("Its last day (empty: before the year begins)", f"{key}_on")
    return lambda: ch.EndFunding(stream=which[0], service_id=which[1], on=on)


def _extend_funding(names: Names, key: str) -> Make | None:
    which = _stream(names, key)
    if which is None:
        return None
    until = _day("Goes on until", f"{key}_until")
    return lambda: ch.ExtendFunding(stream=which[0], service_id=which[1], until=until)  # type: ignore[arg-type]


def _reserve(names: Names, key: str) -> Make | None:
    pools = names.pools()
    if not pools:
        return None
    pool = _code(pools, "Places in", f"{key}_pool")
    units = _number("How many", f"{key}_units", 1.0, min_value=0.0, step=1.0) or 0.0
    rule = _code(dict(WHO), "Kept for", f"{key}_rule")
    return lambda: ch.Reserve(pool=pool, rule=rule, units=units)


def _weight(names: Names, key: str) -> Make:
    del names
    rule = _code(dict(WHO), "Who", f"{key}_rule")
    weight = _number("Count so many times as much", f"{key}_weight", 2.0, min_value=0.0, step=0.5)
    return lambda: ch.Weigh(rule=rule, weight=weight or 0.0)


def _budget(names: Names, key: str) -> Make:
    del names
    money = _number("Pounds a year (empty: no limit)", f"{key}_gbp", min_value=0.0, step=10_000.0)
    units = _number("Homes or units (empty: no limit)", f"{key}_units", min_value=0.0, step=1.0)
    return lambda: ch.SetBudget(gbp_a_year=money, units=units)


_FORMS: Final[dict[str, Callable[[Names, str], Make | None]]] = {
    "resize": _resize,
    "add_service": _add_service,
    "close_service": _close,
    "takes": _takes,
    "stay": _stay,
    "occupancy": _occupancy,
    "move_service": _move,
    "add_route": _add_route,
    "cut_route": _cut_route,
    "change_route": _change_route,
    "demand": _demand,
    "arrivals": _arrivals,
    "end_funding": _end_funding,
    "extend_funding": _extend_funding,
    "reserve": _reserve,
    "weight": _weight,
    "budget": _budget,
}
