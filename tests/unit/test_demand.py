"""Who seeks help: the national total brought here, spread by tenure and area, and arrivals."""

from datetime import date

import pandas as pd
import pytest

from housing_map.demand import (
    HOUSED,
    Demand,
    affected_adults,
    demand,
    household_shares,
    households_by_tenure,
    local_counts,
    local_risk_index,
    reached,
    seeking_total,
    tenure_rates,
)
from housing_map.pack import Pack
from housing_map.parameters import Register
from housing_map.vocabulary import Aim, Entry, Right, Risk, Run, Tenure
from tests.packs import LSOAS, Tables, add, base_tables, change
from tests.worlds import set_parameter, set_shares, set_tenures, small_pack

CLOSE = 1e-9


def wanted(tables: Tables, run: Run = Run.CENTRAL, *, local_risk: bool = False) -> Demand:
    pack = small_pack(tables)
    return demand(pack, Register(pack["parameters"]), run, local_risk=local_risk)


def mixed() -> Tables:
    """Return the small pack with areas of different tenures, and rates that differ by tenure."""
    tables = base_tables()
    set_tenures(tables, LSOAS[:2], owned=300, private=60, council=30, association=10)
    set_tenures(tables, LSOAS[2:4], owned=100, private=200, council=80, association=20)
    set_tenures(tables, LSOAS[4:], owned=0, private=0, council=380, association=20)
    set_parameter(tables, "prevalence_adults_last_year", 0.078)
    set_parameter(tables, "tenure_ratio_social_to_owner", 2.5)
    set_parameter(tables, "tenure_ratio_private_rent_to_owner", 1.6)
    set_parameter(tables, "arrivals_per_leaver", 0.75)
    change(tables, "household_shares", {"dimension": "tenure"}, central="0.1")
    for tenure, households, adults in (
        ("owned", "15500000", "1.95"),
        ("private_rent", "5000000", "1.9"),
        ("social_rent", "4200000", "1.6"),
    ):
        row = {"households": households, "adults_per_household": adults}
        change(tables, "tenure_calibration", {"tenure": tenure}, **row)
    return tables


# The total --------------------------------------------------------------------------------


def test_as_many_seek_help_as_the_national_total_times_the_share_of_people() -> None:
    """(48,300 supported + 28,190 who could not be) × 0.767 per cent = 586.68 a year."""
    tables = base_tables()
    set_parameter(tables, "national_households_supported", 48300)
    set_parameter(tables, "national_households_unable_to_be_supported", 28190)
    set_parameter(tables, "district_share_of_england_population", 0.00767)
    register = Register(small_pack(tables)["parameters"])
    assert seeking_total(register, Run.CENTRAL) == pytest.approx(586.6783, abs=CLOSE)


def test_the_total_of_a_run_takes_the_end_of_each_figure() -> None:
    """More demand is worse: cautious (700 + 500) × 0.2, optimistic (600 + 400) × 0.05."""
    tables = base_tables()
    for key, low, high in (
        ("national_households_supported", "", "700"),
        ("national_households_unable_to_be_supported", "", "500"),
        ("district_share_of_england_population", "0.05", "0.2"),
    ):
        change(tables, "parameters", {"key": key}, low=low, high=high)
    register = Register(small_pack(tables)["parameters"])
    totals = [seeking_total(register, run) for run in Run]
    assert totals == pytest.approx([240, 100, 50])


# Tenure -----------------------------------------------------------------------------------


def test_rates_by_tenure_average_back_to_the_rate_of_england_and_wales() -> None:
    pack = small_pack(mixed())
    rates = tenure_rates(pack, Register(pack["parameters"]), Run.CENTRAL)
    table = pack["tenure_calibration"].set_index("tenure")
    adults = table["households"] * table["adults_per_household"]
    mean = (adults * rates.reindex(adults.index)).sum() / adults.sum()
    assert mean == pytest.approx(0.078, abs=CLOSE)
    assert rates["social_rent"] / rates["owned"] == pytest.approx(2.5)
    assert rates["private_rent"] / rates["owned"] == pytest.approx(1.6)


