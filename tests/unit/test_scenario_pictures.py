"""Pictures of scenarios: their data, the words beside every mark, and what is refused."""

import itertools
import json
import math
from collections.abc import Callable
from typing import Any

import altair as alt
import pandas as pd
import pytest

from housing_map import palette
from housing_map.attribution import Attribution, Share
from housing_map.cascade_picture import LOST_PARTS, MET_PARTS
from housing_map.change_frame import FALL, GAIN, signed, spread_of
from housing_map.comparison_picture import (
    differences_alt,
    differences_chart,
    gains_alt,
    gains_chart,
    outcomes_alt,
    outcomes_chart,
    survival_alt,
    survival_chart,
)
from housing_map.frontier_picture import frontier_alt, frontier_chart, order_alt, order_chart
from housing_map.waterfall_picture import waterfall_alt, waterfall_chart

HOSTILE = "<img src=x onerror=alert(1)> ${1} {{2}}"
LABELS = ["Six homes", "New refuge", "Grant ends"]


def data(chart: alt.LayerChart) -> list[dict[str, Any]]:
    """Rows of all tables of a chart."""
    return list(itertools.chain.from_iterable(chart.to_dict()["datasets"].values()))


def bars(chart: alt.LayerChart) -> list[dict[str, Any]]:
    """Rows of the table whose rows have words."""
    return [row for row in data(chart) if "shown" in row]


def check(chart: alt.LayerChart, finding: str, alt_text: str) -> None:
    """Hold what holds for every chart."""
    spec = chart.to_dict()
    assert spec["width"] == "container"
    assert spec["config"]["font"] == palette.FONT
    assert spec["description"] == alt_text
    assert finding in alt_text
    assert all(word in spec["title"]["text"]["expr"] for word in finding.split())
    without_schema = {key: value for key, value in spec.items() if key != "$schema"}
    assert "http" not in json.dumps(without_schema)


def about(amount: float) -> str:
    return "fewer than 5" if 0 < amount < 5 else f"about {amount:.0f}"


# Parts ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        (12, "about 12 more"), (-12, "about 12 fewer"), (3, "up to 5 more"), (-3, "up to 5 fewer"),
        (0.01, "no change"), (math.nan, "not known"),
    ],
)  # fmt: skip
def test_a_change_says_which_way_it_goes(amount: float, said: str) -> None:
    assert signed(amount, about) == said


@pytest.mark.parametrize(
    ("amounts", "zero", "ends"),
    [
        ((384.9, 446), False, (380, 450)),
        ((10, 46), False, (0, 50)),
        ((-80, 18), True, (-90, 30)),
        ((3, 8), True, (0, 9)),
        ((5, 5), False, (3.8, 6.2)),
        ((), True, (-1.2, 1.2)),
    ],
)
def test_an_axis_holds_all_amounts_and_begins_at_a_round_one(
    amounts: tuple[float, ...], zero: bool, ends: tuple[float, float]
) -> None:
    assert spread_of(amounts, zero=zero) == pytest.approx(ends)


# Waterfall --------------------------------------------------------------------------------


def shares(*values: float, before: float = 400, error: float | None = None) -> Attribution:
    found = tuple(Share(n, value, error, value, value) for n, value in enumerate(values))
    exact = error is None
    return Attribution("met", before, before + sum(values), found, exact, 0 if exact else 40, 8, 8)


def test_each_bar_of_a_waterfall_starts_where_the_last_one_ended() -> None:
    found = shares(20, 0, -45)
    chart = waterfall_chart(found, LABELS, title="The grant outweighs it", words=about)
    check(
        chart,
        "The grant outweighs it",
        waterfall_alt(found, LABELS, title="The grant outweighs it", words=about),
    )
    rows = bars(chart)
    assert [row["whole"] for row in rows] == ["Now", *LABELS, "With all changes"]
    assert [(row["start"], row["end"]) for row in rows] == [
        (400, 400), (400, 420), (420, 420), (420, 375), (375, 375),
    ]  # fmt: skip
    assert [row["said"] for row in rows] == [
        "about 400", "about 20 more", "no change", "about 45 fewer", "about 375",
    ]  # fmt: skip
    assert rows[0]["total"]
    assert rows[-1]["total"]


def test_gains_and_falls_differ_in_colour_and_in_shape() -> None:
    spec = json.dumps(waterfall_chart(shares(20, 3, -45), LABELS, title="T").to_dict())
    for colour, shape in ((GAIN, "triangle-right"), (FALL, "triangle-left")):
        assert colour in spec
        assert shape in spec


def test_an_axis_that_does_not_start_at_nothing_says_where_it_starts() -> None:
    said = "the axis starts at 375"
    assert said in json.dumps(waterfall_chart(shares(20, 3, -45), LABELS, title="T").to_dict())
    zero = waterfall_chart(shares(20, 3, 45, before=10), LABELS, title="T")
    assert "axis starts" not in json.dumps(zero.to_dict())


