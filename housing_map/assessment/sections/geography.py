"""Areas of the sheets: a grouping of wards, such as Place Partnerships, under the district.

Modelled numbers are shown for no smaller area. A pack that does not group its wards has the
district alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from housing_map.assessment.sections.making import ALL, summed
from housing_map.assessment.sections.parts import GROUPING
from housing_map.places import membership

if TYPE_CHECKING:
    import pandas as pd

    from housing_map.assessment.sections.parts import Asked
    from housing_map.disclosure import Dimension
    from housing_map.disclosure_tables import Codes


def dimension(asked: Asked, *others: str) -> Dimension:
    """Return the areas under the district; ``others`` are pseudo-areas beside them."""
    return summed("area", [*asked.area_codes, *others])


def labels(asked: Asked, **others: str) -> dict[str, str]:
    """Return labels of areas: they are called by their codes, and the district by its name."""
    return {ALL: "All" if others else asked.pack.info.title, **others}


def heading(asked: Asked) -> str:
    """Return what heads the column of areas."""
    return asked.level_label or "Area"


def title(asked: Asked, what: str) -> str:
    """Return a title that says by which areas."""
    district = asked.pack.info.title
    return f"{what}, {district}, by {asked.level_label}" if asked.level else f"{what}, {district}"


def level(asked: Asked) -> str:
    """Return the level of the areas as a policy of disclosure names it."""
    return "district" if asked.level is None else GROUPING


def notes(asked: Asked) -> tuple[str, ...]:
    """Return what is to be known of how wards are grouped."""
    info = asked.pack.info.groupings.get(asked.level or "")
    return (info.note,) if info is not None and info.note else ()


def by_area(asked: Asked, figures: pd.Series[float]) -> dict[Codes, float]:
    """Add figures of small areas up to areas and the district."""
    found: dict[Codes, float] = {(ALL,): float(figures.sum())}
    if asked.level is not None:
        areas = membership(asked.pack)[asked.level].reindex(figures.index)
        found |= {(str(code),): float(v) for code, v in figures.groupby(areas).sum().items()}
    return found


def by_area_and(asked: Asked, figures: pd.DataFrame) -> dict[Codes, float]:
    """Add figures of small areas (rows) by some code (columns) up, with totals of both."""
    found: dict[Codes, float] = {}
    whole = figures.assign(**{ALL: figures.sum(axis=1)})
    for code in whole.columns:
        for (area,), value in by_area(asked, whole[code]).items():
            found[area, str(code)] = value
    return found
