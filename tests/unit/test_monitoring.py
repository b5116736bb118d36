"""Quarters: what was sent, what is missing, what a year comes to, and plan beside actual."""

from dataclasses import replace

import pandas as pd
import pytest

from housing_map import model, monitoring
from housing_map.monitoring import Series, Sort, between, following, quarters_of
from housing_map.pack import Pack, load_pack
from housing_map.vocabulary import Run


@pytest.fixture(scope="module")
def shipped() -> Pack:
    return load_pack()


def with_rows(pack: Pack, table: str, rows: list[dict[str, object]]) -> Pack:
    """Return the pack with these rows in a table that it ships without."""
    like = pack.tables[table]
    frame = pd.DataFrame(rows).reindex(columns=like.columns).astype(like.dtypes.to_dict())
    return replace(pack, tables={**pack.tables, table: frame}, digest="0" * 64)


def counted(period: str, count: int, service: str | None = None, measure: str = "homes_secured"):  # noqa: ANN201
    return {"period": period, "service_id": service, "measure": measure, "count": count,
            "source": "made up"}  # fmt: skip


def series(counts: list[float | None], *, adds_up: bool = True) -> Series:
    quarters = ["2020Q1"]
    while len(quarters) < len(counts):
        quarters.append(following(quarters[-1]))
    return Series("x", "X", "homes", Sort.RETURN, tuple(quarters), tuple(counts), adds_up, "s")


def test_quarters_follow_each_other_and_make_financial_years() -> None:
    assert between("2024Q3", "2025Q2") == ("2024Q3", "2024Q4", "2025Q1", "2025Q2")
    assert quarters_of("2025-26") == ("2025Q2", "2025Q3", "2025Q4", "2026Q1")


def test_the_shipped_pack_has_no_returns_and_says_nothing_of_them(shipped: Pack) -> None:
    assert monitoring.measures(shipped) == ()
    assert monitoring.divided(shipped, "unable") == ()
    assert monitoring.distances(shipped) == ()
    assert monitoring.barriers(shipped) == ()


def test_published_series_are_the_figures_of_the_table_and_keep_their_holes(shipped: Pack) -> None:
    found = {one.id: one for one in monitoring.published(shipped)}
    table = shipped["homelessness"]
    here = table[table["area_code"] == shipped.info.district_code].set_index("quarter")
    owed = found["owed_any_duty"]
    assert owed.counts == tuple(here["owed_any_duty"].sort_index())
    assert found["reason_da_all"].missing == ("2022Q1",)
    # Victims are told apart from the third quarter of 2023: nothing is joined to what was before.
    assert found["reason_da_victims"].quarters[0] == "2023Q3"


def test_a_quarter_nobody_sent_stays_missing(shipped: Pack) -> None:
    rows = [counted("2024Q1", 5), counted("2024Q4", 9)]
    (one,) = monitoring.measures(with_rows(shipped, "quarterly_returns", rows))
    assert one.quarters == ("2024Q1", "2024Q2", "2024Q3", "2024Q4")
    assert one.counts == (5.0, None, None, 9.0)
    assert one.missing == ("2024Q2", "2024Q3")


def test_a_row_of_the_whole_district_is_used_before_those_of_services(shipped: Pack) -> None:
    rows = [
        counted("2024Q1", 7),
        counted("2024Q1", 5, "pdap_refuges"),
        counted("2024Q1", 4, "connect_refuge"),
        counted("2024Q2", 5, "pdap_refuges"),
        counted("2024Q2", 4, "connect_refuge"),
    ]
    (one,) = monitoring.measures(with_rows(shipped, "quarterly_returns", rows))
    assert one.counts == (7.0, 9.0)
    assert one.services_added == ("2024Q2",)


def test_a_financial_year_is_no_quarter(shipped: Pack) -> None:
    rows = [counted("2024-25", 40), counted("2024Q2", 9)]
    (one,) = monitoring.measures(with_rows(shipped, "quarterly_returns", rows))
    assert one.quarters == ("2024Q2",)


def test_four_quarters_sum_or_are_a_mean_and_need_all_four() -> None:
    assert series([1, 2, 3, 4, 5]).rolling() == (None, None, None, 10.0, 14.0)
    assert series([1, 2, 3, 4], adds_up=False).rolling()[-1] == 2.5
    assert series([1, None, 3, 4, 5]).rolling()[-2:] == (None, None)


