"""Benchmarks of sense: what is compared with what, and what may not be."""

import math

import pytest

from housing_map import model, neighbours, sense
from housing_map.comparison import Check, Standing, Topic, standing
from housing_map.errors import PackError
from housing_map.model import Result
from housing_map.origins import PARAMETERS, Origins
from housing_map.pack import Pack, default_folder, load_pack
from housing_map.vocabulary import Run, Status
from tests.packs import DISTRICT, NEIGHBOUR, Tables, add, base_tables, change
from tests.worlds import small_pack

STANDARD = "refuge_family_places_per_10k_population"
SHARE = "district_share_of_england_population"


@pytest.fixture(scope="module")
def kirklees() -> Result:
    return model.run(load_pack(default_folder()))


def parameter(tables: Tables, key: str, central: float) -> None:
    """Put a published parameter on record."""
    add(tables, "parameters", key=key, label=key.replace("_", " "), central=f"{central:g}",
        unit="as in words", period="2024", status="published", source="made up")  # fmt: skip


def derived(tables: Tables, table: str, key: str, end: str, source: str) -> None:
    add(tables, "derivations", table=table, key=key, end=end, parameter=source)


def asked(tables: Tables) -> list[Check]:
    return sense.checks(model.run(small_pack(tables)))


def about(found: list[Check], words: str) -> Check:
    """Return the one check with these words in its figure or its yardstick."""
    (check,) = [c for c in found if words in f"{c.what}; {c.yardstick.label}"]
    return check


def pooled_refuge() -> Tables:
    """Return a pack whose one refuge has not reported: 4 places are assumed, 2 to 8."""
    tables = base_tables()
    tables["capacity"] = [r for r in tables["capacity"] if r["service_id"] != "refuge_one"]
    add(tables, "pool_assumptions", kind="refuge", basis="units", capacity_low="2",
        capacity_central="4", capacity_high="8", stay_days_central="73", occupancy_central="1",
        sites="1", status="assumed", source="made up")  # fmt: skip
    return tables


# Where a figure stands ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ratio", "where"),
    [
        (0.0, Standing.WELL_BELOW),
        (0.4999, Standing.WELL_BELOW),
        (0.5, Standing.BELOW),
        (0.7999, Standing.BELOW),
        (0.8, Standing.NEAR),
        (1.25, Standing.NEAR),
        (1.2501, Standing.ABOVE),
        (2.0, Standing.ABOVE),
        (2.0001, Standing.WELL_ABOVE),
    ],
)
def test_the_bands_hold_their_ends(ratio: float, where: Standing) -> None:
    assert standing(ratio) is where


# No benchmark is compared with what came from it --------------------------------------------


def test_on_the_shipped_pack_no_run_is_compared_with_its_own_origin(kirklees: Result) -> None:
    """Read from the notes by hand: each of these figures was worked out from its yardstick."""
    found = sense.checks(kirklees)
    for words in (
        "England's refuge bedspaces",
        "Family places in safe homes other than refuge",
        "Referrals turned down",
        "the survivor did not take the place",
        "could not be supported",
        "open to a household with: no recourse",
        "open to a household with: three children",
    ):
        check = about(found, words)
        assert check.excluded_because, words
        assert check.ours == {}
        assert check.standing is None
    standard = about(found, "One family place for every 10,000 residents")
    assert set(standard.ours) == {Run.CENTRAL}, "both ends of the range are the standard's"
    assert standard.ratio() == pytest.approx(34 / 43.3166)
    sanctuary = about(found, "Sanctuary's share in England")
    assert Run.OPTIMISTIC not in sanctuary.ours, "that end is England's number of installations"


def test_a_figure_worked_out_from_its_yardstick_is_listed_and_not_compared() -> None:
    tables = pooled_refuge()
    parameter(tables, STANDARD, 1.0)
    free = about(asked(tables), "10,000 residents")
    assert free.ours == {Run.CAUTIOUS: 2.0, Run.CENTRAL: 4.0, Run.OPTIMISTIC: 8.0}
    assert free.yardstick.value == pytest.approx(0.6)
    assert free.standing is Standing.WELL_ABOVE
    assert free.status is Status.ASSUMED
    derived(tables, "pool_assumptions", "refuge", "low", STANDARD)
    part = about(asked(tables), "10,000 residents")
    assert set(part.ours) == {Run.CENTRAL, Run.OPTIMISTIC}
    assert "left out" in part.caution
    derived(tables, "pool_assumptions", "refuge", "central", STANDARD)
    bound = about(asked(tables), "10,000 residents")
    assert bound.excluded_because
    assert bound.ours == {}


