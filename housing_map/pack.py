"""A data pack: everything the model knows, read from one folder.

A pack is a folder of CSV tables (:mod:`housing_map.schemas`), GeoJSON layers and ``pack.json``.
The Kirklees pack ships in ``data/``; another is used with ``--data DIR`` or the environment
variable ``HOUSING_MAP_DATA``, so that a council's restricted figures stay out of the project.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from housing_map import checks, protection
from housing_map.errors import PackError, Problem, Severity, UsageError
from housing_map.geometry import read_layer
from housing_map.journal import recover
from housing_map.pack_tables import BY_NAME, TABLES
from housing_map.schemas import SCHEMA_VERSION, frictionless_resource
from housing_map.tables import ReadTable, read_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd

ENVIRONMENT_VARIABLE: Final = "HOUSING_MAP_DATA"
PACK_FILE: Final = "pack.json"
_INFO_MEND: Final = "See docs/data-dictionary.md for what pack.json holds"
_SHIPPED: Final = Path(__file__).resolve().parent.parent / "data"


class Layer(BaseModel):
    """A layer of boundaries: where it is, its vintage and source."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str
    vintage: str
    source: str
    licence: str = "OGL-UK-3.0"


class GroupingInfo(BaseModel):
    """Words for a grouping of wards that is a column of ``groupings.csv``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: str
    note: str = ""


class TravelInfo(BaseModel):
    """What the rows of ``travel_times.csv`` rest on, and which of their modes is used."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: str = ""
    source: str = ""


class MissingFigures(BaseModel):
    """Published figures that are to be treated as missing, and why."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    table: str
    area_code: str
    quarter: str
    columns: tuple[str, ...]
    why: str


class PackInfo(BaseModel):
    """``pack.json``: what the pack is about, and what cannot stand in a table."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: str
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_\-]*$")
    title: str
    description: str = ""
    district_code: str = Field(pattern=r"^[EWSN]\d{8}$")
    reference_date: date
    layers: dict[str, Layer]
    groupings: dict[str, GroupingInfo] = Field(default_factory=dict)
    default_level: str = "ward"
    attribution: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    missing: tuple[MissingFigures, ...] = ()
    travel: TravelInfo = TravelInfo()
    licence: str = "OGL-UK-3.0"


@dataclass(frozen=True, slots=True, eq=False)
class Pack:
    """A data pack that has passed its checks. Treat every frame as read-only.

    ``tables`` maps a table's name to its typed frame; ``layers`` a level (``lsoa``, ``ward``,
    ``district``) to its polygons in EPSG:4326 with columns code, name, geometry. ``digest`` is
    the SHA-256 of the files, independent of line ends and of where the folder is.
    """

    folder: Path
    info: PackInfo
    tables: Mapping[str, pd.DataFrame]
    layers: Mapping[str, gpd.GeoDataFrame]
    warnings: tuple[Problem, ...]
    digest: str

    def __getitem__(self, name: str) -> pd.DataFrame:
        """Return the table called ``name``."""
        return self.tables[name]


def default_folder() -> Path:
    """Folder of the pack in use: ``HOUSING_MAP_DATA`` if it is set, else the shipped pack."""
    return Path(os.environ.get(ENVIRONMENT_VARIABLE) or _SHIPPED)


def check_pack(folder: Path | None = None) -> tuple[Pack | None, tuple[Problem, ...]]:
    """Read the pack in ``folder`` and return it with every problem found.

    The pack is None when there is any error. Warnings alone do not stop it. Raises
    :class:`UsageError` when ``folder`` is not a folder.
    """
    folder = folder or default_folder()
    if not folder.is_dir():
        message = (
            f"{folder} is not a folder. Give a data pack with --data DIR or {ENVIRONMENT_VARIABLE}"
        )
        raise UsageError(message)
    # What was imported last may have been cut short: it is finished, or was never begun.
    recover(folder)
    info, problems = _read_info(folder)
    read = {table.name: read_table(folder, table) for table in TABLES}
    for result in read.values():
        problems += result.problems
    located = protection.find_locations(read)
    problems += [finding.problem for finding in located]
    layers: dict[str, gpd.GeoDataFrame] = {}
    if info is not None:
        for level, layer in info.layers.items():
            frame, found = read_layer(folder, level, layer.path)
            problems += found
            if frame is not None:
                layers[level] = frame
    problems += checks.cross_problems(read, layers, info)
    problems = sorted(set(protection.mask(problems, located)), key=_order)
    if info is None or any(p.severity is Severity.ERROR for p in problems):
        return None, tuple(problems)
    digest = pack_digest(folder, info)
    tables = {name: _tidy(result, info) for name, result in read.items()}
    return Pack(folder, info, tables, layers, tuple(problems), digest), tuple(problems)


def load_pack(folder: Path | None = None) -> Pack:
    """Read a pack; raises :class:`PackError` with every problem when it has errors."""
    pack, problems = check_pack(folder)
    if pack is None:
        raise PackError(str(folder or default_folder()), problems)
    return pack


