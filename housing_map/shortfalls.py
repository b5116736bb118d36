"""Why nothing that is asked for can be had: what binds, and how much is missing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from housing_map.gates import group_names
from housing_map.plans import EXACT, must, together

if TYPE_CHECKING:
    from housing_map.plans import Plans


def why_not(plans: Plans) -> str:
    """Say what binds, and by how much, when no set of candidates is allowed.

    Looked for in this order: what must be done cannot be done together; it costs more than there
    is; floors that nothing reaches, whatever is spent; floors that cost more than there is.
    """
    forced = [(n, one) for n, one in enumerate(plans.found.candidates) if must(one, plans.ask)]
    for inside in together(plans.found.candidates):
        both = [one.label for n, one in forced if n in inside]
        if len(both) > 1:
            return f"Only one of these can be done, and more than one must be: {'; '.join(both)}"
    must_be = "; ".join(one.label for _, one in forced)
    said = _over_budget(plans, floors=False)
    if said:
        return f"The budget binds: what must be done ({must_be}) {said}"
    unbound = plans.copy()
    unbound.limit_to(replace(plans.ask, gbp_a_year=None, units=None), floors=True)
    short = unbound.shortfalls()
    if (short > EXACT).any():
        names = group_names(plans.found, plans.groups)
        worst = sorted(zip(short, names, strict=True), reverse=True)
        named = "; ".join(
            f"{name}: {missing:,.1f} households a year short"
            for missing, name in worst
            if missing > EXACT
        )
        return f"Room and routes bind, whatever is spent: the floors cannot be reached for {named}"
    said = _over_budget(plans, floors=True)
    if said:
        return f"The budget binds: to keep every group at its floor {said}"
    if plans.ask.gbp_a_year is not None and plans.ask.units is not None:
        return "The two budgets bind together: each alone would do, in pounds and in units"
    return "Routes bind: the model finds no set of candidates that keeps every group at its floor"


def _over_budget(plans: Plans, *, floors: bool) -> str:
    """Say what the cheapest allowed set takes beyond a budget; nothing where it does not."""
    free = plans.copy()
    free.limit_to(replace(plans.ask, gbp_a_year=None, units=None), floors=floors)
    for price, budget, unit, form in (
        (plans.costs, plans.ask.gbp_a_year, "pounds a year", ",.0f"),
        (plans.units, plans.ask.units, "units", ",.6g"),
    ):
        if budget is None:
            continue
        least = free.least_spent(price)
        if least > budget + EXACT:
            over = f"{least - budget:{form}} more than the {budget:{form}} there are"
            return f"takes {least:{form}} {unit}, {over}"
    return ""
