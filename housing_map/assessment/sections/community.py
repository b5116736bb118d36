"""Sections 13 and 18: support in the community, and the wider area.

Need for community-based support is kept apart from need for safe accommodation: it is what the
joint assessment of the policing body, the health boards and the councils is about (Victims and
Prisoners Act 2024, sections 13 to 15), and what section 57(5)(b) asks the strategy's effect on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from housing_map.assessment.sections.demand import HOMELESSNESS, MODEL, margins
from housing_map.assessment.sections.making import Column, Head, columns, listed, said
from housing_map.assessment.sections.parts import Chart, Line, Made, Missing, Quote, Shape
from housing_map.assessment.sheets import ShareOf, Sheet
from housing_map.cells import text
from housing_map.demand import local_counts
from housing_map.disclosure import Kind
from housing_map.kinds import KINDS
from housing_map.neighbours import districts, latest_quarters
from housing_map.returns import period_words
from housing_map.vocabulary import STATUSES, Aim, Run, Stage, Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from housing_map.assessment.sections.parts import Asked
    from housing_map.disclosure_tables import Codes

_SAFELIVES: Final = "SafeLives, Reviewing your Marac data"
_PER: Final = 10_000


def community(asked: Asked) -> Made:
    """Describe support outside safe accommodation, need for it, and the strategy's effect on it."""
    sheets = tuple(one for one in (_estimates(asked), _counts(asked), _services(asked)) if one)
    statement = asked.answers.added.get("community", "")
    lines = (
        Line(
            "This section is about support for people who do not live in safe accommodation. Need "
            "for it is not added to the need for accommodation-based support: many people have "
            "both, one after the other."
        ),
        Line(
            "By the SafeLives rule, {0} women a year are expected to be at the highest risk. They "
            "would need {1} full-time independent domestic violence advisers.",
            (
                Quote("community_need", "number", ("highest_risk",)),
                Quote("community_need", "rate", ("advisers",)),
            ),
        ),
        Line(
            "{0} households a year of those who seek accommodation-based support are estimated to "
            "wish to stay in their own home: support then has to come to them.",
            (Quote("community_need", "number", ("stay",)),),
        ),
        Line(
            "Any effect of the strategy on support outside safe accommodation has to be kept under "
            "review (section 57(5)(b)). Its effect is for the council to say."
        ),
    )
    asks = [
        Missing(
            "Caseload and waiting times of community services, and hours of advisers",
            "their providers",
            needed=False,
        ),
        Missing(
            "Support that other bodies pay for",
            "the police and crime commissioner's "
            "functions, the integrated care board, and services that they do not fund",
            needed=False,
        ),
    ]
    if not statement:
        asks.insert(
            0,
            Missing("What effect the strategy has had on support outside safe accommodation",
                    "commissioners of the council, with the partnership board"),
        )  # fmt: skip
    return Made(lines=lines, sheets=sheets, asks=tuple(asks))


def _estimates(asked: Asked) -> Sheet:
    """Return modelled need for support in the community."""
    register = asked.register.figures

    def central(key: str) -> float | None:
        figure = register.get(key)
        return None if figure is None else figure.central

    table = asked.pack["ward_age_sex"]
    women = float(table.loc[table["sex"] == "females", "aged_18_plus"].sum())
    numbers: dict[Codes, float] = {
        ("affected",): float(asked.result[Run.CENTRAL].demand.affected.to_numpy().sum())
    }
    rates: dict[Codes, float] = {}
    rule, load = central("marac_cases_per_10k_adult_women"), central("idva_referrals_per_fte")
    if rule is not None:
        numbers["highest_risk",] = women * rule / _PER
        if load:
            rates["advisers",] = round(women * rule / _PER / load, 1)
    aims = margins(asked, ("aim",))[Run.CENTRAL]
    numbers["stay",] = aims.get((str(Aim.STAY),), 0.0)
    labels = {
        "affected": "Adults abused in the last year (Crime Survey rates)",
        "highest_risk": "Women at the highest risk (40 in 10,000 adult women)",
        "advisers": "Full-time advisers for them (100 referrals each)",
        "stay": "Households that seek accommodation-based support and wish to stay",
    }
    sources = {
        "affected": MODEL,
        "highest_risk": f"{_SAFELIVES}; women aged 18 and over, ONS mid-2020",
        "advisers": _SAFELIVES,
        "stay": MODEL,
    }
    if rule is not None:
        labels["highest_risk"] = f"Women at the highest risk ({rule:g} in {_PER:,} adult women)"
    if load is not None:
        labels["advisers"] = f"Full-time advisers for them ({load:g} referrals each)"
    dimension = listed("what", labels)
    return Sheet(
        id="community_need",
        title=f"Need for support in the community, modelled, {asked.pack.info.title}",
        section="community",
        dimensions=(dimension,),
        headings={"what": "What"},
        labels={"what": labels},
        figures=columns(
            (dimension,),
            [
                Column(
                    head=Head("number", "A year", "people or households a year",
                              "need in the community"),
                    kind=Kind.MODELLED,
                    values=numbers,
                    status=Status.DERIVED,
                    source="As each row says",
                ),
                Column(
                    head=Head("rate", "Posts", "full-time posts", "advisers needed"),
                    kind=Kind.MODELLED,
                    values=rates,
                    status=Status.DERIVED,
                    source=_SAFELIVES,
                    more={"rate": True},
                ),
            ],
        ),
        words=(said("source", "Source", sources),),
        notes=("Different measures, which overlap and are not added up.",),
    )  # fmt: skip


