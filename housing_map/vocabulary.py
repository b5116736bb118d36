"""The words of the model, each with its meaning and its source.

Every code that may stand in a data file, a URL, a table heading or a JSON key is defined
here once. Other modules import the enumerations and tables; none repeats them.

Sources are cited by short name: *SI 2021/991* (relevant accommodation), *SI 2021/990*
(strategies and annual reports), *DAA 2021* (Domestic Abuse Act 2021, Part 4), *DAHA*
(Whole Housing Approach, Domestic Abuse Housing Alliance), *Tanahashi* (Bulletin of the
World Health Organization 1978; 56: 295-303), *Strategy* (Kirklees Domestic Abuse Strategy
2022-2027).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class Tenure(StrEnum):
    """How the household held its home before it sought help."""

    OWNED = "owned"
    PRIVATE = "private_rent"
    COUNCIL = "council_rent"
    ASSOCIATION = "association_rent"
    TEMPORARY = "temporary"


class Right(StrEnum):
    """Right to occupy the home: staying turns on it."""

    SOLE = "sole"
    JOINT = "joint"
    NONE = "none"
    UNKNOWN = "unknown"


class Risk(StrEnum):
    """Level of risk of serious harm, as DRAMM and MARAC use it."""

    HIGH = "high"
    MEDIUM = "medium"
    STANDARD = "standard"


class Aim(StrEnum):
    """What the household wants or has to do."""

    STAY = "stay"
    MOVE = "move"
    LEAVE = "leave"
    ARRIVE = "arrive"


class Entry(StrEnum):
    """Where a household first asks for help."""

    POLICE = "police"
    HEALTH = "health"
    HOUSING_OPTIONS = "housing_options"
    SCHOOL = "school"
    HELPLINE = "helpline"
    COMMUNITY_HUB = "community_hub"
    SELF = "self"


class Pathway(StrEnum):
    """The two ways to a safe home, and both together."""

    ANY = "any"
    STAY = "stay"
    MOVE = "move"


class Goal(StrEnum):
    """Where a route has to lead."""

    SAFE = "safe"
    SETTLED = "settled"


class Run(StrEnum):
    """Three whole runs, each of which adds up by itself."""

    CAUTIOUS = "cautious"
    CENTRAL = "central"
    OPTIMISTIC = "optimistic"


class Answer(StrEnum):
    """Answer to one rule of one service. Unknown is an answer."""

    YES = "yes"
    NO = "no"
    DEPENDS = "depends"
    UNKNOWN = "unknown"


class Status(StrEnum):
    """What a figure or statement rests on."""

    PUBLISHED = "published"
    LOCAL_RETURN = "local_return"
    DERIVED = "derived"
    ASSUMED = "assumed"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """The stage at which no candidate route is left (after Tanahashi 1978)."""

    NOT_PROVIDED = "not_provided"
    NOT_ELIGIBLE = "not_eligible"
    NOT_CONNECTED = "not_connected"
    OUT_OF_REACH = "out_of_reach"
    NO_ROOM = "no_room"
    NOT_TAKEN_UP = "not_taken_up"


class Detail(StrEnum):
    """What lies behind a reason for loss."""

    NONE = ""
    NO_WAY_IN = "no way in"
    NO_WAY_ON = "no way on"
    AREA = "area not served"
    TRAVEL = "too far to travel"
    FULL = "full"
    TOO_SLOW = "too slow for the risk"


class Verdict(StrEnum):
    """Three-valued answer of an enquiry."""

    YES = "yes"
    PERHAPS = "perhaps"
    NO = "no"


class Met(StrEnum):
    """The three ways in which a household is covered."""

    AS_WANTED = "met_as_wanted"
    OTHER_WAY = "met_other_way"
    ELSEWHERE = "met_elsewhere"


class Sharing(StrEnum):
    """Who gets a place when there is not room for everybody."""

    BEST = "best"
    FIRST_COME = "first_come"


class Stage(StrEnum):
    """Stages of the referral graph, in order; ``support`` stands beside the routes."""

    ENTRY = "entry"
    COORDINATION = "coordination"
    SAFETY = "safety"
    HOUSING = "housing"
    HOME = "home"
    SUPPORT = "support"


STAGE_ORDER: Final = {
    Stage.ENTRY: 0,
    Stage.COORDINATION: 1,
    Stage.SAFETY: 2,
    Stage.HOUSING: 3,
    Stage.HOME: 4,
}


class LegalCategory(StrEnum):
    """Relevant accommodation, SI 2021/991 regulation 2(2) to (4)."""

    REFUGE = "refuge"
    SPECIALIST = "specialist_safe"
    DISPERSED = "dispersed"
    SANCTUARY = "sanctuary"
    SECOND_STAGE = "second_stage"
    OTHER_EMERGENCY = "other_emergency"


class Component(StrEnum):
    """The twelve components of the Whole Housing Approach (DAHA), and housing options."""

    SOCIAL_HOUSING = "social_housing"
    PRIVATE_RENTED = "private_rented"
    PRIVATELY_OWNED = "privately_owned"
    REFUGE = "refuge_services"
    SUPPORTED = "supported_accommodation"
    CO_LOCATED = "co_located_advocate"
    MOBILE = "mobile_advocacy"
    FLEXIBLE_FUNDING = "flexible_funding"
    SANCTUARY = "sanctuary_scheme"
    RECIPROCALS = "managed_reciprocals"
    PERPETRATOR = "perpetrator_management"
    HOUSING_FIRST = "housing_first"
    HOUSING_OPTIONS = "homelessness_route"


class CapacityBasis(StrEnum):
    """What a capacity figure counts in a year."""

    UNITS = "units"
    INSTALLATIONS = "installations"
    CASELOAD = "caseload"
    GRANTS = "grants"
    MOVES = "moves"
    LETTINGS = "lettings"
    PLACEMENTS = "placements"


class Delivery(StrEnum):
    """How help reaches the household: travel matters only for ``visit`` alone."""

    ACCOMMODATION = "accommodation"
    HOME = "home"
    REMOTE = "remote"
    VISIT = "visit"


class ProviderType(StrEnum):
    """Kinds of body that SI 2021/991 regulation 2 tells apart."""

    HOUSING_AUTHORITY = "local_housing_authority"
    REGISTERED_PROVIDER = "private_registered_provider"
    CHARITY = "registered_charity"
    POLICE = "police"
    HEALTH = "health_body"
    OTHER = "other"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Term:
    """A code with the words that people read and where the word comes from."""

    code: str
    label: str
    meaning: str
    source: str


def _terms(source: str, **words: tuple[str, str]) -> dict[str, Term]:
    return {code: Term(code, label, meaning, source) for code, (label, meaning) in words.items()}


TENURES: Final = _terms(
    "Census 2021 TS054; design of the model",
    owned=("Owned", "owned outright, with a mortgage, or shared ownership"),
    private_rent=("Private rent", "private landlord or agent, other private rent, or rent free"),
    council_rent=("Council rent", "rents from the council"),
    association_rent=("Housing association rent", "rents from a housing association"),
    temporary=("Temporary or none", "no home of their own: temporary, with others, or none"),
)

RIGHTS: Final = _terms(
    "Family Law Act 1996 Part IV; design of the model",
    sole=("Sole", "the home is in the survivor's name alone"),
    joint=("Joint", "the home is in both names"),
    none=("None", "the home is in the perpetrator's name, or the survivor has no home"),
    unknown=("Not known", "nobody has said whose name the home is in"),
)

RISKS: Final = _terms(
    "Strategy, Annexe B",
    high=("High risk", "heard at the multi-agency risk assessment conference (MARAC)"),
    medium=("Medium risk", "heard at the daily risk assessment management meeting (DRAMM)"),
    standard=("Standard risk", "seen at standards screening, not counted by DRAMM"),
)

AIMS: Final = _terms(
    "Women's Journeyscapes (Bowstead): stay put, remain local, go elsewhere",
    stay=("Stay", "wants to be safe in their own home"),
    move=("Move within the district", "wants, or has, to move to another home in the district"),
    leave=("Leave the district", "has to leave the district to be safe"),
    arrive=("Arriving from elsewhere", "comes to the district to be safe"),
)

ENTRIES: Final = _terms(
    "Strategy, Priority Five; design of the model",
    police=("Police", "a report to the police"),
    health=("Health", "a GP, hospital, midwife or mental health team"),
    housing_options=("Council housing options", "asking the council for housing help"),
    school=("School", "a school, told through Operation Encompass"),
    helpline=("Helpline", "a local or national helpline"),
    community_hub=("Community hub", "a community organisation or hub"),
    self=("Asking a service directly", "ringing or visiting a domestic abuse service"),
)

GOALS: Final = _terms(
    "DAA 2021 s.57 (safe); Whole Housing Approach (settled)",
    safe=("Safe", "reaches safety with support: the Part 4 question"),
    settled=("Settled", "goes on to a settled home: the Whole Housing question"),
)

PATHWAYS: Final = _terms(
    "Whole Housing Approach: relocate or remain",
    any=("Stay or move", "either way to a safe home"),
    stay=("Stay", "safe in their own home"),
    move=("Move", "safe in another home"),
)

RUNS: Final = _terms(
    "design of the model",
    cautious=("Cautious", "unknown answers count as no, and ranges take their worse end"),
    central=("Central", "the likelier answer to every unknown"),
    optimistic=("Optimistic", "unknown answers count as yes, and ranges take their better end"),
)

STATUSES: Final = _terms(
    "design of the model",
    published=("Published", "read in a published source"),
    local_return=("Local return", "sent in by the provider or the council"),
    derived=("Derived", "worked out from published figures; the working is shown"),
    assumed=("Assumed", "a planning assumption; nobody has published it"),
    unknown=("Unknown", "nobody has told us yet"),
)

REASONS: Final = _terms(
    "Tanahashi 1978, adapted",
    not_provided=("Not provided", "no service of a suitable kind exists"),
    not_eligible=("Not eligible", "a service exists, but none takes a household like this"),
    not_connected=("Not connected", "a service takes them, but no referral route leads there"),
    out_of_reach=("Out of reach", "a route exists, but not from where they live"),
    no_room=("No room", "a route exists, but it is full or too slow"),
    not_taken_up=("Not taken up", "an offer was made and did not fit"),
)

METS: Final = _terms(
    "design of the model",
    met_as_wanted=("Met as wanted", "helped in the way the household wanted"),
    met_other_way=("Met another way", "wanted to stay, but was helped to move"),
    met_elsewhere=("Met elsewhere", "reached safety outside the district"),
)

ANSWERS: Final = _terms(
    "design of the model",
    yes=("Yes", "takes such households"),
    no=("No", "does not take such households"),
    depends=("Depends", "decided each time"),
    unknown=("Not known", "nobody has told us yet"),
)

COMPONENTS: Final = _terms(
    "DAHA, Whole Housing Approach",
    social_housing=("Social housing", "a council or housing association home, and the landlord's response"),
    private_rented=("Private rented sector", "help to keep or find a privately rented home"),
    privately_owned=("Privately owned", "help with a mortgage, joint ownership or economic abuse"),
    refuge_services=("Refuge services", "emergency accommodation with support tied to it"),
    supported_accommodation=("Supported accommodation", "other safe homes with support, such as dispersed homes"),
    co_located_advocate=("Co-located housing advocate", "a specialist working inside a housing service"),
    mobile_advocacy=("Mobile advocacy", "an advocate who meets survivors wherever is safe"),
    flexible_funding=("Flexible funding", "money for whatever stands between a survivor and a safe home"),
    sanctuary_scheme=("Sanctuary scheme", "home security and support, so that a survivor can stay"),
    managed_reciprocals=("Managed reciprocals", "landlords swap homes so that a social tenant can move safely"),
    perpetrator_management=("Perpetrator management", "action so that the perpetrator moves, not the family"),
    housing_first=("Housing First", "a home with open-ended support for women facing multiple disadvantage"),
    homelessness_route=("Homelessness and housing options", "the council's duties to people who are homeless"),
)  # fmt: skip

LEGAL_CATEGORIES: Final = _terms(
    "SI 2021/991 regulation 2",
    refuge=("Refuge", "used wholly or mainly for victims of domestic abuse, with support tied to it"),
    specialist_safe=("Specialist safe accommodation", "dedicated to people who share a characteristic or a need"),
    dispersed=("Dispersed accommodation", "self-contained, with support similar to a refuge"),
    sanctuary=("Sanctuary scheme", "extra security so that the survivor can stay, run by a housing authority or registered provider"),
    second_stage=("Second-stage accommodation", "a fixed time of support after a refuge or similar, before a home of one's own"),
    other_emergency=("Other designated emergency accommodation", "designated by a housing authority, registered provider or charity"),
)  # fmt: skip

PROVIDER_TYPES: Final = _terms(
    "SI 2021/991 regulation 2(2)(a), 2(3) and 2(5)",
    local_housing_authority=("Local housing authority", "the council as housing authority"),
    private_registered_provider=(
        "Private registered provider",
        "a housing association registered with the regulator",
    ),
    registered_charity=("Registered charity", "a charity on the register"),
    police=("Police", "a police body"),
    health_body=("Health body", "an NHS body or provider"),
    other=("Other body", "none of these"),
    unknown=("Not known", "not known yet"),
)

SUPPORT_TYPES: Final = _terms(
    "Statutory guidance on DAA 2021 Part 4, section A4 (wording to be checked)",
    s1=("Management of services", "supervision, finance, liaison with the council"),
    s2=("Day-to-day running", "rotas, house meetings, group activities"),
    s3=("Advocacy", "safety plans; liaison with health, social care and benefits"),
    s4=("Prevention advice", "recognising abuse, staying safe, preventing it happening again"),
    s5a=(
        "Specialist support: characteristics",
        "by-and-for, faith, interpreters, immigration advice",
    ),
    s5b=("Specialist support: complex needs", "mental health, drugs, alcohol"),
    s6=("Children's support", "play therapy, child advocacy, a children's worker"),
    s7=("Housing-related support", "finding, keeping and living safely in a home"),
    s8=("Advice", "money, law, benefits, work"),
    s9=("Counselling and therapy", "for adults and children"),
)


@dataclass(frozen=True, slots=True)
class Circumstance(Term):
    """A circumstance that some services take and others do not.

    ``level_of`` names the exclusive group it is a level of (a household stands on at most one
    level of a group); ``impossible_with`` lists circumstances that cannot occur together.
    """

    level_of: str | None = None
    impossible_with: frozenset[str] = field(default_factory=frozenset)


def _circumstances() -> dict[str, Circumstance]:
    strategy = "Strategy, Priority Three"
    return_ = "MHCLG safe accommodation return; Women's Aid"
    rows: list[tuple[str, str, str, str, str | None, tuple[str, ...]]] = [
        ("mental_health", "Mental health need", "a mental health need", strategy, None, ()),
        ("drugs", "Drug use", "problematic drug use", strategy, None, ()),
        ("alcohol", "Alcohol use", "problematic alcohol use", strategy, None, ()),
        ("offending", "Offending history", "a history of offending", strategy, None, ()),
        ("nrpf", "No recourse to public funds", "immigration status bars most benefits", strategy, None, ()),
        ("destitution", "Destitution", "cannot pay for essentials", strategy, None, ()),
        ("disability", "Disability", "any physical or mental disability", strategy, None, ()),
        ("wheelchair", "Uses a wheelchair", "needs a wheelchair-accessible home", return_, "mobility", ()),
        ("limited_mobility", "Limited mobility", "needs few or no steps", return_, "mobility", ()),
        ("learning_disability", "Learning disability", "a learning disability or difficulty", strategy, None, ()),
        ("children_1_2", "One or two children", "has one or two children with them", return_, "children", ()),
        ("children_3", "Three children", "has three children with them", return_, "children", ()),
        ("children_4_plus", "Four or more children", "has four or more children with them", return_, "children", ()),
        ("son_to_12", "A son aged up to 12", "oldest son is 12 or under", return_, "sons", ()),
        ("son_13_to_14", "A son aged 13 or 14", "oldest son is 13 or 14", return_, "sons", ()),
        ("son_15_to_16", "A son aged 15 or 16", "oldest son is 15 or 16", return_, "sons", ()),
        ("son_17_plus", "A son aged 17 or more", "oldest son is 17 or over", return_, "sons", ()),
        ("pregnant", "Pregnant", "is pregnant", return_, None, ("male",)),
        ("male", "Man", "the survivor is a man", return_, None, ("pregnant",)),
        ("lgbt", "LGBT+", "lesbian, gay, bisexual, transgender or other", strategy, None, ()),
        ("black_minoritised", "Black and minoritised", "from a Black or minoritised community", strategy, None, ()),
        ("older", "Older", "aged 65 or over", return_, "age", ()),
        ("aged_16_17", "Aged 16 or 17", "the survivor is 16 or 17", return_, "age", ()),
        ("language", "Needs an interpreter", "needs help in another language or in sign language", return_, None, ()),
        ("pets", "Has pets", "has a pet that has to be safe too", "Evaluation of the duty (Ipsos 2025)", None, ()),
    ]  # fmt: skip
    return {
        code: Circumstance(code, label, meaning, source, level, frozenset(not_with))
        for code, label, meaning, source, level, not_with in rows
    }


CIRCUMSTANCES: Final = _circumstances()


SPECIALIST_SUPPORT: Final[dict[str, frozenset[str]]] = {
    "s5a": frozenset(
        {"black_minoritised", "lgbt", "disability", "learning_disability", "language", "nrpf"}
    ),
    "s5b": frozenset({"mental_health", "drugs", "alcohol"}),
    "s6": frozenset(
        code for code, term in CIRCUMSTANCES.items() if term.level_of in {"children", "sons"}
    ),
}
"""Support types that only some households need, and the circumstances that call for each.

