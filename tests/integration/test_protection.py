"""Safe accommodation is never located: what would place it is refused, and never repeated.

The secrets are made up: postcodes are of the area ZZ, which does not exist, and the streets,
towns and numbers are nobody's. Each test asserts as well that no problem holds the secret.
"""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from housing_map.errors import PackError, Problem, Severity
from housing_map.kinds import CONFIDENTIAL_KINDS, KINDS
from housing_map.location_patterns import LOCATION_WORDS
from housing_map.pack import check_pack, load_pack
from housing_map.pack_tables import BY_NAME
from housing_map.protection import WHY, find_locations, location_problems, mask
from housing_map.tables import ReadTable, read_table
from housing_map.vocabulary import Stage
from tests.packs import (
    DISTRICT,
    LSOAS,
    NEIGHBOUR,
    WARDS,
    Row,
    Tables,
    add,
    base_tables,
    change,
    remember_tables,
    write_pack,
)

SERVICES = "providers/services.csv"
REFUGE = {"service_id": "refuge_one"}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    remember_tables(monkeypatch)


def errors_of(folder: Path, *secrets: str) -> list[Problem]:
    """Return the errors of a pack, none of which may hold a secret, in any part or form."""
    problems = check_pack(folder)[1]
    for problem in problems:
        shown = f"{problem} {json.dumps(problem.as_dict(), ensure_ascii=False)} {problem!r}"
        for secret in secrets:
            assert secret.casefold() not in shown.casefold()
    return [problem for problem in problems if problem.severity is Severity.ERROR]


def refused(problems: list[Problem]) -> list[Problem]:
    return [problem for problem in problems if WHY in problem.message]


def with_note(folder: Path, note: str, *, kind: str = "refuge", column: str = "note") -> Path:
    """Write a pack whose refuge, or other service in its stead, has words in one column."""
    tables = base_tables()
    change(tables, "services", REFUGE, **{"kind": kind, column: note})
    return write_pack(folder, tables)


LOCATIONS = [
    # words, secret in them, how it is shown, what it is called
    ("The door is at ZZ99 3WZ, ring twice", "ZZ99 3WZ", "Z*** ***", "a postcode"),
    ("zz993wz", "zz993wz", "z*** ***", "a postcode"),
    ("ZZ99-3WZ", "ZZ99-3WZ", "Z*** ***", "a postcode"),
    ("\uff3a\uff3a\uff19\uff19 \uff13\uff37\uff3a", "ZZ99 3WZ", "Z*** ***", "a postcode"),
    ("ZZ9\u200b9 3W\u200bZ", "ZZ99 3WZ", "Z*** ***", "a postcode"),
    ("somewhere in ZZ99 3", "ZZ99 3", "Z***", "a postcode sector"),
    ("somewhere in ZZ99", "ZZ99", "Z***", "a postcode district"),
    ("pin 53.6000, -1.8000", "53.6000", "5***", "a coordinate"),
    ("pin -1.8000 53.6000", "-1.8000", "-***", "a coordinate"),
    ("https://maps.example/@53.60001,-1.80001,17z", "53.60001", "5***", "a coordinate"),
    ("53° 36' N 1° 48' W", "53° 36", "5***", "a coordinate"),
    ("lat: 53.6", "53.6", "l***", "a coordinate"),
    ("easting 400000", "400000", "e***", "a coordinate"),
    ("400000 400000", "400000", "4***", "a coordinate"),
    ("SE 001 001", "SE 001 001", "S***", "a grid reference"),
    ("se001001", "se001001", "s***", "a grid reference"),
    ("SE 00 01", "SE 00 01", "S***", "a grid reference"),
    ("UPRN: 100000000001", "100000000001", "U***", "a property number (UPRN)"),
    ("100000000001 is the UPRN", "100000000001", "1***", "a property number (UPRN)"),
    ("///not.real.words", "not.real.words", "/***", "a what3words address"),
    ("12 Example Street", "12 Example Street", "1***", "an address"),
    ("7a, old example road", "7a, old example road", "7***", "an address"),
    ("Flat 2, 12-14 Example Ave", "12-14 Example Ave", "1***", "an address"),
    ("3 Example Court", "3 Example Court", "3***", "an address"),
    ("behind Example Road", "Example Road", "E***", "a street"),
    ("in Alderby", "Alderby", "***", "a Place, ward or town"),
    ("ALDERBY-based", "ALDERBY", "***", "a Place, ward or town"),
    ("Alderby's only refuge", "Alderby", "***", "a Place, ward or town"),
    ("east of cowden", "cowden", "***", "a Place, ward or town"),
    ("Brockley", "Brockley", "***", "a Place, ward or town"),
    ("Testham 001A", "001A", "***", "a Place, ward or town"),
    ("Testham 002", "002", "***", "a Place, ward or town"),
    (f"ward {WARDS[0]}", WARDS[0], "E***", "an area smaller than the district"),
    (f"lsoa {LSOAS[5].lower()}", LSOAS[5], "e***", "an area smaller than the district"),
    ("E01000001, wherever that is", "E01000001", "E***", "an area smaller than the district"),
]


