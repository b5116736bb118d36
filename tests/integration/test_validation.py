"""A pack with faults: every fault is listed, at its file, row and column, with words to mend it.

Each test puts one kind of fault into the small valid pack and says where it must be found; a
fault must be one problem, so that what follows from it does not bury it.
"""

import json
import math
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from housing_map.check_figures import REQUIRED_PARAMETERS
from housing_map.errors import PackError, Problem, Severity, UsageError
from housing_map.geometry import OVERLAP_TOLERANCE_M2, read_layer
from housing_map.pack import check_pack, default_folder, load_pack
from housing_map.pack_tables import BY_NAME
from tests.packs import (
    DISTRICT,
    LSOAS,
    NEIGHBOUR,
    SIDE,
    SOUTH,
    WARDS,
    Collection,
    Tables,
    add,
    base_info,
    base_layers,
    base_tables,
    change,
    feature,
    remember_tables,
    square,
    write_pack,
)

PARAMETERS = "parameters/parameters.csv"
SERVICES = "providers/services.csv"
LSOA_LAYER = "boundaries/lsoa.geojson"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    remember_tables(monkeypatch)


def problems_of(folder: Path) -> tuple[Problem, ...]:
    return check_pack(folder)[1]


def only(problems: tuple[Problem, ...], severity: Severity = Severity.ERROR) -> Problem:
    """Return the one problem there is, which must have words to mend it."""
    assert len(problems) == 1, [str(problem) for problem in problems]
    assert problems[0].severity is severity
    assert problems[0].mend
    return problems[0]


def place(problem: Problem) -> tuple[str, int | None, str | None, str | None]:
    return problem.file, problem.row, problem.column, problem.value


def edit(folder: Path, path: str, old: bytes, new: bytes) -> None:
    """Replace the one occurrence of some bytes in a file of a pack."""
    content = (folder / path).read_bytes()
    assert content.count(old) == 1
    (folder / path).write_bytes(content.replace(old, new))


# The pack itself ---------------------------------------------------------------------------


def test_the_small_pack_has_no_problem_at_all(tmp_path: Path) -> None:
    """Every other test rests on it: what it reports must come from the fault put in."""
    pack, problems = check_pack(write_pack(tmp_path))
    assert problems == ()
    assert pack is not None
    assert set(pack.tables) == set(BY_NAME)
    assert list(pack.layers["lsoa"]["code"]) == list(LSOAS)


def test_the_shipped_pack_has_no_errors() -> None:
    _, problems = check_pack(default_folder())
    assert [str(problem) for problem in problems if problem.severity is Severity.ERROR] == []


def test_warnings_do_not_stop_a_pack_and_errors_do(tmp_path: Path) -> None:
    tables = base_tables()
    change(tables, "services", {"service_id": "idva"}, last_confirmed="2020-01-01")
    assert load_pack(write_pack(tmp_path / "stale", tables)).warnings
    change(tables, "services", {"service_id": "idva"}, last_confirmed="never")
    with pytest.raises(PackError, match="1 error in the data pack") as failed:
        load_pack(write_pack(tmp_path / "wrong", tables))
    assert [p.value for p in failed.value.problems if p.severity is Severity.ERROR] == ["never"]


def test_what_is_no_folder_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a folder"):
        check_pack(tmp_path / "nowhere")


