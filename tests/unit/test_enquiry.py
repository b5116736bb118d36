"""Who can help, worked by hand on tiny packs: each verdict, and each reason for a refusal.

Unless a test says otherwise, an owner at high risk who wishes to move asks the police, and every
service takes everybody; whom it takes with circumstances is not known. High risk waits one day
at most.
"""

from datetime import timedelta

import pytest

from housing_map import enquiry_words, words
from housing_map.enquiry import Enquiry, Household, Refusal, enquire, grouped
from housing_map.errors import UsageError
from housing_map.model import Settings
from housing_map.vocabulary import (
    Aim,
    Detail,
    Entry,
    Goal,
    Pathway,
    Reason,
    Right,
    Risk,
    Tenure,
    Verdict,
)
from tests.packs import DISTRICT, LSOAS, WARDS, Tables, add, change
from tests.worlds import (
    answer,
    bare,
    base_pack,
    chain,
    route,
    serve,
    set_parameter,
    small_pack,
)

HERE = LSOAS[0]


def refuge() -> Tables:
    """Return a pack with one refuge, from which council lettings lead on to a home."""
    tables = bare(20, move=1)
    serve(tables, "refuge", "refuge")
    serve(tables, "lettings", "social_letting")
    chain(tables, "entry:police", "refuge", "lettings", "home:social")
    return tables


def asked(
    tables: Tables,
    *needs: str,
    area: str = HERE,
    aim: Aim = Aim.MOVE,
    risk: Risk = Risk.HIGH,
    goal: Goal = Goal.SETTLED,
    entries: frozenset[Entry] = frozenset(Entry),
    settings: Settings | None = None,
) -> Enquiry:
    household = Household(
        area=area,
        tenure=Tenure.OWNED,
        aim=aim,
        right=Right.SOLE,
        risk=risk,
        needs=frozenset(needs),
        entries=entries,
    )
    return enquire(small_pack(tables), household, goal=goal, settings=settings)


def refused(found: Enquiry) -> dict[str, tuple[Reason, tuple[str, ...]]]:
    return {r.service: (r.reason, r.detail) for r in found.refusals}


# Verdicts -----------------------------------------------------------------------------------


def test_yes_where_nothing_on_the_route_is_unknown() -> None:
    found = asked(refuge())
    assert found.verdict is Verdict.YES
    (one,) = found.routes
    assert (one.services, one.end) == (("refuge", "lettings"), "home:social")
    assert (one.verdict, one.pathway) == (Verdict.YES, Pathway.MOVE)
    (way,) = one.ways
    assert (way.entry, way.through, way.depends_on, way.wait_days) == (Entry.POLICE, (), (), 0)
    assert (found.refusals, found.reason) == ((), None)
    assert enquiry_words.verdict_sentence(found) == "Yes: one route leads to a settled home."


def test_perhaps_where_it_turns_on_what_nobody_knows() -> None:
    """The unknown answers on the way are listed, service by service."""
    tables = refuge()
    answer(tables, "lettings", "nrpf", "depends")
    found = asked(tables, "nrpf")
    assert found.verdict is Verdict.PERHAPS
    (one,) = found.routes
    assert one.ways[0].depends_on == ("unknown:refuge:nrpf", "depends:lettings:nrpf")
    names = found.names
    assert [enquiry_words.condition_text(c, names) for c in one.ways[0].depends_on] == [
        "refuge takes a household with: no recourse to public funds",
        "lettings agrees, in each case, to take a household with: no recourse to public funds",
    ]


def test_perhaps_where_nobody_knows_whether_a_service_or_a_route_is_still_there() -> None:
    tables = refuge()
    change(tables, "services", {"service_id": "refuge"}, operating="unknown")
    change(tables, "referral_routes", {"from_id": "refuge"}, known="unknown")
    found = asked(tables)
    assert found.verdict is Verdict.PERHAPS
    conditions = found.routes[0].ways[0].depends_on
    assert conditions == ("operating:refuge:", "route:refuge:lettings")
    assert [enquiry_words.condition_text(c, found.names) for c in conditions] == [
        "refuge still runs",
        "a referral route leads from refuge to lettings",
    ]


@pytest.mark.parametrize("given", ["yes", "no"])
def test_an_answer_decides_what_was_unknown(given: str) -> None:
    tables = refuge()
    for service in ("refuge", "lettings"):
        answer(tables, service, "nrpf", given)
    assert asked(tables, "nrpf").verdict is (Verdict.YES if given == "yes" else Verdict.NO)


def test_the_goal_decides_how_far_a_route_has_to_lead() -> None:
    tables = bare(20, move=1)
    serve(tables, "refuge", "refuge")
    route(tables, "entry:police", "refuge")
    safe, settled = asked(tables, goal=Goal.SAFE), asked(tables)
    assert safe.verdict is Verdict.YES
    assert safe.routes[0].services == ("refuge",)
    assert enquiry_words.verdict_sentence(safe) == "Yes: one route leads to safety with support."
    assert settled.verdict is Verdict.NO
    assert settled.reason is Reason.NOT_CONNECTED
    assert settled.detail is Detail.NO_WAY_ON
    assert refused(settled) == {"refuge": (Reason.NOT_CONNECTED, (Detail.NO_WAY_ON,))}


