"""Section 4: what safe accommodation there is, by the six legal categories, and whom it takes.

Facts on confidential accommodation are counted by category with how many services and
organisations share each cell, so that the mask hides those of few; names, capacities and funding
of single services are for the restricted view.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from housing_map import eligibility, funding, legal_view
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
from housing_map.assessment.sections.parts import Line, Made, Missing, Quote
from housing_map.assessment.sheets import Sheet
from housing_map.cells import day, number, records, text
from housing_map.disclosure import Kind, Providers
from housing_map.inventory import few, inventory
from housing_map.legal import Relevance
from housing_map.vocabulary import (
    ANSWERS,
    CIRCUMSTANCES,
    COMPONENTS,
    LEGAL_CATEGORIES,
    RULES,
    STATUSES,
    Answer,
    CapacityBasis,
    LegalCategory,
    Stage,
    Status,
)
from housing_map.words import inventory_sentences, joined, rule_label

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from housing_map.assessment.sections.parts import Asked
    from housing_map.cells import Row
    from housing_map.disclosure_tables import Codes
    from housing_map.provision import Service

    _Counted = tuple[dict[Codes, float], dict[Codes, Providers]]

PACK_SOURCE: Final = "Data pack: services, with the source of each row"
CATEGORIES: Final = tuple(str(category) for category in LegalCategory)
_NOBODY: Final = "Nobody has told us"


def provision(asked: Asked) -> Made:
    """Describe safe accommodation and what else gives a home."""
    sheets = (
        _by_category(asked),
        _taken(asked),
        _findings(asked),
        _helplines(asked),
        _directory(asked),
        _funding(asked),
    )
    exists, absent, unknown = inventory_sentences(inventory(asked.pack, asked.on))
    lines = (
        Line(exists, restricted=True),
        Line(_categories_line(asked)),
        Line(absent),
        Line(unknown),
        Line(
            "{0} places in safe accommodation are known.",
            (Quote("safe_accommodation", "units", (ALL,)),),
            otherwise="How many places there are in safe accommodation is not known, or may not be "
            "shown. It is never taken as none.",
        ),
        Line(
            "Names, places, prices and funding of single services are not published: where one "
            "service alone would fit, a perpetrator would learn where to look."
        ),
    )
    return Made(lines=lines, sheets=sheets, asks=_asks(asked))


def safe(asked: Asked, category: str = ALL) -> tuple[Service, ...]:
    """Return services of a legal category, or of any, that run or may run."""
    return tuple(
        one
        for one in asked.services
        if one.kind.category is not None and category in {ALL, str(one.kind.category)}
    )


def shared_by(services: Iterable[Service]) -> Providers:
    """Return how many services and organisations share a cell."""
    found = list(services)
    return Providers(len(found), len({one.organisation_id for one in found}))


def _categories_line(asked: Asked) -> str:
    """Say which of the six categories have a service."""
    by: dict[str, list[str]] = {"known": [], "perhaps": [], "none": []}
    for code in CATEGORIES:
        services = safe(asked, code)
        state = "known" if any(one.certain for one in services) else "perhaps"
        by[state if services else "none"].append(LEGAL_CATEGORIES[code].label.lower())
    parts = []
    if by["known"]:
        parts.append(f"a service runs for {joined(by['known'])}")
    if by["perhaps"]:
        parts.append(f"nobody has confirmed one for {joined(by['perhaps'])}")
    if by["none"]:
        parts.append(f"none was found for {joined(by['none'])}")
    return f"Of the six legal categories of safe accommodation, {'; '.join(parts)}."


def presence_of(services: tuple[Service, ...]) -> str:
    """Say whether a service is there."""
    if any(one.certain for one in services):
        return "In place"
    return "Not confirmed" if services else "None found"


def _by_category(asked: Asked) -> Sheet:
    capacity = {str(row["service_id"]): row for row in records(asked.pack["capacity"])}
    dimension = summed("category", CATEGORIES)

    def count(keep: Callable[[Service], bool]) -> _Counted:
        groups: dict[Codes, list[Service]] = {
            (code,): [s for s in safe(asked, code) if keep(s)] for code in dimension.codes
        }
        return (
            {codes: float(len(found)) for codes, found in groups.items()},
            {codes: shared_by(found) for codes, found in groups.items()},
        )

    def amount(basis: CapacityBasis) -> _Counted:
        figures: dict[str, float] = {}
        for one in safe(asked):
            row = capacity.get(one.id)
            known = None if row is None else number(row["capacity_central"])
            if known is not None and row is not None and row["basis"] == basis:
                figures[one.id] = known
        groups: dict[Codes, list[Service]] = {
            (c,): [s for s in safe(asked, c) if s.id in figures] for c in dimension.codes
        }
        sums = {
            codes: sum(figures[one.id] for one in found) for codes, found in groups.items() if found
        }
        return sums, {codes: shared_by(found) for codes, found in groups.items()}

    figures = (
        ("running", "Services known to run", "services", count(lambda one: one.certain)),
        ("unconfirmed", "Services nobody has confirmed", "services",
         count(lambda one: not one.certain)),
        ("units", "Places, where known", "units", amount(CapacityBasis.UNITS)),
        ("installations", "Homes made secure a year, where known", "homes a year",
         amount(CapacityBasis.INSTALLATIONS)),
    )  # fmt: skip
    return Sheet(
        id="safe_accommodation",
        title=f"Safe accommodation by legal category, {asked.pack.info.title}",
        section="provision",
        dimensions=(dimension,),
        headings={"category": "Legal category (SI 2021/991)"},
        labels={"category": labels_of(LEGAL_CATEGORIES)},
        figures=columns(
            (dimension,),
            [
                Column(
                    head=Head(name, label, unit, f"safe accommodation: {label.lower()}"),
                    kind=Kind.PROVISION,
                    values=values,
                    status=Status.PUBLISHED if values else Status.UNKNOWN,
                    source=PACK_SOURCE,
                    providers=providers,
                )
                for name, label, unit, (values, providers) in figures
            ],
        ),
        words=(
            said(
                "presence",
                "Is it there?",
                {code: presence_of(safe(asked, code)) for code in CATEGORIES},
            ),
        ),
        notes=("Places are counted where a service or a publisher has given a figure. One that has "
               "not is unknown, and is not in the sum.",),
    )  # fmt: skip


def _taken(asked: Asked) -> Sheet:
    """Whom safe accommodation takes: publishable for all of it together, in words."""
    given = eligibility.answers(asked.pack)
    services = safe(asked)
    dimension = listed("rule", CIRCUMSTANCES)
    by = {
        code: [given.get((one.id, code), Answer.UNKNOWN) for one in services]
        for code in CIRCUMSTANCES
    }
    return Sheet(
        id="whom_it_takes",
        title=f"Whom safe accommodation takes, {asked.pack.info.title}",
        section="provision",
        dimensions=(dimension,),
        headings={"rule": "A household with"},
        labels={"rule": {code: term.label for code, term in CIRCUMSTANCES.items()}},
        figures=columns(
            (dimension,),
            [
                Column(
                    head=Head(str(answer), ANSWERS[answer].label, "services",
                              f"safe accommodation that answers {answer}"),
                    kind=Kind.PROVISION,
                    values={(code,): float(found.count(answer)) for code, found in by.items()},
                    status=Status.PUBLISHED,
                    source=PACK_SOURCE,
                    restricted=True,
                )
                for answer in Answer
            ],
        ),
        words=(
            said("any", "Does any take them?", {c: any_takes(one) for c, one in by.items()}),
        ),
        notes=("All legal categories together, so that no single service is described.",),
        restricted=few(services),
    )  # fmt: skip


def any_takes(answers: list[Answer]) -> str:
    """Say whether any of some services takes a household, from their answers."""
    if not answers:
        return "No service was found"
    for answer, words in (
        (Answer.YES, "Yes, at least one"),
        (Answer.DEPENDS, "Case by case"),
    ):
        if answer in answers:
            return words
    if Answer.NO in answers and Answer.UNKNOWN in answers:
        return "Not known of all of them"
    return _NOBODY if Answer.UNKNOWN in answers else "No"


_FINDINGS: Final = {
    "yes": "Relevant accommodation",
    "no": "Outside Part 4",
    "cannot_tell": "Cannot be told",
}


def _findings(asked: Asked) -> Sheet:
    """Whether services are relevant accommodation in law, by category."""
    found = legal_view.findings(asked.pack)
    dimensions = (summed("category", CATEGORIES), summed("finding", list(_FINDINGS)))
    values: dict[Codes, float] = {}
    providers: dict[Codes, Providers] = {}
    for category in dimensions[0].codes:
        for finding in dimensions[1].codes:
            services = [
                one for one in safe(asked, category) if finding in {ALL, str(found[one.id].answer)}
            ]
            values[category, finding] = float(len(services))
            providers[category, finding] = shared_by(services)
    return Sheet(
        id="in_law",
        title="Whether services are relevant accommodation (SI 2021/991), by legal category",
        section="provision",
        dimensions=dimensions,
        headings={"category": "Legal category", "finding": "Finding"},
        labels={
            "category": labels_of(LEGAL_CATEGORIES),
            "finding": {ALL: "All", **_FINDINGS},
        },
        figures=columns(
            dimensions,
            [
                Column(
                    head=Head("services", "Services", "services", "safe accommodation in law"),
                    kind=Kind.PROVISION,
                    values=values,
                    status=Status.DERIVED,
                    source="Conditions of SI 2021/991 regulation 2, asked of each service",
                    providers=providers,
                )
            ],
        ),
        notes=("Failing the test means outside Part 4 of the Act. It is a finding, not an error.",),
        # Where one service alone is of a category, its finding is told by the others' zeros.
        restricted=True,
    )


def _helplines(asked: Asked) -> Sheet:
    services = {one.id: one for one in asked.services if one.helpline and not one.kind.confidential}
    rows = {str(row["service_id"]): row for row in records(asked.pack["services"])}
    dimension = listed("service", services)
    return Sheet(
        id="helplines",
        title="Where to ring for help",
        section="provision",
        dimensions=(dimension,),
        headings={"service": "Service"},
        labels={"service": {code: one.name for code, one in services.items()}},
        words=(
            said("number", "Number", {code: one.helpline for code, one in services.items()}),
            said("note", "Note", {code: text(rows[code]["note"]) for code in services}),
        ),
        notes=("In danger, ring 999.",),
    )


# Restricted -------------------------------------------------------------------------------


def _directory(asked: Asked) -> Sheet:
    """Every service that gives a safe or settled home, with what is known of it."""
    services = {
        one.id: one for one in asked.services if one.kind.stage in {Stage.SAFETY, Stage.HOUSING}
    }
    rows = {str(row["service_id"]): row for row in records(asked.pack["services"])}
    names = {
        str(row["organisation_id"]): str(row["name"])
        for row in records(asked.pack["organisations"])
    }
    given = eligibility.answers(asked.pack)
    capacity = {str(row["service_id"]): row for row in records(asked.pack["capacity"])}
    found = legal_view.findings(asked.pack)

    def ruled(code: str, *answers: Answer) -> str:
        return "; ".join(
            rule_label(rule) for rule in RULES if given.get((code, rule), Answer.UNKNOWN) in answers
        )

    cells: dict[str, tuple[str, dict[str, str]]] = {
        "organisation": ("Organisation", {
            c: names[s.organisation_id] for c, s in services.items()}),
        "kind": ("Kind", {c: s.kind.label for c, s in services.items()}),
        "category": ("Legal category", {
            c: LEGAL_CATEGORIES[s.kind.category].label if s.kind.category else "None"
            for c, s in services.items()}),
        "in_law": ("In law", {
            c: _FINDINGS[str(found[c].answer)] if s.kind.category else "Not asked"
            for c, s in services.items()}),
        "to_ask": ("Asked in law", {
            c: " ".join(found[c].questions) if s.kind.category
            and found[c].answer is Relevance.CANNOT_TELL else "" for c, s in services.items()}),
        "components": ("Components", {
            c: "; ".join(COMPONENTS[one].label for one in sorted(s.components))
            for c, s in services.items()}),
        "runs": ("Known to run", {c: "Yes" if s.certain else _NOBODY for c, s in services.items()}),
        "capacity": ("Capacity", {c: _capacity(capacity.get(c)) for c in services}),
        "takes": ("Takes", {c: ruled(c, Answer.YES) for c in services}),
        "case": ("Case by case", {c: ruled(c, Answer.DEPENDS) for c in services}),
        "not": ("Does not take", {c: ruled(c, Answer.NO) for c in services}),
        "unsaid": ("Not said", {c: ruled(c, Answer.UNKNOWN) for c in services}),
        "status": ("Status", {c: STATUSES[str(rows[c]["status"])].label for c in services}),
        "source": ("Source", {c: text(rows[c]["source"]) for c in services}),
        "confirmed": ("Last confirmed", {
            c: when.isoformat() if (when := day(rows[c]["last_confirmed"])) else "Never"
            for c in services}),
    }  # fmt: skip
    dimension = listed("service", services)
    return Sheet(
        id="directory",
        title="Services that give a safe or settled home, with whom they take: for planning",
        section="provision",
        dimensions=(dimension,),
        headings={"service": "Service"},
        labels={"service": {code: one.name for code, one in services.items()}},
        words=tuple(said(name, label, found, restricted=True)
                    for name, (label, found) in cells.items()),
        notes=("For planning. Never decide a person's case, or refuse help, from this.",),
        restricted=True,
    )  # fmt: skip


def _capacity(row: Row | None) -> str:
    """Say a capacity with its basis, as far as somebody has given it."""
    known = None if row is None else number(row["capacity_central"])
    if row is None or known is None:
        return _NOBODY
    return f"{known:g} {row['basis']}"


def _funding(asked: Asked) -> Sheet:
    grants = funding.grants(asked.pack)
    names = {str(row["service_id"]): str(row["name"]) for row in records(asked.pack["services"])}
    keys = {f"{grant.service}:{number}": grant for number, grant in enumerate(grants)}
    dimension = listed("grant", keys)
    return Sheet(
        id="funding_ends",
        title="Who pays for what, and until when: for planning",
        section="provision",
        dimensions=(dimension,),
        headings={"grant": "Service"},
        labels={"grant": {key: names[grant.service] for key, grant in keys.items()}},
        words=(
            said("funder", "Funder", {k: one.funder for k, one in keys.items()}, restricted=True),
            said("stream", "Stream", {k: one.stream for k, one in keys.items()}, restricted=True),
            said(
                "ends",
                "Last day",
                {k: one.ends.isoformat() if one.ends else _NOBODY for k, one in keys.items()},
                restricted=True,
            ),
        ),
        notes=("A last day that nobody has published is unknown. It is never taken as no end.",),
        restricted=True,
    )


def _asks(asked: Asked) -> tuple[Missing, ...]:
    capacity = {
        str(row["service_id"]): number(row["capacity_central"])
        for row in records(asked.pack["capacity"])
    }
    asks = []
    if any(capacity.get(one.id) is None for one in safe(asked)):
        asks.append(
            Missing(
                "Places, mean stay and occupancy of the services of safe accommodation that have "
                "not given them",
                "their providers, with the template for providers",
            )
        )
    if not all(one.certain for one in safe(asked)):
        asks.append(
            Missing("Whether services of safe accommodation that nobody has confirmed still run",
                    "commissioners of the council")
        )  # fmt: skip
    given = eligibility.answers(asked.pack)
    unsaid = sum(
        given.get((one.id, code), Answer.UNKNOWN) is Answer.UNKNOWN
        for one in safe(asked)
        for code in CIRCUMSTANCES
    )
    if unsaid:
        asks.append(Missing(f"{unsaid} answers on whom safe accommodation takes", "its providers"))
    found = legal_view.findings(asked.pack)
    if any(found[one.id].answer is Relevance.CANNOT_TELL for one in safe(asked)):
        asks.append(
            Missing(
                "Facts that decide whether services are relevant accommodation in law",
                "their providers",
            )
        )
    return tuple(asks)
