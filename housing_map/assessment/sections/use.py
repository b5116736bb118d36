"""Sections 5 and 6: who was supported, and who could not be, as services and the council say.

Without returns these sections hold what is published of the authority, say what is not known, and
whom to ask. Nothing that nobody counted reads as none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from housing_map import returns
from housing_map.assessment.sections import returned
from housing_map.assessment.sections.demand import UNIT, margins, modelled
from housing_map.assessment.sections.making import (
    ALL,
    Column,
    Head,
    columns,
    labels_of,
    listed,
    said,
    summed,
)
from housing_map.assessment.sections.parts import Chart, Line, Made, Missing, Quote, Shape
from housing_map.assessment.sections.provision import CATEGORIES
from housing_map.assessment.sheets import Sheet
from housing_map.cells import is_empty, records, text
from housing_map.disclosure import Cell, Kind, Relation
from housing_map.kinds import KINDS
from housing_map.published_tables import CATEGORIES as PUBLISHED
from housing_map.returns import MEASURES, PEOPLE_SUPPORTED
from housing_map.vocabulary import (
    LEGAL_CATEGORIES,
    REASONS,
    TENURES,
    Reason,
    Run,
    Status,
    Tenure,
)
from housing_map.words import ILLUSTRATION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from housing_map.assessment.sections.parts import Asked
    from housing_map.disclosure_tables import Codes
    from housing_map.vocabulary import Term

_HOUSEHOLDS: Final = (
    "households_supported", "households_started", "households_stopped", "homes_secured",
)  # fmt: skip
_DIVIDED: Final = (
    ("return_endings", "reason", "households_stopped"),
    ("move_on", "destination", "households_stopped"),
    ("return_stays", "band", "households_stopped"),
    ("return_reasons", "reason", "households_unable"),
)
"""Tables that divide a measure: table, column and measure."""
_SCORES: Final = (("mean_start", "Mean at the start"), ("mean_end", "Mean at the end"))
_PROVIDERS: Final = "providers, through the template for returns"


def use(asked: Asked) -> Made:
    """Describe who was supported, for how long, and where they went."""
    pack, period = asked.pack, asked.period
    flows = (
        ("return_endings", "reason", "ended_by_reason", "Why support ended", returns.END_REASONS),
        ("move_on", "destination", "moved_on", "Where households went", returns.DESTINATIONS),
        ("return_stays", "band", "stays", "How long households stayed", returns.STAY_BANDS),
    )  # fmt: skip
    made = [
        sheet
        for table, key, id_, title, terms in flows
        if (sheet := _flow(asked, "use", (table, key, id_, title), terms, "households_stopped"))
    ]
    sheets = [_supported(asked), _households(asked), *made]
    sheets += [one for one in (_by_category(asked), _outcomes(asked), _published(asked)) if one]
    lines = (
        Line(
            f"{{0}} people were supported in {returns.period_words(period)}: {{1}} women, {{2}} "
            "men, {3} trans adults and {4} children.",
            (
                Quote("supported", "people", (ALL,)),
                *(Quote("supported", "people", (code,)) for code in PEOPLE_SUPPORTED),
            ),
            otherwise=f"How many people were supported in {returns.period_words(period)} is not "
            "known in full, or may not be shown. It is not none.",
        ),
        Line(
            "Homes were made more secure for {0} households.",
            (Quote("households", "homes_secured", (period,)),),
        ),
    )
    found = returned.counts(pack, "quarterly_returns", "measure", period)
    asks = [
        Missing(f"{MEASURES[code].label} in {returns.period_words(period)}", _PROVIDERS)
        for code in (*PEOPLE_SUPPORTED, *_HOUSEHOLDS)
        if code not in found
    ]
    asks += [
        Missing(f"{title} in {returns.period_words(period)}", _PROVIDERS)
        for table, key, _, title, _ in flows
        if not returned.counts(pack, table, key, period)
    ]
    if not pack["outcomes"]["period"].eq(period).any():
        asks.append(Missing("Outcome scores at start and end of support, as means", _PROVIDERS))
    pictures: tuple[Chart, ...] = ()
    if any(sheet.id == "moved_on" for sheet in made):
        pictures = (
            Chart(
                id="moved_on",
                shape=Shape.BARS,
                title="Where households went when support ended",
                alt="One bar for each destination, by tenure where it is a home.",
                sheet="moved_on",
                by="destination",
                columns=("households",),
            ),
        )
    return Made(
        lines=lines,
        sheets=tuple(sheets),
        pictures=pictures,
        asks=tuple(asks),
        relations=relations(asked),
    )


def unmet(asked: Asked) -> Made:
    """Describe households that could not be supported, and whom the model leaves out."""
    period, words = asked.period, returns.period_words(asked.period)
    reasons = _flow(
        asked,
        "unmet",
        ("return_reasons", "reason", "unable_by_reason",
         "Households that could not be supported, by main reason"),
        returns.UNABLE_REASONS,
        "households_unable",
    )  # fmt: skip
    unable = one_row(
        asked, "unable", "unmet", "Households that could not be supported", ("households_unable",)
    )
    sheets = [unable, *([reasons] if reasons else []), _lost(asked)]
    lines = (
        Line(
            f"{{0}} households could not be supported in {words}.",
            (Quote("unable", "households_unable", (period,)),),
            otherwise=f"How many households could not be supported in {words} is not known, or may "
            f"not be shown. It is not none.{_in_england(asked)}",
        ),
        Line(
            "A lack of space and a lack of means to meet a need are kept apart, since different "
            "things mend them."
        ),
        Line(
            f"{asked.caution}By the model, {{0}} households a year would not reach safety with "
            "what is known of services here.",
            (Quote("lost", "households", (ALL, ALL)),),
            restricted=asked.illustration,
        ),
    )
    found = returned.counts(asked.pack, "quarterly_returns", "measure", period)
    asks = []
    if "households_unable" not in found:
        asks.append(Missing(f"Households that could not be supported in {words}", _PROVIDERS))
    if reasons is None:
        asks.append(Missing(f"Why households could not be supported in {words}, with no space "
                            "apart from no means to meet the need", _PROVIDERS))  # fmt: skip
    if not asked.pack["barriers"]["period"].eq(period).any():
        asks.append(Missing("Barriers that people with lived experience told of, by theme",
                            "services and survivors' groups"))  # fmt: skip
    return Made(lines=lines, sheets=tuple(sheets), asks=tuple(asks))


def _in_england(asked: Asked) -> str:
    """Say the national figure of households that could not be supported, where there is one."""
    figure = asked.register.figures.get("national_households_unable_to_be_supported")
    if figure is None or figure.central is None:
        return ""
    return f" In England {figure.central:,.0f} could not be ({figure.source}). {figure.note}"


# Counted ----------------------------------------------------------------------------------


def _supported(asked: Asked) -> Sheet:
    found = returned.counts(asked.pack, "quarterly_returns", "measure", asked.period)
    dimension = summed("who", PEOPLE_SUPPORTED)
    values: dict[Codes, float] = {(c,): found[c] for c in PEOPLE_SUPPORTED if c in found}
    if len(values) == len(PEOPLE_SUPPORTED):
        values[ALL,] = sum(values.values())
    return Sheet(
        id="supported",
        title=f"People supported in safe accommodation, {returns.period_words(asked.period)}",
        section="use",
        dimensions=(dimension,),
        headings={"who": "Who"},
        labels={"who": labels_of({c: MEASURES[c] for c in PEOPLE_SUPPORTED}, "All supported")},
        figures=columns(
            (dimension,),
            [
                returned.people(
                    Head("people", "People", "people", "people supported"), values, asked.period
                )
            ],
        ),
        notes=("Supported on at least one day of the year. Children are victims in their own "
               "right.",),
    )  # fmt: skip


def _households(asked: Asked) -> Sheet:
    return one_row(
        asked, "households", "use", "Households supported, and homes secured", _HOUSEHOLDS
    )


def one_row(asked: Asked, id_: str, section: str, title: str, measures: tuple[str, ...]) -> Sheet:
    """Return a sheet of one row: what was counted in the district, a column each.

    Each column is the whole of its measure, so that the mask knows it again as the total of
    another table.
    """
    found = returned.counts(asked.pack, "quarterly_returns", "measure", asked.period)
    words = returns.period_words(asked.period)
    dimension = listed("period", [asked.period])
    return Sheet(
        id=id_,
        title=f"{title}, {words}",
        section=section,
        dimensions=(dimension,),
        headings={"period": "Year"},
        labels={"period": {asked.period: words}},
        figures=columns(
            (dimension,),
            [
                returned.people(
                    Head(code, MEASURES[code].label, MEASURES[code].unit, code),
                    {(asked.period,): found[code]} if code in found else {},
                    asked.period,
                )
                for code in measures
            ],
        ),
        notes=tuple(f"{MEASURES[code].label}: {MEASURES[code].meaning}." for code in measures),
    )


def relations(asked: Asked) -> tuple[Relation, ...]:
    """Return what those who know two figures can take from each other."""
    found = returned.counts(asked.pack, "quarterly_returns", "measure", asked.period)
    made = [
        Relation(
            whole=Cell(whole, asked.period, ()),
            parts=(Cell(code, asked.period, ()),),
            rest=f"{whole}, not {code}",
        )
        for code in _HOUSEHOLDS
        if (whole := MEASURES[code].part_of) is not None
        and {code, whole} <= set(found)
        and found[code] <= found[whole]
    ]
    return (*made, *_left_over(asked, found))


def _left_over(asked: Asked, found: Mapping[str, float]) -> Iterator[Relation]:
    """Yield what lies between a measure and the sum of what divides it, where they differ."""
    for table, key, whole in _DIVIDED:
        parts = returned.counts(asked.pack, table, key, asked.period)
        if not parts or found.get(whole) in {None, sum(parts.values())}:
            continue
        names = (whole, _as_divided(whole, key))
        more, less = names if found[whole] > sum(parts.values()) else reversed(names)
        yield Relation(
            whole=Cell(more, asked.period, ()),
            parts=(Cell(less, asked.period, ()),),
            rest=f"{more}, beyond {less}",
        )


def _as_divided(whole: str, key: str) -> str:
    return f"{whole}, as divided by {key}"


def _flow(
    asked: Asked,
    section: str,
    names: tuple[str, str, str, str],
    terms: Mapping[str, Term],
    whole: str,
) -> Sheet | None:
    """Return households by a reason, destination or length; None when nobody sent them in.

    ``names`` are table, column, id and title of the sheet; ``whole`` is the measure they divide.
    """
    table, key, id_, title = names
    found = returned.counts(asked.pack, table, key, asked.period)
    if not found:
        return None
    codes = [code for code in terms if code in found]
    dimension = summed(key, codes)
    values: dict[Codes, float] = {(code,): found[code] for code in codes}
    values[ALL,] = sum(found[code] for code in codes)
    total = returned.counts(asked.pack, "quarterly_returns", "measure", asked.period).get(whole)
    # One cell in two tables where they agree; else two, and what lies between them (_left_over).
    measure = whole if total in {None, values[ALL,]} else _as_divided(whole, key)
    notes = ["One main answer for each household. An answer that nobody sent in is left out: that "
             "is not none."]  # fmt: skip
    if total not in {None, values[ALL,]}:
        notes.append("The total here is not that of the same households in the other table: ask "
                     "who sent them in.")  # fmt: skip
    return Sheet(
        id=id_,
        title=f"{title}, {returns.period_words(asked.period)}",
        section=section,
        dimensions=(dimension,),
        headings={key: "Main reason" if key == "reason" else key.capitalize()},
        labels={key: labels_of({code: terms[code] for code in codes})},
        figures=columns(
            (dimension,),
            [
                returned.people(
                    Head("households", "Households", "households", measure), values, asked.period
                )
            ],
        ),
        notes=tuple(notes),
    )


def _by_category(asked: Asked) -> Sheet | None:
    """Return people by legal category, as services count them; None when no service did."""
    kinds = {str(row["service_id"]): str(row["kind"]) for row in records(asked.pack["services"])}
    given = returned.by_service(asked.pack, "quarterly_returns", "measure", asked.period)
    values: dict[Codes, float] = {}
    for service, found in given.items():
        category = KINDS[kinds[service]].category
        for code in PEOPLE_SUPPORTED if category is not None else ():
            if code in found:
                places = ((str(category), code), (str(category), ALL), (ALL, code), (ALL, ALL))
                for place in places:
                    values[place] = values.get(place, 0.0) + found[code]
    if not values:
        return None
    held = [code for code in CATEGORIES if (code, ALL) in values]
    dimensions = (summed("category", held), summed("who", PEOPLE_SUPPORTED))
    # What nobody sent in is not none, and is in no sum.
    whole = {
        place: value
        for place, value in values.items()
        if place[1] != ALL or all((place[0], code) in values for code in PEOPLE_SUPPORTED)
    }
    return Sheet(
        id="supported_by_category",
        title=f"People supported by legal category, {returns.period_words(asked.period)}",
        section="use",
        dimensions=dimensions,
        headings={"category": "Legal category", "who": "Who"},
        labels={
            "category": labels_of(LEGAL_CATEGORIES),
            "who": labels_of({c: MEASURES[c] for c in PEOPLE_SUPPORTED}),
        },
        figures=columns(
            dimensions,
            [
                returned.people(
                    Head("people", "People", "people", "people supported, as services count them"),
                    whole,
                    asked.period,
                    restricted=True,
                )
            ],
        ),
        notes=("As services count them: somebody who was supported by two counts twice, so the sum "
               "is not that of the district. Services that sent nothing in are left out. What one "
               "service of a category did is for planning alone.",),
        restricted=True,
    )  # fmt: skip


def _outcomes(asked: Asked) -> Sheet | None:
    """Return distances travelled, as means over people; None when nobody sent any in."""
    rows = [
        row
        for row in records(asked.pack["outcomes"])
        if str(row["period"]) == asked.period and is_empty(row["service_id"])
    ]
    if not rows:
        return None
    keys = {f"{row['tool']}:{row['area']}": row for row in rows}
    dimension = listed("outcome", keys)
    names = {
        key: f"{returns.OUTCOME_TOOLS[str(row['tool'])].label}: "
        f"{returns.OUTCOME_AREAS[str(row['area'])].label}"
        for key, row in keys.items()
    }
    # Means of few people say something of each: they are for planning.
    return Sheet(
        id="outcomes",
        title=f"Outcome scores at start and end, {returns.period_words(asked.period)}",
        section="use",
        dimensions=(dimension,),
        headings={"outcome": "Tool and area"},
        labels={"outcome": names},
        figures=columns(
            (dimension,),
            [
                returned.people(
                    Head("people", "People", "people", "people with two scores"),
                    {(key,): float(row["count"]) for key, row in keys.items()},
                    asked.period,
                    restricted=True,
                )
            ],
        ),
        words=tuple(
            said(name, label, {k: f"{float(row[name]):.1f}" for k, row in keys.items()},
                 restricted=True)
            for name, label in _SCORES
        ),
        restricted=True,
    )  # fmt: skip


def _published(asked: Asked) -> Sheet | None:
    """Return what the department has published of the authority; None when the pack has none."""
    here = [
        row
        for row in records(asked.pack["safe_accommodation"])
        if str(row["area_code"]) == asked.pack.info.district_code and text(row["category"]) == ""
    ]
    if not here:
        return None
    years = sorted({str(row["year"]) for row in here})
    measures = [name for name in PUBLISHED if any(str(r["measure"]) == name for r in here)]
    dimensions = (listed("year", years), listed("measure", measures))
    values: dict[Codes, float] = {
        (str(row["year"]), str(row["measure"])): float(row["value"])
        for row in here
        if not is_empty(row["value"])
    }
    return Sheet(
        id="published_returns",
        title=f"Support in safe accommodation as the department published it, "
        f"{asked.pack.info.title}",
        section="use",
        dimensions=dimensions,
        headings={"year": "Year", "measure": "What was counted"},
        labels={"measure": {m: MEASURES[m].label if m in MEASURES else
                            m.replace("_", " ").capitalize() for m in measures}},
        figures=columns(
            dimensions,
            [
                Column(
                    head=Head("value", "Published", "as the row says", "published: totals"),
                    kind=Kind.NATIONAL,
                    values=values,
                    status=Status.PUBLISHED,
                    source="MHCLG, Support in domestic abuse safe accommodation, data tables",
                )
            ],
        ),
    )  # fmt: skip


# Modelled ---------------------------------------------------------------------------------


def _lost(asked: Asked) -> Sheet:
    """Households the model leaves out, by tenure and reason: an illustration."""
    dimensions = (
        summed("tenure", [str(tenure) for tenure in Tenure]),
        summed("reason", [str(reason) for reason in Reason]),
    )
    by_run: dict[Run, dict[Codes, float]] = {run: {} for run in Run}
    for reason in Reason:
        for run, found in margins(asked, ("tenure",), str(reason)).items():
            for (tenure,), value in found.items():
                by_run[run][tenure, str(reason)] = value
                by_run[run][tenure, ALL] = by_run[run].get((tenure, ALL), 0.0) + value
    places: list[Codes] = [(t, r) for t in dimensions[0].codes for r in dimensions[1].codes]
    made = []
    for run, name, label in (
        (Run.CENTRAL, "households", "Central run"),
        (Run.CAUTIOUS, "cautious", "Cautious run"),
        (Run.OPTIMISTIC, "optimistic", "Optimistic run"),
    ):
        head = Head(name, label, UNIT, f"households that would not reach safety, {run}")
        values: dict[Codes, float] = {place: by_run[run].get(place, 0.0) for place in places}
        made.append(
            modelled(asked, head, values, illustration=asked.illustration, level="district")
        )
    return Sheet(
        id="lost",
        title=asked.titled(
            "Households a year that would not reach safety, modelled, by the home they had and why"
        ),
        section="unmet",
        dimensions=dimensions,
        headings={"tenure": "The home they had", "reason": "Reason"},
        labels={"tenure": labels_of(TENURES), "reason": labels_of(REASONS)},
        figures=columns(dimensions, made),
        notes=(ILLUSTRATION,) if asked.illustration else (),
        restricted=asked.illustration,
    )
