"""Table and file schemas of a data pack: one description, used three ways.

Each :class:`Table` lists its :class:`Column` s with meaning, unit and limits. From it come
the parser of each cell, the pandera schema that validates at run time
(:func:`pandera_schema`) and the Frictionless description in ``datapackage.json``
(:func:`frictionless_resource`); so the three cannot drift apart.

Formats: CSV, UTF-8, comma, LF line ends, ISO 8601 dates, shares from 0 to 1, lists separated
by a semicolon, an empty cell where nothing is known.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

import pandera.pandas as pa

from housing_map import legal, vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterable

SCHEMA_VERSION: Final = "1.0"
"""Version of the data-pack format. The first number changes when old packs stop loading."""


class Type(StrEnum):
    """Types of cell. ``TRIAD`` members are ordinary numbers named low, central, high."""

    TEXT = "string"
    CODE = "code"
    CODES = "codes"
    NUMBER = "number"
    INTEGER = "integer"
    DATE = "date"
    QUARTER = "quarter"


_DTYPES: Final = {
    Type.TEXT: "str",
    Type.CODE: "str",
    Type.CODES: "str",
    Type.NUMBER: "float64",
    Type.INTEGER: "Int64",
    Type.DATE: "datetime64[us]",
    Type.QUARTER: "str",
}

QUARTER: Final = re.compile(r"^\d{4}Q[1-4]$")
IDENTIFIER: Final = r"^[a-z0-9][a-z0-9_\-]*$"
GSS_CODE: Final = r"^[EWSN]\d{8}$"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, type, meaning, unit and limits.

    ``allowed`` is the closed list of codes; ``minimum`` and ``maximum`` are inclusive, in
    ``unit``; ``refers_to`` is ``table.column`` that must hold the value.
    """

    name: str
    type: Type
    meaning: str
    unit: str = ""
    required: bool = False
    unique: bool = False
    allowed: frozenset[str] = frozenset()
    minimum: float | None = None
    maximum: float | None = None
    pattern: str | None = None
    refers_to: str | None = None

    @property
    def is_share(self) -> bool:
        """Whether the column holds shares from 0 to 1."""
        return self.unit == "share"

    def expected(self) -> str:
        """What a cell of this column should hold, in words, for messages and documentation."""
        if self.allowed:
            many = "any of these, separated by ;" if self.type is Type.CODES else "one of these"
            return f"{many}: {', '.join(sorted(self.allowed))}"
        if self.is_share:
            return "a share from 0 to 1 (64 per cent is 0.64)"
        if self.type in {Type.NUMBER, Type.INTEGER}:
            word = "a whole number" if self.type is Type.INTEGER else "a number"
            if self.minimum is not None and self.maximum is not None:
                word += f" from {self.minimum:g} to {self.maximum:g}"
            elif self.minimum is not None:
                word += f" of {self.minimum:g} or more"
            return word + (f", in {self.unit}" if self.unit else "")
        if self.type is Type.DATE:
            return "a date as year-month-day, such as 2026-03-31"
        if self.type is Type.QUARTER:
            return "a quarter such as 2025Q4"
        if self.pattern == GSS_CODE:
            return "a nine-character area code such as E05001389"
        if self.pattern == IDENTIFIER:
            return "an identifier of small letters, digits, - and _"
        return "text"


