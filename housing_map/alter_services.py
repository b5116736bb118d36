"""Changes of provision, as they are written into the tables of a pack: services and their pools."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import pandas as pd

from housing_map.cells import day, is_empty, number
from housing_map.draft import ENDS, DoesNotApplyError
from housing_map.kinds import KINDS
from housing_map.location_patterns import WIDE_AREA
from housing_map.provision import DAYS_A_YEAR, open_services, pools
from housing_map.route_rows import route_row, routes_like
from housing_map.schemas import split_codes
from housing_map.vocabulary import RULES, CapacityBasis, Delivery, Pathway, Run, Stage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from housing_map.cells import Row
    from housing_map.changes import (
        AddService,
        ChangeOccupancy,
        ChangeStay,
        ChangeTakes,
        CloseService,
        MoveService,
        Point,
        Resize,
    )
    from housing_map.draft import Draft

TO_BE_COMMISSIONED: Final = "to_be_commissioned"
"""Organisation of a new service for which nobody has been chosen."""
SHARED: Final = "pool:"
_UNIT_FIGURES: Final = ("stay_days", "occupancy")
_PLACES: Final = {Stage.SAFETY, Stage.HOUSING}
_SAME: Final = 1e-9


# A new service ----------------------------------------------------------------------------


def add_service(change: AddService, draft: Draft) -> None:
    """Add a service, what it takes, its places, its areas and its routes."""
    code = change.service_id
    if draft.rows("services", service_id=code).any():
        message = f"there is a service {code!r} already"
        raise DoesNotApplyError(message)
    like = _model_of(change, draft)
    areas = _areas_of_new(change, like, draft)
    places = None if change.capacity is None else _capacity_row(change, like, draft)
    _check_organisation(change, draft)
    if change.capacity is None and draft.rows("pool_assumptions", kind=change.kind).any():
        message = (
            "say how many places it is to have: others of its kind have a known or assumed number"
        )
        raise DoesNotApplyError(message)
    if change.capacity is None and KINDS[change.kind].confidential:
        message = "say how many places it is to have: safe accommodation is never without a limit"
        raise DoesNotApplyError(message)
    if change.organisation_id is None:
        _add_placeholder(draft)
    routes = (
        list(routes_like(code, str(like["service_id"]), draft))
        if change.routes is None and like is not None
        else [route_row(route, draft) for route in change.routes or ()]
    )
    if change.capacity is None and KINDS[change.kind].stage in _PLACES:
        draft.notices.append(f"Nobody has said how many {change.name} can help: it has no limit")
    if change.opens_on is not None and change.opens_on > draft.on:
        draft.notices.append(
            f"{change.name} opens after {_day(draft.on)}, and has no part in the year from then"
        )
    draft.add("services", [_service_row(change, like, draft)])
    if places is not None:
        draft.add("capacity", [places])
        there = _beside_the_pool(change.kind, str(places["basis"]), change.capacity or 0.0, draft)
        if there.any():
            sites = draft["pool_assumptions"]["sites"]
            draft.set("pool_assumptions", there, {"sites": (sites + 1)})
    draft.add("eligibility", _rule_rows(change, like, draft))
    draft.add("areas_served", [_served(code, area, draft) for area in areas])
    draft.add("delivery_points", _point_rows(code, change.points, draft))
    draft.add("referral_routes", routes)


def _model_of(change: AddService, draft: Draft) -> Row | None:
    """Return the service that a new one takes after, where nothing else is said."""
    if change.like is not None:
        return draft.service(change.like)
    alike = draft.records("services", kind=change.kind)
    running = [row for row in alike if row["operating"] != "no"]
    if not running and change.routes is None:
        message = (
            f"nothing of the kind {KINDS[change.kind].label!r} is there yet that it could take "
            "after: say who refers to it, and where it leads"
        )
        raise DoesNotApplyError(message)
    return running[0] if running else None


def _check_organisation(change: AddService, draft: Draft) -> None:
    named = change.organisation_id
    if named is not None and not draft.rows("organisations", organisation_id=named).any():
        message = f"there is no organisation {named!r}"
        raise DoesNotApplyError(message)


def _add_placeholder(draft: Draft) -> None:
    if draft.rows("organisations", organisation_id=TO_BE_COMMISSIONED).any():
        return
    row = {
        "organisation_id": TO_BE_COMMISSIONED,
        "name": "Not yet commissioned",
        "provider_type": "unknown",
        "supports_da_in_objects": "unknown",
        "non_profit": "unknown",
        "voluntary": "unknown",
        "status": "assumed",
        "source": draft.source,
    }
    draft.add("organisations", [row])


def _service_row(change: AddService, like: Row | None, draft: Draft) -> dict[str, object]:
    organisation = change.organisation_id or TO_BE_COMMISSIONED
    kind = KINDS[change.kind]

    def listed(name: str, given: Sequence[str] | None) -> object:
        if given is not None:
            return ";".join(given)
        return None if like is None else like[name]

    ways = change.delivery
    if ways is None and (like is None or like["kind"] != change.kind):
        home = KINDS[change.kind].pathway is Pathway.STAY
        of_kind = Delivery.HOME if home else Delivery.ACCOMMODATION
        ways = (of_kind if kind.confidential else Delivery.VISIT,)
    return {
        "service_id": change.service_id,
        "name": change.name,
        "kind": change.kind,
        "organisation_id": organisation,
        "accommodation_provider_id": organisation if kind.stage in _PLACES else None,
        "support_provider_id": organisation,
        "components": listed("components", change.components),
        "support_types": listed("support_types", change.support_types),
        "used_with": listed("used_with", None),
        "delivery": listed("delivery", ways),
        "operating": "yes",
        "opened_on": change.opens_on,
        "closes_on": change.closes_on,
        "status": "assumed",
        "source": draft.source,
    }


def _capacity_row(change: AddService, like: Row | None, draft: Draft) -> dict[str, object]:
    """Return the places of a new service; stay and occupancy as those it takes after."""
    assumed = draft.records("pool_assumptions", kind=change.kind)
    own = draft.records("capacity", service_id=str(like["service_id"])) if like else []
    known = [row for row in (*own, *assumed) if not is_empty(row["capacity_central"])]
    basis = change.basis or (CapacityBasis(known[0]["basis"]) if known else None)
    if basis is None:
        message = "say what its capacity counts: nothing of its kind has a figure"
        raise DoesNotApplyError(message)
    row: dict[str, object] = {
        "service_id": change.service_id,
        "basis": str(basis),
        "sites": 1,
        "status": "assumed",
        "source": draft.source,
        **dict.fromkeys((f"capacity_{end}" for end in ENDS), change.capacity),
    }
    if basis is not CapacityBasis.UNITS:
        return row
    given = {"stay_days": change.stay_days, "occupancy": change.occupancy}
    for name in _UNIT_FIGURES:
        told = [one for one in known if not is_empty(one[f"{name}_central"])]
        for end in ENDS:
            figure = given[name]
            row[f"{name}_{end}"] = (
                figure if figure is not None or not told else told[0][f"{name}_{end}"]
            )
        if row[f"{name}_central"] is None:
            what = name.replace("_", " ")
            message = f"say its {what}: nothing of its kind has a figure"
            raise DoesNotApplyError(message)
    return row


def _beside_the_pool(kind: str, basis: str, by: float, draft: Draft) -> pd.Series[bool]:
    """Let the assumption for the whole district move with a service that has its own figure.

    A service that reports leaves the pool, which keeps the rest: what is new must not come out of
    what the others have, nor what is lost go to them. Returns the rows of the assumption.
    """
    there = draft.rows("pool_assumptions", kind=kind, basis=basis)
    if there.any():
        draft.shift("pool_assumptions", there, "capacity", by)
    return there


def _rule_rows(change: AddService, like: Row | None, draft: Draft) -> list[dict[str, object]]:
    """Return what a new service answers to each rule."""
    answers: dict[str, object] = {}
    if change.otherwise is not None:
        answers = dict.fromkeys(RULES, str(change.otherwise))
    elif like is not None:
        of_model = draft.records("eligibility", service_id=str(like["service_id"]))
        answers = {str(row["rule"]): row["answer"] for row in of_model}
    answers |= {rule: str(answer) for rule, answer in change.takes.items()}
    return [
        {
            "service_id": change.service_id,
            "rule": rule,
            "answer": answer,
            "status": "assumed",
            "source": draft.source,
        }
        for rule, answer in answers.items()
    ]


def _areas_of_new(change: AddService, like: Row | None, draft: Draft) -> list[str]:
    if change.areas is not None:
        return _checked_areas(change.kind, change.areas, draft)
    if like is None:
        return [draft.pack.info.district_code]
    rows = draft.records("areas_served", service_id=str(like["service_id"]))
    areas = [str(row["area"]) for row in rows]
    if KINDS[change.kind].confidential:
        areas = [area for area in areas if WIDE_AREA.match(area)]
    return areas or [draft.pack.info.district_code]


def _checked_areas(kind: str, names: Sequence[str], draft: Draft) -> list[str]:
    """Return codes of areas; safe accommodation serves the district or wider, and nothing less."""
    wide = [name for name in names if WIDE_AREA.match(name)]
    areas = wide + draft.areas([name for name in names if name not in wide])
    if KINDS[kind].confidential and any(not WIDE_AREA.match(area) for area in areas):
        message = "safe accommodation serves the whole district or wider, so that no place shows"
        raise DoesNotApplyError(message)
    return areas


def _served(service: str, area: str, draft: Draft) -> dict[str, object]:
    return {"service_id": service, "area": area, "status": "assumed", "source": draft.source}


def _point_rows(service: str, points: Sequence[Point], draft: Draft) -> list[dict[str, object]]:
    return [
        {
            "point_id": f"{service}_{number}",
            "service_id": service,
            "name": point.name,
            "lon": point.lon,
            "lat": point.lat,
            "precision": "town",
            "status": "assumed",
            "source": draft.source,
        }
        for number, point in enumerate(points, 1)
    ]


# Services there are -----------------------------------------------------------------------


def close_service(change: CloseService, draft: Draft) -> None:
    """Close a service, after a day or before the year begins."""
    row = draft.service(change.service_id)
    if row["operating"] == "no" or change.service_id in draft.settings.without:
        message = f"{row['name']} is closed already"
        raise DoesNotApplyError(message)
    closes = day(row["closes_on"])
    if change.on is not None and closes is not None and closes <= change.on:
        message = f"{row['name']} closes on {_day(closes)} already"
        raise DoesNotApplyError(message)
    close_with(draft, change.service_id, draft.eve if change.on is None else change.on)


def close_with(draft: Draft, service: str, last: date) -> bool:
    """Let the day ``last`` be the last of a service, unless it closes sooner.

    One that has no part in the year is taken out as if it had ended, so that it takes along what
    it may have had of a shared pool. Returns whether it closes sooner than it would have.
    """
    if service in draft.settings.without:
        return False
    if last < draft.on:
        without = draft.settings.without | {service}
        draft.settings = replace(draft.settings, without=without)
        return True
    row = draft.service(service)
    closes = day(row["closes_on"])
    if last >= draft.on + timedelta(days=int(DAYS_A_YEAR)):
        draft.notices.append(
            f"{row['name']} closes on {_day(last)}, after the year from {_day(draft.on)}: "
            "nothing is lost in it"
        )
    if closes is not None and closes <= last:
        return False
    gone = int(DAYS_A_YEAR) - (last - draft.on).days - 1
    if 0 < gone < DAYS_A_YEAR:
        draft.notices.append(
            f"{row['name']} ends on {_day(last)}, within the year from {_day(draft.on)} that is "
            f"asked about: it is missing for {gone} of its {int(DAYS_A_YEAR)} days, and a whole "
            "year without it would weigh more"
        )
    there = draft.rows("services", service_id=service)
    draft.set("services", there, {"closes_on": pd.Timestamp(last)})
    return True


def move_service(change: MoveService, draft: Draft) -> None:
    """Let a service serve other areas, or be visited elsewhere."""
    kind = str(draft.service(change.service_id)["kind"])
    if change.points and KINDS[kind].confidential:
        message = "safe accommodation has no place that is written down"
        raise DoesNotApplyError(message)
    if change.areas is not None:
        areas = _checked_areas(kind, change.areas, draft)
        draft.drop("areas_served", draft.rows("areas_served", service_id=change.service_id))
        draft.add("areas_served", [_served(change.service_id, area, draft) for area in areas])
    if change.points is not None:
        draft.drop("delivery_points", draft.rows("delivery_points", service_id=change.service_id))
        draft.add("delivery_points", _point_rows(change.service_id, change.points, draft))


def change_takes(change: ChangeTakes, draft: Draft) -> None:
    """Write a service's answer to some rules."""
    draft.service(change.service_id)
    cells = {"answer": str(change.answer), "status": "assumed", "source": draft.source}
    missing = []
    for rule in change.rules:
        there = draft.rows("eligibility", service_id=change.service_id, rule=rule)
        if there.any():
            draft.set("eligibility", there, cells)
        else:
            missing.append({"service_id": change.service_id, "rule": rule, **cells})
    draft.add("eligibility", missing)


