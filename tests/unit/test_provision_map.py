"""The provision map: what a cell says, what it rests on, and what may be told in public."""

from datetime import date

import pytest

from housing_map.errors import UsageError
from housing_map.inventory import Presence, presence
from housing_map.pack import default_folder, load_pack
from housing_map.provision_map import (
    STALE_DAYS,
    Listed,
    MapCell,
    ProvisionMap,
    directory,
    provision_map,
)
from housing_map.vocabulary import Answer, Component, Status, Tenure
from tests.packs import DISTRICT, WARDS, Tables, add, base_tables, change
from tests.worlds import answer, bare, serve, small_pack

ADVOCATE = Component.MOBILE
OWNED = Tenure.OWNED


def a_map(tables: Tables, level: str = "place", on: date | None = None) -> ProvisionMap:
    return provision_map(small_pack(tables), on, level)


def with_advocates(**areas: tuple[str, ...]) -> Tables:
    """Advocates who take every tenure, each in some areas."""
    tables = bare(10)
    for service, served in areas.items():
        serve(tables, service, "mobile_advocacy", areas=served)
    return tables


def advocate(tables: Tables, area: str = "Alderby") -> MapCell:
    return a_map(tables).cell(ADVOCATE, OWNED, area)


# What a cell says -------------------------------------------------------------------------------


def test_every_component_and_tenure_has_a_cell_in_every_area() -> None:
    found = a_map(base_tables())
    keys = [(cell.component, cell.tenure, cell.area) for cell in found.cells]
    assert len(set(keys)) == len(keys) == len(Component) * len(Tenure) * 2
    assert found.areas == (("Alderby", "Alderby"), ("Cowden", "Cowden"))


def test_a_component_that_is_not_meant_for_a_tenure_is_no_gap() -> None:
    cell = a_map(base_tables()).cell(Component.RECIPROCALS, OWNED, "Alderby")
    assert (cell.presence, cell.services) == (None, ())


def test_a_service_that_runs_and_takes_the_tenure_in_the_whole_area_is_in_place() -> None:
    cell = advocate(with_advocates(one=("Alderby",)))
    assert cell.presence is Presence.IN_PLACE
    assert cell.services == ("one",)


def test_a_service_elsewhere_leaves_the_area_absent_and_says_so() -> None:
    cell = advocate(with_advocates(one=("Alderby",)), "Cowden")
    assert (cell.presence, cell.services) == (Presence.ABSENT, ())
    assert cell.why == "no service of this sort serves the area"


def test_a_service_in_a_part_of_the_area_is_partial_until_others_serve_the_rest() -> None:
    """Alderby has two wards; two advocates in one ward each are as good as one in both."""
    east, west = (WARDS[0],), (WARDS[1],)
    assert advocate(with_advocates(one=east)).presence is Presence.PARTIAL
    assert advocate(with_advocates(one=east, two=east)).presence is Presence.PARTIAL
    assert advocate(with_advocates(one=east, two=west)).presence is Presence.IN_PLACE


@pytest.mark.parametrize(
    ("given", "expected", "why"),
    [
        ("no", Presence.ABSENT, "no service takes this tenure"),
        ("depends", Presence.PARTIAL, "taken case by case"),
        (
            "unknown",
            Presence.UNKNOWN,
            "a service runs, but nobody has said whether it takes this tenure",
        ),
    ],
)
def test_the_answer_on_the_tenure_decides(given: str, expected: Presence, why: str) -> None:
    tables = with_advocates(one=(DISTRICT,))
    answer(tables, "one", "tenure_owned", given)
    cell = advocate(tables)
    assert (cell.presence, cell.why) == (expected, why)


def test_a_service_nobody_has_confirmed_is_unknown_and_not_in_place() -> None:
    tables = with_advocates(one=(DISTRICT,))
    change(tables, "services", {"service_id": "one"}, operating="unknown")
    assert advocate(tables).presence is Presence.UNKNOWN


def test_a_service_that_has_closed_is_gone_from_the_date_on() -> None:
    tables = with_advocates(one=(DISTRICT,))
    change(tables, "services", {"service_id": "one"}, closes_on="2026-12-31")
    pack = small_pack(tables)
    before, after = (provision_map(pack, date(year, 6, 30)) for year in (2026, 2027))
    assert before.cell(ADVOCATE, OWNED, "Alderby").presence is Presence.IN_PLACE
    assert after.cell(ADVOCATE, OWNED, "Alderby").presence is Presence.ABSENT
    assert after.cell(ADVOCATE, OWNED, "Alderby").why == "no service was found"


def test_the_map_of_the_whole_district_says_what_the_inventory_says() -> None:
    """Two ways of asking one question; every service of the shipped pack on a cell serves all."""
    pack = load_pack(default_folder())
    found = provision_map(pack, level="district")
    (area,) = [code for code, _ in found.areas]
    for cell in presence(pack, found.on):
        same = found.cell(cell.component, cell.tenure, area)
        assert (same.presence, same.services) == (cell.presence, cell.services)


def test_counts_are_those_of_the_cells_and_leave_out_what_is_not_meant() -> None:
    found = a_map(base_tables())
    meant = [cell for cell in found.cells if cell.presence is not None]
    assert sum(found.count().values()) == len(meant) < len(found.cells)
    by_component = [found.count(component) for component in Component]
    for one in Presence:
        assert found.count()[one] == sum(counted[one] for counted in by_component)


def test_a_level_that_the_pack_does_not_have_is_refused() -> None:
    with pytest.raises(UsageError, match="no level of area"):
        a_map(base_tables(), "parish")


# What it rests on -------------------------------------------------------------------------------


