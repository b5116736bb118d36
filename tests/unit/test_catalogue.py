"""The list of figures: each one that the model reads, with its status and its source."""

import pytest

from housing_map.catalogue import Entry, entries, figure
from housing_map.pack import Pack, load_pack
from housing_map.vocabulary import Status
from tests.packs import base_tables, change
from tests.worlds import base_pack, small_pack

PACKS = {"small": base_pack, "shipped": load_pack}


@pytest.fixture(scope="module", params=list(PACKS))
def pack(request: pytest.FixtureRequest) -> Pack:
    found: Pack = PACKS[request.param]()
    return found


def named(found: list[Entry], name: str) -> Entry:
    (one,) = [entry for entry in found if entry.name == name]
    return one


def test_every_figure_has_its_status_and_its_source(pack: Pack) -> None:
    """Honest: each figure on screen leads to its source and status (design.md, 7)."""
    for entry in entries(pack):
        assert entry.name
        assert entry.unit
        assert isinstance(entry.status, Status)
        assert entry.source, entry.name


def test_every_figure_of_every_table_is_there(pack: Pack) -> None:
    """Units come with their stay and occupancy; other capacity is one figure."""
    found = entries(pack)
    plain = ("acceptance_shares", "household_shares", "local_counts", "parameters")
    count = sum(len(pack[name]) for name in plain)
    for name in ("capacity", "pool_assumptions"):
        table = pack[name]
        stays = (table["basis"] == "units") & table["stay_days_central"].notna()
        count += len(table) + 2 * int(stays.sum())
    assert len(found) == count
    assert len({(entry.group, entry.name, entry.unit) for entry in found}) == count


def test_a_figure_nobody_has_given_is_unknown_and_has_no_number(pack: Pack) -> None:
    for entry in entries(pack):
        if entry.status is Status.UNKNOWN:
            assert entry.central is None
            assert entry.value.startswith("unknown")
        if entry.central is not None:
            assert figure(entry.central) in entry.value
        ends = [end for end in (entry.low, entry.central, entry.high) if end is not None]
        assert ends == sorted(ends)


def test_figures_of_the_small_pack_read_as_they_are() -> None:
    found = entries(base_pack())
    units = named(found, "Refuge: capacity")
    assert (units.value, units.status) == ("4 units", Status.LOCAL_RETURN)
    assert units.when == "2026-03-31"
    assert named(found, "Refuge: mean stay").value == "73 days"
    assert named(found, "Sanctuary: capacity").value == "unknown (installations)"
    pool = named(found, "Sanctuary scheme, where no provider has reported: capacity")
    assert pool.value == "12 (6 to 18) installations"
    assert pool.status is Status.ASSUMED
    taken = named(found, "Refuge: takes a household with: no recourse to public funds")
    assert taken.value == "0.09 share of vacancies"
    count = named(found, "Referrals to a refuge")
    assert (count.value, count.when) == ("50 household", "Apr 2025 to Mar 2026")
    assert named(found, "Tenure: temporary").group == "Household share"


def test_a_share_of_one_tenure_says_which() -> None:
    assert named(entries(base_pack()), "Right: none, temporary or none").central == 1


def test_a_range_without_a_middle_is_shown_as_a_range() -> None:
    tables = base_tables()
    change(tables, "capacity", {"service_id": "sanctuary_one"}, capacity_low="4", capacity_high="9")
    entry = named(entries(small_pack(tables)), "Sanctuary: capacity")
    assert entry.value == "unknown (4 to 9) installations"


@pytest.mark.parametrize(
    ("value", "text"), [(48300, "48,300"), (0.64, "0.64"), (34.0, "34"), (-1500.0, "-1,500")]
)
def test_numbers_are_written_as_people_read_them(value: float, text: str) -> None:
    assert figure(value) == text
