"""What a return is: the words and the tables of what services and the council send in.

A return says how many people and households a service helped, or could not help, in a quarter
or a financial year. It holds counts and means, never a person: no name, no case, no quotation.
The figures are small, so these tables are restricted; none is part of a published pack.

Every table is long: one row for each period, service and thing counted. A row without a service
is about the whole district, where households are counted once, whoever helped them; such a row
is not the sum of the rows of services, since one household may be helped by several.

Words follow the annual return on *Support in domestic abuse safe accommodation* (MHCLG releases
of October 2024 and October 2025): individuals supported as women, men, trans adults and
children; households that could not be supported, with reasons; households that stopped being
supported, with reason and destination; specialist characteristics. The form of that return was
not read: code lists marked :data:`UNCHECKED` follow what the releases say of it.
"""
# ruff: noqa: E501 - tables of words, one row a line

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from housing_map import vocabulary
from housing_map.schemas import Column, Table, Type, code, day, identifier, number, text
from housing_map.vocabulary import Reason, Term

PERIOD: Final = r"^\d{4}(?:Q[1-4]|-\d{2})$"
"""A quarter of the calendar year, 2025Q4, or a financial year, 2025-26 (April to March)."""

NATIONAL: Final = "MHCLG, Support in domestic abuse safe accommodation, 2023-24 and 2024-25"
UNCHECKED: Final = f"{NATIONAL}; code list to be checked against the return"
_STRATEGY: Final = "Kirklees Domestic Abuse Strategy 2022-2027, monitoring"
_OWN: Final = "design of the model"


@dataclass(frozen=True, slots=True)
class Measure(Term):
    """Something counted in a period.

    ``adds_up`` says whether the quarters of a year sum to the year: the start of support does,
    being supported does not, since who stays on is counted again. ``part_of`` is the measure
    that holds this one.
    """

    unit: str
    adds_up: bool
    part_of: str | None = None


def _measures() -> dict[str, Measure]:
    rows: list[tuple[str, str, str, str, str, bool, str | None]] = [
        ("women_supported", "Women supported", "women given support on at least one day of the period", NATIONAL, "people", False, None),
        ("men_supported", "Men supported", "men given support on at least one day of the period", NATIONAL, "people", False, None),
        ("trans_adults_supported", "Trans adults supported", "trans adults given support on at least one day of the period", NATIONAL, "people", False, None),
        ("children_supported", "Children supported", "children, as victims in their own right, given support on at least one day of the period", NATIONAL, "people", False, None),
        ("households_supported", "Households supported", "households given support on at least one day of the period", NATIONAL, "households", False, None),
        ("households_started", "Households whose support began", "households whose support began in the period", _OWN, "households", True, "households_supported"),
        ("households_stopped", "Households whose support ended", "households that stopped receiving support in the period", NATIONAL, "households", True, "households_supported"),
        ("households_unable", "Households unable to be supported", "households that asked, or were referred, and could not be supported", NATIONAL, "households", True, None),
        ("homes_secured", "Homes secured", "homes made safer for somebody who stays in them", _STRATEGY, "homes", True, None),
        ("dramm_cases", "DRAMM cases", "cases heard at the daily risk assessment management meeting", _STRATEGY, "cases", True, None),
        ("dramm_high_risk", "DRAMM cases of high risk", "of which high risk, passed on to MARAC", _STRATEGY, "cases", True, "dramm_cases"),
        ("dramm_repeats", "DRAMM repeats", "of which heard before in the twelve months before", _STRATEGY, "cases", True, "dramm_cases"),
        ("marac_cases", "MARAC cases", "cases heard at the multi-agency risk assessment conference", _STRATEGY, "cases", True, None),
        ("marac_repeats", "MARAC repeats", "of which heard before in the twelve months before", _STRATEGY, "cases", True, "marac_cases"),
    ]  # fmt: skip
    return {row[0]: Measure(*row) for row in rows}


MEASURES: Final = _measures()

PEOPLE_SUPPORTED: Final = (
    "women_supported",
    "men_supported",
    "trans_adults_supported",
    "children_supported",
)
"""Measures that together are the individuals supported, as the national release counts them."""


def _terms(source: str, **words: tuple[str, str]) -> dict[str, Term]:
    return {key: Term(key, label, meaning, source) for key, (label, meaning) in words.items()}