def _day(on: date) -> str:
    return f"{on:%-d %B %Y}"


# Places -----------------------------------------------------------------------------------


def resize(change: Resize, draft: Draft) -> None:
    """Give a pool more or fewer places."""
    table, there = pool_rows(change.pool, draft)
    now = _has(change.pool, draft)
    by = change.by if change.by is not None else (change.to or 0.0) - now
    if now + by < 0:
        message = f"{-by:g} places cannot be taken from {now:g}"
        raise DoesNotApplyError(message)
    draft.shift(table, there, "capacity", by)
    if not change.pool.startswith(SHARED):
        own = draft.records("capacity", service_id=change.pool)[0]
        kind = str(draft.service(change.pool)["kind"])
        _beside_the_pool(kind, str(own["basis"]), by, draft)
    if abs(_has(change.pool, draft) - now - by) > _SAME:
        message = (
            f"the places assumed for {change.pool!r} are all used up by services with a figure of "
            "their own, or it has no service left: change one of them"
        )
        raise DoesNotApplyError(message)
    _say_what_is_left(change.pool, by, draft)


def _say_what_is_left(pool: str, by: float, draft: Draft) -> None:
    """Say that places added to a shared pool that lost a member count in part."""
    running = open_services(draft.looked_at(), draft.on, Run.OPTIMISTIC, draft.settings.without)
    shared = next((one for one in pools(draft.looked_at(), running) if one.id == pool), None)
    if by <= 0 or shared is None or shared.left is None:
        return
    draft.notices.append(
        f"{shared.label} loses a member as well, and keeps a part of its places: of {by:g} that "
        f"are added to it, {by * (shared.left.central or 0.0):.3g} count in the central run. Add a "
        "new service to count them whole"
    )