def test_line_ends_and_folder_do_not_change_the_digest(tmp_path: Path) -> None:
    """A baseline is named by its digest: it must survive a checkout on Windows."""
    here = load_pack(write_pack(tmp_path / "here"))
    there = write_pack(tmp_path / "there")
    for path in there.rglob("*.csv"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert load_pack(there).digest == here.digest


# Files -------------------------------------------------------------------------------------


def test_a_missing_file_is_one_problem(tmp_path: Path) -> None:
    """References to its rows cannot be judged, so they are not listed as dangling."""
    problem = only(problems_of(write_pack(tmp_path, {"services": None})))
    assert place(problem) == (SERVICES, None, None, None)
    assert problem.message == "the file is missing"
    assert "service_id,name,kind" in problem.expected
    assert "Add the file" in problem.mend


def test_an_empty_file_is_one_problem(tmp_path: Path) -> None:
    folder = write_pack(tmp_path)
    (folder / PARAMETERS).write_bytes(b"")
    problem = only(problems_of(folder))
    assert place(problem) == (PARAMETERS, None, None, None)
    assert problem.message == "the file is empty"
    assert "header row" in problem.mend


def test_a_file_that_is_not_utf_8_is_found_at_its_row(tmp_path: Path) -> None:
    """A spreadsheet may save CSV in the code page of the computer, with £ as one byte."""
    folder = write_pack(tmp_path)
    edit(folder, SERVICES, b"Refuges elsewhere", b"Refuges \xa3")
    problem = only(problems_of(folder))
    assert place(problem) == (SERVICES, 6, None, "a3")
    assert "not UTF-8" in problem.message
    assert "CSV UTF-8" in problem.mend


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    folder = write_pack(tmp_path)
    edit(folder, PARAMETERS, b",worse_when,", b",worse,")
    missing, extra = sorted(problems_of(folder), key=lambda p: p.message, reverse=True)
    assert place(extra) == (PARAMETERS, None, "worse_when", None)
    assert extra.message == "the column is missing"
    assert "which end is worse" in extra.mend
    assert place(missing) == (PARAMETERS, None, "worse", None)


def test_an_extra_column_is_named(tmp_path: Path) -> None:
    tables = base_tables()
    change(tables, "parameters", {"key": "detour_factor"}, remarks="steep")
    problem = only(problems_of(write_pack(tmp_path, tables)))
    assert place(problem) == (PARAMETERS, None, "remarks", None)
    assert problem.message == "the column is not part of the format"
    assert "key, label, low" in problem.expected
    assert "Remove it, or mend its spelling" in problem.mend


# Cells and rows ----------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A change to the tables, and the one problem that must come of it.

    ``make`` returns the row at which the problem must stand, or None for a whole file.
    """

    make: Callable[[Tables], int | None]
    table: str
    column: str
    value: str | None
    said: str
    mend: str
    severity: Severity = Severity.ERROR


def cell(table: str, where: dict[str, str], /, **cells: str) -> Callable[[Tables], int | None]:
    """Return a change of cells in one row."""
    return lambda tables: change(tables, table, where, **cells)


def row(table: str, /, **cells: str) -> Callable[[Tables], int | None]:
    """Return the addition of a row."""
    return lambda tables: add(tables, table, **cells)


def without(table: str, where: dict[str, str]) -> Callable[[Tables], int | None]:
    """Return the removal of the rows that have the values ``where``."""

    def make(tables: Tables) -> None:
        tables[table] = [r for r in tables[table] if any(r.get(k) != v for k, v in where.items())]

    return make


def route(start: str, end: str) -> Callable[[Tables], int | None]:
    return row(
        "referral_routes", from_id=start, to_id=end, known="yes", status="assumed", source="s"
    )


def share(dimension: str, code: str, central: str, tenure: str = "") -> dict[str, str]:
    cells = {"dimension": dimension, "code": code, "central": central, "tenure": tenure}
    return {**cells, "status": "assumed", "source": "s"}


def shares(*added: dict[str, str], row_of: int) -> Callable[[Tables], int | None]:
    """Return the addition of household shares of which one is at fault."""

    def make(tables: Tables) -> int:
        return [add(tables, "household_shares", **cells) for cells in added][row_of]

    return make


def both(
    first: Callable[[Tables], int | None], second: Callable[[Tables], int | None]
) -> Callable[[Tables], int | None]:
    """Return two changes, with the row of the second."""
    return lambda tables: (first(tables), second(tables))[1]


def nowhere(make: Callable[[Tables], int | None]) -> Callable[[Tables], int | None]:
    """Return a change whose problem stands at no row: something is absent."""
    return lambda tables: (make(tables), None)[1]


def grouping(name: str, *, evidence: bool, last: str = "One") -> Callable[[Tables], int | None]:
    """Return a further grouping of wards, in which the last ward belongs to ``last``."""

    def make(tables: Tables) -> int | None:
        for ward in tables["groupings"]:
            ward[name] = "One"
            if evidence:
                ward[f"{name}_evidence"] = "made up"
        tables["groupings"][-1][name] = last
        return None if last else len(WARDS) + 1

    return make


IDVA = {"service_id": "idva"}
REFUGE = {"service_id": "refuge_one"}
WARN = Severity.WARNING
NEW_SERVICE = {
    "service_id": "extra",
    "name": "Mobile advocates",
    "kind": "mobile_advocacy",
    "organisation_id": "aid",
    "delivery": "home",
    "operating": "yes",
    "status": "assumed",
    "source": "s",
}

FAULTS = {
    # What one cell or row may hold
    "wrong type: a word for a number": Fault(
        make=cell("capacity", IDVA, capacity_central="many"),
        table="capacity", column="capacity_central", value="many",
        said="cannot be read", mend="in digits",
    ),
    "wrong type: half a site": Fault(
        make=cell("capacity", REFUGE, sites="1.5"),
        table="capacity", column="sites", value="1.5",
        said="cannot be read", mend="without decimals",
    ),
    "an empty cell": Fault(
        make=cell("services", IDVA, name=""),
        table="services", column="name", value=None,
        said="the cell is empty", mend="Fill it in",
    ),
    "a duplicate id": Fault(
        make=cell("organisations", {"organisation_id": "homes"}, organisation_id="council"),
        table="organisations", column="organisation_id", value="council",
        said="the same organisation_id already stands in row 2", mend="Remove one of the two rows",
    ),
    "a duplicate pair": Fault(
        make=row("areas_served", service_id="idva", area=DISTRICT, status="assumed", source="s"),
        table="areas_served", column="service_id", value=f"idva / {DISTRICT}",
        said="the same service_id and area already stands in row 2", mend="Remove one",
    ),
    "an unknown code": Fault(
        make=cell("services", IDVA, kind="castle"),
        table="services", column="kind", value="castle",
        said="not allowed", mend="choose another code",
    ),
    "an unknown code in a list": Fault(
        make=cell("services", IDVA, delivery="home;post"),
        table="services", column="delivery", value="home;post",
        said="not allowed", mend="choose another code",
    ),
    "a negative figure": Fault(
        make=cell("capacity", IDVA, capacity_central="-5"),
        table="capacity", column="capacity_central", value="-5",
        said="not allowed", mend="Mend the figure",
    ),
    "a reversed range": Fault(
        make=cell("pool_assumptions", {"kind": "sanctuary"}, capacity_low="13"),
        table="pool_assumptions", column="capacity_low", value="13 > 12",
        said="the range is reversed", mend="Swap the two",
    ),
    "a percentage for a share": Fault(
        make=cell("capacity", REFUGE, occupancy_central="85"),
        table="capacity", column="occupancy_central", value="85",
        said="not allowed", mend="If 85 is a percentage, write 0.85",
    ),
    "a percentage over 100": Fault(
        make=cell("capacity", REFUGE, occupancy_central="120"),
        table="capacity", column="occupancy_central", value="120",
        said="not allowed", mend="Mend the figure",
    ),
    "a percentage sign": Fault(
        make=cell("capacity", REFUGE, occupancy_central="85%"),
        table="capacity", column="occupancy_central", value="85%",
        said="cannot be read", mend="Write 0.85 for 85%",
    ),
    "a date that a spreadsheet has turned round": Fault(
        make=cell("services", IDVA, opened_on="01/04/2024"),
        table="services", column="opened_on", value="01/04/2024",
        said="cannot be read", mend="A spreadsheet has changed the date",
    ),
    "a date that a spreadsheet has turned into days since 1900": Fault(
        make=cell("funding", REFUGE, starts_on="45383"),
        table="funding", column="starts_on", value="45383",
        said="cannot be read", mend="A spreadsheet has changed the date",
    ),
    # References
    "a dangling service": Fault(
        make=cell("eligibility", {"service_id": "lettings"}, service_id="letings"),
        table="eligibility", column="service_id", value="letings",
        said="there is no service_id letings in providers/services.csv",
        mend="Did you mean lettings?",
    ),
    "a dangling organisation": Fault(
        make=cell("services", IDVA, landlord_id="counsil"),
        table="services", column="landlord_id", value="counsil",
        said="there is no organisation_id counsil", mend="Did you mean council?",
    ),
    "a dangling reference like nothing else": Fault(
        make=cell("services", IDVA, landlord_id="zzz"),
        table="services", column="landlord_id", value="zzz",
        said="there is no organisation_id zzz", mend="add a row to providers/organisations.csv",
    ),
    "a dangling ward": Fault(
        make=cell("lsoa_facts", {"lsoa_code": LSOAS[3]}, ward_code="E05999009"),
        table="lsoa_facts", column="ward_code", value="E05999009",
        said="there is no ward_code E05999009", mend="Did you mean E0599900",
    ),
    "an overlap with no count": Fault(
        make=cell("local_counts", {"key": "homes_secured"}, overlaps_with="refuge_referral"),
        table="local_counts", column="overlaps_with", value="refuge_referral",
        said="there is no count with the key refuge_referral",
        mend="Did you mean refuge_referrals?",
    ),
    "an overlap with itself": Fault(
        make=cell("local_counts", {"key": "homes_secured"}, overlaps_with="homes_secured"),
        table="local_counts", column="overlaps_with", value="homes_secured",
        said="overlap with itself", mend="Take it out",
    ),
    "an area served that is none": Fault(
        make=cell("areas_served", IDVA, area="Aldeby"),
        table="areas_served", column="area", value="Aldeby",
        said="there is no area Aldeby", mend="Did you mean Alderby?",
    ),
    # Dates
    "a service that closes before it opens": Fault(
        make=cell("services", IDVA, opened_on="2025-01-01", closes_on="2024-12-31"),
        table="services", column="closes_on", value="2024-12-31",
        said="closes before it opens", mend="Swap the two dates",
    ),
    "funding that ends before it starts": Fault(
        make=cell("funding", REFUGE, ends_on="2023-03-31"),
        table="funding", column="ends_on", value="2023-03-31",
        said="ends before it starts", mend="Swap the two dates",
    ),
    "a count over a reversed period": Fault(
        make=cell("local_counts", {"key": "homes_secured"}, period_end="2024-03-31"),
        table="local_counts", column="period_end", value="2024-03-31",
        said="the period ends before it starts", mend="Swap the two dates",
    ),
    "a stale row": Fault(
        make=cell("services", IDVA, last_confirmed="2025-06-29"),
        table="services", column="last_confirmed", value="2025-06-29",
        said="stale: last confirmed 366 days before", mend="Ask again", severity=WARN,
    ),
    "a row confirmed in the future": Fault(
        make=cell("services", IDVA, last_confirmed="2026-07-01"),
        table="services", column="last_confirmed", value="2026-07-01",
        said="after the reference date", mend="move reference_date in pack.json",
    ),
    # Groupings of wards
    "a ward in no area of a grouping": Fault(
        make=grouping("hub", evidence=True, last=""),
        table="groupings", column="hub", value="",
        said="belongs to no area", mend="Write one",
    ),
    "a grouping without evidence": Fault(
        make=grouping("hub", evidence=False),
        table="groupings", column="hub", value=None,
        said="nothing says how it is known", mend="Add the column hub_evidence", severity=WARN,
    ),
    "a grouping with a name that is taken": Fault(
        make=grouping("tenure", evidence=True),
        table="groupings", column="tenure", value="tenure",
        said="the name is taken", mend="another name",
    ),
    # Figures and what they rest on
    "a published figure that is not there": Fault(
        make=cell("capacity", IDVA, capacity_central="", status="published"),
        table="capacity", column="capacity_central", value="",
        said="the status is published, but there is no central figure",
        mend="unknown as its status",
    ),
    "an unknown figure that is there": Fault(
        make=cell("capacity", IDVA, status="unknown"),
        table="capacity", column="capacity_central", value="200",
        said="the status is unknown, but a figure is given", mend="Empty the cell",
    ),
    "an unknown assumption that is there": Fault(
        make=cell("pool_assumptions", {"kind": "sanctuary"}, status="unknown"),
        table="pool_assumptions", column="capacity_central", value="12",
        said="the status is unknown, but a figure is given", mend="Empty the cell",
    ),
    "units without a stay": Fault(
        make=cell("capacity", REFUGE, stay_days_central=""),
        table="capacity", column="stay_days_central", value="",
        said="units is given without it", mend="units × occupancy × 365 ÷ mean stay",
    ),
    "assumed units without occupancy": Fault(
        make=cell("pool_assumptions", {"kind": "sanctuary"}, basis="units", stay_days_central="9"),
        table="pool_assumptions", column="occupancy_central", value="",
        said="units is given without it", mend="units × occupancy × 365 ÷ mean stay",
    ),
    "a stay of no days": Fault(
        make=cell("capacity", REFUGE, stay_days_central="0"),
        table="capacity", column="stay_days_central", value="0",
        said="would make the capacity endless", mend="Write the days",
    ),
    "tenures that miss the households": Fault(
        make=cell("lsoa_facts", {"lsoa_code": LSOAS[0]}, households="404"),
        table="lsoa_facts", column="households", value="404",
        said="the tenures sum to 400", mend="one census table", severity=WARN,
    ),
    "a tenure that cannot be calibrated": Fault(
        make=without("tenure_calibration", {"tenure": "social_rent"}),
        table="tenure_calibration", column="tenure", value="social_rent",
        said="there is no row for social_rent", mend="Add the row",
    ),
    "a required parameter that is unknown": Fault(
        make=cell("parameters", {"key": "detour_factor"}, central="", status="unknown"),
        table="parameters", column="central", value="",
        said="the model cannot run without detour_factor", mend="assumed as its status",
    ),
    # Household shares
    "a share of a group that there is not": Fault(
        make=cell("household_shares", {"code": "nrpf"}, code="nrfp"),
        table="household_shares", column="code", value="nrfp",
        said="the dimension circumstance has no such code", mend="Did you mean nrpf?",
    ),
    "arrivals as an aim of residents": Fault(
        make=cell("household_shares", {"code": "leave", "tenure": ""}, code="arrive"),
        table="household_shares", column="code", value="arrive",
        said="the dimension aim has no such code", mend="Mend the spelling",
    ),
    "a risk that differs by tenure": Fault(
        make=shares(share("risk", "high", "1", "owned"), row_of=0),
        table="household_shares", column="tenure", value="owned",
        said="the dimension risk is not divided by tenure", mend="Empty it",
    ),
    "risks that do not sum to 1": Fault(
        make=cell("household_shares", {"code": "high"}, central="0.15"),
        table="household_shares", column="central", value="0.15",
        said="the 3 shares of risk sum to 0.95, not to 1", mend="Mend the rows 4, 5, 6",
    ),
    "aims of one tenure that do not sum to 1": Fault(
        make=cell("household_shares", {"code": "move", "tenure": "temporary"}, central="0.9"),
        table="household_shares", column="central", value="0.9",
        said="the 2 shares of aim for temporary sum to 1.1, not to 1", mend="Mend the rows",
    ),
    "a tenure that nothing divides": Fault(
        make=nowhere(cell("household_shares", {"code": "sole"}, tenure="owned")),
        table="household_shares", column="dimension", value="right",
        said="association_rent, council_rent, private_rent", mend="Add the rows",
    ),
    "a division with an unknown part": Fault(
        make=cell("household_shares", {"code": "high"}, central="", status="unknown"),
        table="household_shares", column="central", value="",
        said="a share of the whole has no central figure", mend="Write the figure",
    ),
    "levels that sum to more than 1": Fault(
        make=shares(
            share("circumstance", "children_1_2", "0.6"),
            share("circumstance", "children_3", "0.5"),
            row_of=1,
        ),
        table="household_shares", column="central", value="0.5",
        said="children_1_2, children_3 exclude each other, and sum to 1.1", mend="Mend the rows",
    ),
    "an impossible pair that sums to more than 1": Fault(
        make=shares(share("circumstance", "pregnant", "0.95"), row_of=0),
        table="household_shares", column="central", value="0.95",
        said="male, pregnant exclude each other, and sum to 1.05", mend="Mend the rows",
    ),
    # Routes
    "a route from nowhere": Fault(
        make=route("entry:polise", "idva"),
        table="referral_routes", column="from_id", value="entry:polise",
        said="there is no service or entry point entry:polise",
        mend="Did you mean entry:police?",
    ),
    "a route to nowhere": Fault(
        make=route("idva", "letings"),
        table="referral_routes", column="to_id", value="letings",
        said="there is no service or home letings", mend="Did you mean lettings?",
    ),
    "a route out of a home": Fault(
        make=route("home:social", "lettings"),
        table="referral_routes", column="from_id", value="home:social",
        said="leads out of a home", mend="Swap the two ends",
    ),
    "a route into an entry point": Fault(
        make=route("idva", "entry:police"),
        table="referral_routes", column="to_id", value="entry:police",
        said="leads into an entry point", mend="Swap the two ends",
    ),
    "a route that goes back": Fault(
        make=route("lettings", "sanctuary_one"),
        table="referral_routes", column="to_id", value="sanctuary_one",
        said="goes back, from the stage housing to safety", mend="Swap the two ends",
    ),
    "a route to what stands beside the routes": Fault(
        make=route("idva", "perpetrators"),
        table="referral_routes", column="to_id", value="perpetrators",
        said="a perpetrator programme stands beside the routes", mend="Remove the route",
    ),
    "routes in a circle": Fault(
        make=both(route("refuge_one", "elsewhere"), route("elsewhere", "refuge_one")),
        table="referral_routes", column="to_id", value="refuge_one",
        said="in a circle: elsewhere → refuge_one → elsewhere", mend="Remove one of these routes",
    ),
    "a route from a service to itself": Fault(
        make=route("idva", "idva"),
        table="referral_routes", column="to_id", value="idva",
        said="in a circle: idva → idva", mend="Remove one of these routes",
    ),
    "a service on a route that serves nobody": Fault(
        make=both(
            without("areas_served", {"service_id": "idva"}), cell("services", IDVA, note="")
        ),
        table="services", column="service_id", value="idva",
        said="serves no area", mend="Add the area it serves", severity=WARN,
    ),
    "a service on no route": Fault(
        make=row("services", **NEW_SERVICE),
        table="services", column="service_id", value="extra",
        said="no referral route leads to the service", mend="Add the routes", severity=WARN,
    ),
    "a kind that nothing limits": Fault(
        make=without("pool_assumptions", {"kind": "sanctuary"}),
        table="pool_assumptions", column="kind", value="sanctuary",
        said="nobody knows the capacity of sanctuary_one", mend="Add an assumption",
        severity=WARN,
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_is_one_problem_at_its_place(fault: Fault, tmp_path: Path) -> None:
    tables = base_tables()
    number = fault.make(tables)
    problem = only(problems_of(write_pack(tmp_path, tables)), fault.severity)
    assert place(problem) == (BY_NAME[fault.table].path, number, fault.column, fault.value)
    assert fault.said in problem.message
    assert fault.mend in problem.mend


@pytest.mark.parametrize("key", REQUIRED_PARAMETERS)
def test_every_required_parameter_must_be_there(key: str, tmp_path: Path) -> None:
    tables = base_tables()
    without("parameters", {"key": key})(tables)
    problem = only(problems_of(write_pack(tmp_path, tables)))
    assert place(problem) == (PARAMETERS, None, "key", key)
    assert f"the parameter {key} is missing" in problem.message


def test_what_is_within_tolerance_passes(tmp_path: Path) -> None:
    """Rounding in the last place, census noise and a year to the day are no faults."""
    tables = base_tables()
    change(tables, "household_shares", {"code": "high"}, central="0.2000000000001")
    change(tables, "lsoa_facts", {"lsoa_code": LSOAS[0]}, households="403")
    change(tables, "services", IDVA, last_confirmed="2025-06-30")
    change(tables, "areas_served", IDVA, area="E12000003")
    add(tables, "areas_served", service_id="idva", area="Cowden", status="assumed", source="s")
    add(tables, "areas_served", service_id="idva", area=NEIGHBOUR, status="assumed", source="s")
    assert problems_of(write_pack(tmp_path, tables)) == ()


def test_ten_faults_at_once_are_ten_problems(tmp_path: Path) -> None:
    """Nobody should have to mend a pack one fault at a time."""
    tables, layers = base_tables(), base_layers()
    layers["lsoa"]["features"][1]["geometry"] = square(0, 0.5)
    expected = [
        (LSOA_LAYER, 2, "geometry"),
        ("parameters/parameters.csv", None, "key"),
        (PARAMETERS, None, "remarks"),
    ]
    without("parameters", {"key": "detour_factor"})(tables)
    change(tables, "parameters", {"key": "elsewhere_success"}, remarks="?")
    for name in (
        "a percentage over 100",
        "wrong type: a word for a number",
        "a dangling service",
        "a duplicate pair",
        "an unknown code in a list",
        "a reversed range",
        "a route that goes back",
    ):
        fault = FAULTS[name]
        expected.append((BY_NAME[fault.table].path, fault.make(tables), fault.column))
    found = problems_of(write_pack(tmp_path, tables, layers=layers))
    assert sorted(str((p.file, p.row, p.column)) for p in found) == sorted(map(str, expected))
    assert len(found) == 10
    assert all(p.message and p.expected and p.mend for p in found)


# pack.json ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("info", "column", "said"),
    [
        ({"default_level": "plaec"}, "default_level", "no such level of area"),
        ({"groupings": {"hub": {"label": "Hub"}}}, "groupings", "there is no column hub"),
        ({"district_code": "E08999009"}, "district_code", "the district is not drawn"),
        ({"schema_version": "9.0"}, "schema_version", "another format version"),
        ({"reference_date": "30/06/2026"}, "reference_date", "date"),
        ({"surprise": 1}, "surprise", "not permitted"),
    ],
)
def test_a_fault_in_pack_json_is_named(
    info: dict[str, Any], column: str, said: str, tmp_path: Path
) -> None:
    problem = only(
        tuple(p for p in problems_of(write_pack(tmp_path, info=info)) if p.file == "pack.json")
    )
    assert problem.column == column
    assert said in problem.message


def test_a_level_without_a_layer_is_named(tmp_path: Path) -> None:
    layers = base_info()["layers"]
    del layers["ward"]
    problem = only(problems_of(write_pack(tmp_path, info={"layers": layers})))
    assert problem.message == "there is no layer for the level ward"


@pytest.mark.parametrize(
    ("changed", "said", "severity"),
    [
        ({"table": "homeless"}, "there is no such table", Severity.ERROR),
        ({"columns": ["reason"]}, "homelessness has no column reason", Severity.ERROR),
        ({"quarter": "1999Q1"}, "homelessness has no row for it", Severity.WARNING),
    ],
)
def test_figures_called_missing_must_exist(
    changed: dict[str, Any], said: str, severity: Severity, tmp_path: Path
) -> None:
    entry = {"table": "homelessness", "area_code": DISTRICT, "quarter": "2025Q4"}
    entry |= {"columns": ["reason_da_relief"], "why": "miscoded"} | changed
    problem = only(problems_of(write_pack(tmp_path, info={"missing": [entry]})), severity)
    assert (problem.file, problem.column) == ("pack.json", "missing")
    assert said in problem.message


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not JSON"),
        (b'{"name": }', "not JSON"),
        (b'{"name": "caf\xe9"}', "not UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[1, 2]", "valid dictionary"),
    ],
)
def test_a_pack_json_that_cannot_be_read_does_not_hide_other_faults(
    content: bytes, said: str, tmp_path: Path
) -> None:
    tables = base_tables()
    FAULTS["a dangling service"].make(tables)
    folder = write_pack(tmp_path, tables)
    (folder / "pack.json").write_bytes(content)
    found = problems_of(folder)
    assert [p.file for p in found] == ["pack.json", "providers/eligibility.csv"]
    assert said in found[0].message
    assert found[0].mend


# Layers ------------------------------------------------------------------------------------

BOW_TIE = {
    "type": "Polygon",
    "coordinates": [[[-1.8, 53.6], [-1.79, 53.61], [-1.79, 53.6], [-1.8, 53.61], [-1.8, 53.6]]],
}


def first(layer: Collection) -> dict[str, Any]:
    found: dict[str, Any] = layer["features"][0]
    return found


def with_geometry(geometry: object) -> Callable[[Collection], object]:
    return lambda layer: first(layer).update(geometry=geometry)


def on_grid(layer: Collection) -> None:
    """Give every feature coordinates of the British National Grid, in metres."""
    for number, one in enumerate(layer["features"]):
        west = 414_000 + 1_000 * number
        ring = [[west, 417_000], [west + 900, 417_000], [west, 418_000], [west, 417_000]]
        one["geometry"] = {"type": "Polygon", "coordinates": [ring]}


def swapped(layer: Collection) -> None:
    for one in layer["features"]:
        ring = one["geometry"]["coordinates"][0]
        one["geometry"]["coordinates"] = [[[y, x] for x, y in ring]]


LAYER_FAULTS: dict[str, tuple[Callable[[Collection], object], int | None, str, str, str]] = {
    # change, feature, column, words of the message, words of the mend
    "another reference system": (
        lambda layer: layer["crs"]["properties"].update(name="EPSG:27700"),
        None, "crs", "another coordinate reference system", "Reproject the layer to EPSG:4326",
    ),
    "a reference system by link": (
        lambda layer: layer.update(crs={"type": "link"}),
        None, "crs", "another coordinate reference system", "Reproject",
    ),
    "national grid under a wrong name": (
        on_grid, 1, "geometry", "reproject to EPSG:4326 (6 of 6 features)", "ogr2ogr",
    ),
    "latitude first": (swapped, 1, "geometry", "latitude and longitude, in this order", "Swap"),
    "a place in another country": (
        with_geometry({"type": "Polygon", "coordinates": [[[9, 9], [9, 10], [10, 9], [9, 9]]]}),
        1, "geometry", "not in the United Kingdom (1 of 6 features)", "Reproject",
    ),
    "no code": (
        lambda layer: first(layer)["properties"].pop("code"),
        1, "code", "the feature has no property code", "Add the code",
    ),
    "no name": (
        lambda layer: first(layer)["properties"].pop("name"),
        1, "name", "the feature has no property name", "Add the name",
    ),
    "a number for a name": (
        lambda layer: first(layer)["properties"].update(name=7),
        1, "name", "the property name is not text", "Write the name",
    ),
    "no properties": (
        lambda layer: first(layer).update(properties=None),
        1, "code", "the feature has no property code", "Add the code",
    ),
    "an unfit code": (
        lambda layer: first(layer)["properties"].update(code="Alderby"),
        1, "code", "not an area code", "Office for National Statistics",
    ),
    "a duplicate code": (
        lambda layer: first(layer)["properties"].update(code=LSOAS[4]),
        5, "code", "the same code already stands in feature 1", "Remove one of the two",
    ),
    "a point": (
        with_geometry({"type": "Point", "coordinates": [-1.8, 53.6]}),
        1, "geometry", "not a polygon but Point", "Draw the area",
    ),
    "no geometry": (with_geometry(None), 1, "geometry", "has no geometry", "Draw the area"),
    "an empty polygon": (
        with_geometry({"type": "Polygon", "coordinates": []}),
        1, "geometry", "the geometry is empty", "Draw the area",
    ),
    "a ring of three positions": (
        with_geometry({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [0, 0]]]}),
        1, "geometry", "fewer than four positions", "Draw the area",
    ),
    "coordinates that are words": (
        with_geometry({"type": "Polygon", "coordinates": [["abcd", "abcd", "abcd", "abcd"]]}),
        1, "geometry", "cannot be read", "Draw the area",
    ),
    "a polygon that crosses itself": (
        with_geometry(BOW_TIE), 1, "geometry", "not valid: Self-intersection", "Fix Geometries",
    ),
    "overlapping areas": (
        with_geometry(square(0, 0, height=1.5)),
        2, "geometry", f"{LSOAS[1]} overlaps {LSOAS[0]} (feature 1) by 1,4", "common boundary",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LAYER_FAULTS)
def test_a_fault_in_a_layer_is_found_at_its_feature(name: str, tmp_path: Path) -> None:
    make, number, column, said, mend = LAYER_FAULTS[name]
    layers = base_layers()
    make(layers["lsoa"])
    found = problems_of(write_pack(tmp_path, layers=layers))
    here = [p for p in found if said in p.message]
    problem = only(tuple(here))
    assert (problem.file, problem.row, problem.column) == (LSOA_LAYER, number, column)
    assert mend in problem.mend
    assert problem.expected
    codes = {"no code", "no properties", "an unfit code", "a duplicate code"}
    assert name in codes or len(found) == 1, [str(p) for p in found]


def test_a_layer_without_a_declared_system_is_read_with_a_warning(tmp_path: Path) -> None:
    """RFC 7946 has no such member: longitude and latitude are what GeoJSON means."""
    layers = base_layers()
    del layers["ward"]["crs"]
    problem = only(problems_of(write_pack(tmp_path, layers=layers)), Severity.WARNING)
    assert (problem.file, problem.column) == ("boundaries/ward.geojson", "crs")
    assert "read as WGS 84, as RFC 7946 says" in problem.message


def test_national_grid_without_a_declared_system_is_an_error(tmp_path: Path) -> None:
    layers = base_layers()
    del layers["lsoa"]["crs"]
    on_grid(layers["lsoa"])
    found = problems_of(write_pack(tmp_path, layers=layers))
    assert [p.severity for p in found] == [Severity.ERROR, Severity.WARNING]
    assert "British National Grid" in found[0].message
    assert found[0].value == "414000, 417000"


def test_every_overlapping_pair_is_listed_with_its_area(tmp_path: Path) -> None:
    layers = base_layers()
    with_geometry(square(0, 0, width=3, height=2))(layers["lsoa"])
    found = problems_of(write_pack(tmp_path, layers=layers))
    assert [(p.row, p.value) for p in found] == list(enumerate(LSOAS, 1))[1:]
    assert all("square metres" in p.message for p in found)


@pytest.mark.parametrize(("times", "found"), [(0.5, 0), (2.0, 1)])
def test_an_overlap_within_the_tolerance_passes(times: float, found: int, tmp_path: Path) -> None:
    """Slivers of rounding are let pass; twice the tolerance is not."""
    metres = 111_300.0  # of a degree of latitude, and of longitude at the equator
    edge = SIDE * metres * math.cos(math.radians(SOUTH))
    sliver = times * OVERLAP_TOLERANCE_M2 / edge / metres
    layers = base_layers()
    ring = first(layers["lsoa"])["geometry"]["coordinates"][0]
    ring[2][1] += sliver
    ring[3][1] += sliver
    problems = problems_of(write_pack(tmp_path, layers=layers))
    assert [p.row for p in problems] == [2] * found


def test_areas_must_be_in_the_table_and_in_the_layer(tmp_path: Path) -> None:
    """A ward without a polygon, or a polygon without figures, would be a hole in the map."""
    layers = base_layers()
    first(layers["lsoa"])["properties"]["code"] = "E01999099"
    found = problems_of(write_pack(tmp_path, layers=layers))
    assert [(p.file, p.row, p.value) for p in found] == [
        (LSOA_LAYER, None, "E01999099"),
        ("population/lsoa_facts.csv", 2, LSOAS[0]),
    ]
    assert "has no row in population/lsoa_facts.csv" in found[0].message
    assert "is not drawn in boundaries/lsoa.geojson" in found[1].message
    layers = base_layers()
    layers["ward"]["features"].pop()
    found = problems_of(write_pack(tmp_path, layers=layers))
    assert place(only(found)) == ("boundaries/groupings.csv", 4, "ward_code", WARDS[2])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "the file is missing"),
        (b" ", "the file is empty"),
        (b"{", "not JSON"),
        (b'{"type": "FeatureCollection", "features": [NaN]}', "NaN is not a number"),
        (b'{"name": "caf\xe9"}', "not UTF-8: byte 14"),
        (b'{"type": "Topology"}', "not a GeoJSON feature collection"),
        (b'{"type": "FeatureCollection", "features": []}', "no features"),
        (b"[" * 100_000, "nested too deeply"),
        (b"1" * 10_000, "too long a number"),
    ],
)
def test_a_layer_that_cannot_be_read_is_one_problem(
    content: bytes | None, said: str, tmp_path: Path
) -> None:
    folder = write_pack(tmp_path, layers={"lsoa": None})
    if content is not None:
        (folder / LSOA_LAYER).write_bytes(content)
    problem = only(problems_of(folder))
    assert problem.file == LSOA_LAYER
    assert said in problem.message


def test_a_layer_outside_the_pack_is_refused(tmp_path: Path) -> None:
    """A pack from somebody else must not read other files of this computer."""
    layers = base_info()["layers"]
    layers["lsoa"]["path"] = "../lsoa.geojson"
    folder = write_pack(tmp_path / "pack", info={"layers": layers})
    (tmp_path / "lsoa.geojson").write_bytes((folder / LSOA_LAYER).read_bytes())
    assert only(problems_of(folder)).message == "the file is not inside the pack"


def as_geopackage(layer: Collection, path: Path, crs: str | None) -> None:
    """Write a layer as a GeoPackage in the reference system ``crs``, or in none."""
    frame = gpd.GeoDataFrame.from_features(layer["features"], crs="EPSG:4326")
    if crs is None:
        with pytest.warns(UserWarning, match="crs"):
            frame.set_crs(None, allow_override=True).to_file(path, driver="GPKG")
    else:
        frame.to_crs(crs).to_file(path, driver="GPKG")


@pytest.mark.parametrize(
    ("crs", "said"),
    [
        ("EPSG:4326", None),
        ("EPSG:27700", "another coordinate reference system"),
        (None, "the layer has no coordinate reference system"),
    ],
)
def test_a_geopackage_must_say_that_it_is_longitude_and_latitude(
    crs: str | None, said: str | None, tmp_path: Path
) -> None:
    as_geopackage(base_layers()["lsoa"], tmp_path / "lsoa.gpkg", crs)
    frame, problems = read_layer(tmp_path, "lsoa", "lsoa.gpkg")
    assert frame is not None
    assert list(frame["code"]) == list(LSOAS)
    if said is None:
        assert problems == []
        assert frame.crs == "EPSG:4326"
    else:
        problem = only(tuple(problems))
        assert (problem.file, problem.column) == ("lsoa.gpkg", "crs")
        assert said in problem.message
        assert "EPSG:4326" in problem.mend


def test_a_broken_geopackage_is_one_problem(tmp_path: Path) -> None:
    for content, said in ((b"", "empty"), (b"not a database", "cannot be read")):
        (tmp_path / "lsoa.gpkg").write_bytes(content)
        frame, problems = read_layer(tmp_path, "lsoa", "lsoa.gpkg")
        assert frame is None
        assert said in only(tuple(problems)).message
    assert "missing" in only(tuple(read_layer(tmp_path, "lsoa", "no.gpkg")[1])).message


def test_260_areas_are_read_and_checked_within_half_a_second(tmp_path: Path) -> None:
    """A grid of 16 by 17 areas of 60 vertices each, as many as a large district has."""

    def ring(x: int, y: int) -> list[list[float]]:
        steps = [k / 15 for k in range(15)]
        sides = [(s, 0.0) for s in steps] + [(1.0, s) for s in steps]
        sides += [(1 - s, 1.0) for s in steps] + [(0.0, 1 - s) for s in steps] + [(0.0, 0.0)]
        return [[-1.9 + (x + dx) / 100, 53.5 + (y + dy) / 100] for dx, dy in sides]

    layer = base_layers()["lsoa"] | {
        "features": [
            feature(
                f"E0100{n:04}",
                f"Area {n}",
                {"type": "Polygon", "coordinates": [ring(*divmod(n, 17))]},
            )
            for n in range(16 * 17)
        ]
    }
    (tmp_path / "lsoa.geojson").write_text(json.dumps(layer))
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        frame, problems = read_layer(tmp_path, "lsoa", "lsoa.geojson")
        seconds.append(time.perf_counter() - start)
    assert frame is not None
    assert problems == []
    assert min(seconds) < 0.5


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)
positions = st.lists(st.floats(-400, 400) | st.integers(), min_size=1, max_size=3)
rings = st.lists(st.lists(positions, max_size=6), max_size=2)
geometries = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["Polygon", "MultiPolygon", "Point", "?"]),
        "coordinates": rings | st.lists(rings, max_size=2) | anything,
    }
)
features = st.fixed_dictionaries(
    {
        "properties": anything
        | st.fixed_dictionaries({"code": st.sampled_from(LSOAS), "name": st.text()}),
        "geometry": anything | geometries,
    }
)


@given(
    st.fixed_dictionaries(
        {
            "type": st.just("FeatureCollection"),
            "features": st.lists(features | anything, max_size=4) | anything,
            "crs": anything,
        }
    )
)
def test_any_layer_gives_problems_and_nothing_else(layer: object) -> None:
    """A hostile layer is refused with words that can be shown, never with a crash."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "layer.geojson").write_text(json.dumps(layer))
        _, problems = read_layer(Path(folder), "lsoa", "layer.geojson")
    for problem in problems:
        assert str(problem).encode()
        assert problem.mend