UNABLE_REASONS: Final = _terms(
    UNCHECKED,
    no_space=("No space", "no unit, bed space or appointment was free"),
    no_staff=("No means to meet the need", "space, but no staff or money to meet the need"),
    mental_health_need=("Mental health need", "the service cannot meet a mental health need"),
    drug_need=("Drug need", "the service cannot meet a need to do with drugs"),
    alcohol_need=("Alcohol need", "the service cannot meet a need to do with alcohol"),
    disability_need=("Disability or access", "the service or building does not fit a disability"),
    offending_history=("Offending history", "the service does not take such a history"),
    household_size=("Size of the household", "the household is too large for what there is"),
    household_mix=("Who is in the household", "an older son, an adult child, or other members"),
    pets=("Pets", "a pet could not be taken"),
    nrpf=("No recourse to public funds", "nobody could pay for the place"),
    not_safe_here=("Not safe here", "the service or the district is not safe for the household"),
    not_eligible=("Not eligible for another reason", "another rule of the service"),
    no_contact=("Could not be reached", "the household could not be contacted safely"),
    declined=("Declined", "the household did not want what was offered"),
    other=("Another reason", "none of these"),
    not_recorded=("Not recorded", "nobody wrote the reason down"),
)
"""Why a household could not be supported: one main reason for each household.

Lack of space and lack of means to meet a need are kept apart, since different things mend them.
"""

END_REASONS: Final = _terms(
    UNCHECKED,
    no_longer_needed=("No longer needed", "the household no longer needs the support"),
    moved_on=("Moved on", "the household moved to another home as planned"),
    moved_service=("Moved to another service", "support goes on at another service"),
    time_limit=("Time limit", "the time the service may give was over"),
    asked_to_leave=("Asked to leave", "the service ended the stay"),
    left_unplanned=("Left without a plan", "the household left, and the plan was another"),
    returned=("Returned to the perpetrator", "the household went back"),
    other=("Another reason", "none of these"),
    not_recorded=("Not recorded", "nobody wrote the reason down"),
)
"""Why support ended: one main reason for each household."""

DESTINATIONS: Final = _terms(
    UNCHECKED,
    own_home_stayed=("Stayed in their own home", "safe in the home they had"),
    council_rent=("Council rent", "a council home"),
    association_rent=("Housing association rent", "a housing association home"),
    private_rent=("Private rent", "a privately rented home"),
    owned=("Owned", "a home of their own, shared ownership too"),
    refuge_elsewhere=("Another refuge or safe accommodation", "safe accommodation again"),
    second_stage=("Second-stage accommodation", "a fixed time of support on the way"),
    supported_housing=("Supported housing", "supported housing that is not about abuse"),
    temporary=("Temporary accommodation", "placed by a council as homeless"),
    family_friends=("Family or friends", "staying with family or friends"),
    perpetrators_home=("Back to the perpetrator", "the home shared with the perpetrator"),
    institution=("Hospital, care or prison", "hospital, care or prison"),
    abroad=("Outside the UK", "outside the UK"),
    other=("Elsewhere", "none of these"),
    not_recorded=("Not known", "nobody knows, or nobody wrote it down"),
)
"""Where a household went when support ended, by tenure where it is a home."""

STAY_BANDS: Final = _terms(
    _OWN,
    d0_7=("Up to 1 week", "0 to 7 days"),
    d8_28=("1 to 4 weeks", "8 to 28 days"),
    d29_91=("1 to 3 months", "29 to 91 days"),
    d92_182=("3 to 6 months", "92 to 182 days"),
    d183_365=("6 to 12 months", "183 to 365 days"),
    d366_plus=("More than a year", "366 days or more"),
)
"""How long a household that left in the period had stayed, in days from first to last."""

CHARACTERISTICS: Final = _terms(
    UNCHECKED,
    any=("At least one of these", "at least one of the characteristics below, counted once"),
    black_minoritised=("Black and minoritised", "from a Black or minoritised community"),
    gypsy_roma_traveller=("Gypsy, Roma or Traveller", "Gypsy, Roma or Traveller"),
    disabled=("Disabled", "any physical or mental disability"),
    deaf=("Deaf", "Deaf or hard of hearing"),
    mental_health=("Mental health need", "a mental health need"),
    drugs=("Drug need", "a need to do with drugs"),
    alcohol=("Alcohol need", "a need to do with alcohol"),
    lgbt=("LGBT+", "lesbian, gay, bisexual, transgender or other"),
    older=("Older", "aged 65 or over"),
    male=("Man", "a man"),
    nrpf=("No recourse or insecure status", "insecure immigration status, or no recourse"),
    offending=("Offending history", "a history of offending"),
    language=("Needs an interpreter", "needs help in another language or in sign language"),
    pregnant=("Pregnant", "is pregnant"),
)
"""Characteristics of people; a person may have several, so the rows overlap and do not sum."""

COUNTED: Final = _terms(
    NATIONAL,
    supported=("People supported", "people given support in the period"),
    unable=("People not supported", "people in households that could not be supported"),
)
"""Whose characteristics were counted."""

