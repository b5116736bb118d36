"""Areas: LSOA, ward, groupings of wards, district; and the polygons that draw them.

Groupings are data: every column of ``groupings.csv`` beside the ward's code and name, and
whose name does not end in ``_evidence``, is a level of area and appears wherever the others do.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import pandas as pd

from housing_map.errors import UsageError
from housing_map.geometry import DISPLAY_CRS, METRIC_CRS
from housing_map.memo import kept_for
from housing_map.vocabulary import ALIASES

if TYPE_CHECKING:
    from housing_map.pack import Pack


EVIDENCE: Final = "_evidence"


@dataclass(frozen=True, slots=True)
class Level:
    """A level of area: ``code`` in files, ``label`` for people, ``note`` on its evidence."""

    code: str
    label: str
    note: str = ""


def levels(pack: Pack) -> tuple[Level, ...]:
    """Levels of area of the pack, widest first: district, groupings, ward, LSOA."""
    layers = pack.info.layers
    return (
        Level("district", "District"),
        *(_grouping_level(pack, name) for name in grouping_columns(pack["groupings"])),
        Level("ward", "Ward", layers["ward"].vintage),
        Level("lsoa", "Small area (LSOA)", layers["lsoa"].vintage),
    )


def _grouping_level(pack: Pack, name: str) -> Level:
    """Return the level of a grouping, in the words of ``pack.json`` where it has any."""
    info = pack.info.groupings.get(name)
    if info is None:
        return Level(name, name.replace("_", " ").capitalize())
    return Level(name, info.label, info.note)


def grouping_columns(groupings: pd.DataFrame) -> list[str]:
    """Names of the grouping columns, in file order."""
    return [
        str(name)
        for name in groupings.columns
        if name not in {"ward_code", "ward_name"} and not str(name).endswith(EVIDENCE)
    ]


def find_level(pack: Pack, name: str) -> Level:
    """Return the level called ``name`` or an alias of it; raises :class:`UsageError`."""
    wanted = ALIASES.get(name, name)
    for level in levels(pack):
        if level.code == wanted:
            return level
    known = ", ".join(level.code for level in levels(pack))
    message = f"There is no level of area called {name!r}; the pack has {known}"
    raise UsageError(message)


@kept_for("info", "lsoa_facts", "groupings")
def membership(pack: Pack) -> pd.DataFrame:
    """Area of every level in which each LSOA lies.

    One row an LSOA (index ``lsoa_code``), one column a level. Wards and LSOAs are given by
    code, groupings by name, the district by code.
    """
    facts = pack["lsoa_facts"].set_index("lsoa_code")
    wards = pack["groupings"].set_index("ward_code")
    table = pd.DataFrame({"district": pack.info.district_code}, index=facts.index)
    for name in grouping_columns(pack["groupings"]):
        table[name] = facts["ward_code"].map(wards[name])
    table["ward"] = facts["ward_code"]
    table["lsoa"] = facts.index
    return table


@kept_for("info", "lsoa_facts", "groupings")
def area_names(pack: Pack) -> dict[tuple[str, str], str]:
    """Readable name of each area, by (level, code), the widest level first."""
    names: dict[tuple[str, str], str] = {("district", pack.info.district_code): pack.info.title}
    wards = pack["groupings"]
    for column in grouping_columns(wards):
        names |= {(column, name): name for name in wards[column].unique()}
    names |= {
        ("ward", code): name
        for code, name in zip(wards["ward_code"], wards["ward_name"], strict=True)
    }
    facts = pack["lsoa_facts"]
    for code, name, msoa in zip(
        facts["lsoa_code"], facts["lsoa_name"], facts["msoa_name"], strict=True
    ):
        names["lsoa", code] = f"{name} ({msoa})" if isinstance(msoa, str) and msoa else name
    return names


def find_area(pack: Pack, area: str) -> tuple[str, str]:
    """Level and code of the area with this code or name (case does not matter).

    Raises :class:`UsageError` when there is none. Where two levels share a name, as a Place and
    a Place Partnership may, the widest wins.
    """
    wanted = area.strip().casefold()
    for (level, code), name in area_names(pack).items():
        # Small areas have the name of their neighbourhood in brackets; their own is enough.
        if wanted in {code.casefold(), name.casefold(), name.partition(" (")[0].casefold()}:
            return level, code
    message = f"There is no area with the code or name {area!r} in {pack.info.title}"
    raise UsageError(message)


def lsoas_of(pack: Pack, area: str) -> pd.Index[str]:
    """Codes of the LSOAs in an area given by code or name; raises :class:`UsageError`."""
    level, code = find_area(pack, area)
    column = membership(pack)[level]
    return pd.Index([str(lsoa) for lsoa in column.index[column == code]])


@lru_cache(maxsize=32)
def polygons(pack: Pack, level: str) -> gpd.GeoDataFrame:
    """Polygons of a level in EPSG:4326, with columns code, name and geometry.

    Groupings are dissolved from wards. Raises :class:`UsageError` for an unknown level.
    """
    found = find_level(pack, level).code
    if found in pack.layers:
        layer = pack.layers[found]
        if found == "district":
            layer = layer[layer["code"] == pack.info.district_code]
        frame = layer[["code", "name", "geometry"]].copy()
    else:
        wards = pack.layers["ward"]
        names = pack["groupings"].set_index("ward_code")[found]
        frame = wards.assign(code=wards["code"].map(names))[["code", "geometry"]]
        frame = frame.dissolve(by="code", as_index=False)
        frame["name"] = frame["code"]
        frame = frame[["code", "name", "geometry"]]
    names_by_code = area_names(pack)
    frame["name"] = [
        names_by_code.get((found, code), name)
        for code, name in zip(frame["code"], frame["name"], strict=True)
    ]
    return gpd.GeoDataFrame(frame.sort_values("code", ignore_index=True), crs=DISPLAY_CRS)


@lru_cache(maxsize=8)
def neighbours(pack: Pack) -> gpd.GeoDataFrame:
    """Polygons of the districts around, in EPSG:4326, for context on a map."""
    layer = pack.layers["district"]
    around = layer[layer["code"] != pack.info.district_code]
    return gpd.GeoDataFrame(around[["code", "name", "geometry"]].reset_index(drop=True))


@kept_for("lsoa_facts")
def centroids(pack: Pack) -> gpd.GeoSeries:
    """Population-weighted centroid of each LSOA in EPSG:27700, indexed by code."""
    facts = pack["lsoa_facts"]
    points = gpd.points_from_xy(facts["lon"], facts["lat"], crs=DISPLAY_CRS)
    series = gpd.GeoSeries(points, index=facts["lsoa_code"])
    return series.to_crs(METRIC_CRS)
