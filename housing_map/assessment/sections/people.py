"""Sections 8 and 9: protected characteristics and multiple needs, and children.

A circumstance whose share nobody has published has no number: it is unknown, and never none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from housing_map import eligibility, returns
from housing_map.assessment.sections import returned
from housing_map.assessment.sections.demand import UNIT, margins, modelled
from housing_map.assessment.sections.making import (
    ALL,
    Head,
    columns,
    labels_of,
    listed,
    lower,
    said,
    summed,
)
from housing_map.assessment.sections.parts import Chart, Line, Made, Missing, Quote, Shape
from housing_map.assessment.sections.provision import any_takes, safe
from housing_map.assessment.sheets import Sheet
from housing_map.cells import is_empty, records, text
from housing_map.disclosure import Cell, Relation
from housing_map.returns import CHARACTERISTICS, PEOPLE_SUPPORTED
from housing_map.vocabulary import (
    CIRCUMSTANCES,
    SPECIALIST_SUPPORT,
    STATUSES,
    SUPPORT_TYPES,
    Answer,
    Run,
)
from housing_map.words import ILLUSTRATION, joined

if TYPE_CHECKING:
    from housing_map.assessment.sections.parts import Asked
    from housing_map.disclosure_tables import Codes

_CHILDREN: Final = tuple(c for c, term in CIRCUMSTANCES.items() if term.level_of == "children")
_MEASURES: Final = ("people not supported", "people supported")
_ANY: Final = "any"
"""Code of those with at least one of the characteristics."""
_SONS: Final = tuple(c for c, term in CIRCUMSTANCES.items() if term.level_of == "sons")
_KINDS: Final = ("none", "one", "two", "three")


def characteristics(asked: Asked) -> Made:
    """Describe who seeks help, by characteristic and need, and whom that leaves out."""
    needs = _needs(asked)
    sheets = [needs, _together(asked), *_counted(asked)]
    known = {codes[0] for codes, value in needs.figures[0].table.values.items()
             if isinstance(value, float)}  # fmt: skip
    unknown = [lower(term.label) for code, term in CIRCUMSTANCES.items() if code not in known]
    lines = (
        Line(
            "Of households that seek help in a year, {0} are estimated to have a mental health "
            "need, {1} a disability, and {2} to be Black or from a minoritised community. These "
            "are modelled estimates: shares counted elsewhere, or here among other people.",
            tuple(
                Quote("needs", "demand", (code,))
                for code in ("mental_health", "disability", "black_minoritised")
            ),
        ),
        Line(
            f"Nobody has published how many have: {joined(unknown)}. Their number is unknown. It "
            "is not none, and the table says whether any service takes them."
            if unknown
            else ""
        ),
        Line(
            "Needs come together. {0} households a year are estimated to need two or more kinds of "
            "specialist support at once. Which needs gather in the same households is not known "
            "here: taking them as independent understates multiple need.",
            (Quote("together", "demand", ("two_or_more",)),),
        ),
    )
    asks = (
        [
            Missing(
                f"Share of households with: {joined(unknown)}",
                "services, in their returns; MHCLG local authority tables",
            ),
            Missing(
                "Which needs come together in the same households",
                "services, in their returns",
                needed=False,
            ),
        ]
        if unknown
        else []
    )
    if not returned.counts(
        asked.pack, "return_characteristics", "characteristic", asked.period,
        only={"counted": "supported"},
    ):  # fmt: skip
        asks.append(
            Missing(
                f"Characteristics of people supported, and of those who could not be, in "
                f"{returns.period_words(asked.period)}",
                "providers, through the template for returns",
            )
        )
    pictures = (
        Chart(
            id="needs",
            shape=Shape.BARS,
            title="Households that seek help a year, by need or characteristic, modelled",
            alt="One bar for each need or characteristic with a known share. Bars overlap: a "
            "household may have several.",
            sheet="needs",
            by="need",
            columns=("demand",),
        ),
    )
    return Made(
        lines=tuple(line for line in lines if line.words),
        sheets=tuple(sheets),
        pictures=pictures,
        asks=tuple(asks),
        relations=_parts_of_any(asked),
    )


def _needs(asked: Asked) -> Sheet:
    dimension = listed("need", CIRCUMSTANCES)
    found = margins(asked, ("need",))[Run.CENTRAL]
    found = {(code,): found[code,] for code in CIRCUMSTANCES if (code,) in found}
    helped = margins(asked, ("need",), "met_with_support")[Run.CENTRAL]
    shares = {
        str(row["code"]): row
        for row in records(asked.pack["household_shares"])
        if row["dimension"] == "circumstance" and not is_empty(row["central"])
    }
    given = eligibility.answers(asked.pack)
    taken = {
        code: any_takes([given.get((one.id, code), Answer.UNKNOWN) for one in safe(asked)])
        for code in CIRCUMSTANCES
    }
    return Sheet(
        id="needs",
        title=f"Households that seek help in a year by need or characteristic, modelled, "
        f"{asked.pack.info.title}",
        section="characteristics",
        dimensions=(dimension,),
        headings={"need": "Need or characteristic"},
        labels={"need": {code: term.label for code, term in CIRCUMSTANCES.items()}},
        figures=columns(
            (dimension,),
            [
                modelled(
                    asked,
                    Head("demand", "Seek help", UNIT, "households that seek help, by need"),
                    found,
                    circumstances=True,
                    level="district",
                ),
                modelled(
                    asked,
                    Head("supported", "Reach safety with the support they need", UNIT,
                         "households helped with support, by need"),
                    {codes: helped[codes] for codes in found if codes in helped},
                    circumstances=True,
                    illustration=asked.illustration,
                    level="district",
                ),
            ],
        ),
        words=(
            said("taken", "Does any service take them?", taken),
            said("status", "Status of the share",
                 {code: STATUSES[str(row["status"])].label for code, row in shares.items()}),
            said("source", "Source of the share",
                 {code: text(row["source"]) for code, row in shares.items()}),
            said("note", "Note", {code: text(row["note"]) for code, row in shares.items()}),
        ),
        notes=("A household may have several: rows overlap and do not sum. Where nobody has "
               "published a share the number is not known.",
               *([ILLUSTRATION] if asked.illustration else ())),
    )  # fmt: skip


def _together(asked: Asked) -> Sheet:
    """Households by how many kinds of specialist support they need at once."""
    cells = asked.result[Run.CENTRAL].cells
    signatures = cells.setting.signatures
    kinds = np.array([code.bit_count() for code in range(signatures.touching.shape[1])])
    shares = np.divide(
        signatures.touching,
        signatures.share[:, None],
        out=np.zeros_like(signatures.touching),
        where=signatures.share[:, None] > 0,
    )
    by_combination = cells.demand @ shares[cells.signature]
    values: dict[Codes, float] = {
        (name,): float(by_combination[kinds == number].sum()) for number, name in enumerate(_KINDS)
    }
    values["two_or_more",] = values["two",] + values["three",]
    values[ALL,] = float(by_combination.sum())
    dimension = listed("kinds", [ALL, *_KINDS, "two_or_more"])
    sorts = joined([SUPPORT_TYPES[code].label.lower() for code in SPECIALIST_SUPPORT])
    return Sheet(
        id="together",
        title="Households that seek help in a year by how many kinds of specialist support they "
        "need, modelled",
        section="characteristics",
        dimensions=(dimension,),
        headings={"kinds": "Kinds of specialist support needed"},
        labels={"kinds": {ALL: "All", "none": "None", "one": "One", "two": "Two",
                          "three": "Three", "two_or_more": "Two or more"}},
        figures=columns(
            (dimension,),
            [
                modelled(
                    asked,
                    Head("demand", "Seek help", UNIT, "households by kinds of support needed"),
                    values,
                    circumstances=True,
                    level="district",
                )
            ],
        ),
        notes=(f"The three kinds are {sorts}. Circumstances whose share nobody has published are "
               "not counted in, so more may be needed.",),
    )  # fmt: skip


def _parts_of_any(asked: Asked) -> tuple[Relation, ...]:
    """Return that each characteristic is a part of *any*: the rest of it is protected as well."""
    found = []
    for counted in returns.COUNTED:
        values = returned.counts(
            asked.pack, "return_characteristics", "characteristic", asked.period,
            only={"counted": counted},
        )  # fmt: skip
        measure = _MEASURES[counted == "supported"]

        def cell(code: str, measure: str = measure) -> Cell:
            return Cell(measure, asked.period, (("characteristic", code),))

        found += [
            Relation(
                whole=cell(_ANY), parts=(cell(code),), rest=f"{measure}, with others than {code}"
            )
            for code, value in values.items()
            if code in CHARACTERISTICS and code != _ANY and value <= values.get(_ANY, -1)
        ]
    return tuple(found)


def _counted(asked: Asked) -> list[Sheet]:
    """Characteristics of people as services returned them, of those supported and those not."""
    found = []
    for counted, term in returns.COUNTED.items():
        values = returned.counts(
            asked.pack, "return_characteristics", "characteristic", asked.period,
            only={"counted": counted},
        )  # fmt: skip
        if not values:
            continue
        codes = [code for code in CHARACTERISTICS if code in values]
        dimension = summed("characteristic", codes, adds=False)
        cells: dict[Codes, float] = {(code,): values[code] for code in codes}
        if counted == "supported":
            people = returned.counts(asked.pack, "quarterly_returns", "measure", asked.period)
            if set(PEOPLE_SUPPORTED) <= set(people):
                whole = sum(people[code] for code in PEOPLE_SUPPORTED)
                # Children have characteristics too, and a return may be at odds with another.
                if whole >= max(cells.values()):
                    cells[ALL,] = whole
        measure = _MEASURES[counted == "supported"]
        found.append(
            Sheet(
                id=f"characteristics_{counted}",
                title=f"{term.label} by characteristic, {returns.period_words(asked.period)}",
                section="characteristics",
                dimensions=(dimension,),
                headings={"characteristic": "Characteristic"},
                labels={"characteristic": labels_of({c: CHARACTERISTICS[c] for c in codes})},
                figures=columns(
                    (dimension,),
                    [
                        returned.people(
                            Head("people", "People", "people", measure), cells, asked.period
                        )
                    ],
                ),
                notes=("A person may have several: rows overlap and do not sum.",),
            )
        )
    return found


# Children ---------------------------------------------------------------------------------


def children(asked: Asked) -> Made:
    """Describe children as victims in their own right."""
    sheets = (_children(asked), _sons(asked))
    helped = [one for one in safe(asked) if "s6" in one.supports]
    everyone = [one for one in asked.services if "s6" in one.supports]
    district = asked.pack.info.title
    lines = (
        Line(
            "Children are victims of domestic abuse in their own right when they see, hear or "
            "experience its effects (Domestic Abuse Act 2021, section 3), and support for them is "
            "part of the duty (section 57)."
        ),
        Line(
            f"{{0}} children a year are estimated to be in households that seek help in {district}"
            ": households with children, times the mean number of children of families in refuges.",
            (Quote("children", "number", ("children",)),),
        ),
        Line(
            "Children's support is known to come with safe accommodation here."
            if any(one.certain for one in helped)
            else "Nobody has said that children's support comes with any safe accommodation here."
        ),
        Line(
            "How many services beside safe accommodation support children is in the table of "
            "support by type."
            if len(everyone) > len(helped)
            else "No service beside safe accommodation is recorded as supporting children."
        ),
    )
    asks = [
        Missing(
            "Children supported, and children in households that could not be, by age",
            "providers, through the template for returns",
        ),
        Missing(
            "Children known to children's social care because of domestic abuse, and "
            "notifications by Operation Encompass",
            "children's services; schools; the police",
            needed=False,
        ),
        Missing(
            "Ages of sons of families that seek help: some services set a limit",
            "services, at referral",
            needed=False,
        ),
    ]
    if returned.counts(asked.pack, "quarterly_returns", "measure", asked.period).get(
        "children_supported"
    ):
        asks = asks[1:]
    return Made(lines=lines, sheets=sheets, asks=tuple(asks))


def _children(asked: Asked) -> Sheet:
    found = margins(asked, ("need",))[Run.CENTRAL]
    families = [found[code,] for code in _CHILDREN if (code,) in found]
    mean = asked.register.figures.get("children_mean_in_families")
    values: dict[Codes, float] = {}
    if len(families) == len(_CHILDREN):
        values["families",] = sum(families)
        if mean is not None and mean.central is not None:
            values["children",] = sum(families) * mean.central
    values |= {(code,): found[code,] for code in _CHILDREN if (code,) in found}
    dimension = listed("what", ["families", *_CHILDREN, "children"])
    return Sheet(
        id="children",
        title="Families and children in households that seek help in a year, modelled",
        section="children",
        dimensions=(dimension,),
        headings={"what": "Who"},
        labels={"what": {"families": "Households with children", "children": "Children in them",
                         **{code: CIRCUMSTANCES[code].label for code in _CHILDREN}}},
        figures=columns(
            (dimension,),
            [
                modelled(
                    asked,
                    Head("number", "A year", "households, or children, a year",
                         "families and children"),
                    values,
                    circumstances=True,
                    level="district",
                )
            ],
        ),
        notes=(() if mean is None else (f"Children in a family: {mean.source}. {mean.note}",)),
    )  # fmt: skip


def _sons(asked: Asked) -> Sheet:
    """Whether any safe accommodation takes sons of each age: the rule families meet most."""
    given = eligibility.answers(asked.pack)
    dimension = listed("need", _SONS)
    return Sheet(
        id="sons",
        title="Whether safe accommodation takes families with sons, by the age of the oldest",
        section="children",
        dimensions=(dimension,),
        headings={"need": "A family with"},
        labels={"need": {code: CIRCUMSTANCES[code].label for code in _SONS}},
        words=(
            said(
                "taken",
                "Does any safe accommodation take them?",
                {
                    code: any_takes(
                        [given.get((one.id, code), Answer.UNKNOWN) for one in safe(asked)]
                    )
                    for code in _SONS
                },
            ),
            said(
                "england",
                "In England",
                {
                    str(row["rule"]): f"{float(row['central']):.0%} of {text(row['share_of'])} "
                    f"take them ({text(row['source'])})"
                    for row in records(asked.pack["acceptance_shares"])
                    if row["kind"] == "refuge"
                    and row["rule"] in _SONS
                    and not is_empty(row["central"])
                },
            ),
        ),
    )
