"""The ready-made scenarios on the shipped pack: each runs, and changes something."""

import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from housing_map import model, tabulate
from housing_map.changes import AddService
from housing_map.errors import Severity
from housing_map.pack import Pack, load_pack
from housing_map.scenario import Applied, Scenario, apply, json_schema, location_problems, read
from housing_map.starts import Start, starts
from housing_map.vocabulary import Goal, Reason, Run
from tests.scenarios import ROOT, kirklees_with
from tests.worlds import BALANCE

WHERE: dict[str, tuple[Goal, Run, str]] = {
    "grant_ends": (Goal.SAFE, Run.CENTRAL, "met"),
    "dispersed_homes": (Goal.SAFE, Run.CENTRAL, "met"),
    # The scheme is full already: more may ask for it, and none more is helped.
    "sanctuary_open": (Goal.SAFE, Run.CENTRAL, "met_with_support"),
    "by_and_for": (Goal.SAFE, Run.CENTRAL, "met"),
    "reciprocals": (Goal.SETTLED, Run.CENTRAL, "met"),
    # Centrally housing options refers there as it is; cautiously nobody knows that it does.
    "straight_referral": (Goal.SAFE, Run.CAUTIOUS, "met"),
    "more_demand": (Goal.SAFE, Run.CENTRAL, "demand"),
}
"""A goal, run and figure that each start changes."""
UP = {"dispersed_homes", "by_and_for", "reciprocals", "straight_referral", "more_demand"}


@cache
def kirklees() -> Pack:
    return load_pack(ROOT / "data")


@cache
def start(code: str) -> Start:
    return next(one for one in starts(kirklees()) if one.id == code)


def asked(code: str, goal: Goal) -> Applied:
    scenario = start(code).scenario
    assert scenario is not None, start(code).lacks
    return apply(kirklees(), scenario, model.Settings(goal=goal))


def test_every_start_can_be_made_from_the_shipped_pack() -> None:
    assert {one.id for one in starts(kirklees()) if one.scenario is not None} == set(WHERE)


@pytest.mark.parametrize("code", WHERE)
def test_every_start_applies_whole_and_changes_what_it_should(code: str) -> None:
    goal, run, figure = WHERE[code]
    applied = asked(code, goal)
    assert applied.skipped == ()
    before = model.run(kirklees(), model.Settings(goal=goal))
    after = model.run(applied.pack, applied.settings)
    rows = [tabulate.run_rows(one, one[run], []).iloc[0] for one in (before, after)]
    more = rows[1][figure] - rows[0][figure]
    assert abs(more) > 0.05
    if code in UP:
        assert more > 0
    for one in Run:
        found = tabulate.run_rows(after, after[one], [])
        whole = found["met"] + found[[str(reason) for reason in Reason]].sum(axis=1)
        assert np.allclose(found["demand"], whole, rtol=0, atol=BALANCE)


@pytest.mark.parametrize("code", WHERE)
def test_a_start_names_no_place_but_a_town_for_the_restricted_view(code: str) -> None:
    scenario = start(code).scenario
    assert scenario is not None
    assert location_problems(scenario, kirklees()) == ()
    towns = {change.town for change in scenario.changes if isinstance(change, AddService)}
    assert towns <= {"", "Dewsbury"}
    assert ("Dewsbury" in towns) == (code == "dispersed_homes")


def test_the_example_of_the_guide_is_a_scenario_that_applies_whole() -> None:
    guide = (ROOT / "docs" / "scenarios.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```json\n(.*?)^```$", guide, re.DOTALL | re.MULTILINE)
    applied = apply(kirklees(), read(example))
    assert applied.skipped == ()
    assert len(applied.made) == 2


def test_the_guide_lists_every_sort_of_change_with_all_that_it_may_say() -> None:
    guide = (ROOT / "docs" / "scenarios.md").read_text(encoding="utf-8")
    schema = json_schema()["$defs"]
    for part in schema.values():
        names = set(part.get("properties", {}))
        if "change" in names:
            sort = part["properties"]["change"]["const"]
            (row,) = re.findall(rf"^\| `{sort}` \|.*$", guide, re.MULTILINE)
            common = {"change", "note", "cost_gbp_a_year", "cost_gbp_once"}
            assert names - common <= set(re.findall(r"`(\w+)`", row)), sort


def test_a_pack_with_every_start_in_it_passes_every_check_of_the_loader(tmp_path: Path) -> None:
    changes = tuple(
        change
        for code in WHERE
        if code != "grant_ends"
        for change in (start(code).scenario or Scenario(name="none")).changes
    )
    applied = apply(kirklees(), Scenario(name="All of them", changes=changes))
    # Opening the same route twice is the only thing that two of them both do.
    assert {changes[one.number].change for one in applied.skipped} <= {"add_route"}
    loaded = kirklees_with(applied.pack, tmp_path / "pack")
    assert not [one for one in loaded.warnings if one.severity is Severity.ERROR]
    assert {"new_dispersed_homes", "new_by_and_for_refuge"} <= set(loaded["services"]["service_id"])
