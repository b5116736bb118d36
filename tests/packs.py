"""A small valid data pack for tests, easily changed; its places and bodies are made up.

The district of Testham has two Places, three wards and six small areas (LSOA), all alike, so
that results can be worked by hand:

========  ====================  =============  ==================
Place     ward                  code           small areas
========  ====================  =============  ==================
Alderby   Alderby East          E05999001      E01999001, E01999002
Alderby   Alderby West          E05999002      E01999003, E01999004
Cowden    Brockley and Cowden   E05999003      E01999005, E01999006
========  ====================  =============  ==================

Each small area has 1,000 residents and 400 households: 240 owned, 80 private rent, 60 council
rent, 20 housing association rent. Every tenure is affected alike, so 100 household-episodes a
year seek help, (600 + 400) × 0.1: 60 owned, 20 private rent, 15 council and 5 association, a
sixth of each in each small area. Nobody is without a home of their own.

=================  ==========================================================================
right              sole, everybody
risk               high 0.2, medium 0.3, standard 0.5
aim                stay 0.4, move 0.4, leave 0.2; as many arrive as leave
entry              police 0.5, housing options 0.5
circumstance       mental health 0.5, no recourse to public funds 0.1, men 0.1
=================  ==========================================================================

Services and routes (every share is 1 unless said here; every wait is 0):

    entry:police ──────────► idva ────┬──► refuge_one ────► lettings ──► home:social
                                      ├──► sanctuary_one ──────────────► home:stayed
                                      └──► elsewhere ──────────────────► home:elsewhere
    entry:housing_options ─► options ─┬──► refuge_one ────► lettings
                                      └──► lettings ───────────────────► home:social

Of those to whom ``refuge_one`` is offered, 0.8 accept.

Capacity a year: ``refuge_one`` 4 units × 1.0 × 365 ÷ 73 days = 20 households; ``lettings`` 30;
``idva`` 200; ``sanctuary_one`` is unknown, under the pool assumption of 12 installations;
``options`` has no limit. ``perpetrators`` is a service beside the routes.
"""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from housing_map import pack
from housing_map.pack_tables import BY_NAME, TABLES
from housing_map.schemas import Table
from housing_map.tables import ReadTable, read_table

Row = dict[str, str]
Tables = dict[str, list[Row]]
Collection = dict[str, Any]

DISTRICT = "E08999001"
NEIGHBOUR = "E08999002"
WARDS = ("E05999001", "E05999002", "E05999003")
LSOAS = ("E01999001", "E01999002", "E01999003", "E01999004", "E01999005", "E01999006")

WEST, SOUTH, SIDE = -1.80, 53.60, 0.02
"""South-west corner of the district and side of a small area, in degrees."""

_ASSUMED = {"status": "assumed", "source": "made up for tests"}
_CONFIRMED = {**_ASSUMED, "last_confirmed": "2026-03-31"}


def base_info() -> dict[str, Any]:
    """Return ``pack.json`` of the small pack."""
    return {
        "schema_version": "1.0",
        "name": "testham",
        "title": "Testham",
        "district_code": DISTRICT,
        "reference_date": "2026-06-30",
        "layers": {
            level: {"path": f"boundaries/{level}.geojson", "vintage": "2026", "source": "made up"}
            for level in ("district", "ward", "lsoa")
        },
        "groupings": {"place": {"label": "Place", "note": "made up"}},
        "default_level": "place",
        "attribution": ["Made up for tests."],
    }


def base_tables() -> Tables:
    """Return every table of the small pack as rows of text; a column left out is empty."""
    return {**_population(), **_activity(), **_parameters(), **_providers()}


def base_layers() -> dict[str, Collection]:
    """Return every layer of the small pack as a GeoJSON feature collection."""
    names = [row["lsoa_name"] for row in _population()["lsoa_facts"]]
    wards = [row["ward_name"] for row in _population()["groupings"]]
    return {
        "lsoa": collection(
            feature(code, name, square(*divmod(number, 2)))
            for number, (code, name) in enumerate(zip(LSOAS, names, strict=True))
        ),
        "ward": collection(
            feature(code, name, square(number, 0, height=2))
            for number, (code, name) in enumerate(zip(WARDS, wards, strict=True))
        ),
        "district": collection(
            [
                feature(DISTRICT, "Testham", square(0, 0, width=3, height=2)),
                feature(NEIGHBOUR, "Farshire", square(3, 0, width=3, height=2)),
            ]
        ),
    }


