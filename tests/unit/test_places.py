"""Areas: finding them, the groupings of a pack as levels, and their polygons."""

import pytest

from housing_map.errors import UsageError
from housing_map.geometry import METRIC_CRS
from housing_map.pack import Pack, load_pack
from housing_map.places import (
    centroids,
    find_area,
    find_level,
    grouping_columns,
    levels,
    lsoas_of,
    membership,
    polygons,
)
from tests.conftest import ROOT
from tests.packs import DISTRICT, LSOAS, WARDS, base_tables
from tests.worlds import small_pack


@pytest.fixture(scope="module")
def shipped() -> Pack:
    return load_pack(ROOT / "data")


@pytest.fixture(scope="module")
def small() -> Pack:
    return small_pack(base_tables())


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (DISTRICT, ("district", DISTRICT)),
        ("testham", ("district", DISTRICT)),
        ("Cowden", ("place", "Cowden")),
        ("ALDERBY", ("place", "Alderby")),
        (WARDS[1], ("ward", WARDS[1])),
        (WARDS[1].lower(), ("ward", WARDS[1])),
        ("  brockley AND cowden ", ("ward", WARDS[2])),
        (LSOAS[3], ("lsoa", LSOAS[3])),
        ("Testham 001A (Alderby Mill)", ("lsoa", LSOAS[0])),
    ],
)
def test_an_area_is_found_by_code_or_name_in_any_case(
    small: Pack, asked: str, found: tuple[str, str]
) -> None:
    assert find_area(small, asked) == found


@pytest.mark.parametrize("asked", ["", "Alder", "E05999999", "Farshire"])
def test_an_area_that_is_not_there_is_refused_by_name(small: Pack, asked: str) -> None:
    with pytest.raises(UsageError, match=f"'{asked}' in Testham"):
        find_area(small, asked)


def test_a_column_of_groupings_is_a_level_of_area() -> None:
    """With its own label, without its evidence, and with its small areas."""
    tables = base_tables()
    for row, zone in zip(tables["groupings"], ("Hill", "Vale", "Vale"), strict=True):
        row |= {"health_zone": zone, "health_zone_evidence": "made up"}
    pack = small_pack(tables)
    assert grouping_columns(pack["groupings"]) == ["place", "health_zone"]
    codes = [level.code for level in levels(pack)]
    assert codes == ["district", "place", "health_zone", "ward", "lsoa"]
    assert find_level(pack, "health_zone").label == "Health zone"
    assert find_area(pack, "vale") == ("health_zone", "Vale")
    assert list(lsoas_of(pack, "Vale")) == list(LSOAS[2:])
    assert list(polygons(pack, "health_zone")["code"]) == ["Hill", "Vale"]


def test_an_unknown_level_is_refused_with_those_there_are(small: Pack) -> None:
    with pytest.raises(UsageError, match="district, place, ward, lsoa"):
        find_level(small, "parish")


def test_the_short_name_of_a_level_is_understood(shipped: Pack) -> None:
    assert find_level(shipped, "partnership").code == "place_partnership"


def test_lsoas_of_each_level_are_those_inside(small: Pack) -> None:
    assert list(lsoas_of(small, "Testham")) == list(LSOAS)
    assert list(lsoas_of(small, "Alderby")) == list(LSOAS[:4])
    assert list(lsoas_of(small, WARDS[2])) == list(LSOAS[4:])
    assert list(lsoas_of(small, LSOAS[5])) == [LSOAS[5]]


def test_every_lsoa_lies_in_one_area_of_every_level(shipped: Pack) -> None:
    table = membership(shipped)
    facts = shipped["lsoa_facts"]
    assert list(table.index) == list(facts["lsoa_code"])
    assert set(table.index) == set(shipped.layers["lsoa"]["code"])
    assert list(table.columns) == [level.code for level in levels(shipped)]
    assert not table.isna().any().any()
    assert set(table["ward"]) == set(shipped["groupings"]["ward_code"])
    assert (table["district"] == shipped.info.district_code).all()


@pytest.mark.parametrize("level", ["place", "place_partnership"])
def test_polygons_of_a_grouping_are_its_wards_dissolved(shipped: Pack, level: str) -> None:
    wards = shipped.layers["ward"].to_crs(METRIC_CRS).set_index("code").area
    groups = shipped["groupings"].set_index("ward_code")[level]
    expected = wards.groupby(groups).sum()
    found = polygons(shipped, level).set_index("code")
    assert list(found.index) == sorted(expected.index)
    assert METRIC_CRS.endswith("27700")
    areas = found.to_crs(METRIC_CRS).area.to_dict()
    assert areas == pytest.approx(expected.to_dict(), rel=1e-6)


def test_polygons_of_the_district_leave_its_neighbours_out(small: Pack) -> None:
    found = polygons(small, "district")
    assert list(found["code"]) == [DISTRICT]
    assert list(found["name"]) == ["Testham"]


def test_centroids_are_metres_inside_their_small_areas(small: Pack) -> None:
    shapes = polygons(small, "lsoa").to_crs(METRIC_CRS).set_index("code")
    points = centroids(small)
    assert list(points.index) == list(LSOAS)
    assert all(shapes.geometry[code].contains(points[code]) for code in LSOAS)


def test_the_widest_area_wins_where_two_share_a_name() -> None:
    """Kirklees has a ward and a Place Partnership called Colne Valley."""
    assert find_area(load_pack(), "colne valley") == ("place_partnership", "Colne Valley")
