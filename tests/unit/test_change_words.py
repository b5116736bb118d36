"""Changes in words: the pack's own names, nothing missing, and what the publishable words hide."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from housing_map import change_words as words
from housing_map.change_terms import SORTS, WHO, one_of
from housing_map.change_words import LONGEST_LABEL
from housing_map.changes import (
    AddRoute,
    AddService,
    Change,
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
    Point,
    Reserve,
    Resize,
    Route,
    SetBudget,
    Weigh,
)
from housing_map.kinds import KINDS
from housing_map.scenario import json_schema
from housing_map.vocabulary import RULES, Aim, Answer, Tenure
from tests.drawn import examples, rich_tables
from tests.packs import WARDS
from tests.scenarios import GRANT, changes, rich_pack
from tests.worlds import small_pack

HOMES = AddService(
    service_id="homes", name="Dispersed homes", kind="dispersed", capacity=6, otherwise=Answer.YES,
    town="Alderby", cost_gbp_a_year=90_000,
)  # fmt: skip
END = date(2027, 3, 31)

SAID: dict[str, tuple[Change, str, str]] = {
    "a new service": (
        HOMES,
        "Add 6 dispersed homes in Alderby, taking every household.",
        "Add 6 dispersed homes, taking every household.",
    ),
    "a named service of somebody": (
        AddService(
            service_id="x", name="The Second", kind="refuge", capacity=1, organisation_id="aid",
            takes={"male": Answer.NO}, opens_on=date(2026, 9, 1), closes_on=END,
        ),
        "Add The Second: 1 refuge unit, not taking men, run by Testham Aid, "
        "from 1 September 2026, until 31 March 2027.",
        "Add places in a refuge service, not taking men.",
    ),
    "a service without a limit": (
        AddService(service_id="x", name="Swaps", kind="managed_reciprocal", otherwise=Answer.NO,
                   takes={"tenure_council_rent": Answer.YES}),
        "Add Swaps: a managed reciprocal, taking council tenants alone.",
        "Add a managed reciprocal, taking council tenants alone.",
    ),
    "a scheme that counts installations": (
        AddService(service_id="x", name="Locks", kind="sanctuary", capacity=20,
                   basis="installations"),
        "Add Locks: a sanctuary scheme, for 20 installations a year.",
        "Add a sanctuary scheme, for 20 installations a year.",
    ),
    "closing": (
        CloseService(service_id="refuge_one", on=END),
        "Refuge closes on 31 March 2027.",
        "A refuge service closes.",
    ),
    "closing at once": (
        CloseService(service_id="lettings"),
        "Council lettings closes before the year begins.",
        "A way into a social home closes.",
    ),
    "more places": (
        Resize(pool="refuge_one", by=2),
        "2 more refuge units in Refuge.",
        "More places in a refuge service.",
    ),
    "one place fewer in a shared pool": (
        Resize(pool="pool:refuge", by=-1),
        "1 fewer refuge unit in refuge (all whose places are not known).",
        "1 fewer refuge unit in refuge (all whose places are not known).",
    ),
    "so many places": (
        Resize(pool="lettings", to=40),
        "Council lettings has 40 lettings a year.",
        "A way into a social home changes its number of places.",
    ),
    "other areas": (
        MoveService(service_id="lettings", areas=("Alderby", WARDS[2])),
        "Council lettings serves Alderby and Brockley and Cowden.",
        "A way into a social home serves Alderby and Brockley and Cowden.",
    ),
    "another door": (
        MoveService(
            service_id="options", points=(Point(name="Library, Cowden", lon=-1.75, lat=53.6),)
        ),
        "Housing options is visited at Library, Cowden.",
        "Council housing options is visited elsewhere.",
    ),
    "whom it takes": (
        ChangeTakes(service_id="refuge_one", rules=("male", "pets"), answer=Answer.YES),
        "Refuge takes men and people with pets.",
        "A refuge service takes more households.",
    ),
    "whom it may take": (
        ChangeTakes(service_id="refuge_one", rules=("risk_high",), answer=Answer.DEPENDS),
        "Refuge decides each time whether it takes people at high risk.",
        "A refuge service changes whom it takes.",
    ),
    "a stay": (
        ChangeStay(pool="refuge_one", days=90),
        "The mean stay in Refuge is 90 days.",
        "The mean stay in a refuge service changes.",
    ),
    "shorter stays": (
        ChangeStay(pool="pool:refuge", times=0.8),
        "Stays in refuge (all whose places are not known) are 20% shorter.",
        "Stays in refuge (all whose places are not known) are 20% shorter.",
    ),
    "occupancy": (
        ChangeOccupancy(pool="refuge_one", share=0.95),
        "The homes of Refuge are lived in on 95% of days.",
        "The homes of a refuge service are lived in on more or fewer days.",
    ),
    "a route": (
        AddRoute(
            route=Route(from_id="options", to_id="sanctuary_one", tenures=(Tenure.OWNED,),
                        aims=(Aim.STAY,), accepts=0.5, wait_days=0)
        ),
        "Housing options refers households who want to stay and whose home was owned to "
        "Sanctuary: 50% accept and no wait.",
        "Council housing options refers households who want to stay and whose home was owned to "
        "a sanctuary scheme.",
    ),
    "no more route": (
        CutRoute(from_id="entry:police", to_id="idva"),
        "Police no longer refers to Advisers.",
        "Police no longer refers to an independent domestic violence adviser service.",
    ),
    "better routes": (
        ChangeRoute(to_id="refuge_one", succeeds=0.198),
        "Referrals to Refuge: 19.8% of tries come off.",
        "Referrals to a refuge service come off, or are accepted, more or less often.",
    ),
    "more demand": (
        ChangeDemand(times=1.1),
        "10% more households ask for help.",
        "10% more households ask for help.",
    ),
    "demand of some": (
        ChangeDemand(times=0.5, areas=("Cowden",), tenures=(Tenure.PRIVATE,)),
        "50% fewer private renters from Cowden ask for help.",
        "50% fewer private renters from Cowden ask for help.",
    ),
    "demand of a need": (
        ChangeDemand(times=2, need="nrpf"),
        "2 times as many people with no recourse to public funds ask for help.",
        "2 times as many people with no recourse to public funds ask for help.",
    ),
    "arrivals": (
        ChangeArrivals(per_leaver=0.5),
        "For every 100 households that leave the district, 50 arrive.",
        "For every 100 households that leave the district, 50 arrive.",
    ),
    "money ends": (
        EndFunding(stream=GRANT, service_id="refuge_one", on=END),
        "Safe accommodation grant for Refuge ends on 31 March 2027.",
        "A grant or contract for a refuge service ends.",
    ),
    "money goes on": (
        ExtendFunding(stream=GRANT, until=END),
        "Safe accommodation grant goes on until 31 March 2027.",
        "A grant or contract goes on for longer.",
    ),
    "kept places": (
        Reserve(pool="refuge_one", rule="male", units=1),
        "1 refuge unit in Refuge is kept for men.",
        "Places in a refuge service are kept for men.",
    ),
    "weights": (
        Weigh(rule="risk_high", weight=2),
        "People at high risk count 2 times as much as others.",
        "People at high risk count 2 times as much as others.",
    ),
    "a budget": (
        SetBudget(gbp_a_year=250_000, units=6),
        "A budget of £250,000 a year and 6 units of accommodation.",
        "A budget of 6 units of accommodation.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SAID)
def test_a_change_is_said_in_one_plain_sentence_and_safely_in_the_publishable_view(
    name: str,
) -> None:
    change, restricted, publishable = SAID[name]
    assert words.sentence(change, rich_pack()) == restricted
    assert words.sentence(change, rich_pack(), publishable=True) == publishable


def test_every_sort_of_change_has_its_words_and_is_said_here() -> None:
    sorts = {
        part["properties"]["change"]["const"]
        for part in json_schema()["$defs"].values()
        if "change" in part.get("properties", {})
    }
    assert set(SORTS) == sorts
    assert {change.change for change, _, _ in SAID.values()} == sorts
    for sort in SORTS.values():
        assert sort.line.endswith(".")
        assert len(sort.title) <= LONGEST_LABEL
    assert len({sort.title for sort in SORTS.values()}) == len(SORTS)


def test_every_rule_and_kind_can_be_said() -> None:
    assert set(WHO) == set(RULES)
    for kind in KINDS:
        assert one_of(kind)


def test_a_service_that_the_scenario_adds_has_the_name_it_gives() -> None:
    new = AddService(service_id="x", name="The Third", kind="refuge", capacity=2)
    more = Resize(pool="x", by=1)
    assert words.sentence(more, rich_pack(), among=[new]) == "1 more refuge unit in The Third."
    assert words.sentences([new, more], rich_pack(), publishable=True)[1] == (
        "More places in a refuge service."
    )


def test_what_is_not_there_is_said_not_to_be() -> None:
    gone = CloseService(service_id="nobody")
    assert "'nobody' (not there)" in words.sentence(gone, rich_pack())
    assert "nobody" not in words.sentence(gone, rich_pack(), publishable=True)


@given(st.lists(changes(), max_size=8))
@examples(80)
def test_labels_are_short_and_no_two_are_the_same(chosen: list[Change]) -> None:
    for publishable in (False, True):
        found = words.labels(chosen, rich_pack(), publishable=publishable)
        assert len(set(found)) == len(chosen)
        assert all(0 < len(label) <= LONGEST_LABEL for label in found)


@given(st.lists(changes(), max_size=6))
@examples(80)
def test_publishable_words_name_no_provider_town_day_or_cost(chosen: list[Change]) -> None:
    tables = rich_tables()
    for row in tables["services"]:
        row["name"] = f"Name of {row['service_id']}"
    pack = small_pack(tables)
    secret = {"Name of"}
    secret |= {str(name) for name in pack["organisations"]["name"]}
    secret |= {str(stream) for stream in pack["funding"]["stream"]}
    secret |= {"Something new", "£", "2026", "2027", "2028", "2029", "refuge_one"}
    said = words.sentences(chosen, pack, publishable=True)
    said += words.labels(chosen, pack, publishable=True)
    said += (words.costs_missing(chosen, pack, publishable=True),)
    # Areas that a public service serves, or that demand comes from, may be named.
    towns = any(isinstance(change, MoveService | ChangeDemand) for change in chosen)
    secret |= set() if towns else {"Alderby"}
    for sentence in said:
        assert not any(word in sentence for word in secret), sentence


def test_the_size_of_one_provider_is_not_published() -> None:
    for change in (
        Resize(pool="refuge_one", to=17),
        Resize(pool="refuge_one", by=17),
        Reserve(pool="refuge_one", rule="male", units=17),
        ChangeStay(pool="refuge_one", days=17),
        ChangeOccupancy(pool="refuge_one", share=0.17),
        AddService(service_id="x", name="x", kind="refuge", capacity=17, organisation_id="aid"),
    ):
        (label,) = words.labels([change], rich_pack(), publishable=True)
        assert "17" not in words.sentence(change, rich_pack(), publishable=True) + label


def test_a_cost_is_said_as_given_and_a_missing_one_is_asked_for() -> None:
    pack = rich_pack()
    closing = CloseService(service_id="lettings", cost_gbp_a_year=-20_000, cost_gbp_once=500)
    unknown = Resize(pool="refuge_one", by=2)
    assert words.cost_words(HOMES) == "£90,000 a year."
    assert words.cost_words(closing) == "A saving of £20,000 a year and £500 once."
    assert words.cost_words(unknown) == words.NO_COST
    assert words.cost_words(ChangeDemand(times=2)) == ""
    chosen = [HOMES, closing, unknown, ChangeDemand(times=2)]
    assert words.lacking_cost(chosen) == (2,)
    assert "+2 refuge units: Refuge" in words.costs_missing(chosen, pack)
    assert words.costs_missing(chosen[:2], pack) == ""