@pytest.mark.parametrize(("words", "secret", "shown", "what"), LOCATIONS)
def test_a_location_in_a_note_is_refused_and_not_repeated(
    words: str, secret: str, shown: str, what: str, tmp_path: Path
) -> None:
    problems = errors_of(with_note(tmp_path, words), secret, words)
    assert len(problems) == 1
    problem = problems[0]
    assert (problem.file, problem.row, problem.column) == (SERVICES, 4, "note")
    assert problem.message == f"{what} of safe accommodation stands here; {WHY}"
    assert problem.value == shown
    assert "nothing smaller" in problem.mend


@pytest.mark.parametrize("kind", sorted(CONFIDENTIAL_KINDS))
@pytest.mark.parametrize("words", ["ZZ99 3WZ", "12 Example Street", "in Alderby"])
def test_every_confidential_kind_is_protected(kind: str, words: str, tmp_path: Path) -> None:
    found = refused(errors_of(with_note(tmp_path, words, kind=kind), words, "Alderby"))
    assert [(problem.row, problem.column) for problem in found] == [(4, "note")]


@pytest.mark.parametrize("kind", ["refuge", "dispersed", "second_stage", "sanctuary"])
def test_the_kinds_that_the_rule_names_are_confidential(kind: str) -> None:
    assert kind in CONFIDENTIAL_KINDS


FIELDS = [
    ("services", "name", REFUGE),
    ("services", "note", REFUGE),
    ("services", "accreditation", REFUGE),
    ("services", "helpline", REFUGE),
    ("legal_facts", "note", {"service_id": "refuge_one", "fact": "used_for_da"}),
    ("eligibility", "note", {"service_id": "refuge_one", "rule": "male"}),
    ("capacity", "note", REFUGE),
    ("areas_served", "note", REFUGE),
    ("funding", "stream", REFUGE),
    ("funding", "note", REFUGE),
    ("referral_routes", "note", {"from_id": "idva", "to_id": "refuge_one"}),
    ("referral_routes", "note", {"from_id": "refuge_one", "to_id": "lettings"}),
    ("pool_assumptions", "note", {"kind": "sanctuary"}),
    ("acceptance_shares", "note", {"kind": "refuge"}),
    ("acceptance_shares", "period", {"kind": "refuge"}),
]


@pytest.mark.parametrize(("table", "column", "where"), FIELDS)
def test_every_field_about_safe_accommodation_is_protected(
    table: str, column: str, where: Row, tmp_path: Path
) -> None:
    for number, secret in enumerate(("ZZ99 3WZ", "12 Example Street", "Alderby")):
        tables = base_tables()
        row = change(tables, table, where, **{column: f"see {secret}"})
        problems = errors_of(write_pack(tmp_path / str(number), tables), secret)
        assert [(p.file, p.row, p.column) for p in problems] == [(BY_NAME[table].path, row, column)]
        assert WHY in problems[0].message


@pytest.mark.parametrize("column", ["source", "funder"])
def test_a_citation_may_name_a_town_but_not_a_location(column: str, tmp_path: Path) -> None:
    """A newspaper is called after its town; its readers know no refuge by that."""
    tables = base_tables()
    row = change(tables, "funding", REFUGE, **{column: "Alderby Reporter, 2 Press Lane"})
    assert errors_of(write_pack(tmp_path / "town", tables)) == []
    for number, secret in enumerate(("ZZ99 3WZ", "53.6001, -1.8001", "SE 001 001")):
        change(tables, "funding", REFUGE, **{column: f"Alderby Reporter, {secret}"})
        problem = errors_of(write_pack(tmp_path / str(number), tables), secret)[0]
        assert (problem.row, problem.column) == (row, column)
        assert WHY in problem.message


# What could echo a secret ------------------------------------------------------------------


def rename(tables: Tables, old: str, new: str) -> None:
    """Give a service another identifier wherever it stands."""
    for rows in tables.values():
        for row in rows:
            for column in ("service_id", "from_id", "to_id"):
                if row.get(column) == old:
                    row[column] = new