def _has(pool: str, draft: Draft) -> float:
    """Return the places of a pool as the tables say: of a shared one, what it keeps."""
    if not pool.startswith(SHARED):
        row = draft.records("capacity", service_id=pool)[0]
        return number(row["capacity_central"]) or 0.0
    looked_at = draft.looked_at()
    running = open_services(looked_at, draft.on, Run.OPTIMISTIC, draft.settings.without)
    return next(
        (one.capacity.central or 0.0 for one in pools(looked_at, running) if one.id == pool), 0.0
    )


def pool_rows(pool: str, draft: Draft) -> tuple[str, pd.Series[bool]]:
    """Return the table that holds a pool, and its row there.

    Raises :class:`housing_map.draft.DoesNotApplyError` for a pool without a figure.
    """
    if pool.startswith(SHARED):
        table, there = "pool_assumptions", draft.rows("pool_assumptions", kind=pool[len(SHARED) :])
        nobody = f"there is no assumption for {pool!r}"
    else:
        kind = draft.service(pool)["kind"]
        if KINDS[str(kind)].stage is Stage.SUPPORT and not _beside(pool, draft):
            message = f"{pool!r} stands beside the routes: its places change no figure"
            raise DoesNotApplyError(message)
        table, there = "capacity", draft.rows("capacity", service_id=pool)
        nobody = (
            f"{pool!r} has no figure of its own: its places are among those of '{SHARED}{kind}'"
        )
    there &= draft[table]["capacity_central"].notna()
    if not there.any():
        raise DoesNotApplyError(nobody)
    return table, there


def _beside(service: str, draft: Draft) -> bool:
    """Whether some service has to be used together with this one, which then limits it."""
    return any(service in split_codes(cell) for cell in draft["services"]["used_with"])


def change_stay(change: ChangeStay, draft: Draft) -> None:
    """Let the mean stay in a pool be longer or shorter."""
    table, there = pool_rows(change.pool, draft)
    now = _central(draft, table, there, "stay_days", change.pool)
    times = change.times if change.times is not None else (change.days or now) / now
    draft.scale(table, there, "stay_days", times)


def change_occupancy(change: ChangeOccupancy, draft: Draft) -> None:
    """Let more or less of the unit-days of a pool be used."""
    table, there = pool_rows(change.pool, draft)
    now = _central(draft, table, there, "occupancy", change.pool)
    draft.scale(table, there, "occupancy", change.share / now)


def _central(draft: Draft, table: str, there: pd.Series[bool], prefix: str, pool: str) -> float:
    cell = number(draft[table].loc[there, f"{prefix}_central"].iloc[0])
    if not cell:
        message = f"{pool!r} has no {prefix.replace('_', ' ')}: its capacity is not in units"
        raise DoesNotApplyError(message)
    return cell
