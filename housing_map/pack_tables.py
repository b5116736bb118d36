"""The tables of a data pack, column by column: what each file holds, in which unit."""

from __future__ import annotations

from typing import Final

from housing_map import vocabulary
from housing_map.kinds import KINDS
from housing_map.legal_facts import FACTS
from housing_map.published_tables import PUBLISHED_TABLES
from housing_map.returns import RETURN_TABLES
from housing_map.schemas import (
    Column,
    Table,
    Type,
    area,
    code,
    codes,
    count,
    day,
    identifier,
    number,
    text,
    triad,
)

_STATUS: Final = code("status", "what the figure or statement rests on", vocabulary.STATUSES)
_SOURCE: Final = text("source", "where it was read, or who said it", required=True)
_DAY: Final = day("last_confirmed", "date on which somebody last confirmed the row")
_NOTE: Final = text("note", "how it was worked out, and its limits")
_EVIDENCE: Final = (_STATUS, _SOURCE, _NOTE)
"""What a figure rests on: the last columns of a table of figures."""
_CONFIRMED: Final = (_STATUS, _SOURCE, _DAY, _NOTE)
"""What a statement about a service rests on, and how fresh it is."""
_THREE: Final = ("yes", "no", "unknown")
_SERVICE: Final = identifier("service_id", "the service", refers_to="services.service_id")

_TENURE_GROUPS: Final = ("owned", "private_rent", "social_rent")
_DERIVED: Final = ("parameters", "pool_assumptions", "acceptance_shares")
"""Tables whose figures may have been worked out from a parameter."""
_HOUSEHOLD_DIMENSIONS: Final = ("tenure", "right", "risk", "aim", "entry", "circumstance")

_CENSUS: Final = "ONS Census 2021 (TS021, TS038, TS052, TS054); MHCLG Indices of Deprivation 2025"