def test_an_identifier_may_not_name_a_place_and_is_not_repeated_by_other_checks(
    tmp_path: Path,
) -> None:
    """Messages on references, doubles and circles name identifiers; this one they must not."""
    tables = base_tables()
    rename(tables, "refuge_one", "alderby-refuge")
    for start, end in (("alderby-refuge", "elsewhere"), ("elsewhere", "alderby-refuge")):
        cells = {"from_id": start, "to_id": end, "known": "yes"}
        add(tables, "referral_routes", **cells, status="assumed", source="s")
    tables["eligibility"].append(tables["eligibility"][0])
    change(tables, "capacity", {"service_id": "alderby-refuge"}, service_id="alderby-refug")
    problems = errors_of(write_pack(tmp_path, tables), "alderby")
    assert (SERVICES, 4, "service_id") in {(p.file, p.row, p.column) for p in refused(problems)}
    others = [problem for problem in problems if WHY not in problem.message]
    said = " ".join(problem.message for problem in others)
    assert "the same service_id and rule already stands" in said
    assert "go round in a circle" in said
    assert "there is no service_id *** in providers/services.csv" in said


@pytest.mark.parametrize(
    ("table", "column"),
    [("capacity", "capacity_central"), ("capacity", "basis"), ("services", "opened_on"),
     ("services", "landlord_id"), ("services", "kind")],
)  # fmt: skip
def test_the_ordinary_problem_of_the_same_cell_loses_its_value(
    table: str, column: str, tmp_path: Path
) -> None:
    tables = base_tables()
    row = change(tables, table, REFUGE, **{column: "zz99-3wz"})
    problems = errors_of(write_pack(tmp_path, tables), "zz99-3wz", "zz99")
    here = [p for p in problems if (p.file, p.row, p.column) == (BY_NAME[table].path, row, column)]
    assert len(here) > 1
    assert {p.value for p in here} == {None, "z*** ***"}


def test_a_secret_that_a_header_should_have_been_is_not_repeated(tmp_path: Path) -> None:
    """Without its header row, the first row of a file is read as names of columns."""
    tables = base_tables()
    change(tables, "services", REFUGE, note="12 Example Street", name="Alderby")
    tables["services"] = [row for row in tables["services"] if row["service_id"] == "refuge_one"]
    folder = write_pack(tmp_path, tables)
    text = (folder / SERVICES).read_text()
    (folder / SERVICES).write_text(text.partition("\n")[2])
    problems = errors_of(folder, "12 Example Street", "Alderby")
    assert {p.row for p in refused(problems)} == {1}
    assert "not part of the format" in " ".join(p.message for p in problems)


def test_the_error_that_stops_a_run_does_not_tell_either(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="never located") as failed:
        load_pack(with_note(tmp_path, "12 Example Street"))
    assert "Example" not in str(failed.value)


def test_masking_leaves_other_problems_as_they_are(tmp_path: Path) -> None:
    other = Problem(Severity.ERROR, SERVICES, "the value is not allowed", row=2, value="castle")
    secret = Problem(Severity.ERROR, SERVICES, "bad: ZZ99 3WZ", row=4, column="note", value="x")
    folder = with_note(tmp_path, "ZZ99 3WZ")
    read = {name: read_table(folder, table) for name, table in BY_NAME.items()}
    findings = find_locations(read)
    assert location_problems(read) == [finding.problem for finding in findings]
    masked = mask([other, secret, findings[0].problem], findings)
    assert masked[0] == other
    assert (masked[1].message, masked[1].value) == ("bad: ***", None)
    assert masked[2] == findings[0].problem
    assert "ZZ99" not in repr(findings)


# Points and areas --------------------------------------------------------------------------


def point(service: str) -> Row:
    cells = {"point_id": "door", "service_id": service, "name": "The door", "precision": "site"}
    return {**cells, "lon": "-1.7654", "lat": "53.6123", "status": "assumed", "source": "s"}


@pytest.mark.parametrize("kind", sorted(CONFIDENTIAL_KINDS))
def test_safe_accommodation_has_no_point(kind: str, tmp_path: Path) -> None:
    tables = base_tables()
    change(tables, "services", REFUGE, kind=kind)
    row = add(tables, "delivery_points", **point("refuge_one"))
    problems = errors_of(write_pack(tmp_path, tables), "-1.7654", "53.6123", "The door")
    assert [(p.file, p.row) for p in problems] == [("providers/delivery_points.csv", row)]
    assert problems[0].message == f"a point is given for safe accommodation; {WHY}"
    assert problems[0].mend == "Remove the row"


