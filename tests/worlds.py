"""Small packs in memory and their answers, for tests of the model that need many of them.

Writing, reading and checking a pack takes a second. :func:`small_pack` can leave out all three,
so that a test may ask a hundred packs: the layers are read once, and the cells are parsed here.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd

from housing_map import model, tabulate
from housing_map.model import Result, RunResult, Settings
from housing_map.pack import Pack, load_pack
from housing_map.pack_tables import BY_NAME
from housing_map.schemas import Type
from housing_map.tabulate import SUPPORTED
from housing_map.vocabulary import RULES, Goal, Pathway, Run
from tests.packs import DISTRICT, LSOAS, Row, Tables, add, base_tables, change, write_pack

EXACT = 1e-5
"""How far a figure worked out by hand may be from the program's, in households."""
BALANCE = 1e-9
"""How far demand may be from what is met and lost, in households."""

SOMEBODY = tuple(
    rule for rule in RULES if rule.split("_")[0] in {"tenure", "right", "risk", "from"}
)
"""Rules that every household meets one or other of, whatever its circumstances."""

_SOURCE = {"status": "assumed", "source": "made up for tests"}


@cache
def base_pack() -> Pack:
    """Return the small pack, written, read and checked once in a process."""
    return _loaded(base_tables())


def _loaded(tables: Mapping[str, list[Row]]) -> Pack:
    folder = Path(tempfile.mkdtemp(prefix="housing-map-"))
    try:
        return load_pack(write_pack(folder, tables))
    finally:
        shutil.rmtree(folder)


def small_pack(tables: Tables, *, checked: bool = False) -> Pack:
    """Return the small pack with these tables, read from files and ``checked`` if so asked."""
    if checked:
        return _loaded(tables)
    base = base_pack()
    # Like the loader, which gives a table that may be missing, and is, as one without rows.
    frames = {name: typed(name, tables.get(name, [])) for name in BY_NAME}
    digest = hashlib.sha256(repr(sorted(tables.items())).encode()).hexdigest()
    return Pack(base.folder, base.info, frames, base.layers, (), digest)


_DTYPES: dict[Type, Any] = {
    Type.NUMBER: "float64",
    Type.INTEGER: "Int64",
    Type.DATE: "datetime64[us]",
}
_PARSERS: dict[Type, Any] = {
    Type.NUMBER: float,
    Type.INTEGER: int,
    Type.DATE: datetime.fromisoformat,
}


def typed(name: str, rows: list[Row]) -> pd.DataFrame:
    """Return rows of text as the frame that the program reads from their file."""
    frame = pd.DataFrame(index=pd.RangeIndex(len(rows)))
    for column in BY_NAME[name].columns:
        parse = _PARSERS.get(column.type, str)
        cells = [row.get(column.name, "") for row in rows]
        values = [None if cell == "" else parse(cell) for cell in cells]
        frame[column.name] = pd.Series(values, dtype=_DTYPES.get(column.type, "str"))
    for extra in dict.fromkeys(key for row in rows for key in row):
        if extra not in frame:
            frame[extra] = pd.Series([row.get(extra) or None for row in rows], dtype=object)
    return frame


# Answers ----------------------------------------------------------------------------------


def one_run(
    tables: Tables | Pack,
    run: Run = Run.CENTRAL,
    *,
    goal: Goal = Goal.SETTLED,
    pathway: Pathway = Pathway.ANY,
    local_risk: bool = False,
) -> Result:
    """Return a result that holds one run of the small pack with these tables."""
    pack = tables if isinstance(tables, Pack) else small_pack(tables)
    settings = Settings(goal=goal, pathway=pathway, local_risk=local_risk)
    found = model.run_one(pack, settings, run)
    return Result(pack, settings, pack.info.reference_date, {run: found})


def only_run(result: Result) -> RunResult:
    """Return the one run of a result."""
    (one,) = result.runs.values()
    return one


def rows_of(result: Result, *by: str) -> pd.DataFrame:
    """Return the rows of the one run of a result, by the keys they are grouped by."""
    rows = tabulate.run_rows(result, only_run(result), [*by])
    return rows.set_index([*by]) if by else rows


def total(result: Result) -> dict[str, float]:
    """Return the figures of a whole run that are not 0, by their names."""
    return figures(rows_of(result).iloc[0])


def figures(row: "pd.Series[float]") -> dict[str, float]:
    """Return the figures of a row that are not 0, by their names; support stands beside them."""
    return {
        str(name): float(value)
        for name, value in row.items()
        if abs(value) > EXACT and name != SUPPORTED
    }


def details(result: Result) -> dict[str, float]:
    """Households by what lies behind their loss, where the program gives a detail."""
    cells = only_run(result).cells
    found: dict[str, float] = {}
    for detail, demand in zip(cells.detail, cells.demand, strict=True):
        found[str(detail)] = found.get(str(detail), 0.0) + float(demand)
    return {detail: households for detail, households in found.items() if detail}


