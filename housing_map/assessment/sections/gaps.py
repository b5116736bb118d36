"""Sections 11 and 12: gaps and where they are, what a scenario would do, and what has changed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from housing_map import effects, rates
from housing_map.assessment.sections.demand import HOMELESSNESS, MODEL, UNIT, margins, modelled
from housing_map.assessment.sections.followed import change_parts, register_parts
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
from housing_map.assessment.sections.provision import CATEGORIES, presence_of, safe
from housing_map.assessment.sheets import Sheet
from housing_map.change_words import labels
from housing_map.disclosure import Kind
from housing_map.gaps import largest_gaps
from housing_map.inventory import inventory
from housing_map.neighbours import QUARTERS
from housing_map.places import find_level
from housing_map.returns import period_words
from housing_map.vocabulary import LEGAL_CATEGORIES, TENURES, Run, Status, Tenure
from housing_map.words import ILLUSTRATION, gap_sentence, joined, kind_label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from housing_map.assessment.sections.parts import Asked
    from housing_map.disclosure_tables import Codes
    from housing_map.pack import Pack

_MOST: Final = 10
_YEARS: Final = 5


def gaps(asked: Asked) -> Made:
    """Describe what is absent, who is left out and where, and what a scenario would change."""
    found = largest_gaps(asked.result, most=_MOST)
    absent = inventory(asked.pack, asked.on).absent
    followed, register = register_parts(asked)
    sheets = [_absent(asked), _wards(asked), _largest(asked), *_scenario(asked), *register]
    lines = [
        Line(
            "Each figure about who would be helped rests on assumptions until services give "
            "theirs. What exists, what is absent and what is unknown is known already, and comes "
            "first."
        ),
        Line(
            f"Not found in the district: {joined([kind_label(c) for c in absent], 'or')}."
            if absent
            else "Every kind of service was found in the district."
        ),
        Line(
            "The map of need shows modelled rates by ward. Its pattern follows the homes people "
            "have, and does not come from counts of people by ward."
        ),
        Line(
            f"{asked.caution}{' '.join(gap_sentence(gap) for gap in found[:3])}",
            restricted=True,
        ),
    ]
    lines += followed
    if asked.comparison is not None:
        outcome = asked.comparison.outcomes[0]
        applied = outcome.applied
        made = [applied.scenario.changes[number] for number in applied.made]
        changes = [f"{one[:1].lower()}{one[1:]}" for one in labels(made, asked.pack)]
        lines += [
            Line(
                f"Scenario “{outcome.name}”: {joined(changes)}."
                if changes
                else f"Scenario “{outcome.name}” changes nothing that applies to these data.",
                restricted=True,
            ),
            Line(
                f"{asked.caution}By the model, {{0}} households a year would reach safety with the "
                "scenario, and {1} without it.",
                (Quote("scenario", "after", (ALL,)), Quote("scenario", "before", (ALL,))),
                restricted=True,
            ),
        ]
    ward = find_level(asked.pack, "ward")
    pictures = (
        Chart(
            id="need_by_ward",
            shape=Shape.MAP,
            title="Households that seek help a year for every 1,000 households, modelled, by ward",
            alt="A map of the wards of the district, darker where the modelled rate is higher.",
            sheet="need_by_ward",
            by=ward.code,
            columns=("rate",),
        ),
    )
    asks = [
        Missing(f"Whether there is: {joined([kind_label(code) for code in absent], 'or')}",
                "the housing working group", needed=False),
    ] if absent else []  # fmt: skip
    if not asked.gaps:
        asks.append(
            Missing("Which gaps have been taken up, by whom and until when",
                    "the partnership, in the gap register")
        )  # fmt: skip
    return Made(lines=tuple(lines), sheets=tuple(sheets), pictures=pictures, asks=tuple(asks))


def _absent(asked: Asked) -> Sheet:
    """Legal categories with what was found of each, and what is not known."""
    dimension = listed("category", CATEGORIES)
    return Sheet(
        id="gaps_in_provision",
        title="Gaps in provision by legal category",
        section="gaps",
        dimensions=(dimension,),
        headings={"category": "Legal category (SI 2021/991)"},
        labels={"category": labels_of(LEGAL_CATEGORIES)},
        words=(
            said("meaning", "Meaning", {c: LEGAL_CATEGORIES[c].meaning for c in CATEGORIES}),
            said("found", "Is it there?", {c: presence_of(safe(asked, c)) for c in CATEGORIES}),
        ),
    )


def _wards(asked: Asked) -> Sheet:
    """Rates of need by ward: modelled, and of no circumstance."""
    found = rates.area_rates(asked.result, "ward")
    dimension = listed("ward", [str(code) for code in found.index])
    return Sheet(
        id="need_by_ward",
        title="Households that seek help a year for every 1,000 households, modelled, by ward",
        section="gaps",
        dimensions=(dimension,),
        headings={"ward": "Ward"},
        labels={"ward": {str(code): str(name) for code, name in found["name"].items()}},
        figures=columns(
            (dimension,),
            [
                Column(
                    head=Head("rate", "Rate", "per 1,000 households", "need for 1,000 households"),
                    kind=Kind.MODELLED,
                    values={
                        (str(code),): round(float(rate), 1)
                        for code, rate in found["need"].items()
                        if rate == rate  # noqa: PLR0124 - not a number
                    },
                    status=Status.DERIVED,
                    source=MODEL,
                    more={"level": "ward", "rate": True},
                )
            ],
        ),
        area="ward",
        notes=(
            "The pattern follows the homes people have. It is no count of people by ward.",
            asked.pack.info.layers["ward"].vintage,
        ),
    )


def _largest(asked: Asked) -> Sheet:
    """Return the largest gaps by tenure and reason, in words: an illustration."""
    found = largest_gaps(asked.result, most=_MOST)
    keys = {f"{gap.tenure}:{gap.reason}": gap for gap in found}
    dimension = listed("gap", keys)
    return Sheet(
        id="largest_gaps",
        title=asked.titled("The largest gaps, modelled"),
        section="gaps",
        dimensions=(dimension,),
        headings={"gap": "The home they had"},
        labels={"gap": {key: TENURES[gap.tenure].label for key, gap in keys.items()}},
        words=(
            said("words", "Gap", {key: gap_sentence(gap) for key, gap in keys.items()},
                 restricted=True),
        ),
        notes=(ILLUSTRATION,) if asked.illustration else (),
        restricted=True,
    )  # fmt: skip


def _scenario(asked: Asked) -> list[Sheet]:
    """Return what the chosen scenario would change, by tenure: an illustration."""
    if asked.comparison is None:
        return []
    rows = effects.by(asked.comparison, ("tenure",)).set_index("tenure")
    every = effects.totals(asked.comparison).iloc[0]
    dimension = summed("tenure", [str(one) for one in Tenure])
    made = []
    for end, label in (("before", "Without the scenario"), ("after", "With the scenario")):
        column = f"met_{end}"
        values: dict[Codes, float] = {
            (str(one),): float(rows[column].get(str(one), 0.0)) for one in Tenure
        }
        values[ALL,] = float(every[column])
        head = Head(end, label, UNIT, f"met {end} the scenario")
        made.append(
            modelled(asked, head, values, illustration=asked.illustration, level="district")
        )
    return [
        Sheet(
            id="scenario",
            title=asked.titled(
                "Households a year that would reach safety, modelled, scenario "
                f"“{asked.comparison.outcomes[0].name}”"
            ),
            section="gaps",
            dimensions=(dimension,),
            headings={"tenure": "The home they had"},
            labels={"tenure": labels_of(TENURES)},
            figures=columns((dimension,), made),
            notes=(ILLUSTRATION,) if asked.illustration else (),
            restricted=True,
        )
    ]


# Change -----------------------------------------------------------------------------------


def change(asked: Asked) -> Made:
    """Describe what has changed in published figures, and since the last assessment."""
    sheet = _years(asked)
    lines = [
        Line(
            "A strategy must have regard to how far the need identified before may have changed "
            "(regulation 5(2))."
        )
    ]
    years = [codes[0] for codes in sheet.codes()]
    known = [year for year in years if isinstance(sheet.figures[1].table.values[year,], float)]
    if len(known) > 1:
        lines.append(
            Line(
                "Victims of domestic abuse owed a homelessness duty: {0} in the four quarters to "
                f"{_ended(known[-2])}, and {{1}} in those to {_ended(known[-1])}.",
                tuple(Quote("homelessness_by_year", "victims", (year,)) for year in known[-2:]),
            )
        )
    asks: list[Missing] = []
    sheets = [sheet]
    if asked.earlier is not None:
        changed, tables = change_parts(asked, asked.earlier)
        sheets += [_then_and_now(asked, asked.earlier), *tables]
        lines += changed
        lines.append(
            Line(
                "The model estimates {1} households a year that seek help with the data of now, "
                "and {0} with those of the last assessment. Where sources or assumptions were "
                "redefined in between, the difference is not a change in need.",
                tuple(Quote("then_and_now", name, (ALL,)) for name in ("then", "now")),
            )
        )
    else:
        lines.append(Line("No data of an earlier assessment were given to compare with."))
        asks.append(
            Missing("The data pack of the last assessment, to say what has changed",
                    "the author of the last assessment")
        )  # fmt: skip
    return Made(lines=tuple(lines), sheets=tuple(sheets), asks=tuple(asks))


def _then_and_now(asked: Asked, earlier: Pack) -> Sheet:
    """Modelled need by tenure, with the data of the last assessment and with those of now."""
    before = replace(asked, pack=earlier)
    dimension = summed("tenure", [str(one) for one in Tenure])
    made = []
    for name, label, which in (
        ("then", "With the data of the last assessment", before),
        ("now", "With the data of now", asked),
    ):
        found = margins(which, ("tenure",))[Run.CENTRAL]
        values: dict[Codes, float] = {codes: found.get(codes, 0.0) for codes in found}
        head = Head(name, label, UNIT, f"households that seek help, {name}")
        made.append(modelled(asked, head, values, level="district"))
    return Sheet(
        id="then_and_now",
        title="Households that seek help in a year, modelled, with the data of the last assessment "
        "and of now",
        section="change",
        dimensions=(dimension,),
        headings={"tenure": "The home they had"},
        labels={"tenure": labels_of(TENURES)},
        figures=columns((dimension,), made),
        notes=(
            f"The data of the last assessment are as of {earlier.info.reference_date.isoformat()}, "
            f"those of now as of {asked.pack.info.reference_date.isoformat()}.",
        ),
    )


def _years(asked: Asked) -> Sheet:
    """Homelessness because of domestic abuse over four quarters at a time, back from the latest."""
    table = asked.pack["homelessness"]
    here = table[table["area_code"] == asked.pack.info.district_code].set_index("quarter")
    quarters = sorted(map(str, here.index))
    ends = quarters[::-QUARTERS][:_YEARS][::-1]
    parts = {end: quarters[max(quarters.index(end) - QUARTERS + 1, 0) :][:QUARTERS] for end in ends}

    def added(names: Sequence[str]) -> dict[Codes, float]:
        found: dict[Codes, float] = {}
        for end, part in parts.items():
            figures = here.loc[part, list(names)].astype("float64")
            if len(part) == QUARTERS and not figures.isna().to_numpy().any():
                found[end,] = float(figures.to_numpy().sum())
        return found

    dimension = listed("year", ends)
    given = (
        ("owed", "Households owed a duty", ("owed_any_duty",)),
        ("victims", "Victims of domestic abuse owed a duty",
         ("reason_da_prevention_victim", "reason_da_relief_victim")),
    )  # fmt: skip
    return Sheet(
        id="homelessness_by_year",
        title=f"Homelessness duties over four quarters at a time, {asked.pack.info.title}",
        section="change",
        dimensions=(dimension,),
        headings={"year": "Four quarters to"},
        labels={"year": {end: _ended(end) for end in ends}},
        figures=columns(
            (dimension,),
            [
                Column(
                    head=Head(name, label, "households", f"homelessness by year: {name}"),
                    kind=Kind.NATIONAL,
                    values=added(names),
                    status=Status.DERIVED,
                    source=f"{HOMELESSNESS}: four quarters added up",
                )
                for name, label, names in given
            ],
        ),
        notes=("Four quarters with one missing are not known. Victims have columns of their own "
               "from July to September 2023: before that they are counted together with "
               "perpetrators, and cannot be compared.",),
    )  # fmt: skip


def _ended(quarter: str) -> str:
    """Return the last month of a quarter in words."""
    return period_words(quarter).rpartition(" to ")[2]
