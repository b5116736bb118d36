"""Homelessness because of domestic abuse: the district beside those around it, and England.

Published counts as they stand: victims of domestic abuse among the households owed a prevention
or relief duty (MHCLG statutory homelessness, detailed local authority tables A1 and A2). Both
come from one table, so no number of households of another district is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from housing_map.pack import Pack

QUARTERS: Final = 4
"""Quarters of homelessness statistics that are compared: the latest year."""


@dataclass(frozen=True, slots=True)
class District:
    """Homelessness because of domestic abuse in one area, over the latest quarters.

    ``victims`` of ``owed`` households owed a duty; ``missing`` names quarters without figures,
    which are left out of both.
    """

    code: str
    name: str
    owed: float
    victims: float
    missing: tuple[str, ...]

    @property
    def share(self) -> float | None:
        """Victims of domestic abuse among households owed a duty; None where nobody is owed."""
        return self.victims / self.owed if self.owed > 0 else None


def latest_quarters(pack: Pack) -> list[str]:
    """Return the latest four quarters in which the district has a row, in order."""
    table = pack["homelessness"]
    here = table.loc[table["area_code"] == pack.info.district_code, "quarter"]
    return sorted(here.unique())[-QUARTERS:]


def districts(pack: Pack) -> list[District]:
    """Every area of the homelessness table over the latest four quarters, ours first.

    Published counts as they stand: victims of domestic abuse among households owed a prevention
    or relief duty (MHCLG, tables A1 and A2). Their base is in the same table, so no number of
    households of another district is needed.
    """
    quarters = latest_quarters(pack)
    table = pack["homelessness"]
    table = table[table["quarter"].isin(quarters)]
    found = [_district(str(code), rows, quarters) for code, rows in table.groupby("area_code")]
    return sorted(found, key=lambda one: (one.code != pack.info.district_code, one.code))


def _district(code: str, rows: pd.DataFrame, quarters: Sequence[str]) -> District:
    columns = ["owed_any_duty", "reason_da_prevention_victim", "reason_da_relief_victim"]
    known = rows.set_index("quarter")[columns].astype("float64").dropna()
    return District(
        code,
        str(rows["area_name"].iloc[0]),
        float(known["owed_any_duty"].sum()),
        float(known[columns[1:]].to_numpy().sum()),
        tuple(quarter for quarter in quarters if quarter not in known.index),
    )


def is_district(area: District) -> bool:
    """Whether an area is a single authority, and not a region or a country.

    Authorities of England have codes from E06 to E10, of Wales W06, of Scotland S12.
    """
    return area.code[:3] in {"E06", "E07", "E08", "E09", "E10", "W06", "S12", "N09"}
