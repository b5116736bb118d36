"""Section 3: how many people are affected, how many seek help, and what was counted here.

The three layers measure different things. They stand beside each other, are never averaged, and
none is a range of another (:mod:`housing_map.demand`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from housing_map import returns
from housing_map.assessment.sections import geography, returned
from housing_map.assessment.sections.making import (
    ALL,
    Column,
    Head,
    columns,
    labels_of,
    listed,
    said,
    summed,
    with_totals,
)
from housing_map.assessment.sections.parts import Chart, Line, Made, Missing, Quote, Shape
from housing_map.assessment.sheets import Sheet
from housing_map.cells import number, text
from housing_map.demand import HOUSED, LocalCount, local_counts
from housing_map.disclosure import Dimension, Kind, Mark
from housing_map.vocabulary import AIMS, ELSEWHERE, RISKS, STATUSES, TENURES, Run, Status, Tenure
from housing_map.words import joined

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from housing_map.assessment.sections.parts import Asked
    from housing_map.disclosure_tables import Codes
    from housing_map.vocabulary import Term

MODEL: Final = "Model of this program: national households × share of population, by tenure"
HOMELESSNESS: Final = "MHCLG statutory homelessness, detailed local authority tables A1 and A2"
UNIT: Final = "households a year"
SEEK: Final = "households that seek help"
_QUARTERS: Final = 8
_MARGINS: Final = ("demand", "demand_low", "demand_high")


def demand(asked: Asked) -> Made:
    """Describe need for accommodation-based support, and what was counted."""
    sheets = [
        _affected(asked),
        _seeking(asked),
        *(_groups(asked, name, terms) for name, terms in (("aim", AIMS), ("risk", RISKS))),
        *_counts(asked),
        _homelessness(asked),
        _cases(asked),
    ]
    district = asked.pack.info.title
    lines = [
        Line(
            f"{{0}} households a year are estimated to seek accommodation-based support in "
            f"{district}, between {{1}} and {{2}}: people who live here, and people who come from "
            "elsewhere. This is a modelled estimate. It is the district's share, by population, of "
            "the households that were supported, or could not be, in England.",
            tuple(Quote("seeking", name, (ALL, ALL), bare=name != "demand") for name in _MARGINS),
        ),
        Line(
            "{0} adults are estimated to have been abused in the last year, by the rates of the "
            "Crime Survey. Nearly all of them never seek accommodation. The number is context, and "
            "no measure of need for safe accommodation.",
            (Quote("affected", "adults", (ALL, ALL)),),
        ),
        Line(
            "What services and the council have counted overlaps: one household can be a referral "
            "to a refuge, a case at the conference on high risk and a homelessness application. "
            "The counts are bounds, and are not added up."
        ),
        *_homelessness_lines(asked),
    ]
    pictures = (
        Chart(
            id="seeking_by_tenure",
            shape=Shape.BARS,
            title="Households that seek help a year, by the home they had, modelled",
            alt="One bar for each tenure, with the modelled number of households a year.",
            sheet="seeking",
            by="tenure",
            columns=("demand",),
            codes=tuple((ALL, str(tenure)) for tenure in Tenure),
        ),
    )
    return Made(lines=tuple(lines), sheets=tuple(sheets), pictures=pictures, asks=_asks(asked))


# Modelled ---------------------------------------------------------------------------------


def modelled(
    asked: Asked,
    head: Head,
    values: Mapping[Codes, float],
    *,
    circumstances: bool = False,
    illustration: bool = False,
    level: str | None = None,
) -> Column:
    """Return a column of modelled numbers, by a grouping of wards at most."""
    return Column(
        head=head,
        kind=Kind.MODELLED,
        values=values,
        status=Status.DERIVED,
        source=MODEL,
        more={
            "level": geography.level(asked) if level is None else level,
            "circumstances": circumstances,
        },
        illustration=illustration,
    )


def _affected(asked: Asked) -> Sheet:
    affected = asked.result[Run.CENTRAL].demand.affected
    affected = affected.rename(columns=str)[[str(tenure) for tenure in HOUSED]]
    found = geography.by_area_and(asked, affected)
    dimensions = (geography.dimension(asked), summed("tenure", [str(t) for t in HOUSED]))
    head = Head("adults", "Adults", "adults a year", "adults affected")
    return Sheet(
        id="affected",
        title=geography.title(asked, "Adults abused in the last year, modelled"),
        section="demand",
        dimensions=dimensions,
        headings={"area": geography.heading(asked), "tenure": "Tenure"},
        labels={"area": geography.labels(asked), "tenure": labels_of(TENURES)},
        figures=columns(dimensions, [modelled(asked, head, found)]),
        area=asked.level or "",
        notes=("Modelled from the Crime Survey for England and Wales and ratios between tenures. "
               "Context only.", *geography.notes(asked)),
    )  # fmt: skip


def margins(
    asked: Asked, by: Sequence[str], figure: str = "demand"
) -> dict[Run, dict[Codes, float]]:
    """Return a figure of each run, by what it is grouped by, with the totals of each."""
    rows = asked.rows(*by)
    found = {}
    for run in Run:
        part = rows[rows["run"] == str(run)]
        values = {
            tuple(map(str, row[: len(by)])): float(row[-1])
            for row in part[[*by, figure]].itertuples(index=False)
        }
        found[run] = with_totals(values, len(by))
    return found


def three(
    asked: Asked, by: Sequence[str], places: Sequence[Codes], *, level: str | None = None
) -> list[Column]:
    """Return columns of demand: central, and the lowest and highest of the three runs."""
    found = margins(asked, by)
    runs = {codes: [found[run].get(codes, 0.0) for run in Run] for codes in places}
    central = {codes: found[Run.CENTRAL].get(codes, 0.0) for codes in places}
    ends = {"low": min, "high": max}
    label = {"low": "Lowest of three runs", "high": "Highest of three runs"}
    made = [modelled(asked, Head("demand", "Seek help", UNIT, SEEK), central, level=level)]
    for end, pick in ends.items():
        values = {codes: pick(each) for codes, each in runs.items()}
        head = Head(f"demand_{end}", label[end], UNIT, f"{SEEK}, {end}")
        made.append(modelled(asked, head, values, level=level))
    return made


def _seeking(asked: Asked) -> Sheet:
    areas = geography.dimension(asked, ELSEWHERE)
    tenures = summed("tenure", [str(tenure) for tenure in Tenure])
    places = [(area, tenure) for area in areas.codes for tenure in tenures.codes]
    level = asked.level or "district"
    return Sheet(
        id="seeking",
        title=geography.title(asked, "Households that seek help in a year, modelled"),
        section="demand",
        dimensions=(areas, tenures),
        headings={"area": geography.heading(asked), "tenure": "The home they had"},
        labels={
            "area": geography.labels(asked, **{ELSEWHERE: "From elsewhere"}),
            "tenure": labels_of(TENURES),
        },
        figures=columns((areas, tenures), three(asked, (level, "tenure"), places)),
        area=asked.level or "",
        notes=("Household-episodes: a household that seeks help twice counts twice.",
               *geography.notes(asked)),
    )  # fmt: skip


def _groups(asked: Asked, name: str, terms: dict[str, Term]) -> Sheet:
    dimension = summed(name, list(terms))
    places = [(code,) for code in dimension.codes]
    what = {"aim": "What they wish or have to do", "risk": "Risk"}[name]
    note = {
        "aim": "What people were given in 2021-22 stands in for what they wished: no survey of "
        "wishes was found.",
        "risk": "Standard risk is counted nowhere, so it has no number here. That is unknown, and "
        "not none.",
    }[name]
    codes = [code for code in terms if code != "standard"] if name == "risk" else list(terms)
    figures = three(asked, (name,), places, level="district")
    return Sheet(
        id=f"seeking_by_{name}",
        title=f"Households that seek help in a year, modelled, by {what.lower()}",
        section="demand",
        dimensions=(dimension,),
        headings={name: what},
        labels={name: labels_of(terms)},
        figures=columns((dimension,), figures),
        rows=((ALL,), *((code,) for code in codes)),
        notes=(note,),
    )


# Counted ----------------------------------------------------------------------------------


def _counts(asked: Asked) -> list[Sheet]:
    """Return the local counts, those already published apart from the rest."""
    counts = local_counts(asked.pack)
    given: dict[bool, list[LocalCount]] = {True: [], False: []}
    for count in counts:
        given[count.row["status"] in {"published", "derived"}].append(count)
    sheets = []
    for published, found in given.items():
        if not found:
            continue
        dimension = listed("count", [count.key for count in found])
        raw: dict[Codes, float] = {(count.key,): count.count for count in found}
        periods = {
            count.key: f"{count.start.isoformat()} to {count.end.isoformat()}" for count in found
        }
        what = "already published" if published else "sent in"
        sheets.append(
            Sheet(
                id="local_counts" if published else "local_counts_returned",
                title=f"Local counts, {what}: they overlap and are not added up",
                section="demand",
                dimensions=(dimension,),
                headings={"count": "What was counted"},
                labels={"count": {count.key: count.label for count in found}},
                figures=columns(
                    (dimension,),
                    [
                        Column(
                            head=Head("counted", "Counted", "as the row says", "local count"),
                            kind=Kind.NATIONAL if published else Kind.PEOPLE,
                            values=raw,
                            status=Status.PUBLISHED if published else Status.LOCAL_RETURN,
                            source="As each row says",
                        )
                    ],
                ),
                words=(
                    said("unit", "Unit", {c.key: text(c.row["unit"]) for c in found}),
                    said("period", "Period", periods),
                    said("status", "Status",
                         {c.key: STATUSES[str(c.row["status"])].label for c in found}),
                    said("source", "Source", {c.key: text(c.row["source"]) for c in found}),
                    said("note", "Note", {c.key: text(c.row["note"]) for c in found}),
                ),
            )
        )  # fmt: skip
    return sheets


_DUTIES: Final = {
    "owed_any_duty": "Households owed a prevention or relief duty",
    "reason_da_all": "Because of domestic abuse, victims and perpetrators",
    "reason_da_prevention_victim": "Victims owed a prevention duty",
    "reason_da_relief_victim": "Victims owed a relief duty",
    "households_in_ta": "Households in temporary accommodation, for every reason",
}


def _homelessness(asked: Asked) -> Sheet:
    table = asked.pack["homelessness"]
    here = table[table["area_code"] == asked.pack.info.district_code].set_index("quarter")
    quarters = sorted(map(str, here.index))[-_QUARTERS:]
    dimension = listed("quarter", quarters)

    def column(name: str, label: str) -> Column:
        values: dict[Codes, float | Mark | None] = {
            (quarter,): number(here.loc[quarter, name]) for quarter in quarters
        }
        return Column(
            head=Head(name, label, "households", f"homelessness: {name}"),
            kind=Kind.NATIONAL,
            values=values,
            status=Status.PUBLISHED,
            source=HOMELESSNESS,
        )

    return Sheet(
        id="homelessness",
        title=f"Homelessness duties and domestic abuse, {asked.pack.info.title}, by quarter",
        section="demand",
        dimensions=(dimension,),
        headings={"quarter": "Quarter"},
        labels={"quarter": {quarter: returns.period_words(quarter) for quarter in quarters}},
        figures=columns((dimension,), [column(*one) for one in _DUTIES.items()]),
        notes=("Later releases revise earlier quarters.",),
    )


def _homelessness_lines(asked: Asked) -> list[Line]:
    table = asked.pack["homelessness"]
    here = table[table["area_code"] == asked.pack.info.district_code]
    if here.empty:
        return []
    last = str(here["quarter"].max())
    return [
        Line(
            f"In {returns.period_words(last)}, {{0}} victims of domestic abuse were owed a "
            "homelessness prevention duty and {1} a relief duty.",
            (
                Quote("homelessness", "reason_da_prevention_victim", (last,)),
                Quote("homelessness", "reason_da_relief_victim", (last,)),
            ),
        )
    ]


_CASES: Final = ("dramm_cases", "dramm_high_risk", "dramm_repeats", "marac_cases", "marac_repeats")


def _cases(asked: Asked) -> Sheet:
    found = returned.counts(asked.pack, "quarterly_returns", "measure", asked.period)
    # Parts of one whole that overlap: what is left of it after each is protected as well.
    parents = {code: returns.MEASURES[code].part_of for code in _CASES}
    dimension = Dimension(name="measure", codes=parents, adds=False)
    return Sheet(
        id="cases",
        title=f"Cases heard at DRAMM and MARAC, {returns.period_words(asked.period)}",
        section="demand",
        dimensions=(dimension,),
        headings={"measure": "What was counted"},
        labels={"measure": {code: returns.MEASURES[code].label for code in _CASES}},
        figures=columns(
            (dimension,),
            [
                returned.people(
                    Head("cases", "Cases", "cases", "cases heard"),
                    {(code,): found[code] for code in _CASES if code in found},
                    asked.period,
                )
            ],
        ),
        notes=("DRAMM is the daily risk assessment management meeting, MARAC the multi-agency risk "
               "assessment conference. Cases, not people: repeats count again.",),
    )  # fmt: skip


def _asks(asked: Asked) -> tuple[Missing, ...]:
    found = returned.counts(asked.pack, "quarterly_returns", "measure", asked.period)
    asks = []
    lacking = [returns.MEASURES[code].label for code in _CASES if code not in found]
    if lacking:
        asks.append(
            Missing(
                f"{joined(lacking)} in {returns.period_words(asked.period)}",
                "the coordinators of DRAMM and MARAC, through the data lead",
            )
        )
    asks += [
        Missing(
            "Crimes and incidents of domestic abuse recorded by the police, by ward",
            "the police",
            needed=False,
        ),
        Missing("Where people first asked for help", "services, at referral", needed=False),
        Missing(
            "How many are at standard risk", "the partnership's standards screening", needed=False
        ),
        Missing("Calls to helplines from the district", "the helplines", needed=False),
    ]
    return tuple(asks)
