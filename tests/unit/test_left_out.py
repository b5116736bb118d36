"""Whom a set leaves out: named in both views, with those who end below their floor."""

import pytest

from housing_map import model, tabulate
from housing_map.cells import records
from housing_map.changes import CloseService, Resize
from housing_map.left_out import COLUMNS, left_out, shown
from housing_map.model import Settings
from housing_map.scenario import Scenario, apply
from housing_map.vocabulary import Reason, Run
from tests.choices import SETTLED, town

CLOSE = 1e-5
MORE = Scenario(name="More", changes=(Resize(pool="refuge", by=2),))
SHUT = Scenario(name="Shut", changes=(CloseService(service_id="sanctuary"),))


def test_every_group_is_named_with_who_is_left_and_the_main_reason() -> None:
    found = left_out(town(), MORE, SETTLED, by=("tenure", "need"))
    after = apply(town(), MORE, SETTLED)
    result = model.run(after.pack, after.settings)
    assert tuple(found.rows.columns) == COLUMNS
    for by in ("tenure", "need"):
        frame = tabulate.run_rows(result, result[Run.CENTRAL], [by])
        rows = {str(row[by]): row for row in records(frame)}
        mine = [row for row in records(found.rows) if row["what"] == by]
        assert {row["which"] for row in mine} == set(rows)
        for row in mine:
            whole = rows[row["which"]]
            most = max(whole[str(reason)] for reason in Reason)
            assert row["left"] == pytest.approx(whole["demand"] - whole["met"], abs=CLOSE)
            assert row["reason_left"] == pytest.approx(most, abs=CLOSE)
            assert whole[row["reason"]] == pytest.approx(most, abs=CLOSE)


def test_those_with_the_least_share_met_come_first() -> None:
    rows = left_out(town(), MORE, SETTLED, by=("tenure", "need")).rows
    for _, group in rows.groupby("what", sort=False):
        assert group["share_met"].is_monotonic_increasing


def test_a_group_that_the_models_own_sharing_leaves_below_its_floor_is_named() -> None:
    found = left_out(town(), SHUT, SETTLED, by=("tenure",))
    [owners] = [row for row in records(found.below) if row["which"] == "owned"]
    # Three of forty fewer, half of them owners.
    assert owners["short"] == pytest.approx(1.5, abs=CLOSE)
    assert owners["floor"] - owners["share_met"] == pytest.approx(0.075)
    assert left_out(town(), MORE, SETTLED, by=("tenure",)).below.empty
    asked = left_out(town(), MORE, SETTLED, by=("tenure",), floors={("tenure", "owned"): 0.5})
    assert list(asked.below["which"]) == ["owned"]
    assert left_out(town(), SHUT, SETTLED, by=("tenure",), floors={}).below.empty


def test_the_publishable_table_has_no_share_and_no_exact_figure() -> None:
    found = left_out(town(), MORE, SETTLED)
    restricted, publishable = shown(found), shown(found, publishable=True)
    assert "share met" in restricted
    assert "share met" not in publishable
    assert set(publishable["Left out a year"]) <= {"none", "fewer than 5"} | {
        f"about {n}" for n in range(5, 41, 5)
    }
    assert list(restricted["Which"]) == list(publishable["Which"])


def test_areas_are_called_by_their_names_and_elsewhere_is_one_of_them() -> None:
    names = set(left_out(town(), MORE, SETTLED, by=("place",)).rows["name"])
    assert names <= {"Alderby", "Cowden", "From elsewhere"}
    assert {"Alderby", "Cowden"} <= names


def test_settings_of_the_question_are_those_that_the_scenario_is_run_with() -> None:
    weighted = Settings(goal=SETTLED.goal, weights=(("tenure_owned", 9.0),))
    plain, heavy = (
        {row["which"]: row["left"] for row in records(found.rows)}
        for found in (
            left_out(town(), MORE, SETTLED, by=("tenure",)),
            left_out(town(), MORE, weighted, by=("tenure",)),
        )
    )
    assert heavy["owned"] < plain["owned"]
