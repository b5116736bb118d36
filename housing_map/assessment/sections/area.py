"""Section 2: who lives here, in which homes, and how deprived the areas are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from housing_map.assessment.sections import geography
from housing_map.assessment.sections.making import (
    ALL,
    Column,
    Head,
    columns,
    listed,
    summed,
    with_totals,
)
from housing_map.assessment.sections.parts import Chart, Line, Made, Missing, Quote, Shape
from housing_map.assessment.sheets import ShareOf, Sheet
from housing_map.demand import HOUSED, households_by_tenure
from housing_map.disclosure import Kind
from housing_map.vocabulary import TENURES, Status

if TYPE_CHECKING:
    import pandas as pd

    from housing_map.assessment.sections.parts import Asked
    from housing_map.disclosure_tables import Codes

CENSUS: Final = "ONS, Census 2021, by small area (LSOA)"
ESTIMATES: Final = "ONS, mid-2020 population estimates by ward"
DEPRIVATION: Final = "MHCLG, English Indices of Deprivation 2025"

_AGES: Final = {
    "all_ages": "All ages",
    "aged_0_15": "0 to 15",
    "aged_16_plus": "16 and over",
    "aged_18_plus": "18 and over",
    "aged_65_plus": "65 and over",
}
_SEXES: Final = {ALL: "All", "females": "Women and girls", "males": "Men and boys"}
_PEOPLE: Final = {
    "residents": "Residents",
    "disabled": "Disabled residents",
    "asian": "Asian residents",
    "black": "Black residents",
    "mixed": "Residents of mixed ethnicity",
    "other_ethnic": "Residents of another ethnicity",
    "white": "White residents",
}
_MOST_DEPRIVED: Final = 1


def area(asked: Asked) -> Made:
    """Describe the district: people, homes by tenure, deprivation."""
    sheets = [_sex_and_age(asked), _people(asked), _homes(asked), _deprivation(asked)]
    district = asked.pack.info.title
    lines = [
        Line(
            f"{{0}} people lived in {district} at the census of 2021, in {{1}} households. "
            "{2} of the people were disabled under the Equality Act.",
            (
                Quote("people", "residents", (ALL,)),
                Quote("homes", "households", (ALL, ALL)),
                Quote("people", "disabled_share", (ALL,)),
            ),
        ),
        Line(
            "Of the homes, {0} were owned, {1} rented from a private landlord, {2} from the "
            "council and {3} from a housing association. Tenure decides what help can work: each "
            "has its own way to safety.",
            tuple(Quote("homes", "households", (ALL, str(tenure))) for tenure in HOUSED),
        ),
        Line(
            "{0} of {1} small areas are among the most deprived tenth in England.",
            (
                Quote("deprivation", "most_deprived", (ALL,)),
                Quote("deprivation", "small_areas", (ALL,)),
            ),
        ),
    ]
    pictures = []
    if asked.level is not None:
        pictures = [
            Chart(
                id="homes_by_area",
                shape=Shape.STACKED,
                title=f"Homes by tenure and {asked.level_label}",
                alt="One bar for each area, divided by how homes are held: owned, private rent, "
                "council rent and housing association rent.",
                sheet="homes",
                by="area",
                columns=("households",),
                across="tenure",
                codes=tuple((a, str(t)) for a in asked.area_codes for t in HOUSED),
            )
        ]
    asks = (
        Missing("Residents by sexual orientation, gender identity and religion", "ONS, Census "
                "2021 tables for the district; the data pack does not hold them", needed=False),
        Missing("Residents by age and sex since 2020", "ONS, population estimates", needed=False),
    )  # fmt: skip
    return Made(lines=tuple(lines), sheets=tuple(sheets), pictures=tuple(pictures), asks=asks)


def _sex_and_age(asked: Asked) -> Sheet:
    table = asked.pack["ward_age_sex"].groupby("sex")[list(_AGES)].sum()
    values: dict[Codes, float] = {
        (str(sex), age): float(table.loc[sex, age]) for sex in table.index for age in _AGES
    }
    dimensions = (summed("sex", [str(sex) for sex in table.index]), listed("age", _AGES))
    found = with_totals(values, 2, over=[0])
    return Sheet(
        id="age_and_sex",
        title=f"Residents of {asked.pack.info.title} by sex and age, mid-2020",
        section="area",
        dimensions=dimensions,
        headings={"sex": "Sex", "age": "Age"},
        labels={"sex": _SEXES, "age": _AGES},
        figures=columns(
            dimensions,
            [
                Column(
                    head=Head("residents", "Residents", "people", "residents, mid-2020"),
                    kind=Kind.NATIONAL,
                    values=found,
                    status=Status.PUBLISHED,
                    source=ESTIMATES,
                )
            ],
        ),
        notes=("Ages overlap: people of 65 are also 16 and over.",
               "Estimates for mid-2020, made before the census of 2021 was used to mend them."),
    )  # fmt: skip


def _people(asked: Asked) -> Sheet:
    facts = asked.pack["lsoa_facts"].set_index("lsoa_code")[list(_PEOPLE)].astype("float64")
    made = [
        _column(asked, Head(name, label, "people", f"{name}, Census 2021"), facts[name])
        for name, label in _PEOPLE.items()
    ]
    share = ShareOf(
        name="disabled_share", label="Share disabled", part="disabled", whole="residents"
    )
    return _sheet(asked, "people", "Residents, disability and ethnicity", made, share)


def _homes(asked: Asked) -> Sheet:
    homes = households_by_tenure(asked.pack)
    homes.columns = [str(tenure) for tenure in homes.columns]
    found = geography.by_area_and(asked, homes[[str(tenure) for tenure in HOUSED]])
    dimensions = (geography.dimension(asked), summed("tenure", [str(t) for t in HOUSED]))
    return Sheet(
        id="homes",
        title=geography.title(asked, "Households by tenure"),
        section="area",
        dimensions=dimensions,
        headings={"area": geography.heading(asked), "tenure": "Tenure"},
        labels={
            "area": geography.labels(asked),
            "tenure": {ALL: "All", **{str(t): TENURES[t].label for t in HOUSED}},
        },
        figures=columns(
            dimensions,
            [
                Column(
                    head=Head("households", "Households", "households", "households, 2021"),
                    kind=Kind.NATIONAL,
                    values=found,
                    status=Status.DERIVED,
                    source=f"{CENSUS}, TS054",
                    more={"level": geography.level(asked)},
                )
            ],
        ),
        area=asked.level or "",
        notes=geography.notes(asked),
    )


def _deprivation(asked: Asked) -> Sheet:
    facts = asked.pack["lsoa_facts"].set_index("lsoa_code")
    most = (facts["imd2025_decile"] <= _MOST_DEPRIVED).astype("float64")
    unit = "small areas (LSOA)"
    tenth = Head("most_deprived", "Most deprived tenth", unit, "most deprived tenth, 2025")
    every = Head("small_areas", "All small areas", unit, "small areas (LSOA)")
    made = [
        _column(asked, tenth, most, DEPRIVATION),
        _column(asked, every, most * 0 + 1, DEPRIVATION),
    ]
    share = ShareOf(name="share", label="Share", part="most_deprived", whole="small_areas")
    what = "Small areas among the most deprived tenth in England"
    return _sheet(asked, "deprivation", what, made, share)


def _sheet(asked: Asked, id_: str, what: str, made: list[Column], share: ShareOf) -> Sheet:
    """Return a sheet by area of published figures."""
    areas = geography.dimension(asked)
    return Sheet(
        id=id_,
        title=geography.title(asked, what),
        section="area",
        dimensions=(areas,),
        headings={"area": geography.heading(asked)},
        labels={"area": geography.labels(asked)},
        figures=columns((areas,), made),
        shares=(share,),
        area=asked.level or "",
        notes=geography.notes(asked),
    )


def _column(asked: Asked, head: Head, figures: pd.Series[float], source: str = CENSUS) -> Column:
    """Return a column of published figures of small areas, added up."""
    return Column(
        head=head,
        kind=Kind.NATIONAL,
        values=geography.by_area(asked, figures),
        status=Status.DERIVED,
        source=source,
        more={"level": geography.level(asked)},
    )