def test_an_origin_further_back_excludes_as_well() -> None:
    tables = pooled_refuge()
    parameter(tables, STANDARD, 1.0)
    parameter(tables, "shortfall", 0.2)
    derived(tables, "pool_assumptions", "refuge", "central", "shortfall")
    assert not about(asked(tables), "10,000 residents").excluded_because
    derived(tables, "parameters", "shortfall", "central", STANDARD)
    assert STANDARD.replace("_", " ") in about(asked(tables), "10,000 residents").excluded_because


def test_a_common_scale_does_not_exclude_but_is_said() -> None:
    """The district's share of people makes an English figure small; it is no benchmark."""
    tables = pooled_refuge()
    parameter(tables, "expected_need_refuge_places_england", 50)
    parameter(tables, "england_refuge_bedspaces", 40)
    derived(tables, "pool_assumptions", "refuge", "central", SHARE)
    derived(tables, "pool_assumptions", "refuge", "central", "england_refuge_bedspaces")
    found = asked(tables)
    need = about(found, "Expected need")
    assert need.ratio() == pytest.approx(4 / 5)
    assert "says how England stands" in need.caution
    assert about(found, "England's refuge bedspaces").excluded_because


def test_a_provider_s_own_figure_turns_the_comparison_on() -> None:
    """The refuge of the small pack has reported 4 units, so whatever was assumed is not used."""
    tables = base_tables()
    parameter(tables, STANDARD, 1.0)
    add(tables, "pool_assumptions", kind="refuge", basis="units", capacity_central="9",
        stay_days_central="73", occupancy_central="1", sites="1", status="assumed",
        source="made up")  # fmt: skip
    for end in ("low", "central", "high"):
        derived(tables, "pool_assumptions", "refuge", end, STANDARD)
    check = about(asked(tables), "10,000 residents")
    assert check.ours == dict.fromkeys(Run, 4.0)
    assert not check.caution


def test_a_national_share_is_compared_once_the_refuge_has_answered() -> None:
    tables = base_tables()
    tables["eligibility"] = [r for r in tables["eligibility"] if r["rule"] != "nrpf"]
    assert about(asked(tables), "no recourse").excluded_because
    add(tables, "eligibility", service_id="refuge_one", rule="nrpf", answer="yes",
        status="local_return", source="made up")  # fmt: skip
    check = about(asked(tables), "no recourse")
    assert check.ours == dict.fromkeys(Run, 1.0)
    assert check.ratio() == pytest.approx(1 / 0.09)
    change(tables, "eligibility", {"service_id": "refuge_one", "rule": "nrpf"}, answer="no")
    assert about(asked(tables), "no recourse").ours == dict.fromkeys(Run, 0.0)


def test_origins_that_go_round_in_a_circle_end() -> None:
    edges = {
        (PARAMETERS, "a", "central"): frozenset({"b"}),
        (PARAMETERS, "b", "central"): frozenset({"a", "c"}),
    }
    assert Origins(edges).behind(PARAMETERS, "a") == {"a", "b", "c"}
    assert Origins(edges).behind(PARAMETERS, "c") == {"c"}


def test_a_derivation_of_a_row_that_is_not_there_is_refused() -> None:
    tables = base_tables()
    derived(tables, "pool_assumptions", "sanctury", "low", SHARE)
    derived(tables, "parameters", SHARE, "low", SHARE)
    derived(tables, "acceptance_shares", "refuge nrpf", "central", "nothing")
    with pytest.raises(PackError) as failed:
        small_pack(tables, checked=True)
    told = {(p.column, p.value) for p in failed.value.problems if "derivations" in p.file}
    assert told == {("key", "sanctury"), ("key", SHARE), ("parameter", "nothing")}


def test_a_pack_that_knows_no_derivation_is_still_asked() -> None:
    tables = base_tables()
    parameter(tables, STANDARD, 1.0)
    pack = small_pack(tables)
    frames = {name: frame for name, frame in pack.tables.items() if name != "derivations"}
    old = Pack(pack.folder, pack.info, frames, pack.layers, (), "old")
    assert about(sense.checks(model.run(old)), "10,000 residents").ours


# Who is turned away -------------------------------------------------------------------------