# Packs worked by hand ---------------------------------------------------------------------


def bare(
    seeking: float = 20,
    *,
    stay: float = 0,
    move: float = 0,
    leave: float = 0,
    arrivals_per_leaver: float = 0,
    **shares: float,
) -> Tables:
    """Return the small pack without a service: ``seeking`` owners ask the police for help.

    Aims are as given, everybody is at standard risk with a sole right to occupy, and has no
    circumstance but those of ``shares``. A sixth live in each of the six small areas.
    """
    tables = base_tables()
    for name in (
        "services", "legal_facts", "eligibility", "capacity", "areas_served", "delivery_points",
        "referral_routes", "funding", "pool_assumptions", "acceptance_shares",
    ):  # fmt: skip
        tables[name] = []
    set_tenures(tables, owned=400)
    set_parameter(tables, "national_households_supported", seeking)
    set_parameter(tables, "national_households_unable_to_be_supported", 0)
    set_parameter(tables, "district_share_of_england_population", 1)
    set_parameter(tables, "arrivals_per_leaver", arrivals_per_leaver)
    set_shares(tables, "aim", stay=stay, move=move, leave=leave)
    set_shares(tables, "risk", standard=1)
    set_shares(tables, "entry", police=1)
    set_shares(tables, "circumstance", **shares)
    return tables


def set_parameter(tables: Tables, key: str, central: float | str) -> None:
    """Set the central figure of a parameter."""
    change(tables, "parameters", {"key": key}, central=str(central), low="", high="")


def set_shares(tables: Tables, dimension: str, **shares: float) -> None:
    """Set the shares of a dimension for every tenure, and drop those of other codes."""
    tables["household_shares"] = [
        row
        for row in tables["household_shares"]
        if row["dimension"] != dimension or row.get("tenure")
    ] + [
        {"dimension": dimension, "code": code, "central": repr(share), **_SOURCE}
        for code, share in shares.items()
    ]


def set_tenures(
    tables: Tables,
    lsoas: tuple[str, ...] = LSOAS,
    *,
    owned: int = 0,
    private: int = 0,
    council: int = 0,
    association: int = 0,
) -> None:
    """Set the households of small areas by tenure."""
    for lsoa in lsoas:
        change(
            tables,
            "lsoa_facts",
            {"lsoa_code": lsoa},
            households=str(owned + private + council + association),
            owned_outright=str(owned),
            owned_mortgage="0",
            shared_ownership="0",
            rents_council=str(council),
            rents_other_social=str(association),
            rents_private_landlord=str(private),
            rents_other_private="0",
            rent_free="0",
        )


def serve(
    tables: Tables,
    service: str,
    kind: str,
    capacity: float | None = None,
    *,
    basis: str = "caseload",
    areas: tuple[str, ...] = (DISTRICT,),
    **cells: str,
) -> None:
    """Add a service that takes everybody but for circumstances, which are not known.

    ``capacity`` is in households a year, whatever the ``basis``: units stand for as many with
    stays of 365 days. Without it nothing limits the service.
    """
    body = {"name": service, "organisation_id": "aid", "delivery": "home", "operating": "yes"}
    add(tables, "services", service_id=service, kind=kind, **body, **_SOURCE, **cells)
    for rule in SOMEBODY:
        answer(tables, service, rule, "yes")
    for area in areas:
        add(tables, "areas_served", service_id=service, area=area, **_SOURCE)
    if capacity is not None:
        units = {"stay_days_central": "365", "occupancy_central": "1"} if basis == "units" else {}
        add(
            tables,
            "capacity",
            service_id=service,
            basis=basis,
            capacity_central=repr(capacity),
            **units,
            **_SOURCE,
        )


def answer(tables: Tables, service: str, rule: str, given: str) -> None:
    """Set what a service answers to a rule."""
    key = {"service_id": service, "rule": rule}
    tables["eligibility"] = [
        row for row in tables["eligibility"] if (row["service_id"], row["rule"]) != (service, rule)
    ]
    add(tables, "eligibility", **key, answer=given, **_SOURCE)


def assume(tables: Tables, kind: str, basis: str, capacity: float, **cells: str) -> None:
    """Assume a capacity of the whole district for services whose own is unknown."""
    figure = {"capacity_central": repr(capacity), "sites": "1", **_SOURCE, **cells}
    add(tables, "pool_assumptions", kind=kind, basis=basis, **figure)


def route(tables: Tables, start: str, end: str, **cells: str) -> None:
    """Add a referral route from one end to the other."""
    row = {"from_id": start, "to_id": end, "known": "yes", **_SOURCE, **cells}
    add(tables, "referral_routes", **row)


def chain(tables: Tables, *nodes: str) -> None:
    """Add the plain referral routes that lead from each node to the next."""
    for start, end in pairwise(nodes):
        route(tables, start, end)