def test_sampled_shares_have_a_range_and_say_that_they_are_sampled() -> None:
    found = shares(20, 10, 5, error=2.0)
    rows = bars(waterfall_chart(found, LABELS, title="T", words=about))
    assert rows[1]["said"] == "about 20 more (sampled, ± 3.9)"
    assert [rows[1]["least"], rows[1]["most"]] == pytest.approx([416.08, 423.92])
    assert rows[0]["least"] == rows[0]["most"] == 400
    text = waterfall_alt(found, LABELS, title="T", words=about)
    assert "sampled from 40 orders" in text
    assert text.count("(sampled") == 3


def test_exact_shares_never_say_that_they_are_sampled() -> None:
    chart = waterfall_chart(shares(20, 10, 5), LABELS, title="T")
    assert "sampled" not in json.dumps(chart.to_dict())


def test_a_waterfall_that_does_not_add_up_or_lacks_a_label_is_refused() -> None:
    wrong = Attribution("met", 1, 5, shares(1, 1, 1).shares, exact=True, orders=0, coalitions=8,
                        runs=8)  # fmt: skip
    with pytest.raises(ValueError, match="add up"):
        waterfall_chart(wrong, LABELS, title="T")
    with pytest.raises(ValueError, match="2 labels"):
        waterfall_chart(shares(1, 1, 1), LABELS[:2], title="T")


def test_a_scenario_without_changes_can_be_drawn() -> None:
    assert [row["said"] for row in bars(waterfall_chart(shares(), [], title="T"))] == ["400", "400"]


# Frontier and order -----------------------------------------------------------------------


def plans() -> pd.DataFrame:
    return pd.DataFrame(
        {"spend": [4, 0, 2], "met": [420.0, 400, 412], "label": ["Both", "Nothing", "Homes"]}
    )


def steps() -> pd.DataFrame:
    return pd.DataFrame({"label": ["Homes", "Refuge"], "met": [410, 420], "best": [415, 420]})


def marks(chart: alt.LayerChart) -> set[str]:
    return {layer["mark"]["type"] for layer in chart.to_dict()["layer"]}


def test_plans_are_separate_dots_numbered_by_what_they_spend() -> None:
    chart = frontier_chart(plans(), title="Four units do most", words=about)
    check(
        chart, "Four units do most", frontier_alt(plans(), title="Four units do most", words=about)
    )
    assert [(row["number"], row["whole"]) for row in data(chart)] == [
        ("1", "Nothing"), ("2", "Homes"), ("3", "Both"),
    ]  # fmt: skip
    assert marks(chart) == {"point", "text"}


def test_an_order_is_a_staircase_with_the_best_beside_each_step() -> None:
    chart = order_chart(steps(), before=400, title="Homes first", words=about)
    check(chart, "Homes first", order_alt(steps(), before=400, title="Homes first", words=about))
    rows = bars(chart)
    assert [(row["start"], row["met"]) for row in rows] == [(400, 410), (410, 420)]
    assert [row["said"] for row in rows] == [
        "about 410 helped, about 10 more; at best about 5 more",
        "about 420 helped, about 10 more",
    ]
    assert "rule" in marks(chart)


def test_frontier_and_order_say_what_the_other_is_not() -> None:
    frontier = frontier_alt(plans(), title="T")
    order = order_alt(steps(), before=400, title="T")
    assert "need not contain a smaller one" in frontier
    assert "separate dots" in frontier
    assert "One plan, step upon step" in order
    assert "rule" not in marks(frontier_chart(plans(), title="T"))


def test_one_step_is_an_order_too() -> None:
    rows = bars(order_chart(steps().iloc[:1], before=400, title="T"))
    assert [row["whole"] for row in rows] == ["1. Homes"]


# Comparison -------------------------------------------------------------------------------


def outcomes() -> pd.DataFrame:
    parts = [*MET_PARTS, *LOST_PARTS]
    amounts = {"Now": [200, 100, 80, 100, 60, 0, 20, 200, 16], "Grant ends": [150, 100, 80, 130, 60,
               0, 20, 220, 16]}  # fmt: skip
    return pd.DataFrame(
        [{"label": n, **dict(zip(parts, a, strict=True))} for n, a in amounts.items()]
    )


def test_outcomes_are_one_bar_a_scenario_from_helped_to_lost_without_a_gap() -> None:
    chart = outcomes_chart(outcomes(), title="The grant matters", words=about)
    check(
        chart, "The grant matters", outcomes_alt(outcomes(), title="The grant matters", words=about)
    )
    for name, row in outcomes().set_index("label").iterrows():
        own = [mark for mark in data(chart) if mark["whole"] == name and "fill" in mark]
        assert [mark["end"] - mark["start"] for mark in own] == row.tolist()
        assert all(a["end"] == b["start"] for a, b in itertools.pairwise(own))
    assert [row["said"] for row in bars(chart)] == [
        "about 380 helped, about 396 not", "about 330 helped, about 446 not",
    ]  # fmt: skip


