"""What each sort of change may say, before any pack is asked."""

from typing import Any

import pytest
from pydantic import ValidationError

from housing_map.changes import COSTED, Change
from housing_map.scenario import Scenario, json_schema

NEW = {"change": "add_service", "service_id": "x", "name": "x", "kind": "idva"}

WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a kind that there is not": (NEW | {"kind": "castle"}, "no kind of service 'castle'"),
    "a rule that there is not": (NEW | {"takes": {"kings": "yes"}}, "no rule 'kings'"),
    "a support type that there is not": (NEW | {"support_types": ["s99"]}, "support type 's99'"),
    "a component that there is not": (NEW | {"components": ["moat"]}, "component 'moat'"),
    "no name": (NEW | {"name": ""}, "at least 1 character"),
    "no place at all": (NEW | {"capacity": 0}, "greater than 0"),
    "a route past it": (
        NEW | {"routes": [{"from_id": "options", "to_id": "idva"}]},
        "must start or end at it",
    ),
    "closing before it opens": (
        NEW | {"opens_on": "2027-04-01", "closes_on": "2027-03-31"},
        "the other way round",
    ),
    "a point outside the country": (
        NEW | {"points": [{"name": "x", "lon": 53.6, "lat": -1.8}]},
        "less than or equal to 3",
    ),
    "both by and to": ({"change": "resize", "pool": "a", "by": 1, "to": 2}, "either by how many"),
    "neither by nor to": ({"change": "resize", "pool": "a"}, "either by how many"),
    "fewer than no places": ({"change": "resize", "pool": "a", "to": -1}, "greater than or equal"),
    "moving nowhere": ({"change": "move_service", "service_id": "a"}, "which areas"),
    "serving no area": ({"change": "move_service", "service_id": "a", "areas": []}, "at least 1"),
    "no rule to take": (
        {"change": "takes", "service_id": "a", "rules": [], "answer": "yes"},
        "at least 1",
    ),
    "an answer that is none": (
        {"change": "takes", "service_id": "a", "rules": ["male"], "answer": "maybe"},
        "'yes', 'no', 'depends' or 'unknown'",
    ),
    "days and times of a stay": (
        {"change": "stay", "pool": "a", "days": 9, "times": 2},
        "either how many days",
    ),
    "a stay of no time": ({"change": "stay", "pool": "a", "times": 0}, "greater than 0"),
    "more than all days": ({"change": "occupancy", "pool": "a", "share": 1.01}, "less than or"),
    "a route that nobody takes part in": ({"change": "change_route", "accepts": 1}, "say where"),
    "a route that changes nothing": ({"change": "change_route", "to_id": "a"}, "what changes"),
    "more than all accept": (
        {"change": "change_route", "to_id": "a", "accepts": 1.2},
        "less than or equal to 1",
    ),
    "less than no demand": ({"change": "demand", "times": -0.1}, "greater than or equal"),
    "a need that there is not": (
        {"change": "demand", "times": 1, "need": "gold"},
        "no circumstance 'gold'",
    ),
    "a need of a part of the district": (
        {"change": "demand", "times": 1, "need": "nrpf", "areas": ["Alderby"]},
        "for the whole district",
    ),
    "arrivals twice over": (
        {"change": "arrivals", "per_leaver": 1, "times": 1},
        "either how many arrive",
    ),
    "keeping no place": (
        {"change": "reserve", "pool": "a", "rule": "male", "units": 0},
        "greater than 0",
    ),
    "counting for nothing": ({"change": "weight", "rule": "male", "weight": 0}, "greater than 0"),
    "a budget of nothing said": ({"change": "budget"}, "how much money"),
    "a word too many": ({"change": "budget", "units": 1, "euros": 1}, "not permitted"),
    "a cost that is no amount": (
        {"change": "close_service", "service_id": "a", "cost_gbp_a_year": float("inf")},
        "a finite number",
    ),
}


def change(cells: dict[str, Any]) -> Change:
    (made,) = Scenario.model_validate({"name": "x", "changes": [cells]}).changes
    return made


@pytest.mark.parametrize("name", WRONG)
def test_a_change_that_makes_no_sense_is_refused_and_says_why(name: str) -> None:
    cells, why = WRONG[name]
    with pytest.raises(ValidationError) as raised:
        change(cells)
    assert why in str(raised.value)


def test_a_cost_that_nobody_gave_is_none_and_nothing_is_nought() -> None:
    unknown = change(NEW)
    assert isinstance(unknown, COSTED)
    assert (unknown.cost_gbp_a_year, unknown.cost_gbp_once) == (None, None)
    free = change(NEW | {"cost_gbp_a_year": 0})
    assert isinstance(free, COSTED)
    assert free.cost_gbp_a_year == 0


def test_a_change_cannot_be_changed_once_made() -> None:
    made = change({"change": "demand", "times": 2})
    with pytest.raises(ValidationError, match="frozen"):
        made.times = 3  # type: ignore[union-attr]


def test_the_schema_tells_the_sorts_of_change_apart_as_the_program_does() -> None:
    schema = json_schema()
    told = schema["properties"]["changes"]["items"]["discriminator"]["mapping"]
    sorts = {
        part["properties"]["change"]["const"]
        for part in schema["$defs"].values()
        if "change" in part.get("properties", {})
    }
    assert set(told) == sorts
    assert len(sorts) == 17