def test_odds_are_even_where_nobody_asks_and_nothing_where_all_refuse() -> None:
    tables = base_tables()
    parameter(tables, "success_odds_ratio_minoritised_no_public_funds", 0.83)
    tables["eligibility"] = [r for r in tables["eligibility"] if r["rule"] != "nrpf"]
    services = [row["service_id"] for row in tables["services"]]
    for service in services:
        add(tables, "eligibility", service_id=service, rule="nrpf", answer="yes",
            status="assumed", source="made up")  # fmt: skip
    even = about(asked(tables), "Odds of help").ours
    assert even[Run.CENTRAL] == pytest.approx(1.0)
    assert list(even.values()) == pytest.approx([1.0] * len(even))
    for service in services:
        change(tables, "eligibility", {"service_id": service, "rule": "nrpf"}, answer="no")
    check = about(asked(tables), "Odds of help")
    assert set(check.ours.values()) == {0.0}
    assert check.standing is Standing.WELL_BELOW


def test_a_need_of_unknown_number_is_not_compared(kirklees: Result) -> None:
    check = about(sense.checks(kirklees), "alcohol")
    assert "how many households" in check.excluded_because


def test_reasons_for_not_being_helped_are_shares_of_the_unhelped(kirklees: Result) -> None:
    """Need and capacity overlap, so neither is over 1; helped and not helped sum to 1."""
    for run in Run:
        ends = sense._movers(kirklees[run])
        assert ends["met"] + ends["unhelped"] == pytest.approx(ends["demand"])
        assert 0 <= ends["need"] <= ends["unhelped"] * (1 + 1e-9)
        assert ends["turned_away"] == pytest.approx(ends["unhelped"] - ends["not_taken_up"])


def test_every_check_of_the_shipped_pack_leads_to_its_source(kirklees: Result) -> None:
    found = sense.checks(kirklees)
    assert {check.topic for check in found} == set(Topic)
    for check in found:
        assert check.yardstick.source
        assert check.basis
        assert bool(check.ours) != bool(check.excluded_because)
        if check.ours:
            assert math.isfinite(check.ratio())


# Published counts ---------------------------------------------------------------------------


def test_cases_of_high_risk_are_set_against_adult_women(kirklees: Result) -> None:
    """2,875 cases in 34 months; 173,213 women of 18 and over in mid-2020."""
    check = about(sense.checks(kirklees), "MARAC")
    assert check.ours[Run.CENTRAL] == pytest.approx(2875 / 34 * 12)
    assert check.yardstick.value == pytest.approx(40 * 17.3213)


def quarter(tables: Tables, name: str, area: str, owed: str, *victims: str) -> None:
    prevention, relief = victims
    add(tables, "homelessness", quarter=name, area_code=area, area_name=f"Area {area[-1]}",
        owed_any_duty=owed, reason_da_prevention_victim=prevention,
        reason_da_relief_victim=relief)  # fmt: skip


def test_neighbours_are_compared_over_a_year_and_gaps_are_named() -> None:
    tables = base_tables()
    tables["homelessness"] = []
    for name in ("2024Q4", "2025Q1", "2025Q2", "2025Q3", "2025Q4"):
        quarter(tables, name, DISTRICT, "100", "2", "8")
        whole = name != "2025Q2"
        quarter(tables, name, NEIGHBOUR, "50", "5" if whole else "", "5")
        quarter(tables, name, "E92000001", "1000", "50", "50")
    pack = small_pack(tables)
    assert neighbours.latest_quarters(pack) == ["2025Q1", "2025Q2", "2025Q3", "2025Q4"]
    here, beside, england = neighbours.districts(pack)
    assert (here.owed, here.victims, here.missing) == (400, 40, ())
    assert (beside.owed, beside.victims, beside.missing) == (150, 30, ("2025Q2",))
    assert england.share == pytest.approx(0.1)
    assert [neighbours.is_district(one) for one in (here, beside, england)] == [True, True, False]
    found = [c for c in asked(tables) if c.topic is Topic.HOMELESSNESS]
    local, national = found
    assert local.ratio() == pytest.approx(0.1 / 0.2)
    assert "2025Q2" in local.caution
    assert national.ratio() == pytest.approx(1.0)
    assert "2025Q2" not in national.caution


def test_a_district_without_figures_is_not_compared() -> None:
    """The small pack counts no household owed a duty."""
    tables = base_tables()
    assert [one.share for one in neighbours.districts(small_pack(tables))] == [None]
    assert [c for c in asked(tables) if c.topic is Topic.HOMELESSNESS] == []
