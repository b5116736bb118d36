"""Optional tables of a pack for figures that others publish beside the homelessness tables.

*Support in domestic abuse safe accommodation* (MHCLG, each autumn, from the returns of tier-one
authorities): who was supported, who could not be, who moved on, and what is commissioned. Its
words are those of :mod:`housing_map.returns`, so that a published figure and a local return of
the same thing stand under one name.
"""

from __future__ import annotations

from typing import Final

from housing_map import returns
from housing_map.schemas import Column, Table, Type, area, code, number, text
from housing_map.vocabulary import LegalCategory

YEAR: Final = r"^20\d\d-\d\d$"
"""A financial year, April to March, such as 2024-25."""

CATEGORIES: Final[dict[str, frozenset[str]]] = {
    "individuals_supported": frozenset(),
    "women_supported": frozenset(),
    "men_supported": frozenset(),
    "trans_adults_supported": frozenset(),
    "children_supported": frozenset(),
    "characteristics_supported": frozenset(returns.CHARACTERISTICS),
    "households_supported": frozenset(),
    "households_unable": frozenset(returns.UNABLE_REASONS),
    "households_stopped": frozenset(returns.END_REASONS),
    "households_moved_on": frozenset(returns.DESTINATIONS),
    "units_commissioned": frozenset(map(str, LegalCategory)),
}
"""What is counted, and by which categories it may be divided; without one it is the total.

Units are units or bed spaces, as the publisher counts them; characteristics overlap, since a
person may have several.
"""

_ALL: Final = frozenset(name for names in CATEGORIES.values() for name in names)

PUBLISHED_TABLES: Final[tuple[Table, ...]] = (
    Table(
        "safe_accommodation",
        "activity/safe_accommodation.csv",
        "Published figures on support in domestic abuse safe accommodation, by year",
        (
            Column(
                "year",
                Type.CODE,
                "financial year, April to March, such as 2024-25",
                required=True,
                pattern=YEAR,
            ),
            area("area_code", "tier-one authority, region or country"),
            code("measure", "what was counted", CATEGORIES),
            code("category", "by what it is divided; empty for the total", _ALL, required=False),
            number("value", "how many", "as the measure says"),
            text("note", "mark or limit that the publisher gives"),
            text("source", "file, sheet and cell it was read from", required=True),
        ),
        key=("year", "area_code", "measure", "category"),
        optional=True,
        source="MHCLG, Support in domestic abuse safe accommodation, data tables",
        vintage="as each row says",
    ),
)
