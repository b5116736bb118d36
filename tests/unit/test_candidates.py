"""Candidates: what may be chosen between, the file they come in, and the ready list."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from housing_map import candidate_file
from housing_map.candidates import Ask, Candidate, Stand, candidate, check
from housing_map.changes import AddService, ChangeDemand, ChangeTakes, CloseService, Resize
from housing_map.choosing import Choosing
from housing_map.errors import UsageError
from housing_map.model import Settings
from housing_map.pack import Pack
from housing_map.ready_candidates import DISPERSED_SIZES, ready
from housing_map.scenario import ScenarioError
from housing_map.vocabulary import Answer, Goal
from tests.choices import closing, homes, places, secured, takes_nrpf, town
from tests.drawn import rich_tables
from tests.packs import base_tables
from tests.worlds import assume, base_pack, set_parameter, small_pack

SORTS = (places(2, 20), homes(3), takes_nrpf(15, stand=Stand.FORCED), closing("sanctuary", -5))


def test_a_candidate_costs_what_its_changes_cost_together_and_is_unknown_if_one_is() -> None:
    more = Resize(pool="refuge", by=5, cost_gbp_a_year=100)
    both = candidate([more, Resize(pool="sanctuary", by=2, cost_gbp_a_year=20)], "Both")
    assert (both.cost_gbp_a_year, both.units, both.id) == (120, 7, "Both")
    assert candidate([more, Resize(pool="sanctuary", by=2)], "One").cost_gbp_a_year is None
    saved = candidate([CloseService(service_id="refuge", cost_gbp_a_year=-50)], "Close")
    assert (saved.cost_gbp_a_year, saved.units, saved.closes) == (-50, 0, True)


@pytest.mark.parametrize(
    "change",
    [
        ChangeDemand(times=1.1),
        Resize(pool="refuge", by=-1),
        Resize(pool="refuge", to=9),
        ChangeTakes(service_id="refuge", rules=("nrpf",), answer=Answer.NO),
    ],
)
def test_changes_that_cannot_be_weighed_belong_into_the_scenario(change: ChangeDemand) -> None:
    with pytest.raises(UsageError, match="Put a change of sort"):
        Candidate("a", "A", (change,))


@pytest.mark.parametrize("name", ["gbp_a_year", "units", "smallest", "time_limit"])
@pytest.mark.parametrize("amount", [-1.0, float("nan"), float("inf")])
def test_impossible_budgets_are_refused(name: str, amount: float) -> None:
    with pytest.raises(UsageError, match=name):
        Ask(**{name: amount})  # type: ignore[arg-type]


def test_costs_that_nobody_has_given_are_asked_for_all_at_once_and_never_invented() -> None:
    with pytest.raises(UsageError, match=r"2 more places; 3 homes more\. Or set a budget in units"):
        check((places(2), homes(3), secured(4, 1)), Ask(gbp_a_year=10))
    assert len(check((places(2), homes(3)), Ask(units=10))) == 2


def test_a_cost_of_what_is_out_of_the_question_is_not_asked_for() -> None:
    assert check((places(2, stand=Stand.OUT), secured(4, 1)), Ask(gbp_a_year=10)) == (
        secured(4, 1),
    )


@pytest.mark.parametrize(
    ("candidates", "ask", "said"),
    [
        ((places(2), places(2)), Ask(), "same name"),
        ((places(2),), Ask(forced=frozenset({"other"})), "no candidate other"),
        ((places(2, stand=Stand.OUT),), Ask(forced=frozenset({"refuge_2"})), "out of the question"),
        ((homes(3, stand=Stand.FORCED),), Ask(smallest=4), "fewer than 4 places"),
        ((homes(3), replace(homes(3), id="again")), Ask(), "both open 'homes_3'"),
    ],
)
def test_contradictions_are_refused_and_named(
    candidates: tuple[Candidate, ...], ask: Ask, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        check(candidates, ask)


# The file ---------------------------------------------------------------------------------


def test_what_is_written_is_read_back_the_same_and_fits_the_schema() -> None:
    text = candidate_file.written(SORTS)
    assert candidate_file.read(text) == SORTS
    Draft202012Validator(candidate_file.json_schema()).validate(json.loads(text))
    assert candidate_file.read("\ufeff" + text) == SORTS


def test_costs_and_places_come_from_the_changes_unless_they_are_said() -> None:
    change = {"change": "resize", "pool": "refuge", "by": 3, "cost_gbp_a_year": 90.0}
    row: dict[str, object] = {"id": "more", "label": "More", "changes": [change]}

    def read(**more: object) -> Candidate:
        [found] = candidate_file.read(
            json.dumps({"format": candidate_file.FORMAT, "candidates": [row | more]})
        )
        return found

    assert (read().cost_gbp_a_year, read().units) == (90, 3)
    said = read(cost_gbp_a_year=50, units=1, stand="forced", one_of="refuge")
    assert (said.cost_gbp_a_year, said.units) == (50, 1)
    assert (said.stand, said.one_of) == (Stand.FORCED, "refuge")


@pytest.mark.parametrize(
    "content",
    [
        "no json",
        "[]",
        '{"format": "housing-map/candidates/9", "candidates": []}',
        '{"format": "housing-map/candidates/1.0", "candidates": [{"id": "A b"}]}',
        '{"format": "housing-map/candidates/1.0", "candidates": [], "more": 1}',
        " " * (candidate_file.LARGEST + 1),
    ],
)
def test_a_file_that_is_none_is_refused_with_every_problem(content: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        candidate_file.read(content, "mine.json")
    assert refused.value.problems
    assert "mine.json" in str(refused.value)


def test_a_label_that_says_where_safe_accommodation_is_is_refused(tmp_path: Path) -> None:
    located = replace(places(2), label="Two more in Alderby East")
    file = tmp_path / "mine.json"
    file.write_text(candidate_file.written((located,)), encoding="utf-8")
    with pytest.raises(ScenarioError) as refused:
        candidate_file.load(file, town())
    assert refused.value.problems
    file.write_text(candidate_file.written((places(2),)), encoding="utf-8")
    assert candidate_file.load(file, town()) == (places(2),)
    with pytest.raises(ScenarioError, match="cannot be read"):
        candidate_file.load(tmp_path / "none.json", town())


# The ready list ---------------------------------------------------------------------------


def listed() -> Pack:
    """Return the small pack with an assumption for refuges, so that a new home has a stay."""
    tables = rich_tables()
    assume(tables, "dispersed", "units", 3, stay_days_central="90", occupancy_central="0.9")
    return small_pack(tables)


def test_the_ready_list_comes_from_the_pack_and_can_be_weighed() -> None:
    found = ready(listed()).candidates
    assert {one.units for one in found if one.id.startswith("new_dispersed")} == {4, 6, 10}
    assert {one.one_of for one in found if one.id.startswith("new_dispersed")} <= {
        "new_dispersed_homes"
    }
    for goal in ("safe", "settled"):
        best = Choosing(listed(), Settings(goal=Goal(goal)), found, Ask(units=20)).optimum()
        assert best.proved
        assert best.units <= 20


def test_what_the_pack_gives_no_figure_for_is_left_out_and_it_is_said_why() -> None:
    found = ready(base_pack())
    assert not any(one.id.startswith("new_dispersed") for one in found.candidates)
    assert any("Six dispersed homes more: cannot be weighed" in said for said in found.left_out)


def test_no_cost_of_the_ready_list_is_invented() -> None:
    assert all(one.cost_gbp_a_year is None for one in ready(base_pack()).candidates)


def test_a_cost_in_the_register_is_taken() -> None:
    tables = base_tables()
    tables["parameters"].append(
        {"key": "sanctuary_installation_cost", "label": "Cost", "central": "900",
         "unit": "GBP per home", "status": "assumed", "source": "made up for tests"}
    )  # fmt: skip
    set_parameter(tables, "sanctuary_installation_cost", 900)
    [secure] = [one for one in ready(small_pack(tables)).candidates if "sanctuary" in one.id]
    assert secure.cost_gbp_a_year == 900 * secure.units


def test_dispersed_homes_come_in_sizes_of_which_one_can_be_chosen_and_without_a_place() -> None:
    homes_ = [one for one in ready(listed()).candidates if "dispersed_homes" in one.id]
    assert [one.units for one in homes_] == list(DISPERSED_SIZES)
    for one in homes_:
        [new] = one.changes
        assert isinstance(new, AddService)
        assert new.town == ""
        assert all(new.service_id in {r.from_id, r.to_id} for r in new.routes or ())


def test_only_what_is_refused_or_unknown_is_asked_for_and_who_cannot_be_weighed_is_named() -> None:
    found = ready(base_pack())
    asked = {
        (change.service_id, rule)
        for one in found.candidates
        for change in one.changes
        if isinstance(change, ChangeTakes)
        for rule in change.rules
    }
    told = {
        (row["service_id"], row["rule"])
        for row in base_tables()["eligibility"]
        if row["answer"] in {"yes", "depends"}
    }
    assert asked
    assert not asked & told
    # Nobody has published how many have pets: that is no nought.
    assert any("people with pets" in said for said in found.left_out)
    assert not any("pets" in one.id for one in found.candidates)