def test_rates_do_not_depend_on_the_tenures_of_the_district() -> None:
    """Calibrated on the district they would erase its tenure mix."""
    before, after = mixed(), mixed()
    set_tenures(after, council=400)
    first, second = small_pack(before), small_pack(after)
    register = Register(first["parameters"])
    rates = tenure_rates(first, register, Run.CENTRAL)
    assert tenure_rates(second, register, Run.CENTRAL).equals(rates)


def test_tenures_are_sums_of_the_census_columns() -> None:
    """240 own (120 outright, 116 with a mortgage, 4 shared), 80 rent privately (70 + 6 + 4)."""
    table = households_by_tenure(small_pack(base_tables()))
    assert list(table.index) == list(LSOAS)
    assert table.iloc[0].to_dict() == {
        Tenure.OWNED: 240, Tenure.PRIVATE: 80, Tenure.COUNCIL: 60, Tenure.ASSOCIATION: 20,
    }  # fmt: skip


def test_affected_adults_are_households_times_adults_times_the_rate_of_their_tenure() -> None:
    """In the small pack 0.08 of 2 adults in each of 400 households: 64 in every area."""
    pack = small_pack(base_tables())
    affected = affected_adults(pack, Register(pack["parameters"]), Run.CENTRAL)
    assert affected.sum(axis=1).to_numpy() == pytest.approx([64] * 6)
    assert affected.loc[LSOAS[0], Tenure.OWNED] == pytest.approx(0.08 * 2 * 240)
    rich = small_pack(mixed())
    register = Register(rich["parameters"])
    rates = tenure_rates(rich, register, Run.CENTRAL)
    found = affected_adults(rich, register, Run.CENTRAL)
    assert found.loc[LSOAS[4], Tenure.COUNCIL] == pytest.approx(rates["social_rent"] * 1.6 * 380)


# Residents --------------------------------------------------------------------------------


def test_residents_sum_to_the_total_in_every_run() -> None:
    tables = mixed()
    change(tables, "parameters", {"key": "national_households_supported"}, low="500", high="900")
    for run in Run:
        for local_risk in (False, True):
            found = wanted(tables, run, local_risk=local_risk)
            assert found.residents.to_numpy().sum() == pytest.approx(found.total, abs=CLOSE)
            assert list(found.residents.columns) == list(Tenure)
            assert (found.residents.to_numpy() >= 0).all()


def test_residents_follow_the_affected_of_each_tenure() -> None:
    found = wanted(mixed())
    housed = found.residents[list(HOUSED)]
    share = found.affected / found.affected.to_numpy().sum()
    expected = share * found.total * 0.9  # a tenth have no home of their own
    pd.testing.assert_frame_equal(housed, expected[list(HOUSED)], check_names=False)


def test_those_without_a_home_are_spread_as_the_affected_are() -> None:
    found = wanted(mixed())
    homeless = found.residents[Tenure.TEMPORARY]
    assert homeless.sum() == pytest.approx(0.1 * found.total)
    everybody = found.affected.sum(axis=1) / found.affected.to_numpy().sum()
    assert (homeless / homeless.sum()).to_numpy() == pytest.approx(everybody.to_numpy())


def test_the_small_pack_is_as_its_page_says() -> None:
    """100 seek help: 60 owners, 20 private renters, 15 and 5 social; 20 leave, 20 arrive."""
    found = wanted(base_tables())
    assert found.residents.sum().to_list() == pytest.approx([60, 20, 15, 5, 0])
    assert found.arrivals.sum() == pytest.approx(20)


# Local risk -------------------------------------------------------------------------------


