"""Ways to use what there is: single routes and rules, and small sets, that would help."""

from dataclasses import dataclass, field

import pytest

from housing_map.changes import AddRoute, Change, ChangeTakes
from housing_map.model import Settings, run
from housing_map.openings import Openings, openings, openings_job, with_room
from housing_map.vocabulary import Answer, Goal, Run
from tests.packs import Tables, change
from tests.worlds import EXACT, answer, bare, chain, route, serve, set_shares, small_pack

SAFE = Settings(goal=Goal.SAFE)


def found(tables: Tables, stance: Run = Run.CENTRAL, settings: Settings = SAFE) -> Openings:
    return openings(small_pack(tables), settings, stance=stance)


def told(one: Change) -> tuple[str, ...]:
    if isinstance(one, AddRoute):
        return one.route.from_id, one.route.to_id
    assert isinstance(one, ChangeTakes)
    return one.service_id, *one.rules


def two_desks() -> Tables:
    """Twenty movers: twelve ask the police, whose desk leads to the refuge, eight a helpline."""
    tables = bare(20, move=1)
    set_shares(tables, "entry", police=0.6, helpline=0.4)
    serve(tables, "desk", "idva")
    serve(tables, "line", "helpline")
    serve(tables, "refuge", "refuge", 30, basis="units")
    chain(tables, "entry:police", "desk", "refuge")
    chain(tables, "entry:helpline", "line")
    return tables


# New ways, in the central run -------------------------------------------------------------------


def test_a_route_that_nobody_has_is_found_with_the_households_it_would_help() -> None:
    """The eight who ring the line are helped by a route from it, or by one past it."""
    answers = found(two_desks())
    assert answers.met == pytest.approx(12, abs=EXACT)
    assert {told(change) for one in answers.found for change in one.changes} == {
        ("line", "refuge"),
        ("entry:helpline", "desk"),
    }
    assert all(one.further == pytest.approx(8, abs=EXACT) for one in answers.found)
    assert answers.together == pytest.approx(8, abs=EXACT)


def test_a_route_to_a_full_service_is_no_opening() -> None:
    tables = two_desks()
    change(tables, "capacity", {"service_id": "refuge"}, capacity_central="12")
    answers = found(tables)
    assert answers.found == ()
    assert answers.together == pytest.approx(0, abs=EXACT)


def test_a_route_on_the_terms_of_others_is_taken_up_by_as_many() -> None:
    """Half of those offered the refuge accept: the route would help four of eight."""
    tables = two_desks()
    for row in tables["referral_routes"]:
        if row["to_id"] == "refuge":
            row["accepts_central"] = "0.5"
    (best, *_) = found(tables).found
    assert best.further == pytest.approx(4, abs=EXACT)


def test_a_rule_that_a_service_with_room_refuses_is_found() -> None:
    """Half are men, whom the refuge does not take: with the rule lifted, ten more are helped."""
    tables = bare(20, move=1, male=0.5)
    serve(tables, "refuge", "refuge", 30, basis="units")
    route(tables, "entry:police", "refuge")
    answer(tables, "refuge", "male", "no")
    (only,) = found(tables).found
    assert [told(one) for one in only.changes] == [("refuge", "male")]
    assert only.service == "refuge"
    assert only.further == pytest.approx(10, abs=EXACT)


def test_a_route_and_a_rule_that_help_only_together_are_found_together() -> None:
    """The line's callers are men: a route without the rule helps nobody, nor the other way."""
    tables = bare(20, move=1, male=1)
    serve(tables, "line", "helpline")
    answer(tables, "line", "male", "yes")
    serve(tables, "refuge", "refuge", 30, basis="units")
    answer(tables, "refuge", "male", "no")
    chain(tables, "entry:police", "line")
    route(tables, "entry:self", "refuge")
    answers = found(tables)
    ways = {frozenset(told(change) for change in one.changes) for one in answers.found}
    assert ways
    for way in ways:
        assert ("refuge", "male") in way
        assert len(way) == 2
    assert answers.found[0].further == pytest.approx(20, abs=EXACT)


def test_with_nothing_to_mend_one_run_settles_every_change() -> None:
    tables = two_desks()
    chain(tables, "line", "refuge")
    answers = found(tables)
    assert answers.found == ()
    assert answers.tried > 0
    assert answers.runs == 2


def test_services_with_room_are_those_whose_places_are_not_all_used() -> None:
    tables = two_desks()
    serve(tables, "endless", "social_letting")
    assert with_room(run(small_pack(tables), SAFE)) == {"refuge", "endless"}
    change(tables, "capacity", {"service_id": "refuge"}, capacity_central="1")
    assert with_room(run(small_pack(tables), SAFE)) == {"endless"}


# Confirming, in the cautious run ----------------------------------------------------------------


def test_a_route_nobody_has_confirmed_is_found_in_the_cautious_run_alone() -> None:
    tables = two_desks()
    route(tables, "line", "refuge", known="unknown")
    assert found(tables).found == ()
    (only,) = found(tables, Run.CAUTIOUS).found
    assert [told(one) for one in only.changes] == [("line", "refuge")]
    assert only.further == pytest.approx(8, abs=EXACT)


def test_confirming_a_route_leaves_its_own_shares_and_waits() -> None:
    tables = two_desks()
    route(tables, "line", "refuge", known="depends", accepts_low="0.25", accepts_central="0.5",
          accepts_high="1")  # fmt: skip
    (only,) = found(tables, Run.CAUTIOUS).found
    assert only.further == pytest.approx(8 * 0.25, abs=EXACT)


def test_levels_of_one_question_are_confirmed_together() -> None:
    """Whether a refuge takes children is one question, whatever their number."""
    tables = bare(20, move=1, children_1_2=0.3, children_3=0.2)
    serve(tables, "refuge", "refuge", 30, basis="units")
    route(tables, "entry:police", "refuge")
    (only,) = found(tables, Run.CAUTIOUS).found
    (one,) = only.changes
    assert isinstance(one, ChangeTakes)
    assert {"children_1_2", "children_3"} <= set(one.rules)
    assert one.answer is Answer.YES
    assert only.further == pytest.approx(10, abs=EXACT)


def test_a_rule_that_is_refused_for_certain_is_no_question_to_ask() -> None:
    tables = bare(20, move=1, male=0.5)
    serve(tables, "refuge", "refuge", 30, basis="units")
    route(tables, "entry:police", "refuge")
    answer(tables, "refuge", "male", "no")
    assert found(tables, Run.CAUTIOUS).found == ()


@dataclass
class Told:
    """A job's report."""

    steps: list[tuple[int, int]] = field(default_factory=list)

    def __call__(self, done: int, of: int) -> None:
        self.steps.append((done, of))


def test_progress_never_falls_and_ends_at_the_end() -> None:
    report = Told()
    answers = openings_job(report, small_pack(two_desks()), SAFE)
    done = [step for step, _ in report.steps]
    assert done == sorted(done)
    assert report.steps[-1] == (answers.tried, answers.tried)