TABLES: Final[tuple[Table, ...]] = (
    Table(
        "groupings",
        "boundaries/groupings.csv",
        "Wards and the groupings they belong to",
        (
            area("ward_code", "ward", unique=True),
            text("ward_name", "name of the ward", required=True),
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
            area("lsoa_code", "Lower-layer Super Output Area, 2021", unique=True),
            text("lsoa_name", "name of the small area", required=True),
            text("msoa_code", "Middle-layer Super Output Area, 2021"),
            text("msoa_name", "House of Commons Library name of that area"),
            area("ward_code", "best-fit ward", refers_to="groupings.ward_code"),
            text("ward_name", "name of the best-fit ward"),
            text("rural_urban_2021", "rural-urban classification, 2021"),
            number(
                "lon", "longitude of the centroid", "degrees", required=True, minimum=-9, maximum=3
            ),
            number(
                "lat", "latitude of the centroid", "degrees", required=True, minimum=49, maximum=61
            ),
            text("centroid_source", "population-weighted centroid it was taken from"),
            count("residents", "usual residents", "people"),
            count("disabled", "disabled under the Equality Act", "people"),
            count("asian", "Asian, Asian British", "people"),
            count("black", "Black, Black British, Caribbean or African", "people"),
            count("mixed", "mixed or multiple ethnic groups", "people"),
            count("other_ethnic", "other ethnic group", "people"),
            count("white", "White", "people"),
            count("households", "households", "households"),
            count("owned_outright", "owned outright", "households"),
            count("owned_mortgage", "owned with a mortgage", "households"),
            count("shared_ownership", "shared ownership", "households"),
            count("rents_council", "rented from the council", "households"),
            count("rents_other_social", "other social rented", "households"),
            count("rents_private_landlord", "private landlord or agent", "households"),
            count("rents_other_private", "other private rented", "households"),
            count("rent_free", "rent free", "households"),
            count("overcrowded_by_1", "one bedroom too few", "households"),
            count("overcrowded_by_2_or_more", "two or more bedrooms too few", "households"),
            number("imd2025_score", "Index of Multiple Deprivation 2025", "score"),
            number("imd2025_rank", "rank in England, 1 most deprived", "rank", minimum=1),
            number("imd2025_decile", "decile, 1 most deprived", "decile", minimum=1, maximum=10),
            number("imd2025_crime_decile", "crime domain decile", "decile", minimum=1, maximum=10),
            number(
                "imd2025_housing_decile",
                "barriers to housing decile",
                "decile",
                minimum=1,
                maximum=10,
            ),
            number(
                "stalking_harassment_per_1000",
                "stalking and harassment recorded",
                "crimes per 1,000 residents",
            ),
            number(
                "violence_with_injury_per_1000",
                "violence with injury recorded",
                "crimes per 1,000 residents",
            ),
            number("connectivity_score", "transport connectivity", "score"),
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
            area("ward_code", "ward", refers_to="groupings.ward_code"),
            text("ward_name", "name of the ward"),
            code("sex", "sex", ("females", "males")),
            count("all_ages", "residents", "people"),
            count("aged_0_15", "aged under 16", "people"),
            count("aged_16_plus", "aged 16 and over", "people"),
            count("aged_18_plus", "aged 18 and over", "people"),
            count("aged_65_plus", "aged 65 and over", "people"),
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
            code("tenure", "tenure", _TENURE_GROUPS),
            number("households", "households in England and Wales", "households", required=True),
            number(
                "adults_per_household",
                "people aged 16 and over per household",
                "people",
                required=True,
            ),
            *_EVIDENCE,
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
            area("area_code", "local authority, region or country"),
            text("area_name", "its name", required=True),
            *(
                number(name, meaning, "households")
                for name, meaning in (
                    ("initial_assessments", "assessments made"),
                    ("owed_any_duty", "owed a prevention or relief duty"),
                    ("owed_prevention", "owed a prevention duty"),
                    ("owed_relief", "owed a relief duty"),
                    (
                        "reason_da_any_duty_old",
                        "domestic abuse as reason, any duty, before mid-2020",
                    ),
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
        vintage="2018Q2 to 2025Q4; the district's 2022Q1 looks miscoded at source: "
        "treat as missing",
    ),
    Table(
        "local_counts",
        "activity/local_counts.csv",
        "Counts of people and homes that local services published; they overlap",
        (
            identifier("key", "identifier of the count", unique=True),
            text("label", "what was counted", required=True),
            number("count", "how many", "as in unit", required=True),
            text("unit", "what one is", required=True),
            day("period_start", "first day counted", required=True),
            day("period_end", "last day counted", required=True),
            code("reached", "whether it bounds households who reached services", ("yes", "no")),
            code("repeats", "whether one household may be counted twice", vocabulary.ANSWERS),
            code(
                "from_elsewhere", "whether people from elsewhere are included", vocabulary.ANSWERS
            ),
            Column("overlaps_with", Type.CODES, "counts that may hold the same households"),
            *_EVIDENCE,
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
            identifier("key", "identifier of the parameter", unique=True),
            text("label", "what it is", required=True),
            number("low", "low end of the range", "as in unit", minimum=None),
            number("central", "the figure used centrally", "as in unit", minimum=None),
            number("high", "high end of the range", "as in unit", minimum=None),
            text("unit", "unit", required=True),
            code("worse_when", "which end is worse for coverage", ("high", "low"), required=False),
            text("period", "period it is about"),
            text("geography", "area it is about"),
            *_EVIDENCE,
        ),
        key=("key",),
        triads=("",),
    ),
    Table(
        "pool_assumptions",
        "parameters/pool_assumptions.csv",
        "District-wide capacity assumption for each kind of service whose own figure is unknown",
        (
            code("kind", "kind of service", KINDS),
            code("basis", "what capacity counts", vocabulary.CapacityBasis),
            *triad("capacity", "capacity of the whole district", "units of the basis"),
            *triad("stay_days", "mean stay (units only)", "days"),
            *triad("occupancy", "share of unit-days used (units only)", "share"),
            Column(
                "sites", Type.INTEGER, "number of sites the pool stands for", "sites", minimum=1
            ),
            *_EVIDENCE,
        ),
        key=("kind",),
        triads=("capacity", "stay_days", "occupancy"),
    ),
    Table(
        "derivations",
        "parameters/derivations.csv",
        "Which figure was worked out from which parameter",
        (
            code("table", "table of the figure that was worked out", _DERIVED),
            Column(
                "key",
                Type.CODE,
                "its row there: the key of a parameter, or the kind (and rule)",
                required=True,
            ),
            code("end", "which of its three figures", ("low", "central", "high")),
            identifier("parameter", "what it was worked out from", refers_to="parameters.key"),
        ),
        key=("table", "key", "end", "parameter"),
        optional=True,
        source="The notes beside each figure",
    ),
    Table(
        "acceptance_shares",
        "parameters/acceptance_shares.csv",
        "National shares of vacancies or services that can take a household with a circumstance",
        (
            code("kind", "kind of service", KINDS),
            code("rule", "circumstance", vocabulary.RULES),
            *triad("", "share that can take such a household", "share"),
            code("share_of", "what it is a share of", ("vacancies", "services")),
            text("period", "period it is about"),
            *_EVIDENCE,
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
            code("dimension", "what is divided", _HOUSEHOLD_DIMENSIONS),
            text("code", "code of the group", required=True),
            code(
                "tenure",
                "tenure it holds for; empty for every tenure",
                vocabulary.TENURES,
                required=False,
            ),
            *triad("", "share of households seeking help", "share"),
            *_EVIDENCE,
        ),
        key=("dimension", "code", "tenure"),
        triads=("",),
    ),
    Table(
        "circumstance_pairs",
        "parameters/circumstance_pairs.csv",
        "How often two circumstances occur together",
        (
            code("circumstance_a", "one circumstance", vocabulary.CIRCUMSTANCES),
            code("circumstance_b", "another", vocabulary.CIRCUMSTANCES),
            *triad("", "share of households seeking help that have both", "share"),
            *_EVIDENCE,
        ),
        key=("circumstance_a", "circumstance_b"),
        triads=("",),
        optional=True,
    ),
    Table(
        "organisations",
        "providers/organisations.csv",
        "Organisations",
        (
            identifier("organisation_id", "identifier", unique=True),
            text("name", "name", required=True),
            code("provider_type", "kind of body", vocabulary.PROVIDER_TYPES),
            code(
                "supports_da_in_objects",
                "whether a charity's objects include supporting victims",
                _THREE,
            ),
            code("non_profit", "whether a registered provider is non-profit", _THREE),
            code("voluntary", "whether it is a voluntary organisation", _THREE),
            text("registration", "charity or company number"),
            text(
                "public_contact",
                "published contact: a phone number or web address, "
                "never an address of safe accommodation",
            ),
            *_CONFIRMED,
        ),
        key=("organisation_id",),
    ),
    Table(
        "services",
        "providers/services.csv",
        "Services",
        (
            identifier("service_id", "identifier", unique=True),
            text("name", "name", required=True),
            code("kind", "kind of service", KINDS),
            identifier(
                "organisation_id", "who offers it", refers_to="organisations.organisation_id"
            ),
            *(
                identifier(name, meaning, required=False, refers_to="organisations.organisation_id")
                for name, meaning in (
                    (
                        "accommodation_provider_id",
                        "who provides the accommodation, or operates the scheme",
                    ),
                    ("landlord_id", "the landlord"),
                    ("support_provider_id", "who gives the support"),
                )
            ),
            codes(
                "components",
                "further components of the Whole Housing Approach it delivers",
                vocabulary.COMPONENTS,
            ),
            codes("support_types", "support types it gives", vocabulary.SUPPORT_TYPES),
            Column(
                "used_with",
                Type.CODES,
                "services one of which has to be used with it, as a bed is useless without support",
            ),
            codes("delivery", "how help reaches people", vocabulary.Delivery, required=True),
            code("operating", "whether it runs on the reference date", _THREE),
            day("opened_on", "first day"),
            day("closes_on", "last day, where an end is known"),
            text("accreditation", "quality marks held"),
            text("helpline", "published number that anybody may ring"),
            *_CONFIRMED,
        ),
        key=("service_id",),
    ),
    Table(
        "legal_facts",
        "providers/legal_facts.csv",
        "Facts that decide whether a service is relevant accommodation in law",
        (
            _SERVICE,
            code("fact", "the fact", FACTS),
            code("answer", "whether it holds", _THREE),
            *_CONFIRMED,
        ),
        key=("service_id", "fact"),
    ),
    Table(
        "eligibility",
        "providers/eligibility.csv",
        "What each service takes, rule by rule; a rule without a row is unknown",
        (
            _SERVICE,
            code("rule", "circumstance, tenure, right, risk or origin", vocabulary.RULES),
            code("answer", "whether it takes such households", vocabulary.ANSWERS),
            *_CONFIRMED,
        ),
        key=("service_id", "rule"),
    ),
    Table(
        "capacity",
        "providers/capacity.csv",
        "Capacity of each service with its basis; blank where nobody has published it",
        (
            _SERVICE,
            code("basis", "what capacity counts", vocabulary.CapacityBasis),
            *triad("capacity", "capacity", "units of the basis"),
            *triad("stay_days", "mean stay (units only)", "days"),
            *triad("occupancy", "share of unit-days used (units only)", "share"),
            Column("sites", Type.INTEGER, "number of sites", "sites", minimum=1),
            *_CONFIRMED,
        ),
        key=("service_id",),
        triads=("capacity", "stay_days", "occupancy"),
    ),
    Table(
        "areas_served",
        "providers/areas_served.csv",
        "Areas each service serves: the district, a grouping of wards, a ward, or an LSOA",
        (
            _SERVICE,
            text(
                "area",
                "code of a district, ward or LSOA, or the name of a grouping's area",
                required=True,
            ),
            *_EVIDENCE,
        ),
        key=("service_id", "area"),
    ),
    Table(
        "delivery_points",
        "providers/delivery_points.csv",
        "Public places that people visit; never safe accommodation",
        (
            identifier("point_id", "identifier", unique=True),
            _SERVICE,
            text("name", "what people would look for", required=True),
            number("lon", "longitude", "degrees", required=True, minimum=-9, maximum=3),
            number("lat", "latitude", "degrees", required=True, minimum=49, maximum=61),
            code("precision", "how exact the point is", ("site", "postcode_sector", "town")),
            *_EVIDENCE,
        ),
        key=("point_id",),
    ),
    Table(
        "travel_times",
        "travel/travel_times.csv",
        "Travel times from small areas to places that people visit; other pairs are estimated",
        (
            area("origin", "small area (LSOA 2021)", refers_to="lsoa_facts.lsoa_code"),
            identifier("destination", "place visited", refers_to="delivery_points.point_id"),
            identifier("mode", "how people travel, such as car or public_transport"),
            number(
                "minutes",
                "from door to door; empty where the place cannot be reached",
                "minutes",
                maximum=1440,
            ),
        ),
        key=("origin", "destination", "mode"),
        optional=True,
        source="As `travel` in `pack.json` says",
        vintage="as there",
    ),
    Table(
        "referral_routes",
        "providers/referral_routes.csv",
        "Referral routes: who can send a household on to whom, and on what condition",
        (
            text("from_id", "entry:CODE or a service", required=True),
            text("to_id", "a service or home:CODE", required=True),
            code("known", "whether the route exists", vocabulary.ANSWERS),
            codes("tenures", "only for these tenures; empty for all", vocabulary.TENURES),
            codes("rights", "only with these rights to occupy; empty for all", vocabulary.RIGHTS),
            codes("risks", "only at these levels of risk; empty for all", vocabulary.RISKS),
            codes("aims", "only for these aims; empty for all", vocabulary.AIMS),
            *triad(
                "accepts",
                "share of households who take the step when offered; empty for all",
                "share",
            ),
            *triad("succeeds", "share of tries that come off; empty for all", "share"),
            *triad("wait_days", "wait before the step", "days"),
            Column("order", Type.INTEGER, "order in which the sender tries it", minimum=1),
            *_CONFIRMED,
        ),
        key=("from_id", "to_id", "tenures", "rights", "risks", "aims"),
        triads=("accepts", "succeeds", "wait_days"),
    ),
    Table(
        "funding",
        "providers/funding.csv",
        "Funding of services, with end dates where published",
        (
            _SERVICE,
            text("funder", "who pays", required=True),
            text("stream", "name of the grant or contract", required=True),
            number("amount_gbp_a_year", "amount", "GBP a year"),
            day("starts_on", "first day"),
            day("ends_on", "last day"),
            *_CONFIRMED,
        ),
        key=("service_id", "stream"),
    ),
    *RETURN_TABLES,
    *PUBLISHED_TABLES,
)

BY_NAME: Final[dict[str, Table]] = {table.name: table for table in TABLES}