def risky(rates: dict[str, str]) -> Tables:
    """Return the mixed pack with the violence recorded in some areas changed."""
    tables = mixed()
    for lsoa, rate in rates.items():
        change(tables, "lsoa_facts", {"lsoa_code": lsoa}, violence_with_injury_per_1000=rate)
    return tables


def test_local_risk_moves_demand_between_areas_and_not_between_tenures() -> None:
    tables = risky({LSOAS[0]: "35", LSOAS[2]: "20"})
    even, local = wanted(tables), wanted(tables, local_risk=True)
    assert local.residents.sum().to_numpy() == pytest.approx(even.residents.sum().to_numpy())
    # 10 + 35 is three times 10 + 5: owners of area 1 weigh three times those of area 2.
    owned = local.residents[Tenure.OWNED]
    assert owned[LSOAS[0]] / owned[LSOAS[1]] == pytest.approx(3)
    assert local.arrivals.to_numpy() == pytest.approx(even.arrivals.to_numpy())


def test_the_index_of_local_risk_has_mean_1_over_residents() -> None:
    tables = risky({LSOAS[0]: "35", LSOAS[1]: "0"})
    change(tables, "lsoa_facts", {"lsoa_code": LSOAS[5]}, residents="3000")
    pack = small_pack(tables)
    index = local_risk_index(pack)
    residents = pack["lsoa_facts"].set_index("lsoa_code")["residents"].astype(float)
    assert (index * residents).sum() / residents.sum() == pytest.approx(1, abs=CLOSE)


def test_an_area_without_figures_counts_as_the_mean() -> None:
    tables = risky({LSOAS[0]: "35", LSOAS[3]: ""})
    pack = small_pack(tables)
    assert local_risk_index(pack)[LSOAS[3]] == 1
    nothing = risky(dict.fromkeys(LSOAS, ""))
    assert (local_risk_index(small_pack(nothing)) == 1).all()
    assert wanted(nothing, local_risk=True).residents.equals(wanted(nothing).residents)


def test_nobody_is_lost_where_no_violence_is_recorded() -> None:
    """Private renters live where the police recorded nothing: they still seek help."""
    tables = risky({})
    set_tenures(tables, LSOAS[:2], owned=200, private=200)
    set_tenures(tables, LSOAS[2:], owned=400)
    for lsoa in LSOAS[:2]:
        quiet = {"stalking_harassment_per_1000": "0", "violence_with_injury_per_1000": "0"}
        change(tables, "lsoa_facts", {"lsoa_code": lsoa}, **quiet)
    even, local = wanted(tables), wanted(tables, local_risk=True)
    assert local.residents.sum().to_numpy() == pytest.approx(even.residents.sum().to_numpy())
    assert local.residents.to_numpy().sum() == pytest.approx(local.total)


# Arrivals ---------------------------------------------------------------------------------


def test_arrivals_are_so_many_for_each_who_leaves() -> None:
    found = wanted(mixed())
    leaving = found.shares.aim[Aim.LEAVE]
    leavers = sum(found.residents[tenure].sum() * leaving[tenure] for tenure in Tenure)
    assert leavers == pytest.approx(0.2 * found.total)
    assert found.arrivals.sum() == pytest.approx(0.75 * leavers)


def test_arrivals_have_the_tenures_of_england_and_wales() -> None:
    """Those who come held their homes elsewhere: this district's mix says nothing of them."""
    tables = mixed()
    found = wanted(tables).arrivals
    pack = small_pack(tables)
    table = pack["tenure_calibration"].set_index("tenure")
    rates = tenure_rates(pack, Register(pack["parameters"]), Run.CENTRAL)
    affected = table["households"] * table["adults_per_household"] * rates
    housed = found[list(HOUSED)]
    social = housed[Tenure.COUNCIL] + housed[Tenure.ASSOCIATION]
    assert housed[Tenure.OWNED] / housed.sum() == pytest.approx(affected["owned"] / affected.sum())
    assert social / housed.sum() == pytest.approx(affected["social_rent"] / affected.sum())
    assert found[Tenure.TEMPORARY] == pytest.approx(0.1 * found.sum())


