"""Charts: the data, the finding, and the words beside every mark."""

import itertools
import json
import math
from typing import Any

import altair as alt
import pandas as pd
import pytest

from housing_map import cascade_picture, charts, palette


def cascade_rows() -> pd.DataFrame:
    first = [10, 20, 5, 30, 15, 10, 0, 8, 2]
    second = [40, 0, 0, 0, 5, 0, 0, 50, 5]
    parts = [*cascade_picture.MET_PARTS, *cascade_picture.LOST_PARTS]
    return pd.DataFrame(
        [
            {"group": name, "demand": sum(amounts), **dict(zip(parts, amounts, strict=True))}
            for name, amounts in (("Owned", first), ("Private rent", second))
        ]
    )


def data(chart: alt.LayerChart) -> list[dict[str, Any]]:
    """Rows of all tables of a chart."""
    return list(itertools.chain.from_iterable(chart.to_dict()["datasets"].values()))


def check(chart: alt.LayerChart, finding: str, alt_text: str) -> None:
    """Hold what holds for every chart."""
    spec = chart.to_dict()
    assert spec["width"] == "container"
    assert spec["config"]["font"] == palette.FONT
    assert spec["description"] == alt_text
    assert finding in alt_text
    for word in finding.split():
        assert word in spec["title"]["text"]["expr"]
    without_schema = {key: value for key, value in spec.items() if key != "$schema"}
    assert "http" not in json.dumps(without_schema)


# Cascade


def test_bars_of_a_group_follow_each_other_and_end_at_demand() -> None:
    rows = cascade_rows()
    chart = cascade_picture.cascade_chart(rows, title="Owners are lost first")
    check(
        chart,
        "Owners are lost first",
        cascade_picture.cascade_alt(rows, title="Owners are lost first"),
    )
    bars = [row for row in data(chart) if "end" in row]
    for name, demand in zip(rows["group"], rows["demand"], strict=True):
        own = [bar for bar in bars if bar["group"] == name]
        assert own[0]["start"] == 0
        assert own[-1]["end"] == demand
        assert all(a["end"] == b["start"] for a, b in itertools.pairwise(own))
        assert [b["top"] for b in own] == sorted(b["top"] for b in own)


def test_every_loss_is_named_on_its_bar_and_absent_losses_take_no_room() -> None:
    chart = cascade_picture.cascade_chart(cascade_rows(), title="T", words=lambda n: f"about {n:g}")
    said = [row["said"] for row in data(chart) if "align" in row]
    assert "Not provided: about 30" in said
    assert "Not provided: about 0" in said
    assert not any("Out of reach" in words for words in said)
    assert "About 35 of about 100 helped: about 10 as wanted, about 20 another way, " in " ".join(
        said
    )


def test_lost_is_one_colour_and_met_is_blue() -> None:
    bars = [
        row
        for row in data(cascade_picture.cascade_chart(cascade_rows(), title="T"))
        if "end" in row
    ]
    colours = {bar["said"].split(":")[0]: bar["colour"] for bar in bars}
    assert {colours[n] for n in ("Not provided", "No room", "Not taken up")} == {"Not helped"}
    assert colours["helped as wanted"] == "Helped as wanted"


def test_words_stay_inside_the_chart() -> None:
    assert cascade_picture._beside(0.0, 0.1, 100) == {"at": 10.0, "align": "left"}
    assert cascade_picture._beside(0.9, 1.0, 100) == {"at": 90.0, "align": "right"}
    assert cascade_picture._beside(0.0, 0.8, 100) == {"at": 0.0, "align": "left"}
    assert cascade_picture._beside(0.6, 1.0, 100) == {"at": 100.0, "align": "right"}


def test_a_cascade_that_does_not_add_up_is_refused() -> None:
    with pytest.raises(ValueError, match="add up"):
        cascade_picture.cascade_chart(cascade_rows().assign(demand=1000), title="T")


def test_a_cascade_of_nobody_can_be_drawn() -> None:
    rows = cascade_rows().iloc[:1]
    numbers = ["demand", *cascade_picture.MET_PARTS, *cascade_picture.LOST_PARTS]
    chart = cascade_picture.cascade_chart(rows.assign(**dict.fromkeys(numbers, 0)), title="T")
    assert any(row.get("said") == "0 of 0 helped" for row in data(chart))


@pytest.mark.parametrize("rows", [pd.DataFrame({"group": ["A"]}), cascade_rows().iloc[:0]])
def test_a_table_that_cannot_be_drawn_is_refused(rows: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match=r"table has no column|at least one row"):
        cascade_picture.cascade_chart(rows, title="T")


# Ranges, matrix, series