def test_the_small_pack_helps_an_owner_who_wishes_to_stay_perhaps() -> None:
    """The sanctuary is known to run, but not whom it takes; the refuge takes most."""
    found = enquire(base_pack(), Household("Alderby", Tenure.OWNED))
    assert found.verdict is Verdict.PERHAPS
    ends = {(r.services, r.end, r.pathway) for r in found.routes}
    assert (("sanctuary_one",), "home:stayed", Pathway.STAY) in ends
    assert (("refuge_one", "lettings"), "home:social", Pathway.MOVE) in ends
    assert refused(found)["elsewhere"][0] is Reason.NOT_PROVIDED
    assert "perpetrators" not in refused(found), "it stands beside the routes"


# Refusals -----------------------------------------------------------------------------------


def test_not_provided_where_no_kind_of_service_suits() -> None:
    tables = bare(20, move=1)
    serve(tables, "sanctuary", "sanctuary")
    chain(tables, "entry:police", "sanctuary", "home:stayed")
    found = asked(tables)
    assert (found.verdict, found.reason) == (Verdict.NO, Reason.NOT_PROVIDED)
    assert refused(found)["sanctuary"][0] is Reason.NOT_PROVIDED
    assert enquiry_words.verdict_sentence(found) == "No: no service of a suitable kind exists."


def test_not_eligible_names_every_rule_that_refuses() -> None:
    tables = refuge()
    answer(tables, "refuge", "male", "no")
    answer(tables, "refuge", "drugs", "no")
    answer(tables, "lettings", "male", "no")
    found = asked(tables, "male", "drugs", "alcohol")
    assert (found.verdict, found.reason) == (Verdict.NO, Reason.NOT_ELIGIBLE)
    assert refused(found)["refuge"] == (Reason.NOT_ELIGIBLE, ("drugs", "male"))
    assert refused(found)["lettings"] == (Reason.NOT_ELIGIBLE, ("male",))
    texts = [enquiry_words.refusal_text(refusal, found.names) for refusal in found.refusals]
    assert "refuge: does not take: drug use and man" in texts


def test_not_connected_where_no_referral_leads_in() -> None:
    tables = bare(20, move=1)
    serve(tables, "refuge", "refuge")
    serve(tables, "lettings", "social_letting")
    chain(tables, "refuge", "lettings", "home:social")
    found = asked(tables)
    assert (found.verdict, found.reason) == (Verdict.NO, Reason.NOT_CONNECTED)
    assert refused(found)["refuge"] == (Reason.NOT_CONNECTED, (Detail.NO_WAY_IN,))


def test_out_of_reach_where_another_area_is_served() -> None:
    tables = refuge()
    change(tables, "areas_served", {"service_id": "lettings"}, area=WARDS[2])
    there, here = asked(tables, area=WARDS[2]), asked(tables)
    assert there.verdict is Verdict.YES
    assert (here.verdict, here.reason) == (Verdict.NO, Reason.OUT_OF_REACH)
    assert refused(here)["lettings"] == (Reason.OUT_OF_REACH, (Detail.AREA,))


def test_a_wider_area_that_is_served_in_part_is_perhaps() -> None:
    """All of it has to be served for a yes; a place inside it may well be."""
    tables = refuge()
    change(tables, "areas_served", {"service_id": "lettings"}, area=LSOAS[0])
    assert asked(tables, area=LSOAS[0]).verdict is Verdict.YES
    assert asked(tables, area="Alderby East").verdict is Verdict.PERHAPS
    assert asked(tables, area="Cowden").verdict is Verdict.NO


@pytest.mark.parametrize(("minutes", "verdict"), [(60, Verdict.YES), (0.001, Verdict.NO)])
def test_out_of_reach_where_a_desk_is_too_far_away(minutes: float, verdict: Verdict) -> None:
    """The threshold is asked of places that people visit, and of no others."""
    tables = refuge()
    tables["referral_routes"] = tables["referral_routes"][1:]
    serve(tables, "desk", "housing_options")
    change(tables, "services", {"service_id": "desk"}, delivery="visit")
    add(tables, "delivery_points", point_id="desk", service_id="desk", name="Desk", lon="-1.70",
        lat="53.65", precision="town", status="assumed", source="made up")  # fmt: skip
    chain(tables, "entry:police", "desk", "refuge")
    set_parameter(tables, "travel_threshold_min", minutes)
    found = asked(tables)
    assert found.verdict is verdict
    if verdict is Verdict.NO:
        assert found.reason is Reason.OUT_OF_REACH
        assert refused(found)["desk"] == (Reason.OUT_OF_REACH, (Detail.TRAVEL,))
    else:
        assert found.routes[0].ways[0].through == ("desk",)


