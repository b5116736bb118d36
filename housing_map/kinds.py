"""Kinds of service: where each stands on a route, and whom it can be meant for.

The kind of a service says at which stage it helps, whether by staying or by moving, to which
component of the Whole Housing Approach it belongs, and what it is in law.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from housing_map.vocabulary import Aim, Component, LegalCategory, Pathway, Stage, Tenure


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of service: where it stands on a route, and what it is in law.

    ``confidential`` kinds never have a place on a map, in any file or for any role.
    """

    code: str
    label: str
    stage: Stage
    pathway: Pathway | None
    component: Component | None
    category: LegalCategory | None = None
    confidential: bool = False


def _kinds() -> dict[str, Kind]:
    coordination, safety, housing = Stage.COORDINATION, Stage.SAFETY, Stage.HOUSING
    stay, move, both = Pathway.STAY, Pathway.MOVE, Pathway.ANY
    c, law = Component, LegalCategory
    rows = [
        Kind("dramm", "Daily risk assessment management meeting", coordination, both, None),
        Kind("marac", "Multi-agency risk assessment conference", coordination, both, None),
        Kind("idva", "Independent domestic violence adviser", coordination, both, None),
        Kind("helpline", "Helpline", coordination, both, None),
        Kind("housing_options", "Council housing options", coordination, both, c.HOUSING_OPTIONS),
        Kind("co_located_advocate", "Co-located housing advocate", coordination, both, c.CO_LOCATED),
        Kind("mobile_advocacy", "Mobile advocacy", coordination, both, c.MOBILE),
        Kind("community_support", "Community-based support", coordination, both, None),
        Kind("refuge", "Refuge", safety, move, c.REFUGE, law.REFUGE, confidential=True),
        Kind("specialist_safe", "Specialist safe accommodation", safety, move, c.REFUGE, law.SPECIALIST, confidential=True),
        Kind("dispersed", "Dispersed accommodation", safety, move, c.SUPPORTED, law.DISPERSED, confidential=True),
        Kind("second_stage", "Second-stage accommodation", safety, move, c.SUPPORTED, law.SECOND_STAGE, confidential=True),
        Kind("other_emergency", "Other designated emergency accommodation", safety, move, c.SUPPORTED, law.OTHER_EMERGENCY, confidential=True),
        Kind("sanctuary", "Sanctuary scheme", safety, stay, c.SANCTUARY, law.SANCTUARY, confidential=True),
        Kind("target_hardening", "Target hardening", safety, stay, c.SANCTUARY, confidential=True),
        Kind("temporary_accommodation", "Temporary accommodation", safety, move, c.HOUSING_OPTIONS),
        Kind("out_of_area", "Safe accommodation outside the district", safety, move, None),
        Kind("social_letting", "Social letting", housing, move, c.SOCIAL_HOUSING),
        Kind("private_rented_access", "Help into private renting", housing, move, c.PRIVATE_RENTED),
        Kind("owner_support", "Support for home owners", housing, stay, c.PRIVATELY_OWNED),
        Kind("managed_reciprocal", "Managed reciprocal", housing, move, c.RECIPROCALS),
        Kind("flexible_funding", "Flexible funding", housing, both, c.FLEXIBLE_FUNDING),
        Kind("housing_first", "Housing First", housing, move, c.HOUSING_FIRST),
        Kind("perpetrator_programme", "Perpetrator programme", Stage.SUPPORT, None, c.PERPETRATOR),
        Kind("supported_housing", "Supported housing for homeless people", Stage.SUPPORT, None, c.SUPPORTED),
        Kind("wider_support", "Wider support", Stage.SUPPORT, None, None),
    ]  # fmt: skip
    return {kind.code: kind for kind in rows}


KINDS: Final = _kinds()
CONFIDENTIAL_KINDS: Final = frozenset(k.code for k in KINDS.values() if k.confidential)
FEWEST: Final = 3
"""Confidential services, and organisations that offer them, which are told of in public at least.

Fewer are neither named nor counted there: where one service alone fits, it can be found.
"""

_STAY_KINDS: Final = frozenset({"sanctuary", "target_hardening"})
_MOVE_KINDS: Final = frozenset(
    {"refuge", "specialist_safe", "dispersed", "other_emergency", "temporary_accommodation",
     "social_letting", "private_rented_access", "housing_first"}
)  # fmt: skip
_SOCIAL: Final = frozenset({Tenure.COUNCIL, Tenure.ASSOCIATION})


def suitable_kinds(tenure: Tenure, aim: Aim, pathway: Pathway = Pathway.ANY) -> frozenset[str]:
    """Kinds of service that can be the safe place on a route: the question *provided* asks.

    A household that wishes to stay may also be helped to move ("met another way"); one that
    wishes or has to move is never told to stay. A managed reciprocal suits social tenants only
    (DAHA). Nobody without a home of their own can stay in it.

    >>> sorted(suitable_kinds(Tenure.TEMPORARY, Aim.STAY, Pathway.STAY))
    []
    """
    if aim is Aim.LEAVE:
        return frozenset() if pathway is Pathway.STAY else frozenset({"out_of_area"})
    kinds: frozenset[str] = frozenset()
    if aim is Aim.STAY and tenure is not Tenure.TEMPORARY and pathway is not Pathway.MOVE:
        kinds |= _STAY_KINDS
    if pathway is not Pathway.STAY:
        kinds |= _MOVE_KINDS
        if tenure in _SOCIAL and aim is not Aim.ARRIVE:
            kinds |= {"managed_reciprocal"}
    return kinds


COMPONENT_TENURES: Final[dict[Component, frozenset[Tenure]]] = {
    Component.RECIPROCALS: _SOCIAL,
    Component.PRIVATELY_OWNED: frozenset({Tenure.OWNED}),
    Component.SANCTUARY: frozenset(Tenure) - {Tenure.TEMPORARY},
    Component.PERPETRATOR: frozenset(Tenure) - {Tenure.TEMPORARY},
}
"""Tenures a component is meant for, where it is not all of them (framework of DAHA)."""

COMPONENT_AIMS: Final[dict[Component, frozenset[Aim]]] = {
    Component.SANCTUARY: frozenset({Aim.STAY}),
    Component.PRIVATELY_OWNED: frozenset({Aim.STAY}),
    Component.PERPETRATOR: frozenset({Aim.STAY}),
}
"""Aims a component suits, where it is not every aim but leaving the district."""


def component_suits(component: Component, tenure: Tenure, aim: Aim) -> bool:
    """Whether a household of this tenure and aim is one the component is meant for.

    Households that leave the district are nobody's to house here; others are judged by
    :data:`COMPONENT_TENURES` and :data:`COMPONENT_AIMS`.
    """
    aims = COMPONENT_AIMS.get(component, frozenset(Aim) - {Aim.LEAVE})
    return aim in aims and tenure in COMPONENT_TENURES.get(component, frozenset(Tenure))


ON_ROUTE: Final = frozenset(
    kind.component
    for kind in KINDS.values()
    if kind.stage is not Stage.SUPPORT and kind.component is not None
)
"""Components that can stand on a route; perpetrator programmes stand beside the routes."""
