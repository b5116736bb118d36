"""Rows of referral routes as a scenario writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from housing_map.cells import number
from housing_map.draft import ENDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from housing_map.changes import Route
    from housing_map.draft import Draft


def route_row(route: Route, draft: Draft) -> dict[str, object]:
    """Return the row of a route; without an order of its own it is the sender's last."""
    figures = {
        "accepts": route.accepts,
        "succeeds": route.succeeds,
        "wait_days": route.wait_days,
    }
    order = route.order
    if order is None:
        orders = [
            number(row["order"]) for row in draft.records("referral_routes", from_id=route.from_id)
        ]
        order = 1 + int(max((known for known in orders if known is not None), default=0))
    return {
        "from_id": route.from_id,
        "to_id": route.to_id,
        "known": "yes",
        "tenures": ";".join(route.tenures),
        "rights": ";".join(route.rights),
        "risks": ";".join(route.risks),
        "aims": ";".join(route.aims),
        **{f"{name}_{end}": value for name, value in figures.items() for end in ENDS},
        "order": order,
        "status": "assumed",
        "source": draft.source,
    }


def routes_like(service: str, like: str, draft: Draft) -> Iterable[dict[str, object]]:
    """Yield the routes of the service ``like``, to and from ``service`` in its place."""
    for end in ("from_id", "to_id"):
        for row in draft.records("referral_routes", **{end: like}):
            yield {**row, end: service, "source": draft.source, "status": "assumed"}