def _counts(asked: Asked) -> Sheet | None:
    """Return published local counts of support outside accommodation, by the year."""
    found = [
        one
        for one in local_counts(asked.pack)
        if one.row["reached"] == "no" and one.row["status"] in {"published", "derived"}
    ]
    if not found:
        return None
    dimension = listed("count", [one.key for one in found])
    return Sheet(
        id="community_counts",
        title="Published local counts of support and cases, as a number a year",
        section="community",
        dimensions=(dimension,),
        headings={"count": "What was counted"},
        labels={"count": {one.key: one.label for one in found}},
        figures=columns(
            (dimension,),
            [
                Column(
                    head=Head("a_year", "A year", "as the row says", "local count a year"),
                    kind=Kind.NATIONAL,
                    values={(one.key,): float(round(one.per_year)) for one in found},
                    status=Status.DERIVED,
                    source="Count ÷ whole months × 12",
                )
            ],
        ),
        words=(
            said("unit", "Unit", {one.key: text(one.row["unit"]) for one in found}),
            said("period", "Period",
                 {one.key: f"{one.start.isoformat()} to {one.end.isoformat()}" for one in found}),
            said("status", "Status",
                 {one.key: STATUSES[str(one.row["status"])].label for one in found}),
            said("source", "Source", {one.key: text(one.row["source"]) for one in found}),
        ),
        notes=("They overlap and are not added up.",),
    )  # fmt: skip


def _services(asked: Asked) -> Sheet:
    """Return services outside safe accommodation by kind: they are public, and may be counted."""
    stages = {Stage.COORDINATION, Stage.SUPPORT}
    kinds = {
        code: kind for code, kind in KINDS.items() if kind.stage in stages and not kind.confidential
    }
    by = {code: [one for one in asked.services if one.kind.code == code] for code in kinds}
    dimension = listed("kind", kinds)

    def numbers(*, certain: bool) -> dict[Codes, float]:
        return {
            (code,): float(sum(one.certain is certain for one in found))
            for code, found in by.items()
        }

    return Sheet(
        id="community_services",
        title=f"Services outside safe accommodation, {asked.pack.info.title}",
        section="community",
        dimensions=(dimension,),
        headings={"kind": "Kind of service"},
        labels={"kind": {code: kind.label for code, kind in kinds.items()}},
        figures=columns(
            (dimension,),
            [
                Column(
                    head=Head(name, label, "services", f"services outside: {name}"),
                    kind=Kind.PROVISION,
                    values=numbers(certain=certain),
                    status=Status.PUBLISHED,
                    source="Data pack: services, with the source of each row",
                )
                for name, label, certain in (
                    ("running", "Known to run", True),
                    ("unconfirmed", "Nobody has confirmed", False),
                )
            ],
        ),
        notes=("None found is not the same as none: it says that no source names one.",),
    )


# The wider area ---------------------------------------------------------------------------


def joint_area(asked: Asked) -> Made:
    """Set the district beside those it plans with, by published homelessness figures."""
    joint = asked.form.joint_area
    found = {one.code: one for one in districts(asked.pack)}
    order = [code for code in (*joint.areas, joint.region, joint.country) if code in found]
    if len(set(order) & set(joint.areas)) < 2:  # noqa: PLR2004 - one is no comparison
        return Made(
            lines=(Line(f"The data hold no figures of the authorities of {joint.name}."),),
            asks=(Missing(f"Homelessness figures of the authorities of {joint.name}",
                          "MHCLG statutory homelessness tables, by the page on data"),),
        )  # fmt: skip
    quarters = latest_quarters(asked.pack)
    dimension = listed("area", order)

    def column(name: str, label: str, values: Mapping[Codes, float]) -> Column:
        return Column(
            head=Head(name, label, "households", f"wider area: {name}"),
            kind=Kind.NATIONAL,
            values=values,
            status=Status.PUBLISHED,
            source=HOMELESSNESS,
        )

    sheet = Sheet(
        id="joint_area",
        title=f"Homelessness because of domestic abuse, {joint.name}, "
        f"{period_words(quarters[0])} to {period_words(quarters[-1])}",
        section="joint_area",
        dimensions=(dimension,),
        headings={"area": "Area"},
        labels={"area": {code: found[code].name for code in order}},
        figures=columns(
            (dimension,),
            [
                column("victims", "Victims of domestic abuse owed a duty",
                       {(code,): found[code].victims for code in order}),
                column("owed", "Households owed a prevention or relief duty",
                       {(code,): found[code].owed for code in order}),
            ],
        ),
        shares=(ShareOf(name="share", label="Share", part="victims", whole="owed"),),
        words=(
            said("missing", "Quarters without figures",
                 {code: ", ".join(found[code].missing) for code in order}),
        ),
        notes=("Quarters without figures are left out of both numbers.",),
    )  # fmt: skip
    here = asked.pack.info.district_code
    lines = (
        Line(
            f"Need is shared with neighbours: people cross borders to be safe. In "
            f"{asked.pack.info.title}, {{0}} of {{1}} households owed a homelessness duty were "
            "victims of domestic abuse ({2}) over the latest four quarters.",
            tuple(Quote("joint_area", name, (here,)) for name in ("victims", "owed", "share")),
        ),
    )
    pictures = (
        Chart(
            id="joint_area",
            shape=Shape.BARS,
            title=f"Victims of domestic abuse among households owed a duty, {joint.name}",
            alt="One bar for each area with the share of households owed a duty.",
            sheet="joint_area",
            by="area",
            columns=("share",),
        ),
    )
    asks = (
        Missing(
            f"Places, people supported and people who could not be, in each authority of "
            f"{joint.name}",
            "neighbouring authorities; MHCLG safe-accommodation tables",
            needed=False,
        ),
    )
    return Made(lines=lines, sheets=(sheet,), pictures=pictures, asks=asks)