def square(column: float, row: float, *, width: float = 1, height: float = 1) -> dict[str, Any]:
    """Return a polygon on the grid of small areas: column to the east, row to the north."""
    west, south = WEST + column * SIDE, SOUTH + row * SIDE
    east, north = west + width * SIDE, south + height * SIDE
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {
        "type": "Polygon",
        "coordinates": [[[round(x, 6), round(y, 6)] for x, y in ring]],
    }


def feature(code: str, name: str, geometry: object) -> dict[str, Any]:
    """Return a GeoJSON feature with the properties of a layer."""
    properties = {"code": code, "name": name}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def collection(features: Iterable[dict[str, Any]]) -> Collection:
    """Return a GeoJSON feature collection that declares longitude and latitude."""
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    return {"type": "FeatureCollection", "crs": crs, "features": list(features)}


def change(tables: Tables, name: str, where: Mapping[str, str], /, **cells: str) -> int:
    """Set cells of the one row of a table that has the values ``where``.

    Returns the row's number as a spreadsheet shows it, the header being row 1.
    """
    numbers = [
        number
        for number, row in enumerate(tables[name], 2)
        if all(row.get(column, "") == value for column, value in where.items())
    ]
    if len(numbers) != 1:
        message = f"{len(numbers)} rows of {name} have {dict(where)}; one was meant"
        raise ValueError(message)
    tables[name][numbers[0] - 2] |= cells
    return numbers[0]


def add(tables: Tables, name: str, /, **cells: str) -> int:
    """Add a row to a table and return its number as a spreadsheet shows it."""
    tables[name].append(dict(cells))
    return len(tables[name]) + 1


def write_pack(
    folder: Path,
    tables: Mapping[str, list[Row] | None] | None = None,
    info: Mapping[str, Any] | None = None,
    layers: Mapping[str, Collection | None] | None = None,
) -> Path:
    """Write the small pack into ``folder`` with changes, and return the folder.

    ``tables`` and ``layers`` replace those of the same name, and leave the file out where the
    value is None; ``info`` replaces members of ``pack.json``. Columns of a row beyond the schema
    are written after those of the schema.
    """
    described = base_info() | dict(info or {})
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "pack.json", json.dumps(described, indent=2))
    for name, rows in {**base_tables(), **(tables or {})}.items():
        if rows is not None:
            _write(folder / BY_NAME[name].path, as_csv(name, rows))
    for level, layer in {**base_layers(), **(layers or {})}.items():
        if layer is not None:
            _write(folder / f"boundaries/{level}.geojson", json.dumps(layer))
    return folder


