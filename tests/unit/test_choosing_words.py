"""The best set in sentences: what is in it, whether it is proved, whom it leaves out."""

from dataclasses import replace

import pandas as pd
import pytest

from housing_map import choosing_words as words
from housing_map.candidates import Ask, Objective
from housing_map.choosing import Choosing, Chosen
from housing_map.frontier import Frontier, Order, Point, Step
from housing_map.left_out import left_out
from housing_map.needed import Wanted, needed
from housing_map.robustness import Survival
from housing_map.scenario import Scenario
from tests.choices import SETTLED, homes, places, secured, town

LISTED = (places(5), homes(10), secured(20))
BEST = Chosen(
    ids=("refuge_5", "homes_10", "secured_20"), before=400.0, met=450.7, cost_gbp_a_year=300_000.0,
    units=35.0, bound=450.7, status="optimal", shared=450.7,
)  # fmt: skip
ASK = Ask(gbp_a_year=300_000)


def test_the_answer_says_budget_set_effect_and_proof() -> None:
    said = words.answer(ASK, BEST, LISTED)
    assert said[0] == (
        "Best for £300,000 a year: 5 more places, 10 homes more and 20 homes: "
        "51 more households a year."
    )
    assert said[1] == "Proved: nothing allowed does better."
    assert said[2] == "It brings 35 places and costs £300,000 a year."


def test_labels_that_hold_commas_are_kept_apart() -> None:
    listed = (replace(LISTED[0], label="A, or B"), *LISTED[1:])
    assert "A, or B; 10 homes more; 20 homes" in words.answer(ASK, BEST, listed)[0]


def test_where_it_is_not_proved_the_gap_is_said() -> None:
    open_ = replace(BEST, bound=460.7, status="time limit")
    assert words.proof(open_) == (
        "Not proved (time limit): something allowed may do better, by 10.0 households a year at "
        "most, 2.2% of the most that can be."
    )
    assert "has not been asked" in words.proof(replace(BEST, bound=None))
    assert "below its floor" in words.proof(replace(BEST, bound=None, keeps_floors=False))


def test_a_cost_that_nobody_has_given_is_asked_for_and_a_saving_is_one() -> None:
    assert "somebody has to say" in words.takes(replace(BEST, cost_gbp_a_year=None))
    assert "saves £5,000" in words.takes(replace(BEST, cost_gbp_a_year=-5000.0))
    assert words.takes(replace(BEST, units=0.0)).startswith("It brings no new places")


def test_the_publishable_answer_has_no_cost_and_rounds() -> None:
    said = " ".join(words.answer(ASK, BEST, LISTED, publishable=True))
    assert "about 50 more households" in said
    assert "costs" not in said


def test_nothing_that_helps_is_said_to_help_nobody() -> None:
    nothing = replace(BEST, ids=(), met=400.0, bound=400.0, shared=400.0)
    assert words.answer(ASK, nothing, LISTED) == [
        "Nothing on the list that is allowed for £300,000 a year helps anybody more.",
        "Proved: nothing allowed does better.",
    ]


def test_what_floors_and_fairness_take_from_the_total_is_said() -> None:
    fair = replace(ASK, objective=Objective.FAIR, fair_by="tenure")
    said = " ".join(words.answer(fair, replace(BEST, lowest=0.534, shared=455.7), LISTED))
    assert "lowest share met by tenure the furthest: to 53%" in said
    assert "would help 5.0 households a year more" in said


def test_a_fair_set_that_is_not_proved_the_fairest_is_not_called_so() -> None:
    fair = Ask(objective=Objective.FAIR)
    found = replace(BEST, bound=BEST.met, lowest=0.4, highest=0.4)
    assert found.proved
    assert "the furthest: to 40%" in " ".join(words.fairness(fair, found))
    found = replace(found, highest=0.55, status="fairest not proved")
    assert not found.proved
    assert words.proof(found) == (
        "Not proved (fairest not proved): something allowed may be fairer."
    )
    (said,) = words.fairness(fair, found)
    assert "to 40%; at most 55% can be" in said


def test_whom_it_leaves_out_is_always_named() -> None:
    found = left_out(town(), Scenario(name="None"), SETTLED, by=("tenure", "need"))
    restricted = words.left_out_lines(found)
    publishable = words.left_out_lines(found, publishable=True)
    for said in (restricted, publishable):
        assert said[0].startswith("By home before, left out")
        assert "Owned" in said[0]
        assert "Private rent" in said[0]
        assert "No recourse to public funds" in said[1]
    assert "% met" in restricted[0]
    assert "%" not in "".join(publishable)


def test_groups_below_their_floor_are_named_and_what_to_do() -> None:
    floors = {("tenure", "owned"): 0.5}
    found = left_out(town(), Scenario(name="None"), SETTLED, by=("tenure",), floors=floors)
    [said] = words.below_lines(found)
    assert said.startswith("Owned ends below its floor")
    assert "in the place of 50.0%, 6.5 households a year" in said


def test_frontier_and_order_say_what_is_spent_and_what_it_costs_at_each_step() -> None:
    nothing = replace(BEST, ids=(), met=400.0, bound=400.0)
    points = Frontier((Point(0.0, nothing), Point(3e5, BEST)), money=True, complete=False)
    said = words.frontier_lines(points, LISTED)
    assert said[0] == "£0 a year: nothing: nobody more."
    assert said[1].startswith("£300,000 a year: 5 more places; 10 homes more; 20 homes: 51 more")
    assert "stopped here" in said[2]
    steps = (Step("a", "First", 5.0, 410.0, 412.0), Step("b", "Second", 9.0, 420.0, 420.0))
    first, second, how = words.order_lines(Order(steps, 400.0, money=False, exact=False))
    assert first == (
        "1. First: by then 5 units and 10 more households a year. "
        "2.0 fewer than the best set for as much."
    )
    assert second.endswith("No set does better for as much.")
    assert "step by step" in how


def test_survival_says_what_is_worth_doing_whatever_the_truth() -> None:
    shares = {"refuge_5": 0.95, "homes_10": 0.6, "secured_20": 0.1}
    said = words.survival_lines(Survival(shares, 40, 2, (), 1), LISTED)
    assert "95% of 40 draws, worth doing whatever the truth" in said[0]
    assert "hangs on figures" in said[1]
    assert "seldom" in said[2]
    assert "In 2 draws no set was allowed" in said[3]


def test_the_least_provision_is_said_in_what_its_places_count() -> None:
    said = words.needed_lines(needed(town(), SETTLED, Wanted(0.5, by=("aim",))))
    assert "6.0 more refuge units (there are 4)" in said[0]
    assert "7.0 more installations a year (Sanctuary scheme) (there are 3)" in said[0]
    assert said[-1].startswith("20 of 40 household-episodes")
    short = replace(
        needed(town(), SETTLED, Wanted(0.5, by=("tenure",))),
        groups=pd.DataFrame(
            {"what": ["tenure"], "which": ["owned"], "met_share": [0.4], "short": [True]}
        ),
    )
    assert any("Not so far" in one and "Owned, 40%" in one for one in words.needed_lines(short))


@pytest.mark.parametrize("units", [1.0, 12.5])
def test_a_real_answer_has_no_placeholder_left(units: float) -> None:
    listed = (places(1), secured(4), homes(10))
    found = Choosing(town(), SETTLED, listed, Ask(units=units)).optimum()
    said = words.answer(Ask(units=units), found, listed)
    assert all(one and "None" not in one and "nan" not in one for one in said)