def test_each_service_of_a_cell_comes_with_its_answer_and_where_it_was_read() -> None:
    tables = with_advocates(one=(DISTRICT,))
    cell = advocate(tables)
    (told,) = cell.evidence
    assert (told.service, told.answer, told.status) == ("one", Answer.YES, Status.ASSUMED)
    assert told.source == "made up for tests"
    tables["eligibility"] = [row for row in tables["eligibility"] if row["rule"] != "tenure_owned"]
    (told,) = advocate(tables).evidence
    assert (told.answer, told.status, told.source) == (Answer.UNKNOWN, Status.UNKNOWN, "")


def test_the_older_of_two_confirmations_counts() -> None:
    tables = with_advocates(one=(DISTRICT,))
    change(tables, "services", {"service_id": "one"}, last_confirmed="2026-06-01")
    (told,) = advocate(tables).evidence
    assert told.last_confirmed == date(2026, 6, 1)
    change(
        tables, "eligibility", {"service_id": "one", "rule": "tenure_owned"},
        last_confirmed="2024-01-31",
    )  # fmt: skip
    (told,) = advocate(tables).evidence
    assert told.last_confirmed == date(2024, 1, 31)
    assert told.stale


def test_a_row_is_stale_after_a_year_or_when_nobody_ever_confirmed_it() -> None:
    """The reference date is 30 June 2026: a year before is still fresh, a day more is not."""
    tables = with_advocates(one=(DISTRICT,))
    stale = {}
    for confirmed in ("2025-06-30", "2025-06-29", ""):
        change(tables, "services", {"service_id": "one"}, last_confirmed=confirmed)
        found = a_map(tables)
        stale[confirmed] = found.providers["one"].stale
        assert found.cell(ADVOCATE, OWNED, "Alderby").stale is stale[confirmed]
    assert stale == {"2025-06-30": False, "2025-06-29": True, "": True}
    assert STALE_DAYS == 365


def test_a_provider_tells_whom_it_does_not_take_and_until_when_it_is_paid_for() -> None:
    tables = with_advocates(one=(DISTRICT,))
    answer(tables, "one", "male", "no")
    answer(tables, "one", "nrpf", "unknown")
    change(tables, "services", {"service_id": "one"}, closes_on="2027-03-31")
    one = a_map(tables).providers["one"]
    assert one.does_not_take == ("male",)
    assert "nrpf" in one.unknown
    assert "male" not in one.unknown
    assert one.last_day.day == date(2027, 3, 31)


# What may be told in public ---------------------------------------------------------------------


def refuges(organisations: tuple[str, ...]) -> Tables:
    tables = bare(10)
    for number, organisation in enumerate(organisations):
        serve(tables, f"refuge_{number}", "refuge")
        change(tables, "services", {"service_id": f"refuge_{number}"}, organisation_id=organisation)
        if all(row["organisation_id"] != organisation for row in tables["organisations"]):
            row = {**tables["organisations"][0], "organisation_id": organisation}
            add(tables, "organisations", **{**row, "name": organisation.title()})
    return tables


@pytest.mark.parametrize(
    ("organisations", "named"),
    [
        (("one", "two"), 0),
        (("one", "two", "two"), 0),
        (("one", "two", "three"), 3),
    ],
)
def test_safe_accommodation_is_named_where_three_services_of_three_bodies_share_a_cell(
    organisations: tuple[str, ...], named: int
) -> None:
    found = a_map(refuges(organisations))
    cell = found.cell(Component.REFUGE, OWNED, "Alderby")
    assert len(cell.services) == len(organisations)
    assert len(found.named(cell)) == named


def test_public_services_do_not_hide_safe_accommodation_among_them() -> None:
    """Two supported housing schemes and one dispersed scheme share a cell: it is not named."""
    tables = bare(10)
    serve(tables, "homes", "dispersed")
    for name in ("hostel_one", "hostel_two", "hostel_three"):
        serve(tables, name, "supported_housing")
    found = a_map(tables)
    cell = found.cell(Component.SUPPORTED, OWNED, "Alderby")
    assert "homes" in cell.services
    assert found.named(cell) == ("hostel_one", "hostel_three", "hostel_two")


def listed(tables: Tables) -> dict[str, Listed]:
    return {one.name: one for one in directory(small_pack(tables))}


def test_the_directory_lists_public_services_and_never_safe_accommodation() -> None:
    tables = refuges(("one", "two", "three"))
    serve(tables, "visits", "mobile_advocacy", areas=("Alderby",))
    found = directory(small_pack(tables))
    names = {row["name"] for row in tables["services"] if row["kind"] == "refuge"}
    assert not names & {one.name for one in found}
    (visits,) = [one for one in found if one.kind == "Mobile advocacy"]
    assert not visits.everywhere


def test_a_helpline_of_safe_accommodation_stands_under_its_organisation() -> None:
    tables = refuges(("one",))
    change(tables, "services", {"service_id": "refuge_0"}, helpline="0808 157 0000")
    found = listed(tables)["One"]
    assert (found.helpline, found.kind, found.components) == ("0808 157 0000", "Helpline", ())


def test_the_directory_leaves_out_what_nobody_knows_to_be_running() -> None:
    tables = with_advocates(one=(DISTRICT,))
    assert directory(small_pack(tables))
    change(tables, "services", {"service_id": "one"}, operating="unknown")
    assert not directory(small_pack(tables))


def test_safe_accommodation_of_the_shipped_pack_is_the_same_in_every_place() -> None:
    """It serves the district: no cell says in which Place it is."""
    pack = load_pack(default_folder())
    found = provision_map(pack)
    for component in (Component.REFUGE, Component.SANCTUARY):
        for tenure in Tenure:
            cells = [c for c in found.cells if (c.component, c.tenure) == (component, tenure)]
            assert len({(cell.presence, cell.why, cell.services) for cell in cells}) == 1
