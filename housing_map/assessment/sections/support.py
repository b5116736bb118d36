"""Section 17: need and gap by type of support and legal category, with children's own.

Need counts households for whom accommodation of the category could be the safe place, by the home
they had and what they wish, and whose circumstances call for the type of support. One household
may do with several categories, so categories overlap. The gap is told in words, by what support
services of the category are known to give.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from housing_map.assessment.sections.demand import UNIT, modelled
from housing_map.assessment.sections.making import ALL, Head, columns, labels_of, lower, summed
from housing_map.assessment.sections.parts import Line, Made, Missing, Quote
from housing_map.assessment.sections.provision import CATEGORIES, safe
from housing_map.assessment.sheets import Sheet, Words
from housing_map.inventory import few
from housing_map.kinds import KINDS, suitable_kinds
from housing_map.vocabulary import (
    LEGAL_CATEGORIES,
    SPECIALIST_SUPPORT,
    SUPPORT_TYPES,
    Run,
)
from housing_map.words import joined

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from housing_map.assessment.sections.parts import Asked
    from housing_map.disclosure_tables import Codes
    from housing_map.provision import Service

_CHILDRENS: Final = "s6"


def support_types(asked: Asked) -> Made:
    """Set need beside what is known to be given, for each type of support and category."""
    sheet = _table(asked)
    gaps = {
        codes[0]
        for codes, words in sheet.words[1].cells.items()
        if codes[1] == ALL and words != _GIVEN
    }
    names = [lower(term.label) for code, term in SUPPORT_TYPES.items() if code in gaps]
    lines = (
        Line(
            "Of households that seek help, {0} a year are estimated to need specialist support for "
            "complex needs, {1} for a protected characteristic, and {2} support for children in "
            "their own right. Every household needs the other types.",
            (
                Quote("support_by_category", "need", ("s5b", ALL)),
                Quote("support_by_category", "need", ("s5a", ALL)),
                Quote("support_by_category", "need", (_CHILDRENS, ALL)),
            ),
        ),
        Line(
            f"Not known to be given in any safe accommodation here: {joined(names)}. A type that "
            "nobody has named may be given all the same."
            if names
            else "Every type of support is known to be given in some safe accommodation here.",
            restricted=few(safe(asked)),
        ),
    )
    silent = [one for one in safe(asked) if len(one.supports) == len(SUPPORT_TYPES)]
    asks = (
        Missing(
            "Which types of support come with each service of safe accommodation, and how many "
            "hours of them",
            "their providers, with the template for providers",
        ),
    )
    return Made(lines=lines, sheets=(sheet,), asks=asks if silent or names else ())


_GIVEN: Final = "Known to be given"
_UNSAID: Final = "Nobody has said"
_NOT_GIVEN: Final = "Not among the support that was named"
_ABSENT: Final = "No service found"
_TOO_FEW: Final = "Not told: too few services"


def _table(asked: Asked) -> Sheet:
    support = summed("support", list(SUPPORT_TYPES), adds=False)
    category = summed("category", CATEGORIES, adds=False)
    need = needed(asked)
    recorded = {
        str(code): str(given)
        for code, given in zip(
            asked.pack["services"]["service_id"],
            asked.pack["services"]["support_types"].fillna(""),
            strict=True,
        )
    }
    words: dict[Codes, str] = {}
    public: dict[Codes, str] = {}
    for kind in SUPPORT_TYPES:
        for code in category.codes:
            services = safe(asked, code)
            words[kind, code] = _told(services, kind, recorded)
            hidden = services and few(services)
            public[kind, code] = _TOO_FEW if hidden else words[kind, code]
    return Sheet(
        id="support_by_category",
        title="Households that seek help in a year by the support they need, modelled, and what is "
        "known to be given, by legal category",
        section="support_types",
        dimensions=(support, category),
        headings={"support": "Type of support", "category": "Legal category"},
        labels={
            "support": labels_of(SUPPORT_TYPES, "Any support"),
            "category": labels_of(LEGAL_CATEGORIES, "All safe accommodation"),
        },
        figures=columns(
            (support, category),
            [
                modelled(
                    asked,
                    Head("need", "Households it could suit", UNIT, "need by support and category"),
                    need,
                    circumstances=True,
                    level="district",
                )
            ],
        ),
        words=(
            Words(name="given", label="Is it given?", cells=public),
            Words(
                name="given_here", label="Is it given (for planning)?", cells=words, restricted=True
            ),
        ),
        notes=(
            "One household may do with several categories: rows overlap and do not sum. Those who "
            "have to leave the district are not in them.",
            "Need for a type of support counts circumstances whose share is known, so there may be "
            "more.",
            "Second-stage accommodation follows other safe accommodation: how many need it is not "
            "known.",
        ),
    )


def _told(services: tuple[Service, ...], kind: str, recorded: dict[str, str]) -> str:
    """Say whether services are known to give a type of support."""
    if not services:
        return _ABSENT
    named = [recorded[one.id].split(";") for one in services if recorded[one.id]]
    if any(kind in given for given in named):
        return _GIVEN
    return _UNSAID if len(named) < len(services) else _NOT_GIVEN


def needed(asked: Asked) -> dict[Codes, float]:
    """Return households a year by type of support and legal category, central run.

    need(s, c) = Σ demand of groups whose suitable kinds have one of category c × the share of them
    with a circumstance that calls for s; 1 for types that everybody needs. A category that is
    nobody's first safe place is left out.
    """
    cells = asked.result[Run.CENTRAL].cells
    groups = cells.setting.groups
    kinds = {
        code: {kind.code for kind in KINDS.values() if str(kind.category) == code}
        for code in CATEGORIES
    }
    every = set().union(*kinds.values())
    fits = {
        code: np.array(
            [bool(wanted & suitable_kinds(g.tenure, g.aim, cells.setting.pathway)) for g in groups]
        )[cells.group]
        for code, wanted in ({ALL: every} | kinds).items()
    }
    found: dict[Codes, float] = {}
    for support in (ALL, *SUPPORT_TYPES):
        share = _calling_for(asked, support)
        for code, fit in fits.items():
            if not fit.any():
                # No first safe place for anybody: who needs it later is not known, and not none.
                continue
            found[support, code] = float((cells.demand * fit * share).sum())
    return found


def _calling_for(asked: Asked, support: str) -> NDArray[np.float64]:
    """Return the share of each cell's households that need a type of support."""
    cells = asked.result[Run.CENTRAL].cells
    signatures = cells.setting.signatures
    if support not in SPECIALIST_SUPPORT or support not in signatures.tracked:
        return np.ones(len(cells.demand))
    bit = 1 << signatures.tracked.index(support)
    with_it = [code for code in range(signatures.touching.shape[1]) if code & bit]
    touching = signatures.touching[:, with_it].sum(axis=1)
    share = np.divide(
        touching, signatures.share, out=np.zeros_like(touching), where=signatures.share > 0
    )
    return np.asarray(share[cells.signature], dtype=np.float64)