def _order(problem: Problem) -> tuple[str, str, int, str, str, str]:
    return (
        problem.severity,
        problem.file,
        problem.row or 0,
        problem.column or "",
        problem.message,
        problem.value or "",
    )


def _read_info(folder: Path) -> tuple[PackInfo | None, list[Problem]]:
    try:
        raw = json.loads((folder / PACK_FILE).read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as failed:
        return None, [_unreadable_info(failed)]
    try:
        info = PackInfo.model_validate(raw)
    except ValidationError as failed:
        return None, [
            Problem(
                Severity.ERROR,
                PACK_FILE,
                error["msg"],
                mend=_INFO_MEND,
                column=".".join(str(part) for part in error["loc"]),
                value=None if isinstance(error["input"], dict) else str(error["input"]),
            )
            for error in failed.errors()
        ]
    if info.schema_version.split(".")[0] != SCHEMA_VERSION.split(".")[0]:
        return None, [
            Problem(
                Severity.ERROR,
                PACK_FILE,
                "the pack is of another format version",
                column="schema_version",
                value=info.schema_version,
                expected=f"{SCHEMA_VERSION}",
                mend="See docs/data-dictionary.md for what changed",
            )
        ]
    return info, []


def _unreadable_info(failed: Exception) -> Problem:
    """Say why ``pack.json`` could not be read as JSON."""
    row, mend = None, _INFO_MEND
    if isinstance(failed, FileNotFoundError):
        message, mend = "the file is missing", "Copy it from the shipped pack"
    elif isinstance(failed, OSError):
        message = f"the file cannot be read: {failed.strerror}"
    elif isinstance(failed, UnicodeDecodeError):
        message, mend = "the file is not UTF-8", "Save it again as UTF-8"
    elif isinstance(failed, json.JSONDecodeError):
        message, row = f"the file is not JSON: {failed.msg}", failed.lineno
    else:
        message = "the file is nested too deeply, or holds too long a number"
    return Problem(Severity.ERROR, PACK_FILE, message, mend=mend, row=row)


def _tidy(result: ReadTable, info: PackInfo) -> pd.DataFrame:
    """Reset the row numbers and blank out the figures the pack calls missing."""
    frame = result.frame.reset_index(drop=True)
    for missing in info.missing:
        if missing.table == result.table.name:
            rows = (frame["area_code"] == missing.area_code) & (frame["quarter"] == missing.quarter)
            frame.loc[rows, list(missing.columns)] = float("nan")
    return frame


def pack_digest(folder: Path, info: PackInfo) -> str:
    """SHA-256 over the pack's files in path order, with CRLF read as LF."""
    paths = {PACK_FILE, *(layer.path for layer in info.layers.values())}
    paths |= {table.path for table in TABLES if (folder / table.path).exists()}
    digest = hashlib.sha256()
    for path in sorted(paths):
        content = (folder / path).read_bytes().replace(b"\r\n", b"\n")
        digest.update(f"{path}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def describe_pack(folder: Path, info: PackInfo) -> dict[str, object]:
    """Build ``datapackage.json`` (Frictionless data package) from the schemas and the pack."""
    resources = []
    for table in TABLES:
        path = folder / table.path
        if path.exists():
            header = path.read_text(encoding="utf-8-sig").partition("\n")[0].strip().split(",")
            known = {column.name for column in BY_NAME[table.name].columns}
            extra = [name for name in header if name not in known]
            resources.append(frictionless_resource(table, extra))
    for level, layer in info.layers.items():
        resources.append(
            {
                "name": f"{level}-boundaries",
                "path": layer.path,
                "title": f"Boundaries: {level}",
                "profile": "data-resource",
                "format": "geojson",
                "mediatype": "application/geo+json",
                "encoding": "utf-8",
                "sources": [{"title": layer.source}],
                "licenses": [{"name": layer.licence}],
                "vintage": layer.vintage,
            }
        )
    return {
        "profile": "data-package",
        "name": f"housing-map-{info.name}",
        "title": f"Whole Housing Approach data pack: {info.title}",
        "description": info.description,
        "housing_map_schema": SCHEMA_VERSION,
        "reference_date": info.reference_date.isoformat(),
        "licenses": [{"name": info.licence}],
        "contributors": [{"title": line, "role": "attribution"} for line in info.attribution],
        "resources": resources,
    }


def write_description(folder: Path) -> Path:
    """Write ``datapackage.json`` for the pack in ``folder`` and return its path.

    Raises :class:`PackError` when ``pack.json`` cannot be read.
    """
    info, problems = _read_info(folder)
    if info is None:
        raise PackError(str(folder), problems)
    path = folder / "datapackage.json"
    text = json.dumps(describe_pack(folder, info), indent=2, ensure_ascii=False) + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")
    return path
