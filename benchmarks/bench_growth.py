"""From Kirklees to ten and to a hundred copies of it.

Copies stand side by side in one pack: each with its own small areas, services, referral routes
and capacities, none of which serves another copy, so that twice the copies are twice the work
for a program that grows in step. Each size runs in a process of its own, which is stopped at a
limit of time or memory; one that is stopped is reported as such. Every service has its even
part of the capacity assumed for its kind, and nobody arrives from elsewhere: the next copy is
elsewhere. *Small areas alone* multiplies the areas and leaves services and capacities as they
are, as finer areas would.

Memory is the largest the process held, with Python and the libraries.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pandas as pd
from rows import Reading, Row

from housing_map import model, provision
from housing_map.pack import default_folder, load_pack
from housing_map.vocabulary import CapacityBasis, Run

if TYPE_CHECKING:
    from collections.abc import Callable

    from housing_map.pack import Pack

COPIES: Final = (1, 10, 100)
LIMIT_SECONDS: Final = 600
LIMIT_MB: Final = 12_000
_MB: Final = 2**20
_FIGURES: Final = ("capacity_low", "capacity_central", "capacity_high")


def run() -> list[Row | Reading]:
    """Time a central run and its peak memory at each size, for both ways to grow."""
    readings: list[Row | Reading] = []
    for shape, label in (("districts", "Kirklees"), ("areas", "Small areas alone")):
        first: dict[str, float] | None = None
        for number in COPIES:
            name = label if number == 1 else f"{label} × {number}"
            found = _measured(shape, number)
            if found is None:
                size = f"stopped at {LIMIT_SECONDS} s or {LIMIT_MB / 1000:g} GB"
                readings.append(Reading(f"{name}: central run", size, None, "s"))
                break
            size = (
                "{lsoas:,.0f} areas, {cells:,.0f} cells, {routes:,.0f} routes, {pools:,.0f} pools"
            )
            times = (
                f", {found['seconds'] / first['seconds']:.1f} × the time of one" if first else ""
            )
            readings += [
                Reading(
                    f"{name}: central run", size.format(**found) + times, found["seconds"], "s"
                ),
                Reading(f"{name}: peak memory", "", found["mb"], "MB"),
            ]
            first = first or found
    return readings


def _measured(shape: str, copies: int) -> dict[str, float] | None:
    """Run one size in a process of its own; None when it was stopped at a limit."""
    command = [sys.executable, __file__, shape, str(copies)]
    try:
        done = subprocess.run(  # noqa: S603 - this file, with a word and a number
            command, capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return None
    if done.returncode:
        if "MemoryError" in done.stderr:
            return None
        raise RuntimeError(done.stderr)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def worker(shape: str, copies: int) -> dict[str, float]:
    """Build the pack and time one central run, in this process."""
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT_MB * _MB, LIMIT_MB * _MB))
    one = load_pack(default_folder())
    pack = districts(one, copies) if shape == "districts" else finer(one, copies)
    model.run_one(districts(one, 1), model.Settings(), Run.CENTRAL)  # solvers are loaded once
    start = time.perf_counter()
    found = model.run_one(pack, model.Settings(), Run.CENTRAL)
    seconds = time.perf_counter() - start
    setting, cells = found.cells.setting, found.cells
    assert abs(cells.demand.sum() - cells.outcomes.sum()) < 1e-6 * copies
    return {
        "seconds": seconds,
        "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "lsoas": found.split["lsoa"].nunique(),
        "cells": len(cells.demand),
        "routes": len(setting.routes),
        "pools": len(setting.pools),
        "demand": float(cells.demand.sum()),
        "met": float(cells.met.sum()),
    }


def finer(pack: Pack, copies: int) -> Pack:
    """Return the pack with each small area as many times, its people shared out."""
    facts = pack["lsoa_facts"]
    parts = [facts.assign(lsoa_code=facts["lsoa_code"] + f"/{n}") for n in range(copies)]
    tables = {**pack.tables, "lsoa_facts": pd.concat(parts, ignore_index=True)}
    return replace(pack, tables=tables, digest=f"finer {copies}")


def districts(pack: Pack, copies: int) -> Pack:
    """Return a pack of whole copies side by side, each with its own areas and services."""
    base = {
        **pack.tables,
        "capacity": _own_capacity(pack),
        "parameters": _no_arrivals(pack, copies),
    }
    base["pool_assumptions"] = pack["pool_assumptions"].iloc[0:0]

    def copied(name: str, *columns: str, **rest: Callable[[int], object]) -> pd.DataFrame:
        """Repeat a table, with the number of the copy behind each cell of ``columns``."""
        parts = []
        for number in range(copies):
            part = base[name].copy()
            for column in columns:
                part[column] = part[column].map(lambda cell, n=number: _numbered(cell, n))
            parts.append(part.assign(**{key: make(number) for key, make in rest.items()}))
        return pd.concat(parts, ignore_index=True)

    tables = {
        **base,
        "lsoa_facts": copied("lsoa_facts", "lsoa_code", "ward_code"),
        "ward_age_sex": copied("ward_age_sex", "ward_code"),
        "groupings": copied("groupings", "ward_code", copy=_name),
        "services": copied("services", "service_id", *_linked(base["services"])),
        "capacity": copied("capacity", "service_id"),
        "eligibility": copied("eligibility", "service_id"),
        "areas_served": copied("areas_served", "service_id", area=_name),
        "delivery_points": copied("delivery_points", "point_id", "service_id"),
        "referral_routes": copied("referral_routes", "from_id", "to_id"),
        "legal_facts": copied("legal_facts", "service_id"),
        "funding": copied("funding", "service_id"),
    }
    return replace(pack, tables=tables, digest=f"districts {copies}")


def _name(number: int) -> str:
    return f"copy {number}"


def _linked(services: pd.DataFrame) -> list[str]:
    return [name for name in ("used_with",) if name in services]


def _numbered(cell: object, number: int) -> object:
    """Put the number of the copy behind each code of a cell; shared ends keep their name."""
    if not isinstance(cell, str) or cell.startswith(("entry:", "home:")):
        return cell
    return ";".join(f"{code.strip()}_{number}" for code in cell.split(";"))


def _no_arrivals(pack: Pack, copies: int) -> pd.DataFrame:
    """Parameters of as many districts: their share of England, and nobody from elsewhere."""
    table = pack["parameters"].copy()
    ends = ["low", "central", "high"]
    table.loc[table["key"] == "district_share_of_england_population", ends] *= copies
    table.loc[table["key"] == "arrivals_per_leaver", ends] = 0.0
    return table


def _own_capacity(pack: Pack) -> pd.DataFrame:
    """Give each service of a shared pool its even part of what is assumed."""
    assumed = pack["pool_assumptions"].set_index("kind")
    services = provision.open_services(pack, pack.info.reference_date, Run.CENTRAL)
    pools = [pool for pool in provision.pools(pack, services) if pool.shared]
    own = pack["capacity"]
    rows = []
    for pool in pools:
        row = assumed.loc[pool.kind.code]
        for member in pool.members:
            part = row.reindex(own.columns).to_dict() | {"service_id": member, "sites": 1}
            part |= {name: row[name] / len(pool.members) for name in _FIGURES}
            part["basis"] = str(CapacityBasis(row["basis"]))
            rows.append(part)
    members = {row["service_id"] for row in rows}
    given = pd.DataFrame(rows, columns=own.columns).astype(own.dtypes.to_dict())
    return pd.concat([own[~own["service_id"].isin(members)], given], ignore_index=True)


if __name__ == "__main__":
    print(json.dumps(worker(sys.argv[1], int(sys.argv[2]))))