def test_limits_look_at_the_last_quarters_in_a_row_alone() -> None:
    assert series([5.0] * 11).limits() is None
    assert series([5.0, None, *[6.0] * 11]).limits() is None
    found = series([500.0, None, *[5.0, 6.0] * 6]).limits()
    assert found is not None
    assert found.mean == 5.5


def test_change_is_said_only_when_it_is_more_than_noise() -> None:
    steady = series([10, 12, 11, 13, 12, 10, 11, 12, 13, 11, 12, 10])
    assert monitoring.moved(steady) == ""
    assert "varies" in monitoring.changed(steady)
    jumped = series([*steady.counts, 60.0])
    assert monitoring.moved(jumped) == "higher"
    assert "too few" in monitoring.changed(series([1.0, 60.0]))


def test_a_reason_left_out_of_a_sent_quarter_is_nought_there(shipped: Pack) -> None:
    rows = [
        {"period": "2024Q1", "reason": "no_space", "count": 5, "source": "made up"},
        {"period": "2024Q2", "reason": "pets", "count": 2, "source": "made up"},
        {"period": "2024Q4", "reason": "pets", "count": 1, "source": "made up"},
    ]
    found = {one.id: one for one in monitoring.divided(
        with_rows(shipped, "return_reasons", rows), "unable")}  # fmt: skip
    assert found["unable:no_space"].counts == (5.0, 0.0, None, 0.0)
    assert found["unable:pets"].counts == (0.0, 2.0, None, 1.0)


def test_distances_of_services_are_weighted_by_people(shipped: Pack) -> None:
    def row(service: str, count: int, start: float, end: float) -> dict[str, object]:
        return {"period": "2025-26", "service_id": service, "tool": "empowerment_star",
                "area": "safety", "count": count, "mean_start": start, "mean_end": end,
                "source": "made up"}  # fmt: skip

    rows = [row("pdap_refuges", 30, 4.0, 7.0), row("connect_refuge", 10, 2.0, 3.0)]
    (one,) = monitoring.distances(with_rows(shipped, "outcomes", rows))
    assert one.people == 40
    assert one.travelled == pytest.approx((30 * 3.0 + 10 * 1.0) / 40)


def test_barriers_stand_with_those_asked_the_most_raised_first(shipped: Pack) -> None:
    rows = [
        {"period": "2025Q1", "theme": "full", "count": 3, "heard": 20, "source": "made up"},
        {"period": "2025Q1", "theme": "cost", "count": 8, "heard": 20, "source": "made up"},
    ]
    found = monitoring.barriers(with_rows(shipped, "barriers", rows))
    assert [(one.theme, one.raised, one.heard) for one in found] == [
        ("cost", 8, 20), ("full", 3, 20),
    ]  # fmt: skip


def test_plan_stands_beside_the_last_four_quarters_and_nothing_without_them(shipped: Pack) -> None:
    result = model.run(shipped)
    planned = {one.label: one for one in monitoring.plan_against_actual(shipped, result)}
    assert planned["Households helped"].actual is None
    assert planned["Households helped"].inside is None
    assert planned["Households helped"].central == pytest.approx(
        float(result[Run.CENTRAL].cells.met.sum())
    )
    rows = [counted(quarter, 12) for quarter in quarters_of("2025-26")]
    sent = with_rows(shipped, "quarterly_returns", rows)
    homes = {one.label: one for one in monitoring.plan_against_actual(sent, result)}
    assert homes["Homes made safer"].actual == 48
    assert homes["Homes made safer"].inside is True
    assert homes["Homes made safer"].until == "2026Q1"


def test_the_export_says_what_the_series_say_and_keeps_returns_out_of_the_public_one(
    shipped: Pack,
) -> None:
    rows = [counted("2024Q1", 5), counted("2024Q3", 9)]
    sent = with_rows(shipped, "quarterly_returns", rows)
    restricted = monitoring.as_rows(monitoring.everything(sent, restricted=True))
    public = monitoring.as_rows(monitoring.everything(sent, restricted=False))
    homes = restricted[restricted["series"] == "homes_secured"]
    assert list(homes["quarter"]) == ["2024Q1", "2024Q2", "2024Q3"]
    assert homes["count"].isna().tolist() == [False, True, False]
    assert "homes_secured" not in set(public["series"])
    owed = public[public["series"] == "owed_any_duty"]
    series_ = next(one for one in monitoring.published(sent) if one.id == "owed_any_duty")
    found = series_.limits()
    assert found is not None
    assert owed["mean"].dropna().unique().tolist() == [found.mean]
    assert (owed["signal"] != "").sum() == sum(map(bool, found.signals))