def as_csv(name: str, rows: list[Row]) -> str:
    """Return rows of a table as the text of its file, with LF line ends."""
    columns = [column.name for column in BY_NAME[name].columns]
    columns += [column for row in rows for column in row if column not in columns]
    columns = list(dict.fromkeys(columns))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def remember_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read each file of the same content once: most tests change one file of twenty.

    What :func:`housing_map.tables.read_table` returns depends on the content of the file alone.
    """

    def read(folder: Path, table: Table) -> ReadTable:
        path = folder / table.path
        content = path.read_bytes() if path.is_file() else b""
        if not content:
            return read_table(folder, table)
        key = (table.name, content)
        if key not in _read:
            _read[key] = read_table(folder, table)
        return _read[key]

    monkeypatch.setattr(pack, "read_table", read)


_read: dict[tuple[str, bytes], ReadTable] = {}


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


# The tables --------------------------------------------------------------------------------


def _population() -> Tables:
    names = ("Alderby East", "Alderby West", "Brockley and Cowden")
    places = ("Alderby", "Alderby", "Cowden")
    people = {"residents": "1000", "disabled": "200", "asian": "100", "black": "50"}
    people |= {"mixed": "30", "other_ethnic": "20", "white": "800", "households": "400"}
    owned = {"owned_outright": "120", "owned_mortgage": "116", "shared_ownership": "4"}
    social = {"rents_council": "60", "rents_other_social": "20"}
    private = {"rents_private_landlord": "70", "rents_other_private": "6", "rent_free": "4"}
    crowded = {"overcrowded_by_1": "10", "overcrowded_by_2_or_more": "2"}
    rates = {"stalking_harassment_per_1000": "10", "violence_with_injury_per_1000": "5"}
    return {
        "groupings": [
            {"ward_code": code, "ward_name": name, "place": place, "place_evidence": "made up"}
            for code, name, place in zip(WARDS, names, places, strict=True)
        ],
        "lsoa_facts": [
            {
                "lsoa_code": code,
                "lsoa_name": f"Testham 00{number // 2 + 1}{'AB'[number % 2]}",
                "msoa_code": f"E0299900{number // 2 + 1}",
                "msoa_name": ("Alderby Mill", "Alderby Moor", "Brockley")[number // 2],
                "ward_code": WARDS[number // 2],
                "ward_name": names[number // 2],
                "lon": f"{WEST + SIDE * (number // 2 + 0.5):.4f}",
                "lat": f"{SOUTH + SIDE * (number % 2 + 0.5):.4f}",
                **people,
                **owned,
                **social,
                **private,
                **crowded,
                **rates,
            }
            for number, code in enumerate(LSOAS)
        ],
        "ward_age_sex": [
            {
                "ward_code": code,
                "ward_name": name,
                "sex": sex,
                "all_ages": "1000",
                "aged_0_15": "200",
                "aged_16_plus": "800",
                "aged_18_plus": "780",
                "aged_65_plus": "150",
            }
            for code, name in zip(WARDS, names, strict=True)
            for sex in ("females", "males")
        ],
        "tenure_calibration": [
            {"tenure": tenure, "households": households, "adults_per_household": "2", **_ASSUMED}
            for tenure, households in (
                ("owned", "15000000"),
                ("private_rent", "5000000"),
                ("social_rent", "5000000"),
            )
        ],
    }


def _activity() -> Tables:
    return {
        "homelessness": [
            {
                "quarter": "2025Q4",
                "area_code": DISTRICT,
                "area_name": "Testham",
                "initial_assessments": "100",
                "reason_da_relief": "12",
            }
        ],
        "local_counts": [
            {
                "key": key,
                "label": label,
                "count": count,
                "unit": "household",
                "period_start": "2025-04-01",
                "period_end": "2026-03-31",
                "reached": "yes",
                "repeats": "unknown",
                "from_elsewhere": "unknown",
                "overlaps_with": overlaps,
                **_ASSUMED,
            }
            for key, label, count, overlaps in (
                ("refuge_referrals", "Referrals to a refuge", "50", "homes_secured"),
                ("homes_secured", "Homes made more secure", "10", "refuge_referrals"),
            )
        ],
    }


def _parameters() -> Tables:
    figures = {
        "national_households_supported": ("600", "households a year", "high"),
        "national_households_unable_to_be_supported": ("400", "households a year", "high"),
        "district_share_of_england_population": ("0.1", "share", "high"),
        "prevalence_adults_last_year": ("0.08", "share of people 16+", ""),
        "tenure_ratio_social_to_owner": ("1", "ratio", ""),
        "tenure_ratio_private_rent_to_owner": ("1", "ratio", ""),
        "arrivals_per_leaver": ("1", "households", "high"),
        "elsewhere_success": ("0.5", "share", "low"),
        "travel_threshold_min": ("30", "minutes", "low"),
        "detour_factor": ("1.3", "ratio", "high"),
        "travel_speed_kmh": ("20", "km/h", "low"),
        "max_wait_days_high": ("1", "days", ""),
        "max_wait_days_medium": ("7", "days", ""),
        "max_wait_days_standard": ("28", "days", ""),
        "unknown_rule_central": ("1", "share", "low"),
    }
    shares = {
        ("tenure", "temporary"): "0",
        ("right", "sole"): "1",
        ("risk", "high"): "0.2",
        ("risk", "medium"): "0.3",
        ("risk", "standard"): "0.5",
        ("aim", "stay"): "0.4",
        ("aim", "move"): "0.4",
        ("aim", "leave"): "0.2",
        ("entry", "police"): "0.5",
        ("entry", "housing_options"): "0.5",
        ("circumstance", "mental_health"): "0.5",
        ("circumstance", "nrpf"): "0.1",
        ("circumstance", "male"): "0.1",
    }
    no_home = {"tenure": "temporary", **_ASSUMED}
    return {
        "parameters": [
            {
                "key": key,
                "label": key.replace("_", " ").capitalize(),
                "central": central,
                "unit": unit,
                "worse_when": worse,
                **_ASSUMED,
            }
            for key, (central, unit, worse) in figures.items()
        ],
        "pool_assumptions": [
            {
                "kind": "sanctuary",
                "basis": "installations",
                "capacity_low": "6",
                "capacity_central": "12",
                "capacity_high": "18",
                "sites": "1",
                **_ASSUMED,
            }
        ],
        "derivations": [],
        "acceptance_shares": [
            {
                "kind": "refuge",
                "rule": "nrpf",
                "central": "0.09",
                "share_of": "vacancies",
                **_ASSUMED,
            }
        ],
        "household_shares": [
            *(
                {"dimension": dimension, "code": code, "central": central, **_ASSUMED}
                for (dimension, code), central in shares.items()
            ),
            {"dimension": "right", "code": "none", "central": "1", **no_home},
            {"dimension": "aim", "code": "move", "central": "0.8", **no_home},
            {"dimension": "aim", "code": "leave", "central": "0.2", **no_home},
        ],
        "circumstance_pairs": [],
    }


def _providers() -> Tables:
    organisations = {
        "council": ("Testham Council", "local_housing_authority"),
        "aid": ("Testham Aid", "registered_charity"),
        "homes": ("Testham Homes", "private_registered_provider"),
    }
    services = {
        "idva": ("Advisers", "idva", "aid", "home;remote"),
        "options": ("Housing options", "housing_options", "council", "visit"),
        "refuge_one": ("Refuge", "refuge", "aid", "accommodation"),
        "sanctuary_one": ("Sanctuary", "sanctuary", "council", "home"),
        "elsewhere": ("Refuges elsewhere", "out_of_area", "aid", "accommodation"),
        "lettings": ("Council lettings", "social_letting", "council", "accommodation"),
        "perpetrators": ("Change programme", "perpetrator_programme", "aid", "visit"),
    }
    capacity = {
        "idva": {"basis": "caseload", "capacity_central": "200", "status": "local_return"},
        "refuge_one": {
            "basis": "units",
            "capacity_central": "4",
            "stay_days_central": "73",
            "occupancy_central": "1",
            "sites": "1",
            "status": "local_return",
        },
        "sanctuary_one": {"basis": "installations", "status": "unknown"},
        "lettings": {"basis": "lettings", "capacity_central": "30", "status": "local_return"},
    }
    routes = [
        ("entry:police", "idva"),
        ("entry:housing_options", "options"),
        ("idva", "sanctuary_one"),
        ("idva", "refuge_one"),
        ("idva", "elsewhere"),
        ("options", "refuge_one"),
        ("options", "lettings"),
        ("refuge_one", "lettings"),
        ("sanctuary_one", "home:stayed"),
        ("elsewhere", "home:elsewhere"),
        ("lettings", "home:social"),
    ]
    return {
        "organisations": [
            {
                "organisation_id": code,
                "name": name,
                "provider_type": kind,
                "supports_da_in_objects": "yes",
                "non_profit": "yes",
                "voluntary": "yes" if code == "aid" else "no",
                "public_contact": "020 7946 0000",
                **_CONFIRMED,
            }
            for code, (name, kind) in organisations.items()
        ],
        "services": [
            {
                "service_id": code,
                "name": name,
                "kind": kind,
                "organisation_id": organisation,
                "support_provider_id": "aid",
                "delivery": delivery,
                "operating": "yes",
                **_CONFIRMED,
            }
            for code, (name, kind, organisation, delivery) in services.items()
        ],
        "legal_facts": [
            {"service_id": "refuge_one", "fact": "used_for_da", "answer": "yes", **_CONFIRMED},
            {"service_id": "refuge_one", "fact": "support_tied", "answer": "yes", **_CONFIRMED},
        ],
        "eligibility": [
            {"service_id": "refuge_one", "rule": "male", "answer": "no", **_CONFIRMED},
            {"service_id": "refuge_one", "rule": "mental_health", "answer": "yes", **_CONFIRMED},
            {"service_id": "lettings", "rule": "nrpf", "answer": "no", **_CONFIRMED},
        ],
        "capacity": [
            {"service_id": code, **_CONFIRMED, **cells} for code, cells in capacity.items()
        ],
        "areas_served": [{"service_id": code, "area": DISTRICT, **_ASSUMED} for code in services],
        "delivery_points": [
            {
                "point_id": "options_desk",
                "service_id": "options",
                "name": "Civic centre, Alderby",
                "lon": f"{WEST + SIDE / 2:.4f}",
                "lat": f"{SOUTH + SIDE / 2:.4f}",
                "precision": "town",
                **_ASSUMED,
            }
        ],
        "referral_routes": [
            {
                "from_id": start,
                "to_id": end,
                "known": "yes",
                "accepts_central": "0.8" if end == "refuge_one" else "",
                "order": str(order),
                **_CONFIRMED,
            }
            for order, (start, end) in enumerate(routes, 1)
        ],
        "travel_times": [],
        "funding": [
            {
                "service_id": "refuge_one",
                "funder": "Testham Council",
                "stream": "Safe accommodation grant",
                "amount_gbp_a_year": "200000",
                "starts_on": "2024-04-01",
                "ends_on": "2027-03-31",
                **_CONFIRMED,
            }
        ],
    }


assert {t.name for t in TABLES if not t.optional} <= set(base_tables()), "each table has its rows"