Source: statutory guidance on DAA 2021 Part 4, section A4: support for victims with relevant
protected characteristics, support for unique or complex needs, and support for children.
"""


def _rules() -> dict[str, Term]:
    rules: dict[str, Term] = dict(CIRCUMSTANCES)
    for prefix, words in (("tenure", TENURES), ("right", RIGHTS), ("risk", RISKS)):
        for term in words.values():
            code = f"{prefix}_{term.code}"
            rules[code] = Term(code, term.label, term.meaning, term.source)
    rules["from_inside"] = Term(
        "from_inside",
        "Lives in the district",
        "takes people from inside the district: the provider's own view of what is far enough away",
        "design of the model",
    )
    rules["from_elsewhere"] = Term(
        "from_elsewhere",
        "Comes from elsewhere",
        "takes people from outside the district",
        "Women's Journeyscapes (Bowstead)",
    )
    return rules


RULES: Final = _rules()
"""Every rule a service may answer: circumstances, tenure, right, risk and origin."""


HOMES: Final = _terms(
    "Whole Housing Approach: a settled home in any tenure, stayed or moved",
    stayed=("Stayed in their own home", "safe in the home they had"),
    social=("Settled in social rent", "a council or housing association home"),
    private=("Settled in private rent", "a privately rented home"),
    owned=("Settled in a home they own", "a home of their own"),
    elsewhere=("Safe outside the district", "safety somewhere else in the country"),
)

ELSEWHERE: Final = "elsewhere"
"""Code of the pseudo-area *from elsewhere*: arrivals have their own rows."""

BUILT_IN_LEVELS: Final = ("lsoa", "ward", "district")
"""Levels of area that every pack has; groupings of wards are data."""

ALIASES: Final = {"partnership": "place_partnership"}
"""Short names that the command line accepts for a level of area."""