def test_other_problems_of_such_a_point_do_not_show_it(tmp_path: Path) -> None:
    tables = base_tables()
    add(tables, "delivery_points", **point("refuge_one") | {"lon": "53.6123", "lat": "1.7654W"})
    problems = errors_of(write_pack(tmp_path, tables), "1.7654", "53.6123", "The door")
    assert {(p.column, p.value) for p in problems} == {
        ("service_id", None),
        ("lon", None),
        ("lat", None),
    }


def test_a_service_of_unknown_kind_is_protected_until_somebody_says(tmp_path: Path) -> None:
    """A slip in the kind, or in the identifier, must not open the door."""
    tables = base_tables()
    change(tables, "services", REFUGE, kind="refuje", note="12 Example Street")
    add(tables, "delivery_points", **point("refuge_0ne"))
    problems = errors_of(write_pack(tmp_path, tables), "12 Example Street", "53.6123")
    found = {(p.file, p.column): p.message for p in refused(problems)}
    assert set(found) == {(SERVICES, "note"), ("providers/delivery_points.csv", "service_id")}
    assert all("a service whose kind is not known" in message for message in found.values())


@pytest.mark.parametrize("kind", sorted(CONFIDENTIAL_KINDS))
@pytest.mark.parametrize("area", [WARDS[0], LSOAS[0], "E01000001", "Alderby", "Cowden"])
def test_safe_accommodation_serves_the_district_or_wider(
    kind: str, area: str, tmp_path: Path
) -> None:
    tables = base_tables()
    change(tables, "services", REFUGE, kind=kind)
    row = change(tables, "areas_served", REFUGE, area=area)
    found = refused(errors_of(write_pack(tmp_path, tables), area))
    assert [(p.file, p.row, p.column) for p in found] == [
        ("providers/areas_served.csv", row, "area")
    ]
    assert "serves the district or wider" in found[0].message
    assert found[0].mend == "Write the code of the district"


def test_an_area_called_by_a_common_word_is_found_too(tmp_path: Path) -> None:
    """The grouping *Rural* is no town in a note, but it is an area smaller than the district."""
    tables = base_tables()
    for ward in tables["groupings"]:
        ward["place"] = "Rural"
    change(tables, "services", REFUGE, note="takes people from rural homes")
    change(tables, "areas_served", REFUGE, area="Rural")
    problems = errors_of(write_pack(tmp_path, tables))
    assert [(p.column, p.value) for p in problems] == [("area", "***")]


@pytest.mark.parametrize("area", [DISTRICT, NEIGHBOUR, "E12000003", "E92000001", "K02000001"])
def test_the_district_and_wider_areas_are_allowed(area: str, tmp_path: Path) -> None:
    tables = base_tables()
    change(tables, "areas_served", REFUGE, area=area)
    assert errors_of(write_pack(tmp_path, tables)) == []


# Columns that would locate -----------------------------------------------------------------


@pytest.mark.parametrize(
    "column",
    ["address", "Address line 1", "postcode", "PostCode", "post_code_address", "lat", "longitude",
     "UPRN", "easting", "northing", "map_link", "what3words"],
)  # fmt: skip
@pytest.mark.parametrize("table", ["services", "organisations", "capacity"])
def test_a_column_that_would_locate_is_refused_in_every_provider_file(
    table: str, column: str, tmp_path: Path
) -> None:
    tables = base_tables()
    tables[table][0][column] = "12 Example Street"
    problems = errors_of(write_pack(tmp_path, tables), "Example Street")
    located = [p for p in problems if "the column would locate services" in p.message]
    assert [(p.file, p.column) for p in located] == [(BY_NAME[table].path, column)]
    assert "Remove the column" in located[0].mend
    assert "the column is not part of the format" in {p.message for p in problems}


def test_no_column_of_the_format_locates_a_service() -> None:
    """The format itself has no place for an address; only points of public services."""
    for table in BY_NAME.values():
        if table.path.startswith("providers/") and table.name != "delivery_points":
            words = {word for column in table.columns for word in column.name.split("_")}
            assert not words & (LOCATION_WORDS | {"address", "postcode", "uprn"})


# What is allowed ---------------------------------------------------------------------------


def test_public_services_may_have_points_addresses_and_places(tmp_path: Path) -> None:
    tables = base_tables()
    note = "Drop-in at 12 Example Street, Alderby, ZZ99 3WZ; map 53.6000, -1.8000"
    change(tables, "services", {"service_id": "options"}, note=note)
    change(tables, "organisations", {"organisation_id": "aid"}, public_contact=note)
    change(tables, "areas_served", {"service_id": "options"}, area=WARDS[0])
    add(tables, "delivery_points", **point("idva"))
    assert errors_of(write_pack(tmp_path, tables)) == []


