"""Who can help, worked by hand on tiny packs: each verdict, and each reason for a refusal.

Unless a test says otherwise, an owner at high risk who wishes to move asks the police, and every
service takes everybody; whom it takes with circumstances is not known. High risk waits one day
at most.
"""

import json
from datetime import timedelta

import pytest

from housing_map import enquiry_words, words
from housing_map.enquiry import Count, Enquiry, Household, Refusal, enquire, grouped
from housing_map.errors import UsageError
from housing_map.model import Settings
from housing_map.vocabulary import (
    Aim,
    Answer,
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


# Steps ----------------------------------------------------------------------------------------


def test_each_step_has_its_wait_and_shares_and_what_nobody_knows_is_said() -> None:
    tables = refuge()
    change(tables, "referral_routes", {"from_id": "entry:police"}, wait_days_central="1",
           accepts_low="0.4", accepts_central="0.5", accepts_high="0.6")  # fmt: skip
    change(tables, "referral_routes", {"from_id": "refuge"}, succeeds_central="0.8")
    found = asked(tables)
    steps = found.routes[0].ways[0].steps
    assert [(s.source, s.target) for s in steps] == [
        ("entry:police", "refuge"), ("refuge", "lettings"), ("lettings", "home:social"),
    ]  # fmt: skip
    assert found.routes[0].ways[0].comes_off == pytest.approx(0.5 * 0.8)
    assert [enquiry_words.step_text(step, found.names) for step in steps] == [
        "Police → refuge: wait 1 day; take it 50% (40% to 60%); not known: come off",
        "refuge → lettings: come off 80%; not known: wait, take it",
        "lettings → Settled in social rent: not known: wait, take it, come off",
    ]
    said = enquiry_words.comes_off_sentence(found.routes[0])
    assert said.startswith("Of 100 households offered this route, at most about 40 get to its end")


def test_a_referral_for_others_says_nothing_of_this_household() -> None:
    """High risk is certain, medium risk decided each time: two steps between the same services."""
    tables = refuge()
    change(tables, "referral_routes", {"from_id": "entry:police"}, risks="high")
    route(tables, "entry:police", "refuge", risks="medium", known="depends", accepts_central="0.5")
    certain, medium = asked(tables), asked(tables, risk=Risk.MEDIUM)
    assert certain.verdict is Verdict.YES
    assert certain.routes[0].ways[0].comes_off == 1
    assert medium.verdict is Verdict.PERHAPS
    (way,) = medium.routes[0].ways
    assert way.depends_on == ("route:entry:police:refuge",)
    assert way.steps[0].known is Answer.DEPENDS
    assert way.comes_off == 0.5


def with_support(*companions: str) -> Tables:
    """Return the pack with a refuge of use only with the support of one of some services."""
    tables = refuge()
    change(tables, "services", {"service_id": "refuge"}, used_with=";".join(companions))
    for companion in companions:
        serve(tables, companion, "idva")
    return tables


def test_a_bed_and_the_support_beside_it_are_said_together() -> None:
    found = asked(with_support("helpers"))
    (one,) = found.routes
    assert one.beside == (("refuge", "helpers"),)
    assert one.chain == ("refuge", "lettings")
    assert one.safe_place == "refuge"
    text = enquiry_words.route_text(one, found.names)
    assert text == "refuge (with helpers beside it) → lettings → settled in social rent"
    assert found.refusals == (), "what is used beside another service does help"


def test_a_bed_is_of_no_use_where_the_support_beside_it_refuses() -> None:
    tables = with_support("helpers", "others")
    answer(tables, "helpers", "male", "no")
    answer(tables, "others", "male", "yes")
    answer(tables, "refuge", "male", "yes")
    answer(tables, "lettings", "male", "yes")
    assert {r.beside for r in asked(tables).routes} == {
        (("refuge", "helpers"),), (("refuge", "others"),),
    }  # fmt: skip
    (one,) = asked(tables, "male").routes
    assert one.beside == (("refuge", "others"),)
    answer(tables, "others", "male", "no")
    assert asked(tables, "male").verdict is Verdict.NO


# Choice ---------------------------------------------------------------------------------------


def choice_of(found: Enquiry) -> dict[str, str]:
    return dict(enquiry_words.choice_items(found))


def test_one_route_has_no_backup_and_no_second_that_shares_nothing() -> None:
    found = asked(refuge())
    assert found.options.distinct == Count(1, 1)
    assert found.options.left == Count(0, 0)
    said = choice_of(found)
    assert said["Different routes"].startswith("One: every route has")
    assert said["If refuge is full or gone"] == "No route is left: there is no backup."
    assert said["Next step"] == "lettings."


def test_two_safe_places_that_share_their_way_on_are_one_different_route_with_a_backup() -> None:
    """By maximum flow: both refuges need the same lettings; without the first, one is left."""
    tables = refuge()
    serve(tables, "other", "refuge")
    chain(tables, "entry:police", "other", "lettings")
    found = asked(tables)
    assert len(found.routes) == 2
    assert found.options.distinct == Count(1, 1)
    assert found.options.left == Count(1, 1)
    assert choice_of(found)["If other is full or gone"] == "One different route is left."
    safe = asked(tables, goal=Goal.SAFE).options
    assert safe.distinct == Count(2, 2)
    assert safe.next_steps == (("lettings", Verdict.YES),), "what comes after safety is told too"


def test_a_route_that_nobody_is_sure_of_counts_as_perhaps() -> None:
    tables = refuge()
    serve(tables, "other", "refuge")
    change(tables, "services", {"service_id": "other"}, operating="unknown")
    serve(tables, "homes", "social_letting")
    chain(tables, "entry:police", "other", "homes", "home:social")
    found = asked(tables)
    assert found.options.distinct == Count(1, 2)
    assert found.options.left == Count(0, 1)
    assert found.options.next_steps == (("lettings", Verdict.YES), ("homes", Verdict.PERHAPS))
    said = choice_of(found)
    assert said["Different routes"].endswith("if what nobody knows turns out well; one for sure.")
    assert (
        said["If refuge is full or gone"] == "Perhaps one different route is left; none for sure."
    )
    assert said["Next step"] == "lettings; homes (perhaps)."


def test_both_ways_are_open_where_a_household_can_stay_and_can_move() -> None:
    tables = refuge()
    both = "Both ways are open. Staying safely at home: yes; moving instead: yes."
    alone = asked(tables, aim=Aim.STAY)
    assert (alone.options.stay, alone.options.move) == (Verdict.NO, Verdict.YES)
    assert choice_of(alone)["Staying or moving"].startswith("One way only.")
    serve(tables, "sanctuary", "sanctuary")
    chain(tables, "entry:police", "sanctuary", "home:stayed")
    found = asked(tables, aim=Aim.STAY)
    assert choice_of(found)["Staying or moving"] == both
    assert ("home:stayed", Verdict.YES) in found.options.next_steps
    assert "does not wish to stay" in choice_of(asked(tables))["Staying or moving"]


def test_the_document_of_an_enquiry_holds_choice_and_steps_and_no_figure_nobody_gave() -> None:
    tables = with_support("helpers")
    change(tables, "referral_routes", {"from_id": "entry:police"}, accepts_central="0.5")
    document = json.loads(json.dumps(enquiry_words.enquiry_document(asked(tables))))
    assert document["choice"]["distinct_routes"] == {"sure": 1, "perhaps": 1}
    assert document["choice"]["without_first_safe_place"]["service"] == "refuge"
    (one,) = document["routes"]
    assert one["beside"] == [{"service": "helpers", "with": "refuge"}]
    first = one["ways_in"][0]["steps"][0]
    assert (first["from"], first["to"]) == ("entry:police", "refuge")
    assert first["accepts"]["central"] == 0.5
    assert first["succeeds"] == {"low": None, "central": None, "high": None}
    nobody = enquiry_words.enquiry_document(asked(bare(20, move=1)))
    assert nobody["routes"] == []


def test_the_lines_of_an_enquiry_tell_choice_and_the_steps_of_which_anything_is_known() -> None:
    tables = refuge()
    change(tables, "referral_routes", {"from_id": "refuge"}, wait_days_central="90")
    lines = enquiry_words.enquiry_lines(asked(tables))
    steps = [line for line in lines if line.startswith("      step ")]
    assert steps == ["      step refuge → lettings: wait 90 days; not known: take it, come off"]
    assert "What choice there is" in lines
    assert "  If refuge is full or gone: No route is left: there is no backup." in lines