def test_no_room_where_the_wait_is_too_long_for_the_risk() -> None:
    """High risk waits one day at most here, standard risk 28."""
    tables = refuge()
    change(tables, "referral_routes", {"from_id": "entry:police"}, wait_days_central="10")
    found = asked(tables)
    assert (found.verdict, found.reason) == (Verdict.NO, Reason.NO_ROOM)
    assert refused(found)["refuge"] == (Reason.NO_ROOM, (Detail.TOO_SLOW,))
    patient = asked(tables, risk=Risk.STANDARD)
    assert patient.verdict is Verdict.YES
    assert patient.routes[0].ways[0].wait_days == 10


def test_a_service_that_has_closed_is_not_named_at_all() -> None:
    tables = refuge()
    change(tables, "services", {"service_id": "refuge"}, closes_on="2026-12-31")
    last = base_pack().info.reference_date.replace(month=12, day=31)
    assert asked(tables, settings=Settings(on=last)).verdict is Verdict.YES
    found = asked(tables, settings=Settings(on=last + timedelta(days=1)))
    assert found.verdict is Verdict.NO
    assert "refuge" not in found.names


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_for_a_refusal_has_words(reason: Reason) -> None:
    refusal = Refusal("refuge", reason, (Detail.NO_WAY_IN,))
    if reason is Reason.NOT_ELIGIBLE:
        refusal = Refusal("refuge", reason, ("male",))
    text = enquiry_words.refusal_text(refusal, {"refuge": "The refuge"})
    assert text.startswith("The refuge: ")
    assert len(text) > len("The refuge: ")


# What is asked ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("needs", "said"),
    [
        (("male", "pregnant"), "'Man' and 'Pregnant' cannot both hold"),
        (("children_3", "children_4_plus"), "cannot both hold"),
        (("older", "aged_16_17"), "cannot both hold"),
        (("wings",), "There is no circumstance 'wings'"),
    ],
)
def test_circumstances_that_cannot_be_are_refused(needs: tuple[str, ...], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Household(HERE, Tenure.OWNED, needs=frozenset(needs))


def test_an_area_that_is_not_there_is_refused() -> None:
    with pytest.raises(UsageError, match="no area with the code or name 'Atlantis'"):
        asked(refuge(), area="Atlantis")


@pytest.mark.parametrize("area", [HERE, "Testham 001A", WARDS[0], "alderby east", "Alderby",
                                  DISTRICT, "Testham"])  # fmt: skip
def test_an_area_may_be_given_by_code_or_name_at_any_level(area: str) -> None:
    assert asked(refuge(), area=area).verdict is Verdict.YES


def test_a_household_that_asks_elsewhere_first_may_find_no_way_in() -> None:
    found = asked(refuge(), entries=frozenset({Entry.HEALTH}))
    assert found.verdict is Verdict.NO
    assert found.reason is Reason.NOT_CONNECTED
    assert asked(refuge(), entries=frozenset({Entry.HEALTH, Entry.POLICE})).routes[0].entries == (
        Entry.POLICE,
    )


def test_of_several_ways_in_the_surest_comes_first_and_one_for_each_entry() -> None:
    tables = refuge()
    serve(tables, "adviser", "idva")
    route(tables, "entry:police", "adviser")
    route(tables, "entry:health", "adviser", known="unknown")
    route(tables, "adviser", "refuge")
    (one,) = asked(tables).routes
    ways = [(way.entry, way.through, way.verdict) for way in one.ways]
    assert ways == [
        (Entry.POLICE, (), Verdict.YES),
        (Entry.HEALTH, ("adviser",), Verdict.PERHAPS),
    ]
    assert one.verdict is Verdict.YES


def test_routes_that_share_a_safe_place_are_said_once() -> None:
    tables = refuge()
    serve(tables, "homes", "social_letting")
    serve(tables, "hostel", "temporary_accommodation")
    chain(tables, "refuge", "homes", "home:social")
    chain(tables, "entry:police", "hostel", "lettings")
    found = asked(tables)
    groups = [
        {route.services for route in group} for group in grouped(found.routes)
    ]  # as they would be read
    assert {("refuge", "lettings"), ("refuge", "homes")} in groups
    assert {("hostel", "lettings")} in groups
    text = [enquiry_words.route_group_text(group, found.names) for group in grouped(found.routes)]
    assert "hostel → lettings → settled in social rent" in text
    assert any(line.startswith("refuge → one of: ") for line in text)


def test_an_enquiry_in_lines_starts_with_what_it_is_for() -> None:
    tables = refuge()
    answer(tables, "refuge", "male", "no")
    lines = enquiry_words.enquiry_lines(asked(tables, "male"))
    assert lines[0] == words.PLANNING_ONLY
    assert "  refuge: does not take: man" in lines
    lines = enquiry_words.enquiry_lines(asked(tables))
    assert "  [yes] refuge → lettings → settled in social rent" in lines
    assert "      first asking: Police" in lines
