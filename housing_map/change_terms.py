"""The words of scenarios: sorts of change as people look for them, kinds of service, households."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from housing_map.vocabulary import CapacityBasis
from housing_map.words import counted_kind


@dataclass(frozen=True, slots=True)
class Sort:
    """A sort of change as a commissioner would look for it, under a heading."""

    code: str
    heading: str
    title: str
    line: str


_PROVISION, _ROUTES, _DEMAND, _MONEY = "Services", "Referral", "Who asks", "Money and rules"

SORTS: Final = {
    sort.code: sort
    for sort in (
        Sort(
            "resize",
            _PROVISION,
            "More or fewer places",
            "Places added to, or taken from, what there is.",
        ),
        Sort(
            "add_service",
            _PROVISION,
            "A new service",
            "A service that there is not yet: its kind, its size and whom it takes.",
        ),
        Sort(
            "close_service",
            _PROVISION,
            "A service closes",
            "From a day on, or before the year begins.",
        ),
        Sort(
            "takes",
            _PROVISION,
            "Whom a service takes",
            "It takes, or no longer takes, some households.",
        ),
        Sort(
            "stay",
            _PROVISION,
            "Shorter or longer stays",
            "The same homes help more households when each stays a shorter time.",
        ),
        Sort(
            "occupancy",
            _PROVISION,
            "Homes fuller or emptier",
            "The share of days on which a home is lived in.",
        ),
        Sort(
            "move_service",
            _PROVISION,
            "Where a service works",
            "The areas it serves, or where people visit it. Safe accommodation has no place.",
        ),
        Sort(
            "add_route",
            _ROUTES,
            "A new way to be referred",
            "Somebody refers to a service who does not, or is not known to.",
        ),
        Sort(
            "cut_route",
            _ROUTES,
            "A way to be referred ends",
            "Somebody no longer refers to a service.",
        ),
        Sort(
            "change_route",
            _ROUTES,
            "How well referrals work",
            "The share who accept, the share that comes off, or the wait.",
        ),
        Sort(
            "demand",
            _DEMAND,
            "More or fewer ask for help",
            "Everybody, some areas or tenures, or households with one need.",
        ),
        Sort(
            "arrivals",
            _DEMAND,
            "Arrivals from elsewhere",
            "More or fewer households come from outside the district.",
        ),
        Sort(
            "end_funding",
            _MONEY,
            "Money ends",
            "A grant or contract ends; services with no other money close with it.",
        ),
        Sort(
            "extend_funding",
            _MONEY,
            "Money goes on",
            "A grant or contract lasts longer, and so do the services it pays for.",
        ),
        Sort(
            "reserve",
            _MONEY,
            "Places kept for some",
            "Places that only households with a certain need may use.",
        ),
        Sort(
            "weight",
            _MONEY,
            "Who counts more",
            "Some households count for more than others when places are short.",
        ),
        Sort(
            "budget",
            _MONEY,
            "What may be spent",
            "Money or units that a search for the best choice may use.",
        ),
    )
}
"""Every sort of change by its code, in the order in which to offer them."""

_OTHERS: Final = {
    "dramm": "a daily risk assessment management meeting",
    "marac": "a multi-agency risk assessment conference",
    "idva": "an independent domestic violence adviser service",
    "helpline": "a helpline",
    "housing_options": "council housing options",
    "co_located_advocate": "a co-located housing advocate",
    "mobile_advocacy": "mobile advocacy",
    "community_support": "community-based support",
    "out_of_area": "safe accommodation outside the district",
    "perpetrator_programme": "a perpetrator programme",
    "supported_housing": "supported housing for homeless people",
    "wider_support": "wider support",
}
"""One service of each kind that gives no home in the district."""

WHO: Final = {
    "mental_health": "people with a mental health need",
    "drugs": "people who use drugs",
    "alcohol": "people who drink problematically",
    "offending": "people with a history of offending",
    "nrpf": "people with no recourse to public funds",
    "destitution": "destitute people",
    "disability": "disabled people",
    "wheelchair": "wheelchair users",
    "limited_mobility": "people with limited mobility",
    "learning_disability": "people with a learning disability",
    "children_1_2": "families with one or two children",
    "children_3": "families with three children",
    "children_4_plus": "families with four or more children",
    "son_to_12": "families whose oldest son is 12 or under",
    "son_13_to_14": "families whose oldest son is 13 or 14",
    "son_15_to_16": "families whose oldest son is 15 or 16",
    "son_17_plus": "families whose oldest son is 17 or over",
    "pregnant": "pregnant women",
    "male": "men",
    "lgbt": "LGBT+ people",
    "black_minoritised": "Black and minoritised people",
    "older": "people aged 65 or over",
    "aged_16_17": "people aged 16 or 17",
    "language": "people who need an interpreter",
    "pets": "people with pets",
    "tenure_owned": "owners",
    "tenure_private_rent": "private renters",
    "tenure_council_rent": "council tenants",
    "tenure_association_rent": "housing association tenants",
    "tenure_temporary": "people with no home of their own",
    "right_sole": "people whose name alone the home is in",
    "right_joint": "people with a joint right to the home",
    "right_none": "people with no right to the home",
    "right_unknown": "people whose right to the home is not known",
    "risk_high": "people at high risk",
    "risk_medium": "people at medium risk",
    "risk_standard": "people at standard risk",
    "from_inside": "people from inside the district",
    "from_elsewhere": "people from outside the district",
}
"""Whom each rule is about, in the plural."""

UNITS: Final = {
    "refuge": ("refuge unit", "refuge units"),
    "specialist_safe": ("specialist safe home", "specialist safe homes"),
    "dispersed": ("dispersed home", "dispersed homes"),
    "second_stage": ("second-stage home", "second-stage homes"),
    "other_emergency": ("emergency unit", "emergency units"),
    "housing_first": ("Housing First home", "Housing First homes"),
}
COUNTS: Final = {
    CapacityBasis.UNITS: ("unit", "units"),
    CapacityBasis.INSTALLATIONS: ("installation a year", "installations a year"),
    CapacityBasis.CASELOAD: ("household a year", "households a year"),
    CapacityBasis.GRANTS: ("grant a year", "grants a year"),
    CapacityBasis.MOVES: ("move a year", "moves a year"),
    CapacityBasis.LETTINGS: ("letting a year", "lettings a year"),
    CapacityBasis.PLACEMENTS: ("placement a year", "placements a year"),
}


def one_of(kind: str) -> str:
    """Say one service of a kind, without its name.

    >>> one_of("refuge"), one_of("idva")
    ('a refuge service', 'an independent domestic violence adviser service')
    """
    return _OTHERS.get(kind) or f"a {counted_kind(kind, 1).removeprefix('one ')}"
