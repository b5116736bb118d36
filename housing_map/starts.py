"""Ready-made scenarios to start from, each built from what the pack at hand knows.

They put in the model's terms what commissioners ask first (``design.md`` section 1). None has a
cost: nobody has given one. One that the pack gives no ground for has no scenario, and says why.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from housing_map.cells import day, number, records
from housing_map.changes import (
    AddRoute,
    AddService,
    ChangeDemand,
    ChangeTakes,
    EndFunding,
    Reserve,
    Route,
)
from housing_map.demand import household_shares
from housing_map.kinds import KINDS
from housing_map.places import area_names
from housing_map.scenario import Scenario, for_pack
from housing_map.schemas import split_codes
from housing_map.vocabulary import (
    Aim,
    Answer,
    CapacityBasis,
    Delivery,
    Goal,
    Pathway,
    Right,
    Risk,
    Stage,
    Tenure,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from housing_map.cells import Row
    from housing_map.changes import Change
    from housing_map.pack import Pack

DISPERSED_HOMES: Final = 6
"""Homes in the question that commissioners asked: six dispersed units in Dewsbury."""
TOWN: Final = "Dewsbury"
"""Town in that question, named where the pack has it; for the restricted view alone."""
MORE_DEMAND: Final = 1.1
RECIPROCAL_SUCCESS: Final = "managed_reciprocal_moves_per_request"
"""Parameter: the share of requests for a managed reciprocal that end in a move."""
_SOCIAL: Final = (Tenure.COUNCIL, Tenure.ASSOCIATION)
_FREE: Final = (Tenure.OWNED, Tenure.PRIVATE)


@dataclass(frozen=True, slots=True)
class Start:
    """A ready-made scenario: what it is, why it is asked, and what it rests on.

    ``scenario`` is None where the pack gives no ground for it; ``lacks`` says why.
    """

    id: str
    title: str
    why: str
    source: str
    scenario: Scenario | None
    lacks: str = ""


class _LacksError(Exception):
    """The pack gives no ground for a start; the message says why."""


@dataclass(frozen=True, slots=True)
class _Recipe:
    """How a start is made: ``changes`` returns them for a pack, with what they rest on."""

    id: str
    title: str
    why: str
    changes: Callable[[Pack], tuple[tuple[Change, ...], str]]
    goal: Goal = Goal.SAFE


def starts(pack: Pack) -> tuple[Start, ...]:
    """Return the ready-made scenarios for a pack, with the pack as their baseline."""
    found = []
    for recipe in _RECIPES:
        try:
            changes, source = recipe.changes(pack)
        except _LacksError as lacks:
            found.append(Start(recipe.id, recipe.title, recipe.why, "", None, str(lacks)))
            continue
        scenario = Scenario(
            name=recipe.title, description=recipe.why, goal=recipe.goal, changes=changes
        )
        found.append(Start(recipe.id, recipe.title, recipe.why, source, for_pack(scenario, pack)))
    return tuple(found)


# What each changes ------------------------------------------------------------------------


def _grant_ends(pack: Pack) -> tuple[tuple[Change, ...], str]:
    """End, with the financial year, the grant that pays most safe accommodation."""
    on = pack.info.reference_date
    kinds = {str(row["service_id"]): str(row["kind"]) for row in _running(pack)}
    paid: dict[str, list[Row]] = {}
    for row in records(pack["funding"]):
        ends = day(row["ends_on"])
        safe = kinds.get(str(row["service_id"])) in _SAFE_KINDS
        if safe and ends is not None and ends >= on:
            paid.setdefault(str(row["stream"]), []).append(row)
    if not paid:
        message = "no grant with a known end pays for safe accommodation in this pack"
        raise _LacksError(message)
    stream = min(paid, key=lambda name: (-len(paid[name]), name))
    last = min(_year_end(on), *(day(row["ends_on"]) or date.max for row in paid[stream]))
    ends_for = sorted(str(row["service_id"]) for row in paid[stream])
    changes = tuple(EndFunding(stream=stream, service_id=service, on=last) for service in ends_for)
    return changes, str(paid[stream][0]["source"])


def _dispersed(pack: Pack) -> tuple[tuple[Change, ...], str]:
    """Add homes that take every household, referred to by whoever refers to a safe place."""
    like = next((row for row in _running(pack) if row["kind"] == "dispersed"), None)
    if not _has_stay(pack, like):
        message = "this pack does not say how long households stay in dispersed homes"
        raise _LacksError(message)
    names = {name for (level, _), name in area_names(pack).items() if level != "lsoa"}
    town = TOWN if any(name.split()[0] == TOWN for name in names) else ""
    service = AddService(
        service_id="new_dispersed_homes",
        name="Dispersed homes",
        kind="dispersed",
        like=None if like is None else str(like["service_id"]),
        capacity=DISPERSED_HOMES,
        basis=CapacityBasis.UNITS,
        otherwise=Answer.YES,
        routes=_into_safety(pack, "new_dispersed_homes", like),
        town=town,
    )
    source = "Question of the commissioners; stay, occupancy and acceptance as in the pack"
    return (service,), source


def _has_stay(pack: Pack, like: Row | None) -> bool:
    """Whether stay and occupancy of dispersed homes are known, of one there is or of all."""
    of_one = [
        row
        for row in records(pack["capacity"])
        if like is not None and row["service_id"] == like["service_id"]
    ]
    of_all = [row for row in records(pack["pool_assumptions"]) if row["kind"] == "dispersed"]
    known = [row for row in (*of_one, *of_all) if number(row["capacity_central"]) is not None]
    return all(
        any(number(row[f"{figure}_central"]) is not None for row in known)
        for figure in ("stay_days", "occupancy")
    )


def _sanctuary(pack: Pack) -> tuple[tuple[Change, ...], str]:
    """Let the sanctuary scheme take private renters and owners, and whoever refers send them."""
    schemes = [row for row in _running(pack) if row["kind"] == "sanctuary"]
    if not schemes:
        message = "this pack has no sanctuary scheme that could be opened"
        raise _LacksError(message)
    changes: list[Change] = []
    for row in schemes:
        scheme = str(row["service_id"])
        rules = tuple(f"tenure_{tenure}" for tenure in _FREE)
        changes.append(ChangeTakes(service_id=scheme, rules=rules, answer=Answer.YES))
        changes += [
            AddRoute(route=Route(from_id=sender, to_id=scheme, tenures=_FREE, aims=(Aim.STAY,)))
            for sender in _senders(pack, scheme)
            if not _refers(pack, sender, scheme, _FREE)
        ]
    return tuple(changes), str(schemes[0]["source"])


def _by_and_for(pack: Pack) -> tuple[tuple[Change, ...], str]:
    """Add a refuge for Black and minoritised women: their share of the refuge places there are."""
    shares = household_shares(pack).circumstances
    share = shares.get("black_minoritised")
    pool = next((row for row in records(pack["pool_assumptions"]) if row["kind"] == "refuge"), None)
    places = None if pool is None else number(pool["capacity_central"])
    if share is None or not places:
        message = "this pack does not say how many refuge places, or what share would want one"
        raise _LacksError(message)
    like = next((row for row in _running(pack) if row["kind"] == "refuge"), None)
    code, units = "new_by_and_for_refuge", float(max(round(share * places), 1))
    refuge = AddService(
        service_id=code,
        name="By-and-for refuge",
        kind="specialist_safe",
        like=None if like is None else str(like["service_id"]),
        capacity=units,
        basis=CapacityBasis.UNITS,
        stay_days=number(pool["stay_days_central"]) if pool else None,
        occupancy=number(pool["occupancy_central"]) if pool else None,
        otherwise=Answer.YES,
        takes={"male": Answer.NO},
        support_types=("s3", "s5a", "s6"),
        routes=_into_safety(pack, code, like),
    )
    kept = Reserve(pool=code, rule="black_minoritised", units=units)
    source = f"Share of households {share:.0%} × {places:g} refuge units of the pack"
    return (refuge, kept), source


def _reciprocals(pack: Pack) -> tuple[tuple[Change, ...], str]:
    """Let social tenants move on from a safe place by a swap between landlords."""
    rows = records(pack["parameters"])
    found = next((row for row in rows if row["key"] == RECIPROCAL_SUCCESS), None)
    success = None if found is None else number(found["central"])
    if found is None or success is None:
        message = f"this pack has no figure {RECIPROCAL_SUCCESS!r}"
        raise _LacksError(message)
    homes = {str(row["to_id"]) for row in records(pack["referral_routes"])}
    if "home:social" not in homes:
        message = "no route of this pack leads to a social home"
        raise _LacksError(message)
    code = "new_managed_reciprocal"
    senders = [
        str(row["service_id"])
        for row in _running(pack)
        if KINDS[str(row["kind"])].stage is Stage.SAFETY
        and KINDS[str(row["kind"])].pathway is Pathway.MOVE
        and row["kind"] != "out_of_area"
    ]
    routes = [
        Route(from_id=sender, to_id=code, tenures=_SOCIAL, succeeds=success) for sender in senders
    ]
    if not routes:
        message = "this pack has no safe place from which households could move on"
        raise _LacksError(message)
    service = AddService(
        service_id=code,
        name="Managed reciprocals",
        kind="managed_reciprocal",
        basis=CapacityBasis.MOVES,
        otherwise=Answer.YES,
        takes={f"tenure_{t}": Answer.NO for t in Tenure if t not in _SOCIAL},
        delivery=(Delivery.REMOTE,),
        routes=(*routes, Route(from_id=code, to_id="home:social")),
    )
    return (service,), str(found["source"])


def _straight(pack: Pack) -> tuple[tuple[Change, ...], str]:
    """Let council housing options refer to every safe place, without another body between."""
    places = [
        row
        for row in _running(pack)
        if KINDS[str(row["kind"])].stage is Stage.SAFETY and row["kind"] != "out_of_area"
    ]
    changes: list[Change] = []
    for sender in _of_kind(pack, "housing_options"):
        for row in places:
            place = str(row["service_id"])
            stay = KINDS[str(row["kind"])].pathway is Pathway.STAY
            tenures = tuple(t for t in Tenure if t is not Tenure.TEMPORARY) if stay else ()
            if _refers(pack, sender, place, tenures):
                continue
            route = Route(
                from_id=sender,
                to_id=place,
                tenures=tenures,
                aims=(Aim.STAY,) if stay else (),
                accepts=None if stay else _accepts(pack, place),
            )
            changes.append(AddRoute(route=route))
    if not changes:
        message = "council housing options refers to every safe place already, or there is none"
        raise _LacksError(message)
    return tuple(changes), "Routes that nobody has confirmed, in the pack's own table of referrals"


def _more_demand(pack: Pack) -> tuple[tuple[Change, ...], str]:  # noqa: ARG001 - as the others
    return (ChangeDemand(times=MORE_DEMAND),), "A question, not a forecast"


_RECIPES: Final = (
    _Recipe(
        "grant_ends",
        "The safe-accommodation grant ends in March",
        "What would be lost if the money behind the refuges stopped with the financial year.",
        _grant_ends,
    ),
    _Recipe(
        "dispersed_homes",
        "Six dispersed homes more",
        "Homes of their own can take those whom a shared refuge does not: larger families, older "
        "sons, men, people with pets.",
        _dispersed,
    ),
    _Recipe(
        "sanctuary_open",
        "Sanctuary for private renters and owners",
        "Nobody has confirmed that private renters and owners are referred. Where the scheme is "
        "full, more who ask do not mean more who are helped: add installations and see.",
        _sanctuary,
    ),
    _Recipe(
        "by_and_for",
        "A by-and-for refuge",
        "No refuge by and for Black and minoritised women was found. The places are kept for them.",
        _by_and_for,
    ),
    _Recipe(
        "reciprocals",
        "Moving on by managed reciprocals",
        "A social tenant in a safe place could move to another landlord's home and keep the "
        "tenancy. As many come off as did in London; how many could be asked for is not limited.",
        _reciprocals,
        Goal.SETTLED,
    ),
    _Recipe(
        "straight_referral",
        "Referral straight from housing options",
        "Who asks the council first could go to every safe place without another referral between.",
        _straight,
    ),
    _Recipe(
        "more_demand",
        "Ten per cent more ask for help",
        "Whether there is room for more who come forward, and who would be left out.",
        _more_demand,
    ),
)


# What the pack has ------------------------------------------------------------------------

_SAFE_KINDS: Final = frozenset(kind.code for kind in KINDS.values() if kind.confidential)
_ADVICE_KINDS: Final = frozenset({"idva", "community_support", "housing_options"})


def _running(pack: Pack) -> list[Row]:
    """Services not known to be closed, in the order of the pack."""
    return [row for row in records(pack["services"]) if row["operating"] != "no"]


def _of_kind(pack: Pack, *kinds: str) -> list[str]:
    return [str(row["service_id"]) for row in _running(pack) if row["kind"] in kinds]


def _advice(pack: Pack) -> list[str]:
    """Services that advise people and refer to a safe place for certain, somewhere."""
    safe = {str(row["service_id"]) for row in _running(pack)
            if KINDS[str(row["kind"])].stage is Stage.SAFETY}  # fmt: skip
    return [
        sender
        for sender in _of_kind(pack, *_ADVICE_KINDS)
        if any(row["known"] == "yes" and row["to_id"] in safe for row in _from(pack, sender))
    ]


def _senders(pack: Pack, place: str) -> list[str]:
    """Services said to refer to a place, for certain or not, and those that advise people."""
    running = {str(row["service_id"]) for row in _running(pack)}
    said = [
        str(row["from_id"])
        for row in records(pack["referral_routes"])
        if row["to_id"] == place and row["known"] != "no" and row["from_id"] in running
    ]
    return list(dict.fromkeys([*said, *_advice(pack)]))


def _from(pack: Pack, sender: str) -> Iterator[Row]:
    return (row for row in records(pack["referral_routes"]) if row["from_id"] == sender)


def _refers(pack: Pack, sender: str, to: str, tenures: tuple[Tenure, ...]) -> bool:
    """Whether somebody refers to a service for certain, households of every tenure of these."""
    open_to: set[str] = set()
    for row in _from(pack, sender):
        if row["to_id"] == to and row["known"] == "yes":
            open_to |= set(split_codes(row["tenures"]) or Tenure)
    return open_to >= set(tenures or Tenure)


def _accepts(pack: Pack, place: str) -> float | None:
    """Share who accept an offer of a place, as its other routes say; None where none does."""
    rows = (row for row in records(pack["referral_routes"]) if row["to_id"] == place)
    found = (number(row["accepts_central"]) for row in rows)
    return next((share for share in found if share is not None), None)


def _into_safety(pack: Pack, code: str, like: Row | None) -> tuple[Route, ...]:
    """Routes of a new safe place: whoever refers to one for certain refers to it as well.

    Acceptance, and where households move on to, are those of the service it takes after.
    """
    model = "" if like is None else str(like["service_id"])
    accepts = _accepts(pack, model)
    inward = [Route(from_id=sender, to_id=code, accepts=accepts) for sender in _advice(pack)]
    onward = [
        Route(
            from_id=code,
            to_id=str(row["to_id"]),
            tenures=tuple(Tenure(one) for one in split_codes(row["tenures"])),
            rights=tuple(Right(one) for one in split_codes(row["rights"])),
            risks=tuple(Risk(one) for one in split_codes(row["risks"])),
            aims=tuple(Aim(one) for one in split_codes(row["aims"])),
            accepts=number(row["accepts_central"]),
            succeeds=number(row["succeeds_central"]),
            wait_days=number(row["wait_days_central"]),
        )
        for row in _from(pack, model)
        if row["known"] != "no"
    ]
    if not inward:
        message = "nobody in this pack is known to refer to a safe place"
        raise _LacksError(message)
    return (*inward, *onward)


def _year_end(on: date) -> date:
    """Last day of the financial year that a day is in."""
    return date(on.year + (on.month > 3), 3, 31)  # noqa: PLR2004 - March