OUTCOME_TOOLS: Final = _terms(
    "Kirklees Domestic Abuse Strategy 2022-2027; Triangle Consulting, Outcomes Star",
    empowerment_star=("Empowerment Star", "for victims and survivors"),
    my_star=("My Star", "for children and young people"),
    change_star=("Change Star", "for people who use abuse, in a programme"),
    other=("Another tool", "another scale on which more is better"),
)

OUTCOME_AREAS: Final = _terms(
    "Triangle Consulting, Empowerment Star (its nine areas), and the mean of all areas",
    overall=("All areas together", "the mean over the areas of the tool"),
    safety=("Safety", "safety"),
    accommodation=("Accommodation", "accommodation"),
    support_networks=("Support networks", "support networks"),
    legal_issues=("Legal issues", "legal issues"),
    health=("Health and well-being", "health and well-being"),
    money=("Money", "money"),
    children=("Children", "children"),
    work_learning=("Work and learning", "work and learning"),
    self_esteem=("Empowerment and self-esteem", "empowerment and self-esteem"),
)

HIGHEST_SCORE: Final = 10
"""Highest mark of the tools; those with fewer steps stay below it."""


@dataclass(frozen=True, slots=True)
class Theme(Term):
    """A barrier that people told of; ``reason`` is the stage of the cascade it speaks of."""

    reason: Reason | None


def _themes() -> dict[str, Theme]:
    rows = [
        ("did_not_know", "Did not know where to ask", "did not know that help existed, or where to ask", Reason.NOT_CONNECTED),
        ("no_such_help", "No such help here", "the help wanted does not exist in the district", Reason.NOT_PROVIDED),
        ("refused_need", "Turned away because of a need", "mental health, drugs, alcohol, disability or the like", Reason.NOT_ELIGIBLE),
        ("refused_household", "Turned away because of the household", "children, an older son, the size of the family or pets", Reason.NOT_ELIGIBLE),
        ("refused_status", "Turned away because of immigration status", "no recourse to public funds, or insecure status", Reason.NOT_ELIGIBLE),
        ("refused_tenure", "Turned away because of the home", "the tenure, the landlord, or whose name the home is in", Reason.NOT_ELIGIBLE),
        ("passed_around", "Passed from one service to another", "referred on, again and again, or told it all afresh", Reason.NOT_CONNECTED),
        ("not_believed", "Not believed, or asked for proof", "not believed, blamed, or asked for proof they had not", Reason.NOT_CONNECTED),
        ("too_far", "Too far, or no transport", "too far away, or no safe way of getting there", Reason.OUT_OF_REACH),
        ("full", "Full", "no place was free", Reason.NO_ROOM),
        ("waited_too_long", "Waited too long", "help came too late to be safe", Reason.NO_ROOM),
        ("no_move_on", "No home to move on to", "stuck in temporary or safe accommodation", Reason.NO_ROOM),
        ("offer_did_not_fit", "The offer did not fit", "size, place, shared rooms, school, work, or no support", Reason.NOT_TAKEN_UP),
        ("cost", "Could not pay", "rent, deposit, debts or the mortgage", Reason.NOT_TAKEN_UP),
        ("language", "Language or communication", "no interpreter, or not in a form they could use", Reason.NOT_CONNECTED),
        ("culture", "Culture or faith not understood", "no service by and for their community", Reason.NOT_TAKEN_UP),
        ("children_support", "Nothing for the children", "no support for children in their own right", Reason.NOT_PROVIDED),
        ("perpetrator", "Nothing done about the perpetrator", "the perpetrator stayed, came back or went on", Reason.NOT_PROVIDED),
        ("fear", "Afraid of what would follow", "fear of losing children, home, money or status", Reason.NOT_TAKEN_UP),
        ("other", "Something else", "none of these", None),
    ]  # fmt: skip
    return {key: Theme(key, label, meaning, _OWN, why) for key, label, meaning, why in rows}


BARRIERS: Final = _themes()
"""Themes by which barriers are coded. What people said stays with those whom they told it."""


# Tables ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _PeriodColumn(Column):
    """A column of periods, which says what a period is."""

    def expected(self) -> str:
        """Say in words what a cell should hold."""
        return "a quarter such as 2025Q4, or a financial year such as 2025-26"


_PERIOD: Final = _PeriodColumn(
    "period",
    Type.CODE,
    "calendar quarter, such as 2025Q4, or financial year, such as 2025-26",
    required=True,
    pattern=PERIOD,
)
_SERVICE: Final = identifier(
    "service_id",
    "the service; empty for the whole district, each household counted once",
    required=False,
    refers_to="services.service_id",
)
_SENT: Final = (
    text("source", "who sent the figure in", required=True),
    day("returned_on", "day on which it was sent in"),
)
_LICENCE: Final = "not for publication"
_FROM: Final = "Returns of services and of the council"