@pytest.mark.parametrize(
    ("words", "secret"),
    [
        ("Also works from the refuge at ZZ99 3WZ", "ZZ99 3WZ"),
        ("The sanctuary office is 12 Example Street", "12 Example Street"),
        ("Visits the refuge in Alderby on Mondays", "Alderby"),
        ("Shares staff with the Alderby refuge", "Alderby"),
        ("Shares staff with Cowden women's refuge", "Cowden"),
        ("dispersed homes are at 53.6000, -1.8000", "53.6000"),
    ],
)
def test_a_public_row_may_not_locate_safe_accommodation_either(
    words: str, secret: str, tmp_path: Path
) -> None:
    """Any file, any field: an adviser's note can give a refuge away as well as its own."""
    for number, (table, where) in enumerate(
        {
            "services": {"service_id": "idva"},
            "local_counts": {"key": "homes_secured"},
            "parameters": {"key": "detour_factor"},
        }.items()
    ):
        tables = base_tables()
        row = change(tables, table, where, note=words)
        problems = errors_of(write_pack(tmp_path / str(number), tables), secret)
        assert [(p.file, p.row, p.column) for p in problems] == [(BY_NAME[table].path, row, "note")]
        assert "stands beside words for safe accommodation" in problems[0].message


@pytest.mark.parametrize(
    "words",
    [
        "Testham refuge, for women from anywhere in Testham or beyond",
        "SI 2021/991 regulation 2(3); Part 4 of the Domestic Abuse Act 2021, s.57",
        "Ring 0808 2000 247 or 01632 960123, 24 hours a day",
        "11 units, 3 of them accessible; stays of 73 days, 2.5 more in 2024-25",
        "See DAHA 2019; HA 1996 Part 7; households in TA 2024",
        "Takes people from the south and from rural homes; social care refers",
        "GBP 200000, 250000 from April 2026 (RO 4)",
        "one of two schemes; opens in the 2nd quarter, Q4 2025",
        "5 places for women with sons, on the road to a home of their own",
        "Area code E08999001 and region E12000003",
        "charity 1094215, company 4340126",
        "ratio 1.85, 2.70; share 0.091, 0.009",
    ],
)
def test_ordinary_words_about_a_refuge_are_let_pass(words: str, tmp_path: Path) -> None:
    """A check that cries out at every number would be switched off."""
    assert errors_of(with_note(tmp_path, words)) == []


def test_a_grouping_by_institutions_does_not_forbid_their_words(tmp_path: Path) -> None:
    """Primary care networks are a grouping too; *health* and *care* stay ordinary words."""
    tables = base_tables()
    for ward in tables["groupings"]:
        ward |= {"network": "Two Valleys Health & Social Care", "network_evidence": "made up"}
    change(tables, "services", REFUGE, note="health visitors and social care refer; two valleys")
    found = refused(errors_of(write_pack(tmp_path, tables)))
    assert [p.value for p in found] == []


def public_kinds() -> list[str]:
    """Kinds of coordination that may be visited."""
    return [k.code for k in KINDS.values() if not k.confidential and k.stage is Stage.COORDINATION]


@pytest.mark.parametrize("kind", public_kinds())
def test_no_public_kind_is_refused_a_place(kind: str, tmp_path: Path) -> None:
    tables = base_tables()
    change(tables, "services", {"service_id": "options"}, kind=kind, note="in Alderby")
    assert errors_of(write_pack(tmp_path, tables)) == []


# Any words ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small_read(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ReadTable]:
    folder = write_pack(tmp_path_factory.mktemp("pack"))
    return {name: read_table(folder, table) for name, table in BY_NAME.items()}


@given(before=st.text(max_size=30), after=st.text(max_size=30))
def test_a_postcode_is_found_among_any_words(
    small_read: dict[str, ReadTable], before: str, after: str
) -> None:
    """Whatever stands around it, unless it runs on into another word."""
    services = small_read["services"]
    text = services.text.copy()
    text.loc[2, "note"] = f"{before} ZZ99 3WZ {after}"
    changed = ReadTable(services.table, services.frame, text, ())
    problems = location_problems(small_read | {"services": changed})
    assert any("a postcode of safe accommodation" in problem.message for problem in problems)
    assert all("ZZ99" not in str(problem) for problem in problems)
