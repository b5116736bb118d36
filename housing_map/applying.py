"""What each change does to the tables and settings of a pack.

A change whose object is missing does nothing, and raises
:class:`housing_map.draft.DoesNotApplyError` with the reason, for whoever applies a list of them.
Changes write plain rows: the model that reads them is the one that reads the pack.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import singledispatch
from typing import TYPE_CHECKING, Final

import networkx as nx
import pandas as pd

from housing_map.alter_services import (
    add_service,
    change_occupancy,
    change_stay,
    change_takes,
    close_service,
    close_with,
    move_service,
    resize,
)
from housing_map.cells import day
from housing_map.changes import (
    AddRoute,
    AddService,
    ChangeArrivals,
    ChangeDemand,
    ChangeOccupancy,
    ChangeRoute,
    ChangeStay,
    ChangeTakes,
    CloseService,
    CutRoute,
    EndFunding,
    ExtendFunding,
    MoveService,
    Reserve,
    Resize,
    SetBudget,
    Weigh,
)
from housing_map.demand import Factor, household_shares
from housing_map.draft import ENDS, DoesNotApplyError, with_factor
from housing_map.errors import UsageError
from housing_map.kinds import KINDS
from housing_map.provision import DAYS_A_YEAR, Reservation, check_reserved
from housing_map.route_rows import listed, route_row
from housing_map.schemas import split_codes
from housing_map.vocabulary import HOMES, STAGE_ORDER, Aim, Entry, Right, Risk, Stage, Tenure

if TYPE_CHECKING:
    from datetime import date

    from housing_map.changes import Change, Route
    from housing_map.draft import Draft

_ARRIVALS: Final = "arrivals_per_leaver"
_CONDITIONS: Final = {"tenures": Tenure, "rights": Right, "risks": Risk, "aims": Aim}


@singledispatch
def make(change: Change, draft: Draft) -> None:  # noqa: ARG001 - what each sort of change takes
    """Write a change into a draft; raises :class:`DoesNotApplyError` when it cannot be made."""
    message = f"a change of sort {type(change).__name__} is not known"
    raise DoesNotApplyError(message)


make.register(AddService, add_service)
make.register(CloseService, close_service)
make.register(Resize, resize)
make.register(MoveService, move_service)
make.register(ChangeTakes, change_takes)
make.register(ChangeStay, change_stay)
make.register(ChangeOccupancy, change_occupancy)


# Referral ---------------------------------------------------------------------------------


@make.register(AddRoute)
def _add_route(change: AddRoute, draft: Draft) -> None:
    route = change.route
    start, end = _stage(draft, route.from_id), _stage(draft, route.to_id)
    if (
        STAGE_ORDER.get(start, 0) > STAGE_ORDER.get(end, 0)
        or Stage.SUPPORT in {start, end}
        or start is Stage.HOME
        or end is Stage.ENTRY
    ):
        message = f"a route cannot lead from {route.from_id!r} to {route.to_id!r}: paths go forward"
        raise DoesNotApplyError(message)
    there = draft.rows("referral_routes", from_id=route.from_id, to_id=route.to_id)
    row = route_row(route, draft)
    frame = draft["referral_routes"]
    for name, known in _CONDITIONS.items():
        cells = [listed(known, split_codes(cell)) for cell in frame[name]]
        there &= pd.Series(cells, index=frame.index) == row[name]
    if there.any():
        _open_route(draft, there, route)
        return
    edges = [(str(a), str(b)) for a, b in zip(frame["from_id"], frame["to_id"], strict=True)]
    graph = nx.DiGraph([*edges, (route.from_id, route.to_id)])
    if not nx.is_directed_acyclic_graph(graph):
        message = f"with a route to {route.to_id!r}, households could go round in a circle"
        raise DoesNotApplyError(message)
    draft.add("referral_routes", [row])


def _open_route(draft: Draft, there: pd.Series[bool], route: Route) -> None:
    """Make a route that is there, but not for certain, a certain one; or say that it is."""
    if (draft["referral_routes"].loc[there, "known"] == "yes").all():
        message = f"there is a route from {route.from_id!r} to {route.to_id!r} already"
        raise DoesNotApplyError(message)
    draft.set("referral_routes", there, {"known": "yes", "status": "assumed"})
    _write_shares(draft, there, route.accepts, route.succeeds, route.wait_days)


def _stage(draft: Draft, node: str) -> Stage:
    """Return the stage of a node; raises :class:`DoesNotApplyError` when there is no such node."""
    sort, _, code = node.rpartition(":")
    if sort == "entry" and code in set(Entry):
        return Stage.ENTRY
    if sort == "home" and code in HOMES:
        return Stage.HOME
    if sort:
        message = f"there is no {sort} {code!r} that routes start or end at"
        raise DoesNotApplyError(message)
    return KINDS[str(draft.service(node)["kind"])].stage


@make.register(CutRoute)
def _cut_route(change: CutRoute, draft: Draft) -> None:
    there = draft.rows("referral_routes", from_id=change.from_id, to_id=change.to_id)
    if not there.any():
        message = f"there is no route from {change.from_id!r} to {change.to_id!r}"
        raise DoesNotApplyError(message)
    draft.drop("referral_routes", there)


@make.register(ChangeRoute)
def _change_route(change: ChangeRoute, draft: Draft) -> None:
    ends = {"from_id": change.from_id, "to_id": change.to_id}
    there = draft.rows("referral_routes", **{name: node for name, node in ends.items() if node})
    if not there.any():
        message = f"there is no route from {change.from_id or 'any'} to {change.to_id or 'any'}"
        raise DoesNotApplyError(message)
    _write_shares(draft, there, change.accepts, change.succeeds, change.wait_days)


def _write_shares(
    draft: Draft,
    there: pd.Series[bool],
    accepts: float | None,
    succeeds: float | None,
    wait_days: float | None,
) -> None:
    given = {"accepts": accepts, "succeeds": succeeds, "wait_days": wait_days}
    cells = {
        f"{name}_{end}": value for name, value in given.items() if value is not None for end in ENDS
    }
    if cells:
        draft.set("referral_routes", there, cells)


# Demand -----------------------------------------------------------------------------------


@make.register(ChangeDemand)
def _change_demand(change: ChangeDemand, draft: Draft) -> None:
    if change.need is not None and change.need not in household_shares(draft.pack).circumstances:
        message = "nobody has published how many households have this need"
        raise DoesNotApplyError(message)
    factor = Factor(
        times=change.times,
        lsoas=draft.lsoas(change.areas),
        tenures=frozenset(change.tenures),
        need=change.need,
    )
    draft.settings = with_factor(draft.settings, factor)


@make.register(ChangeArrivals)
def _change_arrivals(change: ChangeArrivals, draft: Draft) -> None:
    there = draft.rows("parameters", key=_ARRIVALS)
    if not there.any():
        message = f"the pack has no parameter {_ARRIVALS!r}"
        raise DoesNotApplyError(message)
    if change.times is not None:
        draft.scale("parameters", there, "", change.times)
    else:
        draft.set("parameters", there, dict.fromkeys(ENDS, change.per_leaver))


# Money and rules --------------------------------------------------------------------------


@make.register(EndFunding)
def _end_funding(change: EndFunding, draft: Draft) -> None:
    last = draft.eve if change.on is None else change.on
    there = _stream(draft, change)
    before = draft["funding"]["ends_on"]
    sooner = before[there].max()
    there &= before.isna() | (before >= pd.Timestamp(last))
    if not there.any():
        message = (
            f"{change.stream} ends on {sooner:%-d %B %Y} already: say that day, or an earlier one"
        )
        raise DoesNotApplyError(message)
    draft.set("funding", there, {"ends_on": pd.Timestamp(last)})
    money = draft["funding"]
    for service in sorted({str(code) for code in money.loc[there, "service_id"]}):
        others = draft.rows("funding", service_id=service) & ~there
        ends = [day(cell) for cell in money.loc[others, "ends_on"]]
        name = str(draft.service(service)["name"])
        if any(end is None or end > last for end in ends):
            draft.notices.append(
                f"{name} has other money that is not known to end: it is taken to go on"
            )
        elif close_with(draft, service, last):
            draft.unpaid.add(service)


def _stream(draft: Draft, change: EndFunding | ExtendFunding) -> pd.Series[bool]:
    cells = {"stream": change.stream}
    if change.service_id is not None:
        cells["service_id"] = change.service_id
    there = draft.rows("funding", **cells)
    if not there.any():
        whose = f" to {change.service_id!r}" if change.service_id else ""
        message = f"there is no stream of money called {change.stream!r}{whose}"
        raise DoesNotApplyError(message)
    return there


@make.register(ExtendFunding)
def _extend_funding(change: ExtendFunding, draft: Draft) -> None:
    there = _stream(draft, change)
    until = pd.Timestamp(change.until)
    ends = draft["funding"]["ends_on"]
    closed = draft["funding"]["service_id"].isin(draft.unpaid)
    there &= ends.isna() | (ends < until) | ((ends == until) & closed)
    if not there.any():
        message = f"{change.stream} goes on until then, or for longer, already"
        raise DoesNotApplyError(message)
    before = draft["funding"][there]
    draft.set("funding", there, {"ends_on": until})
    for code, ended in zip(before["service_id"], before["ends_on"], strict=True):
        _reopen(draft, str(code), day(ended), change.until)
    if change.until < draft.on + timedelta(days=int(DAYS_A_YEAR)):
        draft.notices.append(
            f"{change.stream} would end again on {change.until:%-d %B %Y}, within the year"
        )


def _reopen(draft: Draft, service: str, ended: date | None, until: date) -> None:
    """Let a service go on that would have closed with its money."""
    row = draft.records("services", service_id=service)[0]
    closes = day(row["closes_on"])
    if service in draft.unpaid:
        draft.unpaid.discard(service)
        without = draft.settings.without - {service}
        draft.settings = replace(draft.settings, without=without)
        # What closed it was this scenario: it is as it was, and ends as it would have.
        baseline = draft.pack["services"]
        closes = day(next(iter(baseline.loc[baseline["service_id"] == service, "closes_on"]), None))
    elif closes is not None and closes == ended:
        closes = until
    else:
        return
    there = draft.rows("services", service_id=service)
    draft.set("services", there, {"closes_on": pd.Timestamp(closes) if closes else pd.NaT})


@make.register(Reserve)
def _reserve(change: Reserve, draft: Draft) -> None:
    kept = Reservation(change.pool, change.rule, change.units)
    reserved = tuple(
        sorted((*draft.settings.reserved, kept), key=lambda one: (one.pool, one.rule, one.units))
    )
    try:
        check_reserved(draft.looked_at(), draft.on, reserved)
    except UsageError as error:
        raise DoesNotApplyError(str(error)) from error
    draft.settings = replace(draft.settings, reserved=reserved)


@make.register(Weigh)
def _weigh(change: Weigh, draft: Draft) -> None:
    weights = dict(draft.settings.weights) | {change.rule: change.weight}
    if change.weight == 1:
        del weights[change.rule]
    draft.settings = replace(draft.settings, weights=tuple(sorted(weights.items())))


@make.register(SetBudget)
def _set_budget(change: SetBudget, draft: Draft) -> None:
    draft.budget = change