def test_ranges_say_their_numbers() -> None:
    rows = pd.DataFrame(
        {
            "group": ["A", "B"],
            "cautious": [0.2, 0.5],
            "central": [0.37, 0.5],
            "optimistic": [0.5, 0.5],
        }
    )
    chart = charts.range_chart(rows, title="A is unsure")
    check(chart, "A is unsure", charts.range_alt(rows, title="A is unsure"))
    assert [row["said"] for row in data(chart)] == ["37% (20% to 50%)", "50%"]
    assert "A 37% (20% to 50%); B 50%." in charts.range_alt(rows, title="T")


def matrix_rows() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "need": ["Drug use", "Drug use", "Pregnant", "Pregnant"],
            "tenure": ["Owned", "Housing association rent"] * 2,
            "share": [0.0, 0.9, math.nan, 0.1],
            "words": ["none", "9 in 10", "not known", "1 in 10"],
        }
    )


def test_cells_say_their_words_and_none_is_white() -> None:
    columns = ("need", "tenure", "share", "words")
    chart = charts.matrix_chart(matrix_rows(), *columns, title="Owners wait", top=1)
    text = charts.matrix_alt(matrix_rows(), "need", "tenure", "words", title="Owners wait")
    check(chart, "Owners wait", text)
    cells = [row for row in data(chart) if "fill" in row]
    assert [cell["text"] for cell in cells] == ["none", "9 in 10", "not known", "1 in 10"]
    assert [cell["fill"] for cell in cells] == ["#ffffff", "#F46A25", "#f3f2f1", "#FDE8DC"]
    assert "Pregnant: Owned not known, Housing association rent 1 in 10." in text
    assert {cell["column"].count("\n") for cell in cells} == {2}


@pytest.mark.parametrize(
    ("fill", "ink"), [("#ffffff", "#0b0c0c"), ("#12436D", "#ffffff"), ("#F46A25", "#0b0c0c")]
)
def test_words_on_a_cell_can_be_read(fill: str, ink: str) -> None:
    assert charts._ink_on(fill) == ink


def test_a_missing_quarter_is_a_gap() -> None:
    rows = pd.DataFrame(
        {
            "q": ["2021 Q4", "2022Q2", "2021 Q4", "2022Q1"],
            "n": [3, 5, 1, math.nan],
            "g": list("aabb"),
        }
    )
    chart = charts.series_chart(rows, "q", "n", "g", title="It grew")
    text = charts.series_alt(rows, "q", "n", "g", title="It grew")
    check(chart, "It grew", text)
    line = [row for row in data(chart) if row.get("group") == "a"]
    assert [(row["quarter"], row["value"]) for row in line] == [
        ("2021 Q4", 3), ("2022 Q1", None), ("2022 Q2", 5),
    ]  # fmt: skip
    assert line[1]["start"] == "2022-01-01T00:00:00"
    assert "a: 3 in 2021 Q4, 5 in 2022 Q2, between 3 and 5; missing: 2022 Q1." in text
    assert sorted(row["name"] for row in data(chart) if "name" in row) == ["a", "b"]


def test_one_line_needs_no_name() -> None:
    rows = pd.DataFrame({"q": ["2021 Q4", "2022 Q1"], "n": [3, 5]})
    chart = charts.series_chart(rows, "q", "n", title="T")
    assert not any("name" in row for row in data(chart))
    assert "The line: 3 in 2021 Q4" in charts.series_alt(rows, "q", "n", title="T")


def test_a_line_of_which_nothing_is_known_says_so() -> None:
    rows = pd.DataFrame({"q": ["2021 Q4"], "n": [math.nan], "g": ["a"]})
    assert "a: not known." in charts.series_alt(rows, "q", "n", "g", title="T")
    charts.series_chart(rows, "q", "n", "g", title="T").to_dict()


def test_names_at_the_ends_of_lines_do_not_meet() -> None:
    last = pd.DataFrame({"start": ["x"] * 3, "value": [50.0, 51.0, 90.0], "group": list("abc")})
    heights = charts._apart(last, 100.0)["at"].tolist()
    assert all(b - a >= 100 * 16 / 280 for a, b in itertools.pairwise(heights))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (pd.DataFrame({"q": ["May 2021"], "n": [1], "g": ["a"]}), "not a quarter"),
        (pd.DataFrame({"q": ["2021 Q1"] * 2, "n": [1, 2], "g": ["a", "a"]}), "twice"),
        (pd.DataFrame({"q": ["2021 Q1"] * 5, "n": [1] * 5, "g": list("abcde")}), "at most 4"),
    ],
)
def test_a_series_that_cannot_be_drawn_is_refused(rows: pd.DataFrame, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        charts.series_chart(rows, "q", "n", "g", title="T")
