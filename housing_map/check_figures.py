"""What has to hold of figures: parameters, statuses, units, and shares of households."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Final

from housing_map.errors import Problem, Severity, UsageError
from housing_map.fitting import bounds, exclude
from housing_map.kinds import KINDS
from housing_map.pack_tables import BY_NAME
from housing_map.profiles import factors
from housing_map.rows import nearest, problem_at, rows_of, values_in, written_in
from housing_map.vocabulary import (
    CIRCUMSTANCES,
    ENTRIES,
    RIGHTS,
    RISKS,
    TENURES,
    Aim,
    CapacityBasis,
    Stage,
    Status,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from housing_map.rows import Read, Row


REQUIRED_PARAMETERS: Final = (
    "arrivals_per_leaver",
    "detour_factor",
    "district_share_of_england_population",
    "max_wait_days_high",
    "max_wait_days_medium",
    "max_wait_days_standard",
    "national_households_supported",
    "national_households_unable_to_be_supported",
    "prevalence_adults_last_year",
    "tenure_ratio_private_rent_to_owner",
    "tenure_ratio_social_to_owner",
    "travel_speed_kmh",
    "travel_threshold_min",
    "unknown_rule_central",
)
"""Parameters without which the model cannot run; each needs a central figure."""

SHARES_TOLERANCE: Final = 1e-9
"""How far shares that divide a whole may be from 1 in sum."""

TENURE_NOISE_HOUSEHOLDS: Final = 3
"""Households by which the tenures of a small area may miss its total: the census adds noise."""

_DIMENSION_CODES: Final = {
    "tenure": frozenset(TENURES),
    "right": frozenset(RIGHTS),
    "risk": frozenset(RISKS),
    "aim": frozenset({str(Aim.STAY), str(Aim.MOVE), str(Aim.LEAVE)}),
    "entry": frozenset(ENTRIES),
    "circumstance": frozenset(CIRCUMSTANCES),
}
"""Codes that each dimension of ``household_shares`` divides by.

