"""Rows of the cascade: what may be asked for, filters, and the order of rows."""

from functools import cache

import pandas as pd
import pytest

from housing_map import model
from housing_map.errors import UsageError
from housing_map.tabulate import FIGURES, Filter, coverage_rows, route_components, totals
from housing_map.vocabulary import (
    CIRCUMSTANCES,
    ELSEWHERE,
    Aim,
    Component,
    Entry,
    Right,
    Risk,
    Run,
    Tenure,
)
from tests.packs import DISTRICT, LSOAS, WARDS
from tests.worlds import base_pack

ORDERS = {
    "tenure": tuple(Tenure),
    "right": tuple(Right),
    "risk": tuple(Risk),
    "aim": tuple(Aim),
    "entry": tuple(Entry),
    "need": tuple(CIRCUMSTANCES),
    "component": tuple(Component),
    "ward": (*WARDS, ELSEWHERE),
    "lsoa": (*LSOAS, ELSEWHERE),
    "district": (DISTRICT, ELSEWHERE),
    "place": ("Alderby", "Cowden", ELSEWHERE),
}


@cache
def answer() -> model.Result:
    return model.run(base_pack())


def one_row(frame: pd.DataFrame, **where: str) -> dict[str, float]:
    """Figures of the only row with these cells."""
    for column, code in where.items():
        frame = frame[frame[column] == code]
    assert len(frame) == 1
    return {name: float(frame[name].iloc[0]) for name in FIGURES}


def same(figures: "pd.Series[float]", row: dict[str, float]) -> bool:
    return figures[list(FIGURES)].to_dict() == pytest.approx(row, abs=1e-9)


@pytest.mark.parametrize(
    ("by", "said"),
    [
        (["parish"], "no level of area called 'parish'"),
        (["tenure", "tenure"], "nothing twice: got tenure, tenure"),
        (["ward", "ward"], "nothing twice"),
        (["ward", "lsoa"], "one level of area at most"),
        (["need", "component"], "by need or by component, not by both"),
        (["tenure", "need", "risk", "component"], "not by both"),
    ],
)
def test_rows_that_cannot_be_are_refused(by: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        coverage_rows(answer(), by)


@pytest.mark.parametrize("run", Run)
def test_a_filter_by_tenure_risk_or_aim_gives_the_row_of_it(run: Run) -> None:
    for by, codes in (("tenure", Tenure), ("risk", Risk), ("aim", Aim)):
        rows = coverage_rows(answer(), [by])
        for code in sorted(set(rows[by]) & set(codes)):
            only = {
                "tenure": Filter(tenures=frozenset({code})),
                "risk": Filter(risks=frozenset({code})),
                "aim": Filter(aims=frozenset({code})),
            }[by]
            assert same(totals(answer(), run, only=only), one_row(rows, run=run, **{by: code}))


@pytest.mark.parametrize("run", Run)
@pytest.mark.parametrize(
    ("level", "code"), [("ward", WARDS[0]), ("place", "Cowden"), ("lsoa", LSOAS[3])]
)
def test_a_filter_by_area_gives_the_row_of_it(run: Run, level: str, code: str) -> None:
    only = Filter(area=(level, code))
    row = one_row(coverage_rows(answer(), [level]), run=run, **{level: code})
    assert row["demand"] > 0
    assert same(totals(answer(), run, only=only), row)
    rows = coverage_rows(answer(), [level], only=only)
    assert set(rows[level]) == {code}


def test_filters_by_area_and_tenure_join() -> None:
    both = Filter(tenures=frozenset({Tenure.OWNED}), area=("ward", WARDS[1]))
    row = one_row(
        coverage_rows(answer(), ["ward", "tenure"]), run=Run.CENTRAL, ward=WARDS[1], tenure="owned"
    )
    assert row["demand"] == pytest.approx(20)  # 60 owned households seek help, a third in a ward
    assert same(totals(answer(), only=both), row)
    several = Filter(tenures=frozenset({Tenure.COUNCIL, Tenure.PRIVATE}))
    rows = coverage_rows(answer(), ["tenure"], only=several)
    assert set(rows["tenure"]) == {Tenure.COUNCIL, Tenure.PRIVATE}


def test_no_filter_is_everybody() -> None:
    row = one_row(coverage_rows(answer()), run=Run.CENTRAL)
    assert same(totals(answer()), row)
    assert same(totals(answer(), only=Filter()), row)


@pytest.mark.parametrize("by", ORDERS)
def test_rows_come_in_the_order_of_the_vocabulary(by: str) -> None:
    rows = coverage_rows(answer(), [by])
    assert list(rows.columns[:2]) == [by, "run"]
    assert list(rows["run"].unique()) == list(Run)
    for run in Run:
        found = rows.loc[rows["run"] == run, by].tolist()
        assert len(found) > 1 or by == "right"
        assert found == [code for code in ORDERS[by] if code in found]


def test_rows_of_two_keys_go_by_the_first_key_first() -> None:
    rows = coverage_rows(answer(), ["ward", "tenure"])
    found = rows.loc[rows["run"] == Run.CENTRAL, ["ward", "tenure"]]
    places = [
        (ORDERS["ward"].index(ward), ORDERS["tenure"].index(tenure))
        for ward, tenure in found.itertuples(index=False)
    ]
    assert places == sorted(places)
    assert len(places) == len(set(places))


def test_a_component_row_has_one_more_figure_and_aliases_name_a_level() -> None:
    rows = coverage_rows(answer(), ["component"])
    assert list(rows.columns) == ["component", "run", *FIGURES, "met_otherwise"]
    assert set(rows["component"]) == set(route_components())
    assert Component.PERPETRATOR not in route_components()
