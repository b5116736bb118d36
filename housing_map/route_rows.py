"""Rows of referral routes as a scenario writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from housing_map.cells import number, records
from housing_map.draft import ENDS
from housing_map.vocabulary import Aim, Right, Risk, Tenure

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from housing_map.changes import Route
    from housing_map.draft import Draft


def route_row(route: Route, draft: Draft) -> dict[str, object]:
    """Return the row of a route; without an order of its own it follows those the sender had.

    Several new ones of a sender stand side by side, whichever change comes first.
    """
    figures = {
        "accepts": route.accepts,
        "succeeds": route.succeeds,
        "wait_days": route.wait_days,
    }
    order = route.order
    if order is None:
        had = records(draft.pack["referral_routes"])
        orders = [number(row["order"]) for row in had if row["from_id"] == route.from_id]
        order = 1 + int(max((known for known in orders if known is not None), default=0))
    return {
        "from_id": route.from_id,
        "to_id": route.to_id,
        "known": "yes",
        "tenures": listed(Tenure, route.tenures),
        "rights": listed(Right, route.rights),
        "risks": listed(Risk, route.risks),
        "aims": listed(Aim, route.aims),
        **{f"{name}_{end}": value for name, value in figures.items() for end in ENDS},
        "order": order,
        "status": "assumed",
        "source": draft.source,
    }


def listed(known: Iterable[str], codes: Collection[str]) -> str:
    """Return codes as a cell, in the order of the vocabulary: a list says the same in any."""
    return ";".join(code for code in known if code in codes)


def routes_like(service: str, like: str, draft: Draft) -> Iterable[dict[str, object]]:
    """Yield the routes of the service ``like``, to and from ``service`` in its place."""
    for end in ("from_id", "to_id"):
        for row in draft.records("referral_routes", **{end: like}):
            yield {**row, end: service, "source": draft.source, "status": "assumed"}