def test_nobody_arrives_where_nobody_leaves() -> None:
    tables = mixed()
    set_shares(tables, "aim", stay=0.5, move=0.5, leave=0)
    change(
        tables, "household_shares",
        {"dimension": "aim", "code": "leave", "tenure": "temporary"}, central="0",
    )  # fmt: skip
    assert wanted(tables).arrivals.sum() == 0


# Shares -----------------------------------------------------------------------------------


def test_shares_of_a_tenure_take_the_place_of_those_of_all() -> None:
    tables = base_tables()
    evidence = {"status": "assumed", "source": "made up for tests"}
    for code, share in (("joint", "0.7"), ("none", "0.3")):
        row = {"dimension": "right", "code": code, "tenure": "owned", "central": share}
        add(tables, "household_shares", **row, **evidence)
    shares = household_shares(small_pack(tables))
    assert shares.right.loc[Tenure.OWNED].to_dict() == {
        Right.SOLE: 0, Right.JOINT: 0.7, Right.NONE: 0.3, Right.UNKNOWN: 0,
    }  # fmt: skip
    assert shares.right.loc[Tenure.PRIVATE, Right.SOLE] == 1
    assert shares.aim.loc[Tenure.TEMPORARY].to_list() == [0, 0.8, 0.2]
    assert shares.risk.to_dict() == {Risk.HIGH: 0.2, Risk.MEDIUM: 0.3, Risk.STANDARD: 0.5}
    assert shares.entry[Entry.POLICE] == 0.5
    assert shares.entry[Entry.SCHOOL] == 0
    assert (shares.right.sum(axis=1) == 1).all()
    assert (shares.aim.sum(axis=1).round(12) == 1).all()


# Layers -----------------------------------------------------------------------------------


def counted(*counts: tuple[str, str, str, str, str]) -> Pack:
    tables = base_tables()
    tables["local_counts"] = []
    for key, count, start, end, counts_as_reached in counts:
        add(
            tables, "local_counts",
            key=key, label=key, count=count, unit="household", period_start=start,
            period_end=end, reached=counts_as_reached, repeats="unknown",
            from_elsewhere="unknown", status="published", source="made up for tests",
        )  # fmt: skip
    return small_pack(tables)


def test_reached_is_bounded_by_the_largest_count_and_their_sum() -> None:
    """Counts overlap, so the truth lies between the largest (60) and all of them (60 + 24)."""
    pack = counted(
        ("one", "60", "2025-04-01", "2026-03-31", "yes"),
        ("two", "68", "2019-01-01", "2021-10-31", "yes"),  # 34 months: 68 × 12 ÷ 34 = 24
        ("other", "999", "2025-04-01", "2026-03-31", "no"),
    )
    counts, least, most = reached(pack)
    assert [count.key for count in counts] == ["one", "two"]
    assert (least, most) == pytest.approx((60, 84))
    assert [count.per_year for count in local_counts(pack)] == pytest.approx([60, 24, 999])
    assert counts[1].start == date(2019, 1, 1)


def test_without_a_local_count_there_are_no_bounds() -> None:
    assert reached(counted()) == ([], 0.0, 0.0)


def test_the_layers_are_never_mixed() -> None:
    """Prevalence tells where the affected are, local counts are bounds: neither moves demand."""
    before = wanted(mixed())
    tables = mixed()
    set_parameter(tables, "prevalence_adults_last_year", 0.156)
    for row in tables["local_counts"]:
        row["count"] = str(int(row["count"]) * 10)
    after = wanted(tables)
    assert after.affected.to_numpy() == pytest.approx(2 * before.affected.to_numpy())
    assert after.total == before.total
    assert after.residents.to_numpy() == pytest.approx(before.residents.to_numpy())
    assert after.arrivals.to_numpy() == pytest.approx(before.arrivals.to_numpy())