def test_the_words_of_outcomes_name_every_part_that_is_there_and_no_other() -> None:
    text = outcomes_alt(outcomes(), title="T", words=about)
    assert "Now: helped as wanted about 200, another way about 100, elsewhere about 80; " in text
    assert "no room about 220" in text
    assert "not connected" not in text


def test_names_stand_on_bars_only_where_they_fit() -> None:
    marks = [m for m in data(outcomes_chart(outcomes(), title="T")) if "fits" in m]
    fits = {(m["whole"], m["name"]): m["fits"] for m in marks}
    assert fits["Now", "no room"]
    assert not fits["Now", "out of reach"]
    assert not fits["Now", "not connected"]


def test_gains_go_right_and_losses_left_and_both_are_said() -> None:
    rows = pd.DataFrame({"group": ["A", "B", "C"], "gained": [12, 30, 0.0], "lost": [0, 6, 0.0]})
    chart = gains_chart(rows, title="B gains and loses", words=about)
    check(chart, "B gains and loses", gains_alt(rows, title="B gains and loses", words=about))
    drawn = bars(chart)
    assert [(row["left"], row["right"]) for row in drawn] == [(0, 12), (-6, 30), (0, 0)]
    assert [row["said"] for row in drawn] == [
        "about 12 more", "about 30 more, about 6 fewer", "no change",
    ]  # fmt: skip


def test_a_difference_that_may_be_none_has_a_hollow_dot_and_says_so() -> None:
    rows = pd.DataFrame(
        {"label": ["A", "B", "C", "D"], "p10": [5, -80, -6, 0.0], "median": [11, -60, 4, 6.0],
         "p90": [18, -30, 9, 9.0]}
    )  # fmt: skip
    chart = differences_chart(rows, title="C is unsure", words=about)
    check(chart, "C is unsure", differences_alt(rows, title="C is unsure", words=about))
    assert [row["sure"] for row in bars(chart)] == [True, True, False, False]
    assert [row["said"] for row in bars(chart)] == [
        "about 11 more (about 5 more to about 18 more)",
        "about 60 fewer (about 80 fewer to about 30 fewer)",
        "up to 5 more (about 6 fewer to about 9 more); may be no difference",
        "about 6 more (no change to about 9 more); may be no difference",
    ]


def test_what_survives_says_its_share_of_draws_and_whether_the_plan_has_it() -> None:
    rows = pd.DataFrame({"label": ["A", "B"], "share": [0.95, 0.1], "chosen": [True, False]})
    chart = survival_chart(rows, title="A survives")
    check(chart, "A survives", survival_alt(rows, title="A survives"))
    assert [row["said"] for row in bars(chart)] == [
        "chosen in 95% of draws; in this plan", "chosen in 10% of draws; not in this plan",
    ]  # fmt: skip


# What is refused, and what is only text ---------------------------------------------------


@pytest.mark.parametrize(
    ("draw", "columns"),
    [
        (frontier_chart, ["spend", "met", "label"]),
        (lambda rows, title: order_chart(rows, before=0, title=title), ["label", "met", "best"]),
        (outcomes_chart, ["label", *MET_PARTS, *LOST_PARTS]),
        (gains_chart, ["group", "gained", "lost"]),
        (differences_chart, ["label", "p10", "median", "p90"]),
        (survival_chart, ["label", "share", "chosen"]),
    ],
)
def test_a_table_without_rows_or_a_column_is_refused(
    draw: Callable[..., alt.LayerChart], columns: list[str]
) -> None:
    with pytest.raises(ValueError, match="at least one row"):
        draw(pd.DataFrame(columns=columns), title="T")
    with pytest.raises(ValueError, match=f"no column {columns[-1]}"):
        draw(pd.DataFrame(columns=columns[:-1]), title="T")


def test_amounts_of_gains_and_parts_below_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="0 or more"):
        gains_chart(pd.DataFrame({"group": ["A"], "gained": [1], "lost": [-1]}), title="T")
    with pytest.raises(ValueError, match="below 0"):
        outcomes_chart(outcomes().assign(no_room=-3), title="T")


def test_hostile_names_stay_data_and_never_become_part_of_an_expression() -> None:
    rows = pd.DataFrame({"label": [HOSTILE], "share": [0.5], "chosen": [True]})
    spec = survival_chart(rows, title="T").to_dict()
    assert any(row["whole"] == HOSTILE for row in spec.pop("datasets").popitem()[1])
    spec.pop("description")
    assert "onerror" not in json.dumps(spec)