Arrivals are no aim here: they have a parameter of their own.
"""

_BY_TENURE: Final = frozenset({"right", "aim"})
_PARTITIONS: Final = ("risk", "entry", "right", "aim")

_FIGURES: Final = {
    "parameters": "",
    "acceptance_shares": "",
    "household_shares": "",
    "capacity": "capacity_",
    "circumstance_pairs": "",
    "pool_assumptions": "capacity_",
}
"""Tables whose status is about one figure, and the start of the names of its columns."""

_SHARES: Final = "household_shares"
_PAIRS: Final = "circumstance_pairs"


def figure_problems(read: Read) -> Iterator[Problem]:
    """Yield figures that are absent, do not fit their status or unit, or do not sum up."""
    yield from _tenure_count_problems(read)
    yield from _calibration_problems(read)
    yield from _parameter_problems(read)
    yield from _status_problems(read)
    yield from _unit_problems(read)
    yield from _share_code_problems(read)
    yield from _partition_problems(read)
    exclusions = list(_exclusion_problems(read))
    yield from exclusions
    pairs = list(_pair_problems(read))
    yield from pairs
    if not exclusions and not pairs:
        yield from _fitting_problems(read)


def _tenure_count_problems(read: Read) -> Iterator[Problem]:
    """Yield small areas whose tenures do not sum to their households."""
    tenures = (
        "owned_outright",
        "owned_mortgage",
        "shared_ownership",
        "rents_council",
        "rents_other_social",
        "rents_private_landlord",
        "rents_other_private",
        "rent_free",
    )
    for row, cells in rows_of(read, "lsoa_facts", "households", *tenures):
        counts = [cells[name] for name in tenures]
        if cells["households"] is None or None in counts:
            continue
        total = sum(counts)
        if abs(total - cells["households"]) > TENURE_NOISE_HOUSEHOLDS:
            yield problem_at(
                "lsoa_facts",
                row,
                "households",
                f"the tenures sum to {total}, not to the households",
                value=cells["households"],
                expected=f"{total}, give or take {TENURE_NOISE_HOUSEHOLDS}",
                mend="Take both from one census table (TS054)",
                severity=Severity.WARNING,
            )


def _calibration_problems(read: Read) -> Iterator[Problem]:
    """Yield tenures that have no row to calibrate their rate by."""
    table = "tenure_calibration"
    known = values_in(read, table, "tenure")
    if known is not None:
        for tenure in sorted(BY_NAME[table].column("tenure").allowed - known):
            yield problem_at(
                table,
                None,
                "tenure",
                f"there is no row for {tenure}",
                value=tenure,
                expected="one row for each tenure",
                mend="Add the row",
            )


def _parameter_problems(read: Read) -> Iterator[Problem]:
    """Yield required parameters that are absent or unknown."""
    table = "parameters"
    known = values_in(read, table, "key")
    if known is None:
        return
    for key in REQUIRED_PARAMETERS:
        if key not in known:
            yield problem_at(
                table,
                None,
                "key",
                f"the parameter {key} is missing",
                value=key,
                expected="a row with a central figure",
                mend="Add the row; the shipped pack has one to copy",
            )
    for row, cells in rows_of(read, table, "key", "central", "status"):
        if cells["key"] in REQUIRED_PARAMETERS and cells["status"] == Status.UNKNOWN:
            yield problem_at(
                table,
                row,
                "central",
                f"the model cannot run without {cells['key']}",
                value=written_in(read, table, row, "central"),
                expected="a central figure, if only an assumption",
                mend="Write a figure, and assumed as its status",
            )


def _status_problems(read: Read) -> Iterator[Problem]:
    """Yield figures whose status says that there is none, and the other way about."""
    for table, start in _FIGURES.items():
        central = f"{start}central"
        for row, cells in rows_of(read, table, "status", central):
            status, written = cells["status"], written_in(read, table, row, central)
            if status not in set(Status):
                continue
            # Shares that divide a whole need a figure even where it says that nobody knows.
            whole = cells.get("dimension") in _PARTITIONS
            if status == Status.UNKNOWN and written and not whole:
                yield problem_at(
                    table,
                    row,
                    central,
                    "the status is unknown, but a figure is given",
                    value=written,
                    expected="an empty cell where the status is unknown",
                    mend="Empty the cell, or write what the figure rests on as status",
                )
            elif not written and (status != Status.UNKNOWN or whole):
                yield problem_at(
                    table,
                    row,
                    central,
                    f"the status is {status}, but there is no central figure"
                    if not whole
                    else "a share of the whole has no central figure",
                    value="",
                    expected=BY_NAME[table].column(central).expected(),
                    mend="Write the figure" + ("" if whole else ", or unknown as its status"),
                )


def _unit_problems(read: Read) -> Iterator[Problem]:
    """Yield units without stay or occupancy, and stays of no days.

    The units of a kind that stands beside the routes may stand alone: no pool is made of them.
    """
    beside = {kind.code for kind in KINDS.values() if kind.stage is Stage.SUPPORT}
    beside_services = {
        cells["service_id"]
        for _, cells in rows_of(read, "services", "service_id", "kind")
        if cells["kind"] in beside
    }
    for table, key, alone in (
        ("capacity", "service_id", beside_services),
        ("pool_assumptions", "kind", beside),
    ):
        needed = ("stay_days_central", "occupancy_central")
        for row, cells in rows_of(read, table, "basis", "capacity_central", *needed):
            in_units = cells["basis"] == CapacityBasis.UNITS and cells[key] not in alone
            for name in needed:
                empty = not written_in(read, table, row, name)
                if in_units and cells["capacity_central"] is not None and empty:
                    yield problem_at(
                        table,
                        row,
                        name,
                        "a capacity in units is given without it",
                        value="",
                        expected=BY_NAME[table].column(name).expected(),
                        mend="Write it; households a year are units × occupancy × 365 ÷ mean stay",
                    )
            for name in ("stay_days_low", "stay_days_central", "stay_days_high"):
                if cells[name] == 0:
                    yield problem_at(
                        table,
                        row,
                        name,
                        "a mean stay of no days would make the capacity endless",
                        value=written_in(read, table, row, name),
                        expected="a number of more than 0, in days",
                        mend="Write the days, or leave the cell empty",
                    )


# Household shares --------------------------------------------------------------------------


def _share_code_problems(read: Read) -> Iterator[Problem]:
    """Yield codes that their dimension does not have, and tenures where none divides it."""
    for row, cells in rows_of(read, _SHARES, "dimension", "code", "tenure"):
        dimension, code = cells["dimension"], cells["code"]
        allowed = _DIMENSION_CODES.get(dimension)
        if allowed is not None and code is not None and code not in allowed:
            yield problem_at(
                _SHARES,
                row,
                "code",
                f"the dimension {dimension} has no such code",
                value=code,
                expected=f"one of these: {', '.join(sorted(allowed))}",
                mend=nearest(code, allowed, "Mend the spelling, or the dimension"),
            )
        if allowed is not None and cells["tenure"] is not None and dimension not in _BY_TENURE:
            yield problem_at(
                _SHARES,
                row,
                "tenure",
                f"the dimension {dimension} is not divided by tenure",
                value=cells["tenure"],
                expected="an empty cell",
                mend=f"Empty it; only {' and '.join(sorted(_BY_TENURE))} may differ by tenure",
            )


def _partition_problems(read: Read) -> Iterator[Problem]:
    """Yield divisions of the whole whose shares do not sum to 1, or that are absent."""
    table = read[_SHARES]
    if not table.readable or not {"dimension", "code", "tenure", "central"} <= set(table.text):
        return
    parts: dict[tuple[str, str | None], list[tuple[int, Row]]] = {}
    for row, cells in rows_of(read, _SHARES):
        parts.setdefault((str(cells["dimension"]), cells["tenure"]), []).append((row, cells))
    for dimension in _PARTITIONS:
        tenures = sorted(TENURES) if dimension in _BY_TENURE else []
        if (dimension, None) not in parts:
            absent = [tenure for tenure in tenures if (dimension, tenure) not in parts]
            if absent or not tenures:
                yield problem_at(
                    _SHARES,
                    None,
                    "dimension",
                    f"nothing says how households divide by {dimension}"
                    + (f" for the tenures {', '.join(absent)}" if absent else ""),
                    value=dimension,
                    expected="shares that sum to 1",
                    mend="Add the rows; an empty tenure holds for all that have no rows",
                )
        for tenure in (None, *tenures):
            found = parts.get((dimension, tenure), [])
            if any(cells["central"] is None for _, cells in found):
                continue  # said elsewhere: a cell that cannot be read, or has no figure
            total = sum(cells["central"] for _, cells in found)
            if found and abs(total - 1) > SHARES_TOLERANCE:
                yield problem_at(
                    _SHARES,
                    found[0][0],
                    "central",
                    f"the {len(found)} shares of {dimension}"
                    + (f" for {tenure}" if tenure else "")
                    + f" sum to {total:.12g}, not to 1",
                    value=written_in(read, _SHARES, found[0][0], "central"),
                    expected="shares that sum to 1",
                    mend=f"Mend the rows {', '.join(str(row) for row, _ in found)}",
                )


def _exclusion_problems(read: Read) -> Iterator[Problem]:
    """Yield circumstances that exclude each other and have more than the whole together."""
    shares = _circumstance_shares(read)
    groups: dict[str, list[str]] = {}
    for code, circumstance in CIRCUMSTANCES.items():
        if code in shares and circumstance.level_of is not None:
            groups.setdefault(circumstance.level_of, []).append(code)
    pairs = [
        [a, b]
        for a, b in combinations(sorted(shares), 2)
        if a in CIRCUMSTANCES and b in CIRCUMSTANCES[a].impossible_with
    ]
    for codes in [*groups.values(), *pairs]:
        total = sum(shares[code][1] for code in codes)
        if total > 1 + SHARES_TOLERANCE:
            row = max(shares[code][0] for code in codes)
            yield problem_at(
                _SHARES,
                row,
                "central",
                f"{', '.join(codes)} exclude each other, and sum to {total:.12g}",
                value=written_in(read, _SHARES, row, "central"),
                expected="shares that sum to 1 at most",
                mend=f"Mend the rows {', '.join(str(shares[code][0]) for code in codes)}",
            )


def _circumstance_shares(read: Read) -> dict[str, tuple[int, float]]:
    """Return row and central share of each circumstance that has one."""
    shares: dict[str, tuple[int, float]] = {}
    for row, cells in rows_of(read, _SHARES, "dimension", "code", "central"):
        if cells["dimension"] == "circumstance" and cells["central"] is not None:
            shares.setdefault(str(cells["code"]), (row, cells["central"]))
    return shares


# Pairs of circumstances --------------------------------------------------------------------


def _pair_problems(read: Read) -> Iterator[Problem]:
    """Yield pairs of circumstances that stand twice, cannot be, or do not fit the shares."""
    shares = {code: share for code, (_, share) in _circumstance_shares(read).items()}
    seen: dict[frozenset[str], int] = {}
    for row, cells in rows_of(read, _PAIRS, "circumstance_a", "circumstance_b", "central"):
        a, b, both = cells["circumstance_a"], cells["circumstance_b"], cells["central"]
        if a not in CIRCUMSTANCES or b not in CIRCUMSTANCES:
            continue  # said elsewhere: the cell is empty, or no such circumstance exists
        first = seen.setdefault(frozenset((a, b)), row)
        found = _wrong_pair(a, b, first if first != row else None)
        if found is None and both is not None and 0 <= both <= 1:
            found = _wrong_pair_share(a, b, both, shares)
        if found is not None:
            column, message, expected, mend = found
            yield problem_at(
                _PAIRS,
                row,
                column,
                message,
                value=written_in(read, _PAIRS, row, column),
                expected=expected,
                mend=mend,
            )


def _wrong_pair(a: str, b: str, first: int | None) -> tuple[str, str, str, str] | None:
    """Return column, message, expectation and mending of two codes that are no pair."""
    if a == b:
        return ("circumstance_b", "it is the same circumstance twice", "another", "Mend the code")
    if exclude(a, b):
        message = f"{a} and {b} exclude each other"
        return ("circumstance_b", message, "two that can occur together", "Take the row out")
    if first is not None:
        message = f"{a} and {b} stand in row {first} already"
        return ("circumstance_b", message, "each pair once, in either order", "Take one row out")
    return None


def _wrong_pair_share(
    a: str, b: str, both: float, shares: dict[str, float]
) -> tuple[str, str, str, str] | None:
    """Return column, message, expectation and mending of a share that a pair cannot have."""
    for column, code in (("circumstance_a", a), ("circumstance_b", b)):
        if code not in shares:
            message = f"{code} has no share of its own in {BY_NAME[_SHARES].path}"
            return (column, message, "a circumstance with a central share", "Add its share")
    least, most = bounds(shares[a], shares[b])
    if least - SHARES_TOLERANCE <= both <= most + SHARES_TOLERANCE:
        return None
    message = f"{a} is {shares[a]:g} and {b} is {shares[b]:g}: together they cannot be {both:g}"
    expected = f"a share from {least:g} to {most:g}"
    return ("central", message, expected, "Mend it, or the share of one of the two")


def _fitting_problems(read: Read) -> Iterator[Problem]:
    """Yield pairs that fit one by one, but not all at once."""
    shares = {code: share for code, (_, share) in _circumstance_shares(read).items()}
    pairs = {
        (cells["circumstance_a"], cells["circumstance_b"]): cells["central"]
        for _, cells in rows_of(read, _PAIRS, "circumstance_a", "circumstance_b", "central")
        if cells["circumstance_a"] in shares
        and cells["circumstance_b"] in shares
        and cells["central"] is not None
    }
    sound = all(0 <= share <= 1 for share in (*shares.values(), *pairs.values()))
    if not pairs or not sound or not shares.keys() <= CIRCUMSTANCES.keys():
        return  # what is not sound is said elsewhere
    try:
        factors(shares, pairs)
    except UsageError as refused:
        yield problem_at(
            _PAIRS,
            None,
            "central",
            str(refused),
            expected="shares that can hold together",
            mend="Mend the rows of these pairs, or leave one of them out",
        )