def _count(unit: str) -> Column:
    return Column("count", Type.INTEGER, f"how many {unit}", unit, required=True, minimum=0)


def _return(name: str, title: str, *columns: Column, key: tuple[str, ...]) -> Table:
    return Table(
        name,
        f"activity/{name}.csv",
        title,
        (_PERIOD, _SERVICE, *columns, *_SENT),
        key=("period", "service_id", *key),
        optional=True,
        source=_FROM,
        licence=_LICENCE,
    )


def _gbp(name: str, meaning: str) -> Column:
    return number(name, meaning, "GBP")


def _score(name: str, meaning: str) -> Column:
    return number(name, meaning, "points", required=True, maximum=HIGHEST_SCORE)


RETURN_TABLES: Final[tuple[Table, ...]] = (
    _return(
        "quarterly_returns",
        "Returns: people and households supported, unable to be supported, and cases heard",
        code("measure", "what was counted", MEASURES),
        Column("count", Type.INTEGER, "how many", "as the measure says", required=True, minimum=0),
        key=("measure",),
    ),
    _return(
        "return_reasons",
        "Returns: households unable to be supported, by main reason",
        code("reason", "main reason", UNABLE_REASONS),
        _count("households"),
        key=("reason",),
    ),
    _return(
        "return_endings",
        "Returns: households that stopped receiving support, by main reason",
        code("reason", "main reason", END_REASONS),
        _count("households"),
        key=("reason",),
    ),
    _return(
        "move_on",
        "Returns: households that stopped receiving support, by where they went",
        code("destination", "where they went, by tenure", DESTINATIONS),
        _count("households"),
        key=("destination",),
    ),
    _return(
        "return_stays",
        "Returns: households that stopped receiving support, by length of stay",
        code("band", "length of stay", STAY_BANDS),
        _count("households"),
        key=("band",),
    ),
    _return(
        "return_characteristics",
        "Returns: characteristics of people; a person may have several",
        code("counted", "whose characteristics", COUNTED),
        code("characteristic", "characteristic", CHARACTERISTICS),
        _count("people"),
        key=("counted", "characteristic"),
    ),
    _return(
        "outcomes",
        "Returns: outcome scores at start and end, as means over people",
        code("tool", "outcomes tool", OUTCOME_TOOLS),
        code("area", "area of life", OUTCOME_AREAS),
        _count("people"),
        _score("mean_start", "mean score at the first reading"),
        _score("mean_end", "mean score of the same people at the last reading"),
        key=("tool", "area"),
    ),
    _return(
        "barriers",
        "Returns: barriers that people with lived experience told of, by coded theme",
        code("theme", "theme", BARRIERS),
        Column("count", Type.INTEGER, "people who raised it", "people", required=True, minimum=0),
        Column("heard", Type.INTEGER, "people who were asked", "people", required=True, minimum=0),
        key=("theme",),
    ),
    _return(
        "spend",
        "Returns: money planned and spent against the objectives of the strategy",
        identifier("objective", "short name of the strategy's objective"),
        text("stream", "grant or budget it was paid from", required=True),
        code("support", "support type it paid for", vocabulary.SUPPORT_TYPES, required=False),
        _gbp("planned_gbp", "planned for the period"),
        _gbp("spent_gbp", "spent in the period"),
        key=("objective", "stream", "support"),
    ),
)
"""Optional tables of a pack: what services and the council send in. All are restricted."""


# Periods -----------------------------------------------------------------------------------


def is_period(period: str) -> bool:
    """Whether ``period`` is a quarter, or a financial year whose second year follows its first.

    >>> [is_period(p) for p in ("2025Q4", "2025-26", "1999-00", "2025-27", "2025Q5")]
    [True, True, True, False, False]
    """
    if len(period) == len("2025Q4") and period[4] == "Q":
        return period[:4].isdecimal() and period[5] in "1234"
    first, _, second = period.partition("-")
    return (
        len(first) == len("2025")
        and first.isdecimal()
        and second == f"{(int(first) + 1) % 100:02d}"
    )


def period_words(period: str) -> str:
    """Return a period in words; the period itself where it is none.

    >>> period_words("2025Q4"), period_words("2025-26")
    ('October to December 2025', 'April 2025 to March 2026')
    """
    if not is_period(period):
        return period
    year = int(period[:4])
    if period[4] == "Q":
        first, last = (
            ("January", "March"),
            ("April", "June"),
            ("July", "September"),
            ("October", "December"),
        )[int(period[5]) - 1]
        return f"{first} to {last} {year}"
    return f"April {year} to March {year + 1}"