@dataclass(frozen=True, slots=True)
class Table:
    """One CSV file of a pack.

    ``key`` lists the columns that together are unique. ``extra_pattern`` allows further
    columns whose name matches it (groupings of areas are data). ``optional`` files may be
    missing.
    """

    name: str
    path: str
    title: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    extra_pattern: str | None = None
    optional: bool = False
    source: str = ""
    licence: str = "OGL-UK-3.0"
    vintage: str = ""
    triads: tuple[str, ...] = field(default=())
    """Prefixes p of column triples p_low, p_central, p_high (or '' for low, central, high)."""

    def column(self, name: str) -> Column:
        """Return the column called ``name``; raises :class:`KeyError` when there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


def _ids(name: str, meaning: str, *, unique: bool = False, refers_to: str | None = None) -> Column:
    return Column(
        name,
        Type.CODE,
        meaning,
        required=True,
        unique=unique,
        pattern=IDENTIFIER,
        refers_to=refers_to,
    )


def _code(name: str, meaning: str, allowed: Iterable[str], *, required: bool = True) -> Column:
    return Column(
        name, Type.CODE, meaning, required=required, allowed=frozenset(str(a) for a in allowed)
    )


def _text(name: str, meaning: str, *, required: bool = False) -> Column:
    return Column(name, Type.TEXT, meaning, required=required)


def _number(
    name: str,
    meaning: str,
    unit: str,
    *,
    required: bool = False,
    minimum: float | None = 0,
    maximum: float | None = None,
) -> Column:
    return Column(
        name, Type.NUMBER, meaning, unit, required=required, minimum=minimum, maximum=maximum
    )


def _count(name: str, meaning: str, unit: str) -> Column:
    return Column(name, Type.INTEGER, meaning, unit, required=True, minimum=0)


def _area(name: str, meaning: str, *, unique: bool = False, refers_to: str | None = None) -> Column:
    return Column(
        name,
        Type.CODE,
        meaning,
        required=True,
        unique=unique,
        pattern=GSS_CODE,
        refers_to=refers_to,
    )


def _triad(prefix: str, meaning: str, unit: str) -> tuple[Column, ...]:
    start = f"{prefix}_" if prefix else ""
    maximum = 1.0 if unit == "share" else None
    return tuple(
        _number(f"{start}{end}", f"{meaning}: {end}", unit, minimum=0, maximum=maximum)
        for end in ("low", "central", "high")
    )


_STATUS: Final = _code("status", "what the figure or statement rests on", vocabulary.STATUSES)
_SOURCE: Final = _text("source", "where it was read, or who said it", required=True)
_NOTE: Final = _text("note", "how it was worked out, and its limits")
_CONFIRMED: Final = Column(
    "last_confirmed", Type.DATE, "date on which somebody last confirmed the row"
)
_THREE: Final = ("yes", "no", "unknown")
_SERVICE: Final = _ids("service_id", "the service", refers_to="services.service_id")

_TENURE_GROUPS: Final = ("owned", "private_rent", "social_rent")
_HOUSEHOLD_DIMENSIONS: Final = ("tenure", "right", "risk", "aim", "entry", "circumstance")

_CENSUS: Final = "ONS Census 2021 (TS021, TS038, TS052, TS054); MHCLG Indices of Deprivation 2025"

TABLES: Final[tuple[Table, ...]] = (
    Table(
        "groupings",
        "boundaries/groupings.csv",
        "Wards and the groupings they belong to",
        (
            _area("ward_code", "ward", unique=True),
            _text("ward_name", "name of the ward", required=True),
        ),
        key=("ward_code",),
        extra_pattern=r"^[a-z][a-z0-9_]*$",
        source="No published list was read for most; see the evidence columns",
        vintage="wards before May 2026",
    ),
    Table(
        "lsoa_facts",
        "population/lsoa_facts.csv",
        "Facts about each small area (LSOA 2021)",
        (
            _area("lsoa_code", "Lower-layer Super Output Area, 2021", unique=True),
            _text("lsoa_name", "name of the small area", required=True),
            _text("msoa_code", "Middle-layer Super Output Area, 2021"),
            _text("msoa_name", "House of Commons Library name of that area"),
            _area("ward_code", "best-fit ward", refers_to="groupings.ward_code"),
            _text("ward_name", "name of the best-fit ward"),
            _text("rural_urban_2021", "rural-urban classification, 2021"),
            _number("lon", "longitude of the centroid", "degrees", required=True, minimum=-9, maximum=3),
            _number("lat", "latitude of the centroid", "degrees", required=True, minimum=49, maximum=61),
            _text("centroid_source", "population-weighted centroid it was taken from"),
            _count("residents", "usual residents", "people"),
            _count("disabled", "disabled under the Equality Act", "people"),
            _count("asian", "Asian, Asian British", "people"),
            _count("black", "Black, Black British, Caribbean or African", "people"),
            _count("mixed", "mixed or multiple ethnic groups", "people"),
            _count("other_ethnic", "other ethnic group", "people"),
            _count("white", "White", "people"),
            _count("households", "households", "households"),
            _count("owned_outright", "owned outright", "households"),
            _count("owned_mortgage", "owned with a mortgage", "households"),
            _count("shared_ownership", "shared ownership", "households"),
            _count("rents_council", "rented from the council", "households"),
            _count("rents_other_social", "other social rented", "households"),
            _count("rents_private_landlord", "private landlord or agent", "households"),
            _count("rents_other_private", "other private rented", "households"),
            _count("rent_free", "rent free", "households"),
            _count("overcrowded_by_1", "one bedroom too few", "households"),
            _count("overcrowded_by_2_or_more", "two or more bedrooms too few", "households"),
            _number("imd2025_score", "Index of Multiple Deprivation 2025", "score"),
            _number("imd2025_rank", "rank in England, 1 most deprived", "rank", minimum=1),
            _number("imd2025_decile", "decile, 1 most deprived", "decile", minimum=1, maximum=10),
            _number("imd2025_crime_decile", "crime domain decile", "decile", minimum=1, maximum=10),
            _number("imd2025_housing_decile", "barriers to housing decile", "decile", minimum=1, maximum=10),
            _number("stalking_harassment_per_1000", "stalking and harassment recorded", "crimes per 1,000 residents"),
            _number("violence_with_injury_per_1000", "violence with injury recorded", "crimes per 1,000 residents"),
            _number("connectivity_score", "transport connectivity", "score"),
        ),
        key=("lsoa_code",),
        source=_CENSUS,
        vintage="Census 2021; IoD 2025; best fit to wards of May 2024",
    ),
    Table(
        "ward_age_sex",
        "population/ward_age_sex.csv",
        "Residents by ward, sex and broad age",
        (
            _area("ward_code", "ward", refers_to="groupings.ward_code"),
            _text("ward_name", "name of the ward"),
            _code("sex", "sex", ("females", "males")),
            _count("all_ages", "residents", "people"),
            _count("aged_0_15", "aged under 16", "people"),
            _count("aged_16_plus", "aged 16 and over", "people"),
            _count("aged_18_plus", "aged 18 and over", "people"),
            _count("aged_65_plus", "aged 65 and over", "people"),
        ),
        key=("ward_code", "sex"),
        source="ONS mid-2020 population estimates, before the census rebase",
        vintage="mid-2020",
    ),
    Table(
        "tenure_calibration",
        "population/tenure_calibration.csv",
        "Households and adults by tenure in England and Wales, to calibrate tenure rates",
        (
            _code("tenure", "tenure", _TENURE_GROUPS),
            _number("households", "households in England and Wales", "households", required=True),
            _number("adults_per_household", "people aged 16 and over per household", "people", required=True),
            _STATUS,
            _SOURCE,
            _NOTE,
        ),
        key=("tenure",),
        source="ONS Census 2021",
        vintage="2021",
    ),
    Table(
        "homelessness",
        "activity/homelessness.csv",
        "Statutory homelessness by quarter: the district, its neighbours, region and England",
        (
            Column("quarter", Type.QUARTER, "calendar quarter", required=True),
            _area("area_code", "local authority, region or country"),
            _text("area_name", "its name", required=True),
            *(
                _number(name, meaning, "households")
                for name, meaning in (
                    ("initial_assessments", "assessments made"),
                    ("owed_any_duty", "owed a prevention or relief duty"),
                    ("owed_prevention", "owed a prevention duty"),
                    ("owed_relief", "owed a relief duty"),
                    ("reason_da_any_duty_old", "domestic abuse as reason, any duty, before mid-2020"),
                    ("reason_da_prevention", "domestic abuse as reason, prevention"),
                    ("reason_da_relief", "domestic abuse as reason, relief"),
                    ("reason_da_prevention_victim", "of which victims, prevention (from 2023Q3)"),
                    ("reason_da_relief_victim", "of which victims, relief (from 2023Q3)"),
                    ("support_need_da", "with a support need because of domestic abuse"),
                    ("households_in_ta", "in temporary accommodation at quarter end"),
                    ("ta_hostels_incl_refuges", "of which in hostels, including refuges"),
                    ("reason_da_all", "domestic abuse as reason, including perpetrators"),
                )
            ),
        ),
        key=("quarter", "area_code"),
        source="MHCLG statutory homelessness, detailed local authority tables",
        vintage="2018Q2 to 2025Q4; the district's 2022Q1 looks miscoded at source: treat as missing",
    ),
    Table(
        "local_counts",
        "activity/local_counts.csv",
        "Counts of people and homes that local services published; they overlap",
        (
            _ids("key", "identifier of the count", unique=True),
            _text("label", "what was counted", required=True),
            _number("count", "how many", "as in unit", required=True),
            _text("unit", "what one is", required=True),
            Column("period_start", Type.DATE, "first day counted", required=True),
            Column("period_end", Type.DATE, "last day counted", required=True),
            _code("reached", "whether it bounds households who reached services", ("yes", "no")),
            _code("repeats", "whether one household may be counted twice", vocabulary.ANSWERS),
            _code("from_elsewhere", "whether people from elsewhere are included", vocabulary.ANSWERS),
            Column("overlaps_with", Type.CODES, "counts that may hold the same households"),
            _STATUS,
            _SOURCE,
            _NOTE,
        ),
        key=("key",),
        source="Kirklees Domestic Abuse Strategy 2022-2027, Annexe B; MHCLG",
        vintage="2019 to 2025",
    ),
    Table(
        "parameters",
        "parameters/parameters.csv",
        "Parameter register",
        (
            _ids("key", "identifier of the parameter", unique=True),
            _text("label", "what it is", required=True),
            _number("low", "low end of the range", "as in unit", minimum=None),
            _number("central", "the figure used centrally", "as in unit", minimum=None),
            _number("high", "high end of the range", "as in unit", minimum=None),
            _text("unit", "unit", required=True),
            _code("worse_when", "which end is worse for coverage", ("high", "low"), required=False),
            _text("period", "period it is about"),
            _text("geography", "area it is about"),
            _STATUS,
            _SOURCE,
            _NOTE,
        ),
        key=("key",),
        source="as each row says",
        vintage="as each row says",
        triads=("",),
    ),
    Table(
        "pool_assumptions",
        "parameters/pool_assumptions.csv",
        "District-wide capacity assumption for each kind of service whose own figure is unknown",
        (
            _code("kind", "kind of service", vocabulary.KINDS),
            _code("basis", "what capacity counts", vocabulary.CapacityBasis),
            *_triad("capacity", "capacity of the whole district", "units of the basis"),
            *_triad("stay_days", "mean stay (units only)", "days"),
            *_triad("occupancy", "share of unit-days used (units only)", "share"),
            Column("sites", Type.INTEGER, "number of sites the pool stands for", "sites", minimum=1),
            _STATUS,
            _SOURCE,
            _NOTE,
        ),
        key=("kind",),
        source="as each row says",
        vintage="as each row says",
        triads=("capacity", "stay_days", "occupancy"),
    ),
    Table(
        "acceptance_shares",
        "parameters/acceptance_shares.csv",
        "National shares of vacancies or services that can take a household with a circumstance",
        (
            _code("kind", "kind of service", vocabulary.KINDS),
            _code("rule", "circumstance", vocabulary.RULES),
            *_triad("", "share that can take such a household", "share"),
            _code("share_of", "what it is a share of", ("vacancies", "services")),
            _text("period", "period it is about"),
            _STATUS,
            _SOURCE,
            _NOTE,
        ),
        key=("kind", "rule"),
        source="Women's Aid annual audits",
        vintage="as each row says",
        triads=("",),
    ),
    Table(
        "household_shares",
        "parameters/household_shares.csv",
        "How household groups divide by tenure, right, risk, aim, entry and circumstance",
        (
            _code("dimension", "what is divided", _HOUSEHOLD_DIMENSIONS),
            _text("code", "code of the group", required=True),
            _code("tenure", "tenure it holds for; empty for every tenure", vocabulary.TENURES, required=False),
            *_triad("", "share of households seeking help", "share"),
            _STATUS,
            _SOURCE,
            _NOTE,
        ),
        key=("dimension", "code", "tenure"),
        source="as each row says",
        vintage="as each row says",
        triads=("",),
    ),
    Table(
        "organisations",
        "providers/organisations.csv",
        "Organisations",
        (
            _ids("organisation_id", "identifier", unique=True),
            _text("name", "name", required=True),
            _code("provider_type", "kind of body", vocabulary.PROVIDER_TYPES),
            _code("supports_da_in_objects", "whether a charity's objects include supporting victims", _THREE),
            _code("non_profit", "whether a registered provider is non-profit", _THREE),
            _code("voluntary", "whether it is a voluntary organisation", _THREE),
            _text("registration", "charity or company number"),
            _text("public_contact", "published contact: a phone number or web address, never an address of safe accommodation"),
            _STATUS,
            _SOURCE,
            _CONFIRMED,
            _NOTE,
        ),
        key=("organisation_id",),
        source="as each row says",
        vintage="as each row says",
    ),
    Table(
        "services",
        "providers/services.csv",
        "Services",
        (
            _ids("service_id", "identifier", unique=True),
            _text("name", "name", required=True),
            _code("kind", "kind of service", vocabulary.KINDS),
            _ids("organisation_id", "who offers it", refers_to="organisations.organisation_id"),
            Column("accommodation_provider_id", Type.CODE, "who provides the accommodation, or operates the scheme", pattern=IDENTIFIER, refers_to="organisations.organisation_id"),
            Column("landlord_id", Type.CODE, "the landlord", pattern=IDENTIFIER, refers_to="organisations.organisation_id"),
            Column("support_provider_id", Type.CODE, "who gives the support", pattern=IDENTIFIER, refers_to="organisations.organisation_id"),
            Column("components", Type.CODES, "further components of the Whole Housing Approach it delivers", allowed=frozenset(vocabulary.COMPONENTS)),
            Column("support_types", Type.CODES, "support types it gives", allowed=frozenset(vocabulary.SUPPORT_TYPES)),
            Column("delivery", Type.CODES, "how help reaches people", required=True, allowed=frozenset(vocabulary.Delivery)),
            _code("operating", "whether it runs on the reference date", _THREE),
            Column("opened_on", Type.DATE, "first day"),
            Column("closes_on", Type.DATE, "last day, where an end is known"),
            _text("accreditation", "quality marks held"),
            _text("helpline", "published number that anybody may ring"),
            _STATUS,
            _SOURCE,
            _CONFIRMED,
            _NOTE,
        ),
        key=("service_id",),
        source="as each row says",
        vintage="as each row says",
    ),
    Table(
        "legal_facts",
        "providers/legal_facts.csv",
        "Facts that decide whether a service is relevant accommodation in law",
        (
            _SERVICE,
            _code("fact", "the fact", legal.FACTS),
            _code("answer", "whether it holds", _THREE),
            _STATUS,
            _SOURCE,
            _CONFIRMED,
            _NOTE,
        ),
        key=("service_id", "fact"),
        source="as each row says",
        vintage="as each row says",
    ),
    Table(
        "eligibility",
        "providers/eligibility.csv",
        "What each service takes, rule by rule; a rule without a row is unknown",
        (
            _SERVICE,
            _code("rule", "circumstance, tenure, right, risk or origin", vocabulary.RULES),
            _code("answer", "whether it takes such households", vocabulary.ANSWERS),
            _STATUS,
            _SOURCE,
            _CONFIRMED,
            _NOTE,
        ),
        key=("service_id", "rule"),
        source="as each row says",
        vintage="as each row says",
    ),
    Table(
        "capacity",
        "providers/capacity.csv",
        "Capacity of each service with its basis; blank where nobody has published it",
        (
            _SERVICE,
            _code("basis", "what capacity counts", vocabulary.CapacityBasis),
            *_triad("capacity", "capacity", "units of the basis"),
            *_triad("stay_days", "mean stay (units only)", "days"),
            *_triad("occupancy", "share of unit-days used (units only)", "share"),
            Column("sites", Type.INTEGER, "number of sites", "sites", minimum=1),
            _STATUS,
            _SOURCE,
            _CONFIRMED,
            _NOTE,
        ),
        key=("service_id",),
        source="as each row says",
        vintage="as each row says",
        triads=("capacity", "stay_days", "occupancy"),
    ),
    Table(
        "areas_served",
        "providers/areas_served.csv",
        "Areas each service serves: the district, a grouping of wards, a ward, or an LSOA",
        (
            _SERVICE,
            _text("area", "code of a district, ward or LSOA, or the name of a grouping's area", required=True),
            _STATUS,
            _SOURCE,
            _NOTE,
        ),
        key=("service_id", "area"),
        source="as each row says",
        vintage="as each row says",
    ),
    Table(
        "delivery_points",
        "providers/delivery_points.csv",
        "Public places that people visit; never safe accommodation",
        (
            _ids("point_id", "identifier", unique=True),
            _SERVICE,
            _text("name", "what people would look for", required=True),
            _number("lon", "longitude", "degrees", required=True, minimum=-9, maximum=3),
            _number("lat", "latitude", "degrees", required=True, minimum=49, maximum=61),
            _code("precision", "how exact the point is", ("site", "postcode_sector", "town")),
            _STATUS,
            _SOURCE,
            _NOTE,
        ),
        key=("point_id",),
        source="as each row says",
        vintage="as each row says",
    ),
    Table(
        "referral_routes",
        "providers/referral_routes.csv",
        "Referral routes: who can send a household on to whom, and on what condition",
        (
            _text("from_id", "entry:CODE or a service", required=True),
            _text("to_id", "a service or home:CODE", required=True),
            _code("known", "whether the route exists", vocabulary.ANSWERS),
            Column("tenures", Type.CODES, "only for these tenures; empty for all", allowed=frozenset(vocabulary.TENURES)),
            Column("rights", Type.CODES, "only with these rights to occupy; empty for all", allowed=frozenset(vocabulary.RIGHTS)),
            Column("risks", Type.CODES, "only at these levels of risk; empty for all", allowed=frozenset(vocabulary.RISKS)),
            Column("aims", Type.CODES, "only for these aims; empty for all", allowed=frozenset(vocabulary.AIMS)),
            *_triad("accepts", "share of households who take the step when offered; empty for all", "share"),
            *_triad("succeeds", "share of tries that come off; empty for all", "share"),
            *_triad("wait_days", "wait before the step", "days"),
            Column("order", Type.INTEGER, "order in which the sender tries it", minimum=1),
            _STATUS,
            _SOURCE,
            _CONFIRMED,
            _NOTE,
        ),
        key=("from_id", "to_id", "tenures", "rights", "risks", "aims"),
        source="as each row says",
        vintage="as each row says",
        triads=("accepts", "succeeds", "wait_days"),
    ),
    Table(
        "funding",
        "providers/funding.csv",
        "Funding of services, with end dates where published",
        (
            _SERVICE,
            _text("funder", "who pays", required=True),
            _text("stream", "name of the grant or contract", required=True),
            _number("amount_gbp_a_year", "amount", "GBP a year"),
            Column("starts_on", Type.DATE, "first day"),
            Column("ends_on", Type.DATE, "last day"),
            _STATUS,
            _SOURCE,
            _CONFIRMED,
            _NOTE,
        ),
        key=("service_id", "stream"),
        source="as each row says",
        vintage="as each row says",
    ),
)  # fmt: skip

BY_NAME: Final[dict[str, Table]] = {table.name: table for table in TABLES}


def pandera_schema(table: Table, columns: Iterable[str]) -> pa.DataFrameSchema:
    """Build the pandera schema of a parsed table.

    ``columns`` are the columns present in the file: a missing one is reported elsewhere, once,
    rather than once a row. Each check carries the column's own words as its error, so that a
    failure can be read by a person.
    """
    present = set(columns)
    built = {
        column.name: pa.Column(
            _DTYPES[column.type],
            checks=_checks(column),
            nullable=True,
            unique=False,
            title=column.name,
            description=column.meaning,
            metadata={"unit": column.unit, "expected": column.expected()},
        )
        for column in table.columns
        if column.name in present
    }
    return pa.DataFrameSchema(built, strict=False, name=table.name)


def _checks(column: Column) -> list[pa.Check]:
    checks: list[pa.Check] = []
    words = column.expected()
    if column.allowed and column.type is Type.CODE:
        checks.append(pa.Check.isin(sorted(column.allowed), error=words))
    if column.allowed and column.type is Type.CODES:
        allowed = column.allowed
        checks.append(
            pa.Check(lambda cell: set(split_codes(cell)) <= allowed, element_wise=True, error=words)
        )
    if column.minimum is not None:
        checks.append(pa.Check.ge(column.minimum, error=words))
    if column.maximum is not None:
        checks.append(pa.Check.le(column.maximum, error=words))
    if column.pattern is not None:
        checks.append(pa.Check.str_matches(column.pattern, error=words))
    if column.type is Type.QUARTER:
        checks.append(pa.Check.str_matches(QUARTER, error=words))
    return checks


def split_codes(cell: object) -> tuple[str, ...]:
    """Split a semicolon list; an empty cell is an empty tuple.

    >>> split_codes("sole; joint")
    ('sole', 'joint')
    """
    if not isinstance(cell, str):
        return ()
    return tuple(part.strip() for part in cell.split(";") if part.strip())


_FRICTIONLESS_TYPES: Final = {
    Type.TEXT: "string",
    Type.CODE: "string",
    Type.CODES: "string",
    Type.NUMBER: "number",
    Type.INTEGER: "integer",
    Type.DATE: "date",
    Type.QUARTER: "string",
}


def frictionless_resource(table: Table, extra: Iterable[str] = ()) -> dict[str, Any]:
    """Describe a table as a Frictionless tabular data resource (specs v1).

    ``extra`` are the names of columns beyond the schema, such as groupings.
    """
    schema: dict[str, Any] = {
        "fields": [_frictionless_field(column) for column in table.columns]
        + [{"name": name, "type": "string", "description": "grouping of wards"} for name in extra],
        "missingValues": [""],
    }
    required = {column.name for column in table.columns if column.required}
    if table.key and set(table.key) <= required:
        schema["primaryKey"] = list(table.key)
    foreign = [
        {
            "fields": column.name,
            "reference": {
                "resource": column.refers_to.split(".")[0],
                "fields": column.refers_to.split(".")[1],
            },
        }
        for column in table.columns
        if column.refers_to
    ]
    if foreign:
        schema["foreignKeys"] = foreign
    return {
        "name": table.name.replace("_", "-"),
        "path": table.path,
        "title": table.title,
        "profile": "tabular-data-resource",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "dialect": {"delimiter": ",", "lineTerminator": "\n", "header": True},
        "sources": [{"title": table.source}],
        "licenses": [{"name": table.licence}],
        "vintage": table.vintage,
        "schema": schema,
    }


def _frictionless_field(column: Column) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": column.name,
        "type": _FRICTIONLESS_TYPES[column.type],
        "description": column.meaning,
    }
    if column.unit:
        described["unit"] = column.unit
    if column.type is Type.DATE:
        described["format"] = "%Y-%m-%d"
    limits: dict[str, Any] = {}
    if column.required:
        limits["required"] = True
    if column.unique:
        limits["unique"] = True
    if column.allowed and column.type is Type.CODE:
        limits["enum"] = sorted(column.allowed)
    if column.minimum is not None:
        limits["minimum"] = column.minimum
    if column.maximum is not None:
        limits["maximum"] = column.maximum
    if column.pattern:
        limits["pattern"] = column.pattern
    if limits:
        described["constraints"] = limits
    return described
