"""Openings on packs made at random, and on the shipped one."""

import pytest
from hypothesis import given

from housing_map.changes import Change
from housing_map.model import Settings, most_met
from housing_map.openings import WORTH, openings
from housing_map.pack import default_folder, load_pack
from housing_map.scenario import Scenario, apply
from housing_map.vocabulary import Goal, Run
from tests.drawn import Question, examples, questions
from tests.worlds import small_pack


@examples(2)
@given(questions())
def test_what_is_found_helps_as_much_as_it_says_and_nothing_of_it_can_be_left_out(
    question: Question,
) -> None:
    """Each opening is made again, as a scenario of its own."""
    pack = small_pack(question.tables)
    settings = Settings(goal=question.goal)
    for stance in (Run.CENTRAL, Run.CAUTIOUS):
        answers = openings(pack, settings, stance=stance)
        _, before = most_met(pack, settings, stance)
        assert answers.met == pytest.approx(before, abs=1e-9)

        def gain(
            changes: tuple[Change, ...], stance: Run = stance, before: float = before
        ) -> float:
            after = apply(pack, Scenario(name="again", changes=changes), settings)
            return most_met(after.pack, after.settings, stance)[1] - before

        for one in answers.found:
            assert gain(one.changes) == pytest.approx(one.further, abs=1e-6)
            assert WORTH < one.further <= answers.together + 1e-6
            if len(one.changes) > 1:
                for out in one.changes:
                    assert gain(tuple(c for c in one.changes if c is not out)) <= WORTH


@pytest.mark.parametrize("goal", Goal)
def test_on_the_shipped_pack_places_are_short_and_not_ways_to_them(goal: Goal) -> None:
    """Every new route and rule at once helps nobody more in the central run."""
    answers = openings(load_pack(default_folder()), Settings(goal=goal))
    assert answers.tried > 50
    assert answers.together == pytest.approx(0, abs=1e-6)
    assert answers.found == ()
    assert answers.runs == 2
